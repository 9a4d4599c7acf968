/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The offering side of a link.  Entries stand in the order of the log until the front is settled,
 * so the cursor never skips one.  What is on the wire stands in `sent` in the order it was asked;
 * an answer belongs to its front, or the link ends.
 */
#include "proto/nntp/nntp_feeder.h"

#include "proto/base/coll.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/dot.h"

enum {
	ANSWER_MAX = 2048, /* bytes of an answer line; RFC 3977 section 3.1 has 512 */
	ARTICLE_MAX = 64 * 1024 * 1024,
	OUT_MAX = SESSION_OUT_HIGH + 3 * ARTICLE_MAX / 2,
};

enum state {
	ST_GREETING,
	ST_STARTTLS, /* asked */
	ST_TLS,      /* until the handshake is done */
	ST_MODE,     /* MODE STREAM was sent */
	ST_STREAM,
	ST_IHAVE, /* one article at a time */
	ST_CLOSED,
};

enum entry_state {
	ENTRY_CHECK,  /* CHECK or IHAVE is on the wire */
	ENTRY_WANTED, /* 238: TAKETHIS is to be sent */
	ENTRY_TAKE,   /* the article is on the wire */
	ENTRY_ASIDE,  /* 431, 436: again at retry_at */
	ENTRY_SETTLED,
};

struct entry {
	struct entry *next; /* in the order of the log */
	struct list queue;  /* nntp_feeder.wanted or .aside */
	struct feeder_item item;
	enum entry_state state;
	unsigned tries; /* answered 431 or 436 so often */
	int64_t retry_at;
};

struct nntp_feeder {
	struct feeder_source src;
	struct feeder_opts opts;
	struct buf out;
	struct buf article;
	enum state state;
	int64_t now_at;
	struct entry *front, **tail; /* all that is not settled, and what stands behind it */
	unsigned n_entries;
	struct list wanted, aside;
	struct entry *sent[FEEDER_WINDOW_MAX]; /* ring */
	unsigned sent_at, n_sent;
	uint64_t taken_seq;   /* the source was asked up to here */
	uint64_t settled_seq; /* told to the source */
	bool shutdown, retry;
};

/* ---- entries ---- */

static struct entry *queue_front(struct list *queue)
{
	return list_empty(queue) ? NULL : container_of(queue->next, struct entry, queue);
}

static struct entry *entry_add(struct nntp_feeder *f, const struct feeder_item *item)
{
	struct entry *e = mem_new(struct entry);

	e->item = *item;
	e->state = ENTRY_CHECK;
	list_init(&e->queue);
	*f->tail = e;
	f->tail = &e->next;
	f->n_entries++;
	return e;
}

static void entry_drop_front(struct nntp_feeder *f)
{
	struct entry *e = f->front;

	f->front = e->next;
	if (!f->front)
		f->tail = &f->front;
	f->n_entries--;
	free(e);
}

static void entry_settle(struct entry *e)
{
	list_remove(&e->queue);
	e->state = ENTRY_SETTLED;
}

static void entry_put_aside(struct nntp_feeder *f, struct entry *e, int64_t retry_at)
{
	list_remove(&e->queue);
	e->state = ENTRY_ASIDE;
	e->retry_at = retry_at;

	/* in the order of their times; nearly always that is the end */
	struct list *at = f->aside.prev;
	while (at != &f->aside && container_of(at, struct entry, queue)->retry_at > retry_at)
		at = at->prev;
	list_append(at->next, &e->queue);
}

/* The other server said "later": again after a while, longer each time. */
static void entry_defer(struct nntp_feeder *f, struct entry *e)
{
	int64_t delay_s = (int64_t)FEEDER_RETRY_S << (e->tries < 5 ? e->tries : 5);

	e->tries++;
	entry_put_aside(
		f, e, f->now_at + (delay_s < FEEDER_RETRY_MAX_S ? delay_s : FEEDER_RETRY_MAX_S));
}

/* Drop the settled front and tell how far all is settled, unwanted stretches included. */
static void tell_settled(struct nntp_feeder *f)
{
	uint64_t seq = f->taken_seq;

	while (f->front && f->front->state == ENTRY_SETTLED)
		entry_drop_front(f);
	if (f->front)
		seq = f->front->item.seq - 1;
	if (seq <= f->settled_seq)
		return;
	f->settled_seq = seq;
	f->src.settled(f->src.arg, seq);
}

/* ---- sending ---- */

static void send_line(struct nntp_feeder *f, struct slice verb, const char *mid)
{
	buf_add(&f->out, verb);
	buf_addz(&f->out, mid);
	buf_add(&f->out, lit("\r\n"));
}

static void sent_push(struct nntp_feeder *f, struct entry *e)
{
	f->sent[(f->sent_at + f->n_sent++) % FEEDER_WINDOW_MAX] = e;
}

static struct entry *sent_front(struct nntp_feeder *f)
{
	return f->n_sent > 0 ? f->sent[f->sent_at] : NULL;
}

static void sent_pop(struct nntp_feeder *f)
{
	f->sent_at = (f->sent_at + 1) % FEEDER_WINDOW_MAX;
	f->n_sent--;
}

/* Read the article into f->article.  false: it does not go out now, and e says why. */
static bool load(struct nntp_feeder *f, struct entry *e)
{
	buf_reset(&f->article);
	int rc = f->src.read(f->src.arg, &e->item, &f->article);

	if (rc == 0 && !f->article.bad)
		return true;
	if (rc == KERR_WAIT)
		f->retry = true;
	else if (rc == KERR_NOTFOUND || f->article.bad)
		entry_settle(e); /* taken out since it was offered, or too big for anyone */
	else
		entry_defer(f, e);
	return false;
}

static void send_block(struct nntp_feeder *f)
{
	struct dot_out dot = {0};

	dot_add(&dot, &f->out, buf_slice(&f->article));
	dot_end(&dot, &f->out);
	buf_reset(&f->article);
	buf_trim(&f->article, SESSION_OUT_LOW);
}

static void send_takethis(struct nntp_feeder *f, struct entry *e)
{
	if (!load(f, e))
		return;
	list_remove(&e->queue);
	e->state = ENTRY_TAKE;
	send_line(f, lit("TAKETHIS "), e->item.mid);
	send_block(f);
	sent_push(f, e);
}

static void send_offer(struct nntp_feeder *f, struct entry *e)
{
	if (f->state == ST_IHAVE && !load(f, e)) {
		if (f->retry)
			entry_put_aside(f, e, f->now_at);
		return;
	}
	list_remove(&e->queue);
	e->state = ENTRY_CHECK;
	send_line(f, f->state == ST_IHAVE ? lit("IHAVE ") : lit("CHECK "), e->item.mid);
	sent_push(f, e);
}

/* The next article of the source, NULL when there is none now. */
static struct entry *take_next(struct nntp_feeder *f)
{
	struct feeder_item item;
	uint64_t scanned = f->taken_seq;

	if (f->n_entries >= f->opts.defer_max + f->opts.window)
		return NULL;
	int rc = f->src.next(f->src.arg, f->taken_seq, &item, &scanned);
	f->retry |= rc == KERR_WAIT;
	if (rc == 0)
		scanned = item.seq;
	if (scanned > f->taken_seq)
		f->taken_seq = scanned;
	return rc == 0 ? entry_add(f, &item) : NULL;
}

/* Send one thing; false when there is nothing to send now. */
static bool send_one(struct nntp_feeder *f)
{
	struct entry *e = queue_front(&f->wanted);

	if (e) {
		send_takethis(f, e);
		return true;
	}
	e = queue_front(&f->aside);
	if (!e || e->retry_at > f->now_at)
		e = take_next(f);
	if (e)
		send_offer(f, e);
	return e != NULL;
}

static enum sess_need close_link(struct nntp_feeder *f)
{
	f->state = ST_CLOSED;
	return NEED_CLOSE;
}

static void fill_window(struct nntp_feeder *f)
{
	unsigned window = f->state == ST_IHAVE ? 1 : f->opts.window;
	bool streams = f->state == ST_STREAM || f->state == ST_IHAVE;

	f->retry = false;
	while (streams && !f->shutdown && !f->retry && f->n_sent < window &&
		f->out.len < SESSION_OUT_HIGH && send_one(f))
		;
}

/* Send what can be sent, tell the cursor, and say what is needed. */
static enum sess_need go_on(struct nntp_feeder *f)
{
	fill_window(f);
	tell_settled(f);
	if (f->state == ST_CLOSED || f->out.bad)
		return close_link(f);
	if (f->state == ST_TLS)
		return NEED_TLS;
	if (f->shutdown && f->n_sent == 0) {
		buf_add(&f->out, lit("QUIT\r\n"));
		return close_link(f);
	}
	if (f->retry)
		return NEED_RETRY;
	return f->out.len >= SESSION_OUT_HIGH ? NEED_DRAIN : NEED_INPUT;
}

/* ---- answers ---- */

struct answer {
	int code;
	struct slice text; /* behind the code */
	struct slice mid;  /* first word of it */
};

static bool parse_answer(struct slice line, struct answer *a)
{
	uint64_t code;

	if (!text_number(slice_head(line, 3), 599, &code) || code < 100)
		return false;
	a->code = (int)code;
	a->text = slice_trim(slice_from(line, 3));
	struct slice rest = a->text;
	if (!slice_word(&rest, &a->mid))
		a->mid = slice_of("", 0);
	return true;
}

static void about_link(struct nntp_feeder *f, const struct answer *a)
{
	f->src.answered(f->src.arg, NULL, a->code, a->text);
}

static void give_up(struct nntp_feeder *f, const struct answer *a, const char *why)
{
	struct esc e;

	log_warn("feeder.close", "id=%s code=%d why=\"%s\" text=\"%s\"", f->opts.id, a->code, why,
		esc(&e, a->text));
	about_link(f, a);
	f->state = ST_CLOSED;
}

static void ask_mode(struct nntp_feeder *f)
{
	buf_add(&f->out, lit("MODE STREAM\r\n"));
	f->state = ST_MODE;
}

static void on_greeting(struct nntp_feeder *f, const struct answer *a)
{
	if (a->code != 200 && a->code != 201) {
		give_up(f, a, "not welcome");
		return;
	}
	about_link(f, a);
	if (!f->opts.starttls) {
		ask_mode(f);
		return;
	}
	buf_add(&f->out, lit("STARTTLS\r\n"));
	f->state = ST_STARTTLS;
}

/* A server that does not know streaming is offered one article at a time.  RFC 4644 section 2.3 */
static void on_mode(struct nntp_feeder *f, const struct answer *a)
{
	about_link(f, a);
	if (a->code == 203)
		f->state = ST_STREAM;
	else if (a->code == 500 || a->code == 501)
		f->state = ST_IHAVE;
	else
		give_up(f, a, "may not stream");
}

/* What each answer means for its entry: asked in which way, before or behind the article. */
static const struct meaning {
	int code;
	bool ihave, behind;

	enum { DO_WANT, DO_SETTLE, DO_PUT_ASIDE, DO_SEND } what;
} meanings[] = {
	{238, false, false, DO_WANT     },
	{438, false, false, DO_SETTLE   },
	{431, false, false, DO_PUT_ASIDE},
	{239, false, true,  DO_SETTLE   },
	{439, false, true,  DO_SETTLE   },
	{335, true,  false, DO_SEND     },
	{435, true,  false, DO_SETTLE   },
	{436, true,  false, DO_PUT_ASIDE},
	{437, true,  false, DO_SETTLE   },
	{235, true,  true,  DO_SETTLE   },
	{436, true,  true,  DO_PUT_ASIDE},
	{437, true,  true,  DO_SETTLE   },
};

/* NULL: it is no answer to what was asked. */
static const struct meaning *find_meaning(
	const struct nntp_feeder *f, const struct entry *e, int code)
{
	for (size_t i = 0; i < array_len(meanings); i++)
		if (meanings[i].code == code && meanings[i].ihave == (f->state == ST_IHAVE) &&
			meanings[i].behind == (e->state == ENTRY_TAKE))
			return &meanings[i];
	return NULL;
}

static void apply(struct nntp_feeder *f, struct entry *e, const struct meaning *m)
{
	switch (m->what) {
	case DO_WANT:
		e->state = ENTRY_WANTED;
		list_append(&f->wanted, &e->queue);
		break;
	case DO_SETTLE:
		entry_settle(e);
		break;
	case DO_PUT_ASIDE:
		entry_defer(f, e);
		break;
	case DO_SEND:
		e->state = ENTRY_TAKE;
		send_block(f);
		sent_push(f, e);
		break;
	}
}

/* In a stream the answer names the article it is about.  RFC 4644 section 2.4.1, 2.5.1 */
static void on_entry(struct nntp_feeder *f, const struct answer *a)
{
	struct entry *e = sent_front(f);
	const struct meaning *m = e ? find_meaning(f, e, a->code) : NULL;

	if (!m) {
		give_up(f, a, "unexpected answer");
		return;
	}
	if (f->state == ST_STREAM && !slice_eq(a->mid, slice_str(e->item.mid))) {
		give_up(f, a, "answer about another article");
		return;
	}
	sent_pop(f);
	f->src.answered(f->src.arg, &e->item, a->code, a->text);
	apply(f, e, m);
}

static void on_answer(struct nntp_feeder *f, const struct answer *a)
{
	if (a->code == 400) {
		give_up(f, a, "service closes");
		return;
	}
	switch (f->state) {
	case ST_GREETING:
		on_greeting(f, a);
		break;
	case ST_STARTTLS:
		if (a->code == 382)
			f->state = ST_TLS;
		else
			give_up(f, a, "no TLS");
		break;
	case ST_MODE:
		on_mode(f, a);
		break;
	case ST_STREAM:
	case ST_IHAVE:
		on_entry(f, a);
		break;
	case ST_TLS:
	case ST_CLOSED:
		break;
	}
}

/* ---- session_ops ---- */

/* One line from the front of in; false when there is none to take. */
static bool take_answer(struct nntp_feeder *f, struct slice in, size_t *used)
{
	struct answer a = {0};
	size_t lf = slice_chr(slice_head(in, ANSWER_MAX), '\n');

	if (f->state == ST_CLOSED || f->state == ST_TLS)
		return false;
	if (lf >= in.len && in.len < ANSWER_MAX)
		return false;
	if (lf >= in.len || lf == ANSWER_MAX || lf == 0 || in.p[lf - 1] != '\r' ||
		!parse_answer(slice_head(in, lf - 1), &a)) {
		a.text = slice_head(in, lf);
		give_up(f, &a, "no NNTP answer");
		return false;
	}
	*used += lf + 1;
	on_answer(f, &a);
	fill_window(f);
	return true;
}

static enum sess_need feeder_start(void *arg, int64_t now_at)
{
	struct nntp_feeder *f = arg;

	f->now_at = now_at;
	return NEED_INPUT; /* the server speaks first */
}

static enum sess_need feeder_feed(void *arg, struct slice in, int64_t now_at, size_t *used_out)
{
	struct nntp_feeder *f = arg;

	f->now_at = now_at;
	*used_out = 0;
	while (take_answer(f, slice_from(in, *used_out), used_out))
		;
	return go_on(f);
}

static enum sess_need feeder_pump(void *arg, int64_t now_at)
{
	struct nntp_feeder *f = arg;

	f->now_at = now_at;
	return go_on(f);
}

static enum sess_need feeder_wake(void *arg, const struct wake *w)
{
	struct nntp_feeder *f = arg;

	if (w->why == WAKE_TLS && f->state == ST_TLS)
		ask_mode(f);
	if (w->why == WAKE_SHUTDOWN)
		f->shutdown = true;
	return feeder_pump(f, w->now_at);
}

static struct buf *feeder_output(void *arg)
{
	return &((struct nntp_feeder *)arg)->out;
}

static bool feeder_logged_in(void *arg)
{
	(void)arg;
	return true; /* we are the client */
}

static void feeder_free(void *arg)
{
	struct nntp_feeder *f = arg;

	if (!f)
		return;
	while (f->front)
		entry_drop_front(f);
	buf_fini(&f->out);
	buf_fini(&f->article);
	free(f);
}

const struct session_ops nntp_feeder_ops = {
	.name = "nntp-feeder",
	.start = feeder_start,
	.feed = feeder_feed,
	.pump = feeder_pump,
	.wake = feeder_wake,
	.output = feeder_output,
	.logged_in = feeder_logged_in,
	.free = feeder_free,
};

struct nntp_feeder *nntp_feeder_new(const struct feeder_source *src, const struct feeder_opts *o)
{
	struct nntp_feeder *f = mem_new(struct nntp_feeder);

	f->src = *src;
	f->opts = *o;
	if (f->opts.window == 0)
		f->opts.window = FEEDER_WINDOW;
	if (f->opts.window > FEEDER_WINDOW_MAX)
		f->opts.window = FEEDER_WINDOW_MAX;
	if (f->opts.defer_max == 0)
		f->opts.defer_max = FEEDER_DEFER_MAX;
	f->taken_seq = f->settled_seq = o->start_seq;
	f->tail = &f->front;
	list_init(&f->wanted);
	list_init(&f->aside);
	buf_init(&f->out, OUT_MAX);
	buf_init(&f->article, ARTICLE_MAX);
	return f;
}
