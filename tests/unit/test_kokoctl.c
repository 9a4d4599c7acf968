/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kokoctl without a daemon: words to requests, lines of a batch to words, answers to text. */
#include "tests/rig/unit.h"

#include "clients/ctl_cmds.h"
#include "clients/ctl_words.h"

/* A batch line becomes these words, joined by |, or this failure. */
static void batch_words(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		int want_n;
		const char *want;
	} rows[] = {
		{"user list\n", 2, "user|list"},
		{"  a\tb  ", 2, "a|b"},
		{"# user list", 0, ""},
		{"", 0, ""},
		{"add 'a b' \"c \\\" d\" e\\ f", 4, "add|a b|c \" d|e f"},
		{"x'y'\"z\"w # not", 1, "xyzw"},
		{"x#y", 1, "x#y"},
		{"''", 1, ""},
		{"'open", KERR_INVALID, ""},
		{"\"open\\\"", KERR_INVALID, ""},
		{"'$y$j9T$a\\b' \"c:\\d\"", 2, "$y$j9T$a\\b|c:\\d"},
		{"1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 "
			"3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5", KERR_TOOBIG, ""},
	};

	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		char *got[CTL_WORDS_MAX];
		struct arena ar;
		struct buf b;

		arena_init(&ar);
		buf_init(&b, 1000);
		int n = ctl_words(slice_str(rows[i].line), &ar, got);
		assert_int_equal(n, rows[i].want_n);
		for (int k = 0; k < n; k++)
			buf_addf(&b, "%s%s", k ? "|" : "", got[k]);
		assert_string_equal(buf_cstr(&b), rows[i].want);
		buf_fini(&b);
		arena_fini(&ar);
	}
}

/* Understand a line of words; the request as JSON, or what is wrong with it. */
static void expect_request(const char *line, const char *want)
{
	char *words[CTL_WORDS_MAX];
	struct ctl_request r;
	struct err err = {{0}};
	struct arena ar;

	arena_init(&ar);
	int n = ctl_words(slice_str(line), &ar, words);
	assert_true(n >= 0);
	if (ctl_parse(words, (size_t)n, &r, &err) == 0) {
		json_t *request = ctl_request_json(&r);
		char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);

		assert_string_equal(text, want);
		free(text);
		json_decref(request);
	} else {
		assert_string_equal(err.text, want);
	}
	ctl_request_fini(&r);
	arena_fini(&ar);
}

static void requests(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"status", "{\"args\":{},\"cmd\":\"status\"}"},
		{"user list --json", "{\"args\":{},\"cmd\":\"user.list\"}"},
		{"user add anke --name 'Anke Beispiel' --address a@b.de --address=c@d.de --right post-as-any",
			"{\"args\":{\"addresses\":[\"a@b.de\",\"c@d.de\"],\"login\":\"anke\","
			"\"name\":\"Anke Beispiel\",\"rights\":[\"post-as-any\"]},\"cmd\":\"user.add\"}"},
		{"member add --json g.a anke owner",
			"{\"args\":{\"group\":\"g.a\",\"login\":\"anke\",\"role\":\"owner\"},\"cmd\":\"member.add\"}"},
		{"member add g.a anke",
			"{\"args\":{\"group\":\"g.a\",\"login\":\"anke\"},\"cmd\":\"member.add\"}"},
		{"peer add p.example --host h --port 433 --no-tls --from-now",
			"{\"args\":{\"from_now\":true,\"host\":\"h\",\"name\":\"p.example\",\"port\":433,"
			"\"tls\":false},\"cmd\":\"peer.add\"}"},
		{"peer accept kokod1:a: b: c", "{\"args\":{\"token\":\"kokod1:a: b: c\"},\"cmd\":\"peer.accept\"}"},
		{"peer accept", "TOKEN is missing"},
		{"peer confirm b.example --numbers '1 2'",
			"{\"args\":{\"name\":\"b.example\",\"numbers\":\"1 2\"},\"cmd\":\"peer.confirm\"}"},
		{"group share g.a --public --history join",
			"{\"args\":{\"group\":\"g.a\",\"history\":\"join\",\"public\":true},\"cmd\":\"group.share\"}"},
		{"federation rotate-key --tls", "{\"args\":{\"tls\":true},\"cmd\":\"federation.rotate-key\"}"},
		{"group add -- --odd", "{\"args\":{\"name\":\"--odd\"},\"cmd\":\"group.add\"}"},
		{"", "unknown command: "},
		{"user", "unknown command: user"},
		{"user remove x", "unknown command: user"},
		{"user add", "LOGIN is missing"},
		{"member add g.a", "LOGIN is missing"},
		{"user show a b", "too many arguments: b"},
		{"user show a --loud", "unknown option --loud"},
		{"user show a -x", "unknown option -x"},
		{"peer add p --port many", "--port: \"many\" is no number"},
		{"peer add p --port", "--port needs a value"},
		{"peer add p --tls=yes", "--tls takes no value"},
	};

	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		expect_request(rows[i].line, rows[i].want);
}

/* The answer to `line` is shown as `want` (or `why`), with this exit code. */
static void expect_shown(const char *line, const char *rows_text, const char *last_text, int code,
	const char *want, const char *want_why)
{
	json_t *rows = json_loads(rows_text, 0, NULL);
	json_t *last = json_loads(last_text, 0, NULL);
	char *words[CTL_WORDS_MAX];
	struct ctl_request r;
	struct err err;
	struct arena ar;
	struct buf out, why;

	arena_init(&ar);
	buf_init(&out, 10000);
	buf_init(&why, 1000);
	int n = ctl_words(slice_str(line), &ar, words);
	assert_int_equal(ctl_parse(words, (size_t)n, &r, &err), 0);
	assert_int_equal(ctl_show(&r, rows, last, &out, &why), code);
	assert_string_equal(buf_cstr(&out), want);
	assert_string_equal(buf_cstr(&why), want_why);
	buf_fini(&out);
	buf_fini(&why);
	ctl_request_fini(&r);
	arena_fini(&ar);
	json_decref(rows);
	json_decref(last);
}

static void shown(void **state)
{
	static const char ok[] = "{\"ok\":true}";
	static const char members[] =
		"[{\"login\":\"jörg\",\"role\":\"owner\",\"name\":\"Jörg\"},"
		"{\"login\":\"a\",\"role\":\"reader\",\"name\":\"A\\u001b[2J\"}]";

	(void)state;
	expect_shown("group add a.b", "[]", ok, CTL_OK, "a.b: group added\n", "");
	expect_shown("group add a.b --json", "[]", ok, CTL_OK, "{\"ok\":true}\n", "");
	expect_shown("member list g", members, ok, CTL_OK,
		"LOGIN  ROLE    NAME\njörg   owner   Jörg\na      reader  A?[2J\n", "");
	expect_shown("member list g --json", "[{\"login\":\"a\"}]", ok, CTL_OK,
		"[{\"login\":\"a\"}]\n", "");
	expect_shown("user show x", "[]",
		"{\"ok\":false,\"code\":\"notfound\",\"message\":\"no user x\"}", CTL_FAILED, "",
		"not found: no user x");
	expect_shown("check", "[]", "{\"ok\":false,\"code\":\"busy\",\"message\":\"busy\"}",
		CTL_TRY_AGAIN, "", "too busy, try again");
	expect_shown("check", "[{\"fault\":\"row 3\"}]",
		"{\"ok\":true,\"report\":{\"groups\":1,\"articles\":2,\"faults\":1,\"repaired\":0}"
		"}",
		CTL_FAILED, "row 3\nfaults found; groups: 1, articles: 2, faults: 1, repaired: 0\n",
		"");
	expect_shown("conf --diff",
		"[{\"key\":\"a\",\"value\":\"1\",\"default\":true},"
		"{\"key\":\"b\",\"value\":\"2\",\"default\":false}]",
		ok, CTL_OK, "b = 2\n", "");
	expect_shown("peer status", "[]", ok, CTL_OK, "no peers\n", "");
}

/* Sentences with names in them; what was done before a failure is said. */
static void told(void **state)
{
	static const char rows[] =
		"[{\"say\":\"%2 is in %1, 100% of 3%\",\"with\":[\"a.b\",\"c\\u001b.example\"]},"
		"{\"say\":\"done %3\",\"with\":[]}]";

	(void)state;
	expect_shown("group invite a.b c", rows, "{\"ok\":true}", CTL_OK,
		"c?.example is in a.b, 100% of 3%\ndone %3\n", "");
	expect_shown("group invite a.b c", rows,
		"{\"ok\":false,\"code\":\"denied\",\"message\":\"x\",\"say\":\"%1: no\",\"with\":["
		"\"y\"]}",
		CTL_FAILED, "c?.example is in a.b, 100% of 3%\ndone %3\n", "y: no");
	expect_shown("peer numbers c --json", "[{\"say\":\"x\",\"with\":[]}]",
		"{\"ok\":true,\"numbers\":\"1 2\"}", CTL_OK,
		"{\"ok\":true,\"numbers\":\"1 2\",\"lines\":[{\"say\":\"x\",\"with\":[]}]}\n", "");
	expect_shown("peer pause c", "[{\"say\":\"%1: paused\",\"with\":[\"c\"]}]", "{\"ok\":true}",
		CTL_OK, "c: paused\n", "");
	expect_shown("peer pause c", "[]", "{\"ok\":true}", CTL_OK, "c: peer paused\n", "");
}

static void links(void **state)
{
	static const char transit[] = "{\"kind\":\"transit\",\"name\":\"inn\",\"state\":\"off\","
				      "\"since\":\"S\",\"lag\":3,"
				      "\"refused\":0}";
	char rows[2048];

	(void)state;
	snprintf(rows, sizeof rows, "[%s]", transit);
	expect_shown("peer status", rows, "{\"ok\":true}", CTL_OK,
		"PEER  STATE  SINCE  BEHIND  REFUSED  WHAT TO DO\n"
		"inn   off    S      3       0        kokoctl peer resume inn\n",
		"");
	snprintf(rows, sizeof rows,
		"[%s,{\"kind\":\"federation\",\"name\":\"b\",\"state\":\"active\",\"since\":\"S\","
		"\"behind\":12,\"behind_s\":40,\"ahead\":0,\"ahead_s\":0,\"clock_s\":-2,"
		"\"refused\":1},"
		"{\"kind\":\"invitation\",\"name\":\"c\",\"state\":\"invited\",\"since\":\"S\","
		"\"say\":"
		"\"wait\",\"with\":[]},"
		"{\"kind\":\"alarm\",\"name\":\"b\",\"since\":\"T\",\"say\":\"%%1 "
		"lies\",\"with\":[\"b\"]}]",
		transit);
	expect_shown("peer status", rows, "{\"ok\":true}", CTL_OK,
		"PEER  STATE    SINCE  TO GET     TO GIVE  CLOCK  REFUSED  WHAT TO DO\n"
		"inn   off      S                 3               0        kokoctl peer resume "
		"inn\n"
		"b     active   S      12 (40 s)  0        -2 s   1        nothing\n"
		"c     invited  S                                          wait\n"
		"! T b lies\n",
		"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_words),
		cmocka_unit_test(requests),
		cmocka_unit_test(shown),
		cmocka_unit_test(told),
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
