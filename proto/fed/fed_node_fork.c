/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An origin that signed two entries with one number: where its chains part, and that all of them
 * are held.  docs/federation.md section 7.4
 *
 * Nothing is believed that is not signed: a feed is taken apart when two entries of one place are
 * here whose signatures hold.  What a neighbour says of branches only tells where to look.
 */
#include "proto/base/log.h"
#include "proto/fed/fed_node_priv.h"

enum { BRANCHES_MAX = 4 }; /* of an origin in a group, beside what the store had first */

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
 * Is `hi` where the chains part?  What ours is between them, nobody may know any more: then it is
 * as well.
 */
static bool is_found(struct fed_node *n, const struct fork_probe *p, struct fed_feed *f)
{
	return p->hi - p->lo == 1 || (between(f, p->lo, p->hi) == 0 &&
					     !fed_pull_any_sure(f, p->hi) && node_may_guess(n, f));
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

/* ---- a fork that is proven ---- */

static unsigned n_branches(const struct fed_node *n, const struct fed_feed_name *name)
{
	unsigned found = 0;

	list_each(&n->o.feeds->by_change, it)
	{
		const struct fed_feed *f = container_of(it, struct fed_feed, node);

		found += f->name.epoch.branch[0] != '\0' && !f->unproven &&
			 same_feed(&f->name, &f->stored) && fed_oid_eq(&f->name.oid, &name->oid) &&
			 fed_gid_eq(&f->name.gid, &name->gid);
	}
	return found;
}

/* An empty branch behind `before`; NULL: there are too many. */
static struct fed_feed *branch_make(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_link *before)
{
	const struct fed_group *g = fed_reg_group(n->o.reg, &name->gid);
	struct fed_feed *f = fed_feeds_get(n->o.feeds, name);

	if (f)
		return f;
	if (n_branches(n, name) >= BRANCHES_MAX) {
		log_warn("fed.fork", "gid=%s oid=%s why=\"too many branches\"", name->gid.s,
			name->oid.s);
		return NULL;
	}
	f = fed_feeds_make(n->o.feeds, name);
	f->low = before->n + 1;
	f->high = before->n;
	f->tip = *before;
	if (g)
		f->end = node_feed_end(g, name);
	return f;
}

struct fed_feed *node_branch_heard(
	struct fed_node *n, const struct fed_feed_name *name, uint64_t low)
{
	struct fed_link before = {.n = low - 1};
	struct fed_feed *f = branch_make(n, name, &before);

	if (f)
		f->unproven = true;
	return f;
}

static struct fed_feed_name branch_name(const struct fed_feed *f, const struct fed_sign *s)
{
	struct fed_feed_name name = f->name;
	struct fed_hash e;

	fed_sign_hash(s, &e);
	fed_branch_of(name.epoch.n, &e, &name.epoch);
	return name;
}

/* All are asked what they have of the group, by the names that it has now. */
static void ask_all(struct fed_node *n, const struct fed_gid *gid)
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (n->peers[i].up && fed_reg_reads(n->o.reg, &n->peers[i].oid, gid))
			node_ask_heads(n, i, gid);
}

/* ours->n is 0 where our entry is missing: only the one behind it says that it is another. */
static void tell(struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *ours,
	const struct fed_sign *theirs)
{
	log_warn("fed.fork", "gid=%s oid=%s epoch=%llu n=%llu", name->gid.s, name->oid.s,
		(unsigned long long)name->epoch.n, (unsigned long long)theirs->n);
	n->o.outside->alarm(n->o.arg, FED_ALARM_FORK, &name->oid, fed_gid_slice(&name->gid));
	if (n->o.outside->fork_proof && ours->n > 0)
		n->o.outside->fork_proof(n->o.arg, &name->gid, ours, theirs);
}

/* The tags of an entry that is here.  0 or a KERR_*. */
static int sign_of(struct fed_node *n, const struct fed_feed *f, uint64_t num, struct fed_sign *out)
{
	struct fed_held h;
	const char *why;
	int rc = n->o.outside->held(n->o.arg, f, num, &h);

	return rc < 0 ? rc : fed_sign_parse(slice_str(h.sign), out, &why) ? 0 : KERR_DAMAGED;
}

/*
 * f and this neighbour have different entries `theirs->n` behind the same one.  0, KERR_WAIT.  What
 * the neighbour has said of its entry is kept, as a stub: so the fork is on disk, whatever becomes
 * of who has the rest.
 */
static int fork_found(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_sign *theirs)
{
	struct fed_feed_name name = branch_name(f, theirs);
	struct fed_link ours, before = {.n = theirs->n - 1, .e = theirs->p};
	struct fed_sign sign = {.n = 0};
	int rc = node_known(n, f, theirs->n, &ours);

	if (rc == 0 && fed_feed_has(f, theirs->n))
		rc = sign_of(n, f, theirs->n, &sign);
	if (rc < 0)
		return rc == KERR_WAIT ? rc : 0;
	if (theirs->n > f->low && node_link(n, f, theirs->n - 1, &before) == KERR_WAIT)
		return KERR_WAIT;
	if (fed_feeds_get(n->o.feeds, &name) || !branch_make(n, &name, &before))
		return 0; /* known, or one too many */
	node_split(n, f, theirs->n, &ours);
	(void)!node_take_sign(n, peer, &name, theirs); /* else it comes as others do */
	tell(n, &name, &sign, theirs);
	ask_all(n, &name.gid);
	return 0;
}

/* The entry of another part that stands at the same place, with another E. */
static bool rival_of(struct fed_node *n, const struct fed_feed *branch,
	const struct fed_sign *first, struct fed_sign *out)
{
	struct fed_hash e, other;

	fed_sign_hash(first, &e);
	for (struct fed_feed *p = NULL; (p = node_next_part(n, &branch->name, p)) != NULL;) {
		if (p == branch || !fed_feed_has(p, first->n) || sign_of(n, p, first->n, out) < 0)
			continue;
		fed_sign_hash(out, &other);
		if (!fed_hash_eq(&e, &other))
			return true;
	}
	return false;
}

void node_forks_start(struct fed_node *n)
{
	struct fed_sign first, other;

	if (!n->o.outside->fork_proof)
		return;
	list_each(&n->o.feeds->by_change, it)
	{
		const struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (f->name.epoch.branch[0] && fed_feed_has(f, f->low) &&
			sign_of(n, f, f->low, &first) == 0 && rival_of(n, f, &first, &other))
			n->o.outside->fork_proof(n->o.arg, &f->name.gid, &other, &first);
	}
}

/* ---- a branch by hearsay ---- */

static struct fed_feed *unproven(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *s)
{
	struct fed_feed *f = fed_feeds_get(n->o.feeds, name);

	return f && f->unproven && (s->n == f->low || s->n == f->low + 1) ? f : NULL;
}

/* Its first entry is lost: it is the one behind which this one stands, and not ours. */
static int follows_lost(struct fed_node *n, const struct fed_feed *part, const struct fed_feed *f,
	const struct fed_sign *s, struct fed_link *out)
{
	struct fed_link ours;
	int rc = node_known(n, part, f->low, &ours);

	if (rc < 0)
		return rc == KERR_WAIT ? rc : 0;
	if (node_link(n, part, f->low - 1, out) < 0)
		*out = (struct fed_link){.n = f->low - 1, .e = fed_hash_none};
	return !fed_hash_eq(&ours.e, &s->p);
}

/* Does the branch follow this part?  1, 0, KERR_WAIT; *out: what it follows. */
static int follows(struct fed_node *n, const struct fed_feed *part, const struct fed_feed *f,
	const struct fed_sign *s, struct fed_link *out)
{
	int rc;

	if (part == f || part->unproven || f->low < part->low ||
		(f->low == part->low && part->name.epoch.branch[0] != '\0'))
		return 0; /* no parent: a sibling at most */
	if (s->n > f->low)
		return follows_lost(n, part, f, s, out);
	*out = (struct fed_link){.n = s->n - 1, .e = s->p};
	if (s->n == 1)
		return part->name.epoch.branch[0] == '\0';
	rc = node_known(n, part, s->n - 1, out); /* ours may be missing: what is behind it tells */
	return rc == 0 ? fed_hash_eq(&out->e, &s->p) : rc == KERR_WAIT ? rc : 0;
}

int node_find_parent(struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *s)
{
	struct fed_feed *f = unproven(n, name, s);
	struct fed_link before;
	int rc = 0;

	if (!f)
		return 0;
	for (struct fed_feed *p = NULL; (p = node_next_part(n, name, p)) != NULL;) {
		rc = follows(n, p, f, s, &before);
		if (rc != 0)
			break;
	}
	if (rc > 0)
		f->tip = before; /* or the checks find that it follows nothing */
	return rc == KERR_WAIT ? rc : 0;
}

void node_branch_proven(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *s)
{
	struct fed_feed *f = unproven(n, name, s), *p = NULL;
	struct fed_link before, ours;
	struct fed_sign sign = {.n = 0};

	if (!f)
		return;
	f->unproven = false;
	while ((p = node_next_part(n, name, p)) != NULL)
		if (follows(n, p, f, s, &before) > 0)
			break;
	if (p && p->end < f->low)
		return; /* it was taken apart before */
	if (!p || node_known(n, p, f->low, &ours) < 0) {
		node_loosen(n, name);
		return;
	}
	if (s->n == f->low && fed_feed_has(p, s->n))
		(void)!sign_of(n, p, s->n, &sign);
	node_split(n, p, f->low, &ours);
	tell(n, name, &sign, s);
	ask_all(n, &name->gid);
}

void node_branches_again(struct fed_node *n, const struct fed_feed *f)
{
	struct fed_feed_name name = f->name;
	struct vec all;

	node_branches(n, &name, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct fed_feed *b = *(struct fed_feed **)vec_at(&all, i);
		struct fed_sign first, ours;

		if (!node_part_attach(n, b))
			continue;
		ask_all(n, &name.gid);
		if (!fed_feed_has(b, b->low) || sign_of(n, b, b->low, &first) < 0)
			continue;
		if (!rival_of(n, b, &first, &ours))
			ours.n = 0;
		tell(n, &b->name, &ours, &first);
	}
	vec_fini(&all);
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
	name = branch_name(f, s);
	b = branch_make(n, &name, &end);
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

/* 1: the next entry is asked for; 0: done; KERR_WAIT. */
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
	return is_found(n, p, f) && p->known ? fork_found(n, p->peer, f, &p->theirs) : 1;
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
	return 0;
}

void node_got_no_signs(struct fed_node *n, unsigned peer, const struct fed_request *req)
{
	size_t i = find_probe(n, peer, &req->name);

	if (i < n->probes.n)
		give_up(n, i);
}
