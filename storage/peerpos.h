/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables p and k: other servers, and how far each has followed the log. */
#ifndef STORAGE_PEERPOS_H
#define STORAGE_PEERPOS_H

#include "storage/store.h"

struct txn;

NODISCARD int peer_decode(struct slice value, struct peer_rec *out);

/* A new peer's cursor begins at start_seq. */
NODISCARD int peer_put(struct txn *t, const struct peer_rec *p);
NODISCARD int peer_del(struct txn *t, struct slice name);
NODISCARD int cursor_put(struct txn *t, struct slice name, uint64_t seq);

#endif
