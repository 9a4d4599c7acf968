/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flags: reading them for a range of numbers, and the job that changes them.  A change touches the
 * pieces of the sets it names; it takes one sequence, which is noted for what really changed.
 */
#include "storage/flags.h"

#include "proto/base/mem.h"
#include "storage/group.h"
#include "storage/marks.h"
#include "storage/modseq.h"
#include "storage/numset.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/writer.h"

/* ---- reading ---- */

struct view_flags {
	struct ranges sets[STORE_FLAG_BITS];
	size_t at[STORE_FLAG_BITS]; /* the first range that does not end before the last number */
	struct vec runs;            /* struct run */
	size_t run_at;
	uint32_t first, last; /* pieces */
	int rc;
};

/* The bit of a set, or STORE_FLAG_BITS. */
static unsigned bit_of(uint8_t set)
{
	if (set >= 1 && set <= 8)
		return set - 1u;
	return set >= 16 && set < 8 + STORE_FLAG_BITS ? set - 8u : STORE_FLAG_BITS;
}

static bool piece_on(void *arg, struct slice key, struct slice value)
{
	struct view_flags *f = arg;
	struct dec d = dec_of(slice_from(key, 1 + 2 * sizeof(uint32_t)));
	uint8_t set = take_u8(&d);
	uint32_t piece = take_u16(&d);
	unsigned bit = bit_of(set);

	if (piece < f->first || piece > f->last)
		return true;
	if (set == SET_RUNS)
		f->rc = runs_decode(value, &f->runs);
	else if (bit < STORE_FLAG_BITS)
		f->rc = ranges_decode(value, piece << PIECE_BITS, &f->sets[bit]);
	return f->rc == 0;
}

static struct view_flags *flags_new(uint32_t lo, uint32_t hi)
{
	struct view_flags *f = mem_new(struct view_flags);

	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++)
		ranges_init(&f->sets[bit]);
	vec_init(&f->runs, sizeof(struct run));
	f->first = lo >> PIECE_BITS;
	f->last = hi >> PIECE_BITS;
	return f;
}

void view_flags_close(struct view_flags *f)
{
	if (!f)
		return;
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++)
		ranges_fini(&f->sets[bit]);
	vec_fini(&f->runs);
	free(f);
}

int view_flags_open(struct view *v, uint32_t account, uint32_t group, uint32_t lo, uint32_t hi,
	struct view_flags **out)
{
	struct view_flags *f = flags_new(lo, hi);
	struct key from, to;

	key_of_pair(&from, TABLE_MARKS, account, group);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan(v->kv, &r, piece_on, f);
	if (rc == 0)
		rc = f->rc;
	if (rc == 0)
		*out = f;
	else
		view_flags_close(f);
	return rc;
}

int flags_open(struct txn *t, uint32_t account, uint32_t group, struct view_flags **out)
{
	struct view_flags *f = flags_new(0, UINT32_MAX);
	struct key from, to;

	key_of_pair(&from, TABLE_MARKS, account, group);
	struct kv_range r = range_of(&from, &to);
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, piece_on, f);
	if (f->rc < 0)
		txn_damaged(t, "marks");
	if (t->rc == 0)
		*out = f;
	else
		view_flags_close(f);
	return t->rc;
}

static bool set_has(struct view_flags *f, unsigned bit, uint32_t num)
{
	const struct ranges *r = &f->sets[bit];
	size_t *at = &f->at[bit];

	while (*at < ranges_n(r) && ranges_at(r, *at)->hi < num)
		++*at;
	return *at < ranges_n(r) && ranges_at(r, *at)->lo <= num;
}

static const struct run *run_at(const struct view_flags *f)
{
	return vec_at(&f->runs, f->run_at);
}

void view_flags_at(struct view_flags *f, uint32_t num, uint64_t *flags_out, uint64_t *modseq_out)
{
	*flags_out = 0;
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++)
		if (set_has(f, bit, num))
			*flags_out |= (uint64_t)1 << bit;
	while (f->run_at < f->runs.n && run_at(f)->hi < num)
		f->run_at++;
	*modseq_out = f->run_at < f->runs.n && run_at(f)->lo <= num ? run_at(f)->seq : 0;
}

const struct ranges *view_flags_set(const struct view_flags *f, unsigned bit)
{
	return &f->sets[bit];
}

void view_flags_changed(const struct view_flags *f, uint64_t since, struct ranges *out)
{
	runs_newer(&f->runs, since, out);
}

/* ---- changing ---- */

void flags_add(struct txn *t, uint32_t account, uint32_t group, uint32_t num, uint64_t flags)
{
	struct ranges one;
	struct key k;

	ranges_init(&one);
	ranges_push(&one, num, num);
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++) {
		if (!(flags >> bit & 1))
			continue;
		key_of_set(&k, account, group, flag_set_of(bit));
		numset_change(t, &k, &one, true, NULL);
	}
	ranges_fini(&one);
}

struct flags_job {
	struct store_job job;
	uint32_t account, group;
	enum store_flag_op op;
	uint64_t flags, unchanged_since;
	struct ranges wanted, failed;
};

static struct flags_job *flags_of(struct store_job *job)
{
	return container_of(job, struct flags_job, job);
}

struct newer_walk {
	uint64_t since;
	uint32_t first;
	int rc;
};

static bool newer_on(void *arg, struct slice key, struct slice value)
{
	struct newer_walk *w = arg;
	struct row_sealed sealed;
	struct row r;

	w->rc = row_decode(key, value, &r, &sealed);
	if (w->rc < 0 || r.seq <= w->since)
		return false;
	w->first = r.num;
	return true;
}

/* Numbers and sequences of arrival ascend together: what came after `since` is the end. */
static uint32_t first_newer(struct txn *t, uint32_t group, uint32_t next, uint64_t since)
{
	struct newer_walk w = {.since = since, .first = next};
	struct key from, to;

	key_of_u32(&from, TABLE_ROW, group);
	struct kv_range r = range_of(&from, &to);
	r.reverse = true;
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, newer_on, &w);
	if (w.rc < 0)
		txn_damaged(t, "row");
	return w.first;
}

/* Move from given to j->failed what was changed after j->unchanged_since. */
static void hold_back(
	struct txn *t, struct flags_job *j, const struct group_state *st, struct ranges *given)
{
	uint32_t first = first_newer(t, j->group, st->next, j->unchanged_since);
	struct ranges newer, arrived;

	ranges_init(&newer);
	ranges_init(&arrived);
	if (modseq_newer(t, j->account, j->group, j->unchanged_since, &newer) == 0) {
		if (first < st->next)
			ranges_push(&arrived, first, st->next - 1);
		ranges_add(&newer, &arrived);
		ranges_common(given, &newer, &j->failed);
		ranges_take(given, &j->failed);
	}
	ranges_fini(&newer);
	ranges_fini(&arrived);
}

/* What is there of j->wanted. */
static void find_given(struct txn *t, const struct flags_job *j, const struct group_state *st,
	struct ranges *given)
{
	struct ranges absent;

	if (st->low >= st->next)
		return;
	ranges_init(&absent);
	ranges_within(&j->wanted, st->low, st->next - 1, given);
	if (absent_get(t, j->group, st->low, st->next - 1, &absent) == 0)
		ranges_take(given, &absent);
	ranges_fini(&absent);
}

static void change_sets(struct txn *t, const struct flags_job *j, const struct ranges *given,
	struct ranges *changed)
{
	for (unsigned bit = 0; bit < STORE_FLAG_BITS; bit++) {
		bool named = j->flags >> bit & 1;
		struct ranges one;
		struct key k;

		if (!named && j->op != STORE_FLAGS_SET)
			continue;
		ranges_init(&one);
		key_of_set(&k, j->account, j->group, flag_set_of(bit));
		numset_change(t, &k, given, named && j->op != STORE_FLAGS_TAKE, &one);
		ranges_add(changed, &one);
		ranges_fini(&one);
	}
}

static int flags_run(struct txn *t, struct store_job *job)
{
	struct flags_job *j = flags_of(job);
	struct ranges given, changed;
	struct group_state st;
	int rc = state_get(t, j->group, &st);

	if (rc < 0)
		return rc;
	ranges_init(&given);
	ranges_init(&changed);
	vec_reset(&j->failed.v);
	find_given(t, j, &st, &given);
	if (j->unchanged_since > 0)
		hold_back(t, j, &st, &given);
	change_sets(t, j, &given, &changed);
	job->res.seq = marks_note(t, j->account, j->group, &changed, &job->res.had);
	job->res.failed = &j->failed;
	ranges_fini(&given);
	ranges_fini(&changed);
	return t->rc;
}

static void flags_release(struct store_job *job)
{
	struct flags_job *j = flags_of(job);

	ranges_fini(&j->wanted);
	ranges_fini(&j->failed);
	job_fini(job);
	free(j);
}

int store_flags(struct store *s, uint32_t account, uint32_t group, const struct ranges *r,
	enum store_flag_op op, uint64_t flags, uint64_t unchanged_since, const struct store_call *c)
{
	struct flags_job *j = mem_new(struct flags_job);
	struct list jobs;

	job_init(&j->job, JOB_COST + ranges_n(r) * sizeof(struct run), c, lit("flags"));
	j->job.run = flags_run;
	j->job.release = flags_release;
	j->account = account;
	j->group = group;
	j->op = op;
	j->flags = flags;
	j->unchanged_since = unchanged_since;
	ranges_init(&j->wanted);
	ranges_init(&j->failed);
	ranges_add(&j->wanted, r);
	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = account != 0 ? writer_add(s, &jobs, false) : KERR_INVALID;
	if (rc < 0)
		flags_release(&j->job);
	return rc;
}
