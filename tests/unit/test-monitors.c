#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "monitors-private.h"
#include "view-private.h"

/*
 * What the guest is told of its monitors, with a guest that writes it down. There are no windows
 * here: what one would say of its size is put into its view.
 */

#define N_HEADS 3
#define MAX_TOLD 32

struct fixture {
	sd_event *event;
	struct deadlines deadlines;
	struct flow_clock clock;
	struct flow *flow;
	struct buffer *buffer;

	struct guest guest; /* listener and data unused */
	struct guest_head heads[N_HEADS];
	struct picture_policy policy;
	struct view_context context;
	struct view_list views;
	struct monitors_options options;
	struct monitors *monitors;

	/* In order. */
	uint32_t n_told;
	struct {
		uint32_t console;
		struct head_geometry geometry;
	} told[MAX_TOLD];
	uint32_t n_left, n_power;
	int power_result;
};

static struct fixture the_fixture;

static int
note_head(struct guest *guest, struct guest_head *head, const struct head_geometry *geometry)
{
	struct fixture *f = &the_fixture;

	assert_ptr_equal(guest, &f->guest);
	assert_true(f->n_told < MAX_TOLD);
	f->told[f->n_told].console = head->console;
	f->told[f->n_told++].geometry = *geometry;
	return 0;
}

static int
note_power(struct guest *guest, enum guest_power power)
{
	the_fixture.n_power++;
	return the_fixture.power_result;
}

static void
note_done(struct guest *guest, struct guest_head *head, uint64_t serial)
{
}

static const struct guest_ops guest_ops = {
	.name = "noting",
	.update_done = note_done,
	.set_head = note_head,
	.power = note_power,
};

static uint64_t
now_ns(struct flow_clock *clock)
{
	return 1;
}

static void
arm(struct flow_clock *clock, uint64_t at_ns)
{
}

static void
handle_scanout_changed(void *data, struct view *view)
{
	monitors_handle_scanout(the_fixture.monitors, view);
}

static const struct view_listener view_listener = { .scanout_changed = handle_scanout_changed };

static void
handle_changed(void *data)
{
}

static void
handle_leave(void *data)
{
	((struct fixture *)data)->n_left++;
}

static const struct monitors_listener monitors_listener = {
	.changed = handle_changed,
	.leave = handle_leave,
};

static struct buffer *
make_buffer(void)
{
	AUTO_FD int fd = unit_memfd(4096, 0);
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = 16,
		.height = 16,
		.fourcc = DRM_FORMAT_XRGB8888,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = 64 } },
	};
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	return buffer;
}

static int
setup(void **state)
{
	struct fixture *f = &the_fixture;

	*f = (struct fixture){
		.clock = { .now_ns = now_ns, .arm = arm },
		.guest = { .ops = &guest_ops },
		.options = { .auto_resize = true },
	};
	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(flow_create(&f->clock, &flow_auto, &f->flow), 0);
	f->buffer = make_buffer();
	f->context = (struct view_context){
		.event = f->event,
		.guest = &f->guest,
		.deadlines = &f->deadlines,
		.flow = f->flow,
		.policy = &f->policy,
		.listener = &view_listener,
	};
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	monitors_destroy(f->monitors);
	for (uint32_t i = 0; i < N_HEADS; i++) {
		view_destroy(f->views.views[i]);
	}
	flow_destroy(f->flow);
	buffer_unref(f->buffer);
	assert_null(f->deadlines.first);
	sd_event_unref(f->event);
	return 0;
}

static void
add_head(struct fixture *f, uint32_t i)
{
	f->heads[i] = (struct guest_head){
		.gpu = "gpu",
		.index = i,
		.console = i,
		.resizable = true,
	};
	assert_int_equal(view_create(&f->context, &f->heads[i], &f->views.views[i]), 0);
	f->views.n_views = f->views.n_views > i ? f->views.n_views : i + 1;
	monitors_handle_head_added(f->monitors, f->views.views[i]);
}

/* The guest shows this on that head; 0: nothing. */
static void
show(struct fixture *f, uint32_t i, int32_t width, int32_t height)
{
	struct scanout scanout = {
		.buffer = f->buffer,
		.source = { 0, 0, width, height },
	};

	view_handle_scanout(f->views.views[i], width > 0 ? &scanout : NULL);
}

/* Attached to a guest that shows the first of its heads. */
static void
attach(struct fixture *f)
{
	static const struct guest_identity identity = { .name = "box" };

	assert_int_equal(monitors_create(f->event, &f->deadlines, &f->views, &f->options,
				 &monitors_listener, f, &f->monitors),
		0);
	monitors_set_guest(f->monitors, &f->guest, &identity, NULL);
	for (uint32_t i = 0; i < N_HEADS; i++) {
		add_head(f, i);
	}
	show(f, 0, 800, 600);
	assert_int_equal(f->n_told, 0);
}

/* Side by side: the first at 200 %. */
static void
set_numbered_outputs(struct fixture *f, uint32_t n, uint32_t first_id)
{
	const struct display_output outputs[] = {
		{
			.id = first_id,
			.identity = { .name = "DP-1" },
			.logical = { 0, 0, 1280, 800 },
			.scale_120 = 240,
			.width_px = 2560,
			.height_px = 1600,
			.width_mm = 340,
			.height_mm = 212,
			.refresh_mhz = 60000,
		},
		{
			.id = first_id + 1,
			.identity = { .name = "HDMI-A-1" },
			.logical = { 1280, 0, 1920, 1080 },
			.scale_120 = 120,
			.width_px = 1920,
			.height_px = 1080,
			.width_mm = 600,
			.height_mm = 340,
			.refresh_mhz = 144000,
		},
	};

	monitors_handle_outputs(f->monitors, outputs, n);
}

static void
set_outputs(struct fixture *f, uint32_t n)
{
	set_numbered_outputs(f, n, 11);
}

/* The compositor and all windows are gone; in another one the ids of outputs mean others. */
static void
change_compositor(struct fixture *f)
{
	for (uint32_t i = 0; i < N_HEADS; i++) {
		view_hide(f->views.views[i]);
	}
	monitors_handle_outputs(f->monitors, NULL, 0);
	set_numbered_outputs(f, 2, 12);
}

static void
tell_room(struct fixture *f, uint32_t i, const struct window_room *room)
{
	const struct window_room before = f->views.views[i]->room;

	f->views.views[i]->room = *room;
	monitors_handle_room(f->monitors, f->views.views[i], &before);
}

/* As its window would say; the guest's pixels that it has room for. */
static void
set_room(struct fixture *f, uint32_t i, int32_t width, int32_t height, bool fixed)
{
	const struct window_room room = {
		.width = width,
		.height = height,
		.floating_width = fixed ? 0 : width,
		.floating_height = fixed ? 0 : height,
		.width_px = width,
		.height_px = height,
		.wanted_width = width,
		.wanted_height = height,
		.output = 12,
		.chosen = true,
		.fixed = fixed,
	};

	tell_room(f, i, &room);
}

/* On full screen, as a window of output's size. */
static void
cover(struct fixture *f, uint32_t i, uint32_t output, int32_t width, int32_t height)
{
	const struct window_room room = {
		.width = width,
		.height = height,
		.width_px = width,
		.height_px = height,
		.wanted_width = width,
		.wanted_height = height,
		.output = output,
		.chosen = true,
		.fixed = true,
		.fullscreen = true,
	};

	tell_room(f, i, &room);
}

/* The rest, or the patience, that a head's size waits for, is over. */
static void
let_pass(struct fixture *f, uint32_t i)
{
	struct monitor *monitor = monitors_at(f->monitors, i);

	assert_int_not_equal(monitor->resizer.state, RESIZER_IDLE);
	deadline_set(&monitor->resizer.deadline, DEADLINE_NOW);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
}

/* What a console was told last; all 0xff: nothing. */
static struct head_geometry
last_told(const struct fixture *f, uint32_t console)
{
	struct head_geometry geometry;

	memset(&geometry, 0xff, sizeof(geometry));
	for (uint32_t i = 0; i < f->n_told; i++) {
		if (f->told[i].console == console) {
			geometry = f->told[i].geometry;
		}
	}
	return geometry;
}

static void
assert_told(const struct fixture *f, uint32_t console, uint32_t width, uint32_t height, int32_t x,
	int32_t y)
{
	struct head_geometry told = last_told(f, console);

	if (told.width != width || told.height != height || told.x != x || told.y != y) {
		fail_msg("console %u was told %ux%u at %d,%d, not %ux%u at %d,%d", console,
			told.width, told.height, told.x, told.y, width, height, x, y);
	}
}

static void
assert_not_told(const struct fixture *f, uint32_t console)
{
	assert_int_equal(last_told(f, console).width, UINT32_MAX);
}

static void
assert_unplugged(const struct fixture *f, uint32_t console)
{
	assert_told(f, console, 0, 0, 0, 0);
}

static void
act(struct fixture *f, struct view *view, enum hotkey_action action, uint32_t number)
{
	monitors_handle_action(
		f->monitors, view, &(struct hotkey){ .action = action, .number = number });
}

static void
test_a_guest_is_left_as_it_is(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 0, 1024, 768);
	show(f, 0, 0, 0);
	show(f, 0, 800, 600);
	assert_int_equal(f->n_told, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[0]));
	assert_false(monitors_wants_window(f->monitors, f->views.views[1]));
}

static void
test_monitors_that_are_plugged(void **state)
{
	struct fixture *f = *state;

	f->options.plug_given = true;
	f->options.plug = 1u << 0 | 1u << 2;
	attach(f);
	set_outputs(f, 2);
	assert_int_equal(f->n_told, 0);
	monitors_handle_synced(f->monitors);
	assert_unplugged(f, 1);
	/* Beside what the first shows. */
	assert_told(f, 2, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 800, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[2]));
	assert_false(monitors_wants_window(f->monitors, f->views.views[1]));
	assert_false(monitors_may_stand_in(f->monitors, f->views.views[1]));
	assert_int_not_equal(monitors_asked_ns(f->monitors, f->views.views[2]), 0);
}

/* What is said of that. */
static void
plug(struct fixture *f, uint32_t consoles, struct unit_output *ret_said)
{
	f->options.plug_given = true;
	f->options.plug = consoles;
	attach(f);
	set_outputs(f, 2);
	unit_output_begin(ret_said, STDERR_FILENO);
	monitors_handle_synced(f->monitors);
	unit_output_end(ret_said);
}

static void
test_consoles_that_are_not_there(void **state)
{
	struct unit_output said;

	plug(*state, 1u << 0 | 1u << 7, &said);
	assert_non_null(strstr(said.text, "--monitors"));
	assert_non_null(strstr(said.text, "console 7"));
}

/* As many as there are: it names none that could be missing. */
static void
test_all_consoles(void **state)
{
	struct fixture *f = *state;
	char error[MONITOR_MAPPING_ERROR_SIZE];
	struct unit_output said;
	uint32_t all;

	assert_int_equal(monitor_mapping_parse_consoles("all", error, &all), 0);
	plug(f, all, &said);
	assert_told(f, 1, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 800, 0);
	assert_told(f, 2, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 2080, 0);
	assert_string_equal(said.text, "");
}

static void
test_a_window_that_is_resized(void **state)
{
	struct fixture *f = *state;
	struct head_geometry told;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 900, 680, false);
	set_room(f, 0, 960, 540, false);
	assert_int_equal(f->n_told, 0);
	let_pass(f, 0);
	assert_int_equal(f->n_told, 1);
	assert_told(f, 0, 960, 540, 0, 0);
	/* Half of a monitor of 600x340 mm. */
	told = last_told(f, 0);
	assert_int_equal(told.width_mm, 300);
	assert_int_equal(told.height_mm, 170);
	assert_int_equal(told.refresh_mhz, 144000);
	show(f, 0, 960, 540);
	/* The same once more is not news. */
	set_room(f, 0, 960, 540, false);
	assert_int_equal(f->n_told, 1);
	/* What it covers as a whole is no step on the way. */
	set_room(f, 0, 1920, 1080, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	assert_told(f, 0, 1920, 1080, 0, 0);
	assert_int_equal(f->n_told, 2);
}

/* Those beside it move along. */
static void
test_neighbours_move(void **state)
{
	struct fixture *f = *state;

	f->options.plug_given = true;
	f->options.plug = 1u << 0 | 1u << 1;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_told(f, 1, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 800, 0);
	set_room(f, 0, 1000, 700, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	assert_told(f, 0, 1000, 700, 0, 0);
	assert_told(f, 1, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 1000, 0);
}

static void
test_guests_that_are_not_told(void **state)
{
	struct fixture *f = *state;

	f->options.auto_resize = false;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 1000, 700, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	assert_int_equal(f->n_told, 0);
	assert_false(view_wishes(f->views.views[0])->follows);
}

static void
test_a_vmm_that_cannot(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_true(view_wishes(f->views.views[0])->follows);
	f->heads[0].resizable = false;
	monitors_handle_head_changed(f->monitors, f->views.views[0]);
	assert_false(view_wishes(f->views.views[0])->follows);
	set_room(f, 0, 1000, 700, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	assert_int_equal(f->n_told, 0);
}

/* Window and guest go their own ways, until it comes round. */
static void
test_a_guest_that_takes_no_notice(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	for (int32_t i = 0; i < RESIZER_MAX_STRIKES; i++) {
		assert_true(view_wishes(f->views.views[0])->follows);
		set_room(f, 0, 1000 + i, 700, false);
		let_pass(f, 0);
		assert_told(f, 0, 1000 + (uint32_t)i, 700, 0, 0);
		let_pass(f, 0);
	}
	assert_false(view_wishes(f->views.views[0])->follows);
	set_room(f, 0, 1100, 700, false);
	let_pass(f, 0);
	assert_told(f, 0, 1100, 700, 0, 0);
	show(f, 0, 1100, 700);
	assert_true(view_wishes(f->views.views[0])->follows);
}

static void
test_zoom(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	act(f, f->views.views[0], HOTKEY_ZOOM_IN, 0);
	assert_int_equal(view_wishes(f->views.views[0])->zoom_percent, 125);
	for (uint32_t i = 0; i < 20; i++) {
		act(f, f->views.views[0], HOTKEY_ZOOM_IN, 0);
	}
	assert_int_equal(view_wishes(f->views.views[0])->zoom_percent, MONITORS_ZOOM_MAX);
	for (uint32_t i = 0; i < 20; i++) {
		act(f, f->views.views[0], HOTKEY_ZOOM_OUT, 0);
	}
	assert_int_equal(view_wishes(f->views.views[0])->zoom_percent, MONITORS_ZOOM_MIN);
	act(f, f->views.views[0], HOTKEY_ZOOM_RESET, 0);
	assert_int_equal(view_wishes(f->views.views[0])->zoom_percent, 100);
}

/* A guest monitor for each of the host's, arranged alike, and with them they come and go. */
static void
test_all_monitors_of_the_host(void **state)
{
	struct fixture *f = *state;
	struct head_geometry told;

	f->options.fullscreen = FULLSCREEN_ALL;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_told(f, 1, 1920, 1080, 800, 0);
	told = last_told(f, 1);
	assert_int_equal(told.width_mm, 600);
	assert_int_equal(told.height_mm, 340);
	assert_int_equal(told.refresh_mhz, 144000);
	assert_not_told(f, 2);
	assert_true(view_wishes(f->views.views[0])->fullscreen);
	assert_int_equal(view_wishes(f->views.views[0])->output, 11);
	assert_true(view_wishes(f->views.views[1])->fullscreen);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
	show(f, 1, 1920, 1080);
	/* The window of the first covers its output now. */
	cover(f, 0, 11, 2560, 1600);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	assert_told(f, 0, 2560, 1600, 0, 0);
	assert_told(f, 1, 1920, 1080, 2560, 0);

	set_outputs(f, 1);
	assert_unplugged(f, 1);
	assert_false(monitors_wants_window(f->monitors, f->views.views[1]));
	show(f, 1, 0, 0);
	set_outputs(f, 2);
	assert_told(f, 1, 1920, 1080, 2560, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[1]));
}

/* One that the guest had not got before is plugged in the size of what it covers. */
static void
test_another_monitor_of_the_host(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_ALL;
	attach(f);
	set_outputs(f, 1);
	monitors_handle_synced(f->monitors);
	assert_not_told(f, 1);
	set_outputs(f, 2);
	assert_told(f, 1, 1920, 1080, 800, 0);
	assert_int_equal(f->n_told, 1);
}

/* What the guest still shows of an unplugged one does not plug it. */
static void
test_a_guest_that_is_late_to_unplug(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_ALL;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 1920, 1080);
	set_outputs(f, 1);
	assert_unplugged(f, 1);
	show(f, 1, 640, 480);
	assert_unplugged(f, 1);
	set_outputs(f, 2);
	assert_told(f, 1, 1920, 1080, 800, 0);
}

static void
remember(struct fixture *f, uint32_t i, const char *gpu, uint32_t index, bool plugged)
{
	struct layout_head *head = &f->monitors->remembered.heads[i];

	strcpy(head->gpu, gpu);
	head->index = index;
	head->plugged = plugged;
	f->monitors->remembered.n_heads = i + 1;
}

static void
test_what_is_remembered_is_plugged(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	remember(f, 0, "gpu", 0, false);
	remember(f, 1, "gpu", 1, true);
	monitors_handle_synced(f->monitors);
	assert_unplugged(f, 0);
	assert_told(f, 1, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 0, 0);
	assert_false(monitors_wants_window(f->monitors, f->views.views[0]));
}

/* The monitor that was plugged is none of the VM's any more: the user is to see something. */
static void
test_what_is_remembered_is_gone(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	remember(f, 0, "gpu", 0, false);
	remember(f, 1, "another", 0, true);
	monitors_handle_synced(f->monitors);
	assert_int_equal(f->n_told, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[0]));
}

/* Compositors may say that a window covers its output only once it is there, and again at each. */
static void
test_a_new_window_that_does_not_cover_yet(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_ALL;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 1920, 1080);
	cover(f, 1, 12, 1920, 1080);
	view_hide(f->views.views[1]);
	set_room(f, 1, 800, 600, false);
	cover(f, 1, 12, 1920, 1080);
	/* It is as the program placed it: it goes with its output. */
	set_outputs(f, 1);
	assert_unplugged(f, 1);
}

static void
test_a_window_that_the_user_takes_off_its_output(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_ALL;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 1920, 1080);
	cover(f, 1, 12, 1920, 1080);
	set_room(f, 1, 1920, 1080, false);
	set_outputs(f, 1);
	assert_true(monitors_wants_window(f->monitors, f->views.views[1]));
}

/* Whoever drags the border between two tiled windows has not done yet. */
static void
test_a_tiled_window_that_is_resized(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 800, 600, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	for (int32_t width = 810; width <= 1000; width += 10) {
		set_room(f, 0, width, 600, true);
		assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	}
	assert_int_equal(f->n_told, 1);
	let_pass(f, 0);
	assert_told(f, 0, 1000, 600, 0, 0);
}

static void
test_full_screen_on_another_compositor(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_SHOWN;
	attach(f);
	set_outputs(f, 2);
	show(f, 1, 640, 480);
	monitors_handle_synced(f->monitors);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	assert_int_equal(view_wishes(f->views.views[1])->output, 13);
}

/* The desktop moved it onto the other one's monitor meanwhile. */
static void
test_full_screen_when_a_monitor_is_back(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_SHOWN;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 640, 480);
	cover(f, 0, 11, 2560, 1600);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
	cover(f, 1, 12, 1920, 1080);
	set_outputs(f, 1);
	cover(f, 1, 11, 2560, 1600);
	set_numbered_outputs(f, 2, 11);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
	assert_true(view_wishes(f->views.views[1])->fullscreen);
}

static void
test_the_user_s_full_screen_on_another_compositor(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 800, 600, false);
	act(f, f->views.views[0], HOTKEY_FULL_SCREEN, 0);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	change_compositor(f);
	assert_true(view_wishes(f->views.views[0])->fullscreen);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

/* Its window is another one then. */
static void
turn_off_and_on(struct fixture *f, uint32_t i)
{
	show(f, i, 0, 0);
	view_hide(f->views.views[i]);
	show(f, i, 640, 480);
}

/* By a key of the desktop's: it is where the desktop has it. */
static void
test_the_desktop_s_full_screen_on_another_compositor(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 800, 600, false);
	cover(f, 0, 11, 2560, 1600);
	cover(f, 0, 12, 1920, 1080);
	/* Nothing is asked for where it is already. */
	assert_int_equal(view_wishes(f->views.views[0])->output, 0);
	change_compositor(f);
	assert_true(view_wishes(f->views.views[0])->fullscreen);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

static void
test_the_desktop_s_full_screen_when_its_monitor_is_unplugged(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 12, 1920, 1080);
	set_outputs(f, 1);
	cover(f, 0, 11, 2560, 1600);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

/* What is left is of the same kind, and not its own all the same. */
static void
test_the_desktop_s_full_screen_when_a_twin_is_left(void **state)
{
	struct fixture *f = *state;
	struct display_output twins[2] = { { .id = 11 }, { .id = 12 } };

	for (uint32_t i = 0; i < 2; i++) {
		strcpy(twins[i].identity.model, "Twin");
		strcpy(twins[i].identity.name, i == 0 ? "DP-1" : "DP-2");
	}
	attach(f);
	monitors_handle_outputs(f->monitors, twins, 2);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 12, 1920, 1080);
	monitors_handle_outputs(f->monitors, twins, 1);
	cover(f, 0, 11, 1920, 1080);
	view_hide(f->views.views[0]);
	monitors_handle_outputs(f->monitors, NULL, 0);
	twins[0].id = 12;
	twins[1].id = 13;
	monitors_handle_outputs(f->monitors, twins, 2);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

/* The guest turns a monitor off and on again: that is another window. */
static void
test_the_desktop_s_full_screen_when_its_window_comes_back(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	show(f, 1, 640, 480);
	monitors_handle_synced(f->monitors);
	cover(f, 1, 12, 1920, 1080);
	turn_off_and_on(f, 1);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
}

/* What was asked for once is not asked for again where the desktop has moved it since. */
static void
test_the_user_s_full_screen_that_was_moved(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	show(f, 1, 640, 480);
	monitors_handle_synced(f->monitors);
	set_room(f, 1, 800, 600, false);
	act(f, f->views.views[1], HOTKEY_FULL_SCREEN, 0);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
	cover(f, 1, 12, 1920, 1080);
	cover(f, 1, 11, 2560, 1600);
	turn_off_and_on(f, 1);
	assert_int_equal(view_wishes(f->views.views[1])->output, 11);
	/* Closed and opened again: in that size. */
	cover(f, 1, 11, 2560, 1600);
	cover(f, 1, 12, 1920, 1080);
	monitors_handle_close(f->monitors, f->views.views[1]);
	show(f, 1, 0, 0);
	act(f, f->views.views[0], HOTKEY_MONITOR, 2);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
	assert_told(f, 1, 1920, 1080, 0, 0);
}

/* Left, and begun anew on another monitor, by the desktop's keys. */
static void
test_full_screen_that_the_desktop_begins_elsewhere(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_SHOWN;
	attach(f);
	set_outputs(f, 2);
	show(f, 1, 640, 480);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 11, 2560, 1600);
	cover(f, 1, 12, 1920, 1080);
	set_room(f, 1, 800, 600, false);
	cover(f, 1, 11, 2560, 1600);
	turn_off_and_on(f, 1);
	assert_int_equal(view_wishes(f->views.views[1])->output, 11);
}

/* Its monitor is not there when it comes up again: it is for the desktop to say. */
static void
test_full_screen_whose_monitor_is_gone(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	show(f, 1, 640, 480);
	monitors_handle_synced(f->monitors);
	set_room(f, 1, 800, 600, false);
	act(f, f->views.views[1], HOTKEY_FULL_SCREEN, 0);
	cover(f, 1, 12, 1920, 1080);
	set_outputs(f, 1);
	turn_off_and_on(f, 1);
	assert_int_equal(view_wishes(f->views.views[1])->output, 0);
	cover(f, 1, 11, 2560, 1600);
	/* It was not the user who had it there. */
	set_outputs(f, 2);
	cover(f, 1, 11, 2560, 1600);
	turn_off_and_on(f, 1);
	assert_int_equal(view_wishes(f->views.views[1])->output, 12);
}

/* While its workspace is not shown a window is on no monitor. */
static void
test_full_screen_that_is_moved_unseen(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 11, 2560, 1600);
	cover(f, 0, 0, 2560, 1600);
	cover(f, 0, 12, 1920, 1080);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
	/* Off one that is unplugged, and not back at once. */
	cover(f, 0, 13, 1920, 1080);
	set_numbered_outputs(f, 1, 12);
	cover(f, 0, 0, 1920, 1080);
	cover(f, 0, 12, 2560, 1600);
	set_numbered_outputs(f, 2, 12);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

/* Of those that are there the user has it on another one meanwhile. */
static void
test_full_screen_that_is_moved_while_its_monitor_is_gone(void **state)
{
	struct fixture *f = *state;
	struct display_output outputs[3] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };

	for (uint32_t i = 0; i < 3; i++) {
		strcpy(outputs[i].identity.name, (const char *[]){ "DP-1", "DP-2", "DP-3" }[i]);
	}
	attach(f);
	monitors_handle_outputs(f->monitors, outputs, 3);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 3, 1920, 1080);
	monitors_handle_outputs(f->monitors, outputs, 2);
	cover(f, 0, 1, 1920, 1080);
	cover(f, 0, 2, 1920, 1080);
	monitors_handle_outputs(f->monitors, outputs, 3);
	turn_off_and_on(f, 0);
	assert_int_equal(view_wishes(f->views.views[0])->output, 2);
}

/* As the layout has it, until the user moves it. */
static void
test_remembered_full_screen_that_was_moved(void **state)
{
	struct fixture *f = *state;
	struct monitor *monitor;

	attach(f);
	monitor = monitors_at(f->monitors, 0);
	monitor->fullscreen = monitor->placed = monitor->has_home = true;
	strcpy(monitor->home.name, "DP-1");
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_int_equal(view_wishes(f->views.views[0])->output, 11);
	cover(f, 0, 11, 2560, 1600);
	cover(f, 0, 12, 1920, 1080);
	/* Some output has changed: nothing is asked for where it is already. */
	set_outputs(f, 2);
	assert_int_equal(view_wishes(f->views.views[0])->output, 11);
	turn_off_and_on(f, 0);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	cover(f, 0, 12, 1920, 1080);
	cover(f, 0, 11, 2560, 1600);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
}

/* A compositor that does not grant it, or not at once: that is not the user. */
static void
test_remembered_full_screen_that_comes_up_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct monitor *monitor;

	attach(f);
	monitor = monitors_at(f->monitors, 0);
	monitor->fullscreen = monitor->placed = monitor->has_home = true;
	strcpy(monitor->home.name, "DP-1");
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 800, 600, false);
	cover(f, 0, 12, 1920, 1080);
	cover(f, 0, 12, 1920, 1080);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	/* Nor is another window's monitor one that this one is moved off. */
	cover(f, 0, 13, 1920, 1080);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
}

/* A single window is where the desktop has it, also on the next compositor. */
static void
test_a_single_window_on_another_compositor(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_SHOWN;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_int_equal(view_wishes(f->views.views[0])->output, 0);
	cover(f, 0, 12, 1920, 1080);
	set_outputs(f, 2);
	assert_int_equal(view_wishes(f->views.views[0])->output, 0);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
	/* The user moves it: a second one has what it leaves. */
	cover(f, 0, 13, 1920, 1080);
	cover(f, 0, 12, 2560, 1600);
	show(f, 1, 640, 480);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
	assert_int_equal(view_wishes(f->views.views[1])->output, 13);
	change_compositor(f);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	assert_int_equal(view_wishes(f->views.views[1])->output, 13);
}

/* The desktop has it on what is left; a second window does not drive it away from there. */
static void
test_a_single_window_when_its_monitor_is_back(void **state)
{
	struct fixture *f = *state;
	struct display_output outputs[3] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };

	f->options.fullscreen = FULLSCREEN_SHOWN;
	for (uint32_t i = 0; i < 3; i++) {
		strcpy(outputs[i].identity.name, (const char *[]){ "DP-1", "DP-2", "DP-3" }[i]);
	}
	attach(f);
	monitors_handle_outputs(f->monitors, outputs, 3);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 3, 1920, 1080);
	monitors_handle_outputs(f->monitors, outputs, 2);
	cover(f, 0, 2, 1920, 1080);
	show(f, 1, 640, 480);
	assert_int_equal(view_wishes(f->views.views[0])->output, 0);
	assert_int_equal(view_wishes(f->views.views[1])->output, 1);
	cover(f, 1, 1, 1920, 1080);
	outputs[2].id = 4;
	monitors_handle_outputs(f->monitors, outputs, 3);
	assert_int_equal(view_wishes(f->views.views[0])->output, 4);
	assert_int_equal(view_wishes(f->views.views[1])->output, 1);
}

/* The same where that was asked for. */
static void
test_a_single_window_whose_monitor_comes_and_goes(void **state)
{
	struct fixture *f = *state;

	f->options.fullscreen = FULLSCREEN_SHOWN;
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	cover(f, 0, 12, 1920, 1080);
	change_compositor(f);
	cover(f, 0, 13, 1920, 1080);
	set_numbered_outputs(f, 1, 12);
	assert_int_equal(view_wishes(f->views.views[0])->output, 0);
	cover(f, 0, 12, 2560, 1600);
	set_numbered_outputs(f, 2, 12);
	assert_int_equal(view_wishes(f->views.views[0])->output, 13);
}

/* One that is another's until it is given one that is nobody's. */
static void
test_full_screen_that_shares_a_monitor(void **state)
{
	struct fixture *f = *state;
	struct display_output outputs[2] = { { .id = 11 }, { .id = 13 } };

	f->options.fullscreen = FULLSCREEN_SHOWN;
	strcpy(outputs[0].identity.name, "DP-1");
	strcpy(outputs[1].identity.name, "DP-3");
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 640, 480);
	cover(f, 0, 11, 2560, 1600);
	cover(f, 1, 12, 1920, 1080);
	set_outputs(f, 1);
	cover(f, 1, 11, 2560, 1600);
	monitors_handle_outputs(f->monitors, outputs, 2);
	assert_int_equal(view_wishes(f->views.views[1])->output, 13);
}

static void
test_maximised_below_full_screen(void **state)
{
	struct fixture *f = *state;
	struct window_room room = { .width = 9, .height = 9, .maximized = true, .fixed = true };

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 800, 600, false);
	tell_room(f, 0, &room);
	assert_true(view_wishes(f->views.views[0])->maximized);
	room.fullscreen = true;
	tell_room(f, 0, &room);
	assert_true(view_wishes(f->views.views[0])->maximized);
	set_room(f, 0, 800, 600, false);
	assert_false(view_wishes(f->views.views[0])->maximized);
}

/* Two monitors of one kind, on a dock that numbers them anew: each window has its own. */
static void
test_monitors_of_one_kind(void **state)
{
	struct fixture *f = *state;
	struct display_output twins[2] = {
		{ .id = 5, .width_px = 1920, .height_px = 1080, .scale_120 = 120 },
		{ .id = 6, .width_px = 1920, .height_px = 1080, .scale_120 = 120 },
	};

	attach(f);
	for (uint32_t i = 0; i < 2; i++) {
		struct monitor *monitor = monitors_at(f->monitors, i);

		monitor->fullscreen = monitor->placed = monitor->has_home = true;
		strcpy(monitor->home.model, "Twin");
		strcpy(monitor->home.name, i == 0 ? "DP-1" : "DP-2");
		strcpy(twins[i].identity.model, "Twin");
		strcpy(twins[i].identity.name, i == 0 ? "DP-5" : "DP-6");
	}
	monitors_handle_outputs(f->monitors, twins, 2);
	assert_int_equal(view_wishes(f->views.views[0])->output, 5);
	assert_int_equal(view_wishes(f->views.views[1])->output, 6);
}

/* 1366 pixels at 125 % are 1093. */
static void
test_even_widths_are_plugged(void **state)
{
	struct fixture *f = *state;
	struct display_output output = { .id = 3, .width_px = 1366, .height_px = 768 };

	f->options.fullscreen = FULLSCREEN_ALL;
	f->options.even_width = true;
	f->options.zoom_percent = 125;
	attach(f);
	monitors_handle_outputs(f->monitors, &output, 1);
	show(f, 0, 0, 0);
	monitors_handle_synced(f->monitors);
	act(f, f->views.views[0], HOTKEY_MONITOR, 1);
	assert_told(f, 0, 1092, 614, 0, 0);
}

static void
test_mapping(void **state)
{
	struct fixture *f = *state;
	char error[MONITOR_MAPPING_ERROR_SIZE];

	assert_int_equal(monitor_mapping_parse("1:2;2:DP-1", error, &f->options.mapping), 0);
	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	assert_int_equal(view_wishes(f->views.views[0])->output, 12);
	assert_int_equal(view_wishes(f->views.views[1])->output, 11);
	assert_told(f, 1, 2560, 1600, 0, 0);
	assert_not_told(f, 2);
}

static void
test_keys_plug_and_unplug(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	act(f, f->views.views[0], HOTKEY_MONITOR, 3);
	assert_told(f, 2, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT, 800, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[2]));
	show(f, 2, MONITORS_DEFAULT_WIDTH, MONITORS_DEFAULT_HEIGHT);
	act(f, f->views.views[0], HOTKEY_MONITOR, 3);
	assert_unplugged(f, 2);
	assert_false(monitors_wants_window(f->monitors, f->views.views[2]));
	/* There is none of that number; and the last one stays. */
	act(f, f->views.views[0], HOTKEY_MONITOR, 9);
	act(f, f->views.views[0], HOTKEY_MONITOR, 1);
	assert_not_told(f, 0);
	assert_true(monitors_wants_window(f->monitors, f->views.views[0]));
}

/* The VM was reset: its heads are made anew, and are to be as they were. */
static void
test_a_reset(void **state)
{
	struct fixture *f = *state;
	struct head_geometry before;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	set_room(f, 0, 1000, 700, true);
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
	before = last_told(f, 0);
	monitors_handle_head_removed(f->monitors, f->views.views[0]);
	view_destroy(f->views.views[0]);
	f->n_told = 0;
	add_head(f, 0);
	assert_told(f, 0, before.width, before.height, before.x, before.y);
}

/* Its pictures go on, in windows of any size, and nobody waits for it to follow them. */
static void
test_another_viewer_has_it(void **state)
{
	struct fixture *f = *state;
	const struct view_wishes *wishes;
	const struct resizer *resizer;

	attach(f);
	monitors_handle_synced(f->monitors);
	wishes = view_wishes(f->views.views[0]);
	resizer = &monitors_at(f->monitors, 0)->resizer;
	set_room(f, 0, 1000, 700, false);
	assert_int_equal(resizer->state, RESIZER_RESTING);
	assert_true(wishes->follows);
	f->views.taken_over = true;
	monitors_handle_taken_over(f->monitors);
	assert_int_equal(resizer->state, RESIZER_IDLE);
	assert_false(wishes->follows);
	set_room(f, 0, 1100, 800, true);
	assert_int_equal(resizer->state, RESIZER_IDLE);
	/* It happened before the VM was back. */
	monitors_handle_back(f->monitors);
	set_room(f, 0, 1200, 900, true);
	assert_int_equal(resizer->state, RESIZER_IDLE);
	assert_false(wishes->follows);
	assert_int_equal(f->n_told, 0);

	f->views.taken_over = false;
	monitors_handle_back(f->monitors);
	assert_true(wishes->follows);
	set_room(f, 0, 1000, 700, true);
	let_pass(f, 0);
	assert_int_equal(last_told(f, 0).width, 1000);
}

static void
test_windows_are_closed(void **state)
{
	struct fixture *f = *state;

	attach(f);
	set_outputs(f, 2);
	monitors_handle_synced(f->monitors);
	show(f, 1, 640, 480);
	monitors_handle_close(f->monitors, f->views.views[0]);
	assert_unplugged(f, 0);
	assert_int_equal(f->n_left, 0);
	assert_false(monitors_wants_window(f->monitors, f->views.views[0]));
	/* What the guest shows there does not open it again. */
	show(f, 0, 640, 480);
	assert_false(monitors_wants_window(f->monitors, f->views.views[0]));
	monitors_handle_close(f->monitors, f->views.views[1]);
	assert_int_equal(f->n_left, 1);
	/* The last one's monitor stays plugged: the VM is as it was. */
	assert_not_told(f, 1);
}

static void
test_closing_asks_first(void **state)
{
	struct fixture *f = *state;

	f->options.window_close = WINDOW_CLOSE_ASK;
	attach(f);
	monitors_handle_synced(f->monitors);
	monitors_handle_close(f->monitors, f->views.views[0]);
	assert_int_equal(f->n_left, 0);
	monitors_handle_close(f->monitors, f->views.views[0]);
	assert_int_equal(f->n_left, 1);
	assert_int_equal(f->n_told, 0);
}

static void
test_closing_shuts_down(void **state)
{
	struct fixture *f = *state;

	f->options.window_close = WINDOW_CLOSE_POWERDOWN;
	attach(f);
	monitors_handle_synced(f->monitors);
	monitors_handle_close(f->monitors, f->views.views[0]);
	assert_int_equal(f->n_power, 1);
	assert_int_equal(f->n_left, 0);
	/* It cannot: the VM is left then. */
	f->power_result = -ENOTSUP;
	monitors_handle_close(f->monitors, f->views.views[0]);
	assert_int_equal(f->n_left, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_guest_is_left_as_it_is),
		TEST(test_monitors_that_are_plugged),
		TEST(test_consoles_that_are_not_there),
		TEST(test_all_consoles),
		TEST(test_a_window_that_is_resized),
		TEST(test_neighbours_move),
		TEST(test_guests_that_are_not_told),
		TEST(test_a_vmm_that_cannot),
		TEST(test_a_guest_that_takes_no_notice),
		TEST(test_zoom),
		TEST(test_all_monitors_of_the_host),
		TEST(test_another_monitor_of_the_host),
		TEST(test_a_guest_that_is_late_to_unplug),
		TEST(test_what_is_remembered_is_plugged),
		TEST(test_what_is_remembered_is_gone),
		TEST(test_a_new_window_that_does_not_cover_yet),
		TEST(test_a_window_that_the_user_takes_off_its_output),
		TEST(test_a_tiled_window_that_is_resized),
		TEST(test_full_screen_on_another_compositor),
		TEST(test_full_screen_when_a_monitor_is_back),
		TEST(test_the_user_s_full_screen_on_another_compositor),
		TEST(test_the_desktop_s_full_screen_on_another_compositor),
		TEST(test_the_desktop_s_full_screen_when_its_monitor_is_unplugged),
		TEST(test_the_desktop_s_full_screen_when_a_twin_is_left),
		TEST(test_the_desktop_s_full_screen_when_its_window_comes_back),
		TEST(test_the_user_s_full_screen_that_was_moved),
		TEST(test_full_screen_that_the_desktop_begins_elsewhere),
		TEST(test_full_screen_whose_monitor_is_gone),
		TEST(test_full_screen_that_is_moved_unseen),
		TEST(test_full_screen_that_is_moved_while_its_monitor_is_gone),
		TEST(test_remembered_full_screen_that_was_moved),
		TEST(test_remembered_full_screen_that_comes_up_elsewhere),
		TEST(test_a_single_window_on_another_compositor),
		TEST(test_a_single_window_when_its_monitor_is_back),
		TEST(test_a_single_window_whose_monitor_comes_and_goes),
		TEST(test_full_screen_that_shares_a_monitor),
		TEST(test_maximised_below_full_screen),
		TEST(test_monitors_of_one_kind),
		TEST(test_even_widths_are_plugged),
		TEST(test_mapping),
		TEST(test_keys_plug_and_unplug),
		TEST(test_a_reset),
		TEST(test_another_viewer_has_it),
		TEST(test_windows_are_closed),
		TEST(test_closing_asks_first),
		TEST(test_closing_shuts_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
