/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request asks for, line by line: understood, looked for in a group record, and put into the
 * owner's next one.  docs/federation.md section 8
 *
 * The asker says what shall be, the owner fills in what only it knows: the serial of joining of a
 * member, the position of a ban, and the marks that go with whatever is taken away.  Pure.
 */
#ifndef PROTO_FED_FED_PLEA_H
#define PROTO_FED_FED_PLEA_H

#include "proto/fed/fed_control.h"
#include "proto/fed/fed_draft.h"

enum fed_plea_kind {
	FED_PLEA_MEMBER,    /* oid, rw */
	FED_PLEA_MODERATOR, /* user */
	FED_PLEA_BAN,       /* user */
	FED_PLEA_CUT,       /* oid, at: up to where what the daemon signed is its own */
	FED_PLEA_STATE,     /* state */
	FED_PLEA_OTHER,     /* a line that this version cannot grant */
};

struct fed_plea {
	enum fed_plea_kind kind;
	bool add; /* else the line shall go */
	struct fed_oid oid;
	bool rw;
	struct slice user;
	struct fed_pos at;
	enum fed_group_state state;
};

/* A line of a request (fed_request_next); slices are borrowed from it. */
void fed_plea_read(bool add, struct slice line, struct fed_plea *out);

/* Append its line, with "+ " or "- " and CRLF; r: the serial that it shall follow. */
void fed_plea_add(struct buf *b, const struct fed_plea *p, uint64_t r);

/* Is it so in this record? */
NODISCARD bool fed_plea_met(const struct fed_group *g, const struct fed_plea *p);

/* Is all of it so that this body asks for? */
NODISCARD bool fed_pleas_met(const struct fed_group *g, struct slice body);

/* Put it into the owner's draft.  Results of fed_draft.h; KERR_VERSION: FED_PLEA_OTHER. */
NODISCARD int fed_plea_grant(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_plea *p, const struct fed_places *at, struct err *err);

#endif
