/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arrays behind proto/mail.h.  Changes are made when they are asked for; only their answers wait
 * for fake_mail_run(), so that a session that is freed meanwhile stays silent.
 */
#include "tests/rig/fake_mail_priv.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_fmt.h"
#include "proto/msg/mime.h"

/* ---- ranges ---- */

void fake_mail_add_num(struct mail_ranges *r, uint32_t num)
{
	if (r->n > 0 && r->v[r->n - 1].last + 1 == num) {
		r->v[r->n - 1].last = num;
		return;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 8;
		r->v = mem_realloc(r->v, r->cap * sizeof *r->v);
	}
	r->v[r->n++] = (struct mail_range){num, num};
}

/* ---- calls ---- */

static void drop_call(void *call)
{
	((struct fake_mail_call *)call)->done = NULL;
}

struct fake_mail_call *fake_mail_answer(
	struct fake_mail *m, int rc, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail_call *c = mem_new(struct fake_mail_call);

	c->done = done;
	c->arg = arg;
	c->r = (struct mail_result){.rc = rc, .why = kerr_name(rc), .modseq = m->modseq};
	c->r.from = &c->from;
	c->r.to = &c->to;
	c->r.failed = &c->failed;
	*m->calls_tail = c;
	m->calls_tail = &c->next;
	*t = (struct ticket){c, drop_call};
	return c;
}

size_t fake_mail_run(struct fake_mail *m)
{
	size_t n = 0;

	while (m->calls) {
		struct fake_mail_call *c = m->calls;

		m->calls = c->next;
		if (!m->calls)
			m->calls_tail = &m->calls;
		if (c->done)
			c->done(c->arg, &c->r);
		free(c->from.v);
		free(c->to.v);
		free(c->failed.v);
		free(c);
		n++;
	}
	return n;
}

/* ---- mailboxes ---- */

struct fake_box *fake_mail_box(struct fake_mail *m, struct slice name)
{
	for (size_t i = 0; i < m->n_boxes; i++)
		if (slice_eq(slice_str(m->boxes[i].name), name) ||
			(slice_eq_ci(name, lit("INBOX")) && strcmp(m->boxes[i].name, "INBOX") == 0))
			return &m->boxes[i];
	return NULL;
}

struct fake_box *fake_mail_box_of(struct fake_mail *m, uint32_t id)
{
	for (size_t i = 0; i < m->n_boxes; i++)
		if (id != 0 && m->boxes[i].id == id)
			return &m->boxes[i];
	return NULL;
}

int fake_mail_absent(const struct fake_mail *m)
{
	return m->forum->login ? KERR_NOTFOUND : KERR_LOGIN;
}

static bool is_below(const char *name, const char *level)
{
	size_t n = strlen(level);

	return strncmp(name, level, n) == 0 && name[n] == '/';
}

static unsigned rights_of(const struct fake_box *b)
{
	unsigned all = MAIL_LOOKUP | MAIL_READ | MAIL_SEEN_RIGHT | MAIL_WRITE | MAIL_DELETE_MSG |
		       MAIL_EXPUNGE;

	if (b->read_only)
		return MAIL_LOOKUP | MAIL_READ | MAIL_SEEN_RIGHT | MAIL_WRITE;
	return b->shared ? all | MAIL_POST | MAIL_INSERT
			 : all | MAIL_INSERT | MAIL_CREATE | MAIL_DELETE_BOX;
}

static void fill(const struct fake_mail *m, const struct fake_box *b, struct mail_box *out)
{
	*out = (struct mail_box){.id = b->id,
		.low = 1,
		.next = b->next,
		.modseq = b->modseq,
		.use = b->use,
		.rights = rights_of(b),
		.shared = b->shared,
		.subscribed = b->subscribed};
	snprintf(out->name, sizeof out->name, "%s", b->name);
	for (size_t i = 0; i < b->n; i++)
		if (!b->v[i].gone) {
			out->count++;
			out->bytes += b->v[i].bytes.len;
		}
	for (size_t i = 0; i < m->n_boxes; i++)
		out->has_children |= is_below(m->boxes[i].name, b->name);
}

static int op_box(struct mail *base, struct slice name, struct mail_box *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, name);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b || !m->forum->login)
		return fake_mail_absent(m);
	fill(m, b, out);
	return 0;
}

static int op_boxes(struct mail *base, struct slice after, mail_box_fn fn, void *arg)
{
	struct fake_mail *m = fake_of(base);
	struct mail_box out;

	m->n_looks++;
	for (size_t i = 0; i < m->n_boxes; i++) {
		if (slice_cmp(slice_str(m->boxes[i].name), after) <= 0)
			continue;
		if (fake_must_wait(m->forum))
			return KERR_WAIT;
		fill(m, &m->boxes[i], &out);
		if (!fn(arg, &out))
			return 0;
	}
	return 0;
}

struct fake_box *fake_mail_add_box(struct fake_mail *m, struct slice name)
{
	size_t at = m->n_boxes;

	if (m->n_boxes == FAKE_BOXES || name.len > MAIL_NAME_MAX)
		return NULL;
	while (at > 0 && slice_cmp(slice_str(m->boxes[at - 1].name), name) > 0)
		at--;
	memmove(&m->boxes[at + 1], &m->boxes[at], (m->n_boxes - at) * sizeof m->boxes[0]);
	m->n_boxes++;
	m->boxes[at] = (struct fake_box){.id = ++m->last_id, .next = 1, .modseq = ++m->modseq};
	memcpy(m->boxes[at].name, name.p, name.len);
	return &m->boxes[at];
}

void fake_mail_free_box(struct fake_box *b)
{
	for (size_t i = 0; i < b->n; i++)
		buf_fini(&b->v[i].bytes);
	free(b->v);
}

static int op_unseen(struct mail *base, uint32_t box, uint32_t *count_out, uint32_t *first_out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b)
		return fake_mail_absent(m);
	*count_out = *first_out = 0;
	for (size_t i = b->n; i-- > 0;)
		if (!b->v[i].gone && !(b->v[i].flags & MAIL_SEEN)) {
			++*count_out;
			*first_out = b->v[i].num;
		}
	return 0;
}

static int op_absent(struct mail *base, uint32_t box, struct mail_ranges *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b)
		return fake_mail_absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].gone)
			fake_mail_add_num(out, b->v[i].num);
	return 0;
}

/* ---- messages ---- */

static bool give_row(const struct fake_msg *msg, unsigned want, mail_row_fn fn, void *arg)
{
	struct mail_row r = {.num = msg->num,
		.flags = msg->flags,
		.modseq = msg->modseq,
		.date = msg->date,
		.saved_at = msg->date,
		.size = msg->bytes.len,
		.content = msg->num};
	struct buf env, structure, body;
	struct mime mime;
	struct arena ar;
	bool more;

	buf_init(&env, FAKE_MSG_MAX);
	buf_init(&structure, FAKE_MSG_MAX);
	buf_init(&body, FAKE_MSG_MAX);
	arena_init(&ar);
	if (want & MAIL_WANT_STRUCT) {
		mime_parse(&mime, buf_slice(&msg->bytes), &ar);
		imap_add_envelope(&env, mime_head(&mime, &mime.v[0]), &ar);
		imap_add_body(&structure, &mime, true, &ar);
		imap_add_body(&body, &mime, false, &ar);
	}
	r.envelope = buf_slice(&env);
	r.structure = buf_slice(&structure);
	r.body = buf_slice(&body);
	more = fn(arg, &r);
	arena_fini(&ar);
	buf_fini(&env);
	buf_fini(&structure);
	buf_fini(&body);
	return more;
}

static int op_rows(struct mail *base, uint32_t box, uint32_t lo, uint32_t hi, unsigned want,
	uint64_t changed_since, mail_row_fn fn, void *arg)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (!b)
		return fake_mail_absent(m);
	for (size_t i = 0; i < b->n; i++) {
		const struct fake_msg *msg = &b->v[i];

		if (msg->gone || msg->num < lo || msg->num > hi || msg->modseq <= changed_since)
			continue;
		if (fake_must_wait(m->forum))
			return KERR_WAIT;
		if (!give_row(msg, want, fn, arg))
			return 0;
	}
	return 0;
}

static int op_flagged(struct mail *base, uint32_t box, uint64_t flag, struct mail_ranges *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b)
		return fake_mail_absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (!b->v[i].gone && (b->v[i].flags & flag))
			fake_mail_add_num(out, b->v[i].num);
	return 0;
}

static int op_gone(struct mail *base, uint32_t box, uint64_t since, struct mail_ranges *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b)
		return fake_mail_absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].gone && b->v[i].modseq > since)
			fake_mail_add_num(out, b->v[i].num);
	return 0;
}

static int op_read(struct mail *base, uint32_t box, const struct mail_row *r, uint64_t from,
	size_t max, struct buf *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	for (size_t i = 0; b && i < b->n; i++) {
		struct slice all = buf_slice(&b->v[i].bytes);

		if (b->v[i].num != r->num || b->v[i].gone || from >= all.len)
			continue;
		buf_add(out, slice_head(slice_from(all, (size_t)from), max));
		return 0;
	}
	return KERR_NOTFOUND;
}

static int op_keywords(struct mail *base, char out[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1], size_t *n)
{
	struct fake_mail *m = fake_of(base);

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	memcpy(out, m->keywords, sizeof m->keywords);
	*n = m->n_keywords;
	return 0;
}

static void op_watch(struct mail *base, uint32_t box)
{
	fake_of(base)->watched = box;
}

static const struct mail_ops ops = {
	.box = op_box,
	.boxes = op_boxes,
	.unseen = op_unseen,
	.absent = op_absent,
	.rows = op_rows,
	.flagged = op_flagged,
	.gone = op_gone,
	.read = op_read,
	.keywords = op_keywords,
	.keyword_add = fake_mail_op_keyword_add,
	.flags = fake_mail_op_flags,
	.expunge = fake_mail_op_expunge,
	.append = fake_mail_op_append,
	.copy = fake_mail_op_copy,
	.create = fake_mail_op_create,
	.remove = fake_mail_op_remove,
	.rename = fake_mail_op_rename,
	.subscribe = fake_mail_op_subscribe,
	.watch = op_watch,
};

/* ---- the world ---- */

static void fill_inbox(struct fake_mail *m)
{
	static const char html[] = "From: Bert <bert@koko.test>\r\n"
				   "To: anna@koko.test\r\n"
				   "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
				   "Date: Mon, 23 Nov 2026 12:00:00 +0100\r\n"
				   "Message-ID: <m2@koko.test>\r\n"
				   "MIME-Version: 1.0\r\n"
				   "Content-Type: multipart/alternative; boundary=cut\r\n"
				   "\r\n"
				   "--cut\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "\r\n"
				   "plain\r\n"
				   "--cut\r\n"
				   "Content-Type: text/html\r\n"
				   "\r\n"
				   "<p>html</p>\r\n"
				   "--cut--\r\n";
	struct fake_box *b = fake_mail_box(m, lit("INBOX"));
	char text[512];

	for (int i = 1; i <= 4; i++) {
		snprintf(text, sizeof text,
			"From: Anna <anna@koko.test>\r\n"
			"To: bert@koko.test\r\n"
			"Subject: Subject %d\r\n"
			"Date: Mon, 23 Nov 2026 13:00:0%d +0000\r\n"
			"Message-ID: <m%d@koko.test>\r\n\r\n"
			"Body of %d.\r\n",
			i, i, i, i);
		fake_mail_add(
			m, b, i == 2 ? slice_str(html) : slice_str(text), i == 1 ? MAIL_SEEN : 0);
	}
}

struct fake_mail *fake_mail_new(struct fake_forum *forum)
{
	static const struct {
		const char *name;
		enum mail_use use;
		bool level, shared;
	} boxes[] = {
		{"INBOX",              USE_NONE,    false, false},
		{"Archive",            USE_ARCHIVE, false, false},
		{"Drafts",             USE_DRAFTS,  false, false},
		{"Gruppen",            USE_NONE,    true,  true },
		{"Gruppen/koko",       USE_NONE,    true,  true },
		{"Gruppen/koko/board", USE_NONE,    false, true },
		{"Gruppen/koko/empty", USE_NONE,    false, true },
		{"Gruppen/koko/open",  USE_NONE,    false, true },
		{"Gruppen/koko/test",  USE_NONE,    false, true },
		{"Junk",               USE_JUNK,    false, false},
		{"Sent",               USE_SENT,    false, false},
		{"Trash",              USE_TRASH,   false, false},
		{"Verträge",          USE_NONE,    true,  false},
		{"Verträge/2026",     USE_NONE,    false, false},
	};
	struct fake_mail *m = mem_new(struct fake_mail);

	m->base.ops = &ops;
	m->forum = forum;
	m->calls_tail = &m->calls;
	for (size_t i = 0; i < array_len(boxes); i++) {
		struct fake_box *b = fake_mail_add_box(m, slice_str(boxes[i].name));

		b->use = boxes[i].use;
		b->shared = boxes[i].shared;
		b->subscribed = !boxes[i].level;
		if (boxes[i].level)
			b->id = 0;
	}
	fill_inbox(m);
	struct fake_box *g = fake_mail_box(m, lit("Gruppen/koko/test"));

	fake_mail_add(m, g, lit("From: anna@koko.test\r\nSubject: mine\r\n\r\na\r\n"), 0);
	fake_mail_add(m, g, lit("From: bert@koko.test\r\nSubject: his\r\n\r\nb\r\n"), 0);
	g->v[1].not_deleted = true;
	return m;
}

void fake_mail_free(struct fake_mail *m)
{
	fake_mail_run(m);
	for (size_t i = 0; i < m->n_boxes; i++)
		fake_mail_free_box(&m->boxes[i]);
	free(m);
}
