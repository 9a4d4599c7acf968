/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands, answers, head lines and list lines: both ways, cut everywhere. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_cmd.h"
#include "tests/rig/splits.h"

#define A "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"
#define B "zu7k2vrmsaaaumfutgyn6zwdygywgsq3xz3wd3i4pkzj7wi6sbwq"
#define GID "domahgkwvl6vrki4agdbc7aw6b"
#define H1 "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define NONE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- commands ---- */

#define HASH "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"

static const struct cmd_row {
	const char *line;
	enum fed_verb verb;
	bool ok;
	const char *again; /* as it is written; NULL: the same */
} cmds[] = {
	{"KHELLO " A " " B " 1795309201 7",                  FED_KHELLO,  true,  NULL                     },
	{"khello  " A "\t" B " 0 0 ",                        FED_KHELLO,  true,  "KHELLO " A " " B " 0 0" },
	{"KHELLO " A " " B " 1795309201",                    FED_KHELLO,  false, NULL                     },
	{"KHELLO " A " " B " 1795309201 7 8",                FED_KHELLO,  false, NULL                     },
	{"KHELLO " A " " GID " 1 7",                         FED_KHELLO,  false, NULL                     },
	{"KHELLO " A " " B " 01 7",                          FED_KHELLO,  false, NULL                     },
	{"KHEADS * 120",				     FED_KHEADS,  true,  NULL                     },
	{"KHEADS 77-9x 300 " GID,                            FED_KHEADS,  true,  NULL                     },
	{"KHEADS * 301",				     FED_KHEADS,  false, NULL                     },
	{"KHEADS *",					 FED_KHEADS,  false, NULL                     },
	{"KHEADS * 1 " A,				    FED_KHEADS,  false, NULL                     },
	{"KHEADS \xc3\xa4 1",				FED_KHEADS,  false, NULL                     },
	{"KART " GID " " A " 1790000000 3",                  FED_KART,    true,  NULL                     },
	{"KART " GID " " A " 1790000000~BuS7KC-- 3",         FED_KART,    true,  NULL                     },
	{"KART " GID " " A " 1790000000 0",                  FED_KART,    false, NULL                     },
	{"KART " GID " " A " 0 1",                           FED_KART,    false, NULL                     },
	{"KART " A " " GID " 1 1",                           FED_KART,    false, NULL                     },
	{"KENT " GID " " A " 1790000000 3 1002",             FED_KENT,    true,  NULL                     },
	{"KENT " GID " " A " 1790000000 3 2",                FED_KENT,    false, NULL                     },
	{"KENT " GID " " A " 1790000000 3",                  FED_KENT,    false, NULL                     },
	{"KENT " GID " " A " 1790000000 3 9007199254740993", FED_KENT,    false, NULL                     },
	{"KREC list",					FED_KREC,    true,  NULL                     },
	{"KREC LIST",					FED_KREC,    true,  "KREC list"              },
	{"KREC federation *",				FED_KREC,    true,  NULL                     },
	{"KREC federation 3",				FED_KREC,    true,  NULL                     },
	{"KREC daemon " A " *",                              FED_KREC,    true,  NULL                     },
	{"KREC group " GID " 12",                            FED_KREC,    true,  NULL                     },
	{"KREC group " GID " 12 " HASH,                      FED_KREC,    true,  NULL                     },
	{"KREC federation 3 " HASH,                          FED_KREC,    true,  NULL                     },
	{"KREC group " GID " * " HASH,                       FED_KREC,    false, NULL                     },
	{"KREC group " GID " 12 x",                          FED_KREC,    false, NULL                     },
	{"KREC group " GID " 12 " HASH " x",                 FED_KREC,    false, NULL                     },
	{"KREC group " GID " 0",                             FED_KREC,    false, NULL                     },
	{"KREC group " A " 1",			       FED_KREC,    false, NULL                     },
	{"KREC daemon " GID " 1",                            FED_KREC,    false, NULL                     },
	{"KREC other " GID " 1",                             FED_KREC,    false, NULL                     },
	{"KREC federation",				  FED_KREC,    false, NULL                     },
	{"KREC",					     FED_KREC,    false, NULL                     },
	{"KJOIN " B " " H1,				  FED_KJOIN,   true,  NULL                     },
	{"KTURN " B " " A " fetch",                          FED_KTURN,   true,  NULL                     },
	{"kturn " B "  " A " WATCH",                         FED_KTURN,   true,  "KTURN " B " " A " watch"},
	{"KTURN " B " " A,				   FED_KTURN,   false, NULL                     },
	{"KTURN " B " " A " both",                           FED_KTURN,   false, NULL                     },
	{"KJOIN " H1,					FED_KJOIN,   false, NULL                     },
	{"CAPABILITIES",				     FED_NO_VERB, false, NULL                     },
	{"KARTX a",					  FED_NO_VERB, false, NULL                     },
	{"",						 FED_NO_VERB, false, NULL                     },
	{"KREC 1 2 3 4 5 6 7 8 9 10 11 12",                  FED_KREC,    false, NULL                     },
};

static void command_prefix(void *arg, struct slice in)
{
	const struct cmd_row *r = arg;
	struct fed_cmd c;
	const char *why = NULL;
	struct buf b;

	bool ok = fed_cmd_parse(in, &c, &why);
	assert_true(ok || why);
	if (in.len < strlen(r->line))
		return;
	if (ok != r->ok || c.verb != r->verb) {
		fprintf(stderr, "%s\n", r->line);
		fail();
	}
	if (!ok)
		return;
	buf_init(&b, 4096);
	fed_cmd_add(&b, &c);
	assert_true(slice_ends(buf_slice(&b), lit("\r\n")));
	assert_slice(slice_head(buf_slice(&b), b.len - 2), r->again ? r->again : r->line);
	buf_fini(&b);
}

static void commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(cmds); i++)
		splits_prefixes(command_prefix, (void *)&cmds[i], slice_str(cmds[i].line));
}

static void command_values(void **state)
{
	struct fed_cmd c;
	const char *why;

	(void)state;
	assert_true(fed_cmd_parse(lit("KHEADS 77-9x 300 " GID), &c, &why));
	assert_slice(c.cookie, "77-9x");
	assert_int_equal(c.wait_s, 300);
	assert_true(c.one_group);
	assert_string_equal(c.feed.gid.s, GID);
	assert_true(fed_cmd_parse(lit("KHEADS * 0"), &c, &why));
	assert_int_equal(c.cookie.len, 0);
	assert_true(fed_cmd_parse(lit("KART " GID " " A " 5~BuS7KC-- 3"), &c, &why));
	assert_int_equal(c.from, 3);
	assert_int_equal(c.to, 3);
	assert_string_equal(c.feed.epoch.branch, "BuS7KC--");
	assert_false(fed_cmd_parse(lit("KART x"), &c, &why));
	assert_string_equal(why, "KART <gid> <oid> <epoch> <n>");
}

static void long_lines(void **state)
{
	struct fed_cmd c;
	struct fed_answer a;
	const char *why;
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_add(&b, lit("KREC list"));
	while (b.len < FED_LINE_MAX)
		buf_addc(&b, ' ');
	assert_true(fed_cmd_parse(buf_slice(&b), &c, &why));
	buf_addc(&b, ' ');
	assert_false(fed_cmd_parse(buf_slice(&b), &c, &why));
	assert_int_equal(c.verb, FED_NO_VERB);
	assert_false(fed_answer_parse(buf_slice(&b), &a, &why));
	buf_reset(&b);
	buf_add(&b, lit("KHEADS "));
	for (size_t i = 0; i < FED_COOKIE_MAX; i++)
		buf_addc(&b, 'x');
	size_t at = b.len;
	buf_add(&b, lit(" 1"));
	assert_true(fed_cmd_parse(buf_slice(&b), &c, &why));
	buf_cut(&b, at);
	buf_add(&b, lit("x 1"));
	assert_false(fed_cmd_parse(buf_slice(&b), &c, &why));
	buf_fini(&b);
}

/* ---- answers ---- */

static const struct answer_row {
	const char *line;
	unsigned code; /* 0: refused */
	bool block;
} answers[] = {
	{"290 " A " 1795309201 7",     290, false},
	{"290 " A " 1795309201",       0,   false},
	{"291 77-9x",                  291, true },
	{"291",			0,   false},
	{"292 <a@b.example> and more", 292, true },
	{"292 a@b.example",            0,   false},
	{"293 follows",                293, true },
	{"293",			293, true },
	{"294 0",		      294, true },
	{"294 x",		      0,   false},
	{"295 welcome",                295, false},
	{"390 send",                   390, false},
	{"490 try later",              490, false},
	{"494",			494, false},
	{"500 what?",                  500, false},
	{"099 x",		      0,   false},
	{"4900",		       0,   false},
	{"49",			 0,   false},
	{"",			   0,   false},
	{"x90 y",		      0,   false},
};

static void answer_prefix(void *arg, struct slice in)
{
	const struct answer_row *r = arg;
	struct fed_answer a;
	const char *why = NULL;

	bool ok = fed_answer_parse(in, &a, &why);
	assert_true(ok || why);
	if (in.len < strlen(r->line))
		return;
	assert_int_equal(ok, r->code != 0);
	if (!ok)
		return;
	assert_int_equal(a.code, r->code);
	assert_int_equal(fed_answer_block(a.code), r->block);
}

static void answer_lines(void **state)
{
	struct fed_oid oid = {A};
	struct fed_answer a;
	const char *why;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < array_len(answers); i++)
		splits_prefixes(answer_prefix, (void *)&answers[i], slice_str(answers[i].line));
	buf_init(&b, 4096);
	fed_answer_hello(&b, &oid, 5, 7);
	assert_buf(&b, "290 " A " 5 7\r\n");
	assert_true(fed_answer_parse(slice_head(buf_slice(&b), b.len - 2), &a, &why));
	assert_true(fed_oid_eq(&a.oid, &oid) && a.clock_at == 5 && a.serial == 7);
	buf_reset(&b);
	fed_answer_heads(&b, lit("c"));
	fed_answer_article(&b, "<a@b>");
	fed_answer_record(&b, 3);
	fed_answer_add(&b, FED_490_LATER, NULL);
	fed_answer_add(&b, FED_590_PROTOCOL, "usage");
	assert_buf(&b, "291 c\r\n292 <a@b>\r\n294 3\r\n490 try later\r\n590 usage\r\n");
	for (enum fed_code c = FED_293_STUB; c <= FED_590_PROTOCOL; c++) {
		buf_reset(&b);
		fed_answer_add(&b, c, NULL);
		assert_true(fed_answer_parse(slice_head(buf_slice(&b), b.len - 2), &a, &why) ||
			    c == FED_294_RECORD);
	}
	buf_fini(&b);
}

/* ---- heads ---- */

#define NAME GID " " A " 1790000000"

static const struct head_row {
	const char *line;
	bool ok;
} heads[] = {
	{NAME " 1 5 " H1,                    true },
	{NAME "~BuS7KC-- 1 5 " H1,           true },
	{NAME " 1 0 " H1,                    true },
	{NAME " 6 5 " H1,                    true },
	{NAME " 1 5 " H1 " +7-9,11-11",      true },
	{NAME " 1 5 " H1 " +7-9 !2-3,7-7",   true },
	{NAME " 1 5 " H1 " !2-3 +7-9",       true },
	{NAME " 1 5 " H1 " later=x +7-9 yy", true },
	{NAME " 7 5 " H1,                    false},
	{NAME " 0 5 " H1,                    false},
	{NAME " 1 5",			false},
	{NAME " 1 5 x",                      false},
	{NAME " 1 05 " H1,                   false},
	{NAME " 1 5 " H1 " +",               false},
	{NAME " 1 5 " H1 " +6-9",            false}, /* touches high */
	{NAME " 1 5 " H1 " +3-9",            false},
	{NAME " 1 5 " H1 " +9-7",            false},
	{NAME " 1 5 " H1 " +7-9,10-11",      false}, /* touch each other */
	{NAME " 1 5 " H1 " +7-9,8-11",       false},
	{NAME " 1 5 " H1 " +7-9,",           false},
	{NAME " 1 5 " H1 " +7",              false},
	{NAME " 1 5 " H1 " +7-9 +11-11",     false},
	{NAME " 3 5 " H1 " !2-3",            false},
	{GID " " A " 0 1 5 " H1,             false},
	{A " " GID " 1 1 5 " H1,             false},
	{"",				 false},
};

static void head_prefix(void *arg, struct slice in)
{
	const struct head_row *r = arg;
	struct fed_head h;
	const char *why = NULL;

	bool ok = fed_head_parse(in, &h, &why);
	assert_true(ok || why);
	if (in.len == strlen(r->line) && ok != r->ok) {
		fprintf(stderr, "%s\n", r->line);
		fail();
	}
}

static void head_lines(void **state)
{
	struct fed_spans ahead, stubs;
	struct fed_head h;
	struct fed_span r;
	const char *why;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < array_len(heads); i++)
		splits_prefixes(head_prefix, (void *)&heads[i], slice_str(heads[i].line));

	assert_true(fed_head_parse(lit(NAME " 1 5 " H1 " +7-9,11-11 !2-3"), &h, &why));
	fed_spans_init(&ahead);
	fed_spans_init(&stubs);
	while (fed_range_next(&h.ahead, &r))
		fed_spans_add(&ahead, r.from, r.to);
	while (fed_range_next(&h.stubs, &r))
		fed_spans_add(&stubs, r.from, r.to);
	assert_int_equal(fed_spans_count(&ahead), 4);
	buf_init(&b, 4096);
	fed_head_add(&b, &h.name, h.low, h.high, &h.e, &ahead, &stubs);
	assert_buf(&b, NAME " 1 5 " H1 " +7-9,11-11 !2-3\r\n");
	buf_reset(&b);
	fed_head_add(&b, &h.name, h.low, h.high, &h.e, NULL, NULL);
	assert_buf(&b, NAME " 1 5 " H1 "\r\n");
	/* for one who is given less: the line stays in its form */
	buf_reset(&b);
	fed_head_add(&b, &h.name, 3, h.high, &h.e, &ahead, &stubs);
	assert_buf(&b, NAME " 3 5 " H1 " +7-9,11-11 !3-3\r\n");
	buf_reset(&b);
	fed_head_add(&b, &h.name, 8, h.high, &h.e, &ahead, &stubs);
	assert_buf(&b, NAME " 8 9 " NONE " +11-11\r\n");
	buf_reset(&b);
	fed_head_add(&b, &h.name, 10, h.high, &h.e, &ahead, &stubs);
	assert_buf(&b, NAME " 10 9 " NONE " +11-11\r\n");
	assert_true(fed_head_parse(slice_head(buf_slice(&b), b.len - 2), &h, &why));
	buf_reset(&b); /* what is before is not known */
	fed_head_add(&b, &h.name, 3, 2, &(struct fed_hash){.s = ""}, &ahead, NULL);
	assert_buf(&b, NAME " 3 2 " NONE " +7-9,11-11\r\n");
	assert_true(fed_head_parse(slice_head(buf_slice(&b), b.len - 2), &h, &why));
	buf_fini(&b);
	fed_spans_fini(&ahead);
	fed_spans_fini(&stubs);
}

/* More ranges than a line tells, with the longest numbers: the lowest are told, and it is taken. */
static void many_ranges(void **state)
{
	struct fed_feed_name name = {
		{GID},
                {                A  },
                { .n = FED_NUM_MAX,   .branch = "BuS7KC--"}
        };
	struct fed_hash e = {H1};
	struct fed_spans s;
	struct fed_head h;
	struct fed_span r;
	const char *why;
	struct buf b;
	size_t n = 0;

	(void)state;
	fed_spans_init(&s);
	for (uint64_t i = 0; i <= FED_HEAD_RANGES_MAX; i++)
		fed_spans_add(&s, FED_NUM_MAX - 5000 + 2 * i, FED_NUM_MAX - 5000 + 2 * i);
	buf_init(&b, SIZE_MAX);
	fed_head_add(&b, &name, 1, 5, &e, &s, &s);
	assert_true(b.len - 2 <= FED_HEAD_LINE_MAX);
	assert_true(fed_head_parse(slice_head(buf_slice(&b), b.len - 2), &h, &why));
	for (; fed_range_next(&h.ahead, &r); n++)
		assert_int_equal(r.from, FED_NUM_MAX - 5000 + 2 * n);
	assert_int_equal(n, FED_HEAD_RANGES_MAX);
	/* one range more than a line may have */
	buf_cut(&b, slice_find(buf_slice(&b), lit(" !")));
	buf_addf(
		&b, ",%llu-%llu", (unsigned long long)FED_NUM_MAX, (unsigned long long)FED_NUM_MAX);
	assert_false(fed_head_parse(buf_slice(&b), &h, &why));
	buf_fini(&b);
	fed_spans_fini(&s);
}

/* ---- lists and records ---- */

static void list_lines(void **state)
{
	static const struct {
		const char *line;
		bool ok;
	} rows[] = {
		{"daemon " A " 7",        true },
		{"group " GID " 1",       true },
		{"federation " GID " 12", true },
		{"group " GID " 3 " HASH, true },
		{"daemon " GID " 7",      false},
		{"group " A " 7",         false},
		{"other " GID " 7",       false},
		{"daemon " A,             false},
		{"daemon " A " 0",        false},
		{"",		      false},
	};
	struct fed_rec_name name;
	struct fed_hash hash;
	uint64_t serial;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(
			fed_list_parse(slice_str(rows[i].line), &name, &serial, &hash), rows[i].ok);
		if (!rows[i].ok)
			continue;
		buf_reset(&b);
		fed_list_add(&b, &name, serial, &hash);
		assert_slice(slice_head(buf_slice(&b), b.len - 2), rows[i].line);
	}
	assert_true(fed_list_parse(lit("group " GID " 3 later"), &name, &serial, &hash));
	assert_string_equal(hash.s, "");
	assert_true(fed_list_parse(lit("group " GID " 3 " HASH " later"), &name, &serial, &hash));
	assert_string_equal(hash.s, HASH);
	buf_fini(&b);
}

static void records_on_the_wire(void **state)
{
	static const char *const bad[] = {
		"a", "a\n", "a\r", "a\r\nb", "a\rb\r\n", "a\nb\r\n", "\r\r\n"};
	struct buf wire, text;

	(void)state;
	buf_init(&wire, 1000);
	buf_init(&text, 1000);
	fed_record_add_wire(&wire, lit("record: group\nv: 1\n"));
	assert_buf(&wire, "record: group\r\nv: 1\r\n");
	assert_true(fed_record_from_wire(&text, buf_slice(&wire)));
	assert_buf(&text, "record: group\nv: 1\n");
	buf_reset(&wire);
	fed_record_add_wire(&wire, lit("\n\na"));
	assert_buf(&wire, "\r\n\r\na\r\n");
	buf_reset(&wire);
	fed_record_add_wire(&wire, lit("record: group\n"));
	for (size_t i = 0; i < array_len(bad); i++) {
		buf_reset(&text);
		assert_false(fed_record_from_wire(&text, slice_str(bad[i])));
	}
	buf_fini(&text);
	buf_init(&text, 5);
	assert_false(fed_record_from_wire(&text, buf_slice(&wire)));
	buf_fini(&text);
	buf_fini(&wire);
}

/* Ten bytes with CRLF are the most here. */
static void takes_lines(void **state)
{
	static const struct {
		const char *in;
		enum scan want;
		size_t used;
	} rows[] = {
		{"",              SCAN_MORE, 0 },
		{"abc",           SCAN_MORE, 0 },
		{"abc\r",         SCAN_MORE, 0 },
		{"abcdefghi",     SCAN_MORE, 0 },
		{"abcdefghij",    SCAN_BAD,  10},
		{"abc\r\nnext",   SCAN_OK,   5 },
		{"\r\n",          SCAN_OK,   2 },
		{"abcdefgh\r\n",  SCAN_OK,   10},
		{"abcdefghi\r\n", SCAN_BAD,  11},
		{"abc\nnext",     SCAN_BAD,  4 },
		{"\n",            SCAN_BAD,  1 },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = slice_str(rows[i].in), line = lit("");
		size_t used = 0;

		assert_int_equal(fed_line_take(in, 10, &line, &used), rows[i].want);
		assert_int_equal(used, rows[i].used);
		if (rows[i].want == SCAN_OK)
			assert_true(slice_eq(line, slice_head(in, used - 2)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(commands),
		cmocka_unit_test(command_values),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(answer_lines),
		cmocka_unit_test(head_lines),
		cmocka_unit_test(many_ranges),
		cmocka_unit_test(list_lines),
		cmocka_unit_test(records_on_the_wire),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
