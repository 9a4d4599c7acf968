/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kokod-Sign and stubs: the test vector, one spelling, folds, and every tag changed. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_sign.h"
#include "proto/msg/header.h"
#include "tests/rig/splits.h"

/* docs/federation.md section 14 */
#define T                                                                                          \
	"v=1; o=pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka; "                            \
	"g=domahgkwvl6vrki4agdbc7aw6b; e=1790000000; n=1; "                                        \
	"p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; t=1795309201; r=1; y=a; "                  \
	"m=<aaaabbbbccccddddeeee@forum.a.example>; z=68; "                                         \
	"h=CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc; "                                          \
	"b=Og47KTFK11Cb8FsyNkncfjsXFRM-bga7S_cGdI7-A0s; k=dxswsokpmlbainx4"
#define E "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define S "Rjjn4xESOxygYPdUKKOjmrbRnzU3OrosONmNI0mvHFFjhtVXWTOmSKFktGGGEXEcZPS9BAifBeH209JF3azXAA"
#define LINE T "; s=" S

static uint8_t seed[CRYPTO_KEY_LEN];
static struct fed_public key;

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)(32 + i);
	crypto->public_key(seed, key.b);
	return 0;
}

static void vector(void **state)
{
	struct fed_sign s;
	struct fed_hash e;
	const char *why;
	struct buf b;

	(void)state;
	assert_true(fed_sign_parse(lit(LINE), &s, &why));
	fed_sign_hash(&s, &e);
	assert_string_equal(e.s, E);
	assert_true(fed_sign_verify(&s, &key));

	buf_init(&b, 4096);
	fed_sign_add_t(&b, &s);
	assert_buf(&b, T);
	buf_reset(&b);
	memset(&s.s, 0, sizeof s.s);
	assert_false(fed_sign_verify(&s, &key));
	fed_sign_make(&s, seed);
	fed_sign_add_line(&b, &s);
	assert_buf(&b, LINE);
	buf_fini(&b);
}

/* A field as we write it: short lines, and the same values when read. */
static void folds(void **state)
{
	struct header_walk w;
	struct header_field f;
	struct fed_sign s, back;
	struct slice rest, line;
	const char *why;
	struct buf b;

	(void)state;
	assert_true(fed_sign_parse(lit(LINE), &s, &why));
	buf_init(&b, 4096);
	fed_sign_add_field(&b, &s);
	assert_true(slice_ends(buf_slice(&b), lit("\r\n")));
	rest = buf_slice(&b);
	while (slice_split(&rest, '\n', &line))
		assert_true(line.len <= 100);
	header_walk_init(&w, buf_slice(&b), &msg_limits_relay);
	assert_int_equal(header_next(&w, &f), SCAN_OK);
	assert_slice(f.name, "Kokod-Sign");
	assert_true(fed_sign_parse(f.value, &back, &why));
	assert_memory_equal(&s, &back, sizeof s);
	assert_int_equal(header_next(&w, &f), SCAN_MORE);
	buf_fini(&b);
}

static bool takes(struct slice line)
{
	struct slice copy = splits_copy(line);
	struct fed_sign s;
	const char *why = NULL;
	bool ok = fed_sign_parse(copy, &s, &why);

	splits_free(copy);
	assert_true(ok || why != NULL);
	return ok;
}

/* LINE with the first `what` replaced. */
static bool takes_with(const char *what, const char *by)
{
	struct slice line = lit(LINE);
	size_t at = slice_find(line, slice_str(what));
	struct buf b;

	assert_true(at < line.len);
	buf_init(&b, 8192);
	buf_add(&b, slice_head(line, at));
	buf_addz(&b, by);
	buf_add(&b, slice_from(line, at + strlen(what)));
	bool ok = takes(buf_slice(&b));
	buf_fini(&b);
	return ok;
}

static const struct {
	const char *what, *by;
	bool ok;
} rows[] = {
	{"; e=",				     ";\r\n  e=",                  true },
	{"; e=",				     "; \t e=",                    true },
	{"v=1",				      "  v=1",                      true },
	{"; y=a",				    "; y=c",                      true },
	{"n=1;",				     "n=9007199254740992;",        true },
	{"n=1;",				     "n=9007199254740993;",        false},
	{"n=1;",				     "n=0;",                       false},
	{"n=1;",				     "n=01;",                      false},
	{"n=1;",				     "n=;",			false},
	{"e=1790000000;",			    "e=0;",                       false},
	{"r=1;",				     "r=0;",                       false},
	{"v=1",				      "v=2",			false},
	{"v=1; ",				    "",			   false},
	{"n=1; ",				    "",			   false},
	{"n=1; ",				    "n=1; n=1; ",                 false},
	{"n=1; ",				    "n=1; x=1; ",                 false},
	{"e=1790000000; n=1",                        "n=1; e=1790000000",          false},
	{"; e=",				     ";e=",			false},
	{"; e=",				     " ; e=",                      false},
	{"; e=",				     ", e=",                       false},
	{" n=1",				     " n = 1",                     false},
	{" n=1",				     " N=1",                       false},
	{"y=a",				      "y=x",			false},
	{"y=a",				      "y=h",			false}, /* content */
	{"y=a",				      "y=aa",                       false},
	{"m=<aaaabbbbccccddddeeee@forum.a.example>", "m=",                         false},
	{"m=<aaaabbbbccccddddeeee@forum.a.example>", "m=aaaabbbb@forum.a.example", false},
	{"m=<aaaabbbbccccddddeeee@forum.a.example>", "m=<a b@forum.a.example>",    false},
	{"m=<aaaabbbbccccddddeeee@forum.a.example>", "m=<a@b>; m=<a@b>",           false},
	{"o=pwnhl",				  "o=Pwnhl",                    false},
	{"auka;",				    "aukb;",                      false},
	{"g=domah",				  "g=domahx",                   false},
	{"; s=R",				    "; s=R=",                     false},
	{"azXAA",				    "azXAB",                      false}, /* stray bit */
	{"azXAA",				    "azXAA;",                     false},
	{"azXAA",				    "azXAA; x=1",                 false},
	{"azXAA",				    "azXAA\r\n\t ",               true },
	{"; s=",				     "; k=dxswsokpmlbainx4; s=",   false},
};

static void strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		if (takes_with(rows[i].what, rows[i].by) != rows[i].ok) {
			fprintf(stderr, "%s -> %s\n", rows[i].what, rows[i].by);
			fail();
		}
	}
}

/* Whatever is read gives the same T again, so a signature can hold for one reading only. */
static void any_byte_changed(void **state)
{
	char text[] = LINE;
	size_t n_read = 0;

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct fed_sign s;
			const char *why;

			text[i] = (char)((unsigned char)text[i] ^ (1U << bit));
			if (fed_sign_parse(slice_of(text, sizeof text - 1), &s, &why)) {
				n_read++;
				struct buf b;
				buf_init(&b, 2048);
				fed_sign_add_line(&b, &s);
				assert_buf(&b, text);
				buf_fini(&b);
				if (bit == 0)
					assert_false(fed_sign_verify(&s, &key));
			}
			text[i] = (char)((unsigned char)text[i] ^ (1U << bit));
		}
	}
	assert_true(n_read > 100);
}

static void no_prefix(void *arg, struct slice prefix)
{
	struct fed_sign s;
	const char *why;

	assert_int_equal(fed_sign_parse(prefix, &s, &why), prefix.len == *(size_t *)arg);
}

static void cut_anywhere(void **state)
{
	size_t len = sizeof LINE - 1;

	(void)state;
	splits_prefixes(no_prefix, &len, lit(LINE));
}

static void too_long(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_add(&b, lit("v=1;"));
	while (b.len < FED_FIELD_MAX - sizeof LINE)
		buf_addc(&b, ' ');
	buf_add(&b, slice_from(lit(LINE), 4));
	assert_true(takes(buf_slice(&b)));
	while (b.len < FED_FIELD_MAX)
		buf_addc(&b, ' ');
	assert_true(takes(buf_slice(&b)));
	buf_addc(&b, ' ');
	assert_false(takes(buf_slice(&b)));
	buf_fini(&b);
}

/* Every value at its longest still fits T. */
static void longest(void **state)
{
	struct fed_sign s, back;
	const char *why;
	struct buf b;

	(void)state;
	assert_true(fed_sign_parse(lit(LINE), &s, &why));
	s.e = s.n = s.t = s.r = s.z = FED_NUM_MAX;
	memset(s.m, 'a', MSGID_MAX);
	s.m[0] = '<';
	s.m[100] = '@';
	s.m[MSGID_MAX - 1] = '>';
	buf_init(&b, 4096);
	fed_sign_add_t(&b, &s);
	assert_int_equal(b.len, 609);
	buf_reset(&b);
	fed_sign_make(&s, seed);
	fed_sign_add_line(&b, &s);
	assert_true(fed_sign_parse(buf_slice(&b), &back, &why));
	assert_true(fed_sign_verify(&back, &key));
	buf_fini(&b);
}

static void heartbeats(void **state)
{
	struct fed_sign s, back;
	const char *why;
	struct buf b;

	(void)state;
	assert_true(fed_sign_parse(lit(LINE), &s, &why));
	fed_sign_set_heartbeat(&s);
	fed_sign_make(&s, seed);
	buf_init(&b, 4096);
	fed_sign_add_line(&b, &s);
	assert_true(fed_sign_parse(buf_slice(&b), &back, &why));
	assert_int_equal(back.y, FED_HEARTBEAT);
	assert_string_equal(back.m, "");
	s.z = 1;
	buf_reset(&b);
	fed_sign_add_line(&b, &s);
	assert_false(fed_sign_parse(buf_slice(&b), &back, &why));
	assert_string_equal(why, "heartbeat with content");
	buf_fini(&b);
}

static const struct {
	const char *tail;
	bool ok;
	enum fed_absent absent;
} stubs[] = {
	{"",					     true,  FED_ABSENT_NONE   },
	{"Kokod-Tomb: " E "\r\n",                        true,  FED_ABSENT_NONE   },
	{"Kokod-Absent: size\r\n",                       true,  FED_ABSENT_SIZE   },
	{"Kokod-Absent: policy\r\n",                     true,  FED_ABSENT_POLICY },
	{"Kokod-Absent: expired\r\n",                    true,  FED_ABSENT_EXPIRED},
	{"kokod-absent: lost\r\n",                       true,  FED_ABSENT_LOST   },
	{"X-Later: one\r\nKokod-Absent: lost\r\n",       true,  FED_ABSENT_LOST   },
	{"Kokod-Absent: gone\r\n",                       false, FED_ABSENT_NONE   },
	{"Kokod-Absent:\r\n",                            false, FED_ABSENT_NONE   },
	{"Kokod-Tomb: x\r\n",                            false, FED_ABSENT_NONE   },
	{"Kokod-Absent: lost\r\nKokod-Absent: lost\r\n", false, FED_ABSENT_NONE   },
	{"Kokod-Tomb: " E "\r\nKokod-Absent: lost\r\n",  false, FED_ABSENT_NONE   },
	{"Kokod-Sign: " LINE "\r\n",                     false, FED_ABSENT_NONE   },
	{"no field\r\n",				 false, FED_ABSENT_NONE   },
	{"Kokod-Absent: lost",                           false, FED_ABSENT_NONE   },
};

static void stub_rows(void **state)
{
	struct fed_stub st;
	const char *why;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (size_t i = 0; i < array_len(stubs); i++) {
		buf_reset(&b);
		buf_add(&b, lit("Kokod-Sign: " LINE "\r\n"));
		buf_addz(&b, stubs[i].tail);
		struct slice in = splits_copy(buf_slice(&b));
		bool ok = fed_stub_parse(in, &st, &why);
		assert_int_equal(ok, stubs[i].ok);
		if (ok) {
			assert_int_equal(st.absent, stubs[i].absent);
			buf_reset(&b);
			fed_stub_add(&b, &st);
			struct fed_stub back;
			assert_true(fed_stub_parse(buf_slice(&b), &back, &why));
			assert_memory_equal(&st, &back, sizeof st);
		}
		splits_free(in);
	}
	assert_false(fed_stub_parse(lit("Kokod-Absent: lost\r\n"), &st, &why));
	assert_false(fed_stub_parse(lit(""), &st, &why));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector),
		cmocka_unit_test(folds),
		cmocka_unit_test(strict),
		cmocka_unit_test(any_byte_changed),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(too_long),
		cmocka_unit_test(longest),
		cmocka_unit_test(heartbeats),
		cmocka_unit_test(stub_rows),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, set_up, NULL);
}
