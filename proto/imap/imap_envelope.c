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

/* Append the text of a quoted string or literal; false: NIL, or what is neither. */
static bool take_string(struct cursor *c, struct buf *b)
{
	if (cursor_take(c, '{')) {
		uint64_t n;
		struct slice digits = cursor_run(c, ascii_digit);

		if (!text_number(digits, c->in.len, &n))
			return false;
		c->at += strlen("}\r\n");
		buf_add(b, slice_head(cursor_rest(c), (size_t)n));
		c->at += (size_t)n;
		return true;
	}
	if (!cursor_take(c, '"')) {
		c->at += strlen("NIL");
		return false;
	}
	for (; !cursor_end(c) && cursor_peek(c) != '"'; c->at++) {
		c->at += cursor_peek(c) == '\\';
		buf_addc(b, (char)cursor_peek(c));
	}
	c->at += !cursor_end(c);
	return true;
}

/* "(name route local domain)" as "name <local@domain>", the begin of a group as "local:". */
static void take_address(struct cursor *c, struct buf *b, struct buf *tmp)
{
	bool named, local;

	cursor_take(c, '(');
	named = take_string(c, b);
	cursor_take(c, ' ');
	(void)take_string(c, tmp);
	buf_reset(tmp);
	cursor_take(c, ' ');
	local = take_string(c, tmp);
	cursor_take(c, ' ');
	if (cursor_peek(c) != 'N') {
		buf_add(b, named ? lit(" <") : lit("<"));
		buf_add(b, buf_slice(tmp));
		buf_addc(b, '@');
		(void)take_string(c, b);
		buf_add(b, lit("> "));
	} else {
		(void)take_string(c, b);
		buf_add(b, buf_slice(tmp));
		buf_add(b, local ? lit(": ") : lit(""));
	}
	cursor_take(c, ')');
}

static void skip_item(struct cursor *c, struct buf *tmp)
{
	int depth = 0;

	do {
		int ch = cursor_peek(c);

		if (ch == '(' || ch == ')' || ch == ' ') {
			depth += ch == '(' ? 1 : ch == ')' ? -1 : 0;
			c->at++;
		} else {
			buf_reset(tmp);
			(void)take_string(c, tmp);
		}
	} while (depth > 0 && !cursor_end(c));
}

static bool take_item(struct cursor *c, struct buf *b, struct buf *tmp)
{
	if (cursor_peek(c) != '(')
		return take_string(c, b);
	c->at++;
	while (cursor_peek(c) == '(') {
		buf_reset(tmp);
		take_address(c, b, tmp);
	}
	return true;
}

bool imap_envelope_get(struct slice envelope, enum imap_env field, struct buf *b)
{
	struct cursor c = cursor_of(envelope);
	struct buf tmp;

	buf_init(&tmp, SIZE_MAX);
	cursor_take(&c, '(');
	for (enum imap_env i = ENV_DATE; i < field; i++) {
		skip_item(&c, &tmp);
		cursor_take(&c, ' ');
	}
	buf_reset(&tmp);
	bool found = take_item(&c, b, &tmp);
	buf_fini(&tmp);
	return found;
}
