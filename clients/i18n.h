/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages for people, German and English: _() translates, N_() marks for later. */
#ifndef CLIENTS_I18N_H
#define CLIENTS_I18N_H

#include <libintl.h>

#define _(text) gettext(text) /* NOLINT(bugprone-reserved-identifier): xgettext looks for it */
#define N_(text) text

/* Language of the environment, catalogue "koko". */
void i18n_init(void);

#endif
