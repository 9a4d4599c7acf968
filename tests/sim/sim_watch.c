/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What daemons say to each other, read along at the moment of sending: promise 3.  It is judged by
 * the records that the sender holds, with none of the node's own judgement.
 */
#include <stdio.h>

#include "proto/base/text.h"
#include "tests/sim/sim_priv.h"

static bool is_member(const struct fed_group *g, const struct fed_oid *who)
{
	for (size_t i = 0; g && i < g->n_member; i++)
		if (fed_oid_eq(&g->member[i].oid, who))
			return true;
	return false;
}

/* The number behind the first `word` in it; 0: there is none. */
static uint64_t number_behind(struct slice text, struct slice word)
{
	size_t at = slice_find(text, word) + word.len, i = at + 1;
	uint64_t n = 0;

	while (i < text.len && ascii_digit((unsigned char)text.p[i]))
		i++;
	return i <= text.len && fed_num_parse(slice_of(text.p + at + 1, i - at - 1), &n) ? n : 0;
}

/*
 * Records had a rival that took it in, or that was followed by one that did: it may hear of their
 * serials, and of the one that decides.
 */
static bool was_guest(const struct sim_daemon *d, const struct fed_gid *gid,
	const struct fed_oid *who, uint64_t serial, bool told)
{
	const struct sim_world *w = d->w;
	uint64_t serials = 0, parted = 0;

	for (unsigned g = 0; g < w->o.n_groups; g++)
		for (unsigned i = 0; i < w->o.n_daemons && i < SIM_STRUCK_MAX; i++)
			if (fed_gid_eq(&w->groups[g].gid, gid) &&
				fed_oid_eq(&w->daemons[i].oid, who)) {
				serials = w->groups[g].guests[i];
				parted = w->groups[g].contested;
			}
	serials |= serials << 1;
	if (serial >= 64 || serials >> serial == 0)
		return false;
	return !told || (serials >> serial & 1) || (parted > 0 && serial >= parted);
}

/*
 * What one who is no member may hear of a group: the line that tells of the record which took it
 * out, and the records up to that one.  `at` is where the gid stands.
 */
static bool may_hear(struct sim_daemon *d, const struct fed_gid *gid, const struct fed_oid *who,
	struct slice text, size_t at)
{
	size_t begin = at;
	struct slice line, rest;

	while (begin > 0 && text.p[begin - 1] != '\n')
		begin--;
	rest = slice_from(text, begin);
	line = slice_head(rest, slice_chr(rest, '\n'));
	bool told = slice_starts(line, lit("group ")), given = slice_starts(line, lit("gid: "));
	uint64_t serial = told    ? number_behind(line, fed_gid_slice(gid))
			  : given ? number_behind(rest, lit("\nserial:"))
				  : 0;
	uint64_t out = 0;
	const struct fed_group *rec;

	for (uint64_t s = 1; (rec = fed_reg_group_at(d->reg, gid, s)); s++)
		out = is_member(rec, who) ? s + 1 : out;
	struct fed_record_key key = {.type = FED_REC_GROUP};

	memcpy(key.s, gid->s, sizeof gid->s);
	/* it says that it holds; of what is not on disk yet nothing is told */
	out += out > 0 && out < fed_node_durable(d->node, &key) &&
	       fed_reg_heals(d->reg, &key, out + 1);
	rec = fed_reg_group_at(d->reg, gid, serial);
	if (serial > 0 && was_guest(d, gid, who, serial, told))
		return true;
	return serial > 0 && (told ? serial == out || is_member(rec, who) : serial <= out);
}

void sim_watch_begin(struct sim_daemon *d)
{
	for (unsigned g = 0; g < d->w->o.n_groups; g++) {
		struct fed_record_key key = {.type = FED_REC_GROUP};

		memcpy(key.s, d->w->groups[g].gid.s, sizeof d->w->groups[g].gid.s);
		d->knew[g] = fed_reg_serial(d->reg, &key);
	}
}

/* With -v. */
static void tell_leak(const struct sim_daemon *d, const struct fed_oid *who, struct slice text)
{
	struct slice line = slice_head(text, slice_chr(text, '\n'));

	if (d->w->o.verbose)
		printf("%8lld %s says to %s: ...%.*s\n", (long long)d->w->now_ms, d->name, who->s,
			SLICE_ARG(line));
}

/*
 * Promise 3, at the moment of sending: nothing of a group goes to a daemon that is no member by the
 * record that the sender holds, but that it is out.  Looked up here, not by the node.  What was
 * asked before the record came that took the other out was asked of a member.
 */
static void watch_leak(
	struct sim_daemon *d, const struct fed_oid *who, struct slice text, bool asks)
{
	for (unsigned g = 0; g < d->w->o.n_groups; g++) {
		const struct fed_group *rec = fed_reg_group(d->reg, &d->w->groups[g].gid);
		struct slice gid = rec ? fed_gid_slice(&rec->gid) : lit("");
		size_t at = 0;

		if (!rec || !rec->closed || is_member(rec, who) ||
			(asks && is_member(fed_reg_group_at(d->reg, &rec->gid, d->knew[g]), who)))
			continue;
		while ((at += slice_find(slice_from(text, at), gid)) < text.len) {
			if (!may_hear(d, &rec->gid, who, text, at)) {
				d->w->n.leaks++;
				tell_leak(d, who, slice_from(text, at));
			}
			at += gid.len;
		}
	}
}

/* The value behind a tag of a list, which goes to the next ';'. */
static struct slice tag_of(struct slice list, struct slice tag)
{
	struct slice rest = slice_from(list, slice_find(list, tag) + tag.len);

	return slice_head(rest, slice_chr(rest, ';'));
}

/* Nor of a group with `history: join` what was written before the other was in it. */
static void watch_history(struct sim_daemon *d, const struct fed_oid *who, struct slice text)
{
	size_t at;

	while ((at = slice_find(text, lit("v=1; o="))) < text.len) {
		struct fed_oid origin;
		struct fed_gid gid;
		uint64_t epoch = 0, n = 0;

		text = slice_from(text, at + 4);
		if (!fed_oid_parse(tag_of(text, lit(" o=")), &origin) ||
			!fed_gid_parse(tag_of(text, lit(" g=")), &gid) ||
			!fed_num_parse(tag_of(text, lit(" e=")), &epoch) ||
			!fed_num_parse(tag_of(text, lit(" n=")), &n))
			continue;
		const struct fed_group *rec = fed_reg_group(d->reg, &gid);
		for (size_t i = 0; rec && i < d->w->o.n_daemons; i++)
			if (fed_oid_eq(&d->w->daemons[i].oid, who))
				d->w->n.leaks +=
					!sim_is_for(rec, &d->w->daemons[i], &origin, epoch, n);
	}
}

void sim_watch_answers(struct sim_daemon *d, const struct fed_oid *who, struct slice text)
{
	watch_leak(d, who, text, false);
	watch_history(d, who, text);
}

/*
 * A record that the other has told of may be asked for, whatever we know of its group: it may be
 * the one that takes the other in, of which our disk, put back, knows nothing.  All else is looked
 * at.
 */
void sim_watch_questions(struct sim_daemon *d, const struct fed_oid *who, struct slice text)
{
	struct slice line;

	while (slice_split(&text, '\n', &line))
		if (!slice_starts(line, lit("KREC ")))
			watch_leak(d, who, line, true);
}

/* It goes by a record that d knows. */
static bool is_misled(const struct sim_daemon *d, const struct sim_daemon *by, struct slice text)
{
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct fed_version v;
	struct fed_gid gid;

	if (!fed_gid_parse(text, &gid) || !fed_reg_reads(by->reg, &by->oid, &gid))
		return false;
	memcpy(key.s, gid.s, sizeof gid.s);
	uint64_t serial = fed_reg_serial(by->reg, &key);
	return fed_reg_version(by->reg, &key, serial, 0, &v) &&
	       fed_reg_knows(d->reg, &key, serial, &v.hash);
}

void sim_watch_intruder(struct sim_daemon *d, const struct fed_oid *who, struct slice gid)
{
	for (unsigned i = 0; i < d->w->o.n_daemons; i++) {
		const struct sim_daemon *by = &d->w->daemons[i];

		if (fed_oid_eq(&by->oid, who) && !by->liar)
			d->w->n.slanders += is_misled(d, by, gid);
	}
}
