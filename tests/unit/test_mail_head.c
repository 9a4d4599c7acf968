/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in front of a group's article: fixed when it arrives, whatever is set later. */
#include "tests/rig/mail_rig.h"

#include <string.h>

#include "daemon/mail.h"
#include "tests/rig/unit.h"

static void set_reply(struct town *t, const char *name, enum group_reply reply)
{
	struct group_rec g;
	struct view *v;

	assert_int_equal(view_open(t->store, &v), 0);
	assert_int_equal(view_group_named(v, 0, slice_str(name), &g), 0);
	view_close(v);
	g.reply = reply;
	assert_int_equal(store_group_put(t->store, &g, &(struct store_call){0}), 0);
	town_run(t);
}

static void envelope_shows(struct town *t, struct mail *m, uint32_t box, uint32_t num, bool list)
{
	struct mail_one_row one = mail_row_of(t, m, box, num);

	assert_int_equal(strstr(one.envelope, "\"koko.local\"") != NULL, list);
}

static void same(struct town *t, struct mail *m, uint32_t box, uint32_t num, const struct buf *was)
{
	struct buf text;

	mail_read_all(t, m, box, num, &text);
	assert_true(slice_eq(buf_slice(&text), buf_slice(was)));
	buf_fini(&text);
}

/* What a UID means never changes: not with the policy, nor with the name of the daemon. */
static void a_head_stays_as_it_arrived(void **state)
{
	struct mail_answer a;
	struct buf first, second;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/local").id;
	assert_int_equal(mail_put(&t, m, box, mail_text, 0, 0, &a), 0);
	mail_read_all(&t, m, box, 1, &first);
	mail_shows(&first, "Reply-To:", false);
	set_reply(&t, "koko.local", REPLY_GROUP);
	same(&t, m, box, 1, &first);
	assert_int_equal(mail_put(&t, m, box, mail_text, 0, 0, &a), 0);
	mail_read_all(&t, m, box, 2, &second);
	mail_shows(&second, "\r\nReply-To: koko.local@stadt.koko.example\r\n", true);
	envelope_shows(&t, m, box, 1, false);
	envelope_shows(&t, m, box, 2, true);
	set_reply(&t, "koko.local", REPLY_AUTHOR);
	t.env.host = "neu.example";
	same(&t, m, box, 1, &first);
	same(&t, m, box, 2, &second);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/local").bytes,
		mail_row_of(&t, m, box, 1).row.size + mail_row_of(&t, m, box, 2).row.size);
	buf_fini(&first);
	buf_fini(&second);
	town_assert_clean(&t);
	assert_int_equal(mail_change_one(&t, m, box, 2, false), 0);
	assert_int_equal(mail_change_one(&t, m, box, 2, true), 0);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/local").bytes,
		mail_row_of(&t, m, box, 1).row.size);
	town_assert_clean(&t);
	forum_free(f);
	town_fini(&t);
}

static void an_author_keeps_his_reply_to(void **state)
{
	static const char post[] = "From: anke@stadt.example\r\nReply-To: a@b.example\r\n"
				   "Subject: Hallo\r\n\r\nText\r\n";
	struct mail_answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/local").id;
	set_reply(&t, "koko.local", REPLY_GROUP);
	assert_int_equal(mail_put(&t, m, box, post, 0, 0, &a), 0);
	mail_read_all(&t, m, box, 1, &text);
	mail_shows(&text, "Reply-To: a@b.example\r\n", true);
	mail_shows(&text, "Reply-To: koko", false);
	envelope_shows(&t, m, box, 1, false);
	buf_fini(&text);
	forum_free(f);
	town_fini(&t);
}

/* In a personal mailbox it is the article itself, in its ENVELOPE too. */
static void a_copy_has_no_head(void **state)
{
	struct mail_answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/local").id;
	uint32_t archive = mail_box_named(&t, m, "Archive").id;
	set_reply(&t, "koko.local", REPLY_GROUP);
	assert_int_equal(mail_put(&t, m, box, mail_text, 0, 0, &a), 0);
	assert_int_equal(mail_copy_one(&t, m, box, 1, archive, false, &a), 0);
	envelope_shows(&t, m, box, 1, true);
	envelope_shows(&t, m, archive, 1, false);
	mail_read_all(&t, m, archive, 1, &text);
	assert_true(slice_starts(buf_slice(&text), lit("Path: ")));
	buf_fini(&text);
	assert_int_equal(
		mail_box_named(&t, m, "Archive").bytes, mail_row_of(&t, m, archive, 1).row.size);
	town_assert_clean(&t);
	forum_free(f);
	town_fini(&t);
}

static void store_one(
	struct town *t, uint32_t group, const char *mid, const struct store_head *head)
{
	const struct store_post post = {.mid = slice_str(mid),
		.article = slice_str(mail_text),
		.overview = lit("Hallo\tanke@stadt.example\tdate\t<a%b/c@x>\t"),
		.groups = &group,
		.heads = head,
		.n_groups = 1};

	assert_int_equal(store_post(t->store, &post, &(struct store_call){0}), 0);
	town_run(t);
}

/* Of an old article no head is kept, of a cross-post with several heads no structure. */
static void heads_are_shown_without_what_is_kept(void **state)
{
	struct buf head, text;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = mail_box_named(&t, m, "Gruppen/koko/local").id;
	store_one(&t, box, "<old@x>", NULL);
	mail_read_all(&t, m, box, 1, &text);
	mail_shows(&text, "Mail-Followup-To: koko.local@stadt.koko.example\r\nFrom: ", true);
	buf_fini(&text);
	buf_init(&head, 1000);
	mail_head_make("stadt.koko.example", "koko.local", true, &head);
	store_one(&t, box, "<a%b/c@x>",
		&(struct store_head){
			buf_slice(&head), mail_head_len(buf_slice(&head), lit("<a%b/c@x>")), true});
	mail_read_all(&t, m, box, 2, &text);
	mail_shows(&text, "Archived-At: <news://stadt.koko.example/a%25b%2Fc@x>\r\nFrom: ", true);
	envelope_shows(&t, m, box, 2, true);
	assert_int_equal(mail_box_named(&t, m, "Gruppen/koko/local").bytes,
		mail_row_of(&t, m, box, 1).row.size + mail_row_of(&t, m, box, 2).row.size);
	buf_fini(&text);
	buf_fini(&head);
	forum_free(f);
	town_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_stays_as_it_arrived),
		cmocka_unit_test(an_author_keeps_his_reply_to),
		cmocka_unit_test(a_copy_has_no_head),
		cmocka_unit_test(heads_are_shown_without_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
