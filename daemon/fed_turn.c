/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Turned connections, at both ends.  The one who offers dials the fetching one, and the watching
 * one when the other has said KHELLO on it; both live no longer than the link that it has dialled
 * to ask itself.  For the one who asks they are the two sides of a link like any other.
 */
#include "daemon/fed_turn.h"

#include <stdio.h>

#include "daemon/fed_door.h"
#include "daemon/fed_link_priv.h"
#include "daemon/fed_tls.h"
#include "proto/base/log.h"
#include "proto/fed/peer_renewer.h"
#include "proto/fed/peer_turner.h"

enum { SHIFT_MAX = 8 };

/* ---- the one who offers ---- */

bool fed_offers_idle(const struct neighbour *l)
{
	return !l->for_fetch.dial && !l->for_watch.dial;
}

static struct conn *conn_of(const struct offer *o)
{
	return o->dial ? fed_dial_conn(o->dial) : NULL;
}

unsigned fed_offers_open(const struct neighbour *l)
{
	return (conn_of(&l->for_fetch) != NULL) + (conn_of(&l->for_watch) != NULL);
}

void fed_offers_close(struct neighbour *l, const char *why)
{
	fed_dial_close(l->for_watch.dial, why);
	fed_dial_close(l->for_fetch.dial, why);
}

/* It can ask us in no other way: by our record, or as it seems. */
static bool is_needed(const struct neighbour *l)
{
	struct fed *f = l->f;

	if (l->ending || l->state != FED_LINK_ACTIVE || !l->watch.dial)
		return false;
	return !fed_node_dialled(f->node, &f->keys->oid) ||
	       (loop_now_at() - l->since_at >= FED_UNDIALLED_S && fed_doors_of(f, &l->oid) == 0);
}

static void dial(struct offer *o);

/*
 * The fetching one was dialled to show our record, perhaps, and the other has learned of it in
 * another way before it came: then it asks as it always did, and would wait for the watching one.
 */
static void on_up(void *arg)
{
	struct offer *o = arg;

	if (!o->watch && is_needed(o->l)) {
		dial(&o->l->for_watch);
	} else if (!o->watch) {
		fed_dial_close(o->dial, "the other knows us, and can dial");
	} else {
		o->l->n_refused = 0;
		log_info("fed.offer", "oid=%s", o->l->oid.s);
	}
}

static void on_fault(void *arg, const char *why)
{
	struct offer *o = arg;

	log_info("fed.offer", "oid=%s refused=%u why=\"%s\"", o->l->oid.s, o->l->n_refused, why);
}

static void *on_open(void *arg, struct conn *c, const struct fed_hash *spki)
{
	struct offer *o = arg;
	struct fed *f = o->l->f;

	if (!fed_link_knows_key(o->l, spki))
		return NULL;
	fed_now(f);
	return peer_turner_new(&(struct peer_turner_opts){
		.other = o->l->oid,
		.watch = o->watch,
		.serve = {.node = f->node,
			  .reg = f->reg,
			  .self = f->keys->oid,
			  .spki = *spki,
			  .stats = &f->stats,
			  .ready = conn_ready(c)},
		.up = on_up,
		.fault = on_fault,
		.arg = o
        });
}

static void try_later(struct neighbour *l)
{
	unsigned shift = l->n_refused < SHIFT_MAX ? l->n_refused : SHIFT_MAX;
	int64_t ms = (int64_t)FED_AGAIN_MS << shift;

	if (ms > FED_AGAIN_MAX_MS)
		ms = FED_AGAIN_MAX_MS;
	l->n_refused++;
	event_add(&l->on_offer, &(struct timeval){.tv_sec = ms / 1000});
}

static void on_end(void *arg, bool was_open, const char *why)
{
	struct offer *o = arg;
	struct neighbour *l = o->l;

	(void)was_open;
	o->dial = NULL;
	fed_offers_close(l, "the other connection has ended");
	if (!fed_offers_idle(l))
		return;
	if (l->ending && fed_link_is_idle(l)) {
		fed_link_free(l);
		return;
	}
	log_info("fed.offer", "oid=%s ended=\"%s\"", l->oid.s, why);
	if (is_needed(l))
		try_later(l);
}

static const struct fed_dial_hooks hooks = {.open = on_open, .end = on_end};

static void dial(struct offer *o)
{
	struct slice host;
	uint16_t port;

	if (!o->dial && fed_link_address(o->l, &host, &port))
		o->dial = fed_dial_new(o->l->f, host, port, &peer_turner_ops, &hooks, o);
}

void fed_offers_fit(struct neighbour *l)
{
	if (is_needed(l) && fed_offers_idle(l) && !event_pending(&l->on_offer, EV_TIMEOUT, NULL))
		dial(&l->for_fetch);
}

/* Where our key has changed and nobody dials us, the other cannot come and ask for our record. */
void fed_offer_record(struct neighbour *l)
{
	if (!l->paused && !l->blocked && fed_offers_idle(l) &&
		strstr(l->error, "does not know us") && fed_reg_active(l->f->reg, &l->f->keys->oid))
		dial(&l->for_fetch);
}

static void on_offer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fed_offers_fit(arg);
}

void fed_offers_init(struct neighbour *l)
{
	l->for_fetch = (struct offer){.l = l};
	l->for_watch = (struct offer){.l = l, .watch = true};
	event_assign(&l->on_offer, loop_base(l->f->loop), -1, 0, on_offer, l);
}

void fed_offers_news(struct fed *f)
{
	list_each(&f->links, it)
	{
		struct conn *c = conn_of(&fed_link_at(it)->for_watch);

		if (c)
			conn_wake(c, WAKE_NEWS);
	}
}

/* ---- the one who asks ---- */

/* Those of before are gone, or it would not come again. */
static bool make_room(struct neighbour *l)
{
	if (fed_link_is_idle(l))
		return true;
	if (l->fetch.conn || l->watch.conn) {
		side_close(&l->watch, "it has come anew");
		side_close(&l->fetch, "it has come anew");
	}
	return false;
}

/* It is asked over one, and this is the other. */
static bool expects(const struct neighbour *l)
{
	return l->fetch.conn && l->peer >= 0 && side_is_idle(&l->watch);
}

void *fed_turn(
	struct fed *f, const struct peer_turn_wish *w, struct conn *c, struct side **side_out)
{
	struct neighbour *l = fed_link_find(f, &w->oid);
	struct side *side;

	if (!l && f->stopping)
		return NULL;
	if (!l) {
		l = fed_link_new(f, &w->oid);
		fed_dial_soon(f); /* the set of links is looked at again */
	}
	if (l->paused || l->blocked || f->stopping || !(w->watch ? expects(l) : make_room(l)))
		return NULL;
	/* before KHELLO is answered, for the one to watch may come first: who it is, is known */
	if (!w->watch && (l->peer = fed_node_up(f->node, &l->oid)) < 0)
		return NULL;
	if (w->watch)
		event_del(&l->on_again);
	else
		event_add(&l->on_again, &(struct timeval){.tv_sec = FED_TURN_WATCH_S});
	l->error[0] = '\0';
	l->stale = false; /* it has the key that we know */
	side = w->watch ? &l->watch : &l->fetch;
	side->conn = c;
	*side_out = side;
	fed_link_session(side, c);
	if (!w->watch)
		peer_client_set_peer(side->session, (unsigned)l->peer);
	return side->session;
}

void fed_turn_ended(struct side *s, const char *why)
{
	fed_link_side_ended(s, why);
}

static bool on_renewed(void *arg, struct slice text)
{
	struct fed *f = arg;
	struct err why = {""};
	enum fed_reg_got got;

	fed_now(f);
	got = fed_node_give_record(f->node, text, &why);
	log_info("fed.renew", "got=%d why=\"%s\"", (int)got, why.text);
	return got == FED_REG_TAKEN || got == FED_REG_KNOWN;
}

void *fed_turn_renew(struct fed *f, const struct fed_oid *oid, struct conn *c)
{
	struct fed_record_key key = {.type = FED_REC_DAEMON};

	memcpy(key.s, oid->s, sizeof oid->s);
	if (!fed_reg_active(f->reg, oid) || fed_reg_serial(f->reg, &key) == 0)
		return NULL;
	return peer_renewer_new(&(struct peer_renewer_opts){.other = *oid,
		.serial = fed_reg_serial(f->reg, &key) + 1,
		.record = on_renewed,
		.arg = f,
		.ready = conn_ready(c)});
}
