/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A submission over a small forum: answers are lines of printable ASCII whatever was sent. */
#include "proto/smtp/smtp.h"
#include "tests/fuzz/fuzz_session.h"
#include "tests/rig/fake_forum.h"

enum { FLAG_LOGIN = 1, FLAG_TLS = 4, FLAG_STARTTLS = 8 };

static void run_forum(void *world)
{
	fake_run(world);
}

static void open_session(struct rig *r, unsigned flags, uint32_t waits)
{
	struct fake_forum *f = fake_world();
	struct smtp_opts o = {
		.id = "fuzz",
		.tls = flags & FLAG_TLS,
		.starttls = flags & FLAG_STARTTLS,
		.plain_login = true,
		.ready = {rig_ready, r}
        };

	f->login = flags & FLAG_LOGIN ? "anna" : NULL;
	f->waits = waits;
	*r = (struct rig){.ops = &smtp_session_ops,
		.session = smtp_session_new(&f->base, &o),
		.now_at = f->now_at,
		.run = run_forum,
		.world = f};
}

static void close_world(struct rig *r)
{
	fake_free(r->world);
}

static void check_printable(struct slice in, struct slice said)
{
	struct slice line;

	(void)in;
	while (slice_split(&said, '\n', &line)) {
		FUZZ_CHECK(line.len == 0 || slice_ends(line, lit("\r")));
		for (size_t i = 0; i + 1 < line.len; i++)
			FUZZ_CHECK(line.p[i] >= ' ' && line.p[i] <= '~');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_session smtp = {
		.open = open_session, .close = close_world, .check = check_printable};

	return fuzz_session(&smtp, data, size);
}
