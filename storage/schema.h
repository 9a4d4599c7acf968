/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables: what each key and value holds, and the codecs of the keys.  docs/store.md has the
 * reasons.  The first byte of a key names the table; integers are big-endian.  The codec of a value
 * stands in the module named behind it.
 */
#ifndef STORAGE_SCHEMA_H
#define STORAGE_SCHEMA_H

#include "storage/keys.h"
#include "storage/kv.h"
#include "storage/store.h"

enum { SCHEMA_VERSION = 2 };

enum table {
	/* meta.c: name -> schema version u32; secret 32 bytes; generation u64; counters */
	TABLE_META = 'M',
	/* group.c: group u32 -> tagged */
	TABLE_GROUP = 'g',
	/* group.c: owner u32, name -> group u32 */
	TABLE_NAME = 'n',
	/* group.c: group u32 -> low u32, next u32, count u32, modseq u64, bytes u64,
	   heads u32 (not in old ones) */
	TABLE_STATE = 's',
	/* row.c: group u32, num u32 -> content u64, seq u64, arrived u64, bytes u64, lines u32,
	   further u8, further * (group u32, num u32), overview length u16, sealed overview, tagged
	   tail: sealed structure, time of saving, head */
	TABLE_ROW = 'r',
	/* row.c: the first 8 bytes of the text's SHA-256 -> text */
	TABLE_HEAD = 'H',
	/* content.c: content u64, chunk u16 -> nonce 12, codec u8 (0x80: the last), dictionary u32,
	   raw length u32, sealed bytes */
	TABLE_CONTENT = 'c',
	/* history.c: hash 16 -> state u8, content u64, n u8, n * (group u32, num u32), tagged tail
	 */
	TABLE_HISTORY = 'h',
	/* history.c: account u32, hash 16 -> Message-ID */
	TABLE_ALIAS = 'x',
	/* arrival.c: sequence u64 -> kind u8, first u8, group u32, num u32, account u32, content
	   u64, at u64, hash 16, tagged tail */
	TABLE_LOG = 'q',
	/* arrival.c: hours since 1970 u32 -> sequence u64 */
	TABLE_HOUR = 't',
	/* arrival.c: group u32, sequence u64 -> first num u32, last num u32 */
	TABLE_REMOVED = 'd',
	/* sent.c: days since 1970 u32, account u32, hash 16 -> nothing */
	TABLE_SENT = 'y',
	/* user.c: account u32 -> tagged */
	TABLE_ACCOUNT = 'a',
	/* user.c: lower-case login or address -> account u32 */
	TABLE_LOGIN = 'l',
	/* member.c: group u32, account u32 -> role u8, joined u64 */
	TABLE_MEMBER = 'm',
	/* member.c: account u32, group u32 -> role u8 */
	TABLE_MEMBERSHIP = 'b',
	/* numset.c: group u32, piece u16 -> runs of numbers that were taken out */
	TABLE_ABSENT = 'v',
	/* marks.c, modseq.c: account u32, group u32, set u8, piece u16 -> runs of numbers; set 0:
	   modseq u64; set 255: runs with a modseq each */
	TABLE_MARKS = 'f',
	/* keyword.c: account u32, i u8 -> name */
	TABLE_KEYWORD = 'K',
	/* keyword.c: account u32, mailbox name -> on u8 */
	TABLE_SUBSCRIPTION = 'S',
	/* refs.c: content u64 -> rows of personal mailboxes u32, held by history too u8 */
	TABLE_REFS = 'o',
	/* peerpos.c: name -> tagged */
	TABLE_PEER = 'p',
	/* peerpos.c: name -> sequence u64, tagged tail */
	TABLE_CURSOR = 'k',
	/* entry.c: feed u32 -> low u64, high u64, end u64, changed u64, tip 32, note length u8,
	   note, name length u8, name */
	TABLE_FEED = 'F',
	/* entry.c: name -> feed u32 */
	TABLE_FEED_NAME = 'N',
	/* entry.c: feed u32, n u64 -> kind u8, absent u8, content u64, group u32, num u32, hash 32,
	   Message-ID hash 16, note length u8, note, signature length u16, signature, tagged tail:
	   Path (an id in H) */
	TABLE_ENTRY = 'E',
	/* record.c: type u8, key length u8, key, serial u64, piece u16 -> more u8, text */
	TABLE_RECORD = 'R',
	/* audit.c: sequence u64 -> at u64, length u8, actor, what */
	TABLE_AUDIT = 'u',
};

enum { NUM_MAX = 0x7fffffff }; /* RFC 3977 section 6, RFC 9051 section 2.3.1.1 (UIDs are wider) */

static inline void key_of_u32(struct key *k, enum table table, uint32_t id)
{
	key_begin(k, (uint8_t)table);
	key_u32(k, id);
}

static inline void key_of_u64(struct key *k, enum table table, uint64_t id)
{
	key_begin(k, (uint8_t)table);
	key_u64(k, id);
}

/* (group, num), (group, account), (account, group) */
static inline void key_of_pair(struct key *k, enum table table, uint32_t a, uint32_t b)
{
	key_of_u32(k, table, a);
	key_u32(k, b);
}

static inline void key_of_name(struct key *k, enum table table, struct slice name)
{
	key_begin(k, (uint8_t)table);
	key_bytes(k, name);
}

static inline void key_of_owned(struct key *k, uint32_t owner, struct slice name)
{
	key_of_u32(k, TABLE_NAME, owner);
	key_bytes(k, name);
}

static inline void key_of_chunk(struct key *k, uint64_t content, uint16_t chunk)
{
	key_of_u64(k, TABLE_CONTENT, content);
	key_u16(k, chunk);
}

static inline void key_of_hash(struct key *k, const uint8_t hash[STORE_MID_HASH])
{
	key_of_name(k, TABLE_HISTORY, slice_of(hash, STORE_MID_HASH));
}

static inline void key_of_alias(struct key *k, uint32_t account, const uint8_t hash[STORE_MID_HASH])
{
	key_of_u32(k, TABLE_ALIAS, account);
	key_bytes(k, slice_of(hash, STORE_MID_HASH));
}

static inline void key_of_marks(
	struct key *k, uint32_t account, uint32_t group, uint8_t set, uint16_t piece)
{
	key_of_pair(k, TABLE_MARKS, account, group);
	key_u8(k, set);
	key_u16(k, piece);
}

/* A set of marks, of which the pieces lie below. */
static inline void key_of_set(struct key *k, uint32_t account, uint32_t group, uint8_t set)
{
	key_of_pair(k, TABLE_MARKS, account, group);
	key_u8(k, set);
}

static inline void key_of_entry(struct key *k, uint32_t feed, uint64_t n)
{
	key_of_u32(k, TABLE_ENTRY, feed);
	key_u64(k, n);
}

/* Read a key that may be of another table: d is behind the table byte, or bad. */
static inline struct dec dec_of_key(struct slice key, enum table table)
{
	struct dec d = dec_of(key);

	if (take_u8(&d) != (uint8_t)table)
		d.bad = true;
	return d;
}

/* All keys that begin with `from`; `to` is made from it and must live as long as the range. */
static inline struct kv_range range_of(const struct key *from, struct key *to)
{
	*to = *from;
	key_behind(to);
	return (struct kv_range){key_slice(from), key_slice(to), false};
}

#endif
