#pragma once

#include <stdbool.h>

#include "gl/context.h"
#include "gl/texture.h"

struct linked_program {
	GLuint name; /* 0: the driver refuses it */
	GLint swaps_red_and_blue;
};

/* The shaders that copy a texture, pixel by pixel, into what is bound for drawing. */
struct program {
	struct linked_program plain, external;
	GLuint vertices; /* an array without any: the corners are made by the shader */
};

/*
 * Compiles and links all, which may take a driver long: before somebody waits for a picture. What
 * the driver refuses is logged, and cannot be drawn.
 */
void program_init(struct program *program);

/* Frees what the program holds; fine for one that is all zero. */
void program_finish(struct program *program);

/*
 * Copies the texture within the rectangles to the same place. swap: red and blue change places, for
 * targets whose bytes are in that order. Returns 0 or -EIO (the driver has no such shader, or
 * cannot draw).
 */
int program_draw(const struct program *program, const struct texture *texture, bool swap,
	const struct rect *rects, uint32_t n_rects);
