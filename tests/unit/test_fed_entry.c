/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries: the test vector byte for byte, what the origin refuses, what may change on the way. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/err.h"
#include "proto/fed/fed_entry.h"
#include "tests/rig/splits.h"

#define OID "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"
#define GID "domahgkwvl6vrki4agdbc7aw6b"
#define MID "<aaaabbbbccccddddeeee@forum.a.example>"
#define NAME "forum.a.example"

/* docs/federation.md section 14: what a client posted and the injecting agent completed */
#define HEAD                                                                                       \
	"From: =?utf-8?q?M=C3=BCller?=  <u1@forum.a.example>\r\n"                                  \
	"Date: Sun, 22 Nov 2026 01:00:00 +0000\r\n"                                                \
	"Injection-Date: Sun, 22 Nov 2026 01:00:01 +0000\r\n"                                      \
	"Newsgroups: kreis.test\r\n"                                                               \
	"Subject: Test\t mit  Raum \r\n gefaltet\r\n"                                              \
	"Message-ID: " MID "\r\n"
#define OURS                                                                                       \
	"Kokod-Actor: u1@forum.a.example\r\n"                                                      \
	"Kokod-Salt: AAECAwQFBgcICQoLDA0ODw\r\n"                                                   \
	"Kokod-Fields: from,date,injection-date,newsgroups,subject,message-id,kokod-actor,"        \
	"kokod-salt,kokod-fields\r\n"
#define BODY "Erste Zeile mit Leerzeichen am Ende   \r\n.Punktzeile\r\n\r\nUmlaut \xc3\xa4\r\n\r\n"
#define E "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define S "Rjjn4xESOxygYPdUKKOjmrbRnzU3OrosONmNI0mvHFFjhtVXWTOmSKFktGGGEXEcZPS9BAifBeH209JF3azXAA"

static struct fed_make make;
static struct fed_public key;
static uint8_t seed[CRYPTO_KEY_LEN];

static int set_up(void **state)
{
	(void)state;
	make = (struct fed_make){.e = 1790000000,
		.y = FED_ARTICLE,
		.name = lit(NAME),
		.group = lit("kreis.test"),
		.actor = lit("u1@" NAME)};
	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)(32 + i);
	for (size_t i = 0; i < sizeof make.salt; i++)
		make.salt[i] = (uint8_t)i;
	crypto->public_key(seed, key.b);
	fed_keyid_of(&key, &make.k);
	return fed_oid_parse(lit(OID), &make.o) && fed_gid_parse(lit(GID), &make.g) ? 0 : -1;
}

/* Make an entry of head and body, as it is relayed; the rc, or a KERR of article_parse. */
static int make_of(struct slice text, struct buf *out, struct fed_sign *s, const char **why)
{
	struct slice in = splits_copy(text);
	struct article a;
	struct buf stored;

	int rc = article_parse(&a, in, &msg_limits_inject);
	*why = a.why;
	buf_init(&stored, out->max);
	if (rc == 0)
		rc = fed_entry_prepare(&a, &make, &stored, s, why);
	if (rc == 0) {
		fed_entry_seal(s, 1, &fed_hash_none, 1795309201, 1, seed);
		buf_reset(out);
		fed_sign_add_field(out, s);
		buf_add(out, buf_slice(&stored));
	}
	buf_fini(&stored);
	splits_free(in);
	return rc;
}

static void vector(void **state)
{
	const char *want = "Kokod-Sign: v=1; o=" OID ";\r\n";
	struct fed_entry en;
	struct fed_sign s = {.z = 0};
	struct fed_hash e;
	const char *why;
	struct buf out, sig;

	(void)state;
	buf_init(&out, SIZE_MAX);
	buf_init(&sig, 100);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
	assert_string_equal(s.h.s, "CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc");
	assert_string_equal(s.b.s, "Og47KTFK11Cb8FsyNkncfjsXFRM-bga7S_cGdI7-A0s");
	assert_int_equal(s.z, 68);
	fed_sign_hash(&s, &e);
	assert_string_equal(e.s, E);
	fed_sig_add(&sig, &s.s);
	assert_buf(&sig, S);
	assert_true(slice_starts(buf_slice(&out), slice_str(want)));
	assert_true(slice_ends(buf_slice(&out), lit("\r\n" HEAD OURS "\r\n" BODY)));

	assert_int_equal(fed_entry_parse(&en, buf_slice(&out)), 0);
	assert_string_equal(en.e.s, E);
	assert_true(fed_sign_verify(&en.sign, &key));
	assert_int_equal(fed_entry_check(&en, lit("kreis.test"), lit(NAME)), 0);
	assert_false(en.gateway);
	buf_fini(&out);
	buf_fini(&sig);
}

/* ---- origin ---- */

#define MIN                                                                                        \
	"From: u1@forum.a.example\r\nDate: Sun, 22 Nov 2026 01:00:00 +0000\r\nSubject: x\r\n"      \
	"Message-ID: " MID "\r\n"
#define NG "Newsgroups: kreis.test\r\n"

static const struct {
	const char *text, *why;
	int rc;
	enum fed_kind y;
} origin[] = {
	{MIN NG "\r\nx\r\n",				NULL,				      0,            FED_ARTICLE},
	{MIN NG "\r\n",				     NULL,				      0,            FED_ARTICLE},
	{MIN NG "Path: a!b\r\nXref: a b:1\r\n\r\nx\r\n",    NULL,                                      0,            FED_ARTICLE},
	{MIN NG "Control: cancel <a@b>\r\n\r\nx\r\n",       NULL,                                      0,            FED_ARTICLE},
	{MIN NG "Control: cancel <a@b>\r\n\r\nx\r\n",       NULL,                                      0,            FED_CONTROL},
	{MIN NG "Control: kokod members\r\n\r\nx\r\n",      NULL,                                      0,            FED_CONTROL},
	{MIN NG "Control: kokod members\r\n\r\nx\r\n",      "Control in an entry that is none",
         KERR_INVALID,											       FED_ARTICLE},
	{MIN NG "Control: newgroup a.b\r\n\r\nx\r\n",       "Control in an entry that is none",
         KERR_INVALID,											       FED_ARTICLE},
	{MIN NG "Control:\r\n\r\nx\r\n",                    "Control or Supersedes is not valid",      KERR_INVALID,
         FED_ARTICLE													    },
	{MIN NG "\r\nx\r\n",				"control entry without Control",           KERR_INVALID, FED_CONTROL},
	{MIN "\r\nx\r\n",				   "Newsgroups is not the group of the feed", KERR_INVALID, FED_ARTICLE},
	{MIN "Newsgroups: kreis.test,kreis.b\r\n\r\nx\r\n",
         "Newsgroups is not the group of the feed",                                                    KERR_INVALID, FED_ARTICLE},
	{MIN "Newsgroups: kreis.b\r\n\r\nx\r\n",            "Newsgroups is not the group of the feed",
         KERR_INVALID,											       FED_ARTICLE},
	{MIN NG "Subject: y\r\n\r\nx\r\n",                  "a field stands there twice",              KERR_INVALID, FED_ARTICLE},
	{MIN NG "X-A: y\r\nx-a: z\r\n\r\nx\r\n",            "a field stands there twice",              KERR_INVALID,
         FED_ARTICLE													    },
	{MIN NG "Kokod-Salt: y\r\n\r\nx\r\n",               "a Kokod field is set already",            KERR_INVALID,
         FED_ARTICLE													    },
	{MIN NG "Kokod-Gateway: y\r\n\r\nx\r\n",            "a Kokod field is set already",            KERR_INVALID,
         FED_ARTICLE													    },
	{MIN NG "X-A: \xc3(\r\n\r\nx\r\n",                  "head is not valid UTF-8",                 KERR_INVALID, FED_ARTICLE},
	{MIN NG "\r\nx\n",				  "LF without CR in the body",               KERR_INVALID, FED_ARTICLE},
	{MIN NG "\r\nx\ry\r\n",                             "CR without LF in the body",               KERR_INVALID, FED_ARTICLE},
	{MIN NG,					    "no empty line behind the head",           KERR_INVALID, FED_ARTICLE},
};

static void origin_refuses(void **state)
{
	struct fed_sign s;
	const char *why;
	struct buf out;

	(void)state;
	buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < array_len(origin); i++) {
		make.y = origin[i].y;
		int rc = make_of(slice_str(origin[i].text), &out, &s, &why);
		if (rc != origin[i].rc || (rc < 0 && strcmp(why, origin[i].why) != 0)) {
			fprintf(stderr, "%zu: %d %s\n", i, rc, rc < 0 ? why : "");
			fail();
		}
	}
	set_up(NULL);
	make.actor = lit("u1@forum.b.example");
	assert_int_equal(make_of(lit(MIN NG "\r\nx\r\n"), &out, &s, &why), KERR_INVALID);
	assert_string_equal(why, "Kokod-Actor is not of the origin");
	set_up(NULL);
	buf_fini(&out);
	buf_init(&out, 300);
	assert_int_equal(make_of(lit(MIN NG "\r\nx\r\n"), &out, &s, &why), KERR_TOOBIG);
	buf_fini(&out);
}

/* NUL in the body, which no C string of the table can hold. */
static void origin_refuses_nul(void **state)
{
	struct fed_sign s;
	const char *why;
	struct buf out;

	(void)state;
	buf_init(&out, SIZE_MAX);
	assert_int_equal(make_of(lit(MIN NG "\r\nx\0y\r\n"), &out, &s, &why), KERR_INVALID);
	assert_string_equal(why, "NUL byte in the body");
	buf_fini(&out);
}

/* As many and as long fields as travel: the list is folded, and the entry is taken elsewhere. */
static void large_heads(void **state)
{
	struct fed_entry en;
	struct fed_sign s;
	const char *why;
	struct buf in, out;

	(void)state;
	buf_init(&in, SIZE_MAX);
	buf_init(&out, SIZE_MAX);
	for (size_t n_len = 5; n_len <= 240; n_len += 235) {
		buf_reset(&in);
		buf_add(&in, lit(MIN NG));
		for (size_t i = 0; i < 110; i++)
			buf_addf(&in, "x-%0*zu: v\r\n", (int)n_len, i);
		buf_add(&in, lit("\r\nx\r\n"));
		assert_int_equal(make_of(buf_slice(&in), &out, &s, &why), 0);
		assert_int_equal(fed_entry_parse(&en, buf_slice(&out)), 0);
		assert_int_equal(fed_entry_check(&en, lit("kreis.test"), lit(NAME)), 0);
	}
	buf_reset(&in);
	buf_add(&in, lit(MIN NG));
	for (size_t i = 0; i < 150; i++)
		buf_addf(&in, "x-%0300zu: v\r\n", i);
	buf_add(&in, lit("\r\nx\r\n"));
	assert_int_equal(make_of(buf_slice(&in), &out, &s, &why), KERR_TOOBIG);
	buf_fini(&in);
	buf_fini(&out);
}

/* ---- receiver ---- */

/* The vector's entry with `what` (first occurrence) replaced; the rc of parse or check. */
static int change(const char *what, const char *by, const char **why)
{
	static struct fed_entry en;
	struct fed_sign s;
	struct buf out, changed;

	buf_init(&out, SIZE_MAX);
	buf_init(&changed, SIZE_MAX);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, why), 0);
	size_t at = slice_find(buf_slice(&out), slice_str(what));
	assert_true(at < out.len);
	buf_add(&changed, slice_head(buf_slice(&out), at));
	buf_addz(&changed, by);
	buf_add(&changed, slice_from(buf_slice(&out), at + strlen(what)));
	struct slice in = splits_copy(buf_slice(&changed));
	int rc = fed_entry_parse(&en, in);
	if (rc == 0)
		rc = fed_entry_check(&en, lit("kreis.test"), lit(NAME));
	*why = en.a.why;
	splits_free(in);
	buf_fini(&out);
	buf_fini(&changed);
	return rc;
}

#define SUBJECT "Subject: Test\t mit  Raum \r\n gefaltet\r\n"

static const struct {
	const char *what, *by, *why; /* why NULL: taken */
} changes[] = {
  /* what agents on the way do */
	{"From:",			    "Path: a!b\r\nFrom:",                           NULL					      },
	{"From:",			    "Xref: a b:1\r\nLines: 4\r\nBytes: 9\r\nFrom:", NULL                                              },
	{"From:",			    "X-Trace: a\r\nX-Trace: b\r\nFrom:",            NULL                                              },
	{"From:",			    "X-New: added on the way\r\nFrom:",             NULL                                              },
	{"Subject: Test\t mit  Raum \r\n g", "Subject:\tTest mit\r\n\tRaum g",               NULL                                              },
	{"Subject:",			 "SUBJECT:",				     NULL					      },
	{"From:",			    "Control: cancel <x@y>\r\nFrom:",               NULL                                              },
	{"From:",			    "Supersedes: <x@y>\r\nFrom:",                   NULL                                              },
 /* what nobody may do */
	{"mit  Raum",			"mitRaum",				      "head was changed"                                },
	{"Test\t",			   "Text\t",				       "head was changed"                                },
	{"01:00:01",			 "01:00:02",				     "head was changed"                                },
	{"<u1@forum",			"<u2@forum",				    "head was changed"                                },
	{SUBJECT,			    "",					     "a listed field is missing, or stands there twice"},
	{SUBJECT,			    SUBJECT SUBJECT,                                "a listed field is missing, or stands there twice"},
	{"from,date",			"date,from",				    "head was changed"                                },
	{"from,date",			"from,from,date",                               "a listed field is missing, or stands there twice"},
	{"from,date",			"date",					 "a field that must be signed is not listed"       },
	{",kokod-salt",                      "",					     "a field that must be signed is not listed"       },
	{"from,date",			"from,path,date",                               "Kokod-Fields lists what is no field to sign"     },
	{"from,date",			"From,date",				    "Kokod-Fields lists what is no field to sign"     },
	{"from,date",			"from,,date",                                   "Kokod-Fields lists what is no field to sign"     },
	{"from,date",			"from,kokod-sign,date",                         "Kokod-Fields lists what is no field to sign"     },
	{",kokod-actor",                     "",					     "head was changed"                                },
	{"Kokod-Actor: u1",                  "Kokod-Actor: u2",                              "head was changed"                                },
	{"AAECAw",			   "AAECAx",				       "head was changed"                                },
	{"AAECAw",			   "AAECA",					"Kokod-Salt is not valid"                         },
	{"Newsgroups: kreis.test",           "Newsgroups: kreis.b",                          "head was changed"                                },
	{"Message-ID: <a",                   "Message-ID: <b",                               "head was changed"                                },
	{".Punkt",			   "Punkt",					"body was changed"                                },
	{"Ende   ",			  "Ende  ",				       "body was changed"                                },
	{"\xa4\r\n\r\n",                     "\xa4\r\n",				     "body was changed"                                },
	{"\xa4\r\n",			 "\xa4\n",				       "LF without CR in the body"                       },
	{"Kokod-Sign:",                      "X-Sign:",				      "no Kokod-Sign"                                   },
	{"Kokod-Sign:",                      "Kokod-Sign: x\r\nKokod-Sign:",                 "two Kokod-Sign"                                  },
	{"z=68",			     "z=67",					 "body was changed"                                },
	{"From:",			    "From \xc3(",				   "line of the head without a field name"           },
	{"From:",			    "X-A: \xc3(\r\nFrom:",                          "head is not valid UTF-8"                         },
};

static void on_the_way(void **state)
{
	const char *why;

	(void)state;
	for (size_t i = 0; i < array_len(changes); i++) {
		int rc = change(changes[i].what, changes[i].by, &why);
		bool as_wanted =
			changes[i].why ? rc < 0 && strcmp(why, changes[i].why) == 0 : rc == 0;
		if (!as_wanted) {
			fprintf(stderr, "%s -> %s: %d %s\n", changes[i].what, changes[i].by, rc,
				rc < 0 ? why : "");
			fail();
		}
	}
}

/* The entry of another group, another origin's person, and what somebody added. */
static void other_surroundings(void **state)
{
	struct fed_entry en;
	struct fed_sign s;
	const char *why;
	struct buf out;

	(void)state;
	buf_init(&out, SIZE_MAX);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
	assert_int_equal(fed_entry_parse(&en, buf_slice(&out)), 0);
	assert_int_equal(fed_entry_check(&en, lit("kreis.b"), lit(NAME)), KERR_INVALID);
	assert_int_equal(fed_entry_parse(&en, buf_slice(&out)), 0);
	assert_int_equal(
		fed_entry_check(&en, lit("kreis.test"), lit("forum.b.example")), KERR_INVALID);
	assert_string_equal(en.a.why, "Kokod-Actor is not of the origin");
	buf_fini(&out);
}

/* What is stored is what was signed, with any Path; and not, when a byte of it is another one. */
static void holds_what_was_signed(void **state)
{
	struct fed_sign s;
	const char *why;
	struct buf out, line, bad;
	unsigned n_held = 0;

	(void)state;
	buf_init(&out, SIZE_MAX);
	buf_init(&line, SIZE_MAX);
	buf_init(&bad, SIZE_MAX);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
	fed_sign_add_field(&line, &s);
	struct slice made = slice_from(buf_slice(&out), line.len); /* behind Kokod-Sign */
	buf_reset(&line);
	fed_sign_add_line(&line, &s);
	assert_true(fed_entry_holds(buf_slice(&line), made, &why));
	buf_add(&bad, lit("Path: a!b!not-for-mail\r\n"));
	buf_add(&bad, made);
	assert_true(fed_entry_holds(buf_slice(&line), buf_slice(&bad), &why));
	for (size_t i = 0; i < made.len; i++) {
		buf_reset(&bad);
		buf_add(&bad, made);
		bad.data[i] ^= 1;
		n_held += fed_entry_holds(buf_slice(&line), buf_slice(&bad), &why);
		assert_false(fed_entry_holds(buf_slice(&line), slice_head(made, i), &why));
	}
	assert_true(n_held < 10); /* blanks at the ends of fields, and what stands between them */
	assert_false(fed_entry_holds(lit("v=1"), made, &why));
	buf_fini(&out);
	buf_fini(&line);
	buf_fini(&bad);
}

static void added_fields_have_no_effect(void **state)
{
	struct fed_entry en;
	struct fed_sign s;
	const char *why;
	struct buf out, more, kept;

	(void)state;
	buf_init(&out, SIZE_MAX);
	buf_init(&more, SIZE_MAX);
	buf_init(&kept, SIZE_MAX);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
	buf_add(&more, lit("Control: cancel <x@y>\r\nApproved: me\r\nPath: x!y\r\nX-A: b\r\n"));
	buf_add(&more, buf_slice(&out));
	assert_int_equal(fed_entry_parse(&en, buf_slice(&more)), 0);
	assert_int_equal(fed_entry_check(&en, lit("kreis.test"), lit(NAME)), 0);
	assert_false(article_has(&en.a, ART_CONTROL));
	assert_false(article_has(&en.a, ART_APPROVED));
	assert_true(article_has(&en.a, ART_PATH));

	assert_int_equal(fed_entry_store(&en, lit("forum.b.example"), &kept), 0);
	buf_reset(&more);
	buf_add(&more, lit("Path: forum.b.example!x!y\r\n" HEAD OURS "\r\n" BODY));
	assert_slice(buf_slice(&kept), buf_cstr(&more));
	buf_fini(&out);
	buf_fini(&more);
	buf_fini(&kept);
}

/* Relayed again and again an entry stays an entry, whatever its Path was made. */
static void paths(void **state)
{
	static const size_t lens[] = {0, 1, 900, 980, 990, 991, 2048};
	struct fed_entry en;
	struct fed_sign s;
	const char *why;
	struct buf out, path;

	(void)state;
	buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < array_len(lens); i++) {
		buf_init(&path, SIZE_MAX);
		assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
		buf_add(&path, lit("Path: "));
		for (size_t n = 0; n < lens[i]; n++)
			buf_add(&path, n % 900 == 899 ? lit("!\r\n ") : lit("a"));
		buf_add(&path, lit("\r\n"));
		buf_add(&path, buf_slice(&out));
		for (int hop = 0; hop < 60; hop++) {
			struct buf next;
			buf_init(&next, SIZE_MAX);
			fed_sign_add_field(&next, &s);
			assert_int_equal(fed_entry_parse(&en, buf_slice(&path)), 0);
			assert_int_equal(fed_entry_check(&en, lit("kreis.test"), lit(NAME)), 0);
			assert_int_equal(fed_entry_store(&en, lit("forum.b.example"), &next), 0);
			buf_move(&path, &next);
			buf_fini(&next);
		}
		assert_true(path.len < out.len + 2048 + 100);
		buf_fini(&path);
	}
	buf_fini(&out);
}

static void gateways(void **state)
{
	struct fed_entry en;
	struct fed_sign s;
	const char *why;
	struct buf out;

	(void)state;
	buf_init(&out, SIZE_MAX);
	make.actor = lit("");
	make.gateway = lit("news.example!x");
	assert_int_equal(
		make_of(lit(MIN "Newsgroups: a.b,kreis.test\r\n\r\nx\r\n"), &out, &s, &why), 0);
	assert_int_equal(fed_entry_parse(&en, buf_slice(&out)), 0);
	assert_int_equal(fed_entry_check(&en, lit("kreis.test"), lit(NAME)), 0);
	assert_true(en.gateway);
	buf_fini(&out);
	set_up(NULL);
}

static void prefix(void *arg, struct slice in)
{
	struct fed_entry en;
	int rc = fed_entry_parse(&en, in);

	if (rc == 0)
		rc = fed_entry_check(&en, lit("kreis.test"), lit(NAME));
	assert_int_equal(rc == 0, in.len == *(size_t *)arg);
	assert_true(rc == 0 || en.a.why != NULL);
}

static void cut_anywhere(void **state)
{
	struct fed_sign s;
	const char *why;
	struct buf out;

	(void)state;
	buf_init(&out, SIZE_MAX);
	assert_int_equal(make_of(lit(HEAD "\r\n" BODY), &out, &s, &why), 0);
	splits_prefixes(prefix, &out.len, buf_slice(&out));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector),
		cmocka_unit_test(origin_refuses),
		cmocka_unit_test(origin_refuses_nul),
		cmocka_unit_test(large_heads),
		cmocka_unit_test(on_the_way),
		cmocka_unit_test(other_surroundings),
		cmocka_unit_test(holds_what_was_signed),
		cmocka_unit_test(added_fields_have_no_effect),
		cmocka_unit_test(paths),
		cmocka_unit_test(gateways),
		cmocka_unit_test(cut_anywhere),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, set_up, NULL);
}
