/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control messages and Cancel-Locks: what an article asks for, and whether its author may.
 * Nothing is done here.  RFC 5537 section 5; RFC 8315
 */
#ifndef PROTO_MSG_CONTROL_H
#define PROTO_MSG_CONTROL_H

#include "proto/msg/article.h"

enum control_kind {
	CONTROL_NONE,       /* an ordinary article */
	CONTROL_CANCEL,     /* target is set */
	CONTROL_SUPERSEDES, /* ordinary article that replaces target */
	CONTROL_NEWGROUP,   /* group, moderated */
	CONTROL_RMGROUP,    /* group */
	CONTROL_OTHER,      /* a verb we do not act upon */
	CONTROL_BAD,        /* Control or Supersedes breaks the grammar, or both are there */
};

struct control {
	enum control_kind kind;
	struct slice verb;   /* of Control */
	struct slice target; /* Message-ID, valid */
	struct slice group;  /* valid name */
	bool moderated;
};

/* What does the article ask for?  Slices borrow from its bytes. */
void control_of(const struct article *a, struct control *out);

enum {
	CANCEL_KEY_LEN = 44,      /* base64 of 32 bytes */
	CANCEL_MAX_ELEMENTS = 32, /* locks or keys of one field that are looked at */
};

/* The key of a login for a Message-ID: base64(HMAC-SHA256(secret, login + msgid)). RFC 8315 section
 * 4 */
void cancel_key(struct slice secret, struct slice login, struct slice msgid,
	char key_out[CANCEL_KEY_LEN + 1]);

/* Append "sha256:<key>", or "sha256:<base64(SHA-256(key))>". */
void cancel_add_key(struct buf *b, const char *key);
void cancel_add_lock(struct buf *b, const char *key);

/*
 * Does any key of a Cancel-Key value open any lock of a Cancel-Lock value?  Only sha256.
 * RFC 8315 section 3.5
 */
NODISCARD bool cancel_opens(struct slice keys, struct slice locks);

#endif
