/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neighbours: which members of a group a daemon pulls from, computed by everyone alike from the
 * member list.  docs/federation.md section 5
 *
 * Up to FED_NB_ALL members everybody is everybody's neighbour.  Beyond: the two next in a ring, so
 * that the graph is connected, and those with whom one of both has one of its FED_NB_NEAR smallest
 * pair hashes, so that it stays so when some are away.  It is symmetric.
 */
#ifndef PROTO_FED_FED_NB_H
#define PROTO_FED_FED_NB_H

#include "proto/fed/fed_id.h"

enum {
	FED_NB_ALL = 16,
	FED_NB_NEAR = 4,
	FED_NB_MEMBERS_MAX = 1000, /* more are not looked at; as FED_DAEMONS_MAX */
};

/*
 * The neighbours of one member.
 *
 * members  each once, in any order; n at most FED_NB_MEMBERS_MAX
 * self     its place in members
 * down     by place: has been out of reach so long that another stands in; may be NULL
 * out      gets places in members, ascending; room for n
 *
 * How many.  Those that are down stay neighbours (they are dialled on); for each of them the next
 * one by pair hash that is neither down nor a neighbour is added.
 * Cost: n * n / 2 hashes of 120 bytes, 30 ms with 400 members; so it is done when a list changes.
 */
size_t fed_nb_of(const struct fed_gid *gid, const struct fed_oid *members, size_t n, size_t self,
	const bool *down, uint16_t *out);

#endif
