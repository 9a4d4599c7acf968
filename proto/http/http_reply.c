/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status lines and the fields that every answer has. */
#include "proto/base/date.h"
#include "proto/http/http_routes.h"

/* RFC 9110 section 15 */
static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{200, "OK"			     },
		{302, "Found"                          },
		{400, "Bad Request"                    },
		{404, "Not Found"                      },
		{405, "Method Not Allowed"             },
		{411, "Length Required"                },
		{413, "Content Too Large"              },
		{414, "URI Too Long"                   },
		{417, "Expectation Failed"             },
		{431, "Request Header Fields Too Large"},
		{501, "Not Implemented"                },
		{505, "HTTP Version Not Supported"     },
	};

	for (size_t i = 0; i < array_len(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Error";
}

void http_reply_error(int status, const char *why, struct http_reply *reply)
{
	reply->status = status;
	reply->type = "text/plain; charset=utf-8";
	reply->more = "";
	buf_reset(&reply->body);
	buf_addf(&reply->body, "%d %s: %s\r\n", status, reason(status), why);
}

/*
 * Nothing is taken from elsewhere, nothing runs, no frame shows it, no address stands in a Referer,
 * and no cache keeps what was asked for.
 */
static const char safety[] =
	"Cache-Control: no-store\r\n"
	"Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; "
	"base-uri 'none'; frame-ancestors 'none'\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"X-Frame-Options: DENY\r\n";

void http_reply_add(const struct http_reply *reply, int64_t now_at, bool with_body,
	const char *connection, struct buf *out)
{
	buf_addf(out, "HTTP/1.1 %d %s\r\nDate: ", reply->status, reason(reply->status));
	date_add_http(out, now_at);
	buf_add(out, lit("\r\n"));
	if (reply->type)
		buf_addf(out, "Content-Type: %s\r\n", reply->type);
	if (reply->language)
		buf_addf(out, "Content-Language: %s\r\nVary: Accept-Language\r\n", reply->language);
	buf_addf(out, "Content-Length: %zu\r\n", reply->body.len);
	buf_addz(out, reply->more);
	buf_addz(out, safety);
	if (connection)
		buf_addf(out, "Connection: %s\r\n", connection);
	buf_add(out, lit("\r\n"));
	if (with_body)
		buf_add(out, buf_slice(&reply->body));
}
