#pragma once

#include <stdbool.h>

struct json_object;

/* The name under which QEMU's monitor keeps our socket for a moment. */
#define QMP_FD_NAME "vitrine-display"

/*
 * Whether a command is one of those that the viewer sends (survey.h, attach.h, power.h): with these
 * arguments and no others. What else QMP can do, up to starting programs, is nobody's business who
 * reads a VM's bytes. qom-get is for a few properties only: those of others may be secrets.
 */
bool qmp_rules_allow(struct json_object *message);
/* Of one that is allowed: whether an fd goes along. */
bool qmp_rules_wants_fd(struct json_object *message);
