/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's conversation: one request after the other, answered in order (pipelining).  A
 * request stays in the conn's hands until it is whole, so its time limit runs from the first byte,
 * and a session holds nothing between two.  Called by daemon/conn.c.
 */
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/http/http_routes.h"

struct http_session {
	struct http_opts opts;
	struct http_stats *stats, own_stats;
	struct buf out;
	struct http_parser parser;
	unsigned n_requests;
	bool told_to_go_on; /* 100 was said for the request under way */
	bool shutdown;      /* the daemon drains: this answer is the last */
	bool closed;        /* the last answer is out */
};

static void count(struct http_stats *st, int status, bool parser)
{
	st->n_requests++;
	st->n_documents += status == 200;
	st->n_refused += status >= 400;
	st->n_heads_long += status == 414 || status == 431;
	st->n_bodies_big += status == 413;
	st->n_bad += parser && status != 413 && status != 414 && status != 431;
}

/* What Connection says: the end always, going on only to HTTP/1.0, which would not expect it. */
static const char *connection(const struct http_session *s, unsigned minor)
{
	return s->closed ? "close" : minor == 0 ? "keep-alive" : NULL;
}

static void say(struct http_session *s, const struct http_reply *reply, int64_t now_at,
	bool with_body, unsigned minor)
{
	log_debug("http.answer", "sess=%s status=%d", s->opts.id, reply->status);
	http_reply_add(reply, now_at, with_body, connection(s, minor), &s->out);
	s->parser = (struct http_parser){0};
	s->told_to_go_on = false;
}

static void answer(struct http_session *s, const struct http_request *r, int64_t now_at)
{
	struct http_reply reply = {0};

	buf_init(&reply.body, HTTP_DOCUMENT_MAX);
	http_reply_make(s->opts.site, r, now_at, &reply);
	count(s->stats, reply.status, false);
	s->closed = r->close || s->shutdown || ++s->n_requests >= HTTP_REQUESTS_MAX;
	say(s, &reply, now_at, r->method != HTTP_HEAD, r->minor);
	buf_fini(&reply.body);
}

/* Nobody knows where the next request begins, so this is the last. */
static void answer_bad(struct http_session *s, int64_t now_at)
{
	struct http_reply reply = {0};

	buf_init(&reply.body, HTTP_DOCUMENT_MAX);
	http_reply_error(s->parser.status, s->parser.why, &reply);
	count(s->stats, reply.status, true);
	s->closed = true;
	say(s, &reply, now_at, s->parser.method != HTTP_HEAD, 1);
	buf_fini(&reply.body);
}

/* RFC 9110 section 10.1.1 */
static void go_on(struct http_session *s)
{
	if (s->parser.go_on && !s->told_to_go_on) {
		buf_add(&s->out, lit("HTTP/1.1 100 Continue\r\n\r\n"));
		s->told_to_go_on = true;
	}
}

/* ---- session_ops ---- */

static enum sess_need session_start(void *arg, int64_t now_at)
{
	(void)arg;
	(void)now_at;
	return NEED_INPUT;
}

static enum sess_need session_feed(void *arg, struct slice in, int64_t now_at, size_t *used_out)
{
	struct http_session *s = arg;
	struct http_request r;
	size_t used;

	for (*used_out = 0; !s->closed; *used_out += used) {
		if (s->out.len >= SESSION_OUT_HIGH)
			return NEED_DRAIN;
		switch (http_take(&s->parser, slice_from(in, *used_out), &used, &r)) {
		case SCAN_OK:
			answer(s, &r, now_at);
			break;
		case SCAN_BAD:
			answer_bad(s, now_at);
			break;
		case SCAN_MORE:
			go_on(s);
			return NEED_INPUT;
		}
	}
	return NEED_CLOSE;
}

static enum sess_need session_pump(void *arg, int64_t now_at)
{
	struct http_session *s = arg;

	(void)now_at;
	return s->closed ? NEED_CLOSE : NEED_INPUT;
}

/* Between two requests there is nothing to say at the end; a half one may still be answered. */
static enum sess_need session_wake(void *arg, const struct wake *w)
{
	struct http_session *s = arg;

	if (w->why == WAKE_SHUTDOWN) {
		s->closed |= s->shutdown || s->parser.seen == 0;
		s->shutdown = true;
	}
	return session_pump(s, w->now_at);
}

static struct buf *session_output(void *arg)
{
	struct http_session *s = arg;

	return &s->out;
}

/* Nobody logs in here: the times of strangers hold. */
static bool session_logged_in(void *arg)
{
	(void)arg;
	return false;
}

static void session_free(void *arg)
{
	struct http_session *s = arg;

	if (!s)
		return;
	buf_fini(&s->out);
	free(s);
}

const struct session_ops http_session_ops = {
	.name = "http",
	.start = session_start,
	.feed = session_feed,
	.pump = session_pump,
	.wake = session_wake,
	.output = session_output,
	.logged_in = session_logged_in,
	.free = session_free,
};

struct http_session *http_session_new(const struct http_opts *o)
{
	struct http_session *s = mem_new(struct http_session);

	s->opts = *o;
	s->stats = o->stats ? o->stats : &s->own_stats;
	buf_init(&s->out, HTTP_OUT_MAX);
	return s;
}
