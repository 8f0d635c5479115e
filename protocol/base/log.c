#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

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

bool
log_may_repeat(enum log_level level, uint32_t *n_lines)
{
	if (!log_wants(level) || *n_lines > LOG_MAX_LINES) {
		return false;
	}
	if (++*n_lines > LOG_MAX_LINES) {
		log_write(level, "more lines like those before are left out");
		return false;
	}
	return true;
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

	text_clean(line);
	length = strlen(line);
	line[length++] = '\n';
	/* One write, so that lines of several processes do not mix. A closed stderr is no error. */
	if (write(STDERR_FILENO, line, length) < 0) {
		errno = saved_errno;
		return;
	}
	errno = saved_errno;
}
