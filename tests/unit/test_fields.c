/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message-IDs, References, group names, Path, encoded words. */
#include "tests/rig/unit.h"

#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"
#include "tests/rig/splits.h"

static void touch_all(void *arg, struct slice in)
{
	struct buf b;
	struct slice rest = in, part;

	(void)arg;
	buf_init(&b, 1 << 20);
	assert_true(!msgid_valid(in) || msgid_syntax(in));
	assert_true(msgid_domain(in).len < in.len + 1);
	while (refs_next(&rest, &part))
		assert_true(msgid_syntax(part));
	assert_true(newsgroups_check(in, 3) <= 3);
	path_has(in, lit("x"));
	words_decode(&b, in);
	assert_true(utf8_valid(buf_slice(&b)) && b.len <= WORDS_MAX_OUT);
	buf_fini(&b);
}

static void msgids(void **state)
{
	static const struct {
		const char *id;
		bool syntax, valid;
		const char *domain;
	} rows[] = {
		{"<a@b>",			   true,  true,  "b"                    },
		{"<a.b+c/d@forum.viersen.example>", true,  true,  "forum.viersen.example"},
		{"<a@[127.0.0.1]>",                 true,  true,  "[127.0.0.1]"          },
		{"<a@[x[y]>",                       true,  false, "[x[y]"                },
		{"<a>",			     true,  false, ""                     },
		{"<a@>",			    true,  false, ""                     },
		{"<@b>",			    true,  false, "b"                    },
		{"<a@b@c>",                         true,  false, "b@c"                  },
		{"<.a@b>",                          true,  false, "b"                    },
		{"<a.@b>",                          true,  false, "b"                    },
		{"<a..b@b>",                        true,  false, "b"                    },
		{"<\"a\"@b>",                       true,  false, "b"                    },
		{"<a b@c>",                         false, false, ""                     },
		{"<a@b\t>",                         false, false, ""                     },
		{"<a@b> ",                          false, false, ""                     },
		{"a@b",			     false, false, ""                     },
		{"<>",			      false, false, ""                     },
		{"<",			       false, false, ""                     },
		{"",				false, false, ""                     },
		{"<a@b>c>",                         false, false, ""                     },
		{"<a\xc3\xa4@b>",                   false, false, ""                     },
	};

	char id[MSGID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].id));
		assert_int_equal(msgid_syntax(in), rows[i].syntax);
		assert_int_equal(msgid_valid(in), rows[i].valid);
		assert_slice(msgid_domain(in), rows[i].domain);
		splits_free(in);
		splits_prefixes(touch_all, NULL, slice_str(rows[i].id));
	}
	memset(id, 'a', sizeof id);
	id[0] = '<';
	id[2] = '@';
	id[MSGID_MAX - 1] = '>';
	assert_true(msgid_valid(slice_of(id, MSGID_MAX)));
	id[MSGID_MAX - 1] = 'a';
	id[MSGID_MAX] = '>';
	assert_false(msgid_syntax(slice_of(id, MSGID_MAX + 1)));
	assert_false(msgid_syntax(slice_of("<a\0@b>", 6)));
}

static void references(void **state)
{
	static const char *const rows[][3] = {
		{"<a@b> <c@d>",				"<a@b><c@d>",      "<c@d>"},
		{"<a@b>\r\n\t<c@d><e@f>",                      "<a@b><c@d><e@f>", "<e@f>"},
		{"Your mail of Monday (<a@b>) <<c@d> <e f> <", "<a@b><c@d>",      "<c@d>"},
		{"<a@b",				       "",                ""     },
		{"none",				       "",                ""     },
		{"",					   "",                ""     },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i][0])), rest = in, id = lit("");
		buf_reset(&b);
		while (refs_next(&rest, &id))
			buf_add(&b, id);
		assert_int_equal(rest.len, 0);
		assert_buf(&b, rows[i][1]);
		assert_int_equal(refs_last(in, &id), rows[i][2][0] != '\0');
		assert_slice(id, rows[i][2]);
		splits_free(in);
		splits_prefixes(touch_all, NULL, slice_str(rows[i][0]));
	}
	buf_fini(&b);
}

/* Row 18 of the table of bad inputs. */
static void group_names(void **state)
{
	static const struct {
		struct slice name;
		bool valid;
	} rows[] = {
		{lit("nrw.koko.forum"), true },
		{lit("a"),              true },
		{lit("comp.lang.c++"),  true },
		{lit("alt.2-test_x"),   true },
		{lit(""),               false},
		{lit("."),              false},
		{lit(".."),             false},
		{lit(".a"),             false},
		{lit("a."),             false},
		{lit("a..b"),           false},
		{lit("../../x"),        false},
		{lit("a/b"),            false},
		{lit("a\0b"),           false},
		{lit("A.b"),            false},
		{lit("k\xc3\xb6ln"),    false},
		{lit("a b"),            false},
		{lit("a*"),             false},
	};

	char longest[GROUP_NAME_MAX + 300];

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(rows[i].name);
		assert_int_equal(group_name_valid(in), rows[i].valid);
		splits_free(in);
	}
	memset(longest, 'a', sizeof longest);
	assert_true(group_name_valid(slice_of(longest, GROUP_NAME_MAX)));
	assert_false(group_name_valid(slice_of(longest, GROUP_NAME_MAX + 1)));
	assert_false(group_name_valid(slice_of(longest, 500)));
}

static void newsgroups(void **state)
{
	static const struct {
		const char *in;
		int n;
	} rows[] = {
		{"koko.test",                     1           },
		{" koko.test , nrw.koko.forum ",  2           },
		{"koko.test,\r\n nrw.koko.forum", 2           },
		{"a,b,c",                         3           },
		{"a,b,c,d",                       KERR_TOOBIG },
		{"a,b,a",                         KERR_INVALID},
		{"a,",			    KERR_INVALID},
		{",",			     KERR_INVALID},
		{"",			      KERR_INVALID},
		{"a b",			   KERR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		assert_int_equal(newsgroups_check(in, 3), rows[i].n);
		splits_free(in);
		splits_prefixes(touch_all, NULL, slice_str(rows[i].in));
	}
}

static void paths(void **state)
{
	struct slice rest = lit("a.example!.POSTED.x!b!!\r\n c!not-for-mail"), entry;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	while (path_next(&rest, &entry))
		buf_addf(&b, "[%.*s]", SLICE_ARG(entry));
	assert_buf(&b, "[a.example][.POSTED.x][b][][c][not-for-mail]");
	assert_true(path_has(lit("a.example!b!not-for-mail"), lit("A.example")));
	assert_true(path_has(lit("a!\r\n b!not-for-mail"), lit("b")));
	assert_false(path_has(lit("a!b!c.example"), lit("c.example")));
	assert_false(path_has(lit("aa!b!x"), lit("a")));
	assert_false(path_has(lit(""), lit("a")));
	buf_fini(&b);
}

static void decodes(void **state)
{
	static const char *const rows[][2] = {
		{"plain text",				      "plain text"						      },
		{"=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?= Viersen",         "Gr\xc3\xbc\xc3\x9f"
							    "e aus Viersen"},
		{"=?UTF8?b?R3LDvMOfZQ==?=",                         "Gr\xc3\xbc\xc3\x9f"
					    "e"                                            },
		{"=?iso-8859-1?q?Gr=FC=DFe?=",                      "Gr\xc3\xbc\xc3\x9f"
					       "e"                                      },
		{"=?iso-8859-1?q?=80_=84x=93?=",                    "\xe2\x82\xac \xe2\x80\x9ex\xe2\x80\x9c"                          },
		{"=?iso-8859-1*de?q?Gr=FC=DFe?=",                   "Gr\xc3\xbc\xc3\x9f"
						  "e"                                },
		{"=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?utf-8?q?c?= d", "abc d"                                                           },
		{"=?utf-8?q?=C3?= =?utf-8?q?=BC?=",                 "\xc3\xbc"                                                        },
		{"=?utf-8?q?=C3?= x",                               "\xef\xbf\xbd x"                                                  },
		{"=?koi8-r?b?8NLJ18XU?=",                           "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"                },
		{"=?shift_jis?b?g2WDWA==?=",                        "\xe3\x83\x86\xe3\x82\xb9"                                        },
		{"=?utf-7?q?+AOQ-?=",                               "\xc3\xa4"							},
		{"=?x-unknown?q?a=20b?=",                           "=?x-unknown?q?a=20b?="                                           },
		{"=?iso-2022-cn-ext?b?AAAA?=",                      "=?iso-2022-cn-ext?b?AAAA?="                                      },
		{"=?utf-8?q?a=0D=0Ab=00c=7F?=",                     "a  b c "							 },
		{"=?utf-8?x?a?=",				   "=?utf-8?x?a?="						   },
		{"=?utf-8?q?a b?=",                                 "=?utf-8?q?a b?="                                                 },
		{"=?utf-8?q?a",				     "=?utf-8?q?a"						     },
		{"=?",					      "=?"							      },
		{"=?utf-8?b?R3L?=",                                 "R3L"							     },
		{"=?utf-8?q?a=?=",                                  "a="							      },
		{"=?utf-8?q?a=4?=",                                 "a=4"							     },
		{"a =?utf-8?q?b?= c =?utf-8?q?d?=",                 "a b c d"                                                         },
		{"raw \xfc\r\n and folded",                         "raw \xef\xbf\xbd and folded"                                     },
		{"",						""								},
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i][0]));
		buf_reset(&b);
		words_decode(&b, in);
		assert_buf(&b, rows[i][1]);
		splits_free(in);
		splits_prefixes(touch_all, NULL, slice_str(rows[i][0]));
	}
	buf_fini(&b);
}

/* What is written is read back, in words of at most 75 bytes, whatever the text. */
static void encodes(void **state)
{
	static const char *const texts[] = {"plain",
		"Gr\xc3\xbc\xc3\x9f"
		"e",
		"=?utf-8?q?x?=", "", "tab\tbed", "\xff broken", " ", "a_b?c=d",
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82"
		"\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac long and longer and "
		"longer"
		" and still not at its end, whatever anybody says, since that is what is tested "
		"here"};
	struct buf b, clean, back;

	(void)state;
	buf_init(&b, 10000);
	buf_init(&clean, 10000);
	buf_init(&back, 10000);
	for (size_t i = 0; i < array_len(texts); i++) {
		struct slice rest, word;
		buf_reset(&b);
		buf_reset(&clean);
		buf_reset(&back);
		words_encode(&b, slice_str(texts[i]));
		rest = buf_slice(&b);
		while (slice_word(&rest, &word))
			assert_true(slice_trim(word).len <= 75);
		words_decode(&back, buf_slice(&b));
		utf8_add_clean(&clean, slice_str(texts[i]));
		for (size_t k = 0; k < clean.len; k++)
			if (clean.data[k] == '\t')
				clean.data[k] = ' ';
		assert_string_equal(buf_cstr(&back), buf_cstr(&clean));
	}
	buf_fini(&b);
	buf_fini(&clean);
	buf_fini(&back);
}

/* A field of 64 KiB gives no more than WORDS_MAX_OUT. */
static void bounded(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	while (in.len < 65000)
		buf_addz(&in, "=?iso-8859-1?q?=80=80=80=80=80=80=80=80?= ");
	words_decode(&out, buf_slice(&in));
	assert_true(out.len > 1000 && out.len <= WORDS_MAX_OUT);
	buf_reset(&in);
	buf_reset(&out);
	while (in.len < 65000)
		buf_addz(&in, "=?");
	words_decode(&out, buf_slice(&in));
	assert_int_equal(out.len, WORDS_MAX_OUT);
	buf_fini(&in);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(msgids),
		cmocka_unit_test(references),
		cmocka_unit_test(group_names),
		cmocka_unit_test(newsgroups),
		cmocka_unit_test(paths),
		cmocka_unit_test(decodes),
		cmocka_unit_test(encodes),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
