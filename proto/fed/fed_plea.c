/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wish is a line of the group record; the drafts do the granting. */
#include "proto/fed/fed_plea.h"

#include "proto/fed/fed_record_priv.h"
#include "proto/fed/fed_rules.h"

enum { MEMBER_WORDS = 3, BAN_WORDS = 4, CUT_WORDS = 4, GROUP_STATES = 3 };

/* ---- reading ---- */

static bool read_member(struct slice v, struct fed_plea *p)
{
	struct slice w[MEMBER_WORDS];
	uint64_t serial;

	p->kind = FED_PLEA_MEMBER;
	if (!fed_words(v, w, MEMBER_WORDS) || !fed_oid_parse(w[0], &p->oid) ||
		!fed_num_parse(w[2], &serial))
		return false;
	p->rw = slice_eq(w[1], lit("rw"));
	return p->rw || slice_eq(w[1], lit("ro"));
}

static bool is_user(struct slice s)
{
	struct slice user, name;

	return fed_user_parse(s, &user, &name);
}

static bool read_moderator(struct slice v, struct fed_plea *p)
{
	p->kind = FED_PLEA_MODERATOR;
	p->user = v;
	return is_user(v);
}

static bool read_pos(const struct slice w[3], struct fed_pos *out)
{
	return fed_num_parse(w[0], &out->epoch) && fed_num_parse(w[1], &out->n) &&
	       fed_hash_parse(w[2], &out->e);
}

static bool read_ban(struct slice v, struct fed_plea *p)
{
	struct slice w[BAN_WORDS];

	p->kind = FED_PLEA_BAN;
	if (!fed_words(v, w, BAN_WORDS) || !is_user(w[0]) || !read_pos(w + 1, &p->at))
		return false;
	p->user = w[0];
	return true;
}

static bool read_cut(struct slice v, struct fed_plea *p)
{
	struct slice w[CUT_WORDS];

	p->kind = FED_PLEA_CUT;
	return p->add && fed_words(v, w, CUT_WORDS) && fed_oid_parse(w[0], &p->oid) &&
	       read_pos(w + 1, &p->at);
}

static bool read_state(struct slice v, struct fed_plea *p)
{
	p->kind = FED_PLEA_STATE;
	for (unsigned i = 0; p->add && i < GROUP_STATES; i++) {
		p->state = (enum fed_group_state)i;
		if (slice_eq(v, slice_str(fed_group_states[i])))
			return true;
	}
	return false;
}

static const struct {
	const char *key;
	bool (*read)(struct slice value, struct fed_plea *p);
} keys[] = {
	{"member: ",    read_member   },
	{"moderator: ", read_moderator},
	{"ban: ",       read_ban      },
	{"cut: ",       read_cut      },
	{"state: ",     read_state    },
};

void fed_plea_read(bool add, struct slice line, struct fed_plea *out)
{
	*out = (struct fed_plea){.kind = FED_PLEA_OTHER, .add = add};
	for (size_t i = 0; i < array_len(keys); i++) {
		struct slice key = slice_str(keys[i].key);

		if (!slice_starts(line, key))
			continue;
		if (!keys[i].read(slice_from(line, key.len), out))
			out->kind = FED_PLEA_OTHER;
		return;
	}
}

/* ---- writing ---- */

static void add_pos(struct buf *b, const struct fed_pos *at)
{
	buf_addc(b, ' ');
	buf_addu(b, at->epoch);
	buf_addc(b, ' ');
	buf_addu(b, at->n);
	buf_addf(b, " %s", at->e.s);
}

void fed_plea_add(struct buf *b, const struct fed_plea *p, uint64_t r)
{
	buf_addz(b, p->add ? "+ " : "- ");
	switch (p->kind) {
	case FED_PLEA_MEMBER:
		buf_addf(b, "member: %s %s ", p->oid.s, p->rw ? "rw" : "ro");
		buf_addu(b, r);
		break;
	case FED_PLEA_MODERATOR:
		buf_addz(b, "moderator: ");
		buf_add(b, p->user);
		break;
	case FED_PLEA_BAN:
		buf_addz(b, "ban: ");
		buf_add(b, p->user);
		add_pos(b, &(struct fed_pos){.epoch = 1, .e = fed_hash_none});
		break;
	case FED_PLEA_CUT:
		buf_addf(b, "cut: %s", p->oid.s);
		add_pos(b, &p->at);
		break;
	case FED_PLEA_STATE:
		buf_addf(b, "state: %s", fed_group_states[p->state]);
		break;
	case FED_PLEA_OTHER:
		break;
	}
	buf_add(b, lit("\r\n"));
}

/* ---- is it so? ---- */

static bool has_user(const struct slice *v, size_t n, struct slice user)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i], user))
			return true;
	return false;
}

static bool is_banned(const struct fed_group *g, struct slice user)
{
	for (size_t i = 0; i < g->n_ban; i++)
		if (slice_eq(g->ban[i].user, user))
			return true;
	return false;
}

/* A public group lists those who only read. */
static bool member_met(const struct fed_group *g, const struct fed_plea *p)
{
	const struct fed_member *m = fed_group_member(g, &p->oid);

	if (!p->add)
		return m == NULL;
	if (!g->closed && p->rw)
		return m == NULL;
	return m && m->rw == p->rw;
}

/* There, or farther: the owner may hold more of it. */
static bool cut_met(const struct fed_group *g, const struct fed_plea *p)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &p->oid) && !fed_pos_after(&p->at, &g->cut[i].at))
			return true;
	return false;
}

bool fed_plea_met(const struct fed_group *g, const struct fed_plea *p)
{
	switch (p->kind) {
	case FED_PLEA_MEMBER:
		return member_met(g, p);
	case FED_PLEA_MODERATOR:
		return has_user(g->moderator, g->n_moderator, p->user) == p->add;
	case FED_PLEA_BAN:
		return is_banned(g, p->user) == p->add;
	case FED_PLEA_CUT:
		return cut_met(g, p);
	case FED_PLEA_STATE:
		return g->state == p->state;
	case FED_PLEA_OTHER:
		break;
	}
	return false;
}

bool fed_pleas_met(const struct fed_group *g, struct slice body)
{
	struct fed_plea p;
	struct slice line;
	bool add, all = body.len > 0;

	while (all && fed_request_next(&body, &add, &line)) {
		fed_plea_read(add, line, &p);
		all = fed_plea_met(g, &p);
	}
	return all;
}

/* ---- granting ---- */

static int grant_member(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_plea *p, const struct fed_places *at, struct err *err)
{
	if (p->add)
		return fed_draft_member(d, fed, &p->oid, p->rw, at, err);
	return d->rec.group.closed ? fed_draft_member_out(d, &p->oid, at, err)
				   : fed_draft_member(d, fed, &p->oid, true, at, err);
}

int fed_plea_grant(struct fed_draft *d, const struct fed_federation *fed, const struct fed_plea *p,
	const struct fed_places *at, struct err *err)
{
	switch (p->kind) {
	case FED_PLEA_MEMBER:
		return grant_member(d, fed, p, at, err);
	case FED_PLEA_MODERATOR:
		return p->add ? fed_draft_moderator(d, fed, p->user, err)
			      : fed_draft_moderator_out(d, fed, p->user, at, err);
	case FED_PLEA_BAN:
		return p->add ? fed_draft_ban(d, fed, p->user, at, err)
			      : fed_draft_unban(d, p->user, err);
	case FED_PLEA_CUT:
		return fed_draft_cut_at(d, &p->oid, &p->at, at, err);
	case FED_PLEA_STATE:
		return fed_draft_group_state(d, p->state, err);
	case FED_PLEA_OTHER:
		break;
	}
	return err_set(err, KERR_VERSION, "a line that this version cannot put into the record");
}
