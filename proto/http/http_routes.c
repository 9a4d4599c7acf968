/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths are compared whole with this table, after percent code is undone: there is no folder to
 * climb out of.  Answers depend on the request and the site's settings alone.
 */
#include "proto/http/http_routes.h"

struct asked {
	const struct setup_site *site;
	const struct http_request *request;
};

typedef void (*route_fn)(const struct asked *a, struct http_reply *reply);

struct route {
	struct slice path;
	unsigned methods; /* enum http_method */
	bool any_case;    /* Outlook writes its path in several ways */
	route_fn fn;
};

/* ---- handlers ---- */

static void refuse(struct http_reply *reply, int status, const char *why)
{
	http_reply_error(status, why, reply);
}

/*
 * The address in the query, when there is one, decides whether the document is for it; a wrong
 * answer for another domain would set up an account that cannot work.
 */
static void autoconfig(const struct asked *a, struct http_reply *reply)
{
	struct buf address;

	buf_init(&address, HTTP_VALUE_MAX);
	enum scan got = http_query(a->request->query, lit("emailaddress"), &address);
	enum setup_address what = SETUP_ADDRESS_HERE;
	if (got == SCAN_OK && address.len > 0)
		what = setup_judge(a->site, buf_slice(&address));
	buf_fini(&address);
	if (got == SCAN_BAD || what == SETUP_ADDRESS_BAD) {
		refuse(reply, 400, "no address");
		return;
	}
	if (what == SETUP_ADDRESS_ELSEWHERE) {
		refuse(reply, 404, "not a domain of this server");
		return;
	}
	reply->type = "text/xml; charset=utf-8";
	setup_autoconfig(a->site, &reply->body);
}

static const struct route routes[] = {
	{lit("/mail/config-v1.1.xml"),                        HTTP_GET | HTTP_HEAD, false, autoconfig},
	{lit("/.well-known/autoconfig/mail/config-v1.1.xml"), HTTP_GET | HTTP_HEAD, false,
         autoconfig										  },
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

void http_reply_make(
	const struct setup_site *site, const struct http_request *r, struct http_reply *reply)
{
	const struct asked a = {site, r};
	struct buf path;

	reply->status = 200;
	reply->more = "";
	buf_init(&path, HTTP_VALUE_MAX);
	bool good = http_decode(r->path, false, &path);
	const struct route *route = good ? find(buf_slice(&path)) : NULL;
	bool too_long = path.bad;
	buf_fini(&path);
	if (!good && !too_long) {
		refuse(reply, 400, "the path is not well-formed");
	} else if (!route) {
		refuse(reply, 404, "there is no such document");
	} else if (!(route->methods & r->method)) {
		refuse(reply, 405, "not this way");
		reply->more =
			route->methods & HTTP_POST ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n";
	} else {
		route->fn(&a, reply);
	}
}
