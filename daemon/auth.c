/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A check goes: account from the store, cache, limits, penalty, pool, answer on its loop.
 *
 * Failures are counted per source in two maps that change places every AUTH_WINDOW_S: a count is
 * the sum of both, so it is forgotten after one to two windows, and memory is bounded.
 */
#include "daemon/auth.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>

#include "daemon/limits.h"
#include "proto/base/coll.h"
#include "proto/base/crypto.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum {
	SOURCES_MAX = 100000, /* sources with failures before the window is cut short */
	CACHE_MAX = 100000,   /* accounts in the cache before it is emptied */
	SOURCE_LEN = 64,
};

struct cached {
	uint8_t mac[CRYPTO_HASH_LEN];
	int64_t until_ms;
};

struct auth {
	struct store *store;
	struct pool *pool;
	uint8_t key[CRYPTO_KEY_LEN];    /* of the cache */
	char dummy[STORE_HASH_MAX + 1]; /* checked where there is no account */
	pthread_mutex_t lock;           /* of all below */
	struct auth_opts opts;
	struct auth_state state;
	struct map *out;                 /* source -> checks that are out */
	struct map *failed, *failed_old; /* source -> failures */
	int64_t window_ms;               /* when they change places */
	struct map *cache;               /* account -> struct cached */
};

struct auth_call {
	struct auth *a;
	struct loop *home;
	auth_done_fn done; /* NULL: dropped */
	void *arg;
	uint32_t account; /* 0: whatever the hash says, denied */
	int rc;
	bool waiting; /* out its penalty */
	struct event delay;
	uint8_t mac[CRYPTO_HASH_LEN];
	char hash[STORE_HASH_MAX + 1];
	char pass[AUTH_PASSWORD_MAX + 1];
	char source[SOURCE_LEN];
	char user[STORE_ADDRESS_MAX + 1]; /* for the log */
};

/* ---- cache ---- */

static struct slice account_key(const uint32_t *account)
{
	return slice_of(account, sizeof *account);
}

static void free_entry(void *arg, struct slice key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
}

static void cache_clear(struct auth *a)
{
	map_each(a->cache, free_entry, NULL);
	map_free(a->cache);
	a->cache = map_new();
}

/* What is remembered of a password: nothing that another process could test. */
static void make_mac(struct auth_call *c)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_add(&b, account_key(&c->account));
	buf_add(&b, slice_of(c->hash, sizeof c->hash));
	buf_add(&b, slice_str(c->pass));
	crypto->hmac_sha256(slice_of(c->a->key, sizeof c->a->key), buf_slice(&b), c->mac);
	mem_wipe(b.data, b.cap);
	buf_fini(&b);
}

static bool cache_has(struct auth *a, const struct auth_call *c)
{
	const struct cached *e = map_get(a->cache, account_key(&c->account));

	return e && e->until_ms > loop_clock_ms() && mem_eq_ct(e->mac, c->mac, sizeof c->mac);
}

static void cache_put(struct auth *a, const struct auth_call *c)
{
	struct cached *e = mem_new(struct cached);

	if (map_count(a->cache) >= CACHE_MAX)
		cache_clear(a);
	memcpy(e->mac, c->mac, sizeof e->mac);
	e->until_ms = loop_clock_ms() + (int64_t)AUTH_CACHE_S * 1000;
	free(map_put(a->cache, account_key(&c->account), e));
}

/* ---- failures ---- */

static void turn_window(struct auth *a)
{
	int64_t now = loop_clock_ms();

	if (now < a->window_ms && map_count(a->failed) < SOURCES_MAX)
		return;
	map_free(a->failed_old);
	a->failed_old = a->failed;
	a->failed = map_new();
	a->window_ms = now + (int64_t)AUTH_WINDOW_S * 1000;
}

static unsigned failures(const struct auth *a, const char *source)
{
	struct slice s = slice_str(source);

	return (unsigned)(counts_get(a->failed, s) + counts_get(a->failed_old, s));
}

/* Milliseconds this source waits before its next check. */
static unsigned penalty_ms(const struct auth *a, const char *source)
{
	unsigned n = failures(a, source), max = AUTH_DELAY_MAX_S * 1000;

	if (n < a->opts.tries_max)
		return 0;
	unsigned shift = n - a->opts.tries_max;
	return shift >= 5 || a->opts.delay_unit_ms << shift > max ? max
								  : a->opts.delay_unit_ms << shift;
}

/* ---- the way of a check ---- */

static void call_free(struct auth_call *c)
{
	mem_wipe(c->pass, sizeof c->pass);
	free(c);
}

/* The last step, on home. */
static void answer(void *arg)
{
	struct auth_call *c = arg;

	if (c->done)
		c->done(c->arg, c->rc, c->rc == 0 ? c->account : 0);
	call_free(c);
}

static void count_failure(struct auth *a, const char *source)
{
	a->state.n_failed++;
	counts_add(a->failed, slice_str(source), 1);
}

static void settle(struct auth *a, struct auth_call *c)
{
	pthread_mutex_lock(&a->lock);
	a->state.n_out--;
	counts_add(a->out, slice_str(c->source), -1);
	if (c->rc == 0)
		cache_put(a, c);
	else if (c->rc == KERR_DENIED)
		count_failure(a, c->source);
	pthread_mutex_unlock(&a->lock);
}

static void on_checked(void *arg)
{
	struct auth_call *c = arg;
	struct esc u;

	settle(c->a, c);
	if (c->rc == KERR_DENIED)
		log_info("auth.fail", "user=%s addr=%s", esc(&u, slice_str(c->user)), c->source);
	answer(c);
}

/*
 * In the pool.  An account that may not come in costs the same.  Of many connections that log in
 * at once with one password the first pays.
 */
static void check(void *arg)
{
	struct auth_call *c = arg;

	pthread_mutex_lock(&c->a->lock);
	bool right = c->account != 0 && cache_has(c->a, c);
	pthread_mutex_unlock(&c->a->lock);
	if (!right)
		right = crypto->password_check(c->pass, c->hash);
	c->rc = right && c->account != 0 ? 0 : KERR_DENIED;
}

static void to_pool(evutil_socket_t fd, short what, void *arg)
{
	struct auth_call *c = arg;

	(void)fd;
	(void)what;
	c->waiting = false;
	if (pool_run(c->a->pool, c->home, check, on_checked, c) == 0)
		return;
	loop_post(c->home, on_checked, c); /* rc is KERR_BUSY */
}

static void begin_check(struct auth_call *c, unsigned wait_ms)
{
	struct timeval tv = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};

	c->rc = KERR_BUSY;
	event_assign(&c->delay, loop_base(c->home), -1, 0, to_pool, c);
	c->waiting = wait_ms > 0;
	if (c->waiting)
		event_add(&c->delay, &tv);
	else
		to_pool(-1, 0, c);
}

/* An office behind one address may come all at once; who fails too often may not. */
static size_t source_max(const struct auth *a, const char *source)
{
	size_t share = a->opts.queue_max - a->opts.queue_max / 4;

	return failures(a, source) >= a->opts.tries_max ? AUTH_PER_SOURCE : share;
}

/* Count the check in; KERR_BUSY: too many are out. */
static int admit(struct auth *a, struct auth_call *c, unsigned *wait_ms)
{
	struct slice source = slice_str(c->source);

	turn_window(a);
	if (a->state.n_out >= a->opts.queue_max ||
		counts_get(a->out, source) >= source_max(a, c->source)) {
		a->state.n_busy++;
		return KERR_BUSY;
	}
	*wait_ms = penalty_ms(a, c->source);
	a->state.n_delayed += *wait_ms > 0;
	a->state.n_out++;
	counts_add(a->out, source, 1);
	return 0;
}

/* Fill in account and hash; what is unknown or disabled gets the dummy. */
static int find_account(struct auth *a, struct slice user, struct auth_call *c)
{
	struct account acc;
	struct view *v;
	int rc = view_open(a->store, &v);

	if (rc < 0)
		return KERR_BUSY;
	rc = user.len > 0 && user.len <= STORE_ADDRESS_MAX ? view_account_named(v, user, &acc)
							   : KERR_NOTFOUND;
	view_close(v);
	if (rc < 0 && rc != KERR_NOTFOUND)
		return KERR_BUSY;
	bool in = rc == 0 && acc.state == ACCOUNT_ACTIVE && acc.hash[0] != '\0';
	c->account = in ? acc.id : 0;
	memcpy(c->hash, in ? acc.hash : a->dummy, sizeof c->hash);
	return 0;
}

static struct auth_call *call_new(struct auth *a, struct loop *home, const char *source,
	struct slice user, auth_done_fn done, void *arg)
{
	struct auth_call *c = mem_new(struct auth_call);
	struct slice short_user = slice_head(user, sizeof c->user - 1);

	c->a = a;
	c->home = home;
	c->done = done;
	c->arg = arg;
	memcpy(c->user, short_user.p ? short_user.p : "", short_user.len);
	memcpy(c->source, source, strnlen(source, SOURCE_LEN - 1));
	return c;
}

int auth_check(struct auth *a, struct loop *home, const char *source, struct slice user,
	struct slice pass, auth_done_fn done, void *arg, struct auth_call **out)
{
	struct auth_call *c = call_new(a, home, source, user, done, arg);
	unsigned wait_ms = 0;
	int rc = find_account(a, user, c);

	if (!slice_cstr(pass, c->pass, sizeof c->pass))
		c->account = 0; /* too long or with NUL: wrong */
	if (rc == 0) {
		make_mac(c);
		pthread_mutex_lock(&a->lock);
		bool known = c->account != 0 && cache_has(a, c);
		rc = known ? 0 : admit(a, c, &wait_ms);
		pthread_mutex_unlock(&a->lock);
		if (known)
			loop_post(home, answer, c);
		else if (rc == 0)
			begin_check(c, wait_ms);
	}
	if (rc < 0) {
		call_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void auth_drop(struct auth_call *call)
{
	if (!call)
		return;
	call->done = NULL;
	if (call->waiting) {
		event_del(&call->delay);
		settle(call->a, call);
		call_free(call);
	}
}

void auth_state(struct auth *a, struct auth_state *out)
{
	pthread_mutex_lock(&a->lock);
	*out = a->state;
	pthread_mutex_unlock(&a->lock);
}

unsigned auth_failures(struct auth *a, const char *source)
{
	pthread_mutex_lock(&a->lock);
	unsigned n = failures(a, source);
	pthread_mutex_unlock(&a->lock);
	return n;
}

/* ---- life ---- */

void auth_set_limits(struct auth *a, const struct auth_opts *o)
{
	pthread_mutex_lock(&a->lock);
	a->opts = *o;
	if (a->opts.delay_unit_ms == 0)
		a->opts.delay_unit_ms = 1000;
	pthread_mutex_unlock(&a->lock);
}

struct auth *auth_new(struct store *store, struct pool *pool, const struct auth_opts *o)
{
	struct auth *a = mem_new(struct auth);

	a->store = store;
	a->pool = pool;
	pthread_mutex_init(&a->lock, NULL);
	a->out = map_new();
	a->failed = map_new();
	a->failed_old = map_new();
	a->cache = map_new();
	auth_set_limits(a, o);
	if (!crypto->password_none(a->dummy, sizeof a->dummy))
		log_error("auth.new", "libcrypt has no yescrypt");
	crypto_random(a->key, sizeof a->key);
	return a;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	cache_clear(a);
	map_free(a->cache);
	map_free(a->out);
	map_free(a->failed);
	map_free(a->failed_old);
	pthread_mutex_destroy(&a->lock);
	mem_wipe(a->key, sizeof a->key);
	free(a);
}
