/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An IMAP conversation over a few mailboxes. */
#include "proto/imap/imap.h"
#include "tests/fuzz/fuzz_session.h"
#include "tests/rig/fake_mail.h"

enum { FLAG_LOGIN = 1, FLAG_TLS = 2, FLAG_STARTTLS = 4 };

static void run_all(void *world)
{
	struct fake_mail *m = world;

	fake_run(m->forum);
	fake_mail_run(m);
}

static void open_session(struct rig *r, unsigned flags, uint32_t waits)
{
	struct fake_forum *f = fake_world();
	struct fake_mail *m = fake_mail_new(f);
	struct imap_opts o = {
		.id = "fuzz",
		.tls = flags & FLAG_TLS,
		.starttls = flags & FLAG_STARTTLS,
		.plain_login = true,
		.ready = {rig_ready, r}
        };

	f->login = flags & FLAG_LOGIN ? "anna" : NULL;
	f->waits = waits;
	*r = (struct rig){.ops = &imap_session_ops,
		.session = imap_session_new(&f->base, &m->base, &o),
		.now_at = f->now_at,
		.run = run_all,
		.world = m};
}

static void close_world(struct rig *r)
{
	struct fake_mail *m = r->world;
	struct fake_forum *f = m->forum;

	fake_mail_free(m);
	fake_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_session imap = {.open = open_session, .close = close_world};

	return fuzz_session(&imap, data, size);
}
