/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FETCH and UID FETCH.  RFC 3501 section 6.4.5, RFC 7162 section 3.1.4 and 3.2.6
 *
 * What is kept beside a message is written as the rows come.  Where bytes are asked for, the walk
 * stops at each message; a whole message goes from the store to the output in pieces and is never
 * in memory at once, other sections are cut out of it.
 */
#include "proto/imap/imap_fetch.h"

#include "proto/base/mem.h"
#include "proto/imap/imap_fmt.h"
#include "proto/imap/imap_message.h"
#include "proto/imap/imap_session.h"

enum {
	PIECE = 64 * 1024,
	WORK_MAX = 4 * 1024 * 1024, /* bytes in which sections are sought in one step */
};

enum { PHASE_BEGIN, PHASE_VANISHED, PHASE_ROWS, PHASE_SEEN };

struct fetch {
	struct imap_fetch ask;
	unsigned want;
	bool bytes; /* some item needs the message */
	bool seen;  /* \Seen is to be set */
	enum imap_part_need need;
	/* the message under way, when bytes are asked for */
	bool has_row, loaded, begun;
	bool whole_row; /* all of it that was written is still in the output, from row_at on */
	size_t row_at;
	bool lost; /* it, or one before it, cannot be read */
	struct mail_row row;
	uint32_t seq;
	uint64_t load_from;
	struct mime mime;
	size_t item;
	bool in_item;
	uint64_t at, end; /* of the item's bytes */
	uint64_t work;    /* bytes of messages in which sections were sought since the last turn */
	struct slice section;
};

/* ---- what is asked ---- */

/* All the message's bytes, or a run of them. */
static bool is_whole(const struct imap_fetch_item *it)
{
	return it->kind >= FETCH_SECTION && it->section.n_path == 0 && it->section.what == MIME_ALL;
}

static void judge_item(struct fetch *f, const struct imap_fetch_item *it)
{
	switch (it->kind) {
	case FETCH_FLAGS:
		f->want |= MAIL_WANT_BARE_FLAGS;
		return;
	case FETCH_MODSEQ:
		f->want |= MAIL_WANT_FLAGS;
		return;
	case FETCH_UID:
		return;
	case FETCH_INTERNALDATE:
	case FETCH_SIZE:
		f->want |= MAIL_WANT_META;
		return;
	case FETCH_ENVELOPE:
	case FETCH_BODY:
	case FETCH_BODYSTRUCTURE:
		f->want |= MAIL_WANT_STRUCT;
		return;
	case FETCH_SECTION:
	case FETCH_RFC822:
	case FETCH_RFC822_HEADER:
	case FETCH_RFC822_TEXT:
		f->bytes = true;
		f->want |= MAIL_WANT_META;
		if (is_whole(it))
			return;
		if (it->section.n_path > 0 || it->section.what != MIME_HEADER)
			f->need = MSG_WHOLE;
		else if (f->need == MSG_NONE)
			f->need = MSG_HEAD;
		return;
	}
}

static bool read_ask(struct imap_session *s, struct cursor *c, struct fetch *f)
{
	if (!imap_read_sp(c) || !imap_read_fetch(c, &s->arena, &f->ask))
		return false;
	for (size_t i = 0; i < f->ask.n; i++)
		judge_item(f, &f->ask.v[i]);
	if (f->ask.has_since || imap_fetch_has(&f->ask, FETCH_MODSEQ))
		s->enabled |= EN_CONDSTORE;
	f->seen = imap_fetch_marks_seen(&f->ask) && !s->sel.read_only &&
		  (s->sel.rights & MAIL_SEEN_RIGHT);
	if (f->seen || f->ask.has_since)
		f->want |= MAIL_WANT_FLAGS;
	return !f->ask.vanished || (s->args->uid && (s->enabled & EN_QRESYNC));
}

/* ---- items that stand in the row ---- */

static void add_kept(
	struct imap_session *s, const struct imap_fetch_item *it, const struct mail_row *r)
{
	struct buf *b = &s->talk.out;

	imap_fetch_add_label(b, it);
	buf_addc(b, ' ');
	switch (it->kind) {
	case FETCH_FLAGS:
		imap_say_flag_list(s, b, r->flags);
		return;
	case FETCH_UID:
		buf_addu(b, r->num);
		return;
	case FETCH_INTERNALDATE:
		imap_add_date(b, r->date);
		return;
	case FETCH_SIZE:
		buf_addu(b, r->size);
		return;
	case FETCH_ENVELOPE:
		buf_add(b, r->envelope);
		return;
	case FETCH_BODY:
		buf_add(b, r->body);
		return;
	case FETCH_BODYSTRUCTURE:
		buf_add(b, r->structure);
		return;
	case FETCH_MODSEQ:
		buf_addf(b, "(%llu)", (unsigned long long)r->modseq);
		return;
	case FETCH_SECTION:
	case FETCH_RFC822:
	case FETCH_RFC822_HEADER:
	case FETCH_RFC822_TEXT:
		return;
	}
}

static void begin_row(struct imap_session *s, const struct fetch *f, uint32_t seq, uint32_t num)
{
	buf_add(&s->talk.out, lit("* "));
	buf_addu(&s->talk.out, seq);
	buf_add(&s->talk.out, lit(" FETCH ("));
	if (!s->args->uid || imap_fetch_has(&f->ask, FETCH_UID))
		return;
	buf_add(&s->talk.out, lit("UID "));
	buf_addu(&s->talk.out, num);
	buf_addc(&s->talk.out, ' ');
}

static void end_row(struct imap_session *s, const struct fetch *f, const struct mail_row *r)
{
	if (f->ask.has_since && !imap_fetch_has(&f->ask, FETCH_MODSEQ))
		buf_addf(&s->talk.out, " MODSEQ (%llu)", (unsigned long long)r->modseq);
	buf_add(&s->talk.out, lit(")\r\n"));
	s->stats->n_fetched++;
	if (f->seen && !(r->flags & MAIL_SEEN))
		imap_ranges_add(&s->cur.found, r->num, r->num);
}

/* ---- items that are bytes ---- */

/* The row outlives its callback: what it borrowed is copied. */
static void keep_row(
	struct imap_session *s, struct fetch *f, const struct mail_row *r, uint32_t seq)
{
	struct slice all;

	buf_reset(&s->scratch);
	buf_add(&s->scratch, r->envelope);
	buf_add(&s->scratch, r->structure);
	buf_add(&s->scratch, r->body);
	all = buf_slice(&s->scratch);
	f->row = *r;
	f->row.envelope = slice_head(all, r->envelope.len);
	f->row.structure = slice_head(slice_from(all, r->envelope.len), r->structure.len);
	f->row.body = slice_from(all, r->envelope.len + r->structure.len);
	f->row.fields = lit("");
	f->seq = seq;
	f->has_row = true;
	f->loaded = f->need == MSG_NONE;
	f->begun = f->in_item = false;
	f->load_from = 0;
	f->item = 0;
}

/* The label, and how many bytes follow; false: NIL. */
static bool begin_bytes(struct imap_session *s, struct fetch *f, const struct imap_fetch_item *it)
{
	uint64_t size = f->row.size;

	imap_fetch_add_label(&s->talk.out, it);
	f->at = 0;
	if (is_whole(it)) {
		f->at = it->partial && it->from < size ? it->from : it->partial ? size : 0;
		f->end = it->partial && it->count < size - f->at ? f->at + it->count : size;
	} else {
		if (!imap_fetch_section(&f->mime, it, &s->text_tmp, &f->section)) {
			buf_add(&s->talk.out, lit(" NIL"));
			return false;
		}
		f->end = f->section.len;
	}
	buf_addf(&s->talk.out, " {%llu}\r\n", (unsigned long long)(f->end - f->at));
	return true;
}

/*
 * A message that cannot be read.  What was written of it is taken back, so that others are shown;
 * when some of it has gone out already, all is lost.
 */
static enum cmd_step give_up(struct imap_session *s, struct fetch *f)
{
	if (!f->whole_row)
		return CMD_CLOSE;
	buf_cut(&s->talk.out, f->row_at);
	f->has_row = false;
	f->lost = true;
	return CMD_DONE;
}

/* Bytes as far as the output has room.  A message cannot end early. */
static enum cmd_step add_bytes(
	struct imap_session *s, struct fetch *f, const struct imap_fetch_item *it)
{
	while (f->at < f->end) {
		size_t n = f->end - f->at < PIECE ? (size_t)(f->end - f->at) : PIECE;
		size_t before = s->talk.out.len;

		if (talk_full(&s->talk))
			return CMD_MORE;
		if (!is_whole(it)) {
			buf_add(&s->talk.out, slice_head(slice_from(f->section, (size_t)f->at), n));
		} else {
			int rc = mail_read(s->mail, s->sel.box, &f->row, f->at, n, &s->talk.out);

			if (rc == KERR_WAIT)
				return CMD_WAIT;
			if (rc < 0 || s->talk.out.len == before || s->talk.out.len - before > n)
				return give_up(s, f);
		}
		f->at += s->talk.out.len - before;
	}
	return CMD_DONE;
}

static enum cmd_step add_item(
	struct imap_session *s, struct fetch *f, const struct imap_fetch_item *it)
{
	enum cmd_step step;

	if (!f->in_item && f->item > 0)
		buf_addc(&s->talk.out, ' ');
	if (it->kind < FETCH_SECTION) {
		add_kept(s, it, &f->row);
		return CMD_DONE;
	}
	if (!f->in_item && !begin_bytes(s, f, it))
		return CMD_DONE;
	f->in_item = true;
	step = add_bytes(s, f, it);
	if (step == CMD_DONE)
		f->in_item = false;
	return step;
}

/* Sections of large messages are sought in all their bytes: others get their turn in between. */
static bool is_tiring(struct fetch *f, const struct imap_fetch_item *it)
{
	if (it->kind != FETCH_SECTION || is_whole(it))
		return false;
	f->work += f->row.size;
	if (f->work < WORK_MAX)
		return false;
	f->work = 0;
	return true;
}

/* A message with bytes; CMD_DONE also when it went away meanwhile. */
static enum cmd_step add_row(struct imap_session *s, struct fetch *f)
{
	enum cmd_step step;

	if (!f->loaded) {
		int rc = imap_message_load(s, &f->row, f->need, &f->load_from, &f->mime);

		if (rc == KERR_WAIT)
			return CMD_WAIT;
		if (rc < 0) {
			f->lost = f->lost || rc == KERR_DAMAGED;
			return CMD_DONE;
		}
		f->loaded = true;
	}
	if (!f->begun) {
		f->whole_row = true;
		f->row_at = s->talk.out.len;
		begin_row(s, f, f->seq, f->row.num);
	}
	f->begun = true;
	while (f->item < f->ask.n) {
		const struct imap_fetch_item *it = &f->ask.v[f->item];

		step = add_item(s, f, it);
		if (step != CMD_DONE || !f->has_row)
			return step;
		f->item++;
		if (is_tiring(f, it))
			return CMD_MORE;
	}
	end_row(s, f, &f->row);
	return CMD_DONE;
}

/* ---- the walk ---- */

static bool on_row(void *arg, const struct mail_row *r)
{
	struct imap_session *s = arg;
	struct fetch *f = s->cur.own;
	uint32_t seq = imap_view_seq(&s->sel.view, r->num);

	s->cur.full = talk_full(&s->talk);
	if (s->cur.full)
		return false;
	s->cur.at = r->num + 1;
	if (seq == 0)
		return true;
	if (f->bytes) {
		keep_row(s, f, r, seq);
		return false;
	}
	begin_row(s, f, seq, r->num);
	for (size_t i = 0; i < f->ask.n; i++) {
		if (i > 0)
			buf_addc(&s->talk.out, ' ');
		add_kept(s, &f->ask.v[i], r);
	}
	end_row(s, f, r);
	return true;
}

static enum cmd_step walk(struct imap_session *s, struct fetch *f)
{
	const struct mail_ranges *set = &s->cur.set;

	f->whole_row = false;
	while (f->has_row || s->cur.range < set->n) {
		if (f->has_row) {
			enum cmd_step step = add_row(s, f);

			if (step != CMD_DONE)
				return step;
			f->has_row = false;
		}
		if (talk_full(&s->talk))
			return CMD_MORE;
		if (s->cur.range == set->n)
			break;
		const struct mail_range *r = &set->v[s->cur.range];
		uint32_t from = s->cur.at > r->first ? s->cur.at : r->first;
		int rc = 0;

		s->cur.full = false;
		if (from <= r->last)
			rc = mail_rows(s->mail, s->sel.box, from, r->last, f->want, f->ask.since,
				on_row, s);
		if (rc < 0)
			return imap_fail(s, rc);
		if (!f->has_row && !s->cur.full)
			s->cur.range++;
	}
	imap_message_drop(s);
	return CMD_DONE;
}

/* RFC 7162 section 3.2.6: what of the set has gone since then */
static int load_vanished(struct imap_session *s, const struct fetch *f)
{
	const struct imap_view *v = &s->sel.view;
	uint32_t top = v->count > 0 ? imap_view_num(v, v->count) : 0;
	struct mail_ranges *set = &s->cur.set, both = {0};
	int rc = imap_load_earlier(s, f->ask.since);

	/* "1:*" ends with the last message; what stood behind it and has gone is meant too */
	if (top + 1 < v->next && (top == 0 || (set->n > 0 && set->v[set->n - 1].last == top)))
		imap_ranges_add(set, top + 1, v->next - 1);
	imap_ranges_intersect(&both, &s->cur.found, &s->cur.set);
	imap_ranges_fini(&s->cur.found);
	s->cur.found = both;
	return rc;
}

static enum cmd_step say_vanished(struct imap_session *s)
{
	if (!imap_say_earlier(s))
		return CMD_MORE;
	s->cur.found.n = 0;
	s->cur.range = 0;
	s->cur.phase = PHASE_ROWS;
	return CMD_DONE;
}

static enum cmd_step begin(struct imap_session *s, const struct imap_line *a)
{
	struct fetch *f = arena_new(&s->arena, struct fetch);
	struct cursor c = cursor_of(a->args);
	int rc = 0;

	if (!imap_read_set(s, &c))
		return CMD_DONE;
	if (!read_ask(s, &c, f))
		return imap_bad(s, "these items cannot be fetched");
	s->cur.own = f;
	if (f->ask.vanished)
		rc = load_vanished(s, f);
	if (rc < 0)
		return imap_fail(s, rc);
	s->cur.phase = PHASE_VANISHED;
	return CMD_MORE;
}

/* RFC 5530 section 3 */
static enum cmd_step say_done(struct imap_session *s, const struct fetch *f)
{
	return f->lost ? imap_no(s, "[UNAVAILABLE] some messages cannot be read now")
		       : imap_ok(s, "fetched");
}

/* What was read is seen now; the updates tell it. */
static enum cmd_step mark_seen(struct imap_session *s)
{
	int rc;

	if (s->cur.found.n == 0)
		return say_done(s, s->cur.own);
	rc = mail_flags(s->mail, s->sel.box, &s->cur.found, FLAGS_ADD, MAIL_SEEN, 0, imap_on_done,
		s, &s->ticket);
	return imap_wait(s, rc, PHASE_SEEN);
}

enum cmd_step imap_cmd_fetch(struct imap_session *s, const struct imap_line *a)
{
	enum cmd_step step;

	if (s->cur.phase == PHASE_SEEN)
		return say_done(s, s->cur.own);
	if (s->cur.phase == PHASE_BEGIN) {
		step = begin(s, a);
		if (s->cur.phase == PHASE_BEGIN)
			return step;
	}
	if (s->cur.phase == PHASE_VANISHED) {
		step = say_vanished(s);
		if (step != CMD_DONE)
			return step;
	}
	step = walk(s, s->cur.own);
	if (step != CMD_DONE || s->reply.len > 0)
		return step;
	return mark_seen(s);
}
