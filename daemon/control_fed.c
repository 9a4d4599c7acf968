/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of a command to the federation's thread and back, and what the commands share. */
#include "daemon/control_fed.h"

#include <stdio.h>

#include "daemon/fed_posting.h"
#include "daemon/fed_tls.h"
#include "proto/base/mem.h"

enum { SENTENCE_MAX = 2048, NAMES_MAX = 8 };

/* ---- sentences ---- */

json_t *fed_sentence(const char *text, const char *const *with)
{
	json_t *names = json_array();

	for (; with && *with; with++)
		json_array_append_new(names, json_string(*with));
	return json_pack("{s:s, s:o}", "say", text, "with", names);
}

/* The names up to NULL. */
static void take_names(va_list ap, const char *with[NAMES_MAX + 1])
{
	size_t n = 0;

	while (n < NAMES_MAX && (with[n] = va_arg(ap, const char *)) != NULL)
		n++;
	with[n] = NULL;
}

void errand_say(struct errand *a, const char *text, ...)
{
	const char *with[NAMES_MAX + 1];
	va_list ap;

	va_start(ap, text);
	take_names(ap, with);
	va_end(ap);
	json_array_append_new(a->rows, fed_sentence(text, with));
}

/* In English, for who does not look it up. */
static void fill(struct buf *b, const char *text, const char *const *with)
{
	size_t n = 0;

	while (with[n])
		n++;
	for (; *text; text++) {
		size_t i = (size_t)(text[0] == '%' ? text[1] - '1' : -1);

		if (i < n) {
			buf_addz(b, with[i]);
			text++;
		} else {
			buf_addc(b, *text);
		}
	}
}

int errand_refuse(struct errand *a, int rc, const char *text, ...)
{
	const char *with[NAMES_MAX + 1];
	struct buf b;
	va_list ap;

	va_start(ap, text);
	take_names(ap, with);
	va_end(ap);
	buf_init(&b, SENTENCE_MAX);
	fill(&b, text, with);
	err_set(&a->err, rc, "%s", buf_cstr(&b));
	buf_fini(&b);
	json_t *said = fed_sentence(text, with);
	json_object_update(a->result, said);
	json_decref(said);
	return rc;
}

void errand_fact(struct errand *a, const char *key, const char *value)
{
	json_object_set_new(a->result, key, json_string(value));
}

/* ---- there and back ---- */

static void note_conf(struct errand *a, const struct conf *c)
{
	a->listens = c->peer.listen.n > 0;
	if (strcmp(c->peer.address, "none") == 0)
		return;
	if (c->peer.address[0])
		snprintf(a->address, sizeof a->address, "%s", c->peer.address);
	else
		snprintf(a->address, sizeof a->address, "%s:%d", c->name, FED_PORT);
}

struct errand *errand_new(struct control_req *r, int (*run)(struct errand *a))
{
	struct errand *a = mem_new(struct errand);

	a->r = r;
	a->f = r->d->fed;
	a->run = run;
	a->rows = json_array();
	a->result = json_object();
	note_conf(a, r->d->conf);
	return a;
}

static void errand_free(struct errand *a)
{
	if (a->fini)
		a->fini(a);
	json_decref(a->rows);
	json_decref(a->result);
	free(a);
}

struct ended {
	struct errand *a;
	int rc;
};

/* Loop 0: rows, result and reason go into the request. */
static void on_ended(void *arg)
{
	struct ended *e = arg;
	struct errand *a = e->a;
	struct control_req *r = a->r;
	int rc = e->rc;
	json_t *row;
	size_t i;

	json_array_foreach(a->rows, i, row) control_row_take(r, json_incref(row));
	json_object_update(r->result, a->result);
	r->err = a->err;
	errand_free(a);
	free(e);
	control_finish(r, rc);
}

void errand_end(struct errand *a, int rc)
{
	struct ended *e = mem_new(struct ended);

	*e = (struct ended){a, rc};
	loop_post(a->f->d->loops[0], on_ended, e);
}

static void on_run(struct fed *f, void *arg)
{
	struct errand *a = arg;
	int rc;

	if (f->stopping) {
		errand_end(a, KERR_CLOSED);
		return;
	}
	rc = a->run(a);
	if (rc != CONTROL_OUT)
		errand_end(a, rc);
}

int errand_go(struct errand *a, int rc)
{
	if (rc < 0) {
		errand_free(a);
		return rc;
	}
	fed_run(a->f, on_run, a);
	return CONTROL_OUT;
}

/* ---- records ---- */

static void on_given(void *arg, int rc)
{
	struct errand *a = arg;

	if (rc == 0)
		rc = a->then(a);
	else
		err_set(&a->err, rc, "the record cannot be kept: %s", kerr_name(rc));
	if (rc != CONTROL_OUT)
		errand_end(a, rc);
}

int errand_give_text(struct errand *a, struct slice text, int (*then)(struct errand *a))
{
	int rc;

	a->then = then;
	rc = fed_give(a->f, text, on_given, a, &a->err);
	return rc < 0 ? rc : CONTROL_OUT;
}

int errand_give(struct errand *a, struct fed_draft *d, int rc, const uint8_t seed[CRYPTO_KEY_LEN],
	int (*then)(struct errand *a))
{
	struct buf text;

	buf_init(&text, FED_RECORD_MAX);
	if (rc == 0)
		rc = errand_check_fork(a, d);
	if (rc == 0)
		rc = fed_draft_end(d, seed, &text, &a->err);
	fed_draft_fini(d);
	if (rc == 0)
		rc = errand_give_signed(a, buf_slice(&text), then);
	buf_fini(&text);
	return rc;
}

const struct fed_federation *errand_federation(struct errand *a)
{
	const struct fed_federation *fed = a->f->keys ? fed_reg_federation(a->f->reg) : NULL;

	if (!fed)
		errand_refuse(a, KERR_NOTFOUND,
			N_("this daemon is in no federation yet: kokoctl federation found TITLE "
			   "begins one, kokoctl peer accept TOKEN joins one"),
			NULL);
	return fed;
}

struct slice fed_text_of(const struct fed *f, enum fed_record_type type, const char *id)
{
	struct fed_record_key key = {.type = type};

	snprintf(key.s, sizeof key.s, "%s", id);
	return fed_reg_text(f->reg, &key, 0);
}

const struct fed_member_daemon *errand_daemon(struct errand *a, const char *name)
{
	const struct fed_federation *fed = errand_federation(a);

	if (!fed)
		return NULL;
	for (size_t i = 0; i < fed->n_daemon; i++)
		if (fed->daemon[i].state != FED_GONE &&
			slice_eq(fed->daemon[i].name, slice_str(name)))
			return &fed->daemon[i];
	errand_refuse(a, KERR_NOTFOUND,
		N_("no daemon of the federation is called %1: kokoctl federation show lists them"),
		name, NULL);
	return NULL;
}

bool errand_is_sponsor(const struct fed *f, const char *name)
{
	const struct fed_daemon *d;

	if (!f->sponsor.set)
		return false;
	d = fed_reg_daemon(f->reg, &f->sponsor.token.oid);
	return strcmp(f->sponsor.token.host, name) == 0 ||
	       (d && slice_eq(d->name, slice_str(name)));
}

static struct fed_pos highest(void *arg, const struct fed_gid *gid, const struct fed_oid *oid)
{
	struct fed *f = arg;
	struct fed_pos pos = {.e = fed_hash_none};

	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);
		const struct fed_feed_name *n = &feed->name;

		if (fed_gid_eq(&n->gid, gid) && fed_oid_eq(&n->oid, oid) && !n->epoch.branch[0] &&
			feed->high > 0 && n->epoch.n > pos.epoch)
			pos = (struct fed_pos){n->epoch.n, feed->high, feed->tip.e};
	}
	return pos;
}

struct fed_places fed_places_of(struct fed *f)
{
	return (struct fed_places){.arg = f, .highest = highest};
}

/* ---- names ---- */

/* What half of all forums are called in front. */
static bool is_usual(struct slice label)
{
	static const char *const usual[] = {"forum", "news", "koko", "kokod", "mail", "www"};

	for (size_t i = 0; i < array_len(usual); i++)
		if (slice_eq(label, slice_str(usual[i])))
			return true;
	return false;
}

void fed_prefix_of(const char *name, char out[GROUP_NAME_MAX + 1])
{
	struct slice rest = slice_str(name), label, labels[64];
	size_t n = 0, from = 0;
	struct buf b;

	while (n < array_len(labels) && slice_split(&rest, '.', &label))
		labels[n++] = label;
	if (n > 1)
		n--; /* the top level says nothing */
	if (n > 1 && is_usual(labels[0]))
		from = 1;
	buf_init(&b, GROUP_NAME_MAX);
	while (n-- > from) {
		if (b.len > 0)
			buf_addc(&b, '.');
		buf_add(&b, labels[n]);
	}
	snprintf(out, GROUP_NAME_MAX + 1, "%s", buf_cstr(&b));
	buf_fini(&b);
}

/* ---- ourselves ---- */

static void say_code(struct errand *a, const char *code)
{
	errand_fact(a, "recovery", code);
	errand_say(a,
		N_("keys of this daemon are made; its recovery code, which is shown this once and "
		   "kept nowhere:"),
		NULL);
	errand_say(a, "    %1", code, NULL);
	errand_say(a,
		N_("write it on paper and lock it away: with it, and only with it, a stolen key is "
		   "replaced"),
		NULL);
}

static int give_self(
	struct errand *a, const uint8_t root[CRYPTO_KEY_LEN], int (*then)(struct errand *a))
{
	struct fed *f = a->f;
	struct fed_draft d;
	char contact[FED_NAME_MAX + 16];
	struct fed_profile p = {
		.root = f->keys->root,
		.sign = f->keys->sign,
		.spki = f->keys->spki,
		.name = slice_str(f->name),
		.title = slice_str(a->organisation[0] ? a->organisation : f->name),
		.n_addr = a->address[0] ? 1 : 0,
		.issued_at = loop_now_at(),
	};

	snprintf(contact, sizeof contact, "postmaster@%s", f->name);
	p.contact = slice_str(contact);
	p.addr[0] = slice_str(a->address);
	return errand_give(a, &d, fed_draft_daemon(&d, &p, &a->err), root, then);
}

/* Is the name one that can be in a federation?  Before keys are made for it. */
static int check_name(struct errand *a)
{
	struct slice host;
	uint16_t port;

	if (!fed_name_valid(slice_str(a->f->name)))
		return errand_refuse(a, KERR_INVALID,
			N_("the daemon's name must be a DNS name such as forum.example.org, and "
			   "not "
			   "%1: set name in kokod.conf and start it again"),
			a->f->name, NULL);
	if (a->address[0] && !fed_addr_parse(slice_str(a->address), &host, &port))
		return errand_refuse(a, KERR_INVALID,
			N_("peer.address in kokod.conf is %1, and must be host:port or none"),
			a->address, NULL);
	return 0;
}

int errand_self(struct errand *a, int (*then)(struct errand *a))
{
	struct fed *f = a->f;
	uint8_t root[CRYPTO_KEY_LEN];
	char code[FED_CODE_LEN + 1];
	int rc = check_name(a);

	if (rc < 0)
		return rc;
	if (f->keys && fed_reg_daemon(f->reg, &f->keys->oid))
		return then(a);
	if (f->keys)
		return errand_refuse(a, KERR_DAMAGED,
			N_("there are keys without a record, left by a crash: stop kokod, remove "
			   "the folder %1/fed, start it and type the same again"),
			f->data, NULL);
	rc = fed_keys_create(f->data, f->name, code, root, &f->keys, &a->err);
	if (rc == 0)
		rc = fed_tls_new(f->keys, &f->tls, &a->err);
	if (rc == 0) {
		fed_begin(f);
		say_code(a, code);
		rc = give_self(a, root, then);
	}
	mem_wipe(root, sizeof root);
	mem_wipe(code, sizeof code);
	return rc;
}
