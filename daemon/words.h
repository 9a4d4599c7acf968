/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences for people in every language there is a catalogue of.  gettext knows one language at a
 * time, of the process; a daemon speaks to many people at once.  So all is looked up at the start
 * and kept.
 */
#ifndef DAEMON_WORDS_H
#define DAEMON_WORDS_H

#include "proto/http/setup_words.h"

enum { WORDS_LANGS = 2 };

struct words {
	struct setup_words german;
	const struct setup_words *list[WORDS_LANGS]; /* the first is for who asks for none */
	size_t n;
};

/* Before any thread is started: locale and environment change for a moment. */
struct words *words_new(void);
void words_free(struct words *w);

#endif
