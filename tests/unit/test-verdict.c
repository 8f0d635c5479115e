#include "unit.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

#include "base/dmabuf.h"
#include "verdict.h"

/* The best case: full screen, nothing in the way, and the compositor says that it scans out. */
static const struct verdict_facts best = {
	.path = "direct",
	.has_picture = true,
	.kind = BUFFER_DMABUF,
	.fourcc = DRM_FORMAT_XRGB8888,
	.modifier = I915_FORMAT_MOD_X_TILED,
	.zero_copy = ZERO_COPY_YES,
	.window = {
		.takes_dmabufs = true,
		.takes_fourcc = true,
		.takes_pair = true,
		.names_scanout = true,
		.scans_pair = true,
		.tells_presentation = true,
		.fullscreen = true,
	},
};

static const struct verdict_devices one_gpu = {
	.exporter = "i915",
	.driver = "i915",
	.render_node = "/dev/dri/renderD128",
};

static struct verdict
judge(const struct verdict_facts *facts, const struct verdict_devices *devices)
{
	struct verdict verdict;

	verdict_judge(facts, devices, &verdict);
	return verdict;
}

/* The reason and, for what becomes of best when the lines of change are done to it. */
#define check(expected_kind, expected_reason, devices, ...) \
	do { \
		struct verdict_facts facts = best; \
		struct verdict verdict; \
		__VA_ARGS__; \
		verdict = judge(&facts, devices); \
		assert_int_equal(verdict.kind, expected_kind); \
		if (strstr(verdict.reason, expected_reason) == NULL) { \
			fail_msg("'%s' lacks '%s'", verdict.reason, expected_reason); \
		} \
	} while (0)

static void
test_the_best_needs_no_reason(void **state)
{
	struct verdict verdict = judge(&best, &one_gpu);

	assert_int_equal(verdict.kind, VERDICT_SCANNED_OUT);
	assert_int_equal(verdict.zero_copy, ZERO_COPY_YES);
	assert_string_equal(verdict.reason, "");
	assert_string_equal(verdict_name(&verdict), "scanned out");
}

static void
test_what_keeps_it_from_being_scanned_out(void **state)
{
	check(VERDICT_DIRECT, "does not fill the window", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.bars = true);
	check(VERDICT_DIRECT, "full screen", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.fullscreen = false);
	check(VERDICT_DIRECT, "bottom up", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.bottom_up = true);
	check(VERDICT_DIRECT, "(crop)", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.cropped = true);
	check(VERDICT_DIRECT, "scaled", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.scaled = true);
	check(VERDICT_DIRECT, "does not read XR24 in the layout 0x100000000000001 (X_TILED)",
		&one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.scans_pair = false);
	check(VERDICT_DIRECT, "does not read XR24 in the layout linear", &one_gpu,
		facts.zero_copy = ZERO_COPY_NO;
		facts.window.scans_pair = false; facts.modifier = DRM_FORMAT_MOD_LINEAR);
	check(VERDICT_DIRECT, "does not tell", &one_gpu, facts.zero_copy = ZERO_COPY_NO);
	/* A compositor that names no pairs has said nothing against this one. */
	check(VERDICT_DIRECT, "does not tell", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.scans_pair = facts.window.names_scanout = false);
	check(VERDICT_DIRECT, "ordinary memory (udmabuf)",
		&((struct verdict_devices){ .exporter = "udmabuf" }),
		facts.zero_copy = ZERO_COPY_NO);
	check(VERDICT_DIRECT, "monitor of another GPU",
		&((struct verdict_devices){ .scanout_node = "/dev/dri/renderD129" }),
		facts.zero_copy = ZERO_COPY_NO);
	check(VERDICT_DIRECT, "rendernode=/dev/dri/renderD129",
		&((struct verdict_devices){ .scanout_node = "/dev/dri/renderD129" }),
		facts.zero_copy = ZERO_COPY_NO);
}

static void
test_what_compositors_do_not_tell(void **state)
{
	check(VERDICT_DIRECT, "no wp_presentation", &one_gpu, facts.zero_copy = ZERO_COPY_UNKNOWN;
		facts.window.tells_presentation = false);
	check(VERDICT_DIRECT, "KWin never reports it", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.hides_zero_copy = true);
	check(VERDICT_DIRECT, "not known yet", &one_gpu, facts.zero_copy = ZERO_COPY_UNKNOWN);
	/* What is in the way is worth more to know. */
	check(VERDICT_DIRECT, "full screen", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.hides_zero_copy = true; facts.window.fullscreen = false);
}

static void
test_a_no_of_kwin_is_no_answer(void **state)
{
	struct verdict_facts facts = best;

	facts.window.hides_zero_copy = true;
	facts.zero_copy = ZERO_COPY_NO;
	assert_int_equal(judge(&facts, &one_gpu).zero_copy, ZERO_COPY_UNKNOWN);
	/* Should a later one tell, it is believed. */
	facts.zero_copy = ZERO_COPY_YES;
	assert_int_equal(judge(&facts, &one_gpu).kind, VERDICT_SCANNED_OUT);
}

static void
test_hints_of_the_vm(void **state)
{
	check(VERDICT_SHM, "the VM's hint", &one_gpu, facts.path = "shm";
		facts.kind = BUFFER_MEMORY; facts.hint = "the VM's hint");
	check(VERDICT_SHM, "plain memory", &one_gpu, facts.path = "shm";
		facts.kind = BUFFER_MEMORY);
	check(VERDICT_DIRECT, "the VM's hint", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.hint = "the VM's hint");
	check(VERDICT_SCANNED_OUT, "the VM's hint", &one_gpu, facts.hint = "the VM's hint");
}

static void
test_why_it_is_copied(void **state)
{
	for (int i = 0; i < 2; i++) {
		enum verdict_kind kind = i == 0 ? VERDICT_CPU_COPY : VERDICT_GPU_COPY;
		const char *path = i == 0 ? "copy" : "gles";

		check(kind, "no linux-dmabuf", &one_gpu, facts.path = path;
			facts.window.takes_dmabufs = facts.window.takes_fourcc =
				facts.window.takes_pair = false);
		check(kind, "no dma-bufs of the format XR24", &one_gpu, facts.path = path;
			facts.window.takes_fourcc = facts.window.takes_pair = false);
		check(kind, "takes XR24, but not in the layout 0x100000000000001", &one_gpu,
			facts.path = path;
			facts.window.takes_pair = false);
		check(kind, "not in the layout of the driver's choice", &one_gpu, facts.path = path;
			facts.modifier = DRM_FORMAT_MOD_INVALID; facts.window.takes_pair = false);
		check(kind, "the compositor refused the buffer", &one_gpu, facts.path = path;
			facts.refusal = "the compositor refused the buffer");
		check(kind, "the command line", &one_gpu, facts.path = path; facts.forced = true);
	}
	check(VERDICT_CPU_COPY, "the VM's memory is not trusted", &one_gpu, facts.path = "copy";
		facts.kind = BUFFER_MEMORY; facts.refusal = "the VM's memory is not trusted";
		facts.window.takes_dmabufs = false);
}

static void
test_another_gpu(void **state)
{
	struct verdict_devices two = one_gpu;

	strcpy(two.exporter, "nvidia");
	check(VERDICT_CPU_COPY, "another GPU (nvidia) than the compositor (i915)", &two,
		facts.path = "copy");
	check(VERDICT_CPU_COPY, "-display dbus,gl=on,rendernode=/dev/dri/renderD128", &two,
		facts.path = "copy");
	/* Most drivers export by the kernel's common code: it may be another one. */
	strcpy(two.exporter, "drm");
	check(VERDICT_CPU_COPY, "refused; if the VM renders on another GPU", &two,
		facts.path = "copy";
		facts.refusal = "refused");
	/* Memory is of no GPU. */
	strcpy(two.exporter, "udmabuf");
	{
		struct verdict_facts facts = best;
		struct verdict verdict;

		facts.path = "copy";
		facts.refusal = "refused";
		verdict = judge(&facts, &two);
		assert_string_equal(verdict.reason, "refused");
	}
}

static void
test_no_picture(void **state)
{
	check(VERDICT_NOTHING, "because", &one_gpu, facts.path = "none"; facts.refusal = "because");
	check(VERDICT_HIDDEN, "", &one_gpu, facts.path = "hidden"; facts.refusal = NULL);
	assert_string_equal(
		verdict_name(&(struct verdict){ .kind = VERDICT_CPU_COPY }), "CPU copy");
	assert_string_equal(
		verdict_name(&(struct verdict){ .kind = VERDICT_GPU_COPY }), "GPU copy");
	assert_string_equal(
		verdict_name(&(struct verdict){ .kind = VERDICT_SHM }), "shared memory");
	assert_string_equal(verdict_name(&(struct verdict){ .kind = VERDICT_DIRECT }), "direct");
}

/* The kernel knows nothing of such a device here: no crash, no claim. */
static void
test_devices_that_do_not_exist(void **state)
{
	char node[DRM_DEVICE_NODE_SIZE], driver[DRM_DEVICE_DRIVER_SIZE];

	drm_device_describe(0xfffff, node, driver);
	assert_string_equal(node, "");
	assert_string_equal(driver, "");
	assert_true(drm_device_is_same(0xfffff, 0xfffff));
	assert_false(drm_device_is_same(0xfffff, 0xffffe));
	assert_false(dmabuf_exporter(0, driver, sizeof(driver)));
	assert_false(dmabuf_exporter(-1, driver, sizeof(driver)));
}

/* Whatever way it takes: it is not as sharp as it could be. */
static void
test_a_scaled_picture(void **state)
{
	check(VERDICT_DIRECT, "full screen may be scanned out; the picture is scaled", &one_gpu,
		facts.zero_copy = ZERO_COPY_NO;
		facts.window.fullscreen = false; facts.window.scaled = true);
	check(VERDICT_SHM, "plain memory, not in a dma-buf; the picture is scaled", &one_gpu,
		facts.path = "shm";
		facts.kind = BUFFER_MEMORY; facts.window.scaled = true);
	check(VERDICT_SCANNED_OUT, "the picture is scaled", &one_gpu, facts.window.scaled = true);
	check(VERDICT_DIRECT, "the monitor's own mode", &one_gpu, facts.zero_copy = ZERO_COPY_NO;
		facts.window.scaled = true);
}

static void
test_a_refresh_rate_that_the_guest_is_not_told(void **state)
{
	check(VERDICT_SCANNED_OUT, "told 75 Hz, since this VMM cannot pass the monitor's 144 Hz on",
		&one_gpu, facts.loses_refresh = true;
		facts.window.refresh_mhz = 143981);
	/* As told, not known, and where the VMM can. */
	for (size_t i = 0; i < 3; i++) {
		static const uint32_t rates[] = { 74973, 0, 143981 };
		struct verdict_facts facts = best;
		struct verdict verdict;

		facts.loses_refresh = i < 2;
		facts.window.refresh_mhz = rates[i];
		verdict = judge(&facts, &one_gpu);
		assert_string_equal(verdict.reason, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_best_needs_no_reason),
		cmocka_unit_test(test_what_keeps_it_from_being_scanned_out),
		cmocka_unit_test(test_a_scaled_picture),
		cmocka_unit_test(test_a_refresh_rate_that_the_guest_is_not_told),
		cmocka_unit_test(test_what_compositors_do_not_tell),
		cmocka_unit_test(test_a_no_of_kwin_is_no_answer),
		cmocka_unit_test(test_hints_of_the_vm),
		cmocka_unit_test(test_why_it_is_copied),
		cmocka_unit_test(test_another_gpu),
		cmocka_unit_test(test_no_picture),
		cmocka_unit_test(test_devices_that_do_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
