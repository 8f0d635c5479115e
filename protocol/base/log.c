#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static enum log_level max_level = LOG_LEVEL_WARNING;

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void
log_set_level(enum log_level level)
{
	max_level = level;
}

bool
log_wants(enum log_level level)
{
	return level <= max_level;
}

void
log_write(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char line[LOG_LINE_MAX];
	va_list args;
	size_t length;
	int prefix;

	if (!log_wants(level)) {
		return;
	}
	prefix = snprintf(line, sizeof(line), "vitrine: %s: ", level_names[level]);
	va_start(args, format);
	vsnprintf(line + prefix, sizeof(line) - (size_t)prefix - 1, format, args);
	va_end(args);

	length = strlen(line);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		unsigned char next = (unsigned char)line[i + 1];
		if (c < 0x20 || c == 0x7f) {
			line[i] = '?';
		} else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			/* U+0080 to U+009F in UTF-8: terminals take some of them for escapes. */
			line[i] = line[i + 1] = '?';
		}
	}
	line[length++] = '\n';
	/* One write, so that lines of several processes do not mix. A closed stderr is no error. */
	if (write(STDERR_FILENO, line, length) < 0) {
		errno = saved_errno;
		return;
	}
	errno = saved_errno;
}
