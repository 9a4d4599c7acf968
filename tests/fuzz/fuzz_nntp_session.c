/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A news conversation over a small forum. */
#include "proto/nntp/nntp.h"
#include "tests/fuzz/fuzz_session.h"
#include "tests/rig/fake_forum.h"

enum { FLAG_LOGIN = 1, FLAG_RELAY = 2, FLAG_TLS = 4, FLAG_STARTTLS = 8, FLAG_READ_ONLY = 16 };

static void run_forum(void *world)
{
	fake_run(world);
}

static void open_session(struct rig *r, unsigned flags, uint32_t waits)
{
	struct fake_forum *f = fake_world();
	struct nntp_opts o = {
		.id = "fuzz",
		.tls = flags & FLAG_TLS,
		.starttls = flags & FLAG_STARTTLS,
		.plain_login = true,
		.ready = {rig_ready, r}
        };

	f->login = flags & FLAG_LOGIN ? "anna" : NULL;
	f->relay = flags & FLAG_RELAY;
	f->read_only = flags & FLAG_READ_ONLY;
	f->waits = waits;
	*r = (struct rig){.ops = &nntp_session_ops,
		.session = nntp_session_new(&f->base, &o),
		.now_at = f->now_at,
		.run = run_forum,
		.world = f};
}

static void close_world(struct rig *r)
{
	fake_free(r->world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_session nntp = {.open = open_session, .close = close_world};

	return fuzz_session(&nntp, data, size);
}
