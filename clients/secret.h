/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords come from: a prompt without echo, standard input, a file.  Never the words. */
#ifndef CLIENTS_SECRET_H
#define CLIENTS_SECRET_H

#include <stdbool.h>

#include "proto/base/err.h"

enum { SECRET_MAX = 256 }; /* bytes with the NUL */

/* The first line of standard input (file NULL) or of a file; KERR_* with *err. */
NODISCARD int secret_read(const char *file, char out[SECRET_MAX], struct err *err);

/* Ask on the terminal, with `again` twice; KERR_NOTFOUND: there is no terminal. */
NODISCARD int secret_ask(const char *prompt, bool again, char out[SECRET_MAX], struct err *err);

#endif
