/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of one group; the registry fills it where a record becomes void. */
#include "proto/fed/fed_stray.h"

#include "proto/fed/fed_rules.h"

struct stray {
	struct fed_oid oid;
	uint64_t parted;
};

void fed_strays_init(struct fed_strays *s)
{
	vec_init(&s->v, sizeof(struct stray));
	vec_init(&s->cuts, sizeof(struct fed_cut));
}

void fed_strays_fini(struct fed_strays *s)
{
	vec_fini(&s->v);
	vec_fini(&s->cuts);
}

static struct stray *find(const struct fed_strays *s, const struct fed_oid *oid)
{
	for (size_t i = 0; i < s->v.n; i++) {
		struct stray *one = vec_at(&s->v, i);

		if (fed_oid_eq(&one->oid, oid))
			return one;
	}
	return NULL;
}

static bool add(struct fed_strays *s, const struct fed_oid *oid, uint64_t parted)
{
	struct stray *one = find(s, oid);

	if (one ? one->parted >= parted : s->v.n == FED_DAEMONS_MAX)
		return false;
	if (one) {
		one->parted = parted; /* again: it knows what was decided before */
		return true;
	}
	*(struct stray *)vec_push(&s->v) = (struct stray){*oid, parted};
	return true;
}

static bool has_cut(const struct fed_strays *s, const struct fed_cut *cut)
{
	const struct fed_group drawn = {.cut = s->cuts.data, .n_cut = s->cuts.n};

	return fed_group_has_cut(&drawn, cut);
}

static void add_cuts(
	struct fed_strays *s, const struct fed_group *lost, const struct fed_group *base)
{
	for (size_t i = 0; i < lost->n_cut && s->cuts.n < FED_MARKS_MAX; i++)
		if (!(base && fed_group_has_cut(base, &lost->cut[i])) && !has_cut(s, &lost->cut[i]))
			*(struct fed_cut *)vec_push(&s->cuts) = lost->cut[i];
}

bool fed_strays_add(struct fed_strays *s, const struct fed_group *lost,
	const struct fed_group *base, uint64_t parted)
{
	bool more = false;

	add_cuts(s, lost, base);
	for (size_t i = 0; lost->closed && i < lost->n_member; i++) {
		const struct fed_oid *oid = &lost->member[i].oid;

		if (!base || !fed_group_member(base, oid))
			more = add(s, oid, parted) || more;
	}
	return more;
}

void fed_strays_part(struct fed_strays *s, uint64_t parted)
{
	for (size_t i = 0; i < s->v.n; i++) {
		struct stray *one = vec_at(&s->v, i);

		if (one->parted > parted)
			one->parted = parted;
	}
}

uint64_t fed_strays_find(const struct fed_strays *s, const struct fed_oid *oid)
{
	const struct stray *one = find(s, oid);

	return one ? one->parted : 0;
}

const struct fed_oid *fed_strays_oid(const struct fed_strays *s, size_t i)
{
	return i < s->v.n ? &((const struct stray *)vec_at(&s->v, i))->oid : NULL;
}

const struct fed_cut *fed_strays_cut(const struct fed_strays *s, size_t i)
{
	return i < s->cuts.n ? vec_at(&s->cuts, i) : NULL;
}
