/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading records, line by line along the table of their type.  What a value means is in
 * fed_record_keys.c, what the lines say to each other in fed_record_check.c.
 */
#include "proto/fed/fed_record.h"

#include "proto/base/text.h"
#include "proto/fed/fed_record_priv.h"

struct reader {
	struct fed_parse p;
	struct slice rest;
	size_t line_no;
	struct slice line, key, value; /* of the last line */
	const struct fed_key *at;      /* the key whose turn it is */
	size_t count;                  /* lines of it so far */
	struct slice *once;            /* what may stand there once only, of these lines */
	struct err *err;
};

static int fail_line(struct reader *r, int rc, const char *why)
{
	return err_set(r->err, rc, "line %zu: %.*s: %s", r->line_no,
		SLICE_ARG(slice_head(r->key, 20)), why);
}

static bool key_valid(struct slice key)
{
	for (size_t i = 0; i < key.len; i++) {
		int c = (unsigned char)key.p[i];
		if (!(c >= 'a' && c <= 'z') && (i == 0 || (!ascii_digit(c) && c != '-')))
			return false;
	}
	return key.len > 0;
}

/* Any value: text without controls and outer blanks. */
static bool value_valid(struct slice v)
{
	if (v.len == 0 || v.p[0] == ' ' || v.p[v.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < v.len; i++) {
		int c = (unsigned char)v.p[i];
		if (c < 32 || c == 127)
			return false;
	}
	return utf8_valid(v);
}

/* The next line; 1, 0 at the end, or KERR_*. */
static int next_line(struct reader *r)
{
	if (r->rest.len == 0)
		return 0;
	size_t end = slice_chr(r->rest, '\n');
	r->line_no++;
	r->line = slice_head(r->rest, end);
	r->key = lit("");
	if (end == r->rest.len)
		return fail_line(r, KERR_INVALID, "no line end");
	if (end > FED_RECORD_LINE_MAX)
		return fail_line(r, KERR_TOOBIG, "line is too long");
	r->rest = slice_from(r->rest, end + 1);

	size_t colon = slice_find(r->line, lit(": "));
	struct slice key = slice_head(r->line, colon);
	if (colon == r->line.len || !key_valid(key))
		return fail_line(r, KERR_INVALID, "not `key: value`");
	r->key = key;
	r->value = slice_from(r->line, colon + 2);
	return value_valid(r->value) ? 1 : fail_line(r, KERR_INVALID, "value is not plain text");
}

static int cmp_slices(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

bool fed_all_differ(struct slice *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof *v, cmp_slices);
	for (size_t i = 1; i < n; i++)
		if (slice_eq(v[i - 1], v[i]))
			return false;
	return true;
}

/* All lines of the key whose turn it is are there. */
static int finish_key(struct reader *r)
{
	if (r->count < r->at->min)
		return err_set(
			r->err, KERR_INVALID, "line %zu: %s is missing", r->line_no, r->at->name);
	if (r->at->once && !fed_all_differ(r->once, r->count))
		return err_set(r->err, KERR_INVALID, "line %zu: %s stands there twice", r->line_no,
			r->at->name);
	return 0;
}

/* The first n words of a value. */
static struct slice first_words(struct slice v, size_t n)
{
	size_t end = 0;

	for (size_t i = 0; i < n && end < v.len; i++)
		end += (i > 0) + slice_chr(slice_from(v, end + (i > 0)), ' ');
	return slice_head(v, end);
}

static int take_value(struct reader *r)
{
	if (r->count >= r->at->max)
		return fail_line(r, KERR_TOOBIG, "too many of them");
	if (r->at->once) {
		r->once = fed_grown(&r->p, r->once, r->count, sizeof *r->once);
		r->once[r->count] = first_words(r->value, r->at->once);
	}
	r->count++;
	const char *why = r->at->take(&r->p, r->value);
	return why ? fail_line(r, KERR_INVALID, why) : 0;
}

/* Is it a key of this type at all? */
static bool is_known(struct slice name, const struct fed_key *keys)
{
	for (; keys->name; keys++)
		if (slice_eq(name, slice_str(keys->name)))
			return true;
	return false;
}

/* Step on to the key of the line, over those that need not be there. */
static int turn_to_key(struct reader *r)
{
	while (r->at->name && !slice_eq(r->key, slice_str(r->at->name))) {
		int rc = finish_key(r);
		if (rc < 0)
			return rc;
		r->at++;
		r->count = 0;
		r->once = NULL;
	}
	return 0;
}

static int keep_unknown(struct reader *r, const struct fed_key *keys)
{
	struct fed_record *rec = r->p.rec;

	if (is_known(r->key, keys))
		return fail_line(r, KERR_INVALID, "not in its place");
	if (rec->n_unknown >= FED_UNKNOWN_MAX)
		return fail_line(r, KERR_TOOBIG, "too many unknown keys");
	rec->unknown = fed_grown(&r->p, rec->unknown, rec->n_unknown, sizeof *rec->unknown);
	rec->unknown[rec->n_unknown++] = r->line;
	return 0;
}

static int take_sig(struct reader *r)
{
	struct fed_record *rec = r->p.rec;
	struct slice w[2];

	if (rec->n_sig >= FED_SIGS_MAX)
		return fail_line(r, KERR_TOOBIG, "too many of them");
	struct fed_sigline *sig = &rec->sig[rec->n_sig++];
	if (!fed_words(r->value, w, 2) || !fed_keyid_parse(w[0], &sig->keyid) ||
		!fed_sig_parse(w[1], &sig->sig))
		return fail_line(r, KERR_INVALID, "not <keyid> <signature>");
	return 0;
}

/* "record: <type>" and "v: 1". */
static int take_type(struct reader *r)
{
	int rc = next_line(r);
	size_t type = 0;

	if (rc <= 0)
		return rc < 0 ? rc : err_set(r->err, KERR_INVALID, "empty record");
	if (!slice_eq(r->key, lit("record")))
		return fail_line(r, KERR_INVALID, "not a record");
	while (type < array_len(fed_type_names) &&
		!slice_eq(r->value, slice_str(fed_type_names[type])))
		type++;
	if (type == array_len(fed_type_names))
		return fail_line(r, KERR_INVALID, "not daemon, federation or group");
	r->p.rec->type = (enum fed_record_type)type;
	rc = next_line(r);
	if (rc <= 0 || !slice_eq(r->key, lit("v")))
		return rc < 0 ? rc : err_set(r->err, KERR_INVALID, "record without version");
	return slice_eq(r->value, lit("1"))
		       ? 0
		       : fail_line(r, KERR_VERSION, "made by a newer version: update kokod");
}

/* All lines up to the first sig; 1 when it was read, 0 when there is none. */
static int take_lines(struct reader *r)
{
	const struct fed_key *keys = fed_record_keys(r->p.rec->type);
	int rc;

	r->at = keys;
	while ((rc = next_line(r)) == 1 && !slice_eq(r->key, lit("sig"))) {
		rc = turn_to_key(r);
		if (rc == 0)
			rc = r->at->name ? take_value(r) : keep_unknown(r, keys);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	r->key = lit("sig");
	int end = turn_to_key(r);
	return end < 0 ? end : rc;
}

static int take_sigs(struct reader *r)
{
	int rc = take_sig(r);

	while (rc == 0 && (rc = next_line(r)) == 1)
		rc = slice_eq(r->key, lit("sig"))
			     ? take_sig(r)
			     : fail_line(r, KERR_INVALID, "behind a signature");
	return rc;
}

static int parse_record(struct slice text, bool is_signed, struct arena *ar, struct fed_record *rec,
	struct err *err)
{
	struct reader r = {
		.p = {rec, ar},
                  .rest = text, .err = err
        };

	memset(rec, 0, sizeof *rec);
	rec->text = rec->signed_ = text;
	if (text.len > FED_RECORD_MAX)
		return err_set(err, KERR_TOOBIG, "record is larger than 1 MiB");
	int rc = take_type(&r);
	if (rc == 0)
		rc = take_lines(&r);
	if (rc < 0)
		return rc;
	if ((rc == 1) != is_signed)
		return err_set(err, KERR_INVALID, "record %s", rc ? "is signed" : "is not signed");
	if (rc == 1)
		rec->signed_ = slice_head(text, (size_t)(r.line.p - text.p));
	rc = rc == 1 ? take_sigs(&r) : 0;
	return rc < 0 ? rc : fed_record_check(rec, ar, err);
}

int fed_record_parse(struct slice text, struct arena *ar, struct fed_record *rec, struct err *err)
{
	return parse_record(text, true, ar, rec, err);
}

int fed_record_parse_unsigned(
	struct slice text, struct arena *ar, struct fed_record *rec, struct err *err)
{
	return parse_record(text, false, ar, rec, err);
}
