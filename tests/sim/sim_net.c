/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network.  A daemon dials its neighbours and asks over two connections, one to watch and one
 * to fetch; messages of one connection keep their order, those of two do not.  A link breaks at
 * random and when a partition lies between; what is on the way is lost then.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "tests/sim/sim_priv.h"

enum { PIPELINE = 64, DIAL_MS = 500, DELAY_MS = 40, BREAK_PERMILLE = 2 };

void sim_net_init(struct sim_daemon *d)
{
	d->links = mem_array(d->w->o.n_daemons, sizeof *d->links);
}

void sim_message_free(struct sim_message *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->heads.n; i++) {
		struct sim_head *h = vec_at(&m->heads, i);
		fed_spans_fini(&h->h.ahead);
		fed_spans_fini(&h->h.stubs);
	}
	vec_fini(&m->heads);
	vec_fini(&m->serials);
	buf_fini(&m->text);
	free(m);
}

static struct sim_message *message_new(enum sim_message_kind kind)
{
	struct sim_message *m = mem_new(struct sim_message);

	m->kind = kind;
	vec_init(&m->heads, sizeof(struct sim_head));
	vec_init(&m->serials, sizeof(struct sim_serial));
	buf_init(&m->text, FED_RECORD_MAX);
	return m;
}

void sim_net_fini(struct sim_daemon *d)
{
	for (unsigned i = 0; i < d->w->o.n_daemons; i++)
		sim_message_free(d->links[i].held);
	free(d->links);
}

bool sim_net_reaches(const struct sim_world *w, unsigned a, unsigned b)
{
	return w->daemons[a].up && w->daemons[b].up && w->side[a] == w->side[b];
}

/* ---- links ---- */

static struct sim_link *link_of(struct sim_world *w, unsigned a, unsigned b)
{
	return &w->daemons[a].links[b];
}

static void send(struct sim_world *w, unsigned a, unsigned b, bool to_b, struct sim_message *m)
{
	struct sim_link *l = link_of(w, a, b);
	bool fetch = m->kind == MSG_GET || m->kind == MSG_GOT;
	int64_t at = w->now_ms + 1 + sim_draw(&w->rand, DELAY_MS);

	if (at < l->clear_ms[fetch])
		at = l->clear_ms[fetch];
	l->clear_ms[fetch] = at;
	sim_at(w, at - w->now_ms,
		&(struct sim_event){
			.kind = EV_MESSAGE, .a = a, .b = b, .life = l->life, .to_b = to_b, .m = m});
}

struct dial_walk {
	struct sim_daemon *d;
};

static bool dial_on(void *arg, const struct fed_oid *oid)
{
	struct sim_daemon *d = arg;
	struct sim_world *w = d->w;

	for (unsigned b = 0; b < w->o.n_daemons; b++) {
		struct sim_link *l = &d->links[b];

		if (!fed_oid_eq(&w->daemons[b].oid, oid) || l->up || l->clear_ms[0] > w->now_ms)
			continue;
		l->clear_ms[0] = w->now_ms + DIAL_MS; /* one attempt at a time */
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

void sim_net_dial(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, a, b);
	struct sim_daemon *d = &w->daemons[a];

	if (l->up || !sim_net_reaches(w, a, b) || !fed_reg_daemon(d->reg, &w->daemons[b].oid))
		return;
	fed_node_now(d->node, sim_daemon_clock(d));
	l->peer = fed_node_up(d->node, &w->daemons[b].oid);
	if (l->peer < 0)
		return;
	l->up = true;
	l->life++;
	l->outstanding = 0;
	l->since = l->cookie = 0;
	l->clear_ms[0] = l->clear_ms[1] = w->now_ms;
	send(w, a, b, true, message_new(MSG_LIST));
	send(w, a, b, true, message_new(MSG_HEADS));
}

void sim_net_break(struct sim_world *w, unsigned a, unsigned b)
{
	struct sim_link *l = link_of(w, a, b);
	struct sim_daemon *d = &w->daemons[a];

	if (!l->up)
		return;
	l->up = false;
	l->life++;
	l->clear_ms[0] = l->clear_ms[1] = w->now_ms;
	sim_message_free(l->held);
	l->held = NULL;
	if (d->up)
		fed_node_down(d->node, (unsigned)l->peer);
}

void sim_net_break_all(struct sim_daemon *d)
{
	for (unsigned b = 0; b < d->w->o.n_daemons; b++) {
		sim_net_break(d->w, d->i, b);
		sim_net_break(d->w, b, d->i);
	}
}

/* ---- what a asks ---- */

static void ask_more(struct sim_daemon *d, struct sim_link *l, unsigned b)
{
	struct fed_request req;

	while (l->up && l->outstanding < PIPELINE &&
		fed_node_next(d->node, (unsigned)l->peer, &req)) {
		struct sim_message *m = message_new(MSG_GET);

		m->req = req;
		l->outstanding++;
		send(d->w, d->i, b, true, m);
	}
}

void sim_net_work(struct sim_daemon *d, unsigned peer)
{
	for (unsigned b = 0; b < d->w->o.n_daemons; b++)
		if (d->links[b].up && d->links[b].peer == (int)peer)
			ask_more(d, &d->links[b], b);
}

static void heard(struct sim_daemon *d, unsigned b, struct sim_message *m)
{
	struct sim_link *l = &d->links[b];
	unsigned peer = (unsigned)l->peer;

	for (size_t i = 0; i < m->serials.n; i++) {
		const struct sim_serial *s = vec_at(&m->serials, i);
		fed_node_told_record(d->node, peer, &s->key, s->serial);
	}
	for (size_t i = 0; i < m->heads.n; i++) {
		const struct sim_head *h = vec_at(&m->heads, i);
		fed_node_told_head(d->node, peer, &h->name, &h->h, &h->e);
	}
	if (m->kind != MSG_HEADED || !l->up)
		return;
	l->since = m->since;
	l->cookie = m->life;
	struct sim_message *next = message_new(MSG_HEADS);
	next->since = l->since;
	next->life = l->cookie;
	send(d->w, d->i, b, true, next);
}

static void got(struct sim_daemon *d, unsigned b, struct sim_message *m)
{
	struct sim_link *l = &d->links[b];
	unsigned peer = (unsigned)l->peer;
	int rc = 0;

	l->outstanding--;
	d->w->n.entries++;
	if (m->req.kind == FED_REQ_HEADS)
		heard(d, b, m);
	else if (m->found || m->give == FED_GIVE_ARTICLE)
		rc = fed_node_got(d->node, peer, &m->req, buf_slice(&m->text));
	else if (m->give == FED_GIVE_STUB)
		rc = fed_node_got_stub(d->node, peer, &m->req, buf_slice(&m->text));
	else
		fed_node_got_none(d->node, peer, &m->req, m->give == FED_GIVE_LATER);
	if (rc < 0)
		abort(); /* this disk never waits */
	ask_more(d, l, b);
}

/* ---- what b answers ---- */

static bool add_serial(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	*(struct sim_serial *)vec_push(arg) = (struct sim_serial){*key, serial};
	return true;
}

struct list_walk {
	struct sim_daemon *d;
	const struct fed_oid *who;
	struct vec *out;
};

static bool list_on(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	struct list_walk *w = arg;

	return !fed_reg_sees(w->d->reg, w->who, key) || add_serial(w->out, key, serial);
}

static bool add_head(void *arg, const struct fed_feed *f)
{
	struct sim_head *h = vec_push(arg);

	*h = (struct sim_head){
		.name = f->name, .h = {.low = f->low, .high = f->high},
                     .e = f->tip.e
        };
	fed_spans_init(&h->h.ahead);
	fed_spans_init(&h->h.stubs);
	fed_spans_copy(&h->h.ahead, &f->ahead);
	fed_spans_copy(&h->h.stubs, &f->stubs);
	return true;
}

/* Fill an answer to KHEADS; false: nothing is new. */
static bool fill_heads(struct sim_daemon *d, const struct fed_oid *who,
	const struct sim_message *ask, struct sim_message *out)
{
	struct fed_heads_query q = {
		.who = who, .since = ask->life == fed_node_cookie(d->node) ? ask->since : 0};

	fed_node_heads(d->node, &q, add_head, &out->heads);
	fed_node_records(d->node, &q, add_serial, &out->serials);
	out->since = fed_node_count(d->node);
	out->life = fed_node_cookie(d->node);
	return out->heads.n > 0 || out->serials.n > 0;
}

/*
 * Promise 3, at the moment of sending: nothing of a group goes to a daemon that is no member by the
 * record that the sender holds.  Looked up here, not by the node.
 */
static void watch_leak(struct sim_daemon *d, const struct fed_oid *who, struct slice text)
{
	for (unsigned g = 0; g < d->w->o.n_groups; g++) {
		const struct fed_group *rec = fed_reg_group(d->reg, &d->w->groups[g].gid);
		bool member = false;

		if (!rec || !rec->closed || slice_find(text, fed_gid_slice(&rec->gid)) == text.len)
			continue;
		for (size_t i = 0; i < rec->n_member; i++)
			member = member || fed_oid_eq(&rec->member[i].oid, who);
		d->w->n.leaks += !member;
	}
}

static void watch_leaks(struct sim_daemon *d, const struct fed_oid *who, struct sim_message *m)
{
	watch_leak(d, who, buf_slice(&m->text));
	for (size_t i = 0; i < m->heads.n; i++)
		watch_leak(d, who,
			fed_gid_slice(&((struct sim_head *)vec_at(&m->heads, i))->name.gid));
	for (size_t i = 0; i < m->serials.n; i++)
		watch_leak(d, who, slice_str(((struct sim_serial *)vec_at(&m->serials, i))->key.s));
}

static void answer_get(struct sim_daemon *d, const struct fed_oid *who,
	const struct sim_message *ask, struct sim_message *out)
{
	char mid[MSGID_MAX + 1];
	uint64_t serial;

	out->req = ask->req;
	if (ask->req.kind == FED_REQ_HEADS) {
		fed_node_heads(d->node,
			&(struct fed_heads_query){.who = who, .gid = &ask->req.name.gid}, add_head,
			&out->heads);
		return;
	}
	if (ask->req.kind == FED_REQ_RECORD) {
		struct slice text = fed_node_give_record_text(
			d->node, who, &ask->req.key, ask->req.serial, &serial);
		out->found = text.p != NULL;
		out->give = FED_GIVE_NONE;
		buf_add(&out->text, text);
		return;
	}
	if (fed_node_give_entry(
		    d->node, who, &ask->req.name, ask->req.n, &out->text, mid, &out->give) < 0)
		abort();
}

static void answer(struct sim_world *w, unsigned a, unsigned b, struct sim_message *ask)
{
	struct sim_daemon *d = &w->daemons[b];
	const struct fed_oid *who = &w->daemons[a].oid;
	struct sim_message *out = message_new(ask->kind + 1);

	fed_node_now(d->node, sim_daemon_clock(d));
	switch (ask->kind) {
	case MSG_LIST:
		fed_reg_each(d->reg, list_on, &(struct list_walk){d, who, &out->serials});
		break;
	case MSG_HEADS:
		if (!fill_heads(d, who, ask, out)) {
			struct sim_link *l = link_of(w, a, b);
			sim_message_free(out);
			sim_message_free(l->held);
			l->held = ask; /* until there is news */
			return;
		}
		break;
	case MSG_GET:
		answer_get(d, who, ask, out);
		break;
	case MSG_LISTED:
	case MSG_HEADED:
	case MSG_GOT:
		abort();
	}
	watch_leaks(d, who, out);
	send(w, a, b, false, out);
	sim_message_free(ask);
}

void sim_net_news(struct sim_daemon *d)
{
	for (unsigned a = 0; a < d->w->o.n_daemons; a++) {
		struct sim_link *l = link_of(d->w, a, d->i);
		struct sim_message *ask = l->held;

		if (!l->up || !ask)
			continue;
		l->held = NULL;
		answer(d->w, a, d->i, ask);
	}
}

void sim_net_message(struct sim_world *w, const struct sim_event *e)
{
	struct sim_link *l = link_of(w, e->a, e->b);
	struct sim_daemon *d = &w->daemons[e->a];

	if (!l->up || l->life != e->life) {
		sim_message_free(e->m);
		return;
	}
	if (sim_draw(&w->rand, 1000) < BREAK_PERMILLE) {
		sim_message_free(e->m);
		sim_net_break(w, e->a, e->b);
		return;
	}
	if (e->to_b) {
		answer(w, e->a, e->b, e->m);
		return;
	}
	fed_node_now(d->node, sim_daemon_clock(d));
	if (e->m->kind == MSG_GOT)
		got(d, e->b, e->m);
	else
		heard(d, e->b, e->m);
	sim_message_free(e->m);
}
