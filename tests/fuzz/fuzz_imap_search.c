/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The arguments of SEARCH and FETCH.  Whatever was read can be run on a message that answers from
 * the bits of the input, and every test is reached at most once.
 */
#include "proto/imap/imap_envelope.h"
#include "proto/imap/imap_fetch.h"
#include "proto/imap/imap_search.h"
#include "tests/fuzz/fuzz.h"

struct message {
	struct slice bytes;
	struct slice envelope; /* of bytes, taken for a head */
	size_t n_asked;
};

static unsigned next_bit(struct message *m)
{
	size_t i = m->n_asked++;

	return m->bytes.len ? (unsigned char)m->bytes.p[i % m->bytes.len] >> (i & 7) & 1 : 0;
}

static int get_flags(void *msg, unsigned *flags_out)
{
	*flags_out = next_bit(msg) ? ~0u : 0;
	return 0;
}

static int get_keyword(void *msg, struct slice keyword, bool *has_out)
{
	*has_out = next_bit(msg) && keyword.len > 0;
	return 0;
}

static int get_times(void *msg, int64_t *arrived_at_out)
{
	*arrived_at_out = next_bit(msg) * 1700000000;
	return 0;
}

static int get_number(void *msg, uint64_t *n_out)
{
	*n_out = next_bit(msg) * 1000;
	return 0;
}

static int get_envelope(void *msg, struct slice *envelope_out)
{
	struct message *m = msg;

	*envelope_out = m->envelope;
	m->n_asked++;
	return 0;
}

static int get_field(void *msg, struct slice name, size_t *at, struct slice *value_out)
{
	struct message *m = msg;

	*value_out = *at < 2 && name.len > 0 ? m->bytes : slice_of(NULL, 0);
	m->n_asked += *at == 0;
	(*at)++;
	return 0;
}

static int get_bytes(void *msg, struct slice *bytes_out)
{
	struct message *m = msg;

	*bytes_out = m->bytes;
	m->n_asked++;
	return 0;
}

static const struct imap_search_ops ops = {get_flags, get_keyword, get_times, get_number,
	get_number, get_envelope, get_field, get_bytes};

static void search(struct slice in, struct arena *ar)
{
	struct message m = {.bytes = in};
	struct cursor c = cursor_of(in);
	struct imap_search_run run;
	struct imap_search s;
	struct buf envelope;

	if (imap_read_search(&c, ar, &s) != SEARCH_OK)
		return;
	FUZZ_CHECK(s.n > 1 && s.n <= IMAP_SEARCH_MAX_KEYS && cursor_end(&c));
	buf_init(&envelope, 1 << 24);
	imap_add_envelope(&envelope, in, ar);
	m.envelope = buf_slice(&envelope);
	imap_search_resolve(&s, 10, 100);
	imap_search_begin(&run, &s, &ops, 1700000000);
	int got;

	do {
		run.work = 0;
		got = imap_search_match(&run, &m, 3, 30);
	} while (run.tired);
	FUZZ_CHECK((got == 0 || got == 1) && m.n_asked <= s.n);
	imap_search_end(&run);
	buf_fini(&envelope);
}

static void fetch(struct slice in, struct arena *ar)
{
	struct cursor c = cursor_of(in);
	struct imap_fetch f;
	struct slice got;
	struct mime m;
	struct buf b;

	if (!imap_read_fetch(&c, ar, &f))
		return;
	buf_init(&b, 1 << 20);
	mime_parse(&m, in, ar);
	for (size_t i = 0; i < f.n; i++) {
		imap_fetch_add_label(&b, &f.v[i]);
		if (f.v[i].kind >= FETCH_SECTION && imap_fetch_section(&m, &f.v[i], &b, &got))
			FUZZ_CHECK(got.len <= in.len + 2);
	}
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct arena ar;

	arena_init(&ar);
	search(in, &ar);
	fetch(in, &ar);
	arena_fini(&ar);
	return 0;
}
