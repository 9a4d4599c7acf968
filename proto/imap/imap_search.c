/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a SEARCH into a program.  Keys are stored in the order they stand there, each knowing
 * where its last key ends; a stack of those that want more keys replaces recursion.  At the end
 * every key is told where to go on for yes and for no.
 */
#include "proto/imap/imap_search.h"

#include "proto/base/date.h"
#include "proto/base/text.h"
#include "proto/imap/imap_args.h"
#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_fmt.h"
#include "proto/msg/fields.h"

enum shape {
	SHAPE_NONE,
	SHAPE_KEYWORD,
	SHAPE_SET,
	SHAPE_DATE,
	SHAPE_NUMBER,
	SHAPE_MODSEQ,
	SHAPE_HEADER,
	SHAPE_TEXT,
	SHAPE_KEYS,
};

static const struct row {
	const char *name;
	enum imap_key key;
	enum shape shape;
	unsigned n;   /* a flag, a field of the ENVELOPE, or how many keys it wants */
	bool negated; /* the test is turned round */
} rows[] = {
	{"ALL",        KEY_ALL,        SHAPE_NONE,    0,             false},
	{"ANSWERED",   KEY_FLAG,       SHAPE_NONE,    IMAP_ANSWERED, false},
	{"BCC",        KEY_ENVELOPE,   SHAPE_TEXT,    ENV_BCC,       false},
	{"BEFORE",     KEY_BEFORE,     SHAPE_DATE,    0,             false},
	{"BODY",       KEY_BODY,       SHAPE_TEXT,    0,             false},
	{"CC",         KEY_ENVELOPE,   SHAPE_TEXT,    ENV_CC,        false},
	{"DELETED",    KEY_FLAG,       SHAPE_NONE,    IMAP_DELETED,  false},
	{"DRAFT",      KEY_FLAG,       SHAPE_NONE,    IMAP_DRAFT,    false},
	{"FLAGGED",    KEY_FLAG,       SHAPE_NONE,    IMAP_FLAGGED,  false},
	{"FROM",       KEY_ENVELOPE,   SHAPE_TEXT,    ENV_FROM,      false},
	{"HEADER",     KEY_FIELD,      SHAPE_HEADER,  0,             false},
	{"KEYWORD",    KEY_KEYWORD,    SHAPE_KEYWORD, 0,             false},
	{"LARGER",     KEY_LARGER,     SHAPE_NUMBER,  0,             false},
	{"MODSEQ",     KEY_MODSEQ,     SHAPE_MODSEQ,  0,             false},
	{"NEW",        KEY_FLAG,       SHAPE_NONE,    IMAP_RECENT,   false}, /* and UNSEEN */
	{"NOT",        KEY_NOT,        SHAPE_KEYS,    1,             false},
	{"OLD",        KEY_FLAG,       SHAPE_NONE,    IMAP_RECENT,   true },
	{"OLDER",      KEY_OLDER,      SHAPE_NUMBER,  0,             false},
	{"ON",         KEY_ON,         SHAPE_DATE,    0,             false},
	{"OR",         KEY_OR,         SHAPE_KEYS,    2,             false},
	{"RECENT",     KEY_FLAG,       SHAPE_NONE,    IMAP_RECENT,   false},
	{"SEEN",       KEY_FLAG,       SHAPE_NONE,    IMAP_SEEN,     false},
	{"SENTBEFORE", KEY_SENTBEFORE, SHAPE_DATE,    0,             false},
	{"SENTON",     KEY_SENTON,     SHAPE_DATE,    0,             false},
	{"SENTSINCE",  KEY_SENTSINCE,  SHAPE_DATE,    0,             false},
	{"SINCE",      KEY_SINCE,      SHAPE_DATE,    0,             false},
	{"SMALLER",    KEY_SMALLER,    SHAPE_NUMBER,  0,             false},
	{"SUBJECT",    KEY_ENVELOPE,   SHAPE_TEXT,    ENV_SUBJECT,   false},
	{"TEXT",       KEY_TEXT,       SHAPE_TEXT,    0,             false},
	{"TO",         KEY_ENVELOPE,   SHAPE_TEXT,    ENV_TO,        false},
	{"UID",        KEY_UID,        SHAPE_SET,     0,             false},
	{"UNANSWERED", KEY_FLAG,       SHAPE_NONE,    IMAP_ANSWERED, true },
	{"UNDELETED",  KEY_FLAG,       SHAPE_NONE,    IMAP_DELETED,  true },
	{"UNDRAFT",    KEY_FLAG,       SHAPE_NONE,    IMAP_DRAFT,    true },
	{"UNFLAGGED",  KEY_FLAG,       SHAPE_NONE,    IMAP_FLAGGED,  true },
	{"UNKEYWORD",  KEY_KEYWORD,    SHAPE_KEYWORD, 0,             true },
	{"UNSEEN",     KEY_FLAG,       SHAPE_NONE,    IMAP_SEEN,     true },
	{"YOUNGER",    KEY_YOUNGER,    SHAPE_NUMBER,  0,             false},
};

/* A key that wants more keys; TILL_CLOSED: as many as come before its parenthesis closes. */
struct open_key {
	size_t at;
	unsigned wants;
};

#define TILL_CLOSED UINT32_MAX

struct reader {
	struct cursor *c;
	struct arena *ar;
	struct imap_search *s;
	struct slice charset;
	struct open_key stack[IMAP_SEARCH_MAX_KEYS];
	size_t depth;
	enum imap_search_result rc; /* sticky */
};

static bool fail(struct reader *r, enum imap_search_result rc)
{
	if (r->rc == SEARCH_OK)
		r->rc = rc;
	return false;
}

/* A new key at the end of the program; NULL when it is too long. */
static struct imap_test *push(struct reader *r, enum imap_key key)
{
	struct imap_search *s = r->s;

	if (s->n == IMAP_SEARCH_MAX_KEYS) {
		fail(r, SEARCH_TOO_MUCH);
		return NULL;
	}
	s->v[s->n] = (struct imap_test){.key = key};
	return &s->v[s->n++];
}

static bool open_key(struct reader *r, enum imap_key key, unsigned wants)
{
	if (!push(r, key))
		return false;
	r->stack[r->depth++] = (struct open_key){r->s->n - 1, wants};
	return true;
}

static void close_key(struct reader *r)
{
	struct open_key *o = &r->stack[--r->depth];

	r->s->v[o->at].end = r->s->n;
}

/* A key is complete: so may be those that waited for it. */
static void count_key(struct reader *r)
{
	while (r->depth > 0 && r->stack[r->depth - 1].wants != TILL_CLOSED) {
		if (--r->stack[r->depth - 1].wants > 0)
			return;
		close_key(r);
	}
}

/* A day as "1-Feb-1994", quoted or not; days before 1970 are the first. */
static bool read_date(struct reader *r, uint64_t *day_out)
{
	struct slice text;
	char year[5];
	struct buf b;
	int64_t at;

	if (!imap_read_sp(r->c) || !imap_read_astring(r->c, r->ar, &text) || text.len < 10 ||
		text.len > 11 || !slice_cstr(slice_from(text, text.len - 4), year, sizeof year))
		return false;
	buf_init(&b, 64);
	buf_addf(&b, "%.*s", (int)text.len - 4, text.p);
	buf_addf(&b, "%s 00:00:00 +0000", strcmp(year, "1970") < 0 ? "1970" : year);
	bool ok = date_parse_imap(buf_slice(&b), &at);
	buf_fini(&b);
	*day_out = ok ? (uint64_t)at / 86400 : 0;
	return ok;
}

/* A word to search for: to UTF-8, without differences of case. */
static bool read_text(struct reader *r, struct slice *out)
{
	struct buf utf8, folded;
	struct slice in;

	if (!imap_read_sp(r->c) || !imap_read_astring(r->c, r->ar, &in))
		return false;
	buf_init(&utf8, SIZE_MAX);
	buf_init(&folded, SIZE_MAX);
	bool ok = charset_to_utf8(&utf8, r->charset, in);
	text_add_fold(&folded, buf_slice(&utf8));
	*out = arena_dup(r->ar, buf_slice(&folded));
	buf_fini(&folded);
	buf_fini(&utf8);
	return ok || fail(r, SEARCH_BAD_CHARSET);
}

/* "MODSEQ [entry type] n": the entry does not matter, flags have one mod-sequence. */
static bool read_modseq(struct reader *r, uint64_t *out)
{
	struct slice entry, type;

	if (!imap_read_sp(r->c))
		return false;
	if (cursor_peek(r->c) == '"' &&
		(!imap_read_string(r->c, r->ar, &entry) || !imap_read_sp(r->c) ||
			!imap_read_atom(r->c, &type) || !imap_read_sp(r->c)))
		return false;
	r->s->modseq = true;
	return imap_read_modseq(r->c, out);
}

static bool read_number(struct reader *r, uint64_t *out)
{
	return imap_read_sp(r->c) && cursor_number(r->c, INT64_MAX, out);
}

/* Fields that are in the ENVELOPE, and seldom twice in a message, are looked up there. */
static bool read_header(struct reader *r, struct imap_test *t)
{
	if (!imap_read_sp(r->c) || !imap_read_astring(r->c, r->ar, &t->name))
		return false;
	if (slice_eq_ci(t->name, lit("Message-ID"))) {
		t->key = KEY_ENVELOPE;
		t->n = ENV_MESSAGE_ID;
	} else if (slice_eq_ci(t->name, lit("In-Reply-To"))) {
		t->key = KEY_ENVELOPE;
		t->n = ENV_IN_REPLY_TO;
	}
	return read_text(r, &t->text);
}

static bool read_argument(struct reader *r, const struct row *row, struct imap_test *t)
{
	t->n = row->n;
	switch (row->shape) {
	case SHAPE_NONE:
	case SHAPE_KEYS:
		return true;
	case SHAPE_KEYWORD:
		return imap_read_sp(r->c) && imap_read_atom(r->c, &t->text);
	case SHAPE_SET:
		return imap_read_sp(r->c) && imap_read_seqset(r->c, r->ar, &t->set);
	case SHAPE_DATE:
		return read_date(r, &t->n);
	case SHAPE_NUMBER:
		return read_number(r, &t->n);
	case SHAPE_MODSEQ:
		return read_modseq(r, &t->n);
	case SHAPE_HEADER:
		return read_header(r, t);
	case SHAPE_TEXT:
		return read_text(r, &t->text);
	}
	return false;
}

static bool read_leaf(struct reader *r, const struct row *row)
{
	struct imap_test *t;

	if (row->negated && !open_key(r, KEY_NOT, 1))
		return false;
	t = push(r, row->key);
	if (!t || !read_argument(r, row, t))
		return fail(r, SEARCH_BAD);
	t->end = r->s->n;
	count_key(r);
	return true;
}

/* NEW is RECENT UNSEEN. */
static bool read_new(struct reader *r)
{
	static const struct row recent = {"", KEY_FLAG, SHAPE_NONE, IMAP_RECENT, false};
	static const struct row unseen = {"", KEY_FLAG, SHAPE_NONE, IMAP_SEEN, true};

	return open_key(r, KEY_AND, 2) && read_leaf(r, &recent) && read_leaf(r, &unseen);
}

static const struct row *find_row(struct slice name)
{
	for (size_t i = 0; i < array_len(rows); i++)
		if (slice_eq_ci(name, slice_str(rows[i].name)))
			return &rows[i];
	return NULL;
}

static bool read_set(struct reader *r)
{
	struct imap_test *t = push(r, KEY_SEQ);

	if (!t || !imap_read_seqset(r->c, r->ar, &t->set))
		return fail(r, SEARCH_BAD);
	t->end = r->s->n;
	count_key(r);
	return true;
}

/* One key, or the beginning of one that wants more. */
static bool read_key(struct reader *r)
{
	struct slice name;
	const struct row *row;

	while (cursor_take(r->c, '('))
		if (!open_key(r, KEY_AND, TILL_CLOSED))
			return false;
	if (ascii_digit(cursor_peek(r->c)) || cursor_peek(r->c) == '*')
		return read_set(r);
	if (!imap_read_atom(r->c, &name))
		return fail(r, SEARCH_BAD);
	row = find_row(name);
	if (!row)
		return fail(r, SEARCH_BAD);
	if (slice_eq_ci(name, lit("NEW")))
		return read_new(r);
	if (row->shape == SHAPE_KEYS)
		return open_key(r, row->key, row->n);
	return read_leaf(r, row);
}

/* Closing parentheses behind a key; each ends what was opened with it. */
static bool close_parens(struct reader *r)
{
	while (cursor_take(r->c, ')')) {
		if (r->depth < 2 || r->stack[r->depth - 1].wants != TILL_CLOSED)
			return fail(r, SEARCH_BAD);
		close_key(r);
		count_key(r);
	}
	return true;
}

static void read_keys(struct reader *r)
{
	open_key(r, KEY_AND, TILL_CLOSED);
	do {
		if (!read_key(r) || !close_parens(r))
			return;
	} while (imap_read_sp(r->c));
	if (r->depth != 1 || !imap_read_end(r->c))
		fail(r, SEARCH_BAD);
	else
		close_key(r);
}

/* Where to go on: parents come before their keys, so one pass is enough. */
static void link_keys(struct imap_search *s)
{
	s->v[0].yes = SEARCH_YES;
	s->v[0].no = SEARCH_NO;
	for (size_t i = 0; i < s->n; i++) {
		const struct imap_test *t = &s->v[i];

		for (size_t k = i + 1; k < t->end && t->key <= KEY_NOT; k = s->v[k].end) {
			bool last = s->v[k].end == t->end;
			struct imap_test *key = &s->v[k];

			key->yes = t->key == KEY_AND && !last ? key->end : t->yes;
			key->no = t->key == KEY_OR && !last ? key->end : t->no;
			if (t->key != KEY_NOT)
				continue;
			key->yes = t->no;
			key->no = t->yes;
		}
	}
}

static const struct {
	const char *name;
	enum imap_return bit;
} returns[] = {
	{"MIN",   RETURN_MIN  },
	{"MAX",   RETURN_MAX  },
	{"ALL",   RETURN_ALL  },
	{"COUNT", RETURN_COUNT},
	{"SAVE",  RETURN_SAVE },
};

static bool read_return(struct cursor *c, unsigned *wants)
{
	struct slice name;

	while (imap_read_atom(c, &name)) {
		unsigned bit = 0;

		for (size_t i = 0; i < array_len(returns); i++)
			if (slice_eq_ci(name, slice_str(returns[i].name)))
				bit = returns[i].bit;
		*wants |= bit;
		if (!bit || !imap_read_sp(c))
			return bit && cursor_take(c, ')');
	}
	return cursor_take(c, ')');
}

/* "RETURN (...) CHARSET x " in front of the keys. */
static bool read_front(struct reader *r)
{
	struct slice charset;

	r->charset = lit("UTF-8");
	if (imap_read_word(r->c, lit("RETURN"))) {
		r->s->extended = true;
		if (!imap_read_sp(r->c) || !cursor_take(r->c, '(') ||
			!read_return(r->c, &r->s->wants) || !imap_read_sp(r->c))
			return false;
		if (r->s->wants == 0)
			r->s->wants = RETURN_ALL;
	}
	if (!imap_read_word(r->c, lit("CHARSET")))
		return true;
	if (!imap_read_sp(r->c) || !imap_read_astring(r->c, r->ar, &charset) || !imap_read_sp(r->c))
		return false;
	r->charset = charset;
	return true;
}

/* A charset is refused even when no key needs it. */
static void check_charset(struct reader *r)
{
	struct buf none;

	buf_init(&none, 16);
	if (!charset_to_utf8(&none, r->charset, lit("")))
		fail(r, SEARCH_BAD_CHARSET);
	buf_fini(&none);
}

enum imap_search_result imap_read_search(
	struct cursor *c, struct arena *ar, struct imap_search *out)
{
	struct reader *r = arena_new(ar, struct reader);

	*out = (struct imap_search){0};
	out->v = arena_alloc(ar, IMAP_SEARCH_MAX_KEYS * sizeof *out->v);
	r->c = c;
	r->ar = ar;
	r->s = out;
	if (!read_front(r))
		return SEARCH_BAD;
	check_charset(r);
	if (r->rc == SEARCH_OK)
		read_keys(r);
	if (r->rc == SEARCH_OK)
		link_keys(out);
	return r->rc;
}

void imap_search_resolve(struct imap_search *s, uint32_t max_seq, uint32_t max_uid)
{
	for (size_t i = 0; i < s->n; i++)
		imap_seqset_resolve(&s->v[i].set, s->v[i].key == KEY_UID ? max_uid : max_seq);
}
