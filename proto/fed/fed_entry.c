/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries as articles.  The origin lists and hashes what it signs; a receiver hashes what is
 * listed, so that trace fields and the order of fields may change on the way and nothing else.
 */
#include "proto/fed/fed_entry.h"

#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/msg/control.h"

enum {
	FIELDS_LINE_MAX = 900, /* Kokod-Fields is folded before a line grows over this */
	PATH_LINE_MAX = 990,   /* likewise Path */
	PATH_KEPT_MAX =
		2048,     /* a longer Path is not passed on: it would eat what a head may hold */
	PATH_ROOM = 3072, /* of the head, left by the origin for Path */
};

/* ---- fields ---- */

static const char *const trace_fields[] = {"path", "xref", "injection-info", "bytes", "lines",
	"x-trace", "x-complaints-to", "nntp-posting-host", "nntp-posting-date"};

/* What the head must have, listed; the first five of every article. */
static const char *const needed_fields[] = {
	"from", "date", "newsgroups", "subject", "message-id", "kokod-salt", "kokod-fields"};

bool fed_is_trace(struct slice field_name)
{
	for (size_t i = 0; i < array_len(trace_fields); i++)
		if (slice_eq_ci(field_name, slice_str(trace_fields[i])))
			return true;
	return false;
}

static bool is_unlisted(struct slice field_name)
{
	return fed_is_trace(field_name) || slice_eq_ci(field_name, lit("kokod-sign"));
}

/* A field of the article while its head is hashed. */
struct listed {
	struct slice name, value;
	bool used;
};

/* All fields of the head that may be listed. */
struct fields {
	struct listed v[MSG_MAX_FIELDS];
	size_t n;
};

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

static bool take_fields(struct slice head, struct fields *fs, const char **why)
{
	struct header_walk w;
	struct header_field f;
	enum scan rc;

	fs->n = 0;
	header_walk_init(&w, head, &msg_limits_relay);
	while ((rc = header_next(&w, &f)) == SCAN_OK)
		if (!is_unlisted(f.name))
			fs->v[fs->n++] = (struct listed){f.name, f.value, false};
	return rc == SCAN_MORE || refuse(why, w.why);
}

/* The one field of that name that was not listed yet; NULL when there is none, or another one. */
static struct listed *find_once(struct fields *fs, struct slice name)
{
	struct listed *found = NULL;

	for (size_t i = 0; i < fs->n; i++) {
		if (!slice_eq_ci(fs->v[i].name, name))
			continue;
		if (found || fs->v[i].used)
			return NULL;
		found = &fs->v[i];
	}
	return found;
}

static bool is_lower(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		int c = (unsigned char)name.p[i];
		if (!ascii_print(c) || c == ':' || c != ascii_lower(c))
			return false;
	}
	return name.len > 0;
}

static bool all_needed(const struct fields *fs, const char **why)
{
	for (size_t i = 0; i < array_len(needed_fields); i++) {
		bool there = false;
		for (size_t k = 0; k < fs->n && !there; k++)
			there = fs->v[k].used &&
				slice_eq_ci(fs->v[k].name, slice_str(needed_fields[i]));
		if (!there)
			return refuse(why, "a field that must be signed is not listed");
	}
	return true;
}

/* Append "name:value LF" of each listed field. */
static bool add_listed(struct buf *b, struct fields *fs, struct slice list, const char **why)
{
	struct slice name;

	while (slice_split(&list, ',', &name)) {
		name = slice_trim(name);
		if (!is_lower(name) || is_unlisted(name))
			return refuse(why, "Kokod-Fields lists what is no field to sign");
		struct listed *f = find_once(fs, name);
		if (!f)
			return refuse(why, "a listed field is missing, or stands there twice");
		f->used = true;
		buf_add(b, name);
		buf_addc(b, ':');
		char *p = buf_room(b, f->value.len + 1);
		if (!p)
			return refuse(why, "head is too big");
		size_t n = header_collapse(f->value, p);
		p[n] = '\n';
		buf_commit(b, n + 1);
	}
	return true;
}

bool fed_head_hash(struct slice head, struct slice fields, const uint8_t salt[FED_SALT_BYTES],
	struct fed_hash *out, const char **why)
{
	struct slice parts[3] = {lit("kokod-head-v1\n"), slice_of(salt, FED_SALT_BYTES)};
	struct fields fs;
	struct buf text;

	if (!take_fields(head, &fs, why))
		return false;
	buf_init(&text, (size_t)2 * MSG_MAX_HEAD);
	bool ok = add_listed(&text, &fs, fields, why) && all_needed(&fs, why);
	if (ok) {
		parts[2] = buf_slice(&text);
		fed_hash_of(parts, array_len(parts), out);
	}
	buf_fini(&text);
	return ok;
}

void fed_body_hash(struct slice body, const uint8_t salt[FED_SALT_BYTES], struct fed_hash *out)
{
	const struct slice parts[] = {lit("kokod-body-v1\n"), slice_of(salt, FED_SALT_BYTES), body};

	fed_hash_of(parts, array_len(parts), out);
}

/* ---- rules that hold for the origin and for receivers ---- */

static int refuse_rc(const char **why, int rc, const char *text)
{
	*why = text;
	return rc;
}

/* y=c has a Control of ours, y=a none but `cancel`. */
static int check_control(const struct article *a, enum fed_kind y, const char **why)
{
	struct control c;

	control_of(a, &c);
	if (c.kind == CONTROL_BAD)
		return refuse_rc(why, KERR_INVALID, "Control or Supersedes is not valid");
	if (y == FED_CONTROL && !article_has(a, ART_CONTROL))
		return refuse_rc(why, KERR_INVALID, "control entry without Control");
	if (y == FED_ARTICLE && article_has(a, ART_CONTROL) && c.kind != CONTROL_CANCEL)
		return refuse_rc(why, KERR_INVALID, "Control in an entry that is none");
	return 0;
}

/* Exactly one newsgroup, the feed's; of an entry that a gateway issued, among others. */
static int check_group(const struct article *a, struct slice group, bool gateway, const char **why)
{
	struct slice rest = a->value[ART_NEWSGROUPS], name;
	size_t n = 0;
	bool there = false;

	for (; newsgroups_next(&rest, &name); n++)
		there = there || slice_eq(name, group);
	if (!there || (n != 1 && !gateway))
		return refuse_rc(why, KERR_INVALID, "Newsgroups is not the group of the feed");
	return 0;
}

/* The origin vouches for its own people alone. */
static int check_actor(struct slice actor, struct slice name, const char **why)
{
	struct slice user, side;

	if (!fed_user_parse(actor, &user, &side) || !slice_eq(side, name))
		return refuse_rc(why, KERR_INVALID, "Kokod-Actor is not of the origin");
	return 0;
}

static int check_body_form(struct article *a, const char **why)
{
	int rc = article_check_body(a, &msg_limits_relay);

	if (rc < 0)
		return refuse_rc(why, rc, a->why);
	if (!a->has_empty_line)
		return refuse_rc(why, KERR_INVALID, "no empty line behind the head");
	return 0;
}

/* ---- origin ---- */

static const enum article_field ours[] = {
	ART_KOKOD_SIGN, ART_KOKOD_FIELDS, ART_KOKOD_SALT, ART_KOKOD_ACTOR};

/* No field twice, but trace fields, which are not signed. */
static int check_once(struct slice head, const char **why)
{
	struct fields fs;

	if (!take_fields(head, &fs, why))
		return KERR_TOOBIG;
	for (size_t i = 0; i < fs.n; i++)
		for (size_t k = 0; k < i; k++)
			if (slice_eq_ci(fs.v[i].name, fs.v[k].name))
				return refuse_rc(why, KERR_INVALID, "a field stands there twice");
	return 0;
}

static int check_origin(struct article *a, const struct fed_make *make, const char **why)
{
	for (size_t i = 0; i < array_len(ours); i++)
		if (article_has(a, ours[i]))
			return refuse_rc(why, KERR_INVALID, "a Kokod field is set already");
	if (!utf8_valid(a->head))
		return refuse_rc(why, KERR_INVALID, "head is not valid UTF-8");
	if (!msgid_valid(a->value[ART_MESSAGE_ID]))
		return refuse_rc(why, KERR_INVALID, "Message-ID is not valid");
	if (article_get(a, lit("Kokod-Gateway")).p)
		return refuse_rc(why, KERR_INVALID, "a Kokod field is set already");
	int rc = check_body_form(a, why);
	if (rc == 0)
		rc = check_once(a->head, why);
	if (rc == 0)
		rc = check_group(a, make->group, make->gateway.len > 0, why);
	if (rc == 0)
		rc = check_control(a, make->y, why);
	if (rc == 0 && make->actor.len > 0)
		rc = check_actor(make->actor, make->name, why);
	return rc;
}

/* Append the next name to the list, on a new line when this one is full. */
static void add_name(struct buf *b, struct slice name, size_t *line)
{
	if (b->len > *line) {
		buf_addc(b, ',');
		if (b->len - *line + name.len > FIELDS_LINE_MAX) {
			buf_add(b, lit("\r\n "));
			*line = b->len;
		}
	}
	text_add_lower(b, name);
}

/* Append Kokod-Fields with the names of all fields of `head`, in which it does not stand yet. */
static int add_fields_field(struct buf *b, struct slice head, const char **why)
{
	struct fields fs;
	struct buf list;
	size_t line = 0;

	if (!take_fields(head, &fs, why))
		return KERR_TOOBIG;
	buf_init(&list, MSG_MAX_HEAD);
	for (size_t i = 0; i < fs.n; i++)
		add_name(&list, fs.v[i].name, &line);
	add_name(&list, lit("kokod-fields"), &line);
	buf_add(b, lit("Kokod-Fields: "));
	buf_add(b, buf_slice(&list));
	buf_add(b, lit("\r\n"));
	buf_fini(&list);
	return 0;
}

static void add_field(struct buf *b, const char *name, struct slice value)
{
	if (value.len == 0)
		return;
	buf_addf(b, "%s: ", name);
	buf_add(b, value);
	buf_add(b, lit("\r\n"));
}

/* The fields of ours that are signed, behind the author's. */
static int add_signed_fields(struct buf *out, const struct fed_make *make, const char **why)
{
	add_field(out, "Kokod-Actor", make->actor);
	add_field(out, "Kokod-Gateway", make->gateway);
	buf_add(out, lit("Kokod-Salt: "));
	fed_salt_add(out, make->salt);
	buf_add(out, lit("\r\n"));
	return add_fields_field(out, buf_slice(out), why);
}

/* Hash the head in `out` and the body. */
static int hash_entry(const struct article *a, const struct fed_make *make, struct slice head,
	struct fed_sign *s, const char **why)
{
	struct article whole;

	*s = (struct fed_sign){.o = make->o,
		.g = make->g,
		.e = make->e,
		.y = make->y,
		.z = a->body.len,
		.k = make->k};
	if (!slice_cstr(a->value[ART_MESSAGE_ID], s->m, sizeof s->m))
		return refuse_rc(why, KERR_INVALID, "Message-ID is not valid");
	if (article_parse(&whole, head, &msg_limits_relay) < 0)
		return refuse_rc(why, KERR_TOOBIG, "head is too big");
	if (!fed_head_hash(head, whole.value[ART_KOKOD_FIELDS], make->salt, &s->h, why))
		return KERR_INVALID;
	fed_body_hash(a->body, make->salt, &s->b);
	return 0;
}

/* Does the head still travel, with Kokod-Sign and a longer Path? */
static int check_size(const struct buf *out, size_t n_fields, const char **why)
{
	if (out->bad || out->len > MSG_MAX_HEAD - PATH_ROOM - FED_FIELD_MAX ||
		n_fields > MSG_MAX_FIELDS)
		return refuse_rc(why, KERR_TOOBIG, "head is too big");
	return 0;
}

int fed_entry_prepare(struct article *a, const struct fed_make *make, struct buf *out,
	struct fed_sign *sign_out, const char **why)
{
	size_t n_fields = a->n_fields + 3 + (make->actor.len > 0) + (make->gateway.len > 0);
	int rc = check_origin(a, make, why);

	buf_reset(out);
	if (rc < 0)
		return rc;
	buf_add(out, a->head);
	rc = add_signed_fields(out, make, why);
	if (rc == 0)
		rc = check_size(out, n_fields, why);
	if (rc == 0)
		rc = hash_entry(a, make, buf_slice(out), sign_out, why);
	if (rc < 0)
		return rc;
	buf_add(out, lit("\r\n"));
	buf_add(out, a->body);
	return out->bad ? refuse_rc(why, KERR_TOOBIG, "article is too big") : 0;
}

void fed_entry_seal(struct fed_sign *s, uint64_t n, const struct fed_hash *p, uint64_t t,
	uint64_t r, const uint8_t seed[CRYPTO_KEY_LEN])
{
	s->n = n;
	s->p = *p;
	s->t = t;
	s->r = r;
	fed_sign_make(s, seed);
}

int fed_entry_parse(struct fed_entry *en, struct slice bytes)
{
	int rc = article_parse(&en->a, bytes, &msg_limits_relay);

	if (rc < 0)
		return rc;
	if (!article_has(&en->a, ART_KOKOD_SIGN))
		return refuse_rc(&en->a.why, KERR_NOTFOUND, "no Kokod-Sign");
	if (en->a.doubled & (UINT64_C(1) << ART_KOKOD_SIGN))
		return refuse_rc(&en->a.why, KERR_INVALID, "two Kokod-Sign");
	if (!utf8_valid(en->a.head))
		return refuse_rc(&en->a.why, KERR_INVALID, "head is not valid UTF-8");
	rc = check_body_form(&en->a, &en->a.why);
	if (rc < 0)
		return rc;
	if (!fed_sign_parse(en->a.value[ART_KOKOD_SIGN], &en->sign, &en->a.why))
		return KERR_INVALID;
	if (en->sign.y == FED_HEARTBEAT)
		return refuse_rc(&en->a.why, KERR_INVALID, "heartbeat with content");
	fed_sign_hash(&en->sign, &en->e);
	return 0;
}

/* Does the list name the field? */
static bool is_listed(struct slice list, struct slice field_name)
{
	struct slice name;

	while (slice_split(&list, ',', &name))
		if (slice_eq_ci(slice_trim(name), field_name))
			return true;
	return false;
}

/* What was not signed is not there: forget it in the index. */
static void drop_unlisted(struct article *a)
{
	struct slice list = a->value[ART_KOKOD_FIELDS];

	for (size_t i = 0; i < ART_N_FIELDS; i++)
		if (a->value[i].p && i != ART_PATH && i != ART_KOKOD_SIGN &&
			!is_listed(list, article_field_name((enum article_field)i)))
			a->value[i] = slice_of(NULL, 0);
}

static int check_head(struct fed_entry *en, const uint8_t salt[FED_SALT_BYTES])
{
	struct article *a = &en->a;
	struct fed_hash h;

	if (!fed_head_hash(a->head, a->value[ART_KOKOD_FIELDS], salt, &h, &a->why))
		return KERR_INVALID;
	if (!fed_hash_eq(&h, &en->sign.h))
		return refuse_rc(&a->why, KERR_INVALID, "head was changed");
	en->gateway = is_listed(a->value[ART_KOKOD_FIELDS], lit("Kokod-Gateway"));
	drop_unlisted(a);
	return 0;
}

static int check_body(struct fed_entry *en, const uint8_t salt[FED_SALT_BYTES])
{
	struct article *a = &en->a;
	struct fed_hash b;

	fed_body_hash(a->body, salt, &b);
	if (a->body.len != en->sign.z || !fed_hash_eq(&b, &en->sign.b))
		return refuse_rc(&a->why, KERR_INVALID, "body was changed");
	return 0;
}

int fed_entry_check(struct fed_entry *en, struct slice group, struct slice name)
{
	struct article *a = &en->a;
	uint8_t salt[FED_SALT_BYTES];

	if (!fed_salt_parse(a->value[ART_KOKOD_SALT], salt))
		return refuse_rc(&a->why, KERR_INVALID, "Kokod-Salt is not valid");
	int rc = check_head(en, salt);
	if (rc == 0 && !slice_eq(a->value[ART_MESSAGE_ID], slice_str(en->sign.m)))
		rc = refuse_rc(&a->why, KERR_INVALID, "Message-ID is not the signed one");
	if (rc == 0)
		rc = check_group(a, group, en->gateway, &a->why);
	if (rc == 0)
		rc = check_control(a, en->sign.y, &a->why);
	if (rc == 0 && article_has(a, ART_KOKOD_ACTOR))
		rc = check_actor(a->value[ART_KOKOD_ACTOR], name, &a->why);
	return rc < 0 ? rc : check_body(en, salt);
}

bool fed_entry_holds(struct slice line, struct slice article, const char **why)
{
	struct fed_entry en = {.gateway = false};
	uint8_t salt[FED_SALT_BYTES];

	*why = "its signed tags cannot be read";
	if (!fed_sign_parse(line, &en.sign, why))
		return false;
	*why = "its head cannot be read";
	if (article_parse(&en.a, article, &msg_limits_relay) < 0)
		return false;
	*why = "Kokod-Salt is not valid";
	if (!fed_salt_parse(en.a.value[ART_KOKOD_SALT], salt))
		return false;
	bool holds = check_head(&en, salt) == 0 && check_body(&en, salt) == 0;
	*why = en.a.why;
	return holds;
}

/* Our name in front of what was there; folded so that no line grows over what travels. */
static void add_path(struct buf *b, struct slice our_name, struct slice old)
{
	if (old.len == 0 || old.len > PATH_KEPT_MAX)
		old = lit("not-for-mail");
	buf_add(b, lit("Path: "));
	buf_add(b, our_name);
	buf_addc(b, '!');
	if (our_name.len + slice_chr(old, '\r') > PATH_LINE_MAX)
		buf_add(b, lit("\r\n "));
	buf_add(b, old);
	buf_add(b, lit("\r\n"));
}

int fed_entry_store(const struct fed_entry *en, struct slice our_name, struct buf *out)
{
	const struct article *a = &en->a;
	struct slice list = a->value[ART_KOKOD_FIELDS];
	struct header_walk w;
	struct header_field f;

	add_path(out, our_name, a->value[ART_PATH]);
	header_walk_init(&w, a->head, &msg_limits_relay);
	while (header_next(&w, &f) == SCAN_OK)
		if (is_listed(list, f.name))
			buf_add(out, f.raw);
	buf_add(out, lit("\r\n"));
	buf_add(out, a->body);
	return out->bad ? KERR_TOOBIG : 0;
}
