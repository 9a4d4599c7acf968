/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile with one payload, an IMAP account.  Its identifiers follow from server and address, so
 * loading it again replaces the account in place of making a second one.
 */
#include "proto/base/crypto.h"
#include "proto/base/text.h"
#include "proto/http/setup.h"

static void add_key(struct buf *out, const char *key)
{
	buf_addf(out, "<key>%s</key>", key);
}

static void add_string(struct buf *out, const char *key, struct slice value)
{
	add_key(out, key);
	buf_add(out, lit("<string>"));
	setup_add_xml(out, value);
	buf_add(out, lit("</string>\n"));
}

static void add_text(struct buf *out, const char *key, const char *value)
{
	add_string(out, key, slice_str(value));
}

static void add_number(struct buf *out, const char *key, unsigned n)
{
	add_key(out, key);
	buf_addf(out, "<integer>%u</integer>\n", n);
}

static void add_bool(struct buf *out, const char *key, bool value)
{
	add_key(out, key);
	buf_addz(out, value ? "<true/>\n" : "<false/>\n");
}

/* A UUID of version 8, from a hash of what it names.  RFC 9562 section 5.8 */
static void add_uuid(
	struct buf *out, const struct setup_site *site, const char *what, struct slice address)
{
	uint8_t hash[CRYPTO_HASH_LEN];
	struct buf name;

	buf_init(&name, 1024);
	buf_addf(&name, "koko setup %s %s ", what, site->host);
	text_add_lower(&name, address);
	crypto_sha256(buf_slice(&name), hash);
	buf_fini(&name);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	add_key(out, "PayloadUUID");
	buf_add(out, lit("<string>"));
	for (unsigned i = 0; i < 16; i++) {
		buf_addf(out, "%02X", hash[i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			buf_addc(out, '-');
	}
	buf_add(out, lit("</string>\n"));
}

/* What every payload has. */
static void add_payload(struct buf *out, const struct setup_site *site, const char *type,
	const char *what, struct slice address)
{
	struct buf id;

	buf_init(&id, 1024);
	buf_addf(&id, "%.*s.%s", SLICE_ARG(site->domains[0]), what);
	add_text(out, "PayloadType", type);
	add_number(out, "PayloadVersion", 1);
	add_string(out, "PayloadIdentifier", buf_slice(&id));
	add_uuid(out, site, what, address);
	add_string(out, "PayloadDisplayName", site->domains[0]);
	add_string(out, "PayloadOrganization", site->domains[0]);
	buf_fini(&id);
}

static void add_incoming(struct buf *out, const struct setup_site *site, struct slice address)
{
	add_text(out, "IncomingMailServerAuthentication", "EmailAuthPassword");
	add_text(out, "IncomingMailServerHostName", site->host);
	add_number(out, "IncomingMailServerPortNumber", site->imap.port);
	add_bool(out, "IncomingMailServerUseSSL", site->imap.security != SETUP_PLAIN);
	if (address.len > 0)
		add_string(out, "IncomingMailServerUsername", address);
}

static void add_outgoing(struct buf *out, const struct setup_site *site, struct slice address)
{
	add_text(out, "OutgoingMailServerAuthentication", "EmailAuthPassword");
	add_text(out, "OutgoingMailServerHostName", site->host);
	add_number(out, "OutgoingMailServerPortNumber", site->submission.port);
	add_bool(out, "OutgoingMailServerUseSSL", site->submission.security != SETUP_PLAIN);
	if (address.len > 0)
		add_string(out, "OutgoingMailServerUsername", address);
	add_bool(out, "OutgoingPasswordSameAsIncomingPassword", true);
}

void setup_apple(const struct setup_site *site, const struct setup_words *words,
	struct slice address, struct buf *out)
{
	buf_add(out, lit("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
			 "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
			 "<plist "
			 "version=\"1.0\">\n<dict>\n<key>PayloadContent</key>\n<array>\n<dict>\n"));
	add_payload(out, site, "com.apple.mail.managed", "mail", address);
	add_string(out, "EmailAccountDescription", site->domains[0]);
	add_text(out, "EmailAccountType", "EmailTypeIMAP");
	if (address.len > 0)
		add_string(out, "EmailAddress", address);
	add_incoming(out, site, address);
	add_outgoing(out, site, address);
	buf_add(out, lit("</dict>\n</array>\n"));
	add_payload(out, site, "Configuration", "setup", address);
	add_text(out, "PayloadDescription", words->text[SETUP_W_PROFILE]);
	add_bool(out, "PayloadRemovalDisallowed", false);
	buf_add(out, lit("</dict>\n</plist>\n"));
}
