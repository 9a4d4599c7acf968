/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts as they travel: a record on its way to the daemons that must sign it, as text for a mail.
 * docs/federation.md section 3.4
 *
 * It is kept as lines `draft 1`, `until <seconds since 1970>`, `from <oid>`, `record` and the
 * record. For a mail these bytes are base64url, a colon and a checksum between two lines of dashes;
 * blanks, line ends and the marks of quoted mail (>) do not count, nor does what stands around.
 */
#ifndef PROTO_FED_FED_PAPER_H
#define PROTO_FED_FED_PAPER_H

#include "proto/fed/fed_record.h"

enum {
	FED_PAPER_S = 30 * 24 * 3600, /* so long a draft is good */
	FED_PAPER_NUMBER = 5,         /* digits that people name it by */
	FED_PAPER_MAX = FED_RECORD_MAX + 256,
	FED_PAPER_TEXT = 2 * FED_PAPER_MAX, /* of its form for a mail */
};

struct fed_paper {
	int64_t until_at;
	struct fed_oid from; /* who collects the signatures and publishes; nobody else does */
	struct slice record; /* with those that are there; borrowed */
};

/* As it is kept. */
void fed_paper_add(struct buf *b, const struct fed_paper *p);
NODISCARD bool fed_paper_read(struct slice text, struct fed_paper *out);

enum fed_paper_fault {
	FED_PAPER_OK,
	FED_PAPER_NONE,    /* no draft in the text */
	FED_PAPER_CUT,     /* its end is missing */
	FED_PAPER_DAMAGED, /* the checksum is another */
	FED_PAPER_NEWER,   /* of a later version */
};

/* For a mail, and back; room holds what out borrows. */
void fed_paper_wrap(struct buf *b, const struct fed_paper *p);
NODISCARD enum fed_paper_fault fed_paper_unwrap(
	struct slice in, struct buf *room, struct fed_paper *out);

/* A sentence for an admin; a key of the catalogue. */
const char *fed_paper_fault_text(enum fed_paper_fault f);

/* The lines of a record without its signatures. */
struct slice fed_record_lines(struct slice text);

/* The number is made of the lines alone: it is the same at all daemons, whoever has signed. */
void fed_paper_number(struct slice record, char out[FED_PAPER_NUMBER + 1]);

/*
 * Append the record with the signatures of both, each once, by key.  False: they are not the same
 * lines.
 */
NODISCARD bool fed_paper_merge(struct buf *b, struct slice one, struct slice other);

#endif
