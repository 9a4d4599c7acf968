/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control pass of a daemon that was away: what all neighbours in reach have of records and
 * control entries is here before content is asked for, or given to others, so that a deletion
 * overtakes what it deletes.  docs/federation.md section 7.1
 *
 * Which entries are control ones, their tags say: those of all that is missing are fetched (KENT).
 */
#include "proto/fed/fed_head.h"
#include "proto/fed/fed_node_priv.h"

enum {
	TRIES_MAX = 5,   /* for a control entry that cannot be had, or lacks a record */
	WAIT_S = 30,     /* for neighbours that are not up yet */
	PASS_S = 10 * 60 /* never longer */
};

/* Tags to be asked of a neighbour: next..upto of a feed, and before those first..next - 1. */
struct tag_scan {
	struct fed_feed_name feed;
	struct fed_epoch as;
	uint64_t first, next, upto;
	struct fed_hash e; /* of upto */
	bool asked;
};

/* A control entry that it has. */
struct control_want {
	struct fed_feed_name feed;
	struct fed_epoch as;
	uint64_t n;
	int64_t at;     /* not before */
	unsigned tries; /* that were in vain */
	bool asked;
};

void node_catch_init(struct fed_peer *p)
{
	vec_init(&p->scans, sizeof(struct tag_scan));
	vec_init(&p->controls, sizeof(struct control_want));
}

void node_catch_fini(struct fed_peer *p)
{
	vec_fini(&p->scans);
	vec_fini(&p->controls);
}

void node_catch_reset(struct fed_node *n, struct fed_peer *p)
{
	for (size_t i = 0; i < p->controls.n; i++) {
		const struct control_want *c = vec_at(&p->controls, i);
		struct fed_feed *f = fed_feeds_get(n->o.feeds, &c->feed);

		if (f)
			f->scanned.s[0] = '\0'; /* what it was to give, others are asked for */
	}
	vec_reset(&p->scans);
	vec_reset(&p->controls);
	p->told_all = false;
	p->n_heads_asked = 0;
}

/* ---- the pass ---- */

void fed_node_catch_up(struct fed_node *n)
{
	n->catching = true;
	n->catch_s = n->steady_s;
}

bool fed_node_catching_up(const struct fed_node *n)
{
	return n->catching;
}

void fed_node_end_catch_up(struct fed_node *n)
{
	if (!n->catching)
		return;
	n->catching = false;
	for (unsigned i = 0; i < FED_PULL_PEERS; i++) {
		vec_reset(&n->peers[i].scans);
		vec_reset(&n->peers[i].controls);
		if (n->peers[i].up)
			n->o.outside->work(n->o.arg, i);
	}
	fed_pull_newest_first(n->pull);
	n->o.outside->news(n->o.arg);
	if (n->o.outside->caught_up)
		n->o.outside->caught_up(n->o.arg);
}

void fed_node_told_all(struct fed_node *n, unsigned peer)
{
	n->peers[peer].told_all = true;
	node_lag_begin(n, &n->peers[peer].oid);
}

void fed_node_told_group(struct fed_node *n, unsigned peer)
{
	if (n->peers[peer].n_heads_asked > 0)
		n->peers[peer].n_heads_asked--;
}

static bool is_done(const struct fed_peer *p)
{
	return p->told_all && p->wants.n == 0 && p->heads.n == 0 && p->n_heads_asked == 0 &&
	       p->scans.n == 0 && p->controls.n == 0;
}

/* The neighbour is done; one that is not up is waited for a little. */
static bool settled(void *arg, const struct fed_oid *oid)
{
	struct fed_node *n = arg;

	for (unsigned i = 0; i < FED_PULL_PEERS; i++) {
		const struct fed_peer *p = &n->peers[i];

		if (p->up && fed_oid_eq(&p->oid, oid)) {
			n->catch_open = n->catch_open || !is_done(p);
			return true;
		}
	}
	n->catch_open =
		n->catch_open || (n->steady_s < n->catch_s + WAIT_S && fed_node_meets(n, oid));
	return true;
}

void node_catch_tick(struct fed_node *n)
{
	if (!n->catching)
		return;
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (n->peers[i].up && n->peers[i].controls.n > 0)
			n->o.outside->work(n->o.arg, i);
	n->catch_open = n->n_on_the_way > 0;
	fed_node_neighbours(n, settled, n);
	if (!n->catch_open || n->steady_s >= n->catch_s + PASS_S)
		fed_node_end_catch_up(n);
}

/* ---- tags ---- */

/* One who joined later has none of what was before, but the same end. */
static bool was_scanned(const struct fed_feed *f, uint64_t from, const struct fed_hash *e)
{
	return fed_hash_eq(&f->scanned, e) && !fed_hash_eq(e, &fed_hash_none) &&
	       f->scanned_from <= from;
}

void node_catch_told(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h)
{
	uint64_t next = f->high + 1 > h->low ? f->high + 1 : h->low;

	if (!n->catching || next > h->high || was_scanned(f, next, &h->e))
		return;
	*(struct tag_scan *)vec_push(&n->peers[peer].scans) =
		(struct tag_scan){f->name, h->as, next, next, h->high, h->e, false};
	n->o.outside->work(n->o.arg, peer);
}

static struct tag_scan *scan_at(struct fed_peer *p, size_t i)
{
	return vec_at(&p->scans, i);
}

static struct control_want *control_at(struct fed_peer *p, size_t i)
{
	return vec_at(&p->controls, i);
}

static void drop(struct vec *v, size_t i, size_t size)
{
	if (i + 1 < v->n)
		memcpy(vec_at(v, i), vec_at(v, v->n - 1), size);
	v->n--;
}

static bool next_scan(struct fed_node *n, struct fed_peer *p, struct fed_request *out)
{
	for (size_t i = 0; i < p->scans.n; i++) {
		struct tag_scan *s = scan_at(p, i);
		uint64_t last = s->next + FED_KENT_MAX - 1;

		if (s->asked || !fed_reg_reads(n->o.reg, &p->oid, &s->feed.gid))
			continue;
		s->asked = true;
		*out = (struct fed_request){.kind = FED_REQ_SIGNS,
			.name = s->feed,
			.as = s->as,
			.n = s->next,
			.upto = last < s->upto ? last : s->upto};
		return true;
	}
	return false;
}

static bool next_control(struct fed_node *n, unsigned peer, struct fed_request *out)
{
	struct fed_peer *p = &n->peers[peer];

	for (size_t i = p->controls.n; i-- > 0;) {
		struct control_want *c = control_at(p, i);
		struct fed_feed *f = fed_feeds_get(n->o.feeds, &c->feed);

		if (!f || fed_feed_has(f, c->n) || c->tries == TRIES_MAX ||
			!fed_reg_reads(n->o.reg, &p->oid, &c->feed.gid)) {
			drop(&p->controls, i, sizeof *c);
			continue;
		}
		if (c->asked || c->at > n->steady_s ||
			!fed_pull_ask(n->pull, f, c->n, peer, n->steady_s))
			continue; /* another is asked */
		c->asked = true;
		*out = (struct fed_request){
			.kind = FED_REQ_ENTRY, .name = c->feed, .as = c->as, .n = c->n};
		return true;
	}
	return false;
}

bool node_next_catch(struct fed_node *n, unsigned peer, struct fed_request *out)
{
	return next_scan(n, &n->peers[peer], out) || next_control(n, peer, out);
}

static bool same_feed(const struct fed_feed_name *a, const struct fed_feed_name *b)
{
	return fed_feed_same_epoch(a, b) && fed_epoch_cmp(&a->epoch, &b->epoch) == 0;
}

static size_t find_scan(struct fed_peer *p, const struct fed_request *req)
{
	size_t i = 0;

	while (i < p->scans.n && !(scan_at(p, i)->asked && scan_at(p, i)->next == req->n &&
					 same_feed(&scan_at(p, i)->feed, &req->name)))
		i++;
	return i;
}

/* A line of the answer; what it says is verified when the entry comes. */
static void scan_line(struct fed_node *n, unsigned peer, struct fed_feed *f,
	const struct tag_scan *scan, const struct fed_sign *s)
{
	if (s->n == f->high + 1 && fed_hash_eq(&s->p, &f->tip.e))
		(void)fed_pull_sure(n->pull, f, peer, f->high);
	if (s->t > f->newest_t && s->t <= (uint64_t)n->now_at + FED_HOLD_S)
		f->newest_t = s->t;
	if (s->y != FED_CONTROL || fed_feed_has(f, s->n))
		return;
	*(struct control_want *)vec_push(&n->peers[peer].controls) =
		(struct control_want){.feed = scan->feed, .as = scan->as, .n = s->n};
}

bool node_catch_signs(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text)
{
	struct fed_peer *p = &n->peers[peer];
	size_t i = find_scan(p, req);
	struct fed_feed *f = fed_feeds_get(n->o.feeds, &req->name);
	struct slice line;
	struct fed_sign s;
	const char *why;

	if (i == p->scans.n)
		return false;
	while (f && slice_split(&text, '\n', &line)) {
		line = slice_trim(line);
		if (line.len == 0 || !fed_sign_parse(line, &s, &why))
			continue;
		if (s.n >= req->n && s.n <= req->upto)
			scan_line(n, peer, f, scan_at(p, i), &s);
	}
	scan_at(p, i)->next = req->upto + 1;
	scan_at(p, i)->asked = false;
	if (req->upto >= scan_at(p, i)->upto) {
		if (f && !was_scanned(f, scan_at(p, i)->first, &scan_at(p, i)->e)) {
			f->scanned = scan_at(p, i)->e;
			f->scanned_from = scan_at(p, i)->first;
		}
		drop(&p->scans, i, sizeof(struct tag_scan));
	}
	n->o.outside->work(n->o.arg, peer);
	return true;
}

bool node_catch_no_signs(struct fed_node *n, unsigned peer, const struct fed_request *req)
{
	struct fed_peer *p = &n->peers[peer];
	size_t i = find_scan(p, req);

	if (i == p->scans.n)
		return false;
	drop(&p->scans, i, sizeof(struct tag_scan));
	return true;
}

/* Signed in the future, by our clock: it is waited for if the pass may last so long. */
static void put_off(const struct fed_node *n, struct control_want *c)
{
	int64_t wait = n->verdict_wait_s;

	c->at = n->steady_s + (wait > 0 ? wait : 1);
	if (wait == 0)
		c->tries++;
	else if (c->at >= n->catch_s + PASS_S)
		c->tries = TRIES_MAX;
}

void node_catch_answered(struct fed_node *n, unsigned peer, const struct fed_request *req)
{
	struct fed_peer *p;

	if (peer >= FED_PULL_PEERS)
		return; /* nobody was asked: another news server brought it */
	p = &n->peers[peer];
	for (size_t i = p->controls.n; i-- > 0;) {
		struct control_want *c = control_at(p, i);

		if (!c->asked || c->n != req->n || !same_feed(&c->feed, &req->name))
			continue;
		c->asked = false; /* it goes when the entry is on disk */
		put_off(n, c);
	}
}
