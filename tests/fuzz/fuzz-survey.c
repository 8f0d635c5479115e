#include <json-c/json.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "qemu-dbus/survey.h"

/*
 * What QMP's replies say of a VM (qemu-dbus/survey.h). The first byte is how much is asked for;
 * then each line is the next reply: JSON, or an error where it is none. QMP is the target's own.
 */

#define MAX_CALLS 1024 /* of 16 consoles, each behind bridges without end */

struct call {
	qmp_reply_fn reply;
	void *data;
};

static struct call calls[QMP_MAX_CALLS];
static uint32_t n_calls, n_ever;
static bool is_done;

void
qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments, int fd,
	qmp_reply_fn reply, void *data)
{
	FUZZ_EXPECT(n_calls < QMP_MAX_CALLS && ++n_ever < MAX_CALLS && !is_done);
	calls[n_calls++] = (struct call){ reply, data };
	json_object_put(arguments);
}

const char *
qmp_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

static void
check_text(const char *text, size_t size)
{
	char clean[256];

	FUZZ_EXPECT(memchr(text, '\0', size) != NULL);
	text_copy(clean, sizeof(clean), text);
	FUZZ_EXPECT(strcmp(clean, text) == 0);
}

static void
handle_done(void *data, const struct survey_result *result)
{
	const struct qemu_vm *vm = &result->vm;

	FUZZ_EXPECT(!is_done);
	is_done = true;
	FUZZ_EXPECT(vm->n_consoles <= QEMU_VM_MAX_CONSOLES);
	check_text(vm->identity.name, sizeof(vm->identity.name));
	check_text(vm->identity.uuid, sizeof(vm->identity.uuid));
	check_text(vm->version, sizeof(vm->version));
	check_text(result->display_type, sizeof(result->display_type));
	for (uint32_t i = 0; i < vm->n_consoles; i++) {
		check_text(vm->consoles[i].label, sizeof(vm->consoles[i].label));
		check_text(vm->consoles[i].type, sizeof(vm->consoles[i].type));
		check_text(vm->consoles[i].gpu, sizeof(vm->consoles[i].gpu));
	}
}

/* As qmp.h has it: one of result and error. */
static void
answer(const char *text)
{
	struct call call = calls[0];
	struct json_object *result = json_tokener_parse(text);

	memmove(&calls[0], &calls[1], --n_calls * sizeof(calls[0]));
	call.reply(call.data, result, result != NULL ? NULL : "an error");
	json_object_put(result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct survey *survey;
	char *text, *rest, *line;

	if (size == 0) {
		return 0;
	}
	n_calls = n_ever = 0;
	is_done = false;
	FUZZ_EXPECT(survey_create(NULL, data[0] % 2 ? SURVEY_ALL : SURVEY_FOR_ATTACHING,
			    handle_done, NULL, &survey) == 0);
	text = rest = strndup((const char *)data + 1, size - 1);
	FUZZ_EXPECT(text != NULL);
	while (n_calls > 0 && (line = strsep(&rest, "\n")) != NULL) {
		answer(line);
	}
	/* Whatever was said, it comes to an end once nothing more is. */
	while (n_calls > 0) {
		answer("");
	}
	FUZZ_EXPECT(is_done);
	survey_destroy(survey);
	free(text);
	return 0;
}
