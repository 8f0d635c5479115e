#include "layout-decode.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* After the first complaint nothing more is read. */
struct decoder {
	int result; /* 0 or negative errno */
	char *error;
	int head;         /* whose members are read; -1: the file's own */
	const char *part; /* "output." while that is read, else "" */
};

static void
complain(struct decoder *decoder, const char *key, const char *what)
{
	if (decoder->result < 0) {
		return;
	}
	decoder->result = -EBADMSG;
	if (decoder->head >= 0) {
		snprintf(decoder->error, LAYOUT_ERROR_SIZE, "heads[%d]%s%s%s: %s", decoder->head,
			key[0] != '\0' ? "." : "", decoder->part, key, what);
	} else {
		snprintf(decoder->error, LAYOUT_ERROR_SIZE, "%s: %s", key, what);
	}
}

/* NULL: it is not there, or there was a complaint. */
static json_object *
get(struct decoder *decoder, json_object *json, const char *key, enum json_type type)
{
	static const char *const names[] = {
		[json_type_boolean] = "neither true nor false",
		[json_type_int] = "not a whole number",
		[json_type_object] = "not an object",
		[json_type_array] = "not an array",
		[json_type_string] = "not a text",
	};
	json_object *value = NULL;

	if (decoder->result < 0 || !json_object_object_get_ex(json, key, &value)) {
		return NULL;
	}
	if (!json_object_is_type(value, type)) {
		complain(decoder, key, names[type]);
		return NULL;
	}
	return value;
}

static json_object *
get_required(struct decoder *decoder, json_object *json, const char *key, enum json_type type)
{
	json_object *value = get(decoder, json, key, type);

	if (value == NULL) {
		complain(decoder, key, "missing");
	}
	return value;
}

/* 0 where there is none. */
static int64_t
read_number(struct decoder *decoder, json_object *value, const char *key, int64_t min, int64_t max)
{
	/* json-c makes the largest number of what is larger. */
	int64_t number = value != NULL ? json_object_get_int64(value) : 0;

	if (value != NULL && (number < min || number > max)) {
		complain(decoder, key, "out of range");
		return 0;
	}
	return number;
}

static void
read_text(struct decoder *decoder, json_object *value, const char *key, char *text, size_t size)
{
	const char *found = json_object_get_string(value);
	size_t length;

	if (found == NULL) {
		return;
	}
	length = (size_t)json_object_get_string_len(value);
	if (length >= size) {
		complain(decoder, key, "too long");
		return;
	}
	text_copy(text, size, found);
	if (strlen(text) != length || memcmp(text, found, length) != 0) {
		complain(decoder, key, "no clean text");
	}
}

static void
decode_output(struct decoder *decoder, json_object *json, struct output_name *output)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
	} texts[] = {
		{ "name", output->name, sizeof(output->name) },
		{ "make", output->make, sizeof(output->make) },
		{ "model", output->model, sizeof(output->model) },
		{ "description", output->description, sizeof(output->description) },
	};

	decoder->part = "output.";
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_object *value = get(decoder, json, texts[i].key, json_type_string);

		read_text(decoder, value, texts[i].key, texts[i].text, texts[i].size);
	}
	decoder->part = "";
}

static void
decode_window(struct decoder *decoder, json_object *json, struct layout_head *head)
{
	json_object *width = get(decoder, json, "width", json_type_int);
	json_object *height = get(decoder, json, "height", json_type_int);
	json_object *zoom = get(decoder, json, "zoom_percent", json_type_int);

	head->width = (int32_t)read_number(decoder, width, "width", 0, LAYOUT_MAX_DIMENSION);
	head->height = (int32_t)read_number(decoder, height, "height", 0, LAYOUT_MAX_DIMENSION);
	head->zoom_percent =
		(uint32_t)read_number(decoder, zoom, "zoom_percent", 0, LAYOUT_MAX_ZOOM_PERCENT);
	if ((head->width == 0) != (head->height == 0)) {
		complain(decoder, "width", "0 or not, unlike the height");
	}
	if (head->zoom_percent != 0 && head->zoom_percent < LAYOUT_MIN_ZOOM_PERCENT) {
		complain(decoder, "zoom_percent", "out of range");
	}
}

static void
decode_head(struct decoder *decoder, json_object *json, struct layout *layout)
{
	struct layout_head *head = &layout->heads[layout->n_heads];
	json_object *value, *output;

	if (!json_object_is_type(json, json_type_object)) {
		complain(decoder, "", "not an object");
		return;
	}
	value = get_required(decoder, json, "gpu", json_type_string);
	read_text(decoder, value, "gpu", head->gpu, sizeof(head->gpu));
	value = get_required(decoder, json, "index", json_type_int);
	head->index = (uint32_t)read_number(decoder, value, "index", 0, UINT32_MAX);
	if (layout_find_head(layout, head->gpu, head->index) != NULL) {
		complain(decoder, "index", "the same as of a head before");
	}
	value = get_required(decoder, json, "plugged", json_type_boolean);
	head->plugged = json_object_get_boolean(value);
	value = get(decoder, json, "maximized", json_type_boolean);
	head->maximized = json_object_get_boolean(value);
	value = get(decoder, json, "fullscreen", json_type_boolean);
	head->fullscreen = json_object_get_boolean(value);
	decode_window(decoder, json, head);
	output = get(decoder, json, "output", json_type_object);
	head->has_output = output != NULL;
	if (output != NULL) {
		decode_output(decoder, output, &head->output);
	}
	layout->n_heads++;
}

static void
decode_layout(struct decoder *decoder, json_object *json, struct layout *layout)
{
	json_object *value = get_required(decoder, json, "version", json_type_int);
	int64_t version = read_number(decoder, value, "version", 1, INT64_MAX);
	json_object *heads;

	if (version > LAYOUT_VERSION) {
		complain(decoder, "version", "of a later program");
		decoder->result = -ENOTSUP;
		return;
	}
	heads = get_required(decoder, json, "heads", json_type_array);
	if (heads != NULL && json_object_array_length(heads) > GUEST_MAX_HEADS) {
		complain(decoder, "heads", "too many");
		return;
	}
	for (size_t i = 0; heads != NULL && i < json_object_array_length(heads); i++) {
		decoder->head = (int)i;
		decode_head(decoder, json_object_array_get_idx(heads, i), layout);
	}
}

static void
check_syntax(struct decoder *decoder, json_tokener *tokener, json_object *json, const char *text,
	size_t size)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	/* For json-c a zero byte is an end. */
	while (end < size && (text[end] == ' ' || (text[end] >= '\t' && text[end] <= '\r'))) {
		end++;
	}
	if (error == json_tokener_continue) {
		complain(decoder, "JSON", "cut short");
	} else if (error != json_tokener_success) {
		complain(decoder, "JSON", json_tokener_error_desc(error));
	} else if (!json_object_is_type(json, json_type_object)) {
		complain(decoder, "JSON", "not an object");
	} else if (end < size) {
		complain(decoder, "JSON", "something behind its end");
	}
}

int
layout_decode(const char *text, size_t size, char ret_error[static LAYOUT_ERROR_SIZE],
	struct layout *ret_layout)
{
	struct decoder decoder = { .error = ret_error, .head = -1, .part = "" };
	struct layout layout = { 0 };
	json_tokener *tokener;
	json_object *json;

	if (size > LAYOUT_MAX_SIZE) {
		complain(&decoder, "size", "too large");
		return decoder.result;
	}
	tokener = json_tokener_new_ex(LAYOUT_MAX_DEPTH);
	if (tokener == NULL) {
		return -ENOMEM;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	json = json_tokener_parse_ex(tokener, text, (int)size);
	check_syntax(&decoder, tokener, json, text, size);
	if (decoder.result >= 0) {
		decode_layout(&decoder, json, &layout);
	}
	json_object_put(json);
	json_tokener_free(tokener);
	if (decoder.result >= 0) {
		*ret_layout = layout;
	}
	return decoder.result;
}
