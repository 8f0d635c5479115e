/* Our end of a listener's connection against sd-bus, case by case: each method with extreme values.
 */
#include "unit.h"

#include <drm_fourcc.h>
#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "cursor.h"
#include "qemu-dbus/messages.h"
#include "qemu-dbus/wire-connection.h"
#include "qemu-dbus/wire-reply.h"

#define INTERFACE "org.qemu.Display1.Listener"

struct codec {
	sd_event *event;
	sd_bus *bus;
	struct wire_hub hub;
	struct wire_connection *connection;
	void (*check)(struct codec *codec, struct wire_call *call);
	uint32_t n_calls, n_replies, n_ended;
	uint32_t replied_serial;
	const uint8_t *tail; /* what is still to come of it */
	uint64_t tail_left;
	int fds[BUFFER_MAX_PLANES];
	char error_name[128], error_text[512];
	bool is_answered;
};

static void
handle_connection_call(void *data, struct wire_call *call)
{
	struct codec *codec = data;
	struct wire_writer *writer = wire_connection_writer(codec->connection);

	codec->n_calls++;
	assert_string_equal(call->header->path, "/org/qemu/Display1/Listener");
	assert_int_equal(call->header->tail_size, codec->tail_left);
	codec->check(codec, call);
	if (call->reply_to != 0) {
		wire_reply_empty(writer, call->reply_to);
	}
}

static void
handle_connection_tail(void *data, const uint8_t *bytes, size_t size)
{
	struct codec *codec = data;

	assert_true(size <= codec->tail_left);
	assert_memory_equal(bytes, codec->tail, size);
	codec->tail += size;
	codec->tail_left -= size;
}

static void
handle_connection_tail_end(void *data)
{
	struct codec *codec = data;

	codec->n_ended++;
	assert_int_equal(codec->tail_left, 0);
}

static void
handle_connection_reply(void *data, uint32_t serial)
{
	struct codec *codec = data;

	codec->n_replies++;
	codec->replied_serial = serial;
}

static void
handle_connection_closed(void *data, int error)
{
	fail();
}

static void
handle_connection_read_all(void *data)
{
}

static const struct wire_handler handler = {
	.call = handle_connection_call,
	.tail = handle_connection_tail,
	.tail_end = handle_connection_tail_end,
	.reply = handle_connection_reply,
	.read_all = handle_connection_read_all,
	.closed = handle_connection_closed,
};

static int
setup(void **state)
{
	static const sd_id128_t id = { .bytes = { 1, 2, 3 } };
	struct codec *codec = calloc(1, sizeof(*codec));
	int fds[2];

	assert_non_null(codec);
	assert_true(sd_event_new(&codec->event) >= 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(wire_connection_create(&codec->hub, codec->event, fds[0], &handler, codec,
				 &codec->connection),
		0);
	assert_true(sd_bus_new(&codec->bus) >= 0);
	assert_true(sd_bus_set_fd(codec->bus, fds[1], fds[1]) >= 0);
	assert_true(sd_bus_set_server(codec->bus, 1, id) >= 0);
	assert_true(sd_bus_negotiate_fds(codec->bus, 1) >= 0);
	assert_true(sd_bus_start(codec->bus) >= 0);
	assert_true(sd_bus_attach_event(codec->bus, codec->event, 0) >= 0);
	for (uint32_t i = 0; i < BUFFER_MAX_PLANES; i++) {
		codec->fds[i] = unit_memfd(4096, 0);
	}
	*state = codec;
	return 0;
}

static int
teardown(void **state)
{
	struct codec *codec = *state;

	wire_connection_destroy(codec->connection);
	for (uint32_t i = 0; i < BUFFER_MAX_PLANES; i++) {
		close(codec->fds[i]);
	}
	sd_bus_detach_event(codec->bus);
	sd_bus_close(codec->bus);
	sd_bus_unref(codec->bus);
	sd_event_unref(codec->event);
	free(codec);
	return 0;
}

static int
handle_reply(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct codec *codec = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	codec->is_answered = true;
	if (error != NULL) {
		snprintf(codec->error_name, sizeof(codec->error_name), "%s", error->name);
		snprintf(codec->error_text, sizeof(codec->error_text), "%s", error->message);
	}
	return 0;
}

static sd_bus_message *
new_call(struct codec *codec, const char *member)
{
	sd_bus_message *call;

	assert_true(sd_bus_message_new_method_call(codec->bus, &call, NULL,
			    "/org/qemu/Display1/Listener", INTERFACE, member) >= 0);
	return call;
}

/* Sends it, and returns when it was answered. */
static void
exchange(struct codec *codec, sd_bus_message *call,
	void (*check)(struct codec *codec, struct wire_call *call))
{
	uint32_t n_calls = codec->n_calls;

	codec->check = check;
	codec->is_answered = false;
	assert_true(sd_bus_call_async(codec->bus, NULL, call, handle_reply, codec, 20000000) >= 0);
	sd_bus_message_unref(call);
	while (!codec->is_answered) {
		assert_true(sd_event_run(codec->event, UINT64_MAX) >= 0);
	}
	assert_int_equal(codec->n_calls, n_calls + 1);
	assert_string_equal(codec->error_name, "");
}

static const struct rect rects[] = {
	{ 0, 0, 0, 0 },
	{ 1, 2, 3, 4 },
	{ -1, -2, -3, -4 },
	{ INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX },
};

static const struct rect *wanted_rect;

static void
check_rect(struct codec *codec, struct wire_call *call)
{
	struct rect rect;

	assert_int_equal(message_read_rect(call, &rect), 0);
	assert_true(rect_equal(&rect, wanted_rect));
}

static void
test_update_dmabuf_and_update_map(void **state)
{
	struct codec *codec = *state;

	for (size_t i = 0; i < sizeof(rects) / sizeof(rects[0]); i++) {
		sd_bus_message *call = new_call(codec, i % 2 ? "UpdateMap" : "UpdateDMABUF");

		wanted_rect = &rects[i];
		assert_true(sd_bus_message_append(call, "iiii", rects[i].x, rects[i].y,
				    rects[i].width, rects[i].height) >= 0);
		exchange(codec, call, check_rect);
	}
}

static void
check_mouse(struct codec *codec, struct wire_call *call)
{
	struct message_mouse mouse;

	assert_int_equal(message_read_mouse(call, &mouse), 0);
	assert_int_equal(mouse.x, wanted_rect->x);
	assert_int_equal(mouse.y, wanted_rect->y);
	assert_int_equal(mouse.on, wanted_rect->width != 0);
}

static void
test_mouse_set(void **state)
{
	struct codec *codec = *state;

	for (size_t i = 0; i < sizeof(rects) / sizeof(rects[0]); i++) {
		sd_bus_message *call = new_call(codec, "MouseSet");

		wanted_rect = &rects[i];
		assert_true(sd_bus_message_append(
				    call, "iii", rects[i].x, rects[i].y, rects[i].width) >= 0);
		exchange(codec, call, check_mouse);
	}
}

static void
check_disable(struct codec *codec, struct wire_call *call)
{
	assert_string_equal(call->header->member, "Disable");
	assert_string_equal(call->header->interface, INTERFACE);
	assert_string_equal(call->header->signature, "");
	assert_true(wire_reader_is_done(&call->body));
}

static void
test_disable(void **state)
{
	struct codec *codec = *state;

	exchange(codec, new_call(codec, "Disable"), check_disable);
}

static void
append_bytes(struct codec *codec, sd_bus_message *call, const uint8_t *bytes, size_t size)
{
	assert_true(sd_bus_message_append_array(call, 'y', bytes, size) >= 0);
	codec->tail = bytes;
	codec->tail_left = size;
}

static uint8_t *
random_bytes(size_t size)
{
	uint8_t *bytes = malloc(size);
	uint32_t seed = 3;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)unit_random(&seed);
	}
	return bytes;
}

static void
check_scanout(struct codec *codec, struct wire_call *call)
{
	struct message_pixels pixels;

	assert_int_equal(message_read_scanout(call, &pixels), 0);
	assert_int_equal(pixels.rect.width, wanted_rect->width);
	assert_int_equal(pixels.rect.height, wanted_rect->height);
	assert_int_equal(pixels.stride, wanted_rect->width * 4);
	assert_int_equal(pixels.format->fourcc, DRM_FORMAT_XRGB8888);
}

static void
test_scanout(void **state)
{
	static const struct rect sizes[] = {
		{ .width = 1, .height = 1 },
		{ .width = BUFFER_MAX_DIMENSION, .height = 1 },
		{ .width = 1, .height = BUFFER_MAX_DIMENSION },
		/* Many reads, with rows cut anywhere. */
		{ .width = 1999, .height = 1201 },
	};
	struct codec *codec = *state;
	uint32_t n = sizeof(sizes) / sizeof(sizes[0]);

	for (uint32_t i = 0; i < n; i++) {
		sd_bus_message *call = new_call(codec, "Scanout");
		size_t size = (size_t)sizes[i].width * (size_t)sizes[i].height * 4;
		uint8_t *bytes = random_bytes(size);

		wanted_rect = &sizes[i];
		assert_true(sd_bus_message_append(call, "uuuu", sizes[i].width, sizes[i].height,
				    sizes[i].width * 4, PIXMAN_x8r8g8b8) >= 0);
		append_bytes(codec, call, bytes, size);
		exchange(codec, call, check_scanout);
		/* The tail comes behind the answer to its head here. */
		while (codec->n_ended <= i) {
			assert_true(sd_event_run(codec->event, UINT64_MAX) >= 0);
		}
		free(bytes);
	}
}

static void
check_update(struct codec *codec, struct wire_call *call)
{
	struct message_pixels pixels;

	assert_int_equal(message_read_update(call, &pixels), 0);
	assert_true(rect_equal(&pixels.rect, wanted_rect));
	assert_int_equal(pixels.stride, UINT32_MAX);
	assert_int_equal(pixels.format->fourcc, DRM_FORMAT_RGB565);
}

static void
test_update(void **state)
{
	static const struct rect rect = { BUFFER_MAX_DIMENSION - 2, BUFFER_MAX_DIMENSION - 1, 2,
		1 };
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "Update");

	wanted_rect = &rect;
	assert_true(sd_bus_message_append(call, "iiiiuu", rect.x, rect.y, rect.width, rect.height,
			    UINT32_MAX, PIXMAN_r5g6b5) >= 0);
	append_bytes(codec, call, bytes, sizeof(bytes));
	exchange(codec, call, check_update);
	assert_int_equal(codec->n_ended, 1);
}

static void
check_cursor(struct codec *codec, struct wire_call *call)
{
	struct message_cursor cursor;

	assert_int_equal(message_read_cursor(call, &cursor), 0);
	assert_int_equal(cursor.width, CURSOR_MAX_DIMENSION);
	assert_int_equal(cursor.height, 1);
	assert_int_equal(cursor.hot_x, CURSOR_MAX_DIMENSION - 1);
	assert_int_equal(cursor.hot_y, 0);
}

static void
test_cursor_define(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "CursorDefine");
	uint8_t *bytes = random_bytes(CURSOR_MAX_DIMENSION * 4);

	assert_true(sd_bus_message_append(
			    call, "iiii", CURSOR_MAX_DIMENSION, 1, INT32_MAX, INT32_MIN) >= 0);
	append_bytes(codec, call, bytes, CURSOR_MAX_DIMENSION * 4);
	exchange(codec, call, check_cursor);
	assert_int_equal(codec->n_ended, 1);
	free(bytes);
}

static void
assert_same_file(int a, int b)
{
	struct stat status_a, status_b;

	assert_int_equal(fstat(a, &status_a), 0);
	assert_int_equal(fstat(b, &status_b), 0);
	assert_int_equal(status_a.st_ino, status_b.st_ino);
}

static void
check_map(struct codec *codec, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;

	assert_int_equal(message_read_scanout_map(call, &scanout), 0);
	assert_int_equal(layout->kind, BUFFER_MEMORY);
	assert_same_file(layout->planes[0].fd, codec->fds[0]);
	assert_int_equal(layout->planes[0].offset, UINT32_MAX);
	assert_int_equal(layout->planes[0].stride, UINT32_MAX - 1);
	assert_int_equal(layout->width, BUFFER_MAX_DIMENSION);
	assert_int_equal(layout->height, 1);
	assert_int_equal(layout->fourcc, DRM_FORMAT_ARGB8888);
}

static void
test_scanout_map(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "ScanoutMap");

	assert_true(sd_bus_message_append(call, "huuuuu", codec->fds[0], UINT32_MAX,
			    BUFFER_MAX_DIMENSION, 1, UINT32_MAX - 1, PIXMAN_a8r8g8b8) >= 0);
	exchange(codec, call, check_map);
}

static void
check_dmabuf(struct codec *codec, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;

	assert_int_equal(message_read_scanout_dmabuf(call, &scanout), 0);
	assert_int_equal(layout->kind, BUFFER_DMABUF);
	assert_same_file(layout->planes[0].fd, codec->fds[0]);
	assert_int_equal(layout->planes[0].stride, UINT32_MAX);
	assert_int_equal(layout->width, 1);
	assert_int_equal(layout->height, BUFFER_MAX_DIMENSION);
	assert_int_equal(layout->fourcc, UINT32_MAX - 2);
	assert_true(layout->modifier == UINT64_MAX - 3);
	assert_true(scanout.bottom_up);
}

static void
test_scanout_dmabuf(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "ScanoutDMABUF");

	assert_true(sd_bus_message_append(call, "huuuutb", codec->fds[0], 1, BUFFER_MAX_DIMENSION,
			    UINT32_MAX, UINT32_MAX - 2, UINT64_MAX - 3, 1) >= 0);
	exchange(codec, call, check_dmabuf);
}

static void
check_dmabuf2(struct codec *codec, struct wire_call *call)
{
	struct message_scanout scanout;
	const struct buffer_layout *layout = &scanout.layout;

	assert_int_equal(message_read_scanout_dmabuf2(call, &scanout), 0);
	assert_int_equal(layout->n_planes, 4);
	for (uint32_t i = 0; i < 4; i++) {
		/* Three fds: the last one counts for the fourth plane as well. */
		assert_same_file(layout->planes[i].fd, codec->fds[i < 3 ? 3 - i : 1]);
		assert_int_equal(layout->planes[i].offset, UINT32_MAX - i);
		assert_int_equal(layout->planes[i].stride, i);
	}
	assert_int_equal(layout->width, BUFFER_MAX_DIMENSION);
	assert_int_equal(layout->height, BUFFER_MAX_DIMENSION - 1);
	assert_int_equal(scanout.source.x, 5);
	assert_int_equal(scanout.source.y, 6);
	assert_int_equal(scanout.source.width, 7);
	assert_int_equal(scanout.source.height, 8);
	assert_true(layout->modifier == UINT64_C(0x0800000000000a61));
	assert_false(scanout.bottom_up);
}

static void
test_scanout_dmabuf2(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "ScanoutDMABUF2");

	assert_true(
		sd_bus_message_append(call, "ahuuuuauauuuuutb", 3, codec->fds[3], codec->fds[2],
			codec->fds[1], 5, 6, 7, 8, 4, UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 2,
			UINT32_MAX - 3, 4, 0, 1, 2, 3, 4, DRM_FORMAT_NV12, BUFFER_MAX_DIMENSION,
			BUFFER_MAX_DIMENSION - 1, UINT64_C(0x0800000000000a61), 0) >= 0);
	exchange(codec, call, check_dmabuf2);
}

static void
check_question(struct codec *codec, struct wire_call *call)
{
	assert_string_equal(call->header->signature, "ss");
	assert_string_equal(wire_reader_string(&call->body), INTERFACE);
	assert_string_equal(wire_reader_string(&call->body), "");
	assert_true(wire_reader_is_done(&call->body));
}

static void
test_strings(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "Get");

	assert_true(sd_bus_message_append(call, "ss", INTERFACE, "") >= 0);
	exchange(codec, call, check_question);
}

static void
check_no_reply_is_wanted(struct codec *codec, struct wire_call *call)
{
	assert_int_equal(call->reply_to, 0);
}

static void
test_no_reply_is_wanted(void **state)
{
	struct codec *codec = *state;
	sd_bus_message *call = new_call(codec, "Disable");

	codec->check = check_no_reply_is_wanted;
	assert_true(sd_bus_message_set_expect_reply(call, 0) >= 0);
	assert_true(sd_bus_send(codec->bus, call, NULL) >= 0);
	sd_bus_message_unref(call);
	while (codec->n_calls == 0) {
		assert_true(sd_event_run(codec->event, UINT64_MAX) >= 0);
	}
}

/* What we say, sd-bus understands. */
static void
test_ping(void **state)
{
	struct codec *codec = *state;
	uint32_t serial = wire_reply_ping(wire_connection_writer(codec->connection));

	while (codec->n_replies == 0) {
		assert_true(sd_event_run(codec->event, UINT64_MAX) >= 0);
	}
	assert_int_equal(codec->replied_serial, serial);
}

static sd_bus_message *answer;

static int
handle_answer(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	answer = sd_bus_message_ref(reply);
	return 0;
}

static void
answer_get(struct codec *codec, struct wire_call *call)
{
	static const char *const values[] = { "one", "", "three", NULL };
	struct wire_writer *writer = wire_connection_writer(codec->connection);
	char text[2000];

	switch (codec->n_calls) {
	case 1:
		wire_reply_get(writer, call->reply_to, values);
		break;
	case 2:
		wire_reply_get_all(writer, call->reply_to, "Interfaces", values);
		break;
	case 3:
		wire_reply_get_all(writer, call->reply_to, NULL, values);
		break;
	default:
		memset(text, 'x', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		wire_reply_error(writer, call->reply_to, "org.example.Error", text);
		break;
	}
	call->reply_to = 0;
}

static void
ask(struct codec *codec)
{
	sd_bus_message *call = new_call(codec, "Get");

	answer = sd_bus_message_unref(answer);
	codec->check = answer_get;
	assert_true(sd_bus_call_async(codec->bus, NULL, call, handle_answer, NULL, 0) >= 0);
	sd_bus_message_unref(call);
	while (answer == NULL) {
		assert_true(sd_event_run(codec->event, UINT64_MAX) >= 0);
	}
}

static void
check_values(sd_bus_message *message)
{
	char **values;

	assert_true(sd_bus_message_enter_container(message, 'v', "as") > 0);
	assert_true(sd_bus_message_read_strv(message, &values) > 0);
	assert_string_equal(values[0], "one");
	assert_string_equal(values[1], "");
	assert_string_equal(values[2], "three");
	assert_null(values[3]);
	for (uint32_t i = 0; i < 3; i++) {
		free(values[i]);
	}
	free(values);
	assert_true(sd_bus_message_exit_container(message) > 0);
}

static void
test_replies(void **state)
{
	struct codec *codec = *state;
	const char *name;

	ask(codec);
	check_values(answer);
	assert_true(sd_bus_message_at_end(answer, 1) > 0);

	ask(codec);
	assert_true(sd_bus_message_enter_container(answer, 'a', "{sv}") > 0);
	assert_true(sd_bus_message_enter_container(answer, 'e', "sv") > 0);
	assert_true(sd_bus_message_read(answer, "s", &name) > 0);
	assert_string_equal(name, "Interfaces");
	check_values(answer);
	assert_true(sd_bus_message_exit_container(answer) > 0);
	assert_true(sd_bus_message_exit_container(answer) > 0);
	assert_true(sd_bus_message_at_end(answer, 1) > 0);

	ask(codec);
	assert_true(sd_bus_message_enter_container(answer, 'a', "{sv}") > 0);
	assert_true(sd_bus_message_at_end(answer, 0) > 0);

	ask(codec);
	assert_string_equal(sd_bus_message_get_error(answer)->name, "org.example.Error");
	assert_int_equal(strlen(sd_bus_message_get_error(answer)->message), 255);
	answer = sd_bus_message_unref(answer);
}

int
main(void)
{
#define CODEC_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	static const struct CMUnitTest tests[] = {
		CODEC_TEST(test_update_dmabuf_and_update_map),
		CODEC_TEST(test_mouse_set),
		CODEC_TEST(test_disable),
		CODEC_TEST(test_scanout),
		CODEC_TEST(test_update),
		CODEC_TEST(test_cursor_define),
		CODEC_TEST(test_scanout_map),
		CODEC_TEST(test_scanout_dmabuf),
		CODEC_TEST(test_scanout_dmabuf2),
		CODEC_TEST(test_strings),
		CODEC_TEST(test_no_reply_is_wanted),
		CODEC_TEST(test_ping),
		CODEC_TEST(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
