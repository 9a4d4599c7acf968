/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control entries: fields and bodies, both ways, cut everywhere. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_control.h"
#include "tests/rig/splits.h"

#define OID "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"
#define GID "domahgkwvl6vrki4agdbc7aw6b"
#define TAGS(n, t)                                                                                 \
	"v=1; o=" OID "; g=" GID "; e=1790000000; n=" n                                            \
	"; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; t=" t "; r=1; y=a; "                     \
	"m=<aaaabbbbccccddddeeee@forum.a.example>; z=68; "                                         \
	"h=CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc; "                                          \
	"b=Og47KTFK11Cb8FsyNkncfjsXFRM-bga7S_cGdI7-A0s; k=dxswsokpmlbainx4; "                      \
	"s=Rjjn4xESOxygYPdUKKOjmrbRnzU3OrosONmNI0mvHFFjhtVXWTOmSKFktGGGEXEcZPS9BAifBeH209JF3azXAA"

static const struct row {
	const char *value, *body;
	bool ok;
	enum fed_control_kind kind;
} rows[] = {
	{"kokod daemon " OID " 3",     "",								   true,  FED_CTL_RECORD },
	{"kokod federation " GID " 3", "",								   true,  FED_CTL_RECORD },
	{"kokod group " GID " 3",      "",								   true,  FED_CTL_RECORD },
	{"kokod members",              "",								   true,  FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example writer Ulla Meier\r\nu2@a.example reader \xc3\xb6\r\n",
         true,												      FED_CTL_MEMBERS},
	{"kokod request",              "+ member: x\r\n- ban: y z\r\n",                                      true,  FED_CTL_REQUEST},
	{"kokod refuse <a@b>",         "no\r\n",							     true,  FED_CTL_REFUSE },
	{"kokod refuse <a@b>",         "",								   true,  FED_CTL_REFUSE },
	{"kokod refuse <a@b>",         "no",								 false, FED_CTL_REFUSE },
	{"kokod refuse <a@b>",         "no\r\nnever\r\n",						    false, FED_CTL_REFUSE },
	{"kokod refuse <a@b>",         "\r\n",							       false, FED_CTL_REFUSE },
	{"kokod cancel <a@b>",         "",								   true,  FED_CTL_CANCEL },
	{"cancel <a@b>",               "any text",							   true,  FED_CTL_CANCEL },
	{"kokod erase",                "x\r\n",							      true,  FED_CTL_OTHER  },
	{"newgroup a.b",               "",								   true,  FED_CTL_OTHER  },
	{"",			   "",								   false, FED_CTL_OTHER  },
	{"kokod",		      "",								   false, FED_CTL_OTHER  },
	{"cancel",		     "",								   false, FED_CTL_CANCEL },
	{"cancel a@b",                 "",								   false, FED_CTL_CANCEL },
	{"cancel <a@b> <c@d>",         "",								   false, FED_CTL_CANCEL },
	{"kokod a b c d e",            "",								   false, FED_CTL_OTHER  },
	{"kokod daemon " GID " 3",     "",								   false, FED_CTL_RECORD },
	{"kokod group " OID " 3",      "",								   false, FED_CTL_RECORD },
	{"kokod group " GID " 0",      "",								   false, FED_CTL_RECORD },
	{"kokod group " GID,           "",								   false, FED_CTL_RECORD },
	{"kokod members x",            "",								   false, FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example writer Ulla",                                           false, FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example moderator Ulla\r\n",                                    false, FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example writer\r\n",                                            false, FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example writer \r\n",                                           false, FED_CTL_MEMBERS},
	{"kokod members",              "u1 writer Ulla\r\n",						 false, FED_CTL_MEMBERS},
	{"kokod members",              "\r\n",							       false, FED_CTL_MEMBERS},
	{"kokod members",              "u1@a.example writer A\r\nu1@a.example reader B\r\n",                 false,
         FED_CTL_MEMBERS													   },
	{"kokod request",              "",								   false, FED_CTL_REQUEST},
	{"kokod request",              "* member: x\r\n",						    false, FED_CTL_REQUEST},
	{"kokod request",              "+member: x\r\n",						     false, FED_CTL_REQUEST},
	{"kokod request",              "+ member: x",							false, FED_CTL_REQUEST},
	{"kokod fork 1790000000 0",    "",								   false, FED_CTL_FORK   },
	{"kokod fork 1790000000 1",    "",								   false, FED_CTL_FORK   },
};

static void field_prefix(void *arg, struct slice in)
{
	const struct row *r = arg;
	struct slice body = splits_copy(slice_str(r->body));
	struct fed_control c;
	const char *why = NULL;
	struct buf b;

	bool ok = fed_control_parse(in, body, &c, &why);
	assert_true(ok || why);
	if (in.len == strlen(r->value)) {
		if (ok != r->ok || (ok && c.kind != r->kind)) {
			fprintf(stderr, "%s\n", r->value);
			fail();
		}
		buf_init(&b, 1000);
		if (ok && c.kind != FED_CTL_OTHER && slice_starts(in, lit("kokod"))) {
			fed_control_add(&b, &c);
			assert_buf(&b, r->value);
		}
		buf_fini(&b);
	}
	splits_free(body);
}

static void fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		splits_prefixes(field_prefix, (void *)&rows[i], slice_str(rows[i].value));
}

/* Bodies cut everywhere: a line that is not ended is none. */
static void body_prefix(void *arg, struct slice in)
{
	struct fed_control c;
	const char *why = NULL;
	bool whole = in.len == 0 || in.p[in.len - 1] == '\n';

	assert_int_equal(fed_control_parse(slice_str(arg), in, &c, &why), whole);
}

static void bodies(void **state)
{
	char members[] = "kokod members";
	struct slice body = lit("u1@a.example writer Ulla Meier\r\nu2@a.example reader B\r\n"),
		     rest;
	struct fed_person p;
	struct slice line;
	struct buf b;
	bool add;

	(void)state;
	splits_prefixes(body_prefix, members, body);
	buf_init(&b, 1000);
	rest = body;
	while (fed_members_next(&rest, &p))
		fed_members_add(&b, &p);
	assert_slice(body, buf_cstr(&b));
	buf_reset(&b);
	body = rest = lit("+ member: x rw 1\r\n- ban: y\r\n");
	while (fed_request_next(&rest, &add, &line))
		fed_request_add(&b, add, line);
	assert_slice(body, buf_cstr(&b));
	buf_fini(&b);
}

static void forks(void **state)
{
	struct fed_sign one, two, back1, back2;
	struct fed_control c;
	const char *why;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	assert_true(fed_sign_parse(lit(TAGS("1", "1795309201")), &one, &why));
	assert_true(fed_sign_parse(lit(TAGS("1", "1795309202")), &two, &why));
	fed_fork_add(&b, &one, &two);
	assert_true(fed_fork_parse(buf_slice(&b), &back1, &back2, &why));
	assert_true(fed_control_parse(lit("kokod fork 1790000000 1"), buf_slice(&b), &c, &why));
	assert_int_equal(c.n, 1);
	assert_false(fed_control_parse(lit("kokod fork 1790000000 2"), buf_slice(&b), &c, &why));
	assert_string_equal(why, "proof of another place");

	struct buf same;
	buf_init(&same, 8192);
	fed_fork_add(&same, &two, &one); /* in whatever order they are given */
	assert_slice(buf_slice(&b), buf_cstr(&same));
	buf_reset(&same);
	fed_fork_add(&same, &one, &one);
	assert_false(fed_fork_parse(buf_slice(&same), &back1, &back2, &why));
	assert_string_equal(why, "proof in another order, or of nothing");
	assert_true(fed_sign_parse(lit(TAGS("2", "1795309201")), &two, &why));
	buf_reset(&same);
	fed_fork_add(&same, &one, &two);
	assert_false(fed_fork_parse(buf_slice(&same), &back1, &back2, &why));
	assert_string_equal(why, "proof of two places");
	buf_add(&b, lit("x\r\n"));
	assert_false(fed_fork_parse(buf_slice(&b), &back1, &back2, &why));
	buf_fini(&b);
	buf_fini(&same);
}

static void bounds(void **state)
{
	struct fed_control c;
	const char *why;
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < FED_PEOPLE_MAX; i++)
		buf_addf(&b, "u%zu@a.example reader x\r\n", i);
	assert_true(fed_control_parse(lit("kokod members"), buf_slice(&b), &c, &why));
	buf_add(&b, lit("v@a.example reader x\r\n"));
	assert_false(fed_control_parse(lit("kokod members"), buf_slice(&b), &c, &why));
	buf_reset(&b);
	for (size_t i = 0; i < FED_REQUEST_LINES_MAX; i++)
		buf_add(&b, lit("+ x: y\r\n"));
	assert_true(fed_control_parse(lit("kokod request"), buf_slice(&b), &c, &why));
	buf_add(&b, lit("+ x: y\r\n"));
	assert_false(fed_control_parse(lit("kokod request"), buf_slice(&b), &c, &why));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(bodies),
		cmocka_unit_test(forks),
		cmocka_unit_test(bounds),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
