#include "compositor.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wayland-server-protocol.h>

#include "cadence.h"
#include "cursor-shape-v1-server-protocol.h"
#include "fifo-v1-server-protocol.h"
#include "linux-dmabuf-v1-server-protocol.h"
#include "linux-drm-syncobj-v1-server-protocol.h"
#include "presentation-time-server-protocol.h"
#include "record.h"
#include "shell.h"
#include "stamps.h"
#include "surface.h"
#include "syncobj.h"
#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "tearing-control-v1-server-protocol.h"
#include "viewporter-server-protocol.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"

#define MAX_SHM_FORMATS 32

static void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id);

static void
bind_nothing(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
}

/* One that only KWin has; nobody is to use it. */
static const struct wl_interface kwin_interface = { "kde_output_management_v2", 1, 0, NULL, 0,
	NULL };

/* What is announced, in which version; --global=INTERFACE:VERSION and --without
 * change it. */
struct global {
	const struct wl_interface *interface;
	int version;
	wl_global_bind_func_t bind; /* NULL: libwayland's own */
	bool absent;
};

static struct global globals[] = {
	{ &wl_compositor_interface, 6, bind_compositor },
	{ &wl_subcompositor_interface, 1, bind_subcompositor },
	{ &wl_shm_interface, 2, NULL },
	{ &wl_output_interface, 4, bind_output },
	{ &wl_seat_interface, 9, bind_seat },
	{ &xdg_wm_base_interface, 6, bind_wm_base },
	{ &wp_viewporter_interface, 1, bind_viewporter },
	{ &zwp_linux_dmabuf_v1_interface, 5, bind_dmabuf },
	{ &wp_presentation_interface, 2, bind_presentation },
	{ &zxdg_decoration_manager_v1_interface, 1, bind_decoration_manager },
	{ &zwp_relative_pointer_manager_v1_interface, 1, bind_relative_pointer },
	{ &zwp_pointer_constraints_v1_interface, 1, bind_constraints },
	{ &wp_cursor_shape_manager_v1_interface, 1, bind_cursor_shape },
	{ &wp_tearing_control_manager_v1_interface, 1, bind_tearing_control },
	{ &wp_fifo_manager_v1_interface, 1, bind_fifo },
	{ &wp_linux_drm_syncobj_manager_v1_interface, 1, bind_syncobj },
	{ &kwin_interface, 1, bind_nothing, .absent = true },
};

#define N_GLOBALS (sizeof(globals) / sizeof(globals[0]))

struct options {
	const char *socket, *log, *control;
	uint32_t shm_formats[MAX_SHM_FORMATS];
	uint32_t n_shm_formats;
};

static const char help[] =
	"mini-compositor [OPTION...]: a Wayland compositor for tests\n"
	"  --socket=NAME             in $XDG_RUNTIME_DIR; default: the first free "
	"wayland-N\n"
	"  --log=FILE                JSON lines of what clients do; default: "
	"standard output\n"
	"  --control=PATH            UNIX socket for commands, JSON lines\n"
	"  --global=INTERFACE:VERSION\n"
	"  --without=INTERFACE\n"
	"  --dmabuf-version=N        3, 4 or 5\n"
	"  --dmabuf=FOURCC:MODIFIER[:scanout]   repeatable; default: XR24:0x0 and "
	"XB24:0x0\n"
	"  --shm-format=FOURCC       besides XR24 and AR24; repeatable\n"
	"  --output=WxH[@MHZ]        default: 1920x1080@60000\n"
	"  --presentation-clock=N    as in clock_gettime(2); default: 1, monotonic\n"
	"  --initial-size=WxH        of the first configure; default 0x0\n"
	"  --decoration=server|client\n"
	"  --frames=auto|soon|manual|never\n"
	"  --stamps=FILE             when each commit came, in place of its record and its picture\n"
	"  --scale=N                 of the output; default 1\n"
	"  --looks                   write down what each commit looks like, too\n";

uint32_t
compositor_take_number(struct compositor *compositor)
{
	return ++compositor->last_number;
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint32_t
compositor_now_ms(void)
{
	return (uint32_t)(now_ns() / 1000000);
}

int
compositor_fire_frames(struct compositor *compositor)
{
	struct surface *surface;
	struct wl_resource *callback, *next;
	int n = 0;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		wl_resource_for_each_safe(callback, next, &surface->current.callbacks)
		{
			wl_callback_send_done(callback, compositor_now_ms());
			wl_resource_destroy(callback);
			n++;
		}
		presentation_show(&compositor->presentation, surface);
	}
	return n;
}

static int
handle_frame_timer(void *data)
{
	struct compositor *compositor = data;

	compositor->frame_timer_runs = false;
	if (compositor->frame_policy == FRAME_AUTO) {
		compositor_fire_frames(compositor);
	}
	return 0;
}

static void
handle_frame_idle(void *data)
{
	struct compositor *compositor = data;

	compositor->frame_idle = NULL;
	compositor_fire_frames(compositor);
}

void
compositor_schedule_frame(struct compositor *compositor)
{
	if (compositor->frame_policy == FRAME_SOON && compositor->frame_idle == NULL) {
		compositor->frame_idle =
			wl_event_loop_add_idle(wl_display_get_event_loop(compositor->display),
				handle_frame_idle, compositor);
	}
	if (compositor->frame_policy == FRAME_AUTO && !compositor->frame_timer_runs) {
		/* The output's own clock, whenever the client comes; in whole milliseconds. */
		uint64_t refresh_ns = 1000000000000 / (uint64_t)compositor->output_refresh_mhz;
		uint64_t left_ns = refresh_ns - now_ns() % refresh_ns;

		compositor->frame_timer_runs = true;
		wl_event_source_timer_update(
			compositor->frame_timer, (int)((left_ns + 999999) / 1000000));
	}
}

static void
handle_output_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_output_interface output_implementation = {
	.release = handle_output_release,
};

static void
handle_output_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void
bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct compositor *compositor = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_output_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &output_implementation, compositor, handle_output_destroy);
	wl_list_insert(&compositor->outputs, wl_resource_get_link(resource));
	wl_output_send_geometry(resource, 0, 0, 510, 290, WL_OUTPUT_SUBPIXEL_UNKNOWN, "Mini",
		"Compositor", WL_OUTPUT_TRANSFORM_NORMAL);
	wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT, compositor->output_width,
		compositor->output_height, compositor->output_refresh_mhz);
	if (version >= WL_OUTPUT_SCALE_SINCE_VERSION) {
		wl_output_send_scale(resource, compositor->output_scale);
	}
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
		wl_output_send_name(resource, "MINI-1");
	}
	if (version >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(resource);
	}
}

static struct global *
find_global(const char *interface, size_t length)
{
	for (size_t i = 0; i < N_GLOBALS; i++) {
		if (strlen(globals[i].interface->name) == length &&
			strncmp(globals[i].interface->name, interface, length) == 0) {
			return &globals[i];
		}
	}
	return NULL;
}

static bool
set_version(const char *text)
{
	const char *colon = strchr(text, ':');
	struct global *global = colon != NULL ? find_global(text, (size_t)(colon - text)) : NULL;
	int version = colon != NULL ? atoi(colon + 1) : 0;

	/* wl_shm comes from libwayland in the version that it has. */
	if (global == NULL || global->bind == NULL || version < 1 ||
		version > global->interface->version) {
		return false;
	}
	global->version = version;
	global->absent = false;
	return true;
}

static bool
set_absent(const char *text)
{
	struct global *global = find_global(text, strlen(text));

	if (global == NULL) {
		return false;
	}
	global->absent = true;
	return true;
}

static bool
set_dmabuf_version(const char *text)
{
	struct global *global = find_global("zwp_linux_dmabuf_v1", 19);

	global->version = atoi(text);
	return global->version >= 1 && global->version <= 5;
}

static bool
add_shm_format(struct options *options, const char *text)
{
	if (strlen(text) != 4 || options->n_shm_formats == MAX_SHM_FORMATS) {
		return false;
	}
	options->shm_formats[options->n_shm_formats++] =
		fourcc_code(text[0], text[1], text[2], text[3]);
	return true;
}

static bool
set_frame_policy(struct compositor *compositor, const char *text)
{
	compositor->frame_policy = strcmp(text, "manual") == 0  ? FRAME_MANUAL
				   : strcmp(text, "soon") == 0  ? FRAME_SOON
				   : strcmp(text, "never") == 0 ? FRAME_NEVER
								: FRAME_AUTO;
	return compositor->frame_policy != FRAME_AUTO || strcmp(text, "auto") == 0;
}

static bool
parse_option(struct compositor *compositor, struct options *options, int option, const char *text)
{
	switch (option) {
	case 's':
		options->socket = text;
		return true;
	case 'l':
		options->log = text;
		return true;
	case 'c':
		options->control = text;
		return true;
	case 'g':
		return set_version(text);
	case 'w':
		return set_absent(text);
	case 'v':
		return set_dmabuf_version(text);
	case 'd':
		return dmabuf_add_format(&compositor->dmabuf, text);
	case 'f':
		return add_shm_format(options, text);
	case 'p':
		compositor->presentation.clock = (clockid_t)atoi(text);
		return true;
	case 'o':
		return sscanf(text, "%dx%d@%d", &compositor->output_width,
			       &compositor->output_height, &compositor->output_refresh_mhz) >= 2;
	case 'i':
		return sscanf(text, "%dx%d", &compositor->initial_width,
			       &compositor->initial_height) == 2;
	case 'D':
		compositor->server_decorations = strcmp(text, "server") == 0;
		return compositor->server_decorations || strcmp(text, "client") == 0;
	case 'S':
		return stamps_open(text, &compositor->stamps_fd) >= 0;
	case 'F':
		return set_frame_policy(compositor, text);
	case 'x':
		compositor->output_scale = atoi(text);
		return compositor->output_scale >= 1;
	case 'L':
		compositor->looks = true;
		return true;
	default:
		return false;
	}
}

static bool
parse_options(struct compositor *compositor, struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "log", required_argument, NULL, 'l' },
		{ "control", required_argument, NULL, 'c' },
		{ "global", required_argument, NULL, 'g' },
		{ "without", required_argument, NULL, 'w' },
		{ "dmabuf-version", required_argument, NULL, 'v' },
		{ "dmabuf", required_argument, NULL, 'd' },
		{ "shm-format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "presentation-clock", required_argument, NULL, 'p' },
		{ "initial-size", required_argument, NULL, 'i' },
		{ "decoration", required_argument, NULL, 'D' },
		{ "frames", required_argument, NULL, 'F' },
		{ "stamps", required_argument, NULL, 'S' },
		{ "scale", required_argument, NULL, 'x' },
		{ "looks", no_argument, NULL, 'L' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (!parse_option(compositor, options, option, optarg)) {
			if (option != '?') {
				fprintf(stderr, "mini-compositor: bad value: %s\n", optarg);
			}
			return false;
		}
	}
	return optind == argc;
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

static bool
start(struct compositor *compositor, struct options *options)
{
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor->display);
	bool with_shm = !find_global("wl_shm", 6)->absent;
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
	compositor->frame_timer = wl_event_loop_add_timer(loop, handle_frame_timer, compositor);
	buffers_init(compositor, with_shm);
	for (uint32_t i = 0; with_shm && i < options->n_shm_formats; i++) {
		wl_display_add_shm_format(compositor->display, options->shm_formats[i]);
	}
	if (compositor->dmabuf.n_formats == 0) {
		dmabuf_add_format(&compositor->dmabuf, "XR24:0x0");
		dmabuf_add_format(&compositor->dmabuf, "XB24:0x0");
	}
	for (size_t i = 0; i < N_GLOBALS; i++) {
		const struct global *global = &globals[i];
		if (!global->absent && global->bind != NULL) {
			wl_global_create(compositor->display, global->interface, global->version,
				compositor, global->bind);
		}
	}
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
		.output_width = 1920,
		.output_height = 1080,
		.output_refresh_mhz = 60000,
		.output_scale = 1,
		.server_decorations = true,
		.stamps_fd = -1,
	};
	struct options options = { 0 };

	compositor.log = stdout;
	wl_list_init(&compositor.surfaces);
	wl_list_init(&compositor.outputs);
	wl_list_init(&compositor.control.connections);
	dmabuf_init(&compositor);
	presentation_init(&compositor.presentation);
	seat_init(&compositor);
	if (!parse_options(&compositor, &options, argc, argv)) {
		fputs(help, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	wl_log_set_handler_server(drop_message);
	compositor.display = wl_display_create();
	if (compositor.display == NULL || !start(&compositor, &options)) {
		return 1;
	}
	wl_display_run(compositor.display);
	wl_display_destroy_clients(compositor.display);
	control_finish(&compositor.control);
	buffers_finish(&compositor);
	wl_event_source_remove(compositor.frame_timer);
	wl_event_source_remove(compositor.signals[0]);
	wl_event_source_remove(compositor.signals[1]);
	wl_display_destroy(compositor.display);
	return 0;
}
