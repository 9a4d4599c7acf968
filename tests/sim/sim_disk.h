/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disk of a simulated daemon: a log of what was committed, and the state that it makes.  What
 * is queued is lost in a crash, all or from some point on; an older state comes back when the log
 * is cut. It keeps what storage/entry.c keeps, by the same rules.
 */
#ifndef TESTS_SIM_SIM_DISK_H
#define TESTS_SIM_SIM_DISK_H

#include "proto/base/coll.h"
#include "proto/fed/fed_node.h"

/* Article bytes, shared by the disks of a run. */
struct sim_blob {
	unsigned refs;
	struct slice bytes;
};

struct sim_blob *sim_blob_new(struct slice bytes);
void sim_blob_unref(struct sim_blob *b);

#define SIM_BEAT UINT64_MAX /* a heartbeat of our own */

enum { SIM_MID = 64 }; /* bytes of a Message-ID */

enum sim_op_kind { SIM_ENTRY, SIM_OWN, SIM_RECORD, SIM_CUT, SIM_BEGIN, SIM_LOST };

struct sim_op {
	enum sim_op_kind kind;
	char feed[FED_FEED_NAME_LEN];
	uint64_t first;       /* of a feed that is made; 0: 1 */
	struct fed_hash root; /* ... and what it follows */
	struct fed_link link; /* SIM_OWN: n, e, p are given at commit */
	struct fed_sign sign; /* SIM_OWN: without its place until then */
	enum fed_absent absent;
	struct sim_blob *blob; /* NULL: no content, or a record's text */
	char cancels[SIM_MID]; /* what is taken out with it; "": nothing */
	struct fed_record_key key;
	uint64_t serial, end, low;
	uint64_t target; /* of a cancel: the post's id */
	uint64_t note;   /* whose post it is, for the checker; 0: nobody's; SIM_BEAT */
	int rc;          /* after the commit */
};

struct sim_entry {
	struct fed_link link;
	struct fed_sign sign;
	enum fed_absent absent;
	struct sim_blob *blob;
};

struct sim_feed {
	char name[FED_FEED_NAME_LEN];
	uint64_t low, high, end;
	struct fed_link tip;
	struct vec entries; /* struct sim_entry, by n */
};

struct sim_disk {
	struct vec log;   /* struct sim_op, committed */
	struct vec queue; /* struct sim_op */
	struct map *feeds;
	struct map *cancelled; /* by Message-ID, whether the article is here yet or not */
};

void sim_disk_init(struct sim_disk *d);
void sim_disk_fini(struct sim_disk *d);

/* Queue an op; its blob is taken. */
void sim_disk_queue(struct sim_disk *d, const struct sim_op *op);

/*
 * Commit the first n of the queue; `sealed` signs entries of our own (seed of the key).  Each op's
 * outcome is passed to fn, which may queue more; fn NULL: nobody lives to hear it.
 */
typedef void (*sim_done_fn)(void *arg, const struct sim_op *op, const struct sim_feed *f);
void sim_disk_commit(struct sim_disk *d, size_t n, int64_t now_at,
	const uint8_t seed[CRYPTO_KEY_LEN], sim_done_fn fn, void *arg);

/* The bytes of an article rot; no other disk has these. */
void sim_disk_rot(struct sim_disk *d, const char *feed, uint64_t n);

/* Forget what is queued. */
void sim_disk_crash(struct sim_disk *d);

/* The state after the first n ops of the log. */
void sim_disk_roll_back(struct sim_disk *d, size_t n);

const struct sim_feed *sim_disk_feed(const struct sim_disk *d, const char *name);
const struct sim_entry *sim_disk_entry(const struct sim_feed *f, uint64_t n);

#endif
