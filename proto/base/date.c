/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates on the proleptic Gregorian calendar, by arithmetic alone: no TZ, no locale, no libc time.
 * A parser fills date_parts first; date_seconds is the one place that says which dates exist.
 */
#include "proto/base/date.h"

#include "proto/base/scan.h"
#include "proto/base/text.h"

enum {
	DAY_S = 86400,
	DATE_MAX_COMMENT_DEPTH = 32,
};

static const int64_t last_at = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static bool leap_year(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && leap_year(year));
}

/* Leap days from year 1 to the end of year y. */
static int64_t leap_days(int64_t y)
{
	return y / 4 - y / 100 + y / 400;
}

/* Days from 1970-01-01 to the first day of year y. */
static int64_t year_start(int y)
{
	return (int64_t)(y - 1970) * 365 + leap_days(y - 1) - leap_days(1969);
}

bool date_seconds(const struct date_parts *d, int64_t *at_out)
{
	if (d->year < 1970 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
		d->day > days_in_month(d->year, d->month))
		return false;
	if (d->hour < 0 || d->hour > 23 || d->minute < 0 || d->minute > 59 || d->second < 0 ||
		d->second > 60)
		return false;

	int64_t days = year_start(d->year) + d->day - 1;
	for (int m = 1; m < d->month; m++)
		days += days_in_month(d->year, m);
	int64_t at = days * DAY_S + d->hour * 3600 + d->minute * 60 + d->second;
	if (at > last_at) /* the leap second of the last year */
		return false;
	*at_out = at;
	return true;
}

void date_parts_of(int64_t at, struct date_parts *out)
{
	if (at < 0)
		at = 0;
	if (at > last_at)
		at = last_at;

	int days = (int)(at / DAY_S), secs = (int)(at % DAY_S);
	int year = 1970 + days / 366, month = 1;

	while (year_start(year + 1) <= days)
		year++;
	int rest = days - (int)year_start(year);
	while (rest >= days_in_month(year, month))
		rest -= days_in_month(year, month++);
	*out = (struct date_parts){
		.year = year,
		.month = month,
		.day = rest + 1,
		.hour = secs / 3600,
		.minute = secs / 60 % 60,
		.second = secs % 60,
		.weekday = (days + 4) % 7,
	};
}

/*
 * Step over blanks, folds and comments.  A comment may hold comments and quoted pairs; one that
 * does not end or nests too deep takes the rest.  RFC 5322 section 3.2.2
 */
static void skip_cfws(struct cursor *c)
{
	int depth = 0;

	for (; !cursor_end(c); c->at++) {
		int ch = cursor_peek(c);
		if (ch == '(' && depth < DATE_MAX_COMMENT_DEPTH)
			depth++;
		else if (ch == ')' && depth > 0)
			depth--;
		else if (ch == '\\' && depth > 0)
			c->at++;
		else if (depth == 0 && ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n')
			return;
	}
	if (c->at > c->in.len)
		c->at = c->in.len;
}

static bool is_alpha(int ch)
{
	ch = ascii_lower(ch);
	return ch >= 'a' && ch <= 'z';
}

static bool is_digit(int ch)
{
	return ascii_digit(ch);
}

/* A number of min to max digits. */
static bool take_digits(struct cursor *c, size_t min, size_t max, int *n_out)
{
	struct slice run = cursor_run(c, is_digit);
	uint64_t n;

	if (run.len < min || run.len > max || !text_number(run, 99999, &n))
		return false;
	*n_out = (int)n;
	return true;
}

/* Index of a three-letter name, case ignored; -1 when it is none. */
static int find_name(struct slice word, const char (*names)[4], int n)
{
	for (int i = 0; i < n; i++)
		if (slice_eq_ci(word, slice_of(names[i], 3)))
			return i;
	return -1;
}

static bool take_month(struct cursor *c, int *month_out)
{
	*month_out = 1 + find_name(cursor_run(c, is_alpha), month_names, 12);
	return *month_out > 0;
}

/* Two digits mean 1950..2049, three 1900 and on.  RFC 5322 section 4.3 */
static bool take_year(struct cursor *c, int *year_out)
{
	size_t from = c->at;

	if (!take_digits(c, 2, 4, year_out))
		return false;
	if (c->at - from == 2)
		*year_out += *year_out < 50 ? 2000 : 1900;
	else if (c->at - from == 3)
		*year_out += 1900;
	return true;
}

/* "13:59" or "13:59:11", blanks and comments around the colons allowed. */
static bool take_time(struct cursor *c, struct date_parts *d)
{
	if (!take_digits(c, 2, 2, &d->hour))
		return false;
	skip_cfws(c);
	if (!cursor_take(c, ':'))
		return false;
	skip_cfws(c);
	if (!take_digits(c, 2, 2, &d->minute))
		return false;
	skip_cfws(c);
	if (!cursor_take(c, ':'))
		return true;
	skip_cfws(c);
	return take_digits(c, 2, 2, &d->second);
}

/* Names of North American zones; all other letters mean UTC.  RFC 5322 section 4.3 */
static int named_zone_s(struct slice name)
{
	static const struct {
		char name[4];
		int hours;
	} zones[] = {
		{"EST", -5},
                {"EDT", -4},
                {"CST", -6},
                {"CDT", -5},
                {"MST", -7},
                {"MDT", -6},
		{"PST", -8},
                {"PDT", -7}
        };

	for (size_t i = 0; i < array_len(zones); i++)
		if (slice_eq_ci(name, slice_of(zones[i].name, 3)))
			return zones[i].hours * 3600;
	return 0;
}

static bool take_zone(struct cursor *c, int *offset_s_out)
{
	bool west = cursor_peek(c) == '-';
	int hhmm;

	if (west || cursor_peek(c) == '+') {
		c->at++;
		if (!take_digits(c, 4, 4, &hhmm) || hhmm % 100 > 59)
			return false;
		*offset_s_out = (hhmm / 100 * 3600 + hhmm % 100 * 60) * (west ? -1 : 1);
		return true;
	}

	struct slice name = cursor_run(c, is_alpha);
	*offset_s_out = named_zone_s(name);
	return name.len > 0;
}

/* Local parts and their zone to seconds, if that is still within the years we know. */
static bool zoned_seconds(const struct date_parts *d, int offset_s, int64_t *at_out)
{
	int64_t at;

	if (!date_seconds(d, &at))
		return false;
	at -= offset_s;
	if (at < 0 || at > last_at)
		return false;
	*at_out = at;
	return true;
}

/* "Mon, 23 Nov 2026" and the blanks behind it. */
static bool take_date(struct cursor *c, struct date_parts *d)
{
	skip_cfws(c);
	struct slice weekday = cursor_run(c, is_alpha);
	if (weekday.len > 0) {
		if (find_name(weekday, day_names, 7) < 0)
			return false;
		skip_cfws(c);
		cursor_take(c, ',');
		skip_cfws(c);
	}
	if (!take_digits(c, 1, 2, &d->day))
		return false;
	skip_cfws(c);
	if (!take_month(c, &d->month))
		return false;
	skip_cfws(c);
	if (!take_year(c, &d->year))
		return false;
	skip_cfws(c);
	return true;
}

bool date_parse_day(struct slice s, int64_t *day_out)
{
	struct cursor c = cursor_of(s);
	struct date_parts d = {0};
	int64_t at;

	if (!take_date(&c, &d) || !date_seconds(&d, &at))
		return false;
	*day_out = at / (24 * 60 * 60);
	return true;
}

bool date_parse(struct slice s, int64_t *at_out)
{
	struct cursor c = cursor_of(s);
	struct date_parts d = {0};
	int offset_s;

	if (!take_date(&c, &d) || !take_time(&c, &d))
		return false;
	skip_cfws(&c);
	if (!take_zone(&c, &offset_s))
		return false;
	skip_cfws(&c);
	return cursor_end(&c) && zoned_seconds(&d, offset_s, at_out);
}

void date_add(struct buf *b, int64_t at)
{
	struct date_parts d;

	date_parts_of(at, &d);
	buf_addf(b, "%s, %d %s %04d %02d:%02d:%02d +0000", day_names[d.weekday], d.day,
		month_names[d.month - 1], d.year, d.hour, d.minute, d.second);
}

void date_add_http(struct buf *b, int64_t at)
{
	struct date_parts d;

	date_parts_of(at, &d);
	buf_addf(b, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[d.weekday], d.day,
		month_names[d.month - 1], d.year, d.hour, d.minute, d.second);
}

void date_add_nntp(struct buf *b, int64_t at)
{
	struct date_parts d;

	date_parts_of(at, &d);
	buf_addf(b, "%04d%02d%02d%02d%02d%02d", d.year, d.month, d.day, d.hour, d.minute, d.second);
}

/* The digits [from, from + n) of s, which is known to hold digits there. */
static int digits_at(struct slice s, size_t from, size_t n)
{
	int v = 0;

	for (size_t i = from; i < from + n; i++)
		v = v * 10 + (s.p[i] - '0');
	return v;
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_digit((unsigned char)s.p[i]))
			return false;
	return true;
}

bool date_parse_nntp(struct slice day, struct slice time, int64_t now_at, int64_t *at_out)
{
	struct date_parts now, d = {0};

	if ((day.len != 6 && day.len != 8) || time.len != 6 || !all_digits(day) ||
		!all_digits(time))
		return false;
	size_t y = day.len - 4;
	d.year = digits_at(day, 0, y);
	if (y == 2) {
		date_parts_of(now_at, &now);
		d.year += now.year / 100 * 100 - (d.year > now.year % 100 ? 100 : 0);
	}
	d.month = digits_at(day, y, 2);
	d.day = digits_at(day, y + 2, 2);
	d.hour = digits_at(time, 0, 2);
	d.minute = digits_at(time, 2, 2);
	d.second = digits_at(time, 4, 2);
	bool early = d.year < 1970; /* a way to say "since ever"; 1972 has all days that exist */
	if (early)
		d.year = 1972;
	if (!date_seconds(&d, at_out))
		return false;
	if (early)
		*at_out = 0;
	return true;
}

void date_add_iso(struct buf *b, int64_t at)
{
	struct date_parts d;

	date_parts_of(at, &d);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour, d.minute,
		d.second);
}

bool date_parse_imap(struct slice s, int64_t *at_out)
{
	struct cursor c = cursor_of(s);
	struct date_parts d = {0};
	int offset_s;

	cursor_take(&c, ' ');
	if (!take_digits(&c, 1, 2, &d.day) || !cursor_take(&c, '-') || !take_month(&c, &d.month) ||
		!cursor_take(&c, '-') || !take_digits(&c, 4, 4, &d.year) || !cursor_take(&c, ' '))
		return false;
	if (!take_digits(&c, 2, 2, &d.hour) || !cursor_take(&c, ':') ||
		!take_digits(&c, 2, 2, &d.minute) || !cursor_take(&c, ':') ||
		!take_digits(&c, 2, 2, &d.second) || !cursor_take(&c, ' '))
		return false;
	if (cursor_peek(&c) != '+' && cursor_peek(&c) != '-')
		return false;
	return take_zone(&c, &offset_s) && cursor_end(&c) && zoned_seconds(&d, offset_s, at_out);
}

void date_add_imap(struct buf *b, int64_t at)
{
	struct date_parts d;

	date_parts_of(at, &d);
	buf_addf(b, "%2d-%s-%04d %02d:%02d:%02d +0000", d.day, month_names[d.month - 1], d.year,
		d.hour, d.minute, d.second);
}
