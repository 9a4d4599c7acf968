/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owned memory: the buf and its ceiling, the arena, collections, log lines. */
#include "tests/rig/unit.h"

#include "proto/base/coll.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static void appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_cstr(&b), "");
	buf_addz(&b, "* ");
	buf_addu(&b, 0);
	buf_addc(&b, ' ');
	buf_addu(&b, UINT64_MAX);
	buf_addf(&b, " %s", "EXISTS");
	assert_string_equal(buf_cstr(&b), "* 0 18446744073709551615 EXISTS");
	buf_reset(&b);
	buf_addf(&b, "%0500d", 7);
	assert_int_equal(b.len, 500);
	assert_int_equal(buf_cstr(&b)[499], '7');
	buf_fini(&b);
}

static void ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_add(&b, lit("abcd"));
	assert_false(b.bad);
	buf_add(&b, lit("e"));
	assert_true(b.bad);
	buf_cut(&b, 1);
	buf_add(&b, lit("f"));
	assert_buf(&b, "a");
	buf_reset(&b);
	assert_null(buf_room(&b, SIZE_MAX));
	buf_fini(&b);
}

/* A queue of bytes: what goes in at the end comes out at the front, and memory stays bounded. */
static void fifo(void **state)
{
	struct buf b;
	unsigned char in = 0, out = 0;

	(void)state;
	buf_init(&b, 4096);
	for (int round = 0; round < 5000; round++) {
		for (int i = 0; i < 7; i++)
			buf_addc(&b, (char)in++);
		size_t n = b.len > 500 ? 300 : 3;
		for (size_t i = 0; i < n; i++)
			assert_int_equal((unsigned char)b.data[b.start + i], out++);
		buf_drop(&b, n);
	}
	assert_true(b.cap <= 4096);
	buf_drop(&b, b.len);
	buf_trim(&b, 0);
	assert_null(b.data);
	buf_fini(&b);
}

static void moves(void **state)
{
	struct buf a, b;

	(void)state;
	buf_init(&a, 10);
	buf_init(&b, 20);
	buf_addz(&a, "old");
	buf_addz(&b, "new");
	buf_move(&a, &b);
	assert_buf(&a, "new");
	assert_int_equal(b.len, 0);
	buf_addz(&b, "again");
	assert_buf(&b, "again");
	buf_fini(&a);
	buf_fini(&b);
}

static void arena(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t n = 0; n < 3000; n += 7) {
		char *p = arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 1, n);
	}
	struct slice s = arena_dup(&a, lit("abc"));
	assert_string_equal(s.p, "abc");
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_int_equal(*(char *)arena_alloc(&a, 1), 0);
	arena_fini(&a);
}

struct node {
	int n;
	struct list link;
};

static void lists(void **state)
{
	struct list a, b;
	struct node nodes[4] = {{.n = 0}, {.n = 1}, {.n = 2}, {.n = 3}};
	int want = 0;

	(void)state;
	list_init(&a);
	list_init(&b);
	list_splice(&a, &b);
	assert_null(list_pop(&a));
	for (int i = 0; i < 4; i++)
		list_append(i < 2 ? &a : &b, &nodes[i].link);
	list_splice(&a, &b);
	assert_true(list_empty(&b));
	list_each(&a, it) assert_int_equal(container_of(it, struct node, link)->n, want++);
	assert_int_equal(want, 4);
	list_remove(&nodes[0].link);
	list_remove(&nodes[0].link);
	assert_ptr_equal(list_pop(&a), &nodes[1].link);
}

static void vectors(void **state)
{
	struct vec v;

	(void)state;
	vec_init(&v, sizeof(int));
	for (int i = 0; i < 100; i++) {
		int *e = vec_push(&v);
		assert_int_equal(*e, 0);
		*e = i;
	}
	assert_int_equal(*(int *)vec_at(&v, 99), 99);
	vec_reset(&v);
	assert_int_equal(*(int *)vec_push(&v), 0);
	vec_fini(&v);
}

static void count_values(void *arg, struct slice key, void *value)
{
	assert_true(key.len > 0);
	*(uintptr_t *)arg += (uintptr_t)value;
}

/* Against an array: put, replace and delete in an order that makes long runs of full slots. */
static void maps(void **state)
{
	struct map *m = map_new();
	uintptr_t want[512] = {0}, sum = 0, visited = 0;
	unsigned seed = 1;
	char key[16];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245U + 12345U;
		unsigned k = seed >> 16 & 511;
		int n = snprintf(key, sizeof key, "k%u", k);
		struct slice s = slice_of(key, (size_t)n);
		uintptr_t v = seed >> 25 & 1 ? (uintptr_t)i + 1 : 0;
		void *old = v ? map_put(m, s, (void *)v) : map_del(m, s);
		assert_int_equal((uintptr_t)old, want[k]);
		want[k] = v;
		assert_int_equal((uintptr_t)map_get(m, s), v);
	}
	size_t n = 0;
	for (size_t k = 0; k < array_len(want); k++) {
		n += want[k] != 0;
		sum += want[k];
	}
	assert_int_equal(map_count(m), n);
	map_each(m, count_values, &visited);
	assert_int_equal(visited, sum);
	map_free(m);
	map_free(NULL);
}

/* First and later rows of the table in the reference implementation of SipHash-2-4. */
static void siphash(void **state)
{
	static const struct {
		size_t len;
		uint64_t want;
	} rows[] = {
		{0,  0x726fdb47dd0e0e31U},
                {1,  0x74f839c593dc67fdU},
                {8,  0x93f5f5799a932462U},
		{15, 0xa129ca6149be45e5U}
        };

	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	hash_set_key(bytes);
	for (size_t i = 0; i < array_len(rows); i++)
		assert_int_equal(hash_keyed(slice_of(bytes, rows[i].len)), rows[i].want);
}

static void keep_line(void *arg, enum log_level level, struct slice line)
{
	struct buf *b = arg;

	buf_addf(b, "%d:", (int)level);
	buf_add(b, line);
	buf_addc(b, '\n');
}

static void logs(void **state)
{
	struct buf b;
	struct esc e;

	(void)state;
	buf_init(&b, 1 << 20);
	log_set_sink(keep_line, &b);
	log_info("nntp.take", "mid=%s", esc(&e, lit("<a\r\n \"\\\xff>")));
	log_debug("x", "%s", "not shown");
	log_error("disk", "%s", "");
	log_warn("raw", "%s", "a\nb");
	assert_buf(&b, "2:nntp.take mid=<a\\x0d\\x0a\\x20\\x22\\x5c\\xff>\n0:disk\n1:raw a?b\n");
	buf_reset(&b);
	log_info("long", "%04000d", 1);
	assert_true(b.len < 2100);
	memset(e.text, 1, sizeof e.text);
	char many[400] = {0};
	assert_int_equal(strlen(esc(&e, slice_of(many, sizeof many))), 120 * 4 + 3);
	log_set_sink(NULL, NULL);
	buf_fini(&b);
}

static void secrets(void **state)
{
	char a[4] = "abc", b[4] = "abd";

	(void)state;
	assert_true(mem_eq_ct(a, b, 2));
	assert_false(mem_eq_ct(a, b, 3));
	assert_true(mem_eq_ct(a, b, 0));
	mem_wipe(a, sizeof a);
	assert_memory_equal(a, "\0\0\0", 4);
	char *dup = mem_dup(lit("xyz"));
	assert_string_equal(dup, "xyz");
	free(dup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends),
		cmocka_unit_test(ceiling),
		cmocka_unit_test(fifo),
		cmocka_unit_test(moves),
		cmocka_unit_test(arena),
		cmocka_unit_test(lists),
		cmocka_unit_test(vectors),
		cmocka_unit_test(maps),
		cmocka_unit_test(siphash),
		cmocka_unit_test(logs),
		cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
