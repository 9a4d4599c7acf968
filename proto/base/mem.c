/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that succeeds or aborts, and the arena: a chain of blocks, newest first, each twice
 * the size of the one before.  The first block is made at the first use and survives a reset.
 */
#include "proto/base/mem.h"

#include <stdio.h>

enum { ARENA_FIRST = 1024, ARENA_LARGEST = 256 * 1024, ARENA_ALIGN = _Alignof(max_align_t) };

struct arena_block {
	struct arena_block *older;
	size_t size, used;
	max_align_t data[];
};

/* No stdio buffers and no log here: the process is out of memory. */
static _Noreturn void die(const char *why)
{
	fputs(why, stderr);
	abort();
}

void *mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		die("fatal: out of memory\n");
	return p;
}

void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		die("fatal: out of memory\n");
	return p;
}

void *mem_realloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		die("fatal: out of memory\n");
	return q;
}

char *mem_dup(struct slice s)
{
	char *p = mem_alloc(size_add(s.len, 1));

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

void *mem_array(size_t n, size_t size)
{
	return mem_zalloc(size_mul(n, size));
}

void mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

bool mem_eq_ct(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= (unsigned)(x[i] ^ y[i]);
	return diff == 0;
}

size_t size_add(size_t a, size_t b)
{
	size_t r;

	if (__builtin_add_overflow(a, b, &r))
		die("fatal: size overflow\n");
	return r;
}

size_t size_mul(size_t a, size_t b)
{
	size_t r;

	if (__builtin_mul_overflow(a, b, &r))
		die("fatal: size overflow\n");
	return r;
}

void arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

void arena_fini(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;
		a->blocks = b->older;
		free(b);
	}
	a->used = 0;
}

/* Only the oldest block stays; it may be larger than ARENA_FIRST when the first wish was. */
void arena_reset(struct arena *a)
{
	while (a->blocks && a->blocks->older) {
		struct arena_block *b = a->blocks;
		a->blocks = b->older;
		free(b);
	}
	if (a->blocks && a->blocks->size > ARENA_FIRST) {
		free(a->blocks);
		a->blocks = NULL;
	}
	if (a->blocks)
		a->blocks->used = 0;
	a->used = 0;
}

static void add_block(struct arena *a, size_t need)
{
	size_t size = ARENA_FIRST;

	if (a->blocks)
		size = a->blocks->size < ARENA_LARGEST / 2 ? a->blocks->size * 2 : ARENA_LARGEST;
	if (size < need)
		size = need;

	struct arena_block *b = mem_alloc(size_add(sizeof *b, size));
	*b = (struct arena_block){.older = a->blocks, .size = size};
	a->blocks = b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need = size_add(n ? n : 1, ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

	if (!a->blocks || a->blocks->size - a->blocks->used < need)
		add_block(a, need);

	char *p = (char *)a->blocks->data + a->blocks->used;
	a->blocks->used += need;
	a->used += need;
	return memset(p, 0, need);
}

struct slice arena_dup(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, size_add(s.len, 1));

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return slice_of(p, s.len);
}
