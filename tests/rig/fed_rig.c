/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Daemons, a federation and a group for tests of records. */
#include "tests/rig/fed_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/text.h"

#define NONE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

const char fed_rig_daemon[] =
	"record: daemon\nv: 1\noid: @a\nroot: !a\nserial: 1\nprev: " NONE
	"\nissued: 1795309201\nname: ~a\ntitle: Kreis A\ncontact: admin@forum.a.example\n"
	"sign: #a\ntls: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\naddr: forum.a.example:8433\n";

const char fed_rig_federation[] =
	"record: federation\nv: 1\nfid: %FID\nfounder: @a\nsalt: %SALT\nserial: 1\nprev: " NONE
	"\ntitle: Kreise\nquorum: 1\nadmin: @a\n"
	"daemon: @a active ~a kreisa\n";

const char fed_rig_group[] =
	"record: group\nv: 1\ngid: %GID\nfounder: @a\nsalt: %SALT\ngroup: kreisa.forum\nserial: 1\n"
	"prev: " NONE "\ntitle: Forum\nowner: @a\nquorum: 1\nclass: closed\npost: members\n"
	"wiki: no\ninn: no\nretain: 0\nmax-size: 10485760\nhistory: all\n"
	"member: @a rw 1\nmember: @b rw 1\nstate: active\n";

static struct fed_public public_of(int letter)
{
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_public k;

	memset(seed, letter, sizeof seed);
	crypto->public_key(seed, k.b);
	return k;
}

struct fed_public fed_rig_root(char who)
{
	return public_of(who);
}

struct fed_public fed_rig_public(char who)
{
	return public_of(who - 'a' + 'A');
}

void fed_rig_seed(char who, uint8_t out[CRYPTO_KEY_LEN])
{
	memset(out, who - 'a' + 'A', CRYPTO_KEY_LEN);
}

struct fed_oid fed_rig_oid(char who)
{
	struct fed_public root = fed_rig_root(who);
	struct fed_oid oid;

	fed_oid_of(&root, &oid);
	return oid;
}

struct slice fed_rig_name(char who)
{
	static char names[4][32];
	static unsigned turn;
	char *name = names[turn++ % 4];

	snprintf(name, sizeof names[0], "forum.%c.example", who);
	return slice_str(name);
}

static void add_gid(struct buf *b, struct slice title)
{
	struct fed_oid founder = fed_rig_oid('a');
	struct fed_gid gid;

	fed_gid_of(&founder, title, lit(FED_RIG_SALT), &gid);
	buf_addz(b, gid.s);
}

/* Append what the placeholder at p stands for; how many characters it has, 0 when it is none. */
static size_t add_placeholder(struct buf *b, const char *p)
{
	struct slice rest = slice_str(p);
	struct fed_public key;
	struct fed_oid oid;

	if (slice_starts(rest, lit("%GID")))
		return add_gid(b, lit("kreisa.forum")), 4;
	if (slice_starts(rest, lit("%FID")))
		return add_gid(b, lit("Kreise")), 4;
	if (slice_starts(rest, lit("%SALT")))
		return buf_add(b, lit(FED_RIG_SALT)), 5;
	if (rest.len < 2 || p[1] < 'a' || p[1] > 'z' ||
		(rest.len > 2 && ascii_alnum((unsigned char)p[2])))
		return 0;
	switch (p[0]) {
	case '@':
		oid = fed_rig_oid(p[1]);
		return buf_addz(b, oid.s), 2;
	case '#':
		key = fed_rig_public(p[1]);
		return fed_public_add(b, &key), 2;
	case '!':
		key = fed_rig_root(p[1]);
		return fed_public_add(b, &key), 2;
	case '~':
		return buf_add(b, fed_rig_name(p[1])), 2;
	default:
		return 0;
	}
}

void fed_rig_add(struct buf *b, const char *text)
{
	while (*text) {
		size_t n = add_placeholder(b, text);
		if (n == 0)
			buf_addc(b, *text++);
		text += n;
	}
}

void fed_rig_sign(struct buf *b, const char *who)
{
	uint8_t seed[CRYPTO_KEY_LEN];

	for (; *who; who++) {
		memset(seed, *who, sizeof seed);
		fed_record_sign(b, seed);
	}
}

static void must(bool ok, const char *what, struct slice text)
{
	if (ok)
		return;
	fprintf(stderr, "fed_rig: %s\n%.*s\n", what, SLICE_ARG(text));
	abort();
}

/* Replace the first `what`, which must be there. */
static void replace(struct buf *b, struct slice what, struct slice by)
{
	size_t at = slice_find(buf_slice(b), what);
	struct buf out;

	must(at < b->len, "nothing to replace", what);
	buf_init(&out, SIZE_MAX);
	buf_add(&out, slice_head(buf_slice(b), at));
	buf_add(&out, by);
	buf_add(&out, slice_from(buf_slice(b), at + what.len));
	buf_move(b, &out);
	buf_fini(&out);
}

static void set_serial(struct buf *b, const struct fed_record *prev)
{
	char serial[128];
	struct fed_hash h;

	fed_record_hash(prev->text, &h);
	snprintf(serial, sizeof serial, "serial: %d\nprev: %s\n", (int)prev->serial + 1, h.s);
	replace(b, lit("serial: 1\nprev: " NONE "\n"), slice_str(serial));
}

struct fed_record *fed_rig_make(struct arena *ar, const char *text, const char *edits,
	const struct fed_record *prev, const char *sigs)
{
	struct fed_record *rec = arena_new(ar, struct fed_record);
	struct slice rest = slice_str(edits), what, by;
	struct buf plain, full;
	struct err err = {""};

	buf_init(&plain, SIZE_MAX);
	buf_init(&full, SIZE_MAX);
	buf_addz(&plain, text);
	while (edits && slice_split(&rest, '|', &what) && slice_split(&rest, '|', &by))
		replace(&plain, what, by);
	if (prev)
		set_serial(&plain, prev);
	fed_rig_add(&full, buf_cstr(&plain));
	fed_rig_sign(&full, sigs);
	must(fed_record_parse(arena_dup(ar, buf_slice(&full)), ar, rec, &err) == 0, err.text,
		buf_slice(&full));
	buf_fini(&plain);
	buf_fini(&full);
	return rec;
}
