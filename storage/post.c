/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs that change articles of groups: post and cancel. */
#include "storage/post.h"

#include "proto/base/mem.h"
#include "storage/arrival.h"
#include "storage/group.h"
#include "storage/history.h"
#include "storage/schema.h"

enum {
	PLACE_COST = 256,         /* row without overview, log entry, state */
	CANCEL_SMALL = 64 * 1024, /* a cancel of this size is taken when posts are not */
	MID_MAX = 998,            /* RFC 5536 section 3.1.3 has 250; a line is the outer limit */
};

struct store_made {
	struct store_job job;
	bool returns; /* its article was here */
	struct posted post;
};

/* ---- what the job does ---- */

int post_check(struct txn *t, const struct posted *p)
{
	struct group_state st;
	struct history old;

	int rc = incoming_check(&p->in);
	if (rc < 0)
		return rc;
	rc = history_get(t, p->mid_hash, &old);
	if (rc == 0 && old.state != HISTORY_AWAITED)
		return KERR_EXISTS;
	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	for (unsigned i = 0; i < p->n_groups; i++) {
		rc = state_get(t, p->groups[i], &st);
		if (rc < 0)
			return rc;
		if (st.next >= NUM_MAX)
			return KERR_TOOBIG;
	}
	return p->entry ? entry_check(t, p->entry, true) : 0;
}

/* Give the article its number in its group i. */
static void place_in(
	struct txn *t, const struct posted *p, unsigned i, uint64_t seq, struct place *out)
{
	uint32_t group = p->groups[i];
	struct group_state st;

	if (state_get(t, group, &st) < 0)
		return; /* cannot be: post_check saw it, and t->rc keeps what failed since */
	*out = (struct place){group, st.next};
	if (st.count == 0)
		st.low = st.next;
	st.next++;
	st.count++;
	st.bytes += p->bytes + p->heads[i].bytes;
	st.heads += p->heads[i].text != NULL;
	st.modseq = seq;
	state_set(t, group, &st);
}

static uint64_t log_place(
	struct txn *t, const struct posted *p, enum log_kind kind, struct place at, bool first)
{
	struct log_entry e = {.kind = kind,
		.first = first,
		.group = at.group,
		.num = at.num,
		.content = p->in.content.id,
		.at = p->arrived_at};

	memcpy(e.mid, p->mid_hash, sizeof e.mid);
	return log_append(t, &e);
}

/* Numbers first, so that each row can name all places; then rows and log. */
static void put_rows(struct txn *t, const struct posted *p, struct store_result *res)
{
	struct row r = {.content = p->in.content.id,
		.arrived_at = p->arrived_at,
		.saved_at = p->arrived_at,
		.bytes = p->bytes,
		.lines = p->lines,
		.n_places = p->n_groups};
	const struct row_sealed sealed = incoming_sealed(&p->in);

	for (unsigned i = 0; i < p->n_groups; i++)
		place_in(t, p, i, t->n.seq + 1 + i, &r.places[i]);
	for (unsigned i = 0; i < p->n_groups; i++) {
		r.group = r.places[i].group;
		r.num = r.places[i].num;
		r.seq = log_place(t, p, LOG_ARRIVED, r.places[i], i == 0);
		r.head = p->heads[i].text ? head_put(t, slice_str(p->heads[i].text)) : 0;
		r.head_bytes = p->heads[i].bytes;
		r.head_shapes = p->heads[i].shapes;
		row_put(t, &r, &sealed);
		if (i == 0)
			res->seq = r.seq;
	}
	res->n_places = r.n_places;
	memcpy(res->places, r.places, sizeof res->places);
}

void article_take_out(struct txn *t, const uint8_t mid[STORE_MID_HASH], struct history *h)
{
	for (unsigned i = 0; i < h->n_places; i++)
		row_take_out(t, h->places[i], h->content, mid);
	h->state = HISTORY_CANCELLED;
	h->n_places = 0;
	history_put(t, mid, h);
}

/* A target that has not come yet is remembered, with the article that cancels it. */
static void cancel_target(struct txn *t, const struct posted *p)
{
	struct history h;
	int rc = history_get(t, p->cancels_hash, &h);

	if (rc == 0 && h.state == HISTORY_ARTICLE)
		article_take_out(t, p->cancels_hash, &h);
	else if (rc == KERR_NOTFOUND && p->control)
		history_put(t, p->cancels_hash,
			&(struct history){.state = HISTORY_AWAITED, .content = p->in.content.id});
}

static void put_entry(
	struct txn *t, const struct posted *p, struct history *h, struct store_result *res)
{
	entry_put(t, p->entry, p->mid_hash, p->in.content.id,
		h->n_places > 0 ? h->places[0] : (struct place){0, 0});
	h->feed = p->entry->res.feed;
	h->n = p->entry->res.n;
	res->fed = &p->entry->res;
}

/* Its cancel came first: be it in this very batch. */
static bool is_cancelled(struct txn *t, const struct posted *p)
{
	struct history h;

	return p->obey_awaited && history_get(t, p->mid_hash, &h) == 0 &&
	       h.state == HISTORY_AWAITED;
}

void post_put(struct txn *t, const struct posted *p, struct store_result *res)
{
	struct history h = {.state = HISTORY_ARTICLE, .content = p->in.content.id};
	bool cancelled = is_cancelled(t, p);

	incoming_put(t, &p->in);
	if (cancelled) {
		h.state = HISTORY_CANCELLED;
	} else if (p->control) {
		h.state = HISTORY_CONTROL;
		res->seq = log_place(t, p, LOG_CONTROL, (struct place){0, 0}, true);
	} else {
		put_rows(t, p, res);
		h.n_places = res->n_places;
		memcpy(h.places, res->places, sizeof h.places);
	}
	if (p->entry)
		put_entry(t, p, &h, res);
	history_put(t, p->mid_hash, &h);
	if (p->alias)
		alias_put(t, p->alias_account, slice_str(p->alias), slice_str(p->mid));
	if (p->cancels && !cancelled)
		cancel_target(t, p);
}

void post_fini(struct posted *p)
{
	incoming_fini(&p->in);
	if (p->entry)
		entry_in_fini(p->entry);
	free(p->entry);
	free(p->mid);
	free(p->cancels);
	free(p->alias);
	for (unsigned i = 0; i < p->n_groups; i++)
		free(p->heads[i].text);
}

/* ---- what it is made of ---- */

static int post_valid(const struct store_post *p)
{
	if (p->mid.len == 0 || p->mid.len > MID_MAX || p->cancels.len > MID_MAX ||
		p->alias.len > MID_MAX)
		return KERR_INVALID;
	if (p->n_groups > STORE_PLACES || (p->n_groups == 0) != p->control)
		return KERR_INVALID;
	return 0;
}

static bool has_group(const struct posted *j, uint32_t group)
{
	for (unsigned i = 0; i < j->n_groups; i++)
		if (j->groups[i] == group)
			return true;
	return false;
}

static void add_group(struct posted *j, uint32_t group, const struct store_head *head)
{
	j->groups[j->n_groups] = group;
	if (head)
		j->heads[j->n_groups] =
			(struct posted_head){mem_dup(head->text), head->bytes, head->shapes};
	j->n_groups++;
}

static void copy_names(struct posted *j, const struct store_post *p)
{
	j->mid = mem_dup(p->mid);
	store_mid_hash(p->mid, j->mid_hash);
	if (p->cancels.len > 0) {
		j->cancels = mem_dup(p->cancels);
		store_mid_hash(p->cancels, j->cancels_hash);
	}
	if (p->alias.len > 0)
		j->alias = mem_dup(p->alias);
	j->alias_account = p->alias_account;
	for (unsigned i = 0; i < p->n_groups; i++)
		if (!has_group(j, p->groups[i]))
			add_group(j, p->groups[i], p->heads ? &p->heads[i] : NULL);
}

static enum room_use use_of(const struct store_post *p)
{
	if (p->control && p->article.len <= CANCEL_SMALL)
		return ROOM_CANCEL;
	return p->from_peer ? ROOM_PEER : ROOM_POST;
}

int post_make(struct store *s, const struct store_post *p, struct posted *j)
{
	int rc = post_valid(p);

	if (rc == 0)
		rc = room_check(&s->room, use_of(p));
	if (rc == 0 && p->entry) {
		j->entry = mem_new(struct entry_in);
		rc = entry_in_init(j->entry, p->entry);
	}
	if (rc == 0)
		rc = incoming_make(
			s, CONTENT_ID_NONE, p->article, p->overview, p->structure, &j->in);
	if (rc < 0)
		return rc;
	copy_names(j, p);
	j->bytes = p->article.len;
	j->lines = p->lines;
	j->arrived_at = p->arrived_at;
	j->control = p->control;
	j->obey_awaited = p->obey_awaited;
	return 0;
}

size_t post_cost(const struct posted *p)
{
	return incoming_cost(&p->in, p->n_groups) + (p->entry ? entry_cost(p->entry) : 0);
}

/* ---- store_post ---- */

static struct store_made *post_of(struct store_job *job)
{
	return container_of(job, struct store_made, job);
}

/*
 * The article is here, by this very entry, whose row was damaged: then only that is missing.  h_out
 * is its history.
 */
static bool is_entry_alone(struct txn *t, const struct posted *p, struct history *h_out)
{
	if (!p->entry || p->entry->e.n == 0 || history_get(t, p->mid_hash, h_out) < 0 ||
		h_out->state == HISTORY_AWAITED || h_out->n != p->entry->e.n)
		return false;
	return entry_check(t, p->entry, true) == 0 && !p->entry->fills &&
	       h_out->feed == p->entry->feed.id;
}

static int post_run(struct txn *t, struct store_job *job)
{
	struct store_made *m = post_of(job);
	const struct posted *p = &m->post;
	struct history h;
	int rc = post_check(t, p);

	job->res.fed = NULL; /* it may be run again */
	m->returns = rc == KERR_EXISTS && is_entry_alone(t, p, &h);
	if (m->returns) {
		entry_put(t, p->entry, p->mid_hash, h.content,
			h.n_places > 0 ? h.places[0] : (struct place){0, 0});
		job->res.fed = &p->entry->res;
		return t->rc;
	}
	if (rc < 0)
		return rc;
	post_put(t, p, &job->res);
	return t->rc;
}

static void post_after(struct store *s, struct store_job *job)
{
	if (job->res.rc == 0 && !post_of(job)->returns)
		s->n_articles++;
	else
		incoming_refused(s, &post_of(job)->post.in);
}

static void post_release(struct store_job *job)
{
	post_fini(&post_of(job)->post);
	job_fini(job);
	free(post_of(job));
}

void store_made_free(struct store_made *made)
{
	if (made)
		post_release(&made->job);
}

int store_post_make(struct store *s, const struct store_post *p, struct store_made **made_out)
{
	struct store_made *m = mem_new(struct store_made);
	int rc = post_make(s, p, &m->post);

	if (rc == 0) {
		*made_out = m;
		return 0;
	}
	store_made_free(m);
	if (rc == KERR_IO)
		writer_stop(s, rc); /* the key file could not be synced */
	return rc;
}

int store_post_made(struct store *s, struct store_made *made, const struct store_call *c)
{
	struct list jobs;
	int rc;

	job_init(&made->job, post_cost(&made->post), c, lit("post"));
	made->job.run = post_run;
	made->job.after = post_after;
	made->job.release = post_release;
	list_init(&jobs);
	incoming_pieces(&made->post.in, &jobs);
	list_append(&jobs, &made->job.node);
	rc = writer_add(s, &jobs, false);
	if (rc < 0)
		store_made_free(made);
	return rc;
}

int store_post(struct store *s, const struct store_post *p, const struct store_call *c)
{
	struct store_made *made = NULL;
	int rc = writer_check(s, p->article.len);

	if (rc == 0)
		rc = store_post_make(s, p, &made);
	return rc == 0 ? store_post_made(s, made, c) : rc;
}

/* ---- store_cancel ---- */

struct cancel_job {
	struct store_job job;
	uint8_t mid[STORE_MID_HASH];
};

static int cancel_run(struct txn *t, struct store_job *job)
{
	struct cancel_job *c = container_of(job, struct cancel_job, job);
	struct history h;
	int rc = history_get(t, c->mid, &h);

	if (rc < 0)
		return rc;
	if (h.state != HISTORY_ARTICLE)
		return KERR_NOTFOUND;
	job->res.seq = t->n.seq + 1;
	article_take_out(t, c->mid, &h);
	return t->rc;
}

static void cancel_release(struct store_job *job)
{
	job_fini(job);
	free(container_of(job, struct cancel_job, job));
}

int store_cancel(struct store *s, struct slice mid, const struct store_call *c)
{
	struct cancel_job *j = mem_new(struct cancel_job);
	struct list jobs;

	store_mid_hash(mid, j->mid);
	job_init(&j->job, JOB_COST + STORE_PLACES * PLACE_COST, c, lit("cancel"));
	j->job.run = cancel_run;
	j->job.release = cancel_release;
	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		cancel_release(&j->job);
	return rc;
}
