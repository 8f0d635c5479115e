#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "fake/demo.h"
#include "fake/script.h"

static int
parse(const char *text, struct script **ret_script, struct unit_output *output)
{
	int r;

	unit_output_begin(output, STDERR_FILENO);
	r = script_parse("file", text, strlen(text), ret_script);
	unit_output_end(output);
	return r;
}

/* The first line of each is fine. */
static void
test_mistakes(void **state)
{
#define SCAN "scanout 0 a memory XR24 8x8"
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "hold\nfrobnicate", "file:2: expected a command, got 'frobnicate'" },
		{ "hold\nhold on", "file:2: expected the end of the line, got 'on'" },
		{ "hold\nname late", "file:2: `name` and `uuid` must come first" },
		{ "\nname", "file:2: expected the VM's name at the end of the line" },
		{ "\nuuid 1234", "file:2: expected a UUID in lower case, got '1234'" },
		{ "\nuuid 76697472-696E-4665-8465-6d6f67756573", "file:2: expected a UUID" },
		{ "\nname \"open", "file:2: a quotation mark is missing" },
		{ "\nhead", "file:2: expected a head (0 to 15) at the end of the line" },
		{ "\nhead 16", "file:2: expected a head (0 to 15), got '16'" },
		{ "\nhead -1", "file:2: expected a head (0 to 15), got '-1'" },
		{ "\nhead 0 color red", "file:2: expected gpu or label, got 'color'" },
		{ "\nhead 0 label", "file:2: expected a text" },
		{ "\nscanout 0", "file:2: expected a buffer's name" },
		{ "\nscanout 0 abcdefghijklmnopqrstuvwxyzabcdefgh",
			"file:2: expected a buffer's name" },
		{ "\nscanout 0 a", "file:2: no `scanout` describes this buffer" },
		{ "\ndraw a rgba", "file:2: no `scanout` describes this buffer" },
		{ "\nscanout 0 a plaster",
			"file:2: expected an option of `scanout`, got 'plaster'" },
		{ "\nscanout 0 a memory", "file:2: expected a pixel format at the end" },
		{ "\nscanout 0 a memory XR 8x8", "file:2: expected a pixel format" },
		{ "\nscanout 0 a memory 0x123456789 8x8", "file:2: expected a pixel format" },
		{ "\nscanout 0 a memory XR24 8", "file:2: expected a size as WxH" },
		{ "\nscanout 0 a memory XR24 0x8", "file:2: expected a size as WxH" },
		{ "\nscanout 0 a memory XR24 16385x8", "file:2: expected a size as WxH" },
		{ "\nscanout 0 a memory XR24 8x8x8", "file:2: expected a size as WxH" },
		{ "\n" SCAN " stride", "file:2: expected a number of bytes" },
		{ "\n" SCAN " stride 4294967296", "file:2: expected a number of bytes" },
		{ "\n" SCAN " modifier xyz", "file:2: expected a modifier in hex, got 'xyz'" },
		{ "\n" SCAN " modifier 10000000000000000", "file:2: expected a modifier in hex" },
		{ "\n" SCAN " planes 5", "file:2: expected a number of planes (1 to 4), got '5'" },
		{ "\n" SCAN " plane-offset 4 0", "file:2: expected a plane (0 to 3), got '4'" },
		{ "\n" SCAN " plane-stride 1 16", "file:2: a plane is described that `planes`" },
		{ "\n" SCAN " stride 4294967295", "file:2: the planes need more than 4 GiB" },
		{ "\n" SCAN " source 0,0,9x8", "file:2: `source` is not inside the buffer" },
		{ "\n" SCAN " source -1,0,2x2", "file:2: `source` is not inside the buffer" },
		{ "\n" SCAN " source 0,0", "file:2: expected a rectangle as X,Y,WxH, got '0,0'" },
		{ SCAN "\nscanout 0 a source 1,1,8x8",
			"file:2: `source` is not inside the buffer" },
		{ SCAN "\nscanout 1 a memory XR24 8x9",
			"file:2: this buffer is described in another" },
		{ SCAN "\nscanout 1 a dmabuf XR24 8x8",
			"file:2: this buffer is described in another" },
		{ SCAN "\ndraw a purple", "file:2: expected rgba, gradient, bars or solid" },
		{ SCAN "\ndraw a solid", "file:2: expected a colour as RRGGBBAA" },
		{ SCAN "\ndraw a solid 1ff00ff00", "file:2: expected a colour as RRGGBBAA" },
		{ SCAN "\ndraw a rgba alpha gone", "file:2: expected junk, got 'gone'" },
		{ SCAN "\nupdate 0 1,2,0x4", "file:2: expected a rectangle as X,Y,WxH" },
		{ SCAN "\ntruncate a 4", "file:2: only an `unsealed` buffer can be truncated" },
		{ SCAN " unsealed\ntruncate a 257", "file:2: this buffer is shorter already" },
		{ "\ncursor 0 513x1 hot 0,0", "file:2: expected a size as WxH (1x1 to 512x512)" },
		{ "\ncursor 0 8x8 at 0,0", "file:2: expected hot X,Y, got 'at'" },
		{ "\ncursor 0 8x8 hot 8,0", "file:2: the hot spot is outside the cursor" },
		{ "\ncursor-position 0 1,1 maybe", "file:2: expected off or on, got 'maybe'" },
		{ "\ncursor-position 0 1 on", "file:2: expected a point as X,Y, got '1'" },
		{ "\npointer 0 sideways", "file:2: expected absolute or relative" },
		{ "\nleds 0 8", "file:2: expected a mask of LEDs (0 to 7), got '8'" },
		{ "\nfollow", "file:2: expected a head (0 to 15) at the end of the line" },
		{ "\nfollow 0 when 5", "file:2: expected memory or dmabuf, got 'when'" },
		{ "\nfollow 0 after", "file:2: expected milliseconds (0 to 600000) at the end" },
		{ "\nfollow 0 after 600001", "file:2: expected milliseconds (0 to 600000)" },
		{ "\nfollow 0 memory", "file:2: expected a pixel format at the end" },
		{ "\nfollow 0 memory XR24 8x8", "file:2: expected memory or dmabuf, got '8x8'" },
		{ "\nunresizable 16", "file:2: expected a head (0 to 15), got '16'" },
		{ "\nunresizable 1 2", "file:2: expected the end of the line, got '2'" },
		{ "\nsleep 600001", "file:2: expected milliseconds (0 to 600000)" },
		{ SCAN "\nwait-point a 0", "file:2: expected a point" },
		{ "\nrepeat 0\nend", "file:2: expected a number of rounds" },
		{ "\nrepeat 2\nhold", "file:2: this `repeat` has no `end`" },
		{ "\nend", "file:2: `end` without `repeat`" },
		{ "\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat "
		  "1\n"
		  "repeat 1",
			"file:10: more than 8 loops in each other" },
		{ "\nframes 1 100001 0", "file:2: expected frames per second, 0 for no limit" },
		{ "\nframes 1 60 0 flip a", "file:2: expected a buffer's name" },
		{ "\nanimate 0 a 0", "file:2: expected frames per second" },
		{ "\nrecord", "file:2: expected a file name" },
		{ "\nclose EWHAT", "file:2: expected an error such as ECONNRESET" },
		{ "\nclose", "file:2: expected an error such as ECONNRESET" },
		{ "\nhold a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h",
			"file:2: too many words in a line" },
	};
#undef SCAN

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script *script = NULL;
		struct unit_output output;

		print_message("%s\n", cases[i].message);
		assert_int_equal(parse(cases[i].text, &script, &output), -EINVAL);
		assert_null(script);
		assert_non_null(strstr(output.text, cases[i].message));
		/* One line for one mistake. */
		assert_ptr_equal(strchr(output.text, '\n'), strrchr(output.text, '\n'));
	}
}

static void
test_everything_once(void **state)
{
	static const char text[] =
		"# a comment\n"
		"name \"My  VM\" number 2   # another\n"
		"uuid 76697472-696e-4665-8465-6d6f67756573\r\n"
		"\n"
		"\thead 3 gpu pci/0 label \"A # head\"\n"
		"draw later rgba alpha junk\n"
		"scanout 3 later dmabuf AR30 64x32 modifier 0x0100000000000004 planes 3 "
		"plane-offset 1 16384 plane-stride 1 64 stride 512 source 1,2,30x20 bottom-up "
		"placeholder\n"
		"scanout 3 later\n"
		"scanout 3 later source 0,0,1x1\n"
		"repeat 2\n"
		"frames 10 60 3 flip later later\n"
		"end\n"
		"cursor 3 20x10 hot 19,9 solid 11223380\n"
		"cursor-position 3 -5,7 on\n"
		"close ECONNRESET\n"
		"follow 3\n"
		"follow 4 dmabuf AR30 after 20\n"
		"unresizable 5";
	struct unit_output output;
	struct script *script;
	const struct script_memory *memory;
	const struct script_command *commands;

	assert_int_equal(parse(text, &script, &output), 0);
	assert_string_equal(output.text, "");
	assert_string_equal(script->identity.name, "My  VM number 2");
	assert_string_equal(script->identity.uuid, "76697472-696e-4665-8465-6d6f67756573");
	assert_int_equal(script->n_commands, 14);
	commands = script->commands;
	assert_int_equal(commands[0].line, 5);
	assert_string_equal(commands[0].heading.gpu, "pci/0");
	assert_string_equal(commands[0].heading.label, "A # head");

	assert_int_equal(script->n_memories, 1);
	memory = &script->memories[0];
	assert_string_equal(memory->name, "later");
	assert_int_equal(memory->layout.kind, BUFFER_DMABUF);
	assert_int_equal(memory->layout.fourcc, DRM_FORMAT_ARGB2101010);
	assert_true(memory->layout.modifier == 0x0100000000000004);
	assert_int_equal(memory->layout.n_planes, 3);
	assert_int_equal(memory->layout.planes[0].offset, 0);
	assert_int_equal(memory->layout.planes[0].stride, 512);
	assert_int_equal(memory->layout.planes[1].offset, 16384);
	assert_int_equal(memory->layout.planes[1].stride, 64);
	/* Behind plane 1, with the stride of plane 0. */
	assert_int_equal(memory->layout.planes[2].offset, 16384 + 64 * 32);
	assert_int_equal(memory->layout.planes[2].stride, 512);
	assert_int_equal(memory->size, 16384 + 64 * 32 + 512 * 32);
	assert_true(memory->bottom_up && memory->placeholder && !memory->unsealed);

	assert_true(commands[2].scanout.own && commands[2].scanout.bottom_up);
	assert_false(commands[3].scanout.own);
	assert_true(commands[4].scanout.own && !commands[4].scanout.bottom_up);
	assert_int_equal(commands[5].repeat.end, 7);
	assert_int_equal(commands[7].begin, 5);
	assert_int_equal(commands[8].cursor.rgba, 0x11223380);
	assert_int_equal(commands[9].position.gx, -5);
	assert_int_equal(commands[10].error, -ECONNRESET);
	assert_int_equal(commands[11].follow.kind, BUFFER_MEMORY);
	assert_int_equal(commands[11].follow.fourcc, DRM_FORMAT_XRGB8888);
	assert_int_equal(commands[11].follow.delay_ms, 0);
	assert_int_equal(commands[12].head, 4);
	assert_int_equal(commands[12].follow.kind, BUFFER_DMABUF);
	assert_int_equal(commands[12].follow.fourcc, DRM_FORMAT_ARGB2101010);
	assert_int_equal(commands[12].follow.delay_ms, 20);
	assert_int_equal(commands[13].head, 5);
	assert_int_equal(script->max_cursor_pixels, 200);
	script_destroy(script);
	script_destroy(NULL);
}

static void
test_demo(void **state)
{
	struct unit_output output;
	struct script *script;

	assert_int_equal(parse(demo_script, &script, &output), 0);
	assert_string_equal(output.text, "");
	script_destroy(script);
}

static void
test_too_much(void **state)
{
	size_t size = (SCRIPT_MAX_COMMANDS + 1) * 5;
	char *text = malloc(size + 1);
	char line[64];
	struct unit_output output;
	struct script *script;

	for (uint32_t i = 0; i <= SCRIPT_MAX_COMMANDS; i++) {
		memcpy(text + 5 * i, "hold\n", 5);
	}
	text[size] = '\0';
	assert_int_equal(parse(text, &script, &output), -EINVAL);
	assert_non_null(strstr(output.text, "more than 65536 commands"));

	text[0] = '\0';
	for (uint32_t i = 0; i <= SCRIPT_MAX_MEMORIES; i++) {
		snprintf(line, sizeof(line), "scanout 0 m%u memory XR24 1x1\n", i);
		strcat(text, line);
	}
	assert_int_equal(parse(text, &script, &output), -EINVAL);
	assert_non_null(strstr(output.text, "file:65: more than 64 buffers"));
	free(text);

	unit_output_begin(&output, STDERR_FILENO);
	assert_int_equal(script_parse("file", "hold\0\n", 6, &script), -EINVAL);
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "binary data"));
}

static void
test_files(void **state)
{
	char directory[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 32];
	struct unit_output output;
	struct script *script;
	int fd;

	unit_directory_create(directory);
	snprintf(path, sizeof(path), "%s/script", directory);
	unit_output_begin(&output, STDERR_FILENO);
	assert_int_equal(script_load(path, &script), -ENOENT);
	assert_int_equal(script_load(directory, &script), -EISDIR);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "head 0", 6), 6);
	assert_int_equal(script_load(path, &script), 0);
	assert_int_equal(script->n_commands, 1);
	script_destroy(script);
	assert_int_equal(ftruncate(fd, SCRIPT_MAX_SIZE + 1), 0);
	assert_int_equal(script_load(path, &script), -EFBIG);
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "script: No such file or directory;"));
	close(fd);
	unit_directory_remove(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_everything_once),
		cmocka_unit_test(test_demo),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
