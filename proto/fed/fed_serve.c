/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The node as one that is asked.  Every answer begins with the question whether this daemon may
 * know of the group at all; where it may not, the answer is that of a group that does not exist.
 */
#include "proto/fed/fed_node_priv.h"

enum { SIGNS_MAX = 1000 }; /* lines of an answer to KENT */

uint64_t fed_node_count(const struct fed_node *n)
{
	return n->o.feeds->n_changes;
}

uint64_t fed_node_cookie(const struct fed_node *n)
{
	return n->o.cookie;
}

/* ---- heads ---- */

/*
 * May `who` know of the group, and are we in it still?  The answer for the group asked last is
 * kept.
 */
struct reads {
	const struct fed_node *n;
	const struct fed_oid *who;
	struct fed_gid gid;
	bool answer;
};

static bool reads(struct reads *r, const struct fed_gid *gid)
{
	if (!fed_gid_eq(&r->gid, gid)) {
		r->gid = *gid;
		r->answer = fed_reg_reads(r->n->o.reg, r->who, gid);
		r->answer = r->answer && fed_reg_reads(r->n->o.reg, &r->n->o.self, gid);
	}
	return r->answer;
}

/* Where the feed begins for `who`.  Of a branch that begins before, nothing is for it. */
static uint64_t low_for(
	const struct fed_node *n, const struct fed_oid *who, const struct fed_feed *f)
{
	uint64_t begin = fed_reg_begin(n->o.reg, who, &f->name.gid, &f->name.oid, f->name.epoch.n);

	if (begin <= f->low)
		return f->low;
	return f->name.epoch.branch[0] != '\0' ? UINT64_MAX : begin;
}

/* Is there nothing from `low` on? */
static bool is_empty(const struct fed_feed *f, uint64_t low)
{
	return f->high < low && fed_spans_next(&f->ahead, low) == UINT64_MAX;
}

static struct fed_feed *feed_at(struct list *it)
{
	return container_of(it, struct fed_feed, node);
}

void fed_node_heads(
	const struct fed_node *n, const struct fed_heads_query *q, fed_head_fn fn, void *arg)
{
	struct list *head = &n->o.feeds->by_change, *it = head;
	struct reads r = {.n = n, .who = q->who};

	while (it->prev != head && feed_at(it->prev)->changed > q->since)
		it = it->prev;
	for (; it != head; it = it->next) {
		const struct fed_feed *f = feed_at(it);

		if (is_empty(f, f->low) || (q->gid && !fed_gid_eq(q->gid, &f->name.gid)) ||
			!reads(&r, &f->name.gid))
			continue;
		uint64_t low = low_for(n, q->who, f);
		if (!is_empty(f, low) && !fn(arg, f, low))
			return;
	}
}

static const struct record_news *news_at(const struct fed_node *n, size_t i)
{
	return vec_at(&n->record_news, i);
}

/* The serial that `who` may be told of; 0: none. */
static uint64_t shows(
	const struct fed_node *n, const struct fed_oid *who, const struct fed_record_key *key)
{
	return fed_reg_shows(n->o.reg, who, key, fed_node_durable(n, key));
}

bool fed_node_lines(const struct fed_node *n, const struct fed_oid *who,
	const struct fed_record_key *key, fed_line_fn fn, void *arg)
{
	uint64_t serial = shows(n, who, key);
	struct fed_version v;
	bool more = true;

	for (size_t i = 0; more && fed_reg_version(n->o.reg, key, serial, i, &v); i++)
		more = fn(arg, key, serial, &v.hash);
	return more;
}

void fed_node_records(
	const struct fed_node *n, const struct fed_heads_query *q, fed_line_fn fn, void *arg)
{
	size_t i = n->record_news.n;

	while (i > 0 && news_at(n, i - 1)->changed > q->since)
		i--;
	for (; i < n->record_news.n; i++) {
		const struct record_news *news = news_at(n, i);

		/* each once; who may know up to some serial hears nothing of later ones */
		if (news->serial == shows(n, q->who, &news->key) &&
			!fed_node_lines(n, q->who, &news->key, fn, arg))
			return;
	}
}

/* ---- entries ---- */

/* The feed, if `who` may have of it; else *give_out says why not. */
static const struct fed_feed *open_feed(const struct fed_node *n, const struct fed_oid *who,
	const struct fed_feed_name *name, enum fed_give *give_out)
{
	const struct fed_feed *f;

	*give_out = FED_GIVE_DENIED;
	if (!fed_reg_reads(n->o.reg, who, &name->gid) ||
		!fed_reg_reads(n->o.reg, &n->o.self, &name->gid))
		return NULL;
	f = fed_feeds_get(n->o.feeds, name);
	*give_out = f ? FED_GIVE_OUTSIDE : FED_GIVE_NONE;
	return f;
}

static void add_stub(struct buf *out, const struct fed_sign *s, const struct fed_held *h)
{
	struct fed_stub stub = {.sign = *s, .absent = h->absent};

	fed_stub_add(out, &stub);
}

int fed_node_give_entry(struct fed_node *n, const struct fed_oid *who,
	const struct fed_feed_name *name, uint64_t num, struct buf *out,
	char mid_out[MSGID_MAX + 1], enum fed_give *give_out)
{
	const struct fed_feed *f = open_feed(n, who, name, give_out);
	struct fed_held h;
	struct fed_sign s;
	const char *why;
	size_t before = out->len;
	int rc;

	mid_out[0] = '\0';
	if (!f || !fed_feed_has(f, num) || num < low_for(n, who, f))
		return 0;
	rc = n->o.outside->held(n->o.arg, f, num, &h);
	if (rc == KERR_WAIT)
		return rc;
	*give_out = FED_GIVE_NONE;
	if (rc < 0 || !fed_sign_parse(slice_str(h.sign), &s, &why))
		return 0;
	memcpy(mid_out, s.m, sizeof s.m);
	*give_out = FED_GIVE_STUB;
	if (h.content && n->catching && s.y == FED_ARTICLE) {
		*give_out = FED_GIVE_LATER; /* it might be deleted already */
		return 0;
	}
	if (h.content) {
		fed_sign_add_field(out, &s);
		rc = n->o.outside->article(n->o.arg, f, num, out);
		if (rc == KERR_WAIT)
			buf_cut(out, before);
		if (rc == KERR_WAIT)
			return rc;
		if (rc == 0) {
			*give_out = FED_GIVE_ARTICLE;
			return 0;
		}
		h.absent = FED_ABSENT_LOST;
		buf_cut(out, before);
	}
	add_stub(out, &s, &h);
	return 0;
}

int fed_node_give_signs(struct fed_node *n, const struct fed_oid *who,
	const struct fed_feed_name *name, uint64_t from, uint64_t to, struct buf *out,
	enum fed_give *give_out)
{
	const struct fed_feed *f = open_feed(n, who, name, give_out);
	size_t before = out->len;
	struct fed_held h;
	unsigned lines = 0;

	if (f && from < low_for(n, who, f))
		from = low_for(n, who, f);
	if (!f || from > to || !(fed_feed_has(f, from) || fed_feed_has(f, to)))
		return 0;
	for (uint64_t num = from; num <= to && lines < SIGNS_MAX; num++, lines++) {
		if (!fed_feed_has(f, num))
			continue;
		int rc = n->o.outside->held(n->o.arg, f, num, &h);
		if (rc == KERR_WAIT) {
			buf_cut(out, before);
			return rc;
		}
		if (rc == 0)
			buf_addf(out, "%s\r\n", h.sign);
	}
	*give_out = FED_GIVE_STUB;
	return 0;
}

/* ---- records ---- */

/* To everybody, a stranger too: our own daemon record. */
static bool is_own(const struct fed_node *n, const struct fed_record_key *key)
{
	return key->type == FED_REC_DAEMON && strcmp(key->s, n->o.self.s) == 0;
}

struct slice fed_node_give_record_text(const struct fed_node *n, const struct fed_oid *who,
	const struct fed_record_key *key, uint64_t serial, const struct fed_hash *version,
	uint64_t *serial_out)
{
	uint64_t last = fed_node_durable(n, key), in_force = fed_reg_serial(n->o.reg, key);

	if (!is_own(n, key))
		last = who ? fed_reg_shows(n->o.reg, who, key, last) : 0;
	*serial_out = serial ? serial : last < in_force ? last : in_force;
	if (*serial_out == 0 || *serial_out > last)
		return slice_of(NULL, 0);
	return version->s[0] ? fed_reg_text_by(n->o.reg, key, *serial_out, version)
			     : fed_reg_text(n->o.reg, key, *serial_out);
}
