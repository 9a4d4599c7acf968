/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The receiving checks.  A check answers FED_GOT_TAKE to go on; the first other answer is the
 * verdict. An entry that fails leaves no trace: nothing here changes a thing.
 */
#include "proto/fed/fed_check.h"

struct check {
	const struct fed_scene *scene;
	const struct fed_sign *sign;
	struct fed_entry *en; /* NULL: a stub */
	struct fed_hash e;
	const struct fed_federation *federation;
	const struct fed_daemon *daemon;
	const struct fed_feed *feed; /* NULL: not one entry of it is here */
	struct fed_verdict_entry *out;
	bool revoked; /* signed by a key that was revoked since */
	bool twice;   /* another entry has its place */
	int rc;
};

typedef enum fed_got (*check_fn)(struct check *c);

static enum fed_got say(struct check *c, enum fed_got got, const char *why)
{
	c->out->why = why;
	return got;
}

static enum fed_got lacks(
	struct check *c, enum fed_record_type type, const char *id, uint64_t serial)
{
	struct fed_lack *l = &c->out->lack;

	l->key.type = type;
	memcpy(l->key.s, id, strlen(id) + 1);
	l->serial = serial;
	return say(c, FED_GOT_LATER, "a record is missing");
}

/* The link of entry n when it is here or on its way to the disk: 0, KERR_NOTFOUND, KERR_WAIT. */
static int link_of(struct check *c, uint64_t n, struct fed_link *out)
{
	const struct fed_link *l = c->feed ? fed_feed_link(c->feed, n) : NULL;

	if (l) {
		*out = *l;
		return 0;
	}
	if (!c->feed || !fed_feed_has(c->feed, n))
		return KERR_NOTFOUND;
	return c->scene->link(c->scene->arg, c->feed, n, out);
}

/* 2: the same position. */
static enum fed_got is_new(struct check *c)
{
	struct fed_link held;
	int rc;

	if (c->feed && c->sign->n < c->feed->low)
		return say(c, FED_GOT_KNOWN, "before the first entry that is kept");
	if (!c->feed || c->sign->n == c->feed->low - 1)
		return FED_GOT_TAKE; /* the tip of an empty feed is no entry */
	rc = link_of(c, c->sign->n, &held);
	if (rc == KERR_NOTFOUND)
		return FED_GOT_TAKE;
	c->rc = rc;
	if (rc < 0)
		return FED_GOT_LATER;
	c->twice = !fed_hash_eq(&held.e, &c->e);
	if (c->twice)
		return FED_GOT_TAKE; /* if its origin signed it: is_alone */
	if (c->en && !fed_feed_has(c->feed, c->sign->n))
		return say(c, FED_GOT_LATER, "on its way to the disk, perhaps as a stub");
	if (c->en && fed_spans_has(&c->feed->stubs, c->sign->n))
		return FED_GOT_TAKE; /* the content of a stub */
	return FED_GOT_KNOWN;
}

/* 3: the group is known and we are in it. */
static enum fed_got is_ours(struct check *c)
{
	c->federation = fed_reg_federation(c->scene->reg);
	c->out->group = fed_reg_group(c->scene->reg, &c->sign->g);
	if (!c->federation)
		return say(c, FED_GOT_SCOPE, "no federation");
	if (!c->out->group && !fed_gid_eq(&c->sign->g, &c->federation->fid))
		return say(c, FED_GOT_SCOPE, "group is not known");
	if (!fed_reg_reads(c->scene->reg, &c->scene->self, &c->sign->g))
		return say(c, FED_GOT_SCOPE, "we are not in the group");
	if (c->sign->n <
		fed_reg_begin(c->scene->reg, &c->scene->self, &c->sign->g, &c->sign->o, c->sign->e))
		return say(c, FED_GOT_SCOPE, "it was before we joined the group");
	return FED_GOT_TAKE;
}

/* 4: so is who gave it to us. */
static enum fed_got is_of_member(struct check *c)
{
	const struct fed_oid *peer = c->scene->peer;

	if (peer && fed_reg_misled(c->scene->reg, peer, &c->sign->g))
		return say(c, FED_GOT_SCOPE, "peer does not know yet that it is not in the group");
	if (peer && !fed_reg_reads(c->scene->reg, peer, &c->sign->g))
		return say(c, FED_GOT_INTRUDER, "peer holds a group it is not in");
	if (!c->scene->peer && (!c->out->group || c->out->group->closed || !c->out->group->inn))
		return say(c, FED_GOT_SCOPE, "not a group of other news servers");
	return FED_GOT_TAKE;
}

/* The right side of a Message-ID. */
static struct slice mid_domain(struct slice mid)
{
	size_t at = mid.len;

	while (at > 0 && mid.p[at - 1] != '@')
		at--;
	if (at == 0 || mid.p[mid.len - 1] != '>')
		return lit("");
	return slice_of(mid.p + at, mid.len - at - 1);
}

static bool is_gateway(const struct check *c)
{
	return c->out->group && fed_oid_eq(&c->out->group->gateway, &c->sign->o);
}

static bool is_own_mid(const struct check *c)
{
	return fed_federation_owns(c->federation, &c->sign->o, mid_domain(slice_str(c->sign->m)));
}

/* Was this very signature looked at before, under the same key? */
static bool is_vouched(const struct check *c, const struct fed_public *key)
{
	const struct fed_vouch *v = c->scene->vouch;

	return v && fed_public_eq(&v->key, key) && fed_hash_eq(&v->e, &c->e) &&
	       memcmp(v->s.b, c->sign->s.b, sizeof v->s.b) == 0;
}

/* 5, 8: the origin, its record, its name, its key, its signature. */
static enum fed_got is_of_origin(struct check *c)
{
	const struct fed_sign *s = c->sign;
	const struct fed_group *g = c->out->group;
	struct fed_public key;

	if (!fed_federation_daemon(c->federation, &s->o))
		return say(c, FED_GOT_SCOPE, "origin is not in the federation");
	if (!g && !fed_reg_active(c->scene->reg, &s->o))
		return say(c, FED_GOT_SCOPE, "origin is not active in the federation");
	c->daemon = fed_reg_daemon(c->scene->reg, &s->o);
	if (!c->daemon)
		return lacks(c, FED_REC_DAEMON, s->o.s, 1);
	if (s->y != FED_HEARTBEAT && !is_gateway(c) && !is_own_mid(c))
		return say(c, FED_GOT_BAD, "Message-ID is not of the origin's name");
	switch (fed_daemon_key(c->daemon, &s->k, &key)) {
	case FED_KEY_UNKNOWN: {
		struct fed_record_key k = {.type = FED_REC_DAEMON};

		memcpy(k.s, s->o.s, sizeof s->o.s);
		return lacks(c, FED_REC_DAEMON, s->o.s, fed_reg_serial(c->scene->reg, &k) + 1);
	}
	case FED_KEY_REVOKED:
		if (!g)
			return say(c, FED_GOT_VOID, "signed with a revoked key");
		c->revoked = true; /* a cut of the group says how far it counts */
		break;
	case FED_KEY_GOOD:
		break;
	}
	if (is_vouched(c, &key) || fed_sign_verify(s, &key))
		return FED_GOT_TAKE;
	return say(c, FED_GOT_BAD, "signature does not verify");
}

/* 2, 8: its place is free, and in a branch it is what that is named by. */
static enum fed_got is_alone(struct check *c)
{
	const struct fed_feed_name *name = &c->out->feed;
	const struct fed_hash *first; /* as far as it can be told */

	if (c->twice)
		return say(c, FED_GOT_FORK, "the origin signed two entries with this number");
	if (name->epoch.branch[0] == '\0')
		return FED_GOT_TAKE;
	if (!c->feed)
		return say(c, FED_GOT_LATER, "no such branch");
	first = c->sign->n == c->feed->low       ? &c->e
		: c->sign->n == c->feed->low + 1 ? &c->sign->p
						 : NULL;
	if (first && memcmp(name->epoch.branch, first->s, FED_BRANCH_LEN) != 0)
		return say(c, FED_GOT_BAD, "not the entry that its branch is named by");
	return FED_GOT_TAKE;
}

/* 6, in the control group: every active daemon writes there. */
static enum fed_got is_of_known_federation(struct check *c)
{
	struct fed_record_key key = {.type = FED_REC_FEDERATION};

	memcpy(key.s, c->sign->g.s, sizeof c->sign->g.s);
	if (c->sign->r > fed_reg_serial(c->scene->reg, &key))
		return lacks(c, FED_REC_FEDERATION, key.s, c->sign->r);
	return FED_GOT_TAKE;
}

/* 6: what the group's records say of it. */
static enum fed_got is_of_writer(struct check *c)
{
	const struct fed_sign *s = c->sign;
	const struct fed_group *at_r;
	struct fed_claim claim = {
		.o = s->o, .at = {s->e, s->n, c->e},
                     .article = false
        };
	struct fed_record_key key = {.type = FED_REC_GROUP};

	if (!c->out->group)
		return is_of_known_federation(c);
	memcpy(key.s, s->g.s, sizeof s->g.s);
	if (s->r > fed_reg_serial(c->scene->reg, &key))
		return lacks(c, FED_REC_GROUP, s->g.s, s->r);
	at_r = fed_reg_group_at(c->scene->reg, &s->g, s->r);
	if (!at_r)
		return say(c, FED_GOT_BAD, "made under no record of the group");
	claim.revoked = c->revoked;
	if (c->en) { /* its index holds signed fields only: is_whole came before */
		claim.actor = slice_trim(c->en->a.value[ART_KOKOD_ACTOR]);
		claim.article = s->y == FED_ARTICLE && !article_has(&c->en->a, ART_CONTROL);
	}
	switch (fed_group_judge(at_r, c->out->group, c->federation, &claim)) {
	case FED_COUNTS:
		break;
	case FED_NOT_MEMBER:
	case FED_NOT_ACTIVE:
		return say(c, FED_GOT_SCOPE, "origin may not write in the group");
	case FED_CUT:
		return say(c, FED_GOT_VOID, "after the cut of its origin");
	case FED_UNPINNED:
		return say(c, FED_GOT_LATER, "signed with a revoked key, and no cut covers it yet");
	case FED_READ_ONLY:
	case FED_BANNED:
	case FED_NO_POST:
	case FED_GROUP_STILL:
		c->out->absent = FED_ABSENT_POLICY;
		return c->en ? FED_GOT_STUB : FED_GOT_TAKE;
	}
	return FED_GOT_TAKE;
}

/* 7: not too far ahead of what is here, nor of the clock. */
static enum fed_got is_in_time(struct check *c)
{
	uint64_t high = c->feed ? c->feed->high : 0;
	int64_t ahead = (int64_t)c->sign->t - c->scene->now_at;

	if (c->feed && c->sign->n > c->feed->end)
		return say(c, FED_GOT_VOID, "after the end of its feed");
	if (c->sign->n > high + FED_WINDOW)
		return say(c, FED_GOT_BAD, "too far ahead of what is here");
	if (ahead > FED_HOLD_S)
		return say(c, FED_GOT_BAD, "signed in the future");
	if (ahead <= FED_FUTURE_S)
		return FED_GOT_TAKE;
	c->out->wait_s = ahead - FED_FUTURE_S;
	return say(c, FED_GOT_LATER, "signed in the future");
}

/* 6, 7, 8: in order with the one before. */
static enum fed_got follows(struct check *c, const struct fed_link *before)
{
	const struct fed_sign *s = c->sign;

	if (!fed_hash_eq(&s->p, &before->e))
		return say(c, FED_GOT_FORK, "does not follow the entry before it");
	if (s->r < before->r)
		return say(c, FED_GOT_BAD, "made under an older record than the one before");
	if ((int64_t)s->t + FED_T_BACK_S < (int64_t)before->t)
		return say(c, FED_GOT_BAD, "signed before the one before");
	return FED_GOT_TAKE;
}

/* Is it known what the entry is?  Not of the one before the first that a member is given. */
static bool is_known(const struct fed_link *l)
{
	return l->e.s[0] != '\0' && !fed_hash_eq(&l->e, &fed_hash_none);
}

/* 8: the chain on both sides, as far as it is here. */
static enum fed_got is_linked(struct check *c)
{
	const struct fed_sign *s = c->sign;
	struct fed_link l;
	enum fed_got got = FED_GOT_TAKE;

	if (s->n > 1) {
		c->rc = link_of(c, s->n - 1, &l);
		if (c->rc == 0 && is_known(&l))
			got = follows(c, &l);
	}
	if (c->rc == 0 || c->rc == KERR_NOTFOUND) {
		c->rc = link_of(c, s->n + 1, &l);
		if (c->rc == 0 && got == FED_GOT_TAKE && l.p.s[0] != '\0' &&
			!fed_hash_eq(&l.p, &c->e))
			got = say(c, FED_GOT_FORK, "the entry behind it follows another one");
	}
	if (c->rc == KERR_NOTFOUND)
		c->rc = 0;
	return got;
}

/*
 * The right side that Kokod-Actor must have: a name that the federation gave the origin, never one
 * that it gave itself.  A name that it had before is a domain of it now.
 */
static struct slice name_of_people(const struct check *c)
{
	struct slice user, side;

	if (fed_user_parse(slice_trim(c->en->a.value[ART_KOKOD_ACTOR]), &user, &side) &&
		fed_federation_owns(c->federation, &c->sign->o, side))
		return side;
	return fed_federation_daemon(c->federation, &c->sign->o)->name;
}

/* 3, 8: what only the content can tell. */
static enum fed_got is_whole(struct check *c)
{
	struct slice group = c->out->group ? c->out->group->group : lit(FED_CONTROL_GROUP);

	if (!c->en)
		return FED_GOT_TAKE;
	if (fed_entry_check(c->en, group, name_of_people(c)) < 0)
		return say(c, FED_GOT_BAD, c->en->a.why);
	if (c->en->gateway && !is_gateway(c))
		return say(c, FED_GOT_BAD, "Kokod-Gateway of an origin that is no gateway");
	if (!c->en->gateway && !is_own_mid(c))
		return say(c, FED_GOT_BAD, "Message-ID is not of the origin's name");
	if (c->out->group && c->en->a.bytes.len > c->out->group->max_size) {
		c->out->absent = FED_ABSENT_SIZE;
		return FED_GOT_STUB;
	}
	return FED_GOT_TAKE;
}

/* 9 */
static enum fed_got has_quota(struct check *c)
{
	size_t bytes = c->en ? c->en->a.bytes.len : 0;

	if (c->feed && fed_spans_has(&c->feed->lost, c->sign->n))
		return FED_GOT_TAKE; /* it was counted when it came first */
	if (c->scene->quota && !c->scene->quota(c->scene->arg, c->sign, bytes))
		return say(c, FED_GOT_LATER, "over the quota of its origin");
	return FED_GOT_TAKE;
}

/* A stub among the answers is kept until a check refuses. */
static enum fed_got run(struct check *c, const check_fn *fns, size_t n)
{
	enum fed_got got = FED_GOT_TAKE;

	for (size_t i = 0; i < n; i++) {
		enum fed_got one = fns[i](c);

		if (c->rc < 0)
			return FED_GOT_LATER;
		if (one != FED_GOT_TAKE && one != FED_GOT_STUB)
			return one;
		if (one == FED_GOT_STUB)
			got = one;
	}
	return got;
}

static int check(struct check *c)
{
	static const check_fn fns[] = {is_ours, is_of_member, is_new, is_of_origin, is_alone,
		is_whole, is_of_writer, is_in_time, is_linked, has_quota};
	const struct fed_sign *s = c->sign;

	*c->out = (struct fed_verdict_entry){
		.feed = {.gid = s->g, .oid = s->o, .epoch = {.n = s->e}},
		.link = { .n = s->n, .e = c->e,    .p = s->p,            .r = s->r, .t = s->t},
	};
	if (c->scene->asked && fed_feed_same_epoch(c->scene->asked, &c->out->feed))
		c->out->feed = *c->scene->asked;
	c->feed = fed_feeds_get(c->scene->feeds, &c->out->feed);
	c->out->got = run(c, fns, array_len(fns));
	return c->rc;
}

int fed_check_entry(const struct fed_scene *s, struct fed_entry *en, struct fed_verdict_entry *out)
{
	struct check c = {.scene = s, .sign = &en->sign, .en = en, .e = en->e, .out = out};

	return check(&c);
}

int fed_check_stub(
	const struct fed_scene *s, const struct fed_stub *stub, struct fed_verdict_entry *out)
{
	struct check c = {.scene = s, .sign = &stub->sign, .out = out};
	int rc;

	fed_sign_hash(&stub->sign, &c.e);
	rc = check(&c);
	if (rc == 0 && out->got == FED_GOT_TAKE && stub->sign.y != FED_HEARTBEAT) {
		out->got = FED_GOT_STUB;
		out->absent = stub->absent;
	}
	return rc;
}
