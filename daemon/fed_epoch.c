/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In which epoch we issue.  The file `epochs` beside the database, which is no part of a backup,
 * says the lowest one that is safe and the highest that was begun; the lineage of the store says
 * whether the database was put back since.  A daemon that is led back into an old epoch would sign
 * a number twice.  docs/federation.md section 7.3
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/scan.h"

#define FILE_WORD "koko-epochs"

enum { PATH_ROOM = 4096, TEXT_ROOM = 128 };

static void path_of(const struct fed *f, const char *suffix, char out[PATH_ROOM])
{
	snprintf(out, PATH_ROOM, "%s/epochs%s", f->data, suffix);
}

static bool take_number(struct cursor *c, uint64_t *out)
{
	return cursor_blanks(c) > 0 && cursor_number(c, UINT64_MAX, out);
}

static bool file_read(struct fed *f, uint64_t *lineage)
{
	char path[PATH_ROOM], text[TEXT_ROOM];
	struct cursor c;
	FILE *in;
	size_t n;

	path_of(f, "", path);
	in = fopen(path, "re");
	if (!in)
		return false;
	n = fread(text, 1, sizeof text, in);
	fclose(in);
	c = cursor_of(slice_of(text, n));
	return cursor_take_ci(&c, lit(FILE_WORD)) && take_number(&c, lineage) &&
	       take_number(&c, &f->epoch_floor) && take_number(&c, &f->epoch_last);
}

static bool fill(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text.p, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static bool sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* Rare, and short: it is the one place where this thread waits for a disk. */
static bool file_write(struct fed *f)
{
	char path[PATH_ROOM], fresh[PATH_ROOM], text[TEXT_ROOM];
	int n = snprintf(text, sizeof text, FILE_WORD " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		f->lineage, f->epoch_floor, f->epoch_last);

	path_of(f, "", path);
	path_of(f, ".new", fresh);
	if (fill(fresh, slice_of(text, (size_t)n)) && rename(fresh, path) == 0 &&
		sync_folder(f->data))
		return true;
	log_error("fed.epochs", "file=%s why=\"%s\"", path, strerror(errno));
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

void fed_epoch_start(struct fed *f)
{
	uint64_t lineage = 0, last = highest(f, NULL);
	bool known = file_read(f, &lineage) && lineage == f->lineage;

	if (f->epoch_last < last)
		f->epoch_last = last;
	if (known || last == 0)
		return;
	f->epoch_floor = f->epoch_last + 1;
	f->restored = true;
	log_warn("fed.epochs", "the store was put back: new epochs from %" PRIu64 " on",
		f->epoch_floor);
	(void)file_write(f);
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

void fed_epoch_behind(struct fed *f, const struct fed_group *g, const struct fed_cut *cut)
{
	const struct fed_feed *feed = last_feed(f, &g->gid, is_any);
	const struct fed_group *at_r;

	fed_epoch_next(f, cut->at.epoch);
	if (!feed || feed->name.epoch.n <= cut->at.epoch)
		return;
	at_r = fed_reg_group_at(f->reg, &g->gid, feed->tip.r);
	if (at_r && !has_cut(at_r, &cut->oid, cut->at.epoch))
		fed_epoch_next(f, feed->name.epoch.n);
}

void fed_epoch_void(struct fed *f, const struct fed_group *g, uint64_t serial)
{
	const struct fed_feed *feed = last_feed(f, &g->gid, is_any);

	if (feed && feed->tip.r > serial)
		fed_epoch_next(f, feed->name.epoch.n);
}

int64_t fed_epoch_away_s(struct fed *f)
{
	char path[PATH_ROOM];
	struct stat st;
	int64_t away_s;

	path_of(f, "", path);
	if (stat(path, &st) < 0)
		return 0;
	away_s = (int64_t)time(NULL) - (int64_t)st.st_mtime;
	return away_s > 0 ? away_s : 0;
}

void fed_epoch_alive(struct fed *f)
{
	char path[PATH_ROOM];

	path_of(f, "", path);
	(void)utimensat(AT_FDCWD, path, NULL, 0); /* it comes with the first epoch */
}

/* One that was not there before, and not below the clock. */
static uint64_t begin(struct fed *f)
{
	uint64_t n = (uint64_t)fed_clock_at(f);

	if (n < f->epoch_floor)
		n = f->epoch_floor;
	if (n <= f->epoch_last)
		n = f->epoch_last + 1;
	f->epoch_last = n;
	return file_write(f) ? n : 0;
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
	(void)file_write(f);
	f->plans_due = true;
	fed_soon(f);
}

void fed_epoch_leave(struct fed *f, const struct fed_gid *gid)
{
	uint64_t n = highest(f, gid);

	if (n > 0)
		fed_epoch_next(f, n);
}
