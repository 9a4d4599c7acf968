/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file `generation` holds: the number of this life, the number before it, a sequence.  Meta
 * holds the number.  A start writes the file with both numbers, then meta, then the file with the
 * new one alone; so a crash in between is not taken for a restore, and a copy of an earlier life
 * is: its number is not in the file, or its sequence is behind the file's.
 *
 * Raising is done in slices that a crash may interrupt: meta says up to which group.
 */
#include "storage/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/crypto.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/scan.h"
#include "storage/group.h"
#include "storage/meta.h"
#include "storage/numset.h"
#include "storage/schema.h"

enum {
	RAISE_NUMS = 1 << 16, /* of each group, and of the ids of groups and accounts */
	RAISE_SLICE = 4096,   /* groups a transaction */
	GENERATION_PATH = 4096,
	FILE_TEXT = 128,
};

#define RAISE_SEQ ((uint64_t)1 << 32)

#define FILE_WORD "koko-generation"

struct noted {
	uint64_t now, before, seq;
};

/* ---- the file ---- */

static bool take_number(struct cursor *c, uint64_t *out)
{
	return cursor_blanks(c) > 0 && cursor_number(c, UINT64_MAX, out);
}

static bool file_read(const char *dir, struct noted *out)
{
	char path[GENERATION_PATH], text[FILE_TEXT];

	snprintf(path, sizeof path, "%s/generation", dir);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t n = fread(text, 1, sizeof text, f);
	fclose(f);
	struct cursor c = cursor_of(slice_of(text, n));
	return cursor_take_ci(&c, lit(FILE_WORD)) && take_number(&c, &out->now) &&
	       take_number(&c, &out->before) && take_number(&c, &out->seq);
}

/* Write all and sync. */
static bool file_fill(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool ok = write(fd, text.p, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static bool dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* Under another name first: there is always a whole file. */
static int file_write(const char *dir, const struct noted *n, struct err *err)
{
	char path[GENERATION_PATH], temp[GENERATION_PATH], text[FILE_TEXT];
	int len = snprintf(text, sizeof text, FILE_WORD " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		n->now, n->before, n->seq);

	snprintf(path, sizeof path, "%s/generation", dir);
	snprintf(temp, sizeof temp, "%s/generation.new", dir);
	if (file_fill(temp, slice_of(text, (size_t)len)) && rename(temp, path) == 0 &&
		dir_sync(dir))
		return 0;
	return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
}

/* ---- turning ---- */

void generation_turn(struct store *s, struct txn *t)
{
	struct noted n = {.before = s->generation, .seq = s->counters.seq};
	struct err err;
	struct key k;

	crypto_random(&n.now, sizeof n.now);
	if (t->rc == 0)
		t->rc = file_write(s->dir, &n, &err);
	meta_key(&k, META_GENERATION);
	txn_put_u64(t, &k, n.now);
	s->turning = n.now;
}

int generation_turned(struct store *s, struct err *err)
{
	struct noted n = {s->turning, s->turning, s->counters.seq};

	s->generation = s->turning;
	return file_write(s->dir, &n, err);
}

static int turn_now(struct store *s, struct err *err)
{
	struct txn t;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc == 0) {
		generation_turn(s, &t);
		rc = txn_commit(&t);
	}
	if (rc < 0)
		return err_set(err, rc, "store %s: cannot write: %s", s->dir, kerr_name(rc));
	return generation_turned(s, err);
}

void generation_stop(struct store *s)
{
	struct noted n = {s->generation, s->generation, s->counters.seq};
	struct err err;

	if (!s->dir || atomic_load(&s->stopped))
		return;
	if (file_write(s->dir, &n, &err) < 0)
		log_warn("store.generation", "why=\"%s\"", err.text);
}

/* ---- raising ---- */

struct slice_walk {
	uint32_t ids[RAISE_SLICE];
	size_t n;
};

static bool state_on(void *arg, struct slice key, struct slice value)
{
	struct slice_walk *w = arg;
	struct dec d = dec_of_key(key, TABLE_STATE);

	(void)value;
	w->ids[w->n++] = take_u32(&d);
	return w->n < RAISE_SLICE;
}

static void draw(struct txn *t, const char *name)
{
	uint64_t n;
	struct key k;

	crypto_random(&n, sizeof n);
	meta_key(&k, name);
	txn_put_u64(t, &k, n);
}

void generation_remade(struct txn *t)
{
	draw(t, META_REMADE);
}

uint32_t generation_raised(uint32_t next)
{
	return next < NUM_MAX - RAISE_NUMS ? next + RAISE_NUMS : NUM_MAX;
}

static void raise_group(struct txn *t, uint32_t group)
{
	struct group_state st;

	if (state_get(t, group, &st) < 0)
		return;
	uint32_t next = generation_raised(st.next);
	if (st.low == st.next)
		st.low = next;
	else
		absent_add(t, group, st.next, next - 1);
	st.next = next;
	state_set(t, group, &st);
}

/* The next slice of groups behind *done; *last_out: there are no more. */
static void raise_slice(struct txn *t, uint32_t *done, bool *last_out)
{
	struct slice_walk *w = mem_new(struct slice_walk);
	struct key table, from, to;

	key_begin(&table, TABLE_STATE);
	struct kv_range r = range_of(&table, &to);
	key_of_u32(&from, TABLE_STATE, *done + 1);
	r.from = key_slice(&from);
	t->rc = kv_batch_scan(t->b, &r, state_on, w);
	for (size_t i = 0; i < w->n; i++)
		raise_group(t, w->ids[i]);
	*last_out = w->n < RAISE_SLICE;
	if (w->n > 0)
		*done = w->ids[w->n - 1];
	free(w);
}

/* The last slice raises the counters and forgets that raising was under way. */
static void raise_end(struct store *s, struct txn *t)
{
	struct key k;

	meta_key(&k, META_RENUMBER);
	txn_del(t, &k);
	t->n.seq += RAISE_SEQ;
	t->n.group += RAISE_NUMS;
	t->n.account += RAISE_NUMS;
	t->n.feed += RAISE_NUMS;
	meta_key(&k, META_GENERATION);
	txn_put_u64(t, &k, s->generation);
	draw(t, META_LINEAGE);
	meta_key(&k, META_PUT_BACK);
	txn_put_u32(t, &k, 1);
}

static int raise_all(struct store *s, uint32_t done)
{
	bool last = false;
	int rc = 0;

	while (rc == 0 && !last) {
		struct txn t;
		struct key k;

		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
		if (rc < 0)
			break;
		meta_key(&k, META_RENUMBER);
		raise_slice(&t, &done, &last);
		txn_put_u32(&t, &k, done);
		if (last)
			raise_end(s, &t);
		rc = txn_commit(&t);
		if (rc == 0)
			s->counters = t.n;
	}
	return rc;
}

/* ---- start ---- */

/* *done_out: groups raised already, when a start was interrupted. */
static int look(struct store *s, bool *restored_out, uint32_t *done_out)
{
	struct noted n;
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	rc = meta_get_u64(v, META_GENERATION, &s->generation);
	*done_out = 0;
	bool interrupted = rc == 0 && meta_get_u32(v, META_RENUMBER, done_out) == 0;
	kv_view_close(v);
	if (rc < 0)
		return rc;
	bool served = s->generation != 0;
	bool same = file_read(s->dir, &n) &&
		    (n.now == s->generation || n.before == s->generation) &&
		    s->counters.seq >= n.seq;
	*restored_out = served && (interrupted || !same);
	return 0;
}

int generation_start(struct store *s, bool fresh, struct err *err)
{
	bool restored = false;
	uint32_t done = 0;
	int rc = fresh ? 0 : look(s, &restored, &done);

	if (rc == 0 && restored) {
		log_warn("store.restored", "dir=%s seq=%" PRIu64, s->dir, s->counters.seq);
		rc = raise_all(s, done);
	}
	if (rc < 0)
		return err_set(err, rc, "store %s: cannot raise the numbers", s->dir);
	return turn_now(s, err);
}
