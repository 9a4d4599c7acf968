/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables a and l: accounts, and the logins and addresses that lead to them. */
#ifndef STORAGE_USER_H
#define STORAGE_USER_H

#include "storage/store.h"

struct key;
struct txn;

/* The key of a login or an address: ASCII lower case. */
void key_of_login(struct key *k, struct slice name);

NODISCARD int account_decode(struct slice value, struct account *out);

/* New (id 0) or changed; *id_out.  KERR_EXISTS: login or address of another; KERR_NOTFOUND. */
NODISCARD int account_put(struct txn *t, const struct account *a, uint32_t *id_out);

/* KERR_NOTFOUND: no such account. */
NODISCARD int account_exists(struct txn *t, uint32_t account);

#endif
