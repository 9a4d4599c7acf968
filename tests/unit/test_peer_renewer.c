/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Daemon records of one whose key has changed, asked for serial by serial, cut everywhere. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/peer_renewer.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/splits.h"

#define GREETING "200 kokod peer port\r\n"
#define BLOCK "294 1\r\nrecord: daemon\r\n..dot\r\n.\r\n"
#define GOT "[record: daemon\n.dot\n]"

static unsigned wanted;

static bool on_record(void *arg, struct slice text)
{
	struct buf *b = arg;

	buf_addf(b, "[%.*s]", SLICE_ARG(text));
	return --wanted > 0;
}

static void converse(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	const struct session_ops *ops = &peer_renewer_ops;
	struct peer_renewer_opts o = {
		.other = fed_rig_oid('a'), .serial = 3, .record = on_record, .arg = answer};
	void *s = peer_renewer_new(&o);
	enum sess_need need = ops->start(s, 1);
	struct buf in;

	wanted = *(unsigned *)arg;
	buf_init(&in, 1024 * 1024);
	for (size_t i = 0; i < n && need != NEED_CLOSE; i++) {
		size_t used = 1;

		buf_add(&in, pieces[i]);
		while (need != NEED_CLOSE && used > 0) {
			need = ops->feed(s, buf_slice(&in), 1, &used);
			buf_drop(&in, used);
		}
	}
	buf_add(answer, buf_slice(ops->output(s)));
	if (need == NEED_CLOSE)
		buf_addz(answer, "(closed)");
	ops->free(s);
	buf_fini(&in);
}

static void test_rows(void **state)
{
	static const struct {
		const char *in;
		unsigned wanted;
		const char *want;
	} rows[] = {
		{"",				9, ""					    },
		{"220 mail\r\n",                    9, "(closed)"                                    },
		{GREETING,                          9, "KREC daemon @a 3\r\n"                        },
		{GREETING "492 no\r\n",             9, "KREC daemon @a 3\r\n(closed)"                },
		{GREETING "294 x\r\n",              9, "KREC daemon @a 3\r\n(closed)"                },
		{GREETING BLOCK,                    9, GOT "KREC daemon @a 3\r\nKREC daemon @a 4\r\n"},
		{GREETING BLOCK BLOCK "491 no\r\n", 9,
                 GOT GOT
			"KREC daemon @a 3\r\nKREC daemon @a 4\r\nKREC daemon @a 5\r\n(closed)"       },
		{GREETING BLOCK,                    1, GOT "KREC daemon @a 3\r\n(closed)"            },
		{GREETING "294 1\r\na\rb\r\n.\r\n", 9, "KREC daemon @a 3\r\n(closed)"                },
		{GREETING "294 1\n",                9, "KREC daemon @a 3\r\n(closed)"                },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		unsigned n = rows[i].wanted;
		struct buf want, answer;

		buf_init(&want, 4096);
		buf_init(&answer, 64 * 1024);
		fed_rig_add(&want, rows[i].want);
		assert_true(splits_check(converse, &n, slice_str(rows[i].in), &answer));
		assert_buf(&answer, buf_cstr(&want));
		buf_fini(&want);
		buf_fini(&answer);
	}
}

/* One that never comes to an end. */
static void test_endless(void **state)
{
	unsigned n = 1000, asked = 0;
	struct buf in, answer;
	struct slice whole;

	(void)state;
	buf_init(&in, 64 * 1024);
	buf_init(&answer, 64 * 1024);
	buf_addz(&in, GREETING);
	for (int i = 0; i < 100; i++)
		buf_addz(&in, BLOCK);
	whole = buf_slice(&in);
	converse(&n, &whole, 1, &answer);
	for (struct slice s = buf_slice(&answer); s.len > 0; s = slice_from(s, 1))
		asked += slice_starts(s, lit("KREC"));
	assert_int_equal(asked, PEER_RENEW_MAX);
	assert_true(slice_ends(buf_slice(&answer), lit("(closed)")));
	buf_fini(&in);
	buf_fini(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_endless),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
