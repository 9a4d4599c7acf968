/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arrays behind proto/mail.h.  Changes are made when they are asked for; only their answers wait
 * for fake_mail_run(), so that a session that is freed meanwhile stays silent.
 */
#include "tests/rig/fake_mail.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/imap/imap_fmt.h"
#include "proto/msg/mime.h"

enum { FAKE_MSG_MAX = 1 << 24 };

struct fake_mail_call {
	struct fake_mail_call *next;
	mail_done_fn done; /* NULL: dropped */
	void *arg;
	struct mail_result r;
	struct mail_ranges from, to, failed;
};

static struct fake_mail *fake_of(struct mail *m)
{
	return (struct fake_mail *)(void *)m;
}

static bool must_wait(struct fake_mail *m)
{
	struct fake_forum *f = m->forum;

	if (f->waits == 0)
		return false;
	f->waits = f->waits * 1103515245u + 12345u;
	f->waited = !f->waited && (f->waits >> 16) % 3 == 0;
	if (f->waits == 0)
		f->waits = 1;
	return f->waited;
}

/* ---- ranges ---- */

static void add_num(struct mail_ranges *r, uint32_t num)
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

static bool holds(const struct mail_ranges *r, uint32_t num)
{
	for (size_t i = 0; i < r->n; i++)
		if (num >= r->v[i].first && num <= r->v[i].last)
			return true;
	return false;
}

/* ---- calls ---- */

static void drop_call(void *call)
{
	((struct fake_mail_call *)call)->done = NULL;
}

static struct fake_mail_call *answer(
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

static struct fake_box *box_of(struct fake_mail *m, uint32_t id)
{
	for (size_t i = 0; i < m->n_boxes; i++)
		if (id != 0 && m->boxes[i].id == id)
			return &m->boxes[i];
	return NULL;
}

static int absent(const struct fake_mail *m)
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

	if (must_wait(m))
		return KERR_WAIT;
	if (!b || !m->forum->login)
		return absent(m);
	fill(m, b, out);
	return 0;
}

static int op_boxes(struct mail *base, struct slice after, mail_box_fn fn, void *arg)
{
	struct fake_mail *m = fake_of(base);
	struct mail_box out;

	for (size_t i = 0; i < m->n_boxes; i++) {
		if (slice_cmp(slice_str(m->boxes[i].name), after) <= 0)
			continue;
		if (must_wait(m))
			return KERR_WAIT;
		fill(m, &m->boxes[i], &out);
		if (!fn(arg, &out))
			return 0;
	}
	return 0;
}

static struct fake_box *add_box(struct fake_mail *m, struct slice name)
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

static void free_box(struct fake_box *b)
{
	for (size_t i = 0; i < b->n; i++)
		buf_fini(&b->v[i].bytes);
	free(b->v);
}

static int op_unseen(struct mail *base, uint32_t box, uint32_t *count_out, uint32_t *first_out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);

	if (must_wait(m))
		return KERR_WAIT;
	if (!b)
		return absent(m);
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
	struct fake_box *b = box_of(m, box);

	if (must_wait(m))
		return KERR_WAIT;
	if (!b)
		return absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].gone)
			add_num(out, b->v[i].num);
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
	struct fake_box *b = box_of(m, box);

	if (!b)
		return absent(m);
	for (size_t i = 0; i < b->n; i++) {
		const struct fake_msg *msg = &b->v[i];

		if (msg->gone || msg->num < lo || msg->num > hi || msg->modseq <= changed_since)
			continue;
		if (must_wait(m))
			return KERR_WAIT;
		if (!give_row(msg, want, fn, arg))
			return 0;
	}
	return 0;
}

static int op_flagged(struct mail *base, uint32_t box, uint64_t flag, struct mail_ranges *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);

	if (must_wait(m))
		return KERR_WAIT;
	if (!b)
		return absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (!b->v[i].gone && (b->v[i].flags & flag))
			add_num(out, b->v[i].num);
	return 0;
}

static int op_gone(struct mail *base, uint32_t box, uint64_t since, struct mail_ranges *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);

	if (must_wait(m))
		return KERR_WAIT;
	if (!b)
		return absent(m);
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].gone && b->v[i].modseq > since)
			add_num(out, b->v[i].num);
	return 0;
}

static int op_read(struct mail *base, uint32_t box, const struct mail_row *r, uint64_t from,
	size_t max, struct buf *out)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);

	if (must_wait(m))
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

	if (must_wait(m))
		return KERR_WAIT;
	memcpy(out, m->keywords, sizeof m->keywords);
	*n = m->n_keywords;
	return 0;
}

/* ---- changes ---- */

static int op_keyword_add(
	struct mail *base, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);

	for (size_t i = 0; i < m->n_keywords; i++)
		if (slice_eq_ci(slice_str(m->keywords[i]), name))
			return KERR_EXISTS;
	if (m->n_keywords == MAIL_KEYWORDS)
		return KERR_FULL;
	if (!slice_cstr(name, m->keywords[m->n_keywords], sizeof m->keywords[0]))
		return KERR_INVALID;
	m->n_keywords++;
	answer(m, 0, done, arg, t);
	return 0;
}

static uint64_t changed(struct fake_mail *m, struct fake_box *b)
{
	b->modseq = ++m->modseq;
	m->news |= m->watched == b->id;
	return b->modseq;
}

static uint64_t apply(uint64_t old, enum mail_flag_op op, uint64_t flags)
{
	switch (op) {
	case FLAGS_SET:
		return flags;
	case FLAGS_ADD:
		return old | flags;
	case FLAGS_REMOVE:
		return old & ~flags;
	}
	return old;
}

/* One of r that may not be marked, or removed? */
static bool forbidden(const struct fake_box *b, const struct mail_ranges *r)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].not_deleted && !b->v[i].gone && holds(r, b->v[i].num))
			return true;
	return false;
}

static int op_flags(struct mail *base, uint32_t box, const struct mail_ranges *r,
	enum mail_flag_op op, uint64_t flags, uint64_t unchanged_since, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);
	struct fake_mail_call *c;
	uint64_t modseq;

	if (!b)
		return absent(m);
	if (op != FLAGS_REMOVE && (flags & MAIL_DELETED) && forbidden(b, r))
		return KERR_DENIED;
	modseq = changed(m, b);
	c = answer(m, 0, done, arg, t);
	for (size_t i = 0; i < b->n; i++) {
		struct fake_msg *msg = &b->v[i];

		if (msg->gone || !holds(r, msg->num))
			continue;
		if (unchanged_since > 0 && msg->modseq > unchanged_since) {
			add_num(&c->failed, msg->num);
		} else if (apply(msg->flags, op, flags) != msg->flags) {
			msg->flags = apply(msg->flags, op, flags);
			msg->modseq = modseq;
		}
	}
	return 0;
}

static int op_expunge(struct mail *base, uint32_t box, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);
	uint64_t modseq;

	if (!b)
		return absent(m);
	if (b->read_only || forbidden(b, r))
		return KERR_DENIED;
	modseq = changed(m, b);
	answer(m, 0, done, arg, t);
	for (size_t i = 0; i < b->n; i++)
		if (!b->v[i].gone && holds(r, b->v[i].num)) {
			b->v[i].gone = true;
			b->v[i].modseq = modseq;
		}
	return 0;
}

uint32_t fake_mail_add(struct fake_mail *m, struct fake_box *b, struct slice bytes, uint64_t flags)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 8;
		b->v = mem_realloc(b->v, b->cap * sizeof *b->v);
	}
	struct fake_msg *msg = &b->v[b->n++];

	*msg = (struct fake_msg){.num = b->next++,
		.flags = flags,
		.modseq = changed(m, b),
		.date = m->forum->now_at};
	buf_init(&msg->bytes, FAKE_MSG_MAX);
	buf_add(&msg->bytes, bytes);
	return msg->num;
}

static struct fake_msg *msg_of(struct fake_box *b, uint32_t num)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].num == num && !b->v[i].gone)
			return &b->v[i];
	return NULL;
}

void fake_mail_remove(struct fake_mail *m, struct fake_box *b, uint32_t num)
{
	struct fake_msg *msg = msg_of(b, num);

	if (!msg)
		return;
	msg->gone = true;
	msg->modseq = changed(m, b);
}

void fake_mail_flag(struct fake_mail *m, struct fake_box *b, uint32_t num, uint64_t flags)
{
	struct fake_msg *msg = msg_of(b, num);

	if (!msg)
		return;
	msg->flags |= flags;
	msg->modseq = changed(m, b);
}

static int op_append(struct mail *base, uint32_t box, struct buf *message_take, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, box);
	struct fake_mail_call *c;
	uint32_t num;

	if (must_wait(m))
		return KERR_WAIT;
	if (!b || b->read_only) {
		buf_fini(message_take);
		return err_set(why, b ? KERR_DENIED : absent(m), "not here");
	}
	num = fake_mail_add(m, b, buf_slice(message_take), flags);
	buf_fini(message_take);
	if (date > 0)
		b->v[b->n - 1].date = date;
	c = answer(m, 0, done, arg, t);
	c->r.box = b->id;
	add_num(&c->to, num);
	return 0;
}

static int op_copy(struct mail *base, uint32_t from, const struct mail_ranges *r, uint32_t to,
	bool move, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = box_of(m, from), *dst = box_of(m, to);
	struct fake_mail_call *c;
	size_t n = b ? b->n : 0;

	if (!b || !dst)
		return absent(m);
	if (dst->read_only || (move && (b->read_only || forbidden(b, r))))
		return KERR_DENIED;
	c = answer(m, 0, done, arg, t);
	c->r.box = dst->id;
	for (size_t i = 0; i < n; i++) {
		if (b->v[i].gone || !holds(r, b->v[i].num))
			continue;
		struct buf bytes = b->v[i].bytes;

		add_num(&c->from, b->v[i].num);
		add_num(&c->to, fake_mail_add(m, dst, buf_slice(&bytes), b->v[i].flags));
		dst->v[dst->n - 1].date = b->v[i].date;
		if (move) {
			b->v[i].gone = true;
			b->v[i].modseq = changed(m, b);
		}
	}
	c->r.modseq = m->modseq;
	return 0;
}

static int op_create(struct mail *base, struct slice name, enum mail_use use, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);

	if (slice_starts(name, lit("Gruppen")))
		return KERR_DENIED;
	if (fake_mail_box(m, name))
		return KERR_EXISTS;
	struct fake_box *b = add_box(m, name);

	if (!b)
		return KERR_FULL;
	b->use = use;
	answer(m, 0, done, arg, t)->r.box = b->id;
	return 0;
}

static int op_remove(
	struct mail *base, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, name);

	if (!b)
		return absent(m);
	if (b->shared || strcmp(b->name, "INBOX") == 0)
		return KERR_DENIED;
	size_t at = (size_t)(b - m->boxes);

	free_box(b);
	memmove(b, b + 1, (--m->n_boxes - at) * sizeof *b);
	m->news = true;
	answer(m, 0, done, arg, t);
	return 0;
}

static int op_rename(struct mail *base, struct slice from, struct slice to, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, from), moved;

	if (!b)
		return absent(m);
	if (b->shared || strcmp(b->name, "INBOX") == 0)
		return KERR_DENIED;
	if (fake_mail_box(m, to) || to.len > MAIL_NAME_MAX)
		return KERR_EXISTS;
	size_t at = (size_t)(b - m->boxes);

	moved = *b;
	memmove(b, b + 1, (--m->n_boxes - at) * sizeof *b);
	b = add_box(m, to);
	memset(moved.name, 0, sizeof moved.name);
	memcpy(moved.name, to.p, to.len);
	*b = moved;
	answer(m, 0, done, arg, t);
	return 0;
}

static int op_subscribe(struct mail *base, struct slice name, bool on, mail_done_fn done, void *arg,
	struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, name);

	if (!b)
		return absent(m);
	b->subscribed = on;
	answer(m, 0, done, arg, t);
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
	.keyword_add = op_keyword_add,
	.flags = op_flags,
	.expunge = op_expunge,
	.append = op_append,
	.copy = op_copy,
	.create = op_create,
	.remove = op_remove,
	.rename = op_rename,
	.subscribe = op_subscribe,
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
		{"INBOX",             USE_NONE,   false, false},
		{"Drafts",            USE_DRAFTS, false, false},
		{"Gruppen",           USE_NONE,   true,  true },
		{"Gruppen/koko",      USE_NONE,   true,  true },
		{"Gruppen/koko/test", USE_NONE,   false, true },
		{"Sent",              USE_SENT,   false, false},
		{"Trash",             USE_TRASH,  false, false},
		{"Verträge",         USE_NONE,   true,  false},
		{"Verträge/2026",    USE_NONE,   false, false},
	};
	struct fake_mail *m = mem_new(struct fake_mail);

	m->base.ops = &ops;
	m->forum = forum;
	m->calls_tail = &m->calls;
	for (size_t i = 0; i < array_len(boxes); i++) {
		struct fake_box *b = add_box(m, slice_str(boxes[i].name));

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
		free_box(&m->boxes[i]);
	free(m);
}
