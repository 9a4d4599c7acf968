/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An entry as an article: what the origin does before it signs, what a receiver checks, and what it
 * stores.  docs/federation.md section 4 and the checks 1, 3 (form) and 8 of section 6
 *
 * Which key, group, member or place is right is not asked here: that is the engine's.
 */
#ifndef PROTO_FED_FED_ENTRY_H
#define PROTO_FED_FED_ENTRY_H

#include "proto/fed/fed_sign.h"
#include "proto/msg/article.h"

/* Name of the newsgroup that the entries of a federation's control group carry. */
#define FED_CONTROL_GROUP "kokod.control"

/* Fields that agents on the way may add, change and remove: never listed, never hashed. */
NODISCARD bool fed_is_trace(struct slice field_name);

/*
 * h over the fields that `fields` (the value of Kokod-Fields, folded or not) lists, in that order.
 *
 * head  the header fields of the article; more may stand in it, in any order
 * why   the reason of a refusal
 *
 * False when a name is no field name in lower case, is listed twice, is a trace field or
 * Kokod-Sign, does not occur or occurs twice in the head; when a name that must be listed is not.
 */
NODISCARD bool fed_head_hash(struct slice head, struct slice fields,
	const uint8_t salt[FED_SALT_BYTES], struct fed_hash *out, const char **why);

/* b over the body: the bytes behind the empty line as they are, dot-stuffing removed. */
void fed_body_hash(struct slice body, const uint8_t salt[FED_SALT_BYTES], struct fed_hash *out);

/* What the origin knows of an entry that it is about to make. */
struct fed_make {
	struct fed_oid o;
	struct fed_gid g;
	uint64_t e;
	enum fed_kind y;      /* FED_ARTICLE or FED_CONTROL */
	struct slice name;    /* of this daemon */
	struct slice group;   /* the newsgroup that g stands for */
	struct slice actor;   /* user@name for Kokod-Actor; empty: no field */
	struct slice gateway; /* Path of an article from outside, for Kokod-Gateway; else empty */
	struct fed_keyid k;
	uint8_t salt[FED_SALT_BYTES]; /* fresh random bytes */
};

/*
 * Make an injected article ready to be an entry: append Kokod-Actor, Kokod-Salt and Kokod-Fields
 * (and Kokod-Gateway) to its head, and hash it.  Its place in the feed, and with it the signature,
 * comes when it is stored: fed_entry_seal.
 *
 * a         parsed with article_parse; other bytes of it stay as they are
 * out       gets the new bytes, without Kokod-Sign; reset first, its ceiling is the caller's
 * sign_out  the tags as far as they are known: all but n, p, t, r and the signature
 * why       the reason of a refusal
 *
 * 0; KERR_INVALID: NUL, bare CR or LF, a head that is not UTF-8, a doubled field, no or several
 * newsgroups or not make->group, a Control that does not go with y, a Kokod field that is ours to
 * set, an actor of another daemon, no last CRLF; KERR_TOOBIG: a line, the head or the number of
 * fields over what travels, or `out` is full.
 */
NODISCARD int fed_entry_prepare(struct article *a, const struct fed_make *make, struct buf *out,
	struct fed_sign *sign_out, const char **why);

/* Its place: entry n, behind the entry p, signed at t under record r with the key of that seed. */
void fed_entry_seal(struct fed_sign *s, uint64_t n, const struct fed_hash *p, uint64_t t,
	uint64_t r, const uint8_t seed[CRYPTO_KEY_LEN]);

/* An entry as it arrived. */
struct fed_entry {
	struct article a; /* after fed_entry_check its index holds signed fields and Path only */
	struct fed_sign sign;
	struct fed_hash e;
	bool gateway; /* Kokod-Gateway is signed; set by fed_entry_check */
};

/*
 * Read an article with a Kokod-Sign: check 1 of section 6.  `bytes` must outlive the entry.
 *
 * 0; KERR_NOTFOUND: there is no Kokod-Sign; KERR_INVALID, KERR_TOOBIG with en->a.why.
 * Limits: lines of the head 998 bytes, 200 fields, 64 KiB head, as msg_limits_relay.
 */
NODISCARD int fed_entry_parse(struct fed_entry *en, struct slice bytes);

/*
 * Does the content go with the tags?  Message-ID, Newsgroups (one, `group`), Control and y, the
 * right side of Kokod-Actor (`name`, that of the origin), h, z, b.  Only signed fields are looked
 * at: what somebody on the way has added has no effect.
 *
 * 0 or KERR_INVALID with en->a.why.
 */
NODISCARD int fed_entry_check(struct fed_entry *en, struct slice group, struct slice name);

/*
 * Is an article that was stored still what was signed?
 *
 * line     "<T>; s=<signature>", as it was kept beside it
 * article  as fed_entry_store, or the origin, has made it
 * why      what is wrong, when it is not
 */
NODISCARD bool fed_entry_holds(struct slice line, struct slice article, const char **why);

/*
 * Append what is stored: the listed fields as they are, Path with our name in front (a Path over
 * 2 KiB begins anew), the body.  Every other field goes; Kokod-Sign is kept apart and put in front
 * when the article is relayed.  Only after fed_entry_check.
 *
 * 0, or KERR_TOOBIG when `out` is full.
 */
NODISCARD int fed_entry_store(const struct fed_entry *en, struct slice our_name, struct buf *out);

#endif
