/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What dialogues cannot show: bounds of output and of requests, counters. */
#include "tests/rig/unit.h"

#include "proto/base/log.h"
#include "proto/http/http.h"
#include "tests/rig/rig.h"

struct fixture {
	struct setup_site site;
	struct http_stats stats;
	struct rig rig;
};

static const struct slice domains[] = {lit("koko.test")};
static const struct setup_words *const words[] = {&setup_words_source};

static void set_up(struct fixture *t)
{
	log_set_level(LOG_LEVEL_ERROR);
	*t = (struct fixture){
		.site = {.host = "koko.test",
			 .domains = domains,
			 .n_domains = 1,
			 .imap = {993, SETUP_TLS},
			 .submission = {465, SETUP_TLS},
			 .words = words,
			 .n_words = 1},
	};
	t->rig = (struct rig){
		.ops = &http_session_ops,
		.session = http_session_new(
			&(struct http_opts){.id = "t", .site = &t->site, .stats = &t->stats}),
	};
	rig_start(&t->rig);
}

static size_t count(struct slice s, struct slice what)
{
	size_t n = 0;

	for (size_t at; (at = slice_find(s, what)) < s.len; n++)
		s = slice_from(s, at + what.len);
	return n;
}

#define GET_PAGE "GET /setup HTTP/1.1\r\nHost: a\r\n\r\n"

/* Who asks a hundred times at once and takes nothing gets what fits, then the rest. */
static void output_is_bounded(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t);
	buf_init(&in, 1 << 20);
	for (int i = 0; i < HTTP_REQUESTS_MAX + 10; i++)
		buf_add(&in, lit(GET_PAGE));
	rig_send(&t.rig, buf_slice(&in));
	assert_in_range(t.rig.max_out, SESSION_OUT_HIGH, HTTP_OUT_MAX);
	assert_int_equal(t.rig.need, NEED_CLOSE);
	struct slice out = buf_slice(&t.rig.out);
	assert_int_equal(count(out, lit("HTTP/1.1 200 OK\r\n")), HTTP_REQUESTS_MAX);
	assert_int_equal(count(out, lit("Connection: close\r\n")), 1);
	assert_int_equal(t.stats.n_documents, HTTP_REQUESTS_MAX);
	buf_fini(&in);
	rig_fini(&t.rig);
}

static void counts(void **state)
{
	static const struct {
		struct slice in;
		struct http_stats want;
	} rows[] = {
		{lit(GET_PAGE),						      {.n_requests = 1, .n_documents = 1}          },
		{lit("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),                           {.n_requests = 1}                            },
		{lit("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),                          {.n_requests = 1, .n_refused = 1}            },
		{lit("GET /x\r\n"),						  {.n_requests = 1, .n_refused = 1, .n_bad = 1}},
		{lit("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n"),
                 {.n_requests = 1, .n_refused = 1, .n_bodies_big = 1}                                                             },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct fixture t;

		set_up(&t);
		rig_send(&t.rig, rows[i].in);
		assert_memory_equal(&t.stats, &rows[i].want, sizeof t.stats);
		rig_fini(&t.rig);
	}
}

static void counts_long(void **state)
{
	struct fixture t;

	(void)state;
	set_up(&t);
	for (int i = 0; i < HTTP_LINE_MAX && t.rig.need == NEED_INPUT; i++)
		rig_send(&t.rig, lit("GET /"));
	assert_int_equal(t.rig.need, NEED_CLOSE);
	assert_int_equal(t.stats.n_heads_long, 1);
	assert_int_equal(t.stats.n_bad, 0);
	rig_fini(&t.rig);
}

/* A daemon without mail doors has nothing to set up. */
static void no_mail(void **state)
{
	struct fixture t;

	(void)state;
	set_up(&t);
	t.site.imap.port = 0;
	rig_send(&t.rig, lit("GET /mail/config-v1.1.xml HTTP/1.1\r\nHost: a\r\n\r\n"));
	rig_send(&t.rig, lit("GET /setup/apple.mobileconfig HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_int_equal(count(buf_slice(&t.rig.out), lit("404 Not Found: there is no mail")), 2);
	rig_send(&t.rig, lit(GET_PAGE));
	assert_int_equal(t.stats.n_documents, 1);
	rig_fini(&t.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(counts),
		cmocka_unit_test(counts_long),
		cmocka_unit_test(no_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
