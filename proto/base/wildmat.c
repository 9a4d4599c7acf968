/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wildmats.  One pattern is matched with a single place to return to (the last star), which is
 * enough since an earlier star never has to take more: time is pattern times text at worst.
 */
#include "proto/base/wildmat.h"

#include "proto/base/text.h"

static bool is_special(char c)
{
	return c == '[' || c == ']' || c == '\\' || c == '!';
}

/* wildmat-pattern without its `!`.  RFC 3977 section 4.1 */
static bool pattern_valid(struct slice pat)
{
	for (size_t i = 0; i < pat.len; i++) {
		unsigned char c = (unsigned char)pat.p[i];
		if (c <= 32 || c == 127 || is_special(pat.p[i]))
			return false;
	}
	return pat.len > 0;
}

/* The grammar forbids `!` in front of the first pattern; every server takes it, and so do we. */
bool wildmat_valid(struct slice pattern)
{
	struct slice rest = pattern, pat;

	if (pattern.len == 0 || !utf8_valid(pattern))
		return false;
	while (slice_split(&rest, ',', &pat)) {
		if (slice_starts(pat, lit("!")))
			pat = slice_from(pat, 1);
		if (!pattern_valid(pat))
			return false;
	}
	return true;
}

/* Bytes of the character at the front of s (1 when it is not UTF-8). */
static size_t char_len(struct slice s)
{
	size_t n = 1;

	while (n < s.len && n < 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool match_one(struct slice pat, struct slice text)
{
	struct slice star_pat = {0}, star_text = {0};

	while (text.len > 0) {
		if (pat.len > 0 && pat.p[0] == '*') {
			star_pat = pat = slice_from(pat, 1);
			star_text = text;
		} else if (pat.len > 0 && pat.p[0] == '?') {
			pat = slice_from(pat, 1);
			text = slice_from(text, char_len(text));
		} else if (pat.len > 0 && pat.p[0] == text.p[0]) {
			pat = slice_from(pat, 1);
			text = slice_from(text, 1);
		} else if (star_pat.p) {
			pat = star_pat;
			text = star_text = slice_from(star_text, char_len(star_text));
		} else {
			return false;
		}
	}
	while (pat.len > 0 && pat.p[0] == '*')
		pat = slice_from(pat, 1);
	return pat.len == 0;
}

/* From the right: the last pattern that matches decides. */
bool wildmat_match(struct slice pattern, struct slice text)
{
	if (!wildmat_valid(pattern))
		return false;
	for (;;) {
		const char *comma = memrchr(pattern.p, ',', pattern.len);
		size_t from = comma ? (size_t)(comma - pattern.p) + 1 : 0;
		struct slice pat = slice_from(pattern, from);
		bool negated = pat.p[0] == '!';

		if (match_one(slice_from(pat, negated), text))
			return !negated;
		if (!comma)
			return false;
		pattern = slice_head(pattern, from - 1);
	}
}

struct slice wildmat_prefix(struct slice pattern)
{
	size_t n = 0;

	if (!wildmat_valid(pattern) || pattern.p[0] == '!' ||
		slice_chr(pattern, ',') != pattern.len)
		return slice_head(pattern, 0);
	while (n < pattern.len && pattern.p[n] != '*' && pattern.p[n] != '?')
		n++;
	return slice_head(pattern, n);
}
