/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail for persons: what is refused, what its INBOX copy is, byte by byte. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/err.h"
#include "proto/msg/inject.h"
#include "tests/rig/splits.h"

enum { NOW = 1795442351 }; /* Mon, 23 Nov 2026 13:59:11 UTC */

static const struct slice addresses[] = {
	{"anna@viersen.example", 20}
};

static bool alias(void *arg, struct slice old, char new_out[MSGID_MAX + 1])
{
	(void)arg;
	if (!slice_eq(old, lit("<old@laptop>")))
		return false;
	memcpy(new_out, "<new@viersen.example>", sizeof "<new@viersen.example>");
	return true;
}

static const struct inject_env env = {
	.now_at = NOW,
	.host = {"viersen.example", 15},
	.login = {"anna",            4 },
	.addresses = addresses,
	.n_addresses = 1,
	.limits = &msg_limits_inject,
	.alias = alias,
};

static const struct inject_trace to_one = {
	.sender = {"anna@viersen.example", 20},
	.rcpt = {"bert@viersen.example", 20},
	.with = {"ESMTPSA",              7 },
};

static const struct inject_trace to_many = {
	.with = {"ESMTPA", 6}
};

static int mail(const struct inject_trace *t, struct slice msgid, struct slice text,
	struct buf *out, struct injected *res)
{
	struct slice in = splits_copy(text);
	struct article a;
	int rc = article_parse(&a, in, env.limits);

	*res = (struct injected){.why = a.why};
	if (rc == 0)
		rc = inject_mail(&env, t, msgid, &a, out, res);
	if (rc < 0)
		assert_non_null(res->why);
	splits_free(in);
	return rc;
}

#define ANNA "From: Anna <anna@viersen.example>\r\n"
#define TRACE                                                                                      \
	"Return-Path: <anna@viersen.example>\r\nDelivered-To: bert@viersen.example\r\n"            \
	"Received: from client.invalid\r\n\tby viersen.example with ESMTPSA\r\n"                   \
	"\tfor <bert@viersen.example>;\r\n\tMon, 23 Nov 2026 13:59:11 +0000\r\n"
#define TRACE_MANY                                                                                 \
	"Return-Path: <>\r\nReceived: from client.invalid\r\n\tby viersen.example with ESMTPA;"    \
	"\r\n\tMon, 23 Nov 2026 13:59:11 +0000\r\n"
#define DATE "Date: Mon, 23 Nov 2026 13:59:11 +0000\r\n"

static const struct {
	const struct inject_trace *trace;
	struct slice msgid, in, out;
} rows[] = {
  /* completed; what only we say, and who else gets it, goes */
	{&to_one,  lit(""),
         lit(ANNA "Message-ID: <1@laptop>\r\nBcc: c@x\r\n d@x\r\nReturn-Path: <me>\r\n"
			 "Kokod-Actor: a\r\nResent-Bcc: e@x\r\n\r\ntext\r\n"),
         lit(TRACE ANNA DATE "Message-ID: <1@laptop>\r\n\r\ntext\r\n")          },
 /* what else is there stays as it is, in its order and with its folds */
	{&to_one,  lit(""),
         lit("Received: from a by b; x\r\nX-A: 1\r\nX-A: 2\r\n" ANNA DATE
		    "Subject: a\r\n\tb\r\nMessage-ID: <1@laptop>\r\n\r\n"),
         lit(TRACE "Received: from a by b; x\r\nX-A: 1\r\nX-A: 2\r\n" ANNA DATE
			  "Subject: a\r\n\tb\r\nMessage-ID: <1@laptop>\r\n\r\n")},
 /* names that articles have here */
	{&to_one,  lit(""),
         lit(ANNA DATE "Message-ID: <old@laptop>\r\nIn-Reply-To: <old@laptop>\r\n"
			      "References: <0@a> <old@laptop>\r\n\r\n"),
         lit(TRACE ANNA DATE "In-Reply-To: <new@viersen.example>\r\nReferences: <0@a> "
				    "<new@viersen.example>\r\n"
				    "Message-ID: <new@viersen.example>\r\n\r\n")},
 /* that of the article; several persons are not told of each other */
	{&to_many, lit("<art@viersen.example>"), lit(ANNA DATE "Message-ID: <1@laptop>\r\n\r\n"),
         lit(TRACE_MANY ANNA DATE "Message-ID: <art@viersen.example>\r\n\r\n")  },
 /* no body and no empty line */
	{&to_many, lit("<art@viersen.example>"), lit(ANNA DATE),
         lit(TRACE_MANY ANNA DATE "Message-ID: <art@viersen.example>\r\n\r\n")  },
};

static void makes_inbox_copies(void **state)
{
	struct injected res;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(mail(rows[i].trace, rows[i].msgid, rows[i].in, &out, &res), 0);
		if (!slice_eq(buf_slice(&out), rows[i].out))
			fail_msg("row %zu: %s", i, buf_cstr(&out));
	}
	buf_fini(&out);
}

static const struct {
	struct slice in;
	int rc;
	const char *why;
} refused[] = {
	{lit("Subject: x\r\n\r\nx\r\n"),                        KERR_INVALID, "From is missing"          },
	{lit("From: bert@viersen.example\r\n\r\nx\r\n"),        KERR_DENIED,
         "From is not an address of your account"							},
	{lit(ANNA "Sender: bert@viersen.example\r\n\r\nx\r\n"), KERR_DENIED,
         "Sender is not an address of your account"                                                      },
	{lit(ANNA ANNA "\r\nx\r\n"),                            KERR_INVALID, "From occurs twice"        },
	{lit(ANNA "To: a@x\r\nto: b@x\r\n\r\nx\r\n"),           KERR_INVALID, "To occurs twice"          },
	{lit(ANNA "Bcc: a@x\r\nBcc: b@x\r\n\r\nx\r\n"),         KERR_INVALID, "Bcc occurs twice"         },
	{lit(ANNA "Date: tomorrow\r\n\r\nx\r\n"),               KERR_INVALID, "Date is not valid"        },
	{lit(ANNA "X: \xff\r\n\r\nx\r\n"),                      KERR_INVALID, "head is not valid UTF-8"  },
	{lit(ANNA "\r\na\nb\r\n"),                              KERR_INVALID, "LF without CR in the body"},
	{lit(ANNA "\r\na\0b\r\n"),                              KERR_INVALID, "NUL byte in the body"     },
};

static void refuses(void **state)
{
	struct injected res;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < array_len(refused); i++) {
		assert_int_equal(mail(&to_one, lit(""), refused[i].in, &out, &res), refused[i].rc);
		assert_string_equal(res.why, refused[i].why);
	}
	buf_fini(&out);
}

/* One that has none, or none that can be one, gets a new one of ours; each time another. */
static void makes_message_ids(void **state)
{
	static const char *const bad[] = {"", "Message-ID:\r\n", "Message-ID: x\r\n"};
	struct injected res, again;
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 12);
	buf_init(&out, 1 << 12);
	for (size_t i = 0; i < array_len(bad); i++) {
		buf_reset(&in);
		buf_addf(&in, ANNA "%s\r\nx\r\n", bad[i]);
		assert_int_equal(mail(&to_one, lit(""), buf_slice(&in), &out, &res), 0);
		assert_int_equal(mail(&to_one, lit(""), buf_slice(&in), &out, &again), 0);
		assert_true(msgid_valid(slice_str(res.msgid)));
		assert_true(slice_ends(slice_str(res.msgid), lit("@viersen.example>")));
		assert_string_not_equal(res.msgid, again.msgid);
	}
	buf_fini(&in);
	buf_fini(&out);
}

/* Past the ceiling it is refused, wherever that lies. */
static void is_bounded(void **state)
{
	struct injected res;
	size_t whole = rows[0].out.len;

	(void)state;
	for (size_t max = 0; max <= whole; max++) {
		struct buf out;

		buf_init(&out, max);
		int rc = mail(rows[0].trace, rows[0].msgid, rows[0].in, &out, &res);
		assert_int_equal(rc, max < whole ? KERR_TOOBIG : 0);
		buf_fini(&out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_inbox_copies),
		cmocka_unit_test(refuses),
		cmocka_unit_test(makes_message_ids),
		cmocka_unit_test(is_bounded),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
