/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading messages of a mailbox: rows with flags and structure, sets of numbers, bytes.
 *
 * What is asked about numbers (unseen, flagged, absent, gone) costs the sets, not the messages.
 * Numbers ascend with their sequence of arrival, so what arrived after a mod-sequence is a tail.
 */
#include "daemon/mail_priv.h"

#include "proto/base/mem.h"
#include "proto/imap/imap_fmt.h"

enum { BIT_SEEN = 0 };

/* ---- sets of numbers ---- */

/* A mailbox that is being asked about. */
struct asked {
	struct db_forum *f;
	struct view *v;
	struct group_rec g;
	struct group_state st;
};

static int ask(struct asked *a, struct mail *m, uint32_t box, unsigned rights)
{
	a->f = mail_forum(m);
	int rc = mail_view(a->f, &a->v);

	if (rc < 0)
		return rc;
	rc = mail_open(a->f, a->v, box, rights, &a->g);
	if (rc == 0)
		rc = view_group_state(a->v, box, &a->st);
	if (rc < 0)
		view_close(a->v);
	return rc;
}

/* The numbers that are there, added to out (empty before). */
static int present(const struct asked *a, struct ranges *out)
{
	struct ranges absent;

	ranges_init(&absent);
	int rc = view_absent(a->v, a->g.id, &a->st, &absent);
	if (rc == 0 && a->st.low < a->st.next) {
		ranges_push(out, a->st.low, a->st.next - 1);
		ranges_take(out, &absent);
	}
	ranges_fini(&absent);
	return rc;
}

static int flags_of(const struct asked *a, uint32_t lo, uint32_t hi, struct view_flags **out)
{
	return view_flags_open(a->v, a->f->login.account, a->g.id, lo, hi, out);
}

/* What is there and has (or has not) a flag, added to out (empty before). */
static int with_flag(const struct asked *a, unsigned bit, bool has, struct ranges *out)
{
	struct view_flags *flags;
	struct ranges there;
	int rc = flags_of(a, a->st.low, a->st.next, &flags);

	if (rc < 0)
		return rc;
	ranges_init(&there);
	rc = present(a, &there);
	if (rc == 0 && has)
		ranges_common(&there, view_flags_set(flags, bit), out);
	else if (rc == 0)
		ranges_minus(&there, view_flags_set(flags, bit), out);
	ranges_fini(&there);
	view_flags_close(flags);
	return rc;
}

int mail_unseen_op(struct mail *m, uint32_t box, uint32_t *count_out, uint32_t *first_out)
{
	struct ranges unseen;
	struct asked a;
	int rc = ask(&a, m, box, MAIL_LOOKUP);

	if (rc < 0)
		return rc;
	ranges_init(&unseen);
	rc = with_flag(&a, BIT_SEEN, false, &unseen);
	*count_out = (uint32_t)ranges_count(&unseen);
	*first_out = ranges_n(&unseen) > 0 ? ranges_at(&unseen, 0)->lo : 0;
	ranges_fini(&unseen);
	view_close(a.v);
	return rc;
}

static unsigned bit_of(uint64_t flag)
{
	unsigned bit = 0;

	while (bit < STORE_FLAG_BITS && !(flag >> bit & 1))
		bit++;
	return bit;
}

int mail_flagged_op(struct mail *m, uint32_t box, uint64_t flag, struct mail_ranges *out)
{
	struct ranges found;
	struct asked a;
	int rc = bit_of(flag) < STORE_FLAG_BITS ? ask(&a, m, box, MAIL_READ) : KERR_INVALID;

	if (rc < 0)
		return rc;
	ranges_init(&found);
	rc = with_flag(&a, bit_of(flag), true, &found);
	mail_ranges_set(out, &found);
	ranges_fini(&found);
	view_close(a.v);
	return rc;
}

int mail_absent_op(struct mail *m, uint32_t box, struct mail_ranges *out)
{
	struct ranges absent, before;
	struct asked a;
	int rc = ask(&a, m, box, MAIL_READ);

	if (rc < 0)
		return rc;
	ranges_init(&absent);
	ranges_init(&before);
	rc = view_absent(a.v, box, &a.st, &absent);
	if (a.st.low > 1)
		ranges_push(&before, 1, a.st.low - 1);
	ranges_add(&absent, &before);
	mail_ranges_set(out, &absent);
	ranges_fini(&before);
	ranges_fini(&absent);
	view_close(a.v);
	return rc;
}

/* All that can have been removed, when nobody knows any more when.  RFC 7162 section 3.2.5.2 */
static int all_absent(const struct asked *a, struct ranges *out)
{
	struct ranges gaps;

	ranges_init(&gaps);
	int rc = view_absent(a->v, a->g.id, &a->st, &gaps);
	if (a->st.low > 1)
		ranges_push(out, 1, a->st.low - 1);
	ranges_add(out, &gaps);
	ranges_fini(&gaps);
	return rc;
}

int mail_gone_op(struct mail *m, uint32_t box, uint64_t since, struct mail_ranges *out)
{
	struct ranges gone;
	struct asked a;
	int rc = ask(&a, m, box, MAIL_READ);

	if (rc < 0)
		return rc;
	ranges_init(&gone);
	rc = view_removed(a.v, box, since, &gone);
	if (rc == KERR_NOTFOUND)
		rc = all_absent(&a, &gone);
	mail_ranges_set(out, &gone);
	ranges_fini(&gone);
	view_close(a.v);
	return rc;
}

/* ---- rows ---- */

struct rows_walk {
	struct asked a;
	struct view_flags *flags; /* NULL: not wanted */
	struct buf record;        /* structure of a message that has none kept */
	uint32_t old_head;        /* bytes of the head of what has none kept */
	unsigned want;
	mail_row_fn fn;
	void *arg;
	bool stopped;
	int rc;
};

static void show_structure(const struct mail_structure *s, struct mail_row *out)
{
	out->envelope = s->envelope;
	out->structure = s->structure;
	out->body = s->body;
}

/* The structure, as it is kept or from the text. */
static int set_structure(struct rows_walk *w, const struct row *r, struct mail_row *out)
{
	struct mail_structure s;
	struct buf text;
	int rc;

	if (mail_structure_split(r->structure, &s)) {
		show_structure(&s, out);
		return 0;
	}
	buf_init(&text, (size_t)r->bytes + MAIL_HEAD_MAX);
	rc = r->head != 0 ? view_head(w->a.v, r->head, &text) : 0;
	if (rc == 0 && r->head != 0)
		mail_head_end(lit(""), &text); /* does not show in the structure */
	if (rc == 0)
		rc = view_content_all(w->a.v, r->content, &text);
	if (rc == 0) {
		buf_reset(&w->record);
		mail_structure_make(&w->record, buf_slice(&text));
	}
	buf_fini(&text);
	if (rc < 0 || !mail_structure_split(buf_slice(&w->record), &s))
		return rc < 0 ? rc : KERR_TOOBIG;
	show_structure(&s, out);
	return 0;
}

static bool row_on(void *arg, const struct row *r)
{
	struct rows_walk *w = arg;
	uint64_t mine;
	uint32_t head = r->head != 0 ? r->head_bytes : w->old_head;
	struct mail_row out = {.num = r->num,
		.modseq = r->seq,
		.date = r->arrived_at,
		.saved_at = r->saved_at,
		.size = r->bytes + head,
		.content = r->content,
		.prefix = head,
		.fields = r->overview};

	if (w->flags) {
		view_flags_at(w->flags, r->num, &out.flags, &mine);
		out.modseq = mine > r->seq ? mine : r->seq;
	}
	if (w->want & MAIL_WANT_STRUCT)
		w->rc = set_structure(w, r, &out);
	if (w->rc == KERR_DAMAGED || w->rc == KERR_NOTFOUND) {
		w->rc = 0; /* erased, or lost and not mended yet: those behind it are shown */
		return true;
	}
	w->stopped = w->rc < 0 || !w->fn(w->arg, &out);
	return !w->stopped;
}

static int walk_range(struct rows_walk *w, uint32_t lo, uint32_t hi)
{
	int rows = 0;

	if (w->want & MAIL_WANT_OVER)
		rows |= ROWS_OVERVIEW;
	if (w->want & MAIL_WANT_STRUCT)
		rows |= ROWS_STRUCTURE;
	int rc = view_rows(w->a.v, w->a.g.id, lo, hi, (enum rows_flags)rows, row_on, w);
	return rc < 0 ? rc : w->rc;
}

/* Numbers of `those` in lo..hi and their flags, without a look at the rows. */
static void walk_numbers(struct rows_walk *w, const struct ranges *those, uint32_t lo, uint32_t hi)
{
	struct ranges some;

	ranges_init(&some);
	ranges_within(those, lo, hi, &some);
	for (size_t i = 0; !w->stopped && i < ranges_n(&some); i++)
		for (uint32_t num = ranges_at(&some, i)->lo;
			!w->stopped && num <= ranges_at(&some, i)->hi; num++) {
			struct mail_row out = {.num = num};

			if (w->flags)
				view_flags_at(w->flags, num, &out.flags, &out.modseq);
			w->stopped = !w->fn(w->arg, &out);
		}
	ranges_fini(&some);
}

static int walk_present(struct rows_walk *w, uint32_t lo, uint32_t hi)
{
	struct ranges there;

	ranges_init(&there);
	int rc = present(&w->a, &there);
	if (rc == 0)
		walk_numbers(w, &there, lo, hi);
	ranges_fini(&there);
	return rc;
}

struct tail_walk {
	uint64_t since;
	uint32_t first;
};

static bool tail_on(void *arg, const struct row *r)
{
	struct tail_walk *w = arg;

	if (r->seq <= w->since)
		return false;
	w->first = r->num;
	return true;
}

/*
 * Numbers in lo..hi that arrived or were changed after `since`, added to out (empty before), and
 * the first that arrived, or hi + 1.
 */
static int changed(const struct rows_walk *w, uint32_t lo, uint32_t hi, uint64_t since,
	struct ranges *out, uint32_t *arrived_out)
{
	struct tail_walk tail = {since, 0};
	struct ranges newer, arrived;
	int rc = view_rows(w->a.v, w->a.g.id, lo, hi, ROWS_REVERSE, tail_on, &tail);

	ranges_init(&newer);
	ranges_init(&arrived);
	view_flags_changed(w->flags, since, &newer);
	if (tail.first > 0)
		ranges_push(&arrived, tail.first, hi);
	ranges_add(&newer, &arrived);
	ranges_within(&newer, lo, hi, out);
	*arrived_out = tail.first > 0 ? tail.first : hi + 1;
	ranges_fini(&newer);
	ranges_fini(&arrived);
	return rc;
}

/* Those of `which` that are there and came before: their flags are what changed. */
static int walk_changed_flags(
	struct rows_walk *w, const struct ranges *which, uint32_t lo, uint32_t hi)
{
	struct ranges there, both;

	ranges_init(&there);
	ranges_init(&both);
	int rc = present(&w->a, &there);
	if (rc == 0) {
		ranges_common(&there, which, &both);
		walk_numbers(w, &both, lo, hi);
	}
	ranges_fini(&both);
	ranges_fini(&there);
	return rc;
}

static int walk_changed_rows(
	struct rows_walk *w, const struct ranges *which, uint32_t lo, uint32_t hi)
{
	struct ranges some;
	int rc = 0;

	ranges_init(&some);
	ranges_within(which, lo, hi, &some);
	for (size_t i = 0; rc == 0 && !w->stopped && i < ranges_n(&some); i++)
		do /* a range without rows is no progress: what waits behind it waits here */
			rc = walk_range(w, ranges_at(&some, i)->lo, ranges_at(&some, i)->hi);
		while (i > 0 && rc == KERR_WAIT && w->rc == 0);
	ranges_fini(&some);
	return rc;
}

static int walk_changed(struct rows_walk *w, uint32_t lo, uint32_t hi, uint64_t since)
{
	bool flags_only = (w->want & ~(unsigned)(MAIL_WANT_FLAGS | MAIL_WANT_BARE_FLAGS)) == 0;
	struct ranges which;
	uint32_t arrived;

	ranges_init(&which);
	int rc = changed(w, lo, hi, since, &which, &arrived);
	if (rc == 0 && flags_only && lo < arrived) {
		rc = walk_changed_flags(w, &which, lo, arrived - 1);
		lo = arrived;
	}
	if (rc == 0 && lo <= hi && !w->stopped)
		rc = walk_changed_rows(w, &which, lo, hi);
	ranges_fini(&which);
	return rc;
}

static int walk(struct rows_walk *w, uint32_t lo, uint32_t hi, uint64_t changed_since)
{
	if (changed_since > 0)
		return walk_changed(w, lo, hi, changed_since);
	if ((w->want & ~(unsigned)MAIL_WANT_BARE_FLAGS) == 0)
		return walk_present(w, lo, hi);
	return walk_range(w, lo, hi);
}

int mail_rows_op(struct mail *m, uint32_t box, uint32_t lo, uint32_t hi, unsigned want,
	uint64_t changed_since, mail_row_fn fn, void *arg)
{
	struct rows_walk w = {.want = want, .fn = fn, .arg = arg};
	int rc = ask(&w.a, m, box, MAIL_READ);

	if (rc < 0)
		return rc;
	if (hi >= w.a.st.next)
		hi = w.a.st.next - 1;
	if (lo < w.a.st.low)
		lo = w.a.st.low;
	buf_init(&w.record, 2 * (size_t)IMAP_STRUCTURE_MAX);
	w.old_head = mail_old_head_len(w.a.f, &w.a.g);
	if (lo <= hi && ((want & (MAIL_WANT_FLAGS | MAIL_WANT_BARE_FLAGS)) || changed_since > 0))
		rc = flags_of(&w.a, lo, hi, &w.flags);
	if (rc == 0 && lo <= hi)
		rc = walk(&w, lo, hi, changed_since);
	view_flags_close(w.flags);
	buf_fini(&w.record);
	view_close(w.a.v);
	return rc;
}

/* ---- bytes ---- */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* At most max bytes of the stored message from `from` on, as mail programs see it. */
static int read_content(
	const struct asked *a, uint64_t content, uint64_t from, size_t max, struct buf *out)
{
	struct buf chunk;
	int rc = 0;

	buf_init(&chunk, STORE_CHUNK);
	while (rc == 0 && max > 0) {
		buf_reset(&chunk);
		rc = view_content(a->v, content, (uint32_t)(from / STORE_CHUNK), &chunk);
		if (from < STORE_CHUNK && a->g.owner == 0)
			mail_hide_news(chunk.data, chunk.len);
		struct slice part = slice_from(buf_slice(&chunk), (size_t)(from % STORE_CHUNK));
		part = slice_head(part, max);
		if (rc == 0 && part.len == 0)
			rc = KERR_NOTFOUND;
		if (rc == 0)
			buf_add(out, part);
		from += part.len;
		max -= part.len;
	}
	buf_fini(&chunk);
	return rc;
}

/* The part of the head from *from on, at most *max bytes; both move on. */
static int read_head(const struct asked *a, const struct mail_row *r, uint64_t *from, size_t *max,
	struct buf *out)
{
	struct buf head;

	buf_init(&head, MAIL_HEAD_MAX);
	int rc = mail_head_read(a->f, a->v, &a->g, r->num, &head);
	if (rc == 0 && head.len != r->prefix)
		rc = KERR_DAMAGED;
	if (rc == 0) {
		struct slice part = slice_head(slice_from(buf_slice(&head), (size_t)*from), *max);

		buf_add(out, part);
		*from += part.len;
		*max -= part.len;
	}
	buf_fini(&head);
	return rc;
}

int mail_read_op(struct mail *m, uint32_t box, const struct mail_row *r, uint64_t from, size_t max,
	struct buf *out)
{
	struct asked a;
	size_t before = out->len;
	int rc = from < r->size ? ask(&a, m, box, MAIL_READ) : KERR_NOTFOUND;

	if (rc < 0)
		return rc;
	max = smaller(max, (size_t)(r->size - from));
	if (from < r->prefix)
		rc = read_head(&a, r, &from, &max, out);
	if (rc == 0)
		rc = read_content(&a, r->content, from - r->prefix, max, out);
	if (rc < 0)
		buf_cut(out, before);
	view_close(a.v);
	return rc == 0 && out->bad ? KERR_TOOBIG : rc;
}
