/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control messages and Cancel-Locks.  A Subject that begins with "cmsg" means nothing: control
 * messages are known by their Control field alone.  RFC 5537 section 5; RFC 8315
 */
#include "proto/msg/control.h"

#include "proto/base/crypto.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

#include <assert.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next argument; folds count as blanks. */
static bool next_word(struct slice *rest, struct slice *word_out)
{
	size_t n = 0;

	*rest = slice_trim(*rest);
	while (n < rest->len && !is_blank(rest->p[n]))
		n++;
	*word_out = slice_head(*rest, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

/* One Message-ID and nothing else. */
static bool only_msgid(struct slice rest, struct slice *id_out)
{
	rest = slice_trim(rest);
	*id_out = rest;
	return msgid_valid(rest);
}

/* "newgroup name [moderated]".  RFC 5537 section 5.2.1 */
static enum control_kind newgroup(struct slice rest, struct control *out)
{
	struct slice flag;

	if (!next_word(&rest, &out->group) || !group_name_valid(out->group))
		return CONTROL_BAD;
	if (!next_word(&rest, &flag))
		return CONTROL_NEWGROUP;
	out->moderated = slice_eq_ci(flag, lit("moderated"));
	return out->moderated && slice_trim(rest).len == 0 ? CONTROL_NEWGROUP : CONTROL_BAD;
}

static enum control_kind rmgroup(struct slice rest, struct control *out)
{
	bool ok = next_word(&rest, &out->group) && group_name_valid(out->group);

	return ok && slice_trim(rest).len == 0 ? CONTROL_RMGROUP : CONTROL_BAD;
}

static enum control_kind classify(struct slice value, struct control *out)
{
	struct slice rest = value;

	if (!next_word(&rest, &out->verb))
		return CONTROL_BAD;
	if (slice_eq_ci(out->verb, lit("cancel")))
		return only_msgid(rest, &out->target) ? CONTROL_CANCEL : CONTROL_BAD;
	if (slice_eq_ci(out->verb, lit("newgroup")))
		return newgroup(rest, out);
	if (slice_eq_ci(out->verb, lit("rmgroup")))
		return rmgroup(rest, out);
	return CONTROL_OTHER;
}

void control_of(const struct article *a, struct control *out)
{
	const uint64_t once = UINT64_C(1) << ART_CONTROL | UINT64_C(1) << ART_SUPERSEDES;

	*out = (struct control){.kind = CONTROL_NONE};
	if ((a->doubled & once) || (article_has(a, ART_CONTROL) && article_has(a, ART_SUPERSEDES)))
		out->kind = CONTROL_BAD;
	else if (article_has(a, ART_CONTROL))
		out->kind = classify(a->value[ART_CONTROL], out);
	else if (article_has(a, ART_SUPERSEDES))
		out->kind = only_msgid(a->value[ART_SUPERSEDES], &out->target) ? CONTROL_SUPERSEDES
									       : CONTROL_BAD;
}

/* base64 of a hash, as a C string. */
static void hash_text(const uint8_t hash[CRYPTO_HASH_LEN], char text[CANCEL_KEY_LEN + 1])
{
	struct buf b;

	buf_init(&b, CANCEL_KEY_LEN);
	base64_add(&b, slice_of(hash, CRYPTO_HASH_LEN));
	assert(b.len == CANCEL_KEY_LEN);
	memcpy(text, buf_cstr(&b), CANCEL_KEY_LEN + 1);
	buf_fini(&b);
}

void cancel_key(struct slice secret, struct slice login, struct slice msgid,
	char key_out[CANCEL_KEY_LEN + 1])
{
	uint8_t mac[CRYPTO_HASH_LEN];
	struct buf text;

	buf_init(&text, size_add(login.len, msgid.len));
	buf_add(&text, login);
	buf_add(&text, msgid);
	crypto->hmac_sha256(secret, buf_slice(&text), mac);
	hash_text(mac, key_out);
	buf_fini(&text);
}

void cancel_add_key(struct buf *b, const char *key)
{
	buf_add(b, lit("sha256:"));
	buf_addz(b, key);
}

/* The lock that a key opens. */
static void lock_of(struct slice key, char lock[CANCEL_KEY_LEN + 1])
{
	uint8_t hash[CRYPTO_HASH_LEN];

	crypto_sha256(key, hash);
	hash_text(hash, lock);
}

void cancel_add_lock(struct buf *b, const char *key)
{
	char lock[CANCEL_KEY_LEN + 1];

	lock_of(slice_str(key), lock);
	cancel_add_key(b, lock);
}

/* The next "sha256:text" of a value; other schemes are passed over. */
static bool next_element(struct slice *rest, struct slice *text_out)
{
	struct slice word;

	while (next_word(rest, &word)) {
		if (!slice_starts_ci(word, lit("sha256:")))
			continue;
		*text_out = slice_from(word, strlen("sha256:"));
		return true;
	}
	return false;
}

static bool lock_stands(struct slice locks, const char lock[CANCEL_KEY_LEN + 1])
{
	struct slice text;

	for (int n = 0; n < CANCEL_MAX_ELEMENTS && next_element(&locks, &text); n++)
		if (text.len == CANCEL_KEY_LEN && mem_eq_ct(text.p, lock, CANCEL_KEY_LEN))
			return true;
	return false;
}

bool cancel_opens(struct slice keys, struct slice locks)
{
	char lock[CANCEL_KEY_LEN + 1];
	struct slice key;

	for (int n = 0; n < CANCEL_MAX_ELEMENTS && next_element(&keys, &key); n++) {
		lock_of(key, lock);
		if (lock_stands(locks, lock))
			return true;
	}
	return false;
}
