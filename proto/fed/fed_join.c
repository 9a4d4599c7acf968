/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens, proofs and the numbers for the telephone.  A token is read as people paste it, so that
 * what goes wrong most (a line cut in a mail, a letter mistyped) gets a sentence of its own.
 */
#include "proto/fed/fed_join.h"

#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

#define TOKEN_MARK "kokod1:"
#define N_(text) (text) /* for xgettext: who shows a sentence looks it up */

/* ---- token ---- */

/* Without blanks and line ends, in small letters; false when it does not fit. */
static bool tidy(struct slice in, char out[FED_TOKEN_MAX], struct slice *text_out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.p[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (n == FED_TOKEN_MAX)
			return false;
		out[n++] = (char)ascii_lower(c);
	}
	*text_out = slice_of(out, n);
	return true;
}

/* The checksum of what stands before it. */
static void checksum(struct slice text, char out[FED_CHECKSUM_LEN + 1])
{
	const struct slice parts[] = {lit("kokod-token-v1\n"), text};
	uint8_t h[CRYPTO_HASH_LEN];

	crypto->sha256(parts, array_len(parts), h);
	base32_write(out, slice_of(h, FED_CHECKSUM_LEN * 5 / 8));
	out[FED_CHECKSUM_LEN] = '\0';
}

/* Cut the part behind the last colon off the end. */
static bool last_part(struct slice *text, struct slice *part_out)
{
	size_t n = text->len;

	while (n > 0 && text->p[n - 1] != ':')
		n--;
	if (n == 0)
		return false;
	*part_out = slice_from(*text, n);
	text->len = n - 1;
	return true;
}

static bool parse_secret(struct slice s, char out[FED_SECRET_LEN + 1])
{
	struct fed_gid digits; /* a gid has as many base32 digits */

	_Static_assert((int)FED_SECRET_LEN == (int)FED_GID_LEN, "a secret is parsed as a gid is");
	if (!fed_gid_parse(s, &digits))
		return false;
	memcpy(out, digits.s, FED_SECRET_LEN + 1);
	return true;
}

/* "<host>:<port>:<oid>:<fid>:<secret>" */
static bool parse_parts(struct slice text, struct fed_token *out)
{
	struct slice secret, fid, oid, host;
	uint16_t port;

	if (!last_part(&text, &secret) || !last_part(&text, &fid) || !last_part(&text, &oid) ||
		!parse_secret(secret, out->secret) || !fed_gid_parse(fid, &out->fid) ||
		!fed_oid_parse(oid, &out->oid) || !fed_addr_parse(text, &host, &port))
		return false;
	out->port = port;
	size_t host_len = text.len;
	while (text.p[host_len - 1] != ':')
		host_len--;
	return slice_cstr(slice_head(text, host_len - 1), out->host, sizeof out->host);
}

enum fed_token_fault fed_token_parse(struct slice in, struct fed_token *out)
{
	char room[FED_TOKEN_MAX], sum[FED_CHECKSUM_LEN + 1];
	struct slice text, said;
	struct fed_token t = {.port = 0};
	size_t colons = 0;

	if (!tidy(in, room, &text) || !slice_starts(text, lit("kokod")))
		return FED_TOKEN_NONE;
	if (!slice_starts(text, lit(TOKEN_MARK)))
		return text.len > 6 && ascii_digit((unsigned char)text.p[5]) ? FED_TOKEN_NEWER
									     : FED_TOKEN_NONE;
	for (size_t i = 0; i < text.len; i++)
		colons += text.p[i] == ':';
	if (colons < 6 || !last_part(&text, &said) || said.len < FED_CHECKSUM_LEN)
		return FED_TOKEN_CUT;
	checksum(text, sum);
	if (!slice_eq(said, slice_str(sum)) ||
		!parse_parts(slice_from(text, sizeof TOKEN_MARK - 1), &t))
		return FED_TOKEN_MISSPELT;
	*out = t;
	return FED_TOKEN_OK;
}

const char *fed_token_fault_text(enum fed_token_fault f)
{
	switch (f) {
	case FED_TOKEN_OK:
		return N_("the token is right");
	case FED_TOKEN_NONE:
		return N_("this is no token: it begins with kokod1:");
	case FED_TOKEN_NEWER:
		return N_("the token is of a newer version: update kokod here");
	case FED_TOKEN_CUT:
		return N_("the token is not whole: copy it from the first to the last character");
	case FED_TOKEN_MISSPELT:
		return N_("the token has a spelling error: copy it again instead of typing it");
	}
	return "";
}

void fed_token_add(struct buf *b, const struct fed_token *t)
{
	char sum[FED_CHECKSUM_LEN + 1];
	struct buf text;

	buf_init(&text, FED_TOKEN_MAX);
	buf_addf(&text, TOKEN_MARK "%s:%u:%s:%s:%s", t->host, (unsigned)t->port, t->oid.s, t->fid.s,
		t->secret);
	checksum(buf_slice(&text), sum);
	buf_add(b, buf_slice(&text));
	buf_addc(b, ':');
	buf_addz(b, sum);
	buf_fini(&text);
}

void fed_token_secret(char out[FED_SECRET_LEN + 1])
{
	char digits[FED_SECRET_LEN + 2];
	uint8_t random[17]; /* 28 digits */

	_Static_assert((sizeof random * 8 + 4) / 5 == sizeof digits, "all digits have room");
	crypto_random(random, sizeof random);
	base32_write(digits, slice_of(random, sizeof random));
	memcpy(out, digits, FED_SECRET_LEN);
	out[FED_SECRET_LEN] = '\0';
	mem_wipe(random, sizeof random);
	mem_wipe(digits, sizeof digits);
}

/* ---- proof and numbers ---- */

enum { BOUND_MAX = 16 + FED_EXPORTER_LEN + 2 * FED_OID_LEN };

/* A mark, the exporter, both oids: what ties proof and numbers to this connection. */
static struct slice bound(char room[BOUND_MAX], struct slice mark, const uint8_t *exporter,
	const struct fed_oid *a, const struct fed_oid *b)
{
	size_t n = mark.len;

	memcpy(room, mark.p, n);
	memcpy(room + n, exporter, FED_EXPORTER_LEN);
	n += FED_EXPORTER_LEN;
	memcpy(room + n, a->s, FED_OID_LEN);
	n += FED_OID_LEN;
	memcpy(room + n, b->s, FED_OID_LEN);
	return slice_of(room, n + FED_OID_LEN);
}

void fed_join_proof(const char secret[FED_SECRET_LEN + 1], const uint8_t exporter[FED_EXPORTER_LEN],
	const struct fed_oid *a, const struct fed_oid *b, struct fed_hash *out)
{
	char room[BOUND_MAX];
	uint8_t mac[CRYPTO_HASH_LEN];

	crypto->hmac_sha256(slice_of(secret, FED_SECRET_LEN),
		bound(room, lit("kokod-join-v1\n"), exporter, a, b), mac);
	base64url_write(out->s, slice_of(mac, sizeof mac));
	out->s[FED_HASH_LEN] = '\0';
}

bool fed_join_proof_eq(const struct fed_hash *a, const struct fed_hash *b)
{
	return mem_eq_ct(a->s, b->s, FED_HASH_LEN);
}

static unsigned five_digits(const uint8_t *p)
{
	uint32_t n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	return n % 100000;
}

void fed_join_sas(const uint8_t exporter[FED_EXPORTER_LEN], const struct fed_oid *a,
	const struct fed_oid *b, char out[FED_SAS_LEN + 1])
{
	char room[BOUND_MAX];
	uint8_t h[CRYPTO_HASH_LEN];

	crypto_sha256(bound(room, lit("kokod-sas-v1\n"), exporter, a, b), h);
	snprintf(out, FED_SAS_LEN + 1, "%05u %05u", five_digits(h), five_digits(h + 4));
}
