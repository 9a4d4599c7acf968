/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text: UTF-8, ASCII case, base64, base32, hex, decimal.  Pure functions on slices. */
#ifndef PROTO_BASE_TEXT_H
#define PROTO_BASE_TEXT_H

#include <stdint.h>

#include "proto/base/buf.h"

/* ASCII only, whatever the locale says. */
static inline int ascii_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline bool ascii_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_alnum(int c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static inline bool ascii_print(int c)
{
	return c > 32 && c < 127;
}

void text_add_lower(struct buf *b, struct slice s);

/* Well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).  RFC 3629 section 3 */
bool utf8_valid(struct slice s);

/* At most max bytes of s, not ending inside a character.  s is valid UTF-8. */
struct slice utf8_cut(struct slice s, size_t max);

/* Append s with each invalid sequence replaced by U+FFFD. */
void utf8_add_clean(struct buf *b, struct slice s);

/*
 * Append s without differences of case, for comparing and searching: each letter of the Latin,
 * Greek and Cyrillic alphabets as its small one, sharp s as "ss".  Invalid UTF-8 stays as it is.
 */
void text_add_fold(struct buf *b, struct slice s);

/* A whole slice as one decimal number at most max: digits only, 1 to 20 of them. */
NODISCARD bool text_number(struct slice s, uint64_t max, uint64_t *n_out);

/* A size with an optional suffix K, M, G (binary): "10M".  conf and kokoctl use it. */
NODISCARD bool text_size(struct slice s, uint64_t max, uint64_t *n_out);

/* RFC 4648 section 4, with padding; decoding is strict (no blanks, canonical tail). */
void base64_add(struct buf *b, struct slice s);
NODISCARD bool base64_decode(struct buf *b, struct slice s);

/* RFC 4648 section 5, without padding. */
void base64url_add(struct buf *b, struct slice s);
NODISCARD bool base64url_decode(struct buf *b, struct slice s);

/* The same from and to memory of known size: (n * 8 + 5) / 6 digits, without NUL, for n bytes. */
void base64url_write(char *out, struct slice s);
NODISCARD bool base64url_read(struct slice s, void *out, size_t n);

/* Lower-case base32 without padding.  RFC 4648 section 6 */
void base32_add(struct buf *b, struct slice s);
NODISCARD bool base32_decode(struct buf *b, struct slice s);
void base32_write(char *out, struct slice s); /* (s.len * 8 + 4) / 5 digits, without NUL */

void hex_add(struct buf *b, struct slice s);

#endif
