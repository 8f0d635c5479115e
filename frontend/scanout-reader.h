#pragma once

#include "headless/image.h"
#include "scanout-fetch.h"

/*
 * Reads what monitors show into images, off the event loop: in a worker, and through the GPU helper
 * where the CPU cannot. The images are as every viewer would show them: turned upright, only the
 * part that the monitor shows.
 */
struct scanout_reader;

/*
 * From the event loop, once, never from inside a call. error: 0, -ENOTSUP (neither the CPU nor a
 * GPU reads this layout and format), -EIO (the memory became shorter, or the GPU could not draw
 * it), -ETIMEDOUT (the guest's GPU is still drawing, or ours hangs), -ECONNRESET (the GPU helper
 * failed), -ENOMEM, or the kernel's error. Either all images are there or none.
 */
typedef void (*scanout_reader_done_fn)(void *data, int error);

/*
 * At most GUEST_MAX_HEADS scanouts; their buffers are referenced, the rest is copied. means->gpu is
 * borrowed for the reader's life. Returns 0 or -ENOMEM, -EMFILE: done is not called then.
 */
int scanout_reader_create(sd_event *event, const struct fetch_means *means,
	const struct scanout *scanouts, uint32_t n_scanouts, scanout_reader_done_fn done,
	void *data, struct scanout_reader **ret_reader);
/* Waits for a worker that reads; done is not called any more. Also inside done. NULL is fine. */
void scanout_reader_destroy(struct scanout_reader *reader);

/* Once done without an error, once each: the image is the caller's. */
struct image *scanout_reader_take_image(struct scanout_reader *reader, uint32_t i);
/* After an error: what is wrong in a few words, for a log, and with which scanout. */
const char *scanout_reader_reason(const struct scanout_reader *reader, uint32_t *ret_i);
