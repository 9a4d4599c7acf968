/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Life and clock of the daemon's part in the federation, and what holds its pieces together.
 * Callbacks of the node only note what is due; it is done once, before the loop sleeps (on_soon).
 */
#include "daemon/fed.h"

#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <time.h>

#include "daemon/fed_book.h"
#include "daemon/fed_door.h"
#include "daemon/fed_heard.h"
#include "daemon/fed_link.h"
#include "daemon/fed_mend.h"
#include "daemon/fed_posting.h"
#include "daemon/fed_proof.h"
#include "daemon/fed_roster.h"
#include "daemon/fed_shape.h"
#include "daemon/fed_tls.h"
#include "daemon/fed_turn.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	TICK_S = 1,
	AWAY_S = 3600,
	ALIVE_TRY_S = 30,
	ALIVE_TRIES = 4,
	OFFERS_TICKS = 5,
	PAPERS_TICKS = 60
};

/* ---- clock ---- */

void fed_now(struct fed *f)
{
	if (f->node)
		fed_node_now(f->node, loop_now_at(), loop_clock_ms() / 1000);
}

void fed_keep_alive(int fd)
{
	int on = 1, idle_s = FED_ALIVE_S, try_s = ALIVE_TRY_S, tries = ALIVE_TRIES;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &try_s, sizeof try_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

/* ---- what is due ---- */

void fed_soon(struct fed *f)
{
	if (!f->stopping)
		event_active(&f->on_soon, EV_TIMEOUT, 1);
}

void fed_dial_soon(struct fed *f)
{
	f->dial_due = true;
	fed_soon(f);
}

static bool take_flag(bool *flag)
{
	bool was = *flag;

	*flag = false;
	return was;
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct fed *f = arg;

	(void)fd;
	(void)what;
	if (f->stopping || !f->node)
		return;
	fed_now(f);
	fed_shapes_rest(f);
	if (take_flag(&f->groups_due))
		fed_groups_fit(f);
	if (take_flag(&f->plans_due))
		fed_plans_make(f);
	if (take_flag(&f->papers_due))
		fed_papers_look(f);
	if (take_flag(&f->dial_due))
		fed_links_fit(f);
	if (take_flag(&f->news_due)) {
		fed_doors_news(f);
		fed_offers_news(f);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct fed *f = arg;

	(void)fd;
	(void)what;
	if (f->stopping || !f->node)
		return;
	fed_now(f);
	fed_node_tick(f->node);
	fed_links_tick(f);
	fed_doors_tick(f);
	if (f->n_ticks % OFFERS_TICKS == 0)
		fed_offers_news(f);
	fed_watch_tick(f);
	fed_self_tick(f);
	fed_heard_tick(f);
	fed_proofs_tick(f);
	fed_roster_tick(f);
	fed_notes_tick(f);
	if (f->n_ticks % PAPERS_TICKS == 0)
		f->papers_due = true;
	fed_soon(f);
}

/* ---- records ---- */

void fed_record_came(struct fed *f, const struct fed_record_key *key)
{
	if (f->sponsor.set && fed_reg_active(f->reg, &f->keys->oid)) {
		log_info("fed.joined", "by=%s", f->sponsor.token.oid.s);
		f->sponsor.set = false;
		fed_book_joined(f->book);
	}
	f->plans_due = f->papers_due = true;
	f->groups_due = key->type != FED_REC_DAEMON || f->groups_due;
	fed_roster_look(f);
	fed_dial_soon(f);
}

/* ---- old keys ---- */

static bool is_known(const struct fed *f, const struct fed_keyid *id)
{
	struct fed_signer s;

	return fed_reg_signer(f->reg, id, &s) && !s.revoked && fed_oid_eq(&s.oid, &f->keys->oid);
}

const uint8_t *fed_seed(const struct fed *f, struct fed_keyid *id_out)
{
	const struct fed_keys *k = f->keys;
	size_t i = 0;

	while (!is_known(f, &k->keyid) && i < k->n_old && !is_known(f, &k->old[i].id))
		i++;
	bool old = !is_known(f, &k->keyid) && i < k->n_old;
	if (id_out)
		*id_out = old ? k->old[i].id : k->keyid;
	return old ? k->old[i].seed : k->seed;
}

/* Our record is on disk; where a quorum has signed it, none before it comes in force again. */
static void look_at_old_keys(struct fed *f)
{
	struct fed_record_key key = {.type = FED_REC_DAEMON};
	struct err err = {.text = ""};

	memcpy(key.s, f->keys->oid.s, sizeof f->keys->oid.s);
	if (f->keys->n_old > 0 && !fed_reg_forked(f->reg, &key) &&
		fed_reg_heals(f->reg, &key, fed_reg_serial(f->reg, &key)) &&
		fed_keys_forget(f->data, f->keys, &err) < 0)
		log_error("fed.keys", "why=\"%s\"", err.text);
}

void fed_wake_waiters(struct fed *f, const struct fed_record_key *key, uint64_t serial, int rc)
{
	if (rc >= 0 && f->keys && key->type == FED_REC_DAEMON &&
		strcmp(key->s, f->keys->oid.s) == 0 && serial == fed_reg_serial(f->reg, key))
		look_at_old_keys(f);
	for (struct list *it = f->waiters.next, *next; it != &f->waiters; it = next) {
		struct fed_waiter *w = container_of(it, struct fed_waiter, node);

		next = it->next;
		if (w->key.type != key->type || strcmp(w->key.s, key->s) != 0 ||
			w->serial != serial)
			continue;
		list_remove(&w->node);
		w->fn(w->arg, rc);
		free(w);
	}
}

/* Which record a text is. */
static int key_of_text(
	struct slice text, struct fed_record_key *key, uint64_t *serial, struct err *err)
{
	struct fed_record rec;
	struct arena ar;
	int rc;

	arena_init(&ar);
	rc = fed_record_parse(text, &ar, &rec, err);
	if (rc == 0) {
		*key = (struct fed_record_key){.type = rec.type};
		*serial = rec.serial;
		if (rec.type == FED_REC_DAEMON)
			memcpy(key->s, rec.daemon.oid.s, sizeof rec.daemon.oid.s);
		else if (rec.type == FED_REC_FEDERATION)
			memcpy(key->s, rec.federation.fid.s, sizeof rec.federation.fid.s);
		else
			memcpy(key->s, rec.group.gid.s, sizeof rec.group.gid.s);
	}
	arena_fini(&ar);
	return rc;
}

int fed_give(
	struct fed *f, struct slice text, void (*fn)(void *arg, int rc), void *arg, struct err *err)
{
	struct fed_waiter *w = mem_new(struct fed_waiter);
	enum fed_reg_got got = FED_REG_REFUSED;
	int rc = key_of_text(text, &w->key, &w->serial, err);

	if (rc == 0) {
		fed_now(f);
		w->fn = fn;
		w->arg = arg;
		list_append(&f->waiters, &w->node);
		got = fed_node_give_record(f->node, text, err);
	}
	if (got == FED_REG_TAKEN)
		return 0;
	list_remove(&w->node);
	free(w);
	if (got == FED_REG_KNOWN)
		fn(arg, 0);
	return got == FED_REG_KNOWN ? 0 : rc < 0 ? rc : KERR_INVALID;
}

/* ---- alarms ---- */

/* Our feed in this group is not safe: others know more of it, or another continuation. */
static void leave_epoch(struct fed *f, struct slice text)
{
	struct fed_gid gid;

	if (fed_gid_parse(text, &gid))
		fed_epoch_leave(f, &gid);
}

void fed_alarm(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text)
{
	struct fed *f = arg;

	fed_note(f, what, who, text);
	if (what == FED_ALARM_BEHIND_OWN ||
		(what == FED_ALARM_FORK && fed_oid_eq(who, &f->keys->oid)))
		leave_epoch(f, text);
}

/* ---- life ---- */

/* What was taken out meanwhile must not be seen again: control entries come first. */
static void catch_up(struct fed *f, int64_t away_s)
{
	fed_node_catch_up(f->node);
	f->catching = fed_node_catching_up(f->node);
	log_info("fed.catch-up", "restored=%d remade=%d away_s=%lld", f->restored, f->remade,
		(long long)away_s);
}

void fed_caught_up(void *arg)
{
	struct fed *f = arg;

	f->catching = false;
	f->plans_due = true;
	log_info("fed.caught-up", "restored=%d", f->restored);
	fed_soon(f);
}

/* What we have beside the store knows of it now. */
static void on_seen(void *arg, const struct store_result *res)
{
	struct fed *f = arg;

	if (res->rc < 0)
		log_error("fed.epochs", "why=%s", kerr_name(res->rc));
	else
		f->past.put_back = false;
}

static void put_back_seen(struct fed *f)
{
	const struct store_call call = {
		.home = f->loop, .done = on_seen, .arg = f, .actor = "federation"};
	int rc = store_put_back_seen(f->d->store, &call);

	if (rc < 0)
		log_error("fed.epochs", "why=%s", kerr_name(rc));
}

void fed_begin(struct fed *f)
{
	const struct conf *c = f->d->conf;
	uint64_t cookie;
	int64_t away_s;

	crypto_random(&cookie, sizeof cookie);
	f->node = fed_node_new(&(struct fed_node_opts){.self = f->keys->oid,
		.name = slice_str(f->name),
		.reg = f->reg,
		.feeds = &f->feeds,
		.outside = &fed_outside,
		.arg = f,
		.cookie = cookie,
		.quota_entries = c->peer.quota_entries,
		.quota_bytes = c->peer.quota_bytes});
	fed_now(f);
	away_s = fed_epoch_away_s(f);
	look_at_old_keys(f);
	if (fed_epoch_start(f) && f->past.put_back)
		put_back_seen(f);
	fed_node_start(f->node);
	if (f->restored || f->remade || away_s > AWAY_S)
		catch_up(f, away_s);
	f->groups_due = f->plans_due = true;
	fed_dial_soon(f);
}

static struct fed_opts opts_of(const struct conf *c)
{
	return (struct fed_opts){.conns = (unsigned)c->peer.conns,
		.conns_per_oid = (unsigned)c->peer.conns_per_oid,
		.self_check = (size_t)c->peer.self_check,
		.people = c->peer.people,
		.people_delay_s = (int64_t)c->peer.people_delay_s};
}

static int open_keys(struct fed *f, struct err *err)
{
	int rc = fed_keys_load(f->data, &f->keys, err);

	if (rc == KERR_NOTFOUND)
		return 0;
	return rc < 0 ? rc : fed_tls_new(f->keys, &f->tls, err);
}

static int read_past(struct fed *f, struct err *err)
{
	struct view *v;
	int rc = view_open(f->d->store, &v);

	if (rc == 0) {
		rc = view_past(v, &f->past);
		view_close(v);
	}
	return rc < 0 ? err_set(err, rc, "federation: the store cannot be read") : 0;
}

int fed_open(struct daemon *d, struct fed **out, struct err *err)
{
	struct fed *f = mem_new(struct fed);
	int rc;

	f->d = d;
	f->loop = d->loops[d->n_loops - 1];
	f->set = d->sets[d->n_loops - 1];
	f->data = mem_dup(slice_str(d->conf->data));
	f->name = mem_dup(slice_str(d->conf->name));
	f->opts = opts_of(d->conf);
	f->reg = fed_reg_new();
	fed_feeds_init(&f->feeds);
	list_init(&f->doors);
	list_init(&f->links);
	list_init(&f->waiters);
	list_init(&f->relays);
	list_init(&f->shapes);
	fed_notes_init(&f->notes);
	fed_heard_init(f);
	f->roster = fed_roster_new();
	f->proofs = fed_proofs_new();
	fed_petitions_init(&f->petitions);
	fed_papers_init(&f->papers);
	f->plans = fed_plans_new();
	f->self = fed_self_new(f);
	event_assign(&f->on_tick, loop_base(f->loop), -1, EV_PERSIST, on_tick, f);
	event_assign(&f->on_soon, loop_base(f->loop), -1, 0, on_soon, f);
	*out = f;
	rc = read_past(f, err);
	if (rc == 0)
		rc = fed_load(f, err);
	if (rc == 0)
		rc = fed_book_open(f, &f->book, err);
	if (rc == 0)
		rc = open_keys(f, err);
	if (rc == 0 && f->keys) {
		fed_begin(f);
		fed_plans_make(f);
	}
	return rc;
}

static void start(struct fed *f, void *arg)
{
	const struct timeval tick = {.tv_sec = TICK_S};

	(void)arg;
	event_add(&f->on_tick, &tick);
	fed_soon(f);
}

void fed_start(struct fed *f)
{
	fed_run(f, start, NULL);
}

/* Nothing begins any more; what is out ends by itself. */
static void halt(struct fed *f, void *arg)
{
	(void)arg;
	if (f->stopping)
		return;
	fed_shapes_rest(f);
	fed_links_end(f);
	fed_self_halt(f);
	f->stopping = true;
	event_del(&f->on_tick);
	event_del(&f->on_soon);
}

void fed_stop(struct fed *f)
{
	if (f)
		fed_run(f, halt, NULL);
}

void fed_halt(struct fed *f)
{
	if (f)
		halt(f, NULL);
}

void fed_free(struct fed *f)
{
	if (!f)
		return;
	while (!list_empty(&f->waiters))
		free(container_of(list_pop(&f->waiters), struct fed_waiter, node));
	fed_node_free(f->node);
	fed_book_free(f->book);
	fed_plans_free(f->plans);
	fed_self_free(f->self);
	fed_roster_free(f->roster);
	fed_proofs_free(f->proofs);
	fed_petitions_fini(&f->petitions);
	fed_papers_fini(&f->papers);
	vec_fini(&f->again);
	fed_feeds_fini(&f->feeds);
	fed_reg_free(f->reg);
	fed_tls_free(f->tls);
	fed_keys_free(f->keys);
	fed_notes_fini(&f->notes);
	free((char *)f->data);
	free((char *)f->name);
	free(f);
}

void fed_figures(struct fed *f, struct fed_figures *out)
{
	*out = (struct fed_figures){.n_conns = atomic_load(&f->n_doors),
		.n_refused = atomic_load(&f->n_refused),
		.n_commands = atomic_load(&f->stats.n_commands),
		.n_bad = atomic_load(&f->stats.n_bad),
		.n_strangers = atomic_load(&f->stats.n_strangers),
		.n_late = atomic_load(&f->n_late),
		.n_alarms = atomic_load(&f->n_alarms)};
	fed_self_figures(f, out);
}

static void set_opts(struct fed *f, void *arg)
{
	struct fed_opts *o = arg;

	f->opts = *o;
	free(o);
	fed_roster_look(f);
}

void fed_reload(struct fed *f)
{
	struct fed_opts *o = mem_new(struct fed_opts);

	*o = opts_of(f->d->conf);
	fed_run(f, set_opts, o);
}

struct conn_set *fed_set(struct fed *f)
{
	return f->set;
}

/* ---- from other threads ---- */

struct run {
	struct fed *f;
	void (*fn)(struct fed *f, void *arg);
	void *arg;
};

static void on_run(void *arg)
{
	struct run *r = arg;

	r->fn(r->f, r->arg);
	free(r);
}

void fed_run(struct fed *f, void (*fn)(struct fed *f, void *arg), void *arg)
{
	struct run *r = mem_new(struct run);

	*r = (struct run){f, fn, arg};
	loop_post(f->loop, on_run, r);
}
