/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A random walk of changes to the mailboxes of the town by two conversations of one person; each
 * step is compared with a plain model of all mailboxes.
 */
#include "tests/rig/mail_rig.h"

#include <stdio.h>
#include <time.h>

#include "proto/base/mem.h"
#include "storage/store_priv.h"
#include "tests/rig/unit.h"

enum { BOXES = 5, MSGS = 400, STEPS = 600 };

struct model_msg {
	uint32_t num;
	uint64_t flags, size;
	uint64_t modseq; /* the last seen; 0: not yet */
	uint64_t seen_flags;
};

struct model_box {
	uint32_t id;
	uint32_t next;
	size_t n;
	struct model_msg v[MSGS];
	uint64_t modseq; /* the last seen */
};

struct walk {
	struct town t;
	struct forum *f[2];
	struct mail *m;
	struct model_box box[BOXES];
	uint32_t rnd;
	unsigned turn;
};

static uint32_t pick(struct walk *w, uint32_t n)
{
	w->rnd = w->rnd * 1664525u + 1013904223u;
	return (w->rnd >> 8) % n;
}

struct rows_seen {
	struct model_box *b;
	size_t at;
	uint64_t before; /* HIGHESTMODSEQ when the mailbox was compared last */
	uint64_t max_modseq;
};

static bool row_on(void *arg, const struct mail_row *r)
{
	struct rows_seen *s = arg;

	assert_true(s->at < s->b->n);
	struct model_msg *msg = &s->b->v[s->at++];
	assert_int_equal(r->num, msg->num);
	assert_int_equal(r->flags, msg->flags);
	assert_int_equal(r->size, msg->size);
	assert_true(r->envelope.len > 0 && r->structure.len > 0);
	assert_true(r->modseq >= msg->modseq);
	if (msg->modseq == 0 || msg->seen_flags != r->flags)
		assert_true(r->modseq > s->before || s->before == 1); /* 1: nothing yet */
	msg->modseq = r->modseq;
	msg->seen_flags = r->flags;
	if (r->modseq > s->max_modseq)
		s->max_modseq = r->modseq;
	return true;
}

static bool has(const struct model_box *b, uint32_t num)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].num == num)
			return true;
	return false;
}

static void compare_absent(struct walk *w, const struct model_box *b, const struct mail_box *real)
{
	struct mail_ranges absent = {0};

	assert_int_equal(MAIL_ASK(&w->t, mail_absent(w->m, b->id, &absent)), 0);
	assert_int_equal(mail_count(&absent) + b->n, real->next - 1);
	for (size_t i = 0; i < absent.n; i++)
		for (uint32_t num = absent.v[i].first; num <= absent.v[i].last; num++)
			assert_false(has(b, num));
	free(absent.v);
}

static void compare_unseen(struct walk *w, const struct model_box *b)
{
	uint32_t n = 0, first = 0, real_n, real_first;

	for (size_t i = 0; i < b->n; i++) {
		if (b->v[i].flags & MAIL_SEEN)
			continue;
		if (n++ == 0)
			first = b->v[i].num;
	}
	assert_int_equal(MAIL_ASK(&w->t, mail_unseen(w->m, b->id, &real_n, &real_first)), 0);
	assert_int_equal(real_n, n);
	assert_int_equal(real_first, first);
}

struct bare_seen {
	const struct model_box *b;
	size_t at;
};

static bool bare_on(void *arg, const struct mail_row *r)
{
	struct bare_seen *s = arg;

	assert_true(s->at < s->b->n);
	assert_int_equal(r->num, s->b->v[s->at].num);
	assert_int_equal(r->flags, s->b->v[s->at].flags);
	return ++s->at % 3 != 0;
}

/* Flags alone, from sets; the walk is stopped often. */
static void compare_bare(struct walk *w, const struct model_box *b)
{
	struct bare_seen s = {.b = b};

	while (s.at < b->n) {
		size_t before = s.at;
		int rc = mail_rows(w->m, b->id, b->v[s.at].num, UINT32_MAX, MAIL_WANT_BARE_FLAGS, 0,
			bare_on, &s);

		assert_true(rc == 0 || rc == KERR_WAIT);
		assert_true(rc == KERR_WAIT || s.at > before);
	}
}

struct changed_seen {
	const struct model_box *b;
	size_t at;
	uint64_t since;
};

static bool changed_on(void *arg, const struct mail_row *r)
{
	struct changed_seen *s = arg;

	while (s->at < s->b->n && s->b->v[s->at].modseq <= s->since)
		s->at++;
	assert_true(s->at < s->b->n);
	assert_int_equal(r->num, s->b->v[s->at].num);
	assert_int_equal(r->modseq, s->b->v[s->at++].modseq);
	return true;
}

/* CHANGEDSINCE some message's mod-sequence brings all that is newer. */
static void compare_changed(struct walk *w, const struct model_box *b)
{
	struct changed_seen s = {.b = b};
	int rc;

	if (b->n == 0)
		return;
	s.since = b->v[pick(w, (uint32_t)b->n)].modseq;
	do {
		uint32_t lo = s.at > 0 ? b->v[s.at - 1].num + 1 : 1;

		rc = mail_rows(w->m, b->id, lo, UINT32_MAX, 0, s.since, changed_on, &s);
	} while (rc == KERR_WAIT);
	assert_int_equal(rc, 0);
	while (s.at < b->n)
		assert_true(b->v[s.at++].modseq <= s.since);
}

static struct mail_box box_by_id(struct walk *w, unsigned i)
{
	static const char *const names[BOXES] = {"INBOX", "Drafts", "Sent", "Trash", "Junk"};

	return mail_box_named(&w->t, w->m, names[i]);
}

static void compare(struct walk *w, unsigned i)
{
	struct model_box *b = &w->box[i];
	struct rows_seen s = {.b = b, .before = b->modseq};
	struct mail_box real = box_by_id(w, i);
	int rc;

	assert_int_equal(real.id, b->id);
	assert_int_equal(real.count, b->n);
	assert_int_equal(real.next, b->next);
	assert_int_equal(real.low, b->n > 0 ? b->v[0].num : real.next);
	assert_true(real.modseq >= b->modseq);
	b->modseq = real.modseq;
	do { /* after KERR_WAIT it goes on behind the last row */
		uint32_t lo = s.at > 0 ? b->v[s.at - 1].num + 1 : 1;

		rc = mail_rows(w->m, b->id, lo, UINT32_MAX, MAIL_WANT_FLAGS | MAIL_WANT_STRUCT, 0,
			row_on, &s);
	} while (rc == KERR_WAIT);
	assert_int_equal(rc, 0);
	assert_int_equal(s.at, b->n);
	assert_true(s.max_modseq <= real.modseq);
	compare_absent(w, b, &real);
	compare_bare(w, b);
	compare_unseen(w, b);
	compare_changed(w, b);
}

static struct model_msg *model_add(struct model_box *b, uint64_t flags, uint64_t size)
{
	assert_true(b->n < MSGS);
	b->v[b->n] = (struct model_msg){.num = b->next++, .flags = flags, .size = size};
	return &b->v[b->n++];
}

static void model_del(struct model_box *b, uint32_t lo, uint32_t hi)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].num < lo || b->v[i].num > hi)
			b->v[n++] = b->v[i];
	b->n = n;
}

static uint64_t some_flags(struct walk *w)
{
	return pick(w, 32) | (uint64_t)pick(w, 4) << MAIL_KEYWORD_BIT;
}

static void step_append(struct walk *w, struct model_box *b)
{
	uint64_t flags = some_flags(w);
	struct mail_answer a;
	char text[256];

	if (b->n + 1 >= MSGS)
		return;
	snprintf(text, sizeof text, "From: a@example.org\r\nSubject: %u\r\n\r\nText %u\r\n",
		pick(w, 1000), pick(w, 100000));
	assert_int_equal(mail_put(&w->t, w->m, b->id, text, flags, 1, &a), 0);
	assert_int_equal(a.first_to, model_add(b, flags, strlen(text))->num);
	assert_int_equal(a.box, b->id);
}

static struct mail_range some_range(struct walk *w, const struct model_box *b)
{
	uint32_t first = 1 + pick(w, b->next);

	return (struct mail_range){first, first + pick(w, 8)};
}

static void model_flags(
	struct model_msg *msg, const struct mail_range *r, enum mail_flag_op op, uint64_t flags)
{
	if (msg->num < r->first || msg->num > r->last)
		return;
	if (op == FLAGS_SET)
		msg->flags = flags;
	else if (op == FLAGS_ADD)
		msg->flags |= flags;
	else
		msg->flags &= ~flags;
}

static void step_flags(struct walk *w, struct model_box *b)
{
	enum mail_flag_op op = (enum mail_flag_op)pick(w, 3);
	uint64_t flags = some_flags(w);
	struct mail_range r = some_range(w, b);
	const struct mail_ranges which = {&r, 1, 1};
	uint64_t now = box_by_id(w, (unsigned)(b - w->box)).modseq;
	struct mail_answer a = {0};
	struct ticket ticket;
	int rc = MAIL_ASK(&w->t, mail_flags(w->m, b->id, &which, op, flags, pick(w, 2) ? now : 0,
					 mail_answered, &a, &ticket));

	assert_int_equal(mail_end(&w->t, rc, &a), 0);
	assert_int_equal(a.n_failed, 0);
	assert_true(a.modseq == 0 || a.modseq > now);
	for (size_t i = 0; i < b->n; i++)
		model_flags(&b->v[i], &r, op, flags);
}

static void step_expunge(struct walk *w, struct model_box *b)
{
	struct mail_range r = some_range(w, b);
	const struct mail_ranges which = {&r, 1, 1};
	struct mail_ranges gone = {0};
	struct mail_answer a = {0};
	struct ticket ticket;
	size_t before = b->n;
	uint64_t since = box_by_id(w, (unsigned)(b - w->box)).modseq;
	int rc = MAIL_ASK(&w->t, mail_expunge(w->m, b->id, &which, mail_answered, &a, &ticket));

	assert_int_equal(mail_end(&w->t, rc, &a), 0);
	model_del(b, r.first, r.last);
	assert_int_equal(MAIL_ASK(&w->t, mail_gone(w->m, b->id, since, &gone)), 0);
	assert_int_equal(mail_count(&gone), before - b->n);
	free(gone.v);
}

static void step_copy(struct walk *w, struct model_box *from, struct model_box *to)
{
	bool move = pick(w, 2) != 0;
	struct mail_range r = some_range(w, from);
	const struct mail_ranges which = {&r, 1, 1};
	struct mail_answer a = {0};
	struct ticket ticket;
	uint32_t n = 0;
	size_t there = from->n;

	if (to->n + 10 >= MSGS)
		return;
	int rc = MAIL_ASK(
		&w->t, mail_copy(w->m, from->id, &which, to->id, move, mail_answered, &a, &ticket));
	assert_int_equal(mail_end(&w->t, rc, &a), 0);
	for (size_t i = 0; i < there; i++) {
		const struct model_msg msg = from->v[i];

		if (msg.num < r.first || msg.num > r.last)
			continue;
		model_add(to, msg.flags, msg.size);
		n++;
	}
	/* what lay there before; a copy into the same mailbox stays */
	if (move && from != to)
		model_del(from, r.first, r.last);
	else if (move)
		for (size_t i = there; i-- > 0;)
			if (from->v[i].num >= r.first && from->v[i].num <= r.last)
				model_del(from, from->v[i].num, from->v[i].num);
	assert_int_equal(a.n_to, n);
}

static void step(struct walk *w)
{
	struct model_box *b = &w->box[pick(w, BOXES)];

	w->m = forum_mail(w->f[w->turn++ % 2]);
	switch (pick(w, 8)) {
	case 0:
		step_expunge(w, b);
		break;
	case 1:
	case 2:
		step_flags(w, b);
		break;
	case 3:
		step_copy(w, b, &w->box[pick(w, BOXES)]);
		break;
	default:
		step_append(w, b);
	}
}

static void walk_with(uint32_t seed, uint64_t wait_every)
{
	struct walk *w = mem_new(struct walk);

	print_message("seed %u, waits %u\n", seed, (unsigned)wait_every);
	w->rnd = seed;
	town_build(&w->t);
	for (int i = 0; i < 2; i++)
		w->f[i] = town_forum(&w->t, "anke");
	w->m = forum_mail(w->f[0]);
	for (unsigned i = 0; i < BOXES; i++) {
		w->box[i].id = box_by_id(w, i).id;
		w->box[i].next = 1;
	}
	kv_mem_set_faults(store_kv(w->t.store), &(struct kv_mem_faults){.wait_every = wait_every});
	for (int i = 0; i < STEPS; i++) {
		step(w);
		compare(w, (unsigned)i % BOXES);
	}
	for (unsigned i = 0; i < BOXES; i++)
		compare(w, i);
	kv_mem_set_faults(store_kv(w->t.store), &(struct kv_mem_faults){0});
	town_assert_clean(&w->t);
	forum_free(w->f[0]);
	forum_free(w->f[1]);
	town_fini(&w->t);
	free(w);
}

static void mailboxes_follow_their_model(void **state)
{
	(void)state;
	walk_with((uint32_t)time(NULL), 0);
}

static void and_so_they_do_when_reads_wait(void **state)
{
	(void)state;
	walk_with((uint32_t)time(NULL) + 1, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailboxes_follow_their_model),
		cmocka_unit_test(and_so_they_do_when_reads_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
