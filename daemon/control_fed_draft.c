/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records that several admins or deputies sign: federation.drafts, draft-show, draft-add,
 * draft-sign, draft-drop; and what becomes a draft.  docs/federation.md section 3.4
 *
 * The daemon that begins a draft collects the signatures and publishes; two that published one
 * record with different signatures would have made a fork.  And none signs two of one serial.
 */
#include <stdio.h>
#include <time.h>

#include "daemon/control_fed.h"
#include "proto/base/mem.h"

enum { NAMES_ROOM = 1500, DATE_ROOM = 16, COUNT_ROOM = 24, THING_ROOM = 300 };

/* ---- words ---- */

static void date_of(int64_t at, char out[DATE_ROOM])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, DATE_ROOM, "%Y-%m-%d", &tm) == 0)
		snprintf(out, DATE_ROOM, "?");
}

/* The daemons of the bench that have signed, or have not. */
static void names_of(
	const struct fed *f, const struct fed_tally *s, bool have, char out[NAMES_ROOM])
{
	const struct fed_bench *b = fed_stand_near(s);
	char name[FED_NAME_MAX + 1];
	struct buf text;

	buf_init(&text, NAMES_ROOM - 1);
	for (size_t i = 0; i < b->n; i++) {
		if (b->has[i] != have)
			continue;
		errand_name_of(f, &b->may[i], name);
		buf_addf(&text, "%s%s", text.len > 0 ? ", " : "", name);
	}
	snprintf(out, NAMES_ROOM, "%s", buf_cstr(&text));
	buf_fini(&text);
}

/* The group's name, or the federation's title. */
static void thing_of(const struct fed *f, const struct fed_tally *s, char out[THING_ROOM])
{
	const struct fed_federation *fed = fed_reg_federation(f->reg);
	const struct fed_group *g = NULL;
	struct fed_gid gid;

	if (s->key.type == FED_REC_GROUP && fed_gid_parse(slice_str(s->key.s), &gid))
		g = fed_reg_group(f->reg, &gid);
	(void)!slice_cstr(g ? g->group : fed ? fed->title : lit("?"), out, THING_ROOM);
}

static void count_of(uint64_t n, char out[COUNT_ROOM])
{
	snprintf(out, COUNT_ROOM, "%llu", (unsigned long long)n);
}

static uint64_t n_missing(const struct fed_tally *s)
{
	const struct fed_bench *b = fed_stand_near(s);

	return b->need > b->n_signed ? b->need - b->n_signed : 0;
}

/* ---- one draft ---- */

/* What a draft is and how it stands; for commands that show it. */
struct shown {
	enum fed_paper_state state;
	struct fed_tally s;
	char thing[THING_ROOM], serial[COUNT_ROOM], missing[COUNT_ROOM], until[DATE_ROOM];
	char lack[NAMES_ROOM], signers[NAMES_ROOM], from[FED_NAME_MAX + 1];
};

static void look_at(struct fed *f, const struct fed_kept_paper *p, struct shown *out)
{
	*out = (struct shown){.state = FED_PAPER_VOID};
	out->state = fed_paper_state(f, p, &out->s);
	thing_of(f, &out->s, out->thing);
	count_of(out->s.serial, out->serial);
	date_of(p->until_at, out->until);
	errand_name_of(f, &p->from, out->from);
	if (out->s.n_bench == 0)
		return;
	count_of(n_missing(&out->s), out->missing);
	names_of(f, &out->s, false, out->lack);
	names_of(f, &out->s, true, out->signers);
}

static const char *state_name(enum fed_paper_state s)
{
	static const char *const names[] = {"waits", "ready", "done", "void", "expired", "later"};

	return names[s];
}

static json_t *state_sentence(const struct fed_kept_paper *p, const struct shown *v)
{
	const char *const waits[] = {
		p->number, v->thing, v->serial, v->missing, v->lack, v->until, NULL};
	const char *const with[] = {p->number, v->thing, v->serial, v->from, v->until, NULL};

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
	struct shown *v = mem_new(struct shown);

	look_at(a->f, p, v);
	json_t *row = state_sentence(p, v);
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

static int drafts(struct errand *a)
{
	if (!errand_federation(a))
		return KERR_NOTFOUND;
	if (a->f->papers.n == 0)
		errand_say(a, N_("no drafts"), NULL);
	errand_add_drafts(a, a->rows, NULL);
	return 0;
}

int control_federation_drafts(struct control_req *r)
{
	return errand_go(errand_new(r, drafts), 0);
}

static struct fed_kept_paper *find(struct errand *a)
{
	struct fed_kept_paper *p = errand_federation(a) ? fed_papers_get(a->f, a->number) : NULL;

	if (!p && a->f->keys && fed_reg_federation(a->f->reg))
		errand_refuse(a, KERR_NOTFOUND,
			N_("there is no draft %1: kokoctl federation drafts lists them"), a->number,
			NULL);
	return p;
}

/* ---- show ---- */

/* The record that it follows. */
static struct slice text_before(const struct fed *f, const struct fed_tally *s, const char *record)
{
	struct slice rest = slice_str(record), line;
	struct fed_hash prev;

	while (slice_split(&rest, '\n', &line))
		if (slice_starts(line, lit("prev: ")) && fed_hash_parse(slice_from(line, 6), &prev))
			return fed_reg_text_by(f->reg, &s->key, s->serial - 1, &prev);
	return lit("");
}

static void say_content(struct errand *a, const struct fed_kept_paper *p, const struct shown *v)
{
	errand_say(a, N_("draft %1 is record %2 of %3; it says:"), p->number, v->serial, v->thing,
		NULL);
	errand_say_changes(a, text_before(a->f, &v->s, p->record), slice_str(p->record));
}

static void say_text(struct errand *a, const struct fed_kept_paper *p)
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
	const struct fed_kept_paper *p = find(a);
	struct shown *v;

	if (!p)
		return KERR_NOTFOUND;
	v = mem_new(struct shown);
	look_at(a->f, p, v);
	errand_fact(a, "state", state_name(v->state));
	say_content(a, p, v);
	if (v->signers[0])
		errand_say(a, N_("signed by: %1"), v->signers, NULL);
	json_array_append_new(a->rows, state_sentence(p, v));
	if (v->state == FED_PAPER_WAITS)
		errand_say(a,
			N_("to sign it: put this mail into a file and type kokoctl federation "
			   "draft add FILE, then kokoctl federation draft sign %1"),
			p->number, NULL);
	say_text(a, p);
	free(v);
	return 0;
}

int control_federation_draft_show(struct control_req *r)
{
	struct errand *a = errand_new(r, show);

	return errand_go(a, control_arg(r, "number", FED_PAPER_NUMBER, &a->number));
}

/* ---- keeping ---- */

static void work_free(struct errand *a)
{
	free(a->work);
}

/* The number of the draft is noted, for it may be gone when the disk has it. */
static void note_number(struct errand *a, const char *number)
{
	a->work = mem_dup(slice_str(number));
	a->fini = work_free;
	a->number = a->work;
	errand_fact(a, "draft", number);
}

static void on_kept(void *arg, int rc)
{
	struct errand *a = arg;

	rc = rc < 0 ? err_set(&a->err, rc, "the draft cannot be kept: %s", kerr_name(rc))
		    : a->then(a);
	if (rc != CONTROL_OUT)
		errand_end(a, rc);
}

static int keep(
	struct errand *a, const struct fed_paper *p, bool self, int (*then)(struct errand *a))
{
	struct fed_kept_paper *kept = NULL;
	char number[FED_PAPER_NUMBER + 1];
	int rc;

	fed_paper_number(p->record, number);
	note_number(a, number);
	a->then = then;
	rc = fed_papers_keep(a->f, p, self, &kept, on_kept, a);
	if (rc == KERR_FULL)
		return errand_refuse(a, rc,
			N_("too many drafts are kept here: kokoctl federation drafts lists them, "
			   "kokoctl federation draft drop NUMBER takes one away"),
			NULL);
	return rc < 0 ? err_set(&a->err, rc, "the draft cannot be kept: %s", kerr_name(rc))
		      : CONTROL_OUT;
}

/* One serial, one signature: else two quorums that overlap could make a fork. */
static int check_rival(struct errand *a, struct slice record)
{
	const struct fed_kept_paper *rival = fed_papers_rival(a->f, record);

	if (!rival)
		return 0;
	return errand_refuse(a, KERR_EXISTS,
		N_("this daemon has signed draft %1, and two cannot have one place: wait until it "
		   "is in force, or kokoctl federation draft drop %1"),
		rival->number, NULL);
}

/* ---- beginning one ---- */

static int begun(struct errand *a)
{
	const struct fed_kept_paper *p = fed_papers_get(a->f, a->number);
	struct shown *v;

	if (!p)
		return 0;
	v = mem_new(struct shown);
	look_at(a->f, p, v);
	errand_say(a,
		N_("nothing is changed yet: this needs more signatures, and is kept as draft %1 "
		   "until %2"),
		p->number, v->until, NULL);
	errand_say(a, N_("missing are %1 of: %2"), v->missing, v->lack, NULL);
	errand_say(a,
		N_("next: kokoctl federation draft show %1 > FILE, and mail the file to their "
		   "admins; what they send back: kokoctl federation draft add FILE"),
		p->number, NULL);
	free(v);
	return 0;
}

int errand_give_signed(struct errand *a, struct slice text, int (*then)(struct errand *a))
{
	const struct fed_paper p = {fed_clock_at(a->f) + FED_PAPER_S, a->f->keys->oid, text};
	struct fed_tally s;
	struct err why = {.text = ""};
	int rc;

	if (fed_reg_stand(a->f->reg, text, &s, &why) != FED_STAND_WAITS ||
		!fed_stand_has(&s, &a->f->keys->oid))
		return errand_give_text(a, text, then);
	rc = check_rival(a, text);
	if (rc < 0)
		return rc;
	if (a->fini)
		a->fini(a);
	return keep(a, &p, false, begun);
}

/* ---- add ---- */

static int in_force(struct errand *a)
{
	errand_say(a, N_("draft %1 has all signatures and is in force"), a->number, NULL);
	fed_papers_look(a->f);
	return 0;
}

static int publish(struct errand *a, const struct fed_kept_paper *p)
{
	return errand_give_text(a, slice_str(p->record), in_force);
}

/* To whom the text goes when there is nothing more to do here. */
static void say_back(struct errand *a, const struct fed_kept_paper *p, const struct shown *v)
{
	errand_say(a,
		N_("next: mail this to the admin of %1, who collects the signatures; there it is "
		   "kokoctl federation draft add FILE"),
		v->from, NULL);
	say_text(a, p);
}

static int added(struct errand *a)
{
	const struct fed_kept_paper *p = fed_papers_get(a->f, a->number);
	bool collects;
	struct shown *v;

	if (!p)
		return 0;
	collects = fed_oid_eq(&p->from, &a->f->keys->oid);
	v = mem_new(struct shown);
	look_at(a->f, p, v);
	if (collects && v->state == FED_PAPER_READY) {
		free(v);
		return publish(a, p);
	}
	say_content(a, p, v);
	json_array_append_new(a->rows, state_sentence(p, v));
	if (!fed_stand_has(&v->s, &a->f->keys->oid) && v->state == FED_PAPER_WAITS)
		errand_say(a,
			N_("next: kokoctl federation draft sign %1, if that is what you want; call "
			   "the admin of %2 if you do not know of it"),
			p->number, v->from, NULL);
	free(v);
	return 0;
}

static int refuse_foul(struct errand *a, const struct fed_tally *s)
{
	char name[FED_NAME_MAX + 1];

	if (!s->foul_by.s[0])
		return errand_refuse(a, KERR_DENIED,
			N_("the draft has a signature that is nobody's: it is not taken"), NULL);
	errand_name_of(a->f, &s->foul_by, name);
	return errand_refuse(a, KERR_DENIED,
		s->key.type == FED_REC_GROUP
			? N_("the draft is signed by %1, which is no deputy of the group and no "
			     "admin of the federation: it is not taken")
			: N_("the draft is signed by %1, which is no admin of the federation: it "
			     "is not taken"),
		name, NULL);
}

static int refuse_signer(struct errand *a, const struct fed_tally *s)
{
	return errand_refuse(a, KERR_DENIED,
		s->key.type == FED_REC_GROUP
			? N_("this daemon is no deputy of the group and no admin of the "
			     "federation: its signature is not asked for")
			: N_("this daemon is no admin of the federation: its signature is not "
			     "asked for"),
		NULL);
}

static int check_stand(
	struct errand *a, enum fed_stand stand, const struct fed_tally *s, const struct err *why)
{
	switch (stand) {
	case FED_STAND_DONE:
		return errand_refuse(
			a, KERR_EXISTS, N_("what the draft says is in force already"), NULL);
	case FED_STAND_VOID:
		return errand_refuse(a, KERR_DENIED,
			N_("the draft is void: another record came into force"), NULL);
	case FED_STAND_AHEAD:
		return errand_refuse(a, KERR_BUSY,
			N_("the draft follows a record that this daemon does not have yet: kokoctl "
			   "peer status, and try again when it is connected"),
			NULL);
	case FED_STAND_REFUSED:
		return errand_refuse(
			a, KERR_DENIED, N_("the draft cannot be taken: %1"), why->text, NULL);
	case FED_STAND_WAITS:
	case FED_STAND_ENOUGH:
		break;
	}
	if (s->foul)
		return refuse_foul(a, s);
	return fed_stand_may(s, &a->f->keys->oid) ? 0 : refuse_signer(a, s);
}

static int check_time(struct errand *a, int64_t until_at)
{
	char until[DATE_ROOM];

	date_of(until_at, until);
	if (fed_clock_at(a->f) <= until_at)
		return 0;
	return errand_refuse(a, KERR_DENIED,
		N_("the draft was good until %1: who began it types the same again"), until, NULL);
}

static int add_paper(struct errand *a, struct fed_paper *p)
{
	struct err why = {.text = ""};
	struct fed_tally s;
	enum fed_stand stand = fed_reg_stand(a->f->reg, p->record, &s, &why);
	int rc = check_stand(a, stand, &s, &why);

	if (rc == 0)
		rc = check_time(a, p->until_at);
	if (p->until_at > fed_clock_at(a->f) + FED_PAPER_S)
		p->until_at = fed_clock_at(a->f) + FED_PAPER_S;
	return rc < 0 ? rc : keep(a, p, false, added);
}

static int add(struct errand *a)
{
	enum fed_paper_fault fault;
	struct fed_paper p;
	struct buf room;
	int rc;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	buf_init(&room, FED_PAPER_MAX);
	fault = fed_paper_unwrap(slice_str(a->token), &room, &p);
	rc = fault == FED_PAPER_OK
		     ? add_paper(a, &p)
		     : errand_refuse(a, KERR_INVALID, fed_paper_fault_text(fault), NULL);
	buf_fini(&room);
	return rc;
}

int control_federation_draft_add(struct control_req *r)
{
	struct errand *a = errand_new(r, add);

	return errand_go(a, control_arg(r, "text", CONTROL_LINE_MAX, &a->token));
}

/* ---- sign ---- */

static int was_signed(struct errand *a)
{
	const struct fed_kept_paper *p = fed_papers_get(a->f, a->number);
	struct shown *v;

	if (!p)
		return 0;
	v = mem_new(struct shown);
	look_at(a->f, p, v);
	errand_say(a, N_("draft %1 is signed"), p->number, NULL);
	say_back(a, p, v);
	free(v);
	return 0;
}

static int check_sign(struct errand *a, const struct fed_kept_paper *p)
{
	struct err why = {.text = ""};
	struct fed_tally s;
	enum fed_stand stand = fed_reg_stand(a->f->reg, slice_str(p->record), &s, &why);
	int rc = check_stand(a, stand, &s, &why);

	if (rc == 0)
		rc = check_time(a, p->until_at);
	if (rc == 0 && fed_stand_has(&s, &a->f->keys->oid))
		rc = errand_refuse(a, KERR_EXISTS,
			N_("this daemon has signed draft %1 already: kokoctl federation draft show "
			   "%1 prints it"),
			p->number, NULL);
	return rc < 0 ? rc : check_rival(a, slice_str(p->record));
}

static int sign(struct errand *a)
{
	struct fed_kept_paper *p = find(a);
	struct shown *v;
	int rc = p ? check_sign(a, p) : KERR_NOTFOUND;

	if (rc < 0)
		return rc;
	if (strcmp(a->answer, "yes") == 0) {
		const struct fed_paper paper = {p->until_at, p->from, slice_str(p->record)};

		return keep(a, &paper, true, was_signed);
	}
	if (strcmp(a->answer, "no") == 0) {
		errand_say(a, N_("draft %1 is not signed"), p->number, NULL);
		return 0;
	}
	v = mem_new(struct shown);
	look_at(a->f, p, v);
	say_content(a, p, v);
	errand_say(a, N_("signed by: %1"), v->signers, NULL);
	free(v);
	return 0;
}

int control_federation_draft_sign(struct control_req *r)
{
	struct errand *a = errand_new(r, sign);
	int rc = control_arg(r, "number", FED_PAPER_NUMBER, &a->number);

	if (rc == 0)
		rc = control_arg_or(r, "answer", 8, "", &a->answer);
	return errand_go(a, rc);
}

/* ---- drop ---- */

static int drop(struct errand *a)
{
	struct fed_kept_paper *p = find(a);
	struct fed_tally s;
	enum fed_paper_state state;
	bool open;

	if (!p)
		return KERR_NOTFOUND;
	state = fed_paper_state(a->f, p, &s);
	open = (state == FED_PAPER_WAITS || state == FED_PAPER_READY) &&
	       fed_stand_has(&s, &a->f->keys->oid);
	errand_say(a, N_("draft %1 is taken away here"), a->number, NULL);
	if (open)
		errand_say(a,
			N_("this daemon had signed it, and whoever has the text can still use it: "
			   "call the admins to whom it was mailed before anything else is changed"),
			NULL);
	fed_papers_drop(a->f, p);
	return 0;
}

int control_federation_draft_drop(struct control_req *r)
{
	struct errand *a = errand_new(r, drop);

	return errand_go(a, control_arg(r, "number", FED_PAPER_NUMBER, &a->number));
}
