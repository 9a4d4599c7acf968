/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is looked at every few minutes: own feeds that owe a heartbeat, origins and neighbours that
 * are late, clocks that differ.  docs/federation.md section 7.6, 12
 */
#include <stdio.h>

#include "daemon/fed_link.h"
#include "daemon/fed_posting.h"
#include "proto/base/log.h"

enum {
	ALIVE_TICKS = 60,
	WATCH_TICKS = 300, /* seconds between two looks */
	FIRST_TICK = 20,   /* after the start, when neighbours have told what they have */
	CLOCK_WARN_S = 60,
	CLOCK_WRONG_S = 3600, /* ... against CLOCK_WITNESSES neighbours: nothing is signed */
	CLOCK_WITNESSES = 3,
	TEXT_MAX = 64,
};

static void beat_on(void *arg, struct fed_feed *feed)
{
	fed_posting_beat(arg, &feed->name);
}

static void silent_on(void *arg, const struct fed_oid *who, int64_t late)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof text, "%lld h", (long long)(late / 3600));
	fed_note(arg, FED_NOTE_SILENT, who, slice_str(text));
}

static void behind_on(void *arg, const struct fed_oid *who, int64_t feeds)
{
	(void)feeds;
	fed_note(arg, FED_NOTE_LAGGING, who, lit(""));
}

struct clocks {
	struct fed *f;
	unsigned n_wrong;
};

static void clock_on(void *arg, const struct fed_link_status *s)
{
	struct clocks *c = arg;
	int64_t apart = s->clock_s < 0 ? -s->clock_s : s->clock_s;

	if (s->state != FED_LINK_ACTIVE)
		return;
	if (apart > CLOCK_WARN_S)
		log_warn("fed.clock", "oid=%s seconds=%lld", s->oid.s, (long long)s->clock_s);
	c->n_wrong += apart > CLOCK_WRONG_S;
}

/* Three others cannot all be wrong: what we sign would be held back everywhere. */
static void look_at_clocks(struct fed *f)
{
	struct clocks c = {.f = f};

	fed_links_each(f, clock_on, &c);
	if (f->clock_wrong == (c.n_wrong >= CLOCK_WITNESSES))
		return;
	f->clock_wrong = !f->clock_wrong;
	log_error("fed.clock", "wrong=%d witnesses=%u", f->clock_wrong, c.n_wrong);
	f->plans_due = true;
	fed_soon(f);
}

void fed_watch_tick(struct fed *f)
{
	if (f->n_ticks % ALIVE_TICKS == 0)
		fed_epoch_alive(f);
	if (f->n_ticks++ % WATCH_TICKS != FIRST_TICK)
		return;
	fed_node_beats(f->node, beat_on, f);
	fed_node_silent(f->node, silent_on, f);
	fed_node_behind(f->node, behind_on, f);
	look_at_clocks(f);
}
