/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A feed in which something is missing has a want: who holds what, what is under way, what was
 * asked in vain.  A want goes when nothing is missing, so that quiet feeds cost nothing.
 */
#include "proto/fed/fed_pull.h"

#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_pull_priv.h"

struct fed_pull *fed_pull_new(void)
{
	struct fed_pull *p = mem_new(struct fed_pull);

	list_init(&p->wants);
	return p;
}

static void holding_fini(struct fed_holding *h)
{
	fed_spans_fini(&h->ahead);
	fed_spans_fini(&h->stubs);
}

static void want_free(struct fed_want *w)
{
	for (size_t i = 0; i < w->holders.n; i++)
		holding_fini(&holder_at(w, i)->h);
	vec_fini(&w->holders);
	vec_fini(&w->asks);
	list_remove(&w->node);
	w->feed->want = NULL;
	free(w);
}

void fed_pull_free(struct fed_pull *p)
{
	if (!p)
		return;
	while (!list_empty(&p->wants))
		want_free(container_of(p->wants.next, struct fed_want, node));
	free(p);
}

/* ---- what is missing ---- */

/* Has this neighbour entry n, as far as it said? */
static bool covers(const struct fed_holding *h, uint64_t n)
{
	return (n >= h->low && n <= h->high) || fed_spans_has(&h->ahead, n);
}

/* Is entry n not here, or here without the content that this neighbour has? */
static bool missing(const struct fed_feed *f, const struct fed_holding *h, uint64_t n)
{
	if (n < f->low || n > f->end)
		return false;
	if (!fed_feed_has(f, n))
		return true;
	return fed_spans_has(&f->stubs, n) && !fed_spans_has(&h->stubs, n);
}

/* The first entry from n on that this neighbour has and we have not; UINT64_MAX: none. */
uint64_t want_first_missing(const struct fed_feed *f, const struct fed_holding *h, uint64_t n)
{
	uint64_t last = fed_spans_n(&h->ahead) > 0
				? fed_spans_at(&h->ahead, fed_spans_n(&h->ahead) - 1)->to
				: h->high;

	if (n <= f->high)
		n = f->high + 1;
	while (n <= last && n <= f->end) {
		if (n < h->low)
			n = h->low;
		else if (fed_spans_has(&f->ahead, n))
			n = fed_spans_free(&f->ahead, n);
		else if (!covers(h, n))
			n = fed_spans_next(&h->ahead, n);
		else
			return n;
	}
	return UINT64_MAX;
}

/* A stub of ours from n on of which this neighbour has the content; UINT64_MAX: none. */
static uint64_t first_stub(const struct fed_feed *f, const struct fed_holding *h, uint64_t n)
{
	while ((n = fed_spans_next(&f->stubs, n)) != UINT64_MAX) {
		if (covers(h, n) && missing(f, h, n))
			return n;
		n++;
	}
	return UINT64_MAX;
}

static bool lacks(const struct fed_feed *f, const struct fed_holding *h)
{
	return want_first_missing(f, h, 0) != UINT64_MAX || first_stub(f, h, 0) != UINT64_MAX;
}

/* ---- wants ---- */

static struct fed_want *want_of(struct fed_pull *p, struct fed_feed *f)
{
	struct fed_want *w = f->want;

	if (w)
		return w;
	w = f->want = mem_new(struct fed_want);
	w->feed = f;
	w->next = f->high + 1;
	w->lead = NOBODY;
	vec_init(&w->holders, sizeof(struct holder));
	vec_init(&w->asks, sizeof(struct ask));
	list_append(&p->wants, &w->node);
	return w;
}

size_t want_holder(const struct fed_want *w, unsigned peer)
{
	size_t i = 0;

	while (i < w->holders.n && holder_at(w, i)->peer != peer)
		i++;
	return i;
}

static struct holder *add_holder(struct fed_want *w, unsigned peer)
{
	struct holder *h = vec_push(&w->holders);

	h->peer = peer;
	h->h = (struct fed_holding){.low = 1};
	fed_spans_init(&h->h.ahead);
	fed_spans_init(&h->h.stubs);
	return h;
}

static void drop_holder(struct fed_want *w, size_t i)
{
	holding_fini(&holder_at(w, i)->h);
	if (holder_at(w, i)->peer == w->lead)
		w->lead = NOBODY;
	if (i + 1 < w->holders.n)
		*holder_at(w, i) = *holder_at(w, w->holders.n - 1);
	w->holders.n--;
}

/* Index of the ask for n, or where it belongs. */
static size_t find_ask(const struct fed_want *w, uint64_t n)
{
	size_t lo = 0, hi = w->asks.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ask_at(w, mid)->n < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct ask *get_ask(const struct fed_want *w, uint64_t n)
{
	size_t i = find_ask(w, n);

	return i < w->asks.n && ask_at(w, i)->n == n ? ask_at(w, i) : NULL;
}

static struct ask *add_ask(struct fed_want *w, uint64_t n)
{
	size_t i = find_ask(w, n), tail = w->asks.n - i;

	vec_push(&w->asks);
	if (tail > 0)
		memmove(ask_at(w, i + 1), ask_at(w, i), tail * sizeof(struct ask));
	*ask_at(w, i) = (struct ask){.n = n, .peer = NOBODY};
	return ask_at(w, i);
}

static void del_ask(struct fed_want *w, uint64_t n)
{
	size_t i = find_ask(w, n), tail = w->asks.n - i - 1;

	if (tail > 0)
		memmove(ask_at(w, i), ask_at(w, i + 1), tail * sizeof(struct ask));
	w->asks.n--;
}

/* Nothing under way and nobody who has more: the want goes. */
static bool settle(struct fed_want *w)
{
	for (size_t i = 0; i < w->asks.n; i++)
		if (ask_at(w, i)->peer != NOBODY)
			return false;
	for (size_t i = w->holders.n; i-- > 0;)
		if (!lacks(w->feed, &holder_at(w, i)->h))
			drop_holder(w, i);
	if (w->holders.n > 0)
		return false;
	want_free(w);
	return true;
}

/* It had no content of these, and has it now. */
static void forgive_stubs(
	struct fed_want *w, unsigned peer, const struct fed_spans *was, const struct fed_spans *is)
{
	for (size_t k = 0; k < w->asks.n; k++) {
		struct ask *a = ask_at(w, k);

		if (fed_spans_has(was, a->n) && !fed_spans_has(is, a->n))
			a->tried &= ~(UINT64_C(1) << peer);
	}
}

/* What it was asked for in vain may be asked of it again. */
static void forgive(struct fed_want *w, unsigned peer)
{
	for (size_t k = 0; k < w->asks.n; k++)
		ask_at(w, k)->tried &= ~(UINT64_C(1) << peer);
}

/* Has it something by another name, of a branch that goes on where the feed ends? */
static bool has_more(const struct fed_feed *f, unsigned peer, const struct fed_holding *h)
{
	const struct fed_want *w = f->want;
	size_t i = w ? want_holder(w, peer) : 0;

	return w && i < w->holders.n && fed_epoch_cmp(&holder_at(w, i)->h.as, &h->as) != 0 &&
	       lacks(f, &holder_at(w, i)->h);
}

bool fed_pull_head(
	struct fed_pull *p, struct fed_feed *f, unsigned peer, const struct fed_holding *h)
{
	if (!lacks(f, h)) {
		if (!has_more(f, peer, h))
			fed_pull_forget(p, f, peer);
		return false;
	}
	struct fed_want *w = want_of(p, f);
	size_t i = want_holder(w, peer);
	struct holder *to = i < w->holders.n ? holder_at(w, i) : add_holder(w, peer);

	if (fed_epoch_cmp(&to->h.as, &h->as) != 0) {
		forgive(w, peer); /* it did not have it by the name of before */
		to->h.sure = 0;
	}
	to->h.parted = to->h.parted && to->h.high == h->high;
	to->h.low = h->low;
	to->h.high = h->high;
	to->h.e = h->e;
	to->h.as = h->as;
	to->h.next = h->next;
	to->h.sure = h->sure > to->h.sure ? h->sure : to->h.sure;
	forgive_stubs(w, peer, &to->h.stubs, &h->stubs);
	fed_spans_copy(&to->h.ahead, &h->ahead);
	fed_spans_copy(&to->h.stubs, &h->stubs);
	list_remove(&w->node);
	w->node.next = p->wants.next; /* to the front: what is said last is asked first */
	w->node.prev = &p->wants;
	p->wants.next->prev = &w->node;
	p->wants.next = &w->node;
	return true;
}

void fed_pull_forget(struct fed_pull *p, struct fed_feed *f, unsigned peer)
{
	struct fed_want *w = f->want;

	(void)p;
	if (!w)
		return;
	size_t i = want_holder(w, peer);
	if (i < w->holders.n)
		drop_holder(w, i);
	forgive(w, peer); /* its number may be another's soon */
	for (size_t k = 0; k < w->asks.n; k++)
		if (ask_at(w, k)->peer == peer)
			ask_at(w, k)->peer = NOBODY;
	settle(w);
}

void fed_pull_gone(struct fed_pull *p, unsigned peer)
{
	for (struct list *it = p->wants.next, *next; it != &p->wants; it = next) {
		next = it->next;
		fed_pull_forget(p, container_of(it, struct fed_want, node)->feed, peer);
	}
}

void fed_pull_drop(struct fed_pull *p, struct fed_feed *f)
{
	(void)p;
	if (f->want)
		want_free(f->want);
}

/* ---- asking ---- */

static void give(struct ask *a, unsigned peer, int64_t now_at)
{
	a->peer = peer;
	a->at = now_at;
}

/* Always true: it is asked. */
static bool begin(struct fed_want *w, struct ask *a, const struct holder *h, int64_t now_at,
	struct fed_ask *out)
{
	give(a, h->peer, now_at);
	if (!fed_feed_has(w->feed, a->n) &&
		(w->lead == NOBODY || want_holder(w, w->lead) == w->holders.n))
		w->lead = h->peer;
	*out = (struct fed_ask){w->feed, a->n, h->h.as};
	return true;
}

/* Something that was asked in vain of others, or failed for the moment. */
static bool ask_again(
	struct fed_want *w, const struct holder *h, int64_t now_at, struct fed_ask *out)
{
	for (size_t i = 0; i < w->asks.n; i++) {
		struct ask *a = ask_at(w, i);

		if (now_at >= a->until)
			a->tried = 0;
		if (a->peer != NOBODY || a->at > now_at || (a->tried & UINT64_C(1) << h->peer) ||
			!covers(&h->h, a->n) || !missing(w->feed, &h->h, a->n) ||
			(!fed_feed_has(w->feed, a->n) && !want_follows_lead(w, h)) ||
			!want_may_ask(w, h, a->n))
			continue;
		return begin(w, a, h, now_at, out);
	}
	return false;
}

/* From `n` on; entries that are under way or were asked in vain are another's affair. */
static uint64_t unasked(const struct fed_want *w, const struct holder *h, uint64_t n,
	uint64_t (*first)(const struct fed_feed *f, const struct fed_holding *h, uint64_t n))
{
	while ((n = first(w->feed, &h->h, n)) != UINT64_MAX && get_ask(w, n))
		n++;
	return n;
}

static bool ask_new(struct fed_want *w, const struct holder *h, int64_t now_at, struct fed_ask *out)
{
	const struct fed_feed *f = w->feed;
	uint64_t from = w->next > f->high ? w->next : f->high + 1;
	uint64_t n = want_follows_lead(w, h) ? unasked(w, h, from, want_first_missing) : UINT64_MAX;

	if (n == UINT64_MAX || n > f->high + FED_WINDOW || !want_may_ask(w, h, n) ||
		(n > f->high + 1 && fed_spans_count(&f->ahead) >= FED_AHEAD_MAX))
		return false;
	if (h->h.low <= from && n <= h->h.high)
		w->next = n + 1; /* nothing was left out on the way */
	return begin(w, add_ask(w, n), h, now_at, out);
}

static bool ask_stub(
	struct fed_want *w, const struct holder *h, int64_t now_at, struct fed_ask *out)
{
	uint64_t n = unasked(w, h, 0, first_stub);

	if (n == UINT64_MAX)
		return false;
	return begin(w, add_ask(w, n), h, now_at, out);
}

bool fed_pull_next(struct fed_pull *p, unsigned peer, int64_t now_at, struct fed_ask *out)
{
	list_each(&p->wants, it)
	{
		struct fed_want *w = container_of(it, struct fed_want, node);
		size_t i = want_holder(w, peer);

		if (i == w->holders.n)
			continue;
		const struct holder *h = holder_at(w, i);
		want_wait(w, h, now_at);
		if (ask_again(w, h, now_at, out) || ask_new(w, h, now_at, out) ||
			ask_stub(w, h, now_at, out))
			return true;
	}
	return false;
}

bool fed_pull_ask(struct fed_pull *p, struct fed_feed *f, uint64_t n, unsigned peer, int64_t now_at)
{
	struct fed_want *w = want_of(p, f);
	struct ask *a = get_ask(w, n);

	if (fed_feed_has(f, n) || (a && a->peer != NOBODY)) {
		settle(w);
		return false;
	}
	give(a ? a : add_ask(w, n), peer, now_at);
	return true;
}

/* This neighbour need not be asked for it again for a while. */
static void in_vain(struct fed_want *w, struct ask *a, unsigned peer, int64_t now_at, int64_t for_s)
{
	if (w->lead == peer)
		w->lead = NOBODY;
	a->tried |= UINT64_C(1) << peer;
	a->until = now_at + for_s;
}

/* A stub: who has it may get the content; after a month nobody will.  Section 7.2 */
static void no_content(struct fed_want *w, struct ask *a, unsigned peer, int64_t now_at)
{
	int64_t days = FED_ABSENT_DAYS;

	in_vain(w, a, peer, now_at, FED_ABSENT_S);
	if (a->since == 0)
		a->since = now_at > 0 ? now_at : 1;
	if (now_at - a->since >= days * FED_ABSENT_S)
		a->until = INT64_MAX;
}

/* May any neighbour be asked for what is new? */
static bool is_open(const struct fed_want *w)
{
	return w->holders.n > 0 && want_lead_done(w);
}

bool fed_pull_end(struct fed_pull *p, struct fed_feed *f, uint64_t n, unsigned peer,
	enum fed_ask_end how, int64_t now_at)
{
	struct fed_want *w = f->want;
	struct ask *a = w ? get_ask(w, n) : NULL;

	(void)p;
	if (!a || a->peer != peer)
		return false;
	a->peer = NOBODY;
	a->at = now_at;
	switch (how) {
	case FED_ASK_STORED:
		del_ask(w, n);
		break;
	case FED_ASK_LATER:
		a->at = now_at + 1;
		if (w->lead == peer)
			w->lead = NOBODY;
		break;
	case FED_ASK_STUB:
		no_content(w, a, peer, now_at);
		break;
	case FED_ASK_NOT_HELD:
		in_vain(w, a, peer, now_at, FED_RETRY_S);
		break;
	}
	return !settle(w) && is_open(w);
}

bool fed_pull_tick(struct fed_pull *p, int64_t now_at)
{
	bool news = false;

	list_each(&p->wants, it)
	{
		struct fed_want *w = container_of(it, struct fed_want, node);

		news = news || is_open(w) || w->guess_at > 0;
		for (size_t i = 0; i < w->asks.n; i++) {
			struct ask *a = ask_at(w, i);

			news = news || (a->peer == NOBODY && a->at <= now_at);
			if (a->peer == NOBODY || now_at - a->at < FED_ASK_S)
				continue;
			in_vain(w, a, a->peer, now_at, FED_RETRY_S);
			a->peer = NOBODY;
			a->at = now_at;
			news = true;
		}
	}
	return news;
}

bool fed_pull_offered(const struct fed_feed *f, uint64_t n)
{
	const struct fed_want *w = f->want;
	const struct ask *a = w ? get_ask(w, n) : NULL;

	for (size_t i = 0; w && i < w->holders.n; i++) {
		const struct holder *h = holder_at(w, i);

		if (covers(&h->h, n) && !fed_spans_has(&h->h.stubs, n) &&
			!(a && a->tried & UINT64_C(1) << h->peer))
			return true;
	}
	return false;
}

void fed_pull_forgive(struct fed_feed *f, uint64_t n)
{
	struct ask *a = f->want ? get_ask(f->want, n) : NULL;

	if (a)
		*a = (struct ask){.n = a->n, .peer = a->peer, .at = a->at};
}

bool fed_pull_wants(const struct fed_pull *p, const struct fed_feed *f)
{
	(void)p;
	return f->want != NULL;
}

static int by_newest(const void *a, const void *b)
{
	const struct fed_want *const *x = a, *const *y = b;

	return (*x)->feed->newest_t > (*y)->feed->newest_t   ? -1
	       : (*x)->feed->newest_t < (*y)->feed->newest_t ? 1
							     : 0;
}

void fed_pull_newest_first(struct fed_pull *p)
{
	struct vec all;

	vec_init(&all, sizeof(struct fed_want *));
	list_each(&p->wants, it)
	{
		*(struct fed_want **)vec_push(&all) = container_of(it, struct fed_want, node);
	}
	if (all.n > 1)
		qsort(all.data, all.n, sizeof(struct fed_want *), by_newest);
	for (size_t i = 0; i < all.n; i++) {
		struct fed_want *w = *(struct fed_want **)vec_at(&all, i);

		list_remove(&w->node);
		list_append(&p->wants, &w->node);
	}
	vec_fini(&all);
}
