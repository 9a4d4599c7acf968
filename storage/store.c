/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and closing, views, figures.
 *
 * Start order: the engine (its lock keeps others out), schema, the key file, generation, contents
 * a crash left, the writer.  Nothing in it depends on the number of articles.
 */
#include "storage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/mem.h"
#include "storage/box.h"
#include "storage/dict.h"
#include "storage/file.h"
#include "storage/generation.h"
#include "storage/keycheck.h"
#include "storage/keyfile.h"
#include "storage/meta.h"
#include "storage/migrate.h"
#include "storage/remake.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/sweep.h"
#include "storage/writer.h"

enum { RETRY_US = 100 };

#define MAP_DEFAULT ((uint64_t)64 << 30)

/* ---- open ---- */

static int open_engine(struct store *s, struct err *err)
{
	uint64_t map = s->opts.map_size ? s->opts.map_size : MAP_DEFAULT;

	if (!s->dir)
		return kv_mem_open(&s->kv);
	if (mkdir(s->dir, 0700) < 0 && errno != EEXIST)
		return err_set(err, KERR_IO, "%s: %s", s->dir, strerror(errno));
	return kv_lmdb_open(s->dir, map, &s->kv, err);
}

/* New files must be found again after a power cut. */
static int sync_dir(const struct store *s)
{
	int rc = 0;

	if (!s->dir)
		return 0;
	int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = KERR_IO;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int open_all(struct store *s, struct err *err)
{
	bool fresh;
	int rc = open_engine(s, err);

	if (rc == 0)
		rc = migrate_open(s, &fresh, err);
	if (rc == 0)
		rc = keys_open(s, err);
	if (rc == 0)
		rc = sync_dir(s);
	if (rc == 0 && s->dir)
		rc = generation_start(s, fresh, err);
	if (rc == 0)
		rc = store_remake(s);
	if (rc == 0)
		rc = copies_undo(s);
	if (rc == 0)
		rc = sweep_all(s);
	if (rc == 0)
		rc = keys_begin(s, err);
	return rc;
}

static void free_all(struct store *s)
{
	kv_close(s->kv);
	keyfile_close(s->keys);
	dict_free(s->dict);
	mem_wipe(s->secret, sizeof s->secret);
	free(s->dir);
	free(s);
}

int store_open(const struct store_opts *o, struct store **out, struct err *err)
{
	struct store *s = mem_new(struct store);

	s->opts = *o;
	if (s->opts.zstd_level == 0)
		s->opts.zstd_level = 1;
	s->dict = dict_new(s->opts.zstd_level);
	if (o->dir)
		s->dir = mem_dup(slice_str(o->dir));
	if (err)
		err->text[0] = '\0';
	int rc = open_all(s, err);
	if (rc < 0) {
		if (err && err->text[0] == '\0')
			err_set(err, rc, "store %s: %s", s->dir ? s->dir : "in memory",
				kerr_name(rc));
		free_all(s);
		return rc;
	}
	atomic_store(&s->last_seq, s->counters.seq);
	room_init(&s->room, s->dir, s->opts.reserve);
	rc = writer_open(s);
	if (rc == 0)
		rc = box_clean_all(s);
	watch_init(&s->watch, s->kv);
	if (rc == 0 && !s->opts.manual)
		rc = watch_start(&s->watch);
	if (rc < 0) {
		writer_close(s);
		free_all(s);
		return err_set(err, rc, "store: cannot start its threads");
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	watch_fini(&s->watch);
	writer_close(s);
	generation_stop(s);
	free_all(s);
}

/* ---- figures ---- */

void store_secret(struct store *s, uint8_t out[32])
{
	memcpy(out, s->secret, sizeof s->secret);
}

uint64_t store_keys_mark(struct store *s)
{
	return keyfile_mark(s->keys);
}

struct kv *store_kv(struct store *s)
{
	return s->kv;
}

void store_stats(struct store *s, struct store_stats *out)
{
	struct kv_stat st = {0};

	if (kv_stat(s->kv, &st) < 0)
		st = (struct kv_stat){0};
	*out = (struct store_stats){
		.n_jobs = s->n_jobs,
		.n_commits = s->n_commits,
		.n_articles = s->n_articles,
		.n_duplicates = s->n_duplicates,
		.n_refused = s->n_refused,
		.bytes_used = st.bytes_used,
		.bytes_map = st.bytes_map,
		.bytes_free = s->watch.bytes_free,
		.map_high = s->watch.map_high,
		.last_seq = s->last_seq,
		.commit_us = s->commit_us,
		.n_readers = st.n_readers,
		.stopped = s->stopped,
		.paused = room_low(&s->room, ROOM_POST),
		.n_full = s->room.n_refused,
		.n_busy = s->n_busy,
		.n_pruned = s->n_pruned,
	};
	out->bytes_free_disk = s->room.free_bytes;
}

void store_set_watermarks(struct store *s, uint64_t peers, uint64_t posts)
{
	atomic_store(&s->room.mark_peers, peers);
	atomic_store(&s->room.mark_posts, posts);
}

/* ---- views ---- */

int view_open(struct store *s, struct view **out)
{
	struct view *v = mem_new(struct view);
	int rc = kv_view_open(s->kv, &v->kv);

	if (rc < 0) {
		free(v);
		return rc;
	}
	v->store = s;
	buf_init(&v->overview, ROW_OVERVIEW_MAX);
	buf_init(&v->structure, STORE_STRUCTURE_MAX);
	*out = v;
	return 0;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	kv_view_close(v->kv);
	buf_fini(&v->overview);
	buf_fini(&v->structure);
	free(v);
}

int view_get_more(struct view *v, const struct key *k, struct slice *value_out)
{
	int rc;

	while ((rc = kv_get(v->kv, key_slice(k), value_out)) == KERR_WAIT)
		usleep(RETRY_US);
	return rc;
}
