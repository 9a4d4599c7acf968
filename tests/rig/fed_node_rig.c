/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node with one neighbour, over a store of entries without content. */
#include "tests/rig/fed_node_rig.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/unit.h"

struct node_rig node_rig;

/* ---- a store of entries without content ---- */

static struct vec rows; /* struct node_rig_row */

static struct node_rig_row *row_at(size_t i)
{
	return vec_at(&rows, i);
}

struct node_rig_row *node_rig_find(const struct fed_feed_name *in, uint64_t n)
{
	for (size_t i = 0; i < rows.n; i++)
		if (row_at(i)->link.n == n && fed_epoch_cmp(&row_at(i)->in.epoch, &in->epoch) == 0)
			return row_at(i);
	return NULL;
}

static int on_store(void *arg, const struct fed_take *t)
{
	struct node_rig_row *r = vec_push(&rows);

	(void)arg;
	*r = (struct node_rig_row){.in = t->feed->stored, .feed = t->feed, .link = t->link};
	assert_true(slice_cstr(t->sign, r->sign, sizeof r->sign));
	assert_true(slice_cstr(t->cancels, node_rig.cancels, sizeof node_rig.cancels));
	return 0;
}

static int on_link(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out)
{
	const struct node_rig_row *r = node_rig_find(&f->stored, n);

	(void)arg;
	if (!r)
		return KERR_NOTFOUND;
	*out = r->link;
	return 0;
}

static int on_held(void *arg, const struct fed_feed *f, uint64_t n, struct fed_held *out)
{
	const struct node_rig_row *r = node_rig_find(&f->stored, n);

	(void)arg;
	if (!r)
		return KERR_NOTFOUND;
	*out = (struct fed_held){.content = node_rig.content};
	memcpy(out->sign, r->sign, sizeof out->sign);
	return 0;
}

static int on_article(void *arg, const struct fed_feed *f, uint64_t n, struct buf *out)
{
	(void)arg;
	(void)f;
	(void)n;
	buf_addz(out, "From: x\r\n\r\n");
	return 0;
}

static int on_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, struct slice text, bool fork)
{
	(void)arg;
	(void)key;
	(void)serial;
	(void)text;
	(void)fork;
	return 0;
}

static void on_cut(void *arg, struct fed_feed *f, uint64_t end)
{
	(void)arg;
	node_rig.n_cuts++;
	node_rig.cut_feed = f;
	node_rig.cut_at = end;
}

static void nothing(void *arg)
{
	(void)arg;
}

static void no_work(void *arg, unsigned which)
{
	(void)arg;
	(void)which;
}

static void on_alarm(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text)
{
	const struct fed_oid a = fed_rig_oid('a');

	(void)arg;
	(void)text;
	if (what == FED_ALARM_BEHIND_OWN) {
		node_rig.n_behind++;
		return;
	}
	assert_int_equal(what, FED_ALARM_FORK);
	assert_true(fed_oid_eq(who, &a));
	node_rig.n_forks++;
}

/* What is proven can be put into a control entry. */
static void on_proof(void *arg, const struct fed_gid *gid, const struct fed_sign *one,
	const struct fed_sign *two)
{
	struct fed_sign x, y;
	const char *why;
	struct buf b;

	(void)arg;
	assert_true(fed_gid_eq(gid, &node_rig.group->group.gid));
	buf_init(&b, 4096);
	fed_fork_add(&b, one, two);
	assert_true(fed_fork_parse(buf_slice(&b), &x, &y, &why));
	buf_fini(&b);
	node_rig.n_proofs++;
}

static void on_control(void *arg, const struct fed_feed *f, const struct fed_sign *s,
	const struct fed_control *c, struct slice body)
{
	(void)arg;
	(void)f;
	(void)s;
	(void)body;
	node_rig.n_controls++;
	node_rig.last_control = c->kind;
}

static void on_caught_up(void *arg)
{
	(void)arg;
	node_rig.n_caught_up++;
}

static const struct fed_outside outside = {.store = on_store,
	.record = on_record,
	.link = on_link,
	.held = on_held,
	.article = on_article,
	.cut = on_cut,
	.news = nothing,
	.work = no_work,
	.neighbours = nothing,
	.alarm = on_alarm,
	.fork_proof = on_proof,
	.control = on_control,
	.caught_up = on_caught_up};

void node_rig_lose(const struct fed_hash *branch)
{
	const struct fed_feed_name name = node_rig_name(branch);
	size_t kept = 0;

	for (size_t i = 0; i < rows.n; i++)
		if (fed_epoch_cmp(&row_at(i)->in.epoch, &name.epoch) != 0)
			*row_at(kept++) = *row_at(i);
	rows.n = kept;
}

/* All that was given is on disk. */
void node_rig_commit(void)
{
	for (size_t i = 0; i < rows.n; i++) {
		struct node_rig_row *r = row_at(i), *tip = NULL, *next;
		uint64_t n = 1;

		if (r->told)
			continue;
		r->told = true;
		while (!node_rig_find(&r->in, n) && n < r->link.n)
			n++;
		for (n = n > 1 ? n : 1; (next = node_rig_find(&r->in, n)) != NULL; n++)
			tip = next;
		fed_node_stored(node_rig.node, r->feed, r->link.n, 0, &tip->link);
	}
}

/* ---- set up: we are b, a is origin and neighbour ---- */

void node_rig_give(const struct fed_record *rec)
{
	struct fed_reg_result res;
	struct err why = {""};

	if (fed_reg_give(node_rig.reg, rec->text, false, &res, &why) != FED_REG_TAKEN)
		fail_msg("%s", why.text);
}

void node_rig_start_as(char self)
{
	const struct fed_oid other = fed_rig_oid(self == 'a' ? 'b' : 'a');

	node_rig.node = fed_node_new(&(struct fed_node_opts){.self = fed_rig_oid(self),
		.name = fed_rig_name(self),
		.reg = node_rig.reg,
		.feeds = &node_rig.feeds,
		.outside = &outside,
		.cookie = 7});
	fed_node_now(node_rig.node, NODE_RIG_NOW, 1000);
	fed_node_start(node_rig.node);
	node_rig.peer = (unsigned)fed_node_up(node_rig.node, &other);
}

void node_rig_start(void)
{
	node_rig_start_as('b');
}

int node_rig_up(void **state)
{
	const char *two = "daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
			  "daemon: @b active ~b kreisb\n";
	struct fed_record *rec;

	(void)state;
	arena_init(&node_rig.arena);
	vec_init(&rows, sizeof(struct node_rig_row));
	node_rig.reg = fed_reg_new();
	fed_feeds_init(&node_rig.feeds);
	node_rig_give(fed_rig_make(&node_rig.arena, fed_rig_daemon, NULL, NULL, "a"));
	rec = fed_rig_make(&node_rig.arena, fed_rig_federation, NULL, NULL, "A");
	node_rig_give(rec);
	node_rig.federation = fed_rig_make(&node_rig.arena, fed_rig_federation, two, rec, "A");
	node_rig_give(node_rig.federation);
	node_rig.group = fed_rig_make(&node_rig.arena, fed_rig_group, NULL, NULL, "A");
	node_rig_give(node_rig.group);
	node_rig.n_forks = node_rig.n_proofs = node_rig.n_caught_up = 0;
	node_rig.n_controls = node_rig.n_cuts = node_rig.n_behind = 0;
	node_rig.content = false;
	node_rig_start();
	return 0;
}

int node_rig_down(void **state)
{
	(void)state;
	fed_node_free(node_rig.node);
	fed_feeds_fini(&node_rig.feeds);
	fed_reg_free(node_rig.reg);
	vec_fini(&rows);
	arena_fini(&node_rig.arena);
	return 0;
}

/* ---- chains of heartbeats ---- */

/* Entries from..to, behind what stands before; another t makes another chain. */
void node_rig_grow(struct node_rig_chain *c, uint64_t from, uint64_t to, uint64_t t)
{
	const struct fed_public key = fed_rig_public('a');
	uint8_t seed[CRYPTO_KEY_LEN];

	fed_rig_seed('a', seed);
	for (uint64_t n = from; n <= to; n++) {
		struct fed_sign *s = &c->sign[n];

		*s = (struct fed_sign){
			.o = fed_rig_oid('a'), .g = node_rig.group->group.gid, .e = NODE_RIG_EPOCH};
		fed_sign_set_heartbeat(s);
		fed_keyid_of(&key, &s->k);
		fed_entry_seal(s, n, n > 1 ? &c->e[n - 1] : &fed_hash_none, t, 1, seed);
		fed_sign_hash(s, &c->e[n]);
	}
}

void node_rig_add(struct node_rig_chain *c, uint64_t n, uint64_t t, enum fed_kind y)
{
	struct fed_sign *s = &c->sign[n];
	uint8_t seed[CRYPTO_KEY_LEN];

	node_rig_grow(c, n, n, t);
	fed_rig_seed('a', seed);
	s->y = y;
	snprintf(s->m, sizeof s->m, "<x%u@forum.a.example>", (unsigned)n);
	fed_sign_make(s, seed);
	fed_sign_hash(s, &c->e[n]);
}

struct fed_feed_name node_rig_name(const struct fed_hash *branch)
{
	struct fed_feed_name name = {.gid = node_rig.group->group.gid, .oid = fed_rig_oid('a')};

	name.epoch.n = NODE_RIG_EPOCH;
	if (branch)
		fed_branch_of(NODE_RIG_EPOCH, branch, &name.epoch);
	return name;
}

struct fed_feed *node_rig_feed(const struct fed_hash *branch)
{
	const struct fed_feed_name name = node_rig_name(branch);

	return fed_feeds_get(&node_rig.feeds, &name);
}

void node_rig_tell(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e)
{
	struct fed_feed_name name = node_rig_name(branch);
	struct fed_holding h = {.low = low, .high = high};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_node_told_head(node_rig.node, node_rig.peer, &name, &h, e);
}

void node_rig_answer(const struct fed_request *req, const struct node_rig_chain *c)
{
	const struct fed_stub stub = {.sign = c->sign[req->n]};
	struct buf b;

	buf_init(&b, 16 * 1024);
	if (req->kind == FED_REQ_SIGNS) {
		for (uint64_t at = req->n; at <= req->upto; at++) {
			fed_sign_add_line(&b, &c->sign[at]);
			buf_addz(&b, "\r\n");
		}
		assert_int_equal(fed_node_got(node_rig.node, node_rig.peer, req, buf_slice(&b)), 0);
	} else {
		fed_stub_add(&b, &stub);
		assert_int_equal(
			fed_node_got_stub(node_rig.node, node_rig.peer, req, buf_slice(&b)), 0);
	}
	buf_fini(&b);
}

/* The neighbour has this chain and answers whatever it is asked. */
unsigned node_rig_serve(const struct node_rig_chain *c)
{
	struct fed_request req;
	unsigned n_signs = 0;

	while (fed_node_next(node_rig.node, node_rig.peer, &req)) {
		if (req.kind == FED_REQ_HEADS)
			continue;
		n_signs += req.kind == FED_REQ_SIGNS;
		node_rig_answer(&req, c);
		node_rig_commit();
	}
	return n_signs;
}

void node_rig_holds(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e)
{
	const struct fed_feed *f = node_rig_feed(branch);

	assert_non_null(f);
	assert_int_equal(f->low, low);
	assert_int_equal(f->high, high);
	assert_string_equal(f->tip.e.s, e->s);
}
