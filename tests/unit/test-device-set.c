#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/device-module.h"
#include "devices/device-set.h"
#include "devices/fake-node.h"
#include "module.h"

#define KEYBOARD "/dev/input/by-id/keyboard"
#define MOUSE "/dev/input/by-id/mouse"

/* Stands in for vitrine-devices.so. */
struct device_reader {
	const struct device_module_listener *listener;
	void *data;
	int events_fd, hotplug_fd;
	int add_error;
	struct source {
		dev_t number; /* 0: free */
		void *device;
	} sources[FAKE_NODES_MAX];
};

static struct device_reader reader;

static int
fake_create(const struct device_module_listener *listener, void *data,
	struct device_reader **ret_reader)
{
	reader.listener = listener;
	reader.data = data;
	reader.events_fd = eventfd(0, EFD_CLOEXEC);
	reader.hotplug_fd = eventfd(0, EFD_CLOEXEC);
	*ret_reader = &reader;
	return 0;
}

static void
fake_destroy(struct device_reader *destroyed)
{
	assert_ptr_equal(destroyed, &reader);
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		assert_int_equal(reader.sources[i].number, 0);
	}
	close(reader.events_fd);
	close(reader.hotplug_fd);
}

static int
fake_events_fd(const struct device_reader *of)
{
	return of->events_fd;
}

static void
fake_dispatch(struct device_reader *of)
{
}

static int
fake_hotplug_fd(const struct device_reader *of)
{
	return of->hotplug_fd;
}

static bool
fake_dispatch_hotplug(struct device_reader *of)
{
	eventfd_t count;

	assert_int_equal(eventfd_read(of->hotplug_fd, &count), 0);
	return true;
}

static int
fake_add(struct device_reader *to, dev_t number, int fd, void *device,
	struct libinput_device **ret_source)
{
	if (to->add_error < 0) {
		return to->add_error;
	}
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		if (to->sources[i].number == 0) {
			to->sources[i] = (struct source){ number, device };
			*ret_source = (struct libinput_device *)&to->sources[i];
			return 0;
		}
	}
	return -ENOMEM;
}

static void
fake_remove(struct device_reader *from, struct libinput_device *source)
{
	((struct source *)source)->number = 0;
}

const void *
module_load(const struct module *module, char ret_why[static MODULE_WHY_SIZE])
{
	static const struct device_module fake = {
		.version = DEVICE_MODULE_VERSION,
		.create = fake_create,
		.destroy = fake_destroy,
		.events_fd = fake_events_fd,
		.dispatch = fake_dispatch,
		.hotplug_fd = fake_hotplug_fd,
		.dispatch_hotplug = fake_dispatch_hotplug,
		.add = fake_add,
		.remove = fake_remove,
	};

	assert_string_equal(module->name, DEVICE_MODULE_NAME);
	return &fake;
}

struct fixture {
	sd_event *event;
	struct device_set *set;
	struct fake_node *keyboard, *mouse;
	char log[UNIT_TEXT_SIZE]; /* what the listener was told */
};

static void
handle_event(void *data, const struct input_event *event)
{
	struct fixture *f = data;
	size_t length = strlen(f->log);

	assert_int_equal(event->kind, INPUT_KEY);
	snprintf(f->log + length, sizeof(f->log) - length, "%u%c ", event->key.code,
		event->key.pressed ? '+' : '-');
}

static bool
is_chord(void *data, const struct device_keys *keys, uint32_t code)
{
	return code == KEY_G && device_keys_has(keys, KEY_LEFTCTRL);
}

static void
handle_lost(void *data)
{
	struct fixture *f = data;

	strcat(f->log, "lost ");
}

static const struct device_set_listener listener = {
	.event = handle_event,
	.is_chord = is_chord,
	.lost = handle_lost,
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	reader = (struct device_reader){ 0 };
	fake_nodes_reset();
	f.keyboard = fake_node_plug(KEYBOARD, 1);
	f.mouse = fake_node_plug(MOUSE, 2);
	assert_true(sd_event_new(&f.event) >= 0);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	device_set_close(f->set);
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		assert_false(fake_nodes[i].is_grabbed);
		fake_node_unplug(&fake_nodes[i]);
	}
	sd_event_unref(f->event);
	return 0;
}

/* Until nothing more is due. */
static void
run(struct fixture *f)
{
	while (sd_event_run(f->event, 0) > 0) {
	}
}

/* And what it said. */
static int
open_paths(struct fixture *f, const char *const *paths, uint32_t n_paths, const char *says)
{
	struct unit_output err;
	int r;

	unit_output_begin(&err, STDERR_FILENO);
	r = device_set_open(f->event, paths, n_paths, &listener, f, &f->set);
	unit_output_end(&err);
	if (says == NULL) {
		assert_string_equal(err.text, "");
	} else {
		print_message("%s", err.text);
		assert_non_null(strstr(err.text, says));
	}
	return r;
}

static void
open_both(struct fixture *f)
{
	static const char *const paths[] = { KEYBOARD, MOUSE };

	assert_int_equal(open_paths(f, paths, 2, NULL), 0);
}

/* What libinput reads on the keyboard. */
static void
tell_key(struct fixture *f, uint32_t code, bool pressed)
{
	const struct input_event event = { .kind = INPUT_KEY,
		.key = { .code = code, .pressed = pressed } };

	assert_true(f->keyboard->is_grabbed);
	fake_node_key(f->keyboard, code, pressed);
	for (int i = 0; i < FAKE_NODES_MAX; i++) {
		if (reader.sources[i].number == f->keyboard->number) {
			reader.listener->event(reader.data, reader.sources[i].device, &event);
			return;
		}
	}
	fail();
}

static void
hotplug(struct fixture *f)
{
	assert_int_equal(eventfd_write(reader.hotplug_fd, 1), 0);
	run(f);
}

/* What is wrong is found before anything is done. */
static void
test_mistakes(void **state)
{
	static const char *const absent[] = { KEYBOARD, "/dev/input/event9" };
	static const char *const twice[] = { KEYBOARD, MOUSE };
	struct fixture *f = *state;

	assert_int_equal(open_paths(f, absent, 2, "event9: there is no such device"), -EINVAL);
	f->mouse->number = f->keyboard->number;
	assert_int_equal(open_paths(f, twice, 2, "mouse: that is a device that is named"), -EINVAL);
	f->keyboard->grab_error = -EBUSY;
	assert_int_equal(open_paths(f, twice, 1, "another program has grabbed it"), -EBUSY);
	f->keyboard->grab_error = 0;
	reader.add_error = -ENOTSUP;
	assert_int_equal(open_paths(f, twice, 1, "none of keyboard"), -EINVAL);
	assert_false(f->keyboard->is_grabbed);
}

static void
test_taken_once_asked(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	/* The chord of somebody who uses the host. */
	fake_node_key(f->keyboard, KEY_LEFTCTRL, true);
	fake_node_key(f->keyboard, KEY_G, true);
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, false);
	run(f);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	device_set_take(f->set);
	assert_true(f->keyboard->is_grabbed && f->mouse->is_grabbed);
	tell_key(f, KEY_A, true);
	tell_key(f, KEY_A, false);
	run(f);
	assert_string_equal(f->log, "30+ 30- ");
}

static void
test_taken_once_all_keys_are_up(void **state)
{
	struct fixture *f = *state;

	fake_node_key(f->keyboard, KEY_ENTER, true);
	open_both(f);
	device_set_take(f->set);
	run(f);
	assert_true(f->mouse->is_grabbed);
	assert_false(f->keyboard->is_grabbed);
	fake_node_key(f->keyboard, KEY_A, true);
	fake_node_key(f->keyboard, KEY_ENTER, false);
	run(f);
	assert_false(f->keyboard->is_grabbed);
	fake_node_key(f->keyboard, KEY_A, false);
	run(f);
	assert_true(f->keyboard->is_grabbed);
	assert_string_equal(f->log, "");
}

static void
test_chord_gives_back_and_takes(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	device_set_take(f->set);
	tell_key(f, KEY_LEFTCTRL, true);
	tell_key(f, KEY_G, true);
	assert_string_equal(f->log, "29+ lost ");
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	fake_node_key(f->keyboard, KEY_G, false);
	run(f);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	/* The modifier is still down. */
	fake_node_key(f->keyboard, KEY_G, true);
	run(f);
	assert_true(f->mouse->is_grabbed);
	assert_false(f->keyboard->is_grabbed);
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, false);
	run(f);
	assert_true(f->keyboard->is_grabbed);
	tell_key(f, KEY_G, true);
	assert_string_equal(f->log, "29+ lost 34+ ");
}

static void
test_unplugged(void **state)
{
	struct fixture *f = *state;
	struct unit_output err;

	open_both(f);
	device_set_take(f->set);
	unit_output_begin(&err, STDERR_FILENO);
	fake_node_unplug(f->keyboard);
	run(f);
	hotplug(f);
	unit_output_end(&err);
	assert_non_null(strstr(err.text, "warning: input device " KEYBOARD " is gone"));
	assert_null(strstr(err.text, "no such device"));
	assert_string_equal(f->log, "lost ");
	assert_true(f->mouse->is_grabbed);
	f->keyboard = fake_node_plug(KEYBOARD, 7);
	hotplug(f);
	assert_true(f->keyboard->is_grabbed);
	tell_key(f, KEY_A, true);
	assert_string_equal(f->log, "lost 30+ ");
}

/* Before anybody could see that it was away. */
static void
test_plugged_again_at_once(void **state)
{
	struct fixture *f = *state;
	struct unit_output err;

	open_both(f);
	device_set_take(f->set);
	fake_node_unplug(f->keyboard);
	f->keyboard = fake_node_plug(KEYBOARD, 1);
	unit_output_begin(&err, STDERR_FILENO);
	run(f);
	unit_output_end(&err);
	assert_true(f->keyboard->is_grabbed);
}

static void
test_unplugged_while_the_hosts(void **state)
{
	struct fixture *f = *state;
	struct unit_output err;

	fake_node_key(f->keyboard, KEY_ENTER, true);
	open_both(f);
	device_set_take(f->set);
	unit_output_begin(&err, STDERR_FILENO);
	fake_node_unplug(f->keyboard);
	run(f);
	unit_output_end(&err);
	f->keyboard = fake_node_plug(KEYBOARD, 1);
	hotplug(f);
	assert_true(f->keyboard->is_grabbed);
	assert_string_equal(f->log, "");
}

/* Not with each key that is pressed on it. */
static void
test_what_is_refused_is_not_tried_again_and_again(void **state)
{
	struct fixture *f = *state;
	struct unit_output err;
	uint32_t n_grabs;

	open_both(f);
	reader.add_error = -EAGAIN; /* udev has not seen it */
	f->mouse->grab_error = -EBUSY;
	unit_output_begin(&err, STDERR_FILENO);
	device_set_take(f->set);
	n_grabs = f->keyboard->n_grabs;
	fake_node_key(f->keyboard, KEY_A, true);
	fake_node_key(f->keyboard, KEY_A, false);
	run(f);
	assert_int_equal(f->keyboard->n_grabs, n_grabs);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	reader.add_error = f->mouse->grab_error = 0;
	hotplug(f);
	unit_output_end(&err);
	assert_non_null(strstr(err.text, MOUSE ": another program has grabbed it"));
	assert_true(f->keyboard->is_grabbed && f->mouse->is_grabbed);
}

static void
press_chord(struct fixture *f)
{
	tell_key(f, KEY_LEFTCTRL, true);
	tell_key(f, KEY_G, true);
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, false);
	run(f);
}

/* While there is no VM they are the host's, and so is the chord; what the user wants is kept. */
static void
test_given_back_and_taken_again(void **state)
{
	struct fixture *f = *state;

	open_both(f);
	device_set_take(f->set);
	tell_key(f, KEY_A, true);
	device_set_give_back(f->set);
	assert_string_equal(f->log, "30+ lost ");
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	fake_node_key(f->keyboard, KEY_A, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, true);
	fake_node_key(f->keyboard, KEY_G, true);
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, false);
	run(f);
	hotplug(f);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	device_set_take(f->set);
	assert_true(f->keyboard->is_grabbed && f->mouse->is_grabbed);

	press_chord(f);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
	device_set_give_back(f->set);
	device_set_take(f->set);
	assert_false(f->keyboard->is_grabbed || f->mouse->is_grabbed);
}

/* The guest's while the VM has it, else the host's. */
static void
test_lamps(void **state)
{
	struct fixture *f = *state;

	f->keyboard->leds = 1u << LED_NUML;
	open_both(f);
	device_set_take(f->set);
	/* What the guest shows is not known. */
	assert_int_equal(f->keyboard->leds, 1u << LED_NUML);
	device_set_light(f->set, INPUT_LOCK_CAPS | INPUT_LOCK_SCROLL);
	assert_int_equal(f->keyboard->leds, 1u << LED_CAPSL | 1u << LED_SCROLLL);
	tell_key(f, KEY_LEFTCTRL, true);
	tell_key(f, KEY_G, true);
	assert_int_equal(f->keyboard->leds, 1u << LED_NUML);
	device_set_light(f->set, INPUT_LOCK_NUM | INPUT_LOCK_CAPS);
	assert_int_equal(f->keyboard->leds, 1u << LED_NUML);
	f->keyboard->leds = 0;
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_G, true);
	fake_node_key(f->keyboard, KEY_G, false);
	fake_node_key(f->keyboard, KEY_LEFTCTRL, false);
	run(f);
	assert_int_equal(f->keyboard->leds, 1u << LED_NUML | 1u << LED_CAPSL);
	device_set_close(f->set);
	f->set = NULL;
	assert_int_equal(f->keyboard->leds, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mistakes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_once_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_once_all_keys_are_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chord_gives_back_and_takes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plugged_again_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unplugged_while_the_hosts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_is_refused_is_not_tried_again_and_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_back_and_taken_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lamps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
