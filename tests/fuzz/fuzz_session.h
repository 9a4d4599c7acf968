/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole conversation under the fuzzer, for every protocol alike: said in one piece, and in pieces
 * while reads answer KERR_WAIT.  The answers must be the same.
 *
 * An input's first byte is the protocol's own choice of options, the second says how long the
 * pieces are and which reads wait; the rest is said.
 */
#ifndef TESTS_FUZZ_FUZZ_SESSION_H
#define TESTS_FUZZ_FUZZ_SESSION_H

#include "tests/fuzz/fuzz.h"
#include "tests/rig/rig.h"

struct fuzz_session {
	/*
	 * Fill ops, session, now_at, and what else the rig needs; it stays where it is, so
	 * {rig_ready, r} may be given to the session.
	 *
	 * waits  bits of the reads that answer KERR_WAIT at first, as struct fake_forum has them
	 */
	void (*open)(struct rig *r, unsigned options, uint32_t waits);

	/* Free r->world; the session is gone.  NULL: there is none. */
	void (*close)(struct rig *r);

	/* Check more of the answers to `in`.  NULL: nothing. */
	void (*check)(struct slice in, struct slice said);

	/* May the answers to `in` differ with the cut?  NULL: never. */
	bool (*may_differ)(struct slice in);
};

/* For LLVMFuzzerTestOneInput. */
int fuzz_session(const struct fuzz_session *f, const uint8_t *data, size_t size);

#endif
