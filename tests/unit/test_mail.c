/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mailboxes over the town: names and rights, then a random walk of changes by two conversations of
 * one person, whose every step is compared with a plain model of all mailboxes.
 */
#include "tests/rig/town.h"

#include <stdio.h>
#include <time.h>

#include "daemon/mail.h"
#include "proto/base/mem.h"
#include "proto/mail.h"
#include "storage/store_priv.h"
#include "tests/rig/unit.h"

/* ---- helpers ---- */

struct answer {
	bool is;
	int rc;
	uint32_t box;
	uint64_t modseq;
	uint32_t n_to, first_to, n_failed;
};

static uint32_t count_of(const struct mail_ranges *r)
{
	uint32_t n = 0;

	for (size_t i = 0; r && i < r->n; i++)
		n += r->v[i].last - r->v[i].first + 1;
	return n;
}

static void on_done(void *arg, const struct mail_result *r)
{
	struct answer *a = arg;

	*a = (struct answer){true, r->rc, r->box, r->modseq, count_of(r->to),
		r->to && r->to->n > 0 ? r->to->v[0].first : 0, count_of(r->failed)};
	assert_non_null(r->why);
}

/* Let the town run until the call is answered; its rc. */
static int end(struct town *t, int rc, const struct answer *a)
{
	if (rc < 0)
		return rc;
	town_run(t);
	assert_true(a->is);
	return a->rc;
}

/* Repeat a question as long as it answers KERR_WAIT. */
#define ASK(t, call)                                                                               \
	({                                                                                         \
		int ask_rc;                                                                        \
		while ((ask_rc = (call)) == KERR_WAIT)                                             \
			town_run(t);                                                               \
		ask_rc;                                                                            \
	})

static struct mail_box box_named(struct town *t, struct mail *m, const char *name)
{
	struct mail_box b;

	assert_int_equal(ASK(t, mail_box(m, slice_str(name), &b)), 0);
	return b;
}

static int append(struct town *t, struct mail *m, uint32_t box, const char *text, uint64_t flags,
	int64_t date, struct answer *a)
{
	struct ticket ticket = {0};
	struct err why;
	struct buf b;
	int rc;

	*a = (struct answer){0};
	buf_init(&b, 1 << 20);
	buf_addz(&b, text);
	rc = ASK(t, mail_append(m, box, &b, flags, date, on_done, a, &ticket, &why));
	rc = end(t, rc, a);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
	return rc;
}

static void check_store(struct town *t)
{
	struct check_report r;

	assert_int_equal(store_check(t->store, &r), 0);
	if (r.n_faults > 0)
		print_message("%.*s", SLICE_ARG(buf_slice(&r.lines)));
	assert_int_equal(r.n_faults, 0);
	buf_fini(&r.lines);
}

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
	assert_int_equal(ASK(t, mail_boxes(m, lit(""), name_on, n)), 0);
	return n->text;
}

/* ---- names ---- */

static void mailboxes_are_made_and_listed_with_levels(void **state)
{
	struct answer a = {0};
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
		end(&t, mail_create(m, lit("a/b/c"), USE_NONE, on_done, &a, &ticket), &a), 0);
	uint32_t id = a.box;
	assert_int_not_equal(id, 0);
	b = box_named(&t, m, "a/b");
	assert_int_equal(b.id, 0);
	assert_true(b.has_children);
	assert_int_equal(end(&t, mail_rename(m, lit("a"), lit("x"), on_done, &a, &ticket), &a), 0);
	assert_int_equal(mail_box(m, lit("a/b"), &b), KERR_NOTFOUND);
	assert_int_equal(box_named(&t, m, "x/b/c").id, id);
	assert_int_equal(box_named(&t, m, "inbox").id, box_named(&t, m, "INBOX").id);
	assert_int_equal(box_named(&t, m, "Sent").use, USE_SENT);
	assert_int_equal(
		mail_create(m, lit("Gruppen/x"), USE_NONE, on_done, &a, &ticket), KERR_DENIED);
	assert_int_equal(mail_remove(m, lit("INBOX"), on_done, &a, &ticket), KERR_DENIED);
	assert_int_equal(mail_create(m, lit("a//b"), USE_NONE, on_done, &a, &ticket), KERR_INVALID);
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
	assert_int_equal(ASK(&t, mail_box(m, lit("Gruppen/koko/forum"), &b)), KERR_NOTFOUND);
	assert_int_equal(ASK(&t, mail_box(m, lit("Gruppen/koko/open"), &b)), 0);
	assert_int_equal(mail_box(forum_mail(nobody), lit("INBOX"), &b), KERR_LOGIN);
	forum_free(f);
	forum_free(nobody);
	town_fini(&t);
}

/* ---- groups ---- */

static const char post_text[] = "From: anke@stadt.example\r\nSubject: Hallo\r\n\r\nText\r\n";

static int change(struct town *t, struct mail *m, uint32_t box, uint32_t num, bool expunge)
{
	struct mail_range r = {num, num};
	const struct mail_ranges which = {&r, 1, 1};
	struct ticket ticket;
	struct answer a = {0};
	int rc;

	if (expunge)
		rc = ASK(t, mail_expunge(m, box, &which, on_done, &a, &ticket));
	else
		rc = ASK(t, mail_flags(m, box, &which, FLAGS_ADD, MAIL_DELETED, 0, on_done, &a,
				    &ticket));
	return end(t, rc, &a);
}

static int copy(struct town *t, struct mail *m, uint32_t from, uint32_t num, uint32_t to, bool move,
	struct answer *a)
{
	struct mail_range r = {num, num};
	const struct mail_ranges which = {&r, 1, 1};
	struct ticket ticket;

	*a = (struct answer){0};
	int rc = ASK(t, mail_copy(m, from, &which, to, move, on_done, a, &ticket));
	return end(t, rc, a);
}

struct one_row {
	struct mail_row row;
	char envelope[512];
};

static bool keep_on(void *arg, const struct mail_row *r)
{
	struct one_row *one = arg;

	one->row = *r;
	assert_true(slice_cstr(r->envelope, one->envelope, sizeof one->envelope));
	return true;
}

static struct one_row row_of(struct town *t, struct mail *m, uint32_t box, uint32_t num)
{
	struct one_row one = {.envelope = ""};
	unsigned want = MAIL_WANT_FLAGS | MAIL_WANT_STRUCT;

	assert_int_equal(ASK(t, mail_rows(m, box, num, num, want, 0, keep_on, &one)), 0);
	assert_int_equal(one.row.num, num);
	return one;
}

/* The whole message, read in steps of 7 bytes. */
static void read_all(struct town *t, struct mail *m, uint32_t box, uint32_t num, struct buf *out)
{
	struct one_row one = row_of(t, m, box, num);
	int rc;

	buf_init(out, 1 << 16);
	while ((rc = ASK(t, mail_read(m, box, &one.row, out->len, 7, out))) == 0)
		;
	assert_int_equal(rc, KERR_NOTFOUND);
	assert_int_equal(out->len, one.row.size);
}

static void what_is_put_into_a_group_is_posted(void **state)
{
	struct answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke"), *g = town_forum(&t, "doerte");
	struct mail *m = forum_mail(f);
	struct mail_box b = box_named(&t, m, "Gruppen/koko/local");
	assert_int_equal(append(&t, m, b.id, post_text, MAIL_SEEN, 0, &a), 0);
	assert_int_equal(a.first_to, 1);
	assert_int_equal(a.box, b.id);
	assert_int_equal(row_of(&t, m, b.id, 1).row.flags, MAIL_SEEN);
	assert_int_equal(row_of(&t, forum_mail(g), b.id, 1).row.flags, 0);
	read_all(&t, m, b.id, 1, &text);
	assert_true(slice_starts(
		buf_slice(&text), lit("List-Id: <koko.local.stadt.koko.example>\r\nList-Post: "
				      "<mailto:koko.local@stadt.koko.example>\r\n"
				      "Mail-Followup-To: koko.local@stadt.koko.example\r\n"
				      "Path: ")));
	buf_fini(&text);
	assert_int_equal(
		box_named(&t, m, "Gruppen/koko/local").bytes, row_of(&t, m, b.id, 1).row.size);
	assert_int_equal(append(&t, forum_mail(g), b.id, post_text, 0, 0, &a), KERR_DENIED);
	check_store(&t);
	forum_free(f);
	forum_free(g);
	town_fini(&t);
}

static void shows(const struct buf *text, const char *what, bool is)
{
	struct slice all = buf_slice(text);

	assert_int_equal(slice_find(all, slice_str(what)) < all.len, is);
}

/* Thunderbird answers what has these fields through a news server. */
static void a_group_shows_no_fields_of_news(void **state)
{
	static const char post[] = "From: anke@stadt.example\r\nfollowup-to: koko.forum\r\n"
				   "Subject: Hallo\r\n\r\nNewsgroups: Text\r\n";
	struct answer a;
	struct town t;
	struct buf text;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t box = box_named(&t, m, "Gruppen/koko/local").id;
	assert_int_equal(append(&t, m, box, post, 0, 0, &a), 0);
	read_all(&t, m, box, 1, &text);
	shows(&text, "\r\nNews-Group: koko.local\r\n", true);
	shows(&text, "\r\nNews-Follow: koko.forum\r\n", true);
	shows(&text, "\r\n\r\nNewsgroups: Text\r\n", true);
	shows(&text, "\r\nNewsgroups: koko", false);
	shows(&text, "ollowup-to: koko", false);
	buf_fini(&text);
	uint32_t drafts = box_named(&t, m, "Drafts").id;
	assert_int_equal(append(&t, m, drafts, post, 0, 0, &a), 0);
	read_all(&t, m, drafts, 1, &text);
	assert_true(slice_eq(buf_slice(&text), slice_str(post)));
	buf_fini(&text);
	forum_free(f);
	town_fini(&t);
}

static void only_ones_own_article_is_taken_out(void **state)
{
	struct answer a;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *anke = town_forum(&t, "anke"), *cem = town_forum(&t, "cem");
	struct forum *grzegorz = town_forum(&t, "grzegorz");
	struct mail *m = forum_mail(anke);
	struct mail_ranges gone = {0};
	uint32_t box = box_named(&t, m, "Gruppen/koko/forum").id;
	for (int i = 0; i < 2; i++)
		assert_int_equal(append(&t, m, box, post_text, 0, 0, &a), 0);
	assert_int_equal(change(&t, forum_mail(cem), box, 1, false), KERR_DENIED);
	assert_int_equal(change(&t, forum_mail(cem), box, 1, true), KERR_DENIED);
	assert_int_equal(change(&t, m, box, 1, false), 0);
	assert_int_equal(change(&t, m, box, 1, true), 0);
	assert_int_equal(change(&t, forum_mail(grzegorz), box, 2, true), 0);
	assert_int_equal(box_named(&t, m, "Gruppen/koko/forum").count, 0);
	assert_int_equal(ASK(&t, mail_gone(m, box, 1, &gone)), 0);
	assert_int_equal(count_of(&gone), 2);
	free(gone.v);
	check_store(&t);
	forum_free(anke);
	forum_free(cem);
	forum_free(grzegorz);
	town_fini(&t);
}

static void copies_cross_between_groups_and_mailboxes(void **state)
{
	struct answer a;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *anke = town_forum(&t, "anke"), *cem = town_forum(&t, "cem");
	struct mail *m = forum_mail(anke);
	uint32_t group = box_named(&t, m, "Gruppen/koko/forum").id;
	uint32_t local = box_named(&t, m, "Gruppen/koko/local").id;
	uint32_t archive = box_named(&t, m, "Archive").id;
	assert_int_equal(append(&t, m, group, post_text, MAIL_FLAGGED, 0, &a), 0);
	assert_int_equal(copy(&t, m, group, 1, archive, false, &a), 0);
	assert_int_equal(row_of(&t, m, archive, a.first_to).row.flags, MAIL_FLAGGED);
	assert_int_equal(copy(&t, m, archive, 1, local, true, &a), 0);
	assert_int_equal(a.first_to, 1);
	assert_int_equal(box_named(&t, m, "Archive").count, 0);
	assert_string_not_equal(row_of(&t, m, local, 1).envelope, row_of(&t, m, group, 1).envelope);
	assert_int_equal(copy(&t, m, group, 1, archive, true, &a), 0);
	assert_int_equal(box_named(&t, m, "Gruppen/koko/forum").count, 0);
	assert_int_equal(box_named(&t, m, "Archive").count, 1);
	uint32_t inbox = box_named(&t, forum_mail(cem), "INBOX").id;
	assert_int_equal(copy(&t, forum_mail(cem), archive, 2, inbox, false, &a), KERR_NOTFOUND);
	check_store(&t);
	forum_free(anke);
	forum_free(cem);
	town_fini(&t);
}

static void what_is_removed_leaves_nothing_behind(void **state)
{
	struct ticket ticket;
	struct answer a = {0};
	struct mail_box b;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = town_forum(&t, "anke");
	struct mail *m = forum_mail(f);
	uint32_t inbox = box_named(&t, m, "INBOX").id, old = box_named(&t, m, "Junk").id;
	for (int i = 0; i < 600; i++)
		assert_int_equal(append(&t, m, old, post_text, MAIL_SEEN, 0, &a), 0);
	assert_int_equal(copy(&t, m, old, 3, inbox, false, &a), 0);
	assert_int_equal(end(&t, mail_remove(m, lit("Junk"), on_done, &a, &ticket), &a), 0);
	assert_int_equal(ASK(&t, mail_box(m, lit("Junk"), &b)), KERR_NOTFOUND);
	assert_int_equal(append(&t, m, old, post_text, 0, 0, &a), KERR_NOTFOUND);
	check_store(&t);
	assert_int_equal(
		end(&t, mail_create(m, lit("Junk"), USE_JUNK, on_done, &a, &ticket), &a), 0);
	assert_true(a.box > old);
	assert_int_equal(
		end(&t, mail_rename(m, lit("INBOX"), lit("Alt"), on_done, &a, &ticket), &a), 0);
	assert_int_equal(box_named(&t, m, "INBOX").count, 0);
	assert_int_equal(box_named(&t, m, "INBOX").id, inbox);
	assert_int_equal(row_of(&t, m, box_named(&t, m, "Alt").id, 1).row.flags, MAIL_SEEN);
	check_store(&t);
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
	assert_int_equal(mail_file(&t.env, town_account(&t, "cem"), 0, slice_str(post_text), 0, 0,
				 &(struct store_call){.done = filed, .arg = &rc}),
		0);
	town_run(&t);
	assert_int_equal(rc, 0);
	assert_int_equal(box_named(&t, forum_mail(f), "INBOX").count, 1);
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
	struct answer a;
	unsigned n = 0;
	struct town t;

	(void)state;
	town_build(&t);
	struct forum *f = forum_new(&t.env,
		&(struct forum_who){.source = "192.0.2.3", .news = count_news, .news_arg = &n});
	forum_become(f, town_account(&t, "anke"));
	struct mail *m = forum_mail(f);
	uint32_t inbox = box_named(&t, m, "INBOX").id;
	mail_watch(m, inbox);
	forum_news(f);
	assert_int_equal(n, 0);
	assert_int_equal(append(&t, m, inbox, post_text, 0, 0, &a), 0);
	forum_news(f);
	forum_news(f);
	assert_int_equal(n, 1);
	assert_int_equal(change(&t, m, inbox, 1, false), 0);
	forum_news(f);
	assert_int_equal(n, 2);
	assert_int_equal(append(&t, m, box_named(&t, m, "Sent").id, post_text, 0, 0, &a), 0);
	forum_news(f);
	assert_int_equal(n, 2);
	mail_watch(m, 0);
	forum_free(f);
	town_fini(&t);
}

/* ---- the random walk ---- */

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

	assert_int_equal(ASK(&w->t, mail_absent(w->m, b->id, &absent)), 0);
	assert_int_equal(count_of(&absent) + b->n, real->next - real->low);
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
	assert_int_equal(ASK(&w->t, mail_unseen(w->m, b->id, &real_n, &real_first)), 0);
	assert_int_equal(real_n, n);
	assert_int_equal(real_first, first);
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

	return box_named(&w->t, w->m, names[i]);
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
	struct answer a;
	char text[256];

	if (b->n + 1 >= MSGS)
		return;
	snprintf(text, sizeof text, "From: a@example.org\r\nSubject: %u\r\n\r\nText %u\r\n",
		pick(w, 1000), pick(w, 100000));
	assert_int_equal(append(&w->t, w->m, b->id, text, flags, 1, &a), 0);
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
	struct answer a = {0};
	struct ticket ticket;
	int rc = ASK(&w->t, mail_flags(w->m, b->id, &which, op, flags, pick(w, 2) ? now : 0,
				    on_done, &a, &ticket));

	assert_int_equal(end(&w->t, rc, &a), 0);
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
	struct answer a = {0};
	struct ticket ticket;
	size_t before = b->n;
	uint64_t since = box_by_id(w, (unsigned)(b - w->box)).modseq;
	int rc = ASK(&w->t, mail_expunge(w->m, b->id, &which, on_done, &a, &ticket));

	assert_int_equal(end(&w->t, rc, &a), 0);
	model_del(b, r.first, r.last);
	assert_int_equal(ASK(&w->t, mail_gone(w->m, b->id, since, &gone)), 0);
	assert_int_equal(count_of(&gone), before - b->n);
	free(gone.v);
}

static void step_copy(struct walk *w, struct model_box *from, struct model_box *to)
{
	bool move = pick(w, 2) != 0;
	struct mail_range r = some_range(w, from);
	const struct mail_ranges which = {&r, 1, 1};
	struct answer a = {0};
	struct ticket ticket;
	uint32_t n = 0;
	size_t there = from->n;

	if (to->n + 10 >= MSGS)
		return;
	int rc = ASK(&w->t, mail_copy(w->m, from->id, &which, to->id, move, on_done, &a, &ticket));
	assert_int_equal(end(&w->t, rc, &a), 0);
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
	check_store(&w->t);
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
		cmocka_unit_test(mailboxes_are_made_and_listed_with_levels),
		cmocka_unit_test(a_stranger_sees_no_closed_group),
		cmocka_unit_test(what_is_put_into_a_group_is_posted),
		cmocka_unit_test(a_group_shows_no_fields_of_news),
		cmocka_unit_test(only_ones_own_article_is_taken_out),
		cmocka_unit_test(copies_cross_between_groups_and_mailboxes),
		cmocka_unit_test(what_is_removed_leaves_nothing_behind),
		cmocka_unit_test(mail_for_somebody_comes_into_his_new_inbox),
		cmocka_unit_test(who_watches_is_woken_by_his_mailbox_only),
		cmocka_unit_test(mailboxes_follow_their_model),
		cmocka_unit_test(and_so_they_do_when_reads_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
