/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the set-up documents say of this daemon, from its configuration. */
#ifndef DAEMON_HTTP_H
#define DAEMON_HTTP_H

#include "conf/conf.h"
#include "daemon/words.h"
#include "proto/http/setup.h"

/*
 * Of each door the one that programs shall use: TLS from the first byte if there is one, else
 * STARTTLS if there is a certificate.  What listens on loopback alone is nobody's door, unless the
 * host that is told is loopback too (demo, tests).  words is borrowed, c is not.
 */
struct setup_site *http_site_new(const struct conf *c, const struct words *words);
void http_site_free(struct setup_site *site);

#endif
