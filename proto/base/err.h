/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes wrong: a small set of codes that every layer shares, and one line for the operator.
 *
 * Functions return 0 or a count, or a negative KERR_*.  Foreign codes (errno, MDB_*, OpenSSL)
 * become a KERR_* in the file that met them.
 */
#ifndef PROTO_BASE_ERR_H
#define PROTO_BASE_ERR_H

#include "proto/base/attr.h"

enum kerr {
	KERR_WAIT = -1,      /* the answer comes later: a ticket is out, or call again when woken */
	KERR_NOTFOUND = -2,  /* not there, or not yours: the same answer for both */
	KERR_EXISTS = -3,    /* there already */
	KERR_DENIED = -4,    /* you see it, but may not do this */
	KERR_LOGIN = -5,     /* needs a login first */
	KERR_INVALID = -6,   /* the input breaks a rule; struct err names it */
	KERR_TOOBIG = -7,    /* over a named limit */
	KERR_BUSY = -8,      /* a queue or a quota is full: try again later */
	KERR_FULL = -9,      /* disk or map full: nothing was changed */
	KERR_CLOSED = -10,   /* shutting down, or the store has stopped writing */
	KERR_CONFLICT = -11, /* an engine asks to run the transaction again */
	KERR_VERSION = -12,  /* made by a newer program */
	KERR_DAMAGED = -13,  /* stored bytes do not verify */
	KERR_IO = -14,       /* the system failed us; writing stops for good */
};

/* A line for the operator, lower case, with the object: "group koko.test: map full at 8 GiB". */
struct err {
	char text[320];
};

/* Name of a KERR_* code for logs ("notfound"); never NULL. */
const char *kerr_name(int rc);

/* Fill *err (may be NULL) and return rc, so that `return err_set(err, KERR_IO, ...)` reads well. */
int err_set(struct err *err, int rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "prefix: " in front of what *err says; rc is passed through. */
int err_prefix(struct err *err, int rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
