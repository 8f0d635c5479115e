#pragma once

#include <stdbool.h>

/*
 * Confines this process for good, before it reads the first byte of a VM's: no file system, no
 * network (Landlock), and of the kernel's calls those that are needed (seccomp). What else it needs
 * the broker does. Threads that exist already keep their access to files, but not the calls.
 */

/* Such builds are not confined: the sanitizers' own work at the end needs what we give up. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_HAS_SANITIZER 1
#elif defined(__has_feature)
#define SANDBOX_HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANDBOX_HAS_SANITIZER 0
#endif

struct sandbox_needs {
	bool decorations; /* libdecor draws title bars: reads its plugins, fonts and cursor themes
			   */
	bool devices;     /* of the VM's own: opens them, and asks udev */
	bool fake;        /* the built-in test guest makes dma-bufs and fences of its own */
};

/*
 * 0, logged; or negative errno, with a warning: less is confined than ought to be. Again does
 * nothing.
 */
int sandbox_enter(const struct sandbox_needs *needs);

/*
 * The same for a process that draws text, which has no log of its own, in two steps: libraries may
 * start threads with the first text, which keep what files they may read then, but not what calls
 * they may make. 0, also where it is not to be; or negative errno.
 */
int sandbox_leave_files_quietly(const struct sandbox_needs *needs);
int sandbox_enter_quietly(const struct sandbox_needs *needs); /* and the rest */

/* And for what passes messages on (sandbox-relay.c). 0, also where it is not to be; or negative
 * errno. */
int sandbox_enter_relay(void);

/*
 * For programs that are mostly the code of others, whose calls we cannot know. They keep reading
 * what is installed, and get neither other files nor sockets, processes or parts of the kernel that
 * have nothing to do with pictures. 0; or negative errno: less is confined than ought to be.
 */

/*
 * Of the GPU helper, before it loads a driver, of which none has a thread yet: it has GPUs besides.
 * Logged. Mesa's and NVIDIA's shader caches are off: whoever reads those next is not confined.
 */
int sandbox_enter_gpu_helper(void);
/* Of a child that executes this next, which is the only program that it may start. Not logged. */
int sandbox_enter_program(const char *executable);

/* For tests: whether VITRINE_TEST_SANDBOX is that. */
bool sandbox_is_switched(const char *to);
/* sandbox-files.c: -ENOSYS: this kernel has no Landlock. *ret_version: Landlock's. */
int sandbox_restrict_files(const struct sandbox_needs *needs, int *ret_version);
/* sandbox-calls.c: kills: what is not allowed ends the process, instead of failing. */
int sandbox_restrict_calls(const struct sandbox_needs *needs, bool kills);
/* sandbox-programs.c: the same as for files. */
int sandbox_restrict_to_gpus(void);
int sandbox_restrict_to_program(const char *executable);
/* sandbox-refused.c: the same as for calls. may_execute: Landlock says what. */
int sandbox_refuse_calls(bool may_execute, bool kills);
