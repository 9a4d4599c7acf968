/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damage in a store at rest, for test_fed_repair.py and test_fed_drafts.py:
 *
 *   spoil DATA HOW MESSAGE-ID [HOW MESSAGE-ID]...
 *
 * bits: one bit of its text is flipped; chunk: its text is gone; key: its content key is; row: its
 * row in the group is; wrong: another text lies in its place, sealed as it should be; entry: a bit
 * of what its feed has of it is flipped; feed: one of what is said of its feed.  draft: in the
 * place of the Message-ID stands the number of a draft, of which a bit is flipped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/mem.h"
#include "storage/content.h"
#include "storage/keyfile.h"
#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"

enum { VALUE_MAX = 64 * 1024 };

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "spoil: %s\n", what);
	exit(1);
}

static void flip(struct kv_batch *b, const struct key *k)
{
	struct slice value;
	struct buf copy;

	buf_init(&copy, VALUE_MAX);
	must(kv_batch_get(b, key_slice(k), &value) == 0, "nothing is there");
	buf_add(&copy, value);
	copy.data[copy.len / 2] ^= 1;
	must(kv_put(b, key_slice(k), buf_slice(&copy)) == 0, "it cannot be put");
	buf_fini(&copy);
}

/* Past the sum behind it. */
static void flip_raw(struct kv_batch *b, const struct key *k)
{
	struct slice value;
	struct buf copy;

	buf_init(&copy, VALUE_MAX);
	must(b->kv->ops->batch_get(b, key_slice(k), &value) == 0, "nothing is there");
	buf_add(&copy, value);
	copy.data[copy.len / 2] ^= 1;
	must(b->kv->ops->batch_put(b, key_slice(k), buf_slice(&copy)) == 0, "it cannot be put");
	buf_fini(&copy);
}

static void put_other(struct store *s, struct kv_batch *b, uint64_t id)
{
	static const char text[] = "Path: x\r\nSubject: forged\r\n\r\nforged\r\n";
	struct sealed c = {.id = id};
	struct key k;

	must(content_seal(s, id, slice_of(text, sizeof text - 1), &c) == 0, "it cannot be sealed");
	key_of_chunk(&k, id, 0);
	must(kv_put(b, key_slice(&k), slice_of(c.chunks[0]->bytes, c.chunks[0]->len)) == 0,
		"it cannot be put");
	content_free(&c);
}

struct draft_walk {
	struct slice number;
	struct key found;
};

static bool draft_on(void *arg, struct slice key, struct slice value)
{
	struct draft_walk *w = arg;

	(void)value;
	if (key.p[1] != RECORD_DRAFT || !memmem(key.p, key.len, w->number.p, w->number.len))
		return true;
	key_bytes(&w->found, key);
	return false;
}

static void spoil_draft(struct store *s, const char *number)
{
	struct draft_walk w = {.number = slice_str(number)};
	struct key from, to;
	struct kv_batch *b;

	key_begin(&from, TABLE_RECORD);
	struct kv_range r = range_of(&from, &to);
	must(kv_batch_begin(s->kv, &b) == 0, "the store cannot be written");
	must(kv_batch_scan(b, &r, draft_on, &w) == 0 && w.found.len > 0, "no such draft");
	flip_raw(b, &w.found);
	must(kv_batch_commit(b) == 0, "it cannot be committed");
}

static void spoil(struct store *s, const char *how, const char *mid)
{
	struct kv_batch *b;
	struct history h;
	struct view *v;
	struct key k;

	must(view_open(s, &v) == 0, "the store cannot be read");
	must(view_history(v, slice_str(mid), &h) == 0, "no such article");
	view_close(v);
	must(kv_batch_begin(s->kv, &b) == 0, "the store cannot be written");
	key_of_chunk(&k, h.content, 0);
	if (strcmp(how, "bits") == 0)
		flip(b, &k);
	else if (strcmp(how, "chunk") == 0)
		must(kv_del(b, key_slice(&k)) == 0, "it cannot be deleted");
	else if (strcmp(how, "key") == 0)
		must(keyfile_wipe(s->keys, &h.content, 1) == 0, "the key cannot be wiped");
	else if (strcmp(how, "wrong") == 0)
		put_other(s, b, h.content);
	else if (strcmp(how, "entry") == 0)
		key_of_entry(&k, h.feed, h.n);
	else if (strcmp(how, "feed") == 0)
		key_of_u32(&k, TABLE_FEED, h.feed);
	else
		must(strcmp(how, "row") == 0 && h.n_places == 1,
			"bits, chunk, key, row, wrong, entry or feed");
	if (strcmp(how, "entry") == 0 || strcmp(how, "feed") == 0)
		flip_raw(b, &k);
	if (strcmp(how, "row") == 0) {
		key_of_pair(&k, TABLE_ROW, h.places[0].group, h.places[0].num);
		must(kv_del(b, key_slice(&k)) == 0, "the row cannot be deleted");
	}
	must(kv_batch_commit(b) == 0, "it cannot be committed");
}

int main(int argc, char **argv)
{
	struct err err = {""};
	struct store *s;

	crypto_ossl_install();
	must(argc > 3 && argc % 2 == 0, "DATA HOW MESSAGE-ID [HOW MESSAGE-ID]...");
	must(store_open(&(struct store_opts){.dir = argv[1], .manual = true}, &s, &err) == 0,
		err.text);
	for (int i = 2; i < argc; i += 2)
		if (strcmp(argv[i], "draft") == 0)
			spoil_draft(s, argv[i + 1]);
		else
			spoil(s, argv[i], argv[i + 1]);
	store_close(s);
	return 0;
}
