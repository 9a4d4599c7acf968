/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address lists: examples of RFC 5322 appendix A, obsolete forms, faults and floods. */
#include "tests/rig/unit.h"

#include "proto/base/err.h"
#include "proto/msg/address.h"
#include "tests/rig/splits.h"

/* Each entry as {name|local|domain}, groups as {name: and ;}. */
static void add_list(struct buf *b, const struct address_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct address *a = &l->v[i];
		if (a->kind == ADDRESS_GROUP_END)
			buf_addz(b, ";");
		else if (a->kind == ADDRESS_GROUP_BEGIN)
			buf_addf(b, "%.*s:", SLICE_ARG(a->name));
		else
			buf_addf(b, "{%.*s|%.*s|%.*s}", SLICE_ARG(a->name), SLICE_ARG(a->local),
				SLICE_ARG(a->domain));
	}
}

static int parse_to(struct buf *b, struct slice in, size_t max)
{
	struct address_list l;
	struct arena ar;

	arena_init(&ar);
	int rc = address_parse(in, max, &ar, &l);
	add_list(b, &l);
	arena_fini(&ar);
	return rc;
}

static const struct {
	const char *in;
	int rc;
	const char *answer;
} rows[] = {
	{"anna@example.org",							 0,            "{|anna|example.org}"							  },
	{"Anna Example <anna@example.org>",                                          0,            "{Anna Example|anna|example.org}"                                              },
	{"anna@example.org (Anna (die) \\) Erste)",                                  0,            "{Anna (die) ) Erste|anna|example.org}"                                        },
	{"\"Joe Q. Public\" <john.q.public@example.com>",                            0,
         "{Joe Q. Public|john.q.public|example.com}"															      },
	{"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",            0,
         "{Mary Smith|mary|x.test}{|jdoe|example.org}{Who?|one|y.test}"													   },
	{"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",    0,
         "{|boss|nil.test}{Giant; \"Big\" Box|sysservices|example.net}"													   },
	{"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",         0,
         "A Group:{Ed Jones|c|a.test}{|joe|where.test}{John|jdoe|one.test};"												      },
	{"Undisclosed recipients:;",						 0,            "Undisclosed recipients:;"                                                     },
	{"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",           0,
         "{Pete|pete|silly.test}"																		 },
	{"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
	 "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
	 "group)",							  0,            "A Group:{Chris Jones|c|public.example}{|joe|example.org}{John|jdoe|one.test};"},
	{"Joe Q. Public <john.q.public@example.com>",                                0,
         "{Joe Q. Public|john.q.public|example.com}"															      },
	{"Mary Smith <@node.test,@b.test:mary@example.net>, , jdoe@test  . example", 0,
         "{Mary Smith|mary|example.net}{|jdoe|test.example}"														      },
	{"a . b@c . d",							      0,            "{|a.b|c.d}"								   },
	{"\"a b\"@c",								0,            "{|a b|c}"								     },
	{"x@[192.0.2.1]",							    0,            "{|x|[192.0.2.1]}"							     },
	{"=?utf-8?q?J=C3=BCrgen?= <j@x.de>",                                         0,            "{=?utf-8?q?J=C3=BCrgen?=|j|x.de}"                                             },
	{"J\xc3\xbcrgen <j@x.de>",						   0,            "{J\xc3\xbcrgen|j|x.de}"                                                       },
	{"\"a\r\n b\" <j@x.de>",						     0,            "{a b|j|x.de}"								 },
	{"",									 0,            ""									     },
	{",,",								       0,            ""									     },
	{"anna",								     KERR_INVALID, ""									     },
	{"anna@",								    KERR_INVALID, ""									     },
	{"@x.de",								    KERR_INVALID, ""									     },
	{"anna b@x.de",							      KERR_INVALID, ""									     },
	{"a@b c",								    KERR_INVALID, ""									     },
	{"a@b <c@d>",								KERR_INVALID, ""									     },
	{"a@b, <>",								  KERR_INVALID, "{|a|b}"								       },
	{"Anna <anna@x.de",							  KERR_INVALID, ""									     },
	{"Anna <anna@x.de>>",							KERR_INVALID, ""									     },
	{"a@b@c",								    KERR_INVALID, ""									     },
	{"a@[1",								     KERR_INVALID, ""									     },
	{"\"a",								      KERR_INVALID, ""									     },
	{"(a",								       KERR_INVALID, ""									     },
	{"a)",								       KERR_INVALID, ""									     },
	{"g: a@b",								   KERR_INVALID, "g:{|a|b}"								     },
	{"g: h: a@b;;",							      KERR_INVALID, "g:"									   },
	{"a@b;",								     KERR_INVALID, "{|a|b}"								       },
	{":a@b;",								    KERR_INVALID, ""									     },
	{"<@a>",								     KERR_INVALID, ""									     },
	{"a\\b@c",								   KERR_INVALID, ""									     },
	{"a@b, c@d, e@f, g@h, i@j, k@l",					     KERR_TOOBIG,  "{|a|b}{|c|d}{|e|f}{|g|h}{|i|j}"                                               },
};

static void parse_prefix(void *arg, struct slice prefix)
{
	buf_reset(arg);
	assert_true(parse_to(arg, prefix, 5) <= 0);
}

static void parses(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		buf_reset(&b);
		if (parse_to(&b, in, 5) != rows[i].rc)
			fail_msg("%s: %s", rows[i].in, buf_cstr(&b));
		assert_buf(&b, rows[i].answer);
		splits_free(in);
		splits_prefixes(parse_prefix, &b, slice_str(rows[i].in));
	}
	buf_fini(&b);
}

static void add_broken(struct buf *b, struct slice in, size_t max)
{
	struct address_list l;
	struct arena ar;

	arena_init(&ar);
	address_parse_broken(in, max, &ar, &l);
	add_list(b, &l);
	if (l.n > 0 && l.v[0].route.len > 0)
		buf_addf(b, " via %.*s", SLICE_ARG(l.v[0].route));
	arena_fini(&ar);
}

static void guess_prefix(void *arg, struct slice prefix)
{
	struct buf *b = arg;

	buf_reset(b);
	add_broken(b, prefix, ADDRESS_MAX);
}

/* What breaks the grammar is told as far as it goes, and the list goes on. */
static void guesses(void **state)
{
	static const char *const broken[][2] = {
		{"anna",                       "{|anna|}"                      },
		{"Anna Muster",                "{Anna Muster||}"               },
		{"@x.de",                      "{||x.de}"                      },
		{"anna@",                      "{|anna|}"                      },
		{"<>, a@b",                    "{||}{|a|b}"                    },
		{"Anna <>",                    "{Anna||}"                      },
		{"Anna <anna>, a@b",           "{Anna|anna|}{|a|b}"            },
		{"Anna <anna@x.de, a@b",       "{Anna|anna|x.de}{|a|b}"        },
		{"Anna <a@b> <c@d>, e@f",      "{Anna|a|b}{|e|f}"              },
		{"Anna <a@b> says, e@f",       "{Anna|a|b}{|e|f}"              },
		{"a@b@c, d@e",                 "{|a|b}{|d|e}"                  },
		{"a@b (Anna",                  "{Anna|a|b}"                    },
		{"\"Anna <a@b>",               "{|Anna <a@b>|}"                },
		{"a@b; c@d;",                  "{|a|b}{|c|d}"                  },
		{"An\\na <a@b>, c@d",          "{|An|}{|c|d}"                  },
		{"G: a@b, x",                  "G:{|a|b}{|x|};"                },
		{"G: H: a@b; c@d",             "G:{|H|};{|c|d}"                },
		{", ,a@b,",                    "{|a|b}"                        },
		{"(nobody)",                   ""                              },
		{"Anna <@r.test,@s.test:a@b>", "{Anna|a|b} via @r.test,@s.test"},
		{"<@r.test a@b>, c@d",         "{||r.test}{|c|d}"              },
		{"a@b,b@c,c@d,d@e,e@f,f@g",    "{|a|b}{|b|c}{|c|d}{|d|e}{|e|f}"},
	};
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	for (size_t i = 0; i < array_len(broken); i++) {
		struct slice in = splits_copy(slice_str(broken[i][0]));

		buf_reset(&b);
		add_broken(&b, in, 5);
		assert_buf(&b, broken[i][1]);
		splits_free(in);
		splits_prefixes(guess_prefix, &b, slice_str(broken[i][0]));
	}
	buf_fini(&b);
}

/* 64 KiB of nothing but one delimiter: an answer, and memory in proportion. */
static void floods(void **state)
{
	static const char *const units[] = {"(", "()", "\"", "\"\"", "<", ",", "a@b,", "g:;", "a ",
		".", "((((((((((((((((((((((((((((((((((((((((", "\\", "@", "[", "a(b)"};
	struct buf in, out;

	(void)state;
	buf_init(&in, 70000);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < array_len(units); i++) {
		buf_reset(&in);
		buf_reset(&out);
		while (in.len < 65000)
			buf_addz(&in, units[i]);
		assert_true(parse_to(&out, buf_slice(&in), ADDRESS_MAX) <= 0);
		buf_reset(&out);
		add_broken(&out, buf_slice(&in), ADDRESS_MAX);
	}
	buf_fini(&in);
	buf_fini(&out);
}

static void compares(void **state)
{
	const struct address a = {.local = lit("anna"), .domain = lit("Example.ORG")};
	const struct address b = {.local = lit("anna"), .domain = lit("example.org")};
	const struct address c = {.local = lit("Anna"), .domain = lit("example.org")};

	(void)state;
	assert_true(address_eq(&a, &b));
	assert_false(address_eq(&b, &c));
	assert_true(address_is(&a, lit("anna@example.org")));
	assert_false(address_is(&a, lit("anna@example.org.evil")));
	assert_false(address_is(&a, lit("anna")));
	assert_false(address_is(&a, lit("")));
}

static void writes(void **state)
{
	static const char *const names[][2] = {
		{"",                "a@b"			    },
		{"Anna Example",    "Anna Example <a@b>"             },
		{"Anna E. \"x\"",   "\"Anna E. \\\"x\\\"\" <a@b>"    },
		{"J\xc3\xbcrgen M", "=?UTF-8?Q?J=C3=BCrgen_M?= <a@b>"},
	};
	const struct address quoted = {.local = lit("a b"), .domain = lit("c")};
	const struct address plain = {.local = lit("a.b"), .domain = lit("c")};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(names); i++) {
		buf_reset(&b);
		address_add(&b, slice_str(names[i][0]), lit("a@b"));
		assert_buf(&b, names[i][1]);
	}
	buf_reset(&b);
	address_add_spec(&b, &quoted);
	buf_addc(&b, ' ');
	address_add_spec(&b, &plain);
	assert_buf(&b, "\"a b\"@c a.b@c");
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(guesses),
		cmocka_unit_test(floods),
		cmocka_unit_test(compares),
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
