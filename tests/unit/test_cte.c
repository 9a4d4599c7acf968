/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 and quoted-printable, undone at every cut. */
#include "tests/rig/unit.h"

#include "proto/msg/cte.h"
#include "tests/rig/splits.h"

static const struct {
	const char *token, *in, *out;
} rows[] = {
	{"7bit",             "a=20\r\n",         "a=20\r\n" },
	{"x-uuencode",       "a=20",             "a=20"     },
	{"base64",           "SGFsbG8=",         "Hallo"    },
	{"base64",           "SGFs\r\nbG8=\r\n", "Hallo"    },
	{"base64",           "SGFsbG8",          "Hallo"    },
	{"base64",           "SG!Fs bG8=",       "Hallo!"   },
	{"BASE64",           "SGFsbG8=SGFs",     "Hallo!"   },
	{"base64",           "SGFsb",            "Hal!"     },
	{"base64",           "=",                "!"        },
	{"base64",           "",                 ""         },
	{"quoted-printable", "a=C3=bcb",
         "a\xc3\xbc"
		"b"					 },
	{"quoted-printable", "a =\r\n b",        "a  b"     },
	{"quoted-printable", "a= \t\r\nb",       "ab"       },
	{"quoted-printable", "a=\nb",            "ab"       },
	{"quoted-printable", "a \t\r\nb \nc  ",  "a\r\nb\nc"},
	{"quoted-printable", "a  b\rc",          "a  b\rc"  },
	{"quoted-printable", "a=xb",             "a=xb!"    },
	{"quoted-printable", "a=Cx=41",          "a=CxA!"   },
	{"quoted-printable", "==41",             "=A!"      },
	{"quoted-printable", "a=",               "a"        },
	{"quoted-printable", "a=4",              "a=4!"     },
	{"quoted-printable", "a= x",             "a= x!"    },
	{"quoted-printable", "a =\r",            "a "       },
};

static void decode(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct cte c;

	cte_init(&c, cte_kind_of(slice_str(arg)));
	for (size_t i = 0; i < n; i++)
		cte_push(&c, pieces[i], answer);
	cte_end(&c, answer);
	if (c.bad)
		buf_addc(answer, '!');
}

static void decodes(void **state)
{
	struct buf answer;

	(void)state;
	buf_init(&answer, 1 << 16);
	for (size_t i = 0; i < array_len(rows); i++) {
		char token[32];

		assert_true(slice_cstr(slice_str(rows[i].token), token, sizeof token));
		assert_true(splits_check(decode, token, slice_str(rows[i].in), &answer));
		assert_buf(&answer, rows[i].out);
	}
	buf_fini(&answer);
}

/* More blanks than are held are text, and a full buffer ends the work. */
static void bounds(void **state)
{
	char blanks[CTE_MAX_BLANKS + 1];
	struct buf out;
	struct cte c;

	(void)state;
	memset(blanks, ' ', sizeof blanks);
	buf_init(&out, CTE_MAX_BLANKS);
	cte_init(&c, CTE_QP);
	cte_push(&c, slice_of(blanks, sizeof blanks), &out);
	cte_push(&c, lit("\n"), &out);
	assert_int_equal(out.len, CTE_MAX_BLANKS);
	assert_true(out.bad);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
