/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of `kokoctl batch` into words, as a shell would: quotes, backslash, # comment. */
#ifndef CLIENTS_CTL_WORDS_H
#define CLIENTS_CTL_WORDS_H

#include "proto/base/mem.h"

enum { CTL_WORDS_MAX = 64 };

/*
 * words  at most CTL_WORDS_MAX C strings, in the arena
 *
 * The number of words (0: an empty line or a comment), KERR_INVALID (a quote stays open) or
 * KERR_TOOBIG (too many words).
 */
NODISCARD int ctl_words(struct slice line, struct arena *ar, char *words[CTL_WORDS_MAX]);

#endif
