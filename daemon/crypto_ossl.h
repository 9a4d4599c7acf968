/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proto/base/crypto.h with OpenSSL 3 and libcrypt. */
#ifndef DAEMON_CRYPTO_OSSL_H
#define DAEMON_CRYPTO_OSSL_H

/* Fetch the algorithms and fill `crypto`.  Once per process, before other threads start. */
void crypto_ossl_install(void);

#endif
