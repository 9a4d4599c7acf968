/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much a test does: $KOKO_LEVEL, as tests/net/run sets it; what is unset is not fast. */
#ifndef TESTS_RIG_LEVEL_H
#define TESTS_RIG_LEVEL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool level_is_fast(void)
{
	const char *level = getenv("KOKO_LEVEL");

	return level && strcmp(level, "fast") == 0;
}

#endif
