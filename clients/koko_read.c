/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * koko read GROUP: an article, the last ones as a list, or as threads.
 *
 * An article's parent is the last of its References that is in the list and stands before it, so
 * threads are trees whatever the References say.
 */
#include <stdio.h>

#include "clients/i18n.h"
#include "clients/koko.h"
#include "clients/koko_text.h"
#include "clients/mime_etpan.h"
#include "proto/base/coll.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

enum {
	LAST = 20,    /* articles listed when no number is given */
	THREAD = 500, /* articles looked at for threads */
	LAST_MAX = 100000,
	INDENT_MAX = 20,
};

/* One line of the list. */
struct item {
	uint32_t num;
	char *subject, *from;
	size_t parent;            /* index, or SIZE_MAX */
	size_t child, last_child; /* first and last child, or SIZE_MAX */
	size_t next;              /* the parent's next child, or SIZE_MAX */
};

struct listing {
	struct vec items;
	struct map *by_id; /* Message-ID -> index + 1 */
	struct buf out;
};

static char *decoded(const char *value)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	koko_decode(&b, slice_str(value));
	char *copy = mem_dup(buf_slice(&b));
	buf_fini(&b);
	return copy;
}

static struct item *item_at(const struct listing *l, size_t i)
{
	return vec_at(&l->items, i);
}

static size_t find_parent(const struct listing *l, const char *references)
{
	struct slice rest = slice_str(references), id;
	size_t parent = SIZE_MAX;

	while (refs_next(&rest, &id)) {
		size_t known = (size_t)map_get(l->by_id, id);

		if (known > 0)
			parent = known - 1;
	}
	return parent;
}

static void adopt(struct listing *l, size_t parent, size_t child)
{
	struct item *p = item_at(l, parent);

	if (p->child == SIZE_MAX)
		p->child = child;
	else
		item_at(l, p->last_child)->next = child;
	p->last_child = child;
}

static void add_item(void *arg, const struct net_over *o)
{
	struct listing *l = arg;
	size_t parent = find_parent(l, o->references), self = l->items.n;
	struct item *item = vec_push(&l->items);

	*item = (struct item){
		.num = o->num,
		.subject = decoded(o->subject),
		.from = decoded(o->from),
		.parent = parent,
		.child = SIZE_MAX,
		.last_child = SIZE_MAX,
		.next = SIZE_MAX,
	};
	if (parent != SIZE_MAX)
		adopt(l, parent, self);
	map_put(l->by_id, slice_str(o->msgid), (void *)(self + 1));
}

static void listing_init(struct listing *l)
{
	vec_init(&l->items, sizeof(struct item));
	l->by_id = map_new();
	buf_init(&l->out, 64 * 1024 * 1024);
}

static void listing_fini(struct listing *l)
{
	for (size_t i = 0; i < l->items.n; i++) {
		free(item_at(l, i)->subject);
		free(item_at(l, i)->from);
	}
	vec_fini(&l->items);
	map_free(l->by_id);
	buf_fini(&l->out);
}

static void add_line(struct listing *l, size_t i, unsigned depth)
{
	const struct item *item = item_at(l, i);

	buf_addf(&l->out, "%7u  ", item->num);
	for (unsigned d = 0; d < depth && d < INDENT_MAX; d++)
		buf_addz(&l->out, "  ");
	buf_addf(&l->out, "%s  (%s)\n", item->subject, item->from);
}

/* One thread, parents before children, without recursion: its depth comes from outside. */
static void add_thread(struct listing *l, size_t root)
{
	size_t at = root;
	unsigned depth = 0;

	for (;;) {
		add_line(l, at, depth);
		if (item_at(l, at)->child != SIZE_MAX) {
			at = item_at(l, at)->child;
			depth++;
			continue;
		}
		while (at != root && item_at(l, at)->next == SIZE_MAX) {
			at = item_at(l, at)->parent;
			depth--;
		}
		if (at == root)
			return;
		at = item_at(l, at)->next;
	}
}

static int list(
	struct net *net, const struct net_group *g, uint32_t n, bool threads, struct err *err)
{
	struct listing l;
	uint32_t low = g->high > n ? g->high - n + 1 : 1;

	if (g->count == 0)
		return 0;
	listing_init(&l);
	int rc = net_overview(net, low > g->low ? low : g->low, g->high, add_item, &l, err);
	for (size_t i = 0; i < l.items.n; i++) {
		if (!threads)
			add_line(&l, i, 0);
		else if (item_at(&l, i)->parent == SIZE_MAX)
			add_thread(&l, i);
	}
	fputs(buf_cstr(&l.out), stdout);
	listing_fini(&l);
	return rc;
}

static int show_article(struct net *net, uint32_t num, bool raw, struct err *err)
{
	struct buf article, text;

	buf_init(&article, KOKO_ARTICLE_MAX);
	buf_init(&text, KOKO_ARTICLE_MAX);
	int rc = net_article(net, num, &article, err);
	if (rc == 0 && raw)
		buf_add(&text, buf_slice(&article));
	else if (rc == 0)
		koko_show(buf_slice(&article), &text);
	if (text.len > 0) /* raw articles may hold NUL */
		fwrite(buf_slice(&text).p, 1, text.len, stdout);
	buf_fini(&article);
	buf_fini(&text);
	return rc;
}

/* What is asked for: NUM, last [N], thread, or nothing. */
struct wish {
	bool article, threads;
	uint64_t n;
};

static bool understand(char **args, int n_args, struct wish *w)
{
	*w = (struct wish){.n = LAST};
	if (n_args == 0)
		return true;
	if (n_args == 1 && strcmp(args[0], "thread") == 0) {
		w->threads = true;
		w->n = THREAD;
		return true;
	}
	if (strcmp(args[0], "last") == 0)
		return n_args == 1 ||
		       (n_args == 2 && text_number(slice_str(args[1]), LAST_MAX, &w->n));
	w->article = true;
	return n_args == 1 && text_number(slice_str(args[0]), INT32_MAX, &w->n);
}

int koko_read(struct koko_opts *o, char **args, int n_args, struct err *err)
{
	struct net_group g;
	struct wish w;
	struct net *net;

	if (n_args < 1 || !understand(args + 1, n_args - 1, &w))
		return err_set(err, KERR_INVALID, "koko read GROUP [NUM | last [N] | thread]");
	int rc = koko_connect(o, &net, err);
	if (rc < 0)
		return rc;
	rc = net_group(net, args[0], &g, err);
	if (rc == 0 && w.article)
		rc = show_article(net, (uint32_t)w.n, o->raw, err);
	else if (rc == 0)
		rc = list(net, &g, (uint32_t)w.n, w.threads, err);
	net_close(net);
	return rc;
}
