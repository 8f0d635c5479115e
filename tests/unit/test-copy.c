#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "importer.h"
#include "sink.h"

/* Nothing is drawn here: memory that nobody writes to takes none. */
#define WIDTH BUFFER_MAX_DIMENSION
#define BYTES_PER_PIXEL 4
#define HEIGHT (COPY_MAX_SIZE / BYTES_PER_PIXEL / WIDTH)

static bool
takes(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	return kind == BUFFER_MEMORY;
}

static int
import(struct sink *sink, const struct buffer_layout *layout,
	const struct host_buffer_listener *listener, void *data, struct host_buffer **ret_host)
{
	static struct host_buffer host;

	*ret_host = &host;
	return 0;
}

static void
drop(struct sink *sink, struct host_buffer *host)
{
}

static const struct sink_ops ops = {
	.name = "test",
	.takes = takes,
	.import = import,
	.drop = drop,
};

static void
handle_notify(void *data, struct import *import)
{
}

/* Whether a picture of that height is copied, at factor times its size each way. */
static int
try_copy(uint32_t width, uint32_t height, uint32_t factor)
{
	struct sink sink = { .ops = &ops, .enlarge = factor };
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = width,
		.height = height,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .stride = width * BYTES_PER_PIXEL } },
	};
	const struct importer *importer = factor > 1 ? &importer_enlarge : &importer_copy;
	struct buffer *buffer;
	struct import *copy;
	const char *reason = "";
	int r;

	layout.planes[0].fd = unit_memfd((size_t)layout.planes[0].stride * height, 0);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	close(layout.planes[0].fd);
	r = importer->create(buffer, &sink, handle_notify, NULL, &copy, &reason);
	if (r >= 0) {
		importer->destroy(copy);
	} else {
		assert_non_null(strstr(reason, "too large to copy"));
	}
	buffer_unref(buffer);
	return r;
}

static void
test_as_large_as_it_may_be(void **state)
{
	assert_int_equal(try_copy(WIDTH, HEIGHT, 1), 0);
	assert_int_equal(try_copy(WIDTH, HEIGHT + 1, 1), -ENOTSUP);
}

/* What counts is what it becomes. */
static void
test_as_far_as_it_is_enlarged(void **state)
{
	assert_int_equal(try_copy(WIDTH / 2, HEIGHT / 2, 2), 0);
	assert_int_equal(try_copy(WIDTH / 2, HEIGHT / 2 + 1, 2), -ENOTSUP);
	assert_int_equal(try_copy(BUFFER_MAX_DIMENSION, 1, UINT16_MAX), -ENOTSUP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_large_as_it_may_be),
		cmocka_unit_test(test_as_far_as_it_is_enlarged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
