/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Codecs for keys and values.  Nothing here reads past its slice or writes past its room, whatever
 * the stored bytes say: a damaged value ends as `bad`.
 */
#include "storage/keys.h"

#include <assert.h>

/* The lowest n bytes of v, most significant first. */
static void big_endian(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		out[i] = (uint8_t)(v & 0xff);
}

static void key_number(struct key *k, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	big_endian(bytes, v, n);
	key_bytes(k, slice_of(bytes, n));
}

void key_begin(struct key *k, uint8_t table)
{
	k->len = 1;
	k->bad = false;
	k->bytes[0] = table;
}

void key_u8(struct key *k, uint8_t n)
{
	key_number(k, n, 1);
}

void key_u16(struct key *k, uint16_t n)
{
	key_number(k, n, 2);
}

void key_u32(struct key *k, uint32_t n)
{
	key_number(k, n, 4);
}

void key_u64(struct key *k, uint64_t n)
{
	key_number(k, n, 8);
}

void key_bytes(struct key *k, struct slice s)
{
	if (k->bad || s.len > sizeof k->bytes - k->len) {
		k->bad = true;
		return;
	}
	if (s.len > 0)
		memcpy(k->bytes + k->len, s.p, s.len);
	k->len += s.len;
}

void key_behind(struct key *k)
{
	while (k->len > 0 && k->bytes[k->len - 1] == 0xff)
		k->len--;
	assert(k->len > 0);
	k->bytes[k->len - 1]++;
}

static void put_number(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	big_endian(bytes, v, n);
	buf_add(b, slice_of(bytes, n));
}

void put_u8(struct buf *b, uint8_t n)
{
	put_number(b, n, 1);
}

void put_u16(struct buf *b, uint16_t n)
{
	put_number(b, n, 2);
}

void put_u32(struct buf *b, uint32_t n)
{
	put_number(b, n, 4);
}

void put_u64(struct buf *b, uint64_t n)
{
	put_number(b, n, 8);
}

struct slice take_bytes(struct dec *d, size_t n)
{
	if (d->bad || n > d->rest.len) {
		d->bad = true;
		return slice_of(NULL, 0);
	}
	struct slice s = slice_head(d->rest, n);
	d->rest = slice_from(d->rest, n);
	return s;
}

static uint64_t take_number(struct dec *d, size_t n)
{
	struct slice s = take_bytes(d, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

uint8_t take_u8(struct dec *d)
{
	return (uint8_t)take_number(d, 1);
}

uint16_t take_u16(struct dec *d)
{
	return (uint16_t)take_number(d, 2);
}

uint32_t take_u32(struct dec *d)
{
	return (uint32_t)take_number(d, 4);
}

uint64_t take_u64(struct dec *d)
{
	return take_number(d, 8);
}

void put_varint(struct buf *b, uint32_t n)
{
	for (; n >= 0x80; n >>= 7)
		put_u8(b, (uint8_t)(n | 0x80));
	put_u8(b, (uint8_t)n);
}

uint32_t take_varint(struct dec *d)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t byte = take_u8(d);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			d->bad = d->bad || v > UINT32_MAX;
			return d->bad ? 0 : (uint32_t)v;
		}
	}
	d->bad = true;
	return 0;
}

void tag_bytes(struct buf *b, uint8_t tag, struct slice s)
{
	put_u8(b, tag);
	put_u32(b, (uint32_t)s.len);
	buf_add(b, s);
}

void tag_str(struct buf *b, uint8_t tag, const char *cstr)
{
	if (cstr[0] != '\0')
		tag_bytes(b, tag, slice_str(cstr));
}

void tag_u32(struct buf *b, uint8_t tag, uint32_t n)
{
	put_u8(b, tag);
	put_u32(b, 4);
	put_u32(b, n);
}

void tag_u64(struct buf *b, uint8_t tag, uint64_t n)
{
	put_u8(b, tag);
	put_u32(b, 8);
	put_u64(b, n);
}

bool tag_next(struct dec *d, uint8_t *tag_out, struct slice *value_out)
{
	if (d->bad || d->rest.len == 0)
		return false;
	*tag_out = take_u8(d);
	*value_out = take_bytes(d, take_u32(d));
	return !d->bad;
}

static uint64_t tag_number(struct dec *d, struct slice value, size_t n)
{
	struct dec number = dec_of(value);

	if (value.len != n)
		d->bad = true;
	return d->bad ? 0 : take_number(&number, n);
}

uint32_t tag_value_u32(struct dec *d, struct slice value)
{
	return (uint32_t)tag_number(d, value, 4);
}

uint64_t tag_value_u64(struct dec *d, struct slice value)
{
	return tag_number(d, value, 8);
}

void tag_value_str(struct dec *d, struct slice value, char *dst, size_t size)
{
	if (!slice_cstr(value, dst, size))
		d->bad = true;
}

void tag_keep(struct buf *b, struct slice old, uint8_t known)
{
	struct dec d = dec_of(old);
	struct slice value;
	uint8_t tag;

	while (tag_next(&d, &tag, &value))
		if (tag > known)
			tag_bytes(b, tag, value);
}
