/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of settings: their text into struct conf, and back. */
#ifndef CONF_CONF_VALUE_H
#define CONF_CONF_VALUE_H

#include "conf/conf_schema.h"

/*
 * Put values (one, but for lists) into the row's member of c, checked.
 * KERR_INVALID: err->text is "KEY: what is wrong, allowed: ..."; the member is as before.
 */
NODISCARD int conf_value_set(const struct conf_row *r, struct conf *c, const struct slice *values,
	size_t n_values, struct err *err);

/* Put the row's default, which for lists is "a, b". */
void conf_value_set_default(const struct conf_row *r, struct conf *c);

/* Append the value as the file would have it: `10M`, `"koko.example.org"`, `{ "a", "b" }`. */
void conf_value_show(const struct conf_row *r, const struct conf *c, struct buf *b);

/* Append a number in its largest whole unit: 10M, 30m, 128. */
void conf_value_add_number(struct buf *b, enum conf_type type, uint64_t n);

/* Is a value given: text or list that is not empty, a number always? */
bool conf_value_given(const struct conf_row *r, const struct conf *c);

/* Release what the row's member owns. */
void conf_value_free(const struct conf_row *r, struct conf *c);

/* A DNS name with at least one dot, in lower case: letters, digits, hyphens.  RFC 1123 section 2.1
 */
NODISCARD bool conf_dns_name_valid(struct slice name);

#endif
