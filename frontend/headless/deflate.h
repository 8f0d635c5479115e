#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Writes a zlib stream (RFC 1950, 1951) out of what somebody else has found: bytes, pixels of three
 * bytes each, and what is there already. Gathers tokens until a block of them is full, and gives
 * each block the codes that suit it.
 */

#define DEFLATE_MIN_LENGTH 3
#define DEFLATE_MAX_LENGTH 258
#define DEFLATE_MAX_DISTANCE 32768

#define DEFLATE_BLOCK_TOKENS 65536

#define DEFLATE_N_LITERALS 256
#define DEFLATE_N_LENGTHS 256 /* from the least one */
#define DEFLATE_N_DISTANCE_SLOTS 30

/* What a token is: a pixel 0xRRGGBB, unless it has one of these. */
#define DEFLATE_MATCH 0x80000000u
#define DEFLATE_BYTE 0x40000000u
#define DEFLATE_LENGTH_SHIFT 15 /* of the length, less the least; below it the distance less 1 */

/* Writes bits, the first one lowest in each byte. */
struct deflate_writer {
	uint8_t *at;
	uint64_t bits; /* not written yet: less than a byte */
	uint32_t n_bits;
};

struct deflate {
	uint8_t *data; /* NULL: there was no memory once */
	size_t capacity;
	struct deflate_writer writer;

	uint32_t n_tokens;
	uint32_t n_literals[DEFLATE_N_LITERALS];
	uint32_t n_lengths[DEFLATE_N_LENGTHS];
	uint32_t n_slots[DEFLATE_N_DISTANCE_SLOTS];
	uint32_t tokens[DEFLATE_BLOCK_TOKENS];
};

/* Leaves so many bytes free before the stream. */
void deflate_begin(struct deflate *deflate, size_t size_before);
/* Makes room for n <= DEFLATE_BLOCK_TOKENS tokens: before any of what follows. */
void deflate_reserve(struct deflate *deflate, uint32_t n_tokens);
/*
 * With the checksum of all bytes. *ret_data has the stream between the bytes before it and so many
 * behind it, and is to be freed. Returns 0 or -ENOMEM. The deflate can begin anew.
 */
int deflate_end(struct deflate *deflate, uint32_t adler32, size_t size_behind, uint8_t **ret_data,
	size_t *ret_size);

static inline uint32_t
deflate_distance_slot(uint32_t distance)
{
	uint32_t rest = distance - 1, log2;

	if (rest < 2) {
		return rest;
	}
	log2 = 31 - (uint32_t)__builtin_clz(rest);
	return 2 * log2 + (rest >> (log2 - 1) & 1);
}

static inline void
deflate_byte(struct deflate *deflate, uint8_t byte)
{
	deflate->tokens[deflate->n_tokens++] = DEFLATE_BYTE | byte;
	deflate->n_literals[byte]++;
}

/* Red, green, blue; the top byte does not matter. */
static inline void
deflate_pixel(struct deflate *deflate, uint32_t pixel)
{
	deflate->tokens[deflate->n_tokens++] = pixel & 0xffffff;
	deflate->n_literals[pixel >> 16 & 0xff]++;
	deflate->n_literals[pixel >> 8 & 0xff]++;
	deflate->n_literals[pixel & 0xff]++;
}

/* So many bytes are the same as those at that distance before: within the limits above. */
static inline void
deflate_match(struct deflate *deflate, uint32_t length, uint32_t distance)
{
	deflate->tokens[deflate->n_tokens++] =
		DEFLATE_MATCH | (length - DEFLATE_MIN_LENGTH) << DEFLATE_LENGTH_SHIFT |
		(distance - 1);
	deflate->n_lengths[length - DEFLATE_MIN_LENGTH]++;
	deflate->n_slots[deflate_distance_slot(distance)]++;
}
