/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error codes and the operator's line.  The text is cut when it is too long, never overrun; the
 * prefix goes in front so that the nearest cause stays at the end of the line.
 */
#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[-KERR_WAIT] = "wait",
	[-KERR_NOTFOUND] = "notfound",
	[-KERR_EXISTS] = "exists",
	[-KERR_DENIED] = "denied",
	[-KERR_LOGIN] = "login",
	[-KERR_INVALID] = "invalid",
	[-KERR_TOOBIG] = "toobig",
	[-KERR_BUSY] = "busy",
	[-KERR_FULL] = "full",
	[-KERR_CLOSED] = "closed",
	[-KERR_CONFLICT] = "conflict",
	[-KERR_VERSION] = "version",
	[-KERR_DAMAGED] = "damaged",
	[-KERR_IO] = "io",
};

const char *kerr_name(int rc)
{
	if (rc >= 0)
		return "ok";
	if (rc < -(int)(array_len(names) - 1))
		return "unknown";
	return names[-rc];
}

int err_set(struct err *err, int rc, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return rc;
}

int err_prefix(struct err *err, int rc, const char *fmt, ...)
{
	char prefix[sizeof err->text];
	char old[sizeof err->text];
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof prefix, fmt, ap);
	va_end(ap);
	memcpy(old, err->text, sizeof old);
	old[sizeof old - 1] = '\0';

	size_t n = strlen(prefix);
	size_t room = sizeof err->text - 1;
	memcpy(err->text, prefix, n);
	if (n + 2 <= room) {
		memcpy(err->text + n, ": ", 2);
		n += 2;
	}
	size_t rest = strlen(old);
	if (rest > room - n)
		rest = room - n;
	memcpy(err->text + n, old, rest);
	err->text[n + rest] = '\0';
	return rc;
}
