/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linking, on the side of the one that invites: peer.invite, numbers, confirm; and what both sides
 * do with a peer: pause, resume, block, unblock.
 */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_book.h"
#include "daemon/fed_door.h"
#include "daemon/fed_link.h"
#include "proto/base/mem.h"

/* ---- invite ---- */

/* What a token needs: a federation of which we are admin, and a place where to connect. */
static int may_invite(struct errand *a)
{
	const struct fed_federation *fed = errand_federation(a);
	struct fed_draft d;
	int rc;

	if (!fed)
		return KERR_NOTFOUND;
	rc = fed_draft_federation_next(
		&d, fed_text_of(a->f, FED_REC_FEDERATION, fed->fid.s), &a->f->keys->oid, &a->err);
	fed_draft_fini(&d);
	if (rc < 0)
		return rc;
	if (!a->address[0])
		return errand_refuse(a, KERR_INVALID,
			N_("this daemon is not dialled (peer.address is none), so nobody could use "
			   "a token of it: an admin of the federation who can be reached invites"),
			NULL);
	if (!a->listens)
		return errand_refuse(a, KERR_INVALID,
			N_("peer.listen is not set in kokod.conf, so nobody can connect: set it "
			   "(peer { "
			   "listen = { \"0.0.0.0:8433\", \"[::]:8433\" } }), systemctl restart "
			   "kokod, "
			   "and type the same again"),
			NULL);
	return 0;
}

static int check_guest(struct errand *a, const char *prefix)
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);
	const struct fed_oid nobody = {{0}};

	if (strcmp(a->name, a->f->name) == 0)
		return errand_refuse(a, KERR_INVALID,
			N_("%1 is this daemon itself: give the name of the other one"), a->name,
			NULL);
	for (size_t i = 0; i < fed->n_daemon; i++)
		if (fed->daemon[i].state == FED_ACTIVE &&
			slice_eq(fed->daemon[i].name, slice_str(a->name)))
			return errand_refuse(a, KERR_EXISTS,
				N_("%1 is in the federation already: kokoctl peer status shows how "
				   "the link is"),
				a->name, NULL);
	return fed_draft_fits(fed, &nobody, slice_str(a->name), slice_str(prefix), &a->err);
}

static void make_token(
	struct errand *a, const char secret[FED_SECRET_LEN + 1], char out[FED_TOKEN_MAX + 1])
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);
	struct fed_token t = {.oid = a->f->keys->oid, .fid = fed->fid};
	struct slice address = slice_str(a->address), host;
	struct buf b;
	size_t colon = address.len;

	(void)!fed_addr_parse(address, &host, &t.port);
	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	(void)!slice_cstr(slice_head(address, colon - 1), t.host, sizeof t.host);
	memcpy(t.secret, secret, sizeof t.secret);
	buf_init(&b, FED_TOKEN_MAX);
	fed_token_add(&b, &t);
	snprintf(out, FED_TOKEN_MAX + 1, "%s", buf_cstr(&b));
	buf_fini(&b);
	mem_wipe(&t, sizeof t);
}

static void say_token(struct errand *a, const char *token, const char *prefix)
{
	errand_fact(a, "token", token);
	errand_fact(a, "prefix", prefix);
	errand_say(a, N_("invitation for %1, good for 7 days and one use:"), a->name, NULL);
	errand_say(a, "    %1", token, NULL);
	errand_say(a, N_("groups that are founded there will be under %1 (another: --prefix)"),
		prefix, NULL);
	errand_say(a,
		N_("next: send it to the admin of %1, who types kokoctl peer accept and the token; "
		   "then here: kokoctl peer confirm %1"),
		a->name, NULL);
}

static int invite(struct errand *a)
{
	char prefix[GROUP_NAME_MAX + 1], secret[FED_SECRET_LEN + 1], token[FED_TOKEN_MAX + 1];
	int rc = may_invite(a);

	if (rc < 0)
		return rc;
	if (a->prefix[0])
		snprintf(prefix, sizeof prefix, "%s", a->prefix);
	else
		fed_prefix_of(a->name, prefix);
	rc = check_guest(a, prefix);
	if (rc == 0 &&
		fed_book_invite(a->f->book, slice_str(a->name), slice_str(prefix), secret) < 0)
		rc = errand_refuse(a, KERR_FULL,
			N_("there are too many open invitations: kokoctl peer confirm NAME "
			   "--answer "
			   "no takes one back"),
			NULL);
	if (rc == 0) {
		make_token(a, secret, token);
		say_token(a, token, prefix);
	}
	mem_wipe(secret, sizeof secret);
	mem_wipe(token, sizeof token);
	return rc;
}

int control_peer_invite(struct control_req *r)
{
	struct errand *a = errand_new(r, invite);
	int rc = control_arg(r, "name", FED_NAME_MAX, &a->name);

	if (rc == 0)
		rc = control_arg_or(r, "prefix", GROUP_NAME_MAX, "", &a->prefix);
	return errand_go(a, rc);
}

/* ---- numbers ---- */

/* Why there are no numbers of an invitation. */
static int refuse_state(struct errand *a, const struct fed_invite *i)
{
	switch (fed_book_state(a->f->book, i)) {
	case FED_INVITE_EXPIRED:
		return errand_refuse(a, KERR_DENIED,
			N_("the invitation of %1 is older than 7 days: kokoctl peer invite %1 "
			   "makes "
			   "a new one"),
			i->host, NULL);
	case FED_INVITE_VOID:
		return errand_refuse(a, KERR_DENIED,
			N_("the invitation of %1 is void, wrong tokens were tried too often: "
			   "kokoctl "
			   "peer invite %1 makes a new one"),
			i->host, NULL);
	case FED_INVITE_OPEN:
	case FED_INVITE_JOINING:
		break;
	}
	if (i->other[0])
		return errand_refuse(a, KERR_DENIED,
			N_("%2 came with the token of %1: if that is its name, kokoctl peer invite "
			   "%2; else its admin must set name in kokod.conf"),
			i->host, i->other, NULL);
	return errand_refuse(a, KERR_BUSY,
		N_("%1 has not used its token yet: its admin types kokoctl peer accept and the "
		   "token, then come again"),
		i->host, NULL);
}

/* The numbers that belong to this name, as guest or as host. */
static int find_numbers(struct errand *a, const char **numbers_out)
{
	const struct fed_invite *i = fed_book_invited(a->f->book, slice_str(a->name));
	const struct fed_sponsor *s = &a->f->sponsor;

	if (i && fed_book_state(a->f->book, i) != FED_INVITE_JOINING)
		return refuse_state(a, i);
	if (i) {
		*numbers_out = i->numbers;
		return 0;
	}
	if (errand_is_sponsor(a->f, a->name)) {
		*numbers_out = s->numbers;
		return 0;
	}
	return errand_refuse(a, KERR_NOTFOUND,
		N_("there is no invitation of %1 that waits: kokoctl peer invite %1 makes one"),
		a->name, NULL);
}

static int numbers(struct errand *a)
{
	const char *text = "";
	int rc = find_numbers(a, &text);

	if (rc < 0)
		return rc;
	errand_fact(a, "numbers", text);
	errand_say(a, N_("the numbers for the link with %1: %2"), a->name, text, NULL);
	errand_say(a,
		N_("call the other admin by telephone, at a number that you know, and let the "
		   "numbers that stand there be read to you"),
		NULL);
	return 0;
}

int control_peer_numbers(struct control_req *r)
{
	struct errand *a = errand_new(r, numbers);

	return errand_go(a, control_arg(r, "name", FED_NAME_MAX, &a->name));
}

/* ---- confirm ---- */

/* Digits alone count. */
static bool same_numbers(const char *said, const char *ours)
{
	for (;; ours++) {
		while (*said == ' ' || *said == '-' || *said == '.')
			said++;
		if (*ours == ' ')
			continue;
		if (*said != *ours)
			return false;
		if (*ours == '\0')
			return true;
		said++;
	}
}

static int confirmed(struct errand *a)
{
	(void)fed_book_forget(a->f->book, slice_str(a->name));
	fed_dial_soon(a->f);
	errand_say(a, N_("%1 is in the federation; both daemons connect within seconds"), a->name,
		NULL);
	errand_say(a,
		N_("next: kokoctl peer status shows the link; kokoctl group share GROUP, then "
		   "kokoctl "
		   "group invite GROUP %1"),
		a->name, NULL);
	return 0;
}

/* Its daemon record is kept: now the federation's, with it in. */
static int take_in(struct errand *a)
{
	const struct fed_invite *i = fed_book_invited(a->f->book, slice_str(a->name));
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);
	struct fed_draft d;
	int rc;

	if (!i || !fed)
		return KERR_NOTFOUND;
	rc = fed_draft_federation_next(
		&d, fed_text_of(a->f, FED_REC_FEDERATION, fed->fid.s), &a->f->keys->oid, &a->err);
	if (rc == 0)
		rc = fed_draft_daemon_in(
			&d, &i->oid, slice_str(i->host), slice_str(i->prefix), &a->err);
	return errand_give(a, &d, rc, fed_seed(a->f, NULL), confirmed);
}

/* Others may have signed already what takes it in. */
static int refuse_drafted(struct errand *a, const struct fed_kept_paper *p)
{
	return errand_refuse(a, KERR_DENIED,
		N_("the token of %1 is void, but draft %2, which takes it in, can still come into "
		   "force: kokoctl federation draft drop %2, and call the admins to whom it was "
		   "mailed"),
		a->name, p->number, NULL);
}

static int refuse_guest(struct errand *a, const struct fed_invite *i, bool differ)
{
	const struct fed_kept_paper *p = fed_papers_guest(a->f, &i->oid);

	(void)fed_book_forget(a->f->book, slice_str(a->name));
	if (p)
		return refuse_drafted(a, p);
	if (!differ) {
		errand_say(a, N_("%1 is not linked, and its token is void"), a->name, NULL);
		return 0;
	}
	return errand_refuse(a, KERR_DENIED,
		N_("the numbers differ, so %1 is not linked and its token is void: somebody else "
		   "may "
		   "have used it; kokoctl peer invite %1 makes a new one, to be sent another way"),
		a->name, NULL);
}

static int confirm(struct errand *a)
{
	const struct fed_invite *i = fed_book_invited(a->f->book, slice_str(a->name));
	const char *ours = "";
	int rc;

	if (i && a->answer && strcmp(a->answer, "no") == 0)
		return refuse_guest(a, i, false);
	if (!i && a->f->sponsor.set)
		return errand_refuse(a, KERR_DENIED,
			N_("this daemon was invited: the admin of %1 confirms"),
			a->f->sponsor.token.host, NULL);
	rc = find_numbers(a, &ours);
	if (rc < 0)
		return rc;
	if (a->numbers[0] ? !same_numbers(a->numbers, ours)
			  : !a->answer || strcmp(a->answer, "yes") != 0)
		return a->numbers[0] ? refuse_guest(a, i, true)
				     : errand_refuse(a, KERR_INVALID,
					       N_("say --numbers with what was read to you, or "
						  "--answer yes "
						  "or no"),
					       NULL);
	return errand_give_text(a, slice_str(i->record), take_in);
}

int control_peer_confirm(struct control_req *r)
{
	struct errand *a = errand_new(r, confirm);
	int rc = control_arg(r, "name", FED_NAME_MAX, &a->name);

	if (rc == 0)
		rc = control_arg_or(r, "numbers", 64, "", &a->numbers);
	if (rc == 0)
		rc = control_arg_or(r, "answer", 8, "", &a->answer);
	return errand_go(a, rc);
}

/* ---- pause and block ---- */

static const struct fed_oid *find_peer(struct errand *a)
{
	const struct fed_sponsor *s = &a->f->sponsor;
	const struct fed_member_daemon *d;

	if (errand_is_sponsor(a->f, a->name))
		return &s->token.oid;
	d = a->f->keys ? errand_daemon(a, a->name) : NULL;
	if (!d)
		errand_refuse(a, KERR_NOTFOUND, N_("there is no peer %1"), a->name, NULL);
	return d ? &d->oid : NULL;
}

/* What changes: a bit that is set, and one that is taken away. */
enum stop { PAUSE = 1, RESUME, BLOCK, UNBLOCK };

static int stop(struct errand *a, enum stop what)
{
	const struct fed_oid *found = find_peer(a);
	bool paused, blocked;

	if (!found)
		return KERR_NOTFOUND;
	const struct fed_oid oid = *found;
	fed_book_stopped(a->f->book, &oid, &paused, &blocked);
	paused = what == PAUSE || (paused && what != RESUME);
	blocked = what == BLOCK || (blocked && what != UNBLOCK);
	fed_book_stop(a->f->book, &oid, paused, blocked);
	if (paused || blocked)
		fed_doors_close(a->f, &oid, "stopped by the admin");
	fed_link_set(a->f, &oid, paused, blocked);
	return 0;
}

static int pause_peer(struct errand *a)
{
	int rc = stop(a, PAUSE);

	if (rc == 0)
		errand_say(a,
			N_("%1: paused; nothing is lost, kokoctl peer resume %1 goes on where it "
			   "was"),
			a->name, NULL);
	return rc;
}

static int resume_peer(struct errand *a)
{
	int rc = stop(a, RESUME);

	if (rc == 0)
		errand_say(a, N_("%1: resumed"), a->name, NULL);
	return rc;
}

static int block_peer(struct errand *a)
{
	int rc = stop(a, BLOCK);

	if (rc == 0)
		errand_say(a,
			N_("%1: blocked, no connection with it either way; its articles may still "
			   "come by others: kokoctl group remove-member ends that"),
			a->name, NULL);
	return rc;
}

static int unblock_peer(struct errand *a)
{
	int rc = stop(a, UNBLOCK);

	if (rc == 0)
		errand_say(a, N_("%1: not blocked any more"), a->name, NULL);
	return rc;
}

static int ask_name(struct control_req *r, int (*run)(struct errand *a))
{
	struct errand *a = errand_new(r, run);

	return errand_go(a, control_arg(r, "name", FED_NAME_MAX, &a->name));
}

int control_fed_pause(struct control_req *r, bool paused)
{
	return ask_name(r, paused ? pause_peer : resume_peer);
}

int control_peer_block(struct control_req *r)
{
	return ask_name(r, block_peer);
}

int control_peer_unblock(struct control_req *r)
{
	return ask_name(r, unblock_peer);
}
