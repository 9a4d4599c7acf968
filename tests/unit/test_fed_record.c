/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records: what is written is what was parsed; every line broken in turn; hostile sizes. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/splits.h"

#define H1 "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define NONE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char daemon2[] =
	"record: daemon\nv: 1\noid: @b\nroot: !b\nserial: 7\nprev: " H1
	"\nissued: 0\nname: ~b\ntitle: Kreis \xc3\x84\ncontact: Tel. 02162/39-0: Herr X\n"
	"sign: #b\nsign: #c\nrevoked: #d\nrevoked: #e\ntls: " H1 "\ntls: " NONE
	"\naddr: [2001:db8::1]:8433\naddr: localhost:1\nx-new: later\nx-new: later\nzz: 1\n";

static const char federation2[] =
	"record: federation\nv: 1\nfid: %GID\nfounder: @a\nsalt: %SALT\nserial: 2\nprev: " H1
	"\ntitle: Other\nquorum: 2\nadmin: @a\nadmin: @b\nadmin: @c\n"
	"daemon: @a active ~a nrw.koko\ndaemon: @b suspended ~b nrw.b\n"
	"daemon: @c active ~c nrw-x\ndaemon: @d gone ~a nrw\n"
	"domain: @a kreis-a.example\ndomain: @a a.example\ndomain: @d a.example\n";

static const char group2[] =
	"record: group\nv: 1\ngid: %GID\nfounder: @a\nsalt: %SALT\ngroup: kreisa.forum\nserial: 9\n"
	"prev: " H1 "\ntitle: Forum\nowner: @b\ndeputy: @a\ndeputy: @c\nquorum: 2\nclass: closed\n"
	"post: moderators\nwiki: yes\ninn: no\nretain: 400\nmax-size: 1\nhistory: join\n"
	"member: @a rw 1\nmember: @b ro 9\nstart: @b @a 1790000000 3\nstart: @b @c 0 0\n"
	"cut: @c 1790000000 4 " H1 "\ncut: @c 1790000001 4 " H1 "\ncut: @d 0 0 " NONE
	"\nmoderator: u1@forum.a.example\nmoderator: u2@forum.a.example\n"
	"former: u3@forum.a.example 1 2 " H1 "\nban: u3@forum.a.example 1 2 " H1 "\nstate: frozen\n"
	"later: key\n";

static const char public2[] =
	"record: group\nv: 1\ngid: %GID\nfounder: @a\nsalt: %SALT\ngroup: kreisa.forum\nserial: 1\n"
	"prev: " NONE "\ntitle: Forum\nowner: @a\nquorum: 1\nclass: public\npost: members\n"
	"wiki: no\ninn: yes\ngateway: @b\nretain: 0\nmax-size: 1\nhistory: all\nstate: closed\n";

static const struct {
	const char *text, *sigs;
} good[] = {
	{fed_rig_daemon,     "a"    },
	{fed_rig_federation, "A"    },
	{fed_rig_group,      "A"    },
	{daemon2,            "b"    },
	{federation2,        "ABC"  },
	{group2,             "BAC"  },
	{public2,            "ABCDE"},
};

static void round_trip(void **state)
{
	struct arena ar;
	struct buf text, back;

	(void)state;
	arena_init(&ar);
	buf_init(&text, FED_RECORD_MAX);
	buf_init(&back, FED_RECORD_MAX);
	for (size_t i = 0; i < array_len(good); i++) {
		struct fed_record rec;
		struct err err = {""};

		buf_reset(&text);
		fed_rig_add(&text, good[i].text);
		size_t unsigned_len = text.len;
		fed_rig_sign(&text, good[i].sigs);
		struct slice in = splits_copy(buf_slice(&text));
		int rc = fed_record_parse(in, &ar, &rec, &err);
		if (rc < 0)
			fprintf(stderr, "%zu: %s\n", i, err.text);
		assert_int_equal(rc, 0);
		assert_int_equal(rec.signed_.len, unsigned_len);
		assert_int_equal(rec.n_sig, strlen(good[i].sigs));
		buf_reset(&back);
		fed_record_write(&back, &rec);
		assert_slice(rec.signed_, buf_cstr(&back));

		struct fed_public key = rec.type == FED_REC_DAEMON
						? rec.daemon.root
						: fed_rig_public((char)(good[i].sigs[0] + 32));
		assert_true(fed_sig_holds(&rec, &rec.sig[0], &key));
		rec.sig[0].sig.b[5] ^= 1;
		assert_false(fed_sig_holds(&rec, &rec.sig[0], &key));
		splits_free(in);
		arena_reset(&ar);
	}
	buf_fini(&text);
	buf_fini(&back);
	arena_fini(&ar);
}

/* What stands in the structs, once. */
static void values(void **state)
{
	struct fed_record rec;
	struct fed_public key;
	struct fed_keyid id;
	struct fed_oid oid;
	struct arena ar;
	struct err err;
	struct buf text;

	(void)state;
	arena_init(&ar);
	buf_init(&text, FED_RECORD_MAX);
	fed_rig_add(&text, daemon2);
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), 0);
	assert_int_equal(rec.type, FED_REC_DAEMON);
	assert_int_equal(rec.serial, 7);
	assert_string_equal(rec.prev.s, H1);
	assert_slice(rec.daemon.contact, "Tel. 02162/39-0: Herr X");
	assert_int_equal(rec.daemon.n_sign, 2);
	assert_int_equal(rec.n_unknown, 3);
	assert_slice(rec.unknown[2], "zz: 1");
	key = fed_rig_public('c');
	fed_keyid_of(&key, &id);
	assert_int_equal(fed_daemon_key(&rec.daemon, &id, &key), FED_KEY_GOOD);
	key = fed_rig_public('e');
	fed_keyid_of(&key, &id);
	assert_int_equal(fed_daemon_key(&rec.daemon, &id, &key), FED_KEY_REVOKED);
	key = fed_rig_root('b');
	fed_keyid_of(&key, &id);
	assert_int_equal(fed_daemon_key(&rec.daemon, &id, &key), FED_KEY_UNKNOWN);

	buf_reset(&text);
	fed_rig_add(&text, federation2);
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), 0);
	oid = fed_rig_oid('a');
	assert_slice(fed_federation_daemon(&rec.federation, &oid)->prefix, "nrw.koko");
	assert_true(fed_federation_owns(&rec.federation, &oid, lit("forum.a.example")));
	assert_true(fed_federation_owns(&rec.federation, &oid, lit("Kreis-A.example")));
	assert_false(fed_federation_owns(&rec.federation, &oid, lit("forum.b.example")));
	oid = fed_rig_oid('x');
	assert_null(fed_federation_daemon(&rec.federation, &oid));
	assert_false(fed_federation_owns(&rec.federation, &oid, lit("forum.a.example")));

	buf_reset(&text);
	fed_rig_add(&text, group2);
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), 0);
	const struct fed_group *g = &rec.group;
	assert_true(g->closed && g->moderated && g->wiki && !g->inn && g->history_join);
	assert_int_equal(g->n_member, 2);
	assert_true(g->member[0].rw && !g->member[1].rw);
	assert_int_equal(g->member[1].joined, 9);
	assert_int_equal(g->cut[1].at.epoch, 1790000001);
	assert_slice(g->ban[0].user, "u3@forum.a.example");
	assert_int_equal(g->state, FED_GROUP_FROZEN);
	buf_fini(&text);
	arena_fini(&ar);
}

/* A line of a good text replaced; what the parser says. */
static const struct {
	const char *text, *what, *by, *why;
	int rc;
} broken[] = {
  /* form */
	{fed_rig_daemon,     "record: daemon\n",           "",                                        "line 1: v: not a record",                          KERR_INVALID},
	{fed_rig_daemon,     "record: daemon",             "record: demon",
         "line 1: record: not daemon, federation or group",											       KERR_INVALID},
	{fed_rig_daemon,     "v: 1",                       "v: 2",                                    "line 2: v: made by a newer version: update kokod",
         KERR_VERSION																		 },
	{fed_rig_daemon,     "v: 1\n",                     "",					"record without version",                           KERR_INVALID},
	{fed_rig_daemon,     "oid: @a\nroot: !a\n",        "root: !a\noid: @a\n",                     "line 3: oid is missing",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "name: ~a\n",                 "name: ~a\nname: ~a\n",                    "line 9: name: too many of them",
         KERR_TOOBIG																		  },
	{fed_rig_daemon,     "title: Kreis A\n",           "",                                        "line 9: title is missing",                         KERR_INVALID},
	{fed_rig_daemon,     "name: ~a\n",                 "name: ~a\nx: y\n",                        "line 9: title is missing",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "addr: ",                     "x: y\naddr: ",                            "line 14: addr: not in its place",                  KERR_INVALID},
	{fed_rig_daemon,     "title: Kreis A",             "title:Kreis A",                           "line 9: : not `key: value`",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "title: Kreis A",             "title:  Kreis A",
         "line 9: title: value is not plain text",													KERR_INVALID},
	{fed_rig_daemon,     "title: Kreis A",             "title: Kreis A ",
         "line 9: title: value is not plain text",													KERR_INVALID},
	{fed_rig_daemon,     "title: Kreis A",             "title: Kreis\tA",
         "line 9: title: value is not plain text",													KERR_INVALID},
	{fed_rig_daemon,     "title: Kreis A",             "title: \xc3(",                            "line 9: title: value is not plain text",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "title: Kreis A",             "title: Kreis A\r",
         "line 9: title: value is not plain text",													KERR_INVALID},
	{fed_rig_daemon,     "title: Kreis A",             "title: ",                                 "line 9: title: value is not plain text",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "title: Kreis A",             "Title: Kreis A",                          "line 9: : not `key: value`",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "title: Kreis A\n",           "title: Kreis A\n\n",                      "line 10: : not `key: value`",
         KERR_INVALID																		 },
 /* values of a daemon */
	{fed_rig_daemon,     "serial: 1",                  "serial: 0",                               "line 5: serial: not in its one spelling",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "serial: 1",                  "serial: 01",                              "line 5: serial: not in its one spelling",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "serial: 1",                  "serial: 2",                               "line 6: prev: not in its one spelling",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "prev: " NONE,                "prev: " H1,                               "line 6: prev: not in its one spelling",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "oid: @a",                    "oid: @b",                                 "oid is not that of the root key",                  KERR_INVALID},
	{fed_rig_daemon,     "root: !a",                   "root: !b",                                "oid is not that of the root key",                  KERR_INVALID},
	{fed_rig_daemon,     "name: ~a",                   "name: Forum.a.example",
         "line 8: name: not a DNS name in lower case",												    KERR_INVALID},
	{fed_rig_daemon,     "sign: #a",                   "sign: #a\nsign: #a",                      "line 13: sign stands there twice",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "sign: #a",                   "sign: #a\nrevoked: #a",                   "signing key that is revoked",
         KERR_INVALID																		 },
	{fed_rig_daemon,     "sign: #a",                   "sign: !a",                                "root key used for signing entries",                KERR_INVALID},
	{fed_rig_daemon,     "sign: #a\n",                 "",                                        "line 11: sign is missing",                         KERR_INVALID},
	{fed_rig_daemon,     "addr: forum.a.example:8433", "addr: forum.a.example",
         "line 13: addr: not host:port",														  KERR_INVALID},
	{fed_rig_daemon,     "sign: #a",
         "sign: #a\nsign: #b\nsign: #c\nsign: #d\nsign: #e\nsign: #f\nsign: #g\nsign: "
		"#h\nsign: #i",								       "line 19: sign: too many of them",                  KERR_TOOBIG },
 /* federation */
	{fed_rig_federation, "fid: %FID",                  "fid: %GID",                               "fid is not that of founder, title and salt",
         KERR_INVALID																		 },
	{fed_rig_federation, "quorum: 1",                  "quorum: 2",
         "quorum is not between 1 and the number of admins",											      KERR_INVALID},
	{fed_rig_federation, "quorum: 1",                  "quorum: 0",
         "quorum is not between 1 and the number of admins",											      KERR_INVALID},
	{fed_rig_federation, "admin: @a",                  "admin: @b",
         "admin that is no daemon of the federation, or gone",											    KERR_INVALID},
	{fed_rig_federation, "@a active",                  "@a gone",
         "admin that is no daemon of the federation, or gone",											    KERR_INVALID},
	{fed_rig_federation, "@a active",                  "@a away",
         "line 11: daemon: state is not active, suspended or gone",										       KERR_INVALID},
	{fed_rig_federation, "~a kreisa",                  "~a kreisa x",
         "line 11: daemon: not <oid> <state> <name> <prefix>",											    KERR_INVALID},
	{fed_rig_federation, "~a kreisa",                  "~a  kreisa",
         "line 11: daemon: not <oid> <state> <name> <prefix>",											    KERR_INVALID},
	{fed_rig_federation, "~a kreisa",                  "~a kreisa.",
         "line 11: daemon: not a prefix of newsgroup names",											      KERR_INVALID},
	{fed_rig_federation, "~a kreisa",                  "~a kokod.x",                              "prefix kokod belongs to the protocol",
         KERR_INVALID																		 },
	{federation2,        "@b suspended ~b nrw.b",      "@b active ~a nrw.b",
         "two daemons with one name or domain",													   KERR_INVALID},
	{federation2,        "~b nrw.b",                   "~b nrw.koko",                             "prefix that is another's, or under another's",
         KERR_INVALID																		 },
	{federation2,        "~b nrw.b",                   "~b nrw.koko.b",                           "prefix that is another's, or under another's",
         KERR_INVALID																		 },
	{federation2,        "@d gone ~a nrw",             "@d suspended ~d nrw",
         "two daemons with one name or domain",													   KERR_INVALID},
	{federation2,        "daemon: @b suspended",       "daemon: @a active",
         "line 17: daemon stands there twice",													    KERR_INVALID},
	{federation2,        "@a kreis-a.example",         "@b a.example",                            "two daemons with one name or domain",
         KERR_INVALID																		 },
	{federation2,        "@a kreis-a.example",         "@a forum.b.example",
         "two daemons with one name or domain",													   KERR_INVALID},
	{federation2,        "@a kreis-a.example",         "@x kreis-a.example",
         "domain of no daemon of the federation",													 KERR_INVALID},
 /* group */
	{fed_rig_group,      "gid: %GID",                  "gid: %FID",                               "gid is not that of founder, group and salt",
         KERR_INVALID																		 },
	{fed_rig_group,      "kreisa.forum",               "kreisa.forum2",
         "gid is not that of founder, group and salt",												    KERR_INVALID},
	{fed_rig_group,      "kreisa.forum",               "kreisa..forum",                           "line 6: group: not a newsgroup name",
         KERR_INVALID																		 },
	{fed_rig_group,      "class: closed",              "class: open",                             "line 12: class: neither closed nor public",
         KERR_INVALID																		 },
	{fed_rig_group,      "class: closed",              "class: public",                           "member with rw in a public group",
         KERR_INVALID																		 },
	{fed_rig_group,      "post: members",              "post: all",
         "line 13: post: neither members nor moderators",												 KERR_INVALID},
	{fed_rig_group,      "wiki: no",                   "wiki: maybe",                             "line 14: wiki: neither yes nor no",
         KERR_INVALID																		 },
	{fed_rig_group,      "inn: no",                    "inn: yes",                                "inn: yes in a closed group",                       KERR_INVALID},
	{fed_rig_group,      "inn: no",                    "inn: no\ngateway: @b",                    "gateway in a group with inn: no",
         KERR_INVALID																		 },
	{fed_rig_group,      "history: all",               "history: none",                           "line 18: history: neither all nor join",
         KERR_INVALID																		 },
	{fed_rig_group,      "max-size: 10485760",         "max-size: 0",
         "line 17: max-size: not in its one spelling",												    KERR_INVALID},
	{fed_rig_group,      "quorum: 1",                  "quorum: 2",
         "quorum is not between 1 and the number of deputies",											    KERR_INVALID},
	{fed_rig_group,      "owner: @a",                  "owner: @a\ndeputy: @a",                   "owner that is deputy too",
         KERR_INVALID																		 },
	{fed_rig_group,      "owner: @a",                  "owner: @c",                               "owner of a closed group that is no member",
         KERR_INVALID																		 },
	{fed_rig_group,      "member: @b rw 1",            "member: @b rw 2",
         "member with a serial of joining that is none yet",											      KERR_INVALID},
	{fed_rig_group,      "member: @b rw 1",            "member: @b rx 1",
         "line 20: member: not <oid> <rw|ro> <serial of joining>",											KERR_INVALID},
	{fed_rig_group,      "member: @b rw 1",            "member: @a ro 1",                         "line 21: member stands there twice",
         KERR_INVALID																		 },
	{fed_rig_group,      "state: active",              "start: @b @a 1 1\nstate: active",
         "start in a group with history: all",													    KERR_INVALID},
	{fed_rig_group,      "state: active\n",            "",                                        "line 20: state is missing",                        KERR_INVALID},
	{fed_rig_group,      "state: active",              "state: dead",
         "line 21: state: not active, frozen or closed",												  KERR_INVALID},
	{fed_rig_group,      "state: active",              "state: active\nban: x@a.example 1 1 " H1,
         "line 22: ban: not in its place",														KERR_INVALID},
	{group2,             "start: @b @c",               "start: @d @c",                            "start of a daemon that is no member",
         KERR_INVALID																		 },
	{group2,             "start: @b @c",               "start: @b @a",                            "line 25: start stands there twice",                KERR_INVALID},
	{group2,             "cut: @d 0 0 " NONE,          "cut: @d 0 0 " H1,                         "line 27: cut: not <oid> <epoch> <n> <E>",
         KERR_INVALID																		 },
	{group2,             "cut: @d 0 0 " NONE,          "cut: @d 0 1 " NONE,
         "line 27: cut: not <oid> <epoch> <n> <E>",												       KERR_INVALID},
	{group2,             "cut: @c 1790000001",         "cut: @c 1790000000",                      "line 28: cut stands there twice",
         KERR_INVALID																		 },
	{group2,             "moderator: u2@",             "moderator: u1@",                          "line 30: moderator stands there twice",
         KERR_INVALID																		 },
	{group2,             "moderator: u2@",             "moderator: U2@",
         "line 29: moderator: not user@name in lower case",											       KERR_INVALID},
};

static void each_line_broken(void **state)
{
	struct arena ar;
	struct buf plain, text;

	(void)state;
	arena_init(&ar);
	buf_init(&plain, FED_RECORD_MAX);
	buf_init(&text, FED_RECORD_MAX);
	for (size_t i = 0; i < array_len(broken); i++) {
		struct slice from = slice_str(broken[i].text);
		size_t at = slice_find(from, slice_str(broken[i].what));
		struct fed_record rec;
		struct err err = {""};

		assert_true(at < from.len);
		buf_reset(&plain);
		buf_reset(&text);
		buf_add(&plain, slice_head(from, at));
		buf_addz(&plain, broken[i].by);
		buf_add(&plain, slice_from(from, at + strlen(broken[i].what)));
		fed_rig_add(&text, buf_cstr(&plain));
		struct slice in = splits_copy(buf_slice(&text));
		int rc = fed_record_parse_unsigned(in, &ar, &rec, &err);
		if (rc != broken[i].rc || strcmp(err.text, broken[i].why) != 0) {
			fprintf(stderr, "%zu: %d \"%s\"\nnot \"%s\"\n", i, rc, err.text,
				broken[i].why);
			fail();
		}
		splits_free(in);
		arena_reset(&ar);
	}
	buf_fini(&plain);
	buf_fini(&text);
	arena_fini(&ar);
}

static void sig_lines(void **state)
{
	static const struct {
		const char *tail, *why;
	} rows[] = {
		{"",			  "record is not signed"                 },
		{"sig: x y\n",                "line 22: sig: not <keyid> <signature>"},
		{"sig: dxswsokpmlbainx4 x\n", "line 22: sig: not <keyid> <signature>"},
		{"sig: dxswsokpmlbainx4\n",   "line 22: sig: not <keyid> <signature>"},
		{"sig",                       "line 22: : no line end"               },
		{"sig: @SIG\nx: y\n",         "line 23: x: behind a signature"       },
		{"sig: @SIG\nsig: @SIG\n",    "two signatures of one key"            },
	};

	const char *sig = "dxswsokpmlbainx4 Rjjn4xESOxygYPdUKKOjmrbRnzU3OrosONmNI0mvHFFjhtVXWTOmSKF"
			  "ktGGGEXEcZPS9BAifBeH209JF3azXAA";
	struct arena ar;
	struct buf text;

	(void)state;
	arena_init(&ar);
	buf_init(&text, FED_RECORD_MAX);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct fed_record rec;
		struct err err = {""};
		const char *p = rows[i].tail, *at;

		buf_reset(&text);
		fed_rig_add(&text, fed_rig_group);
		for (; (at = strstr(p, "@SIG")) != NULL; p = at + 4) {
			buf_add(&text, slice_of(p, (size_t)(at - p)));
			buf_addz(&text, sig);
		}
		buf_addz(&text, p);
		assert_true(fed_record_parse(buf_slice(&text), &ar, &rec, &err) < 0);
		assert_string_equal(err.text, rows[i].why);
	}
	buf_reset(&text);
	fed_rig_add(&text, fed_rig_group);
	fed_rig_sign(&text, "A");
	struct fed_record rec;
	struct err err;
	assert_int_equal(
		fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), KERR_INVALID);
	assert_string_equal(err.text, "record is signed");
	buf_reset(&text);
	fed_rig_add(&text, fed_rig_group);
	fed_rig_sign(&text, "ABCDEFGHIJKLMNOPQ");
	assert_int_equal(fed_record_parse(buf_slice(&text), &ar, &rec, &err), KERR_TOOBIG);
	buf_fini(&text);
	arena_fini(&ar);
}

/* No prefix of a signed record is one, and none is read beyond its end. */
static void prefix(void *arg, struct slice in)
{
	struct fed_record rec;
	struct arena ar;
	struct err err = {""};

	arena_init(&ar);
	int rc = fed_record_parse(in, &ar, &rec, &err);
	assert_int_equal(rc == 0, in.len == *(size_t *)arg);
	assert_true(rc == 0 || err.text[0] != '\0');
	arena_fini(&ar);
}

static void cut_anywhere(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, FED_RECORD_MAX);
	for (size_t i = 0; i < 3; i++) {
		buf_reset(&text);
		fed_rig_add(&text, good[i].text);
		fed_rig_sign(&text, good[i].sigs);
		splits_prefixes(prefix, &text.len, buf_slice(&text));
	}
	buf_fini(&text);
}

/* Flip every bit: what is still read is written again as it stands. */
static void any_bit_changed(void **state)
{
	struct buf text, back;
	struct arena ar;
	size_t n_read = 0;

	(void)state;
	arena_init(&ar);
	buf_init(&text, FED_RECORD_MAX);
	buf_init(&back, FED_RECORD_MAX);
	fed_rig_add(&text, group2);
	for (size_t i = 0; i < text.len * 8; i++) {
		struct fed_record rec;
		struct err err;

		text.data[text.start + i / 8] ^= (char)(1 << i % 8);
		if (fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err) == 0) {
			n_read++;
			buf_reset(&back);
			fed_record_write(&back, &rec);
			assert_slice(buf_slice(&text), buf_cstr(&back));
		}
		text.data[text.start + i / 8] ^= (char)(1 << i % 8);
		arena_reset(&ar);
	}
	assert_true(n_read > 100);
	buf_fini(&text);
	buf_fini(&back);
	arena_fini(&ar);
}

/* Unsigned text with `line` n times before its last line; the rc. */
static int with_lines(const char *base, const char *line, size_t n)
{
	struct fed_record rec;
	struct arena ar;
	struct err err;
	struct buf text;

	arena_init(&ar);
	buf_init(&text, SIZE_MAX);
	fed_rig_add(&text, base);
	for (size_t i = 0; i < n; i++)
		buf_addz(&text, line);
	int rc = fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err);
	buf_fini(&text);
	arena_fini(&ar);
	return rc;
}

static void bounds(void **state)
{
	struct fed_record rec;
	struct arena ar;
	struct err err;
	struct buf text;

	(void)state;
	assert_int_equal(with_lines(fed_rig_group, "x: y\n", FED_UNKNOWN_MAX), 0);
	assert_int_equal(with_lines(fed_rig_group, "x: y\n", FED_UNKNOWN_MAX + 1), KERR_TOOBIG);
	assert_int_equal(with_lines(fed_rig_group, "x: y\n", 300000), KERR_TOOBIG);

	arena_init(&ar);
	buf_init(&text, SIZE_MAX);
	fed_rig_add(&text, fed_rig_group);
	buf_addf(&text, "x: %0*d\n", FED_RECORD_LINE_MAX - 3, 1);
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), 0);
	buf_addf(&text, "x: %0*d\n", FED_RECORD_LINE_MAX - 2, 1);
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), KERR_TOOBIG);

	/* daemons up to the limit, and one more */
	buf_reset(&text);
	fed_rig_add(&text, fed_rig_federation);
	for (size_t i = 1; i < FED_DAEMONS_MAX; i++) {
		struct fed_public key = {
			{(uint8_t)i, (uint8_t)(i >> 8)}
                };
		struct fed_oid oid;
		fed_oid_of(&key, &oid);
		buf_addf(&text, "daemon: %s active n%zu.example p%zu\n", oid.s, i, i);
	}
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), 0);
	assert_int_equal(rec.federation.n_daemon, FED_DAEMONS_MAX);
	fed_rig_add(&text, "daemon: @b active ~b kreisb\n");
	assert_int_equal(fed_record_parse_unsigned(buf_slice(&text), &ar, &rec, &err), KERR_TOOBIG);
	buf_fini(&text);
	arena_fini(&ar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(values),
		cmocka_unit_test(each_line_broken),
		cmocka_unit_test(sig_lines),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(any_bit_changed),
		cmocka_unit_test(bounds),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
