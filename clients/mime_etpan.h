/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The readable text of an article's body, by libetpan's MIME parser behind a gate. */
#ifndef CLIENTS_MIME_ETPAN_H
#define CLIENTS_MIME_ETPAN_H

#include "proto/base/buf.h"

/*
 * Append the first text/plain part as UTF-8 with LF, without control characters; then a line
 * "[image/png: plan.png]" for each other part.  What is nested too deep or is too big for
 * libetpan (it has no depth limit) comes as it stands.
 *
 * article  with CRLF
 */
void mime_readable(struct slice article, struct buf *out);

/* Append text without control characters but LF and TAB; CR is dropped. */
void mime_add_clean(struct buf *out, struct slice text);

#endif
