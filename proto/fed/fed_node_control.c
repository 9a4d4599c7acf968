/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control entries: a cancel takes effect in the transaction that stores it, all others act when
 * they are on disk.  Who may say what is judged here; what follows is the outside's.
 * docs/federation.md section 8
 */
#include "proto/base/log.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_node_priv.h"

struct control_kept {
	struct fed_sign sign;
	struct buf value, body, actor;
};

/* ---- cancels ---- */

static struct slice side_of(struct slice mid)
{
	size_t at = slice_chr(mid, '@');

	return at < mid.len ? slice_head(slice_from(mid, at + 1), mid.len - at - 2) : lit("");
}

/* Did any daemon of the federation make this Message-ID? */
static bool is_of_nobody(const struct fed_federation *f, struct slice side)
{
	for (size_t i = 0; i < f->n_daemon; i++)
		if (fed_federation_owns(f, &f->daemon[i].oid, side))
			return false;
	return true;
}

bool fed_cancel_counts(
	const struct fed_reg *reg, const struct fed_sign *s, struct slice actor, struct slice mid)
{
	const struct fed_federation *f = fed_reg_federation(reg);
	const struct fed_group *now = fed_reg_group(reg, &s->g);
	const struct fed_group *at_r = fed_reg_group_at(reg, &s->g, s->r);
	struct fed_claim claim = {
		.o = s->o, .at = {.epoch = s->e, .n = s->n},
                     .actor = actor
        };

	if (!f || !now || !at_r || !msgid_valid(mid))
		return false;
	fed_sign_hash(s, &claim.at.e);
	return fed_federation_owns(f, &s->o, side_of(mid)) || fed_oid_eq(&s->o, &at_r->owner) ||
	       (fed_oid_eq(&s->o, &at_r->gateway) && is_of_nobody(f, side_of(mid))) ||
	       fed_group_moderates(at_r, now, &claim);
}

struct slice node_cancel_of(
	const struct fed_node *n, const struct fed_sign *s, const struct fed_entry *en)
{
	struct fed_control c;
	const char *why;

	if (!article_has(&en->a, ART_CONTROL) ||
		!fed_control_parse(en->a.value[ART_CONTROL], en->a.body, &c, &why) ||
		c.kind != FED_CTL_CANCEL ||
		!fed_cancel_counts(n->o.reg, s, slice_trim(en->a.value[ART_KOKOD_ACTOR]), c.mid))
		return slice_of(NULL, 0);
	return c.mid;
}

/* ---- what acts when it is on disk ---- */

static struct control_kept *keep(const struct fed_sign *s, const struct article *a)
{
	struct control_kept *k = mem_new(struct control_kept);

	k->sign = *s;
	buf_init(&k->value, FED_LINE_ROOM);
	buf_init(&k->body, FED_CONTROL_BODY);
	buf_init(&k->actor, FED_LINE_ROOM);
	buf_add(&k->value, slice_trim(a->value[ART_CONTROL]));
	buf_add(&k->body, a->body);
	buf_add(&k->actor, slice_trim(a->value[ART_KOKOD_ACTOR]));
	return k;
}

struct control_kept *node_control_keep(const struct fed_sign *s, const struct fed_entry *en)
{
	return s->y == FED_CONTROL ? keep(s, &en->a) : NULL;
}

void node_control_drop(struct control_kept *k)
{
	if (!k)
		return;
	buf_fini(&k->value);
	buf_fini(&k->body);
	buf_fini(&k->actor);
	free(k);
}

/* Is the body the record that the field names? */
static bool is_named(struct slice text, const struct fed_control *c)
{
	struct fed_record rec;
	struct arena ar;
	struct err why;
	bool same = false;

	arena_init(&ar);
	if (fed_record_parse(text, &ar, &rec, &why) == 0)
		same = rec.type == c->key.type && rec.serial == c->serial &&
		       strcmp(c->key.s, rec.type == FED_REC_DAEMON       ? rec.daemon.oid.s
					: rec.type == FED_REC_FEDERATION ? rec.federation.fid.s
									 : rec.group.gid.s) == 0;
	arena_fini(&ar);
	return same;
}

static const char *take_record(struct fed_node *n, struct slice wire, const struct fed_control *c)
{
	struct err why = {.text = ""};
	struct buf text;
	enum fed_reg_got got = FED_REG_REFUSED;

	buf_init(&text, FED_RECORD_MAX);
	if (fed_record_from_wire(&text, wire) && is_named(buf_slice(&text), c))
		got = fed_node_give_record(n, buf_slice(&text), &why);
	buf_fini(&text);
	return got == FED_REG_TAKEN || got == FED_REG_KNOWN ? NULL : "the record is not taken";
}

/* Each origin lists its own people. */
static bool are_its_people(const struct fed_node *n, const struct fed_oid *oid, struct slice body)
{
	const struct fed_federation *f = fed_reg_federation(n->o.reg);
	struct fed_person p;
	struct slice user, side;

	while (f && fed_members_next(&body, &p))
		if (!fed_user_parse(p.user, &user, &side) || !fed_federation_owns(f, oid, side))
			return false;
	return f && body.len == 0;
}

static bool is_owner(const struct fed_node *n, const struct fed_sign *s)
{
	const struct fed_group *at_r = fed_reg_group_at(n->o.reg, &s->g, s->r);

	return at_r && fed_oid_eq(&at_r->owner, &s->o);
}

/* Of a feed of this very group: what is in others is not told here. */
static bool proves(const struct fed_node *n, const struct control_kept *k)
{
	struct fed_sign s[2];
	const char *why;

	if (!fed_fork_parse(buf_slice(&k->body), &s[0], &s[1], &why) ||
		!fed_gid_eq(&s[0].g, &k->sign.g))
		return false;
	for (size_t i = 0; i < 2; i++) {
		const struct fed_daemon *d = fed_reg_daemon(n->o.reg, &s[i].o);
		struct fed_public key;

		if (!d || fed_daemon_key(d, &s[i].k, &key) == FED_KEY_UNKNOWN ||
			!fed_sign_verify(&s[i], &key))
			return false;
	}
	return true;
}

/* A person who asks for a change of the group is a moderator; without one its admin asks. */
static bool may_ask(const struct fed_node *n, const struct control_kept *k)
{
	const struct fed_group *now = fed_reg_group(n->o.reg, &k->sign.g);
	const struct fed_group *at_r = fed_reg_group_at(n->o.reg, &k->sign.g, k->sign.r);
	struct fed_claim claim = {
		.o = k->sign.o,
		.at = {.epoch = k->sign.e, .n = k->sign.n},
		.actor = buf_slice(&k->actor)
        };

	fed_sign_hash(&k->sign, &claim.at.e);
	return now && at_r && (k->actor.len == 0 || fed_group_moderates(at_r, now, &claim));
}

/* NULL: the outside is told.  Else why it is not acted upon. */
static const char *judge(
	struct fed_node *n, const struct control_kept *k, const struct fed_control *c)
{
	switch (c->kind) {
	case FED_CTL_RECORD:
		return take_record(n, buf_slice(&k->body), c);
	case FED_CTL_MEMBERS:
		return are_its_people(n, &k->sign.o, buf_slice(&k->body))
			       ? NULL
			       : "people of another daemon";
	case FED_CTL_REFUSE:
		return is_owner(n, &k->sign) ? NULL : "only the owner refuses";
	case FED_CTL_FORK:
		return proves(n, k) ? NULL : "no proof";
	case FED_CTL_REQUEST:
		return may_ask(n, k) ? NULL : "who asks is no moderator";
	case FED_CTL_CANCEL:
	case FED_CTL_OTHER:
		break;
	}
	return NULL;
}

void node_control_act(struct fed_node *n, struct fed_feed *f, const struct control_kept *k)
{
	struct fed_control c;
	const char *why = NULL;

	if (!fed_control_parse(buf_slice(&k->value), buf_slice(&k->body), &c, &why) ||
		(why = judge(n, k, &c)) != NULL) {
		log_warn("fed.control", "gid=%s oid=%s n=%llu why=\"%s\"", f->name.gid.s,
			f->name.oid.s, (unsigned long long)k->sign.n, why);
		return;
	}
	c.actor = buf_slice(&k->actor);
	if (n->o.outside->control)
		n->o.outside->control(n->o.arg, f, &k->sign, &c, buf_slice(&k->body));
}

/* What is stored has signed fields only, and Path. */
static int act_on(
	struct fed_node *n, struct fed_feed *f, const struct fed_sign *s, struct slice text)
{
	static const struct msg_limits none = {0};
	struct article a = {0};
	int rc = article_parse(&a, text, &none);

	if (rc < 0)
		return rc;
	struct control_kept *k = keep(s, &a);
	node_control_act(n, f, k);
	node_control_drop(k);
	return 0;
}

int fed_node_control_again(struct fed_node *n, struct fed_feed *f, uint64_t num)
{
	struct fed_held held;
	struct fed_sign s;
	const char *why;
	struct buf text;

	f = node_part_of(n, f, num);
	int rc = n->o.outside->held(n->o.arg, f, num, &held);
	if (rc < 0)
		return rc;
	if (!held.content || !fed_sign_parse(slice_str(held.sign), &s, &why) || s.y != FED_CONTROL)
		return KERR_NOTFOUND;
	buf_init(&text, FED_CONTROL_BODY + MSG_MAX_HEAD);
	rc = n->o.outside->article(n->o.arg, f, num, &text);
	if (rc == 0)
		rc = act_on(n, f, &s, buf_slice(&text));
	buf_fini(&text);
	return rc;
}
