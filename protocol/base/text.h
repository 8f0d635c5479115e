#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Text from outside (a VM's name, a console's label, a peer's error) may hold anything. Clean text
 * is valid UTF-8 without control characters, so that it cannot draw on a terminal or break a title,
 * and without those that begin a line or reverse the text around them.
 */

/* Replaces each byte of what is no such text by '?', in place. */
void text_clean(char *text);

/* A clean copy, cut between characters where it does not fit. NULL counts as "". */
void text_copy(char *destination, size_t size, const char *source);

/* The UTF-8 character that the text starts with: how many bytes it has. 0: it starts with none. */
size_t text_decode(const char *text, uint32_t *ret_character);
