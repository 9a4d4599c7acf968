/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disk.  Of each file it keeps the bytes that are certain and the writes that are not; of names
 * likewise.  A sync makes certain what came before it for that file, a write with O_DSYNC itself.
 */
#include "tests/crash/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/coll.h"
#include "proto/base/mem.h"

enum { DISK_FILES = 256, NAMES = 16, SECTOR = 512, DISK_PATH = 1024 };

struct image {
	char *data;
	size_t len, cap;
};

struct name {
	char name[64];
	int file;
};

struct disk {
	bool lying;
	struct image files[DISK_FILES];
	struct name names[NAMES];
	int n_names;
	struct vec writes; /* const struct wl_rec *: not certain yet, in order */
	struct vec links;  /* likewise */
};

struct disk *disk_new(bool lying)
{
	struct disk *d = mem_new(struct disk);

	d->lying = lying;
	vec_init(&d->writes, sizeof(struct wl_rec *));
	vec_init(&d->links, sizeof(struct wl_rec *));
	return d;
}

void disk_free(struct disk *d)
{
	for (int i = 0; i < DISK_FILES; i++)
		free(d->files[i].data);
	vec_fini(&d->writes);
	vec_fini(&d->links);
	free(d);
}

static void image_write(struct image *m, uint64_t off, const char *data, size_t len)
{
	size_t end = (size_t)off + len;

	if (end > m->cap) {
		size_t cap = end * 2;
		m->data = mem_realloc(m->data, cap);
		memset(m->data + m->cap, 0, cap - m->cap);
		m->cap = cap;
	}
	memcpy(m->data + off, data, len);
	if (end > m->len)
		m->len = end;
}

static void name_set(struct name *names, int *n, const struct wl_rec *r)
{
	int i = 0;

	for (int k = 0; k < *n; k++) /* a file has one name */
		if (names[k].file == r->file)
			names[k].name[0] = '\0';
	while (i < *n && strcmp(names[i].name, r->name) != 0)
		i++;
	if (i == NAMES)
		abort();
	if (i == *n)
		(*n)++;
	memcpy(names[i].name, r->name, sizeof names[i].name);
	names[i].file = r->file;
}

static const struct wl_rec *rec_at(const struct vec *v, size_t i)
{
	return *(const struct wl_rec **)vec_at(v, i);
}

static void keep(struct vec *v, const struct wl_rec *r)
{
	*(const struct wl_rec **)vec_push(v) = r;
}

static void sync_file(struct disk *d, int file)
{
	size_t left = 0;

	for (size_t i = 0; i < d->writes.n; i++) {
		const struct wl_rec *r = rec_at(&d->writes, i);
		if (r->file == file)
			image_write(&d->files[file], r->off, r->data, r->len);
		else
			*(const struct wl_rec **)vec_at(&d->writes, left++) = r;
	}
	d->writes.n = left;
}

static void sync_names(struct disk *d)
{
	for (size_t i = 0; i < d->links.n; i++)
		name_set(d->names, &d->n_names, rec_at(&d->links, i));
	vec_reset(&d->links);
}

void disk_apply(struct disk *d, const struct wl_rec *r)
{
	switch (r->kind) {
	case WL_LINK:
	case WL_RENAME:
		keep(&d->links, r);
		break;
	case WL_WRITE:
		if (r->dsync && !d->lying)
			image_write(&d->files[r->file], r->off, r->data, r->len);
		else
			keep(&d->writes, r);
		break;
	case WL_SYNC:
		if (!d->lying)
			sync_file(d, r->file);
		break;
	case WL_DIRSYNC:
		sync_names(d); /* names are always kept: the lie is about data */
		break;
	case WL_MARK:
		break;
	}
}

/* ---- after the cut ---- */

static uint64_t chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

/* Some of its sectors. */
static void write_torn(struct image *m, const struct wl_rec *r, uint64_t *seed)
{
	for (size_t at = 0; at < r->len;) {
		size_t n = SECTOR - (r->off + at) % SECTOR;

		if (n > r->len - at)
			n = r->len - at;
		if (chance(seed) % 2)
			image_write(m, r->off + at, r->data + at, n);
		at += n;
	}
}

static void survive(struct image *m, const struct wl_rec *r, enum survival how, uint64_t *seed)
{
	uint64_t c = chance(seed) % 8;

	if (how == SURVIVE_NONE || (how == SURVIVE_SOME && c < 3))
		return;
	if (how == SURVIVE_SOME && c == 3)
		write_torn(m, r, seed);
	else
		image_write(m, r->off, r->data, r->len);
}

static void store_file(const char *dir, const char *name, const struct image *m)
{
	char path[DISK_PATH];

	snprintf(path, sizeof path, "%.512s/%.63s", dir, name);
	FILE *f = fopen(path, "we");
	if (!f || (m->len > 0 && fwrite(m->data, 1, m->len, f) != m->len) || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void remove_all(const char *dir)
{
	static const char *const names[] = {"data.mdb", "new.mdb", "new.mdb-lock", "lock.mdb",
		"keys", "generation", "generation.new", "lock", "reserve"};
	char path[DISK_PATH];

	for (size_t i = 0; i < array_len(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
}

/* Of the names that are not certain, the first few are there. */
static int names_after(
	const struct disk *d, enum survival how, uint64_t *seed, struct name names[NAMES])
{
	size_t n_links = how == SURVIVE_ALL    ? d->links.n
			 : how == SURVIVE_NONE ? 0
					       : chance(seed) % (d->links.n + 1);
	int n = d->n_names;

	memcpy(names, d->names, sizeof d->names);
	for (size_t i = 0; i < n_links; i++)
		name_set(names, &n, rec_at(&d->links, i));
	return n;
}

void disk_build(const struct disk *d, const struct wl_rec *in_flight, enum survival how,
	uint64_t seed, const char *to)
{
	struct name names[NAMES];
	int n = names_after(d, how, &seed, names);

	remove_all(to);
	for (int i = 0; i < n; i++) {
		const struct image *from = &d->files[names[i].file];
		struct image m = {0};

		if (names[i].name[0] == '\0')
			continue;
		if (from->len > 0)
			image_write(&m, 0, from->data, from->len);
		for (size_t k = 0; k < d->writes.n; k++)
			if (rec_at(&d->writes, k)->file == names[i].file)
				survive(&m, rec_at(&d->writes, k), how, &seed);
		if (in_flight && in_flight->kind == WL_WRITE && in_flight->file == names[i].file)
			survive(&m, in_flight, how, &seed);
		store_file(to, names[i].name, &m);
		free(m.data);
	}
}
