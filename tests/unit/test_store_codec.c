/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key order, values cut at every place, tagged fields, ranges against a plain model. */
#include <stdlib.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/crypto.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "storage/dict.h"
#include "storage/group.h"
#include "storage/history.h"
#include "storage/keys.h"
#include "storage/ranges.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/user.h"
#include "tests/rig/unit.h"

/* ---- keys ---- */

static void test_key_order(void **state)
{
	struct key a, b;

	(void)state;
	key_of_pair(&a, TABLE_ROW, 1, 0xffffffff);
	key_of_pair(&b, TABLE_ROW, 2, 0);
	assert_true(slice_cmp(key_slice(&a), key_slice(&b)) < 0);
	key_of_chunk(&a, 255, 3);
	key_of_chunk(&b, 256, 0);
	assert_true(slice_cmp(key_slice(&a), key_slice(&b)) < 0);
	key_of_owned(&a, 0, lit("koko.b"));
	key_of_owned(&b, 1, lit("koko.a"));
	assert_true(slice_cmp(key_slice(&a), key_slice(&b)) < 0);
}

static void test_key_behind(void **state)
{
	struct key k, in;

	(void)state;
	key_of_u32(&k, TABLE_ROW, 0xffffffff);
	key_of_pair(&in, TABLE_ROW, 0xffffffff, 0xffffffff);
	key_behind(&k);
	assert_true(slice_cmp(key_slice(&in), key_slice(&k)) < 0);
	assert_int_equal(k.len, 1);
	assert_int_equal(k.bytes[0], TABLE_ROW + 1);
}

static void test_key_too_long(void **state)
{
	char name[KEY_ROOM];
	struct key k;

	(void)state;
	memset(name, 'x', sizeof name);
	key_of_name(&k, TABLE_PEER, slice_of(name, sizeof name - 1));
	assert_false(k.bad);
	key_u8(&k, 1);
	assert_true(k.bad);
	assert_int_equal(k.len, KEY_ROOM);
}

/* ---- values ---- */

static void test_numbers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	put_u8(&b, 1);
	put_u16(&b, 0x1234);
	put_u32(&b, 0x89abcdef);
	put_u64(&b, UINT64_MAX - 1);
	struct dec d = dec_of(buf_slice(&b));
	assert_int_equal(take_u8(&d), 1);
	assert_int_equal(take_u16(&d), 0x1234);
	assert_int_equal(take_u32(&d), 0x89abcdef);
	assert_true(take_u64(&d) == UINT64_MAX - 1);
	assert_false(d.bad);
	assert_int_equal(take_u8(&d), 0);
	assert_true(d.bad);
	buf_fini(&b);
}

static void test_varint(void **state)
{
	static const uint32_t rows[] = {0, 1, 127, 128, 16383, 16384, 65535, UINT32_MAX};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < array_len(rows); i++) {
		buf_reset(&b);
		put_varint(&b, rows[i]);
		struct dec d = dec_of(buf_slice(&b));
		assert_int_equal(take_varint(&d), rows[i]);
		assert_false(d.bad);
		d = dec_of(slice_head(buf_slice(&b), b.len - 1));
		take_varint(&d);
		assert_true(d.bad);
	}
	struct dec d = dec_of(lit("\xff\xff\xff\xff\x10")); /* 2^32 */
	take_varint(&d);
	assert_true(d.bad);
	d = dec_of(lit("\x80\x80\x80\x80\x80\x00")); /* six bytes */
	take_varint(&d);
	assert_true(d.bad);
	buf_fini(&b);
}

/* A reader skips fields it does not know, and a writer keeps them. */
static void test_tags(void **state)
{
	struct group_rec g = {.id = 1};
	struct buf old, b;

	(void)state;
	buf_init(&old, 1000);
	buf_init(&b, 1000);
	tag_str(&old, 1, "koko.test");
	tag_bytes(&old, 200, lit("of tomorrow"));
	tag_u32(&old, 2, GROUP_BOARD);
	assert_int_equal(group_decode(buf_slice(&old), &g), 0);
	assert_string_equal(g.name, "koko.test");
	assert_int_equal(g.kind, GROUP_BOARD);
	tag_keep(&b, buf_slice(&old), 8);
	struct dec d = dec_of(buf_slice(&b));
	struct slice value;
	uint8_t tag;
	assert_true(tag_next(&d, &tag, &value));
	assert_int_equal(tag, 200);
	assert_slice(value, "of tomorrow");
	assert_false(tag_next(&d, &tag, &value));
	assert_false(d.bad);
	buf_fini(&old);
	buf_fini(&b);
}

/* ---- stored values from a damaged disk: no decoder reads too far or takes nonsense ---- */

typedef int (*decode_fn)(struct slice value);

static int decode_group(struct slice v)
{
	struct group_rec g = {.id = 1};

	return group_decode(v, &g);
}

static int decode_account(struct slice v)
{
	struct account a = {.id = 1};

	return account_decode(v, &a);
}

static int decode_history(struct slice v)
{
	struct history h;

	return history_decode(v, &h);
}

static int decode_row(struct slice v)
{
	struct row_sealed sealed;
	struct row r;
	struct key k;

	key_of_pair(&k, TABLE_ROW, 1, 1);
	return row_decode(key_slice(&k), v, &r, &sealed);
}

static int decode_ranges(struct slice v)
{
	struct ranges r;

	ranges_init(&r);
	int rc = ranges_decode(v, 65536, &r);
	for (size_t i = 0; rc == 0 && i < ranges_n(&r); i++) {
		const struct range *one = ranges_at(&r, i);
		assert_true(one->lo >= 65536 && one->hi <= 131071 && one->lo <= one->hi);
		if (i > 0)
			assert_true(one->lo > ranges_at(&r, i - 1)->hi + 1);
	}
	ranges_fini(&r);
	return rc;
}

/* In a heap block of exactly that size, so that ASan sees a byte too far. */
static int decode_exact(decode_fn fn, const char *p, size_t len)
{
	char *block = mem_alloc(len ? len : 1);

	memcpy(block, p, len);
	int rc = fn(slice_of(block, len));
	free(block);
	return rc;
}

static void test_noise(void **state)
{
	static const decode_fn fns[] = {
		decode_group, decode_account, decode_history, decode_row, decode_ranges};
	char noise[400];
	unsigned at = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof noise; i++) {
			at = at * 1103515245u + 12345u;
			noise[i] = (char)((at >> 16) % (round % 2 ? 256 : 4));
		}
		for (size_t f = 0; f < array_len(fns); f++) {
			int rc = decode_exact(fns[f], noise, (at >> 8) % sizeof noise);
			assert_true(rc == 0 || rc == KERR_DAMAGED);
		}
	}
}

/* A value cut anywhere is damaged, or shorter by whole fields. */
static void test_cuts(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	put_u8(&b, HISTORY_ARTICLE);
	put_u64(&b, 7);
	put_u8(&b, 2);
	for (uint32_t i = 0; i < 4; i++)
		put_u32(&b, i);
	for (size_t n = 0; n <= b.len; n++)
		assert_int_equal(
			decode_exact(decode_history, b.data, n), n == b.len ? 0 : KERR_DAMAGED);
	buf_fini(&b);
}

/* Stored articles need these very bytes: a better text gets the next id. */
static void test_dictionary(void **state)
{
	uint8_t hash[CRYPTO_HASH_LEN];
	struct buf b;

	(void)state;
	crypto_ossl_install();
	crypto_sha256(dict_text(), hash);
	buf_init(&b, 100);
	hex_add(&b, slice_of(hash, 8));
	assert_buf(&b, "c0833802ab786304");
	buf_fini(&b);
}

/* ---- ranges ---- */

static void test_ranges_text(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{"1",		      "1"           },
		{"1-500,502",              "1-500,502"   },
		{"5,3,4",                  "3-5"         },
		{"1-3,2-9,20,10",          "1-10,20"     },
		{"2147483647",             "2147483647"  },
		{"1-2147483647",           "1-2147483647"},
		{"",		       NULL          },
		{"0",		      NULL          },
		{"0-3",                    NULL          },
		{"5-3",                    NULL          },
		{"2147483648",             NULL          },
		{"1,",                     NULL          },
		{",1",                     NULL          },
		{"1--2",                   NULL          },
		{"1-",                     NULL          },
		{"-1",                     NULL          },
		{"1 ",                     NULL          },
		{"1-99999999999999999999", NULL          },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct ranges r;
		int rc = ranges_parse(slice_str(rows[i].in), &r);

		assert_int_equal(rc, rows[i].out ? 0 : KERR_INVALID);
		if (rc < 0)
			continue;
		buf_reset(&b);
		ranges_print(&r, &b);
		assert_buf(&b, rows[i].out);
		ranges_fini(&r);
	}
	buf_fini(&b);
}

enum { MODEL = 300, BASE = 3 << 16 };

static void from_model(const bool *m, struct ranges *out)
{
	ranges_init(out);
	for (uint32_t i = 0; i < MODEL; i++)
		if (m[i])
			ranges_push(out, BASE + i, BASE + i);
}

static void assert_model(const struct ranges *r, const bool *m)
{
	bool got[MODEL] = {false};

	for (size_t i = 0; i < ranges_n(r); i++)
		for (uint32_t n = ranges_at(r, i)->lo; n <= ranges_at(r, i)->hi; n++)
			got[n - BASE] = true;
	assert_memory_equal(got, m, sizeof got);
}

static void assert_code(const struct ranges *r, const bool *m)
{
	struct ranges back;
	struct buf b;

	buf_init(&b, KV_VALUE_MAX);
	ranges_encode(r, BASE, &b);
	ranges_init(&back);
	assert_int_equal(ranges_decode(buf_slice(&b), BASE, &back), 0);
	assert_model(&back, m);
	ranges_fini(&back);
	buf_fini(&b);
}

static void test_ranges_model(void **state)
{
	bool a[MODEL], b[MODEL], both[MODEL], less[MODEL], part[MODEL];
	unsigned at = 99;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct ranges ra, rb, ru, rm, rw;
		for (int i = 0; i < MODEL; i++) {
			at = at * 1103515245u + 12345u;
			a[i] = (at >> 16) % 9 < (unsigned)(round % 9);
			b[i] = (at >> 20) % 9 < (unsigned)(round / 9 % 9);
			both[i] = a[i] || b[i];
			less[i] = a[i] && !b[i];
			part[i] = a[i] && i >= 50 && i <= 200;
		}
		from_model(a, &ra);
		from_model(b, &rb);
		ranges_init(&ru);
		ranges_init(&rm);
		ranges_init(&rw);
		ranges_union(&ra, &rb, &ru);
		ranges_minus(&ra, &rb, &rm);
		ranges_within(&ra, BASE + 50, BASE + 200, &rw);
		assert_model(&ru, both);
		assert_model(&rm, less);
		assert_model(&rw, part);
		assert_code(&ru, both);
		ranges_fini(&ra);
		ranges_fini(&rb);
		ranges_fini(&ru);
		ranges_fini(&rm);
		ranges_fini(&rw);
	}
}

/* Every other number of a piece: the worst there is, and it fits a value. */
static void test_ranges_worst(void **state)
{
	struct ranges r, back;
	struct buf b;

	(void)state;
	ranges_init(&r);
	ranges_init(&back);
	for (uint32_t i = 1; i < 65536; i += 2)
		ranges_push(&r, BASE + i, BASE + i);
	buf_init(&b, KV_VALUE_MAX);
	ranges_encode(&r, BASE, &b);
	assert_false(b.bad);
	assert_int_equal(ranges_decode(buf_slice(&b), BASE, &back), 0);
	assert_int_equal(ranges_n(&back), 32768);
	ranges_fini(&r);
	ranges_fini(&back);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_key_behind),
		cmocka_unit_test(test_key_too_long),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_varint),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_dictionary),
		cmocka_unit_test(test_ranges_text),
		cmocka_unit_test(test_ranges_model),
		cmocka_unit_test(test_ranges_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
