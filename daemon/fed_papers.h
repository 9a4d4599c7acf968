/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts: records that more daemons must sign than this one, kept until they are in force, void or
 * long out of date.  docs/federation.md section 3.4
 *
 * They lie in the store (RECORD_DRAFT, key "<type> <id> <serial> <number>"), the newest text of
 * each alone.  On the federation's thread.
 */
#ifndef DAEMON_FED_PAPERS_H
#define DAEMON_FED_PAPERS_H

#include "proto/base/coll.h"
#include "proto/fed/fed_paper.h"
#include "proto/fed/fed_stand.h"

enum {
	FED_PAPERS_MAX = 64,
	FED_PAPERS_KEEP_S = 30 * 24 * 3600, /* so long one is shown that can be signed no more */
};

struct fed;

enum fed_paper_state {
	FED_PAPER_WAITS,
	FED_PAPER_READY,   /* enough have signed: who collects may publish it */
	FED_PAPER_DONE,    /* in force */
	FED_PAPER_VOID,    /* another record has its place */
	FED_PAPER_EXPIRED, /* it was not signed in time */
	FED_PAPER_LATER,   /* this daemon does not have yet what it follows */
};

struct fed_kept_paper {
	struct list node;
	char number[FED_PAPER_NUMBER + 1];
	struct fed_oid from;
	int64_t until_at;
	uint64_t serial; /* of the text in the store */
	bool on_disk;    /* a text of it is */
	char *record;    /* with the signatures that are here */
	char *key;
};

struct fed_papers {
	struct list all; /* struct fed_kept_paper, oldest first */
	size_t n;
};

void fed_papers_init(struct fed_papers *s);
void fed_papers_fini(struct fed_papers *s);

/* At the start: one that the store has. */
void fed_papers_load(struct fed_papers *s, struct slice key, uint64_t serial, struct slice text);

/* As it is now; *out has who has signed and who may. */
enum fed_paper_state fed_paper_state(
	struct fed *f, const struct fed_kept_paper *p, struct fed_tally *out);

/* NULL: there is none. */
struct fed_kept_paper *fed_papers_get(struct fed *f, const char *number);

/* Another one that this daemon has signed, of the same serial of the same record, still open. */
const struct fed_kept_paper *fed_papers_rival(struct fed *f, struct slice record);

/* One that can still come into force and takes this daemon into the federation; NULL. */
const struct fed_kept_paper *fed_papers_guest(struct fed *f, const struct fed_oid *oid);

/*
 * Keep it, with the signatures that were here before.
 *
 * self  sign it too
 * done  when it is on disk; rc
 *
 * KERR_FULL: too many are kept; KERR_INVALID: not of the serial and record that the number is of.
 */
NODISCARD int fed_papers_keep(struct fed *f, const struct fed_paper *p, bool self,
	struct fed_kept_paper **out, void (*done)(void *arg, int rc), void *arg);

/* How many are there also after a crash, or more. */
size_t fed_papers_on_disk(const struct fed_papers *s);

void fed_papers_drop(struct fed *f, struct fed_kept_paper *p);

/* Once a minute, and when records have changed: what is in force or long out of date goes. */
void fed_papers_look(struct fed *f);

#endif
