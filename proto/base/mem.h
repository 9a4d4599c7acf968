/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that succeeds or aborts, sums that cannot wrap, and the arena.
 * Every size that comes from the network meets its limit before it is allocated.
 */
#ifndef PROTO_BASE_MEM_H
#define PROTO_BASE_MEM_H

#include <stdlib.h>

#include "proto/base/slice.h"

NODISCARD void *mem_alloc(size_t n);  /* n > 0; not zeroed */
NODISCARD void *mem_zalloc(size_t n); /* zeroed */
NODISCARD void *mem_realloc(void *p, size_t n);
NODISCARD char *mem_dup(struct slice s); /* with a NUL behind it */

/* A zeroed struct on the heap; free() releases it. */
#define mem_new(type) ((type *)mem_zalloc(sizeof(type)))

/* n elements of a zeroed array. */
NODISCARD void *mem_array(size_t n, size_t size);

/* Overwrite secrets; not optimised away. */
void mem_wipe(void *p, size_t n);

/* Equal in a time that does not depend on the bytes. */
bool mem_eq_ct(const void *a, const void *b, size_t n);

/* a + b and a * b; abort on overflow: limits come first, so reaching this is a bug. */
size_t size_add(size_t a, size_t b);
size_t size_mul(size_t a, size_t b);

/*
 * Allocate many, free once.  Blocks grow from 1 KiB; arena_reset keeps the first block only, so an
 * idle session costs at most that.  Memory is aligned for any type.
 */
struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes handed out since the last reset */
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);
NODISCARD void *arena_alloc(struct arena *a, size_t n);  /* zeroed */
struct slice arena_dup(struct arena *a, struct slice s); /* the copy has a NUL behind it */

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
