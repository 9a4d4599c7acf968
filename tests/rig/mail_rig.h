/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions and changes of a mail conversation over the town, each run to its answer. */
#ifndef TESTS_RIG_MAIL_RIG_H
#define TESTS_RIG_MAIL_RIG_H

#include "proto/mail.h"
#include "tests/rig/town.h"

/* What a change was answered. */
struct mail_answer {
	bool is;
	int rc;
	uint32_t box;
	uint64_t modseq;
	uint32_t n_to, first_to, n_failed;
};

/* How many messages the ranges hold; NULL: none. */
uint32_t mail_count(const struct mail_ranges *r);

/* done of a change; arg is its struct mail_answer */
void mail_answered(void *arg, const struct mail_result *r);

/* Let the town run until the change that began with rc is answered; its rc. */
int mail_end(struct town *t, int rc, const struct mail_answer *a);

/* Repeat a question as long as it answers KERR_WAIT. */
#define MAIL_ASK(t, call)                                                                          \
	({                                                                                         \
		int ask_rc;                                                                        \
		while ((ask_rc = (call)) == KERR_WAIT)                                             \
			town_run(t);                                                               \
		ask_rc;                                                                            \
	})

/* Asserts that it is there. */
struct mail_box mail_box_named(struct town *t, struct mail *m, const char *name);

/* Append a message; the answer's rc. */
int mail_put(struct town *t, struct mail *m, uint32_t box, const char *text, uint64_t flags,
	int64_t date, struct mail_answer *a);

#endif
