/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of entry numbers as spans, ascending, apart from each other by at least one number. */
#ifndef PROTO_FED_FED_SPAN_H
#define PROTO_FED_FED_SPAN_H

#include <stdint.h>

#include "proto/base/coll.h"

struct fed_span {
	uint64_t from, to; /* both within */
};

struct fed_spans {
	struct vec v;
};

void fed_spans_init(struct fed_spans *s);
void fed_spans_fini(struct fed_spans *s);

static inline size_t fed_spans_n(const struct fed_spans *s)
{
	return s->v.n;
}

static inline const struct fed_span *fed_spans_at(const struct fed_spans *s, size_t i)
{
	return vec_at(&s->v, i);
}

bool fed_spans_has(const struct fed_spans *s, uint64_t n);
void fed_spans_add(struct fed_spans *s, uint64_t from, uint64_t to);
void fed_spans_take(struct fed_spans *s, uint64_t from, uint64_t to);

/* The smallest number >= n that is not in the set. */
uint64_t fed_spans_free(const struct fed_spans *s, uint64_t n);

/* The smallest number >= n that is in the set; UINT64_MAX: none. */
uint64_t fed_spans_next(const struct fed_spans *s, uint64_t n);

/* How many numbers. */
uint64_t fed_spans_count(const struct fed_spans *s);

void fed_spans_copy(struct fed_spans *to, const struct fed_spans *from);

#endif
