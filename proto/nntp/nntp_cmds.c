/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command table and its search.  Rows stand in the order HELP prints them; a search compares
 * lengths before bytes, which is fast enough for the transit commands as well.
 */
#include "proto/nntp/nntp_cmds.h"

#include "proto/base/text.h"

#define W(s)                                                                                       \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

static const char wildmat_arg[] = "[wildmat]";
static const char which_arg[] = "[message-id|number]";
static const char range_arg[] = "[message-id|range]";

/* clang-format off */
const struct nntp_cmd nntp_cmds[] = {
	/* verb            variant             handler                     min max flags         arguments */
	{W("ARTICLE"),     W(""),              nntp_cmd_article,           0,  1,  0,            which_arg},
	{W("AUTHINFO"),    W("PASS"),          nntp_cmd_auth_pass,         1,  NNTP_ARGS_MAX, CMD_SECRET,   "password"},
	{W("AUTHINFO"),    W("USER"),          nntp_cmd_auth_user,         1,  1,  0,            "name"},
	{W("BODY"),        W(""),              nntp_cmd_body,              0,  1,  0,            which_arg},
	{W("CAPABILITIES"),W(""),              nntp_cmd_capabilities,      0,  1,  0,            "[keyword]"},
	{W("CHECK"),       W(""),              nntp_cmd_check,             1,  1,  CMD_STREAMS,  "message-id"},
	{W("DATE"),        W(""),              nntp_cmd_date,              0,  0,  0,            ""},
	{W("GROUP"),       W(""),              nntp_cmd_group,             1,  1,  0,            "newsgroup"},
	{W("HDR"),         W(""),              nntp_cmd_hdr,               1,  2,  0,            "header [message-id|range]"},
	{W("HEAD"),        W(""),              nntp_cmd_head,              0,  1,  0,            which_arg},
	{W("HELP"),        W(""),              nntp_cmd_help,              0,  0,  0,            ""},
	{W("IHAVE"),       W(""),              nntp_cmd_ihave,             1,  1,  0,            "message-id"},
	{W("LAST"),        W(""),              nntp_cmd_last,              0,  0,  0,            ""},
	{W("LIST"),        W(""),              nntp_cmd_list_active,       0,  0,  0,            ""},
	{W("LIST"),        W("ACTIVE"),        nntp_cmd_list_active,       0,  1,  CMD_LISTED,   wildmat_arg},
	{W("LIST"),        W("ACTIVE.TIMES"),  nntp_cmd_list_times,        0,  1,  CMD_LISTED,   wildmat_arg},
	{W("LIST"),        W("COUNTS"),        nntp_cmd_list_counts,       0,  1,  CMD_LISTED,   wildmat_arg},
	{W("LIST"),        W("DISTRIB.PATS"),  nntp_cmd_list_none,         0,  0,  0,            ""},
	{W("LIST"),        W("DISTRIBUTIONS"), nntp_cmd_list_none,         0,  0,  0,            ""},
	{W("LIST"),        W("EXTENSIONS"),    nntp_cmd_list_none,         0,  0,  0,            ""},
	{W("LIST"),        W("HEADERS"),       nntp_cmd_list_headers,      0,  1,  CMD_LISTED,   "[MSGID|RANGE]"},
	{W("LIST"),        W("MODERATORS"),    nntp_cmd_list_none,         0,  0,  0,            ""},
	{W("LIST"),        W("MOTD"),          nntp_cmd_list_none,         0,  0,  0,            ""},
	{W("LIST"),        W("NEWSGROUPS"),    nntp_cmd_list_newsgroups,   0,  1,  CMD_LISTED,   wildmat_arg},
	{W("LIST"),        W("OVERVIEW.FMT"),  nntp_cmd_list_overview_fmt, 0,  0,  CMD_LISTED,   ""},
	{W("LIST"),        W("SUBSCRIPTIONS"), nntp_cmd_list_none,         0,  1,  0,            wildmat_arg},
	{W("LISTGROUP"),   W(""),              nntp_cmd_listgroup,         0,  2,  0,            "[newsgroup [range]]"},
	{W("MODE"),        W("READER"),        nntp_cmd_mode_reader,       0,  0,  0,            ""},
	{W("MODE"),        W("STREAM"),        nntp_cmd_mode_stream,       0,  0,  0,            ""},
	{W("NEWGROUPS"),   W(""),              nntp_cmd_newgroups,         2,  3,  0,            "[yy]yymmdd hhmmss [GMT]"},
	{W("NEWNEWS"),     W(""),              nntp_cmd_newnews,           3,  4,  0,            "wildmat [yy]yymmdd hhmmss [GMT]"},
	{W("NEXT"),        W(""),              nntp_cmd_next,              0,  0,  0,            ""},
	{W("OVER"),        W(""),              nntp_cmd_over,              0,  1,  0,            range_arg},
	{W("POST"),        W(""),              nntp_cmd_post,              0,  0,  0,            ""},
	{W("QUIT"),        W(""),              nntp_cmd_quit,              0,  0,  0,            ""},
	{W("STARTTLS"),    W(""),              nntp_cmd_starttls,          0,  0,  0,            ""},
	{W("STAT"),        W(""),              nntp_cmd_stat,              0,  1,  0,            which_arg},
	/* Its block follows whatever its arguments are: the handler looks at them itself. */
	{W("TAKETHIS"),    W(""),              nntp_cmd_takethis,          0,  NNTP_ARGS_MAX, CMD_STREAMS, "message-id"},
	{W("XHDR"),        W(""),              nntp_cmd_xhdr,              1,  2,  0,            "header [message-id|range]"},
	{W("XOVER"),       W(""),              nntp_cmd_xover,             0,  1,  0,            "[range]"},
	{W("XPAT"),        W(""),              nntp_cmd_xpat,              3,  NNTP_ARGS_MAX, 0, "header message-id|range pattern..."},
};
/* clang-format on */

const size_t nntp_n_cmds = array_len(nntp_cmds);

static void drop_variant(struct nntp_args *a)
{
	a->n--;
	memmove(a->v, a->v + 1, a->n * sizeof a->v[0]);
}

const struct nntp_cmd *nntp_cmd_find(struct nntp_args *a, int *code_out)
{
	const struct nntp_cmd *plain = NULL;

	*code_out = 500;
	for (size_t i = 0; i < nntp_n_cmds; i++) {
		const struct nntp_cmd *c = &nntp_cmds[i];

		if (!slice_eq_ci(c->verb, a->verb))
			continue;
		*code_out = 501;
		if (c->variant.len == 0) {
			plain = c;
		} else if (a->n > 0 && slice_eq_ci(c->variant, a->v[0])) {
			drop_variant(a);
			return c;
		}
	}
	return plain;
}
