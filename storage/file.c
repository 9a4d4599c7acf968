/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The jobs that change what is in personal mailboxes: copy, move, expunge.  What comes in from
 * outside is filed by append.c.
 *
 * Copy and expunge go in slices, so that a mailbox of any size fits the limits of a transaction: a
 * job that has more to do hands its state and its answer to the next one after the commit.  A row
 * that is copied keeps its content, so what is sealed in it stays as it is.
 */
#include "storage/file.h"

#include <time.h>

#include "proto/base/mem.h"
#include "storage/arrival.h"
#include "storage/box.h"
#include "storage/flags.h"
#include "storage/group.h"
#include "storage/incoming.h"
#include "storage/meta.h"
#include "storage/numset.h"
#include "storage/refs.h"
#include "storage/schema.h"
#include "storage/sweep.h"
#include "storage/user.h"

enum {
	SLICE_ROWS = 256,
	SLICE_BYTES = 512 * 1024, /* of the rows of a slice */
	FREE_CHUNKS = 8,          /* a content of fewer is deleted with its row */
};

/* ---- one row ---- */

void file_row(struct txn *t, struct row *r, const struct row_sealed *sealed, uint32_t box,
	uint32_t account)
{
	struct row_sealed bare = *sealed;
	struct group_state st;
	struct log_entry e = {.kind = LOG_FILED,
		.group = box,
		.account = account,
		.content = r->content,
		.at = t->now_at};

	if (state_get(t, box, &st) < 0)
		return;
	if (r->head_shapes)
		bare.structure = lit("");
	r->head = 0; /* in a personal mailbox it is the article itself */
	r->head_bytes = 0;
	r->head_shapes = false;
	r->group = box;
	r->num = e.num = st.next;
	r->n_places = 1;
	r->places[0] = (struct place){box, r->num};
	r->seq = st.modseq = log_append(t, &e);
	if (st.count == 0)
		st.low = st.next;
	st.next++;
	st.count++;
	st.bytes += r->bytes;
	state_set(t, box, &st);
	row_put(t, r, &bare);
}

/* Nothing shows this content any more. */
static void content_free_in(struct txn *t, uint64_t content, struct vec *freed)
{
	struct key k;

	if (content_del(t, content, FREE_CHUNKS) < FREE_CHUNKS)
		return;
	meta_key_big(&k, content); /* the rest is swept, now or at the next start */
	txn_put(t, &k, lit(""));
	*(uint64_t *)vec_push(freed) = content;
}

void freed_sweep(struct store *s, const struct vec *freed)
{
	for (size_t i = 0; i < freed->n; i++)
		sweep_later(s, *(uint64_t *)vec_at(freed, i));
}

/* ---- slices of rows ---- */

struct raw_row {
	uint32_t num;
	struct slice value; /* in the slice's arena */
};

/* Some rows of a group, copied out of the batch, because each put ends what was read. */
struct raw_rows {
	struct arena arena;
	struct vec v; /* struct raw_row */
	size_t max, bytes;
};

static void raw_init(struct raw_rows *r, size_t max)
{
	arena_init(&r->arena);
	vec_init(&r->v, sizeof(struct raw_row));
	r->max = max;
	r->bytes = 0;
}

static void raw_fini(struct raw_rows *r)
{
	arena_fini(&r->arena);
	vec_fini(&r->v);
}

static bool raw_full(const struct raw_rows *r)
{
	return r->v.n >= r->max || r->bytes >= SLICE_BYTES;
}

static bool raw_on(void *arg, struct slice key, struct slice value)
{
	struct raw_rows *r = arg;
	struct dec d = dec_of(slice_from(key, key.len - sizeof(uint32_t)));
	struct raw_row *one = vec_push(&r->v);

	one->num = take_u32(&d);
	one->value = arena_dup(&r->arena, value);
	r->bytes += value.len;
	return !raw_full(r);
}

/* The rows of lo..hi, as far as there is room. */
static void raw_collect(
	struct txn *t, uint32_t group, uint32_t lo, uint32_t hi, struct raw_rows *out)
{
	struct key from, to;

	key_of_pair(&from, TABLE_ROW, group, lo);
	key_of_pair(&to, TABLE_ROW, group, hi);
	key_u8(&to, 0); /* hi itself is within */
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b,
			&(struct kv_range){key_slice(&from), key_slice(&to), false}, raw_on, out);
}

static int raw_decode(struct txn *t, uint32_t group, const struct raw_row *raw, struct row *out,
	struct row_sealed *sealed_out)
{
	struct key k;

	key_of_pair(&k, TABLE_ROW, group, raw->num);
	return row_decode(key_slice(&k), raw->value, out, sealed_out) < 0 ? txn_damaged(t, "row")
									  : t->rc;
}

/* ---- copy, move, expunge ---- */

/*
 * A copy is whole or not at all: what its slices have put is noted in meta until the last one is
 * committed, so a copy that is refused half way takes back what it put, and so does the next start
 * after a crash.  A move needs none of this: each of its messages is in one place at any time.
 * RFC 3501 section 6.4.7, RFC 6851 section 3.3
 */
struct slice_job {
	struct store_job job;
	void (*each)(
		struct txn *t, struct slice_job *j, struct row *r, const struct row_sealed *sealed);
	uint32_t account, from, to; /* to: 0 with expunge */
	bool move, shared;          /* shared: from is a group of all */
	int64_t now_at;
	struct ranges wanted;
	struct ranges done_from, done_to;     /* of the slices committed */
	struct ranges now_from, now_to;       /* of this one */
	struct view_flags *flags;             /* of `from`; within run */
	struct ranges added[STORE_FLAG_BITS]; /* flags that the copies get; within run */
	struct vec freed;
	bool more;                   /* of what is wanted; set by run */
	uint32_t noted_box;          /* the copies noted in meta: where they are put, */
	uint64_t noted_id, first_id; /* and their note: committed (0: none), and of this run */
	int refused;                 /* why the copy is taken back; 0: it is not */
};

static struct slice_job *slice_of_job(struct store_job *job)
{
	return container_of(job, struct slice_job, job);
}

static void copy_one(
	struct txn *t, struct slice_job *j, struct row *r, const struct row_sealed *sealed)
{
	static const uint8_t no_mid[STORE_MID_HASH];
	struct place old = {j->from, r->num};
	uint64_t flags, modseq;

	view_flags_at(j->flags, r->num, &flags, &modseq);
	r->saved_at = j->now_at;
	file_row(t, r, sealed, j->to, j->account);
	if (j->move)
		row_take_out(t, old, r->content, no_mid);
	else
		refs_add(t, r->content, j->shared);
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++)
		if (flags >> bit & 1)
			ranges_push(&j->added[bit], r->num, r->num);
	ranges_push(&j->now_from, old.num, old.num);
	ranges_push(&j->now_to, r->num, r->num);
}

static void expunge_one(
	struct txn *t, struct slice_job *j, struct row *r, const struct row_sealed *sealed)
{
	static const uint8_t no_mid[STORE_MID_HASH];

	(void)sealed;
	row_take_out(t, (struct place){j->from, r->num}, r->content, no_mid);
	if (refs_drop(t, r->content))
		content_free_in(t, r->content, &j->freed);
	ranges_push(&j->now_from, r->num, r->num);
}

/* Both there, owned by the account, and numbers left? */
static int slice_check(struct txn *t, struct slice_job *j)
{
	struct group_state st;
	struct group_rec g;
	int rc = group_get(t, j->from, &g);

	if (rc < 0)
		return rc;
	j->shared = g.owner == 0;
	if (g.owner != j->account && (!j->shared || j->move || j->to == 0))
		return KERR_DENIED;
	if (j->to == 0)
		return 0;
	rc = group_get(t, j->to, &g);
	if (rc == 0 && g.owner != j->account)
		rc = KERR_DENIED;
	if (rc == 0)
		rc = state_get(t, j->to, &st);
	if (rc == 0 && st.next >= NUM_MAX - SLICE_ROWS)
		rc = KERR_TOOBIG;
	return rc;
}

/* What is asked for is what was there when the first slice ran. */
static int clip(struct txn *t, struct slice_job *j)
{
	struct ranges there;
	struct group_state st;
	int rc = state_get(t, j->from, &st);

	if (rc < 0)
		return rc;
	ranges_init(&there);
	if (st.next > 1)
		ranges_within(&j->wanted, 1, st.next - 1, &there);
	ranges_fini(&j->wanted);
	j->wanted = there;
	return 0;
}

static void collect_wanted(struct txn *t, const struct slice_job *j, struct raw_rows *out)
{
	for (size_t i = 0; i < ranges_n(&j->wanted) && !raw_full(out); i++) {
		const struct range *r = ranges_at(&j->wanted, i);

		raw_collect(t, j->from, r->lo, r->hi, out);
	}
}

static void add_flags(struct txn *t, struct slice_job *j)
{
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++) {
		struct key k;

		key_of_set(&k, j->account, j->to, flag_set_of(bit));
		numset_change(t, &k, &j->added[bit], true, NULL);
		ranges_fini(&j->added[bit]);
		ranges_init(&j->added[bit]);
	}
}

static void run_rows(struct txn *t, struct slice_job *j, const struct raw_rows *raw)
{
	for (size_t i = 0; i < raw->v.n && t->rc == 0; i++) {
		struct row_sealed sealed;
		struct row r;

		if (raw_decode(t, j->from, vec_at(&raw->v, i), &r, &sealed) == 0)
			j->each(t, j, &r, &sealed);
	}
	if (j->to != 0)
		add_flags(t, j);
}

/* Is anything wanted that was not looked at? */
static bool more_wanted(const struct slice_job *j, const struct raw_rows *raw)
{
	struct ranges left;

	if (!raw_full(raw))
		return false;
	ranges_init(&left);
	ranges_minus(&j->wanted, &j->now_from, &left);
	bool more = ranges_n(&left) > 0;
	ranges_fini(&left);
	return more;
}

/* Note what this slice has put, or, when it was the last, forget all notes. */
static void note_copies(struct txn *t, struct slice_job *j)
{
	struct key k;

	meta_key_copy(&k, j->noted_box, j->first_id);
	if (!j->more) {
		if (j->noted_id != 0)
			prefix_del(t, &k, SIZE_MAX);
		return;
	}
	if (ranges_n(&j->now_to) == 0)
		return;
	key_u32(&k, ranges_at(&j->now_to, 0)->lo);
	txn_put_u32(t, &k, ranges_at(&j->now_to, ranges_n(&j->now_to) - 1)->hi);
}

static int slice_run(struct txn *t, struct store_job *job)
{
	struct slice_job *j = slice_of_job(job);
	struct raw_rows raw;
	int rc = slice_check(t, j);

	vec_reset(&j->freed);
	vec_reset(&j->now_from.v);
	vec_reset(&j->now_to.v);
	if (rc == 0)
		rc = clip(t, j);
	if (rc == 0 && j->to != 0)
		rc = flags_open(t, j->account, j->from, &j->flags);
	if (rc < 0)
		return rc;
	j->first_id = j->noted_id != 0 ? j->noted_id : t->n.seq + 1;
	raw_init(&raw, SLICE_ROWS);
	collect_wanted(t, j, &raw);
	run_rows(t, j, &raw);
	j->more = more_wanted(j, &raw);
	raw_fini(&raw);
	if (j->noted_box != 0)
		note_copies(t, j);
	view_flags_close(j->flags);
	j->flags = NULL;
	job->res.seq = t->n.seq;
	return t->rc;
}

/* Hand all that is left, and the answer, to a new job. */
static void slice_go_on(struct store *s, struct slice_job *old)
{
	struct slice_job *j = mem_new(struct slice_job);

	*j = *old;
	*old = (struct slice_job){.job = old->job};
	job_pass_on(s, &old->job, &j->job);
}

/* The copies that were put go again, and then the answer is why. */
static void take_back(struct slice_job *j)
{
	j->refused = j->job.res.rc;
	j->each = expunge_one;
	j->from = j->to;
	j->to = 0;
	vec_reset(&j->wanted.v);
	ranges_add(&j->wanted, &j->done_to);
	vec_reset(&j->done_from.v);
	vec_reset(&j->done_to.v);
}

/* The last slice of taking back; what could not be taken back goes at the next start. */
static void taken_back(struct slice_job *j)
{
	vec_reset(&j->done_from.v);
	j->job.res.rc = j->refused;
}

static void slice_after(struct store *s, struct store_job *job)
{
	struct slice_job *j = slice_of_job(job);
	bool more = job->res.rc == 0 && j->more;

	if (job->res.rc == 0) {
		freed_sweep(s, &j->freed);
		ranges_take(&j->wanted, &j->now_from);
		ranges_add(&j->done_from, &j->now_from);
		ranges_add(&j->done_to, &j->now_to);
		if (j->noted_box != 0)
			j->noted_id = j->first_id;
	} else if (j->noted_id != 0 && j->refused == 0) {
		take_back(j);
		more = true;
	}
	if (!more && j->refused != 0)
		taken_back(j);
	job->res.from = &j->done_from;
	job->res.to = &j->done_to;
	if (more)
		slice_go_on(s, j);
}

static void slice_release(struct store_job *job)
{
	struct slice_job *j = slice_of_job(job);

	ranges_fini(&j->wanted);
	ranges_fini(&j->done_from);
	ranges_fini(&j->done_to);
	ranges_fini(&j->now_from);
	ranges_fini(&j->now_to);
	vec_fini(&j->freed);
	job_fini(job);
	free(j);
}

static struct slice_job *slice_new(uint32_t account, uint32_t from, const struct ranges *r,
	const struct store_call *c, struct slice what)
{
	struct slice_job *j = mem_new(struct slice_job);

	job_init(&j->job, SLICE_BYTES * 2, c, what);
	j->job.run = slice_run;
	j->job.after = slice_after;
	j->job.release = slice_release;
	j->account = account;
	j->from = from;
	ranges_init(&j->wanted);
	ranges_init(&j->done_from);
	ranges_init(&j->done_to);
	ranges_init(&j->now_from);
	ranges_init(&j->now_to);
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++)
		ranges_init(&j->added[bit]);
	vec_init(&j->freed, sizeof(uint64_t));
	ranges_add(&j->wanted, r);
	return j;
}

static int slice_queue(struct store *s, struct slice_job *j)
{
	struct list jobs;

	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		slice_release(&j->job);
	return rc;
}

int store_expunge(struct store *s, uint32_t account, uint32_t box, const struct ranges *r,
	const struct store_call *c)
{
	struct slice_job *j = slice_new(account, box, r, c, lit("expunge"));

	j->each = expunge_one;
	return slice_queue(s, j);
}

int store_copy_rows(struct store *s, uint32_t account, uint32_t from, const struct ranges *r,
	uint32_t to, bool move, int64_t now_at, const struct store_call *c)
{
	struct slice_job *j = slice_new(account, from, r, c, move ? lit("move") : lit("copy"));

	j->each = copy_one;
	j->to = to;
	j->move = move;
	j->noted_box = move ? 0 : to;
	j->now_at = now_at;
	return slice_queue(s, j);
}

/* ---- copies that a crash has cut short ---- */

struct note {
	struct key key;
	uint32_t box, first, last;
};

static bool note_on(void *arg, struct slice key, struct slice value)
{
	struct note *n = arg;
	struct dec k = dec_of(slice_from(key, META_COPY_PREFIX)), d = dec_of(value);

	key_bytes(&n->key, key);
	n->box = take_u32(&k);
	take_u64(&k);
	n->first = take_u32(&k);
	n->last = take_u32(&d);
	return false;
}

static int first_note(struct store *s, struct note *out)
{
	struct key from, to;
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	*out = (struct note){.box = 0};
	meta_key(&from, META_COPY);
	struct kv_range r = range_of(&from, &to);
	rc = kv_scan(v, &r, note_on, out);
	kv_view_close(v);
	return rc == 0 && out->key.len == 0 ? KERR_NOTFOUND : rc;
}

/* Take out what one note names; contents too big for that are swept as any that nobody shows. */
static void undo_note(struct txn *t, const struct note *n)
{
	struct slice_job j = {.from = n->box};
	struct group_state st;
	struct raw_rows raw;

	ranges_init(&j.now_from);
	vec_init(&j.freed, sizeof(uint64_t));
	raw_init(&raw, SIZE_MAX);
	if (state_get(t, n->box, &st) == 0)
		raw_collect(t, n->box, n->first, n->last, &raw);
	j.each = expunge_one;
	run_rows(t, &j, &raw);
	txn_del(t, &n->key);
	raw_fini(&raw);
	ranges_fini(&j.now_from);
	vec_fini(&j.freed);
}

int copies_undo(struct store *s)
{
	struct note n;
	struct txn t;
	int rc;

	while ((rc = first_note(s, &n)) == 0) {
		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
		if (rc < 0)
			break;
		undo_note(&t, &n);
		rc = txn_commit(&t);
		if (rc < 0)
			break;
		s->counters = t.n;
	}
	return rc == KERR_NOTFOUND ? 0 : rc;
}

/* ---- rows of a mailbox that is no more ---- */

bool rows_clean(struct txn *t, uint32_t group, size_t max, struct vec *freed)
{
	struct raw_rows raw;

	raw_init(&raw, max);
	raw_collect(t, group, 0, NUM_MAX, &raw);
	for (size_t i = 0; i < raw.v.n && t->rc == 0; i++) {
		const struct raw_row *one = vec_at(&raw.v, i);
		struct row_sealed sealed;
		struct row r;
		struct key k;

		if (raw_decode(t, group, one, &r, &sealed) < 0)
			break;
		key_of_pair(&k, TABLE_ROW, group, one->num);
		txn_del(t, &k);
		if (refs_drop(t, r.content))
			content_free_in(t, r.content, freed);
	}
	bool more = raw_full(&raw);
	raw_fini(&raw);
	return more;
}
