/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what repeats the command table of kokoctl: `ctl_gen man` the list of commands in
 * docs/man/kokoctl.8, `ctl_gen completion` conf/kokoctl.bash.  tests/unit/ctl_drift.sh compares
 * both with what is in the tree.
 */
#include <stdio.h>

#include "clients/ctl_cmds.h"

static void print_troff(const char *s)
{
	for (; *s; s++) {
		if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
}

static void print_man(void)
{
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		const struct ctl_cmd *c = &ctl_cmds[i];

		printf(".TP\n\\fB%s\\fR", c->words);
		if (*c->args)
			printf(" \\fI%s\\fR", c->args);
		putchar('\n');
		print_troff(c->help);
		puts(".");
		for (const struct ctl_opt *o = c->opts; o->name; o++) {
			fputs(".br\n\\fB\\-\\-", stdout);
			print_troff(o->name);
			fputs("\\fR", stdout);
			if (o->value) {
				fputs(" \\fI", stdout);
				print_troff(o->value);
				fputs("\\fR", stdout);
			}
			fputs(": ", stdout);
			print_troff(o->help);
			puts(".");
		}
	}
}

/* The first word of a command, and whether an earlier command has it too. */
static struct slice first_word(size_t i, bool *seen)
{
	struct slice rest = slice_str(ctl_cmds[i].words), word = {0}, other;

	*seen = false;
	(void)slice_word(&rest, &word);
	for (size_t k = 0; k < i; k++) {
		rest = slice_str(ctl_cmds[k].words);
		*seen |= slice_word(&rest, &other) && slice_eq(word, other);
	}
	return word;
}

/* Commands of three words stand one behind the other: the second word is said once. */
static void print_seconds(struct slice first)
{
	struct slice rest, word, last = {0};

	printf("\t%.*s) words=\"", SLICE_ARG(first));
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		rest = slice_str(ctl_cmds[i].words);
		if (!slice_word(&rest, &word) || !slice_eq(word, first) ||
			!slice_word(&rest, &word) || (last.p && slice_eq(word, last)))
			continue;
		printf("%.*s ", SLICE_ARG(word));
		last = word;
	}
	puts("\" ;;");
}

/* "federation draft" of "federation draft show"; empty for a command of two words. */
static struct slice first_two(const struct ctl_cmd *c, struct slice *third_out)
{
	struct slice rest = slice_str(c->words), word;

	if (!slice_word(&rest, &word) || !slice_word(&rest, &word) || !slice_word(&rest, third_out))
		return lit("");
	return slice_of(c->words, (size_t)(word.p + word.len - c->words));
}

static void print_thirds(size_t i)
{
	struct slice third, two = first_two(&ctl_cmds[i], &third), before;

	before = i > 0 ? first_two(&ctl_cmds[i - 1], &third) : lit("");
	if (slice_eq(two, before))
		return;
	printf("\t\"%.*s\") words=\"", SLICE_ARG(two));
	for (; i < ctl_n_cmds && slice_eq(first_two(&ctl_cmds[i], &third), two); i++) {
		printf("%.*s ", SLICE_ARG(third));
		for (const struct ctl_opt *o = ctl_cmds[i].opts; o->name; o++)
			printf("--%s ", o->name);
	}
	puts("--json --help\" ;;");
}

static void print_options(size_t i)
{
	const struct ctl_cmd *c = &ctl_cmds[i];
	struct slice third;

	if (first_two(c, &third).len > 0) {
		print_thirds(i);
		return;
	}
	if (!c->opts->name)
		return;
	printf("\t\"%s\") words=\"", c->words);
	for (const struct ctl_opt *o = c->opts; o->name; o++)
		printf("--%s ", o->name);
	puts("--json --help\" ;;");
}

static void print_completion(void)
{
	bool seen;

	puts("# bash completion for kokoctl; made by ctl_gen from clients/ctl_cmds.c\n"
	     "_kokoctl()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\"\"\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\twords=\"", stdout);
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		struct slice word = first_word(i, &seen);

		if (!seen)
			printf("%.*s ", SLICE_ARG(word));
	}
	puts("batch --socket --json --help --version\"\n"
	     "\telif [ \"$COMP_CWORD\" -eq 2 ]; then\n\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		struct slice word = first_word(i, &seen);

		if (!seen && strchr(ctl_cmds[i].words, ' '))
			print_seconds(word);
	}
	puts("\tesac\n\telse\n\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in");
	for (size_t i = 0; i < ctl_n_cmds; i++)
		print_options(i);
	puts("\t*) words=\"--json --help\" ;;\n\tesac\n\tfi\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	     "complete -o default -F _kokoctl kokoctl");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "man") == 0) {
		print_man();
	} else if (argc == 2 && strcmp(argv[1], "completion") == 0) {
		print_completion();
	} else {
		fputs("usage: ctl_gen man|completion\n", stderr);
		return 2;
	}
	return 0;
}
