/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a value with encoded words, and as a text to be encoded. */
#include "proto/base/text.h"
#include "proto/msg/fields.h"
#include "tests/fuzz/fuzz.h"

static bool is_plain_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > 126 ||
			((unsigned char)s.p[i] < 32 && s.p[i] != '\r' && s.p[i] != '\n'))
			return false;
	return true;
}

static void check_encode(struct slice text)
{
	struct buf coded, back, clean;

	buf_init(&coded, 1 << 24);
	buf_init(&back, 1 << 24);
	buf_init(&clean, 1 << 24);
	words_encode(&coded, text);
	FUZZ_CHECK(is_plain_ascii(buf_slice(&coded)));
	words_decode(&back, buf_slice(&coded));
	utf8_add_clean(&clean, text);
	for (size_t i = 0; i < clean.len; i++)
		if ((unsigned char)clean.data[i] < 32 || clean.data[i] == 127)
			clean.data[i] = ' ';
	if (coded.len < WORDS_MAX_OUT)
		FUZZ_CHECK(slice_eq(buf_slice(&back), buf_slice(&clean)));
	buf_fini(&coded);
	buf_fini(&back);
	buf_fini(&clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf b;

	buf_init(&b, 1 << 24);
	words_decode(&b, in);
	FUZZ_CHECK(!b.bad && b.len <= WORDS_MAX_OUT && utf8_valid(buf_slice(&b)));
	buf_fini(&b);
	check_encode(in);
	return 0;
}
