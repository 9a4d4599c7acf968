/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom the node dials: its neighbours in each group it is in, computed when a record changes. */
#include "proto/fed/fed_nb.h"
#include "proto/fed/fed_node_priv.h"

bool fed_node_dialled(const struct fed_node *n, const struct fed_oid *oid)
{
	const struct fed_daemon *d = fed_reg_daemon(n->o.reg, oid);

	return !d || d->n_addr > 0;
}

bool fed_node_meets(const struct fed_node *n, const struct fed_oid *oid)
{
	return fed_node_dialled(n, &n->o.self) || fed_node_dialled(n, oid);
}

static size_t find_down(const struct fed_node *n, const struct fed_oid *oid)
{
	size_t i = 0;

	while (i < n->down.n && !fed_oid_eq(vec_at(&n->down, i), oid))
		i++;
	return i;
}

void fed_node_unreachable(struct fed_node *n, const struct fed_oid *oid, bool down)
{
	size_t i = find_down(n, oid);

	if (down == (i < n->down.n))
		return;
	if (down) {
		*(struct fed_oid *)vec_push(&n->down) = *oid;
	} else {
		*(struct fed_oid *)vec_at(&n->down, i) =
			*(struct fed_oid *)vec_at(&n->down, n->down.n - 1);
		n->down.n--;
	}
	n->neighbours_known = false;
	n->o.outside->neighbours(n->o.arg);
}

static void add_neighbour(struct fed_node *n, const struct fed_oid *oid)
{
	for (size_t i = 0; i < n->neighbours.n; i++)
		if (fed_oid_eq(vec_at(&n->neighbours, i), oid))
			return;
	*(struct fed_oid *)vec_push(&n->neighbours) = *oid;
}

/* It is a neighbour in vain: others stand in for it. */
static bool is_away(const struct fed_node *n, const struct fed_oid *oid)
{
	return find_down(n, oid) < n->down.n || !fed_node_meets(n, oid);
}

/* Those of one group; members holds the daemon's own place too. */
static void add_neighbours_in(
	struct fed_node *n, const struct fed_gid *gid, const struct vec *members)
{
	const struct fed_oid *all = members->data;
	uint16_t out[FED_NB_MEMBERS_MAX];
	bool down[FED_NB_MEMBERS_MAX];
	size_t self = 0, n_out;

	while (self < members->n && !fed_oid_eq(&all[self], &n->o.self))
		self++;
	if (self == members->n || members->n > FED_NB_MEMBERS_MAX)
		return;
	for (size_t i = 0; i < members->n; i++)
		down[i] = i != self && is_away(n, &all[i]);
	n_out = fed_nb_of(gid, all, members->n, self, down, out);
	for (size_t i = 0; i < n_out; i++)
		add_neighbour(n, &all[out[i]]);
}

static void active_daemons(const struct fed_federation *f, struct vec *out)
{
	for (size_t i = 0; i < f->n_daemon; i++)
		if (f->daemon[i].state == FED_ACTIVE)
			*(struct fed_oid *)vec_push(out) = f->daemon[i].oid;
}

static bool add_neighbours_of(void *arg, const struct fed_group *g, uint64_t serial)
{
	struct fed_node *n = arg;
	const struct fed_federation *f = fed_reg_federation(n->o.reg);
	struct vec members;

	(void)serial;
	if (!f || !fed_group_reads(g, f, &n->o.self))
		return true;
	vec_init(&members, sizeof(struct fed_oid));
	if (!g->closed)
		active_daemons(f, &members);
	for (size_t i = 0; g->closed && i < g->n_member; i++)
		if (fed_reg_active(n->o.reg, &g->member[i].oid))
			*(struct fed_oid *)vec_push(&members) = g->member[i].oid;
	add_neighbours_in(n, &g->gid, &members);
	vec_fini(&members);
	return true;
}

/* Who is suspended hears of its return from the admins: nobody else tells it anything. */
static void find_admins(struct fed_node *n, const struct fed_federation *f)
{
	const struct fed_member_daemon *self = fed_federation_daemon(f, &n->o.self);

	for (size_t i = 0; self && self->state == FED_SUSPENDED && i < f->n_admin; i++)
		if (!fed_oid_eq(&f->admin[i], &n->o.self))
			add_neighbour(n, &f->admin[i]);
}

static void find_neighbours(struct fed_node *n)
{
	const struct fed_federation *f = fed_reg_federation(n->o.reg);
	struct vec members;

	vec_reset(&n->neighbours);
	if (!f)
		return;
	if (!fed_reg_active(n->o.reg, &n->o.self)) {
		find_admins(n, f);
		return;
	}
	vec_init(&members, sizeof(struct fed_oid));
	active_daemons(f, &members);
	add_neighbours_in(n, &f->fid, &members);
	vec_fini(&members);
	fed_reg_groups(n->o.reg, add_neighbours_of, n);
}

void fed_node_neighbours(struct fed_node *n, fed_oid_fn fn, void *arg)
{
	if (!n->neighbours_known)
		find_neighbours(n);
	n->neighbours_known = true;
	for (size_t i = 0; i < n->neighbours.n; i++)
		if (!fn(arg, vec_at(&n->neighbours, i)))
			return;
}
