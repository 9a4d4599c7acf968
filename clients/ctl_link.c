/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket as a stream; JSON lines are bounded by ANSWER_MAX. */
#include "clients/ctl_link.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/mem.h"

enum { ANSWER_MAX = 1024 * 1024 }; /* bytes of one answer line */

struct ctl_link {
	FILE *in, *out;
	char *line; /* of getline */
	size_t line_size;
};

static int open_error(int e, const char *path, struct err *err)
{
	int rc = KERR_IO;

	if (e == ENOENT || e == ECONNREFUSED || e == ENOTDIR)
		rc = KERR_NOTFOUND;
	else if (e == EACCES || e == EPERM)
		rc = KERR_DENIED;
	return err_set(err, rc, "%s: %s", path, strerror(e));
}

int ctl_link_open(const char *path, struct ctl_link **out, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (!slice_cstr(slice_str(path), sa.sun_path, sizeof sa.sun_path))
		return err_set(
			err, KERR_INVALID, "%s: over %zu bytes", path, sizeof sa.sun_path - 1);

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof sa) < 0) {
		int rc = open_error(errno, path, err);

		if (fd >= 0)
			close(fd);
		return rc;
	}
	struct ctl_link *l = mem_new(struct ctl_link);
	l->in = fdopen(fd, "r");
	l->out = fdopen(dup(fd), "w");
	*out = l;
	if (l->in && l->out)
		return 0;
	ctl_link_close(l);
	return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
}

void ctl_link_close(struct ctl_link *l)
{
	if (!l)
		return;
	if (l->in)
		fclose(l->in);
	if (l->out)
		fclose(l->out);
	free(l->line);
	free(l);
}

int ctl_link_send(struct ctl_link *l, const json_t *request, struct err *err)
{
	char *text = json_dumps(request, JSON_COMPACT);
	bool sent = fputs(text, l->out) >= 0 && fputc('\n', l->out) != EOF && fflush(l->out) == 0;

	mem_wipe(text, strlen(text)); /* there may be a password in it */
	free(text);
	return sent ? 0 : err_set(err, KERR_IO, "the daemon has closed the connection");
}

static json_t *receive_line(struct ctl_link *l)
{
	ssize_t len = getline(&l->line, &l->line_size, l->in);

	if (len <= 0 || len > ANSWER_MAX)
		return NULL;
	return json_loadb(l->line, (size_t)len, 0, NULL);
}

int ctl_link_receive(struct ctl_link *l, json_t **rows_out, json_t **last_out, struct err *err)
{
	json_t *rows = json_array(), *line;

	while ((line = receive_line(l)) && !json_object_get(line, "ok"))
		json_array_append_new(rows, line);
	*last_out = line;
	*rows_out = line ? rows : NULL;
	if (line)
		return 0;
	json_decref(rows);
	return err_set(err, KERR_IO, "the daemon has closed the connection");
}
