/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole conversation over a small forum: said in one piece, and in pieces while reads answer
 * KERR_WAIT.  The answers must be the same, and they are lines of printable ASCII whatever was
 * sent.
 */
#include "proto/base/log.h"
#include "proto/smtp/smtp.h"
#include "tests/fuzz/fuzz.h"
#include "tests/rig/fake_forum.h"
#include "tests/rig/rig.h"

enum { FLAG_LOGIN = 1, FLAG_TLS = 4, FLAG_STARTTLS = 8 };

static void run_forum(void *world)
{
	fake_run(world);
}

static struct fake_forum *make_forum(unsigned flags, uint32_t waits)
{
	struct fake_forum *f = fake_world();

	f->login = flags & FLAG_LOGIN ? "anna" : NULL;
	f->waits = waits;
	return f;
}

/* Send `in` in pieces of at most `most` bytes; what was said goes to *said. */
static void converse(struct slice in, unsigned flags, size_t most, uint32_t waits, struct buf *said)
{
	struct fake_forum *f = make_forum(flags, waits);
	struct rig r = {
		.ops = &smtp_session_ops, .now_at = f->now_at, .run = run_forum, .world = f};
	struct smtp_opts o = {
		.id = "fuzz",
		.tls = flags & FLAG_TLS,
		.starttls = flags & FLAG_STARTTLS,
		.plain_login = true,
		.ready = {rig_ready, &r}
        };

	r.session = smtp_session_new(&f->base, &o);
	rig_start(&r);
	while (in.len > 0 && r.need != NEED_CLOSE && r.need != NEED_TLS) {
		rig_send(&r, slice_head(in, most));
		in = slice_from(in, most);
	}
	FUZZ_CHECK(r.need == NEED_INPUT || r.need == NEED_CLOSE || r.need == NEED_TLS);
	buf_add(said, buf_slice(&r.out));
	rig_fini(&r);
	fake_free(f);
}

static void check_printable(struct slice said)
{
	struct slice line;

	while (slice_split(&said, '\n', &line)) {
		FUZZ_CHECK(line.len == 0 || slice_ends(line, lit("\r")));
		for (size_t i = 0; i + 1 < line.len; i++)
			FUZZ_CHECK(line.p[i] >= ' ' && line.p[i] <= '~');
	}
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
	check_printable(buf_slice(&whole));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
