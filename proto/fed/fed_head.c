/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Head lines.  Ranges are checked when a line is parsed and read from its text when they are used.
 */
#include "proto/fed/fed_head.h"

#include "proto/base/text.h"

static bool refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* "<from>-<to>" with 1 <= from <= to */
static bool parse_range(struct slice s, struct fed_span *out)
{
	size_t dash = slice_chr(s, '-');

	return dash < s.len && fed_num_parse(slice_head(s, dash), &out->from) &&
	       fed_num_parse(slice_from(s, dash + 1), &out->to) && out->from > 0 &&
	       out->from <= out->to;
}

bool fed_range_next(struct slice *rest, struct fed_span *out)
{
	struct slice part;

	return rest->len > 0 && slice_split(rest, ',', &part) && parse_range(part, out);
}

/* Ranges that ascend, lie behind `after`, and leave at least one number between. */
static bool check_ranges(struct slice list, uint64_t after, size_t max)
{
	struct slice part;
	struct fed_span r;
	size_t n = 0;

	for (; slice_split(&list, ',', &part); n++) {
		if (n == max || !parse_range(part, &r) || r.from <= after)
			return false;
		after = r.to + 1;
	}
	return n > 0;
}

/* One word behind the six: ranges, or something of a later version. */
static bool take_extra(struct slice word, struct fed_head *h)
{
	struct slice list = slice_from(word, 1);

	if (word.p[0] == '+') {
		if (h->ahead.len > 0 || !check_ranges(list, h->high + 1, FED_HEAD_RANGES_MAX))
			return false;
		h->ahead = list;
	} else if (word.p[0] == '!') {
		if (h->stubs.len > 0 || !check_ranges(list, h->low - 1, FED_HEAD_RANGES_MAX))
			return false;
		h->stubs = list;
	}
	return true;
}

static bool take_name(struct slice *rest, struct fed_feed_name *out)
{
	struct slice w[3];

	for (size_t i = 0; i < array_len(w); i++)
		if (!slice_word(rest, &w[i]))
			return false;
	return fed_gid_parse(w[0], &out->gid) && fed_oid_parse(w[1], &out->oid) &&
	       fed_epoch_parse(w[2], &out->epoch) && out->epoch.n > 0;
}

bool fed_head_parse(struct slice line, struct fed_head *out, const char **why)
{
	struct slice rest = line, w[3];

	*out = (struct fed_head){.low = 0};
	if (line.len > FED_HEAD_LINE_MAX)
		return refuse(why, "head line is too long");
	if (!take_name(&rest, &out->name))
		return refuse(why, "head line without the name of a feed");
	for (size_t i = 0; i < array_len(w); i++)
		if (!slice_word(&rest, &w[i]))
			return refuse(why, "head line without low, high and E");
	if (!fed_num_parse(w[0], &out->low) || !fed_num_parse(w[1], &out->high) ||
		!fed_hash_parse(w[2], &out->e) || out->low < 1 || out->high + 1 < out->low)
		return refuse(why, "low, high or E of a head line is not valid");
	while (slice_word(&rest, &w[0]))
		if (!take_extra(w[0], out))
			return refuse(why, "ranges of a head line are not valid");
	return true;
}

/* What of the ranges lies at `first` and behind it. */
static void add_ranges(struct buf *b, char mark, const struct fed_spans *s, uint64_t first)
{
	size_t n = s ? fed_spans_n(s) : 0, n_out = 0;

	for (size_t i = 0; i < n && n_out < FED_HEAD_RANGES_MAX; i++) {
		const struct fed_span *r = fed_spans_at(s, i);

		if (r->to < first)
			continue;
		if (n_out == 0)
			buf_addc(b, ' ');
		buf_addc(b, n_out++ == 0 ? mark : ',');
		buf_addu(b, r->from > first ? r->from : first);
		buf_addc(b, '-');
		buf_addu(b, r->to);
	}
}

void fed_head_add(struct buf *b, const struct fed_feed_name *name, uint64_t low, uint64_t high,
	const struct fed_hash *e, const struct fed_spans *ahead, const struct fed_spans *stubs)
{
	if (high < low) {
		high = ahead ? fed_spans_free(ahead, low) - 1 : low - 1;
		e = &fed_hash_none;
	}
	buf_addz(b, name->gid.s);
	buf_addc(b, ' ');
	buf_addz(b, name->oid.s);
	buf_addc(b, ' ');
	fed_epoch_add(b, &name->epoch);
	buf_addc(b, ' ');
	buf_addu(b, low);
	buf_addc(b, ' ');
	buf_addu(b, high);
	buf_addc(b, ' ');
	buf_addz(b, e->s);
	add_ranges(b, '+', ahead, high + 2);
	add_ranges(b, '!', stubs, low);
	buf_add(b, lit("\r\n"));
}
