#include "unit.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "qemu-dbus/survey.h"

/*
 * A VM of one console, whose device lies behind PCI bridges. QMP is the test's own: of what is
 * asked, one question at a time is answered, as QEMU would.
 */

struct call {
	char command[32], path[256], property[32];
	qmp_reply_fn reply;
	void *data;
};

static struct call calls[QMP_MAX_CALLS];
static uint32_t n_calls;
/* Between the device and the root bus. */
static uint32_t n_bridges;
static char gpu[GUEST_TEXT_SIZE];
static uint32_t n_done;

const char *
qmp_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value)
							      : NULL;
}

static void
copy_argument(struct json_object *arguments, const char *key, char *text, size_t size)
{
	const char *value = arguments != NULL ? qmp_string(arguments, key) : NULL;

	snprintf(text, size, "%s", value != NULL ? value : "");
}

void
qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments, int fd,
	qmp_reply_fn reply, void *data)
{
	struct call *call = &calls[n_calls++];

	assert_true(n_calls <= QMP_MAX_CALLS);
	*call = (struct call){ .reply = reply, .data = data };
	snprintf(call->command, sizeof(call->command), "%s", command);
	copy_argument(arguments, "path", call->path, sizeof(call->path));
	copy_argument(arguments, "property", call->property, sizeof(call->property));
	json_object_put(arguments);
}

/* The device is /d0, each one behind it a bridge, and the last one is on the root bus. */
static struct json_object *
look_up(const struct call *call)
{
	uint32_t number = 0;
	char text[32];

	if (strcmp(call->command, "qom-list") == 0 && strcmp(call->path, "/backend") == 0) {
		return json_tokener_parse("[{\"name\":\"console[0]\"}]");
	}
	if (strcmp(call->property, "device") == 0) {
		return json_object_new_string("/d0");
	}
	if (sscanf(call->path, "/d%u", &number) != 1 || number > n_bridges) {
		return NULL;
	}
	if (strcmp(call->property, "addr") == 0) {
		return json_object_new_int((int32_t)(number + 1) << 3);
	}
	if (strcmp(call->property, "parent_bus") == 0) {
		snprintf(text, sizeof(text), "/d%u/bus", number + 1);
		return json_object_new_string(text);
	}
	return NULL;
}

static void
handle_done(void *data, const struct survey_result *result)
{
	assert_int_equal(result->vm.n_consoles, 1);
	snprintf(gpu, sizeof(gpu), "%s", result->vm.consoles[0].gpu);
	n_done++;
}

static void
survey_behind(uint32_t n)
{
	struct survey *survey;

	n_bridges = n;
	n_done = 0;
	assert_int_equal(survey_create(NULL, SURVEY_ALL, handle_done, NULL, &survey), 0);
	while (n_calls > 0) {
		struct call call = calls[0];
		struct json_object *result = look_up(&call);

		memmove(&calls[0], &calls[1], --n_calls * sizeof(calls[0]));
		call.reply(call.data, result, result != NULL ? NULL : "an error");
		json_object_put(result);
	}
	assert_int_equal(n_done, 1);
	survey_destroy(survey);
}

/* As QEMU writes it on D-Bus, from the outermost of the last n_known bridges to the device. */
static void
assert_address(uint32_t n_known)
{
	char expected[GUEST_TEXT_SIZE] = "pci/0000";

	for (uint32_t i = n_known + 1; i > 0; i--) {
		size_t length = strlen(expected);

		snprintf(expected + length, sizeof(expected) - length, "/%02x.0", i);
	}
	assert_string_equal(gpu, expected);
}

static void
test_as_many_bridges_as_are_followed(void **state)
{
	survey_behind(0);
	assert_address(0);
	survey_behind(SURVEY_MAX_BRIDGES);
	assert_address(SURVEY_MAX_BRIDGES);
}

static void
test_more_bridges(void **state)
{
	survey_behind(SURVEY_MAX_BRIDGES + 1);
	assert_address(SURVEY_MAX_BRIDGES);
	/* However many a VM says there are, it comes to an end. */
	survey_behind(UINT32_MAX - 1);
	assert_address(SURVEY_MAX_BRIDGES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_bridges_as_are_followed),
		cmocka_unit_test(test_more_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
