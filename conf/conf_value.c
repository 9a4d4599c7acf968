/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pair of functions per kind of value: `set_...` reads and checks, conf_value_show writes.
 * A value is put into struct conf only when it is right, so a failed reload changes nothing.
 */
#include "conf/conf_value.h"

#include <arpa/inet.h>
#include <assert.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

static void *member(const struct conf_row *r, struct conf *c)
{
	return (char *)c + r->offset;
}

static const void *member_const(const struct conf_row *r, const struct conf *c)
{
	return (const char *)c + r->offset;
}

bool conf_dns_name_valid(struct slice name)
{
	struct slice label;
	unsigned n_labels = 0;

	if (name.len > 253)
		return false;
	for (; slice_split(&name, '.', &label); n_labels++) {
		if (label.len < 1 || label.len > 63)
			return false;
		if (label.p[0] == '-' || label.p[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++) {
			int c = (unsigned char)label.p[i];

			if (!(c >= 'a' && c <= 'z') && !ascii_digit(c) && c != '-')
				return false;
		}
	}
	return n_labels >= 2;
}

/* "192.0.2.1:119" or "[2001:db8::1]:119"; port 0 lets the kernel choose. */
static bool listen_valid(struct slice s)
{
	char text[64];
	struct in6_addr address;
	uint64_t port;
	size_t colon = s.len;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || !text_number(slice_from(s, colon), 65535, &port))
		return false;

	struct slice host = slice_head(s, colon - 1);
	bool v6 = host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']';
	if (v6)
		host = slice_of(host.p + 1, host.len - 2);
	return slice_cstr(host, text, sizeof text) &&
	       inet_pton(v6 ? AF_INET6 : AF_INET, text, &address) == 1;
}

static bool choice_valid(struct slice choices, struct slice value)
{
	struct slice one;

	while (slice_split(&choices, '|', &one))
		if (slice_eq(one, value))
			return true;
	return false;
}

/* Seconds, or with s, m, h. */
static bool parse_time(struct slice s, uint64_t max, uint64_t *n_out)
{
	uint64_t unit = 1;
	int last = s.len > 0 ? ascii_lower((unsigned char)s.p[s.len - 1]) : 0;

	if (last == 'm')
		unit = 60;
	else if (last == 'h')
		unit = 3600;
	else if (last == 'd')
		unit = 86400;
	if (last == 's' || unit > 1)
		s = slice_head(s, s.len - 1);
	if (!text_number(s, max / unit, n_out))
		return false;
	*n_out *= unit;
	return true;
}

/* What is wrong with the text of a string-like value, or NULL. */
static const char *string_fault(const struct conf_row *r, struct slice s)
{
	if (s.len < r->min)
		return "must be set";
	if (s.len > r->max)
		return "is too long";
	if (s.len == 0)
		return NULL;
	if (r->type == CONF_PATH && s.p[0] != '/')
		return "is not absolute";
	if (r->type == CONF_NAME && !conf_dns_name_valid(s))
		return "is no DNS name";
	if (r->type == CONF_CHOICE && !choice_valid(slice_str(r->choices), s))
		return "is not known";
	return NULL;
}

static const char *set_string(const struct conf_row *r, struct conf *c, struct slice s)
{
	char **to = member(r, c);
	const char *fault = string_fault(r, s);

	if (fault)
		return fault;
	free(*to);
	*to = mem_dup(s);
	return NULL;
}

static const char *set_bool(const struct conf_row *r, struct conf *c, struct slice s)
{
	bool *to = member(r, c);
	bool on = choice_valid(lit("on|yes|true"), s);

	if (!on && !choice_valid(lit("off|no|false"), s))
		return "is neither on nor off";
	*to = on;
	return NULL;
}

static bool parse_number(enum conf_type type, struct slice s, uint64_t *n_out)
{
	if (type == CONF_SIZE)
		return text_size(s, UINT64_MAX, n_out);
	if (type == CONF_TIME)
		return parse_time(s, UINT64_MAX, n_out);
	return text_number(s, UINT64_MAX, n_out);
}

static const char *set_number(const struct conf_row *r, struct conf *c, struct slice s)
{
	uint64_t n, *to = member(r, c);

	if (!parse_number(r->type, s, &n))
		return "is no number of this kind";
	if (n < r->min)
		return "is too small";
	if (n > r->max)
		return "is too large";
	*to = n;
	return NULL;
}

static const char *set_one(const struct conf_row *r, struct conf *c, struct slice s)
{
	switch (r->type) {
	case CONF_STRING:
	case CONF_PATH:
	case CONF_NAME:
	case CONF_CHOICE:
		return set_string(r, c, s);
	case CONF_BOOL:
		return set_bool(r, c, s);
	case CONF_COUNT:
	case CONF_SIZE:
	case CONF_TIME:
		return set_number(r, c, s);
	case CONF_LISTEN:
	case CONF_NAMES:
		break;
	}
	assert(false); /* lists have set_list */
	return NULL;
}

static void list_free(struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct conf_list){0};
}

/* Index of the first bad element, or n. */
static size_t list_fault(const struct conf_row *r, const struct slice *v, size_t n)
{
	size_t i = 0;

	while (i < n && (r->type == CONF_LISTEN ? listen_valid(v[i]) : conf_dns_name_valid(v[i])))
		i++;
	return i;
}

static void set_list(const struct conf_row *r, struct conf *c, const struct slice *v, size_t n)
{
	struct conf_list *l = member(r, c);

	list_free(l);
	if (n == 0)
		return;
	l->v = mem_array(n, sizeof *l->v);
	l->n = n;
	for (size_t i = 0; i < n; i++)
		l->v[i] = mem_dup(v[i]);
}

static int refuse(const struct conf_row *r, struct slice value, const char *fault, struct err *err)
{
	struct buf allowed;
	struct buf shown;

	buf_init(&allowed, 200);
	buf_init(&shown, 64);
	conf_row_allowed(r, &allowed);
	utf8_add_clean(&shown, slice_head(value, 40));
	err_set(err, KERR_INVALID, "%s: \"%s\" %s, allowed: %s", r->name, buf_cstr(&shown), fault,
		buf_cstr(&allowed));
	buf_fini(&allowed);
	buf_fini(&shown);
	return KERR_INVALID;
}

int conf_value_set(const struct conf_row *r, struct conf *c, const struct slice *values,
	size_t n_values, struct err *err)
{
	if (!conf_row_is_list(r)) {
		const char *fault = set_one(r, c, values[0]);
		return fault ? refuse(r, values[0], fault, err) : 0;
	}
	if (n_values > r->max)
		return refuse(r, values[r->max], "is one too many", err);

	size_t bad = list_fault(r, values, n_values);
	if (bad < n_values)
		return refuse(r, values[bad], "is not understood", err);
	set_list(r, c, values, n_values);
	return 0;
}

void conf_value_set_default(const struct conf_row *r, struct conf *c)
{
	struct slice rest = slice_str(r->def);
	struct slice values[16];
	size_t n = 0;

	if (conf_row_is_list(r)) {
		while (n < array_len(values) && slice_split(&rest, ',', &values[n])) {
			values[n] = slice_trim(values[n]);
			n++;
		}
		set_list(r, c, values, n);
	} else if (rest.len == 0) {
		*(char **)member(r, c) = mem_dup(rest); /* "": not given, may be less than min */
	} else {
		const char *fault = set_one(r, c, rest);
		assert(!fault);
		(void)fault;
	}
}

/* In double quotes, with what libconfuse would read otherwise behind a backslash. */
static void add_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\' || *s == '$')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void add_list(struct buf *b, const struct conf_list *l)
{
	buf_addz(b, l->n ? "{ " : "{}");
	for (size_t i = 0; i < l->n; i++) {
		add_quoted(b, l->v[i]);
		buf_addz(b, i + 1 < l->n ? ", " : " }");
	}
}

void conf_value_add_number(struct buf *b, enum conf_type type, uint64_t n)
{
	static const struct {
		uint64_t unit;
		enum conf_type type;
		char suffix;
	} units[] = {
		{UINT64_C(1) << 30, CONF_SIZE, 'G'},
		{UINT64_C(1) << 20, CONF_SIZE, 'M'},
		{UINT64_C(1) << 10, CONF_SIZE, 'K'},
		{86400,             CONF_TIME, 'd'},
		{3600,              CONF_TIME, 'h'},
		{60,                CONF_TIME, 'm'},
		{1,                 CONF_TIME, 's'},
	};

	for (size_t i = 0; i < array_len(units) && n > 0; i++) {
		if (units[i].type == type && n % units[i].unit == 0) {
			buf_addu(b, n / units[i].unit);
			buf_addc(b, units[i].suffix);
			return;
		}
	}
	buf_addu(b, n);
}

void conf_value_show(const struct conf_row *r, const struct conf *c, struct buf *b)
{
	const void *from = member_const(r, c);

	switch (r->type) {
	case CONF_STRING:
	case CONF_PATH:
	case CONF_NAME:
	case CONF_CHOICE:
		add_quoted(b, *(char *const *)from);
		break;
	case CONF_BOOL:
		buf_addz(b, *(const bool *)from ? "on" : "off");
		break;
	case CONF_COUNT:
	case CONF_SIZE:
	case CONF_TIME:
		conf_value_add_number(b, r->type, *(const uint64_t *)from);
		break;
	case CONF_LISTEN:
	case CONF_NAMES:
		add_list(b, from);
		break;
	}
}

bool conf_value_given(const struct conf_row *r, const struct conf *c)
{
	switch (r->type) {
	case CONF_STRING:
	case CONF_PATH:
	case CONF_NAME:
	case CONF_CHOICE:
		return **(char *const *)member_const(r, c) != '\0';
	case CONF_LISTEN:
	case CONF_NAMES:
		return ((const struct conf_list *)member_const(r, c))->n > 0;
	case CONF_BOOL:
	case CONF_COUNT:
	case CONF_SIZE:
	case CONF_TIME:
		break;
	}
	return true;
}

void conf_value_free(const struct conf_row *r, struct conf *c)
{
	switch (r->type) {
	case CONF_STRING:
	case CONF_PATH:
	case CONF_NAME:
	case CONF_CHOICE:
		free(*(char **)member(r, c));
		break;
	case CONF_LISTEN:
	case CONF_NAMES:
		list_free(member(r, c));
		break;
	case CONF_BOOL:
	case CONF_COUNT:
	case CONF_SIZE:
	case CONF_TIME:
		break;
	}
}
