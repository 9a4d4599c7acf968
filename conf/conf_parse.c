/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libconfuse reads blocks, keys, strings and lists; every value goes to conf_value_set the moment
 * it is read, so that a fault is reported with its line.  All options are text to libconfuse.
 *
 * libconfuse 3.3 miscounts lines behind comments and takes the end of the file inside a block, so
 * `prepare` goes first: libconfuse sees no comment, no open string and no open brace.
 */
#include "conf/conf_parse.h"

#include <assert.h>
#include <confuse.h>
#include <stdio.h>

#include "conf/conf_schema.h"
#include "conf/conf_value.h"
#include "proto/base/coll.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { VALUES_MAX = 256 }; /* elements of one list */

/* The parse that is going on; libconfuse hands no argument to its callbacks. */
static struct parse {
	const char *file;
	struct conf *conf;
	struct err *err;
	bool failed;
} * current;

static int fail(struct parse *p, unsigned line, const char *what)
{
	if (!p->failed)
		err_set(p->err, KERR_INVALID, "%s:%u: %s", p->file, line, what);
	p->failed = true;
	return KERR_INVALID;
}

/* The row of a key that libconfuse found, or was asked for, in a block. */
static void full_name(const cfg_t *cfg, const char *key, struct buf *b)
{
	if (strcmp(cfg->name, "root") != 0)
		buf_addf(b, "%s.", cfg->name);
	buf_addz(b, key);
}

static void fail_unknown(cfg_t *cfg, const char *key)
{
	struct buf name, line;

	buf_init(&name, 400);
	buf_init(&line, 300);
	full_name(cfg, key, &name);
	utf8_add_clean(&line, slice_head(buf_slice(&name), 60));
	buf_addz(&line, ": unknown key");
	size_t known = line.len;
	buf_addz(&line, ", did you mean ");
	size_t asked = line.len;
	conf_row_near(buf_slice(&name), &line);
	if (line.len > asked)
		buf_addc(&line, '?');
	else
		buf_cut(&line, known);
	fail(current, (unsigned)cfg->line, buf_cstr(&line));
	buf_fini(&name);
	buf_fini(&line);
}

/* libconfuse has met what it cannot read; its texts name the token. */
static void PRINTF_LIKE(2, 0) on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[200], key[120];

	vsnprintf(text, sizeof text, fmt, ap);
	if (sscanf(text, "no such option '%119[^']'", key) == 1)
		fail_unknown(cfg, key);
	else
		fail(current, (unsigned)cfg->line, text);
}

/* A value was read (for lists: all so far): take it. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	struct slice values[VALUES_MAX];
	struct err why = {{0}};
	struct buf name;
	unsigned n = cfg_opt_size(opt);

	buf_init(&name, 400);
	full_name(cfg, opt->name, &name);
	const struct conf_row *row = conf_row_find(buf_slice(&name));
	assert(row); /* the options are made from the rows */
	buf_fini(&name);

	if (n > VALUES_MAX)
		n = VALUES_MAX; /* more than any row allows */
	for (unsigned i = 0; i < n; i++)
		values[i] = slice_str(cfg_opt_getnstr(opt, i));
	if (conf_value_set(row, current->conf, values, n, &why) < 0)
		return fail(current, (unsigned)cfg->line, why.text);
	return 0;
}

static cfg_opt_t option_of(const struct conf_row *r)
{
	cfg_opt_t one = CFG_STR(conf_row_key(r), NULL, CFGF_NODEFAULT);
	cfg_opt_t list = CFG_STR_LIST(conf_row_key(r), NULL, CFGF_NODEFAULT);
	cfg_opt_t opt = conf_row_is_list(r) ? list : one;

	opt.validcb = on_value;
	return opt;
}

static void add_option(struct vec *v, cfg_opt_t opt)
{
	*(cfg_opt_t *)vec_push(v) = opt;
}

/* The options of the rows of one block, rows[0..n), with libconfuse's end mark. */
static void add_rows(struct vec *v, const struct conf_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_option(v, option_of(&rows[i]));
}

/* How many rows from `rows` on are in the same block. */
static size_t block_rows(const struct conf_row *rows, size_t max)
{
	size_t n = 1;

	while (n < max && slice_eq(conf_row_block(&rows[n]), conf_row_block(&rows[0])))
		n++;
	return n;
}

/* A new parser that knows all rows. */
static cfg_t *parser_new(void)
{
	const cfg_opt_t end = CFG_END();
	struct arena names;
	struct vec root, block;
	size_t n;

	arena_init(&names);
	vec_init(&root, sizeof(cfg_opt_t));
	for (size_t i = 0; i < conf_n_rows; i += n) {
		struct slice name = conf_row_block(&conf_rows[i]);

		n = block_rows(&conf_rows[i], conf_n_rows - i);
		if (name.len == 0) {
			add_rows(&root, &conf_rows[i], n);
			continue;
		}
		vec_init(&block, sizeof(cfg_opt_t));
		add_rows(&block, &conf_rows[i], n);
		add_option(&block, end);
		cfg_opt_t *opts = arena_alloc(&names, block.n * sizeof *opts);
		memcpy(opts, block.data, block.n * sizeof *opts);
		add_option(&root, (cfg_opt_t)CFG_SEC(arena_dup(&names, name).p, opts, CFGF_NONE));
		vec_fini(&block);
	}
	add_option(&root, end);
	cfg_t *cfg = cfg_init(root.data, CFGF_NONE); /* copies the options */
	vec_fini(&root);
	arena_fini(&names);
	return cfg;
}

/* Position behind a quoted string that begins at i, or 0 when it does not end on its line. */
static size_t string_end(const char *p, size_t len, size_t i)
{
	char quote = p[i++];

	while (i < len && p[i] != quote && p[i] != '\n')
		i += p[i] == '\\' && i + 1 < len && p[i + 1] != '\n' ? 2 : 1;
	return i < len && p[i] == quote ? i + 1 : 0;
}

static size_t blank_line(char *p, size_t len, size_t i)
{
	while (i < len && p[i] != '\n')
		p[i++] = ' ';
	return i;
}

/* The line of the outermost brace that is open, and how deep. */
struct braces {
	unsigned line;
	int depth;
};

static void count_brace(struct braces *b, char c, unsigned line)
{
	if (c == '{' && b->depth++ == 0)
		b->line = line;
	else if (c == '}' && b->depth > 0)
		b->depth--;
}

/* Replace comments by blanks; open strings and braces, and comments of another style, are faults.
 */
static int prepare(struct parse *p, char *text, size_t len)
{
	struct braces braces = {0};
	unsigned line = 1;
	size_t i = 0;

	while (i < len) {
		char c = text[i];
		bool starts = i == 0 || strchr(" \t\n;", text[i - 1]);

		if (c == '#') {
			i = blank_line(text, len, i);
		} else if (c == '"' || c == '\'') {
			i = string_end(text, len, i);
			if (i == 0)
				return fail(p, line, "the quoted text does not end on this line");
		} else if (c == '/' && starts && (text[i + 1] == '*' || text[i + 1] == '/')) {
			return fail(p, line, "comments begin with #");
		} else {
			count_brace(&braces, c, line);
			line += c == '\n';
			i++;
		}
	}
	return braces.depth > 0 ? fail(p, braces.line, "this brace is not closed") : 0;
}

/* A line that holds NUL or bytes that are no UTF-8, or 0. */
static unsigned bad_line(struct slice text)
{
	struct slice line;

	for (unsigned n = 1; slice_split(&text, '\n', &line); n++)
		if (!utf8_valid(line) || slice_chr(line, '\0') < line.len)
			return n;
	return 0;
}

static int parse(struct parse *p, char *text, size_t len)
{
	unsigned bad = bad_line(slice_of(text, len));

	if (bad)
		return fail(p, bad, "not UTF-8 text");
	if (prepare(p, text, len) < 0)
		return KERR_INVALID;

	cfg_t *cfg = parser_new();
	cfg_set_error_function(cfg, on_error);
	current = p;
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
		fail(p, (unsigned)cfg->line, "not understood");
	current = NULL;
	cfg_free(cfg);
	return p->failed ? KERR_INVALID : 0;
}

int conf_parse_text(const char *file, struct slice text, struct conf *c, struct err *err)
{
	struct parse p = {.file = file, .conf = c, .err = err};

	if (text.len > CONF_FILE_MAX)
		return err_set(err, KERR_TOOBIG, "%s: over %d bytes", file, CONF_FILE_MAX);

	char *copy = mem_dup(text);
	int rc = parse(&p, copy, text.len);
	free(copy);
	return rc;
}
