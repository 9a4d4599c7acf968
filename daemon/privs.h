/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the process may do, and how it is seen by the system around it. */
#ifndef DAEMON_PRIVS_H
#define DAEMON_PRIVS_H

/*
 * Descriptors 0 to 2 exist, if only as /dev/null: else a store file could become standard error
 * and get what a library prints.  Before any file is opened.
 */
void privs_fill_standard_fds(void);

/*
 * No core dumps (a core holds keys), umask 027, as many descriptors as allowed, SIGPIPE ignored.
 * Warns when run as root.
 */
void privs_prepare(void);

/* Let go of the terminal: 0 to 2 become /dev/null. */
void privs_detach(void);

/*
 * Tell systemd a state ("READY=1"); nothing without NOTIFY_SOCKET.  When it does not listen, wait a
 * second at most; the second form does not wait, and comes again.  sd_notify(3)
 */
void privs_notify(const char *state);
void privs_notify_again(const char *state);

#endif
