/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changes the mailboxes of the fake: at once, the answers come later. */
#include "tests/rig/fake_mail_priv.h"

#include "proto/base/mem.h"

static bool holds(const struct mail_ranges *r, uint32_t num)
{
	for (size_t i = 0; i < r->n; i++)
		if (num >= r->v[i].first && num <= r->v[i].last)
			return true;
	return false;
}

int fake_mail_op_keyword_add(
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
	fake_mail_answer(m, 0, done, arg, t);
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

int fake_mail_op_flags(struct mail *base, uint32_t box, const struct mail_ranges *r,
	enum mail_flag_op op, uint64_t flags, uint64_t unchanged_since, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);
	struct fake_mail_call *c;
	uint64_t modseq;

	if (!b)
		return fake_mail_absent(m);
	if (op != FLAGS_REMOVE && (flags & MAIL_DELETED) && forbidden(b, r))
		return KERR_DENIED;
	modseq = changed(m, b);
	c = fake_mail_answer(m, 0, done, arg, t);
	for (size_t i = 0; i < b->n; i++) {
		struct fake_msg *msg = &b->v[i];

		if (msg->gone || !holds(r, msg->num))
			continue;
		if (unchanged_since > 0 && msg->modseq > unchanged_since) {
			fake_mail_add_num(&c->failed, msg->num);
		} else if (apply(msg->flags, op, flags) != msg->flags) {
			msg->flags = apply(msg->flags, op, flags);
			if (msg->modseq > c->r.had)
				c->r.had = msg->modseq;
			msg->modseq = modseq;
		}
	}
	return 0;
}

int fake_mail_op_expunge(struct mail *base, uint32_t box, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);
	uint64_t modseq;

	if (!b)
		return fake_mail_absent(m);
	if (b->read_only || forbidden(b, r))
		return KERR_DENIED;
	modseq = changed(m, b);
	fake_mail_answer(m, 0, done, arg, t);
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

int fake_mail_op_append(struct mail *base, uint32_t box, struct buf *message_take, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, box);
	struct fake_mail_call *c;
	uint32_t num;

	if (fake_must_wait(m->forum))
		return KERR_WAIT;
	if (!b || b->read_only) {
		buf_fini(message_take);
		return err_set(why, b ? KERR_DENIED : fake_mail_absent(m), "not here");
	}
	num = fake_mail_add(m, b, buf_slice(message_take), flags);
	buf_fini(message_take);
	if (date > 0)
		b->v[b->n - 1].date = date;
	c = fake_mail_answer(m, 0, done, arg, t);
	c->r.box = b->id;
	fake_mail_add_num(&c->to, num);
	return 0;
}

int fake_mail_op_copy(struct mail *base, uint32_t from, const struct mail_ranges *r, uint32_t to,
	bool move, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box_of(m, from), *dst = fake_mail_box_of(m, to);
	struct fake_mail_call *c;
	size_t n = b ? b->n : 0;

	if (!b || !dst)
		return fake_mail_absent(m);
	if (dst->read_only || (move && (b->read_only || forbidden(b, r))))
		return KERR_DENIED;
	c = fake_mail_answer(m, 0, done, arg, t);
	c->r.box = dst->id;
	for (size_t i = 0; i < n; i++) {
		if (b->v[i].gone || !holds(r, b->v[i].num))
			continue;
		struct buf bytes = b->v[i].bytes;

		fake_mail_add_num(&c->from, b->v[i].num);
		fake_mail_add_num(&c->to, fake_mail_add(m, dst, buf_slice(&bytes), b->v[i].flags));
		dst->v[dst->n - 1].date = b->v[i].date;
		if (move) {
			b->v[i].gone = true;
			b->v[i].modseq = changed(m, b);
		}
	}
	c->r.modseq = m->modseq;
	return 0;
}

int fake_mail_op_create(struct mail *base, struct slice name, enum mail_use use, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);

	if (slice_starts(name, lit("Gruppen")))
		return KERR_DENIED;
	if (fake_mail_box(m, name))
		return KERR_EXISTS;
	struct fake_box *b = fake_mail_add_box(m, name);

	if (!b)
		return KERR_FULL;
	b->use = use;
	fake_mail_answer(m, 0, done, arg, t)->r.box = b->id;
	return 0;
}

int fake_mail_op_remove(
	struct mail *base, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, name);

	if (!b)
		return fake_mail_absent(m);
	if (b->shared || strcmp(b->name, "INBOX") == 0)
		return KERR_DENIED;
	size_t at = (size_t)(b - m->boxes);

	fake_mail_free_box(b);
	memmove(b, b + 1, (--m->n_boxes - at) * sizeof *b);
	m->news = true;
	fake_mail_answer(m, 0, done, arg, t);
	return 0;
}

int fake_mail_op_rename(struct mail *base, struct slice from, struct slice to, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, from), moved;

	if (!b)
		return fake_mail_absent(m);
	if (b->shared || strcmp(b->name, "INBOX") == 0)
		return KERR_DENIED;
	if (fake_mail_box(m, to) || to.len > MAIL_NAME_MAX)
		return KERR_EXISTS;
	size_t at = (size_t)(b - m->boxes);

	moved = *b;
	memmove(b, b + 1, (--m->n_boxes - at) * sizeof *b);
	b = fake_mail_add_box(m, to);
	memset(moved.name, 0, sizeof moved.name);
	memcpy(moved.name, to.p, to.len);
	*b = moved;
	fake_mail_answer(m, 0, done, arg, t);
	return 0;
}

int fake_mail_op_subscribe(struct mail *base, struct slice name, bool on, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_mail *m = fake_of(base);
	struct fake_box *b = fake_mail_box(m, name);

	if (!b)
		return fake_mail_absent(m);
	b->subscribed = on;
	fake_mail_answer(m, 0, done, arg, t);
	return 0;
}
