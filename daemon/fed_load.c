/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records and feeds as the store has them.  What was stored was judged before it was, so nothing is
 * verified again; a record that does not parse any more is left out and said.
 */
#include <stdio.h>

#include "daemon/fed_heard.h"
#include "daemon/fed_priv.h"
#include "daemon/fed_proof.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct records_walk {
	struct fed *f;
	bool groups; /* those of groups, else all others */
	bool more;   /* something was taken */
	bool again;  /* there are records that had the serial of another: order matters */
	bool silent; /* what cannot be taken is said once */
};

static bool is_of_group(enum record_type type, struct slice text)
{
	return type == RECORD_GROUP ||
	       (type == RECORD_PROOF && slice_starts(text, lit("record: group\n")));
}

static void load_other(
	struct fed *f, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	if (type == RECORD_FORK)
		fed_proofs_load(f->proofs, key);
	if (type == RECORD_DRAFT)
		fed_papers_load(&f->papers, key, serial, text);
	if (type == RECORD_NOTES)
		fed_notes_load(&f->notes, serial, text);
}

static bool on_record(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	struct records_walk *w = arg;
	struct fed *f = w->f;
	struct fed_reg_result res;
	struct err why = {.text = ""};
	enum fed_reg_got got;

	if (is_of_group(type, text) != w->groups)
		return true;
	if (type > RECORD_GROUP && type != RECORD_PROOF) {
		if (!w->silent)
			load_other(f, type, key, serial, text);
		return true;
	}
	got = fed_reg_give(f->reg, text, true, &res, &why);
	w->more = w->more || got == FED_REG_TAKEN;
	w->again = w->again || type == RECORD_PROOF;
	if (got == FED_REG_REFUSED && !w->silent && why.text[0])
		log_error("fed.load", "record=%.*s serial=%llu got=%d why=\"%s\"", SLICE_ARG(key),
			(unsigned long long)serial, (int)got, why.text);
	return true;
}

/*
 * Of records that share a serial one may be what another, which is read before it, follows: all
 * are given again until nothing new is taken.
 */
static int load_kind(struct fed *f, struct view *v, bool groups)
{
	struct records_walk w = {.f = f, .groups = groups};
	int rc;

	do {
		w.more = false;
		rc = view_records(v, on_record, &w);
		w.silent = true;
	} while (rc == 0 && w.again && w.more);
	return rc;
}

/*
 * Which of two records of a group holds is said by those who signed them: what became of their keys
 * must be known before.
 */
static int load_records(struct fed *f, struct view *v)
{
	int rc = load_kind(f, v, false);

	return rc < 0 ? rc : load_kind(f, v, true);
}

/* What lies beyond the first gap, and what is here without its text. */
struct spans_walk {
	struct fed *f;
	struct fed_feed *feed;
};

/* It may not have acted yet. */
static void note_control(struct spans_walk *s, const struct entry_rec *e)
{
	struct fed_link l;

	if (e->kind == ENTRY_CONTROL && e->content != 0 && fed_note_get(e->n, e->hash, e->note, &l))
		fed_heard_load(s->f, s->feed, e->n, l.t);
}

static bool on_entry(void *arg, const struct entry_rec *e)
{
	struct spans_walk *s = arg;
	struct fed_feed *feed = s->feed;

	if (e->damaged) {
		if (e->n <= feed->high) { /* else it is missing like any other */
			fed_spans_add(&feed->stubs, e->n, e->n);
			fed_spans_add(&feed->lost, e->n, e->n);
		}
		return true;
	}
	if (e->n > feed->high)
		fed_spans_add(&feed->ahead, e->n, e->n);
	if (!entry_is_here(e) && e->kind != ENTRY_BEAT)
		fed_spans_add(&feed->stubs, e->n, e->n);
	if (entry_is_lost(e))
		fed_spans_add(&feed->lost, e->n, e->n);
	note_control(s, e);
	return true;
}

struct feeds_walk {
	struct fed *f;
	struct vec made; /* struct fed_feed * */
};

static bool on_feed(void *arg, const struct feed_rec *rec)
{
	struct feeds_walk *w = arg;
	struct fed_feed_name name;
	struct fed_feed *feed;

	if (!fed_feed_name_parse(slice_str(rec->name), &name)) {
		log_error("fed.load", "feed=\"%s\" has no name of a feed", rec->name);
		return true;
	}
	feed = fed_feeds_make(&w->f->feeds, &name);
	feed->id = rec->id;
	feed->low = rec->low;
	feed->high = rec->high;
	feed->end = rec->end;
	feed->drawn = rec->end < UINT64_MAX;
	feed->stored = name;
	(void)!fed_note_get(
		rec->high, rec->tip, slice_of((const char *)rec->note, rec->n_note), &feed->tip);
	*(struct fed_feed **)vec_push(&w->made) = feed;
	return true;
}

static int load_spans(struct view *v, const struct feeds_walk *w)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->made.n; i++) {
		struct spans_walk s = {w->f, *(struct fed_feed **)vec_at(&w->made, i)};

		rc = view_entries(v, s.feed->id, s.feed->low, UINT64_MAX - 1, on_entry, &s);
	}
	return rc;
}

int fed_load(struct fed *f, struct err *err)
{
	struct feeds_walk w = {.f = f};
	struct view *v;
	int rc = view_open(f->d->store, &v);

	if (rc < 0)
		return err_set(err, rc, "federation: the store cannot be read");
	vec_init(&w.made, sizeof(struct fed_feed *));
	rc = load_records(f, v);
	if (rc == 0)
		rc = view_records_damaged(v, &f->n_damaged);
	if (rc == 0)
		rc = view_feeds(v, 0, on_feed, &w);
	if (rc == 0)
		rc = load_spans(v, &w);
	vec_fini(&w.made);
	view_close(v);
	return rc < 0 ? err_set(err, rc, "federation: records or feeds are damaged") : 0;
}
