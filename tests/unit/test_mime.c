/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part trees, sections, parameters, and the limits of all of them. */
#include "tests/rig/unit.h"

#include <time.h>

#include "proto/msg/mime.h"
#include "tests/rig/splits.h"

/* "type/subtype(head+body:lines ...children)" */
static void add_open(struct buf *b, const struct mime_part *p)
{
	buf_addf(b, "(%.*s/%.*s %zu+%zu:%zu", SLICE_ARG(p->type), SLICE_ARG(p->subtype),
		p->head_len, p->body_len, p->n_lines);
}

static void add_tree(struct buf *b, const struct mime *m)
{
	uint32_t i = 0;

	while (i != MIME_NONE) {
		add_open(b, &m->v[i]);
		if (m->v[i].child != MIME_NONE) {
			i = m->v[i].child;
			continue;
		}
		buf_addc(b, ')');
		while (i != MIME_NONE && m->v[i].next == MIME_NONE) {
			i = m->v[i].parent;
			if (i != MIME_NONE)
				buf_addc(b, ')');
		}
		if (i != MIME_NONE)
			i = m->v[i].next;
	}
	if (m->cut)
		buf_addz(b, " cut");
}

#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define RFC822 "Content-Type: message/rfc822\r\n\r\n"

static const struct {
	const char *msg, *tree;
} rows[] = {
	{"",											"(text/plain 0+0:0)"					      },
	{"A: b\r\n\r\nx\r\n",								       "(text/plain 8+3:1)"                                              },
	{"A: b\n\nx\ny",									    "(text/plain 6+3:1)"					      },
	{"A: b\r\n",										"(text/plain 6+0:0)"					      },
	{"Content-Type: TEXT/Html; x\r\n\r\nx",						     "(TEXT/Html 30+1:0)"                                              },
	{"Content-Type: text\r\n\r\nx",							     "(text/plain 22+1:0)"                                             },
	{"Content-Type: a / b\r\n\r\n",							     "(a/b 23+0:0)"                                                    },
	{"Content-Type: message/global\r\n\r\nA: b\r\n\r\nx",                                       "(message/global 32+9:2)"                                         },
	{"Content-Type: a/\r\n\r\n",								"(text/plain 20+0:0)"                                             },
	{"Content-Type: (c) a(d)\r\n\r\n",							  "(text/plain 26+0:0)"                                             },
	{"Content-Type: (c (\\)d)) a/(e)b ; x=y\r\n\r\n",                                           "(a/b 40+0:0)"                                                    },
	{"Content-Type: multipart/mixed\r\n\r\n",						   "(text/plain 33+0:0)"                                             },
	{"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n",                                    "(text/plain 46+0:0)"                                             },
	{MULTI,										     "(multipart/mixed 45+0:0)"                                        },
	{MULTI "no delimiter\r\n",								  "(multipart/mixed 45+14:1)"                                       },
	{MULTI "pre\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\nepi\r\n",
         "(multipart/mixed 45+37:9(text/plain 2+1:0)(text/plain 2+1:0))"											      },
 /* blanks behind a boundary; a longer boundary is another one */
	{MULTI "--b \t\r\n\r\nx\r\n--bb\r\n--b-\r\n--b--x\r\n-- b\r\n--b-- \r\n",
         "(multipart/mixed 45+46:8(text/plain 2+27:4))"													       },
 /* no end, no empty line behind the fields, no fields at all */
	{MULTI "--b\r\n\r\nx\r\n",								  "(multipart/mixed 45+10:3(text/plain 2+3:1))"                     },
	{MULTI "--b\r\nContent-Type: a/b\r\n--b--",                                                 "(multipart/mixed 45+29:2(a/b 19+0:0))"                           },
	{MULTI "--b\r\n--b\r\n\r\n--b--",
         "(multipart/mixed 45+17:3(text/plain 0+0:0)(text/plain 2+0:0))"											      },
	{MULTI "--b\n\nx\n--b--\n",								 "(multipart/mixed 45+13:4(text/plain 1+1:0))"                     },
 /* an outer delimiter ends what is inside; a closed one is text */
	{MULTI "--b\r\nContent-Type: multipart/x; boundary=\"b c\"\r\n\r\n--b "
	       "c\r\n\r\nx\r\n--b--\r\n--b\r\n",					   "(multipart/mixed 45+74:8(multipart/x 45+10:2(text/plain 2+1:0)))"},
 /* of equal boundaries the inner one counts until it is closed; b-- may be a boundary too */
	{MULTI "--b\r\n" MULTI "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--\r\n",
         "(multipart/mixed 45+84:11(multipart/mixed 45+15:3(text/plain 2+1:0))(text/plain "
		"2+1:0))"																	     },
	{MULTI "--b\r\nContent-Type: multipart/x; boundary=\"b-- \"\r\n\r\n--b--\r\n\r\nx\r\n"
	       "--b----\r\n--b--\r\n",						     "(multipart/mixed 45+79:8(multipart/x 46+19:3(text/plain 2+1:0)))"},
 /* the message inside a message, and its parts */
	{RFC822 "Subject: x\r\n\r\nhi\r\n",							 "(message/rfc822 32+18:3(text/plain 14+4:1))"                     },
	{RFC822 MULTI "--b\r\n\r\nx\r\n--b--\r\n",
         "(message/rfc822 32+62:6(multipart/mixed 45+17:4(text/plain 2+1:0)))"											},
	{RFC822,										    "(message/rfc822 32+0:0(text/plain 0+0:0))"                       },
	{"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n\r\nx\r\n--b--\r\n",
         "(multipart/digest 46+25:6(message/rfc822 2+9:2(text/plain 8+1:0)))"											 },
 /* lines that are no fields; the first of two fields counts */
	{"From x 12:00\r\nno field\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
         "(a/b 64+0:0)"																	       },
	{"Content-Type:\r\n a/b;\r\n boundary=x\r\n\r\n",                                           "(a/b 37+0:0)"                                                    },
};

static void check_tree(struct slice msg, const char *want)
{
	struct slice in = splits_copy(msg);
	struct arena ar;
	struct mime m;
	struct buf b;

	arena_init(&ar);
	buf_init(&b, 1 << 20);
	mime_parse(&m, in, &ar);
	add_tree(&b, &m);
	assert_buf(&b, want);
	buf_fini(&b);
	arena_fini(&ar);
	splits_free(in);
}

static void trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		check_tree(slice_str(rows[i].msg), rows[i].tree);
}

/* No bytes at all, not even a place where they would be. */
static void nothing(void **state)
{
	struct arena ar;
	struct mime m;

	(void)state;
	arena_init(&ar);
	mime_parse(&m, slice_of(NULL, 0), &ar);
	assert_int_equal(m.n, 1);
	assert_non_null(mime_head(&m, &m.v[0]).p);
	assert_int_equal(mime_body(&m, &m.v[0]).len, 0);
	arena_fini(&ar);
}

/* All parts lie within the message, whatever is cut off. */
static void check_prefix(void *arg, struct slice prefix)
{
	struct arena ar;
	struct mime m;

	(void)arg;
	arena_init(&ar);
	mime_parse(&m, prefix, &ar);
	for (size_t i = 0; i < m.n; i++) {
		assert_true(m.v[i].body + m.v[i].body_len <= prefix.len);
		assert_int_equal(m.v[i].head + m.v[i].head_len, m.v[i].body);
	}
	arena_fini(&ar);
}

static void prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		splits_prefixes(check_prefix, NULL, slice_str(rows[i].msg));
}

static const char fields_msg[] =
	"Content-Type: application/pdf;\r\n name=\"a \\\"b\\\"; \r\n c\"; "
	"title*0*=us-ascii'en'x%20;title*1=y; junk; k = v(c); q=\"open\r\n"
	"Content-ID: <id@x>\r\nContent-Description: a\r\n long one\r\n"
	"Content-Transfer-Encoding: BASE64 (c)\r\nContent-MD5: Q2hlY2s=\r\n"
	"Content-Disposition: attachment; filename=x.pdf\r\n"
	"Content-Language: de, en\r\nContent-Location: http://x/y\r\n\r\nbody";

static void fields(void **state)
{
	struct arena ar;
	struct mime m;

	(void)state;
	arena_init(&ar);
	mime_parse(&m, slice_str(fields_msg), &ar);
	const struct mime_part *p = &m.v[0];
	assert_int_equal(p->params.n, 4);
	assert_slice(p->params.v[0].value, "a \"b\";  c");
	assert_slice(p->params.v[1].name, "title*");
	assert_slice(p->params.v[1].value, "us-ascii'en'x%20y");
	assert_slice(mime_param_get(&p->params, lit("K")), "v");
	assert_slice(mime_param_get(&p->params, lit("q")), "open");
	assert_slice(p->id, "<id@x>");
	assert_slice(p->description, "a long one");
	assert_slice(p->encoding, "BASE64");
	assert_slice(p->md5, "Q2hlY2s=");
	assert_slice(p->disposition, "attachment");
	assert_slice(p->disposition_params.v[0].value, "x.pdf");
	assert_slice(p->language, "de, en");
	assert_slice(p->location, "http://x/y");
	assert_slice(mime_field_get(mime_head(&m, p), lit("content-md5"), &ar), "Q2hlY2s=");
	assert_null(mime_field_get(mime_head(&m, p), lit("Subject"), &ar).p);
	arena_fini(&ar);
}

/* Sections are joined in their order, whatever stands between; incomplete ones are left alone. */
static void joins_params(void **state)
{
	static const char *const joined[][2] = {
		{"a*0=x; a*1=y",                           "a=xy"                              },
		{"a*1=y; b=z; A*0=\"x \"; c*2=q",          "b=z A=x y c*2=q"                   },
		{"a*0*=utf-8''%c3; a*1=%c3; a*2*=%9f",     "a*=utf-8''%c3%25c3%9f"             },
		{"a*0=\"x/'\"; a*1*=%20",                  "a*=''x%2F%27%20"                   },
		{"a*0=x; a*2=z",                           "a*0=x a*2=z"                       },
		{"a*0=x; a*0=y; a*1=z",                    "a*0=x a*0=y a*1=z"                 },
		{"a*=utf-8''x; a=y; *0=z; a*b=c; a*100=d", "a*=utf-8''x a=y *0=z a*b=c a*100=d"},
		{"a*0=; a*1*=",                            "a*=''"                             },
	};
	struct arena ar;
	struct mime m;
	struct buf b, in;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 1000);
	buf_init(&in, 1000);
	for (size_t i = 0; i < array_len(joined); i++) {
		buf_reset(&b);
		buf_reset(&in);
		buf_addf(&in, "Content-Type: a/b; %s\r\n\r\n", joined[i][0]);
		mime_parse(&m, buf_slice(&in), &ar);
		for (size_t k = 0; k < m.v[0].params.n; k++) {
			const struct mime_param *p = &m.v[0].params.v[k];

			buf_addf(&b, "%s%.*s=%.*s", k ? " " : "", SLICE_ARG(p->name),
				SLICE_ARG(p->value));
		}
		assert_buf(&b, joined[i][1]);
	}
	buf_fini(&in);
	buf_fini(&b);
	arena_fini(&ar);
}

static const char nested_msg[] =
	MULTI "--b\r\n\r\none\r\n--b\r\n" RFC822
	      "Subject: in\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
	      "--c\r\nX: 1\r\n\r\ntext\r\n--c\r\n\r\nhtml\r\n--c--\r\n--b--\r\n";

static const struct {
	const char *name, *bytes; /* NULL: there is none */
} sections[] = {
	{"1",          "one"								   },
	{"1.MIME",     "\r\n"								  },
	{"1.1",        NULL								    },
	{"1.HEADER",   NULL								    },
	{"1.TEXT",     NULL								    },
	{"2.MIME",     RFC822								  },
	{"2.header",   "Subject: in\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"},
	{"2.TEXT",     "--c\r\nX: 1\r\n\r\ntext\r\n--c\r\n\r\nhtml\r\n--c--"                   },
	{"2.1",        "text"								  },
	{"2.1.MIME",   "X: 1\r\n\r\n"							  },
	{"2.2",        "html"								  },
	{"2.3",        NULL								    },
	{"3",          NULL								    },
	{"0",          NULL								    },
	{"",           nested_msg							      },
	{"HEADER",     MULTI								   },
	{"MIME",       NULL								    },
	{"2.1.1.1.1",  NULL								    },
	{"1.",         NULL								    },
	{".1",         NULL								    },
	{"TEXT.1",     NULL								    },
	{"4294967296", NULL								    },
};

static void finds_sections(void **state)
{
	struct arena ar;
	struct mime m;
	struct slice got;

	(void)state;
	arena_init(&ar);
	mime_parse(&m, slice_str(nested_msg), &ar);
	for (size_t i = 0; i < array_len(sections); i++) {
		bool ok = mime_section_named(&m, slice_str(sections[i].name), &got);

		assert_int_equal(ok, sections[i].bytes != NULL);
		if (ok)
			assert_slice(got, sections[i].bytes);
	}
	mime_parse(&m, slice_str("Subject: x\r\n\r\nplain"), &ar);
	assert_true(mime_section_named(&m, lit("1"), &got));
	assert_slice(got, "plain");
	assert_true(mime_section_named(&m, lit("1.MIME"), &got));
	assert_slice(got, "Subject: x\r\n\r\n");
	mime_parse(&m, slice_str(RFC822 "Subject: x\r\n\r\nin"), &ar);
	assert_true(mime_section_named(&m, lit("1.HEADER"), &got));
	assert_slice(got, "Subject: x\r\n\r\n");
	assert_true(mime_section_named(&m, lit("1.1"), &got));
	assert_slice(got, "in");
	arena_fini(&ar);
}

/* Parse and say how long it took. */
static unsigned parse_ms(struct mime *m, struct buf *msg, struct arena *ar)
{
	clock_t from = clock();

	mime_parse(m, buf_slice(msg), ar);
	return (unsigned)((clock() - from) * 1000 / CLOCKS_PER_SEC);
}

static void add_times(struct buf *b, const char *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_addz(b, text);
}

static void add_levels(struct buf *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i, i);
}

static void add_same_prefix(struct buf *b, unsigned n)
{
	char boundary[101] = {0};

	memset(boundary, '-', 100);
	buf_addf(b, "Content-Type: multipart/mixed; boundary=\"%sx\"\r\n\r\n", boundary);
	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "--%sy\r\n", boundary);
}

enum bound { LEVELS, MESSAGES, PARTS, PREFIX, PARAMS, COMMENTS, DASHES, NO_BOUNDARY };

static void make_bound(struct buf *b, enum bound which)
{
	switch (which) {
	case LEVELS:
		add_levels(b, 10000);
		break;
	case MESSAGES:
		add_times(b, RFC822, 100000);
		break;
	case PARTS:
		buf_addz(b, MULTI);
		add_times(b, "--b\r\n\r\n", 1000000);
		break;
	case PREFIX:
		add_same_prefix(b, 90000);
		break;
	case PARAMS:
		buf_addz(b, "Content-Type: a/b");
		add_times(b, ";t*1*=x", 100000);
		buf_addz(b, "\r\n\r\n");
		break;
	case COMMENTS:
		buf_addz(b, "Content-Type: ");
		add_times(b, "(", 100000);
		buf_addz(b, "\r\n\r\n");
		break;
	case DASHES:
		add_levels(b, 32);
		add_times(b, "--\r\n", 1000000);
		break;
	case NO_BOUNDARY:
		add_levels(b, 32);
		add_times(b, "--b--\r\n", 200000);
		add_times(b, "--c9\r\n", 200000);
		break;
	}
}

/* Rows 29 and 30 of the table of bad inputs; the limits leave room for sanitizers. */
static void bounds(void **state)
{
	static const size_t n_parts[] = {33, 9, MIME_MAX_PARTS, 1, 1, 1, 33, 33};
	struct arena ar;
	struct mime m;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 26);
	for (enum bound i = LEVELS; i <= NO_BOUNDARY; i++) {
		arena_init(&ar);
		buf_reset(&b);
		make_bound(&b, i);
		unsigned ms = parse_ms(&m, &b, &ar);
		print_message("bound %d: %zu bytes, %zu parts, %u ms\n", (int)i, b.len, m.n, ms);
		assert_int_equal(m.n, n_parts[i]);
		assert_true(ms < 1000);
		assert_true(m.v[m.n - 1].body + m.v[m.n - 1].body_len <= b.len);
		arena_fini(&ar);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(nothing),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(fields),
		cmocka_unit_test(joins_params),
		cmocka_unit_test(finds_sections),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
