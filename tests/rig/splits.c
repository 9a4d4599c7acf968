/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts of an input.  Pieces are copied for each run, so nothing of an earlier run can help. */
#include "tests/rig/splits.h"

#include <stdint.h>
#include <stdio.h>

#include "proto/base/mem.h"

enum { ANSWER_MAX = 1 << 24 };

struct slice splits_copy(struct slice s)
{
	char *p = mem_alloc(s.len);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return slice_of(p, s.len);
}

void splits_free(struct slice s)
{
	free((void *)(uintptr_t)s.p);
}

static void run(splits_fn fn, void *arg, struct slice *pieces, size_t n, struct buf *answer)
{
	for (size_t i = 0; i < n; i++)
		pieces[i] = splits_copy(pieces[i]);
	fn(arg, pieces, n, answer);
	for (size_t i = 0; i < n; i++)
		splits_free(pieces[i]);
}

static bool same(const struct buf *want, const struct buf *got, const char *how, size_t at)
{
	if (slice_eq(buf_slice(want), buf_slice(got)))
		return true;
	fprintf(stderr, "%s %zu: answer differs\nwhole: %.*s\nnow:   %.*s\n", how, at,
		SLICE_ARG(buf_slice(want)), SLICE_ARG(buf_slice(got)));
	return false;
}

static bool check_bytes(splits_fn fn, void *arg, struct slice in, const struct buf *want)
{
	struct slice *pieces = mem_array(in.len, sizeof *pieces);
	struct buf got;

	buf_init(&got, ANSWER_MAX);
	for (size_t i = 0; i < in.len; i++)
		pieces[i] = slice_of(in.p + i, 1);
	run(fn, arg, pieces, in.len, &got);
	bool ok = same(want, &got, "byte by byte", in.len);
	free(pieces);
	buf_fini(&got);
	return ok;
}

static bool check_cut(splits_fn fn, void *arg, struct slice in, size_t at, const struct buf *want)
{
	struct slice two[2] = {slice_head(in, at), slice_from(in, at)};
	struct buf got;

	buf_init(&got, ANSWER_MAX);
	run(fn, arg, two, 2, &got);
	bool ok = same(want, &got, "cut at", at);
	buf_fini(&got);
	return ok;
}

bool splits_check(splits_fn fn, void *arg, struct slice in, struct buf *answer)
{
	struct slice whole = in;

	buf_reset(answer);
	run(fn, arg, &whole, 1, answer);
	if (!check_bytes(fn, arg, in, answer))
		return false;
	for (size_t at = 0; at <= in.len; at++)
		if (!check_cut(fn, arg, in, at, answer))
			return false;
	return true;
}

void splits_prefixes(void (*fn)(void *arg, struct slice prefix), void *arg, struct slice in)
{
	for (size_t len = 0; len <= in.len; len++) {
		struct slice copy = splits_copy(slice_head(in, len));
		fn(arg, copy);
		splits_free(copy);
	}
}
