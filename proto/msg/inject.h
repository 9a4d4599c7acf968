/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an injecting and a relaying agent do to an article: input article and surroundings in, new
 * bytes out.  No clock, no store: what must be asked is asked through the env.
 * RFC 5537 section 3.5, 3.6; RFC 8315
 */
#ifndef PROTO_MSG_INJECT_H
#define PROTO_MSG_INJECT_H

#include "proto/msg/article.h"
#include "proto/msg/fields.h"

/* What is known of a Message-ID. */
enum inject_id {
	INJECT_ID_FREE,
	INJECT_ID_SEEN, /* an article that the author can read: posting it again is a repetition */
	INJECT_ID_HIDDEN, /* one that he cannot: he gets another id and learns nothing */
};

struct inject_env {
	int64_t now_at;
	struct slice host;             /* our path identity and the right side of new Message-IDs */
	struct slice login;            /* stays secret: it only goes into the Cancel-Lock */
	const struct slice *addresses; /* "anna@example.org": what From and Sender may be */
	size_t n_addresses;
	bool post_as_any;                 /* From may be anybody's */
	bool for_others;                  /* likewise, and Kokod-Actor tells who posts */
	bool plain_trace;                 /* no Injection-Info: its fields will be signed */
	struct slice actor;               /* "anna@host", for Kokod-Actor; empty: no field */
	const struct slice *mail_domains; /* right sides of Message-IDs that we keep, beside host */
	size_t n_mail_domains;
	bool local_groups;          /* all groups are ours alone: keep any valid Message-ID */
	bool new_msgid;             /* a copy: give it a Message-ID of its own in any case */
	struct slice newsgroups;    /* of mail: where its envelope leads; empty: the author's field
				       counts */
	struct slice complaints_to; /* address for Injection-Info; may be empty */
	struct slice lock_secret;   /* key of Cancel-Locks; empty: add none */
	size_t max_groups;          /* of one article */
	const struct msg_limits *limits;

	/* Questions; arg is passed through.  NULL means "free" and "none". */
	void *arg;
	enum inject_id (*id_state)(void *arg, struct slice msgid);
	/* the Message-ID that `old` was replaced by when this login used it; false: none */
	bool (*alias)(void *arg, struct slice old, char new_out[MSGID_MAX + 1]);
};

struct injected {
	char msgid[MSGID_MAX + 1];
	char old_msgid[MSGID_MAX + 1]; /* what the client called it, when we replaced it; else "" */
	const char *why;               /* reason of a refusal, for 441; may be in text */
	char text[128];
};

/*
 * Make `in` (parsed with article_parse, body not yet checked) an injected article.
 *
 * Refused: NUL, bare CR, bare LF, head that is not UTF-8, fields that occur twice, no body, From
 * or Sender of somebody else, Date more than a day ahead, and an article that was injected before
 * (Path with .POSTED, Injection-Info, Injection-Date, Xref).  Of an import (post_as_any) or a copy
 * (new_msgid) those traces are removed instead.  Always removed: other trace fields of news and
 * mail, Bcc, and the fields that only a daemon may set.  A moderator (for_others) may put in what
 * somebody else has written, which Kokod-Actor then tells.
 *
 * Mail (newsgroups) gets the Newsgroups of its envelope, and References when it has In-Reply-To
 * alone; an automatic reply is refused (KERR_DENIED).  RFC 3834, RFC 5322 section 3.6.4
 *
 * out  gets the new bytes; its ceiling is the caller's
 *
 * 0; KERR_INVALID, KERR_TOOBIG or KERR_DENIED (From is not an address of the login) with res->why;
 * KERR_EXISTS: the Message-ID is known and must be kept (a retry of a post that was stored).
 */
NODISCARD int inject_article(
	const struct inject_env *env, struct article *in, struct buf *out, struct injected *res);

/* How a mail came here, for its trace. */
struct inject_trace {
	struct slice sender; /* of the envelope, without <>; empty: null */
	struct slice rcpt;   /* the one recipient; empty: several, of whom none is told of others */
	struct slice with;   /* protocol, RFC 3848: "ESMTPSA" */
};

/*
 * Make `in`, a mail from a login, what persons find in their INBOX: Return-Path, Delivered-To and
 * Received in front, Bcc and the fields that only a daemon may set taken out, Date and Message-ID
 * completed, Message-IDs that have another name here replaced.  Nothing is asked of it that only
 * news must have.  RFC 5321 section 4.4; RFC 6409 section 8
 *
 * msgid  that of the article, when it goes to groups too; empty: the client's is kept
 *
 * 0; KERR_INVALID, KERR_TOOBIG or KERR_DENIED (From is not an address of the login) with res->why.
 */
NODISCARD int inject_mail(const struct inject_env *env, const struct inject_trace *trace,
	struct slice msgid, struct article *in, struct buf *out, struct injected *res);

/*
 * Make `in`, which came from a peer, an article to be stored and passed on: our name in front of
 * Path, Xref dropped.
 *
 * host  our path identity
 * from  the peer's name as we know it; a diagnostic is added when Path does not begin with it
 * why   reason of a refusal, for 437 or 439
 *
 * 0, KERR_INVALID, KERR_TOOBIG, or KERR_EXISTS when our name is in the Path (a loop).
 * RFC 5537 section 3.2.1, 3.6
 */
NODISCARD int relay_article(struct slice host, struct slice from, const struct msg_limits *limits,
	struct article *in, struct buf *out, const char **why);

#endif
