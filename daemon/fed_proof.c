/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All members meet a fork within seconds, and one proof is enough: each waits a while by chance,
 * and keeps silent when another's has come by then.
 */
#include "daemon/fed_proof.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/fed_priv.h"
#include "daemon/fed_say.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	WAIT_S = 2, /* at least, and by chance up to */
	WAIT_MORE_S = 8,
	AGAIN_S = 60, /* after one that could not be put */
	BODY_ROOM = 4096,
};

/* One that this daemon met. */
struct met {
	char *key;
	char *body;
	struct fed_gid gid;
	struct fed_control control;
	int64_t due_s;
	bool saying;
};

struct fed_proofs {
	struct map *known; /* key -> the set itself: put, by whomever */
	size_t n_known;
	struct vec met; /* struct met */
};

struct fed_proofs *fed_proofs_new(void)
{
	struct fed_proofs *p = mem_new(struct fed_proofs);

	p->known = map_new();
	vec_init(&p->met, sizeof(struct met));
	return p;
}

static struct met *met_at(const struct fed_proofs *p, size_t i)
{
	return vec_at(&p->met, i);
}

static void met_drop(struct fed_proofs *p, size_t i)
{
	free(met_at(p, i)->key);
	free(met_at(p, i)->body);
	*met_at(p, i) = *met_at(p, p->met.n - 1);
	p->met.n--;
}

void fed_proofs_free(struct fed_proofs *p)
{
	if (!p)
		return;
	while (p->met.n > 0)
		met_drop(p, p->met.n - 1);
	vec_fini(&p->met);
	map_free(p->known);
	free(p);
}

static int64_t steady_s(void)
{
	return loop_clock_ms() / 1000;
}

/* What is proven: "<gid> <oid> <epoch> <n>". */
static void key_of(const struct fed_sign *s, char out[STORE_RECORD_KEY + 1])
{
	snprintf(out, STORE_RECORD_KEY + 1, "%s %s %llu %llu", s->g.s, s->o.s,
		(unsigned long long)s->e, (unsigned long long)s->n);
}

static bool is_known(const struct fed_proofs *p, const char *key)
{
	return map_get(p->known, slice_str(key)) != NULL;
}

void fed_proofs_load(struct fed_proofs *p, struct slice key)
{
	if (!map_get(p->known, key)) {
		map_put(p->known, key, p);
		p->n_known++;
	}
}

/* ---- ours ---- */

void fed_proof_met(void *arg, const struct fed_gid *gid, const struct fed_sign *one,
	const struct fed_sign *two)
{
	struct fed *f = arg;
	struct fed_proofs *p = f->proofs;
	char key[STORE_RECORD_KEY + 1];
	struct buf body;
	uint8_t chance;

	key_of(one, key);
	if (is_known(p, key) || p->n_known + p->met.n >= FED_PROOFS_MAX)
		return;
	for (size_t i = 0; i < p->met.n; i++)
		if (strcmp(met_at(p, i)->key, key) == 0)
			return;
	crypto_random(&chance, sizeof chance);
	buf_init(&body, BODY_ROOM);
	fed_fork_add(&body, one, two);
	*(struct met *)vec_push(&p->met) = (struct met){
		.key = mem_dup(slice_str(key)),
		.body = mem_dup(buf_slice(&body)),
		.gid = *gid,
		.control = {.kind = FED_CTL_FORK, .epoch = one->e, .n = one->n},
		.due_s = steady_s() + WAIT_S + chance % WAIT_MORE_S
        };
	buf_fini(&body);
}

struct said {
	struct fed *f;
	char key[STORE_RECORD_KEY + 1];
};

/* When it went well fed_proof_heard has taken it out, or will. */
static void on_said(void *arg, int rc)
{
	struct said *s = arg;
	struct fed_proofs *p = s->f->proofs;

	for (size_t i = 0; i < p->met.n; i++)
		if (strcmp(met_at(p, i)->key, s->key) == 0) {
			met_at(p, i)->saying = rc == 0;
			met_at(p, i)->due_s = steady_s() + AGAIN_S;
		}
	if (rc < 0)
		log_warn("fed.proof", "key=\"%s\" why=%s", s->key, kerr_name(rc));
	free(s);
}

static void put(struct fed *f, struct met *m)
{
	struct said *s = mem_new(struct said);
	struct err why = {.text = ""};

	s->f = f;
	snprintf(s->key, sizeof s->key, "%s", m->key);
	if (fed_say(f, &m->gid, &m->control, slice_str(m->body), on_said, s, &why) == 0) {
		m->saying = true;
		return;
	}
	m->due_s = steady_s() + AGAIN_S;
	log_info("fed.proof", "key=\"%s\" why=\"%s\"", m->key, why.text);
	free(s);
}

void fed_proofs_tick(struct fed *f)
{
	struct fed_proofs *p = f->proofs;

	if (f->catching)
		return;
	for (size_t i = p->met.n; i-- > 0;) {
		struct met *m = met_at(p, i);

		if (is_known(p, m->key))
			met_drop(p, i);
		else if (!m->saying && steady_s() >= m->due_s)
			put(f, m);
	}
}

/* ---- anybody's ---- */

static void on_kept(void *arg, const struct store_result *res)
{
	(void)arg;
	if (res->rc < 0 && res->rc != KERR_EXISTS && res->rc != KERR_CONFLICT)
		log_error("fed.proof", "why=%s", kerr_name(res->rc));
}

/* Has this daemon taken the feed apart itself?  Its admin was told then. */
static bool met_here(const struct fed *f, const struct fed_sign *s)
{
	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (feed->name.epoch.branch[0] && !feed->unproven && feed->name.epoch.n == s->e &&
			fed_oid_eq(&feed->name.oid, &s->o) && fed_gid_eq(&feed->name.gid, &s->g))
			return true;
	}
	return false;
}

void fed_proof_heard(struct fed *f, struct slice body)
{
	const struct store_call call = {.home = f->loop, .done = on_kept, .arg = f};
	char key[STORE_RECORD_KEY + 1];
	struct fed_sign one, two;
	const char *why;

	if (!fed_fork_parse(body, &one, &two, &why))
		return;
	if (fed_oid_eq(&one.o, &f->keys->oid))
		fed_epoch_next(f, one.e); /* nothing more is issued in it, nor below */
	key_of(&one, key);
	if (is_known(f->proofs, key) || f->proofs->n_known >= FED_PROOFS_MAX)
		return;
	fed_proofs_load(f->proofs, slice_str(key));
	int rc = store_record(f->d->store, RECORD_FORK, slice_str(key), 1, body, &call);
	if (rc < 0) /* it is looked at again after the next start */
		log_error("fed.proof", "key=\"%s\" why=%s", key, kerr_name(rc));
	log_warn("fed.proof", "key=\"%s\" met=%d", key, met_here(f, &one));
	if (!met_here(f, &one))
		fed_note(f, FED_ALARM_FORK, &one.o, fed_gid_slice(&one.g));
}
