#include "monitor-mapping.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* More of the user's text than this is no help in a complaint. */
#define MAX_QUOTED 40

/* A part of the text, without the blanks around it; of nothing but blanks, none of them. */
struct part {
	const char *start;
	size_t length;
};

struct parser {
	const char *text;
	char *error;
};

static int __attribute__((format(printf, 3, 4)))
complain(const struct parser *parser, const char *at, const char *format, ...)
{
	int n = snprintf(parser->error, MONITOR_MAPPING_ERROR_SIZE,
		"character %zu: ", (size_t)(at - parser->text) + 1);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(parser->error + n, MONITOR_MAPPING_ERROR_SIZE - (size_t)n, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static struct part
trim(const char *start, const char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
		end--;
	}
	while (start < end && (*start == ' ' || *start == '\t')) {
		start++;
	}
	return (struct part){ start, (size_t)(end - start) };
}

/* For "%.*s". */
static int
quoted(const struct part *part)
{
	return part->length < MAX_QUOTED ? (int)part->length : MAX_QUOTED;
}

static bool
is_number(const struct part *part)
{
	return part->length > 0 && strspn(part->start, "0123456789") >= part->length;
}

static int
read_number(const struct parser *parser, const struct part *part, const char *what, uint32_t min,
	uint32_t max, uint32_t *ret_number)
{
	uint32_t number = 0;

	if (part->length == 0) {
		return complain(parser, part->start, "the number of %s is missing", what);
	}
	if (!is_number(part)) {
		return complain(parser, part->start, "'%.*s' is not the number of %s", quoted(part),
			part->start, what);
	}
	for (size_t i = 0; i < part->length && number <= max; i++) {
		number = number * 10 + (uint32_t)(part->start[i] - '0');
	}
	if (number < min || number > max) {
		return complain(parser, part->start,
			"%.*s is not the number of %s: they go from %u to %u", quoted(part),
			part->start, what, min, max);
	}
	*ret_number = number;
	return 0;
}

/* Whether both say the same about the host's monitor. */
static bool
is_same_output(const struct monitor_mapping_pair *a, const struct monitor_mapping_pair *b)
{
	return a->number == b->number && strcmp(a->name, b->name) == 0;
}

static int
read_output(const struct parser *parser, const struct part *part, struct monitor_mapping_pair *pair)
{
	const char *colon = memchr(part->start, ':', part->length);

	if (part->length == 0) {
		return complain(parser, part->start,
			"the host's monitor is missing: a connector's name or a number");
	}
	if (is_number(part)) {
		return read_number(parser, part, "a monitor of the host", 1,
			MONITOR_MAPPING_MAX_NUMBER, &pair->number);
	}
	if (colon != NULL) {
		return complain(parser, colon, "a second ':'; is there a ';' missing before it?");
	}
	if (part->length >= sizeof(pair->name)) {
		return complain(parser, part->start, "no connector's name is longer than %zu bytes",
			sizeof(pair->name) - 1);
	}
	memcpy(pair->name, part->start, part->length);
	return 0;
}

/* From start to end there is no ';'. */
static int
read_pair(const struct parser *parser, const char *start, const char *end,
	struct monitor_mapping *mapping)
{
	const char *colon = memchr(start, ':', (size_t)(end - start));
	struct part whole = trim(start, end), head, output;
	struct monitor_mapping_pair pair = { 0 };
	uint32_t number;
	int r;

	if (whole.length == 0) {
		return complain(parser, whole.start, "nothing here; it takes NUMBER:MONITOR");
	}
	if (colon == NULL) {
		return complain(parser, whole.start, "'%.*s' has no ':'; it takes NUMBER:MONITOR",
			quoted(&whole), whole.start);
	}
	head = trim(start, colon);
	output = trim(colon + 1, end);
	r = read_number(parser, &head, "a monitor of the VM", 1, GUEST_MAX_HEADS, &number);
	if (r >= 0) {
		r = read_output(parser, &output, &pair);
	}
	if (r < 0) {
		return r;
	}
	pair.head = number - 1;
	for (uint32_t i = 0; i < mapping->n_pairs; i++) {
		if (mapping->pairs[i].head == pair.head) {
			return complain(parser, head.start, "monitor %u of the VM was there before",
				number);
		}
		if (is_same_output(&mapping->pairs[i], &pair)) {
			return complain(parser, output.start,
				"monitor '%.*s' of the host was there before", quoted(&output),
				output.start);
		}
	}
	/* There is room: no head comes twice. */
	mapping->pairs[mapping->n_pairs++] = pair;
	return 0;
}

int
monitor_mapping_parse(const char *text, char ret_error[static MONITOR_MAPPING_ERROR_SIZE],
	struct monitor_mapping *ret_mapping)
{
	struct parser parser = { text, ret_error };
	struct monitor_mapping mapping = { 0 };
	const char *start = text, *end;

	do {
		int r;

		end = strchrnul(start, ';');
		r = read_pair(&parser, start, end, &mapping);
		if (r < 0) {
			return r;
		}
		start = end + 1;
	} while (*end != '\0');
	*ret_mapping = mapping;
	return 0;
}

static const char *
get_name(const struct monitor_mapping_output *output)
{
	return output->name != NULL ? output->name : "";
}

/* The order of their numbers. */
static bool
comes_before(const struct monitor_mapping_output *a, const struct monitor_mapping_output *b)
{
	if (a->x != b->x) {
		return a->x < b->x;
	}
	if (a->y != b->y) {
		return a->y < b->y;
	}
	/* Monitors that show the same. */
	return strcmp(get_name(a), get_name(b)) < 0;
}

/* From 1 on. */
static uint32_t
number_of(const struct monitor_mapping_output *outputs, uint32_t n_outputs, uint32_t index)
{
	uint32_t number = 1;

	for (uint32_t i = 0; i < n_outputs; i++) {
		number += comes_before(&outputs[i], &outputs[index]) ||
			  (i < index && !comes_before(&outputs[index], &outputs[i]));
	}
	return number;
}

static int32_t
find_output(const struct monitor_mapping_pair *pair, const struct monitor_mapping_output *outputs,
	uint32_t n_outputs)
{
	for (uint32_t i = 0; i < n_outputs; i++) {
		bool found = pair->number > 0 ? number_of(outputs, n_outputs, i) == pair->number
					      : strcmp(get_name(&outputs[i]), pair->name) == 0;

		if (found) {
			return (int32_t)i;
		}
	}
	return -ENODEV;
}

int32_t
monitor_mapping_find(const struct monitor_mapping *mapping, uint32_t head,
	const struct monitor_mapping_output *outputs, uint32_t n_outputs)
{
	for (uint32_t i = 0; i < mapping->n_pairs; i++) {
		if (mapping->pairs[i].head == head) {
			return find_output(&mapping->pairs[i], outputs, n_outputs);
		}
	}
	return -ENOENT;
}

/* "2" or "2-3"; from start to end there is no ','. */
static int
read_range(const struct parser *parser, const char *start, const char *end, uint32_t *mask)
{
	const char *dash = memchr(start, '-', (size_t)(end - start));
	struct part first = trim(start, dash != NULL ? dash : end);
	struct part last = dash != NULL ? trim(dash + 1, end) : first;
	uint32_t low, high;
	int r = read_number(parser, &first, "a console", 0, GUEST_MAX_HEADS - 1, &low);

	if (r >= 0) {
		r = read_number(parser, &last, "a console", 0, GUEST_MAX_HEADS - 1, &high);
	}
	if (r < 0) {
		return r;
	}
	if (low > high) {
		return complain(parser, first.start, "%u-%u goes downwards", low, high);
	}
	for (uint32_t i = low; i <= high; i++) {
		*mask |= 1u << i;
	}
	return 0;
}

int
monitor_mapping_parse_consoles(
	const char *text, char ret_error[static MONITOR_MAPPING_ERROR_SIZE], uint32_t *ret_mask)
{
	struct parser parser = { text, ret_error };
	struct part whole = trim(text, text + strlen(text));
	const char *start = text, *end;
	uint32_t mask = 0;

	if (whole.length == 3 && memcmp(whole.start, "all", 3) == 0) {
		*ret_mask = (1u << GUEST_MAX_HEADS) - 1;
		return 0;
	}
	do {
		int r;

		end = strchrnul(start, ',');
		r = read_range(&parser, start, end, &mask);
		if (r < 0) {
			return r;
		}
		start = end + 1;
	} while (*end != '\0');
	*ret_mask = mask;
	return 0;
}
