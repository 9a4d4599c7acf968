/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk over the lines of a message.  The multiparts and messages that are open lie on a stack;
 * a line is a delimiter of one of them, the end of the head that is being read, or text.  The
 * innermost delimiter counts, and it ends all that was opened inside its multipart.  The frames are
 * found by a keyed hash of their boundaries, so that the depth does not slow down each line.
 */
#include "proto/msg/mime.h"

#include "proto/base/coll.h"
#include "proto/base/text.h"

enum { N_BUCKETS = 64 };

_Static_assert(MIME_MAX_DEPTH <= 32, "a bucket has a bit for each frame");

struct frame {
	uint32_t part;
	struct slice boundary; /* empty for a message/rfc822 */
	unsigned bucket;       /* of the boundary */
};

struct walk {
	struct mime *m;
	struct arena *ar;
	size_t cap; /* of m->v */
	struct frame stack[MIME_MAX_DEPTH];
	size_t depth;
	uint32_t awaited[N_BUCKETS]; /* bit i: delimiters of stack[i] still count */
	unsigned n_messages;         /* of the frames */
	uint32_t cur;                /* part being read that is on no frame, or MIME_NONE */
	uint32_t last;               /* last part closed or opened, a sibling to come hangs on it */
	bool in_head;                /* of cur */
	size_t n_lf;                 /* line ends before the line */
};

static struct mime_part *part_at(struct walk *w, uint32_t i)
{
	return &w->m->v[i];
}

static void grow(struct walk *w)
{
	struct mime_part *v;

	if (w->m->n < w->cap)
		return;
	w->cap = w->cap ? w->cap * 2 : 4;
	v = arena_alloc(w->ar, size_mul(w->cap, sizeof *v));
	if (w->m->n > 0)
		memcpy(v, w->m->v, w->m->n * sizeof *v);
	w->m->v = v;
}

static void link_child(struct walk *w, uint32_t parent, uint32_t child)
{
	uint32_t *at = &part_at(w, parent)->child;

	if (*at != MIME_NONE)
		at = &part_at(w, w->last)->next;
	*at = child;
}

/* A new part whose head begins at `at`, inside the innermost frame. */
static void open_part(struct walk *w, size_t at)
{
	uint32_t parent = w->depth ? w->stack[w->depth - 1].part : MIME_NONE;
	uint32_t i = (uint32_t)w->m->n;

	grow(w);
	w->m->n++;
	*part_at(w, i) = (struct mime_part){
		.head = at, .parent = parent, .child = MIME_NONE, .next = MIME_NONE};
	if (parent != MIME_NONE)
		link_child(w, parent, i);
	w->cur = i;
	w->in_head = true;
}

/* Of a boundary or of what stands behind "--": the same for "b" and "b--". */
static unsigned bucket_of(struct slice name)
{
	while (name.len > 0 && name.p[name.len - 1] == '-')
		name.len--;
	return (unsigned)(hash_keyed(name) % N_BUCKETS);
}

static void push(struct walk *w, uint32_t part, struct slice boundary)
{
	struct frame *f = &w->stack[w->depth];

	*f = (struct frame){.part = part, .boundary = boundary};
	if (boundary.len > 0) {
		f->bucket = bucket_of(boundary);
		w->awaited[f->bucket] |= 1U << w->depth;
	}
	w->depth++;
}

/* Delimiters of stack[i] are text from now on: it is closed, and this is its epilogue, or gone. */
static void forget_boundary(struct walk *w, size_t i)
{
	w->awaited[w->stack[i].bucket] &= ~(1U << i);
}

static void make_opaque(struct walk *w, struct mime_part *p)
{
	p->kind = MIME_LEAF;
	p->type = lit("application");
	p->subtype = lit("octet-stream");
	p->params.n = 0;
	w->m->cut = true;
}

static struct mime_params read_params(struct walk *w, struct slice value, size_t at)
{
	struct mime_param v[MIME_MAX_PARAMS];
	struct mime_params out = {0};

	while (out.n < MIME_MAX_PARAMS && mime_param_next(value, &at, w->ar, &v[out.n]))
		out.n++;
	if (out.n == MIME_MAX_PARAMS && at < value.len)
		w->m->cut = true;
	out.n = mime_params_join(v, out.n, w->ar);
	if (out.n > 0) {
		out.v = arena_alloc(w->ar, out.n * sizeof *v);
		memcpy(out.v, v, out.n * sizeof *v);
	}
	return out;
}

static void read_type(struct walk *w, struct mime_part *p, struct slice value)
{
	struct slice type, subtype;
	size_t at = 0;

	p->type = lit("text");
	p->subtype = lit("plain");
	p->params.n = 0;
	if (!mime_token_next(value, &at, &type) || !mime_slash_next(value, &at) ||
		!mime_token_next(value, &at, &subtype))
		return;
	p->type = type;
	p->subtype = subtype;
	p->params = read_params(w, value, at);
}

/* A type that cannot be read means attachment when more is said.  RFC 2183 section 2.8 */
static void read_disposition(struct walk *w, struct mime_part *p, struct slice value)
{
	struct slice type;
	size_t at = 0;
	bool known = mime_token_next(value, &at, &type);

	p->disposition_params = read_params(w, value, at);
	if (known)
		p->disposition = type;
	else if (p->disposition_params.n > 0)
		p->disposition = lit("attachment");
}

static void read_encoding(struct mime_part *p, struct slice value)
{
	size_t at = 0;

	if (!mime_token_next(value, &at, &p->encoding))
		p->encoding = slice_of(NULL, 0);
}

static void keep_text(struct walk *w, struct slice *where, struct slice value)
{
	*where = header_unfold(value, w->ar);
}

/* Of a doubled field the first one counts. */
static void read_field(struct walk *w, struct mime_part *p, const struct header_field *f)
{
	struct slice name = slice_from(f->name, strlen("Content-"));

	if (slice_eq_ci(name, lit("Type")) && !p->type.p)
		read_type(w, p, f->value);
	else if (slice_eq_ci(name, lit("Disposition")) && !p->disposition.p)
		read_disposition(w, p, f->value);
	else if (slice_eq_ci(name, lit("Transfer-Encoding")) && !p->encoding.p)
		read_encoding(p, f->value);
	else if (slice_eq_ci(name, lit("ID")) && !p->id.p)
		keep_text(w, &p->id, f->value);
	else if (slice_eq_ci(name, lit("Description")) && !p->description.p)
		keep_text(w, &p->description, f->value);
	else if (slice_eq_ci(name, lit("MD5")) && !p->md5.p)
		keep_text(w, &p->md5, f->value);
	else if (slice_eq_ci(name, lit("Location")) && !p->location.p)
		keep_text(w, &p->location, f->value);
	else if (slice_eq_ci(name, lit("Language")) && !p->language.p)
		keep_text(w, &p->language, f->value);
}

/* Without a type: message/rfc822 in a digest (RFC 2046 section 5.1.5), else text/plain. */
static void default_type(struct walk *w, struct mime_part *p)
{
	const struct mime_part *parent = p->parent == MIME_NONE ? NULL : part_at(w, p->parent);
	bool digest = parent && parent->kind == MIME_MULTIPART &&
		      slice_eq_ci(parent->subtype, lit("digest"));

	p->type = digest ? lit("message") : lit("text");
	p->subtype = digest ? lit("rfc822") : lit("plain");
}

static void read_head(struct walk *w, struct mime_part *p)
{
	struct slice head = slice_head(mime_head(w->m, p), MIME_MAX_HEAD);
	struct header_field f;
	size_t at = 0;

	w->m->cut |= p->head_len > MIME_MAX_HEAD;
	while (mime_field_next(head, &at, &f))
		if (slice_starts_ci(f.name, lit("Content-")))
			read_field(w, p, &f);
	if (!p->type.p)
		default_type(w, p);
}

/* Without the blanks and the line end behind it. */
static struct slice trim_end(struct slice s)
{
	struct slice rest = slice_trim(s);

	return slice_of(s.p, rest.len > 0 ? (size_t)(rest.p + rest.len - s.p) : 0);
}

static void begin_multipart(struct walk *w, struct mime_part *p)
{
	struct slice boundary = trim_end(mime_param_get(&p->params, lit("boundary")));

	if (boundary.len == 0 || boundary.len > MIME_MAX_BOUNDARY) {
		read_type(w, p, slice_of(NULL, 0));
		return;
	}
	if (w->depth == MIME_MAX_DEPTH) {
		make_opaque(w, p);
		return;
	}
	p->kind = MIME_MULTIPART;
	push(w, w->cur, boundary);
	w->cur = MIME_NONE;
}

static void begin_message(struct walk *w, struct mime_part *p)
{
	if (w->depth == MIME_MAX_DEPTH || w->n_messages == MIME_MAX_MESSAGES ||
		w->m->n >= MIME_MAX_PARTS - 1) {
		make_opaque(w, p);
		return;
	}
	p->kind = MIME_MESSAGE;
	w->n_messages++;
	push(w, w->cur, slice_of(NULL, 0));
	open_part(w, p->body);
}

/*
 * message/global is a leaf: RFC 3501 section 9 (media-message) has an ENVELOPE for RFC822 alone,
 * and a client that keeps to it could not read the rest.
 */
static bool is_message(const struct mime_part *p)
{
	return slice_eq_ci(p->type, lit("message")) && slice_eq_ci(p->subtype, lit("rfc822"));
}

/* The head of the current part ends before `at`. */
static void end_head(struct walk *w, size_t at)
{
	struct mime_part *p = part_at(w, w->cur);

	w->in_head = false;
	p->head_len = at - p->head;
	p->body = at;
	p->n_lines = w->n_lf;
	read_head(w, p);
	if (slice_eq_ci(p->type, lit("multipart")))
		begin_multipart(w, p);
	else if (is_message(p))
		begin_message(w, p);
}

/* The body of a part ends before `end`; `n_lf` line ends lie before that place. */
static void end_body(struct walk *w, uint32_t i, size_t end, size_t n_lf)
{
	struct mime_part *p = part_at(w, i);
	bool empty = end <= p->body;

	p->body_len = empty ? 0 : end - p->body;
	p->n_lines = empty ? 0 : n_lf - p->n_lines;
	w->last = i;
}

/* How many bytes of a line end stand before `at`.  They belong to the delimiter there. */
static size_t line_break(struct slice msg, size_t at)
{
	struct slice before = slice_head(msg, at);

	if (slice_ends(before, lit("\r\n")))
		return 2;
	return slice_ends(before, lit("\n")) ? 1 : 0;
}

/* End the current part and all frames but the first `keep`, at the line that begins at `at`. */
static void close_parts(struct walk *w, size_t keep, size_t at, bool delimiter)
{
	size_t nl = delimiter ? line_break(w->m->msg, at) : 0;
	size_t end = at - nl, n_lf = w->n_lf - (nl > 0);

	while (w->in_head)
		end_head(w, at);
	if (w->cur != MIME_NONE)
		end_body(w, w->cur, end, n_lf);
	w->cur = MIME_NONE;
	while (w->depth > keep) {
		struct frame *f = &w->stack[--w->depth];

		forget_boundary(w, w->depth);
		w->n_messages -= f->boundary.len == 0;
		end_body(w, f->part, end, n_lf);
	}
}

/* The innermost frame that the line is a delimiter of; depth when it is none. */
static size_t find_frame(const struct walk *w, struct slice line, bool *last_out)
{
	struct slice name, stem;
	uint32_t bits;

	if (w->depth == 0 || !slice_starts(line, lit("--")))
		return w->depth;
	name = trim_end(slice_from(line, 2));
	if (name.len == 0 || name.len > MIME_MAX_BOUNDARY + 2)
		return w->depth;
	stem = slice_ends(name, lit("--")) ? slice_head(name, name.len - 2) : slice_of(NULL, 0);
	bits = w->awaited[bucket_of(name)];
	for (size_t i = w->depth; bits != 0 && i-- > 0; bits &= ~(1U << i)) {
		if (!(bits & 1U << i))
			continue;
		*last_out = slice_eq(w->stack[i].boundary, stem);
		if (*last_out || slice_eq(w->stack[i].boundary, name))
			return i;
	}
	return w->depth;
}

/* The tree is full: all that is left is one leaf, and the walk ends.  The last place is its own. */
static void take_rest(struct walk *w, size_t at)
{
	struct slice rest = slice_from(w->m->msg, at);
	size_t n;

	open_part(w, at);
	struct mime_part *p = part_at(w, w->cur);
	p->body = at;
	p->n_lines = w->n_lf;
	w->in_head = false;
	make_opaque(w, p);
	while ((n = slice_chr(rest, '\n')) < rest.len) {
		rest = slice_from(rest, n + 1);
		w->n_lf++;
	}
}

/* One line; false when nothing more is to be looked at. */
static bool take_line(struct walk *w, size_t at, struct slice line)
{
	bool last = false, lf = slice_ends(line, lit("\n"));
	size_t i = find_frame(w, line, &last), next = at + line.len;

	if (i == w->depth) {
		w->n_lf += lf;
		if (w->in_head && (slice_eq(line, lit("\r\n")) || slice_eq(line, lit("\n"))))
			end_head(w, next);
		return true;
	}
	close_parts(w, i + 1, at, true);
	w->n_lf += lf;
	if (last)
		forget_boundary(w, i);
	if (!last && w->m->n == MIME_MAX_PARTS - 1) {
		take_rest(w, next);
		return false;
	}
	if (!last)
		open_part(w, next);
	return true;
}

void mime_parse(struct mime *m, struct slice msg, struct arena *ar)
{
	struct walk w = {.m = m, .ar = ar};
	size_t at = 0, n;

	*m = (struct mime){.msg = msg.p ? msg : lit("")};
	open_part(&w, 0);
	for (; at < msg.len; at += n) {
		struct slice rest = slice_from(msg, at);

		n = slice_chr(rest, '\n');
		n += n < rest.len;
		if (!take_line(&w, at, slice_head(rest, n)))
			break;
	}
	close_parts(&w, 0, msg.len, false);
}
