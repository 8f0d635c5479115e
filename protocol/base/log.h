#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * One line per call on stderr, "vitrine: level: text". The function that handles an error logs it,
 * once, and says what happens next. Arguments are always compiled and type-checked.
 */

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Lines above this level are dropped. The default is LOG_LEVEL_WARNING. */
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);

/* Of a line, with what is before the text and behind it; the rest is cut. */
#define LOG_LINE_MAX 1024

/*
 * Of what a peer can cause as often as it likes only so many lines are logged. Each true counts one
 * in *n_lines (from 0); after the last one it is said that more are left out.
 */
#define LOG_MAX_LINES 32
bool log_may_repeat(enum log_level level, uint32_t *n_lines);
/* log_write() as long as log_may_repeat() says so. */
#define log_limited(level, n_lines, ...) \
	do { \
		if (log_may_repeat(level, n_lines)) { \
			log_write(level, __VA_ARGS__); \
		} \
	} while (0)
/* The same with a count of the place's own, for as long as the process lives. Of the loop only. */
#define log_limited_here(level, ...) \
	do { \
		static uint32_t log_n_lines; \
		log_limited(level, &log_n_lines, __VA_ARGS__); \
	} while (0)

/*
 * While false, a line that was logged since is not logged again, but for the oldest of many: for
 * what is tried over and over.
 */
#define LOG_MAX_REMEMBERED 16
void log_set_repeats(bool repeats);

/*
 * What is no clean text (base/text.h) is printed as '?', so that no peer can draw on the user's
 * terminal.
 */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
