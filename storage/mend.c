/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content that is lost, and comes again.  It is put under the content id that it had, so everything
 * that leads to it (row, history, log, copies in mailboxes) is as it was, and a number never means
 * another article.  Until then readers meet a content that does not open.
 */
#include "proto/base/mem.h"
#include "storage/arrival.h"
#include "storage/entry.h"
#include "storage/group.h"
#include "storage/history.h"
#include "storage/incoming.h"
#include "storage/row.h"
#include "storage/schema.h"

enum {
	DEL_CHUNKS = 64,   /* of a wrong content: without the first ones it does not open */
	ENTRY_ROOM = 2048, /* an entry's row */
};

static int queue(struct store *s, struct incoming *in, struct store_job *job)
{
	struct list jobs;

	list_init(&jobs);
	if (in)
		incoming_pieces(in, &jobs);
	list_append(&jobs, &job->node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		job->release(job);
	return rc;
}

/* The entry, if it has that content. */
static int find(struct txn *t, uint32_t feed, uint64_t n, uint64_t content, struct entry_rec *out)
{
	int rc = entry_get(t, feed, n, out);

	return rc == 0 && (out->content != content || content == 0) ? KERR_NOTFOUND : rc;
}

/* ---- store_entry_mark ---- */

struct mark_job {
	struct store_job job;
	struct store_mark m;
};

static int mark_run(struct txn *t, struct store_job *job)
{
	const struct store_mark *m = &container_of(job, struct mark_job, job)->m;
	struct entry_rec e;
	int rc = find(t, m->feed, m->n, m->content, &e);

	if (rc < 0)
		return rc;
	if (e.absent == m->absent)
		return KERR_EXISTS;
	if (m->wrong)
		content_del(t, m->content, DEL_CHUNKS);
	entry_rewrite(t, &e, m->absent, e.place);
	return t->rc;
}

static void mark_release(struct store_job *job)
{
	job_fini(job);
	free(container_of(job, struct mark_job, job));
}

int store_entry_mark(struct store *s, const struct store_mark *m, const struct store_call *c)
{
	struct mark_job *j = mem_new(struct mark_job);

	j->m = *m;
	job_init(&j->job, JOB_COST + ENTRY_ROOM, c, lit("mark"));
	j->job.run = mark_run;
	j->job.release = mark_release;
	return queue(s, NULL, &j->job);
}

/* ---- a row that is gone ---- */

struct log_walk {
	struct place place;
	uint64_t seq;
};

static bool log_on(void *arg, struct slice key, struct slice value)
{
	struct log_walk *w = arg;
	struct log_entry e;

	if (log_decode(key, value, &e) == 0 && e.kind == LOG_ARRIVED && e.group == w->place.group &&
		e.num == w->place.num)
		w->seq = e.seq;
	return w->seq == 0;
}

static bool seq_on(void *arg, struct slice key, struct slice value)
{
	struct row_sealed sealed;
	struct row r;

	if (row_decode(key, value, &r, &sealed) < 0)
		return true;
	*(uint64_t *)arg = r.seq;
	return false;
}

/* The sequence of the next row that is there, on one side. */
static uint64_t seq_beside(struct txn *t, struct place p, bool before, uint64_t none)
{
	struct key group, from, to;
	uint64_t seq = none;

	key_of_u32(&group, TABLE_ROW, p.group);
	struct kv_range r = range_of(&group, &to);
	key_of_pair(&from, TABLE_ROW, p.group, before ? p.num : p.num + 1);
	if (before)
		r.to = key_slice(&from);
	else
		r.from = key_slice(&from);
	r.reverse = before;
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, seq_on, &seq);
	return seq;
}

/*
 * Its log entry lies between those of its neighbours: numbers and sequences ascend together.  0: it
 * is gone, or damaged.
 */
static uint64_t seq_of(struct txn *t, struct place p)
{
	struct log_walk w = {.place = p};
	struct key from, to;
	uint64_t low = seq_beside(t, p, true, 0), high = seq_beside(t, p, false, t->n.seq + 1);

	key_of_u64(&from, TABLE_LOG, low);
	key_of_u64(&to, TABLE_LOG, high);
	struct kv_range r = {key_slice(&from), key_slice(&to), false};
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, log_on, &w);
	return w.seq;
}

/* Its log entry is its own, and whole; one that is damaged is written again, one that is gone anew.
 */
static void mend_log(struct txn *t, const struct entry_rec *e, struct row *r, bool first)
{
	struct log_entry is = {.seq = r->seq,
		.kind = LOG_ARRIVED,
		.first = first,
		.group = r->group,
		.num = r->num,
		.content = r->content,
		.at = r->arrived_at};
	struct log_entry was;
	struct slice value = {NULL, 0};
	struct key k;

	memcpy(is.mid, e->mid, sizeof is.mid);
	key_of_u64(&k, TABLE_LOG, r->seq);
	int rc = t->rc == 0 ? kv_batch_get(t->b, key_slice(&k), &value) : t->rc;
	if (rc == KERR_DAMAGED)
		log_rewrite(t, &is);
	else if (rc < 0 || log_decode(key_slice(&k), value, &was) < 0 || was.group != r->group ||
		 was.num != r->num || was.content != r->content)
		r->seq = log_append(t, &is);
}

/* ---- store_mend ---- */

struct mend_job {
	struct store_job job;
	struct incoming in;
	struct store_mend m; /* without slices */
	uint8_t hash[STORE_ENTRY_HASH];
	uint64_t bytes;
	char *head;
	struct store_fed_result res;
};

static struct mend_job *mend_of(struct store_job *job)
{
	return container_of(job, struct mend_job, job);
}

static void make_up(struct txn *t, const struct mend_job *j, const struct history *h, unsigned i,
	struct row *out)
{
	*out = (struct row){.group = h->places[i].group,
		.num = h->places[i].num,
		.content = j->m.content,
		.seq = seq_of(t, h->places[i]),
		.arrived_at = j->m.arrived_at,
		.saved_at = j->m.arrived_at,
		.n_places = h->n_places};
	out->places[0] = h->places[i];
	for (unsigned k = 0, n = 1; k < h->n_places; k++)
		if (k != i)
			out->places[n++] = h->places[k];
	if (j->head[0] == '\0')
		return;
	out->head = head_put(t, slice_str(j->head));
	out->head_bytes = j->m.head.bytes;
	out->head_shapes = j->m.head.shapes;
}

/* What derives from the text is sealed anew; all else in the row stays as it was. */
static void mend_row(struct txn *t, const struct mend_job *j, const struct entry_rec *e,
	const struct history *h, unsigned i)
{
	const struct row_sealed sealed = incoming_sealed(&j->in);
	struct row_sealed old;
	struct group_state st;
	struct slice value;
	struct key k;
	struct row r;

	key_of_pair(&k, TABLE_ROW, h->places[i].group, h->places[i].num);
	bool there = t->rc == 0 && kv_batch_get(t->b, key_slice(&k), &value) == 0 &&
		     row_decode(key_slice(&k), value, &r, &old) == 0 && r.content == j->m.content;
	if (!there)
		make_up(t, j, h, i, &r);
	mend_log(t, e, &r, i == 0);
	if (state_get(t, r.group, &st) < 0)
		return;
	if (there)
		st.bytes += j->bytes - r.bytes;
	r.bytes = j->bytes;
	r.lines = j->m.lines;
	row_put(t, &r, &sealed);
	state_set(t, r.group, &st);
}

static bool is_damaged(struct txn *t, const struct key *k)
{
	struct slice unused;

	return t->rc == 0 && kv_batch_get(t->b, key_slice(k), &unused) == KERR_DAMAGED;
}

/* Where it stands; a history entry that is gone is made up from what the entry knows. */
static int find_history(struct txn *t, const struct entry_rec *e, struct history *out)
{
	struct key k;

	key_of_hash(&k, e->mid);
	int rc = is_damaged(t, &k) ? KERR_NOTFOUND : history_get(t, e->mid, out);
	if (rc == 0 && out->content != e->content)
		return KERR_CONFLICT;
	if (rc != KERR_NOTFOUND)
		return rc;
	*out = (struct history){.state = e->kind == ENTRY_CONTROL ? HISTORY_CONTROL
					 : e->place.group != 0    ? HISTORY_ARTICLE
								  : HISTORY_CANCELLED,
		.content = e->content,
		.n_places = e->place.group != 0,
		.feed = e->feed,
		.n = e->n};
	out->places[0] = e->place;
	history_put(t, e->mid, out);
	return 0;
}

static uint64_t high_of(struct txn *t, uint32_t feed)
{
	struct feed_rec f = {.high = 0};
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_FEED, feed);
	return txn_get(t, &k, &value) == 0 && feed_decode(value, &f) == 0 ? f.high : 0;
}

static int mend_run(struct txn *t, struct store_job *job)
{
	struct mend_job *j = mend_of(job);
	struct entry_rec e = {.feed = 0};
	struct history h = {.n_places = 0};
	int rc = incoming_check(&j->in);

	if (rc == 0)
		rc = find(t, j->m.feed, j->m.n, j->m.content, &e);
	if (rc == 0 && memcmp(e.hash, j->hash, sizeof e.hash) != 0)
		rc = KERR_NOTFOUND;
	if (rc == 0)
		rc = find_history(t, &e, &h);
	if (rc < 0)
		return rc;
	incoming_put(t, &j->in);
	for (unsigned i = 0; i < h.n_places; i++)
		mend_row(t, j, &e, &h, i);
	entry_rewrite(t, &e, 0, e.place);
	j->res = (struct store_fed_result){.feed = e.feed, .n = e.n, .high = high_of(t, e.feed)};
	memcpy(j->res.hash, j->hash, sizeof j->res.hash);
	job->res.fed = &j->res;
	return t->rc;
}

static void mend_after(struct store *s, struct store_job *job)
{
	if (job->res.rc < 0)
		incoming_refused(s, &mend_of(job)->in);
}

static void mend_release(struct store_job *job)
{
	struct mend_job *j = mend_of(job);

	incoming_fini(&j->in);
	free(j->head);
	job_fini(job);
	free(j);
}

int store_mend(struct store *s, const struct store_mend *m, const struct store_call *c)
{
	struct mend_job *j;
	int rc = writer_check(s, m->article.len);

	if (rc == 0)
		rc = room_check(&s->room, ROOM_PEER);
	if (rc < 0)
		return rc;
	j = mem_new(struct mend_job);
	j->m = *m;
	j->m.article = j->m.overview = j->m.structure = j->m.head.text = slice_of(NULL, 0);
	j->bytes = m->article.len;
	j->head = mem_dup(m->head.text);
	memcpy(j->hash, m->hash, sizeof j->hash);
	j->m.hash = j->hash;
	rc = incoming_make(s, m->content, m->article, m->overview, m->structure, &j->in);
	if (rc < 0) {
		incoming_fini(&j->in);
		free(j->head);
		free(j);
	} else {
		job_init(&j->job, incoming_cost(&j->in, 1) + ENTRY_ROOM, c, lit("mend"));
		j->job.run = mend_run;
		j->job.after = mend_after;
		j->job.release = mend_release;
		rc = queue(s, &j->in, &j->job);
	}
	if (rc == KERR_IO)
		writer_stop(s, rc); /* the key file could not be synced */
	return rc;
}

/* ---- what nobody else has ---- */

struct rows_walk {
	struct view *v;
	row_shared_fn fn;
	void *arg;
};

/* By its log entry and its history: did it come as an entry of a feed? */
static bool is_shared(struct view *v, const struct row *r)
{
	struct log_entry e;
	struct history h;
	struct slice value;
	struct key k;

	key_of_u64(&k, TABLE_LOG, r->seq);
	if (view_get_more(v, &k, &value) < 0 || log_decode(key_slice(&k), value, &e) < 0)
		return false;
	key_of_hash(&k, e.mid);
	return view_get_more(v, &k, &value) == 0 && history_decode(value, &h) == 0 && h.feed != 0;
}

static bool row_on(void *arg, struct slice key, struct slice value)
{
	struct rows_walk *w = arg;
	struct row_sealed sealed;
	struct row r;

	if (row_decode(key, value, &r, &sealed) < 0)
		return true; /* store_check finds it */
	return w->fn(w->arg, &r, is_shared(w->v, &r));
}

int view_rows_after(struct view *v, uint32_t group, uint32_t num, row_shared_fn fn, void *arg)
{
	struct rows_walk w = {v, fn, arg};
	struct key table, from, to;

	key_begin(&table, TABLE_ROW);
	struct kv_range r = range_of(&table, &to);
	key_of_pair(&from, TABLE_ROW, group, num);
	key_u8(&from, 0); /* behind that one */
	r.from = key_slice(&from);
	return kv_scan(v->kv, &r, row_on, &w);
}
