/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequence numbers by gaps.  Each gap knows how many numbers are missing below it, so the place of
 * a number is its distance from 1 less what is missing before it.
 */
#include "proto/imap/imap_view.h"

#include "proto/base/mem.h"

void imap_view_init(struct imap_view *v)
{
	*v = (struct imap_view){.next = 1};
}

void imap_view_fini(struct imap_view *v)
{
	free(v->gaps);
	imap_view_init(v);
}

void imap_view_move(struct imap_view *dst, struct imap_view *src)
{
	free(dst->gaps);
	*dst = *src;
	imap_view_init(src);
}

static uint32_t missing(const struct imap_view *v)
{
	if (v->n == 0)
		return 0;
	const struct imap_gap *g = &v->gaps[v->n - 1];

	return g->before + (g->last - g->first + 1);
}

/* Ranges come in ascending order; parts outside of from..next-1 are left out. */
static void add_gap(struct imap_view *v, uint32_t from, uint32_t first, uint32_t last)
{
	struct imap_gap *end = v->n > 0 ? &v->gaps[v->n - 1] : NULL;

	if (first < from)
		first = from;
	if (end && first <= end->last)
		first = end->last + 1;
	if (last >= v->next)
		last = v->next - 1;
	if (first > last)
		return;
	if (end && end->last + 1 == first) {
		end->last = last;
		return;
	}
	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 8;
		v->gaps = mem_realloc(v->gaps, size_mul(v->cap, sizeof *v->gaps));
	}
	v->gaps[v->n] = (struct imap_gap){first, last, missing(v)};
	v->n++;
}

void imap_view_set(
	struct imap_view *v, uint32_t low, uint32_t next, const struct mail_ranges *absent)
{
	v->n = 0;
	v->next = next > 0 ? next : 1;
	if (low > 1)
		add_gap(v, 1, 1, low - 1);
	for (size_t i = 0; i < absent->n; i++)
		add_gap(v, 1, absent->v[i].first, absent->v[i].last);
	v->count = v->next - 1 - missing(v);
}

void imap_view_keep_old(struct imap_view *v, const struct imap_view *old)
{
	struct imap_view both;

	imap_view_init(&both);
	both.next = v->next;
	for (size_t i = 0; i < old->n; i++)
		add_gap(&both, 1, old->gaps[i].first, old->gaps[i].last);
	for (size_t i = 0; i < v->n; i++)
		add_gap(&both, old->next, v->gaps[i].first, v->gaps[i].last);
	both.count = both.next - 1 - missing(&both);
	imap_view_move(v, &both);
}

/* Index of the first gap that begins behind num. */
static size_t gap_behind(const struct imap_view *v, uint32_t num)
{
	size_t lo = 0, hi = v->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->gaps[mid].first > num)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

uint32_t imap_view_upto(const struct imap_view *v, uint32_t num)
{
	size_t at;

	if (num >= v->next)
		return v->count;
	at = gap_behind(v, num);
	if (at == 0)
		return num;
	const struct imap_gap *g = &v->gaps[at - 1];

	if (num <= g->last)
		return g->first - 1 - g->before;
	return num - g->before - (g->last - g->first + 1);
}

uint32_t imap_view_num(const struct imap_view *v, uint32_t seq)
{
	size_t lo = 0, hi = v->n;

	/* the gaps in front of which fewer than seq messages stand lie before it */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->gaps[mid].first - 1 - v->gaps[mid].before >= seq)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (lo == 0)
		return seq;
	const struct imap_gap *g = &v->gaps[lo - 1];

	return seq + g->before + (g->last - g->first + 1);
}

uint32_t imap_view_seq(const struct imap_view *v, uint32_t num)
{
	uint32_t seq = num > 0 && num < v->next ? imap_view_upto(v, num) : 0;

	return seq > 0 && imap_view_num(v, seq) == num ? seq : 0;
}
