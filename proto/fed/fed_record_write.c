/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing and signing records.  The order of lines is that of the tables in fed_record_keys.c; the
 * tests hold both together: what is written is what was parsed.
 */
#include "proto/fed/fed_record_priv.h"

#define RECORD_MARK "kokod-rec-v1\n"

static void add_text(struct buf *b, const char *key, struct slice v)
{
	buf_addz(b, key);
	buf_add(b, lit(": "));
	buf_add(b, v);
	buf_addc(b, '\n');
}

static void add_word(struct buf *b, const char *key, const char *word)
{
	add_text(b, key, slice_str(word));
}

static void add_num(struct buf *b, const char *key, uint64_t n)
{
	buf_addz(b, key);
	buf_add(b, lit(": "));
	buf_addu(b, n);
	buf_addc(b, '\n');
}

static void add_public(struct buf *b, const char *key, const struct fed_public *k)
{
	buf_addz(b, key);
	buf_add(b, lit(": "));
	fed_public_add(b, k);
	buf_addc(b, '\n');
}

static void add_yes_no(struct buf *b, const char *key, bool yes)
{
	add_word(b, key, yes ? "yes" : "no");
}

/* " <epoch> <n> <E>" and the line end */
static void add_pos(struct buf *b, const struct fed_pos *at)
{
	buf_addc(b, ' ');
	buf_addu(b, at->epoch);
	buf_addc(b, ' ');
	buf_addu(b, at->n);
	buf_addc(b, ' ');
	buf_addz(b, at->e.s);
	buf_addc(b, '\n');
}

static void add_serial(struct buf *b, const struct fed_record *rec)
{
	add_num(b, "serial", rec->serial);
	add_word(b, "prev", rec->prev.s);
}

static void add_daemon(struct buf *b, const struct fed_record *rec)
{
	const struct fed_daemon *d = &rec->daemon;

	add_word(b, "oid", d->oid.s);
	add_public(b, "root", &d->root);
	add_serial(b, rec);
	add_num(b, "issued", d->issued);
	add_text(b, "name", d->name);
	add_text(b, "title", d->title);
	add_text(b, "contact", d->contact);
	for (size_t i = 0; i < d->n_sign; i++)
		add_public(b, "sign", &d->sign[i]);
	for (size_t i = 0; i < d->n_revoked; i++)
		add_public(b, "revoked", &d->revoked[i]);
	for (size_t i = 0; i < d->n_tls; i++)
		add_word(b, "tls", d->tls[i].s);
	for (size_t i = 0; i < d->n_addr; i++)
		add_text(b, "addr", d->addr[i]);
}

static void add_federation(struct buf *b, const struct fed_record *rec)
{
	const struct fed_federation *f = &rec->federation;

	add_word(b, "fid", f->fid.s);
	add_word(b, "founder", f->founder.s);
	add_text(b, "salt", f->salt);
	add_serial(b, rec);
	add_text(b, "title", f->title);
	add_num(b, "quorum", f->quorum);
	for (size_t i = 0; i < f->n_admin; i++)
		add_word(b, "admin", f->admin[i].s);
	for (size_t i = 0; i < f->n_daemon; i++) {
		const struct fed_member_daemon *d = &f->daemon[i];
		buf_addf(b, "daemon: %s %s %.*s %.*s\n", d->oid.s, fed_state_names[d->state],
			SLICE_ARG(d->name), SLICE_ARG(d->prefix));
	}
	for (size_t i = 0; i < f->n_domain; i++)
		buf_addf(
			b, "domain: %s %.*s\n", f->domain[i].oid.s, SLICE_ARG(f->domain[i].domain));
}

static void add_persons(struct buf *b, const char *key, const struct fed_person_mark *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s: %.*s", key, SLICE_ARG(v[i].user));
		add_pos(b, &v[i].at);
	}
}

static void add_members(struct buf *b, const struct fed_group *g)
{
	for (size_t i = 0; i < g->n_member; i++) {
		const struct fed_member *m = &g->member[i];
		buf_addf(b, "member: %s %s ", m->oid.s, m->rw ? "rw" : "ro");
		buf_addu(b, m->joined);
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < g->n_start; i++) {
		const struct fed_start *s = &g->start[i];
		buf_addf(b, "start: %s %s ", s->oid.s, s->of.s);
		buf_addu(b, s->epoch);
		buf_addc(b, ' ');
		buf_addu(b, s->n);
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < g->n_cut; i++) {
		buf_addf(b, "cut: %s", g->cut[i].oid.s);
		add_pos(b, &g->cut[i].at);
	}
}

static void add_properties(struct buf *b, const struct fed_group *g)
{
	add_text(b, "title", g->title);
	add_word(b, "owner", g->owner.s);
	for (size_t i = 0; i < g->n_deputy; i++)
		add_word(b, "deputy", g->deputy[i].s);
	add_num(b, "quorum", g->quorum);
	add_word(b, "class", g->closed ? "closed" : "public");
	add_word(b, "post", g->moderated ? "moderators" : "members");
	add_yes_no(b, "wiki", g->wiki);
	add_yes_no(b, "inn", g->inn);
	if (g->gateway.s[0])
		add_word(b, "gateway", g->gateway.s);
	add_num(b, "retain", g->retain);
	add_num(b, "max-size", g->max_size);
	add_word(b, "history", g->history_join ? "join" : "all");
}

static void add_group(struct buf *b, const struct fed_record *rec)
{
	const struct fed_group *g = &rec->group;

	add_word(b, "gid", g->gid.s);
	add_word(b, "founder", g->founder.s);
	add_text(b, "salt", g->salt);
	add_text(b, "group", g->group);
	add_serial(b, rec);
	add_properties(b, g);
	add_members(b, g);
	for (size_t i = 0; i < g->n_moderator; i++)
		add_text(b, "moderator", g->moderator[i]);
	add_persons(b, "former", g->former, g->n_former);
	add_persons(b, "ban", g->ban, g->n_ban);
	add_word(b, "state", fed_group_states[g->state]);
}

void fed_record_write(struct buf *b, const struct fed_record *rec)
{
	add_word(b, "record", fed_type_names[rec->type]);
	add_num(b, "v", 1);
	switch (rec->type) {
	case FED_REC_DAEMON:
		add_daemon(b, rec);
		break;
	case FED_REC_FEDERATION:
		add_federation(b, rec);
		break;
	case FED_REC_GROUP:
		add_group(b, rec);
		break;
	}
	for (size_t i = 0; i < rec->n_unknown; i++) {
		buf_add(b, rec->unknown[i]);
		buf_addc(b, '\n');
	}
}

void fed_record_hash(struct slice text, struct fed_hash *out)
{
	fed_hash_of(&text, 1, out);
}

/* What is signed: the mark and the lines before the first signature, in one piece. */
static void add_signed_text(struct buf *b, struct slice text)
{
	buf_init(b, FED_RECORD_MAX + sizeof RECORD_MARK);
	buf_add(b, lit(RECORD_MARK));
	buf_add(b, text);
}

void fed_record_sign(struct buf *text, const uint8_t seed[CRYPTO_KEY_LEN])
{
	size_t first_sig = slice_find(buf_slice(text), lit("\nsig: "));
	struct fed_public key;
	struct fed_keyid id;
	struct fed_sig sig;
	struct buf b;

	size_t end = first_sig < text->len ? first_sig + 1 : text->len;
	add_signed_text(&b, slice_head(buf_slice(text), end));
	crypto->sign(seed, buf_slice(&b), sig.b);
	buf_fini(&b);
	crypto->public_key(seed, key.b);
	fed_keyid_of(&key, &id);
	buf_addf(text, "sig: %s ", id.s);
	fed_sig_add(text, &sig);
	buf_addc(text, '\n');
}

bool fed_sig_holds(
	const struct fed_record *rec, const struct fed_sigline *sig, const struct fed_public *key)
{
	struct buf b;

	add_signed_text(&b, rec->signed_);
	bool ok = !b.bad && crypto->verify(key->b, buf_slice(&b), sig->sig.b);
	buf_fini(&b);
	return ok;
}
