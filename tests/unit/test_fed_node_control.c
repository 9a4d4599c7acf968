/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may cancel, and what the outside hears of control entries: docs/federation.md section 8. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_entry.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

enum { NOW = NODE_RIG_NOW };

/* ---- cancels ---- */

static const struct {
	char origin;
	uint64_t r;
	const char *actor, *mid;
	bool counts;
} rows[] = {
	{'a', 1, "",                   "<x@forum.a.example>",   true },
        {'b', 1, "",                   "<x@forum.b.example>",   true },
	{'b', 1, "",                   "<x@forum.a.example>",   false}, /* another's */
	{'a', 1, "",                   "<x@forum.b.example>",   true }, /* of the owner */
	{'b', 1, "m@forum.b.example",  "<x@forum.a.example>",   false}, /* not yet a moderator */
	{'b', 2, "m@forum.b.example",  "<x@forum.a.example>",   true },
	{'b', 2, "mm@forum.b.example", "<x@forum.a.example>",   false},
	{'b', 3, "m@forum.b.example",  "<x@forum.a.example>",   false}, /* no such record */
	{'b', 1, "",                   "<x@elsewhere.example>", false},
	{'b', 1, "",                   "x@forum.b.example",     false}, /* no Message-ID */
};

static void cancels(void **state)
{
	struct err why;
	struct fed_record *two = fed_rig_make(&node_rig.arena, fed_rig_group,
		"state: active\n|moderator: m@forum.b.example\nstate: active\n", node_rig.group,
		"A");

	(void)state;
	assert_int_equal(fed_node_give_record(node_rig.node, two->text, &why), FED_REG_TAKEN);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct fed_sign s = {.o = fed_rig_oid(rows[i].origin),
			.g = node_rig.group->group.gid,
			.e = NODE_RIG_EPOCH,
			.n = 1,
			.r = rows[i].r};

		if (fed_cancel_counts(node_rig.reg, &s, slice_str(rows[i].actor),
			    slice_str(rows[i].mid)) != rows[i].counts)
			fail_msg("row %zu", i);
	}
}

/* ---- entries ---- */

/* Entry n of a, with this Control and body, given as the answer to KART. */
static void send_of(uint64_t n, const char *actor, const char *control, const char *body)
{
	static struct fed_hash before;
	const struct fed_public key = fed_rig_public('a');
	struct fed_request req = {.kind = FED_REQ_ENTRY, .name = node_rig_name(NULL), .n = n};
	struct fed_make make = {.o = fed_rig_oid('a'),
		.g = node_rig.group->group.gid,
		.e = NODE_RIG_EPOCH,
		.y = FED_CONTROL,
		.name = fed_rig_name('a'),
		.group = lit("kreisa.forum"),
		.actor = slice_str(actor)};
	uint8_t seed[CRYPTO_KEY_LEN];
	struct buf text, made, entry;
	struct fed_sign s;
	struct article a;
	const char *why = "";

	fed_keyid_of(&key, &make.k);
	fed_rig_seed('a', seed);
	buf_init(&text, 64 * 1024);
	buf_init(&made, 64 * 1024);
	buf_init(&entry, 64 * 1024);
	buf_addf(&text,
		"From: u@forum.a.example\r\nDate: Sun, 22 Nov 2026 01:00:00 +0000\r\n"
		"Newsgroups: kreisa.forum\r\nSubject: x\r\nMessage-ID: <c%u@forum.a.example>\r\n"
		"Path: forum.a.example!.POSTED\r\nControl: %s\r\n\r\n%s",
		(unsigned)n, control, body);
	assert_int_equal(article_parse(&a, buf_slice(&text), &msg_limits_inject), 0);
	assert_int_equal(fed_entry_prepare(&a, &make, &made, &s, &why), 0);
	fed_entry_seal(&s, n, n > 1 ? &before : &fed_hash_none, NOW, 1, seed);
	fed_sign_hash(&s, &before);
	fed_sign_add_field(&entry, &s);
	buf_add(&entry, buf_slice(&made));
	assert_int_equal(fed_node_got(node_rig.node, node_rig.peer, &req, buf_slice(&entry)), 0);
	buf_fini(&text);
	buf_fini(&made);
	buf_fini(&entry);
}

static void send(uint64_t n, const char *control, const char *body)
{
	send_of(n, "", control, body);
}

/* Of people, moderators alone ask for a change; a daemon's admin does without a name. */
static void who_asks(void **state)
{
	struct err why;
	struct fed_record *two = fed_rig_make(&node_rig.arena, fed_rig_group,
		"state: active\n|moderator: m@forum.a.example\nstate: active\n", node_rig.group,
		"A");

	(void)state;
	send_of(1, "m@forum.a.example", "kokod request", "+ state: frozen\r\n");
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 0);
	assert_int_equal(fed_node_give_record(node_rig.node, two->text, &why), FED_REG_TAKEN);
	send(2, "kokod request", "+ state: frozen\r\n");
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 1);
}

/* The proof of a fork of a in the group with this gid. */
static void add_proof(struct buf *b, const struct fed_gid *gid, uint64_t n)
{
	const struct fed_public key = fed_rig_public('a');
	struct fed_sign s[2];
	uint8_t seed[CRYPTO_KEY_LEN];

	fed_rig_seed('a', seed);
	for (unsigned i = 0; i < 2; i++) {
		s[i] = (struct fed_sign){.o = fed_rig_oid('a'), .g = *gid, .e = 5};
		fed_keyid_of(&key, &s[i].k);
		fed_sign_set_heartbeat(&s[i]);
		fed_entry_seal(&s[i], n, &fed_hash_none, NOW + i, 1, seed);
	}
	fed_fork_add(b, &s[0], &s[1]);
}

/* A proof is of the group it stands in: who is in this one need not know of another. */
static void proofs(void **state)
{
	struct fed_gid other = {"aaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	add_proof(&b, &other, 1);
	send(1, "kokod fork 5 1", buf_cstr(&b));
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 0);
	buf_reset(&b);
	add_proof(&b, &node_rig.group->group.gid, 1);
	send(2, "kokod fork 5 1", buf_cstr(&b));
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 1);
	assert_int_equal(node_rig.last_control, FED_CTL_FORK);
	buf_fini(&b);
}

/* The outside hears of it when it is on disk, once, and of nothing that its origin may not say. */
static void heard(void **state)
{
	(void)state;
	send(1, "kokod members", "u@forum.a.example writer Ulla\r\n");
	assert_int_equal(node_rig.n_controls, 0);
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 1);
	assert_int_equal(node_rig.last_control, FED_CTL_MEMBERS);
	send(2, "kokod members", "u@forum.b.example writer Ulla\r\n");
	send(3, "kokod request", "+ moderator: u@forum.a.example\r\n");
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 2);
	assert_int_equal(node_rig.last_control, FED_CTL_REQUEST);
	send(4, "kokod refuse <c3@forum.a.example>", "");
	send(5, "kokod tomorrow", "");
	send(6, "kokod cancel <x@forum.a.example>", "");
	assert_string_equal(node_rig.cancels, "<x@forum.a.example>");
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 5);
	assert_int_equal(node_rig.last_control, FED_CTL_CANCEL);
	send(7, "kokod fork 5 1", "x\r\n");
	node_rig_commit();
	assert_int_equal(node_rig.n_controls, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cancels, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(who_asks, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(proofs, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(heard, node_rig_up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
