/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What records of a group did that are void since.
 *
 * Strays: daemons that one took in.  Nobody but those who held that record knows of them, and they
 * are told of the one that decides, so that they do not go on in a group that they are not in.
 * docs/federation.md section 5
 *
 * Cuts: lines that one drew, and who held it cannot take back; the record that heals draws them for
 * all.  Section 3
 */
#ifndef PROTO_FED_FED_STRAY_H
#define PROTO_FED_FED_STRAY_H

#include "proto/base/coll.h"
#include "proto/fed/fed_record.h"

/* At most FED_DAEMONS_MAX and FED_MARKS_MAX of a group. */
struct fed_strays {
	struct vec v;
	struct vec cuts; /* struct fed_cut */
};

void fed_strays_init(struct fed_strays *s);
void fed_strays_fini(struct fed_strays *s);

/*
 * Note those whom `lost` has as members and `base` has not, and cuts likewise.
 *
 * base    the record in front of where the chains part; NULL: none
 * parted  serial of the first record that is void; the highest one of a daemon is kept
 *
 * True: there are new strays.
 */
bool fed_strays_add(struct fed_strays *s, const struct fed_group *lost,
	const struct fed_group *base, uint64_t parted);

/* Records from that serial on are void: what decided there of strays does not any more. */
void fed_strays_part(struct fed_strays *s, uint64_t parted);

/* That serial; 0: it is none. */
uint64_t fed_strays_find(const struct fed_strays *s, const struct fed_oid *oid);

/* Number i of them; NULL: there are not so many.  Borrowed until the next fed_strays_add. */
const struct fed_oid *fed_strays_oid(const struct fed_strays *s, size_t i);
const struct fed_cut *fed_strays_cut(const struct fed_strays *s, size_t i);

#endif
