#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "devices/device-keys.h"

/*
 * An evdev node, /dev/input/event*. Whoever grabs it gets its events alone, until the grab is given
 * up or the last copy of the fd is closed, by the kernel if need be. Source: Linux,
 * drivers/input/evdev.c.
 */

/*
 * The fd, which does not block, and in *ret_number which device it is; or negative errno: -ENODEV,
 * it is no such node, or nothing is behind it; -ENOENT, -EACCES and so on.
 */
int device_node_open(const char *path, dev_t *ret_number);

/* What is down now. 0 or negative errno. */
int device_node_read_keys(int fd, struct device_keys *ret_keys);

/* The lamps that are lit, a bit for each of evdev's LED_*; 0 also for what has none. */
uint32_t device_node_leds(int fd);
/* Lights Num Lock, Caps Lock and Scroll Lock, or not; nothing where they are so. */
void device_node_set_leds(int fd, uint32_t leds);

/* A key goes down, with those down that are noted. */
typedef void (*device_node_press_fn)(void *data, uint32_t code);

/*
 * Reads all there is to read of a device that is the host's, and keeps keys up to date. press may
 * be NULL. Returns 0, or negative errno: -ENODEV, it is gone.
 */
int device_node_follow(int fd, struct device_keys *keys, device_node_press_fn press, void *data);

/*
 * Takes it from the host, once no key is down: the host would never see its release. What came
 * before is not there to be read any more. Returns 0; -EAGAIN: one is down, follow on; -EBUSY:
 * another program has grabbed it; or another negative errno. leds: the host's, as for ungrab.
 */
int device_node_grab(int fd, struct device_keys *keys, uint32_t leds);
/* leds: as the host has them, of which the kernel makes what its own consoles would have. */
void device_node_ungrab(int fd, uint32_t leds);
