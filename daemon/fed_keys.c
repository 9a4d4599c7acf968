/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of keys, as text: a first line, `key value` lines in one order, a sum of them.  A struct
 * kept is what it says, byte for byte; struct fed_keys is made of it.
 */
#include "daemon/fed_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/fed_cert.h"
#include "daemon/fed_code.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

#define FIRST_LINE "kokod-keys-v1"
#define SUM_MARK "kokod-keys-v1-sum\n"

enum {
	PATH_MAX_BYTES = 512,
	FILE_MAX = 32 * 1024,
	SEALED_LEN = CRYPTO_NONCE_LEN + CRYPTO_KEY_LEN + CRYPTO_TAG_LEN,
	N_PAIRS = 2, /* in use, to come */
};

/* S and T; what is to come may lack either: an empty text. */
struct pair {
	bool has_sign;
	uint8_t sign[CRYPTO_KEY_LEN];
	struct buf tls, cert; /* DER */
};

struct kept {
	struct fed_public root;
	uint8_t sealed[SEALED_LEN]; /* nonce, then R's seed sealed */
	struct pair pair[N_PAIRS];
};

static void kept_init(struct kept *k)
{
	memset(k, 0, sizeof *k);
	for (size_t i = 0; i < N_PAIRS; i++) {
		buf_init(&k->pair[i].tls, FED_CERT_MAX);
		buf_init(&k->pair[i].cert, FED_CERT_MAX);
	}
}

static void wipe_buf(struct buf *b)
{
	if (b->data)
		mem_wipe(b->data, b->cap);
	buf_fini(b);
}

static void kept_fini(struct kept *k)
{
	for (size_t i = 0; i < N_PAIRS; i++) {
		wipe_buf(&k->pair[i].tls);
		wipe_buf(&k->pair[i].cert);
	}
	mem_wipe(k, sizeof *k);
}

/* ---- text ---- */

static void add_line(struct buf *b, const char *key, struct slice bytes)
{
	buf_addz(b, key);
	buf_addc(b, ' ');
	base64url_add(b, bytes);
	buf_addc(b, '\n');
}

static const char *const pair_keys[N_PAIRS][3] = {
	{"sign",      "tls",      "cert"     },
	{"next-sign", "next-tls", "next-cert"},
};

/* Of all lines before the last one: a key with a bit that has turned would sign in vain. */
static void sum_of(struct slice text, uint8_t out[CRYPTO_HASH_LEN])
{
	const struct slice parts[] = {lit(SUM_MARK), text};

	crypto->sha256(parts, array_len(parts), out);
}

static void kept_write(struct buf *b, const struct kept *k)
{
	uint8_t sum[CRYPTO_HASH_LEN];

	buf_add(b, lit(FIRST_LINE "\n"));
	add_line(b, "root", slice_of(k->root.b, sizeof k->root.b));
	add_line(b, "sealed", slice_of(k->sealed, sizeof k->sealed));
	for (size_t i = 0; i < N_PAIRS; i++) {
		const struct pair *p = &k->pair[i];

		if (p->has_sign)
			add_line(b, pair_keys[i][0], slice_of(p->sign, sizeof p->sign));
		if (p->tls.len == 0)
			continue;
		add_line(b, pair_keys[i][1], buf_slice(&p->tls));
		add_line(b, pair_keys[i][2], buf_slice(&p->cert));
	}
	sum_of(buf_slice(b), sum);
	add_line(b, "sum", slice_of(sum, sizeof sum));
}

/* The value of the next line when it has this key; the line is taken then. */
static bool take_line(struct slice *rest, const char *key, struct slice *value_out)
{
	size_t nl = slice_chr(*rest, '\n'), n = strlen(key);

	if (nl == rest->len || nl <= n || memcmp(rest->p, key, n) != 0 || rest->p[n] != ' ')
		return false;
	*value_out = slice_of(rest->p + n + 1, nl - n - 1);
	*rest = slice_from(*rest, nl + 1);
	return true;
}

static bool read_pair(struct slice *rest, const char *const keys[3], struct pair *p)
{
	struct slice v;

	if (take_line(rest, keys[0], &v)) {
		p->has_sign = true;
		if (!base64url_read(v, p->sign, sizeof p->sign))
			return false;
	}
	return !take_line(rest, keys[1], &v) ||
	       (base64url_decode(&p->tls, v) && take_line(rest, keys[2], &v) &&
		       base64url_decode(&p->cert, v));
}

/* Is the rest one line with the sum of what stands before it? */
static bool read_sum(struct slice all, struct slice rest)
{
	uint8_t sum[CRYPTO_HASH_LEN], said[CRYPTO_HASH_LEN];
	struct slice v;

	sum_of(slice_head(all, all.len - rest.len), sum);
	return take_line(&rest, "sum", &v) && rest.len == 0 &&
	       base64url_read(v, said, sizeof said) && memcmp(sum, said, sizeof sum) == 0;
}

/* k is set up by kept_init. */
static bool kept_read(struct slice all, struct kept *k)
{
	struct slice text = all, v;

	if (!slice_starts(text, lit(FIRST_LINE "\n")))
		return false;
	text = slice_from(text, sizeof FIRST_LINE);
	if (!take_line(&text, "root", &v) || !fed_public_parse(v, &k->root) ||
		!take_line(&text, "sealed", &v) || !base64url_read(v, k->sealed, sizeof k->sealed))
		return false;
	for (size_t i = 0; i < N_PAIRS; i++)
		if (!read_pair(&text, pair_keys[i], &k->pair[i]))
			return false;
	return k->pair[0].has_sign && k->pair[0].tls.len > 0 && read_sum(all, text);
}

/* ---- file ---- */

static void path_of(char path[PATH_MAX_BYTES], const char *data_dir, const char *name)
{
	snprintf(path, PATH_MAX_BYTES, "%s/fed%s", data_dir, name);
}

/* Secrets that others can read are none any more. */
static int check_mode(const char *path, bool folder, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? KERR_NOTFOUND
				       : err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	if ((st.st_mode & 077) == 0)
		return 0;
	return err_set(err, KERR_INVALID,
		"%s: others can read the keys (mode %03o): chmod %s %s; if somebody may have read "
		"them, kokoctl federation revoke-key",
		path, (unsigned)(st.st_mode & 0777), folder ? "700" : "600", path);
}

static int read_all(const char *path, struct buf *out, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *room = buf_room(out, FILE_MAX);

	if (!f)
		return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* no copy of the secrets in stdio's memory */
	buf_commit(out, fread(room, 1, FILE_MAX, f));
	int bad = ferror(f);
	fclose(f);
	return bad ? err_set(err, KERR_IO, "%s: cannot read", path) : 0;
}

static int kept_load(const char *data_dir, struct kept *k, struct err *err)
{
	char dir[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
	struct buf text;
	int rc;

	path_of(dir, data_dir, "");
	path_of(path, data_dir, "/keys");
	rc = check_mode(dir, true, err);
	if (rc == 0)
		rc = check_mode(path, false, err);
	if (rc < 0)
		return rc;
	buf_init(&text, FILE_MAX);
	rc = read_all(path, &text, err);
	if (rc == 0 && !kept_read(buf_slice(&text), k))
		rc = err_set(err, KERR_INVALID,
			"%s: damaged or not whole: put back the copy of your backup", path);
	wipe_buf(&text);
	return rc;
}

static bool dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno != EINTR)
			return false;
		text = slice_from(text, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static bool fill(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;
	bool ok = fchmod(fd, 0600) == 0 && write_all(fd, text) && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

/* The folder, durable; it is there already as a rule. */
static bool make_dir(const char *data_dir, const char *dir)
{
	if (mkdir(dir, 0700) < 0)
		return errno == EEXIST;
	return dir_sync(data_dir);
}

static int kept_save(const char *data_dir, const struct kept *k, struct err *err)
{
	char dir[PATH_MAX_BYTES], path[PATH_MAX_BYTES], temp[PATH_MAX_BYTES];
	struct buf text;
	int rc = 0;

	path_of(dir, data_dir, "");
	path_of(path, data_dir, "/keys");
	path_of(temp, data_dir, "/keys.new");
	buf_init(&text, FILE_MAX);
	if (!buf_room(&text, FILE_MAX)) /* it never moves then, and leaves no copy */
		return KERR_IO;
	kept_write(&text, k);
	if (text.bad || !make_dir(data_dir, dir) || !fill(temp, buf_slice(&text)) ||
		rename(temp, path) < 0 || !dir_sync(dir))
		rc = err_set(err, errno == ENOSPC || errno == EDQUOT ? KERR_FULL : KERR_IO,
			"%s: %s", path, strerror(errno));
	wipe_buf(&text);
	return rc;
}

/* ---- root ---- */

static struct slice root_slice(const struct kept *k)
{
	return slice_of(k->root.b, sizeof k->root.b);
}

static void root_seal(
	struct kept *k, const char digits[FED_CODE_DIGITS], const uint8_t seed[CRYPTO_KEY_LEN])
{
	uint8_t key[CRYPTO_KEY_LEN];

	fed_code_key(digits, key);
	crypto_random(k->sealed, CRYPTO_NONCE_LEN);
	crypto->seal(key, k->sealed, root_slice(k), slice_of(seed, CRYPTO_KEY_LEN),
		k->sealed + CRYPTO_NONCE_LEN);
	mem_wipe(key, sizeof key);
}

int fed_keys_root(
	const char *data_dir, const char *code, uint8_t seed_out[CRYPTO_KEY_LEN], struct err *err)
{
	char digits[FED_CODE_DIGITS];
	uint8_t key[CRYPTO_KEY_LEN];
	struct fed_public root;
	struct kept k;
	int rc;

	if (!fed_code_read(code, digits))
		return err_set(err, KERR_INVALID,
			"the recovery code has a spelling error: 28 letters and digits in groups "
			"of four");
	kept_init(&k);
	rc = kept_load(data_dir, &k, err);
	fed_code_key(digits, key);
	if (rc == 0 && !crypto->open(key, k.sealed, root_slice(&k),
			       slice_of(k.sealed + CRYPTO_NONCE_LEN, SEALED_LEN - CRYPTO_NONCE_LEN),
			       seed_out))
		rc = err_set(err, KERR_DENIED, "this is not the recovery code of this daemon");
	if (rc == 0) {
		crypto->public_key(seed_out, root.b);
		if (!fed_public_eq(&root, &k.root))
			rc = err_set(err, KERR_INVALID, "the sealed root key is not that of oid");
	}
	mem_wipe(key, sizeof key);
	mem_wipe(digits, sizeof digits);
	kept_fini(&k);
	return rc;
}

/* ---- keys ---- */

void fed_keys_free(struct fed_keys *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->tls);
	X509_free(k->cert);
	mem_wipe(k, sizeof *k);
	free(k);
}

/* What is to come, as far as the record needs it. */
static bool next_of(const struct pair *p, struct fed_keys *out)
{
	struct fed_cert c;

	out->has_next_sign = p->has_sign;
	if (p->has_sign)
		crypto->public_key(p->sign, out->next_sign.b);
	out->has_next_tls = p->tls.len > 0;
	if (!out->has_next_tls)
		return true;
	if (!fed_cert_read(buf_slice(&p->tls), buf_slice(&p->cert), &c))
		return false;
	out->next_spki = c.spki;
	fed_cert_fini(&c);
	return true;
}

/* NULL: its TLS keys cannot be read. */
static struct fed_keys *keys_of(const struct kept *k)
{
	struct fed_keys *out = mem_new(struct fed_keys);
	const struct pair *now = &k->pair[0];
	struct fed_cert c = {.cert = NULL};

	if (!next_of(&k->pair[1], out) ||
		!fed_cert_read(buf_slice(&now->tls), buf_slice(&now->cert), &c)) {
		free(out);
		return NULL;
	}
	out->root = k->root;
	fed_oid_of(&out->root, &out->oid);
	memcpy(out->seed, now->sign, sizeof out->seed);
	crypto->public_key(out->seed, out->sign.b);
	fed_keyid_of(&out->sign, &out->keyid);
	out->tls = c.key;
	out->cert = c.cert;
	out->spki = c.spki;
	return out;
}

static int unreadable(const char *data_dir, struct err *err)
{
	return err_set(err, KERR_INVALID,
		"%s/fed/keys: the TLS key in it cannot be read: put back the copy of your backup",
		data_dir);
}

int fed_keys_load(const char *data_dir, struct fed_keys **out, struct err *err)
{
	struct kept k;
	int rc;

	kept_init(&k);
	rc = kept_load(data_dir, &k, err);
	if (rc == 0) {
		*out = keys_of(&k);
		rc = *out ? 0 : unreadable(data_dir, err);
	}
	kept_fini(&k);
	return rc;
}

static int make_tls(struct pair *p, const char *name, struct err *err)
{
	struct fed_cert c = {.cert = NULL};
	int rc = fed_cert_make(slice_str(name), &c, err);

	if (rc < 0)
		return rc;
	fed_cert_write(&c, &p->tls, &p->cert);
	fed_cert_fini(&c);
	return p->tls.bad || p->cert.bad ? err_set(err, KERR_IO, "OpenSSL cannot write a TLS key")
					 : 0;
}

static void make_sign(struct pair *p)
{
	crypto_random(p->sign, sizeof p->sign);
	p->has_sign = true;
}

static bool are_there(const char *data_dir)
{
	char path[PATH_MAX_BYTES];
	struct stat st;

	path_of(path, data_dir, "/keys");
	return stat(path, &st) == 0;
}

int fed_keys_create(const char *data_dir, const char *name, char code_out[FED_CODE_LEN + 1],
	uint8_t root_seed_out[CRYPTO_KEY_LEN], struct fed_keys **out, struct err *err)
{
	char digits[FED_CODE_DIGITS];
	struct kept k;
	int rc;

	if (are_there(data_dir))
		return err_set(err, KERR_EXISTS, "%s/fed/keys: there are keys", data_dir);
	kept_init(&k);
	crypto_random(root_seed_out, CRYPTO_KEY_LEN);
	crypto->public_key(root_seed_out, k.root.b);
	fed_code_make(digits);
	root_seal(&k, digits, root_seed_out);
	make_sign(&k.pair[0]);
	rc = make_tls(&k.pair[0], name, err);
	if (rc == 0)
		rc = kept_save(data_dir, &k, err);
	if (rc == 0) {
		fed_code_show(digits, code_out);
		*out = keys_of(&k);
		rc = *out ? 0 : unreadable(data_dir, err);
	}
	mem_wipe(digits, sizeof digits);
	kept_fini(&k);
	return rc;
}

int fed_keys_renew(const char *data_dir, const char *name, unsigned which, struct fed_keys *keys,
	struct err *err)
{
	struct kept k;
	int rc;

	kept_init(&k);
	rc = kept_load(data_dir, &k, err);
	if (rc == 0 && (which & FED_KEYS_SIGN) != 0 && !k.pair[1].has_sign)
		make_sign(&k.pair[1]);
	if (rc == 0 && (which & FED_KEYS_TLS) != 0 && k.pair[1].tls.len == 0)
		rc = make_tls(&k.pair[1], name, err);
	if (rc == 0)
		rc = kept_save(data_dir, &k, err);
	if (rc == 0 && !next_of(&k.pair[1], keys))
		rc = unreadable(data_dir, err);
	kept_fini(&k);
	return rc;
}

/* What of the pair to come does the record have first? */
static unsigned in_force(const struct fed_daemon *own, const struct fed_keys *k)
{
	unsigned which = 0;

	if (k->has_next_sign && own->n_sign > 0 && fed_public_eq(&own->sign[0], &k->next_sign))
		which |= FED_KEYS_SIGN;
	if (k->has_next_tls && own->n_tls > 0 && fed_hash_eq(&own->tls[0], &k->next_spki))
		which |= FED_KEYS_TLS;
	return which;
}

static void move_on(struct kept *k, unsigned which)
{
	struct pair *now = &k->pair[0], *next = &k->pair[1];

	if ((which & FED_KEYS_SIGN) != 0) {
		memcpy(now->sign, next->sign, sizeof now->sign);
		next->has_sign = false;
	}
	if ((which & FED_KEYS_TLS) != 0) {
		wipe_buf(&now->tls);
		wipe_buf(&now->cert);
		buf_move(&now->tls, &next->tls);
		buf_move(&now->cert, &next->cert);
	}
}

int fed_keys_settle(
	const char *data_dir, const struct fed_daemon *own, struct fed_keys *keys, struct err *err)
{
	unsigned which = in_force(own, keys);
	struct kept k;
	int rc;

	if (which == 0)
		return 0;
	kept_init(&k);
	rc = kept_load(data_dir, &k, err);
	if (rc == 0) {
		move_on(&k, which);
		rc = kept_save(data_dir, &k, err);
	}
	if (rc == 0) {
		struct fed_keys *fresh = keys_of(&k), old = *keys;

		if (fresh) {
			*keys = *fresh;
			*fresh = old; /* to be wiped */
			fed_keys_free(fresh);
		} else {
			rc = unreadable(data_dir, err);
		}
	}
	kept_fini(&k);
	return rc < 0 ? rc : (int)which;
}
