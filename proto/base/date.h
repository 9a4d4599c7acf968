/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every RFC's dates <-> seconds since 1970 (UTC).  Independent of TZ and locale; years 1970..9999.
 */
#ifndef PROTO_BASE_DATE_H
#define PROTO_BASE_DATE_H

#include <stdint.h>

#include "proto/base/buf.h"

struct date_parts {
	int year, month, day;     /* 1970.., 1..12, 1..31 */
	int hour, minute, second; /* second 0..60 */
	int weekday;              /* 0 = Sunday */
};

/* Civil date to seconds and back; date_seconds is false for a date that does not exist. */
NODISCARD bool date_seconds(const struct date_parts *d, int64_t *at_out);
void date_parts_of(int64_t at, struct date_parts *out);

/*
 * A Date field, obsolete forms included: two-digit years, named zones, comments, missing weekday
 * or seconds.  RFC 5322 section 3.3, 4.3; RFC 5536 section 3.1.1
 */
NODISCARD bool date_parse(struct slice s, int64_t *at_out);

/* The day of a Date field as its author's calendar had it, in days since 1970; time is not read. */
NODISCARD bool date_parse_day(struct slice s, int64_t *day_out);

/* "Mon, 23 Nov 2026 13:59:11 +0000" */
void date_add(struct buf *b, int64_t at);

/* "Mon, 23 Nov 2026 13:59:11 GMT".  RFC 9110 section 5.6.7 */
void date_add_http(struct buf *b, int64_t at);

/* "yyyymmddhhmmss".  RFC 3977 section 7.1 */
void date_add_nntp(struct buf *b, int64_t at);

/*
 * Date and time arguments of NEWGROUPS and NEWNEWS: [yy]yymmdd, hhmmss.
 * A two-digit year is in the century that RFC 3977 section 7.3.2 says, seen from now_at.  What is
 * before 1970 becomes 0.
 */
NODISCARD bool date_parse_nntp(
	struct slice day, struct slice time, int64_t now_at, int64_t *at_out);

/*
 * "23-Nov-2026 13:59:11 +0000" without the quotes; a one-digit day has a blank in front.
 * RFC 9051 section 9, date-time
 */
NODISCARD bool date_parse_imap(struct slice s, int64_t *at_out);
void date_add_imap(struct buf *b, int64_t at);

/* "2026-11-23T13:59:11Z" for logs and JSON. */
void date_add_iso(struct buf *b, int64_t at);

#endif
