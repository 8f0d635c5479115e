#pragma once

#include <stdint.h>

#include "machine.h"

/* An evening at a lake, painted once, whose water then moves; as wide as all screens together. */

#define SCENE_WIDTH (MAX_SCREENS * SCREEN_WIDTH)
#define SCENE_HEIGHT SCREEN_HEIGHT
#define SCENE_HORIZON 400 /* the water's first line */

extern uint32_t scene[SCENE_HEIGHT][SCENE_WIDTH];

void scene_paint(void);

/* The water at this time (ticks) for one screen, into its pixels. */
void scene_show_water(uint32_t *pixels, uint32_t screen, uint32_t tick);

/* Mixes in white: strength 0..256. */
void scene_lighten(int32_t x, int32_t y, uint32_t strength);

/* 1024 sin(2π angle / 1024) */
int32_t scene_sine(uint32_t angle);
