#pragma once

#include "qemu-dbus/qemu-guest.h"

/*
 * What the frontend is told. After destruction or closed() these do nothing, so that a handler may
 * go on to its end after a callback in which the frontend left; its memory stays until the loop
 * comes round.
 */

static inline bool
guest_is_over(const struct qemu_guest *guest)
{
	return guest->state == QEMU_GUEST_OVER;
}

#define EMIT(guest, event, ...) \
	do { \
		if (!guest_is_over(guest)) { \
			(guest)->base.listener->event((guest)->base.data, ##__VA_ARGS__); \
		} \
	} while (0)

static inline void
emit_ready(struct qemu_guest *guest)
{
	EMIT(guest, ready);
}

static inline void
emit_head_added(struct qemu_guest *guest, struct guest_head *head)
{
	EMIT(guest, head_added, head);
}

static inline void
emit_head_changed(struct qemu_guest *guest, struct guest_head *head)
{
	EMIT(guest, head_changed, head);
}

static inline void
emit_head_removed(struct qemu_guest *guest, struct guest_head *head)
{
	EMIT(guest, head_removed, head);
}

static inline void
emit_scanout(struct qemu_guest *guest, struct guest_head *head, const struct scanout *scanout)
{
	EMIT(guest, scanout, head, scanout);
}

static inline void
emit_buffer_removed(struct qemu_guest *guest, struct guest_head *head, struct buffer *buffer)
{
	EMIT(guest, buffer_removed, head, buffer);
}

static inline void
emit_update(struct qemu_guest *guest, struct guest_head *head, const struct rect *damage,
	uint64_t serial)
{
	EMIT(guest, update, head, damage, serial);
}

static inline void
emit_settled(struct qemu_guest *guest, struct guest_head *head)
{
	EMIT(guest, settled, head);
}

static inline void
emit_cursor(struct qemu_guest *guest, struct guest_head *head, const struct cursor_image *image)
{
	EMIT(guest, cursor, head, image);
}

static inline void
emit_cursor_position(
	struct qemu_guest *guest, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
	EMIT(guest, cursor_position, head, gx, gy, on);
}

static inline void
emit_pointer_mode(struct qemu_guest *guest, struct guest_head *head, enum pointer_mode mode)
{
	EMIT(guest, pointer_mode, head, mode);
}

static inline void
emit_leds(struct qemu_guest *guest, struct guest_head *head, uint32_t mask)
{
	EMIT(guest, leds, head, mask);
}

static inline void
emit_synced(struct qemu_guest *guest)
{
	EMIT(guest, synced);
}

static inline void
emit_power_done(struct qemu_guest *guest, enum guest_power power, int error)
{
	EMIT(guest, power_done, power, error);
}

static inline void
emit_taken_over(struct qemu_guest *guest)
{
	EMIT(guest, taken_over);
}
