/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collections.  The map is open addressing with linear probing: the number of slots is a power of
 * two, at most three quarters are used, and a removal moves followers back, so no slot is ever
 * "deleted".  An empty slot has key.p == NULL.
 */
#include "proto/base/coll.h"

#include "proto/base/mem.h"

#include <pthread.h>
#include <sys/random.h>

enum { MAP_FIRST = 16, VEC_FIRST = 8 };

void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

void vec_init(struct vec *v, size_t elem_size)
{
	*v = (struct vec){.size = elem_size};
}

void vec_fini(struct vec *v)
{
	free(v->data);
	vec_init(v, v->size);
}

void *vec_push(struct vec *v)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? size_mul(v->cap, 2) : VEC_FIRST;
		v->data = mem_realloc(v->data, size_mul(v->cap, v->size));
	}
	return memset(vec_at(v, v->n++), 0, v->size);
}

void vec_reset(struct vec *v)
{
	v->n = 0;
}

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static uint64_t key_words[2];

static void key_random(void)
{
	if (getrandom(key_words, sizeof key_words, 0) != (ssize_t)sizeof key_words)
		abort();
}

void hash_set_key(const uint8_t key[16])
{
	pthread_once(&key_once, key_random);
	memcpy(key_words, key, sizeof key_words);
}

static uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t load_le(const char *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = n; i-- > 0;)
		w = w << 8 | (unsigned char)p[i];
	return w;
}

/* SipHash-2-4, Aumasson and Bernstein, 2012. */
uint64_t hash_keyed(struct slice s)
{
	pthread_once(&key_once, key_random);

	uint64_t k0 = key_words[0], k1 = key_words[1];
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU,
		k0 ^ 0x6c7967656e657261U, k1 ^ 0x7465646279746573U};
	size_t at = 0;

	for (; s.len - at >= 8; at += 8) {
		uint64_t w = load_le(s.p + at, 8);
		v[3] ^= w;
		sip_round(v);
		sip_round(v);
		v[0] ^= w;
	}
	uint64_t tail = (uint64_t)s.len << 56 | load_le(s.p + at, s.len - at);
	v[3] ^= tail;
	sip_round(v);
	sip_round(v);
	v[0] ^= tail;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct slot {
	struct slice key;
	uint64_t hash;
	void *value;
};

struct map {
	struct slot *slots;
	size_t n, cap;
};

struct map *map_new(void)
{
	struct map *m = mem_new(struct map);

	m->cap = MAP_FIRST;
	m->slots = mem_array(m->cap, sizeof *m->slots);
	return m;
}

void map_free(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++)
		free((void *)(uintptr_t)m->slots[i].key.p);
	free(m->slots);
	free(m);
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct slot *find_slot(const struct map *m, struct slice key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slots[i].key.p && (m->slots[i].hash != hash || !slice_eq(m->slots[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void grow_map(struct map *m)
{
	struct map bigger = {.n = m->n, .cap = size_mul(m->cap, 2)};

	bigger.slots = mem_array(bigger.cap, sizeof *bigger.slots);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key.p)
			*find_slot(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	*m = bigger;
}

void *map_get(const struct map *m, struct slice key)
{
	return find_slot(m, key, hash_keyed(key))->value;
}

void *map_put(struct map *m, struct slice key, void *value)
{
	if (m->n >= m->cap - m->cap / 4)
		grow_map(m);

	uint64_t hash = hash_keyed(key);
	struct slot *s = find_slot(m, key, hash);
	void *old = s->value;

	if (!s->key.p) {
		*s = (struct slot){slice_of(mem_dup(key), key.len), hash, NULL};
		m->n++;
	}
	s->value = value;
	return old;
}

/* Fill the hole at i with followers that may stand there, until an empty slot ends the run. */
static void close_gap(struct map *m, size_t i)
{
	size_t mask = m->cap - 1;

	for (size_t j = (i + 1) & mask; m->slots[j].key.p; j = (j + 1) & mask) {
		size_t home = m->slots[j].hash & mask;
		if (((j - home) & mask) >= ((j - i) & mask)) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i] = (struct slot){0};
}

void *map_del(struct map *m, struct slice key)
{
	struct slot *s = find_slot(m, key, hash_keyed(key));
	void *old = s->value;

	if (!s->key.p)
		return NULL;
	free((void *)(uintptr_t)s->key.p);
	close_gap(m, (size_t)(s - m->slots));
	m->n--;
	return old;
}

size_t map_count(const struct map *m)
{
	return m->n;
}

void map_each(const struct map *m, void (*fn)(void *arg, struct slice key, void *value), void *arg)
{
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key.p)
			fn(arg, m->slots[i].key, m->slots[i].value);
}
