/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the lines of a dialogue script are written: tests/script/README. */
#ifndef TESTS_SCRIPT_PLAY_TEXT_H
#define TESTS_SCRIPT_PLAY_TEXT_H

#include "proto/base/buf.h"

/* Is `got` what a script wants?  A last `*` matches the rest. */
bool play_text_matches(struct slice want, struct slice got);

/* Append s, where \r \n \t \0 \xNN and \\ stand for bytes. */
void play_text_raw(struct buf *b, struct slice s);

/* "C* N text": append N bytes 'x' behind the text, for lines and articles that are too long. */
void play_text_long(struct buf *b, struct slice s);

/* Append at most max bytes of a file; false, and the reason is printed, where there is none. */
bool play_text_read(struct buf *b, const char *path, size_t max);

#endif
