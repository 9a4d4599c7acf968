/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines, their words and ranges. */
#include "proto/nntp/nntp_cmds.h"
#include "tests/fuzz/fuzz.h"

static void check_words(const struct nntp_args *a)
{
	struct nntp_range r;

	FUZZ_CHECK(a->n <= NNTP_ARGS_MAX);
	for (unsigned i = 0; i < a->n; i++) {
		struct slice w = a->v[i];

		FUZZ_CHECK(w.len > 0 && w.p >= a->line.p);
		FUZZ_CHECK(w.p + w.len <= a->line.p + a->line.len);
		if (nntp_range_parse(w, true, &r))
			FUZZ_CHECK(r.lo <= (uint32_t)NNTP_NUM_MAX + 1);
	}
}

/* No line is taken that a shorter piece of it would have been taken as. */
static void check_line(struct slice in)
{
	struct nntp_args a, b;
	size_t used, used_b;
	int code;
	enum scan got = nntp_take(in, &used, &a);

	FUZZ_CHECK(used <= in.len && used <= NNTP_LINE_MAX);
	FUZZ_CHECK(got != SCAN_MORE || (used == 0 && in.len < NNTP_LINE_MAX));
	FUZZ_CHECK((got == SCAN_BAD) == (a.why != NULL));
	if (used > 0)
		FUZZ_CHECK(nntp_take(slice_head(in, used - 1), &used_b, &b) == SCAN_MORE);
	if (got != SCAN_OK)
		return;
	check_words(&a);
	if (nntp_cmd_find(&a, &code))
		check_words(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_line(slice_of(data, size));
	return 0;
}
