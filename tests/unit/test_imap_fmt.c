/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings, flags, ENVELOPE and BODYSTRUCTURE. */
#include "tests/rig/unit.h"

#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_fmt.h"
#include "tests/rig/splits.h"

static const struct {
	const char *in, *plain, *utf8, *astring;
} strings[] = {
	{"",         "\"\"",            "\"\"",          "\"\""           },
	{"abc",      "\"abc\"",         "\"abc\"",       "abc"            },
	{"nil",      "\"nil\"",         "\"nil\"",       "\"nil\""        },
	{"a b",      "\"a b\"",         "\"a b\"",       "\"a b\""        },
	{"a\"\\",    "\"a\\\"\\\\\"",   "\"a\\\"\\\\\"", "\"a\\\"\\\\\""  },
	{"\xc3\xbc", "{2}\r\n\xc3\xbc", "\"\xc3\xbc\"",  "{2}\r\n\xc3\xbc"},
	{"\xff",     "{1}\r\n\xff",     "{1}\r\n\xff",   "{1}\r\n\xff"    },
	{"a\r\nb",   "{4}\r\na\r\nb",   "{4}\r\na\r\nb", "{4}\r\na\r\nb"  },
};

static void writes_strings(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4000);
	for (size_t i = 0; i < array_len(strings); i++) {
		struct slice in = slice_str(strings[i].in);

		buf_reset(&b);
		imap_add_string(&b, in, false);
		assert_buf(&b, strings[i].plain);
		buf_reset(&b);
		imap_add_string(&b, in, true);
		assert_buf(&b, strings[i].utf8);
		buf_reset(&b);
		imap_add_astring(&b, in, false);
		assert_buf(&b, strings[i].astring);
	}
	buf_reset(&b);
	imap_add_nstring(&b, slice_of(NULL, 0), false);
	imap_add_string(&b, slice_of("a\0b", 3), false);
	imap_add_string(&b, slice_of("\n\0", 2), false);
	assert_buf(&b, "NIL\"a?b\"{2}\r\n\n?");
	buf_fini(&b);
}

static void writes_flags(void **state)
{
	const struct slice words[] = {lit("$Junk"), lit("x")};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	imap_add_flags(&b, IMAP_SEEN | IMAP_DRAFT, words, 2);
	imap_add_flags(&b, 0, words, 1);
	imap_add_flags(&b, 0, NULL, 0);
	imap_add_date(&b, 0);
	assert_buf(&b, "(\\Seen \\Draft $Junk x)($Junk)()\" 1-Jan-1970 00:00:00 +0000\"");
	assert_int_equal(imap_flag_find(lit("\\DELETED")), IMAP_DELETED);
	assert_int_equal(imap_flag_find(lit("Deleted")), 0);
	buf_fini(&b);
}

#define FROM "((\"Anna\" NIL \"anna\" \"x.example\"))"

/* clang-format off: it cannot align rows of joined strings */
static const struct {
	const char *head, *envelope;
} envelopes[] = {
	{"",							      "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"},
	{"Date: Mon, 1 Jan 2024 10:00:00 +0100\r\nSubject: a\r\n \"b\"\r\n"
	 "From: Anna <anna@x.example>\r\nSender:\r\nMessage-ID: <m@x>\r\nIn-Reply-To: "
	 "<r@x>\r\n\r\n",					"(\"Mon, 1 Jan 2024 10:00:00 +0100\" \"a \\\"b\\\"\" " FROM " " FROM " " FROM
		" NIL NIL NIL \"<r@x>\" \"<m@x>\")"                                },
	{"Reply-To: b@y\r\nFrom: Anna <anna@x.example>\r\nFrom: z@z\r\n",
         "(NIL NIL " FROM " " FROM " ((NIL NIL \"b\" \"y\")) NIL NIL NIL NIL NIL)"                                   },
	{"To: G: a@x, b@y;, c@z\r\nCc: empty:;\r\nSubject:\r\n",
         "(NIL \"\" NIL NIL NIL ((NIL NIL \"G\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL \"b\" "
		"\"y\")"
		"(NIL NIL NIL NIL)(NIL NIL \"c\" \"z\")) ((NIL NIL \"empty\" NIL)(NIL NIL NIL "
		"NIL)) "
		"NIL NIL NIL)"										       },
	{"From: Anna <@r.test:anna@x.example>\r\nSender: ,\r\nReply-To: (nobody)\r\nTo: G: a@x\r\n"
	 "Cc: Bert <>, c@z\r\nBcc: @x\r\n",		      "(NIL NIL ((\"Anna\" \"@r.test\" \"anna\" \"x.example\")) ((\"Anna\" \"@r.test\" "
		"\"anna\" "
		"\"x.example\")) ((\"Anna\" \"@r.test\" \"anna\" \"x.example\")) "
		"((NIL NIL \"G\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL)) "
		"((\"Bert\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL NIL \"c\" \"z\")) "
		"((NIL NIL \"MISSING_MAILBOX\" \"x\")) NIL NIL)" },
	{"To: root\r\nCc: no address here\r\nSubject: \xfc\n",
         "(NIL {1}\r\n\xfc NIL NIL NIL ((NIL NIL \"root\" \"MISSING_DOMAIN\")) "
		"((\"no address here\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")) NIL NIL NIL)"                    },
};

/* clang-format on */

static void writes_envelopes(void **state)
{
	struct arena ar;
	struct buf b;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 4000);
	for (size_t i = 0; i < array_len(envelopes); i++) {
		buf_reset(&b);
		imap_add_envelope(&b, slice_str(envelopes[i].head), &ar);
		assert_buf(&b, envelopes[i].envelope);
	}
	buf_fini(&b);
	arena_fini(&ar);
}

/* Fields of an ENVELOPE as they are read again, each in braces; - is NIL. */
static const struct {
	const char *head, *fields;
} read_again[] = {
	{"",					  "----------"                  },
	{"Subject: a \\\"b\\ \xc3\xa4\r\n c\r\nFrom: \"A \\\"B\" <a@b>, G: c@d;, x\r\nCc: "
	 "(nobody)\r\n"
	 "Message-ID: \r\nTo: <@r:e@f>\r\n", "-{a \\\"b\\ \xc3\xa4 c}{A \"B <a@b> G: <c@d> <x@MISSING_DOMAIN> }"
		"{A \"B <a@b> G: <c@d> <x@MISSING_DOMAIN> }{A \"B <a@b> G: <c@d> "
		"<x@MISSING_DOMAIN> }"
		"{<e@f> }---{}"},
};

static void add_fields_read(struct buf *b, struct slice envelope)
{
	struct buf value;

	buf_init(&value, 1000);
	for (enum imap_env i = ENV_DATE; i < IMAP_ENV_N; i++) {
		buf_reset(&value);
		if (imap_envelope_get(envelope, i, &value))
			buf_addf(b, "{%.*s}", SLICE_ARG(buf_slice(&value)));
		else
			buf_addc(b, '-');
	}
	buf_fini(&value);
}

static void read_prefix(void *arg, struct slice prefix)
{
	struct buf *b = arg;

	buf_reset(b);
	add_fields_read(b, prefix);
}

static void reads_envelopes(void **state)
{
	struct buf envelope, b;
	struct arena ar;

	(void)state;
	arena_init(&ar);
	buf_init(&envelope, 4000);
	buf_init(&b, 4000);
	for (size_t i = 0; i < array_len(read_again); i++) {
		buf_reset(&envelope);
		imap_add_envelope(&envelope, slice_str(read_again[i].head), &ar);
		splits_prefixes(read_prefix, &b, buf_slice(&envelope));
		read_prefix(&b, buf_slice(&envelope));
		assert_buf(&b, read_again[i].fields);
	}
	buf_fini(&b);
	buf_fini(&envelope);
	arena_fini(&ar);
}

#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define EMPTY "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

/* clang-format off: it cannot align rows of joined strings */
static const struct {
	const char *msg, *body, *structure;
} bodies[] = {
	{"\r\nhi\r\n",							       "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1)",
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 NIL NIL NIL "
		"NIL)"																									},
	{"Content-Type: application/pdf; name=\"a \\\"b\"; x*0=y\r\nContent-ID: <i>\r\n"
	 "Content-Description: d\r\nContent-Transfer-Encoding: BASE64\r\nContent-MD5: m\r\n"
	 "Content-Disposition: attachment; filename=f\r\nContent-Language: de, en\r\n"
	 "Content-Location: l\r\n\r\nQQ==",				 "(\"application\" \"pdf\" (\"name\" \"a \\\"b\" \"x\" \"y\") \"<i>\" \"d\" "
		"\"BASE64\" 4)",									 "(\"application\" \"pdf\" (\"name\" \"a \\\"b\" \"x\" \"y\") \"<i>\" \"d\" "
		"\"BASE64\" 4 "
		"\"m\" (\"attachment\" (\"filename\" \"f\")) (\"de\" \"en\") \"l\")"                                                      },
	{MULTI "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\nx\r\n--b\r\n"
	       "Content-Type: image/png\r\nContent-Disposition: inline\r\nContent-Language: "
	       "de\r\n\r\n\r\n--b--\r\n",				   "((\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 1 0)"
		"(\"image\" \"png\" NIL NIL NIL \"7bit\" 0) \"mixed\")",				   "((\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"
		"(\"image\" \"png\" NIL NIL NIL \"7bit\" 0 NIL (\"inline\" NIL) \"de\" NIL) "
		"\"mixed\" "
		"(\"boundary\" \"b\") NIL NIL NIL)"                                                 },
	{"Content-Type: a / b ; x*1*=%20c; y=1; x*0=\"a %\"; z*1=q; w*0=r; W*1=s\r\n"
	 "Content-Disposition: \"inline\"; filename=f\r\nContent-Language: ,de "
	 "(deutsch),,en,\r\n\r\n",					  "(\"a\" \"b\" (\"y\" \"1\" \"x*\" \"''a%20%25%20c\" \"z*1\" \"q\" \"w\" \"rs\") "
		"NIL NIL "
		"\"7bit\" 0)",										    "(\"a\" \"b\" (\"y\" \"1\" \"x*\" \"''a%20%25%20c\" \"z*1\" \"q\" \"w\" \"rs\") "
		"NIL NIL "
		"\"7bit\" 0 NIL (\"attachment\" (\"filename\" \"f\")) (\"de\" \"en\") NIL)"                                                          },
	{"Content-Type: message/global\r\nContent-Language: ,\r\n\r\nA: b\r\n\r\nx",
         "(\"message\" \"global\" NIL NIL NIL \"7bit\" 9)",												  "(\"message\" \"global\" NIL NIL NIL \"7bit\" 9 NIL NIL NIL NIL)"},
	{MULTI "nothing",
         "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\")",								 "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL "
		"NIL) "
		"\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"								     },
	{"Content-Type: message/rfc822\r\n\r\n" MULTI "--b\r\n\r\nx\r\n--b--",
         "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 " EMPTY
		" ((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0) \"mixed\") "
		"5)",																	"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 " EMPTY
		" ((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL "
		"NIL) "
		"\"mixed\" (\"boundary\" \"b\") NIL NIL NIL) 5 NIL NIL NIL NIL)"															 },
};

/* clang-format on */

static void writes_bodies(void **state)
{
	struct arena ar;
	struct mime m;
	struct buf b;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 4000);
	for (size_t i = 0; i < array_len(bodies); i++) {
		mime_parse(&m, slice_str(bodies[i].msg), &ar);
		buf_reset(&b);
		imap_add_body(&b, &m, false, &ar);
		assert_buf(&b, bodies[i].body);
		buf_reset(&b);
		imap_add_body(&b, &m, true, &ar);
		assert_buf(&b, bodies[i].structure);
	}
	buf_fini(&b);
	arena_fini(&ar);
}

static void keeps_structure(void **state)
{
	struct imap_structure s;
	struct buf b;

	(void)state;
	buf_init(&b, IMAP_STRUCTURE_MAX);
	imap_structure_make(&b, lit("Subject: x\r\n\r\nhi\r\n"));
	assert_true(imap_structure_split(buf_slice(&b), &s));
	assert_int_equal(s.head_len, 14);
	assert_slice(s.envelope, "(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)");
	assert_slice(s.body, bodies[0].structure);
	assert_false(imap_structure_split(slice_head(buf_slice(&b), 7), &s));
	assert_false(imap_structure_split(slice_head(buf_slice(&b), 20), &s));
	buf_fini(&b);
}

/* A structure over the limit is one opaque leaf. */
static void bounds_structure(void **state)
{
	struct imap_structure s;
	struct buf msg, b;

	(void)state;
	buf_init(&msg, 1 << 24);
	buf_init(&b, IMAP_STRUCTURE_MAX);
	buf_addz(&msg, MULTI);
	for (int i = 0; i < 900; i++)
		buf_addf(&msg, "--b\r\nContent-ID: %0900d\r\n\r\n", i);
	imap_structure_make(&b, buf_slice(&msg));
	assert_false(b.bad);
	assert_true(imap_structure_split(buf_slice(&b), &s));
	assert_true(slice_starts(s.body, lit("(\"application\" \"octet-stream\"")));
	buf_fini(&b);
	buf_fini(&msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_strings),
		cmocka_unit_test(writes_flags),
		cmocka_unit_test(writes_envelopes),
		cmocka_unit_test(reads_envelopes),
		cmocka_unit_test(writes_bodies),
		cmocka_unit_test(keeps_structure),
		cmocka_unit_test(bounds_structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
