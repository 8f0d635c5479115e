#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "broker/broker.h"

/* The GPU helper as a process, a child of the broker's. */
struct gpu_process;

/* It has ended, and is gone: do not touch it any more. */
typedef void (*gpu_process_ended_fn)(void *data, const struct broker_end *end);

/*
 * Starts it with the socket, which stays the caller's; nothing else of ours reaches it but the
 * environment and standard error. device: that the compositor draws with; 0: not known. Returns 0,
 * -ENOENT when there is no helper on this machine, or the kernel's error.
 */
int gpu_process_start(sd_event *event, int socket, dev_t device, gpu_process_ended_fn ended,
	void *data, struct gpu_process **ret_process);
/*
 * Kills it. Nothing is told any more; it is reaped when it dies, which may be never if it hangs in
 * a driver. NULL is fine.
 */
void gpu_process_abandon(struct gpu_process *process);

/*
 * What the broker does for it. confines: the helper does so with itself; it keeps its rights once
 * this was false.
 */
void gpu_process_register(bool confines);
