/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a SEARCH: the tests of the program on one message.  The text of a message is decoded
 * and folded once, however many keys look at it.  The header is imap_search.h.
 */
#include "proto/base/date.h"
#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_search.h"
#include "proto/msg/cte.h"
#include "proto/msg/fields.h"
#include "proto/msg/mime.h"

enum {
	DAY_S = 24 * 60 * 60,
	TEST_WORK = 16,  /* bytes that any test is counted for */
	DECODE_WORK = 4, /* ... and each byte that is decoded and folded */
};

void imap_search_begin(struct imap_search_run *r, const struct imap_search *s,
	const struct imap_search_ops *ops, int64_t now_at)
{
	*r = (struct imap_search_run){.search = s, .ops = ops, .now_at = now_at};
	buf_init(&r->head, SIZE_MAX);
	buf_init(&r->body, SIZE_MAX);
	buf_init(&r->value, SIZE_MAX);
	buf_init(&r->word, SIZE_MAX);
}

void imap_search_end(struct imap_search_run *r)
{
	buf_fini(&r->head);
	buf_fini(&r->body);
	buf_fini(&r->value);
	buf_fini(&r->word);
}

static bool contains(struct imap_search_run *r, const struct buf *b, struct slice word)
{
	r->work += b->len;
	return word.len == 0 || slice_find(buf_slice(b), word) < b->len;
}

/* Append a field's value, encoded words decoded, without differences of case. */
static void add_value(struct buf *b, struct slice value)
{
	struct buf plain;

	buf_init(&plain, WORDS_MAX_OUT);
	words_decode(&plain, value);
	text_add_fold(b, buf_slice(&plain));
	buf_fini(&plain);
}

static void add_head(struct buf *b, struct slice head)
{
	struct header_field f;
	size_t at = 0;

	head = slice_head(head, MIME_MAX_HEAD);
	while (mime_field_next(head, &at, &f)) {
		text_add_fold(b, f.name);
		buf_add(b, lit(": "));
		add_value(b, f.value);
		buf_addc(b, '\n');
	}
}

/* Reports and what else is not taken apart is text, too. */
static bool is_text(const struct mime_part *p)
{
	return p->kind == MIME_LEAF &&
	       (slice_eq_ci(p->type, lit("text")) || slice_eq_ci(p->type, lit("message")));
}

/* Append what a text part says. */
static void add_part(struct buf *b, const struct mime_part *p, struct slice body)
{
	struct slice charset = mime_param_get(&p->params, lit("charset"));
	struct buf bytes, utf8;
	struct cte c;

	buf_init(&bytes, SIZE_MAX);
	buf_init(&utf8, SIZE_MAX);
	cte_init(&c, cte_kind_of(p->encoding));
	cte_push(&c, body, &bytes);
	cte_end(&c, &bytes);
	if (!charset_to_utf8(&utf8, charset.len ? charset : lit("utf-8"), buf_slice(&bytes)))
		utf8_add_clean(&utf8, buf_slice(&bytes));
	text_add_fold(b, buf_slice(&utf8));
	buf_addc(b, '\n');
	buf_fini(&utf8);
	buf_fini(&bytes);
}

/* All text parts, and the heads of messages inside. */
static void add_parts(struct imap_search_run *r, const struct mime *m)
{
	size_t left = IMAP_SEARCH_MAX_TEXT;

	for (size_t i = 0; i < m->n && left > 0; i++) {
		const struct mime_part *p = &m->v[i];
		struct slice body = slice_head(mime_body(m, p), left);

		if (p->kind == MIME_MESSAGE)
			add_head(&r->body, mime_head(m, &m->v[p->child]));
		if (!is_text(p))
			continue;
		add_part(&r->body, p, body);
		left -= body.len;
	}
}

/* Make the text of the message, if it is not there. */
static int load_text(struct imap_search_run *r, void *msg)
{
	struct slice bytes;
	struct arena ar;
	struct mime m;

	if (r->has_text)
		return 0;
	int rc = r->ops->bytes(msg, &bytes);
	if (rc < 0)
		return rc;
	arena_init(&ar);
	buf_reset(&r->head);
	buf_reset(&r->body);
	mime_parse(&m, bytes, &ar);
	add_head(&r->head, mime_head(&m, &m.v[0]));
	add_parts(r, &m);
	arena_fini(&ar);
	r->work += DECODE_WORK * slice_head(bytes, IMAP_SEARCH_MAX_TEXT).len;
	r->has_text = true;
	return 0;
}

static int match_text(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	int rc = load_text(r, msg);

	if (rc < 0)
		return rc;
	return contains(r, &r->body, t->text) ||
	       (t->key == KEY_TEXT && contains(r, &r->head, t->text));
}

/* Any of the fields of that name. */
static int match_field(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	struct slice value;
	size_t at = 0;

	for (;;) {
		size_t from = at;
		int rc = r->ops->field(msg, t->name, &at, &value);

		r->work += DECODE_WORK * (at - from);
		if (rc < 0 || !value.p)
			return rc;
		buf_reset(&r->word);
		add_value(&r->word, value);
		if (contains(r, &r->word, t->text))
			return 1;
	}
}

/* A field of the ENVELOPE to r->value: 1, 0 when it is NIL, or a KERR_* code. */
static int load_envelope(struct imap_search_run *r, enum imap_env field, void *msg)
{
	struct slice envelope;
	int rc = r->ops->envelope(msg, &envelope);

	buf_reset(&r->value);
	r->work += DECODE_WORK * envelope.len;
	return rc < 0 ? rc : imap_envelope_get(envelope, field, &r->value);
}

static int match_envelope(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	int rc = load_envelope(r, (enum imap_env)t->n, msg);

	if (rc <= 0)
		return rc;
	buf_reset(&r->word);
	add_value(&r->word, buf_slice(&r->value));
	return contains(r, &r->word, t->text);
}

/* RFC 3501 section 6.4.4: of the Date field, disregarding time and zone */
static int match_sent(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	int64_t sent, day = (int64_t)t->n;
	int rc = load_envelope(r, ENV_DATE, msg);

	if (rc <= 0 || !date_parse_day(buf_slice(&r->value), &sent))
		return rc < 0 ? rc : 0;
	if (t->key == KEY_SENTBEFORE)
		return sent < day;
	return t->key == KEY_SENTON ? sent == day : sent >= day;
}

static int match_arrival(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	int64_t at, n = (int64_t)t->n;
	int rc = r->ops->times(msg, &at);

	if (rc < 0)
		return rc;
	if (t->key == KEY_OLDER)
		return r->now_at - at >= n;
	if (t->key == KEY_YOUNGER)
		return r->now_at - at <= n;
	if (t->key == KEY_BEFORE)
		return at / DAY_S < n;
	return t->key == KEY_ON ? at / DAY_S == n : at / DAY_S >= n;
}

static int match_flag(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	unsigned flags = 0;
	bool has = false;
	int rc = t->key == KEY_FLAG ? r->ops->flags(msg, &flags)
				    : r->ops->has_keyword(msg, t->text, &has);

	if (rc < 0)
		return rc;
	return t->key == KEY_FLAG ? (flags & t->n) == t->n : has;
}

static int match_number(struct imap_search_run *r, const struct imap_test *t, void *msg)
{
	uint64_t n = 0;
	int rc = t->key == KEY_MODSEQ ? r->ops->modseq(msg, &n) : r->ops->size(msg, &n);

	if (rc < 0)
		return rc;
	if (t->key == KEY_MODSEQ)
		return n >= t->n;
	return t->key == KEY_LARGER ? n > t->n : n < t->n;
}

static int match_one(
	struct imap_search_run *r, const struct imap_test *t, void *msg, uint32_t seq, uint32_t uid)
{
	switch (t->key) {
	case KEY_AND:
	case KEY_OR:
	case KEY_NOT:
	case KEY_ALL:
		return 1;
	case KEY_FLAG:
	case KEY_KEYWORD:
		return match_flag(r, t, msg);
	case KEY_SEQ:
		return imap_seqset_has(&t->set, seq);
	case KEY_UID:
		return imap_seqset_has(&t->set, uid);
	case KEY_BEFORE:
	case KEY_ON:
	case KEY_SINCE:
	case KEY_OLDER:
	case KEY_YOUNGER:
		return match_arrival(r, t, msg);
	case KEY_SENTBEFORE:
	case KEY_SENTON:
	case KEY_SENTSINCE:
		return match_sent(r, t, msg);
	case KEY_LARGER:
	case KEY_SMALLER:
	case KEY_MODSEQ:
		return match_number(r, t, msg);
	case KEY_ENVELOPE:
		return match_envelope(r, t, msg);
	case KEY_FIELD:
		return match_field(r, t, msg);
	case KEY_BODY:
	case KEY_TEXT:
		return match_text(r, t, msg);
	}
	return KERR_INVALID;
}

int imap_search_match(struct imap_search_run *r, void *msg, uint32_t seq, uint32_t uid)
{
	const struct imap_search *s = r->search;

	if (!r->tired) {
		r->has_text = false;
		r->at = 0;
	}
	r->tired = false;
	while (r->at < s->n) {
		const struct imap_test *t = &s->v[r->at];

		if (t->key <= KEY_NOT) {
			r->at++;
			continue;
		}
		r->tired = r->work >= IMAP_SEARCH_MAX_WORK;
		if (r->tired)
			return KERR_WAIT;
		r->work += TEST_WORK;
		int rc = match_one(r, t, msg, seq, uid);
		if (rc < 0)
			return rc;
		r->at = rc ? t->yes : t->no;
	}
	return r->at == SEARCH_YES;
}
