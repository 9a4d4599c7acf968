/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 26 random digits and 2 that are computed from them.  130 bits are not guessed, so the key that
 * they become needs no slow hash.
 */
#include "daemon/fed_code.h"

#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { CODE_RANDOM = 26 };

/* The two last digits of a code. */
static void code_check(const char digits[CODE_RANDOM], char out[FED_CODE_DIGITS - CODE_RANDOM])
{
	const struct slice parts[] = {lit("kokod-code-v1\n"), slice_of(digits, CODE_RANDOM)};
	uint8_t h[CRYPTO_HASH_LEN];
	char text[8];

	crypto->sha256(parts, array_len(parts), h);
	base32_write(text, slice_of(h, 5));
	memcpy(out, text, FED_CODE_DIGITS - CODE_RANDOM);
}

void fed_code_make(char digits[FED_CODE_DIGITS])
{
	char text[FED_CODE_DIGITS];
	uint8_t random[17]; /* 28 digits, of which 26 are taken */

	crypto_random(random, sizeof random);
	base32_write(text, slice_of(random, sizeof random));
	memcpy(digits, text, CODE_RANDOM);
	code_check(digits, digits + CODE_RANDOM);
	mem_wipe(text, sizeof text);
	mem_wipe(random, sizeof random);
}

void fed_code_show(const char digits[FED_CODE_DIGITS], char out[FED_CODE_LEN + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < FED_CODE_DIGITS; i++) {
		if (i > 0 && i % 4 == 0)
			out[n++] = '-';
		out[n++] = digits[i];
	}
	out[n] = '\0';
}

/* Digits that base32 does not have are taken for the letters that they look like. */
static char code_digit(int c)
{
	switch (c) {
	case '0':
		return 'o';
	case '1':
		return 'l';
	case '8':
		return 'b';
	default:
		return (char)ascii_lower(c);
	}
}

bool fed_code_read(const char *code, char digits[FED_CODE_DIGITS])
{
	char check[FED_CODE_DIGITS - CODE_RANDOM];
	size_t n = 0;

	for (; *code; code++) {
		if (*code == '-' || *code == ' ' || *code == '\n' || *code == '\r')
			continue;
		if (n == FED_CODE_DIGITS)
			return false;
		digits[n++] = code_digit((unsigned char)*code);
	}
	if (n < FED_CODE_DIGITS)
		return false;
	code_check(digits, check);
	return memcmp(check, digits + CODE_RANDOM, sizeof check) == 0;
}

void fed_code_key(const char digits[FED_CODE_DIGITS], uint8_t key[CRYPTO_KEY_LEN])
{
	crypto->hmac_sha256(slice_of(digits, CODE_RANDOM), lit("kokod-recovery-v1\n"), key);
}
