/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Personal mailboxes: groups with an owner.  They are made, renamed with all below, and removed: a
 * removed one is gone at once, and its rows are cleaned up in slices, which meta remembers.
 */
#include "storage/box.h"

#include "proto/base/mem.h"
#include "storage/arrival.h"
#include "storage/file.h"
#include "storage/group.h"
#include "storage/meta.h"
#include "storage/numset.h"
#include "storage/schema.h"
#include "storage/writer.h"

enum {
	CLEAN_ROWS = 256, /* rows of a slice */
	CLEAN_KEYS = 1024,
};

struct box_job {
	struct store_job job;
	uint32_t account, use;
	int64_t now_at;
	char name[STORE_BOX_MAX + 1], to[STORE_BOX_MAX + 1];
};

static struct box_job *box_of(struct store_job *job)
{
	return container_of(job, struct box_job, job);
}

static void release(struct store_job *job)
{
	job_fini(job);
	free(box_of(job));
}

static struct box_job *new_job(int (*run)(struct txn *t, struct store_job *job), uint32_t account,
	struct slice name, const struct store_call *c, struct slice what)
{
	struct box_job *j = mem_new(struct box_job);

	job_init(&j->job, JOB_COST, c, what);
	j->job.run = run;
	j->job.release = release;
	j->account = account;
	if (!slice_cstr(name, j->name, sizeof j->name))
		j->name[0] = '\0';
	return j;
}

static int add(struct store *s, struct box_job *j)
{
	struct list jobs;
	int rc = KERR_INVALID;

	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	if (j->account != 0 && j->name[0] != '\0')
		rc = writer_add(s, &jobs, false);
	if (rc < 0)
		release(&j->job);
	return rc;
}

/* ---- names of an account ---- */

/* The id of that mailbox.  KERR_NOTFOUND. */
static int find(struct txn *t, uint32_t account, const char *name, uint32_t *id_out)
{
	struct slice value;
	struct key k;

	key_of_owned(&k, account, slice_str(name));
	int rc = txn_get(t, &k, &value);
	if (rc == 0) {
		struct dec d = dec_of(value);
		*id_out = take_u32(&d);
	}
	return rc;
}

struct names_walk {
	struct slice from; /* this one and those below; empty: all */
	struct vec ids;
};

static bool is_below(struct slice name, struct slice from)
{
	return slice_starts(name, from) &&
	       (from.len == 0 || name.len == from.len || name.p[from.len] == '/');
}

static bool name_on(void *arg, struct slice key, struct slice value)
{
	struct names_walk *w = arg;
	struct dec d = dec_of(value);

	if (is_below(slice_from(key, 1 + sizeof(uint32_t)), w->from))
		*(uint32_t *)vec_push(&w->ids) = take_u32(&d);
	return true;
}

/* Ids of the account's mailboxes that are `from` or below it; ids_out is a vec of uint32_t. */
static int ids_below(struct txn *t, uint32_t account, struct slice from, struct vec *ids_out)
{
	struct names_walk w = {.from = from};
	struct key prefix, to;

	vec_init(&w.ids, sizeof(uint32_t));
	key_of_owned(&prefix, account, from);
	struct kv_range r = range_of(&prefix, &to);
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, name_on, &w);
	*ids_out = w.ids;
	return t->rc;
}

/* ---- new ones ---- */

static int make(struct txn *t, uint32_t account, const char *name, uint32_t use, int64_t now_at,
	uint32_t *id_out)
{
	struct group_rec g = {.owner = account,
		.kind = GROUP_MAILBOX,
		.cls = CLASS_CLOSED,
		.posting = POSTING_MEMBERS,
		.created_at = now_at,
		.use = use};

	if (!slice_cstr(slice_str(name), g.name, sizeof g.name))
		return KERR_TOOBIG;
	return group_put(t, &g, id_out);
}

int box_inbox_find(struct txn *t, uint32_t account, uint32_t *id_out)
{
	return find(t, account, "INBOX", id_out);
}

int box_inbox(struct txn *t, uint32_t account, int64_t now_at, uint32_t *id_out)
{
	static const struct {
		const char *name;
		uint32_t use;
	} others[] = {
		{"Drafts",  STORE_USE_DRAFTS },
		{"Sent",    STORE_USE_SENT   },
		{"Trash",   STORE_USE_TRASH  },
		{"Junk",    STORE_USE_JUNK   },
		{"Archive", STORE_USE_ARCHIVE},
	};

	uint32_t unused;
	int rc = find(t, account, "INBOX", id_out);

	if (rc != KERR_NOTFOUND)
		return rc;
	rc = make(t, account, "INBOX", STORE_USE_NONE, now_at, id_out);
	for (size_t i = 0; rc == 0 && i < array_len(others); i++) {
		rc = make(t, account, others[i].name, others[i].use, now_at, &unused);
		if (rc == KERR_EXISTS)
			rc = 0;
	}
	return rc < 0 ? rc : t->rc;
}

static int run_start(struct txn *t, struct store_job *job)
{
	const struct box_job *j = box_of(job);

	return box_inbox(t, j->account, j->now_at, &job->res.id);
}

int store_boxes_start(struct store *s, uint32_t account, int64_t now_at, const struct store_call *c)
{
	struct box_job *j = new_job(run_start, account, lit("INBOX"), c, lit("boxes start"));

	j->now_at = now_at;
	return add(s, j);
}

static int run_new(struct txn *t, struct store_job *job)
{
	const struct box_job *j = box_of(job);
	struct vec ids;
	int rc = ids_below(t, j->account, lit(""), &ids);
	size_t n = ids.n;

	vec_fini(&ids);
	if (rc < 0)
		return rc;
	if (n >= STORE_BOXES)
		return KERR_FULL;
	return make(t, j->account, j->name, j->use, j->now_at, &job->res.id);
}

int store_box_new(struct store *s, uint32_t account, struct slice name, uint32_t use,
	int64_t now_at, const struct store_call *c)
{
	if (name.len > STORE_BOX_MAX)
		return KERR_TOOBIG;
	struct box_job *j = new_job(run_new, account, name, c, lit("box new"));
	j->use = use;
	j->now_at = now_at;
	return add(s, j);
}

/* ---- renaming ---- */

/* Call g, which is j->name or below it, as it will be.  KERR_TOOBIG. */
static int renamed(const struct box_job *j, struct group_rec *g)
{
	struct buf b;

	buf_init(&b, STORE_BOX_MAX);
	buf_addz(&b, j->to);
	buf_addz(&b, g->name + strlen(j->name));
	bool ok = !b.bad && slice_cstr(buf_slice(&b), g->name, sizeof g->name);
	buf_fini(&b);
	return ok ? 0 : KERR_TOOBIG;
}

/* Give each its new name, or (check) see that it can have it. */
static int rename_all(struct txn *t, const struct box_job *j, const struct vec *ids, bool check)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ids->n; i++) {
		struct group_rec g;
		uint32_t id = *(uint32_t *)vec_at(ids, i), other;

		rc = group_get(t, id, &g);
		if (rc == 0)
			rc = renamed(j, &g);
		if (rc == 0 && check)
			rc = find(t, j->account, g.name, &other) == 0 ? KERR_EXISTS : t->rc;
		else if (rc == 0)
			rc = group_put(t, &g, &id);
	}
	return rc;
}

static int run_rename(struct txn *t, struct store_job *job)
{
	const struct box_job *j = box_of(job);
	struct vec ids;
	int rc = ids_below(t, j->account, slice_str(j->name), &ids);

	if (rc == 0 && ids.n == 0)
		rc = KERR_NOTFOUND;
	if (rc == 0)
		rc = rename_all(t, j, &ids, true);
	if (rc == 0)
		rc = rename_all(t, j, &ids, false);
	vec_fini(&ids);
	job->res.seq = t->n.seq;
	return rc < 0 ? rc : t->rc;
}

int store_box_rename(struct store *s, uint32_t account, struct slice from, struct slice to,
	const struct store_call *c)
{
	if (to.len > STORE_BOX_MAX)
		return KERR_TOOBIG;
	if (to.len == 0 || is_below(to, from))
		return slice_eq(to, from) ? KERR_EXISTS : KERR_INVALID;
	struct box_job *j = new_job(run_rename, account, from, c, lit("box rename"));
	j->job.cost = (size_t)STORE_BOXES * 256;
	if (!slice_cstr(to, j->to, sizeof j->to))
		j->name[0] = '\0'; /* refused by add */
	return add(s, j);
}

/* ---- removing ---- */

static int run_remove(struct txn *t, struct store_job *job)
{
	const struct box_job *j = box_of(job);
	struct group_rec g = {0};
	struct key k;
	int rc = find(t, j->account, j->name, &job->res.id);

	if (rc == 0)
		rc = group_get(t, job->res.id, &g);
	if (rc < 0)
		return rc;
	group_del(t, &g);
	meta_key_gone(&k, g.id);
	txn_put_u32(t, &k, g.owner);
	job->res.seq = log_append(
		t, &(struct log_entry){.kind = LOG_RENAMED, .group = g.id, .at = t->now_at});
	return t->rc;
}

static void after_remove(struct store *s, struct store_job *job)
{
	if (job->res.rc == 0)
		box_clean_later(s, job->res.id, box_of(job)->account);
}

int store_box_remove(
	struct store *s, uint32_t account, struct slice name, const struct store_call *c)
{
	struct box_job *j = new_job(run_remove, account, name, c, lit("box remove"));

	j->job.after = after_remove;
	return add(s, j);
}

/* ---- cleaning up ---- */

struct clean_job {
	struct store_job job;
	uint32_t group, account;
	bool more;
	struct vec freed; /* contents to be swept */
};

static struct clean_job *clean_of(struct store_job *job)
{
	return container_of(job, struct clean_job, job);
}

/* All that is left of the group but rows; false: that was all. */
static bool clean_sets(struct txn *t, const struct clean_job *j)
{
	struct key k;

	absent_flush(t);
	key_of_u32(&k, TABLE_ABSENT, j->group);
	size_t n = prefix_del(t, &k, CLEAN_KEYS);
	key_of_u32(&k, TABLE_REMOVED, j->group);
	n += prefix_del(t, &k, CLEAN_KEYS - n);
	key_of_pair(&k, TABLE_MARKS, j->account, j->group);
	n += prefix_del(t, &k, CLEAN_KEYS - n);
	return n >= CLEAN_KEYS;
}

static int clean_run(struct txn *t, struct store_job *job)
{
	struct clean_job *j = clean_of(job);
	struct key k;

	vec_reset(&j->freed);
	j->more = rows_clean(t, j->group, CLEAN_ROWS, &j->freed) || clean_sets(t, j);
	if (!j->more) {
		meta_key_gone(&k, j->group);
		txn_del(t, &k);
	}
	return t->rc;
}

static void clean_after(struct store *s, struct store_job *job)
{
	struct clean_job *j = clean_of(job);

	if (job->res.rc < 0)
		return; /* at the next start, then */
	freed_sweep(s, &j->freed);
	if (j->more)
		box_clean_later(s, j->group, j->account);
}

static void clean_release(struct store_job *job)
{
	vec_fini(&clean_of(job)->freed);
	free(clean_of(job));
}

void box_clean_later(struct store *s, uint32_t group, uint32_t account)
{
	struct clean_job *j = mem_new(struct clean_job);
	struct list jobs;

	job_init(&j->job, (size_t)JOB_COST * CLEAN_ROWS, NULL, lit(""));
	j->job.run = clean_run;
	j->job.after = clean_after;
	j->job.release = clean_release;
	j->group = group;
	j->account = account;
	vec_init(&j->freed, sizeof(uint64_t));
	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	if (writer_add(s, &jobs, true) < 0)
		clean_release(&j->job);
}

struct gone_walk {
	struct store *s;
};

static bool gone_on(void *arg, struct slice key, struct slice value)
{
	struct gone_walk *w = arg;
	struct dec k = dec_of(slice_from(key, key.len - sizeof(uint32_t))), d = dec_of(value);

	box_clean_later(w->s, take_u32(&k), take_u32(&d));
	return true;
}

int box_clean_all(struct store *s)
{
	struct gone_walk w = {s};
	struct key from, to;
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	meta_key(&from, META_GONE);
	struct kv_range r = range_of(&from, &to);
	rc = kv_scan(v, &r, gone_on, &w);
	kv_view_close(v);
	return rc;
}
