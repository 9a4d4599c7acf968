/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The node's records: which to ask of whom, and what follows when one is taken.
 *
 * A neighbour is asked for the serials of a record one after the other.  A record whose signers are
 * not known yet goes behind the others that this neighbour has.
 */
#include "proto/base/log.h"
#include "proto/fed/fed_node_priv.h"

enum {
	LACKS_S = 2, /* until a record without known signers is asked for again */
	BAD_S = 60,  /* ... one that was no good: it may have been changed on the way */
};

static struct record_want *want_at(struct fed_peer *p, size_t i)
{
	return vec_at(&p->wants, i);
}

static int rank(enum fed_record_type t)
{
	return t == FED_REC_FEDERATION ? 0 : t == FED_REC_DAEMON ? 1 : 2;
}

static bool same_key(const struct fed_record_key *a, const struct fed_record_key *b)
{
	return a->type == b->type && strcmp(a->s, b->s) == 0;
}

static size_t find_want(
	struct fed_peer *p, const struct fed_record_key *key, const struct fed_hash *version)
{
	size_t i = 0;

	while (i < p->wants.n && !(same_key(&want_at(p, i)->key, key) &&
					 strcmp(want_at(p, i)->version.s, version->s) == 0))
		i++;
	return i;
}

static void del_want(struct fed_peer *p, size_t i)
{
	size_t tail = p->wants.n - i - 1;

	if (tail > 0)
		memmove(want_at(p, i), want_at(p, i + 1), tail * sizeof(struct record_want));
	p->wants.n--;
}

static const struct fed_hash no_version = {.s = ""};

/* Federations first, then daemons, then groups: so they are needed. */
static void add_want(struct fed_node *n, unsigned peer, const struct record_want *w)
{
	struct fed_peer *p = &n->peers[peer];
	size_t i;

	if (p->wants.n >= FED_RECORDS_WANTED)
		return;
	vec_push(&p->wants);
	for (i = p->wants.n - 1; i > 0 && rank(want_at(p, i - 1)->key.type) > rank(w->key.type);
		i--)
		*want_at(p, i) = *want_at(p, i - 1);
	*want_at(p, i) = *w;
	n->o.outside->work(n->o.arg, peer);
}

void node_want_record(
	struct fed_node *n, unsigned peer, const struct fed_record_key *key, uint64_t upto)
{
	struct fed_peer *p = &n->peers[peer];
	uint64_t have = fed_reg_held(n->o.reg, key);
	size_t i = find_want(p, key, &no_version);

	if (upto <= have)
		return;
	if (i < p->wants.n) {
		if (want_at(p, i)->upto < upto)
			want_at(p, i)->upto = upto;
		return;
	}
	add_want(n, peer, &(struct record_want){.key = *key, .next = have + 1, .upto = upto});
}

/* Another record of a serial than the one that is held: it is looked at. */
static void want_version(struct fed_node *n, unsigned peer, const struct fed_record_key *key,
	uint64_t serial, const struct fed_hash *hash)
{
	struct fed_peer *p = &n->peers[peer];

	if (find_want(p, key, hash) == p->wants.n && !fed_reg_knows(n->o.reg, key, serial, hash))
		add_want(n, peer,
			&(struct record_want){
				.key = *key, .next = serial, .upto = serial, .version = *hash});
}

void fed_node_told_record(struct fed_node *n, unsigned peer, const struct fed_record_key *key,
	uint64_t serial, const struct fed_hash *hash)
{
	if (!n->peers[peer].up)
		return;
	node_want_record(n, peer, key, serial);
	if (hash->s[0])
		want_version(n, peer, key, serial, hash);
}

/*
 * Of a serial that the chain has not reached, or came with it: not now; not any more.  The next one
 * is asked for so where the chain is not: it was longer, and has been taken back.
 */
static bool is_due(struct fed_node *n, struct fed_peer *p, size_t i, bool *done_out)
{
	const struct record_want *w = want_at(p, i);
	uint64_t held = fed_reg_held(n->o.reg, &w->key);

	*done_out = w->version.s[0] && fed_reg_knows(n->o.reg, &w->key, w->next, &w->version);
	if (*done_out || w->asked || w->at > n->steady_s)
		return false;
	return !w->version.s[0] || w->next <= held ||
	       (w->next == held + 1 && find_want(p, &w->key, &no_version) == p->wants.n);
}

bool node_next_record(struct fed_node *n, unsigned peer, struct fed_request *out)
{
	struct fed_peer *p = &n->peers[peer];
	bool done;

	for (size_t i = 0; i < p->wants.n;) {
		struct record_want *w = want_at(p, i);

		if (is_due(n, p, i, &done)) {
			w->asked = true;
			*out = (struct fed_request){.kind = FED_REQ_RECORD,
				.key = w->key,
				.serial = w->next,
				.version = w->version};
			return true;
		}
		if (done)
			del_want(p, i);
		else
			i++;
	}
	return false;
}

/* It is answered: the next serial of the want, or its end. */
static void step(struct fed_node *n, struct fed_peer *p, const struct fed_request *req)
{
	uint64_t have = fed_reg_held(n->o.reg, &req->key);
	size_t i = find_want(p, &req->key, &req->version);

	if (i == p->wants.n)
		return;
	struct record_want *w = want_at(p, i);
	w->asked = false;
	w->next = have + 1;
	if (w->next > w->upto || w->version.s[0])
		del_want(p, i);
}

static void put_off(
	struct fed_node *n, struct fed_peer *p, const struct fed_request *req, int64_t for_s)
{
	size_t i = find_want(p, &req->key, &req->version);

	if (i == p->wants.n)
		return;
	want_at(p, i)->asked = false;
	want_at(p, i)->at = n->steady_s + for_s;
}

/* By whom: the writer of the record. */
static void alarm_fork(struct fed_node *n, const struct fed_record_key *key)
{
	const struct fed_group *g = NULL;
	struct fed_oid oid;
	struct fed_gid gid;
	bool known = key->type == FED_REC_DAEMON && fed_oid_parse(slice_str(key->s), &oid);

	if (key->type == FED_REC_GROUP && fed_gid_parse(slice_str(key->s), &gid))
		g = fed_reg_group(n->o.reg, &gid);
	n->o.outside->alarm(n->o.arg, FED_ALARM_RECORD_FORK,
		g       ? &g->owner
		: known ? &oid
			: NULL,
		slice_str(key->s));
}

static void drop_news(struct fed_node *n, const struct fed_record_key *key, uint64_t serial);

/* The record that decided is told anew, to those whom a void one took in or left in. */
static void tell_strays(struct fed_node *n, const struct fed_reg_result *r)
{
	uint64_t serial = fed_reg_told_out(n->o.reg, &r->key, r->serial);

	drop_news(n, &r->key, serial);
	*(struct record_news *)vec_push(&n->record_news) =
		(struct record_news){r->key, serial, ++n->o.feeds->n_changes};
	n->o.outside->news(n->o.arg);
}

static void keep(struct fed_node *n, struct slice text, const struct fed_reg_result *r)
{
	int rc = n->o.outside->record(n->o.arg, &r->key, r->serial, text, r->fork);

	if (rc < 0)
		log_warn("fed.record", "key=%s serial=%llu why=%s", r->key.s,
			(unsigned long long)r->serial, kerr_name(rc));
	/* proof of a fork that was healed: what is told stays */
	if (!r->fork || fed_reg_forked(n->o.reg, &r->key))
		*(struct record_told *)vec_push(&n->not_durable) =
			(struct record_told){.key = r->key, .serial = r->serial, .again = r->again};
	if (r->fork)
		alarm_fork(n, &r->key);
	node_record_taken(n, &r->key);
}

static enum fed_reg_got give(
	struct fed_node *n, struct slice text, struct fed_reg_result *r, struct err *why)
{
	enum fed_reg_got got = fed_reg_give(n->o.reg, text, false, r, why);

	if (got == FED_REG_TAKEN)
		keep(n, text, r);
	if (got == FED_REG_TAKEN ? r->fork && !fed_reg_forked(n->o.reg, &r->key) : r->strays)
		tell_strays(n, r);
	return got;
}

enum fed_reg_got fed_node_give_record(struct fed_node *n, struct slice text, struct err *why)
{
	struct fed_reg_result r;

	return give(n, text, &r, why);
}

/*
 * It follows another record of the serial before than ours: that one is fetched first, then this
 * one is looked at again.
 */
static void got_apart(struct fed_node *n, unsigned peer, const struct fed_request *req,
	const struct fed_reg_result *r)
{
	struct fed_peer *p = &n->peers[peer];
	bool known = fed_reg_knows(n->o.reg, &r->key, r->want, &r->prev);

	log_info("fed.record", "peer=%s key=%s serial=%llu why=\"follows another record\"",
		p->oid.s, r->key.s, (unsigned long long)r->serial);
	want_version(n, peer, &r->key, r->want, &r->prev);
	if (known && req->version.s[0])
		step(n, p, req); /* it follows one that does not count */
	else
		put_off(n, p, req, known ? BAD_S : LACKS_S);
}

static void got_bad(
	struct fed_node *n, unsigned peer, const struct fed_request *req, const struct err *why)
{
	struct fed_peer *p = &n->peers[peer];

	log_warn("fed.record", "peer=%s key=%s serial=%llu why=\"%s\"", p->oid.s, req->key.s,
		(unsigned long long)req->serial, why->text);
	if (req->version.s[0])
		step(n, p, req); /* it is what was told of, and stays so */
	else
		put_off(n, p, req, BAD_S);
}

static bool is_asked(const struct fed_request *req, struct slice text)
{
	struct fed_hash hash;

	fed_record_hash(text, &hash);
	return !req->version.s[0] || fed_hash_eq(&hash, &req->version);
}

void node_got_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text)
{
	struct fed_peer *p = &n->peers[peer];
	struct fed_reg_result r;
	struct err why = {.text = ""};

	if (!is_asked(req, text)) {
		put_off(n, p, req, BAD_S);
		return;
	}
	enum fed_reg_got got = give(n, text, &r, &why);
	switch (got) {
	case FED_REG_TAKEN:
	case FED_REG_KNOWN:
		break;
	case FED_REG_LACKS:
		put_off(n, p, req, LACKS_S);
		return;
	case FED_REG_APART:
		got_apart(n, peer, req, &r);
		return;
	case FED_REG_GAP:
	case FED_REG_REFUSED:
		got_bad(n, peer, req, &why);
		return;
	}
	if (!same_key(&r.key, &req->key) ||
		(got == FED_REG_KNOWN && fed_reg_held(n->o.reg, &req->key) < req->serial)) {
		put_off(n, p, req, BAD_S); /* not what was asked for */
		return;
	}
	step(n, p, req);
}

/* Of what it does not have, or may not give, nothing more is asked until it tells of it again. */
void node_got_no_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, bool later)
{
	struct fed_peer *p = &n->peers[peer];
	bool all = !req->version.s[0];

	if (later) {
		put_off(n, p, req, LACKS_S);
		return;
	}
	for (size_t i = p->wants.n; i-- > 0;) {
		const struct record_want *w = want_at(p, i);

		if (same_key(&w->key, &req->key) &&
			(all || fed_hash_eq(&w->version, &req->version)))
			del_want(p, i);
	}
}

static struct record_told *not_durable_at(const struct fed_node *n, size_t i)
{
	return vec_at(&n->not_durable, i);
}

uint64_t fed_node_durable(const struct fed_node *n, const struct fed_record_key *key)
{
	uint64_t serial = fed_reg_held(n->o.reg, key);

	for (size_t i = 0; i < n->not_durable.n; i++) {
		const struct record_told *t = not_durable_at(n, i);

		if (same_key(&t->key, key) && t->serial <= serial)
			serial = t->serial - 1;
	}
	return serial;
}

/* Nothing with that serial is on its way any more; true: another one had it before. */
static bool now_durable(struct fed_node *n, const struct fed_record_key *key, uint64_t serial)
{
	bool again = false;

	for (size_t i = n->not_durable.n; i-- > 0;) {
		struct record_told *t = not_durable_at(n, i);

		if (!same_key(&t->key, key) || t->serial != serial)
			continue;
		again = again || t->again;
		*t = *not_durable_at(n, n->not_durable.n - 1);
		n->not_durable.n--;
	}
	return again;
}

/* It was told of with that serial: once is enough. */
static void drop_news(struct fed_node *n, const struct fed_record_key *key, uint64_t serial)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->record_news.n; i++) {
		const struct record_news *news = vec_at(&n->record_news, i);

		if (news->serial != serial || !same_key(&news->key, key))
			*(struct record_news *)vec_at(&n->record_news, kept++) = *news;
	}
	n->record_news.n = kept;
}

/* It is told to others now.  One that could not be kept is told to nobody until it is given again.
 */
void fed_node_recorded(
	struct fed_node *n, const struct fed_record_key *key, uint64_t serial, int rc)
{
	if (rc < 0 && rc != KERR_EXISTS) {
		log_error("fed.record", "key=%s serial=%llu why=%s", key->s,
			(unsigned long long)serial, kerr_name(rc));
		return;
	}
	if (now_durable(n, key, serial))
		drop_news(n, key, serial);
	uint64_t durable = fed_node_durable(n, key); /* one behind it may be on disk already */
	*(struct record_news *)vec_push(&n->record_news) = (struct record_news){
		*key, serial > durable ? serial : durable, ++n->o.feeds->n_changes};
	n->o.outside->news(n->o.arg);
}

/* ---- what follows ---- */

static bool apply_marks_of(void *arg, const struct fed_group *g, uint64_t serial)
{
	(void)serial;
	node_apply_cuts(arg, g);
	node_apply_begins(arg, g);
	return true;
}

static bool alarm_if_forked(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	struct fed_node *n = arg;

	(void)serial;
	if (fed_reg_forked(n->o.reg, key))
		alarm_fork(n, key);
	return true;
}

/* A record is kept before its marks act: a crash may have come between. */
void fed_node_start(struct fed_node *n)
{
	node_parts_start(n);
	node_forks_start(n);
	fed_reg_groups(n->o.reg, apply_marks_of, n);
	fed_reg_each(n->o.reg, alarm_if_forked, n);
}

/* Those who are not in the group any more are asked for nothing of it; nor is anybody by us then.
 */
static void forget_strangers(struct fed_node *n, struct fed_feed *f)
{
	bool in = fed_reg_reads(n->o.reg, &n->o.self, &f->name.gid);

	for (unsigned i = 0; f->want && i < FED_PULL_PEERS; i++)
		if (n->peers[i].up &&
			!(in && fed_reg_reads(n->o.reg, &n->peers[i].oid, &f->name.gid)))
			fed_pull_forget(n->pull, f, i);
}

/*
 * Who may know of a group has changed: its heads are told anew to those who now may, and asked for
 * anew, for what was told before the record came was passed over.
 */
static void renew_heads(struct fed_node *n, const struct fed_gid *gid)
{
	uint64_t last = n->o.feeds->n_changes;

	for (struct list *it = n->o.feeds->by_change.next, *next; it != &n->o.feeds->by_change;
		it = next) {
		struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (f->changed > last)
			break; /* touched here */
		next = it->next;
		if (fed_gid_eq(&f->name.gid, gid)) {
			fed_feeds_touch(n->o.feeds, f);
			forget_strangers(n, f);
		}
	}
	for (unsigned i = 0; i < FED_PULL_PEERS; i++) {
		struct fed_peer *p = &n->peers[i];

		if (!p->up || !fed_reg_reads(n->o.reg, &p->oid, gid) ||
			!fed_reg_reads(n->o.reg, &n->o.self, gid))
			continue;
		node_ask_heads(n, i, gid);
	}
}

void node_record_taken(struct fed_node *n, const struct fed_record_key *key)
{
	struct fed_gid gid;

	if (key->type != FED_REC_DAEMON && fed_gid_parse(slice_str(key->s), &gid)) {
		if (fed_reg_group(n->o.reg, &gid)) {
			node_apply_cuts(n, fed_reg_group(n->o.reg, &gid));
			node_apply_begins(n, fed_reg_group(n->o.reg, &gid));
		}
		renew_heads(n, &gid);
	}
	n->neighbours_known = false;
	n->o.outside->neighbours(n->o.arg);
	n->o.outside->news(n->o.arg);
}
