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

/* A small article by anke. */
extern const char mail_text[];

/* Mark message `num` deleted, or expunge it; the answer's rc. */
int mail_change_one(struct town *t, struct mail *m, uint32_t box, uint32_t num, bool expunge);
int mail_copy_one(struct town *t, struct mail *m, uint32_t from, uint32_t num, uint32_t to,
	bool move, struct mail_answer *a);

/* A row; what it borrows is gone, but for the envelope. */
struct mail_one_row {
	struct mail_row row;
	char envelope[512];
};

/* Asserts that it is there. */
struct mail_one_row mail_row_of(struct town *t, struct mail *m, uint32_t box, uint32_t num);

/* The whole message, read in steps of 7 bytes; out is initialised here. */
void mail_read_all(struct town *t, struct mail *m, uint32_t box, uint32_t num, struct buf *out);

/* Assert that the text has `what`, or has it not. */
void mail_shows(const struct buf *text, const char *what, bool is);

#endif
