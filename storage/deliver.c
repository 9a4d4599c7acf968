/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail for groups and persons at once.  The job looks at everything that can refuse, then writes
 * the article and the rows of all mailboxes: a mail that is acknowledged stands in every place.
 */
#include "proto/base/mem.h"
#include "storage/append.h"
#include "storage/post.h"
#include "storage/sent.h"

struct deliver_job {
	struct store_job job;
	struct posted article;
	struct appended mail;
	bool has_article, has_mail;
	bool repeated; /* it was delivered before */
	bool has_sent;
	uint8_t sent[STORE_MID_HASH];
	uint32_t sender;
	int64_t now_at;
};

static struct deliver_job *deliver_of(struct store_job *job)
{
	return container_of(job, struct deliver_job, job);
}

static int check(struct txn *t, struct deliver_job *j)
{
	int rc = j->has_sent ? sent_get(t, j->sender, j->sent, j->now_at) : KERR_NOTFOUND;

	j->repeated = rc == 0;
	if (rc != KERR_NOTFOUND)
		return rc;
	rc = j->has_article ? post_check(t, &j->article) : 0;
	if (rc == 0 && j->has_mail)
		rc = append_check(t, &j->mail);
	return rc;
}

static int deliver_run(struct txn *t, struct store_job *job)
{
	struct deliver_job *j = deliver_of(job);
	int rc = check(t, j);

	job->res.fed = NULL; /* it may be run again */
	if (rc < 0 || j->repeated)
		return rc;
	if (j->has_mail)
		append_put(t, &j->mail, &job->res);
	if (j->has_article)
		post_put(t, &j->article, &job->res);
	if (j->has_sent)
		sent_put(t, j->sender, j->sent, j->now_at);
	return t->rc;
}

static void deliver_after(struct store *s, struct store_job *job)
{
	struct deliver_job *j = deliver_of(job);

	if (job->res.rc == 0 && !j->repeated) {
		s->n_articles += j->has_article;
		return;
	}
	if (j->has_article)
		incoming_refused(s, &j->article.in);
	if (j->has_mail)
		incoming_refused(s, &j->mail.in);
}

static void deliver_release(struct store_job *job)
{
	struct deliver_job *j = deliver_of(job);

	if (j->has_article)
		post_fini(&j->article);
	if (j->has_mail)
		append_fini(&j->mail);
	job_fini(job);
	free(j);
}

static int make(struct store *s, const struct store_deliver *d, struct deliver_job *j)
{
	int rc = 0;

	if (d->article) {
		rc = post_make(s, d->article, &j->article);
		j->has_article = true;
	}
	if (rc == 0 && d->n_accounts > 0) {
		rc = append_make(s, d->mail, d->accounts, d->n_accounts, &j->mail);
		j->has_mail = true;
	}
	if (d->sent) {
		memcpy(j->sent, d->sent, sizeof j->sent);
		j->has_sent = true;
	}
	j->sender = d->sender;
	j->now_at = d->now_at;
	return rc;
}

static int queue(struct store *s, const struct store_call *c, struct deliver_job *j)
{
	size_t cost = (j->has_article ? post_cost(&j->article) : 0) +
		      (j->has_mail ? append_cost(&j->mail) : 0);
	struct list jobs;

	job_init(&j->job, cost, c, lit("deliver"));
	j->job.run = deliver_run;
	j->job.after = deliver_after;
	j->job.release = deliver_release;
	list_init(&jobs);
	if (j->has_article)
		incoming_pieces(&j->article.in, &jobs);
	if (j->has_mail)
		incoming_pieces(&j->mail.in, &jobs);
	list_append(&jobs, &j->job.node);
	return writer_add(s, &jobs, false);
}

static size_t bytes_of(const struct store_deliver *d)
{
	return (d->article ? d->article->article.len : 0) +
	       (d->n_accounts > 0 ? d->mail->message.len : 0);
}

int store_deliver(struct store *s, const struct store_deliver *d, const struct store_call *c)
{
	int rc = !d->article && d->n_accounts == 0 ? KERR_INVALID : writer_check(s, bytes_of(d));

	if (rc < 0)
		return rc;
	struct deliver_job *j = mem_new(struct deliver_job);
	rc = make(s, d, j);
	if (rc == 0)
		rc = queue(s, c, j);
	if (rc < 0)
		deliver_release(&j->job);
	if (rc == KERR_IO)
		writer_stop(s, rc); /* the key file could not be synced */
	return rc;
}
