/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mailboxes and groups of From, Sender, Reply-To, To and their like, obsolete forms included.
 * Nothing recurses: comments nest to a bound, groups do not nest.  RFC 5322 section 3.4, 4.4
 */
#ifndef PROTO_MSG_ADDRESS_H
#define PROTO_MSG_ADDRESS_H

#include "proto/base/buf.h"
#include "proto/base/mem.h"

enum {
	ADDRESS_MAX = 1000,             /* entries of one list */
	ADDRESS_MAX_COMMENT_DEPTH = 32, /* nested comments */
};

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP_BEGIN, /* name is the group's, the rest empty */
	ADDRESS_GROUP_END,   /* all empty */
};

/* Quotes and quoted pairs are undone; encoded words are left as they are. */
struct address {
	enum address_kind kind;
	struct slice name;  /* display name, or the last comment when there is none; may be empty */
	struct slice route; /* "@relay.example,@two.example" of an obsolete form; may be empty */
	struct slice local; /* left of the @, without quotes */
	struct slice domain; /* right of it; "[...]" for a literal */
};

struct address_list {
	struct address *v; /* in the arena */
	size_t n;
};

/*
 * Parse a list of addresses, at most max (<= ADDRESS_MAX) entries.
 *
 * value  field value, folds allowed
 * ar     where names are kept; must outlive the list
 * out    what was understood before the fault, for every result
 *
 * 0, KERR_INVALID (breaks the grammar) or KERR_TOOBIG (more than max entries).
 */
NODISCARD int address_parse(
	struct slice value, size_t max, struct arena *ar, struct address_list *out);

/*
 * The same for showing: an entry that breaks the grammar is told as far as it can be understood,
 * its local part or domain empty where they are missing, and the list goes on behind its comma.  A
 * group that is not closed ends with the list.  Of more than max entries the first are told.
 */
void address_parse_broken(
	struct slice value, size_t max, struct arena *ar, struct address_list *out);

/* The first mailbox of a list; NULL when there is none. */
const struct address *address_first(const struct address_list *l);

/* The same mailbox: local part byte by byte, domain without regard to case. */
bool address_eq(const struct address *a, const struct address *b);

/* Does `spec` ("anna@example.org", no name, no comment) name the mailbox a? */
bool address_is(const struct address *a, struct slice spec);

/* "anna@example.org"; the local part is quoted where it must be. */
void address_add_spec(struct buf *b, const struct address *a);

/* `Name <local@domain>` for a head: the name is quoted or made encoded words where needed. */
void address_add(struct buf *b, struct slice name, struct slice spec);

#endif
