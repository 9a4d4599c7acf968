/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collections: an intrusive list, a growing array, a map from bytes to pointers. */
#ifndef PROTO_BASE_COLL_H
#define PROTO_BASE_COLL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* A circular doubly linked list; the head is a node itself.  container_of leads back. */
struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_append(struct list *head, struct list *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

/* Take out; n is left as an empty list, so that removing twice is harmless. */
static inline void list_remove(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

/* The first node taken out, or NULL. */
static inline struct list *list_pop(struct list *head)
{
	struct list *n = head->next;

	if (n == head)
		return NULL;
	list_remove(n);
	return n;
}

/* Move all nodes of `from` to the end of `to`. */
void list_splice(struct list *to, struct list *from);

#define list_each(head, it) for (struct list *it = (head)->next; it != (head); it = it->next)

/* A growing array of elements of one size; elements are plain bytes and may move. */
struct vec {
	void *data;
	size_t n, cap, size;
};

void vec_init(struct vec *v, size_t elem_size);
void vec_fini(struct vec *v);
void *vec_push(struct vec *v); /* a zeroed new last element */
void vec_reset(struct vec *v);

static inline void *vec_at(const struct vec *v, size_t i)
{
	return (char *)v->data + i * v->size;
}

/*
 * Bytes -> pointer.  The hash is SipHash under a key of the process, so that names from outside
 * cannot be chosen to collide.  Keys are copied; values belong to the caller.
 */
struct map;
NODISCARD struct map *map_new(void);
void map_free(struct map *m);
void *map_get(const struct map *m, struct slice key);
void *map_put(struct map *m, struct slice key, void *value); /* returns the old value or NULL */
void *map_del(struct map *m, struct slice key);              /* likewise */
size_t map_count(const struct map *m);
/* Visit all in no order; do not change the map meanwhile. */
void map_each(const struct map *m, void (*fn)(void *arg, struct slice key, void *value), void *arg);

/* SipHash-2-4 of s under the process key (random at first use, fixed when tests set it). */
uint64_t hash_keyed(struct slice s);
void hash_set_key(const uint8_t key[16]);

#endif
