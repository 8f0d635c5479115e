#include "output-spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

const struct output_spec output_spec_default = {
	.mm_width = 510,
	.mm_height = 290,
	.make = "Mini",
	.model = "Compositor",
};

static const char *const transforms[] = {
	[WL_OUTPUT_TRANSFORM_NORMAL] = "normal",
	[WL_OUTPUT_TRANSFORM_90] = "90",
	[WL_OUTPUT_TRANSFORM_180] = "180",
	[WL_OUTPUT_TRANSFORM_270] = "270",
	[WL_OUTPUT_TRANSFORM_FLIPPED] = "flipped",
	[WL_OUTPUT_TRANSFORM_FLIPPED_90] = "flipped-90",
	[WL_OUTPUT_TRANSFORM_FLIPPED_180] = "flipped-180",
	[WL_OUTPUT_TRANSFORM_FLIPPED_270] = "flipped-270",
};

static bool
copy_text(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

/* "120x80"; says how much of the text it is, 0: it is none. */
static int
parse_size(const char *text, int32_t *ret_width, int32_t *ret_height)
{
	int width, height, n = 0;

	if (sscanf(text, "%dx%d%n", &width, &height, &n) != 2 || width < 0 || height < 0) {
		return 0;
	}
	*ret_width = width;
	*ret_height = height;
	return n;
}

static bool
parse_mode(struct output_spec *spec, const char *text)
{
	int n = parse_size(text, &spec->width, &spec->height);
	int used;

	if (n > 0) {
		if (spec->width < 1 || spec->width > OUTPUT_MAX_PIXELS || spec->height < 1 ||
			spec->height > OUTPUT_MAX_PIXELS) {
			return false;
		}
		text += n;
		if (*text == '@') {
			if (sscanf(text, "@%d%n", &spec->refresh_mhz, &used) != 1 ||
				spec->refresh_mhz < 1) {
				return false;
			}
			text += used;
		}
	}
	if (*text == '+' || *text == '-') {
		if (sscanf(text, "%d%d%n", &spec->x, &spec->y, &used) != 2) {
			return false;
		}
		spec->placed = true;
		text += used;
	}
	return *text == '\0';
}

static bool
parse_transform(struct output_spec *spec, const char *text)
{
	for (int32_t i = 0; i < (int32_t)(sizeof(transforms) / sizeof(transforms[0])); i++) {
		if (strcmp(transforms[i], text) == 0) {
			spec->transform = i;
			return true;
		}
	}
	return false;
}

bool
output_scale_parse(const char *text, int32_t *ret_scale_120)
{
	char *end;
	double scale = strtod(text, &end);

	if (*end != '\0' || !(scale >= 0.5 && scale <= OUTPUT_MAX_SCALE)) {
		return false;
	}
	*ret_scale_120 = (int32_t)lround(scale * 120);
	return true;
}

static bool
parse_pair(struct output_spec *spec, const char *key, const char *value)
{
	if (strcmp(key, "scale") == 0) {
		return output_scale_parse(value, &spec->scale_120);
	}
	if (strcmp(key, "transform") == 0) {
		return parse_transform(spec, value);
	}
	if (strcmp(key, "mm") == 0) {
		int n = parse_size(value, &spec->mm_width, &spec->mm_height);
		return n > 0 && value[n] == '\0';
	}
	if (strcmp(key, "refresh") == 0) {
		spec->refresh_mhz = atoi(value);
		return spec->refresh_mhz > 0;
	}
	if (strcmp(key, "make") == 0) {
		return copy_text(spec->make, sizeof(spec->make), value);
	}
	if (strcmp(key, "model") == 0) {
		return copy_text(spec->model, sizeof(spec->model), value);
	}
	return strcmp(key, "description") == 0 &&
	       copy_text(spec->description, sizeof(spec->description), value);
}

static bool
parse_parts(struct output_spec *spec, char *text)
{
	char *rest = text;
	char *first, *colon, *pair;

	/* Name, mode and place come first, and may all be missing. */
	if (text[strcspn(text, "=,")] != '=') {
		first = strsep(&rest, ",");
		colon = strchr(first, ':');
		if (colon != NULL) {
			*colon = '\0';
			if (colon == first || !copy_text(spec->name, sizeof(spec->name), first)) {
				return false;
			}
			first = colon + 1;
		}
		if (!parse_mode(spec, first)) {
			return false;
		}
	}
	while ((pair = strsep(&rest, ",")) != NULL) {
		char *value = strchr(pair, '=');
		if (value == NULL) {
			return false;
		}
		*value++ = '\0';
		if (!parse_pair(spec, pair, value)) {
			return false;
		}
	}
	return true;
}

bool
output_spec_parse(struct output_spec *spec, const char *text)
{
	struct output_spec parsed = *spec;
	char *copy = strdup(text);
	bool understood;

	if (copy == NULL) {
		abort();
	}
	understood = parse_parts(&parsed, copy);
	free(copy);
	if (understood) {
		*spec = parsed;
	}
	return understood;
}
