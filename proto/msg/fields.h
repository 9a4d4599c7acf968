/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of single fields: Message-ID, References, Newsgroups, Path, and encoded words.
 * Values are unfolded or folded alike: CR and LF count as blanks here.
 */
#ifndef PROTO_MSG_FIELDS_H
#define PROTO_MSG_FIELDS_H

#include "proto/base/buf.h"

enum {
	MSGID_MAX = 250,           /* RFC 5536 section 3.1.3, RFC 3977 section 3.6 */
	GROUP_NAME_MAX = 200,      /* bytes of a newsgroup name */
	WORDS_MAX_OUT = 16 * 1024, /* bytes that a decoded field may grow to */
};

/*
 * Is it a Message-ID with its angle brackets, as one may inject it?  dot-atom "@" dot-atom or
 * literal, at most MSGID_MAX bytes.  RFC 5536 section 3.1.3
 */
NODISCARD bool msgid_valid(struct slice id);

/* Is it one that a command may name?  `<`, printable ASCII without `>`, `>`.  RFC 3977 section 3.6
 */
NODISCARD bool msgid_syntax(struct slice id);

/* The right side of a Message-ID that has one ("<a@b>" -> "b"); empty otherwise. */
struct slice msgid_domain(struct slice id);

/*
 * The next Message-ID in a References, In-Reply-To or Supersedes value; whatever else stands
 * between them is skipped.  *rest is shortened.
 */
bool refs_next(struct slice *rest, struct slice *id_out);

/* The last Message-ID of a value; false when there is none. */
bool refs_last(struct slice value, struct slice *id_out);

/*
 * A newsgroup name we accept: components of [a-z0-9+_-] with dots between, no component empty,
 * at most GROUP_NAME_MAX bytes.  RFC 5536 section 3.1.4, narrowed to lower case
 */
NODISCARD bool group_name_valid(struct slice name);

/* The next name of a Newsgroups value, blanks around it cut; may be empty or invalid. */
bool newsgroups_next(struct slice *rest, struct slice *name_out);

/*
 * How many groups a Newsgroups value names: KERR_INVALID when a name is invalid or doubled or
 * there is none, KERR_TOOBIG when there are more than max.
 */
NODISCARD int newsgroups_check(struct slice value, size_t max);

/* The next entry of a Path value, left to right: identities, diagnostics, the tail. */
bool path_next(struct slice *rest, struct slice *entry_out);

/* Does the Path name this identity (without regard to case), the tail excluded? */
bool path_has(struct slice path, struct slice identity);

/*
 * Append the value with its encoded words decoded to UTF-8, invalid bytes replaced, folds undone.
 * Unknown charsets leave the word as it is.  At most WORDS_MAX_OUT bytes.  RFC 2047 section 6
 */
void words_decode(struct buf *b, struct slice value);

/*
 * Append UTF-8 text for an unstructured field or a phrase: as it is when it is plain ASCII, else
 * as encoded words (Q) of at most 75 bytes, folded.  RFC 2047 section 2, 4.2
 */
void words_encode(struct buf *b, struct slice text);

/* Append `in`, which is in `charset`, as UTF-8; false (nothing added) for an unknown charset. */
NODISCARD bool charset_to_utf8(struct buf *b, struct slice charset, struct slice in);

#endif
