/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts: what is common, and daemon records.  The text in force is parsed, its struct changed and
 * written again, so that lines which this version does not know stay.
 */
#include "proto/fed/fed_draft_priv.h"

#include "proto/base/text.h"

/* ---- begin and end ---- */

void fed_draft_first(struct fed_draft *d, enum fed_record_type type)
{
	arena_init(&d->ar);
	d->rec = (struct fed_record){.type = type, .serial = 1, .prev = fed_hash_none};
}

int fed_draft_next(
	struct fed_draft *d, struct slice text, enum fed_record_type type, struct err *err)
{
	arena_init(&d->ar);
	if (!text.p)
		return err_set(err, KERR_NOTFOUND, "there is no %.*s record yet",
			SLICE_ARG(fed_record_type_name(type)));
	int rc = fed_record_parse(arena_dup(&d->ar, text), &d->ar, &d->rec, err);
	if (rc == 0 && d->rec.type != type)
		rc = err_set(err, KERR_INVALID, "a record of another type");
	d->rec.serial++;
	d->rec.n_sig = 0;
	fed_record_hash(text, &d->rec.prev);
	return rc;
}

int fed_draft_end(
	struct fed_draft *d, const uint8_t seed[CRYPTO_KEY_LEN], struct buf *out, struct err *err)
{
	struct fed_record rec;

	fed_record_write(out, &d->rec);
	if (!out->bad) {
		int rc = fed_record_parse_unsigned(buf_slice(out), &d->ar, &rec, err);
		if (rc < 0)
			return rc;
		fed_record_sign(out, seed);
	}
	return out->bad ? err_set(err, KERR_TOOBIG, "the record is over %d bytes", FED_RECORD_MAX)
			: 0;
}

void fed_draft_fini(struct fed_draft *d)
{
	arena_fini(&d->ar);
}

void *fed_draft_grown(struct fed_draft *d, const void *v, size_t n, size_t size)
{
	void *copy = arena_alloc(&d->ar, size_mul(size_add(n, 1), size));

	if (n > 0)
		memcpy(copy, v, size_mul(n, size));
	return copy;
}

struct slice fed_draft_salt(struct fed_draft *d)
{
	char text[FED_SALT_LEN];
	uint8_t salt[FED_SALT_BYTES];

	crypto_random(salt, sizeof salt);
	base64url_write(text, slice_of(salt, sizeof salt));
	return arena_dup(&d->ar, slice_of(text, sizeof text));
}

/* ---- daemon ---- */

static int check_profile(const struct fed_profile *p, struct err *err)
{
	if (!fed_name_valid(p->name))
		return err_set(err, KERR_INVALID,
			"%.*s is no name for a daemon: a DNS name in small letters with a dot, "
			"such "
			"as forum.example.org",
			SLICE_ARG(p->name));
	if (!fed_title_valid(p->title) || !fed_title_valid(p->contact))
		return err_set(err, KERR_INVALID,
			"title and contact are one line of at most %d bytes each", FED_TITLE_MAX);
	return 0;
}

int fed_draft_addr(struct fed_draft *d, const struct slice *addr, size_t n, struct err *err)
{
	struct fed_daemon *r = &d->rec.daemon;
	struct slice host;
	uint16_t port;

	if (n > FED_ADDR_MAX)
		return err_set(err, KERR_TOOBIG, "at most %d addresses", FED_ADDR_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!fed_addr_parse(addr[i], &host, &port))
			return err_set(err, KERR_INVALID,
				"%.*s is no address: host:port, such as forum.example.org:8433",
				SLICE_ARG(addr[i]));
		r->addr[i] = arena_dup(&d->ar, addr[i]);
	}
	r->n_addr = n;
	return 0;
}

int fed_draft_daemon(struct fed_draft *d, const struct fed_profile *p, struct err *err)
{
	struct fed_daemon *r = &d->rec.daemon;

	fed_draft_first(d, FED_REC_DAEMON);
	fed_oid_of(&p->root, &r->oid);
	r->root = p->root;
	r->issued = (uint64_t)p->issued_at;
	r->name = arena_dup(&d->ar, p->name);
	r->title = arena_dup(&d->ar, p->title);
	r->contact = arena_dup(&d->ar, p->contact);
	r->sign[r->n_sign++] = p->sign;
	r->tls[r->n_tls++] = p->spki;
	int rc = check_profile(p, err);
	return rc < 0 ? rc : fed_draft_addr(d, p->addr, p->n_addr, err);
}

int fed_draft_daemon_next(
	struct fed_draft *d, struct slice text, int64_t issued_at, struct err *err)
{
	int rc = fed_draft_next(d, text, FED_REC_DAEMON, err);

	if (rc == 0)
		d->rec.daemon.issued = (uint64_t)issued_at;
	return rc;
}

static size_t find_key(const struct fed_public *v, size_t n, const struct fed_public *key)
{
	for (size_t i = 0; i < n; i++)
		if (fed_public_eq(&v[i], key))
			return i;
	return n;
}

/* Take key number i out of those that sign. */
static void drop_sign(struct fed_daemon *r, size_t i)
{
	memmove(&r->sign[i], &r->sign[i + 1], (r->n_sign - i - 1) * sizeof r->sign[0]);
	r->n_sign--;
}

int fed_draft_sign(struct fed_draft *d, const struct fed_public *key, struct err *err)
{
	struct fed_daemon *r = &d->rec.daemon;
	size_t i = find_key(r->sign, r->n_sign, key);

	if (find_key(r->revoked, r->n_revoked, key) < r->n_revoked)
		return err_set(err, KERR_INVALID, "a revoked key does not come back");
	if (i == 0)
		return err_set(err, KERR_EXISTS, "this key is in use already");
	if (i < r->n_sign)
		drop_sign(r, i);
	if (r->n_sign == FED_SIGN_KEYS_MAX)
		return err_set(err, KERR_TOOBIG,
			"there are %d signing keys already, which entries that are kept need",
			FED_SIGN_KEYS_MAX);
	memmove(&r->sign[1], &r->sign[0], r->n_sign * sizeof r->sign[0]);
	r->sign[0] = *key;
	r->n_sign++;
	return 0;
}

int fed_draft_revoke(struct fed_draft *d, const struct fed_public *key, struct err *err)
{
	struct fed_daemon *r = &d->rec.daemon;
	size_t i = find_key(r->sign, r->n_sign, key);

	if (find_key(r->revoked, r->n_revoked, key) < r->n_revoked)
		return err_set(err, KERR_EXISTS, "this key is revoked already");
	if (i == r->n_sign)
		return err_set(err, KERR_NOTFOUND, "this key never signed for this daemon");
	if (r->n_sign == 1)
		return err_set(
			err, KERR_INVALID, "the last signing key needs another in its place");
	if (r->n_revoked == FED_REVOKED_MAX)
		return err_set(err, KERR_TOOBIG,
			"%d keys are revoked already: this daemon needs a new identity",
			FED_REVOKED_MAX);
	drop_sign(r, i);
	r->revoked[r->n_revoked++] = *key;
	return 0;
}

int fed_draft_tls(struct fed_draft *d, const struct fed_hash *spki, size_t n, struct err *err)
{
	if (n < 1 || n > FED_TLS_MAX)
		return err_set(err, KERR_INVALID, "1 to %d TLS keys", FED_TLS_MAX);
	memcpy(d->rec.daemon.tls, spki, n * sizeof *spki);
	d->rec.daemon.n_tls = n;
	return 0;
}
