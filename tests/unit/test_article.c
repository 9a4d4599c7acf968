/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The article: index, mandatory fields, CRLF discipline of the body, overview. */
#include "tests/rig/unit.h"

#include "proto/base/err.h"
#include "proto/msg/article.h"
#include "tests/rig/splits.h"

#define HEAD                                                                                       \
	"Path: a!not-for-mail\r\nFrom: Anna <anna@example.org>\r\nNewsgroups: koko.test\r\n"       \
	"Subject: Gr\xc3\xbc\xc3\x9f"                                                              \
	"e\r\n aus\tViersen\r\nDate: Mon, 23 Nov 2026 13:59:11 +0000\r\n"                          \
	"message-id: <1@example.org>\r\nReferences: <a@b>\r\n <c@d>\r\nX-Other: x\r\n"

static void indexes(void **state)
{
	struct slice in = splits_copy(lit(HEAD "\r\nLine one\r\nLine two\r\n"));
	struct article a;

	(void)state;
	assert_int_equal(article_parse(&a, in, &msg_limits_inject), 0);
	assert_slice(a.value[ART_FROM], "Anna <anna@example.org>");
	assert_slice(a.value[ART_MESSAGE_ID], "<1@example.org>");
	assert_slice(a.value[ART_REFERENCES], "<a@b>\r\n <c@d>");
	assert_false(article_has(&a, ART_CONTROL));
	assert_slice(article_get(&a, lit("x-OTHER")), "x");
	assert_null(article_get(&a, lit("X-Oth")).p);
	assert_slice(a.body, "Line one\r\nLine two\r\n");
	assert_slice(a.head, HEAD);
	assert_int_equal(a.n_fields, 8);
	assert_true(a.has_empty_line);
	assert_int_equal(article_check_body(&a, &msg_limits_inject), 0);
	assert_int_equal(a.n_lines, 2);
	assert_int_equal(article_check_news(&a), 0);
	assert_null(a.why);
	splits_free(in);
}

static void names(void **state)
{
	(void)state;
	for (int i = 0; i < ART_N_FIELDS; i++) {
		struct slice name = article_field_name((enum article_field)i);
		assert_true(name.len > 0);
		assert_int_equal(article_field_find(name), i);
	}
	assert_int_equal(article_field_find(lit("FROM")), ART_FROM);
	assert_int_equal(article_field_find(lit("X-From")), ART_NONE);
	assert_slice(article_field_name(ART_NONE), "");
}

/* Rows 23 to 26 of the table of bad inputs, and 20: without head, without body. */
static const struct {
	struct slice in;
	const char *why;
} rows[] = {
	{lit(HEAD "\r\nok\r\n"),							   NULL                                   },
	{lit(HEAD "\r\n"),								 NULL				   },
	{lit(HEAD),									"no empty line behind the head"        },
	{lit(""),									  "article has no head"                  },
	{lit("\r\nbody only\r\n"),							 "article has no head"                  },
	{lit("body only\r\n"),							     "line of the head without a field name"},
	{lit(HEAD "\r\na\0b\r\n"),							 "NUL byte in the body"                 },
	{lit(HEAD "\r\na\nb\r\n"),							 "LF without CR in the body"            },
	{lit(HEAD "\r\n\n"),							       "LF without CR in the body"            },
	{lit(HEAD "\r\na\rb\r\n"),							 "CR without LF in the body"            },
	{lit(HEAD "\r\na\r\r\n"),							  "CR without LF in the body"            },
	{lit(HEAD "\r\na"),								"body ends in the middle of a line"    },
	{lit(HEAD "\r\na\r"),							      "body ends in the middle of a line"    },
	{lit(HEAD "X: a\0b\r\n\r\nok\r\n"),						"NUL byte in the head"                 },
	{lit(HEAD "X: a\nb\r\n\r\nok\r\n"),						"LF without CR in the head"            },
	{lit(HEAD "From: b@c\r\n\r\nok\r\n"),					      "From occurs twice"                    },
	{lit(HEAD "Message-ID: <2@c>\r\n\r\nok\r\n"),                                      "Message-ID occurs twice"              },
	{lit(HEAD "newsgroups: koko.test\r\n\r\nok\r\n"),                                  "Newsgroups occurs twice"              },
	{lit(HEAD "Date: Mon, 23 Nov 2026 13:59:11 +0000\r\n\r\nok\r\n"),                  "Date occurs twice"                    },
	{lit(HEAD "Subject: x\r\n\r\nok\r\n"),                                             "Subject occurs twice"                 },
	{lit(HEAD "Path: x\r\n\r\nok\r\n"),						"Path occurs twice"                    },
	{lit("From: a@b\r\n\r\n"),							 "Newsgroups is missing"                },
	{lit("From: \r\n\r\n"),							    "From is missing"                      },
	{lit("Path: a\r\nFrom: a@b\r\nNewsgroups: x\r\nSubject: s\r\n"
	     "Date: Mon, 23 Nov 2026 13:59:11 +0000\r\nMessage-ID: <1>\r\n\r\n"),
         "Message-ID is not valid"												},
	{lit("Path: a\r\nFrom: a@b\r\nNewsgroups: x\r\nSubject: s\r\n"
	     "Date: yesterday\r\nMessage-ID: <1@a>\r\n\r\n"),
         "Date is not valid"												      },
};

static int check_all(struct article *a, struct slice in)
{
	int rc = article_parse(a, in, &msg_limits_inject);

	if (rc == 0)
		rc = article_check_body(a, &msg_limits_inject);
	return rc == 0 ? article_check_news(a) : rc;
}

static void check_prefix(void *arg, struct slice prefix)
{
	struct article a;
	struct buf b;

	(void)arg;
	buf_init(&b, 1 << 20);
	if (check_all(&a, prefix) < 0)
		assert_non_null(a.why);
	else
		article_add_over(&b, &a);
	buf_fini(&b);
}

static void refuses(void **state)
{
	struct article a;

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(rows[i].in);
		int rc = check_all(&a, in);
		assert_int_equal(rc, rows[i].why ? KERR_INVALID : 0);
		if (rows[i].why)
			assert_string_equal(a.why, rows[i].why);
		splits_free(in);
		splits_prefixes(check_prefix, NULL, rows[i].in);
	}
}

static void body_limits(void **state)
{
	struct msg_limits tight = msg_limits_inject;
	struct article a;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_addz(&b, HEAD "\r\n");
	for (int i = 0; i < 998; i++)
		buf_addc(&b, 'x');
	buf_addz(&b, "\r\n");
	assert_int_equal(check_all(&a, buf_slice(&b)), 0);
	tight.max_bytes = b.len - 1;
	assert_int_equal(article_parse(&a, buf_slice(&b), &tight), KERR_TOOBIG);
	buf_cut(&b, b.len - 2);
	buf_addz(&b, "x\r\n");
	assert_int_equal(check_all(&a, buf_slice(&b)), KERR_INVALID);
	assert_string_equal(a.why, "line of the body is too long");
	assert_int_equal(article_check_body(&a, &msg_limits_relay), 0);
	buf_fini(&b);
}

static void overview(void **state)
{
	struct article a;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(article_parse(&a, lit(HEAD "\r\n"), &msg_limits_inject), 0);
	article_add_over(&b, &a);
	assert_buf(&b, "Gr\xc3\xbc\xc3\x9f"
		       "e aus Viersen\tAnna <anna@example.org>\t"
		       "Mon, 23 Nov 2026 13:59:11 +0000\t<1@example.org>\t<a@b> <c@d>");
	buf_reset(&b);
	assert_int_equal(article_parse(&a, lit("X: y\r\n\r\n"), &msg_limits_inject), 0);
	article_add_over(&b, &a);
	assert_buf(&b, "\t\t\t\t");
	buf_fini(&b);
}

/* Fields over 4 KiB are cut; of References the first and the last ones stay, all of them whole. */
static void long_overview(void **state)
{
	struct article a;
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_addz(&in, "Subject: x");
	for (int i = 0; i < 3000; i++)
		buf_addz(&in, i % 100 ? "\xc3\xbc" : "\r\n ");
	buf_addz(&in, "\r\nReferences: <first@x>");
	for (int i = 0; i < 1000; i++)
		buf_addf(&in, "\r\n <%d@x>", i);
	buf_addz(&in, "\r\n\r\n");
	assert_int_equal(article_parse(&a, buf_slice(&in), &msg_limits_inject), 0);
	article_add_over(&out, &a);

	struct slice line = buf_slice(&out), subject, part, last = lit("");
	assert_true(slice_split(&line, '\t', &subject));
	assert_true(subject.len <= OVER_MAX_FIELD && subject.len > OVER_MAX_FIELD - 200);
	assert_true(slice_starts(line, lit("\t\t\t<first@x> <")));
	assert_true(line.len <= OVER_MAX_FIELD + 3);
	line = slice_from(line, 3);
	while (slice_word(&line, &part)) {
		assert_true(part.p[0] == '<' && part.p[part.len - 1] == '>');
		last = part;
	}
	assert_slice(last, "<999@x>");
	buf_fini(&in);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes),
		cmocka_unit_test(names),
		cmocka_unit_test(refuses),
		cmocka_unit_test(body_limits),
		cmocka_unit_test(overview),
		cmocka_unit_test(long_overview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
