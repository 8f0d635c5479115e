#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "broker/broker-rules.h"

/*
 * What a process that reads a VM's bytes may not do itself once it is confined: the broker, a
 * process that was forked before it read any, does it if its rules allow, and hands back fds. As
 * long as there is none the same code runs here, and no rules apply.
 *
 * Every function may wait for the broker: microseconds for what the event loop asks for. Workers
 * (worker.h) have a broker of their own, so that a file system that hangs holds nobody else up.
 */

/* What a caller asks for and gets. The acts are in broker-act.h. */
struct broker_request {
	uint32_t act;
	uint32_t flags;
	int64_t number;
	const char *text[2]; /* NULL: empty; shorter than BROKER_TEXT_SIZE */
	int fds[2];          /* stay the caller's */
	uint32_t n_fds;
};

#define BROKER_TEXT_SIZE PATH_MAX

struct broker_answer {
	int error; /* 0 or negative errno, -EPERM for what the rules forbid */
	int64_t numbers[4];
	char text[BROKER_TEXT_SIZE];
	int fd; /* the caller's; -1: none */
};

/* Something that the broker keeps for us until we are done with it, or gone. */
struct broker_hold {
	int fd;      /* readable when a process that it is has ended: see broker_wait(); or -1 */
	void *thing; /* kept by ourselves, without a broker */
	int (*finish)(void *thing, bool complete);
};
#define BROKER_NO_HOLD ((struct broker_hold){ .fd = -1 })

/*
 * Forks the broker, before there is any thread and any byte of a VM's. What it needs beside the
 * rules comes with the fork. 0 or negative errno. Once is enough: again does nothing.
 */
int broker_start(const struct broker_rules *rules);
/* Leaves it: it finishes what it keeps, and ends. */
void broker_stop(void);
bool broker_is_running(void);
/* This thread is a worker's. */
void broker_enter_worker(void);

/*
 * Asks, and waits. Returns answer->error. hold: NULL where the act keeps nothing.
 * -ECANCELED: a worker was told to give up meanwhile (fd_gives_up).
 */
int broker_ask(const struct broker_request *request, struct broker_answer *answer,
	struct broker_hold *hold);

/*
 * Done with it. complete: as its act understands it. Waits until that has been seen to; a process
 * is killed. Returns 0 or negative errno; -ECANCELED as above. Without a hold it does nothing.
 */
int broker_finish(struct broker_hold *hold, bool complete);

/* How a process that was started has ended. */
struct broker_end {
	int32_t code;   /* CLD_EXITED, CLD_KILLED, ... of waitid() */
	int32_t status; /* its exit status, or the signal */
};
/* Waits for the end of the process and lets go of it. -ECANCELED as above, -ECONNRESET: the broker
 * is gone, and the process with it. */
int broker_wait(struct broker_hold *hold, struct broker_end *ret_end);

/* An fd to read from, whatever is there: not blocking, no terminal. */
int broker_open(const char *path);
/*
 * A file to write to from its start, made if it is missing; blocking. -ENXIO: a pipe without
 * reader. /dev/stdout, /dev/fd/N and the like are descriptors of our own, here and below.
 */
int broker_create(const char *path);
/*
 * Whether something is there: 0, -ENOENT, ... Of the status only device, inode and change time are
 * told. NULL is fine.
 */
int broker_look(const char *path, struct stat *ret_status);
/* Without symbolic links and the like. */
int broker_real_path(const char *path, char ret_path[static BROKER_TEXT_SIZE]);
int broker_rename(const char *from, const char *to);

/* The bus that the rules name, at its address. The fd, not blocking, or negative errno. */
int broker_connect_bus(const char *address);

/* What the kernel calls the exporter of a dma-buf (-EINVAL: it is none), or any fd. */
int broker_exporter(int fd, char *ret_name, size_t size);
int broker_link_of(int fd, char *ret_name, size_t size);

/*
 * A new file that is to take the place of path, or to be there at all, when it is complete: see
 * replacement.h. The fd is for writing, blocking, and the caller's. *hold has to be finished.
 */
int broker_replace(const char *path, uint32_t flags, struct broker_hold *hold);
