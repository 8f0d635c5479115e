#include "last-words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The wire format: 32-bit words in the host's order; object, then size in bytes and opcode. */
#define HEADER_WORDS 2
#define DISPLAY_ID 1
#define DISPLAY_ERROR_OPCODE 0
/* After the header: object, code, length of the text with its NUL, the text. */
#define ERROR_OBJECT 2
#define ERROR_CODE 3
#define ERROR_LENGTH 4
#define ERROR_TEXT 5

static bool
parse_error(const uint32_t *message, size_t n_words, struct last_words *ret_words)
{
	if (n_words < ERROR_TEXT ||
		message[ERROR_LENGTH] > (n_words - ERROR_TEXT) * sizeof(*message)) {
		return false;
	}
	ret_words->object = message[ERROR_OBJECT];
	ret_words->code = message[ERROR_CODE];
	snprintf(ret_words->text, sizeof(ret_words->text), "%.*s", (int)message[ERROR_LENGTH],
		(const char *)(message + ERROR_TEXT));
	return true;
}

int
last_words_read(int fd, struct last_words *ret_words)
{
	uint32_t words[LAST_WORDS_MAX_BYTES / sizeof(uint32_t)];
	size_t n_words = 0, i = 0;
	char rest[4096];
	ssize_t n;

	/* Descriptors that come along are closed by the kernel: there is no room for them. */
	while (n_words < sizeof(words) / sizeof(words[0])) {
		n = recv(fd, words + n_words, sizeof(words) - n_words * sizeof(words[0]),
			MSG_DONTWAIT);
		if (n <= 0 || (size_t)n % sizeof(words[0]) != 0) {
			break;
		}
		n_words += (size_t)n / sizeof(words[0]);
	}
	/* libwayland must not read on in the middle of a message. */
	while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
	}
	while (n_words - i >= HEADER_WORDS) {
		size_t size = words[i + 1] >> 16;
		uint32_t opcode = words[i + 1] & 0xffff;

		if (size % sizeof(words[0]) != 0 || size / sizeof(words[0]) < HEADER_WORDS ||
			size / sizeof(words[0]) > n_words - i) {
			break;
		}
		if (words[i] == DISPLAY_ID && opcode == DISPLAY_ERROR_OPCODE) {
			return parse_error(words + i, size / sizeof(words[0]), ret_words) ? 0
											  : -ENOENT;
		}
		i += size / sizeof(words[0]);
	}
	return -ENOENT;
}
