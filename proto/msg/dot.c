/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dot-stuffing.  Both ways go from LF to LF with memchr and copy whole runs, since every article
 * passes here once in and many times out.  What is held back between two calls (a dot, a CR that
 * follows it) is in the state, never in a buffer.
 */
#include "proto/msg/dot.h"

void dot_in_begin(struct dot_in *d, struct buf *out, size_t max, uint64_t hard)
{
	*d = (struct dot_in){.out = out, .max = max, .hard = hard, .state = DOT_LINE};
}

/* Keep bytes, or give up all of them when they are too many. */
static void keep(struct dot_in *d, const char *p, size_t n)
{
	if (d->too_big || n == 0)
		return;
	if (d->out->len > d->max || n > d->max - d->out->len) {
		d->too_big = true;
		buf_reset(d->out);
		return;
	}
	buf_add(d->out, slice_of(p, n));
	d->too_big = d->out->bad;
}

/*
 * One byte where the state matters: at the beginning of a line, behind a dot there, behind a CR.
 * true when the block has ended.
 */
static bool step(struct dot_in *d, char c)
{
	switch (d->state) {
	case DOT_LINE:
		if (c == '.') {
			d->state = DOT_DOT;
			return false;
		}
		break;
	case DOT_DOT:
		if (c == '\r') {
			d->state = DOT_DOT_CR;
			return false;
		}
		break;
	case DOT_DOT_CR:
		if (c == '\n')
			return true;
		d->bare_cr = true;
		keep(d, "\r", 1);
		break;
	case DOT_CR:
		if (c == '\n') {
			keep(d, &c, 1);
			d->state = DOT_LINE;
			return false;
		}
		d->bare_cr = true;
		break;
	case DOT_MID:
		break;
	}
	d->bare_lf |= c == '\n';
	keep(d, &c, 1);
	d->state = c == '\r' ? DOT_CR : DOT_MID;
	return false;
}

/*
 * Bytes from the middle of a line on: whole lines up to the next one that begins with a dot, or
 * all that is there.  Returns how many were taken; the state says where that is.
 */
static size_t run(struct dot_in *d, const char *p, size_t n)
{
	size_t line = 0, at = 0;

	while (line < n) {
		const char *lf = memchr(p + line, '\n', n - line);
		size_t end = lf ? (size_t)(lf - p) : n;
		const char *cr = memchr(p + line, '\r', end - line);

		d->state = DOT_MID;
		if (cr && cr + 1 < p + end)
			d->bare_cr = true;
		if (end > line && p[end - 1] == '\r')
			d->state = DOT_CR;
		at = end;
		if (!lf)
			break;
		at++;
		d->bare_lf |= d->state != DOT_CR;
		d->state = d->state == DOT_CR ? DOT_LINE : DOT_MID;
		line = at;
		if (d->state == DOT_LINE && at < n && p[at] == '.')
			break;
	}
	keep(d, p, at);
	return at;
}

enum scan dot_in_feed(struct dot_in *d, struct slice in, size_t *used_out)
{
	size_t at = 0;
	bool ended = false;

	while (at < in.len && !ended) {
		bool special = d->state != DOT_MID && (d->state != DOT_LINE || in.p[at] == '.');

		if (special)
			ended = step(d, in.p[at++]);
		else
			at += run(d, in.p + at, in.len - at);
	}
	*used_out = at;
	d->nul |= at > 0 && memchr(in.p, '\0', at) != NULL;
	d->n_read += at;
	if (d->n_read > d->hard)
		return SCAN_BAD;
	return ended ? SCAN_OK : SCAN_MORE;
}

const char *dot_in_why(const struct dot_in *d)
{
	if (d->too_big)
		return "article is too big";
	if (d->nul)
		return "NUL byte in the article";
	if (d->bare_cr)
		return "CR without LF in the article";
	if (d->bare_lf)
		return "LF without CR in the article";
	return NULL;
}

void dot_add(struct dot_out *d, struct buf *out, struct slice piece)
{
	size_t from = 0, at = 0;

	if (piece.len == 0)
		return;
	if (!d->mid && piece.p[0] == '.')
		buf_addc(out, '.');
	while (at < piece.len) {
		const char *lf = memchr(piece.p + at, '\n', piece.len - at);
		if (!lf)
			break;
		at = (size_t)(lf - piece.p) + 1;
		if (at < piece.len && piece.p[at] == '.') {
			buf_add(out, slice_of(piece.p + from, at + 1 - from));
			from = at;
		}
	}
	buf_add(out, slice_from(piece, from));
	d->mid = piece.p[piece.len - 1] != '\n';
	d->open = d->mid || !(piece.len > 1 ? piece.p[piece.len - 2] == '\r' : d->cr);
	d->cr = piece.p[piece.len - 1] == '\r';
}

void dot_end(struct dot_out *d, struct buf *out)
{
	if (d->open)
		buf_add(out, d->cr ? lit("\n") : lit("\r\n"));
	buf_add(out, lit(".\r\n"));
	*d = (struct dot_out){0};
}
