/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH attributes: read, told again as labels, and the bytes of sections. */
#include "tests/rig/unit.h"

#include "proto/imap/imap_fetch.h"
#include "tests/rig/splits.h"

static const struct {
	const char *in, *labels; /* "!" where \Seen is set; NULL: refused */
} rows[] = {
	{"FLAGS",								     "FLAGS"				       },
	{"(uid Flags)",							       "UID FLAGS"				   },
	{"FAST",								      "FLAGS INTERNALDATE RFC822.SIZE"              },
	{"all",								       "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"     },
	{"FULL",								      "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
	{"(BODY BODYSTRUCTURE MODSEQ)",					       "BODY BODYSTRUCTURE MODSEQ"                   },
	{"BODY[]",								    "BODY[]!"				     },
	{"BODY.PEEK[]<0.100>",							"BODY[]<0>"                                   },
	{"body[header]",							      "BODY[HEADER]!"                               },
	{"BODY.PEEK[1.2.MIME]",						       "BODY[1.2.MIME]"                              },
	{"BODY.PEEK[1.TEXT]<5.1>",						    "BODY[1.TEXT]<5>"                             },
	{"BODY[4294967295]",							  "BODY[4294967295]!"                           },
	{"(UID BODY.PEEK[HEADER.FIELDS (Subject \"a b\" {2+}\r\nTo)] RFC822)",
         "UID BODY[HEADER.FIELDS (Subject \"a b\" To)] RFC822!"                                                                     },
	{"BODY.PEEK[1.HEADER.FIELDS.NOT (X)]",                                        "BODY[1.HEADER.FIELDS.NOT (X)]"               },
	{"RFC822.HEADER",							     "RFC822.HEADER"                               },
	{"RFC822.TEXT",							       "RFC822.TEXT!"                                },
	{"(FLAGS) (CHANGEDSINCE 12)",						 "FLAGS since 12"                              },
	{"FLAGS (CHANGEDSINCE 12 VANISHED)",                                          "FLAGS since 12 vanished"                     },
	{"FLAGS (VANISHED)",							  NULL					  },
	{"FLAGS (CHANGEDSINCE)",						      NULL					  },
	{"FLAGS (X 1)",							       NULL					  },
	{"FLAGS ",								    NULL					  },
	{"FLAGS UID",								 NULL					  },
	{"",									  NULL					  },
	{"()",									NULL					  },
	{"(ALL)",								     NULL					  },
	{"(FLAGS",								    NULL					  },
	{"BODY.PEEK",								 NULL					  },
	{"BODY[",								     NULL					  },
	{"BODY[1.]",								  NULL					  },
	{"BODY[0]",								   NULL					  },
	{"BODY[4294967296]",							  NULL					  },
	{"BODY[MIME]",								NULL					  },
	{"BODY[1HEADER]",							     NULL					  },
	{"BODY[HEADER.FIELDS]",						       NULL					  },
	{"BODY[HEADER.FIELDS ()]",						    NULL					  },
	{"BODY[X]",								   NULL					  },
	{"BODY[]<0>",								 NULL					  },
	{"BODY[]<0.0>",							       NULL					  },
	{"BODY[]x",								   NULL					  },
	{"FLAGS[]",								   NULL					  },
	{"BODY[1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1]", NULL                                          },
};

static void add_fetch(struct buf *b, const struct imap_fetch *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (i > 0)
			buf_addc(b, ' ');
		imap_fetch_add_label(b, &f->v[i]);
	}
	if (imap_fetch_marks_seen(f))
		buf_addc(b, '!');
	if (f->has_since)
		buf_addf(b, " since %llu%s", (unsigned long long)f->since,
			f->vanished ? " vanished" : "");
}

static void reads_attributes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		struct cursor c = cursor_of(in);
		struct imap_fetch f;
		struct arena ar;

		arena_init(&ar);
		bool ok = imap_read_fetch(&c, &ar, &f);
		assert_int_equal(ok, rows[i].labels != NULL);
		buf_reset(&b);
		add_fetch(&b, &f);
		if (ok)
			assert_buf(&b, rows[i].labels);
		arena_fini(&ar);
		splits_free(in);
	}
	buf_fini(&b);
}

static const char msg[] = "Subject: s\r\nTo: a,\r\n b\r\nX: y\r\n\r\nHello\r\n";

static const struct {
	const char *item, *bytes; /* NULL: NIL */
} sections[] = {
	{"BODY[]",			 msg					 },
	{"RFC822.HEADER",                  "Subject: s\r\nTo: a,\r\n b\r\nX: y\r\n\r\n"},
	{"RFC822.TEXT",                    "Hello\r\n"                                 },
	{"BODY[1]<1.3>",                   "ell"				       },
	{"BODY[1]<7.3>",                   ""					  },
	{"BODY[1]<4294967295.4294967295>", ""                                          },
	{"BODY[HEADER.FIELDS (to X)]",     "To: a,\r\n b\r\nX: y\r\n\r\n"              },
	{"BODY[HEADER.FIELDS (none)]",     "\r\n"                                      },
	{"BODY[HEADER.FIELDS.NOT (TO)]",   "Subject: s\r\nX: y\r\n\r\n"                },
	{"BODY[HEADER.FIELDS (to)]<4.2>",  "a,"                                        },
	{"BODY[2]",			NULL					},
	{"BODY[1.HEADER]",                 NULL					},
};

static void cuts_sections(void **state)
{
	struct arena ar;
	struct mime m;
	struct buf tmp;

	(void)state;
	arena_init(&ar);
	buf_init(&tmp, 1000);
	mime_parse(&m, slice_str(msg), &ar);
	for (size_t i = 0; i < array_len(sections); i++) {
		struct cursor c = cursor_of(slice_str(sections[i].item));
		struct imap_fetch f;
		struct slice got;

		assert_true(imap_read_fetch(&c, &ar, &f));
		assert_true(imap_fetch_needs_bytes(&f));
		bool ok = imap_fetch_section(&m, &f.v[0], &tmp, &got);
		assert_int_equal(ok, sections[i].bytes != NULL);
		if (ok)
			assert_slice(got, sections[i].bytes);
	}
	buf_fini(&tmp);
	arena_fini(&ar);
}

/* RFC 3501 section 6.4.5: no empty line where the message has none. */
static void head_without_end(void **state)
{
	static const char *const heads[][2] = {
		{"Subject: s\r\nTo: a\r\n", "Subject: s\r\n"    },
		{"Subject: s",              "Subject: s"        },
		{"Subject: s\r\n\r\n",      "Subject: s\r\n\r\n"},
		{"Subject: s\n\nx",         "Subject: s\n\n"    },
	};
	struct cursor c = cursor_of(lit("BODY[HEADER.FIELDS (Subject)]"));
	struct imap_fetch f;
	struct arena ar;
	struct slice got;
	struct mime m;
	struct buf tmp;

	(void)state;
	arena_init(&ar);
	buf_init(&tmp, 1000);
	assert_true(imap_read_fetch(&c, &ar, &f));
	for (size_t i = 0; i < array_len(heads); i++) {
		struct slice in = splits_copy(slice_str(heads[i][0]));

		mime_parse(&m, in, &ar);
		assert_true(imap_fetch_section(&m, &f.v[0], &tmp, &got));
		assert_slice(got, heads[i][1]);
		splits_free(in);
	}
	buf_fini(&tmp);
	arena_fini(&ar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_attributes),
		cmocka_unit_test(cuts_sections),
		cmocka_unit_test(head_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
