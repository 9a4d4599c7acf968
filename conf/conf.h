/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration of kokod.  conf_schema.c has one row per setting; parser, sample file, manual
 * and `kokoctl conf` are all made from it.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct conf_list {
	char **v;
	size_t n;
};

struct conf {
	char *name;                    /* DNS name of this daemon: path identity */
	char *data;                    /* data directory */
	char *control;                 /* UNIX socket of kokoctl */
	struct conf_list mail_domains; /* right sides of Message-IDs and addresses of its people */
	uint64_t loops;                /* 0: one per core */
	uint64_t pool_threads;

	struct {
		struct conf_list listen;     /* "address:port", STARTTLS offered */
		struct conf_list listen_tls; /* TLS from the first byte */
		uint64_t max_article;        /* bytes */
		uint64_t idle_s;             /* logged in or public reading */
		uint64_t login_s;  /* time to the first accepted login or public command */
		uint64_t stall_s;  /* output that does not move */
		char *plain_login; /* never | loopback */
	} nntp;

	struct {
		struct conf_list listen;     /* STARTTLS offered */
		struct conf_list listen_tls; /* TLS from the first byte */
		uint64_t idle_s;             /* logged in */
		uint64_t login_s, stall_s;   /* as in nntp */
		char *plain_login;           /* never | loopback */
	} imap;                              /* sizes are those of nntp */

	struct {
		struct conf_list listen;     /* STARTTLS offered */
		struct conf_list listen_tls; /* TLS from the first byte */
		uint64_t idle_s;             /* logged in */
		uint64_t login_s, stall_s;   /* as in nntp */
		char *plain_login;           /* never | loopback */
	} submission;                        /* sizes are those of nntp */

	struct {
		struct conf_list listen;     /* in clear: loopback, or a proxy in front */
		struct conf_list listen_tls; /* TLS from the first byte */
		char *setup_host;            /* told to mail programs; "": name */
		uint64_t request_s;          /* for one request, and to the first */
		uint64_t idle_s;             /* between two requests */
		uint64_t stall_s;            /* output that does not move */
	} http;

	struct {
		char *certificate; /* PEM chain */
		char *key;         /* PEM */
		char *ca;          /* PEM: who signs the certificates of transit peers; "" none */
	} tls;

	struct {
		uint64_t conns;            /* all doors together */
		uint64_t conns_per_source; /* one address */
		uint64_t login_tries;      /* per source and 10 minutes, then delay */
		uint64_t login_queue;      /* password checks waiting */
		uint64_t receive_memory;   /* bytes of articles being received, all together */
	} limits;

	struct {
		uint64_t map_size;       /* bytes */
		uint64_t free_for_peers; /* free disk below which peers' articles wait */
		uint64_t free_for_posts; /* ... and posts are refused */
		uint64_t reserve;        /* bytes of the reserve file */
		uint64_t keep_removals_s;
	} store;

	struct {
		struct conf_list listen; /* where other daemons connect; TLS from the first byte */
		char *address;           /* host:port that they dial; "": name and the usual port */
		uint64_t quota_entries;  /* of an origin in a group, an hour */
		uint64_t quota_bytes;
		uint64_t conns;         /* that others have dialled, all together */
		uint64_t conns_per_oid; /* ... of one daemon */
		uint64_t self_check;    /* bytes a second that are read and compared; 0: none */
		bool people;            /* others are told who reads and writes here */
		uint64_t people_delay_s;
	} peer;

	struct {
		bool open_loopback; /* loopback may feed without certificate (load tests only) */
		uint64_t window;    /* commands outstanding on a link out */
	} transit;

	struct {
		char *level;  /* error | warn | info | debug */
		char *target; /* stderr | syslog | file name */
	} log;
};

/*
 * Read file and the *.conf of the folder conf.d beside it, in name order.
 * KERR_INVALID: err->text is "FILE:LINE: key: what is allowed"; KERR_NOTFOUND, KERR_IO: the file.
 */
NODISCARD int conf_load(const char *file, struct conf **out, struct err *err);

/* All defaults (name and data are ""). */
struct conf *conf_default(void);
void conf_free(struct conf *c);

#endif
