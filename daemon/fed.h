/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon's part in the federation (docs/federation.md): the node of proto/fed with sockets,
 * clocks, keys and the store.  It has a thread of its own, the last of daemon.loops, so that the
 * checking of signatures delays no reader.
 *
 * Other threads reach it through fed_run, and through what is in force for posts (fed_posting.h).
 */
#ifndef DAEMON_FED_H
#define DAEMON_FED_H

#include "daemon/conn.h"
#include "proto/base/err.h"

struct daemon;
struct fed;

/* d's conf, loops, sets and store are used; records and feeds are read from the store. */
NODISCARD int fed_open(struct daemon *d, struct fed **out, struct err *err);

/* Begin to dial and to serve; once the threads run. */
void fed_start(struct fed *f);

/* End all links; the store must still take jobs.  Loop 0. */
void fed_stop(struct fed *f);

/* The same, once its thread has ended; harmless twice. */
void fed_halt(struct fed *f);

/* When no conn is left and its thread has ended. */
void fed_free(struct fed *f);

/* A connection to the peer port; on the federation's thread.  The fd is taken. */
void fed_accept(struct fed *f, int fd, const struct conn_addr *addr);

/* The conns of the peer port, and the loop that they are on. */
struct conn_set *fed_set(struct fed *f);

/* Figures of the peer port; any thread. */
struct fed_figures {
	uint64_t n_conns, n_refused; /* dialled by others: those that stand, those turned away */
	uint64_t n_commands, n_bad, n_strangers;
	uint64_t n_late; /* closed without KHELLO in time */
	uint64_t n_alarms;
	/* The self-check: read and compared; found damaged; fetched again; missing now. */
	uint64_t n_checked, bytes_checked, n_damaged, n_mended, n_lost;
	uint64_t n_local;  /* damaged, and of no shared group: found by the last pass */
	uint64_t n_passes; /* how often all of it was read */
};

void fed_figures(struct fed *f, struct fed_figures *out);

/* The settings have changed; loop 0. */
void fed_reload(struct fed *f);

/* Run fn(f, arg) on the federation's thread. */
void fed_run(struct fed *f, void (*fn)(struct fed *f, void *arg), void *arg);

#endif
