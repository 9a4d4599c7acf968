/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sinks for proto/base/log.c, which calls them one line at a time under its lock; so a sink that
 * was replaced is not in use any more.  Each line is one write that is known not to block: a pipe
 * that polls writable takes PIPE_BUF bytes, and a line is shorter.
 */
#include "daemon/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { FULL_LINE_MAX = 2048 + 128, FACILITY_DAEMON = 3 << 3 };

enum sink_kind { SINK_STDERR, SINK_FILE, SINK_SYSLOG };

struct sink {
	enum sink_kind kind;
	int fd;
	uint64_t missed; /* lines lost since the last one written */
};

static struct sink *active;
static atomic_uint_fast64_t lost;

/* Syslog severities, RFC 5424 section 6.2.1. */
static int severity(enum log_level level)
{
	static const int of[] = {3, 4, 6, 7};

	return of[level];
}

static int prefix(const struct sink *s, enum log_level level, char *out, size_t size)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	time_t now = time(NULL);
	struct tm tm;

	switch (s->kind) {
	case SINK_STDERR:
		return snprintf(out, size, "<%d>", severity(level));
	case SINK_SYSLOG:
		return snprintf(out, size, "<%d>kokod[%ld]: ", FACILITY_DAEMON | severity(level),
			(long)getpid());
	case SINK_FILE:
		break;
	}
	gmtime_r(&now, &tm);
	return (int)strftime(out, size, "%Y-%m-%dT%H:%M:%SZ ", &tm) +
	       snprintf(out + 21, size - 21, "%s ", names[level]);
}

/* (Re)connect to the system log; a daemon that was restarted has a new socket. */
static void syslog_connect(struct sink *s)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

	if (s->fd >= 0)
		close(s->fd);
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd >= 0 && connect(s->fd, (struct sockaddr *)&to, sizeof to) < 0) {
		close(s->fd);
		s->fd = -1;
	}
}

static bool put_syslog(struct sink *s, const char *line, size_t n)
{
	if (s->fd >= 0 && send(s->fd, line, n, MSG_NOSIGNAL) == (ssize_t)n)
		return true;
	if (s->fd >= 0 && (errno == EAGAIN || errno == ENOBUFS))
		return false;
	syslog_connect(s);
	return s->fd >= 0 && send(s->fd, line, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool put_fd(struct sink *s, const char *line, size_t n)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return write(s->fd, line, n) == (ssize_t)n;
}

static bool put(struct sink *s, enum log_level level, struct slice text)
{
	char line[FULL_LINE_MAX];
	size_t n = (size_t)prefix(s, level, line, sizeof line);

	text = slice_head(text, sizeof line - n - 1);
	memcpy(line + n, text.p, text.len);
	n += text.len;
	if (s->kind == SINK_SYSLOG)
		return put_syslog(s, line, n);
	line[n++] = '\n';
	return put_fd(s, line, n);
}

static void on_line(void *arg, enum log_level level, struct slice line)
{
	struct sink *s = arg;
	char note[64];

	if (s->missed > 0) {
		int n = snprintf(
			note, sizeof note, "log.lost lines=%llu", (unsigned long long)s->missed);

		if (put(s, LOG_LEVEL_WARN, slice_of(note, (size_t)n)))
			s->missed = 0;
	}
	if (!put(s, level, line)) {
		s->missed++;
		atomic_fetch_add(&lost, 1);
	}
}

static int sink_open(struct sink *s, const char *target, struct err *err)
{
	s->fd = -1;
	if (strcmp(target, "stderr") == 0) {
		s->kind = SINK_STDERR;
		s->fd = STDERR_FILENO;
		return 0;
	}
	if (strcmp(target, "syslog") == 0) {
		s->kind = SINK_SYSLOG;
		syslog_connect(s);
		return 0;
	}
	s->kind = SINK_FILE;
	s->fd = open(target, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (s->fd < 0)
		return err_set(err, KERR_IO, "log file %s: %s", target, strerror(errno));
	return 0;
}

static bool level_of(const char *name, enum log_level *out)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (size_t i = 0; i < array_len(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void sink_free(struct sink *s)
{
	if (s && s->kind != SINK_STDERR && s->fd >= 0)
		close(s->fd);
	free(s);
}

int log_sink_set(const char *target, const char *level, struct err *err)
{
	enum log_level l;
	struct sink *s, *old = active;

	if (!level_of(level, &l))
		return err_set(
			err, KERR_INVALID, "log level %s: error, warn, info or debug", level);
	s = mem_new(struct sink);
	int rc = sink_open(s, target, err);
	if (rc < 0) {
		free(s);
		return rc;
	}
	log_set_level(l);
	log_set_sink(on_line, s);
	active = s;
	sink_free(old);
	return 0;
}

void log_sink_close(void)
{
	struct sink *old = active;

	log_set_sink(NULL, NULL);
	active = NULL;
	sink_free(old);
}

uint64_t log_sink_lost(void)
{
	return atomic_load(&lost);
}
