/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SEARCH: the keys become a program of tests, which is run for each message.
 *
 * A test names the next one for yes and for no, so neither reading nor running recurses and a
 * message is judged in at most as many steps as there are keys.  What is asked about a message
 * comes through a table of functions; what is cheap is asked for only when it matters, in the
 * client's order.  RFC 9051 section 6.4.4; RFC 7162 section 3.1.5; RFC 5032; RFC 4731
 */
#ifndef PROTO_IMAP_IMAP_SEARCH_H
#define PROTO_IMAP_IMAP_SEARCH_H

#include "proto/base/buf.h"
#include "proto/imap/imap_seqset.h"

enum {
	IMAP_SEARCH_MAX_KEYS = 1000,            /* tests, ANDs, ORs and NOTs of one command */
	IMAP_SEARCH_MAX_TEXT = 4 * 1024 * 1024, /* decoded text of a message that is looked at */
	IMAP_SEARCH_MAX_WORK = 8 * 1024 * 1024, /* bytes looked at before others have their turn */
};

enum imap_key {
	KEY_AND, /* of `n` keys that follow */
	KEY_OR,
	KEY_NOT,
	KEY_ALL,
	KEY_FLAG,    /* all bits of n are set */
	KEY_KEYWORD, /* text */
	KEY_SEQ,     /* set */
	KEY_UID,
	KEY_BEFORE, /* n: day since 1970; of the arrival */
	KEY_ON,
	KEY_SINCE,
	KEY_SENTBEFORE, /* of the Date field, as it stands there */
	KEY_SENTON,
	KEY_SENTSINCE,
	KEY_LARGER, /* n: bytes */
	KEY_SMALLER,
	KEY_OLDER, /* n: seconds */
	KEY_YOUNGER,
	KEY_MODSEQ,   /* n: at least */
	KEY_ENVELOPE, /* n: enum imap_env; text is in this field of the ENVELOPE */
	KEY_FIELD,    /* name and text; an empty text asks whether there is such a field */
	KEY_BODY,     /* text, folded */
	KEY_TEXT,
};

struct imap_test {
	enum imap_key key;
	uint64_t n;
	struct slice name, text; /* text is folded UTF-8, but for keywords */
	struct imap_seqset set;  /* to be resolved before the program is run */
	size_t end;              /* behind its last key */
	size_t yes, no;          /* next test; SEARCH_YES or SEARCH_NO at the end */
};

#define SEARCH_YES SIZE_MAX
#define SEARCH_NO (SIZE_MAX - 1)

/* What RETURN asks for.  RFC 4731 section 3.1 */
enum imap_return {
	RETURN_MIN = 1 << 0,
	RETURN_MAX = 1 << 1,
	RETURN_ALL = 1 << 2,
	RETURN_COUNT = 1 << 3,
	RETURN_SAVE = 1 << 4, /* RFC 5182 */
};

struct imap_search {
	struct imap_test *v; /* in the arena; v[0] is the AND of all */
	size_t n;
	bool extended;  /* RETURN was there: answer ESEARCH */
	unsigned wants; /* enum imap_return; RETURN () means ALL */
	bool modseq;    /* a MODSEQ key was there: the answer tells the highest */
};

enum imap_search_result {
	SEARCH_OK,
	SEARCH_BAD,         /* breaks the grammar: BAD */
	SEARCH_BAD_CHARSET, /* NO [BADCHARSET] */
	SEARCH_TOO_MUCH,    /* over the budget: NO [LIMIT] */
};

/* Read RETURN, CHARSET and the keys, to the end of the command. */
NODISCARD enum imap_search_result imap_read_search(
	struct cursor *c, struct arena *ar, struct imap_search *out);

/* Put the largest message number and UID for "*" in all sets. */
void imap_search_resolve(struct imap_search *s, uint32_t max_seq, uint32_t max_uid);

/* One message, as far as it is asked about.  Each function answers 0 or a KERR_* code. */
struct imap_search_ops {
	int (*flags)(void *msg, unsigned *flags_out); /* enum imap_flag */
	int (*has_keyword)(void *msg, struct slice keyword, bool *has_out);
	int (*times)(void *msg, int64_t *arrived_at_out);
	int (*size)(void *msg, uint64_t *size_out);
	int (*modseq)(void *msg, uint64_t *modseq_out);
	int (*envelope)(void *msg, struct slice *envelope_out);
	/* the next field of that name, or p NULL; *at is 0 at first, then bytes of the head done */
	int (*field)(void *msg, struct slice name, size_t *at, struct slice *value_out);
	int (*bytes)(void *msg, struct slice *bytes_out);
};

struct imap_search_run {
	const struct imap_search *search;
	const struct imap_search_ops *ops;
	int64_t now_at;
	struct buf head, body;  /* folded text of the message; kept between messages */
	struct buf value, word; /* of one field, and folded */
	bool has_text;
	size_t work; /* about how many bytes were looked at; whoever calls sets it to 0 */
	size_t at;   /* the test to go on with */
	bool tired;  /* ... because so much was done: the message is judged half */
};

void imap_search_begin(struct imap_search_run *r, const struct imap_search *s,
	const struct imap_search_ops *ops, int64_t now_at);
void imap_search_end(struct imap_search_run *r);

/*
 * Does the message match?  1, 0, or a KERR_* code; KERR_WAIT: ask again when woken.  KERR_WAIT with
 * r->tired: IMAP_SEARCH_MAX_WORK is done, set r->work to 0 and ask for the same message again.
 */
NODISCARD int imap_search_match(struct imap_search_run *r, void *msg, uint32_t seq, uint32_t uid);

#endif
