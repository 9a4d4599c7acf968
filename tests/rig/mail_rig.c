/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mail conversation over the town. */
#include "tests/rig/mail_rig.h"

#include "tests/rig/unit.h"

uint32_t mail_count(const struct mail_ranges *r)
{
	uint32_t n = 0;

	for (size_t i = 0; r && i < r->n; i++)
		n += r->v[i].last - r->v[i].first + 1;
	return n;
}

void mail_answered(void *arg, const struct mail_result *r)
{
	struct mail_answer *a = arg;

	*a = (struct mail_answer){true, r->rc, r->box, r->modseq, mail_count(r->to),
		r->to && r->to->n > 0 ? r->to->v[0].first : 0, mail_count(r->failed)};
	assert_non_null(r->why);
}

int mail_end(struct town *t, int rc, const struct mail_answer *a)
{
	if (rc < 0)
		return rc;
	town_run(t);
	assert_true(a->is);
	return a->rc;
}

struct mail_box mail_box_named(struct town *t, struct mail *m, const char *name)
{
	struct mail_box b;

	assert_int_equal(MAIL_ASK(t, mail_box(m, slice_str(name), &b)), 0);
	return b;
}

int mail_put(struct town *t, struct mail *m, uint32_t box, const char *text, uint64_t flags,
	int64_t date, struct mail_answer *a)
{
	struct ticket ticket = {0};
	struct err why;
	struct buf b;
	int rc;

	*a = (struct mail_answer){0};
	buf_init(&b, 1 << 20);
	buf_addz(&b, text);
	rc = MAIL_ASK(t, mail_append(m, box, &b, flags, date, mail_answered, a, &ticket, &why));
	rc = mail_end(t, rc, a);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
	return rc;
}

const char mail_text[] = "From: anke@stadt.example\r\nSubject: Hallo\r\n\r\nText\r\n";

int mail_change_one(struct town *t, struct mail *m, uint32_t box, uint32_t num, bool expunge)
{
	struct mail_range r = {num, num};
	const struct mail_ranges which = {&r, 1, 1};
	struct ticket ticket;
	struct mail_answer a = {0};
	int rc;

	if (expunge)
		rc = MAIL_ASK(t, mail_expunge(m, box, &which, mail_answered, &a, &ticket));
	else
		rc = MAIL_ASK(t, mail_flags(m, box, &which, FLAGS_ADD, MAIL_DELETED, 0,
					 mail_answered, &a, &ticket));
	return mail_end(t, rc, &a);
}

int mail_copy_one(struct town *t, struct mail *m, uint32_t from, uint32_t num, uint32_t to,
	bool move, struct mail_answer *a)
{
	struct mail_range r = {num, num};
	const struct mail_ranges which = {&r, 1, 1};
	struct ticket ticket;

	*a = (struct mail_answer){0};
	int rc = MAIL_ASK(t, mail_copy(m, from, &which, to, move, mail_answered, a, &ticket));
	return mail_end(t, rc, a);
}

static bool keep_on(void *arg, const struct mail_row *r)
{
	struct mail_one_row *one = arg;

	one->row = *r;
	assert_true(slice_cstr(r->envelope, one->envelope, sizeof one->envelope));
	return true;
}

struct mail_one_row mail_row_of(struct town *t, struct mail *m, uint32_t box, uint32_t num)
{
	struct mail_one_row one = {.envelope = ""};
	unsigned want = MAIL_WANT_FLAGS | MAIL_WANT_STRUCT;

	assert_int_equal(MAIL_ASK(t, mail_rows(m, box, num, num, want, 0, keep_on, &one)), 0);
	assert_int_equal(one.row.num, num);
	return one;
}

void mail_read_all(struct town *t, struct mail *m, uint32_t box, uint32_t num, struct buf *out)
{
	struct mail_one_row one = mail_row_of(t, m, box, num);
	int rc;

	buf_init(out, 1 << 16);
	while ((rc = MAIL_ASK(t, mail_read(m, box, &one.row, out->len, 7, out))) == 0)
		;
	assert_int_equal(rc, KERR_NOTFOUND);
	assert_int_equal(out->len, one.row.size);
}

void mail_shows(const struct buf *text, const char *what, bool is)
{
	struct slice all = buf_slice(text);

	assert_int_equal(slice_find(all, slice_str(what)) < all.len, is);
}
