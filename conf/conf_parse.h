/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a configuration file, read through libconfuse into struct conf. */
#ifndef CONF_CONF_PARSE_H
#define CONF_CONF_PARSE_H

#include "conf/conf.h"
#include "proto/base/slice.h"

enum { CONF_FILE_MAX = 1024 * 1024 }; /* bytes of one file */

/*
 * Put every setting of text into *c; what it does not name stays.  file is for messages only.
 *
 * KERR_INVALID: err->text is "FILE:LINE: KEY: what is wrong, allowed: ..."; the settings before it
 * have been taken.  One thread at a time: libconfuse's lexer is global.
 */
NODISCARD int conf_parse_text(const char *file, struct slice text, struct conf *c, struct err *err);

#endif
