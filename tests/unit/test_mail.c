/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailboxes over the town: names and rights, groups as mailboxes, who is woken. */
#include "tests/rig/mail_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/mail.h"
#include "storage/store_priv.h"
#include "tests/rig/unit.h"

struct names {
	char text[4096];
};

static bool name_on(void *arg, const struct mail_box *b)
{
	struct names *n = arg;
	size_t len = strlen(n->text);

	snprintf(n->text + len, sizeof n->text - len, "%s%s%s%s ", b->name, b->id ? "" : "!",
		b->has_children ? "+" : "", b->subscribed ? "*" : "");
	return true;
}

static const char *names_of(struct town *t, struct mail *m, struct names *n)
{
	n->text[0] = '\0';
	assert_int_equal(MAIL_ASK(t, mail_boxes(m, lit(""), name_on, n)), 0);
	return n->text;
}

/* ---- names ---- */

static void mailboxes_are_made_and_listed_with_levels(void **state)
{
	struct mail_answer a = {0};
	struct ticket ticket;
	struct names n;
	struct town t;
	struct mail_box b;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	assert_string_equal(names_of(&t, m, &n),
		"Archive* Drafts* Gruppen!+ Gruppen/koko!+ Gruppen/koko/board* "
		"Gruppen/koko/forum* Gruppen/koko/local* Gruppen/koko/open "
		"Gruppen/koko/secret* INBOX* Junk* Sent* Trash* ");
	assert_int_equal(
		mail_end(
			&t, mail_create(m, lit("a/b/c"), USE_NONE, mail_answered, &a, &ticket), &a),
		0);
	uint32_t id = a.box;
	assert_int_not_equal(id, 0);
	b = mail_box_named(&t, m, "a/b");
	assert_int_equal(b.id, 0);
	assert_true(b.has_children);
	assert_int_equal(
		mail_end(&t, mail_rename(m, lit("a"), lit("x"), mail_answered, &a, &ticket), &a),
		0);
	assert_int_equal(mail_box(m, lit("a/b"), &b), KERR_NOTFOUND);
	assert_int_equal(mail_box_named(&t, m, "x/b/c").id, id);
	assert_int_equal(mail_box_named(&t, m, "inbox").id, mail_box_named(&t, m, "INBOX").id);
	assert_int_equal(mail_box_named(&t, m, "Sent").use, USE_SENT);
	assert_int_equal(mail_create(m, lit("Gruppen/x"), USE_NONE, mail_answered, &a, &ticket),
		KERR_DENIED);
	assert_int_equal(mail_remove(m, lit("INBOX"), mail_answered, &a, &ticket), KERR_DENIED);
	assert_int_equal(
		mail_create(m, lit("a//b"), USE_NONE, mail_answered, &a, &ticket), KERR_INVALID);
	forum_free(f);
	town_fini(&t);
}

static void a_stranger_sees_no_closed_group(void **state)
{
	struct mail_box b;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "oezlem"), *nobody = town_forum(&t, NULL);
	struct mail *m = forum_mail(f);
	assert_int_equal(MAIL_ASK(&t, mail_box(m, lit("Gruppen/koko/forum"), &b)), KERR_NOTFOUND);
	assert_int_equal(MAIL_ASK(&t, mail_box(m, lit("Gruppen/koko/open"), &b)), 0);
	assert_int_equal(mail_box(forum_mail(nobody), lit("INBOX"), &b), KERR_LOGIN);
	forum_free(f);
	forum_free(nobody);
	town_fini(&t);
}

/* ---- groups ---- */

static void what_is_put_into_a_group_is_posted(void **state)
{
	struct mail_answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke"), *g = town_forum(&t, "doerte");
	struct mail *m = forum_mail(f);
	struct mail_box b = mail_box_named(&t, m, "Gruppen/koko/local");
	assert_int_equal(mail_put(&t, m, b.id, mail_text, MAIL_SEEN, 0, &a), 0);
	assert_int_equal(a.first_to, 1);
	assert_int_equal(a.box, b.id);
	assert_int_equal(mail_row_of(&t, m, b.id, 1).row.flags, MAIL_SEEN);
	assert_int_equal(mail_row_of(&t, forum_mail(g), b.id, 1).row.flags, 0);
	mail_read_all(&t, m, b.id, 1, &text);
	assert_true(slice_starts(
		buf_slice(&text), lit("List-Id: <koko.local.stadt.koko.example>\r\nList-Post: "
				      "<mailto:koko.local@stadt.koko.example>\r\n"
				      "Mail-Followup-To: koko.local@stadt.koko.example\r\n"
				      "Archived-At: <news://stadt.koko.example/")));
	mail_shows(&text, ">\r\nPath: ", true);
	buf_fini(&text);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/local").bytes,
		mail_row_of(&t, m, b.id, 1).row.size);
	assert_int_equal(mail_put(&t, forum_mail(g), b.id, mail_text, 0, 0, &a), KERR_DENIED);
	town_assert_clean(&t);
	forum_free(f);
	forum_free(g);
	town_fini(&t);
}

/* Thunderbird answers what has these fields through a news server. */
static void a_group_shows_no_fields_of_news(void **state)
{
	static const char post[] = "From: anke@stadt.example\r\nfollowup-to: koko.forum\r\n"
				   "Subject: Hallo\r\n\r\nNewsgroups: Text\r\n";
	struct mail_answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/local").id;
	assert_int_equal(mail_put(&t, m, box, post, 0, 0, &a), 0);
	mail_read_all(&t, m, box, 1, &text);
	mail_shows(&text, "\r\nNews-Group: koko.local\r\n", true);
	mail_shows(&text, "\r\nNews-Follow: koko.forum\r\n", true);
	mail_shows(&text, "\r\n\r\nNewsgroups: Text\r\n", true);
	mail_shows(&text, "\r\nNewsgroups: koko", false);
	mail_shows(&text, "ollowup-to: koko", false);
	buf_fini(&text);
	uint32_t drafts = mail_box_named(&t, m, "Drafts").id;
	assert_int_equal(mail_put(&t, m, drafts, post, 0, 0, &a), 0);
	mail_read_all(&t, m, drafts, 1, &text);
	assert_true(slice_eq(buf_slice(&text), slice_str(post)));
	buf_fini(&text);
	forum_free(f);
	town_fini(&t);
}

/* ---- taking out ---- */

static void only_ones_own_article_is_taken_out(void **state)
{
	struct mail_answer a;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *anke = town_forum(&t, "anke"), *cem = town_forum(&t, "cem");
	struct forum *grzegorz = town_forum(&t, "grzegorz");
	struct mail *m = forum_mail(anke);
	struct mail_ranges gone = {0};
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/forum").id;
	for (int i = 0; i < 2; i++)
		assert_int_equal(mail_put(&t, m, box, mail_text, 0, 0, &a), 0);
	assert_int_equal(mail_change_one(&t, forum_mail(cem), box, 1, false), KERR_DENIED);
	assert_int_equal(mail_change_one(&t, forum_mail(cem), box, 1, true), KERR_DENIED);
	assert_int_equal(mail_change_one(&t, m, box, 1, false), 0);
	assert_int_equal(mail_change_one(&t, m, box, 1, true), 0);
	assert_int_equal(mail_change_one(&t, forum_mail(grzegorz), box, 2, true), 0);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/forum").count, 0);
	assert_int_equal(MAIL_ASK(&t, mail_gone(m, box, 1, &gone)), 0);
	assert_int_equal(mail_count(&gone), 2);
	free(gone.v);
	town_assert_clean(&t);
	forum_free(anke);
	forum_free(cem);
	forum_free(grzegorz);
	town_fini(&t);
}

/* Who was away for longer than removals are kept is told all that is not there. */
static void old_removals_are_all_that_is_absent(void **state)
{
	const int64_t later = TOWN_NOW + INT64_C(500) * 24 * 3600;
	struct mail_ranges gone = {0};
	struct mail_answer a;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *anke = town_forum(&t, "anke");
	struct mail *m = forum_mail(anke);
	uint32_t box = mail_box_named(&t, m, "Archive").id, group = town_group(&t, "koko.open");
	for (int i = 0; i < 5; i++)
		assert_int_equal(mail_put(&t, m, box, "Subject: x\r\n\r\nx\r\n", 0, 0, &a), 0);
	assert_int_equal(mail_change_one(&t, m, box, 1, true), 0);
	assert_int_equal(mail_change_one(&t, m, box, 3, true), 0);
	uint64_t last = mail_box_named(&t, m, "Archive").modseq;
	const struct store_post post = {.mid = lit("<late@x.example>"),
		.article = lit("Subject: x\r\n\r\nx\r\n"),
		.overview = lit("x\t\t\t\t"),
		.arrived_at = later,
		.groups = &group,
		.n_groups = 1};
	assert_int_equal(store_post(t.store, &post, &(struct store_call){0}), 0);
	assert_int_equal(store_prune(t.store, later, &(struct store_call){0}), 0);
	town_run(&t);
	assert_int_equal(MAIL_ASK(&t, mail_gone(m, box, 1, &gone)), 0);
	assert_int_equal(gone.n, 2);
	assert_int_equal(gone.v[0].last, 1);
	assert_int_equal(gone.v[1].first, 3);
	assert_int_equal(gone.v[1].last, 3);
	assert_int_equal(MAIL_ASK(&t, mail_gone(m, box, last, &gone)), 0);
	assert_int_equal(gone.n, 0);
	free(gone.v);
	forum_free(anke);
	town_fini(&t);
}

static void copies_cross_between_groups_and_mailboxes(void **state)
{
	struct mail_answer a;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *anke = town_forum(&t, "anke"), *cem = town_forum(&t, "cem");
	struct mail *m = forum_mail(anke);
	uint32_t group = mail_box_named(&t, m, "Gruppen/koko/forum").id;
	uint32_t local = mail_box_named(&t, m, "Gruppen/koko/local").id;
	uint32_t archive = mail_box_named(&t, m, "Archive").id;
	assert_int_equal(mail_put(&t, m, group, mail_text, MAIL_FLAGGED, 0, &a), 0);
	assert_int_equal(mail_copy_one(&t, m, group, 1, archive, false, &a), 0);
	assert_int_equal(mail_row_of(&t, m, archive, a.first_to).row.flags, MAIL_FLAGGED);
	assert_int_equal(mail_copy_one(&t, m, archive, 1, local, true, &a), 0);
	assert_int_equal(a.first_to, 1);
	assert_int_equal(mail_box_named(&t, m, "Archive").count, 0);
	assert_string_not_equal(
		mail_row_of(&t, m, local, 1).envelope, mail_row_of(&t, m, group, 1).envelope);
	assert_int_equal(mail_copy_one(&t, m, group, 1, archive, true, &a), 0);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/forum").count, 0);
	assert_int_equal(mail_box_named(&t, m, "Archive").count, 1);
	uint32_t inbox = mail_box_named(&t, forum_mail(cem), "INBOX").id;
	assert_int_equal(
		mail_copy_one(&t, forum_mail(cem), archive, 2, inbox, false, &a), KERR_NOTFOUND);
	town_assert_clean(&t);
	forum_free(anke);
	forum_free(cem);
	town_fini(&t);
}

/*
 * A conversation that is cut while it moves out of a group: what is on its way is finished, nothing
 * more is begun for it, and nothing of it is touched again.
 */
static void cut_off_in_a_move(struct town *t, const char *to, int n_runs)
{
	struct mail_range r = {1, 4};
	const struct mail_ranges which = {&r, 1, 1};
	struct forum *cem = town_forum(t, "cem"), *anke = town_forum(t, "anke");
	struct mail *m = forum_mail(anke);
	uint32_t group = mail_box_named(t, m, "Gruppen/koko/forum").id;
	uint32_t target = mail_box_named(t, m, to).id;
	uint32_t before = mail_box_named(t, forum_mail(cem), "Gruppen/koko/forum").count;
	struct mail_answer a = {0};
	struct ticket ticket;

	assert_int_equal(before, 0);
	for (uint32_t i = r.first; i <= r.last; i++)
		assert_int_equal(mail_put(t, m, group, mail_text, 0, 0, &a), 0);
	a = (struct mail_answer){0};
	assert_int_equal(
		MAIL_ASK(t, mail_copy(m, group, &which, target, true, mail_answered, &a, &ticket)),
		0);
	for (int i = 0; i < n_runs && !a.is; i++)
		(void)store_run(t->store);
	if (!a.is)
		ticket_drop(&ticket);
	before = mail_box_named(t, forum_mail(cem), "Gruppen/koko/forum").count;
	forum_free(anke);
	town_run(t);
	uint32_t after = mail_box_named(t, forum_mail(cem), "Gruppen/koko/forum").count;
	assert_true(before - after <= 1);
	town_assert_clean(t);
	forum_free(cem);
}

static void a_move_that_is_cut_off_goes_no_further(void **state)
{
	static const char *const targets[] = {"Archive", "Gruppen/koko/local"};

	(void)state;
	for (size_t i = 0; i < array_len(targets); i++)
		for (int n_runs = 0; n_runs < 16; n_runs++) {
			struct town t;

			town_build(&t);
			cut_off_in_a_move(&t, targets[i], n_runs);
			town_fini(&t);
		}
}

static void what_is_removed_leaves_nothing_behind(void **state)
{
	struct ticket ticket;
	struct mail_answer a = {0};
	struct mail_box b;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t inbox = mail_box_named(&t, m, "INBOX").id, old = mail_box_named(&t, m, "Junk").id;
	for (int i = 0; i < 600; i++)
		assert_int_equal(mail_put(&t, m, old, mail_text, MAIL_SEEN, 0, &a), 0);
	assert_int_equal(mail_copy_one(&t, m, old, 3, inbox, false, &a), 0);
	assert_int_equal(
		mail_end(&t, mail_remove(m, lit("Junk"), mail_answered, &a, &ticket), &a), 0);
	assert_int_equal(MAIL_ASK(&t, mail_box(m, lit("Junk"), &b)), KERR_NOTFOUND);
	assert_int_equal(mail_put(&t, m, old, mail_text, 0, 0, &a), KERR_NOTFOUND);
	town_assert_clean(&t);
	assert_int_equal(
		mail_end(&t, mail_create(m, lit("Junk"), USE_JUNK, mail_answered, &a, &ticket), &a),
		0);
	assert_true(a.box > old);
	assert_int_equal(
		mail_end(&t, mail_rename(m, lit("INBOX"), lit("Alt"), mail_answered, &a, &ticket),
			&a),
		0);
	assert_int_equal(mail_box_named(&t, m, "INBOX").count, 0);
	assert_int_equal(mail_box_named(&t, m, "INBOX").id, inbox);
	assert_int_equal(
		mail_row_of(&t, m, mail_box_named(&t, m, "Alt").id, 1).row.flags, MAIL_SEEN);
	town_assert_clean(&t);
	forum_free(f);
	town_fini(&t);
}

static void filed(void *arg, const struct store_result *res)
{
	*(int *)arg = res->rc;
}

static void mail_for_somebody_comes_into_his_new_inbox(void **state)
{
	struct town t;
	int rc = 1;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "cem");
	assert_int_equal(mail_file(&t.env, town_account(&t, "cem"), 0, slice_str(mail_text), 0, 0,
				 &(struct store_call){.done = filed, .arg = &rc}),
		0);
	town_run(&t);
	assert_int_equal(rc, 0);
	assert_int_equal(mail_box_named(&t, forum_mail(f), "INBOX").count, 1);
	forum_free(f);
	town_fini(&t);
}

/* ---- watching ---- */

static void count_news(void *arg)
{
	++*(unsigned *)arg;
}

static void who_watches_is_woken_by_his_mailbox_only(void **state)
{
	struct mail_answer a;
	unsigned n = 0;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = forum_new(&t.env,
		&(struct forum_who){.source = "192.0.2.3", .news = count_news, .news_arg = &n});
	forum_become(f, town_account(&t, "anke"));
	struct mail *m = forum_mail(f);
	uint32_t inbox = mail_box_named(&t, m, "INBOX").id;
	mail_watch(m, inbox);
	forum_news(f);
	assert_int_equal(n, 0);
	assert_int_equal(mail_put(&t, m, inbox, mail_text, 0, 0, &a), 0);
	forum_news(f);
	forum_news(f);
	assert_int_equal(n, 1);
	assert_int_equal(mail_change_one(&t, m, inbox, 1, false), 0);
	forum_news(f);
	assert_int_equal(n, 2);
	assert_int_equal(mail_put(&t, m, mail_box_named(&t, m, "Sent").id, mail_text, 0, 0, &a), 0);
	forum_news(f);
	assert_int_equal(n, 2);
	mail_watch(m, 0);
	forum_free(f);
	town_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailboxes_are_made_and_listed_with_levels),
		cmocka_unit_test(a_stranger_sees_no_closed_group),
		cmocka_unit_test(what_is_put_into_a_group_is_posted),
		cmocka_unit_test(a_group_shows_no_fields_of_news),
		cmocka_unit_test(only_ones_own_article_is_taken_out),
		cmocka_unit_test(old_removals_are_all_that_is_absent),
		cmocka_unit_test(copies_cross_between_groups_and_mailboxes),
		cmocka_unit_test(a_move_that_is_cut_off_goes_no_further),
		cmocka_unit_test(what_is_removed_leaves_nothing_behind),
		cmocka_unit_test(mail_for_somebody_comes_into_his_new_inbox),
		cmocka_unit_test(who_watches_is_woken_by_his_mailbox_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
