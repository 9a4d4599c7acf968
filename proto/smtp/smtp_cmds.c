/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table and its search, in the order in which HELP prints it. */
#include "proto/smtp/smtp_cmds.h"

#define W(s)                                                                                       \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

/* clang-format off */
const struct smtp_cmd smtp_cmds[] = {
	/* verb         handler            flags */
	{W("AUTH"),     smtp_cmd_auth,     SMTP_ARG | SMTP_HELLO | SMTP_SECRET},
	{W("DATA"),     smtp_cmd_data,     SMTP_BARE | SMTP_HELLO | SMTP_LOGIN},
	{W("EHLO"),     smtp_cmd_ehlo,     SMTP_ARG},
	{W("HELO"),     smtp_cmd_helo,     SMTP_ARG},
	{W("HELP"),     smtp_cmd_help,     0},
	{W("MAIL"),     smtp_cmd_mail,     SMTP_ARG | SMTP_HELLO | SMTP_LOGIN},
	{W("NOOP"),     smtp_cmd_noop,     0},
	{W("QUIT"),     smtp_cmd_quit,     SMTP_BARE},
	{W("RCPT"),     smtp_cmd_rcpt,     SMTP_ARG | SMTP_HELLO | SMTP_LOGIN},
	{W("RSET"),     smtp_cmd_rset,     SMTP_BARE},
	{W("STARTTLS"), smtp_cmd_starttls, SMTP_BARE | SMTP_HELLO},
	{W("VRFY"),     smtp_cmd_vrfy,     SMTP_ARG},
};
/* clang-format on */

const size_t smtp_n_cmds = array_len(smtp_cmds);

const struct smtp_cmd *smtp_cmd_find(struct slice verb)
{
	for (size_t i = 0; i < smtp_n_cmds; i++)
		if (slice_eq_ci(smtp_cmds[i].verb, verb))
			return &smtp_cmds[i];
	return NULL;
}
