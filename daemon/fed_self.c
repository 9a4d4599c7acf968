/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daily self-check.  A slice of the entries is read in the pool; what it finds is marked here,
 * one after the other, and the node is told.  The place is kept in the file `self-check` beside the
 * database once a minute, so a restart goes on there; a slice may be done twice.  Another database,
 * or other content keys, than the file knows begin anew at once.
 */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_file.h"
#include "daemon/fed_mend.h"
#include "daemon/fed_self_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_entry.h"

enum {
	DAY_S = 24 * 3600,
	KEEP_S = 60,             /* the place is written */
	HASTE = 8 * 1024 * 1024, /* bytes of a slice when the admin waits */
	TOLD_MAX = 100,          /* damaged entries of a pass that are logged one by one */
};

struct fed_self {
	struct fed *f;
	struct spot at;     /* all up to this one is done */
	int64_t began_at;   /* of this pass, or of the last one */
	bool over;          /* that pass is over: the next one waits for its day */
	bool known;         /* the file was read */
	bool out;           /* a slice is under way */
	unsigned n_marking; /* on their way to the disk */
	bool lost_due;      /* n_lost is to be counted */
	unsigned ticks;
	uint64_t n_entries, bytes, n_bad; /* of this pass */
	uint64_t n_bad_rows, n_told;
	uint64_t n_mends; /* so far: what a slice says of one that was mended meanwhile is void */
	bool anew;        /* the slice under way is not counted: the admin asked for all */
	struct errand *asked; /* the admin waits for the end of this pass */
	atomic_uint_fast64_t n_checked, bytes_checked, n_damaged, n_mended, n_lost, n_local,
		n_passes;
};

static void slice_free(struct slice_job *j)
{
	vec_fini(&j->found);
	vec_fini(&j->found_rows);
	free(j);
}

/* ---- what it found ---- */

static struct fed_feed *feed_of(struct fed *f, uint32_t id)
{
	list_each(&f->feeds.by_change, it)
	{
		struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (feed->id == id)
			return feed;
	}
	return NULL;
}

static void count_lost(struct fed *f)
{
	uint64_t n = 0;

	list_each(&f->feeds.by_change, it)
	{
		n += fed_spans_count(&container_of(it, struct fed_feed, node)->lost);
	}
	atomic_store(&f->self->n_lost, n);
}

static void number(char out[24], uint64_t n)
{
	snprintf(out, 24, "%" PRIu64, n);
}

static void answer(struct fed_self *s)
{
	char n[24], mib[24], bad[24], rows[24];
	struct errand *a = s->asked;

	if (!a || s->n_marking > 0)
		return;
	s->asked = NULL;
	number(n, s->n_entries);
	number(mib, (s->bytes + (1 << 20) - 1) >> 20);
	number(bad, s->n_bad);
	number(rows, s->n_bad_rows);
	errand_fact(a, "damaged_local", rows);
	errand_fact(a, "checked", n);
	errand_fact(a, "damaged", bad);
	if (s->n_bad == 0)
		errand_say(a,
			N_("articles and records of shared groups that were read: %1 (%2 MiB); "
			   "none was found damaged"),
			n, mib, NULL);
	else
		errand_say(a,
			N_("articles and records of shared groups that were read: %1 (%2 MiB); "
			   "damaged: %3; what is damaged is fetched again, and kokoctl peer status "
			   "says what is still missing"),
			n, mib, bad, NULL);
	if (s->n_bad_rows > 0)
		errand_say(a,
			N_("damaged beside these, in groups that are not shared and in mailboxes: "
			   "%1; kokoctl check says what, and a backup has it"),
			rows, NULL);
	errand_end(a, 0);
}

struct marking {
	struct fed *f;
	struct found found;
};

static struct slice group_of(struct fed *f, const struct fed_feed *feed)
{
	const struct fed_group *g = fed_reg_group(f->reg, &feed->name.gid);

	return g ? g->group : lit(FED_CONTROL_GROUP);
}

static void lose(struct fed *f, struct fed_feed *feed, const struct found *m)
{
	atomic_fetch_add(&f->self->n_damaged, 1);
	fed_node_lost(f->node, feed, m->mark.n);
	if (++f->self->n_told > TOLD_MAX)
		return; /* all keys are gone, say */
	log_error("fed.damaged", "gid=%s oid=%s epoch=%llu n=%llu why=\"%s\"", feed->name.gid.s,
		feed->name.oid.s, (unsigned long long)feed->name.epoch.n,
		(unsigned long long)m->mark.n, m->why);
	fed_note(f, FED_NOTE_DAMAGED, NULL, group_of(f, feed));
}

static void on_marked(void *arg, const struct store_result *res)
{
	struct marking *m = arg;
	struct fed *f = m->f;
	struct fed_feed *feed = f->stopping ? NULL : feed_of(f, m->found.mark.feed);

	if (feed && res->rc == 0) {
		fed_now(f);
		if (m->found.mark.absent != 0)
			lose(f, feed, &m->found);
		else
			fed_node_found(f->node, feed, m->found.mark.n);
		f->self->lost_due = true;
	}
	free(m);
	if (--f->self->n_marking > 0 || f->stopping)
		return;
	count_lost(f);
	if (f->self->over)
		answer(f->self);
}

/* Not told again while it is lost; one that is missing like any other is no loss. */
static void lose_row(struct fed *f, const struct found *found)
{
	struct fed_feed *feed = feed_of(f, found->mark.feed);

	if (!feed || found->mark.n < feed->low || found->mark.n > feed->high ||
		fed_spans_has(&feed->lost, found->mark.n))
		return;
	fed_now(f);
	lose(f, feed, found);
	f->self->n_bad++;
	f->self->lost_due = true;
}

static int mark(struct fed *f, const struct found *found)
{
	struct marking *m = mem_new(struct marking);
	struct store_call call = {.home = f->loop, .done = on_marked, .arg = m};

	*m = (struct marking){f, *found};
	int rc = store_entry_mark(f->d->store, &found->mark, &call);
	if (rc < 0)
		free(m);
	else
		f->self->n_marking++;
	return rc;
}

/* ---- passes ---- */

static void pass_begin(struct fed_self *s)
{
	s->at = (struct spot){.rows = false};
	s->began_at = loop_now_at();
	s->over = false;
	s->n_entries = s->bytes = s->n_bad = s->n_bad_rows = s->n_told = 0;
}

static void slice_next(struct fed_self *s);
static void keep(struct fed_self *s);

static void pass_end(struct fed_self *s)
{
	s->over = true;
	atomic_store(&s->n_local, s->n_bad_rows);
	atomic_fetch_add(&s->n_passes, 1);
	log_info("fed.self-check",
		"entries=%" PRIu64 " bytes=%" PRIu64 " damaged=%" PRIu64 " s=%lld", s->n_entries,
		s->bytes, s->n_bad, (long long)(loop_now_at() - s->began_at));
	keep(s);
	answer(s);
}

/* Mark what was found; how many of it, before the store had no room. */
static size_t mark_all(struct fed_self *s, const struct slice_job *j)
{
	size_t i = 0;

	while (i < j->found.n) {
		const struct found *found = vec_at(&j->found, i);

		if (found->row)
			lose_row(s->f, found);
		else if (mark(s->f, found) < 0)
			break;
		else
			s->n_bad += found->mark.absent != 0;
		i++;
	}
	return i;
}

/* Nobody else has it: the admin is told, and nothing is changed. */
static void tell_rows(struct fed_self *s, const struct slice_job *j)
{
	for (size_t i = 0; i < j->found_rows.n; i++) {
		const struct found_row *r = vec_at(&j->found_rows, i);

		s->n_bad_rows++;
		if (s->n_bad_rows > TOLD_MAX)
			continue;
		log_error("store.damaged", "group=%" PRIu32 " num=%" PRIu32, r->group, r->num);
		fed_note(s->f, FED_NOTE_LOCAL, NULL, slice_str(r->about));
	}
}

/* Take over what it found.  False: it is to be done again. */
static bool take(struct fed_self *s, const struct slice_job *j)
{
	/* one that was mended meanwhile must not be marked */
	if ((j->found.n > 0 && j->n_mends != s->n_mends) || mark_all(s, j) < j->found.n)
		return false;
	tell_rows(s, j);
	s->at = j->to;
	s->n_entries += j->n_entries;
	s->bytes += j->from.rows ? 0 : j->bytes;
	atomic_fetch_add(&s->n_checked, j->n_entries);
	atomic_fetch_add(&s->bytes_checked, j->bytes);
	return j->rc == 0;
}

static void on_slice(void *arg)
{
	struct slice_job *j = arg;
	struct fed_self *s = j->f->self;
	bool go_on = !j->f->stopping, anew = s->anew;

	s->out = s->anew = false;
	if (go_on && !anew)
		go_on = take(s, j) && (s->asked || j->last);
	if (go_on && !anew && j->last)
		pass_end(s);
	else if (go_on)
		slice_next(s);
	slice_free(j);
}

static void slice_next(struct fed_self *s)
{
	struct fed *f = s->f;
	struct slice_job *j = mem_new(struct slice_job);

	*j = (struct slice_job){.f = f,
		.from = s->at,
		.to = s->at,
		.max = s->asked ? HASTE : f->opts.self_check,
		.n_mends = s->n_mends};
	vec_init(&j->found, sizeof(struct found));
	vec_init(&j->found_rows, sizeof(struct found_row));
	s->out = pool_run(f->d->pool, f->loop, fed_slice_check, on_slice, j) == 0;
	if (!s->out)
		slice_free(j);
}

/* ---- the file ---- */

static const struct fed_file place = {"self-check", "koko-self-check"};

/* Whose file it is; where a feed had to be made anew, all is read from the beginning, too. */
static uint64_t whose(const struct fed *f)
{
	return f->past.lineage ^ f->past.remade;
}

static bool recall(struct fed_self *s)
{
	uint64_t v[7];

	if (fed_file_read(s->f, &place, v, array_len(v)) < array_len(v) || v[0] != whose(s->f) ||
		v[1] != store_keys_mark(s->f->d->store) || v[2] > UINT32_MAX)
		return false;
	s->at = (struct spot){(uint32_t)v[2], v[3], v[6] != 0};
	s->began_at = (int64_t)v[4];
	s->over = v[5] != 0;
	return true;
}

/* It need not be on disk for certain: what is forgotten is read once more. */
static void keep(struct fed_self *s)
{
	const uint64_t v[] = {whose(s->f), store_keys_mark(s->f->d->store), s->at.feed, s->at.n,
		(uint64_t)s->began_at, s->over, s->at.rows};

	(void)!fed_file_write(s->f, &place, v, array_len(v), false);
}

/* ---- clock ---- */

static bool is_due(const struct fed_self *s)
{
	int64_t now = loop_now_at();

	return !s->over || now - s->began_at >= DAY_S || now < s->began_at;
}

void fed_self_tick(struct fed *f)
{
	struct fed_self *s = f->self;

	if (s->lost_due)
		count_lost(f);
	s->lost_due = false;
	if (!s->known && !recall(s))
		pass_begin(s);
	s->known = true;
	if (++s->ticks % KEEP_S == 0 && !s->over)
		keep(s);
	if (s->out || f->catching || (f->opts.self_check == 0 && !s->asked) || !is_due(s))
		return;
	if (s->over)
		pass_begin(s);
	slice_next(s);
}

/* What is lost is asked of those too that did not have it. */
static void ask_again(struct fed *f)
{
	struct list *head = &f->feeds.by_change;
	size_t left = f->feeds.n;

	/* a feed that is told anew goes to the end of the list */
	for (struct list *it = head->next, *next; left-- > 0 && it != head; it = next) {
		struct fed_feed *feed = container_of(it, struct fed_feed, node);

		next = it->next;
		for (uint64_t n = 0; (n = fed_spans_next(&feed->lost, n)) != UINT64_MAX; n++)
			fed_node_lost(f->node, feed, n);
	}
}

int fed_self_ask(struct fed *f, struct errand *a)
{
	struct fed_self *s = f->self;

	if (s->asked || f->catching)
		return KERR_BUSY;
	s->asked = a;
	s->known = true;
	pass_begin(s);
	ask_again(f);
	s->anew = s->out;
	if (!s->out)
		slice_next(s);
	return CONTROL_OUT;
}

/* ---- life ---- */

struct fed_self *fed_self_new(struct fed *f)
{
	struct fed_self *s = mem_new(struct fed_self);

	s->f = f;
	s->lost_due = true;
	return s;
}

void fed_self_free(struct fed_self *s)
{
	free(s);
}

void fed_self_halt(struct fed *f)
{
	struct fed_self *s = f->self;

	if (s->known)
		keep(s);
	if (s->asked)
		errand_end(s->asked, KERR_CLOSED);
	s->asked = NULL;
}

void fed_self_mended(struct fed *f)
{
	f->self->n_mends++;
	f->self->lost_due = true;
	atomic_fetch_add(&f->self->n_mended, 1);
}

void fed_self_figures(const struct fed *f, struct fed_figures *out)
{
	const struct fed_self *s = f->self;

	out->n_checked = atomic_load(&s->n_checked);
	out->bytes_checked = atomic_load(&s->bytes_checked);
	out->n_damaged = atomic_load(&s->n_damaged);
	out->n_mended = atomic_load(&s->n_mended);
	out->n_lost = atomic_load(&s->n_lost);
	out->n_local = atomic_load(&s->n_local);
	out->n_passes = atomic_load(&s->n_passes);
}
