/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that a store shows, a line for each thing. */
#include "tests/crash/bitflips.h"

#include <inttypes.h>

enum { FACT = 128 * 1024 };

struct show {
	struct store *s;
	struct view *v;
	fact_fn fn;
	void *arg;
	struct buf line;
	const char *in; /* what is being listed */
	bool failed;    /* something could not be read */
};

static void tell(struct show *w)
{
	if (w->line.bad)
		flips_must(false, "a fact is too long");
	w->fn(w->arg, buf_slice(&w->line));
	buf_reset(&w->line);
}

static void show_account(struct show *w, const struct account *a)
{
	buf_addf(&w->line, "account %u %d %u %" PRId64 " %s %s %s %s", a->id, (int)a->state,
		a->rights, a->created_at, a->login, a->name, a->hash, a->addresses[0]);
	tell(w);
}

static bool account_on(void *arg, const struct account *a)
{
	show_account(arg, a);
	return true;
}

static bool member_on(void *arg, uint32_t group, uint32_t account, enum role role)
{
	struct show *w = arg;

	buf_addf(&w->line, "member %u %u %d", group, account, (int)role);
	tell(w);
	return true;
}

static bool keyword_on(void *arg, unsigned i, struct slice name)
{
	struct show *w = arg;

	buf_addf(&w->line, "keyword %s %u %.*s", w->in, i, SLICE_ARG(name));
	tell(w);
	return true;
}

static void show_person(struct show *w, unsigned i)
{
	struct account a;
	char name[64];
	enum role role;
	bool on;

	snprintf(name, sizeof name, "login%u", i);
	w->in = name;
	if (view_account_named(w->v, slice_str(name), &a) == 0) {
		buf_addf(&w->line, "named %s ", name);
		show_account(w, &a);
	}
	if (view_role(w->v, flips_groups[i], flips_accounts[i], &role) == 0)
		member_on(w, flips_groups[i], flips_accounts[i], role);
	if (view_subscribed(w->v, flips_accounts[i], lit("INBOX"), &on) == 0) {
		buf_addf(&w->line, "subscribed %s %d", name, on);
		tell(w);
	}
	w->failed |= view_memberships(w->v, flips_accounts[i], member_on, w) < 0;
	w->failed |= view_keywords(w->v, flips_accounts[i], keyword_on, w) < 0;
}

static void show_group(struct show *w, const struct group_rec *g)
{
	buf_addf(&w->line, "group %u %u %d %d %d %d %u %" PRId64 " %s %s", g->id, g->owner,
		(int)g->kind, (int)g->cls, (int)g->posting, (int)g->reply, g->use, g->created_at,
		g->name, g->title);
	tell(w);
}

static void show_text(struct show *w, const char *of, uint64_t content)
{
	size_t before;

	buf_addf(&w->line, "text %s ", of);
	before = w->line.len;
	if (view_content_all(w->v, content, &w->line) == 0 && w->line.len > before)
		tell(w);
	buf_reset(&w->line);
}

static void show_row(struct show *w, const char *of, const struct row *r)
{
	buf_addf(&w->line, "row %s %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %u %u %d", of,
		r->seq, r->arrived_at, r->saved_at, r->bytes, r->lines, r->head_bytes,
		r->head_shapes);
	for (unsigned i = 0; i < r->n_places; i++)
		buf_addf(&w->line, " %u/%u", r->places[i].group, r->places[i].num);
	tell(w);
	if (r->overview.len > 0) {
		buf_addf(&w->line, "overview %s %.*s", of, SLICE_ARG(r->overview));
		tell(w);
	}
	if (r->structure.len > 0) {
		buf_addf(&w->line, "structure %s %.*s", of, SLICE_ARG(r->structure));
		tell(w);
	}
	buf_addf(&w->line, "head %s ", of);
	if (r->head != 0 && view_head(w->v, r->head, &w->line) == 0)
		tell(w);
	buf_reset(&w->line);
	show_text(w, of, r->content);
}

static bool row_on(void *arg, const struct row *r)
{
	struct show *w = arg;
	char of[64];

	snprintf(of, sizeof of, "%s %u/%u", w->in, r->group, r->num);
	show_row(w, of, r);
	return true;
}

static void show_rows(struct show *w, const struct group_rec *g)
{
	char in[STORE_BOX_MAX + 16];
	struct group_state st;
	struct row r;

	snprintf(in, sizeof in, "%u %s", g->owner, g->name);
	w->in = in;
	if (view_group_state(w->v, g->id, &st) == 0) {
		buf_addf(&w->line, "state %s %u %" PRIu64, in, st.count, st.bytes);
		tell(w);
	}
	int rc = view_rows(w->v, g->id, 1, UINT32_MAX - 1,
		(enum rows_flags)(ROWS_OVERVIEW | ROWS_STRUCTURE), row_on, w);
	w->failed |= rc < 0;
	for (uint32_t num = 1; num <= N_ARTICLES; num++)
		if (view_row(w->v, g->id, num, false, &r) == 0)
			row_on(w, &r);
}

static bool group_on(void *arg, const struct group_rec *g)
{
	show_group(arg, g);
	return true;
}

static void show_groups(struct show *w, uint32_t owner, const char *const *names, unsigned n)
{
	w->failed |= view_groups(w->v, owner, lit(""), group_on, w) < 0;
	for (unsigned i = 0; i < n; i++) {
		struct group_rec g;

		if (view_group_named(w->v, owner, slice_str(names[i]), &g) < 0)
			continue;
		buf_addf(&w->line, "named %u %s ", owner, names[i]);
		show_group(w, &g);
		show_rows(w, &g);
	}
}

static void show_mid(struct show *w, unsigned n)
{
	char mid[MIDS], old[MIDS];
	struct history h;
	struct entry_rec e;

	snprintf(mid, sizeof mid, "<%u@x>", n);
	snprintf(old, sizeof old, "<%u@old>", n);
	if (view_history(w->v, slice_str(mid), &h) == 0) {
		buf_addf(&w->line, "history %s %d %u %u %" PRIu64, mid, (int)h.state, h.n_places,
			h.feed, h.n);
		for (unsigned i = 0; i < h.n_places; i++)
			buf_addf(&w->line, " %u/%u", h.places[i].group, h.places[i].num);
		tell(w);
		show_text(w, mid, h.content);
	}
	if (view_entry_of(w->v, slice_str(mid), &e) == 0) {
		buf_addf(&w->line, "entry of %s %u %" PRIu64, mid, e.feed, e.n);
		tell(w);
	}
	buf_addf(&w->line, "alias %s ", old);
	if (view_alias(w->v, flips_accounts[0], slice_str(old), &w->line) == 0)
		tell(w);
	buf_reset(&w->line);
}

static bool log_on(void *arg, const struct log_entry *e)
{
	struct show *w = arg;

	buf_addf(&w->line, "log %" PRIu64 " %d %d %u %u %u %" PRIu64 " %" PRId64, e->seq,
		(int)e->kind, e->first, e->group, e->num, e->account, e->content, e->at);
	tell(w);
	return true;
}

static bool feed_on(void *arg, const struct feed_rec *f)
{
	struct show *w = arg;

	buf_addf(&w->line, "feed %u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %02x %u", f->id, f->name,
		f->low, f->high, f->end, f->tip[0], f->n_note);
	tell(w);
	return true;
}

static bool entry_on(void *arg, const struct entry_rec *e)
{
	struct show *w = arg;

	if (e->damaged)
		return true;
	buf_addf(&w->line, "entry %u %" PRIu64 " %d %u %" PRIu64 " %u/%u %.*s %.*s ", e->feed, e->n,
		(int)e->kind, e->absent, e->content, e->place.group, e->place.num,
		SLICE_ARG(e->sign), SLICE_ARG(e->note));
	buf_add(&w->line, slice_of(e->hash, sizeof e->hash));
	tell(w);
	return true;
}

static bool record_on(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	struct show *w = arg;

	buf_addf(&w->line, "record %d %.*s %" PRIu64 " ", (int)type, SLICE_ARG(key), serial);
	buf_add(&w->line, text);
	tell(w);
	return true;
}

static bool peer_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	struct show *w = arg;

	buf_addf(&w->line, "peer %s %u %s %" PRIu64, p->name, p->port, p->groups, cursor);
	tell(w);
	return true;
}

static bool audit_on(void *arg, const struct audit_entry *e)
{
	struct show *w = arg;

	buf_addf(&w->line, "audit %" PRIu64 " %.*s %.*s", e->seq, SLICE_ARG(e->actor),
		SLICE_ARG(e->what));
	tell(w);
	return true;
}

static void show_all(struct show *w)
{
	static const char *const shared[] = {
		"koko.test0", "koko.test1", "koko.test2", "koko.test3"};
	static const char *const boxes[] = {"INBOX", "Sent", "Trash"};

	w->failed |= view_accounts(w->v, 0, account_on, w) < 0;
	show_groups(w, 0, shared, array_len(shared));
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		show_person(w, i);
		show_groups(w, flips_accounts[i], boxes, array_len(boxes));
	}
	for (unsigned n = 1; n <= N_ARTICLES; n++)
		show_mid(w, n);
	w->failed |= view_log(w->v, 0, log_on, w) < 0;
	w->failed |= view_feeds(w->v, 0, feed_on, w) < 0;
	w->failed |= view_entries_after(w->v, 0, 0, entry_on, w) < 0;
	w->failed |= view_records(w->v, record_on, w) < 0;
	w->failed |= view_peers(w->v, peer_on, w) < 0;
	w->failed |= view_audit(w->v, 0, audit_on, w) < 0;
}

int flips_show(fact_fn fn, void *arg, struct store *s, bool *failed_out)
{
	struct show w = {.s = s, .fn = fn, .arg = arg};
	int rc = view_open(s, &w.v);

	if (rc < 0)
		return rc;
	buf_init(&w.line, FACT);
	show_all(&w);
	buf_fini(&w.line);
	view_close(w.v);
	*failed_out = w.failed;
	return 0;
}
