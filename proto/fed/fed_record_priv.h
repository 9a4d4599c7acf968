/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of records share: the tables of keys, and the checks of a whole record. */
#ifndef PROTO_FED_FED_RECORD_PRIV_H
#define PROTO_FED_FED_RECORD_PRIV_H

#include "proto/fed/fed_record.h"

/* A record while it is read. */
struct fed_parse {
	struct fed_record *rec;
	struct arena *ar;
};

/* A key: how often it stands, and how many first words of its value may stand there once only. */
struct fed_key {
	const char *name; /* NULL ends a table */
	size_t min, max, once;
	/* Take its value; the reason to refuse it, or NULL. */
	const char *(*take)(struct fed_parse *p, struct slice v);
};

/* The keys of a type behind record and v, in order. */
const struct fed_key *fed_record_keys(enum fed_record_type t);

/* Room for one more element behind v[n]: the array, which may have moved. */
void *fed_grown(struct fed_parse *p, void *v, size_t n, size_t size);

/* Exactly n words with one blank between. */
NODISCARD bool fed_words(struct slice v, struct slice *word, size_t n);

/* Do the slices differ?  They are sorted. */
NODISCARD bool fed_all_differ(struct slice *v, size_t n);

/* What the lines of a record say to each other.  KERR_INVALID with err. */
NODISCARD int fed_record_check(const struct fed_record *rec, struct arena *ar, struct err *err);

extern const char *const fed_type_names[3], *const fed_state_names[3], *const fed_group_states[3];

#endif
