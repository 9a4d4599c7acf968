/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registry: all records that a daemon holds, every serial of each, and who is what by them.
 * docs/federation.md section 3
 *
 * A record is judged when it is given (fed_rules.h), and only what may be in force is kept; the
 * caller writes what was taken to disk and gives all of it again at the next start.
 */
#ifndef PROTO_FED_FED_REG_H
#define PROTO_FED_FED_REG_H

#include "proto/fed/fed_rules.h"
#include "proto/fed/fed_stray.h"

enum { FED_KEY_LEN = FED_OID_LEN }; /* the longest key: fid, oid or gid as text */

struct fed_reg;

NODISCARD struct fed_reg *fed_reg_new(void);
void fed_reg_free(struct fed_reg *r);

/* Type and id of a record as text. */
struct fed_record_key {
	enum fed_record_type type;
	char s[FED_KEY_LEN + 1];
};

void fed_record_key_of(const struct fed_record *rec, struct fed_record_key *out);

enum fed_reg_got {
	FED_REG_TAKEN,   /* keep it: it is in force, or (fork) it is proof */
	FED_REG_KNOWN,   /* nothing new */
	FED_REG_GAP,     /* serials from out->want on are missing: fetch them in order */
	FED_REG_APART,   /* its prev is none that is held: fetch that one (out->want, out->prev) */
	FED_REG_LACKS,   /* daemon records of its signers are missing: fetch them, come again */
	FED_REG_REFUSED, /* breaks a rule */
};

struct fed_reg_result {
	struct fed_record_key key;
	uint64_t serial;
	uint64_t want;        /* with FED_REG_GAP, FED_REG_APART */
	struct fed_hash prev; /* with FED_REG_APART */
	bool fork;   /* two valid records have this serial: alarm, the one before is in force (or a
			quorum has gone on from the other one, and nothing changes) */
	bool again;  /* another one had this serial before */
	bool strays; /* (known) it is void, and there are daemons that learn so: fed_reg_stray */
};

/*
 * A record from a neighbour, the disk or the admin.
 *
 * trusted  it comes from our own disk: it was judged before (its signatures are not looked at)
 * why      for people; set unless taken or known
 */
NODISCARD enum fed_reg_got fed_reg_give(struct fed_reg *r, struct slice text, bool trusted,
	struct fed_reg_result *out, struct err *why);

/* What is in force; NULL: not held.  Borrowed until the next fed_reg_give. */
const struct fed_federation *fed_reg_federation(const struct fed_reg *r);
const struct fed_daemon *fed_reg_daemon(const struct fed_reg *r, const struct fed_oid *oid);
const struct fed_group *fed_reg_group(const struct fed_reg *r, const struct fed_gid *gid);
const struct fed_group *fed_reg_group_named(const struct fed_reg *r, struct slice name);

/* The group record of that serial; NULL: not held. */
const struct fed_group *fed_reg_group_at(
	const struct fed_reg *r, const struct fed_gid *gid, uint64_t serial);

/* Serial in force; 0: none. */
uint64_t fed_reg_serial(const struct fed_reg *r, const struct fed_record_key *key);

/* That of the federation record. */
uint64_t fed_reg_federation_serial(const struct fed_reg *r);

/* Text of a serial (0: the one in force); p is NULL when it is not held. */
struct slice fed_reg_text(
	const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial);

/* Is the daemon active in the federation? */
bool fed_reg_active(const struct fed_reg *r, const struct fed_oid *oid);

/* The daemon that has this signing key, by the records that are held; false: none. */
NODISCARD bool fed_reg_signer(
	const struct fed_reg *r, const struct fed_keyid *keyid, struct fed_signer *out);

/* The daemon with this TLS key among those whose records are held; NULL: none. */
const struct fed_daemon *fed_reg_tls(const struct fed_reg *r, const struct fed_hash *spki);

/*
 * The highest serial of the record, `upto` at most, that this daemon may be told of and have, with
 * all before it; 0: it may not know of the record.  Federation and daemons: every active one; a
 * group: its members, of a public one every active daemon.  One that was taken out of a closed
 * group, or was taken in by a void record alone: up to the record that says so (fed_reg_told_out).
 */
uint64_t fed_reg_shows(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_record_key *key, uint64_t upto);

/* May this daemon have entries of the group?  The control group (gid is the fid): when active. */
bool fed_reg_reads(const struct fed_reg *r, const struct fed_oid *who, const struct fed_gid *gid);

/* ... and from which entry on, in an epoch of a feed (history: join); UINT64_MAX: none of it. */
uint64_t fed_reg_begin(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_gid *gid, const struct fed_oid *feed, uint64_t epoch);

/*
 * It may not, and need not know that yet: it was in the closed group and was taken out, or a record
 * took it in beside which, or in whose place, another one came (section 3, Forks).
 */
bool fed_reg_misled(const struct fed_reg *r, const struct fed_oid *who, const struct fed_gid *gid);

/* ---- records of one serial ---- */

struct fed_version {
	struct slice text;
	struct fed_hash hash; /* of it, as the next record names it (prev) */
};

/* The highest serial held; where two records have it, the one before is in force. */
uint64_t fed_reg_held(const struct fed_reg *r, const struct fed_record_key *key);

/* Record number i of that serial: more than one at the highest alone.  False: there is none. */
bool fed_reg_version(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial,
	size_t i, struct fed_version *out);

/* The one of them with this hash; p is NULL when it is not held. */
struct slice fed_reg_text_by(const struct fed_reg *r, const struct fed_record_key *key,
	uint64_t serial, const struct fed_hash *hash);

/* Is the record with this hash held, or was it, or found to be none that matters? */
bool fed_reg_knows(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial,
	const struct fed_hash *hash);

/* Two records have the highest serial. */
bool fed_reg_forked(const struct fed_reg *r, const struct fed_record_key *key);

/* That record went on from one of two, as far as is known here. */
bool fed_reg_heals(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial);

/* What void records of the group did; NULL: the record is not held.  Borrowed likewise. */
const struct fed_strays *fed_reg_strays(const struct fed_reg *r, const struct fed_record_key *key);

/*
 * Not a member of the closed group, but by a record that is void: the serial of the one that has
 * its place; 0: it is none of these.
 */
uint64_t fed_reg_stray(
	const struct fed_reg *r, const struct fed_record_key *key, const struct fed_oid *who);

/*
 * The last record that one is told of who is not in the group by that of `serial`: where this had a
 * rival it is the next one, which says that it holds.
 */
uint64_t fed_reg_told_out(
	const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial);

/* All records in force: federation, then daemons, then groups, the order in which they are needed.
 */
typedef bool (*fed_reg_fn)(void *arg, const struct fed_record_key *key, uint64_t serial);
void fed_reg_each(const struct fed_reg *r, fed_reg_fn fn, void *arg);

/* Groups in force, by name. */
typedef bool (*fed_group_fn)(void *arg, const struct fed_group *g, uint64_t serial);
void fed_reg_groups(const struct fed_reg *r, fed_group_fn fn, void *arg);

#endif
