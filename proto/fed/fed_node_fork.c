/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An origin that signed two entries with one number: that all of its chains are held.
 * docs/federation.md section 7.4
 *
 * Nothing is believed that is not signed: a feed is taken apart when two entries of one place are
 * here whose signatures hold.  What a neighbour says of branches only tells where to look.
 */
#include "proto/base/log.h"
#include "proto/fed/fed_node_priv.h"

enum { BRANCHES_MAX = 4 }; /* of an origin in a group, beside what the store had first */

static bool same_feed(const struct fed_feed_name *a, const struct fed_feed_name *b)
{
	return fed_feed_same_epoch(a, b) && fed_epoch_cmp(&a->epoch, &b->epoch) == 0;
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

struct fed_feed *node_branch_make(
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
	struct fed_feed *f = node_branch_make(n, name, &before);

	if (f)
		f->unproven = true;
	return f;
}

struct fed_feed_name node_branch_name(const struct fed_feed *f, const struct fed_sign *s)
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

/* A branch with its first entry, as a stub.  Nothing is taken apart for one that is not kept. */
static int branch_put(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_link *before, const struct fed_sign *first)
{
	struct fed_feed *branch = node_branch_make(n, name, before);
	int rc = branch ? node_take_sign(n, peer, name, first) : KERR_FULL;

	if (branch && rc < 0)
		fed_feeds_drop(n->o.feeds, branch);
	return rc;
}

/*
 * What the neighbour has said of its entry is kept, as a stub: so the fork is on disk, whatever
 * becomes of who has the rest.
 */
int node_fork_found(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_sign *theirs)
{
	struct fed_feed_name name = node_branch_name(f, theirs);
	struct fed_link ours, before = {.n = theirs->n - 1, .e = theirs->p};
	struct fed_sign sign = {.n = 0};
	struct fed_feed *branch;
	int rc = node_known(n, f, theirs->n, &ours);

	if (rc == 0 && fed_feed_has(f, theirs->n))
		rc = sign_of(n, f, theirs->n, &sign);
	if (rc < 0)
		return rc == KERR_WAIT ? rc : 0;
	if (theirs->n > f->low && node_link(n, f, theirs->n - 1, &before) == KERR_WAIT)
		return KERR_WAIT;
	branch = fed_feeds_get(n->o.feeds, &name);
	if (branch && branch->unproven && !branch->want) { /* nobody tells of it any more */
		fed_feeds_drop(n->o.feeds, branch);
		branch = NULL;
	}
	if (branch && (branch->unproven || f->end < theirs->n))
		return 0; /* it is proven by its first entry; or it was taken apart before */
	rc = branch ? 0 : branch_put(n, peer, &name, &before, theirs);
	if (rc < 0)
		return rc == KERR_WAIT || rc == KERR_BUSY ? rc : 0;
	node_split(n, f, theirs->n, &ours);
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

/*
 * What it follows is not here.  A part that has another entry in the place of its first is apart
 * from it there at the latest.
 */
static struct fed_feed *beside(struct fed_node *n, const struct fed_feed *f)
{
	struct fed_feed *p = NULL;

	while ((p = node_next_part(n, &f->name, p)) != NULL)
		if (p != f && !p->unproven && p->low < f->low && p->end >= f->low &&
			fed_feed_has(p, f->low))
			return p;
	return NULL;
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
	ask_all(n, &name->gid); /* of what they have of it only the first entry was asked for */
	while ((p = node_next_part(n, name, p)) != NULL)
		if (follows(n, p, f, s, &before) > 0)
			break;
	p = p ? p : beside(n, f);
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
