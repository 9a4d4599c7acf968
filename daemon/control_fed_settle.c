/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two records have one serial: group.settle, federation.settle and federation.settle-own show them,
 * and say which one holds.  Nothing else is signed meanwhile: it would be a third of that serial.
 * docs/federation.md section 3
 *
 * A group's is decided by an admin of the federation or by its deputies, the federation's by its
 * admins, a daemon's by itself, with its root key, together with admins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/control_fed.h"
#include "daemon/fed_keys.h"
#include "daemon/fed_posting.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum {
	DIFF_MAX = 4000,
	SERIAL_ROOM = 24,
	DATE_ROOM = 20,
};

/* What has two records. */
struct settle {
	struct fed_record_key key;
	uint64_t serial;
	char thing[FED_THING_ROOM];
	struct slice texts[1 + FED_RIVALS_MAX];
	char codes[1 + FED_RIVALS_MAX][ERRAND_WORD + 1];
	size_t n;
};

void errand_record_word(const struct fed_hash *h, char out[ERRAND_WORD + 1])
{
	uint8_t raw[STORE_ENTRY_HASH];

	fed_hash_raw(h, raw);
	base32_write(out, slice_of((const char *)raw, ERRAND_WORD_BYTES));
}

static void work_free(struct errand *a)
{
	free(a->work);
}

static void find_versions(struct errand *a, const struct fed_record_key *key, struct settle *s)
{
	struct fed_version v;

	*s = (struct settle){.key = *key, .serial = fed_reg_held(a->f->reg, key)};
	errand_thing_of(a->f, key, s->thing);
	while (s->n < array_len(s->texts) &&
		fed_reg_version(a->f->reg, &s->key, s->serial, s->n, &v)) {
		errand_record_word(&v.hash, s->codes[s->n]);
		s->texts[s->n++] = v.text;
	}
}

/* s->n: it is none of them. */
static size_t find_code(const struct settle *s, const char *code)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->codes[i], code) != 0)
		i++;
	return i;
}

/* ---- what differs ---- */

/* A line for people: daemons by their names. */
static void add_line(struct errand *a, struct buf *b, const char *sign, struct slice line)
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);
	const char *before = "";
	struct fed_oid oid;
	struct slice word;

	buf_addf(b, "%s%s", b->len > 0 ? "; " : "", sign);
	for (; slice_word(&line, &word); before = " ") {
		const struct fed_member_daemon *d =
			fed_oid_parse(word, &oid) ? fed_federation_daemon(fed, &oid) : NULL;

		buf_addz(b, before);
		buf_add(b, d ? d->name : word);
	}
}

static void add_missing(
	struct errand *a, struct buf *b, const char *sign, struct slice text, struct slice in)
{
	struct slice line;

	while (slice_split(&text, '\n', &line))
		if (errand_is_change(line, in))
			add_line(a, b, sign, line);
}

/* When a daemon record was made; "" of others. */
static void date_of(struct slice text, char out[DATE_ROOM])
{
	struct slice line;
	struct tm tm;
	char value[24];

	out[0] = '\0';
	while (slice_split(&text, '\n', &line)) {
		if (!slice_starts(line, lit("issued: ")) ||
			!slice_cstr(slice_from(line, strlen("issued: ")), value, sizeof value))
			continue;
		time_t t = (time_t)strtoll(value, NULL, 10);
		if (!gmtime_r(&t, &tm) || strftime(out, DATE_ROOM, "%Y-%m-%d %H:%M", &tm) == 0)
			out[0] = '\0';
	}
}

static void show(struct errand *a, const struct settle *s, size_t i)
{
	struct slice before = fed_reg_text(a->f->reg, &s->key, s->serial - 1);
	char serial[SERIAL_ROOM], date[DATE_ROOM];
	struct buf diff;

	snprintf(serial, sizeof serial, "%llu", (unsigned long long)s->serial);
	date_of(s->texts[i], date);
	buf_init(&diff, DIFF_MAX);
	add_missing(a, &diff, "+ ", s->texts[i], before);
	add_missing(a, &diff, "- ", before, s->texts[i]);
	const char *what = diff.bad ? "..." : buf_cstr(&diff);
	if (date[0])
		errand_say(a, N_("%1: record %2 of %3, made at %4 UTC: %5"), s->codes[i], serial,
			s->thing, date, what, NULL);
	else
		errand_say(a, N_("%1: record %2 of %3: %4"), s->codes[i], serial, s->thing, what,
			NULL);
	buf_fini(&diff);
}

static void show_all(struct errand *a, const struct settle *s)
{
	for (size_t i = 0; i < s->n; i++)
		show(a, s, i);
}

/* ---- nothing else is signed ---- */

static const char *fork_words(enum fed_record_type type)
{
	switch (type) {
	case FED_REC_DAEMON:
		return N_("this daemon has two records with one serial, and nothing can follow "
			  "before one is chosen: kokoctl federation settle shows them");
	case FED_REC_FEDERATION:
		return N_("the federation has two records with one serial, and nothing can follow "
			  "before an admin of it chooses one: kokoctl federation settle");
	case FED_REC_GROUP:
		break;
	}
	return N_("%1 has two records with one serial, and nothing can follow before an admin of "
		  "the federation, or its deputies, choose one: kokoctl group settle %1");
}

int errand_check_fork(struct errand *a, const struct fed_draft *d)
{
	char thing[FED_THING_ROOM];
	struct fed_record_key key;

	fed_record_key_of(&d->rec, &key);
	if (fed_reg_held(a->f->reg, &key) < d->rec.serial)
		return 0;
	errand_thing_of(a->f, &key, thing);
	return errand_refuse(a, KERR_DENIED, fork_words(key.type), thing, NULL);
}

/* ---- a group ---- */

static int group_settled(struct errand *a)
{
	errand_say(a, N_("%1 is settled: from now on it is everywhere as in %2"), a->group, a->code,
		NULL);
	return 0;
}

static int choose_group(struct errand *a, const struct settle *s)
{
	struct fed_draft d;
	size_t i = find_code(s, a->code);
	int rc;

	if (i == s->n)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is none of the records: kokoctl group settle %2 shows them"),
			a->code, a->group, NULL);
	rc = fed_draft_group_settle(&d, a->f->reg, &a->f->keys->oid, s->texts, s->n, i, &a->err);
	return errand_give(a, &d, rc, fed_seed(a->f, NULL), group_settled);
}

static int settle_group(struct errand *a)
{
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct settle *s = a->work;
	const struct fed_group *g;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	g = fed_reg_group_named(a->f->reg, slice_str(a->group));
	if (!g)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("this daemon knows no shared group %1: an admin whose daemon is in it "
			   "settles it"),
			a->group, NULL);
	memcpy(key.s, g->gid.s, sizeof g->gid.s);
	find_versions(a, &key, s);
	if (s->n < 2)
		return errand_refuse(a, KERR_EXISTS,
			N_("there is nothing to settle: %1 has one record"), a->group, NULL);
	if (a->code[0])
		return choose_group(a, s);
	show_all(a, s);
	errand_say(a,
		N_("next: kokoctl group settle %1 and the word in front of the one that shall "
		   "hold, at an admin of the federation"),
		a->group, NULL);
	return 0;
}

static struct errand *begin(struct control_req *r, int (*run)(struct errand *a))
{
	struct errand *a = errand_new(r, run);

	a->work = mem_new(struct settle);
	a->fini = work_free;
	return a;
}

int control_group_settle(struct control_req *r)
{
	struct errand *a = begin(r, settle_group);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg_or(r, "record", ERRAND_WORD, "", &a->code);
	return errand_go(a, rc);
}

/* ---- the federation ---- */

static bool find_federation(struct errand *a, const struct fed_federation *fed, struct settle *s)
{
	struct fed_record_key key = {.type = FED_REC_FEDERATION};

	memcpy(key.s, fed->fid.s, sizeof fed->fid.s);
	find_versions(a, &key, s);
	return s->n > 1;
}

static bool find_daemon(struct errand *a, const struct fed_oid *oid, struct settle *s)
{
	struct fed_record_key key = {.type = FED_REC_DAEMON};

	memcpy(key.s, oid->s, sizeof oid->s);
	find_versions(a, &key, s);
	return s->n > 1;
}

static void say_own_next(struct errand *a, const struct fed_oid *oid, const struct settle *s)
{
	if (fed_oid_eq(oid, &a->f->keys->oid))
		errand_say(a,
			N_("next: kokoctl federation settle-own and the word in front of the one "
			   "that shall hold, here; it asks for the recovery code"),
			NULL);
	else
		errand_say(a,
			N_("next: the admin of %1 types there: kokoctl federation settle-own, and "
			   "the word in front of the one that shall hold"),
			s->thing, NULL);
}

static int federation_settled(struct errand *a)
{
	errand_say(a, N_("it is settled: from now on the federation is as in %1"), a->record, NULL);
	return 0;
}

static int choose_federation(struct errand *a, const struct settle *s, size_t i)
{
	struct fed_draft d;
	int rc = fed_draft_federation_next(&d, s->texts[i], &a->f->keys->oid, &a->err);

	return errand_give(a, &d, rc, fed_seed(a->f, NULL), federation_settled);
}

/* Those of daemons; how many have two. */
static size_t show_daemons(struct errand *a, const struct fed_federation *fed, struct settle *s)
{
	size_t n = 0;

	for (size_t i = 0; i < fed->n_daemon; i++) {
		if (!find_daemon(a, &fed->daemon[i].oid, s))
			continue;
		show_all(a, s);
		say_own_next(a, &fed->daemon[i].oid, s);
		n++;
	}
	return n;
}

static int settle_federation(struct errand *a)
{
	const struct fed_federation *fed = errand_federation(a);
	struct settle *s = a->work;
	bool forked = fed && find_federation(a, fed, s);
	size_t i = find_code(s, a->record);

	if (!fed)
		return KERR_NOTFOUND;
	if (forked && i < s->n)
		return choose_federation(a, s, i);
	if (a->record[0])
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is no record of the federation that waits to be chosen: kokoctl "
			   "federation settle shows what there is"),
			a->record, NULL);
	if (forked) {
		show_all(a, s);
		errand_say(a,
			N_("next: kokoctl federation settle and the word in front of the one that "
			   "shall hold, at an admin of the federation"),
			NULL);
	}
	if (show_daemons(a, fed, s) == 0 && !forked)
		return errand_refuse(a, KERR_EXISTS,
			N_("there is nothing to settle: the federation has one record, and so has "
			   "each of its daemons"),
			NULL);
	return 0;
}

int control_federation_settle(struct control_req *r)
{
	struct errand *a = begin(r, settle_federation);

	return errand_go(a, control_arg_or(r, "record", ERRAND_WORD, "", &a->record));
}

/* ---- this daemon ---- */

static int own_settled(struct errand *a)
{
	fed_plans_make(a->f);
	errand_say(a, N_("it is settled: from now on this daemon is everywhere as in %1"),
		a->record, NULL);
	return 0;
}

/*
 * The keys of the other one may be those of a copy of this disk.  Ours are named, the one in use
 * first; what was signed with the others counts.
 */
static int name_keys(struct errand *a, struct fed_draft *d)
{
	const struct fed_keys *k = a->f->keys;
	const struct fed_daemon *r = &d->rec.daemon;
	int rc = 0;

	for (size_t i = 0; i < r->n_revoked; i++)
		if (fed_public_eq(&r->revoked[i], &k->sign))
			return errand_refuse(a, KERR_DENIED,
				N_("%1 declares the key stolen that this daemon signs with: choose "
				   "the other one, then kokoctl federation revoke-key"),
				a->record, NULL);
	if (!fed_public_eq(&r->sign[0], &k->sign))
		rc = fed_draft_sign(d, &k->sign, &a->err);
	if (rc == 0 && !fed_hash_eq(&r->tls[0], &k->spki))
		rc = fed_draft_tls(d, &k->spki, 1, &a->err);
	return rc;
}

/* By the root key; and as an admin, with a key that the record in force has. */
static int sign_both(
	struct errand *a, struct fed_draft *d, const uint8_t root[CRYPTO_KEY_LEN], struct buf *out)
{
	struct fed_signer known;
	struct fed_keyid id;
	const uint8_t *seed = fed_seed(a->f, &id);
	int rc = fed_draft_end(d, root, out, &a->err);

	if (rc == 0 && fed_reg_signer(a->f->reg, &id, &known) && !known.revoked)
		fed_record_sign(out, seed);
	return rc;
}

static int choose_own(struct errand *a, struct slice text)
{
	uint8_t root[CRYPTO_KEY_LEN];
	struct fed_draft d;
	struct buf out;
	int rc;

	arena_init(&d.ar);
	buf_init(&out, FED_RECORD_MAX);
	rc = errand_open_own(a, text, &d, root);
	if (rc == 0)
		rc = name_keys(a, &d);
	if (rc == 0)
		rc = sign_both(a, &d, root, &out);
	mem_wipe(root, sizeof root);
	if (rc == 0)
		rc = errand_give_signed(a, buf_slice(&out), own_settled);
	fed_draft_fini(&d);
	buf_fini(&out);
	return rc;
}

static int settle_own(struct errand *a)
{
	struct settle *s = a->work;
	size_t i;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	if (!find_daemon(a, &a->f->keys->oid, s))
		return errand_refuse(a, KERR_EXISTS,
			N_("there is nothing to settle: this daemon has one record"), NULL);
	i = find_code(s, a->record);
	if (i == s->n)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is none of the records: kokoctl federation settle shows them"),
			a->record, NULL);
	return choose_own(a, s->texts[i]);
}

int control_federation_settle_own(struct control_req *r)
{
	struct errand *a = begin(r, settle_own);
	int rc = control_arg(r, "record", ERRAND_WORD, &a->record);

	if (rc == 0)
		rc = control_arg(r, "code", 4 * FED_CODE_LEN, &a->code);
	return errand_go(a, rc);
}
