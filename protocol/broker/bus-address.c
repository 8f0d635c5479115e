#include "broker/bus-address.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Up to the comma, semicolon or end. The length, or -1: too long, or badly escaped. */
static ptrdiff_t
unescape(const char *value, char *out, size_t size)
{
	size_t length = 0;

	for (; *value != '\0' && *value != ',' && *value != ';'; value++) {
		if (length + 1 >= size) {
			return -1;
		}
		if (*value != '%') {
			out[length++] = *value;
			continue;
		}
		if (!isxdigit((unsigned char)value[1]) || !isxdigit((unsigned char)value[2])) {
			return -1;
		}
		out[length++] = (char)(hex(value[1]) * 16 + hex(value[2]));
		value += 2;
	}
	out[length] = '\0';
	return (ptrdiff_t)length;
}

/* One entry, from behind its transport. */
static bool
read_unix(const char *keys, struct sockaddr_un *address, socklen_t *ret_size)
{
	static const char path[] = "path=", abstract[] = "abstract=";
	ptrdiff_t length;

	for (;;) {
		bool is_abstract = strncmp(keys, abstract, strlen(abstract)) == 0;

		if (is_abstract || strncmp(keys, path, strlen(path)) == 0) {
			keys = strchr(keys, '=') + 1;
			length = unescape(keys, address->sun_path + is_abstract,
				sizeof(address->sun_path) - is_abstract);
			*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
						(size_t)length + 1);
			return length > 0;
		}
		keys += strcspn(keys, ",;");
		if (*keys != ',') {
			return false;
		}
		keys++;
	}
}

static int
find_in_runtime(struct sockaddr_un *address, socklen_t *ret_size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n = runtime == NULL
			? -1
			: snprintf(address->sun_path, sizeof(address->sun_path), "%s/bus", runtime);

	*ret_size = sizeof(*address);
	return n > 0 && (size_t)n < sizeof(address->sun_path) ? 0 : -ENOENT;
}

int
bus_address_find(const char *address, struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	static const char transport[] = "unix:";
	const char *entry = address != NULL ? address : getenv("DBUS_SESSION_BUS_ADDRESS");

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (entry == NULL) {
		return find_in_runtime(ret_address, ret_size);
	}
	while (entry != NULL) {
		if (strncmp(entry, transport, strlen(transport)) == 0 &&
			read_unix(entry + strlen(transport), ret_address, ret_size)) {
			return 0;
		}
		entry = strchr(entry, ';');
		entry = entry != NULL ? entry + 1 : NULL;
	}
	return -ENOTSUP;
}
