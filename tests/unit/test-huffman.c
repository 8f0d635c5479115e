#include "unit.h"

#include <string.h>

#include "headless/huffman.h"

static uint32_t
reversed(uint32_t code, uint32_t length)
{
	uint32_t result = 0;

	for (uint32_t i = 0; i < length; i++) {
		result = result << 1 | (code >> i & 1);
	}
	return result;
}

/* A complete code by the rules of RFC 1951, 3.2.2, where a higher count has no longer code. */
static void
check(const uint32_t *counts, uint32_t n_symbols)
{
	uint32_t space = 0, n_codes = 0, next = 0, n_seen = 0;
	struct huffman huffman;

	memset(&huffman, 0xa5, sizeof(huffman));
	huffman_build(&huffman, counts, n_symbols);
	for (uint32_t i = 0; i < n_symbols; i++) {
		assert_true(huffman.lengths[i] <= HUFFMAN_MAX_LENGTH);
		assert_true(counts[i] == 0 || huffman.lengths[i] > 0);
		if (huffman.lengths[i] > 0) {
			space += 1u << (HUFFMAN_MAX_LENGTH - huffman.lengths[i]);
			n_codes++;
		}
		for (uint32_t j = 0; j < n_symbols; j++) {
			assert_true(counts[i] <= counts[j] || counts[j] == 0 ||
				    huffman.lengths[i] <= huffman.lengths[j]);
		}
	}
	assert_int_equal(space, 1u << HUFFMAN_MAX_LENGTH);
	assert_true(n_codes >= 2);
	/* Counting up, from length to length. */
	for (uint32_t length = 1; length <= HUFFMAN_MAX_LENGTH; length++) {
		next <<= 1;
		for (uint32_t i = 0; i < n_symbols; i++) {
			if (huffman.lengths[i] == length) {
				assert_int_equal(reversed(huffman.codes[i], length), next++);
				n_seen++;
			}
		}
	}
	assert_int_equal(n_seen, n_codes);
}

static void
test_few_symbols(void **state)
{
	uint32_t counts[30] = { 0 };

	check(counts, 30);
	counts[0] = 5;
	check(counts, 30);
	counts[0] = 0;
	counts[29] = HUFFMAN_MAX_COUNT;
	check(counts, 30);
	counts[1] = 1;
	check(counts, 30);
	counts[7] = 1;
	check(counts, 30);
}

/* The deepest trees that there are. */
static void
test_length_is_limited(void **state)
{
	uint32_t counts[HUFFMAN_MAX_SYMBOLS] = { 1, 1 };

	for (uint32_t n = 3; n < 33; n++) {
		counts[n - 1] = counts[n - 2] + counts[n - 3];
		if (counts[n - 1] <= HUFFMAN_MAX_COUNT) {
			check(counts, n);
		}
	}
	for (uint32_t i = 33; i < HUFFMAN_MAX_SYMBOLS; i++) {
		counts[i] = 1;
	}
	for (uint32_t i = 0; i < 33; i++) {
		counts[i] = counts[i] > HUFFMAN_MAX_COUNT ? HUFFMAN_MAX_COUNT : counts[i];
	}
	check(counts, HUFFMAN_MAX_SYMBOLS);
}

static void
test_known_lengths(void **state)
{
	static const uint32_t counts[] = { 10, 0, 1, 15, 7, 20, 43 };
	static const uint8_t lengths[] = { 4, 0, 5, 3, 5, 2, 1 };
	struct huffman huffman;

	huffman_build(&huffman, counts, 7);
	assert_memory_equal(huffman.lengths, lengths, 7);
	check(counts, 7);
}

static void
test_random_counts(void **state)
{
	uint32_t counts[HUFFMAN_MAX_SYMBOLS], seed = 1;

	for (uint32_t round = 0; round < 200; round++) {
		for (uint32_t i = 0; i < HUFFMAN_MAX_SYMBOLS; i++) {
			counts[i] = unit_random(&seed) >> (unit_random(&seed) % 24);
			counts[i] = counts[i] > HUFFMAN_MAX_COUNT ? 0 : counts[i];
		}
		check(counts, HUFFMAN_MAX_SYMBOLS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_symbols),
		cmocka_unit_test(test_length_is_limited),
		cmocka_unit_test(test_known_lengths),
		cmocka_unit_test(test_random_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
