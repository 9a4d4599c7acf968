/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of the peer port and their answers.  Strict both ways: one blank between words or more,
 * every word in its one spelling, no word too many in a command.
 */
#include "proto/fed/fed_cmd.h"

#include "proto/base/text.h"
#include "proto/msg/fields.h"

enum { ARGS_MAX = 10 };

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

enum scan fed_line_take(struct slice in, size_t max, struct slice *line_out, size_t *used)
{
	size_t nl = slice_chr(slice_head(in, max), '\n');

	if (nl == in.len && in.len < max)
		return SCAN_MORE;
	*used = nl < in.len ? nl + 1 : in.len;
	if (nl == 0 || nl >= max || nl == in.len || in.p[nl - 1] != '\r')
		return SCAN_BAD;
	*line_out = slice_head(in, nl - 1);
	return SCAN_OK;
}

/* ---- commands ---- */

static bool parse_star_or_serial(struct slice s, uint64_t *out)
{
	*out = 0;
	return slice_eq(s, lit("*")) || (fed_num_parse(s, out) && *out > 0);
}

static bool cookie_valid(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_print((unsigned char)s.p[i]))
			return false;
	return s.len > 0 && s.len <= FED_COOKIE_MAX;
}

static bool parse_hello(const struct slice *a, size_t n, struct fed_cmd *c)
{
	return n == 4 && fed_oid_parse(a[0], &c->oid) && fed_oid_parse(a[1], &c->expected) &&
	       fed_num_parse(a[2], &c->clock_at) && fed_num_parse(a[3], &c->serial);
}

static bool parse_heads(const struct slice *a, size_t n, struct fed_cmd *c)
{
	if (n < 2 || n > 3 || !cookie_valid(a[0]) || !fed_num_parse(a[1], &c->wait_s) ||
		c->wait_s > FED_WAIT_MAX_S)
		return false;
	if (!slice_eq(a[0], lit("*")))
		c->cookie = a[0];
	c->one_group = n == 3;
	return n == 2 || fed_gid_parse(a[2], &c->feed.gid);
}

static bool parse_feed(const struct slice *a, struct fed_feed_name *out)
{
	return fed_gid_parse(a[0], &out->gid) && fed_oid_parse(a[1], &out->oid) &&
	       fed_epoch_parse(a[2], &out->epoch) && out->epoch.n > 0;
}

static bool parse_art(const struct slice *a, size_t n, struct fed_cmd *c)
{
	if (n != 4 || !parse_feed(a, &c->feed) || !fed_num_parse(a[3], &c->from))
		return false;
	c->to = c->from;
	return c->from > 0;
}

static bool parse_ent(const struct slice *a, size_t n, struct fed_cmd *c)
{
	return n == 5 && parse_feed(a, &c->feed) && fed_num_parse(a[3], &c->from) &&
	       fed_num_parse(a[4], &c->to) && c->from > 0 && c->from <= c->to;
}

/* `<serial|*>`, or a serial and the hash of the record that is meant. */
static bool parse_version(const struct slice *a, size_t n, struct fed_cmd *c)
{
	if (n < 1 || n > 2 || !parse_star_or_serial(a[0], &c->serial))
		return false;
	return n == 1 || (c->serial > 0 && fed_hash_parse(a[1], &c->version));
}

static bool parse_rec(const struct slice *a, size_t n, struct fed_cmd *c)
{
	c->list = n == 1 && slice_eq_ci(a[0], lit("list"));
	if (c->list)
		return true;
	if (n >= 1 && slice_eq_ci(a[0], lit("federation"))) {
		c->rec.type = FED_REC_FEDERATION;
		return parse_version(a + 1, n - 1, c);
	}
	if (n < 3 || !parse_version(a + 2, n - 2, c))
		return false;
	if (slice_eq_ci(a[0], lit("daemon"))) {
		c->rec.type = FED_REC_DAEMON;
		return fed_oid_parse(a[1], &c->rec.oid);
	}
	c->rec.type = FED_REC_GROUP;
	return slice_eq_ci(a[0], lit("group")) && fed_gid_parse(a[1], &c->rec.gid);
}

static bool parse_join(const struct slice *a, size_t n, struct fed_cmd *c)
{
	return n == 2 && fed_oid_parse(a[0], &c->oid) && fed_hash_parse(a[1], &c->proof);
}

static bool parse_turn(const struct slice *a, size_t n, struct fed_cmd *c)
{
	if (n != 3 || !fed_oid_parse(a[0], &c->oid) || !fed_oid_parse(a[1], &c->expected))
		return false;
	c->watch = slice_eq_ci(a[2], lit("watch"));
	return c->watch || slice_eq_ci(a[2], lit("fetch"));
}

static const struct {
	const char *name;
	bool (*parse)(const struct slice *args, size_t n, struct fed_cmd *c);
	const char *usage; /* said when arguments are wrong */
} verbs[] = {
	[FED_KHELLO] = {"KHELLO", parse_hello, "KHELLO <oid> <oid> <unix> <serial>"            },
	[FED_KHEADS] = {"KHEADS", parse_heads, "KHEADS <cookie|*> <0..300> [gid]"              },
	[FED_KART] = {"KART",   parse_art,   "KART <gid> <oid> <epoch> <n>"                  },
	[FED_KENT] = {"KENT",   parse_ent,   "KENT <gid> <oid> <epoch> <from> <to>"          },
	[FED_KREC] = {"KREC",   parse_rec,
			"KREC list|federation|daemon <oid>|group <gid>, then <serial|*> [hash]"},
	[FED_KJOIN] = {"KJOIN",  parse_join,  "KJOIN <oid> <proof>"                           },
	[FED_KTURN] = {"KTURN",  parse_turn,  "KTURN <oid> <oid> <fetch|watch>"               },
};

/* Words behind the verb; more than ARGS_MAX when there are more. */
static size_t split_args(struct slice rest, struct slice *args)
{
	struct slice word;
	size_t n = 0;

	for (; slice_word(&rest, &word); n++) {
		if (n == ARGS_MAX)
			return n + 1;
		args[n] = word;
	}
	return n;
}

bool fed_cmd_parse(struct slice line, struct fed_cmd *cmd, const char **why)
{
	struct slice rest = line, verb = lit(""), args[ARGS_MAX];
	size_t v = 0;

	*cmd = (struct fed_cmd){.verb = FED_NO_VERB};
	if (line.len > FED_LINE_MAX)
		return refuse(why, "line is too long");
	if (!slice_word(&rest, &verb))
		return refuse(why, "no command");
	while (v < array_len(verbs) && !slice_eq_ci(verb, slice_str(verbs[v].name)))
		v++;
	if (v == array_len(verbs))
		return refuse(why, "not a command of the peer port");
	cmd->verb = (enum fed_verb)v;
	size_t n = split_args(rest, args);
	return (n <= ARGS_MAX && verbs[v].parse(args, n, cmd)) || refuse(why, verbs[v].usage);
}

static void add_word(struct buf *b, const char *word)
{
	buf_addc(b, ' ');
	buf_addz(b, word);
}

static void add_num(struct buf *b, uint64_t n)
{
	buf_addc(b, ' ');
	buf_addu(b, n);
}

static void add_star_or_serial(struct buf *b, uint64_t serial)
{
	if (serial > 0)
		add_num(b, serial);
	else
		add_word(b, "*");
}

static void add_feed(struct buf *b, const struct fed_feed_name *f)
{
	add_word(b, f->gid.s);
	add_word(b, f->oid.s);
	buf_addc(b, ' ');
	fed_epoch_add(b, &f->epoch);
}

/* " <type> <key>", the key of a federation left out where one is understood. */
static void add_rec_name(struct buf *b, const struct fed_rec_name *name)
{
	buf_addc(b, ' ');
	buf_add(b, fed_record_type_name(name->type));
	if (name->type == FED_REC_DAEMON)
		add_word(b, name->oid.s);
	else if (name->gid.s[0])
		add_word(b, name->gid.s);
}

static void add_rec(struct buf *b, const struct fed_cmd *c)
{
	struct fed_rec_name name = c->rec;

	if (c->list) {
		add_word(b, "list");
		return;
	}
	if (name.type == FED_REC_FEDERATION)
		name.gid.s[0] = '\0';
	add_rec_name(b, &name);
	add_star_or_serial(b, c->serial);
	if (c->version.s[0])
		add_word(b, c->version.s);
}

static void add_args(struct buf *b, const struct fed_cmd *c)
{
	switch (c->verb) {
	case FED_KHELLO:
		add_word(b, c->oid.s);
		add_word(b, c->expected.s);
		add_num(b, c->clock_at);
		add_num(b, c->serial);
		break;
	case FED_KHEADS:
		buf_addc(b, ' ');
		buf_add(b, c->cookie.len > 0 ? c->cookie : lit("*"));
		add_num(b, c->wait_s);
		if (c->one_group)
			add_word(b, c->feed.gid.s);
		break;
	case FED_KART:
		add_feed(b, &c->feed);
		add_num(b, c->from);
		break;
	case FED_KENT:
		add_feed(b, &c->feed);
		add_num(b, c->from);
		add_num(b, c->to);
		break;
	case FED_KREC:
		add_rec(b, c);
		break;
	case FED_KJOIN:
		add_word(b, c->oid.s);
		add_word(b, c->proof.s);
		break;
	case FED_KTURN:
		add_word(b, c->oid.s);
		add_word(b, c->expected.s);
		add_word(b, c->watch ? "watch" : "fetch");
		break;
	case FED_NO_VERB:
		break;
	}
}

void fed_cmd_add(struct buf *b, const struct fed_cmd *cmd)
{
	buf_addz(b, verbs[cmd->verb].name);
	add_args(b, cmd);
	buf_add(b, lit("\r\n"));
}

/* ---- answers ---- */

/* What stands behind the code, as words; what is behind the last one needed is free text. */
static bool take_words(struct slice text, struct slice *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!slice_word(&text, &w[i]))
			return false;
	return true;
}

static bool parse_args(struct fed_answer *a)
{
	struct slice w[3];

	switch (a->code) {
	case FED_290_HELLO:
		return take_words(a->text, w, 3) && fed_oid_parse(w[0], &a->oid) &&
		       fed_num_parse(w[1], &a->clock_at) && fed_num_parse(w[2], &a->serial);
	case FED_291_HEADS:
		if (!take_words(a->text, w, 1) || !cookie_valid(w[0]))
			return false;
		a->cookie = w[0];
		return true;
	case FED_292_ARTICLE:
		if (!take_words(a->text, w, 1) || !msgid_valid(w[0]))
			return false;
		a->msgid = w[0];
		return true;
	case FED_294_RECORD:
		return take_words(a->text, w, 1) && fed_num_parse(w[0], &a->serial);
	default:
		return true;
	}
}

bool fed_answer_parse(struct slice line, struct fed_answer *out, const char **why)
{
	uint64_t code;

	*out = (struct fed_answer){.code = 0};
	if (line.len > FED_LINE_MAX)
		return refuse(why, "line is too long");
	if (line.len < 3 || (line.len > 3 && line.p[3] != ' ') ||
		!fed_num_parse(slice_head(line, 3), &code) || code < 100)
		return refuse(why, "answer without a code");
	out->code = (unsigned)code;
	out->text = slice_trim(slice_from(line, 3));
	return parse_args(out) || refuse(why, "answer with wrong arguments");
}

bool fed_answer_block(unsigned code)
{
	return code >= FED_291_HEADS && code <= FED_294_RECORD;
}

void fed_answer_hello(struct buf *b, const struct fed_oid *oid, uint64_t clock_at, uint64_t serial)
{
	buf_add(b, lit("290"));
	add_word(b, oid->s);
	add_num(b, clock_at);
	add_num(b, serial);
	buf_add(b, lit("\r\n"));
}

void fed_answer_heads(struct buf *b, struct slice cookie)
{
	buf_add(b, lit("291 "));
	buf_add(b, cookie);
	buf_add(b, lit("\r\n"));
}

void fed_answer_article(struct buf *b, const char *msgid)
{
	buf_addf(b, "292 %s\r\n", msgid);
}

void fed_answer_record(struct buf *b, uint64_t serial)
{
	buf_add(b, lit("294"));
	add_num(b, serial);
	buf_add(b, lit("\r\n"));
}

static const char *usual_words(enum fed_code code)
{
	switch (code) {
	case FED_293_STUB:
		return "follows";
	case FED_295_JOINED:
		return "welcome";
	case FED_296_TURNED:
		return "greet me";
	case FED_390_SEND_RECORD:
		return "send your daemon record";
	case FED_490_LATER:
		return "try later";
	case FED_491_NOT_HELD:
		return "not held here";
	case FED_492_NOT_YOURS:
		return "not yours to have";
	case FED_493_OUTSIDE:
		return "outside of what is held";
	case FED_494_UNKNOWN:
		return "not known";
	case FED_590_PROTOCOL:
		return "protocol error";
	case FED_290_HELLO:
	case FED_291_HEADS:
	case FED_292_ARTICLE:
	case FED_294_RECORD:
		break;
	}
	return "";
}

void fed_answer_add(struct buf *b, enum fed_code code, const char *text)
{
	buf_addf(b, "%u %s\r\n", (unsigned)code, text ? text : usual_words(code));
}

/* ---- blocks ---- */

bool fed_list_parse(struct slice line, struct fed_rec_name *name, uint64_t *serial_out,
	struct fed_hash *hash_out)
{
	struct fed_rec_name n = {.type = FED_REC_DAEMON};
	struct slice w[ARGS_MAX];
	size_t n_words = split_args(line, w);
	uint64_t serial;
	bool ok;

	if (n_words < 3 || !fed_num_parse(w[2], &serial) || serial == 0)
		return false;
	if (slice_eq(w[0], lit("daemon"))) {
		ok = fed_oid_parse(w[1], &n.oid);
	} else {
		n.type = slice_eq(w[0], lit("group")) ? FED_REC_GROUP : FED_REC_FEDERATION;
		ok = slice_eq(w[0], fed_record_type_name(n.type)) && fed_gid_parse(w[1], &n.gid);
	}
	if (!ok)
		return false;
	*name = n;
	*serial_out = serial;
	if (n_words < 4 || !fed_hash_parse(w[3], hash_out))
		hash_out->s[0] = '\0';
	return true;
}

void fed_list_add(struct buf *b, const struct fed_rec_name *name, uint64_t serial,
	const struct fed_hash *hash)
{
	bool daemon = name->type == FED_REC_DAEMON;

	buf_add(b, fed_record_type_name(name->type));
	add_word(b, daemon ? name->oid.s : name->gid.s);
	add_num(b, serial);
	if (hash->s[0])
		add_word(b, hash->s);
	buf_add(b, lit("\r\n"));
}

void fed_record_add_wire(struct buf *b, struct slice text)
{
	while (text.len > 0) {
		size_t end = slice_chr(text, '\n');
		buf_add(b, slice_head(text, end));
		buf_add(b, lit("\r\n"));
		text = slice_from(text, end + 1);
	}
}

bool fed_record_from_wire(struct buf *text, struct slice wire)
{
	while (wire.len > 0) {
		size_t end = slice_find(wire, lit("\r\n"));
		struct slice line = slice_head(wire, end);
		if (end == wire.len || slice_chr(line, '\n') < line.len ||
			slice_chr(line, '\r') < line.len)
			return false;
		buf_add(text, line);
		buf_addc(text, '\n');
		wire = slice_from(wire, end + 2);
	}
	return !text->bad;
}
