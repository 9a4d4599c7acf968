/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two counts for each (group, origin) that was heard of in this life: some hundred bytes. */
#include "proto/fed/fed_quota.h"

#include "proto/base/mem.h"

enum { HOUR_S = 3600, KEY_ROOM = FED_GID_LEN + FED_OID_LEN };

struct hour {
	uint64_t hour, entries, bytes;
};

struct count {
	struct hour made, arrived;
};

static struct slice key_of(
	const struct fed_gid *gid, const struct fed_oid *oid, char room[KEY_ROOM])
{
	memcpy(room, gid->s, FED_GID_LEN);
	memcpy(room + FED_GID_LEN, oid->s, FED_OID_LEN);
	return slice_of(room, KEY_ROOM);
}

void fed_quota_init(struct fed_quota *q, uint64_t entries, uint64_t bytes)
{
	*q = (struct fed_quota){.counts = map_new(), .entries = entries, .bytes = bytes};
}

static void free_count(void *arg, struct slice key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
}

void fed_quota_fini(struct fed_quota *q)
{
	map_each(q->counts, free_count, NULL);
	map_free(q->counts);
}

/* A later hour begins at nothing; one that is over is not counted any more. */
static bool fits(
	const struct hour *h, uint64_t hour, size_t bytes, uint64_t max_entries, uint64_t max_bytes)
{
	if (h->hour != hour)
		return true;
	return (max_entries == 0 || h->entries < max_entries) &&
	       (max_bytes == 0 || h->bytes + bytes <= max_bytes);
}

bool fed_quota_has(struct fed_quota *q, const struct fed_gid *gid, const struct fed_oid *oid,
	uint64_t t, size_t bytes, int64_t now_at)
{
	char room[KEY_ROOM];
	const struct count *c = map_get(q->counts, key_of(gid, oid, room));

	if (!c)
		return true;
	if (fits(&c->made, t / HOUR_S, bytes, q->entries, q->bytes) &&
		fits(&c->arrived, (uint64_t)now_at / HOUR_S, bytes, q->entries * FED_QUOTA_ARRIVED,
			q->bytes * FED_QUOTA_ARRIVED))
		return true;
	q->n_refused++;
	return false;
}

static void add(struct hour *h, uint64_t hour, size_t bytes)
{
	if (hour < h->hour)
		return;
	if (hour > h->hour)
		*h = (struct hour){.hour = hour};
	h->entries++;
	h->bytes += bytes;
}

void fed_quota_count(struct fed_quota *q, const struct fed_gid *gid, const struct fed_oid *oid,
	uint64_t t, size_t bytes, int64_t now_at)
{
	char room[KEY_ROOM];
	struct slice key = key_of(gid, oid, room);
	struct count *c = map_get(q->counts, key);

	if (!c) {
		c = mem_new(struct count);
		map_put(q->counts, key, c);
	}
	add(&c->made, t / HOUR_S, bytes);
	add(&c->arrived, (uint64_t)now_at / HOUR_S, bytes);
}
