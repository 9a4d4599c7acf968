/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An origin that signed two entries with one number: docs/federation.md section 7.4. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_node.h"
#include "tests/rig/fed_rig.h"

enum { NOW = 1795309300, EPOCH = 1790000000 };

static struct arena ar;
static struct fed_reg *reg;
static struct fed_feeds feeds;
static struct fed_node *node;
static struct fed_record *group;
static unsigned peer, n_forks, n_proofs;

/* ---- a store of entries without content ---- */

struct row {
	struct fed_feed_name in; /* the name in the store */
	struct fed_feed *feed;   /* as it was given */
	struct fed_link link;
	char sign[FED_FIELD_MAX];
	bool told;
};

static struct vec rows; /* struct row */

static struct row *row_at(size_t i)
{
	return vec_at(&rows, i);
}

static struct row *find(const struct fed_feed_name *in, uint64_t n)
{
	for (size_t i = 0; i < rows.n; i++)
		if (row_at(i)->link.n == n && fed_epoch_cmp(&row_at(i)->in.epoch, &in->epoch) == 0)
			return row_at(i);
	return NULL;
}

static int on_store(void *arg, const struct fed_take *t)
{
	struct row *r = vec_push(&rows);

	(void)arg;
	*r = (struct row){.in = t->feed->stored, .feed = t->feed, .link = t->link};
	assert_true(slice_cstr(t->sign, r->sign, sizeof r->sign));
	return 0;
}

static int on_link(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out)
{
	const struct row *r = find(&f->stored, n);

	(void)arg;
	if (!r)
		return KERR_NOTFOUND;
	*out = r->link;
	return 0;
}

static int on_held(void *arg, const struct fed_feed *f, uint64_t n, struct fed_held *out)
{
	const struct row *r = find(&f->stored, n);

	(void)arg;
	if (!r)
		return KERR_NOTFOUND;
	memcpy(out->sign, r->sign, sizeof out->sign);
	out->content = false;
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
	assert_int_equal(what, FED_ALARM_FORK);
	assert_true(fed_oid_eq(who, &a));
	n_forks++;
}

/* What is proven can be put into a control entry. */
static void on_proof(void *arg, const struct fed_gid *gid, const struct fed_sign *one,
	const struct fed_sign *two)
{
	struct fed_sign x, y;
	const char *why;
	struct buf b;

	(void)arg;
	assert_true(fed_gid_eq(gid, &group->group.gid));
	buf_init(&b, 4096);
	fed_fork_add(&b, one, two);
	assert_true(fed_fork_parse(buf_slice(&b), &x, &y, &why));
	buf_fini(&b);
	n_proofs++;
}

static const struct fed_outside outside = {.store = on_store,
	.record = on_record,
	.link = on_link,
	.held = on_held,
	.news = nothing,
	.work = no_work,
	.neighbours = nothing,
	.alarm = on_alarm,
	.fork_proof = on_proof};

/* All that was given is on disk. */
static void commit(void)
{
	for (size_t i = 0; i < rows.n; i++) {
		struct row *r = row_at(i), *tip = NULL, *next;
		uint64_t n = 1;

		if (r->told)
			continue;
		r->told = true;
		while (!find(&r->in, n) && n < r->link.n)
			n++;
		for (n = n > 1 ? n : 1; (next = find(&r->in, n)) != NULL; n++)
			tip = next;
		fed_node_stored(node, r->feed, r->link.n, 0, &tip->link);
	}
}

/* ---- set up: we are b, a is origin and neighbour ---- */

static void give(const struct fed_record *rec)
{
	struct fed_reg_result res;
	struct err why = {""};

	assert_int_equal(fed_reg_give(reg, rec->text, false, &res, &why), FED_REG_TAKEN);
}

static void start(void)
{
	const struct fed_oid a = fed_rig_oid('a');

	node = fed_node_new(&(struct fed_node_opts){.self = fed_rig_oid('b'),
		.name = fed_rig_name('b'),
		.reg = reg,
		.feeds = &feeds,
		.outside = &outside,
		.cookie = 7});
	fed_node_now(node, NOW, 1000);
	fed_node_start(node);
	peer = (unsigned)fed_node_up(node, &a);
}

static int set_up(void **state)
{
	const char *two = "daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
			  "daemon: @b active ~b kreisb\n";
	struct fed_record *rec;

	(void)state;
	arena_init(&ar);
	vec_init(&rows, sizeof(struct row));
	reg = fed_reg_new();
	fed_feeds_init(&feeds);
	give(fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a"));
	rec = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");
	give(rec);
	give(fed_rig_make(&ar, fed_rig_federation, two, rec, "A"));
	group = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	give(group);
	n_forks = n_proofs = 0;
	start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_node_free(node);
	fed_feeds_fini(&feeds);
	fed_reg_free(reg);
	vec_fini(&rows);
	arena_fini(&ar);
	return 0;
}

/* ---- chains of heartbeats ---- */

struct chain {
	struct fed_sign sign[10]; /* of entries 1 .. */
	struct fed_hash e[10];
};

/* Entries from..to, behind what stands before; another t makes another chain. */
static void grow(struct chain *c, uint64_t from, uint64_t to, uint64_t t)
{
	const struct fed_public key = fed_rig_public('a');
	uint8_t seed[CRYPTO_KEY_LEN];

	fed_rig_seed('a', seed);
	for (uint64_t n = from; n <= to; n++) {
		struct fed_sign *s = &c->sign[n];

		*s = (struct fed_sign){.o = fed_rig_oid('a'), .g = group->group.gid, .e = EPOCH};
		fed_sign_set_heartbeat(s);
		fed_keyid_of(&key, &s->k);
		fed_entry_seal(s, n, n > 1 ? &c->e[n - 1] : &fed_hash_none, t, 1, seed);
		fed_sign_hash(s, &c->e[n]);
	}
}

static struct fed_feed_name name_of(const struct fed_hash *branch)
{
	struct fed_feed_name name = {.gid = group->group.gid, .oid = fed_rig_oid('a')};

	name.epoch.n = EPOCH;
	if (branch)
		fed_branch_of(EPOCH, branch, &name.epoch);
	return name;
}

static struct fed_feed *feed_of(const struct fed_hash *branch)
{
	const struct fed_feed_name name = name_of(branch);

	return fed_feeds_get(&feeds, &name);
}

static void tell(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e)
{
	struct fed_feed_name name = name_of(branch);
	struct fed_holding h = {.low = low, .high = high};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_node_told_head(node, peer, &name, &h, e);
}

static void answer(const struct fed_request *req, const struct chain *c)
{
	const struct fed_stub stub = {.sign = c->sign[req->n]};
	struct buf b;

	buf_init(&b, 4096);
	if (req->kind == FED_REQ_SIGNS) {
		fed_sign_add_line(&b, &stub.sign);
		buf_addz(&b, "\r\n");
		assert_int_equal(fed_node_got(node, peer, req, buf_slice(&b)), 0);
	} else {
		fed_stub_add(&b, &stub);
		assert_int_equal(fed_node_got_stub(node, peer, req, buf_slice(&b)), 0);
	}
	buf_fini(&b);
}

/* The neighbour has this chain and answers whatever it is asked. */
static unsigned serve(const struct chain *c)
{
	struct fed_request req;
	unsigned n_signs = 0;

	while (fed_node_next(node, peer, &req)) {
		if (req.kind == FED_REQ_HEADS)
			continue;
		n_signs += req.kind == FED_REQ_SIGNS;
		answer(&req, c);
		commit();
	}
	return n_signs;
}

static void holds(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e)
{
	const struct fed_feed *f = feed_of(branch);

	assert_non_null(f);
	assert_int_equal(f->low, low);
	assert_int_equal(f->high, high);
	assert_string_equal(f->tip.e.s, e->s);
}

static struct chain one, two;

/* Ours is 1..7; two leaves it behind 3. */
static void hold_one(void)
{
	grow(&one, 1, 7, NOW);
	two = one;
	grow(&two, 4, 8, NOW + 1);
	tell(NULL, 1, 7, &one.e[7]);
	serve(&one);
	holds(NULL, 1, 7, &one.e[7]);
}

/* ---- cases ---- */

/* A head that ends in another entry: the first that differs is found, both are held. */
static void by_head(void **state)
{
	(void)state;
	hold_one();
	tell(NULL, 1, 6, &two.e[6]);
	assert_int_equal(serve(&two), 2); /* halves of six */
	assert_int_equal(n_forks, 1);
	assert_int_equal(n_proofs, 1);
	holds(NULL, 1, 3, &one.e[3]);
	holds(&one.e[4], 4, 7, &one.e[7]);
	tell(NULL, 1, 6, &two.e[6]); /* it knows of no branch: what it has is found */
	serve(&two);
	holds(&two.e[4], 4, 6, &two.e[6]);
	tell(&two.e[4], 4, 8, &two.e[8]); /* now it does */
	serve(&two);
	holds(&two.e[4], 4, 8, &two.e[8]);
	assert_int_equal(n_forks, 1);
}

/* An entry that does not follow is not kept, nor is what comes behind it. */
static void by_entry(void **state)
{
	(void)state;
	hold_one();
	tell(NULL, 1, 8, &two.e[8]);
	serve(&two);
	assert_int_equal(n_forks, 1);
	holds(NULL, 1, 3, &one.e[3]);
	holds(&one.e[4], 4, 7, &one.e[7]);
	tell(NULL, 1, 8, &two.e[8]);
	serve(&two);
	holds(&two.e[4], 4, 8, &two.e[8]);
}

/* A neighbour that knows more says what branches there are: they are looked at, not believed. */
static void by_branch(void **state)
{
	const struct fed_hash none = fed_hash_none;

	(void)state;
	hold_one();
	tell(&one.e[4], 4, 7, &one.e[7]); /* ours, and of the other nothing is known yet */
	assert_null(feed_of(&one.e[4]));
	tell(&none, 4, 9, &one.e[7]); /* there is no such entry */
	serve(&two);
	assert_int_equal(n_forks, 0);
	holds(NULL, 1, 7, &one.e[7]);
	tell(&two.e[4], 4, 8, &two.e[8]);
	serve(&two);
	assert_int_equal(n_forks, 1);
	tell(&two.e[4], 4, 8, &two.e[8]);
	serve(&two);
	holds(NULL, 1, 3, &one.e[3]);
	holds(&one.e[4], 4, 7, &one.e[7]);
	holds(&two.e[4], 4, 8, &two.e[8]);
}

static void load(void)
{
	struct fed_feed_name plain = name_of(NULL), branch = name_of(&two.e[4]);
	struct fed_feed *f = fed_feeds_make(&feeds, &plain);

	f->high = 7;
	f->tip = find(&plain, 7)->link;
	f = fed_feeds_make(&feeds, &branch);
	f->low = 4;
	f->high = 8;
	f->tip = find(&branch, 8)->link;
}

/* The parts are found again from what the store has: entries did not move. */
static void after_a_start(void **state)
{
	struct fed_feed_name plain;

	by_branch(state);
	plain = name_of(NULL);
	assert_non_null(find(&plain, 7)); /* under the name that it came by */
	fed_node_free(node);
	fed_feeds_fini(&feeds);
	fed_feeds_init(&feeds);
	load();
	start();
	holds(NULL, 1, 3, &one.e[3]);
	holds(&one.e[4], 4, 7, &one.e[7]);
	holds(&two.e[4], 4, 8, &two.e[8]);
	grow(&one, 8, 8, NOW);
	tell(&one.e[4], 4, 8, &one.e[8]);
	serve(&one);
	holds(&one.e[4], 4, 8, &one.e[8]);
	assert_non_null(find(&plain, 8));
}

/* After four branches further ones are void. */
static void too_many(void **state)
{
	struct chain c;

	(void)state;
	hold_one();
	for (unsigned i = 1; i <= 6; i++) {
		c = one;
		grow(&c, 4, 5, NOW + i);
		tell(&c.e[4], 4, 5, &c.e[5]);
		serve(&c);
		assert_true(i > 4 || feed_of(&c.e[4]));
	}
	assert_null(feed_of(&c.e[4]));
}

/* A neighbour may say what it likes: without a signature there is no fork. */
static void lies(void **state)
{
	(void)state;
	hold_one();
	two.sign[5].s.b[0] ^= 1;
	two.sign[4].s.b[0] ^= 1;
	two.sign[3].s.b[0] ^= 1;
	tell(NULL, 1, 6, &two.e[6]);
	serve(&two);
	assert_int_equal(n_forks, 0);
	holds(NULL, 1, 7, &one.e[7]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_head, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_entry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_branch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lies, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
