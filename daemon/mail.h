/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What others of the daemon need of the forum's mailboxes; the rest is behind proto/mail.h. */
#ifndef DAEMON_MAIL_H
#define DAEMON_MAIL_H

#include "proto/base/buf.h"
#include "storage/store.h"

struct forum_env;

/*
 * The head of a group's articles as mail programs see it: List-Id, List-Post, Mail-Followup-To,
 * Reply-To with `reply_to`, Archived-At (RFC 5064) with a news URI (RFC 5538).  What is the same
 * for all articles is kept by the store when one arrives; the end of it is made of the Message-ID
 * when it is read.
 */
void mail_head_make(const char *host, const char *group, bool reply_to, struct buf *out);
void mail_head_end(struct slice mid, struct buf *out);

/* Bytes of both. */
uint32_t mail_head_len(struct slice text, struct slice mid);

#define MAIL_GROUPS_PREFIX "Gruppen"

/* What is kept of a message beside its row: ENVELOPE, BODYSTRUCTURE, BODY, ready to send. */
struct mail_structure {
	struct slice envelope, structure, body;
};

/* Append the record of a message: two u32be lengths, then the three. */
void mail_structure_make(struct buf *b, struct slice message);
NODISCARD bool mail_structure_split(struct slice record, struct mail_structure *out);

/* What the store keeps of a message beside its bytes. */
struct mail_notes {
	struct buf overview, record;
	uint32_t lines;
};

void mail_notes_make(struct mail_notes *n, struct slice message);
void mail_notes_fini(struct mail_notes *n);
/* The record, or nothing when it is too long to be kept. */
struct slice mail_notes_structure(const struct mail_notes *n);

/*
 * File a message in a mailbox of an account (0: its INBOX), without asking policy: APPEND, and mail
 * that is delivered.  date 0: now.  Any bytes but NUL; answers as store_append.
 */
NODISCARD int mail_file(const struct forum_env *env, uint32_t account, uint32_t box,
	struct slice message, uint64_t flags, int64_t date, const struct store_call *call);

#endif
