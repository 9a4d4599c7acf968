/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where log lines go: stderr, a file, or the system log.  Writing a line never blocks and never
 * ends the process: what cannot be written is counted, and the count is told with the next line
 * that can.  Row 74 of the table of bad inputs and faults.
 */
#ifndef DAEMON_LOG_SINK_H
#define DAEMON_LOG_SINK_H

#include <stdint.h>

#include "proto/base/err.h"

/*
 * Send log lines to target from now on, and set the level.  On failure the old target stays.
 *
 * target  "stderr" ("<6>" in front, as journald reads it), "syslog", or a file, which is opened
 *         again: so a second call after rotation is the reload
 * level   error | warn | info | debug
 */
NODISCARD int log_sink_set(const char *target, const char *level, struct err *err);

/* Back to the built-in sink; frees everything. */
void log_sink_close(void);

/* Lines that could not be written since the start. */
uint64_t log_sink_lost(void);

#endif
