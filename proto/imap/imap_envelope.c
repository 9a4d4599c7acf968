/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ENVELOPE: written from the head of a message, and read again from what was written, so that a
 * SEARCH can look at what is kept beside a message.  The header is imap_envelope.h.
 */
#include "proto/imap/imap_envelope.h"

#include "proto/base/scan.h"
#include "proto/base/text.h"
#include "proto/imap/imap_fmt.h"
#include "proto/msg/address.h"
#include "proto/msg/mime.h"

/* ---- writing ---- */

static const char *const env_names[IMAP_ENV_N] = {
	[ENV_DATE] = "Date",
	[ENV_SUBJECT] = "Subject",
	[ENV_FROM] = "From",
	[ENV_SENDER] = "Sender",
	[ENV_REPLY_TO] = "Reply-To",
	[ENV_TO] = "To",
	[ENV_CC] = "Cc",
	[ENV_BCC] = "Bcc",
	[ENV_IN_REPLY_TO] = "In-Reply-To",
	[ENV_MESSAGE_ID] = "Message-ID",
};

/* The first field of each name; p is NULL where there is none. */
static void find_fields(struct slice head, struct slice value[IMAP_ENV_N])
{
	struct header_field f;
	size_t at = 0;

	head = slice_head(head, MIME_MAX_HEAD);
	while (mime_field_next(head, &at, &f))
		for (size_t i = 0; i < IMAP_ENV_N; i++)
			if (!value[i].p && slice_eq_ci(f.name, slice_str(env_names[i])))
				value[i] = f.value;
}

/* An empty part of an address is NIL, but for the two that say "group" when they are. */
static struct slice or_nil(struct slice s)
{
	return s.len > 0 ? s : slice_of(NULL, 0);
}

static struct slice or_missing(struct slice s, const char *missing)
{
	return s.len > 0 ? s : slice_str(missing);
}

/*
 * A group begins with its name in place of a mailbox and ends with NIL there; so what a broken
 * address lacks is named as other servers do it.
 */
static void add_address(struct buf *b, const struct address *a)
{
	struct slice name = slice_of(NULL, 0), route = name, local = name, domain = name;

	switch (a->kind) {
	case ADDRESS_MAILBOX:
		name = or_nil(a->name);
		route = or_nil(a->route);
		local = or_missing(a->local, "MISSING_MAILBOX");
		domain = or_missing(a->domain, "MISSING_DOMAIN");
		break;
	case ADDRESS_GROUP_BEGIN:
		local = a->name;
		break;
	case ADDRESS_GROUP_END:
		break;
	}
	buf_addc(b, '(');
	imap_add_nstring(b, name, false);
	buf_addc(b, ' ');
	imap_add_nstring(b, route, false);
	buf_addc(b, ' ');
	imap_add_nstring(b, local, false);
	buf_addc(b, ' ');
	imap_add_nstring(b, domain, false);
	buf_addc(b, ')');
}

/* Sender and Reply-To stand for From where they are absent or say nobody. */
static void add_addresses(
	struct buf *b, struct slice value[IMAP_ENV_N], enum imap_env i, struct arena *ar)
{
	struct address_list l;

	address_parse_broken(value[i], ADDRESS_MAX, ar, &l);
	if (l.n == 0 && (i == ENV_SENDER || i == ENV_REPLY_TO))
		address_parse_broken(value[ENV_FROM], ADDRESS_MAX, ar, &l);
	if (l.n == 0) {
		buf_add(b, lit("NIL"));
		return;
	}
	buf_addc(b, '(');
	for (size_t k = 0; k < l.n; k++)
		add_address(b, &l.v[k]);
	buf_addc(b, ')');
}

static void add_field(
	struct buf *b, struct slice value[IMAP_ENV_N], enum imap_env i, struct arena *ar)
{
	if (i >= ENV_FROM && i <= ENV_BCC)
		add_addresses(b, value, i, ar);
	else
		imap_add_nstring(b, header_unfold(value[i], ar), false);
}

void imap_add_envelope(struct buf *b, struct slice head, struct arena *ar)
{
	struct slice value[IMAP_ENV_N] = {{0}};

	find_fields(head, value);
	for (enum imap_env i = ENV_DATE; i < IMAP_ENV_N; i++) {
		buf_addc(b, i == ENV_DATE ? '(' : ' ');
		add_field(b, value, i, ar);
	}
	buf_addc(b, ')');
}

/* ---- reading ---- */

/* A string as it stands between its quotes; pairs are still in it. */
static struct slice span_quoted(struct cursor *c, bool *pairs_out)
{
	struct slice rest = cursor_rest(c);
	size_t n = slice_chr(rest, '"');

	if (slice_chr(slice_head(rest, n), '\\') < n) {
		*pairs_out = true;
		for (n = 0; n < rest.len && rest.p[n] != '"'; n++)
			n += rest.p[n] == '\\' && n + 1 < rest.len;
	}
	c->at += n + (n < rest.len);
	return slice_head(rest, n);
}

/* "{3}", CR, LF and that many bytes. */
static struct slice span_literal(struct cursor *c)
{
	struct slice digits = cursor_run(c, ascii_digit), s;
	uint64_t n;

	if (!text_number(digits, c->in.len, &n))
		n = 0;
	c->at += strlen("}\r\n");
	s = slice_head(cursor_rest(c), (size_t)n);
	c->at += s.len;
	return s;
}

/* p is NULL for NIL, which is all that is neither. */
static struct slice span_string(struct cursor *c, bool *pairs_out)
{
	*pairs_out = false;
	if (cursor_take(c, '"'))
		return span_quoted(c, pairs_out);
	if (cursor_take(c, '{'))
		return span_literal(c);
	c->at += strlen("NIL");
	return slice_of(NULL, 0);
}

static void skip_string(struct cursor *c)
{
	bool pairs;

	(void)span_string(c, &pairs);
}

/* Append the text of a string; false: NIL. */
static bool take_string(struct cursor *c, struct buf *b)
{
	bool pairs;
	struct slice s = span_string(c, &pairs);

	if (!pairs) {
		buf_add(b, s);
		return s.p;
	}
	for (size_t i = 0; i < s.len; i++) {
		i += s.p[i] == '\\' && i + 1 < s.len;
		buf_addc(b, s.p[i]);
	}
	return true;
}

/* "(name route local domain)" as "name <local@domain>", the begin of a group as "local:". */
static void take_address(struct cursor *c, struct buf *b)
{
	struct cursor local;

	cursor_take(c, '(');
	if (take_string(c, b))
		buf_addc(b, ' ');
	cursor_take(c, ' ');
	skip_string(c);
	cursor_take(c, ' ');
	local = *c;
	skip_string(c);
	cursor_take(c, ' ');
	if (cursor_peek(c) != 'N') {
		buf_addc(b, '<');
		(void)take_string(&local, b);
		buf_addc(b, '@');
		(void)take_string(c, b);
		buf_add(b, lit("> "));
	} else {
		skip_string(c);
		if (take_string(&local, b))
			buf_add(b, lit(": "));
	}
	cursor_take(c, ')');
}

static void skip_item(struct cursor *c)
{
	int depth = 0;

	do {
		int ch = cursor_peek(c);

		if (ch == '(' || ch == ')' || ch == ' ') {
			depth += ch == '(' ? 1 : ch == ')' ? -1 : 0;
			c->at++;
		} else {
			skip_string(c);
		}
	} while (depth > 0 && !cursor_end(c));
}

bool imap_envelope_get(struct slice envelope, enum imap_env field, struct buf *b)
{
	struct cursor c = cursor_of(envelope);

	cursor_take(&c, '(');
	for (enum imap_env i = ENV_DATE; i < field; i++) {
		skip_item(&c);
		cursor_take(&c, ' ');
	}
	if (!cursor_take(&c, '('))
		return take_string(&c, b);
	while (cursor_peek(&c) == '(')
		take_address(&c, b);
	return true;
}
