/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part tree of a message, as offsets into its bytes.
 *
 * One bounded walk over the lines, without recursion; it never fails.  What breaks the grammar gets
 * the defaults of RFC 2045 section 5.2, and what lies beyond the limits is an opaque leaf
 * (application/octet-stream).  Lines may end in LF alone: mail is imported as it is.
 *
 * Delimiters match exactly: "--", the whole boundary, "--" at the last one, then only blanks.  So
 * no boundary that is the beginning of another one can be mistaken for it.  RFC 2046 section 5.1.1
 */
#ifndef PROTO_MSG_MIME_H
#define PROTO_MSG_MIME_H

#include <stdint.h>

#include "proto/base/mem.h"
#include "proto/msg/header.h"

enum {
	MIME_MAX_DEPTH = 32,       /* multiparts and messages within each other */
	MIME_MAX_MESSAGES = 8,     /* message/rfc822 within each other */
	MIME_MAX_PARTS = 1000,     /* nodes of the tree */
	MIME_MAX_PARAMS = 100,     /* parameters of one field */
	MIME_MAX_COMMENTS = 32,    /* comments within each other */
	MIME_MAX_HEAD = 64 * 1024, /* fields of a head that begin behind it are not read */
	MIME_MAX_BOUNDARY = 200,
};

/*
 * A parameter as it stands there; quotes and quoted pairs are undone, and the sections of a
 * continued one are joined.  RFC 2231 section 3 and 6
 */
struct mime_param {
	struct slice name, value;
};

struct mime_params {
	struct mime_param *v;
	size_t n;
};

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART, /* children are its parts; there may be none */
	MIME_MESSAGE,   /* message/rfc822: the only child is the message inside */
};

/* Slices borrow from the message or the arena; p is NULL where the field is absent. */
struct mime_part {
	enum mime_kind kind;
	size_t head, head_len; /* the fields and the empty line */
	size_t body, body_len;
	size_t n_lines; /* line ends in the body */
	struct slice type, subtype;
	struct mime_params params;
	struct slice id, description, encoding, md5, location;
	struct slice disposition;
	struct mime_params disposition_params;
	struct slice language;        /* tags with commas between */
	uint32_t parent, child, next; /* places in the tree, MIME_NONE where there is none */
};

#define MIME_NONE UINT32_MAX

struct mime {
	struct slice msg;
	struct mime_part *v; /* in the arena; v[0] is the message itself */
	size_t n;
	bool cut; /* a limit was met */
};

/*
 * Find the parts of `msg`.  Bytes and arena must outlive the tree.
 * Time: one pass, one hash for a line that begins with "--".
 */
void mime_parse(struct mime *m, struct slice msg, struct arena *ar);

/* Which bytes of a part.  RFC 3501 section 6.4.5 */
enum mime_what {
	MIME_ALL,    /* "" or "1.2": the whole message, or the body of a part */
	MIME_HEADER, /* "HEADER": of the message, or of the one inside a message/rfc822 part */
	MIME_TEXT,   /* "TEXT": the body behind that header */
	MIME_FIELDS, /* "1.MIME": the fields of a part */
};

/*
 * The part that path[0..n] names; an empty path is the message.  MIME_NONE when there is none.
 * The only part of a message that is no multipart is its body, part 1.
 */
uint32_t mime_find(const struct mime *m, const uint32_t *path, size_t n);

/* The bytes of a section; false when the message has no such section. */
NODISCARD bool mime_section(const struct mime *m, const uint32_t *path, size_t n,
	enum mime_what what, struct slice *out);

/* The same for "", "HEADER", "1.2", "1.2.HEADER", "2.MIME", "1.TEXT". */
NODISCARD bool mime_section_named(const struct mime *m, struct slice name, struct slice *out);

static inline struct slice mime_head(const struct mime *m, const struct mime_part *p)
{
	return slice_of(m->msg.p + p->head, p->head_len);
}

static inline struct slice mime_body(const struct mime *m, const struct mime_part *p)
{
	return slice_of(m->msg.p + p->body, p->body_len);
}

/*
 * The next field of a head from *at on; lines that are no field are passed over.
 * false at the end: the empty line or the end of the bytes.
 */
bool mime_field_next(struct slice head, size_t *at, struct header_field *f_out);

/* The first field of that name, folds undone; p is NULL when there is none. */
struct slice mime_field_get(struct slice head, struct slice name, struct arena *ar);

/* The next token of a field value from *at on, comments passed over; false when none is there. */
bool mime_token_next(struct slice value, size_t *at, struct slice *token_out);

/* Step over the "/" of a media type, and over blanks and comments before it; false: no "/". */
bool mime_slash_next(struct slice value, size_t *at);

/*
 * Join the sections of continued parameters in place: "a*0=x; a*1*=y" is one "a*".  Sections that
 * are not complete stay as they are.  How many parameters are left, of at most MIME_MAX_PARAMS.
 */
size_t mime_params_join(struct mime_param *v, size_t n, struct arena *ar);

/*
 * The next parameter of a field value from *at on, which stands at its semicolon: names and tokens
 * are borrowed, quoted values too unless something must be undone.  false at the end.
 */
bool mime_param_next(
	struct slice value, size_t *at, struct arena *ar, struct mime_param *param_out);

/* The first parameter of that name; p is NULL when there is none. */
struct slice mime_param_get(const struct mime_params *params, struct slice name);

#endif
