/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store keeps a mark of its key file in meta.  One with another mark is still taken when it
 * opens a content (slot 0 alone is damaged; or the store is older than marks are): what counts is
 * what can be read.
 */
#include "storage/keycheck.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "storage/content.h"
#include "storage/keyfile.h"
#include "storage/meta.h"
#include "storage/schema.h"

enum {
	KEYS_PATH = 4096,
	SAMPLES = 8, /* chunks from either end that are tried */
};

#define WITHOUT                                                                                    \
	"put the backup of it back; if there is none, run kokod -L once: articles of shared "      \
	"groups then come back from the other municipalities, all else is lost"

/* What the store says of its keys. */
struct expected {
	uint64_t last; /* content id; 0: there is none */
	uint64_t mark; /* 0: none is known */
};

static void path_of(const struct store *s, const char *suffix, char out[KEYS_PATH])
{
	snprintf(out, KEYS_PATH, "%s/keys%s", s->dir, suffix);
}

/* ---- what is expected ---- */

static bool last_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_CONTENT);

	(void)value;
	*(uint64_t *)arg = take_u64(&d);
	return false;
}

static int look(struct store *s, struct expected *out)
{
	struct key from, to;
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	*out = (struct expected){.last = 0};
	if (rc < 0)
		return rc;
	key_begin(&from, TABLE_CONTENT);
	struct kv_range r = range_of(&from, &to);
	r.reverse = true;
	rc = kv_scan(v, &r, last_on, &out->last);
	if (rc == 0)
		rc = meta_get_u64(v, META_KEYS, &out->mark);
	kv_view_close(v);
	return rc == KERR_NOTFOUND ? 0 : rc;
}

/* ---- does it open anything? ---- */

struct sample {
	struct store *s;
	struct buf text;
	unsigned n;
	bool opens;
};

static bool sample_on(void *arg, struct slice key, struct slice value)
{
	struct sample *w = arg;
	struct dec d = dec_of_key(key, TABLE_CONTENT);
	uint64_t id = take_u64(&d);
	uint16_t chunk = take_u16(&d);
	bool last;

	buf_reset(&w->text);
	w->opens = content_open(w->s, id, chunk, value, &w->text, &last) == 0;
	return !w->opens && ++w->n < SAMPLES;
}

static bool opens_any(struct store *s)
{
	struct sample w = {.s = s};
	struct key from, to;
	struct kv_view *v;

	if (kv_view_open(s->kv, &v) < 0)
		return false;
	buf_init(&w.text, STORE_CHUNK);
	key_begin(&from, TABLE_CONTENT);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan(v, &r, sample_on, &w);
	r.reverse = true;
	w.n = 0;
	if (rc == 0 && !w.opens)
		rc = kv_scan(v, &r, sample_on, &w);
	kv_view_close(v);
	mem_wipe(w.text.data, w.text.len);
	buf_fini(&w.text);
	return rc == 0 && w.opens;
}

/* ---- the file ---- */

enum found { KEYS_FIT, KEYS_MISSING, KEYS_SHORT, KEYS_FOREIGN };

static enum found judge(struct store *s, const struct expected *x)
{
	if (keyfile_slots(s->keys) == 0)
		return KEYS_SHORT;
	if (x->mark != keyfile_mark(s->keys) && !opens_any(s))
		return KEYS_FOREIGN;
	return keyfile_slots(s->keys) <= x->last ? KEYS_SHORT : KEYS_FIT;
}

static int refuse(const struct store *s, enum found what, struct err *err)
{
	static const char *const texts[] = {
		[KEYS_MISSING] = "is missing",
		[KEYS_SHORT] = "is too short",
		[KEYS_FOREIGN] = "is another store's",
	};

	return err_set(
		err, KERR_NOTFOUND, "store %s: its file keys %s: " WITHOUT, s->dir, texts[what]);
}

/* Out of the way, not deleted: nobody knows yet whose it is. */
static int put_aside(struct store *s, struct err *err)
{
	char path[KEYS_PATH], aside[KEYS_PATH];

	path_of(s, "", path);
	path_of(s, ".foreign", aside);
	if (access(aside, F_OK) == 0)
		return err_set(err, KERR_EXISTS, "%s is there already: move it away first", aside);
	if (rename(path, aside) < 0)
		return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	keyfile_close(s->keys);
	s->keys = NULL;
	return keyfile_open(s->dir, &s->keys, err);
}

static int open_old(struct store *s, const struct expected *x, struct err *err)
{
	char path[KEYS_PATH];
	enum found found = KEYS_MISSING;
	int rc = 0;

	path_of(s, "", path);
	if (access(path, F_OK) == 0 || errno != ENOENT) {
		rc = keyfile_open(s->dir, &s->keys, err);
		if (rc < 0)
			return rc;
		found = judge(s, x);
	}
	if (found == KEYS_FIT && s->opts.lost_keys)
		return err_set(err, KERR_INVALID,
			"store %s: its file keys is whole, nothing is done", s->dir);
	if (found == KEYS_FIT)
		return 0;
	if (!s->opts.lost_keys)
		return refuse(s, found, err);
	log_warn("store.keys", "dir=%s what=%d contents=%" PRIu64, s->dir, (int)found, x->last);
	if (found == KEYS_FOREIGN)
		return put_aside(s, err);
	return found == KEYS_MISSING ? keyfile_open(s->dir, &s->keys, err) : 0;
}

int keys_open(struct store *s, struct err *err)
{
	struct expected x;
	int rc = s->dir ? look(s, &x) : 0;

	if (rc < 0)
		return rc;
	if (!s->dir || (x.last == 0 && !s->opts.lost_keys))
		return keyfile_open(s->dir, &s->keys, err);
	return open_old(s, &x, err);
}

/* ---- known again ---- */

static int note_mark(struct store *s)
{
	struct txn t;
	struct key k;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc < 0)
		return rc;
	meta_key(&k, META_KEYS);
	txn_put_u64(&t, &k, keyfile_mark(s->keys));
	return txn_commit(&t);
}

int keys_begin(struct store *s, struct err *err)
{
	struct expected x;
	int rc = look(s, &x);

	if (rc < 0)
		return rc;
	keyfile_set_next(s->keys, x.last + 1); /* so 0 is never given */
	rc = keyfile_ahead(s->keys);
	if (rc == 0 && s->dir && x.mark != keyfile_mark(s->keys))
		rc = note_mark(s);
	return rc < 0 ? err_set(err, rc, "store: no keys can be added: %s", kerr_name(rc)) : 0;
}
