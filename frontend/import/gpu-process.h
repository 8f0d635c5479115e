#pragma once

#include <signal.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* The GPU helper as a child process. */
struct gpu_process;

/* It ended, so says waitid, and is gone: do not touch it any more. */
typedef void (*gpu_process_ended_fn)(void *data, const siginfo_t *info);

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
