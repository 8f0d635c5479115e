#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Ownership of file descriptors. An absent fd is -1; every fd of ours is close-on-exec. */

/* Closes *fd unless it is negative and sets it to -1. errno is kept. */
void fd_close(int *fd);

/* Declares a local that is closed when it goes out of scope: AUTO_FD int fd = -1; */
#define AUTO_FD __attribute__((cleanup(fd_close)))

/* Moves the fd out of *fd, which becomes -1: hands ownership from an owning local to a caller. */
int fd_take(int *fd);

/*
 * So many bytes from the start of a file in memory that a peer has handed over: unlike a mapping's
 * they can be missing. Returns 0, -EBADMSG (it is shorter), or negative errno.
 */
int fd_read_start(int fd, void *data, size_t size);

/* A close-on-exec duplicate, never 0, 1 or 2; or negative errno. */
int fd_dup(int fd);

int fd_set_nonblocking(int fd);

/*
 * What the pictures of a VM may take (buffer-budget.h), a copy of each for the compositor, and what
 * waits in messages: more than the 1024 that most systems let a program have without asking.
 */
#define FD_LIMIT 4096
/* So many fds may be open, or as many as the system lets us; never fewer than before. */
void fd_raise_limit(void);

/*
 * All of it, blocking. Returns 0 or negative errno; -ECANCELED: interrupted by a signal after this
 * thread was told to give up.
 */
int fd_write_all(int fd, const void *data, size_t size);

/* From now on this thread gives up what it is blocked in when it is interrupted and *flag is true.
 * Borrowed; NULL: nothing of the kind. */
void fd_give_up_on(const atomic_bool *flag);
/* Whether it is to. */
bool fd_gives_up(void);

enum fd_kind {
	FD_KIND_OTHER,  /* a socket, a pipe, a file on disk, /dev/null: never a picture */
	FD_KIND_MEMORY, /* memfd or another file in shared memory (it answers F_GET_SEALS) */
	FD_KIND_DMABUF, /* its file system is the kernel's dma-buf one */
};

/* What the kernel says about an fd that came from a peer. */
struct fd_info {
	enum fd_kind kind;
	size_t size;   /* bytes that may be read; for a dma-buf by lseek(SEEK_END) */
	bool sealed;   /* memory that can not shrink: F_SEAL_SHRINK is set, or a dma-buf */
	bool writable; /* memory that may be mapped writable, as compositors map wl_shm pools */
	dev_t device;  /* with inode: the identity of the memory, the same for every duplicate */
	ino_t inode;
};

/*
 * Device, inode and the size that fstat() gives (0 for some dma-bufs), nothing else; one system
 * call.
 */
int fd_identify(int fd, struct fd_info *ret_info);
/* Returns 0, or negative errno when the kernel refuses to tell. */
int fd_inspect(int fd, struct fd_info *ret_info);

/*
 * For tests on machines without any dma-buf exporter: from now on memory that is handed over as
 * a dma-buf is taken for one. Logs a warning each time it is called. fd_memory_passes_as_dmabuf()
 * tells whether it was.
 */
void fd_let_memory_pass_as_dmabuf(void);
bool fd_memory_passes_as_dmabuf(void);
