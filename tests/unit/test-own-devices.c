#include "unit.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "devices/device-set.h"
#include "own-devices.h"
#include "view.h"

/* Monitors, and the set of devices, as the test makes them. */
struct view {
	struct guest_head head;
	bool on;
	struct scanout scanout; /* width 0: none */
	enum pointer_mode mode;
};

bool
view_is_on(const struct view *view)
{
	return view->on;
}

struct guest_head *
view_head(const struct view *view)
{
	return (struct guest_head *)&view->head;
}

const struct scanout *
view_scanout(const struct view *view)
{
	return view->scanout.source.width > 0 ? &view->scanout : NULL;
}

enum pointer_mode
view_pointer_mode(const struct view *view)
{
	return view->mode;
}

struct device_set {
	const struct device_set_listener *listener;
	void *data;
	uint32_t n_takes;
	bool closed;
	uint32_t lights;
};

static struct device_set set;

int
device_set_open(sd_event *event, const char *const *paths, uint32_t n_paths,
	const struct device_set_listener *listener, void *data, struct device_set **ret_set)
{
	set = (struct device_set){ .listener = listener, .data = data };
	*ret_set = &set;
	return 0;
}

void
device_set_close(struct device_set *closed)
{
	closed->closed = true;
}

void
device_set_take(struct device_set *taken)
{
	taken->n_takes++;
}

void
device_set_give_back(struct device_set *given)
{
	given->n_takes--;
	given->listener->lost(given->data);
}

void
device_set_light(struct device_set *lit, uint32_t locks)
{
	lit->lights = locks;
}

struct fixture {
	struct guest guest; /* first: input is handed this */
	struct input_options options;
	struct view views[2];
	struct view_list list;
	struct own_devices *devices;
	char log[UNIT_TEXT_SIZE];
};

/* One word for each, with the number of its console. */
static void
handle_input(struct guest *guest, struct guest_head *head, const struct input_event *event)
{
	static const char *const phases[] = { "begin", "update", "end", "cancel" };
	struct fixture *f = (struct fixture *)guest;
	size_t length = strlen(f->log);
	char *end = f->log + length;
	size_t size = sizeof(f->log) - length;

	switch (event->kind) {
	case INPUT_KEY:
		snprintf(end, size, "%u:%u%c ", head->console, event->key.code,
			event->key.pressed ? '+' : '-');
		return;
	case INPUT_BUTTON:
		snprintf(end, size, "%u:button%u%c ", head->console, event->button.code,
			event->button.pressed ? '+' : '-');
		return;
	case INPUT_MOTION:
		snprintf(end, size, "%u:at%g,%g ", head->console, event->motion.gx,
			event->motion.gy);
		return;
	case INPUT_RELATIVE:
		snprintf(end, size, "%u:by%g,%g ", head->console, event->relative.dx,
			event->relative.dy);
		return;
	case INPUT_WHEEL:
		snprintf(end, size, "%u:wheel%d,%d ", head->console, event->wheel.dx_120,
			event->wheel.dy_120);
		return;
	case INPUT_TOUCH:
		snprintf(end, size, "%u:touch%u-%s-%g,%g ", head->console, event->touch.slot,
			phases[event->touch.phase], event->touch.gx, event->touch.gy);
		return;
	case INPUT_PEN:
		snprintf(end, size, "%u:pen%s-%g,%g ", head->console,
			event->pen.near ? "-near" : "", event->pen.gx, event->pen.gy);
		return;
	}
}

static const struct guest_ops ops = {
	.input = handle_input,
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){
		.guest = { .ops = &ops },
		.views = {
			{ .on = true, .scanout = { .source = { .width = 200, .height = 100 } } },
			{ .on = true,
				.head = { .console = 1 },
				.scanout = { .source = { .width = 1000, .height = 1000 } } },
		},
		.list = { .views = { &f.views[0], &f.views[1] }, .n_views = 2 },
	};
	hotkeys_init(&f.options.hotkeys);
	assert_int_equal(own_devices_open(NULL, NULL, 0, &f.options, &f.list, &f.devices), 0);
	assert_int_equal(set.n_takes, 0);
	own_devices_attach(f.devices, &f.guest);
	assert_int_equal(set.n_takes, 1);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->devices != NULL) {
		own_devices_close(f->devices);
	}
	return 0;
}

static void
tell(struct input_event event)
{
	set.listener->event(set.data, &event);
}

static void
key(uint32_t code, bool pressed)
{
	tell((struct input_event){
		.kind = INPUT_KEY, .key = { .code = code, .pressed = pressed } });
}

static void
button(uint32_t code, bool pressed)
{
	tell((struct input_event){
		.kind = INPUT_BUTTON, .button = { .code = code, .pressed = pressed } });
}

static void
move(double dx, double dy)
{
	tell((struct input_event){ .kind = INPUT_RELATIVE, .relative = { .dx = dx, .dy = dy } });
}

static void
touch(enum touch_phase phase, uint32_t slot, double x, double y)
{
	tell((struct input_event){
		.kind = INPUT_TOUCH, .touch = { .phase = phase, .slot = slot, .gx = x, .gy = y } });
}

static void
pen(bool near, double x, double y)
{
	tell((struct input_event){ .kind = INPUT_PEN, .pen = { .near = near, .gx = x, .gy = y } });
}

/* And nothing else since the last time. */
static void
expect(struct fixture *f, const char *log)
{
	assert_string_equal(f->log, log);
	f->log[0] = '\0';
}

/* Whoever asks for a sync has it told once more. */
static void
test_attached_once(void **state)
{
	struct fixture *f = *state;

	own_devices_attach(f->devices, &f->guest);
	assert_int_equal(set.n_takes, 1);
}

static void
test_as_it_comes(void **state)
{
	struct fixture *f = *state;

	key(KEY_A, true);
	key(KEY_A, false);
	button(BTN_SIDE, true);
	button(BTN_SIDE, false);
	tell((struct input_event){
		.kind = INPUT_WHEEL, .wheel = { .dx_120 = -15, .dy_120 = 120 } });
	move(1.5, -2);
	expect(f, "0:30+ 0:30- 0:button275+ 0:button275- 0:wheel-15,120 0:by1.5,-2 ");
}

static void
test_mouse_with_a_place(void **state)
{
	struct fixture *f = *state;

	f->views[0].mode = POINTER_ABSOLUTE;
	move(10.5, 20);
	move(-100, 0.5);
	move(1000, 1000);
	expect(f, "0:at10.5,20 0:at0,20.5 0:at199,99 ");
	/* The screen shrinks. */
	f->views[0].scanout.source.width = 50;
	move(0, -9);
	expect(f, "0:at49,90 ");
	/* From where a tablet was last. */
	tell((struct input_event){ .kind = INPUT_MOTION, .motion = { .gx = 0.5, .gy = 0.5 } });
	move(1, 1);
	expect(f, "0:at25,50 0:at26,51 ");
	/* Nothing is there to be anywhere on. */
	f->views[0].scanout.source.width = 0;
	move(1, 1);
	expect(f, "");
}

static void
test_places_are_scaled(void **state)
{
	struct fixture *f = *state;

	touch(TOUCH_BEGIN, 2, 0.5, 0.25);
	touch(TOUCH_UPDATE, 2, 0.75, 0.25);
	touch(TOUCH_END, 2, 0, 0);
	pen(true, 0.5, 0.5);
	pen(false, 0.5, 0.5);
	expect(f, "0:touch2-begin-100,25 0:touch2-update-150,25 0:touch2-end-0,0 "
		  "0:pen-near-100,50 0:pen-100,50 ");
}

static void
test_all_is_let_go_of_when_devices_are_lost(void **state)
{
	struct fixture *f = *state;

	key(KEY_LEFTSHIFT, true);
	key(KEY_A, true);
	key(KEY_A, false);
	button(BTN_LEFT, true);
	touch(TOUCH_BEGIN, 0, 0, 0);
	touch(TOUCH_BEGIN, 31, 0, 0);
	touch(TOUCH_BEGIN, 5, 0, 0);
	touch(TOUCH_END, 5, 0, 0);
	pen(true, 0, 0);
	f->log[0] = '\0';
	set.listener->lost(set.data);
	expect(f, "0:42- 0:button272- 0:touch0-cancel-0,0 0:touch31-cancel-0,0 0:pen-0,0 ");
	set.listener->lost(set.data);
	/* What is said of them later is old news. */
	key(KEY_LEFTSHIFT, false);
	button(BTN_LEFT, false);
	touch(TOUCH_UPDATE, 0, 0, 0);
	touch(TOUCH_END, 0, 0, 0);
	expect(f, "");
}

static void
test_all_is_let_go_of_at_the_end(void **state)
{
	struct fixture *f = *state;

	key(KEY_A, true);
	own_devices_close(f->devices);
	f->devices = NULL;
	assert_true(set.closed);
	expect(f, "0:30+ 0:30- ");
}

static void
test_a_key_of_two_keyboards(void **state)
{
	struct fixture *f = *state;

	key(KEY_A, true);
	key(KEY_A, true);
	key(KEY_A, false);
	expect(f, "0:30+ ");
	key(KEY_A, false);
	expect(f, "0:30- ");
}

/* The first that is on, and what is down does not stay behind. */
static void
test_which_monitor(void **state)
{
	struct fixture *f = *state;

	key(KEY_A, true);
	f->views[0].on = false;
	key(KEY_B, true);
	expect(f, "0:30+ 0:30- 1:48+ ");
	f->views[1].on = false;
	key(KEY_C, true);
	expect(f, "1:48- 0:46+ ");
	f->list.n_views = 0;
	own_devices_handle_head_removed(f->devices, &f->views[0].head);
	key(KEY_D, true);
	key(KEY_D, false);
	expect(f, "");
}

/* The key that is down is the keyboard's, which is there. */
static void
test_a_monitor_is_removed(void **state)
{
	struct fixture *f = *state;

	key(KEY_A, true);
	f->list = (struct view_list){ .views = { &f->views[1] }, .n_views = 1 };
	own_devices_handle_head_removed(f->devices, &f->views[0].head);
	expect(f, "0:30+ ");
	key(KEY_A, false);
	expect(f, "1:30- ");
}

static void
test_remapped_keys(void **state)
{
	struct fixture *f = *state;

	f->options.remaps = (struct key_remaps){
		.n_remaps = 2,
		.remaps = { { .code = KEY_A, .n_targets = 2, .targets = { KEY_LEFTCTRL, KEY_C } },
			{ .code = KEY_CAPSLOCK } },
	};
	key(KEY_A, true);
	key(KEY_A, false);
	key(KEY_CAPSLOCK, true);
	key(KEY_CAPSLOCK, false);
	expect(f, "0:29+ 0:46+ 0:46- 0:29- ");
}

static void
test_chord(void **state)
{
	struct fixture *f = *state;
	struct device_keys keys = { 0 };

	device_keys_note(&keys, KEY_RIGHTCTRL, true);
	assert_false(set.listener->is_chord(set.data, &keys, KEY_G));
	device_keys_note(&keys, KEY_LEFTALT, true);
	assert_true(set.listener->is_chord(set.data, &keys, KEY_G));
	/* Another one of ours, which is about windows; and the guest's. */
	assert_false(set.listener->is_chord(set.data, &keys, KEY_F));
	assert_false(set.listener->is_chord(set.data, &keys, KEY_A));
	device_keys_note(&keys, KEY_LEFTMETA, true);
	assert_false(set.listener->is_chord(set.data, &keys, KEY_G));
	f->options.hotkeys.n_hotkeys = 0;
	device_keys_note(&keys, KEY_LEFTMETA, false);
	assert_false(set.listener->is_chord(set.data, &keys, KEY_G));
}

static void
test_lamps(void **state)
{
	struct fixture *f = *state;

	own_devices_handle_leds(f->devices, INPUT_LOCK_CAPS);
	assert_int_equal(set.lights, INPUT_LOCK_CAPS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_attached_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_as_it_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mouse_with_a_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_places_are_scaled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_all_is_let_go_of_when_devices_are_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_all_is_let_go_of_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_key_of_two_keyboards, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_which_monitor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_monitor_is_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remapped_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chord, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lamps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
