/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailboxes of the world: what fake ones hold, in the store, and what other devices do with them.
 */
#ifndef TESTS_RIG_WORLD_MAIL_H
#define TESTS_RIG_WORLD_MAIL_H

#include "tests/rig/fake_mail.h"
#include "tests/rig/world.h"

/* Give login the personal mailboxes of `like`, with their messages. */
void world_add_mail(struct world *w, const struct fake_mail *like, const char *login);

/* Id of a mailbox of login; 0: there is none. */
uint32_t world_box(struct world *w, const char *login, struct slice name);

/* The last mod-sequence that was given. */
uint64_t world_modseq(struct world *w);

/* What another device of login does in his INBOX; keyword: a new one that the message has, or "".
 */
void world_mail_new(struct world *w, const char *login, struct slice message, struct slice keyword);
/* The flag of a new keyword that he makes. */
uint64_t world_mail_keyword(struct world *w, const char *login, struct slice name);
void world_mail_gone(struct world *w, const char *login, uint32_t num);
void world_mail_flag(struct world *w, const char *login, uint32_t num, uint64_t flags);

#endif
