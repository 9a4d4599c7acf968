/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Articles as a person reads and writes them.  Nothing here does I/O. */
#ifndef CLIENTS_KOKO_TEXT_H
#define CLIENTS_KOKO_TEXT_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

enum { KOKO_ARTICLE_MAX = 64 * 1024 * 1024 };

/* Append bytes with each line end, LF or CRLF, as CRLF; the last line gets one. */
void koko_crlf(struct buf *out, struct slice text);

/* Append a header value decoded to UTF-8, without control characters. */
void koko_decode(struct buf *out, struct slice value);

/* Append "From:", "Date:", "Subject:", "Newsgroups:" lines, an empty one, and the text. */
void koko_show(struct slice article, struct buf *out);

struct koko_post {
	const char *from;        /* "Anke Beispiel <anke@example.org>", UTF-8 */
	const char *group;       /* of an article; with `to`: not looked at */
	const char *to;          /* address of a mail; NULL: it is an article */
	const char *subject;     /* UTF-8 */
	struct slice references; /* Message-IDs, or empty */
	struct slice body;       /* UTF-8, any line ends */
};

/*
 * Append an article ready for POST, or a mail: encoded words, MIME, CRLF, base64 where lines are
 * too long. Message-ID and Date are left to the server.  KERR_INVALID: from, group or body; *err
 * says which.
 */
NODISCARD int koko_compose(const struct koko_post *p, struct buf *out, struct err *err);

/* What a reply to an article starts from. */
struct koko_reply {
	struct buf subject;    /* "Re: ..." decoded */
	struct buf references; /* of the parent, and the parent; RFC 5536 section 3.2.10 */
	struct buf quote;      /* "Anke wrote:" and the text behind "> " */
	struct buf group;      /* Followup-To or Newsgroups, first group; may be empty */
	struct buf author;     /* address in Reply-To or From; may be empty */
};

/* The first address of a field's value, as "anke@example.org"; false: there is none. */
bool koko_add_address(struct buf *b, struct slice value);

/* KERR_INVALID: the article has no Message-ID, or is no article. */
NODISCARD int koko_reply_init(struct koko_reply *r, struct slice article, struct err *err);
void koko_reply_fini(struct koko_reply *r);

#endif
