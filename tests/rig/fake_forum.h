/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A forum of a few arrays, for unit tests, fuzzers and load tests of sessions: no store, no
 * threads. Reads can be made to answer KERR_WAIT at any place, posts to fail; answers of
 * asynchronous calls come out of fake_run().  The rules are those that proto/forum.h states.
 */
#ifndef TESTS_RIG_FAKE_FORUM_H
#define TESTS_RIG_FAKE_FORUM_H

#include "proto/forum.h"

enum { FAKE_GROUPS = 16, FAKE_USERS = 4, FAKE_PLACES = 4 };

struct fake_user {
	const char *login, *pass;
};

struct fake_group {
	uint32_t id, next;
	char name[FORUM_NAME_MAX + 1];
	const char *title;
	char status;
	bool open;           /* seen before login */
	bool shared;         /* goes to other daemons */
	const char *members; /* logins with blanks between */
	int64_t created_at;
};

struct fake_art {
	char mid[256];
	struct buf bytes;
	struct buf fields;
	uint32_t lines;
	int64_t arrived_at;
	unsigned n_places;

	struct {
		uint32_t group, num;
	} places[FAKE_PLACES];

	bool removed;
};

struct fake_call; /* an asynchronous call that is out */

struct fake_forum {
	struct forum base;
	struct fake_group groups[FAKE_GROUPS];
	unsigned n_groups;
	struct fake_user users[FAKE_USERS];
	unsigned n_users;
	struct fake_art *arts;
	size_t n_arts, cap_arts;
	struct map *mids; /* Message-ID -> index + 1 */
	struct fake_call *calls, **calls_tail;
	const char *login; /* NULL: nobody */
	int64_t now_at;
	size_t chunk, max_article;
	bool many_rcpts;                       /* mail goes to any name here */
	size_t n_delivered;                    /* copies of mail for persons */
	bool relay, no_login, read_only, mute; /* mute: relayed articles are not kept */
	int post_rc;                           /* what every post fails with, at once; 0: none */
	int done_rc;                           /* ... in its answer */
	uint32_t waits;                        /* seed of KERR_WAIT answers; 0: none */
	bool waited;                           /* the last question answered KERR_WAIT */
};

struct fake_forum *fake_new(void);
void fake_free(struct fake_forum *f);

/* A world with groups, users and articles that scripts know: see tests/script/README. */
struct fake_forum *fake_world(void);

struct fake_group *fake_add_group(struct fake_forum *f, const char *name, const char *title);

/* Store an article; KERR_INVALID when it lacks what it must have, KERR_EXISTS. */
int fake_add(struct fake_forum *f, struct slice article);

/* NULL when there is none; seen or not. */
struct fake_group *fake_group_named(struct fake_forum *f, struct slice name);
struct fake_art *fake_art_named(struct fake_forum *f, struct slice mid);

/* Shall this question be asked again?  Never twice in a row, so that all ends. */
bool fake_must_wait(struct fake_forum *f);

/* Answer all calls that are out; how many. */
size_t fake_run(struct fake_forum *f);

#endif
