/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records by type and id, each with all its serials.  A chain grows by one serial at a time; a
 * second valid record of the last serial is kept beside it as its rival, and then the one before is
 * in force until a quorum goes on from either.  One that is met later, when the writer alone has
 * gone on, takes the chain back to its serial.
 */
#include "proto/fed/fed_reg.h"

#include <stdio.h>

#include "proto/base/coll.h"

enum { NOTED_MAX = 64 };

struct held {
	struct buf text;
	struct arena arena;
	struct fed_record rec;
	struct fed_hash hash;
	bool heals; /* of the serial before there were two */
};

struct chain {
	struct fed_record_key key;
	struct vec serials; /* struct held *, serial i + 1 at i */
	struct vec rivals;  /* struct held *, of the last serial */
	struct vec noted;   /* struct fed_hash: was looked at and is not held, the newest last */
	uint64_t top;       /* the highest serial that was ever held */
	struct fed_strays strays;
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

static struct held *rival_at(const struct chain *c, size_t i)
{
	return *(struct held **)vec_at(&c->rivals, i);
}

static void chain_free(struct chain *c)
{
	for (size_t i = 0; i < c->serials.n; i++)
		held_free(serial_at(c, i));
	for (size_t i = 0; i < c->rivals.n; i++)
		held_free(rival_at(c, i));
	vec_fini(&c->serials);
	vec_fini(&c->rivals);
	vec_fini(&c->noted);
	fed_strays_fini(&c->strays);
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
	vec_init(&c->rivals, sizeof(struct held *));
	vec_init(&c->noted, sizeof(struct fed_hash));
	fed_strays_init(&c->strays);
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
	return c ? c->serials.n - (c->rivals.n > 0 ? 1 : 0) : 0;
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

void fed_record_key_of(const struct fed_record *rec, struct fed_record_key *out)
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
	if (*rc_out == 0) {
		fed_record_hash(buf_slice(&h->text), &h->hash);
		return h;
	}
	held_free(h);
	return NULL;
}

bool fed_reg_signer(const struct fed_reg *r, const struct fed_keyid *keyid, struct fed_signer *out)
{
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

static bool knows_signer(void *arg, const struct fed_keyid *keyid, struct fed_signer *out)
{
	return fed_reg_signer(arg, keyid, out);
}

/* It need not be asked for again. */
static void note(struct chain *c, const struct fed_hash *hash)
{
	if (c->noted.n == NOTED_MAX) {
		c->noted.n--;
		memmove(vec_at(&c->noted, 0), vec_at(&c->noted, 1),
			c->noted.n * sizeof(struct fed_hash));
	}
	*(struct fed_hash *)vec_push(&c->noted) = *hash;
}

static bool is_noted(const struct chain *c, const struct fed_hash *hash)
{
	for (size_t i = 0; i < c->noted.n; i++)
		if (fed_hash_eq(vec_at(&c->noted, i), hash))
			return true;
	return false;
}

static void append(struct chain *c, struct held *h)
{
	*(struct held **)vec_push(&c->serials) = h;
	if (c->top < c->serials.n)
		c->top = c->serials.n;
}

/* It is void for good: another one has the serial `parted`.  True: there are new strays. */
static bool lose(struct chain *c, struct held *h, uint64_t parted)
{
	const struct fed_record *base = record_at(c, parted - 1);
	bool more = h->rec.type == FED_REC_GROUP &&
		    fed_strays_add(&c->strays, &h->rec.group, base ? &base->group : NULL, parted);

	held_free(h);
	return more;
}

static void drop_rivals(struct chain *c, uint64_t parted)
{
	for (size_t i = 0; i < c->rivals.n; i++) {
		note(c, &rival_at(c, i)->hash);
		(void)lose(c, rival_at(c, i), parted);
	}
	vec_reset(&c->rivals);
}

/* Only serials up to that one are left. */
static void truncate_to(struct chain *c, uint64_t serial, uint64_t parted)
{
	if (c->serials.n > serial)
		drop_rivals(c, parted);
	while (c->serials.n > serial)
		(void)lose(c, serial_at(c, --c->serials.n), parted);
	fed_strays_part(&c->strays, parted);
}

/* In the place of what had its serial and of all that followed. */
static void displace(struct chain *c, struct held *h)
{
	note(c, &serial_at(c, h->rec.serial - 1)->hash);
	truncate_to(c, h->rec.serial - 1, h->rec.serial);
	append(c, h);
}

/* A quorum went on from one of two rivals: that one is the chain's. */
static void heal(struct chain *c, struct held *h)
{
	struct held **last = vec_at(&c->serials, c->serials.n - 1);

	for (size_t i = 0; i < c->rivals.n; i++) {
		struct held **rival = vec_at(&c->rivals, i), *was = *last;

		if (!fed_hash_eq(&(*rival)->hash, &h->rec.prev))
			continue;
		*last = *rival;
		*rival = was;
	}
	drop_rivals(c, h->rec.serial - 1);
	h->heals = true;
	append(c, h);
}

/* Kept beside the one of its serial; more than a few tell nothing more. */
static enum fed_reg_got contend(struct chain *c, struct held *h, struct fed_reg_result *out)
{
	truncate_to(c, h->rec.serial, h->rec.serial);
	if (c->rivals.n == FED_RIVALS_MAX) {
		note(c, &h->hash);
		held_free(h);
		return FED_REG_KNOWN;
	}
	*(struct held **)vec_push(&c->rivals) = h;
	out->fork = true;
	return FED_REG_TAKEN;
}

/* It is proof of a fork that a quorum has healed. */
static enum fed_reg_got prove(struct chain *c, struct held *h, struct fed_reg_result *out)
{
	out->fork = !is_noted(c, &h->hash);
	if (out->fork)
		note(c, &h->hash);
	serial_at(c, h->rec.serial)->heals = true;
	(void)lose(c, h, h->rec.serial);
	return out->fork ? FED_REG_TAKEN : FED_REG_KNOWN;
}

static enum fed_reg_got take(
	struct chain *c, struct held *h, enum fed_verdict v, struct fed_reg_result *out)
{
	enum fed_reg_got got = FED_REG_KNOWN;

	out->again = h->rec.serial <= c->top;
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
		return contend(c, h, out);
	case FED_HISTORY:
		return prove(c, h, out);
	case FED_LOSES:
		if (!is_noted(c, &h->hash))
			note(c, &h->hash);
		out->strays = lose(c, h, h->rec.serial);
		return FED_REG_KNOWN;
	case FED_SAME:
	case FED_OLD:
		break;
	case FED_GAP:
		out->want = c->serials.n + 1;
		got = FED_REG_GAP;
		break;
	case FED_APART:
		out->want = h->rec.serial - 1;
		out->prev = h->rec.prev;
		got = FED_REG_APART;
		break;
	case FED_NEED_KEY:
		got = FED_REG_LACKS;
		break;
	case FED_REFUSED:
		got = FED_REG_REFUSED;
		break;
	}
	held_free(h);
	return got;
}

/* The chain as it was with that serial. */
static struct fed_chain view_of(const struct chain *c, uint64_t serial)
{
	struct fed_chain at = {.last = record_at(c, serial),
		.before = record_at(c, serial - 1),
		.after = record_at(c, serial + 1)};

	for (size_t i = 0; i < c->rivals.n && serial == c->serials.n; i++)
		at.rival[i] = &rival_at(c, i)->rec;
	return at;
}

/* Where a record of this serial is looked at: beside the one that has it, or behind the last. */
static struct fed_chain view_for(const struct chain *c, uint64_t serial)
{
	return view_of(c, serial < c->serials.n ? serial : c->serials.n);
}

static enum fed_verdict judge(
	struct fed_reg *r, const struct chain *c, const struct fed_record *rec, struct err *why)
{
	const struct fed_known known = {
		.arg = r, .signer = knows_signer, .federation = fed_reg_federation(r)};
	const struct fed_chain at = view_for(c, rec->serial);

	return fed_record_accepts(&at, rec, &known, why);
}

static bool is_version(const struct chain *c, const struct held *h)
{
	bool same = h->rec.serial <= c->serials.n &&
		    fed_hash_eq(&serial_at(c, h->rec.serial - 1)->hash, &h->hash);

	for (size_t i = 0; i < c->rivals.n; i++)
		same = same || fed_hash_eq(&rival_at(c, i)->hash, &h->hash);
	return same;
}

/*
 * From our own disk: it was judged when it came.  Who signed is looked at only where there are two
 * of a serial, to find what became of them.
 */
static enum fed_verdict recall(
	struct fed_reg *r, const struct chain *c, const struct held *h, struct err *why)
{
	const struct fed_known past = {.arg = r,
		.signer = knows_signer,
		.federation = fed_reg_federation(r),
		.history = true};
	const struct fed_record *rec = &h->rec;
	const struct fed_chain at = view_for(c, rec->serial);
	bool next = rec->serial == c->serials.n + 1;

	if (rec->serial > c->serials.n + 1)
		return FED_GAP;
	if (is_version(c, h))
		return FED_SAME;
	if (next && c->serials.n == 0)
		return FED_ACCEPT;
	const struct fed_chain earlier = {.last = at.before};
	const struct fed_record *before = NULL;
	if (next || at.before)
		before = fed_record_before(next ? &at : &earlier, rec);
	if (!before && rec->serial > 1)
		return FED_APART;
	if (next && !at.rival[0])
		return FED_ACCEPT;
	enum fed_authority by = fed_record_authority(before, rec, &past);
	if (next)
		return by == FED_BY_QUORUM ? FED_ACCEPT_HEALS : FED_REFUSED;
	return fed_record_contest(&at, by, &past, why);
}

enum fed_reg_got fed_reg_give(struct fed_reg *r, struct slice text, bool trusted,
	struct fed_reg_result *out, struct err *why)
{
	int rc;
	struct held *h = held_new(text, why, &rc);

	*out = (struct fed_reg_result){.serial = 0};
	if (!h)
		return FED_REG_REFUSED;
	fed_record_key_of(&h->rec, &out->key);
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
		trusted ? recall(r, c ? c : &none, h, why) : judge(r, c ? c : &none, &h->rec, why);
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

uint64_t fed_reg_serial(const struct fed_reg *r, const struct fed_record_key *key)
{
	return in_force(chain_of(r, key));
}

uint64_t fed_reg_held(const struct fed_reg *r, const struct fed_record_key *key)
{
	const struct chain *c = chain_of(r, key);

	return c ? c->serials.n : 0;
}

bool fed_reg_version(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial,
	size_t i, struct fed_version *out)
{
	const struct chain *c = chain_of(r, key);
	size_t n = !record_at(c, serial) ? 0 : serial < c->serials.n ? 1 : 1 + c->rivals.n;

	if (i >= n)
		return false;
	const struct held *h = i == 0 ? serial_at(c, serial - 1) : rival_at(c, i - 1);
	*out = (struct fed_version){buf_slice(&h->text), h->hash};
	return true;
}

bool fed_reg_knows(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial,
	const struct fed_hash *hash)
{
	const struct chain *c = chain_of(r, key);

	return fed_reg_text_by(r, key, serial, hash).p || (c && is_noted(c, hash));
}

bool fed_reg_heals(const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial)
{
	const struct chain *c = chain_of(r, key);

	return record_at(c, serial) && serial_at(c, serial - 1)->heals;
}

const struct fed_strays *fed_reg_strays(const struct fed_reg *r, const struct fed_record_key *key)
{
	const struct chain *c = chain_of(r, key);

	return c ? &c->strays : NULL;
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

void fed_reg_each(const struct fed_reg *r, fed_reg_fn fn, void *arg)
{
	for (size_t i = 0; i < r->order.n; i++) {
		const struct chain *c = chain_at(r, i);

		if (in_force(c) > 0 && !fn(arg, &c->key, in_force(c)))
			return;
	}
}
