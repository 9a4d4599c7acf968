/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence sets, and mailbox names in modified UTF-7. */
#include "tests/rig/unit.h"

#include "proto/imap/imap_seqset.h"
#include "proto/imap/imap_utf7.h"
#include "tests/rig/splits.h"

static const struct {
	const char *in;
	uint32_t max;
	const char *out; /* NULL: refused */
} rows[] = {
	{"1",	      9, "1-1"         },
	{"*",	      9, "9-9"         },
	{"2:4,3:7,9",      9, "2-7 9-9"     },
	{"7:2,1",          9, "1-7"         },
	{"1:*",            9, "1-9"         },
	{"*:1",            9, "1-9"         },
	{"12:*",           9, "9-12"        },
	{"1:2,3:4",        9, "1-4"         },
	{"4294967295:*",   9, "9-4294967295"},
	{"1:4294967295,5", 9, "1-4294967295"},
	{"1:*",            0, ""            },
	{"*",	      0, ""            },
	{"3,1:*",          0, "3-3"         },
	{"5,4,3,1",        9, "1-1 3-5"     },
	{"",	       9, NULL          },
	{"0",	      9, NULL          },
	{"1,",             9, NULL          },
	{",1",             9, NULL          },
	{"1:",             9, NULL          },
	{"1:2:3",          9, NULL          },
	{"4294967296",     9, NULL          },
	{"**",             9, NULL          },
	{"x",	      9, NULL          },
};

static void reads_sets(void **state)
{
	struct arena ar;
	struct buf b;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		struct cursor c = cursor_of(in);
		struct imap_seqset s;
		bool ok = imap_read_seqset(&c, &ar, &s);

		assert_int_equal(ok, rows[i].out != NULL);
		imap_seqset_resolve(&s, rows[i].max);
		buf_reset(&b);
		for (size_t k = 0; k < s.n; k++)
			buf_addf(&b, "%s%u-%u", k ? " " : "", s.v[k].lo, s.v[k].hi);
		if (ok)
			assert_buf(&b, rows[i].out);
		splits_free(in);
	}
	buf_fini(&b);
	arena_fini(&ar);
}

static void asks_sets(void **state)
{
	struct cursor c = cursor_of(lit("2,4:6,9 rest"));
	struct imap_seqset s;
	struct arena ar;

	(void)state;
	arena_init(&ar);
	assert_true(imap_read_seqset(&c, &ar, &s));
	assert_slice(cursor_rest(&c), " rest");
	imap_seqset_resolve(&s, 100);
	assert_true(imap_seqset_has(&s, 5));
	assert_false(imap_seqset_has(&s, 0));
	assert_false(imap_seqset_has(&s, 3));
	assert_int_equal(imap_seqset_next(&s, 1), 2);
	assert_int_equal(imap_seqset_next(&s, 3), 4);
	assert_int_equal(imap_seqset_next(&s, 6), 6);
	assert_int_equal(imap_seqset_next(&s, 7), 9);
	assert_int_equal(imap_seqset_next(&s, 10), 0);
	arena_fini(&ar);
}

static void writes_sets(void **state)
{
	static const uint32_t nums[] = {1, 2, 3, 5, 7, 8, 4294967294u, 4294967295u};
	struct imap_seqset_writer w = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	w.b = &b;
	for (size_t i = 0; i < array_len(nums); i++)
		imap_seqset_put(&w, nums[i]);
	imap_seqset_end(&w);
	assert_buf(&b, "1:3,5,7:8,4294967294:4294967295");
	buf_reset(&b);
	w = (struct imap_seqset_writer){.b = &b};
	imap_seqset_end(&w);
	assert_buf(&b, "");
	buf_fini(&b);
}

static const struct {
	const char *utf7, *utf8; /* NULL: refused */
} names[] = {
	{"INBOX",			   "INBOX"				 },
	{"a &- b",			  "a & b"				 },
	{"Entw&APw-rfe",                    "Entw\xc3\xbcrfe"                       },
	{"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
         "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
	{"&2D3eAA-",			"\xf0\x9f\x98\x80"                      },
	{"&AOQA9gD8-",                      "\xc3\xa4\xc3\xb6\xc3\xbc"              },
	{"&",			       NULL				    },
	{"&APw",			    NULL				    },
	{"&APw-&APw-",                      NULL				    },
	{"&AGE-",			   NULL				    },
	{"&AP-",			    NULL				    },
	{"&APx-",			   NULL				    },
	{"&2D0-",			   NULL				    },
	{"&3gA-",			   NULL				    },
	{"&A!-",			    NULL				    },
	{"&AAA-",			   NULL				    },
	{"\xc3\xbc",			NULL				    },
	{"a\tb",			    NULL				    },
	{"&A/w-",			   NULL				    },
};

static void mailbox_names(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(names); i++) {
		struct slice in = splits_copy(slice_str(names[i].utf7));

		buf_reset(&b);
		bool ok = imap_utf7_decode(&b, in);
		assert_int_equal(ok, names[i].utf8 != NULL);
		splits_free(in);
		if (!ok)
			continue;
		assert_buf(&b, names[i].utf8);
		buf_reset(&b);
		imap_utf7_add(&b, slice_str(names[i].utf8));
		assert_buf(&b, names[i].utf7);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sets),
		cmocka_unit_test(asks_sets),
		cmocka_unit_test(writes_sets),
		cmocka_unit_test(mailbox_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
