/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accept4 in batches; addresses were checked by the configuration ("127.0.0.1:119", "[::1]:119").
 */
#include "daemon/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/limits.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { BACKLOG = 1024 };

/* The doors, in the order of ports.json. */
static const struct door {
	const char *service, *name;
	size_t list; /* of its addresses in struct conf */
	bool tls;
} doors[] = {
	{"nntp", "nntp",        offsetof(struct conf, nntp.listen),           false},
	{"nntp", "nntps",       offsetof(struct conf, nntp.listen_tls),       true },
	{"imap", "imap",        offsetof(struct conf, imap.listen),           false},
	{"imap", "imaps",       offsetof(struct conf, imap.listen_tls),       true },
	{"smtp", "submission",  offsetof(struct conf, submission.listen),     false},
	{"smtp", "submissions", offsetof(struct conf, submission.listen_tls), true },
	{"http", "http",        offsetof(struct conf, http.listen),           false},
	{"http", "https",       offsetof(struct conf, http.listen_tls),       true },
	{"peer", "peer",        offsetof(struct conf, peer.listen),           true },
};

struct listener {
	struct listeners *all;
	const struct service *service;
	const char *name; /* of its port in ports.json */
	bool tls;
	int fd;
	unsigned port;
	struct event on_accept;
};

struct listeners {
	struct daemon *d;
	struct services *services;
	struct conn_set **sets;
	unsigned next_set;
	int spare_fd;
	uint64_t n_pauses;
	struct event on_resume;
	size_t n;
	struct listener *v;
};

/* ---- accepting ---- */

struct accepted {
	struct services *services;
	const struct service *service;
	struct conn_set *set;
	int fd;
	bool tls;
	struct conn_addr addr;
};

/* On the loop it was given to. */
static void on_given(void *arg)
{
	struct accepted *a = arg;

	service_start(a->services, a->service, a->set, a->fd, &a->addr, a->tls);
	free(a);
}

static void give(struct listener *l, int fd, const struct conn_addr *addr)
{
	struct listeners *all = l->all;
	struct accepted *a = mem_new(struct accepted);

	a->services = all->services;
	a->service = l->service;
	a->set = service_home(all->services, l->service);
	if (!a->set)
		a->set = all->sets[all->next_set++ % all->d->n_doors];
	a->fd = fd;
	a->tls = l->tls;
	a->addr = *addr;
	loop_post(conn_set_loop(a->set), on_given, a);
}

static void refuse(struct listener *l, int fd)
{
	struct slice words = service_busy(l->service);

	if (!l->tls)
		(void)send(fd, words.p, words.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void open_spare(struct listeners *all)
{
	if (all->spare_fd < 0)
		all->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of descriptors: take one who waits with the spare, so that he hears of it, and pause. */
static void pause_accepting(struct listener *l, int error)
{
	const struct timeval tv = {.tv_usec = LISTEN_PAUSE_MS * 1000};
	struct listeners *all = l->all;

	if (all->n_pauses++ % 100 == 0)
		log_warn("listen.pause", "why=%s pauses=%llu", strerror(error),
			(unsigned long long)all->n_pauses);
	if (all->spare_fd >= 0 && (error == EMFILE || error == ENFILE)) {
		close(all->spare_fd);
		all->spare_fd = -1;
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			refuse(l, fd);
		open_spare(all);
	}
	for (size_t i = 0; i < all->n; i++)
		event_del(&all->v[i].on_accept);
	event_add(&all->on_resume, &tv);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct listeners *all = arg;

	(void)fd;
	(void)what;
	open_spare(all);
	for (size_t i = 0; i < all->n; i++)
		event_add(&all->v[i].on_accept, NULL);
}

static bool out_of_something(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* One from the queue; false when there is none or accepting has paused. */
static bool accept_one(struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	struct conn_addr addr;
	int fd = accept4(l->fd, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	int error = errno;

	if (fd < 0 && out_of_something(error))
		pause_accepting(l, error);
	if (fd < 0)
		return error == ECONNABORTED || error == EINTR;
	conn_addr_set(&addr, (struct sockaddr *)&sa);
	if (limits_enter(l->all->d->limits, addr.source) < 0)
		refuse(l, fd);
	else
		give(l, fd, &addr);
	return true;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPT_BATCH && accept_one(arg); i++)
		;
}

/* ---- opening ---- */

static int sys_err(struct err *err, const char *where, const char *what)
{
	int rc = errno == EACCES || errno == EPERM ? KERR_DENIED : KERR_IO;

	return err_set(err, rc, "%s: %s: %s", where, what, strerror(errno));
}

/* "host:port" or "[host]:port" into numbers. */
static int resolve(const char *where, struct addrinfo **out, struct err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM};
	struct slice all = slice_str(where);
	const char *colon = strrchr(where, ':');
	char host[128];

	if (!colon)
		return err_set(err, KERR_INVALID, "%s: no port", where);
	struct slice name = slice_head(all, (size_t)(colon - where));
	if (slice_starts(name, lit("[")) && slice_ends(name, lit("]")))
		name = slice_of(name.p + 1, name.len - 2);
	if (slice_eq(name, lit("*")))
		name.len = 0;
	if (!slice_cstr(name, host, sizeof host))
		return err_set(err, KERR_INVALID, "%s: not an address", where);
	int rc = getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &hints, out);
	return rc == 0 ? 0 : err_set(err, KERR_INVALID, "%s: %s", where, gai_strerror(rc));
}

static unsigned port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} sa = {.in6 = {0}};

	socklen_t len = sizeof sa;

	if (getsockname(fd, &sa.any, &len) < 0)
		return 0;
	return ntohs(sa.any.sa_family == AF_INET6 ? sa.in6.sin6_port : sa.in.sin_port);
}

static int bind_socket(const char *where, const struct addrinfo *ai, int *fd_out, struct err *err)
{
	int on = 1;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return sys_err(err, where, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int rc = sys_err(err, where, "listen");

		close(fd);
		return rc;
	}
	*fd_out = fd;
	return 0;
}

static int open_one(
	struct listeners *all, const struct door *door, const char *where, struct err *err)
{
	struct listener *l = &all->v[all->n];
	struct addrinfo *ai = NULL;
	int rc = resolve(where, &ai, err);

	if (rc < 0)
		return rc;
	rc = bind_socket(where, ai, &l->fd, err);
	freeaddrinfo(ai);
	if (rc < 0)
		return rc;
	l->all = all;
	l->service = service_find(door->service);
	l->name = door->name;
	l->tls = door->tls;
	l->port = port_of(l->fd);
	event_assign(&l->on_accept, loop_base(all->d->loops[0]), l->fd, EV_READ | EV_PERSIST,
		on_accept, l);
	event_add(&l->on_accept, NULL);
	all->n++;
	log_info("listen", "door=%s addr=%s port=%u", l->name, where, l->port);
	return 0;
}

static const struct conf_list *addresses_of(const struct door *door, const struct conf *c)
{
	return (const struct conf_list *)(const void *)((const char *)c + door->list);
}

static int open_door(struct listeners *all, const struct door *door, struct err *err)
{
	const struct conf_list *where = addresses_of(door, all->d->conf);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < where->n; i++)
		rc = open_one(all, door, where->v[i], err);
	return rc;
}

int listeners_open(struct daemon *d, struct services *services, struct conn_set **sets,
	struct listeners **out, struct err *err)
{
	struct listeners *l = mem_new(struct listeners);
	size_t n = 0;
	int rc = 0;

	l->d = d;
	l->services = services;
	l->sets = sets;
	l->spare_fd = -1;
	open_spare(l);
	for (size_t i = 0; i < array_len(doors); i++)
		n += addresses_of(&doors[i], d->conf)->n;
	l->v = mem_array(n + 1, sizeof *l->v);
	event_assign(&l->on_resume, loop_base(d->loops[0]), -1, 0, on_resume, l);
	for (size_t i = 0; rc == 0 && i < array_len(doors); i++)
		rc = open_door(l, &doors[i], err);
	if (rc < 0)
		listeners_close(l);
	else
		*out = l;
	return rc;
}

void listeners_close(struct listeners *l)
{
	if (!l)
		return;
	event_del(&l->on_resume);
	for (size_t i = 0; i < l->n; i++) {
		event_del(&l->v[i].on_accept);
		close(l->v[i].fd);
	}
	if (l->spare_fd >= 0)
		close(l->spare_fd);
	free(l->v);
	free(l);
}

/* ---- ports.json ---- */

static void print_ports(const struct listeners *l, FILE *f)
{
	const char *sep = "", *last = "";

	fputc('{', f);
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].name, last) == 0)
			continue; /* the first of each kind; kinds stand together */
		last = l->v[i].name;
		fprintf(f, "%s\"%s\":%u", sep, last, l->v[i].port);
		sep = ",";
	}
	fputs("}\n", f);
}

int listeners_tell(struct listeners *l, const char *data, struct err *err)
{
	char path[4096], tmp[4096];
	FILE *f;

	if (snprintf(path, sizeof path, "%s/ports.json", data) >= (int)sizeof path ||
		snprintf(tmp, sizeof tmp, "%s/ports.json.new", data) >= (int)sizeof tmp)
		return err_set(err, KERR_TOOBIG, "%s: name too long", data);
	f = fopen(tmp, "we");
	if (!f)
		return sys_err(err, tmp, "open");
	print_ports(l, f);
	if (fclose(f) != 0 || rename(tmp, path) < 0)
		return sys_err(err, path, "write");
	return 0;
}

uint64_t listeners_pauses(const struct listeners *l)
{
	return l->n_pauses;
}
