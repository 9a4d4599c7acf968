/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An errand is an admin's command about the federation on its way: begun on loop 0, run on the
 * federation's thread, answered on loop 0.
 *
 * Sentences are keys of the message catalogue with %1, %2 ... for names, so that kokoctl says them
 * in the admin's language; the same facts stand in the result under names that never change.
 */
#ifndef DAEMON_CONTROL_FED_H
#define DAEMON_CONTROL_FED_H

#include "daemon/control_priv.h"
#include "daemon/fed_priv.h"
#include "proto/fed/fed_draft.h"
#include "proto/fed/fed_plea.h"

#define N_(text) (text) /* for xgettext: kokoctl looks it up */

enum { FED_THING_ROOM = 300 }; /* bytes of the name of what a record is of */

struct errand {
	struct control_req *r; /* loop 0 alone looks into it, but for what the arguments borrow */
	struct fed *f;
	int (*run)(struct errand *a);
	struct err err;
	json_t *rows, *result; /* of the answer */
	/* Of the configuration, which is loop 0's. */
	bool listens;                    /* there is a peer port */
	char address[FED_NAME_MAX + 10]; /* host:port that others dial; "": none */
	/* Arguments; NULL where the command has none. */
	const char *name, *group, *title, *prefix, *token, *numbers, *answer, *code, *user;
	const char *organisation, *number, *reason, *record;
	bool flag;      /* of the one switch that the command has */
	bool by_quorum; /* a group is changed without its owner */
	const char *as; /* the moderator in whose name is asked; "", NULL: the admin asks */
	int64_t count;
	/* What is under way; freed with it. */
	int (*then)(struct errand *a);
	void (*fini)(struct errand *a);
	void *work;
};

/* Loop 0: begin one; then read the arguments into it, and send it off. */
struct errand *errand_new(struct control_req *r, int (*run)(struct errand *a));
/* CONTROL_OUT; or, with rc < 0 of the arguments, that. */
NODISCARD int errand_go(struct errand *a, int rc);

/* ---- the federation's thread ---- */

/* The answer, of a run that said CONTROL_OUT. */
void errand_end(struct errand *a, int rc);

/* One more sentence of the answer; the names for %1 ... end with NULL. */
void errand_say(struct errand *a, const char *text, ...);

/* The one sentence of a refusal; rc is passed through. */
int errand_refuse(struct errand *a, int rc, const char *text, ...);

/* A fact of the result. */
void errand_fact(struct errand *a, const char *key, const char *value);

/* {"say": text, "with": [...]}; a new reference. */
json_t *fed_sentence(const char *text, const char *const *with);

/*
 * Sign the draft (fed_draft_begin gave rc), give it to the node; `then` is run when it is on disk.
 * The draft is freed.  CONTROL_OUT, or why not.  Where others must sign too it is kept for them,
 * what is to be done is said, and `then` is not run.
 */
NODISCARD int errand_give(struct errand *a, struct fed_draft *d, int rc,
	const uint8_t seed[CRYPTO_KEY_LEN], int (*then)(struct errand *a));
/* Two records have the serial that the draft is to have: a refusal that says what to do. */
NODISCARD int errand_check_fork(struct errand *a, const struct fed_draft *d);
/* The same as errand_give for a text that is signed. */
NODISCARD int errand_give_text(struct errand *a, struct slice text, int (*then)(struct errand *a));

/* The same for a text that this daemon has signed and others may have to. */
NODISCARD int errand_give_signed(
	struct errand *a, struct slice text, int (*then)(struct errand *a));

/* The record of the group in a->group, to be changed by its owner, or by who asks it. */
NODISCARD int errand_open_group(struct errand *a, struct fed_draft *d);
/*
 * Give the changed one (rc) when this daemon owns the group or is told to do it without the owner;
 * else ask the owner for p.  NULL: it is nothing that can be asked for.
 */
NODISCARD int errand_give_group(struct errand *a, struct fed_draft *d, int rc,
	const struct fed_plea *p, int (*then)(struct errand *a));

/* Such a word names one of the records that have one serial: enough of its hash to tell four apart.
 */
enum { ERRAND_WORD_BYTES = 5, ERRAND_WORD = 8 };

void errand_record_word(const struct fed_hash *h, char out[ERRAND_WORD + 1]);

/* Say what a record changes, sentence by sentence. */
void errand_say_changes(struct errand *a, struct slice before, struct slice text);

/* Is a line of a record missing in another one, and none that differs in any case? */
bool errand_is_change(struct slice line, struct slice other);
/* Rows of the drafts that this daemon keeps; kind: what they are in peer.status, or NULL. */
void errand_add_drafts(struct errand *a, json_t *rows, const char *kind);
/* The name of a daemon; its oid when it is not in the federation. */
void errand_name_of(const struct fed *f, const struct fed_oid *oid, char out[FED_NAME_MAX + 1]);
/* What a record is of: the group's name, the daemon's name, the federation's title. */
void errand_thing_of(
	const struct fed *f, const struct fed_record_key *key, char out[FED_THING_ROOM]);
/* A wish, or a line of a group record that is new or gone, as a sentence in the row. */
void errand_add_wish(
	struct fed *f, const struct fed_group *g, bool add, struct slice line, json_t *row);

/*
 * Ask the owner of a->group, which is not this daemon, for what the draft has been given (rc): the
 * draft shows that it can be granted, and is freed.  CONTROL_OUT, or why not.
 */
NODISCARD int errand_ask(struct errand *a, struct fed_draft *d, int rc, const struct fed_plea *p);

/* Rows of the open requests that are ours to answer. */
void errand_add_requests(struct errand *a);

/*
 * A key of ours was revoked: ask the owners of the groups where it has signed up to where that
 * counts (section 2).
 */
struct fed_asked {
	unsigned n_asked, n_own; /* groups of others; groups of ours, where the admin does it */
};

struct fed_asked fed_ask_cuts(struct fed *f);

/* The federation; NULL with a refusal (KERR_NOTFOUND) in *a. */
const struct fed_federation *errand_federation(struct errand *a);

/* Text in force of a record. */
struct slice fed_text_of(const struct fed *f, enum fed_record_type type, const char *id);

/* The daemon of the federation with this name; NULL with a refusal in *a. */
const struct fed_member_daemon *errand_daemon(struct errand *a, const char *name);

/* The name without what all have: "forum.kreis.nrw.example" -> "nrw.kreis". */
void fed_prefix_of(const char *name, char out[GROUP_NAME_MAX + 1]);

/*
 * Be somebody: make keys and our daemon record if there are none yet, then run `then`.  The
 * recovery code is said when they were made.
 */
NODISCARD int errand_self(struct errand *a, int (*then)(struct errand *a));

/* R by the recovery code in a->code, and the next serial of our record upon `text`. */
NODISCARD int errand_open_own(
	struct errand *a, struct slice text, struct fed_draft *d, uint8_t root[CRYPTO_KEY_LEN]);

/* Is it the daemon that has invited us, by the token or by its record? */
bool errand_is_sponsor(const struct fed *f, const char *name);

/* What the owner of a group holds; arg is the struct fed. */
struct fed_places fed_places_of(struct fed *f);

#endif
