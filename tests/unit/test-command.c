#include "unit.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script/line-words.h"
#include "script/script.h"

struct fixture {
	struct command_parser parser;
	struct command command;
	uint32_t column;
	char error[SCRIPT_ERROR_SIZE];
};

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state == NULL;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	command_finish(&f->command);
	command_parser_finish(&f->parser);
	free(f);
	return 0;
}

static const struct command *
parse(struct fixture *f, const char *line)
{
	command_finish(&f->command);
	if (command_parse(&f->parser, line, &f->command, &f->column, f->error) < 0) {
		fail_msg("%s: column %u: %s", line, f->column, f->error);
	}
	return &f->command;
}

/* The line is refused, at that column, with these words among others. */
static void
refuse(struct fixture *f, const char *line, uint32_t column, const char *why)
{
	command_finish(&f->command);
	f->error[0] = '\0';
	assert_int_equal(
		command_parse(&f->parser, line, &f->command, &f->column, f->error), -EINVAL);
	if (strstr(f->error, why) == NULL || f->column != column) {
		fail_msg("%s: column %u: '%s'; expected column %u: '%s'", line, f->column, f->error,
			column, why);
	}
	assert_int_equal(f->command.kind, COMMAND_NONE);
}

static void
test_lines(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "")->kind, COMMAND_NONE);
	assert_int_equal(parse(f, " \t\r")->kind, COMMAND_NONE);
	assert_int_equal(parse(f, "  # shot x.png")->kind, COMMAND_NONE);
	assert_string_equal(parse(f, "shot a#b.png # and more")->path, "a#b.png");
	assert_string_equal(parse(f, "shot \"a b\"c.png")->path, "a bc.png");
	assert_string_equal(parse(f, "shot \"\\\"\\\\\\t.png\"")->path, "\"\\\t.png");
	refuse(f, "shot \"a b", 10, "the quote has no end");
	refuse(f, "shot \"ä\\x\"", 8, "within quotes");
	refuse(f, "  shoot a.png", 3, "there is no command 'shoot'");
	refuse(f, "shot", 1, "a file name is missing behind shot");
	refuse(f, "shot ä.png b.png", 12, "shot takes no 'b.png'");
}

static void
test_words(void **state)
{
	struct fixture *f = *state;
	char line[2 * LINE_WORDS_MAX + 16] = "record-end";

	/* As many as may be is too many only for this command, of which the second is one. */
	for (size_t n = 1; n < LINE_WORDS_MAX; n++) {
		strcat(line, " a");
	}
	refuse(f, line, 12, "record-end takes no 'a'");
	strcat(line, " a");
	refuse(f, line, (uint32_t)strlen(line), "more than 16 words");
}

static void
test_line_length(void **state)
{
	struct fixture *f = *state;
	char line[LINE_MAX_SIZE + 1];

	memset(line, ' ', sizeof(line));
	memcpy(line, "record-end", strlen("record-end"));
	line[LINE_MAX_SIZE - 1] = '\0';
	assert_int_equal(parse(f, line)->kind, COMMAND_RECORD_END);
	line[LINE_MAX_SIZE - 1] = ' ';
	line[LINE_MAX_SIZE] = '\0';
	refuse(f, line, 1, "longer than");
}

static void
test_options(void **state)
{
	struct fixture *f = *state;
	const struct command *command;

	command = parse(f,
		"wait-match x.png --region=1,2,30x40 --console=3 --timeout=1.5s --tolerance=7 --pixels=9");
	assert_int_equal(command->kind, COMMAND_WAIT);
	assert_int_equal(command->condition.kind, CONDITION_MATCH);
	assert_string_equal(command->condition.text, "x.png");
	assert_memory_equal(
		&command->condition.region, (&(struct rect){ 1, 2, 30, 40 }), sizeof(struct rect));
	assert_true(command->console_given && !command->all_consoles);
	assert_int_equal(command->console, 3);
	assert_int_equal(command->timeout_ms, 1500);
	assert_int_equal(command->condition.tolerance, 7);
	assert_int_equal(command->condition.max_pixels, 9);
	assert_true(parse(f, "wait-change --pixels=0.5%")->condition.max_percent == 0.5);
	assert_true(parse(f, "shot x.qoi --console=all --cursor --stitch")->all_consoles);
	assert_true(f->command.cursor && f->command.stitch);
	assert_int_equal(parse(f, "expect-match x.png 12")->condition.tolerance, 12);
	refuse(f, "shot x.png --stitch=1", 12, "--stitch takes no value");
	refuse(f, "shot x.png --region", 12, "--region takes a value: =X,Y,WxH");
	refuse(f, "shot x.png --region=1,2,3", 12, "is not --region=X,Y,WxH");
	refuse(f, "shot x.png --region=1,2,0x3", 12, "is not --region");
	refuse(f, "shot x.png --region=-1,2,3x3", 12, "is not --region");
	refuse(f, "shot x.png --tolerance=1", 12, "shot takes no '--tolerance=1'");
	refuse(f, "wait-change --tolerance=256", 13, "is not --tolerance");
	refuse(f, "wait-change --pixels=101%", 13, "is not --pixels");
	refuse(f, "wait-change --timeout=0", 13, "is not --timeout");
	refuse(f, "wait-text x --language=-x", 13, "is not --language");
	refuse(f, "record x.y4m --fps=0", 14, "is not --fps");
	refuse(f, "record x.y4m --times=longer.txt", 14, "is not --times");
	refuse(f, "record x.y4m --times=.times", 14, "is not --times");
	refuse(f, "expect-size 1x1 --timeout=1", 17, "expect-size takes no");
	refuse(f, "click --button=up", 7, "is not --button");
}

static void
test_times(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "sleep 20")->duration_ms, 20);
	assert_int_equal(parse(f, "sleep 20ms")->duration_ms, 20);
	assert_int_equal(parse(f, "sleep 1.25s")->duration_ms, 1250);
	assert_int_equal(parse(f, "sleep 2min")->duration_ms, 120000);
	assert_int_equal(parse(f, "wait-stable 500")->condition.stable_ms, 500);
	assert_int_equal(parse(f, "timeout 30s")->timeout_ms, 30000);
	refuse(f, "timeout 0", 9, "without any time");
	refuse(f, "sleep 1h", 7, "'1h' is no time");
	refuse(f, "sleep -1", 7, "no time");
	refuse(f, "sleep nan", 7, "no time");
	refuse(f, "sleep 1441min", 7, "no time");
}

static void
test_conditions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "wait-pixel 3,4,#Ff8000")->condition.colour, 0xff8000);
	assert_int_equal(parse(f, "expect-pixel 3,4,0000ff")->condition.colour, 0xff);
	assert_int_equal(f->command.kind, COMMAND_EXPECT);
	assert_int_equal(f->command.condition.x, 3);
	assert_int_equal(f->command.condition.y, 4);
	assert_int_equal(parse(f, "wait-size 640x480")->condition.height, 480);
	assert_string_equal(parse(f, "wait-text \"log in:\"")->condition.text, "log in:");
	refuse(f, "wait-pixel 3,4", 12, "is no pixel");
	refuse(f, "wait-pixel 3,4,fff", 12, "'fff' is no colour");
	refuse(f, "wait-size 640", 11, "is no size");
	refuse(f, "wait-size 0x480", 11, "is no size");
	refuse(f, "wait-match \"\"", 12, "cannot be empty");
	refuse(f, "expect-match x.png 300", 20, "no tolerance");
}

static void
test_input(void **state)
{
	struct fixture *f = *state;
	const struct command *command = parse(f, "key ctrl-alt-f2 tab,tab ret");

	assert_int_equal(command->kind, COMMAND_TYPE);
	assert_int_equal(command->typing->n_strokes, 4);
	assert_int_equal(command->typing->strokes[0].n_codes, 3);
	assert_int_equal(command->typing->strokes[0].codes[2], KEY_F2);
	assert_int_equal(parse(f, "type \"a\\n\\\\n\"")->typing->n_strokes, 4);
	assert_int_equal(f->command.typing->strokes[1].codes[0], KEY_ENTER);
	assert_int_equal(f->command.typing->strokes[2].codes[0], KEY_BACKSLASH);
	assert_int_equal(parse(f, "key-down shift")->code, KEY_LEFTSHIFT);
	assert_true(f->command.pressed && !f->command.is_button);
	assert_int_equal(parse(f, "button-up back")->code, BTN_SIDE);
	assert_true(!f->command.pressed && f->command.is_button);
	assert_int_equal(parse(f, "click")->n_places, 0);
	assert_int_equal(f->command.clicks, 1);
	assert_int_equal(parse(f, "double-click 5,6 --button=right")->clicks, 2);
	assert_int_equal(f->command.code, BTN_RIGHT);
	assert_int_equal(f->command.places[0].y, 6);
	assert_int_equal(parse(f, "drag 1,2 3,4")->places[1].x, 3);
	assert_int_equal(parse(f, "move-by -3,4")->places[0].x, -3);
	assert_int_equal(parse(f, "wheel -2 --horizontal")->notches, -2);
	assert_true(f->command.horizontal);
	assert_int_equal(parse(f, "touch 1,2")->n_places, 1);
	assert_true(parse(f, "reset --force")->force);
	refuse(f, "key", 1, "a key is missing");
	refuse(f, "key ctrl-nokey", 5, "nokey");
	refuse(f, "type \"\xff\"", 6, "no UTF-8");
	refuse(f, "key-down ctrl-a", 10, "there is no key 'ctrl-a'");
	refuse(f, "move -1,4", 6, "is no place");
	refuse(f, "drag 1,2", 6, "where to is missing");
	refuse(f, "wheel 0", 7, "notches");
	refuse(f, "wheel 101", 7, "notches");
	refuse(f, "button-down up", 13, "none of left");
}

static void
test_layout_counts_from_there_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "type z")->typing->strokes[0].codes[0], KEY_Z);
	parse(f, "layout de");
	assert_int_equal(parse(f, "type z")->typing->strokes[0].codes[0], KEY_Y);
	refuse(f, "layout nowhere", 8, "no layout 'nowhere'");
	assert_int_equal(parse(f, "type z")->typing->strokes[0].codes[0], KEY_Y);
}

static void
test_script_says_where(void **state)
{
	static const char text[] = "# all of it\nshot a.png\n\n move 1\nwait-size 2x2\nfly\n";
	struct script script = { 0 };
	struct unit_output output;
	char directory[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 16], expected[UNIT_TEXT_SIZE];
	FILE *file;

	unit_directory_create(directory);
	snprintf(path, sizeof(path), "%s/s", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
	unit_output_begin(&output, STDERR_FILENO);
	assert_int_equal(script_add_file(&script, path), -EINVAL);
	assert_int_equal(script_add_text(&script, "shot", 3), -EINVAL);
	unit_output_end(&output);
	snprintf(expected, sizeof(expected), "%s:4:7: '1' is no place", path);
	assert_non_null(strstr(output.text, expected));
	snprintf(expected, sizeof(expected), "%s:6:1: there is no command 'fly'", path);
	assert_non_null(strstr(output.text, expected));
	assert_non_null(strstr(output.text, "-e:3:1: a file name is missing"));
	assert_int_equal(script.n_steps, 2);
	assert_int_equal(script.steps[1].line, 5);
	assert_string_equal(script.steps[1].text, "wait-size 2x2");
	assert_string_equal(script.steps[1].source, path);
	script_finish(&script);
	unit_directory_remove(directory);
}

static void
test_script_limits(void **state)
{
	struct script script = { 0 };
	struct unit_output output;
	char directory[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 16];
	FILE *file;

	unit_directory_create(directory);
	snprintf(path, sizeof(path), "%s/s", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < SCRIPT_MAX_LINES + 5; i++) {
		fputs("sleep 0\n", file);
	}
	fclose(file);
	unit_output_begin(&output, STDERR_FILENO);
	assert_int_equal(script_add_file(&script, path), -EINVAL);
	assert_int_equal(script_add_file(&script, directory), -EINVAL);
	assert_int_equal(script_add_file(&script, "/nowhere/s"), -EINVAL);
	assert_int_equal(script_add_text(&script, "", 1), -EINVAL);
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "more than 10000 lines"));
	assert_non_null(strstr(output.text, "cannot read /nowhere/s"));
	assert_int_equal(script.n_steps, SCRIPT_MAX_LINES);
	script_finish(&script);
	unit_directory_remove(directory);
}

/* Complaints that are made of a script with n lines that are none. */
static uint32_t
count_complaints(int n)
{
	struct script script = { 0 };
	struct unit_output output;
	uint32_t n_lines = 0;

	unit_output_begin(&output, STDERR_FILENO);
	for (int i = 1; i <= n; i++) {
		assert_int_equal(script_add_text(&script, "nonsense", (uint32_t)i), -EINVAL);
	}
	unit_output_end(&output);
	for (const char *at = output.text; (at = strstr(at, "nonsense")) != NULL; at++) {
		n_lines++;
	}
	script_finish(&script);
	return n_lines;
}

static void
test_complaints(void **state)
{
	assert_int_equal(count_complaints(SCRIPT_MAX_ERRORS), SCRIPT_MAX_ERRORS);
	assert_int_equal(count_complaints(SCRIPT_MAX_ERRORS + 1), SCRIPT_MAX_ERRORS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_line_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_conditions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_layout_counts_from_there_on, set_up, tear_down),
		cmocka_unit_test(test_script_says_where),
		cmocka_unit_test(test_script_limits),
		cmocka_unit_test(test_complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
