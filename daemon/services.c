/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doors: forum and session of a conversation are made when its conn stands, and end with it. */
#include "daemon/services.h"

#include <stdatomic.h>
#include <time.h>

#include "daemon/auth.h"
#include "daemon/fed.h"
#include "daemon/forum.h"
#include "daemon/http.h"
#include "daemon/limits.h"
#include "daemon/stats.h"
#include "proto/base/mem.h"

/* What holds for the conversations of one door. */
struct rules {
	struct conn_times times;
	bool plain_loopback; /* this machine may log in without TLS */
};

struct env {
	struct env *older;
	struct forum_env forum;
	struct services *services;
	char *host;
	struct slice *domains;
	struct rules nntp, imap, smtp, http;
	struct setup_site *site; /* what mail programs are told */
	bool open_loopback;      /* this machine may feed without a certificate */
};

struct services {
	struct daemon *d;
	struct claims *claims;
	_Atomic(struct env *) env;
};

struct door;

struct service {
	const char *name;
	struct slice busy;
	const struct session_ops *ops;
	void *(*session)(struct door *d, struct conn *c);
	size_t rules; /* their place in struct env */
};

/* A conversation. */
struct door {
	struct services *services;
	const struct service *service;
	const struct env *env;
	struct forum *forum;
	struct conn_addr addr;
	bool tls; /* from the first byte */
};

/* ---- protocols ---- */

static const struct rules *rules_of(const struct door *d)
{
	return (const void *)((const char *)d->env + d->service->rules);
}

/* May a password come in the clear? */
static bool plain_login(const struct door *d)
{
	return d->addr.loopback && rules_of(d)->plain_loopback;
}

static bool has_starttls(const struct door *d)
{
	return !d->tls && tls_ready(d->services->d->tls);
}

static struct door_stats *stats_of(const struct door *d, struct conn *c)
{
	return stats_live(d->services->d->stats, conn_loop(c));
}

static void *new_nntp(struct door *d, struct conn *c)
{
	return nntp_session_new(d->forum, &(struct nntp_opts){.id = conn_id(c),
						  .tls = d->tls,
						  .starttls = has_starttls(d),
						  .plain_login = plain_login(d),
						  .stats = &stats_of(d, c)->nntp,
						  .ready = conn_ready(c)});
}

static void *new_imap(struct door *d, struct conn *c)
{
	return imap_session_new(d->forum, forum_mail(d->forum),
		&(struct imap_opts){.id = conn_id(c),
			.tls = d->tls,
			.starttls = has_starttls(d),
			.plain_login = plain_login(d),
			.stats = &stats_of(d, c)->imap,
			.ready = conn_ready(c)});
}

static void *new_smtp(struct door *d, struct conn *c)
{
	return smtp_session_new(d->forum, &(struct smtp_opts){.id = conn_id(c),
						  .tls = d->tls,
						  .starttls = has_starttls(d),
						  .plain_login = plain_login(d),
						  .stats = &stats_of(d, c)->smtp,
						  .ready = conn_ready(c)});
}

static void *new_http(struct door *d, struct conn *c)
{
	return http_session_new(&(struct http_opts){.id = conn_id(c),
		.site = d->env->site,
		.exposed = !d->tls && !d->addr.loopback,
		.stats = &stats_of(d, c)->http});
}

/* clang-format off */
static const struct service services[] = {
	{"nntp", lit("400 too many connections, come again later\r\n"), &nntp_session_ops, new_nntp,
		offsetof(struct env, nntp)},
	{"imap", lit("* BYE too many connections, come again later\r\n"), &imap_session_ops, new_imap,
		offsetof(struct env, imap)},
	{"smtp", lit("421 4.7.0 too many connections, come again later\r\n"), &smtp_session_ops,
		new_smtp, offsetof(struct env, smtp)},
	{"http", lit("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
		"Connection: close\r\n\r\n"), &http_session_ops, new_http, offsetof(struct env, http)},
	{"peer", lit(""), NULL, NULL, 0}, /* fed_door.c */
};

/* clang-format on */

const struct service *service_find(const char *name)
{
	for (size_t i = 0; i < array_len(services); i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	return NULL;
}

struct slice service_busy(const struct service *service)
{
	return service->busy;
}

/* ---- env ---- */

static int64_t clock_now_at(void)
{
	return time(NULL);
}

static int check_password(const struct forum_env *env, void *home, const char *source,
	struct slice user, struct slice pass, forum_auth_fn done, void *arg, void **call_out)
{
	struct auth_call *call;
	int rc = auth_check(env->check_arg, home, source, user, pass, done, arg, &call);

	if (rc == 0)
		*call_out = call;
	return rc;
}

static void drop_check(void *call)
{
	auth_drop(call);
}

static struct rules rules_make(
	uint64_t login_s, uint64_t idle_s, uint64_t stall_s, const char *plain_login)
{
	return (struct rules){
		.times = {(uint32_t)login_s, (uint32_t)idle_s, (uint32_t)stall_s},
		.plain_loopback = strcmp(plain_login, "loopback") == 0,
	};
}

static void set_rules(struct env *e, const struct conf *c)
{
	e->nntp = rules_make(c->nntp.login_s, c->nntp.idle_s, c->nntp.stall_s, c->nntp.plain_login);
	e->imap = rules_make(c->imap.login_s, c->imap.idle_s, c->imap.stall_s, c->imap.plain_login);
	e->smtp = rules_make(c->submission.login_s, c->submission.idle_s, c->submission.stall_s,
		c->submission.plain_login);
	e->http = rules_make(c->http.request_s, c->http.idle_s, c->http.stall_s, "never");
}

static struct env *env_new(struct services *s)
{
	const struct conf *c = s->d->conf;
	struct env *e = mem_new(struct env);

	e->services = s;
	e->host = mem_dup(slice_str(c->name));
	e->domains = mem_array(c->mail_domains.n + 1, sizeof *e->domains);
	for (size_t i = 0; i < c->mail_domains.n; i++) {
		struct slice d = slice_str(c->mail_domains.v[i]);

		e->domains[i] = slice_of(mem_dup(d), d.len);
	}
	set_rules(e, c);
	e->site = http_site_new(c, s->d->words);
	e->open_loopback = c->transit.open_loopback;
	e->forum = (struct forum_env){.store = s->d->store,
		.claims = s->claims,
		.hub = s->d->hub,
		.fed = s->d->fed,
		.host = e->host,
		.mail_domains = e->domains,
		.n_mail_domains = c->mail_domains.n,
		.max_article = (size_t)c->nntp.max_article,
		.now_at = clock_now_at,
		.check = check_password,
		.check_drop = drop_check,
		.check_arg = s->d->auth};
	store_secret(s->d->store, e->forum.secret);
	return e;
}

static void env_free(struct env *e)
{
	for (size_t i = 0; i < e->forum.n_mail_domains; i++)
		free((char *)(uintptr_t)e->domains[i].p);
	free(e->domains);
	http_site_free(e->site);
	free(e->host);
	free(e);
}

struct services *services_new(struct daemon *d)
{
	struct services *s = mem_new(struct services);

	s->d = d;
	s->claims = claims_new();
	atomic_init(&s->env, env_new(s));
	return s;
}

void services_reload(struct services *s)
{
	struct env *e = env_new(s);

	e->older = atomic_load(&s->env);
	atomic_store(&s->env, e);
}

void services_free(struct services *s)
{
	if (!s)
		return;
	for (struct env *e = atomic_load(&s->env), *older; e; e = older) {
		older = e->older;
		env_free(e);
	}
	claims_free(s->claims);
	free(s);
}

/* ---- conversations ---- */

/* Something has changed in the mailbox that a session watches. */
static void on_news(void *arg)
{
	conn_wake(arg, WAKE_NEWS);
}

static void *on_open(void *arg, struct conn *c)
{
	struct door *d = arg;

	d->forum = forum_new(
		&d->env->forum, &(struct forum_who){.home = conn_loop(c),
					.source = d->addr.source,
					.cert = conn_cert(c),
					.news = on_news,
					.news_arg = c,
					.relay_any = d->addr.loopback && d->env->open_loopback,
					.plain_login = d->tls || plain_login(d)});
	return d->service->session(d, c);
}

static void on_secured(void *arg, struct conn *c)
{
	struct door *d = arg;

	forum_set_secure(d->forum, conn_cert(c));
}

static void on_closed(void *arg, struct conn *c, const char *why)
{
	struct door *d = arg;

	(void)c;
	(void)why;
	limits_leave(d->services->d->limits, d->addr.source);
	forum_free(d->forum);
	free(d);
}

static const struct conn_hooks hooks = {
	.open = on_open, .secured = on_secured, .closed = on_closed};

struct conn_set *service_home(const struct services *s, const struct service *service)
{
	return service->ops ? NULL : fed_set(s->d->fed);
}

void service_start(struct services *s, const struct service *service, struct conn_set *set, int fd,
	const struct conn_addr *addr, bool tls)
{
	struct door *d;

	if (!service->ops) {
		fed_accept(s->d->fed, fd, addr);
		return;
	}
	d = mem_new(struct door);
	d->services = s;
	d->service = service;
	d->env = atomic_load(&s->env);
	d->addr = *addr;
	d->tls = tls;
	(void)conn_new(set, &(struct conn_opts){.fd = fd,
				    .addr = *addr,
				    .ops = service->ops,
				    .hooks = &hooks,
				    .arg = d,
				    .times = rules_of(d)->times,
				    .tls = tls});
}
