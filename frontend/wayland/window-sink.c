#include "window-private.h"

#include <assert.h>

#include "display-private.h"
#include "wayland-buffer.h"

/* The window as importers see it: what it takes, and what it refused. */

const struct feedback_state *
window_feedback(const struct window *window)
{
	return window->feedback.proxy != NULL ? &window->feedback.state
					      : &window->display->feedback.state;
}

static bool
sink_takes(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	struct window *window = (struct window *)sink;

	if (kind == BUFFER_MEMORY) {
		return wayland_buffer_takes_memory(window->display, fourcc, modifier);
	}
	if (format_set_contains(&window_feedback(window)->allowed, fourcc, modifier)) {
		return true;
	}
	if (window->refused.n_pairs == WINDOW_MAX_REFUSED ||
		format_set_add(&window->refused, fourcc, modifier) < 0) {
		window->import_refused = true;
	}
	return false;
}

static uint32_t
sink_list_modifiers(struct sink *sink, uint32_t fourcc, uint64_t *ret_modifiers, uint32_t max)
{
	struct window *window = (struct window *)sink;

	return format_set_list_modifiers(
		&window_feedback(window)->allowed, fourcc, ret_modifiers, max);
}

static dev_t
sink_device(struct sink *sink)
{
	struct window *window = (struct window *)sink;

	return window_feedback(window)->main_device;
}

static int
sink_import(struct sink *sink, const struct buffer_layout *layout,
	const struct host_buffer_listener *listener, void *data, struct host_buffer **ret_host)
{
	struct window *window = (struct window *)sink;
	struct wayland_buffer *buffer;
	int r = wayland_buffer_create(window->display, sink, layout, listener, data, &buffer);

	if (r < 0) {
		return r;
	}
	*ret_host = &buffer->base;
	return 0;
}

static void
sink_drop(struct sink *sink, struct host_buffer *host)
{
	wayland_buffer_drop((struct wayland_buffer *)host);
}

static void
sink_present(struct sink *sink, struct host_buffer *host, const struct frame *frame)
{
	struct window *window = (struct window *)sink;
	struct wayland_buffer *buffer = (struct wayland_buffer *)host;

	assert(buffer->state == WAYLAND_BUFFER_READY);
	stage_queue(&window->stage, buffer, frame);
	window_show_frame(window);
}

const struct sink_ops window_sink_ops = {
	.name = "window",
	.takes = sink_takes,
	.list_modifiers = sink_list_modifiers,
	.device = sink_device,
	.import = sink_import,
	.drop = sink_drop,
	.present = sink_present,
};

void
window_note_refusal(struct window *window)
{
	window->import_refused = true;
}

static bool
takes_what_was_refused(const struct window *window)
{
	const struct format_set *refused = &window->refused;

	for (size_t i = 0; i < refused->n_pairs; i++) {
		if (format_set_contains(&window_feedback(window)->allowed, refused->pairs[i].fourcc,
			    refused->pairs[i].modifier)) {
			return true;
		}
	}
	return window->import_refused;
}

/*
 * Compositors announce other pairs whenever a window becomes, or no longer is, one to scan out.
 * What they have imported stays valid: only an answer that was no is worth a second try.
 */
void
window_handle_feedback_changed(void *data, bool formats)
{
	struct window *window = data;

	window_report_later(window);
	if (formats && takes_what_was_refused(window)) {
		format_set_clear(&window->refused);
		window->import_refused = false;
		window->formats_due = true;
		display_notify_later(window->display);
	}
}
