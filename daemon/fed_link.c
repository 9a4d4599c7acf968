/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a link: fetch, watch, and when either ends both end.  Its number in the node lasts
 * from the one KHELLO to the end of both.
 */
#include "daemon/fed_link.h"

#include <event2/event.h>
#include <stdio.h>
#include <time.h>

#include "daemon/fed_book.h"
#include "daemon/fed_dial.h"
#include "daemon/fed_door.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/fed/peer_client.h"
#include "proto/fed/peer_renewer.h"

enum {
	WAIT_S = 120,   /* KHEADS is held so long */
	SILENCE_S = 60, /* ... and may be late by so much */
	NO_PEER = -1,
	SHIFT_MAX = 8,
	SPONSOR_SHIFT_MAX = 3,
	SEEN_MS = 100, /* it may need a moment to answer */
};

/* One of the two connections. */
struct side {
	struct neighbour *l;
	enum peer_client_kind kind;
	struct fed_dial *dial;
	void *session;
	bool up;
};

struct neighbour {
	struct list node;
	struct fed *f;
	struct fed_oid oid;
	bool wanted;          /* during fed_links_fit */
	bool ending;          /* frees itself when nothing of it is out */
	bool paused, blocked; /* by the admin */
	bool stale; /* it has shown a key that its record does not name: ask for newer ones */
	struct side fetch, watch;
	int peer;           /* its number in the node */
	unsigned next_addr; /* of its record */
	unsigned n_failed;
	struct event on_again;
	enum fed_link_state state;
	int64_t since_at, contact_at, gone_at; /* gone: out of reach since; 0: it is not */
	int64_t behind_at; /* since when it has something that we have not; 0: nothing */
	unsigned told;     /* alarms that were given for this absence */
	bool replaced;     /* others stand in for it */
	int64_t clock_s;
	char error[128];
};

const char *fed_link_state_name(enum fed_link_state s)
{
	static const char *const names[] = {"joining", "active", "backoff", "throttled", "dormant",
		"paused", "blocked", "silent"};

	return names[s];
}

static void enter(struct neighbour *l, enum fed_link_state s)
{
	if (l->state == s)
		return;
	log_info("fed.link", "oid=%s from=%s to=%s", l->oid.s, fed_link_state_name(l->state),
		fed_link_state_name(s));
	l->state = s;
	l->since_at = fed_clock_at(l->f);
}

static bool is_idle(const struct neighbour *l)
{
	return !l->fetch.dial && !l->watch.dial;
}

static void link_free(struct neighbour *l)
{
	event_del(&l->on_again);
	list_remove(&l->node);
	free(l);
}

/* ---- again ---- */

static bool is_sponsor(const struct neighbour *l)
{
	return l->f->sponsor.set && fed_oid_eq(&l->f->sponsor.token.oid, &l->oid);
}

/* For how long it has been out of reach. */
static int64_t away_s(const struct neighbour *l)
{
	return l->gone_at > 0 ? fed_clock_at(l->f) - l->gone_at : 0;
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
	if (away_s(l) > 24 * 3600)
		ms = FED_AGAIN_DAY_MS;
	crypto_random(&dice, sizeof dice);
	return ms + (int64_t)(dice % (uint32_t)(ms / 2)) - ms / 4;
}

static enum fed_link_state resting_state(const struct neighbour *l)
{
	if (l->blocked)
		return FED_LINK_BLOCKED;
	if (l->paused)
		return FED_LINK_PAUSED;
	if (is_sponsor(l) && !fed_reg_active(l->f->reg, &l->f->keys->oid))
		return FED_LINK_JOINING;
	return away_s(l) > FED_DORMANT_S ? FED_LINK_DORMANT : FED_LINK_BACKOFF;
}

static void try_later(struct neighbour *l)
{
	int64_t ms = wait_ms(l);
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	l->n_failed++;
	if (l->gone_at == 0)
		l->gone_at = fed_clock_at(l->f);
	enter(l, resting_state(l));
	if (!l->paused && !l->blocked)
		event_add(&l->on_again, &tv);
}

/* ---- the two connections ---- */

static void dial(struct neighbour *l, struct side *side);

static void fault(void *arg, const char *why)
{
	struct side *side = arg;

	snprintf(side->l->error, sizeof side->l->error, "%s", why);
}

/* KHELLO was answered: the fetching side gets a number, and the other begins. */
static void on_up(void *arg, const struct peer_hello *h)
{
	struct side *side = arg;
	struct neighbour *l = side->l;

	side->up = true;
	l->contact_at = fed_clock_at(l->f);
	l->clock_s = h->clock_s;
	if (side->kind == PEER_WATCH) {
		if (l->replaced)
			fed_node_unreachable(l->f->node, &l->oid, false);
		l->replaced = false;
		l->n_failed = 0;
		l->gone_at = 0;
		l->told = 0;
		l->error[0] = '\0';
		enter(l, FED_LINK_ACTIVE);
		return;
	}
	l->peer = fed_node_up(l->f->node, &l->oid);
	if (l->peer < 0) {
		fault(side, "too many neighbours");
		fed_dial_close(side->dial, l->error);
		return;
	}
	peer_client_set_peer(side->session, (unsigned)l->peer);
	dial(l, &l->watch);
}

/* Is it who it should be? */
static bool knows_key(const struct neighbour *l, const struct fed_hash *spki)
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

static void *on_open(void *arg, struct conn *c, const struct fed_hash *spki)
{
	struct side *side = arg;
	struct neighbour *l = side->l;

	if (!knows_key(l, spki)) {
		l->stale = true;
		fault(side, "another daemon answers at its address");
		return NULL;
	}
	l->stale = false; /* somebody else may have answered at an address before this one */
	l->error[0] = '\0';
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

/* Both are closed. */
static void rest(struct neighbour *l)
{
	if (l->peer >= 0)
		fed_node_down(l->f->node, (unsigned)l->peer);
	l->peer = NO_PEER;
	log_info("fed.down", "oid=%s why=\"%s\"", l->oid.s, l->error);
	if (l->ending)
		link_free(l);
	else
		try_later(l);
}

static void on_end(void *arg, bool was_open, const char *why)
{
	struct side *side = arg;
	struct neighbour *l = side->l;
	struct side *other = side == &l->fetch ? &l->watch : &l->fetch;

	(void)was_open;
	if (l->error[0] == '\0')
		snprintf(l->error, sizeof l->error, "%s", why);
	side->dial = NULL;
	side->session = NULL;
	side->up = false;
	fed_dial_close(other->dial, "the other connection has ended");
	if (is_idle(l))
		rest(l);
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

/* Where it is to be dialled: by the token while that is all we know, then by its record. */
static bool address(const struct neighbour *l, struct slice *host, uint16_t *port)
{
	const struct fed_daemon *d = fed_reg_daemon(l->f->reg, &l->oid);

	if (is_sponsor(l)) {
		*host = slice_str(l->f->sponsor.token.host);
		*port = l->f->sponsor.token.port;
		return true;
	}
	return d && d->n_addr > 0 && fed_addr_parse(d->addr[l->next_addr % d->n_addr], host, port);
}

static void dial(struct neighbour *l, struct side *side)
{
	struct slice host;
	uint16_t port;

	if (!address(l, &host, &port))
		return;
	side->dial = l->stale
			     ? fed_dial_new(l->f, host, port, &peer_renewer_ops, &renew_hooks, side)
			     : fed_dial_new(l->f, host, port, &peer_client_ops, &hooks, side);
	l->stale = false;
}

static void begin(struct neighbour *l)
{
	struct slice host;
	uint16_t port;

	if (!is_idle(l) || l->ending || l->paused || l->blocked)
		return;
	if (!address(l, &host, &port)) {
		enter(l, FED_LINK_SILENT);
		return;
	}
	l->error[0] = '\0';
	dial(l, &l->fetch);
	l->next_addr++;
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	begin(arg);
}

/* ---- the set of links ---- */

static struct neighbour *at(struct list *it)
{
	return container_of(it, struct neighbour, node);
}

static struct neighbour *find(struct fed *f, const struct fed_oid *oid)
{
	list_each(&f->links, it) if (fed_oid_eq(&at(it)->oid, oid) && !at(it)->ending) return at(
		it);
	return NULL;
}

static struct neighbour *link_new(struct fed *f, const struct fed_oid *oid)
{
	struct neighbour *l = mem_new(struct neighbour);

	l->f = f;
	l->oid = *oid;
	l->peer = NO_PEER;
	l->fetch = (struct side){.l = l, .kind = PEER_FETCH};
	l->watch = (struct side){.l = l, .kind = PEER_WATCH};
	fed_book_stopped(f->book, oid, &l->paused, &l->blocked);
	l->state = l->blocked ? FED_LINK_BLOCKED : l->paused ? FED_LINK_PAUSED : FED_LINK_BACKOFF;
	l->since_at = fed_clock_at(f);
	event_assign(&l->on_again, loop_base(f->loop), -1, 0, on_again, l);
	list_append(&f->links, &l->node);
	return l;
}

static bool want(void *arg, const struct fed_oid *oid)
{
	struct fed *f = arg;
	struct neighbour *l = find(f, oid);

	if (fed_oid_eq(oid, &f->keys->oid) || !fed_reg_daemon(f->reg, oid))
		return true;
	if (!l)
		l = link_new(f, oid);
	l->wanted = true;
	return true;
}

static void link_end(struct neighbour *l, const char *why)
{
	l->ending = true;
	event_del(&l->on_again);
	if (is_idle(l)) {
		link_free(l);
		return;
	}
	fed_dial_close(l->watch.dial, why);
	fed_dial_close(l->fetch.dial, why);
}

static void end_unwanted(struct fed *f)
{
	for (struct list *it = f->links.next, *next; it != &f->links; it = next) {
		next = it->next;
		if (!at(it)->wanted && !at(it)->ending)
			link_end(at(it), "no neighbour any more");
	}
}

void fed_links_fit(struct fed *f)
{
	if (!f->node || f->stopping)
		return;
	list_each(&f->links, it) at(it)->wanted = false;
	fed_node_neighbours(f->node, want, f);
	if (f->sponsor.set)
		want(f, &f->sponsor.token.oid);
	end_unwanted(f);
	list_each(&f->links, it)
	{
		if (is_idle(at(it)) && !event_pending(&at(it)->on_again, EV_TIMEOUT, NULL))
			begin(at(it));
	}
}

void fed_links_end(struct fed *f)
{
	list_each(&f->links, it) at(it)->wanted = false;
	end_unwanted(f);
}

void fed_link_seen(struct fed *f, const struct fed_oid *oid)
{
	const struct timeval soon = {.tv_usec = SEEN_MS * 1000};
	struct neighbour *l = find(f, oid);

	if (l && is_idle(l) && event_pending(&l->on_again, EV_TIMEOUT, NULL))
		event_add(&l->on_again, &soon);
}

void fed_links_work(struct fed *f, unsigned peer)
{
	list_each(&f->links, it)
	{
		struct neighbour *l = at(it);
		struct conn *c =
			l->peer == (int)peer && l->fetch.dial ? fed_dial_conn(l->fetch.dial) : NULL;

		if (c)
			conn_wake(c, WAKE_NEWS);
	}
}

/* ---- time ---- */

/* The admin is told of one out of reach: after an hour, a day, a week. */
static void tell_gone(struct neighbour *l)
{
	static const int64_t steps[] = {FED_ALARM_S, 24 * 3600, 7 * 24 * 3600};

	if (l->told < array_len(steps) && away_s(l) >= steps[l->told]) {
		l->told++;
		log_error("fed.unreachable", "oid=%s seconds=%lld why=\"%s\"", l->oid.s,
			(long long)away_s(l), l->error);
	}
}

static void tick(struct neighbour *l)
{
	struct fed_peer_stats st;
	struct conn *watch = l->watch.dial ? fed_dial_conn(l->watch.dial) : NULL;

	tell_gone(l);
	if (!l->replaced && away_s(l) > FED_REPLACE_S) {
		l->replaced = true;
		fed_node_unreachable(l->f->node, &l->oid, true);
	}
	if (l->peer >= 0) {
		fed_node_peer_stats(l->f->node, (unsigned)l->peer, &st);
		if (st.behind == 0)
			l->behind_at = 0;
		else if (l->behind_at == 0)
			l->behind_at = fed_clock_at(l->f);
	}
	if (!watch)
		return;
	if (loop_clock_ms() - conn_input_ms(watch) > (WAIT_S + SILENCE_S) * 1000)
		fed_dial_close(l->watch.dial, "it is silent");
	else if (l->watch.up)
		l->contact_at =
			fed_clock_at(l->f) - (loop_clock_ms() - conn_input_ms(watch)) / 1000;
}

void fed_links_tick(struct fed *f)
{
	list_each(&f->links, it) tick(at(it));
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
		.clock_s = l->clock_s};
	(void)!slice_cstr(name, out->name, sizeof out->name);
	memcpy(out->error, l->error, sizeof out->error);
	if (l->behind_at > 0)
		out->behind_s = fed_clock_at(l->f) - l->behind_at;
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

		if (at(it)->ending)
			continue;
		status_of(at(it), &st);
		st.n_in = fed_doors_of(f, &st.oid);
		fn(arg, &st);
	}
}

void fed_link_set(struct fed *f, const struct fed_oid *oid, bool paused, bool blocked)
{
	struct neighbour *l = find(f, oid);

	if (!l)
		return;
	l->paused = paused;
	l->blocked = blocked;
	if (!paused && !blocked) {
		l->n_failed = 0;
		begin(l);
		return;
	}
	event_del(&l->on_again);
	fed_dial_close(l->watch.dial, "stopped by the admin");
	fed_dial_close(l->fetch.dial, "stopped by the admin");
	enter(l, resting_state(l));
}
