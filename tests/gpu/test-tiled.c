/*
 * Links gl_lib. On every render node: buffers in every layout that its driver draws into, allocated
 * and painted by the driver, imported by the helper's code as a guest's, and read back, exactly.
 * Skips, with the reason, where there is no render node. Of software only a card can allocate: the
 * nodes may be named by a pattern.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gl/conversion.h"

#define SKIPPED 77

/* Not a multiple of any tile. */
#define WIDTH 523
#define HEIGHT 389
/* Of the rectangles that are painted. */
#define CELL 13
#define MAX_MODIFIERS 64

struct fixture {
	struct context *context;
	struct program program;
	struct target guest; /* stands in for the guest's driver */
	struct conversion conversion;
	uint32_t n_exact;
};

struct run {
	glob_t nodes;
	uint32_t n_exact; /* layouts of all nodes */
};

/* Each cell its own, all bits of all channels somewhere. */
static uint32_t
cell_colour(uint32_t column, uint32_t row, uint32_t round)
{
	return (column * 0x010307 + row * 0x050b0d + round * 0x2f1d3b) & 0xffffff;
}

static void
paint(const struct target *target, uint32_t round)
{
	target_bind(target);
	glEnable(GL_SCISSOR_TEST);
	for (uint32_t row = 0; row * CELL < HEIGHT; row++) {
		for (uint32_t column = 0; column * CELL < WIDTH; column++) {
			uint32_t colour = cell_colour(column, row, round);

			glScissor((GLint)(column * CELL), (GLint)(row * CELL), CELL, CELL);
			glClearColor((float)(colour >> 16 & 0xff) / 255,
				(float)(colour >> 8 & 0xff) / 255, (float)(colour & 0xff) / 255, 1);
			glClear(GL_COLOR_BUFFER_BIT);
		}
	}
	glFinish();
	assert_int_equal(glGetError(), GL_NO_ERROR);
}

static void
assert_shows(const struct target *target, uint32_t round)
{
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t pixel;

			assert_int_equal(
				pread(target->layout.planes[0].fd, &pixel, sizeof(pixel),
					(off_t)y * target->layout.planes[0].stride + (off_t)x * 4),
				sizeof(pixel));
			assert_int_equal(pixel & 0xffffff, cell_colour(x / CELL, y / CELL, round));
		}
	}
}

/* The guest's buffer in this layout → memory, and → a dma-buf of any layout → memory. */
static void
check(struct fixture *f, uint32_t fourcc, uint64_t modifier)
{
	static const struct rect all = { 0, 0, WIDTH, HEIGHT };
	const struct gpu_offer guest = {
		.kind = BUFFER_DMABUF,
		.fourcc = fourcc,
		.n_modifiers = 1,
		.modifiers = { modifier },
	};
	const struct gpu_offer memory = { .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XRGB8888 };
	struct conversion back = { 0 };

	if (target_init(&f->guest, f->context, &guest, WIDTH, HEIGHT) < 0) {
		print_message("%.4s 0x%llx: the driver allocates none\n", (const char *)&fourcc,
			(unsigned long long)modifier);
		return;
	}
	assert_int_equal(conversion_init(&f->conversion, f->context, &f->guest.layout, &memory, 1,
				 GPU_TARGETS),
		0);
	for (uint32_t round = 0; round < 3; round++) {
		paint(&f->guest, round);
		assert_int_equal(conversion_draw(&f->conversion, &f->program, round, &all, 1), 0);
		assert_shows(&f->conversion.targets[round], round);
	}
	conversion_finish(&f->conversion, f->context);

	assert_int_equal(conversion_init(&f->conversion, f->context, &f->guest.layout, &guest, 1,
				 GPU_TARGETS),
		0);
	assert_int_equal(f->conversion.targets[0].layout.modifier, modifier);
	assert_int_equal(conversion_draw(&f->conversion, &f->program, 0, &all, 1), 0);
	assert_int_equal(conversion_init(&back, f->context, &f->conversion.targets[0].layout,
				 &memory, 1, GPU_TARGETS),
		0);
	assert_int_equal(conversion_draw(&back, &f->program, 0, &all, 1), 0);
	assert_shows(&back.targets[0], 2);
	print_message("%.4s 0x%llx: %u planes, exact\n", (const char *)&fourcc,
		(unsigned long long)modifier, f->guest.layout.n_planes);
	f->n_exact++;
	conversion_finish(&back, f->context);
	conversion_finish(&f->conversion, f->context);
	target_finish(&f->guest, f->context);
}

static void
check_node(struct fixture *f)
{
	static const uint32_t fourccs[] = { DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888,
		DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888 };

	for (size_t i = 0; i < sizeof(fourccs) / sizeof(fourccs[0]); i++) {
		uint64_t modifiers[MAX_MODIFIERS] = { DRM_FORMAT_MOD_LINEAR };
		EGLBoolean external_only[MAX_MODIFIERS];
		EGLint n_modifiers = 0;

		if (f->context->has_modifiers) {
			assert_true(f->context->query_modifiers(f->context->display,
				(EGLint)fourccs[i], MAX_MODIFIERS, (EGLuint64KHR *)modifiers,
				external_only, &n_modifiers));
		}
		for (EGLint m = 0; m < (n_modifiers > 0 ? n_modifiers : 1); m++) {
			check(f, fourccs[i], modifiers[m]);
		}
	}
}

static void
test_every_layout_that_the_driver_draws_into(void **state)
{
	struct run *run = *state;

	for (size_t i = 0; i < run->nodes.gl_pathc; i++) {
		struct fixture f = { 0 };
		int r;

		r = context_create(run->nodes.gl_pathv[i], &f.context);
		if (r < 0) {
			print_message("%s: %s\n", run->nodes.gl_pathv[i], strerror(-r));
			continue;
		}
		print_message(
			"%s: %s\n", run->nodes.gl_pathv[i], (const char *)glGetString(GL_RENDERER));
		program_init(&f.program);
		check_node(&f);
		run->n_exact += f.n_exact;
		program_finish(&f.program);
		context_destroy(f.context);
	}
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_every_layout_that_the_driver_draws_into, &run),
	};
	int status;

	if (glob(argc > 1 ? argv[1] : "/dev/dri/renderD*", 0, NULL, &run.nodes) != 0) {
		fprintf(stderr, "skipped: there is no render node\n");
		return SKIPPED;
	}
	status = cmocka_run_group_tests(tests, NULL, NULL);
	globfree(&run.nodes);
	if (status == 0 && run.n_exact == 0) {
		fprintf(stderr,
			"skipped: no render node draws into a layout that could be checked\n");
		return SKIPPED;
	}
	return status;
}
