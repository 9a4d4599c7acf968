/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The arguments of a command, read from a cursor on imap_line.args.  Each reader steps over one
 * thing and answers true, or leaves the cursor somewhere and answers false: then the command is
 * BAD.  What is read is borrowed from the line, or from the arena where quotes had to be undone.
 * RFC 9051 section 9
 */
#ifndef PROTO_IMAP_IMAP_ARGS_H
#define PROTO_IMAP_IMAP_ARGS_H

#include "proto/base/mem.h"
#include "proto/base/scan.h"

/* ATOM-CHAR, and those of the wider atoms. */
bool imap_is_atom_char(int ch);

NODISCARD bool imap_read_sp(struct cursor *c);
NODISCARD bool imap_read_end(const struct cursor *c);
NODISCARD bool imap_read_atom(struct cursor *c, struct slice *out);

/* An atom that names a word of the grammar: it must end where the word ends. */
bool imap_read_word(struct cursor *c, struct slice word);

/* A quoted string or a literal; nothing else. */
NODISCARD bool imap_read_string(struct cursor *c, struct arena *ar, struct slice *out);

/* An atom (with "]") or a string: user names, mailbox names, words to search for. */
NODISCARD bool imap_read_astring(struct cursor *c, struct arena *ar, struct slice *out);

/* A string or NIL; for NIL out->p is NULL. */
NODISCARD bool imap_read_nstring(struct cursor *c, struct arena *ar, struct slice *out);

/* A pattern of LIST: an atom with "%" and "*", or a string. */
NODISCARD bool imap_read_pattern(struct cursor *c, struct arena *ar, struct slice *out);

/* "\Seen" with its backslash, or a keyword. */
NODISCARD bool imap_read_flag(struct cursor *c, struct slice *out);

NODISCARD bool imap_read_number(struct cursor *c, uint32_t *out);
NODISCARD bool imap_read_nz_number(struct cursor *c, uint32_t *out);

/* A mod-sequence: 63 bits.  RFC 7162 section 7 */
NODISCARD bool imap_read_modseq(struct cursor *c, uint64_t *out);

#endif
