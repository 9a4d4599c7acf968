/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network: the real sessions of the peer port, joined by pipes.  A daemon dials its neighbours
 * twice, to fetch and to watch, and twice more when they cannot dial it; bytes of one connection
 * keep their order, those of two do not.  A link breaks at random and when a partition lies
 * between; what is on the way is lost then.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/fed/fed_cmd.h"
#include "tests/sim/sim_priv.h"

enum { DIAL_MS = 500, DELAY_MS = 40, BREAK_PERMILLE = 2, IN_MAX = 64 * 1024 * 1024 };

void sim_net_init(struct sim_daemon *d)
{
	d->links = mem_array(d->w->o.n_daemons, sizeof *d->links);
	for (unsigned b = 0; b < d->w->o.n_daemons; b++) {
		d->links[b].from = d;
		d->links[b].to = &d->w->daemons[b];
		d->links[b].peer = d->links[b].turned_peer = -1;
	}
}

void sim_net_fini(struct sim_daemon *d)
{
	free(d->links);
}

bool sim_net_reaches(const struct sim_world *w, unsigned a, unsigned b)
{
	return w->daemons[a].up && w->daemons[b].up && w->side[a] == w->side[b];
}

static struct sim_link *link_of(struct sim_world *w, unsigned a, unsigned b)
{
	return &w->daemons[a].links[b];
}

/* ---- bytes ---- */

/* Change one byte at `at` into another that may stand there. */
static void change(struct sim_world *w, struct buf *b, size_t at, const char *by)
{
	b->data[b->start + at] = by[sim_draw(&w->rand, (uint32_t)strlen(by))];
	w->n.lies++;
}

/*
 * What somebody may do who relays: change a text, change when it was signed (all is well with such
 * an entry but its signature), or send something broken.
 */
static void lie(struct sim_world *w, struct buf *b)
{
	size_t text = slice_find(buf_slice(b), lit("text of "));
	size_t t = slice_find(buf_slice(b), lit(" t=179"));

	if (text == b->len || !sim_chance(&w->rand, 20))
		return; /* who changes heads hides articles: nobody else can tell, nor promises it
			 */
	switch (sim_draw(&w->rand, 3)) {
	case 0:
		change(w, b, text, "xyz");
		break;
	case 1:
		if (t < b->len)
			change(w, b, t + 9, "0123456789");
		break;
	default:
		change(w, b, sim_draw(&w->rand, (uint32_t)b->len), "\r\n .x");
		break;
	}
}

/* Another serial of a group's record than the one that was asked for: all is well with it else. */
static void skip_serials(struct sim_daemon *liar, struct buf *b)
{
	struct slice all = buf_slice(b), gid = slice_from(all, slice_find(all, lit("\r\ngid: ")));
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct buf wire;

	if (!slice_starts(all, lit("294 ")) || gid.len == 0 || !sim_chance(&liar->w->rand, 30) ||
		slice_find(all, lit("\r\n.\r\n")) + 5 < all.len)
		return;
	gid = slice_head(slice_from(gid, 7), FED_GID_LEN);
	if (!slice_cstr(gid, key.s, sizeof key.s) || fed_reg_serial(liar->reg, &key) == 0)
		return;
	buf_init(&wire, IN_MAX);
	fed_answer_record(&wire, fed_reg_serial(liar->reg, &key));
	fed_record_add_wire(&wire, fed_reg_text(liar->reg, &key, 0));
	buf_addz(&wire, ".\r\n");
	buf_reset(b);
	buf_add(b, buf_slice(&wire));
	buf_fini(&wire);
	liar->w->n.lies++;
}

/* What the end has said goes on its way. */
static void send(struct sim_link *l, unsigned conn, bool to_b)
{
	struct sim_conn *c = &l->conns[conn];
	struct sim_end *from = to_b ? &c->dialler : &c->answerer;
	struct sim_end *to = to_b ? &c->answerer : &c->dialler;
	struct sim_daemon *sender = to_b ? l->from : l->to, *other = to_b ? l->to : l->from;
	bool asks = to_b == (conn < SIM_TURNED);
	struct sim_world *w = l->from->w;
	struct buf *out = from->ops->output(from->session);
	struct sim_event e = {.kind = EV_BYTES,
		.a = l->from->i,
		.b = l->to->i,
		.life = l->life,
		.conn = conn,
		.to_b = to_b};
	int64_t at = w->now_ms + 1 + sim_draw(&w->rand, DELAY_MS);

	if (out->len == 0)
		return;
	if (asks) {
		sim_watch_questions(sender, &other->oid, buf_slice(out));
	} else {
		sim_watch_answers(sender, &other->oid, buf_slice(out));
	}
	if (at < to->clear_ms)
		at = to->clear_ms;
	to->clear_ms = at;
	buf_init(&e.bytes, IN_MAX);
	buf_add(&e.bytes, buf_slice(out));
	buf_reset(out);
	if (!asks && conn % SIM_TURNED == PEER_FETCH && sender->liar) {
		skip_serials(sender, &e.bytes);
		lie(w, &e.bytes);
	}
	sim_at(w, at - w->now_ms, &e);
}

/* Let an end do what it can with what has come. */
static void drive(struct sim_link *l, unsigned conn, bool b_end, enum sess_need need)
{
	struct sim_conn *c = &l->conns[conn];
	struct sim_end *end = b_end ? &c->answerer : &c->dialler;
	struct sim_daemon *d = b_end ? l->to : l->from;
	int64_t now = sim_daemon_clock(d);

	for (;;) {
		size_t used = 0, before = end->in.len;

		send(l, conn, !b_end);
		if (need == NEED_CLOSE) {
			l->doomed = true;
			return;
		}
		end->waits = need == NEED_WAKE;
		if (end->waits || (need == NEED_INPUT && before == 0))
			return;
		sim_watch_begin(d);
		need = end->ops->feed(end->session, buf_slice(&end->in), now, &used);
		buf_drop(&end->in, used);
		if (need == NEED_INPUT && used == 0) {
			send(l, conn, !b_end);
			return;
		}
	}
}

/* A link that an end has closed ends for both. */
static void bury(struct sim_link *l)
{
	if (l->doomed)
		sim_net_break(l->from->w, l->from->i, l->to->i);
}

static void wake(struct sim_link *l, unsigned conn, bool b_end)
{
	struct sim_end *end = b_end ? &l->conns[conn].answerer : &l->conns[conn].dialler;
	struct sim_daemon *d = b_end ? l->to : l->from;
	const struct wake w = {.why = WAKE_NEWS, .now_at = sim_daemon_clock(d)};

	if (!l->conns[conn].open || l->doomed)
		return;
	sim_daemon_now(d);
	sim_watch_begin(d);
	drive(l, conn, b_end, end->ops->wake(end->session, &w));
	bury(l);
}

/* ---- links ---- */

static bool dial_on(void *arg, const struct fed_oid *oid)
{
	struct sim_daemon *d = arg;
	struct sim_world *w = d->w;

	for (unsigned b = 0; b < w->o.n_daemons && fed_node_dialled(d->node, oid); b++) {
		struct sim_link *l = &d->links[b];

		if (!fed_oid_eq(&w->daemons[b].oid, oid) || l->up || l->dial_ms > w->now_ms)
			continue;
		l->dial_ms = w->now_ms + DIAL_MS; /* one attempt at a time */
		sim_at(w, 1 + sim_draw(&w->rand, DIAL_MS),
			&(struct sim_event){.kind = EV_DIAL, .a = d->i, .b = b, .life = d->life});
	}
	return true;
}

void sim_net_dial_all(struct sim_daemon *d)
{
	if (d->node)
		fed_node_neighbours(d->node, dial_on, d);
}

static void on_fault(void *arg, const char *why)
{
	struct sim_link *l = arg;

	l->from->w->n.faults++;
	if (l->from->w->o.verbose)
		printf("%8lld %s says of %s: %s\n", (long long)l->from->w->now_ms, l->from->name,
			l->to->name, why);
}

static void open_conn(struct sim_link *l, unsigned conn);

/* It has got an answer to KHELLO: it has a number, and dials the watching one. */
static void on_up(void *arg, const struct peer_hello *h)
{
	struct sim_link *l = arg;

	(void)h;
	if (l->peer >= 0) { /* it was the watching one */
		if (l->from->hidden)
			open_conn(l, SIM_TURNED + PEER_FETCH);
		return;
	}
	l->peer = fed_node_up(l->from->node, &l->to->oid);
	if (l->peer < 0) {
		l->doomed = true;
		return;
	}
	peer_client_set_peer(l->conns[PEER_FETCH].dialler.session, (unsigned)l->peer);
	open_conn(l, PEER_WATCH);
}

static struct peer_client_opts asking(struct sim_link *l, enum peer_client_kind kind, bool turned)
{
	const struct sim_daemon *self = turned ? l->to : l->from;

	return (struct peer_client_opts){.kind = kind,
		.node = self->node,
		.reg = self->reg,
		.self = self->oid,
		.other = turned ? l->from->oid : l->to->oid,
		.peer = (unsigned)(turned ? l->turned_peer : l->peer),
		.wait_s = 120,
		.fault = on_fault,
		.arg = l};
}

static struct peer_stats stats;

static struct peer_session_opts answering(const struct sim_daemon *self, const struct sim_daemon *o)
{
	struct peer_session_opts so = {
		.node = self->node, .reg = self->reg, .self = self->oid, .stats = &stats};

	fed_hash_of(&(struct slice){o->name, strlen(o->name)}, 1, &so.spki);
	return so;
}

/* ---- turned connections ---- */

/* The other has said KHELLO on the one to fetch: the one to watch is dialled. */
static void on_turned(void *arg)
{
	open_conn(arg, SIM_TURNED + PEER_WATCH);
}

static void no_more(void *arg)
{
	(void)arg;
}

static void on_up_turned(void *arg, const struct peer_hello *h)
{
	(void)arg;
	(void)h;
}

static void *on_turn(void *arg, const struct peer_turn_wish *w, const struct session_ops **ops_out)
{
	struct sim_link *l = arg;
	struct peer_client_opts o;
	void *session;

	if (!w->watch)
		l->turned_peer = fed_node_up(l->to->node, &l->from->oid);
	if (l->turned_peer < 0)
		return NULL;
	o = asking(l, w->watch ? PEER_WATCH : PEER_FETCH, true);
	o.up = on_up_turned;
	session = peer_client_new(&o);
	if (!w->watch)
		peer_client_set_peer(session, (unsigned)l->turned_peer);
	*ops_out = &peer_client_ops;
	return session;
}

/* ---- both ---- */

static void begin_dialler(struct sim_link *l, unsigned conn)
{
	struct sim_end *e = &l->conns[conn].dialler;

	if (conn < SIM_TURNED) {
		struct peer_client_opts o = asking(l, conn, false);

		o.up = on_up;
		*e = (struct sim_end){.ops = &peer_client_ops, .session = peer_client_new(&o)};
	} else {
		*e = (struct sim_end){.ops = &peer_turner_ops};
		e->session = peer_turner_new(&(struct peer_turner_opts){.other = l->to->oid,
			.watch = conn == SIM_TURNED + PEER_WATCH,
			.serve = answering(l->from, l->to),
			.up = conn == SIM_TURNED + PEER_FETCH ? on_turned : no_more,
			.fault = on_fault,
			.arg = l});
	}
	buf_init(&e->in, IN_MAX);
}

static void open_conn(struct sim_link *l, unsigned conn)
{
	struct sim_conn *c = &l->conns[conn];
	struct peer_session_opts so = answering(l->to, l->from);

	so.turn = on_turn;
	so.turn_arg = l;
	c->open = true;
	begin_dialler(l, conn);
	c->answerer = (struct sim_end){.ops = &peer_session_ops, .session = peer_session_new(&so)};
	buf_init(&c->answerer.in, IN_MAX);
	drive(l, conn, false, c->dialler.ops->start(c->dialler.session, sim_daemon_clock(l->from)));
	drive(l, conn, true, c->answerer.ops->start(c->answerer.session, sim_daemon_clock(l->to)));
}

void sim_net_dial(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, a, b);

	if (l->up || l->to->hidden || !sim_net_reaches(w, a, b) ||
		!fed_reg_daemon(l->from->reg, &l->to->oid))
		return;
	sim_daemon_now(l->from);
	sim_daemon_now(l->to);
	l->up = true;
	l->doomed = l->work_due = l->turned_work_due = false;
	l->life++;
	l->peer = l->turned_peer = -1;
	open_conn(l, PEER_FETCH);
	bury(l);
}

static void close_end(struct sim_end *e)
{
	e->ops->free(e->session);
	buf_fini(&e->in);
}

void sim_net_break(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, a, b);

	if (!l->up)
		return;
	l->up = l->doomed = false;
	l->life++;
	for (int k = 0; k < SIM_CONNS; k++) {
		if (l->conns[k].open) {
			close_end(&l->conns[k].dialler);
			close_end(&l->conns[k].answerer);
		}
		l->conns[k].open = false;
	}
	if (l->from->up && l->peer >= 0)
		fed_node_down(l->from->node, (unsigned)l->peer);
	if (l->to->up && l->turned_peer >= 0)
		fed_node_down(l->to->node, (unsigned)l->turned_peer);
	l->peer = l->turned_peer = -1;
}

void sim_net_break_all(struct sim_daemon *d)
{
	for (unsigned b = 0; b < d->w->o.n_daemons; b++) {
		sim_net_break(d->w, d->i, b);
		sim_net_break(d->w, b, d->i);
	}
}

/* ---- wakes: never from within a session ---- */

bool sim_net_asks(const struct sim_daemon *d, unsigned other)
{
	const struct sim_link *l = &d->links[other];
	const struct sim_link *turned = link_of(d->w, other, d->i);

	return (l->up && l->peer >= 0) || (turned->up && turned->turned_peer >= 0);
}

static void work_soon(struct sim_daemon *d, unsigned b, bool *due, bool turned)
{
	if (*due)
		return;
	*due = true;
	sim_at(d->w, 0,
		&(struct sim_event){
			.kind = EV_WORK, .a = d->i, .b = b, .turned = turned, .life = d->life});
}

void sim_net_work(struct sim_daemon *d, unsigned peer)
{
	for (unsigned b = 0; b < d->w->o.n_daemons; b++) {
		struct sim_link *l = &d->links[b], *back = link_of(d->w, b, d->i);

		if (l->up && l->peer == (int)peer)
			work_soon(d, b, &l->work_due, false);
		if (back->up && back->turned_peer == (int)peer)
			work_soon(d, b, &back->turned_work_due, true);
	}
}

void sim_net_wake_fetcher(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, a, b);

	l->work_due = false;
	if (l->up)
		wake(l, PEER_FETCH, false);
}

void sim_net_wake_turned(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, b, a);

	l->turned_work_due = false;
	if (l->up)
		wake(l, SIM_TURNED + PEER_FETCH, true);
}

void sim_net_news(struct sim_daemon *d)
{
	if (d->news_due)
		return;
	d->news_due = true;
	sim_at(d->w, 0, &(struct sim_event){.kind = EV_NEWS, .a = d->i, .life = d->life});
}

void sim_net_wake_watchers(struct sim_daemon *d)
{
	d->news_due = false;
	for (unsigned a = 0; a < d->w->o.n_daemons; a++) {
		struct sim_link *l = link_of(d->w, a, d->i), *own = &d->links[a];
		const unsigned turned = SIM_TURNED + PEER_WATCH;

		if (l->up && l->conns[PEER_WATCH].open && l->conns[PEER_WATCH].answerer.waits)
			wake(l, PEER_WATCH, true);
		if (own->up && own->conns[turned].open && own->conns[turned].dialler.waits)
			wake(own, turned, false);
	}
}

/* ---- arrival ---- */

void sim_net_bytes(struct sim_world *w, struct sim_event *e)
{
	struct sim_link *l = link_of(w, e->a, e->b);
	struct sim_daemon *d = e->to_b ? l->to : l->from;
	struct sim_conn *c = &l->conns[e->conn];
	struct sim_end *end = e->to_b ? &c->answerer : &c->dialler;

	if (l->up && l->life == e->life && c->open) {
		sim_daemon_now(d);
		buf_add(&end->in, buf_slice(&e->bytes));
		if (!end->waits)
			drive(l, e->conn, e->to_b, NEED_DRAIN);
		if (sim_draw(&w->rand, 1000) < BREAK_PERMILLE)
			l->doomed = true;
		bury(l);
	}
	buf_fini(&e->bytes);
}
