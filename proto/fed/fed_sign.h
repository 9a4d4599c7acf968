/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kokod-Sign: the signed tags of an entry, parsed and built, E and the signature over them, and
 * the stub, which is what is left or sent of an entry without its content.
 * docs/federation.md section 4, 5
 */
#ifndef PROTO_FED_FED_SIGN_H
#define PROTO_FED_FED_SIGN_H

#include "proto/fed/fed_id.h"
#include "proto/msg/fields.h"

enum {
	FED_T_MAX = 1024,        /* room for T; the longest there can be has 609 bytes */
	FED_FIELD_MAX = 2048,    /* bytes of a Kokod-Sign value with its folds */
	FED_STUB_MAX = 8 * 1024, /* bytes of a stub */
};

enum fed_kind {
	FED_ARTICLE = 'a',
	FED_CONTROL = 'c',
	FED_HEARTBEAT = 'h',
};

/* The tags of one entry, in the order of T.  o, g, e, n name it. */
struct fed_sign {
	struct fed_oid o;
	struct fed_gid g;
	uint64_t e, n;
	struct fed_hash p; /* E of the entry before; fed_hash_none when there is none */
	uint64_t t;        /* seconds since 1970 */
	uint64_t r;        /* serial of the group record it was made under */
	enum fed_kind y;
	char m[MSGID_MAX + 1]; /* Message-ID with its brackets; "" in a heartbeat */
	uint64_t z;            /* bytes of the body */
	struct fed_hash h, b;
	struct fed_keyid k;
	struct fed_sig s;
};

/*
 * Take the value of a Kokod-Sign field, folded or not, or a line of KENT.
 *
 * value  without its last CRLF; folds are undone and runs of blanks made one before it is read
 * why    the reason of a refusal
 *
 * False when any tag is missing, doubled, unknown, out of order or not in its one spelling, when
 * e, n or r is 0, and when a heartbeat has content.  Nothing is verified.
 */
NODISCARD bool fed_sign_parse(struct slice value, struct fed_sign *out, const char **why);

/* Append T, or "<T>; s=<signature>", or the whole header field with its folds and CRLF. */
void fed_sign_add_t(struct buf *b, const struct fed_sign *s);
void fed_sign_add_line(struct buf *b, const struct fed_sign *s);
void fed_sign_add_field(struct buf *b, const struct fed_sign *s);

/* E of the entry. */
void fed_sign_hash(const struct fed_sign *s, struct fed_hash *e_out);

/* Sign T: sets s->s.  seed is that of the key that s->k names. */
void fed_sign_make(struct fed_sign *s, const uint8_t seed[CRYPTO_KEY_LEN]);
NODISCARD bool fed_sign_verify(const struct fed_sign *s, const struct fed_public *key);

/* Make it a heartbeat: y, m, z, h and b of no content. */
void fed_sign_set_heartbeat(struct fed_sign *s);

/* Why an entry is here without its content. */
enum fed_absent {
	FED_ABSENT_NONE, /* not said */
	FED_ABSENT_SIZE,
	FED_ABSENT_POLICY,
	FED_ABSENT_EXPIRED,
	FED_ABSENT_LOST,
};

struct fed_stub {
	struct fed_sign sign;
	struct fed_hash tomb; /* E of the erasing entry; "" when it was not erased */
	enum fed_absent absent;
};

/*
 * Take a stub: header fields Kokod-Sign, then at most one of Kokod-Tomb and Kokod-Absent; fields
 * with other names are skipped.  Arguments and result as fed_sign_parse.
 */
NODISCARD bool fed_stub_parse(struct slice block, struct fed_stub *out, const char **why);
void fed_stub_add(struct buf *b, const struct fed_stub *stub);

/* "size", "policy", "expired", "lost"; "" for none. */
struct slice fed_absent_name(enum fed_absent a);

#endif
