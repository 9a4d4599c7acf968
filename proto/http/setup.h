/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What mail programs and people are told to set up an account: the documents, each made from the
 * site's settings alone.  They are the same whether an address exists or not.
 */
#ifndef PROTO_HTTP_SETUP_H
#define PROTO_HTTP_SETUP_H

#include "proto/base/buf.h"
#include "proto/http/setup_words.h"

enum setup_security { SETUP_TLS, SETUP_STARTTLS, SETUP_PLAIN };

/* A door as a program reaches it. */
struct setup_door {
	unsigned port; /* 0: there is none */
	enum setup_security security;
};

struct setup_site {
	const char *host; /* name that programs connect to */
	const struct slice
		*domains; /* right sides of its people's addresses; the first is its name */
	size_t n_domains; /* at least 1 */
	struct setup_door imap, submission, nntp;
	unsigned https_port;                    /* where the same is served with TLS; 0: nowhere */
	const struct setup_words *const *words; /* a language each; the first when none suits */
	size_t n_words;                         /* at least 1 */
};

enum { SETUP_ADDRESS_MAX = 254 }; /* bytes.  RFC 5321 section 4.5.3.1.3 */

/* What an address is to this site.  Nobody is looked up. */
enum setup_address {
	SETUP_ADDRESS_HERE,      /* well-formed, and its domain is one of the site's */
	SETUP_ADDRESS_ELSEWHERE, /* well-formed, of another domain */
	SETUP_ADDRESS_BAD,
};

enum setup_address setup_judge(const struct setup_site *site, struct slice address);

/*
 * Thunderbird's autoconfig, also read by K-9: clientConfig version 1.1.
 * https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
 */
void setup_autoconfig(const struct setup_site *site, struct buf *out);

/*
 * A configuration profile for Apple's Mail.  address may be empty: then the device asks for it.
 * https://developer.apple.com/documentation/devicemanagement/mail
 */
void setup_apple(const struct setup_site *site, const struct setup_words *words,
	struct slice address, struct buf *out);

/*
 * The address in an autodiscover request, and the schema it wants (may be empty).
 * false: no UTF-8, XML with declarations, comments or unknown entities, either text twice, or no
 * address.  MS-OXDSCLI section 2.2.3
 */
NODISCARD bool setup_outlook_read(struct slice body, struct buf *address, struct buf *schema);

/* Is that the schema of setup_outlook? */
bool setup_outlook_wants(struct slice schema);

/* Outlook's answer, and one that says what is wrong.  MS-OXDSCLI section 2.2.4 */
void setup_outlook(const struct setup_site *site, struct slice address, struct buf *out);
void setup_outlook_error(int code, const char *message, int64_t now_at, struct buf *out);

/*
 * The page for people, HTML; one that says that an address is none of the site's, without showing
 * it; and the style sheet of both.
 */
void setup_page(const struct setup_site *site, const struct setup_words *words, struct buf *out);
void setup_page_wrong(
	const struct setup_site *site, const struct setup_words *words, struct buf *out);
extern const char setup_css[];

/* Text for XML and HTML, in elements and between double quotes; invalid UTF-8 and what XML cannot
 * hold become U+FFFD.  XML 1.0 section 2.2, 2.4 */
void setup_add_xml(struct buf *out, struct slice text);

#endif
