/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daily self-check: what is kept of shared groups is read, a little in each second, and
 * compared with what its origin signed; what is damaged is marked lost, and mended when a neighbour
 * gives it again.  docs/federation.md section 7.7
 *
 * Reading is done in the pool; all else here is on the federation's thread.
 */
#ifndef DAEMON_FED_MEND_H
#define DAEMON_FED_MEND_H

#include "daemon/fed_priv.h"

struct errand;

struct fed_self *fed_self_new(struct fed *f);
void fed_self_free(struct fed_self *s);

/* Every second. */
void fed_self_tick(struct fed *f);

/* Keep the place on disk, answer who waits. */
void fed_self_halt(struct fed *f);

/* Read all of it now; `a` is answered when that is done.  CONTROL_OUT, KERR_BUSY: it is asked. */
NODISCARD int fed_self_ask(struct fed *f, struct errand *a);

/* What was lost came and is on disk. */
void fed_self_mended(struct fed *f);

void fed_self_figures(const struct fed *f, struct fed_figures *out);

/* ---- fed_mend.c ---- */

/*
 * An entry whose content is lost: put the article in its place, as it was.  KERR_NOTFOUND: it is
 * not lost.
 */
NODISCARD int fed_mend(struct fed *f, const struct fed_take *t, const struct store_call *call);

#endif
