/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The message catalogue.  Messages are UTF-8 whatever the locale's charset is: terminals are, and
 * names of people are shown beside them.
 */
#include "clients/i18n.h"

#include <locale.h>
#include <stdlib.h>

void i18n_init(void)
{
	const char *dir = getenv("KOKO_LOCALEDIR"); /* a build tree's catalogues, for tests */

	setlocale(LC_ALL, "");
	bindtextdomain(PACKAGE, dir ? dir : LOCALEDIR);
	bind_textdomain_codeset(PACKAGE, "UTF-8");
	textdomain(PACKAGE);
}
