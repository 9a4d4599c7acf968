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
