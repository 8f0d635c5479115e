#include "compositor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "globals.h"
#include "options.h"
#include "output.h"
#include "record.h"

#define MAX_UNREAD_SIZE (1 << 24)

uint32_t
compositor_take_number(struct compositor *compositor)
{
	return ++compositor->last_number;
}

uint32_t
compositor_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* What it would say is in the log as an "error" event. */
static void
drop_message(const char *format, va_list arguments)
{
}

static int
handle_signal(int number, void *data)
{
	wl_display_terminate(data);
	return 0;
}

static void
add_outputs(struct compositor *compositor, const struct options *options)
{
	for (uint32_t i = 0; i < options->n_outputs; i++) {
		if (output_add(compositor, &options->outputs[i]) == NULL) {
			fprintf(stderr, "mini-compositor: output %s: the name is taken\n",
				options->outputs[i].name);
		}
	}
	if (options->n_outputs == 0 && !options->no_outputs) {
		output_add(compositor, &output_spec_default);
	}
}

static bool
start(struct compositor *compositor, struct options *options)
{
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor->display);
	bool with_shm = globals_has("wl_shm");
	json_object *event;

	if (options->log != NULL) {
		compositor->log = fopen(options->log, "we");
	}
	if (compositor->log == NULL) {
		fprintf(stderr, "mini-compositor: %s: %s\n", options->log, strerror(errno));
		return false;
	}
	compositor->signals[0] =
		wl_event_loop_add_signal(loop, SIGTERM, handle_signal, compositor->display);
	compositor->signals[1] =
		wl_event_loop_add_signal(loop, SIGINT, handle_signal, compositor->display);
	buffers_init(compositor, with_shm);
	for (uint32_t i = 0; with_shm && i < options->n_shm_formats; i++) {
		wl_display_add_shm_format(compositor->display, options->shm_formats[i]);
	}
	if (compositor->dmabuf.n_formats == 0) {
		dmabuf_add_format(&compositor->dmabuf, "XR24:0x0");
		dmabuf_add_format(&compositor->dmabuf, "XB24:0x0");
	}
	globals_create(compositor);
	for (uint32_t i = 0; i < compositor->n_seats; i++) {
		seat_announce(&compositor->seats[i]);
	}
	add_outputs(compositor, options);
	if (options->socket == NULL) {
		options->socket = wl_display_add_socket_auto(compositor->display);
	} else if (wl_display_add_socket(compositor->display, options->socket) < 0) {
		options->socket = NULL;
	}
	if (options->socket == NULL) {
		fprintf(stderr, "mini-compositor: no socket in XDG_RUNTIME_DIR\n");
		return false;
	}
	if (options->control != NULL) {
		int r = control_listen(compositor, options->control);
		if (r < 0) {
			fprintf(stderr, "mini-compositor: %s: %s\n", options->control,
				strerror(-r));
			return false;
		}
	}
	event = record_new("listening");
	record_text(event, "display", options->socket);
	record_write(compositor->log, event);
	return true;
}

int
main(int argc, char **argv)
{
	static struct compositor compositor = {
		.output_scale_120 = 120,
		.server_decorations = true,
		.stamps_fd = -1,
	};
	static struct options options;

	compositor.log = stdout;
	wl_list_init(&compositor.surfaces);
	wl_list_init(&compositor.outputs);
	wl_list_init(&compositor.removed_outputs);
	wl_list_init(&compositor.control.connections);
	dmabuf_init(&compositor);
	presentation_init(&compositor.presentation);
	seats_init(&compositor);
	if (!options_parse(&options, &compositor, argc, argv)) {
		fputs(options_help, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	wl_log_set_handler_server(drop_message);
	compositor.display = wl_display_create();
	if (compositor.display == NULL || !start(&compositor, &options)) {
		return 1;
	}
	/* A test may say more at once than a busy machine lets a client read. */
	wl_display_set_default_max_buffer_size(compositor.display, MAX_UNREAD_SIZE);
	wl_display_run(compositor.display);
	wl_display_destroy_clients(compositor.display);
	control_finish(&compositor.control);
	buffers_finish(&compositor);
	outputs_finish(&compositor);
	wl_event_source_remove(compositor.signals[0]);
	wl_event_source_remove(compositor.signals[1]);
	wl_display_destroy(compositor.display);
	return 0;
}
