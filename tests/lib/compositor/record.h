#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The log: one JSON object a line, flushed at once, {"event": NAME, ...}.
 * Numbers that need 64 unsigned bits (modifiers) are texts in hexadecimal, for
 * readers whose numbers are doubles.
 */

json_object *record_new(const char *event);
void record_int(json_object *object, const char *key, int64_t value);
void record_bool(json_object *object, const char *key, bool value);
void record_double(json_object *object, const char *key, double value);
/* NULL is written as null. */
void record_text(json_object *object, const char *key, const char *value);
void record_hex(json_object *object, const char *key, uint64_t value);
/* "XR24": the four characters of a DRM format. */
void record_fourcc(json_object *object, const char *key, uint32_t fourcc);
/* inode and device of what the fd names: its identity. */
void record_fd(json_object *object, int fd);
/* Appends [x, y, width, height]. */
void record_rect(json_object *array, int32_t x, int32_t y, int32_t width, int32_t height);
/* Writes the line and frees the object. */
void record_write(FILE *log, json_object *object);
/* Lines so far. */
uint64_t record_count(void);
