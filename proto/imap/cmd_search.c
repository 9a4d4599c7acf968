/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SEARCH and UID SEARCH.  RFC 3501 section 6.4.4, RFC 4731 (ESEARCH), RFC 7162 section 3.1.5
 *
 * The mailbox is walked in steps.  Where a message must be read the walk stops at it, so that no
 * read happens within a read; what is found is kept as ranges of UIDs and said in steps too.
 */
#include "proto/imap/imap_search.h"

#include "proto/base/mem.h"
#include "proto/imap/imap_fmt.h"
#include "proto/imap/imap_message.h"
#include "proto/imap/imap_search_sets.h"
#include "proto/imap/imap_session.h"

enum {
	STEP_MAX = 2000, /* messages looked at in one step */
	READ_COST = 50,  /* for how many of them one counts that is read */
};

enum { PHASE_BEGIN, PHASE_ROWS, PHASE_SAY };

struct search {
	struct imap_session *s;
	struct imap_search ask;
	struct imap_search_run run;
	unsigned want;
	bool scanning; /* rows are coming: no message can be read now */
	unsigned n_seen;
	uint64_t modseq; /* the highest found */
	uint64_t n_found;
	/* the message that is judged */
	bool has_row;
	enum imap_part_need loaded;
	const struct mail_row *row;
	struct mail_row kept;
	struct buf envelope; /* of kept */
	uint32_t seq;
	uint64_t load_from;
	struct mime mime;
};

/* ---- what the program asks about a message ---- */

static int ask_flags(void *msg, unsigned *flags_out)
{
	const struct search *q = msg;

	*flags_out = (unsigned)(q->row->flags & ((1u << MAIL_SYSTEM_FLAGS) - 1));
	return 0;
}

static int ask_keyword(void *msg, struct slice keyword, bool *has_out)
{
	const struct search *q = msg;

	*has_out = false;
	for (size_t i = 0; i < q->s->n_keywords; i++)
		if (slice_eq_ci(keyword, slice_str(q->s->keywords[i])))
			*has_out = q->row->flags & 1ull << (MAIL_KEYWORD_BIT + i);
	return 0;
}

static int ask_time(void *msg, int64_t *arrived_at_out)
{
	*arrived_at_out = ((struct search *)msg)->row->date;
	return 0;
}

static int ask_size(void *msg, uint64_t *size_out)
{
	*size_out = ((struct search *)msg)->row->size;
	return 0;
}

static int ask_modseq(void *msg, uint64_t *modseq_out)
{
	*modseq_out = ((struct search *)msg)->row->modseq;
	return 0;
}

static int load(struct search *q, enum imap_part_need need)
{
	int rc;

	if (q->loaded >= need)
		return 0;
	if (q->scanning)
		return KERR_WAIT;
	q->n_seen += READ_COST;
	rc = imap_message_load(q->s, q->row, need, &q->load_from, &q->mime);
	if (rc == 0)
		q->loaded = need;
	return rc;
}

static int ask_envelope(void *msg, struct slice *envelope_out)
{
	*envelope_out = ((struct search *)msg)->row->envelope;
	return 0;
}

static int ask_field(void *msg, struct slice name, size_t *at, struct slice *value_out)
{
	struct search *q = msg;
	struct header_field f;
	int rc = load(q, MSG_HEAD);

	*value_out = slice_of(NULL, 0);
	if (rc < 0)
		return rc;
	while (mime_field_next(mime_head(&q->mime, &q->mime.v[0]), at, &f))
		if (slice_eq_ci(f.name, name)) {
			*value_out = f.value;
			break;
		}
	return 0;
}

static int ask_bytes(void *msg, struct slice *bytes_out)
{
	struct search *q = msg;
	int rc = load(q, MSG_WHOLE);

	*bytes_out = buf_slice(&q->s->block);
	return rc;
}

static const struct imap_search_ops ops = {
	.flags = ask_flags,
	.has_keyword = ask_keyword,
	.times = ask_time,
	.size = ask_size,
	.modseq = ask_modseq,
	.envelope = ask_envelope,
	.field = ask_field,
	.bytes = ask_bytes,
};

static void judge_key(struct search *q, enum imap_key key)
{
	switch (key) {
	case KEY_FLAG:
	case KEY_KEYWORD:
	case KEY_MODSEQ:
		q->want |= MAIL_WANT_FLAGS;
		return;
	case KEY_BEFORE:
	case KEY_ON:
	case KEY_SINCE:
	case KEY_LARGER:
	case KEY_SMALLER:
	case KEY_OLDER:
	case KEY_YOUNGER:
	case KEY_FIELD:
	case KEY_BODY:
	case KEY_TEXT:
		q->want |= MAIL_WANT_META;
		return;
	case KEY_SENTBEFORE:
	case KEY_SENTON:
	case KEY_SENTSINCE:
	case KEY_ENVELOPE:
		q->want |= MAIL_WANT_STRUCT;
		return;
	case KEY_AND:
	case KEY_OR:
	case KEY_NOT:
	case KEY_ALL:
	case KEY_SEQ:
	case KEY_UID:
		return;
	}
}

/* ---- the walk ---- */

static void found(struct imap_session *s, struct search *q)
{
	imap_ranges_add(&s->cur.found, q->row->num, q->row->num);
	q->n_found++;
	if (q->row->modseq > q->modseq)
		q->modseq = q->row->modseq;
}

/* 1, 0, or KERR_*.  A message that has gone meanwhile is not found. */
static int judge(struct imap_session *s, struct search *q)
{
	int rc = imap_search_match(&q->run, q, q->seq, q->row->num);

	if (rc == 1)
		found(s, q);
	return rc == KERR_NOTFOUND ? 0 : rc;
}

/* The row outlives its callback, as far as it is asked about. */
static void keep_row(struct search *q, const struct mail_row *r)
{
	buf_reset(&q->envelope);
	buf_add(&q->envelope, r->envelope);
	q->kept = *r;
	q->kept.envelope = buf_slice(&q->envelope);
	q->row = &q->kept;
	q->has_row = true;
}

/* The walk stops at a message that must be read to be judged. */
static bool on_row(void *arg, const struct mail_row *r)
{
	struct search *q = arg;
	struct imap_session *s = q->s;

	s->cur.full = ++q->n_seen > STEP_MAX;
	if (s->cur.full)
		return false;
	s->cur.at = r->num + 1;
	q->seq = imap_view_seq(&s->sel.view, r->num);
	if (q->seq == 0)
		return true;
	q->row = r;
	q->loaded = MSG_NONE;
	q->load_from = 0;
	q->scanning = true;
	if (judge(s, q) == KERR_WAIT)
		keep_row(q, r);
	q->scanning = false;
	return !q->has_row;
}

static enum cmd_step walk(struct imap_session *s, struct search *q)
{
	int rc = 0;

	q->n_seen = 0;
	q->run.work = 0;
	do {
		if (q->has_row)
			rc = judge(s, q);
		if (rc == KERR_WAIT && q->run.tired)
			return CMD_MORE;
		if (rc < 0)
			return imap_fail(s, rc);
		q->has_row = s->cur.full = false;
		if (s->cur.at < s->sel.view.next)
			rc = mail_rows(s->mail, s->sel.box, s->cur.at, s->sel.view.next - 1,
				q->want, 0, on_row, q);
		if (rc < 0)
			return imap_fail(s, rc);
	} while (q->has_row);
	return s->cur.full ? CMD_MORE : CMD_DONE;
}

/* ---- what is said ---- */

/* A message as the command names it. */
static uint32_t told(const struct imap_session *s, uint32_t num)
{
	return s->args->uid ? num : imap_view_seq(&s->sel.view, num);
}

/* RFC 3501 section 7.2.5: numbers one by one */
static enum cmd_step say_numbers(struct imap_session *s, const struct search *q)
{
	const struct mail_ranges *r = &s->cur.found;

	if (s->cur.at == 0)
		buf_add(&s->talk.out, lit("* SEARCH"));
	for (; s->cur.range < r->n; s->cur.range++) {
		uint32_t num =
			s->cur.at > r->v[s->cur.range].first ? s->cur.at : r->v[s->cur.range].first;

		for (; num <= r->v[s->cur.range].last; num++) {
			s->cur.at = num;
			if (talk_full(&s->talk))
				return CMD_MORE;
			buf_addc(&s->talk.out, ' ');
			buf_addu(&s->talk.out, told(s, num));
		}
	}
	if (q->ask.modseq && q->n_found > 0)
		buf_addf(&s->talk.out, " (MODSEQ %llu)", (unsigned long long)q->modseq);
	buf_add(&s->talk.out, lit("\r\n"));
	return imap_ok(s, "searched");
}

/* From here on cur.found names messages as the command does. */
static void name_found(struct imap_session *s)
{
	struct mail_ranges places = {0};

	if (s->args->uid)
		return;
	imap_ranges_told(s, &s->cur.found, false, &places);
	imap_ranges_fini(&s->cur.found);
	s->cur.found = places;
}

/* Up to where ALL begins. */
static void say_head(struct imap_session *s, const struct search *q)
{
	const struct mail_ranges *r = &s->cur.found;

	buf_add(&s->talk.out, lit("* ESEARCH (TAG "));
	imap_add_string(&s->talk.out, buf_slice(&s->tag), false);
	buf_addz(&s->talk.out, s->args->uid ? ") UID" : ")");
	if ((q->ask.wants & RETURN_MIN) && r->n > 0)
		buf_addf(&s->talk.out, " MIN %u", r->v[0].first);
	if ((q->ask.wants & RETURN_MAX) && r->n > 0)
		buf_addf(&s->talk.out, " MAX %u", r->v[r->n - 1].last);
	if ((q->ask.wants & RETURN_ALL) && r->n > 0)
		buf_add(&s->talk.out, lit(" ALL "));
}

/* RFC 4731 section 3.1: one line, however long, so it is said in steps */
static enum cmd_step say_extended(struct imap_session *s, const struct search *q)
{
	const struct mail_ranges *r = &s->cur.found;

	if (s->cur.at == 0) {
		name_found(s);
		say_head(s, q);
		s->cur.at = 1;
	}
	for (; (q->ask.wants & RETURN_ALL) && s->cur.range < r->n; s->cur.range++) {
		const struct mail_ranges one = {.v = r->v + s->cur.range, .n = 1};

		if (talk_full(&s->talk))
			return CMD_MORE;
		if (s->cur.range > 0)
			buf_addc(&s->talk.out, ',');
		imap_add_ranges(&s->talk.out, &one);
	}
	if (q->ask.wants & RETURN_COUNT)
		buf_addf(&s->talk.out, " COUNT %llu", (unsigned long long)q->n_found);
	if (q->ask.modseq && r->n > 0)
		buf_addf(&s->talk.out, " MODSEQ %llu", (unsigned long long)q->modseq);
	buf_add(&s->talk.out, lit("\r\n"));
	return imap_ok(s, "searched");
}

/* ---- the command ---- */

static enum cmd_step refused(struct imap_session *s, enum imap_search_result why)
{
	switch (why) {
	case SEARCH_BAD_CHARSET:
		return imap_no(s, "[BADCHARSET (US-ASCII UTF-8)] unknown charset");
	case SEARCH_TOO_MUCH:
		return imap_no(s, "[LIMIT] too many keys");
	case SEARCH_BAD:
	case SEARCH_OK:
		break;
	}
	return imap_bad(s, "expected keys to search for");
}

static void search_end(void *own)
{
	struct search *q = own;

	imap_search_end(&q->run);
	buf_fini(&q->envelope);
}

static int find_by_sets(struct imap_session *s, struct search *q)
{
	const struct mail_ranges *r = &s->cur.found;
	int rc = imap_search_sets(s, &q->ask, &s->cur.found);

	for (size_t i = 0; rc == 0 && i < r->n; i++)
		q->n_found += r->v[i].last - r->v[i].first + 1;
	return rc;
}

/* A keyword that is asked for may be one that another conversation has just made. */
static int know_keywords(struct imap_session *s, const struct imap_search *ask)
{
	for (size_t i = 0; i < ask->n; i++)
		if (ask->v[i].key == KEY_KEYWORD)
			return imap_load_keywords(s);
	return 0;
}

static enum cmd_step begin(struct imap_session *s, const struct imap_line *a)
{
	struct search *q = arena_new(&s->arena, struct search);
	const struct imap_view *v = &s->sel.view;
	struct cursor c = cursor_of(a->args);
	enum imap_search_result got = imap_read_search(&c, &s->arena, &q->ask);

	if (got != SEARCH_OK || (q->ask.wants & RETURN_SAVE))
		return refused(s, got);
	int rc = know_keywords(s, &q->ask);
	if (rc < 0)
		return imap_fail(s, rc);
	imap_search_resolve(&q->ask, v->count, v->count > 0 ? imap_view_num(v, v->count) : 0);
	for (size_t i = 0; i < q->ask.n; i++)
		judge_key(q, q->ask.v[i].key);
	if (q->ask.modseq) {
		s->enabled |= EN_CONDSTORE;
		q->want |= MAIL_WANT_FLAGS;
	}
	q->s = s;
	if (imap_search_is_sets(&q->ask))
		rc = find_by_sets(s, q);
	if (rc < 0)
		return imap_fail(s, rc);
	buf_init(&q->envelope, IMAP_STRUCTURE_MAX);
	imap_search_begin(&q->run, &q->ask, &ops, s->talk.now_at);
	s->cur.own = q;
	s->cur.own_end = search_end;
	s->cur.phase = imap_search_is_sets(&q->ask) ? PHASE_SAY : PHASE_ROWS;
	s->cur.at = s->cur.phase == PHASE_ROWS;
	return CMD_DONE;
}

enum cmd_step imap_cmd_search(struct imap_session *s, const struct imap_line *a)
{
	struct search *q;
	enum cmd_step step;

	if (s->cur.phase == PHASE_BEGIN) {
		step = begin(s, a);
		if (s->cur.phase == PHASE_BEGIN)
			return step;
	}
	q = s->cur.own;
	if (s->cur.phase == PHASE_ROWS) {
		step = walk(s, q);
		if (step != CMD_DONE || s->reply.len > 0)
			return step;
		s->cur.phase = PHASE_SAY;
		s->cur.at = 0;
	}
	return q->ask.extended ? say_extended(s, q) : say_numbers(s, q);
}
