/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds and entries.  A feed's row says how far it is complete and what it ends in, so that the
 * next entry of our own can be made from it inside the transaction that stores it; entries beyond a
 * gap lie in the table already, and filling the gap moves `high` over them.
 */
#include "storage/entry.h"

#include "proto/base/mem.h"
#include "storage/history.h"
#include "storage/post.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/writer.h"

enum {
	FEED_COST = 512,  /* of a feed's row and name */
	ENTRY_COST = 128, /* of an entry's row without what its slices hold */
	END_SLICE = 256,  /* entries that one call of store_feed_end takes out */
};

enum entry_tag { TAG_PATH = 1 };

/* ---- codecs ---- */

int feed_decode(struct slice value, struct feed_rec *out)
{
	struct dec d = dec_of(value);

	out->low = take_u64(&d);
	out->high = take_u64(&d);
	out->end = take_u64(&d);
	out->changed_seq = take_u64(&d);
	struct slice tip = take_bytes(&d, sizeof out->tip);
	struct slice note = take_bytes(&d, take_u8(&d));
	struct slice name = take_bytes(&d, take_u8(&d));
	if (d.bad || note.len > sizeof out->note || !slice_cstr(name, out->name, sizeof out->name))
		return KERR_DAMAGED;
	memcpy(out->tip, tip.p, tip.len);
	memcpy(out->note, note.p, note.len);
	out->n_note = (uint8_t)note.len;
	return 0;
}

void feed_put(struct txn *t, const struct feed_rec *f)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_u32(&k, TABLE_FEED, f->id);
	put_u64(v, f->low);
	put_u64(v, f->high);
	put_u64(v, f->end);
	put_u64(v, f->changed_seq);
	buf_add(v, slice_of(f->tip, sizeof f->tip));
	put_u8(v, f->n_note);
	buf_add(v, slice_of(f->note, f->n_note));
	put_u8(v, (uint8_t)strlen(f->name));
	buf_addz(v, f->name);
	txn_put_value(t, &k);
}

int entry_decode(struct slice key, struct slice value, struct entry_rec *out)
{
	struct dec k = dec_of_key(key, TABLE_ENTRY), d = dec_of(value);
	struct slice field;
	uint8_t tag;

	out->feed = take_u32(&k);
	out->n = take_u64(&k);
	out->kind = (enum entry_kind)take_u8(&d);
	out->absent = take_u8(&d);
	out->content = take_u64(&d);
	out->place.group = take_u32(&d);
	out->place.num = take_u32(&d);
	struct slice hash = take_bytes(&d, sizeof out->hash);
	struct slice mid = take_bytes(&d, sizeof out->mid);
	out->note = take_bytes(&d, take_u8(&d));
	out->sign = take_bytes(&d, take_u16(&d));
	out->path = 0;
	out->damaged = false;
	while (tag_next(&d, &tag, &field))
		if (tag == TAG_PATH)
			out->path = tag_value_u64(&d, field);
	if (k.bad || d.bad)
		return KERR_DAMAGED;
	memcpy(out->hash, hash.p, hash.len);
	memcpy(out->mid, mid.p, mid.len);
	return 0;
}

static void row_of_entry(struct txn *t, const struct entry_rec *e)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_entry(&k, e->feed, e->n);
	put_u8(v, (uint8_t)e->kind);
	put_u8(v, e->absent);
	put_u64(v, e->content);
	put_u32(v, e->place.group);
	put_u32(v, e->place.num);
	buf_add(v, slice_of(e->hash, sizeof e->hash));
	buf_add(v, slice_of(e->mid, sizeof e->mid));
	put_u8(v, (uint8_t)e->note.len);
	buf_add(v, e->note);
	put_u16(v, (uint16_t)e->sign.len);
	buf_add(v, e->sign);
	if (e->path != 0)
		tag_u64(v, TAG_PATH, e->path);
	txn_put_value(t, &k);
}

/* ---- reading within a batch ---- */

/* KERR_NOTFOUND: no feed has that name. */
static int feed_get(struct txn *t, struct slice name, struct feed_rec *out)
{
	struct slice value;
	struct key k;

	*out = (struct feed_rec){0};
	key_of_name(&k, TABLE_FEED_NAME, name);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	struct dec d = dec_of(value);
	out->id = take_u32(&d);
	key_of_u32(&k, TABLE_FEED, out->id);
	rc = txn_get(t, &k, &value);
	if (rc == KERR_NOTFOUND)
		return txn_damaged(t, "feed name");
	if (rc < 0)
		return rc;
	return feed_decode(value, out) < 0 ? txn_damaged(t, "feed") : 0;
}

int entry_get(struct txn *t, uint32_t feed, uint64_t n, struct entry_rec *out)
{
	struct slice value;
	struct key k;

	key_of_entry(&k, feed, n);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	return entry_decode(key_slice(&k), value, out) < 0 ? txn_damaged(t, "entry") : 0;
}

/*
 * What is held under that number.  A row that is damaged is of no use: KERR_NOTFOUND, as if it had
 * not come yet.
 */
static int entry_held(struct txn *t, uint32_t feed, uint64_t n, struct entry_rec *out)
{
	struct slice value;
	struct key k;

	key_of_entry(&k, feed, n);
	int rc = txn_get_sound(t, &k, &value);
	if (rc < 0)
		return rc;
	return entry_decode(key_slice(&k), value, out) < 0 ? txn_damaged(t, "entry") : 0;
}

/* ---- an entry that is to be stored ---- */

int entry_in_init(struct entry_in *in, const struct store_entry *e)
{
	memset(in, 0, sizeof *in);
	if (e->feed.len == 0 || e->feed.len > STORE_FEED_NAME || (e->n == 0) != (e->seal != NULL))
		return KERR_INVALID;
	if (e->sign.len > STORE_SIGN_MAX || e->note.len > STORE_NOTE_MAX)
		return KERR_TOOBIG;
	in->e = *e;
	if (in->e.path.len > STORE_PATH_MAX)
		in->e.path = slice_of(NULL, 0);
	buf_init(&in->bytes, STORE_FEED_NAME + STORE_SIGN_MAX + STORE_NOTE_MAX + STORE_PATH_MAX);
	buf_add(&in->bytes, e->feed);
	buf_add(&in->bytes, e->sign);
	buf_add(&in->bytes, e->note);
	buf_add(&in->bytes, in->e.path);
	struct slice all = buf_slice(&in->bytes);
	in->e.feed = slice_head(all, e->feed.len);
	in->e.sign = slice_head(slice_from(all, e->feed.len), e->sign.len);
	in->e.note = slice_head(slice_from(all, e->feed.len + e->sign.len), e->note.len);
	in->e.path = slice_from(all, e->feed.len + e->sign.len + e->note.len);
	if (e->root)
		memcpy(in->root, e->root, sizeof in->root);
	buf_init(&in->made.sign, STORE_SIGN_MAX);
	return 0;
}

void entry_in_fini(struct entry_in *in)
{
	buf_fini(&in->bytes);
	buf_fini(&in->made.sign);
}

size_t entry_cost(const struct entry_in *in)
{
	size_t sign = in->e.n == 0 ? STORE_SIGN_MAX : in->e.sign.len;

	return FEED_COST + ENTRY_COST + sign + in->e.note.len + in->e.path.len;
}

static void feed_make_up(struct entry_in *in)
{
	struct feed_rec *f = &in->feed;

	*f = (struct feed_rec){.low = in->e.first ? in->e.first : 1, .end = UINT64_MAX};
	f->high = f->low - 1;
	memcpy(f->tip, in->root, sizeof f->tip);
	memcpy(f->name, in->e.feed.p, in->e.feed.len);
}

/* The next of our own: let the caller make it. */
static int check_own(struct entry_in *in)
{
	const struct feed_rec *f = &in->feed;
	struct entry_place at = {f->high + 1, f->tip, slice_of(f->note, f->n_note)};

	if (at.n > f->end)
		return KERR_TOOBIG;
	buf_reset(&in->made.sign);
	in->made.n_note = 0;
	int rc = in->e.seal(in->e.seal_arg, &at, &in->made);
	return rc == 0 && in->made.sign.bad ? KERR_TOOBIG : rc;
}

/* One that came: is its place free? */
static int check_place(struct txn *t, struct entry_in *in, bool with_content)
{
	struct entry_rec old;

	if (in->e.n < in->feed.low || in->e.n > in->feed.end)
		return KERR_TOOBIG;
	if (in->feed.id == 0)
		return 0;
	int rc = entry_held(t, in->feed.id, in->e.n, &old);
	if (rc == KERR_NOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	if (memcmp(old.hash, in->e.hash, sizeof old.hash) != 0)
		return KERR_CONFLICT;
	in->fills = with_content && old.content == 0 && old.kind != ENTRY_BEAT;
	return in->fills ? 0 : KERR_EXISTS;
}

int entry_check(struct txn *t, struct entry_in *in, bool with_content)
{
	int rc = feed_get(t, in->e.feed, &in->feed);

	in->fills = false;
	if (rc == KERR_NOTFOUND)
		feed_make_up(in);
	else if (rc < 0)
		return rc;
	return in->e.n == 0 ? check_own(in) : check_place(t, in, with_content);
}

void feed_step(struct feed_rec *f, const struct entry_rec *e)
{
	f->high = e->n;
	memcpy(f->tip, e->hash, sizeof f->tip);
	memcpy(f->note, e->note.p, e->note.len);
	f->n_note = (uint8_t)e->note.len;
}

/* Entries behind a gap that is filled now. */
static void close_gap(struct txn *t, struct feed_rec *f)
{
	struct entry_rec e;

	while (f->high < f->end && entry_held(t, f->id, f->high + 1, &e) == 0)
		feed_step(f, &e);
}

static void name_feed(struct txn *t, struct feed_rec *f)
{
	struct key k;

	f->id = ++t->n.feed;
	key_of_name(&k, TABLE_FEED_NAME, slice_str(f->name));
	txn_put_u32(t, &k, f->id);
}

void entry_put(struct txn *t, struct entry_in *in, const uint8_t *mid, uint64_t content,
	struct place place)
{
	bool own = in->e.n == 0;
	struct feed_rec *f = &in->feed;
	struct entry_rec e = {.n = own ? f->high + 1 : in->e.n,
		.kind = in->e.kind,
		.absent = in->e.absent,
		.content = content,
		.place = place,
		.sign = own ? buf_slice(&in->made.sign) : in->e.sign,
		.note = own ? slice_of(in->made.note, in->made.n_note) : in->e.note};

	memcpy(e.hash, own ? in->made.hash : in->e.hash, sizeof e.hash);
	if (mid)
		memcpy(e.mid, mid, sizeof e.mid);
	if (f->id == 0)
		name_feed(t, f);
	if (content != 0 && in->e.path.len > 0)
		e.path = head_put(t, in->e.path);
	e.feed = f->id;
	row_of_entry(t, &e);
	if (e.n == f->high + 1) {
		feed_step(f, &e);
		close_gap(t, f);
	}
	f->changed_seq = txn_seq(t);
	feed_put(t, f);
	in->res = (struct store_fed_result){.feed = f->id, .n = e.n, .high = f->high};
	memcpy(in->res.hash, e.hash, sizeof e.hash);
}

/* ---- store_entry ---- */

struct entry_job {
	struct store_job job;
	struct entry_in in;
};

static struct entry_job *entry_of(struct store_job *job)
{
	return container_of(job, struct entry_job, job);
}

static int entry_run(struct txn *t, struct store_job *job)
{
	struct entry_in *in = &entry_of(job)->in;
	int rc = entry_check(t, in, false);

	if (rc < 0)
		return rc;
	entry_put(t, in, NULL, 0, (struct place){0, 0});
	job->res.seq = in->feed.changed_seq;
	job->res.fed = &in->res;
	return t->rc;
}

static void entry_release(struct store_job *job)
{
	entry_in_fini(&entry_of(job)->in);
	job_fini(job);
	free(entry_of(job));
}

static int queue(struct store *s, struct store_job *job)
{
	struct list jobs;

	list_init(&jobs);
	list_append(&jobs, &job->node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		job->release(job);
	return rc;
}

int store_entry(struct store *s, const struct store_entry *e, const struct store_call *c)
{
	struct entry_job *j = mem_new(struct entry_job);
	int rc = entry_in_init(&j->in, e);

	if (rc < 0) {
		free(j);
		return rc;
	}
	job_init(&j->job, entry_cost(&j->in), c, lit("entry"));
	j->job.run = entry_run;
	j->job.release = entry_release;
	return queue(s, &j->job);
}

/* ---- store_feed_end, store_feed_begin ---- */

struct end_job {
	struct store_job job;
	char feed[STORE_FEED_NAME + 1];
	uint64_t at; /* the last entry; store_feed_begin: the first */
	struct store_fed_result res;
};

static struct end_job *end_of(struct store_job *job)
{
	return container_of(job, struct end_job, job);
}

struct end_walk {
	struct vec found; /* struct entry_rec, slices not valid */
	bool more;
};

static bool void_on(void *arg, struct slice key, struct slice value)
{
	struct end_walk *w = arg;
	struct entry_rec e;

	if (entry_decode(key, value, &e) < 0 || e.absent == ENTRY_VOID)
		return true;
	w->more = w->found.n == END_SLICE;
	if (!w->more)
		*(struct entry_rec *)vec_push(&w->found) = e;
	return !w->more;
}

void entry_rewrite(struct txn *t, const struct entry_rec *e, uint8_t absent, struct place place)
{
	struct entry_rec whole;
	struct buf keep;

	if (entry_get(t, e->feed, e->n, &whole) < 0)
		return;
	buf_init(&keep, STORE_SIGN_MAX + STORE_NOTE_MAX);
	buf_add(&keep, whole.sign);
	buf_add(&keep, whole.note);
	size_t n_sign = whole.sign.len;
	whole.sign = slice_head(buf_slice(&keep), n_sign);
	whole.note = slice_from(buf_slice(&keep), n_sign);
	whole.absent = absent;
	whole.place = place;
	row_of_entry(t, &whole);
	buf_fini(&keep);
}

/* Out of its group; history keeps the Message-ID, as of something that was cancelled. */
static void hide(struct txn *t, struct entry_rec *e)
{
	struct history h;

	if (e->place.group != 0 && history_get(t, e->mid, &h) == 0 && h.state == HISTORY_ARTICLE)
		article_take_out(t, e->mid, &h);
	entry_rewrite(t, e, ENTRY_VOID, (struct place){0, 0});
}

/* The tip of a feed that ends at `end` now. */
static void step_back(struct txn *t, struct feed_rec *f, uint64_t end)
{
	struct entry_rec e;

	f->end = end;
	if (f->high <= end)
		return;
	if (end < f->low || entry_get(t, f->id, end, &e) < 0) {
		f->high = f->low - 1;
		f->n_note = 0;
		memset(f->tip, 0, sizeof f->tip);
		return;
	}
	feed_step(f, &e);
}

static int end_run(struct txn *t, struct store_job *job)
{
	struct end_job *j = end_of(job);
	struct end_walk w = {.more = false};
	struct feed_rec f;
	struct key feed, from, to;
	int rc = feed_get(t, slice_str(j->feed), &f);

	if (rc == 0 && j->at > f.end)
		rc = KERR_INVALID;
	if (rc < 0)
		return rc;
	vec_init(&w.found, sizeof(struct entry_rec));
	key_of_u32(&feed, TABLE_ENTRY, f.id);
	struct kv_range r = range_of(&feed, &to);
	key_of_entry(&from, f.id, j->at + 1);
	r.from = key_slice(&from);
	t->rc = kv_batch_scan(t->b, &r, void_on, &w);
	for (size_t i = 0; i < w.found.n; i++)
		hide(t, vec_at(&w.found, i));
	vec_fini(&w.found);
	step_back(t, &f, j->at);
	f.changed_seq = job->res.seq = txn_seq(t);
	feed_put(t, &f);
	j->res = (struct store_fed_result){.feed = f.id, .n = j->at, .high = f.high};
	memcpy(j->res.hash, f.tip, sizeof f.tip);
	j->res.more = w.more;
	job->res.fed = &j->res;
	return t->rc;
}

static void end_release(struct store_job *job)
{
	job_fini(job);
	free(end_of(job));
}

static int queue_end(struct store *s, struct slice feed, uint64_t at,
	int (*run)(struct txn *t, struct store_job *job), const struct store_call *c)
{
	struct end_job *j = mem_new(struct end_job);

	if (!slice_cstr(feed, j->feed, sizeof j->feed) || at == UINT64_MAX) {
		free(j);
		return KERR_INVALID;
	}
	j->at = at;
	job_init(&j->job, JOB_COST + (size_t)END_SLICE * (ENTRY_COST + STORE_SIGN_MAX), c,
		lit("end of a feed"));
	j->job.run = run;
	j->job.release = end_release;
	return queue(s, &j->job);
}

int store_feed_end(struct store *s, struct slice feed, uint64_t end, const struct store_call *c)
{
	return queue_end(s, feed, end, end_run, c);
}

static int begin_run(struct txn *t, struct store_job *job)
{
	struct end_job *j = end_of(job);
	struct feed_rec f;
	int rc = feed_get(t, slice_str(j->feed), &f);

	if (rc < 0)
		return rc;
	if (j->at < f.low || j->at > f.high) {
		f.high = j->at - 1;
		f.n_note = 0;
		memset(f.tip, 0, sizeof f.tip);
	}
	f.low = j->at;
	close_gap(t, &f);
	f.changed_seq = job->res.seq = txn_seq(t);
	feed_put(t, &f);
	j->res = (struct store_fed_result){.feed = f.id, .n = j->at, .high = f.high};
	memcpy(j->res.hash, f.tip, sizeof f.tip);
	job->res.fed = &j->res;
	return t->rc;
}

int store_feed_begin(struct store *s, struct slice feed, uint64_t low, const struct store_call *c)
{
	return queue_end(s, feed, low, begin_run, c);
}
