#include "session-private.h"

#include <errno.h>
#include <string.h>

#include "view.h"

/* The view that input goes to. NULL: failed. */
static struct view *
choose(struct session *session)
{
	struct view *view;

	if (!session_takes_one(session)) {
		return NULL;
	}
	if (session->context.views->taken_over) {
		session_end(session, EXIT_VM_GONE, "another viewer has the VM");
		return NULL;
	}
	view = view_list_choose(session->context.views, session_console(session));
	if (view == NULL) {
		session_end(session, EXIT_FAILED, "there is no such console");
	}
	return view;
}

static void
handle_acted(void *data, int error)
{
	struct session *session = data;

	if (error == -ENOTCONN) {
		session_end(
			session, EXIT_VM_GONE, "not all of it was done: another viewer has the VM");
	} else if (error < 0) {
		session_end(session, EXIT_FAILED, "not all of it was done: the console went away");
	} else {
		session_finish(session, EXIT_DONE, "");
	}
}

void
session_type(struct session *session)
{
	struct view *view = choose(session);
	int r;

	if (view == NULL) {
		return;
	}
	r = typist_create(session->context.event, session->context.views, view_head(view)->console,
		session->command->typing, handle_acted, session, &session->typist);
	if (r < 0) {
		session_end(session, EXIT_FAILED, "cannot type: %s", strerror(-r));
	}
}

static bool
is_inside(const struct scanout *scanout, int32_t x, int32_t y)
{
	return scanout != NULL && x < scanout->source.width && y < scanout->source.height;
}

/* Whether the VM's pointer and picture have it; else failed. */
static bool
is_possible(struct session *session, const struct view *view)
{
	const struct command *command = session->command;
	const struct scanout *scanout = view_scanout(view);
	bool relative = view_pointer_mode(view) == POINTER_RELATIVE;

	if (command->kind == COMMAND_MOVE_BY) {
		if (!relative) {
			session_end(session, EXIT_FAILED,
				"the VM's pointer is a tablet, which takes places: move");
		}
		return relative;
	}
	for (uint32_t i = 0; i < command->n_places; i++) {
		if (relative && command->kind != COMMAND_TOUCH) {
			session_end(session, EXIT_FAILED,
				"the VM's pointer is a mouse, which knows no places: use move-by, "
				"or give the VM a tablet (-device virtio-tablet-pci, usb-tablet)");
			return false;
		}
		if (!is_inside(scanout, command->places[i].x, command->places[i].y)) {
			session_end(session, EXIT_FAILED,
				"the picture has %dx%d pixels, and none at "
				"%d,%d",
				scanout != NULL ? scanout->source.width : 0,
				scanout != NULL ? scanout->source.height : 0, command->places[i].x,
				command->places[i].y);
			return false;
		}
	}
	return true;
}

static void
note_held(struct session *session, const struct view *view)
{
	const struct command *command = session->command;
	uint32_t console = view_head(view)->console;

	if (session->held_console != console) {
		session_release_all(session);
		session->held_console = console;
	}
	if (command->pressed) {
		held_keys_press(&session->held, command->code);
	} else {
		held_keys_release(&session->held, command->code);
	}
}

void
session_gesture(struct session *session)
{
	struct input_event events[GESTURE_MAX_EVENTS];
	struct view *view = choose(session);
	int r;

	if (view == NULL || !is_possible(session, view)) {
		return;
	}
	if (session->command->kind == COMMAND_HOLD) {
		note_held(session, view);
	}
	r = gesture_create(session->context.event, session->context.views, view_head(view)->console,
		events, gesture_events(session->command, events), handle_acted, session,
		&session->gesture);
	if (r < 0) {
		session_end(session, EXIT_FAILED, "no input: %s", strerror(-r));
	}
}

void
session_release_all(struct session *session)
{
	struct view *view = view_list_find(session->context.views, session->held_console);

	for (uint32_t code = 0; code < HELD_KEYS_N_CODES && view != NULL; code++) {
		if (held_keys_has(&session->held, code)) {
			struct input_event event = held_keys_event(code, false);

			view_input(view, &event);
		}
	}
	session->held = (struct held_keys){ 0 };
}

/* As a VMM with OpenGL hands its pictures over, whoever draws them. */
static bool
has_gl(const struct view_list *views)
{
	for (uint32_t i = 0; i < views->n_views; i++) {
		const struct scanout *scanout = view_scanout(views->views[i]);

		if (scanout != NULL && scanout->buffer->layout.kind == BUFFER_DMABUF) {
			return true;
		}
	}
	return false;
}

void
session_power(struct session *session)
{
	bool resets = session->command->kind == COMMAND_RESET;
	int r;

	if (resets && !session->command->force && has_gl(session->context.views)) {
		session_end(session, EXIT_FAILED,
			"a QEMU with OpenGL may die of a reset (10.0 to 11.1 do); --force does it "
			"all the same");
		return;
	}
	r = guest_power(session->context.guest, resets ? GUEST_POWER_RESET : GUEST_POWER_DOWN);
	if (r < 0) {
		session_end(session, EXIT_FAILED, "the VM cannot be told: %s",
			r == -ENOTSUP    ? "that takes --qmp"
			: r == -EALREADY ? "it is just being told something else"
					 : strerror(-r));
		return;
	}
	session->powers = true;
}
