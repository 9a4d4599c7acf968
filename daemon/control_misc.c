/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status, conf and check: the daemon as a whole. */
#include <time.h>
#include <unistd.h>

#include "conf/conf_schema.h"
#include "conf/conf_value.h"
#include "daemon/auth.h"
#include "daemon/conn.h"
#include "daemon/control_priv.h"
#include "daemon/fed.h"
#include "daemon/limits.h"
#include "daemon/listener.h"
#include "daemon/log_sink.h"
#include "daemon/peers.h"
#include "daemon/stats.h"
#include "proto/base/mem.h"

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *store_json(struct store *store)
{
	struct store_stats s;

	store_stats(store, &s);
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, "
		"s:b, s:b}",
		"articles", count(s.n_articles), "duplicates", count(s.n_duplicates), "refused",
		count(s.n_refused), "full", count(s.n_full), "busy", count(s.n_busy), "pruned",
		count(s.n_pruned), "jobs", count(s.n_jobs), "commits", count(s.n_commits),
		"commit_us", count(s.commit_us), "last_seq", count(s.last_seq), "bytes_used",
		count(s.bytes_used), "bytes_free", count(s.bytes_free), "bytes_map",
		count(s.bytes_map), "bytes_free_disk", count(s.bytes_free_disk), "readers",
		count(s.n_readers), "map_high", s.map_high, "stopped", s.stopped, "paused",
		s.paused);
}

static json_t *conns_json(const struct daemon *d)
{
	struct limits_state s;
	uint64_t n_late = 0;

	limits_state(d->limits, &s);
	for (unsigned i = 0; i < d->n_loops; i++)
		n_late += conn_set_late(d->sets[i]);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "open", count(s.n_conns), "refused_full",
		count(s.n_refused_full), "refused_source", count(s.n_refused_source),
		"refused_early", count(s.n_refused_early), "late", count(n_late), "pauses",
		count(d->listeners ? listeners_pauses(d->listeners) : 0));
}

static json_t *logins_json(struct auth *auth)
{
	struct auth_state s;

	auth_state(auth, &s);
	return json_pack("{s:o, s:o, s:o, s:o}", "waiting", count(s.n_out), "failed",
		count(s.n_failed), "delayed", count(s.n_delayed), "busy", count(s.n_busy));
}

static json_t *nntp_json(const struct nntp_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "commands",
		count(s->n_commands), "bad", count(s->n_bad), "lines_long", count(s->n_line_long),
		"posts", count(s->n_posts), "posts_refused", count(s->n_post_refused), "taken",
		count(s->n_takethis), "taken_refused", count(s->n_takethis_refused), "logins",
		count(s->n_login_ok), "logins_bad", count(s->n_login_bad), "articles_read",
		count(s->n_articles_read));
}

static json_t *imap_json(const struct imap_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "commands",
		count(s->n_commands), "bad", count(s->n_bad), "lines_long", count(s->n_line_long),
		"fetched", count(s->n_fetched), "appended", count(s->n_appended), "appends_refused",
		count(s->n_append_refused), "idle", count(s->n_idle), "logins",
		count(s->n_login_ok), "logins_bad", count(s->n_login_bad));
}

static json_t *smtp_json(const struct smtp_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "commands", count(s->n_commands),
		"bad", count(s->n_bad), "mails", count(s->n_mails), "mails_refused",
		count(s->n_mails_refused), "recipients_refused", count(s->n_rcpts_refused),
		"logins", count(s->n_login_ok), "logins_bad", count(s->n_login_bad));
}

static json_t *http_json(const struct http_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "requests", count(s->n_requests),
		"documents", count(s->n_documents), "refused", count(s->n_refused), "bad",
		count(s->n_bad), "heads_long", count(s->n_heads_long), "bodies_big",
		count(s->n_bodies_big));
}

/* How many links there are, how many of them are up, and the largest lag. */
struct links {
	json_int_t n, up, lag;
};

static void count_link(void *arg, const struct peer_status *s)
{
	struct links *l = arg;

	l->n++;
	l->up += s->state == LINK_UP;
	if ((json_int_t)s->lag > l->lag)
		l->lag = (json_int_t)s->lag;
}

static json_t *links_json(struct peers *peers)
{
	struct links l = {0};

	peers_each(peers, count_link, &l);
	return json_pack("{s:I, s:I, s:I}", "links", l.n, "up", l.up, "lag", l.lag);
}

static json_t *federation_json(struct fed *f)
{
	struct fed_figures s;

	fed_figures(f, &s);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"conns", count(s.n_conns), "refused", count(s.n_refused), "commands",
		count(s.n_commands), "bad", count(s.n_bad), "strangers", count(s.n_strangers),
		"late", count(s.n_late), "alarms", count(s.n_alarms), "checked", count(s.n_checked),
		"checked_bytes", count(s.bytes_checked), "damaged", count(s.n_damaged), "mended",
		count(s.n_mended), "lost", count(s.n_lost), "damaged_local", count(s.n_local),
		"self_checks", count(s.n_passes));
}

int control_status(struct control_req *r)
{
	json_t *out = r->result;
	struct door_stats doors;

	stats_sum(r->d->stats, &doors);
	json_object_set_new(out, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(out, "name", json_string(r->d->conf->name));
	json_object_set_new(out, "data", json_string(r->d->conf->data));
	json_object_set_new(out, "pid", json_integer(getpid()));
	json_object_set_new(out, "started", control_time(r->d->started_at));
	json_object_set_new(out, "uptime_s", json_integer(time(NULL) - r->d->started_at));
	json_object_set_new(out, "draining", json_boolean(r->d->draining));
	json_object_set_new(out, "loops", json_integer(r->d->n_loops));
	json_object_set_new(out, "pool_queued", count(pool_queued(r->d->pool)));
	json_object_set_new(out, "log_lost", count(log_sink_lost()));
	json_object_set_new(out, "store", store_json(r->d->store));
	json_object_set_new(out, "conns", conns_json(r->d));
	json_object_set_new(out, "receiving",
		json_pack("{s:o, s:o, s:o}", "bytes", count(atomic_load(&r->d->budget->held)),
			"cut", count(atomic_load(&r->d->budget->n_cut)), "dropped",
			count(atomic_load(&r->d->budget->n_dropped))));
	json_object_set_new(out, "logins", logins_json(r->d->auth));
	json_object_set_new(out, "nntp", nntp_json(&doors.nntp));
	json_object_set_new(out, "imap", imap_json(&doors.imap));
	json_object_set_new(out, "smtp", smtp_json(&doors.smtp));
	json_object_set_new(out, "http", http_json(&doors.http));
	json_object_set_new(out, "peers", links_json(r->d->peers));
	json_object_set_new(out, "federation", federation_json(r->d->fed));
	return 0;
}

int control_conf(struct control_req *r)
{
	struct buf value, def;
	struct conf *defaults = conf_default();

	buf_init(&value, 16 * 1024);
	buf_init(&def, 16 * 1024);
	for (size_t i = 0; i < conf_n_rows; i++) {
		const struct conf_row *row = &conf_rows[i];

		buf_reset(&value);
		buf_reset(&def);
		conf_value_show(row, r->d->conf, &value);
		conf_value_show(row, defaults, &def);
		control_row_take(
			r, json_pack("{s:s, s:s, s:b}", "key", row->name, "value", buf_cstr(&value),
				   "default", slice_eq(buf_slice(&value), buf_slice(&def))));
	}
	buf_fini(&value);
	buf_fini(&def);
	conf_free(defaults);
	return 0;
}

/* ---- check ---- */

struct check_work {
	struct check_report report;
	int rc;
};

static void check_in_pool(void *arg)
{
	struct control_req *r = arg;
	struct check_work *w = r->work;

	w->rc = store_check(r->d->store, &w->report);
}

/* One answer line per fault. */
static void add_faults(struct control_req *r, struct slice lines)
{
	struct slice line;

	while (slice_split(&lines, '\n', &line))
		if (line.len > 0)
			control_row_take(r, json_pack("{s:o}", "fault",
						    json_stringn_nocheck(line.p, line.len)));
}

static void on_checked(void *arg)
{
	struct control_req *r = arg;
	struct check_work *w = r->work;
	const struct check_report *c = &w->report;

	add_faults(r, buf_slice(&c->lines));
	json_object_set_new(r->result, "report",
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "groups", count(c->n_groups),
			"articles", count(c->n_rows), "contents", count(c->n_contents), "history",
			count(c->n_history), "log", count(c->n_log), "accounts",
			count(c->n_accounts), "faults", count(c->n_faults), "repaired",
			count(c->n_repaired)));
	buf_fini(&w->report.lines);
	control_finish(r, w->rc);
}

int control_check(struct control_req *r)
{
	control_work(r, sizeof(struct check_work));
	int rc = pool_run(r->d->pool, r->d->loops[0], check_in_pool, on_checked, r);

	return rc < 0 ? rc : CONTROL_OUT;
}
