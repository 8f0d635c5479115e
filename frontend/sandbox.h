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

/* The same for a process that draws text, which has no log of its own. 0 or negative errno. */
int sandbox_enter_quietly(const struct sandbox_needs *needs);

/* And for what passes messages on (sandbox-relay.c). 0, also where it is not to be; or negative
 * errno. */
int sandbox_enter_relay(void);

/* sandbox-files.c: -ENOSYS: this kernel has no Landlock. *ret_version: Landlock's. */
int sandbox_restrict_files(const struct sandbox_needs *needs, int *ret_version);
/* sandbox-calls.c: kills: what is not allowed ends the process, instead of failing. */
int sandbox_restrict_calls(const struct sandbox_needs *needs, bool kills);
