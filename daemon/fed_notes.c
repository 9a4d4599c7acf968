/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line of the text is `<what> <seconds since 1970> <times> <0|1> <oid|-> <about>`; one that is
 * not understood is left out, so that a later version may have others.
 */
#include "daemon/fed_notes.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/fed_priv.h"
#include "proto/base/log.h"

enum {
	WRITE_S = 10, /* an alarm may come with every entry of somebody */
	LOOK_TICKS = 5,
	TEXT_MAX = FED_ALARMS_MAX * 256,
};

static const struct {
	const char *name;
	bool kept; /* else it comes again by itself */
} kinds[] = {
	[FED_ALARM_INTRUDER] = {"intruder",      true },
	[FED_ALARM_FORK] = {"fork",          true },
	[FED_ALARM_RECORD_FORK] = {"record-fork",   true },
	[FED_ALARM_BEHIND_OWN] = {"behind-own",    true },
	[FED_NOTE_SILENT] = {"silent",        false},
	[FED_NOTE_LAGGING] = {"lagging",       false},
	[FED_NOTE_DAMAGED] = {"damaged",       true },
	[FED_NOTE_LOCAL] = {"damaged-local", true },
};

void fed_notes_init(struct fed_notes *s)
{
	*s = (struct fed_notes){.serial = 0};
	vec_init(&s->v, sizeof(struct fed_note));
}

void fed_notes_fini(struct fed_notes *s)
{
	vec_fini(&s->v);
}

static struct fed_note *note_at(const struct fed_notes *s, size_t i)
{
	return vec_at(&s->v, i);
}

static void drop(struct fed_notes *s, size_t i)
{
	s->v.n--;
	if (i < s->v.n)
		memmove(note_at(s, i), note_at(s, i + 1), (s->v.n - i) * sizeof(struct fed_note));
	s->dirty = true;
}

/* ---- as it is kept ---- */

static void write(const struct fed_notes *s, struct buf *b)
{
	for (size_t i = 0; i < s->v.n; i++) {
		const struct fed_note *n = note_at(s, i);

		if (kinds[n->what].kept)
			buf_addf(b, "%s %" PRId64 " %u %d %s %s\n", kinds[n->what].name, n->at,
				n->times, n->open, n->who.s[0] ? n->who.s : "-", n->text);
	}
}

static bool read_kind(struct slice name, unsigned *what_out)
{
	for (unsigned i = 0; i < array_len(kinds); i++)
		if (slice_eq(name, slice_str(kinds[i].name))) {
			*what_out = i;
			return true;
		}
	return false;
}

static bool read_note(struct slice line, struct fed_note *out)
{
	struct slice what, at, times, open, who;
	uint64_t seconds, n;

	*out = (struct fed_note){.at = 0};
	if (!slice_split(&line, ' ', &what) || !slice_split(&line, ' ', &at) ||
		!slice_split(&line, ' ', &times) || !slice_split(&line, ' ', &open) ||
		!slice_split(&line, ' ', &who))
		return false;
	if (!read_kind(what, &out->what) || !fed_num_parse(at, &seconds) ||
		!fed_num_parse(times, &n) || n > UINT32_MAX ||
		(!slice_eq(who, lit("-")) && !fed_oid_parse(who, &out->who)))
		return false;
	out->at = (int64_t)seconds;
	out->times = (unsigned)n;
	out->open = slice_eq(open, lit("1"));
	return slice_cstr(line, out->text, sizeof out->text);
}

void fed_notes_load(struct fed_notes *s, uint64_t serial, struct slice text)
{
	struct slice line;
	struct fed_note n;

	s->serial = serial;
	while (s->v.n < FED_ALARMS_MAX && slice_split(&text, '\n', &line))
		if (read_note(line, &n))
			*(struct fed_note *)vec_push(&s->v) = n;
}

static void on_kept(void *arg, const struct store_result *res)
{
	struct fed *f = arg;

	if (res->rc >= 0)
		return;
	f->notes.dirty = true;
	log_error("fed.alarm", "why=%s", kerr_name(res->rc));
}

static void keep(struct fed *f)
{
	const struct store_call call = {
		.home = f->loop, .done = on_kept, .arg = f, .actor = "federation"};
	struct buf text;

	f->notes.dirty = false;
	f->notes.next_s = loop_clock_ms() / 1000 + WRITE_S;
	buf_init(&text, TEXT_MAX);
	buf_addz(&text, "alarms 1\n");
	write(&f->notes, &text);
	int rc = store_record_replace(f->d->store, RECORD_NOTES, lit("alarms"), ++f->notes.serial,
		buf_slice(&text), &call);
	buf_fini(&text);
	if (rc < 0)
		f->notes.dirty = true;
}

/* ---- new ones ---- */

static struct fed_note *find(
	const struct fed_notes *s, unsigned what, const struct fed_oid *who, struct slice text)
{
	for (size_t i = 0; i < s->v.n; i++) {
		struct fed_note *n = note_at(s, i);

		if (n->what == what && slice_eq(slice_str(n->text), text) &&
			(!who || fed_oid_eq(&n->who, who)))
			return n;
	}
	return NULL;
}

static struct fed_note *add(struct fed_notes *s, unsigned what, struct slice text)
{
	struct fed_note *n;

	if (s->v.n == FED_ALARMS_MAX)
		drop(s, 0); /* the oldest gives way */
	n = vec_push(&s->v);
	n->what = what;
	(void)!slice_cstr(slice_head(text, sizeof n->text - 1), n->text, sizeof n->text);
	return n;
}

void fed_note(struct fed *f, unsigned what, const struct fed_oid *who, struct slice text)
{
	struct fed_note *n;
	struct esc e;

	text = slice_head(text, sizeof n->text - 1);
	n = find(&f->notes, what, who, text);
	if (!n)
		n = add(&f->notes, what, text);
	if (who)
		n->who = *who;
	n->at = loop_now_at();
	n->times++;
	f->notes.dirty = f->notes.dirty || kinds[what].kept;
	atomic_fetch_add(&f->n_alarms, 1);
	log_error("fed.alarm", "what=%s who=%s about=%s", kinds[what].name, who ? who->s : "-",
		esc(&e, text));
}

void fed_notes_clear(struct fed *f)
{
	vec_reset(&f->notes.v);
	f->notes.dirty = true;
}

/* ---- what is settled ---- */

static bool is_forked(const struct fed *f, const char *id)
{
	static const enum fed_record_type types[] = {
		FED_REC_FEDERATION, FED_REC_DAEMON, FED_REC_GROUP};

	for (size_t i = 0; i < array_len(types); i++) {
		struct fed_record_key key = {.type = types[i]};

		if (slice_cstr(slice_str(id), key.s, sizeof key.s) && fed_reg_forked(f->reg, &key))
			return true;
	}
	return false;
}

/* Does a cut of the origin lie in the last of its epochs that were taken apart, or behind it? */
static bool is_cut(const struct fed *f, const struct fed_note *n)
{
	const struct fed_group *g = NULL;
	uint64_t epoch = 0, cut = 0;
	struct fed_gid gid;

	if (fed_gid_parse(slice_str(n->text), &gid))
		g = fed_reg_group(f->reg, &gid);
	if (!g)
		return false;
	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (feed->name.epoch.branch[0] && fed_oid_eq(&feed->name.oid, &n->who) &&
			fed_gid_eq(&feed->name.gid, &gid) && feed->name.epoch.n > epoch)
			epoch = feed->name.epoch.n;
	}
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &n->who) && g->cut[i].at.epoch > cut)
			cut = g->cut[i].at.epoch;
	return epoch > 0 && cut >= epoch;
}

/* What took it into the group has become known since. */
static bool is_explained(const struct fed *f, const struct fed_note *n)
{
	struct fed_gid gid;

	return fed_gid_parse(slice_str(n->text), &gid) && fed_reg_misled(f->reg, &n->who, &gid);
}

static bool is_settled(const struct fed *f, struct fed_note *n)
{
	bool was = n->open;

	if (loop_now_at() - n->at > FED_ALARM_KEEP_S)
		return true;
	if (n->what == FED_ALARM_FORK)
		return is_cut(f, n);
	if (n->what == FED_ALARM_INTRUDER)
		return is_explained(f, n);
	if (n->what != FED_ALARM_RECORD_FORK)
		return false;
	n->open = is_forked(f, n->text);
	return was && !n->open;
}

void fed_notes_tick(struct fed *f)
{
	struct fed_notes *s = &f->notes;

	for (size_t i = s->n_ticks++ % LOOK_TICKS == 0 ? s->v.n : 0; i-- > 0;) {
		bool was = note_at(s, i)->open;

		if (is_settled(f, note_at(s, i)))
			drop(s, i);
		else
			s->dirty = s->dirty || note_at(s, i)->open != was;
	}
	if (s->dirty && loop_clock_ms() / 1000 >= s->next_s)
		keep(f);
}
