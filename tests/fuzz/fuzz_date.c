/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a date: what is understood is written and understood again as the same second. */
#include "proto/base/date.h"
#include "tests/fuzz/fuzz.h"

static void round_trip(int64_t at)
{
	struct buf b;
	int64_t again = -1;

	buf_init(&b, 1000);
	date_add(&b, at);
	FUZZ_CHECK(date_parse(buf_slice(&b), &again) && again == at);
	buf_reset(&b);
	date_add_imap(&b, at);
	FUZZ_CHECK(date_parse_imap(buf_slice(&b), &again) && again == at);
	buf_reset(&b);
	date_add_nntp(&b, at);
	FUZZ_CHECK(date_parse_nntp(
			   slice_head(buf_slice(&b), 8), slice_from(buf_slice(&b), 8), 0, &again) &&
		   again == at);
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), day = slice_head(in, slice_chr(in, ' '));
	int64_t at;

	if (date_parse(in, &at))
		round_trip(at);
	if (date_parse_imap(in, &at))
		round_trip(at);
	if (date_parse_nntp(day, slice_from(in, day.len + 1), 1795442351, &at) && at >= 0)
		round_trip(at);
	return 0;
}
