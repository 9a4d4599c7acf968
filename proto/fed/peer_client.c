/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking a neighbour.  Answers come in the order of the requests, so a queue of requests is all the
 * state there is.  A WAKE_NEWS says that the node has something to ask (fed_outside.work).
 */
#include "proto/fed/peer_client.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/base/talk.h"
#include "proto/fed/fed_cmd.h"
#include "proto/msg/dot.h"

enum {
	OUT_MAX = 1024 * 1024,
	LINE_MAX_BYTES = FED_HEAD_LINE_MAX + 2,
	NO_PEER = FED_PULL_PEERS,
};

enum client_state {
	CL_GREETING, /* 200 */
	CL_HELLO,    /* 290 */
	CL_LIST,     /* watch: 294 of KREC list */
	CL_HEADS,    /* watch: 291 */
	CL_ASK,      /* fetch: answers to the queue */
};

struct peer_client {
	struct talk talk;
	struct peer_client_opts o;
	enum client_state state;
	bool in_block;
	unsigned code;    /* of the answer under way */
	struct vec queue; /* struct fed_request, asked and not given to the node */
	size_t first;     /* of it that is not; the first ahead.n of these have been answered */
	struct peer_ahead ahead;
	size_t expected; /* bytes of an article, by those that came */
	char cookie[FED_COOKIE_MAX + 1];
	struct dot_in in;
	struct buf block;
};

TALK_FIRST(struct peer_client);

static bool rest(struct peer_client *c, enum sess_need need)
{
	return talk_rest(&c->talk, need);
}

static bool fault(struct peer_client *c, const char *why)
{
	c->o.fault(c->o.arg, why);
	return rest(c, NEED_CLOSE);
}

static void say(struct peer_client *c, const struct fed_cmd *cmd)
{
	fed_cmd_add(&c->talk.out, cmd);
}

/* ---- asking ---- */

static size_t n_asked(const struct peer_client *c)
{
	return c->queue.n - c->first;
}

/* Whose answer comes in next. */
static struct fed_request *awaited(struct peer_client *c)
{
	return vec_at(&c->queue, c->first + c->ahead.n);
}

static void name_of(const struct fed_record_key *key, struct fed_rec_name *name)
{
	*name = (struct fed_rec_name){.type = key->type};
	if (key->type == FED_REC_DAEMON)
		memcpy(name->oid.s, key->s, sizeof name->oid.s);
	else if (key->type == FED_REC_GROUP)
		memcpy(name->gid.s, key->s, sizeof name->gid.s);
}

static void key_of(const struct fed_rec_name *name, struct fed_record_key *key)
{
	*key = (struct fed_record_key){.type = name->type};
	if (name->type == FED_REC_DAEMON)
		memcpy(key->s, name->oid.s, sizeof name->oid.s);
	else
		memcpy(key->s, name->gid.s, sizeof name->gid.s);
}

static void ask(struct peer_client *c, const struct fed_request *req)
{
	struct fed_cmd cmd = {.verb = FED_KART};

	switch (req->kind) {
	case FED_REQ_RECORD:
		cmd.verb = FED_KREC;
		cmd.serial = req->serial;
		cmd.version = req->version;
		name_of(&req->key, &cmd.rec);
		break;
	case FED_REQ_HEADS:
		cmd.verb = FED_KHEADS;
		cmd.one_group = true;
		cmd.feed.gid = req->name.gid;
		break;
	case FED_REQ_ENTRY:
		cmd.feed = req->name;
		cmd.from = cmd.to = req->n;
		break;
	case FED_REQ_SIGNS:
		cmd.verb = FED_KENT;
		cmd.feed = req->name;
		cmd.from = req->n;
		cmd.to = req->upto;
		break;
	}
	if (req->as.n > 0)
		cmd.feed.epoch = req->as;
	say(c, &cmd);
	*(struct fed_request *)vec_push(&c->queue) = *req;
}

/* Several at a time, for each small record of TLS costs both sides as much as a large one. */
static void ask_more(struct peer_client *c)
{
	struct fed_request req;

	if (c->o.peer == NO_PEER || c->talk.shutdown || n_asked(c) > PEER_PIPELINE - PEER_ASK_AT)
		return;
	while (n_asked(c) < PEER_PIPELINE && n_asked(c) * c->expected < PEER_PIPELINE_BYTES &&
		fed_node_next(c->o.node, c->o.peer, &req))
		ask(c, &req);
}

static void answered(struct peer_client *c)
{
	if (++c->first == c->queue.n) {
		vec_reset(&c->queue);
		c->first = 0;
	}
}

static void watch_on(struct peer_client *c)
{
	/* what there is at once, be it nothing; then what is new */
	say(c, &(struct fed_cmd){.verb = FED_KHEADS,
		       .cookie = slice_str(c->cookie),
		       .wait_s = c->cookie[0] ? c->o.wait_s : 0});
	c->state = CL_HEADS;
}

/* The end of a list: of records first, then of heads. */
static void told_list(struct peer_client *c)
{
	if (c->state == CL_HEADS)
		fed_node_told_all(c->o.node, c->o.peer);
	watch_on(c);
}

/* ---- lines of a block ---- */

/* Three or four words are a record; of a type that a later version knows it is passed over. */
static bool told_record(struct peer_client *c, struct slice line)
{
	struct fed_record_key key;
	struct fed_rec_name name;
	struct fed_hash hash;
	uint64_t serial;
	struct slice word;
	unsigned n = 0;

	if (!fed_list_parse(line, &name, &serial, &hash)) {
		while (slice_word(&line, &word))
			n++;
		return n == 3 || n == 4;
	}
	key_of(&name, &key);
	fed_node_told_record(c->o.node, c->o.peer, &key, serial, &hash);
	return true;
}

static void add_ranges(struct slice text, struct fed_spans *out)
{
	struct fed_span s;

	while (fed_range_next(&text, &s))
		fed_spans_add(out, s.from, s.to);
}

/* False: it is no head line. */
static bool told_head(struct peer_client *c, struct slice line)
{
	struct fed_holding h = {.low = 1};
	struct fed_head head;
	const char *why;

	if (!fed_head_parse(line, &head, &why))
		return false;
	h.low = head.low;
	h.high = head.high;
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	add_ranges(head.ahead, &h.ahead);
	add_ranges(head.stubs, &h.stubs);
	fed_node_told_head(c->o.node, c->o.peer, &head.name, &h, &head.e);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
	return true;
}

/* Heads and record lines come as lines, so that a long list needs no memory. */
static bool step_lines(struct peer_client *c, struct slice in, size_t *used)
{
	struct slice line;
	enum scan got = fed_line_take(in, LINE_MAX_BYTES, &line, used);

	if (got == SCAN_MORE)
		return rest(c, NEED_INPUT);
	if (got == SCAN_BAD)
		return fault(c, "a head line is too long, or has no CRLF");
	if (slice_eq(line, lit("."))) {
		c->in_block = false;
		if (c->state == CL_ASK) {
			fed_node_told_group(c->o.node, c->o.peer);
			peer_ahead_push_take(&c->ahead, c->code, &c->block, false, false);
		} else {
			told_list(c);
		}
		return true;
	}
	if ((c->code == FED_291_HEADS && told_head(c, line)) || told_record(c, line))
		return true;
	return fault(c, "a line that says nothing of a feed or a record");
}

/* ---- blocks ---- */

static int give_record(
	struct peer_client *c, const struct fed_request *req, const struct ahead_item *i)
{
	struct buf text;
	int rc = 0;

	buf_init(&text, FED_RECORD_MAX);
	if (fed_record_from_wire(&text, buf_slice(&i->block)))
		rc = fed_node_got(c->o.node, c->o.peer, req, buf_slice(&text));
	else
		fed_node_got_none(c->o.node, c->o.peer, req, true);
	buf_fini(&text);
	return rc;
}

/* 0, KERR_WAIT */
static int give(struct peer_client *c, const struct fed_request *req, const struct ahead_item *i)
{
	int rc;

	if (req->kind == FED_REQ_HEADS && fed_answer_block(i->code))
		return 0; /* its lines were told as they came */
	if (i->broken || !fed_answer_block(i->code)) {
		fed_node_got_none(c->o.node, c->o.peer, req,
			i->broken ? req->kind == FED_REQ_RECORD : i->code == FED_490_LATER);
		return 0;
	}
	if (req->kind == FED_REQ_RECORD)
		return give_record(c, req, i);
	if (i->code == FED_293_STUB && req->kind == FED_REQ_ENTRY)
		return fed_node_got_stub(c->o.node, c->o.peer, req, buf_slice(&i->block));
	fed_node_vouch(c->o.node, i->vouched ? &i->vouch : NULL);
	rc = fed_node_got(c->o.node, c->o.peer, req, buf_slice(&i->block));
	fed_node_vouch(c->o.node, NULL);
	return rc;
}

/* What has come and may be given is given.  False: the node asks to come again. */
static bool give_all(struct peer_client *c)
{
	struct ahead_item *i;

	while ((i = peer_ahead_first(&c->ahead))) {
		const struct fed_request req = *(struct fed_request *)vec_at(&c->queue, c->first);

		if (give(c, &req, i) == KERR_WAIT)
			return false;
		peer_ahead_pop(&c->ahead);
		answered(c);
	}
	return true;
}

static bool step_block(struct peer_client *c, struct slice in, size_t *used)
{
	enum scan got;
	bool entry, broken;

	if (c->state != CL_ASK || awaited(c)->kind == FED_REQ_HEADS)
		return step_lines(c, in, used);
	got = dot_in_feed(&c->in, in, used);
	if (got == SCAN_MORE)
		return rest(c, NEED_INPUT);
	if (got == SCAN_BAD)
		return fault(c, "an answer without end");
	entry = awaited(c)->kind == FED_REQ_ENTRY && c->code == FED_292_ARTICLE;
	broken = dot_in_why(&c->in) || c->in.too_big;
	if (entry)
		c->expected = (c->expected * 7 + c->block.len) / 8 + 1;
	c->in_block = false;
	peer_ahead_push_take(&c->ahead, c->code, &c->block, broken, entry);
	return true;
}

static void begin_block(struct peer_client *c)
{
	c->in_block = true;
	buf_reset(&c->block);
	dot_in_begin(&c->in, &c->block, PEER_BLOCK_MAX, 2 * (uint64_t)PEER_BLOCK_MAX);
}

/* ---- answer lines ---- */

static bool on_hello(struct peer_client *c, const struct fed_answer *a)
{
	struct peer_hello h;

	if (a->code != FED_290_HELLO)
		return fault(c, "it does not know us: its admin must link us (kokoctl peer)");
	if (!fed_oid_eq(&a->oid, &c->o.other))
		return fault(c, "another daemon answers there");
	h.clock_s = (int64_t)a->clock_at - c->talk.now_at;
	h.serial = a->serial;
	c->state = c->o.kind == PEER_FETCH ? CL_ASK : CL_LIST;
	if (c->o.kind == PEER_WATCH)
		say(c, &(struct fed_cmd){.verb = FED_KREC, .list = true});
	c->o.up(c->o.arg, &h);
	return true;
}

static bool on_watch(struct peer_client *c, const struct fed_answer *a)
{
	unsigned want = c->state == CL_LIST ? FED_294_RECORD : FED_291_HEADS;

	if (a->code != want)
		return fault(c, "it does not tell what it has");
	if (c->state == CL_HEADS && !slice_cstr(a->cookie, c->cookie, sizeof c->cookie))
		return fault(c, "its cookie is too long");
	begin_block(c);
	return true;
}

static bool on_answer(struct peer_client *c, const struct fed_answer *a)
{
	if (n_asked(c) == c->ahead.n)
		return fault(c, "an answer to nothing");
	if (fed_answer_block(a->code)) {
		begin_block(c);
		return true;
	}
	if (a->code < FED_490_LATER || a->code > FED_493_OUTSIDE)
		return fault(c, "it ends the conversation");
	peer_ahead_push_take(&c->ahead, a->code, &c->block, false, false);
	return true;
}

static bool on_line(struct peer_client *c, struct slice line)
{
	struct fed_answer a;
	const char *why = NULL;

	if (c->state == CL_GREETING) {
		if (!slice_starts(line, lit("200")))
			return fault(c, "no kokod answers there");
		say(c, &(struct fed_cmd){.verb = FED_KHELLO,
			       .oid = c->o.self,
			       .expected = c->o.other,
			       .clock_at = (uint64_t)c->talk.now_at,
			       .serial = fed_reg_federation_serial(c->o.reg)});
		c->state = CL_HELLO;
		return true;
	}
	if (!fed_answer_parse(line, &a, &why))
		return fault(c, "an answer that is none");
	c->code = a.code;
	switch (c->state) {
	case CL_HELLO:
		return on_hello(c, &a);
	case CL_LIST:
	case CL_HEADS:
		return on_watch(c, &a);
	case CL_ASK:
		return on_answer(c, &a);
	case CL_GREETING:
		break;
	}
	return rest(c, NEED_CLOSE);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct peer_client *c = arg;
	struct slice line;
	enum scan got;

	if (c->talk.shutdown)
		return rest(c, NEED_CLOSE);
	if (!give_all(c))
		return rest(c, NEED_RETRY);
	if (c->in_block)
		return step_block(c, in, used);
	if (c->state == CL_ASK)
		ask_more(c);
	got = fed_line_take(in, FED_LINE_MAX, &line, used);
	if (got == SCAN_MORE)
		return rest(c, NEED_INPUT);
	if (got == SCAN_BAD)
		return fault(c, "an answer line is too long, or has no CRLF");
	return on_line(c, line);
}

static void rested(void *arg)
{
	peer_ahead_rest(&((struct peer_client *)arg)->ahead);
}

static void on_looked(void *arg)
{
	talk_ready(&((struct peer_client *)arg)->talk);
}

static const struct talk_steps steps = {.step = step, .rested = rested};

/* ---- session_ops ---- */

static bool session_known(void *arg)
{
	return ((struct peer_client *)arg)->state > CL_HELLO;
}

static void session_free(void *arg)
{
	struct peer_client *c = arg;

	if (!c)
		return;
	talk_fini(&c->talk);
	peer_ahead_fini(&c->ahead);
	vec_fini(&c->queue);
	buf_fini(&c->block);
	free(c);
}

const struct session_ops peer_client_ops = {
	.name = "peer-client",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_known,
	.free = session_free,
};

void *peer_client_new(const struct peer_client_opts *o)
{
	struct peer_client *c = mem_new(struct peer_client);

	c->o = *o;
	if (o->kind == PEER_FETCH)
		c->o.peer = NO_PEER;
	talk_init(&c->talk, &steps, OUT_MAX, o->ready);
	vec_init(&c->queue, sizeof(struct fed_request));
	peer_ahead_init(&c->ahead);
	c->ahead.reg = o->reg;
	c->ahead.verify = o->verify;
	c->ahead.arg = o->verify_arg;
	c->ahead.ready = on_looked;
	c->ahead.ready_arg = c;
	buf_init(&c->block, PEER_BLOCK_MAX);
	return c;
}

void peer_client_set_peer(void *session, unsigned peer)
{
	((struct peer_client *)session)->o.peer = peer;
}
