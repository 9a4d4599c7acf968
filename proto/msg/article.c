/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The article and its index.  The head is walked once; the index borrows from the bytes and holds
 * the first occurrence of each field, so that a second one can neither hide nor replace it.
 */
#include "proto/msg/article.h"

#include "proto/base/date.h"
#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

#define ROW(s)                                                                                     \
	{                                                                                          \
		"" s, sizeof(s) - 1                                                                \
	}

static const struct slice names[ART_N_FIELDS] = {
	[ART_FROM] = ROW("From"),
	[ART_NEWSGROUPS] = ROW("Newsgroups"),
	[ART_SUBJECT] = ROW("Subject"),
	[ART_DATE] = ROW("Date"),
	[ART_MESSAGE_ID] = ROW("Message-ID"),
	[ART_PATH] = ROW("Path"),
	[ART_REFERENCES] = ROW("References"),
	[ART_IN_REPLY_TO] = ROW("In-Reply-To"),
	[ART_CONTROL] = ROW("Control"),
	[ART_SUPERSEDES] = ROW("Supersedes"),
	[ART_APPROVED] = ROW("Approved"),
	[ART_SENDER] = ROW("Sender"),
	[ART_REPLY_TO] = ROW("Reply-To"),
	[ART_FOLLOWUP_TO] = ROW("Followup-To"),
	[ART_TO] = ROW("To"),
	[ART_CC] = ROW("Cc"),
	[ART_BCC] = ROW("Bcc"),
	[ART_EXPIRES] = ROW("Expires"),
	[ART_DISTRIBUTION] = ROW("Distribution"),
	[ART_ORGANIZATION] = ROW("Organization"),
	[ART_SUMMARY] = ROW("Summary"),
	[ART_KEYWORDS] = ROW("Keywords"),
	[ART_INJECTION_DATE] = ROW("Injection-Date"),
	[ART_INJECTION_INFO] = ROW("Injection-Info"),
	[ART_XREF] = ROW("Xref"),
	[ART_LINES] = ROW("Lines"),
	[ART_BYTES] = ROW("Bytes"),
	[ART_CANCEL_LOCK] = ROW("Cancel-Lock"),
	[ART_CANCEL_KEY] = ROW("Cancel-Key"),
	[ART_ARCHIVE] = ROW("Archive"),
	[ART_MIME_VERSION] = ROW("MIME-Version"),
	[ART_CONTENT_TYPE] = ROW("Content-Type"),
	[ART_CONTENT_TRANSFER_ENCODING] = ROW("Content-Transfer-Encoding"),
	[ART_CONTENT_DISPOSITION] = ROW("Content-Disposition"),
	[ART_KOKOD_SIGN] = ROW("Kokod-Sign"),
	[ART_KOKOD_FIELDS] = ROW("Kokod-Fields"),
	[ART_KOKOD_SALT] = ROW("Kokod-Salt"),
	[ART_KOKOD_ACTOR] = ROW("Kokod-Actor"),
};

enum article_field article_field_find(struct slice name)
{
	for (int i = 0; i < ART_N_FIELDS; i++)
		if (names[i].len == name.len && slice_eq_ci(names[i], name))
			return (enum article_field)i;
	return ART_NONE;
}

struct slice article_field_name(enum article_field f)
{
	return f < ART_N_FIELDS ? names[f] : lit("");
}

static int refuse(struct article *a, int rc, const char *why)
{
	a->why = why;
	return rc;
}

static void index_field(struct article *a, const struct header_field *f)
{
	enum article_field place = article_field_find(f->name);

	if (place == ART_NONE)
		return;
	if (a->value[place].p)
		a->doubled |= UINT64_C(1) << place;
	else
		a->value[place] = f->value;
}

int article_parse(struct article *a, struct slice bytes, const struct msg_limits *limits)
{
	struct header_walk w;
	struct header_field f;
	enum scan rc;

	_Static_assert(ART_N_FIELDS <= 64, "one bit of `doubled` for each field");
	*a = (struct article){.bytes = bytes};
	if (limits->max_bytes > 0 && bytes.len > limits->max_bytes)
		return refuse(a, KERR_TOOBIG, "article is too big");

	size_t head_len = 0;
	header_walk_init(&w, bytes, limits);
	while ((rc = header_next(&w, &f)) == SCAN_OK) {
		index_field(a, &f);
		head_len = w.at;
	}
	a->n_fields = w.n_fields;
	if (rc == SCAN_BAD)
		return refuse(a, KERR_INVALID, w.why);
	if (w.n_fields == 0)
		return refuse(a, KERR_INVALID, "article has no head");
	a->head = slice_head(bytes, head_len);
	a->body = slice_of(bytes.p + w.at, bytes.len - w.at);
	a->has_empty_line = w.at > head_len;
	return 0;
}

/* Judge one line of the body, its LF excluded. */
static const char *check_body_line(struct slice line, size_t max)
{
	size_t cr = slice_chr(line, '\r');

	if (cr == line.len)
		return "LF without CR in the body";
	if (cr < line.len - 1)
		return "CR without LF in the body";
	if (max > 0 && cr > max)
		return "line of the body is too long";
	return NULL;
}

int article_check_body(struct article *a, const struct msg_limits *limits)
{
	const char *p = a->body.p;
	size_t at = 0;

	a->n_lines = 0;
	if (slice_chr(a->body, '\0') != a->body.len)
		return refuse(a, KERR_INVALID, "NUL byte in the body");
	while (at < a->body.len) {
		const char *lf = memchr(p + at, '\n', a->body.len - at);
		if (!lf)
			return refuse(a, KERR_INVALID, "body ends in the middle of a line");

		size_t len = (size_t)(lf - p) - at;
		const char *why = check_body_line(slice_of(p + at, len), limits->max_body_line);
		if (why)
			return refuse(a, KERR_INVALID, why);
		at += len + 1;
		a->n_lines++;
	}
	return 0;
}

/* Mandatory fields of a netnews article.  RFC 5536 section 3.1 */
static const struct {
	enum article_field field;
	const char *missing, *doubled;
} mandatory[] = {
	{ART_FROM,       "From is missing",       "From occurs twice"      },
	{ART_NEWSGROUPS, "Newsgroups is missing", "Newsgroups occurs twice"},
	{ART_SUBJECT,    "Subject is missing",    "Subject occurs twice"   },
	{ART_DATE,       "Date is missing",       "Date occurs twice"      },
	{ART_MESSAGE_ID, "Message-ID is missing", "Message-ID occurs twice"},
	{ART_PATH,       "Path is missing",       "Path occurs twice"      },
};

int article_check_news(struct article *a)
{
	int64_t at;

	for (size_t i = 0; i < array_len(mandatory); i++) {
		if (a->value[mandatory[i].field].len == 0)
			return refuse(a, KERR_INVALID, mandatory[i].missing);
		if (a->doubled >> mandatory[i].field & 1)
			return refuse(a, KERR_INVALID, mandatory[i].doubled);
	}
	if (!a->has_empty_line)
		return refuse(a, KERR_INVALID, "no empty line behind the head");
	if (!msgid_valid(a->value[ART_MESSAGE_ID]))
		return refuse(a, KERR_INVALID, "Message-ID is not valid");
	if (!date_parse(a->value[ART_DATE], &at))
		return refuse(a, KERR_INVALID, "Date is not valid");
	return 0;
}

struct slice article_get(const struct article *a, struct slice name)
{
	static const struct msg_limits none = {0};
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, a->head, &none);
	while (header_next(&w, &f) == SCAN_OK)
		if (slice_eq_ci(f.name, name))
			return f.value;
	return slice_of(NULL, 0);
}

/* The first Message-ID and the last ones, in at most OVER_MAX_FIELD bytes. */
static void add_references(struct buf *b, struct slice refs)
{
	struct slice rest = refs, first;

	if (refs.len <= OVER_MAX_FIELD || !refs_next(&rest, &first)) {
		header_add_flat(b, slice_head(refs, OVER_MAX_FIELD));
		return;
	}
	struct slice tail = slice_from(refs, refs.len - (OVER_MAX_FIELD - MSGID_MAX - 1));
	buf_add(b, first);
	buf_addc(b, ' ');
	header_add_flat(b, slice_from(tail, slice_chr(tail, '<')));
}

void article_add_over(struct buf *b, const struct article *a)
{
	static const enum article_field columns[] = {
		ART_SUBJECT, ART_FROM, ART_DATE, ART_MESSAGE_ID};

	for (size_t i = 0; i < array_len(columns); i++) {
		header_add_flat(b, utf8_cut(a->value[columns[i]], OVER_MAX_FIELD));
		buf_addc(b, '\t');
	}
	add_references(b, a->value[ART_REFERENCES]);
}
