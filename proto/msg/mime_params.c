/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameters in sections: "name*0*=utf-8''a; name*1=b" is "name*=utf-8''ab".  There are at most
 * MIME_MAX_PARAMS of them, so that looking for each section is cheap.  RFC 2231
 */
#include "proto/base/buf.h"
#include "proto/base/text.h"
#include "proto/msg/mime.h"

/* "name*12*" is section 12 of name, extended. */
struct section {
	struct slice name; /* empty: the parameter is whole */
	size_t number;
	bool extended;
};

static struct section read_section(struct slice name)
{
	struct section s = {.extended = slice_ends(name, lit("*"))};
	size_t at;
	uint64_t n;

	name.len -= s.extended;
	at = name.len;
	while (at > 0 && ascii_digit((unsigned char)name.p[at - 1]))
		at--;
	if (at < 2 || name.p[at - 1] != '*' ||
		!text_number(slice_from(name, at), MIME_MAX_PARAMS - 1, &n))
		return s;
	s.name = slice_head(name, at - 1);
	s.number = (size_t)n;
	return s;
}

/* The sections of one parameter: place[i] is where section i stands. */
struct sections {
	size_t place[MIME_MAX_PARAMS];
	size_t n;
	bool extended; /* one of them is */
	bool complete; /* each of 0..n-1 is there once */
};

static void find_sections(
	struct sections *all, const struct section *v, size_t n, struct slice name)
{
	bool seen[MIME_MAX_PARAMS] = {false};
	size_t highest = 0;

	*all = (struct sections){.complete = true};
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_ci(v[i].name, name))
			continue;
		if (seen[v[i].number])
			all->complete = false;
		seen[v[i].number] = true;
		all->place[v[i].number] = i;
		all->extended |= v[i].extended;
		highest = v[i].number > highest ? v[i].number : highest;
		all->n++;
	}
	all->complete &= highest + 1 == all->n;
}

/* RFC 2231 section 7, attribute-char */
static bool is_attribute_char(unsigned char ch)
{
	return ch > 32 && ch < 127 && !strchr("*'%()<>@,;:\\\"/[]?=", ch);
}

static void add_escaped(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (is_attribute_char(ch))
			buf_addc(b, s.p[i]);
		else
			buf_addf(b, "%%%02X", ch);
	}
}

/* When one section is extended the whole value is: what stands plain in others gets escapes. */
static struct slice join_values(const struct mime_param *v, const struct section *sections,
	const struct sections *all, struct arena *ar)
{
	struct slice value;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	if (all->extended && !sections[all->place[0]].extended)
		buf_add(&b, lit("''")); /* no charset, no language */
	for (size_t i = 0; i < all->n; i++) {
		size_t at = all->place[i];

		if (all->extended && !sections[at].extended)
			add_escaped(&b, v[at].value);
		else
			buf_add(&b, v[at].value);
	}
	value = arena_dup(ar, buf_slice(&b));
	buf_fini(&b);
	return value;
}

static struct slice join_name(struct slice name, bool extended, struct arena *ar)
{
	struct slice joined;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_add(&b, name);
	if (extended)
		buf_addc(&b, '*');
	joined = arena_dup(ar, buf_slice(&b));
	buf_fini(&b);
	return joined;
}

size_t mime_params_join(struct mime_param *v, size_t n, struct arena *ar)
{
	struct mime_param out[MIME_MAX_PARAMS];
	struct section sections[MIME_MAX_PARAMS];
	struct sections all = {.complete = false};
	size_t n_out = 0;

	for (size_t i = 0; i < n; i++)
		sections[i] = read_section(v[i].name);
	for (size_t i = 0; i < n; i++) {
		const struct section *s = &sections[i];

		if (s->name.len > 0)
			find_sections(&all, sections, n, s->name);
		if (s->name.len == 0 || !all.complete)
			out[n_out++] = v[i];
		else if (s->number == 0)
			out[n_out++] =
				(struct mime_param){.name = join_name(s->name, all.extended, ar),
					.value = join_values(v, sections, &all, ar)};
	}
	if (n_out > 0)
		memcpy(v, out, n_out * sizeof *v);
	return n_out;
}
