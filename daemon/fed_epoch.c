/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In which epoch we issue.  The file `epochs` beside the database, which is no part of a backup,
 * says the lowest one that is safe and the highest that was begun; the lineage of the store says
 * whether the database was put back since.  A daemon that is led back into an old epoch would sign
 * a number twice.  docs/federation.md section 7.3
 *
 * It would sign a second draft of one serial, too, for it has forgotten the first: so the file says
 * when that was noticed.  Section 3.4
 *
 * Damage is something else.  Of a feed that was made anew the end may be lost, so we go on in
 * another epoch; what was signed is known all the same, unless records or drafts are lost as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/fed_file.h"
#include "daemon/fed_priv.h"
#include "proto/base/log.h"

static const struct fed_file epochs = {"epochs", "koko-epochs"};

/* The numbers of the file, in their order; older ones have the first three, or four. */
enum {
	AT_LINEAGE,
	AT_FLOOR,
	AT_LAST,
	AT_FORGOT,
	AT_REMADE,
	AT_DRAFTS,
	AT_DAMAGED,
	AT_FORGOT_DAMAGE,
	AT_END
};

/* What it says of the store that it was written beside. */
struct beside {
	bool there;  /* the file */
	bool counts; /* what follows lineage */
	uint64_t lineage, remade, n_drafts, n_damaged;
};

static struct beside recall(struct fed *f)
{
	uint64_t v[AT_END] = {0};
	size_t n = fed_file_read(f, &epochs, v, array_len(v));

	if (n <= AT_LAST)
		return (struct beside){.there = false};
	f->epoch_floor = v[AT_FLOOR];
	f->epoch_last = v[AT_LAST];
	f->forgot_at = (int64_t)v[AT_FORGOT];
	f->forgot_damage = v[AT_FORGOT_DAMAGE] != 0;
	return (struct beside){
		true, n == AT_END, v[AT_LINEAGE], v[AT_REMADE], v[AT_DRAFTS], v[AT_DAMAGED]};
}

static bool keep(const struct fed *f)
{
	const uint64_t v[AT_END] = {[AT_LINEAGE] = f->past.lineage,
		[AT_FLOOR] = f->epoch_floor,
		[AT_LAST] = f->epoch_last,
		[AT_FORGOT] = (uint64_t)f->forgot_at,
		[AT_REMADE] = f->past.remade,
		[AT_DRAFTS] = f->n_drafts,
		[AT_DAMAGED] = f->n_damaged,
		[AT_FORGOT_DAMAGE] = f->forgot_damage};

	if (fed_file_write(f, &epochs, v, array_len(v), true))
		return true;
	log_error("fed.epochs", "file=%s/%s why=\"%s\"", f->data, epochs.name, strerror(errno));
	return false;
}

static bool is_own(const struct fed *f, const struct fed_feed *feed)
{
	return fed_oid_eq(&feed->name.oid, &f->keys->oid) && feed->name.epoch.branch[0] == '\0';
}

/* The highest epoch of ours, in this group or (NULL) in any. */
static uint64_t highest(const struct fed *f, const struct fed_gid *gid)
{
	uint64_t n = 0;

	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (is_own(f, feed) && (!gid || fed_gid_eq(&feed->name.gid, gid)) &&
			feed->name.epoch.n > n)
			n = feed->name.epoch.n;
	}
	return n;
}

static void note_forgot(struct fed *f, bool damage)
{
	f->forgot_at = loop_now_at();
	f->forgot_damage = damage;
}

static void note_restored(struct fed *f)
{
	f->restored = true;
	note_forgot(f, false);
}

/* Nothing tells that this daemon was in a federation before, or that its store is a copy. */
static bool is_new(const struct fed *f)
{
	return f->epoch_last == 0 && (!f->past.put_back || !fed_reg_daemon(f->reg, &f->keys->oid));
}

static void put_back(struct fed *f)
{
	f->epoch_floor = f->epoch_last + 1;
	note_restored(f);
	log_warn("fed.epochs",
		"the store was put back: new epochs from %" PRIu64 " on, no drafts are signed",
		f->epoch_floor);
}

/*
 * Drafts that were on disk, or records that say what came of them.  Those that a damaged page hides
 * are seen by their number, of all others only that something in their table is damaged.  A file
 * that does not count them was written before any of this could be.
 */
static bool has_lost(const struct fed *f, const struct beside *b)
{
	if (!b->counts)
		return f->past.remade != b->remade;
	return f->n_drafts < b->n_drafts || f->n_damaged > b->n_damaged;
}

static void look_for_damage(struct fed *f, const struct beside *b)
{
	f->remade = f->past.remade != b->remade;
	if (f->remade) {
		f->epoch_floor = f->epoch_last + 1;
		log_warn("fed.epochs",
			"a damaged feed was made anew: new epochs from %" PRIu64 " on",
			f->epoch_floor);
	}
	if (has_lost(f, b)) {
		note_forgot(f, true);
		log_warn("fed.epochs",
			"records are damaged or lost: no drafts are signed, drafts=%zu of=%" PRIu64
			" damaged=%zu",
			f->n_drafts, b->n_drafts, f->n_damaged);
	}
}

bool fed_epoch_start(struct fed *f)
{
	struct beside b = recall(f);
	uint64_t last = highest(f, NULL);

	if (f->epoch_last < last)
		f->epoch_last = last;
	f->n_drafts = fed_papers_on_disk(&f->papers);
	if (b.there ? b.lineage != f->past.lineage : !is_new(f))
		put_back(f);
	else if (b.there)
		look_for_damage(f, &b);
	return keep(f);
}

void fed_epoch_drafts(struct fed *f)
{
	size_t n = fed_papers_on_disk(&f->papers);

	if (n == f->n_drafts)
		return;
	f->n_drafts = n;
	(void)keep(f);
}

int64_t fed_epoch_forgot_until(const struct fed *f)
{
	int64_t until_at = f->forgot_at + FED_PAPER_S;

	return f->forgot_at > 0 && loop_now_at() < until_at ? until_at : 0;
}

bool fed_epoch_vouched(struct fed *f)
{
	int64_t was_at = f->forgot_at;

	f->forgot_at = 0;
	if (keep(f))
		return true;
	f->forgot_at = was_at;
	return false;
}

/* The last feed of ours in the group that satisfies `is`; NULL. */
static const struct fed_feed *last_feed(struct fed *f, const struct fed_gid *gid,
	bool (*is)(struct fed *f, const struct fed_feed *feed))
{
	const struct fed_feed *last = NULL;

	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (is_own(f, feed) && fed_gid_eq(&feed->name.gid, gid) &&
			feed->high >= feed->low &&
			(!last || feed->name.epoch.n > last->name.epoch.n) && is(f, feed))
			last = feed;
	}
	return last;
}

static bool is_revoked(struct fed *f, const struct fed_feed *feed)
{
	const struct fed_daemon *d = fed_reg_daemon(f->reg, &f->keys->oid);
	struct fed_public key;
	struct fed_held held;
	struct fed_sign s;
	const char *why;

	return fed_outside.held(f, feed, feed->high, &held) == 0 &&
	       fed_sign_parse(slice_str(held.sign), &s, &why) &&
	       fed_daemon_key(d, &s.k, &key) == FED_KEY_REVOKED;
}

static bool is_any(struct fed *f, const struct fed_feed *feed)
{
	(void)f;
	(void)feed;
	return true;
}

static bool has_cut(const struct fed_group *g, const struct fed_oid *oid, uint64_t epoch)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, oid) && g->cut[i].at.epoch >= epoch)
			return true;
	return false;
}

bool fed_epoch_unconfirmed(struct fed *f, const struct fed_group *g, struct fed_pos *end_out)
{
	const struct fed_daemon *d = fed_reg_daemon(f->reg, &f->keys->oid);
	const struct fed_feed *feed;

	if (!d || d->n_revoked == 0)
		return false;
	feed = last_feed(f, &g->gid, is_revoked);
	if (!feed || has_cut(g, &f->keys->oid, feed->name.epoch.n))
		return false;
	if (end_out)
		*end_out = (struct fed_pos){feed->name.epoch.n, feed->high, feed->tip.e};
	return true;
}

/* Does the record know of all our cuts that lie before the epoch? */
static bool knows_cuts(const struct fed *f, const struct fed_group *at_r, const struct fed_group *g,
	uint64_t epoch)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &f->keys->oid) && g->cut[i].at.epoch < epoch &&
			!fed_group_has_cut(at_r, &g->cut[i]))
			return false;
	return true;
}

void fed_epoch_behind(struct fed *f, const struct fed_group *g)
{
	const struct fed_feed *last = last_feed(f, &g->gid, is_any);
	const struct fed_group *at_r = last ? fed_reg_group_at(f->reg, &g->gid, last->tip.r) : NULL;
	uint64_t unsafe = 0;

	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &f->keys->oid) && g->cut[i].at.epoch > unsafe)
			unsafe = g->cut[i].at.epoch;
	if (at_r && last->name.epoch.n > unsafe && !knows_cuts(f, at_r, g, last->name.epoch.n))
		unsafe = last->name.epoch.n;
	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (is_own(f, feed) && fed_gid_eq(&feed->name.gid, &g->gid) &&
			feed->end < UINT64_MAX && feed->name.epoch.n > unsafe)
			unsafe = feed->name.epoch.n;
	}
	if (unsafe > 0)
		fed_epoch_next(f, unsafe);
}

void fed_epoch_void(struct fed *f, const struct fed_group *g, uint64_t serial)
{
	const struct fed_feed *feed = last_feed(f, &g->gid, is_any);

	if (feed && feed->tip.r > serial)
		fed_epoch_next(f, feed->name.epoch.n);
}

int64_t fed_epoch_away_s(struct fed *f)
{
	char path[FED_FILE_PATH];
	struct stat st;
	int64_t away_s;

	fed_file_path(f, &epochs, path);
	if (stat(path, &st) < 0)
		return 0;
	away_s = (int64_t)time(NULL) - (int64_t)st.st_mtime;
	return away_s > 0 ? away_s : 0;
}

void fed_epoch_alive(struct fed *f)
{
	char path[FED_FILE_PATH];

	fed_file_path(f, &epochs, path);
	(void)utimensat(AT_FDCWD, path, NULL, 0); /* it comes with the first epoch */
}

/* One that was not there before, and not below the clock. */
static uint64_t begin(struct fed *f)
{
	uint64_t n = (uint64_t)loop_now_at();

	if (n < f->epoch_floor)
		n = f->epoch_floor;
	if (n <= f->epoch_last)
		n = f->epoch_last + 1;
	f->epoch_last = n;
	return keep(f) ? n : 0;
}

/* Groups in which nothing was said yet share the number that was begun last. */
uint64_t fed_epoch_own(struct fed *f, const struct fed_gid *gid)
{
	uint64_t n = highest(f, gid);

	if (n > 0 && n >= f->epoch_floor)
		return n;
	if (f->epoch_run == 0 || f->epoch_run < f->epoch_floor || f->epoch_run <= n)
		f->epoch_run = begin(f);
	return f->epoch_run;
}

void fed_epoch_next(struct fed *f, uint64_t unsafe)
{
	if (unsafe < f->epoch_floor)
		return;
	f->epoch_floor = unsafe + 1;
	(void)keep(f);
	f->plans_due = true;
	fed_soon(f);
}

void fed_epoch_leave(struct fed *f, const struct fed_gid *gid)
{
	uint64_t n = highest(f, gid);

	if (n == 0)
		return;
	if (n >= f->epoch_floor && !f->restored)
		note_restored(f); /* with all its files, so nothing else told */
	fed_epoch_next(f, n);
}
