/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The document with placeholders: Thunderbird puts the address in by itself.  The login is the
 * whole address, which every door takes; what stands before the @ need not be somebody's login.
 */
#include "proto/http/setup.h"

static void add_server(struct buf *out, const struct setup_site *site, const char *element,
	const char *type, const struct setup_door *door)
{
	static const char *const security[] = {
		[SETUP_TLS] = "SSL", [SETUP_STARTTLS] = "STARTTLS", [SETUP_PLAIN] = "plain"};

	if (door->port == 0)
		return;
	buf_addf(out, "    <%s type=\"%s\">\n      <hostname>", element, type);
	setup_add_xml(out, slice_str(site->host));
	buf_addf(out, "</hostname>\n      <port>%u</port>\n", door->port);
	buf_addf(out, "      <socketType>%s</socketType>\n", security[door->security]);
	buf_add(out, lit("      <authentication>password-cleartext</authentication>\n"
			 "      <username>%EMAILADDRESS%</username>\n"));
	buf_addf(out, "    </%s>\n", element);
}

static void add_name(struct buf *out, const char *element, struct slice name)
{
	buf_addf(out, "    <%s>", element);
	setup_add_xml(out, name);
	buf_addf(out, "</%s>\n", element);
}

/* The first incoming server is the one that is set up: mail; news is named as what else there is.
 */
void setup_autoconfig(const struct setup_site *site, struct buf *out)
{
	buf_add(out, lit("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<clientConfig version=\"1.1\">\n  <emailProvider id=\""));
	setup_add_xml(out, site->domains[0]);
	buf_add(out, lit("\">\n"));
	for (size_t i = 0; i < site->n_domains; i++)
		add_name(out, "domain", site->domains[i]);
	add_name(out, "displayName", site->domains[0]);
	add_name(out, "displayShortName", site->domains[0]);
	add_server(out, site, "incomingServer", "imap", &site->imap);
	add_server(out, site, "incomingServer", "nntp", &site->nntp);
	add_server(out, site, "outgoingServer", "smtp", &site->submission);
	buf_add(out, lit("  </emailProvider>\n</clientConfig>\n"));
}
