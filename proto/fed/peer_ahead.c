/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An item waits only while a batch with its signature is out.  A signature that does not hold is
 * not the end of anything here: the node looks again and says why.
 */
#include "proto/fed/peer_ahead.h"

#include "proto/base/mem.h"

void peer_sigs_check(struct peer_sigs *s)
{
	for (size_t i = 0; i < s->n; i++) {
		s->v[i].holds = fed_sign_verify(&s->v[i].sign, &s->v[i].key);
		fed_sign_hash(&s->v[i].sign, &s->v[i].e);
	}
}

static void send_off(struct peer_ahead *a);

void peer_ahead_init(struct peer_ahead *a)
{
	*a = (struct peer_ahead){.n = 0};
	list_init(&a->items);
	list_init(&a->out);
}

static struct ahead_item *item_at(struct list *it)
{
	return container_of(it, struct ahead_item, node);
}

static struct peer_sigs *sigs_at(struct list *it)
{
	return container_of(it, struct peer_sigs, node);
}

static void pop(struct peer_ahead *a, struct ahead_item *i)
{
	list_remove(&i->node);
	a->n--;
	buf_fini(&i->block);
	free(i);
}

void peer_ahead_fini(struct peer_ahead *a)
{
	while (!list_empty(&a->items))
		pop(a, item_at(a->items.next));
	for (struct list *it = a->out.next, *next; it != &a->out; it = next) {
		next = it->next;
		sigs_at(it)->owner = NULL;
		list_remove(it);
	}
	free(a->unsent);
}

/* ---- signatures ---- */

/* Kokod-Sign stands in front of what is sent on; elsewhere it is not looked for. */
static bool sign_in_front(struct slice block, struct fed_sign *out)
{
	static const char name[] = "Kokod-Sign:";
	size_t end = sizeof name - 1;
	const char *why;

	if (!slice_starts(block, lit("Kokod-Sign:")))
		return false;
	while (end < block.len && end < FED_FIELD_MAX) {
		end += slice_chr(slice_from(block, end), '\n') + 1;
		if (end >= block.len || (block.p[end] != ' ' && block.p[end] != '\t'))
			break;
	}
	if (end > block.len || end < sizeof name + 1)
		return false;
	return fed_sign_parse(
		slice_of(block.p + sizeof name - 1, end - sizeof name + 1 - 2), out, &why);
}

/* The key of its origin; false: it is not known, or none that may sign. */
static bool find_key(const struct fed_reg *reg, const struct fed_sign *s, struct fed_public *out)
{
	const struct fed_daemon *d = fed_reg_daemon(reg, &s->o);

	return d && fed_daemon_key(d, &s->k, out) == FED_KEY_GOOD;
}

static void add_sig(struct peer_ahead *a, struct ahead_item *i)
{
	struct peer_sig sig;

	if (!a->verify || !sign_in_front(buf_slice(&i->block), &sig.sign) ||
		!find_key(a->reg, &sig.sign, &sig.key))
		return;
	if (!a->unsent)
		a->unsent = mem_new(struct peer_sigs);
	sig.holds = false;
	sig.item = i;
	a->unsent->v[a->unsent->n++] = sig;
	i->waits = true;
	if (a->unsent->n == PEER_SIGS)
		send_off(a);
}

static void settle(const struct peer_sig *sig, bool looked)
{
	struct ahead_item *i = sig->item;

	i->waits = false;
	i->vouched = looked && sig->holds;
	if (i->vouched)
		i->vouch = (struct fed_vouch){.key = sig->key, .s = sig->sign.s, .e = sig->e};
}

static void on_done(struct peer_sigs *s)
{
	struct peer_ahead *a = s->owner;

	if (a) {
		list_remove(&s->node);
		a->n_out--;
		for (size_t i = 0; i < s->n; i++)
			settle(&s->v[i], true);
		a->ready(a->ready_arg);
	}
	free(s);
}

static void send_off(struct peer_ahead *a)
{
	struct peer_sigs *s = a->unsent;

	a->unsent = NULL;
	s->done = on_done;
	s->owner = a;
	list_append(&a->out, &s->node);
	a->n_out++;
	if (a->verify(a->arg, s) == 0)
		return;
	list_remove(&s->node);
	a->n_out--;
	for (size_t i = 0; i < s->n; i++)
		settle(&s->v[i], false);
	free(s);
	a->ready(a->ready_arg);
}

/* Whoever is done comes back here (ready), so nothing is left. */
void peer_ahead_rest(struct peer_ahead *a)
{
	if (a->unsent && a->n_out < PEER_SIGS_OUT)
		send_off(a);
}

/* ---- items ---- */

void peer_ahead_push_take(
	struct peer_ahead *a, unsigned code, struct buf *block, bool broken, bool entry)
{
	struct ahead_item *i = mem_new(struct ahead_item);
	size_t max = block->max;

	i->code = code;
	i->broken = broken;
	i->block = *block;
	buf_init(block, max);
	list_append(&a->items, &i->node);
	a->n++;
	if (entry && !broken)
		add_sig(a, i);
}

struct ahead_item *peer_ahead_first(struct peer_ahead *a)
{
	struct ahead_item *i = list_empty(&a->items) ? NULL : item_at(a->items.next);

	return i && !i->waits ? i : NULL;
}

void peer_ahead_pop(struct peer_ahead *a)
{
	pop(a, item_at(a->items.next));
}
