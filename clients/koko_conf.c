/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of koko: the file of key = value lines, and what the connection needs of them. */
#include <errno.h>
#include <stdio.h>

#include "clients/i18n.h"
#include "clients/koko.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { LINE_MAX_BYTES = 1024 };

static bool set_text(char **to, struct slice value)
{
	free(*to);
	*to = mem_dup(value);
	return true;
}

static bool set_bool(bool *to, struct slice value)
{
	*to = slice_eq(value, lit("yes")) || slice_eq(value, lit("on"));
	return *to || slice_eq(value, lit("no")) || slice_eq(value, lit("off"));
}

bool koko_set(struct koko_opts *o, struct slice key, struct slice value)
{
	if (slice_eq(key, lit("server")))
		return set_text(&o->server, value);
	if (slice_eq(key, lit("submission")))
		return set_text(&o->submission, value);
	if (slice_eq(key, lit("user")))
		return set_text(&o->user, value);
	if (slice_eq(key, lit("password-file")))
		return set_text(&o->password_file, value);
	if (slice_eq(key, lit("ca")))
		return set_text(&o->ca, value);
	if (slice_eq(key, lit("from")))
		return set_text(&o->from, value);
	if (slice_eq(key, lit("tls")))
		return set_bool(&o->tls, value);
	return false;
}

/* "key = value"; empty lines and those that begin with # say nothing. */
static bool take_line(struct koko_opts *o, struct slice line)
{
	line = slice_trim(line);
	if (line.len == 0 || line.p[0] == '#')
		return true;

	size_t equals = slice_chr(line, '=');
	return equals < line.len && koko_set(o, slice_trim(slice_head(line, equals)),
					    slice_trim(slice_from(line, equals + 1)));
}

static bool config_path(char *path, size_t size)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = -1;

	if (xdg && *xdg)
		n = snprintf(path, size, "%s/koko/config", xdg);
	else if (home && *home)
		n = snprintf(path, size, "%s/.config/koko/config", home);
	return n > 0 && (size_t)n < size;
}

int koko_read_config(struct koko_opts *o, struct err *err)
{
	char path[4096], line[LINE_MAX_BYTES];
	int rc = 0;

	if (!config_path(path, sizeof path))
		return 0;
	FILE *f = fopen(path, "re");
	if (!f)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	for (unsigned n = 1; rc == 0 && fgets(line, sizeof line, f); n++)
		if (!take_line(o, slice_str(line)))
			rc = err_set(err, KERR_INVALID,
				_("%s:%u: allowed: server, submission, tls, ca, user, "
				  "password-file, from"),
				path, n);
	fclose(f);
	return rc;
}

void koko_opts_fini(struct koko_opts *o)
{
	free(o->server);
	free(o->submission);
	free(o->user);
	free(o->password_file);
	free(o->ca);
	free(o->from);
	free(o->subject);
	mem_wipe(o->password, sizeof o->password);
}

/* What may stand before a host, and what it means. */
static const struct {
	const char *scheme;
	enum net_door door;
	bool tls;
	uint16_t port;
} schemes[] = {
	{"nntp://",  NET_NNTP, false, 119},
	{"nntps://", NET_NNTP, true,  563},
	{"imap://",  NET_IMAP, false, 143},
	{"imaps://", NET_IMAP, true,  993},
	{"smtp://",  NET_SMTP, false, 587},
	{"smtps://", NET_SMTP, true,  465},
};

/* The port as a rule of a door, with or without TLS. */
static uint16_t port_of(const struct net_opts *net)
{
	for (size_t i = 0; i < array_len(schemes); i++)
		if (schemes[i].door == net->door && schemes[i].tls == net->tls)
			return schemes[i].port;
	return 0;
}

/* Cut a scheme, which says more than the options do, off the front. */
static struct slice cut_scheme(struct slice s, struct net_opts *net)
{
	for (size_t i = 0; i < array_len(schemes); i++) {
		if (!slice_starts_ci(s, slice_str(schemes[i].scheme)))
			continue;
		net->door = schemes[i].door;
		net->tls = net->tls || schemes[i].tls;
		return slice_from(s, strlen(schemes[i].scheme));
	}
	return s;
}

/* "host", "host:port", "[address]:port", each also behind a scheme; the host is borrowed. */
static bool split_server(const char *server, struct net_opts *net, struct slice *host)
{
	struct slice s = cut_scheme(slice_str(server), net);
	size_t colon = s.len;
	uint64_t n = port_of(net);

	while (colon > 0 && s.p[colon - 1] != ':' && s.p[colon - 1] != ']')
		colon--;
	bool has_port = colon > 0 && s.p[colon - 1] == ':';
	if (has_port && !text_number(slice_from(s, colon), 65535, &n))
		return false;
	*host = has_port ? slice_head(s, colon - 1) : s;
	if (host->len > 2 && host->p[0] == '[' && host->p[host->len - 1] == ']')
		*host = slice_of(host->p + 1, host->len - 2);
	net->port = (uint16_t)n;
	return host->len > 0;
}

/* From $KOKO_PASSWORD, the file, or the terminal. */
static int get_password(struct koko_opts *o, struct err *err)
{
	const char *env = getenv("KOKO_PASSWORD");

	if (o->password_file)
		return secret_read(o->password_file, o->password, err);
	if (!env)
		return secret_ask(_("password"), false, o->password, err);
	if (!slice_cstr(slice_str(env), o->password, sizeof o->password))
		return err_set(err, KERR_INVALID, _("KOKO_PASSWORD is too long"));
	return 0;
}

/* Where a server is, and the login; name[256] is borrowed. */
static int prepare(struct koko_opts *o, const char *server, bool submission, struct net_opts *net,
	char name[256], struct err *err)
{
	struct slice host;

	*net = (struct net_opts){.door = submission ? NET_SMTP : NET_NNTP,
		.tls = o->tls,
		.ca = o->ca,
		.user = o->user};
	if (!split_server(server, net, &host) || !slice_cstr(host, name, 256) ||
		(net->door == NET_SMTP) != submission)
		return err_set(err, KERR_INVALID, _("\"%s\" is no server"), server);
	int rc = o->user && o->password[0] == '\0' ? get_password(o, err) : 0;
	net->host = name;
	net->password = o->password;
	return rc;
}

int koko_connect(struct koko_opts *o, struct net **out, struct err *err)
{
	struct net_opts net;
	char name[256];

	if (!o->server)
		return err_set(err, KERR_INVALID, _("no server: --server HOST:PORT is missing"));
	int rc = prepare(o, o->server, false, &net, name, err);
	return rc < 0 ? rc : net_open(&net, out, err);
}

int koko_send(struct koko_opts *o, const char *sender, const char *rcpt, struct slice mail,
	struct buf *answer, struct err *err)
{
	struct net_opts net;
	char name[256];
	int rc = prepare(o, o->submission, true, &net, name, err);

	return rc < 0 ? rc : net_send(&net, sender, rcpt, mail, answer, err);
}
