/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injection and relaying: what is refused and why, what is changed, and what stays as it was. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/err.h"
#include "proto/msg/control.h"
#include "proto/msg/inject.h"
#include "tests/rig/splits.h"

enum { NOW = 1795442351 }; /* Mon, 23 Nov 2026 13:59:11 UTC */

static const struct slice addresses[] = {
	{"anna@viersen.example", 20},
        {"a@b.example",          11}
};
static const struct slice domains[] = {
	{"mail.viersen.example", 20}
};

static enum inject_id id_state(void *arg, struct slice msgid)
{
	(void)arg;
	if (slice_eq(msgid, lit("<hidden@viersen.example>")))
		return INJECT_ID_HIDDEN;
	return slice_eq(msgid, lit("<used@viersen.example>")) ? INJECT_ID_SEEN : INJECT_ID_FREE;
}

static bool alias(void *arg, struct slice old, char new_out[MSGID_MAX + 1])
{
	(void)arg;
	if (!slice_eq(old, lit("<old@elsewhere>")))
		return false;
	memcpy(new_out, "<new@viersen.example>", sizeof "<new@viersen.example>");
	return true;
}

static const struct inject_env plain_env = {
	.now_at = NOW,
	.host = {"viersen.example", 15},
	.login = {"anna",            4 },
	.addresses = addresses,
	.n_addresses = 2,
	.mail_domains = domains,
	.n_mail_domains = 1,
	.max_groups = 3,
	.limits = &msg_limits_inject,
	.id_state = id_state,
	.alias = alias,
};

/* Head without Newsgroups, Subject and the empty line, then a short body. */
#define GROUPS "Newsgroups: koko.test\r\nSubject: s\r\n"
#define ANNA "From: Anna <anna@viersen.example>\r\n" GROUPS
#define BODY "\r\nText\r\n"

static int inject(
	const struct inject_env *env, struct slice text, struct buf *out, struct injected *res)
{
	struct slice in = splits_copy(text);
	struct article a;
	int rc = article_parse(&a, in, env->limits);

	*res = (struct injected){.why = a.why};
	if (rc == 0)
		rc = inject_article(env, &a, out, res);
	splits_free(in);
	return rc;
}

static const struct {
	struct slice in;
	int rc;
	const char *why;
} refused[] = {
	{lit(GROUPS BODY),						       KERR_INVALID, "From is missing"               },
	{lit("From: a@b.example\r\nSubject: s\r\n" BODY),                        KERR_INVALID, "Newsgroups is missing"         },
	{lit("From: a@b.example\r\nNewsgroups: a\r\nSubject:\r\n" BODY),         KERR_INVALID,
         "Subject is missing"												  },
	{lit("From: eve@viersen.example\r\n" GROUPS BODY),                       KERR_DENIED,
         "From is not an address of your account"									      },
	{lit("From: a@b.example, eve@viersen.example\r\n" GROUPS BODY),          KERR_DENIED,
         "From is not an address of your account"									      },
	{lit("From: \"a@b.example\" <eve@viersen.example>\r\n" GROUPS BODY),     KERR_DENIED,
         "From is not an address of your account"									      },
	{lit("From: Anna\r\n" GROUPS BODY),                                      KERR_INVALID, "From is not a valid address"   },
	{lit("From: Nobody:;\r\n" GROUPS BODY),                                  KERR_INVALID, "From is not a valid address"   },
	{lit(ANNA "Sender: eve@x\r\n" BODY),                                     KERR_DENIED,
         "Sender is not an address of your account"									    },
	{lit(ANNA "From: a@b.example\r\n" BODY),                                 KERR_INVALID, "From occurs twice"             },
	{lit(ANNA "X-A: 1\r\nx-a: 2\r\n" BODY),                                  KERR_INVALID, "x-a occurs twice"              },
	{lit(ANNA "Message-ID: <1@a>\r\nMessage-ID: <2@a>\r\n" BODY),            KERR_INVALID,
         "Message-ID occurs twice"											     },
	{lit(ANNA "Xref: a koko.test:1\r\n" BODY),                               KERR_INVALID, "you may not set Xref"          },
	{lit(ANNA "Injection-Info: a\r\n" BODY),                                 KERR_INVALID, "you may not set Injection-Info"},
	{lit(ANNA "Path: a!.POSTED.b!not-for-mail\r\n" BODY),                    KERR_INVALID,
         "article was posted already"											  },
	{lit(ANNA "X: \xff\r\n" BODY),					   KERR_INVALID, "head is not valid UTF-8"       },
	{lit(ANNA "Date: tomorrow\r\n" BODY),                                    KERR_INVALID, "Date is not valid"             },
	{lit(ANNA "Date: Wed, 25 Nov 2026 13:59:11 +0000\r\n" BODY),             KERR_INVALID,
         "Date is more than a day ahead: check your clock"								     },
	{lit("From: a@b.example\r\nNewsgroups: a,b,c,d\r\nSubject: s\r\n" BODY), KERR_TOOBIG,
         "too many groups in Newsgroups"										       },
	{lit("From: a@b.example\r\nNewsgroups: ../x\r\nSubject: s\r\n" BODY),    KERR_INVALID,
         "Newsgroups is not valid"											     },
	{lit(ANNA),							      KERR_INVALID, "article has no body"           },
	{lit(ANNA "\r\n"),						       KERR_INVALID, "article has no body"           },
	{lit(ANNA "\r\na\nb\r\n"),					       KERR_INVALID, "LF without CR in the body"     },
	{lit(ANNA "\r\na\0b\r\n"),					       KERR_INVALID, "NUL byte in the body"          },
	{lit(ANNA "Message-ID: <used@viersen.example>\r\n" BODY),                KERR_EXISTS,
         "you posted this article already"										     },
	{lit(ANNA "Message-ID: <old@elsewhere>\r\n" BODY),                       KERR_EXISTS,
         "you posted this article already"										     },
};

static void refuses(void **state)
{
	struct injected res;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	for (size_t i = 0; i < array_len(refused); i++) {
		int rc = inject(&plain_env, refused[i].in, &out, &res);
		assert_string_equal(res.why ? res.why : "", refused[i].why);
		assert_int_equal(rc, refused[i].rc);
		assert_int_equal(out.len, 0);
	}
	buf_fini(&out);
}

#define A10(a) a a a a a a a a a a
#define LONG_VALUE A10(A10("xxxxxxxxx")) A10("yyyyyyyyy") "z" /* 991 bytes */

/* "Name: text", and text in every line: a peer may refuse anything else.  RFC 5536 section 2.2 */
static void tidies(void **state)
{
	struct injected res;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	assert_int_equal(
		inject(&plain_env,
			lit(ANNA "X-Close:a\r\nX-Empty:\r\nX-Blank : \r\n b\r\n\t\r\n c \r\n"
				 "References:<1@x>\r\n \r\n" BODY),
			&out, &res),
		0);
	assert_true(slice_find(buf_slice(&out), lit("\r\nX-Close: a\r\nX-Blank: b\r\n c\r\n"
						    "References: <1@x>\r\nDate: ")) < out.len);
	assert_int_equal(inject(&plain_env, lit(ANNA "X-Long:" LONG_VALUE "\r\n" BODY), &out, &res),
		KERR_INVALID);
	assert_string_equal(res.why, "X-Long has a line that is too long");
	buf_fini(&out);
}

static void completes(void **state)
{
	struct inject_env env = plain_env;
	struct injected res;
	struct buf out, want;

	(void)state;
	buf_init(&out, 10000);
	buf_init(&want, 10000);
	env.complaints_to = lit("abuse@viersen.example");
	assert_int_equal(
		inject(&env, lit(ANNA "X-Folded: a\r\n b\r\n\r\nText\r\n.dot\r\n"), &out, &res), 0);
	assert_true(msgid_valid(slice_str(res.msgid)));
	assert_int_equal(strlen(res.msgid), 1 + 20 + 1 + strlen("viersen.example") + 1);
	assert_string_equal(res.old_msgid, "");
	buf_addf(&want,
		"Path: viersen.example!.POSTED!not-for-mail\r\n" ANNA
		"X-Folded: a\r\n b\r\nDate: Mon, 23 Nov 2026 13:59:11 +0000\r\n"
		"Message-ID: %s\r\nInjection-Date: Mon, 23 Nov 2026 13:59:11 +0000\r\n"
		"Injection-Info: viersen.example; "
		"mail-complaints-to=\"abuse@viersen.example\"\r\n\r\nText\r\n.dot\r\n",
		res.msgid);
	assert_string_equal(buf_cstr(&out), buf_cstr(&want));
	buf_fini(&out);
	buf_fini(&want);
}

static void removes(void **state)
{
	struct injected res;
	struct article a;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	assert_int_equal(
		inject(&plain_env,
			lit(ANNA
				"Bcc: eve@x\r\nNNTP-Posting-Host: 10.0.0.1\r\n"
				"Received: x\r\nReceived: y\r\nLines: 7\r\nKokod-Actor: x\r\n"
				"Path: tin!anna\r\nDate: Sun, 22 Nov 2026 13:00:00 +0100\r\n" BODY),
			&out, &res),
		0);
	assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_inject), 0);
	assert_int_equal(article_check_news(&a), 0);
	assert_slice(a.value[ART_PATH], "viersen.example!.POSTED!tin!anna");
	assert_slice(a.value[ART_DATE], "Sun, 22 Nov 2026 13:00:00 +0100");
	assert_false(article_has(&a, ART_BCC));
	assert_false(article_has(&a, ART_LINES));
	assert_false(article_has(&a, ART_KOKOD_ACTOR));
	assert_null(article_get(&a, lit("Received")).p);
	assert_null(article_get(&a, lit("NNTP-Posting-Host")).p);
	buf_fini(&out);
}

/* An import or a copy was injected before; that is removed instead of refused. */
static void imports(void **state)
{
	const struct slice old = lit(
		ANNA "Message-ID: <1@viersen.example>\r\nPath: x!.POSTED!not-for-mail\r\n"
		     "Xref: x koko.test:7\r\nInjection-Date: Mon, 23 Nov 2020 13:59:11 +0000\r\n"
		     "Injection-Info: x\r\n" BODY);
	struct inject_env env = plain_env;
	struct injected res;
	struct article a;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	env.new_msgid = true;
	assert_int_equal(inject(&env, old, &out, &res), 0);
	assert_string_equal(res.old_msgid, "<1@viersen.example>");
	assert_string_not_equal(res.msgid, res.old_msgid);
	env = plain_env;
	env.post_as_any = true;
	env.n_addresses = 0;
	assert_int_equal(inject(&env, old, &out, &res), 0);
	assert_string_equal(res.msgid, "<1@viersen.example>");
	assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_inject), 0);
	assert_slice(a.value[ART_PATH], "viersen.example!.POSTED!not-for-mail");
	assert_slice(a.value[ART_INJECTION_DATE], "Mon, 23 Nov 2026 13:59:11 +0000");
	assert_slice(a.value[ART_INJECTION_INFO], "viersen.example");
	assert_false(article_has(&a, ART_XREF));
	assert_int_equal(a.doubled, 0);
	buf_fini(&out);
}

/* What somebody else has written says who put it in; what is one's own does not. */
static void for_others(void **state)
{
	static const struct {
		struct slice in;
		struct slice actor;
	} rows[] = {
		{lit("From: eve@x.example\r\n" GROUPS BODY),      lit("anna@viersen.example")},
		{lit(ANNA "Sender: eve@x.example\r\n" BODY),      lit("anna@viersen.example")},
		{lit(ANNA "Kokod-Actor: eve@x.example\r\n" BODY), lit("")                    },
		{lit(ANNA BODY),				  lit("")                    },
	};
	struct inject_env env = plain_env;
	struct injected res;
	struct article a;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	env.for_others = true;
	env.actor = lit("anna@viersen.example");
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(inject(&env, rows[i].in, &out, &res), 0);
		assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_inject), 0);
		assert_slice(a.value[ART_KOKOD_ACTOR], rows[i].actor.p);
	}
	buf_fini(&out);
}

static void message_ids(void **state)
{
	static const struct {
		const char *id;
		bool local, kept;
		const char *old;
	} rows[] = {
		{"<1@viersen.example>",      false, true,  ""                        },
		{"<1@VIERSEN.example>",      false, true,  ""                        },
		{"<1@mail.viersen.example>", false, true,  ""                        },
		{"<1@elsewhere>",            false, false, "<1@elsewhere>"           },
		{"<1@elsewhere>",            true,  true,  ""                        },
		{"<1@viersen.example.evil>", false, false, "<1@viersen.example.evil>"},
		{"<1>",                      true,  false, "<1>"                     },
		{"<1@a b>",                  true,  false, ""                        },
		{"1@viersen.example",        true,  false, ""                        },
	};
	struct inject_env env = plain_env;
	struct injected res;
	struct buf in, out;

	(void)state;
	buf_init(&in, 10000);
	buf_init(&out, 10000);
	for (size_t i = 0; i < array_len(rows); i++) {
		buf_reset(&in);
		buf_addf(&in, ANNA "Message-ID: %s\r\n" BODY, rows[i].id);
		env.local_groups = rows[i].local;
		assert_int_equal(inject(&env, buf_slice(&in), &out, &res), 0);
		assert_int_equal(strcmp(res.msgid, rows[i].id) == 0, rows[i].kept);
		assert_string_equal(res.old_msgid, rows[i].old);
	}
	buf_fini(&in);
	buf_fini(&out);
}

static void aliases(void **state)
{
	struct injected res;
	struct article a;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	assert_int_equal(inject(&plain_env,
				 lit(ANNA "References: <a@b>\r\n <old@elsewhere> <c@d>\r\n"
					  "In-Reply-To: <old@elsewhere>\r\n"
					  "Control: cancel <old@elsewhere>\r\n" BODY),
				 &out, &res),
		0);
	assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_inject), 0);
	assert_slice(a.value[ART_REFERENCES], "<a@b> <new@viersen.example> <c@d>");
	assert_slice(a.value[ART_IN_REPLY_TO], "<new@viersen.example>");
	assert_slice(a.value[ART_CONTROL], "cancel <new@viersen.example>");
	buf_fini(&out);
}

/* The author's cancel opens the lock of the author's article; somebody else's does not. */
static void cancel_locks(void **state)
{
	struct inject_env env = plain_env;
	struct article post, cancel;
	struct injected res;
	struct buf a, b, head;

	(void)state;
	buf_init(&a, 10000);
	buf_init(&b, 10000);
	buf_init(&head, 10000);
	env.lock_secret = lit("secret of the daemon");
	assert_int_equal(inject(&env, lit(ANNA "Cancel-Lock: sha256:own\r\n" BODY), &a, &res), 0);
	buf_addf(&head, ANNA "Control: cancel %s\r\n" BODY, res.msgid);
	assert_int_equal(article_parse(&post, buf_slice(&a), &msg_limits_inject), 0);
	assert_true(slice_starts(post.value[ART_CANCEL_LOCK], lit("sha256:own\r\n sha256:")));
	for (int other = 0; other < 2; other++) {
		env.login = other ? lit("eve") : lit("anna");
		assert_int_equal(inject(&env, buf_slice(&head), &b, &res), 0);
		assert_int_equal(article_parse(&cancel, buf_slice(&b), &msg_limits_inject), 0);
		assert_int_equal(
			cancel_opens(cancel.value[ART_CANCEL_KEY], post.value[ART_CANCEL_LOCK]),
			!other);
	}
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&head);
}

/* ---- mail ---- */

#define MAIL "From: a@b.example\r\nTo: x@y.example\r\nBcc: z@y.example\r\nSubject: s\r\n"

static struct inject_env mail_env(void)
{
	struct inject_env env = plain_env;

	env.newsgroups = lit("koko.one,koko.two");
	return env;
}

static void mail_refuses_automatic(void **state)
{
	static const struct {
		struct slice field;
		int rc;
	} rows[] = {
		{lit("Auto-Submitted: no\r\n"),                       0          },
		{lit("Auto-Submitted: No (a person)\r\n"),            0          },
		{lit("Precedence: first-class\r\n"),                  0          },
		{lit("Auto-Submitted: auto-replied\r\n"),             KERR_DENIED},
		{lit("auto-submitted: (away) auto-replied; x=y\r\n"), KERR_DENIED},
		{lit("Precedence: Bulk\r\n"),                         KERR_DENIED},
		{lit("Precedence: auto_reply\r\n"),                   KERR_DENIED},
		{lit("Precedence: junk\r\n"),                         KERR_DENIED},
	};
	struct inject_env env = mail_env();

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct injected res;
		struct buf in, out;

		buf_init(&in, 4096);
		buf_init(&out, 4096);
		buf_add(&in, lit(MAIL));
		buf_add(&in, rows[i].field);
		buf_add(&in, lit(BODY));
		assert_int_equal(inject(&env, buf_slice(&in), &out, &res), rows[i].rc);
		if (rows[i].rc < 0)
			assert_string_equal(res.why, "automatic replies do not enter groups");
		buf_fini(&in);
		buf_fini(&out);
	}
}

/* What the envelope and In-Reply-To become; {field of the mail, field wanted, field not wanted} */
static void mail_completes(void **state)
{
	static const struct {
		const char *field, *has, *has_not;
	} rows[] = {
		{"",					    "\r\nNewsgroups: koko.one,koko.two\r\n",     "References"},
		{"",					    "\r\nTo: x@y.example\r\n",                   "Bcc"       },
		{"Newsgroups: koko.three\r\n",                  "\r\nNewsgroups: koko.one,koko.two\r\n",
                 "koko.three"											    },
		{"In-Reply-To: your mail <p@x> <q@x>\r\n",      "\r\nReferences: <p@x>\r\n",
                 "References: <q@x>"										     },
		{"In-Reply-To: <old@elsewhere>\r\n",            "\r\nReferences: <new@viersen.example>\r\n",
                 "<old@elsewhere>\r\nRef"										},
		{"References: <r@x>\r\nIn-Reply-To: <p@x>\r\n", "\r\nReferences: <r@x>\r\n",
                 "References: <p@x>"										     },
		{"In-Reply-To: no id\r\n",                      "\r\nIn-Reply-To: no id\r\n",                "References"},
	};
	struct inject_env env = mail_env();

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct injected res;
		struct buf in, out;

		buf_init(&in, 4096);
		buf_init(&out, 4096);
		buf_addf(&in, "%s%s%s", MAIL, rows[i].field, BODY);
		assert_int_equal(inject(&env, buf_slice(&in), &out, &res), 0);
		assert_non_null(strstr(buf_cstr(&out), rows[i].has));
		assert_null(strstr(buf_cstr(&out), rows[i].has_not));
		buf_fini(&in);
		buf_fini(&out);
	}
}

static void over_the_ceiling(void **state)
{
	struct injected res;
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(inject(&plain_env, lit(ANNA BODY), &out, &res), KERR_TOOBIG);
	assert_string_equal(res.why, "article is too big");
	buf_fini(&out);
}

#define FEED "From: x@y\r\n" GROUPS "Date: Mon, 23 Nov 2026 13:59:11 +0000\r\nMessage-ID: <1@x>\r\n"

static const struct {
	const char *in, *from;
	int rc;
	const char *path; /* or the reason */
} relayed[] = {
	{"Path: krefeld.example!.POSTED!x\r\n" FEED BODY, "krefeld.example", 0,
         "viersen.example!!krefeld.example!.POSTED!x"									  },
	{"Path: other!krefeld.example!x\r\n" FEED BODY,   "krefeld.example", 0,
         "viersen.example!.MISMATCH.krefeld.example!other!krefeld.example!x"                                                   },
	{"Path: a!x\r\n" FEED BODY,                       "",                0,            "viersen.example!a!x"               },
	{"Path: a!Viersen.Example!x\r\n" FEED BODY,       "a",               KERR_EXISTS,
         "our name is in the Path already"										     },
	{"Path: a!viersen.example\r\n" FEED BODY,         "a",               0,            "viersen.example!!a!viersen.example"},
	{FEED BODY,				       "a",               KERR_INVALID, "Path is missing"                   },
	{"Path: a!x\r\nPath: b!x\r\n" FEED BODY,          "a",               KERR_INVALID, "Path occurs twice"                 },
	{"Path: a!x\r\n" FEED "\r\na\nb\r\n",             "a",               KERR_INVALID, "LF without CR in the body"         },
	{"Path: a!x\r\n" FEED,                            "a",               KERR_INVALID, "no empty line behind the head"     },
};

static void relays(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	for (size_t i = 0; i < array_len(relayed); i++) {
		struct slice in = splits_copy(slice_str(relayed[i].in));
		const char *why = NULL;
		struct article a;
		assert_int_equal(article_parse(&a, in, &msg_limits_relay), 0);
		int rc = relay_article(lit("viersen.example"), slice_str(relayed[i].from),
			&msg_limits_relay, &a, &out, &why);
		assert_int_equal(rc, relayed[i].rc);
		if (rc < 0) {
			assert_string_equal(why, relayed[i].path);
		} else {
			assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_relay), 0);
			assert_slice(a.value[ART_PATH], relayed[i].path);
			assert_slice(a.body, "Text\r\n");
		}
		splits_free(in);
	}
	buf_fini(&out);
}

/* Everything but Path and Xref goes on byte by byte; a Path that grows too long is folded. */
static void relays_bytes(void **state)
{
	struct article a;
	struct buf in, out;
	const char *why;

	(void)state;
	buf_init(&in, 10000);
	buf_init(&out, 10000);
	buf_addz(&in, FEED "X-Odd :  a\t\r\n b\r\nXref: a b:1\r\n c:2\r\nPath: a!");
	for (int i = 0; i < 980; i++)
		buf_addc(&in, 'x');
	buf_addz(&in, "\r\n" BODY);
	assert_int_equal(article_parse(&a, buf_slice(&in), &msg_limits_relay), 0);
	assert_int_equal(
		relay_article(lit("viersen.example"), lit("a"), &msg_limits_relay, &a, &out, &why),
		0);
	assert_true(slice_starts(buf_slice(&out),
		lit(FEED "X-Odd :  a\t\r\n b\r\nPath: viersen.example!!\r\n a!xxx")));
	assert_int_equal(article_parse(&a, buf_slice(&out), &msg_limits_inject), 0);
	assert_false(article_has(&a, ART_XREF));
	assert_true(path_has(a.value[ART_PATH], lit("a")));
	buf_fini(&in);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(tidies),
		cmocka_unit_test(completes),
		cmocka_unit_test(removes),
		cmocka_unit_test(imports),
		cmocka_unit_test(for_others),
		cmocka_unit_test(message_ids),
		cmocka_unit_test(aliases),
		cmocka_unit_test(cancel_locks),
		cmocka_unit_test(mail_refuses_automatic),
		cmocka_unit_test(mail_completes),
		cmocka_unit_test(over_the_ceiling),
		cmocka_unit_test(relays),
		cmocka_unit_test(relays_bytes),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
