/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joining.  The record that the other sends must be that of the token's oid and name the key of the
 * connection: so who has taken the address, or sits in between, gets no proof.
 */
#include "proto/fed/peer_joiner.h"

#include "proto/base/mem.h"
#include "proto/base/talk.h"
#include "proto/fed/fed_cmd.h"
#include "proto/msg/dot.h"

#define N_(text) (text) /* for xgettext: who shows a sentence looks it up */

enum { OUT_MAX = 4 * 1024 * 1024, BLOCK_MAX = 2 * FED_RECORD_MAX };

enum joiner_state {
	JO_GREETING, /* 200 */
	JO_RECORD,   /* 294 */
	JO_BLOCK,    /* the other's record is coming in */
	JO_PROOF,    /* 390 */
	JO_JOINED,   /* 295 */
	JO_END,
};

struct peer_joiner {
	struct talk talk;
	struct peer_joiner_opts o;
	enum joiner_state state;
	struct peer_joined result;
	struct buf own; /* our record, as it goes out */
	struct dot_in in;
	struct buf block, record; /* the other's, as it came and with LF */
};

TALK_FIRST(struct peer_joiner);

static const char not_there[] =
	N_("at %1 another daemon answers than the one that made the token: ask its admin for a new "
	   "token, and whether peer.address is right there");
static const char no_kokod[] = N_("what answers at %1 is no kokod, or not its peer port: ask its "
				  "admin whether peer.address is right there");
static const char not_accepted[] =
	N_("%1 does not accept the token (any more): it was used, is older than 7 days, or was "
	   "tried too often; ask its admin for a new one");
static const char other_name[] = N_(
	"%1 has invited a daemon of another name: its admin must invite exactly the name that is "
	"set here (kokoctl status), and send the new token");
static const char clocks[] =
	N_("the clocks here and at %1 are %2 seconds apart, more than 5 minutes: set the wrong one "
	   "(timedatectl), then type the same again; the token is still good");

static bool end(struct peer_joiner *s, int rc, const char *why)
{
	s->result.rc = rc;
	s->result.why = why;
	if (rc == 0)
		s->result.record = buf_slice(&s->record);
	s->state = JO_END;
	s->o.done(s->o.arg, &s->result);
	return talk_rest(&s->talk, NEED_CLOSE);
}

/* ---- the other's record ---- */

static bool has_key(const struct fed_daemon *d, const struct fed_hash *spki)
{
	for (size_t i = 0; i < d->n_tls; i++)
		if (fed_hash_eq(&d->tls[i], spki))
			return true;
	return false;
}

/* Is it that of the token's daemon, signed by its root key, and is it this connection's? */
static bool is_host(const struct peer_joiner *s)
{
	struct fed_record rec;
	struct fed_keyid root;
	struct arena ar;
	struct err err;
	bool ok = false;

	arena_init(&ar);
	if (fed_record_parse(buf_slice(&s->record), &ar, &rec, &err) == 0 &&
		rec.type == FED_REC_DAEMON && fed_oid_eq(&rec.daemon.oid, &s->o.token.oid) &&
		has_key(&rec.daemon, &s->o.spki)) {
		fed_keyid_of(&rec.daemon.root, &root);
		for (size_t i = 0; i < rec.n_sig; i++)
			ok = ok || (fed_keyid_eq(&rec.sig[i].keyid, &root) &&
					   fed_sig_holds(&rec, &rec.sig[i], &rec.daemon.root));
	}
	arena_fini(&ar);
	return ok;
}

static bool step_block(struct peer_joiner *s, struct slice in, size_t *used)
{
	enum scan got = dot_in_feed(&s->in, in, used);
	struct fed_cmd cmd = {.verb = FED_KJOIN, .oid = s->o.self};

	if (got == SCAN_MORE)
		return talk_rest(&s->talk, NEED_INPUT);
	if (got == SCAN_BAD || dot_in_why(&s->in) || s->in.too_big ||
		!fed_record_from_wire(&s->record, buf_slice(&s->block)) || !is_host(s))
		return end(s, KERR_INVALID, not_there);
	fed_join_proof(s->o.token.secret, s->o.exporter, &s->o.token.oid, &s->o.self, &cmd.proof);
	fed_cmd_add(&s->talk.out, &cmd);
	s->state = JO_PROOF;
	return true;
}

/* ---- lines ---- */

/* "200 kokod peer port", and behind it the time there where it says so. */
static bool on_greeting(struct peer_joiner *s, struct slice line)
{
	struct fed_cmd cmd = {.verb = FED_KREC};
	struct slice word = slice_of(NULL, 0), next;
	uint64_t there_at;

	if (!slice_starts(line, lit("200 kokod")))
		return end(s, KERR_INVALID, no_kokod);
	while (slice_word(&line, &next))
		word = next;
	if (fed_num_parse(word, &there_at)) {
		s->result.has_clock = true;
		s->result.clock_s = (int64_t)there_at - s->talk.now_at;
		if (s->result.clock_s > PEER_JOIN_CLOCK_S || s->result.clock_s < -PEER_JOIN_CLOCK_S)
			return end(s, KERR_CONFLICT, clocks);
	}
	cmd.rec.type = FED_REC_DAEMON;
	cmd.rec.oid = s->o.token.oid;
	fed_cmd_add(&s->talk.out, &cmd);
	s->state = JO_RECORD;
	return true;
}

static bool on_record(struct peer_joiner *s, unsigned code)
{
	if (code != FED_294_RECORD)
		return end(s, KERR_INVALID, not_there);
	buf_reset(&s->block);
	dot_in_begin(&s->in, &s->block, BLOCK_MAX, 2 * (uint64_t)BLOCK_MAX);
	s->state = JO_BLOCK;
	return true;
}

static bool on_proof(struct peer_joiner *s, unsigned code)
{
	struct dot_out dot = {0};

	if (code != FED_390_SEND_RECORD)
		return end(s, KERR_DENIED, not_accepted);
	dot_add(&dot, &s->talk.out, buf_slice(&s->own));
	dot_end(&dot, &s->talk.out);
	s->state = JO_JOINED;
	return true;
}

static bool on_joined(struct peer_joiner *s, unsigned code)
{
	if (code != FED_295_JOINED)
		return end(s, KERR_DENIED, other_name);
	fed_join_sas(s->o.exporter, &s->o.token.oid, &s->o.self, s->result.numbers);
	return end(s, 0, "");
}

static bool on_line(struct peer_joiner *s, struct slice line)
{
	struct fed_answer a = {.code = 0};
	const char *why;

	if (s->state == JO_GREETING)
		return on_greeting(s, line);
	if (!fed_answer_parse(line, &a, &why))
		return end(s, KERR_INVALID, no_kokod);
	switch (s->state) {
	case JO_RECORD:
		return on_record(s, a.code);
	case JO_PROOF:
		return on_proof(s, a.code);
	case JO_JOINED:
		return on_joined(s, a.code);
	case JO_GREETING:
	case JO_BLOCK:
	case JO_END:
		break;
	}
	return talk_rest(&s->talk, NEED_CLOSE);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct peer_joiner *s = arg;
	struct slice line;
	enum scan got;

	if (s->talk.shutdown || s->state == JO_END)
		return talk_rest(&s->talk, NEED_CLOSE);
	if (s->state == JO_BLOCK)
		return step_block(s, in, used);
	got = fed_line_take(in, FED_LINE_MAX, &line, used);
	if (got == SCAN_MORE)
		return talk_rest(&s->talk, NEED_INPUT);
	return got == SCAN_OK ? on_line(s, line) : end(s, KERR_INVALID, no_kokod);
}

static const struct talk_steps steps = {.step = step};

/* ---- session_ops ---- */

static bool session_known(void *arg)
{
	return ((struct peer_joiner *)arg)->state > JO_PROOF;
}

static void session_free(void *arg)
{
	struct peer_joiner *s = arg;

	if (!s)
		return;
	talk_fini(&s->talk);
	buf_fini(&s->own);
	buf_fini(&s->block);
	buf_fini(&s->record);
	mem_wipe(&s->o, sizeof s->o); /* the secret */
	free(s);
}

const struct session_ops peer_joiner_ops = {
	.name = "peer-joiner",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_known,
	.free = session_free,
};

void *peer_joiner_new(const struct peer_joiner_opts *o)
{
	struct peer_joiner *s = mem_new(struct peer_joiner);

	s->o = *o;
	talk_init(&s->talk, &steps, OUT_MAX, o->ready);
	buf_init(&s->own, BLOCK_MAX);
	buf_init(&s->block, BLOCK_MAX);
	buf_init(&s->record, FED_RECORD_MAX);
	fed_record_add_wire(&s->own, o->record);
	s->o.record = slice_of(NULL, 0);
	return s;
}
