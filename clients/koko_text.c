/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Composing, showing and quoting articles, with the field grammar of proto/msg. */
#include "clients/koko_text.h"

#include "clients/i18n.h"
#include "clients/mime_etpan.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/address.h"
#include "proto/msg/article.h"
#include "proto/msg/fields.h"
#include "proto/msg/header.h"

enum {
	REFS_KEPT = 20,   /* Message-IDs of References that a reply carries on */
	BASE64_LINE = 57, /* bytes in a line of 76 */
	FIELD_MAX = 64 * 1024,
};

static const struct msg_limits no_limits; /* all 0 */

void koko_crlf(struct buf *out, struct slice text)
{
	struct slice line;

	while (slice_split(&text, '\n', &line)) {
		if (!text.p && line.len == 0)
			break; /* behind the last line end */
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line = slice_head(line, line.len - 1);
		buf_add(out, line);
		buf_addz(out, "\r\n");
	}
}

void koko_decode(struct buf *out, struct slice value)
{
	struct buf words;

	buf_init(&words, FIELD_MAX);
	words_decode(&words, value);
	mime_add_clean(out, buf_slice(&words));
	buf_fini(&words);
}

/* ---- reading ---- */

static void show_field(struct buf *out, const struct article *a, enum article_field f)
{
	if (!article_has(a, f))
		return;
	buf_add(out, article_field_name(f));
	buf_addz(out, ": ");
	koko_decode(out, a->value[f]);
	buf_addc(out, '\n');
}

void koko_show(struct slice article, struct buf *out)
{
	static const enum article_field fields[] = {
		ART_FROM, ART_DATE, ART_NEWSGROUPS, ART_SUBJECT, ART_MESSAGE_ID};
	struct article a;
	struct buf bytes;

	buf_init(&bytes, KOKO_ARTICLE_MAX);
	koko_crlf(&bytes, article);
	if (article_parse(&a, buf_slice(&bytes), &no_limits) == 0) {
		for (size_t i = 0; i < array_len(fields); i++)
			show_field(out, &a, fields[i]);
		buf_addc(out, '\n');
	}
	mime_readable(buf_slice(&bytes), out);
	buf_fini(&bytes);
}

/* ---- writing ---- */

static int add_from(struct buf *out, const char *from, struct err *err)
{
	struct address_list list;
	struct arena ar;
	struct buf spec;

	arena_init(&ar);
	buf_init(&spec, FIELD_MAX);
	int rc = address_parse(slice_str(from), 1, &ar, &list);
	const struct address *a = rc == 0 ? address_first(&list) : NULL;
	if (a) {
		address_add_spec(&spec, a);
		buf_addz(out, "From: ");
		address_add(out, a->name, buf_slice(&spec));
		buf_addz(out, "\r\n");
	} else {
		rc = err_set(err, KERR_INVALID, _("from: \"%s\" is no address"), from);
	}
	buf_fini(&spec);
	arena_fini(&ar);
	return rc;
}

/* The first reference and the last ones, folded one a line. */
static void add_references(struct buf *out, struct slice refs)
{
	struct slice rest = refs, id;
	size_t n = 0, i = 0;

	while (refs_next(&rest, &id))
		n++;
	if (n == 0)
		return;
	buf_addz(out, "References:");
	for (rest = refs; refs_next(&rest, &id); i++)
		if (i == 0 || n - i < REFS_KEPT)
			buf_addf(out, "%s%.*s", i ? "\r\n " : " ", SLICE_ARG(id));
	buf_addz(out, "\r\n");
}

static size_t longest_line(struct slice text)
{
	struct slice line;
	size_t longest = 0;

	while (slice_split(&text, '\n', &line))
		if (line.len > longest)
			longest = line.len;
	return longest;
}

static void add_base64(struct buf *out, struct slice text)
{
	for (; text.len > 0; text = slice_from(text, BASE64_LINE)) {
		base64_add(out, slice_head(text, BASE64_LINE));
		buf_addz(out, "\r\n");
	}
}

static void add_body(struct buf *out, struct slice body)
{
	bool base64 = longest_line(body) > MSG_MAX_LINE - 2;
	struct buf text;

	buf_init(&text, KOKO_ARTICLE_MAX);
	koko_crlf(&text, body);
	buf_addf(out,
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: %s\r\n\r\n",
		base64 ? "base64" : "8bit");
	if (base64)
		add_base64(out, buf_slice(&text));
	else
		buf_add(out, buf_slice(&text));
	buf_fini(&text);
}

int koko_compose(const struct koko_post *p, struct buf *out, struct err *err)
{
	if (!p->to && !group_name_valid(slice_str(p->group)))
		return err_set(err, KERR_INVALID, _("\"%s\" is no group name"), p->group);
	if (slice_trim(p->body).len == 0)
		return err_set(err, KERR_INVALID, _("the text is empty"));
	if (!utf8_valid(p->body) || slice_chr(p->body, '\0') < p->body.len)
		return err_set(err, KERR_INVALID, _("the text is not UTF-8"));
	if (slice_trim(slice_str(p->subject)).len == 0 || !utf8_valid(slice_str(p->subject)) ||
		strpbrk(p->subject, "\r\n"))
		return err_set(
			err, KERR_INVALID, _("the subject is empty or not one line of UTF-8"));

	int rc = add_from(out, p->from, err);
	if (rc < 0)
		return rc;
	buf_addf(out, "%s: %s\r\nSubject: ", p->to ? "To" : "Newsgroups", p->to ? p->to : p->group);
	words_encode(out, slice_str(p->subject));
	buf_addz(out, "\r\n");
	add_references(out, p->references);
	buf_addz(out, "User-Agent: koko/" PACKAGE_VERSION "\r\n");
	add_body(out, p->body);
	return out->bad ? err_set(err, KERR_TOOBIG, _("the text is too long")) : 0;
}

/* ---- replying ---- */

/* Name of the author, or the address. */
static void add_author(struct buf *out, struct slice from)
{
	struct address_list list;
	struct arena ar;

	arena_init(&ar);
	const struct address *a =
		address_parse(from, 1, &ar, &list) == 0 ? address_first(&list) : NULL;
	if (a && a->name.len > 0)
		koko_decode(out, a->name);
	else if (a)
		address_add_spec(out, a);
	else
		koko_decode(out, from);
	arena_fini(&ar);
}

static void add_quote(struct buf *out, const struct article *a)
{
	struct buf author, text;
	struct slice rest, line;

	buf_init(&author, FIELD_MAX);
	buf_init(&text, KOKO_ARTICLE_MAX);
	add_author(&author, a->value[ART_FROM]);
	mime_readable(a->bytes, &text);
	buf_addf(out, _("%s wrote:"), buf_cstr(&author));
	buf_addc(out, '\n');
	rest = buf_slice(&text);
	while (slice_split(&rest, '\n', &line)) {
		if (!rest.p && line.len == 0)
			break;
		if (slice_eq(line, lit("-- ")))
			break; /* the signature */
		buf_addz(out, line.len > 0 && line.p[0] == '>' ? ">" : "> ");
		buf_add(out, line);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
	buf_fini(&author);
	buf_fini(&text);
}

static void add_subject(struct buf *out, struct slice subject)
{
	struct buf text;

	buf_init(&text, FIELD_MAX);
	koko_decode(&text, subject);
	if (!slice_starts_ci(buf_slice(&text), lit("Re:")))
		buf_addz(out, "Re: ");
	buf_add(out, buf_slice(&text));
	buf_fini(&text);
}

bool koko_add_address(struct buf *b, struct slice value)
{
	struct address_list list;
	struct arena ar;

	arena_init(&ar);
	const struct address *a =
		address_parse(value, ADDRESS_MAX, &ar, &list) == 0 ? address_first(&list) : NULL;
	bool found = a && a->domain.len > 0;
	if (found)
		address_add_spec(b, a);
	arena_fini(&ar);
	return found;
}

/* Where answers go; in an IMAP mailbox kokod has other names for it. */
static struct slice groups_of(const struct article *a)
{
	static const char *const names[] = {
		"Followup-To", "News-Follow", "Newsgroups", "News-Group"};
	struct slice value = lit("");

	for (size_t i = 0; i < array_len(names) && value.len == 0; i++)
		value = article_get(a, slice_str(names[i]));
	return value;
}

static void fill_reply(struct koko_reply *r, const struct article *a)
{
	struct slice groups = groups_of(a), group;

	add_subject(&r->subject, a->value[ART_SUBJECT]);
	buf_add(&r->references, a->value[ART_REFERENCES]);
	buf_addc(&r->references, ' ');
	buf_add(&r->references, a->value[ART_MESSAGE_ID]);
	add_quote(&r->quote, a);
	if (newsgroups_next(&groups, &group))
		buf_add(&r->group, group);
	if (!koko_add_address(&r->author, a->value[ART_REPLY_TO]))
		(void)koko_add_address(&r->author, a->value[ART_FROM]);
}

int koko_reply_init(struct koko_reply *r, struct slice article, struct err *err)
{
	struct article a;
	struct buf bytes;
	int rc;

	buf_init(&r->subject, FIELD_MAX);
	buf_init(&r->references, FIELD_MAX);
	buf_init(&r->quote, KOKO_ARTICLE_MAX);
	buf_init(&r->group, FIELD_MAX);
	buf_init(&r->author, FIELD_MAX);
	buf_init(&bytes, KOKO_ARTICLE_MAX);
	koko_crlf(&bytes, article);
	rc = article_parse(&a, buf_slice(&bytes), &no_limits);
	if (rc < 0 || !article_has(&a, ART_MESSAGE_ID))
		rc = err_set(err, KERR_INVALID, _("the article cannot be replied to"));
	else
		fill_reply(r, &a);
	buf_fini(&bytes);
	return rc;
}

void koko_reply_fini(struct koko_reply *r)
{
	buf_fini(&r->subject);
	buf_fini(&r->references);
	buf_fini(&r->quote);
	buf_fini(&r->group);
	buf_fini(&r->author);
}
