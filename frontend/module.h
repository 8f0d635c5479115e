#pragma once

#include <stdint.h>

/*
 * Parts of the viewer that bring large libraries with them are modules: loaded when they are first
 * needed, and never unloaded, as GLib can not be. A viewer that needs none maps none of it.
 */

/* Of the words that say why there is none. */
#define MODULE_WHY_SIZE 256

struct module {
	const char *folder; /* in a build tree, seen from the program's */
	const char *name;   /* of the file */
	/* What to look for in it: a struct that begins with a uint32_t, its version. */
	const char *symbol;
	uint32_t version; /* another one: a module of another build */
};

/* Slow; for any thread. The struct, or NULL and why. */
const void *module_load(const struct module *module, char ret_why[static MODULE_WHY_SIZE]);
