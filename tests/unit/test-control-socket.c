/* Links frontend_lib. The control socket's codec, against odd and hostile messages. */
#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control-socket.h"

struct pair {
	int here, there;
};

static int
setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	pair->here = fds[0];
	pair->there = fds[1];
	assert_int_equal(fd_set_nonblocking(pair->here), 0);
	*state = pair;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *pair = *state;

	fd_close(&pair->here);
	fd_close(&pair->there);
	free(pair);
	return 0;
}

static struct scanout
make_scanout(void)
{
	AUTO_FD int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = 64,
		.height = 48,
		.fourcc = DRM_FORMAT_RGB565,
		.n_planes = 1,
		.planes = { { .fd = fd, .offset = 4096, .stride = 256 } },
	};
	struct scanout scanout = { .source = { 8, 4, 32, 16 }, .bottom_up = true };

	assert_int_equal(ftruncate(fd, 4096 + 256 * 48), 0);
	assert_int_equal(buffer_create(&layout, &scanout.buffer), 0);
	return scanout;
}

static void
test_a_scanout_comes_through_with_its_memory(void **state)
{
	struct pair *pair = *state;
	struct scanout sent = make_scanout(), got;
	struct control_socket_fds out = { 0 }, in;
	json_object *message = control_socket_scanout_to_json(&sent, &out), *received;
	uint32_t next = 0;

	assert_int_equal(control_socket_send(pair->there, message, &out), 0);
	assert_int_equal(control_socket_receive(pair->here, &received, &in), 0);
	assert_int_equal(in.n_fds, 1);
	assert_int_equal(control_socket_scanout_from_json(received, &in, &next, &got), 0);
	assert_int_equal(next, 1);
	assert_memory_equal(&got.source, &sent.source, sizeof(got.source));
	assert_true(got.bottom_up);
	assert_int_equal(got.buffer->layout.fourcc, DRM_FORMAT_RGB565);
	assert_int_equal(got.buffer->layout.planes[0].offset, 4096);
	assert_int_equal(got.buffer->layout.planes[0].stride, 256);
	assert_int_equal(got.buffer->infos[0].inode, sent.buffer->infos[0].inode);
	control_socket_fds_close(&in);
	buffer_unref(got.buffer);
	buffer_unref(sent.buffer);
	json_object_put(message);
	json_object_put(received);
}

static void
test_a_scanout_that_makes_no_sense_is_refused(void **state)
{
	static const char *const edits[][2] = {
		{ "source_x", "60" },
		{ "source_width", "0" },
		{ "source_y", "-1" },
		{ "width", "0" },
		{ "width", "4294967296" },
		{ "height", "49" },
		{ "fourcc", "0" },
		{ "planes", "[]" },
		{ "planes", "7" },
		{ "planes", "[{},{}]" },
		{ "planes", "[{\"offset\":0,\"stride\":0}]" },
		{ "dmabuf", "1" },
	};
	uint32_t fds_before = unit_count_fds();

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct scanout sent = make_scanout(), got;
		struct control_socket_fds fds = { 0 };
		json_object *json = control_socket_scanout_to_json(&sent, &fds);
		uint32_t next = 0;

		json_object_object_add(json, edits[i][0], json_tokener_parse(edits[i][1]));
		if (control_socket_scanout_from_json(json, &fds, &next, &got) >= 0) {
			fail_msg("%s = %s was taken", edits[i][0], edits[i][1]);
		}
		json_object_put(json);
		buffer_unref(sent.buffer);
	}
	assert_int_equal(unit_count_fds(), fds_before);
}

static void
test_messages_that_are_no_object_are_refused(void **state)
{
	static const char *const texts[] = { "[]", "7", "{", "", "\"x\"", "null", "{\"a\":" };
	struct pair *pair = *state;
	json_object *message;
	struct control_socket_fds fds;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i][0] == '\0') {
			continue;
		}
		assert_true(send(pair->there, texts[i], strlen(texts[i]), 0) > 0);
		assert_int_equal(control_socket_receive(pair->here, &message, &fds), -EBADMSG);
	}
	assert_int_equal(control_socket_receive(pair->here, &message, &fds), -EAGAIN);
	fd_close(&pair->there);
	assert_int_equal(control_socket_receive(pair->here, &message, &fds), -ECONNRESET);
}

static void
test_messages_over_the_limit_are_refused(void **state)
{
	struct pair *pair = *state;
	size_t size = CONTROL_SOCKET_MAX_MESSAGE, around = strlen("{\"long\":\"\"}");
	char *text = malloc(size + 2);
	json_object *message;
	struct control_socket_fds fds;

	/* As long as may be, then one byte more. */
	memset(text, ' ', size + 1);
	text[0] = '{';
	text[1] = '}';
	assert_int_equal(send(pair->there, text, size, 0), size);
	assert_int_equal(control_socket_receive(pair->here, &message, &fds), 0);
	json_object_put(message);
	assert_int_equal(send(pair->there, text, size + 1, 0), size + 1);
	assert_int_equal(control_socket_receive(pair->here, &message, &fds), -EBADMSG);
	for (size_t beyond = 0; beyond <= 1; beyond++) {
		memset(text, 'a', size);
		text[size - around + beyond] = '\0';
		message = json_object_new_object();
		json_object_object_add(message, "long", json_object_new_string(text));
		assert_int_equal(
			control_socket_send(pair->here, message, NULL), beyond ? -EMSGSIZE : 0);
		json_object_put(message);
	}
	free(text);
}

static void
send_fds(const struct pair *pair, uint32_t n_fds)
{
	int fds_sent[CONTROL_SOCKET_MAX_FDS + 8];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(fds_sent))];
	} space = { 0 };
	char text[] = "{}";
	struct iovec part = { .iov_base = text, .iov_len = 2 };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &space,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(int)) };

	space.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS };
	for (uint32_t i = 0; i < n_fds; i++) {
		fds_sent[i] = pair->there;
	}
	memcpy(CMSG_DATA(&space.header), fds_sent, n_fds * sizeof(int));
	assert_int_equal(sendmsg(pair->there, &header, 0), 2);
}

static void
test_more_fds_than_the_limit_are_closed(void **state)
{
	struct pair *pair = *state;
	uint32_t fds_before = unit_count_fds();
	json_object *message;
	struct control_socket_fds fds;

	send_fds(pair, CONTROL_SOCKET_MAX_FDS);
	assert_int_equal(control_socket_receive(pair->here, &message, &fds), 0);
	assert_int_equal(fds.n_fds, CONTROL_SOCKET_MAX_FDS);
	control_socket_fds_close(&fds);
	json_object_put(message);
	for (uint32_t beyond = 1; beyond <= 8; beyond += 7) {
		send_fds(pair, CONTROL_SOCKET_MAX_FDS + beyond);
		assert_int_equal(control_socket_receive(pair->here, &message, &fds), -EBADMSG);
		assert_int_equal(unit_count_fds(), fds_before);
	}
}

static void
test_the_directory_is_ours_alone(void **state)
{
	char runtime[] = "/tmp/vitrine-test-XXXXXX";
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char expected[64];
	struct stat status;

	assert_non_null(mkdtemp(runtime));
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	snprintf(expected, sizeof(expected), "%s/vitrine", runtime);
	assert_int_equal(control_socket_directory(path), 0);
	assert_string_equal(path, expected);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(control_socket_directory(path), -EPERM);
	assert_int_equal(rmdir(expected), 0);
	assert_int_equal(symlink("/tmp", expected), 0);
	assert_int_equal(control_socket_directory(path), -EPERM);
	assert_int_equal(unlink(expected), 0);
	assert_int_equal(rmdir(runtime), 0);
}

static void
test_vms_are_told_apart(void **state)
{
	struct guest_identity with = { .uuid = "6f1f8c2e-0000-4000-8000-000000000001" };
	struct guest_identity without = { 0 };
	char a[CONTROL_SOCKET_KEY_SIZE], b[CONTROL_SOCKET_KEY_SIZE];

	control_socket_key(&with, "/tmp", a);
	assert_string_equal(a, with.uuid);
	control_socket_key(&without, "/tmp", a);
	control_socket_key(&without, "/", b);
	assert_string_not_equal(a, b);
	assert_null(strchr(a, '/'));
	control_socket_key(&without, "/does/not/exist", a);
	assert_memory_equal(a, "process-", 8);
}

static void
test_alias(void **state)
{
	char a[CONTROL_SOCKET_KEY_SIZE], b[CONTROL_SOCKET_KEY_SIZE];

	assert_int_equal(control_socket_alias("/tmp", a), 0);
	assert_int_equal(control_socket_alias("/", b), 0);
	assert_string_not_equal(a, b);
	assert_true(control_socket_is_alias(a));
	assert_false(control_socket_is_alias("6f1f8c2e-0000-4000-8000-000000000001"));
	assert_null(strchr(a, '/'));
	assert_int_equal(control_socket_alias("/does/not/exist", a), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_scanout_comes_through_with_its_memory),
		TEST(test_a_scanout_that_makes_no_sense_is_refused),
		TEST(test_messages_that_are_no_object_are_refused),
		TEST(test_messages_over_the_limit_are_refused),
		TEST(test_more_fds_than_the_limit_are_closed),
		TEST(test_the_directory_is_ours_alone),
		TEST(test_vms_are_told_apart),
		TEST(test_alias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
