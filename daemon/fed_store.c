/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the node asks of the store, and the store's answers to the node.  Entries are stored with
 * what readers see of them (overview, structure, heads), in one transaction with their feed.
 */
#include <stdio.h>

#include "daemon/fed_door.h"
#include "daemon/fed_heard.h"
#include "daemon/fed_link.h"
#include "daemon/fed_mend.h"
#include "daemon/fed_proof.h"
#include "daemon/fed_relay.h"
#include "daemon/fed_shape.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum {
	STORING_FEW = 16, /* with more entries on their way to the disk, one of them can wait */
};

/* ---- notes ---- */

static void put_u64(uint8_t *out, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static uint64_t get_u64(const uint8_t *in)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}

void fed_hash_raw(const struct fed_hash *h, uint8_t out[STORE_ENTRY_HASH])
{
	if (!base64url_read(fed_hash_slice(h), out, STORE_ENTRY_HASH))
		memset(out, 0, STORE_ENTRY_HASH); /* "": of no entry */
}

void fed_hash_text(const uint8_t raw[STORE_ENTRY_HASH], struct fed_hash *out)
{
	base64url_write(out->s, slice_of((const char *)raw, STORE_ENTRY_HASH));
	out->s[FED_HASH_LEN] = '\0';
}

/* p (32 bytes), r, t */
void fed_note_put(const struct fed_link *l, uint8_t out[FED_NOTE_LEN])
{
	fed_hash_raw(&l->p, out);
	put_u64(out + STORE_ENTRY_HASH, l->r);
	put_u64(out + STORE_ENTRY_HASH + 8, l->t);
}

bool fed_note_get(
	uint64_t n, const uint8_t hash[STORE_ENTRY_HASH], struct slice note, struct fed_link *out)
{
	const uint8_t *b = (const uint8_t *)note.p;

	*out = (struct fed_link){.n = n};
	fed_hash_text(hash, &out->e);
	if (note.len != FED_NOTE_LEN)
		return false;
	fed_hash_text(b, &out->p);
	out->r = get_u64(b + STORE_ENTRY_HASH);
	out->t = get_u64(b + STORE_ENTRY_HASH + 8);
	return true;
}

/* ---- reading ---- */

static int find_feed(struct view *v, const struct fed_feed_name *name, struct feed_rec *out)
{
	char text[FED_FEED_NAME_LEN];

	fed_feed_name_text(name, text);
	return view_feed_named(v, slice_str(text), out);
}

int fed_feed_tip(struct fed *f, const struct fed_feed_name *name, struct fed_link *out)
{
	struct feed_rec rec = {0};
	struct view *v;
	int rc = view_open(f->d->store, &v);

	if (rc < 0)
		return rc;
	rc = find_feed(v, name, &rec);
	if (rc == 0)
		(void)!fed_note_get(
			rec.high, rec.tip, slice_of((const char *)rec.note, rec.n_note), out);
	view_close(v);
	return rc;
}

/* The entry, while the view is open. */
static int read_entry(struct fed *f, const struct fed_feed *feed, uint64_t n, struct view **v,
	struct entry_rec *e)
{
	uint32_t id = feed->id;
	struct feed_rec rec = {0};
	int rc = view_open(f->d->store, v);

	if (rc < 0)
		return rc;
	if (id == 0) {
		rc = find_feed(*v, &feed->stored, &rec);
		id = rc == 0 ? rec.id : 0;
	}
	if (rc == 0)
		rc = view_entry(*v, id, n, e);
	if (rc < 0)
		view_close(*v);
	return rc == KERR_DAMAGED ? KERR_NOTFOUND : rc; /* it is lost, and comes again */
}

static int on_link(void *arg, const struct fed_feed *feed, uint64_t n, struct fed_link *out)
{
	struct entry_rec e = {0};
	struct view *v;
	int rc = read_entry(arg, feed, n, &v, &e);

	if (rc < 0)
		return rc;
	rc = fed_note_get(n, e.hash, e.note, out) ? 0 : KERR_DAMAGED;
	view_close(v);
	return rc;
}

static int on_held(void *arg, const struct fed_feed *feed, uint64_t n, struct fed_held *out)
{
	struct entry_rec e = {0};
	struct view *v;
	int rc = read_entry(arg, feed, n, &v, &e);

	if (rc < 0)
		return rc;
	out->content = entry_is_here(&e);
	out->absent = (enum fed_absent)e.absent;
	rc = slice_cstr(e.sign, out->sign, sizeof out->sign) ? 0 : KERR_DAMAGED;
	view_close(v);
	return rc;
}

static int on_article(void *arg, const struct fed_feed *feed, uint64_t n, struct buf *out)
{
	struct entry_rec e = {0};
	struct view *v;
	int rc = read_entry(arg, feed, n, &v, &e);

	if (rc < 0)
		return rc;
	rc = entry_is_here(&e) ? view_content_all(v, e.content, out) : KERR_NOTFOUND;
	view_close(v);
	return rc;
}

/* ---- storing ---- */

/* An entry that the store has been given. */
struct storing {
	struct fed *f;
	struct fed_feed *feed;
	struct fed_link link;
	struct store_entry entry; /* without slices: for another try as stub */
	char sign[FED_FIELD_MAX], name[FED_FEED_NAME_LEN];
	uint8_t note[FED_NOTE_LEN], root[STORE_ENTRY_HASH];
	struct fed_shape shape;
	bool stub, mends;
	bool was_lost; /* text or row */
};

static int store_stub(struct storing *s);
static void on_turn(struct fed_shape *shape);

static void storing_free(struct storing *s)
{
	s->f->n_storing--;
	fed_shape_fini(&s->shape);
	free(s);
}

/* Is the very entry here already (and not only its Message-ID)? */
static bool is_held(struct storing *s)
{
	struct fed_link held = {0};

	return on_link(s->f, s->feed, s->link.n, &held) == 0 && fed_hash_eq(&held.e, &s->link.e);
}

static void on_stored(void *arg, const struct store_result *res)
{
	struct storing *s = arg;
	struct fed_link tip = s->link;
	int rc = res->rc;

	if (s->f->stopping) {
		storing_free(s);
		return;
	}
	fed_now(s->f);
	if (rc == KERR_EXISTS && !s->stub && !is_held(s)) {
		/* its Message-ID is known as another's: the feed goes on without the text */
		s->entry.absent = FED_ABSENT_POLICY;
		if (store_stub(s) == 0)
			return;
		rc = KERR_BUSY;
	}
	if (rc == 0 && s->was_lost)
		fed_self_mended(s->f);
	if (rc == 0) {
		s->feed->id = res->fed->feed;
		if (res->fed->high != s->link.n)
			rc = fed_feed_tip(s->f, &s->feed->stored, &tip);
	}
	fed_node_stored(s->f->node, s->feed, s->link.n, rc, &tip);
	fed_relays_stored(s->f, s->feed, s->link.n, rc);
	storing_free(s);
}

static struct store_call call_of(struct storing *s)
{
	return (struct store_call){.home = s->f->loop,
		.done = on_stored,
		.arg = s,
		.can_wait = s->f->n_storing > STORING_FEW};
}

static int store_stub(struct storing *s)
{
	struct store_call call = call_of(s);

	s->stub = true;
	return store_entry(s->f->d->store, &s->entry, &call);
}

static enum entry_kind kind_of(enum fed_kind k)
{
	return k == FED_HEARTBEAT ? ENTRY_BEAT : k == FED_CONTROL ? ENTRY_CONTROL : ENTRY_ARTICLE;
}

static struct storing *storing_new(struct fed *f, const struct fed_take *t)
{
	struct storing *s = mem_new(struct storing);

	s->f = f;
	f->n_storing++;
	s->shape.f = f;
	s->shape.entry = &s->entry;
	s->shape.turn = on_turn;
	s->feed = t->feed;
	s->link = t->link;
	s->entry = (struct store_entry){.first = t->feed->low,
		.n = t->link.n,
		.kind = kind_of(t->kind),
		.absent = (uint8_t)t->absent};
	fed_feed_name_text(&t->feed->stored, s->name);
	fed_hash_raw(&t->feed->tip.e, s->root); /* looked at when the feed is new there */
	s->entry.root = s->root;
	(void)!slice_cstr(t->sign, s->sign, sizeof s->sign);
	fed_note_put(&t->link, s->note);
	fed_hash_raw(&t->link.e, s->entry.hash);
	s->entry.feed = slice_str(s->name);
	s->entry.sign = slice_str(s->sign);
	s->entry.note = slice_of((const char *)s->note, sizeof s->note);
	return s;
}

static int give(struct storing *s)
{
	struct store_call call = call_of(s);
	struct store_made *made = s->shape.made;

	if (!made)
		return s->shape.rc == 0 ? store_stub(s) : s->shape.rc;
	s->shape.made = NULL;
	return store_post_made(s->f->d->store, made, &call);
}

/* The node has been told that it is on its way. */
static void on_turn(struct fed_shape *shape)
{
	struct storing *s = container_of(shape, struct storing, shape);
	struct store_result res = {.rc = s->f->stopping ? KERR_CLOSED : give(s)};

	if (res.rc < 0)
		on_stored(s, &res);
}

static int store_it(struct storing *s, const struct fed_take *t)
{
	struct store_call call = call_of(s);
	int rc = KERR_NOTFOUND;

	if (s->f->stopping)
		return KERR_CLOSED;
	s->was_lost = fed_spans_has(&t->feed->lost, t->link.n);
	if (t->article.len > 0 && s->was_lost)
		rc = fed_mend(s->f, t, &call);
	s->mends = rc == 0;
	if (rc == KERR_NOTFOUND)
		rc = fed_shape_init(&s->shape, t);
	if (rc < 0 || s->mends)
		return rc;
	if (fed_shapes_many(s->f)) {
		fed_shape_queue(&s->shape);
		return 0;
	}
	fed_shape_make(&s->shape);
	return give(s);
}

static int on_store(void *arg, const struct fed_take *t)
{
	struct storing *s = storing_new(arg, t);
	int rc = store_it(s, t);

	if (rc < 0)
		storing_free(s);
	return rc;
}

/* ---- cuts, and later beginnings ---- */

/* A feed that is being cut, or begins later now. */
struct cutting {
	struct fed *f;
	struct fed_feed *feed;
	char name[FED_FEED_NAME_LEN];
	bool begins;
	uint64_t at; /* there; or it ends there */
};

static void on_cut_done(void *arg, const struct store_result *res);

static int cut(struct cutting *c)
{
	const struct store_call call = {.home = c->f->loop, .done = on_cut_done, .arg = c};
	struct store *store = c->f->d->store;

	return c->begins ? store_feed_begin(store, slice_str(c->name), c->at, &call)
			 : store_feed_end(store, slice_str(c->name), c->at, &call);
}

static void cut_failed(const struct cutting *c, int rc)
{
	log_error(
		c->begins ? "fed.begin" : "fed.cut", "feed=\"%s\" why=%s", c->name, kerr_name(rc));
}

static void on_cut_done(void *arg, const struct store_result *res)
{
	struct cutting *c = arg;
	struct fed_link tip = {.n = 0};

	if (res->rc == 0 && !c->begins && res->fed->more && !c->f->stopping && cut(c) == 0)
		return;
	if (res->rc < 0 && res->rc != KERR_NOTFOUND)
		cut_failed(c, res->rc);
	else if (!c->f->stopping && fed_feed_tip(c->f, &c->feed->stored, &tip) == 0)
		(c->begins ? fed_node_begun : fed_node_cut)(c->f->node, c->feed, &tip);
	free(c);
}

static void cut_new(struct fed *f, struct fed_feed *feed, bool begins, uint64_t at)
{
	struct cutting *c = mem_new(struct cutting);
	int rc;

	*c = (struct cutting){.f = f, .feed = feed, .begins = begins, .at = at};
	fed_feed_name_text(&feed->stored, c->name);
	rc = cut(c);
	if (rc < 0) {
		cut_failed(c, rc);
		free(c);
	}
}

static void on_cut(void *arg, struct fed_feed *feed, uint64_t end)
{
	struct fed *f = arg;

	cut_new(f, feed, false, end);
	if (fed_oid_eq(&feed->name.oid, &f->keys->oid)) {
		f->plans_due = true; /* it goes on in another epoch */
		fed_soon(f);
	}
}

static void on_begin(void *arg, struct fed_feed *feed, uint64_t low)
{
	cut_new(arg, feed, true, low);
}

/* ---- records ---- */

struct recording {
	struct fed *f;
	struct fed_record_key key;
	uint64_t serial;
	struct buf text; /* for another try, as the second one of its serial */
	bool proof;
};

static enum record_type type_of(enum fed_record_type t)
{
	return t == FED_REC_FEDERATION ? RECORD_FEDERATION
	       : t == FED_REC_DAEMON   ? RECORD_DAEMON
				       : RECORD_GROUP;
}

static int record_put(struct recording *r);

static void recording_free(struct recording *r)
{
	buf_fini(&r->text);
	free(r);
}

static void on_recorded(void *arg, const struct store_result *res)
{
	struct recording *r = arg;
	struct fed *f = r->f;

	if (f->stopping) {
		recording_free(r);
		return;
	}
	fed_now(f);
	if (res->rc == KERR_CONFLICT && !r->proof) {
		r->proof = true;
		if (record_put(r) == 0)
			return;
	}
	fed_node_recorded(f->node, &r->key, r->serial, res->rc);
	fed_wake_waiters(f, &r->key, r->serial, res->rc == KERR_EXISTS ? 0 : res->rc);
	recording_free(r);
}

/* One with the serial of another is kept beside it, under its own hash. */
static int record_put(struct recording *r)
{
	const struct store_call call = {.home = r->f->loop, .done = on_recorded, .arg = r};
	struct fed_hash h;

	if (!r->proof)
		return store_record(r->f->d->store, type_of(r->key.type), slice_str(r->key.s),
			r->serial, buf_slice(&r->text), &call);
	fed_record_hash(buf_slice(&r->text), &h);
	return store_record(r->f->d->store, RECORD_PROOF, fed_hash_slice(&h), r->serial,
		buf_slice(&r->text), &call);
}

static int on_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, struct slice text, bool fork)
{
	struct recording *r = mem_new(struct recording);
	int rc;

	*r = (struct recording){.f = arg, .key = *key, .serial = serial, .proof = fork};
	buf_init(&r->text, FED_RECORD_MAX);
	buf_add(&r->text, text);
	rc = record_put(r);
	if (rc < 0)
		recording_free(r);
	else
		fed_record_came(arg, key);
	return rc;
}

/* ---- the rest ---- */

static void on_news(void *arg)
{
	struct fed *f = arg;

	f->news_due = true;
	fed_soon(f);
}

static void on_work(void *arg, unsigned peer)
{
	fed_links_work(arg, peer);
}

static void on_neighbours(void *arg)
{
	struct fed *f = arg;

	f->dial_due = f->plans_due = true;
	fed_soon(f);
}

const struct fed_outside fed_outside = {
	.store = on_store,
	.record = on_record,
	.link = on_link,
	.held = on_held,
	.article = on_article,
	.cut = on_cut,
	.begin = on_begin,
	.news = on_news,
	.work = on_work,
	.neighbours = on_neighbours,
	.alarm = fed_alarm,
	.fork_proof = fed_proof_met,
	.control = fed_heard,
	.caught_up = fed_caught_up,
};
