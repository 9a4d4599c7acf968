/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cancels and Supersedes on their way in.  One acts only when its Cancel-Key opens the target's
 * Cancel-Lock (RFC 8315), or a moderator of all the target's groups asks for it.
 */
#include "daemon/forum_posting.h"

int posting_stored_head(struct posting *p, uint64_t content, struct buf *head, struct article *out)
{
	static const struct msg_limits none = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < POSTING_HEAD_CHUNKS; i++)
		rc = view_content(p->v, content, i, head);
	if (rc < 0 && (rc != KERR_NOTFOUND || head->len == 0))
		return rc;
	return article_parse(out, buf_slice(head), &none);
}

bool posting_opens(const struct article *key, const struct article *lock)
{
	return article_has(key, ART_CANCEL_KEY) && article_has(lock, ART_CANCEL_LOCK) &&
	       cancel_opens(key->value[ART_CANCEL_KEY], lock->value[ART_CANCEL_LOCK]);
}

/* Is the person a moderator in all groups where the target stands? */
static int moderates(struct posting *p, const struct history *h)
{
	int rc = h->n_places > 0 ? 0 : KERR_DENIED;

	for (unsigned i = 0; rc == 0 && i < h->n_places; i++) {
		struct group_rec g;

		rc = view_group(p->v, h->places[i].group, &g);
		if (rc == 0)
			rc = policy_may(p->v, &p->f->login, &g, RIGHT_MODERATE);
	}
	return rc;
}

/* May p->out take out the article of history h?  0 or KERR_DENIED. */
static int cancel_allowed(struct posting *p, const struct history *h)
{
	struct buf head;
	struct article target;
	int rc;

	buf_init(&head, (size_t)POSTING_HEAD_CHUNKS * STORE_CHUNK);
	rc = posting_stored_head(p, h->content, &head, &target);
	if (rc == 0)
		rc = posting_opens(&p->out, &target) ? 0 : KERR_DENIED;
	if (rc == KERR_DENIED && p->how == FORUM_POST)
		rc = moderates(p, h);
	buf_fini(&head);
	return rc == KERR_WAIT || rc == 0 ? rc : KERR_DENIED;
}

/* KERR_DENIED when the person may read the article of h, KERR_NOTFOUND when not. */
static int denied(struct posting *p, const struct history *h)
{
	for (unsigned i = 0; i < h->n_places; i++) {
		struct group_rec g;
		int rc = view_group(p->v, h->places[i].group, &g);

		if (rc == 0)
			rc = policy_may(p->v, &p->f->login, &g, RIGHT_READ);
		if (rc == 0 || rc == KERR_WAIT)
			return rc == 0 ? KERR_DENIED : rc;
	}
	return KERR_NOTFOUND;
}

/* To a person, what is gone or may not be read is not there. */
static int person_cancels(struct posting *p, const struct history *h)
{
	int rc = h->state == HISTORY_ARTICLE ? cancel_allowed(p, h) : KERR_NOTFOUND;

	return rc == KERR_DENIED ? denied(p, h) : rc;
}

/*
 * A cancel or Supersedes: find the target, judge, note it in p->cancels.
 * A peer's cancel may come before its target: it is kept and judged when that comes.
 */
static int judge_cancel(struct posting *p)
{
	struct slice target = p->control.target;
	bool supersedes = p->control.kind == CONTROL_SUPERSEDES;
	struct history h;
	int rc = view_history(p->v, target, &h);

	if (rc == 0 && p->how == FORUM_POST)
		rc = person_cancels(p, &h);
	else if (rc == 0 && h.state == HISTORY_ARTICLE)
		rc = cancel_allowed(p, &h);
	else if (rc == 0 && h.state != HISTORY_AWAITED)
		return 0; /* gone already */
	if (rc == KERR_NOTFOUND && supersedes)
		return 0; /* RFC 5537 section 5.4: an ordinary article then */
	if (rc == KERR_NOTFOUND && p->how == FORUM_POST)
		return err_set(p->why, KERR_INVALID, "there is no article %.*s", SLICE_ARG(target));
	if (rc == KERR_DENIED && supersedes && p->how == FORUM_RELAY)
		return 0; /* an ordinary article then */
	if (rc == KERR_DENIED)
		return err_set(p->why, rc, "no right to cancel %.*s", SLICE_ARG(target));
	if (rc == KERR_WAIT || (rc < 0 && rc != KERR_NOTFOUND))
		return rc;
	return slice_cstr(target, p->cancels, sizeof p->cancels) ? 0 : KERR_INVALID;
}

int posting_control(struct posting *p)
{
	control_of(&p->out, &p->control);
	switch (p->control.kind) {
	case CONTROL_NONE:
		return 0;
	case CONTROL_CANCEL:
	case CONTROL_SUPERSEDES:
		return judge_cancel(p);
	case CONTROL_NEWGROUP:
	case CONTROL_RMGROUP:
	case CONTROL_OTHER:
		return err_set(
			p->why, KERR_DENIED, "control messages other than cancel are not taken");
	case CONTROL_BAD:
		break;
	}
	return err_set(p->why, KERR_INVALID, "Control or Supersedes is not valid");
}
