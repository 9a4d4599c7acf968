/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What zstd knows before it sees an article: a text that is built in.  A dictionary trained on
 * articles would be smaller still, but pieces of them would lie in it in clear, and outlive their
 * erasure.
 */
#ifndef STORAGE_DICT_H
#define STORAGE_DICT_H

#include <zstd.h>

#include "proto/base/slice.h"

enum { DICT_NONE = 0, DICT_BUILT_IN = 1 };

struct dict; /* read-only once made: any thread */

NODISCARD struct dict *dict_new(int level);
void dict_free(struct dict *d);

struct slice dict_text(void);

/* Bytes written to out, or what ZSTD_isError knows. */
size_t dict_pack(const struct dict *d, ZSTD_CCtx *ctx, struct slice raw, void *out, size_t room);
size_t dict_unpack(
	const struct dict *d, ZSTD_DCtx *ctx, struct slice packed, void *out, size_t room);

#endif
