#include "layout-encode.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/text.h"
#include "layout-decode.h"

static void
copy_output(const struct output_name *from, struct output_name *to)
{
	text_copy(to->name, sizeof(to->name), from->name);
	text_copy(to->make, sizeof(to->make), from->make);
	text_copy(to->model, sizeof(to->model), from->model);
	text_copy(to->description, sizeof(to->description), from->description);
}

/* Only what the decoder takes. */
static void
copy_head(const struct layout_head *from, struct layout_head *to)
{
	*to = (struct layout_head){
		.index = from->index,
		.plugged = from->plugged,
		.maximized = from->maximized,
		.fullscreen = from->fullscreen,
		.has_output = from->has_output,
	};
	text_copy(to->gpu, sizeof(to->gpu), from->gpu);
	if (from->width > 0 && from->width <= LAYOUT_MAX_DIMENSION && from->height > 0 &&
		from->height <= LAYOUT_MAX_DIMENSION) {
		to->width = from->width;
		to->height = from->height;
	}
	if (from->zoom_percent >= LAYOUT_MIN_ZOOM_PERCENT &&
		from->zoom_percent <= LAYOUT_MAX_ZOOM_PERCENT) {
		to->zoom_percent = from->zoom_percent;
	}
	if (from->has_output) {
		copy_output(&from->output, &to->output);
	}
}

/* Takes the value. False: no memory, for this or for the value. */
static bool
add(json_object *json, const char *key, json_object *value)
{
	if (value == NULL || json_object_object_add(json, key, value) < 0) {
		json_object_put(value);
		return false;
	}
	return true;
}

static bool
add_text(json_object *json, const char *key, const char *text)
{
	return add(json, key, json_object_new_string(text));
}

static bool
add_number(json_object *json, const char *key, int64_t number)
{
	return add(json, key, json_object_new_int64(number));
}

static bool
add_bool(json_object *json, const char *key, bool truth)
{
	return add(json, key, json_object_new_boolean(truth));
}

static bool
add_output(json_object *json, const struct output_name *output)
{
	json_object *made = json_object_new_object();

	return add(json, "output", made) && add_text(made, "name", output->name) &&
	       add_text(made, "make", output->make) && add_text(made, "model", output->model) &&
	       add_text(made, "description", output->description);
}

static bool
add_head(json_object *heads, const struct layout_head *head)
{
	json_object *json = json_object_new_object();

	if (json == NULL || json_object_array_add(heads, json) < 0) {
		json_object_put(json);
		return false;
	}
	return add_text(json, "gpu", head->gpu) && add_number(json, "index", head->index) &&
	       add_bool(json, "plugged", head->plugged) &&
	       add_bool(json, "maximized", head->maximized) &&
	       add_bool(json, "fullscreen", head->fullscreen) &&
	       add_number(json, "width", head->width) && add_number(json, "height", head->height) &&
	       add_number(json, "zoom_percent", head->zoom_percent) &&
	       (!head->has_output || add_output(json, &head->output));
}

static bool
add_heads(json_object *json, const struct layout *layout)
{
	json_object *heads = json_object_new_array();
	struct layout done = { 0 };

	if (!add(json, "heads", heads)) {
		return false;
	}
	for (uint32_t i = 0; i < layout->n_heads; i++) {
		struct layout_head *head = &done.heads[done.n_heads];

		copy_head(&layout->heads[i], head);
		if (layout_find_head(&done, head->gpu, head->index) != NULL) {
			continue;
		}
		if (!add_head(heads, head)) {
			return false;
		}
		done.n_heads++;
	}
	return true;
}

int
layout_encode(const struct layout *layout, char **ret_text)
{
	json_object *json = json_object_new_object();
	const char *text = NULL;
	int r = -ENOMEM;

	assert(layout->n_heads <= GUEST_MAX_HEADS);
	if (json != NULL && add_number(json, "version", LAYOUT_VERSION) &&
		add_heads(json, layout)) {
		/* For people as well: they look into such files. */
		text = json_object_to_json_string_ext(
			json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
	if (text != NULL && asprintf(ret_text, "%s\n", text) >= 0) {
		r = 0;
	}
	json_object_put(json);
	return r;
}
