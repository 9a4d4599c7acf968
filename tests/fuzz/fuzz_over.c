/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as an overview line: what is taken is written again and read again as the same. */
#include "proto/base/text.h"
#include "proto/nntp/nntp_over.h"
#include "tests/fuzz/fuzz.h"

static bool inside(struct slice part, struct slice whole)
{
	return part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void check_fields(const struct forum_over *o, struct slice in)
{
	FUZZ_CHECK(inside(o->fields, in) && inside(o->xref, in));
	for (unsigned f = 0; f < OVER_N_FIELDS; f++) {
		struct slice part = nntp_over_get(o->fields, (enum nntp_over_field)f);

		FUZZ_CHECK(inside(part, o->fields) && slice_chr(part, '\t') == part.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct forum_over o, again;
	struct buf b;

	if (!nntp_over_parse(in, &o))
		return 0;
	check_fields(&o, in);
	buf_init(&b, size + 100);
	nntp_over_add(&b, &o);
	FUZZ_CHECK(!b.bad);
	FUZZ_CHECK(nntp_over_parse(slice_head(buf_slice(&b), b.len - 2), &again));
	FUZZ_CHECK(again.num == o.num && again.lines == o.lines);
	FUZZ_CHECK(again.bytes == nntp_over_bytes(&o));
	FUZZ_CHECK(slice_eq(again.fields, o.fields) && slice_eq(again.xref, o.xref));
	buf_fini(&b);
	return 0;
}
