/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a line or a block of the peer port, a token, a Kokod-Sign: what is read is written
 * again with the same meaning. */
#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_join.h"
#include "proto/fed/fed_sign.h"
#include "tests/fuzz/fuzz.h"

static struct buf out;

/* What was written, without its CRLF. */
static struct slice line_of(struct buf *b)
{
	FUZZ_CHECK(slice_ends(buf_slice(b), lit("\r\n")));
	return slice_head(buf_slice(b), b->len - 2);
}

static void command(struct slice in)
{
	struct fed_cmd c, again;
	const char *why = NULL;

	if (!fed_cmd_parse(in, &c, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	fed_cmd_add(&out, &c);
	FUZZ_CHECK(fed_cmd_parse(line_of(&out), &again, &why));
	FUZZ_CHECK(again.verb == c.verb && again.serial == c.serial && again.from == c.from);
}

static void answer(struct slice in)
{
	struct fed_answer a;
	const char *why = NULL;

	FUZZ_CHECK(fed_answer_parse(in, &a, &why) ? a.code >= 100 && a.code <= 999 : why != NULL);
}

static void head(struct slice in)
{
	struct fed_spans ahead, stubs;
	struct fed_head h, again;
	struct fed_span r;
	const char *why = NULL;

	if (!fed_head_parse(in, &h, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	fed_spans_init(&ahead);
	fed_spans_init(&stubs);
	for (struct slice rest = h.ahead; fed_range_next(&rest, &r);)
		fed_spans_add(&ahead, r.from, r.to);
	for (struct slice rest = h.stubs; fed_range_next(&rest, &r);)
		fed_spans_add(&stubs, r.from, r.to);
	fed_head_add(&out, &h.name, h.low, h.high, &h.e, &ahead, &stubs);
	FUZZ_CHECK(fed_head_parse(line_of(&out), &again, &why));
	FUZZ_CHECK(slice_eq(again.ahead, h.ahead) && slice_eq(again.stubs, h.stubs));
	fed_spans_fini(&ahead);
	fed_spans_fini(&stubs);
}

static void list_line(struct slice in)
{
	struct fed_rec_name name;
	struct fed_hash hash, hash_again;
	uint64_t serial, again;

	if (!fed_list_parse(in, &name, &serial, &hash))
		return;
	fed_list_add(&out, &name, serial, &hash);
	FUZZ_CHECK(fed_list_parse(line_of(&out), &name, &again, &hash_again) && again == serial &&
		   strcmp(hash.s, hash_again.s) == 0);
}

static void token(struct slice in)
{
	struct fed_token t, again;

	if (fed_token_parse(in, &t) != FED_TOKEN_OK)
		return;
	fed_token_add(&out, &t);
	FUZZ_CHECK(fed_token_parse(buf_slice(&out), &again) == FED_TOKEN_OK);
	FUZZ_CHECK(strcmp(t.host, again.host) == 0 && t.port == again.port);
}

static void sign(struct slice in)
{
	struct fed_sign s, again;
	struct fed_hash e, e2;
	const char *why = NULL;

	if (!fed_sign_parse(in, &s, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	fed_sign_add_line(&out, &s);
	FUZZ_CHECK(fed_sign_parse(buf_slice(&out), &again, &why));
	fed_sign_hash(&s, &e);
	fed_sign_hash(&again, &e2);
	FUZZ_CHECK(fed_hash_eq(&e, &e2));
}

static void stub(struct slice in)
{
	struct fed_stub st, again;
	const char *why = NULL;

	if (!fed_stub_parse(in, &st, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	fed_stub_add(&out, &st);
	FUZZ_CHECK(fed_stub_parse(buf_slice(&out), &again, &why));
	FUZZ_CHECK(st.absent == again.absent && fed_hash_eq(&st.tomb, &again.tomb));
}

static void record_wire(struct slice in)
{
	struct buf text;

	buf_init(&text, FED_RECORD_MAX);
	if (fed_record_from_wire(&text, in)) {
		fed_record_add_wire(&out, buf_slice(&text));
		FUZZ_CHECK(slice_eq(buf_slice(&out), in));
	}
	buf_fini(&text);
}

/* The first line is the field, the rest the body. */
static void control(struct slice in)
{
	size_t end = slice_find(in, lit("\r\n"));
	struct slice body = slice_from(in, end + 2);
	struct fed_control c, again;
	const char *why = NULL;

	if (!fed_control_parse(slice_head(in, end), body, &c, &why)) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	if (c.kind == FED_CTL_OTHER)
		return;
	fed_control_add(&out, &c);
	FUZZ_CHECK(fed_control_parse(buf_slice(&out), body, &again, &why));
	FUZZ_CHECK(again.kind == c.kind && again.serial == c.serial && again.n == c.n);
}

static void ids(struct slice in)
{
	struct slice host, user, name;
	struct fed_epoch epoch;
	uint16_t port;

	if (fed_epoch_parse(in, &epoch)) {
		fed_epoch_add(&out, &epoch);
		FUZZ_CHECK(slice_eq(buf_slice(&out), in));
	}
	FUZZ_CHECK(!fed_addr_parse(in, &host, &port) || (host.len > 0 && port > 0));
	FUZZ_CHECK(!fed_user_parse(in, &user, &name) || fed_name_valid(name));
	FUZZ_CHECK(!fed_title_valid(in) || in.len <= FED_TITLE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(struct slice in) = {
		command, answer, head, list_line, token, sign, stub, record_wire, control, ids};

	crypto_ossl_install();
	buf_init(&out, 1 << 22);
	for (size_t i = 0; i < array_len(all); i++) {
		buf_reset(&out);
		all[i](slice_of(data, size));
	}
	buf_fini(&out);
	return 0;
}
