/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands with literals at every cut, message literals, limits, and the words of arguments. */
#include "tests/rig/unit.h"

#include "proto/imap/imap_args.h"
#include "proto/imap/imap_parse.h"
#include "tests/rig/splits.h"

static const struct {
	const char *in, *answer;
} rows[] = {
	{"a1 NOOP\r\n",								"[a1|NOOP|]"				      },
	{"a1 NOOP\r\na2 noop\r\n",						     "[a1|NOOP|][a2|noop|]"                            },
	{"1 UID FETCH 1:* (FLAGS)\r\n",						"[1|UID FETCH|1:* (FLAGS)]"                       },
	{"a1 LOGIN {4}\r\nanna {2+}\r\npw\r\n",                                        "+[a1|LOGIN|{4}\r\nanna {2+}\r\npw]"              },
	{"a1 X ~{1+}\r\nx\r\n",							"[a1|X|~{1+}\r\nx]"                               },
	{"a1 X {0+}\r\n\r\n",							  "[a1|X|{0+}\r\n]"                                 },
	{"a1 X \"{1}\"\r\n",							   "[a1|X|\"{1}\"]"                                  },
	{"a1 X \"\\\"(\" \"\xc3\xbc\"\r\n",					    "[a1|X|\"\\\"(\" \"\xc3\xbc\"]"                   },
	{"a1 X (BODY[HEADER.FIELDS ({1+}\r\nA)])\r\n",                                 "[a1|X|(BODY[HEADER.FIELDS ({1+}\r\nA)])]"        },
 /* a message is handed out; more may follow it */
	{"a1 APPEND x (\\Seen) {3}\r\nabc\r\n",                                        "[a1|APPEND|x (\\Seen) ]=3<abc>[..|]"             },
	{"a1 APPEND {1+}\r\nx {3+}\r\na\nb {2+}\r\nxy\r\nb NOOP\r\n",
         "[a1|APPEND|{1+}\r\nx ]3<a\nb>[.. ]2<xy>[..|][b|NOOP|]"									 },
	{"a1 APPEND x UTF8 (~{1+}\r\nx)\r\n",                                          "[a1|APPEND|x UTF8 (]1~<x>[..)|]"                 },
	{"a1 APPEND no {3+}\r\nabc {1+}\r\nx\r\nb NOOP\r\n",                           "[a1|APPEND|no ]3 no[b|NOOP|]"                    },
	{"a1 APPEND no {3}\r\nb NOOP\r\n",					     "[a1|APPEND|no ]=3 no[b|NOOP|]"                   },
	{"a1 APPEND x {3+}\r\nabc)\r\n",
         "[a1|APPEND|x ]3<abc>(closing parenthesis without an opening one)"                                                              },
 /* faults */
	{"a1 NOOP\n",								  "(a1 LF without CR)"                              },
	{"\r\n",								       "(command without a tag)"                         },
	{"NOOP\r\n",								   "(command without a tag)"                         },
	{"+ NOOP\r\n",								 "(command without a tag)"                         },
	{"a1 \r\nb NOOP\r\n",							  "(a1 command without a name)[b|NOOP|]"            },
	{"a1 NOOP\rX\r\n",							     "(a1 CR without LF)"                              },
	{"a1 NO\x01\r\n",							      "(a1 no blank behind the command's name)"         },
	{"a1 X \xc3\xbc\r\n",							  "(a1 byte that is not ASCII outside of quotes)"   },
	{"a1 X \"\xff\"\r\n",							  "(a1 quoted string is not UTF-8)"                 },
	{"a1 X \"y\r\n",							       "(a1 quoted string without an end)"               },
	{"a1 X \"y\\\r\n",							     "(a1 quoted string without an end)"               },
	{"a1 X (\r\n",								 "(a1 opening parenthesis without a closing one)"  },
	{"a1 X )\r\n",								 "(a1 closing parenthesis without an opening one)" },
	{"a1 X (((((((((x)))))))))\r\n",					       "(a1 too many parentheses within each other)"     },
	{"a1 X {4294967296}\r\nb NOOP\r\n",					    "(a1 literal over limit)[b|NOOP|]"                },
	{"a1 X {-1}\r\n",							      "[a1|X|{-1}]"                                     },
	{"a1 X {99999999999999999999}\r\n",					    "(a1 literal over limit)"                         },
	{"a1 X {99999999999999999999+}\r\nb NOOP\r\n",                                 "(a1 literal over limit)!"                        },
	{"a1 X {21}\r\n",							      "(a1 literal over limit)"                         },
	{"a1 X ) {2+}\r\nhi\r\n",						      "(a1 closing parenthesis without an opening one)!"},
	{"a1 X 78901234567890123456789012345678901234567890123456789012345678901\r\n",
         "(command is too long)!"													},
	{"a1 X",								       ""						},
	{"a1 X {3}\r\nab",							     "+"					       },
};

static const struct imap_limits limits = {
	.max_command = 64, .max_literal = 20, .max_depth = 8, .streams = true};

static void add_line(struct buf *b, const struct imap_line *l)
{
	buf_addc(b, '[');
	if (l->part)
		buf_addz(b, "..");
	else
		buf_addf(b, "%.*s|%s%.*s|", SLICE_ARG(l->tag), l->uid ? "UID " : "",
			SLICE_ARG(l->name));
	buf_add(b, l->args);
	buf_addz(b, l->part && !l->streams ? "|]" : "]");
	if (l->streams)
		buf_addf(b, "%s%u%s", l->sync ? "=" : "", l->literal_len, l->literal8 ? "~" : "");
}

/* A session of few words: mailbox "no" takes no messages. */
struct client {
	struct imap_parser p;
	bool in_literal;
};

/* The message's bytes; `used` of them were there. */
static size_t take_literal(struct client *cl, struct slice in, struct buf *answer)
{
	struct slice piece;
	size_t used;

	cl->in_literal = !imap_literal_take(&cl->p, in, &used, &piece);
	buf_add(answer, piece);
	if (!cl->in_literal)
		buf_addc(answer, '>');
	return used;
}

static void begin_literal(struct client *cl, const struct imap_line *l, struct buf *answer)
{
	if (slice_starts(l->args, lit("no"))) {
		imap_literal_refuse(&cl->p);
		buf_addz(answer, " no");
		return;
	}
	cl->in_literal = true;
	buf_addc(answer, '<');
}

static void answer_bad(struct client *cl, const struct imap_line *l, struct buf *answer)
{
	buf_addc(answer, '(');
	if (l->tag.len > 0)
		buf_addf(answer, "%.*s ", SLICE_ARG(l->tag));
	buf_addf(answer, "%s)%s", cl->p.why, cl->p.fatal ? "!" : "");
}

/* One step; false when all of `in` is used. */
static bool step(struct client *cl, struct slice *in, struct buf *answer)
{
	const struct imap_line *l;
	size_t used;

	if (cl->in_literal) {
		*in = slice_from(*in, take_literal(cl, *in, answer));
		return in->len > 0;
	}
	enum scan rc = imap_take(&cl->p, *in, &used, &l);
	*in = slice_from(*in, used);
	for (; cl->p.go_aheads > 0; cl->p.go_aheads--)
		buf_addc(answer, '+');
	if (rc == SCAN_OK)
		add_line(answer, l);
	if (rc == SCAN_OK && l->streams)
		begin_literal(cl, l, answer);
	if (rc == SCAN_BAD)
		answer_bad(cl, l, answer);
	return rc != SCAN_MORE && in->len > 0;
}

static void take(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct client cl = {0};

	imap_parser_init(&cl.p, arg);
	for (size_t i = 0; i < n && !cl.p.fatal; i++) {
		struct slice in = pieces[i];

		while (!cl.p.fatal && step(&cl, &in, answer))
			continue;
	}
	imap_parser_fini(&cl.p);
}

static void takes_commands(void **state)
{
	struct imap_limits lim = limits;
	struct buf answer;

	(void)state;
	buf_init(&answer, 1 << 20);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_true(splits_check(take, &lim, slice_str(rows[i].in), &answer));
		assert_buf(&answer, rows[i].answer);
	}
	assert_true(splits_check(take, &lim, slice_of("a X\0\r\n", 6), &answer));
	assert_buf(&answer, "(a NUL byte in a command)");
	assert_true(splits_check(take, &lim, slice_of("a X {1+}\r\n\0\r\n", 13), &answer));
	assert_buf(&answer, "(a NUL byte in a literal)");
	buf_fini(&answer);
}

static const char *why_of(const struct imap_limits *lim, struct buf *in, bool *fatal)
{
	const struct imap_line *l;
	struct imap_parser p;
	size_t used;
	const char *why = NULL;

	imap_parser_init(&p, lim);
	if (imap_take(&p, buf_slice(in), &used, &l) == SCAN_BAD)
		why = p.why;
	*fatal = p.fatal;
	imap_parser_fini(&p);
	return why;
}

/* Rows 1, 11 and 12 of the table of bad inputs. */
static void bounds(void **state)
{
	struct buf in;
	bool fatal;

	(void)state;
	buf_init(&in, 1 << 22);
	buf_addz(&in, "a X ");
	for (int i = 0; i < 10000; i++)
		buf_addc(&in, '(');
	buf_addz(&in, "\r\n");
	assert_string_equal(
		why_of(&imap_limits_login, &in, &fatal), "too many parentheses within each other");
	assert_false(fatal);
	assert_string_equal(why_of(&imap_limits_stranger, &in, &fatal), "command is too long");
	assert_true(fatal);
	buf_reset(&in);
	buf_addz(&in, "a X");
	for (int i = 0; i < 100000; i++)
		buf_addz(&in, " {0+}\r\n");
	assert_string_equal(why_of(&imap_limits_login, &in, &fatal), "too many literals");
	assert_true(fatal);
	assert_string_equal(why_of(&imap_limits_stranger, &in, &fatal), "too many literals");
	buf_reset(&in);
	buf_addz(&in, "a LOGIN {257}\r\n");
	assert_string_equal(why_of(&imap_limits_stranger, &in, &fatal), "literal over limit");
	assert_false(fatal);
	assert_null(why_of(&imap_limits_login, &in, &fatal));
	buf_fini(&in);
}

static void takes_text(void **state)
{
	struct imap_parser p;
	struct slice text;
	size_t used;

	(void)state;
	imap_parser_init(&p, &limits);
	assert_int_equal(imap_take_text(&p, lit("DO"), &used, &text), SCAN_MORE);
	assert_int_equal(imap_take_text(&p, lit("NE\r\na1"), &used, &text), SCAN_OK);
	assert_int_equal(used, 4);
	assert_slice(text, "DONE");
	assert_int_equal(imap_take_text(&p, lit("x\n"), &used, &text), SCAN_BAD);
	assert_int_equal(imap_take_text(&p, lit("y\r\n"), &used, &text), SCAN_OK);
	assert_slice(text, "y");
	imap_parser_fini(&p);
}

typedef bool (*read_fn)(struct cursor *c, struct arena *ar, struct slice *out);

static bool read_atom(struct cursor *c, struct arena *ar, struct slice *out)
{
	(void)ar;
	return imap_read_atom(c, out);
}

static bool read_flag(struct cursor *c, struct arena *ar, struct slice *out)
{
	(void)ar;
	return imap_read_flag(c, out);
}

static const struct {
	read_fn read;
	const char *in, *out; /* NULL: refused */
} words[] = {
	{read_atom,         "abc def",        "abc"   },
	{read_atom,         "a]",             "a"     },
	{read_atom,         "(a)",            NULL    },
	{read_atom,         "",               NULL    },
	{imap_read_astring, "a]b c",          "a]b"   },
	{imap_read_astring, "\"a b\"",        "a b"   },
	{imap_read_astring, "\"a\\\"\\\\\"x", "a\"\\" },
	{imap_read_astring, "\"a\\b\"",       NULL    },
	{imap_read_astring, "\"a",            NULL    },
	{imap_read_astring, "\"a\\",          NULL    },
	{imap_read_astring, "\"\"",           ""      },
	{imap_read_astring, "{3}\r\na b",     "a b"   },
	{imap_read_astring, "~{1+}\r\na",     "a"     },
	{imap_read_astring, "{3}\r\na",       NULL    },
	{imap_read_astring, "{x}",            NULL    },
	{imap_read_astring, "~",              "~"     },
	{imap_read_astring, "%",              NULL    },
	{imap_read_pattern, "a/%*",           "a/%*"  },
	{imap_read_nstring, "nil",            ""      },
	{imap_read_nstring, "\"nil\"",        "nil"   },
	{imap_read_nstring, "nilx",           NULL    },
	{imap_read_string,  "x",              NULL    },
	{read_flag,         "\\Seen)",        "\\Seen"},
	{read_flag,         "$Junk ",         "$Junk" },
	{read_flag,         "\\",             NULL    },
	{read_flag,         "\\*",            NULL    },
};

static void reads_words(void **state)
{
	struct arena ar;

	(void)state;
	arena_init(&ar);
	for (size_t i = 0; i < array_len(words); i++) {
		struct slice in = splits_copy(slice_str(words[i].in)), out;
		struct cursor c = cursor_of(in);
		bool ok = words[i].read(&c, &ar, &out);

		assert_int_equal(ok, words[i].out != NULL);
		if (ok)
			assert_slice(out, words[i].out);
		splits_free(in);
	}
	arena_fini(&ar);
}

static void reads_numbers(void **state)
{
	struct cursor c = cursor_of(lit("4294967295 4294967296"));
	uint64_t modseq;
	uint32_t n;

	(void)state;
	assert_true(imap_read_nz_number(&c, &n));
	assert_int_equal(n, UINT32_MAX);
	assert_true(imap_read_sp(&c));
	assert_false(imap_read_number(&c, &n));
	assert_true(imap_read_modseq(&c, &modseq));
	assert_true(imap_read_end(&c));
	c = cursor_of(lit("0"));
	assert_false(imap_read_nz_number(&c, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_commands),
		cmocka_unit_test(bounds),
		cmocka_unit_test(takes_text),
		cmocka_unit_test(reads_words),
		cmocka_unit_test(reads_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
