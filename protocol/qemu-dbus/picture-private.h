#pragma once

#include "qemu-dbus/picture.h"

/*
 * What picture.c (which picture a head shows) and picture-copy.c (those that come as bytes) need of
 * each other.
 */

/* The frontend hears about it when the state is consistent again: it may destroy us. */
void picture_retire(struct picture *picture, struct buffer *buffer);
/*
 * The VM's memory is at its limit: all goes that this head is not showing now. It may never be
 * shown again, as after a change of the mode. False: there is none, or nobody to be shown to.
 */
bool picture_make_room(struct picture *picture);
void picture_set_current(struct picture *picture, const struct scanout *scanout);
/* Another part of the same buffer, from its top left. */
void picture_set_source(struct picture *picture, uint32_t width, uint32_t height);
/* The same buffer has something else in it. */
void picture_check_placeholder(struct picture *picture);

/* Another buffer is shown. */
void picture_drop_copy(struct picture *picture);
