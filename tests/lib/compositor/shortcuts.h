#pragma once

#include <stdbool.h>
#include <stdint.h>

struct seat;
struct surface;
struct wl_client;

/*
 * zwp_keyboard_shortcuts_inhibit_manager_v1, as strict as KWin: a second inhibitor of a surface and
 * a seat is an error. Who asks with the keyboard's focus gets the shortcuts at once, or, with
 * compositor.keeps_shortcuts, on command.
 */
void bind_shortcuts(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* Tells the inhibitor. False: there is none. */
bool shortcuts_set_active(struct surface *surface, struct seat *seat, bool active);
