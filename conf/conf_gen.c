/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what repeats the rows: `conf_gen sample` makes conf/kokod.conf.sample, `conf_gen man` the
 * list of settings in docs/man/kokod.conf.5.  tests/unit/conf_drift.sh compares both with what
 * is in the tree, so they cannot say anything else than the parser does.
 */
#include <stdio.h>

#include "conf/conf_schema.h"
#include "conf/conf_value.h"

static const char sample_head[] =
	"# kokod.conf - settings of kokod.  Made by conf_gen from conf/conf_schema.c; see\n"
	"# kokod.conf(5).  Each default is shown behind a #.  Files in conf.d/*.conf are read\n"
	"# afterwards.  `kokod -t` checks, SIGHUP reloads.\n";

static bool is_required(const struct conf_row *r)
{
	return r->min > 0 && r->def[0] == '\0';
}

static void add_about(struct buf *b, const struct conf_row *r, const struct conf *defaults)
{
	conf_row_allowed(r, b);
	if (is_required(r)) {
		buf_addz(b, "; must be set");
		return;
	}
	buf_addz(b, "; default ");
	conf_value_show(r, defaults, b);
}

static void sample_row(const struct conf_row *r, const struct conf *defaults)
{
	const char *indent = conf_row_block(r).len ? "\t" : "";
	struct buf about, value;

	buf_init(&about, 500);
	buf_init(&value, 500);
	conf_row_allowed(r, &about);
	conf_value_show(r, defaults, &value);
	printf("\n%s# %s\n", indent, r->help);
	printf("%s# allowed: %s%s\n", indent, buf_cstr(&about),
		is_required(r) ? "; must be set" : "");
	printf("%s#%s = %s\n", indent, conf_row_key(r), buf_cstr(&value));
	buf_fini(&about);
	buf_fini(&value);
}

static void print_sample(const struct conf *defaults)
{
	struct slice block = {0};

	fputs(sample_head, stdout);
	for (size_t i = 0; i < conf_n_rows; i++) {
		struct slice next = conf_row_block(&conf_rows[i]);

		if (!slice_eq(next, block)) {
			printf("%s\n%.*s {\n", block.len ? "}\n" : "", SLICE_ARG(next));
			block = next;
		}
		sample_row(&conf_rows[i], defaults);
	}
	puts("}");
}

/* Text for troff: a hyphen is a minus, a backslash is said. */
static void print_troff(const char *s)
{
	for (; *s; s++) {
		if (*s == '-')
			fputs("\\-", stdout);
		else if (*s == '\\')
			fputs("\\e", stdout);
		else
			putchar(*s);
	}
}

static void print_man(const struct conf *defaults)
{
	for (size_t i = 0; i < conf_n_rows; i++) {
		struct buf about;

		buf_init(&about, 1000);
		add_about(&about, &conf_rows[i], defaults);
		fputs(".TP\n.B ", stdout);
		print_troff(conf_rows[i].name);
		putchar('\n');
		print_troff(conf_rows[i].help);
		fputs(".\n.br\nAllowed: ", stdout);
		print_troff(buf_cstr(&about));
		puts(".");
		buf_fini(&about);
	}
}

int main(int argc, char **argv)
{
	struct conf *defaults = conf_default();
	int status = 0;

	if (argc == 2 && strcmp(argv[1], "sample") == 0) {
		print_sample(defaults);
	} else if (argc == 2 && strcmp(argv[1], "man") == 0) {
		print_man(defaults);
	} else {
		fputs("usage: conf_gen sample|man\n", stderr);
		status = 2;
	}
	conf_free(defaults);
	return status;
}
