/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What neighbours say they hold.  A head that ends in another entry than ours at that place, or
 * names a branch, is looked into: what its origin signed twice is held twice (fed_node_fork.c).
 */
#include "proto/fed/fed_node_priv.h"

enum {
	EMPTY_FEEDS_MAX = 1000, /* feeds that exist by the word of one neighbour alone */
	AGAIN_S = 5,            /* until heads that could not be placed are asked for anew */
};

/* ---- asking for heads ---- */

void node_ask_heads(struct fed_node *n, unsigned peer, const struct fed_gid *gid)
{
	struct vec *heads = &n->peers[peer].heads;
	size_t i = 0;

	while (i < heads->n && !fed_gid_eq(vec_at(heads, i), gid))
		i++;
	if (i == heads->n)
		*(struct fed_gid *)vec_push(heads) = *gid;
	n->o.outside->work(n->o.arg, peer);
}

static struct head_again *again_at(const struct fed_peer *p, size_t i)
{
	return vec_at(&p->again, i);
}

void node_ask_heads_again(struct fed_node *n, unsigned peer, const struct fed_gid *gid)
{
	struct fed_peer *p = &n->peers[peer];

	for (size_t i = 0; i < p->again.n; i++)
		if (fed_gid_eq(&again_at(p, i)->gid, gid))
			return;
	*(struct head_again *)vec_push(&p->again) =
		(struct head_again){*gid, n->steady_s + AGAIN_S};
}

bool node_heads_again(struct fed_node *n)
{
	bool any = false;

	for (unsigned peer = 0; peer < FED_PULL_PEERS; peer++) {
		struct fed_peer *p = &n->peers[peer];

		for (size_t i = p->again.n; i-- > 0;) {
			struct head_again a = *again_at(p, i);

			if (a.at > n->steady_s)
				continue;
			*again_at(p, i) = *again_at(p, p->again.n - 1);
			p->again.n--;
			node_ask_heads(n, peer, &a.gid);
			any = true;
		}
	}
	return any;
}

/* ---- being told ---- */

static bool in_scope(struct fed_node *n, struct fed_peer *p, const struct fed_feed_name *name)
{
	const struct fed_federation *f = fed_reg_federation(n->o.reg);

	if (!f || !fed_federation_daemon(f, &name->oid) ||
		!fed_reg_reads(n->o.reg, &n->o.self, &name->gid))
		return false;
	if (fed_reg_reads(n->o.reg, &p->oid, &name->gid))
		return true;
	if (fed_reg_misled(n->o.reg, &p->oid, &name->gid))
		return false; /* it does not know better yet */
	p->got[FED_GOT_INTRUDER]++;
	n->o.outside->alarm(n->o.arg, FED_ALARM_INTRUDER, &p->oid, fed_gid_slice(&name->gid));
	return false;
}

/* The feed of a head; one that is not here is made, within bounds. */
static struct fed_feed *feed_of_head(
	struct fed_node *n, struct fed_peer *p, const struct fed_feed_name *name)
{
	struct fed_feed *f = fed_feeds_get(n->o.feeds, name);
	const struct fed_group *g;

	if (f || p->n_empty >= EMPTY_FEEDS_MAX)
		return f;
	p->n_empty++;
	f = node_feed_make(n, name);
	g = fed_reg_group(n->o.reg, &name->gid);
	if (g)
		f->end = node_feed_end(g, name);
	return f;
}

/* False: it has nothing that we have not. */
static bool pull(struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h)
{
	bool more = fed_pull_head(n->pull, f, peer, h);

	if (more)
		n->o.outside->work(n->o.arg, peer);
	return more;
}

/*
 * The first entry alone of what the neighbour has by the name of a branch; where that one is lost,
 * the second, which follows it.  next: only while nothing lies beyond a gap.
 */
static void pull_first(struct fed_node *n, unsigned peer, struct fed_feed *f,
	const struct fed_holding *h, bool next)
{
	bool lost = h->high < h->low && fed_spans_has(&h->ahead, h->low + 1);
	uint64_t num = h->low + lost;
	struct fed_holding one = {.low = num, .high = num, .as = h->as, .next = next};

	fed_spans_init(&one.ahead);
	fed_spans_init(&one.stubs);
	(void)pull(n, peer, f, &one);
	fed_spans_fini(&one.ahead);
	fed_spans_fini(&one.stubs);
}

static void heard(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_holding *h)
{
	struct fed_feed *b = node_branch_heard(n, name, h->low);

	n->peers[peer].n_empty++;
	if (b)
		pull_first(n, peer, b, h, false);
}

void node_kin_told(struct fed_node *n, const struct fork_probe *p, struct fed_feed *f,
	const struct fed_sign *s, const struct fed_link *ours)
{
	struct fed_feed_name name = f->name;
	struct fed_link first;
	struct fed_hash e;

	name.epoch = p->as;
	fed_sign_hash(s, &e);
	if (p->h.low > f->end || node_known(n, f, p->h.low, &first) != KERR_NOTFOUND ||
		fed_feeds_get(n->o.feeds, &name))
		return; /* much has happened since: it is told again */
	if (fed_hash_eq(&e, &ours->e))
		pull_first(n, p->peer, f, &p->h, false);
	else if (n->peers[p->peer].n_empty < EMPTY_FEEDS_MAX)
		heard(n, p->peer, &name, &p->h);
}

/* What a branch that is told and not known has to do with a part of the chain that is. */
enum kinship {
	KIN_NONE,    /* it does not begin in this part */
	KIN_SIBLING, /* another entry stands there: it is a fork, if this one is real */
	KIN_SELF,    /* its first entry is that of the part: the other branch is yet to come */
	KIN_NEXT,    /* it begins right behind what is here */
	KIN_OURS,    /* ... and what is here beyond the gap is of it */
	KIN_UNSURE,  /* ... or not: that is to be seen first */
	KIN_WAIT,    /* come again */
};

bool node_may_guess(const struct fed_node *n, struct fed_feed *f)
{
	if (f->guess_s == 0 || n->steady_s >= f->guess_s + FED_GUESS_FOR_S)
		f->guess_s = n->steady_s + FED_GUESS_S;
	return n->steady_s >= f->guess_s;
}

/* An entry beyond our gap that it has, or the one before, which is named there; 0: none. */
static uint64_t common_beyond(const struct fed_feed *part, const struct fed_holding *h)
{
	for (size_t i = 0; i < fed_spans_n(&part->ahead); i++) {
		uint64_t from = fed_spans_at(&part->ahead, i)->from;

		for (uint64_t num = from; num >= from - 1 && num >= h->low; num--)
			if (num <= h->high || fed_spans_has(&h->ahead, num))
				return num;
	}
	return 0;
}

/*
 * It would fill a gap: what lies beyond that must not be of another continuation.  Where the
 * neighbour has an entry that tells, it is asked for that.  Where not, those that others tell of
 * may have one: it is put there only when it is told again.  What lies before it may be missing as
 * well: then nothing but such an entry shows whether it is of this part.
 */
static enum kinship kinship_in_gap(
	struct fed_node *n, unsigned peer, struct fed_feed *part, const struct fed_holding *h)
{
	bool next = h->low == part->high + 1;
	struct fed_link l;
	uint64_t num;
	int rc;

	if (fed_feed_gapless(part))
		return next ? KIN_NEXT : KIN_WAIT;
	rc = h->high < h->low ? KERR_NOTFOUND : node_known(n, part, h->high, &l);
	if (rc == 0 && fed_hash_eq(&l.e, &h->e))
		return KIN_OURS;
	if (rc == 0)
		return next ? KIN_SIBLING : KIN_WAIT;
	num = common_beyond(part, h);
	if (rc == KERR_NOTFOUND && num > 0) {
		fed_pull_forget(n->pull, part, peer); /* what was guessed */
		(void)node_kin_begin(n, peer, part, h, num);
	}
	if (rc != KERR_NOTFOUND || num > 0 || fed_pull_any_sure(part, h->low) ||
		!node_may_guess(n, part))
		return KIN_UNSURE;
	return next ? KIN_NEXT : KIN_WAIT;
}

static enum kinship kinship_of(struct fed_node *n, unsigned peer, struct fed_feed *part,
	const struct fed_feed_name *name, const struct fed_holding *h)
{
	uint64_t low = h->low;
	struct fed_link l;
	int rc;

	if (part->unproven || low < part->low)
		return KIN_NONE;
	if (low > part->end)
		return part->forked && low == part->end + 1 ? KIN_SIBLING : KIN_NONE;
	rc = node_known(n, part, low, &l);
	if (rc == KERR_NOTFOUND)
		return kinship_in_gap(n, peer, part, h);
	if (rc < 0)
		return KIN_WAIT;
	return memcmp(l.e.s, name->epoch.branch, FED_BRANCH_LEN) == 0 ? KIN_SELF : KIN_SIBLING;
}

/*
 * A branch that is not known here.  Its first entry is what proves it: that is asked for, as a
 * branch where another one stands, as the next of the feed where none does.
 */
static void told_branch(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_holding *h)
{
	struct fed_feed_name plain = *name;
	struct fed_feed *next = NULL, *ours = NULL;
	bool rival = false, unsure = false;

	plain.epoch.branch[0] = '\0';
	struct fed_feed *any = feed_of_head(n, &n->peers[peer], &plain);
	if (!any)
		return;
	for (struct fed_feed *f = NULL; (f = node_next_part(n, name, f)) != NULL;) {
		enum kinship kin = kinship_of(n, peer, f, name, h);

		fed_pull_parted(n->pull, f, peer, h->low);
		rival = rival || kin == KIN_SIBLING;
		unsure = unsure || kin == KIN_UNSURE;
		next = kin == KIN_NEXT ? f : next;
		ours = kin == KIN_SELF || kin == KIN_OURS ? f : ours;
	}
	if (rival && !ours && !unsure && n->peers[peer].n_empty < EMPTY_FEEDS_MAX) {
		heard(n, peer, name, h);
		return;
	}
	next = ours ? ours : next;
	if (next && !fed_feed_has(next, h->low))
		pull_first(n, peer, next, h, !ours && fed_feed_gapless(next));
	else if (!next && !unsure && node_may_guess(n, any))
		heard(n, peer, name, h); /* what it follows seems to be nowhere any more */
	node_ask_heads_again(n, peer, &name->gid);
}

/* Does it end in another entry than ours?  0, 1, KERR_WAIT. */
static int differs(
	struct fed_node *n, const struct fed_feed *f, uint64_t high, const struct fed_hash *e)
{
	struct fed_link l;
	int rc;

	if (high < f->low || fed_hash_eq(e, &fed_hash_none))
		return 0; /* nothing is said of an entry */
	rc = node_known(n, f, high, &l);
	return rc == 0 ? !fed_hash_eq(&l.e, e) : rc == KERR_WAIT ? rc : 0;
}

/*
 * Both have a gap, and the same numbers behind it; of what stands there a head says nothing, and
 * where nobody has what is missing nothing else would ever tell.
 */
static void compare_beyond(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h)
{
	uint64_t top = fed_pull_top(f, h);

	if (fed_spans_n(&f->ahead) > 0 && fed_spans_n(&h->ahead) > 0 && top > f->high)
		node_align_begin(n, peer, &(struct fed_ask){f, top, h->as});
}

static void told_feed(struct fed_node *n, unsigned peer, struct fed_feed *f, struct fed_holding *h)
{
	int rc = differs(n, f, h->high, &h->e);

	node_mark_told(f, peer, h->high);
	node_note_told(n, peer, f, h);
	node_probe_told(n, peer, f, h);
	if (f->unproven) {
		pull_first(n, peer, f, h, false);
		return;
	}
	if (rc == KERR_WAIT) {
		node_ask_heads_again(n, peer, &f->name.gid);
		return;
	}
	if (rc > 0) {
		n->peers[peer].got[FED_GOT_FORK]++;
		node_fork_begin(n, peer, f, &h->as, h->high);
		return;
	}
	if (f->forked && h->high > f->end)
		node_place_begin(n, peer, f, h);
	if (h->high >= f->low && fed_feed_has(f, h->high) && !fed_hash_eq(&h->e, &fed_hash_none))
		h->sure = h->high; /* it was compared */
	if (!pull(n, peer, f, h))
		compare_beyond(n, peer, f, h);
	node_catch_told(n, peer, f, h);
}

static uint64_t last_of(uint64_t high, const struct fed_spans *ahead)
{
	size_t n = fed_spans_n(ahead);
	uint64_t last = n > 0 ? fed_spans_at(ahead, n - 1)->to : 0;

	return last > high ? last : high;
}

/*
 * An own feed of which others have more: its end is not here, so nothing may be issued in it any
 * more (docs/federation.md section 7.3).  Said once in a life.
 */
static void told_own(struct fed_node *n, const struct fed_peer *p, struct fed_feed *f,
	const struct fed_holding *h)
{
	if (f->behind || f->forked || f->name.epoch.branch[0] != '\0' ||
		(h->high <= f->high && last_of(h->high, &h->ahead) <= last_of(f->high, &f->ahead)))
		return;
	f->behind = true;
	n->o.outside->alarm(n->o.arg, FED_ALARM_BEHIND_OWN, &p->oid, fed_gid_slice(&f->name.gid));
}

void fed_node_told_head(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_holding *h, const struct fed_hash *e_of_high)
{
	struct fed_peer *p = &n->peers[peer];
	struct fed_holding told = *h;
	struct fed_feed *f;

	if (!p->up || !in_scope(n, p, name))
		return;
	told.e = *e_of_high;
	told.as = name->epoch;
	told.sure = 0;
	f = fed_feeds_get(n->o.feeds, name);
	if (!f && name->epoch.branch[0] != '\0') {
		told_branch(n, peer, name, &told);
		return;
	}
	f = f ? f : feed_of_head(n, p, name);
	if (!f)
		return;
	if (fed_oid_eq(&name->oid, &n->o.self))
		told_own(n, p, f, &told);
	told_feed(n, peer, f, &told);
}
