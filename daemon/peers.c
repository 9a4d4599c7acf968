/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's peers against the links that run: what is new starts, what has changed starts anew.
 */
#include "daemon/peers.h"

#include "daemon/daemon.h"
#include "daemon/link.h"
#include "proto/base/coll.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct peers {
	struct daemon *d;
	bool stopped;
	struct vec links;  /* struct link * */
	struct vec wanted; /* struct wanted; during a reload */
};

struct wanted {
	struct peer_rec rec;
	uint64_t cursor;
};

struct peers *peers_new(struct daemon *d)
{
	struct peers *p = mem_new(struct peers);

	p->d = d;
	vec_init(&p->links, sizeof(struct link *));
	vec_init(&p->wanted, sizeof(struct wanted));
	return p;
}

static struct link **link_at(struct peers *p, size_t i)
{
	return vec_at(&p->links, i);
}

static bool same_peer(const struct peer_rec *a, const struct peer_rec *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->groups, b->groups) == 0 && strcmp(a->cert, b->cert) == 0 &&
	       a->port == b->port && a->tls == b->tls && a->paused == b->paused;
}

static bool on_peer(void *arg, const struct peer_rec *rec, uint64_t cursor)
{
	struct peers *p = arg;

	if (rec->host[0] != '\0')
		*(struct wanted *)vec_push(&p->wanted) = (struct wanted){*rec, cursor};
	return true;
}

static bool is_wanted(const struct peers *p, const struct peer_rec *rec)
{
	for (size_t i = 0; i < p->wanted.n; i++)
		if (same_peer(&((struct wanted *)vec_at(&p->wanted, i))->rec, rec))
			return true;
	return false;
}

static bool is_linked(struct peers *p, const struct peer_rec *rec)
{
	for (size_t i = 0; i < p->links.n; i++)
		if (same_peer(link_peer(*link_at(p, i)), rec))
			return true;
	return false;
}

static void end_unwanted(struct peers *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->links.n; i++) {
		struct link *l = *link_at(p, i);

		if (is_wanted(p, link_peer(l)))
			*link_at(p, kept++) = l;
		else
			link_end(l);
	}
	p->links.n = kept;
}

static void start_wanted(struct peers *p)
{
	for (size_t i = 0; i < p->wanted.n; i++) {
		const struct wanted *w = vec_at(&p->wanted, i);

		if (!is_linked(p, &w->rec))
			*(struct link **)vec_push(&p->links) = link_new(p->d, &w->rec, w->cursor);
	}
}

void peers_reload(struct peers *p)
{
	struct view *v;

	if (p->stopped)
		return;
	vec_reset(&p->wanted);
	int rc = view_open(p->d->store, &v);
	if (rc == 0) {
		rc = view_peers(v, on_peer, p);
		view_close(v);
	}
	if (rc < 0) {
		log_error("peers.reload", "rc=%s", kerr_name(rc));
		return;
	}
	end_unwanted(p);
	start_wanted(p);
}

void peers_stop(struct peers *p)
{
	if (p->stopped)
		return;
	p->stopped = true;
	vec_reset(&p->wanted);
	end_unwanted(p);
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	vec_fini(&p->links);
	vec_fini(&p->wanted);
	free(p);
}

void peers_each(struct peers *p, peer_status_fn fn, void *arg)
{
	struct store_stats st;

	store_stats(p->d->store, &st);
	for (size_t i = 0; i < p->links.n; i++) {
		struct peer_status s;

		link_status(*link_at(p, i), st.last_seq, &s);
		fn(arg, &s);
	}
}
