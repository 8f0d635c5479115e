#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static enum log_level max_level = LOG_LEVEL_WARNING;
/* Of lines, by their hash; 0: none. */
static bool remembers;
static uint64_t remembered[LOG_MAX_REMEMBERED];
static uint32_t n_remembered; /* ever */

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
log_set_repeats(bool repeats)
{
	if (remembers == repeats) {
		remembers = !repeats;
		n_remembered = 0;
		memset(remembered, 0, sizeof(remembered));
	}
}

/* FNV-1a. */
static uint64_t
hash(const char *line)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *line != '\0'; line++) {
		value = (value ^ (uint8_t)*line) * UINT64_C(0x100000001b3);
	}
	return value;
}

static bool
was_said(const char *line)
{
	uint64_t value = hash(line);

	for (int i = 0; i < LOG_MAX_REMEMBERED; i++) {
		if (remembered[i] == value) {
			return true;
		}
	}
	remembered[n_remembered++ % LOG_MAX_REMEMBERED] = value;
	return false;
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
	if (remembers && was_said(line)) {
		errno = saved_errno;
		return;
	}
	length = strlen(line);
	line[length++] = '\n';
	/* One write, so that lines of several processes do not mix. A closed stderr is no error. */
	if (write(STDERR_FILENO, line, length) < 0) {
		errno = saved_errno;
		return;
	}
	errno = saved_errno;
}
