/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table of kokoctl. */
#include "clients/ctl_cmds.h"
#include "clients/i18n.h"

/* clang-format off */
static const struct ctl_opt no_opts[] = {{0}};

#define BY_QUORUM N_("without asking the owner: as deputies of the group, or as admins of the federation")

#define ASKED_AS N_("where the owner is asked: in the name of LOGIN, a moderator of the group")

static const struct ctl_opt group_remove_opts[] = {
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{"as", "LOGIN", "as", OPT_TEXT, ASKED_AS},
	{0},
};

static const struct ctl_opt by_quorum_opts[] = {
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt group_deputy_opts[] = {
	{"remove", NULL, "remove", OPT_TRUE, N_("no deputy any more")},
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt federation_admin_opts[] = {
	{"remove", NULL, "remove", OPT_TRUE, N_("no admin any more")},
	{0},
};

static const struct ctl_opt draft_sign_opts[] = {
	{"answer", "yes|no", "answer", OPT_TEXT, N_("the answer to the question")},
	{0},
};

static const struct ctl_opt user_add_opts[] = {
	{"name", "NAME", "name", OPT_TEXT, N_("name of the person, as others see it")},
	{"address", "ADDRESS", "addresses", OPT_LIST, N_("an address to post under; may be repeated")},
	{"lang", "de|en", "lang", OPT_TEXT, N_("language; default de")},
	{"right", "post-as-any", "rights", OPT_LIST, N_("From is not bound to the addresses (imports)")},
	{"hash", "STRING", "hash", OPT_TEXT, N_("a string of crypt(3) instead of a password")},
	{"password-stdin", NULL, "password", OPT_SECRET_STDIN, N_("read the password from standard input")},
	{"password-file", "FILE", "password", OPT_SECRET_FILE, N_("read the password from a file")},
	{0},
};

static const struct ctl_opt user_passwd_opts[] = {
	{"hash", "STRING", "hash", OPT_TEXT, N_("a string of crypt(3) instead of a password")},
	{"password-stdin", NULL, "password", OPT_SECRET_STDIN, N_("read the password from standard input")},
	{"password-file", "FILE", "password", OPT_SECRET_FILE, N_("read the password from a file")},
	{0},
};

static const struct ctl_opt group_add_opts[] = {
	{"title", "TEXT", "title", OPT_TEXT, N_("title of the group")},
	{"kind", "forum|board", "kind", OPT_TEXT, N_("kind; default forum")},
	{"class", "closed|public", "class", OPT_TEXT, N_("who may read: members, or everybody; default closed")},
	{"posting", "members|moderators", "posting", OPT_TEXT, N_("who may post; default members")},
	{"reply", "author|group", "reply", OPT_TEXT, N_("whom answers by mail go to; default author")},
	{0},
};

static const struct ctl_opt group_set_opts[] = {
	{"reply", "author|group", "reply", OPT_TEXT, N_("whom answers by mail go to, from now on")},
	{0},
};

static const struct ctl_opt peer_add_opts[] = {
	{"host", "HOST", "host", OPT_TEXT, N_("where to connect to; without it the peer connects to us")},
	{"port", "PORT", "port", OPT_NUMBER, N_("port; default 563, without TLS 119")},
	{"tls", NULL, "tls", OPT_TRUE, N_("TLS from the first byte (the default)")},
	{"no-tls", NULL, "tls", OPT_FALSE, N_("no TLS")},
	{"groups", "PATTERN", "groups", OPT_TEXT, N_("groups that are exchanged, e.g. nrw.koko.*; default *")},
	{"cert", "NAME", "cert", OPT_TEXT, N_("name in the peer's certificate; default its own name")},
	{"from-now", NULL, "from_now", OPT_TRUE, N_("send only what arrives from now on")},
	{0},
};

static const struct ctl_opt federation_found_opts[] = {
	{"organisation", "TEXT", "organisation", OPT_TEXT, N_("whose daemon this is, such as the municipality; default its name")},
	{"prefix", "PREFIX", "prefix", OPT_TEXT, N_("groups of this daemon begin so; default its name turned round")},
	{0},
};

static const struct ctl_opt rotate_opts[] = {
	{"tls", NULL, "tls", OPT_TRUE, N_("the TLS key instead of the signing key; in two steps")},
	{"code-stdin", NULL, "code", OPT_SECRET_STDIN, N_("read the recovery code from standard input")},
	{"code-file", "FILE", "code", OPT_SECRET_FILE, N_("read the recovery code from a file")},
	{0},
};

static const struct ctl_opt revoke_opts[] = {
	{"code-stdin", NULL, "code", OPT_SECRET_STDIN, N_("read the recovery code from standard input")},
	{"code-file", "FILE", "code", OPT_SECRET_FILE, N_("read the recovery code from a file")},
	{0},
};

static const struct ctl_opt group_share_opts[] = {
	{"public", NULL, "public", OPT_TRUE, N_("for every daemon of the federation; default for those that are invited")},
	{"news-servers", NULL, "inn", OPT_TRUE, N_("with --public: servers that are no kokods may carry it (INN)")},
	{"history", "all|join", "history", OPT_TEXT, N_("what a daemon that is invited later gets: all, or from then on; default all")},
	{"title", "TEXT", "title", OPT_TEXT, N_("title of the group")},
	{0},
};

static const struct ctl_opt group_invite_opts[] = {
	{"ro", NULL, "ro", OPT_TRUE, N_("it may read only")},
	{"as", "LOGIN", "as", OPT_TEXT, ASKED_AS},
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt group_moderator_opts[] = {
	{"remove", NULL, "remove", OPT_TRUE, N_("no moderator any more")},
	{"as", "LOGIN", "as", OPT_TEXT, ASKED_AS},
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt group_ban_opts[] = {
	{"lift", NULL, "lift", OPT_TRUE, N_("it counts again")},
	{"as", "LOGIN", "as", OPT_TEXT, ASKED_AS},
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt group_freeze_opts[] = {
	{"end", NULL, "end", OPT_TRUE, N_("people write in it again")},
	{"as", "LOGIN", "as", OPT_TEXT, ASKED_AS},
	{"by-quorum", NULL, "by_quorum", OPT_TRUE, BY_QUORUM},
	{0},
};

static const struct ctl_opt federation_gone_opts[] = {
	{"for-ever", NULL, "for_ever", OPT_TRUE, N_("it is meant: this cannot be taken back")},
	{0},
};

static const struct ctl_opt group_refuse_opts[] = {
	{"reason", "TEXT", "reason", OPT_TEXT, N_("why; who asked is shown it")},
	{0},
};

static const struct ctl_opt peer_invite_opts[] = {
	{"prefix", "PREFIX", "prefix", OPT_TEXT, N_("groups of the other daemon begin so; default its name turned round")},
	{0},
};

static const struct ctl_opt peer_accept_opts[] = {
	{"organisation", "TEXT", "organisation", OPT_TEXT, N_("whose daemon this is, such as the municipality; default its name")},
	{0},
};

static const struct ctl_opt peer_confirm_opts[] = {
	{"numbers", "NUMBERS", "numbers", OPT_TEXT, N_("the numbers as they were read to you, instead of the question")},
	{"answer", "yes|no", "answer", OPT_TEXT, N_("the answer to the question; no takes the invitation back")},
	{0},
};

static const struct ctl_opt conf_opts[] = {
	{"diff", NULL, NULL, OPT_DIFF, N_("only what differs from the defaults")},
	{0},
};

static const struct ctl_col user_cols[] = {
	{"login", N_("LOGIN")}, {"name", N_("NAME")}, {"addresses", N_("ADDRESSES")},
	{"state", N_("STATE")}, {"rights", N_("RIGHTS")}, {0},
};

static const struct ctl_col user_record[] = {
	{"login", N_("login")}, {"name", N_("name")}, {"addresses", N_("addresses")},
	{"state", N_("state")}, {"lang", N_("language")}, {"rights", N_("rights")},
	{"password", N_("password set")}, {"created", N_("since")}, {"groups", N_("groups")}, {0},
};

static const struct ctl_col group_cols[] = {
	{"name", N_("GROUP")}, {"kind", N_("KIND")}, {"class", N_("CLASS")},
	{"posting", N_("POSTING")}, {"articles", N_("ARTICLES")}, {"title", N_("TITLE")}, {0},
};

static const struct ctl_col group_record[] = {
	{"name", N_("group")}, {"title", N_("title")}, {"kind", N_("kind")},
	{"class", N_("class")}, {"posting", N_("posting")}, {"reply", N_("answers")}, {"members", N_("members")},
	{"articles", N_("articles")}, {"low", N_("first number")}, {"next", N_("next number")},
	{"bytes", N_("bytes")}, {"created", N_("since")}, {0},
};

static const struct ctl_col member_cols[] = {
	{"login", N_("LOGIN")}, {"role", N_("ROLE")}, {"name", N_("NAME")}, {0},
};

static const struct ctl_col peer_cols[] = {
	{"name", N_("PEER")}, {"host", N_("HOST")}, {"port", N_("PORT")}, {"tls", N_("TLS")},
	{"paused", N_("PAUSED")}, {"groups", N_("GROUPS")}, {0},
};

const struct ctl_cmd ctl_cmds[] = {
	{"status", "", "status", no_opts, SHAPE_STATUS, NULL, NULL, NULL,
		N_("how the daemon is")},
	{"user add", "LOGIN", "user.add", user_add_opts, SHAPE_SAID, N_("user added"), NULL, NULL,
		N_("add a person; the password is asked for")},
	{"user list", "", "user.list", no_opts, SHAPE_LIST, NULL, NULL, user_cols,
		N_("list the people")},
	{"user show", "LOGIN", "user.show", no_opts, SHAPE_RECORD, NULL, "user", user_record,
		N_("show a person and their groups")},
	{"user passwd", "LOGIN", "user.passwd", user_passwd_opts, SHAPE_SAID, N_("password changed"),
		NULL, NULL, N_("set a new password")},
	{"user disable", "LOGIN", "user.disable", no_opts, SHAPE_SAID, N_("user disabled"), NULL, NULL,
		N_("let a person log in no more")},
	{"user enable", "LOGIN", "user.enable", no_opts, SHAPE_SAID, N_("user enabled"), NULL, NULL,
		N_("let a person log in again")},
	{"group add", "NAME", "group.add", group_add_opts, SHAPE_SAID, N_("group added"), NULL, NULL,
		N_("add a group")},
	{"group set", "NAME", "group.set", group_set_opts, SHAPE_SAID, N_("group changed"), NULL, NULL,
		N_("change a group")},
	{"group list", "", "group.list", no_opts, SHAPE_LIST, NULL, NULL, group_cols,
		N_("list the groups")},
	{"group show", "NAME", "group.show", no_opts, SHAPE_RECORD, NULL, "group", group_record,
		N_("show a group")},
	{"group share", "GROUP", "group.share", group_share_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("share a group with other daemons of the federation")},
	{"group invite", "GROUP NAME", "group.invite", group_invite_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("give a shared group to another daemon")},
	{"group remove-member", "GROUP NAME", "group.remove-member", group_remove_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("take a shared group away from a daemon")},
	{"group moderator", "GROUP USER", "group.moderator", group_moderator_opts, SHAPE_TELL, NULL, NULL,
		NULL, N_("make USER (login@daemon) a moderator of a shared group")},
	{"group confirm-entries", "GROUP NAME", "group.confirm-entries", by_quorum_opts, SHAPE_TELL, NULL, NULL,
		NULL, N_("let count what a daemon wrote before its key was stolen")},
	{"group ban", "GROUP USER", "group.ban", group_ban_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("let nothing count that USER (login@daemon) writes in a shared group from now on")},
	{"group freeze", "GROUP", "group.freeze", group_freeze_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("let nobody write in a shared group for now")},
	{"group people", "GROUP", "group.people", no_opts, SHAPE_PEOPLE, NULL, NULL, NULL,
		N_("list who reads and writes in a shared group, in all towns")},
	{"group requests", "", "group.requests", no_opts, SHAPE_REQUESTS, NULL, NULL, NULL,
		N_("list what others ask for in groups of this daemon, and what it asks others for")},
	{"group grant", "NUMBER", "group.grant", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("grant a request: the group is changed as was asked")},
	{"group refuse", "NUMBER", "group.refuse", group_refuse_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("refuse a request")},
	{"group settle", "GROUP [RECORD]", "group.settle", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("show two records that a group has with one serial; at an admin: say which one holds")},
	{"group deputy", "GROUP NAME", "group.deputy", group_deputy_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("name a daemon whose admin changes a shared group when its owner is out of reach")},
	{"group quorum", "GROUP NUMBER", "group.quorum", by_quorum_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("say how many deputies must sign together what changes a shared group")},
	{"group owner", "GROUP NAME", "group.owner", by_quorum_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("give a shared group to another daemon, which owns it from then on")},
	{"member add", "GROUP LOGIN [ROLE]", "member.add", no_opts, SHAPE_SAID, N_("member added"), NULL,
		NULL, N_("make a person reader, writer (the default), moderator or owner of a group")},
	{"member list", "GROUP", "member.list", no_opts, SHAPE_LIST, NULL, NULL, member_cols,
		N_("list the members of a group")},
	{"member remove", "GROUP LOGIN", "member.remove", no_opts, SHAPE_SAID, N_("member removed"),
		NULL, NULL, N_("end a membership")},
	{"federation found", "TITLE", "federation.found", federation_found_opts, SHAPE_TELL, NULL, NULL,
		NULL, N_("begin a federation; the first daemon alone does this")},
	{"federation check", "", "federation.check", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("read all articles of shared groups now and compare them with what was signed; what is damaged is fetched again")},
	{"federation show", "", "federation.show", no_opts, SHAPE_FEDERATION, NULL, NULL, NULL,
		N_("show the federation and its daemons")},
	{"federation rotate-key", "", "federation.rotate-key", rotate_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("use a new key, because the old one is old; the recovery code is asked for")},
	{"federation revoke-key", "", "federation.revoke-key", revoke_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("declare the keys stolen and use new ones; the recovery code is asked for")},
	{"federation address", "", "federation.address", revoke_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("tell the others where to dial, after peer.address was changed; the recovery code is asked for")},
	{"federation admin", "NAME", "federation.admin", federation_admin_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("name a further daemon whose admin may invite and suspend daemons")},
	{"federation suspend", "NAME", "federation.suspend", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("give a daemon nothing more, and let nothing count that it writes, for now")},
	{"federation resume", "NAME", "federation.resume", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("let a suspended daemon take part again")},
	{"federation gone", "NAME", "federation.gone", federation_gone_opts, SHAPE_TELL, NULL, NULL,
		NULL, N_("declare a daemon lost for ever; its name is free for another one")},
	{"federation quorum", "NUMBER", "federation.quorum", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("say how many admins must sign together what changes the federation")},
	{"federation settle", "[RECORD]", "federation.settle", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("show two records that the federation, or a daemon of it, has with one serial; at an admin: say which one of the federation holds")},
	{"federation settle-own", "RECORD", "federation.settle-own", revoke_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("say which of two records of this daemon holds; the recovery code is asked for")},
	{"federation drafts", "", "federation.drafts", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("list the changes that wait for signatures")},
	{"federation draft show", "NUMBER", "federation.draft-show", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("say what a draft changes, and print it for a mail to those who have to sign")},
	{"federation draft add", "[FILE]", "federation.draft-add", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("take a draft that came by mail, or the signatures that came back; from standard input without FILE")},
	{"federation draft sign", "NUMBER", "federation.draft-sign", draft_sign_opts, SHAPE_TELL, NULL, NULL,
		NULL, N_("show what a draft changes and, after a yes, sign it")},
	{"federation draft drop", "NUMBER", "federation.draft-drop", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("keep a draft no longer")},
	{"federation draft resume", "", "federation.draft-resume", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("sign drafts again after a backup was put back, when no other admin has one that was signed here")},
	{"peer invite", "NAME", "peer.invite", peer_invite_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("invite the daemon of this name into the federation")},
	{"peer accept", "TOKEN...", "peer.accept", peer_accept_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("accept an invitation")},
	{"peer numbers", "NAME", "peer.numbers", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("show the numbers that are compared on the telephone")},
	{"peer confirm", "NAME", "peer.confirm", peer_confirm_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("compare the numbers and take the daemon into the federation")},
	{"peer add", "NAME", "peer.add", peer_add_opts, SHAPE_SAID, N_("peer added"), NULL, NULL,
		N_("link to a news server that is no kokod (INN)")},
	{"peer list", "", "peer.list", no_opts, SHAPE_LIST, NULL, NULL, peer_cols,
		N_("list the linked servers")},
	{"peer status", "", "peer.status", no_opts, SHAPE_LINKS, NULL, NULL, NULL,
		N_("how the links are, and what to do")},
	{"peer clear-alarms", "", "peer.clear-alarms", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("take away the alarms of peer status, when they are dealt with")},
	{"peer pause", "NAME", "peer.pause", no_opts, SHAPE_SAID, N_("peer paused"), NULL, NULL,
		N_("send nothing to a peer for now")},
	{"peer resume", "NAME", "peer.resume", no_opts, SHAPE_SAID, N_("peer resumed"), NULL, NULL,
		N_("send to a paused peer again")},
	{"peer block", "NAME", "peer.block", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("have no connection with a daemon of the federation")},
	{"peer unblock", "NAME", "peer.unblock", no_opts, SHAPE_TELL, NULL, NULL, NULL,
		N_("let a blocked daemon connect again")},
	{"peer remove", "NAME", "peer.remove", no_opts, SHAPE_SAID, N_("peer removed"), NULL, NULL,
		N_("end a link")},
	{"check", "", "check", no_opts, SHAPE_CHECK, NULL, NULL, NULL,
		N_("verify the store")},
	{"conf", "", "conf", conf_opts, SHAPE_CONF, NULL, NULL, NULL,
		N_("show the settings that hold")},
};
/* clang-format on */

const size_t ctl_n_cmds = array_len(ctl_cmds);
