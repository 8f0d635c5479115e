#include "devices/device-set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "devices/device-private.h"
#include "module.h"

static void
retry_all(struct device_set *set)
{
	for (uint32_t i = 0; i < set->n_devices; i++) {
		device_retry(&set->devices[i]);
	}
}

bool
device_is_chord(const struct device *device, uint32_t code)
{
	const struct device_set *set = device->set;

	return set->listener->is_chord(set->data, &device->keys, code);
}

static void
give_back_all(struct device_set *set)
{
	for (uint32_t i = 0; i < set->n_devices; i++) {
		device_give_back(&set->devices[i]);
	}
	set->listener->lost(set->data);
}

void
device_set_toggle(struct device_set *set)
{
	if (!set->started) {
		return;
	}
	set->wanted = !set->wanted;
	if (set->wanted) {
		retry_all(set);
	} else {
		give_back_all(set);
	}
}

static void
handle_event(void *data, void *origin, const struct input_event *event)
{
	struct device_set *set = data;
	struct device *device = origin;

	if (event->kind == INPUT_KEY) {
		if (event->key.pressed && device_is_chord(device, event->key.code)) {
			device_set_toggle(set);
			return;
		}
		device_keys_note(&device->keys, event->key.code, event->key.pressed);
	}
	set->listener->event(set->data, event);
}

static void
handle_complaint(void *data, const char *text)
{
	log_info("libinput: %s", text);
}

static const struct device_module_listener module_listener = {
	.event = handle_event,
	.complaint = handle_complaint,
};

static int
handle_events(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct device_set *set = data;

	set->module->dispatch(set->reader);
	return 0;
}

static int
handle_hotplug(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct device_set *set = data;

	if (set->module->dispatch_hotplug(set->reader)) {
		retry_all(set);
	}
	return 0;
}

static int
start_module(struct device_set *set)
{
	static const struct module devices = {
		.folder = "devices",
		.name = DEVICE_MODULE_NAME,
		.symbol = DEVICE_MODULE_SYMBOL,
		.version = DEVICE_MODULE_VERSION,
	};
	char why[MODULE_WHY_SIZE];
	int r;

	set->module = module_load(&devices, why);
	if (set->module == NULL) {
		log_error("no input devices of the VM's own: %s", why);
		return -ELIBACC;
	}
	r = set->module->create(&module_listener, set, &set->reader);
	if (r >= 0) {
		r = sd_event_add_io(set->event, &set->events_watch,
			set->module->events_fd(set->reader), EPOLLIN, handle_events, set);
	}
	if (r >= 0) {
		r = sd_event_add_io(set->event, &set->hotplug_watch,
			set->module->hotplug_fd(set->reader), EPOLLIN, handle_hotplug, set);
	}
	if (r < 0) {
		log_error("no input devices of the VM's own: %s", strerror(-r));
	}
	return r;
}

int
device_set_open(sd_event *event, const char *const *paths, uint32_t n_paths,
	const struct device_set_listener *listener, void *data, struct device_set **ret_set)
{
	struct device_set *set = calloc(1, sizeof(*set));
	int r;

	assert(n_paths <= DEVICE_SET_MAX);
	if (set == NULL) {
		return -ENOMEM;
	}
	set->event = sd_event_ref(event);
	set->listener = listener;
	set->data = data;
	set->wanted = true;
	r = start_module(set);
	for (uint32_t i = 0; i < n_paths && r >= 0; i++) {
		struct device *device = &set->devices[set->n_devices++];

		*device = (struct device){ .set = set, .path = paths[i], .fd = -1 };
		r = device_probe(device);
	}
	if (r < 0) {
		device_set_close(set);
		return r == -ENOENT || r == -ENODEV || r == -EEXIST || r == -ENOTSUP ? -EINVAL : r;
	}
	*ret_set = set;
	return 0;
}

void
device_set_close(struct device_set *set)
{
	if (set == NULL) {
		return;
	}
	for (uint32_t i = 0; i < set->n_devices; i++) {
		device_close(&set->devices[i]);
	}
	sd_event_source_disable_unref(set->events_watch);
	sd_event_source_disable_unref(set->hotplug_watch);
	if (set->module != NULL) {
		set->module->destroy(set->reader);
	}
	sd_event_unref(set->event);
	free(set);
}

void
device_set_take(struct device_set *set)
{
	set->started = true;
	retry_all(set);
}

void
device_set_give_back(struct device_set *set)
{
	set->started = false;
	give_back_all(set);
}

void
device_set_light(struct device_set *set, uint32_t locks)
{
	set->leds = (locks & INPUT_LOCK_NUM ? 1u << LED_NUML : 0) |
		    (locks & INPUT_LOCK_CAPS ? 1u << LED_CAPSL : 0) |
		    (locks & INPUT_LOCK_SCROLL ? 1u << LED_SCROLLL : 0);
	set->leds_known = true;
	for (uint32_t i = 0; i < set->n_devices; i++) {
		device_light(&set->devices[i]);
	}
}
