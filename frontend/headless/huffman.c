#include "huffman.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A count and its symbol in one number, so that sorting needs nothing else. */
#define SYMBOL_BITS 9
#define SYMBOL_MASK ((1u << SYMBOL_BITS) - 1)

/* Symbols first, then what joins two nodes each, both in the order of their counts. */
#define MAX_NODES (2 * HUFFMAN_MAX_SYMBOLS - 1)

static int
compare_leaves(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint32_t
sort_leaves(const uint32_t *counts, uint32_t n_symbols, uint32_t leaves[HUFFMAN_MAX_SYMBOLS])
{
	uint32_t n_leaves = 0;

	for (uint32_t i = 0; i < n_symbols; i++) {
		if (counts[i] > 0) {
			leaves[n_leaves++] = counts[i] << SYMBOL_BITS | i;
		}
	}
	for (uint32_t i = 0; n_leaves < 2; i++) {
		if (counts[i] == 0) {
			leaves[n_leaves++] = 1u << SYMBOL_BITS | i;
		}
	}
	qsort(leaves, n_leaves, sizeof(leaves[0]), compare_leaves);
	return n_leaves;
}

/* The depth of each leaf of the tree that joins the two least nodes until one is left. */
static uint32_t
find_depths(const uint32_t *leaves, uint32_t n_leaves, uint8_t depths[HUFFMAN_MAX_SYMBOLS])
{
	uint32_t counts[MAX_NODES], parents[MAX_NODES], all_depths[MAX_NODES];
	uint32_t n_nodes = 2 * n_leaves - 1, leaf = 0, joined = n_leaves, deepest = 0;

	for (uint32_t i = 0; i < n_leaves; i++) {
		counts[i] = leaves[i] >> SYMBOL_BITS;
	}
	for (uint32_t node = n_leaves; node < n_nodes; node++) {
		counts[node] = 0;
		for (int side = 0; side < 2; side++) {
			bool take_leaf = leaf < n_leaves &&
					 (joined == node || counts[leaf] <= counts[joined]);
			uint32_t child = take_leaf ? leaf++ : joined++;

			counts[node] += counts[child];
			parents[child] = node;
		}
	}
	all_depths[n_nodes - 1] = 0;
	for (uint32_t node = n_nodes - 1; node-- > 0;) {
		all_depths[node] = all_depths[parents[node]] + 1;
		deepest = all_depths[node] > deepest ? all_depths[node] : deepest;
	}
	for (uint32_t i = 0; i < n_leaves; i++) {
		depths[i] = (uint8_t)all_depths[i];
	}
	return deepest;
}

static uint16_t
reverse(uint32_t code, uint32_t length)
{
	uint32_t reversed = 0;

	for (uint32_t i = 0; i < length; i++) {
		reversed |= (code >> i & 1) << (length - 1 - i);
	}
	return (uint16_t)reversed;
}

/* RFC 1951, 3.2.2. */
static void
number_codes(struct huffman *huffman, uint32_t n_symbols)
{
	uint32_t n_codes[HUFFMAN_MAX_LENGTH + 1] = { 0 }, next[HUFFMAN_MAX_LENGTH + 1] = { 0 };

	for (uint32_t i = 0; i < n_symbols; i++) {
		n_codes[huffman->lengths[i]]++;
	}
	n_codes[0] = 0;
	for (uint32_t length = 1; length <= HUFFMAN_MAX_LENGTH; length++) {
		next[length] = (next[length - 1] + n_codes[length - 1]) << 1;
	}
	for (uint32_t i = 0; i < n_symbols; i++) {
		uint32_t length = huffman->lengths[i];

		huffman->codes[i] = length > 0 ? reverse(next[length]++, length) : 0;
	}
}

void
huffman_build(struct huffman *huffman, const uint32_t *counts, uint32_t n_symbols)
{
	uint32_t leaves[HUFFMAN_MAX_SYMBOLS];
	uint8_t depths[HUFFMAN_MAX_SYMBOLS];
	uint32_t n_leaves = sort_leaves(counts, n_symbols, leaves);

	/* Too deep a tree is one of counts too far apart; their order stays. */
	while (find_depths(leaves, n_leaves, depths) > HUFFMAN_MAX_LENGTH) {
		for (uint32_t i = 0; i < n_leaves; i++) {
			uint32_t count = leaves[i] >> SYMBOL_BITS;

			leaves[i] = (count + 1) / 2 << SYMBOL_BITS | (leaves[i] & SYMBOL_MASK);
		}
	}
	memset(huffman, 0, sizeof(*huffman));
	for (uint32_t i = 0; i < n_leaves; i++) {
		huffman->lengths[leaves[i] & SYMBOL_MASK] = depths[i];
	}
	number_codes(huffman, n_symbols);
}
