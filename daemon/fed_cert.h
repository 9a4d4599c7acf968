/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TLS key of the peer port and the certificate that it travels in.  The certificate is signed
 * by its own key and has no end: others look at H(SPKI) and at nothing else of it.
 */
#ifndef DAEMON_FED_CERT_H
#define DAEMON_FED_CERT_H

#include <openssl/types.h>

#include "proto/base/err.h"
#include "proto/fed/fed_id.h"

enum { FED_CERT_MAX = 2048 }; /* bytes of a key, or of a certificate, as DER */

struct fed_cert {
	EVP_PKEY *key;
	X509 *cert;
	struct fed_hash spki; /* b64 H(SubjectPublicKeyInfo) */
};

/* A fresh P-256 key; name: of the daemon.  KERR_IO: OpenSSL failed. */
NODISCARD int fed_cert_make(struct slice name, struct fed_cert *out, struct err *err);

/* Append key (PKCS#8) and certificate as DER; the bufs should have FED_CERT_MAX as their ceiling.
 */
void fed_cert_write(const struct fed_cert *c, struct buf *key, struct buf *cert);

/* The other way.  False: these are none, or do not belong together. */
NODISCARD bool fed_cert_read(struct slice key, struct slice cert, struct fed_cert *out);

void fed_cert_fini(struct fed_cert *c);

#endif
