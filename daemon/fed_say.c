/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An article is made of what is to be said, signed on the writer's thread, and stored as any other.
 */
#include "daemon/fed_say.h"

#include <stdio.h>
#include <time.h>

#include "daemon/fed_posting.h"
#include "daemon/fed_priv.h"
#include "proto/base/date.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum {
	HEAD_ROOM = 8192,
	ID_BYTES = 12,
	ID_ROOM = 24,
};

struct saying {
	struct fed_posting *posting;
	void (*done)(void *arg, int rc);
	void *arg;
	bool stopping;
};

static void on_said(void *arg, const struct store_result *res)
{
	struct saying *s = arg;

	fed_posting_end(s->posting, res);
	s->done(s->arg, res->rc);
	free(s);
}

static void add_mid(struct fed *f, struct buf *b)
{
	uint8_t raw[ID_BYTES];
	char id[ID_ROOM] = "";

	crypto_random(raw, sizeof raw);
	for (size_t i = 0; i < sizeof raw - 2; i++)
		snprintf(id + 2 * i, 3, "%02x", raw[i]);
	buf_addf(b, "<%s@%s>", id, f->name);
}

static void add_text(struct fed *f, const struct fed_group *g, const struct fed_control *c,
	struct slice body, struct buf *b)
{
	buf_addf(b, "Path: %s!not-for-mail\r\nFrom: postmaster@%s\r\nDate: ", f->name, f->name);
	date_add(b, loop_now_at());
	buf_addf(b, "\r\nNewsgroups: %.*s\r\nSubject: ", SLICE_ARG(g->group));
	fed_control_add(b, c);
	buf_add(b, lit("\r\nControl: "));
	fed_control_add(b, c);
	buf_add(b, lit("\r\nMessage-ID: "));
	add_mid(f, b);
	buf_add(b, lit("\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		       "Content-Transfer-Encoding: 8bit\r\n\r\n"));
	buf_add(b, body);
}

static int store(struct fed *f, const struct article *a, struct saying *s)
{
	const struct store_call call = {.home = f->loop, .done = on_said, .arg = s};
	const struct store_post post = {.mid = a->value[ART_MESSAGE_ID],
		.article = a->bytes,
		.overview = lit("\t\t\t\t"),
		.arrived_at = loop_now_at(),
		.control = true,
		.from_peer = true, /* people come first where room is short */
		.entry = fed_posting_entry(s->posting, a->value[ART_PATH])};

	return store_post(f->d->store, &post, &call);
}

/* Sign it and give it to the store; out: room for its bytes. */
static int issue(struct fed *f, struct slice group, struct slice actor, struct slice text,
	struct buf *out, struct saying *s, struct err *why)
{
	static const struct msg_limits none = {0};
	struct article a = {0};
	int rc = article_parse(&a, text, &none);

	if (rc == 0)
		rc = fed_posting_control(f, group, actor, &a, out, &s->posting, why);
	if (rc < 0)
		return rc;
	a = (struct article){0};
	rc = article_parse(&a, buf_slice(out), &none);
	if (rc == 0)
		rc = store(f, &a, s);
	if (rc < 0)
		fed_posting_end(s->posting, NULL);
	return rc;
}

int fed_say(struct fed *f, const struct fed_gid *gid, const struct fed_control *c,
	struct slice body, void (*done)(void *arg, int rc), void *arg, struct err *why)
{
	const struct fed_group *g = fed_reg_group(f->reg, gid);
	struct saying *s;
	struct buf text, out;
	int rc;

	if (!g)
		return err_set(why, KERR_NOTFOUND, "the group is not known");
	s = mem_new(struct saying);
	*s = (struct saying){.done = done, .arg = arg};
	buf_init(&text, body.len + HEAD_ROOM);
	buf_init(&out, body.len + (size_t)2 * HEAD_ROOM);
	add_text(f, g, c, body, &text);
	rc = text.bad ? KERR_TOOBIG : issue(f, g->group, c->actor, buf_slice(&text), &out, s, why);
	if (rc < 0)
		free(s);
	buf_fini(&text);
	buf_fini(&out);
	return rc;
}
