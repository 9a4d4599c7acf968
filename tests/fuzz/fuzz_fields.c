/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as Message-ID, References, Newsgroups and Path. */
#include "proto/msg/fields.h"
#include "tests/fuzz/fuzz.h"

static void check_refs(struct slice in)
{
	struct slice rest = in, id, last = lit("");

	while (refs_next(&rest, &id)) {
		FUZZ_CHECK(msgid_syntax(id));
		FUZZ_CHECK(id.p >= in.p && id.p + id.len <= in.p + in.len);
		last = id;
	}
	FUZZ_CHECK(refs_last(in, &id) == (last.len > 0));
	FUZZ_CHECK(last.len == 0 || slice_eq(id, last));
}

static void check_groups(struct slice in)
{
	struct slice rest = in, name;
	int valid = 0, all = 0;

	while (newsgroups_next(&rest, &name)) {
		valid += group_name_valid(name);
		all++;
	}
	int n = newsgroups_check(in, 8);
	FUZZ_CHECK(n < 0 || (n == all && n == valid && n >= 1 && n <= 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), rest = in, entry;

	FUZZ_CHECK(!msgid_valid(in) || (msgid_syntax(in) && msgid_domain(in).len > 0));
	check_refs(in);
	check_groups(in);
	while (path_next(&rest, &entry))
		FUZZ_CHECK(slice_chr(entry, '!') == entry.len);
	path_has(in, lit("a"));
	return 0;
}
