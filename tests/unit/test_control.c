/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control messages, and Cancel-Locks with the example of RFC 8315. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/msg/control.h"
#include "tests/rig/splits.h"

static const struct {
	const char *head;
	enum control_kind kind;
	const char *target, *group;
} rows[] = {
	{"Subject: cmsg cancel <a@b>",                     CONTROL_NONE,       "",      ""         },
	{"Control: cancel <a@b>",                          CONTROL_CANCEL,     "<a@b>", ""         },
	{"Control: CANCEL\r\n <a@b> ",                     CONTROL_CANCEL,     "<a@b>", ""         },
	{"Supersedes: <a@b>",			      CONTROL_SUPERSEDES, "<a@b>", ""         },
	{"Control: newgroup koko.test",                    CONTROL_NEWGROUP,   "",      "koko.test"},
	{"Control: newgroup koko.test moderated",          CONTROL_NEWGROUP,   "",      "koko.test"},
	{"Control: rmgroup koko.test",                     CONTROL_RMGROUP,    "",      "koko.test"},
	{"Control: checkgroups x",                         CONTROL_OTHER,      "",      ""         },
	{"Control: cancel",				CONTROL_BAD,        "",      ""         },
	{"Control: cancel <a@b> <c@d>",                    CONTROL_BAD,        NULL,    ""         },
	{"Control: cancel a@b",                            CONTROL_BAD,        NULL,    ""         },
	{"Control:",				       CONTROL_BAD,        "",      ""         },
	{"Control: newgroup",			      CONTROL_BAD,        "",      ""         },
	{"Control: newgroup ../x",                         CONTROL_BAD,        "",      NULL       },
	{"Control: newgroup a b",                          CONTROL_BAD,        "",      NULL       },
	{"Control: newgroup a moderated c",                CONTROL_BAD,        "",      NULL       },
	{"Control: rmgroup a b",                           CONTROL_BAD,        "",      NULL       },
	{"Supersedes: <a@b> <c@d>",                        CONTROL_BAD,        NULL,    ""         },
	{"Supersedes: <a@b>\r\nControl: cancel <a@b>",     CONTROL_BAD,        "",      ""         },
	{"Control: cancel <a@b>\r\nControl: cancel <c@d>", CONTROL_BAD,        "",      ""         },
};

static void classifies(void **state)
{
	struct article a;
	struct control c;
	struct buf in;

	(void)state;
	buf_init(&in, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		buf_reset(&in);
		buf_addf(&in, "%s\r\n\r\n", rows[i].head);
		struct slice copy = splits_copy(buf_slice(&in));
		assert_int_equal(article_parse(&a, copy, &msg_limits_inject), 0);
		control_of(&a, &c);
		assert_int_equal(c.kind, rows[i].kind);
		if (rows[i].target)
			assert_slice(c.target, rows[i].target);
		if (rows[i].group)
			assert_slice(c.group, rows[i].group);
		if (c.kind == CONTROL_NEWGROUP)
			assert_int_equal(c.moderated, strstr(rows[i].head, " moderated") != NULL);
		splits_free(copy);
	}
	buf_fini(&in);
}

#define RFC_KEY "qv1VXHYiCGjkX/N1nhfYKcAeUn8bCVhrWhoKuBSnpMA="
#define RFC_LOCK "s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc="

static void locks(void **state)
{
	static const struct {
		const char *keys, *locks;
		bool opens;
	} args[] = {
		{"sha256:" RFC_KEY,          "sha256:" RFC_LOCK,            true },
		{"SHA256:" RFC_KEY,          "sha1:x\r\n sha256:" RFC_LOCK, true },
		{"sha256:x sha256:" RFC_KEY, "sha256:y sha256:" RFC_LOCK,   true },
		{"sha1:" RFC_KEY,            "sha256:" RFC_LOCK,            false},
		{"sha256:" RFC_KEY,          "sha1:" RFC_LOCK,              false},
		{"sha256:" RFC_LOCK,         "sha256:" RFC_LOCK,            false},
		{"sha256:" RFC_KEY "x",      "sha256:" RFC_LOCK,            false},
		{"sha256:",                  "sha256:",                     false},
		{"",			 "",			    false},
	};

	(void)state;
	for (size_t i = 0; i < array_len(args); i++)
		assert_int_equal(cancel_opens(slice_str(args[i].keys), slice_str(args[i].locks)),
			args[i].opens);
}

/* Only so many elements are looked at. */
static void many_locks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	for (int i = 0; i < CANCEL_MAX_ELEMENTS; i++)
		buf_addz(&b, "sha256:x ");
	buf_addz(&b, "sha256:" RFC_LOCK);
	assert_false(cancel_opens(lit("sha256:" RFC_KEY), buf_slice(&b)));
	buf_fini(&b);
}

static void makes(void **state)
{
	char key[CANCEL_KEY_LEN + 1], other[CANCEL_KEY_LEN + 1];
	struct buf k, l;

	(void)state;
	buf_init(&k, 1000);
	buf_init(&l, 1000);
	cancel_key(lit("secret"), lit("anna"), lit("<a@b>"), key);
	cancel_key(lit("secret"), lit("bert"), lit("<a@b>"), other);
	cancel_add_key(&k, key);
	cancel_add_lock(&l, key);
	assert_true(cancel_opens(buf_slice(&k), buf_slice(&l)));
	buf_reset(&k);
	cancel_add_key(&k, other);
	assert_false(cancel_opens(buf_slice(&k), buf_slice(&l)));
	buf_reset(&l);
	cancel_add_lock(&l, RFC_KEY);
	assert_buf(&l, "sha256:" RFC_LOCK);
	buf_fini(&k);
	buf_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classifies),
		cmocka_unit_test(locks),
		cmocka_unit_test(many_locks),
		cmocka_unit_test(makes),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
