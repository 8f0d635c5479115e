#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "buffer-budget.h"
#include "buffer-cache.h"

#define WIDTH 16
#define HEIGHT 64 /* a part of it may begin in any row */
#define STRIDE 256
#define SIZE (STRIDE * HEIGHT)
#define HOST_SIZE (BUFFER_BUDGET_HOST_SHARE * SIZE)

static struct buffer_layout
layout_of(int fd)
{
	return (struct buffer_layout){
		.kind = BUFFER_MEMORY,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = STRIDE } },
	};
}

static struct buffer *
make(int fd)
{
	struct buffer_layout layout = layout_of(fd);
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	return buffer;
}

/* In memory of its own. */
static struct buffer *
make_new(size_t size)
{
	AUTO_FD int fd = unit_memfd(size, 0);

	return make(fd);
}

static struct buffer_budget *
make_budget(uint64_t max_bytes)
{
	struct buffer_budget *budget;

	assert_int_equal(buffer_budget_create(max_bytes, &budget), 0);
	return budget;
}

static void
test_the_last_byte_counts(void **state)
{
	struct buffer_budget *budget = make_budget(2 * SIZE);
	struct buffer *fits = make_new(SIZE), *fits_too = make_new(SIZE);
	struct buffer *over = make_new(SIZE);

	assert_int_equal(buffer_budget_admit(budget, fits), 0);
	assert_int_equal(buffer_budget_admit(budget, fits_too), 0);
	assert_int_equal(budget->guest_bytes, 2 * SIZE);
	assert_int_equal(buffer_budget_admit(budget, over), -EDQUOT);
	/* What was refused leaves no trace. */
	buffer_unref(over);
	assert_int_equal(budget->guest_bytes, 2 * SIZE);
	assert_int_equal(budget->n_fds, 2);

	/* One byte too many, and not one. */
	buffer_unref(fits);
	assert_int_equal(budget->guest_bytes, SIZE);
	over = make_new(SIZE + 1);
	assert_int_equal(buffer_budget_admit(budget, over), -EDQUOT);
	buffer_unref(over);
	fits = make_new(SIZE);
	assert_int_equal(buffer_budget_admit(budget, fits), 0);
	buffer_unref(fits);
	buffer_unref(fits_too);
	assert_int_equal(budget->guest_bytes, 0);
	assert_int_equal(budget->n_fds, 0);
	assert_null(budget->first);
	buffer_budget_unref(budget);
}

/* The memory's own size, not that of the picture in it. */
static void
test_all_of_the_memory_counts(void **state)
{
	struct buffer_budget *budget = make_budget(100 * SIZE);
	struct buffer *buffer = make_new(100 * SIZE);

	assert_int_equal(buffer_budget_admit(budget, buffer), 0);
	assert_int_equal(budget->guest_bytes, 100 * SIZE);
	buffer_unref(buffer);
	buffer = make_new(100 * SIZE + 1);
	assert_int_equal(buffer_budget_admit(budget, buffer), -EDQUOT);
	buffer_unref(buffer);
	buffer_budget_unref(budget);
}

/* Several monitors in one framebuffer, in whichever order they go. */
static void
test_the_same_memory_counts_once(void **state)
{
	for (uint32_t first = 0; first < 3; first++) {
		struct buffer_budget *budget = make_budget(SIZE);
		AUTO_FD int fd = unit_memfd(SIZE, 0);
		struct buffer *buffers[3];

		for (uint32_t i = 0; i < 3; i++) {
			AUTO_FD int copy = fd_dup(fd);

			buffers[i] = make(copy);
			assert_int_equal(buffer_budget_admit(budget, buffers[i]), 0);
			assert_int_equal(budget->guest_bytes, SIZE);
		}
		for (uint32_t i = 0; i < 3; i++) {
			assert_int_equal(budget->guest_bytes, SIZE);
			buffer_unref(buffers[(first + i) % 3]);
		}
		assert_int_equal(budget->guest_bytes, 0);
		buffer_budget_unref(budget);
	}
}

/* It was small when it was counted. */
static void
test_memory_that_grew_counts_anew(void **state)
{
	struct buffer_budget *budget = make_budget(3 * SIZE);
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer *before = make(fd), *after;

	assert_int_equal(buffer_budget_admit(budget, before), 0);
	assert_int_equal(ftruncate(fd, 2 * SIZE + 1), 0);
	after = make(fd);
	assert_int_equal(buffer_budget_admit(budget, after), -EDQUOT);
	buffer_unref(after);
	assert_int_equal(ftruncate(fd, 2 * SIZE), 0);
	after = make(fd);
	assert_int_equal(buffer_budget_admit(budget, after), 0);
	buffer_unref(before);
	assert_int_equal(budget->guest_bytes, 2 * SIZE);
	buffer_unref(after);
	assert_int_equal(budget->guest_bytes, 0);
	buffer_budget_unref(budget);
}

static void
test_sizes_do_not_add_up_to_nothing(void **state)
{
	struct buffer_budget *budget = make_budget(UINT64_MAX);
	struct buffer *buffer = make_new(SIZE), *other = make_new(SIZE);

	buffer->infos[0].size = (size_t)UINT64_MAX;
	assert_int_equal(buffer_budget_admit(budget, buffer), 0);
	assert_int_equal(buffer_budget_admit(budget, other), -EDQUOT);
	buffer_unref(other);
	buffer_unref(buffer);
	assert_int_equal(budget->guest_bytes, 0);
	buffer_budget_unref(budget);
}

static void
test_fds_are_counted(void **state)
{
	struct buffer_budget *budget = make_budget(UINT64_MAX);
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer *buffers[BUFFER_BUDGET_MAX_FDS], *over;

	for (uint32_t i = 0; i < BUFFER_BUDGET_MAX_FDS; i++) {
		buffers[i] = make(fd);
		assert_int_equal(buffer_budget_admit(budget, buffers[i]), 0);
	}
	over = make(fd);
	assert_int_equal(buffer_budget_admit(budget, over), -EDQUOT);
	buffer_unref(buffers[0]);
	assert_int_equal(buffer_budget_admit(budget, over), 0);
	buffer_unref(over);
	for (uint32_t i = 1; i < BUFFER_BUDGET_MAX_FDS; i++) {
		buffer_unref(buffers[i]);
	}
	assert_int_equal(budget->n_fds, 0);
	buffer_budget_unref(budget);
}

/* Of a VM that is gone the last picture may still be shown. */
static void
test_buffers_outlive_who_made_them(void **state)
{
	struct buffer_budget *budget = make_budget(SIZE);
	struct buffer *buffer = make_new(SIZE);

	assert_int_equal(buffer_budget_admit(budget, buffer), 0);
	buffer_budget_unref(budget);
	assert_int_equal(buffer->budget->guest_bytes, SIZE);
	buffer_unref(buffer);
}

static void
test_what_pictures_are_copied_into(void **state)
{
	const struct rect lower_half = { 0, HEIGHT / 2, WIDTH, HEIGHT / 2 };
	struct buffer_budget *budget = make_budget(SIZE);
	struct buffer *buffer = make_new(SIZE), *part, *free_one = make_new(SIZE);

	assert_int_equal(buffer_budget_admit(budget, buffer), 0);
	/* A part of it is the same VM's, and counts neither fd nor memory again. */
	assert_int_equal(buffer_create_part(buffer, &lower_half, &part), 0);
	assert_int_equal(budget->guest_bytes, SIZE);
	assert_int_equal(budget->n_fds, 1);
	assert_int_equal(buffer_budget_take(part, HOST_SIZE + 1), -EDQUOT);
	assert_int_equal(buffer_budget_take(part, HOST_SIZE - 1), 0);
	assert_int_equal(buffer_budget_take(buffer, 2), -EDQUOT);
	assert_int_equal(buffer_budget_take(buffer, UINT64_MAX), -EDQUOT);
	assert_int_equal(buffer_budget_take(buffer, 1), 0);
	buffer_budget_give(buffer, 1);
	buffer_budget_give(part, HOST_SIZE - 1);
	assert_int_equal(budget->host_bytes, 0);
	buffer_unref(buffer);
	assert_int_equal(budget->guest_bytes, SIZE);
	buffer_unref(part);
	assert_int_equal(budget->guest_bytes, 0);
	buffer_budget_unref(budget);

	/* Of our own words, and of tests, nobody counts anything. */
	assert_int_equal(buffer_budget_admit(NULL, free_one), 0);
	assert_int_equal(buffer_budget_take(free_one, UINT64_MAX), 0);
	buffer_budget_give(free_one, UINT64_MAX);
	buffer_unref(free_one);
}

static void
test_the_cache_keeps_to_it(void **state)
{
	struct buffer_cache cache = { .budget = make_budget(2 * SIZE) };
	struct buffer *buffers[2], *again;
	int fds[3];

	for (uint32_t i = 0; i < 3; i++) {
		struct buffer_layout layout;

		fds[i] = unit_memfd(SIZE, 0);
		layout = layout_of(fds[i]);
		assert_int_equal(buffer_cache_get(&cache, &layout, i < 2 ? &buffers[i] : &again),
			i < 2 ? 0 : -EDQUOT);
	}
	/* Known ones cost nothing, and what was refused has evicted none. */
	assert_int_equal(cache.n_buffers, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct buffer_layout layout = layout_of(fds[i]);

		assert_int_equal(buffer_cache_get(&cache, &layout, &again), 0);
		assert_ptr_equal(again, buffers[i]);
	}
	buffer_cache_clear(&cache);
	assert_int_equal(cache.budget->guest_bytes, 0);
	buffer_budget_unref(cache.budget);
	for (uint32_t i = 0; i < 3; i++) {
		close(fds[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_byte_counts),
		cmocka_unit_test(test_all_of_the_memory_counts),
		cmocka_unit_test(test_the_same_memory_counts_once),
		cmocka_unit_test(test_memory_that_grew_counts_anew),
		cmocka_unit_test(test_sizes_do_not_add_up_to_nothing),
		cmocka_unit_test(test_fds_are_counted),
		cmocka_unit_test(test_buffers_outlive_who_made_them),
		cmocka_unit_test(test_what_pictures_are_copied_into),
		cmocka_unit_test(test_the_cache_keeps_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
