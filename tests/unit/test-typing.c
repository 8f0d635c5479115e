#include "unit.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control-socket.h"
#include "input/key-layout.h"
#include "input/typing.h"

struct fixture {
	struct key_layout *layout;
	struct typing typing;
	char error[CHORD_ERROR_SIZE];
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	return key_layout_create(KEY_LAYOUT_DEFAULT, &fixture->layout);
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	key_layout_destroy(fixture->layout);
	free(fixture);
	return 0;
}

/* "29+56+60 28": strokes, and the codes of each. */
static void
expect(const struct typing *typing, const char *strokes)
{
	char text[UNIT_TEXT_SIZE] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < typing->n_strokes; i++) {
		for (uint16_t k = 0; k < typing->strokes[i].n_codes; k++) {
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%u",
				k > 0   ? "+"
				: i > 0 ? " "
					: "",
				typing->strokes[i].codes[k]);
		}
	}
	assert_string_equal(text, strokes);
}

static void
test_keys_and_text_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(typing_add_keys(&f->typing, f->layout, "ctrl+alt+f2,enter", f->error), 0);
	assert_int_equal(typing_add_text(&f->typing, f->layout, "aB \\n\\\\\n\\x", f->error), 0);
	assert_int_equal(typing_add_keys(&f->typing, f->layout, "super", f->error), 0);
	expect(&f->typing, "29+56+60 28 30 42+48 57 28 43 28 43 45 125");
}

static void
test_other_layouts(void **state)
{
	struct fixture *f = *state;

	key_layout_destroy(f->layout);
	assert_int_equal(key_layout_create("de", &f->layout), 0);
	assert_int_equal(
		typing_add_text(&f->typing, f->layout, "z\xc3\xa4\xe2\x82\xac?", f->error), 0);
	expect(&f->typing, "21 40 100+18 42+12");
}

static void
expect_refusal(struct fixture *f, const char *text, const char *why)
{
	assert_int_equal(typing_add_text(&f->typing, f->layout, text, f->error), -EINVAL);
	assert_string_equal(f->error, why);
}

static void
test_what_cannot_be_typed(void **state)
{
	struct fixture *f = *state;

	expect_refusal(f, "gr\xc3\xbcn", "this keyboard has no \"\xc3\xbc\"");
	expect_refusal(f, "\x01", "this keyboard has no \"?\"");
	expect_refusal(f, "\xf0\x9f\x98\x80", "this keyboard has no \"\xf0\x9f\x98\x80\"");
	expect_refusal(f, "a\xc3", "no UTF-8 from \"?\" on");
	expect_refusal(f, "\xff", "no UTF-8 from \"?\" on");
	expect_refusal(f, "\x80z", "no UTF-8 from \"?z\" on");
	f->typing.n_strokes = 0;
	assert_int_equal(typing_add_keys(&f->typing, f->layout, "ctrl+x,,a", f->error), -EINVAL);
	assert_string_equal(f->error, "there is no key \"\"");
}

static void
test_too_much(void **state)
{
	char text[TYPING_MAX_STROKES + 2];
	struct fixture *f = *state;

	memset(text, 'a', sizeof(text));
	text[TYPING_MAX_STROKES] = '\0';
	assert_int_equal(typing_add_text(&f->typing, f->layout, text, f->error), 0);
	assert_int_equal(typing_add_text(&f->typing, f->layout, "a", f->error), -EINVAL);
	assert_string_equal(f->error, "more than 2048 strokes");
	assert_int_equal(typing_add_keys(&f->typing, f->layout, "a", f->error), -EINVAL);
	assert_int_equal(f->typing.n_strokes, TYPING_MAX_STROKES);
}

/* As much as there can be goes through the control socket in one message. */
static void
test_as_json(void **state)
{
	struct fixture *f = *state;
	json_object *json;
	struct typing typing;

	for (uint32_t i = 0; i < TYPING_MAX_STROKES; i++) {
		f->typing.strokes[i] = (struct typing_stroke){ CHORD_MAX_CODES,
			{ KEY_RIGHTCTRL, KEY_RIGHTALT, KEY_RIGHTSHIFT, KEY_RIGHTMETA, 200 } };
	}
	f->typing.n_strokes = TYPING_MAX_STROKES;
	json = control_socket_typing_to_json(&f->typing);
	assert_true(strlen(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN)) <
		    CONTROL_SOCKET_MAX_MESSAGE - 1024);
	assert_int_equal(control_socket_typing_from_json(json, &typing), 0);
	assert_int_equal(typing.n_strokes, TYPING_MAX_STROKES);
	assert_memory_equal(typing.strokes, f->typing.strokes, sizeof(typing.strokes));
	json_object_put(json);
}

static void
test_bad_json(void **state)
{
	static const char *const bad[] = { "[]", "{}", "7", "[7]", "[[0]]", "[[-1]]", "[[65536]]",
		"[[1.5]]", "[[\"a\"]]", "[[1,2,3,4,5,6]]", "[[1],null]" };
	struct typing typing;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_object *json = json_tokener_parse(bad[i]);

		print_message("%s\n", bad[i]);
		assert_int_equal(control_socket_typing_from_json(json, &typing), -EBADMSG);
		json_object_put(json);
	}
	assert_int_equal(control_socket_typing_from_json(NULL, &typing), -EBADMSG);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_keys_and_text_in_order),
		TEST(test_other_layouts),
		TEST(test_what_cannot_be_typed),
		TEST(test_too_much),
		TEST(test_as_json),
		TEST(test_bad_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
