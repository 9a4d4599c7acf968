/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links as time goes by, and as the admin sees and stops them. */
#include <stdio.h>

#include "daemon/fed_door.h"
#include "daemon/fed_link_priv.h"
#include "proto/base/log.h"

/* ---- time ---- */

/* The admin is told of one out of reach: after an hour, a day, a week. */
static void tell_gone(struct neighbour *l)
{
	static const int64_t steps[] = {FED_ALARM_S, 24 * 3600, 7 * 24 * 3600};

	if (l->told < array_len(steps) && fed_link_away_s(l) >= steps[l->told]) {
		l->told++;
		log_error("fed.unreachable", "oid=%s seconds=%lld why=\"%s\"", l->oid.s,
			(long long)fed_link_away_s(l), l->error);
	}
}

static void tick(struct neighbour *l)
{
	struct fed_peer_stats st;
	struct conn *watch = side_conn(&l->watch);

	tell_gone(l);
	fed_offers_fit(l);
	if (l->state == FED_LINK_SILENT)
		fed_link_enter(l, fed_link_resting(l)); /* dormant, one day */
	if (!l->replaced && fed_link_away_s(l) > FED_REPLACE_S) {
		l->replaced = true;
		fed_node_unreachable(l->f->node, &l->oid, true);
	}
	if (l->peer >= 0) {
		fed_node_peer_stats(l->f->node, (unsigned)l->peer, &st);
		if (st.behind == 0)
			l->behind_at = 0;
		else if (l->behind_at == 0)
			l->behind_at = loop_now_at();
	}
	if (!watch)
		return;
	if (loop_clock_ms() - conn_input_ms(watch) > (WAIT_S + SILENCE_S) * 1000)
		side_close(&l->watch, "it is silent");
	else if (l->watch.up)
		l->contact_at = loop_now_at() - (loop_clock_ms() - conn_input_ms(watch)) / 1000;
}

void fed_links_tick(struct fed *f)
{
	list_each(&f->links, it) tick(fed_link_at(it));
}

/* ---- the admin ---- */

static void status_of(const struct neighbour *l, struct fed_link_status *out)
{
	const struct fed_daemon *d = fed_reg_daemon(l->f->reg, &l->oid);
	struct fed_peer_stats st;
	struct slice name = d ? d->name : slice_str(l->f->sponsor.token.host);

	*out = (struct fed_link_status){.oid = l->oid,
		.state = l->state,
		.since_at = l->since_at,
		.contact_at = l->contact_at,
		.clock_s = l->clock_s,
		.meets = fed_node_meets(l->f->node, &l->oid)};
	(void)!slice_cstr(name, out->name, sizeof out->name);
	memcpy(out->error, l->error, sizeof out->error);
	if (l->behind_at > 0)
		out->behind_s = loop_now_at() - l->behind_at;
	out->ahead_known = fed_node_ahead(l->f->node, &l->oid, &out->ahead, &out->ahead_s);
	if (l->peer < 0)
		return;
	fed_node_peer_stats(l->f->node, (unsigned)l->peer, &st);
	out->behind = st.behind;
	memcpy(out->got, st.got, sizeof out->got);
}

void fed_links_each(struct fed *f, fed_link_fn fn, void *arg)
{
	list_each(&f->links, it)
	{
		struct fed_link_status st;

		if (fed_link_at(it)->ending)
			continue;
		status_of(fed_link_at(it), &st);
		st.n_in = fed_doors_of(f, &st.oid) + fed_offers_open(fed_link_at(it));
		fn(arg, &st);
	}
}

void fed_link_set(struct fed *f, const struct fed_oid *oid, bool paused, bool blocked)
{
	struct neighbour *l = fed_link_find(f, oid);

	if (!l)
		return;
	l->paused = paused;
	l->blocked = blocked;
	if (!paused && !blocked) {
		l->n_failed = 0;
		fed_link_begin(l);
		return;
	}
	event_del(&l->on_again);
	fed_offers_close(l, "stopped by the admin");
	side_close(&l->watch, "stopped by the admin");
	side_close(&l->fetch, "stopped by the admin");
	fed_link_enter(l, fed_link_resting(l));
}
