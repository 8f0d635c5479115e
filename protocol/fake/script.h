#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "buffer.h"
#include "guest.h"

/* A script of the test guest, parsed. fake.h describes the language. */

#define SCRIPT_MAX_SIZE (1024 * 1024)
#define SCRIPT_MAX_COMMANDS 65536
#define SCRIPT_MAX_MEMORIES 64
#define SCRIPT_MAX_NESTING 8
#define SCRIPT_NAME_SIZE 32
#define SCRIPT_MAX_SLEEP_MS 600000
#define SCRIPT_MAX_HZ 100000

/* A piece of guest memory, as the script describes it; its fds are -1. */
struct script_memory {
	char name[SCRIPT_NAME_SIZE];
	uint32_t line; /* that names it first */
	bool defined;
	bool unsealed;
	uint32_t n_timelines; /* 0, 1 for both purposes, or 2 */
	struct buffer_layout layout;
	size_t size; /* of the memory: up to the last row of its last plane */
	struct rect source;
	bool bottom_up;
	bool placeholder;
	uint64_t acquire_point, release_point;
};

enum script_kind {
	SCRIPT_HEAD,
	SCRIPT_SCANOUT,
	SCRIPT_DRAW,
	SCRIPT_UPDATE,
	SCRIPT_OFF,
	SCRIPT_REMOVE,
	SCRIPT_CURSOR,
	SCRIPT_CURSOR_POSITION,
	SCRIPT_POINTER,
	SCRIPT_LEDS,
	SCRIPT_TRUNCATE,
	SCRIPT_FORGET,
	SCRIPT_FENCE,
	SCRIPT_FOLLOW,
	SCRIPT_UNRESIZABLE,
	SCRIPT_SLEEP,
	SCRIPT_REPEAT,
	SCRIPT_END,
	SCRIPT_WAIT_ANSWERS,
	SCRIPT_WAIT_POINT,
	SCRIPT_FRAMES,
	SCRIPT_ANIMATE,
	SCRIPT_RECORD,
	SCRIPT_TAKE_OVER,
	SCRIPT_CLOSE,
	SCRIPT_HOLD,
};

enum script_pattern {
	SCRIPT_PATTERN_RGBA,
	SCRIPT_PATTERN_GRADIENT,
	SCRIPT_PATTERN_BARS,
	SCRIPT_PATTERN_SOLID,
};

struct script_command {
	enum script_kind kind;
	uint32_t line;
	uint32_t head;
	uint32_t memory; /* index into the script's memories */
	union {
		struct {
			char gpu[GUEST_TEXT_SIZE];
			char label[GUEST_TEXT_SIZE];
		} heading;
		struct {
			/* Where none of these was said, those of the memory count. */
			bool own;
			bool whole; /* source is the whole buffer */
			struct rect source;
			bool bottom_up;
			bool placeholder;
			uint64_t acquire_point, release_point;
		} scanout;
		struct {
			enum script_pattern pattern;
			uint32_t rgba;
			bool junk_alpha;
		} draw;
		struct rect update;
		struct {
			uint32_t width, height; /* 0: none */
			int32_t hot_x, hot_y;
			bool solid;
			uint32_t rgba;
		} cursor;
		struct {
			int32_t gx, gy;
			bool on;
		} position;
		bool relative;
		bool signalled; /* of SCRIPT_FENCE */
		uint32_t leds;
		uint64_t size;
		struct {
			enum buffer_kind kind;
			uint32_t fourcc;
			uint32_t delay_ms;
		} follow;
		uint32_t sleep_ms;
		uint64_t point; /* of SCRIPT_WAIT_POINT */
		struct {
			uint32_t count;
			uint32_t end; /* index of the matching SCRIPT_END */
		} repeat;
		uint32_t begin; /* of SCRIPT_END: index of its SCRIPT_REPEAT */
		struct {
			uint32_t count;
			uint32_t hz;
			bool flip;
			uint32_t memories[2];
		} frames;
		uint32_t hz; /* of SCRIPT_ANIMATE */
		char *path;  /* of SCRIPT_RECORD */
		int error;   /* of SCRIPT_CLOSE: 0 or negative errno */
	};
};

struct script {
	char *file; /* for messages */
	struct guest_identity identity;
	uint32_t n_memories;
	struct script_memory memories[SCRIPT_MAX_MEMORIES];
	uint32_t n_commands;
	uint32_t n_allocated;
	struct script_command *commands;
	uint32_t max_cursor_pixels; /* of the largest cursor */
};

/* Returns 0, -EINVAL (logged with file, line and what was expected), or -ENOMEM. */
int script_parse(const char *file, const char *text, size_t size, struct script **ret_script);
/* The same from a file; the kernel's error when it can not be read, logged. */
int script_load(const char *path, struct script **ret_script);
/* NULL is fine. */
void script_destroy(struct script *script);
