/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header fields.  One function, check_line, says what a line of a head may be, so that both ways
 * of reading give the same reasons.  A line is judged when its LF is there; only its length is
 * judged before, in a way that gives the same answer as judging it whole.
 */
#include "proto/msg/header.h"

#include "proto/base/text.h"

const struct msg_limits msg_limits_inject = {
	.max_line = MSG_MAX_LINE,
	.max_body_line = MSG_MAX_LINE,
	.max_head = MSG_MAX_HEAD - MSG_ROOM_HEAD,
	.max_fields = MSG_MAX_FIELDS - MSG_ROOM_FIELDS,
	.max_bytes = MSG_MAX_BYTES,
};

const struct msg_limits msg_limits_relay = {
	.max_line = MSG_MAX_LINE,
	.max_body_line = 0,
	.max_head = MSG_MAX_HEAD,
	.max_fields = MSG_MAX_FIELDS,
	.max_bytes = MSG_MAX_BYTES + MSG_ROOM_HEAD,
};

static bool over(size_t n, size_t max)
{
	return max > 0 && n > max;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Judge a line: `line` without its LF (and with its CR), or, when `whole` is false, what of it has
 * arrived.  The reason to refuse it, or NULL.
 */
static const char *check_line(struct slice line, bool whole, const struct msg_limits *limits)
{
	bool cr = line.len > 0 && line.p[line.len - 1] == '\r';

	if (over(line.len - cr, limits->max_line))
		return "line of the head is too long";
	if (!whole)
		return NULL;
	if (!cr)
		return "LF without CR in the head";
	if (slice_chr(line, '\r') != line.len - 1)
		return "CR without LF in the head";
	if (slice_chr(line, '\0') != line.len)
		return "NUL byte in the head";
	return NULL;
}

/* Split a whole field at its colon.  Blanks before the colon are obsolete and dropped. */
static const char *split_field(struct slice raw, struct header_field *f)
{
	size_t n = 0;

	while (n < raw.len && ascii_print((unsigned char)raw.p[n]) && raw.p[n] != ':')
		n++;
	f->name = slice_head(raw, n);
	while (n < raw.len && is_blank(raw.p[n]))
		n++;
	if (f->name.len == 0 || n == raw.len || raw.p[n] != ':')
		return "line of the head without a field name";
	f->value = slice_trim(slice_from(raw, n + 1));
	f->raw = raw;
	return NULL;
}

void header_walk_init(struct header_walk *w, struct slice head, const struct msg_limits *limits)
{
	*w = (struct header_walk){.limits = limits, .head = head};
}

static enum scan walk_bad(struct header_walk *w, const char *why)
{
	w->why = why;
	return SCAN_BAD;
}

/*
 * The end of the field that begins at w->at: behind the LF of its last line.
 * SCAN_MORE when the empty line or the end of the bytes is there instead.
 */
static enum scan walk_lines(struct header_walk *w, size_t *end_out)
{
	const char *p = w->head.p;
	size_t at = w->at;

	do {
		const char *lf = at < w->head.len ? memchr(p + at, '\n', w->head.len - at) : NULL;
		size_t end = lf ? (size_t)(lf - p) : w->head.len;
		struct slice line = slice_of(p + at, end - at);
		const char *why = check_line(line, lf != NULL, w->limits);

		if (why)
			return walk_bad(w, why);
		if (!lf)
			return walk_bad(w, "head ends in the middle of a line");
		at = end + 1;
		if (line.len == 1) {
			w->at = at;
			return SCAN_MORE;
		}
		if (over(at, w->limits->max_head))
			return walk_bad(w, "head is too big");
	} while (at < w->head.len && is_blank(p[at]));
	*end_out = at;
	return SCAN_OK;
}

enum scan header_next(struct header_walk *w, struct header_field *f_out)
{
	size_t end = 0;

	if (w->at >= w->head.len)
		return SCAN_MORE;

	enum scan rc = walk_lines(w, &end);
	if (rc != SCAN_OK)
		return rc;
	const char *why = split_field(slice_of(w->head.p + w->at, end - w->at), f_out);
	if (why)
		return walk_bad(w, why);
	if (over(++w->n_fields, w->limits->max_fields))
		return walk_bad(w, "too many fields in the head");
	w->at = end;
	return SCAN_OK;
}

void header_init(struct header_parser *p, const struct msg_limits *limits)
{
	size_t max = limits->max_head ? limits->max_head + MSG_MAX_LINE + 2 : SIZE_MAX;

	*p = (struct header_parser){.limits = limits};
	buf_init(&p->field, max);
}

void header_fini(struct header_parser *p)
{
	buf_fini(&p->field);
}

static enum scan take_bad(struct header_parser *p, const char *why)
{
	p->why = why;
	return SCAN_BAD;
}

/* What is collected is a whole field: give it out. */
static enum scan give(struct header_parser *p, struct header_field *f_out)
{
	const char *why = split_field(buf_slice(&p->field), f_out);

	if (why)
		return take_bad(p, why);
	if (over(++p->n_fields, p->limits->max_fields))
		return take_bad(p, "too many fields in the head");
	p->head_len += p->field.len;
	p->taken = true;
	return SCAN_OK;
}

/* Of n bytes that the line goes on with, those that are worth keeping: enough to see it too long.
 */
static size_t line_room(const struct header_parser *p, size_t n)
{
	size_t have = p->field.len - p->line_at, max = p->limits->max_line;

	return max > 0 && have + n > max + 2 ? max + 2 - have : n;
}

/* Add the next bytes of the line being collected; *used grows; SCAN_OK when its LF was taken. */
static enum scan collect_line(struct header_parser *p, struct slice in, size_t *used)
{
	struct slice rest = slice_from(in, *used);
	size_t n = slice_chr(rest, '\n');
	bool whole = n < rest.len;

	buf_add(&p->field, slice_head(rest, line_room(p, n)));
	struct slice line = slice_from(buf_slice(&p->field), p->line_at);
	const char *why = check_line(line, whole, p->limits);
	if (!why && p->field.bad)
		why = "head is too big";
	if (why)
		return take_bad(p, why);
	*used += n + whole;
	if (!whole)
		return SCAN_MORE;
	buf_addc(&p->field, '\n');
	return SCAN_OK;
}

/*
 * A field is whole only when the byte behind it is known to be no blank: so a blank is looked for
 * at the front of each new line before anything of it is taken.
 */
static enum scan take(
	struct header_parser *p, struct slice in, size_t *used, struct header_field *f_out)
{
	while (*used < in.len) {
		bool line_begins = p->line_at == p->field.len;

		if (line_begins && p->field.len > 0 && !is_blank(in.p[*used]))
			return give(p, f_out);
		enum scan rc = collect_line(p, in, used);
		if (rc != SCAN_OK)
			return rc;
		if (p->field.len - p->line_at == 2) {
			p->ended = true;
			return SCAN_OK;
		}
		p->line_at = p->field.len;
		if (over(p->head_len + p->field.len, p->limits->max_head))
			return take_bad(p, "head is too big");
	}
	return SCAN_MORE;
}

enum scan header_take(
	struct header_parser *p, struct slice in, size_t *used_out, struct header_field *f_out)
{
	if (p->taken) {
		buf_reset(&p->field);
		p->line_at = 0;
		p->taken = false;
	}
	*used_out = 0;
	enum scan rc = p->why ? SCAN_BAD : take(p, in, used_out, f_out);
	if (rc == SCAN_BAD)
		*used_out = in.len;
	return rc;
}

struct slice header_unfold(struct slice value, struct arena *ar)
{
	char *p;
	size_t n = 0;

	if (slice_chr(value, '\n') == value.len)
		return value;
	p = arena_alloc(ar, value.len);
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n')
			p[n++] = value.p[i];
	return slice_of(p, n);
}

void header_add_flat(struct buf *b, struct slice value)
{
	char *p = buf_room(b, value.len);
	size_t n = 0;

	if (!p)
		return;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];
		if (c == '\r' && i + 1 < value.len && value.p[i + 1] == '\n') {
			i++;
			continue;
		}
		if (c == '\t' || c == '\r' || c == '\n' || c == '\0')
			c = ' ';
		p[n++] = c;
	}
	buf_commit(b, n);
}

size_t header_collapse(struct slice value, char *out)
{
	bool blank = false;
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];
		if (is_blank(c) || c == '\r' || c == '\n') {
			blank = n > 0;
			continue;
		}
		if (blank)
			out[n++] = ' ';
		blank = false;
		out[n++] = c;
	}
	return n;
}
