/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables m and b: who is in a group, and in which groups one is. */
#ifndef STORAGE_MEMBER_H
#define STORAGE_MEMBER_H

#include "storage/store.h"

struct txn;

/* ROLE_NONE removes.  KERR_NOTFOUND: no such group or account. */
NODISCARD int member_put(struct txn *t, uint32_t group, uint32_t account, enum role role);

#endif
