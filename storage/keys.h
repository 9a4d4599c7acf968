/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Codecs for keys and values: big-endian integers, bytes, tagged fields.
 *
 * Writing appends (a key to a struct key, a value to a buf); reading takes from the front of a
 * struct dec.  Both are sticky: after a step that does not fit, the rest does nothing and `bad` is
 * set, so a layout reads straight down and is judged once.
 */
#ifndef STORAGE_KEYS_H
#define STORAGE_KEYS_H

#include <stdint.h>

#include "proto/base/buf.h"

enum { KEY_ROOM = 488 }; /* the longest key: table, owner, mailbox name, a byte behind */

struct key {
	size_t len;
	bool bad;
	uint8_t bytes[KEY_ROOM];
};

void key_begin(struct key *k, uint8_t table);
void key_u8(struct key *k, uint8_t n);
void key_u16(struct key *k, uint16_t n);
void key_u32(struct key *k, uint32_t n);
void key_u64(struct key *k, uint64_t n);
void key_bytes(struct key *k, struct slice s);

static inline struct slice key_slice(const struct key *k)
{
	return slice_of(k->bytes, k->len);
}

/* The first key behind all that begin with k; k must hold a byte below 0xff. */
void key_behind(struct key *k);

void put_u8(struct buf *b, uint8_t n);
void put_u16(struct buf *b, uint16_t n);
void put_u32(struct buf *b, uint32_t n);
void put_u64(struct buf *b, uint64_t n);

struct dec {
	struct slice rest;
	bool bad;
};

static inline struct dec dec_of(struct slice s)
{
	return (struct dec){s, false};
}

uint8_t take_u8(struct dec *d);
uint16_t take_u16(struct dec *d);
uint32_t take_u32(struct dec *d);
uint64_t take_u64(struct dec *d);
struct slice take_bytes(struct dec *d, size_t n); /* empty when bad */

/* Seven bits a byte, the lowest first, the top bit says that more follow; at most five bytes. */
void put_varint(struct buf *b, uint32_t n);
uint32_t take_varint(struct dec *d);

/* ---- tagged fields: (tag u8, length u32, bytes) ---- */

void tag_bytes(struct buf *b, uint8_t tag, struct slice s);
void tag_str(struct buf *b, uint8_t tag, const char *cstr); /* left out when empty */
void tag_u32(struct buf *b, uint8_t tag, uint32_t n);
void tag_u64(struct buf *b, uint8_t tag, uint64_t n);

/* The next field; false at the end, and when bad. */
bool tag_next(struct dec *d, uint8_t *tag_out, struct slice *value_out);

/* A field as a number; bad unless it has exactly that size. */
uint32_t tag_value_u32(struct dec *d, struct slice value);
uint64_t tag_value_u64(struct dec *d, struct slice value);
/* A field as a C string; bad when it does not fit. */
void tag_value_str(struct dec *d, struct slice value, char *dst, size_t size);

/* Append the fields of `old` whose tag is above `known`: a newer program wrote them. */
void tag_keep(struct buf *b, struct slice old, uint8_t known);

#endif
