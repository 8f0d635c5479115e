#include "qemu-dbus/wire-name.h"

#include <stddef.h>
#include <string.h>

/* As bits, for what a part of a name may consist of. */
enum kind {
	LETTER = 1, /* or _ */
	DIGIT = 2,
	DASH = 4,
};

static bool
is_of(char c, unsigned int kinds)
{
	char lower = (char)(c | 0x20);

	return ((kinds & LETTER) != 0 && ((lower >= 'a' && lower <= 'z') || c == '_')) ||
	       ((kinds & DIGIT) != 0 && c >= '0' && c <= '9') || ((kinds & DASH) != 0 && c == '-');
}

static const char *
skip(const char *text, unsigned int kinds)
{
	while (is_of(*text, kinds)) {
		text++;
	}
	return text;
}

bool
wire_name_is_path(const char *path)
{
	if (strcmp(path, "/") == 0) {
		return true;
	}
	if (strcmp(path, "/org/freedesktop/DBus/Local") == 0) {
		return false;
	}
	do {
		const char *part = path + 1;

		if (*path != '/') {
			return false;
		}
		path = skip(part, LETTER | DIGIT);
		if (path == part) {
			return false;
		}
	} while (*path != '\0');
	return true;
}

/* At least so many parts, with dots between them, each of one of first and then any of rest. */
static bool
has_parts(const char *name, size_t n_least, unsigned int first, unsigned int rest)
{
	const char *at = name;

	if (strcmp(name, "org.freedesktop.DBus.Local") == 0) {
		return false;
	}
	for (size_t n = 1; is_of(*at, first); n++, at++) {
		at = skip(at, rest);
		if (*at != '.') {
			return *at == '\0' && n >= n_least && at - name <= WIRE_NAME_MAX;
		}
	}
	return false;
}

bool
wire_name_is_interface(const char *name)
{
	return has_parts(name, 2, LETTER, LETTER | DIGIT);
}

bool
wire_name_is_member(const char *name)
{
	return has_parts(name, 1, LETTER, LETTER | DIGIT) && strchr(name, '.') == NULL;
}

bool
wire_name_is_bus(const char *name)
{
	if (name[0] == ':') {
		return has_parts(name + 1, 2, LETTER | DIGIT | DASH, LETTER | DIGIT | DASH) &&
		       strlen(name) <= WIRE_NAME_MAX;
	}
	return has_parts(name, 2, LETTER | DASH, LETTER | DIGIT | DASH);
}
