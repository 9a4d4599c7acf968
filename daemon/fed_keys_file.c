/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of keys, as text: a first line, `key value` lines in one order, a sum of them.
 */
#include "daemon/fed_keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/fed_cert.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

#define FIRST_LINE "kokod-keys-v1"
#define SUM_MARK "kokod-keys-v1-sum\n"
#define OLD_KEY "old-sign"

enum {
	PATH_MAX_BYTES = 512,
	FILE_MAX = 32 * 1024,
	N_PAIRS = 2,
};

void fed_kept_init(struct fed_kept *k)
{
	memset(k, 0, sizeof *k);
	for (size_t i = 0; i < N_PAIRS; i++) {
		buf_init(&k->pair[i].tls, FED_CERT_MAX);
		buf_init(&k->pair[i].cert, FED_CERT_MAX);
	}
}

void fed_kept_wipe(struct buf *b)
{
	if (b->data)
		mem_wipe(b->data, b->cap);
	buf_fini(b);
}

void fed_kept_fini(struct fed_kept *k)
{
	for (size_t i = 0; i < N_PAIRS; i++) {
		fed_kept_wipe(&k->pair[i].tls);
		fed_kept_wipe(&k->pair[i].cert);
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

static void kept_write(struct buf *b, const struct fed_kept *k)
{
	uint8_t sum[CRYPTO_HASH_LEN];

	buf_add(b, lit(FIRST_LINE "\n"));
	add_line(b, "root", slice_of(k->root.b, sizeof k->root.b));
	add_line(b, "sealed", slice_of(k->sealed, sizeof k->sealed));
	for (size_t i = 0; i < N_PAIRS; i++) {
		const struct fed_pair *p = &k->pair[i];

		if (p->has_sign)
			add_line(b, pair_keys[i][0], slice_of(p->sign, sizeof p->sign));
		if (p->tls.len == 0)
			continue;
		add_line(b, pair_keys[i][1], buf_slice(&p->tls));
		add_line(b, pair_keys[i][2], buf_slice(&p->cert));
	}
	for (size_t i = 0; i < k->n_old; i++)
		add_line(b, OLD_KEY, slice_of((const char *)k->old[i], sizeof k->old[i]));
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

static bool read_pair(struct slice *rest, const char *const keys[3], struct fed_pair *p)
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

/* k is set up by fed_kept_init. */
static bool kept_read(struct slice all, struct fed_kept *k)
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
	while (k->n_old < FED_KEYS_OLD && take_line(&text, OLD_KEY, &v))
		if (!base64url_read(v, k->old[k->n_old++], CRYPTO_KEY_LEN))
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

int fed_kept_load(const char *data_dir, struct fed_kept *k, struct err *err)
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
	fed_kept_wipe(&text);
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

int fed_kept_save(const char *data_dir, const struct fed_kept *k, struct err *err)
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
	fed_kept_wipe(&text);
	return rc;
}

bool fed_kept_there(const char *data_dir)
{
	char path[PATH_MAX_BYTES];
	struct stat st;

	path_of(path, data_dir, "/keys");
	return stat(path, &st) == 0;
}
