#pragma once

#include <stdint.h>

struct wl_client;

/*
 * wp_tearing_control_v1 and wp_fifo_v1: what is asked for is written down ("presentation_hint",
 * "set_barrier", "wait_barrier", with the surface). Frames do not wait for each other here.
 */
void bind_tearing_control(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void bind_fifo(struct wl_client *client, void *data, uint32_t version, uint32_t id);
