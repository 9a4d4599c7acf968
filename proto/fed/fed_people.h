/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of people: what is kept of the last list of an origin in a group, which of two lists holds,
 * and whether it still counts.  docs/federation.md section 8
 *
 * Pure.  Slices that are read are borrowed from the text.
 */
#ifndef PROTO_FED_FED_PEOPLE_H
#define PROTO_FED_FED_PEOPLE_H

#include "proto/fed/fed_control.h"
#include "proto/fed/fed_rules.h"

enum {
	/* bytes of one that is kept: where it stands, and its lines */
	FED_PEOPLE_TEXT = 1024 * 1024,
};

/* A list, and the entry that it stands in. */
struct fed_people {
	struct fed_pos at;
	uint64_t r;         /* group record that the entry names */
	struct fed_keyid k; /* key that it is signed with */
	struct slice lines; /* for fed_members_next */
};

/* Append it as it is kept; read it again (false: it is damaged). */
void fed_people_add(struct buf *b, const struct fed_people *p);
NODISCARD bool fed_people_read(struct slice text, struct fed_people *out);

/* Of the entry, whose signature is at hand. */
struct fed_people fed_people_of(const struct fed_sign *s, struct slice lines);

/*
 * Does this one take the other's place?  The later one in the feed does, whichever came first; of
 * two with one number (section 7.4) the one with the smaller E, so that all choose alike.
 */
NODISCARD bool fed_people_replaces(const struct fed_pos *at, const struct fed_pos *old);

/* Does the list of this origin count, by the records in force? */
NODISCARD bool fed_people_count(const struct fed_reg *reg, const struct fed_gid *gid,
	const struct fed_oid *oid, const struct fed_people *p);

enum fed_standing {
	FED_STANDS_READER,
	FED_STANDS_WRITER,
	FED_STANDS_MODERATOR, /* as the group's record says */
	FED_STANDS_BANNED,    /* likewise, and above what its daemon says */
};

enum fed_standing fed_person_stands(const struct fed_group *g, const struct fed_person *p);

#endif
