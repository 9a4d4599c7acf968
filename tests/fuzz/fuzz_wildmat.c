/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pattern, a NUL, a text: against a matcher that simply tries everything. */
#include "proto/base/text.h"
#include "proto/base/wildmat.h"
#include "tests/fuzz/fuzz.h"

enum { NAIVE_MAX = 12 };

static size_t char_len(struct slice s)
{
	size_t n = 1;

	while (n < s.len && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* One pattern.  Exponential, so for short input only. */
static bool naive_one(struct slice pat, struct slice text)
{
	if (pat.len == 0)
		return text.len == 0;
	if (pat.p[0] == '*')
		return naive_one(slice_from(pat, 1), text) ||
		       (text.len > 0 && naive_one(pat, slice_from(text, 1)));
	if (text.len == 0)
		return false;
	if (pat.p[0] == '?')
		return naive_one(slice_from(pat, 1), slice_from(text, char_len(text)));
	return pat.p[0] == text.p[0] && naive_one(slice_from(pat, 1), slice_from(text, 1));
}

static bool naive(struct slice pattern, struct slice text)
{
	struct slice pat;
	bool match = false;

	while (slice_split(&pattern, ',', &pat)) {
		bool negated = slice_starts(pat, lit("!"));
		if (naive_one(slice_from(pat, negated), text))
			match = !negated;
	}
	return match;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct slice pattern = slice_head(in, slice_chr(in, '\0'));
	struct slice text = slice_from(in, pattern.len + 1);
	struct slice prefix = wildmat_prefix(pattern);
	bool match = wildmat_match(pattern, text);

	FUZZ_CHECK(!match || wildmat_valid(pattern));
	FUZZ_CHECK(!match || slice_starts(text, prefix));
	if (wildmat_valid(pattern) && utf8_valid(text) && pattern.len <= NAIVE_MAX &&
		text.len <= NAIVE_MAX)
		FUZZ_CHECK(match == naive(pattern, text));
	return 0;
}
