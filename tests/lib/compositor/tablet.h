#pragma once

#include <stdbool.h>
#include <stdint.h>

struct seat;
struct surface;
struct wl_client;

/* zwp_tablet_manager_v2: a tablet, tools by number, a pad, of whoever asked for a seat's tablets.
 */
void bind_tablet_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* Plugged in: a tablet first. */
void tablet_add(struct seat *seat);
void tablet_add_tool(
	struct seat *seat, uint32_t tool, bool eraser, bool senses_pressure, bool senses_tilt);
/* With a group of a ring and a strip. */
void tablet_add_pad(struct seat *seat);
void tablet_remove(struct seat *seat);
void tablet_remove_tool(struct seat *seat, uint32_t tool);

/* Events of a tool as by a user; of what it has no sensor for, a test must not send any. */
void tool_proximity_in(struct seat *seat, uint32_t tool, struct surface *surface);
void tool_proximity_out(struct seat *seat, uint32_t tool);
void tool_motion(struct seat *seat, uint32_t tool, double sx, double sy);
void tool_pressure(struct seat *seat, uint32_t tool, uint32_t pressure);
void tool_tilt(struct seat *seat, uint32_t tool, double tilt_x, double tilt_y);
void tool_touch(struct seat *seat, uint32_t tool, bool down);
void tool_button(struct seat *seat, uint32_t tool, uint32_t code, bool pressed);
void tool_frame(struct seat *seat, uint32_t tool);
