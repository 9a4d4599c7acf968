/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an admin mails is read as mail programs bring it: wrapped anew, quoted, with words around.
 */
#include "proto/fed/fed_paper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/text.h"

#define MARK_BEGIN "-----BEGIN KOKO DRAFT-----"
#define MARK_END "-----END KOKO DRAFT-----"
#define N_(text) (text) /* for xgettext: who shows a sentence looks it up */

enum {
	LINE_LEN = 64,
	CHECKSUM_LEN = 8,
	NUMBER_BASE = 10000,
	NUMBER_SPAN = 90000,
};

/* ---- as it is kept ---- */

void fed_paper_add(struct buf *b, const struct fed_paper *p)
{
	buf_addf(b, "draft 1\nuntil %" PRId64 "\nfrom %s\nrecord\n", p->until_at, p->from.s);
	buf_add(b, p->record);
}

/* The next line, which is this key and a value. */
static bool take(struct slice *text, const char *key, struct slice *value_out)
{
	struct slice line;
	size_t len = strlen(key);

	if (!slice_split(text, '\n', &line) || !slice_starts(line, slice_str(key)))
		return false;
	*value_out = slice_from(line, len);
	return true;
}

bool fed_paper_read(struct slice text, struct fed_paper *out)
{
	struct slice v;
	uint64_t until;

	if (!take(&text, "draft 1", &v) || v.len > 0 || !take(&text, "until ", &v) ||
		!fed_num_parse(v, &until) || !take(&text, "from ", &v) ||
		!fed_oid_parse(v, &out->from) || !take(&text, "record", &v) || v.len > 0)
		return false;
	out->until_at = (int64_t)until;
	out->record = text;
	return text.len > 0;
}

/* ---- for a mail ---- */

static void checksum(struct slice bytes, char out[CHECKSUM_LEN + 1])
{
	const struct slice parts[] = {lit("kokod-draft-v1\n"), bytes};
	uint8_t h[CRYPTO_HASH_LEN];

	crypto->sha256(parts, array_len(parts), h);
	base32_write(out, slice_of(h, CHECKSUM_LEN * 5 / 8));
	out[CHECKSUM_LEN] = '\0';
}

void fed_paper_wrap(struct buf *b, const struct fed_paper *p)
{
	char sum[CHECKSUM_LEN + 1];
	struct buf bytes, text;
	struct slice rest;

	buf_init(&bytes, FED_PAPER_MAX);
	buf_init(&text, FED_PAPER_TEXT);
	fed_paper_add(&bytes, p);
	checksum(buf_slice(&bytes), sum);
	base64url_add(&text, buf_slice(&bytes));
	buf_addf(&text, ":%s", sum);
	buf_addz(b, MARK_BEGIN "\n");
	for (rest = buf_slice(&text); rest.len > 0; rest = slice_from(rest, LINE_LEN)) {
		buf_add(b, slice_head(rest, LINE_LEN));
		buf_addc(b, '\n');
	}
	buf_addz(b, MARK_END "\n");
	buf_fini(&bytes);
	buf_fini(&text);
}

/* What stands between the marks. */
static enum fed_paper_fault between(struct slice in, struct slice *out)
{
	size_t begin = slice_find(in, lit(MARK_BEGIN)), end;

	if (begin >= in.len)
		return FED_PAPER_NONE;
	*out = slice_from(in, begin + sizeof MARK_BEGIN - 1);
	end = slice_find(*out, lit(MARK_END));
	if (end >= out->len)
		return FED_PAPER_CUT;
	*out = slice_head(*out, end);
	return FED_PAPER_OK;
}

/* Without blanks, line ends and the marks of quoted mail. */
static void tidy(struct slice in, struct buf *out)
{
	for (size_t i = 0; i < in.len; i++)
		if (!strchr(" \t\r\n>", in.p[i]) || in.p[i] == '\0')
			buf_addc(out, in.p[i]);
}

static enum fed_paper_fault decode(struct slice text, struct buf *room)
{
	char sum[CHECKSUM_LEN + 1];
	size_t colon = slice_chr(text, ':');

	if (colon >= text.len || !base64url_decode(room, slice_head(text, colon)))
		return FED_PAPER_DAMAGED;
	checksum(buf_slice(room), sum);
	return slice_eq(slice_from(text, colon + 1), slice_str(sum)) ? FED_PAPER_OK
								     : FED_PAPER_DAMAGED;
}

enum fed_paper_fault fed_paper_unwrap(struct slice in, struct buf *room, struct fed_paper *out)
{
	enum fed_paper_fault f;
	struct slice text;
	struct buf tight;

	f = between(in, &text);
	if (f != FED_PAPER_OK)
		return f;
	buf_init(&tight, FED_PAPER_TEXT);
	tidy(text, &tight);
	f = tight.bad ? FED_PAPER_DAMAGED : decode(buf_slice(&tight), room);
	buf_fini(&tight);
	if (f != FED_PAPER_OK || fed_paper_read(buf_slice(room), out))
		return f;
	return slice_starts(buf_slice(room), lit("draft 1\n")) ? FED_PAPER_DAMAGED
							       : FED_PAPER_NEWER;
}

const char *fed_paper_fault_text(enum fed_paper_fault f)
{
	switch (f) {
	case FED_PAPER_OK:
		return N_("the draft is right");
	case FED_PAPER_NONE:
		return N_("there is no draft in this text: it begins with a line BEGIN KOKO DRAFT");
	case FED_PAPER_CUT:
		return N_("the draft is not whole: copy it down to the line END KOKO DRAFT");
	case FED_PAPER_DAMAGED:
		return N_(
			"the draft was changed on its way: let it be sent again, as an attachment");
	case FED_PAPER_NEWER:
		return N_("the draft is of a newer version: update kokod here");
	}
	return "";
}

/* ---- records ---- */

struct slice fed_record_lines(struct slice text)
{
	size_t end = slice_find(text, lit("\nsig: "));

	return slice_head(text, end < text.len ? end + 1 : text.len);
}

void fed_paper_number(struct slice record, char out[FED_PAPER_NUMBER + 1])
{
	uint8_t h[CRYPTO_HASH_LEN];
	uint32_t v;

	crypto_sha256(fed_record_lines(record), h);
	v = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
	snprintf(out, FED_PAPER_NUMBER + 1, "%u", NUMBER_BASE + v % NUMBER_SPAN);
}

struct sigs {
	struct slice line[2 * FED_SIGS_MAX];
	size_t n;
};

static void collect(struct sigs *s, struct slice text)
{
	struct slice line;

	text = slice_from(text, fed_record_lines(text).len);
	while (slice_split(&text, '\n', &line)) {
		size_t i = 0;

		while (i < s->n && !slice_eq(s->line[i], line))
			i++;
		if (i == s->n && line.len > 0 && s->n < array_len(s->line))
			s->line[s->n++] = line;
	}
}

static int by_text(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int by = memcmp(x->p, y->p, n);

	return by != 0 ? by : (x->len > y->len) - (x->len < y->len);
}

bool fed_paper_merge(struct buf *b, struct slice one, struct slice other)
{
	struct sigs s = {.n = 0};

	if (!slice_eq(fed_record_lines(one), fed_record_lines(other)))
		return false;
	collect(&s, one);
	collect(&s, other);
	qsort(s.line, s.n, sizeof s.line[0], by_text);
	buf_add(b, fed_record_lines(one));
	for (size_t i = 0; i < s.n; i++) {
		buf_add(b, s.line[i]);
		buf_addc(b, '\n');
	}
	return true;
}
