/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Part trees: every part lies in its parent, behind its sibling, and its body can be decoded; what
 * IMAP tells of them can be read again.
 */
#include "proto/imap/imap_args.h"
#include "proto/imap/imap_fmt.h"
#include "proto/msg/cte.h"
#include "proto/msg/mime.h"
#include "tests/fuzz/fuzz.h"

static void check_part(const struct mime *m, uint32_t i)
{
	const struct mime_part *p = &m->v[i];

	FUZZ_CHECK(p->type.len > 0 && p->subtype.len > 0);
	FUZZ_CHECK(p->head + p->head_len == p->body);
	FUZZ_CHECK(p->body + p->body_len <= m->msg.len);
	FUZZ_CHECK(p->n_lines <= p->body_len);
	FUZZ_CHECK((p->child != MIME_NONE) <= (p->kind != MIME_LEAF));
	FUZZ_CHECK(p->kind != MIME_MESSAGE || p->child == i + 1);
	FUZZ_CHECK(p->params.n <= MIME_MAX_PARAMS);
}

static void check_place(const struct mime *m, uint32_t i)
{
	const struct mime_part *p = &m->v[i];

	if (p->parent != MIME_NONE) {
		const struct mime_part *up = &m->v[p->parent];

		FUZZ_CHECK(p->parent < i && p->head >= up->body);
		FUZZ_CHECK(p->body_len == 0 || p->body + p->body_len <= up->body + up->body_len);
	}
	if (p->next != MIME_NONE)
		FUZZ_CHECK(p->next > i && m->v[p->next].parent == p->parent);
}

/* One list from the first byte to the last, of strings, atoms and lists. */
static void check_list(struct slice text, struct arena *ar)
{
	struct cursor c = cursor_of(text);
	struct slice word;
	int depth = 0;

	do {
		if (cursor_take(&c, '('))
			depth++;
		else if (cursor_take(&c, ')'))
			depth--;
		else if (!cursor_take(&c, ' '))
			FUZZ_CHECK(imap_read_astring(&c, ar, &word));
	} while (depth > 0);
	FUZZ_CHECK(depth == 0 && cursor_end(&c));
}

static void check_structure(struct slice msg, struct arena *ar)
{
	struct imap_structure s;
	struct buf record;

	buf_init(&record, IMAP_STRUCTURE_MAX);
	imap_structure_make(&record, msg);
	FUZZ_CHECK(!record.bad && imap_structure_split(buf_slice(&record), &s));
	FUZZ_CHECK(s.head_len <= msg.len);
	check_list(s.envelope, ar);
	check_list(s.body, ar);
	buf_fini(&record);
}

static void decode(struct slice body, enum cte_kind kind)
{
	struct buf out;
	struct cte c;

	buf_init(&out, body.len);
	cte_init(&c, kind);
	cte_push(&c, body, &out);
	cte_end(&c, &out);
	FUZZ_CHECK(!out.bad);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena ar;
	struct mime m;
	struct slice part;

	arena_init(&ar);
	mime_parse(&m, slice_of(data, size), &ar);
	FUZZ_CHECK(m.n > 0 && m.n <= MIME_MAX_PARTS);
	for (uint32_t i = 0; i < m.n; i++) {
		check_part(&m, i);
		check_place(&m, i);
		if (m.v[i].kind == MIME_LEAF)
			decode(mime_body(&m, &m.v[i]), cte_kind_of(m.v[i].encoding));
	}
	check_structure(m.msg, &ar);
	decode(m.msg, CTE_QP);
	decode(m.msg, CTE_BASE64);
	if (mime_section_named(&m, slice_head(m.msg, 12), &part))
		FUZZ_CHECK(part.len <= size);
	arena_fini(&ar);
	return 0;
}
