/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A head pushed in two pieces (the first byte says where it is cut) and walked in memory. */
#include "proto/msg/header.h"
#include "tests/fuzz/fuzz.h"

static const struct msg_limits limits = {.max_line = 40, .max_head = 300, .max_fields = 12};

static void add_field(struct buf *b, const struct header_field *f)
{
	buf_add(b, f->name);
	buf_addc(b, '=');
	buf_add(b, f->raw);
	buf_add(b, f->value);
}

static enum scan push(struct header_parser *p, struct slice in, struct buf *out)
{
	struct header_field f;
	size_t used;

	for (;;) {
		enum scan rc = header_take(p, in, &used, &f);
		FUZZ_CHECK(used <= in.len);
		in = slice_from(in, used);
		if (rc != SCAN_OK || p->ended)
			return rc;
		add_field(out, &f);
	}
}

static const char *push_both(struct slice in, size_t cut, struct buf *out, bool *ended)
{
	struct header_parser p;
	const char *why = NULL;

	header_init(&p, &limits);
	enum scan rc = push(&p, slice_head(in, cut), out);
	if (rc == SCAN_MORE)
		rc = push(&p, slice_from(in, cut), out);
	if (rc == SCAN_BAD)
		why = p.why;
	*ended = p.ended;
	header_fini(&p);
	return why;
}

/* Only a head with its empty line, or one that is refused before, compares with a pushed one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_from(slice_of(data, size), 1);
	struct header_walk w;
	struct header_field f;
	struct buf walked, pushed;
	enum scan rc;
	bool ended;

	buf_init(&walked, 1 << 20);
	buf_init(&pushed, 1 << 20);
	header_walk_init(&w, in, &limits);
	while ((rc = header_next(&w, &f)) == SCAN_OK)
		add_field(&walked, &f);
	const char *why = push_both(in, size ? data[0] : 0, &pushed, &ended);
	if (ended) {
		FUZZ_CHECK(rc == SCAN_MORE && slice_eq(buf_slice(&walked), buf_slice(&pushed)));
	} else if (why) {
		FUZZ_CHECK(rc == SCAN_BAD && w.why == why);
		FUZZ_CHECK(slice_eq(buf_slice(&walked), buf_slice(&pushed)));
	}
	buf_fini(&walked);
	buf_fini(&pushed);
	return 0;
}
