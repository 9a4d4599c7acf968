/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keywords and subscriptions of an account (tables K and S): small jobs and their reading. */
#include "proto/base/mem.h"
#include "storage/schema.h"
#include "storage/user.h"
#include "storage/writer.h"

struct name_job {
	struct store_job job;
	uint32_t account;
	bool on;
	char name[STORE_BOX_MAX + 1];
};

static struct name_job *name_of(struct store_job *job)
{
	return container_of(job, struct name_job, job);
}

static void release(struct store_job *job)
{
	job_fini(job);
	free(name_of(job));
}

static int add(struct store *s, int (*run)(struct txn *t, struct store_job *job), uint32_t account,
	struct slice name, bool on, const struct store_call *c)
{
	struct name_job *j = mem_new(struct name_job);
	struct list jobs;

	job_init(&j->job, JOB_COST, c, on ? lit("name on") : lit("name off"));
	j->job.run = run;
	j->job.release = release;
	j->account = account;
	j->on = on;
	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = slice_cstr(name, j->name, sizeof j->name) && name.len > 0 ? 0 : KERR_INVALID;
	if (rc == 0)
		rc = writer_add(s, &jobs, false);
	if (rc < 0)
		release(&j->job);
	return rc;
}

/* ---- keywords ---- */

static void key_of_keyword(struct key *k, uint32_t account, unsigned i)
{
	key_of_u32(k, TABLE_KEYWORD, account);
	key_u8(k, (uint8_t)i);
}

static int run_keyword(struct txn *t, struct store_job *job)
{
	const struct name_job *j = name_of(job);
	struct slice value;
	struct key k;
	unsigned i = 0;
	int rc = account_exists(t, j->account);

	for (; rc == 0 && i < STORE_KEYWORDS; i++) {
		key_of_keyword(&k, j->account, i);
		rc = txn_get(t, &k, &value);
		if (rc == 0 && slice_eq_ci(value, slice_str(j->name)))
			return KERR_EXISTS;
		if (rc == KERR_NOTFOUND)
			break;
	}
	if (rc == 0)
		return KERR_FULL;
	if (i == STORE_KEYWORDS || t->rc < 0 || rc != KERR_NOTFOUND)
		return rc;
	txn_put(t, &k, slice_str(j->name));
	job->res.id = i;
	return t->rc;
}

int store_keyword_add(
	struct store *s, uint32_t account, struct slice name, const struct store_call *c)
{
	if (name.len > STORE_KEYWORD_MAX)
		return KERR_TOOBIG;
	return add(s, run_keyword, account, name, true, c);
}

struct keyword_walk {
	keyword_fn fn;
	void *arg;
};

static bool keyword_on(void *arg, struct slice key, struct slice value)
{
	struct keyword_walk *w = arg;
	struct dec d = dec_of(slice_from(key, key.len - 1));

	return w->fn(w->arg, take_u8(&d), value);
}

int view_keywords(struct view *v, uint32_t account, keyword_fn fn, void *arg)
{
	struct keyword_walk w = {fn, arg};
	struct key from, to;

	key_of_u32(&from, TABLE_KEYWORD, account);
	struct kv_range r = range_of(&from, &to);
	return kv_scan(v->kv, &r, keyword_on, &w);
}

/* ---- subscriptions ---- */

static void key_of_subscription(struct key *k, uint32_t account, struct slice name)
{
	key_of_u32(k, TABLE_SUBSCRIPTION, account);
	key_bytes(k, name);
}

static int run_subscribe(struct txn *t, struct store_job *job)
{
	const struct name_job *j = name_of(job);
	struct key k;

	key_of_subscription(&k, j->account, slice_str(j->name));
	put_u8(txn_value(t), j->on);
	txn_put_value(t, &k);
	return t->rc;
}

int store_subscribe(
	struct store *s, uint32_t account, struct slice name, bool on, const struct store_call *c)
{
	return add(s, run_subscribe, account, name, on, c);
}

int view_subscribed(struct view *v, uint32_t account, struct slice name, bool *on_out)
{
	struct slice value;
	struct key k;

	key_of_subscription(&k, account, name);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc == 0)
		*on_out = value.len > 0 && value.p[0] != 0;
	return rc;
}
