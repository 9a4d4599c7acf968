/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold when all is healed and quiet, looked at from outside: on the disks, by the owner's
 * record of each group, with none of the node's own judgement.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_head.h"
#include "tests/sim/sim_priv.h"

static const char *fails(struct sim_world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *fails(struct sim_world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, ap);
	va_end(ap);
	return w->why;
}

/* ---- 2: equal heads and equal content ---- */

/*
 * An entry on a disk.  Of an origin that signed two continuations, which of them lies in the feed
 * and which in a branch depends on what came first: so entries are compared, not feeds.
 */
struct held {
	char feed[FED_FEED_NAME_LEN]; /* without its branch */
	const struct sim_entry *e;
};

struct collect {
	const struct sim_group *g;
	struct vec *out; /* struct held */
};

static void collect_feed(void *arg, struct slice key, void *value)
{
	const struct collect *c = arg;
	const struct sim_feed *f = value;
	struct held h;

	if (!slice_starts(key, fed_gid_slice(&c->g->gid)))
		return;
	memcpy(h.feed, f->name, sizeof h.feed);
	h.feed[slice_chr(slice_str(f->name), '~')] = '\0';
	for (size_t i = 0; i < f->entries.n; i++) {
		h.e = vec_at(&f->entries, i);
		if (h.e->link.n < f->low)
			continue; /* of before it began anew */
		*(struct held *)vec_push(c->out) = h;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	int order = strcmp(x->feed, y->feed);

	if (order == 0 && x->e->link.n != y->e->link.n)
		order = x->e->link.n < y->e->link.n ? -1 : 1;
	return order != 0 ? order : strcmp(x->e->link.e.s, y->e->link.e.s);
}

static void collect(const struct sim_daemon *d, const struct sim_group *g, struct vec *out)
{
	struct collect c = {g, out};

	vec_init(out, sizeof(struct held));
	map_each(d->disk.feeds, collect_feed, &c);
	if (out->n > 1)
		qsort(out->data, out->n, sizeof(struct held), by_place);
}

/* Has any of those who are members in the end the entry with this E? */
static bool anybody_has(const struct sim_world *w, const struct sim_group *g,
	const struct fed_group *rec, const struct fed_hash *e)
{
	bool found = false;

	for (unsigned i = 0; i < w->o.n_daemons && !found; i++) {
		struct vec all;

		if (!fed_group_member(rec, &w->daemons[i].oid))
			continue;
		collect(&w->daemons[i], g, &all);
		for (size_t k = 0; k < all.n && !found; k++)
			found = fed_hash_eq(&((struct held *)vec_at(&all, k))->e->link.e, e);
		vec_fini(&all);
	}
	return found;
}

/*
 * What it follows can be nowhere any more: the disk of its origin was put back before anybody had
 * fetched it; or the origin, which nobody asks since it was put out, is the only one that has it,
 * for the disks of others were put back.
 */
static bool may_have_gap(const struct sim_world *w, const struct sim_group *g,
	const struct fed_group *rec, const struct sim_entry *e)
{
	bool put_back = false;

	for (unsigned i = 0; i < w->o.n_daemons; i++) {
		const struct sim_daemon *d = &w->daemons[i];

		if (fed_oid_eq(&d->oid, &e->sign.o) || !fed_group_member(rec, &e->sign.o))
			put_back = put_back || d->put_back;
	}
	return put_back && !anybody_has(w, g, rec, &e->link.p);
}

/* Every entry follows one that is here. */
static const char *check_chains(struct sim_world *w, const struct sim_group *g,
	const struct fed_group *rec, const struct vec *all, const struct sim_daemon *d)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct held *h = vec_at(all, i);
		bool found = h->e->link.n == 1;

		for (size_t k = i; !found && k-- > 0;) {
			const struct held *p = vec_at(all, k);

			if (strcmp(p->feed, h->feed) != 0 || p->e->link.n + 1 < h->e->link.n)
				break;
			found = p->e->link.n + 1 == h->e->link.n &&
				fed_hash_eq(&p->e->link.e, &h->e->link.p);
		}
		if (!found && !may_have_gap(w, g, rec, h->e))
			return fails(w, "feed %s at %s: nothing before entry %llu", h->feed,
				d->name, (unsigned long long)h->e->link.n);
	}
	return NULL;
}

bool sim_is_for(const struct fed_group *rec, const struct sim_daemon *d,
	const struct fed_oid *origin, uint64_t epoch, uint64_t n)
{
	for (size_t i = 0; i < rec->n_start; i++) {
		const struct fed_start *s = &rec->start[i];

		if (fed_oid_eq(&s->oid, &d->oid) && fed_oid_eq(&s->of, origin))
			return epoch > s->epoch || (epoch == s->epoch && n >= s->n);
	}
	return true;
}

/*
 * Those go of which members may hold different things: of an origin that is struck, and those that
 * name a serial of a void record, which the chain has not reached again (section 3).
 */
static void leave_open(const struct sim_world *w, const struct sim_group *g, struct vec *all)
{
	uint64_t serial = sim_serial(w, g);
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct held *h = vec_at(all, i);

		if (h->e->sign.r <= serial && !sim_is_struck(w, g, &h->e->sign.o))
			*(struct held *)vec_at(all, n++) = *h;
	}
	all->n = n;
}

/* Is there such an entry of the epoch on any disk? */
static bool is_open(
	const struct sim_world *w, const struct sim_group *g, const struct fed_feed_name *name)
{
	uint64_t serial = sim_serial(w, g);
	bool found = false;

	for (unsigned i = 0; g->contested > 0 && i < w->o.n_daemons && !found; i++) {
		struct vec all;

		collect(&w->daemons[i], g, &all);
		for (size_t k = 0; k < all.n && !found; k++) {
			const struct fed_sign *s = &((struct held *)vec_at(&all, k))->e->sign;

			found = s->r > serial && s->e == name->epoch.n &&
				fed_oid_eq(&s->o, &name->oid);
		}
		vec_fini(&all);
	}
	return found;
}

/* What is not for that member goes; how much that was. */
static size_t leave_for(const struct fed_group *rec, const struct sim_daemon *d, struct vec *all)
{
	size_t n = 0, before = all->n;

	for (size_t i = 0; i < all->n; i++) {
		const struct held *h = vec_at(all, i);

		if (sim_is_for(rec, d, &h->e->sign.o, h->e->sign.e, h->e->sign.n))
			*(struct held *)vec_at(all, n++) = *h;
	}
	all->n = n;
	return before - n;
}

static const char *compare_entries(struct sim_world *w, const struct sim_group *g,
	const struct sim_daemon *a, const struct sim_daemon *b)
{
	const struct fed_group *rec = fed_reg_group(w->daemons[g->owner].reg, &g->gid);
	struct vec x, y;
	const char *why;

	collect(a, g, &x);
	collect(b, g, &y);
	why = check_chains(w, g, rec, &x, a);
	leave_open(w, g, &x);
	leave_open(w, g, &y);
	(void)leave_for(rec, b, &x);
	if (!why && leave_for(rec, b, &y) > 0)
		why = fails(w, "group %s: %s has what was before it joined", g->name, b->name);
	if (!why && x.n != y.n)
		why = fails(w, "group %s: %s has %zu entries, %s has %zu", g->name, a->name, x.n,
			b->name, y.n);
	for (size_t i = 0; i < x.n && !why; i++) {
		const struct held *p = vec_at(&x, i), *q = vec_at(&y, i);

		/* Path differs: what counts is hashed in E, which the node has verified */
		if (by_place(p, q) != 0 || !p->e->blob != !q->e->blob)
			why = fails(w, "feed %s entry %llu: %s and %s differ", p->feed,
				(unsigned long long)p->e->link.n, a->name, b->name);
	}
	vec_fini(&x);
	vec_fini(&y);
	return why;
}

struct heads {
	const struct sim_world *w;
	const struct sim_group *g;
	const struct fed_group *rec;
	struct vec lines; /* char * */
};

/*
 * Where a cut has left one of two branches, its name is that of a branch for those who have met the
 * other, and that of the epoch for the rest: such feeds are compared by their entries alone.
 */
static bool add_head(void *arg, const struct fed_feed *f, uint64_t low)
{
	struct heads *h = arg;
	struct buf line;

	for (size_t i = 0; i < h->rec->n_cut; i++)
		if (fed_oid_eq(&h->rec->cut[i].oid, &f->name.oid) &&
			h->rec->cut[i].at.epoch == f->name.epoch.n)
			return true;
	if (sim_is_struck(h->w, h->g, &f->name.oid) || is_open(h->w, h->g, &f->name))
		return true;
	buf_init(&line, FED_HEAD_LINE_MAX);
	fed_head_add(&line, &f->name, low, f->high, &f->tip.e, &f->ahead, &f->stubs);
	*(char **)vec_push(&h->lines) = mem_dup(buf_slice(&line));
	buf_fini(&line);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a member is told by another of the group, as text. */
static void heads_of(const struct sim_daemon *d, const struct sim_daemon *asker,
	const struct sim_group *g, struct buf *out)
{
	const struct fed_heads_query q = {.who = &asker->oid, .gid = &g->gid};
	const struct sim_daemon *owner = &d->w->daemons[g->owner];
	struct heads h = {.w = d->w, .g = g, .rec = fed_reg_group(owner->reg, &g->gid)};

	vec_init(&h.lines, sizeof(char *));
	fed_node_heads(d->node, &q, add_head, &h);
	if (h.lines.n > 1)
		qsort(h.lines.data, h.lines.n, sizeof(char *), by_text);
	for (size_t i = 0; i < h.lines.n; i++) {
		buf_addz(out, *(char **)vec_at(&h.lines, i));
		free(*(char **)vec_at(&h.lines, i));
	}
	vec_fini(&h.lines);
}

static void print_heads(
	const struct sim_daemon *d, const struct sim_daemon *asker, const struct sim_group *g)
{
	struct buf b;

	buf_init(&b, FED_RECORD_MAX);
	heads_of(d, asker, g, &b);
	printf("%s tells:\n%.*s", d->name, SLICE_ARG(buf_slice(&b)));
	buf_fini(&b);
}

static const char *compare_heads(struct sim_world *w, const struct sim_group *g,
	const struct sim_daemon *a, const struct sim_daemon *b)
{
	struct buf x, y;
	const char *why = NULL;

	buf_init(&x, FED_RECORD_MAX);
	buf_init(&y, FED_RECORD_MAX);
	heads_of(a, b, g, &x);
	heads_of(b, a, g, &y);
	if (!slice_eq(buf_slice(&x), buf_slice(&y)))
		why = fails(w, "group %s: heads of %s and %s differ", g->name, a->name, b->name);
	buf_fini(&x);
	buf_fini(&y);
	return why;
}

static const char *compare_members(
	struct sim_world *w, const struct sim_group *g, const struct fed_group *rec)
{
	const struct sim_daemon *owner = &w->daemons[g->owner];

	for (unsigned i = 0; i < w->o.n_daemons; i++) {
		const struct sim_daemon *d = &w->daemons[i];
		const char *why;

		if (d == owner || !fed_group_member(rec, &d->oid))
			continue;
		why = compare_entries(w, g, owner, d);
		why = why ? why : compare_heads(w, g, owner, d);
		if (why && w->o.verbose) {
			print_heads(owner, d, g);
			print_heads(d, owner, g);
		}
		if (why)
			return why;
	}
	return NULL;
}

/* ---- 1: nothing that was acknowledged is lost ---- */

bool sim_is_cut(const struct fed_group *rec, const struct sim_world *w, const struct sim_post *p)
{
	const struct sim_daemon *owner = &w->daemons[w->groups[p->group].owner];
	const struct fed_group *at_r = fed_reg_group_at(owner->reg, &rec->gid, p->r);
	const struct fed_oid *oid = &w->daemons[p->origin].oid;

	if (at_r && !fed_group_member(at_r, oid))
		return true;
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, oid) && fed_pos_after(&p->at, &rec->cut[i].at) &&
			(p->at.epoch == rec->cut[i].at.epoch ||
				!(at_r && fed_group_has_cut(at_r, &rec->cut[i]))))
			return true;
	return false;
}

/*
 * Was its origin put out with this epoch, and it lies on a branch that the one who drew the line
 * had not met?  Then nobody may ask for it any more.
 */
static bool is_cut_epoch(
	const struct fed_group *rec, const struct sim_world *w, const struct sim_post *p)
{
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, &w->daemons[p->origin].oid) &&
			rec->cut[i].at.epoch == p->at.epoch)
			return w->daemons[p->origin].put_back;
	return false;
}

/* 4: what is here is what its origin made: all but Path, which is put in front. */
static bool same_text(struct slice here, struct slice made)
{
	size_t nl = slice_find(here, lit("\r\n")) + 2, old = slice_find(made, lit("Path: "));
	size_t old_end = old + slice_find(slice_from(made, old), lit("\r\n")) + 2;
	struct slice rest = slice_from(here, nl);

	if (slice_eq(here, made))
		return true;
	return rest.len == made.len - (old_end - old) &&
	       slice_eq(slice_head(rest, old), slice_head(made, old)) &&
	       slice_eq(slice_from(rest, old), slice_from(made, old_end));
}

struct find {
	struct slice feed; /* without its branch */
	const struct sim_post *p;
	const struct sim_entry *found;
};

static void find_in(void *arg, struct slice key, void *value)
{
	struct find *f = arg;
	const struct sim_entry *e;

	if (!slice_starts(key, f->feed) || (key.len > f->feed.len && key.p[f->feed.len] != '~'))
		return;
	e = sim_disk_entry(value, f->p->at.n);
	if (e && e->blob && fed_hash_eq(&e->link.e, &f->p->at.e))
		f->found = e;
}

const struct sim_entry *sim_find_post(
	const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p)
{
	struct fed_feed_name name = {.gid = w->groups[p->group].gid,
		.oid = w->daemons[p->origin].oid,
		.epoch = {.n = p->at.epoch}};
	char text[FED_FEED_NAME_LEN];
	struct find f = {.p = p};

	fed_feed_name_text(&name, text);
	f.feed = slice_str(text);
	map_each(d->disk.feeds, find_in, &f);
	return f.found;
}

bool sim_holds_post(const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p)
{
	const struct sim_entry *e = sim_find_post(w, d, p);

	return e && same_text(e->blob->bytes, p->blob->bytes);
}

static const char *find_post(
	struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p)
{
	const struct sim_entry *e = sim_find_post(w, d, p);

	if (!e)
		return fails(w, "post %llu of %s (%s %llu) is not at %s", (unsigned long long)p->id,
			w->daemons[p->origin].name, w->groups[p->group].name,
			(unsigned long long)p->at.n, d->name);
	if (!same_text(e->blob->bytes, p->blob->bytes))
		return fails(w, "post %llu was changed at %s", (unsigned long long)p->id, d->name);
	return NULL;
}

/* Has it none of those that are members in the end, so that it could not come back, or of the rest?
 */
static bool nobody_has(const struct sim_world *w, const struct fed_group *rec,
	const struct sim_post *p, bool of_members)
{
	for (unsigned d = 0; d < w->o.n_daemons; d++)
		if (of_members == (fed_group_member(rec, &w->daemons[d].oid) != NULL) &&
			sim_find_post(w, &w->daemons[d], p))
			return false;
	return true;
}

/*
 * A disk that had it was put back, or rotted, and nobody else has it who may be asked; or its
 * origin was put out before anybody could judge the serial that it names, which was of a void
 * record.
 */
static bool is_gone(
	const struct sim_world *w, const struct fed_group *rec, const struct sim_post *p)
{
	uint64_t contested = w->groups[p->group].contested;

	return nobody_has(w, rec, p, true) &&
	       (p->put_back || is_cut_epoch(rec, w, p) ||
		       (contested > 0 && p->r >= contested &&
			       !fed_group_member(rec, &w->daemons[p->origin].oid)) ||
		       (p->rotten && !nobody_has(w, rec, p, false)));
}

static const char *check_posts(struct sim_world *w)
{
	for (size_t i = 0; i < w->posts.n; i++) {
		const struct sim_post *p = vec_at(&w->posts, i);
		const struct sim_group *g = &w->groups[p->group];
		const struct fed_group *rec = fed_reg_group(w->daemons[g->owner].reg, &g->gid);

		if (sim_is_cut(rec, w, p) || p->r > sim_serial(w, g) ||
			sim_is_struck(w, g, &w->daemons[p->origin].oid) || is_gone(w, rec, p))
			continue;
		for (unsigned d = 0; d < w->o.n_daemons; d++) {
			bool due = fed_group_member(rec, &w->daemons[d].oid) &&
				   sim_is_for(rec, &w->daemons[d], &w->daemons[p->origin].oid,
					   p->at.epoch, p->at.n);
			const char *why = due ? find_post(w, &w->daemons[d], p) : NULL;

			if (why)
				return why;
		}
	}
	return NULL;
}

/* ---- who was taken out knows it ---- */

/*
 * Has it a record that nobody could tell the owner of?  Who is in by that one alone is asked for
 * nothing, and whom it asks does not know of it.
 */
static bool has_unmet(const struct sim_daemon *owner, const struct sim_daemon *d,
	const struct fed_record_key *key)
{
	struct fed_version v;

	for (uint64_t serial = fed_reg_held(d->reg, key); serial > 0; serial--)
		for (size_t i = 0; fed_reg_version(d->reg, key, serial, i, &v); i++)
			if (!fed_reg_knows(owner->reg, key, serial, &v.hash))
				return true;
	return false;
}

static const char *check_removed(struct sim_world *w, const struct sim_group *g)
{
	const struct sim_daemon *owner = &w->daemons[g->owner];
	const struct fed_group *rec = fed_reg_group(owner->reg, &g->gid);
	struct fed_record_key key = {.type = FED_REC_GROUP};

	memcpy(key.s, g->gid.s, sizeof g->gid.s);
	for (unsigned i = 0; i < w->o.n_daemons; i++) {
		const struct sim_daemon *d = &w->daemons[i];
		const struct fed_group *its = fed_reg_group(d->reg, &g->gid);

		if (its && fed_group_member(its, &d->oid) && !fed_group_member(rec, &d->oid) &&
			!has_unmet(owner, d, &key))
			return fails(w, "%s does not know that it is out of %s", d->name, g->name);
	}
	return NULL;
}

/* ---- 3 ---- */

const char *sim_check(struct sim_world *w)
{
	const char *why = w->why[0] ? w->why : NULL; /* found in the run */

	for (unsigned g = 0; !why && g < w->o.n_groups; g++) {
		const struct fed_group *rec =
			fed_reg_group(w->daemons[w->groups[g].owner].reg, &w->groups[g].gid);

		if (!rec)
			return fails(w, "the owner of %s has no record of it", w->groups[g].name);
		why = compare_members(w, &w->groups[g], rec);
		why = why ? why : check_removed(w, &w->groups[g]);
	}
	if (!why)
		why = check_posts(w);
	if (!why)
		why = sim_check_cancels(w);
	if (!why && w->n.forks > 0 && w->n.put_back == 0)
		why = fails(w, "a number was signed twice, by none that could not know");
	if (!why && w->n.early > 0)
		why = fails(w, "content was taken before the control entries");
	if (!why && w->n.late > 0)
		why = fails(w, "a control entry that a neighbour had was not taken first");
	if (!why && w->n.slanders > 0)
		why = fails(w, "one that a known record had taken in was called an intruder");
	if (!why && w->n.leaks > 0)
		why = fails(w, "%llu times something of a closed group went outside",
			(unsigned long long)w->n.leaks);
	return why;
}
