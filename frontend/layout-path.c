#include "layout-path.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"

/* FNV-1a, by its authors. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_FACTOR UINT64_C(0x100000001b3)

static bool
is_uuid(const char *text)
{
	for (size_t i = 0; i < GUEST_UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) {
			return false;
		}
	}
	return text[GUEST_UUID_SIZE - 1] == '\0';
}

/* Ends with the text's 0, so that "ab", "c" is not "a", "bc". */
static uint64_t
hash(uint64_t value, const char *text)
{
	do {
		value = (value ^ (unsigned char)*text) * HASH_FACTOR;
	} while (*text++ != '\0');
	return value;
}

/* The file's name without folder. NULL: no memory. */
static char *
make_name(const struct guest_identity *identity, const char *qmp_path)
{
	char *name, real[BROKER_TEXT_SIZE];
	uint64_t value;

	if (is_uuid(identity->uuid)) {
		if (asprintf(&name, "layout-%s.json", identity->uuid) < 0) {
			return NULL;
		}
		for (char *c = name; *c != '\0'; c++) {
			*c = (char)tolower((unsigned char)*c);
		}
		return name;
	}
	if (qmp_path == NULL || broker_real_path(qmp_path, real) < 0) {
		snprintf(real, sizeof(real), "%s", qmp_path != NULL ? qmp_path : "");
	}
	value = hash(HASH_START, identity->name);
	value = hash(value, real);
	return asprintf(&name, "layout-vm-%016" PRIx64 ".json", value) < 0 ? NULL : name;
}

static int
add_folder(const char *name, char **ret_path)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int r;

	/* Paths that are not absolute are to be ignored. */
	if (state != NULL && state[0] == '/') {
		r = asprintf(ret_path, "%s/vitrine/%s", state, name);
	} else if (home != NULL && home[0] == '/') {
		r = asprintf(ret_path, "%s/.local/state/vitrine/%s", home, name);
	} else {
		return -ENOENT;
	}
	return r < 0 ? -ENOMEM : 0;
}

char *
layout_path_folder(void)
{
	char *path, *slash;

	if (add_folder("", &path) < 0) {
		return NULL;
	}
	slash = strrchr(path, '/');
	*slash = '\0';
	return path;
}

int
layout_path(const struct guest_identity *identity, const char *qmp_path, char **ret_path)
{
	char *name;
	int r;

	if (!is_uuid(identity->uuid) && identity->name[0] == '\0' && qmp_path == NULL) {
		return -ENODATA;
	}
	name = make_name(identity, qmp_path);
	if (name == NULL) {
		return -ENOMEM;
	}
	r = add_folder(name, ret_path);
	free(name);
	return r;
}
