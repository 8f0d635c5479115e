#include "record.h"

#include <inttypes.h>
#include <sys/stat.h>

json_object *
record_new(const char *event)
{
	json_object *object = json_object_new_object();

	record_text(object, "event", event);
	return object;
}

void
record_int(json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void
record_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void
record_double(json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

void
record_text(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value != NULL ? json_object_new_string(value) : NULL);
}

void
record_hex(json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	record_text(object, key, text);
}

void
record_fourcc(json_object *object, const char *key, uint32_t fourcc)
{
	char text[5] = { 0 };

	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> (8 * i));
		text[i] = c >= 0x20 && c < 0x7f ? c : '?';
	}
	record_text(object, key, text);
}

void
record_fd(json_object *object, int fd)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0) {
		return;
	}
	record_int(object, "inode", (int64_t)stat.st_ino);
	record_int(object, "device", (int64_t)stat.st_dev);
	record_int(object, "fd_size", (int64_t)stat.st_size);
}

void
record_rect(json_object *array, int32_t x, int32_t y, int32_t width, int32_t height)
{
	json_object *rect = json_object_new_array();

	json_object_array_add(rect, json_object_new_int(x));
	json_object_array_add(rect, json_object_new_int(y));
	json_object_array_add(rect, json_object_new_int(width));
	json_object_array_add(rect, json_object_new_int(height));
	json_object_array_add(array, rect);
}

static uint64_t n_written;

uint64_t
record_count(void)
{
	return n_written;
}

void
record_write(FILE *log, json_object *object)
{
	n_written++;
	fprintf(log, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	fflush(log);
	json_object_put(object);
}
