/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit: does every reference hold, does every content open, do the figures of the groups match
 * their rows?
 *
 * It walks table by table, a slice of keys in a view of its own, and follows the references of each
 * key in the same view.  What spans slices (the figures of a group) is compared only when nothing
 * in it is newer than the start, so that a check under load tells no lies.
 */
#include <inttypes.h>
#include <unistd.h>

#include "proto/base/text.h"
#include "storage/arrival.h"
#include "storage/check_priv.h"
#include "storage/content.h"
#include "storage/group.h"
#include "storage/history.h"
#include "storage/meta.h"
#include "storage/refs.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/store_priv.h"

enum {
	CHECK_SLICE = 256, /* keys a view */
	CHECK_LINES = 64 * 1024,
	CHECK_WAIT_US = 1000,
};

void check_fault(struct check *c, const char *fmt, ...)
{
	va_list ap;

	c->out->n_faults++;
	va_start(ap, fmt);
	buf_addv(&c->out->lines, fmt, ap);
	va_end(ap);
	buf_addc(&c->out->lines, '\n');
}

/* ---- walking ---- */

struct slice_walk {
	struct check *c;
	check_fn fn;
	unsigned n;
	struct key last;
};

/* A key that a bit was flipped in is not to be trusted: only its table is told. */
static void on_damaged(struct check *c, struct slice key)
{
	check_fault(c, "table %c: the sum of a key of %zu bytes and its value is wrong",
		ascii_alnum((unsigned char)key.p[0]) ? key.p[0] : '?', key.len);
}

static bool slice_on(void *arg, struct slice key, struct slice value)
{
	struct slice_walk *w = arg;

	if (!value.p)
		on_damaged(w->c, key);
	else if (w->fn)
		w->fn(w->c, key, value);
	w->last.len = 0;
	w->last.bad = false;
	key_bytes(&w->last, key);
	w->c->n_keys++;
	return ++w->n < CHECK_SLICE;
}

static int walk_slice(struct slice_walk *w, struct slice from, struct slice to)
{
	struct kv_range r = {from, to, false};
	int rc = view_open(w->c->s, &w->c->v);

	if (rc < 0)
		return rc;
	w->n = 0;
	while ((rc = kv_scan_all(w->c->v->kv, &r, slice_on, w)) == KERR_WAIT)
		usleep(CHECK_WAIT_US);
	view_close(w->c->v);
	return rc;
}

static int walk_table(struct check *c, enum table table, check_fn fn)
{
	struct slice_walk w = {.c = c, .fn = fn};
	struct key from, to;
	int rc;

	key_begin(&from, (uint8_t)table);
	struct kv_range r = range_of(&from, &to);
	do {
		rc = walk_slice(&w, key_slice(&from), r.to);
		from = w.last;
		key_u8(&from, 0);
	} while (rc == 0 && w.n == CHECK_SLICE);
	return rc;
}

bool check_get(struct check *c, const struct key *k, struct slice *value_out)
{
	return view_get_more(c->v, k, value_out) == 0;
}

/* ---- contents ---- */

/* All chunks, counted; nothing is kept. */
static int open_all_chunks(struct check *c, uint64_t content, uint64_t *bytes_out)
{
	bool last = false;
	int rc = 0;

	*bytes_out = 0;
	for (uint32_t i = 0; rc == 0 && !last; i++) {
		struct slice value;
		struct key k;

		key_of_chunk(&k, content, (uint16_t)i);
		rc = view_get_more(c->v, &k, &value);
		buf_reset(&c->text);
		if (rc == 0)
			rc = content_open(c->s, content, i, value, &c->text, &last);
		*bytes_out += c->text.len;
	}
	return rc;
}

static void check_content(struct check *c, uint64_t content, const uint64_t *want_bytes)
{
	uint64_t bytes;
	int rc = open_all_chunks(c, content, &bytes);

	if (rc < 0)
		check_fault(c, "content %" PRIu64 ": %s", content, kerr_name(rc));
	else if (want_bytes && bytes != *want_bytes)
		check_fault(c, "content %" PRIu64 ": %" PRIu64 " bytes, its row says %" PRIu64,
			content, bytes, *want_bytes);
}

static void on_content(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_CONTENT);

	(void)value;
	take_u64(&d);
	if (take_u16(&d) == 0)
		c->out->n_contents++;
}

/* ---- groups ---- */

static void check_name(struct check *c, const struct group_rec *g)
{
	struct slice value;
	struct key k;

	key_of_owned(&k, g->owner, slice_str(g->name));
	struct dec d = dec_of(check_get(c, &k, &value) ? value : lit(""));
	if (take_u32(&d) != g->id)
		check_fault(
			c, "group %" PRIu32 " %s: its name does not lead to it", g->id, g->name);
}

static void check_state(struct check *c, const struct group_rec *g)
{
	struct group_state st;
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_STATE, g->id);
	if (!check_get(c, &k, &value) || group_state_decode(value, &st) < 0) {
		check_fault(c, "group %" PRIu32 " %s: no state", g->id, g->name);
		return;
	}
	key_of_pair(&k, TABLE_ROW, g->id, st.low);
	if (st.count == 0 ? st.low != st.next || st.bytes != 0 : !check_get(c, &k, &value))
		check_fault(c, "group %" PRIu32 " %s: low %" PRIu32 " is wrong", g->id, g->name,
			st.low);
}

static void on_group(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_GROUP);
	struct group_rec g = {.id = take_u32(&d)};

	c->out->n_groups++;
	if (group_decode(value, &g) < 0) {
		check_fault(c, "group %" PRIu32 ": record damaged", g.id);
		return;
	}
	check_name(c, &g);
	check_state(c, &g);
}

static void on_name(struct check *c, struct slice key, struct slice value)
{
	struct dec k = dec_of_key(key, TABLE_NAME), d = dec_of(value);
	struct group_rec g = {.id = take_u32(&d)};
	uint32_t owner = take_u32(&k);
	struct key gk;

	key_of_u32(&gk, TABLE_GROUP, g.id);
	if (!check_get(c, &gk, &value) || group_decode(value, &g) < 0 || g.owner != owner ||
		!slice_eq(slice_str(g.name), k.rest))
		check_fault(c, "name %.*s: leads to group %" PRIu32 ", which has another",
			SLICE_ARG(k.rest), g.id);
}

/* ---- rows ---- */

/* Numbers that are not there are known as absent. */
static void check_absent(struct check *c, const struct group_state *st)
{
	struct ranges absent;
	int rc;

	ranges_init(&absent);
	while ((rc = view_absent(c->v, c->rows.group, st, &absent)) == KERR_WAIT)
		usleep(CHECK_WAIT_US);
	if (rc < 0 || ranges_count(&absent) != st->next - st->low - c->rows.count)
		check_fault(c,
			"group %" PRIu32 ": %" PRIu64 " absent numbers, its rows say %" PRIu32,
			c->rows.group, ranges_count(&absent), st->next - st->low - c->rows.count);
	ranges_fini(&absent);
}

/* The rows of a group are all seen: compare with its state. */
static void end_rows(struct check *c)
{
	struct group_state st;
	struct slice value;
	struct key k;

	if (c->rows.group == 0)
		return;
	key_of_u32(&k, TABLE_STATE, c->rows.group);
	if (!check_get(c, &k, &value) || group_state_decode(value, &st) < 0) {
		meta_key_gone(&k, c->rows.group);
		if (check_get(c, &k, &value))
			return; /* removed, and not yet cleaned up */
		key_of_pair(&k, TABLE_ROW, c->rows.group, c->rows.high);
		if (!check_get(c, &k, &value))
			return; /* removed and cleaned up since the rows were counted */
		check_fault(c, "group %" PRIu32 ": rows without a state", c->rows.group);
		return;
	}
	if (st.modseq > c->seq)
		return; /* it went on meanwhile */
	if (st.count != c->rows.count || st.low != c->rows.low || st.next <= c->rows.high ||
		st.bytes != c->rows.bytes)
		check_fault(c,
			"group %" PRIu32 ": state says %" PRIu32 " articles, low %" PRIu32
			", next %" PRIu32 "; rows say %" PRIu32 ", %" PRIu32 ", high %" PRIu32,
			c->rows.group, st.count, st.low, st.next, c->rows.count, c->rows.low,
			c->rows.high);
	check_absent(c, &st);
}

static void count_row(struct check *c, const struct row *r)
{
	if (r->group != c->rows.group) {
		end_rows(c);
		c->rows.group = r->group;
		c->rows.low = r->num;
		c->rows.count = 0;
		c->rows.bytes = 0;
	}
	c->rows.count++;
	c->rows.high = r->num;
	c->rows.bytes += row_shown(r);
}

static bool in_places(const struct history *h, uint32_t group, uint32_t num)
{
	for (unsigned i = 0; i < h->n_places; i++)
		if (h->places[i].group == group && h->places[i].num == num)
			return true;
	return false;
}

/* A row of a personal mailbox is counted as a reference to its content. */
static void check_refs_of(struct check *c, const struct row *r)
{
	struct slice value;
	struct key k;

	c->n_filed++;
	key_of_u64(&k, TABLE_REFS, r->content);
	if (!check_get(c, &k, &value))
		check_fault(c,
			"row %" PRIu32 "/%" PRIu32 ": no reference to its content is counted",
			r->group, r->num);
}

static void on_refs(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_REFS);
	bool by_history;
	uint32_t n;

	if (refs_decode(value, &n, &by_history) < 0 || n == 0) {
		check_fault(c, "references to content %" PRIu64 ": damaged", take_u64(&d));
		return;
	}
	c->n_refs += n;
	if (!by_history)
		c->n_owned++;
}

/* A row leads to its log entry, that to the history, and that back to the row. */
static void check_log_of(struct check *c, const struct row *r)
{
	struct history h;
	struct log_entry e;
	struct slice value;
	struct key k;

	key_of_u64(&k, TABLE_LOG, r->seq);
	if (!check_get(c, &k, &value) || log_decode(key_slice(&k), value, &e) < 0 ||
		(e.kind != LOG_ARRIVED && e.kind != LOG_FILED) || e.group != r->group ||
		e.num != r->num || e.content != r->content) {
		check_fault(c, "row %" PRIu32 "/%" PRIu32 ": log entry %" PRIu64 " is not its own",
			r->group, r->num, r->seq);
		return;
	}
	if (e.kind == LOG_FILED) {
		check_refs_of(c, r);
		return;
	}
	key_of_hash(&k, e.mid);
	if (!check_get(c, &k, &value) || history_decode(value, &h) < 0 ||
		h.state != HISTORY_ARTICLE || h.content != r->content ||
		h.n_places != r->n_places || !in_places(&h, r->group, r->num))
		check_fault(c, "row %" PRIu32 "/%" PRIu32 ": history does not know it", r->group,
			r->num);
}

static void check_head(struct check *c, const struct row *r)
{
	struct slice value;
	struct key k;

	key_of_u64(&k, TABLE_HEAD, r->head);
	if (r->head != 0 && !check_get(c, &k, &value))
		check_fault(
			c, "row %" PRIu32 "/%" PRIu32 ": its head is not there", r->group, r->num);
}

static void on_row(struct check *c, struct slice key, struct slice value)
{
	struct row_sealed sealed;
	struct row r;

	c->out->n_rows++;
	if (row_decode(key, value, &r, &sealed) < 0) {
		check_fault(c, "row of %zu bytes: damaged", value.len);
		return;
	}
	count_row(c, &r);
	check_log_of(c, &r);
	if (row_open(c->v, &r, &sealed, ROWS_OVERVIEW | ROWS_STRUCTURE) < 0)
		check_fault(c, "row %" PRIu32 "/%" PRIu32 ": what derives from it does not open",
			r.group, r.num);
	check_head(c, &r);
	check_content(c, r.content, &r.bytes);
}

/* ---- history and log ---- */

static void on_history(struct check *c, struct slice key, struct slice value)
{
	struct row_sealed sealed;
	struct slice rest;
	struct history h;
	struct row r;

	c->out->n_history++;
	if (history_decode(value, &h) < 0) {
		check_fault(c, "history entry of %zu bytes: damaged", value.len);
		return;
	}
	if (h.state != HISTORY_AWAITED && h.state != HISTORY_ERASED)
		c->n_owned++;
	if (h.state == HISTORY_CONTROL || h.state == HISTORY_CANCELLED)
		check_content(c, h.content, NULL);
	if ((h.state == HISTORY_ARTICLE) != (h.n_places > 0))
		check_fault(c, "history of content %" PRIu64 ": %u places in state %d", h.content,
			h.n_places, (int)h.state);
	for (unsigned i = 0; i < h.n_places; i++) {
		struct key k;

		key_of_pair(&k, TABLE_ROW, h.places[i].group, h.places[i].num);
		if (!check_get(c, &k, &rest) || row_decode(key_slice(&k), rest, &r, &sealed) < 0 ||
			r.content != h.content)
			check_fault(c,
				"history of content %" PRIu64 ": no row %" PRIu32 "/%" PRIu32,
				h.content, h.places[i].group, h.places[i].num);
	}
	(void)key;
}

static void on_log(struct check *c, struct slice key, struct slice value)
{
	struct log_entry e;
	struct key k;

	c->out->n_log++;
	if (log_decode(key, value, &e) < 0) {
		check_fault(c, "log entry of %zu bytes: damaged", value.len);
		return;
	}
	bool of_article = e.kind == LOG_ARRIVED || e.kind == LOG_CONTROL || e.kind == LOG_REMOVED;
	if (!of_article || memcmp(e.mid, (uint8_t[STORE_MID_HASH]){0}, sizeof e.mid) == 0)
		return; /* personal, or none at all */
	key_of_hash(&k, e.mid);
	if (!check_get(c, &k, &value))
		check_fault(c, "log entry %" PRIu64 ": history does not know it", e.seq);
}

/* ---- the whole ---- */

/* What changes contents and rows without a sequence of its own is under way. */
static bool is_cleaning(const struct check *c)
{
	return meta_has(c->v->kv, META_BIG) != KERR_NOTFOUND ||
	       meta_has(c->v->kv, META_GONE) != KERR_NOTFOUND;
}

static int last_seq(struct check *c, uint64_t *out)
{
	int rc = view_open(c->s, &c->v);

	if (rc < 0)
		return rc;
	while ((rc = view_last_seq(c->v, out)) == KERR_WAIT)
		usleep(CHECK_WAIT_US);
	c->cleaning |= is_cleaning(c);
	view_close(c->v);
	return rc;
}

/* Rows end where the table does. */
static int end_last_rows(struct check *c)
{
	int rc = view_open(c->s, &c->v);

	if (rc < 0)
		return rc;
	end_rows(c);
	view_close(c->v);
	return 0;
}

/* No content without an owner; only if nothing came meanwhile. */
static int check_orphans(struct check *c)
{
	uint64_t now;
	int rc = last_seq(c, &now);

	if (rc < 0 || now != c->seq || c->cleaning)
		return rc;
	if (c->out->n_contents != c->n_owned)
		check_fault(c, "%" PRIu64 " contents, %" PRIu64 " owners", c->out->n_contents,
			c->n_owned);
	if (c->n_filed != c->n_refs)
		check_fault(c, "%" PRIu64 " rows of personal mailboxes, %" PRIu64 " references",
			c->n_filed, c->n_refs);
	return 0;
}

/*
 * The engine counts its keys.  Where nothing was written meanwhile, those that were not met are
 * behind a page that a flipped bit has cut off, whatever they are.
 */
static int count_keys(struct check *c, const struct kv_stat *before)
{
	struct kv_stat now;
	int rc = kv_stat(c->s->kv, &now);

	if (rc == 0 && now.n_commits == before->n_commits && c->n_keys != now.n_keys)
		check_fault(c, "%" PRIu64 " keys are there, %" PRIu64 " are found", now.n_keys,
			c->n_keys);
	return rc;
}

int store_check(struct store *s, struct check_report *out)
{
	static const struct {
		enum table table;
		check_fn fn;
	} walks[] = {
		{TABLE_GROUP,      on_group        },
		{TABLE_NAME,       on_name         },
		{TABLE_ROW,        on_row          },
		{TABLE_HISTORY,    on_history      },
		{TABLE_LOG,        on_log          },
		{TABLE_CONTENT,    on_content      },
		{TABLE_REFS,       on_refs         },
		{TABLE_ACCOUNT,    check_account   },
		{TABLE_LOGIN,      check_login     },
		{TABLE_MEMBER,     check_member    },
		{TABLE_MEMBERSHIP, check_membership},
		{TABLE_PEER,       check_peer      },
		{TABLE_FEED,       check_feed      },
		{TABLE_ENTRY,      check_entry     },
	};

	static const char sums_alone[] = {TABLE_META, TABLE_HEAD, TABLE_STATE, TABLE_HOUR,
		TABLE_REMOVED, TABLE_SENT, TABLE_ALIAS, TABLE_KEYWORD, TABLE_SUBSCRIPTION,
		TABLE_CURSOR, TABLE_FEED_NAME, TABLE_RECORD, TABLE_AUDIT, TABLE_MARKS,
		TABLE_ABSENT};
	struct check c = {.s = s, .out = out};
	struct kv_stat before;

	*out = (struct check_report){0};
	buf_init(&out->lines, CHECK_LINES);
	buf_init(&c.text, STORE_CHUNK);
	int rc = kv_stat(s->kv, &before);
	if (rc == 0)
		rc = last_seq(&c, &c.seq);
	for (size_t i = 0; rc == 0 && i < array_len(walks); i++) {
		rc = walk_table(&c, walks[i].table, walks[i].fn);
		if (rc == 0 && walks[i].table == TABLE_ROW)
			rc = end_last_rows(&c);
	}
	for (size_t i = 0; rc == 0 && i < array_len(sums_alone); i++)
		rc = walk_table(&c, (enum table)sums_alone[i], NULL);
	if (rc == 0)
		rc = check_orphans(&c);
	if (rc == 0)
		rc = count_keys(&c, &before);
	buf_fini(&c.text);
	return rc;
}
