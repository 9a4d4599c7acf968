/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a running kokod, put together by main.c; everyone gets it by pointer. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "daemon/loop.h"
#include "daemon/pool.h"
#include "storage/store.h"

struct auth;
struct control;
struct fed;
struct conn_budget;
struct conn_set;
struct hub;
struct limits;
struct listeners;
struct peers;
struct services;
struct stats;
struct tls;
struct words;

struct daemon {
	struct conf *conf; /* replaced by a reload; loop 0 only */
	struct store *store;
	struct words *words;
	struct tls *tls;
	struct loop **loops;    /* 0 is the main thread's: signals, control, accept, links */
	unsigned n_loops;       /* n_doors, and the last one: the federation's */
	unsigned n_doors;       /* those that people's connections are on */
	struct conn_set **sets; /* one per loop */
	struct conn_budget *budget;
	struct pool *pool;
	struct auth *auth;
	struct hub *hub;
	struct limits *limits;
	struct peers *peers;
	struct fed *fed;
	struct services *services;
	struct listeners *listeners;
	struct stats *stats;
	struct control *control;
	int64_t started_at;
	bool draining;
	int exit_code;
};

/* What sysexits.h names, for main(). */
enum { EXIT_UNAVAILABLE = 69, EXIT_TRY_LATER = 75, EXIT_NO_PERMISSION = 77, EXIT_CONFIG = 78 };

/* How the daemon was called. */
struct daemon_opts {
	const char *file;    /* configuration */
	const char *data;    /* in place of the setting; NULL: as configured */
	void (*ready)(void); /* all doors answer; may be NULL */
};

/* Read the configuration with data in place; as conf_load, and what it names must be there. */
NODISCARD int daemon_conf_load(const struct daemon_opts *o, struct conf **out, struct err *err);

/*
 * Start with conf (taken), serve until SIGTERM or SIGINT, end in order.  The exit code.
 * SIGHUP reads the configuration again and drops no connection.
 */
int daemon_run(const struct daemon_opts *o, struct conf *conf_take);

/* The exit code that says rc. */
int daemon_exit_code(int rc);

/*
 * The content keys of its store are lost: make others, without serving.  As the user of the daemon,
 * to whom the files belong.  Results as store_open with lost_keys; KERR_DENIED: as another user.
 */
NODISCARD int daemon_make_keys(const struct conf *c, struct err *err);

#endif
