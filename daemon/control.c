/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections of the control socket: lines in, requests run, answers out in order.
 *
 * A connection holds its requests in a list, oldest first.  The next one starts when the list is
 * empty, or when it is of the same parallel command as the last one; so many `user add` in a row
 * share a commit, and a `member add` behind them sees them all.  A request outlives its connection
 * while a job is out: conn is NULL then.
 */
#include "daemon/control.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	OUT_MAX = 16 * 1024 * 1024, /* answer bytes of one request that wait */
	RETRY_MS = 10,
	PAUSE_MS = 100, /* of accepting, without descriptors */
};

struct control {
	struct daemon *d;
	struct evconnlistener *listener;
	struct event on_resume;
	struct list conns;
	unsigned n_conns;
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
};

struct control_conn {
	struct list node;
	struct control *control;
	struct bufferevent *bev;
	struct list reqs;
	unsigned n_reqs;
	struct control_req *next; /* read, but must wait for those before it */
	char actor[32];
	bool broken; /* a line was not a request: close after the answers */
};

static void conn_go_on(struct control_conn *c);
static void step(struct control_req *r);

/* ---- requests ---- */

static void req_free(struct control_req *r)
{
	if (r->conn)
		r->conn->n_reqs--;
	list_remove(&r->node);
	json_decref(r->root);
	json_decref(r->result);
	if (r->work)
		mem_wipe(r->work, r->work_size);
	free(r->work);
	buf_fini(&r->out);
	free(r);
}

void control_row_take(struct control_req *r, json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT);

	buf_addz(&r->out, text);
	buf_addc(&r->out, '\n');
	free(text);
	json_decref(row);
}

void *control_work(struct control_req *r, size_t size)
{
	assert(!r->work);
	r->work = mem_zalloc(size);
	r->work_size = size;
	return r->work;
}

static void add_last_line(struct control_req *r, int rc)
{
	if (r->out.bad) { /* rows were lost */
		buf_reset(&r->out);
		rc = err_set(&r->err, KERR_TOOBIG, "the answer is too long");
	}
	if (rc == 0) {
		json_object_set_new(r->result, "ok", json_true());
		control_row_take(r, json_incref(r->result));
		return;
	}
	/* facts that the handler has left stay: what was done before it failed */
	json_object_set_new(r->result, "ok", json_false());
	json_object_set_new(
		r->result, "code", json_string(kerr_name(rc == KERR_TOOBIG ? KERR_INVALID : rc)));
	json_object_set_new(
		r->result, "message", json_string(r->err.text[0] ? r->err.text : kerr_name(rc)));
	control_row_take(r, json_incref(r->result));
}

/* Append " key=value" of a text argument. */
static void add_arg(struct buf *b, const struct control_req *r, const char *key)
{
	const char *value = json_string_value(json_object_get(r->args, key));
	struct esc e;

	if (value)
		buf_addf(b, " %s=%s", key, esc(&e, slice_str(value)));
}

/* On what: the group, the login, or else the name; not the names of people. */
static void log_done(const struct control_req *r, int rc)
{
	bool quiet = r->cmd && (r->cmd->flags & CONTROL_QUIET);
	struct buf what;
	struct esc e;

	buf_init(&what, 2048);
	add_arg(&what, r, "group");
	add_arg(&what, r, "login");
	if (what.len == 0)
		add_arg(&what, r, "name");
	log_line(quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "control.done",
		"cmd=%s actor=%s%s rc=%s%s%s", r->cmd ? r->cmd->name : "?", r->actor,
		buf_cstr(&what), kerr_name(rc), rc < 0 ? " why=" : "",
		rc < 0 ? esc(&e, slice_str(r->err.text)) : "");
	buf_fini(&what);
}

static void send_out(struct control_req *r)
{
	bufferevent_write(r->conn->bev, buf_slice(&r->out).p, r->out.len);
	buf_reset(&r->out);
}

/* Send what is done, oldest first. */
static void flush(struct control_conn *c)
{
	while (!list_empty(&c->reqs)) {
		struct control_req *r = container_of(c->reqs.next, struct control_req, node);

		if (!r->done) /* NOLINT(clang-analyzer-unix.Malloc): req_free has unlinked the last
			       */
			return;
		send_out(r);
		req_free(r);
	}
}

/* The request is answered; it waits for those before it. */
static void finish(struct control_req *r, int rc)
{
	log_done(r, rc);
	if (!r->conn) {
		req_free(r);
		return;
	}
	add_last_line(r, rc);
	r->done = true;
	flush(r->conn);
}

void control_finish(struct control_req *r, int rc)
{
	struct control_conn *c = r->conn;

	finish(r, rc);
	if (c)
		conn_go_on(c);
}

static void on_store_done(void *arg, const struct store_result *res)
{
	struct control_req *r = arg;

	if (res->rc == KERR_EXISTS && r->what)
		err_set(&r->err, res->rc, "%s: the name (or an address) is taken", r->what);
	if (res->rc == 0 && res->id)
		json_object_set_new(r->result, "id", json_integer(res->id));
	control_finish(r, res->rc);
}

struct store_call control_call(struct control_req *r)
{
	return (struct store_call){
		.home = r->d->loops[0],
		.done = on_store_done,
		.arg = r,
		.actor = r->actor,
	};
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct control_req *r = arg;

	(void)fd;
	(void)what;
	struct control_conn *c = r->conn;
	if (c) {
		step(r);
		conn_go_on(c);
	} else {
		req_free(r);
	}
}

/* Run the handler once and see what it wants. */
static void step(struct control_req *r)
{
	const struct timeval soon = {0, RETRY_MS * 1000};
	int rc = r->cmd->run(r);

	if (rc == CONTROL_OUT)
		return;
	if (rc == CONTROL_MORE) {
		r->paused = true;
		send_out(r); /* it is the only one of its connection: not parallel */
		return;
	}
	if (rc == KERR_WAIT &&
		event_base_once(loop_base(r->d->loops[0]), -1, EV_TIMEOUT, on_retry, r, &soon) == 0)
		return;
	finish(r, rc);
}

static const struct control_cmd *find_cmd(const char *name)
{
	for (size_t i = 0; name && i < control_n_cmds; i++)
		if (strcmp(control_cmds[i].name, name) == 0)
			return &control_cmds[i];
	return NULL;
}

static struct control_req *req_new(struct control_conn *c, const char *line, size_t len)
{
	struct control_req *r = mem_new(struct control_req);
	json_error_t why;

	list_init(&r->node);
	r->d = c->control->d;
	r->conn = c;
	r->result = json_object();
	memcpy(r->actor, c->actor, sizeof r->actor);
	buf_init(&r->out, OUT_MAX);
	r->root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	r->args = json_object_get(r->root, "args");
	r->cmd = find_cmd(json_string_value(json_object_get(r->root, "cmd")));
	if (!r->root)
		err_set(&r->err, KERR_INVALID, "no JSON: %s", why.text);
	else if (!r->cmd)
		err_set(&r->err, KERR_INVALID, "cmd: not known");
	else if (r->args && !json_is_object(r->args))
		err_set(&r->err, KERR_INVALID, "args: must be an object");
	return r;
}

/* ---- connections ---- */

/* Requests that are out live on without it. */
static void conn_free(struct control_conn *c)
{
	while (!list_empty(&c->reqs)) {
		struct control_req *r = container_of(c->reqs.next, struct control_req, node);

		list_remove(&r->node);
		r->conn = NULL; /* NOLINT(clang-analyzer-unix.Malloc): the last was unlinked */
		if (r->done || r->paused) /* waits for nothing but the connection */
			req_free(r);
	}
	if (c->next) {
		c->next->conn = NULL;
		req_free(c->next);
	}
	bufferevent_free(c->bev);
	list_remove(&c->node);
	c->control->n_conns--;
	free(c);
}

static bool may_start(const struct control_conn *c, const struct control_req *r)
{
	if (list_empty(&c->reqs))
		return true;

	const struct control_req *last = container_of(c->reqs.prev, struct control_req, node);
	return r->cmd && r->cmd == last->cmd && (r->cmd->flags & CONTROL_PARALLEL) &&
	       c->n_reqs < CONTROL_WINDOW;
}

static void start(struct control_conn *c, struct control_req *r)
{
	list_append(&c->reqs, &r->node);
	c->n_reqs++;
	if (r->err.text[0])
		finish(r, KERR_INVALID);
	else
		step(r);
}

/* Take the next line off the input as c->next; false when there is none. */
static bool take_line(struct control_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t len;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);

	if (line && len <= CONTROL_LINE_MAX) {
		c->next = req_new(c, line, len);
		mem_wipe(line, len); /* there may be a password in it */
	} else if (line || evbuffer_get_length(in) > CONTROL_LINE_MAX) {
		c->next = req_new(c, "", 0);
		err_set(&c->next->err, KERR_INVALID, "a line over %d bytes", CONTROL_LINE_MAX);
		c->broken = true;
	}
	free(line);
	return c->next != NULL;
}

/* Start all that may start; read on only while something may. */
static void conn_go_on(struct control_conn *c)
{
	while (!c->broken && (c->next || take_line(c)) && may_start(c, c->next)) {
		struct control_req *r = c->next;

		c->next = NULL;
		start(c, r);
	}
	if (c->broken && c->next && list_empty(&c->reqs)) {
		struct control_req *r = c->next;

		c->next = NULL;
		start(c, r);
	}
	if (c->next || c->broken)
		bufferevent_disable(c->bev, EV_READ);
	else
		bufferevent_enable(c->bev, EV_READ);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_go_on(arg);
}

/* All is sent: close a broken connection, go on with a listing. */
static void on_drained(struct bufferevent *bev, void *arg)
{
	struct control_conn *c = arg;

	(void)bev;
	if (!list_empty(&c->reqs)) {
		struct control_req *r = container_of(c->reqs.next, struct control_req, node);

		if (r->paused) {
			r->paused = false;
			step(r);
			conn_go_on(c);
		}
	} else if (c->broken && !c->next) {
		conn_free(c);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct control_conn *c = arg;

	if ((what & BEV_EVENT_TIMEOUT) && (what & BEV_EVENT_READING) && !list_empty(&c->reqs)) {
		bufferevent_enable(bev, EV_READ); /* it waits for us, not we for it */
		return;
	}
	conn_free(c);
}

static void name_actor(evutil_socket_t fd, char *actor, size_t size)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
		snprintf(actor, size, "kokoctl:%u", (unsigned)who.uid);
	else
		snprintf(actor, size, "kokoctl");
}

static void refuse(evutil_socket_t fd)
{
	static const char busy[] =
		"{\"ok\":false,\"code\":\"busy\",\"message\":\"too many connections\"}\n";
	ssize_t sent = send(fd, busy, sizeof busy - 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
	evutil_closesocket(fd);
}

static void on_accept(
	struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	const struct timeval idle = {CONTROL_IDLE_S, 0};
	struct control *control = arg;

	(void)sa;
	(void)len;
	struct bufferevent *bev = control->n_conns < CONTROL_CONNS
					  ? bufferevent_socket_new(evconnlistener_get_base(l), fd,
						    BEV_OPT_CLOSE_ON_FREE)
					  : NULL;
	if (!bev) {
		refuse(fd);
		return;
	}

	struct control_conn *c = mem_new(struct control_conn);
	c->control = control;
	c->bev = bev;
	list_init(&c->reqs);
	name_actor(fd, c->actor, sizeof c->actor);
	list_append(&control->conns, &c->node);
	control->n_conns++;
	bufferevent_setcb(bev, on_read, on_drained, on_event, c);
	bufferevent_setwatermark(bev, EV_READ, 0, 2 * CONTROL_LINE_MAX);
	bufferevent_set_timeouts(bev, &idle, &idle);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* Out of descriptors: who waits would wake us again and again. */
static void on_accept_failed(struct evconnlistener *l, void *arg)
{
	const struct timeval tv = {.tv_usec = PAUSE_MS * 1000};
	struct control *control = arg;

	evconnlistener_disable(l);
	event_add(&control->on_resume, &tv);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	evconnlistener_enable(((struct control *)arg)->listener);
}

/* ---- the socket ---- */

static bool somebody_answers(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0;

	if (fd >= 0)
		close(fd);
	return answers;
}

/* A bound socket of mode 0660, or KERR_*. */
static int bind_socket(const struct sockaddr_un *sa, struct err *err)
{
	if (somebody_answers(sa))
		return err_set(
			err, KERR_EXISTS, "control %s: another daemon answers there", sa->sun_path);
	unlink(sa->sun_path);

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old = umask(0117);
	int rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)sa, sizeof *sa);
	umask(old);
	if (rc == 0)
		return fd;
	err_set(err, KERR_IO, "control %s: %s", sa->sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return KERR_IO;
}

int control_open(struct daemon *d, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (!slice_cstr(slice_str(d->conf->control), sa.sun_path, sizeof sa.sun_path))
		return err_set(err, KERR_TOOBIG, "control %s: over %zu bytes", d->conf->control,
			sizeof sa.sun_path - 1);
	int fd = bind_socket(&sa, err);
	if (fd < 0)
		return fd;

	struct control *control = mem_new(struct control);
	control->d = d;
	list_init(&control->conns);
	memcpy(control->path, sa.sun_path, sizeof control->path);
	control->listener = evconnlistener_new(
		loop_base(d->loops[0]), on_accept, control, LEV_OPT_CLOSE_ON_FREE, 16, fd);
	if (!control->listener) {
		close(fd);
		free(control);
		return err_set(err, KERR_IO, "control %s: cannot listen", sa.sun_path);
	}
	evconnlistener_set_error_cb(control->listener, on_accept_failed);
	event_assign(&control->on_resume, loop_base(d->loops[0]), -1, 0, on_resume, control);
	d->control = control;
	return 0;
}

void control_close(struct daemon *d)
{
	struct control *control = d->control;

	if (!control)
		return;
	while (!list_empty(&control->conns))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): conn_free has unlinked the last */
		conn_free(container_of(control->conns.next, struct control_conn, node));
	event_del(&control->on_resume);
	evconnlistener_free(control->listener);
	unlink(control->path);
	free(control);
	d->control = NULL;
}
