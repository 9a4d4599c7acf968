/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store from outside: groups, people, peers, the log, marks; in memory and in a directory. */
#include "storage/store.h"

#include "tests/rig/store_rig.h"

/* ---- groups, people, peers ---- */

static bool name_on(void *arg, const struct group_rec *g)
{
	buf_addf(arg, "%s ", g->name);
	return true;
}

static void assert_groups(struct store_rig *r, uint32_t owner, const char *after, const char *want)
{
	struct view *v = rig_view(r);
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(view_groups(v, owner, slice_str(after), name_on, &b), 0);
	assert_buf(&b, want);
	buf_fini(&b);
	view_close(v);
}

static void test_groups(void **state)
{
	struct store_rig *r = *state;
	uint32_t b = rig_group(r, "koko.b"), a = rig_group(r, "koko.a");
	struct store_call c = rig_call(r);
	struct group_rec g = {.kind = GROUP_FORUM, .name = "koko.a"};

	rig_group(r, "koko.a.sub");
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	g.owner = 9; /* a mailbox of that name is another */
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_groups(r, 0, "", "koko.a koko.a.sub koko.b ");
	assert_groups(r, 0, "koko.a", "koko.a.sub koko.b ");
	assert_groups(r, 0, "koko.aa", "koko.b ");
	assert_groups(r, 9, "", "koko.a ");
	assert_groups(r, 8, "", "");

	struct view *v = rig_view(r);
	assert_int_equal(view_group(v, b, &g), 0);
	view_close(v);
	assert_string_equal(g.name, "koko.b");
	assert_int_equal(g.created_at, r->now_at);
	memcpy(g.name, "koko.c", 7);
	memcpy(g.title, "C", 2);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.id, b);
	assert_groups(r, 0, "", "koko.a koko.a.sub koko.c ");
	memcpy(g.name, "koko.a", 7);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	g.id = 1000;
	memcpy(g.name, "koko.z", 7);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_true(a != b);
	rig_assert_clean(r);
}

static void test_accounts(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "Anna@Example.org");
	struct store_call c = rig_call(r);
	struct account a;

	rig_account(r, "bernd", "bernd@example.org");
	struct view *v = rig_view(r);
	assert_int_equal(view_account_named(v, lit("ANNA@example.ORG"), &a), 0);
	assert_int_equal(a.id, anna);
	assert_string_equal(a.addresses[0], "Anna@Example.org");
	assert_int_equal(view_account_named(v, lit("anna"), &a), 0);
	assert_int_equal(view_account_named(v, lit("ann"), &a), KERR_NOTFOUND);
	assert_int_equal(view_account(v, anna, &a), 0);
	view_close(v);

	memcpy(a.addresses[0], "bernd@example.org", 18);
	assert_int_equal(store_account_put(r->s, &a, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	memcpy(a.addresses[0], "a@example.org", 14);
	a.state = ACCOUNT_DISABLED;
	assert_int_equal(store_account_put(r->s, &a, &c), 0);
	assert_int_equal(rig_run(r), 0);
	rig_account(r, "carla", "anna@example.org"); /* free again */
	v = rig_view(r);
	assert_int_equal(view_account(v, anna, &a), 0);
	assert_int_equal(a.state, ACCOUNT_DISABLED);
	view_close(v);
	rig_assert_clean(r);
}

static bool member_on(void *arg, uint32_t group, uint32_t account, enum role role)
{
	buf_addf(arg, "%u/%u=%d ", group, account, (int)role);
	return true;
}

static void test_members(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.a"), h = rig_group(r, "koko.b");
	uint32_t a = rig_account(r, "anna", "a@x"), b = rig_account(r, "bernd", "b@x");
	struct store_call c = rig_call(r);
	enum role role;
	struct buf text;

	assert_int_equal(store_member_put(r->s, g, a, ROLE_WRITER, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_member_put(r->s, g, b, ROLE_READER, &c), 0);
	assert_int_equal(store_member_put(r->s, h, a, ROLE_OWNER, &c), 0);
	assert_int_equal(store_member_put(r->s, g, a, ROLE_MODERATOR, &c), 0);
	assert_int_equal(store_member_put(r->s, g, b, ROLE_NONE, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_member_put(r->s, g, 99, ROLE_WRITER, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);

	buf_init(&text, 1000);
	struct view *v = rig_view(r);
	assert_int_equal(view_role(v, g, a, &role), 0);
	assert_int_equal(role, ROLE_MODERATOR);
	assert_int_equal(view_role(v, g, b, &role), KERR_NOTFOUND);
	assert_int_equal(view_members(v, g, member_on, &text), 0);
	assert_int_equal(view_memberships(v, a, member_on, &text), 0);
	assert_buf(&text, "1/1=3 1/1=3 2/1=4 ");
	buf_fini(&text);
	view_close(v);
	rig_assert_clean(r);
}

static bool peer_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	buf_addf(arg, "%s:%u=%llu ", p->name, p->port, (unsigned long long)cursor);
	return true;
}

static void test_peers(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = rig_call(r);
	struct peer_rec p = {.name = "viersen", .host = "h", .port = 433, .start_seq = 5};
	struct buf text;
	uint64_t seq;

	assert_int_equal(store_peer_put(r->s, &p, &c), 0);
	assert_int_equal(store_cursor_put(r->s, lit("viersen"), 17, &c), 0);
	p.port = 563;
	assert_int_equal(store_peer_put(r->s, &p, &c), 0); /* the cursor stays */
	memcpy(p.name, "krefeld", 8);
	assert_int_equal(store_peer_put(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_cursor_put(r->s, lit("nobody"), 1, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);

	buf_init(&text, 1000);
	struct view *v = rig_view(r);
	assert_int_equal(view_peers(v, peer_on, &text), 0);
	assert_buf(&text, "krefeld:563=5 viersen:563=17 ");
	assert_int_equal(view_cursor(v, lit("viersen"), &seq), 0);
	assert_int_equal(seq, 17);
	view_close(v);
	assert_int_equal(store_peer_del(r->s, lit("viersen"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	v = rig_view(r);
	assert_int_equal(view_peer(v, lit("viersen"), &p), KERR_NOTFOUND);
	assert_int_equal(view_cursor(v, lit("viersen"), &seq), KERR_NOTFOUND);
	view_close(v);
	buf_fini(&text);
}

/* ---- log ---- */

static bool log_on(void *arg, const struct log_entry *e)
{
	buf_addf(arg, "%llu:%d.%u/%u%s ", (unsigned long long)e->seq, (int)e->kind, e->group,
		e->num, e->first ? "!" : "");
	return true;
}

static void test_log(void **state)
{
	struct store_rig *r = *state;
	uint32_t a = rig_group(r, "koko.a"), b = rig_group(r, "koko.b");
	struct buf text;
	uint64_t seq;

	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){a, b, 0}), 0);
	assert_int_equal(r->res.seq, 2); /* an empty mailbox tells 1 */
	r->now_at += 7200;
	assert_int_equal(rig_post1(r, "<2@x>", b), 0);
	assert_int_equal(rig_post_cancel(r, "<3@x>", "<2@x>", true, 0), 0);
	buf_init(&text, 1000);
	struct view *v = rig_view(r);
	assert_int_equal(view_last_seq(v, &seq), 0);
	assert_int_equal(seq, 6);
	assert_int_equal(view_log(v, 0, log_on, &text), 0);
	assert_buf(&text, "2:1.1/1! 3:1.2/1 4:1.2/2! 5:2.0/0! 6:3.2/2 ");
	buf_reset(&text);
	assert_int_equal(view_log(v, 4, log_on, &text), 0);
	assert_buf(&text, "5:2.0/0! 6:3.2/2 ");
	assert_int_equal(view_log_since(v, r->now_at - 8000, &seq), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(view_log_since(v, r->now_at - 7200, &seq), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(view_log_since(v, r->now_at, &seq), 0);
	assert_int_equal(seq, 3);
	view_close(v);
	buf_fini(&text);
	rig_assert_clean(r);
}

static bool audit_on(void *arg, const struct audit_entry *e)
{
	buf_addf(arg, "%llu %.*s: %.*s\n", (unsigned long long)e->seq, SLICE_ARG(e->actor),
		SLICE_ARG(e->what));
	return true;
}

static void test_audit(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = rig_call(r);
	struct buf text;

	c.actor = "kokoctl";
	assert_int_equal(store_peer_del(r->s, lit("nobody"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND); /* what was refused was not done */
	assert_int_equal(
		store_peer_put(r->s, &(struct peer_rec){.name = "viersen", .host = "h"}, &c), 0);
	assert_int_equal(store_peer_del(r->s, lit("viersen"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	buf_init(&text, 1000);
	struct view *v = rig_view(r);
	assert_int_equal(view_audit(v, 0, audit_on, &text), 0);
	assert_buf(&text, "1 kokoctl: peer put viersen host=h port=0 tls=0 groups=\n"
			  "2 kokoctl: peer del viersen\n");
	view_close(v);
	buf_fini(&text);
}

/* ---- marks ---- */

static void assert_marks(struct store_rig *r, uint32_t g, unsigned set, const char *want)
{
	struct view *v = rig_view(r);
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(view_marks(v, 1, g, set, &b), 0);
	assert_buf(&b, want);
	buf_fini(&b);
	view_close(v);
}

static void test_marks(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.a");
	struct store_call c = rig_call(r);
	uint64_t seq;
	char mid[16];

	for (int i = 0; i < 10; i++) {
		snprintf(mid, sizeof mid, "<%d@x>", i);
		assert_int_equal(rig_post1(r, mid, g), 0);
	}
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("1-3,7-2000"), true, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.seq, 12);
	assert_marks(r, g, 1, "1-3,7-10"); /* what was not given yet is not marked */
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("2-8"), false, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_marks(r, g, 1, "1,9-10");
	assert_marks(r, g, 2, "");
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("2-8"), false, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.seq, 0); /* nothing changed */
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("0"), true, &c), KERR_INVALID);
	assert_int_equal(store_marks_change(r->s, 1, g, 0, lit("1"), true, &c), KERR_INVALID);
	assert_int_equal(store_marks_change(r->s, 1, g + 1, 1, lit("1"), true, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	struct view *v = rig_view(r);
	assert_int_equal(view_marks_modseq(v, 1, g, &seq), 0);
	assert_int_equal(seq, 13);
	assert_int_equal(view_marks_modseq(v, 2, g, &seq), 0);
	assert_int_equal(seq, 0);
	view_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_BOTH(test_groups),
		RIG_BOTH(test_accounts),
		RIG_BOTH(test_members),
		RIG_BOTH(test_peers),
		RIG_BOTH(test_log),
		RIG_BOTH(test_audit),
		RIG_BOTH(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
