/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records by type and id, each with all its serials.  A chain grows by one serial at a time; a
 * second valid record of the last serial is kept beside it as its rival, and then the one before is
 * in force until a quorum goes on from either.
 */
#include "proto/fed/fed_reg.h"

#include <stdio.h>

#include "proto/base/coll.h"

struct held {
	struct buf text;
	struct arena arena;
	struct fed_record rec;
};

struct chain {
	struct fed_record_key key;
	struct vec serials; /* struct held *, serial i + 1 at i */
	struct held *rival; /* of the last serial; NULL: none */
};

struct fed_reg {
	struct map *chains; /* "<type><id>" -> struct chain */
	struct vec order;   /* struct chain *, federation, daemons, groups, each by id */
	struct chain *federation;
};

/* ---- life ---- */

struct fed_reg *fed_reg_new(void)
{
	struct fed_reg *r = mem_new(struct fed_reg);

	r->chains = map_new();
	vec_init(&r->order, sizeof(struct chain *));
	return r;
}

static void held_free(struct held *h)
{
	if (!h)
		return;
	buf_fini(&h->text);
	arena_fini(&h->arena);
	free(h);
}

static struct held *serial_at(const struct chain *c, size_t i)
{
	return *(struct held **)vec_at(&c->serials, i);
}

static void chain_free(struct chain *c)
{
	for (size_t i = 0; i < c->serials.n; i++)
		held_free(serial_at(c, i));
	held_free(c->rival);
	vec_fini(&c->serials);
	free(c);
}

static struct chain *chain_at(const struct fed_reg *r, size_t i)
{
	return *(struct chain **)vec_at(&r->order, i);
}

void fed_reg_free(struct fed_reg *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->order.n; i++)
		chain_free(chain_at(r, i));
	vec_fini(&r->order);
	map_free(r->chains);
	free(r);
}

/* ---- chains ---- */

enum { MAP_KEY_ROOM = FED_KEY_LEN + 2 };

static struct slice map_key(const struct fed_record_key *key, char room[MAP_KEY_ROOM])
{
	size_t len = strlen(key->s);

	room[0] = (char)('0' + (int)key->type);
	memcpy(room + 1, key->s, len);
	return slice_of(room, len + 1);
}

static struct chain *chain_of(const struct fed_reg *r, const struct fed_record_key *key)
{
	char room[MAP_KEY_ROOM];

	return map_get(r->chains, map_key(key, room));
}

/* The order in which records are needed: a federation is typed behind a daemon. */
static int rank(enum fed_record_type t)
{
	return t == FED_REC_FEDERATION ? 0 : t == FED_REC_DAEMON ? 1 : 2;
}

static int compare(const struct fed_record_key *a, const struct fed_record_key *b)
{
	int by_type = rank(a->type) - rank(b->type);

	return by_type != 0 ? by_type : strcmp(a->s, b->s);
}

static struct chain *chain_make(struct fed_reg *r, const struct fed_record_key *key)
{
	struct chain *c = chain_of(r, key);
	char room[MAP_KEY_ROOM];
	size_t i;

	if (c)
		return c;
	c = mem_new(struct chain);
	c->key = *key;
	vec_init(&c->serials, sizeof(struct held *));
	map_put(r->chains, map_key(key, room), c);
	vec_push(&r->order);
	for (i = r->order.n - 1; i > 0 && compare(key, &chain_at(r, i - 1)->key) < 0; i--)
		*(struct chain **)vec_at(&r->order, i) = chain_at(r, i - 1);
	*(struct chain **)vec_at(&r->order, i) = c;
	if (key->type == FED_REC_FEDERATION)
		r->federation = c;
	return c;
}

/* The serial in force; 0: none. */
static uint64_t in_force(const struct chain *c)
{
	return c ? c->serials.n - (c->rival ? 1 : 0) : 0;
}

static const struct fed_record *record_at(const struct chain *c, uint64_t serial)
{
	return c && serial > 0 && serial <= c->serials.n ? &serial_at(c, serial - 1)->rec : NULL;
}

static const struct fed_record *record_of(const struct chain *c)
{
	return record_at(c, in_force(c));
}

/* ---- taking ---- */

static void key_of(const struct fed_record *rec, struct fed_record_key *out)
{
	const char *id = NULL;

	memset(out, 0, sizeof *out);
	out->type = rec->type;
	switch (rec->type) {
	case FED_REC_DAEMON:
		id = rec->daemon.oid.s;
		break;
	case FED_REC_FEDERATION:
		id = rec->federation.fid.s;
		break;
	case FED_REC_GROUP:
		id = rec->group.gid.s;
		break;
	}
	snprintf(out->s, sizeof out->s, "%s", id);
}

static struct held *held_new(struct slice text, struct err *why, int *rc_out)
{
	struct held *h = mem_new(struct held);

	buf_init(&h->text, FED_RECORD_MAX);
	arena_init(&h->arena);
	buf_add(&h->text, text);
	*rc_out = h->text.bad ? err_set(why, KERR_TOOBIG, "record of %zu bytes", text.len)
			      : fed_record_parse(buf_slice(&h->text), &h->arena, &h->rec, why);
	if (*rc_out == 0)
		return h;
	held_free(h);
	return NULL;
}

static bool knows_signer(void *arg, const struct fed_keyid *keyid, struct fed_signer *out)
{
	const struct fed_reg *r = arg;

	for (size_t i = 0; i < r->order.n; i++) {
		const struct chain *c = chain_at(r, i);
		const struct fed_record *rec = c->key.type == FED_REC_DAEMON ? record_of(c) : NULL;
		enum fed_key_state state =
			rec ? fed_daemon_key(&rec->daemon, keyid, &out->key) : FED_KEY_UNKNOWN;

		if (state == FED_KEY_UNKNOWN)
			continue;
		out->oid = rec->daemon.oid;
		out->revoked = state == FED_KEY_REVOKED;
		return true;
	}
	return false;
}

static void append(struct chain *c, struct held *h)
{
	*(struct held **)vec_push(&c->serials) = h;
}

/* In the place of the last serial. */
static void displace(struct chain *c, struct held *h)
{
	held_free(serial_at(c, c->serials.n - 1));
	*(struct held **)vec_at(&c->serials, c->serials.n - 1) = h;
}

/* A quorum went on from one of two rivals: that one is the chain's. */
static void heal(struct chain *c, struct held *h)
{
	struct fed_hash last;

	fed_record_hash(buf_slice(&serial_at(c, c->serials.n - 1)->text), &last);
	if (!fed_hash_eq(&last, &h->rec.prev))
		displace(c, c->rival);
	else
		held_free(c->rival);
	c->rival = NULL;
	append(c, h);
}

static enum fed_reg_got take(
	struct chain *c, struct held *h, enum fed_verdict v, struct fed_reg_result *out)
{
	switch (v) {
	case FED_ACCEPT:
		append(c, h);
		return FED_REG_TAKEN;
	case FED_ACCEPT_WINS:
		displace(c, h);
		return FED_REG_TAKEN;
	case FED_ACCEPT_HEALS:
		heal(c, h);
		return FED_REG_TAKEN;
	case FED_FORK:
		if (c->rival)
			break;
		c->rival = h;
		out->fork = true;
		return FED_REG_TAKEN;
	case FED_SAME:
	case FED_OLD:
	case FED_LOSES:
		break;
	case FED_GAP:
		out->want = c->serials.n + 1;
		held_free(h);
		return FED_REG_GAP;
	case FED_NEED_KEY:
		held_free(h);
		return FED_REG_LACKS;
	case FED_REFUSED:
		held_free(h);
		return FED_REG_REFUSED;
	}
	held_free(h);
	return FED_REG_KNOWN;
}

static enum fed_verdict judge(
	struct fed_reg *r, const struct chain *c, const struct fed_record *rec, struct err *why)
{
	const struct fed_known known = {
		.arg = r, .signer = knows_signer, .federation = fed_reg_federation(r)};
	const struct fed_chain at = {
		.last = record_at(c, c->serials.n),
		.before = c->serials.n > 1 ? record_at(c, c->serials.n - 1) : NULL,
		.rival = c->rival ? &c->rival->rec : NULL,
	};

	return fed_record_accepts(&at, rec, &known, why);
}

/* From our own disk: what follows is taken, of what has the last serial it is the rival. */
static enum fed_verdict recall(const struct chain *c, const struct held *h)
{
	if (h->rec.serial == c->serials.n + 1)
		return FED_ACCEPT;
	if (h->rec.serial > c->serials.n)
		return FED_GAP;
	if (h->rec.serial < c->serials.n)
		return FED_OLD;
	return slice_eq(buf_slice(&h->text), buf_slice(&serial_at(c, c->serials.n - 1)->text))
		       ? FED_SAME
		       : FED_FORK;
}

enum fed_reg_got fed_reg_give(struct fed_reg *r, struct slice text, bool trusted,
	struct fed_reg_result *out, struct err *why)
{
	int rc;
	struct held *h = held_new(text, why, &rc);

	*out = (struct fed_reg_result){.serial = 0};
	if (!h)
		return FED_REG_REFUSED;
	key_of(&h->rec, &out->key);
	out->serial = h->rec.serial;
	if (h->rec.type == FED_REC_FEDERATION && r->federation &&
		strcmp(r->federation->key.s, out->key.s) != 0) {
		err_set(why, KERR_INVALID, "of another federation: %s", out->key.s);
		held_free(h);
		return FED_REG_REFUSED;
	}
	struct chain *c = chain_of(r, &out->key);
	struct chain none = {.key = out->key};
	enum fed_verdict v =
		trusted ? recall(c ? c : &none, h) : judge(r, c ? c : &none, &h->rec, why);
	if (!c && (v == FED_ACCEPT || v == FED_GAP))
		c = v == FED_ACCEPT ? chain_make(r, &out->key) : NULL;
	return take(c ? c : &none, h, v, out);
}

/* ---- asking ---- */

const struct fed_federation *fed_reg_federation(const struct fed_reg *r)
{
	const struct fed_record *rec = record_of(r->federation);

	return rec ? &rec->federation : NULL;
}

static const struct fed_record *of_id(
	const struct fed_reg *r, enum fed_record_type type, const char *id)
{
	struct fed_record_key key = {.type = type};

	snprintf(key.s, sizeof key.s, "%s", id);
	return record_of(chain_of(r, &key));
}

const struct fed_daemon *fed_reg_daemon(const struct fed_reg *r, const struct fed_oid *oid)
{
	const struct fed_record *rec = of_id(r, FED_REC_DAEMON, oid->s);

	return rec ? &rec->daemon : NULL;
}

const struct fed_group *fed_reg_group(const struct fed_reg *r, const struct fed_gid *gid)
{
	const struct fed_record *rec = of_id(r, FED_REC_GROUP, gid->s);

	return rec ? &rec->group : NULL;
}

const struct fed_group *fed_reg_group_at(
	const struct fed_reg *r, const struct fed_gid *gid, uint64_t serial)
{
	struct fed_record_key key = {.type = FED_REC_GROUP};

	snprintf(key.s, sizeof key.s, "%s", gid->s);
	const struct chain *c = chain_of(r, &key);
	const struct fed_record *rec = serial <= in_force(c) ? record_at(c, serial) : NULL;
	return rec ? &rec->group : NULL;
}

struct find {
	struct slice name;
	const struct fed_group *found;
};

static bool find_on(void *arg, const struct fed_group *g, uint64_t serial)
{
	struct find *f = arg;

	(void)serial;
	if (slice_eq(g->group, f->name))
		f->found = g;
	return !f->found;
}

const struct fed_group *fed_reg_group_named(const struct fed_reg *r, struct slice name)
{
	struct find f = {name, NULL};

	fed_reg_groups(r, find_on, &f);
	return f.found;
}

uint64_t fed_reg_serial(const struct fed_reg *r, const struct fed_record_key *key)
{
	return in_force(chain_of(r, key));
}

uint64_t fed_reg_federation_serial(const struct fed_reg *r)
{
	const struct fed_federation *f = fed_reg_federation(r);
	struct fed_record_key key = {.type = FED_REC_FEDERATION};

	if (!f)
		return 0;
	memcpy(key.s, f->fid.s, sizeof f->fid.s);
	return fed_reg_serial(r, &key);
}

struct slice fed_reg_text(
	const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial)
{
	const struct chain *c = chain_of(r, key);

	if (serial == 0)
		serial = in_force(c);
	return record_at(c, serial) ? buf_slice(&serial_at(c, serial - 1)->text)
				    : slice_of(NULL, 0);
}

static bool has_tls(const struct fed_daemon *d, const struct fed_hash *spki)
{
	for (size_t i = 0; i < d->n_tls; i++)
		if (fed_hash_eq(&d->tls[i], spki))
			return true;
	return false;
}

const struct fed_daemon *fed_reg_tls(const struct fed_reg *r, const struct fed_hash *spki)
{
	for (size_t i = 0; i < r->order.n; i++) {
		const struct chain *c = chain_at(r, i);
		const struct fed_record *rec = c->key.type == FED_REC_DAEMON ? record_of(c) : NULL;

		if (rec && has_tls(&rec->daemon, spki))
			return &rec->daemon;
	}
	return NULL;
}

void fed_reg_each(const struct fed_reg *r, fed_reg_fn fn, void *arg)
{
	for (size_t i = 0; i < r->order.n; i++) {
		const struct chain *c = chain_at(r, i);

		if (in_force(c) > 0 && !fn(arg, &c->key, in_force(c)))
			return;
	}
}

void fed_reg_groups(const struct fed_reg *r, fed_group_fn fn, void *arg)
{
	for (size_t i = 0; i < r->order.n; i++) {
		const struct chain *c = chain_at(r, i);

		if (c->key.type == FED_REC_GROUP && in_force(c) > 0 &&
			!fn(arg, &record_of(c)->group, in_force(c)))
			return;
	}
}
