/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list is kept as one text: a line with the place of its entry, then its lines as they came. What
 * counts is asked of the records whenever it is shown, for they change after the list has come.
 */
#include "proto/fed/fed_people.h"

#include "proto/fed/fed_record_priv.h"

enum { PLACE_WORDS = 5 };

void fed_people_add(struct buf *b, const struct fed_people *p)
{
	buf_addu(b, p->at.epoch);
	buf_addc(b, ' ');
	buf_addu(b, p->at.n);
	buf_addf(b, " %s ", p->at.e.s);
	buf_addu(b, p->r);
	buf_addf(b, " %s\n", p->k.s);
	buf_add(b, p->lines);
}

bool fed_people_read(struct slice text, struct fed_people *out)
{
	size_t end = slice_chr(text, '\n');
	struct slice w[PLACE_WORDS];

	if (end == text.len || !fed_words(slice_head(text, end), w, PLACE_WORDS))
		return false;
	out->lines = slice_from(text, end + 1);
	return fed_num_parse(w[0], &out->at.epoch) && fed_num_parse(w[1], &out->at.n) &&
	       fed_hash_parse(w[2], &out->at.e) && fed_num_parse(w[3], &out->r) &&
	       fed_keyid_parse(w[4], &out->k);
}

struct fed_people fed_people_of(const struct fed_sign *s, struct slice lines)
{
	struct fed_people p = {
		.at = {.epoch = s->e, .n = s->n},
                  .r = s->r, .k = s->k, .lines = lines
        };

	fed_sign_hash(s, &p.at.e);
	return p;
}

bool fed_people_replaces(const struct fed_pos *at, const struct fed_pos *old)
{
	if (at->epoch != old->epoch)
		return at->epoch > old->epoch;
	if (at->n != old->n)
		return at->n > old->n;
	return strcmp(at->e.s, old->e.s) < 0;
}

bool fed_people_count(const struct fed_reg *reg, const struct fed_gid *gid,
	const struct fed_oid *oid, const struct fed_people *p)
{
	const struct fed_federation *f = fed_reg_federation(reg);
	const struct fed_group *now = fed_reg_group(reg, gid);
	const struct fed_group *at_r = fed_reg_group_at(reg, gid, p->r);
	const struct fed_daemon *d = fed_reg_daemon(reg, oid);
	struct fed_claim claim = {.o = *oid, .at = p->at};
	struct fed_public key;

	if (!f || !now || !at_r || !d || !fed_group_reads(now, f, oid))
		return false;
	claim.revoked = fed_daemon_key(d, &p->k, &key) != FED_KEY_GOOD;
	return fed_group_judge(at_r, now, f, &claim) == FED_COUNTS;
}

enum fed_standing fed_person_stands(const struct fed_group *g, const struct fed_person *p)
{
	for (size_t i = 0; i < g->n_ban; i++)
		if (slice_eq(g->ban[i].user, p->user))
			return FED_STANDS_BANNED;
	for (size_t i = 0; i < g->n_moderator; i++)
		if (slice_eq(g->moderator[i], p->user))
			return FED_STANDS_MODERATOR;
	return p->writer ? FED_STANDS_WRITER : FED_STANDS_READER;
}
