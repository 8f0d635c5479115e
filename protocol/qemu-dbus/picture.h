#pragma once

#include <systemd/sd-event.h>

#include "buffer-cache.h"
#include "guest.h"
#include "qemu-dbus/lost-flips.h"
#include "qemu-dbus/messages.h"
#include "qemu-dbus/pixel-copy.h"

struct qemu_guest;

/*
 * QEMU says Disable at every page flip of a guest that draws into blobs, between the new picture
 * and its update (hw/display/virtio-gpu.c frees the old buffer so). A head is only taken for off
 * when nothing follows within this time.
 */
#define PICTURE_OFF_DELAY_MS 300
/*
 * A console's new size comes on another connection than the picture of that size, often before it.
 * The old picture is not cut or enlarged to the new size unless no new one follows within this
 * time.
 */
#define PICTURE_SIZE_DELAY_MS 100

/* A picture, or a part of one, of which QEMU is sending the pixels. */
struct picture_coming {
	struct pixel_copy pixels; /* into the picture's copy, or what is to replace it */
	bool is_whole;
	bool is_aside;          /* may be a placeholder, which the copy is not to become */
	bool grows;             /* or is new: its true size has to be asked for */
	uint32_t width, height; /* what is visible then */
	bool size_is_due;       /* the console's, once all have come */
};

/*
 * What one head shows. Loading (the _load functions) changes the state only; picture_tell() then
 * tells the frontend, after QEMU got its answer: the answer to a new picture must never wait for a
 * frontend. Zero-initialise, then picture_init().
 */
struct picture {
	struct qemu_guest *guest;
	struct guest_head *head;
	struct buffer_cache cache; /* QEMU's memory and dma-bufs */
	struct buffer *copy;       /* our own memory, while QEMU sends pixels; else NULL */
	struct picture_coming coming;
	struct scanout current; /* holds a reference; no buffer: nothing yet */
	struct lost_flips lost_flips;
	bool told;    /* the frontend knows current */
	bool off;     /* the frontend was told that there is nothing */
	bool off_due; /* Disable was the last that came */
	sd_event_source *off_timer;
	sd_event_source *size_timer;
	uint32_t size_width, size_height; /* to be taken over when it goes off */
	uint32_t n_retired;
	struct buffer *retired[2 * BUFFER_CACHE_MAX];
};

void picture_init(struct picture *picture, struct qemu_guest *guest, struct guest_head *head);
/* Tells nobody. */
void picture_finish(struct picture *picture);

/*
 * A picture in QEMU's memory or a dma-buf; errors as buffer_cache_get. Where the VM's memory is at
 * its limit, what this head has shown before is forgotten first, and told.
 */
int picture_load_scanout(struct picture *picture, const struct message_scanout *scanout);
/*
 * A picture whose pixels follow, as a whole or a part of what there is. Until they have come the
 * picture stays as it is, but pixels that lie inside it are drawn as they come. QEMU 7.2 sends
 * parts beyond the last whole picture after a mode change and never a new whole one: the picture
 * grows. Returns 0, -EBADMSG (beyond the limits), -EDQUOT (beyond the budget) or the kernel's
 * error.
 */
int picture_begin_pixels(
	struct picture *picture, const struct message_pixels *pixels, bool is_whole);
void picture_write_pixels(struct picture *picture, const uint8_t *bytes, size_t size);
/* All have come. ret_grown: the true size has to be asked for. Returns 0 or the kernel's error. */
int picture_end_pixels(struct picture *picture, bool *ret_grown);
/* No more will come. */
void picture_drop_pixels(struct picture *picture);
/*
 * QEMU says that the console has this size. Only pictures that came in messages follow it: those in
 * memory and dma-bufs have a size of their own. Told from the event loop, a little later.
 */
void picture_load_size(struct picture *picture, uint32_t width, uint32_t height);
/* A size that came takes effect now. Tells. */
void picture_settle(struct picture *picture);
/* The guest drew into memory that we know: a message of QEMU's may have given way to it. */
void picture_load_update(struct picture *picture);

/* Tells a scanout if there is anything new about it, and the buffers that are gone. */
void picture_tell(struct picture *picture);

/*
 * Where an update of rect (pixels from the picture's top left corner) changes the buffer. False:
 * nowhere, or there is no picture.
 */
bool picture_damage(
	const struct picture *picture, const struct rect *rect, struct rect *ret_damage);

/* QEMU's Disable. */
void picture_disable(struct picture *picture);
/*
 * All that came has been loaded. If Disable was the last of it the time starts until the head is
 * off; of a flip it seldom is, so that flips start and stop no timer.
 */
void picture_wait_off(struct picture *picture);
/* Nothing will come any more: tells a scanout of NULL. */
void picture_blank(struct picture *picture);
