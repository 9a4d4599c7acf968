/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How words become a request, by the command table; and the help that is made of it. */
#include "clients/ctl_cmds.h"

#include <ctype.h>

#include "clients/i18n.h"
#include "proto/base/text.h"

enum { ARG_MAX_LEN = 32 }; /* of a name in ctl_cmd.args */

/* How many of the words name this command; 0: they do not. */
static size_t words_match(const struct ctl_cmd *cmd, char *const *words, size_t n)
{
	struct slice rest = slice_str(cmd->words), word;
	size_t i = 0;

	while (slice_word(&rest, &word)) {
		if (i >= n || !slice_eq(word, slice_str(words[i])))
			return 0;
		i++;
	}
	return i;
}

static const struct ctl_cmd *find_cmd(char *const *words, size_t n, size_t *used_out)
{
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		*used_out = words_match(&ctl_cmds[i], words, n);
		if (*used_out > 0)
			return &ctl_cmds[i];
	}
	return NULL;
}

static const struct ctl_opt *find_opt(const struct ctl_cmd *cmd, struct slice name)
{
	for (const struct ctl_opt *o = cmd->opts; o->name; o++)
		if (slice_eq(slice_str(o->name), name))
			return o;
	return NULL;
}

/* The words being read, one after the other. */
struct reader {
	char *const *words;
	size_t n, at;
	struct ctl_request *out;
	struct slice args;      /* arguments not yet given */
	char more[ARG_MAX_LEN]; /* key of the one that all further words belong to; "": none */
	struct err *err;
};

static int take_text(struct reader *rd, const struct ctl_opt *o, const char *value)
{
	json_t *text = json_string(value);
	json_t *args = rd->out->args;

	if (!text)
		return err_set(rd->err, KERR_INVALID, _("--%s: not UTF-8"), o->name);
	if (o->kind != OPT_LIST) {
		json_object_set_new(args, o->key, text);
		return 0;
	}
	if (!json_object_get(args, o->key))
		json_object_set_new(args, o->key, json_array());
	json_array_append_new(json_object_get(args, o->key), text);
	return 0;
}

static int take_number(struct reader *rd, const struct ctl_opt *o, const char *value)
{
	uint64_t n;

	if (!text_number(slice_str(value), INT32_MAX, &n))
		return err_set(
			rd->err, KERR_INVALID, _("--%s: \"%s\" is no number"), o->name, value);
	json_object_set_new(rd->out->args, o->key, json_integer((json_int_t)n));
	return 0;
}

static int take_value(struct reader *rd, const struct ctl_opt *o, const char *value)
{
	switch (o->kind) {
	case OPT_TEXT:
	case OPT_LIST:
		return take_text(rd, o, value);
	case OPT_NUMBER:
		return take_number(rd, o, value);
	case OPT_TRUE:
	case OPT_FALSE:
		json_object_set_new(rd->out->args, o->key, json_boolean(o->kind == OPT_TRUE));
		return 0;
	case OPT_SECRET_STDIN:
		rd->out->password_stdin = true;
		return 0;
	case OPT_SECRET_FILE:
		rd->out->password_file = value;
		return 0;
	case OPT_DIFF:
		rd->out->diff = true;
		return 0;
	}
	return KERR_INVALID;
}

/* "--name VALUE", "--name=VALUE" or "--switch". */
static int take_option(struct reader *rd, const char *word)
{
	struct slice name = slice_str(word + 2);
	size_t equals = slice_chr(name, '=');
	const char *value = equals < name.len ? word + 2 + equals + 1 : NULL;

	name = slice_head(name, equals);
	if (slice_eq(name, lit("json")) || slice_eq(name, lit("help"))) {
		*(name.p[0] == 'j' ? &rd->out->json : &rd->out->help) = true;
		return 0;
	}
	const struct ctl_opt *o = find_opt(rd->out->cmd, name);
	if (!o)
		return err_set(rd->err, KERR_INVALID, _("unknown option %s"), word);
	if (!o->value && value)
		return err_set(rd->err, KERR_INVALID, _("--%s takes no value"), o->name);
	if (o->value && !value) {
		if (rd->at == rd->n)
			return err_set(rd->err, KERR_INVALID, _("--%s needs a value"), o->name);
		value = rd->words[rd->at++];
	}
	return take_value(rd, o, value);
}

/* "[ROLE]" -> "role", "TOKEN..." -> "token" */
static void arg_key(struct slice label, char key[ARG_MAX_LEN])
{
	size_t n = 0;

	for (size_t i = 0; i < label.len && n + 1 < ARG_MAX_LEN; i++)
		if (!strchr("[].", label.p[i]))
			key[n++] = (char)ascii_lower((unsigned char)label.p[i]);
	key[n] = '\0';
}

/* What was pasted in several words is one argument again. */
static void append_arg(struct reader *rd, const char *key, const char *word)
{
	const char *before = json_string_value(json_object_get(rd->out->args, key));
	struct buf b;

	buf_init(&b, 64 * 1024);
	buf_addf(&b, "%s %s", before, word);
	json_object_set_new(rd->out->args, key, json_string(buf_cstr(&b)));
	buf_fini(&b);
}

static int take_arg(struct reader *rd, const char *word)
{
	struct slice label;
	char key[ARG_MAX_LEN];
	json_t *text = json_string(word);

	if (!text)
		return err_set(rd->err, KERR_INVALID, _("not UTF-8: an argument"));
	if (rd->more[0] && rd->args.len == 0) {
		json_decref(text);
		append_arg(rd, rd->more, word);
		return 0;
	}
	if (!slice_word(&rd->args, &label)) {
		json_decref(text);
		return err_set(rd->err, KERR_INVALID, _("too many arguments: %s"), word);
	}
	arg_key(label, key);
	if (slice_ends(label, lit("...")))
		memcpy(rd->more, key, sizeof key);
	if (json_object_size(rd->out->args) == 0 || !*rd->out->name)
		rd->out->name = word;
	json_object_set_new(rd->out->args, key, text);
	return 0;
}

static int take_words(struct reader *rd)
{
	bool options = true;
	int rc = 0;

	while (rc == 0 && rd->at < rd->n) {
		const char *word = rd->words[rd->at++];

		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && word[0] == '-' && word[1] != '\0')
			rc = word[1] == '-'
				     ? take_option(rd, word)
				     : err_set(rd->err, KERR_INVALID, _("unknown option %s"), word);
		else
			rc = take_arg(rd, word);
	}
	return rc;
}

int ctl_parse(char *const *words, size_t n_words, struct ctl_request *out, struct err *err)
{
	struct reader rd = {.words = words, .n = n_words, .out = out, .err = err};
	struct slice label;

	*out = (struct ctl_request){.args = json_object(), .name = ""};
	out->cmd = find_cmd(words, n_words, &rd.at);
	if (!out->cmd)
		return err_set(
			err, KERR_INVALID, _("unknown command: %s"), n_words ? words[0] : "");
	rd.args = slice_str(out->cmd->args);

	int rc = take_words(&rd);
	if (rc == 0 && !out->help && slice_word(&rd.args, &label) && label.p[0] != '[') {
		label.len = slice_find(label, lit("..."));
		rc = err_set(err, KERR_INVALID, _("%.*s is missing"), SLICE_ARG(label));
	}
	return rc;
}

void ctl_request_fini(struct ctl_request *r)
{
	json_decref(r->args);
	r->args = NULL;
}

const char *ctl_wants_secret(const struct ctl_request *r)
{
	if (json_object_get(r->args, "hash"))
		return NULL;
	for (const struct ctl_opt *o = r->cmd->opts; o->name; o++)
		if (o->kind == OPT_SECRET_STDIN)
			return o->key;
	return NULL;
}

json_t *ctl_request_json(const struct ctl_request *r)
{
	return json_pack("{s:s, s:O}", "cmd", r->cmd->cmd, "args", r->args);
}

/* ---- help ---- */

void ctl_usage(const struct ctl_cmd *cmd, struct buf *out)
{
	buf_addf(out, "kokoctl %s", cmd->words);
	if (*cmd->args)
		buf_addf(out, " %s", cmd->args);
	for (const struct ctl_opt *o = cmd->opts; o->name; o++)
		buf_addf(
			out, " [--%s%s%s]", o->name, o->value ? " " : "", o->value ? o->value : "");
	buf_addc(out, '\n');
}

void ctl_help(const struct ctl_cmd *cmd, struct buf *out)
{
	buf_addf(out, "%s: ", _("usage"));
	ctl_usage(cmd, out);
	buf_addf(out, "%s\n", _(cmd->help));
	for (const struct ctl_opt *o = cmd->opts; o->name; o++) {
		size_t from = out->len;

		buf_addf(out, "  --%s %s", o->name, o->value ? o->value : "");
		while (out->len - from < 30)
			buf_addc(out, ' ');
		buf_addf(out, " %s\n", _(o->help));
	}
	buf_addf(out, "  --json                        %s\n", _("the answer as JSON"));
}

void ctl_help_all(struct buf *out)
{
	buf_addf(out, "%s: kokoctl [-s SOCKET] [--json] %s\n\n", _("usage"), _("COMMAND ..."));
	for (size_t i = 0; i < ctl_n_cmds; i++) {
		const struct ctl_cmd *c = &ctl_cmds[i];
		size_t from = out->len;

		buf_addf(out, "  %s %s", c->words, c->args);
		while (out->len - from < 34)
			buf_addc(out, ' ');
		buf_addf(out, " %s\n", _(c->help));
	}
	buf_addf(out, "  batch                            %s\n\n",
		_("read commands from standard input, one a line"));
	buf_addf(out, "%s\n",
		_("kokoctl COMMAND --help says more; exit codes: 0 done, 1 failed, "
		  "2 usage, 69 no daemon, 75 try again"));
}
