/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of another server to what we offer: the cursor only rises, and never past the log. */
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/nntp/nntp_feeder.h"
#include "tests/fuzz/fuzz.h"

enum { LAST = 20 };

static int log_next(void *arg, uint64_t after, struct feeder_item *out, uint64_t *scanned_out)
{
	(void)arg;
	*scanned_out = LAST;
	if (after >= LAST)
		return KERR_NOTFOUND;
	out->seq = out->content = after + 1;
	snprintf(out->mid, sizeof out->mid, "<%d@x>", (int)out->seq);
	return 0;
}

static int log_read(void *arg, const struct feeder_item *item, struct buf *out)
{
	(void)arg;
	if (item->seq % 7 == 0)
		return item->seq % 2 ? KERR_NOTFOUND : KERR_IO;
	buf_add(out, lit("A: b\r\n\r\ntext\r\n"));
	return 0;
}

static void log_settled(void *arg, uint64_t seq)
{
	uint64_t *settled = arg;

	FUZZ_CHECK(seq > *settled && seq <= LAST);
	*settled = seq;
}

static void log_answered(void *arg, const struct feeder_item *item, int code, struct slice text)
{
	(void)arg;
	FUZZ_CHECK(!item || item->seq <= LAST);
	FUZZ_CHECK(code < 600 && (text.len == 0 || text.p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t settled = 0;
	struct feeder_source src = {log_next, log_read, log_settled, log_answered, &settled};
	struct feeder_opts opts = {.id = "fuzz", .window = 4, .defer_max = 3};
	struct nntp_feeder *f = nntp_feeder_new(&src, &opts);
	struct slice in = slice_of(data, size);
	size_t used;

	log_set_level(LOG_LEVEL_ERROR);
	nntp_feeder_ops.start(f, 1);
	for (int64_t now_at = 1; now_at < 300; now_at += FEEDER_RETRY_S) {
		enum sess_need need = nntp_feeder_ops.feed(f, in, now_at, &used);

		FUZZ_CHECK(used <= in.len);
		in = slice_from(in, used);
		if (need == NEED_CLOSE)
			break;
	}
	nntp_feeder_ops.free(f);
	return 0;
}
