/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text without differences of case.  The alphabets that people here write in are a handful of
 * ranges, so no table of all Unicode is needed; what is in no range stays as it is.  See text.h.
 */
#include "proto/base/text.h"

/* Capitals from..to; each step-th has its small letter `shift` behind it. */
static const struct {
	uint32_t from, to, step, shift;
} capitals[] = {
	{0xc0,   0xd6,   1, 32}, /* Latin-1 */
	{0xd8,   0xde,   1, 32},
	{0x100,  0x12e,  2, 1 }, /* Latin Extended-A */
	{0x132,  0x136,  2, 1 },
	{0x139,  0x147,  2, 1 },
	{0x14a,  0x176,  2, 1 },
	{0x179,  0x17d,  2, 1 },
	{0x386,  0x386,  1, 38}, /* Greek */
	{0x388,  0x38a,  1, 37},
	{0x38c,  0x38c,  1, 64},
	{0x38e,  0x38f,  1, 63},
	{0x391,  0x3a1,  1, 32},
	{0x3a3,  0x3ab,  1, 32},
	{0x400,  0x40f,  1, 80}, /* Cyrillic */
	{0x410,  0x42f,  1, 32},
	{0x460,  0x480,  2, 1 },
	{0x490,  0x4be,  2, 1 },
	{0x4d0,  0x52e,  2, 1 },
	{0x1e00, 0x1e94, 2, 1 }, /* Latin Extended Additional */
	{0x1ea0, 0x1efe, 2, 1 },
};

static uint32_t fold(uint32_t ch)
{
	if (ch == 0x178)
		return 0xff;
	if (ch == 0x3c2) /* final sigma */
		return 0x3c3;
	for (size_t i = 0; i < array_len(capitals) && ch >= capitals[i].from; i++)
		if (ch <= capitals[i].to && (ch - capitals[i].from) % capitals[i].step == 0)
			return ch + capitals[i].shift;
	return ch;
}

static bool is_sharp_s(uint32_t ch)
{
	return ch == 0xdf || ch == 0x1e9e;
}

/* The character of n bytes, 2 or 3. */
static uint32_t decode(const char *p, size_t n)
{
	uint32_t ch = (unsigned char)p[0] & (n == 2 ? 0x1f : 0x0f);

	for (size_t i = 1; i < n; i++)
		ch = ch << 6 | ((unsigned char)p[i] & 0x3f);
	return ch;
}

/* Every capital and its small letter are of one length. */
static void add_char(struct buf *b, uint32_t ch, size_t n)
{
	if (n == 3)
		buf_addc(b, (char)(unsigned char)(0xe0 | ch >> 12));
	buf_addc(b, (char)(unsigned char)(n == 3 ? 0x80 | (ch >> 6 & 0x3f) : 0xc0 | ch >> 6));
	buf_addc(b, (char)(unsigned char)(0x80 | (ch & 0x3f)));
}

/* How many bytes the character at the front has when it is one of two or three; else 1. */
static size_t char_len(struct slice s)
{
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 1;

	return n > 1 && n <= s.len && utf8_valid(slice_head(s, n)) ? n : 1;
}

/* Append the ASCII at the front of s; how much that is. */
static size_t add_ascii_fold(struct buf *b, struct slice s)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)s.p[n] < 0x80)
		n++;
	char *p = buf_room(b, n);
	if (!p)
		return n;
	for (size_t i = 0; i < n; i++)
		p[i] = (char)ascii_lower((unsigned char)s.p[i]);
	buf_commit(b, n);
	return n;
}

void text_add_fold(struct buf *b, struct slice s)
{
	size_t n;

	for (; s.len > 0; s = slice_from(s, n)) {
		n = add_ascii_fold(b, s);
		if (n > 0)
			continue;
		n = char_len(s);
		if (n == 1) {
			buf_addc(b, s.p[0]);
			continue;
		}
		uint32_t ch = decode(s.p, n);
		if (is_sharp_s(ch))
			buf_add(b, lit("ss"));
		else
			add_char(b, fold(ch), n);
	}
}
