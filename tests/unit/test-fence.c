#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "buffer-fence.h"
#include "fence.h"

#define SIZE 4096

struct fixture {
	sd_event *event;
	struct fence fence;
	uint32_t n_signalled;
};

static void
handle_signalled(void *data)
{
	((struct fixture *)data)->n_signalled++;
}

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	fd_let_memory_pass_as_dmabuf();
	assert_int_equal(sd_event_new(&fixture.event), 0);
	fence_init(&fixture.fence, fixture.event, handle_signalled, &fixture);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fence_finish(&f->fence);
	sd_event_unref(f->event);
	return 0;
}

static void
run_loop(struct fixture *f)
{
	while (sd_event_run(f->event, 0) > 0) {
	}
}

static uint32_t
count_fds(void)
{
	uint32_t n = 0;

	for (int fd = 0; fd < 256; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static struct buffer *
make_buffer(void)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = {
		.kind = BUFFER_DMABUF,
		.width = 16,
		.height = 16,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = 64 } },
	};
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	return buffer;
}

/* An eventfd that is read as a fence: 0 is "somebody draws". */
static int
set_busy(struct buffer *buffer)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_true(fd >= 0);
	buffer_set_test_fence(buffer, fd_dup(fd));
	assert_true(buffer_is_busy(buffer));
	return fd;
}

static void
test_signalled_once(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer();
	AUTO_FD int drawing = set_busy(buffer);

	assert_int_equal(fence_wait(&f->fence, buffer), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 0);
	assert_true(fence_is_waiting(&f->fence));
	assert_int_equal(eventfd_write(drawing, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 1);
	assert_false(fence_is_waiting(&f->fence));
	assert_false(buffer_is_busy(buffer));
	buffer_unref(buffer);
}

static void
test_who_draws_later_does_not_count(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer();
	AUTO_FD int first = set_busy(buffer);
	AUTO_FD int second = -1;

	assert_int_equal(fence_wait(&f->fence, buffer), 0);
	second = set_busy(buffer);
	assert_int_equal(eventfd_write(first, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 1);
	assert_true(buffer_is_busy(buffer));
	buffer_unref(buffer);
}

/* Planes in one memory have one fence, planes in several have several: all of them count. */
static void
test_every_plane_counts(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer();
	AUTO_FD int first = eventfd(0, EFD_CLOEXEC);
	AUTO_FD int second = eventfd(0, EFD_CLOEXEC);
	int fds[BUFFER_MAX_PLANES];

	fd_close(&buffer->layout.planes[0].fd);
	buffer->layout.n_planes = 3;
	for (uint32_t i = 0; i < 3; i++) {
		buffer->layout.planes[i] = buffer->layout.planes[0];
		buffer->layout.planes[i].fd = fd_dup(i < 2 ? first : second);
		buffer->infos[i] = buffer->infos[0];
	}
	buffer->infos[2].inode++;
	assert_int_equal(buffer_export_fences(buffer, fds), 2);
	fd_close(&fds[0]);
	fd_close(&fds[1]);

	assert_int_equal(fence_wait(&f->fence, buffer), 0);
	assert_int_equal(eventfd_write(second, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 0);
	assert_true(buffer_is_busy(buffer));
	assert_int_equal(buffer_wait_idle(buffer, 1), -ETIMEDOUT);
	assert_int_equal(eventfd_write(first, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 1);
	assert_false(buffer_is_busy(buffer));
	buffer_unref(buffer);
}

static void
test_a_cancelled_wait_is_not_told(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer();
	AUTO_FD int first = set_busy(buffer);
	AUTO_FD int second = -1;

	assert_int_equal(fence_wait(&f->fence, buffer), 0);
	fence_cancel(&f->fence);
	assert_int_equal(eventfd_write(first, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 0);
	second = set_busy(buffer);
	assert_int_equal(fence_wait(&f->fence, buffer), 0);
	assert_int_equal(eventfd_write(second, 1), 0);
	run_loop(f);
	assert_int_equal(f->n_signalled, 1);
	buffer_unref(buffer);
}

static void
test_many_waits_keep_no_fds(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer();
	uint32_t n_fds = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		AUTO_FD int drawing = set_busy(buffer);

		assert_int_equal(fence_wait(&f->fence, buffer), 0);
		if (i % 3 == 0) {
			fence_cancel(&f->fence);
		}
		assert_int_equal(eventfd_write(drawing, 1), 0);
		run_loop(f);
		assert_int_equal(f->n_signalled, i - i / 3);
		n_fds = i == 0 ? count_fds() : n_fds;
		assert_int_equal(count_fds(), n_fds);
	}
	buffer_unref(buffer);
}

static void
test_memory_is_never_busy(void **state)
{
	struct buffer *buffer = make_buffer();

	assert_false(buffer_is_busy(buffer));
	assert_int_equal(buffer_wait_idle(buffer, 0), 0);
	buffer_unref(buffer);
}

static void
test_blocking_has_a_limit(void **state)
{
	struct buffer *buffer = make_buffer();
	AUTO_FD int drawing = set_busy(buffer);
	struct rect pixel = { 0, 0, 1, 1 };
	uint32_t value;

	assert_int_equal(buffer_wait_idle(buffer, 1), -ETIMEDOUT);
	assert_int_equal(buffer_read(buffer, &pixel, &value, sizeof(value)), -EAGAIN);
	assert_int_equal(eventfd_write(drawing, 1), 0);
	assert_int_equal(buffer_wait_idle(buffer, 1000), 0);
	assert_int_equal(buffer_read(buffer, &pixel, &value, sizeof(value)), 0);
	buffer_unref(buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_signalled_once),
		TEST(test_who_draws_later_does_not_count),
		TEST(test_every_plane_counts),
		TEST(test_a_cancelled_wait_is_not_told),
		TEST(test_many_waits_keep_no_fds),
		TEST(test_memory_is_never_busy),
		TEST(test_blocking_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
