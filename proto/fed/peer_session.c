/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers to neighbours.  One command runs at a time, so pipelined ones are answered in order. Long
 * answers (heads of many feeds, lists of records) are made piece by piece, as the output drains.
 */
#include "proto/fed/peer_session.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/peer_turn.h"
#include "proto/msg/dot.h"

enum {
	OUT_MAX = 96 * 1024 * 1024, /* an article of the largest size, and what stands before it */
	OUT_FULL = 64 * 1024,       /* of answers: more would be copied and zeroed for nothing */
	COOKIE_ROOM = 48,
};

enum peer_state {
	PEER_ST_COMMAND,
	PEER_ST_HEADS,  /* KHEADS waits, or its lines are going out */
	PEER_ST_LIST,   /* the lines of KREC list are */
	PEER_ST_RUN,    /* a read of the disk is waited for */
	PEER_ST_RECORD, /* the daemon record of one that joins is coming in */
};

struct peer_session {
	struct turn turn;
	struct peer_session_opts o;
	enum peer_state state;
	struct fed_oid oid; /* who the certificate says it is; "" : a stranger */
	bool hello;         /* KHELLO was right */
	uint64_t n_bytes;
	unsigned n_lines;
	struct fed_cmd
		cmd; /* under way; its slices are not used behind the call that parsed them */

	struct { /* KHEADS */
		uint64_t since, count, records_since;
		int64_t until_at;
		bool one_group, begun;
	} heads;

	size_t list_at; /* KREC list: records that were told */
	struct dot_out dot;
	struct dot_in in;
	struct buf block; /* a record that comes in, or an entry on its way out */
};

TURN_FIRST(struct peer_session);

static bool rest(struct peer_session *s, enum sess_need need)
{
	return talk_rest(&s->turn.talk, need);
}

static struct buf *out(struct peer_session *s)
{
	return &s->turn.talk.out;
}

static bool refuse(struct peer_session *s, enum fed_code code, const char *text)
{
	fed_answer_add(out(s), code, text);
	if (code == FED_590_PROTOCOL || code == FED_494_UNKNOWN) {
		s->o.stats->n_bad++;
		s->turn.talk.closing = true;
	}
	return true;
}

static bool is_known(const struct peer_session *s)
{
	return s->oid.s[0] != '\0';
}

/* Nobody yet: NULL, who may have our own record and no more. */
static const struct fed_oid *who(const struct peer_session *s)
{
	return is_known(s) ? &s->oid : NULL;
}

/* ---- KHELLO ---- */

static bool cmd_hello(struct peer_session *s)
{
	if (!is_known(s))
		return refuse(
			s, FED_494_UNKNOWN, "no daemon that is known here has this certificate");
	if (!fed_oid_eq(&s->cmd.oid, &s->oid))
		return refuse(s, FED_494_UNKNOWN, "the certificate is another daemon's");
	if (!fed_oid_eq(&s->cmd.expected, &s->o.self))
		return refuse(s, FED_494_UNKNOWN, "this is another daemon");
	s->hello = true;
	fed_answer_hello(out(s), &s->o.self, (uint64_t)s->turn.talk.now_at,
		fed_reg_federation_serial(s->o.reg));
	return true;
}

/* ---- KHEADS ---- */

/* "<number of this life>.<count>" */
static void add_cookie(struct peer_session *s)
{
	char text[COOKIE_ROOM];
	int n = snprintf(text, sizeof text, "%016llx.%llu",
		(unsigned long long)fed_node_cookie(s->o.node), (unsigned long long)s->heads.count);

	fed_answer_heads(out(s), slice_of(text, (size_t)n));
}

/* The count of a cookie of this life; 0: all is told. */
static uint64_t count_of(const struct peer_session *s, struct slice cookie)
{
	char life[COOKIE_ROOM];
	struct slice part;
	uint64_t count;
	int n = snprintf(
		life, sizeof life, "%016llx", (unsigned long long)fed_node_cookie(s->o.node));

	if (!slice_split(&cookie, '.', &part) || !slice_eq(part, slice_of(life, (size_t)n)) ||
		!fed_num_parse(cookie, &count) || count > fed_node_count(s->o.node))
		return 0;
	return count;
}

static bool cmd_heads(struct peer_session *s)
{
	uint64_t wait = s->cmd.wait_s < PEER_WAIT_S ? s->cmd.wait_s : PEER_WAIT_S;

	s->heads.since = s->heads.records_since = count_of(s, s->cmd.cookie);
	s->heads.one_group = s->cmd.one_group;
	s->heads.until_at = s->turn.talk.now_at + (int64_t)wait;
	s->heads.begun = false;
	s->state = PEER_ST_HEADS;
	return true;
}

static bool head_on(void *arg, const struct fed_feed *f, uint64_t low)
{
	struct peer_session *s = arg;

	fed_head_add(out(s), &f->name, low, f->high, &f->tip.e, &f->ahead, &f->stubs);
	s->heads.since = f->changed;
	return !talk_full(&s->turn.talk);
}

static void name_of_key(const struct fed_record_key *key, struct fed_rec_name *name)
{
	*name = (struct fed_rec_name){.type = key->type};
	if (key->type == FED_REC_DAEMON)
		memcpy(name->oid.s, key->s, sizeof name->oid.s);
	else
		memcpy(name->gid.s, key->s, sizeof name->gid.s);
}

static bool record_line_on(
	void *arg, const struct fed_record_key *key, uint64_t serial, const struct fed_hash *hash)
{
	struct peer_session *s = arg;
	struct fed_rec_name name;

	name_of_key(key, &name);
	fed_list_add(out(s), &name, serial, hash);
	return true;
}

static bool any_head(void *arg, const struct fed_feed *f, uint64_t low)
{
	(void)f;
	(void)low;
	*(bool *)arg = true;
	return false;
}

static bool any_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, const struct fed_hash *hash)
{
	(void)key;
	(void)serial;
	(void)hash;
	*(bool *)arg = true;
	return false;
}

static struct fed_heads_query query_of(const struct peer_session *s)
{
	return (struct fed_heads_query){.who = &s->oid,
		.since = s->heads.since,
		.gid = s->heads.one_group ? &s->cmd.feed.gid : NULL};
}

/* Is there something to tell, or is the time over? */
static bool heads_due(struct peer_session *s)
{
	struct fed_heads_query q = query_of(s);
	bool any = false;

	fed_node_heads(s->o.node, &q, any_head, &any);
	if (!any && !s->heads.one_group)
		fed_node_records(s->o.node, &q, any_record, &any);
	return any || s->turn.talk.shutdown || s->turn.talk.now_at >= s->heads.until_at;
}

static bool step_heads(struct peer_session *s)
{
	struct fed_heads_query q;

	if (!s->heads.begun) {
		if (!heads_due(s))
			return rest(s, NEED_WAKE);
		s->heads.begun = true;
		s->heads.count = fed_node_count(s->o.node);
		add_cookie(s);
	}
	q = query_of(s);
	fed_node_heads(s->o.node, &q, head_on, s);
	if (talk_full(&s->turn.talk))
		return rest(s, NEED_DRAIN);
	q.since = s->heads.records_since;
	if (!s->heads.one_group)
		fed_node_records(s->o.node, &q, record_line_on, s);
	buf_add(out(s), lit(".\r\n"));
	s->state = PEER_ST_COMMAND;
	return true;
}

/* ---- KREC ---- */

struct list_walk {
	struct peer_session *s;
	size_t at;
};

static bool list_on(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	struct list_walk *w = arg;

	if (w->at++ < w->s->list_at)
		return true;
	w->s->list_at = w->at;
	(void)serial;
	fed_node_lines(w->s->o.node, &w->s->oid, key, record_line_on, w->s);
	return !talk_full(&w->s->turn.talk);
}

static bool step_list(struct peer_session *s)
{
	fed_reg_each(s->o.reg, list_on, &(struct list_walk){s, 0});
	if (talk_full(&s->turn.talk))
		return rest(s, NEED_DRAIN);
	buf_add(out(s), lit(".\r\n"));
	s->state = PEER_ST_COMMAND;
	return true;
}

static bool key_of_name(
	const struct peer_session *s, const struct fed_rec_name *name, struct fed_record_key *key)
{
	const struct fed_federation *f = fed_reg_federation(s->o.reg);

	*key = (struct fed_record_key){.type = name->type};
	if (name->type == FED_REC_FEDERATION && !f)
		return false;
	if (name->type == FED_REC_DAEMON)
		memcpy(key->s, name->oid.s, sizeof name->oid.s);
	else if (name->type == FED_REC_FEDERATION)
		memcpy(key->s, f->fid.s, sizeof f->fid.s);
	else
		memcpy(key->s, name->gid.s, sizeof name->gid.s);
	return true;
}

static bool cmd_rec(struct peer_session *s)
{
	struct fed_record_key key;
	struct slice text = slice_of(NULL, 0);
	uint64_t serial = 0;

	if (s->cmd.list) {
		fed_answer_record(out(s), 0);
		s->list_at = 0;
		s->state = PEER_ST_LIST;
		return true;
	}
	if (key_of_name(s, &s->cmd.rec, &key))
		text = fed_node_give_record_text(
			s->o.node, who(s), &key, s->cmd.serial, &s->cmd.version, &serial);
	if (!text.p)
		return refuse(s, FED_492_NOT_YOURS, NULL);
	struct buf wire;
	buf_init(&wire, 2 * FED_RECORD_MAX);
	fed_record_add_wire(&wire, text);
	fed_answer_record(out(s), serial);
	dot_add(&s->dot, out(s), buf_slice(&wire));
	dot_end(&s->dot, out(s));
	buf_fini(&wire);
	return true;
}

/* ---- KART, KENT ---- */

static bool answer_give(
	struct peer_session *s, enum fed_give give, const char *mid, struct slice text)
{
	switch (give) {
	case FED_GIVE_ARTICLE:
		fed_answer_article(out(s), mid);
		break;
	case FED_GIVE_STUB:
		fed_answer_add(out(s), FED_293_STUB, NULL);
		break;
	case FED_GIVE_LATER:
		return refuse(s, FED_490_LATER, NULL);
	case FED_GIVE_NONE:
		return refuse(s, FED_491_NOT_HELD, NULL);
	case FED_GIVE_DENIED:
		return refuse(s, FED_492_NOT_YOURS, NULL);
	case FED_GIVE_OUTSIDE:
		return refuse(s, FED_493_OUTSIDE, NULL);
	}
	dot_add(&s->dot, out(s), text);
	dot_end(&s->dot, out(s));
	return true;
}

/* One block for all that goes out before the next drain, in place of one after the other. */
static void make_room(struct peer_session *s, size_t n)
{
	if (out(s)->cap < OUT_FULL)
		(void)!buf_room(out(s), OUT_FULL + n);
}

/* From the disk, which may ask us to come again. */
static bool cmd_read(struct peer_session *s)
{
	const struct fed_cmd *c = &s->cmd;
	char mid[MSGID_MAX + 1] = "";
	enum fed_give give = FED_GIVE_NONE;
	struct buf *text = &s->block;
	int rc;

	buf_reset(text);
	rc = c->verb == FED_KART
		     ? fed_node_give_entry(s->o.node, &s->oid, &c->feed, c->from, text, mid, &give)
		     : fed_node_give_signs(
			       s->o.node, &s->oid, &c->feed, c->from, c->to, text, &give);
	s->state = rc == KERR_WAIT ? PEER_ST_RUN : PEER_ST_COMMAND;
	if (rc == 0) {
		make_room(s, text->len);
		answer_give(s, give, mid, buf_slice(text));
	}
	return rc == KERR_WAIT ? rest(s, NEED_RETRY) : true;
}

/* ---- KJOIN ---- */

static bool cmd_join(struct peer_session *s)
{
	if (!s->o.join || s->o.join->proof(s->o.join_arg, &s->cmd.oid, &s->cmd.proof) < 0)
		return refuse(s, FED_494_UNKNOWN, "no such invitation, or it was used");
	fed_answer_add(out(s), FED_390_SEND_RECORD, NULL);
	buf_reset(&s->block);
	dot_in_begin(&s->in, &s->block, FED_RECORD_MAX, 2 * FED_RECORD_MAX);
	s->state = PEER_ST_RECORD;
	return true;
}

static bool step_record(struct peer_session *s, struct slice in, size_t *used)
{
	enum scan got = dot_in_feed(&s->in, in, used);
	struct buf text;
	int rc;

	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	s->state = PEER_ST_COMMAND;
	buf_init(&text, FED_RECORD_MAX);
	rc = got == SCAN_OK && !dot_in_why(&s->in) &&
			     fed_record_from_wire(&text, buf_slice(&s->block))
		     ? s->o.join->record(s->o.join_arg, &s->cmd.oid, buf_slice(&text))
		     : KERR_INVALID;
	buf_fini(&text);
	if (rc < 0)
		return refuse(s, FED_494_UNKNOWN, "the daemon record is not valid");
	fed_answer_add(out(s), FED_295_JOINED, NULL);
	return true;
}

/* ---- KTURN ---- */

/*
 * Who has dialled wants to be asked.  One whose certificate is not known may do so too: a daemon
 * that nobody dials and whose key has changed has no other way to show its new record.
 */
static bool cmd_turn(struct peer_session *s)
{
	struct peer_turn_wish wish = {
		.oid = s->cmd.oid, .known = is_known(s), .watch = s->cmd.watch};
	const struct session_ops *ops = NULL;
	void *session = NULL;

	if (is_known(s) && !fed_oid_eq(&s->cmd.oid, &s->oid))
		return refuse(s, FED_494_UNKNOWN, "the certificate is another daemon's");
	if (!fed_oid_eq(&s->cmd.expected, &s->o.self))
		return refuse(s, FED_494_UNKNOWN, "this is another daemon");
	if (s->o.turn)
		session = s->o.turn(s->o.turn_arg, &wish, &ops);
	if (!session)
		return refuse(s, is_known(s) ? FED_490_LATER : FED_494_UNKNOWN, NULL);
	fed_answer_add(out(s), FED_296_TURNED, NULL);
	return turn_to_take(&s->turn, ops, session);
}

/* ---- one step at a time ---- */

/* Of a command that is none of ours: what every news server says. */
static bool other_verb(struct peer_session *s, struct slice line)
{
	struct slice verb;

	if (slice_word(&line, &verb) && slice_eq_ci(verb, lit("QUIT"))) {
		buf_add(out(s), lit("205 bye\r\n"));
		s->turn.talk.closing = true;
	} else if (slice_eq_ci(verb, lit("CAPABILITIES"))) {
		buf_add(out(s), lit("101 capabilities\r\nVERSION 2\r\nXKOKOD 1\r\n.\r\n"));
	} else {
		s->o.stats->n_bad++;
		buf_add(out(s), lit("500 unknown command\r\n"));
	}
	return true;
}

static bool run(struct peer_session *s)
{
	bool own_record =
		s->cmd.verb == FED_KREC && !s->cmd.list && s->cmd.rec.type == FED_REC_DAEMON;

	if (!s->hello && !own_record && s->cmd.verb != FED_KHELLO && s->cmd.verb != FED_KJOIN &&
		s->cmd.verb != FED_KTURN)
		return refuse(s, FED_494_UNKNOWN, "say KHELLO first");
	switch (s->cmd.verb) {
	case FED_KHELLO:
		return cmd_hello(s);
	case FED_KHEADS:
		return cmd_heads(s);
	case FED_KART:
	case FED_KENT:
		return cmd_read(s);
	case FED_KREC:
		return cmd_rec(s);
	case FED_KJOIN:
		return cmd_join(s);
	case FED_KTURN:
		return cmd_turn(s);
	case FED_NO_VERB:
		break;
	}
	return true;
}

/* A stranger may say little. */
static bool over_limit(struct peer_session *s, size_t n)
{
	s->n_bytes += n;
	s->n_lines++;
	return !s->hello && (s->n_bytes > PEER_STRANGER_BYTES || s->n_lines > PEER_STRANGER_LINES);
}

static bool step_command(struct peer_session *s, struct slice in, size_t *used)
{
	const char *why = NULL;
	struct slice line;
	enum scan got;

	if (s->turn.talk.closing || s->turn.talk.shutdown)
		return rest(s, NEED_CLOSE);
	if (out(s)->len >= OUT_FULL)
		return rest(s, NEED_DRAIN);
	got = fed_line_take(in, FED_LINE_MAX + 2, &line, used);
	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	s->o.stats->n_commands++;
	if (got == SCAN_BAD)
		return refuse(s, FED_590_PROTOCOL, "line is too long, or has no CRLF");
	if (over_limit(s, *used))
		return refuse(s, FED_494_UNKNOWN, "too much without KHELLO");
	if (fed_cmd_parse(line, &s->cmd, &why))
		return run(s);
	if (s->cmd.verb == FED_NO_VERB)
		return other_verb(s, line);
	return refuse(s, FED_590_PROTOCOL, why);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct peer_session *s = arg;

	switch (s->state) {
	case PEER_ST_COMMAND:
		return step_command(s, in, used);
	case PEER_ST_HEADS:
		return step_heads(s);
	case PEER_ST_LIST:
		return step_list(s);
	case PEER_ST_RUN:
		return cmd_read(s);
	case PEER_ST_RECORD:
		return step_record(s, in, used);
	}
	return rest(s, NEED_CLOSE);
}

static void greet(void *arg)
{
	struct peer_session *s = arg;

	/* its time, so that who joins can tell a clock that is wrong before it uses its token */
	buf_addf(out(s), "200 kokod peer port %lld\r\n", (long long)s->turn.talk.now_at);
}

static void rested(void *arg)
{
	struct peer_session *s = arg;

	if (s->state == PEER_ST_COMMAND)
		talk_put_away(&s->block);
}

static const struct talk_steps steps = {.greet = greet, .step = step, .rested = rested};

/* ---- session_ops ---- */

static bool session_known(void *arg)
{
	struct peer_session *s = arg;

	return turn_done(&s->turn) ? s->turn.ops->logged_in(s->turn.session) : s->hello;
}

static void session_free(void *arg)
{
	struct peer_session *s = arg;

	if (!s)
		return;
	turn_fini(&s->turn);
	buf_fini(&s->block);
	free(s);
}

const struct session_ops peer_session_ops = {
	.name = "peer",
	.start = talk_start,
	.feed = turn_feed,
	.pump = turn_pump,
	.wake = turn_wake,
	.output = turn_output,
	.logged_in = session_known,
	.free = session_free,
};

void *peer_session_new(const struct peer_session_opts *o)
{
	struct peer_session *s = mem_new(struct peer_session);
	const struct fed_daemon *d = fed_reg_tls(o->reg, &o->spki);

	s->o = *o;
	talk_init(&s->turn.talk, &steps, OUT_MAX, o->ready);
	buf_init(&s->block, OUT_MAX);
	if (d && fed_reg_active(o->reg, &d->oid))
		s->oid = d->oid;
	else
		o->stats->n_strangers++;
	return s;
}
