/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conns of one loop, addresses, and what may be asked of a conn. */
#include "daemon/conn_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "proto/base/mem.h"

void conn_addr_set(struct conn_addr *a, const struct sockaddr *sa)
{
	struct in6_addr net;

	memset(a, 0, sizeof *a);
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		inet_ntop(AF_INET, &in->sin_addr, a->text, sizeof a->text);
		snprintf(a->source, sizeof a->source, "%s", a->text);
		a->loopback = ntohl(in->sin_addr.s_addr) >> 24 == 127;
		return;
	}
	const struct sockaddr_in6 *in6 = (const void *)sa;
	inet_ntop(AF_INET6, &in6->sin6_addr, a->text, sizeof a->text);
	a->loopback = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	net = in6->sin6_addr;
	memset(net.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &net, a->source, sizeof a->source - 4);
	memcpy(a->source + strlen(a->source), "/64", 4);
}

const char *conn_id(const struct conn *c)
{
	return c->id;
}

const struct conn_addr *conn_peer(const struct conn *c)
{
	return &c->o.addr;
}

struct loop *conn_loop(const struct conn *c)
{
	return c->set->loop;
}

bool conn_secure(const struct conn *c)
{
	return c->io.ssl != NULL;
}

const char *conn_cert(const struct conn *c)
{
	return c->cert[0] != '\0' ? c->cert : NULL;
}

SSL *conn_ssl(const struct conn *c)
{
	return c->io.ssl;
}

int64_t conn_input_ms(const struct conn *c)
{
	return c->input_ms;
}

/* ---- sets ---- */

struct conn_set *conn_set_new(struct loop *loop, struct tls *tls, struct conn_budget *budget)
{
	struct conn_set *set = mem_new(struct conn_set);

	set->loop = loop;
	set->tls = tls;
	set->budget = budget;
	list_init(&set->conns);
	return set;
}

void conn_set_free(struct conn_set *set)
{
	if (!set)
		return;
	while (!list_empty(&set->conns)) {
		struct conn *c = container_of(set->conns.next, struct conn, node);

		if (!c->why)
			c->why = "the daemon ends";
		conn_free(c);
	}
	free(set);
}

struct loop *conn_set_loop(const struct conn_set *set)
{
	return set->loop;
}

void conn_set_shutdown(struct conn_set *set)
{
	list_each(&set->conns, it) conn_wake(container_of(it, struct conn, node), WAKE_SHUTDOWN);
}

size_t conn_set_count(const struct conn_set *set)
{
	return atomic_load(&set->n_conns);
}

size_t conn_set_late(const struct conn_set *set)
{
	return atomic_load(&set->n_late);
}
