/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/script/play_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

bool play_text_matches(struct slice want, struct slice got)
{
	if (slice_ends(want, lit("*")))
		return slice_starts(got, slice_head(want, want.len - 1));
	return slice_eq(want, got);
}

void play_text_raw(struct buf *b, struct slice s)
{
	static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";

	for (size_t i = 0; i < s.len; i++) {
		const char *at = NULL;

		if (s.p[i] == '\\' && i + 1 < s.len && s.p[i + 1] == 'x' && i + 3 < s.len) {
			char hex[3] = {s.p[i + 2], s.p[i + 3], '\0'};

			buf_addc(b, (char)strtoul(hex, NULL, 16));
			i += 3;
			continue;
		}
		if (s.p[i] == '\\' && i + 1 < s.len)
			at = strchr(from, s.p[i + 1]);
		buf_add(b, at ? slice_of(to + (at - from), 1) : slice_of(s.p + i, 1));
		i += at != NULL;
	}
}

void play_text_long(struct buf *b, struct slice s)
{
	struct slice n_word = slice_head(s, slice_chr(s, ' '));
	uint64_t n;

	if (!text_number(n_word, 1 << 20, &n))
		return;
	buf_add(b, slice_from(s, n_word.len + 1));
	while (n-- > 0)
		buf_addc(b, 'x');
}

bool play_text_read(struct buf *b, const char *path, size_t max)
{
	FILE *in = fopen(path, "rb");

	if (!in) {
		perror(path);
		return false;
	}
	char *room = buf_room(b, max);
	buf_commit(b, fread(room, 1, max, in));
	fclose(in);
	return true;
}
