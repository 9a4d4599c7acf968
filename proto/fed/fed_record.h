/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records: the signed texts that say who a daemon is, who is in a federation, and what a group is.
 * Strict parser, canonical writer, signature lines.  docs/federation.md section 3
 *
 * One text has one meaning and one meaning has one text: keys stand in the order of the tables
 * there, each as often as they allow; lines whose key is not known stand behind the known ones, are
 * kept and written again byte for byte.  So fed_record_write gives back what was parsed.
 * What may follow upon what, and who may sign, is fed_rules.h.
 */
#ifndef PROTO_FED_FED_RECORD_H
#define PROTO_FED_FED_RECORD_H

#include "proto/base/err.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_id.h"

enum {
	FED_RECORD_MAX = 1024 * 1024, /* bytes of a record, sig lines counted */
	FED_RECORD_LINE_MAX = 998,    /* bytes of a line: records travel as bodies of entries */
	FED_SIGN_KEYS_MAX = 8,
	FED_REVOKED_MAX = 8,
	FED_TLS_MAX = 4,
	FED_ADDR_MAX = 4,
	FED_ADMINS_MAX = 9,
	FED_DEPUTIES_MAX = 4,
	FED_MODERATORS_MAX = 64,
	FED_DAEMONS_MAX = 1000, /* daemons or domains of a federation, members of a group */
	FED_MARKS_MAX = 8192,   /* lines of start, cut, former or ban, of each */
	FED_SIGS_MAX = 16,
	FED_UNKNOWN_MAX = 256, /* lines with unknown keys */
};

enum fed_record_type {
	FED_REC_DAEMON,
	FED_REC_FEDERATION,
	FED_REC_GROUP,
};

/* Place in a feed: the entry that a mark names.  n = 0: before the first. */
struct fed_pos {
	uint64_t epoch, n;
	struct fed_hash e; /* fed_hash_none with n = 0 */
};

struct fed_sigline {
	struct fed_keyid keyid;
	struct fed_sig sig;
};

/* Who a daemon is; signed by its root key. */
struct fed_daemon {
	struct fed_oid oid;
	struct fed_public root;
	uint64_t issued; /* seconds since 1970 */
	struct slice name, title, contact;
	struct fed_public sign[FED_SIGN_KEYS_MAX]; /* current first */
	size_t n_sign;
	struct fed_public revoked[FED_REVOKED_MAX];
	size_t n_revoked;
	struct fed_hash tls[FED_TLS_MAX]; /* H(SPKI) */
	size_t n_tls;
	struct slice addr[FED_ADDR_MAX]; /* host:port; fed_addr_parse takes them apart */
	size_t n_addr;
};

enum fed_state {
	FED_ACTIVE,
	FED_SUSPENDED,
	FED_GONE,
};

/* A daemon as the federation sees it. */
struct fed_member_daemon {
	struct fed_oid oid;
	enum fed_state state;
	struct slice name, prefix;
};

struct fed_domain {
	struct fed_oid oid;
	struct slice domain;
};

struct fed_federation {
	struct fed_gid fid;
	struct fed_oid founder;
	struct slice salt;
	struct slice title;
	uint64_t quorum;
	struct fed_oid admin[FED_ADMINS_MAX];
	size_t n_admin;
	struct fed_member_daemon *daemon; /* in the arena, as all arrays below */
	size_t n_daemon;
	struct fed_domain *domain;
	size_t n_domain;
};

struct fed_member {
	struct fed_oid oid;
	bool rw;
	uint64_t joined; /* serial of the record that took it in */
};

/* Daemon oid gets the feed of `of` from entry (epoch, n) on. */
struct fed_start {
	struct fed_oid oid, of;
	uint64_t epoch, n;
};

/* Entries of an origin after this one are void. */
struct fed_cut {
	struct fed_oid oid;
	struct fed_pos at;
};

/* No moderator after this entry (former); entries after it are void (ban). */
struct fed_person_mark {
	struct slice user; /* user@name */
	struct fed_pos at;
};

enum fed_group_state {
	FED_GROUP_ACTIVE,
	FED_GROUP_FROZEN,
	FED_GROUP_CLOSED,
};

struct fed_group {
	struct fed_gid gid;
	struct fed_oid founder;
	struct slice salt;
	struct slice group; /* newsgroup name */
	struct slice title;
	struct fed_oid owner;
	struct fed_oid deputy[FED_DEPUTIES_MAX];
	size_t n_deputy;
	uint64_t quorum; /* of the deputies */
	bool closed;     /* class */
	bool moderated;  /* post: moderators */
	bool wiki, inn;
	struct fed_oid gateway;    /* "" when there is none */
	uint64_t retain;           /* days, 0 for ever */
	uint64_t max_size;         /* bytes of an article */
	bool history_join;         /* a member gets feeds from its start lines on */
	struct fed_member *member; /* public: those who are `ro` */
	size_t n_member;
	struct fed_start *start;
	size_t n_start;
	struct fed_cut *cut;
	size_t n_cut;
	struct slice moderator[FED_MODERATORS_MAX];
	size_t n_moderator;
	struct fed_person_mark *former;
	size_t n_former;
	struct fed_person_mark *ban;
	size_t n_ban;
	enum fed_group_state state;
};

/* A record; slices borrow from the text it was parsed from. */
struct fed_record {
	enum fed_record_type type;
	uint64_t serial;
	struct fed_hash prev; /* fed_hash_none with serial 1 */

	union {
		struct fed_daemon daemon;
		struct fed_federation federation;
		struct fed_group group;
	};
	struct slice *unknown; /* lines without LF whose key this version does not know */
	size_t n_unknown;
	struct fed_sigline sig[FED_SIGS_MAX];
	size_t n_sig;
	struct slice text;    /* all bytes, as parsed; empty in one that was put together */
	struct slice signed_; /* the bytes before the first sig line */
};

/*
 * Take a whole record.
 *
 * text  must outlive rec
 * ar    where arrays are kept; must outlive rec
 * err   the fault with its line and key: "line 7: serial: not a number"
 *
 * 0; KERR_TOOBIG (text, line or a number of lines over its limit); KERR_VERSION (v is not 1);
 * KERR_INVALID.  What a record says of itself is checked: order and number of keys, grammar of the
 * values, ids computed from what they are made of, names, domains and prefixes unique, lines that
 * need or exclude each other.  Signatures are not.
 */
NODISCARD int fed_record_parse(
	struct slice text, struct arena *ar, struct fed_record *rec, struct err *err);

/* The same for a text without sig lines, as a writer edits it. */
NODISCARD int fed_record_parse_unsigned(
	struct slice text, struct arena *ar, struct fed_record *rec, struct err *err);

/* Append all lines before the first sig line.  `b` should have FED_RECORD_MAX as its ceiling. */
void fed_record_write(struct buf *b, const struct fed_record *rec);

/* H(text with its sig lines): what the next record has as prev. */
void fed_record_hash(struct slice text, struct fed_hash *out);

/*
 * Append a sig line to a text that ends with its last line or with other sig lines.  Order does not
 * matter, but a record is one text: who adds a signature makes another record of it, so a quorum
 * collects its signatures before the record is published.
 */
void fed_record_sign(struct buf *text, const uint8_t seed[CRYPTO_KEY_LEN]);

/* Does the signature hold over the record under this key? */
NODISCARD bool fed_sig_holds(
	const struct fed_record *rec, const struct fed_sigline *sig, const struct fed_public *key);

/* Names of types and states as they are written: "daemon", "active". */
struct slice fed_record_type_name(enum fed_record_type t);
struct slice fed_state_name(enum fed_state s);

/* Look-ups; NULL when there is none. */
const struct fed_member_daemon *fed_federation_daemon(
	const struct fed_federation *f, const struct fed_oid *oid);
const struct fed_member *fed_group_member(const struct fed_group *g, const struct fed_oid *oid);

/*
 * history: join.  The first entry that it is given of an epoch of a feed; UINT64_MAX: none.  Only
 * where fed_group_reads.
 */
uint64_t fed_group_begin(const struct fed_group *now, const struct fed_oid *oid,
	const struct fed_oid *feed, uint64_t epoch);

/* Is `name` the daemon's name or one of its mail domains? */
NODISCARD bool fed_federation_owns(
	const struct fed_federation *f, const struct fed_oid *oid, struct slice name);

enum fed_key_state {
	FED_KEY_UNKNOWN, /* not in the daemon record */
	FED_KEY_GOOD,
	FED_KEY_REVOKED,
};

/* Which of a daemon's signing keys has this id; *out is set unless it is unknown. */
enum fed_key_state fed_daemon_key(
	const struct fed_daemon *d, const struct fed_keyid *keyid, struct fed_public *out);

#endif
