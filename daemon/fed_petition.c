/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The number that people name a request by is made of its entry's E: all daemons show the same one,
 * and it is the same after a restart.
 */
#include "daemon/fed_petition.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { NUMBER_BASE = 10000, NUMBER_SPAN = 90000 };

void fed_petitions_init(struct fed_petitions *s)
{
	list_init(&s->all);
	s->n = 0;
}

static void drop(struct fed_petitions *s, struct fed_petition *p)
{
	list_remove(&p->node);
	s->n--;
	free(p->reason);
	free(p->body);
	free(p->actor);
	free(p);
}

void fed_petitions_fini(struct fed_petitions *s)
{
	while (!list_empty(&s->all))
		drop(s, container_of(s->all.next, struct fed_petition, node));
}

static struct fed_petition *find(struct fed *f, const struct fed_gid *gid, const char *mid)
{
	list_each(&f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (strcmp(p->mid, mid) == 0 && fed_gid_eq(&p->gid, gid))
			return p;
	}
	return NULL;
}

static struct fed_petition *make(struct fed *f, const struct fed_gid *gid, const char *mid)
{
	struct fed_petitions *s = &f->petitions;
	struct fed_petition *p = mem_new(struct fed_petition);

	if (s->n == FED_PETITIONS_MAX)
		drop(s, container_of(s->all.next, struct fed_petition, node));
	p->gid = *gid;
	snprintf(p->mid, sizeof p->mid, "%s", mid);
	p->t = loop_now_at();
	list_append(&s->all, &p->node);
	s->n++;
	return p;
}

/* One that asks all the time loses its own first. */
static void make_way(struct fed *f, const struct fed_oid *oid)
{
	struct fed_petition *oldest = NULL;
	unsigned n = 0;

	list_each(&f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (!fed_oid_eq(&p->oid, oid))
			continue;
		n++;
		if (!oldest || p->t < oldest->t)
			oldest = p;
	}
	if (n >= FED_PETITIONS_EACH)
		drop(&f->petitions, oldest);
}

static void name(struct fed_petition *p, const struct fed_sign *s)
{
	uint8_t raw[STORE_ENTRY_HASH];
	struct fed_hash e;
	uint32_t v;

	fed_sign_hash(s, &e);
	fed_hash_raw(&e, raw);
	v = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
	snprintf(p->number, sizeof p->number, "%u", NUMBER_BASE + v % NUMBER_SPAN);
}

void fed_petition_heard(
	struct fed *f, const struct fed_sign *s, struct slice actor, struct slice body)
{
	struct fed_petition *p = find(f, &s->g, s->m);

	if ((p && p->oid.s[0]) || body.len > FED_PETITION_BYTES ||
		loop_now_at() - (int64_t)s->t > FED_PETITION_S)
		return;
	make_way(f, &s->o);
	if (!p)
		p = make(f, &s->g, s->m);
	p->oid = s->o;
	p->t = (int64_t)s->t;
	p->r = p->looked = s->r;
	p->body = mem_dup(body);
	p->actor = mem_dup(actor);
	name(p, s);
	log_info("fed.request", "number=%s gid=%s oid=%s", p->number, s->g.s, s->o.s);
}

void fed_petition_refused(
	struct fed *f, const struct fed_gid *gid, struct slice mid, struct slice reason)
{
	char text[MSGID_MAX + 1];
	struct fed_petition *p;

	if (!slice_cstr(mid, text, sizeof text))
		return;
	p = find(f, gid, text);
	if (!p)
		p = make(f, gid, text);
	if (p->refused)
		return;
	p->refused = true;
	p->reason = mem_dup(reason);
}

enum fed_petition_state fed_petition_state(struct fed *f, struct fed_petition *p)
{
	struct fed_record_key key = {.type = FED_REC_GROUP};

	memcpy(key.s, p->gid.s, sizeof p->gid.s);
	uint64_t last = fed_reg_serial(f->reg, &key);
	while (p->granted == 0 && p->body && p->looked < last) {
		const struct fed_group *g = fed_reg_group_at(f->reg, &p->gid, ++p->looked);

		if (g && fed_pleas_met(g, slice_str(p->body)))
			p->granted = p->looked;
	}
	if (p->granted > 0)
		return FED_PETITION_GRANTED;
	if (p->refused)
		return FED_PETITION_REFUSED;
	return loop_now_at() - p->t > FED_PETITION_S ? FED_PETITION_LAPSED : FED_PETITION_OPEN;
}

bool fed_petition_is_for_us(const struct fed *f, const struct fed_petition *p)
{
	const struct fed_group *g = fed_reg_group(f->reg, &p->gid);

	return p->oid.s[0] && g && fed_oid_eq(&g->owner, &f->keys->oid) &&
	       !fed_petition_is_ours(f, p);
}

bool fed_petition_is_ours(const struct fed *f, const struct fed_petition *p)
{
	return fed_oid_eq(&p->oid, &f->keys->oid);
}

struct fed_petition *fed_petition_get(struct fed *f, const char *number)
{
	list_each(&f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (strcmp(p->number, number) == 0 && fed_petition_is_for_us(f, p) &&
			fed_petition_state(f, p) == FED_PETITION_OPEN)
			return p;
	}
	return NULL;
}

struct fed_petition *fed_petition_like(struct fed *f, const struct fed_gid *gid, struct slice body)
{
	list_each(&f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (fed_petition_is_ours(f, p) && fed_gid_eq(&p->gid, gid) &&
			slice_eq(slice_str(p->body), body) &&
			fed_petition_state(f, p) == FED_PETITION_OPEN)
			return p;
	}
	return NULL;
}
