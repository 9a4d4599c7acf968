/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sentences of the set-up page.  They are looked up in the catalogue once, at the start, for
 * every language there is; what a visitor reads is chosen per request.
 */
#ifndef PROTO_HTTP_SETUP_WORDS_H
#define PROTO_HTTP_SETUP_WORDS_H

#include "proto/base/slice.h"

enum setup_word {
	SETUP_W_TITLE,
	SETUP_W_FOR,
	SETUP_W_LOGIN,
	SETUP_W_NO_PASSWORD,
	SETUP_W_THUNDERBIRD_1,
	SETUP_W_THUNDERBIRD_2,
	SETUP_W_THUNDERBIRD_3,
	SETUP_W_NEW_MESSAGES,
	SETUP_W_NEW_ALL,
	SETUP_W_NEW_ONE,
	SETUP_W_AUTOCONFIG,
	SETUP_W_APPLE,
	SETUP_W_APPLE_1,
	SETUP_W_APPLE_2,
	SETUP_W_ADDRESS,
	SETUP_W_LOAD,
	SETUP_W_OUTLOOK_1,
	SETUP_W_OUTLOOK_2,
	SETUP_W_BY_HAND,
	SETUP_W_BY_HAND_1,
	SETUP_W_PURPOSE,
	SETUP_W_SERVER,
	SETUP_W_PORT,
	SETUP_W_SECURITY,
	SETUP_W_READ,
	SETUP_W_SEND,
	SETUP_W_NEWS,
	SETUP_W_USER,
	SETUP_W_WHOLE_ADDRESS,
	SETUP_W_UNENCRYPTED,
	SETUP_W_GROUPS,
	SETUP_W_GROUPS_1,
	SETUP_W_GROUPS_2,
	SETUP_W_READERS,
	SETUP_W_READERS_1,
	SETUP_W_LANGUAGE,
	SETUP_W_PROFILE,
	SETUP_W_WRONG,
	SETUP_W_WRONG_1,
	SETUP_W_BACK,
	SETUP_WORDS,
};

struct setup_words {
	const char *lang; /* "de".  RFC 5646 */
	const char *name; /* of the language in itself */
	const char *text[SETUP_WORDS];
};

/* In English, as they stand in the source: keys of the catalogue. */
extern const struct setup_words setup_words_source;

/*
 * The index of what suits best among n languages: what `lang` names if there is such (may be
 * empty), else the best of Accept-Language, else 0.  RFC 9110 section 12.5.4
 */
size_t setup_words_choose(
	const struct setup_words *const *words, size_t n, struct slice lang, struct slice accept);

#endif
