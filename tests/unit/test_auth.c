/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Password checks: one answer for wrong, unknown and disabled after one hash each; the cache and
 * what ends it; waiting after failures; limits; dropping.  Row 34 of the table of bad inputs.
 */
#include "tests/rig/unit.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "daemon/auth.h"
#include "daemon/crypto_ossl.h"
#include "proto/base/crypto.h"
#include "proto/base/mem.h"

static atomic_int n_hashes;
static sem_t gate; /* a hash waits here when gated */
static atomic_bool gated;
static const struct crypto_ops *real;
static struct crypto_ops counting;

static bool count_check(const char *password, const char *hash)
{
	if (atomic_load(&gated))
		sem_wait(&gate);
	atomic_fetch_add(&n_hashes, 1);
	return real->password_check(password, hash);
}

/* ---- rig ---- */

struct rig {
	struct store *store;
	struct loop *loop;
	struct pool *pool;
	struct auth *auth;
	uint32_t anna;
};

static void on_put(void *arg, const struct store_result *res)
{
	assert_int_equal(res->rc, 0);
	*(uint32_t *)arg = res->id;
}

static uint32_t put_account(
	struct rig *r, uint32_t id, const char *login, const char *pass, enum account_state state)
{
	struct account a = {.id = id, .state = state};

	assert_true(slice_cstr(slice_str(login), a.login, sizeof a.login));
	assert_true(crypto->password_hash(pass, a.hash, sizeof a.hash));
	assert_int_equal(
		store_account_put(r->store, &a, &(struct store_call){.done = on_put, .arg = &id}),
		0);
	(void)store_run(r->store);
	return id;
}

static void rig_open(struct rig *r, const struct auth_opts *o)
{
	struct err err;

	assert_int_equal(store_open(&(struct store_opts){.manual = true}, &r->store, &err), 0);
	r->loop = loop_new(0);
	r->pool = pool_new(1, 100);
	r->auth = auth_new(r->store, r->pool, o);
	r->anna = put_account(r, 0, "anna", "geheim", ACCOUNT_ACTIVE);
	(void)put_account(r, 0, "dora", "geheim", ACCOUNT_DISABLED);
	loop_start(r->loop);
	atomic_store(&n_hashes, 0);
}

static void rig_close(struct rig *r)
{
	pool_free(r->pool);
	loop_stop(r->loop);
	loop_join(r->loop);
	loop_free(r->loop);
	auth_free(r->auth);
	store_close(r->store);
}

struct ask {
	struct rig *r;
	const char *source, *user, *pass;
	bool drop;
	struct auth_call *call;
	sem_t begun, done;
	int rc;
	uint32_t account;
};

static void on_done(void *arg, int rc, uint32_t account)
{
	struct ask *q = arg;

	q->rc = rc;
	q->account = account;
	sem_post(&q->done);
}

static void begin(void *arg)
{
	struct ask *q = arg;
	int rc = auth_check(q->r->auth, q->r->loop, q->source, slice_str(q->user),
		slice_str(q->pass), on_done, q, &q->call);

	if (rc < 0)
		on_done(q, rc, 0);
	else if (q->drop)
		auth_drop(q->call);
	sem_post(&q->begun);
}

static void ask_begin(
	struct ask *q, struct rig *r, const char *source, const char *user, const char *pass)
{
	*q = (struct ask){.r = r, .source = source, .user = user, .pass = pass, .drop = q->drop};
	sem_init(&q->begun, 0, 0);
	sem_init(&q->done, 0, 0);
	loop_post(r->loop, begin, q);
	sem_wait(&q->begun);
}

static int ask(struct rig *r, const char *source, const char *user, const char *pass)
{
	struct ask q = {.drop = false};

	ask_begin(&q, r, source, user, pass);
	sem_wait(&q.done);
	assert_int_equal(q.account, q.rc == 0 ? r->anna : 0);
	return q.rc;
}

/* ---- tests ---- */

static const struct auth_opts easy = {.tries_max = 1000, .queue_max = 100};

static void one_answer_one_hash(void **state)
{
	static char too_long[AUTH_PASSWORD_MAX + 2];

	static const struct {
		const char *user, *pass;
		int rc;
	} rows[] = {
		{"anna",             "geheim", 0          },
		{"anna",             "falsch", KERR_DENIED},
		{"anna",             "",       KERR_DENIED},
		{"anna",             too_long, KERR_DENIED},
		{"dora",             "geheim", KERR_DENIED},
		{"nobody",           "geheim", KERR_DENIED},
		{"",                 "geheim", KERR_DENIED},
		{"anna' OR 1=1 --",  "geheim", KERR_DENIED},
		{"*)(uid=*",         "geheim", KERR_DENIED},
		{"%s%n%s",           "%s%n",   KERR_DENIED},
		{"anna\r\nAUTHINFO", "geheim", KERR_DENIED},
		{"\xff\xfe",         "\xff",   KERR_DENIED},
	};
	struct rig r;

	(void)state;
	memset(too_long, 'x', sizeof too_long - 1);
	rig_open(&r, &easy);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(ask(&r, "192.0.2.1", rows[i].user, rows[i].pass), rows[i].rc);
		assert_int_equal(atomic_load(&n_hashes), i + 1);
	}
	assert_int_equal(auth_failures(r.auth, "192.0.2.1"), array_len(rows) - 1);
	assert_int_equal(auth_failures(r.auth, "192.0.2.2"), 0);
	rig_close(&r);
}

static void success_is_remembered(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, &easy);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&r, "192.0.2.1", "anna", "geheim"), 0);
	assert_int_equal(atomic_load(&n_hashes), 1);
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "Geheim"), KERR_DENIED);
	assert_int_equal(atomic_load(&n_hashes), 2);

	(void)put_account(&r, r.anna, "anna", "neu", ACCOUNT_ACTIVE);
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "geheim"), KERR_DENIED);
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "neu"), 0);
	(void)put_account(&r, r.anna, "anna", "neu", ACCOUNT_DISABLED);
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "neu"), KERR_DENIED);
	rig_close(&r);
}

/* Many connections of one person at once: the first pays. */
static void a_crowd_costs_one_hash(void **state)
{
	enum { N = 20 };
	struct ask q[N];
	struct rig r;

	(void)state;
	rig_open(&r, &easy);
	atomic_store(&gated, true);
	for (int i = 0; i < N; i++) {
		q[i].drop = false;
		ask_begin(&q[i], &r, "192.0.2.1", "anna", "geheim");
	}
	atomic_store(&gated, false);
	sem_post(&gate);
	for (int i = 0; i < N; i++) {
		sem_wait(&q[i].done);
		assert_int_equal(q[i].rc, 0);
	}
	assert_in_range(atomic_load(&n_hashes), 1, 2);
	rig_close(&r);
}

static void failures_cost_time(void **state)
{
	const struct auth_opts o = {.tries_max = 2, .queue_max = 100, .delay_unit_ms = 200};
	struct rig r;

	(void)state;
	rig_open(&r, &o);
	assert_int_equal(ask(&r, "192.0.2.9", "anna", "geheim"), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask(&r, "192.0.2.1", "anna", "x"), KERR_DENIED);
	int64_t start = loop_clock_ms();
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "x"), KERR_DENIED);
	assert_true(loop_clock_ms() - start >= 190);
	start = loop_clock_ms();
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "x"), KERR_DENIED);
	assert_true(loop_clock_ms() - start >= 390);

	/* who is known does not wait, nor does another source */
	start = loop_clock_ms();
	assert_int_equal(ask(&r, "192.0.2.1", "anna", "geheim"), 0);
	assert_int_equal(ask(&r, "192.0.2.2", "anna", "x"), KERR_DENIED);
	assert_true(loop_clock_ms() - start < 790); /* the next one would wait 800 */

	/* dropped while it waits */
	struct ask q = {.drop = true};
	ask_begin(&q, &r, "192.0.2.1", "anna", "x");
	assert_int_equal(sem_trywait(&q.done), -1);
	rig_close(&r);
}

static void queue_is_bounded(void **state)
{
	const struct auth_opts o = {.tries_max = 2, .queue_max = 4};
	struct ask q[6];
	struct rig r;

	(void)state;
	rig_open(&r, &o);
	atomic_store(&gated, true);
	for (int i = 0; i < 6; i++) {
		q[i].drop = i == 0;
		ask_begin(&q[i], &r, i < 4 ? "192.0.2.1" : "192.0.2.2", "anna", "x");
	}
	/* three of one source, one more of another: the rest is refused at once */
	assert_int_equal(sem_trywait(&q[3].done), 0);
	assert_int_equal(q[3].rc, KERR_BUSY);
	assert_int_equal(sem_trywait(&q[5].done), 0);
	assert_int_equal(q[5].rc, KERR_BUSY);
	atomic_store(&gated, false);
	for (int i = 0; i < 6; i++)
		sem_post(&gate);
	sem_wait(&q[1].done);
	sem_wait(&q[2].done);
	sem_wait(&q[4].done);
	assert_int_equal(sem_trywait(&q[0].done), -1); /* dropped */
	assert_int_equal(q[4].rc, KERR_DENIED);
	while (sem_trywait(&gate) == 0)
		;
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer_one_hash),
		cmocka_unit_test(success_is_remembered),
		cmocka_unit_test(a_crowd_costs_one_hash),
		cmocka_unit_test(failures_cost_time),
		cmocka_unit_test(queue_is_bounded),
	};

	crypto_ossl_install();
	real = crypto;
	counting = *real;
	counting.password_check = count_check;
	crypto = &counting;
	sem_init(&gate, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
