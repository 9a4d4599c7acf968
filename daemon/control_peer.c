/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links to other servers: peer.add, list, status, remove, pause, resume. */
#include "daemon/control_priv.h"
#include "daemon/peers.h"
#include "proto/base/text.h"
#include "proto/base/wildmat.h"

/* A change of a peer on its way; the set of links is read again when it is stored. */
static void on_peer_stored(void *arg, const struct store_result *res)
{
	struct control_req *r = arg;

	if (res->rc == 0)
		peers_reload(r->d->peers);
	control_finish(r, res->rc);
}

static struct store_call peer_call(struct control_req *r)
{
	struct store_call call = control_call(r);

	call.done = on_peer_stored;
	return call;
}

/* A path identity, without the colon of old names.  RFC 5536 section 3.1.5 */
static bool name_valid(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!ascii_alnum((unsigned char)*p) && !strchr(".-_", *p))
			return false;
	return ascii_alnum((unsigned char)name[0]);
}

static int take_names(struct control_req *r, struct peer_rec *p)
{
	const char *name = "", *host = "", *cert = "";
	int rc = control_arg(r, "name", STORE_NAME_MAX, &name);

	if (rc == 0 && !name_valid(name))
		rc = err_set(&r->err, KERR_INVALID,
			"name: \"%s\" is not allowed, allowed: the peer's path identity, as a "
			"rule its DNS name",
			name);
	if (rc == 0)
		rc = control_arg_or(r, "host", STORE_NAME_MAX, "", &host);
	if (rc == 0)
		rc = control_arg_or(r, "cert", STORE_NAME_MAX, "", &cert);
	if (rc < 0)
		return rc;
	control_copy(p->name, sizeof p->name, name);
	control_copy(p->host, sizeof p->host, host);
	control_copy(p->cert, sizeof p->cert, cert);
	r->what = name;
	return 0;
}

static int take_peer(struct control_req *r, struct peer_rec *p)
{
	const char *groups = "";
	int64_t port = 0;
	int rc = take_names(r, p);

	if (rc == 0)
		rc = control_arg_bool(r, "tls", true, &p->tls);
	if (rc == 0)
		rc = control_arg_number(r, "port", 1, 65535, p->tls ? 563 : 119, &port);
	if (rc == 0)
		rc = control_arg_or(r, "groups", sizeof p->groups - 1, "*", &groups);
	if (rc == 0 && !wildmat_valid(slice_str(groups)))
		rc = err_set(&r->err, KERR_INVALID,
			"groups: \"%s\" is not allowed, allowed: a pattern such as "
			"nrw.koko.*,!*.test",
			groups);
	if (rc < 0)
		return rc;
	control_copy(p->groups, sizeof p->groups, groups);
	p->port = (uint16_t)port;
	return 0;
}

/* Refuse a name that is there; find where the new peer's cursor begins. */
static int place_peer(struct control_req *r, struct peer_rec *p)
{
	struct peer_rec there;
	struct view *v = NULL;
	bool from_now;
	int rc = control_arg_bool(r, "from_now", false, &from_now);

	if (rc == 0)
		rc = view_open(r->d->store, &v);
	if (rc < 0)
		return rc;
	rc = view_peer(v, slice_str(p->name), &there);
	if (rc == 0)
		rc = err_set(&r->err, KERR_EXISTS, "peer %s is there already", p->name);
	else if (rc == KERR_NOTFOUND)
		rc = from_now ? view_last_seq(v, &p->start_seq) : 0;
	view_close(v);
	return rc;
}

int control_peer_add(struct control_req *r)
{
	struct store_call call = peer_call(r);
	struct peer_rec p = {0};
	int rc = take_peer(r, &p);

	if (rc == 0)
		rc = place_peer(r, &p);
	if (rc == 0)
		rc = store_peer_put(r->d->store, &p, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

static int find_peer(struct control_req *r, struct peer_rec *p)
{
	const char *name = "";
	struct view *v = NULL;
	int rc = control_arg(r, "name", STORE_NAME_MAX, &name);

	if (rc == 0)
		rc = view_open(r->d->store, &v);
	if (rc < 0)
		return rc;
	rc = view_peer(v, slice_str(name), p);
	view_close(v);
	return rc == KERR_NOTFOUND ? err_set(&r->err, rc, "no peer %s", name) : rc;
}

int control_peer_remove(struct control_req *r)
{
	struct store_call call = peer_call(r);
	struct peer_rec p;
	int rc = find_peer(r, &p);

	if (rc == 0)
		rc = store_peer_del(r->d->store, slice_str(p.name), &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

static int set_paused(struct control_req *r, bool paused)
{
	struct store_call call = peer_call(r);
	struct peer_rec p;
	int rc = find_peer(r, &p);

	if (rc == KERR_NOTFOUND)
		return control_fed_pause(r, paused);
	if (rc < 0)
		return rc;
	p.paused = paused;
	rc = store_peer_put(r->d->store, &p, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

int control_peer_pause(struct control_req *r)
{
	return set_paused(r, true);
}

int control_peer_resume(struct control_req *r)
{
	return set_paused(r, false);
}

/* ---- listing ---- */

static bool add_peer(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	control_row_take(
		arg, json_pack("{s:s, s:s, s:i, s:b, s:s, s:s, s:b, s:I}", "name", p->name, "host",
			     p->host, "port", p->port, "tls", p->tls, "groups", p->groups, "cert",
			     p->cert, "paused", p->paused, "cursor", (json_int_t)cursor));
	return true;
}

int control_peer_list(struct control_req *r)
{
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	buf_reset(&r->out); /* after KERR_WAIT it starts again */
	rc = view_peers(v, add_peer, r);
	view_close(v);
	return rc;
}

/* Text from another server, which may be anything. */
static json_t *foreign(const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	utf8_add_clean(&b, slice_str(text));
	json_t *value = json_string(buf_cstr(&b));
	buf_fini(&b);
	return value;
}

static void add_status(void *arg, const struct peer_status *s)
{
	control_row_take(arg,
		json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			"kind", "transit", "name", s->name, "state", link_state_name(s->state),
			"since", control_time(s->since_at), "cursor", (json_int_t)s->cursor, "lag",
			(json_int_t)s->lag, "offered", (json_int_t)s->n_offered, "accepted",
			(json_int_t)s->n_accepted, "refused", (json_int_t)s->n_refused, "known",
			(json_int_t)s->n_known, "deferred", (json_int_t)s->n_deferred, "error",
			foreign(s->error), "refusal", foreign(s->refusal)));
}

/* The links that are dialled (peers that only connect to us have none), and the federation's. */
int control_peer_status(struct control_req *r)
{
	peers_each(r->d->peers, add_status, r);
	return control_fed_status(r);
}
