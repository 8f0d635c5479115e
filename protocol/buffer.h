#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fd.h"
#include "base/rect.h"

/*
 * A piece of memory that holds a picture: the guest's (made by an adapter from fds that the VMM
 * sent) or the host's (described to a sink). Dimensions are those of the whole memory; which part
 * of it a monitor shows is the scanout's business.
 */

#define BUFFER_MAX_PLANES 4
/* Larger than any monitor; keeps width * 4 * height far from overflow in 64 bits. */
#define BUFFER_MAX_DIMENSION 16384

enum buffer_kind {
	BUFFER_MEMORY, /* memfd: one plane, linear, readable by the CPU at any time */
	BUFFER_DMABUF, /* dma-buf: up to four planes, any modifier */
};

struct buffer_plane {
	int fd;
	uint32_t offset; /* bytes from the start of the fd to the first row */
	uint32_t stride; /* bytes from one row to the next */
};

/*
 * DRM syncobj timelines of a VMM that synchronises explicitly; the fds may be the same. Who shows
 * the buffer signals the release point where it can; the answer to the picture's update releases
 * the buffer in any case, because not every way to the screen and not every compositor knows
 * timelines.
 */
struct timelines {
	int acquire_fd, release_fd;
};

struct buffer_layout {
	enum buffer_kind kind;
	uint32_t width, height; /* pixels */
	uint32_t fourcc;        /* DRM_FORMAT_* */
	uint64_t modifier;      /* DRM_FORMAT_MOD_*; LINEAR for memory */
	uint32_t n_planes;
	struct buffer_plane planes[BUFFER_MAX_PLANES]; /* several may carry the same fd */
	const struct timelines *timelines;             /* NULL: none; of dma-bufs only */
};

/*
 * Everything that some compositor would answer with a fatal protocol error is refused here, before
 * the first request: wrong kind of fd, no area, no planes, strides of zero or shorter than a row,
 * a plane's first row, or any row of the first plane, beyond the end of the fd, rows beyond 4 GiB,
 * timelines that are none. ret_infos gets one entry per plane. Returns 0, -EBADMSG (the numbers
 * contradict each other or the fd), -ENOTSUP (a format that we can not lay out in memory), or the
 * kernel's error.
 */
int buffer_layout_check(
	const struct buffer_layout *layout, struct fd_info ret_infos[BUFFER_MAX_PLANES]);

struct buffer_budget;

struct buffer {
	struct buffer_layout layout; /* the fds are the buffer's own */
	struct timelines timelines;  /* the layout's, when it has any */
	struct fd_info infos[BUFFER_MAX_PLANES];
	uint32_t refs;
	bool linear;                  /* see buffer_is_linear() */
	void *map;                    /* of plane 0's fd, once a dma-buf was read; NULL before */
	int test_fence;               /* see buffer_set_test_fence() */
	struct buffer *whole;         /* whose fds these are, for a part; else NULL */
	struct buffer_budget *budget; /* that it counts for; NULL: none */
	struct buffer *next, *before; /* of those that do */
};

/*
 * Checks the layout and duplicates its fds (the caller keeps its own). The buffer starts with one
 * reference. Errors as buffer_layout_check, or -ENOMEM, -EMFILE.
 */
int buffer_create(const struct buffer_layout *layout, struct buffer **ret_buffer);
struct buffer *buffer_ref(struct buffer *buffer);
/* Frees with the last reference; NULL is fine. */
void buffer_unref(struct buffer *buffer);

/*
 * The same memory once more, for another thread: what a buffer maps, and its references, are one
 * thread's alone. It has no timelines. Returns 0, -ENOMEM or -EMFILE.
 */
int buffer_create_copy(const struct buffer *buffer, struct buffer **ret_copy);

/* Identifies the fd of each plane, those that share one once. 0 or negative errno. */
int buffer_identify(
	const struct buffer_layout *layout, struct fd_info ret_infos[BUFFER_MAX_PLANES]);
/*
 * Whether the layout names the very same memory laid out the same way. VMMs send a new fd for a
 * known buffer at every flip; device and inode tell (the buffer's own fd keeps the inode taken).
 * The infos may come from buffer_identify().
 */
bool buffer_is(const struct buffer *buffer, const struct buffer_layout *layout,
	const struct fd_info infos[BUFFER_MAX_PLANES]);

/* Where rows may begin for the display engines of today: bytes. */
#define BUFFER_OFFSET_ALIGNMENT 256

/*
 * A buffer that is nothing but rect (inside the buffer): the same memory from another offset on. It
 * holds a reference to the buffer. Returns 0, -ENOTSUP (not linear, rect is the whole of it, or its
 * start is not aligned), -EBADMSG (rows are counted as a whole, and the last one would end behind
 * the memory), or -ENOMEM.
 */
int buffer_create_part(struct buffer *buffer, const struct rect *rect, struct buffer **ret_part);

/*
 * Rows lie one after the other, so that the CPU can read it: the modifier is LINEAR, or there is
 * none (INVALID) and it is a udmabuf, which is the guest's own memory. QEMU 10.1 and later say so.
 */
bool buffer_is_linear(const struct buffer *buffer);

/*
 * Makes sure that buffer_read can reach the memory of a linear buffer: not every driver lets the
 * CPU have its dma-bufs. 0 or the kernel's error.
 */
int buffer_map(struct buffer *buffer);

/*
 * Copies the pixels of rect (inside the buffer) to destination, row after row, destination_stride
 * bytes apart. Never faults, whatever the VMM does to the memory meanwhile: memory is read with
 * pread, and dma-bufs can not shrink. Does not begin while a GPU draws; for one
 * that begins at that very moment it waits. Returns 0, -ENOTSUP (not linear, or a
 * format outside the table), -EIO (the memory became shorter), -EAGAIN (somebody is drawing).
 */
int buffer_read(struct buffer *buffer, const struct rect *rect, void *destination,
	size_t destination_stride);
