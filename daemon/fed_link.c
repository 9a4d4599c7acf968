/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a link: fetch, watch, and when either ends both end.  Its number in the node lasts
 * from the one KHELLO to the end of both.
 */
#include <stdio.h>
#include <time.h>

#include "daemon/fed_book.h"
#include "daemon/fed_link_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/fed/peer_renewer.h"

enum {
	SHIFT_MAX = 8,
	SPONSOR_SHIFT_MAX = 3,
	SEEN_MS = 100, /* it may need a moment to answer */
};

const char *fed_link_state_name(enum fed_link_state s)
{
	static const char *const names[] = {"joining", "active", "backoff", "throttled", "dormant",
		"paused", "blocked", "silent"};

	return names[s];
}

void fed_link_enter(struct neighbour *l, enum fed_link_state s)
{
	if (l->state == s)
		return;
	log_info("fed.link", "oid=%s from=%s to=%s", l->oid.s, fed_link_state_name(l->state),
		fed_link_state_name(s));
	l->state = s;
	l->since_at = loop_now_at();
}

struct conn *side_conn(const struct side *s)
{
	return s->dial ? fed_dial_conn(s->dial) : s->conn;
}

void side_close(struct side *s, const char *why)
{
	if (s->conn)
		conn_close(s->conn, why);
	else
		fed_dial_close(s->dial, why);
}

bool fed_link_is_idle(const struct neighbour *l)
{
	return side_is_idle(&l->fetch) && side_is_idle(&l->watch);
}

void fed_link_free(struct neighbour *l)
{
	event_del(&l->on_again);
	event_del(&l->on_offer);
	list_remove(&l->node);
	free(l);
}

/* ---- again ---- */

static bool is_sponsor(const struct neighbour *l)
{
	return l->f->sponsor.set && fed_oid_eq(&l->f->sponsor.token.oid, &l->oid);
}

int64_t fed_link_away_s(const struct neighbour *l)
{
	return l->gone_at > 0 ? loop_now_at() - l->gone_at : 0;
}

/* How long to wait: doubled with each failure; give or take a quarter, so that not all come at
 * once. */
static int64_t wait_ms(const struct neighbour *l)
{
	unsigned shift = l->n_failed < SHIFT_MAX ? l->n_failed : SHIFT_MAX;
	int64_t ms = (int64_t)FED_AGAIN_MS << shift;
	uint32_t dice;

	if (is_sponsor(l)) /* its admin is about to confirm */
		ms = FED_AGAIN_MS / 5 << (shift < SPONSOR_SHIFT_MAX ? shift : SPONSOR_SHIFT_MAX);
	if (ms > FED_AGAIN_MAX_MS)
		ms = FED_AGAIN_MAX_MS;
	if (fed_link_away_s(l) > 24 * 3600)
		ms = FED_AGAIN_DAY_MS;
	crypto_random(&dice, sizeof dice);
	return ms + (int64_t)(dice % (uint32_t)(ms / 2)) - ms / 4;
}

static bool has_address(const struct neighbour *l)
{
	struct slice host;
	uint16_t port;

	return fed_link_address(l, &host, &port);
}

enum fed_link_state fed_link_resting(const struct neighbour *l)
{
	if (l->blocked)
		return FED_LINK_BLOCKED;
	if (l->paused)
		return FED_LINK_PAUSED;
	if (is_sponsor(l) && !fed_reg_active(l->f->reg, &l->f->keys->oid))
		return FED_LINK_JOINING;
	if (fed_link_away_s(l) > FED_DORMANT_S)
		return FED_LINK_DORMANT;
	return has_address(l) ? FED_LINK_BACKOFF : FED_LINK_SILENT;
}

static void try_later(struct neighbour *l)
{
	int64_t ms = wait_ms(l);
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	l->n_failed++;
	if (l->gone_at == 0)
		l->gone_at = loop_now_at();
	fed_link_enter(l, fed_link_resting(l));
	if (!l->paused && !l->blocked && has_address(l))
		event_add(&l->on_again, &tv);
}

/* ---- the two connections ---- */

static bool dial(struct neighbour *l, struct side *side);

static void fault(void *arg, const char *why)
{
	struct side *side = arg;

	snprintf(side->l->error, sizeof side->l->error, "%s", why);
}

/* Both connections stand. */
static void reached(struct neighbour *l)
{
	if (l->replaced)
		fed_node_unreachable(l->f->node, &l->oid, false);
	l->replaced = false;
	l->n_failed = 0;
	l->gone_at = 0;
	l->told = 0;
	l->error[0] = '\0';
	fed_link_enter(l, FED_LINK_ACTIVE);
	fed_offers_fit(l);
}

/* KHELLO was answered: the fetching side gets a number, and the other begins. */
static void on_up(void *arg, const struct peer_hello *h)
{
	struct side *side = arg;
	struct neighbour *l = side->l;

	side->up = true;
	l->contact_at = loop_now_at();
	l->clock_s = h->clock_s;
	if (side->kind == PEER_WATCH) {
		reached(l);
		return;
	}
	if (side->conn)
		return; /* turned: it has its number, and the other brings the watching one */
	l->peer = fed_node_up(l->f->node, &l->oid);
	if (l->peer < 0) {
		fault(side, "too many neighbours");
		side_close(side, l->error);
		return;
	}
	peer_client_set_peer(side->session, (unsigned)l->peer);
	if (!dial(l, &l->watch))
		side_close(side, "it has no address any more");
}

bool fed_link_knows_key(const struct neighbour *l, const struct fed_hash *spki)
{
	const struct fed_daemon *d = fed_reg_daemon(l->f->reg, &l->oid);

	for (size_t i = 0; d && i < d->n_tls; i++)
		if (fed_hash_eq(&d->tls[i], spki))
			return true;
	return false;
}

/* ---- signatures, in the pool ---- */

static void look(void *arg)
{
	peer_sigs_check(arg);
}

static void looked(void *arg)
{
	struct peer_sigs *s = arg;

	s->done(s);
}

static int look_elsewhere(void *arg, struct peer_sigs *s)
{
	struct fed *f = arg;

	return pool_run(f->d->pool, f->loop, look, looked, s);
}

void *fed_link_session(struct side *side, struct conn *c)
{
	struct neighbour *l = side->l;

	fed_now(l->f);
	side->session = peer_client_new(&(struct peer_client_opts){.kind = side->kind,
		.node = l->f->node,
		.reg = l->f->reg,
		.self = l->f->keys->oid,
		.other = l->oid,
		.peer = (unsigned)l->peer,
		.wait_s = WAIT_S,
		.up = on_up,
		.fault = fault,
		.arg = side,
		.verify = look_elsewhere,
		.verify_arg = l->f,
		.ready = conn_ready(c)});
	return side->session;
}

static void *on_open(void *arg, struct conn *c, const struct fed_hash *spki)
{
	struct side *side = arg;
	struct neighbour *l = side->l;

	if (!fed_link_knows_key(l, spki)) {
		l->stale = true;
		fault(side, "another daemon answers at its address");
		return NULL;
	}
	l->stale = false; /* somebody else may have answered at an address before this one */
	l->error[0] = '\0';
	return fed_link_session(side, c);
}

/* Both are closed. */
static void rest(struct neighbour *l)
{
	if (l->peer >= 0)
		fed_node_down(l->f->node, (unsigned)l->peer);
	l->peer = NO_PEER;
	log_info("fed.down", "oid=%s why=\"%s\"", l->oid.s, l->error);
	fed_offers_close(l, "the link has ended");
	if (!l->ending) {
		try_later(l);
		fed_offer_record(l);
	} else if (fed_offers_idle(l)) {
		fed_link_free(l);
	}
}

void fed_link_side_ended(struct side *side, const char *why)
{
	struct neighbour *l = side->l;
	struct side *other = side == &l->fetch ? &l->watch : &l->fetch;

	if (l->error[0] == '\0')
		snprintf(l->error, sizeof l->error, "%s", why);
	side->dial = NULL;
	side->conn = NULL;
	side->session = NULL;
	side->up = false;
	side_close(other, "the other connection has ended");
	if (fed_link_is_idle(l))
		rest(l);
}

static void on_end(void *arg, bool was_open, const char *why)
{
	(void)was_open;
	fed_link_side_ended(arg, why);
}

static const struct fed_dial_hooks hooks = {.open = on_open, .end = on_end};

/* ---- its key has changed while we were away ---- */

static bool on_renewed(void *arg, struct slice text)
{
	struct neighbour *l = ((struct side *)arg)->l;
	struct err why = {""};
	enum fed_reg_got got;

	fed_now(l->f);
	got = fed_node_give_record(l->f->node, text, &why);
	log_info("fed.renew", "oid=%s got=%d why=\"%s\"", l->oid.s, (int)got, why.text);
	l->n_failed = 0;
	return got == FED_REG_TAKEN || got == FED_REG_KNOWN;
}

static void *on_open_renew(void *arg, struct conn *c, const struct fed_hash *spki)
{
	struct side *side = arg;
	struct neighbour *l = side->l;
	struct fed_record_key key = {.type = FED_REC_DAEMON};

	(void)spki;
	fault(side, "its key has changed: its record is asked for");
	memcpy(key.s, l->oid.s, sizeof l->oid.s);
	side->session = peer_renewer_new(&(struct peer_renewer_opts){.other = l->oid,
		.serial = fed_reg_serial(l->f->reg, &key) + 1,
		.record = on_renewed,
		.arg = side,
		.ready = conn_ready(c)});
	return side->session;
}

static const struct fed_dial_hooks renew_hooks = {.open = on_open_renew, .end = on_end};

bool fed_link_address(const struct neighbour *l, struct slice *host, uint16_t *port)
{
	const struct fed_daemon *d = fed_reg_daemon(l->f->reg, &l->oid);

	if (is_sponsor(l)) {
		*host = slice_str(l->f->sponsor.token.host);
		*port = l->f->sponsor.token.port;
		return true;
	}
	return d && d->n_addr > 0 && fed_addr_parse(d->addr[l->next_addr % d->n_addr], host, port);
}

/* false: there is no address. */
static bool dial(struct neighbour *l, struct side *side)
{
	struct slice host;
	uint16_t port;

	if (!fed_link_address(l, &host, &port))
		return false;
	side->dial = l->stale
			     ? fed_dial_new(l->f, host, port, &peer_renewer_ops, &renew_hooks, side)
			     : fed_dial_new(l->f, host, port, &peer_client_ops, &hooks, side);
	l->stale = false;
	return true;
}

void fed_link_begin(struct neighbour *l)
{
	if (!fed_link_is_idle(l) || l->ending || l->paused || l->blocked)
		return;
	if (!has_address(l)) {
		if (l->gone_at == 0 && fed_node_meets(l->f->node, &l->oid))
			l->gone_at = loop_now_at();
		fed_link_enter(l, fed_link_resting(l));
		return;
	}
	l->error[0] = '\0';
	(void)dial(l, &l->fetch);
	l->next_addr++;
}

/* A turned connection to fetch, and the one to watch has not come: it is no link. */
static bool is_half(const struct neighbour *l)
{
	return l->fetch.conn && side_is_idle(&l->watch);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct neighbour *l = arg;

	(void)fd;
	(void)what;
	if (is_half(l))
		side_close(&l->fetch, "the connection to watch did not come");
	else
		fed_link_begin(l);
}

/* ---- the set of links ---- */

struct neighbour *fed_link_find(struct fed *f, const struct fed_oid *oid)
{
	list_each(&f->links, it)
	{
		struct neighbour *l = fed_link_at(it);

		if (fed_oid_eq(&l->oid, oid) && !l->ending)
			return l;
	}
	return NULL;
}

struct neighbour *fed_link_new(struct fed *f, const struct fed_oid *oid)
{
	struct neighbour *l = mem_new(struct neighbour);

	l->f = f;
	l->oid = *oid;
	l->peer = NO_PEER;
	l->fetch = (struct side){.l = l, .kind = PEER_FETCH};
	l->watch = (struct side){.l = l, .kind = PEER_WATCH};
	fed_offers_init(l);
	fed_book_stopped(f->book, oid, &l->paused, &l->blocked);
	l->state = l->blocked ? FED_LINK_BLOCKED : l->paused ? FED_LINK_PAUSED : FED_LINK_BACKOFF;
	l->since_at = loop_now_at();
	event_assign(&l->on_again, loop_base(f->loop), -1, 0, on_again, l);
	list_append(&f->links, &l->node);
	return l;
}

static bool want(void *arg, const struct fed_oid *oid)
{
	struct fed *f = arg;
	struct neighbour *l = fed_link_find(f, oid);

	if (fed_oid_eq(oid, &f->keys->oid) || !fed_reg_daemon(f->reg, oid))
		return true;
	if (!l)
		l = fed_link_new(f, oid);
	l->wanted = true;
	return true;
}

static void link_end(struct neighbour *l, const char *why)
{
	l->ending = true;
	event_del(&l->on_again);
	event_del(&l->on_offer);
	if (fed_link_is_idle(l) && fed_offers_idle(l)) {
		fed_link_free(l);
		return;
	}
	fed_offers_close(l, why);
	side_close(&l->watch, why);
	side_close(&l->fetch, why);
}

static void end_unwanted(struct fed *f)
{
	for (struct list *it = f->links.next, *next; it != &f->links; it = next) {
		struct neighbour *l = fed_link_at(it);

		next = it->next;
		if (!l->wanted && !l->ending)
			link_end(l, "no neighbour any more");
	}
}

/* One for which we stand in, perhaps, has come by itself: it stays as long as it may. */
static bool has_come(const struct neighbour *l)
{
	return (l->fetch.conn || l->watch.conn) && fed_reg_active(l->f->reg, &l->oid);
}

void fed_links_fit(struct fed *f)
{
	if (!f->node || f->stopping)
		return;
	list_each(&f->links, it) fed_link_at(it)->wanted = has_come(fed_link_at(it));
	fed_node_neighbours(f->node, want, f);
	if (f->sponsor.set)
		want(f, &f->sponsor.token.oid);
	end_unwanted(f);
	list_each(&f->links, it)
	{
		struct neighbour *l = fed_link_at(it);

		if (fed_link_is_idle(l) && !event_pending(&l->on_again, EV_TIMEOUT, NULL))
			fed_link_begin(l);
	}
}

void fed_links_end(struct fed *f)
{
	list_each(&f->links, it) fed_link_at(it)->wanted = false;
	end_unwanted(f);
}

void fed_link_seen(struct fed *f, const struct fed_oid *oid)
{
	const struct timeval soon = {.tv_usec = SEEN_MS * 1000};
	struct neighbour *l = fed_link_find(f, oid);

	if (!l)
		return;
	if (!has_address(l))
		l->contact_at = loop_now_at();
	if (fed_link_is_idle(l) && event_pending(&l->on_again, EV_TIMEOUT, NULL))
		event_add(&l->on_again, &soon);
}

void fed_links_work(struct fed *f, unsigned peer)
{
	list_each(&f->links, it)
	{
		struct neighbour *l = fed_link_at(it);
		struct conn *c = l->peer == (int)peer ? side_conn(&l->fetch) : NULL;

		if (c)
			conn_wake(c, WAKE_NEWS);
	}
}
