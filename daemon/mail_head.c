/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head of a group's article as mail programs see it: a prefix with the list's addresses in
 * front, and other names for the fields by which they would take it for news.  Bytes are neither
 * added nor lost behind the prefix, so offsets into the stored article hold.
 */
#include "daemon/mail_priv.h"

#include <string.h>

void mail_add_prefix(const struct db_forum *f, const struct group_rec *g, struct buf *out)
{
	if (g->owner != 0)
		return;
	buf_addf(out, "List-Id: <%s.%s>\r\n", g->name, f->env->host);
	buf_addf(out, "List-Post: <mailto:%s@%s>\r\n", g->name, f->env->host);
	/* Thunderbird and mutt send an answer to all there; an article need not have a To. */
	buf_addf(out, "Mail-Followup-To: %s@%s\r\n", g->name, f->env->host);
}

uint32_t mail_prefix_len(const struct db_forum *f, const struct group_rec *g)
{
	struct buf prefix;

	buf_init(&prefix, MAIL_PREFIX_MAX);
	mail_add_prefix(f, g, &prefix);
	uint32_t n = (uint32_t)prefix.len;
	buf_fini(&prefix);
	return n;
}

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
