/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds in memory.  A list in the order of change answers "what is new since" without looking at
 * the others: the feeds that changed since a count are its tail.
 */
#include "proto/fed/fed_feed.h"

#include <stdio.h>

#include "proto/base/mem.h"

void fed_feeds_init(struct fed_feeds *s)
{
	*s = (struct fed_feeds){.by_name = map_new()};
	list_init(&s->by_change);
}

static void feed_free(struct fed_feed *f)
{
	list_remove(&f->node);
	fed_spans_fini(&f->ahead);
	fed_spans_fini(&f->stubs);
	fed_spans_fini(&f->lost);
	vec_fini(&f->pending);
	vec_fini(&f->told);
	free(f);
}

void fed_feeds_fini(struct fed_feeds *s)
{
	for (struct list *it = s->by_change.next; it != &s->by_change; it = s->by_change.next)
		feed_free(container_of(it, struct fed_feed, node));
	map_free(s->by_name);
}

/* ---- names ---- */

void fed_feed_name_text(const struct fed_feed_name *name, char out[FED_FEED_NAME_LEN])
{
	snprintf(out, FED_FEED_NAME_LEN, "%s %s %llu%s%s", name->gid.s, name->oid.s,
		(unsigned long long)name->epoch.n, name->epoch.branch[0] ? "~" : "",
		name->epoch.branch);
}

bool fed_feed_name_parse(struct slice text, struct fed_feed_name *out)
{
	struct slice gid, oid, epoch;

	return slice_split(&text, ' ', &gid) && slice_split(&text, ' ', &oid) &&
	       slice_split(&text, ' ', &epoch) && !text.p && fed_gid_parse(gid, &out->gid) &&
	       fed_oid_parse(oid, &out->oid) && fed_epoch_parse(epoch, &out->epoch);
}

bool fed_feed_same_epoch(const struct fed_feed_name *a, const struct fed_feed_name *b)
{
	return a->epoch.n == b->epoch.n && fed_oid_eq(&a->oid, &b->oid) &&
	       fed_gid_eq(&a->gid, &b->gid);
}

struct fed_feed *fed_feeds_get(const struct fed_feeds *s, const struct fed_feed_name *name)
{
	char text[FED_FEED_NAME_LEN];

	fed_feed_name_text(name, text);
	return map_get(s->by_name, slice_str(text));
}

struct fed_feed *fed_feeds_make(struct fed_feeds *s, const struct fed_feed_name *name)
{
	struct fed_feed *f = fed_feeds_get(s, name);
	char text[FED_FEED_NAME_LEN];

	if (f)
		return f;
	f = mem_new(struct fed_feed);
	f->name = f->stored = *name;
	f->low = 1;
	f->end = UINT64_MAX;
	f->tip.e = fed_hash_none;
	fed_spans_init(&f->ahead);
	fed_spans_init(&f->stubs);
	fed_spans_init(&f->lost);
	vec_init(&f->pending, sizeof(struct fed_link));
	vec_init(&f->told, sizeof(struct fed_told));
	list_append(&s->by_change, &f->node);
	f->changed = ++s->n_changes;
	fed_feed_name_text(name, text);
	map_put(s->by_name, slice_str(text), f);
	s->n++;
	return f;
}

void fed_feed_begin(struct fed_feed *f, uint64_t low)
{
	if (low < f->low) {
		if (f->high >= f->low)
			fed_spans_add(&f->ahead, f->low, f->high);
		f->high = 0; /* below */
	}
	f->low = low;
	fed_spans_take(&f->stubs, 0, low - 1);
	fed_spans_take(&f->ahead, 0, low - 1);
	if (f->high < low) {
		f->high = low - 1;
		f->tip = (struct fed_link){.n = low - 1};
	}
}

void fed_feeds_touch(struct fed_feeds *s, struct fed_feed *f)
{
	f->changed = ++s->n_changes;
	list_remove(&f->node);
	list_append(&s->by_change, &f->node);
}

void fed_feeds_drop(struct fed_feeds *s, struct fed_feed *f)
{
	char text[FED_FEED_NAME_LEN];

	fed_feed_name_text(&f->name, text);
	map_del(s->by_name, slice_str(text));
	feed_free(f);
	s->n--;
}

/* ---- entries ---- */

bool fed_feed_has(const struct fed_feed *f, uint64_t n)
{
	return (n >= f->low && n <= f->high) || fed_spans_has(&f->ahead, n);
}

bool fed_feed_gapless(const struct fed_feed *f)
{
	return fed_spans_n(&f->ahead) == 0 && f->pending.n == 0;
}

static struct fed_link *pending_at(const struct fed_feed *f, size_t i)
{
	return vec_at(&f->pending, i);
}

const struct fed_link *fed_feed_link(const struct fed_feed *f, uint64_t n)
{
	if (n == f->high)
		return &f->tip;
	for (size_t i = f->pending.n; i-- > 0;)
		if (pending_at(f, i)->n == n)
			return pending_at(f, i);
	return NULL;
}

void fed_feed_pend(struct fed_feed *f, const struct fed_link *l)
{
	*(struct fed_link *)vec_push(&f->pending) = *l;
}

/* Take the pending entry i out; order is kept. */
static void unpend(struct fed_feed *f, size_t i)
{
	size_t tail = f->pending.n - i - 1;

	if (tail > 0)
		memmove(pending_at(f, i), pending_at(f, i + 1), tail * sizeof(struct fed_link));
	f->pending.n--;
}

void fed_feed_unpend(struct fed_feed *f, uint64_t n)
{
	for (size_t i = 0; i < f->pending.n; i++) {
		if (pending_at(f, i)->n == n) {
			unpend(f, i);
			return;
		}
	}
}

void fed_feed_content(struct fed_feed *f, uint64_t n, bool here)
{
	if (!here) {
		fed_spans_add(&f->stubs, n, n);
		return;
	}
	fed_spans_take(&f->stubs, n, n);
	fed_spans_take(&f->lost, n, n);
}

void fed_feed_lose(struct fed_feeds *s, struct fed_feed *f, uint64_t n)
{
	fed_spans_add(&f->stubs, n, n);
	fed_spans_add(&f->lost, n, n);
	fed_feeds_touch(s, f);
}

void fed_feed_find(struct fed_feeds *s, struct fed_feed *f, uint64_t n)
{
	fed_feed_content(f, n, true);
	fed_feeds_touch(s, f);
}

void fed_feed_stored(
	struct fed_feeds *s, struct fed_feed *f, uint64_t n, const struct fed_link *tip, bool stub)
{
	fed_feed_unpend(f, n);
	fed_feed_content(f, n, !stub);
	fed_spans_take(&f->lost, n, n); /* a stub that was lost had no text */
	if (tip->n > f->high) {
		f->high = tip->n;
		f->tip = *tip;
		fed_spans_take(&f->ahead, 0, f->high);
	}
	if (n > f->high)
		fed_spans_add(&f->ahead, n, n);
	fed_feeds_touch(s, f);
}

void fed_feed_failed(struct fed_feed *f, uint64_t n)
{
	for (size_t i = 0; i < f->pending.n; i++) {
		if (pending_at(f, i)->n != n)
			continue;
		unpend(f, i);
		fed_feed_failed(f, n + 1); /* it was checked against this one */
		return;
	}
}

/* ---- parts of a chain ---- */

/* What lies from n on goes from one set to the other. */
static void move_spans(struct fed_spans *from, struct fed_spans *to, uint64_t n)
{
	for (uint64_t at = n; (at = fed_spans_next(from, at)) != UINT64_MAX;) {
		uint64_t end = fed_spans_free(from, at);

		fed_spans_add(to, at, end - 1);
		at = end;
	}
	fed_spans_take(from, n, UINT64_MAX);
}

static void move_pending(struct fed_feed *from, struct fed_feed *to, uint64_t n)
{
	for (size_t i = 0; i < from->pending.n;) {
		if (pending_at(from, i)->n < n) {
			i++;
			continue;
		}
		fed_feed_pend(to, pending_at(from, i));
		unpend(from, i);
	}
}

struct fed_feed *fed_feeds_split(struct fed_feeds *s, struct fed_feed *f, uint64_t n,
	const struct fed_feed_name *name, const struct fed_link *before)
{
	struct fed_feed *to = fed_feeds_make(s, name);

	to->stored = f->stored;
	to->id = f->id;
	to->low = n;
	to->high = n - 1;
	to->end = f->end;
	to->forked = f->forked;
	to->drawn = f->drawn;
	to->part = f->part = true;
	to->unproven = false;
	to->tip = *before;
	if (f->high >= n) {
		to->high = f->high;
		to->tip = f->tip;
		f->high = n - 1;
		f->tip = *before;
	}
	f->end = n - 1;
	f->forked = true;
	move_spans(&f->ahead, &to->ahead, n);
	move_spans(&f->stubs, &to->stubs, n);
	move_spans(&f->lost, &to->lost, n);
	move_pending(f, to, n);
	fed_feeds_touch(s, f);
	fed_feeds_touch(s, to);
	return to;
}

uint64_t fed_feed_run(const struct fed_feed *f)
{
	return fed_spans_free(&f->ahead, f->high + 1) - 1;
}

void fed_feed_close(struct fed_feed *f, const struct fed_link *tip)
{
	f->high = tip->n;
	f->tip = *tip;
	fed_spans_take(&f->ahead, 0, f->high);
}
