#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "monitor-mapping.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct monitor_mapping
parse(const char *text)
{
	struct monitor_mapping mapping;
	char error[MONITOR_MAPPING_ERROR_SIZE] = "";

	if (monitor_mapping_parse(text, error, &mapping) < 0) {
		fail_msg("'%s': %s", text, error);
	}
	return mapping;
}

static void
check_pair(const struct monitor_mapping *mapping, uint32_t index, uint32_t head, uint32_t number,
	const char *name)
{
	assert_true(index < mapping->n_pairs);
	assert_int_equal(mapping->pairs[index].head, head);
	assert_int_equal(mapping->pairs[index].number, number);
	assert_string_equal(mapping->pairs[index].name, name);
}

static void
test_connectors_and_numbers(void **state)
{
	struct monitor_mapping mapping = parse("1:DP-1;2:HDMI-A-1");

	assert_int_equal(mapping.n_pairs, 2);
	check_pair(&mapping, 0, 0, 0, "DP-1");
	check_pair(&mapping, 1, 1, 0, "HDMI-A-1");

	/* virt-viewer's; here with a gap and downwards as well. */
	mapping = parse("1:2;2:3");
	assert_int_equal(mapping.n_pairs, 2);
	check_pair(&mapping, 0, 0, 2, "");
	check_pair(&mapping, 1, 1, 3, "");
	mapping = parse(" 16 :\t1 ; 3: Some monitor ;1:16");
	assert_int_equal(mapping.n_pairs, 3);
	check_pair(&mapping, 0, 15, 1, "");
	check_pair(&mapping, 1, 2, 0, "Some monitor");
	check_pair(&mapping, 2, 0, 16, "");
}

static void
test_what_is_wrong_with_a_mapping_is_said(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "character 1: nothing here; it takes NUMBER:MONITOR" },
		{ "  ", "character 1: nothing here" },
		{ "1:DP-1;", "character 8: nothing here" },
		{ "1:DP-1;;2:DP-2", "character 8: nothing here" },
		{ ";1:DP-1", "character 1: nothing here" },
		{ "1:DP-1; DP-2", "character 9: 'DP-2' has no ':'" },
		{ ":DP-1", "character 1: the number of a monitor of the VM is missing" },
		{ "1:", "character 3: the host's monitor is missing" },
		{ "1: ;2:DP-1", "character 3: the host's monitor is missing" },
		{ "0:DP-1", "character 1: 0 is not the number of a monitor of the VM: they go from "
			    "1 to 16" },
		{ "1:DP-1;17:DP-2", "character 8: 17 is not the number of a monitor of the VM" },
		{ "4294967297:DP-1", "character 1: 4294967297 is not the number" },
		{ "-1:DP-1", "character 1: '-1' is not the number of a monitor of the VM" },
		{ "DP-1:1", "character 1: 'DP-1' is not the number of a monitor of the VM" },
		{ "1 2:DP-1", "character 1: '1 2' is not the number" },
		{ "1:0", "character 3: 0 is not the number of a monitor of the host: they go from "
			 "1 to 16" },
		{ "1:17", "character 3: 17 is not the number of a monitor of the host" },
		{ "1:00000000000000000000017", "character 3: 0000" },
		{ "1:DP-1 2:DP-2", "character 9: a second ':'; is there a ';' missing" },
		{ "1:DP-1;1:DP-2", "character 8: monitor 1 of the VM was there before" },
		{ "1:DP-1;2: DP-1", "character 11: monitor 'DP-1' of the host was there before" },
		{ "1:2;2:DP-1;3:2", "character 14: monitor '2' of the host was there before" },
		{ "1:2;2:02", "character 7: monitor '02' of the host was there before" },
	};
	struct monitor_mapping mapping = { .n_pairs = 7 };
	char error[MONITOR_MAPPING_ERROR_SIZE];

	assert_int_equal(GUEST_MAX_HEADS, 16);
	assert_int_equal(MONITOR_MAPPING_MAX_NUMBER, 16);
	for (size_t i = 0; i < N(cases); i++) {
		int r = monitor_mapping_parse(cases[i].text, error, &mapping);

		if (r != -EINVAL || strncmp(error, cases[i].error, strlen(cases[i].error)) != 0) {
			fail_msg("'%s': %d, %s", cases[i].text, r, error);
		}
	}
	assert_int_equal(mapping.n_pairs, 7);
}

static void
test_long_texts(void **state)
{
	char text[4096], error[MONITOR_MAPPING_ERROR_SIZE];
	struct monitor_mapping mapping;
	size_t n = 0;

	/* MONITOR_MAPPING_NAME_SIZE */
	snprintf(text, sizeof(text), "1:%0*d", MONITOR_MAPPING_NAME_SIZE - 1, 0);
	text[2] = 'D';
	mapping = parse(text);
	assert_int_equal(strlen(mapping.pairs[0].name), MONITOR_MAPPING_NAME_SIZE - 1);
	strcat(text, "x");
	assert_int_equal(monitor_mapping_parse(text, error, &mapping), -EINVAL);
	assert_string_equal(error, "character 3: no connector's name is longer than 63 bytes");

	/* A complaint of MONITOR_MAPPING_ERROR_SIZE is cut. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(monitor_mapping_parse(text, error, &mapping), -EINVAL);
	assert_true(strlen(error) < MONITOR_MAPPING_ERROR_SIZE);

	/* GUEST_MAX_HEADS of them, and then there is no other number. */
	for (int i = 1; i <= GUEST_MAX_HEADS; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d:%d", i > 1 ? ";" : "", i,
			GUEST_MAX_HEADS + 1 - i);
	}
	assert_int_equal(parse(text).n_pairs, GUEST_MAX_HEADS);
	strcpy(text + n, ";1:DP-1");
	assert_int_equal(monitor_mapping_parse(text, error, &mapping), -EINVAL);
}

static void
test_numbers_go_by_position(void **state)
{
	/* In columns: b, d | c | a, and e that shows the same as a. */
	static const struct monitor_mapping_output outputs[] = {
		{ "a", 1920, 0 },
		{ "b", -1920, -10 },
		{ "c", 0, 0 },
		{ "d", -1920, 1080 },
		{ "e", 1920, 0 },
		{ NULL, 5000, 0 },
		{ NULL, 5000, 0 },
	};
	static const int32_t order[] = { 1, 3, 2, 0, 4, 5, 6 };
	struct monitor_mapping mapping = parse("1:1;2:2;3:3;4:4;5:5;6:6;7:7;8:8");

	for (uint32_t i = 0; i < N(order); i++) {
		assert_int_equal(monitor_mapping_find(&mapping, i, outputs, N(outputs)), order[i]);
	}
	assert_int_equal(monitor_mapping_find(&mapping, 7, outputs, N(outputs)), -ENODEV);
	assert_int_equal(monitor_mapping_find(&mapping, 0, NULL, 0), -ENODEV);
}

static void
test_connectors_go_by_name(void **state)
{
	static const struct monitor_mapping_output outputs[] = {
		{ NULL, 0, 0 },
		{ "DP-10", 0, 0 },
		{ "DP-1", 0, 0 },
	};
	struct monitor_mapping mapping = parse("3:DP-1;1:dp-1;2:DP");

	assert_int_equal(monitor_mapping_find(&mapping, 2, outputs, N(outputs)), 2);
	assert_int_equal(monitor_mapping_find(&mapping, 0, outputs, N(outputs)), -ENODEV);
	assert_int_equal(monitor_mapping_find(&mapping, 1, outputs, N(outputs)), -ENODEV);
	assert_int_equal(monitor_mapping_find(&mapping, 3, outputs, N(outputs)), -ENOENT);
	mapping = (struct monitor_mapping){ 0 };
	assert_int_equal(monitor_mapping_find(&mapping, 0, outputs, N(outputs)), -ENOENT);
}

static void
test_consoles(void **state)
{
	static const struct {
		const char *text;
		uint32_t mask;
	} cases[] = {
		{ "0", 0x1 },
		{ "15", 0x8000 },
		{ "0,1", 0x3 },
		{ " 3 , 0-1 ", 0xb },
		{ "0-3", 0xf },
		{ "2-2", 0x4 },
		{ "1 - 2,2-3,1", 0xe },
		{ "0-15", 0xffff },
		{ "all", 0xffff },
		{ " all ", 0xffff },
	};
	char error[MONITOR_MAPPING_ERROR_SIZE];

	for (size_t i = 0; i < N(cases); i++) {
		uint32_t mask = 0;
		int r = monitor_mapping_parse_consoles(cases[i].text, error, &mask);

		if (r != 0 || mask != cases[i].mask) {
			fail_msg("'%s': %d, 0x%x", cases[i].text, r, mask);
		}
	}
}

static void
test_what_is_wrong_with_consoles_is_said(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "character 1: the number of a console is missing" },
		{ "0,", "character 3: the number of a console is missing" },
		{ ",0", "character 1: the number of a console is missing" },
		{ "0,,1", "character 3: the number of a console is missing" },
		{ "0,1-", "character 5: the number of a console is missing" },
		{ "-1", "character 1: the number of a console is missing" },
		{ "0,16", "character 3: 16 is not the number of a console: they go from 0 to 15" },
		{ "0-16", "character 3: 16 is not the number of a console" },
		{ "4294967296", "character 1: 4294967296 is not the number" },
		{ "3-0", "character 1: 3-0 goes downwards" },
		{ "0-1-2", "character 3: '1-2' is not the number of a console" },
		{ "0, all", "character 4: 'all' is not the number of a console" },
		{ "All", "character 1: 'All' is not the number of a console" },
		{ "0;1", "character 1: '0;1' is not the number of a console" },
	};
	char error[MONITOR_MAPPING_ERROR_SIZE];
	uint32_t mask = 7;

	for (size_t i = 0; i < N(cases); i++) {
		int r = monitor_mapping_parse_consoles(cases[i].text, error, &mask);

		if (r != -EINVAL || strncmp(error, cases[i].error, strlen(cases[i].error)) != 0) {
			fail_msg("'%s': %d, %s", cases[i].text, r, error);
		}
	}
	assert_int_equal(mask, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connectors_and_numbers),
		cmocka_unit_test(test_what_is_wrong_with_a_mapping_is_said),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_numbers_go_by_position),
		cmocka_unit_test(test_connectors_go_by_name),
		cmocka_unit_test(test_consoles),
		cmocka_unit_test(test_what_is_wrong_with_consoles_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
