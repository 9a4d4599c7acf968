/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of the control socket, and how their arguments are read. */
#include "daemon/control_priv.h"

#include <assert.h>

#include "proto/base/date.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

const struct control_cmd control_cmds[] = {
	{"check",		   control_check,                   CONTROL_QUIET   },
	{"conf",		    control_conf,                    CONTROL_QUIET   },
	{"federation.check",        control_federation_check,        CONTROL_QUIET   },
	{"federation.admin",        control_federation_admin,        0               },
	{"federation.gone",         control_federation_gone,         0               },
	{"federation.resume",       control_federation_resume,       0               },
	{"federation.suspend",      control_federation_suspend,      0               },
	{"federation.found",        control_federation_found,        0               },
	{"federation.revoke-key",   control_federation_revoke_key,   0               },
	{"federation.address",      control_federation_address,      0               },
	{"federation.rotate-key",   control_federation_rotate_key,   0               },
	{"federation.show",         control_federation_show,         CONTROL_QUIET   },
	{"federation.draft-add",    control_federation_draft_add,    0               },
	{"federation.draft-drop",   control_federation_draft_drop,   0               },
	{"federation.draft-resume", control_federation_draft_resume, 0               },
	{"federation.draft-show",   control_federation_draft_show,   CONTROL_QUIET   },
	{"federation.draft-sign",   control_federation_draft_sign,   0               },
	{"federation.drafts",       control_federation_drafts,       CONTROL_QUIET   },
	{"federation.quorum",       control_federation_quorum,       0               },
	{"federation.settle",       control_federation_settle,       0               },
	{"federation.settle-own",   control_federation_settle_own,   0               },
	{"group.add",               control_group_add,               CONTROL_PARALLEL},
	{"group.ban",               control_group_ban,               0               },
	{"group.confirm-entries",   control_group_confirm_entries,   0               },
	{"group.deputy",            control_group_deputy,            0               },
	{"group.freeze",            control_group_freeze,            0               },
	{"group.grant",             control_group_grant,             0               },
	{"group.invite",            control_group_invite,            0               },
	{"group.list",              control_group_list,              CONTROL_QUIET   },
	{"group.moderator",         control_group_moderator,         0               },
	{"group.owner",             control_group_owner,             0               },
	{"group.people",            control_group_people,            CONTROL_QUIET   },
	{"group.quorum",            control_group_quorum,            0               },
	{"group.refuse",            control_group_refuse,            0               },
	{"group.remove-member",     control_group_remove_member,     0               },
	{"group.requests",          control_group_requests,          CONTROL_QUIET   },
	{"group.set",               control_group_set,               0               },
	{"group.settle",            control_group_settle,            0               },
	{"group.share",             control_group_share,             0               },
	{"group.show",              control_group_show,              CONTROL_QUIET   },
	{"member.add",              control_member_add,              CONTROL_PARALLEL},
	{"member.list",             control_member_list,             CONTROL_QUIET   },
	{"member.remove",           control_member_remove,           CONTROL_PARALLEL},
	{"peer.accept",             control_peer_accept,             0               },
	{"peer.add",                control_peer_add,                0               },
	{"peer.block",              control_peer_block,              0               },
	{"peer.clear-alarms",       control_peer_clear_alarms,       0               },
	{"peer.confirm",            control_peer_confirm,            0               },
	{"peer.invite",             control_peer_invite,             0               },
	{"peer.list",               control_peer_list,               CONTROL_QUIET   },
	{"peer.numbers",            control_peer_numbers,            CONTROL_QUIET   },
	{"peer.pause",              control_peer_pause,              0               },
	{"peer.remove",             control_peer_remove,             0               },
	{"peer.resume",             control_peer_resume,             0               },
	{"peer.status",             control_peer_status,             CONTROL_QUIET   },
	{"peer.unblock",            control_peer_unblock,            0               },
	{"status",                  control_status,                  CONTROL_QUIET   },
	{"user.add",                control_user_add,                CONTROL_PARALLEL},
	{"user.disable",            control_user_disable,            0               },
	{"user.enable",             control_user_enable,             0               },
	{"user.list",               control_user_list,               CONTROL_QUIET   },
	{"user.passwd",             control_user_passwd,             0               },
	{"user.show",               control_user_show,               CONTROL_QUIET   },
};

const size_t control_n_cmds = array_len(control_cmds);

const char *const control_kinds[] = {"", "forum", "board", "mailbox"};
const char *const control_classes[] = {"", "closed", "public"};
const char *const control_postings[] = {"", "members", "moderators"};
const char *const control_replies[] = {"author", "group"};
const char *const control_roles[] = {"none", "reader", "writer", "moderator", "owner"};
const char *const control_states[] = {"", "active", "disabled"};

/* No control characters: these texts come out in protocol lines. */
static bool is_clean(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

int control_arg_or(
	struct control_req *r, const char *key, size_t max, const char *def, const char **out)
{
	const json_t *value = json_object_get(r->args, key);
	const char *text = value ? json_string_value(value) : def;

	if (!text || strlen(text) > max || !is_clean(text))
		return err_set(&r->err, KERR_INVALID, "%s: %s, allowed: one line of 1 to %zu bytes",
			key, value ? "is not understood" : "is missing", max);
	*out = text;
	return 0;
}

int control_arg(struct control_req *r, const char *key, size_t max, const char **out)
{
	*out = "";
	int rc = control_arg_or(r, key, max, NULL, out);
	if (rc == 0 && **out == '\0')
		rc = err_set(&r->err, KERR_INVALID, "%s: is empty", key);
	return rc;
}

static int refuse_choice(struct control_req *r, const char *key, const char *const *names, size_t n)
{
	struct buf allowed;

	buf_init(&allowed, 200);
	for (size_t i = 0; i < n; i++)
		if (*names[i])
			buf_addf(&allowed, "%s%s", allowed.len ? ", " : "", names[i]);
	err_set(&r->err, KERR_INVALID, "%s: is not known, allowed: %s", key, buf_cstr(&allowed));
	buf_fini(&allowed);
	return KERR_INVALID;
}

int control_arg_choice(struct control_req *r, const char *key, const char *const *names, size_t n,
	int def, int *out)
{
	const json_t *value = json_object_get(r->args, key);
	const char *text = json_string_value(value);

	if (!value && def >= 0) {
		*out = def;
		return 0;
	}
	for (size_t i = 0; text && i < n; i++) {
		if (*names[i] && strcmp(names[i], text) == 0) {
			*out = (int)i;
			return 0;
		}
	}
	return refuse_choice(r, key, names, n);
}

int control_arg_bool(struct control_req *r, const char *key, bool def, bool *out)
{
	const json_t *value = json_object_get(r->args, key);

	if (value && !json_is_boolean(value))
		return err_set(&r->err, KERR_INVALID, "%s: allowed: true or false", key);
	*out = value ? json_is_true(value) : def;
	return 0;
}

int control_arg_number(
	struct control_req *r, const char *key, int64_t min, int64_t max, int64_t def, int64_t *out)
{
	const json_t *value = json_object_get(r->args, key);
	int64_t n = value ? json_integer_value(value) : def;

	if ((value && !json_is_integer(value)) || n < min || n > max)
		return err_set(&r->err, KERR_INVALID, "%s: allowed: %lld to %lld", key,
			(long long)min, (long long)max);
	*out = n;
	return 0;
}

void control_copy(char *dst, size_t size, const char *src)
{
	bool fits = slice_cstr(slice_str(src), dst, size);

	assert(fits);
	(void)fits;
}

int control_find_account(
	struct control_req *r, struct view *v, const char *key, struct account *out)
{
	const char *name = "";
	int rc = control_arg(r, key, STORE_ADDRESS_MAX, &name);

	if (rc == 0) {
		rc = view_account_named(v, slice_str(name), out);
		if (rc == KERR_NOTFOUND)
			err_set(&r->err, rc, "no user %s", name);
	}
	return rc;
}

int control_find_group(
	struct control_req *r, struct view *v, const char *key, struct group_rec *out)
{
	const char *name = "";
	int rc = control_arg(r, key, STORE_NAME_MAX, &name);

	if (rc == 0) {
		rc = view_group_named(v, 0, slice_str(name), out);
		if (rc == KERR_NOTFOUND)
			err_set(&r->err, rc, "no group %s", name);
	}
	return rc;
}

json_t *control_time(int64_t at)
{
	struct buf b;

	buf_init(&b, 64);
	date_add_iso(&b, at);
	json_t *text = json_string(buf_cstr(&b));
	buf_fini(&b);
	return text;
}
