#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct fake;
struct fake_head;
struct fake_memory;
struct script_command;

/*
 * `follow`: a guest whose screen takes the size of the monitor that it is told to be connected to.
 */
struct follow {
	bool on;
	enum buffer_kind kind; /* of the memory that is made */
	uint32_t fourcc;
	uint64_t delay_ns;

	bool told;   /* the size below; 0x0: off */
	bool wished; /* it is to be taken, at due_ns */
	uint32_t width, height;
	uint64_t due_ns;

	bool unplugged;             /* off, because that was wished */
	struct fake_memory *memory; /* what was made and is shown; NULL: something else is */
};

/* Whether memory can be made in this way, in a format that paint knows. As fake_memory_create(). */
int follow_check(const struct script_command *command);

/* From now on the head follows; it takes what it has been told before. */
void follow_begin(struct fake *fake, struct fake_head *head, const struct script_command *command);

/*
 * The head is to be as large as this, or off. Of several wishes the last one counts, and the first
 * one says when it is due. Tells nothing.
 */
void follow_wish(struct fake *fake, struct fake_head *head, uint32_t width, uint32_t height);

/* Shows what is due; from the loop. The guest may be destroyed inside. */
void follow_run(struct fake *fake);

/* The head shows something else now: tells that the memory that was made is gone. */
void follow_forget(struct fake *fake, struct fake_head *head);

/* As it was before follow_begin(); tells nobody. */
void follow_finish(struct fake_head *head);
