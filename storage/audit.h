/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table u: who changed what, and when. */
#ifndef STORAGE_AUDIT_H
#define STORAGE_AUDIT_H

#include "storage/store.h"

struct txn;

/* actor is cut at 255 bytes. */
void audit_append(struct txn *t, struct slice actor, struct slice what);

#endif
