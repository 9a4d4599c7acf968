/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of a run: who the daemons are, one federation, its groups. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "tests/sim/sim_priv.h"

static const char salt[] = "AAAAAAAAAAAAAAAAAAAAAA";

static void add_public(struct buf *b, const char *key, const uint8_t seed[CRYPTO_KEY_LEN])
{
	struct fed_public p;

	crypto->public_key(seed, p.b);
	buf_addf(b, "%s: ", key);
	fed_public_add(b, &p);
	buf_addc(b, '\n');
}

static void daemon_record(struct sim_daemon *d, struct buf *out)
{
	struct fed_hash tls;

	fed_hash_of(&(struct slice){d->name, strlen(d->name)}, 1, &tls);
	buf_addf(out, "record: daemon\nv: 1\noid: %s\n", d->oid.s);
	add_public(out, "root", d->root_seed);
	buf_addf(out, "serial: 1\nprev: %s\nissued: %d\nname: %s\ntitle: %s\ncontact: a@%s\n",
		fed_hash_none.s, SIM_START_AT, d->name, d->name, d->name);
	add_public(out, "sign", d->seed);
	buf_addf(out, "tls: %s\n", tls.s);
	if (!d->hidden)
		buf_addf(out, "addr: %s:8433\n", d->name);
	fed_record_sign(out, d->root_seed);
}

static void federation_record(struct sim_world *w, struct buf *out)
{
	const struct sim_daemon *founder = &w->daemons[0];
	struct fed_gid fid;

	fed_gid_of(&founder->oid, lit("sim"), slice_str(salt), &fid);
	buf_addf(out,
		"record: federation\nv: 1\nfid: %s\nfounder: %s\nsalt: %s\nserial: 1\nprev: %s\n"
		"title: sim\nquorum: 1\nadmin: %s\n",
		fid.s, founder->oid.s, salt, fed_hash_none.s, founder->oid.s);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		buf_addf(out, "daemon: %s active %s p%u\n", w->daemons[i].oid.s, w->daemons[i].name,
			i);
	fed_record_sign(out, founder->seed);
}

/* A group record: the one before (NULL: none) with lines of members and marks given. */
static void group_record(struct sim_world *w, unsigned group, uint64_t serial,
	const struct fed_hash *prev, struct slice members, struct slice marks, struct buf *out)
{
	const struct sim_group *g = &w->groups[group];
	const struct sim_daemon *owner = &w->daemons[g->owner];

	buf_addf(out,
		"record: group\nv: 1\ngid: %s\nfounder: %s\nsalt: %s\ngroup: %s\nserial: %llu\n"
		"prev: %s\ntitle: %s\nowner: %s\nquorum: 1\nclass: closed\npost: members\nwiki: "
		"no\n"
		"inn: no\nretain: 0\nmax-size: 1000000\nhistory: %s\n",
		g->gid.s, owner->oid.s, salt, g->name, (unsigned long long)serial, prev->s, g->name,
		owner->oid.s, g->join ? "join" : "all");
	buf_add(out, members);
	buf_add(out, marks);
	buf_addf(out, "state: active\n");
	fed_record_sign(out, owner->seed);
}

bool sim_is_needed(const struct sim_world *w, unsigned i)
{
	return i == 0 && w->o.hidden > 0;
}

static void group_setup(struct sim_world *w, unsigned group)
{
	struct sim_group *g = &w->groups[group];
	struct buf members, out;

	vec_init(&g->drawn, sizeof(struct fed_cut));
	g->owner = sim_draw(&w->rand, w->o.n_daemons);
	/* where no chain is cut short by a disk that was put back, or goes on in two ways */
	g->join = w->o.restore == 0 && w->o.equivocate == 0 && (w->o.seed + group) % 3 == 0;
	snprintf(g->name, sizeof g->name, "p%u.g%u", g->owner, group);
	fed_gid_of(&w->daemons[g->owner].oid, slice_str(g->name), slice_str(salt), &g->gid);
	buf_init(&members, FED_RECORD_MAX);
	buf_init(&out, FED_RECORD_MAX);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		if (i == g->owner || w->o.n_daemons <= 3 || sim_is_needed(w, i) ||
			sim_chance(&w->rand, 70))
			buf_addf(&members, "member: %s rw 1\n", w->daemons[i].oid.s);
	group_record(w, group, 1, &fed_hash_none, buf_slice(&members), lit(""), &out);
	sim_daemon_record(&w->daemons[g->owner], buf_slice(&out));
	buf_fini(&members);
	buf_fini(&out);
}

void sim_setup(struct sim_world *w)
{
	struct buf *texts = mem_array(w->o.n_daemons + 1, sizeof *texts);

	for (unsigned i = 0; i <= w->o.n_daemons; i++)
		buf_init(&texts[i], FED_RECORD_MAX);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		daemon_record(&w->daemons[i], &texts[i]);
	federation_record(w, &texts[w->o.n_daemons]);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		for (unsigned k = 0; k <= w->o.n_daemons; k++)
			sim_daemon_record(&w->daemons[i], buf_slice(&texts[k]));
	for (unsigned g = 0; g < w->o.n_groups; g++)
		group_setup(w, g);
	for (unsigned i = 0; i <= w->o.n_daemons; i++)
		buf_fini(&texts[i]);
	free(texts);
}

/* ---- members come and go ---- */

/* The latest epoch of `who` that the owner holds; NULL: none. */
static const struct fed_feed *last_feed(
	struct sim_daemon *owner, const struct fed_gid *gid, const struct fed_oid *who)
{
	const struct fed_feed *last = NULL;

	list_each(&owner->feeds.by_change, it)
	{
		const struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (fed_gid_eq(&f->name.gid, gid) && fed_oid_eq(&f->name.oid, who) && f->high > 0 &&
			(!last || f->name.epoch.n > last->name.epoch.n))
			last = f;
	}
	return last;
}

/* Where the owner draws the line for each feed of `who`: behind all earlier ones. */
static void add_cut(struct sim_daemon *owner, struct sim_group *g, const struct fed_group *rec,
	const struct fed_oid *who, struct buf *out)
{
	const struct fed_feed *last = last_feed(owner, &rec->gid, who);
	struct fed_pos at = {.e = fed_hash_none};

	if (last)
		at = (struct fed_pos){last->name.epoch.n, last->high, last->tip.e};
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, who) && rec->cut[i].at.epoch >= at.epoch)
			at = (struct fed_pos){rec->cut[i].at.epoch + 1, 0, fed_hash_none};
	if (owner->w->o.forkrecord > 0) /* it may become void */
		*(struct fed_cut *)vec_push(&g->drawn) = (struct fed_cut){*who, at};
	buf_addf(out, "cut: %s %llu %llu %s\n", who->s, (unsigned long long)at.epoch,
		(unsigned long long)at.n, at.e.s);
}

/* The lines of start of the record before, but those of `who`. */
static void keep_starts(const struct fed_group *rec, const struct fed_oid *who, struct buf *out)
{
	for (size_t i = 0; i < rec->n_start; i++)
		if (!fed_oid_eq(&rec->start[i].oid, who))
			buf_addf(out, "start: %s %s %llu %llu\n", rec->start[i].oid.s,
				rec->start[i].of.s, (unsigned long long)rec->start[i].epoch,
				(unsigned long long)rec->start[i].n);
}

/* `who` gets of each member what comes from now on. */
static void add_starts(struct sim_daemon *owner, const struct fed_gid *gid,
	const struct fed_oid *who, struct buf *out)
{
	for (unsigned i = 0; i < owner->w->o.n_daemons; i++) {
		const struct fed_oid *of = &owner->w->daemons[i].oid;
		const struct fed_feed *last = last_feed(owner, gid, of);

		if (last && !fed_oid_eq(of, who))
			buf_addf(out, "start: %s %s %llu %llu\n", who->s, of->s,
				(unsigned long long)last->name.epoch.n,
				(unsigned long long)last->high + 1);
	}
}

void sim_change_member(struct sim_world *w, unsigned group, unsigned who)
{
	struct sim_group *g = &w->groups[group];
	struct sim_daemon *owner = &w->daemons[g->owner];
	const struct fed_oid *oid = &w->daemons[who].oid;
	struct fed_record_key key = {.type = FED_REC_GROUP};
	const struct fed_group *rec;
	struct fed_hash prev;
	struct buf members, marks, out;

	memcpy(key.s, g->gid.s, sizeof g->gid.s);
	if (!owner->up || owner->put_back || who == g->owner || sim_is_needed(w, who) ||
		!(rec = fed_reg_group(owner->reg, &g->gid)) || fed_reg_forked(owner->reg, &key))
		return;
	uint64_t serial = fed_reg_serial(owner->reg, &key);
	bool was = fed_group_member(rec, oid) != NULL;
	bool cut_before = false;

	for (size_t i = 0; i < rec->n_cut; i++)
		cut_before = cut_before || fed_oid_eq(&rec->cut[i].oid, oid);
	if (!was && cut_before)
		return; /* who was put out does not come back in these runs */
	buf_init(&members, FED_RECORD_MAX);
	buf_init(&marks, FED_RECORD_MAX);
	buf_init(&out, FED_RECORD_MAX);
	for (size_t i = 0; i < rec->n_member; i++)
		if (!fed_oid_eq(&rec->member[i].oid, oid))
			buf_addf(&members, "member: %s rw %llu\n", rec->member[i].oid.s,
				(unsigned long long)rec->member[i].joined);
	if (!was)
		buf_addf(&members, "member: %s rw %llu\n", oid->s, (unsigned long long)serial + 1);
	if (!was && w->o.forkrecord > 0)
		sim_note_guest(g, who, serial + 1); /* a rival may come yet */
	keep_starts(rec, oid, &marks);
	if (!was && g->join)
		add_starts(owner, &g->gid, oid, &marks);
	for (size_t i = 0; i < rec->n_cut; i++)
		buf_addf(&marks, "cut: %s %llu %llu %s\n", rec->cut[i].oid.s,
			(unsigned long long)rec->cut[i].at.epoch,
			(unsigned long long)rec->cut[i].at.n, rec->cut[i].at.e.s);
	if (was)
		add_cut(owner, g, rec, oid, &marks);
	fed_record_hash(fed_reg_text(owner->reg, &key, serial), &prev);
	group_record(w, group, serial + 1, &prev, buf_slice(&members), buf_slice(&marks), &out);
	sim_daemon_record(owner, buf_slice(&out));
	buf_fini(&members);
	buf_fini(&marks);
	buf_fini(&out);
}
