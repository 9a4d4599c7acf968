/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests: every row whole, byte by byte and cut at every place; limits; percent code; queries. */
#include "tests/rig/unit.h"

#include "proto/http/http_parse.h"
#include "tests/rig/splits.h"

/* ---- requests ---- */

static void add_request(struct buf *answer, const struct http_request *r)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST"};

	buf_addf(answer, "[%s %u %.*s", names[r->method], r->minor, SLICE_ARG(r->path));
	buf_addf(answer, "|%.*s|%.*s", SLICE_ARG(r->query), SLICE_ARG(r->languages));
	buf_addf(answer, "|%.*s|%s]", SLICE_ARG(r->body), r->close ? "close" : "");
}

/* Take all requests of the pieces as a session does: what is not used is offered again. */
static void take_requests(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct http_parser p = {0};
	struct buf in;

	(void)arg;
	buf_init(&in, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		enum scan got;

		buf_add(&in, pieces[i]);
		do {
			struct slice copy = splits_copy(buf_slice(&in));
			struct http_request r;
			size_t used;

			got = http_take(&p, copy, &used, &r);
			if (got == SCAN_OK) {
				add_request(answer, &r);
				p = (struct http_parser){0};
			}
			if (got == SCAN_BAD)
				buf_addf(answer, "{%d %s}", p.status, p.why);
			splits_free(copy);
			buf_drop(&in, used);
		} while (got == SCAN_OK);
		if (got == SCAN_BAD)
			break;
	}
	buf_fini(&in);
}

struct row {
	struct slice in;
	const char *want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf answer;

		buf_init(&answer, 1 << 20);
		assert_true(splits_check(take_requests, NULL, rows[i].in, &answer));
		assert_buf(&answer, rows[i].want);
		buf_fini(&answer);
	}
}

#define H "Host: a\r\n\r\n"

static void lines(void **state)
{
	static const struct row rows[] = {
		{lit("GET / HTTP/1.1\r\n" H),                          "[GET 1 /||||]"                },
		{lit("HEAD /a/b?x=1&y HTTP/1.1\r\n" H),                "[HEAD 1 /a/b|x=1&y|||]"       },
		{lit("GET /?a?b HTTP/1.1\r\n" H),                      "[GET 1 /|a?b|||]"             },
		{lit("GET / HTTP/1.9\r\n" H),                          "[GET 1 /||||]"                },
		{lit("GET / HTTP/1.0\r\n\r\n"),                        "[GET 0 /||||close]"           },
		{lit("\r\nGET / HTTP/1.1\r\n" H),                      "[GET 1 /||||]"                },
		{lit("\r\n\r\nGET / HTTP/1.1\r\n" H),                  "{400 no request line}"        },
		{lit("GET / HTTP/1.1\r\n" H "HEAD /2 HTTP/1.1\r\n" H),
                 "[GET 1 /||||][HEAD 1 /2||||]"						       },
		{lit("GET http://a:80/x?y HTTP/1.1\r\n" H),            "[GET 1 /x|y|||]"              },
		{lit("GET HTTPS://a HTTP/1.1\r\n" H),                  "[GET 1 /||||]"                },
		{lit("GET http://a?y HTTP/1.1\r\n" H),                 "[GET 1 /|y|||]"               },
		{lit("GET http://u@a/ HTTP/1.1\r\n" H),                "{400 no name of a host}"      },
		{lit("GET http:///x HTTP/1.1\r\n" H),                  "{400 no name of a host}"      },
		{lit("GET ftp://a/ HTTP/1.1\r\n" H),                   "{400 no target of a request}" },
		{lit("GET * HTTP/1.1\r\n" H),                          "{400 no target of a request}" },
		{lit("GET  / HTTP/1.1\r\n" H),                         "{400 no target of a request}" },
		{lit("GET / HTTP/1.1 \r\n" H),                         "{400 no version of HTTP}"     },
		{lit("GET /\t HTTP/1.1\r\n" H),                        "{400 no target of a request}" },
		{lit("GET /\xc3\xa4 HTTP/1.1\r\n" H),                  "{400 no target of a request}" },
		{lit("GET /#x HTTP/1.1\r\n" H),                        "{400 no target of a request}" },
		{lit("GET /\"><script> HTTP/1.1\r\n" H),               "{400 no target of a request}" },
		{lit("GET /?<b> HTTP/1.1\r\n" H),                      "{400 no target of a request}" },
		{lit("GET / http/1.1\r\n" H),                          "{400 no version of HTTP}"     },
		{lit("GET / HTTP/1.10\r\n" H),                         "{400 no version of HTTP}"     },
		{lit("GET / HTTP/2.0\r\n" H),                          "{505 HTTP/1.1 is spoken here}"},
		{lit("GET / HTTP/0.9\r\n" H),                          "{505 HTTP/1.1 is spoken here}"},
		{lit("GET /\r\n"),				     "{400 no target of a request}" },
		{lit("get / HTTP/1.1\r\n" H),                          "{501 unknown method}"         },
		{lit("OPTIONS * HTTP/1.1\r\n" H),                      "{501 unknown method}"         },
		{lit("CONNECT a:1 HTTP/1.1\r\n" H),                    "{501 unknown method}"         },
		{lit("PRI * HTTP/2.0\r\n\r\n"),                        "{501 unknown method}"         },
		{lit("SSH-2.0-x\r\n"),                                 "{400 no request line}"        },
		{lit(" GET / HTTP/1.1\r\n" H),                         "{400 no request line}"        },
		{lit("\x16\x03\x01"),                                  "{400 control character}"      },
		{lit("GET / HTTP/1.1\n"),                              "{400 LF without CR}"          },
		{lit("GET / HT\rTP/1.1"),                              "{400 CR without LF}"          },
		{lit("GET /\0 HTTP/1.1\r\n"),                          "{400 control character}"      },
		{lit("GET / HTTP/1.1\r\nHost: a\r\n"),                 ""                             },
	};

	(void)state;
	check_rows(rows, array_len(rows));
}

#define GET "GET / HTTP/1.1\r\n"
#define OK "[GET 1 /||||]"
#define BAD_HOST "{400 no name of a host}"
#define BAD_FIELD "{400 no field of a header}"

static void fields(void **state)
{
	static const struct row rows[] = {
		{lit(GET "host:a\r\n\r\n"),                                      OK                         },
		{lit(GET "HOST:\t a:8080 \t\r\n\r\n"),                           OK                         },
		{lit(GET "Host: [2001:db8::1]:443\r\n\r\n"),                     OK                         },
		{lit(GET "Host: 192.0.2.1\r\n\r\n"),                             OK                         },
		{lit(GET "Host: a:\r\n\r\n"),                                    OK                         },
		{lit(GET "Host: a:70000\r\n\r\n"),                               BAD_HOST                   },
		{lit(GET "Host: a:x\r\n\r\n"),                                   BAD_HOST                   },
		{lit(GET "Host: a, b\r\n\r\n"),                                  BAD_HOST                   },
		{lit(GET "Host: a/b\r\n\r\n"),                                   BAD_HOST                   },
		{lit(GET "Host: u@a\r\n\r\n"),                                   BAD_HOST                   },
		{lit(GET "Host: [::1\r\n\r\n"),                                  BAD_HOST                   },
		{lit(GET "Host:\r\n\r\n"),                                       BAD_HOST                   },
		{lit(GET "\r\n"),						"{400 one Host is needed}" },
		{lit(GET "Host: a\r\nhost: a\r\n\r\n"),                          "{400 one Host is needed}" },
		{lit("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),            "{400 one Host is needed}" },
		{lit(GET "Host : a\r\n\r\n"),                                    BAD_FIELD                  },
		{lit(GET " Host: a\r\n\r\n"),                                    BAD_FIELD                  },
		{lit(GET "Host: a\r\n folded\r\n\r\n"),                          BAD_FIELD                  },
		{lit(GET "Host: a\r\n\tfolded\r\n\r\n"),                         BAD_FIELD                  },
		{lit(GET "Host: a\r\nno colon\r\n\r\n"),                         BAD_FIELD                  },
		{lit(GET "Host: a\r\n: x\r\n\r\n"),                              BAD_FIELD                  },
		{lit(GET "Host: a\r\nX\xc3\xa4: x\r\n\r\n"),                     BAD_FIELD                  },
		{lit(GET "Host: a\r\nX: \xe4 \t x\r\n\r\n"),                     OK                         },
		{lit(GET "Host: a\r\nX: a\x01\r\n\r\n"),                         "{400 control character}"  },
		{lit(GET "Host: a\r\nX: a\0b\r\n\r\n"),                          "{400 control character}"  },
		{lit(GET "Host: a\r\nX: a\nY: b\r\n\r\n"),                       "{400 LF without CR}"      },
		{lit(GET "Host: a\r\nX: a\rY: b\r\n\r\n"),                       "{400 CR without LF}"      },
		{lit(GET "Host: a\r\n\n"),                                       "{400 LF without CR}"      },
		{lit(GET "Accept-Language: de\r\nAccept-Language: en\r\n" H),    "[GET 1 /||de||]"          },
		{lit(GET "Connection: Close\r\n" H),                             "[GET 1 /||||close]"       },
		{lit(GET "Connection: x , close,\r\n" H),                        "[GET 1 /||||close]"       },
		{lit(GET "Connection: keep-alive\r\n" H),                        OK                         },
		{lit("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),        "[GET 0 /||||]"            },
		{lit("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"),
                 "[GET 0 /||||close]"								       },
		{lit(GET "Expect: 100-Continue\r\n" H),                          OK                         },
		{lit(GET "Expect: x\r\n" H),                                     "{417 unknown expectation}"},
	};

	(void)state;
	check_rows(rows, array_len(rows));
}

#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define NO_CODING "{400 Transfer-Encoding where none may be}"

/* Two programs that disagree where a request ends let one request hide in another. */
static void bodies(void **state)
{
	static const struct row rows[] = {
		{lit(POST "\r\n"),							     "[POST 1 /||||]"                   },
		{lit(POST "Content-Length: 0\r\n\r\n"),                                        "[POST 1 /||||]"                   },
		{lit(POST "Content-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n" H),
                 "[POST 1 /|||abc|][GET 1 /2||||]"										},
		{lit(POST "content-length:003\r\n\r\na c"),                                    "[POST 1 /|||a c|]"                },
		{lit(POST "Content-Length: 3\r\n\r\nab"),                                      ""                                 },
		{lit(POST "Content-Length: 16385\r\n\r\n"),                                    "{413 the body is too big}"        },
		{lit(POST "Content-Length: 9223372036854775808\r\n\r\n"),
                 "{400 Content-Length is no number}"									      },
		{lit(POST "Content-Length: 00000000000000000001\r\n\r\n"),
                 "{400 Content-Length is no number}"									      },
		{lit(POST "Content-Length: -1\r\n\r\n"),                                       "{400 Content-Length is no number}"},
		{lit(POST "Content-Length: +1\r\n\r\n"),                                       "{400 Content-Length is no number}"},
		{lit(POST "Content-Length: 1,1\r\n\r\n"),                                      "{400 Content-Length is no number}"},
		{lit(POST "Content-Length: 1 1\r\n\r\n"),                                      "{400 Content-Length is no number}"},
		{lit(POST "Content-Length: 0x1\r\n\r\n"),                                      "{400 Content-Length is no number}"},
		{lit(POST "Content-Length:\r\n\r\n"),                                          "{400 Content-Length is no number}"},
		{lit(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
                 "{400 more than one Content-Length}"									     },
		{lit(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                 "{411 Content-Length is needed}"										 },
		{lit(POST "Transfer-Encoding: gzip\r\n\r\n"),                                  "{501 unknown Transfer-Encoding}"  },
		{lit(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
                 "{501 unknown Transfer-Encoding}"										},
		{lit(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
                 "{501 unknown Transfer-Encoding}"										},
		{lit(POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\na"),         NO_CODING                          },
		{lit(POST "Content-Length: 1\r\nTransfer-Encoding: xchunked\r\n\r\na"),        NO_CODING                          },
		{lit("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),                 NO_CODING                          },
		{lit(GET "Content-Length: 0\r\n" H),                                           OK                                 },
		{lit(GET "Content-Length: 1\r\n" H "a"),                                       "{400 a body where none may be}"   },
		{lit("HEAD / HTTP/1.1\r\nContent-Length: 1\r\n" H "a"),
                 "{400 a body where none may be}"										 },
	};

	(void)state;
	check_rows(rows, array_len(rows));
}

/* ---- limits ---- */

/* What becomes of a request with `n` times `fill` between head and tail. */
static void check_limit(const char *head, char fill, size_t n, const char *tail, const char *want)
{
	struct buf in, answer;

	buf_init(&in, 1 << 20);
	buf_init(&answer, 1 << 20);
	buf_addz(&in, head);
	while (n-- > 0)
		buf_addc(&in, fill);
	buf_addz(&in, tail);
	struct slice piece = buf_slice(&in);
	take_requests(NULL, &piece, 1, &answer);
	if (want)
		assert_buf(&answer, want);
	else
		assert_true(slice_starts(buf_slice(&answer), lit("[GET ")));
	buf_fini(&in);
	buf_fini(&answer);
}

static void limits(void **state)
{
	size_t line = strlen("GET / HTTP/1.1\r\n"), rest = strlen(GET "Host: a\r\nX: \r\n\r\n");

	(void)state;
	check_limit("GET /", 'a', HTTP_LINE_MAX - line, " HTTP/1.1\r\n" H, NULL);
	check_limit("GET /", 'a', HTTP_LINE_MAX - line + 1, " HTTP/1.1\r\n" H,
		"{414 the request line is too long}");
	check_limit("GET /", 'a', HTTP_LINE_MAX, "", "{414 the request line is too long}");
	check_limit(GET "Host: a\r\nX: ", 'a', HTTP_HEAD_MAX - rest, "\r\n\r\n", NULL);
	check_limit(GET "Host: a\r\nX: ", 'a', HTTP_HEAD_MAX - rest + 1, "\r\n\r\n",
		"{431 the header is too long}");
	check_limit(GET "Host: a\r\nX: ", 'a', HTTP_HEAD_MAX, "", "{431 the header is too long}");
}

static void many_fields(void **state)
{
	(void)state;
	for (unsigned n = HTTP_FIELDS_MAX - 1; n <= HTTP_FIELDS_MAX; n++) {
		struct buf in;

		buf_init(&in, 1 << 20);
		buf_addz(&in, GET);
		for (unsigned i = 0; i < n; i++)
			buf_addf(&in, "X%u: y\r\n", i);
		buf_addz(&in, H);
		check_limit(buf_cstr(&in), 'x', 0, "",
			n < HTTP_FIELDS_MAX ? NULL : "{431 too many fields}");
		buf_fini(&in);
	}
}

/* 100 (Continue) is due when the head is whole and nothing of the body has come. */
static void waits_for_go_on(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} rows[] = {
		{POST "Content-Length: 2\r\nExpect: 100-continue\r\n\r",                 false},
		{POST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",               true },
		{POST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\na",              false},
		{POST "Content-Length: 2\r\n\r\n",                                       false},
		{"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct http_parser p = {0};
		struct http_request r;
		size_t used;

		assert_int_equal(http_take(&p, slice_str(rows[i].in), &used, &r), SCAN_MORE);
		assert_int_equal(p.go_on, rows[i].want);
	}
}

/* ---- percent code and queries ---- */

static void decodes(void **state)
{
	static const struct {
		struct slice in;
		bool plus;
		const char *want; /* NULL: refused */
	} rows[] = {
		{lit(""),           false, ""        },
		{lit("/a%2Fb%2fc"), false, "/a/b/c"  },
		{lit("a+b%2B"),     false, "a+b+"    },
		{lit("a+b%2B"),     true,  "a b+"    },
		{lit("%C3%A4"),     false, "\xc3\xa4"},
		{lit("%C3"),        false, NULL      },
		{lit("%00"),        false, NULL      },
		{lit("%0D%0A"),     false, NULL      },
		{lit("%7f"),        false, NULL      },
		{lit("%"),          false, NULL      },
		{lit("%4"),         false, NULL      },
		{lit("%4g"),        false, NULL      },
		{lit("%%41"),       false, NULL      },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(http_decode(rows[i].in, rows[i].plus, &out), rows[i].want != NULL);
		if (rows[i].want)
			assert_buf(&out, rows[i].want);
	}
	buf_fini(&out);
	buf_init(&out, 3);
	assert_true(http_decode(lit("%41bc"), false, &out));
	assert_false(http_decode(lit("%41bcd"), false, &out));
	buf_fini(&out);
}

static void queries(void **state)
{
	static const struct {
		struct slice in;
		bool plus;
		enum scan got;
		const char *want;
	} rows[] = {
		{lit(""),            true, SCAN_MORE, ""   },
		{lit("b=1"),         true, SCAN_MORE, ""   },
		{lit("A=1"),         true, SCAN_MORE, ""   },
		{lit("a"),           true, SCAN_OK,   ""   },
		{lit("a="),          true, SCAN_OK,   ""   },
		{lit("b=2&a=x%40y"), true, SCAN_OK,   "x@y"},
		{lit("a=1=2"),       true, SCAN_OK,   "1=2"},
		{lit("&&a=1&"),      true, SCAN_OK,   "1"  },
		{lit("a=1&a=1"),     true, SCAN_BAD,  NULL },
		{lit("a=%00"),       true, SCAN_BAD,  NULL },
		{lit("aa=1"),        true, SCAN_MORE, ""   },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(http_query(rows[i].in, lit("a"), rows[i].plus, &out), rows[i].got);
		if (rows[i].want)
			assert_buf(&out, rows[i].want);
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(fields),
		cmocka_unit_test(bodies),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_fields),
		cmocka_unit_test(waits_for_go_on),
		cmocka_unit_test(decodes),
		cmocka_unit_test(queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
