/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A relay is given to the node on the federation's thread and waits there until its entry is on
 * disk; then it is answered on the loop that it came from.
 */
#include "daemon/fed_relay.h"

#include "daemon/fed_priv.h"
#include "proto/base/mem.h"

struct fed_relay {
	struct list node; /* in fed.relays while it waits for the disk */
	struct fed *f;
	struct loop *home;
	struct buf text;
	const struct fed_feed *feed;
	uint64_t n;
	int rc;
	void (*done)(void *arg, int rc); /* NULL: dropped; on home only */
	void *arg;
};

static void on_home(void *arg)
{
	struct fed_relay *r = arg;

	if (r->done)
		r->done(r->arg, r->rc);
	buf_fini(&r->text);
	free(r);
}

static void answer(struct fed_relay *r, int rc)
{
	r->rc = rc;
	loop_post(r->home, on_home, r);
}

static int rc_of(enum fed_got got)
{
	switch (got) {
	case FED_GOT_KNOWN:
		return KERR_EXISTS;
	case FED_GOT_TAKE:
	case FED_GOT_STUB:
	case FED_GOT_LATER:
		return KERR_BUSY;
	case FED_GOT_FORK:
	case FED_GOT_SCOPE:
	case FED_GOT_INTRUDER:
	case FED_GOT_VOID:
	case FED_GOT_BAD:
		break;
	}
	return KERR_INVALID;
}

/* Is it on its way to the disk? */
static bool is_pending(const struct fed_feed *feed, uint64_t n, const struct fed_hash *e)
{
	const struct fed_link *l = feed && !fed_feed_has(feed, n) ? fed_feed_link(feed, n) : NULL;

	return l && fed_hash_eq(&l->e, e);
}

static void give(struct fed *f, void *arg)
{
	struct fed_relay *r = arg;
	struct fed_request req = {.kind = FED_REQ_ENTRY};
	struct fed_entry en;

	if (!f->node || f->stopping || fed_entry_parse(&en, buf_slice(&r->text)) < 0) {
		answer(r, f->node && !f->stopping ? KERR_INVALID : KERR_BUSY);
		return;
	}
	req.name = (struct fed_feed_name){en.sign.g, en.sign.o, {.n = en.sign.e}};
	req.n = en.sign.n;
	fed_now(f);
	int rc = fed_node_got(f->node, FED_PULL_PEERS, &req, buf_slice(&r->text));
	r->feed = fed_feeds_get(&f->feeds, &req.name);
	r->n = req.n;
	if (rc == 0 && is_pending(r->feed, r->n, &en.e))
		list_append(&f->relays, &r->node);
	else
		answer(r, rc < 0 ? KERR_BUSY : rc_of(fed_node_verdict(f->node)));
}

struct fed_relay *fed_relay_new(struct fed *f, struct slice text, struct loop *home,
	void (*done)(void *arg, int rc), void *arg)
{
	struct fed_relay *r = mem_new(struct fed_relay);

	list_init(&r->node);
	r->f = f;
	r->home = home;
	r->done = done;
	r->arg = arg;
	buf_init(&r->text, text.len);
	buf_add(&r->text, text);
	fed_run(f, give, r);
	return r;
}

void fed_relay_drop(struct fed_relay *r)
{
	r->done = NULL;
}

void fed_relays_stored(struct fed *f, const struct fed_feed *feed, uint64_t n, int rc)
{
	for (struct list *it = f->relays.next, *next; it != &f->relays; it = next) {
		struct fed_relay *r = container_of(it, struct fed_relay, node);

		next = it->next;
		if (r->feed != feed || r->n != n)
			continue;
		list_remove(&r->node);
		answer(r, rc);
	}
}
