/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kokod-Sign.  T is rebuilt from the parsed values wherever it is hashed, and a value has one
 * spelling only, so what was verified is what was read.
 */
#include "proto/fed/fed_sign.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/base/text.h"
#include "proto/msg/header.h"

#define ENTRY_MARK "kokod-entry-v1\n"

enum { LINE_WANTED = 78 }; /* RFC 5322 section 2.1.1 */

static const uint8_t zero_salt[FED_SALT_BYTES];

/* ---- reading ---- */

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* The value of the tag `key` at the front of *rest, which moves behind the "; " that follows. */
static bool take_tag(struct slice *rest, char key, struct slice *value_out)
{
	if (rest->len < 2 || rest->p[0] != key || rest->p[1] != '=')
		return false;
	size_t end = slice_find(*rest, lit("; "));
	*value_out = slice_from(slice_head(*rest, end), 2);
	*rest = slice_from(*rest, end == rest->len ? end : end + 2);
	return true;
}

static bool parse_kind(struct slice s, enum fed_kind *out)
{
	if (slice_eq(s, lit("a")))
		*out = FED_ARTICLE;
	else if (slice_eq(s, lit("c")))
		*out = FED_CONTROL;
	else if (slice_eq(s, lit("h")))
		*out = FED_HEARTBEAT;
	else
		return false;
	return true;
}

static bool parse_msgid(struct slice s, char out[MSGID_MAX + 1])
{
	return (s.len == 0 || msgid_valid(s)) && slice_cstr(s, out, MSGID_MAX + 1);
}

enum tag {
	TAG_V,
	TAG_O,
	TAG_G,
	TAG_E,
	TAG_N,
	TAG_P,
	TAG_T,
	TAG_R,
	TAG_Y,
	TAG_M,
	TAG_Z,
	TAG_H,
	TAG_B,
	TAG_K,
	TAG_S,
	N_TAGS
};

static const char tag_keys[] = "vogenptrymzhbks";

static bool parse_tag(enum tag tag, struct slice v, struct fed_sign *out)
{
	switch (tag) {
	case TAG_V:
		return slice_eq(v, lit("1"));
	case TAG_O:
		return fed_oid_parse(v, &out->o);
	case TAG_G:
		return fed_gid_parse(v, &out->g);
	case TAG_E:
		return fed_num_parse(v, &out->e) && out->e > 0;
	case TAG_N:
		return fed_num_parse(v, &out->n) && out->n > 0;
	case TAG_P:
		return fed_hash_parse(v, &out->p);
	case TAG_T:
		return fed_num_parse(v, &out->t);
	case TAG_R:
		return fed_num_parse(v, &out->r) && out->r > 0;
	case TAG_Y:
		return parse_kind(v, &out->y);
	case TAG_M:
		return parse_msgid(v, out->m);
	case TAG_Z:
		return fed_num_parse(v, &out->z);
	case TAG_H:
		return fed_hash_parse(v, &out->h);
	case TAG_B:
		return fed_hash_parse(v, &out->b);
	case TAG_K:
		return fed_keyid_parse(v, &out->k);
	case TAG_S:
		return fed_sig_parse(v, &out->s);
	case N_TAGS:
		break;
	}
	return false;
}

/* An article has a name; a heartbeat has nothing. */
static bool check_kind(const struct fed_sign *s, const char **why)
{
	struct fed_sign none = {.y = FED_HEARTBEAT};

	if (s->y != FED_HEARTBEAT)
		return s->m[0] != '\0' || refuse(why, "Kokod-Sign has no Message-ID");
	fed_sign_set_heartbeat(&none);
	if (s->m[0] != '\0' || s->z != 0 || !fed_hash_eq(&s->h, &none.h) ||
		!fed_hash_eq(&s->b, &none.b))
		return refuse(why, "heartbeat with content");
	return true;
}

bool fed_sign_parse(struct slice value, struct fed_sign *out, const char **why)
{
	char flat[FED_FIELD_MAX];
	struct slice rest, v;

	memset(out, 0, sizeof *out);
	if (value.len > FED_FIELD_MAX)
		return refuse(why, "Kokod-Sign is too long");
	rest = slice_of(flat, header_collapse(value, flat));
	for (size_t i = 0; i < N_TAGS; i++) {
		if (!take_tag(&rest, tag_keys[i], &v))
			return refuse(why, "Kokod-Sign lacks a tag, or one is out of its order");
		if (!parse_tag((enum tag)i, v, out))
			return refuse(
				why, "Kokod-Sign has a value that is not in its one spelling");
		if ((rest.len == 0) != (i + 1 == N_TAGS))
			return refuse(why, "Kokod-Sign lacks a tag, or has one too many");
	}
	return check_kind(out, why);
}

/* ---- writing ---- */

/* T in `out`; its length. */
static size_t put_t(const struct fed_sign *s, char out[FED_T_MAX])
{
	int n = snprintf(out, FED_T_MAX,
		"v=1; o=%s; g=%s; e=%" PRIu64 "; n=%" PRIu64 "; p=%s; t=%" PRIu64 "; r=%" PRIu64
		"; y=%c; m=%s; z=%" PRIu64 "; h=%s; b=%s; k=%s",
		s->o.s, s->g.s, s->e, s->n, s->p.s, s->t, s->r, (char)s->y, s->m, s->z, s->h.s,
		s->b.s, s->k.s);

	return (size_t)n;
}

void fed_sign_add_t(struct buf *b, const struct fed_sign *s)
{
	char t[FED_T_MAX];

	buf_add(b, slice_of(t, put_t(s, t)));
}

void fed_sign_add_line(struct buf *b, const struct fed_sign *s)
{
	fed_sign_add_t(b, s);
	buf_add(b, lit("; s="));
	fed_sig_add(b, &s->s);
}

void fed_sign_add_field(struct buf *b, const struct fed_sign *s)
{
	struct slice rest, tag;
	size_t line = b->len;
	struct buf whole;

	buf_init(&whole, FED_T_MAX);
	fed_sign_add_line(&whole, s);
	buf_add(b, lit("Kokod-Sign:"));
	rest = buf_slice(&whole);
	while (rest.len > 0) {
		size_t end = slice_find(rest, lit("; "));
		tag = slice_head(rest, end == rest.len ? end : end + 1); /* with its semicolon */
		if (b->len - line + 1 + tag.len > LINE_WANTED) {
			buf_add(b, lit("\r\n"));
			line = b->len;
		}
		buf_addc(b, ' ');
		buf_add(b, tag);
		rest = slice_from(rest, end == rest.len ? end : end + 2);
	}
	buf_add(b, lit("\r\n"));
	buf_fini(&whole);
}

/* ---- hashing and signing ---- */

/* What is hashed for E and signed: the mark and T. */
static struct slice signed_text(const struct fed_sign *s, char room[sizeof ENTRY_MARK + FED_T_MAX])
{
	size_t mark = sizeof ENTRY_MARK - 1;

	memcpy(room, ENTRY_MARK, mark);
	return slice_of(room, mark + put_t(s, room + mark));
}

void fed_sign_hash(const struct fed_sign *s, struct fed_hash *e_out)
{
	char room[sizeof ENTRY_MARK + FED_T_MAX];
	struct slice text = signed_text(s, room);

	fed_hash_of(&text, 1, e_out);
}

void fed_sign_make(struct fed_sign *s, const uint8_t seed[CRYPTO_KEY_LEN])
{
	char room[sizeof ENTRY_MARK + FED_T_MAX];

	crypto->sign(seed, signed_text(s, room), s->s.b);
}

bool fed_sign_verify(const struct fed_sign *s, const struct fed_public *key)
{
	char room[sizeof ENTRY_MARK + FED_T_MAX];

	return crypto->verify(key->b, signed_text(s, room), s->s.b);
}

void fed_sign_set_heartbeat(struct fed_sign *s)
{
	struct slice head[] = {lit("kokod-head-v1\n"), slice_of(zero_salt, sizeof zero_salt)};
	struct slice body[] = {lit("kokod-body-v1\n"), slice_of(zero_salt, sizeof zero_salt)};

	s->y = FED_HEARTBEAT;
	s->m[0] = '\0';
	s->z = 0;
	fed_hash_of(head, array_len(head), &s->h);
	fed_hash_of(body, array_len(body), &s->b);
}

/* ---- stubs ---- */

static const char *const absent_names[] = {
	[FED_ABSENT_NONE] = "",
	[FED_ABSENT_SIZE] = "size",
	[FED_ABSENT_POLICY] = "policy",
	[FED_ABSENT_EXPIRED] = "expired",
	[FED_ABSENT_LOST] = "lost",
};

struct slice fed_absent_name(enum fed_absent a)
{
	return slice_str(absent_names[a]);
}

static bool parse_absent(struct slice s, enum fed_absent *out)
{
	for (size_t i = FED_ABSENT_SIZE; i < array_len(absent_names); i++) {
		if (slice_eq(s, slice_str(absent_names[i]))) {
			*out = (enum fed_absent)i;
			return true;
		}
	}
	return false;
}

/* One field of a stub; *signed_out is set when it was Kokod-Sign. */
static bool take_stub_field(
	const struct header_field *f, struct fed_stub *out, bool *signed_out, const char **why)
{
	bool said = out->tomb.s[0] || out->absent != FED_ABSENT_NONE;

	if (slice_eq_ci(f->name, lit("Kokod-Sign"))) {
		if (*signed_out)
			return refuse(why, "stub with two Kokod-Sign");
		*signed_out = true;
		return fed_sign_parse(f->value, &out->sign, why);
	}
	if (slice_eq_ci(f->name, lit("Kokod-Tomb"))) {
		if (said || !fed_hash_parse(f->value, &out->tomb))
			return refuse(why, "Kokod-Tomb is not valid");
	} else if (slice_eq_ci(f->name, lit("Kokod-Absent"))) {
		if (said || !parse_absent(f->value, &out->absent))
			return refuse(why, "Kokod-Absent is not valid");
	}
	return true;
}

bool fed_stub_parse(struct slice block, struct fed_stub *out, const char **why)
{
	struct header_walk w;
	struct header_field f;
	bool is_signed = false;
	enum scan rc;

	memset(out, 0, sizeof *out);
	if (block.len > FED_STUB_MAX)
		return refuse(why, "stub is too big");
	header_walk_init(&w, block, &msg_limits_relay);
	while ((rc = header_next(&w, &f)) == SCAN_OK)
		if (!take_stub_field(&f, out, &is_signed, why))
			return false;
	if (rc == SCAN_BAD)
		return refuse(why, w.why);
	return is_signed || refuse(why, "stub without Kokod-Sign");
}

void fed_stub_add(struct buf *b, const struct fed_stub *stub)
{
	fed_sign_add_field(b, &stub->sign);
	if (stub->tomb.s[0])
		buf_addf(b, "Kokod-Tomb: %s\r\n", stub->tomb.s);
	else if (stub->absent != FED_ABSENT_NONE)
		buf_addf(b, "Kokod-Absent: %s\r\n", absent_names[stub->absent]);
}
