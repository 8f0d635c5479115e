#pragma once

#include "guest.h"

/*
 * A VM's name and UUID as QEMU tells them, by QMP or D-Bus. NULL leaves a part as it is. QEMU says
 * "00000000-…" for a VM without UUID; that, and what is no UUID at all, becomes the empty string.
 */
void identity_set_name(struct guest_identity *identity, const char *name);
void identity_set_uuid(struct guest_identity *identity, const char *uuid);

/* Whether the user's word for a VM means this one: its name, or its UUID in any case. */
bool identity_matches(const struct guest_identity *identity, const char *vm);

/* For messages: the name, else the UUID, else a phrase. */
const char *identity_text(const struct guest_identity *identity);
