/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who reads and writes in the groups that are shared: this daemon's own people are told to the
 * others when they have changed, and the lists of the others are kept.  docs/federation.md section
 * 8
 *
 * A group's people are the active accounts that are its members here.  Lists lie in the store, one
 * for each origin and group (RECORD_MEMBERS, key "<gid> <oid>"); the newest alone is kept.  On the
 * federation's thread.
 */
#ifndef DAEMON_FED_ROSTER_H
#define DAEMON_FED_ROSTER_H

#include "proto/fed/fed_people.h"

struct fed;
struct fed_roster;

struct fed_roster *fed_roster_new(void);
void fed_roster_free(struct fed_roster *r);

/* Every second: what has changed is told, peer.people-delay after the first change. */
void fed_roster_tick(struct fed *f);

/* Records have changed: who may write may have, too. */
void fed_roster_look(struct fed *f);

/* A list is on disk, another daemon's or our own. */
void fed_roster_heard(struct fed *f, const struct fed_sign *s, struct slice lines);

/*
 * The list of an origin as it is kept; text is room for it (FED_PEOPLE_TEXT), from which *out
 * borrows.  KERR_NOTFOUND; whether it counts is asked with fed_people_count.
 */
NODISCARD int fed_roster_read(struct fed *f, const struct fed_gid *gid, const struct fed_oid *oid,
	struct buf *text, struct fed_people *out);

/* Append the lines of our own people as they are now, by name; how many have no room is logged. */
NODISCARD int fed_roster_own(struct fed *f, const struct fed_group *g, struct buf *lines);

#endif
