/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an admin is shown of drafts: federation.drafts, draft-show.  docs/federation.md section 3.4
 */
#include "daemon/control_fed_draft.h"

#include <stdio.h>
#include <time.h>

#include "proto/base/mem.h"

/* ---- words ---- */

void draft_date(int64_t at, char out[DRAFT_DATE])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, DRAFT_DATE, "%Y-%m-%d", &tm) == 0)
		snprintf(out, DRAFT_DATE, "?");
}

/* What is of a closed group those in it can check; to others it is not even shown. */
static bool can_sign(const struct fed *f, const struct fed_tally *s, const struct fed_oid *oid)
{
	struct fed_gid gid;

	return s->key.type != FED_REC_GROUP || !fed_gid_parse(slice_str(s->key.s), &gid) ||
	       fed_reg_reads(f->reg, oid, &gid);
}

static uint64_t n_missing(const struct fed_bench *b)
{
	return b->need > b->n_signed ? b->need - b->n_signed : 0;
}

static bool is_enough(const struct fed *f, const struct fed_tally *s, const struct fed_bench *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += !b->has[i] && can_sign(f, s, &b->may[i]);
	return n >= n_missing(b);
}

/* Deputies or admins: who is nearest, of those that can do it. */
static const struct fed_bench *bench_of(const struct fed *f, const struct fed_tally *s)
{
	const struct fed_bench *near = fed_stand_near(s);

	for (size_t i = 0; i < s->n_bench && !is_enough(f, s, near); i++)
		if (is_enough(f, s, &s->bench[i]))
			near = &s->bench[i];
	return near;
}

/* The daemons of the bench that have signed, or that have not and can. */
static void names_of(
	const struct fed *f, const struct fed_tally *s, bool have, char out[DRAFT_NAMES])
{
	const struct fed_bench *b = bench_of(f, s);
	char name[FED_NAME_MAX + 1];
	struct buf text;

	buf_init(&text, DRAFT_NAMES - 1);
	for (size_t i = 0; i < b->n; i++) {
		if (b->has[i] != have || (!have && !can_sign(f, s, &b->may[i])))
			continue;
		errand_name_of(f, &b->may[i], name);
		buf_addf(&text, "%s%s", text.len > 0 ? ", " : "", name);
	}
	snprintf(out, DRAFT_NAMES, "%s", buf_cstr(&text));
	buf_fini(&text);
}

static void count_of(uint64_t n, char out[DRAFT_COUNT])
{
	snprintf(out, DRAFT_COUNT, "%llu", (unsigned long long)n);
}

/* ---- one draft ---- */

static void look_at(struct fed *f, struct draft_view *v)
{
	v->state = fed_paper_state(f, v->p, &v->s);
	v->collects = fed_oid_eq(&v->p->from, &f->keys->oid);
	errand_thing_of(f, &v->s.key, v->thing);
	count_of(v->s.serial, v->serial);
	draft_date(v->p->until_at, v->until);
	errand_name_of(f, &v->p->from, v->from);
	if (v->s.n_bench == 0)
		return;
	count_of(n_missing(bench_of(f, &v->s)), v->missing);
	v->too_few = !is_enough(f, &v->s, bench_of(f, &v->s));
	names_of(f, &v->s, false, v->lack);
	names_of(f, &v->s, true, v->signers);
}

struct draft_view *draft_view_new(struct fed *f, const struct fed_kept_paper *p)
{
	struct draft_view *v = mem_new(struct draft_view);

	v->p = p;
	look_at(f, v);
	return v;
}

static const char *state_name(enum fed_paper_state s)
{
	static const char *const names[] = {"waits", "ready", "done", "void", "expired", "later"};

	return names[s];
}

json_t *draft_sentence(const struct draft_view *v)
{
	const char *const waits[] = {
		v->p->number, v->thing, v->serial, v->missing, v->lack, v->until, NULL};
	const char *const with[] = {v->p->number, v->thing, v->serial, v->from, v->until, NULL};

	switch (v->state) {
	case FED_PAPER_WAITS:
		return fed_sentence(N_("draft %1 (%2, record %3) waits until %6 for signatures, %4 "
				       "of: %5; kokoctl federation draft show %1"),
			waits);
	case FED_PAPER_READY:
		return fed_sentence(
			N_("draft %1 (%2, record %3) has all signatures: %4 publishes "
			   "it when it has this text; kokoctl federation draft show %1"),
			with);
	case FED_PAPER_EXPIRED:
		return fed_sentence(
			N_("draft %1 (%2, record %3) was not signed until %5: type again what "
			   "began it, at %4"),
			with);
	case FED_PAPER_LATER:
		return fed_sentence(N_("draft %1 (%2, record %3) follows a record that this daemon "
				       "does not have yet"),
			with);
	case FED_PAPER_DONE:
		return fed_sentence(N_("draft %1 (%2, record %3) is in force"), with);
	case FED_PAPER_VOID:
		break;
	}
	return fed_sentence(N_("draft %1 (%2, record %3) is void: another record came into force, "
			       "type again what began it, at %4"),
		with);
}

static void add_row(
	struct errand *a, json_t *rows, const struct fed_kept_paper *p, const char *kind)
{
	struct draft_view *v = draft_view_new(a->f, p);
	json_t *row = draft_sentence(v);

	json_object_update_new(
		row, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "number", p->number, "about",
			     v->thing, "record", v->serial, "state", state_name(v->state), "from",
			     v->from, "missing", v->lack, "signed", v->signers));
	json_object_set_new(row, "until", control_time(p->until_at));
	if (kind) {
		json_object_set_new(row, "kind", json_string(kind));
		json_object_set_new(row, "since", control_time(p->until_at - FED_PAPER_S));
	}
	json_array_append_new(rows, row);
	free(v);
}

void errand_add_drafts(struct errand *a, json_t *rows, const char *kind)
{
	list_each(&a->f->papers.all, it)
		add_row(a, rows, container_of(it, struct fed_kept_paper, node), kind);
}

const char *draft_forgot(const struct fed *f)
{
	if (f->forgot_damage)
		return N_("the disk of this daemon has lost records, so it does not know which "
			  "drafts it signed before: it signs none until %1; call the other "
			  "admins, and when they have none of it any more type kokoctl "
			  "federation draft resume");
	return N_("this daemon was put back from a backup and does not know which drafts it "
		  "signed before: it signs none until %1; call the other admins, and when they "
		  "have none of it any more type kokoctl federation draft resume");
}

static int drafts(struct errand *a)
{
	int64_t until_at = fed_epoch_forgot_until(a->f);
	char until[DRAFT_DATE];

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	draft_date(until_at, until);
	if (until_at > 0)
		errand_say(a, draft_forgot(a->f), until, NULL);
	if (a->f->papers.n == 0)
		errand_say(a, N_("no drafts"), NULL);
	errand_add_drafts(a, a->rows, NULL);
	return 0;
}

int control_federation_drafts(struct control_req *r)
{
	return errand_go(errand_new(r, drafts), 0);
}

struct fed_kept_paper *draft_find(struct errand *a)
{
	struct fed_kept_paper *p = errand_federation(a) ? fed_papers_get(a->f, a->number) : NULL;

	if (!p && a->f->keys && fed_reg_federation(a->f->reg))
		errand_refuse(a, KERR_NOTFOUND,
			N_("there is no draft %1: kokoctl federation drafts lists them"), a->number,
			NULL);
	return p;
}

/* ---- show ---- */

/* The record that it follows, by its hash. */
static bool read_prev(const char *record, struct fed_hash *out)
{
	struct slice rest = slice_str(record), line;

	while (slice_split(&rest, '\n', &line))
		if (slice_starts(line, lit("prev: ")))
			return fed_hash_parse(slice_from(line, strlen("prev: ")), out);
	return false;
}

/* Does it choose between records that have one serial? */
static bool settles(const struct fed *f, const struct draft_view *v)
{
	struct fed_version second;

	return v->s.serial > 1 && fed_reg_version(f->reg, &v->s.key, v->s.serial - 1, 1, &second);
}

/* Against the one in force, for nobody goes by the one that it follows yet. */
static void say_settling(struct errand *a, const struct draft_view *v, const struct fed_hash *prev)
{
	char word[ERRAND_WORD + 1];

	errand_record_word(prev, word);
	errand_say(a,
		v->s.key.type == FED_REC_GROUP
			? N_("%1 has two records with one serial, and this draft lets %2 of them "
			     "hold (kokoctl group settle %1 shows both); then it is changed so:")
			: N_("%1 has two records with one serial, and this draft lets %2 of them "
			     "hold (kokoctl federation settle shows both); then it is changed "
			     "so:"),
		v->thing, word, NULL);
	errand_say_changes(a, fed_reg_text(a->f->reg, &v->s.key, 0), slice_str(v->p->record));
}

void draft_say_content(struct errand *a, const struct draft_view *v)
{
	struct fed_hash prev = fed_hash_none;
	struct slice before;

	errand_say(a, N_("draft %1 is record %2 of %3; it says:"), v->p->number, v->serial,
		v->thing, NULL);
	if (!read_prev(v->p->record, &prev))
		return; /* it would not be kept */
	if (settles(a->f, v)) {
		say_settling(a, v, &prev);
		return;
	}
	before = fed_reg_text_by(a->f->reg, &v->s.key, v->s.serial - 1, &prev);
	errand_say_changes(a, before, slice_str(v->p->record));
}

void draft_say_text(struct errand *a, const struct fed_kept_paper *p)
{
	const struct fed_paper paper = {p->until_at, p->from, slice_str(p->record)};
	struct slice rest, line;
	char one[80];
	struct buf b;

	buf_init(&b, FED_PAPER_TEXT);
	fed_paper_wrap(&b, &paper);
	rest = buf_slice(&b);
	while (slice_split(&rest, '\n', &line))
		if (line.len > 0 && slice_cstr(line, one, sizeof one))
			errand_say(a, "%1", one, NULL);
	buf_fini(&b);
}

static int show(struct errand *a)
{
	const struct fed_kept_paper *p = draft_find(a);
	struct draft_view *v;

	if (!p)
		return KERR_NOTFOUND;
	v = draft_view_new(a->f, p);
	errand_fact(a, "state", state_name(v->state));
	draft_say_content(a, v);
	if (v->signers[0])
		errand_say(a, N_("signed by: %1"), v->signers, NULL);
	json_array_append_new(a->rows, draft_sentence(v));
	if (v->state == FED_PAPER_WAITS)
		errand_say(a,
			N_("to sign it: put this mail into a file and type kokoctl federation "
			   "draft add FILE, then kokoctl federation draft sign %1"),
			p->number, NULL);
	draft_say_text(a, p);
	free(v);
	return 0;
}

int control_federation_draft_show(struct control_req *r)
{
	struct errand *a = errand_new(r, show);

	return errand_go(a, control_arg(r, "number", FED_PAPER_NUMBER, &a->number));
}
