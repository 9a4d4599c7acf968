/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Autodiscover, "plain old XML".  The request is no matter for a parser of XML: a walk over its
 * tags finds two texts, and everything else XML has (declarations, entities of its own, comments)
 * is refused.  MS-OXDSCLI section 2.2.3 (request), 2.2.4 (response)
 */
#include "proto/base/date.h"
#include "proto/base/scan.h"
#include "proto/base/text.h"
#include "proto/http/setup.h"

/* ---- the request ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "p:EMailAddress attr=..." or "EMailAddress" -> "EMailAddress" */
static struct slice local_name(struct slice tag)
{
	size_t end = 0;

	while (end < tag.len && !is_space(tag.p[end]) && tag.p[end] != '/')
		end++;
	tag = slice_head(tag, end);
	size_t colon = slice_chr(tag, ':');
	return colon < tag.len ? slice_from(tag, colon + 1) : tag;
}

/* Text of an element with the five entities of XML undone; false when there are others. */
static bool add_plain(struct buf *out, struct slice text)
{
	static const struct {
		struct slice name;
		char c;
	} rows[] = {
		{lit("&amp;"),  '&' },
		{lit("&lt;"),   '<' },
		{lit("&gt;"),   '>' },
		{lit("&quot;"), '"' },
		{lit("&apos;"), '\''},
	};

	while (text.len > 0) {
		size_t i = 0;

		if (text.p[0] != '&') {
			buf_addc(out, text.p[0]);
			text = slice_from(text, 1);
			continue;
		}
		while (i < array_len(rows) && !slice_starts(text, rows[i].name))
			i++;
		if (i == array_len(rows))
			return false;
		buf_addc(out, rows[i].c);
		text = slice_from(text, rows[i].name.len);
	}
	return !out->bad;
}

/* The text behind an opening tag, up to its closing one; *rest begins behind the opening tag. */
static bool take_text(struct slice rest, struct slice name, struct buf *out)
{
	size_t end = slice_chr(rest, '<');
	struct slice close = slice_from(rest, end);
	size_t gt = slice_chr(close, '>');

	if (out->len > 0 || !slice_starts(close, lit("</")) || gt == close.len)
		return false;
	if (!slice_eq(local_name(slice_from(slice_head(close, gt), 2)), name))
		return false;
	return add_plain(out, slice_trim(slice_head(rest, end)));
}

/* One tag, of which *rest begins behind "<"; false when it may not be. */
static bool take_tag(struct slice *rest, struct buf *address, struct buf *schema)
{
	bool instruction = slice_starts(*rest, lit("?"));
	size_t end = instruction ? slice_find(*rest, lit("?>")) : slice_chr(*rest, '>');
	struct slice tag = slice_head(*rest, end);
	struct slice name = local_name(tag);

	if (end == rest->len || slice_starts(*rest, lit("!")))
		return false;
	*rest = slice_from(*rest, end + (instruction ? 2 : 1));
	if (instruction || slice_ends(tag, lit("/")) || slice_starts(tag, lit("/")))
		return true;
	if (slice_eq(name, lit("EMailAddress")))
		return take_text(*rest, name, address);
	if (slice_eq(name, lit("AcceptableResponseSchema")))
		return take_text(*rest, name, schema);
	return true;
}

bool setup_outlook_read(struct slice body, struct buf *address, struct buf *schema)
{
	buf_reset(address);
	buf_reset(schema);
	if (!utf8_valid(body))
		return false;
	for (size_t at; (at = slice_chr(body, '<')) < body.len;) {
		body = slice_from(body, at + 1);
		if (!take_tag(&body, address, schema))
			return false;
	}
	return address->len > 0;
}

/* ---- the answer ---- */

static const char answer_schema[] =
	"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

bool setup_outlook_wants(struct slice schema)
{
	return schema.len == 0 || slice_eq(schema, slice_str(answer_schema));
}

static const char begin[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/"
	"2006\">\n";

static void add_protocol(struct buf *out, const struct setup_site *site, const char *type,
	const struct setup_door *door, struct slice address)
{
	static const char *const encryption[] = {
		[SETUP_TLS] = "SSL", [SETUP_STARTTLS] = "TLS", [SETUP_PLAIN] = "None"};

	if (door->port == 0)
		return;
	buf_addf(out, "      <Protocol>\n        <Type>%s</Type>\n        <Server>", type);
	setup_add_xml(out, slice_str(site->host));
	buf_addf(out, "</Server>\n        <Port>%u</Port>\n        <LoginName>", door->port);
	setup_add_xml(out, address);
	buf_addf(out,
		"</LoginName>\n        <DomainRequired>off</DomainRequired>\n"
		"        <SPA>off</SPA>\n        <SSL>%s</SSL>\n        "
		"<Encryption>%s</Encryption>\n"
		"        <AuthRequired>on</AuthRequired>\n      </Protocol>\n",
		door->security == SETUP_TLS ? "on" : "off", encryption[door->security]);
}

void setup_outlook(const struct setup_site *site, struct slice address, struct buf *out)
{
	buf_addz(out, begin);
	buf_addf(out, "  <Response xmlns=\"%s\">\n    <Account>\n", answer_schema);
	buf_add(out, lit("      <AccountType>email</AccountType>\n"
			 "      <Action>settings</Action>\n"));
	add_protocol(out, site, "IMAP", &site->imap, address);
	add_protocol(out, site, "SMTP", &site->submission, address);
	buf_add(out, lit("    </Account>\n  </Response>\n</Autodiscover>\n"));
}

void setup_outlook_error(int code, const char *message, int64_t now_at, struct buf *out)
{
	struct date_parts d;

	date_parts_of(now_at, &d);
	buf_addz(out, begin);
	buf_addf(out,
		"  <Response>\n    <Error Time=\"%02d:%02d:%02d\" Id=\"0\">\n"
		"      <ErrorCode>%d</ErrorCode>\n      <Message>%s</Message>\n"
		"      <DebugData/>\n    </Error>\n  </Response>\n</Autodiscover>\n",
		d.hour, d.minute, d.second, code, message);
}
