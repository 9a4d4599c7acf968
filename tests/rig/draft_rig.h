/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts for tests: one is under way at a time, and a registry takes it.  The federation is that of
 * a, which has the prefix kreis.a; b has kreis.b.
 */
#ifndef TESTS_RIG_DRAFT_RIG_H
#define TESTS_RIG_DRAFT_RIG_H

#include "proto/fed/fed_draft.h"
#include "proto/fed/fed_reg.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/unit.h"

struct draft_rig {
	struct fed_reg *reg;
	struct fed_draft d;
	struct err err;
	struct fed_oid a, b, c;
	uint8_t seed_a[CRYPTO_KEY_LEN], root_a[CRYPTO_KEY_LEN];
	struct fed_pos highest; /* what the owner holds of whoever it is asked */
};

extern struct draft_rig rig;
extern const struct fed_places rig_places;

/* Before the tests; and for cmocka: a is in it, a and b are. */
void rig_begin(void);
int rig_up(void **state);
int rig_up_two(void **state);
int rig_down(void **state);

/* Sign the draft, give it, forget it; the registry takes it. */
void rig_give(const uint8_t seed[CRYPTO_KEY_LEN]);

/* It was refused so; of the sentence this part is looked at. */
void rig_refused(int rc, int want, const char *part);

/* In force. */
struct slice rig_text(enum fed_record_type type, const char *id);

struct fed_profile rig_profile(char who);
/* Its daemon record is given. */
void rig_daemon(char who);

/* Begin the next record of the federation. */
int rig_federation(const struct fed_oid *self);
/* ... with this daemon in it; it is given. */
void rig_take_in(const struct fed_oid *oid, char who, const char *prefix);

#endif
