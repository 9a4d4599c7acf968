/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands in two pieces (the first byte says where they are cut) and whole: the same answers. */
#include "proto/imap/imap_args.h"
#include "proto/imap/imap_parse.h"
#include "tests/fuzz/fuzz.h"

static const struct imap_limits limits = {
	.max_command = 200, .max_literal = 40, .max_depth = 4, .streams = true};

struct client {
	struct imap_parser p;
	struct buf out;
	bool in_literal;
};

/* Whatever the arguments are, reading them ends inside of them. */
static void read_args(struct slice args)
{
	struct cursor c = cursor_of(args);
	struct arena ar;
	struct slice word;

	arena_init(&ar);
	while (!cursor_end(&c)) {
		if (!imap_read_astring(&c, &ar, &word) && !imap_read_flag(&c, &word))
			c.at++;
		FUZZ_CHECK(word.len <= args.len);
	}
	arena_fini(&ar);
}

static void note(struct client *cl, const struct imap_line *l)
{
	buf_add(&cl->out, l->tag);
	buf_addc(&cl->out, ' ');
	buf_add(&cl->out, l->args);
	read_args(l->args);
	if (!l->streams)
		return;
	if (l->literal_len % 3 == 0)
		imap_literal_refuse(&cl->p);
	else
		cl->in_literal = true;
}

static void step(struct client *cl, struct slice *in)
{
	const struct imap_line *l;
	struct slice piece;
	size_t used;

	if (cl->in_literal) {
		cl->in_literal = !imap_literal_take(&cl->p, *in, &used, &piece);
		buf_add(&cl->out, piece);
	} else {
		enum scan rc = imap_take(&cl->p, *in, &used, &l);
		FUZZ_CHECK(rc != SCAN_MORE || used == in->len);
		FUZZ_CHECK((rc == SCAN_BAD) == (cl->p.why != NULL));
		if (rc == SCAN_OK)
			note(cl, l);
		else if (rc == SCAN_BAD)
			buf_addz(&cl->out, cl->p.why);
	}
	FUZZ_CHECK(used <= in->len && cl->p.buf.len <= limits.max_command);
	*in = slice_from(*in, used);
}

static void feed(struct client *cl, struct slice in)
{
	while (in.len > 0 && !cl->p.fatal)
		step(cl, &in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_from(slice_of(data, size), 1);
	size_t cut = size ? data[0] : 0;
	struct client whole = {0}, pieces = {0};

	imap_parser_init(&whole.p, &limits);
	imap_parser_init(&pieces.p, &limits);
	buf_init(&whole.out, 1 << 24);
	buf_init(&pieces.out, 1 << 24);
	feed(&whole, in);
	feed(&pieces, slice_head(in, cut));
	feed(&pieces, slice_from(in, cut));
	FUZZ_CHECK(slice_eq(buf_slice(&whole.out), buf_slice(&pieces.out)));
	FUZZ_CHECK(whole.p.fatal == pieces.p.fatal);
	imap_parser_fini(&whole.p);
	imap_parser_fini(&pieces.p);
	buf_fini(&whole.out);
	buf_fini(&pieces.out);
	return 0;
}
