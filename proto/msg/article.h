/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An article: wire bytes with CRLF, and an index of the fields we use.
 *
 * article_parse reads the head once and refuses only what breaks the form of a head.  What a
 * netnews article must have is asked with article_check_news, the form of the body with
 * article_check_body, so that mail, stored articles and posts share one parser.
 */
#ifndef PROTO_MSG_ARTICLE_H
#define PROTO_MSG_ARTICLE_H

#include <stdint.h>

#include "proto/msg/header.h"

/* Fields with a place in the index.  The order is that of the table in article.c. */
enum article_field {
	ART_FROM,
	ART_NEWSGROUPS,
	ART_SUBJECT,
	ART_DATE,
	ART_MESSAGE_ID,
	ART_PATH,
	ART_REFERENCES,
	ART_IN_REPLY_TO,
	ART_CONTROL,
	ART_SUPERSEDES,
	ART_APPROVED,
	ART_SENDER,
	ART_REPLY_TO,
	ART_FOLLOWUP_TO,
	ART_TO,
	ART_CC,
	ART_BCC,
	ART_EXPIRES,
	ART_DISTRIBUTION,
	ART_ORGANIZATION,
	ART_SUMMARY,
	ART_KEYWORDS,
	ART_INJECTION_DATE,
	ART_INJECTION_INFO,
	ART_XREF,
	ART_LINES,
	ART_BYTES,
	ART_CANCEL_LOCK,
	ART_CANCEL_KEY,
	ART_ARCHIVE,
	ART_MIME_VERSION,
	ART_CONTENT_TYPE,
	ART_CONTENT_TRANSFER_ENCODING,
	ART_CONTENT_DISPOSITION,
	ART_KOKOD_SIGN,
	ART_KOKOD_FIELDS,
	ART_KOKOD_SALT,
	ART_KOKOD_ACTOR,
	ART_N_FIELDS,
	ART_NONE = ART_N_FIELDS, /* a field without a place */
};

struct article {
	struct slice bytes;               /* all of it */
	struct slice head;                /* the fields, without the empty line */
	struct slice body;                /* behind the empty line; may be empty */
	struct slice value[ART_N_FIELDS]; /* outer blanks cut, folds kept; p is NULL when absent */
	uint64_t doubled;                 /* bit 1 << field: it stood there more than once */
	size_t n_fields;
	size_t n_lines;      /* lines of the body; set by article_check_body */
	bool has_empty_line; /* between head and body */
	const char *why;     /* reason of the last refusal: lower case, plain ASCII */
};

/*
 * Index the head.  `bytes` must outlive the article; nothing is allocated.
 * Of a doubled field the first one counts.
 *
 * 0, KERR_INVALID or KERR_TOOBIG with a->why.
 */
NODISCARD int article_parse(struct article *a, struct slice bytes, const struct msg_limits *limits);

/* Refuse NUL, bare CR, bare LF, long lines and a last line without CRLF; count the lines. */
NODISCARD int article_check_body(struct article *a, const struct msg_limits *limits);

/*
 * May it travel?  From, Message-ID, Newsgroups, Date, Subject and Path are there exactly once and
 * have valid content.  RFC 5536 section 3.1
 */
NODISCARD int article_check_news(struct article *a);

static inline bool article_has(const struct article *a, enum article_field f)
{
	return a->value[f].p != NULL;
}

/* The place of a field name, case ignored; ART_NONE when it has none. */
enum article_field article_field_find(struct slice name);

/* Its usual spelling: "Message-ID". */
struct slice article_field_name(enum article_field f);

/* Any field by name: first occurrence, outer blanks cut, folds kept; p is NULL when absent. */
struct slice article_get(const struct article *a, struct slice name);

enum {
	OVER_MAX_FIELD = 4096, /* bytes of one overview field; longer ones are cut */
};

/*
 * Append "subject TAB from TAB date TAB message-id TAB references", each field unfolded, TAB, CR,
 * LF and NUL made blanks.  References that are too long keep the first and the last ones.
 * RFC 3977 section 8.3.2
 */
void article_add_over(struct buf *b, const struct article *a);

#endif
