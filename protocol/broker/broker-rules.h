#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What the broker does for a process that may have been taken over by a VM. Everything that is not
 * allowed here is refused with -EPERM.
 */

enum broker_right {
	BROKER_READ = 1,
	BROKER_WRITE = 2,   /* make, or replace */
	BROKER_LOOK = 4,    /* whether it is there, and what it is */
	BROKER_CONNECT = 8, /* to QMP, see qemu-dbus/qmp-relay.h */
	BROKER_RENAME = 16, /* within its folder */
	BROKER_LISTEN = 32,
	BROKER_FOLDERS = 64,  /* make those that are missing above it */
	BROKER_REPLACE = 128, /* write over what is there: else it must not be */
};

enum broker_scope {
	BROKER_PATH,   /* this path */
	BROKER_SERIES, /* this path, with numbers, spaces and dashes put anywhere into its name */
	BROKER_FOLDER, /* what is in this folder itself and begins so */
	/*
	 * Every file whose name ends so, in upper or lower case, but below hidden folders: shells
	 * and the like run what they find there, whatever it is called. Where a path leads through
	 * links, and from, broker-place.h tells. Not hidden is what lies below a folder that the
	 * user works in, whatever that is below.
	 */
	BROKER_ENDING,
	BROKER_WORK_FOLDER, /* such a folder: no right of its own */
};

struct broker_rule {
	enum broker_scope scope;
	uint32_t rights;
	char *path;  /* the folder, without a slash at its end; the ending, with its dot */
	char *begin; /* BROKER_FOLDER only; "" for all */
};

struct broker_rules {
	bool all;         /* nothing is refused */
	bool for_workers; /* files are all that is asked for: the broker says it of its second self
			   */
	bool bus;         /* whether a bus may be connected to: bus_address, or the session's */
	const char *bus_address;
	uint32_t n_rules;
	struct broker_rule *rules; /* and its texts */
};

/* Copies the texts; nothing happens without a path. 0 or -ENOMEM. */
int broker_rules_add(struct broker_rules *rules, enum broker_scope scope, uint32_t rights,
	const char *path, const char *begin);
void broker_rules_finish(struct broker_rules *rules);

/* By the path alone. */
bool broker_rules_allow(
	const struct broker_rules *rules, const char *path, enum broker_right right);
/* Whether the user has named the path, or its folder: then it is meant, wherever that leads. */
bool broker_rules_name(const struct broker_rules *rules, const char *path, enum broker_right right);
