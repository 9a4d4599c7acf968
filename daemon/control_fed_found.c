/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation.found, federation.show, federation.rotate-key, federation.revoke-key. */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_posting.h"
#include "daemon/fed_tls.h"
#include "proto/base/mem.h"

/* ---- found ---- */

static int founded(struct errand *a)
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);

	errand_fact(a, "fid", fed->fid.s);
	errand_fact(a, "prefix", a->prefix);
	errand_say(a,
		N_("the federation \"%1\" is founded; this daemon is its first member and its "
		   "admin"),
		a->title, NULL);
	errand_say(a, N_("groups of this daemon are under %1"), a->prefix, NULL);
	if (!a->listens)
		errand_say(a,
			N_("missing: peer.listen in kokod.conf; without it no other daemon can "
			   "connect (then: systemctl restart kokod)"),
			NULL);
	errand_say(a, N_("next: kokoctl peer invite NAME, with the name of another daemon"), NULL);
	return 0;
}

static int found(struct errand *a)
{
	const struct fed_oid *self = &a->f->keys->oid;
	struct fed_draft d;
	int rc = fed_draft_federation(&d, self, slice_str(a->title), slice_str(a->f->name),
		slice_str(a->prefix), &a->err);

	return errand_give(a, &d, rc, fed_seed(a->f, NULL), founded);
}

static void wipe_prefix(struct errand *a)
{
	free(a->work);
}

static int begin_found(struct errand *a)
{
	const struct fed_federation *fed = fed_reg_federation(a->f->reg);

	if (fed)
		return err_set(&a->err, KERR_EXISTS,
			"this daemon is in the federation \"%.*s\" already", SLICE_ARG(fed->title));
	if (a->f->sponsor.set)
		return errand_refuse(a, KERR_EXISTS,
			N_("this daemon has accepted an invitation of %1, which waits to be "
			   "confirmed there"),
			a->f->sponsor.token.host, NULL);
	if (!a->prefix[0]) {
		a->work = mem_alloc(GROUP_NAME_MAX + 1);
		a->fini = wipe_prefix;
		fed_prefix_of(a->f->name, a->work);
		a->prefix = a->work;
	}
	if (!group_name_valid(slice_str(a->prefix)))
		return errand_refuse(a, KERR_INVALID,
			N_("%1 is no prefix of groups: small letters and digits, with dots between "
			   "parts; say --prefix"),
			a->prefix, NULL);
	if (!fed_title_valid(slice_str(a->title)))
		return errand_refuse(
			a, KERR_INVALID, N_("the title is one line of 1 to 255 bytes"), NULL);
	return errand_self(a, found);
}

int control_federation_found(struct control_req *r)
{
	struct errand *a = errand_new(r, begin_found);
	int rc = control_arg(r, "title", FED_TITLE_MAX, &a->title);

	if (rc == 0)
		rc = control_arg_or(r, "prefix", GROUP_NAME_MAX, "", &a->prefix);
	if (rc == 0)
		rc = control_arg_or(r, "organisation", FED_TITLE_MAX, "", &a->organisation);
	return errand_go(a, rc);
}

/* ---- show ---- */

static json_t *slice_json(struct slice s)
{
	return json_stringn(s.p ? s.p : "", s.len);
}

static bool is_admin(const struct fed_federation *fed, const struct fed_oid *oid)
{
	for (size_t i = 0; i < fed->n_admin; i++)
		if (fed_oid_eq(&fed->admin[i], oid))
			return true;
	return false;
}

static void show_daemon(
	struct errand *a, const struct fed_federation *fed, const struct fed_member_daemon *d)
{
	const struct fed_daemon *rec = fed_reg_daemon(a->f->reg, &d->oid);
	char shown[FED_SHOWN_LEN + 1];

	fed_oid_shown(&d->oid, shown);
	json_array_append_new(
		a->rows, json_pack("{s:o, s:o, s:o, s:b, s:s, s:s, s:o, s:o, s:b}", "name",
				 slice_json(d->name), "prefix", slice_json(d->prefix), "state",
				 slice_json(fed_state_name(d->state)), "admin",
				 is_admin(fed, &d->oid), "oid", d->oid.s, "id", shown, "title",
				 rec ? slice_json(rec->title) : json_string(""), "contact",
				 rec ? slice_json(rec->contact) : json_string(""), "self",
				 fed_oid_eq(&d->oid, &a->f->keys->oid)));
}

static bool count_group(void *arg, const struct fed_group *g, uint64_t serial)
{
	(void)g;
	(void)serial;
	(*(json_int_t *)arg)++;
	return true;
}

static int show(struct errand *a)
{
	const struct fed_federation *fed = errand_federation(a);
	struct fed_record_key key = {.type = FED_REC_FEDERATION};
	char shown[FED_SHOWN_LEN + 1];
	json_int_t n_groups = 0;

	if (!fed)
		return KERR_NOTFOUND;
	memcpy(key.s, fed->fid.s, sizeof fed->fid.s);
	fed_oid_shown(&a->f->keys->oid, shown);
	fed_reg_groups(a->f->reg, count_group, &n_groups);
	json_object_set_new(a->result, "federation",
		json_pack("{s:o, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:I}", "title",
			slice_json(fed->title), "fid", fed->fid.s, "serial",
			(json_int_t)fed_reg_serial(a->f->reg, &key), "quorum",
			(json_int_t)fed->quorum, "name", a->f->name, "id", shown, "key",
			a->f->keys->keyid.s, "address", a->address, "daemons",
			(json_int_t)fed->n_daemon, "groups", n_groups));
	for (size_t i = 0; i < fed->n_daemon; i++)
		show_daemon(a, fed, &fed->daemon[i]);
	json_t *drafts = json_array();
	errand_add_drafts(a, drafts, "draft");
	json_object_set_new(a->result, "drafts", drafts);
	return 0;
}

int control_federation_show(struct control_req *r)
{
	return errand_go(errand_new(r, show), 0);
}

/* ---- keys ---- */

/* Put in force what the record says; connections that stand go on as they are. */
static int settle(struct errand *a)
{
	struct fed *f = a->f;
	const struct fed_daemon *own = fed_reg_daemon(f->reg, &f->keys->oid);
	struct fed_tls *fresh = NULL;
	int rc = fed_keys_settle(f->data, own, f->keys, &a->err);

	if (rc > 0 && (rc & FED_KEYS_TLS) != 0) {
		int made = fed_tls_new(f->keys, &fresh, &a->err);

		if (made < 0)
			return made;
		fed_tls_free(f->tls);
		f->tls = fresh;
	}
	if (rc > 0)
		fed_plans_make(f);
	errand_fact(a, "key", f->keys->keyid.s);
	return rc < 0 ? rc : 0;
}

int errand_open_own(
	struct errand *a, struct slice text, struct fed_draft *d, uint8_t root[CRYPTO_KEY_LEN])
{
	int rc = fed_keys_root(a->f->data, a->code, root, &a->err);

	return rc < 0 ? rc : fed_draft_daemon_next(d, text, loop_now_at(), &a->err);
}

/* Upon the one in force: before keys are made it is looked whether one can follow. */
static int open_own(struct errand *a, struct fed_draft *d, uint8_t root[CRYPTO_KEY_LEN])
{
	struct slice text = fed_text_of(a->f, FED_REC_DAEMON, a->f->keys->oid.s);
	int rc = errand_open_own(a, text, d, root);

	return rc < 0 ? rc : errand_check_fork(a, d);
}

static int rotated(struct errand *a)
{
	int rc = settle(a);

	if (rc == 0)
		errand_say(a,
			N_("a new signing key is in use; what the old one signed still counts"),
			NULL);
	return rc;
}

static int rotate_sign(struct errand *a, struct fed_draft *d)
{
	int rc = fed_keys_renew(a->f->data, a->f->name, FED_KEYS_SIGN, a->f->keys, &a->err);

	return rc < 0 ? rc : fed_draft_sign(d, &a->f->keys->next_sign, &a->err);
}

static int tls_told(struct errand *a)
{
	errand_say(
		a, N_("a new TLS key is made, and told to the others beside the one in use"), NULL);
	errand_say(a,
		N_("next: when kokoctl peer status shows all of them as active, type the same "
		   "again: then it is used, and the old one dropped"),
		NULL);
	return 0;
}

static int tls_changed(struct errand *a)
{
	int rc = settle(a);

	if (rc == 0)
		errand_say(a, N_("the new TLS key is in use, the old one is dropped"), NULL);
	return rc;
}

/* In two steps: who does not know the new key yet could not connect. */
static int rotate_tls(struct errand *a, struct fed_draft *d, int (**then_out)(struct errand *a))
{
	struct fed_keys *k = a->f->keys;
	const struct fed_daemon *r = &d->rec.daemon;
	bool told = false;
	int rc = fed_keys_renew(a->f->data, a->f->name, FED_KEYS_TLS, k, &a->err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < r->n_tls; i++)
		told = told || fed_hash_eq(&r->tls[i], &k->next_spki);
	*then_out = told ? tls_changed : tls_told;
	const struct fed_hash both[] = {k->spki, k->next_spki};
	return told ? fed_draft_tls(d, &k->next_spki, 1, &a->err)
		    : fed_draft_tls(d, both, 2, &a->err);
}

static int rotate(struct errand *a)
{
	int (*then)(struct errand * a) = rotated;
	uint8_t root[CRYPTO_KEY_LEN];
	struct fed_draft d;
	int rc;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	arena_init(&d.ar);
	rc = open_own(a, &d, root);
	if (rc == 0)
		rc = a->flag ? rotate_tls(a, &d, &then) : rotate_sign(a, &d);
	rc = errand_give(a, &d, rc, root, then);
	mem_wipe(root, sizeof root);
	return rc;
}

int control_federation_rotate_key(struct control_req *r)
{
	struct errand *a = errand_new(r, rotate);
	int rc = control_arg(r, "code", 4 * FED_CODE_LEN, &a->code);

	if (rc == 0)
		rc = control_arg_bool(r, "tls", false, &a->flag);
	return errand_go(a, rc);
}

/* What was signed before counts up to where the owners say. */
static void say_cuts(struct errand *a)
{
	const struct fed_asked n = fed_ask_cuts(a->f);
	char asked[16];

	snprintf(asked, sizeof asked, "%u", n.n_asked);
	errand_say(a,
		N_("what this daemon signed before counts again in a group when its owner has "
		   "confirmed up to which entry; until then nobody here writes in it"),
		NULL);
	if (n.n_asked > 0)
		errand_say(a,
			N_("the owners are asked, groups: %1; call them: their admins see it in "
			   "kokoctl group requests"),
			asked, NULL);
	if (n.n_own > 0 || n.n_asked == 0)
		errand_say(a,
			N_("for the groups of this daemon: kokoctl group confirm-entries GROUP %1, "
			   "typed here"),
			a->f->name, NULL);
}

static int revoked(struct errand *a)
{
	uint64_t epoch = a->f->epoch_last;
	int rc = settle(a);

	if (rc < 0)
		return rc;
	fed_epoch_next(a->f, epoch);
	fed_plans_make(a->f);
	errand_say(a,
		N_("the old keys are revoked: nothing that is signed with them from now on counts"),
		NULL);
	say_cuts(a);
	errand_say(
		a, N_("next: look how the thief came in before anything else is typed here"), NULL);
	return 0;
}

static int revoke(struct errand *a)
{
	uint8_t root[CRYPTO_KEY_LEN];
	struct fed_keys *k = a->f->keys;
	struct fed_draft d;
	int rc;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	const struct fed_public old = k->sign;
	arena_init(&d.ar);
	rc = open_own(a, &d, root);
	if (rc == 0)
		rc = fed_keys_renew(
			a->f->data, a->f->name, FED_KEYS_SIGN | FED_KEYS_TLS, k, &a->err);
	if (rc == 0)
		rc = fed_draft_sign(&d, &k->next_sign, &a->err);
	if (rc == 0)
		rc = fed_draft_revoke(&d, &old, &a->err);
	if (rc == 0)
		rc = fed_draft_tls(&d, &k->next_spki, 1, &a->err);
	rc = errand_give(a, &d, rc, root, revoked);
	mem_wipe(root, sizeof root);
	return rc;
}

int control_federation_revoke_key(struct control_req *r)
{
	struct errand *a = errand_new(r, revoke);

	return errand_go(a, control_arg(r, "code", 4 * FED_CODE_LEN, &a->code));
}

/* ---- moving ---- */

static int moved(struct errand *a)
{
	errand_fact(a, "address", a->address);
	errand_say(a, N_("the others dial %1 from now on"), a->address, NULL);
	return 0;
}

static int stays_mute(struct errand *a)
{
	errand_say(a,
		N_("this daemon is not dialled any more: it dials the others, and they get what is "
		   "written here over that"),
		NULL);
	return 0;
}

static int move(struct errand *a)
{
	const struct slice addr = slice_str(a->address);
	uint8_t root[CRYPTO_KEY_LEN];
	struct fed_draft d;
	int rc;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	arena_init(&d.ar);
	rc = open_own(a, &d, root);
	if (rc == 0)
		rc = fed_draft_addr(&d, &addr, addr.len > 0 ? 1 : 0, &a->err);
	rc = errand_give(a, &d, rc, root, addr.len > 0 ? moved : stays_mute);
	mem_wipe(root, sizeof root);
	return rc;
}

int control_federation_address(struct control_req *r)
{
	struct errand *a = errand_new(r, move);

	return errand_go(a, control_arg(r, "code", 4 * FED_CODE_LEN, &a->code));
}
