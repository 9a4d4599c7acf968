/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Invitations and what is remembered of peers.  Each is a text of `key value` lines under a key of
 * its own; an invitation ends with the daemon record of the one that used it.
 */
#include "daemon/fed_book.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/fed/fed_record.h"

enum {
	TEXT_MAX = FED_RECORD_MAX + 4096,
	DIGEST_DIGITS = 26,
	PEERS_MAX = 4096,
};

#define INVITE_KEY "invite:"
#define PEER_KEY "peer:"
#define SPONSOR_KEY "sponsor"

struct peer {
	struct list node;
	struct fed_oid oid;
	bool paused, blocked;
	uint64_t serial;
};

struct fed_book {
	const struct fed_book_ops *ops;
	void *arg;
	struct list invites, peers;
	size_t n_invites, n_peers;
	uint64_t last_id;
	int64_t tried_at; /* the last try that was looked at */
	struct fed_token sponsor;
	char numbers[FED_SAS_LEN + 1];
	bool has_sponsor;
	uint64_t sponsor_serial;
};

static struct fed_invite *invite_at(struct list *it)
{
	return container_of(it, struct fed_invite, node);
}

static struct peer *peer_at(struct list *it)
{
	return container_of(it, struct peer, node);
}

static int64_t now_at(const struct fed_book *b)
{
	return b->ops->now_at(b->arg);
}

/* ---- life ---- */

struct fed_book *fed_book_new(const struct fed_book_ops *ops, void *arg)
{
	struct fed_book *b = mem_new(struct fed_book);

	b->ops = ops;
	b->arg = arg;
	list_init(&b->invites);
	list_init(&b->peers);
	return b;
}

static void invite_free(struct fed_book *b, struct fed_invite *i)
{
	list_remove(&i->node);
	b->n_invites--;
	free(i->record);
	mem_wipe(i, sizeof *i);
	free(i);
}

void fed_book_free(struct fed_book *b)
{
	if (!b)
		return;
	while (!list_empty(&b->invites))
		invite_free(b, invite_at(b->invites.next));
	while (!list_empty(&b->peers))
		free(peer_at(list_pop(&b->peers)));
	free(b);
}

/* ---- texts ---- */

static void invite_key(const struct fed_invite *i, char key[FED_BOOK_KEY])
{
	uint8_t h[CRYPTO_HASH_LEN];
	char digits[56];

	crypto_sha256(slice_str(i->host), h);
	base32_write(digits, slice_of(h, sizeof h));
	snprintf(key, FED_BOOK_KEY, INVITE_KEY "%.*s", (int)DIGEST_DIGITS, digits);
}

static void keep_invite(struct fed_book *b, struct fed_invite *i)
{
	char key[FED_BOOK_KEY];
	struct buf t;

	buf_init(&t, TEXT_MAX);
	buf_addf(&t, "host %s\nprefix %s\nmade %" PRId64 "\ntries %u\n", i->host, i->prefix,
		i->made_at, i->n_tries);
	if (i->secret[0])
		buf_addf(&t, "secret %s\n", i->secret);
	if (i->other[0])
		buf_addf(&t, "other %s\n", i->other);
	if (i->record) {
		buf_addf(&t, "oid %s\nnumbers %s\njoined %" PRId64 "\nrecord\n", i->oid.s,
			i->numbers, i->joined_at);
		buf_addz(&t, i->record);
	}
	invite_key(i, key);
	b->ops->keep(b->arg, key, ++i->serial, buf_slice(&t));
	if (t.data)
		mem_wipe(t.data, t.cap);
	buf_fini(&t);
}

static void drop_invite(struct fed_book *b, struct fed_invite *i)
{
	char key[FED_BOOK_KEY];

	invite_key(i, key);
	invite_free(b, i);
	b->ops->drop(b->arg, key);
}

/* "key value": the value when the line has this key. */
static bool has(struct slice line, const char *key, struct slice *value)
{
	size_t n = strlen(key);

	if (line.len <= n || line.p[n] != ' ' || memcmp(line.p, key, n) != 0)
		return false;
	*value = slice_from(line, n + 1);
	return true;
}

static bool read_time(struct slice v, int64_t *out)
{
	uint64_t n;

	if (!fed_num_parse(v, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* One line of an invitation.  Lines of later versions are passed over. */
static bool read_invite(struct fed_invite *i, struct slice line)
{
	struct slice v;
	uint64_t n;

	if (has(line, "host", &v))
		return slice_cstr(v, i->host, sizeof i->host);
	if (has(line, "prefix", &v))
		return slice_cstr(v, i->prefix, sizeof i->prefix);
	if (has(line, "secret", &v))
		return slice_cstr(v, i->secret, sizeof i->secret);
	if (has(line, "other", &v))
		return slice_cstr(v, i->other, sizeof i->other);
	if (has(line, "numbers", &v))
		return slice_cstr(v, i->numbers, sizeof i->numbers);
	if (has(line, "oid", &v))
		return fed_oid_parse(v, &i->oid);
	if (has(line, "made", &v))
		return read_time(v, &i->made_at);
	if (has(line, "joined", &v))
		return read_time(v, &i->joined_at);
	if (!has(line, "tries", &v))
		return true;
	if (!fed_num_parse(v, &n))
		return false;
	i->n_tries = n < FED_INVITE_TRIES ? (unsigned)n : FED_INVITE_TRIES;
	return true;
}

static struct fed_invite *find_invite(const struct fed_book *b, struct slice host)
{
	list_each(&b->invites, it)
	{
		if (slice_eq(slice_str(invite_at(it)->host), host))
			return invite_at(it);
	}
	return NULL;
}

static struct fed_invite *add_invite(struct fed_book *b)
{
	struct fed_invite *i = mem_new(struct fed_invite);

	i->id = ++b->last_id;
	list_append(&b->invites, &i->node);
	b->n_invites++;
	return i;
}

static bool load_invite(struct fed_book *b, uint64_t serial, struct slice text)
{
	struct fed_invite *i = add_invite(b), *old;
	struct slice line;
	bool ok = true;

	i->serial = serial;
	while (ok && slice_split(&text, '\n', &line)) {
		if (slice_eq(line, lit("record"))) {
			i->record = mem_dup(text);
			break;
		}
		ok = read_invite(i, line);
	}
	ok = ok && i->host[0] && i->made_at > 0;
	if (!ok) {
		invite_free(b, i);
		return false;
	}
	old = find_invite(b, slice_str(i->host));
	if (old != i)
		invite_free(b, old);
	return true;
}

/* ---- invitations ---- */

int fed_book_invite(struct fed_book *b, struct slice host, struct slice prefix,
	char secret_out[FED_SECRET_LEN + 1])
{
	struct fed_invite *old = find_invite(b, host), *i;
	uint64_t serial = old ? old->serial : 0;

	if (!old && b->n_invites == FED_INVITES_MAX)
		return KERR_FULL;
	if (old)
		invite_free(b, old);
	i = add_invite(b);
	i->serial = serial;
	i->made_at = now_at(b);
	fed_token_secret(i->secret);
	memcpy(secret_out, i->secret, sizeof i->secret);
	if (!slice_cstr(host, i->host, sizeof i->host) ||
		!slice_cstr(prefix, i->prefix, sizeof i->prefix)) {
		invite_free(b, i);
		return KERR_TOOBIG;
	}
	keep_invite(b, i);
	return 0;
}

const struct fed_invite *fed_book_invited(const struct fed_book *b, struct slice host)
{
	return find_invite(b, host);
}

enum fed_invite_state fed_book_state(const struct fed_book *b, const struct fed_invite *i)
{
	if (i->record)
		return FED_INVITE_JOINING;
	if (i->n_tries >= FED_INVITE_TRIES)
		return FED_INVITE_VOID;
	return now_at(b) >= i->made_at + FED_INVITE_S ? FED_INVITE_EXPIRED : FED_INVITE_OPEN;
}

int fed_book_forget(struct fed_book *b, struct slice host)
{
	struct fed_invite *i = find_invite(b, host);

	if (!i)
		return KERR_NOTFOUND;
	drop_invite(b, i);
	return 0;
}

void fed_book_each(const struct fed_book *b, fed_invite_fn fn, void *arg)
{
	list_each(&b->invites, it) fn(arg, invite_at(it));
}

/* ---- in use ---- */

static bool is_open(const struct fed_book *b, const struct fed_invite *i)
{
	return fed_book_state(b, i) == FED_INVITE_OPEN;
}

static void count_try(struct fed_book *b)
{
	list_each(&b->invites, it)
	{
		if (!is_open(b, invite_at(it)))
			continue;
		invite_at(it)->n_tries++;
		keep_invite(b, invite_at(it));
	}
}

/* Not before 10 s after the last try that was wrong; a clock that was set back is no hindrance. */
static bool too_soon(const struct fed_book *b)
{
	int64_t since = now_at(b) - b->tried_at;

	return b->tried_at > 0 && since >= 0 && since < FED_INVITE_TRY_S;
}

static int on_proof(void *arg, const struct fed_oid *oid, const struct fed_hash *proof)
{
	struct fed_join_try *t = arg;
	struct fed_book *b = t->book;
	struct fed_hash want;

	if (too_soon(b))
		return KERR_BUSY;
	t->id = 0;
	list_each(&b->invites, it)
	{
		if (!is_open(b, invite_at(it)))
			continue;
		fed_join_proof(invite_at(it)->secret, t->exporter, &t->self, oid, &want);
		if (fed_join_proof_eq(&want, proof))
			t->id = invite_at(it)->id;
	}
	if (t->id > 0)
		return 0;
	b->tried_at = now_at(b);
	count_try(b);
	return KERR_DENIED;
}

static struct fed_invite *of_id(struct fed_book *b, uint64_t id)
{
	list_each(&b->invites, it)
	{
		if (id > 0 && invite_at(it)->id == id && is_open(b, invite_at(it)))
			return invite_at(it);
	}
	return NULL;
}

static bool signed_by_root(const struct fed_record *rec)
{
	struct fed_keyid id;

	fed_keyid_of(&rec->daemon.root, &id);
	for (size_t i = 0; i < rec->n_sig; i++)
		if (fed_keyid_eq(&rec->sig[i].keyid, &id))
			return fed_sig_holds(rec, &rec->sig[i], &rec->daemon.root);
	return false;
}

static bool has_key(const struct fed_daemon *d, const struct fed_hash *spki)
{
	for (size_t i = 0; i < d->n_tls; i++)
		if (fed_hash_eq(&d->tls[i], spki))
			return true;
	return false;
}

/* Take it when it is that of this daemon on this connection, under the name that was invited. */
static int take_record(struct fed_join_try *t, struct fed_invite *i, const struct fed_oid *oid,
	const struct fed_record *rec)
{
	if (rec->type != FED_REC_DAEMON || !fed_oid_eq(&rec->daemon.oid, oid) ||
		!has_key(&rec->daemon, &t->spki) || !signed_by_root(rec))
		return KERR_INVALID;
	if (!slice_eq(rec->daemon.name, slice_str(i->host))) {
		(void)!slice_cstr(rec->daemon.name, i->other, sizeof i->other);
		keep_invite(t->book, i);
		return KERR_CONFLICT;
	}
	i->oid = *oid;
	i->joined_at = now_at(t->book);
	i->record = mem_dup(rec->text);
	i->other[0] = '\0';
	mem_wipe(i->secret, sizeof i->secret);
	fed_join_sas(t->exporter, &t->self, oid, i->numbers);
	keep_invite(t->book, i);
	return 0;
}

static int on_record(void *arg, const struct fed_oid *oid, struct slice text)
{
	struct fed_join_try *t = arg;
	struct fed_invite *i = of_id(t->book, t->id);
	struct fed_record rec;
	struct arena ar;
	int rc;

	if (!i)
		return KERR_DENIED;
	arena_init(&ar);
	rc = fed_record_parse(text, &ar, &rec, NULL);
	if (rc == 0)
		rc = take_record(t, i, oid, &rec);
	arena_fini(&ar);
	return rc;
}

const struct peer_join_ops fed_book_join_ops = {.proof = on_proof, .record = on_record};

/* ---- who has invited us ---- */

void fed_book_sponsor(
	struct fed_book *b, const struct fed_token *token, const char numbers[FED_SAS_LEN + 1])
{
	struct buf t;

	b->sponsor = *token;
	mem_wipe(b->sponsor.secret, sizeof b->sponsor.secret); /* it is used */
	memcpy(b->numbers, numbers, sizeof b->numbers);
	b->has_sponsor = true;
	buf_init(&t, TEXT_MAX);
	buf_addf(&t, "host %s\nport %u\noid %s\nfid %s\nnumbers %s\n", token->host,
		(unsigned)token->port, token->oid.s, token->fid.s, numbers);
	b->ops->keep(b->arg, SPONSOR_KEY, ++b->sponsor_serial, buf_slice(&t));
	buf_fini(&t);
}

bool fed_book_sponsored(
	const struct fed_book *b, struct fed_token *token_out, char numbers_out[FED_SAS_LEN + 1])
{
	if (b->has_sponsor) {
		*token_out = b->sponsor;
		memcpy(numbers_out, b->numbers, sizeof b->numbers);
	}
	return b->has_sponsor;
}

void fed_book_joined(struct fed_book *b)
{
	if (!b->has_sponsor)
		return;
	b->has_sponsor = false;
	b->sponsor_serial = 0;
	b->ops->drop(b->arg, SPONSOR_KEY);
}

static bool read_sponsor(struct fed_book *b, struct slice line)
{
	struct fed_token *t = &b->sponsor;
	struct slice v;
	uint64_t n;

	if (has(line, "host", &v))
		return slice_cstr(v, t->host, sizeof t->host);
	if (has(line, "oid", &v))
		return fed_oid_parse(v, &t->oid);
	if (has(line, "fid", &v))
		return fed_gid_parse(v, &t->fid);
	if (has(line, "numbers", &v))
		return slice_cstr(v, b->numbers, sizeof b->numbers);
	if (!has(line, "port", &v))
		return true;
	if (!fed_num_parse(v, &n) || n > UINT16_MAX)
		return false;
	t->port = (uint16_t)n;
	return true;
}

static bool load_sponsor(struct fed_book *b, uint64_t serial, struct slice text)
{
	struct slice line;
	bool ok = true;

	b->sponsor = (struct fed_token){.port = 0};
	while (ok && slice_split(&text, '\n', &line))
		ok = read_sponsor(b, line);
	b->sponsor_serial = serial;
	b->has_sponsor = ok && b->sponsor.host[0] && b->sponsor.oid.s[0];
	return b->has_sponsor;
}

/* ---- pause and block ---- */

static struct peer *find_peer(const struct fed_book *b, const struct fed_oid *oid)
{
	list_each(&b->peers, it)
	{
		if (fed_oid_eq(&peer_at(it)->oid, oid))
			return peer_at(it);
	}
	return NULL;
}

static struct peer *make_peer(struct fed_book *b, const struct fed_oid *oid)
{
	struct peer *p = find_peer(b, oid);

	if (p || b->n_peers == PEERS_MAX)
		return p;
	p = mem_new(struct peer);
	p->oid = *oid;
	list_append(&b->peers, &p->node);
	b->n_peers++;
	return p;
}

void fed_book_stop(struct fed_book *b, const struct fed_oid *oid, bool paused, bool blocked)
{
	struct peer *p = make_peer(b, oid);
	char key[FED_BOOK_KEY], text[64];
	int n;

	if (!p)
		return;
	p->paused = paused;
	p->blocked = blocked;
	snprintf(key, sizeof key, PEER_KEY "%s", oid->s);
	n = snprintf(
		text, sizeof text, "%s%s", paused ? "paused\n" : "", blocked ? "blocked\n" : "");
	if (n > 0) {
		b->ops->keep(b->arg, key, ++p->serial, slice_of(text, (size_t)n));
		return;
	}
	list_remove(&p->node);
	b->n_peers--;
	free(p);
	b->ops->drop(b->arg, key);
}

void fed_book_stopped(struct fed_book *b, const struct fed_oid *oid, bool *paused, bool *blocked)
{
	const struct peer *p = find_peer(b, oid);

	*paused = p && p->paused;
	*blocked = p && p->blocked;
}

static bool load_peer(struct fed_book *b, struct slice oid_text, uint64_t serial, struct slice text)
{
	struct slice line;
	struct fed_oid oid;
	struct peer *p;

	if (!fed_oid_parse(oid_text, &oid) || !(p = make_peer(b, &oid)))
		return false;
	p->serial = serial;
	p->paused = p->blocked = false;
	while (slice_split(&text, '\n', &line)) {
		p->paused |= slice_eq(line, lit("paused"));
		p->blocked |= slice_eq(line, lit("blocked"));
	}
	return true;
}

bool fed_book_load(struct fed_book *b, struct slice key, uint64_t serial, struct slice text)
{
	if (slice_starts(key, lit(INVITE_KEY)))
		return load_invite(b, serial, text);
	if (slice_starts(key, lit(PEER_KEY)))
		return load_peer(b, slice_from(key, sizeof PEER_KEY - 1), serial, text);
	return slice_eq(key, lit(SPONSOR_KEY)) && load_sponsor(b, serial, text);
}
