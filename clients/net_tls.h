/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS under libetpan's streams with OpenSSL.  libetpan's own TLS takes any certificate; here it
 * must come from a known authority and carry the name of the host.
 */
#ifndef CLIENTS_NET_TLS_H
#define CLIENTS_NET_TLS_H

#include <libetpan/libetpan.h>

#include "proto/base/err.h"

/*
 * Handshake on a connected socket, which belongs to the stream afterwards (and is closed on
 * failure).  TLS 1.2 at least.
 *
 * host  name or address that the certificate must carry
 * ca    PEM file of authorities; NULL: those of the system
 *
 * KERR_INVALID: ca; KERR_DENIED: the certificate; KERR_IO: the handshake.
 */
NODISCARD int net_tls_open(
	int fd, const char *host, const char *ca, mailstream_low **out, struct err *err);

#endif
