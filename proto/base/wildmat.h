/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns of RFC 3977 section 4: comma-separated, `!` negates, the last match wins; `*` and `?`
 * only, on UTF-8.  Brackets and backslash are no wildmat and make a pattern invalid.
 */
#ifndef PROTO_BASE_WILDMAT_H
#define PROTO_BASE_WILDMAT_H

#include "proto/base/slice.h"

/* Is it a wildmat by the grammar of RFC 3977 section 4.1? */
NODISCARD bool wildmat_valid(struct slice pattern);

/*
 * Does text match?  An invalid pattern matches nothing.
 * Time is O(pattern * text) at worst, never exponential.
 */
NODISCARD bool wildmat_match(struct slice pattern, struct slice text);

/*
 * The literal bytes that every match must begin with, when the pattern is a single positive one
 * ("nrw.koko.*" -> "nrw.koko."); empty otherwise.  Lets a scan start at the right place.
 */
struct slice wildmat_prefix(struct slice pattern);

#endif
