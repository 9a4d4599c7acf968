/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by inject.c (articles), inject_mail.c (mail for persons) and inject_parts.c. */
#ifndef PROTO_MSG_INJECT_PRIV_H
#define PROTO_MSG_INJECT_PRIV_H

#include "proto/msg/inject.h"

/* One injection. */
struct inject_job {
	const struct inject_env *env;
	struct article *in;
	struct injected *res;
	struct buf *out;
	bool is_others; /* From or Sender is somebody else */
};

/* Note why; rc is passed through. */
int inject_refuse(struct inject_job *j, int rc, const char *why);

bool inject_has_alias(const struct inject_env *env, struct slice id, char new_id[MSGID_MAX + 1]);

/* A Message-ID that nobody has. */
void inject_make_id(const struct inject_env *env, char id_out[MSGID_MAX + 1]);

/* From and Sender are addresses of the login; Date is not in the future. */
NODISCARD int inject_check_authors(struct inject_job *j);
NODISCARD int inject_check_date(struct inject_job *j);

void inject_add_field(struct buf *b, const char *name, struct slice value);
void inject_add_date(struct buf *b, const char *name, int64_t at);

/*
 * A field of the author's as every agent takes it: a blank behind the colon, no line without text,
 * and not at all when it is empty.  RFC 5536 section 2.2
 */
void inject_add_tidy(struct buf *b, const struct header_field *f);

/* Likewise, with each Message-ID that has another name now replaced. */
void inject_add_ids(struct inject_job *j, const struct header_field *f);

#endif
