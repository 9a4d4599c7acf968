/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A federation without its admins, for tests and load: keys and records of many daemons, written
 * into their stores while none of them runs.
 *
 *	fedseed GROUPS NAME,HOST:PORT,DATA ...     `-` in place of HOST:PORT: cannot be dialled
 *
 * The first daemon founds the federation and owns closed groups p0.g0001 ..., which all are in;
 * with GROUPS as 3+1 there are three of these, and one more that the last daemon is not in.  DATA
 * that ends in `/` gets keys alone: nothing runs there, a test speaks for that daemon.  For tests
 * the root key lies in fed/root, and its recovery code in fed/code.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/crypto_ossl.h"
#include "daemon/fed_keys.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_draft.h"
#include "storage/store_fed.h"

struct member {
	struct slice name, addr;
	char *data;
	struct fed_keys *keys;
	struct buf record;
};

/* A record of which each serial is kept. */
struct chain {
	char key[64];
	struct vec texts; /* struct buf */
};

static struct err err;

static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "fedseed: %s: %s %s\n", what, kerr_name(rc), err.text);
	exit(1);
}

static struct buf *next(struct chain *c)
{
	struct buf *b = vec_push(&c->texts);

	buf_init(b, FED_RECORD_MAX);
	return b;
}

static struct slice last(const struct chain *c)
{
	return buf_slice(vec_at(&c->texts, c->texts.n - 1));
}

/* Nothing runs in that folder. */
static bool is_mute(const struct member *m)
{
	size_t len = strlen(m->data);

	return len > 0 && m->data[len - 1] == '/';
}

static void put_file(const struct member *m, const char *name, const void *bytes, size_t n)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s%sfed/%s", m->data, is_mute(m) ? "" : "/", name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		must(KERR_IO, path);
}

static void make_member(struct member *m, char *arg)
{
	struct slice rest = slice_str(arg);
	struct fed_profile p = {.issued_at = time(NULL)};
	uint8_t root[CRYPTO_KEY_LEN];
	char code[FED_CODE_LEN + 1], name[FED_NAME_MAX + 1];
	struct fed_draft d;

	if (!slice_split(&rest, ',', &m->name) || !slice_split(&rest, ',', &m->addr) ||
		!slice_cstr(m->name, name, sizeof name))
		must(KERR_INVALID, arg);
	m->data = mem_dup(rest);
	must(fed_keys_create(m->data, name, code, root, &m->keys, &err), "keys");
	put_file(m, "root", root, sizeof root);
	put_file(m, "code", code, strlen(code));
	p.root = m->keys->root;
	p.sign = m->keys->sign;
	p.spki = m->keys->spki;
	p.name = p.title = p.contact = m->name;
	p.addr[0] = m->addr;
	p.n_addr = !slice_eq(m->addr, lit("-"));
	buf_init(&m->record, FED_RECORD_MAX);
	must(fed_draft_daemon(&d, &p, &err), "daemon");
	must(fed_draft_end(&d, root, &m->record, &err), "daemon");
	fed_draft_fini(&d);
}

static void make_federation(struct member *all, size_t n, struct chain *c)
{
	struct fed_keys *k = all[0].keys;
	struct fed_draft d;
	char prefix[32];

	must(fed_draft_federation(&d, &k->oid, lit("test"), all[0].name, lit("p0"), &err), "found");
	must(fed_draft_end(&d, k->seed, next(c), &err), "found");
	snprintf(c->key, sizeof c->key, "%s", d.rec.federation.fid.s);
	fed_draft_fini(&d);
	must(fed_draft_federation_next(&d, last(c), &k->oid, &err), "federation");
	for (size_t i = 1; i < n; i++) {
		snprintf(prefix, sizeof prefix, "p%zu", i);
		must(fed_draft_daemon_in(
			     &d, &all[i].keys->oid, all[i].name, slice_str(prefix), &err),
			"member");
	}
	must(n > 1 ? fed_draft_end(&d, k->seed, next(c), &err) : 0, "federation");
	fed_draft_fini(&d);
}

static void make_group(
	struct member *all, size_t n, const struct fed_federation *fed, int i, struct chain *c)
{
	struct fed_keys *k = all[0].keys;
	struct fed_places nowhere = {NULL, NULL};
	struct fed_draft d;
	char name[32];

	snprintf(name, sizeof name, "p0.g%04d", i);
	must(fed_draft_group(&d, fed, &k->oid,
		     &(struct fed_group_wish){
			     .group = slice_str(name), .title = slice_str(name), .closed = true},
		     &err),
		name);
	must(fed_draft_end(&d, k->seed, next(c), &err), name);
	snprintf(c->key, sizeof c->key, "%s", d.rec.group.gid.s);
	fed_draft_fini(&d);
	must(fed_draft_group_next(&d, last(c), &k->oid, &err), name);
	for (size_t j = 1; j < n; j++)
		must(fed_draft_member(&d, fed, &all[j].keys->oid, true, &nowhere, &err), name);
	must(n > 1 ? fed_draft_end(&d, k->seed, next(c), &err) : 0, name);
	fed_draft_fini(&d);
}

static void put(
	struct store *s, enum record_type type, const char *key, uint64_t serial, struct slice text)
{
	must(store_record(s, type, slice_str(key), serial, text, &(struct store_call){0}), key);
	store_run(s);
}

static void put_chain(struct store *s, enum record_type type, const struct chain *c)
{
	for (size_t i = 0; i < c->texts.n; i++)
		put(s, type, c->key, i + 1, buf_slice(vec_at(&c->texts, i)));
}

static void fill(const struct member *m, const struct member *all, size_t n,
	const struct chain *fed, const struct chain *groups, size_t n_groups)
{
	struct store *s;

	if (is_mute(m))
		return;
	must(store_open(&(struct store_opts){.dir = m->data, .manual = true}, &s, &err), m->data);
	put_chain(s, RECORD_FEDERATION, fed);
	for (size_t i = 0; i < n; i++)
		put(s, RECORD_DAEMON, all[i].keys->oid.s, 1, buf_slice(&all[i].record));
	for (size_t i = 0; i < n_groups; i++)
		put_chain(s, RECORD_GROUP, &groups[i]);
	store_close(s);
}

int main(int argc, char **argv)
{
	size_t n = argc > 2 ? (size_t)argc - 2 : 0, n_groups;
	struct fed_record rec;
	struct arena ar;

	if (n == 0) {
		fprintf(stderr, "usage: fedseed GROUPS NAME,HOST:PORT,DATA ...\n");
		return 2;
	}
	crypto_ossl_install();
	char *more;
	size_t n_all = strtoul(argv[1], &more, 10);

	n_groups = n_all + (*more == '+' ? strtoul(more + 1, NULL, 10) : 0);
	struct member *all = mem_array(n, sizeof *all);
	struct chain fed, *groups = mem_array(n_groups + 1, sizeof *groups);

	for (size_t i = 0; i < n; i++)
		make_member(&all[i], argv[i + 2]);
	vec_init(&fed.texts, sizeof(struct buf));
	make_federation(all, n, &fed);
	arena_init(&ar);
	must(fed_record_parse(last(&fed), &ar, &rec, &err), "federation");
	for (size_t i = 0; i < n_groups; i++) {
		vec_init(&groups[i].texts, sizeof(struct buf));
		make_group(all, i < n_all ? n : n - 1, &rec.federation, (int)i + 1, &groups[i]);
	}
	for (size_t i = 0; i < n; i++)
		fill(&all[i], all, n, &fed, groups, n_groups);
	return 0;
}
