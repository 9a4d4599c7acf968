/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state machine between a socket and a session.
 *
 * Every event (socket, timer, wake) leads to run(): it does what can be done now, in a bounded
 * number of rounds, then sets the events and the timer for the rest; there, and only there, a conn
 * is freed.  Input is read into a buffer of the loop and offered from it; only what the session
 * leaves is kept.  Reading stays armed while the session waits, and is taken out when the socket
 * reports bytes nobody wants yet: so a command and its answer cost no epoll_ctl.
 *
 * One timer per conn; it is moved only when it fires or must fire earlier, so traffic costs none.
 */
#include "daemon/conn_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	ROUNDS_MAX = 4, /* steps of a callback, each at most one read or one pump */
	RETRY_MS = 2,
	OUT_KEEP = 2048,         /* memory an idle session's output may hold */
	DISCARD_MAX = 64 * 1024, /* input thrown away while waiting for FIN, per callback */
};

static void run(struct conn *c);

/* ---- small helpers ---- */

static void enter(struct conn *c, enum conn_state state)
{
	log_debug("conn.state", "sess=%s from=%d to=%d", c->id, (int)c->state, (int)state);
	c->state = state;
	c->began_ms = loop_clock_ms();
	c->readable = true;
}

static void die(struct conn *c, const char *why)
{
	if (!c->why)
		c->why = why;
	enter(c, CONN_DEAD);
}

/*
 * Run soon: something outside has happened.  It takes an event of its own, for event_add does
 * nothing for one that is active.
 */
static void soon(struct conn *c)
{
	event_active(&c->ev_soon, EV_TIMEOUT, 1);
}

static struct buf *output(const struct conn *c)
{
	return c->o.ops->output(c->session);
}

/* Take part in the budget with what the session holds now. */
static void count_held(struct conn *c)
{
	struct conn_budget *b = c->set->budget;
	size_t held = c->o.ops->held ? c->o.ops->held(c->session) : 0;

	if (held == c->held)
		return;
	size_t total = atomic_fetch_add(&b->held, held - c->held) + (held - c->held);
	bool grows = held > c->held;
	c->held = held;
	if (held <= CONN_HELD_FREE)
		c->warned = false;
	if (!grows || held <= CONN_HELD_FREE || total <= atomic_load(&b->max))
		return;
	if (!c->warned) {
		c->warned = c->full = true;
		return;
	}
	atomic_fetch_add(&b->n_cut, 1);
	die(c, "memory for articles that are being received is full");
}

/*
 * What the session wants now.  After anything but feed, what is left is offered once more.  Who was
 * called by the session may have closed the conn.
 */
static void set_need(struct conn *c, enum sess_need need)
{
	c->need = c->closing ? NEED_CLOSE : need;
	c->fresh = true;
	if (need == NEED_RETRY)
		c->retry_ms = loop_clock_ms() + RETRY_MS;
	count_held(c);
}

/* ---- talking ---- */

/* Send what there is; false when the conn is dead. */
static bool flush(struct conn *c)
{
	struct buf *out = output(c);

	while (out->len > 0) {
		long n = conn_io_write(&c->io, buf_slice(out));

		if (n == IO_AGAIN)
			return true;
		if (n < 0) {
			die(c, n == IO_EOF ? "closed by the other end" : c->io.why);
			return false;
		}
		buf_drop(out, (size_t)n);
		c->n_out += (uint64_t)n;
		c->output_ms = loop_clock_ms();
	}
	buf_trim(out, OUT_KEEP);
	if (out->bad)
		die(c, "output over its ceiling");
	return !out->bad;
}

/* Keep what the session did not use; in may lie in c->left itself. */
static void keep(struct conn *c, struct slice in, size_t used)
{
	struct slice rest = slice_from(in, used);

	if (rest.len > 0 && (used > 0 || c->left.len == 0))
		c->left_ms = loop_clock_ms();
	if (c->left.len > 0 && in.p == buf_slice(&c->left).p) {
		buf_drop(&c->left, used);
	} else {
		buf_reset(&c->left);
		buf_add(&c->left, rest);
	}
	buf_trim(&c->left, 0);
	if (c->left.bad)
		die(c, "too much input is waiting");
}

static void offer(struct conn *c, struct slice in)
{
	size_t used = 0;

	set_need(c, c->o.ops->feed(c->session, in, loop_now_at(), &used));
	c->fresh = c->need != NEED_INPUT;
	keep(c, in, used);
}

/* Offer what is left, or read more; false when there is nothing to do. */
static bool take_input(struct conn *c)
{
	if (c->fresh && c->left.len > 0) {
		offer(c, buf_slice(&c->left));
		return true;
	}
	if (!c->readable && !conn_io_pending(&c->io))
		return false;
	size_t n_left = c->left.len;
	long n = conn_io_read(&c->io, c->set->scratch + n_left, CONN_READ);
	c->readable = n > 0 && !c->io.drained;
	if (n == IO_AGAIN)
		return false;
	if (n == IO_EOF) {
		c->why = "closed by the other end";
		c->need = NEED_CLOSE;
		return true;
	}
	if (n < 0) {
		die(c, c->io.why);
		return false;
	}
	c->n_in += (uint64_t)n;
	c->input_ms = loop_clock_ms();
	if (n_left > 0)
		memcpy(c->set->scratch, buf_slice(&c->left).p, n_left);
	offer(c, slice_of(c->set->scratch, n_left + (size_t)n));
	return true;
}

static void wake(struct conn *c, enum wake_why why)
{
	struct wake w = {.why = why, .now_at = loop_now_at()};

	set_need(c, c->o.ops->wake(c->session, &w));
}

/* One wake that is due; false when none is. */
static bool take_wake(struct conn *c)
{
	if (c->ticket) {
		c->ticket = false;
		wake(c, WAKE_TICKET);
	} else if (c->shutdown) {
		c->shutdown = false;
		wake(c, WAKE_SHUTDOWN);
	} else if (c->full) {
		c->full = false;
		wake(c, WAKE_FULL);
		atomic_fetch_add(&c->set->budget->n_dropped, c->held <= CONN_HELD_FREE);
	} else if (c->news) {
		c->news = false;
		wake(c, WAKE_NEWS);
	} else {
		return false;
	}
	return true;
}

/* STARTTLS: bytes that came behind the command were not protected, so they end the conn. */
static bool begin_tls(struct conn *c)
{
	if (c->left.len > 0) {
		die(c, "input behind STARTTLS");
		return false;
	}
	if (c->o.tls_new)
		c->io.ssl = c->o.tls_new(c->o.tls_arg, c->io.fd);
	else
		c->io.ssl = c->o.tls_name ? tls_client(c->set->tls, c->io.fd, c->o.tls_name)
					  : tls_server(c->set->tls, c->io.fd);
	if (!c->io.ssl)
		die(c, "no TLS");
	else
		enter(c, CONN_HANDSHAKE);
	return false;
}

static void finish(struct conn *c)
{
	conn_io_finish(&c->io);
	enter(c, CONN_LINGER);
}

/* One step of the conversation; false when it must wait for something. */
static bool step(struct conn *c)
{
	size_t out = output(c)->len;

	if (c->need != NEED_CLOSE && c->need != NEED_TLS && take_wake(c))
		return true;
	switch (c->need) {
	case NEED_INPUT:
		return out < SESSION_OUT_HIGH && take_input(c);
	case NEED_DRAIN:
		if (out > SESSION_OUT_LOW)
			return false;
		set_need(c, c->o.ops->pump(c->session, loop_now_at()));
		return true;
	case NEED_WAKE:
		return false;
	case NEED_RETRY:
		if (loop_clock_ms() < c->retry_ms)
			return false;
		wake(c, WAKE_RETRY);
		return true;
	case NEED_TLS:
		return out == 0 && begin_tls(c);
	case NEED_CLOSE:
		if (out == 0)
			finish(c);
		return false;
	}
	return false;
}

/* When the rounds are used up, other conns have theirs before the next. */
static void talk(struct conn *c)
{
	c->more = false;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (!step(c) || c->state != CONN_TALK || !flush(c))
			return;
	}
	c->more = true;
}

/* ---- the states before and after ---- */

static void open_session(struct conn *c)
{
	enter(c, CONN_TALK);
	c->input_ms = c->output_ms = c->began_ms;
	c->session = c->o.hooks->open(c->o.arg, c);
	if (!c->session) {
		die(c, "not wanted");
		return;
	}
	set_need(c, c->o.ops->start(c->session, loop_now_at()));
	c->n_greeting = output(c)->len;
}

static void handshake(struct conn *c)
{
	int rc = conn_io_handshake(&c->io);

	if (rc == IO_AGAIN)
		return;
	if (rc < 0) {
		die(c, rc == IO_EOF ? "closed during the TLS handshake" : c->io.why);
		return;
	}
	if (!c->o.tls_new)
		tls_peer_name(c->io.ssl, c->cert);
	if (!c->session) {
		open_session(c);
		return;
	}
	enter(c, CONN_TALK);
	if (c->o.hooks->secured)
		c->o.hooks->secured(c->o.arg, c);
	wake(c, WAKE_TLS);
}

/* Connection stands: TLS next, or the session. */
static void begin(struct conn *c)
{
	if (c->o.tls)
		(void)begin_tls(c);
	else
		open_session(c);
}

static void connected(struct conn *c)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	int error = 0;

	if (getpeername(c->io.fd, (struct sockaddr *)&sa, &len) < 0) {
		len = sizeof error;
		if (getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
			error = errno;
		if (error == 0)
			return; /* still under way */
	}
	if (error == 0) {
		begin(c);
		return;
	}
	snprintf(c->io.why, sizeof c->io.why, "%s", strerror(error));
	die(c, c->io.why);
}

/* Our last words are out; a close before the other end's FIN could destroy them on the way. */
static void linger(struct conn *c)
{
	for (size_t n = 0; n < DISCARD_MAX;) {
		ssize_t got = recv(c->io.fd, c->set->scratch, CONN_READ, 0);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			die(c, "closed");
			return;
		}
		n += (size_t)got;
	}
}

/* ---- events ---- */

void conn_free(struct conn *c)
{
	event_del(&c->ev_read);
	event_del(&c->ev_write);
	event_del(&c->ev_timer);
	event_del(&c->ev_soon);
	list_remove(&c->node);
	atomic_fetch_sub(&c->set->n_conns, 1);
	atomic_fetch_sub(&c->set->budget->held, c->held);
	if (c->session)
		c->o.ops->free(c->session);
	log_info("conn.end", "sess=%s addr=%s tls=%d in=%llu out=%llu why=\"%s\"", c->id,
		c->o.addr.text, c->io.ssl != NULL, (unsigned long long)c->n_in,
		(unsigned long long)c->n_out, c->why);
	c->o.hooks->closed(c->o.arg, c, c->why);
	buf_fini(&c->left);
	conn_io_fini(&c->io);
	free(c);
}

static void run(struct conn *c)
{
	enum conn_state before;

	do {
		before = c->state;
		switch (c->state) {
		case CONN_CONNECT:
			connected(c);
			break;
		case CONN_HANDSHAKE:
			handshake(c);
			break;
		case CONN_TALK:
			if (flush(c))
				talk(c);
			break;
		case CONN_LINGER:
			linger(c);
			break;
		case CONN_DEAD:
			break;
		}
	} while (c->state != before && c->state != CONN_DEAD);
	if (c->state == CONN_DEAD) {
		conn_free(c);
		return;
	}
	conn_watch(c);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->readable = true;
	if (!conn_wants_read(c)) {
		event_del(&c->ev_read);
		c->reading = false;
		return;
	}
	run(c);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->readable = c->readable || c->io.wait_write;
	run(c);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	const char *why = NULL;

	(void)fd;
	(void)what;
	c->armed_ms = 0;
	if (conn_deadline(c, &why) <= loop_clock_ms()) {
		if (c->state != CONN_LINGER)
			atomic_fetch_add(&c->set->n_late, 1);
		die(c, why);
	}
	run(c);
}

/* ---- life ---- */

struct conn *conn_new(struct conn_set *set, const struct conn_opts *o)
{
	struct conn *c = mem_new(struct conn);
	struct event_base *base = loop_base(set->loop);
	int on = 1;

	c->set = set;
	c->o = *o;
	conn_io_init(&c->io, o->fd);
	buf_init(&c->left, CONN_LEFT);
	snprintf(c->id, sizeof c->id, "%x.%llx", loop_index(set->loop),
		(unsigned long long)++set->next_id);
	(void)setsockopt(o->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	event_assign(&c->ev_read, base, o->fd, EV_READ | EV_PERSIST, on_read, c);
	event_assign(&c->ev_write, base, o->fd, EV_WRITE | EV_PERSIST, on_write, c);
	event_assign(&c->ev_timer, base, -1, 0, on_timer, c);
	event_assign(&c->ev_soon, base, -1, 0, on_soon, c);
	list_append(&set->conns, &c->node);
	atomic_fetch_add(&set->n_conns, 1);
	enter(c, CONN_CONNECT);
	if (!o->connecting)
		soon(c);
	conn_watch(c);
	return c;
}

/* Accepted in clear a moment ago: it hears why we end instead of a bare close. */
static bool about_to_greet(const struct conn *c)
{
	return c->state == CONN_CONNECT && !c->o.connecting && !c->o.tls;
}

void conn_wake(struct conn *c, enum wake_why why)
{
	switch (why) {
	case WAKE_TICKET:
		c->ticket = true;
		break;
	case WAKE_NEWS:
		c->news = true;
		break;
	case WAKE_SHUTDOWN:
		c->shutdown = true;
		if (!c->session && !about_to_greet(c)) {
			conn_close(c, "the daemon ends");
			return;
		}
		break;
	case WAKE_RETRY:
	case WAKE_TLS:
	case WAKE_FULL:
		return; /* the conn's own */
	}
	soon(c);
}

static void on_ready(void *arg)
{
	conn_wake(arg, WAKE_TICKET);
}

struct session_ready conn_ready(struct conn *c)
{
	return (struct session_ready){on_ready, c};
}

void conn_close(struct conn *c, const char *why)
{
	if (!c->why)
		c->why = why;
	c->closing = true;
	if (c->state == CONN_TALK)
		c->need = NEED_CLOSE;
	else
		enter(c, CONN_DEAD);
	soon(c);
}
