#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>

#include "wayland/display-private.h"
#include "wayland/wayland-buffer.h"
#include "wayland/window-private.h"

/* A window of a compositor that takes no dma-bufs yet. What is not a matter of pairs is not there.
 */

bool
wayland_buffer_takes_memory(struct display *display, uint32_t fourcc, uint64_t modifier)
{
	return false;
}

int
wayland_buffer_create(struct display *display, struct sink *sink,
	const struct buffer_layout *layout, const struct host_buffer_listener *listener, void *data,
	struct wayland_buffer **ret_buffer)
{
	return -ENOTSUP;
}

void
wayland_buffer_drop(struct wayland_buffer *buffer)
{
}

void
stage_queue(struct stage *stage, struct wayland_buffer *buffer, const struct frame *frame)
{
}

void
window_show_frame(struct window *window)
{
}

void
window_report_later(struct window *window)
{
}

void
display_notify_later(struct display *display)
{
}

/* Pairs of a VM's that are tried one after the other. */
static void
refuse(struct window *window, uint64_t n_pairs)
{
	for (uint64_t i = 0; i < n_pairs; i++) {
		assert_false(window_sink_ops.takes(
			&window->sink, BUFFER_DMABUF, DRM_FORMAT_XRGB8888, i));
	}
}

/* Whether it is worth a second try that another pair is taken now. */
static bool
tries_again(struct window *window, struct display *display, uint64_t modifier)
{
	struct format_set *allowed = &display->feedback.state.allowed;
	bool tries;

	format_set_clear(allowed);
	assert_int_equal(format_set_add(allowed, DRM_FORMAT_XRGB8888, modifier), 0);
	window->formats_due = false;
	window_handle_feedback_changed(window, true);
	tries = window->formats_due;
	format_set_clear(allowed);
	return tries;
}

static void
test_pairs_that_were_refused(void **state)
{
	struct display display = { 0 };
	struct window window = { .display = &display };

	/* As many as may be are told apart. */
	refuse(&window, WINDOW_MAX_REFUSED);
	assert_int_equal(window.refused.n_pairs, WINDOW_MAX_REFUSED);
	assert_false(tries_again(&window, &display, WINDOW_MAX_REFUSED));
	assert_true(tries_again(&window, &display, WINDOW_MAX_REFUSED - 1));
	assert_int_equal(window.refused.n_pairs, 0);
	/* Of more no more are remembered; any change may be what they wait for. */
	refuse(&window, WINDOW_MAX_REFUSED + 1);
	assert_int_equal(window.refused.n_pairs, WINDOW_MAX_REFUSED);
	assert_true(tries_again(&window, &display, WINDOW_MAX_REFUSED + 1000));
	assert_false(tries_again(&window, &display, 0));
	format_set_finish(&window.refused);
	format_set_finish(&display.feedback.state.allowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_that_were_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
