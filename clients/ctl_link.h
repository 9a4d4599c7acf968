/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to kokod's control socket: requests out, answers in, in order. */
#ifndef CLIENTS_CTL_LINK_H
#define CLIENTS_CTL_LINK_H

#include <jansson.h>

#include "proto/base/err.h"

struct ctl_link;

/* KERR_NOTFOUND: no daemon there.  KERR_DENIED: not permitted.  KERR_INVALID, KERR_IO. */
NODISCARD int ctl_link_open(const char *path, struct ctl_link **out, struct err *err);
void ctl_link_close(struct ctl_link *l);

/* Send one request.  KERR_IO: the daemon has gone. */
NODISCARD int ctl_link_send(struct ctl_link *l, const json_t *request, struct err *err);

/*
 * Wait for the answer to the oldest request that has none.
 *
 * rows_out  array of the lines before the last; a new reference, NULL on failure
 * last_out  the line with "ok"; likewise
 */
NODISCARD int ctl_link_receive(
	struct ctl_link *l, json_t **rows_out, json_t **last_out, struct err *err);

#endif
