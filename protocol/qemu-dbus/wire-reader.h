#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes values out of D-Bus bytes of this machine's byte order, in order (D-Bus specification,
 * "Marshaling"). data is where alignment counts from; it need not be aligned itself, and nothing is
 * copied. A value that is not there, padding that is not zero and text that does not end where it
 * should make the reader bad for good: what it gives from then on is 0 or "", so that a message is
 * read to its end and judged once. No value outlives data.
 */
struct wire_reader {
	const uint8_t *data;
	size_t size, at;
	bool is_bad;
};

uint8_t wire_reader_u8(struct wire_reader *reader);
uint32_t wire_reader_u32(struct wire_reader *reader);
int32_t wire_reader_i32(struct wire_reader *reader);
uint64_t wire_reader_u64(struct wire_reader *reader);
/* Nothing but 0 and 1 is one. */
bool wire_reader_bool(struct wire_reader *reader);
/* A string or an object path; of any bytes but 0. */
const char *wire_reader_string(struct wire_reader *reader);
const char *wire_reader_signature(struct wire_reader *reader);
/* The start of an array, up to its first element. Returns the size of the elements in bytes. */
uint32_t wire_reader_array(struct wire_reader *reader, size_t alignment);
/* Skips padding. */
void wire_reader_align(struct wire_reader *reader, size_t alignment);

/* All was good, and all was read. */
bool wire_reader_is_done(const struct wire_reader *reader);
