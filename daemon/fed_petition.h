/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests for a change of a group record, and what became of them.  docs/federation.md section 8
 *
 * They are read from the control entries that are held, after each start anew; none is kept apart
 * from its entry.  A request is granted when a later record of the group has all of it, refused
 * when the owner says so, and lapses after 90 days.  On the federation's thread.
 */
#ifndef DAEMON_FED_PETITION_H
#define DAEMON_FED_PETITION_H

#include "proto/base/coll.h"
#include "proto/fed/fed_plea.h"

enum {
	FED_PETITION_S = 90 * 24 * 3600, /* so long a request waits */
	FED_PETITIONS_MAX = 1000,        /* that are known: the oldest give way */
	FED_PETITIONS_EACH = 50,         /* ... of one daemon */
	FED_PETITION_BYTES = 16 * 1024,  /* of one; a longer one is not shown */
	FED_PETITION_NUMBER = 5,         /* digits that people name it by */
};

struct fed;

enum fed_petition_state {
	FED_PETITION_OPEN,
	FED_PETITION_GRANTED,
	FED_PETITION_REFUSED,
	FED_PETITION_LAPSED,
};

struct fed_petition {
	struct list node;
	struct fed_gid gid;
	struct fed_oid oid; /* of who asks; "": only its refusal is known yet */
	char mid[MSGID_MAX + 1];
	char number[FED_PETITION_NUMBER + 1];
	int64_t t;
	uint64_t r;               /* serial that it was made under */
	uint64_t looked, granted; /* serials: looked at up to; that has it (0: none) */
	bool refused;
	char *reason, *body, *actor; /* actor: the moderator who asks; "" its admin */
};

struct fed_petitions {
	struct list all; /* struct fed_petition, oldest first */
	size_t n;
};

void fed_petitions_init(struct fed_petitions *s);
void fed_petitions_fini(struct fed_petitions *s);

/* A request, a refusal is on disk; they may come in any order, and again. */
void fed_petition_heard(
	struct fed *f, const struct fed_sign *s, struct slice actor, struct slice body);
void fed_petition_refused(
	struct fed *f, const struct fed_gid *gid, struct slice mid, struct slice reason);

/* As it is now. */
enum fed_petition_state fed_petition_state(struct fed *f, struct fed_petition *p);

/* Is it ours to answer; have we asked it? */
bool fed_petition_is_for_us(const struct fed *f, const struct fed_petition *p);
bool fed_petition_is_ours(const struct fed *f, const struct fed_petition *p);

/* The open one that is ours to answer, by its number; NULL: there is none. */
struct fed_petition *fed_petition_get(struct fed *f, const char *number);

/* An open one of ours in that group that asks for the same; NULL. */
struct fed_petition *fed_petition_like(struct fed *f, const struct fed_gid *gid, struct slice body);

#endif
