/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said of the federation.  Sentences come as keys of the catalogue with the names that
 * stand in them, so that they are said in the admin's language and not in the daemon's.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/ctl_show_priv.h"
#include "clients/i18n.h"

/* ---- sentences ---- */

/* %1 ... are the names. */
bool ctl_add_sentence(struct buf *b, const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "say"));
	const json_t *with = json_object_get(row, "with");

	if (!text || !*text)
		return false;
	for (text = _(text); *text; text++) {
		size_t i = (size_t)(text[0] == '%' ? text[1] - '1' : -1);
		char one[2] = {*text, '\0'};

		if (i < json_array_size(with)) {
			ctl_add_clean(b, json_string_value(json_array_get(with, i)));
			text++;
		} else {
			ctl_add_clean(b, one);
		}
	}
	return true;
}

void ctl_show_told(struct buf *out, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (ctl_add_sentence(out, row))
			buf_addc(out, '\n');
	}
}

/* ---- federation show ---- */

static bool is_kind(const json_t *row, const char *kind)
{
	const char *is = json_string_value(json_object_get(row, "kind"));

	return is && strcmp(is, kind) == 0;
}

static void show_alarm(struct buf *out, const json_t *row)
{
	buf_addz(out, "! ");
	ctl_add_clean(out, json_string_value(json_object_get(row, "since")));
	buf_addc(out, ' ');
	(void)ctl_add_sentence(out, row);
	buf_addc(out, '\n');
}

static void translate(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	if (text && *text)
		json_object_set_new(row, key, json_string(_(text)));
}

/* States of daemons, links and invitations, for xgettext. */
static const char *const words[] = {N_("reader"), N_("writer"), N_("moderator"), N_("banned"),
	N_("active"), N_("suspended"), N_("gone"), N_("invited"), N_("joining"), N_("expired"),
	N_("void"), N_("backoff"), N_("throttled"), N_("dormant"), N_("paused"), N_("blocked"),
	N_("silent")};

void ctl_show_federation(struct buf *out, const json_t *rows, const json_t *last)
{
	static const struct ctl_col lines[] = {
		{"title",            N_("federation")},
                {"serial",                  N_("serial")},
		{"quorum",N_("sign together")},
                {"name",           N_("name")},
                {"id",                  N_("identity")},
		{"key",N_("signing key")},
                {"address",               N_("address")},
                {"groups",                  N_("groups")},
		{0   }
        };
	static const struct ctl_col cols[] = {
		{"name",       N_("DAEMON")},
                {"state",            N_("STATE")},
                {"prefix",N_("GROUPS UNDER")},
		{"admin",     N_("ADMIN")},
                {"id",            N_("IDENTITY")},
                {"title",N_("TITLE")},
                {0        }
        };
	const json_t *thing = json_object_get(last, "federation");
	json_t *table = json_deep_copy(rows), *row;
	size_t i;

	(void)words;
	json_array_foreach(table, i, row) translate(row, "state");
	for (const struct ctl_col *c = lines; c->key; c++)
		ctl_add_line(out, _(c->title), json_object_get(thing, c->key));
	buf_addc(out, '\n');
	ctl_add_table(out, cols, table);
	json_decref(table);
	json_array_foreach(json_object_get(last, "drafts"), i, row) show_alarm(out, row);
}

/* ---- group people, group requests ---- */

void ctl_show_people(struct buf *out, const json_t *rows)
{
	static const struct ctl_col cols[] = {
		{"town",      N_("TOWN")},
                {"name",           N_("NAME")},
                {"role",N_("ROLE")},
		{"user",      N_("IDENTITY")},
                {0          }
        };
	json_t *table = json_deep_copy(rows), *row;
	size_t i;

	json_array_foreach(table, i, row) translate(row, "role");
	ctl_add_table(out, cols, table);
	json_decref(table);
}

static void set_sentence(json_t *row, const char *key, const json_t *said)
{
	struct buf b;

	buf_init(&b, 4096);
	(void)ctl_add_sentence(&b, said);
	json_object_set_new(row, key, json_string(buf_cstr(&b)));
	buf_fini(&b);
}

void ctl_show_requests(struct buf *out, const json_t *rows)
{
	static const struct ctl_col cols[] = {
		{"number",     N_("NUMBER")},
                {"group",            N_("GROUP")},
                {"name",N_("ASKED BY")},
		{"since",       N_("SINCE")},
                {"wish",            N_("WISH")},
                {"said",N_("ANSWER")},
                {0      }
        };
	json_t *table = json_deep_copy(rows), *row;
	bool waits = false;
	size_t i;

	if (json_array_size(rows) == 0) {
		buf_addf(out, "%s\n", _("no requests"));
		json_decref(table);
		return;
	}
	json_array_foreach(table, i, row)
	{
		const char *state = json_string_value(json_object_get(row, "state"));

		const char *actor = json_string_value(json_object_get(row, "actor"));
		if (actor && *actor)
			json_object_set(row, "name", json_object_get(row, "actor"));
		set_sentence(row, "wish", row);
		set_sentence(row, "said", json_object_get(row, "answer"));
		waits = waits || (json_is_true(json_object_get(row, "for_us")) && state &&
					 strcmp(state, "open") == 0);
	}
	ctl_add_table(out, cols, table);
	if (waits)
		buf_addf(out, "\n%s\n",
			_("to answer: kokoctl group grant NUMBER, or kokoctl group refuse NUMBER "
			  "--reason TEXT"));
	json_decref(table);
}

/* ---- peer status ---- */

/* What an admin does about a link to a server that is no kokod, as text. */
static void add_todo(struct buf *b, const json_t *link)
{
	const char *state = json_string_value(json_object_get(link, "state"));
	const char *name = json_string_value(json_object_get(link, "name"));
	const char *error = json_string_value(json_object_get(link, "error"));
	const char *refusal = json_string_value(json_object_get(link, "refusal"));

	if (state && strcmp(state, "off") == 0) {
		buf_addf(b, "kokoctl peer resume %s", name ? name : "");
	} else if (error && *error) {
		buf_addf(b, "%s: ", _("look into"));
		ctl_add_clean(b, error);
	} else if (refusal && *refusal) {
		buf_addf(b, "%s: ", _("articles were refused"));
		ctl_add_clean(b, refusal);
	} else {
		buf_addz(b, _("nothing"));
	}
}

static json_int_t number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

/* "12 (40 s)", "0", or "" where it is not known. */
static void set_lag(json_t *row, const char *key, const char *count, const char *seconds)
{
	struct buf b;

	buf_init(&b, 64);
	if (json_is_integer(json_object_get(row, count)))
		buf_addf(&b, "%lld", (long long)number(row, count));
	if (number(row, seconds) > 0)
		buf_addf(&b, " (%lld s)", (long long)number(row, seconds));
	json_object_set_new(row, key, json_string(buf_cstr(&b)));
	buf_fini(&b);
}

static void set_clock(json_t *row)
{
	char text[32] = "";

	if (json_object_get(row, "clock_s"))
		snprintf(text, sizeof text, "%+lld s", (long long)number(row, "clock_s"));
	json_object_set_new(row, "clock", json_string(text));
}

/* A row of any kind, ready for the table. */
static void make_line(json_t *row)
{
	struct buf todo;

	buf_init(&todo, 4096);
	if (is_kind(row, "federation") || is_kind(row, "invitation")) {
		if (!ctl_add_sentence(&todo, row) && is_kind(row, "federation"))
			buf_addz(&todo, _("nothing"));
		translate(row, "state");
		set_clock(row);
		set_lag(row, "get", "behind", "behind_s");
		set_lag(row, "give", "ahead", "ahead_s");
	} else {
		add_todo(&todo, row);
		set_lag(row, "give", "lag", "lag_s");
	}
	json_object_set_new(row, "todo", json_string(buf_cstr(&todo)));
	buf_fini(&todo);
}

static void show_request(struct buf *out, const json_t *row)
{
	buf_addz(out, "! ");
	ctl_add_clean(out, json_string_value(json_object_get(row, "since")));
	buf_addf(out, " %s ", _("request"));
	ctl_add_clean(out, json_string_value(json_object_get(row, "number")));
	buf_addc(out, ' ');
	ctl_add_clean(out, json_string_value(json_object_get(row, "name")));
	buf_addz(out, ", ");
	ctl_add_clean(out, json_string_value(json_object_get(row, "group")));
	buf_addz(out, ": ");
	(void)ctl_add_sentence(out, row);
	buf_addz(out, " (kokoctl group requests)\n");
}

/* Links to news servers alone have no clock, and nothing is fetched over them. */
static const struct ctl_col transit_cols[] = {
	{"name",        N_("PEER")},
        {"state",             N_("STATE")},
        {"since",N_("SINCE")},
	{"give",       N_("BEHIND")},
        {"refused",             N_("REFUSED")},
        {"todo",N_("WHAT TO DO")},
        {0    }
};

static const struct ctl_col all_cols[] = {
	{"name",        N_("PEER")},
        {"state",             N_("STATE")},
        {"since",N_("SINCE")},
        {"get",       N_("TO GET")},
	{"give",             N_("TO GIVE")},
        {"clock",N_("CLOCK")},
        {"refused",        N_("REFUSED")},
	{"todo",             N_("WHAT TO DO")},
        {0       }
};

void ctl_show_links(struct buf *out, const json_t *rows)
{
	json_t *lines = json_array(), *row;
	bool all = false;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (is_kind(row, "alarm") || is_kind(row, "request"))
			continue;
		json_t *line = json_deep_copy(row);
		make_line(line);
		all = all || is_kind(row, "federation") || is_kind(row, "invitation");
		json_array_append_new(lines, line);
	}
	if (json_array_size(lines) == 0)
		buf_addf(out, "%s\n", _("no peers"));
	else
		ctl_add_table(out, all ? all_cols : transit_cols, lines);
	json_array_foreach(rows, i, row)
	{
		if (is_kind(row, "alarm"))
			show_alarm(out, row);
		else if (is_kind(row, "request"))
			show_request(out, row);
	}
	json_decref(lines);
}
