/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit of feeds: a name leads to each, it ends in the entry it says, each entry within
 * low..high follows another, and what an entry names is in the history.
 */
#include <inttypes.h>

#include "storage/check_priv.h"
#include "storage/entry.h"
#include "storage/history.h"
#include "storage/schema.h"

static void check_name(struct check *c, const struct feed_rec *f)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_FEED_NAME, slice_str(f->name));
	struct dec d = dec_of(check_get(c, &k, &value) ? value : lit(""));
	if (take_u32(&d) != f->id)
		check_fault(c, "feed %" PRIu32 ": its name does not lead to it", f->id);
}

void check_feed(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_FEED);
	struct feed_rec f = {.id = take_u32(&d)};
	struct entry_rec e;
	struct key k;

	if (feed_decode(value, &f) < 0) {
		check_fault(c, "feed %" PRIu32 ": damaged", f.id);
		return;
	}
	check_name(c, &f);
	if (f.high < f.low)
		return;
	key_of_entry(&k, f.id, f.high);
	if (!check_get(c, &k, &value) || entry_decode(key_slice(&k), value, &e) < 0 ||
		memcmp(e.hash, f.tip, sizeof f.tip) != 0)
		check_fault(
			c, "feed %" PRIu32 ": does not end in its entry %" PRIu64, f.id, f.high);
}

/* Its content is that of an article that history knows. */
static void check_article(struct check *c, const struct entry_rec *e)
{
	struct history h;
	struct slice value;
	struct key k;

	key_of_hash(&k, e->mid);
	if (!check_get(c, &k, &value) || history_decode(value, &h) < 0 ||
		(h.state != HISTORY_ERASED && h.content != e->content) || h.feed != e->feed ||
		h.n != e->n)
		check_fault(c, "entry %" PRIu32 "/%" PRIu64 ": history does not know it", e->feed,
			e->n);
}

void check_entry(struct check *c, struct slice key, struct slice value)
{
	struct entry_rec e;
	struct feed_rec f;
	struct key k;

	if (entry_decode(key, value, &e) < 0) {
		check_fault(c, "entry of %zu bytes: damaged", value.len);
		return;
	}
	if (e.content != 0)
		check_article(c, &e);
	if (entry_is_lost(&e) && e.absent != ENTRY_VOID)
		check_fault(c, "entry %" PRIu32 "/%" PRIu64 ": its content is lost, and asked for",
			e.feed, e.n);
	key_of_u32(&k, TABLE_FEED, e.feed);
	if (!check_get(c, &k, &value) || feed_decode(value, &f) < 0) {
		check_fault(c, "entry %" PRIu32 "/%" PRIu64 ": of no feed", e.feed, e.n);
		return;
	}
	key_of_entry(&k, e.feed, e.n - 1);
	if (e.n > f.low && e.n <= f.high && !check_get(c, &k, &value))
		check_fault(c, "entry %" PRIu32 "/%" PRIu64 ": follows a gap", e.feed, e.n);
}
