#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The little of a PC that the demo needs. Freestanding: there is no library below this. */

#define MAX_SCREENS 2
#define SCREEN_WIDTH 1024
#define SCREEN_HEIGHT 640
#define GLYPH_WIDTH 8
#define GLYPH_HEIGHT 16

/* Sets the mode on each VGA or bochs-display there is; returns how many, with their pixels. */
uint32_t machine_find_screens(uint32_t *ret_pixels[MAX_SCREENS]);

/* Copies the firmware's font out of the VGA's memory; before machine_find_screens(). */
void machine_read_font(uint8_t ret_font[256][GLYPH_HEIGHT]);

/* Tells whoever started the machine, through QEMU's debug port, that there is something to see. */
void machine_tell_ready(void);

/* 60 times a second from now on, machine_wait_tick() returns. */
void machine_start_timer(void);
void machine_wait_tick(void);

struct machine_input {
	int32_t dx, dy; /* mouse motion since the last call, y down */
	bool button;
	char typed; /* 0: nothing; '\b' and '\n' too */
};

void machine_start_input(void);
void machine_read_input(struct machine_input *ret_input);
