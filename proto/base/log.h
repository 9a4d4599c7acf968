/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line per finished piece of work: event first, then key=value.
 *
 * error: the operator must act.  warn: something gave way and service goes on.  info: work done.
 * debug: states.  Text from outside goes through esc().  Thread-safe.
 */
#ifndef PROTO_BASE_LOG_H
#define PROTO_BASE_LOG_H

#include "proto/base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Where lines go; the default writes to stderr.  line is without LF. */
typedef void (*log_sink_fn)(void *arg, enum log_level level, struct slice line);
void log_set_sink(log_sink_fn fn, void *arg);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* fmt makes the key=value part; it may be "%s", "". */
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_get_level() >= LOG_LEVEL_DEBUG)                                            \
			log_line(LOG_LEVEL_DEBUG, __VA_ARGS__);                                    \
	} while (0)

/*
 * Untrusted text for a log line: control bytes, blanks, quotes, backslash and bytes over 126 as
 * \xNN, cut at 120 bytes.  The result lives in *e.
 */
struct esc {
	char text[512];
};

const char *esc(struct esc *e, struct slice s);

#endif
