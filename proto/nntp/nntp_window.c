/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue of answers to CHECK and TAKETHIS.  It is empty most of the time for readers; for a
 * streaming peer it grows to NNTP_WINDOW_MAX, and its slots are used again without an allocation.
 * The front is the oldest question: nothing is said before its turn.
 */
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/nntp/nntp_session.h"

enum { SPARE_MAX = 32 }; /* slots kept by a session whose queue is empty */

void nntp_window_init(struct nntp_window *w)
{
	*w = (struct nntp_window){0};
	w->tail = &w->head;
}

static struct nntp_slot *take_spare(struct nntp_window *w)
{
	struct nntp_slot *slot = w->spare;

	if (slot)
		w->spare = slot->next;
	else
		slot = mem_new(struct nntp_slot);
	return slot;
}

static void pop(struct nntp_window *w)
{
	struct nntp_slot *slot = w->head;

	ticket_drop(&slot->ticket);
	w->head = slot->next;
	if (!w->head)
		w->tail = &w->head;
	w->n--;
	w->bytes -= slot->bytes;
	slot->next = w->spare;
	w->spare = slot;
}

static void trim_spare(struct nntp_window *w, unsigned keep)
{
	struct nntp_slot **at = &w->spare;

	while (*at && keep-- > 0)
		at = &(*at)->next;
	while (*at) {
		struct nntp_slot *slot = *at;

		*at = slot->next;
		free(slot);
	}
}

void nntp_window_fini(struct nntp_window *w)
{
	while (w->n > 0)
		pop(w);
	trim_spare(w, 0);
}

struct nntp_slot *nntp_window_slot(struct nntp_session *s, struct slice mid, size_t bytes)
{
	struct nntp_slot *slot = take_spare(&s->window);

	mid = slice_head(mid, MSGID_MAX);
	slot->next = NULL;
	slot->s = s;
	slot->ticket = (struct ticket){0};
	slot->bytes = bytes;
	slot->code = 0;
	slot->why[0] = '\0';
	slot->mid_len = mid.len;
	memcpy(slot->mid, mid.p, mid.len);
	return slot;
}

void nntp_slot_why(struct nntp_slot *slot, const char *why)
{
	size_t n = 0;

	for (; why[n] != '\0' && n < NNTP_WHY_MAX; n++)
		slot->why[n] = ascii_print((unsigned char)why[n]) ? why[n] : ' ';
	slot->why[n] = '\0';
}

void nntp_window_push(struct nntp_session *s, struct nntp_slot *slot)
{
	struct nntp_window *w = &s->window;

	*w->tail = slot;
	w->tail = &slot->next;
	w->n++;
	w->bytes += slot->bytes;
}

void nntp_window_unused(struct nntp_session *s, struct nntp_slot *slot)
{
	slot->next = s->window.spare;
	s->window.spare = slot;
}

static void say(struct nntp_session *s, int code, struct slice mid, const char *why)
{
	if (code == 400) {
		nntp_say(s, lit("400 cannot store now, come again later"));
		s->talk.closing = true;
		return;
	}
	buf_addu(&s->talk.out, (uint64_t)code);
	buf_addc(&s->talk.out, ' ');
	buf_add(&s->talk.out, mid.len > 0 ? mid : lit("refused"));
	if (code == 439 && why[0] != '\0') {
		buf_addc(&s->talk.out, ' ');
		buf_addz(&s->talk.out, why);
	}
	nntp_say(s, lit(""));
}

void nntp_window_answer(struct nntp_session *s, int code, struct slice mid)
{
	if (s->window.n == 0) {
		say(s, code, mid, "");
		return;
	}
	struct nntp_slot *slot = nntp_window_slot(s, mid, 0);

	slot->code = code;
	nntp_window_push(s, slot);
	s->talk.closing |= code == 400;
}

/* After 400 nothing more is said: the peer offers the rest again.  RFC 4644 section 2.5.2 */
void nntp_window_flush(struct nntp_session *s)
{
	struct nntp_window *w = &s->window;

	while (w->head && w->head->code != 0) {
		int code = w->head->code;

		say(s, code, slice_of(w->head->mid, w->head->mid_len), w->head->why);
		pop(w);
		while (code == 400 && w->head)
			pop(w);
	}
	if (w->n == 0 && w->spare)
		trim_spare(w, SPARE_MAX);
}
