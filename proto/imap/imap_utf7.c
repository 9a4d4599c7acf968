/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Printable ASCII stands for itself, "&" is "&-", all else is UTF-16 in base64 with "," for "/"
 * between "&" and "-".  Decoding is checked by encoding again, which refuses every spelling but
 * the shortest.
 */
#include "proto/imap/imap_utf7.h"

#include "proto/base/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(int ch)
{
	return ch >= 32 && ch < 127;
}

/* Bits on their way between groups of six and of sixteen. */
struct bits {
	uint32_t value;
	unsigned n;
};

static void put_unit(struct buf *b, struct bits *s, uint32_t unit)
{
	s->value = s->value << 16 | unit;
	for (s->n += 16; s->n >= 6; s->n -= 6)
		buf_addc(b, alphabet[s->value >> (s->n - 6) & 63]);
	s->value &= (1u << s->n) - 1;
}

static void put_char(struct buf *b, struct bits *s, uint32_t ch)
{
	if (ch >= 0x10000) {
		put_unit(b, s, 0xd800 + ((ch - 0x10000) >> 10));
		ch = 0xdc00 + ((ch - 0x10000) & 0x3ff);
	}
	put_unit(b, s, ch);
}

/* The character at *at of valid UTF-8; *at moves behind it. */
static uint32_t next_char(struct slice s, size_t *at)
{
	unsigned char first = (unsigned char)s.p[(*at)++];
	unsigned n = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t ch = n ? first & (0x3fu >> n) : first;

	for (; n > 0 && *at < s.len; n--)
		ch = ch << 6 | ((unsigned char)s.p[(*at)++] & 0x3f);
	return ch;
}

/* A run of characters that cannot stand for themselves. */
static size_t encode_run(struct buf *b, struct slice name, size_t at)
{
	struct bits s = {0};

	buf_addc(b, '&');
	while (at < name.len && !is_direct((unsigned char)name.p[at]))
		put_char(b, &s, next_char(name, &at));
	if (s.n > 0)
		buf_addc(b, alphabet[s.value << (6 - s.n) & 63]);
	buf_addc(b, '-');
	return at;
}

void imap_utf7_add(struct buf *b, struct slice name)
{
	size_t at = 0;

	while (at < name.len) {
		if (!is_direct((unsigned char)name.p[at])) {
			at = encode_run(b, name, at);
			continue;
		}
		buf_addc(b, name.p[at]);
		if (name.p[at++] == '&')
			buf_addc(b, '-');
	}
}

static void add_utf8(struct buf *b, uint32_t ch)
{
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
	unsigned n = ch < 0x80 ? 0 : ch < 0x800 ? 1 : ch < 0x10000 ? 2 : 3;

	buf_addc(b, (char)(unsigned char)(lead[n] | ch >> (6 * n)));
	while (n-- > 0)
		buf_addc(b, (char)(unsigned char)(0x80 | (ch >> (6 * n) & 0x3f)));
}

/* One unit of UTF-16; *high is the first half of a pair, or 0.  false for a half alone. */
static bool take_unit(struct buf *b, uint32_t unit, uint32_t *high)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (low != (*high != 0))
		return false;
	if (low) {
		add_utf8(b, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
	} else {
		add_utf8(b, unit);
	}
	return unit >= 32 && unit != 127;
}

/* What stands between "&" and "-". */
static bool decode_run(struct buf *b, struct slice run)
{
	struct bits s = {0};
	uint32_t high = 0;

	for (size_t i = 0; i < run.len; i++) {
		const char *at = run.p[i] ? strchr(alphabet, run.p[i]) : NULL;

		if (!at)
			return false;
		s.value = s.value << 6 | (uint32_t)(at - alphabet);
		s.n += 6;
		if (s.n < 16)
			continue;
		s.n -= 16;
		if (!take_unit(b, s.value >> s.n & 0xffff, &high))
			return false;
	}
	return high == 0;
}

static bool decode_all(struct buf *b, struct slice in)
{
	while (in.len > 0) {
		size_t n = slice_chr(in, '&');

		buf_add(b, slice_head(in, n));
		if (n == in.len)
			break;
		in = slice_from(in, n + 1);
		n = slice_chr(in, '-');
		if (n == in.len)
			return false;
		if (n == 0)
			buf_addc(b, '&');
		else if (!decode_run(b, slice_head(in, n)))
			return false;
		in = slice_from(in, n + 1);
	}
	return !b->bad;
}

static bool all_direct(struct slice in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!is_direct((unsigned char)in.p[i]))
			return false;
	return true;
}

bool imap_utf7_decode(struct buf *b, struct slice in)
{
	size_t from = b->len;
	struct buf again;

	if (!all_direct(in) || !decode_all(b, in))
		return false;
	buf_init(&again, SIZE_MAX);
	imap_utf7_add(&again, slice_from(buf_slice(b), from));
	bool same = slice_eq(buf_slice(&again), in);
	buf_fini(&again);
	return same;
}
