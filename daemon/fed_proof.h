/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proofs that an origin signed two entries with one number: put into the own feed when this daemon
 * met it and nobody else has put it yet, once, also across restarts; and told to the admin when it
 * comes from another.  docs/federation.md section 7.4, 8
 *
 * Known proofs lie in the store (RECORD_FORK).  On the federation's thread.
 */
#ifndef DAEMON_FED_PROOF_H
#define DAEMON_FED_PROOF_H

#include "proto/fed/fed_control.h"

enum {
	FED_PROOFS_MAX = 1000, /* that are remembered; further ones are met, but not put */
};

struct fed;
struct fed_proofs;

struct fed_proofs *fed_proofs_new(void);
void fed_proofs_free(struct fed_proofs *p);

/* At the start: one that the store has, by its key. */
void fed_proofs_load(struct fed_proofs *p, struct slice key);

/* fed_outside.fork_proof */
void fed_proof_met(void *arg, const struct fed_gid *gid, const struct fed_sign *one,
	const struct fed_sign *two);

/* A `fork` entry is on disk, another daemon's or our own. */
void fed_proof_heard(struct fed *f, struct slice body);

/* Every second: what nobody has put is put. */
void fed_proofs_tick(struct fed *f);

#endif
