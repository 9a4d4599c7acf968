/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko, a person's command line: what its files share. */
#ifndef CLIENTS_KOKO_H
#define CLIENTS_KOKO_H

#include "clients/net_etpan.h"
#include "clients/secret.h"

/* Exit codes, those of kokoctl: 0, 1, 2, 69 nobody there, 75 try again. */
enum { KOKO_OK = 0, KOKO_FAILED = 1, KOKO_USAGE = 2, KOKO_NO_SERVER = 69, KOKO_TRY_AGAIN = 75 };

/* From the configuration file, then the environment, then the command line. */
struct koko_opts {
	char *server;     /* "host", "host:port", "[address]:port" */
	char *submission; /* likewise: where posts are sent by mail; NULL: through the server */
	char *user, *password_file, *ca, *from;
	bool tls;
	char *subject;
	bool quote; /* reply: put the quoted text in front */
	bool raw;   /* read: as it stands */
	char password[SECRET_MAX];
};

/* Set one option by its name in the file ("password-file"); false: there is none, or no such value.
 */
NODISCARD bool koko_set(struct koko_opts *o, struct slice key, struct slice value);

/* Read ~/.config/koko/config, which need not be there. */
NODISCARD int koko_read_config(struct koko_opts *o, struct err *err);
void koko_opts_fini(struct koko_opts *o);

/* Connect and log in as the options say. */
NODISCARD int koko_connect(struct koko_opts *o, struct net **out, struct err *err);

/* Send a mail to the submission server that the options name. */
NODISCARD int koko_send(struct koko_opts *o, const char *sender, const char *rcpt,
	struct slice mail, struct buf *answer, struct err *err);

/* The commands: args behind the command's name; 0 or KERR_*. */
int koko_groups(struct koko_opts *o, char **args, int n_args, struct err *err);
int koko_read(struct koko_opts *o, char **args, int n_args, struct err *err);
int koko_post_cmd(struct koko_opts *o, char **args, int n_args, struct err *err);
int koko_reply_cmd(struct koko_opts *o, char **args, int n_args, struct err *err);

#endif
