/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows.  They lie in number order with the overview in them, so OVER is one scan over neighbouring
 * pages; a scan without overview opens nothing.
 */
#include "storage/row.h"

#include "proto/base/crypto.h"
#include "storage/arrival.h"
#include "storage/content.h"
#include "storage/group.h"
#include "storage/keyfile.h"
#include "storage/numset.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum row_tag { TAG_STRUCTURE = 1, TAG_SAVED, TAG_HEAD };

void row_put(struct txn *t, const struct row *r, const struct row_sealed *sealed)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_pair(&k, TABLE_ROW, r->group, r->num);
	put_u64(v, r->content);
	put_u64(v, r->seq);
	put_u64(v, (uint64_t)r->arrived_at);
	put_u64(v, r->bytes);
	put_u32(v, r->lines);
	put_u8(v, (uint8_t)(r->n_places - 1));
	for (unsigned i = 0; i < r->n_places; i++) {
		if (r->places[i].group == r->group)
			continue;
		put_u32(v, r->places[i].group);
		put_u32(v, r->places[i].num);
	}
	put_u16(v, (uint16_t)sealed->overview.len);
	buf_add(v, sealed->overview);
	if (sealed->structure.len > 0)
		tag_bytes(v, TAG_STRUCTURE, sealed->structure);
	if (r->saved_at != r->arrived_at)
		tag_u64(v, TAG_SAVED, (uint64_t)r->saved_at);
	if (r->head != 0) {
		put_u8(v, TAG_HEAD);
		put_u32(v, sizeof r->head + sizeof r->head_bytes + 1);
		put_u64(v, r->head);
		put_u32(v, r->head_bytes);
		put_u8(v, r->head_shapes);
	}
	txn_put_value(t, &k);
}

static void take_head(struct dec *d, struct slice value, struct row *out)
{
	struct dec head = dec_of(value);

	out->head = take_u64(&head);
	out->head_bytes = take_u32(&head);
	out->head_shapes = take_u8(&head) != 0;
	d->bad = d->bad || head.bad;
}

static void take_tail(struct dec *d, struct row *out, struct row_sealed *sealed_out)
{
	struct slice value;
	uint8_t tag;

	sealed_out->structure = slice_of(NULL, 0);
	out->saved_at = out->arrived_at;
	out->head = 0;
	out->head_bytes = 0;
	out->head_shapes = false;
	while (tag_next(d, &tag, &value)) {
		if (tag == TAG_STRUCTURE)
			sealed_out->structure = value;
		else if (tag == TAG_SAVED)
			out->saved_at = (int64_t)tag_value_u64(d, value);
		else if (tag == TAG_HEAD)
			take_head(d, value, out);
	}
}

int row_decode(struct slice key, struct slice value, struct row *out, struct row_sealed *sealed_out)
{
	struct dec k = dec_of_key(key, TABLE_ROW), d = dec_of(value);

	out->group = take_u32(&k);
	out->num = take_u32(&k);
	out->content = take_u64(&d);
	out->seq = take_u64(&d);
	out->arrived_at = (int64_t)take_u64(&d);
	out->bytes = take_u64(&d);
	out->lines = take_u32(&d);
	out->n_places = 1u + take_u8(&d);
	if (out->n_places > STORE_PLACES)
		return KERR_DAMAGED;
	out->places[0] = (struct place){out->group, out->num};
	for (unsigned i = 1; i < out->n_places; i++) {
		out->places[i].group = take_u32(&d);
		out->places[i].num = take_u32(&d);
	}
	sealed_out->overview = take_bytes(&d, take_u16(&d));
	take_tail(&d, out, sealed_out);
	out->overview = out->structure = slice_of(NULL, 0);
	return k.bad || d.bad ? KERR_DAMAGED : 0;
}

/* ---- heads ---- */

static void head_key(struct key *k, uint64_t head)
{
	key_of_u64(k, TABLE_HEAD, head);
}

static uint64_t head_id(struct slice text)
{
	uint8_t hash[CRYPTO_HASH_LEN];

	crypto_sha256(text, hash);
	struct dec d = dec_of(slice_of(hash, sizeof hash));
	return take_u64(&d) | 1; /* 0: none */
}

uint64_t head_put(struct txn *t, struct slice text)
{
	uint64_t head = head_id(text);
	struct slice value;
	struct key k;

	head_key(&k, head);
	if (txn_get(t, &k, &value) == KERR_NOTFOUND)
		txn_put(t, &k, text);
	return head;
}

int view_head(struct view *v, uint64_t head, struct buf *out)
{
	struct slice value;
	struct key k;

	head_key(&k, head);
	int rc = view_get_more(v, &k, &value);
	if (rc == 0)
		buf_add(out, value);
	return rc;
}

/* ---- taking out ---- */

static bool first_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_ROW);

	(void)value;
	take_u32(&d);
	*(uint32_t *)arg = take_u32(&d);
	return false;
}

/* The smallest number present above num, or `none`. */
static uint32_t next_present(struct txn *t, uint32_t group, uint32_t num, uint32_t none)
{
	struct key group_key, from, to;
	uint32_t found = none;

	key_of_u32(&group_key, TABLE_ROW, group);
	struct kv_range r = range_of(&group_key, &to);
	key_of_pair(&from, TABLE_ROW, group, num + 1);
	r.from = key_slice(&from);
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, first_on, &found);
	return found;
}

void row_take_out(
	struct txn *t, struct place p, uint64_t content, const uint8_t mid[STORE_MID_HASH])
{
	struct log_entry e = {.kind = LOG_REMOVED,
		.group = p.group,
		.num = p.num,
		.content = content,
		.at = t->now_at};
	struct group_state st;
	struct row_sealed sealed;
	struct slice value;
	struct key k;
	struct row r;

	key_of_pair(&k, TABLE_ROW, p.group, p.num);
	int rc = t->rc < 0 ? t->rc : kv_batch_get(t->b, key_slice(&k), &value);
	if (rc < 0 && rc != KERR_DAMAGED) {
		if (rc != KERR_NOTFOUND)
			t->rc = rc;
		return;
	}
	if (rc < 0 || row_decode(key_slice(&k), value, &r, &sealed) < 0)
		r = (struct row){
			.bytes = 0}; /* it goes all the same; store_check tells of the sum */
	if (state_get(t, p.group, &st) < 0)
		return;
	txn_del(t, &k);
	memcpy(e.mid, mid, sizeof e.mid);
	st.modseq = log_append(t, &e);
	st.count--;
	st.bytes -= row_shown(&r);
	st.heads -= r.head != 0;
	if (st.low == p.num) {
		st.low = next_present(t, p.group, p.num, st.next);
		absent_trim(t, p.group, st.low);
	} else {
		absent_add(t, p.group, p.num, p.num);
	}
	state_set(t, p.group, &st);
	removed_put(t, p.group, st.modseq, p.num, p.num);
}

/* ---- reading ---- */

/* Open one sealed field into `room`; empty when there is none. */
static int open_field(const uint8_t *key, uint64_t content, struct slice sealed, struct buf *room,
	struct slice *out)
{
	if (sealed.len == 0)
		return 0;
	buf_reset(room);
	if (sealed.len < SEAL_EXTRA || sealed.len - SEAL_EXTRA > room->max)
		return KERR_DAMAGED;
	char *to = buf_room(room, sealed.len - SEAL_EXTRA);
	if (!to || content_open_row(key, content, sealed, (uint8_t *)to) < 0)
		return KERR_DAMAGED;
	*out = slice_of(to, sealed.len - SEAL_EXTRA);
	return 0;
}

int row_open(struct view *v, struct row *r, const struct row_sealed *sealed, enum rows_flags flags)
{
	const uint8_t *key = keyfile_get(v->store->keys, r->content);
	int rc = 0;

	if (!key)
		return 0;
	if (flags & ROWS_OVERVIEW)
		rc = open_field(key, r->content, sealed->overview, &v->overview, &r->overview);
	if (rc == 0 && (flags & ROWS_STRUCTURE))
		rc = open_field(key, r->content, sealed->structure, &v->structure, &r->structure);
	return rc;
}

/* For readers: what is damaged is not shown, and the rows behind it are. */
static int open_kindly(
	struct view *v, struct row *r, const struct row_sealed *sealed, enum rows_flags flags)
{
	int rc = row_open(v, r, sealed, flags);

	return rc == KERR_DAMAGED ? 0 : rc;
}

int view_row(struct view *v, uint32_t group, uint32_t num, bool overview, struct row *out)
{
	struct row_sealed sealed;
	struct slice value;
	struct key k;

	key_of_pair(&k, TABLE_ROW, group, num);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc == 0)
		rc = row_decode(key_slice(&k), value, out, &sealed);
	if (rc == 0 && overview)
		rc = open_kindly(v, out, &sealed, ROWS_OVERVIEW);
	return rc;
}

struct walk {
	struct view *v;
	enum rows_flags flags;
	row_fn fn;
	void *arg;
	int rc;
};

static bool row_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct row_sealed sealed;
	struct row r;

	if (row_decode(key, value, &r, &sealed) < 0)
		return true; /* store_check finds it */
	if (w->flags & (ROWS_OVERVIEW | ROWS_STRUCTURE))
		w->rc = open_kindly(w->v, &r, &sealed, w->flags);
	return w->rc == 0 && w->fn(w->arg, &r);
}

int view_rows(struct view *v, uint32_t group, uint32_t lo, uint32_t hi, enum rows_flags flags,
	row_fn fn, void *arg)
{
	struct walk w = {v, flags, fn, arg, 0};
	struct key from, to;

	if (lo > hi)
		return 0;
	key_of_pair(&from, TABLE_ROW, group, lo);
	key_of_pair(&to, TABLE_ROW, group, hi);
	key_u8(&to, 0); /* hi itself is within */
	struct kv_range r = {key_slice(&from), key_slice(&to), (flags & ROWS_REVERSE) != 0};
	int rc = kv_scan(v->kv, &r, row_on, &w);
	return rc < 0 ? rc : w.rc;
}
