/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of the peer port and their answers, both ways.  docs/federation.md section 5
 *
 * Lines are given without CRLF.  Blocks that follow an answer (fed_answer_block) are dot-stuffed
 * text: head lines, an article, a stub, KENT lines, a record, list lines.
 */
#ifndef PROTO_FED_FED_CMD_H
#define PROTO_FED_FED_CMD_H

#include "proto/base/scan.h"
#include "proto/fed/fed_head.h"
#include "proto/fed/fed_record.h"

enum {
	FED_LINE_MAX = 2048,  /* bytes of a command line */
	FED_COOKIE_MAX = 64,  /* bytes of a KHEADS cookie */
	FED_WAIT_MAX_S = 300, /* KHEADS is held at most so long */
};

/*
 * Take a line from the front of `in`; with its CRLF it may have max bytes.
 *
 * SCAN_OK    *line_out is set, and *used is past its CRLF
 * SCAN_MORE  its end is not here yet
 * SCAN_BAD   it is longer, or ends in LF alone; *used is past what there is of it
 */
NODISCARD enum scan fed_line_take(
	struct slice in, size_t max, struct slice *line_out, size_t *used);

enum fed_verb {
	FED_KHELLO,
	FED_KHEADS,
	FED_KART,
	FED_KENT,
	FED_KREC,
	FED_KJOIN,
	FED_KTURN,
	FED_NO_VERB, /* none of ours: NNTP's perhaps */
};

/* What a record is called. */
struct fed_rec_name {
	enum fed_record_type type;
	struct fed_oid oid; /* of a daemon */
	struct fed_gid gid; /* of a group or a federation; "" in KREC federation */
};

struct fed_cmd {
	enum fed_verb verb;
	struct fed_oid oid;      /* KHELLO, KJOIN, KTURN: the sender's own */
	struct fed_oid expected; /* KHELLO, KTURN: who the other is thought to be */
	uint64_t clock_at;       /* KHELLO: sender's time */
	uint64_t serial;         /* KHELLO: of the federation record; KREC: 0 is `*`, the newest */
	struct slice cookie;     /* KHEADS; empty is `*` */
	uint64_t wait_s;         /* KHEADS */
	bool one_group;          /* KHEADS with a gid, in feed.gid */
	struct fed_feed_name feed; /* KART, KENT */
	uint64_t from, to;         /* KENT; KART has n in both */
	bool list;                 /* KREC list */
	struct fed_rec_name rec;   /* KREC */
	struct fed_hash version;   /* KREC: of the records of that serial the one with this hash;
				      "": the one that is in the chain */
	struct fed_hash proof;     /* KJOIN */
	bool watch;                /* KTURN: to watch; else to fetch */
};

/*
 * Take a command line; slices borrow from it.  Case of the verb does not matter.
 *
 * True: a command of ours, well-formed.  False with why: cmd->verb tells whose arguments are wrong
 * (590), FED_NO_VERB that it is none of ours.
 */
NODISCARD bool fed_cmd_parse(struct slice line, struct fed_cmd *cmd, const char **why);

/* Append the command with its CRLF. */
void fed_cmd_add(struct buf *b, const struct fed_cmd *cmd);

enum fed_code {
	FED_290_HELLO = 290,
	FED_291_HEADS = 291,
	FED_292_ARTICLE = 292,
	FED_293_STUB = 293, /* to KENT: lines */
	FED_294_RECORD = 294,
	FED_295_JOINED = 295,
	FED_296_TURNED = 296,
	FED_390_SEND_RECORD = 390,
	FED_490_LATER = 490,
	FED_491_NOT_HELD = 491,
	FED_492_NOT_YOURS = 492,
	FED_493_OUTSIDE = 493,
	FED_494_UNKNOWN = 494,
	FED_590_PROTOCOL = 590,
};

struct fed_answer {
	unsigned code;
	struct fed_oid oid;  /* 290 */
	uint64_t clock_at;   /* 290 */
	uint64_t serial;     /* 290, 294 (0: KREC list) */
	struct slice cookie; /* 291 */
	struct slice msgid;  /* 292 */
	struct slice text;   /* what stands behind the code */
};

/*
 * Take an answer line.  True for every answer with three digits whose arguments, if the code is
 * known, are right; what a code that is not in fed_code means is the caller's.
 */
NODISCARD bool fed_answer_parse(struct slice line, struct fed_answer *out, const char **why);

/* Does a block follow? */
bool fed_answer_block(unsigned code);

/* Append answer lines with their CRLF. */
void fed_answer_hello(struct buf *b, const struct fed_oid *oid, uint64_t clock_at, uint64_t serial);
void fed_answer_heads(struct buf *b, struct slice cookie);
void fed_answer_article(struct buf *b, const char *msgid);
void fed_answer_record(struct buf *b, uint64_t serial);

/* Any other code, with its usual words when text is NULL: "490 try later". */
void fed_answer_add(struct buf *b, enum fed_code code, const char *text);

/*
 * Lines of KREC list: `<type> <key> <serial> <hash>`.  Types that are not known make false; words
 * behind are ignored, and so is a fourth one that is no hash, which is "" then.  One is written
 * where it is not "".
 */
NODISCARD bool fed_list_parse(struct slice line, struct fed_rec_name *name, uint64_t *serial_out,
	struct fed_hash *hash_out);
void fed_list_add(struct buf *b, const struct fed_rec_name *name, uint64_t serial,
	const struct fed_hash *hash);

/* A record's LF as CRLF, for a block or the body of an entry; and back.  False: not in that form.
 */
void fed_record_add_wire(struct buf *b, struct slice text);
NODISCARD bool fed_record_from_wire(struct buf *text, struct slice wire);

#endif
