/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8, decimal numbers and the encodings of RFC 4648.  Nothing depends on the locale.
 * All decoders are strict: one spelling for each value, no blanks, no rest bits.
 */
#include "proto/base/text.h"

static const char b64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char b32_low[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char hex_low[] = "0123456789abcdef";

enum { NO_VALUE = 0xff }; /* of a byte outside the alphabet */

void text_add_lower(struct buf *b, struct slice s)
{
	char *p = buf_room(b, s.len);

	if (!p)
		return;
	for (size_t i = 0; i < s.len; i++)
		p[i] = (char)ascii_lower((unsigned char)s.p[i]);
	buf_commit(b, s.len);
}

/*
 * The length of the well-formed sequence at the front of s; 0 when there is none.
 * The second byte carries all range rules.  RFC 3629 section 4
 */
static size_t utf8_seq(const unsigned char *p, size_t len)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;

	if (len < n || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* How many bytes at the front of s are well-formed UTF-8; eight ASCII bytes a step. */
static size_t utf8_good(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 0;

	while (at < s.len) {
		uint64_t eight;
		if (s.len - at >= sizeof eight) {
			memcpy(&eight, p + at, sizeof eight);
			if ((eight & 0x8080808080808080U) == 0) {
				at += sizeof eight;
				continue;
			}
		}
		size_t n = utf8_seq(p + at, s.len - at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

bool utf8_valid(struct slice s)
{
	return utf8_good(s) == s.len;
}

struct slice utf8_cut(struct slice s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return slice_head(s, max);
}

void utf8_add_clean(struct buf *b, struct slice s)
{
	for (;;) {
		size_t good = utf8_good(s);
		buf_add(b, slice_head(s, good));
		s = slice_from(s, good);
		if (s.len == 0)
			return;
		buf_add(b, lit("\xef\xbf\xbd"));
		s = slice_from(s, 1);
		while (s.len > 0 && ((unsigned char)s.p[0] & 0xc0) == 0x80)
			s = slice_from(s, 1);
	}
}

bool text_number(struct slice s, uint64_t max, uint64_t *n_out)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 20)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];
		if (!ascii_digit(c) || __builtin_mul_overflow(n, (uint64_t)10, &n) ||
			__builtin_add_overflow(n, (uint64_t)(c - '0'), &n))
			return false;
	}
	if (n > max)
		return false;
	*n_out = n;
	return true;
}

bool text_size(struct slice s, uint64_t max, uint64_t *n_out)
{
	unsigned shift = 0;
	uint64_t n;

	if (s.len > 0) {
		switch (ascii_lower((unsigned char)s.p[s.len - 1])) {
		case 'k':
			shift = 10;
			break;
		case 'm':
			shift = 20;
			break;
		case 'g':
			shift = 30;
			break;
		default:
			break;
		}
	}
	if (!text_number(slice_head(s, s.len - (shift > 0)), max >> shift, &n))
		return false;
	*n_out = n << shift;
	return true;
}

/* `bits` bits a digit (5 or 6), the last digit filled with zero bits; returns the digits written.
 */
static size_t encode_to(char *p, struct slice s, unsigned bits, const char *alphabet)
{
	unsigned have = 0;
	uint32_t acc = 0;
	size_t at = 0;

	for (size_t i = 0; i < s.len; i++) {
		acc = (acc << 8 | (unsigned char)s.p[i]) & 0xffff;
		for (have += 8; have >= bits; have -= bits)
			p[at++] = alphabet[acc >> (have - bits) & ((1U << bits) - 1)];
	}
	if (have > 0)
		p[at++] = alphabet[acc << (bits - have) & ((1U << bits) - 1)];
	return at;
}

/* Digits that n bytes need. */
static size_t digits_of(size_t n, unsigned bits)
{
	return (n / bits) * 8 + ((n % bits) * 8 + bits - 1) / bits;
}

static size_t encode(struct buf *b, struct slice s, unsigned bits, const char *alphabet)
{
	char *p = buf_room(b, digits_of(s.len, bits));

	if (!p)
		return 0;
	size_t n = encode_to(p, s, bits, alphabet);
	buf_commit(b, n);
	return n;
}

/* The inverse: rest bits must be zero and too few for a whole byte or a needless digit. */
static bool decode_to(
	char *p, size_t *n_out, struct slice s, unsigned bits, const uint8_t value[256])
{
	unsigned have = 0;
	uint32_t acc = 0;
	size_t at = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint32_t v = value[(unsigned char)s.p[i]];
		if (v == NO_VALUE)
			return false;
		acc = (acc << bits | v) & 0xffff;
		have += bits;
		if (have >= 8) {
			have -= 8;
			p[at++] = (char)(unsigned char)(acc >> have & 0xff);
		}
	}
	*n_out = at;
	return have < bits && (acc & ((1U << have) - 1)) == 0;
}

static bool decode(struct buf *b, struct slice s, unsigned bits, const uint8_t value[256])
{
	char *p = buf_room(b, s.len);
	size_t old = b->len, n;

	if (!p || !decode_to(p, &n, s, bits, value))
		return false;
	buf_commit(b, n);
	return b->len == old + n;
}

/* What each byte stands for in an alphabet. */
static void values_of(const char *alphabet, uint8_t value[256])
{
	memset(value, NO_VALUE, 256);
	for (size_t i = 0; alphabet[i]; i++)
		value[(unsigned char)alphabet[i]] = (uint8_t)i;
}

void base64_add(struct buf *b, struct slice s)
{
	size_t n = encode(b, s, 6, b64_std);

	for (; n % 4 != 0; n++)
		buf_addc(b, '=');
}

bool base64_decode(struct buf *b, struct slice s)
{
	uint8_t value[256];

	if (s.len % 4 != 0)
		return false;
	for (int i = 0; i < 2 && s.len > 0 && s.p[s.len - 1] == '='; i++)
		s.len--;
	values_of(b64_std, value);
	return decode(b, s, 6, value);
}

void base64url_add(struct buf *b, struct slice s)
{
	encode(b, s, 6, b64_url);
}

bool base64url_decode(struct buf *b, struct slice s)
{
	uint8_t value[256];

	values_of(b64_url, value);
	return decode(b, s, 6, value);
}

void base64url_write(char *out, struct slice s)
{
	encode_to(out, s, 6, b64_url);
}

bool base64url_read(struct slice s, void *out, size_t n)
{
	uint8_t value[256];
	size_t got;

	values_of(b64_url, value);
	return s.len == digits_of(n, 6) && decode_to(out, &got, s, 6, value) && got == n;
}

void base32_add(struct buf *b, struct slice s)
{
	encode(b, s, 5, b32_low);
}

void base32_write(char *out, struct slice s)
{
	encode_to(out, s, 5, b32_low);
}

bool base32_decode(struct buf *b, struct slice s)
{
	uint8_t value[256];

	values_of(b32_low, value);
	return decode(b, s, 5, value);
}

void hex_add(struct buf *b, struct slice s)
{
	char *p = buf_room(b, s.len * 2);

	if (!p)
		return;
	for (size_t i = 0; i < s.len; i++) {
		p[2 * i] = hex_low[(unsigned char)s.p[i] >> 4];
		p[2 * i + 1] = hex_low[(unsigned char)s.p[i] & 15];
	}
	buf_commit(b, s.len * 2);
}
