/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines, paths and parameters. */
#include "proto/smtp/smtp_cmds.h"
#include "tests/fuzz/fuzz.h"

static void check_path(struct slice arg, struct slice keyword)
{
	struct slice rest = arg;
	struct smtp_param param;
	struct smtp_path p;

	if (!smtp_path_take(&rest, keyword, &p))
		return;
	FUZZ_CHECK(p.local_len + p.domain_len <= SMTP_PATH_MAX);
	FUZZ_CHECK(rest.len < arg.len);
	FUZZ_CHECK(slice_chr(smtp_path_domain(&p), '>') == p.domain_len);
	while (smtp_param_next(&rest, &param) == SCAN_OK)
		FUZZ_CHECK(param.key.len > 0 && param.key.len + param.value.len < arg.len);
}

/* No line is taken that a shorter piece of it would have been taken as. */
static void check_line(struct slice in, size_t max)
{
	struct smtp_line a, b;
	size_t used, used_b;
	enum scan got = smtp_take(in, max, &used, &a);

	FUZZ_CHECK(used <= in.len && used <= SMTP_AUTH_LINE_MAX);
	FUZZ_CHECK(got != SCAN_MORE || used == 0);
	FUZZ_CHECK((got == SCAN_BAD) == (a.why != NULL));
	if (used > 0)
		FUZZ_CHECK(smtp_take(slice_head(in, used - 1), max, &used_b, &b) == SCAN_MORE);
	if (got != SCAN_OK)
		return;
	FUZZ_CHECK(a.verb.len + a.arg.len <= a.line.len);
	check_path(a.arg, lit("FROM:"));
	check_path(a.arg, lit("TO:"));
	(void)smtp_cmd_find(a.verb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);

	check_line(in, SMTP_LINE_MAX);
	check_line(in, 64);
	return 0;
}
