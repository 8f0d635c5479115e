#include "deflate.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "huffman.h"

#define N_CODES HUFFMAN_MAX_SYMBOLS /* of literals, the end of a block, and lengths */
#define END_OF_BLOCK 256
#define FIRST_LENGTH 257

#define DISTANCE_MASK ((1u << DEFLATE_LENGTH_SHIFT) - 1)

/* Of a block's header: its kind, the numbers of codes, and the code that their lengths are in. */
#define HEADER_BITS (3 + 5 + 5 + 4 + 19 * 3)
#define LENGTH_CODE_BITS 4
/* bits and n_bits at most, what is written at once, and the checksum. */
#define SLACK_SIZE 32

/* A code with what follows it, ready to be written. */
struct word {
	uint32_t bits;
	uint32_t n_bits;
};

static inline void
put(struct deflate_writer *writer, uint64_t bits, uint32_t n_bits)
{
	uint64_t stored;

	writer->bits |= bits << writer->n_bits;
	writer->n_bits += n_bits;
	stored = htole64(writer->bits);
	memcpy(writer->at, &stored, sizeof(stored));
	writer->at += writer->n_bits / 8;
	writer->bits >>= writer->n_bits & ~7u;
	writer->n_bits &= 7;
}

static void
grow(struct deflate *deflate, size_t size)
{
	size_t used = (size_t)(deflate->writer.at - deflate->data);
	size_t wanted = used + size + SLACK_SIZE;
	uint8_t *data;

	if (deflate->data == NULL || wanted <= deflate->capacity) {
		return;
	}
	deflate->capacity = wanted > 2 * deflate->capacity ? wanted : 2 * deflate->capacity;
	data = realloc(deflate->data, deflate->capacity);
	if (data == NULL) {
		free(deflate->data);
	} else {
		deflate->writer.at = data + used;
	}
	deflate->data = data;
}

static void
clear_tokens(struct deflate *deflate)
{
	deflate->n_tokens = 0;
	memset(deflate->n_literals, 0, sizeof(deflate->n_literals));
	memset(deflate->n_lengths, 0, sizeof(deflate->n_lengths));
	memset(deflate->n_slots, 0, sizeof(deflate->n_slots));
}

void
deflate_begin(struct deflate *deflate, size_t size_before)
{
	deflate->capacity = size_before + DEFLATE_BLOCK_TOKENS;
	deflate->data = malloc(deflate->capacity);
	clear_tokens(deflate);
	if (deflate->data != NULL) {
		deflate->writer = (struct deflate_writer){ .at = deflate->data + size_before };
		/* Deflate, a window of 32 KiB; the fastest level. */
		put(&deflate->writer, 0x78 | 0x01 << 8, 16);
	}
}

/* Of a length less the least: its code, and how many bits of it follow that. RFC 1951, 3.2.5. */
static uint32_t
length_code(uint32_t length, uint32_t *ret_extra)
{
	uint32_t log2;

	*ret_extra = 0;
	if (length < 4) {
		return FIRST_LENGTH + length;
	}
	if (length == DEFLATE_N_LENGTHS - 1) {
		return N_CODES - 1;
	}
	log2 = 31 - (uint32_t)__builtin_clz(length);
	*ret_extra = log2 - 2;
	return FIRST_LENGTH + 4 * (log2 - 1) + (length >> (log2 - 2) & 3);
}

static uint32_t
slot_extra(uint32_t slot)
{
	return slot < 4 ? 0 : slot / 2 - 1;
}

/* The codes that suit the block, and how many bits it takes with them. */
static uint64_t
choose_codes(const struct deflate *deflate, struct huffman *codes, struct huffman *distances)
{
	uint32_t counts[N_CODES] = { 0 }, extra;
	uint64_t n_bits = HEADER_BITS + (N_CODES + DEFLATE_N_DISTANCE_SLOTS) * LENGTH_CODE_BITS;

	memcpy(counts, deflate->n_literals, sizeof(deflate->n_literals));
	counts[END_OF_BLOCK] = 1;
	for (uint32_t i = 0; i < DEFLATE_N_LENGTHS; i++) {
		counts[length_code(i, &extra)] += deflate->n_lengths[i];
		n_bits += (uint64_t)deflate->n_lengths[i] * extra;
	}
	huffman_build(codes, counts, N_CODES);
	huffman_build(distances, deflate->n_slots, DEFLATE_N_DISTANCE_SLOTS);
	for (uint32_t i = 0; i < N_CODES; i++) {
		n_bits += (uint64_t)counts[i] * codes->lengths[i];
	}
	for (uint32_t i = 0; i < DEFLATE_N_DISTANCE_SLOTS; i++) {
		n_bits += (uint64_t)deflate->n_slots[i] * (distances->lengths[i] + slot_extra(i));
	}
	return n_bits;
}

/*
 * The lengths of codes are written in a code of their own. This one is the same for each length,
 * and complete; a better one would save a hundred bytes of a block.
 */
static void
put_header(struct deflate_writer *writer, bool last, const struct huffman *codes,
	const struct huffman *distances)
{
	put(writer, (uint64_t)last | 2 << 1, 3);
	put(writer, (N_CODES - 257) | (DEFLATE_N_DISTANCE_SLOTS - 1) << 5 | (19 - 4) << 10, 14);
	/* Of 19 lengths' codes the first three stand for repetitions: none of those. */
	put(writer, 0, 9);
	for (int i = 0; i < 16; i++) {
		put(writer, LENGTH_CODE_BITS, 3);
	}
	for (uint32_t i = 0; i < N_CODES + DEFLATE_N_DISTANCE_SLOTS; i++) {
		static const uint8_t reversed[] = { 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11,
			7, 15 };

		put(writer,
			reversed[i < N_CODES ? codes->lengths[i] : distances->lengths[i - N_CODES]],
			LENGTH_CODE_BITS);
	}
}

static void
put_tokens(struct deflate *deflate, const struct huffman *codes, const struct huffman *distances)
{
	/* A copy, so that it can stay in registers. */
	struct deflate_writer writer = deflate->writer;
	struct word lengths[DEFLATE_N_LENGTHS], literals[DEFLATE_N_LITERALS];

	for (uint32_t i = 0; i < DEFLATE_N_LENGTHS; i++) {
		uint32_t extra, code = length_code(i, &extra);

		lengths[i].bits = codes->codes[code] | (i & ((1u << extra) - 1))
							       << codes->lengths[code];
		lengths[i].n_bits = codes->lengths[code] + extra;
		literals[i] = (struct word){ codes->codes[i], codes->lengths[i] };
	}
	for (uint32_t i = 0; i < deflate->n_tokens; i++) {
		uint32_t token = deflate->tokens[i];

		if (token & DEFLATE_MATCH) {
			uint32_t distance = token & DISTANCE_MASK;
			uint32_t slot = deflate_distance_slot(distance + 1),
				 extra = slot_extra(slot);
			struct word length = lengths[token >> DEFLATE_LENGTH_SHIFT & 0xff];
			uint64_t rest = distance & ((1u << extra) - 1);

			rest = rest << distances->lengths[slot] | distances->codes[slot];
			put(&writer, rest << length.n_bits | length.bits,
				length.n_bits + distances->lengths[slot] + extra);
		} else if (token & DEFLATE_BYTE) {
			put(&writer, literals[token & 0xff].bits, literals[token & 0xff].n_bits);
		} else {
			struct word red = literals[token >> 16],
				    green = literals[token >> 8 & 0xff];
			struct word blue = literals[token & 0xff];

			put(&writer,
				red.bits | (uint64_t)green.bits << red.n_bits |
					(uint64_t)blue.bits << (red.n_bits + green.n_bits),
				red.n_bits + green.n_bits + blue.n_bits);
		}
	}
	put(&writer, codes->codes[END_OF_BLOCK], codes->lengths[END_OF_BLOCK]);
	deflate->writer = writer;
}

static void
write_block(struct deflate *deflate, bool last)
{
	struct huffman codes, distances;

	grow(deflate, choose_codes(deflate, &codes, &distances) / 8 + 1);
	if (deflate->data != NULL) {
		put_header(&deflate->writer, last, &codes, &distances);
		put_tokens(deflate, &codes, &distances);
	}
	clear_tokens(deflate);
}

void
deflate_reserve(struct deflate *deflate, uint32_t n_tokens)
{
	if (deflate->n_tokens + n_tokens > DEFLATE_BLOCK_TOKENS) {
		write_block(deflate, false);
	}
}

int
deflate_end(struct deflate *deflate, uint32_t adler32, size_t size_behind, uint8_t **ret_data,
	size_t *ret_size)
{
	write_block(deflate, true);
	grow(deflate, size_behind);
	if (deflate->data == NULL) {
		return -ENOMEM;
	}
	put(&deflate->writer, 0, -deflate->writer.n_bits & 7);
	put(&deflate->writer, __builtin_bswap32(adler32), 32);
	*ret_data = deflate->data;
	*ret_size = (size_t)(deflate->writer.at - deflate->data) + size_behind;
	deflate->data = NULL;
	return 0;
}
