/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records that several admins or deputies sign: what becomes a draft, federation.draft-add,
 * draft-sign, draft-drop, draft-resume.  docs/federation.md section 3.4
 *
 * The daemon that begins a draft collects the signatures and publishes; two that published one
 * record with different signatures would have made a fork.  And none signs two of one serial.
 */
#include "daemon/control_fed_draft.h"

#include "proto/base/mem.h"

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

/* Put back from a backup it may have signed another one, and does not know of it. */
static int check_memory(struct errand *a)
{
	int64_t until_at = fed_epoch_forgot_until(a->f);
	char until[DRAFT_DATE];

	if (until_at == 0)
		return 0;
	draft_date(until_at, until);
	return errand_refuse(a, KERR_DENIED, draft_forgot(a->f), until, NULL);
}

/* One serial, one signature: else two quorums that overlap could make a fork. */
static int check_rival(struct errand *a, struct slice record)
{
	const struct fed_kept_paper *rival = fed_papers_rival(a->f, record);

	if (!rival)
		return check_memory(a);
	return errand_refuse(a, KERR_EXISTS,
		N_("this daemon has signed draft %1, and two cannot have one place: wait until it "
		   "is in force, or kokoctl federation draft drop %1"),
		rival->number, NULL);
}

/* The draft of a->number when the disk has it; NULL: it is gone, for it came into force. */
static struct draft_view *look_again(struct errand *a)
{
	const struct fed_kept_paper *p = fed_papers_get(a->f, a->number);

	return p ? draft_view_new(a->f, p) : NULL;
}

/* ---- beginning one ---- */

static int begun(struct errand *a)
{
	struct draft_view *v = look_again(a);

	if (!v)
		return 0;
	errand_say(a,
		N_("nothing is changed yet: this needs more signatures, and is kept as draft %1 "
		   "until %2"),
		a->number, v->until, NULL);
	errand_say(a, N_("signatures that are missing: %1 of %2"), v->missing, v->lack, NULL);
	if (v->too_few)
		errand_say(a,
			N_("too few of those who may sign are in the closed group, and nobody else "
			   "can check it: kokoctl federation admin NAME makes a daemon that is in "
			   "it an admin"),
			NULL);
	errand_say(a,
		N_("next: kokoctl federation draft show %1 > FILE, and mail the file to their "
		   "admins; what they send back: kokoctl federation draft add FILE"),
		a->number, NULL);
	free(v);
	return 0;
}

int errand_give_signed(struct errand *a, struct slice text, int (*then)(struct errand *a))
{
	const struct fed_paper p = {loop_now_at() + FED_PAPER_S, a->f->keys->oid, text};
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

/* To whom the text goes when there is nothing more to do here. */
static void say_back(struct errand *a, const struct draft_view *v)
{
	errand_say(a,
		N_("next: mail this to the admin of %1, who collects the signatures; there it is "
		   "kokoctl federation draft add FILE"),
		v->from, NULL);
	draft_say_text(a, v->p);
}

static int added(struct errand *a)
{
	struct draft_view *v = look_again(a);

	if (!v)
		return 0;
	if (v->collects && v->state == FED_PAPER_READY) {
		int rc = errand_give_text(a, slice_str(v->p->record), in_force);

		free(v);
		return rc;
	}
	draft_say_content(a, v);
	json_array_append_new(a->rows, draft_sentence(v));
	if (!fed_stand_has(&v->s, &a->f->keys->oid) && v->state == FED_PAPER_WAITS)
		errand_say(a,
			N_("next: kokoctl federation draft sign %1, if that is what you want; call "
			   "the admin of %2 if you do not know of it"),
			a->number, v->from, NULL);
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

/* Of a closed group nothing is told outside, so what such a draft changes cannot be shown. */
static bool is_outside(const struct errand *a, enum fed_stand stand, const struct fed_tally *s)
{
	struct fed_gid gid;

	return stand == FED_STAND_OUTSIDE ||
	       (stand == FED_STAND_AHEAD && s->key.type == FED_REC_GROUP &&
		       fed_gid_parse(slice_str(s->key.s), &gid) &&
		       !fed_reg_reads(a->f->reg, &a->f->keys->oid, &gid));
}

static int refuse_outside(struct errand *a)
{
	return errand_refuse(a, KERR_DENIED,
		N_("the draft is of a closed group that this daemon is not in, so it cannot be "
		   "checked here: an admin of the federation or a deputy signs it whose daemon is "
		   "in the group; where those are too few, kokoctl federation admin NAME makes "
		   "such a daemon an admin"),
		NULL);
}

static int check_stand(
	struct errand *a, enum fed_stand stand, const struct fed_tally *s, const struct err *why)
{
	if (is_outside(a, stand, s))
		return refuse_outside(a);
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
	case FED_STAND_OUTSIDE: /* said above */
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
	char until[DRAFT_DATE];

	draft_date(until_at, until);
	if (loop_now_at() <= until_at)
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
	if (p->until_at > loop_now_at() + FED_PAPER_S)
		p->until_at = loop_now_at() + FED_PAPER_S;
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
	struct draft_view *v = look_again(a);

	if (!v)
		return 0;
	errand_say(a, N_("draft %1 is signed"), a->number, NULL);
	say_back(a, v);
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
	struct fed_kept_paper *p = draft_find(a);
	struct draft_view *v;
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
	v = draft_view_new(a->f, p);
	draft_say_content(a, v);
	if (v->signers[0]) /* a daemon record may have its root key's alone */
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
	struct fed_kept_paper *p = draft_find(a);
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

/* ---- resume ---- */

static int resume(struct errand *a)
{
	if (!errand_federation(a))
		return KERR_NOTFOUND;
	if (fed_epoch_forgot_until(a->f) == 0)
		return errand_refuse(
			a, KERR_EXISTS, N_("nothing keeps this daemon from signing drafts"), NULL);
	if (!fed_epoch_vouched(a->f))
		return err_set(&a->err, KERR_IO, "that cannot be kept: the log says why");
	errand_say(a, N_("this daemon signs drafts again"), NULL);
	return 0;
}

int control_federation_draft_resume(struct control_req *r)
{
	return errand_go(errand_new(r, resume), 0);
}
