/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which record may follow upon which, who may sign it, and how an entry is judged by the records of
 * its group.  Pure: what must be known is given.  docs/federation.md section 3, 8
 */
#ifndef PROTO_FED_FED_RULES_H
#define PROTO_FED_FED_RULES_H

#include "proto/fed/fed_record.h"

/* What is known of a key. */
struct fed_signer {
	struct fed_oid oid; /* whose signing key it is */
	struct fed_public key;
	bool revoked;
};

/* What the surroundings know.  Nothing in it is kept. */
struct fed_known {
	void *arg;
	/*
	 * The daemon that lists this key in its record; false when no record held lists it.
	 * Root keys are not asked for.
	 */
	bool (*signer)(void *arg, const struct fed_keyid *keyid, struct fed_signer *out);
	/*
	 * The federation record in force; NULL: none yet.  For a record from far back in a chain
	 * that is fetched late, the one that was in force then.
	 */
	const struct fed_federation *federation;
	/*
	 * The record lies further back in a chain whose end is at hand: signatures of keys that
	 * have been revoked since count.  The end itself is judged without.
	 */
	bool history;
};

enum { FED_RIVALS_MAX = 3 }; /* further records of one serial that are kept */

/*
 * What a receiver holds of one record.  For one of a lower serial than the highest, the chain as it
 * was with that serial, and `after`.
 */
struct fed_chain {
	const struct fed_record *last;   /* the highest serial; NULL: none */
	const struct fed_record *before; /* that of serial last - 1; NULL with serial 1 */
	const struct fed_record *rival[FED_RIVALS_MAX]; /* others of last's serial; NULL ends */
	const struct fed_record *after;                 /* what follows upon last; NULL: nothing */
};

enum fed_verdict {
	FED_ACCEPT,       /* the next one: store it, it is in force */
	FED_ACCEPT_WINS,  /* of last's serial, signed by a quorum where last is by its writer alone
			   */
	FED_ACCEPT_HEALS, /* follows one of two rivals and is signed by a quorum: goes on from there
			   */
	FED_SAME,         /* byte for byte what is held */
	FED_OLD,          /* a lower serial than last */
	FED_GAP,          /* a serial above last + 1: fetch those between */
	FED_FORK,         /* valid, of last's serial, other bytes: keep both, before is in force */
	FED_LOSES,    /* valid, of last's serial, but last is signed by a quorum and this is not */
	FED_HISTORY,  /* likewise, and a quorum has gone on from last: a fork that is healed */
	FED_APART,    /* its prev is another record of the serial before than those held */
	FED_NEED_KEY, /* signers whose daemon record is not held, too few without them */
	FED_REFUSED,  /* breaks a rule */
};

/*
 * May `rec` follow?  It is of the same type and id as chain->last.
 *
 * why  for people, in lower case: what is wrong, or what to do; set unless accepted
 */
enum fed_verdict fed_record_accepts(const struct fed_chain *chain, const struct fed_record *rec,
	const struct fed_known *known, struct err *why);

/*
 * May rec be the first, or follow upon before, if those sign it who may?  All rules of section 3
 * but those of signatures and of serials.  False: why
 */
NODISCARD bool fed_record_follows(const struct fed_record *before, const struct fed_record *rec,
	const struct fed_known *known, struct err *why);

/* Daemons whose signatures hold, each once. */
struct fed_signers {
	struct fed_oid oid[FED_SIGS_MAX];
	size_t n;
	bool unknown; /* there are signatures of keys that nobody is known to have */
};

void fed_record_signers(
	const struct fed_record *rec, const struct fed_known *known, struct fed_signers *out);

/* By whose authority a record is signed. */
enum fed_authority {
	FED_BY_NOBODY,  /* too few valid signatures of those who may */
	FED_BY_UNKNOWN, /* too few, but there are signatures of unknown keys */
	FED_BY_WRITER,  /* root key of a daemon; owner of a group */
	FED_BY_QUORUM,  /* of a group's deputies, or of the federation's admins */
};

/* `before` is the record of the serial before, which says who may sign; NULL with serial 1. */
enum fed_authority fed_record_authority(const struct fed_record *before,
	const struct fed_record *rec, const struct fed_known *known);

/*
 * A valid record of last's serial with other bytes, signed by that authority: which of the two is
 * in force?  FED_ACCEPT_WINS, FED_LOSES, FED_HISTORY, FED_FORK.
 */
enum fed_verdict fed_record_contest(const struct fed_chain *chain, enum fed_authority by,
	const struct fed_known *known, struct err *why);

/* The one of last and its rivals that is this record's prev; NULL: none. */
const struct fed_record *fed_record_before(
	const struct fed_chain *chain, const struct fed_record *rec);

/* An entry, as far as its group's records judge it. */
struct fed_claim {
	struct fed_oid o;
	struct fed_pos at;  /* its epoch, n and E */
	struct slice actor; /* Kokod-Actor; empty when there is none */
	bool article;       /* y=a and no cancel: takes part in `post` */
	bool revoked;       /* signed by a key that its origin has revoked since */
};

enum fed_judgement {
	FED_COUNTS,
	FED_NOT_MEMBER, /* origin is no member at serial r */
	FED_NOT_ACTIVE, /* origin is suspended or gone, and no cut says what of it counts */
	FED_READ_ONLY,  /* origin is `ro` at serial r */
	FED_CUT,        /* after the origin's cut */
	FED_UNPINNED,   /* under a revoked key, and no cut says that it was made before the theft */
	FED_BANNED,     /* after the actor's ban */
	FED_NO_POST,    /* post: moderators, and the actor is none */
	FED_GROUP_STILL, /* group frozen or closed at serial r */
};

/*
 * Does the entry count?  Authority given is that of the record the entry names, authority taken
 * away is taken by position, so all daemons judge alike whatever order things arrive in.
 *
 * at_r  group record of the entry's r
 * now   group record in force, serial >= r
 * fed   federation record: its active daemons are the members of a public group
 */
enum fed_judgement fed_group_judge(const struct fed_group *at_r, const struct fed_group *now,
	const struct fed_federation *fed, const struct fed_claim *claim);

/* Is the actor a moderator for this entry: listed at r, and not taken away before it? */
NODISCARD bool fed_group_moderates(
	const struct fed_group *at_r, const struct fed_group *now, const struct fed_claim *claim);

/* May the daemon be given entries of the group at all: member of a closed one, active otherwise. */
NODISCARD bool fed_group_reads(
	const struct fed_group *now, const struct fed_federation *fed, const struct fed_oid *oid);

/* Stands this very cut in it? */
bool fed_group_has_cut(const struct fed_group *g, const struct fed_cut *cut);

/* Is the place after the mark: a later epoch, a higher n, or the same n with another E? */
NODISCARD bool fed_pos_after(const struct fed_pos *at, const struct fed_pos *mark);

#endif
