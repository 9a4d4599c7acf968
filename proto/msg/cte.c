/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64 passes over what is not in its alphabet, as RFC 2045 section 6.8 asks.  Quoted-printable
 * holds back an "=" and blanks until it is known what they are: blanks at the end of a line were
 * added on the way and go (section 6.7, rule 3), and so does a line end behind "=" (rule 5).
 */
#include "proto/msg/cte.h"

#include "proto/base/text.h"

enum cte_kind cte_kind_of(struct slice token)
{
	if (slice_eq_ci(token, lit("base64")))
		return CTE_BASE64;
	if (slice_eq_ci(token, lit("quoted-printable")))
		return CTE_QP;
	if (token.len == 0 || slice_eq_ci(token, lit("7bit")) || slice_eq_ci(token, lit("8bit")) ||
		slice_eq_ci(token, lit("binary")))
		return CTE_IDENTITY;
	return CTE_UNKNOWN;
}

void cte_init(struct cte *c, enum cte_kind kind)
{
	*c = (struct cte){.kind = kind};
}

static int base64_value(int ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ascii_digit(ch))
		return ch - '0' + 52;
	if (ch == '+')
		return 62;
	return ch == '/' ? 63 : -1;
}

static bool is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* The whole bytes in `bits`, of which c->n groups of six were taken. */
static void base64_flush(struct cte *c, struct buf *out)
{
	unsigned n_bytes = c->n * 6 / 8;

	for (unsigned i = 0; i < n_bytes; i++)
		buf_addc(out, (char)(unsigned char)(c->bits >> (c->n * 6 - 8 * (i + 1))));
	c->bits = 0;
	c->n = 0;
}

static void base64_push(struct cte *c, char ch, struct buf *out)
{
	int value = base64_value((unsigned char)ch);

	if (ch == '=' && !c->end) {
		c->bad |= c->n < 2;
		base64_flush(c, out);
		c->end = true;
	} else if (value < 0 || c->end) {
		c->bad |= ch != '=' && !is_space(ch);
	} else {
		c->bits = c->bits << 6 | (uint32_t)value;
		if (++c->n == 4)
			base64_flush(c, out);
	}
}

static void qp_release(struct cte *c, struct buf *out)
{
	buf_add(out, slice_of(c->held, c->n));
	c->n = 0;
}

static int hex_value(char ch)
{
	int c = ascii_lower((unsigned char)ch);

	if (ascii_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is held begins with "=" and this byte follows; false when it must be looked at anew. */
static bool qp_escape(struct cte *c, char ch, struct buf *out)
{
	bool digits = c->n == 2 && hex_value(c->held[1]) >= 0;

	if (digits && hex_value(ch) >= 0) {
		buf_addc(out, (char)(hex_value(c->held[1]) << 4 | hex_value(ch)));
		c->n = 0;
		return true;
	}
	if (!digits && ch == '\n') {
		c->n = 0;
		return true;
	}
	bool may_hold = c->n == 1 ? hex_value(ch) >= 0 || is_space(ch) : !digits && is_space(ch);
	if (may_hold && c->n < CTE_MAX_BLANKS) {
		c->held[c->n++] = ch;
		return true;
	}
	c->bad = true;
	qp_release(c, out);
	return false;
}

static void qp_push(struct cte *c, char ch, struct buf *out)
{
	if (c->n > 0 && c->held[0] == '=' && qp_escape(c, ch, out))
		return;
	if (ch == '\n') {
		bool cr = c->n > 0 && c->held[c->n - 1] == '\r';

		c->n = 0;
		buf_add(out, cr ? lit("\r\n") : lit("\n"));
	} else if (ch == '=' || is_space(ch)) {
		if (ch == '=' || c->n == CTE_MAX_BLANKS)
			qp_release(c, out);
		c->held[c->n++] = ch;
	} else {
		qp_release(c, out);
		buf_addc(out, ch);
	}
}

void cte_push(struct cte *c, struct slice in, struct buf *out)
{
	if (c->kind == CTE_IDENTITY || c->kind == CTE_UNKNOWN) {
		buf_add(out, in);
		return;
	}
	for (size_t i = 0; i < in.len && !out->bad; i++) {
		if (c->kind == CTE_BASE64)
			base64_push(c, in.p[i], out);
		else
			qp_push(c, in.p[i], out);
	}
}

/* An "=" at the very end is a soft line end; blanks there go too. */
void cte_end(struct cte *c, struct buf *out)
{
	if (c->kind == CTE_BASE64) {
		c->bad |= c->n == 1;
		base64_flush(c, out);
	} else if (c->n == 2 && c->held[0] == '=' && !is_space(c->held[1])) {
		c->bad = true;
		qp_release(c, out);
	}
	c->n = 0;
}
