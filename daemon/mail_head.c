/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head of a group's article as mail programs see it: a prefix with the list's addresses in
 * front, and other names for the fields by which they would take it for news.  Bytes are neither
 * added nor lost behind the prefix, so offsets into the stored article hold.
 */
#include "daemon/mail_priv.h"

#include <string.h>

#include "proto/base/text.h"

static void add_list(const char *host, const char *group, struct buf *out)
{
	buf_addf(out, "List-Id: <%s.%s>\r\n", group, host);
	buf_addf(out, "List-Post: <mailto:%s@%s>\r\n", group, host);
	/* Thunderbird and mutt send an answer to all there; an article need not have a To. */
	buf_addf(out, "Mail-Followup-To: %s@%s\r\n", group, host);
}

/* ---- of articles that arrived before heads were kept ---- */

static void add_old(const struct db_forum *f, const struct group_rec *g, struct buf *out)
{
	if (g->owner == 0)
		add_list(f->env->host, g->name, out);
}

uint32_t mail_old_head_len(const struct db_forum *f, const struct group_rec *g)
{
	struct buf prefix;

	buf_init(&prefix, MAIL_HEAD_MAX);
	add_old(f, g, &prefix);
	uint32_t n = (uint32_t)prefix.len;
	buf_fini(&prefix);
	return n;
}

/* ---- fixed when the article arrives ---- */

void mail_head_make(const char *host, const char *group, bool reply_to, struct buf *out)
{
	add_list(host, group, out);
	if (reply_to)
		buf_addf(out, "Reply-To: %s@%s\r\n", group, host);
	buf_addf(out, "Archived-At: <news://%s/", host);
}

/* May stand in the path of a URI as it is.  RFC 3986 section 3.3 */
static bool is_path_char(char c)
{
	return ascii_alnum((unsigned char)c) ||
	       slice_chr(lit("-._~!$&'()*+,;=:@"), c) < sizeof "-._~!$&'()*+,;=:@" - 1;
}

void mail_head_end(struct slice mid, struct buf *out)
{
	if (mid.len >= 2 && mid.p[0] == '<')
		mid = slice_head(slice_from(mid, 1), mid.len - 2);
	for (size_t i = 0; i < mid.len; i++) {
		if (is_path_char(mid.p[i]))
			buf_addc(out, mid.p[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)mid.p[i]);
	}
	buf_addz(out, ">\r\n");
}

uint32_t mail_head_len(struct slice text, struct slice mid)
{
	struct buf end;

	buf_init(&end, MAIL_HEAD_MAX);
	mail_head_end(mid, &end);
	size_t n = text.len + end.len;
	buf_fini(&end);
	return (uint32_t)n;
}

int mail_head_read(const struct db_forum *f, struct view *v, const struct group_rec *g,
	uint32_t num, struct buf *out)
{
	struct row r;
	int rc = view_row(v, g->id, num, true, &r);

	if (rc < 0)
		return rc;
	if (r.head == 0) {
		add_old(f, g, out);
		return 0;
	}
	rc = view_head(v, r.head, out);
	if (rc == 0)
		mail_head_end(forum_fields_mid(r.overview), out);
	return rc;
}

/* ---- fields of news ---- */

/*
 * Thunderbird answers a message that has Newsgroups or Followup-To through a news server; from an
 * account without one it sends nothing.  The names are of equal length.
 */
static const struct {
	const char *name, *shown;
} renamed[] = {
	{"Newsgroups:",  "News-Group:" },
	{"Followup-To:", "News-Follow:"},
};

static void rename_field(char *line, size_t len)
{
	for (size_t i = 0; i < array_len(renamed); i++)
		if (slice_starts_ci(slice_of(line, len), slice_str(renamed[i].name)))
			memcpy(line, renamed[i].shown, strlen(renamed[i].shown));
}

void mail_hide_news(char *head, size_t len)
{
	while (len > 0 && *head != '\r') {
		size_t line = slice_chr(slice_of(head, len), '\n');

		rename_field(head, line);
		line += line < len; /* its LF */
		head += line;
		len -= line;
	}
}
