/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the web door: nothing of what was sent may stand in a head but what is printable. */
#include "daemon/crypto_ossl.h"
#include "proto/http/http.h"
#include "tests/fuzz/fuzz_session.h"

static void open_session(struct rig *r, unsigned options, uint32_t waits)
{
	static const struct slice domains[] = {lit("koko.test")};
	static const struct setup_words *const words[] = {&setup_words_source};
	static const struct setup_site site = {
		.host = "koko.test",
		.domains = domains,
		.n_domains = 1,
		.imap = {993, SETUP_TLS},
		.submission = {465, SETUP_TLS},
		.nntp = {563, SETUP_TLS},
		.words = words,
		.n_words = 1,
	};

	(void)options;
	(void)waits;
	*r = (struct rig){.ops = &http_session_ops,
		.session = http_session_new(&(struct http_opts){.id = "fuzz", .site = &site}),
		.now_at = 1795442400};
}

/* "HTTP/1.1 " and a head of printable ASCII whose lines end in CRLF. */
static void check_head(struct slice in, struct slice said)
{
	size_t end = slice_find(said, lit("\r\n\r\n"));

	(void)in;
	if (said.len == 0)
		return;
	FUZZ_CHECK(slice_starts(said, lit("HTTP/1.1 ")) && end < said.len);
	for (size_t i = 0; i < end; i++)
		FUZZ_CHECK((said.p[i] >= ' ' && said.p[i] <= '~') || said.p[i] == '\r' ||
			   (said.p[i] == '\n' && said.p[i - 1] == '\r'));
}

/* 100 (Continue) depends on how much of the body came with the head. */
static bool may_go_on(struct slice in)
{
	return slice_find(in, lit("xpect")) < in.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_session http = {
		.open = open_session, .check = check_head, .may_differ = may_go_on};

	crypto_ossl_install();
	return fuzz_session(&http, data, size);
}
