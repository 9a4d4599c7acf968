/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dot-stuffing: every input read whole and in two pieces, and every text there and back. */
#include "proto/msg/dot.h"
#include "tests/fuzz/fuzz.h"

enum { MAX = 1 << 16, HARD = 1 << 20 };

struct answer {
	enum scan rc;
	size_t used;
	const char *why;
};

static struct answer read_cut(struct slice in, size_t cut, struct buf *out)
{
	struct dot_in d;
	struct answer a;
	size_t used;

	dot_in_begin(&d, out, MAX, HARD);
	a.rc = dot_in_feed(&d, slice_head(in, cut), &a.used);
	if (a.rc == SCAN_MORE) {
		FUZZ_CHECK(a.used == slice_head(in, cut).len);
		a.rc = dot_in_feed(&d, slice_from(in, cut), &used);
		a.used += used;
	}
	a.why = dot_in_why(&d);
	return a;
}

static void check_cut(struct slice in, size_t cut)
{
	struct buf whole, two;

	buf_init(&whole, MAX);
	buf_init(&two, MAX);
	struct answer a = read_cut(in, in.len, &whole), b = read_cut(in, cut, &two);
	FUZZ_CHECK(a.rc == b.rc && a.used == b.used && a.why == b.why);
	FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&two)));
	if (a.rc == SCAN_OK) {
		struct slice end = slice_head(in, a.used);
		FUZZ_CHECK(a.used == 3 || slice_ends(end, lit("\r\n.\r\n")));
	}
	buf_fini(&whole);
	buf_fini(&two);
}

/* A text comes back as it was, whatever dots it has, or is refused for its line ends. */
static void check_round_trip(struct slice text, size_t cut)
{
	struct dot_out d = {0};
	struct buf wire, back;

	buf_init(&wire, MAX);
	buf_init(&back, MAX);
	dot_add(&d, &wire, slice_head(text, cut));
	dot_add(&d, &wire, slice_from(text, cut));
	dot_end(&d, &wire);
	struct answer a = read_cut(buf_slice(&wire), cut, &back);
	FUZZ_CHECK(wire.bad || (a.rc == SCAN_OK && a.used == wire.len));
	FUZZ_CHECK(wire.bad || a.why || slice_starts(buf_slice(&back), text));
	buf_fini(&wire);
	buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_from(slice_of(data, size), 1);
	size_t cut = size ? data[0] : 0;

	check_cut(in, cut);
	check_round_trip(in, cut);
	return 0;
}
