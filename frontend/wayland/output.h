#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct display;

/* A monitor of the host. */
struct output {
	struct display *display;
	struct wl_list link;
	struct wl_output *proxy;
	uint32_t name;         /* in the registry */
	uint32_t scale;        /* pixels per logical pixel, whole */
	uint32_t refresh_mhz;  /* of the current mode; 0: unknown */
	bool turned;           /* by a quarter: width and height change places */
	int32_t width, height; /* of that mode, in pixels; 0: unknown */
};

/* Taken for the largest output's longer side where no output says. */
#define OUTPUT_DEFAULT_DIMENSION 4096
int32_t output_largest_dimension(const struct display *display);

/* Takes the proxy, also when there is no memory. */
void output_create(struct display *display, struct wl_output *proxy, uint32_t name);
void output_remove_by_name(struct display *display, uint32_t name);
void output_remove_all(struct display *display);
/* NULL when it is not one of ours: libraries bind outputs of their own. */
struct output *output_find(struct display *display, struct wl_output *proxy);
