#include "decor.h"

#include <dlfcn.h>
#include <libdecor.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "display-private.h"

struct decor_toplevel {
	struct toplevel base;
	struct libdecor_frame *frame;
	struct libdecor_configuration *configuration; /* to answer; only inside its handler */
	bool started, has_title_bar;
	bool fixed, maximized, fullscreen, suspended;
};

static void
handle_libdecor_error(struct libdecor *libdecor, enum libdecor_error error, const char *message)
{
	log_limited_here(LOG_LEVEL_WARNING, "libdecor: %s: windows may have no title bar", message);
}

/* Neither table can be const: libdecor 0.1 takes them without. */
static struct libdecor_interface libdecor_listener = {
	.error = handle_libdecor_error,
};

void
decor_finish(struct display *display)
{
	if (display->libdecor != NULL) {
		libdecor_unref(display->libdecor);
		display->libdecor = NULL;
	}
}

void
decor_dispatch(struct display *display)
{
	/* On a broken connection its plugins would wait for each other's events forever. */
	if (display->libdecor != NULL && wl_display_get_error(display->connection) == 0) {
		libdecor_dispatch(display->libdecor, 0);
	}
}

/*
 * Its plugins take a title bar off a size only once they have drawn one. So before the first size
 * that has room for one is read they draw it; in the one that comes of that nothing is committed.
 * Returns whether that has answered the configuration.
 */
static bool
ensure_title_bar(struct decor_toplevel *decor, struct libdecor_configuration *configuration)
{
	struct libdecor_state *state;
	int width, height;

	if (decor->has_title_bar || decor->fullscreen ||
		!libdecor_configuration_get_content_size(
			configuration, decor->frame, &width, &height)) {
		return false;
	}
	state = libdecor_state_new(width, height);
	if (state == NULL) {
		return false;
	}
	libdecor_frame_commit(decor->frame, state, configuration);
	libdecor_state_free(state);
	return true;
}

static void
handle_frame_configure(
	struct libdecor_frame *frame, struct libdecor_configuration *configuration, void *data)
{
	struct decor_toplevel *decor = data;
	struct toplevel_configure configure = { 0 };
	enum libdecor_window_state state;
	bool answered;
	int width, height;

	if (libdecor_configuration_get_window_state(configuration, &state)) {
		decor->fixed = state &
			       (LIBDECOR_WINDOW_STATE_MAXIMIZED | LIBDECOR_WINDOW_STATE_FULLSCREEN |
				       LIBDECOR_WINDOW_STATE_TILED_LEFT |
				       LIBDECOR_WINDOW_STATE_TILED_RIGHT |
				       LIBDECOR_WINDOW_STATE_TILED_TOP |
				       LIBDECOR_WINDOW_STATE_TILED_BOTTOM);
		decor->maximized = state & LIBDECOR_WINDOW_STATE_MAXIMIZED;
		decor->fullscreen = state & LIBDECOR_WINDOW_STATE_FULLSCREEN;
#ifdef HAVE_LIBDECOR_SUSPENDED
		decor->suspended = state & LIBDECOR_WINDOW_STATE_SUSPENDED;
#endif
	}
	answered = ensure_title_bar(decor, configuration);
	if (libdecor_configuration_get_content_size(configuration, frame, &width, &height)) {
		configure.width = width;
		configure.height = height;
	}
	configure.fixed = decor->fixed;
	configure.maximized = decor->maximized;
	configure.fullscreen = decor->fullscreen;
	configure.suspended = decor->suspended;
	decor->configuration = answered ? NULL : configuration;
	decor->base.listener->configure(decor->base.data, &configure);
	decor->has_title_bar = !decor->fullscreen;
	decor->configuration = NULL;
}

static void
handle_frame_close(struct libdecor_frame *frame, void *data)
{
	struct decor_toplevel *decor = data;

	decor->base.listener->close(decor->base.data);
}

static void
handle_frame_commit(struct libdecor_frame *frame, void *data)
{
	struct decor_toplevel *decor = data;

	/* Its plugins want that as soon as there is a title. What is asked for has to come first:
	 * the first commit asks for a size. */
	if (decor->started) {
		decor->base.listener->commit(decor->base.data);
	}
}

static void
handle_frame_dismiss_popup(struct libdecor_frame *frame, const char *seat_name, void *data)
{
}

static struct libdecor_frame_interface frame_listener = {
	.configure = handle_frame_configure,
	.close = handle_frame_close,
	.commit = handle_frame_commit,
	.dismiss_popup = handle_frame_dismiss_popup,
};

static void
decor_start(struct toplevel *toplevel)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;

	decor->started = true;
	libdecor_frame_map(decor->frame);
}

static void
decor_set_title(struct toplevel *toplevel, const char *title)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;

	libdecor_frame_set_title(decor->frame, title);
}

static void
decor_maximize(struct toplevel *toplevel)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;

	libdecor_frame_set_maximized(decor->frame);
}

static void
decor_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct wl_output *output)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;

	if (fullscreen) {
		libdecor_frame_set_fullscreen(decor->frame, output);
	} else {
		libdecor_frame_unset_fullscreen(decor->frame);
	}
}

static void
decor_apply(struct toplevel *toplevel, int32_t width, int32_t height)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;
	struct libdecor_state *state = libdecor_state_new(width, height);

	if (state != NULL) {
		libdecor_frame_commit(decor->frame, state, decor->configuration);
		libdecor_state_free(state);
		decor->configuration = NULL;
	}
}

static void
decor_destroy(struct toplevel *toplevel)
{
	struct decor_toplevel *decor = (struct decor_toplevel *)toplevel;

	libdecor_frame_unref(decor->frame);
	free(decor);
}

static const struct toplevel_ops decor_ops = {
	.start = decor_start,
	.set_title = decor_set_title,
	.maximize = decor_maximize,
	.set_fullscreen = decor_set_fullscreen,
	.apply = decor_apply,
	.destroy = decor_destroy,
};

int
decor_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, const struct toplevel_listener *listener, void *data,
	struct toplevel **ret_toplevel)
{
	struct decor_toplevel *decor = calloc(1, sizeof(*decor));

	if (decor == NULL) {
		return -ENOMEM;
	}
	decor->base = (struct toplevel){ &decor_ops, listener, data };
	decor->frame = libdecor_decorate(display->libdecor, surface, &frame_listener, decor);
	if (decor->frame == NULL) {
		log_warning("libdecor can not decorate a window: it has no title bar");
		free(decor);
		return -ENOTSUP;
	}
	libdecor_frame_set_title(decor->frame, title);
	libdecor_frame_set_app_id(decor->frame, app_id);
	libdecor_frame_set_min_content_size(decor->frame, TOPLEVEL_MIN_SIZE, TOPLEVEL_MIN_SIZE);
	*ret_toplevel = &decor->base;
	return 0;
}

/* Those that libdecor tries, and what they are linked with. */
#define MAX_PLUGINS 8

struct plugins {
	uint32_t n_names;
	const char *names[MAX_PLUGINS];
};

/* Content of the window that is never seen: any size with room for a title. */
#define WARM_UP_SIZE 320

static void
handle_warm_up_configure(void *data, const struct toplevel_configure *configure)
{
	struct toplevel **toplevel = data;

	toplevel_apply(*toplevel, WARM_UP_SIZE, WARM_UP_SIZE);
}

static void
handle_warm_up_nothing(void *data)
{
}

static const struct toplevel_listener warm_up_listener = {
	.configure = handle_warm_up_configure,
	.close = handle_warm_up_nothing,
	.commit = handle_warm_up_nothing,
};

/*
 * The first title bar takes plugins tens of milliseconds, for fonts. So they draw one now, around
 * a surface that never gets a picture and so never is on screen.
 */
static void
warm_up(struct display *display)
{
	struct wl_surface *surface = wl_compositor_create_surface(display->globals.compositor);
	struct toplevel *toplevel = NULL;

	if (surface == NULL) {
		return;
	}
	if (decor_create(display, surface, "Vitrine", "", &warm_up_listener, &toplevel,
		    &toplevel) == 0) {
		toplevel_start(toplevel);
		display_roundtrip(display);
	}
	toplevel_destroy(toplevel);
	wl_surface_destroy(surface);
}

/* Of the libraries that are loaded now. */
static int
note_plugin(struct dl_phdr_info *info, size_t size, void *data)
{
	struct plugins *plugins = data;

	if (plugins->n_names < MAX_PLUGINS && strstr(info->dlpi_name, "/libdecor/") != NULL) {
		plugins->names[plugins->n_names++] = info->dlpi_name;
	}
	return 0;
}

/*
 * On the next compositor, when this process may map no code any more, the plugin has to be there
 * still: libdecor takes it for loaded then.
 */
static void
keep_plugins(void)
{
	struct plugins plugins = { 0 };

	dl_iterate_phdr(note_plugin, &plugins);
	for (uint32_t i = 0; i < plugins.n_names; i++) {
		dlopen(plugins.names[i], RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
	}
}

/*
 * A plugin asks the desktop's settings for the cursor's theme, and keeps the connection to the
 * session's bus, on which anything can be started: not in this process. XCURSOR_THEME says it, too.
 */
static struct libdecor *
create_without_bus(struct display *display)
{
	static const char variable[] = "DBUS_SESSION_BUS_ADDRESS";
	const char *value = getenv(variable);
	char *address = value != NULL ? strdup(value) : NULL;
	struct libdecor *libdecor;

	setenv(variable, "disabled:", 1);
	libdecor = libdecor_new(display->connection, &libdecor_listener);
	if (address != NULL) {
		setenv(variable, address, 1);
	} else {
		unsetenv(variable);
	}
	free(address);
	return libdecor;
}

void
decor_init(struct display *display)
{
	if (display->globals.decoration_manager != NULL) {
		return;
	}
	display->libdecor = create_without_bus(display);
	if (display->libdecor == NULL) {
		log_warning("libdecor does not work here: windows have no title bar");
		return;
	}
	keep_plugins();
	/* It asks for globals of its own; what it draws with is there after the second answer. */
	display_roundtrip(display);
	display_roundtrip(display);
	warm_up(display);
}
