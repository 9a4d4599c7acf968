/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers as text for people: tables, records, and the few with a form of their own. */
#include "clients/ctl_show_priv.h"

#include <ctype.h>

#include "clients/i18n.h"
#include "proto/base/mem.h"

/* clang-format off */
static const struct {
	const char *code, *text;
	int exit;
} codes[] = {
	{"notfound", N_("not found"), CTL_FAILED},
	{"exists", N_("is there already"), CTL_FAILED},
	{"invalid", N_("not allowed"), CTL_FAILED},
	{"denied", N_("not permitted"), CTL_FAILED},
	{"busy", N_("too busy, try again"), CTL_TRY_AGAIN},
	{"closed", N_("the daemon is stopping"), CTL_TRY_AGAIN},
	{"full", N_("the disk is full"), CTL_TRY_AGAIN},
	{"io", N_("the system failed"), CTL_FAILED},
	{"damaged", N_("the store is damaged"), CTL_FAILED},
};

/* clang-format on */

/* Text from the daemon may hold what came from outside: no control characters on the terminal. */
void ctl_add_clean(struct buf *b, const char *text)
{
	for (; text && *text; text++)
		buf_addc(b, iscntrl((unsigned char)*text) ? '?' : *text);
}

/* One member of a row as text; lists joined by blanks. */
static void add_value(struct buf *b, const json_t *v)
{
	size_t i;
	const json_t *one;

	if (json_is_integer(v))
		buf_addf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_boolean(v))
		buf_addz(b, json_is_true(v) ? _("yes") : _("no"));
	else if (json_is_string(v))
		ctl_add_clean(b, json_string_value(v));
	else if (json_is_object(v)) { /* of a person's groups */
		ctl_add_clean(b, json_string_value(json_object_get(v, "group")));
		buf_addf(b, " (%s)", json_string_value(json_object_get(v, "role")));
	}
	json_array_foreach(v, i, one)
	{
		if (i > 0)
			buf_addz(b, json_is_object(one) ? ", " : " ");
		add_value(b, one);
	}
}

/* Characters of UTF-8 text, near enough to columns of a terminal. */
static size_t width(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; s.p && i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void pad(struct buf *b, size_t from, size_t to)
{
	while (from++ < to)
		buf_addc(b, ' ');
}

/* Width of the widest value of a column. */
static size_t col_width(const struct ctl_col *col, const json_t *rows)
{
	size_t widest = width(slice_str(_(col->title)));
	const json_t *row;
	struct buf b;
	size_t i;

	buf_init(&b, 64 * 1024);
	json_array_foreach(rows, i, row)
	{
		buf_reset(&b);
		add_value(&b, json_object_get(row, col->key));
		if (width(buf_slice(&b)) > widest)
			widest = width(buf_slice(&b));
	}
	buf_fini(&b);
	return widest;
}

enum { COLS_MAX = 8 };

static void add_row(
	struct buf *out, const struct ctl_col *cols, const size_t *widths, const json_t *row)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	for (size_t i = 0; cols[i].key; i++) {
		buf_reset(&b);
		if (row)
			add_value(&b, json_object_get(row, cols[i].key));
		else
			buf_addz(&b, _(cols[i].title));
		buf_add(out, buf_slice(&b));
		if (cols[i + 1].key)
			pad(out, width(buf_slice(&b)), widths[i] + 2);
	}
	buf_addc(out, '\n');
	buf_fini(&b);
}

void ctl_add_table(struct buf *out, const struct ctl_col *cols, const json_t *rows)
{
	size_t widths[COLS_MAX];
	const json_t *row;
	size_t i;

	for (i = 0; cols[i].key; i++)
		widths[i] = col_width(&cols[i], rows);
	add_row(out, cols, widths, NULL);
	json_array_foreach(rows, i, row) add_row(out, cols, widths, row);
}

void ctl_add_line(struct buf *out, const char *title, const json_t *value)
{
	buf_addz(out, title);
	pad(out, width(slice_str(title)), 16);
	add_value(out, value);
	buf_addc(out, '\n');
}

static void show_record(const struct ctl_cmd *cmd, const json_t *last, struct buf *out)
{
	const json_t *thing = json_object_get(last, cmd->member);

	for (const struct ctl_col *c = cmd->cols; c->key; c++)
		ctl_add_line(out, _(c->title), json_object_get(thing, c->key));
}

static void add_size(struct buf *b, const json_t *v)
{
	json_int_t n = json_integer_value(v);

	if (n >= 10 * 1024 * 1024)
		buf_addf(b, "%lld MiB", (long long)(n >> 20));
	else
		buf_addf(b, "%lld KiB", (long long)(n >> 10));
}

/* "2 of 3 up, 17 behind" */
static void show_status_links(const json_t *peers, struct buf *out)
{
	const char *title = _("links");

	buf_addz(out, title);
	pad(out, width(slice_str(title)), 16);
	buf_addf(out, _("%lld of %lld up, %lld behind"),
		(long long)json_integer_value(json_object_get(peers, "up")),
		(long long)json_integer_value(json_object_get(peers, "links")),
		(long long)json_integer_value(json_object_get(peers, "lag")));
	buf_addc(out, '\n');
}

static void show_status(const json_t *last, struct buf *out)
{
	static const struct ctl_col lines[] = {
		{"name",         N_("name")},
		{"version",              N_("version")},
		{"pid",N_("process")},
		{"started",          N_("since")},
		{"data",              N_("data")},
		{"pool_queued",N_("slow work")},
		{0        },
	};
	const json_t *store = json_object_get(last, "store");

	for (const struct ctl_col *c = lines; c->key; c++)
		ctl_add_line(out, _(c->title), json_object_get(last, c->key));
	ctl_add_line(out, _("new since start"), json_object_get(store, "articles"));
	ctl_add_line(out, _("last arrival"), json_object_get(store, "last_seq"));
	ctl_add_line(
		out, _("connections"), json_object_get(json_object_get(last, "conns"), "open"));
	show_status_links(json_object_get(last, "peers"), out);
	buf_addz(out, _("store"));
	pad(out, width(slice_str(_("store"))), 16);
	add_size(out, json_object_get(store, "bytes_used"));
	buf_addf(out, " %s ", _("of"));
	add_size(out, json_object_get(store, "bytes_map"));
	buf_addf(out, ", %s ", _("free disk"));
	add_size(out, json_object_get(store, "bytes_free_disk"));
	buf_addc(out, '\n');
	if (json_is_true(json_object_get(store, "paused")))
		buf_addf(out, "%s\n", _("! the disk is nearly full: nothing is taken"));
	if (json_is_true(json_object_get(store, "map_high")))
		buf_addf(out, "%s\n",
			_("! the store is nearly full: raise store.map-size, restart"));
	if (json_is_true(json_object_get(store, "stopped")))
		buf_addf(
			out, "%s\n", _("! writing has ended after an error: see the log, restart"));
}

/* Faults first, then one line. */
static int show_check(const json_t *rows, const json_t *last, struct buf *out)
{
	const json_t *report = json_object_get(last, "report");
	json_int_t faults = json_integer_value(json_object_get(report, "faults"));
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		ctl_add_clean(out, json_string_value(json_object_get(row, "fault")));
		buf_addc(out, '\n');
	}
	buf_addf(out, "%s; ", faults ? _("faults found") : _("the store is sound"));
	buf_addf(out, _("groups: %lld, articles: %lld, faults: %lld, repaired: %lld"),
		(long long)json_integer_value(json_object_get(report, "groups")),
		(long long)json_integer_value(json_object_get(report, "articles")),
		(long long)faults,
		(long long)json_integer_value(json_object_get(report, "repaired")));
	buf_addc(out, '\n');
	return faults ? CTL_FAILED : CTL_OK;
}

static void show_conf(bool diff, const json_t *rows, struct buf *out)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (diff && json_is_true(json_object_get(row, "default")))
			continue;
		buf_addf(out, "%s = %s\n", json_string_value(json_object_get(row, "key")),
			json_string_value(json_object_get(row, "value")));
	}
}

static int show_failure(const json_t *last, struct buf *why)
{
	const char *code = json_string_value(json_object_get(last, "code"));
	const char *message = json_string_value(json_object_get(last, "message"));
	size_t i = 0;
	bool told = ctl_add_sentence(why, last);

	while (i < array_len(codes) && code && strcmp(codes[i].code, code) != 0)
		i++;
	if (!code || i == array_len(codes)) {
		if (!told)
			ctl_add_clean(why, message ? message : _("no answer that makes sense"));
		return CTL_FAILED;
	}
	if (told)
		return codes[i].exit;
	buf_addz(why, _(codes[i].text));
	if (message && strcmp(message, code) != 0) {
		buf_addz(why, ": ");
		ctl_add_clean(why, message);
	}
	return codes[i].exit;
}

/* Listings as an array, check with its faults, all else as the last line is. */
static void show_json(
	const struct ctl_cmd *cmd, const json_t *rows, const json_t *last, struct buf *out)
{
	bool list = cmd->shape == SHAPE_LIST || cmd->shape == SHAPE_LINKS ||
		    cmd->shape == SHAPE_CONF || cmd->shape == SHAPE_PEOPLE ||
		    cmd->shape == SHAPE_REQUESTS;
	json_t *doc =
		json_deep_copy(list && json_is_true(json_object_get(last, "ok")) ? rows : last);

	if (cmd->shape == SHAPE_CHECK || cmd->shape == SHAPE_TELL)
		json_object_set(doc, "lines", (json_t *)rows);
	if (cmd->shape == SHAPE_FEDERATION)
		json_object_set(doc, "daemons", (json_t *)rows);
	char *text = json_dumps(doc, JSON_COMPACT);
	buf_addf(out, "%s\n", text);
	free(text);
	json_decref(doc);
}

static int show_text(
	const struct ctl_request *r, const json_t *rows, const json_t *last, struct buf *out)
{
	switch (r->cmd->shape) {
	case SHAPE_SAID:
		if (json_array_size(rows) > 0)
			ctl_show_told(out, rows);
		else
			buf_addf(out, "%s: %s\n", r->name, _(r->cmd->said));
		break;
	case SHAPE_LIST:
		ctl_add_table(out, r->cmd->cols, rows);
		break;
	case SHAPE_RECORD:
		show_record(r->cmd, last, out);
		break;
	case SHAPE_STATUS:
		show_status(last, out);
		break;
	case SHAPE_CHECK:
		return show_check(rows, last, out);
	case SHAPE_CONF:
		show_conf(r->diff, rows, out);
		break;
	case SHAPE_LINKS:
		ctl_show_links(out, rows);
		break;
	case SHAPE_TELL:
		ctl_show_told(out, rows);
		break;
	case SHAPE_FEDERATION:
		ctl_show_federation(out, rows, last);
		break;
	case SHAPE_PEOPLE:
		ctl_show_people(out, rows);
		break;
	case SHAPE_REQUESTS:
		ctl_show_requests(out, rows);
		break;
	}
	return CTL_OK;
}

int ctl_show(const struct ctl_request *r, const json_t *rows, const json_t *last, struct buf *out,
	struct buf *why)
{
	bool ok = json_is_true(json_object_get(last, "ok"));
	size_t before = out->len;
	int code = CTL_OK;

	if (!ok && !r->json && r->cmd->shape == SHAPE_TELL)
		ctl_show_told(out, rows); /* what was done before it failed */
	if (!ok)
		code = show_failure(last, why);
	else if (!r->json || r->cmd->shape == SHAPE_CHECK)
		code = show_text(r, rows, last, out);
	if (r->json) {
		buf_cut(out, before);
		show_json(r->cmd, rows, last, out);
	}
	return code;
}
