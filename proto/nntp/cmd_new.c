/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NEWGROUPS and NEWNEWS.  RFC 3977 section 7.3, 7.4 */
#include "proto/base/date.h"
#include "proto/base/wildmat.h"
#include "proto/nntp/nntp_session.h"

/* Date and time from argument i on; our local time zone is GMT. */
static bool take_since(struct nntp_session *s, const struct nntp_args *a, unsigned i)
{
	if (date_parse_nntp(a->v[i], a->v[i + 1], s->talk.now_at, &s->cur.since_at) &&
		(a->n == i + 2 || slice_eq_ci(a->v[i + 2], lit("GMT"))))
		return true;
	nntp_say(s, lit("501 expected yyyymmdd hhmmss GMT"));
	return false;
}

enum cmd_step nntp_cmd_newgroups(struct nntp_session *s, const struct nntp_args *a)
{
	if (!take_since(s, a, 0))
		return CMD_DONE;
	return nntp_list_new(s, s->cur.since_at);
}

static bool mid_on(void *arg, struct slice mid)
{
	struct nntp_session *s = arg;

	if (nntp_full(s))
		return false;
	nntp_say(s, mid);
	return true;
}

enum cmd_step nntp_cmd_newnews(struct nntp_session *s, const struct nntp_args *a)
{
	int rc;

	if (!wildmat_valid(a->v[0]))
		return nntp_done(s, lit("501 this is no wildmat"));
	if (!take_since(s, a, 1))
		return CMD_DONE;
	if (!s->cur.begun) {
		rc = nntp_ask_groups(s);
		if (rc < 0)
			return nntp_fail(s, rc, lit("403 internal fault"));
		nntp_say(s, lit("230 new articles follow"));
		s->cur.begun = true;
	}
	rc = forum_newnews(s->forum, a->v[0], s->cur.since_at, &s->cur.place, mid_on, s);
	return nntp_list_end(s, rc, lit("."));
}
