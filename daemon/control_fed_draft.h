/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A draft as an admin sees it: what it is, how it stands, what is to be done.
 * docs/federation.md section 3.4
 */
#ifndef DAEMON_CONTROL_FED_DRAFT_H
#define DAEMON_CONTROL_FED_DRAFT_H

#include "daemon/control_fed.h"

enum {
	DRAFT_NAMES = 1500, /* of daemons, in one line */
	DRAFT_DATE = 16,
	DRAFT_COUNT = 24,
};

struct draft_view {
	const struct fed_kept_paper *p;
	enum fed_paper_state state;
	struct fed_tally s;
	bool collects; /* this daemon does */
	bool too_few;  /* can sign it at all, for it is of a closed group */
	char thing[FED_THING_ROOM], serial[DRAFT_COUNT], missing[DRAFT_COUNT], until[DRAFT_DATE];
	char lack[DRAFT_NAMES], signers[DRAFT_NAMES], from[FED_NAME_MAX + 1];
};

/* As it is now; to be freed. */
NODISCARD struct draft_view *draft_view_new(struct fed *f, const struct fed_kept_paper *p);

/* The one of a->number; NULL with a refusal in *a. */
struct fed_kept_paper *draft_find(struct errand *a);

/* How it stands, and what is to be done; a new reference. */
json_t *draft_sentence(const struct draft_view *v);

/* What it changes, for who signs it. */
void draft_say_content(struct errand *a, const struct draft_view *v);
/* Of a daemon that does not know any more what it signed; %1: until when it signs nothing. */
const char *draft_forgot(const struct fed *f);

/* The text that is mailed. */
void draft_say_text(struct errand *a, const struct fed_kept_paper *p);

/* "2026-11-30" */
void draft_date(int64_t at, char out[DRAFT_DATE]);

#endif
