/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery code: what the admin has on paper, to open the sealed root key with. */
#ifndef DAEMON_FED_CODE_H
#define DAEMON_FED_CODE_H

#include "proto/base/crypto.h"

enum {
	FED_CODE_DIGITS = 28, /* base32: 26 random ones, 2 that tell a spelling error */
	FED_CODE_LEN = 34,    /* as it is shown: "abcd-efgh-..." */
};

/* Fresh random digits; the caller wipes them, here and below. */
void fed_code_make(char digits[FED_CODE_DIGITS]);

void fed_code_show(const char digits[FED_CODE_DIGITS], char out[FED_CODE_LEN + 1]);

/* As people type it: with or without hyphens and blanks, in capitals.  False: a spelling error. */
NODISCARD bool fed_code_read(const char *code, char digits[FED_CODE_DIGITS]);

void fed_code_key(const char digits[FED_CODE_DIGITS], uint8_t key[CRYPTO_KEY_LEN]);

#endif
