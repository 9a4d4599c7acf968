/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strays of one group; the registry fills it where a record becomes void. */
#include "proto/fed/fed_stray.h"

struct stray {
	struct fed_oid oid;
	uint64_t parted;
};

void fed_strays_init(struct fed_strays *s)
{
	vec_init(&s->v, sizeof(struct stray));
}

void fed_strays_fini(struct fed_strays *s)
{
	vec_fini(&s->v);
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

	if (one && one->parted > parted)
		one->parted = parted;
	if (one || s->v.n == FED_DAEMONS_MAX)
		return false;
	*(struct stray *)vec_push(&s->v) = (struct stray){*oid, parted};
	return true;
}

bool fed_strays_add(struct fed_strays *s, const struct fed_group *lost,
	const struct fed_group *base, uint64_t parted)
{
	bool more = false;

	for (size_t i = 0; lost->closed && i < lost->n_member; i++) {
		const struct fed_oid *oid = &lost->member[i].oid;

		if (!base || !fed_group_member(base, oid))
			more = add(s, oid, parted) || more;
	}
	return more;
}

uint64_t fed_strays_find(const struct fed_strays *s, const struct fed_oid *oid)
{
	const struct stray *one = find(s, oid);

	return one ? one->parted : 0;
}
