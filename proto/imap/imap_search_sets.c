/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SEARCH that asks for nothing but flags, keywords and numbers, answered from the sets the store
 * keeps: it costs the ranges of these sets, not the messages.
 *
 * The program is run on all messages at once: what reaches a test is divided into those that go on
 * at its `yes` and those that go on at its `no`.  Tests lead forward only, and each message reaches
 * one test over one way, so the sets that meet at a test have nothing in common.
 */
#include "proto/imap/imap_search_sets.h"

#include "proto/base/mem.h"
#include "proto/imap/imap_session.h"

enum { TESTS_MAX = 64 /* a longer program walks over the messages, in steps */ };

struct sets {
	struct imap_session *s;
	const struct imap_search *q;
	struct mail_ranges at[TESTS_MAX + 1]; /* what reaches a test; the last one is found */
};

bool imap_search_is_sets(const struct imap_search *q)
{
	if (q->modseq || q->n > TESTS_MAX)
		return false;
	for (size_t i = 0; i < q->n; i++) {
		enum imap_key key = q->v[i].key;

		if (key > KEY_NOT && key != KEY_ALL && key != KEY_FLAG && key != KEY_KEYWORD &&
			key != KEY_SEQ && key != KEY_UID)
			return false;
	}
	return true;
}

/* ---- sets ---- */

/* The numbers of a that are not in b, added to out. */
static void minus(struct mail_ranges *out, const struct mail_ranges *a, const struct mail_ranges *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		uint32_t first = a->v[i].first, last = a->v[i].last;

		while (k < b->n && b->v[k].last < first)
			k++;
		for (size_t j = k; j < b->n && b->v[j].first <= last && first <= last; j++) {
			if (b->v[j].first > first)
				imap_ranges_add(out, first, b->v[j].first - 1);
			first = b->v[j].last + 1;
		}
		if (first <= last)
			imap_ranges_add(out, first, last);
	}
}

/* Put `more`, which has nothing in common with it, into *to. */
static void merge_take(struct mail_ranges *to, struct mail_ranges *more)
{
	struct mail_ranges both = {0};
	size_t i = 0, k = 0;

	while (i < to->n || k < more->n) {
		bool mine = k == more->n || (i < to->n && to->v[i].first < more->v[k].first);
		const struct mail_range *r = mine ? &to->v[i++] : &more->v[k++];

		imap_ranges_add(&both, r->first, r->last);
	}
	imap_ranges_fini(to);
	imap_ranges_fini(more);
	*to = both;
}

/* ---- tests ---- */

/* What is in the view and in the store. */
static int all_messages(struct imap_session *s, struct mail_ranges *out)
{
	struct mail_ranges whole = {0}, seen = {0}, gaps = {0}, absent = {0};
	const struct imap_view *v = &s->sel.view;
	int rc = mail_absent(s->mail, s->sel.box, &absent);

	if (v->next > 1)
		imap_ranges_add(&whole, 1, v->next - 1);
	for (size_t i = 0; i < v->n; i++)
		imap_ranges_add(&gaps, v->gaps[i].first, v->gaps[i].last);
	minus(&seen, &whole, &gaps);
	if (rc == 0)
		minus(out, &seen, &absent);
	imap_ranges_fini(&whole);
	imap_ranges_fini(&seen);
	imap_ranges_fini(&gaps);
	imap_ranges_fini(&absent);
	return rc;
}

/* Those of `in` that have all flags of the mask. */
static int with_flags(
	struct sets *x, uint64_t mask, struct mail_ranges *in, struct mail_ranges *out)
{
	int rc = 0;

	for (unsigned bit = 0; rc == 0 && bit < 64; bit++) {
		struct mail_ranges has = {0}, both = {0};

		if (!(mask >> bit & 1))
			continue;
		rc = mail_flagged(x->s->mail, x->s->sel.box, UINT64_C(1) << bit, &has);
		imap_ranges_intersect(&both, in, &has);
		imap_ranges_fini(&has);
		imap_ranges_fini(in);
		*in = both;
	}
	*out = *in;
	*in = (struct mail_ranges){0};
	return rc;
}

/* \Recent is nowhere, and so is a keyword that the person does not have. */
static int with_test_flags(struct sets *x, const struct imap_test *t, const struct mail_ranges *in,
	struct mail_ranges *out)
{
	uint64_t mask = t->key == KEY_FLAG ? t->n : 0;
	struct mail_ranges copy = {0};

	for (size_t i = 0; t->key == KEY_KEYWORD && i < x->s->n_keywords; i++)
		if (slice_eq_ci(t->text, slice_str(x->s->keywords[i])))
			mask = UINT64_C(1) << (MAIL_KEYWORD_BIT + i);
	if (mask == 0 || (t->key == KEY_FLAG && mask >> MAIL_SYSTEM_FLAGS != 0))
		return 0;
	for (size_t i = 0; i < in->n; i++)
		imap_ranges_add(&copy, in->v[i].first, in->v[i].last);
	return with_flags(x, mask, &copy, out);
}

/* A set of the command as numbers of the mailbox. */
static void numbers_of(
	const struct imap_session *s, const struct imap_test *t, struct mail_ranges *out)
{
	const struct imap_view *v = &s->sel.view;

	for (size_t i = 0; i < t->set.n; i++) {
		uint32_t lo = t->set.v[i].lo, hi = t->set.v[i].hi;

		if (t->key == KEY_UID) {
			imap_ranges_add(out, lo, hi);
			continue;
		}
		if (hi > v->count)
			hi = v->count;
		if (lo <= hi)
			imap_ranges_add(out, imap_view_num(v, lo), imap_view_num(v, hi));
	}
}

/* Those of `in` that pass the test. */
static int passing(struct sets *x, const struct imap_test *t, const struct mail_ranges *in,
	struct mail_ranges *out)
{
	struct mail_ranges named = {0};

	if (t->key == KEY_FLAG || t->key == KEY_KEYWORD)
		return with_test_flags(x, t, in, out);
	if (t->key == KEY_ALL) {
		imap_ranges_intersect(out, in, in);
		return 0;
	}
	numbers_of(x->s, t, &named);
	imap_ranges_intersect(out, in, &named);
	imap_ranges_fini(&named);
	return 0;
}

/* Where those go that a test sends to `to`; NULL: they are not found. */
static struct mail_ranges *place(struct sets *x, size_t to)
{
	return to == SEARCH_NO ? NULL : &x->at[to == SEARCH_YES ? x->q->n : to];
}

static void send(struct sets *x, size_t to, struct mail_ranges *set)
{
	struct mail_ranges *at = place(x, to);

	if (at)
		merge_take(at, set);
	else
		imap_ranges_fini(set);
}

static int run_test(struct sets *x, size_t i)
{
	const struct imap_test *t = &x->q->v[i];
	struct mail_ranges yes = {0}, no = {0};

	if (t->key <= KEY_NOT) {
		send(x, i + 1 < x->q->n ? i + 1 : SEARCH_YES, &x->at[i]);
		return 0;
	}
	int rc = passing(x, t, &x->at[i], &yes);
	minus(&no, &x->at[i], &yes);
	send(x, t->yes, &yes);
	send(x, t->no, &no);
	return rc;
}

int imap_search_sets(
	struct imap_session *s, const struct imap_search *q, struct mail_ranges *found_out)
{
	struct sets x = {.s = s, .q = q};
	int rc = all_messages(s, &x.at[0]);

	for (size_t i = 0; rc == 0 && i < q->n; i++)
		rc = run_test(&x, i);
	if (rc == 0) {
		imap_ranges_fini(found_out);
		*found_out = x.at[q->n];
		x.at[q->n] = (struct mail_ranges){0};
	}
	for (size_t i = 0; i <= q->n; i++)
		imap_ranges_fini(&x.at[i]);
	return rc;
}
