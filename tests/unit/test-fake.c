#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake/demo.h"
#include "fake/fake.h"
#include "fake/memory.h"
#include "fake/script.h"

/*
 * A frontend that writes down what it is told, a word for each call, and answers updates when the
 * test says so.
 */
struct frontend {
	sd_event *event;
	struct guest *guest;
	char directory[UNIT_PATH_SIZE];
	char script[UNIT_PATH_SIZE + 32];
	char record[UNIT_PATH_SIZE + 32];

	char told[UNIT_TEXT_SIZE];
	uint32_t n_calls;
	uint32_t destroy_at; /* the call in which to destroy the guest; 0: none */
	int identify_result;
	bool answer_at_once;
	bool closed;
	bool synced;
	struct guest_head *head; /* of the last call */
	uint64_t serial;
	struct scanout scanout;
	uint32_t cursor_pixel;
};

static void __attribute__((format(printf, 2, 3)))
tell(struct frontend *frontend, const char *format, ...)
{
	size_t length = strlen(frontend->told);
	va_list args;

	/* Nothing after destroy, nothing after closed. */
	assert_non_null(frontend->guest);
	assert_false(frontend->closed);
	va_start(args, format);
	vsnprintf(frontend->told + length, sizeof(frontend->told) - length, format, args);
	va_end(args);
	strncat(frontend->told, " ", sizeof(frontend->told) - strlen(frontend->told) - 1);
	if (++frontend->n_calls == frontend->destroy_at) {
		guest_destroy(frontend->guest);
		frontend->guest = NULL;
	}
}

static int
handle_identified(void *data, const struct guest_identity *identity)
{
	struct frontend *frontend = data;

	tell(frontend, "identified(%s)", identity->name);
	return frontend->identify_result;
}

static void
handle_ready(void *data)
{
	tell(data, "ready");
}

static void
handle_head_added(void *data, struct guest_head *head)
{
	struct frontend *frontend = data;

	frontend->head = head;
	tell(frontend, "added(%u,%s,%u,%s)", head->console, head->gpu, head->index, head->label);
}

static void
handle_head_changed(void *data, struct guest_head *head)
{
	tell(data, "changed(%u,%s%s)", head->console, head->label,
		head->resizable ? "" : ",unresizable");
}

static void
handle_head_removed(void *data, struct guest_head *head)
{
	tell(data, "removed(%u)", head->console);
}

static void
handle_scanout(void *data, struct guest_head *head, const struct scanout *scanout)
{
	struct frontend *frontend = data;

	if (scanout == NULL) {
		frontend->scanout = (struct scanout){ 0 };
		tell(frontend, "off(%u)", head->console);
		return;
	}
	frontend->scanout = *scanout;
	tell(frontend, "scanout(%u,%d,%d,%dx%d%s%s)", head->console, scanout->source.x,
		scanout->source.y, scanout->source.width, scanout->source.height,
		scanout->bottom_up ? ",up" : "", scanout->placeholder ? ",placeholder" : "");
}

static void
handle_buffer_removed(void *data, struct guest_head *head, struct buffer *buffer)
{
	tell(data, "forget(%u,%ux%u)", head->console, buffer->layout.width, buffer->layout.height);
}

static void
handle_update(void *data, struct guest_head *head, const struct rect *damage, uint64_t serial)
{
	struct frontend *frontend = data;

	frontend->head = head;
	frontend->serial = serial;
	if (frontend->answer_at_once) {
		guest_update_done(frontend->guest, head, serial);
	}
	tell(frontend, "update(%u,%d,%d,%dx%d,#%u)", head->console, damage->x, damage->y,
		damage->width, damage->height, (unsigned int)serial);
}

static void
handle_cursor(void *data, struct guest_head *head, const struct cursor_image *image)
{
	struct frontend *frontend = data;

	if (image == NULL) {
		tell(frontend, "cursor(none)");
		return;
	}
	frontend->cursor_pixel = image->pixels[image->width * image->height - 1];
	tell(frontend, "cursor(%ux%u,%d,%d)", image->width, image->height, image->hot_x,
		image->hot_y);
}

static void
handle_cursor_position(void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
	tell(data, "at(%d,%d,%s)", gx, gy, on ? "on" : "off");
}

static void
handle_settled(void *data, struct guest_head *head)
{
	tell(data, "settled");
}

static void
handle_pointer_mode(void *data, struct guest_head *head, enum pointer_mode mode)
{
	tell(data, "pointer(%s)", mode == POINTER_ABSOLUTE ? "absolute" : "relative");
}

static void
handle_leds(void *data, struct guest_head *head, uint32_t mask)
{
	tell(data, "leds(%u)", mask);
}

static void
handle_synced(void *data)
{
	((struct frontend *)data)->synced = true;
	tell(data, "synced");
}

static void
handle_power_done(void *data, enum guest_power power, int error)
{
	tell(data, "power(%d)", error);
}

static void
handle_taken_over(void *data)
{
	tell(data, "taken-over");
}

static void
handle_closed(void *data, int error)
{
	struct frontend *frontend = data;

	tell(frontend, "closed(%d)", error);
	frontend->closed = true;
}

static const struct guest_listener listener = {
	.identified = handle_identified,
	.ready = handle_ready,
	.head_added = handle_head_added,
	.head_changed = handle_head_changed,
	.head_removed = handle_head_removed,
	.scanout = handle_scanout,
	.buffer_removed = handle_buffer_removed,
	.update = handle_update,
	.settled = handle_settled,
	.cursor = handle_cursor,
	.cursor_position = handle_cursor_position,
	.pointer_mode = handle_pointer_mode,
	.leds = handle_leds,
	.synced = handle_synced,
	.power_done = handle_power_done,
	.taken_over = handle_taken_over,
	.closed = handle_closed,
};

static int
setup(void **state)
{
	struct frontend *frontend = calloc(1, sizeof(*frontend));

	assert_true(sd_event_new(&frontend->event) >= 0);
	unit_directory_create(frontend->directory);
	snprintf(frontend->script, sizeof(frontend->script), "%s/script", frontend->directory);
	snprintf(frontend->record, sizeof(frontend->record), "%s/record", frontend->directory);
	*state = frontend;
	return 0;
}

static int
teardown(void **state)
{
	struct frontend *frontend = *state;

	guest_destroy(frontend->guest);
	sd_event_unref(frontend->event);
	unit_directory_remove(frontend->directory);
	free(frontend);
	return 0;
}

static int
create(struct frontend *frontend, const char *text)
{
	int fd = open(frontend->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	frontend->told[0] = '\0';
	frontend->n_calls = 0;
	frontend->closed = false;
	return fake_guest_create(
		frontend->event, frontend->script, &listener, frontend, &frontend->guest);
}

static void
start(struct frontend *frontend, const char *text)
{
	assert_int_equal(create(frontend, text), 0);
	assert_int_equal(guest_open(frontend->guest), 0);
	/* Nothing from inside an operation. */
	assert_string_equal(frontend->told, "");
}

/* As long as there is anything to do now. */
static void
run_idle(struct frontend *frontend)
{
	while (sd_event_run(frontend->event, 0) > 0) {
	}
}

static void
run_until_closed(struct frontend *frontend)
{
	while (!frontend->closed) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
}

static void
play(struct frontend *frontend, const char *text)
{
	start(frontend, text);
	run_until_closed(frontend);
	guest_destroy(frontend->guest);
	frontend->guest = NULL;
}

static void
test_heads_and_scanouts(void **state)
{
	struct frontend *frontend = *state;

	play(frontend, "name Box\n"
		       "head 0 gpu g0 label First\n"
		       "head 1 gpu g0\n"
		       "head 4 gpu g1 label Other\n"
		       "scanout 0 a memory XR24 64x32 source 1,2,30x20 bottom-up placeholder\n"
		       "scanout 1 b memory XR24 8x8\n"
		       "scanout 0 b\n"
		       "scanout 0 a\n"
		       "scanout 0 a source 0,0,64x32\n"
		       "head 0 label Renamed\n"
		       "forget 0 a\n"
		       "off 0\n"
		       "remove 0\n"
		       "head 0 gpu g0\n"
		       "quit\n");
	assert_string_equal(frontend->told,
		"identified(Box) added(0,g0,0,First) added(1,g0,1,Head 1) added(4,g1,0,Other) "
		"ready "
		"scanout(0,1,2,30x20,up,placeholder) scanout(1,0,0,8x8) scanout(0,0,0,8x8) "
		"scanout(0,1,2,30x20,up,placeholder) scanout(0,0,0,64x32) changed(0,Renamed) "
		"forget(0,64x32) off(0) removed(0) added(0,g0,0,Head 0) closed(0) ");
}

static void
test_devices(void **state)
{
	struct frontend *frontend = *state;

	play(frontend, "head 0\n"
		       "cursor 0 24x24 hot 1,2\n"
		       "cursor 0 4x4 hot 0,0 solid ff800080\n"
		       "cursor 0 none\n"
		       "cursor-position 0 -3,9 on\n"
		       "cursor-position 0 0,0 off\n"
		       "pointer 0 relative\n"
		       "pointer 0 absolute\n"
		       "leds 0 5\n"
		       "take-over\n"
		       "close ECONNRESET\n");
	assert_string_equal(frontend->told,
		"identified() added(0,fake,0,Head 0) ready cursor(24x24,1,2) cursor(4x4,0,0) "
		"cursor(none) at(-3,9,on) at(0,0,off) pointer(relative) pointer(absolute) leds(5) "
		"taken-over closed(-104) ");
	/* Premultiplied. */
	assert_int_equal(frontend->cursor_pixel, 0x80804000);
}

static void
test_identified_refuses(void **state)
{
	struct frontend *frontend = *state;

	frontend->identify_result = -EBUSY;
	play(frontend, "name Box\nhead 0\n");
	assert_string_equal(frontend->told, "identified(Box) closed(-16) ");
}

static int
set_head(struct frontend *frontend, uint32_t width, uint32_t height)
{
	struct head_geometry geometry = { .width = width, .height = height };

	return guest_set_head(frontend->guest, frontend->head, &geometry);
}

#define SHOWN "head 0\nscanout 0 a memory XR24 64x32\n"
#define SHOWN_TOLD "identified() added(0,fake,0,Head 0) ready scanout(0,0,0,64x32) "

static void
test_wait_for_answers(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, SHOWN "update 0 1,2,3x4\nupdate 0 0,0,64x32\nupdate 0 0,0,1x1\n"
			      "wait-answers\noff 0\nquit\n");
	run_idle(frontend);
	assert_string_equal(frontend->told,
		SHOWN_TOLD "update(0,1,2,3x4,#1) update(0,0,0,64x32,#2) update(0,0,0,1x1,#3) ");
	/* Not in order. */
	guest_update_done(frontend->guest, frontend->head, 1);
	guest_update_done(frontend->guest, frontend->head, 3);
	run_idle(frontend);
	assert_null(strstr(frontend->told, "off"));
	guest_update_done(frontend->guest, frontend->head, 2);
	assert_null(strstr(frontend->told, "off"));
	run_until_closed(frontend);
	assert_non_null(strstr(frontend->told, "off(0) closed(0)"));
}

static void
test_frames_and_loops(void **state)
{
	struct frontend *frontend = *state;

	frontend->answer_at_once = true;
	play(frontend, "head 0\nscanout 0 a memory XR24 2x1\nscanout 0 b memory XR24 1x2\n"
		       "repeat 2\nrepeat 2\nleds 0 1\nend\nframes 3 0 0 flip a b\nend\n"
		       "frames 2 1000 0\nquit\n");
#define FLIPS(x, y, z) \
	"scanout(0,0,0,2x1) update(0,0,0,2x1,#" x ") scanout(0,0,0,1x2) update(0,0,0,1x2,#" y ") " \
	"scanout(0,0,0,2x1) update(0,0,0,2x1,#" z ") "
	assert_string_equal(strstr(frontend->told, "leds"),
		"leds(1) leds(1) " FLIPS("1", "2", "3") "leds(1) leds(1) " FLIPS(
			"4", "5", "6") "update(0,0,0,2x1,#7) update(0,0,0,2x1,#8) closed(0) ");
#undef FLIPS
}

static void
test_frames_wait_for_the_answer(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, SHOWN "frames 3 0 0\nwait-answers\nquit\n");
	for (uint64_t serial = 1; serial <= 3; serial++) {
		run_idle(frontend);
		/* Whatever else wakes the guest. */
		assert_int_equal(guest_sync(frontend->guest), 0);
		run_idle(frontend);
		assert_int_equal(frontend->serial, serial);
		guest_update_done(frontend->guest, frontend->head, serial);
	}
	run_until_closed(frontend);
}

static void
test_a_buffer_is_the_same_until_forgotten(void **state)
{
	struct frontend *frontend = *state;
	struct buffer *first;

	start(frontend, SHOWN "update 0 0,0,1x1\nwait-answers\nscanout 0 a\nupdate 0 0,0,1x1\n"
			      "wait-answers\nforget 0 a\nscanout 0 a\nhold\n");
	run_idle(frontend);
	first = buffer_ref(frontend->scanout.buffer);
	guest_update_done(frontend->guest, frontend->head, 1);
	run_idle(frontend);
	assert_ptr_equal(frontend->scanout.buffer, first);
	guest_update_done(frontend->guest, frontend->head, 2);
	run_idle(frontend);
	assert_ptr_not_equal(frontend->scanout.buffer, first);
	/* But its memory is. */
	assert_true(frontend->scanout.buffer->infos[0].inode == first->infos[0].inode);
	assert_int_equal(first->refs, 1);
	buffer_unref(first);
}

static void
test_sync(void **state)
{
	struct frontend *frontend = *state;

	assert_int_equal(create(frontend, SHOWN "sleep 1\nleds 0 1\nhold\n"), 0);
	assert_int_equal(guest_sync(frontend->guest), -ENOTCONN);
	assert_int_equal(guest_open(frontend->guest), 0);
	assert_int_equal(guest_open(frontend->guest), -EALREADY);
	assert_int_equal(guest_sync(frontend->guest), 0);
	/* Up to the sleep, not behind it. */
	while (!frontend->synced) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	assert_string_equal(frontend->told, SHOWN_TOLD "synced ");
	while (strstr(frontend->told, "leds") == NULL) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	/* At the end of the script as well; once for each. */
	assert_int_equal(guest_sync(frontend->guest), 0);
	assert_int_equal(guest_sync(frontend->guest), 0);
	run_idle(frontend);
	assert_string_equal(frontend->told, SHOWN_TOLD "synced leds(1) synced synced ");
}

/* What was told since the last time. */
static const char *
news(struct frontend *frontend, char text[UNIT_TEXT_SIZE])
{
	run_idle(frontend);
	memcpy(text, frontend->told, UNIT_TEXT_SIZE);
	frontend->told[0] = '\0';
	return text;
}

static uint32_t
pixel_at(struct frontend *frontend, int32_t x, int32_t y)
{
	uint32_t pixel;

	assert_int_equal(buffer_read(frontend->scanout.buffer, &(struct rect){ x, y, 1, 1 }, &pixel,
				 sizeof(pixel)),
		0);
	return pixel & 0xffffff;
}

static void
test_a_head_follows(void **state)
{
	struct frontend *frontend = *state;
	char text[UNIT_TEXT_SIZE];

	start(frontend, SHOWN "follow 0\nhold\n");
	assert_string_equal(news(frontend, text), SHOWN_TOLD);
	assert_true(frontend->head->resizable && frontend->head->takes_refresh);
	/* Nothing from inside an operation. */
	assert_int_equal(set_head(frontend, 100, 50), 0);
	assert_string_equal(frontend->told, "");
	assert_string_equal(news(frontend, text), "scanout(0,0,0,100x50) ");
	assert_int_equal(frontend->scanout.buffer->layout.kind, BUFFER_MEMORY);
	assert_int_equal(frontend->scanout.buffer->layout.fourcc, DRM_FORMAT_XRGB8888);
	assert_int_equal(pixel_at(frontend, 99, 49), 0xffffff);
	assert_int_equal(pixel_at(frontend, 25, 20), 0xff0000);
	assert_int_equal(pixel_at(frontend, 75, 20), 0x00ff00);
	/* The last one counts. */
	assert_int_equal(set_head(frontend, 300, 200), 0);
	assert_int_equal(set_head(frontend, 1, 1), 0);
	assert_string_equal(news(frontend, text), "scanout(0,0,0,1x1) forget(0,100x50) ");
	assert_int_equal(set_head(frontend, 1, 1), 0);
	assert_string_equal(news(frontend, text), "");
	assert_int_equal(set_head(frontend, 0, 0), 0);
	assert_string_equal(news(frontend, text), "off(0) forget(0,1x1) ");
	assert_int_equal(set_head(frontend, 0, 0), 0);
	assert_string_equal(news(frontend, text), "");
	assert_int_equal(set_head(frontend, 64, 32), 0);
	assert_string_equal(news(frontend, text), "scanout(0,0,0,64x32) ");
	assert_int_equal(set_head(frontend, 16384, 1), 0);
	assert_string_equal(news(frontend, text), "scanout(0,0,0,16384x1) forget(0,64x32) ");
}

static void
test_no_such_geometry(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, SHOWN "follow 0\nhold\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 16385, 1), -EINVAL);
	assert_int_equal(set_head(frontend, 1, UINT32_MAX), -EINVAL);
	assert_int_equal(set_head(frontend, 0, 1), -EINVAL);
	assert_int_equal(set_head(frontend, 1, 0), -EINVAL);
	run_idle(frontend);
	assert_string_equal(frontend->told, SHOWN_TOLD);
}

static void
test_a_head_that_does_not_follow(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, SHOWN "hold\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 100, 50), 0);
	run_idle(frontend);
	assert_string_equal(frontend->told, SHOWN_TOLD);
}

static void
test_unresizable(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, "head 0\nfollow 0\nunresizable 0\nleds 0 1\nhold\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 100, 50), -ENOTSUP);
	run_idle(frontend);
	assert_string_equal(frontend->told,
		"identified() added(0,fake,0,Head 0) changed(0,Head 0,unresizable) ready leds(1) ");
}

static void
test_following_late(void **state)
{
	struct frontend *frontend = *state;
	char text[UNIT_TEXT_SIZE];

	start(frontend, SHOWN "follow 0 after 20\nupdate 0 0,0,64x32\nhold\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 100, 50), 0);
	/* What happens between. */
	assert_int_equal(guest_sync(frontend->guest), 0);
	guest_update_done(frontend->guest, frontend->head, 1);
	assert_string_equal(news(frontend, text), SHOWN_TOLD "update(0,0,0,64x32,#1) synced ");
	assert_int_equal(set_head(frontend, 10, 5), 0);
	while (frontend->told[0] == '\0') {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	assert_string_equal(news(frontend, text), "scanout(0,0,0,10x5) ");
	/* Together with its head. */
	assert_int_equal(set_head(frontend, 0, 0), 0);
	guest_destroy(frontend->guest);
	frontend->guest = NULL;
}

/* The script goes on whatever size the head has. */
static void
test_a_script_and_a_head_that_follows(void **state)
{
	struct frontend *frontend = *state;
	char text[UNIT_TEXT_SIZE];

	start(frontend,
		SHOWN "follow 0\nframes 2 0 0\nwait-answers\nupdate 0 2,2,50x1\nupdate 0 20,0,1x1\n"
		      "wait-answers\nscanout 0 a\nupdate 0 0,0,1x1\nwait-answers\noff 0\n"
		      "leds 0 1\nupdate 0 0,0,1x1\nremove 0\nhead 0\nquit\n");
	assert_string_equal(news(frontend, text), SHOWN_TOLD "update(0,0,0,64x32,#1) ");
	/* Nothing is drawn for a monitor that is not there. */
	assert_int_equal(set_head(frontend, 0, 0), 0);
	assert_string_equal(news(frontend, text), "off(0) ");
	guest_update_done(frontend->guest, frontend->head, 1);
	assert_string_equal(news(frontend, text), "");
	assert_int_equal(set_head(frontend, 10, 5), 0);
	run_idle(frontend);
	assert_string_equal(news(frontend, text), "scanout(0,0,0,10x5) update(0,0,0,10x5,#2) ");
	guest_update_done(frontend->guest, frontend->head, 2);
	assert_string_equal(news(frontend, text), "update(0,2,2,8x1,#3) ");
	guest_update_done(frontend->guest, frontend->head, 3);
	assert_string_equal(
		news(frontend, text), "scanout(0,0,0,64x32) forget(0,10x5) update(0,0,0,1x1,#4) ");
	/* With a wish that comes too late. */
	guest_update_done(frontend->guest, frontend->head, 4);
	assert_string_equal(news(frontend, text),
		"off(0) leds(1) removed(0) added(0,fake,0,Head 0) closed(0) ");
}

static void
test_memory_that_can_not_follow(void **state)
{
	static const struct {
		const char *text, *message;
		int result;
	} cases[] = {
		{ "head 0\nfollow 0 memory NV12", "script:2: nothing can be drawn", -EINVAL },
		{ "head 0\nfollow 0 memory 0x1", "script:2: nothing can be drawn", -EINVAL },
	};
	struct frontend *frontend = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct unit_output output;

		unit_output_begin(&output, STDERR_FILENO);
		assert_int_equal(create(frontend, cases[i].text), cases[i].result);
		unit_output_end(&output);
		assert_null(frontend->guest);
		assert_non_null(strstr(output.text, cases[i].message));
	}
}

static void
test_power(void **state)
{
	struct frontend *frontend = *state;

	assert_int_equal(create(frontend, SHOWN "hold\n"), 0);
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), -ENOTCONN);
	assert_int_equal(guest_open(frontend->guest), 0);
	run_idle(frontend);
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), 0);
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), -EALREADY);
	assert_string_equal(frontend->told, SHOWN_TOLD);
	run_idle(frontend);
	assert_string_equal(frontend->told, SHOWN_TOLD "power(0) ");
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), 0);
	run_idle(frontend);
	assert_string_equal(frontend->told, SHOWN_TOLD "power(0) power(0) ");
}

static void
test_too_late_to_ask(void **state)
{
	struct frontend *frontend = *state;

	start(frontend, SHOWN "follow 0\ntake-over\nsleep 1\nquit\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 10, 5), -ENOTCONN);
	/* QEMU takes this on another channel. */
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), 0);
	run_until_closed(frontend);
	assert_int_equal(set_head(frontend, 10, 5), -ENOTCONN);
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), -ENOTCONN);
	assert_string_equal(frontend->told, SHOWN_TOLD "taken-over power(0) closed(0) ");
}

/* In every callback there is; the sanitizers see what is touched afterwards. */
static void
test_destroy_in_any_callback(void **state)
{
	static const char text[] =
		SHOWN "update 0 0,0,1x1\nframes 2 0 0 flip a a\nforget 0 a\noff 0\n"
		      "cursor 0 1x1 hot 0,0\ncursor 0 none\ncursor-position 0 1,1 on\n"
		      "pointer 0 relative\nleds 0 1\nhead 0 label x\ntake-over\n"
		      "scanout 0 a\nremove 0\nquit\n";
	struct frontend *frontend = *state;
	uint32_t n_calls;

	frontend->answer_at_once = true;
	play(frontend, text);
	n_calls = frontend->n_calls;
	assert_true(n_calls > 20);
	for (uint32_t i = 1; i <= n_calls; i++) {
		frontend->destroy_at = i;
		start(frontend, text);
		assert_int_equal(guest_sync(frontend->guest), 0);
		run_idle(frontend);
		assert_null(frontend->guest);
		assert_int_equal(frontend->n_calls, i);
	}
}

static void
test_destroy_while_a_head_follows(void **state)
{
	struct frontend *frontend = *state;

	/* In scanout, forget, off, forget, power; in the end in none of them. */
	for (uint32_t i = 1; i <= 6; i++) {
		frontend->destroy_at = 0;
		start(frontend, SHOWN "follow 0\n");
		run_idle(frontend);
		assert_int_equal(set_head(frontend, 10, 5), 0);
		run_idle(frontend);
		frontend->destroy_at = frontend->n_calls + i;
		assert_int_equal(set_head(frontend, 20, 5), 0);
		run_idle(frontend);
		if (frontend->guest != NULL) {
			assert_int_equal(set_head(frontend, 0, 0), 0);
			assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), 0);
			run_idle(frontend);
		}
		assert_true((frontend->guest == NULL) == (i < 6));
	}
}

static void
read_record(struct frontend *frontend, char text[UNIT_TEXT_SIZE])
{
	int fd = open(frontend->record, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, UNIT_TEXT_SIZE - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
}

static void
test_record(void **state)
{
	struct frontend *frontend = *state;
	const struct input_event events[] = {
		{ .kind = INPUT_KEY, .key = { 30, true } },
		{ .kind = INPUT_BUTTON, .button = { 0x110, false } },
		{ .kind = INPUT_MOTION, .motion = { 1.5, 1234.0625 } },
		{ .kind = INPUT_RELATIVE, .relative = { -0.25, 2 } },
		{ .kind = INPUT_WHEEL, .wheel = { -120, 15 } },
		{ .kind = INPUT_TOUCH, .touch = { TOUCH_BEGIN, 3, 1, 2 } },
		{ .kind = INPUT_TOUCH, .touch = { TOUCH_CANCEL, 3, 0, 0 } },
		{ .kind = INPUT_PEN, .pen = { true, true, false, 4, 5.5, 65535, -12.25, 60 } },
		{ .kind = INPUT_PEN },
	};
	const struct head_geometry geometry = { 1280, 720, 340, 190, -1280, 5, 59940 };
	struct unit_output output;
	char script[UNIT_PATH_SIZE + 128];
	char text[UNIT_TEXT_SIZE];
	char *latency;

	snprintf(script, sizeof(script), "record %s\n" SHOWN "update 0 0,0,1x1\nhold\n",
		frontend->record);
	start(frontend, script);
	run_idle(frontend);
	guest_update_done(frontend->guest, frontend->head, 1);
	/* Every line is there at once. */
	read_record(frontend, text);
	latency = strstr(text, ",\"latency_ns\":");
	assert_non_null(latency);
	assert_memory_equal(
		text, "{\"event\":\"answer\",\"head\":0,\"serial\":1", (size_t)(latency - text));

	/* Twice is once too many. */
	unit_output_begin(&output, STDERR_FILENO);
	guest_update_done(frontend->guest, frontend->head, 1);
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "error"));
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		guest_input(frontend->guest, frontend->head, &events[i]);
	}
	assert_int_equal(guest_set_head(frontend->guest, frontend->head, &geometry), 0);
	assert_int_equal(guest_sync(frontend->guest), 0);
	assert_int_equal(guest_power(frontend->guest, GUEST_POWER_DOWN), 0);
	guest_destroy(frontend->guest);
	frontend->guest = NULL;

	read_record(frontend, text);
	assert_string_equal(strchr(text, '\n') + 1,
		"{\"event\":\"stray-answer\",\"head\":0,\"serial\":1}\n"
		"{\"event\":\"key\",\"head\":0,\"code\":30,\"pressed\":true}\n"
		"{\"event\":\"button\",\"head\":0,\"code\":272,\"pressed\":false}\n"
		"{\"event\":\"motion\",\"head\":0,\"x\":1.500,\"y\":1234.063}\n"
		"{\"event\":\"relative\",\"head\":0,\"dx\":-0.250,\"dy\":2.000}\n"
		"{\"event\":\"wheel\",\"head\":0,\"dx_120\":-120,\"dy_120\":15}\n"
		"{\"event\":\"touch\",\"head\":0,\"phase\":\"begin\",\"slot\":3,\"x\":1.000,\"y\":"
		"2.000}\n"
		"{\"event\":\"touch\",\"head\":0,\"phase\":\"cancel\",\"slot\":3,\"x\":0.000,\"y\":"
		"0.000}\n"
		"{\"event\":\"pen\",\"head\":0,\"near\":true,\"touching\":true,\"eraser\":false,"
		"\"x\":4.000,\"y\":5.500,\"pressure\":65535,\"tilt_x\":-12.250,\"tilt_y\":60.000}\n"
		"{\"event\":\"pen\",\"head\":0,\"near\":false}\n"
		"{\"event\":\"set_head\",\"console\":0,\"width\":1280,\"height\":720,"
		"\"width_mm\":340,\"height_mm\":190,\"x\":-1280,\"y\":5,\"refresh_mhz\":59940}"
		"\n{\"event\":\"sync\"}\n{\"event\":\"power\"}\n{\"event\":\"destroy\"}\n");
}

/* The script asks for what is not possible: said with the line, and the guest goes. */
static void
test_mistakes_at_work(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "leds 0 1\n", "script:1: this head is not there" },
		{ "head 0\nhead 0\n", "script:2: this head is there" },
		{ "head 0\nupdate 0 0,0,1x1\n", "script:2: the update is not inside" },
		{ SHOWN "update 0 0,0,65x1\n", "script:3: the update is not inside" },
		{ SHOWN "repeat 300\nupdate 0 0,0,1x1\nend\n",
			"script:4: the viewer does not answer" },
		{ "follow 0\n", "script:1: this head is not there" },
		{ "unresizable 0\n", "script:1: this head is not there" },
		{ SHOWN "wait-point a 1\n", "script:3: Operation not supported" },
		{ "head 0\nrecord /missing/record\n", "script:2: No such file or directory" },
	};
	struct frontend *frontend = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct unit_output output;

		unit_output_begin(&output, STDERR_FILENO);
		play(frontend, cases[i].text);
		unit_output_end(&output);
		assert_non_null(strstr(frontend->told, "closed(-22)"));
		assert_non_null(strstr(output.text, cases[i].message));
	}
}

static void
test_impossible_memory(void **state)
{
	static const struct {
		const char *text, *message;
		int result;
	} cases[] = {
		{ "\nscanout 0 a memory XR24 8x8 stride 31",
			"script:2: this memory can not be a guest's", -EBADMSG },
		{ "\nscanout 0 a memory NV12 8x8", "script:2: this memory can not be a guest's",
			-ENOTSUP },
		{ "\nscanout 0 a memory XR24 8x8 modifier 1", "script:2: this memory", -EBADMSG },
		/* No kernel makes dma-bufs of memory that may shrink. */
		{ "\nscanout 0 a dmabuf XR24 8x8 unsealed", "script:2: no dma-buf can be made",
			-ENOTSUP },
	};
	struct frontend *frontend = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct unit_output output;

		unit_output_begin(&output, STDERR_FILENO);
		assert_int_equal(create(frontend, cases[i].text), cases[i].result);
		unit_output_end(&output);
		assert_null(frontend->guest);
		assert_non_null(strstr(output.text, cases[i].message));
	}
}

static void
test_truncation(void **state)
{
	struct frontend *frontend = *state;
	struct unit_output output;
	struct stat status;
	uint32_t pixel;

	start(frontend, "head 0\nscanout 0 a memory XR24 64x32 unsealed\ndraw a solid 11223344\n"
			"truncate a 4096\ndraw a solid 55667788\nforget 0 a\nscanout 0 a\nhold\n");
	unit_output_begin(&output, STDERR_FILENO);
	run_idle(frontend);
	unit_output_end(&output);
	assert_int_equal(fstat(frontend->scanout.buffer->layout.planes[0].fd, &status), 0);
	assert_int_equal(status.st_size, 4096);
	assert_false(frontend->scanout.buffer->infos[0].sealed);
	assert_int_equal(buffer_read(frontend->scanout.buffer, &(struct rect){ 0, 0, 1, 1 }, &pixel,
				 sizeof(pixel)),
		0);
	assert_int_equal(pixel, 0x88556677);
	/* What is too short is not shown again. */
	assert_non_null(strstr(output.text, "buffer a can not be shown"));
	assert_string_equal(frontend->told, "identified() added(0,fake,0,Head 0) ready "
					    "scanout(0,0,0,64x32) forget(0,64x32) ");
}

static void
test_demo_moves(void **state)
{
	struct frontend *frontend = *state;

	frontend->answer_at_once = true;
	assert_int_equal(
		fake_guest_create(frontend->event, NULL, &listener, frontend, &frontend->guest), 0);
	assert_int_equal(guest_open(frontend->guest), 0);
	while (frontend->serial < 3) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	assert_non_null(strstr(frontend->told, "scanout(0,0,0,1280x720)"));
}

/* Frame by frame, or in one leap: what was drawn over must be the same. */
static void
test_demo_leaves_nothing_behind(void **state)
{
	struct script *script;
	struct fake_memory *memories[2];
	struct rect damage;
	static uint8_t bytes[2][1280 * 720 * 4];

	assert_int_equal(script_parse("demo", demo_script, strlen(demo_script), &script), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(fake_memory_create(&script->memories[0], &memories[i]), 0);
		assert_int_equal(demo_draw(memories[i], 0, 0, &damage), 0);
		assert_int_equal(damage.width, 1280);
	}
	for (uint32_t frame = 1; frame <= 60; frame++) {
		assert_int_equal(demo_draw(memories[0], frame - 1, frame, &damage), 0);
		assert_true(damage.width * damage.height < 1280 * 720 / 2);
	}
	assert_int_equal(demo_draw(memories[1], 0, 60, &damage), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pread(memories[i]->memory_fd, bytes[i], sizeof(bytes[i]), 0),
			sizeof(bytes[i]));
		fake_memory_destroy(memories[i]);
	}
	assert_memory_equal(bytes[0], bytes[1], sizeof(bytes[0]));
	script_destroy(script);
}

static void
test_demo_follows(void **state)
{
	struct frontend *frontend = *state;
	struct guest_head *second;
	uint64_t serial;

	frontend->answer_at_once = true;
	assert_int_equal(
		fake_guest_create(frontend->event, NULL, &listener, frontend, &frontend->guest), 0);
	assert_int_equal(guest_open(frontend->guest), 0);
	assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	second = frontend->head;
	assert_int_equal(second->console, 1);
	while (frontend->serial < 2) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	assert_int_equal(set_head(frontend, 320, 240), 0);
	assert_null(strstr(frontend->told, "(1,0,0"));
	while (strstr(frontend->told, "scanout(0,0,0,320x240)") == NULL) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	/* Not the pattern. */
	assert_int_not_equal(pixel_at(frontend, 319, 239), 0xffffff);
	serial = frontend->serial;
	while (frontend->serial < serial + 2) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	/* Down to what no ball fits into. */
	assert_int_equal(set_head(frontend, 1, 1), 0);
	serial = frontend->serial + 2;
	while (frontend->serial < serial) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
	assert_non_null(strstr(frontend->told, "scanout(0,0,0,1x1)"));
	/* The one that was off turns on. */
	frontend->head = second;
	assert_int_equal(set_head(frontend, 640, 480), 0);
	while (strstr(frontend->told, "scanout(1,0,0,640x480)") == NULL) {
		assert_true(sd_event_run(frontend->event, UINT64_MAX) >= 0);
	}
}

/* From here on memory passes as a dma-buf. */
static void
test_dmabuf(void **state)
{
	struct frontend *frontend = *state;
	struct unit_output output;
	const struct buffer_layout *layout;

	unit_output_begin(&output, STDERR_FILENO);
	fd_let_memory_pass_as_dmabuf();
	unit_output_end(&output);
	start(frontend,
		"head 0\nscanout 0 a dmabuf NV12 64x32 stride 64 planes 2 plane-stride 1 64 "
		"plane-offset 1 4096 modifier 0x100000000000002\n");
	run_idle(frontend);
	layout = &frontend->scanout.buffer->layout;
	assert_int_equal(layout->kind, BUFFER_DMABUF);
	assert_int_equal(layout->fourcc, DRM_FORMAT_NV12);
	assert_true(layout->modifier == I915_FORMAT_MOD_Y_TILED);
	assert_int_equal(layout->n_planes, 2);
	assert_int_equal(layout->planes[1].offset, 4096);
	assert_int_equal(layout->planes[1].stride, 64);
	assert_true(frontend->scanout.buffer->infos[0].inode ==
		    frontend->scanout.buffer->infos[1].inode);
	assert_true(frontend->scanout.buffer->infos[0].sealed);
}

static void
test_dmabuf_that_follows(void **state)
{
	struct frontend *frontend = *state;
	const struct buffer_layout *layout;

	start(frontend, "head 0\nfollow 0 dmabuf RGB565\nleds 0 0\n");
	run_idle(frontend);
	assert_int_equal(set_head(frontend, 101, 50), 0);
	run_idle(frontend);
	layout = &frontend->scanout.buffer->layout;
	assert_int_equal(layout->kind, BUFFER_DMABUF);
	assert_int_equal(layout->fourcc, DRM_FORMAT_RGB565);
	assert_int_equal(layout->planes[0].stride, 256);
	assert_int_equal(layout->height, 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_heads_and_scanouts),
		TEST(test_devices),
		TEST(test_identified_refuses),
		TEST(test_wait_for_answers),
		TEST(test_frames_and_loops),
		TEST(test_frames_wait_for_the_answer),
		TEST(test_a_buffer_is_the_same_until_forgotten),
		TEST(test_sync),
		TEST(test_a_head_follows),
		TEST(test_no_such_geometry),
		TEST(test_a_head_that_does_not_follow),
		TEST(test_unresizable),
		TEST(test_following_late),
		TEST(test_a_script_and_a_head_that_follows),
		TEST(test_memory_that_can_not_follow),
		TEST(test_power),
		TEST(test_too_late_to_ask),
		TEST(test_destroy_in_any_callback),
		TEST(test_destroy_while_a_head_follows),
		TEST(test_record),
		TEST(test_mistakes_at_work),
		TEST(test_impossible_memory),
		TEST(test_truncation),
		TEST(test_demo_moves),
		cmocka_unit_test(test_demo_leaves_nothing_behind),
		TEST(test_demo_follows),
		TEST(test_dmabuf),
		TEST(test_dmabuf_that_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
