#pragma once

#include <stdbool.h>

struct compositor;

/* What is announced, and in which version. Interfaces are names such as "wl_seat". */

/* "INTERFACE:VERSION": announced in this version. False when it is not known here or newer. */
bool globals_set_version(const char *text);
/* Not announced. False when it is not known here. */
bool globals_set_absent(const char *interface);

/* Of interfaces that are known here. Some are only announced when that is asked for. */
void globals_set_present(const char *interface);
bool globals_has(const char *interface);
int globals_version(const char *interface);

/* Announces them; not wl_shm, which buffers_init() does, and not each wl_output. */
void globals_create(struct compositor *compositor);
