/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an entry that came is stored: the checks of docs/federation.md section 6, in their order,
 * each a function of its own.  Pure: what must be looked up is asked through struct fed_scene.
 */
#ifndef PROTO_FED_FED_CHECK_H
#define PROTO_FED_FED_CHECK_H

#include "proto/fed/fed_entry.h"
#include "proto/fed/fed_feed.h"
#include "proto/fed/fed_reg.h"

enum {
	FED_FUTURE_S = 300,     /* how far ahead of our clock t may be */
	FED_HOLD_S = 24 * 3600, /* how far it may be to be asked again later */
	FED_T_BACK_S = 300,     /* how far t may lie before that of n - 1 */
};

/* What became of it, and why; a counter of `peer status` each. */
enum fed_got {
	FED_GOT_TAKE,     /* store it */
	FED_GOT_STUB,     /* store it without its content: too big, or its author may not */
	FED_GOT_KNOWN,    /* it is here */
	FED_GOT_FORK,     /* another entry with this number is here: section 7.4 */
	FED_GOT_LATER,    /* come again: a record is missing, quota, t in the future */
	FED_GOT_SCOPE,    /* we, or the origin, are not in the group */
	FED_GOT_INTRUDER, /* the peer is not in the group: alarm */
	FED_GOT_VOID,     /* beyond a cut, or under a key that is revoked */
	FED_GOT_BAD,      /* broken: syntax, signature, hash, order */
};

enum { FED_GOT_KINDS = FED_GOT_BAD + 1 };

/* Which record is missing (FED_GOT_LATER); type and id as in fed_reg.h, s is "" when none is. */
struct fed_lack {
	struct fed_record_key key;
	uint64_t serial; /* at least this one */
};

/* This signature over the tags with this E was found right under this key. */
struct fed_vouch {
	struct fed_public key;
	struct fed_sig s;
	struct fed_hash e;
};

/* The surroundings of one check. */
struct fed_scene {
	const struct fed_reg *reg;
	const struct fed_feeds *feeds;
	struct fed_oid self;
	const struct fed_oid *peer;        /* who gave it; NULL: a server without XKOKOD */
	const struct fed_feed_name *asked; /* the branch that it was asked of; NULL: of none */
	const struct fed_vouch *vouch;     /* looked at before; NULL: it is looked at now */
	int64_t now_at;
	void *arg;
	/* The link of entry n, which the feed has: 0, KERR_WAIT. */
	int (*link)(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out);
	/* Has the origin room for one more entry of so many bytes in this group?  NULL: yes */
	bool (*quota)(void *arg, const struct fed_sign *s, size_t bytes);
};

/* What is to be stored. */
struct fed_verdict_entry {
	enum fed_got got;
	enum fed_absent absent; /* with FED_GOT_STUB */
	struct fed_lack lack;   /* with FED_GOT_LATER */
	int64_t wait_s; /* likewise: so long until our clock lets it in; 0: another reason */
	struct fed_feed_name feed;
	const struct fed_group *group; /* NULL: the control group */
	struct fed_link link;
	const char *why; /* for the log; NULL when stored or known */
};

/*
 * An entry with its content: all ten checks.  0 and *out, or KERR_WAIT.
 * On FED_GOT_TAKE en has passed fed_entry_check.
 */
NODISCARD int fed_check_entry(
	const struct fed_scene *s, struct fed_entry *en, struct fed_verdict_entry *out);

/* An entry as a stub (293 of KART), or a heartbeat: what can be checked without content. */
NODISCARD int fed_check_stub(
	const struct fed_scene *s, const struct fed_stub *stub, struct fed_verdict_entry *out);

#endif
