/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made at the start and at each reload, with the rest of what conversations need. */
#include "daemon/http.h"

#include "proto/base/mem.h"
#include "proto/base/text.h"

static bool is_loopback(struct slice address)
{
	return slice_starts(address, lit("127.")) || slice_starts(address, lit("[::1]"));
}

/* The port of the first address that others reach; 0: none. */
static unsigned port_of(const struct conf_list *listen, bool loopback_too)
{
	for (size_t i = 0; i < listen->n; i++) {
		struct slice where = slice_str(listen->v[i]);
		const char *colon = strrchr(listen->v[i], ':');
		uint64_t port;

		if ((loopback_too || !is_loopback(where)) && colon &&
			text_number(slice_str(colon + 1), 65535, &port) && port > 0)
			return (unsigned)port;
	}
	return 0;
}

static struct setup_door door_of(const struct conf *c, const char *host,
	const struct conf_list *listen_tls, const struct conf_list *listen)
{
	bool loopback = is_loopback(slice_str(host));
	bool certificate = c->tls.certificate[0] != '\0';
	unsigned tls_port = port_of(listen_tls, loopback);

	if (tls_port > 0)
		return (struct setup_door){tls_port, SETUP_TLS};
	return (struct setup_door){
		port_of(listen, loopback), certificate ? SETUP_STARTTLS : SETUP_PLAIN};
}

static struct slice dup(const char *s)
{
	struct slice from = slice_str(s);

	return slice_of(mem_dup(from), from.len);
}

struct setup_site *http_site_new(const struct conf *c, const struct words *words)
{
	struct setup_site *site = mem_new(struct setup_site);
	struct slice *domains = mem_array(c->mail_domains.n + 1, sizeof *domains);
	const char *host = c->http.setup_host[0] ? c->http.setup_host : c->name;

	domains[0] = dup(c->name);
	for (size_t i = 0; i < c->mail_domains.n; i++)
		domains[i + 1] = dup(c->mail_domains.v[i]);
	site->domains = domains;
	site->n_domains = c->mail_domains.n + 1;
	site->host = dup(host).p;
	site->imap = door_of(c, host, &c->imap.listen_tls, &c->imap.listen);
	site->submission = door_of(c, host, &c->submission.listen_tls, &c->submission.listen);
	site->https_port = port_of(&c->http.listen_tls, is_loopback(slice_str(host)));
	site->nntp = door_of(c, host, &c->nntp.listen_tls, &c->nntp.listen);
	site->words = words->list;
	site->n_words = words->n;
	return site;
}

/* The const of the members is for those who read them. */
static void drop(const void *p)
{
	free((void *)(uintptr_t)p);
}

void http_site_free(struct setup_site *site)
{
	if (!site)
		return;
	for (size_t i = 0; i < site->n_domains; i++)
		drop(site->domains[i].p);
	drop(site->domains);
	drop(site->host);
	free(site);
}
