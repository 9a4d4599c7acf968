/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the documents share: judging addresses, text in XML. */
#include "proto/http/setup.h"

#include "proto/base/scan.h"
#include "proto/base/text.h"

/* ---- addresses ---- */

/* RFC 5322 section 3.4.1 without quotes and comments, RFC 6531 section 3.3 */
static bool is_local(int c)
{
	return c >= 0x80 || ascii_alnum(c) ||
	       (c > 0 && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain(int c)
{
	return c >= 0x80 || ascii_alnum(c) || c == '-' || c == '.';
}

enum setup_address setup_judge(const struct setup_site *site, struct slice address)
{
	struct cursor c = cursor_of(address);
	struct slice local = cursor_run(&c, is_local);
	bool at = cursor_take(&c, '@');
	struct slice domain = cursor_run(&c, is_domain);

	if (local.len == 0 || !at || domain.len == 0 || !cursor_end(&c))
		return SETUP_ADDRESS_BAD;
	if (address.len > SETUP_ADDRESS_MAX || !utf8_valid(address))
		return SETUP_ADDRESS_BAD;
	for (size_t i = 0; i < site->n_domains; i++)
		if (slice_eq_ci(domain, site->domains[i]))
			return SETUP_ADDRESS_HERE;
	return SETUP_ADDRESS_ELSEWHERE;
}

/* ---- XML ---- */

static struct slice entity(unsigned char c)
{
	switch (c) {
	case '&':
		return lit("&amp;");
	case '<':
		return lit("&lt;");
	case '>':
		return lit("&gt;");
	case '"':
		return lit("&quot;");
	case '\'':
		return lit("&#39;");
	case '\t':
	case '\n':
	case '\r':
		return lit(" ");
	default:
		return c < ' ' || c == 0x7f ? lit("\xef\xbf\xbd") : lit("");
	}
}

/* U+FFFE and U+FFFF are UTF-8, but no characters of XML. */
static bool is_noncharacter(struct slice s)
{
	return slice_starts(s, lit("\xef\xbf\xbe")) || slice_starts(s, lit("\xef\xbf\xbf"));
}

void setup_add_xml(struct buf *out, struct slice text)
{
	struct buf clean;

	buf_init(&clean, 3 * text.len);
	utf8_add_clean(&clean, text);
	struct slice rest = buf_slice(&clean);
	while (rest.len > 0) {
		struct slice e = entity((unsigned char)rest.p[0]);
		size_t n = is_noncharacter(rest) ? 3 : 1;

		if (n == 3)
			e = lit("\xef\xbf\xbd");
		buf_add(out, e.len > 0 ? e : slice_head(rest, 1));
		rest = slice_from(rest, n);
	}
	buf_fini(&clean);
}
