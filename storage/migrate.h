/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema version of a store: made, checked, and one day changed here. */
#ifndef STORAGE_MIGRATE_H
#define STORAGE_MIGRATE_H

#include "storage/store_priv.h"

/*
 * Write what a new store begins with, or check that this program knows the version of an old one;
 * then read what the store keeps in memory.  *fresh_out: it is new.
 * KERR_VERSION: made by a newer program; KERR_DAMAGED: something is there and it is no store.
 */
NODISCARD int migrate_open(struct store *s, bool *fresh_out, struct err *err);

#endif
