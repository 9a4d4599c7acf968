/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.status, the federation's part: a row a neighbour, a row an invitation, a row an alarm.  Each
 * says what to do, or nothing.
 */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_book.h"
#include "daemon/fed_link.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/fed/fed_entry.h"

enum {
	CLOCK_WARN_S = 60, /* docs/federation.md section 12 */
	CLOCK_HARM_S = 300,
	LAG_WARN_S = 600,
};

/* Text that may have come from outside. */
static json_t *foreign(const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	utf8_add_clean(&b, slice_str(text));
	json_t *value = json_string(buf_cstr(&b));
	buf_fini(&b);
	return value;
}

/* ---- what to do ---- */

static void todo(json_t *row, const char *text, const char *one, const char *two)
{
	const char *const with[] = {one, two, NULL};
	json_t *said = fed_sentence(text, with);

	json_object_update(row, said);
	json_decref(said);
}

static uint64_t n_refused(const struct fed_link_status *s)
{
	return s->got[FED_GOT_BAD] + s->got[FED_GOT_VOID] + s->got[FED_GOT_SCOPE] +
	       s->got[FED_GOT_INTRUDER];
}

/* Of a link that is up: what is not as it should be. */
static void todo_active(json_t *row, const struct fed_link_status *s)
{
	int64_t apart = s->clock_s < 0 ? -s->clock_s : s->clock_s;
	char seconds[24];

	snprintf(seconds, sizeof seconds, "%lld", (long long)apart);
	if (apart > CLOCK_HARM_S)
		todo(row,
			N_("the clocks are %1 s apart, new articles wait: set the wrong one "
			   "(timedatectl), here or at %2"),
			seconds, s->name);
	else if (apart > CLOCK_WARN_S)
		todo(row, N_("the clocks are %1 s apart: see that both follow NTP"), seconds, NULL);
	else if (s->behind > 0 && s->behind_s > LAG_WARN_S)
		todo(row, N_("articles of it do not get here: look into the log for fed."), NULL,
			NULL);
	else if (n_refused(s) > 0)
		todo(row, N_("entries were refused: look into the log for fed.entry"), NULL, NULL);
}

static void todo_silent(json_t *row, const struct fed_link_status *s)
{
	if (!s->meets)
		todo(row,
			N_("neither it nor this daemon is dialled: what is written there comes "
			   "over the others"),
			NULL, NULL);
	else if (s->n_in == 0)
		todo(row,
			N_("it has no address and is not connected: its admin looks at kokoctl "
			   "peer "
			   "status there"),
			NULL, NULL);
}

static void todo_backoff(json_t *row, const struct fed_link_status *s)
{
	if (strstr(s->error, "does not know us"))
		todo(row,
			N_("it does not know this daemon yet: that passes by itself; if it "
			   "lasts, its admin looks at kokoctl peer status there"),
			NULL, NULL);
	else if (s->n_in > 0)
		todo(row,
			N_("it reaches us, we do not reach it (%1): look into its firewall "
			   "and its peer.address"),
			s->error, NULL);
	else
		todo(row,
			N_("out of reach (%1): nothing is lost, it is dialled again by "
			   "itself; call its admin if it lasts"),
			s->error, NULL);
}

static void add_todo(struct errand *a, json_t *row, const struct fed_link_status *s)
{
	switch (s->state) {
	case FED_LINK_JOINING:
		todo(row,
			N_("numbers %1: the admin of %2 compares them on the telephone and types "
			   "kokoctl peer confirm"),
			a->f->sponsor.numbers, s->name);
		break;
	case FED_LINK_ACTIVE:
		todo_active(row, s);
		break;
	case FED_LINK_BACKOFF:
		todo_backoff(row, s);
		break;
	case FED_LINK_THROTTLED:
		todo(row, N_("it sends more than its quota: it goes on by itself"), NULL, NULL);
		break;
	case FED_LINK_DORMANT:
		todo(row,
			N_("away for 30 days: when it comes back it goes on where it was; if it "
			   "will "
			   "not, kokoctl group remove-member"),
			NULL, NULL);
		break;
	case FED_LINK_PAUSED:
		todo(row, "kokoctl peer resume %1", s->name, NULL);
		break;
	case FED_LINK_BLOCKED:
		todo(row, "kokoctl peer unblock %1", s->name, NULL);
		break;
	case FED_LINK_SILENT:
		todo_silent(row, s);
		break;
	}
}

/* ---- rows ---- */

static json_t *time_or_null(int64_t at)
{
	return at > 0 ? control_time(at) : json_null();
}

static void add_link(void *arg, const struct fed_link_status *s)
{
	struct errand *a = arg;
	json_t *row = json_pack(
		"{s:s, s:o, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:o}",
		"kind", "federation", "name", foreign(s->name), "oid", s->oid.s, "state",
		fed_link_state_name(s->state), "since", time_or_null(s->since_at), "contact",
		time_or_null(s->contact_at), "behind", (json_int_t)s->behind, "behind_s",
		(json_int_t)s->behind_s, "ahead", (json_int_t)s->ahead, "ahead_s",
		(json_int_t)s->ahead_s, "clock_s", (json_int_t)s->clock_s, "taken",
		(json_int_t)s->got[FED_GOT_TAKE], "refused", (json_int_t)n_refused(s), "in",
		(int)s->n_in, "error", foreign(s->error));

	if (!s->ahead_known)
		json_object_set_new(row, "ahead", json_null());
	add_todo(a, row, s);
	json_array_append_new(a->rows, row);
}

static const char *state_name(enum fed_invite_state s)
{
	static const char *const names[] = {"invited", "joining", "expired", "void"};

	return names[s];
}

static void todo_joining(struct errand *a, json_t *row, const struct fed_invite *i)
{
	const struct fed_kept_paper *p = fed_papers_guest(a->f, &i->oid);

	if (p)
		todo(row,
			N_("draft %1 takes it in when all have signed: kokoctl federation drafts"),
			p->number, NULL);
	else
		todo(row, N_("numbers %1: call its admin, then kokoctl peer confirm %2"),
			i->numbers, i->host);
}

static void add_invite(void *arg, const struct fed_invite *i)
{
	struct errand *a = arg;
	enum fed_invite_state s = fed_book_state(a->f->book, i);
	json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "kind", "invitation", "name", i->host,
		"state", state_name(s), "since",
		control_time(s == FED_INVITE_JOINING ? i->joined_at : i->made_at));

	switch (s) {
	case FED_INVITE_OPEN:
		if (i->other[0])
			todo(row,
				N_("%1 came with its token: kokoctl peer invite %1, if that is its "
				   "name"),
				i->other, NULL);
		else
			todo(row, N_("its admin types kokoctl peer accept and the token"), NULL,
				NULL);
		break;
	case FED_INVITE_JOINING:
		todo_joining(a, row, i);
		break;
	case FED_INVITE_EXPIRED:
	case FED_INVITE_VOID:
		todo(row, N_("the token is void: kokoctl peer invite %1 makes a new one"), i->host,
			NULL);
		break;
	}
	json_array_append_new(a->rows, row);
}

/* Is it so still?  A group is named: kokoctl group settle wants its name. */
static bool is_forked(const struct fed *f, const char *id, char group_out[GROUP_NAME_MAX + 1])
{
	struct fed_record_key key;
	struct fed_gid gid;
	bool forked = false;

	for (int type = FED_REC_DAEMON; type <= FED_REC_GROUP && !forked; type++) {
		key = (struct fed_record_key){.type = (enum fed_record_type)type};
		forked = slice_cstr(slice_str(id), key.s, sizeof key.s) &&
			 fed_reg_forked(f->reg, &key);
	}
	const struct fed_group *g =
		fed_gid_parse(slice_str(id), &gid) ? fed_reg_group(f->reg, &gid) : NULL;
	group_out[0] = '\0';
	if (g)
		(void)!slice_cstr(g->group, group_out, GROUP_NAME_MAX + 1);
	return forked;
}

static void add_alarm(struct errand *a, const struct fed_note *n)
{
	static const char *const texts[] = {
		[FED_ALARM_INTRUDER] = N_(
			"%1 holds entries of a group that it is not in (%2): ask its admin how it "
			"got them"),
		[FED_ALARM_FORK] = N_(
			"%1 has signed two entries with one number (%2): as a rule a copy of its "
			"disk was started beside it, or its key is stolen; call its admin"),
		[FED_ALARM_RECORD_FORK] = N_(
			"two records with one serial of %1: the one before is in force, and none "
			"can follow; as a rule a copy of its disk was started beside it; call its "
			"admin, who says there which one holds: kokoctl federation settle"),
		[FED_ALARM_BEHIND_OWN] = N_(
			"others know more of our own articles than we do (%2): an old backup was "
			"put back, or this disk has lost them; they are fetched, nothing is to be "
			"done"),
		[FED_NOTE_SILENT] = N_("nothing was heard of %1 for %2: it is switched off, or "
				       "somebody keeps what "
				       "it writes from us; call its admin"),
		[FED_NOTE_LAGGING] = N_(
			"%1 is connected, and has not got for an hour what others have: call its "
			"admin"),
		[FED_NOTE_DAMAGED] = N_(
			"articles of %2 were found damaged on this disk; they are fetched again by "
			"themselves: see that the disk is sound (smartctl, dmesg)"),
		[FED_NOTE_LOCAL] = N_(
			"articles or mails of %2 are damaged on this disk, and no other daemon has "
			"them: kokoctl check names them, a backup has them; see that the disk is "
			"sound (smartctl, dmesg)"),
	};
	const struct fed_daemon *d = n->who.s[0] ? fed_reg_daemon(a->f->reg, &n->who) : NULL;
	char name[FED_NAME_MAX + 1] = "", group[GROUP_NAME_MAX + 1] = "";
	json_t *row;

	if (n->what == FED_ALARM_RECORD_FORK && !is_forked(a->f, n->text, group))
		return; /* a quorum has decided */
	row = json_pack("{s:s, s:o, s:o, s:i}", "kind", "alarm", "since", control_time(n->at),
		"about", foreign(n->text), "times", (int)n->times);
	if (d)
		(void)!slice_cstr(d->name, name, sizeof name);
	json_object_set_new(row, "name", json_string(d ? name : n->who.s));
	if (group[0])
		todo(row,
			N_("%2 of %1 has two records with one serial, and is as it was before "
			   "them; as a rule a copy of its owner's disk was started beside it: call "
			   "its admin; then an admin of the federation says which one holds: "
			   "kokoctl group settle %2"),
			d ? name : n->who.s, group);
	else if (n->what == FED_ALARM_RECORD_FORK && !n->who.s[0])
		todo(row,
			N_("the federation has two records with one serial, and is as it was "
			   "before them; as a rule two admins changed it at once: one of them says "
			   "which one holds: kokoctl federation settle"),
			NULL, NULL);
	else if (n->what < array_len(texts) && texts[n->what])
		todo(row, texts[n->what], d ? name : n->who.s, n->text);
	json_array_append_new(a->rows, row);
}

/* ---- what is lost ---- */

enum { LOOK_MAX = 1000 }; /* lost entries of which others are asked whether they have them */

struct lost {
	struct fed_gid gid;
	uint64_t n, n_alone; /* nobody in reach has these */
};

static struct lost *lost_of(struct vec *all, const struct fed_gid *gid)
{
	for (size_t i = 0; i < all->n; i++)
		if (fed_gid_eq(&((struct lost *)vec_at(all, i))->gid, gid))
			return vec_at(all, i);
	struct lost *l = vec_push(all);
	*l = (struct lost){.gid = *gid};
	return l;
}

static void count_lost(struct fed *f, struct vec *out)
{
	unsigned looks = 0;

	list_each(&f->feeds.by_change, it)
	{
		struct fed_feed *feed = container_of(it, struct fed_feed, node);
		uint64_t n = fed_spans_next(&feed->lost, 0);
		struct lost *l = n == UINT64_MAX ? NULL : lost_of(out, &feed->name.gid);

		if (l)
			l->n += fed_spans_count(&feed->lost);
		for (; n != UINT64_MAX && looks < LOOK_MAX;
			n = fed_spans_next(&feed->lost, n + 1)) {
			l->n_alone += !fed_node_offered(f->node, feed, n);
			looks++;
		}
	}
}

static void add_lost(struct errand *a, const struct lost *l)
{
	const struct fed_group *g = fed_reg_group(a->f->reg, &l->gid);
	char n[24], alone[24], name[GROUP_NAME_MAX + 1] = FED_CONTROL_GROUP;
	const char *const with[] = {n, name, alone, NULL};

	if (g)
		(void)!slice_cstr(g->group, name, sizeof name);
	snprintf(n, sizeof n, "%llu", (unsigned long long)l->n);
	snprintf(alone, sizeof alone, "%llu", (unsigned long long)l->n_alone);
	json_t *row = fed_sentence(
		l->n_alone == 0
			? N_("damaged here: %1 of the articles of %2; what is damaged is being "
			     "fetched again")
			: N_("damaged here: %1 of the articles of %2, and of %3 nobody in reach "
			     "has a copy: readers do not see what is damaged until a daemon "
			     "connects that has it; it is asked for every day for a month"),
		with);
	json_object_set_new(row, "kind", json_string("alarm"));
	json_object_set_new(row, "since", control_time(loop_now_at()));
	json_object_set_new(row, "about", foreign(name));
	json_object_set_new(row, "lost", json_integer((json_int_t)l->n));
	json_object_set_new(row, "alone", json_integer((json_int_t)l->n_alone));
	json_array_append_new(a->rows, row);
}

static void add_all_lost(struct errand *a)
{
	struct vec all;

	vec_init(&all, sizeof(struct lost));
	if (a->f->node)
		count_lost(a->f, &all);
	for (size_t i = 0; i < all.n; i++)
		add_lost(a, vec_at(&all, i));
	vec_fini(&all);
}

static int status(struct errand *a)
{
	fed_links_each(a->f, add_link, a);
	fed_book_each(a->f->book, add_invite, a);
	for (size_t i = 0; i < a->f->notes.v.n; i++)
		add_alarm(a, vec_at(&a->f->notes.v, i));
	add_all_lost(a);
	if (a->f->keys) {
		errand_add_requests(a);
		errand_add_drafts(a, a->rows, "alarm");
	}
	return 0;
}

static int clear(struct errand *a)
{
	fed_notes_clear(a->f);
	errand_say(a, N_("no alarms any more; what is still so is told again"), NULL);
	return 0;
}

int control_peer_clear_alarms(struct control_req *r)
{
	return errand_go(errand_new(r, clear), 0);
}

int control_fed_status(struct control_req *r)
{
	return errand_go(errand_new(r, status), 0);
}
