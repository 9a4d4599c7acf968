/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port.  Who is at the other end says the key of its certificate; a stranger gets a
 * session too, in which it can join and nothing else.
 */
#include "daemon/fed_door.h"

#include <unistd.h>

#include "daemon/fed_book.h"
#include "daemon/fed_link.h"
#include "daemon/fed_tls.h"
#include "daemon/fed_turn.h"
#include "daemon/limits.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/fed/peer_client.h"
#include "proto/fed/peer_renewer.h"

enum {
	TICK_TURN = 5,       /* each door is woken every so many ticks */
	DEAD_MS = 10 * 1000, /* over the limit one that was silent for so long gives way */
};

struct fed_door {
	struct list node;
	struct fed *f;
	struct conn_addr addr;
	struct conn *conn;
	struct fed_oid oid; /* "": a stranger */
	struct fed_join_try join;
	void *session;
	struct side *side;     /* it is turned: of the link over which we ask; or NULL */
	struct fed_oid renews; /* a stranger whose record is asked for: who it says it is */
	int64_t began_ms;
	unsigned turn;
};

static struct fed_door *at(struct list *it)
{
	return container_of(it, struct fed_door, node);
}

unsigned fed_doors_of(struct fed *f, const struct fed_oid *oid)
{
	unsigned n = 0;

	list_each(&f->doors, it) n += fed_oid_eq(&at(it)->oid, oid);
	return n;
}

/* A network that has changed leaves connections of which only the other end knows that they died.
 */
static bool make_room(struct fed *f, const struct fed_oid *oid)
{
	struct conn *oldest = NULL;

	list_each(&f->doors, it)
	{
		struct conn *c = at(it)->conn;

		if (c && fed_oid_eq(&at(it)->oid, oid) &&
			(!oldest || conn_input_ms(c) < conn_input_ms(oldest)))
			oldest = c;
	}
	if (!oldest || loop_clock_ms() - conn_input_ms(oldest) < DEAD_MS)
		return false;
	conn_close(oldest, "a newer connection takes its place");
	return true;
}

/* Who has this key; too many connections of one are refused. */
static bool name_door(struct fed_door *d, const struct fed_hash *spki)
{
	const struct fed_daemon *who = fed_reg_tls(d->f->reg, spki);
	bool paused, blocked;

	if (!who)
		return true;
	if (fed_doors_of(d->f, &who->oid) >= d->f->opts.conns_per_oid &&
		!make_room(d->f, &who->oid)) {
		atomic_fetch_add(&d->f->n_refused, 1);
		return false;
	}
	fed_book_stopped(d->f->book, &who->oid, &paused, &blocked);
	if (paused || blocked)
		return false;
	d->oid = who->oid;
	return true;
}

/* One at a time: a record is larger than what a stranger may send. */
static void *renew(
	struct fed_door *d, const struct fed_oid *oid, const struct session_ops **ops_out)
{
	void *session;

	list_each(&d->f->doors, it) if (fed_oid_eq(&at(it)->renews, oid)) return NULL;
	session = fed_turn_renew(d->f, oid, d->conn);
	if (session)
		d->renews = *oid;
	*ops_out = &peer_renewer_ops;
	return session;
}

static void *on_turn(void *arg, const struct peer_turn_wish *w, const struct session_ops **ops_out)
{
	struct fed_door *d = arg;

	if (!w->known)
		return renew(d, &w->oid, ops_out);
	*ops_out = &peer_client_ops;
	return fed_turn(d->f, w, d->conn, &d->side);
}

static void *on_open(void *arg, struct conn *c)
{
	struct fed_door *d = arg;
	struct fed *f = d->f;
	struct peer_session_opts o = {.node = f->node,
		.reg = f->reg,
		.self = f->keys->oid,
		.stats = &f->stats,
		.turn = on_turn,
		.turn_arg = d,
		.ready = conn_ready(c)};

	if (f->stopping || !fed_tls_spki(conn_ssl(c), &o.spki) || !name_door(d, &o.spki))
		return NULL;
	fed_now(f);
	d->conn = c;
	d->join = (struct fed_join_try){.book = f->book, .spki = o.spki, .self = f->keys->oid};
	if (fed_tls_exporter(conn_ssl(c), d->join.exporter)) {
		o.join = &fed_book_join_ops;
		o.join_arg = &d->join;
	}
	d->session = peer_session_new(&o);
	if (d->oid.s[0] != '\0')
		fed_link_seen(f, &d->oid);
	return d->session;
}

static void on_closed(void *arg, struct conn *c, const char *why)
{
	struct fed_door *d = arg;

	(void)c;
	log_debug("fed.door", "oid=%s addr=%s why=\"%s\"", d->oid.s, d->addr.text, why);
	limits_leave(d->f->d->limits, d->addr.source);
	list_remove(&d->node);
	d->f->n_doors--;
	if (d->side)
		fed_turn_ended(d->side, why);
	free(d);
}

static const struct conn_hooks hooks = {.open = on_open, .closed = on_closed};

static SSL *new_tls(void *arg, int fd)
{
	return fed_tls_server(((struct fed *)arg)->tls, fd);
}

void fed_accept(struct fed *f, int fd, const struct conn_addr *addr)
{
	struct fed_door *d;

	if (!f->node || f->stopping || f->n_doors >= f->opts.conns) {
		close(fd);
		atomic_fetch_add(&f->n_refused, 1);
		limits_leave(f->d->limits, addr->source);
		return;
	}
	d = mem_new(struct fed_door);
	d->f = f;
	d->addr = *addr;
	d->began_ms = loop_clock_ms();
	fed_keep_alive(fd);
	list_append(&f->doors, &d->node);
	f->n_doors++;
	(void)conn_new(
		f->set, &(struct conn_opts){
				.fd = fd,
				.addr = *addr,
				.ops = &peer_session_ops,
				.hooks = &hooks,
				.arg = d,
				.times = {.login_s = FED_DOOR_LOGIN_S, .stall_s = FED_DOOR_STALL_S},
				.tls = true,
				.tls_new = new_tls,
				.tls_arg = f
        });
}

void fed_doors_news(struct fed *f)
{
	list_each(&f->doors, it) if (at(it)->conn) conn_wake(at(it)->conn, WAKE_NEWS);
}

void fed_doors_tick(struct fed *f)
{
	int64_t late_ms = loop_clock_ms() - FED_DOOR_LOGIN_S * 1000;

	list_each(&f->doors, it)
	{
		struct fed_door *d = at(it);

		if (!d->conn)
			continue;
		if (d->began_ms < late_ms && !peer_session_ops.logged_in(d->session)) {
			atomic_fetch_add(&f->n_late, 1);
			conn_close(d->conn, "no KHELLO in time");
		} else if (++d->turn % TICK_TURN == 0) {
			conn_wake(d->conn, WAKE_NEWS);
		}
	}
}

void fed_doors_close(struct fed *f, const struct fed_oid *oid, const char *why)
{
	list_each(&f->doors, it)
	{
		if (at(it)->conn && fed_oid_eq(&at(it)->oid, oid))
			conn_close(at(it)->conn, why);
	}
}
