/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alarms: what the admin must know, until it is settled, taken away by the admin or a month old.
 *
 * They lie in the store (RECORD_NOTES, key "alarms", a line each), so a restart hides none.  What
 * is found anew within hours (who is silent, who lags, what is lost) is not kept.  On the
 * federation's thread.
 */
#ifndef DAEMON_FED_NOTES_H
#define DAEMON_FED_NOTES_H

#include "proto/base/coll.h"
#include "proto/fed/fed_id.h"

enum {
	FED_ALARMS_MAX = 64,               /* the last ones are kept */
	FED_ALARM_KEEP_S = 30 * 24 * 3600, /* so long after it was seen last */
};

struct fed;

struct fed_note {
	int64_t at;
	unsigned what; /* enum fed_alarm, or FED_NOTE_* */
	struct fed_oid who;
	char text[80];
	unsigned times;
	bool open; /* what it says is still so; it goes when that has ended */
};

struct fed_notes {
	struct vec v; /* struct fed_note, oldest first */
	uint64_t serial;
	bool dirty;
	int64_t next_s; /* not written before */
	unsigned n_ticks;
};

void fed_notes_init(struct fed_notes *s);
void fed_notes_fini(struct fed_notes *s);

/* At the start: as the store has them. */
void fed_notes_load(struct fed_notes *s, uint64_t serial, struct slice text);

/* Tell the admin.  who may be NULL. */
void fed_note(struct fed *f, unsigned what, const struct fed_oid *who, struct slice text);

/* The admin has dealt with all that are there. */
void fed_notes_clear(struct fed *f);

/* Every second. */
void fed_notes_tick(struct fed *f);

#endif
