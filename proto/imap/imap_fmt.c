/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings, flags, dates and ENVELOPE.  BODYSTRUCTURE is in imap_body.c. */
#include "proto/imap/imap_fmt.h"

#include "proto/base/date.h"
#include "proto/base/text.h"
#include "proto/imap/imap_args.h"
#include "proto/msg/address.h"

static bool is_quotable(struct slice s, bool utf8)
{
	if (s.len > IMAP_QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == '\r' || ch == '\n' || (ch >= 0x80 && !utf8))
			return false;
	}
	return !utf8 || utf8_valid(s);
}

static void add_without_nul(struct buf *b, struct slice s)
{
	for (;;) {
		size_t n = slice_chr(s, '\0');

		buf_add(b, slice_head(s, n));
		if (n == s.len)
			return;
		buf_addc(b, '?');
		s = slice_from(s, n + 1);
	}
}

static void add_quoted(struct buf *b, struct slice s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.p[i] ? s.p[i] : '?');
	}
	buf_addc(b, '"');
}

void imap_add_string(struct buf *b, struct slice s, bool utf8)
{
	if (is_quotable(s, utf8)) {
		add_quoted(b, s);
		return;
	}
	buf_addf(b, "{%zu}\r\n", s.len);
	add_without_nul(b, s);
}

void imap_add_nstring(struct buf *b, struct slice s, bool utf8)
{
	if (s.p)
		imap_add_string(b, s, utf8);
	else
		buf_add(b, lit("NIL"));
}

void imap_add_astring(struct buf *b, struct slice s, bool utf8)
{
	size_t n = 0;

	while (n < s.len && imap_is_atom_char((unsigned char)s.p[n]))
		n++;
	if (n == s.len && n > 0 && !slice_eq_ci(s, lit("NIL")))
		buf_add(b, s);
	else
		imap_add_string(b, s, utf8);
}

void imap_add_date(struct buf *b, int64_t at)
{
	buf_addc(b, '"');
	date_add_imap(b, at);
	buf_addc(b, '"');
}

static const struct {
	unsigned bit;
	const char *name;
} flag_names[] = {
	{IMAP_SEEN,     "\\Seen"    },
	{IMAP_ANSWERED, "\\Answered"},
	{IMAP_FLAGGED,  "\\Flagged" },
	{IMAP_DELETED,  "\\Deleted" },
	{IMAP_DRAFT,    "\\Draft"   },
	{IMAP_RECENT,   "\\Recent"  },
};

void imap_add_flags(struct buf *b, unsigned flags, const struct slice *keywords, size_t n)
{
	const char *gap = "";

	buf_addc(b, '(');
	for (size_t i = 0; i < array_len(flag_names); i++) {
		if (!(flags & flag_names[i].bit))
			continue;
		buf_addf(b, "%s%s", gap, flag_names[i].name);
		gap = " ";
	}
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s%.*s", gap, SLICE_ARG(keywords[i]));
		gap = " ";
	}
	buf_addc(b, ')');
}

unsigned imap_flag_find(struct slice name)
{
	for (size_t i = 0; i < array_len(flag_names); i++)
		if (slice_eq_ci(name, slice_str(flag_names[i].name)))
			return flag_names[i].bit;
	return 0;
}

/* Fields of an ENVELOPE in its order. */
enum env {
	ENV_DATE,
	ENV_SUBJECT,
	ENV_FROM,
	ENV_SENDER,
	ENV_REPLY_TO,
	ENV_TO,
	ENV_CC,
	ENV_BCC,
	ENV_IN_REPLY_TO,
	ENV_MESSAGE_ID,
	ENV_N,
};

static const char *const env_names[ENV_N] = {
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
static void find_fields(struct slice head, struct slice value[ENV_N])
{
	struct header_field f;
	size_t at = 0;

	head = slice_head(head, MIME_MAX_HEAD);
	while (mime_field_next(head, &at, &f))
		for (size_t i = 0; i < ENV_N; i++)
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
static void add_addresses(struct buf *b, struct slice value[ENV_N], enum env i, struct arena *ar)
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

static void add_field(struct buf *b, struct slice value[ENV_N], enum env i, struct arena *ar)
{
	if (i >= ENV_FROM && i <= ENV_BCC)
		add_addresses(b, value, i, ar);
	else
		imap_add_nstring(b, header_unfold(value[i], ar), false);
}

void imap_add_envelope(struct buf *b, struct slice head, struct arena *ar)
{
	struct slice value[ENV_N] = {{0}};

	find_fields(head, value);
	for (enum env i = ENV_DATE; i < ENV_N; i++) {
		buf_addc(b, i == ENV_DATE ? '(' : ' ');
		add_field(b, value, i, ar);
	}
	buf_addc(b, ')');
}
