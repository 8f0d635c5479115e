#include "own-devices.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>

#include "devices/device-set.h"
#include "input/held-keys.h"
#include "view.h"

#define N_TOUCHES 32

struct own_devices {
	struct device_set *set;
	const struct input_options *options;
	const struct view_list *views;
	struct guest *guest; /* NULL: not there yet */

	/* The monitor that got the last event, and what is down there. */
	struct guest_head *head;
	struct held_keys held;
	uint32_t touches; /* a bit for each slot */
	bool pen_near;
	/* Where a mouse is that is to have a place, which is none of a mouse's: guest pixels. */
	double gx, gy;
};

static void
send(struct own_devices *devices, const struct input_event *event)
{
	if (devices->head != NULL) {
		guest_input(devices->guest, devices->head, event);
	}
}

static void
release_all(struct own_devices *devices)
{
	for (uint32_t code = 0; code < HELD_KEYS_N_CODES; code++) {
		const struct input_event event = held_keys_event(code, false);

		if (held_keys_has(&devices->held, code)) {
			devices->held.counts[code] = 0;
			send(devices, &event);
		}
	}
	for (uint32_t slot = 0; slot < N_TOUCHES; slot++) {
		const struct input_event event = { .kind = INPUT_TOUCH,
			.touch = { .phase = TOUCH_CANCEL, .slot = slot } };

		if (devices->touches >> slot & 1) {
			send(devices, &event);
		}
	}
	devices->touches = 0;
	if (devices->pen_near) {
		devices->pen_near = false;
		send(devices, &(const struct input_event){ .kind = INPUT_PEN });
	}
}

/* NULL: the VM has no monitor. */
static const struct view *
choose(const struct own_devices *devices)
{
	const struct view_list *views = devices->views;

	for (uint32_t i = 0; i < views->n_views; i++) {
		if (view_is_on(views->views[i])) {
			return views->views[i];
		}
	}
	return views->n_views > 0 ? views->views[0] : NULL;
}

/* What is down on a monitor is released there, or, if it was removed, on the next one. */
static const struct view *
aim(struct own_devices *devices)
{
	const struct view *view = choose(devices);
	struct guest_head *head = view != NULL ? view_head(view) : NULL;

	if (devices->head != NULL && devices->head != head) {
		release_all(devices);
	}
	devices->head = head;
	return view;
}

/* Empty while there is nothing on it. */
static struct rect
screen_of(const struct view *view)
{
	const struct scanout *scanout = view_scanout(view);

	return scanout != NULL ? scanout->source : (struct rect){ 0 };
}

static double
clamp(double value, double size)
{
	return value < 0 ? 0 : value > size - 1 ? size - 1 : value;
}

/* A mouse in a guest that wants to know where it is. */
static void
move(struct own_devices *devices, const struct input_event *relative, const struct rect *screen)
{
	struct input_event event = { .kind = INPUT_MOTION };

	if (rect_is_empty(screen)) {
		return;
	}
	devices->gx = clamp(devices->gx + relative->relative.dx, screen->width);
	devices->gy = clamp(devices->gy + relative->relative.dy, screen->height);
	event.motion.gx = devices->gx;
	event.motion.gy = devices->gy;
	send(devices, &event);
}

/* From parts of the screen to guest pixels. */
static void
place(double *gx, double *gy, const struct rect *screen)
{
	*gx *= screen->width;
	*gy *= screen->height;
}

static void
handle_touch(struct own_devices *devices, struct input_event *event, const struct rect *screen)
{
	uint32_t bit = event->touch.slot < N_TOUCHES ? UINT32_C(1) << event->touch.slot : 0;

	if (event->touch.phase == TOUCH_BEGIN) {
		devices->touches |= bit;
	} else if (!(devices->touches & bit)) {
		return; /* it has been released, or there are too many */
	} else if (event->touch.phase != TOUCH_UPDATE) {
		devices->touches &= ~bit;
	}
	place(&event->touch.gx, &event->touch.gy, screen);
	send(devices, event);
}

static void
hold(struct own_devices *devices, uint32_t code, bool pressed, uint32_t time_ms)
{
	struct input_event event = held_keys_event(code, pressed);

	if (event.kind == INPUT_KEY) {
		event.key.time_ms = time_ms;
	}
	if (pressed ? held_keys_press(&devices->held, code)
		    : held_keys_release(&devices->held, code)) {
		send(devices, &event);
	}
}

/* As the guest is to see it: another key, several or none. */
static void
handle_key(struct own_devices *devices, const struct input_event *event)
{
	const struct key_remap *remap = key_remaps_find(&devices->options->remaps, event->key.code);
	bool pressed = event->key.pressed;

	if (remap == NULL) {
		hold(devices, event->key.code, pressed, event->key.time_ms);
		return;
	}
	for (uint32_t i = 0; i < remap->n_targets; i++) {
		hold(devices, remap->targets[pressed ? i : remap->n_targets - 1 - i], pressed,
			event->key.time_ms);
	}
}

static void
handle_event(void *data, const struct input_event *told)
{
	struct own_devices *devices = data;
	const struct view *view = aim(devices);
	struct input_event event = *told;
	struct rect screen;

	if (view == NULL) {
		return;
	}
	screen = screen_of(view);
	switch (event.kind) {
	case INPUT_KEY:
		handle_key(devices, &event);
		break;
	case INPUT_BUTTON:
		hold(devices, event.button.code, event.button.pressed, 0);
		break;
	case INPUT_MOTION:
		place(&event.motion.gx, &event.motion.gy, &screen);
		devices->gx = event.motion.gx;
		devices->gy = event.motion.gy;
		send(devices, &event);
		break;
	case INPUT_RELATIVE:
		if (view_pointer_mode(view) == POINTER_ABSOLUTE) {
			move(devices, &event, &screen);
		} else {
			send(devices, &event);
		}
		break;
	case INPUT_WHEEL:
		send(devices, &event);
		break;
	case INPUT_TOUCH:
		handle_touch(devices, &event, &screen);
		break;
	case INPUT_PEN:
		place(&event.pen.gx, &event.pen.gy, &screen);
		devices->pen_near = event.pen.near;
		send(devices, &event);
		break;
	}
}

static bool
is_chord(void *data, const struct device_keys *keys, uint32_t code)
{
	static const uint32_t codes[] = { KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT,
		KEY_RIGHTSHIFT, KEY_LEFTALT, KEY_RIGHTALT, KEY_LEFTMETA, KEY_RIGHTMETA };
	const struct own_devices *devices = data;
	const struct hotkey *hotkey;
	uint32_t modifiers = 0;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		modifiers |= device_keys_has(keys, codes[i]) ? modifier_from_code(codes[i]) : 0;
	}
	hotkey = hotkeys_find(&devices->options->hotkeys, modifiers, code);
	return hotkey != NULL && hotkey->action == HOTKEY_GRAB;
}

static void
handle_lost(void *data)
{
	struct own_devices *devices = data;

	aim(devices);
	release_all(devices);
}

static const struct device_set_listener set_listener = {
	.event = handle_event,
	.is_chord = is_chord,
	.lost = handle_lost,
};

int
own_devices_open(sd_event *event, const char *const *paths, uint32_t n_paths,
	const struct input_options *options, const struct view_list *views,
	struct own_devices **ret_devices)
{
	struct own_devices *devices = calloc(1, sizeof(*devices));
	int r;

	if (devices == NULL) {
		return -ENOMEM;
	}
	devices->options = options;
	devices->views = views;
	r = device_set_open(event, paths, n_paths, &set_listener, devices, &devices->set);
	if (r < 0) {
		free(devices);
		return r;
	}
	*ret_devices = devices;
	return 0;
}

void
own_devices_close(struct own_devices *devices)
{
	if (devices == NULL) {
		return;
	}
	handle_lost(devices);
	device_set_close(devices->set);
	free(devices);
}

void
own_devices_attach(struct own_devices *devices, struct guest *guest)
{
	/* Once for each: what the user has given back since stays the host's. */
	if (devices->guest == NULL) {
		devices->guest = guest;
		device_set_take(devices->set);
	}
}

void
own_devices_handle_lost(struct own_devices *devices)
{
	if (devices->guest != NULL) {
		device_set_give_back(devices->set);
		devices->guest = NULL;
	}
}

void
own_devices_handle_head_removed(struct own_devices *devices, const struct guest_head *head)
{
	if (devices->head == head) {
		devices->head = NULL;
	}
}

void
own_devices_handle_leds(struct own_devices *devices, uint32_t locks)
{
	device_set_light(devices->set, locks);
}
