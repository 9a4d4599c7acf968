/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers that name many messages in many ranges: all of them are named, once, in lines of a
 * bounded length where there may be several, and the output stays below its high mark.
 */
#include <stdio.h>

#include "proto/base/scan.h"
#include "proto/imap/imap_session.h"
#include "tests/rig/fake_mail.h"
#include "tests/rig/rig.h"
#include "tests/rig/unit.h"

enum {
	MANY = 140 * 1000, /* messages; what is named is every other one */
	LARGE = 3 << 20,   /* bytes of a large message */
	SECTIONS = 12,
	OUT_OVER = 64 * 1024, /* what a step may say when the output is not full */
};

struct long_rig {
	struct fake_forum *forum;
	struct fake_mail *mail;
	struct fake_box *box;
	struct rig r;
};

static void run_all(void *world)
{
	fake_mail_run(world);
}

static int begin(void **state)
{
	static struct long_rig l;

	l = (struct long_rig){.forum = fake_world()};
	l.mail = fake_mail_new(l.forum);
	l.box = fake_mail_box(l.mail, lit("Drafts"));
	l.forum->login = "anna";
	for (int i = 0; i < MANY; i++)
		fake_mail_add(l.mail, l.box, lit("x"), i % 2 ? MAIL_FLAGGED : 0);
	l.r = (struct rig){.ops = &imap_session_ops,
		.now_at = l.forum->now_at,
		.run = run_all,
		.world = l.mail};
	l.r.session = imap_session_new(&l.forum->base, &l.mail->base,
		&(struct imap_opts){
			.id = "long", .tls = true, .ready = {rig_ready, &l.r}
        });
	rig_start(&l.r);
	rig_send(&l.r, lit("a ENABLE QRESYNC\r\nb SELECT Drafts\r\n"));
	buf_reset(&l.r.out);
	l.r.max_out = 0;
	*state = &l;
	return 0;
}

static int end(void **state)
{
	struct long_rig *l = *state;

	rig_fini(&l->r);
	fake_mail_free(l->mail);
	fake_free(l->forum);
	return 0;
}

/* Numbers named by a set "1,3:5": all even, or all odd; each is above the last. */
static uint32_t count_set(struct slice set, uint32_t *last, uint32_t rest)
{
	struct cursor c = cursor_of(set);
	uint32_t n = 0;
	uint64_t lo, hi;

	do {
		assert_true(cursor_number(&c, UINT32_MAX, &lo));
		hi = lo;
		if (cursor_take(&c, ':'))
			assert_true(cursor_number(&c, UINT32_MAX, &hi));
		assert_true(lo > *last && hi >= lo);
		assert_int_equal(lo % 2, rest);
		assert_int_equal(lo, hi);
		*last = (uint32_t)hi;
		n++;
	} while (cursor_take(&c, ','));
	return n;
}

/* Send a command; count what the lines that begin with `word` name, and how many lines there are.
 */
static uint32_t named(
	struct long_rig *l, const char *command, const char *word, uint32_t rest, unsigned *n_lines)
{
	struct buf line;
	uint32_t n = 0, last = 0;
	bool ok = false;

	buf_init(&line, 16 * 1024 * 1024);
	rig_send(&l->r, slice_str(command));
	*n_lines = 0;
	while (rig_line(&l->r, &line)) {
		struct slice s = buf_slice(&line);
		size_t at = slice_find(s, slice_str(word));

		ok = slice_starts(s, lit("c OK"));
		if (at == s.len)
			continue;
		s = slice_from(s, at + strlen(word));
		n += count_set(slice_head(s, slice_chr(s, ' ')), &last, rest);
		++*n_lines;
	}
	assert_true(ok);
	buf_fini(&line);
	return n;
}

static void remove_odd(struct long_rig *l)
{
	l->mail->modseq++;
	for (size_t i = 0; i < l->box->n; i += 2) {
		l->box->v[i].gone = true;
		l->box->v[i].modseq = l->mail->modseq;
	}
	l->box->modseq = l->mail->modseq;
}

static void test_search(void **state)
{
	struct long_rig *l = *state;
	unsigned n_lines;

	assert_int_equal(
		named(l, "c UID SEARCH RETURN (ALL) FLAGGED\r\n", " ALL ", 0, &n_lines), MANY / 2);
	assert_int_equal(n_lines, 1);
	assert_int_equal(
		named(l, "c SEARCH RETURN (ALL COUNT) UNFLAGGED\r\n", " ALL ", 1, &n_lines),
		MANY / 2);
	assert_int_equal(n_lines, 1);
	assert_true(l->r.max_out < SESSION_OUT_HIGH + OUT_OVER);
}

static void test_vanished(void **state)
{
	struct long_rig *l = *state;
	unsigned n_lines;

	remove_odd(l);
	assert_int_equal(named(l, "c NOOP\r\n", "* VANISHED ", 1, &n_lines), MANY / 2);
	assert_int_equal(n_lines, MANY / 2 / IMAP_LINE_RANGES);
	assert_true(l->r.max_out < SESSION_OUT_HIGH + OUT_OVER);
}

/* All has gone for the session that saw every other one: one gap, many ranges. */
static void test_vanished_in_one_gap(void **state)
{
	struct long_rig *l = *state;
	unsigned n_lines;

	remove_odd(l);
	rig_send(&l->r, lit("b NOOP\r\n"));
	buf_reset(&l->r.out);
	l->mail->modseq++;
	for (size_t i = 1; i < l->box->n; i += 2) {
		l->box->v[i].gone = true;
		l->box->v[i].modseq = l->mail->modseq;
	}
	l->box->modseq = l->mail->modseq;
	assert_int_equal(named(l, "c NOOP\r\n", "* VANISHED ", 0, &n_lines), MANY / 2);
	assert_int_equal(n_lines, MANY / 2 / IMAP_LINE_RANGES);
	assert_true(l->r.max_out < SESSION_OUT_HIGH + OUT_OVER);
}

static void test_earlier(void **state)
{
	struct long_rig *l = *state;
	uint64_t before = l->mail->modseq;
	unsigned n_lines;
	char command[200];

	remove_odd(l);
	snprintf(command, sizeof command, "c SELECT Drafts (QRESYNC (%u %llu))\r\n", l->box->id,
		(unsigned long long)before);
	assert_int_equal(named(l, command, "* VANISHED (EARLIER) ", 1, &n_lines), MANY / 2);
	assert_int_equal(n_lines, MANY / 2 / IMAP_LINE_RANGES);
	snprintf(command, sizeof command, "c UID FETCH 1:* (UID) (CHANGEDSINCE %llu VANISHED)\r\n",
		(unsigned long long)before);
	assert_int_equal(named(l, command, "* VANISHED (EARLIER) ", 1, &n_lines), MANY / 2);
	assert_true(l->r.max_out < SESSION_OUT_HIGH + OUT_OVER);
}

/* What has just gone and is still in the view is told when its time comes, not as earlier. */
static void test_earlier_is_not_in_view(void **state)
{
	struct long_rig *l = *state;
	uint64_t before = l->mail->modseq;
	unsigned n_lines;
	char command[200];

	fake_mail_remove(l->mail, l->box, 3);
	snprintf(command, sizeof command, "c UID FETCH 1:3 (UID) (CHANGEDSINCE %llu VANISHED)\r\n",
		(unsigned long long)before);
	assert_int_equal(named(l, command, "* VANISHED (EARLIER) ", 1, &n_lines), 0);
	assert_int_equal(named(l, "c NOOP\r\n", "* VANISHED ", 1, &n_lines), 0);
}

static void test_modified(void **state)
{
	struct long_rig *l = *state;
	uint64_t before = l->mail->modseq;
	char command[200];
	uint32_t last = 0;
	struct buf line;

	l->mail->modseq++;
	for (size_t i = 0; i < l->box->n; i += 2)
		l->box->v[i].modseq = l->mail->modseq;
	l->box->modseq = l->mail->modseq;
	snprintf(command, sizeof command,
		"c UID STORE 1:* (UNCHANGEDSINCE %llu) +FLAGS.SILENT (\\Seen)\r\n",
		(unsigned long long)before);
	buf_init(&line, 16 * 1024 * 1024);
	rig_send(&l->r, slice_str(command));
	do {
		assert_true(rig_line(&l->r, &line));
	} while (!slice_starts(buf_slice(&line), lit("c ")));
	struct slice s = buf_slice(&line);
	assert_true(slice_starts(s, lit("c OK [MODIFIED ")));
	s = slice_from(s, strlen("c OK [MODIFIED "));
	assert_int_equal(count_set(slice_head(s, slice_chr(s, ']')), &last, 1), MANY / 2);
	buf_fini(&line);
}

/* COPYUID of more ranges than a line should have is left out.  RFC 4315 section 2 */
static void test_copyuid(void **state)
{
	struct long_rig *l = *state;
	struct buf line;

	remove_odd(l);
	buf_init(&line, 16 * 1024 * 1024);
	rig_send(&l->r, lit("b NOOP\r\n"));
	buf_reset(&l->r.out);
	rig_send(&l->r, lit("c UID COPY 1:1000 Trash\r\n"));
	assert_true(rig_line(&l->r, &line));
	assert_true(slice_starts(buf_slice(&line), lit("c OK [COPYUID ")));
	rig_send(&l->r, lit("c COPY 1:* Trash\r\n"));
	assert_true(rig_line(&l->r, &line));
	assert_buf(&line, "c OK copied");
	buf_fini(&line);
}

/* A look at the mailboxes costs all that there are, so many are told after each; LSUB, too. */
static void test_list(void **state)
{
	static const char *const cmds[] = {"LIST", "LSUB"};
	struct long_rig *l = *state;
	struct buf line;
	char name[16];

	for (unsigned i = 0; l->mail->n_boxes < FAKE_BOXES; i++) {
		snprintf(name, sizeof name, "box%03u", i);
		fake_mail_add_box(l->mail, slice_str(name))->subscribed = true;
	}
	buf_init(&line, 1000);
	for (size_t i = 0; i < array_len(cmds); i++) {
		char cmd[32];
		size_t n = 0;

		l->mail->n_looks = 0;
		snprintf(cmd, sizeof cmd, "c %s \"\" box*\r\n", cmds[i]);
		rig_send(&l->r, slice_str(cmd));
		while (rig_line(&l->r, &line) && buf_cstr(&line)[0] == '*') {
			snprintf(name, sizeof name, "\"box%03zu\"", n++);
			assert_true(slice_ends(buf_slice(&line), slice_str(name)));
		}
		assert_true(slice_starts(buf_slice(&line), lit("c OK ")));
		assert_true(n > FAKE_BOXES / 2);
		assert_true(l->mail->n_looks <= FAKE_BOXES / 32);
	}
	buf_fini(&line);
}

/* Sections of a large message: others get a turn between some of them. */
static void test_sections(void **state)
{
	struct long_rig *l = *state;
	enum sess_need need;
	struct buf mail, cmd;
	unsigned n_turns = 0;
	size_t used;

	buf_init(&mail, LARGE + 100);
	buf_init(&cmd, 4096);
	buf_addz(&mail, "Subject: x\r\n\r\n");
	memset(buf_room(&mail, LARGE), 'x', LARGE);
	buf_commit(&mail, LARGE);
	fake_mail_add(l->mail, l->box, buf_slice(&mail), 0);
	buf_addz(&cmd, "c FETCH * (");
	for (int i = 0; i < SECTIONS; i++)
		buf_addf(&cmd, "%sBODY.PEEK[HEADER.FIELDS (Subject X-%d)]", i ? " " : "", i);
	buf_addz(&cmd, ")\r\n");
	rig_send(&l->r, lit("b NOOP\r\n"));
	need = l->r.ops->feed(l->r.session, buf_slice(&cmd), l->r.now_at, &used);
	for (; need == NEED_DRAIN || need == NEED_WAKE || need == NEED_RETRY; n_turns++)
		need = l->r.ops->pump(l->r.session, l->r.now_at);
	assert_int_equal(need, NEED_INPUT);
	assert_true(n_turns >= SECTIONS / 4);
	assert_true(slice_find(buf_slice(l->r.ops->output(l->r.session)), lit("c OK")) <
		    l->r.ops->output(l->r.session)->len);
	buf_fini(&mail);
	buf_fini(&cmd);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(test_search),
		ON(test_vanished),
		ON(test_vanished_in_one_gap),
		ON(test_earlier),
		ON(test_earlier_is_not_in_view),
		ON(test_modified),
		ON(test_copyuid),
		ON(test_list),
		ON(test_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
