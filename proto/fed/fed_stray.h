/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strays: daemons that a record of a closed group took in which is void since.  Nobody but those
 * who held that record knows of them, and they are told of the one that decides, so that they do
 * not go on in a group that they are not in.  docs/federation.md section 5
 */
#ifndef PROTO_FED_FED_STRAY_H
#define PROTO_FED_FED_STRAY_H

#include "proto/base/coll.h"
#include "proto/fed/fed_record.h"

/* At most FED_DAEMONS_MAX of a group. */
struct fed_strays {
	struct vec v;
};

void fed_strays_init(struct fed_strays *s);
void fed_strays_fini(struct fed_strays *s);

/*
 * Note those whom `lost` has as members and `base` has not.
 *
 * base    the record in front of where the chains part; NULL: none
 * parted  serial of the first record that is void; the lowest one of a daemon is kept
 *
 * True: there are new ones.
 */
bool fed_strays_add(struct fed_strays *s, const struct fed_group *lost,
	const struct fed_group *base, uint64_t parted);

/* That serial; 0: it is none. */
uint64_t fed_strays_find(const struct fed_strays *s, const struct fed_oid *oid);

#endif
