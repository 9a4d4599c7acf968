/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What another daemon may say to one that joins.  No proof goes out unless the record that came is
 * that of the token's daemon, and an input that is not made for that does not get so far.
 */
#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "proto/fed/peer_joiner.h"
#include "tests/fuzz/fuzz.h"

static unsigned n_done;

static void done(void *arg, const struct peer_joined *j)
{
	(void)arg;
	n_done++;
	FUZZ_CHECK(j->rc == 0 || j->why[0] != '\0');
}

/* Offer `in`, again and again while some of it is taken; what is left. */
static struct slice offer(void *s, struct slice in, enum sess_need *need)
{
	size_t used = 1;

	while (*need != NEED_CLOSE && used > 0) {
		*need = peer_joiner_ops.feed(s, in, 1, &used);
		FUZZ_CHECK(used <= in.len);
		in = slice_from(in, used);
	}
	return in;
}

/* Say all of `in` in pieces of so many bytes; what was said back. */
static void converse(struct slice in, size_t piece, struct buf *said)
{
	struct peer_joiner_opts o = {
		.token = {.host = "forum.a.example", .port = 8433},
		.record = lit("record: daemon\n"),
		.done = done
        };
	void *s = peer_joiner_new(&o);
	enum sess_need need = peer_joiner_ops.start(s, 1);
	size_t held = 0; /* offered and not taken */

	n_done = 0;
	while (need != NEED_CLOSE && held < in.len) {
		struct slice some = slice_head(in, held + piece);
		struct slice left = offer(s, some, &need);

		in = slice_from(in, some.len - left.len);
		held = left.len;
	}
	FUZZ_CHECK(n_done <= 1);
	FUZZ_CHECK((n_done == 1) == (need == NEED_CLOSE));
	buf_add(said, buf_slice(peer_joiner_ops.output(s)));
	peer_joiner_ops.free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf whole, cut;

	if (!crypto)
		crypto_ossl_install();
	log_set_level(LOG_LEVEL_ERROR);
	buf_init(&whole, 1024 * 1024);
	buf_init(&cut, 1024 * 1024);
	converse(in, size ? size : 1, &whole);
	converse(in, size ? data[0] % 7 + 1 : 1, &cut);
	FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	FUZZ_CHECK(slice_find(buf_slice(&whole), lit("KJOIN")) == whole.len);
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
