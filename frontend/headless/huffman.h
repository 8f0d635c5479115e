#pragma once

#include <stdint.h>

/* Codes of deflate (RFC 1951, 3.2): the more often a symbol is there, the fewer bits it takes. */

#define HUFFMAN_MAX_SYMBOLS 286
#define HUFFMAN_MAX_LENGTH 15
#define HUFFMAN_MAX_COUNT ((uint32_t)1 << 22) /* of one symbol */

struct huffman {
	uint8_t lengths[HUFFMAN_MAX_SYMBOLS]; /* in bits; 0: the symbol has no code */
	uint16_t codes[HUFFMAN_MAX_SYMBOLS];  /* first bit lowest */
};

/*
 * Every symbol with a count gets a code, and the first ones without, until there are two: less is
 * no complete code.
 */
void huffman_build(struct huffman *huffman, const uint32_t *counts, uint32_t n_symbols);
