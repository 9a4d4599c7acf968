/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The offering side of a link against scripted answers, in every cut: what it sends, what it tells
 * the cursor, when it gives up.
 */
#include "tests/rig/unit.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/nntp/nntp_feeder.h"
#include "tests/rig/splits.h"

/* A log of n articles <1@x>, <2@x>...; number 3 is for somebody else. */
struct log {
	uint64_t n;
	uint64_t settled;
	unsigned n_answers;
	int wait;    /* questions that answer KERR_WAIT first */
	int read_rc; /* of article 2 */
};

static int log_next(void *arg, uint64_t after, struct feeder_item *out, uint64_t *scanned_out)
{
	struct log *l = arg;

	if (l->wait > 0) {
		l->wait--;
		return KERR_WAIT;
	}
	*scanned_out = l->n;
	out->seq = after + 1 == 3 ? 4 : after + 1;
	if (out->seq > l->n)
		return KERR_NOTFOUND;
	out->content = out->seq;
	snprintf(out->mid, sizeof out->mid, "<%d@x>", (int)out->seq);
	return 0;
}

static int log_read(void *arg, const struct feeder_item *item, struct buf *out)
{
	struct log *l = arg;

	if (item->seq == 2 && l->read_rc < 0)
		return l->read_rc;
	buf_addf(out, "N: %d\r\n\r\n.dot\r\n", (int)item->seq);
	return 0;
}

static void log_settled(void *arg, uint64_t seq)
{
	struct log *l = arg;

	assert_true(seq > l->settled);
	l->settled = seq;
}

static void log_answered(void *arg, const struct feeder_item *item, int code, struct slice text)
{
	struct log *l = arg;

	(void)item;
	(void)text;
	assert_in_range(code, 0, 599);
	l->n_answers++;
}

struct row {
	const char *what;
	struct feeder_opts opts;
	struct log log;
	const char *answers;
	const char *sent;
	uint64_t settled;
	enum sess_need need;
};

static const char *const need_names[] = {"input", "drain", "wake", "retry", "tls", "close"};

/* Play the answers of a row in pieces; the answer is what was sent, settled and needed. */
static void play(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	const struct row *row = arg;
	struct log log = row->log;
	struct feeder_source src = {log_next, log_read, log_settled, log_answered, &log};
	struct nntp_feeder *f = nntp_feeder_new(&src, &row->opts);
	enum sess_need need = nntp_feeder_ops.start(f, 1000);
	struct buf in;

	buf_init(&in, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		size_t used;

		buf_add(&in, pieces[i]);
		need = nntp_feeder_ops.feed(f, buf_slice(&in), 1000, &used);
		buf_drop(&in, used);
		while (need == NEED_RETRY)
			need = nntp_feeder_ops.wake(f, &(struct wake){WAKE_RETRY, 1000});
	}
	buf_add(answer, buf_slice(nntp_feeder_ops.output(f)));
	buf_addf(answer, "settled %d, %s\n", (int)log.settled, need_names[need]);
	buf_fini(&in);
	nntp_feeder_ops.free(f);
}

#define ART(n) "N: " #n "\r\n\r\n..dot\r\n.\r\n"
#define CHECKS "MODE STREAM\r\nCHECK <1@x>\r\nCHECK <2@x>\r\nCHECK <4@x>\r\n"

static const struct row rows[] = {
	{"nothing to send",                {0},                           {.n = 0},                           "200 hi\r\n203 ok\r\n",              "MODE STREAM\r\n",                                                               0,
         NEED_INPUT																											      },
	{"all wanted",                     {0},                           {.n = 4},
         "200 hi\r\n203 ok\r\n238 <1@x>\r\n238 <2@x>\r\n238 <4@x>\r\n"
		"239 <1@x>\r\n239 <2@x>\r\n239 <4@x>\r\n",											 CHECKS
		"TAKETHIS <1@x>\r\n" ART(1) "TAKETHIS <2@x>\r\n" ART(2) "TAKETHIS <4@x>\r\n" ART(4),
         4,																											    NEED_INPUT},
	{"known, refused",                 {0},                           {.n = 4},
         "201 hi\r\n203 ok\r\n438 <1@x>\r\n238 <2@x>\r\n438 <4@x>\r\n439 <2@x> no\r\n",							    CHECKS "TAKETHIS <2@x>\r\n" ART(2),                                              4, NEED_INPUT},
	{"the front is put aside",         {0},                           {.n = 4},
         "200 hi\r\n203 ok\r\n431 <1@x>\r\n438 <2@x>\r\n438 <4@x>\r\n",                                                                            CHECKS,                                                                          0,
         NEED_INPUT																											      },
	{"behind the front is put aside",  {0},                           {.n = 4},
         "200 hi\r\n203 ok\r\n438 <1@x>\r\n438 <2@x>\r\n431 <4@x>\r\n",                                                                            CHECKS,                                                                          3,
         NEED_INPUT																											      },
	{"a small window",                 {.window = 1},                 {.n = 4},                           "200 hi\r\n203 ok\r\n438 <1@x>\r\n",
         "MODE STREAM\r\nCHECK <1@x>\r\nCHECK <2@x>\r\n",																					   1, NEED_INPUT},
	{"aside up to the limit",          {.window = 1, .defer_max = 1}, {.n = 4},
         "200 hi\r\n203 ok\r\n431 <1@x>\r\n431 <2@x>\r\n",											 "MODE STREAM\r\nCHECK <1@x>\r\nCHECK <2@x>\r\n",                                 0, NEED_INPUT},
	{"400 in the middle",              {0},                           {.n = 4},
         "200 hi\r\n203 ok\r\n438 <1@x>\r\n400 bye\r\n438 <2@x>\r\n",									      CHECKS,                                                                          1, NEED_CLOSE},
	{"answer about another article",   {0},                           {.n = 4},                           "200 hi\r\n203 ok\r\n438 <2@x>\r\n", CHECKS,
         0,																											    NEED_CLOSE},
	{"438 for an article under way",   {.window = 1},                 {.n = 1},
         "200 hi\r\n203 ok\r\n238 <1@x>\r\n438 <1@x>\r\n",											 "MODE STREAM\r\nCHECK <1@x>\r\nTAKETHIS <1@x>\r\n" ART(1),                       0, NEED_CLOSE},
	{"239 for a CHECK",                {0},                           {.n = 1},                           "200 hi\r\n203 ok\r\n239 <1@x>\r\n",
         "MODE STREAM\r\nCHECK <1@x>\r\n",																							  0, NEED_CLOSE},
	{"an answer too many",             {0},                           {.n = 0},                           "200 hi\r\n203 ok\r\n238 <1@x>\r\n",
         "MODE STREAM\r\n",																									 0, NEED_CLOSE},
	{"IHAVE where there is no stream", {0},                           {.n = 4},
         "200 hi\r\n500 what\r\n335 send\r\n235 ok\r\n435 no\r\n335 send\r\n437 bad\r\n",							  "MODE STREAM\r\nIHAVE <1@x>\r\n" ART(1) "IHAVE <2@x>\r\nIHAVE <4@x>\r\n" ART(4), 4,
         NEED_INPUT																											      },
	{"IHAVE again later",              {0},                           {.n = 2},
         "200 hi\r\n501 what\r\n436 wait\r\n335 send\r\n436 wait\r\n",									     "MODE STREAM\r\nIHAVE <1@x>\r\nIHAVE <2@x>\r\n" ART(2),                          0, NEED_INPUT},
	{"may not stream",                 {0},                           {.n = 4},                           "200 hi\r\n502 no\r\n",              "MODE STREAM\r\n",                                                               0, NEED_CLOSE},
	{"not welcome",                    {0},                           {.n = 4},                           "502 no\r\n",                        "",									      0, NEED_CLOSE},
	{"bare LF",			{0},			   {.n = 4},                           "200 hi\n",                          "",									      0, NEED_CLOSE},
	{"no code",			{0},			   {.n = 4},                           "hello\r\n",                         "",									      0, NEED_CLOSE},
	{"TLS first",		      {.starttls = true},            {.n = 4},                           "200 hi\r\n382 go\r\n",              "STARTTLS\r\n",                                                                  0,
         NEED_TLS																												},
	{"no TLS",			 {.starttls = true},            {.n = 4},                           "200 hi\r\n580 no\r\n",              "STARTTLS\r\n",                                                                  0,
         NEED_CLOSE																											      },
	{"the source waits",               {0},                           {.n = 4, .wait = 3},                "200 hi\r\n203 ok\r\n",              CHECKS,                                                                          0,
         NEED_INPUT																											      },
	{"an article went away",           {0},                           {.n = 2, .read_rc = KERR_NOTFOUND},
         "200 hi\r\n203 ok\r\n438 <1@x>\r\n238 <2@x>\r\n",											 "MODE STREAM\r\nCHECK <1@x>\r\nCHECK <2@x>\r\n",                                 2, NEED_INPUT},
	{"an article cannot be read",      {0},                           {.n = 2, .read_rc = KERR_IO},
         "200 hi\r\n203 ok\r\n438 <1@x>\r\n238 <2@x>\r\n",											 "MODE STREAM\r\nCHECK <1@x>\r\nCHECK <2@x>\r\n",                                 1, NEED_INPUT},
	{"the cursor starts behind",       {.start_seq = 2},              {.n = 4, .settled = 2},
         "200 hi\r\n203 ok\r\n",														   "MODE STREAM\r\nCHECK <4@x>\r\n",                                                3, NEED_INPUT},
};

static void plays(void **state)
{
	struct buf answer, want;

	(void)state;
	buf_init(&answer, 1 << 20);
	buf_init(&want, 1 << 20);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct row row = rows[i];

		if (!splits_check(play, &row, slice_str(row.answers), &answer))
			fail_msg("%s", row.what);
		buf_reset(&want);
		buf_addf(&want, "%ssettled %d, %s\n", row.sent, (int)row.settled,
			need_names[row.need]);
		if (!slice_eq(buf_slice(&answer), buf_slice(&want)))
			fail_msg("%s:\n%s\nwanted:\n%s", row.what, buf_cstr(&answer),
				buf_cstr(&want));
	}
	buf_fini(&answer);
	buf_fini(&want);
}

static enum sess_need say(struct nntp_feeder *f, const char *answers, int64_t now_at)
{
	size_t used;
	enum sess_need need = nntp_feeder_ops.feed(f, slice_str(answers), now_at, &used);

	assert_int_equal(used, strlen(answers));
	return need;
}

/* What was put aside is offered again after a while, before anything new, and then settles. */
static void offers_again(void **state)
{
	struct log log = {.n = 1};
	struct feeder_source src = {log_next, log_read, log_settled, log_answered, &log};
	struct nntp_feeder *f = nntp_feeder_new(&src, &(struct feeder_opts){.id = "t"});
	struct buf *out = nntp_feeder_ops.output(f);

	(void)state;
	nntp_feeder_ops.start(f, 1000);
	say(f, "200 hi\r\n203 ok\r\n431 <1@x>\r\n", 1000);
	buf_reset(out);
	log.n = 2;
	nntp_feeder_ops.wake(f, &(struct wake){WAKE_NEWS, 1001});
	assert_buf(out, "CHECK <2@x>\r\n");
	say(f, "438 <2@x>\r\n", 1001);
	assert_int_equal(log.settled, 0);
	buf_reset(out);
	nntp_feeder_ops.wake(f, &(struct wake){WAKE_NEWS, 1000 + FEEDER_RETRY_S});
	assert_buf(out, "CHECK <1@x>\r\n");
	say(f, "431 <1@x>\r\n", 1002); /* the second time it waits twice as long */
	buf_reset(out);
	nntp_feeder_ops.wake(f, &(struct wake){WAKE_NEWS, 1003 + FEEDER_RETRY_S});
	assert_int_equal(out->len, 0);
	nntp_feeder_ops.wake(f, &(struct wake){WAKE_NEWS, 1002 + 2 * FEEDER_RETRY_S});
	assert_buf(out, "CHECK <1@x>\r\n");
	say(f, "438 <1@x>\r\n", 1100);
	assert_int_equal(log.settled, 2);
	nntp_feeder_ops.free(f);
}

/* TLS, then the conversation; a shutdown waits for what was asked. */
static void tls_and_shutdown(void **state)
{
	struct log log = {.n = 1};
	struct feeder_source src = {log_next, log_read, log_settled, log_answered, &log};
	struct feeder_opts opts = {.id = "t", .starttls = true};
	struct nntp_feeder *f = nntp_feeder_new(&src, &opts);
	struct buf *out = nntp_feeder_ops.output(f);

	(void)state;
	nntp_feeder_ops.start(f, 1000);
	assert_int_equal(say(f, "200 hi\r\n382 go\r\n", 1000), NEED_TLS);
	buf_reset(out);
	nntp_feeder_ops.wake(f, &(struct wake){WAKE_TLS, 1000});
	assert_buf(out, "MODE STREAM\r\n");
	say(f, "203 ok\r\n", 1000);
	buf_reset(out);
	assert_int_equal(nntp_feeder_ops.wake(f, &(struct wake){WAKE_SHUTDOWN, 1000}), NEED_INPUT);
	assert_int_equal(say(f, "438 <1@x>\r\n", 1000), NEED_CLOSE);
	assert_buf(out, "QUIT\r\n");
	assert_int_equal(log.settled, 1);
	nntp_feeder_ops.free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays),
		cmocka_unit_test(offers_again),
		cmocka_unit_test(tls_and_shutdown),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
