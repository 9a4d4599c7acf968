/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks: sets of numbers, and the sequence of their last change. */
#include "storage/marks.h"

#include "storage/arrival.h"
#include "storage/group.h"
#include "storage/modseq.h"
#include "storage/numset.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

uint64_t marks_note(struct txn *t, uint32_t account, uint32_t group, const struct ranges *changed,
	uint64_t *had_out)
{
	struct log_entry e = {
		.kind = LOG_MARKS, .group = group, .account = account, .at = t->now_at};

	*had_out = 0;
	if (ranges_n(changed) == 0 || t->rc < 0)
		return 0;
	uint64_t seq = log_append(t, &e);
	*had_out = modseq_note(t, account, group, changed, seq);
	return seq;
}

int marks_change(struct txn *t, uint32_t account, uint32_t group, uint8_t set,
	const struct ranges *r, bool add, uint64_t *seq_out)
{
	struct ranges given, changed;
	struct group_state st;
	uint64_t had;
	struct key k;
	int rc = state_get(t, group, &st);

	if (rc < 0)
		return rc;
	ranges_init(&given);
	ranges_init(&changed);
	if (st.next > 1)
		ranges_within(r, 1, st.next - 1, &given);
	key_of_set(&k, account, group, set);
	numset_change(t, &k, &given, add, &changed);
	*seq_out = marks_note(t, account, group, &changed, &had);
	ranges_fini(&given);
	ranges_fini(&changed);
	return t->rc;
}

/* ---- reading ---- */

int view_marks(
	struct view *v, uint32_t account, uint32_t group, unsigned set, struct buf *ranges_out)
{
	struct ranges all;
	struct key k;

	if (set == SET_MODSEQ || set >= SET_RUNS)
		return KERR_INVALID;
	ranges_init(&all);
	key_of_set(&k, account, group, (uint8_t)set);
	int rc = numset_read(v->kv, &k, &all);
	if (rc == 0)
		ranges_print(&all, ranges_out);
	ranges_fini(&all);
	return rc == 0 && ranges_out->bad ? KERR_TOOBIG : rc;
}

int view_marks_modseq(struct view *v, uint32_t account, uint32_t group, uint64_t *seq_out)
{
	struct slice value;
	struct key k;

	key_of_marks(&k, account, group, SET_MODSEQ, 0);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc == KERR_NOTFOUND) {
		*seq_out = 0;
		return 0;
	}
	if (rc < 0)
		return rc;
	struct dec d = dec_of(value);
	*seq_out = take_u64(&d);
	return d.bad ? KERR_DAMAGED : 0;
}
