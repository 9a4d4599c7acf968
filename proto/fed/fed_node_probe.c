/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a neighbour's chain leaves ours, and which branch it has: asked for entry by entry (KENT).
 * docs/federation.md section 7.4
 */
#include "proto/fed/fed_node_priv.h"

static struct fork_probe *probe_at(const struct fed_node *n, size_t i)
{
	return vec_at(&n->probes, i);
}

static void probe_end(struct fed_node *n, size_t i)
{
	struct fork_probe *p = probe_at(n, i);

	fed_spans_fini(&p->h.ahead);
	fed_spans_fini(&p->h.stubs);
	*p = *probe_at(n, n->probes.n - 1);
	n->probes.n--;
}

void node_probes_gone(struct fed_node *n, unsigned peer)
{
	for (size_t i = n->probes.n; i-- > 0;)
		if (probe_at(n, i)->peer == peer)
			probe_end(n, i);
}

void node_probes_free(struct fed_node *n)
{
	while (n->probes.n > 0)
		probe_end(n, n->probes.n - 1);
	vec_fini(&n->probes);
}

static bool same_feed(const struct fed_feed_name *a, const struct fed_feed_name *b)
{
	return fed_feed_same_epoch(a, b) && fed_epoch_cmp(&a->epoch, &b->epoch) == 0;
}

static size_t find_probe(const struct fed_node *n, unsigned peer, const struct fed_feed_name *feed)
{
	size_t i = 0;

	while (i < n->probes.n &&
		(probe_at(n, i)->peer != peer || !same_feed(&probe_at(n, i)->feed, feed)))
		i++;
	return i;
}

static struct fork_probe *probe_new(
	struct fed_node *n, unsigned peer, const struct fed_feed *f, const struct fed_epoch *as)
{
	struct fork_probe *p;

	if (peer >= FED_PULL_PEERS || find_probe(n, peer, &f->name) < n->probes.n)
		return NULL; /* under way */
	p = vec_push(&n->probes);
	*p = (struct fork_probe){.feed = f->name, .as = *as, .peer = peer};
	fed_spans_init(&p->h.ahead);
	fed_spans_init(&p->h.stubs);
	n->o.outside->work(n->o.arg, peer);
	return p;
}

/* ---- asking ---- */

/*
 * An entry in lo+1 .. hi-1 of which we know what ours is, near the middle; 0: none.  Of one that is
 * missing the entry behind it knows.
 */
static uint64_t between(const struct fed_feed *f, uint64_t lo, uint64_t hi)
{
	uint64_t mid = lo + (hi - lo) / 2, at;

	if (hi - lo < 2)
		return 0;
	if (fed_feed_has(f, mid) || fed_feed_has(f, mid + 1))
		return mid;
	at = fed_spans_next(&f->ahead, mid + 1) - 1;
	if (at < hi)
		return at;
	return f->high > lo && f->high < mid ? f->high : 0;
}

/*
 * Is `hi` where the chains part?  It is when ours is here, for it follows what is before it.  Of
 * one that is missing the entry behind it says what it is, and nothing what it follows: somebody
 * may know that, or nobody any more, and then it is as well.
 */
static bool is_found(struct fed_node *n, const struct fork_probe *p, struct fed_feed *f)
{
	if (p->hi - p->lo == 1 && (fed_feed_has(f, p->hi) || fed_feed_link(f, p->hi)))
		return true;
	return (p->mute || between(f, p->lo, p->hi) == 0) && !fed_pull_any_sure(f, p->hi) &&
	       node_may_guess(n, f);
}

/* Which entry is asked for next; 0: no more can be told for now. */
static uint64_t next_of(struct fed_node *n, const struct fork_probe *p, struct fed_feed *f)
{
	uint64_t mid = between(f, p->lo, p->hi);

	if (p->place)
		return f->end + 1;
	if (p->align || p->kin)
		return p->hi;
	if (mid > 0)
		return mid;
	return is_found(n, p, f) && !p->known ? p->hi : 0;
}

/* Nothing can be told for now: it is not asked for more of the feed until it tells of it again. */
static void give_up(struct fed_node *n, size_t i)
{
	const struct fork_probe *p = probe_at(n, i);
	struct fed_feed *f = fed_feeds_get(n->o.feeds, &p->feed);

	if (f)
		fed_pull_forget(n->pull, f, p->peer);
	node_ask_heads_again(n, p->peer, &p->feed.gid);
	probe_end(n, i);
}

bool node_next_probe(struct fed_node *n, unsigned peer, struct fed_request *out)
{
	for (size_t i = n->probes.n; i-- > 0;) {
		struct fork_probe *p = probe_at(n, i);
		struct fed_feed *f;

		if (p->peer != peer || p->asked)
			continue;
		f = fed_feeds_get(n->o.feeds, &p->feed);
		p->at = f && fed_reg_reads(n->o.reg, &n->peers[peer].oid, &p->feed.gid)
				? next_of(n, p, f)
				: 0;
		if (p->at == 0) {
			give_up(n, i);
			continue;
		}
		p->asked = true;
		*out = (struct fed_request){.kind = FED_REQ_SIGNS,
			.name = p->feed,
			.as = p->as,
			.n = p->at,
			.upto = p->at};
		return true;
	}
	return false;
}

void node_fork_begin(struct fed_node *n, unsigned peer, const struct fed_feed *f,
	const struct fed_epoch *as, uint64_t differs_at)
{
	struct fork_probe *p = probe_new(n, peer, f, as);

	if (!p)
		return;
	p->lo = f->low - 1;
	p->hi = differs_at;
}

void node_align_begin(struct fed_node *n, unsigned peer, const struct fed_ask *a)
{
	struct fork_probe *p = probe_new(n, peer, a->feed, &a->as);

	if (!p)
		return;
	p->align = true;
	p->lo = a->feed->low - 1;
	p->hi = a->n;
}

static void keep_head(struct fork_probe *p, const struct fed_holding *h)
{
	p->h.low = h->low;
	p->h.high = h->high;
	p->h.e = h->e;
	p->h.as = h->as;
	fed_spans_copy(&p->h.ahead, &h->ahead);
	fed_spans_copy(&p->h.stubs, &h->stubs);
}

bool node_kin_begin(struct fed_node *n, unsigned peer, const struct fed_feed *f,
	const struct fed_holding *h, uint64_t num)
{
	struct fork_probe *p = probe_new(n, peer, f, &h->as);

	if (!p)
		return false;
	p->kin = true;
	p->hi = num;
	keep_head(p, h);
	return true;
}

void node_place_begin(
	struct fed_node *n, unsigned peer, const struct fed_feed *f, const struct fed_holding *h)
{
	struct fork_probe *p = probe_new(n, peer, f, &h->as);

	if (!p)
		return;
	p->place = true;
	keep_head(p, h);
}

void node_fork_met(
	struct fed_node *n, unsigned peer, const struct fed_request *req, const struct fed_sign *s)
{
	const struct fed_feed *f = fed_feeds_get(n->o.feeds, &req->name);
	struct fed_link l;

	if (!f || peer >= FED_PULL_PEERS)
		return;
	if (s->n >= f->low && (fed_feed_has(f, s->n) || fed_feed_has(f, s->n + 1)))
		node_fork_begin(n, peer, f, &req->as, s->n);
	else if (s->n > f->low && node_link(n, f, s->n - 1, &l) == 0 && !fed_hash_eq(&l.e, &s->p))
		node_fork_begin(n, peer, f, &req->as, s->n - 1);
	else
		node_ask_heads_again(n, peer, &req->name.gid);
}

void node_probe_told(
	struct fed_node *n, unsigned peer, const struct fed_feed *f, const struct fed_holding *h)
{
	size_t i = find_probe(n, peer, &f->name);

	if (i < n->probes.n && fed_epoch_cmp(&probe_at(n, i)->as, &h->as) == 0)
		probe_at(n, i)->renamed = probe_at(n, i)->hi > h->high &&
					  !fed_spans_has(&h->ahead, probe_at(n, i)->hi);
}

/* ---- answers ---- */

static bool sign_holds(
	const struct fed_node *n, const struct fed_request *req, const struct fed_sign *s)
{
	const struct fed_daemon *d = fed_reg_daemon(n->o.reg, &s->o);
	struct fed_public key;

	return fed_gid_eq(&s->g, &req->name.gid) && fed_oid_eq(&s->o, &req->name.oid) &&
	       s->e == req->name.epoch.n && s->n == req->n && d &&
	       fed_daemon_key(d, &s->k, &key) != FED_KEY_UNKNOWN && fed_sign_verify(s, &key);
}

/* The neighbour's first entry behind the common part.  True: the probe goes on as a halving. */
static bool placed(
	struct fed_node *n, struct fork_probe *p, struct fed_feed *f, const struct fed_sign *s)
{
	struct fed_link end;
	struct fed_feed_name name;
	struct fed_feed *b;

	if (f->end >= f->low && node_link(n, f, f->end, &end) == 0 && !fed_hash_eq(&end.e, &s->p)) {
		p->place = false;
		p->lo = f->low - 1;
		p->hi = f->end;
		return true;
	}
	end = (struct fed_link){.n = s->n - 1, .e = s->p};
	(void)node_link(n, f, f->end, &end);
	name = node_branch_name(f, s);
	b = node_branch_make(n, &name, &end);
	if (!b)
		return false;
	if (b->unproven)
		b->tip = end;
	b->unproven = false; /* its origin signed it, and it follows */
	(void)!node_take_sign(n, p->peer, &name, s);
	p->h.low = b->low;
	if (fed_pull_head(n->pull, b, p->peer, &p->h))
		n->o.outside->work(n->o.arg, p->peer);
	return false;
}

/* 1: the next entry is asked for; 0: done; KERR_WAIT; KERR_BUSY: nothing can be done now. */
static int halved(
	struct fed_node *n, struct fork_probe *p, struct fed_feed *f, const struct fed_sign *s)
{
	struct fed_link ours;
	struct fed_hash e;
	int rc = node_known(n, f, p->at, &ours);

	if (rc < 0)
		return rc == KERR_WAIT ? rc : 0;
	if (p->kin) {
		node_kin_told(n, p, f, s, &ours);
		return 0;
	}
	fed_sign_hash(s, &e);
	if (fed_hash_eq(&e, &ours.e)) {
		if (p->align)
			fed_pull_sure(n->pull, f, p->peer, p->at);
		p->lo = p->at;
	} else {
		p->align = false;
		p->hi = p->at;
		p->theirs = *s;
		p->known = true;
	}
	if (p->lo >= p->hi)
		return 0; /* it has ours by now */
	return is_found(n, p, f) && p->known ? node_fork_found(n, p->peer, f, &p->theirs) : 1;
}

int node_got_signs(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text)
{
	size_t i = find_probe(n, peer, &req->name);
	struct fed_feed *f = fed_feeds_get(n->o.feeds, &req->name);
	struct slice line = slice_head(text, slice_find(text, lit("\r\n")));
	const char *why = NULL;
	struct fed_sign s;
	int rc = 0;

	if (i == n->probes.n || !f || !probe_at(n, i)->asked)
		return 0;
	struct fork_probe *p = probe_at(n, i);
	if (!fed_reg_reads(n->o.reg, &n->peers[peer].oid, &req->name.gid)) {
		give_up(n, i); /* it was put out since */
		return 0;
	}
	if (!fed_sign_parse(line, &s, &why) || !sign_holds(n, req, &s)) {
		n->peers[peer].got[FED_GOT_BAD]++;
		give_up(n, i);
		return 0;
	}
	rc = p->place ? placed(n, p, f, &s) : halved(n, p, f, &s);
	if (rc == KERR_WAIT)
		return rc;
	p->asked = false;
	n->o.outside->work(n->o.arg, peer);
	if (rc == 0)
		probe_end(n, i);
	else if (rc < 0)
		give_up(n, i);
	return 0;
}

void node_got_no_signs(struct fed_node *n, unsigned peer, const struct fed_request *req)
{
	size_t i = find_probe(n, peer, &req->name);
	struct fed_feed *f = fed_feeds_get(n->o.feeds, &req->name);

	if (i == n->probes.n)
		return;
	struct fork_probe *p = probe_at(n, i);
	p->mute = true; /* unless it has met the fork since it was asked */
	if (f && p->known && !p->renamed && is_found(n, p, f) &&
		node_fork_found(n, peer, f, &p->theirs) == 0)
		probe_end(n, i);
	else
		give_up(n, i);
}
