#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What the broker does for a process that may have been taken over by a VM. Everything that is not
 * allowed here is refused with -EPERM.
 */

enum broker_right {
	BROKER_READ = 1,
	BROKER_WRITE = 2, /* make, or replace */
	BROKER_LOOK = 4,  /* whether it is there, and what it is */
	BROKER_CONNECT = 8,
	BROKER_RENAME = 16, /* within its folder */
	BROKER_LISTEN = 32,
};

enum broker_scope {
	BROKER_PATH,   /* this path */
	BROKER_FOLDER, /* what is in this folder itself and begins so */
	BROKER_ENDING, /* every file whose name ends so, in upper or lower case */
};

struct broker_rule {
	enum broker_scope scope;
	uint32_t rights;
	const char *path;  /* the folder, without a slash at its end; the ending, with its dot */
	const char *begin; /* BROKER_FOLDER only; "" for all */
};

#define BROKER_MAX_RULES 24

struct broker_rules {
	bool all; /* nothing is refused */
	bool bus; /* whether a bus may be connected to: bus_address, or the session's */
	const char *bus_address;
	uint32_t n_rules;
	struct broker_rule rules[BROKER_MAX_RULES]; /* texts are borrowed */
};

/* Nothing happens without a path. Asserts that there is room. */
void broker_rules_add(struct broker_rules *rules, enum broker_scope scope, uint32_t rights,
	const char *path, const char *begin);

bool broker_rules_allow(
	const struct broker_rules *rules, const char *path, enum broker_right right);
