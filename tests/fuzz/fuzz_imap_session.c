/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole IMAP conversation over a few mailboxes: said in one piece, and in pieces while reads
 * answer KERR_WAIT.  The answers must be the same.
 */
#include "proto/base/log.h"
#include "proto/imap/imap.h"
#include "tests/fuzz/fuzz.h"
#include "tests/rig/fake_mail.h"
#include "tests/rig/rig.h"

enum { FLAG_LOGIN = 1, FLAG_TLS = 2, FLAG_STARTTLS = 4 };

static void run_all(void *world)
{
	struct fake_mail *m = world;

	fake_run(m->forum);
	fake_mail_run(m);
}

/* Send `in` in pieces of at most `most` bytes; what was said goes to *said. */
static void converse(struct slice in, unsigned flags, size_t most, uint32_t waits, struct buf *said)
{
	struct fake_forum *f = fake_world();
	struct fake_mail *m = fake_mail_new(f);
	struct rig r = {.ops = &imap_session_ops, .now_at = f->now_at, .run = run_all, .world = m};
	struct imap_opts o = {
		.id = "fuzz",
		.tls = flags & FLAG_TLS,
		.starttls = flags & FLAG_STARTTLS,
		.plain_login = true,
		.ready = {rig_ready, &r}
        };

	f->login = flags & FLAG_LOGIN ? "anna" : NULL;
	f->waits = waits;
	r.session = imap_session_new(&f->base, &m->base, &o);
	rig_start(&r);
	while (in.len > 0 && r.need != NEED_CLOSE && r.need != NEED_TLS) {
		rig_send(&r, slice_head(in, most));
		in = slice_from(in, most);
	}
	FUZZ_CHECK(r.need == NEED_INPUT || r.need == NEED_CLOSE || r.need == NEED_TLS);
	buf_add(said, buf_slice(&r.out));
	rig_fini(&r);
	fake_mail_free(m);
	fake_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;

	if (size < 2)
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	struct slice in = slice_from(slice_of(data, size), 2);
	buf_init(&whole, 1 << 28);
	buf_init(&pieces, 1 << 28);
	converse(in, data[0], in.len, 0, &whole);
	converse(in, data[0], 1u + data[1], data[1] + 1u, &pieces);
	FUZZ_CHECK(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
