/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a record changes against the one before it, in words: an admin signs what is said here, so
 * every line that is new or gone is said, those that have no words as they stand.
 */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "proto/base/text.h"
#include "proto/fed/fed_record_priv.h"

enum { TEXT_ROOM = 1100, WORDS = 4 };

/* ---- lines ---- */

/* Lines that differ in any case. */
static bool is_own_line(struct slice line)
{
	return slice_starts(line, lit("serial: ")) || slice_starts(line, lit("prev: ")) ||
	       slice_starts(line, lit("issued: ")) || slice_starts(line, lit("sig: "));
}

static bool has_line(struct slice text, struct slice wanted)
{
	struct slice line;

	while (slice_split(&text, '\n', &line))
		if (slice_eq(line, wanted))
			return true;
	return false;
}

bool errand_is_change(struct slice line, struct slice other)
{
	return !is_own_line(line) && !has_line(other, line);
}

/* Of which there is one in a record, or one a daemon: the new line says all. */
static struct slice subject_of(struct slice line)
{
	static const char *const each[] = {"daemon: ", "member: "};
	size_t colon = slice_chr(line, ':');

	for (size_t i = 0; i < array_len(each); i++)
		if (slice_starts(line, slice_str(each[i])))
			return slice_head(line, strlen(each[i]) + FED_OID_LEN);
	return slice_head(line, colon);
}

static bool is_single(struct slice line)
{
	static const char *const keys[] = {"quorum: ", "owner: ", "title: ", "state: ", "post: ",
		"daemon: ", "member: ", "wiki: ", "inn: ", "gateway: ", "retain: ", "max-size: ",
		"history: ", "name: ", "contact: "};

	for (size_t i = 0; i < array_len(keys); i++)
		if (slice_starts(line, slice_str(keys[i])))
			return true;
	return false;
}

static bool is_replaced(struct slice line, struct slice text)
{
	struct slice other;

	if (!is_single(line))
		return false;
	while (slice_split(&text, '\n', &other))
		if (slice_eq(subject_of(other), subject_of(line)))
			return true;
	return false;
}

/* ---- words ---- */

void errand_thing_of(
	const struct fed *f, const struct fed_record_key *key, char out[FED_THING_ROOM])
{
	const struct fed_federation *fed = fed_reg_federation(f->reg);
	const struct fed_group *g = NULL;
	struct fed_oid oid;
	struct fed_gid gid;

	if (key->type == FED_REC_DAEMON && fed_oid_parse(slice_str(key->s), &oid)) {
		errand_name_of(f, &oid, out);
		return;
	}
	if (key->type == FED_REC_GROUP && fed_gid_parse(slice_str(key->s), &gid))
		g = fed_reg_group(f->reg, &gid);
	(void)!slice_cstr(g ? g->group : fed ? fed->title : lit("?"), out, FED_THING_ROOM);
}

/* The value: words, daemons by their names. */
struct value {
	char text[TEXT_ROOM]; /* all of it */
	char word[WORDS][FED_NAME_MAX + GROUP_NAME_MAX + 1];
	struct slice raw[WORDS];
};

static void read_value(struct errand *a, struct slice v, struct value *out)
{
	struct slice word;
	struct fed_oid oid;
	size_t n = 0;
	struct buf b;

	*out = (struct value){.text = ""};
	buf_init(&b, TEXT_ROOM - 1);
	while (slice_word(&v, &word)) {
		char name[FED_NAME_MAX + GROUP_NAME_MAX + 1] = "";

		if (fed_oid_parse(word, &oid))
			errand_name_of(a->f, &oid, name);
		else
			(void)!slice_cstr(word, name, sizeof name);
		buf_addf(&b, "%s%s", b.len > 0 ? " " : "", name);
		if (n < WORDS) {
			out->raw[n] = word;
			snprintf(out->word[n++], sizeof out->word[0], "%s", name);
		}
	}
	snprintf(out->text, sizeof out->text, "%s", buf_cstr(&b));
	buf_fini(&b);
}

static const char *daemon_words(const struct value *v)
{
	if (slice_eq(v->raw[1], fed_state_name(FED_SUSPENDED)))
		return N_("%1 is suspended");
	return slice_eq(v->raw[1], fed_state_name(FED_GONE))
		       ? N_("%1 is gone for ever, and its name is free")
		       : N_("%1 is an active member of the federation, with groups under %4");
}

struct words {
	const char *key, *added, *dropped;
};

static const struct words federation_words[] = {
	{"admin: ",  N_("%1 is an admin of the federation"),
         N_("%1 is no admin of the federation any more")                        },
	{"quorum: ", N_("admins that must sign from the next time on: %1"), NULL},
	{"domain: ", N_("%1 has the domain %2"),                            NULL},
};

static const struct words own_words[] = {
	{"addr: ",    N_("it is dialled at %1"),               N_("it is not dialled at %1 any more")  },
	{"sign: ",    N_("it signs with the key %1"),          N_("it signs with the key %1 no longer")},
	{"revoked: ", N_("its signing key %1 was stolen"),     NULL                                    },
	{"tls: ",     N_("it shows itself by the TLS key %1"),
         N_("the TLS key %1 is not its any more")                                                      },
};

static const struct words group_words[] = {
	{"owner: ",  N_("%1 owns the group"),                                 NULL},
	{"deputy: ", N_("%1 is a deputy of the group"),
         N_("%1 is no deputy of the group any more")                              },
	{"quorum: ", N_("deputies that must sign from the next time on: %1"), NULL},
	{"cut: ",    N_("of %1 there counts what it wrote up to entry %3"),   NULL},
};

static const char *find_words(
	const struct words *w, size_t n, bool add, struct slice line, struct slice *value_out)
{
	for (size_t i = 0; i < n; i++)
		if (slice_starts(line, slice_str(w[i].key))) {
			*value_out = slice_from(line, strlen(w[i].key));
			return add ? w[i].added : w[i].dropped;
		}
	return NULL;
}

static bool has_plea(bool add, struct slice line)
{
	struct fed_plea p;

	fed_plea_read(add, line, &p);
	return p.kind != FED_PLEA_OTHER;
}

static const char *words_for(
	const struct fed_group *g, bool add, struct slice line, struct slice *value_out)
{
	const char *words;

	if (g)
		return find_words(group_words, array_len(group_words), add, line, value_out);
	words = find_words(federation_words, array_len(federation_words), add, line, value_out);
	return words ? words : find_words(own_words, array_len(own_words), add, line, value_out);
}

static void say_line(struct errand *a, const struct fed_group *g, bool add, struct slice line)
{
	struct slice rest = line;
	const char *words = words_for(g, add, line, &rest);
	struct value v;

	if (!words && g && has_plea(add, line)) {
		json_t *row = json_object();

		errand_add_wish(a->f, g, add, line, row);
		json_array_append_new(a->rows, row);
		return;
	}
	if (!words && !g && add && slice_starts(line, lit("daemon: "))) {
		rest = slice_from(line, strlen("daemon: "));
		read_value(a, rest, &v);
		errand_say(a, daemon_words(&v), v.word[2], v.word[1], v.word[0], v.word[3], NULL);
		return;
	}
	read_value(a, rest, &v);
	if (words)
		errand_say(a, words, v.word[0], v.word[1], v.word[2], NULL);
	else
		errand_say(a, add ? N_("new: %1") : N_("no longer: %1"), v.text, NULL);
}

void errand_say_changes(struct errand *a, struct slice before, struct slice text)
{
	struct slice rest = text, line, name = {0};
	const struct fed_group *g = NULL;

	while (slice_split(&rest, '\n', &line))
		if (slice_starts(line, lit("group: ")))
			name = slice_from(line, strlen("group: "));
	if (name.p)
		g = fed_reg_group_named(a->f->reg, name);
	for (rest = text; slice_split(&rest, '\n', &line);)
		if (line.len > 0 && errand_is_change(line, before))
			say_line(a, g, true, line);
	for (rest = before; slice_split(&rest, '\n', &line);)
		if (line.len > 0 && errand_is_change(line, text) && !is_replaced(line, text))
			say_line(a, g, false, line);
}
