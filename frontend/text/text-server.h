#pragma once

#include "text/text-module.h"

/*
 * The process that draws text: a child of the broker's with the module in it, since whoever reads a
 * VM's bytes may neither load a module nor read fonts. A packet with a struct text_request is
 * answered by one with a text_answer and, without an error, the pixels in a memfd.
 */

#define TEXT_WHY_SIZE 256

struct text_answer {
	int32_t error;
	uint32_t width, height;
	char why[TEXT_WHY_SIZE]; /* the module could not be loaded; else empty */
};

/*
 * For a worker. Draws there, starting the process if *fd is -1, which is then the caller's. The
 * pixels are to be freed. 0; what the module says; -EPIPE: the process has died, and *fd is -1.
 */
struct broker_hold;
int text_server_draw(int *fd, struct broker_hold *hold, const struct text_request *request,
	struct text_picture *ret_picture, char why[static TEXT_WHY_SIZE]);

/*
 * What the broker does for it. leave_files: called once the process has loaded what it draws with,
 * before that may have a thread; confine: called once it has drawn. NULL: it keeps its rights.
 */
void text_server_register(void (*leave_files)(void), void (*confine)(void));
