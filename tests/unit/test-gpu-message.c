/* Links import_lib. What viewer and GPU helper say to each other, and what neither believes. */
#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gpu-message.h"

#define MANY_FDS 6

struct fixture {
	int ours, theirs;
	int memory; /* to be passed */
	int lowest; /* fd that was free at the start */
};

static int
lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static int
setup(void **state)
{
	static struct fixture f;
	int sockets[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
	f.ours = sockets[0];
	f.theirs = sockets[1];
	f.memory = unit_memfd(4096, 0);
	f.lowest = lowest_free_fd();
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	/* Whatever was refused, its fds were closed. */
	assert_int_equal(lowest_free_fd(), f->lowest);
	close(f->ours);
	close(f->theirs);
	close(f->memory);
	return 0;
}

static struct gpu_message
an_import(void)
{
	return (struct gpu_message){
		.type = GPU_IMPORT,
		.id = 7,
		.import = {
			.layout = {
				.kind = BUFFER_DMABUF,
				.width = 640,
				.height = 480,
				.fourcc = DRM_FORMAT_NV12,
				.modifier = I915_FORMAT_MOD_Y_TILED,
				.n_planes = 2,
				.offsets = { 0, 307200 },
				.strides = { 640, 704 },
			},
			.n_offers = 1,
			.n_targets = GPU_TARGETS,
			.offers = { { .kind = BUFFER_DMABUF, .fourcc = DRM_FORMAT_XRGB8888,
				.n_modifiers = 2, .modifiers = { 0, 5 } } },
		},
	};
}

static struct gpu_message
a_draw(void)
{
	return (struct gpu_message){
		.type = GPU_DRAW,
		.id = 3,
		.draw = { .index = 1, .n_rects = 2, .rects = { { 0, 0, 5, 6 }, { 7, 8, 9, 10 } } },
	};
}

static void
test_what_is_sent_arrives(void **state)
{
	struct fixture *f = *state;
	struct gpu_message sent = an_import(), got;
	int fds[BUFFER_MAX_PLANES] = { f->memory, f->ours }, got_fds[BUFFER_MAX_PLANES];
	struct buffer_layout layout;
	struct fd_info before, after;

	assert_int_equal(gpu_message_receive(f->theirs, &got, got_fds), -EAGAIN);
	assert_int_equal(gpu_message_send(f->ours, &sent, fds, 2), 0);
	memset(&got, 0xff, sizeof(got));
	assert_int_equal(gpu_message_receive(f->theirs, &got, got_fds), 0);
	assert_int_equal(got.id, 7);
	assert_memory_equal(&got.import.layout, &sent.import.layout, sizeof(got.import.layout));
	assert_int_equal(got.import.offers[0].n_modifiers, 2);
	assert_int_equal(got.import.offers[0].modifiers[1], 5);
	assert_int_equal(fd_inspect(f->memory, &before), 0);
	assert_int_equal(fd_inspect(got_fds[0], &after), 0);
	assert_int_equal(before.inode, after.inode);
	assert_int_equal(got_fds[2], -1);

	gpu_layout_to_buffer(&got.import.layout, got_fds, &layout);
	assert_int_equal(layout.planes[1].fd, got_fds[1]);
	assert_int_equal(layout.planes[1].offset, 307200);
	assert_int_equal(layout.planes[1].stride, 704);
	assert_int_equal(layout.modifier, I915_FORMAT_MOD_Y_TILED);
	gpu_layout_from_buffer(&sent.import.layout, &layout);
	assert_memory_equal(&got.import.layout, &sent.import.layout, sizeof(got.import.layout));
	close(got_fds[0]);
	close(got_fds[1]);

	sent = a_draw();
	assert_int_equal(gpu_message_send(f->ours, &sent, NULL, 0), 0);
	assert_int_equal(gpu_message_receive(f->theirs, &got, got_fds), 0);
	assert_memory_equal(&got.draw, &sent.draw, sizeof(sent.draw));
}

static void
assert_refused(struct fixture *f, const struct gpu_message *message, uint32_t n_fds)
{
	int fds[BUFFER_MAX_PLANES] = { f->memory, f->memory, f->memory, f->memory };
	struct gpu_message got;
	int got_fds[BUFFER_MAX_PLANES];

	assert_int_equal(gpu_message_send(f->ours, message, fds, n_fds), 0);
	assert_int_equal(gpu_message_receive(f->theirs, &got, got_fds), -EBADMSG);
}

static void
test_descriptors_that_do_not_fit_the_message(void **state)
{
	struct fixture *f = *state;
	struct gpu_message import = an_import(), draw = a_draw();

	assert_refused(f, &import, 0);
	assert_refused(f, &import, 1);
	assert_refused(f, &import, 3);
	assert_refused(f, &draw, 1);
}

static void
test_layouts_and_offers_beyond_the_limits(void **state)
{
	struct fixture *f = *state;
	struct gpu_message message = an_import();

	message.import.layout.n_planes = 0;
	assert_refused(f, &message, 0);
	message.import.layout.n_planes = 5;
	assert_refused(f, &message, 4);
	message = an_import();
	message.import.layout.kind = 2;
	assert_refused(f, &message, 2);
	message = an_import();
	message.import.n_offers = GPU_MAX_OFFERS + 1;
	assert_refused(f, &message, 2);
	message = an_import();
	message.import.offers[0].kind = 2;
	assert_refused(f, &message, 2);
	message = an_import();
	message.import.offers[0].n_modifiers = GPU_MAX_MODIFIERS + 1;
	assert_refused(f, &message, 2);
	message = an_import();
	message.import.n_targets = 0;
	assert_refused(f, &message, 2);
	message.import.n_targets = GPU_TARGETS + 1;
	assert_refused(f, &message, 2);
	message = (struct gpu_message){
		.type = GPU_TARGET,
		.target = { .index = GPU_TARGETS, .layout = { .n_planes = 1 } },
	};
	assert_refused(f, &message, 1);
}

static void
test_drawings_beyond_the_limits(void **state)
{
	static const struct rect bad[] = {
		{ 0, 0, 0, 5 },
		{ 0, 0, 5, -1 },
		{ -1, 0, 5, 5 },
		{ 0, INT32_MAX, 5, 5 },
		{ 1, 0, BUFFER_MAX_DIMENSION, 5 },
	};
	struct fixture *f = *state;
	struct gpu_message message = a_draw();

	message.draw.n_rects = 0;
	assert_refused(f, &message, 0);
	message.draw.n_rects = DAMAGE_MAX_RECTS + 1;
	assert_refused(f, &message, 0);
	message = a_draw();
	message.draw.index = GPU_TARGETS;
	assert_refused(f, &message, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		message = a_draw();
		message.draw.rects[1] = bad[i];
		assert_refused(f, &message, 0);
	}
	message = (struct gpu_message){ .type = GPU_DRAWN, .drawn = { .index = GPU_TARGETS } };
	assert_refused(f, &message, 0);
	message = (struct gpu_message){ .type = GPU_DRAWN, .drawn = { .error = 1 } };
	assert_refused(f, &message, 0);
	message = (struct gpu_message){ .type = GPU_FAILED, .failed = { .error = 0 } };
	assert_refused(f, &message, 0);
}

static void
test_packets_of_any_other_size_or_type(void **state)
{
	struct fixture *f = *state;
	struct gpu_message message = a_draw(), got;
	static const uint32_t types[] = { 0, GPU_READY, GPU_DROP + 1, UINT32_MAX };
	char large[2 * sizeof(struct gpu_message)] = { 0 };
	int fds[BUFFER_MAX_PLANES];

	for (size_t size = 1; size < 40; size++) {
		assert_int_equal(send(f->ours, &message, size, 0), size);
		assert_int_equal(gpu_message_receive(f->theirs, &got, fds), -EBADMSG);
	}
	memcpy(large, &message, sizeof(message));
	assert_int_equal(send(f->ours, large, sizeof(large), 0), sizeof(large));
	assert_int_equal(gpu_message_receive(f->theirs, &got, fds), -EBADMSG);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint32_t header[2] = { types[i], 0 };
		assert_int_equal(send(f->ours, header, sizeof(header), 0), sizeof(header));
		assert_int_equal(gpu_message_receive(f->theirs, &got, fds), -EBADMSG);
	}
}

static void
test_more_descriptors_than_anything_has(void **state)
{
	struct fixture *f = *state;
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MANY_FDS)];
		struct cmsghdr align;
	} control = { 0 };
	struct gpu_message message = an_import(), got;
	struct iovec data = { .iov_base = &message, .iov_len = sizeof(message) };
	struct msghdr packet = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
	int fds[BUFFER_MAX_PLANES];

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int) * MANY_FDS);
	for (size_t i = 0; i < MANY_FDS; i++) {
		memcpy(CMSG_DATA(header) + i * sizeof(int), &f->memory, sizeof(int));
	}
	assert_int_equal(sendmsg(f->ours, &packet, 0), sizeof(message));
	assert_int_equal(gpu_message_receive(f->theirs, &got, fds), -EBADMSG);
}

static void
test_the_other_side_goes(void **state)
{
	struct fixture *f = *state;
	struct gpu_message message = a_draw(), got;
	int fds[BUFFER_MAX_PLANES], sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	close(sockets[1]);
	assert_int_equal(gpu_message_receive(sockets[0], &got, fds), -ECONNRESET);
	assert_int_equal(gpu_message_send(sockets[0], &message, NULL, 0), -ECONNRESET);
	close(sockets[0]);
	/* A full queue does not block. */
	for (int i = 0; i < 100000; i++) {
		int r = gpu_message_send(f->ours, &message, NULL, 0);
		if (r < 0) {
			assert_int_equal(r, -EAGAIN);
			return;
		}
	}
	fail_msg("the queue never fills");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_sent_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_descriptors_that_do_not_fit_the_message, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_layouts_and_offers_beyond_the_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drawings_beyond_the_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_packets_of_any_other_size_or_type, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_more_descriptors_than_anything_has, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_other_side_goes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
