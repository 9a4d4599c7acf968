/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far a record is that several daemons must sign: who may, who has, and whether it can still
 * come into force.  docs/federation.md section 3
 */
#ifndef PROTO_FED_FED_STAND_H
#define PROTO_FED_FED_STAND_H

#include "proto/fed/fed_reg.h"

enum fed_stand {
	FED_STAND_ENOUGH,  /* it may be published */
	FED_STAND_WAITS,   /* for further signatures */
	FED_STAND_DONE,    /* its lines are held, whoever signed them */
	FED_STAND_VOID,    /* another record has its serial, or what it follows is not in force */
	FED_STAND_AHEAD,   /* of the serial before it nothing is held yet */
	FED_STAND_OUTSIDE, /* of a closed group that is not held here: it cannot be looked at */
	FED_STAND_REFUSED, /* breaks a rule: *why */
};

/* Daemons of which `need` must sign. */
struct fed_bench {
	struct fed_oid may[FED_ADMINS_MAX];
	bool has[FED_ADMINS_MAX]; /* signed */
	size_t n, n_signed;
	uint64_t need;
};

struct fed_tally {
	struct fed_record_key key;
	uint64_t serial;
	/* The admins of the federation; of a group its deputies first, where it has any. */
	struct fed_bench bench[2];
	size_t n_bench;
	/* A signature counts for nothing. */
	bool foul;
	struct fed_oid foul_by; /* "": nobody's key, or it does not hold */
};

/*
 * Look at a record of serial 2 or later with the signatures that it has; at one of a daemon, which
 * its root key has signed, where there are two of the serial before (else it is AHEAD).  key and
 * serial are set unless it is refused, benches where it could be looked at.
 */
NODISCARD enum fed_stand fed_reg_stand(
	const struct fed_reg *r, struct slice text, struct fed_tally *out, struct err *why);

/* The bench that lacks least. */
const struct fed_bench *fed_stand_near(const struct fed_tally *s);

/* May this daemon sign it; has it?  The daemon of a daemon record has, by its root key. */
NODISCARD bool fed_stand_may(const struct fed_tally *s, const struct fed_oid *oid);
NODISCARD bool fed_stand_has(const struct fed_tally *s, const struct fed_oid *oid);

#endif
