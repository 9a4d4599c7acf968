/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a link.  The feeder (proto/nntp/nntp_feeder.c) talks; its conn carries; this file
 * decides when to connect, gives it the log as source, and keeps the cursor.
 *
 * The durable cursor may lag behind what is settled, never lead: after a crash the peer is offered
 * some articles again and answers that it has them.
 */
#include "daemon/link.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/conn.h"
#include "daemon/daemon.h"
#include "daemon/hub.h"
#include "daemon/link_source.h"
#include "proto/base/crypto.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct link {
	struct daemon *d;
	struct peer_rec peer;
	enum link_state state;
	bool ending;
	bool resolving;
	struct conn *conn;
	struct addrinfo *addrs, *next_addr; /* of this round */
	struct event on_again;              /* the next try */
	struct event on_flush;              /* write the cursor */
	struct event on_tick;               /* while connected */
	struct hub_watch watch;
	unsigned n_failed;         /* tries since something was settled */
	uint64_t settled, written; /* cursor, and what of it is in the store */
	uint64_t given;            /* last entry that the feeder took */
	int64_t answer_ms;         /* last answer, or offer when none was out */
	struct peer_status st;
	char error[128];
};

static void connect_next(struct link *l);

/* ---- state ---- */

const char *link_state_name(enum link_state s)
{
	static const char *const names[] = {"off", "waiting", "resolving", "connecting", "up"};

	return names[s];
}

static void enter(struct link *l, enum link_state s)
{
	if (l->state == s)
		return;
	log_debug("link.state", "peer=%s from=%s to=%s", l->peer.name, link_state_name(l->state),
		link_state_name(s));
	l->state = s;
	l->st.since_at = loop_now_at();
}

static void free_addrs(struct link *l)
{
	if (l->addrs)
		freeaddrinfo(l->addrs);
	l->addrs = l->next_addr = NULL;
}

/* Once nothing can call back any more. */
static bool free_if_ended(struct link *l)
{
	if (!l->ending || l->conn || l->resolving)
		return false;
	event_del(&l->on_again);
	event_del(&l->on_flush);
	event_del(&l->on_tick);
	hub_unwatch(&l->watch);
	free_addrs(l);
	free(l);
	return true;
}

/* Doubled with each failure, give or take a quarter, so that peers do not come all at once. */
static void try_later(struct link *l)
{
	unsigned shift = l->n_failed < 10 ? l->n_failed : 10;
	int64_t ms = (int64_t)LINK_BACKOFF_MS << shift;
	uint32_t dice;

	if (ms > LINK_BACKOFF_MAX_MS)
		ms = LINK_BACKOFF_MAX_MS;
	crypto_random(&dice, sizeof dice);
	ms += (int64_t)(dice % (uint32_t)(ms / 2)) - ms / 4;
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	l->n_failed++;
	enter(l, LINK_WAITING);
	event_add(&l->on_again, &tv);
}

static void failed(struct link *l, const char *why)
{
	if (why != l->error)
		snprintf(l->error, sizeof l->error, "%s", why);
	log_warn("link.down", "peer=%s settled=%llu why=\"%s\"", l->peer.name,
		(unsigned long long)l->settled, l->error);
	if (l->next_addr)
		connect_next(l);
	else
		try_later(l);
}

/* ---- cursor ---- */

static void write_cursor(struct link *l)
{
	if (l->settled == l->written)
		return;
	int rc = store_cursor_put(l->d->store, slice_str(l->peer.name), l->settled,
		&(struct store_call){.home = l->d->loops[0]});
	if (rc == 0)
		l->written = l->settled;
	else
		log_warn("link.cursor", "peer=%s rc=%s", l->peer.name, kerr_name(rc));
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	write_cursor(arg);
}

/* ---- the feeder's source ---- */

static int source_next(void *arg, uint64_t after, struct feeder_item *out, uint64_t *scanned_out)
{
	struct link *l = arg;
	bool more;
	int rc = link_source_next(&(struct link_source){l->d->store, l->d->fed}, &l->peer, after,
		out, scanned_out, &more);

	if (rc == 0) {
		if (l->given <= l->settled)
			l->answer_ms = loop_clock_ms();
		l->given = out->seq;
		l->st.n_offered++;
	} else if (more && l->conn) {
		conn_wake(l->conn, WAKE_NEWS);
	}
	return rc;
}

static int source_read(void *arg, const struct feeder_item *item, struct buf *out)
{
	struct link *l = arg;

	return link_source_read(&(struct link_source){l->d->store, l->d->fed}, item, out);
}

static void source_settled(void *arg, uint64_t seq)
{
	const struct timeval soon = {.tv_usec = LINK_CURSOR_MS * 1000};
	struct link *l = arg;

	l->settled = seq;
	l->n_failed = 0;
	if (l->settled - l->written >= LINK_CURSOR_N)
		write_cursor(l);
	else if (!event_pending(&l->on_flush, EV_TIMEOUT, NULL))
		event_add(&l->on_flush, &soon);
}

/* "CODE text" for people: what is no printable ASCII becomes "?". */
static void show_answer(char *out, size_t size, int code, struct slice text)
{
	snprintf(out, size, "%d %.*s", code, (int)(text.len < 200 ? text.len : 200),
		text.p ? text.p : "");
	for (char *c = out; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static void count_answer(struct link *l, int code, struct slice text)
{
	switch (code) {
	case 235:
	case 239:
		l->st.n_accepted++;
		break;
	case 435:
	case 438:
		l->st.n_known++;
		break;
	case 431:
	case 436:
		l->st.n_deferred++;
		break;
	case 437:
	case 439:
		l->st.n_refused++;
		show_answer(l->st.refusal, sizeof l->st.refusal, code, text);
		break;
	default:
		break;
	}
}

static void source_answered(void *arg, const struct feeder_item *item, int code, struct slice text)
{
	struct link *l = arg;

	l->answer_ms = loop_clock_ms();
	if (item) {
		count_answer(l, code, text);
	} else if (code < 400) {
		l->error[0] = '\0';
		enter(l, LINK_UP);
	} else {
		show_answer(l->error, sizeof l->error, code, text);
	}
}

/* ---- conn ---- */

static void *on_open(void *arg, struct conn *c)
{
	struct link *l = arg;
	const struct feeder_source src = {.next = source_next,
		.read = source_read,
		.settled = source_settled,
		.answered = source_answered,
		.arg = l};

	l->answer_ms = loop_clock_ms();
	l->given = l->settled;
	return nntp_feeder_new(&src, &(struct feeder_opts){.id = conn_id(c),
					     .window = (unsigned)l->d->conf->transit.window,
					     .start_seq = l->settled});
}

static void on_closed(void *arg, struct conn *c, const char *why)
{
	struct link *l = arg;

	(void)c;
	l->conn = NULL;
	event_del(&l->on_tick);
	event_del(&l->on_flush);
	write_cursor(l);
	if (free_if_ended(l))
		return;
	if (l->state == LINK_UP)
		free_addrs(l);
	failed(l, l->error[0] != '\0' ? l->error : why);
}

static const struct conn_hooks hooks = {.open = on_open, .closed = on_closed};

static void on_news(void *arg, uint64_t last_seq)
{
	struct link *l = arg;

	(void)last_seq;
	if (l->conn)
		conn_wake(l->conn, WAKE_NEWS);
}

/* Every some seconds: deferred entries may be offered again; an answer may be overdue. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	int64_t quiet_ms = loop_clock_ms() - l->answer_ms;

	if (l->ending)
		conn_close(l->conn, "ended");
	else if (l->state == LINK_CONNECTING && quiet_ms > LINK_GREETING_S * 1000)
		conn_close(l->conn, "no greeting in time");
	else if (l->given > l->settled && quiet_ms > LINK_ANSWER_S * 1000)
		conn_close(l->conn, "no answer in time");
	else
		conn_wake(l->conn, WAKE_NEWS);
}

static void keep_alive(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static void start_conn(struct link *l, int fd, const struct addrinfo *ai)
{
	const struct timeval tick = {.tv_sec = FEEDER_RETRY_S};
	struct conn_opts o = {
		.fd = fd,
		.ops = &nntp_feeder_ops,
		.hooks = &hooks,
		.arg = l,
		.times = {.login_s = LINK_GREETING_S, .stall_s = LINK_STALL_S},
		.tls = l->peer.tls,
		.connecting = true,
		.tls_name = l->peer.cert[0] != '\0' ? l->peer.cert : l->peer.name
        };

	conn_addr_set(&o.addr, ai->ai_addr);
	keep_alive(fd);
	enter(l, LINK_CONNECTING);
	l->answer_ms = loop_clock_ms();
	l->conn = conn_new(l->d->sets[0], &o);
	event_add(&l->on_tick, &tick);
}

/* The next address of this round; when the last one fails, later. */
static void connect_next(struct link *l)
{
	const struct addrinfo *ai = l->next_addr;

	l->next_addr = ai->ai_next;
	l->error[0] = '\0';
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS)) {
		start_conn(l, fd, ai);
		return;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	failed(l, strerror(error));
}

/* ---- address ---- */

struct resolve {
	struct link *l;
	char host[STORE_NAME_MAX + 1], port[8];
	struct addrinfo *addrs;
	int rc;
};

/* In the pool. */
static void resolve(void *arg)
{
	struct resolve *r = arg;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	r->rc = getaddrinfo(r->host, r->port, &hints, &r->addrs);
}

static void on_resolved(void *arg)
{
	struct resolve *r = arg;
	struct link *l = r->l;
	int rc = r->rc;

	l->resolving = false;
	free_addrs(l);
	l->addrs = l->next_addr = r->addrs;
	free(r);
	if (free_if_ended(l))
		return;
	if (rc == 0 && l->next_addr)
		connect_next(l);
	else
		failed(l, rc != 0 ? gai_strerror(rc) : "no address");
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	struct resolve *r = mem_new(struct resolve);

	(void)fd;
	(void)what;
	r->l = l;
	r->rc = EAI_AGAIN;
	memcpy(r->host, l->peer.host, sizeof r->host);
	snprintf(r->port, sizeof r->port, "%u", l->peer.port);
	enter(l, LINK_RESOLVING);
	l->resolving = true;
	if (pool_run(l->d->pool, l->d->loops[0], resolve, on_resolved, r) == 0)
		return;
	free(r);
	l->resolving = false;
	failed(l, "the pool is full");
}

/* ---- life ---- */

struct link *link_new(struct daemon *d, const struct peer_rec *p, uint64_t cursor)
{
	struct link *l = mem_new(struct link);
	struct event_base *base = loop_base(d->loops[0]);

	l->d = d;
	l->peer = *p;
	l->settled = l->written = l->given = cursor > p->start_seq ? cursor : p->start_seq;
	event_assign(&l->on_again, base, -1, 0, on_again, l);
	event_assign(&l->on_flush, base, -1, 0, on_flush, l);
	event_assign(&l->on_tick, base, -1, EV_PERSIST, on_tick, l);
	list_init(&l->watch.node);
	l->watch.fn = on_news;
	l->watch.arg = l;
	l->st.since_at = d->started_at;
	if (p->paused)
		return l;
	hub_watch(d->hub, d->loops[0], &l->watch);
	on_again(-1, 0, l);
	return l;
}

void link_end(struct link *l)
{
	l->ending = true;
	write_cursor(l);
	if (l->conn)
		conn_wake(l->conn, WAKE_SHUTDOWN);
	(void)free_if_ended(l);
}

const struct peer_rec *link_peer(const struct link *l)
{
	return &l->peer;
}

void link_status(struct link *l, uint64_t last_seq, struct peer_status *out)
{
	*out = l->st;
	out->name = l->peer.name;
	out->state = l->state;
	out->error = l->error;
	out->cursor = l->settled;
	out->lag = last_seq > l->settled ? last_seq - l->settled : 0;
}
