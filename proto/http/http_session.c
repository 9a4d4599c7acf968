/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's conversation: one request after the other, answered in order (pipelining).  A
 * request stays in the conn's hands until it is whole, so its time limit runs from the first byte,
 * and a session holds nothing between two.  Called by daemon/conn.c.
 */
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/talk.h"
#include "proto/http/http_routes.h"

struct http_session {
	struct talk talk; /* closing: the last answer is out */
	struct http_opts opts;
	struct http_stats *stats, own_stats;
	struct http_parser parser;
	unsigned n_requests;
	bool told_to_go_on; /* 100 was said for the request under way */
};

TALK_FIRST(struct http_session);

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
	return s->talk.closing ? "close" : minor == 0 ? "keep-alive" : NULL;
}

static void say(
	struct http_session *s, const struct http_reply *reply, bool with_body, unsigned minor)
{
	log_debug("http.answer", "sess=%s status=%d", s->opts.id, reply->status);
	http_reply_add(reply, s->talk.now_at, with_body, connection(s, minor), &s->talk.out);
	s->parser = (struct http_parser){0};
	s->told_to_go_on = false;
}

static void answer(struct http_session *s, const struct http_request *r)
{
	struct http_reply reply = {0};

	buf_init(&reply.body, HTTP_DOCUMENT_MAX);
	http_reply_make(
		&(struct http_asked){s->opts.site, r, s->talk.now_at, s->opts.exposed}, &reply);
	count(s->stats, reply.status, false);
	s->talk.closing = r->close || s->talk.shutdown || ++s->n_requests >= HTTP_REQUESTS_MAX;
	say(s, &reply, r->method != HTTP_HEAD, r->minor);
	buf_fini(&reply.body);
}

/* Nobody knows where the next request begins, so this is the last. */
static void answer_bad(struct http_session *s)
{
	struct http_reply reply = {0};

	buf_init(&reply.body, HTTP_DOCUMENT_MAX);
	http_reply_error(s->parser.status, s->parser.why, &reply);
	count(s->stats, reply.status, true);
	s->talk.closing = true;
	say(s, &reply, s->parser.method != HTTP_HEAD, 1);
	buf_fini(&reply.body);
}

/* RFC 9110 section 10.1.1 */
static void go_on(struct http_session *s)
{
	if (s->parser.go_on && !s->told_to_go_on) {
		buf_add(&s->talk.out, lit("HTTP/1.1 100 Continue\r\n\r\n"));
		s->told_to_go_on = true;
	}
}

/* Between two requests there is nothing to say at the end; a half one may still be answered. */
static bool at_the_end(const struct http_session *s)
{
	return s->talk.closing || s->talk.hurry || (s->talk.shutdown && s->parser.seen == 0);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct http_session *s = arg;
	struct http_request r;

	if (at_the_end(s))
		return talk_rest(&s->talk, NEED_CLOSE);
	if (talk_full(&s->talk))
		return talk_rest(&s->talk, NEED_DRAIN);
	if (in.len == 0) /* what has come of a request lies with the conn */
		return talk_rest(&s->talk, NEED_INPUT);
	switch (http_take(&s->parser, in, used, &r)) {
	case SCAN_OK:
		answer(s, &r);
		return true;
	case SCAN_BAD:
		answer_bad(s);
		return true;
	case SCAN_MORE:
		break;
	}
	go_on(s);
	return talk_rest(&s->talk, NEED_INPUT);
}

static const struct talk_steps steps = {.step = step};

/* ---- session_ops ---- */

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
	talk_fini(&s->talk);
	free(s);
}

const struct session_ops http_session_ops = {
	.name = "http",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_logged_in,
	.free = session_free,
};

struct http_session *http_session_new(const struct http_opts *o)
{
	struct http_session *s = mem_new(struct http_session);

	s->opts = *o;
	s->stats = o->stats ? o->stats : &s->own_stats;
	talk_init(&s->talk, &steps, HTTP_OUT_MAX, (struct session_ready){0});
	return s;
}
