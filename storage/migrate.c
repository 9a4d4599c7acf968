/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Schema version.  There is one so far: a store has it or is refused with one sentence.  The first
 * change of a layout brings the first step here; steps run in slices, before anything is served.
 */
#include "storage/migrate.h"

#include <inttypes.h>
#include <time.h>

#include "proto/base/crypto.h"
#include "storage/meta.h"
#include "storage/schema.h"

/* The first number given is 2: an empty mailbox tells 1, and what comes then must be greater. */
enum { SEQ_BEGIN = 1 };

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

int migrate_open(struct store *s, bool *fresh_out, struct err *err)
{
	const char *name = s->dir ? s->dir : "in memory";
	struct kv_view *v = NULL;
	struct kv_stat st;
	uint32_t version = 0;
	int rc = kv_stat(s->kv, &st);

	*fresh_out = rc == 0 && st.n_keys == 0;
	if (*fresh_out)
		rc = make_new(s);
	if (rc == 0)
		rc = kv_view_open(s->kv, &v);
	if (rc < 0)
		return err_set(err, rc, "store %s: cannot be read or made", name);
	rc = meta_get_u32(v, META_SCHEMA, &version);
	if (rc == 0 && version == SCHEMA_VERSION)
		rc = load(s, v);
	kv_view_close(v);
	if (rc == 0 && version > SCHEMA_VERSION)
		return err_set(err, KERR_VERSION,
			"store %s has schema %" PRIu32
			", made by a newer program; this one knows %d",
			name, version, SCHEMA_VERSION);
	if (rc < 0 || version != SCHEMA_VERSION)
		return err_set(err, rc == KERR_IO ? rc : KERR_DAMAGED,
			"store %s: its meta rows cannot be read", name);
	return 0;
}
