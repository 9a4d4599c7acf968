/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The next serial of a record, as its writer makes it: begin with the text in force, change it, end
 * with the signed text, which fed_reg_give and fed_node_give_record take.  docs/federation.md
 * section 3
 *
 *	struct fed_draft d;
 *	int rc = fed_draft_group_next(&d, text, &self, &err);
 *
 *	if (rc == 0)
 *		rc = fed_draft_member(&d, fed, &oid, true, &places, &err);
 *	if (rc == 0)
 *		rc = fed_draft_end(&d, seed, &out, &err);
 *	fed_draft_fini(&d);
 *
 * What cannot be done is said in a sentence for an admin.  Texts that are given are copied.  Pure.
 */
#ifndef PROTO_FED_FED_DRAFT_H
#define PROTO_FED_FED_DRAFT_H

#include "proto/fed/fed_record.h"

struct fed_reg; /* fed_reg.h */

enum { FED_MAX_SIZE_DEFAULT = 10 * 1024 * 1024 }; /* bytes of an article */

struct fed_draft {
	struct arena ar;
	struct fed_record rec;
};

/*
 * Write it as a whole, check it and sign it.
 *
 * seed  of the key that signs: R for a daemon record, S for others
 * out   empty, with FED_RECORD_MAX as its ceiling
 */
NODISCARD int fed_draft_end(
	struct fed_draft *d, const uint8_t seed[CRYPTO_KEY_LEN], struct buf *out, struct err *err);

/* After each of the functions that begin one, whatever they return. */
void fed_draft_fini(struct fed_draft *d);

/* ---- daemon record; KERR_INVALID, KERR_EXISTS, KERR_TOOBIG ---- */

struct fed_profile {
	struct fed_public root, sign;
	struct fed_hash spki;
	struct slice name, title, contact;
	struct slice addr[FED_ADDR_MAX]; /* host:port; none: it cannot be dialled */
	size_t n_addr;
	int64_t issued_at;
};

NODISCARD int fed_draft_daemon(struct fed_draft *d, const struct fed_profile *p, struct err *err);
NODISCARD int fed_draft_daemon_next(
	struct fed_draft *d, struct slice text, int64_t issued_at, struct err *err);

/* The key is the one in use from now on; those before stay listed. */
NODISCARD int fed_draft_sign(struct fed_draft *d, const struct fed_public *key, struct err *err);

/* A signing key, or one that was: it is stolen.  The last one left cannot be revoked. */
NODISCARD int fed_draft_revoke(struct fed_draft *d, const struct fed_public *key, struct err *err);

/* These TLS keys and no others, the one in use first; these addresses and no others. */
NODISCARD int fed_draft_tls(
	struct fed_draft *d, const struct fed_hash *spki, size_t n, struct err *err);
NODISCARD int fed_draft_addr(
	struct fed_draft *d, const struct slice *addr, size_t n, struct err *err);

/* ---- federation record ---- */

/* The first serial: the founder is its one admin and its one daemon. */
NODISCARD int fed_draft_federation(struct fed_draft *d, const struct fed_oid *founder,
	struct slice title, struct slice name, struct slice prefix, struct err *err);

/* KERR_DENIED: self is no admin; *err says whom to ask. */
NODISCARD int fed_draft_federation_next(
	struct fed_draft *d, struct slice text, const struct fed_oid *self, struct err *err);

/* An active daemon; one that is suspended is active again.  KERR_EXISTS: it is. */
NODISCARD int fed_draft_daemon_in(struct fed_draft *d, const struct fed_oid *oid, struct slice name,
	struct slice prefix, struct err *err);

/* KERR_NOTFOUND, KERR_EXISTS: it is so already. */
NODISCARD int fed_draft_daemon_state(
	struct fed_draft *d, const struct fed_oid *oid, enum fed_state state, struct err *err);
NODISCARD int fed_draft_admin(struct fed_draft *d, const struct fed_oid *oid, struct err *err);
NODISCARD int fed_draft_admin_out(struct fed_draft *d, const struct fed_oid *oid, struct err *err);
NODISCARD int fed_draft_domain(
	struct fed_draft *d, const struct fed_oid *oid, struct slice domain, struct err *err);

/*
 * May a daemon of this name and prefix be taken in beside those that are there?  oid: its own,
 * whose line does not count.
 */
NODISCARD int fed_draft_fits(const struct fed_federation *f, const struct fed_oid *oid,
	struct slice name, struct slice prefix, struct err *err);

/* ---- either ---- */

/* So many admins, or deputies, sign together. */
NODISCARD int fed_draft_quorum(struct fed_draft *d, uint64_t quorum, struct err *err);

/* ---- group record ---- */

struct fed_group_wish {
	struct slice group, title;
	bool closed, moderated, history_join;
	bool inn;          /* servers that are no kokods may carry it; public only */
	uint64_t max_size; /* 0: the default */
	uint64_t retain;   /* days, 0: for ever */
};

/* The first serial, by an active daemon of fed, which is owner and (closed) member. */
NODISCARD int fed_draft_group(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *self, const struct fed_group_wish *w, struct err *err);

/* KERR_DENIED: self is not the owner. */
NODISCARD int fed_draft_group_next(
	struct fed_draft *d, struct slice text, const struct fed_oid *self, struct err *err);

/*
 * Is self one of those who change the group without its owner, a deputy of it or an admin of the
 * federation?  KERR_DENIED with whom to ask.
 */
NODISCARD int fed_draft_by_quorum(const struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *self, struct err *err);

/* The same for who only asks the owner: what can be asked for is what can be put into a draft. */
NODISCARD int fed_draft_group_wish(struct fed_draft *d, struct slice text, struct err *err);

/*
 * Two records have one serial: the next one upon texts[chosen], by one of a quorum.  It carries the
 * cuts of the others, and of what followed them: they are drawn somewhere already.
 */
NODISCARD int fed_draft_group_settle(struct fed_draft *d, const struct fed_reg *reg,
	const struct fed_oid *self, const struct slice *texts, size_t n, size_t chosen,
	struct err *err);

/* What the owner holds. */
struct fed_places {
	void *arg;
	/* The highest position of the daemon in the group; n = 0: there is none. */
	struct fed_pos (*highest)(void *arg, const struct fed_gid *gid, const struct fed_oid *oid);
};

/*
 * A daemon of the federation is in the group from now on, or may write there again (rw) or not any
 * more.  In a public group, where all are in, rw takes it off the list of those who only read.
 * KERR_EXISTS: it is so already.
 */
NODISCARD int fed_draft_member(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, bool rw, const struct fed_places *at, struct err *err);

/* Out of a closed group.  KERR_NOTFOUND: it is not in; KERR_INVALID: the owner, a public group. */
NODISCARD int fed_draft_member_out(struct fed_draft *d, const struct fed_oid *oid,
	const struct fed_places *at, struct err *err);

/*
 * A cut of a daemon that stays in: what it has written up to its highest position counts, whatever
 * becomes of the key that it is signed with.
 */
NODISCARD int fed_draft_cut(struct fed_draft *d, const struct fed_oid *oid,
	const struct fed_places *at, struct err *err);

/*
 * The same up to a place that the daemon has named itself.  What the owner holds of a later epoch
 * was signed before the record that has this cut, and is behind a second one: the daemon goes on in
 * an epoch after it.
 */
NODISCARD int fed_draft_cut_at(struct fed_draft *d, const struct fed_oid *oid,
	const struct fed_pos *pos, const struct fed_places *at, struct err *err);

/* user: "user@name" of a daemon or mail domain of fed.  KERR_EXISTS, KERR_NOTFOUND. */
NODISCARD int fed_draft_moderator(
	struct fed_draft *d, const struct fed_federation *fed, struct slice user, struct err *err);
NODISCARD int fed_draft_moderator_out(struct fed_draft *d, const struct fed_federation *fed,
	struct slice user, const struct fed_places *at, struct err *err);

/* What a person writes from now on does not count; and counts again. */
NODISCARD int fed_draft_ban(struct fed_draft *d, const struct fed_federation *fed,
	struct slice user, const struct fed_places *at, struct err *err);
NODISCARD int fed_draft_unban(struct fed_draft *d, struct slice user, struct err *err);

/*
 * Deputies change the group together without its owner, so many of them as the quorum says.
 * KERR_EXISTS, KERR_NOTFOUND, KERR_TOOBIG, KERR_INVALID.
 */
NODISCARD int fed_draft_deputy(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, struct err *err);
NODISCARD int fed_draft_deputy_out(struct fed_draft *d, const struct fed_oid *oid, struct err *err);

/* Another daemon owns the group from now on; one that was a deputy is none any more. */
NODISCARD int fed_draft_owner(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, struct err *err);

NODISCARD int fed_draft_group_state(
	struct fed_draft *d, enum fed_group_state state, struct err *err);

#endif
