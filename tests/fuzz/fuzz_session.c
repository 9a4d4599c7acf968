/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ways of saying one thing to a session. */
#include "tests/fuzz/fuzz_session.h"

#include "proto/base/log.h"

enum { SAID_MAX = 1 << 28 };

/* Send `in` in pieces of at most `most` bytes; what was said goes to *said. */
static void converse(const struct fuzz_session *f, struct slice in, unsigned options, size_t most,
	uint32_t waits, struct buf *said)
{
	struct rig r = {0};

	f->open(&r, options, waits);
	rig_start(&r);
	while (in.len > 0 && r.need != NEED_CLOSE && r.need != NEED_TLS) {
		rig_send(&r, slice_head(in, most));
		in = slice_from(in, most);
	}
	FUZZ_CHECK(r.need == NEED_INPUT || r.need == NEED_CLOSE || r.need == NEED_TLS);
	buf_add(said, buf_slice(&r.out));
	rig_fini(&r);
	if (f->close)
		f->close(&r);
}

int fuzz_session(const struct fuzz_session *f, const uint8_t *data, size_t size)
{
	struct buf whole, pieces;

	if (size < 2)
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	struct slice in = slice_from(slice_of(data, size), 2);
	buf_init(&whole, SAID_MAX);
	buf_init(&pieces, SAID_MAX);
	converse(f, in, data[0], in.len, 0, &whole);
	converse(f, in, data[0], 1u + data[1], data[1] + 1u, &pieces);
	if (!f->may_differ || !f->may_differ(in))
		FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	if (f->check)
		f->check(in, buf_slice(&whole));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
