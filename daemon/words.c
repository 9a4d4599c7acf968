/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LANGUAGE chooses the catalogue in any locale but "C", so that of the language need not be
 * installed: C.UTF-8 is part of the C library.
 */
#include "daemon/words.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>

#include "proto/base/mem.h"

static const char german_lang[] = "de";

/* Look up all sentences; false when there is no catalogue. */
static bool look_up(struct setup_words *w)
{
	const char *const *source = setup_words_source.text;
	bool found = false;

	for (size_t i = 0; i < SETUP_WORDS; i++) {
		w->text[i] = dgettext(PACKAGE, source[i]);
		found |= w->text[i] != source[i];
	}
	return found;
}

static bool load_german(struct setup_words *w)
{
	const char *dir = getenv("KOKO_LOCALEDIR"); /* a build tree's catalogues, for tests */
	const char *old = getenv("LANGUAGE");
	char *kept = old ? mem_dup(slice_str(old)) : NULL;

	w->lang = german_lang;
	w->name = "Deutsch";
	(void)setenv("LANGUAGE", german_lang, 1);
	(void)setlocale(LC_MESSAGES, "C.UTF-8");
	bindtextdomain(PACKAGE, dir ? dir : LOCALEDIR);
	bind_textdomain_codeset(PACKAGE, "UTF-8");
	bool found = look_up(w);
	(void)setlocale(LC_MESSAGES, "C");
	if (kept)
		(void)setenv("LANGUAGE", kept, 1);
	else
		(void)unsetenv("LANGUAGE");
	free(kept);
	return found;
}

struct words *words_new(void)
{
	struct words *w = mem_new(struct words);

	if (load_german(&w->german))
		w->list[w->n++] = &w->german;
	w->list[w->n++] = &setup_words_source;
	return w;
}

void words_free(struct words *w)
{
	free(w);
}
