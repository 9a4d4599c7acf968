/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small town for tests: a store in memory with people, groups and a forum env over it.
 *
 * People (the password is the login): anke and cem, writers; doerte, reader; grzegorz, moderator;
 * oezlem, in no group; importer, writer who may post as any; lea, writer whose account is disabled.
 * Groups: koko.forum, koko.board (moderators post), koko.local (anke, doerte) and koko.secret
 * (anke, grzegorz) are closed; koko.open is public.  Peer: nachbar.example, scope
 * koko.forum,koko.open.
 */
#ifndef TESTS_RIG_TOWN_H
#define TESTS_RIG_TOWN_H

#include "daemon/forum.h"

struct town {
	struct store *store;
	struct forum_env env;
};

enum { TOWN_NOW = 1795442400 }; /* Mon, 23 Nov 2026 14:00:00 +0000 */

/* Built through the public face of the store, as an admin would. */
void town_build(struct town *t);
void town_fini(struct town *t);

/* The same without people, groups and peer. */
void town_open(struct town *t);

/* Account id of a login; asserts that it is there. */
uint32_t town_account(struct town *t, const char *login);
uint32_t town_group(struct town *t, const char *name);

/* A conversation of login (NULL: not logged in), or of a peer's certificate. */
struct forum *town_forum(struct town *t, const char *login);
struct forum *town_peer(struct town *t, const char *cert);

/* Let the store and the password checks answer what is out. */
void town_run(struct town *t);

/* Set a role; ROLE_NONE removes. */
void town_member(struct town *t, const char *group, const char *login, enum role role);

/* store_check finds nothing. */
void town_assert_clean(struct town *t);

#endif
