#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the UTF-8 character that starts here, 0 when none does (RFC 3629, section 4). */
static size_t
character_size(const unsigned char *s)
{
	size_t size = s[0] < 0x80                    ? 1
		      : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		      : (s[0] & 0xf0) == 0xe0        ? 3
		      : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						     : 0;

	for (size_t i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	/* Overlong forms, surrogates, and what lies beyond Unicode. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
		return 0;
	}
	return size;
}

static bool
is_control(const unsigned char *s)
{
	/* U+0000 to U+001F, U+007F, and U+0080 to U+009F, which terminals obey as well. */
	if (s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0)) {
		return true;
	}
	/* U+2028 to U+202E and U+2066 to U+2069: ends of lines, and what reverses the text around.
	 */
	return s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
				       (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

void
text_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s != '\0') {
		size_t size = character_size(s);

		if (size == 0 || is_control(s)) {
			size = size == 0 ? 1 : size;
			memset(s, '?', size);
		}
		s += size;
	}
}

void
text_copy(char *destination, size_t size, const char *source)
{
	size_t length = source != NULL ? strnlen(source, size) : 0;

	if (length == size) {
		/* Back to the start of the character that would be cut. */
		length = size - 1;
		while (length > 0 && ((unsigned char)source[length] & 0xc0) == 0x80) {
			length--;
		}
	}
	if (length > 0) {
		memcpy(destination, source, length);
	}
	destination[length] = '\0';
	text_clean(destination);
}

size_t
text_decode(const char *text, uint32_t *ret_character)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t size = character_size(s);
	uint32_t character = size == 1 ? s[0] : s[0] & (0x7f >> size);

	for (size_t i = 1; i < size; i++) {
		character = character << 6 | (s[i] & 0x3f);
	}
	if (size > 0) {
		*ret_character = character;
	}
	return size;
}
