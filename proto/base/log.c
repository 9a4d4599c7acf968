/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log lines are made on the caller's stack and handed to the sink one at a time, so a sink needs
 * no lock of its own.  A line longer than LOG_LINE_MAX is cut; control bytes become `?`, so that
 * one call makes one line whatever the arguments hold.
 */
#include "proto/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

enum { LOG_LINE_MAX = 2048, ESC_MAX_BYTES = 120 };

static void to_stderr(void *arg, enum log_level level, struct slice line)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	(void)arg;
	fprintf(stderr, "%s: %.*s\n", names[level], SLICE_ARG(line));
}

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink_fn sink = to_stderr;
static void *sink_arg;
static atomic_int max_level = LOG_LEVEL_INFO;

void log_set_sink(log_sink_fn fn, void *arg)
{
	pthread_mutex_lock(&sink_lock);
	sink = fn ? fn : to_stderr;
	sink_arg = arg;
	pthread_mutex_unlock(&sink_lock);
}

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&max_level, memory_order_relaxed);
}

/* What vsnprintf wrote, given its result and the room it had. */
static size_t written(int n, size_t room)
{
	if (n < 0)
		return 0;
	return (size_t)n < room ? (size_t)n : room - 1;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;

	if (level > log_get_level())
		return;
	size_t n = written(snprintf(line, sizeof line, "%s ", event), sizeof line);
	va_start(ap, fmt);
	n += written(vsnprintf(line + n, sizeof line - n, fmt, ap), sizeof line - n);
	va_end(ap);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 32 || line[i] == 127)
			line[i] = '?';
	pthread_mutex_lock(&sink_lock);
	sink(sink_arg, level, slice_trim(slice_of(line, n)));
	pthread_mutex_unlock(&sink_lock);
}

const char *esc(struct esc *e, struct slice s)
{
	static const char hex[] = "0123456789abcdef";
	char *out = e->text;

	_Static_assert(sizeof e->text > 4 * ESC_MAX_BYTES + 3, "room for the longest text");
	for (size_t i = 0; i < s.len && i < ESC_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c > 32 && c < 127 && c != '"' && c != '\\') {
			*out++ = (char)c;
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	if (s.len > ESC_MAX_BYTES) {
		memcpy(out, "...", 3);
		out += 3;
	}
	*out = '\0';
	return e->text;
}
