/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One switch, and the second look after a start. */
#include "daemon/fed_heard.h"

#include "daemon/fed_petition.h"
#include "daemon/fed_priv.h"
#include "daemon/fed_proof.h"
#include "daemon/fed_roster.h"
#include "proto/base/log.h"

enum {
	AGAIN_S = FED_PETITION_S, /* older entries have acted long ago */
	A_TICK = 500,
};

void fed_heard(void *arg, const struct fed_feed *feed, const struct fed_sign *s,
	const struct fed_control *c, struct slice body)
{
	struct fed *f = arg;

	(void)feed;
	switch (c->kind) {
	case FED_CTL_MEMBERS:
		fed_roster_heard(f, s, body);
		break;
	case FED_CTL_REQUEST:
		fed_petition_heard(f, s, c->actor, body);
		break;
	case FED_CTL_REFUSE:
		fed_petition_refused(f, &s->g, c->mid, fed_refuse_reason(body));
		break;
	case FED_CTL_FORK:
		fed_proof_heard(f, body);
		break;
	case FED_CTL_RECORD:
	case FED_CTL_CANCEL:
	case FED_CTL_OTHER:
		break;
	}
}

struct again {
	struct fed_feed_name name;
	uint64_t n;
};

void fed_heard_init(struct fed *f)
{
	vec_init(&f->again, sizeof(struct again));
}

void fed_heard_load(struct fed *f, struct fed_feed *feed, uint64_t n, uint64_t t)
{
	if (loop_now_at() - (int64_t)t <= AGAIN_S)
		*(struct again *)vec_push(&f->again) = (struct again){feed->name, n};
}

void fed_heard_tick(struct fed *f)
{
	for (unsigned i = 0; i < A_TICK && f->again.n > 0; i++) {
		const struct again *a = vec_at(&f->again, f->again.n - 1);
		struct fed_feed *feed = fed_feeds_get(&f->feeds, &a->name);
		int rc = feed ? fed_node_control_again(f->node, feed, a->n) : 0;

		if (rc == KERR_WAIT)
			return;
		if (rc < 0 && rc != KERR_NOTFOUND)
			log_warn("fed.again", "gid=%s oid=%s n=%llu why=%s", a->name.gid.s,
				a->name.oid.s, (unsigned long long)a->n, kerr_name(rc));
		f->again.n--;
	}
}
