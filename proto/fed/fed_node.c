/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The node as one that asks: neighbours say what they have, what is missing is asked for, what
 * comes is checked and given to the store; when it is durable it is told to others and acts.
 */
#include "proto/base/log.h"
#include "proto/fed/fed_node_priv.h"

/* ---- life ---- */

struct fed_node *fed_node_new(const struct fed_node_opts *o)
{
	struct fed_node *n = mem_new(struct fed_node);

	n->o = *o;
	n->name = slice_of(mem_dup(o->name), o->name.len);
	n->pull = fed_pull_new();
	fed_quota_init(&n->quota, o->quota_entries, o->quota_bytes);
	list_init(&n->on_the_way);
	vec_init(&n->record_news, sizeof(struct record_news));
	vec_init(&n->neighbours, sizeof(struct fed_oid));
	vec_init(&n->down, sizeof(struct fed_oid));
	vec_init(&n->not_durable, sizeof(struct record_told));
	vec_init(&n->probes, sizeof(struct fork_probe));
	vec_init(&n->lags, sizeof(struct fed_lag));
	for (size_t i = 0; i < array_len(n->peers); i++) {
		vec_init(&n->peers[i].wants, sizeof(struct record_want));
		vec_init(&n->peers[i].heads, sizeof(struct fed_gid));
		vec_init(&n->peers[i].again, sizeof(struct head_again));
		node_catch_init(&n->peers[i]);
	}
	return n;
}

static void way_free(struct fed_node *n, struct on_the_way *w)
{
	list_remove(&w->node);
	n->n_on_the_way--;
	node_control_drop(w->control);
	free(w);
}

void fed_node_free(struct fed_node *n)
{
	if (!n)
		return;
	while (!list_empty(&n->on_the_way))
		way_free(n, container_of(n->on_the_way.next, struct on_the_way, node));
	for (size_t i = 0; i < array_len(n->peers); i++) {
		vec_fini(&n->peers[i].wants);
		vec_fini(&n->peers[i].heads);
		vec_fini(&n->peers[i].again);
		node_catch_fini(&n->peers[i]);
	}
	node_probes_free(n);
	vec_fini(&n->record_news);
	vec_fini(&n->neighbours);
	vec_fini(&n->down);
	vec_fini(&n->not_durable);
	vec_fini(&n->lags);
	fed_quota_fini(&n->quota);
	fed_pull_free(n->pull);
	free((char *)n->name.p);
	free(n);
}

void fed_node_now(struct fed_node *n, int64_t now_at, int64_t steady_s)
{
	n->now_at = now_at;
	n->steady_s = steady_s;
}

static void work_for_all(struct fed_node *n)
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (n->peers[i].up)
			n->o.outside->work(n->o.arg, i);
}

void fed_node_tick(struct fed_node *n)
{
	bool records = node_heads_again(n);

	node_catch_tick(n);
	node_lags_tick(n);
	for (size_t i = 0; i < FED_PULL_PEERS; i++)
		records = records || n->peers[i].wants.n > 0;
	if (fed_pull_tick(n->pull, n->steady_s) || records)
		work_for_all(n);
}

/* ---- neighbours ---- */

int fed_node_up(struct fed_node *n, const struct fed_oid *oid)
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++) {
		struct fed_peer *p = &n->peers[i];

		if (p->up)
			continue;
		if (!fed_oid_eq(&p->oid, oid))
			memset(p->got, 0, sizeof p->got);
		p->oid = *oid;
		p->up = true;
		p->up_s = n->steady_s;
		p->n_empty = 0;
		return (int)i;
	}
	return KERR_FULL;
}

void fed_node_down(struct fed_node *n, unsigned peer)
{
	struct fed_peer *p = &n->peers[peer];

	p->up = false;
	vec_reset(&p->wants);
	vec_reset(&p->heads);
	vec_reset(&p->again);
	node_catch_reset(n, p);
	node_probes_gone(n, peer);
	fed_pull_gone(n->pull, peer);
	list_each(&n->on_the_way, it)
	{
		struct on_the_way *w = container_of(it, struct on_the_way, node);

		if (w->peer == peer)
			w->peer = FED_PULL_PEERS;
	}
	work_for_all(n);
}

/* ---- asking ---- */

static bool next_heads(struct fed_node *n, struct fed_peer *p, struct fed_request *out)
{
	*out = (struct fed_request){.kind = FED_REQ_HEADS};
	while (p->heads.n > 0) {
		out->name.gid = *(struct fed_gid *)vec_at(&p->heads, --p->heads.n);
		if (fed_reg_reads(n->o.reg, &p->oid, &out->name.gid)) {
			p->n_heads_asked++;
			return true;
		}
	}
	return false;
}

bool fed_node_next(struct fed_node *n, unsigned peer, struct fed_request *out)
{
	struct fed_ask ask;

	if (!n->peers[peer].up)
		return false;
	if (node_next_record(n, peer, out) || next_heads(n, &n->peers[peer], out) ||
		node_next_probe(n, peer, out))
		return true;
	if (n->n_on_the_way >= FED_ON_THE_WAY)
		return false;
	if (n->catching)
		return node_next_catch(n, peer, out);
	if (!fed_pull_next(n->pull, peer, n->steady_s, &ask)) {
		if (!fed_pull_unsure(n->pull, peer, &ask))
			return false;
		node_align_begin(n, peer, &ask);
		return node_next_probe(n, peer, out);
	}
	*out = (struct fed_request){
		.kind = FED_REQ_ENTRY, .name = ask.feed->name, .as = ask.as, .n = ask.n};
	return true;
}

static void end_ask(
	struct fed_node *n, unsigned peer, const struct fed_request *req, enum fed_ask_end how)
{
	struct fed_feed *f = fed_feeds_get(n->o.feeds, &req->name);

	if (f && peer < FED_PULL_PEERS && fed_pull_end(n->pull, f, req->n, peer, how, n->steady_s))
		work_for_all(n);
}

void fed_node_got_none(struct fed_node *n, unsigned peer, const struct fed_request *req, bool later)
{
	n->verdict_wait_s = 0;
	if (req->kind == FED_REQ_RECORD)
		node_got_no_record(n, peer, req, later);
	else if (req->kind == FED_REQ_HEADS)
		fed_node_told_group(n, peer);
	else if (req->kind == FED_REQ_SIGNS && !node_catch_no_signs(n, peer, req))
		node_got_no_signs(n, peer, req);
	else if (req->kind == FED_REQ_ENTRY)
		end_ask(n, peer, req, later ? FED_ASK_LATER : FED_ASK_NOT_HELD);
	node_catch_answered(n, peer, req);
}

/* ---- what comes ---- */

static int scene_link(void *arg, const struct fed_feed *f, uint64_t num, struct fed_link *out)
{
	struct fed_node *n = arg;

	return n->o.outside->link(n->o.arg, f, num, out);
}

static bool scene_quota(void *arg, const struct fed_sign *s, size_t bytes)
{
	struct fed_node *n = arg;

	return fed_quota_has(&n->quota, &s->g, &s->o, s->t, bytes, n->now_at);
}

void fed_node_vouch(struct fed_node *n, const struct fed_vouch *v)
{
	n->vouch = v;
}

enum fed_got fed_node_verdict(const struct fed_node *n)
{
	return n->verdict;
}

static struct fed_scene scene_of(struct fed_node *n, unsigned peer, const struct fed_request *req)
{
	return (struct fed_scene){
		.reg = n->o.reg,
		.feeds = n->o.feeds,
		.self = n->o.self,
		.peer = peer < FED_PULL_PEERS ? &n->peers[peer].oid : NULL,
		.asked = &req->name,
		.vouch = n->vouch,
		.now_at = n->now_at,
		.arg = n,
		.link = scene_link,
		.quota = scene_quota,
	};
}

static struct on_the_way *way_new(struct fed_node *n, const struct fed_take *t, unsigned peer)
{
	struct on_the_way *w = mem_new(struct on_the_way);

	w->feed = t->feed;
	w->n = t->link.n;
	w->peer = peer;
	w->stub = t->article.len == 0 && t->kind != FED_HEARTBEAT;
	w->beat = t->kind == FED_HEARTBEAT;
	list_append(&n->on_the_way, &w->node);
	n->n_on_the_way++;
	return w;
}

/* Give it to the store; en is NULL without content. */
static int take(struct fed_node *n, unsigned peer, const struct fed_sign *s, struct fed_entry *en,
	const struct fed_verdict_entry *v)
{
	struct fed_take t = {.feed = node_feed_make(n, &v->feed),
		.link = v->link,
		.kind = s->y,
		.absent = v->absent,
		.group = v->group,
		.mid = slice_str(s->m)};
	bool again = fed_spans_has(&t.feed->lost, s->n); /* it was counted, and has acted */
	struct buf article, sign;
	int rc = 0;

	buf_init(&sign, FED_FIELD_MAX);
	fed_sign_add_line(&sign, s);
	t.sign = buf_slice(&sign);
	buf_init(&article, en ? en->a.bytes.len + FED_PATH_ROOM : 0);
	if (en)
		rc = fed_entry_store(en, n->name, &article);
	t.article = buf_slice(&article);
	if (en && !again)
		t.cancels = node_cancel_of(n, s, en);
	if (rc == 0)
		rc = n->o.outside->store(n->o.arg, &t);
	if (rc == 0) {
		struct on_the_way *w = way_new(n, &t, peer);

		fed_feed_pend(t.feed, &t.link);
		if (!again)
			fed_quota_count(&n->quota, &s->g, &s->o, s->t, article.len, n->now_at);
		w->control = en && !again ? node_control_keep(s, en) : NULL;
	}
	buf_fini(&article);
	buf_fini(&sign);
	return rc;
}

static void note(struct fed_node *n, unsigned peer, const struct fed_request *req,
	const struct fed_verdict_entry *v)
{
	n->verdict = v->got;
	n->verdict_wait_s = v->wait_s;
	if (peer < FED_PULL_PEERS)
		n->peers[peer].got[v->got]++;
	if (v->got == FED_GOT_INTRUDER)
		n->o.outside->alarm(n->o.arg, FED_ALARM_INTRUDER, &n->peers[peer].oid,
			fed_gid_slice(&req->name.gid));
	if (v->why)
		log_info("fed.entry", "gid=%s oid=%s epoch=%llu n=%llu got=%d why=\"%s\"",
			req->name.gid.s, req->name.oid.s, (unsigned long long)req->name.epoch.n,
			(unsigned long long)req->n, (int)v->got, v->why);
}

/*
 * At a gap nothing shows that an entry is of the continuation that is here: it must be of one whose
 * chain is known to be ours.  Where it follows what is here, that holds for what lies beyond.
 */
static bool fits(struct fed_node *n, unsigned peer, const struct fed_feed_name *name, uint64_t num)
{
	struct fed_feed *f = fed_feeds_get(n->o.feeds, name);
	struct fed_ask top;

	if (!f || peer >= FED_PULL_PEERS)
		return true;
	bool follows = num <= f->low || fed_feed_has(f, num - 1) || fed_feed_link(f, num - 1);
	bool last = fed_spans_next(&f->ahead, num) == UINT64_MAX;
	if (!(follows && last) && !fed_feed_has(f, num) &&
		!fed_pull_trusts(n->pull, f, peer, num)) {
		bool holds = fed_pull_compare(n->pull, f, peer, &top);

		if (holds)
			node_align_begin(n, peer, &top);
		if (holds || !follows)
			return false;
	}
	if (fed_pull_sure(n->pull, f, peer, num))
		work_for_all(n);
	return true;
}

/* Do what the checks say.  KERR_WAIT never comes from here. */
static void act(struct fed_node *n, unsigned peer, const struct fed_request *req,
	const struct fed_sign *s, struct fed_entry *en, const struct fed_verdict_entry *v)
{
	note(n, peer, req, v);
	switch (v->got) {
	case FED_GOT_TAKE:
	case FED_GOT_STUB:
		if (!fits(n, peer, &v->feed, s->n)) {
			end_ask(n, peer, req, FED_ASK_LATER);
			return;
		}
		node_branch_proven(n, &v->feed, s);
		if (take(n, peer, s, v->got == FED_GOT_TAKE ? en : NULL, v) < 0)
			end_ask(n, peer, req, FED_ASK_LATER);
		return; /* the ask ends when it is durable */
	case FED_GOT_KNOWN:
		end_ask(n, peer, req, en ? FED_ASK_STORED : FED_ASK_STUB);
		return;
	case FED_GOT_LATER:
		if (v->lack.key.s[0] != '\0' && peer < FED_PULL_PEERS)
			node_want_record(n, peer, &v->lack.key, v->lack.serial);
		end_ask(n, peer, req, FED_ASK_LATER);
		return;
	case FED_GOT_FORK:
		node_fork_met(n, peer, req, s);
		end_ask(n, peer, req, FED_ASK_NOT_HELD);
		return;
	case FED_GOT_SCOPE:
	case FED_GOT_INTRUDER:
	case FED_GOT_VOID:
	case FED_GOT_BAD:
		end_ask(n, peer, req, FED_ASK_NOT_HELD);
		return;
	}
}

/* It sent another entry than the one that was asked for, or none that can be read. */
static void no_answer(
	struct fed_node *n, unsigned peer, const struct fed_request *req, const char *why)
{
	const struct fed_verdict_entry v = {.got = FED_GOT_BAD, .why = why};

	note(n, peer, req, &v);
	end_ask(n, peer, req, FED_ASK_NOT_HELD);
}

static bool was_asked(const struct fed_request *req, const struct fed_sign *s)
{
	return fed_gid_eq(&s->g, &req->name.gid) && fed_oid_eq(&s->o, &req->name.oid) &&
	       s->e == req->name.epoch.n && s->n == req->n;
}

int fed_node_got(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text)
{
	struct fed_scene scene = scene_of(n, peer, req);
	struct fed_verdict_entry v;
	struct fed_entry en;

	if (req->kind == FED_REQ_RECORD) {
		node_got_record(n, peer, req, text);
		return 0;
	}
	if (req->kind == FED_REQ_SIGNS)
		return node_catch_signs(n, peer, req, text) ? 0
							    : node_got_signs(n, peer, req, text);
	if (fed_entry_parse(&en, text) < 0)
		no_answer(n, peer, req, en.a.why ? en.a.why : "no Kokod-Sign");
	else if (!was_asked(req, &en.sign))
		no_answer(n, peer, req, "not the entry that was asked for");
	else if (node_find_parent(n, &req->name, &en.sign) == KERR_WAIT ||
		 fed_check_entry(&scene, &en, &v) == KERR_WAIT)
		return KERR_WAIT;
	else
		act(n, peer, req, &en.sign, &en, &v);
	node_catch_answered(n, peer, req);
	return 0;
}

int fed_node_got_stub(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text)
{
	struct fed_scene scene = scene_of(n, peer, req);
	struct fed_verdict_entry v;
	struct fed_stub stub;
	const char *why = NULL;

	if (!fed_stub_parse(text, &stub, &why))
		no_answer(n, peer, req, why);
	else if (!was_asked(req, &stub.sign))
		no_answer(n, peer, req, "not the entry that was asked for");
	else if (node_find_parent(n, &req->name, &stub.sign) == KERR_WAIT ||
		 fed_check_stub(&scene, &stub, &v) == KERR_WAIT)
		return KERR_WAIT;
	else
		act(n, peer, req, &stub.sign, NULL, &v);
	node_catch_answered(n, peer, req);
	return 0;
}

int node_take_sign(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_sign *s)
{
	const struct fed_request req = {.kind = FED_REQ_ENTRY, .name = *name, .n = s->n};
	const struct fed_stub stub = {.sign = *s};
	struct fed_scene scene = scene_of(n, peer, &req);
	struct fed_verdict_entry v;

	if (fed_check_stub(&scene, &stub, &v) == KERR_WAIT)
		return KERR_WAIT;
	if (v.got == FED_GOT_TAKE || v.got == FED_GOT_STUB) /* no ask ends with it */
		return take(n, FED_PULL_PEERS, s, NULL, &v) < 0 ? KERR_BUSY : 0;
	if (v.got == FED_GOT_LATER && v.lack.key.s[0] != '\0' && peer < FED_PULL_PEERS)
		node_want_record(n, peer, &v.lack.key, v.lack.serial);
	return v.got == FED_GOT_KNOWN ? 0 : v.got == FED_GOT_LATER ? KERR_BUSY : KERR_DENIED;
}

/* ---- what is durable ---- */

static struct on_the_way *find_way(struct fed_node *n, const struct fed_feed *f, uint64_t num)
{
	list_each(&n->on_the_way, it)
	{
		struct on_the_way *w = container_of(it, struct on_the_way, node);

		if (w->feed == f && w->n == num)
			return w;
	}
	return NULL;
}

static enum fed_ask_end end_of_store(int rc, bool stub)
{
	if (rc == 0 || rc == KERR_EXISTS)
		return stub ? FED_ASK_STUB : FED_ASK_STORED;
	return rc == KERR_BUSY || rc == KERR_FULL ? FED_ASK_LATER : FED_ASK_NOT_HELD;
}

/*
 * The record that cuts the feed may have been taken while the entry was on its way to the disk, or
 * from there: then it is there, and the cut that was made knew nothing of it.
 */
static bool is_behind_cut(
	struct fed_node *n, struct fed_feed *f, uint64_t num, const struct fed_link *l)
{
	const struct fed_group *g = fed_reg_group(n->o.reg, &f->name.gid);

	if (g && f->high < f->low && f->end == UINT64_MAX)
		f->end = node_end_of(n, g, f, l);
	if (num <= f->end)
		return false;
	f->drawn = true;
	n->o.outside->cut(n->o.arg, f, f->end);
	return true;
}

void fed_node_stored(
	struct fed_node *n, struct fed_feed *f, uint64_t num, int rc, const struct fed_link *tip)
{
	f = node_part_of(n, f, num);
	struct on_the_way *w = find_way(n, f, num);
	uint64_t before = f->high;

	if (rc == 0 && is_behind_cut(n, f, num, NULL))
		rc = KERR_TOOBIG; /* as the store says when it knows the cut */
	if (rc == 0 && f->part)
		node_part_stored(n, f, num, tip, w && w->stub);
	else if (rc == 0)
		fed_feed_stored(n->o.feeds, f, num, tip, w && w->stub);
	else
		fed_feed_failed(f, num);
	node_mark_rise(n, f, before);
	if (rc == 0 && w && !w->beat)
		f->active_t = 0; /* looked up when it is asked for */
	if (w) {
		if (w->peer < FED_PULL_PEERS && fed_pull_end(n->pull, f, num, w->peer,
							end_of_store(rc, w->stub), n->steady_s))
			work_for_all(n);
		struct control_kept *control = w->control;

		w->control = NULL;
		way_free(n, w);
		if (rc == 0 && control)
			node_control_act(n, f, control);
		node_control_drop(control);
	}
	if (rc == 0 && f->loose)
		node_branches_again(n, f);
	n->o.outside->news(n->o.arg);
}

void fed_node_issued(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip)
{
	f = node_part_of(n, f, tip->n);
	uint64_t before = f->high;

	if (is_behind_cut(n, f, tip->n, tip))
		return;
	if (f->part)
		node_part_stored(n, f, tip->n, tip, false);
	else
		fed_feed_stored(n->o.feeds, f, tip->n, tip, false);
	node_mark_rise(n, f, before);
	f->active_t = 0;
	n->o.outside->news(n->o.arg);
}

/* What others told of it was forgotten when nothing was missing any more. */
static void ask_all_heads(struct fed_node *n, const struct fed_gid *gid)
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (n->peers[i].up)
			node_ask_heads(n, i, gid);
}

void fed_node_lost(struct fed_node *n, struct fed_feed *f, uint64_t num)
{
	f = node_part_of(n, f, num);
	if (!fed_feed_has(f, num))
		return;
	fed_pull_forgive(f, num);
	fed_feed_lose(n->o.feeds, f, num);
	ask_all_heads(n, &f->name.gid);
	n->o.outside->news(n->o.arg);
}

void fed_node_found(struct fed_node *n, struct fed_feed *f, uint64_t num)
{
	f = node_part_of(n, f, num);
	if (!fed_feed_has(f, num))
		return;
	fed_feed_find(n->o.feeds, f, num);
	n->o.outside->news(n->o.arg);
}

bool fed_node_offered(struct fed_node *n, struct fed_feed *f, uint64_t num)
{
	return fed_pull_offered(node_part_of(n, f, num), num);
}

void fed_node_cut(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip)
{
	if (f->want)
		fed_pull_drop(n->pull, f);
	if (f->part) {
		node_parts_cut(n, f);
	} else {
		f->high = tip->n;
		f->tip = *tip;
		fed_spans_take(&f->ahead, f->end + 1, UINT64_MAX);
		fed_feeds_touch(n->o.feeds, f);
	}
	n->o.outside->news(n->o.arg);
}

void fed_node_peer_stats(const struct fed_node *n, unsigned peer, struct fed_peer_stats *out)
{
	memcpy(out->got, n->peers[peer].got, sizeof out->got);
	out->behind = fed_pull_behind_peer(n->pull, peer);
}
