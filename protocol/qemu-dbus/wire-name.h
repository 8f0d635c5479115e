#pragma once

#include <stdbool.h>

/*
 * The names in a message's header (D-Bus specification, "Valid Names"). Those that a program keeps
 * for messages to itself are not valid in what a peer sends.
 */

#define WIRE_NAME_MAX 255

bool wire_name_is_path(const char *path);
/* Errors have names of the same kind. */
bool wire_name_is_interface(const char *name);
bool wire_name_is_member(const char *name);
/* Of a connection to a bus. */
bool wire_name_is_bus(const char *name);
