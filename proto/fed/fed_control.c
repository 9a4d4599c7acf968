/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control entries: the field first, then the body that its type asks for. */
#include "proto/fed/fed_control.h"

#include "proto/base/mem.h"
#include "proto/fed/fed_record_priv.h"
#include "proto/msg/header.h"

enum { VALUE_MAX = 998, WORDS_MAX = 5 };

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* ---- bodies ---- */

/* The next line without its CRLF; false at the end, and when the last one is not ended. */
static bool next_line(struct slice *body, struct slice *line_out)
{
	size_t end = slice_find(*body, lit("\r\n"));

	if (end >= body->len)
		return false;
	*line_out = slice_head(*body, end);
	*body = slice_from(*body, end + 2);
	return true;
}

static bool parse_person(struct slice line, struct fed_person *out)
{
	size_t first = slice_chr(line, ' ');
	struct slice rest = slice_from(line, first + 1), side;
	size_t second = slice_chr(rest, ' ');
	struct slice role = slice_head(rest, second), user;

	out->user = slice_head(line, first);
	out->name = slice_from(rest, second + 1);
	out->writer = slice_eq(role, lit("writer"));
	return fed_user_parse(out->user, &user, &side) &&
	       (out->writer || slice_eq(role, lit("reader"))) && fed_title_valid(out->name);
}

bool fed_members_next(struct slice *body, struct fed_person *out)
{
	struct slice line;

	return next_line(body, &line) && parse_person(line, out);
}

void fed_members_add(struct buf *b, const struct fed_person *p)
{
	buf_add(b, p->user);
	buf_add(b, p->writer ? lit(" writer ") : lit(" reader "));
	buf_add(b, p->name);
	buf_add(b, lit("\r\n"));
}

/* All lines are people, each once. */
static bool check_members(struct slice body, const char **why)
{
	struct slice *users = mem_array(FED_PEOPLE_MAX, sizeof *users);
	struct fed_person p;
	size_t n = 0;
	bool ok = body.len <= FED_PEOPLE_BYTES;

	while (body.len > 0 && ok) {
		ok = n < FED_PEOPLE_MAX && fed_members_next(&body, &p);
		if (ok)
			users[n++] = p.user;
	}
	ok = ok && fed_all_differ(users, n);
	free(users);
	return ok || refuse(why, "list of members is not valid");
}

bool fed_request_next(struct slice *body, bool *add_out, struct slice *line_out)
{
	struct slice line;

	if (!next_line(body, &line) || line.len < 3 || line.p[1] != ' ' ||
		(line.p[0] != '+' && line.p[0] != '-'))
		return false;
	*add_out = line.p[0] == '+';
	*line_out = slice_from(line, 2);
	return true;
}

void fed_request_add(struct buf *b, bool add, struct slice line)
{
	buf_add(b, add ? lit("+ ") : lit("- "));
	buf_add(b, line);
	buf_add(b, lit("\r\n"));
}

static bool check_request(struct slice body, const char **why)
{
	struct slice line;
	bool add;
	size_t n = 0;

	for (; body.len > 0; n++)
		if (n == FED_REQUEST_LINES_MAX || !fed_request_next(&body, &add, &line))
			return refuse(why, "request is not valid");
	return n > 0 || refuse(why, "request without a wish");
}

struct slice fed_refuse_reason(struct slice body)
{
	struct slice line;

	return next_line(&body, &line) ? line : lit("");
}

void fed_refuse_add(struct buf *b, struct slice reason)
{
	if (reason.len == 0)
		return;
	buf_add(b, reason);
	buf_add(b, lit("\r\n"));
}

static bool check_refuse(struct slice body, const char **why)
{
	struct slice line;

	if (body.len == 0)
		return true;
	return (next_line(&body, &line) && body.len == 0 && fed_title_valid(line)) ||
	       refuse(why, "the reason is no line of text");
}

static bool same_place(const struct fed_sign *a, const struct fed_sign *b)
{
	return fed_oid_eq(&a->o, &b->o) && fed_gid_eq(&a->g, &b->g) && a->e == b->e && a->n == b->n;
}

bool fed_fork_parse(struct slice body, struct fed_sign *one, struct fed_sign *two, const char **why)
{
	struct slice a, b;
	struct fed_hash ea, eb;

	if (!next_line(&body, &a) || !next_line(&body, &b) || body.len > 0)
		return refuse(why, "proof that has not two lines");
	if (!fed_sign_parse(a, one, why) || !fed_sign_parse(b, two, why))
		return false;
	if (!same_place(one, two))
		return refuse(why, "proof of two places");
	fed_sign_hash(one, &ea);
	fed_sign_hash(two, &eb);
	return strcmp(ea.s, eb.s) < 0 || refuse(why, "proof in another order, or of nothing");
}

void fed_fork_add(struct buf *b, const struct fed_sign *one, const struct fed_sign *two)
{
	struct fed_hash e1, e2;

	fed_sign_hash(one, &e1);
	fed_sign_hash(two, &e2);
	bool in_order = strcmp(e1.s, e2.s) < 0;
	fed_sign_add_line(b, in_order ? one : two);
	buf_add(b, lit("\r\n"));
	fed_sign_add_line(b, in_order ? two : one);
	buf_add(b, lit("\r\n"));
}

/* ---- the field ---- */

/* Words of the value behind `kokod`, or all of `cancel <mid>`. */
struct words {
	struct slice w[WORDS_MAX];
	size_t n;
};

static bool take_record(const struct words *w, struct fed_control *c)
{
	struct fed_oid oid;
	struct fed_gid gid;
	bool ok;

	c->kind = FED_CTL_RECORD;
	if (w->n != 3 || !fed_num_parse(w->w[2], &c->serial) || c->serial == 0)
		return false;
	if (slice_eq(w->w[0], lit("daemon"))) {
		c->key.type = FED_REC_DAEMON;
		ok = fed_oid_parse(w->w[1], &oid);
	} else {
		c->key.type = slice_eq(w->w[0], lit("group")) ? FED_REC_GROUP : FED_REC_FEDERATION;
		ok = fed_gid_parse(w->w[1], &gid);
	}
	return ok && slice_cstr(w->w[1], c->key.s, sizeof c->key.s);
}

static bool take_members(const struct words *w, struct fed_control *c)
{
	c->kind = FED_CTL_MEMBERS;
	return w->n == 1;
}

static bool take_request(const struct words *w, struct fed_control *c)
{
	c->kind = FED_CTL_REQUEST;
	return w->n == 1;
}

static bool take_mid(const struct words *w, struct fed_control *c)
{
	c->mid = w->n == 2 ? w->w[1] : lit("");
	return msgid_valid(c->mid);
}

static bool take_refuse(const struct words *w, struct fed_control *c)
{
	c->kind = FED_CTL_REFUSE;
	return take_mid(w, c);
}

static bool take_cancel(const struct words *w, struct fed_control *c)
{
	c->kind = FED_CTL_CANCEL;
	return take_mid(w, c);
}

static bool take_fork(const struct words *w, struct fed_control *c)
{
	c->kind = FED_CTL_FORK;
	return w->n == 3 && fed_num_parse(w->w[1], &c->epoch) && fed_num_parse(w->w[2], &c->n) &&
	       c->epoch > 0 && c->n > 0;
}

static const struct {
	const char *type;
	bool (*take)(const struct words *w, struct fed_control *c);
} types[] = {
	{"daemon",     take_record },
	{"federation", take_record },
	{"group",      take_record },
	{"members",    take_members},
	{"request",    take_request},
	{"refuse",     take_refuse },
	{"cancel",     take_cancel },
	{"fork",       take_fork   },
};

static bool split(struct slice value, struct words *out)
{
	struct slice word;

	out->n = 0;
	while (slice_word(&value, &word)) {
		if (out->n == WORDS_MAX)
			return false;
		out->w[out->n++] = slice_trim(word);
	}
	return out->n > 0;
}

static bool take_type(const struct words *w, struct fed_control *c)
{
	for (size_t i = 0; i < array_len(types); i++)
		if (slice_eq(w->w[0], slice_str(types[i].type)))
			return types[i].take(w, c);
	c->kind = FED_CTL_OTHER;
	return true;
}

static bool check_fork(struct slice body, const struct fed_control *c, const char **why)
{
	struct fed_sign one, two;

	if (!fed_fork_parse(body, &one, &two, why))
		return false;
	return (one.e == c->epoch && one.n == c->n) || refuse(why, "proof of another place");
}

static bool check_body(struct slice body, const struct fed_control *c, const char **why)
{
	switch (c->kind) {
	case FED_CTL_MEMBERS:
		return check_members(body, why);
	case FED_CTL_REQUEST:
		return check_request(body, why);
	case FED_CTL_FORK:
		return check_fork(body, c, why);
	case FED_CTL_REFUSE:
		return check_refuse(body, why);
	case FED_CTL_RECORD:
	case FED_CTL_CANCEL:
	case FED_CTL_OTHER:
		break;
	}
	return true;
}

bool fed_control_parse(
	struct slice value, struct slice body, struct fed_control *out, const char **why)
{
	struct words w;

	*out = (struct fed_control){.kind = FED_CTL_OTHER};
	if (value.len > VALUE_MAX || !split(value, &w))
		return refuse(why, "Control is not valid");
	bool ours = slice_eq(w.w[0], lit("kokod"));
	if (!ours && !slice_eq_ci(w.w[0], lit("cancel")))
		return true;
	if (!ours)
		return take_cancel(&w, out) || refuse(why, "cancel without a Message-ID");
	if (w.n == 1)
		return refuse(why, "Control without a type");
	for (size_t i = 1; i < w.n; i++)
		w.w[i - 1] = w.w[i];
	w.n--;
	if (!take_type(&w, out))
		return refuse(why, "arguments of Control are not valid");
	return check_body(body, out, why);
}

static void add_mid(struct buf *b, const char *type, struct slice mid)
{
	buf_addf(b, "kokod %s ", type);
	buf_add(b, mid);
}

void fed_control_add(struct buf *b, const struct fed_control *c)
{
	switch (c->kind) {
	case FED_CTL_RECORD:
		buf_addf(b, "kokod %s %s ", fed_type_names[c->key.type], c->key.s);
		buf_addu(b, c->serial);
		break;
	case FED_CTL_MEMBERS:
		buf_add(b, lit("kokod members"));
		break;
	case FED_CTL_REQUEST:
		buf_add(b, lit("kokod request"));
		break;
	case FED_CTL_REFUSE:
		add_mid(b, "refuse", c->mid);
		break;
	case FED_CTL_CANCEL:
		add_mid(b, "cancel", c->mid);
		break;
	case FED_CTL_FORK:
		buf_add(b, lit("kokod fork "));
		buf_addu(b, c->epoch);
		buf_addc(b, ' ');
		buf_addu(b, c->n);
		break;
	case FED_CTL_OTHER:
		break;
	}
}
