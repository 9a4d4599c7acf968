/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What handlers share: answers and their response codes, tickets, sets of numbers, flags and names.
 * Nothing from outside is said but what is printable ASCII, quoted, or a literal.
 */
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/imap/imap_fmt.h"
#include "proto/imap/imap_seqset.h"
#include "proto/imap/imap_session.h"
#include "proto/imap/imap_utf7.h"

enum { TEXT_MAX = 200 };

/* ---- answers ---- */

void imap_say(struct imap_session *s, struct slice text)
{
	buf_add(&s->talk.out, lit("* "));
	buf_add(&s->talk.out, text);
	buf_add(&s->talk.out, lit("\r\n"));
}

void imap_sayf(struct imap_session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_add(&s->talk.out, lit("* "));
	buf_addv(&s->talk.out, fmt, ap);
	buf_add(&s->talk.out, lit("\r\n"));
	va_end(ap);
}

static void reply(struct imap_session *s, struct slice status, const char *fmt, va_list ap)
	PRINTF_LIKE(3, 0);

static void reply(struct imap_session *s, struct slice status, const char *fmt, va_list ap)
{
	buf_reset(&s->reply);
	buf_add(&s->reply, status);
	buf_addv(&s->reply, fmt, ap);
}

enum cmd_step imap_ok(struct imap_session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply(s, lit("OK "), fmt, ap);
	va_end(ap);
	return CMD_DONE;
}

enum cmd_step imap_no(struct imap_session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply(s, lit("NO "), fmt, ap);
	va_end(ap);
	return CMD_DONE;
}

enum cmd_step imap_bad(struct imap_session *s, const char *fmt, ...)
{
	va_list ap;

	s->stats->n_bad++;
	va_start(ap, fmt);
	reply(s, lit("BAD "), fmt, ap);
	va_end(ap);
	return CMD_DONE;
}

void imap_add_text(struct buf *b, struct slice text)
{
	text = slice_head(text, TEXT_MAX);
	for (size_t i = 0; i < text.len; i++)
		buf_addc(b, text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?');
}

/* RFC 5530, RFC 7889 section 4 */
static const char *code_of(int rc)
{
	switch (rc) {
	case KERR_NOTFOUND:
		return "[NONEXISTENT] there is no such mailbox or message";
	case KERR_EXISTS:
		return "[ALREADYEXISTS] it is there already";
	case KERR_DENIED:
		return "[NOPERM] you may not do this";
	case KERR_LOGIN:
		return "[AUTHORIZATIONFAILED] log in first";
	case KERR_INVALID:
		return "[CANNOT] this cannot be";
	case KERR_TOOBIG:
		return "[TOOBIG] it is too big";
	case KERR_BUSY:
		return "[LIMIT] too much at once, try again later";
	case KERR_FULL:
		return "[OVERQUOTA] there is no more room";
	default:
		return "[UNAVAILABLE] this does not work now, try again later";
	}
}

enum cmd_step imap_fail(struct imap_session *s, int rc)
{
	return rc == KERR_WAIT ? CMD_WAIT : imap_no(s, "%s", code_of(rc));
}

enum cmd_step imap_fail_why(struct imap_session *s, int rc)
{
	const char *code = code_of(rc);

	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (s->why.len == 0)
		return imap_fail(s, rc);
	return imap_no(s, "%.*s] %s", (int)strcspn(code, "]"), code, buf_cstr(&s->why));
}

/* ---- tickets ---- */

static void copy_ranges(struct mail_ranges *dst, const struct mail_ranges *src)
{
	dst->n = 0;
	for (size_t i = 0; src && i < src->n; i++)
		imap_ranges_add(dst, src->v[i].first, src->v[i].last);
}

void imap_on_done(void *arg, const struct mail_result *r)
{
	struct imap_session *s = arg;

	s->ticket.call = NULL;
	s->result = r->rc;
	s->res = *r;
	copy_ranges(&s->res_from, r->from);
	copy_ranges(&s->res_to, r->to);
	copy_ranges(&s->res_failed, r->failed);
	buf_reset(&s->why);
	imap_add_text(&s->why, slice_str(r->why));
	talk_ready(&s->talk);
}

enum cmd_step imap_wait(struct imap_session *s, int rc, unsigned phase)
{
	if (rc < 0)
		return imap_fail(s, rc);
	s->cur.phase = phase;
	return CMD_WAIT;
}

/* ---- sets of numbers ---- */

void imap_ranges_add(struct mail_ranges *r, uint32_t first, uint32_t last)
{
	if (r->n > 0 && r->v[r->n - 1].last + 1 == first) {
		r->v[r->n - 1].last = last;
		return;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 8;
		r->v = mem_realloc(r->v, size_mul(r->cap, sizeof *r->v));
	}
	r->v[r->n++] = (struct mail_range){first, last};
}

void imap_ranges_fini(struct mail_ranges *r)
{
	free(r->v);
	*r = (struct mail_ranges){0};
}

void imap_ranges_intersect(
	struct mail_ranges *out, const struct mail_ranges *a, const struct mail_ranges *b)
{
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		uint32_t first = a->v[i].first > b->v[j].first ? a->v[i].first : b->v[j].first;
		uint32_t last = a->v[i].last < b->v[j].last ? a->v[i].last : b->v[j].last;

		if (first <= last)
			imap_ranges_add(out, first, last);
		if (a->v[i].last < b->v[j].last)
			i++;
		else
			j++;
	}
}

bool imap_ranges_have(const struct mail_ranges *r, uint32_t num)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->v[mid].last < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->n && r->v[lo].first <= num;
}

void imap_add_ranges(struct buf *b, const struct mail_ranges *r)
{
	for (size_t i = 0; i < r->n; i++) {
		buf_addf(b, "%s%u", i > 0 ? "," : "", r->v[i].first);
		if (r->v[i].last > r->v[i].first)
			buf_addf(b, ":%u", r->v[i].last);
	}
}

int imap_load_earlier(struct imap_session *s, uint64_t since)
{
	const struct imap_view *v = &s->sel.view;
	struct mail_ranges gone = {0}, gaps = {0};
	int rc = mail_gone(s->mail, s->sel.box, since, &gone);

	for (size_t i = 0; i < v->n; i++)
		imap_ranges_add(&gaps, v->gaps[i].first, v->gaps[i].last);
	s->cur.found.n = 0;
	imap_ranges_intersect(&s->cur.found, &gone, &gaps);
	imap_ranges_fini(&gone);
	imap_ranges_fini(&gaps);
	return rc;
}

bool imap_say_earlier(struct imap_session *s)
{
	const struct mail_ranges *r = &s->cur.found;

	while (s->cur.range < r->n) {
		size_t left = r->n - s->cur.range;
		const struct mail_ranges line = {.v = r->v + s->cur.range,
			.n = left < IMAP_LINE_RANGES ? left : IMAP_LINE_RANGES};

		if (talk_full(&s->talk))
			return false;
		buf_add(&s->talk.out, lit("* VANISHED (EARLIER) "));
		imap_add_ranges(&s->talk.out, &line);
		buf_add(&s->talk.out, lit("\r\n"));
		s->cur.range += line.n;
	}
	return true;
}

void imap_ranges_told(const struct imap_session *s, const struct mail_ranges *r, bool uid,
	struct mail_ranges *out)
{
	const struct imap_view *v = &s->sel.view;
	struct mail_ranges places = {0};

	for (size_t i = 0; i < r->n; i++) {
		uint32_t first = imap_view_upto(v, r->v[i].first - 1) + 1,
			 last = imap_view_upto(v, r->v[i].last);

		if (first <= last)
			imap_ranges_add(uid ? &places : out, first, last);
	}
	for (size_t i = 0; i < places.n; i++)
		imap_ranges_add(out, imap_view_num(v, places.v[i].first),
			imap_view_num(v, places.v[i].last));
	imap_ranges_fini(&places);
}

/* Numbers of first..last, places in the view: ranges of what stands there. */
static void add_places(struct imap_session *s, uint32_t lo, uint32_t hi)
{
	const struct imap_view *v = &s->sel.view;

	if (hi > v->count)
		hi = v->count;
	if (lo <= hi)
		imap_ranges_add(&s->cur.set, imap_view_num(v, lo), imap_view_num(v, hi));
}

/* What has come and was not told yet is not there for the client. */
static void add_uids(struct imap_session *s, uint32_t lo, uint32_t hi)
{
	uint32_t last = s->sel.view.next - 1;

	if (hi > last)
		hi = last;
	if (lo <= hi)
		imap_ranges_add(&s->cur.set, lo, hi);
}

/* RFC 3501 section 9, seq-number: one that is not there is an error of the client. */
bool imap_read_set(struct imap_session *s, struct cursor *c)
{
	const struct imap_view *v = &s->sel.view;
	bool uid = s->args->uid;
	struct imap_seqset set;

	s->cur.set.n = 0;
	if (!imap_read_seqset(c, &s->arena, &set)) {
		(void)imap_bad(s, "expected a set of messages");
		return false;
	}
	imap_seqset_resolve(&set, !uid ? v->count : v->count > 0 ? imap_view_num(v, v->count) : 0);
	if (!uid && set.n > 0 && set.v[set.n - 1].hi > v->count) {
		(void)imap_bad(s, "there is no message of that number");
		return false;
	}
	for (size_t i = 0; i < set.n; i++)
		(uid ? add_uids : add_places)(s, set.v[i].lo, set.v[i].hi);
	return true;
}

/* ---- names ---- */

bool imap_mailbox_decode(struct imap_session *s, struct slice raw, struct slice *out)
{
	struct buf b;
	bool ok;

	buf_init(&b, MAIL_NAME_MAX);
	if (s->enabled & EN_UTF8) {
		buf_add(&b, raw);
		ok = utf8_valid(raw);
	} else {
		ok = imap_utf7_decode(&b, raw);
	}
	ok &= !b.bad && slice_chr(buf_slice(&b), '\0') == b.len;
	*out = slice_eq_ci(buf_slice(&b), lit("INBOX")) ? lit("INBOX")
							: arena_dup(&s->arena, buf_slice(&b));
	buf_fini(&b);
	return ok;
}

bool imap_read_mailbox(struct imap_session *s, struct cursor *c, struct slice *out)
{
	struct slice raw;

	return imap_read_astring(c, &s->arena, &raw) && imap_mailbox_decode(s, raw, out);
}

void imap_add_mailbox(struct imap_session *s, struct buf *b, struct slice name)
{
	struct buf coded;

	if (s->enabled & EN_UTF8) {
		imap_add_string(b, name, true);
		return;
	}
	buf_init(&coded, 8 * MAIL_NAME_MAX);
	imap_utf7_add(&coded, name);
	imap_add_string(b, buf_slice(&coded), false);
	buf_fini(&coded);
}
