/* Links frontend_lib. picture.c with the real importers, on a sink that does as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "admission.h"
#include "base/clock.h"
#include "base/log.h"
#include "buffer-budget.h"
#include "buffer-fence.h"
#include "picture.h"

#define MAX_HOSTS 512
/* Long after the machine's start. */
#define START_NS (UINT64_C(1) << 50)
#define WIDTH 64
#define HEIGHT 48

/* A clock for tests of how often something happens: linked in place of the real one. */
static uint64_t set_clock_ns; /* 0: the machine's own */

uint64_t
clock_now_ns(void)
{
	struct timespec now;

	if (set_clock_ns != 0) {
		return set_clock_ns;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

struct fake_host {
	struct host_buffer base;
	struct buffer_layout layout;
	int fd;        /* of plane 0, our own duplicate */
	bool answered; /* imported() was called */
	bool dropped;
};

struct fake_sink {
	struct sink base;
	bool takes_dmabuf, takes_memory_only_xrgb, takes_nothing;
	struct {
		uint32_t fourcc;
		uint64_t modifier;
	} only; /* dma-bufs of this kind; fourcc 0: all */
	uint32_t n_hosts, n_presents;
	struct fake_host hosts[MAX_HOSTS];
	struct host_buffer *last;
	struct frame last_frame;
};

struct fixture {
	sd_event *event;
	struct deadlines deadlines;
	struct fake_sink sink;
	struct picture_policy policy;
	struct picture *picture;
	uint32_t n_committed, n_skipped, n_hopeless;
};

static bool
sink_takes(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (fake->takes_nothing) {
		return false;
	}
	if (kind == BUFFER_DMABUF) {
		return fake->takes_dmabuf &&
		       (fake->only.fourcc == 0 ||
			       (fake->only.fourcc == fourcc && fake->only.modifier == modifier));
	}
	return !fake->takes_memory_only_xrgb || fourcc == DRM_FORMAT_XRGB8888;
}

static int
sink_import(struct sink *sink, const struct buffer_layout *layout,
	const struct host_buffer_listener *listener, void *data, struct host_buffer **ret_host)
{
	struct fake_sink *fake = (struct fake_sink *)sink;
	struct fake_host *host = &fake->hosts[fake->n_hosts++];

	assert_true(fake->n_hosts <= MAX_HOSTS);
	*host = (struct fake_host){
		.base = { .sink = sink, .listener = listener, .data = data },
		.layout = *layout,
		.fd = fd_dup(layout->planes[0].fd),
	};
	*ret_host = &host->base;
	return 0;
}

static void
sink_drop(struct sink *sink, struct host_buffer *base)
{
	struct fake_host *host = (struct fake_host *)base;

	assert_false(host->dropped);
	host->dropped = true;
	fd_close(&host->fd);
}

static void
sink_present(struct sink *sink, struct host_buffer *host, const struct frame *frame)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	assert_true(((struct fake_host *)host)->answered);
	assert_false(((struct fake_host *)host)->dropped);
	assert_false(damage_is_empty(&frame->damage));
	host->busy = true;
	fake->last = host;
	fake->last_frame = *frame;
	fake->n_presents++;
}

static const struct sink_ops sink_ops = {
	.name = "fake",
	.takes = sink_takes,
	.import = sink_import,
	.drop = sink_drop,
	.present = sink_present,
};

static void
handle_skipped(void *data)
{
	((struct fixture *)data)->n_skipped++;
}

static void
handle_committed(void *data)
{
	((struct fixture *)data)->n_committed++;
}

static void
handle_hopeless(void *data)
{
	((struct fixture *)data)->n_hopeless++;
}

static const struct picture_listener picture_listener = {
	.skipped = handle_skipped,
	.committed = handle_committed,
	.hopeless = handle_hopeless,
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fd_let_memory_pass_as_dmabuf();
	set_clock_ns = 0;
	f->sink.base.ops = &sink_ops;
	f->sink.takes_dmabuf = true;
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(picture_create(f->event, &f->deadlines, &f->sink.base, &f->policy,
				 &picture_listener, f, &f->picture),
		0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	/* The answers hang on it. */
	assert_int_equal(f->n_committed, f->sink.n_presents);
	picture_destroy(f->picture);
	for (uint32_t i = 0; i < f->sink.n_hosts; i++) {
		assert_true(f->sink.hosts[i].dropped);
	}
	sd_event_unref(f->event);
	free(f);
	return 0;
}

static struct buffer *
make_buffer_with(
	enum buffer_kind kind, uint32_t fourcc, uint64_t modifier, uint32_t bytes_per_pixel)
{
	AUTO_FD int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer_layout layout = {
		.kind = kind,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = fourcc,
		.modifier = modifier,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = WIDTH * bytes_per_pixel } },
	};
	struct buffer *buffer;

	assert_int_equal(ftruncate(fd, (off_t)WIDTH * HEIGHT * bytes_per_pixel), 0);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	return buffer;
}

static struct buffer *
make_buffer(enum buffer_kind kind, uint32_t fourcc, uint32_t bytes_per_pixel)
{
	return make_buffer_with(kind, fourcc, DRM_FORMAT_MOD_LINEAR, bytes_per_pixel);
}

static void
show(struct fixture *f, struct buffer *buffer)
{
	struct scanout scanout = { .buffer = buffer, .source = { 0, 0, WIDTH, HEIGHT } };

	picture_set_scanout(f->picture, &scanout);
}

static void
run_loop(struct fixture *f)
{
	while (deadlines_run(&f->deadlines, f->event, 0) > 0 || f->deadlines.first != NULL) {
	}
}

/* The compositor's answers to all open imports, but not to those that follow from them. */
static void
answer_imports(struct fixture *f, int error)
{
	uint32_t n_hosts = f->sink.n_hosts;

	for (uint32_t i = 0; i < n_hosts; i++) {
		struct fake_host *host = &f->sink.hosts[i];
		if (!host->answered && !host->dropped) {
			host->answered = true;
			host->base.listener->imported(host->base.data, &host->base, error);
		}
	}
	run_loop(f);
}

static void
update(struct fixture *f, int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct rect rect = { x, y, width, height };

	picture_add_damage(f->picture, &rect);
	run_loop(f);
}

static void
assert_path(struct fixture *f, const char *path)
{
	assert_string_equal(picture_verdict(f->picture).path, path);
}

static bool
same_memory(const struct fake_host *host, const struct buffer *buffer)
{
	struct fd_info info;

	assert_int_equal(fd_inspect(host->fd, &info), 0);
	return info.inode == buffer->infos[0].inode && info.device == buffer->infos[0].device;
}

static void
test_a_dmabuf_goes_through_untouched(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_ARGB8888, 4);

	buffer->layout.modifier = I915_FORMAT_MOD_Y_TILED;
	show(f, buffer);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 0);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	assert_path(f, "direct");
	assert_true(same_memory(&f->sink.hosts[0], buffer));
	assert_int_equal(f->sink.hosts[0].layout.modifier, I915_FORMAT_MOD_Y_TILED);
	/* Junk alpha is never shown. */
	assert_int_equal(f->sink.hosts[0].layout.fourcc, DRM_FORMAT_XRGB8888);
	assert_null(picture_verdict(f->picture).reason);
	buffer_unref(buffer);
}

/* The two messages of a flip are one frame, even if the loop turns between them. */
static void
test_a_flip_is_one_frame(void **state)
{
	struct fixture *f = *state;
	struct buffer *first = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct buffer *second = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct scanout scanout = { .buffer = second, .source = { 0, 0, WIDTH, HEIGHT } };

	show(f, first);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	show(f, second);
	answer_imports(f, 0);
	show(f, first);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 3);

	picture_set_scanout(f->picture, &scanout);
	while (deadlines_run(&f->deadlines, f->event, 0) > 0) {
	}
	assert_int_equal(f->sink.n_presents, 3);
	update(f, 1, 2, 3, 4);
	assert_int_equal(f->sink.n_presents, 4);
	/* All of it is new on screen, whatever the update says. */
	assert_true(rect_equal(&f->sink.last_frame.damage.rects[0], &scanout.source));
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 4);
	buffer_unref(first);
	buffer_unref(second);
}

/* Whoever knows that a frame is whole has it shown without a turn of the loop. */
static void
test_a_frame_that_is_whole_waits_for_nothing(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct rect rect = { 1, 2, 3, 4 };

	show(f, buffer);
	answer_imports(f, 0);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 1);
	/* The update of this scanout has not come. */
	show(f, buffer);
	picture_present_due(f->picture);
	assert_int_equal(f->sink.n_presents, 1);
	picture_add_damage(f->picture, &rect);
	assert_int_equal(f->sink.n_presents, 1);
	picture_present_due(f->picture);
	assert_int_equal(f->sink.n_presents, 2);
	picture_present_due(f->picture);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 2);
	buffer_unref(buffer);
}

/* Scanouts that never stop coming, without an update, are still shown. */
static void
test_scanouts_do_not_put_each_other_off(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	uint64_t end_ns;

	show(f, buffer);
	answer_imports(f, 0);
	end_ns = clock_now_ns() + 1000 * NS_PER_MS;
	while (f->sink.n_presents < 3 && clock_now_ns() < end_ns) {
		show(f, buffer);
		deadlines_run(&f->deadlines, f->event, 0);
	}
	assert_int_equal(f->sink.n_presents, 3);
	run_loop(f);
	buffer_unref(buffer);
}

/* What the guest says is handed on as far as the sink takes it, in this order. */
static void
test_the_best_description_that_the_sink_takes(void **state)
{
	const uint64_t none = DRM_FORMAT_MOD_INVALID, linear = DRM_FORMAT_MOD_LINEAR;
	const uint64_t tiled = I915_FORMAT_MOD_Y_TILED;
	const uint32_t argb = DRM_FORMAT_ARGB8888, xrgb = DRM_FORMAT_XRGB8888;
	const struct {
		uint64_t guest;
		uint32_t fourcc;
		uint64_t modifier;
		bool direct;
	} cases[] = {
		{ linear, xrgb, linear, true },
		{ linear, argb, linear, true },
		{ none, xrgb, none, true },
		{ none, xrgb, linear, true },
		{ none, argb, none, true },
		{ none, argb, linear, true },
		{ tiled, argb, tiled, true },
		/* Never in this direction. */
		{ linear, xrgb, none, false },
		{ tiled, xrgb, linear, false },
		{ tiled, xrgb, none, false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer *buffer = make_buffer_with(BUFFER_DMABUF, argb, cases[i].guest, 4);
		struct fake_host *host = &f->sink.hosts[f->sink.n_hosts];

		f->sink.only.fourcc = cases[i].fourcc;
		f->sink.only.modifier = cases[i].modifier;
		show(f, buffer);
		answer_imports(f, 0);
		if (cases[i].direct) {
			assert_path(f, "direct");
			assert_int_equal(host->layout.fourcc, cases[i].fourcc);
			assert_int_equal(host->layout.modifier, cases[i].modifier);
		} else {
			assert_path(f, cases[i].guest == tiled ? "none" : "copy");
		}
		picture_retry(f->picture);
		picture_forget_buffer(f->picture, buffer);
		buffer_unref(buffer);
	}
	/* Given the choice, without alpha and as the guest said it. */
	f->sink.only.fourcc = 0;
	struct buffer *buffer = make_buffer_with(BUFFER_DMABUF, argb, none, 4);
	show(f, buffer);
	answer_imports(f, 0);
	assert_int_equal(f->sink.hosts[f->sink.n_hosts - 1].layout.fourcc, xrgb);
	assert_int_equal(f->sink.hosts[f->sink.n_hosts - 1].layout.modifier, none);
	buffer_unref(buffer);
}

/* A compositor that gets the part as a buffer needs to know nothing of the rest. */
static void
test_a_part_is_a_buffer_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct scanout scanout = { .buffer = buffer, .source = { 0, 8, 32, 16 } };
	const struct buffer_layout *layout = &f->sink.hosts[0].layout;

	picture_set_scanout(f->picture, &scanout);
	answer_imports(f, 0);
	assert_int_equal(layout->width, 32);
	assert_int_equal(layout->height, 16);
	assert_int_equal(layout->planes[0].offset, 8 * WIDTH * 4);
	assert_int_equal(layout->planes[0].stride, WIDTH * 4);
	assert_true(rect_equal(&f->sink.last_frame.source, &(struct rect){ 0, 0, 32, 16 }));
	update(f, 5, 9, 3, 2);
	assert_int_equal(f->sink.n_presents, 2);
	assert_true(rect_equal(&f->sink.last_frame.damage.rects[0], &(struct rect){ 5, 1, 3, 2 }));

	/* The same again is known; another part is not. */
	picture_set_scanout(f->picture, &scanout);
	run_loop(f);
	assert_int_equal(f->sink.n_hosts, 1);
	scanout.source = (struct rect){ 1, 8, 32, 16 };
	picture_set_scanout(f->picture, &scanout);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_hosts, 2);
	/* That one cannot be had without the rest, which is good for any part. */
	assert_int_equal(f->sink.hosts[1].layout.width, WIDTH);
	assert_true(rect_equal(&f->sink.last_frame.source, &scanout.source));
	scanout.source = (struct rect){ 3, 8, 32, 16 };
	picture_set_scanout(f->picture, &scanout);
	run_loop(f);
	assert_int_equal(f->sink.n_hosts, 2);
	assert_int_equal(f->sink.n_presents, 5);
	picture_forget_buffer(f->picture, buffer);
	assert_true(f->sink.hosts[0].dropped);
	buffer_unref(buffer);
}

static void
test_memory_is_shared_not_copied(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);

	show(f, buffer);
	answer_imports(f, 0);
	for (int i = 0; i < 100; i++) {
		update(f, i % WIDTH, 0, 1, HEIGHT);
	}
	assert_path(f, "shm");
	assert_true(same_memory(&f->sink.hosts[0], buffer));
	assert_int_equal(picture_verdict(f->picture).copied_bytes, 0);
	assert_int_equal(f->sink.n_presents, 101);
	assert_int_equal(f->sink.n_hosts, 1);
	assert_int_equal(f->sink.last_frame.damage.rects[0].x, 99 % WIDTH);
	buffer_unref(buffer);
}

static void
test_one_import_per_buffer_over_many_flips(void **state)
{
	struct fixture *f = *state;
	struct buffer *a = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct buffer *b = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	for (int i = 0; i < 50; i++) {
		show(f, i % 2 ? a : b);
		answer_imports(f, 0);
	}
	assert_int_equal(f->sink.n_hosts, 2);
	assert_int_equal(f->sink.n_presents, 50);
	picture_forget_buffer(f->picture, a);
	picture_forget_buffer(f->picture, b);
	/* The one on screen stays until something else is there. */
	assert_int_equal(f->sink.hosts[0].dropped + f->sink.hosts[1].dropped, 1);
	buffer_unref(a);
	buffer_unref(b);
}

static void
test_a_late_refusal_goes_down_the_chain_and_is_remembered(void **state)
{
	struct fixture *f = *state;
	struct buffer *a = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct buffer *b = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	show(f, a);
	answer_imports(f, -EINVAL);
	assert_path(f, "copy");
	assert_non_null(picture_verdict(f->picture).reason);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	/* The next buffer of the same kind does not ask the compositor again. */
	show(f, b);
	for (uint32_t i = 1; i < f->sink.n_hosts; i++) {
		assert_int_equal(f->sink.hosts[i].layout.kind, BUFFER_MEMORY);
	}
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 2);
	/* Unless its formats have changed. */
	picture_retry(f->picture);
	answer_imports(f, 0);
	assert_path(f, "direct");
	buffer_unref(a);
	buffer_unref(b);
}

static void
test_untrusted_memory_is_copied(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);

	f->policy.distrust_memory = true;
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");
	for (uint32_t i = 0; i < f->sink.n_hosts; i++) {
		assert_false(same_memory(&f->sink.hosts[i], buffer));
	}
	assert_int_equal(picture_verdict(f->picture).copied_bytes, WIDTH * HEIGHT * 4);
	buffer_unref(buffer);
}

static uint32_t
read_host_pixel(const struct host_buffer *base, uint32_t x, uint32_t y)
{
	const struct fake_host *host = (const struct fake_host *)base;
	uint32_t pixel;

	assert_int_equal(
		pread(host->fd, &pixel, 4, (off_t)y * host->layout.planes[0].stride + (off_t)x * 4),
		4);
	return pixel;
}

static void
poke(const struct buffer *buffer, uint32_t x, uint32_t y, const void *pixel, size_t size)
{
	off_t at = (off_t)y * buffer->layout.planes[0].stride + (off_t)(x * size);

	assert_int_equal(pwrite(buffer->layout.planes[0].fd, pixel, size, at), size);
}

static void
test_copy_brings_only_damage_to_every_slot(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	uint64_t before;

	f->policy.forced = &importer_copy;
	show(f, buffer);
	answer_imports(f, 0);
	before = picture_verdict(f->picture).copied_bytes;
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t pixel = 0x00a0b0c0 + i;
		struct host_buffer *shown = f->sink.last;

		poke(buffer, i, i, &pixel, 4);
		update(f, (int32_t)i, (int32_t)i, 1, 1);
		assert_ptr_not_equal(f->sink.last, shown);
		shown->busy = false;
		shown->listener->released(shown->data, shown);
		run_loop(f);
		for (uint32_t k = 0; k <= i; k++) {
			assert_int_equal(
				read_host_pixel(f->sink.last, k, k) & 0xffffff, 0xa0b0c0 + k);
		}
	}
	/* The other two slots had to be filled once; apart from that single pixels. */
	assert_in_range(picture_verdict(f->picture).copied_bytes - before, 12 * 4,
		2 * WIDTH * HEIGHT * 4 + 100 * 4);
	buffer_unref(buffer);
}

static void
test_copy_waits_for_a_free_slot_and_loses_no_damage(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	uint32_t pixel = 0x00123456;
	struct host_buffer *first;
	uint32_t presents;

	f->policy.forced = &importer_copy;
	show(f, buffer);
	answer_imports(f, 0);
	first = f->sink.last;
	update(f, 0, 0, 1, 1);
	update(f, 0, 0, 1, 1);
	presents = f->sink.n_presents;
	poke(buffer, 5, 7, &pixel, 4);
	update(f, 5, 7, 1, 1);
	assert_int_equal(f->sink.n_presents, presents);
	first->busy = false;
	first->listener->released(first->data, first);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, presents + 1);
	assert_int_equal(read_host_pixel(f->sink.last, 5, 7) & 0xffffff, 0x123456);
	buffer_unref(buffer);
}

/* What waited when the head went off is of the past once it is on again. */
static void
test_what_waited_is_gone_once_the_head_was_off(void **state)
{
	struct fixture *f = *state;
	struct buffer *before = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct buffer *after = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct host_buffer *first;
	uint32_t n_presents = 0;

	f->policy.forced = &importer_copy;
	show(f, before);
	answer_imports(f, 0);
	first = f->sink.last;
	while (f->sink.n_presents > n_presents) {
		n_presents = f->sink.n_presents;
		update(f, 0, 0, 8, 8);
		answer_imports(f, 0);
	}
	picture_set_scanout(f->picture, NULL);
	show(f, after);
	first->busy = false;
	first->listener->released(first->data, first);
	assert_int_equal(f->sink.n_presents, n_presents);
	run_loop(f);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, n_presents + 1);
	assert_ptr_not_equal(f->sink.last, first);
	buffer_unref(before);
	buffer_unref(after);
}

/* A frame that had to wait is shown if the guest has flipped on, but nothing newer is on screen. */
static void
test_a_flip_does_not_starve_who_waits(void **state)
{
	struct fixture *f = *state;
	struct buffer *slow = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct buffer *next = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct host_buffer *first;
	uint32_t n_presents = 0;

	f->policy.forced = &importer_copy;
	show(f, slow);
	answer_imports(f, 0);
	first = f->sink.last;
	while (f->sink.n_presents > n_presents) {
		n_presents = f->sink.n_presents;
		update(f, 0, 0, 8, 8);
		answer_imports(f, 0);
	}
	show(f, next);
	first->busy = false;
	first->listener->released(first->data, first);
	assert_int_equal(f->sink.n_presents, n_presents + 1);
	assert_ptr_equal(f->sink.last, first);
	run_loop(f);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, n_presents + 2);
	/* Now something newer is. */
	first->busy = false;
	first->listener->released(first->data, first);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, n_presents + 2);
	buffer_unref(slow);
	buffer_unref(next);
}

static void
test_copy_converts_what_the_compositor_does_not_take(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_RGB565, 2);
	uint16_t red = 0xf800;

	f->sink.takes_memory_only_xrgb = true;
	poke(buffer, 3, HEIGHT - 1, &red, 2);
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");
	assert_int_equal(read_host_pixel(f->sink.last, 3, HEIGHT - 1) & 0xffffff, 0xff0000);
	assert_int_equal(read_host_pixel(f->sink.last, 4, HEIGHT - 1) & 0xffffff, 0);
	buffer_unref(buffer);
}

static void
test_memory_that_shrinks_is_an_error_not_a_fault(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);

	f->policy.forced = &importer_copy;
	show(f, buffer);
	answer_imports(f, 0);
	assert_int_equal(ftruncate(buffer->layout.planes[0].fd, 4096), 0);
	update(f, 0, 0, WIDTH, HEIGHT);
	assert_path(f, "none");
	assert_true(f->n_skipped > 0);
	assert_int_equal(f->n_hopeless, 1);
	buffer_unref(buffer);

	/* That says nothing about the next buffer. */
	buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");
	buffer_unref(buffer);
}

static void
test_memory_that_compositors_cannot_map_is_copied(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);

	buffer->infos[0].writable = false;
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");
	assert_non_null(strstr(picture_verdict(f->picture).reason, "cannot map"));
	buffer_unref(buffer);
}

static void
test_when_nothing_works_nobody_waits(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	f->sink.takes_nothing = true;
	f->policy.forced = &importer_direct;
	show(f, buffer);
	run_loop(f);
	assert_path(f, "none");
	f->n_skipped = 0;
	update(f, 0, 0, 1, 1);
	assert_int_equal(f->n_skipped, 1);
	assert_int_equal(f->n_hopeless, 1);
	buffer_unref(buffer);
}

static void
test_damage_outside_the_scanout_is_not_shown(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	struct scanout scanout = { .buffer = buffer, .source = { 8, 8, 16, 16 } };

	picture_set_scanout(f->picture, &scanout);
	answer_imports(f, 0);
	f->n_skipped = 0;
	update(f, 30, 30, 8, 8);
	assert_int_equal(f->sink.n_presents, 1);
	/* But the update is answered all the same. */
	assert_int_equal(f->n_skipped, 1);
	update(f, -100, -100, 10000, 10000);
	assert_int_equal(f->sink.last_frame.damage.rects[0].x, 8);
	assert_int_equal(f->sink.last_frame.damage.rects[0].width, 16);
	buffer_unref(buffer);
}

static void
test_what_is_too_large_is_not_copied(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer_layout layout = { .kind = BUFFER_MEMORY,
		.width = 16384,
		.height = 16384,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = 16384 * 4 } } };
	struct scanout scanout = { .source = { 0, 0, 16384, 16384 } };

	/* A gigabyte that costs the VM nothing. */
	assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
	assert_int_equal(buffer_create(&layout, &scanout.buffer), 0);
	f->policy.distrust_memory = true;
	picture_set_scanout(f->picture, &scanout);
	run_loop(f);
	assert_path(f, "none");
	assert_int_equal(f->n_hopeless, 1);
	buffer_unref(scanout.buffer);
}

/* An eventfd stands in for the buffer's fence: its counter is 0 while the guest draws. */
static struct buffer *
make_busy_buffer(int *ret_fence)
{
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	*ret_fence = eventfd(0, EFD_CLOEXEC);
	assert_true(*ret_fence >= 0);
	buffer_set_test_fence(buffer, fd_dup(*ret_fence));
	return buffer;
}

static void
signal_fence(struct fixture *f, int fence)
{
	assert_int_equal(eventfd_write(fence, 1), 0);
	run_loop(f);
}

/* A better importer takes over only once it is ready; until then the picture goes on as it was. */
static void
test_climbing_back_never_interrupts_the_picture(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	uint32_t n_presents, n_hosts;

	f->sink.takes_dmabuf = false;
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");

	f->sink.takes_dmabuf = true;
	n_hosts = f->sink.n_hosts;
	picture_retry(f->picture);
	picture_retry(f->picture);
	run_loop(f);
	/* Asked once, however often the formats change meanwhile. */
	assert_int_equal(f->sink.n_hosts, n_hosts + 1);
	n_presents = f->sink.n_presents;
	update(f, 0, 0, 1, 1);
	assert_int_equal(f->sink.n_presents, n_presents + 1);
	assert_false(((struct fake_host *)f->sink.last)->dropped);
	assert_path(f, "copy");

	/* Refused: nothing has happened, but the reason is known. */
	answer_imports(f, -EINVAL);
	assert_path(f, "copy");
	assert_non_null(picture_verdict(f->picture).reason);
	assert_int_equal(f->sink.n_presents, n_presents + 1);

	picture_retry(f->picture);
	answer_imports(f, 0);
	assert_path(f, "direct");
	assert_null(picture_verdict(f->picture).reason);
	assert_int_equal(f->sink.n_presents, n_presents + 2);
	assert_int_equal(f->sink.last_frame.damage.rects[0].width, WIDTH);
	buffer_unref(buffer);
}

/* What waits for a fence is shown once, by the importer that is there by then. */
static void
test_climbing_back_while_the_guest_draws(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fence = -1;
	struct buffer *buffer = make_busy_buffer(&fence);

	f->sink.takes_dmabuf = false;
	show(f, buffer);
	answer_imports(f, 0);
	assert_path(f, "copy");
	f->sink.takes_dmabuf = true;
	picture_retry(f->picture);
	answer_imports(f, 0);
	assert_path(f, "direct");
	assert_int_equal(f->sink.n_presents, 0);
	signal_fence(f, fence);
	assert_int_equal(f->sink.n_presents, 1);
	assert_int_equal(f->sink.last_frame.damage.rects[0].width, WIDTH);
	assert_int_equal(picture_verdict(f->picture).copied_bytes, 0);
	buffer_unref(buffer);
}

/* A buffer that nobody takes is complained of while it is to be shown, not for ever after. */
static void
test_looking_again_leaves_old_buffers_alone(void **state)
{
	struct fixture *f = *state;
	struct buffer *tiled =
		make_buffer_with(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_Y_TILED, 4);
	struct buffer *linear = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	f->sink.only.fourcc = DRM_FORMAT_XRGB8888;
	f->sink.only.modifier = DRM_FORMAT_MOD_LINEAR;
	show(f, tiled);
	assert_int_equal(f->n_hopeless, 1);
	show(f, linear);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	picture_retry(f->picture);
	assert_int_equal(f->n_hopeless, 1);
	show(f, tiled);
	assert_int_equal(f->n_hopeless, 2);
	buffer_unref(tiled);
	buffer_unref(linear);
}

static void
test_what_the_policy_forbids_is_not_used_any_longer(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);

	show(f, buffer);
	answer_imports(f, 0);
	f->policy.distrust_dmabufs = true;
	picture_retry(f->picture);
	assert_true(f->sink.hosts[0].dropped);
	answer_imports(f, 0);
	assert_path(f, "copy");
	assert_int_equal(f->sink.n_presents, 2);
	buffer_unref(buffer);
}

/* A VM that shows a new buffer in every frame must not fill the disk. */
static void
test_the_log_does_not_grow_with_the_buffers(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int saved = fd_dup(STDERR_FILENO);
	AUTO_FD int log = memfd_create("log", MFD_CLOEXEC);
	off_t early = 0;

	log_set_level(LOG_LEVEL_INFO);
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	for (int i = 0; i < 200; i++) {
		struct buffer *buffer = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);

		early = i == 100 ? lseek(log, 0, SEEK_END) : early;
		f->policy.distrust_memory = i % 2 == 0;
		show(f, buffer);
		picture_forget_buffer(f->picture, buffer);
		buffer_unref(buffer);
	}
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	log_set_level(LOG_LEVEL_WARNING);
	assert_true(early > 0);
	assert_int_equal(lseek(log, 0, SEEK_END), early);
}

static void
test_a_frame_waits_for_its_fence(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fence = -1;
	struct buffer *buffer = make_busy_buffer(&fence);

	show(f, buffer);
	answer_imports(f, 0);
	update(f, 1, 2, 3, 4);
	assert_int_equal(f->sink.n_presents, 0);
	/* Answering is not ours: the deadline does it. */
	assert_int_equal(f->n_skipped, 0);
	signal_fence(f, fence);
	/* The frame that waited, and the one after it. */
	assert_int_equal(f->sink.n_presents, 2);
	assert_int_equal(f->sink.last_frame.damage.n_rects, 1);
	assert_int_equal(f->sink.last_frame.damage.rects[0].width, 3);
	/* No fence left: shown at once. */
	update(f, 5, 6, 7, 8);
	assert_int_equal(f->sink.n_presents, 3);
	buffer_unref(buffer);
}

static void
test_a_fence_that_never_signals_holds_up_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct buffer *idle = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	AUTO_FD int fence = -1;
	struct buffer *busy = make_busy_buffer(&fence);

	show(f, idle);
	answer_imports(f, 0);
	show(f, busy);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	show(f, idle);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 2);
	/* Its time is over. */
	signal_fence(f, fence);
	assert_int_equal(f->sink.n_presents, 2);
	assert_true(same_memory((struct fake_host *)f->sink.last, idle));
	buffer_unref(busy);
	buffer_unref(idle);
}

/* Each of its frames takes longer than the answer to it: they must be shown all the same. */
static void
test_a_guest_slower_than_its_answers_is_shown(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fence_a = -1;
	AUTO_FD int fence_b = -1;
	struct buffer *a = make_busy_buffer(&fence_a);
	struct buffer *b = make_busy_buffer(&fence_b);

	for (uint32_t i = 0; i < 10; i++) {
		int fence = i % 2 == 0 ? fence_a : fence_b;
		uint64_t value;

		show(f, i % 2 == 0 ? a : b);
		answer_imports(f, 0);
		/* The next one comes before this one is drawn. */
		show(f, i % 2 == 0 ? b : a);
		answer_imports(f, 0);
		signal_fence(f, fence);
		assert_int_equal(f->sink.n_presents, i + 1);
		assert_true(same_memory((struct fake_host *)f->sink.last, i % 2 == 0 ? a : b));
		assert_int_equal(eventfd_read(fence, &value), 0);
	}
	buffer_unref(a);
	buffer_unref(b);
}

static void
test_nothing_is_shown_once_the_head_is_off(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fence = -1;
	struct buffer *buffer = make_busy_buffer(&fence);

	show(f, buffer);
	answer_imports(f, 0);
	picture_set_scanout(f->picture, NULL);
	signal_fence(f, fence);
	assert_int_equal(f->sink.n_presents, 0);
	show(f, buffer);
	run_loop(f);
	assert_int_equal(f->sink.n_presents, 1);
	buffer_unref(buffer);
}

static void
test_a_forgotten_buffer_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	struct buffer *idle = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	AUTO_FD int fence = -1;
	struct buffer *busy = make_busy_buffer(&fence);

	show(f, busy);
	answer_imports(f, 0);
	show(f, idle);
	picture_forget_buffer(f->picture, busy);
	assert_true(f->sink.hosts[0].dropped);
	signal_fence(f, fence);
	answer_imports(f, 0);
	assert_int_equal(f->sink.n_presents, 1);
	assert_int_equal(busy->refs, 1);
	buffer_unref(busy);
	buffer_unref(idle);
}

static void
test_copy_never_reads_what_is_being_drawn(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int fence = -1;
	struct buffer *buffer = make_busy_buffer(&fence);
	uint32_t pixel = 0x00abcdef;
	AUTO_FD int later = eventfd(0, EFD_CLOEXEC);

	f->policy.forced = &importer_copy;
	show(f, buffer);
	answer_imports(f, 0);
	assert_int_equal(picture_verdict(f->picture).copied_bytes, 0);
	/* By the time that the fence is signalled there is another one. */
	buffer_set_test_fence(buffer, fd_dup(later));
	signal_fence(f, fence);
	assert_int_equal(f->sink.n_presents, 0);
	assert_int_equal(picture_verdict(f->picture).copied_bytes, 0);
	poke(buffer, 9, 8, &pixel, 4);
	signal_fence(f, later);
	assert_int_equal(f->sink.n_presents, 1);
	assert_int_equal(read_host_pixel(f->sink.last, 9, 8) & 0xffffff, 0xabcdef);
	buffer_unref(buffer);
}

/* What is due by the clock that is set, and not what will be. */
static void
run_due(struct fixture *f)
{
	while (deadlines_run(&f->deadlines, f->event, 0) > 0 ||
		(f->deadlines.first != NULL && f->deadlines.first->at_ns <= set_clock_ns)) {
	}
}

/* Shows new memory this once, and says whether the sink was asked to import it. */
static bool
show_new(struct fixture *f)
{
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	uint32_t n_hosts = f->sink.n_hosts;

	show(f, buffer);
	picture_forget_buffer(f->picture, buffer);
	buffer_unref(buffer);
	return f->sink.n_hosts == n_hosts + 1;
}

static void
use_up_imports(struct fixture *f)
{
	set_clock_ns = START_NS;
	for (uint32_t i = 0; i < ADMISSION_IMPORTS_PER_S; i++) {
		assert_true(show_new(f));
	}
}

static void
answer_now(struct fixture *f)
{
	struct fake_host *host = &f->sink.hosts[f->sink.n_hosts - 1];

	assert_false(host->answered);
	host->answered = true;
	host->base.listener->imported(host->base.data, &host->base, 0);
	run_due(f);
}

static void
test_new_memory_in_every_picture(void **state)
{
	const struct rect rect = { 1, 2, 3, 4 };
	struct fixture *f = *state;
	struct buffer *last = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	uint32_t n_hosts, n_skipped;

	use_up_imports(f);
	answer_now(f);
	assert_int_equal(f->sink.n_presents, 1);
	n_hosts = f->sink.n_hosts;
	n_skipped = f->n_skipped;
	for (uint32_t i = 0; i < 100; i++) {
		assert_false(show_new(f));
		/* Nobody waits for what is not going to be shown. */
		picture_add_damage(f->picture, &rect);
		assert_int_equal(f->n_skipped, ++n_skipped);
	}
	show(f, last);
	set_clock_ns += NS_PER_S / ADMISSION_IMPORTS_PER_S - 1;
	run_due(f);
	assert_int_equal(f->sink.n_hosts, n_hosts);
	assert_int_equal(f->sink.n_presents, 1);
	/* The last of them, once it may. */
	set_clock_ns++;
	run_due(f);
	assert_int_equal(f->sink.n_hosts, n_hosts + 1);
	assert_true(same_memory(&f->sink.hosts[n_hosts], last));
	answer_now(f);
	set_clock_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->sink.n_presents, 2);
	assert_ptr_equal(f->sink.last, &f->sink.hosts[n_hosts].base);
	assert_int_equal(f->sink.last_frame.damage.rects[0].width, WIDTH);
	buffer_unref(last);
}

/* In a burst, and at exactly the rate after it. */
static void
test_imports_that_are_as_many_as_they_may_be(void **state)
{
	struct fixture *f = *state;

	use_up_imports(f);
	for (uint32_t i = 0; i < 200; i++) {
		set_clock_ns += NS_PER_S / ADMISSION_IMPORTS_PER_S;
		run_due(f);
		assert_true(show_new(f));
	}
	assert_int_equal(f->n_skipped, 0);
}

/* Two, three and four buffers, at any rate, cost an import each and then nothing. */
static void
test_flips_cost_no_import(void **state)
{
	const struct rect rect = { 0, 0, WIDTH, HEIGHT };
	struct fixture *f = *state;
	struct buffer *buffers[4];

	for (uint32_t i = 0; i < 4; i++) {
		buffers[i] = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	}
	use_up_imports(f);
	set_clock_ns += 4 * (NS_PER_S / ADMISSION_IMPORTS_PER_S);
	for (uint32_t i = 0; i < 1000; i++) {
		show(f, buffers[i % 4]);
		if (i < 4) {
			answer_now(f);
		}
		picture_add_damage(f->picture, &rect);
		run_due(f);
		assert_ptr_equal(
			f->sink.last, &f->sink.hosts[ADMISSION_IMPORTS_PER_S + i % 4].base);
	}
	assert_int_equal(f->n_skipped, 0);
	assert_int_equal(f->sink.n_hosts, ADMISSION_IMPORTS_PER_S + 4);
	for (uint32_t i = 0; i < 4; i++) {
		buffer_unref(buffers[i]);
	}
}

/* Off, back to what is known, and the end of it all while something waits for its import. */
static void
test_what_waits_for_its_import_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct buffer *known = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	uint32_t n_hosts;

	set_clock_ns = START_NS;
	show(f, known);
	answer_now(f);
	for (uint32_t i = 1; i < ADMISSION_IMPORTS_PER_S; i++) {
		assert_true(show_new(f));
		show(f, known);
	}
	n_hosts = f->sink.n_hosts;
	assert_false(show_new(f));
	show(f, known);
	set_clock_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->sink.n_hosts, n_hosts);
	assert_ptr_equal(f->sink.last, &f->sink.hosts[0].base);

	/* Several seconds' worth, as the clock stands still. */
	while (show_new(f)) {
		n_hosts++;
	}
	picture_set_scanout(f->picture, NULL);
	set_clock_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->sink.n_hosts, n_hosts);
	while (show_new(f)) {
	}
	/* The fixture destroys it now. */
	buffer_unref(known);
}

static uint32_t
count_hosts(const struct fixture *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->sink.n_hosts; i++) {
		n += !f->sink.hosts[i].dropped;
	}
	return n;
}

/* A guest that never lets go of a buffer, and a compositor that never answers. */
static void
test_imports_at_once(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffers[2 * PICTURE_MAX_IMPORTS];

	set_clock_ns = START_NS;
	for (uint32_t i = 0; i < 2 * PICTURE_MAX_IMPORTS; i++) {
		buffers[i] = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
		show(f, buffers[i]);
		assert_int_equal(
			count_hosts(f), i < PICTURE_MAX_IMPORTS ? i + 1 : PICTURE_MAX_IMPORTS);
	}
	for (uint32_t i = 0; i < 2 * PICTURE_MAX_IMPORTS; i++) {
		buffer_unref(buffers[i]);
	}
}

/* What a VM's pictures are copied into counts like the pictures; three at once for each. */
static void
test_copies_beyond_the_budget(void **state)
{
	const uint64_t size = UINT64_C(4) * WIDTH * HEIGHT;
	struct fixture *f = *state;
	struct buffer *fits = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	struct buffer *over = make_buffer(BUFFER_MEMORY, DRM_FORMAT_XRGB8888, 4);
	struct buffer_budget *budget;

	f->policy.distrust_memory = true;
	assert_int_equal(buffer_budget_create(3 * size - 1, &budget), 0);
	assert_int_equal(buffer_budget_admit(budget, fits), 0);
	assert_int_equal(buffer_budget_admit(budget, over), 0);
	show(f, fits);
	answer_imports(f, 0);
	assert_path(f, "copy");
	assert_int_equal(budget->host_bytes, 3 * size);
	show(f, over);
	run_loop(f);
	assert_path(f, "none");
	assert_int_equal(f->n_hopeless, 1);
	assert_int_equal(budget->host_bytes, 3 * size);
	/* Once there is room again it is shown. */
	picture_forget_buffer(f->picture, fits);
	assert_int_equal(budget->host_bytes, 0);
	show(f, over);
	answer_imports(f, 0);
	assert_path(f, "copy");
	assert_int_equal(f->sink.n_presents, 2);
	picture_destroy(f->picture);
	f->picture = NULL;
	assert_int_equal(budget->host_bytes, 0);
	buffer_unref(fits);
	buffer_unref(over);
	buffer_budget_unref(budget);
}

/* Shows rows of a buffer that the sink has. */
static void
show_rows(struct fixture *f, struct buffer *buffer, int32_t rows)
{
	struct scanout scanout = { .buffer = buffer, .source = { 0, 0, WIDTH, rows } };

	picture_set_scanout(f->picture, &scanout);
	run_due(f);
	set_clock_ns += 4 * NS_PER_MS;
	run_due(f);
}

/* Modes of memory that is known: no import of it. Parts of it would be buffers of their own. */
static struct buffer *
make_with_modes(struct fixture *f)
{
	struct buffer *buffer =
		make_buffer_with(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED, 4);

	set_clock_ns = START_NS;
	show(f, buffer);
	answer_now(f);
	return buffer;
}

static void
test_a_guest_that_changes_its_mode_all_the_time(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_with_modes(f);
	uint32_t n_presents;

	/* What firmware does is shown as it comes. */
	for (int32_t i = 0; i < ADMISSION_RESIZES_BURST; i++) {
		n_presents = f->sink.n_presents;
		show_rows(f, buffer, HEIGHT - 1 - i);
		assert_int_equal(f->sink.n_presents, n_presents + 1);
		assert_int_equal(f->sink.last_frame.source.height, HEIGHT - 1 - i);
	}
	n_presents = f->sink.n_presents;
	set_clock_ns = START_NS + ADMISSION_RESIZES_BURST * 4 * NS_PER_MS;
	for (int32_t i = 0; i < 25; i++) {
		show_rows(f, buffer, 1 + i);
		assert_int_equal(f->sink.n_presents, n_presents);
	}
	/* Nobody waits for what is not shown. */
	assert_int_equal(f->n_skipped, 0);
	picture_add_damage(f->picture, &(struct rect){ 0, 0, 1, 1 });
	assert_int_equal(f->n_skipped, 1);
	set_clock_ns = START_NS + NS_PER_S / ADMISSION_RESIZES_PER_S - 1;
	run_due(f);
	assert_int_equal(f->sink.n_presents, n_presents);
	set_clock_ns += 1 + 4 * NS_PER_MS;
	run_due(f);
	set_clock_ns += 4 * NS_PER_MS;
	run_due(f);
	assert_int_equal(f->sink.n_presents, n_presents + 1);
	assert_int_equal(f->sink.last_frame.source.height, 25);
	assert_int_equal(f->sink.n_hosts, 1);
	buffer_unref(buffer);
}

static void
test_modes_that_are_as_many_as_they_may_be(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_with_modes(f);

	for (int32_t i = 0; i < 100; i++) {
		uint32_t n_presents = f->sink.n_presents;

		set_clock_ns += NS_PER_S / ADMISSION_RESIZES_PER_S - 4 * NS_PER_MS;
		show_rows(f, buffer, 1 + i % 2);
		assert_int_equal(f->sink.n_presents, n_presents + 1);
	}
	buffer_unref(buffer);
}

/* What waits for its turn is not a new size only because something else was shown before. */
static void
test_back_to_the_mode_that_is_shown(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_with_modes(f);
	uint32_t n_presents;

	for (int32_t i = 0; i < ADMISSION_RESIZES_BURST; i++) {
		show_rows(f, buffer, 1 + i);
	}
	n_presents = f->sink.n_presents;
	show_rows(f, buffer, 1);
	assert_int_equal(f->sink.n_presents, n_presents);
	show_rows(f, buffer, ADMISSION_RESIZES_BURST);
	assert_int_equal(f->sink.n_presents, n_presents + 1);
	set_clock_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->sink.last_frame.source.height, ADMISSION_RESIZES_BURST);
	buffer_unref(buffer);
}

/* They are made for the size of a window that the user changes. */
static void
test_words_of_our_own_are_never_too_many(void **state)
{
	struct fixture *f = *state;

	f->policy.own = true;
	set_clock_ns = START_NS;
	for (uint32_t i = 0; i < 4 * ADMISSION_IMPORTS_PER_S; i++) {
		assert_true(show_new(f));
	}
}

/* A guest that has let go of it shows it no more than once. */
static void
test_what_waits_for_its_import_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct buffer *buffer = make_buffer(BUFFER_DMABUF, DRM_FORMAT_XRGB8888, 4);
	struct fake_host *host;

	use_up_imports(f);
	show(f, buffer);
	picture_forget_buffer(f->picture, buffer);
	set_clock_ns += NS_PER_S;
	run_due(f);
	host = &f->sink.hosts[f->sink.n_hosts - 1];
	assert_true(same_memory(host, buffer));
	assert_false(host->dropped);
	answer_now(f);
	assert_ptr_equal(f->sink.last, &host->base);
	assert_true(show_new(f));
	assert_true(host->dropped);
	assert_int_equal(buffer->refs, 1);
	buffer_unref(buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_dmabuf_goes_through_untouched),
		TEST(test_a_flip_is_one_frame),
		TEST(test_a_frame_that_is_whole_waits_for_nothing),
		TEST(test_scanouts_do_not_put_each_other_off),
		TEST(test_the_best_description_that_the_sink_takes),
		TEST(test_a_part_is_a_buffer_of_its_own),
		TEST(test_memory_is_shared_not_copied),
		TEST(test_one_import_per_buffer_over_many_flips),
		TEST(test_a_late_refusal_goes_down_the_chain_and_is_remembered),
		TEST(test_untrusted_memory_is_copied),
		TEST(test_a_flip_does_not_starve_who_waits),
		TEST(test_what_waited_is_gone_once_the_head_was_off),
		TEST(test_copy_brings_only_damage_to_every_slot),
		TEST(test_copy_waits_for_a_free_slot_and_loses_no_damage),
		TEST(test_copy_converts_what_the_compositor_does_not_take),
		TEST(test_memory_that_shrinks_is_an_error_not_a_fault),
		TEST(test_memory_that_compositors_cannot_map_is_copied),
		TEST(test_when_nothing_works_nobody_waits),
		TEST(test_what_is_too_large_is_not_copied),
		TEST(test_climbing_back_never_interrupts_the_picture),
		TEST(test_climbing_back_while_the_guest_draws),
		TEST(test_looking_again_leaves_old_buffers_alone),
		TEST(test_what_the_policy_forbids_is_not_used_any_longer),
		TEST(test_the_log_does_not_grow_with_the_buffers),
		TEST(test_a_frame_waits_for_its_fence),
		TEST(test_a_fence_that_never_signals_holds_up_nothing_else),
		TEST(test_a_guest_slower_than_its_answers_is_shown),
		TEST(test_nothing_is_shown_once_the_head_is_off),
		TEST(test_a_forgotten_buffer_is_not_waited_for),
		TEST(test_copy_never_reads_what_is_being_drawn),
		TEST(test_damage_outside_the_scanout_is_not_shown),
		TEST(test_new_memory_in_every_picture),
		TEST(test_imports_that_are_as_many_as_they_may_be),
		TEST(test_flips_cost_no_import),
		TEST(test_imports_at_once),
		TEST(test_copies_beyond_the_budget),
		TEST(test_what_waits_for_its_import_is_given_up),
		TEST(test_what_waits_for_its_import_is_forgotten),
		TEST(test_a_guest_that_changes_its_mode_all_the_time),
		TEST(test_modes_that_are_as_many_as_they_may_be),
		TEST(test_back_to_the_mode_that_is_shown),
		TEST(test_words_of_our_own_are_never_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
