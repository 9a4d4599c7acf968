/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group.people: who reads and writes in a group that is shared, town by town. */
#include "daemon/control_fed.h"
#include "daemon/fed_roster.h"
#include "proto/base/text.h"

static const char *const standings[] = {
	[FED_STANDS_READER] = "reader",
	[FED_STANDS_WRITER] = "writer",
	[FED_STANDS_MODERATOR] = "moderator",
	[FED_STANDS_BANNED] = "banned",
};

/* Text that may have come from outside. */
static json_t *text_json(struct slice s)
{
	struct buf b;

	buf_init(&b, FED_TITLE_MAX + 1);
	utf8_add_clean(&b, s);
	json_t *value = json_string(buf_cstr(&b));
	buf_fini(&b);
	return value;
}

static void add_people(struct errand *a, const struct fed_group *g,
	const struct fed_member_daemon *m, struct slice lines)
{
	const struct fed_daemon *d = fed_reg_daemon(a->f->reg, &m->oid);
	struct fed_person p;

	while (fed_members_next(&lines, &p))
		json_array_append_new(a->rows,
			json_pack("{s:o, s:o, s:o, s:o, s:s}", "town",
				text_json(d ? d->title : m->name), "daemon", text_json(m->name),
				"user", text_json(p.user), "name", text_json(p.name), "role",
				standings[fed_person_stands(g, &p)]));
}

/* Ours as they are; the others' as they have told them. */
static int add_daemon(
	struct errand *a, const struct fed_group *g, const struct fed_member_daemon *m)
{
	struct fed_people p;
	struct buf text;
	int rc;

	buf_init(&text, STORE_RECORD_MAX);
	if (fed_oid_eq(&m->oid, &a->f->keys->oid)) {
		rc = fed_roster_own(a->f, g, &text);
		p.lines = buf_slice(&text);
	} else {
		rc = fed_roster_read(a->f, &g->gid, &m->oid, &text, &p);
		if (rc == 0 && !fed_people_count(a->f->reg, &g->gid, &m->oid, &p))
			rc = KERR_NOTFOUND;
	}
	if (rc == 0)
		add_people(a, g, m, p.lines);
	buf_fini(&text);
	return rc == KERR_NOTFOUND ? 0 : rc;
}

static int people(struct errand *a)
{
	const struct fed_federation *fed = errand_federation(a);
	const struct fed_group *g;
	int rc = 0;

	if (!fed)
		return KERR_NOTFOUND;
	g = fed_reg_group_named(a->f->reg, slice_str(a->group));
	if (!g)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is not shared: kokoctl member list %1 shows its people"), a->group,
			NULL);
	for (size_t i = 0; rc == 0 && i < fed->n_daemon; i++)
		if (fed_group_reads(g, fed, &fed->daemon[i].oid))
			rc = add_daemon(a, g, &fed->daemon[i]);
	return rc;
}

int control_group_people(struct control_req *r)
{
	struct errand *a = errand_new(r, people);

	return errand_go(a, control_arg(r, "group", STORE_NAME_MAX, &a->group));
}
