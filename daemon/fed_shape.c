/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of entries in the order of their coming; lots of them are out in the pool, and whatever
 * is done at its front goes on.  With few on their way, or too much in memory, nothing is sent
 * out: it is made where it stands.
 */
#include "daemon/fed_shape.h"

#include "daemon/mail.h"
#include "proto/base/mem.h"
#include "proto/msg/article.h"

enum {
	OVERVIEW_MAX = 32 * 1024,
	HEAD_MAX = 4096,
	FEW = 16,                    /* entries on their way that need no pool */
	LOT = 8,                     /* entries that are sent out together */
	BYTES_MAX = 8 * 1024 * 1024, /* of articles that wait here */
};

/* Entries that go to the pool in one go. */
struct fed_lot {
	struct fed *f;
	size_t n;
	struct fed_shape *v[LOT];
};

/* ---- one ---- */

/* What readers of a group are shown, beside the text. */
struct shown {
	struct buf over, structure, head, whole;
	struct store_head store_head;
};

static void shown_make(
	struct fed *f, const struct article *a, const struct group_rec *g, struct shown *out)
{
	bool reply_to = g->reply == REPLY_GROUP && !article_has(a, ART_REPLY_TO);

	buf_init(&out->over, OVERVIEW_MAX);
	buf_init(&out->structure, STORE_STRUCTURE_MAX);
	buf_init(&out->head, HEAD_MAX);
	buf_init(&out->whole, HEAD_MAX + a->bytes.len);
	article_add_over(&out->over, a);
	mail_head_make(f->name, g->name, reply_to, &out->head);
	if (reply_to) {
		buf_add(&out->whole, buf_slice(&out->head));
		mail_head_end(a->value[ART_MESSAGE_ID], &out->whole);
		buf_add(&out->whole, a->bytes);
	}
	mail_structure_make(&out->structure, reply_to ? buf_slice(&out->whole) : a->bytes);
	out->store_head = (struct store_head){.text = buf_slice(&out->head),
		.bytes = mail_head_len(buf_slice(&out->head), a->value[ART_MESSAGE_ID]),
		.shapes = reply_to};
}

static void shown_fini(struct shown *s)
{
	buf_fini(&s->over);
	buf_fini(&s->structure);
	buf_fini(&s->head);
	buf_fini(&s->whole);
}

/* Its group, as readers know it; none: nobody reads it. */
static int look_up(struct fed_shape *s, const struct fed_take *t)
{
	struct view *v;
	int rc = t->group ? view_open(s->f->d->store, &v) : 0;

	if (rc < 0 || !t->group)
		return rc;
	rc = view_group_named(v, 0, t->group->group, &s->group);
	view_close(v);
	return rc == KERR_NOTFOUND ? KERR_BUSY : rc;
}

int fed_shape_init(struct fed_shape *s, const struct fed_take *t)
{
	int rc;

	list_init(&s->node);
	buf_init(&s->article, t->article.len);
	if (t->article.len == 0)
		return 0;
	rc = look_up(s, t);
	if (rc < 0)
		return rc;
	buf_add(&s->article, t->article);
	s->mid = mem_dup(t->mid);
	s->cancels = t->cancels.len > 0 ? mem_dup(t->cancels) : NULL;
	s->stands = t->group && t->kind == FED_ARTICLE;
	s->at = (int64_t)t->link.t;
	return 0;
}

void fed_shape_fini(struct fed_shape *s)
{
	store_made_free(s->made);
	buf_fini(&s->article);
	free(s->mid);
	free(s->cancels);
}

static int post_it(struct fed_shape *s, const struct article *a)
{
	bool stands = s->stands && !article_has(a, ART_CONTROL);
	struct shown shown;

	shown_make(s->f, a, &s->group, &shown);
	s->entry->path = a->value[ART_PATH];
	struct store_post post = {.mid = slice_str(s->mid),
		.article = a->bytes,
		.overview = buf_slice(&shown.over),
		.structure = shown.structure.bad || !stands ? lit("") : buf_slice(&shown.structure),
		.lines = (uint32_t)a->n_lines,
		.arrived_at = s->at,
		.groups = &s->group.id,
		.n_groups = stands ? 1 : 0,
		.heads = &shown.store_head,
		.control = !stands,
		.cancels = s->cancels ? slice_str(s->cancels) : lit(""),
		.obey_awaited = stands, /* that cancel was judged when it came */
		.from_peer = true,
		.entry = s->entry};
	int rc = store_post_make(s->f->d->store, &post, &s->made);

	s->entry->path = lit(""); /* it was borrowed */
	shown_fini(&shown);
	return rc;
}

/* Touches nothing but the entry itself, what never changes, and the store. */
void fed_shape_make(struct fed_shape *s)
{
	static const struct msg_limits none = {0};
	struct article a = {0};

	s->rc = 0;
	if (s->article.len == 0)
		return;
	s->rc = article_parse(&a, buf_slice(&s->article), &none);
	if (s->rc == 0)
		s->rc = article_check_body(&a, &none); /* it counts the lines */
	if (s->rc == 0)
		s->rc = post_it(s, &a);
}

/* ---- many ---- */

bool fed_shapes_many(const struct fed *f)
{
	return f->n_storing > FEW || !list_empty(&f->shapes);
}

static struct fed_shape *shape_at(struct list *it)
{
	return container_of(it, struct fed_shape, node);
}

/* Those whose turn it is. */
static void go_on(struct fed *f)
{
	while (!list_empty(&f->shapes) && shape_at(f->shapes.next)->done) {
		struct fed_shape *s = shape_at(list_pop(&f->shapes));

		f->shape_bytes -= s->article.len;
		s->turn(s);
	}
}

/* In the pool. */
static void make_lot(void *arg)
{
	struct fed_lot *lot = arg;

	for (size_t i = 0; i < lot->n; i++)
		fed_shape_make(lot->v[i]);
}

static void lot_free(struct fed_lot *lot)
{
	for (size_t i = 0; i < lot->n; i++)
		lot->v[i]->done = true;
	free(lot);
}

/* When the daemon ends the pool has not made it: rc is still what fed_shape_queue set. */
static void lot_done(void *arg)
{
	struct fed *f = ((struct fed_lot *)arg)->f;

	lot_free(arg);
	go_on(f);
}

static void send_lot(struct fed *f)
{
	struct fed_lot *lot = f->lot;

	f->lot = NULL;
	if (pool_run(f->d->pool, f->loop, make_lot, lot_done, lot) == 0)
		return;
	make_lot(lot); /* it is full */
	lot_free(lot);
}

/* Nobody's turn comes in here: the node does not know yet that this one is on its way. */
void fed_shape_queue(struct fed_shape *s)
{
	struct fed *f = s->f;

	list_append(&f->shapes, &s->node);
	f->shape_bytes += s->article.len;
	fed_soon(f);
	if (s->article.len == 0 || f->shape_bytes > BYTES_MAX) {
		fed_shape_make(s);
		s->done = true;
		return;
	}
	s->rc = KERR_CLOSED;
	if (!f->lot) {
		f->lot = mem_new(struct fed_lot);
		f->lot->f = f;
	}
	f->lot->v[f->lot->n++] = s;
	if (f->lot->n == LOT)
		send_lot(f);
}

void fed_shapes_rest(struct fed *f)
{
	if (f->lot)
		send_lot(f);
	go_on(f);
}
