/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a post, as a mail to persons and as a feed: what is taken must be an article that
 * everybody takes, or a mail that tells nobody of Bcc.
 */
#include "daemon/crypto_ossl.h"
#include "proto/base/crypto.h"
#include "proto/msg/control.h"
#include "proto/msg/inject.h"
#include "tests/fuzz/fuzz.h"

static const struct slice host = {"viersen.example", 15};

/* What we made must be taken by the next server; of what is relayed only the Path has grown. */
static void check_output(struct buf *out, const char *msgid)
{
	static const struct msg_limits none = {0};
	const struct msg_limits *limits = msgid ? &msg_limits_relay : &none;
	struct article a;
	struct control c;
	const char *why;
	struct buf next;

	FUZZ_CHECK(article_parse(&a, buf_slice(out), limits) == 0);
	FUZZ_CHECK(!msgid || slice_eq(a.value[ART_MESSAGE_ID], slice_str(msgid)));
	FUZZ_CHECK(!article_has(&a, ART_XREF));
	control_of(&a, &c);
	buf_init(&next, 1 << 22);
	FUZZ_CHECK(relay_article(lit("x.example"), host, &msg_limits_relay, &a, &next, &why) == 0);
	FUZZ_CHECK(article_parse(&a, buf_slice(&next), &none) == 0);
	buf_fini(&next);
}

static void post(struct article *a, bool any)
{
	static const struct slice own = {"a@b", 3};
	const struct inject_env env = {.now_at = 1795442351,
		.host = host,
		.login = lit("anna"),
		.addresses = &own,
		.n_addresses = 1,
		.post_as_any = any,
		.lock_secret = lit("secret"),
		.max_groups = 5,
		.limits = &msg_limits_inject};
	struct injected res;
	struct buf out;

	buf_init(&out, 1 << 22);
	if (inject_article(&env, a, &out, &res) == 0)
		check_output(&out, res.msgid);
	else
		FUZZ_CHECK(res.why != NULL);
	buf_fini(&out);
}

static void check_mail(struct buf *out, const char *msgid)
{
	struct article a;

	FUZZ_CHECK(article_parse(&a, buf_slice(out), &msg_limits_relay) == 0);
	FUZZ_CHECK(slice_eq(a.value[ART_MESSAGE_ID], slice_str(msgid)));
	FUZZ_CHECK(article_has(&a, ART_DATE) && article_has(&a, ART_FROM));
	FUZZ_CHECK(!article_has(&a, ART_BCC) && !article_get(&a, lit("Resent-Bcc")).p);
	FUZZ_CHECK(!(a.doubled >> ART_MESSAGE_ID & 1) && !(a.doubled >> ART_DATE & 1));
	FUZZ_CHECK(slice_starts(a.head, lit("Return-Path: <a@b>\r\nReceived: ")));
	FUZZ_CHECK(article_check_body(&a, &msg_limits_relay) == 0);
}

static void mail(struct article *a)
{
	const struct inject_env env = {.now_at = 1795442351,
		.host = host,
		.login = lit("anna"),
		.post_as_any = true,
		.limits = &msg_limits_inject};
	const struct inject_trace trace = {.sender = lit("a@b"), .with = lit("ESMTPA")};
	struct injected res;
	struct buf out;

	buf_init(&out, 1 << 22);
	if (inject_mail(&env, &trace, lit(""), a, &out, &res) == 0)
		check_mail(&out, res.msgid);
	else
		FUZZ_CHECK(res.why != NULL);
	buf_fini(&out);
}

static void feed(struct article *a)
{
	const char *why = NULL;
	struct buf out;

	buf_init(&out, 1 << 22);
	if (relay_article(host, lit("peer"), &msg_limits_relay, a, &out, &why) == 0)
		check_output(&out, NULL);
	else
		FUZZ_CHECK(why != NULL);
	buf_fini(&out);
}

static void overview(const struct article *a)
{
	struct buf b;
	int tabs = 0;

	buf_init(&b, 1 << 20);
	article_add_over(&b, a);
	FUZZ_CHECK(!b.bad && b.len <= 5 * (OVER_MAX_FIELD + 1));
	for (size_t i = 0; i < b.len; i++) {
		tabs += b.data[i] == '\t';
		FUZZ_CHECK(b.data[i] != '\r' && b.data[i] != '\n' && b.data[i] != '\0');
	}
	FUZZ_CHECK(tabs == 4);
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct article a;

	if (!crypto)
		crypto_ossl_install();
	if (article_parse(&a, in, &msg_limits_inject) == 0) {
		post(&a, false);
		post(&a, true);
	}
	if (article_parse(&a, in, &msg_limits_inject) == 0)
		mail(&a);
	if (article_parse(&a, in, &msg_limits_relay) == 0) {
		overview(&a);
		feed(&a);
	} else {
		FUZZ_CHECK(a.why != NULL);
	}
	return 0;
}
