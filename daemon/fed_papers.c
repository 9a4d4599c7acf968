/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A draft has no state of its own but its signatures: what becomes of it is read from the records
 * in force each time, so a crash between publishing and forgetting does no harm.
 */
#include "daemon/fed_papers.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/fed_book.h"
#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static struct fed_kept_paper *paper_at(struct list *it)
{
	return container_of(it, struct fed_kept_paper, node);
}

void fed_papers_init(struct fed_papers *s)
{
	list_init(&s->all);
	s->n = 0;
}

static void forget(struct fed_papers *s, struct fed_kept_paper *p)
{
	list_remove(&p->node);
	s->n--;
	free(p->record);
	free(p->key);
	free(p);
}

void fed_papers_fini(struct fed_papers *s)
{
	while (!list_empty(&s->all))
		forget(s, paper_at(s->all.next));
}

static struct fed_kept_paper *find(const struct fed_papers *s, struct slice key)
{
	list_each(&s->all, it)
	{
		if (slice_eq(slice_str(paper_at(it)->key), key))
			return paper_at(it);
	}
	return NULL;
}

static struct fed_kept_paper *put(struct fed_papers *s, struct slice key, const struct fed_paper *p)
{
	struct fed_kept_paper *k = find(s, key);

	if (!k) {
		k = mem_new(struct fed_kept_paper);
		k->key = mem_dup(key);
		list_append(&s->all, &k->node);
		s->n++;
	}
	free(k->record);
	k->record = mem_dup(p->record);
	k->from = p->from;
	k->until_at = p->until_at;
	fed_paper_number(p->record, k->number);
	return k;
}

void fed_papers_load(struct fed_papers *s, struct slice key, uint64_t serial, struct slice text)
{
	struct fed_paper p;
	struct esc e;

	if (!fed_paper_read(text, &p)) {
		log_warn("fed.draft", "key=\"%s\" why=damaged", esc(&e, key));
		return;
	}
	struct fed_kept_paper *k = put(s, key, &p);
	k->serial = serial;
	k->on_disk = true;
}

enum fed_paper_state fed_paper_state(
	struct fed *f, const struct fed_kept_paper *p, struct fed_tally *out)
{
	struct err why = {.text = ""};
	bool late = loop_now_at() > p->until_at;

	switch (fed_reg_stand(f->reg, slice_str(p->record), out, &why)) {
	case FED_STAND_DONE:
		return FED_PAPER_DONE;
	case FED_STAND_ENOUGH:
		return late ? FED_PAPER_EXPIRED : FED_PAPER_READY;
	case FED_STAND_WAITS:
		return late ? FED_PAPER_EXPIRED : FED_PAPER_WAITS;
	case FED_STAND_AHEAD:
		return FED_PAPER_LATER;
	case FED_STAND_VOID:
	case FED_STAND_OUTSIDE:
	case FED_STAND_REFUSED: /* what it was good for by the records of then it is not any more */
		break;
	}
	return FED_PAPER_VOID;
}

struct fed_kept_paper *fed_papers_get(struct fed *f, const char *number)
{
	list_each(&f->papers.all, it)
	{
		if (strcmp(paper_at(it)->number, number) == 0)
			return paper_at(it);
	}
	return NULL;
}

static bool is_open(struct fed *f, const struct fed_kept_paper *p, struct fed_tally *out)
{
	enum fed_paper_state state = fed_paper_state(f, p, out);

	return state == FED_PAPER_WAITS || state == FED_PAPER_READY;
}

const struct fed_kept_paper *fed_papers_guest(struct fed *f, const struct fed_oid *oid)
{
	char line[sizeof "\ndaemon:  active " + FED_OID_LEN];
	struct fed_tally s;

	snprintf(line, sizeof line, "\ndaemon: %s active ", oid->s);
	list_each(&f->papers.all, it)
	{
		const struct fed_kept_paper *p = paper_at(it);

		if (strstr(p->record, line) && is_open(f, p, &s))
			return p;
	}
	return NULL;
}

const struct fed_kept_paper *fed_papers_rival(struct fed *f, struct slice record)
{
	struct fed_tally wanted, s;
	struct err why;

	if (fed_reg_stand(f->reg, record, &wanted, &why) == FED_STAND_REFUSED)
		return NULL;
	list_each(&f->papers.all, it)
	{
		const struct fed_kept_paper *p = paper_at(it);

		if (slice_eq(fed_record_lines(slice_str(p->record)), fed_record_lines(record)))
			continue;
		if (is_open(f, p, &s) && s.key.type == wanted.key.type &&
			strcmp(s.key.s, wanted.key.s) == 0 && s.serial == wanted.serial &&
			fed_stand_has(&s, &f->keys->oid))
			return p;
	}
	return NULL;
}

/* ---- keeping ---- */

size_t fed_papers_on_disk(const struct fed_papers *s)
{
	size_t n = 0;

	list_each(&s->all, it)
	{
		n += paper_at(it)->on_disk;
	}
	return n;
}

struct keeping {
	struct fed *f;
	char *key;
	void (*done)(void *arg, int rc);
	void *arg;
};

static void keeping_free(struct keeping *k)
{
	free(k->key);
	free(k);
}

static void on_kept(void *arg, const struct store_result *res)
{
	struct keeping *k = arg;
	struct fed_kept_paper *p = find(&k->f->papers, slice_str(k->key));

	if (res->rc < 0)
		log_error("fed.draft", "why=%s", kerr_name(res->rc));
	else if (p)
		p->on_disk = true;
	fed_epoch_drafts(k->f);
	k->done(k->arg, res->rc);
	keeping_free(k);
}

static int store(
	struct fed *f, struct fed_kept_paper *k, void (*done)(void *arg, int rc), void *arg)
{
	struct keeping *w = mem_new(struct keeping);
	const struct store_call call = {
		.home = f->loop, .done = on_kept, .arg = w, .actor = "federation"};
	const struct fed_paper p = {k->until_at, k->from, slice_str(k->record)};
	struct buf text;

	*w = (struct keeping){f, mem_dup(slice_str(k->key)), done, arg};
	buf_init(&text, FED_PAPER_MAX);
	fed_paper_add(&text, &p);
	int rc = text.bad ? KERR_TOOBIG
			  : store_record_replace(f->d->store, RECORD_DRAFT, slice_str(k->key),
				    ++k->serial, buf_slice(&text), &call);
	buf_fini(&text);
	if (rc < 0)
		keeping_free(w);
	return rc;
}

static const char *type_name(enum fed_record_type t)
{
	return fed_record_type_name(t).p;
}

/* Signatures of both, and ours where it is wanted and missing. */
static bool join(struct fed *f, const struct fed_tally *s, const struct fed_kept_paper *old,
	struct slice record, bool self, struct buf *out)
{
	struct buf both;
	bool same;

	buf_init(&both, FED_RECORD_MAX);
	same = fed_paper_merge(&both, record, old ? slice_str(old->record) : record);
	if (same && self && !fed_stand_has(s, &f->keys->oid))
		fed_record_sign(&both, fed_seed(f, NULL));
	same = same && !both.bad && fed_paper_merge(out, buf_slice(&both), buf_slice(&both));
	buf_fini(&both);
	return same && !out->bad;
}

int fed_papers_keep(struct fed *f, const struct fed_paper *p, bool self,
	struct fed_kept_paper **out, void (*done)(void *arg, int rc), void *arg)
{
	char number[FED_PAPER_NUMBER + 1], key[STORE_RECORD_KEY + 1];
	struct fed_paper joined = *p;
	struct fed_tally s;
	struct err why;
	struct buf text;
	int rc = KERR_INVALID;

	enum fed_stand stand = fed_reg_stand(f->reg, p->record, &s, &why);
	if (stand == FED_STAND_REFUSED || stand == FED_STAND_OUTSIDE)
		return KERR_INVALID;
	fed_paper_number(p->record, number);
	snprintf(key, sizeof key, "%s %s %llu %s", type_name(s.key.type), s.key.s,
		(unsigned long long)s.serial, number);
	struct fed_kept_paper *old = find(&f->papers, slice_str(key));
	if (!old && f->papers.n >= FED_PAPERS_MAX)
		return KERR_FULL;
	buf_init(&text, FED_RECORD_MAX);
	if (join(f, &s, old, p->record, self, &text)) {
		joined.record = buf_slice(&text);
		if (old && loop_now_at() <= old->until_at) {
			/* who collects, and how long, was said by the first text */
			joined.from = old->from;
			joined.until_at = old->until_at;
		}
		*out = put(&f->papers, slice_str(key), &joined);
		rc = store(f, *out, done, arg);
	}
	buf_fini(&text);
	return rc;
}

/* ---- forgetting ---- */

static void on_dropped(void *arg, const struct store_result *res)
{
	(void)arg;
	if (res->rc < 0 && res->rc != KERR_NOTFOUND)
		log_error("fed.draft", "why=%s", kerr_name(res->rc));
}

void fed_papers_drop(struct fed *f, struct fed_kept_paper *p)
{
	const struct store_call call = {
		.home = f->loop, .done = on_dropped, .arg = f, .actor = "federation"};
	int rc;

	p->on_disk = false; /* first: what is noted is never more than what is there */
	fed_epoch_drafts(f);
	rc = store_record_del(f->d->store, RECORD_DRAFT, slice_str(p->key), &call);

	if (rc < 0) /* it is looked at again after the next start */
		log_error("fed.draft", "key=\"%s\" why=%s", p->key, kerr_name(rc));
	log_info("fed.draft", "number=%s dropped=1", p->number);
	forget(&f->papers, p);
}

/* Invitations of daemons that a draft has taken in. */
struct guests {
	struct fed *f;
	char host[FED_NAME_MAX + 1];
};

static void look_at_guest(void *arg, const struct fed_invite *i)
{
	struct guests *g = arg;

	if (fed_book_state(g->f->book, i) == FED_INVITE_JOINING &&
		fed_reg_active(g->f->reg, &i->oid))
		snprintf(g->host, sizeof g->host, "%s", i->host);
}

static void forget_guests(struct fed *f)
{
	struct guests g = {.f = f};

	do {
		g.host[0] = '\0';
		fed_book_each(f->book, look_at_guest, &g);
	} while (g.host[0] && fed_book_forget(f->book, slice_str(g.host)) == 0);
}

static void on_published(void *arg, int rc)
{
	(void)arg;
	if (rc < 0)
		log_error("fed.draft", "why=%s", kerr_name(rc));
}

/* All have signed, and the daemon was stopped before it published. */
static void publish(struct fed *f, const struct fed_kept_paper *p)
{
	struct err why = {.text = ""};

	if (f->catching || !fed_oid_eq(&p->from, &f->keys->oid))
		return;
	log_info("fed.draft", "number=%s published=1", p->number);
	if (fed_give(f, slice_str(p->record), on_published, NULL, &why) < 0)
		log_error("fed.draft", "number=%s why=\"%s\"", p->number, why.text);
}

static void look_at(struct fed *f, struct fed_kept_paper *p)
{
	struct fed_tally s;
	enum fed_paper_state state = fed_paper_state(f, p, &s);

	if (state == FED_PAPER_READY)
		publish(f, p);
	else if (state == FED_PAPER_DONE || loop_now_at() > p->until_at + FED_PAPERS_KEEP_S)
		fed_papers_drop(f, p);
}

void fed_papers_look(struct fed *f)
{
	for (struct list *it = f->papers.all.next, *next; it != &f->papers.all; it = next) {
		next = it->next;
		look_at(f, paper_at(it));
	}
	forget_guests(f);
}
