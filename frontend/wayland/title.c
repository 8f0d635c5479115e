#include "title.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed sequence at text (RFC 3629), 0 when there is none. */
static size_t
sequence_length(const unsigned char *text)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;
	uint32_t code;

	if (text[0] < 0x80) {
		return text[0] >= 0x20 && text[0] != 0x7f;
	}
	if (text[0] >= 0xf8 || text[0] < 0xc0) {
		return 0;
	}
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	code = text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		/* A string's end is not a continuation either. */
		if ((text[i] & 0xc0) != 0x80) {
			return 0;
		}
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (code < lowest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
		return 0;
	}
	/* The second set of control characters. */
	return code < 0xa0 ? 0 : length;
}

void
title_clean(const char *text, char ret_title[TITLE_SIZE])
{
	size_t done = 0;

	while (*text != '\0') {
		size_t length = sequence_length((const unsigned char *)text);
		size_t needed = length == 0 ? 1 : length;
		if (done + needed >= TITLE_SIZE) {
			break;
		}
		if (length == 0) {
			ret_title[done] = '?';
		} else {
			memcpy(&ret_title[done], text, length);
		}
		done += needed;
		text += needed;
	}
	ret_title[done] = '\0';
}
