/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail to groups and persons in one job: all of it or nothing, and nothing twice. */
#include "tests/rig/store_rig.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "storage/store_priv.h"

enum { DAY_S = 24 * 3600, PERSONS = 3 };

struct fixture {
	struct store_rig r;
	uint32_t group, account[PERSONS];
};

static void open_with(struct fixture *t, bool dir)
{
	static const char *const logins[] = {"anna", "bert", "cleo"};
	char address[64];

	if (dir)
		rig_open_dir(&t->r);
	else
		rig_open_mem(&t->r);
	t->group = rig_group(&t->r, "koko.test");
	for (unsigned i = 0; i < PERSONS; i++) {
		snprintf(address, sizeof address, "%s@stadt.example", logins[i]);
		t->account[i] = rig_account(&t->r, logins[i], address);
	}
}

static struct group_state state_of(struct fixture *t, uint32_t group)
{
	struct group_state st = {0};
	struct view *v;

	assert_int_equal(view_open(t->r.s, &v), 0);
	assert_int_equal(view_group_state(v, group, &st), 0);
	view_close(v);
	return st;
}

/* Messages in the INBOX of person i; there may be none yet. */
static uint32_t inbox(struct fixture *t, unsigned i, struct group_rec *g)
{
	struct view *v;

	assert_int_equal(view_open(t->r.s, &v), 0);
	int rc = view_group_named(v, t->account[i], lit("INBOX"), g);
	view_close(v);
	return rc == 0 ? state_of(t, g->id).count : 0;
}

static uint32_t n_inbox(struct fixture *t, unsigned i)
{
	struct group_rec g;

	return inbox(t, i, &g);
}

static void read_first(struct fixture *t, unsigned i, struct buf *out)
{
	struct group_rec g;
	struct view *v;
	struct row r;

	assert_true(inbox(t, i, &g) > 0);
	assert_int_equal(view_open(t->r.s, &v), 0);
	assert_int_equal(view_row(v, g.id, 1, false, &r), 0);
	assert_int_equal(view_content_all(v, r.content, out), 0);
	view_close(v);
}

static const uint8_t sent_a[STORE_MID_HASH] = "a", sent_b[STORE_MID_HASH] = "b";

/* Deliver to the group (mid not NULL) and to the first n persons. */
static int deliver(struct fixture *t, const char *mid, struct slice text, size_t n,
	const uint8_t *sent, int64_t now_at)
{
	struct store_call c = rig_call(&t->r);
	const struct store_post article = {.mid = slice_str(mid),
		.article = text,
		.overview = lit("s\tf\td\tm\t"),
		.groups = &t->group,
		.n_groups = 1};
	const struct store_append mail = {
		.message = text, .structure = lit("kept"), .saved_at = now_at};
	int rc = store_deliver(t->r.s,
		&(struct store_deliver){.article = mid ? &article : NULL,
			.mail = &mail,
			.accounts = t->account,
			.n_accounts = n,
			.sender = t->account[0],
			.sent = sent,
			.now_at = now_at},
		&c);

	return rc < 0 ? rc : rig_run(&t->r);
}

static void one_of_each(void **state)
{
	struct fixture t;
	struct buf b;

	(void)state;
	open_with(&t, true);
	assert_int_equal(deliver(&t, "<1@x>", lit("to all\r\n"), 2, NULL, DAY_S), 0);
	assert_int_equal(t.r.res.n_places, 1);
	assert_int_equal(t.r.res.places[0].group, t.group);
	rig_reopen(&t.r);
	assert_int_equal(state_of(&t, t.group).count, 1);
	for (unsigned i = 0; i < PERSONS; i++)
		assert_int_equal(n_inbox(&t, i), i < 2);
	buf_init(&b, 4096);
	read_first(&t, 1, &b);
	assert_string_equal(buf_cstr(&b), "to all\r\n");
	buf_fini(&b);
	rig_assert_clean(&t.r);
	rig_close(&t.r);
}

/* Whatever refuses, refuses all: a Message-ID that is known, an account that is not there. */
static void all_or_nothing(void **state)
{
	struct fixture t;
	uint32_t last;

	(void)state;
	open_with(&t, false);
	assert_int_equal(rig_post1(&t.r, "<1@x>", t.group), 0);
	assert_int_equal(deliver(&t, "<1@x>", lit("x\r\n"), 2, NULL, DAY_S), KERR_EXISTS);
	assert_int_equal(n_inbox(&t, 0), 0);
	last = t.account[2];
	t.account[2] = 4711;
	assert_int_equal(deliver(&t, "<2@x>", lit("x\r\n"), 3, NULL, DAY_S), KERR_NOTFOUND);
	t.account[2] = last;
	assert_int_equal(n_inbox(&t, 0), 0);
	assert_int_equal(state_of(&t, t.group).count, 1);
	assert_int_equal(deliver(&t, NULL, lit("x\r\n"), 0, NULL, DAY_S), KERR_INVALID);
	rig_assert_clean(&t.r);
	rig_close(&t.r);
}

/* A put that fails, wherever it comes: nothing of the mail is there. */
static void faults(void **state)
{
	struct fixture t;
	unsigned at;
	int rc = KERR_FULL;

	(void)state;
	open_with(&t, false);
	for (at = 1; rc == KERR_FULL; at++) {
		kv_mem_set_faults(store_kv(t.r.s), &(struct kv_mem_faults){.fail_put_at = at});
		rc = deliver(&t, "<1@x>", lit("x\r\n"), 3, sent_a, DAY_S);
		kv_mem_set_faults(store_kv(t.r.s), &(struct kv_mem_faults){0});
		for (unsigned i = 0; i < PERSONS; i++)
			assert_int_equal(n_inbox(&t, i), rc == 0);
		assert_int_equal(state_of(&t, t.group).count, rc == 0);
	}
	assert_int_equal(rc, 0);
	assert_true(at > 20);
	rig_assert_clean(&t.r);
	rig_close(&t.r);
}

static int was_sent(struct fixture *t, const uint8_t *sent, int64_t now_at)
{
	struct view *v;

	assert_int_equal(view_open(t->r.s, &v), 0);
	int rc = view_sent(v, t->account[0], sent, now_at);
	view_close(v);
	return rc;
}

static void nothing_twice(void **state)
{
	struct fixture t;

	(void)state;
	open_with(&t, true);
	assert_int_equal(was_sent(&t, sent_a, DAY_S), KERR_NOTFOUND);
	assert_int_equal(deliver(&t, "<1@x>", lit("x\r\n"), 2, sent_a, DAY_S), 0);
	assert_int_equal(deliver(&t, "<1@x>", lit("x\r\n"), 2, sent_a, 2 * DAY_S), 0);
	assert_int_equal(t.r.res.n_places, 0);
	assert_int_equal(deliver(&t, NULL, lit("x\r\n"), 1, sent_b, DAY_S), 0);
	assert_int_equal(n_inbox(&t, 0), 2);
	assert_int_equal(n_inbox(&t, 1), 1);
	rig_reopen(&t.r);
	assert_int_equal(was_sent(&t, sent_a, (1 + STORE_SENT_DAYS) * DAY_S), 0);
	assert_int_equal(was_sent(&t, sent_a, (2 + STORE_SENT_DAYS) * DAY_S), KERR_NOTFOUND);
	rig_assert_clean(&t.r);
	rig_close(&t.r);
}

static uint64_t keys_of(struct fixture *t)
{
	struct kv_stat st;

	assert_int_equal(kv_stat(store_kv(t->r.s), &st), 0);
	return st.n_keys;
}

/* What was sent long ago is forgotten as new mail is sent. */
static void forgets(void **state)
{
	struct fixture t;
	uint8_t sent[STORE_MID_HASH] = {0};
	uint64_t a, b;

	(void)state;
	open_with(&t, false);
	for (uint8_t i = 0; i < 40; i++) {
		sent[0] = i;
		assert_int_equal(deliver(&t, NULL, lit("x\r\n"), 1, sent, DAY_S), 0);
	}
	a = keys_of(&t);
	for (uint8_t i = 40; i < 50; i++) {
		sent[0] = i;
		assert_int_equal(deliver(&t, NULL, lit("x\r\n"), 1, sent, 99 * DAY_S), 0);
	}
	b = keys_of(&t);
	for (uint8_t i = 50; i < 60; i++) {
		sent[0] = i;
		assert_int_equal(deliver(&t, NULL, lit("x\r\n"), 1, sent, 99 * DAY_S), 0);
	}
	assert_int_equal(keys_of(&t) - b, b + 40 - a);
	rig_close(&t.r);
}

/* Big ones go ahead in pieces, two contents of them; nothing is left of one that is refused. */
static void big(void **state)
{
	struct fixture t;
	struct buf text, back;

	(void)state;
	open_with(&t, true);
	buf_init(&text, 1 << 21);
	buf_init(&back, 1 << 21);
	for (unsigned i = 0; text.len < 1000000; i++)
		buf_addf(&text, "line %u %u\r\n", i, i * 2654435761u);
	assert_int_equal(rig_post1(&t.r, "<1@x>", t.group), 0);
	assert_int_equal(deliver(&t, "<1@x>", buf_slice(&text), 3, NULL, DAY_S), KERR_EXISTS);
	while (store_run(t.r.s) > 0)
		;
	rig_assert_clean(&t.r);
	assert_int_equal(deliver(&t, "<2@x>", buf_slice(&text), 3, NULL, DAY_S), 0);
	read_first(&t, 2, &back);
	assert_true(slice_eq(buf_slice(&text), buf_slice(&back)));
	rig_assert_clean(&t.r);
	rig_close(&t.r);
	buf_fini(&text);
	buf_fini(&back);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_each),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(faults),
		cmocka_unit_test(nothing_twice),
		cmocka_unit_test(forgets),
		cmocka_unit_test(big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
