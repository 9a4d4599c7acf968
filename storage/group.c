/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups.  The record is tagged, so fields of a newer program survive a change by this one.  A
 * group exists when it has a state; the writer asks for nothing else when an article comes.
 */
#include "storage/group.h"

#include "proto/base/mem.h"
#include "storage/arrival.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum { STATES_FIRST = 64 };

enum group_tag {
	TAG_NAME = 1,
	TAG_KIND,
	TAG_CLASS,
	TAG_OWNER,
	TAG_TITLE,
	TAG_CREATED,
	TAG_CREATOR,
	TAG_POSTING,
	TAG_USE,
	TAG_REPLY,
	TAG_LAST = TAG_REPLY,
};

struct state_slot {
	uint32_t group; /* 0: free */
	bool dirty, gone;
	struct group_state st;
};

/* ---- states within a batch ---- */

void states_init(struct states *s)
{
	*s = (struct states){0};
}

void states_fini(struct states *s)
{
	free(s->slots);
	states_init(s);
}

/* The slot of the group, or the free one where it belongs. */
static struct state_slot *slot_of(const struct states *s, uint32_t group)
{
	size_t at = (group * 2654435761u) & (s->cap - 1);

	while (s->slots[at].group != 0 && s->slots[at].group != group)
		at = (at + 1) & (s->cap - 1);
	return &s->slots[at];
}

static void states_grow(struct states *s)
{
	struct states old = *s;

	s->cap = old.cap ? size_mul(old.cap, 2) : STATES_FIRST;
	s->slots = mem_array(s->cap, sizeof *s->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].group != 0)
			*slot_of(s, old.slots[i].group) = old.slots[i];
	free(old.slots);
}

static struct state_slot *slot_add(struct states *s, uint32_t group)
{
	if (s->n * 2 >= s->cap)
		states_grow(s);
	struct state_slot *slot = slot_of(s, group);
	if (slot->group == 0) {
		slot->group = group;
		s->n++;
	}
	return slot;
}

int group_state_decode(struct slice value, struct group_state *out)
{
	struct dec d = dec_of(value);

	out->low = take_u32(&d);
	out->next = take_u32(&d);
	out->count = take_u32(&d);
	out->modseq = take_u64(&d);
	out->bytes = take_u64(&d);
	out->heads = d.rest.len > 0 ? take_u32(&d) : 0;
	return d.bad ? KERR_DAMAGED : 0;
}

int state_get(struct txn *t, uint32_t group, struct group_state *out)
{
	struct slice value;
	struct key k;

	if (group == 0)
		return KERR_NOTFOUND;
	if (t->states.n > 0 && slot_of(&t->states, group)->group == group) {
		const struct state_slot *slot = slot_of(&t->states, group);
		*out = slot->st;
		return slot->gone ? KERR_NOTFOUND : 0;
	}
	key_of_u32(&k, TABLE_STATE, group);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	if (group_state_decode(value, out) < 0)
		return txn_damaged(t, "group state");
	slot_add(&t->states, group)->st = *out;
	return 0;
}

void state_set(struct txn *t, uint32_t group, const struct group_state *st)
{
	struct state_slot *slot = slot_add(&t->states, group);

	slot->st = *st;
	slot->dirty = true;
}

void state_del(struct txn *t, uint32_t group)
{
	struct state_slot *slot = slot_add(&t->states, group);
	struct key k;

	slot->gone = true;
	slot->dirty = false;
	key_of_u32(&k, TABLE_STATE, group);
	txn_del(t, &k);
}

static void state_put(struct txn *t, uint32_t group, const struct group_state *st)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_u32(&k, TABLE_STATE, group);
	put_u32(v, st->low);
	put_u32(v, st->next);
	put_u32(v, st->count);
	put_u64(v, st->modseq);
	put_u64(v, st->bytes);
	put_u32(v, st->heads);
	txn_put_value(t, &k);
}

void states_flush(struct txn *t)
{
	for (size_t i = 0; i < t->states.cap; i++)
		if (t->states.slots[i].dirty)
			state_put(t, t->states.slots[i].group, &t->states.slots[i].st);
}

/* ---- records ---- */

static void take_field(struct dec *d, uint8_t tag, struct slice value, struct group_rec *g)
{
	switch (tag) {
	case TAG_NAME:
		tag_value_str(d, value, g->name, sizeof g->name);
		break;
	case TAG_KIND:
		g->kind = (enum group_kind)tag_value_u32(d, value);
		break;
	case TAG_CLASS:
		g->cls = (enum group_class)tag_value_u32(d, value);
		break;
	case TAG_OWNER:
		g->owner = tag_value_u32(d, value);
		break;
	case TAG_TITLE:
		tag_value_str(d, value, g->title, sizeof g->title);
		break;
	case TAG_CREATED:
		g->created_at = (int64_t)tag_value_u64(d, value);
		break;
	case TAG_CREATOR:
		tag_value_str(d, value, g->creator, sizeof g->creator);
		break;
	case TAG_POSTING:
		g->posting = (enum group_posting)tag_value_u32(d, value);
		break;
	case TAG_USE:
		g->use = tag_value_u32(d, value);
		break;
	case TAG_REPLY:
		g->reply = (enum group_reply)tag_value_u32(d, value);
		break;
	default: /* of a newer program */
		break;
	}
}

int group_decode(struct slice value, struct group_rec *out)
{
	struct dec d = dec_of(value);
	uint8_t tag;

	while (tag_next(&d, &tag, &value))
		take_field(&d, tag, value, out);
	return d.bad ? KERR_DAMAGED : 0;
}

static void encode(struct buf *v, const struct group_rec *g)
{
	tag_str(v, TAG_NAME, g->name);
	tag_u32(v, TAG_KIND, (uint32_t)g->kind);
	tag_u32(v, TAG_CLASS, (uint32_t)g->cls);
	tag_u32(v, TAG_OWNER, g->owner);
	tag_str(v, TAG_TITLE, g->title);
	tag_u64(v, TAG_CREATED, (uint64_t)g->created_at);
	tag_str(v, TAG_CREATOR, g->creator);
	tag_u32(v, TAG_POSTING, (uint32_t)g->posting);
	if (g->use != 0)
		tag_u32(v, TAG_USE, g->use);
	if (g->reply != REPLY_AUTHOR)
		tag_u32(v, TAG_REPLY, (uint32_t)g->reply);
}

/* Is the name free, or this group's own? */
static int name_check(struct txn *t, const struct group_rec *g)
{
	struct slice value;
	struct key k;

	key_of_owned(&k, g->owner, slice_str(g->name));
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc == KERR_NOTFOUND ? 0 : rc;
	struct dec d = dec_of(value);
	return take_u32(&d) == g->id ? 0 : KERR_EXISTS;
}

/* Put record and name under g->id; old is the record before, "" when new. */
static void write(struct txn *t, const struct group_rec *g, struct slice old)
{
	struct buf *v = txn_value(t);
	struct key k;

	encode(v, g);
	tag_keep(v, old, TAG_LAST);
	key_of_u32(&k, TABLE_GROUP, g->id);
	txn_put_value(t, &k);
	key_of_owned(&k, g->owner, slice_str(g->name));
	txn_put_u32(t, &k, g->id);
}

static void create(struct txn *t, const struct group_rec *g)
{
	state_set(t, g->id, &(struct group_state){.low = 1, .next = 1});
	write(t, g, lit(""));
}

static int change(struct txn *t, const struct group_rec *g)
{
	struct group_rec before = {.id = g->id};
	struct slice old;
	struct key k;

	key_of_u32(&k, TABLE_GROUP, g->id);
	int rc = txn_get(t, &k, &old);
	if (rc < 0)
		return rc;
	if (group_decode(old, &before) < 0)
		return txn_damaged(t, "group record");
	write(t, g, old);
	if (before.owner == g->owner && strcmp(before.name, g->name) == 0)
		return t->rc;
	key_of_owned(&k, before.owner, slice_str(before.name));
	txn_del(t, &k);
	log_append(t, &(struct log_entry){.kind = LOG_RENAMED, .group = g->id, .at = t->now_at});
	return t->rc;
}

int group_put(struct txn *t, const struct group_rec *g, uint32_t *id_out)
{
	struct group_rec rec = *g;
	int rc = name_check(t, g);

	if (rc < 0)
		return rc;
	if (rec.id == 0) {
		rec.id = ++t->n.group;
		create(t, &rec);
	} else {
		rc = change(t, &rec);
	}
	*id_out = rec.id;
	return rc < 0 ? rc : t->rc;
}

int group_get(struct txn *t, uint32_t group, struct group_rec *out)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_GROUP, group);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	*out = (struct group_rec){.id = group};
	return group_decode(value, out) < 0 ? txn_damaged(t, "group record") : 0;
}

void group_del(struct txn *t, const struct group_rec *g)
{
	struct key k;

	key_of_owned(&k, g->owner, slice_str(g->name));
	txn_del(t, &k);
	key_of_u32(&k, TABLE_GROUP, g->id);
	txn_del(t, &k);
	state_del(t, g->id);
}

/* ---- reading ---- */

static int get_group(struct view *v, uint32_t group, bool first, struct group_rec *out)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_GROUP, group);
	int rc = first ? kv_get(v->kv, key_slice(&k), &value) : view_get_more(v, &k, &value);
	if (rc < 0)
		return rc;
	*out = (struct group_rec){.id = group};
	return group_decode(value, out);
}

int view_group(struct view *v, uint32_t group, struct group_rec *out)
{
	return get_group(v, group, true, out);
}

int view_group_named(struct view *v, uint32_t owner, struct slice name, struct group_rec *out)
{
	struct slice value;
	struct key k;

	key_of_owned(&k, owner, name);
	int rc = k.bad ? KERR_NOTFOUND : kv_get(v->kv, key_slice(&k), &value);
	if (rc < 0)
		return rc;
	struct dec d = dec_of(value);
	return get_group(v, take_u32(&d), false, out);
}

int view_group_state(struct view *v, uint32_t group, struct group_state *out)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_STATE, group);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : group_state_decode(value, out);
}

struct walk {
	struct view *v;
	group_fn fn;
	void *arg;
	int rc;
};

static bool name_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct dec d = dec_of(value);
	struct group_rec g;

	(void)key;
	w->rc = get_group(w->v, take_u32(&d), false, &g);
	if (w->rc == KERR_DAMAGED || w->rc == KERR_NOTFOUND) {
		w->rc = 0; /* store_check finds it; those behind it are shown */
		return true;
	}
	return w->rc == 0 && w->fn(w->arg, &g);
}

int view_groups(struct view *v, uint32_t owner, struct slice after, group_fn fn, void *arg)
{
	struct walk w = {v, fn, arg, 0};
	struct key prefix, from, to;

	key_of_u32(&prefix, TABLE_NAME, owner);
	struct kv_range r = range_of(&prefix, &to);
	key_of_owned(&from, owner, after);
	if (after.len > 0)
		key_u8(&from, 0); /* the next key that can be */
	if (from.bad)
		return KERR_INVALID;
	r.from = key_slice(&from);
	int rc = kv_scan(v->kv, &r, name_on, &w);
	return rc < 0 ? rc : w.rc;
}
