/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What injection does alike to articles and to mail for persons; see inject_priv.h. */
#include "proto/msg/inject_priv.h"

#include "proto/base/crypto.h"
#include "proto/base/date.h"
#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/msg/address.h"

enum {
	FUTURE_MAX_S = 24 * 3600, /* RFC 5537 section 3.5 */
	RANDOM_LEN = 20,          /* base32 digits of a new Message-ID */
	ADDRESSES_MAX = 20,       /* authors of one article */
	LINE_WANTED = 78,         /* RFC 5322 section 2.1.1 */
};

int inject_refuse(struct inject_job *j, int rc, const char *why)
{
	j->res->why = why;
	return rc;
}

bool inject_has_alias(const struct inject_env *env, struct slice id, char new_id[MSGID_MAX + 1])
{
	return env->alias && env->alias(env->arg, id, new_id);
}

void inject_make_id(const struct inject_env *env, char id_out[MSGID_MAX + 1])
{
	uint8_t random[RANDOM_LEN];
	struct buf b;

	crypto_random(random, sizeof random);
	buf_init(&b, MSGID_MAX);
	buf_addc(&b, '<');
	base32_add(&b, slice_of(random, sizeof random));
	buf_cut(&b, 1 + RANDOM_LEN);
	buf_addc(&b, '@');
	buf_add(&b, env->host);
	buf_addc(&b, '>');
	memcpy(id_out, buf_cstr(&b), b.len + 1);
	mem_wipe(random, sizeof random);
	buf_fini(&b);
}

/* ---- judging ---- */

static bool is_own(const struct inject_env *env, const struct address *a)
{
	for (size_t i = 0; i < env->n_addresses; i++)
		if (address_is(a, env->addresses[i]))
			return true;
	return false;
}

/* All mailboxes of From or Sender must be the login's. */
static int check_author(
	struct inject_job *j, enum article_field field, const char *invalid, const char *denied)
{
	struct address_list l;
	struct arena ar;
	bool own = true;

	arena_init(&ar);
	int rc = address_parse(j->in->value[field], ADDRESSES_MAX, &ar, &l);
	if (rc == 0 && !address_first(&l))
		rc = KERR_INVALID;
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		own = own && (l.v[i].kind != ADDRESS_MAILBOX || is_own(j->env, &l.v[i]));
	arena_fini(&ar);
	if (rc < 0)
		return inject_refuse(j, rc, invalid);
	if (!own && !j->env->post_as_any && !j->env->for_others)
		return inject_refuse(j, KERR_DENIED, denied);
	j->is_others |= !own;
	return 0;
}

int inject_check_authors(struct inject_job *j)
{
	int rc = check_author(j, ART_FROM, "From is not a valid address",
		"From is not an address of your account");

	if (rc == 0 && article_has(j->in, ART_SENDER))
		rc = check_author(j, ART_SENDER, "Sender is not a valid address",
			"Sender is not an address of your account");
	return rc;
}

int inject_check_date(struct inject_job *j)
{
	int64_t at;

	if (!article_has(j->in, ART_DATE))
		return 0;
	if (!date_parse(j->in->value[ART_DATE], &at))
		return inject_refuse(j, KERR_INVALID, "Date is not valid");
	if (at > j->env->now_at + FUTURE_MAX_S)
		return inject_refuse(
			j, KERR_INVALID, "Date is more than a day ahead: check your clock");
	return 0;
}

/* ---- writing ---- */

void inject_add_field(struct buf *b, const char *name, struct slice value)
{
	buf_addz(b, name);
	buf_add(b, lit(": "));
	buf_add(b, value);
	buf_add(b, lit("\r\n"));
}

/* Append the value with each Message-ID that has another name now replaced; true if one had. */
static bool add_renamed(struct inject_job *j, struct buf *b, struct slice value)
{
	struct slice rest = value, id;
	const char *done = value.p;
	bool renamed = false;
	char known[MSGID_MAX + 1];

	while (refs_next(&rest, &id)) {
		if (!inject_has_alias(j->env, id, known))
			continue;
		buf_add(b, slice_of(done, (size_t)(id.p - done)));
		buf_addz(b, known);
		done = id.p + id.len;
		renamed = true;
	}
	buf_add(b, slice_of(done, (size_t)(value.p + value.len - done)));
	return renamed;
}

/* A field folded at its blanks, so that no line grows too long. */
static void add_folded(struct buf *b, struct slice name, struct slice value)
{
	size_t line = b->len;
	struct slice word;

	buf_add(b, name);
	buf_addc(b, ':');
	for (bool first = true; slice_word(&value, &word); first = false) {
		word = slice_trim(word);
		if (!first && b->len - line + 1 + word.len > LINE_WANTED) {
			buf_add(b, lit("\r\n"));
			line = b->len;
		}
		buf_addc(b, ' ');
		buf_add(b, word);
	}
	buf_add(b, lit("\r\n"));
}

void inject_add_tidy(struct buf *b, const struct header_field *f)
{
	struct slice rest = f->value, line;

	if (rest.len == 0)
		return;
	buf_add(b, f->name);
	buf_add(b, lit(": "));
	while (slice_split(&rest, '\n', &line)) {
		if (slice_trim(line).len == 0)
			continue;
		buf_add(b, slice_head(line, slice_chr(line, '\r')));
		buf_add(b, lit("\r\n"));
	}
}

void inject_add_ids(struct inject_job *j, const struct header_field *f)
{
	struct buf value;

	buf_init(&value, SIZE_MAX);
	if (add_renamed(j, &value, f->value))
		add_folded(j->out, f->name, buf_slice(&value));
	else
		inject_add_tidy(j->out, f);
	buf_fini(&value);
}

void inject_add_date(struct buf *b, const char *name, int64_t at)
{
	buf_addf(b, "%s: ", name);
	date_add(b, at);
	buf_add(b, lit("\r\n"));
}
