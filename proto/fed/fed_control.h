/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What control entries say: the Control field and the bodies that go with its types, both ways.
 * Who may say it is not asked here.  docs/federation.md section 8
 *
 * Bodies are lines of UTF-8 with CRLF, without a transfer encoding.
 */
#ifndef PROTO_FED_FED_CONTROL_H
#define PROTO_FED_FED_CONTROL_H

#include "proto/fed/fed_reg.h"
#include "proto/fed/fed_sign.h"

enum {
	FED_PEOPLE_MAX = 5000,       /* people that a daemon lists in a group */
	FED_PEOPLE_BYTES = 1000000,  /* of the body that lists them */
	FED_REQUEST_LINES_MAX = 100, /* lines that a request wishes to add or drop */
};

enum fed_control_kind {
	FED_CTL_RECORD,  /* key, serial; body: the record */
	FED_CTL_MEMBERS, /* body: fed_members_next */
	FED_CTL_REQUEST, /* body: fed_request_next */
	FED_CTL_REFUSE,  /* mid: of the request; body: fed_refuse_reason */
	FED_CTL_CANCEL,  /* mid; also `Control: cancel`, without kokod */
	FED_CTL_FORK,    /* epoch, n; body: fed_fork_parse */
	FED_CTL_OTHER,   /* a type of a later version: kept, not acted upon */
};

struct fed_control {
	enum fed_control_kind kind;
	struct fed_record_key key;
	uint64_t serial;
	struct slice mid;   /* borrowed */
	struct slice actor; /* Kokod-Actor: the moderator who asks; borrowed, set by who tells it */
	uint64_t epoch, n;
};

/*
 * Take the value of Control (signed, folds allowed) and the body that goes with it.  False with
 * why when it breaks the grammar; the body of a record is only looked at when it is taken
 * (fed_record_from_wire), and must then have this key and serial.
 */
NODISCARD bool fed_control_parse(
	struct slice value, struct slice body, struct fed_control *out, const char **why);

/* Append "kokod group <gid> <serial>" and so on: the value of Control. */
void fed_control_add(struct buf *b, const struct fed_control *c);

/* One of an origin's people. */
struct fed_person {
	struct slice user; /* user@name; whose name that is, the caller asks */
	bool writer;       /* else reader */
	struct slice name; /* to display */
};

/* The next one of a body that was parsed; false at the end. */
bool fed_members_next(struct slice *body, struct fed_person *out);
void fed_members_add(struct buf *b, const struct fed_person *p);

/* The next wish of a request: a line of a group record that shall be there, or shall go. */
bool fed_request_next(struct slice *body, bool *add_out, struct slice *line_out);
void fed_request_add(struct buf *b, bool add, struct slice line);

/* Why a request is refused, for people: the one line of a body that was parsed; may be empty. */
struct slice fed_refuse_reason(struct slice body);
void fed_refuse_add(struct buf *b, struct slice reason);

/*
 * The proof of an equivocation: two tags of one place with different E, the smaller E first.
 * That both signatures hold is the caller's to check.
 */
NODISCARD bool fed_fork_parse(
	struct slice body, struct fed_sign *one, struct fed_sign *two, const char **why);
void fed_fork_add(struct buf *b, const struct fed_sign *one, const struct fed_sign *two);

#endif
