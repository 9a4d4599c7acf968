/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is the file `keys` the one that this store was written with?  A store that began with another one
 * would serve nothing and, worse, seal new articles under keys that no backup has.
 */
#ifndef STORAGE_KEYCHECK_H
#define STORAGE_KEYCHECK_H

#include "storage/store_priv.h"

/*
 * At start, behind the schema: open the key file.  A store without a content gets a new one.
 * KERR_NOTFOUND: it is missing, too short, or another store's; *err says what to do.  With
 * opts.lost_keys what is missing is made, and one of another store is put aside as `keys.foreign`;
 * KERR_INVALID: nothing is missing.
 */
NODISCARD int keys_open(struct store *s, struct err *err);

/*
 * Once the contents that a crash left are swept: the next content id is behind the last that has a
 * row, there are keys for it, and the store knows its file again.
 */
NODISCARD int keys_begin(struct store *s, struct err *err);

#endif
