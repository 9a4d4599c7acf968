/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address lists.  Words are collected until a delimiter says what they were: `<` makes them a
 * display name, `:` a group's name, `@` a local part.  The state is one struct and nothing
 * recurses; memory beside the result is bounded by the value's length.
 */
#include "proto/msg/address.h"

#include "proto/base/err.h"
#include "proto/base/scan.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

struct parser {
	struct cursor c;
	struct arena *ar;
	struct address_list *out;
	size_t max, cap;
	int rc;              /* first fault; sticky */
	struct buf name;     /* words with single blanks where blanks were */
	struct buf local;    /* the same words without blanks */
	struct buf comment;  /* the last comment of this entry */
	bool blank;          /* blanks or comments stand before the cursor */
	bool gap;            /* two words with a blank and no dot between: no local part */
	bool has_addr;       /* local and domain of this entry are known */
	struct address addr; /* the entry being made */
	bool in_angle;       /* a `<` of this entry was seen */
	bool in_group;
	bool lenient; /* what breaks the grammar is guessed */
};

static void fail(struct parser *p, int rc)
{
	if (p->rc == 0)
		p->rc = rc;
}

static bool is_atom_char(int ch)
{
	return ch > 32 && ch != 127 && (ch > 127 || !strchr("()<>[]:;@\\,\"", ch));
}

/* Append a byte to text of the result; folds vanish. */
static void add_byte(struct buf *b, int ch)
{
	if (ch != '\r' && ch != '\n')
		buf_addc(b, (char)(unsigned char)ch);
}

/* The byte behind a backslash, or the byte itself at the end of the value. */
static int unquote(struct cursor *c, int ch)
{
	if (ch == '\\' && c->at + 1 < c->in.len)
		return (unsigned char)c->in.p[++c->at];
	return ch;
}

/* A comment from its `(` on, nested ones included.  RFC 5322 section 3.2.2 */
static void take_comment(struct parser *p)
{
	int depth = 0;

	buf_reset(&p->comment);
	for (; !cursor_end(&p->c); p->c.at++) {
		int ch = cursor_peek(&p->c);
		if (ch == '(' && ++depth == 1)
			continue;
		if (depth > ADDRESS_MAX_COMMENT_DEPTH)
			break;
		if (ch == ')' && --depth == 0) {
			p->c.at++;
			return;
		}
		add_byte(&p->comment, unquote(&p->c, ch));
	}
	fail(p, KERR_INVALID);
}

static void skip_cfws(struct parser *p)
{
	size_t from = p->c.at;

	while (p->rc == 0) {
		int ch = cursor_peek(&p->c);
		if (ch == '(')
			take_comment(p);
		else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n')
			p->c.at++;
		else
			break;
	}
	p->blank = p->c.at > from;
}

/* A quoted string from its `"` on, quotes and quoted pairs undone.  Section 3.2.4 */
static void take_quoted(struct parser *p)
{
	for (p->c.at++; !cursor_end(&p->c); p->c.at++) {
		int ch = cursor_peek(&p->c);
		if (ch == '"') {
			p->c.at++;
			return;
		}
		ch = unquote(&p->c, ch);
		add_byte(&p->name, ch);
		add_byte(&p->local, ch);
	}
	fail(p, KERR_INVALID);
}

/* An atom (dots included) or a quoted string; false when neither is here. */
static bool take_word(struct parser *p)
{
	bool quoted = cursor_peek(&p->c) == '"';
	bool first = p->name.len == 0;
	struct slice so_far = buf_slice(&p->local);
	bool dot = cursor_peek(&p->c) == '.' || slice_ends(so_far, lit("."));

	if (!quoted && !is_atom_char(cursor_peek(&p->c)))
		return false;
	if (!first && !dot)
		p->gap = true;
	if (!first && p->blank)
		buf_addc(&p->name, ' ');
	if (quoted) {
		take_quoted(p);
	} else {
		struct slice atom = cursor_run(&p->c, is_atom_char);
		buf_add(&p->name, atom);
		buf_add(&p->local, atom);
	}
	return true;
}

static void drop_words(struct parser *p)
{
	buf_reset(&p->name);
	buf_reset(&p->local);
	p->gap = false;
}

/* "[...]" with its brackets.  Section 3.4.1 */
static void take_literal(struct parser *p)
{
	size_t from = p->c.at, n = slice_chr(cursor_rest(&p->c), ']');

	if (from + n >= p->c.in.len) {
		fail(p, KERR_INVALID);
		return;
	}
	p->c.at += n + 1;
	p->addr.domain = arena_dup(p->ar, slice_of(p->c.in.p + from, n + 1));
}

/* A domain behind its `@`; obsolete blanks around the dots are dropped.  Section 4.4 */
static void take_domain(struct parser *p)
{
	struct buf *b = &p->name;

	skip_cfws(p);
	buf_reset(b);
	if (cursor_peek(&p->c) == '[') {
		take_literal(p);
		return;
	}
	do {
		buf_add(b, cursor_run(&p->c, is_atom_char));
		skip_cfws(p);
	} while (is_atom_char(cursor_peek(&p->c)) && b->len > 0 &&
		 (cursor_peek(&p->c) == '.' || slice_ends(buf_slice(b), lit("."))));
	if (b->len == 0)
		fail(p, KERR_INVALID);
	p->addr.domain = arena_dup(p->ar, buf_slice(b));
}

/* The words so far are a local part, and `@` is here. */
static void take_spec(struct parser *p)
{
	if (p->local.len == 0 || p->gap || p->has_addr || !cursor_take(&p->c, '@')) {
		fail(p, KERR_INVALID);
		return;
	}
	p->addr.local = arena_dup(p->ar, buf_slice(&p->local));
	take_domain(p);
	drop_words(p);
	p->has_addr = true;
}

/* "@relay,@two:" in front of the local part.  Section 4.4, obs-route */
static void take_route(struct parser *p)
{
	struct slice rest = cursor_rest(&p->c);
	size_t n = slice_chr(rest, ':'), angle = slice_chr(rest, '>');

	if (n > angle || n == rest.len) {
		fail(p, KERR_INVALID);
		return;
	}
	p->addr.route = arena_dup(p->ar, slice_trim(slice_head(rest, n)));
	p->c.at += n + 1;
	skip_cfws(p);
}

/* "<local@domain>" behind its `<`.  Section 3.4, 4.4 */
static void take_angle(struct parser *p)
{
	p->addr.name = arena_dup(p->ar, buf_slice(&p->name));
	p->in_angle = true;
	drop_words(p);
	skip_cfws(p);
	if (cursor_peek(&p->c) == '@')
		take_route(p);
	while (p->rc == 0 && take_word(p))
		skip_cfws(p);
	take_spec(p);
	skip_cfws(p);
	if (!cursor_take(&p->c, '>'))
		fail(p, KERR_INVALID);
}

static void push(struct parser *p, const struct address *a)
{
	struct address_list *l = p->out;

	if (p->rc != 0)
		return;
	if (l->n >= p->max) {
		fail(p, KERR_TOOBIG);
		return;
	}
	if (l->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 4;
		struct address *v = arena_alloc(p->ar, size_mul(p->cap, sizeof *v));
		if (l->n > 0)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
	}
	l->v[l->n++] = *a;
}

/* An entry without an address: one word is a local part, more are a name. */
static void guess(struct parser *p)
{
	bool words = p->name.len > 0;

	if (p->in_angle || !p->gap)
		p->addr.local = arena_dup(p->ar, buf_slice(&p->local));
	else
		p->addr.name = arena_dup(p->ar, buf_slice(&p->name));
	p->has_addr = words || p->in_angle || p->addr.domain.len > 0;
}

/* The entry ends here; an empty one is obsolete and means nothing.  Section 4.4, obs-addr-list */
static void end_entry(struct parser *p)
{
	if (p->lenient && !p->has_addr)
		guess(p);
	if (p->has_addr) {
		if (p->addr.name.len == 0)
			p->addr.name = arena_dup(p->ar, slice_trim(buf_slice(&p->comment)));
		push(p, &p->addr);
	} else if (p->name.len > 0) {
		fail(p, KERR_INVALID);
	}
	p->addr = (struct address){.kind = ADDRESS_MAILBOX};
	p->has_addr = p->in_angle = false;
	drop_words(p);
	buf_reset(&p->comment);
}

static void begin_group(struct parser *p)
{
	struct address a = {.kind = ADDRESS_GROUP_BEGIN};

	if (p->in_group || p->has_addr || p->name.len == 0) {
		fail(p, KERR_INVALID);
		return;
	}
	a.name = arena_dup(p->ar, buf_slice(&p->name));
	push(p, &a);
	drop_words(p);
	buf_reset(&p->comment);
	p->in_group = true;
}

static void end_group(struct parser *p)
{
	end_entry(p);
	if (!p->in_group)
		fail(p, KERR_INVALID);
	push(p, &(struct address){.kind = ADDRESS_GROUP_END});
	p->in_group = false;
}

/* One delimiter or word. */
static void take_one(struct parser *p)
{
	int ch = cursor_peek(&p->c);

	if (ch == '@') {
		take_spec(p);
	} else if (ch == '<' && !p->has_addr) {
		p->c.at++;
		take_angle(p);
	} else if (ch == ',') {
		p->c.at++;
		end_entry(p);
	} else if (ch == ':') {
		p->c.at++;
		begin_group(p);
	} else if (ch == ';') {
		p->c.at++;
		if (p->in_group || !p->lenient)
			end_group(p);
		else
			end_entry(p);
	} else if (p->has_addr || !take_word(p)) {
		fail(p, KERR_INVALID);
	}
}

/* Behind a fault: the rest of the entry is passed over, but for a domain that stands alone. */
static void recover(struct parser *p)
{
	p->rc = 0;
	if (!p->has_addr && p->local.len == 0 && cursor_take(&p->c, '@'))
		take_domain(p);
	p->rc = 0;
	while (!cursor_end(&p->c) && cursor_peek(&p->c) != ',' && cursor_peek(&p->c) != ';')
		p->c.at++;
}

static void take_all(struct parser *p)
{
	for (;;) {
		skip_cfws(p);
		if (p->rc == 0 && cursor_end(&p->c))
			break;
		if (p->rc == 0)
			take_one(p);
		if (p->rc == KERR_INVALID && p->lenient)
			recover(p);
		if (p->rc != 0)
			return;
	}
	end_entry(p);
	if (p->in_group && p->lenient)
		end_group(p);
	else if (p->in_group)
		fail(p, KERR_INVALID);
}

static int parse(
	struct slice value, size_t max, bool lenient, struct arena *ar, struct address_list *out)
{
	struct parser p = {
		.c = cursor_of(value), .ar = ar, .out = out, .max = max, .lenient = lenient};

	*out = (struct address_list){0};
	buf_init(&p.name, SIZE_MAX);
	buf_init(&p.local, SIZE_MAX);
	buf_init(&p.comment, SIZE_MAX);
	take_all(&p);
	buf_fini(&p.name);
	buf_fini(&p.local);
	buf_fini(&p.comment);
	return p.rc;
}

int address_parse(struct slice value, size_t max, struct arena *ar, struct address_list *out)
{
	return parse(value, max, false, ar, out);
}

void address_parse_broken(
	struct slice value, size_t max, struct arena *ar, struct address_list *out)
{
	(void)parse(value, max, true, ar, out);
}

const struct address *address_first(const struct address_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].kind == ADDRESS_MAILBOX)
			return &l->v[i];
	return NULL;
}

bool address_eq(const struct address *a, const struct address *b)
{
	return slice_eq(a->local, b->local) && slice_eq_ci(a->domain, b->domain);
}

bool address_is(const struct address *a, struct slice spec)
{
	const char *at = spec.len ? memrchr(spec.p, '@', spec.len) : NULL;
	size_t n = at ? (size_t)(at - spec.p) : spec.len;

	return at && slice_eq(a->local, slice_head(spec, n)) &&
	       slice_eq_ci(a->domain, slice_from(spec, n + 1));
}

/* Does every byte stand for itself in an atom?  Dots count as atom in local parts only. */
static bool is_atoms(struct slice s, bool dots)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_atom_char((unsigned char)s.p[i]) || (s.p[i] == '.' && !dots))
			return false;
	return s.len > 0 && s.p[0] != '.' && s.p[s.len - 1] != '.' &&
	       slice_find(s, lit("..")) == s.len;
}

static void add_quoted(struct buf *b, struct slice s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

void address_add_spec(struct buf *b, const struct address *a)
{
	if (is_atoms(a->local, true))
		buf_add(b, a->local);
	else
		add_quoted(b, a->local);
	buf_addc(b, '@');
	buf_add(b, a->domain);
}

/* A phrase: atoms as they are, other ASCII in quotes, the rest as encoded words. */
static void add_phrase(struct buf *b, struct slice name)
{
	bool atoms = true;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c > 126 || c < 32 || slice_starts(slice_from(name, i), lit("=?"))) {
			words_encode(b, name);
			return;
		}
		atoms = atoms && (c == ' ' || (is_atom_char(c) && c != '.'));
	}
	if (atoms)
		buf_add(b, name);
	else
		add_quoted(b, name);
}

void address_add(struct buf *b, struct slice name, struct slice spec)
{
	name = slice_trim(name);
	if (name.len == 0) {
		buf_add(b, spec);
		return;
	}
	add_phrase(b, name);
	buf_add(b, lit(" <"));
	buf_add(b, spec);
	buf_addc(b, '>');
}
