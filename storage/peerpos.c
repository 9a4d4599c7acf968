/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peers and their cursors.  A cursor is a row of its own: it moves often, the record seldom. */
#include "storage/peerpos.h"

#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum peer_tag {
	TAG_HOST = 1,
	TAG_GROUPS,
	TAG_CERT,
	TAG_PORT,
	TAG_TLS,
	TAG_PAUSED,
	TAG_START,
	TAG_LAST = TAG_START,
};

static void take_field(struct dec *d, uint8_t tag, struct slice value, struct peer_rec *p)
{
	switch (tag) {
	case TAG_HOST:
		tag_value_str(d, value, p->host, sizeof p->host);
		break;
	case TAG_GROUPS:
		tag_value_str(d, value, p->groups, sizeof p->groups);
		break;
	case TAG_CERT:
		tag_value_str(d, value, p->cert, sizeof p->cert);
		break;
	case TAG_PORT:
		p->port = (uint16_t)tag_value_u32(d, value);
		break;
	case TAG_TLS:
		p->tls = tag_value_u32(d, value) != 0;
		break;
	case TAG_PAUSED:
		p->paused = tag_value_u32(d, value) != 0;
		break;
	case TAG_START:
		p->start_seq = tag_value_u64(d, value);
		break;
	default: /* of a newer program */
		break;
	}
}

int peer_decode(struct slice value, struct peer_rec *out)
{
	struct dec d = dec_of(value);
	uint8_t tag;

	while (tag_next(&d, &tag, &value))
		take_field(&d, tag, value, out);
	return d.bad ? KERR_DAMAGED : 0;
}

static void encode(struct buf *v, const struct peer_rec *p)
{
	tag_str(v, TAG_HOST, p->host);
	tag_str(v, TAG_GROUPS, p->groups);
	tag_str(v, TAG_CERT, p->cert);
	tag_u32(v, TAG_PORT, p->port);
	tag_u32(v, TAG_TLS, p->tls);
	tag_u32(v, TAG_PAUSED, p->paused);
	tag_u64(v, TAG_START, p->start_seq);
}

int peer_put(struct txn *t, const struct peer_rec *p)
{
	struct slice name = slice_str(p->name), old = lit("");
	struct key k;

	key_of_name(&k, TABLE_PEER, name);
	int rc = txn_get(t, &k, &old);
	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	struct buf *v = txn_value(t);
	encode(v, p);
	tag_keep(v, old, TAG_LAST);
	txn_put_value(t, &k);
	if (rc == KERR_NOTFOUND) {
		key_of_name(&k, TABLE_CURSOR, name);
		txn_put_u64(t, &k, p->start_seq);
	}
	return t->rc;
}

int peer_del(struct txn *t, struct slice name)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_PEER, name);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	txn_del(t, &k);
	key_of_name(&k, TABLE_CURSOR, name);
	txn_del(t, &k);
	return t->rc;
}

int cursor_put(struct txn *t, struct slice name, uint64_t seq)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_CURSOR, name);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	txn_put_u64(t, &k, seq);
	return t->rc;
}

/* ---- reading ---- */

int view_peer(struct view *v, struct slice name, struct peer_rec *out)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_PEER, name);
	*out = (struct peer_rec){.port = 0};
	if (k.bad || !slice_cstr(name, out->name, sizeof out->name))
		return KERR_NOTFOUND;
	int rc = kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : peer_decode(value, out);
}

static int cursor_of_value(struct slice value, uint64_t *seq_out)
{
	struct dec d = dec_of(value);

	*seq_out = take_u64(&d);
	return d.bad ? KERR_DAMAGED : 0;
}

int view_cursor(struct view *v, struct slice peer, uint64_t *seq_out)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_CURSOR, peer);
	int rc = k.bad ? KERR_NOTFOUND : kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : cursor_of_value(value, seq_out);
}

struct walk {
	struct view *v;
	peer_fn fn;
	void *arg;
	int rc;
};

static bool peer_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct slice name = slice_from(key, 1);
	struct peer_rec p = {.port = 0};
	uint64_t seq = 0;
	struct key k;

	w->rc = slice_cstr(name, p.name, sizeof p.name) ? peer_decode(value, &p) : KERR_DAMAGED;
	key_of_name(&k, TABLE_CURSOR, name);
	if (w->rc == 0)
		w->rc = view_get_more(w->v, &k, &value);
	if (w->rc == 0)
		w->rc = cursor_of_value(value, &seq);
	return w->rc == 0 && w->fn(w->arg, &p, seq);
}

int view_peers(struct view *v, peer_fn fn, void *arg)
{
	struct walk w = {v, fn, arg, 0};
	struct key from, to;

	key_begin(&from, TABLE_PEER);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan(v->kv, &r, peer_on, &w);
	return rc < 0 ? rc : w.rc;
}
