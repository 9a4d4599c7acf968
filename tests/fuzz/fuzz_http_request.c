/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests cut anywhere, percent code, queries, languages, and Outlook's body. */
#include "proto/base/text.h"
#include "proto/http/http_parse.h"
#include "tests/fuzz/fuzz.h"

/* What the parser says of `in` when it comes byte by byte. */
static enum scan take_bytes(
	struct http_parser *p, struct slice in, size_t *used, struct http_request *r)
{
	enum scan got = SCAN_MORE;

	*used = 0;
	for (size_t n = 1; got == SCAN_MORE && n <= in.len; n++)
		got = http_take(p, slice_head(in, n), used, r);
	return got;
}

static void check_taken(const struct http_request *r, size_t used)
{
	FUZZ_CHECK(used > 0 && used <= HTTP_HEAD_MAX + HTTP_BODY_MAX);
	FUZZ_CHECK(r->body.len <= HTTP_BODY_MAX && r->path.p[0] == '/');
}

static void check_request(struct slice in)
{
	struct http_parser whole = {0}, bytes = {0};
	struct http_request r, again;
	size_t used, used_again;
	enum scan got = http_take(&whole, in, &used, &r);

	FUZZ_CHECK(take_bytes(&bytes, in, &used_again, &again) == got && used_again == used);
	FUZZ_CHECK(whole.status == bytes.status && whole.why == bytes.why);
	FUZZ_CHECK((got == SCAN_BAD) == (whole.why != NULL));
	FUZZ_CHECK(got == SCAN_OK || used == 0);
	if (got != SCAN_OK)
		return;
	check_taken(&r, used);
	FUZZ_CHECK(slice_eq(r.path, again.path) && slice_eq(r.query, again.query));
	FUZZ_CHECK(slice_eq(r.body, again.body) && r.close == again.close);
}

static void check_text(struct slice in)
{
	struct buf out, schema;
	struct slice names[] = {lit("a"), lit("address")};

	buf_init(&out, HTTP_VALUE_MAX);
	buf_init(&schema, HTTP_VALUE_MAX);
	if (http_decode(in, true, &out))
		FUZZ_CHECK(out.len <= in.len && utf8_valid(buf_slice(&out)));
	for (size_t i = 0; i < array_len(names); i++)
		if (http_query(in, names[i], i == 0, &out) == SCAN_OK)
			FUZZ_CHECK(slice_chr(buf_slice(&out), '\0') == out.len);
	if (setup_outlook_read(in, &out, &schema))
		FUZZ_CHECK(out.len > 0 && out.len + schema.len < in.len);
	buf_fini(&out);
	buf_fini(&schema);
}

static void check_words(struct slice in)
{
	const struct setup_words *const words[] = {&setup_words_source, &setup_words_source};

	FUZZ_CHECK(setup_words_choose(words, array_len(words), in, in) < array_len(words));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);

	check_request(in);
	check_text(in);
	check_words(in);
	return 0;
}
