/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of records: a table per type says which stand in which order and how often, a function
 * per key what its value means.  One spelling each, so that writing gives back what was read.
 */
#include "proto/base/text.h"
#include "proto/fed/fed_record_priv.h"
#include "proto/msg/fields.h"

const char *const fed_type_names[] = {
	[FED_REC_DAEMON] = "daemon",
	[FED_REC_FEDERATION] = "federation",
	[FED_REC_GROUP] = "group",
};

const char *const fed_state_names[] = {
	[FED_ACTIVE] = "active",
	[FED_SUSPENDED] = "suspended",
	[FED_GONE] = "gone",
};

const char *const fed_group_states[] = {
	[FED_GROUP_ACTIVE] = "active",
	[FED_GROUP_FROZEN] = "frozen",
	[FED_GROUP_CLOSED] = "closed",
};

/* ---- values ---- */

static const char *const bad_form = "not in its one spelling";

static const char *form(bool ok)
{
	return ok ? NULL : bad_form;
}

/* Room for one more element behind v[n]; moves to twice the room when n is a power of two. */
void *fed_grown(struct fed_parse *p, void *v, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return v;
	void *more = arena_alloc(p->ar, size_mul(n ? 2 * n : 1, size));
	if (n > 0)
		memcpy(more, v, n * size);
	return more;
}

/* The last element of an array of the record, new and zeroed. */
#define PUSH(p, array, count)                                                                      \
	((array) = fed_grown((p), (array), (count), sizeof *(array)), &(array)[(count)++])

/* Exactly n words with one blank between. */
bool fed_words(struct slice v, struct slice *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t end = slice_chr(v, ' ');
		word[i] = slice_head(v, end);
		if (word[i].len == 0 || (end == v.len) != (i + 1 == n))
			return false;
		v = slice_from(v, end + 1);
	}
	return true;
}

static bool yes_no(struct slice v, bool *out)
{
	*out = slice_eq(v, lit("yes"));
	return *out || slice_eq(v, lit("no"));
}

/* One of two words. */
static bool either(struct slice v, struct slice yes, struct slice no, bool *out)
{
	*out = slice_eq(v, yes);
	return *out || slice_eq(v, no);
}

static bool parse_pos(const struct slice word[3], struct fed_pos *out)
{
	return fed_num_parse(word[0], &out->epoch) && fed_num_parse(word[1], &out->n) &&
	       fed_hash_parse(word[2], &out->e) &&
	       (out->n == 0) == fed_hash_eq(&out->e, &fed_hash_none);
}

static const char *take_serial(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->serial) && p->rec->serial > 0);
}

static const char *take_prev(struct fed_parse *p, struct slice v)
{
	return form(fed_hash_parse(v, &p->rec->prev) &&
		    fed_hash_eq(&p->rec->prev, &fed_hash_none) == (p->rec->serial == 1));
}

/* ---- daemon ---- */

static const char *take_oid(struct fed_parse *p, struct slice v)
{
	return form(fed_oid_parse(v, &p->rec->daemon.oid));
}

static const char *take_root(struct fed_parse *p, struct slice v)
{
	return form(fed_public_parse(v, &p->rec->daemon.root));
}

static const char *take_issued(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->daemon.issued));
}

static const char *take_name(struct fed_parse *p, struct slice v)
{
	p->rec->daemon.name = v;
	return fed_name_valid(v) ? NULL : "not a DNS name in lower case";
}

static const char *take_text(struct slice v, struct slice *out)
{
	*out = v;
	return fed_title_valid(v) ? NULL : "not a line of text of 1 to 255 bytes";
}

static const char *take_daemon_title(struct fed_parse *p, struct slice v)
{
	return take_text(v, &p->rec->daemon.title);
}

static const char *take_contact(struct fed_parse *p, struct slice v)
{
	return take_text(v, &p->rec->daemon.contact);
}

static const char *take_sign(struct fed_parse *p, struct slice v)
{
	struct fed_daemon *d = &p->rec->daemon;

	return form(fed_public_parse(v, &d->sign[d->n_sign++]));
}

static const char *take_revoked(struct fed_parse *p, struct slice v)
{
	struct fed_daemon *d = &p->rec->daemon;

	return form(fed_public_parse(v, &d->revoked[d->n_revoked++]));
}

static const char *take_tls(struct fed_parse *p, struct slice v)
{
	struct fed_daemon *d = &p->rec->daemon;

	return form(fed_hash_parse(v, &d->tls[d->n_tls++]));
}

static const char *take_addr(struct fed_parse *p, struct slice v)
{
	struct fed_daemon *d = &p->rec->daemon;
	struct slice host;
	uint16_t port;

	d->addr[d->n_addr++] = v;
	return fed_addr_parse(v, &host, &port) ? NULL : "not host:port";
}

/* ---- federation ---- */

static const char *take_fid(struct fed_parse *p, struct slice v)
{
	return form(fed_gid_parse(v, &p->rec->federation.fid));
}

static const char *take_fed_founder(struct fed_parse *p, struct slice v)
{
	return form(fed_oid_parse(v, &p->rec->federation.founder));
}

static const char *take_salt(struct slice v, struct slice *out)
{
	uint8_t salt[FED_SALT_BYTES];

	*out = v;
	return form(fed_salt_parse(v, salt));
}

static const char *take_fed_salt(struct fed_parse *p, struct slice v)
{
	return take_salt(v, &p->rec->federation.salt);
}

static const char *take_fed_title(struct fed_parse *p, struct slice v)
{
	return take_text(v, &p->rec->federation.title);
}

static const char *take_fed_quorum(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->federation.quorum));
}

static const char *take_admin(struct fed_parse *p, struct slice v)
{
	struct fed_federation *f = &p->rec->federation;

	return form(fed_oid_parse(v, &f->admin[f->n_admin++]));
}

static bool parse_state(struct slice v, enum fed_state *out)
{
	for (size_t i = 0; i < array_len(fed_state_names); i++) {
		if (slice_eq(v, slice_str(fed_state_names[i]))) {
			*out = (enum fed_state)i;
			return true;
		}
	}
	return false;
}

static const char *take_daemon(struct fed_parse *p, struct slice v)
{
	struct fed_federation *f = &p->rec->federation;
	struct fed_member_daemon *d = PUSH(p, f->daemon, f->n_daemon);
	struct slice w[4];

	if (!fed_words(v, w, 4) || !fed_oid_parse(w[0], &d->oid))
		return "not <oid> <state> <name> <prefix>";
	if (!parse_state(w[1], &d->state))
		return "state is not active, suspended or gone";
	d->name = w[2];
	d->prefix = w[3];
	if (!fed_name_valid(d->name))
		return "not a DNS name in lower case";
	return group_name_valid(d->prefix) ? NULL : "not a prefix of newsgroup names";
}

static const char *take_domain(struct fed_parse *p, struct slice v)
{
	struct fed_federation *f = &p->rec->federation;
	struct fed_domain *d = PUSH(p, f->domain, f->n_domain);
	struct slice w[2];

	if (!fed_words(v, w, 2) || !fed_oid_parse(w[0], &d->oid))
		return "not <oid> <DNS name>";
	d->domain = w[1];
	return fed_name_valid(d->domain) ? NULL : "not a DNS name in lower case";
}

/* ---- group ---- */

static const char *take_gid(struct fed_parse *p, struct slice v)
{
	return form(fed_gid_parse(v, &p->rec->group.gid));
}

static const char *take_founder(struct fed_parse *p, struct slice v)
{
	return form(fed_oid_parse(v, &p->rec->group.founder));
}

static const char *take_group_salt(struct fed_parse *p, struct slice v)
{
	return take_salt(v, &p->rec->group.salt);
}

static const char *take_group(struct fed_parse *p, struct slice v)
{
	p->rec->group.group = v;
	return group_name_valid(v) ? NULL : "not a newsgroup name";
}

static const char *take_group_title(struct fed_parse *p, struct slice v)
{
	return take_text(v, &p->rec->group.title);
}

static const char *take_owner(struct fed_parse *p, struct slice v)
{
	return form(fed_oid_parse(v, &p->rec->group.owner));
}

static const char *take_deputy(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;

	return form(fed_oid_parse(v, &g->deputy[g->n_deputy++]));
}

static const char *take_group_quorum(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->group.quorum));
}

static const char *take_class(struct fed_parse *p, struct slice v)
{
	bool ok = either(v, lit("closed"), lit("public"), &p->rec->group.closed);

	return ok ? NULL : "neither closed nor public";
}

static const char *take_post(struct fed_parse *p, struct slice v)
{
	bool ok = either(v, lit("moderators"), lit("members"), &p->rec->group.moderated);

	return ok ? NULL : "neither members nor moderators";
}

static const char *take_wiki(struct fed_parse *p, struct slice v)
{
	return yes_no(v, &p->rec->group.wiki) ? NULL : "neither yes nor no";
}

static const char *take_inn(struct fed_parse *p, struct slice v)
{
	return yes_no(v, &p->rec->group.inn) ? NULL : "neither yes nor no";
}

static const char *take_gateway(struct fed_parse *p, struct slice v)
{
	return form(fed_oid_parse(v, &p->rec->group.gateway));
}

static const char *take_retain(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->group.retain));
}

static const char *take_max_size(struct fed_parse *p, struct slice v)
{
	return form(fed_num_parse(v, &p->rec->group.max_size) && p->rec->group.max_size > 0);
}

static const char *take_history(struct fed_parse *p, struct slice v)
{
	bool ok = either(v, lit("join"), lit("all"), &p->rec->group.history_join);

	return ok ? NULL : "neither all nor join";
}

static const char *take_member(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;
	struct fed_member *m = PUSH(p, g->member, g->n_member);
	struct slice w[3];

	if (!fed_words(v, w, 3) || !fed_oid_parse(w[0], &m->oid) ||
		!either(w[1], lit("rw"), lit("ro"), &m->rw) || !fed_num_parse(w[2], &m->joined))
		return "not <oid> <rw|ro> <serial of joining>";
	return NULL;
}

static const char *take_start(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;
	struct fed_start *s = PUSH(p, g->start, g->n_start);
	struct slice w[4];

	if (!fed_words(v, w, 4) || !fed_oid_parse(w[0], &s->oid) || !fed_oid_parse(w[1], &s->of) ||
		!fed_num_parse(w[2], &s->epoch) || !fed_num_parse(w[3], &s->n))
		return "not <oid> <oid> <epoch> <n>";
	return NULL;
}

static const char *take_cut(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;
	struct fed_cut *c = PUSH(p, g->cut, g->n_cut);
	struct slice w[4];

	if (!fed_words(v, w, 4) || !fed_oid_parse(w[0], &c->oid) || !parse_pos(w + 1, &c->at))
		return "not <oid> <epoch> <n> <E>";
	return NULL;
}

static const char *take_user(struct slice v)
{
	struct slice user, name;

	return fed_user_parse(v, &user, &name) ? NULL : "not user@name in lower case";
}

static const char *take_moderator(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;

	g->moderator[g->n_moderator++] = v;
	return take_user(v);
}

static const char *take_person(struct slice v, struct fed_person_mark *out)
{
	struct slice w[4];

	if (!fed_words(v, w, 4) || take_user(w[0]) != NULL || !parse_pos(w + 1, &out->at))
		return "not <user@name> <epoch> <n> <E>";
	out->user = w[0];
	return NULL;
}

static const char *take_former(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;

	return take_person(v, PUSH(p, g->former, g->n_former));
}

static const char *take_ban(struct fed_parse *p, struct slice v)
{
	struct fed_group *g = &p->rec->group;

	return take_person(v, PUSH(p, g->ban, g->n_ban));
}

static const char *take_group_state(struct fed_parse *p, struct slice v)
{
	for (size_t i = 0; i < array_len(fed_group_states); i++) {
		if (slice_eq(v, slice_str(fed_group_states[i]))) {
			p->rec->group.state = (enum fed_group_state)i;
			return NULL;
		}
	}
	return "not active, frozen or closed";
}

/* ---- tables ---- */

/* docs/federation.md section 3.1 */
static const struct fed_key daemon_keys[] = {
	{"oid",     1, 1,                 0, take_oid         },
	{"root",    1, 1,                 0, take_root        },
	{"serial",  1, 1,                 0, take_serial      },
	{"prev",    1, 1,                 0, take_prev        },
	{"issued",  1, 1,                 0, take_issued      },
	{"name",    1, 1,                 0, take_name        },
	{"title",   1, 1,                 0, take_daemon_title},
	{"contact", 1, 1,                 0, take_contact     },
	{"sign",    1, FED_SIGN_KEYS_MAX, 1, take_sign        },
	{"revoked", 0, FED_REVOKED_MAX,   1, take_revoked     },
	{"tls",     1, FED_TLS_MAX,       1, take_tls         },
	{"addr",    0, FED_ADDR_MAX,      1, take_addr        },
	{NULL,      0, 0,                 0, NULL             },
};

/* section 3.2 */
static const struct fed_key federation_keys[] = {
	{"fid",     1, 1,               0, take_fid        },
	{"founder", 1, 1,               0, take_fed_founder},
	{"salt",    1, 1,               0, take_fed_salt   },
	{"serial",  1, 1,               0, take_serial     },
	{"prev",    1, 1,               0, take_prev       },
	{"title",   1, 1,               0, take_fed_title  },
	{"quorum",  1, 1,               0, take_fed_quorum },
	{"admin",   1, FED_ADMINS_MAX,  1, take_admin      },
	{"daemon",  1, FED_DAEMONS_MAX, 1, take_daemon     },
	{"domain",  0, FED_DAEMONS_MAX, 2, take_domain     },
	{NULL,      0, 0,               0, NULL            },
};

/* section 3.3 */
static const struct fed_key group_keys[] = {
	{"gid",       1, 1,                  0, take_gid         },
	{"founder",   1, 1,                  0, take_founder     },
	{"salt",      1, 1,                  0, take_group_salt  },
	{"group",     1, 1,                  0, take_group       },
	{"serial",    1, 1,                  0, take_serial      },
	{"prev",      1, 1,                  0, take_prev        },
	{"title",     1, 1,                  0, take_group_title },
	{"owner",     1, 1,                  0, take_owner       },
	{"deputy",    0, FED_DEPUTIES_MAX,   1, take_deputy      },
	{"quorum",    1, 1,                  0, take_group_quorum},
	{"class",     1, 1,                  0, take_class       },
	{"post",      1, 1,                  0, take_post        },
	{"wiki",      1, 1,                  0, take_wiki        },
	{"inn",       1, 1,                  0, take_inn         },
	{"gateway",   0, 1,                  0, take_gateway     },
	{"retain",    1, 1,                  0, take_retain      },
	{"max-size",  1, 1,                  0, take_max_size    },
	{"history",   1, 1,                  0, take_history     },
	{"member",    0, FED_DAEMONS_MAX,    1, take_member      },
	{"start",     0, FED_MARKS_MAX,      2, take_start       },
	{"cut",       0, FED_MARKS_MAX,      4, take_cut         },
	{"moderator", 0, FED_MODERATORS_MAX, 1, take_moderator   },
	{"former",    0, FED_MARKS_MAX,      2, take_former      },
	{"ban",       0, FED_MARKS_MAX,      1, take_ban         },
	{"state",     1, 1,                  0, take_group_state },
	{NULL,        0, 0,                  0, NULL             },
};

const struct fed_key *fed_record_keys(enum fed_record_type t)
{
	static const struct fed_key *const tables[] = {
		[FED_REC_DAEMON] = daemon_keys,
		[FED_REC_FEDERATION] = federation_keys,
		[FED_REC_GROUP] = group_keys,
	};

	return tables[t];
}

struct slice fed_record_type_name(enum fed_record_type t)
{
	return slice_str(fed_type_names[t]);
}

struct slice fed_state_name(enum fed_state s)
{
	return slice_str(fed_state_names[s]);
}
