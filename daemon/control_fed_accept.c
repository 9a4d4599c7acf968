/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.accept: dial the daemon of a token, join, remember who has invited us.  What goes wrong is
 * one sentence that says what to do; the token is used up by the last step alone.
 */
#include <errno.h>
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_book.h"
#include "daemon/fed_dial.h"
#include "daemon/fed_tls.h"
#include "proto/base/mem.h"
#include "proto/fed/peer_joiner.h"

struct accept {
	struct fed_token token;
	char place[FED_NAME_MAX + 16]; /* host:port */
	struct fed_dial *dial;
	bool self;     /* we have dialled ourselves */
	bool answered; /* the session has said how it ended */
	int rc;
	const char *why;
	char seconds[24], numbers[FED_SAS_LEN + 1];
	char *record; /* of the one that invites */
};

static void accept_free(struct errand *a)
{
	struct accept *w = a->work;

	free(w->record);
	mem_wipe(w, sizeof *w);
	free(w);
}

/* ---- it is done ---- */

static int joined(struct errand *a)
{
	struct accept *w = a->work;
	struct fed *f = a->f;
	const struct fed_daemon *host = fed_reg_daemon(f->reg, &w->token.oid);
	char name[FED_NAME_MAX + 1];

	if (!host || !slice_cstr(host->name, name, sizeof name))
		return KERR_NOTFOUND;
	fed_book_sponsor(f->book, &w->token, w->numbers);
	f->sponsor.set = fed_book_sponsored(f->book, &f->sponsor.token, f->sponsor.numbers);
	fed_dial_soon(f);
	errand_fact(a, "numbers", w->numbers);
	errand_fact(a, "host", name);
	errand_say(
		a, N_("the invitation of %1 is accepted; the numbers: %2"), name, w->numbers, NULL);
	errand_say(a,
		N_("next: read them to the admin of %1 on the telephone, who types kokoctl peer "
		   "confirm %2 there; then kokoctl peer status shows the link"),
		name, f->name, NULL);
	if (a->address[0] && !a->listens)
		errand_say(a,
			N_("missing: peer.listen in kokod.conf, so that others can connect here "
			   "(then: systemctl restart kokod); where no port can be opened, set "
			   "peer.address to none"),
			NULL);
	if (!a->address[0])
		errand_say(a,
			N_("this daemon is not dialled (peer.address is none): it dials the "
			   "others, "
			   "and no port need be opened"),
			NULL);
	return 0;
}

/* ---- what goes wrong ---- */

static const struct {
	const char *has; /* in the reason of the dial */
	const char *text;
} faults[] = {
	{"Connection refused",        N_("%1 refuses the connection: its admin looks whether kokod runs "
				  "there and peer.listen "
				  "is set, and whether a firewall lets the port through")},
	{"Name or service not known",
         N_("the name in the token, %1, is not known to DNS: its admin checks name and "
		   "peer.address there, you check the network here")                                                   },
	{"No address associated",
         N_("the name in the token, %1, is not known to DNS: its admin checks name and "
		   "peer.address there, you check the network here")                                                   },
	{"Temporary failure",
         N_("DNS does not answer here, so %1 cannot be looked up: check the network here")                             },
	{"too much other work",       N_("this daemon is busy: type the same again in a minute")                       },
};

static const char *dial_fault(bool was_open, const char *why)
{
	for (size_t i = 0; i < array_len(faults); i++)
		if (strstr(why, faults[i].has))
			return faults[i].text;
	if (strstr(why, "took too long") || strstr(why, "timed out") || strstr(why, "route") ||
		strstr(why, "unreachable"))
		return N_("%1 does not answer: as a rule a firewall, there or here, does not let "
			  "the port through");
	if (was_open)
		return N_("the connection to %1 broke before all was said: type the same again; if "
			  "it says then that the token was used, ask for a new one");
	return N_("what answers at %1 is no kokod, or not its peer port: ask its admin whether "
		  "peer.address is right there");
}

static int failed(struct errand *a, bool was_open, const char *why)
{
	struct accept *w = a->work;

	errand_fact(a, "reason", why);
	if (w->self)
		return errand_refuse(a, KERR_INVALID,
			N_("at %1 this daemon itself answers: the address in the token is that of "
			   "this machine; its admin sets peer.address there and makes a new one"),
			w->place, NULL);
	if (w->answered)
		return errand_refuse(a, w->rc, w->why, w->place, w->seconds, NULL);
	return errand_refuse(a, KERR_BUSY, dial_fault(was_open, why), w->place, NULL);
}

/* ---- the connection ---- */

static void on_done(void *arg, const struct peer_joined *j)
{
	struct errand *a = arg;
	struct accept *w = a->work;

	w->answered = true;
	w->rc = j->rc;
	w->why = j->why;
	snprintf(w->seconds, sizeof w->seconds, "%lld",
		(long long)(j->clock_s < 0 ? -j->clock_s : j->clock_s));
	if (j->rc < 0)
		return;
	memcpy(w->numbers, j->numbers, sizeof w->numbers);
	w->record = mem_dup(j->record);
}

static void *on_open(void *arg, struct conn *c, const struct fed_hash *spki)
{
	struct errand *a = arg;
	struct accept *w = a->work;
	struct fed *f = a->f;
	struct peer_joiner_opts o = {
		.token = w->token,
		.self = f->keys->oid,
		.spki = *spki,
		.record = fed_text_of(f, FED_REC_DAEMON, f->keys->oid.s),
		.done = on_done,
		.arg = a,
		.ready = conn_ready(c),
	};
	void *session = NULL;

	w->self = fed_hash_eq(spki, &f->keys->spki);
	if (!w->self && fed_tls_exporter(conn_ssl(c), o.exporter))
		session = peer_joiner_new(&o);
	mem_wipe(&o, sizeof o);
	return session;
}

static void on_end(void *arg, bool was_open, const char *why)
{
	struct errand *a = arg;
	struct accept *w = a->work;
	int rc;

	if (w->answered && w->rc == 0)
		rc = errand_give_text(a, slice_str(w->record), joined);
	else
		rc = failed(a, was_open, why);
	if (rc != CONTROL_OUT)
		errand_end(a, rc);
}

static const struct fed_dial_hooks hooks = {.open = on_open, .end = on_end};

static int dial(struct errand *a)
{
	struct accept *w = a->work;
	struct slice host;
	uint16_t port;

	if (!fed_addr_parse(slice_str(w->place), &host, &port))
		return KERR_INVALID;
	w->dial = fed_dial_new(a->f, host, port, &peer_joiner_ops, &hooks, a);
	return CONTROL_OUT;
}

/* ---- before ---- */

static int check_token(struct errand *a, const struct fed_token *t)
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);
	const struct fed_keys *k = a->f->keys;

	if (k && fed_oid_eq(&t->oid, &k->oid))
		return errand_refuse(a, KERR_INVALID,
			N_("this token was made here: it is for the admin of the other daemon"),
			NULL);
	if (fed && fed_gid_eq(&t->fid, &fed->fid))
		return errand_refuse(a, KERR_EXISTS,
			N_("this daemon is in that federation already: kokoctl peer status shows "
			   "the "
			   "links"),
			NULL);
	if (fed)
		return errand_refuse(a, KERR_DENIED,
			N_("this daemon is in another federation already, and can be in one only"),
			NULL);
	return 0;
}

static int begin_accept(struct errand *a)
{
	struct accept *w = mem_new(struct accept);
	enum fed_token_fault fault = fed_token_parse(slice_str(a->token), &w->token);
	int rc;

	a->work = w;
	a->fini = accept_free;
	if (fault != FED_TOKEN_OK)
		return errand_refuse(a, KERR_INVALID, fed_token_fault_text(fault), NULL);
	rc = check_token(a, &w->token);
	if (rc < 0)
		return rc;
	snprintf(w->place, sizeof w->place, "%s:%u", w->token.host, (unsigned)w->token.port);
	return errand_self(a, dial);
}

int control_peer_accept(struct control_req *r)
{
	struct errand *a = errand_new(r, begin_accept);
	int rc = 0;

	/* as it was pasted, line ends and all: no control_arg */
	a->token = json_string_value(json_object_get(r->args, "token"));
	if (!a->token || strlen(a->token) > (size_t)4 * FED_TOKEN_MAX)
		rc = err_set(&r->err, KERR_INVALID, "token: is missing, or too long for one");

	if (rc == 0)
		rc = control_arg_or(r, "organisation", FED_TITLE_MAX, "", &a->organisation);
	return errand_go(a, rc);
}
