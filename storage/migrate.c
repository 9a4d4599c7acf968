/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Schema version.  A store of a newer program is refused with one sentence, one of an older program
 * goes step by step, in slices, before anything is served.
 *
 * 1 -> 2: sums (kv_sum).  The version is raised first, so that an older program refuses what is
 * half done; meta says up to which key it has come, and the next start goes on there.
 */
#include "storage/migrate.h"

#include <inttypes.h>
#include <time.h>

#include "proto/base/crypto.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "storage/meta.h"
#include "storage/schema.h"

/* The first number given is 2: an empty mailbox tells 1, and what comes then must be greater. */
enum { SEQ_BEGIN = 1 };

enum {
	SUM_KEYS = 1024, /* of a slice, at most */
	SUM_BYTES = 1024 * 1024,
};

static int make_new(struct store *s)
{
	struct txn t;
	struct key k;

	s->counters.seq = SEQ_BEGIN;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc < 0)
		return rc;
	crypto_random(s->secret, sizeof s->secret);
	meta_key(&k, META_SCHEMA);
	txn_put_u32(&t, &k, SCHEMA_VERSION);
	meta_key(&k, META_SECRET);
	txn_put(&t, &k, slice_of(s->secret, sizeof s->secret));
	meta_key(&k, META_GENERATION);
	txn_put_u64(&t, &k, 0); /* generation_start draws one */
	meta_counters_put(&t);
	return txn_commit(&t);
}

static bool hour_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_HOUR);

	(void)value;
	*(uint32_t *)arg = take_u32(&d);
	return false;
}

/* The last hour that has a row. */
static int load_hour(struct kv_view *v, uint32_t *hour_out)
{
	struct key from, to;

	key_begin(&from, TABLE_HOUR);
	struct kv_range r = range_of(&from, &to);
	r.reverse = true;
	*hour_out = 0;
	return kv_scan(v, &r, hour_on, hour_out);
}

static int load(struct store *s, struct kv_view *v)
{
	struct slice secret;
	struct key k;

	meta_key(&k, META_SECRET);
	int rc = kv_get(v, key_slice(&k), &secret);
	if (rc == 0 && secret.len != sizeof s->secret)
		rc = KERR_DAMAGED;
	if (rc < 0)
		return rc;
	memcpy(s->secret, secret.p, sizeof s->secret);
	rc = meta_counters_get(v, &s->counters);
	return rc < 0 ? rc : load_hour(v, &s->counters.hour);
}

/* ---- 1 -> 2 ---- */

struct pair {
	struct slice key, value; /* in the slice's arena */
};

struct sum_slice {
	struct arena arena;
	struct vec pairs;
	size_t bytes;
};

static bool sum_on(void *arg, struct slice key, struct slice value)
{
	struct sum_slice *w = arg;
	struct pair *p = vec_push(&w->pairs);

	p->key = arena_dup(&w->arena, key);
	p->value = arena_dup(&w->arena, value);
	w->bytes += key.len + value.len;
	return w->pairs.n < SUM_KEYS && w->bytes < SUM_BYTES;
}

static bool is_bare(struct slice key)
{
	struct key schema, summing;

	meta_key(&schema, META_SCHEMA);
	meta_key(&summing, META_SUMMING);
	return slice_eq(key, key_slice(&schema)) || slice_eq(key, key_slice(&summing));
}

/* What follows *done gets its sum; *more_out: that was not all. */
static void sum_slice(struct txn *t, struct key *done, bool *more_out)
{
	struct sum_slice w = {.bytes = 0};
	struct kv_range r = {.from = key_slice(done)};
	struct key k;

	arena_init(&w.arena);
	vec_init(&w.pairs, sizeof(struct pair));
	t->rc = kv_batch_scan(t->b, &r, sum_on, &w);
	for (size_t i = 0; t->rc == 0 && i < w.pairs.n; i++) {
		const struct pair *p = vec_at(&w.pairs, i);

		if (!is_bare(p->key))
			t->rc = kv_put_summed(t->b, p->key, p->value);
		done->len = 0;
		key_bytes(done, p->key);
		key_u8(done, 0); /* behind that one */
	}
	*more_out = w.pairs.n >= SUM_KEYS || w.bytes >= SUM_BYTES;
	vec_fini(&w.pairs);
	arena_fini(&w.arena);
	meta_key(&k, META_SUMMING);
	if (*more_out)
		txn_put(t, &k, key_slice(done));
	else
		txn_del(t, &k);
}

static void raise_version(struct txn *t)
{
	struct buf *v = txn_value(t);
	struct key k;

	put_u32(v, SCHEMA_VERSION);
	meta_key(&k, META_SCHEMA);
	if (t->rc == 0)
		t->rc = kv_put_summed(t->b, key_slice(&k), buf_slice(v));
}

/* From where the last start came to; from the first key when this one begins. */
static int sum_from(struct store *s, struct key *done_out)
{
	struct kv_view *v;
	struct slice value;
	struct key k;
	int rc = kv_view_open(s->kv, &v);

	*done_out = (struct key){.len = 0};
	if (rc < 0)
		return rc;
	meta_key(&k, META_SUMMING);
	rc = kv_get(v, key_slice(&k), &value);
	if (rc == 0)
		key_bytes(done_out, value);
	kv_view_close(v);
	return rc;
}

static int sum_all(struct store *s, struct key *done)
{
	bool more = true;
	int rc = 0;

	log_info("store.migrate", "dir=%s schema=%d", s->dir ? s->dir : "", SCHEMA_VERSION);
	while (rc == 0 && more) {
		struct txn t;

		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
		if (rc < 0)
			break;
		raise_version(&t);
		sum_slice(&t, done, &more);
		rc = txn_commit(&t);
	}
	return rc;
}

/* The version is known; afterwards the store has sums. */
static int step_up(struct store *s, uint32_t version)
{
	struct key done;
	int rc = sum_from(s, &done);

	if (rc == 0 || (rc == KERR_NOTFOUND && version < SCHEMA_VERSION))
		rc = sum_all(s, &done);
	else if (rc == KERR_NOTFOUND)
		rc = 0;
	if (rc == 0)
		kv_sum(s->kv);
	return rc;
}

/* ---- opening ---- */

static int version_of(struct store *s, uint32_t *out)
{
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	rc = meta_get_u32(v, META_SCHEMA, out); /* a sum behind it is not looked at yet */
	kv_view_close(v);
	return rc;
}

static int load_all(struct store *s)
{
	uint32_t version;
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	rc = meta_get_u32(v, META_SCHEMA, &version);
	if (rc == 0)
		rc = load(s, v);
	kv_view_close(v);
	return rc;
}

int migrate_open(struct store *s, bool *fresh_out, struct err *err)
{
	const char *name = s->dir ? s->dir : "in memory";
	struct kv_stat st;
	uint32_t version = 0;
	int rc = kv_stat(s->kv, &st);

	*fresh_out = rc == 0 && st.n_keys == 0;
	if (*fresh_out) {
		kv_sum(s->kv);
		rc = make_new(s);
	}
	if (rc < 0)
		return err_set(err, rc, "store %s: cannot be read or made", name);
	rc = version_of(s, &version);
	if (rc == 0 && version > SCHEMA_VERSION)
		return err_set(err, KERR_VERSION,
			"store %s has schema %" PRIu32
			", made by a newer program; this one knows %d",
			name, version, SCHEMA_VERSION);
	if (rc == 0 && version == 0)
		rc = KERR_DAMAGED;
	if (rc == 0 && !*fresh_out)
		rc = step_up(s, version);
	if (rc == 0)
		rc = load_all(s);
	if (rc < 0)
		return err_set(err, rc == KERR_IO || rc == KERR_FULL ? rc : KERR_DAMAGED,
			"store %s: its meta rows cannot be read", name);
	return 0;
}
