/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group.settle: two records of a group have one serial; an admin of the federation looks at them
 * and says which one holds.  docs/federation.md section 3
 */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { DIFF_MAX = 4000 };

struct settle {
	struct fed_record_key key;
	uint64_t serial;
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

static void show(struct errand *a, const struct settle *s, size_t i)
{
	struct slice before = fed_reg_text(a->f->reg, &s->key, s->serial - 1);
	char serial[24];
	struct buf diff;

	snprintf(serial, sizeof serial, "%llu", (unsigned long long)s->serial);
	buf_init(&diff, DIFF_MAX);
	add_missing(a, &diff, "+ ", s->texts[i], before);
	add_missing(a, &diff, "- ", before, s->texts[i]);
	errand_say(a, N_("%1: record %2 of %3: %4"), s->codes[i], serial, a->group,
		diff.bad ? "..." : buf_cstr(&diff), NULL);
	buf_fini(&diff);
}

/* ---- the choice ---- */

static int settled(struct errand *a)
{
	errand_say(a, N_("%1 is settled: from now on it is everywhere as in %2"), a->group, a->code,
		NULL);
	return 0;
}

static int choose(struct errand *a, const struct settle *s)
{
	struct fed_draft d;
	size_t i = 0;
	int rc;

	while (i < s->n && strcmp(s->codes[i], a->code) != 0)
		i++;
	if (i == s->n)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is none of the records: kokoctl group settle %2 shows them"),
			a->code, a->group, NULL);
	rc = fed_draft_group_settle(
		&d, fed_reg_federation(a->f->reg), &a->f->keys->oid, s->texts, s->n, i, &a->err);
	return errand_give(a, &d, rc, a->f->keys->seed, settled);
}

static void find_versions(struct errand *a, struct settle *s)
{
	struct fed_version v;

	s->serial = fed_reg_held(a->f->reg, &s->key);
	while (s->n < array_len(s->texts) &&
		fed_reg_version(a->f->reg, &s->key, s->serial, s->n, &v)) {
		errand_record_word(&v.hash, s->codes[s->n]);
		s->texts[s->n++] = v.text;
	}
}

static int settle(struct errand *a)
{
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
	s->key = (struct fed_record_key){.type = FED_REC_GROUP};
	memcpy(s->key.s, g->gid.s, sizeof g->gid.s);
	find_versions(a, s);
	if (s->n < 2)
		return errand_refuse(a, KERR_EXISTS,
			N_("there is nothing to settle: %1 has one record"), a->group, NULL);
	if (a->code[0])
		return choose(a, s);
	for (size_t i = 0; i < s->n; i++)
		show(a, s, i);
	errand_say(a,
		N_("next: kokoctl group settle %1 and the word in front of the one that shall "
		   "hold, at an admin of the federation"),
		a->group, NULL);
	return 0;
}

int control_group_settle(struct control_req *r)
{
	struct errand *a = errand_new(r, settle);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	a->work = mem_new(struct settle);
	a->fini = work_free;
	if (rc == 0)
		rc = control_arg_or(r, "record", ERRAND_WORD, "", &a->code);
	return errand_go(a, rc);
}
