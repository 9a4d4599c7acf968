/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owners that sign two records with one serial, and the admin of the federation who decides between
 * them.  docs/federation.md section 3
 *
 * What a daemon may know decides nothing here: the owner's node holds one of the two, another
 * member's is given the other, as if the owner had shown it to that one alone.  The admin acts
 * through the owner's node, with the key of daemon 0.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/fed/fed_draft.h"
#include "proto/fed/fed_rules.h"
#include "tests/sim/sim_priv.h"

enum {
	DEPTH = 2, /* so far back lies what a late rival follows */
	GUESTS_MAX = 63,
};

static void key_of(const struct sim_group *g, struct fed_record_key *out)
{
	*out = (struct fed_record_key){.type = FED_REC_GROUP};
	memcpy(out->s, g->gid.s, sizeof g->gid.s);
}

uint64_t sim_serial(const struct sim_world *w, const struct sim_group *g)
{
	struct fed_record_key key;

	key_of(g, &key);
	return fed_reg_serial(w->daemons[g->owner].reg, &key);
}

/* An owner may know less of the feed when it signs one of the two.  (Dice of its own: what happens
 * else with a seed stays the same.) */
static void step_back(struct sim_daemon *owner, const struct fed_feed *f, struct fed_pos *at)
{
	struct sim_rand rand = owner->w->rand;
	uint64_t n = f->low + sim_draw(&rand, (uint32_t)(f->high - f->low + 1));
	char name[FED_FEED_NAME_LEN];

	fed_feed_name_text(&f->stored, name);
	const struct sim_entry *e = sim_disk_entry(sim_disk_feed(&owner->disk, name), n);
	if (e && sim_chance(&rand, 30))
		*at = (struct fed_pos){at->epoch, n, e->link.e};
}

static struct fed_pos highest(void *arg, const struct fed_gid *gid, const struct fed_oid *oid)
{
	struct sim_daemon *owner = arg;
	struct fed_pos at = {.epoch = 0, .e = fed_hash_none};
	const struct fed_feed *last = NULL;

	list_each(&owner->feeds.by_change, it)
	{
		const struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (fed_gid_eq(&f->name.gid, gid) && fed_oid_eq(&f->name.oid, oid) && f->high > 0 &&
			f->name.epoch.n > at.epoch) {
			at = (struct fed_pos){f->name.epoch.n, f->high, f->tip.e};
			last = f;
		}
	}
	if (last)
		step_back(owner, last, &at);
	return at;
}

/* A daemon less, or one more that never was in it. */
static int change_member(
	struct sim_daemon *owner, struct fed_draft *d, const struct fed_oid *oid, struct err *err)
{
	const struct fed_places at = {owner, highest};
	const struct fed_group *g = &d->rec.group;

	if (fed_group_member(g, oid))
		return fed_draft_member_out(d, oid, &at, err);
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, oid))
			return -1;
	return fed_draft_member(d, fed_reg_federation(owner->reg), oid, true, &at, err);
}

void sim_note_guest(struct sim_group *g, unsigned who, uint64_t serial)
{
	if (who < SIM_STRUCK_MAX && serial < GUESTS_MAX)
		g->guests[who] |= UINT64_C(1) << serial;
}

/* That, or another title. */
static int change(
	struct sim_daemon *owner, struct sim_group *g, struct fed_draft *d, struct err *err)
{
	struct sim_world *w = owner->w;
	unsigned who = sim_draw(&w->rand, w->o.n_daemons);
	const struct fed_oid *oid = &w->daemons[who].oid;
	char title[24];
	int rc = -1;

	if (!sim_is_needed(w, who) && who < SIM_STRUCK_MAX && sim_draw(&w->rand, 2) == 0)
		rc = change_member(owner, d, oid, err);
	if (rc == 0) {
		if (fed_group_member(&d->rec.group, oid))
			sim_note_guest(g, who, d->rec.serial);
		else
			*(struct fed_cut *)vec_push(&g->drawn) =
				d->rec.group.cut[d->rec.group.n_cut - 1];
		return 0;
	}
	snprintf(title, sizeof title, "title %u", sim_draw(&w->rand, 1000000));
	d->rec.group.title = arena_dup(&d->ar, slice_str(title));
	return 0;
}

/* A record upon `before`, signed by the owner; false: it cannot be. */
static bool make(
	struct sim_daemon *owner, struct sim_group *g, struct slice before, struct buf *out)
{
	struct fed_draft d;
	struct err err = {.text = ""};
	int rc = fed_draft_group_next(&d, before, &owner->oid, &err);

	if (rc == 0)
		rc = change(owner, g, &d, &err);
	if (rc == 0)
		rc = fed_draft_end(&d, owner->seed, out, &err);
	fed_draft_fini(&d);
	return rc == 0;
}

static void give(struct sim_daemon *d, struct slice text)
{
	struct err why = {.text = ""};

	sim_daemon_now(d);
	(void)!fed_node_give_record(d->node, text, &why);
}

void sim_fork_record(struct sim_world *w, unsigned group, struct sim_daemon *to)
{
	struct sim_group *g = &w->groups[group];
	struct sim_daemon *owner = &w->daemons[g->owner];
	struct fed_record_key key;
	struct buf one, other;
	uint64_t serial, back = sim_draw(&w->rand, DEPTH + 1);

	key_of(g, &key);
	serial = fed_reg_serial(owner->reg, &key);
	if (fed_reg_forked(owner->reg, &key) || serial <= back)
		return;
	struct slice before = fed_reg_text(owner->reg, &key, serial - back);

	buf_init(&one, FED_RECORD_MAX);
	buf_init(&other, FED_RECORD_MAX);
	if (make(owner, g, before, &other) && (back > 0 || make(owner, g, before, &one))) {
		if (back == 0)
			give(owner, buf_slice(&one));
		give(to, buf_slice(&other));
		w->n.rivals++;
		if (g->contested == 0 || serial - back + 1 < g->contested)
			g->contested = serial - back + 1;
	}
	buf_fini(&one);
	buf_fini(&other);
}

/* ---- the admin decides ---- */

static size_t versions(const struct fed_reg *reg, const struct fed_record_key *key,
	struct slice out[1 + FED_RIVALS_MAX])
{
	struct fed_version v;
	size_t n = 0;

	while (n < 1 + FED_RIVALS_MAX && fed_reg_version(reg, key, fed_reg_held(reg, key), n, &v))
		out[n++] = v.text;
	return n;
}

bool sim_settle(struct sim_world *w, unsigned group)
{
	struct sim_daemon *owner = &w->daemons[w->groups[group].owner], *admin = &w->daemons[0];
	struct slice texts[1 + FED_RIVALS_MAX];
	struct fed_record_key key;
	struct fed_draft d;
	struct err err = {.text = ""};
	struct buf out;
	size_t n;

	key_of(&w->groups[group], &key);
	if (!owner->up || !fed_reg_forked(owner->reg, &key))
		return false;
	n = versions(owner->reg, &key, texts);
	buf_init(&out, FED_RECORD_MAX);
	int rc = fed_draft_group_settle(
		&d, owner->reg, &admin->oid, texts, n, sim_draw(&w->rand, (uint32_t)n), &err);

	if (rc == 0)
		rc = fed_draft_end(&d, admin->seed, &out, &err);
	fed_draft_fini(&d);
	if (rc < 0) {
		fprintf(stderr, "settle: %s\n", err.text);
		abort();
	}
	sim_daemon_record(owner, buf_slice(&out));
	buf_fini(&out);
	w->n.settled++;
	return true;
}

/* ---- what must hold ---- */

bool sim_is_struck(const struct sim_world *w, const struct sim_group *g, const struct fed_oid *oid)
{
	const struct fed_group *rec = fed_reg_group(w->daemons[g->owner].reg, &g->gid);

	for (size_t i = 0; i < g->drawn.n; i++) {
		const struct fed_cut *cut = vec_at(&g->drawn, i);

		if (fed_oid_eq(&cut->oid, oid) && !fed_group_has_cut(rec, cut))
			return true;
	}
	return false;
}

bool sim_is_drawn(const struct sim_world *w, const struct sim_group *g, const struct sim_post *p)
{
	for (size_t i = 0; i < g->drawn.n; i++) {
		const struct fed_cut *cut = vec_at(&g->drawn, i);

		if (fed_oid_eq(&cut->oid, &w->daemons[p->origin].oid) &&
			fed_pos_after(&p->at, &cut->at))
			return true;
	}
	return false;
}

static const char *fails(
	struct sim_world *w, const struct sim_group *g, const char *who, const char *what)
{
	snprintf(w->why, sizeof w->why, "%s of %s %s", who, g->name, what);
	return w->why;
}

/* Who is in it by the record in force goes by that, and knows whether there are two. */
static const char *check_group(struct sim_world *w, const struct sim_group *g, bool settled)
{
	const struct sim_daemon *owner = &w->daemons[g->owner];
	const struct fed_group *rec = fed_reg_group(owner->reg, &g->gid);
	struct fed_record_key key;

	key_of(g, &key);
	struct slice text = fed_reg_text(owner->reg, &key, 0);
	bool forked = fed_reg_forked(owner->reg, &key);

	if (settled && forked)
		return fails(w, g, "the owner", "has two records of one serial still");
	for (unsigned i = 0; rec && i < w->o.n_daemons; i++) {
		const struct sim_daemon *d = &w->daemons[i];

		if (!fed_group_member(rec, &d->oid))
			continue;
		if (!slice_eq(fed_reg_text(d->reg, &key, 0), text))
			return fails(w, g, d->name, "goes by another record than the owner");
		if (fed_reg_forked(d->reg, &key) != forked)
			return fails(w, g, d->name, "does not know of two records as the owner");
	}
	return NULL;
}

const char *sim_check_forks(struct sim_world *w, bool settled)
{
	const char *why = NULL;

	for (unsigned g = 0; g < w->o.n_groups && !why; g++)
		why = check_group(w, &w->groups[g], settled);
	return why;
}
