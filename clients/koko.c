/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko, a person's command line for any NNTP or IMAP server: options, then one command. */
#include "clients/koko.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "clients/i18n.h"
#include "proto/base/mem.h"

static const struct {
	const char *name, *args, *help;
	int (*run)(struct koko_opts *o, char **args, int n_args, struct err *err);
} cmds[] = {
	{"groups", "[PATTERN]",                       N_("list the groups"),                       koko_groups   },
	{"read",   "GROUP [NUM | last [N] | thread]", N_("list articles, or show one"),            koko_read     },
	{"post",   "GROUP -s SUBJECT",                N_("post the text of standard input"),       koko_post_cmd },
	{"reply",  "GROUP NUM",                       N_("reply with the text of standard input"), koko_reply_cmd},
};

static const struct {
	const char *name, *value, *help;
} helps[] = {
	{"server",        "HOST:PORT",          N_("the server; also in $KOKO_SERVER")            },
	{"submission",    "HOST:PORT",          N_("send posts by mail to this server")           },
	{"tls",           NULL,                 N_("TLS from the first byte (port 563)")          },
	{"ca",            "FILE",               N_("authorities to trust instead of the system's")},
	{"user",          "LOGIN",              N_("log in; the password is asked for")           },
	{"password-file", "FILE",               N_("file with the password; or $KOKO_PASSWORD")   },
	{"from",          "\"NAME <ADDRESS>\"", N_("author of posts")                             },
	{"subject",       "TEXT",               N_("subject of a post (-s)")                      },
	{"quote",         NULL,                 N_("put the quoted text in front of a reply (-q)")},
	{"raw",           NULL,                 N_("show an article as it stands")                },
};

static void usage(FILE *to)
{
	fprintf(to, "%s: koko [%s] %s\n\n", _("usage"), _("OPTIONS"), _("COMMAND ..."));
	for (size_t i = 0; i < array_len(cmds); i++)
		fprintf(to, "  %-8s %-33s %s\n", cmds[i].name, cmds[i].args, _(cmds[i].help));
	fputc('\n', to);
	for (size_t i = 0; i < array_len(helps); i++)
		fprintf(to, "  --%-14s %-18s %s\n", helps[i].name,
			helps[i].value ? helps[i].value : "", _(helps[i].help));
	fprintf(to, "\n%s\n",
		_("Options may stand in ~/.config/koko/config as \"server = HOST\"."));
}

static const struct option longs[] = {
	{"server",           required_argument, NULL, 'S'},
	{"submission",              required_argument, NULL, 'm'},
	{"tls",		  no_argument, NULL, 't'},
	{"ca",required_argument, NULL, 'c'},
	{"user",               required_argument, NULL, 'u'},
	{"password-file",              required_argument, NULL, 'p'},
	{"from",              required_argument, NULL, 'f'},
	{"subject",                  required_argument, NULL, 's'},
	{"quote",              no_argument, NULL, 'q'},
	{"raw",               no_argument, NULL, 'r'},
	{"help",             no_argument, NULL, 'h'},
	{"version",              no_argument, NULL, 'V'},
	{0		 },
};

static void replace(char **to, const char *value)
{
	free(*to);
	*to = mem_dup(slice_str(value));
}

/* One option; -1 go on, else the exit code. */
static int take_option(struct koko_opts *o, int c)
{
	switch (c) {
	case 'S':
		replace(&o->server, optarg);
		break;
	case 'm':
		replace(&o->submission, optarg);
		break;
	case 't':
		o->tls = true;
		break;
	case 'c':
		replace(&o->ca, optarg);
		break;
	case 'u':
		replace(&o->user, optarg);
		break;
	case 'p':
		replace(&o->password_file, optarg);
		break;
	case 'f':
		replace(&o->from, optarg);
		break;
	case 's':
		replace(&o->subject, optarg);
		break;
	case 'q':
		o->quote = true;
		break;
	case 'r':
		o->raw = true;
		break;
	case 'h':
		usage(stdout);
		return KOKO_OK;
	case 'V':
		puts("koko " PACKAGE_VERSION);
		return KOKO_OK;
	default:
		usage(stderr);
		return KOKO_USAGE;
	}
	return -1;
}

static int exit_code(int rc)
{
	if (rc == 0)
		return KOKO_OK;
	if (rc == KERR_INVALID)
		return KOKO_USAGE;
	if (rc == KERR_CLOSED)
		return KOKO_NO_SERVER;
	return rc == KERR_BUSY ? KOKO_TRY_AGAIN : KOKO_FAILED;
}

static int run(struct koko_opts *o, char **args, int n_args)
{
	struct err err = {{0}};
	size_t i = 0;

	while (i < array_len(cmds) && n_args > 0 && strcmp(cmds[i].name, args[0]) != 0)
		i++;
	if (n_args == 0 || i == array_len(cmds)) {
		usage(stderr);
		return KOKO_USAGE;
	}
	int rc = cmds[i].run(o, args + 1, n_args - 1, &err);
	if (rc < 0)
		fprintf(stderr, "koko: %s\n", err.text);
	return exit_code(rc);
}

static int run_with_options(struct koko_opts *o, int argc, char **argv)
{
	struct err err = {{0}};
	int c, code = -1;

	if (koko_read_config(o, &err) < 0) {
		fprintf(stderr, "koko: %s\n", err.text);
		return KOKO_USAGE;
	}
	if (getenv("KOKO_SERVER"))
		replace(&o->server, getenv("KOKO_SERVER"));
	while (code < 0 && (c = getopt_long(argc, argv, "s:qh", longs, NULL)) != -1)
		code = take_option(o, c);
	return code < 0 ? run(o, argv + optind, argc - optind) : code;
}

int main(int argc, char **argv)
{
	struct koko_opts o = {0};

	i18n_init();
	signal(SIGPIPE, SIG_IGN);
	int code = run_with_options(&o, argc, argv);
	koko_opts_fini(&o);
	if (fflush(stdout) != 0 && code == KOKO_OK)
		code = KOKO_FAILED;
	return code;
}
