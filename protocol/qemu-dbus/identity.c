#include "qemu-dbus/identity.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

void
identity_set_name(struct guest_identity *identity, const char *name)
{
	if (name != NULL) {
		text_copy(identity->name, sizeof(identity->name), name);
	}
}

static bool
is_uuid(const char *text)
{
	if (strlen(text) != GUEST_UUID_SIZE - 1) {
		return false;
	}
	for (int i = 0; i < GUEST_UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) {
			return false;
		}
	}
	return true;
}

void
identity_set_uuid(struct guest_identity *identity, const char *uuid)
{
	if (uuid == NULL) {
		return;
	}
	identity->uuid[0] = '\0';
	if (!is_uuid(uuid) || strspn(uuid, "0-") == strlen(uuid)) {
		return;
	}
	for (int i = 0; i < GUEST_UUID_SIZE; i++) {
		identity->uuid[i] = (char)tolower((unsigned char)uuid[i]);
	}
}

bool
identity_matches(const struct guest_identity *identity, const char *vm)
{
	return strcmp(identity->name, vm) == 0 ||
	       (identity->uuid[0] != '\0' && strcasecmp(identity->uuid, vm) == 0);
}

const char *
identity_text(const struct guest_identity *identity)
{
	if (identity->name[0] != '\0') {
		return identity->name;
	}
	return identity->uuid[0] != '\0' ? identity->uuid : "a VM without a name";
}
