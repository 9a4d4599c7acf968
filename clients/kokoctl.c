/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kokoctl, the admin's tool: words of the command line (or, in batch, of lines of standard input)
 * become requests to the control socket; answers are shown as text or JSON.
 */
#include <signal.h>
#include <stdio.h>

#include "clients/ctl_cmds.h"
#include "clients/ctl_link.h"
#include "clients/ctl_words.h"
#include "clients/i18n.h"
#include "clients/secret.h"
#include "conf/conf.h"
#include "proto/base/mem.h"

enum {
	WINDOW = 64, /* requests of a batch that are on their way */
	OUT_MAX = 64 * 1024 * 1024,
	DRAFT_MAX = 4 * 1024 * 1024, /* of a mail with a draft in it */
};

struct options {
	const char *socket;
	bool json;
	bool help;
	bool version;
	char **words; /* the command */
	size_t n_words;
};

static void complain(const char *what)
{
	fprintf(stderr, "kokoctl: %s\n", what);
}

static int usage_error(const struct ctl_cmd *cmd, const char *what)
{
	struct buf b;

	complain(what);
	buf_init(&b, 4096);
	if (cmd) {
		ctl_usage(cmd, &b);
		fprintf(stderr, "%s: %s", _("usage"), buf_cstr(&b));
	} else {
		fprintf(stderr, "%s\n", _("kokoctl --help lists the commands"));
	}
	buf_fini(&b);
	return CTL_USAGE;
}

static void print(struct buf *b, FILE *to)
{
	fputs(buf_cstr(b), to);
}

static int exit_of_open(int rc)
{
	return rc == KERR_NOTFOUND ? CTL_NO_DAEMON : CTL_FAILED;
}

/* ---- secrets ---- */

/* Read it from where the options say, or ask for it. */
static int read_secret(struct ctl_request *r, const char *key, bool may_ask,
	char secret[SECRET_MAX], struct err *err)
{
	bool password = strcmp(key, "password") == 0;

	if (r->password_stdin && !may_ask)
		return err_set(err, KERR_INVALID, _("--%s-stdin is not for batch"), key);
	if (r->password_stdin || r->password_file)
		return secret_read(r->password_stdin ? NULL : r->password_file, secret, err);
	if (may_ask)
		return secret_ask(
			password ? _("password") : _("recovery code"), password, secret, err);
	return err_set(err, KERR_INVALID,
		password ? _("--hash or --password-file is missing") : _("--code-file is missing"));
}

/* Put the password, or the recovery code, into the request. */
static int add_secret(struct ctl_request *r, bool may_ask, struct err *err)
{
	const char *key = ctl_wants_secret(r);
	char secret[SECRET_MAX];
	int rc;

	if (!key)
		return 0;
	rc = read_secret(r, key, may_ask, secret, err);
	if (rc == 0) {
		json_t *text = json_string(secret);

		if (text)
			json_object_set_new(r->args, key, text);
		else
			rc = err_set(err, KERR_INVALID, _("the password is not UTF-8"));
	}
	mem_wipe(secret, sizeof secret);
	return rc;
}

/* ---- drafts ---- */

/* Copied out of a mail: what is not ASCII does not belong to the draft, line ends do not count. */
static void add_plain(struct buf *b, FILE *f)
{
	int c;

	while ((c = getc(f)) != EOF && !b->bad)
		buf_addc(b, c >= ' ' && c < 127 ? (char)c : ' ');
}

/* From its first mark on, so that a long mail before it does no harm. */
static const char *from_mark(struct buf *b)
{
	struct slice text = buf_slice(b);
	size_t at = slice_find(text, lit("-----BEGIN KOKO DRAFT"));

	return buf_cstr(b) + (at < text.len ? at : 0);
}

/* A draft is read from the file, or from standard input, and takes the file's place. */
static int add_draft(struct ctl_request *r, bool may_read, struct err *err)
{
	const char *name = json_string_value(json_object_get(r->args, "file"));
	FILE *f = stdin;
	struct buf b;

	if (strcmp(r->cmd->cmd, "federation.draft-add") != 0)
		return 0;
	if (!name && !may_read)
		return err_set(err, KERR_INVALID, _("FILE is missing"));
	if (name && strcmp(name, "-") != 0)
		f = fopen(name, "r");
	if (!f)
		return err_set(err, KERR_NOTFOUND, _("%s cannot be read"), name);
	buf_init(&b, DRAFT_MAX);
	add_plain(&b, f);
	json_object_set_new(r->args, "text", json_string(from_mark(&b)));
	json_object_del(r->args, "file");
	buf_fini(&b);
	if (f != stdin)
		fclose(f);
	return 0;
}

/* ---- one command ---- */

/* Show an answer; line > 0: of a batch. */
static int show(const struct ctl_request *r, const json_t *rows, const json_t *last, unsigned line)
{
	struct buf out, why;

	buf_init(&out, OUT_MAX);
	buf_init(&why, 4096);
	int code = ctl_show(r, rows, last, &out, &why);
	print(&out, stdout);
	if (why.len > 0 && line > 0)
		fprintf(stderr, "kokoctl: %s %u: %s\n", _("line"), line, buf_cstr(&why));
	else if (why.len > 0)
		complain(buf_cstr(&why));
	buf_fini(&out);
	buf_fini(&why);
	return code;
}

/* Send, wait, show. */
static int ask(struct ctl_link *l, const struct ctl_request *r)
{
	json_t *request = ctl_request_json(r), *rows = NULL, *last = NULL;
	struct err err;
	int code = CTL_FAILED;
	int rc = ctl_link_send(l, request, &err);

	json_decref(request);
	if (rc == 0)
		rc = ctl_link_receive(l, &rows, &last, &err);
	if (rc < 0) {
		complain(err.text);
		return CTL_FAILED;
	}
	code = show(r, rows, last, 0);
	json_decref(rows);
	json_decref(last);
	return code;
}

/* ---- peer confirm ---- */

static bool is_one_of(const char *line, const char *const words[])
{
	for (; *words; words++)
		if (slice_eq_ci(slice_trim(slice_str(line)), slice_str(*words)))
			return true;
	return false;
}

/* "yes", "no", or NULL when there is nobody who answers. */
static const char *ask_yes_no(const char *question)
{
	static const char *const yes[] = {"yes", "y", "ja", "j", NULL};
	static const char *const no[] = {"no", "n", "nein", NULL};
	char line[64];

	for (int tries = 0; tries < 3; tries++) {
		printf("%s ", question);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		if (is_one_of(line, yes))
			return "yes";
		if (is_one_of(line, no))
			return "no";
	}
	return NULL;
}

/* Does the command ask before it does anything, and was not told the answer? */
static bool asks(const struct ctl_request *r, const char *cmd)
{
	return strcmp(r->cmd->cmd, cmd) == 0 && !r->json && !json_object_get(r->args, "numbers") &&
	       !json_object_get(r->args, "answer");
}

/* CTL_OK: the answer is in the request. */
static int put_question(struct ctl_request *r, const char *question)
{
	const char *answer = ask_yes_no(question);

	if (!answer) {
		complain(_("no answer: nothing was changed"));
		return CTL_FAILED;
	}
	json_object_set_new(r->args, "answer", json_string(answer));
	return CTL_OK;
}

/* Show the numbers and let them be compared; CTL_OK: the answer is in the request. */
static int compare_numbers(struct ctl_link *l, struct ctl_request *r)
{
	char peer[] = "peer", numbers[] = "numbers", *name = mem_dup(slice_str(r->name));
	char *words[] = {peer, numbers, name};
	struct ctl_request first;
	struct err err;
	int code = CTL_FAILED;

	if (ctl_parse(words, array_len(words), &first, &err) == 0)
		code = ask(l, &first);
	ctl_request_fini(&first);
	free(name);
	return code == CTL_OK ? put_question(r, _("Are they the same there? (yes/no)")) : code;
}

/* Without an answer the daemon says what would be signed. */
static int show_draft(struct ctl_link *l, struct ctl_request *r)
{
	int code = ask(l, r);

	return code == CTL_OK ? put_question(r, _("Sign it? (yes/no)")) : code;
}

static int ask_first(struct ctl_link *l, struct ctl_request *r)
{
	if (asks(r, "peer.confirm"))
		return compare_numbers(l, r);
	return asks(r, "federation.draft-sign") ? show_draft(l, r) : CTL_OK;
}

static int run_request(const struct options *o, struct ctl_request *r)
{
	struct ctl_link *l = NULL;
	struct err err;

	if (add_secret(r, true, &err) < 0 || add_draft(r, true, &err) < 0)
		return usage_error(r->cmd, err.text);
	int rc = ctl_link_open(o->socket, &l, &err);
	if (rc < 0) {
		complain(err.text);
		return exit_of_open(rc);
	}
	int code = ask_first(l, r);
	if (code == CTL_OK)
		code = ask(l, r);
	ctl_link_close(l);
	return code;
}

static int run_one(const struct options *o)
{
	struct ctl_request r;
	struct err err;
	int code;

	if (ctl_parse(o->words, o->n_words, &r, &err) < 0) {
		code = usage_error(r.cmd, err.text);
	} else if (r.help || o->help) {
		struct buf b;

		buf_init(&b, 16 * 1024);
		ctl_help(r.cmd, &b);
		print(&b, stdout);
		buf_fini(&b);
		code = CTL_OK;
	} else {
		r.json |= o->json;
		code = run_request(o, &r);
	}
	ctl_request_fini(&r);
	return code;
}

/* ---- batch ---- */

/* A command of a batch that is on its way. */
struct sent {
	struct ctl_request r;
	struct arena words; /* what r borrows */
	unsigned line;
};

struct batch {
	struct ctl_link *l;
	struct sent *sent[WINDOW]; /* a ring: n_sent from `first` on, oldest first */
	unsigned first, n_sent;
	unsigned line;
	bool json;
	int code;  /* of the first failure, or 0 */
	bool lost; /* the daemon has gone */
};

static void sent_free(struct sent *s)
{
	ctl_request_fini(&s->r);
	arena_fini(&s->words);
	free(s);
}

static void batch_failed(struct batch *b, int code)
{
	if (b->code == CTL_OK)
		b->code = code;
}

/* Wait for the oldest answer. */
static void batch_receive(struct batch *b)
{
	struct sent *s = b->sent[b->first];
	json_t *rows, *last;
	struct err err;

	b->first = (b->first + 1) % WINDOW;
	b->n_sent--;
	if (b->lost || ctl_link_receive(b->l, &rows, &last, &err) < 0) {
		if (!b->lost)
			complain(err.text);
		b->lost = true;
		batch_failed(b, CTL_FAILED);
	} else {
		batch_failed(b, show(&s->r, rows, last, s->line));
		json_decref(rows);
		json_decref(last);
	}
	sent_free(s);
}

static void batch_receive_all(struct batch *b)
{
	while (b->n_sent > 0)
		batch_receive(b);
}

/* Send one line's command; false when it cannot be understood. */
static bool batch_send(struct batch *b, struct sent *s, struct slice line, struct err *err)
{
	char *words[CTL_WORDS_MAX];
	int n = ctl_words(line, &s->words, words);

	if (n < 0)
		err_set(err, n, n == KERR_TOOBIG ? _("too many words") : _("a quote stays open"));
	if (n <= 0)
		return n == 0;
	if (ctl_parse(words, (size_t)n, &s->r, err) < 0 || add_secret(&s->r, false, err) < 0 ||
		add_draft(&s->r, false, err) < 0)
		return false;
	s->r.json |= b->json;

	json_t *request = ctl_request_json(&s->r);
	bool good = ctl_link_send(b->l, request, err) == 0;
	json_decref(request);
	b->lost |= !good;
	return good;
}

static void batch_line(struct batch *b, struct slice line)
{
	struct sent *s = mem_new(struct sent);
	struct err err = {{0}};

	arena_init(&s->words);
	s->line = b->line;
	if (!batch_send(b, s, line, &err)) {
		batch_receive_all(b); /* faults are told in the order of the lines */
		fprintf(stderr, "kokoctl: %s %u: %s\n", _("line"), b->line, err.text);
		batch_failed(b, b->lost ? CTL_FAILED : CTL_USAGE);
	}
	if (s->r.cmd && err.text[0] == '\0') {
		b->sent[(b->first + b->n_sent++) % WINDOW] = s;
	} else {
		sent_free(s);
	}
}

static void batch_lines(struct batch *b)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (!b->lost && (len = getline(&line, &size, stdin)) > 0) {
		b->line++;
		batch_line(b, slice_of(line, (size_t)len));
		if (b->n_sent >= WINDOW)
			batch_receive(b);
	}
	batch_receive_all(b);
	free(line);
}

static int run_batch(const struct options *o)
{
	struct batch b = {.json = o->json};
	struct err err;
	int rc = ctl_link_open(o->socket, &b.l, &err);

	if (rc < 0) {
		complain(err.text);
		return exit_of_open(rc);
	}
	batch_lines(&b);
	ctl_link_close(b.l);
	return b.code;
}

/* ---- command line ---- */

/* Options before the command; -s may come anywhere in front. */
static int take_options(int argc, char **argv, struct options *o, struct err *err)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		bool names_socket = strcmp(argv[i], "-s") == 0 || strcmp(argv[i], "--socket") == 0;

		if (names_socket && i + 1 == argc)
			return err_set(err, KERR_INVALID, _("--%s needs a value"), "socket");
		if (names_socket)
			o->socket = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			o->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			o->version = true;
		else
			return err_set(err, KERR_INVALID, _("unknown option %s"), argv[i]);
	}
	o->words = argv + i;
	o->n_words = (size_t)(argc - i);
	return 0;
}

static int run(const struct options *o)
{
	struct buf b;

	if (o->version) {
		puts("kokoctl " PACKAGE_VERSION);
		return CTL_OK;
	}
	if (o->n_words == 1 && strcmp(o->words[0], "batch") == 0)
		return run_batch(o);
	if (o->n_words > 0)
		return run_one(o);
	buf_init(&b, 16 * 1024);
	ctl_help_all(&b);
	print(&b, o->help ? stdout : stderr);
	buf_fini(&b);
	return o->help ? CTL_OK : CTL_USAGE;
}

int main(int argc, char **argv)
{
	struct conf *defaults = conf_default();
	struct options o = {.socket = getenv("KOKOCTL_SOCKET")};
	struct err err;
	int code;

	i18n_init();
	signal(SIGPIPE, SIG_IGN);
	if (!o.socket)
		o.socket = defaults->control;
	code = take_options(argc, argv, &o, &err) < 0 ? usage_error(NULL, err.text) : run(&o);
	conf_free(defaults);
	if (fflush(stdout) != 0 && code == CTL_OK)
		code = CTL_FAILED;
	return code;
}
