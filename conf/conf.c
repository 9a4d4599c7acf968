/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration as a whole: defaults, the file, the files of conf.d, and the rules that join
 * several settings.  A load makes a new struct conf, so a reload that fails keeps the old one.
 */
#include "conf/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf_parse.h"
#include "conf/conf_schema.h"
#include "conf/conf_value.h"
#include "proto/base/mem.h"

struct conf *conf_default(void)
{
	struct conf *c = mem_new(struct conf);

	for (size_t i = 0; i < conf_n_rows; i++)
		conf_value_set_default(&conf_rows[i], c);
	return c;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < conf_n_rows; i++)
		conf_value_free(&conf_rows[i], c);
	free(c);
}

static int errno_to_kerr(int e)
{
	return e == ENOENT || e == ENOTDIR ? KERR_NOTFOUND : KERR_IO;
}

/* All bytes of a regular file. */
static int read_fd(int fd, const char *file, struct buf *b, struct err *err)
{
	struct stat st;
	ssize_t got = 1;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, KERR_IO, "%s: not a file", file);
	while (got > 0) {
		char *room = buf_room(b, 4096);

		if (!room)
			return err_set(err, KERR_TOOBIG, "%s: over %d bytes", file, CONF_FILE_MAX);
		got = read(fd, room, 4096);
		if (got < 0 && errno != EINTR)
			return err_set(err, KERR_IO, "%s: %s", file, strerror(errno));
		buf_commit(b, got > 0 ? (size_t)got : 0);
		if (got < 0)
			got = 1; /* EINTR */
	}
	return 0;
}

static int load_file(const char *file, struct conf *c, struct err *err)
{
	struct buf text;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_set(err, errno_to_kerr(errno), "%s: %s", file, strerror(errno));
	buf_init(&text, CONF_FILE_MAX + 4096);
	int rc = read_fd(fd, file, &text, err);
	if (rc == 0)
		rc = conf_parse_text(file, buf_slice(&text), c, err);
	buf_fini(&text);
	close(fd);
	return rc;
}

static int is_conf(const struct dirent *e)
{
	struct slice name = slice_str(e->d_name);

	return e->d_name[0] != '.' && slice_ends(name, lit(".conf"));
}

/* By bytes, whatever the locale says. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The folder conf.d beside file. */
static void folder_beside(const char *file, struct buf *b)
{
	const char *slash = strrchr(file, '/');

	if (slash)
		buf_add(b, slice_of(file, (size_t)(slash - file) + 1));
	buf_addz(b, "conf.d");
}

static int load_folder(const char *file, struct conf *c, struct err *err)
{
	struct dirent **entries;
	struct buf path;
	int rc = 0;

	buf_init(&path, PATH_MAX);
	folder_beside(file, &path);
	size_t folder_len = path.len;
	int n = scandir(buf_cstr(&path), &entries, is_conf, by_name);
	if (n < 0 && errno != ENOENT)
		rc = err_set(err, KERR_IO, "%s: %s", buf_cstr(&path), strerror(errno));
	for (int i = 0; i < n; i++) {
		buf_cut(&path, folder_len);
		buf_addf(&path, "/%s", entries[i]->d_name);
		if (rc == 0)
			rc = load_file(buf_cstr(&path), c, err);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	buf_fini(&path);
	return rc;
}

static int check_given(const char *file, const struct conf *c, struct err *err)
{
	for (size_t i = 0; i < conf_n_rows; i++) {
		const struct conf_row *r = &conf_rows[i];
		struct buf allowed;

		if (r->min == 0 || conf_value_given(r, c))
			continue;
		buf_init(&allowed, 200);
		conf_row_allowed(r, &allowed);
		err_set(err, KERR_INVALID, "%s: %s: must be set, allowed: %s", file, r->name,
			buf_cstr(&allowed));
		buf_fini(&allowed);
		return KERR_INVALID;
	}
	return 0;
}

/* Rules that join several settings. */
static int check_together(const char *file, const struct conf *c, struct err *err)
{
	bool certificate = *c->tls.certificate != '\0';

	if (certificate != (*c->tls.key != '\0'))
		return err_set(err, KERR_INVALID, "%s: tls.%s: must be set when tls.%s is", file,
			certificate ? "key" : "certificate", certificate ? "certificate" : "key");
	if (c->nntp.listen_tls.n > 0 && !certificate)
		return err_set(err, KERR_INVALID,
			"%s: tls.certificate: must be set when nntp.listen-tls is", file);
	if (c->limits.receive_memory < c->nntp.max_article)
		return err_set(err, KERR_INVALID,
			"%s: limits.receive-memory: is less than nntp.max-article", file);
	if (c->log.target[0] != '/' && strcmp(c->log.target, "stderr") != 0 &&
		strcmp(c->log.target, "syslog") != 0)
		return err_set(err, KERR_INVALID,
			"%s: log.target: \"%s\" is not known, allowed: stderr, syslog or an "
			"absolute file name",
			file, c->log.target);
	return 0;
}

int conf_load(const char *file, struct conf **out, struct err *err)
{
	struct conf *c = conf_default();
	int rc = load_file(file, c, err);

	if (rc == 0)
		rc = load_folder(file, c, err);
	if (rc == 0)
		rc = check_given(file, c, err);
	if (rc == 0)
		rc = check_together(file, c, err);
	if (rc < 0)
		conf_free(c);
	else
		*out = c;
	return rc;
}
