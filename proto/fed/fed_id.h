/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of daemons, groups and keys, hashes and numbers, as values.  docs/federation.md section 2
 *
 * Identifiers and hashes are kept as the text that stands on the wire, NUL-terminated, in structs
 * of fixed size: they are hashed, compared, sorted, logged and sent as text, a gid is no whole
 * number of bytes, and there is one spelling for each value, so equal text is equal value.  All
 * zero is "none".  Keys and signatures are raw bytes, for cryptography is all they meet.
 *
 * Parsers take a whole slice, write *out on success only, and know one spelling: lower-case base32
 * or base64url without padding and without stray bits, decimal without leading zeros.
 */
#ifndef PROTO_FED_FED_ID_H
#define PROTO_FED_FED_ID_H

#include "proto/base/buf.h"
#include "proto/base/crypto.h"

enum {
	FED_OID_LEN = 52,   /* base32 of 32 bytes */
	FED_GID_LEN = 26,   /* 130 bits */
	FED_KEYID_LEN = 16, /* 80 bits */
	FED_HASH_LEN = 43,  /* base64url of 32 bytes; a public key has as many */
	FED_SIG_LEN = 86,   /* base64url of 64 bytes */
	FED_SALT_BYTES = 16,
	FED_SALT_LEN = 22,  /* base64url of 16 bytes */
	FED_BRANCH_LEN = 8, /* digits of E that name a branch */
	FED_SHOWN_LEN = 24, /* five groups of four with blanks between */
	FED_NAME_MAX = 253, /* DNS name; RFC 1035 section 3.1 */
	FED_LABEL_MAX = 63,
	FED_USER_MAX = 64,   /* left side of user@name */
	FED_TITLE_MAX = 255, /* bytes of a title or a contact */
};

/* Numbers of the protocol are at most this: JSON and Lua readers hold them exactly. */
#define FED_NUM_MAX (UINT64_C(1) << 53)

/* A daemon, for ever. */
struct fed_oid {
	char s[FED_OID_LEN + 1];
};

/* A group; a federation's fid is the gid of its control group. */
struct fed_gid {
	char s[FED_GID_LEN + 1];
};

struct fed_keyid {
	char s[FED_KEYID_LEN + 1];
};

/* SHA-256 in base64url: E, p, h, b, prev, H(SPKI). */
struct fed_hash {
	char s[FED_HASH_LEN + 1];
};

struct fed_public {
	uint8_t b[CRYPTO_KEY_LEN];
};

struct fed_sig {
	uint8_t b[CRYPTO_SIG_LEN];
};

/* "None before this one": 43 times A. */
extern const struct fed_hash fed_hash_none;

/* An epoch, or a branch of it (docs/federation.md section 7.4). */
struct fed_epoch {
	uint64_t n;
	char branch[FED_BRANCH_LEN + 1]; /* "" when it is no branch */
};

NODISCARD bool fed_oid_parse(struct slice s, struct fed_oid *out);
NODISCARD bool fed_gid_parse(struct slice s, struct fed_gid *out);
NODISCARD bool fed_keyid_parse(struct slice s, struct fed_keyid *out);
NODISCARD bool fed_hash_parse(struct slice s, struct fed_hash *out);
NODISCARD bool fed_public_parse(struct slice s, struct fed_public *out);
NODISCARD bool fed_sig_parse(struct slice s, struct fed_sig *out);
NODISCARD bool fed_salt_parse(struct slice s, uint8_t out[FED_SALT_BYTES]);

/* A decimal number without leading zeros, at most FED_NUM_MAX. */
NODISCARD bool fed_num_parse(struct slice s, uint64_t *out);

/* "<n>" or "<n>~<8 digits of E>". */
NODISCARD bool fed_epoch_parse(struct slice s, struct fed_epoch *out);
void fed_epoch_add(struct buf *b, const struct fed_epoch *e);
int fed_epoch_cmp(const struct fed_epoch *a, const struct fed_epoch *b);

void fed_public_add(struct buf *b, const struct fed_public *k);
void fed_sig_add(struct buf *b, const struct fed_sig *s);
void fed_salt_add(struct buf *b, const uint8_t salt[FED_SALT_BYTES]);

/* oid of a root key, keyid of any key, gid from its parts (salt as text). */
void fed_oid_of(const struct fed_public *root, struct fed_oid *out);
void fed_keyid_of(const struct fed_public *key, struct fed_keyid *out);
void fed_gid_of(
	const struct fed_oid *founder, struct slice title, struct slice salt, struct fed_gid *out);

/* H of the parts, one after the other. */
void fed_hash_of(const struct slice *parts, size_t n_parts, struct fed_hash *out);

/* The branch named by an entry: epoch n, first digits of its E. */
void fed_branch_of(uint64_t epoch, const struct fed_hash *e, struct fed_epoch *out);

/* The form for people: "pwnh ljpy vzma gwfb ua4k". */
void fed_oid_shown(const struct fed_oid *oid, char out[FED_SHOWN_LEN + 1]);

/*
 * The name of a daemon or a mail domain: a DNS name in lower case, two labels at least, the last
 * one not a number, so that it is a path identity too.  RFC 1123 section 2.1, RFC 5536
 * section 3.1.5
 */
NODISCARD bool fed_name_valid(struct slice s);

/*
 * host:port to dial.  The host is a DNS name (one label may do), an IPv4 address or an IPv6 address
 * in brackets; *host_out is without them.
 */
NODISCARD bool fed_addr_parse(struct slice s, struct slice *host_out, uint16_t *port_out);

/* "user@name": dot-atom of lower case, at most FED_USER_MAX bytes, and a name. */
NODISCARD bool fed_user_parse(struct slice s, struct slice *user_out, struct slice *name_out);

/* A title or a contact: 1 to FED_TITLE_MAX bytes of UTF-8, no controls, no blank at the ends. */
NODISCARD bool fed_title_valid(struct slice s);

/* Does the group belong under the prefix: the same name, or the same components in front? */
NODISCARD bool fed_prefix_has(struct slice prefix, struct slice group);

static inline struct slice fed_oid_slice(const struct fed_oid *v)
{
	return slice_str(v->s);
}

static inline struct slice fed_gid_slice(const struct fed_gid *v)
{
	return slice_str(v->s);
}

static inline struct slice fed_keyid_slice(const struct fed_keyid *v)
{
	return slice_str(v->s);
}

static inline struct slice fed_hash_slice(const struct fed_hash *v)
{
	return slice_str(v->s);
}

static inline bool fed_oid_eq(const struct fed_oid *a, const struct fed_oid *b)
{
	return memcmp(a->s, b->s, sizeof a->s) == 0;
}

static inline int fed_oid_cmp(const struct fed_oid *a, const struct fed_oid *b)
{
	return memcmp(a->s, b->s, sizeof a->s);
}

static inline bool fed_gid_eq(const struct fed_gid *a, const struct fed_gid *b)
{
	return memcmp(a->s, b->s, sizeof a->s) == 0;
}

static inline int fed_gid_cmp(const struct fed_gid *a, const struct fed_gid *b)
{
	return memcmp(a->s, b->s, sizeof a->s);
}

static inline bool fed_keyid_eq(const struct fed_keyid *a, const struct fed_keyid *b)
{
	return memcmp(a->s, b->s, sizeof a->s) == 0;
}

static inline bool fed_hash_eq(const struct fed_hash *a, const struct fed_hash *b)
{
	return memcmp(a->s, b->s, sizeof a->s) == 0;
}

static inline bool fed_public_eq(const struct fed_public *a, const struct fed_public *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

#endif
