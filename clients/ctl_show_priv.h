/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that show answers share. */
#ifndef CLIENTS_CTL_SHOW_PRIV_H
#define CLIENTS_CTL_SHOW_PRIV_H

#include "clients/ctl_cmds.h"

/* Text from the daemon, without control characters. */
void ctl_add_clean(struct buf *b, const char *text);

/* "title      value" */
void ctl_add_line(struct buf *out, const char *title, const json_t *value);

/* A table of the rows, with its titles. */
void ctl_add_table(struct buf *out, const struct ctl_col *cols, const json_t *rows);

/* ---- ctl_fed.c ---- */

/* The sentence of a row or a last line, in the language of the environment; false: it has none. */
bool ctl_add_sentence(struct buf *b, const json_t *row);

/* Each row's sentence as a line. */
void ctl_show_told(struct buf *out, const json_t *rows);

void ctl_show_federation(struct buf *out, const json_t *rows, const json_t *last);

void ctl_show_people(struct buf *out, const json_t *rows);
void ctl_show_requests(struct buf *out, const json_t *rows);

/* One line a peer: state, since when, how far behind either way, clock, refusals, what to do. */
void ctl_show_links(struct buf *out, const json_t *rows);

#endif
