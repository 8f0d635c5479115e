#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>

#include "wayland/last-words.h"

/* A client that is never heard: what libwayland's own server writes to it is what is read here. */
struct fixture {
	struct wl_display *server;
	struct wl_client *client;
	int fd;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fixture->server = wl_display_create();
	fixture->client = wl_client_create(fixture->server, fds[0]);
	assert_non_null(fixture->client);
	fixture->fd = fds[1];
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	wl_display_destroy_clients(fixture->server);
	wl_display_destroy(fixture->server);
	close(fixture->fd);
	free(fixture);
	return 0;
}

static void
test_after_other_events(void **state)
{
	struct fixture *fixture = *state;
	struct wl_resource *callback =
		wl_resource_create(fixture->client, &wl_callback_interface, 1, 2);
	struct wl_resource *output =
		wl_resource_create(fixture->client, &wl_output_interface, 4, 3);
	struct last_words words;

	wl_output_send_description(output, "a monitor");
	wl_callback_send_done(callback, 77);
	wl_resource_post_error(output, 5, "no %s", "way");
	wl_display_flush_clients(fixture->server);
	assert_int_equal(last_words_read(fixture->fd, &words), 0);
	assert_int_equal(words.object, 3);
	assert_int_equal(words.code, 5);
	assert_string_equal(words.text, "no way");
}

static void
test_after_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct last_words words;

	/* Unread requests: the next write of a client fails. */
	assert_int_equal(write(fixture->fd, "\1\0\0\0\0\0\14\0\2\0\0\0", 12), 12);
	wl_client_post_no_memory(fixture->client);
	wl_client_destroy(fixture->client);
	assert_int_equal(send(fixture->fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(last_words_read(fixture->fd, &words), 0);
	assert_int_equal(words.object, 1);
	assert_int_equal(words.code, WL_DISPLAY_ERROR_NO_MEMORY);
	assert_string_equal(words.text, "no memory");
}

static void
test_a_long_text_is_cut(void **state)
{
	struct fixture *fixture = *state;
	struct wl_resource *output =
		wl_resource_create(fixture->client, &wl_output_interface, 4, 2);
	struct last_words words;
	char text[101];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	wl_resource_post_error(output, 1, "%s%s", text, text);
	wl_display_flush_clients(fixture->server);
	assert_int_equal(last_words_read(fixture->fd, &words), 0);
	assert_true(strlen(words.text) >= 90 && strlen(words.text) < sizeof(words.text));
	assert_int_equal(strspn(words.text, "a"), strlen(words.text));
}

static void
test_no_error(void **state)
{
	struct fixture *fixture = *state;
	struct wl_resource *output =
		wl_resource_create(fixture->client, &wl_output_interface, 4, 2);
	struct last_words words;

	assert_int_equal(last_words_read(fixture->fd, &words), -ENOENT);
	wl_output_send_description(output, "a monitor");
	wl_display_flush_clients(fixture->server);
	assert_int_equal(last_words_read(fixture->fd, &words), -ENOENT);
}

/* As for a client that was stopped: nobody goes on to read in the middle of a message. */
static void
test_more_than_is_looked_at(void **state)
{
	struct fixture *fixture = *state;
	struct wl_resource *output =
		wl_resource_create(fixture->client, &wl_output_interface, 4, 2);
	struct last_words words;
	char byte;

	for (int i = 0; i < 2000; i++) {
		wl_output_send_description(output, "a monitor");
		/* Many at once: the kernel counts messages rather than bytes. */
		if (i % 100 == 0) {
			wl_display_flush_clients(fixture->server);
		}
	}
	assert_int_equal(last_words_read(fixture->fd, &words), -ENOENT);
	assert_int_equal(recv(fixture->fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* An error right at the end of what is looked at, and one that reaches beyond it. */
static void
test_as_much_as_is_looked_at(void **state)
{
	static const char error[] = { 1, 0, 0, 0, 0, 0, 24, 0, 3, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0,
		'e', 'n', 'd', 0 };
	static char bytes[LAST_WORDS_MAX_BYTES + 8];
	struct fixture *fixture = *state;

	for (size_t beyond = 0; beyond <= 4; beyond += 4) {
		/* Before it is one event of something else, of whole words. */
		uint32_t head[] = { 2, (uint32_t)(LAST_WORDS_MAX_BYTES - sizeof(error) + beyond)
					       << 16 };
		size_t size = LAST_WORDS_MAX_BYTES + beyond;
		struct last_words words;

		memcpy(bytes, head, sizeof(head));
		memcpy(bytes + size - sizeof(error), error, sizeof(error));
		assert_int_equal(send(wl_client_get_fd(fixture->client), bytes, size, 0), size);
		assert_int_equal(last_words_read(fixture->fd, &words), beyond ? -ENOENT : 0);
		if (!beyond) {
			assert_int_equal(words.code, 7);
			assert_string_equal(words.text, "end");
		}
	}
}

/* What no server that is sound sends: nothing is read that did not come. */
static void
test_nonsense(void **state)
{
	static const struct {
		uint32_t words[6];
		size_t size;
	} cases[] = {
		{ { 1, 0 }, 8 },                     /* no header is that short */
		{ { 1, 7 << 16 }, 8 },               /* no whole words */
		{ { 1, 8 << 16 }, 8 },               /* an error without a word in it */
		{ { 1, 16 << 16, 3, 0 }, 16 },       /* without a text */
		{ { 1, 20 << 16, 3, 0, 1 }, 20 },    /* a text that is not there */
		{ { 1, 24 << 16, 3, 0, 5, 0 }, 24 }, /* one longer than the message */
		{ { 1, 24 << 16, 3, 0, 0xffffffff }, 24 },
		{ { 1, 28 << 16, 3, 0, 4, 0 }, 24 }, /* a message that is longer than what came */
		{ { 2, 0xfffc0000 }, 8 },
		{ { 1, 24 << 16, 3, 0, 4, 0 }, 23 }, /* cut in the middle of a word */
	};
	struct fixture *fixture = *state;
	struct last_words words;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			send(wl_client_get_fd(fixture->client), cases[i].words, cases[i].size, 0),
			cases[i].size);
		assert_int_equal(last_words_read(fixture->fd, &words), -ENOENT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_after_other_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_after_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_long_text_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_than_is_looked_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_as_much_as_is_looked_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
