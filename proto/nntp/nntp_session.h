/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the server's conversation: its state, and what the command handlers share.
 * Only files of this folder include it; nntp.h is the outside.
 *
 * One command runs at a time.  The exception is streaming: TAKETHIS whose commit is awaited stand
 * in a queue of answers while further CHECK and TAKETHIS are read, and answers leave in order.
 */
#ifndef PROTO_NNTP_NNTP_SESSION_H
#define PROTO_NNTP_NNTP_SESSION_H

#include "proto/base/talk.h"
#include "proto/msg/dot.h"
#include "proto/msg/fields.h"
#include "proto/nntp/nntp_cmds.h"

enum nntp_state {
	NNTP_ST_COMMAND, /* between two commands */
	NNTP_ST_BLOCK,   /* reading the block of s->cmd */
	NNTP_ST_RUN,     /* s->cmd is to be called again */
};

/* The answer to a CHECK or TAKETHIS that waits for its turn. */
enum { NNTP_WHY_MAX = 120 }; /* bytes of a reason behind a 439 */

struct nntp_slot {
	struct nntp_slot *next;
	struct nntp_session *s;
	struct ticket ticket;
	size_t bytes; /* of the article that is being stored */
	int code;     /* 0 while the ticket is out */
	size_t mid_len;
	char mid[MSGID_MAX];
	char why[NNTP_WHY_MAX + 1]; /* of a 439; may be "" */
};

struct nntp_window {
	struct nntp_slot *head, **tail;
	struct nntp_slot *spare;
	unsigned n;
	size_t bytes;
};

enum { NNTP_NUM_BATCH = 64 };

/* The place of the command under way; zeroed when one begins. */
struct nntp_cur {
	unsigned phase;
	bool begun; /* the status line is out */
	bool full;  /* a callback stopped because of the output, or of its budget */
	unsigned budget;
	uint32_t next, hi; /* numbers still to come */
	uint64_t place;    /* of forum_newnews; bytes of an article that were read */
	int64_t since_at;
	char after[FORUM_NAME_MAX + 1]; /* last group seen */
	int refuse;                     /* code for a block that is read and thrown away */
	struct forum_art art;
	uint32_t chunk;
	struct dot_out dot;
	uint32_t nums[NNTP_NUM_BATCH];
	unsigned n_nums, i_num;
};

struct nntp_session {
	struct talk talk; /* closing: as soon as all is answered */
	struct forum *forum;
	struct nntp_opts opts;
	struct nntp_stats *stats, own_stats;
	enum nntp_state state;
	bool tls;

	const struct nntp_cmd *cmd;
	struct nntp_args args; /* borrows from line */
	struct buf line;
	struct nntp_cur cur;

	struct ticket ticket; /* of POST, IHAVE, AUTHINFO PASS */
	int result;           /* its answer */
	struct buf why;       /* ... for people, ASCII */

	struct dot_in dot;
	struct buf block;
	const char *block_why; /* the block must be refused; NULL: well-formed */

	struct buf scratch; /* one head, or one chunk */
	size_t head_len;    /* in scratch: bytes of the fields, their CRLF counted */
	size_t body_at;     /* in scratch: behind the empty line */
	struct buf text;    /* one header's value, one pattern */

	struct buf user; /* of AUTHINFO USER */
	uint32_t group;  /* selected; 0: none */
	uint32_t num;    /* current article; 0: none */
	char group_name[FORUM_NAME_MAX + 1];

	struct nntp_window window;
};

TALK_FIRST(struct nntp_session);

/* ---- answers ---- */

/* One line; CRLF is added. */
void nntp_say(struct nntp_session *s, struct slice line);
void nntp_sayf(struct nntp_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Text that may come from outside: printable ASCII stays, the rest becomes "?"; at most 200 bytes.
 */
void nntp_add_text(struct buf *b, struct slice text);

/* Say a line and be done. */
enum cmd_step nntp_done(struct nntp_session *s, struct slice line);

/*
 * What a failed question means to a command that has not answered yet: CMD_WAIT for KERR_WAIT, 480,
 * 502, or `missing` (a whole line) for KERR_NOTFOUND; 403 for everything else.
 */
enum cmd_step nntp_fail(struct nntp_session *s, int rc, struct slice missing);

/*
 * End a list whose lines come from a question that answered rc, one call of many: CMD_WAIT and
 * CMD_MORE keep the place, an end gives the final dot.  When no line was begun, `missing` answers.
 */
enum cmd_step nntp_list_end(struct nntp_session *s, int rc, struct slice missing);

/* Is there no room for more of a list now?  Notes it in s->cur. */
bool nntp_full(struct nntp_session *s);

/* wildmat_match, whose time counts as work on the list. */
bool nntp_match(struct nntp_session *s, struct slice pattern, struct slice text);

/* ---- logins ---- */

/* May a password be sent as the connection is now?  Could a login be had at all? */
bool nntp_login_usable(const struct nntp_session *s);
bool nntp_login_possible(const struct nntp_session *s);

/* ---- which articles ---- */

struct nntp_sel {
	enum { SEL_CURRENT, SEL_MID, SEL_RANGE } kind;
	struct slice mid;
	struct nntp_range range; /* SEL_CURRENT and SEL_RANGE */
	struct slice missing;    /* line for "there is none" */
};

/* Argument i, or the current article.  false: answered (501, 412, 420).  RFC 3977 section 6.2.1 */
NODISCARD bool nntp_select(struct nntp_session *s, const struct nntp_args *a, unsigned i,
	bool ranges, struct nntp_sel *out);

/*
 * Read an article's head into s->scratch (with whatever of the body came along) and set s->head_len
 * and s->body_at; s->cur.chunk is the first chunk not read.  KERR_* as forum_read.
 */
NODISCARD int nntp_head_load(struct nntp_session *s, const struct forum_art *art);

/* The first field of that name in the head that was loaded; p is NULL when there is none. */
struct slice nntp_head_field(const struct nntp_session *s, struct slice name);

/* 0 when this login sees a group, or has logged in; KERR_LOGIN for a stranger who sees none. */
int nntp_ask_groups(struct nntp_session *s);

/* NEWGROUPS: those made at since_at or later, as LIST ACTIVE has them. */
enum cmd_step nntp_list_new(struct nntp_session *s, int64_t since_at);

/* ---- blocks and tickets ---- */

/* Was the article refused for good (439, 437), or shall it be offered again? */
bool nntp_refusal_final(int rc);

/* Read a block and throw it away, then answer with `code` (CMD_BLOCK's handler looks at it). */
enum cmd_step nntp_refuse_block(struct nntp_session *s, int code);

/* forum_done_fn that keeps the answer in s->result and s->why. */
void nntp_on_done(void *arg, const struct forum_result *r);

/* ---- the window ---- */

/* Answer "code mid" now, or behind the answers that are awaited. */
void nntp_window_answer(struct nntp_session *s, int code, struct slice mid);

/* A slot for an answer that comes later; it is pushed, or given back unused. */
struct nntp_slot *nntp_window_slot(struct nntp_session *s, struct slice mid, size_t bytes);

/* Why it is refused, behind the message-id of a 439; printable ASCII of it. */
void nntp_slot_why(struct nntp_slot *slot, const char *why);

/* Put it at the end of the queue. */
void nntp_window_push(struct nntp_session *s, struct nntp_slot *slot);
void nntp_window_unused(struct nntp_session *s, struct nntp_slot *slot);

/* Say what has become sayable. */
void nntp_window_flush(struct nntp_session *s);

void nntp_window_init(struct nntp_window *w);
void nntp_window_fini(struct nntp_window *w);

static inline bool nntp_window_full(const struct nntp_window *w)
{
	return w->n >= NNTP_WINDOW_MAX || w->bytes >= NNTP_WINDOW_BYTES;
}

#endif
