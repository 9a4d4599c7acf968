/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko's articles: what is composed, shown and quoted. */
#include "tests/rig/unit.h"

#include "clients/koko_text.h"

static const char head[] = "From: =?UTF-8?Q?J=C3=B6rg?= <j@x.de>\r\nNewsgroups: a.b\r\n";

static void expect_composed(const struct koko_post *p, int want_rc, const char *want)
{
	struct err err = {{0}};
	struct buf out;

	buf_init(&out, 100000);
	assert_int_equal(koko_compose(p, &out, &err), want_rc);
	if (want_rc == 0)
		assert_buf(&out, want);
	else
		assert_string_equal(err.text, want);
	buf_fini(&out);
}

static void composes(void **state)
{
	struct koko_post p = {.from = "Jörg <j@x.de>",
		.group = "a.b",
		.subject = "für",
		.references = slice_str(" <1@x>\r\n <2@x>"),
		.body = slice_str("eins\n.zwei\r\nende")};
	char want[1000];

	(void)state;
	snprintf(want, sizeof want,
		"%sSubject: =?UTF-8?Q?f=C3=BCr?=\r\nReferences: <1@x>\r\n <2@x>\r\n"
		"User-Agent: koko/" PACKAGE_VERSION "\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
		"eins\r\n.zwei\r\nende\r\n",
		head);
	expect_composed(&p, 0, want);
	p.body = slice_str(" \n");
	expect_composed(&p, KERR_INVALID, "the text is empty");
	p.body = slice_str("\xff");
	expect_composed(&p, KERR_INVALID, "the text is not UTF-8");
	p.body = slice_str("x");
	p.subject = "a\r\nControl: cancel <1@x>";
	expect_composed(&p, KERR_INVALID, "the subject is empty or not one line of UTF-8");
	p.subject = "s";
	p.group = "A b";
	expect_composed(&p, KERR_INVALID, "\"A b\" is no group name");
	p.group = "a.b";
	p.from = "nobody";
	expect_composed(&p, KERR_INVALID, "from: \"nobody\" is no address");
}

/* A mail: to somebody, in no group. */
static void composes_mail(void **state)
{
	struct koko_post p = {.from = "Jörg <j@x.de>",
		.to = "anke@y.de",
		.subject = "s",
		.body = slice_str("x\n")};

	(void)state;
	expect_composed(&p, 0,
		"From: =?UTF-8?Q?J=C3=B6rg?= <j@x.de>\r\nTo: anke@y.de\r\nSubject: s\r\n"
		"User-Agent: koko/" PACKAGE_VERSION "\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
		"x\r\n");
}

static void addresses(void **state)
{
	static const struct {
		const char *value, *want; /* NULL: none */
	} rows[] = {
		{"Jörg <j@x.de>, a@b.de", "j@x.de"      },
		{"a@b.de",                 "a@b.de"      },
		{"\"a b\"@c.de",           "\"a b\"@c.de"},
		{"nobody",                 NULL          },
		{"Leute:;",                NULL          },
		{"",		       NULL          },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct buf b;

		buf_init(&b, 100);
		assert_int_equal(koko_add_address(&b, slice_str(rows[i].value)), !!rows[i].want);
		assert_buf(&b, rows[i].want ? rows[i].want : "");
		buf_fini(&b);
	}
}

/* Lines over the limit of NNTP travel as base64. */
static void long_lines(void **state)
{
	char line[1200];
	struct koko_post p = {.from = "a@b.de", .group = "a.b", .subject = "s"};
	struct err err;
	struct buf out, shown;

	(void)state;
	memset(line, 'x', sizeof line);
	p.body = slice_of(line, sizeof line);
	buf_init(&out, 100000);
	buf_init(&shown, 100000);
	assert_int_equal(koko_compose(&p, &out, &err), 0);
	assert_true(slice_find(buf_slice(&out), lit("base64\r\n\r\n")) < out.len);
	koko_show(buf_slice(&out), &shown);
	assert_true(slice_find(buf_slice(&shown), slice_of(line, sizeof line)) < shown.len);
	buf_fini(&out);
	buf_fini(&shown);
}

static void expect_shown(const char *body, const char *want)
{
	char article[4000], all[4000];
	struct buf out;

	snprintf(article, sizeof article, "%s%s", head, body);
	snprintf(all, sizeof all, "From: Jörg <j@x.de>\nNewsgroups: a.b\n%s", want);
	buf_init(&out, 100000);
	koko_show(slice_str(article), &out);
	assert_buf(&out, all);
	buf_fini(&out);
}

static void shows(void **state)
{
	(void)state;
	expect_shown(
		"Subject: s\x1b[2J\r\n\r\nHallo\x1b]0;x\r\n", "Subject: s?[2J\n\nHallo?]0;x\n");
	expect_shown("Subject: =?ISO-8859-1?Q?f=FCr?=\n"
		     "Content-Type: text/plain; charset=iso-8859-1\n"
		     "Content-Transfer-Encoding: quoted-printable\n\nsch=F6n\n",
		"Subject: für\n\nschön\n");
	expect_shown("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		     "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
		     "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText\r\n"
		     "--b\r\nContent-Type: image/png; name=plan.png\r\n\r\nPNG\r\n--b--\r\n",
		"\nText\n[text/html]\n[image/png: plan.png]\n");
}

/* What nests deeper than libetpan's stack goes round it. */
static void deep_nesting(void **state)
{
	struct buf article, out;

	(void)state;
	buf_init(&article, 1 << 24);
	buf_init(&out, 1 << 24);
	for (int i = 0; i < 100000; i++)
		buf_addz(&article, "Content-Type: message/rfc822\r\n\r\n");
	koko_show(buf_slice(&article), &out);
	assert_true(out.len > 0);
	buf_fini(&article);
	buf_fini(&out);
}

static void replies(void **state)
{
	static const char parent[] = "From: =?UTF-8?Q?J=C3=B6rg?= <j@x.de>\nNewsgroups: a.b,c.d\n"
				     "Subject: Plan\nMessage-ID: <2@x>\nReferences: <1@x>\n\n"
				     "Text\n> alt\n\n-- \nSig\n";
	struct koko_reply r;
	struct err err;

	(void)state;
	assert_int_equal(koko_reply_init(&r, slice_str(parent), &err), 0);
	assert_buf(&r.subject, "Re: Plan");
	assert_buf(&r.references, "<1@x> <2@x>");
	assert_buf(&r.group, "a.b");
	assert_true(slice_chr(buf_slice(&r.author), '@') < r.author.len);
	assert_buf(&r.quote, "Jörg wrote:\n> Text\n>> alt\n> \n\n");
	koko_reply_fini(&r);
	assert_int_equal(koko_reply_init(&r, slice_str("From: a@b.de\n\nx\n"), &err), KERR_INVALID);
	koko_reply_fini(&r);
	/* as kokod shows it over IMAP, and a mail */
	assert_int_equal(koko_reply_init(&r,
				 slice_str("From: a@b.de\nReply-To: c@d.de\nMessage-ID: <1@x>\n"
					   "News-Group: a.b\nNews-Follow: a.c\n\nx\n"),
				 &err),
		0);
	assert_buf(&r.group, "a.c");
	assert_buf(&r.author, "c@d.de");
	koko_reply_fini(&r);
	assert_int_equal(
		koko_reply_init(&r, slice_str("From: a@b.de\nMessage-ID: <1@x>\n\nx\n"), &err), 0);
	assert_buf(&r.group, "");
	assert_buf(&r.author, "a@b.de");
	koko_reply_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composes),
		cmocka_unit_test(composes_mail),
		cmocka_unit_test(addresses),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(shows),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
