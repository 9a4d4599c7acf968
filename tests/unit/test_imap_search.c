/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SEARCH: keys, charsets, budgets, and what matches one message. */
#include "tests/rig/unit.h"

#include <time.h>

#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_fmt.h"
#include "proto/imap/imap_search.h"
#include "proto/msg/mime.h"
#include "tests/rig/splits.h"

/* Number 7, UID 70, of two; 1,000 bytes; arrived 2 Jan 2024 12:00 UTC; sent the day before. */
static const char text[] =
	"From: =?utf-8?q?J=C3=BCrgen?= <j@x.example>\r\nTo: a@b\r\nTo: c@d\r\n"
	"Subject: Stra\xc3\x9f"
	"e\r\nDate: Mon, 1 Jan 2024 23:30:00 -0500\r\nX-Empty:\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe aus M=\r\n=FCnster\r\n"
	"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nSGFsbG8=\r\n"
	"--b\r\nContent-Type: image/png\r\n\r\npicture\r\n"
	"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n"
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\ndeep\r\n--b--\r\n";

static int n_bytes_asked;

static int get_flags(void *msg, unsigned *flags_out)
{
	(void)msg;
	*flags_out = IMAP_SEEN | IMAP_RECENT;
	return 0;
}

static int get_keyword(void *msg, struct slice keyword, bool *has_out)
{
	(void)msg;
	*has_out = slice_eq_ci(keyword, lit("$Junk"));
	return 0;
}

static int get_times(void *msg, int64_t *arrived_at_out)
{
	(void)msg;
	*arrived_at_out = 1704196800;
	return 0;
}

static int get_size(void *msg, uint64_t *size_out)
{
	(void)msg;
	*size_out = 1000;
	return 0;
}

static int get_modseq(void *msg, uint64_t *modseq_out)
{
	(void)msg;
	*modseq_out = 500;
	return 0;
}

static int get_envelope(void *msg, struct slice *envelope_out)
{
	static char kept[1000];
	struct arena ar;
	struct buf b;

	arena_init(&ar);
	buf_init(&b, sizeof kept);
	imap_add_envelope(&b, slice_str(msg), &ar);
	memcpy(kept, buf_slice(&b).p, b.len);
	*envelope_out = slice_of(kept, b.len);
	buf_fini(&b);
	arena_fini(&ar);
	return 0;
}

static int n_fields_read;

static int get_field(void *msg, struct slice name, size_t *at, struct slice *value_out)
{
	struct header_field f;

	*value_out = slice_of(NULL, 0);
	while (mime_field_next(slice_str(msg), at, &f)) {
		n_fields_read++;
		if (slice_eq_ci(f.name, name)) {
			*value_out = f.value;
			return 0;
		}
	}
	return 0;
}

static int get_bytes(void *msg, struct slice *bytes_out)
{
	n_bytes_asked++;
	*bytes_out = slice_str(msg);
	return 0;
}

static const struct imap_search_ops ops = {get_flags, get_keyword, get_times, get_size, get_modseq,
	get_envelope, get_field, get_bytes};

static const struct {
	const char *keys;
	int want; /* 1, 0, or minus a result */
} rows[] = {
	{"ALL",				    1		  },
	{"SEEN",				   1		  },
	{"UNSEEN",				 0                  },
	{"recent seen",			    1                  },
	{"NEW",				    0		  },
	{"OLD",				    0		  },
	{"NOT NEW",				1                  },
	{"NOT NOT SEEN",			   1                  },
	{"OR DELETED SEEN",                        1                  },
	{"OR DELETED FLAGGED",                     0                  },
	{"OR OR DELETED FLAGGED OR DRAFT SEEN",    1                  },
	{"OR (SEEN DELETED) (SEEN RECENT)",        1                  },
	{"NOT (SEEN OR DELETED FLAGGED)",          1                  },
	{"NOT (SEEN (RECENT))",                    0                  },
	{"((((SEEN)) 7))",                         1                  },
	{"KEYWORD $junk",			  1                  },
	{"UNKEYWORD $Junk",                        0                  },
	{"7",				      1		  },
	{"1:6,8:*",				0                  },
	{"*",				      0		  },
	{"UID 70",				 1                  },
	{"UID *",				  0                  },
	{"UID 60:*",			       1                  },
	{"BEFORE 3-Jan-2024",                      1                  },
	{"ON 2-Jan-2024",			  1                  },
	{"SINCE \"02-Jan-2024\"",                  1                  },
	{"SINCE 3-Jan-2024",                       0                  },
	{"SINCE 1-Jan-1900",                       1                  },
	{"SENTON 1-Jan-2024",                      1                  },
	{"SENTBEFORE 1-Jan-2024",                  0                  },
	{"SENTSINCE 2-Jan-2024",                   0                  },
	{"LARGER 999 SMALLER 1001",                1                  },
	{"LARGER 1000",			    0                  },
	{"YOUNGER 3600",			   1                  },
	{"OLDER 3601",			     0                  },
	{"MODSEQ 500",			     1                  },
	{"MODSEQ \"/flags/\\\\draft\" all 501",    0                  },
	{"FROM \"j\xc3\x9crgen\"",                 1                  },
	{"FROM {7+}\r\nJ\xc3\xbcrgen",             1                  },
	{"FROM \"gen <j@x\"",                      1                  },
	{"TO c@D",				 0                  },
	{"HEADER To c@D",			  1                  },
	{"HEADER Message-ID \"\"",                 0                  },
	{"CC c@d",				 0                  },
	{"SUBJECT STRASSE",                        1                  },
	{"HEADER X-Empty \"\"",                    1                  },
	{"HEADER X-None \"\"",                     0                  },
	{"BODY \"gr\xc3\xbc\xc3\x9f"
	 "e aus m\xc3\xbcnster\"",        1		  },
	{"CHARSET iso-8859-1 BODY {3+}\r\nm\xfcn", 1                  },
	{"BODY HALLO",			     1                  },
	{"BODY picture",			   0                  },
	{"BODY within BODY deep",                  1                  },
	{"BODY \"action: failed\"",                1                  },
	{"BODY Subject:",			  1                  },
	{"BODY x.example",                         0                  },
	{"TEXT x.example",                         1                  },
	{"CHARSET UTF-8 ALL",                      1                  },
	{"RETURN (MIN COUNT) SEEN",                1                  },
	{"RETURN () ALL",			  1                  },
	{"CHARSET x-none ALL",                     -SEARCH_BAD_CHARSET},
	{"",				       -SEARCH_BAD        },
	{"X",				      -SEARCH_BAD        },
	{"NOT",				    -SEARCH_BAD        },
	{"OR SEEN",				-SEARCH_BAD        },
	{"OR (SEEN",			       -SEARCH_BAD        },
	{"(OR SEEN)",			      -SEARCH_BAD        },
	{"SEEN)",				  -SEARCH_BAD        },
	{"()",				     -SEARCH_BAD        },
	{"SEEN ",				  -SEARCH_BAD        },
	{"SEENx",				  -SEARCH_BAD        },
	{"SEEN(7)",				-SEARCH_BAD        },
	{"ON 32-Jan-2024",                         -SEARCH_BAD        },
	{"ON x",				   -SEARCH_BAD        },
	{"SUBJECT",				-SEARCH_BAD        },
	{"0",				      -SEARCH_BAD        },
	{"RETURN (X) ALL",                         -SEARCH_BAD        },
	{"RETURN (MIN ALL",                        -SEARCH_BAD        },
};

static int search(struct slice keys, struct arena *ar)
{
	struct cursor c = cursor_of(keys);
	struct imap_search_run run;
	struct imap_search s;
	char msg[sizeof text];
	enum imap_search_result rc = imap_read_search(&c, ar, &s);

	if (rc != SEARCH_OK)
		return -(int)rc;
	memcpy(msg, text, sizeof msg);
	imap_search_resolve(&s, 9, 90);
	imap_search_begin(&run, &s, &ops, 1704196800 + 3600);
	int got = imap_search_match(&run, msg, 7, 70);
	assert_int_equal(imap_search_match(&run, msg, 7, 70), got);
	imap_search_end(&run);
	return got;
}

static void searches(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].keys));
		struct arena ar;

		arena_init(&ar);
		int got = search(in, &ar);
		if (got != rows[i].want)
			print_error("%s: %d\n", rows[i].keys, got);
		assert_int_equal(got, rows[i].want);
		arena_fini(&ar);
		splits_free(in);
	}
}

static void reads_returns(void **state)
{
	struct cursor c = cursor_of(lit("RETURN (MIN save) MODSEQ 1"));
	struct imap_search s;
	struct arena ar;

	(void)state;
	arena_init(&ar);
	assert_int_equal(imap_read_search(&c, &ar, &s), SEARCH_OK);
	assert_true(s.extended && s.modseq);
	assert_int_equal(s.wants, RETURN_MIN | RETURN_SAVE);
	arena_fini(&ar);
}

/* A message is decoded once, and not at all when a cheaper key has refused it. */
static void asks_little(void **state)
{
	struct arena ar;

	(void)state;
	arena_init(&ar);
	n_bytes_asked = 0;
	assert_int_equal(search(lit("UNSEEN BODY hallo"), &ar), 0);
	assert_int_equal(n_bytes_asked, 0);
	assert_int_equal(search(lit("BODY hallo TEXT deep"), &ar), 1);
	assert_int_equal(n_bytes_asked, 2);
	arena_fini(&ar);
}

/* Row 13 of the table of bad inputs. */
static void bounds(void **state)
{
	static const char *const words[] = {"OR ", "NOT ", "OR NOT ", "SEEN "};
	struct arena ar;
	struct buf b;
	clock_t from = clock();

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < array_len(words); i++) {
		arena_init(&ar);
		buf_reset(&b);
		for (int k = 0; k < 10000; k++)
			buf_addz(&b, words[i]);
		buf_addz(&b, "ALL");
		assert_int_equal(search(buf_slice(&b), &ar), -SEARCH_TOO_MUCH);
		arena_fini(&ar);
	}
	buf_fini(&b);
	assert_true(clock() - from < CLOCKS_PER_SEC);
}

/* Each field of a head is read once, however many have the name that is looked for. */
static void reads_fields_once(void **state)
{
	enum { FIELDS = 5000 };
	struct imap_search_run run;
	struct cursor c = cursor_of(lit("HEADER a zzz"));
	struct imap_search s;
	struct arena ar;
	struct buf b;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < FIELDS; i++)
		buf_add(&b, lit("a:\r\n"));
	assert_int_equal(imap_read_search(&c, &ar, &s), SEARCH_OK);
	imap_search_begin(&run, &s, &ops, 0);
	n_fields_read = 0;
	assert_int_equal(imap_search_match(&run, (char *)(uintptr_t)buf_cstr(&b), 1, 1), 0);
	assert_int_equal(n_fields_read, FIELDS);
	imap_search_end(&run);
	buf_fini(&b);
	arena_fini(&ar);
}

/* Many keys on a long text are judged in parts of a bounded work, and the text is made once. */
static void tires(void **state)
{
	enum { KEYS = 400, LINES = 2000 };
	struct imap_search_run run;
	struct imap_search s;
	struct buf keys, msg;
	struct arena ar;
	int got, n_parts = 0;

	(void)state;
	arena_init(&ar);
	buf_init(&keys, 1 << 20);
	buf_init(&msg, 1 << 20);
	for (int i = 0; i < KEYS; i++)
		buf_addf(&keys, "OR TEXT nowhere%d ", i);
	buf_add(&keys, lit("TEXT last"));
	buf_add(&msg, lit("Subject: long\r\n\r\n"));
	for (int i = 0; i < LINES; i++)
		buf_addf(&msg, "%098d\r\n", i);
	buf_add(&msg, lit("last\r\n"));
	struct cursor c = cursor_of(buf_slice(&keys));
	assert_int_equal(imap_read_search(&c, &ar, &s), SEARCH_OK);
	imap_search_begin(&run, &s, &ops, 0);
	n_bytes_asked = 0;
	do {
		run.work = 0;
		got = imap_search_match(&run, (char *)(uintptr_t)buf_cstr(&msg), 1, 1);
		assert_true(!run.tired || got == KERR_WAIT);
		assert_true(run.work < 2 * IMAP_SEARCH_MAX_WORK);
		n_parts++;
	} while (run.tired);
	assert_int_equal(got, 1);
	assert_int_equal(n_bytes_asked, 1);
	assert_true(n_parts > KEYS * LINES * 100 / (2 * IMAP_SEARCH_MAX_WORK));
	imap_search_end(&run);
	buf_fini(&keys);
	buf_fini(&msg);
	arena_fini(&ar);
}

static void folds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	text_add_fold(
		&b, lit("AZ\xc3\x84\xc3\x97\xc3\x9f\xe1\xba\x9e\xc5\xb8\xc4\x8c\xce\xa3\xcf\x82"
			"\xd0\x90\xd0\x8f\xe1\xb8\x80\xe2\x82\xac\xff\xf0\x9f\x98\x80"));
	assert_buf(&b, "az\xc3\xa4\xc3\x97"
		       "ssss\xc3\xbf\xc4\x8d\xcf\x83\xcf\x83"
		       "\xd0\xb0\xd1\x9f\xe1\xb8\x81\xe2\x82\xac\xff\xf0\x9f\x98\x80");
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches),
		cmocka_unit_test(reads_returns),
		cmocka_unit_test(asks_little),
		cmocka_unit_test(bounds),
		cmocka_unit_test(reads_fields_once),
		cmocka_unit_test(tires),
		cmocka_unit_test(folds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
