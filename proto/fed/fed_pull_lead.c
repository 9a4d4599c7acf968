/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One continuation at a time: an origin may have signed two of a feed, and what of both came into
 * one gap could not be told apart any more.  docs/federation.md section 7.4
 */
#include "proto/fed/fed_pull_priv.h"

/* Of the spans held beyond a gap the i-th from behind; then what is complete. */
static struct fed_span span_of(const struct fed_spans *ahead, uint64_t high, size_t i)
{
	size_t n = fed_spans_n(ahead);

	return i < n ? *fed_spans_at(ahead, n - 1 - i) : (struct fed_span){.to = high};
}

/* Ours; the entry before such a span is known, for the first of the span names it. */
static struct fed_span known_of(const struct fed_feed *f, size_t i)
{
	struct fed_span s = span_of(&f->ahead, f->high, i);

	s.from -= s.from > 0;
	return s;
}

uint64_t fed_pull_top(const struct fed_feed *f, const struct fed_holding *h)
{
	struct fed_span ours = known_of(f, 0), its = span_of(&h->ahead, h->high, 0);

	for (size_t i = 0, k = 0; ours.from > its.to || its.from > ours.to;) {
		if (ours.from > its.to)
			ours = known_of(f, ++i);
		else
			its = span_of(&h->ahead, h->high, ++k);
	}
	return ours.to < its.to ? ours.to : its.to;
}

/* It was looked into before: it is of our continuation, or shows it while there is no gap. */
static bool is_judged(const struct fed_feed *f, const struct fed_holding *h)
{
	return h->e.s[0] == '\0' && (!h->next || fed_feed_gapless(f));
}

/*
 * Entry n is to go into a gap of ours: has it anything that shows whether what lies beyond that one
 * is of its continuation?
 */
static bool can_tell(const struct fed_feed *f, const struct fed_holding *h, uint64_t n)
{
	return fed_spans_next(&f->ahead, n) == UINT64_MAX || h->parted || fed_pull_top(f, h) >= n;
}

/* Does its entry n follow one that was compared, with nothing missing at it between them? */
static bool is_joined(const struct fed_holding *h, uint64_t n)
{
	uint64_t from = n;

	if (n <= h->high)
		return true;
	for (size_t i = fed_spans_n(&h->ahead); i-- > 0;)
		if (n >= fed_spans_at(&h->ahead, i)->from && n <= fed_spans_at(&h->ahead, i)->to)
			from = fed_spans_at(&h->ahead, i)->from;
	return h->sure >= from;
}

bool want_may_ask(const struct fed_want *w, const struct holder *h, uint64_t n)
{
	return w->guess || is_judged(w->feed, &h->h) || fed_feed_has(w->feed, n) ||
	       (can_tell(w->feed, &h->h, n) && is_joined(&h->h, n));
}

void want_wait(struct fed_want *w, const struct holder *h, int64_t now_at)
{
	uint64_t n = want_first_missing(w->feed, &h->h, 0);

	w->guess = false;
	if (n != UINT64_MAX && !want_may_ask(w, h, n) &&
		(w->guess_at == 0 || now_at >= w->guess_at + FED_GUESS_FOR_S))
		w->guess_at = now_at + FED_GUESS_S;
	w->guess = w->guess_at > 0 && now_at >= w->guess_at;
}

/*
 * The last entry of ours that this neighbour has as well; beyond a gap of its own, too: there it
 * may have another continuation than ours.
 */
static uint64_t top_of(const struct fed_feed *f, const struct fed_holding *h)
{
	uint64_t top = fed_pull_top(f, h);

	for (size_t i = 0; i < f->pending.n; i++) {
		const struct fed_link *l = vec_at(&f->pending, i);

		if (l->n > top && (l->n <= h->high || fed_spans_has(&h->ahead, l->n)))
			top = l->n;
	}
	return top;
}

/* What is beyond a gap was taken from others: is this one's continuation the same? */
static bool is_sure(const struct fed_feed *f, const struct fed_holding *h)
{
	return is_judged(f, h) || top_of(f, h) < f->low || h->sure >= top_of(f, h);
}

static bool same_end(const struct fed_holding *a, const struct fed_holding *b)
{
	return a->high == b->high && fed_hash_eq(&a->e, &b->e) &&
	       !fed_hash_eq(&a->e, &fed_hash_none);
}

/* Where who leads is among the holders; w->holders.n: nobody does. */
static size_t lead_at(const struct fed_want *w)
{
	return w->lead == NOBODY ? w->holders.n : want_holder(w, w->lead);
}

bool want_lead_done(const struct fed_want *w)
{
	size_t i = lead_at(w);

	if (i == w->holders.n)
		return true;
	uint64_t n = want_first_missing(w->feed, &holder_at(w, i)->h, 0);
	return n == UINT64_MAX || !want_may_ask(w, holder_at(w, i), n);
}

bool want_follows_lead(const struct fed_want *w, const struct holder *h)
{
	size_t i = lead_at(w);

	if (is_judged(w->feed, &h->h))
		return true;
	if (i == w->holders.n || w->lead == h->peer) /* others may have filled in meanwhile */
		return is_sure(w->feed, &h->h) || fed_feed_gapless(w->feed);
	if (same_end(&h->h, &holder_at(w, i)->h))
		return is_sure(w->feed, &h->h);
	return want_lead_done(w) && (is_sure(w->feed, &h->h) || fed_feed_gapless(w->feed));
}

bool fed_pull_unsure(struct fed_pull *p, unsigned peer, struct fed_ask *out)
{
	list_each(&p->wants, it)
	{
		struct fed_want *w = container_of(it, struct fed_want, node);
		size_t i = want_holder(w, peer);

		if (i == w->holders.n)
			continue;
		const struct fed_holding *h = &holder_at(w, i)->h;
		bool free = w->lead == peer || want_lead_done(w);
		uint64_t n = want_first_missing(w->feed, h, 0);
		if (!free || is_sure(w->feed, h) || fed_feed_gapless(w->feed) || n == UINT64_MAX ||
			(!w->guess && !can_tell(w->feed, h, n)))
			continue;
		*out = (struct fed_ask){w->feed, top_of(w->feed, h), h->as};
		return true;
	}
	return false;
}

bool fed_pull_sure(struct fed_pull *p, struct fed_feed *f, unsigned peer, uint64_t n)
{
	struct fed_want *w = f->want;
	size_t i = w ? want_holder(w, peer) : 0;
	bool news = false;

	(void)p;
	if (!w || i == w->holders.n)
		return false;
	const struct fed_holding *h = &holder_at(w, i)->h;
	for (size_t k = 0; k < w->holders.n; k++) {
		struct fed_holding *same = &holder_at(w, k)->h;

		if (same->sure >= n || (k != i && (!same_end(same, h) || n > h->high)))
			continue; /* beyond its gap others may have something else */
		news = news || (k != i && same->sure == 0);
		same->sure = n;
	}
	return news;
}

void fed_pull_parted(struct fed_pull *p, struct fed_feed *f, unsigned peer, uint64_t n)
{
	struct fed_want *w = f->want;
	size_t i = w ? want_holder(w, peer) : 0;

	(void)p;
	if (w && i < w->holders.n && holder_at(w, i)->h.high + 1 == n)
		holder_at(w, i)->h.parted = true;
}

bool fed_pull_trusts(const struct fed_pull *p, const struct fed_feed *f, unsigned peer, uint64_t n)
{
	const struct fed_want *w = f->want;
	size_t i = w ? want_holder(w, peer) : 0;

	(void)p;
	return w && i < w->holders.n && is_sure(f, &holder_at(w, i)->h) &&
	       want_may_ask(w, holder_at(w, i), n);
}

bool fed_pull_any_sure(const struct fed_feed *f, uint64_t n)
{
	const struct fed_want *w = f->want;

	for (size_t i = 0; w && i < w->holders.n; i++)
		if (holder_at(w, i)->h.sure >= n)
			return true;
	return false;
}

bool fed_pull_compare(struct fed_pull *p, struct fed_feed *f, unsigned peer, struct fed_ask *out)
{
	const struct fed_want *w = f->want;
	size_t i = w ? want_holder(w, peer) : 0;

	(void)p;
	if (!w || i == w->holders.n)
		return false;
	*out = (struct fed_ask){f, top_of(f, &holder_at(w, i)->h), holder_at(w, i)->h.as};
	return true;
}

/* ---- figures ---- */

/* Entries that the neighbour has and we have not, gaps in what it has counted as well. */
static uint64_t behind(const struct fed_feed *f, const struct fed_holding *h)
{
	uint64_t from = h->low > f->high ? h->low : f->high + 1, n = 0;

	if (h->high >= from)
		n = h->high - from + 1;
	for (size_t i = 0; i < fed_spans_n(&f->ahead); i++) {
		const struct fed_span *s = fed_spans_at(&f->ahead, i);
		uint64_t to = s->to < h->high ? s->to : h->high;

		if (s->from >= from && s->from <= to)
			n -= to - s->from + 1;
	}
	return n;
}

uint64_t fed_pull_behind_peer(const struct fed_pull *p, unsigned peer)
{
	uint64_t n = 0;

	list_each(&p->wants, it)
	{
		struct fed_want *w = container_of(it, struct fed_want, node);
		size_t i = want_holder(w, peer);

		if (i < w->holders.n)
			n += behind(w->feed, &holder_at(w, i)->h);
	}
	return n;
}

uint64_t fed_pull_behind(const struct fed_pull *p)
{
	uint64_t n = 0;

	list_each(&p->wants, it)
	{
		struct fed_want *w = container_of(it, struct fed_want, node);
		uint64_t most = 0;

		for (size_t i = 0; i < w->holders.n; i++) {
			uint64_t b = behind(w->feed, &holder_at(w, i)->h);
			most = b > most ? b : most;
		}
		n += most;
	}
	return n;
}
