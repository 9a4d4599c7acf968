/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table R: records, all serials of each.  A text is cut into pieces that fit a value; each piece
 * says whether more follow.
 */
#include "proto/base/mem.h"
#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"
#include "storage/writer.h"

enum {
	RECORD_PIECE = 48 * 1024,
	PIECE_COST = 128,
	DEL_PIECES = 1024, /* pieces that one call of store_record_del takes out */
};

static void key_of_record(struct key *k, enum record_type type, struct slice name)
{
	key_begin(k, TABLE_RECORD);
	key_u8(k, (uint8_t)type);
	key_u8(k, (uint8_t)name.len);
	key_bytes(k, name);
}

static void key_of_piece(
	struct key *k, enum record_type type, struct slice name, uint64_t serial, uint16_t piece)
{
	key_of_record(k, type, name);
	key_u64(k, serial);
	key_u16(k, piece);
}

struct piece {
	enum record_type type;
	struct slice name, text;
	uint64_t serial;
	uint16_t i;
	bool more;
};

static int piece_decode(struct slice key, struct slice value, struct piece *out)
{
	struct dec k = dec_of_key(key, TABLE_RECORD), d = dec_of(value);

	out->type = (enum record_type)take_u8(&k);
	out->name = take_bytes(&k, take_u8(&k));
	out->serial = take_u64(&k);
	out->i = take_u16(&k);
	out->more = take_u8(&d) != 0;
	out->text = d.rest;
	return k.bad || d.bad || out->text.len > RECORD_PIECE ? KERR_DAMAGED : 0;
}

/* ---- reading ---- */

struct newest_walk {
	uint64_t serial;
	int rc;
};

static bool newest_on(void *arg, struct slice key, struct slice value)
{
	struct newest_walk *w = arg;
	struct piece p;

	w->rc = piece_decode(key, value, &p);
	w->serial = p.serial;
	return false;
}

static int newest(struct view *v, enum record_type type, struct slice name, uint64_t *out)
{
	struct newest_walk w = {0, KERR_NOTFOUND};
	struct key from, to;

	key_of_record(&from, type, name);
	struct kv_range r = range_of(&from, &to);
	r.reverse = true;
	int rc = kv_scan_all(v->kv, &r, newest_on, &w);
	*out = w.serial;
	return rc < 0 ? rc : w.rc;
}

struct text_walk {
	struct buf *out;
	bool more;
	int rc;
};

static bool text_on(void *arg, struct slice key, struct slice value)
{
	struct text_walk *w = arg;
	struct piece p;

	w->rc = piece_decode(key, value, &p);
	if (w->rc == 0)
		buf_add(w->out, p.text);
	w->more = w->rc == 0 && p.more;
	return w->more;
}

int view_record(struct view *v, enum record_type type, struct slice name, uint64_t serial,
	struct buf *out, uint64_t *serial_out)
{
	struct text_walk w = {out, false, KERR_NOTFOUND};
	struct key from, to;
	int rc = name.len > STORE_RECORD_KEY ? KERR_NOTFOUND : 0;

	if (rc == 0 && serial == 0)
		rc = newest(v, type, name, &serial);
	if (rc < 0)
		return rc;
	*serial_out = serial;
	key_of_piece(&from, type, name, serial, 0);
	key_of_piece(&to, type, name, serial, UINT16_MAX);
	struct kv_range r = {key_slice(&from), key_slice(&to), false};
	rc = kv_scan_all(v->kv, &r, text_on, &w);
	if (rc == 0)
		rc = w.more ? KERR_DAMAGED : w.rc;
	return rc == 0 && out->bad ? KERR_TOOBIG : rc;
}

struct all_walk {
	record_fn fn;
	void *arg;
	struct key of; /* the record whose pieces are collected, without the piece */
	unsigned n;    /* pieces collected */
	struct buf text;
	int rc;
};

/* Does this piece follow those that were collected? */
static bool follows(struct all_walk *w, struct slice key, uint16_t i)
{
	struct slice of = slice_head(key, key.len - sizeof i);

	if (i == 0) {
		buf_reset(&w->text);
		w->of = (struct key){.len = 0};
		key_bytes(&w->of, of);
		w->n = 0;
	}
	return i == w->n && slice_eq(key_slice(&w->of), of);
}

static bool all_on(void *arg, struct slice key, struct slice value)
{
	struct all_walk *w = arg;
	struct piece p;

	w->rc = piece_decode(key, value, &p);
	if (w->rc < 0)
		return false;
	if (!follows(w, key, p.i))
		return true; /* one before it is damaged: others send the record again */
	buf_add(&w->text, p.text);
	w->n++;
	if (p.more)
		return true;
	return w->fn(w->arg, p.type, p.name, p.serial, buf_slice(&w->text));
}

int view_records(struct view *v, record_fn fn, void *arg)
{
	struct all_walk w = {.fn = fn, .arg = arg};
	struct key from, to;

	key_begin(&from, TABLE_RECORD);
	struct kv_range r = range_of(&from, &to);
	buf_init(&w.text, STORE_RECORD_MAX);
	int rc = kv_scan(v->kv, &r, all_on, &w);
	buf_fini(&w.text);
	return rc < 0 ? rc : w.rc;
}

static bool damaged_on(void *arg, struct slice key, struct slice value)
{
	(void)key;
	*(size_t *)arg += !value.p;
	return true;
}

int view_records_damaged(struct view *v, size_t *n_out)
{
	struct key from, to;

	key_begin(&from, TABLE_RECORD);
	struct kv_range r = range_of(&from, &to);
	*n_out = 0;
	return kv_scan_all(v->kv, &r, damaged_on, n_out);
}

/* ---- writing ---- */

struct record_job {
	struct store_job job;
	enum record_type type;
	char name[STORE_RECORD_KEY + 1];
	size_t n_name;
	uint64_t serial;
	struct buf text;
	bool alone; /* the serials before it go */
};

static struct record_job *record_of(struct store_job *job)
{
	return container_of(job, struct record_job, job);
}

static struct slice name_of(const struct record_job *j)
{
	return slice_of(j->name, j->n_name);
}

/* 0: not there, or damaged; KERR_EXISTS: these bytes are; KERR_CONFLICT: others are. */
static int compare(struct txn *t, const struct record_job *j)
{
	struct slice rest = buf_slice(&j->text);
	bool more = true;

	for (uint16_t i = 0; more; i++) {
		struct slice value;
		struct piece p;
		struct key k;

		key_of_piece(&k, j->type, name_of(j), j->serial, i);
		int rc = t->rc < 0 ? t->rc : kv_batch_get(t->b, key_slice(&k), &value);
		if (rc == KERR_DAMAGED || (rc == KERR_NOTFOUND && i == 0))
			return 0;
		if (rc < 0)
			return txn_damaged(t, "record");
		if (piece_decode(key_slice(&k), value, &p) < 0)
			return txn_damaged(t, "record");
		if (!slice_eq(p.text, slice_head(rest, RECORD_PIECE)))
			return KERR_CONFLICT;
		rest = slice_from(rest, RECORD_PIECE);
		more = p.more;
	}
	return rest.len == 0 ? KERR_EXISTS : KERR_CONFLICT;
}

/* The pieces of all serials that are there, as far as a call takes them. */
struct del_walk {
	struct key keys[DEL_PIECES];
	size_t n;
	uint64_t last; /* the highest serial among them */
	int rc;
};

static bool del_on(void *arg, struct slice key, struct slice value)
{
	struct del_walk *w = arg;
	struct key *k = &w->keys[w->n++];
	struct piece p;

	w->rc = piece_decode(key, value, &p);
	w->last = p.serial;
	k->len = 0;
	k->bad = false;
	key_bytes(k, key);
	return w->rc == 0 && w->n < DEL_PIECES;
}

static void find_all(struct txn *t, const struct record_job *j, struct del_walk *w)
{
	struct key from, to;

	key_of_record(&from, j->type, name_of(j));
	struct kv_range r = range_of(&from, &to);
	t->rc = kv_batch_scan(t->b, &r, del_on, w);
	if (t->rc == 0 && w->rc < 0)
		txn_damaged(t, "record");
}

static void del_all(struct txn *t, const struct del_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		txn_del(t, &w->keys[i]);
}

/* What is there is older, and goes. */
static int make_way(struct txn *t, const struct record_job *j)
{
	struct del_walk *w = mem_new(struct del_walk);

	find_all(t, j, w);
	int rc = t->rc < 0 ? t->rc : w->n > 0 && w->last >= j->serial ? KERR_CONFLICT : 0;
	if (rc == 0)
		del_all(t, w);
	free(w);
	return rc < 0 ? rc : t->rc;
}

static int record_run(struct txn *t, struct store_job *job)
{
	struct record_job *j = record_of(job);
	struct slice rest = buf_slice(&j->text);
	int rc = compare(t, j);

	if (rc == 0 && j->alone)
		rc = make_way(t, j);
	if (rc < 0)
		return rc;
	for (uint16_t i = 0; i == 0 || rest.len > 0; i++) {
		struct slice part = slice_head(rest, RECORD_PIECE);
		struct buf *v = txn_value(t);
		struct key k;

		rest = slice_from(rest, part.len);
		key_of_piece(&k, j->type, name_of(j), j->serial, i);
		put_u8(v, rest.len > 0);
		buf_add(v, part);
		txn_put_value(t, &k);
	}
	job->res.seq = txn_seq(t);
	return t->rc;
}

static void record_release(struct store_job *job)
{
	buf_fini(&record_of(job)->text);
	job_fini(job);
	free(record_of(job));
}

static struct record_job *record_new(enum record_type type, struct slice name)
{
	struct record_job *j = mem_new(struct record_job);

	j->type = type;
	j->n_name = name.len;
	memcpy(j->name, name.p, name.len);
	return j;
}

static int queue(struct store *s, struct record_job *j)
{
	struct list jobs;

	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		record_release(&j->job);
	return rc;
}

static int put(struct store *s, enum record_type type, struct slice name, uint64_t serial,
	struct slice text, bool alone, const struct store_call *c)
{
	if (name.len == 0 || serial == 0)
		return KERR_INVALID;
	if (name.len > STORE_RECORD_KEY || text.len > STORE_RECORD_MAX)
		return KERR_TOOBIG;
	struct record_job *j = record_new(type, name);
	j->serial = serial;
	j->alone = alone;
	buf_init(&j->text, STORE_RECORD_MAX);
	buf_add(&j->text, text);
	job_init(&j->job, JOB_COST + text.len + (text.len / RECORD_PIECE + 1) * PIECE_COST, c,
		lit("record"));
	j->job.run = record_run;
	j->job.release = record_release;
	return queue(s, j);
}

int store_record(struct store *s, enum record_type type, struct slice name, uint64_t serial,
	struct slice text, const struct store_call *c)
{
	return put(s, type, name, serial, text, false, c);
}

int store_record_replace(struct store *s, enum record_type type, struct slice name, uint64_t serial,
	struct slice text, const struct store_call *c)
{
	return put(s, type, name, serial, text, true, c);
}

static int del_run(struct txn *t, struct store_job *job)
{
	struct record_job *j = record_of(job);
	struct del_walk *w = mem_new(struct del_walk);

	find_all(t, j, w);
	size_t n = w->n;
	if (t->rc == 0)
		del_all(t, w);
	free(w);
	if (t->rc == 0 && n == 0)
		return KERR_NOTFOUND;
	job->res.seq = txn_seq(t);
	return t->rc;
}

int store_record_del(
	struct store *s, enum record_type type, struct slice name, const struct store_call *c)
{
	if (name.len == 0 || name.len > STORE_RECORD_KEY)
		return KERR_INVALID;
	struct record_job *j = record_new(type, name);
	job_init(&j->job, JOB_COST + DEL_PIECES * sizeof(struct key) / 8, c, lit("record del"));
	j->job.run = del_run;
	j->job.release = record_release;
	buf_init(&j->text, 0);
	return queue(s, j);
}
