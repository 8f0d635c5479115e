#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout-decode.h"
#include "layout-encode.h"
#include "layout.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
/* A file with this head in it, and the members that it must have. */
#define FILE_OF(heads) "{\"version\": 1, \"heads\": [" heads "]}"
#define HEAD(members) "{\"gpu\": \"a\", \"index\": 0, \"plugged\": true" members "}"

static int
decode(const char *text, char error[LAYOUT_ERROR_SIZE], struct layout *layout)
{
	error[0] = '\0';
	return layout_decode(text, strlen(text), error, layout);
}

static void
check_text(const char *text, int expected, const char *why)
{
	static const struct layout untouched = { .n_heads = 7 };
	struct layout layout = untouched;
	char error[LAYOUT_ERROR_SIZE];
	int r = decode(text, error, &layout);

	if (r != expected || strstr(error, why) == NULL) {
		fail_msg("%.100s: %d (%s), not %d (%s)", text, r, error, expected, why);
	}
	if (r < 0) {
		assert_memory_equal(&layout, &untouched, sizeof(layout));
	}
}

static struct layout
make_layout(void)
{
	return (struct layout){
		.n_heads = 2,
		.heads = {
			{
				.gpu = "0000:00:02.0",
				.index = 1,
				.plugged = true,
				.maximized = true,
				.fullscreen = true,
				.width = 1280,
				.height = LAYOUT_MAX_DIMENSION,
				.zoom_percent = LAYOUT_MIN_ZOOM_PERCENT,
				.has_output = true,
				.output = { "DP-1", "Dell \"Inc.\"", "U2720Q/\\", "Dell Ü (DP-1)" },
			},
			{ .gpu = "", .index = UINT32_MAX },
		},
	};
}

static void
test_a_layout_comes_back_as_it_was(void **state)
{
	struct layout layout = make_layout(), again;
	char error[LAYOUT_ERROR_SIZE], *text;

	assert_int_equal(layout_encode(&layout, &text), 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_int_equal(decode(text, error, &again), 0);
	assert_memory_equal(&again, &layout, sizeof(layout));
	free(text);
}

static void
test_every_text_of_ours_can_be_read_again(void **state)
{
	struct layout layout = { .n_heads = GUEST_MAX_HEADS }, again;
	char error[LAYOUT_ERROR_SIZE], *text;

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		struct layout_head *head = &layout.heads[i];

		/* All of it has to be escaped. */
		memset(head->gpu, '"', sizeof(head->gpu) - 1);
		memset(&head->output, '\\', sizeof(head->output));
		head->output.name[sizeof(head->output.name) - 1] = '\0';
		head->output.make[sizeof(head->output.make) - 1] = '\0';
		head->output.model[sizeof(head->output.model) - 1] = '\0';
		head->output.description[sizeof(head->output.description) - 1] = '\0';
		head->has_output = true;
		head->index = UINT32_MAX - i;
		head->width = head->height = LAYOUT_MAX_DIMENSION;
		head->zoom_percent = LAYOUT_MAX_ZOOM_PERCENT;
	}
	assert_int_equal(layout_encode(&layout, &text), 0);
	assert_true(strlen(text) <= LAYOUT_MAX_SIZE);
	assert_int_equal(decode(text, error, &again), 0);
	assert_memory_equal(&again, &layout, sizeof(layout));
	free(text);
}

static void
test_what_could_not_be_read_is_not_written(void **state)
{
	static const struct {
		int32_t width, height;
		uint32_t zoom_percent;
	} odd[] = {
		{ LAYOUT_MAX_DIMENSION + 1, 1, LAYOUT_MAX_ZOOM_PERCENT + 1 },
		{ 1, LAYOUT_MAX_DIMENSION + 1, LAYOUT_MIN_ZOOM_PERCENT - 1 },
		{ 0, 5, UINT32_MAX },
		{ 5, -5, 1 },
		{ INT32_MIN, INT32_MIN, 1 },
	};
	struct layout layout = { .n_heads = N(odd) + 2 }, again;
	char error[LAYOUT_ERROR_SIZE], *text;

	for (uint32_t i = 0; i < N(odd); i++) {
		layout.heads[i] = (struct layout_head){
			.gpu = "a",
			.index = i,
			.width = odd[i].width,
			.height = odd[i].height,
			.zoom_percent = odd[i].zoom_percent,
		};
	}
	/* The same head once it is clean text. */
	layout.heads[N(odd)] = (struct layout_head){ .gpu = "x\x1b", .plugged = true };
	layout.heads[N(odd) + 1] = (struct layout_head){ .gpu = "x\x07" };
	assert_int_equal(layout_encode(&layout, &text), 0);
	assert_int_equal(decode(text, error, &again), 0);
	assert_int_equal(again.n_heads, N(odd) + 1);
	for (uint32_t i = 0; i < N(odd); i++) {
		assert_int_equal(again.heads[i].width, 0);
		assert_int_equal(again.heads[i].height, 0);
		assert_int_equal(again.heads[i].zoom_percent, 0);
	}
	assert_string_equal(again.heads[N(odd)].gpu, "x?");
	assert_true(again.heads[N(odd)].plugged);
	free(text);
}

static void
test_what_is_behind_a_text_makes_no_difference(void **state)
{
	struct layout layout = make_layout(), other = make_layout();
	char *text, *other_text;

	other.heads[0].gpu[GUEST_TEXT_SIZE - 1] = 'x';
	other.heads[0].output.make[63] = 'x';
	other.heads[1].output.name[0] = 'x'; /* has_output is not set */
	other.heads[5].plugged = true;
	assert_int_equal(layout_encode(&layout, &text), 0);
	assert_int_equal(layout_encode(&other, &other_text), 0);
	assert_string_equal(text, other_text);
	free(text);
	free(other_text);
}

static void
test_members_that_need_not_be_there(void **state)
{
	struct layout layout;
	char error[LAYOUT_ERROR_SIZE];

	assert_int_equal(
		decode("{\"heads\": [], \"version\": 1, \"more\": [[{}]]}\r\n \t", error, &layout),
		0);
	assert_int_equal(layout.n_heads, 0);
	assert_int_equal(decode(FILE_OF(HEAD(", \"more\": null, \"output\": {\"serial\": 1}")),
				 error, &layout),
		0);
	assert_int_equal(layout.n_heads, 1);
	assert_true(layout.heads[0].plugged && layout.heads[0].has_output);
	assert_int_equal(layout.heads[0].width, 0);
	assert_string_equal(layout.heads[0].output.name, "");
}

static void
test_damaged_texts_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} damaged[] = {
		{ "", "JSON: cut short" },
		{ " ", "JSON: cut short" },
		{ "{\"version\": 1, \"hea", "JSON: cut short" },
		{ "\xff\xfe", "JSON: " },
		{ "null", "JSON: " },
		{ "[]", "JSON: not an object" },
		{ "{\"version\": 1, \"heads\": []} x", "JSON: " },
		{ "{\"version\": 1, \"heads\": [],}", "JSON: " },
		{ "{}", "version: missing" },
		{ "{\"version\": \"1\", \"heads\": []}", "version: not a whole number" },
		{ "{\"version\": 1.0, \"heads\": []}", "version: not a whole number" },
		{ "{\"version\": null, \"heads\": []}", "version: not a whole number" },
		{ "{\"version\": 0, \"heads\": []}", "version: out of range" },
		{ "{\"version\": -1, \"heads\": []}", "version: out of range" },
		{ "{\"version\": 1}", "heads: missing" },
		{ "{\"version\": 1, \"heads\": {}}", "heads: not an array" },
		{ FILE_OF("7"), "heads[0]: not an object" },
		{ FILE_OF("null"), "heads[0]: not an object" },
		{ FILE_OF("{\"index\": 0, \"plugged\": true}"), "heads[0].gpu: missing" },
		{ FILE_OF("{\"gpu\": \"a\", \"plugged\": true}"), "heads[0].index: missing" },
		{ FILE_OF("{\"gpu\": \"a\", \"index\": 0}"), "heads[0].plugged: missing" },
		{ FILE_OF(HEAD("") ", " HEAD("")), "heads[1].index: the same as of a head before" },
		{ FILE_OF(HEAD(", \"index\": -1")), "heads[0].index: out of range" },
		{ FILE_OF(HEAD(", \"index\": 4294967296")), "heads[0].index: out of range" },
		{ FILE_OF(HEAD(", \"index\": 99999999999999999999")), "index: out of range" },
		{ FILE_OF(HEAD(", \"gpu\": 5")), "heads[0].gpu: not a text" },
		{ FILE_OF(HEAD(", \"gpu\": \"\\u0000\"")), "heads[0].gpu: no clean text" },
		{ FILE_OF(HEAD(", \"gpu\": \"\\u001b[2J\"")), "heads[0].gpu: no clean text" },
		{ FILE_OF(HEAD(", \"gpu\": \"\xc0\x80\"")), "heads[0].gpu: no clean text" },
		{ FILE_OF(HEAD(", \"plugged\": 1")), "plugged: neither true nor false" },
		{ FILE_OF(HEAD(", \"maximized\": 1")), "maximized: neither true nor false" },
		{ FILE_OF(HEAD(", \"fullscreen\": \"yes\"")),
			"fullscreen: neither true nor false" },
		{ FILE_OF(HEAD(", \"width\": 5")), "heads[0].width: 0 or not, unlike the height" },
		{ FILE_OF(HEAD(", \"width\": -5, \"height\": 5")), "heads[0].width: out of range" },
		{ FILE_OF(HEAD(", \"width\": 16385, \"height\": 5")), "width: out of range" },
		{ FILE_OF(HEAD(", \"width\": 5, \"height\": 16385")), "height: out of range" },
		{ FILE_OF(HEAD(", \"zoom_percent\": 9")), "zoom_percent: out of range" },
		{ FILE_OF(HEAD(", \"zoom_percent\": 1001")), "zoom_percent: out of range" },
		{ FILE_OF(HEAD(", \"output\": \"DP-1\"")), "heads[0].output: not an object" },
		{ FILE_OF(HEAD(", \"output\": {\"name\": 1}")),
			"heads[0].output.name: not a text" },
		{ FILE_OF(HEAD(", \"output\": {\"description\": {}}")),
			"heads[0].output.description: not a text" },
	};

	assert_int_equal(LAYOUT_MAX_DIMENSION, 16384);
	assert_int_equal(LAYOUT_MIN_ZOOM_PERCENT, 10);
	assert_int_equal(LAYOUT_MAX_ZOOM_PERCENT, 1000);
	for (size_t i = 0; i < N(damaged); i++) {
		check_text(damaged[i].text, -EBADMSG, damaged[i].why);
	}
}

static void
test_every_part_of_a_file_is_damaged(void **state)
{
	struct layout layout = make_layout(), again;
	char error[LAYOUT_ERROR_SIZE], *text;

	assert_int_equal(layout_encode(&layout, &text), 0);
	/* All but the last line feed is needed. */
	for (size_t size = 0; size + 2 < strlen(text); size++) {
		assert_int_equal(layout_decode(text, size, error, &again), -EBADMSG);
	}
	free(text);
}

static void
test_texts_over_their_limits_are_refused(void **state)
{
	static char text[LAYOUT_MAX_SIZE + 2];
	char name[GUEST_TEXT_SIZE + 1] = "", error[LAYOUT_ERROR_SIZE];
	struct layout layout;
	size_t n;

	/* LAYOUT_MAX_SIZE */
	n = (size_t)snprintf(text, sizeof(text), "%s", FILE_OF(""));
	memset(text + n, ' ', sizeof(text) - 1 - n);
	assert_int_equal(layout_decode(text, LAYOUT_MAX_SIZE, error, &layout), 0);
	assert_int_equal(layout_decode(text, LAYOUT_MAX_SIZE + 1, error, &layout), -EBADMSG);
	assert_string_equal(error, "size: too large");

	/* GUEST_TEXT_SIZE, and that of a connector's name */
	memset(name, 'g', GUEST_TEXT_SIZE);
	snprintf(text, sizeof(text), FILE_OF(HEAD(", \"gpu\": \"%s\"")), name + 1);
	check_text(text, 0, "");
	snprintf(text, sizeof(text), FILE_OF(HEAD(", \"gpu\": \"%s\"")), name);
	check_text(text, -EBADMSG, "heads[0].gpu: too long");
	snprintf(text, sizeof(text), FILE_OF(HEAD(", \"output\": {\"name\": \"%.63s\"}")), name);
	check_text(text, 0, "");
	snprintf(text, sizeof(text), FILE_OF(HEAD(", \"output\": {\"name\": \"%.64s\"}")), name);
	check_text(text, -EBADMSG, "heads[0].output.name: too long");
}

static void
test_numbers_of_heads_and_depths(void **state)
{
	char text[4096];
	size_t n = 0;

	/* GUEST_MAX_HEADS */
	for (uint32_t i = 0; i <= GUEST_MAX_HEADS; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{\"gpu\": \"a\", \"index\": %u, \"plugged\": false}",
			i == 0 ? "{\"version\": 1, \"heads\": [" : ", ", i);
		strcpy(text + n, "]}");
		if (i == GUEST_MAX_HEADS - 1) {
			check_text(text, 0, "");
		}
	}
	check_text(text, -EBADMSG, "heads: too many");

	/* LAYOUT_MAX_DEPTH: the file itself, and arrays in it. */
	for (int depth = LAYOUT_MAX_DEPTH; depth <= LAYOUT_MAX_DEPTH + 1; depth++) {
		n = (size_t)sprintf(text, "{\"version\": 1, \"heads\": [], \"more\": ");
		memset(text + n, '[', (size_t)depth - 1);
		memset(text + n + depth - 1, ']', (size_t)depth - 1);
		strcpy(text + n + 2 * (depth - 1), "}");
		check_text(text, depth <= LAYOUT_MAX_DEPTH ? 0 : -EBADMSG,
			depth <= LAYOUT_MAX_DEPTH ? "" : "JSON: nesting too deep");
	}
}

static void
test_bytes_behind_a_zero_are_seen(void **state)
{
	static const char text[] = FILE_OF("") "\0 x";
	struct layout layout;
	char error[LAYOUT_ERROR_SIZE];

	assert_int_equal(layout_decode(text, sizeof(text), error, &layout), -EBADMSG);
	assert_string_equal(error, "JSON: something behind its end");
}

static void
test_a_later_version_is_no_damage(void **state)
{
	check_text("{\"version\": 2, \"heads\": \"elsewhere\"}", -ENOTSUP, "version");
	check_text("{\"version\": 99999999999999999999}", -ENOTSUP, "version");
}

static void
test_heads_are_found_by_gpu_and_index(void **state)
{
	struct layout layout = make_layout();

	assert_ptr_equal(layout_find_head(&layout, "0000:00:02.0", 1), &layout.heads[0]);
	assert_ptr_equal(layout_find_head(&layout, "", UINT32_MAX), &layout.heads[1]);
	assert_null(layout_find_head(&layout, "0000:00:02.0", 0));
	/* Behind the last one. */
	assert_null(layout_find_head(&layout, "", 0));
}

static void
test_the_monitor_most_alike_is_found(void **state)
{
	static const struct output_name present[] = {
		{ "DP-1", "Dell", "U27", "Dell U27 1" },
		{ "DP-2", "Dell", "U27", "Dell U27 2" },
		{ "DP-3", "Dell", "U27", "Dell U27 2" },
		{ "eDP-1", "BOE", "0x07", "" },
		{ "HDMI-A-1", "", "", "" },
		{ "HDMI-A-2", "", "", "" },
		{ "", "", "", "" },
		{ "VGA-1", "", "", "Some monitor" },
	};
	static const struct {
		struct output_name wanted;
		int32_t index;
	} cases[] = {
		{ { "DP-1", "Dell", "U27", "Dell U27 1" }, 0 },
		/* Plugged in elsewhere: what it is counts more than where. */
		{ { "eDP-1", "Dell", "U27", "Dell U27 1" }, 0 },
		/* Twins: the one on the same connector, else the first. */
		{ { "DP-3", "Dell", "U27", "Dell U27 2" }, 2 },
		{ { "DP-1", "Dell", "U27", "Dell U27 2" }, 1 },
		/* Another of the same make and model. */
		{ { "DP-2", "Dell", "U27", "Dell U27 3" }, 1 },
		{ { "DP-9", "Dell", "U27", "Dell U27 3" }, 0 },
		{ { "DP-9", "Dell", "U27", "" }, 0 },
		/* Nothing but the connector. */
		{ { "DP-2", "Eizo", "U27", "Dell U27 2" }, 1 },
		{ { "HDMI-A-2", "", "", "" }, 5 },
		{ { "eDP-1", "", "", "" }, 3 },
		{ { "VGA-9", "", "", "Some monitor" }, 7 },
		/* Not known is no likeness. */
		{ { "DP-9", "", "", "" }, -1 },
		{ { "", "", "", "" }, -1 },
		{ { "DP-9", "Dell", "", "" }, -1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		int32_t index = layout_find_output(&cases[i].wanted, present, N(present));

		if (index != cases[i].index) {
			fail_msg("case %zu: %d, not %d", i, index, cases[i].index);
		}
	}
	assert_int_equal(layout_find_output(&cases[0].wanted, present, 0), -1);
}

static void
assign(const struct output_name *wanted, uint32_t n, const struct output_name *present,
	uint32_t n_present, const int32_t *expected)
{
	struct layout layout = { .n_heads = n };
	int32_t indices[GUEST_MAX_HEADS];

	for (uint32_t i = 0; i < n; i++) {
		layout.heads[i].has_output = true;
		layout.heads[i].output = wanted[i];
	}
	layout_assign_outputs(&layout, present, n_present, indices);
	assert_memory_equal(indices, expected, n * sizeof(*expected));
	for (uint32_t i = n; i < GUEST_MAX_HEADS; i++) {
		assert_int_equal(indices[i], -1);
	}
}

static void
test_twins_with_new_connectors_get_one_head_each(void **state)
{
	static const struct output_name wanted[] = {
		{ "DP-1", "Dell", "U27", "" },
		{ "DP-2", "Dell", "U27", "" },
	};
	static const struct output_name renumbered[] = {
		{ "DP-5", "Dell", "U27", "" },
		{ "DP-6", "Dell", "U27", "" },
	};
	static const struct output_name moved_on[] = {
		{ "DP-2", "Dell", "U27", "" },
		{ "DP-3", "Dell", "U27", "" },
	};

	assign(wanted, 2, wanted, 2, (const int32_t[]){ 0, 1 });
	assign(wanted, 2, renumbered, 2, (const int32_t[]){ 0, 1 });
	/* The first takes none that the second is sure of. */
	assign(wanted, 2, moved_on, 2, (const int32_t[]){ 1, 0 });
	assign(wanted, 2, renumbered, 1, (const int32_t[]){ 0, -1 });
	assign(wanted, 2, NULL, 0, (const int32_t[]){ -1, -1 });
}

static void
test_heads_that_shared_a_monitor_share_it_again(void **state)
{
	static const struct output_name wanted[] = {
		{ "DP-1", "Dell", "U27", "" },
		{ "eDP-1", "BOE", "", "" },
		{ "DP-1", "Dell", "U27", "" },
	};
	static const struct output_name present[] = {
		{ "eDP-1", "BOE", "", "" },
		{ "DP-7", "Dell", "U27", "" },
	};
	struct layout layout = { .n_heads = 1, .heads = { { .output = { "DP-7" } } } };
	int32_t indices[GUEST_MAX_HEADS];

	assign(wanted, 3, present, 2, (const int32_t[]){ 1, 0, 1 });
	/* has_output is not set. */
	layout_assign_outputs(&layout, present, 2, indices);
	assert_int_equal(indices[0], -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_layout_comes_back_as_it_was),
		cmocka_unit_test(test_every_text_of_ours_can_be_read_again),
		cmocka_unit_test(test_what_could_not_be_read_is_not_written),
		cmocka_unit_test(test_what_is_behind_a_text_makes_no_difference),
		cmocka_unit_test(test_members_that_need_not_be_there),
		cmocka_unit_test(test_damaged_texts_are_refused),
		cmocka_unit_test(test_every_part_of_a_file_is_damaged),
		cmocka_unit_test(test_texts_over_their_limits_are_refused),
		cmocka_unit_test(test_numbers_of_heads_and_depths),
		cmocka_unit_test(test_bytes_behind_a_zero_are_seen),
		cmocka_unit_test(test_a_later_version_is_no_damage),
		cmocka_unit_test(test_heads_are_found_by_gpu_and_index),
		cmocka_unit_test(test_the_monitor_most_alike_is_found),
		cmocka_unit_test(test_twins_with_new_connectors_get_one_head_each),
		cmocka_unit_test(test_heads_that_shared_a_monitor_share_it_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
