/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the server's conversation: its state, and what the command handlers share.
 * Only files of this folder include it; imap.h is the outside.
 *
 * One command runs at a time.  Its tagged answer is kept in s->reply until the updates that belong
 * before it are told (imap_sync.c).
 */
#ifndef PROTO_IMAP_IMAP_SESSION_H
#define PROTO_IMAP_IMAP_SESSION_H

#include "proto/base/talk.h"
#include "proto/imap/imap.h"
#include "proto/imap/imap_cmds.h"
#include "proto/imap/imap_view.h"

enum {
	IMAP_LINE_RANGES = 1000,          /* ranges in one VANISHED line */
	IMAP_REPLY_MAX = 3 * 1024 * 1024, /* bytes of a tagged answer: COPYUID, MODIFIED */
	IMAP_COPYUID_RANGES = 64 * 1024,  /* of both sets; with more COPYUID is left out */
};

enum imap_stage {
	IMAP_ST_COMMAND, /* reading a command */
	IMAP_ST_TEXT,    /* reading a line for s->cmd, or waiting for news (IDLE) */
	IMAP_ST_DATA,    /* reading the message of s->cmd (APPEND) */
	IMAP_ST_PART,    /* ... and what stands behind it */
	IMAP_ST_RUN,     /* s->cmd is to be called again */
	IMAP_ST_SYNC,    /* s->cmd has answered; updates are told first */
};

/* What a client has switched on, by ENABLE or by using it. */
enum imap_enabled { EN_CONDSTORE = 1, EN_QRESYNC = 2, EN_UTF8 = 4 };

/* The selected mailbox. */
struct imap_selected {
	uint32_t box; /* UIDVALIDITY; 0: none */
	bool read_only;
	bool behind;     /* removals are known that have not been told */
	bool told_aside; /* EXISTS was told with the answer to a command that does not ask */
	uint64_t modseq; /* what happened up to here has been told */
	struct imap_view view;
	unsigned rights;
	char name[MAIL_NAME_MAX + 1];
};

/* Updates under way; see imap_sync.c. */
struct imap_update {
	enum { UP_NONE, UP_LOOK, UP_GONE, UP_FLAGS } phase;

	bool may_expunge;
	uint64_t target;      /* modseq told when all is said */
	struct imap_view now; /* what the view becomes */
	size_t gap;           /* UP_GONE: the gap of `now` looked at, from the last down, or */
	uint32_t at; /* (QRESYNC) upwards; numbers beyond `at` were told.  UP_FLAGS: below */
	bool full;   /* the callback stopped because of the output */
};

/* The place of the command under way; cleared when one begins. */
struct imap_cur {
	unsigned phase;
	unsigned n_made; /* keywords */
	bool full;
	bool receiving; /* a message comes into the session's block */
	bool no_room;   /* ... or would: memory was full, it is dropped */
	uint32_t at;    /* next number */
	size_t range;   /* ... in this range of `set` */
	uint64_t from;  /* bytes of a message that were read */
	uint64_t modseq;
	uint64_t flags;
	struct mail_ranges set;
	struct mail_ranges found;
	struct mail_box box;
	char after[MAIL_NAME_MAX + 1]; /* last mailbox seen */
	void *own;                     /* a command's own state, in the arena */
	void (*own_end)(void *own);    /* may be NULL */
};

struct imap_session {
	struct talk talk; /* closing: when this command is answered */
	struct forum *forum;
	struct mail *mail;
	struct imap_opts opts;
	struct imap_stats *stats, own_stats;
	enum imap_stage stage;
	bool tls;
	bool news; /* the mailbox watched has changed */
	unsigned enabled;

	struct imap_parser parser;
	const struct imap_cmd *cmd;
	const struct imap_line *args; /* of the parser */
	bool streams;                 /* a message literal is announced and not yet read */
	struct buf tag;
	struct arena arena;
	struct imap_cur cur;
	struct buf reply;  /* the tagged answer */
	struct slice text; /* of CMD_TEXT */
	bool text_here;    /* ... it has come */
	struct buf block;  /* the message of CMD_DATA, or the one under way (imap_message.h) */
	struct arena message_arena;

	struct ticket ticket;
	int result;     /* its answer */
	struct buf why; /* ... for people, ASCII */
	struct mail_result res;
	struct mail_ranges res_from, res_to, res_failed;

	struct imap_selected sel;
	struct imap_update up;
	uint64_t own_modseq; /* of this session's last STORE: not told again */
	char keywords[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1];
	size_t n_keywords;
	struct buf scratch;  /* what was copied of a row */
	struct buf text_tmp; /* chosen header fields */
};

TALK_FIRST(struct imap_session);

/* ---- answers ---- */

/* "* text" */
void imap_say(struct imap_session *s, struct slice text);
void imap_sayf(struct imap_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The tagged answer: "OK ", "NO ", "BAD " and what follows.  Always CMD_DONE. */
enum cmd_step imap_ok(struct imap_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum cmd_step imap_no(struct imap_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum cmd_step imap_bad(struct imap_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* NO with the response code that a KERR_* has (RFC 5530), or CMD_WAIT for KERR_WAIT. */
enum cmd_step imap_fail(struct imap_session *s, int rc);
/* The same, with the words of the answer in s->why. */
enum cmd_step imap_fail_why(struct imap_session *s, int rc);

/* Text for people from elsewhere: printable ASCII stays, the rest becomes "?"; at most 200 bytes.
 */
void imap_add_text(struct buf *b, struct slice text);

/* A mailbox name, quoted as its bytes need it. */
void imap_add_mailbox(struct imap_session *s, struct buf *b, struct slice name);

/* ---- tickets ---- */

/* mail_done_fn that keeps the answer in s->res and s->why. */
void imap_on_done(void *arg, const struct mail_result *r);

/* After a call that gave rc: CMD_WAIT with cur.phase = phase, or its failure. */
enum cmd_step imap_wait(struct imap_session *s, int rc, unsigned phase);

/* ---- sets of numbers ---- */

/* Add first..last behind what r holds. */
void imap_ranges_add(struct mail_ranges *r, uint32_t first, uint32_t last);
void imap_ranges_fini(struct mail_ranges *r);
/* Add the numbers of both to out. */
void imap_ranges_intersect(
	struct mail_ranges *out, const struct mail_ranges *a, const struct mail_ranges *b);
bool imap_ranges_have(const struct mail_ranges *r, uint32_t num);
/* "1:3,7" */
void imap_add_ranges(struct buf *b, const struct mail_ranges *r);

/*
 * What has gone since a mod-sequence and is not in the view, into s->cur.found: what goes while
 * this is asked is told later.  0, KERR_*.
 */
NODISCARD int imap_load_earlier(struct imap_session *s, uint64_t since);

/*
 * "VANISHED (EARLIER)" for s->cur.found from s->cur.range on, in lines of a bounded length.  false:
 * the output is full, call again after the drain.  RFC 7162 section 3.2.10.1
 */
NODISCARD bool imap_say_earlier(struct imap_session *s);

/*
 * The messages of the view among r (numbers), as places or (uid) as UIDs, in as few ranges as
 * there are: UIDs that are not there may lie within one.  Added to out (empty before).
 */
void imap_ranges_told(const struct imap_session *s, const struct mail_ranges *r, bool uid,
	struct mail_ranges *out);

/*
 * The next argument as a set of messages (UIDs when the command's form has UID): the numbers of
 * those in the view, into s->cur.set.  false: answered with BAD.
 */
NODISCARD bool imap_read_set(struct imap_session *s, struct cursor *c);

/* ---- arguments ---- */

/*
 * A mailbox name as UTF-8 in the arena; INBOX in any case is "INBOX".  RFC 3501 section 5.1.3, RFC
 * 6855 section 3
 */
NODISCARD bool imap_read_mailbox(struct imap_session *s, struct cursor *c, struct slice *out);

/* The same for a string that was read already; patterns too. */
NODISCARD bool imap_mailbox_decode(struct imap_session *s, struct slice raw, struct slice *out);

/* ---- flags ---- */

/* The person's keywords; 0, or KERR_*.  Changes are told as untagged FLAGS when a mailbox is open.
 */
NODISCARD int imap_load_keywords(struct imap_session *s);

/*
 * Has a message a keyword that another conversation has made since?  Then its flags cannot be told
 * before they are learnt.  KERR_DAMAGED: there is none.
 */
bool imap_has_new_keyword(const struct imap_session *s, uint64_t flags);
NODISCARD int imap_learn_keywords(struct imap_session *s);

/* "(\Seen Junk)" */
void imap_say_flag_list(struct imap_session *s, struct buf *b, uint64_t flags);

/* Untagged FLAGS and PERMANENTFLAGS. */
void imap_say_flags(struct imap_session *s);

/*
 * Flags from a list, or from words up to the end; keywords that are new are made first.  CMD_DONE
 * with *ok_out: *flags_out is set; CMD_DONE without: answered; CMD_WAIT: call again.
 */
enum cmd_step imap_read_flags(
	struct imap_session *s, struct cursor *c, uint64_t *flags_out, bool *ok_out);

/* ---- the selected mailbox ---- */

void imap_deselect(struct imap_session *s);

/* "* n FETCH (FLAGS (...) ...)" for a row of the view; with_flags false: MODSEQ alone. */
void imap_say_row_flags(
	struct imap_session *s, const struct mail_row *r, bool with_flags, bool with_uid);

/* Begin telling what has changed; imap_sync_step goes on until it says CMD_DONE. */
void imap_sync_begin(struct imap_session *s, bool may_expunge);
enum cmd_step imap_sync_step(struct imap_session *s);

/* May a password be sent as the connection is now? */
bool imap_login_usable(const struct imap_session *s);

/* The words of CAPABILITY, as they hold now. */
void imap_add_capabilities(const struct imap_session *s, struct buf *b);

#endif
