#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "devices/device-keys.h"

/* Stands in for evdev nodes (device-node.h), which are what a test makes them. */

#define FAKE_NODES_MAX 8

struct fake_node {
	const char *path;
	dev_t number;
	int fd, other_fd; /* a socket pair; -1: not open */
	struct device_keys keys;
	uint32_t leds;
	bool is_grabbed;
	int grab_error; /* what a grab comes to */
	uint32_t n_grabs;
};

extern struct fake_node fake_nodes[FAKE_NODES_MAX];

/* None is plugged. */
void fake_nodes_reset(void);
struct fake_node *fake_node_plug(const char *path, dev_t number);
/* The kernel tells whoever has it open. */
void fake_node_unplug(struct fake_node *node);
/* Told to whoever has it open, unless it is grabbed: then its libinput is the test's own. */
void fake_node_key(struct fake_node *node, uint32_t code, bool pressed);
