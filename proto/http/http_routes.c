/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths are compared whole with this table, after percent code is undone: there is no folder to
 * climb out of.  Answers depend on the request and the site's settings alone.
 */
#include "proto/http/http_routes.h"

#include <stdio.h>

typedef void (*route_fn)(const struct http_asked *a, struct http_reply *reply);

struct route {
	struct slice path;
	unsigned methods; /* enum http_method */
	bool any_case;    /* Outlook writes its path in several ways */
	bool only_tls;    /* who is exposed is sent there, if there is TLS */
	route_fn fn;
};

/* ---- what handlers share ---- */

static void refuse(struct http_reply *reply, int status, const char *why)
{
	http_reply_error(status, why, reply);
}

/*
 * The address in the query, without blanks at its ends; empty when there is none.  200, or with
 * what it is refused: 404 for one of another domain, since settings that cannot work help nobody.
 */
static int take_address(
	const struct http_asked *a, struct slice name, bool plus, struct buf *address)
{
	enum scan got = http_query(a->request->query, name, plus, address);
	struct slice trimmed = slice_trim(buf_slice(address));

	if (got == SCAN_BAD)
		return 400;
	buf_cut(address, (size_t)(trimmed.p - buf_slice(address).p) + trimmed.len);
	buf_drop(address, address->len - trimmed.len);
	if (address->len == 0)
		return 200;
	switch (setup_judge(a->site, buf_slice(address))) {
	case SETUP_ADDRESS_HERE:
		return 200;
	case SETUP_ADDRESS_ELSEWHERE:
		return 404;
	case SETUP_ADDRESS_BAD:
		break;
	}
	return 400;
}

/* Without IMAP and submission there is no mail program to set up. */
static bool has_mail(const struct http_asked *a, struct http_reply *reply)
{
	if (a->site->imap.port > 0 && a->site->submission.port > 0)
		return true;
	refuse(reply, 404, "there is no mail here");
	return false;
}

/* The visitor's language: ?lang=, else what the browser asks for. */
static const struct setup_words *choose_words(const struct http_asked *a, struct http_reply *reply)
{
	const struct setup_site *site = a->site;
	struct buf lang;

	buf_init(&lang, HTTP_VALUE_MAX);
	if (http_query(a->request->query, lit("lang"), true, &lang) != SCAN_OK)
		buf_reset(&lang);
	size_t i = setup_words_choose(
		site->words, site->n_words, buf_slice(&lang), a->request->languages);
	buf_fini(&lang);
	reply->language = site->words[i]->lang;
	return site->words[i];
}

/* ---- handlers ---- */

/* A program asks: some leave "+" as it is, and no address has blanks. */
static void autoconfig(const struct http_asked *a, struct http_reply *reply)
{
	struct buf address;

	if (!has_mail(a, reply))
		return;
	buf_init(&address, HTTP_VALUE_MAX);
	int status = take_address(a, lit("emailaddress"), false, &address);
	buf_fini(&address);
	if (status != 200) {
		refuse(reply, status, "not an address of this server");
		return;
	}
	reply->type = "text/xml; charset=utf-8";
	setup_autoconfig(a->site, &reply->body);
}

/* A person asks, through the form of the page, and is told in plain words what is wrong. */
static void apple(const struct http_asked *a, struct http_reply *reply)
{
	struct buf address;

	if (!has_mail(a, reply))
		return;
	buf_init(&address, HTTP_VALUE_MAX);
	const struct setup_words *words = choose_words(a, reply);
	reply->status = take_address(a, lit("address"), true, &address);
	if (reply->status == 200) {
		reply->type = "application/x-apple-aspen-config";
		reply->more = "Content-Disposition: attachment; filename=\"koko.mobileconfig\"\r\n";
		setup_apple(a->site, words, buf_slice(&address), &reply->body);
	} else {
		reply->type = "text/html; charset=utf-8";
		setup_page_wrong(a->site, words, &reply->body);
	}
	buf_fini(&address);
}

/* Faults are said in the answer, which is a good one for HTTP: Outlook expects that. */
static void outlook(const struct http_asked *a, struct http_reply *reply)
{
	struct buf address, schema;

	if (!has_mail(a, reply))
		return;
	buf_init(&address, HTTP_VALUE_MAX);
	buf_init(&schema, HTTP_VALUE_MAX);
	bool good = setup_outlook_read(a->request->body, &address, &schema);
	enum setup_address what =
		good ? setup_judge(a->site, buf_slice(&address)) : SETUP_ADDRESS_BAD;
	reply->type = "text/xml; charset=utf-8";
	if (what == SETUP_ADDRESS_BAD)
		setup_outlook_error(600, "Invalid Request", a->now_at, &reply->body);
	else if (!setup_outlook_wants(buf_slice(&schema)))
		setup_outlook_error(601, "Provider is not available", a->now_at, &reply->body);
	else if (what == SETUP_ADDRESS_ELSEWHERE)
		setup_outlook_error(
			500, "The email address is not of this server", a->now_at, &reply->body);
	else
		setup_outlook(a->site, buf_slice(&address), &reply->body);
	buf_fini(&address);
	buf_fini(&schema);
}

static void page(const struct http_asked *a, struct http_reply *reply)
{
	reply->type = "text/html; charset=utf-8";
	setup_page(a->site, choose_words(a, reply), &reply->body);
}

static void style(const struct http_asked *a, struct http_reply *reply)
{
	(void)a;
	reply->type = "text/css; charset=utf-8";
	buf_addz(&reply->body, setup_css);
}

/* Who types the name of the server alone comes to the page. */
static void to_page(const struct http_asked *a, struct http_reply *reply)
{
	(void)a;
	reply->status = 302;
	reply->more = "Location: /setup\r\n";
}

enum { READ = HTTP_GET | HTTP_HEAD };

/*
 * Whoever changes a page or a profile on its way sends a person to a server of his own.
 * Thunderbird asks for its document without TLS where the name has no certificate; Outlook that
 * asks by GET wants to be sent to TLS.
 */
static const struct route routes[] = {
	{lit("/"),					    READ,      false, true,  to_page   },
	{lit("/setup"),				       READ,      false, true,  page      },
	{lit("/setup/"),				      READ,      false, true,  to_page   },
	{lit("/setup/koko.css"),                              READ,      false, true,  style     },
	{lit("/setup/apple.mobileconfig"),                    READ,      false, true,  apple     },
	{lit("/mail/config-v1.1.xml"),                        READ,      false, false, autoconfig},
	{lit("/.well-known/autoconfig/mail/config-v1.1.xml"), READ,      false, false, autoconfig},
	{lit("/autodiscover/autodiscover.xml"),               HTTP_POST, true,  true,  outlook   },
};

/* ---- finding ---- */

static const struct route *find(struct slice path)
{
	for (size_t i = 0; i < array_len(routes); i++) {
		const struct route *r = &routes[i];

		if (r->any_case ? slice_eq_ci(r->path, path) : slice_eq(r->path, path))
			return r;
	}
	return NULL;
}

/* To the same path with TLS, without what was in the query. */
static void to_tls(const struct http_asked *a, const struct route *route, struct http_reply *reply)
{
	reply->status = 302;
	(void)snprintf(reply->location, sizeof reply->location, "Location: https://%s:%u%.*s\r\n",
		a->site->host, a->site->https_port, SLICE_ARG(route->path));
	reply->more = reply->location;
}

static void follow(const struct http_asked *a, const struct route *route, struct http_reply *reply)
{
	enum http_method method = a->request->method;

	if (route->only_tls && a->exposed && a->site->https_port > 0 && method != HTTP_POST) {
		to_tls(a, route, reply);
	} else if (!(route->methods & method)) {
		refuse(reply, 405, "not this way");
		reply->more =
			route->methods & HTTP_POST ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
	} else {
		route->fn(a, reply);
	}
}

void http_reply_make(const struct http_asked *a, struct http_reply *reply)
{
	struct buf path;

	reply->status = 200;
	reply->more = "";
	buf_init(&path, HTTP_VALUE_MAX);
	bool good = http_decode(a->request->path, false, &path);
	const struct route *route = good ? find(buf_slice(&path)) : NULL;
	bool too_long = path.bad;
	buf_fini(&path);
	if (route)
		follow(a, route, reply);
	else if (good || too_long)
		refuse(reply, 404, "there is no such document");
	else
		refuse(reply, 400, "the path is not well-formed");
}
