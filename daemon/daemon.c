/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start, reload and end of a daemon.  Parts start in the order in which they need each other and
 * end in the reverse: doors, conversations, links, control; then the threads; then the store,
 * whose last answers are run by loop_free.
 */
#include "daemon/daemon.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/auth.h"
#include "daemon/care.h"
#include "daemon/conn.h"
#include "daemon/control.h"
#include "daemon/fed.h"
#include "daemon/hub.h"
#include "daemon/limits.h"
#include "daemon/listener.h"
#include "daemon/log_sink.h"
#include "daemon/peers.h"
#include "daemon/privs.h"
#include "daemon/services.h"
#include "daemon/stats.h"
#include "daemon/tls.h"
#include "daemon/watchdog.h"
#include "daemon/words.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	POOL_QUEUE = 1024,
	DRAIN_MS = 3000,     /* then who still sends an article is told to stop */
	LAST_CALL_MS = 1000, /* then what still talks is cut off */
	DRAIN_TICK_MS = 20,
	LOOPS_MAX = 64,
};

struct run {
	struct daemon d;
	const struct daemon_opts *o;
	struct event on_term, on_int, on_hup, on_drain;
	int64_t drain_until_ms;
	bool last_call;
	struct watchdog *watchdog;
	struct care *care;
};

int daemon_exit_code(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case KERR_INVALID:
	case KERR_NOTFOUND:
	case KERR_TOOBIG:
	case KERR_VERSION:
		return EXIT_CONFIG;
	case KERR_DENIED:
		return EXIT_NO_PERMISSION;
	case KERR_EXISTS:
	case KERR_BUSY:
	case KERR_FULL:
		return EXIT_TRY_LATER;
	default:
		return EXIT_UNAVAILABLE;
	}
}

/* ---- configuration ---- */

static int check_conf(const struct conf *c, const char *file, struct err *err)
{
	if (c->name[0] == '\0')
		return err_set(err, KERR_INVALID, "%s: name: must be set", file);
	if (c->data[0] == '\0')
		return err_set(err, KERR_INVALID, "%s: data: must be set", file);
	if (c->nntp.listen_tls.n > 0 && c->tls.certificate[0] == '\0')
		return err_set(
			err, KERR_INVALID, "%s: nntp.listen-tls: needs tls.certificate", file);
	if (c->imap.listen_tls.n > 0 && c->tls.certificate[0] == '\0')
		return err_set(
			err, KERR_INVALID, "%s: imap.listen-tls: needs tls.certificate", file);
	if (c->submission.listen_tls.n > 0 && c->tls.certificate[0] == '\0')
		return err_set(err, KERR_INVALID,
			"%s: submission.listen-tls: needs tls.certificate", file);
	if (c->http.listen_tls.n > 0 && c->tls.certificate[0] == '\0')
		return err_set(
			err, KERR_INVALID, "%s: http.listen-tls: needs tls.certificate", file);
	if ((c->tls.certificate[0] == '\0') != (c->tls.key[0] == '\0'))
		return err_set(err, KERR_INVALID,
			"%s: tls.certificate, tls.key: one needs the other", file);
	return 0;
}

static int try_tls(const struct conf *c, const char *file, struct err *err)
{
	struct tls *t = tls_new();
	int rc = tls_load(t, c, err);

	tls_free(t);
	return rc < 0 ? err_prefix(err, rc, "%s", file) : 0;
}

int daemon_conf_load(const struct daemon_opts *o, struct conf **out, struct err *err)
{
	struct conf *c;
	int rc = conf_load(o->file, &c, err);

	if (rc < 0)
		return rc;
	if (o->data) {
		free(c->data);
		c->data = mem_dup(slice_str(o->data));
	}
	rc = check_conf(c, o->file, err);
	if (rc == 0)
		rc = try_tls(c, o->file, err);
	if (rc < 0)
		conf_free(c);
	else
		*out = c;
	return rc;
}

static struct auth_opts auth_opts(const struct conf *c)
{
	return (struct auth_opts){.tries_max = (unsigned)c->limits.login_tries,
		.queue_max = (size_t)c->limits.login_queue};
}

/* These cannot change while it runs: the new configuration gets the old value. */
static void keep_fixed(char **now, char **next, const char *key)
{
	char *fresh = *next;

	if (strcmp(*now, fresh) == 0)
		return;
	log_warn("conf.reload", "key=%s is taken at the next start only", key);
	*next = *now;
	*now = fresh;
}

/* Put the settings of d->conf into force where they are not read each time. */
static void apply_conf(struct daemon *d)
{
	const struct conf *c = d->conf;
	struct auth_opts ao = auth_opts(c);

	atomic_store(&d->budget->max, (size_t)c->limits.receive_memory);
	limits_set(d->limits, (size_t)c->limits.conns, (size_t)c->limits.conns_per_source);
	auth_set_limits(d->auth, &ao);
	store_set_watermarks(d->store, c->store.free_for_peers, c->store.free_for_posts);
	services_reload(d->services);
	fed_reload(d->fed);
}

static void on_reload(evutil_socket_t sig, short what, void *arg)
{
	struct run *r = arg;
	struct daemon *d = &r->d;
	struct conf *next;
	struct err err;

	(void)sig;
	(void)what;
	privs_notify("RELOADING=1");
	int rc = daemon_conf_load(r->o, &next, &err);
	if (rc == 0)
		rc = tls_load(d->tls, next, &err);
	if (rc < 0) {
		log_error("conf.reload", "%s; the old settings stay", err.text);
		privs_notify("READY=1");
		return;
	}
	keep_fixed(&d->conf->name, &next->name, "name");
	keep_fixed(&d->conf->data, &next->data, "data");
	keep_fixed(&d->conf->control, &next->control, "control");
	conf_free(d->conf);
	d->conf = next;
	if (log_sink_set(next->log.target, next->log.level, &err) < 0)
		log_error("conf.reload", "%s", err.text);
	apply_conf(d);
	log_info("conf.reload", "file=%s", r->o->file);
	privs_notify("READY=1");
}

/* ---- the end ---- */

static void shutdown_set(void *arg)
{
	conn_set_shutdown(arg);
}

static size_t conns_left(const struct daemon *d)
{
	size_t n = 0;

	for (unsigned i = 0; i < d->n_loops; i++)
		n += conn_set_count(d->sets[i]);
	return n;
}

static void tell_all(const struct daemon *d)
{
	for (unsigned i = 0; i < d->n_loops; i++)
		loop_post(d->loops[i], shutdown_set, d->sets[i]);
}

static void drain_again(struct run *r)
{
	const struct timeval tick = {.tv_usec = DRAIN_TICK_MS * 1000};

	event_add(&r->on_drain, &tick);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	size_t left = conns_left(&r->d);

	(void)fd;
	(void)what;
	if (left > 0 && loop_clock_ms() < r->drain_until_ms) {
		drain_again(r);
		return;
	}
	if (left > 0 && !r->last_call) {
		r->last_call = true;
		r->drain_until_ms += LAST_CALL_MS;
		tell_all(&r->d);
		drain_again(r);
		return;
	}
	if (left > 0)
		log_warn("daemon.drain", "conns=%zu are cut off", left);
	loop_stop(r->d.loops[0]);
}

/* Let everyone finish, with limits; a second signal ends it at once. */
static void drain(struct run *r, const char *why)
{
	struct daemon *d = &r->d;

	if (d->draining) {
		loop_stop(d->loops[0]);
		return;
	}
	log_info("daemon.drain", "why=%s conns=%zu", why, conns_left(d));
	privs_notify("STOPPING=1");
	d->draining = true;
	r->drain_until_ms = loop_clock_ms() + DRAIN_MS;
	listeners_close(d->listeners);
	d->listeners = NULL;
	peers_stop(d->peers);
	fed_stop(d->fed);
	tell_all(d);
	drain_again(r);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	drain(arg, sig == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* On loop 0, sent by the writer thread. */
static void on_store_failed(void *arg)
{
	struct run *r = arg;

	r->d.exit_code = EXIT_TRY_LATER;
	log_error("store.failed", "writing has stopped for good; the daemon ends");
	if (!r->d.draining)
		drain(r, "store");
}

/* ---- seams of the store ---- */

static void store_to_loop(void *home, void (*fn)(void *arg), void *arg)
{
	loop_post(home, fn, arg);
}

static void store_news(void *arg, uint64_t last_seq)
{
	struct run *r = arg;

	hub_publish(r->d.hub, last_seq);
}

static void store_failed(void *arg, int rc)
{
	struct run *r = arg;

	(void)rc;
	loop_post(r->d.loops[0], on_store_failed, r);
}

static int open_store(struct run *r, struct err *err)
{
	const struct conf *c = r->d.conf;

	return store_open(&(struct store_opts){.dir = c->data,
				  .map_size = c->store.map_size,
				  .reserve = c->store.reserve,
				  .post = store_to_loop,
				  .news = store_news,
				  .news_arg = r,
				  .failed = store_failed},
		&r->d.store, err);
}

/* ---- start ---- */

static unsigned count_loops(const struct conf *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = c->loops > 0 ? c->loops : cores > 0 ? (uint64_t)cores : 1;

	return n < LOOPS_MAX ? (unsigned)n : LOOPS_MAX;
}

/* What needs no store. */
static void start_base(struct daemon *d)
{
	d->words = words_new();
	d->n_doors = count_loops(d->conf);
	d->n_loops = d->n_doors + 1;
	d->loops = mem_array(d->n_loops, sizeof(struct loop *));
	d->sets = mem_array(d->n_loops, sizeof(struct conn_set *));
	d->tls = tls_new();
	d->budget = mem_new(struct conn_budget);
	atomic_store(&d->budget->max, (size_t)d->conf->limits.receive_memory);
	for (unsigned i = 0; i < d->n_loops; i++) {
		d->loops[i] = loop_new(i);
		d->sets[i] = conn_set_new(d->loops[i], d->tls, d->budget);
	}
	d->pool = pool_new((unsigned)d->conf->pool_threads, POOL_QUEUE);
	d->hub = hub_new(d->loops, d->n_loops);
	d->stats = stats_new(d->loops, d->n_loops);
	d->limits =
		limits_new((size_t)d->conf->limits.conns, (size_t)d->conf->limits.conns_per_source);
}

static int start_rest(struct daemon *d, struct err *err)
{
	struct auth_opts ao = auth_opts(d->conf);
	int rc = tls_load(d->tls, d->conf, err);

	if (rc < 0)
		return rc;
	store_set_watermarks(
		d->store, d->conf->store.free_for_peers, d->conf->store.free_for_posts);
	d->auth = auth_new(d->store, d->pool, &ao);
	rc = fed_open(d, &d->fed, err);
	if (rc < 0)
		return rc;
	d->services = services_new(d);
	d->peers = peers_new(d);
	rc = listeners_open(d, d->services, d->sets, &d->listeners, err);
	if (rc == 0)
		rc = control_open(d, err);
	if (rc == 0)
		rc = listeners_tell(d->listeners, d->conf->data, err);
	return rc;
}

static void add_signal(
	struct run *r, struct event *ev, int sig, void (*fn)(evutil_socket_t, short, void *))
{
	event_assign(ev, loop_base(r->d.loops[0]), sig, EV_SIGNAL | EV_PERSIST, fn, r);
	event_add(ev, NULL);
}

static void serve(struct run *r)
{
	struct daemon *d = &r->d;

	add_signal(r, &r->on_term, SIGTERM, on_signal);
	add_signal(r, &r->on_int, SIGINT, on_signal);
	add_signal(r, &r->on_hup, SIGHUP, on_reload);
	event_assign(&r->on_drain, loop_base(d->loops[0]), -1, 0, on_drain, r);
	for (unsigned i = 1; i < d->n_loops; i++)
		loop_start(d->loops[i]);
	r->watchdog = watchdog_new(d->loops, d->n_loops);
	peers_reload(d->peers);
	fed_start(d->fed);
	r->care = care_new(d);
	log_info("daemon.ready", "name=%s loops=%u pid=%ld", d->conf->name, d->n_loops,
		(long)getpid());
	privs_notify("READY=1");
	if (r->o->ready)
		r->o->ready();
	loop_run(d->loops[0]);
	for (unsigned i = 1; i < d->n_loops; i++) {
		loop_stop(d->loops[i]);
		loop_join(d->loops[i]);
	}
	watchdog_stop(r->watchdog);
	care_free(r->care);
	event_del(&r->on_drain);
	event_del(&r->on_hup);
	event_del(&r->on_int);
	event_del(&r->on_term);
}

/* No thread but pool and writer runs any more. */
static void stop(struct daemon *d)
{
	listeners_close(d->listeners);
	if (d->control)
		control_close(d);
	if (d->peers)
		peers_stop(d->peers);
	fed_halt(d->fed);
	for (unsigned i = 0; i < d->n_loops; i++)
		conn_set_free(d->sets[i]);
	pool_free(d->pool);
	for (unsigned i = 0; i < d->n_loops; i++)
		loop_flush(d->loops[i]); /* what the pool has done may want the store once more */
	store_close(d->store);
	stats_free(d->stats);
	for (unsigned i = 0; i < d->n_loops; i++)
		loop_free(d->loops[i]);
	peers_free(d->peers);
	fed_free(d->fed);
	services_free(d->services);
	words_free(d->words);
	auth_free(d->auth);
	limits_free(d->limits);
	hub_free(d->hub);
	tls_free(d->tls);
	free(d->budget);
	free(d->sets);
	free(d->loops);
	conf_free(d->conf);
}

int daemon_make_keys(const struct conf *c, struct err *err)
{
	struct store *s;
	struct stat st;
	int rc;

	if (stat(c->data, &st) == 0 && st.st_uid != geteuid())
		return err_set(err, KERR_DENIED, "%s belongs to another user: run it as that one",
			c->data);
	rc = store_open(&(struct store_opts){.dir = c->data,
				.map_size = c->store.map_size,
				.manual = true,
				.lost_keys = true},
		&s, err);
	if (rc == 0)
		store_close(s);
	return rc;
}

int daemon_run(const struct daemon_opts *o, struct conf *conf_take)
{
	struct run r = {.o = o};
	struct err err = {""};

	r.d.conf = conf_take;
	r.d.started_at = time(NULL);
	start_base(&r.d);
	int rc = open_store(&r, &err);
	if (rc == 0)
		rc = start_rest(&r.d, &err);
	if (rc < 0) {
		log_error("daemon.start", "%s", err.text);
		r.d.exit_code = daemon_exit_code(rc);
	} else {
		serve(&r);
	}
	stop(&r.d);
	watchdog_free(r.watchdog);
	log_info("daemon.end", "code=%d", r.d.exit_code);
	return r.d.exit_code;
}
