/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identifiers, hashes and numbers: one spelling each, whatever else is refused.  Nothing is
 * allocated; text stays text, and only keys and signatures are decoded.
 */
#include "proto/fed/fed_id.h"

#include "proto/base/text.h"
#include "proto/msg/fields.h"

enum {
	OID_REST_BITS = 4,  /* bits of the last digit that must be zero */
	HASH_REST_BITS = 2, /* likewise */
	PORT_MAX = 65535,
};

const struct fed_hash fed_hash_none = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

/* ---- digits ---- */

/* The value of a base32 or base64url digit, or -1. */
static int base32_digit(int c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int base64url_digit(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_digit(c))
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

/* Copy `len` digits and a NUL; false when they are others, or rest bits are set. */
static bool take_digits(
	struct slice s, size_t len, int (*digit)(int c), unsigned rest_bits, char *out)
{
	int v = 0;

	if (s.len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		v = digit((unsigned char)s.p[i]);
		if (v < 0)
			return false;
	}
	if (((unsigned)v & ((1U << rest_bits) - 1)) != 0)
		return false;
	memcpy(out, s.p, len);
	out[len] = '\0';
	return true;
}

bool fed_oid_parse(struct slice s, struct fed_oid *out)
{
	return take_digits(s, FED_OID_LEN, base32_digit, OID_REST_BITS, out->s);
}

bool fed_gid_parse(struct slice s, struct fed_gid *out)
{
	return take_digits(s, FED_GID_LEN, base32_digit, 0, out->s);
}

bool fed_keyid_parse(struct slice s, struct fed_keyid *out)
{
	return take_digits(s, FED_KEYID_LEN, base32_digit, 0, out->s);
}

bool fed_hash_parse(struct slice s, struct fed_hash *out)
{
	return take_digits(s, FED_HASH_LEN, base64url_digit, HASH_REST_BITS, out->s);
}

bool fed_public_parse(struct slice s, struct fed_public *out)
{
	struct fed_public k;

	if (!base64url_read(s, k.b, sizeof k.b))
		return false;
	*out = k;
	return true;
}

bool fed_sig_parse(struct slice s, struct fed_sig *out)
{
	struct fed_sig sig;

	if (!base64url_read(s, sig.b, sizeof sig.b))
		return false;
	*out = sig;
	return true;
}

bool fed_salt_parse(struct slice s, uint8_t out[FED_SALT_BYTES])
{
	uint8_t salt[FED_SALT_BYTES];

	if (!base64url_read(s, salt, sizeof salt))
		return false;
	memcpy(out, salt, sizeof salt);
	return true;
}

bool fed_num_parse(struct slice s, uint64_t *out)
{
	if (s.len > 1 && s.p[0] == '0')
		return false;
	return text_number(s, FED_NUM_MAX, out);
}

bool fed_epoch_parse(struct slice s, struct fed_epoch *out)
{
	size_t n = slice_chr(s, '~');
	struct fed_epoch e = {.n = 0};

	if (!fed_num_parse(slice_head(s, n), &e.n))
		return false;
	if (n < s.len &&
		!take_digits(slice_from(s, n + 1), FED_BRANCH_LEN, base64url_digit, 0, e.branch))
		return false;
	*out = e;
	return true;
}

void fed_epoch_add(struct buf *b, const struct fed_epoch *e)
{
	buf_addu(b, e->n);
	if (!e->branch[0])
		return;
	buf_addc(b, '~');
	buf_addz(b, e->branch);
}

int fed_epoch_cmp(const struct fed_epoch *a, const struct fed_epoch *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return strcmp(a->branch, b->branch);
}

void fed_public_add(struct buf *b, const struct fed_public *k)
{
	base64url_add(b, slice_of(k->b, sizeof k->b));
}

void fed_sig_add(struct buf *b, const struct fed_sig *s)
{
	base64url_add(b, slice_of(s->b, sizeof s->b));
}

void fed_salt_add(struct buf *b, const uint8_t salt[FED_SALT_BYTES])
{
	base64url_add(b, slice_of(salt, FED_SALT_BYTES));
}

/* ---- what is computed ---- */

/* The first `len` base32 digits of H(parts), and a NUL. */
static void base32_hash(const struct slice *parts, size_t n, size_t len, char *out)
{
	uint8_t h[CRYPTO_HASH_LEN];
	char digits[FED_OID_LEN];

	crypto->sha256(parts, n, h);
	base32_write(digits, slice_of(h, sizeof h));
	memcpy(out, digits, len);
	out[len] = '\0';
}

void fed_oid_of(const struct fed_public *root, struct fed_oid *out)
{
	const struct slice parts[] = {lit("kokod-id-v1\n"), slice_of(root->b, sizeof root->b)};

	base32_hash(parts, array_len(parts), FED_OID_LEN, out->s);
}

void fed_keyid_of(const struct fed_public *key, struct fed_keyid *out)
{
	const struct slice parts[] = {lit("kokod-key-v1\n"), slice_of(key->b, sizeof key->b)};

	base32_hash(parts, array_len(parts), FED_KEYID_LEN, out->s);
}

void fed_gid_of(
	const struct fed_oid *founder, struct slice title, struct slice salt, struct fed_gid *out)
{
	const struct slice parts[] = {
		lit("kokod-gid-v1\n"), fed_oid_slice(founder), lit("\n"), title, lit("\n"), salt};

	base32_hash(parts, array_len(parts), FED_GID_LEN, out->s);
}

void fed_hash_of(const struct slice *parts, size_t n_parts, struct fed_hash *out)
{
	uint8_t h[CRYPTO_HASH_LEN];

	crypto->sha256(parts, n_parts, h);
	base64url_write(out->s, slice_of(h, sizeof h));
	out->s[FED_HASH_LEN] = '\0';
}

void fed_branch_of(uint64_t epoch, const struct fed_hash *e, struct fed_epoch *out)
{
	*out = (struct fed_epoch){.n = epoch};
	memcpy(out->branch, e->s, FED_BRANCH_LEN);
}

void fed_oid_shown(const struct fed_oid *oid, char out[FED_SHOWN_LEN + 1])
{
	for (size_t i = 0; i < FED_SHOWN_LEN; i++)
		out[i] = i % 5 == 4 ? ' ' : oid->s[i / 5 * 4 + i % 5];
	out[FED_SHOWN_LEN] = '\0';
}

/* ---- names ---- */

/* Letters, digits and hyphens, none at the ends; lower case.  RFC 1123 section 2.1 */
static bool label_valid(struct slice s)
{
	if (s.len == 0 || s.len > FED_LABEL_MAX || s.p[0] == '-' || s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];
		if (!ascii_digit(c) && !(c >= 'a' && c <= 'z') && c != '-')
			return false;
	}
	return true;
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_digit((unsigned char)s.p[i]))
			return false;
	return s.len > 0;
}

/* Number of labels of a DNS name; 0 when it is none, or when it looks like an IPv4 address. */
static size_t dns_labels(struct slice s)
{
	struct slice rest = s, label = lit("");
	size_t n = 0;

	if (s.len > FED_NAME_MAX)
		return 0;
	for (; slice_split(&rest, '.', &label); n++)
		if (!label_valid(label))
			return 0;
	return all_digits(label) ? 0 : n;
}

bool fed_name_valid(struct slice s)
{
	return dns_labels(s) >= 2;
}

static bool ipv4_valid(struct slice s)
{
	struct slice rest = s, part;
	uint64_t v;
	size_t n = 0;

	for (; slice_split(&rest, '.', &part); n++)
		if (!fed_num_parse(part, &v) || v > 255)
			return false;
	return n == 4;
}

/* Hex digits, colons and dots; whoever dials reads it closer. */
static bool ipv6_like(struct slice s)
{
	size_t colons = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];
		if (!ascii_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
			return false;
		colons += c == ':';
	}
	return colons >= 2 && s.len <= 45;
}

bool fed_addr_parse(struct slice s, struct slice *host_out, uint16_t *port_out)
{
	size_t colon = s.len;
	uint64_t port;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || !fed_num_parse(slice_from(s, colon), &port) || port == 0 ||
		port > PORT_MAX)
		return false;
	struct slice host = slice_head(s, colon - 1);
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
		host = slice_of(host.p + 1, host.len - 2);
		if (!ipv6_like(host))
			return false;
	} else if (dns_labels(host) == 0 && !ipv4_valid(host)) {
		return false;
	}
	*host_out = host;
	*port_out = (uint16_t)port;
	return true;
}

/* A byte of a dot-atom that has no upper case.  RFC 5322 section 3.2.3 */
static bool atom_byte(int c)
{
	return ascii_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c > 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool dot_atom_valid(struct slice s)
{
	struct slice rest = s, atom;

	while (slice_split(&rest, '.', &atom)) {
		if (atom.len == 0)
			return false;
		for (size_t i = 0; i < atom.len; i++)
			if (!atom_byte((unsigned char)atom.p[i]))
				return false;
	}
	return s.len > 0 && s.len <= FED_USER_MAX;
}

bool fed_user_parse(struct slice s, struct slice *user_out, struct slice *name_out)
{
	size_t at = slice_chr(s, '@');
	struct slice user = slice_head(s, at), name = slice_from(s, at + 1);

	if (!dot_atom_valid(user) || !fed_name_valid(name))
		return false;
	*user_out = user;
	*name_out = name;
	return true;
}

bool fed_title_valid(struct slice s)
{
	if (s.len == 0 || s.len > FED_TITLE_MAX || s.p[0] == ' ' || s.p[s.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];
		if (c < 32 || c == 127)
			return false;
	}
	return utf8_valid(s);
}

bool fed_prefix_has(struct slice prefix, struct slice group)
{
	return slice_starts(group, prefix) &&
	       (group.len == prefix.len || group.p[prefix.len] == '.');
}
