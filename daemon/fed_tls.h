/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS of the peer port: 1.3 alone, ALPN kokod, certificates of both sides, which no authority
 * vouches for: who it is says H(SPKI), looked up in the records.  docs/federation.md section 5
 */
#ifndef DAEMON_FED_TLS_H
#define DAEMON_FED_TLS_H

#include <openssl/types.h>

#include "daemon/fed_keys.h"
#include "proto/fed/fed_join.h"

struct fed_tls;

NODISCARD int fed_tls_new(const struct fed_keys *k, struct fed_tls **out, struct err *err);
void fed_tls_free(struct fed_tls *t);

/* A conversation on fd, as the one that was dialled, as the one that dials; NULL: no memory. */
SSL *fed_tls_server(struct fed_tls *t, int fd);
SSL *fed_tls_client(struct fed_tls *t, int fd);

/* H(SPKI) of the other end's certificate; false when it has shown none. */
bool fed_tls_spki(SSL *ssl, struct fed_hash *out);

/* H(SPKI) of a certificate. */
bool fed_tls_spki_of(const X509 *cert, struct fed_hash *out);

/* The bytes that both ends of this connection know and nobody else.  RFC 8446 section 7.5 */
bool fed_tls_exporter(SSL *ssl, uint8_t out[FED_EXPORTER_LEN]);

#endif
