#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "guest.h"
#include "input/input-options.h"
#include "view-list.h"

/*
 * What is done on the VM's own input devices goes to its first monitor that is on, window or not;
 * to its first one where none is. The key combination that frees the pointer of a window gives the
 * devices back to the host, and takes them again. Nothing of a key is logged.
 */

struct own_devices;

/* As device_set_open. paths, options and views are borrowed. */
int own_devices_open(sd_event *event, const char *const *paths, uint32_t n_paths,
	const struct input_options *options, const struct view_list *views,
	struct own_devices **ret_devices);
/* Releases what is down in the guest, and gives the devices back. NULL is fine. */
void own_devices_close(struct own_devices *devices);

/*
 * The guest is there, and what it shows: it gets the devices. Borrowed. Later calls do nothing, but
 * the first after the guest was lost.
 */
void own_devices_attach(struct own_devices *devices, struct guest *guest);
/* The guest is gone: they are the host's, and nothing is down in it. */
void own_devices_handle_lost(struct own_devices *devices);
void own_devices_handle_head_removed(struct own_devices *devices, const struct guest_head *head);
/* INPUT_LOCK_*: what the guest's keyboard shows, the VM's own show, too. */
void own_devices_handle_leds(struct own_devices *devices, uint32_t locks);
