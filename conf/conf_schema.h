/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings, one row each.  A dotted name is a key in a block: nntp.max-article is the key
 * max-article in `nntp { }`.  Parser, sample file, manual and `kokoctl conf` read these rows.
 */
#ifndef CONF_CONF_SCHEMA_H
#define CONF_CONF_SCHEMA_H

#include "conf/conf.h"
#include "proto/base/buf.h"

enum conf_type {
	CONF_STRING, /* min and max are lengths */
	CONF_PATH,   /* absolute; min and max are lengths */
	CONF_NAME,   /* a DNS name */
	CONF_CHOICE, /* one of `choices` */
	CONF_BOOL,   /* on, off */
	CONF_COUNT,  /* a number */
	CONF_SIZE,   /* bytes, with K, M or G */
	CONF_TIME,   /* seconds, with s, m or h */
	CONF_LISTEN, /* a list of address:port; max is its length */
	CONF_NAMES,  /* a list of DNS names; max is its length */
};

struct conf_row {
	const char *name;
	enum conf_type type;
	size_t offset; /* of the member in struct conf */
	const char *def;
	uint64_t min, max;
	const char *choices; /* "a|b|c" of CONF_CHOICE, else NULL */
	const char *help;
};

extern const struct conf_row conf_rows[];
extern const size_t conf_n_rows;

/* The row of a name; NULL when there is none. */
const struct conf_row *conf_row_find(struct slice name);

/*
 * What a mistyped name may have meant, as one would write it: "log { level }", "nntp { }", "data".
 * Appends nothing when no name is near.
 */
void conf_row_near(struct slice name, struct buf *b);

/* Is the value a list, written { a, b }? */
bool conf_row_is_list(const struct conf_row *r);

/* The block of a row ("nntp") and its key there ("max-article"); the block may be empty. */
struct slice conf_row_block(const struct conf_row *r);
const char *conf_row_key(const struct conf_row *r);

/* Append what is allowed, for people: "4K to 64M". */
void conf_row_allowed(const struct conf_row *r, struct buf *b);

#endif
