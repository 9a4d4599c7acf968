/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every cmocka test needs, in the order cmocka wants it, and asserts on slices. */
#ifndef TESTS_RIG_UNIT_H
#define TESTS_RIG_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/base/buf.h"

/* The slice holds exactly the bytes of the C string; on failure both are printed. */
#define assert_slice(s, cstr) unit_assert_slice((s), (cstr), __FILE__, __LINE__)
#define assert_buf(b, cstr) unit_assert_slice(buf_slice(b), (cstr), __FILE__, __LINE__)

static inline void unit_assert_slice(struct slice s, const char *want, const char *file, int line)
{
	if (slice_eq(s, slice_str(want)))
		return;
	fprintf(stderr, "%s:%d: \"%.*s\" is not \"%s\"\n", file, line, SLICE_ARG(s), want);
	fail();
}

#endif
