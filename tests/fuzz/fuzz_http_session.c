/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole conversation, said in one piece and in pieces: the answers must be the same, and nothing
 * of what was sent may stand in a head.
 */
#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "proto/http/http.h"
#include "tests/fuzz/fuzz.h"
#include "tests/rig/rig.h"

static void converse(struct slice in, size_t most, struct buf *said)
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
	struct rig r = {.ops = &http_session_ops, .now_at = 1795442400};

	r.session = http_session_new(&(struct http_opts){.id = "fuzz", .site = &site});
	rig_start(&r);
	while (in.len > 0 && r.need != NEED_CLOSE) {
		rig_send(&r, slice_head(in, most));
		in = slice_from(in, most);
	}
	FUZZ_CHECK(r.need == NEED_INPUT || r.need == NEED_CLOSE);
	buf_add(said, buf_slice(&r.out));
	rig_fini(&r);
}

/* "HTTP/1.1 " and a head of printable ASCII whose lines end in CRLF. */
static void check_head(struct slice said)
{
	size_t end = slice_find(said, lit("\r\n\r\n"));

	if (said.len == 0)
		return;
	FUZZ_CHECK(slice_starts(said, lit("HTTP/1.1 ")) && end < said.len);
	for (size_t i = 0; i < end; i++)
		FUZZ_CHECK((said.p[i] >= ' ' && said.p[i] <= '~') || said.p[i] == '\r' ||
			   (said.p[i] == '\n' && said.p[i - 1] == '\r'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;

	if (size < 1)
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	crypto_ossl_install();
	struct slice in = slice_from(slice_of(data, size), 1);
	buf_init(&whole, 1 << 28);
	buf_init(&pieces, 1 << 28);
	converse(in, in.len, &whole);
	converse(in, 1u + data[0], &pieces);
	/* 100 (Continue) depends on how much of the body came with the head */
	if (slice_find(in, lit("xpect")) == in.len)
		FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	check_head(buf_slice(&whole));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
