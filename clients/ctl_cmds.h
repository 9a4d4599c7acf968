/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of kokoctl: words and options -> a request, and the answer -> text for people.
 * Help, kokoctl(8) and the completion are made from the same table.  Nothing here does I/O.
 */
#ifndef CLIENTS_CTL_CMDS_H
#define CLIENTS_CTL_CMDS_H

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_NO_DAEMON = 69, CTL_TRY_AGAIN = 75 };

enum ctl_opt_kind {
	OPT_TEXT,
	OPT_NUMBER,
	OPT_LIST,         /* may be given several times */
	OPT_TRUE,         /* a switch: key becomes true */
	OPT_FALSE,        /* a switch: key becomes false */
	OPT_SECRET_STDIN, /* the secret is the first line of standard input */
	OPT_SECRET_FILE,  /* ... of a file */
	OPT_DIFF,         /* conf: only what differs from the default */
};

struct ctl_opt {
	const char *name;  /* "address", without the dashes */
	const char *value; /* what stands for the value in the usage; NULL for a switch */
	const char *key;   /* in the request's args */
	enum ctl_opt_kind kind;
	const char *help;
};

/* A column of a listing, a line of a record. */
struct ctl_col {
	const char *key;
	const char *title;
};

enum ctl_shape {
	SHAPE_SAID,   /* "NAME: said" */
	SHAPE_LIST,   /* a table of the rows */
	SHAPE_RECORD, /* one thing, a line per member */
	SHAPE_STATUS,
	SHAPE_CHECK,
	SHAPE_CONF,
	SHAPE_LINKS, /* peer status */
	SHAPE_TELL,  /* sentences, whether it went well or not */
	SHAPE_FEDERATION,
	SHAPE_PEOPLE,   /* of a shared group */
	SHAPE_REQUESTS, /* for changes of shared groups */
};

struct ctl_cmd {
	const char *words; /* "user add" */
	/* "GROUP LOGIN [ROLE]": keys of the request in upper case; "TOKEN...": all that follows */
	const char *args;
	const char *cmd;            /* "user.add" */
	const struct ctl_opt *opts; /* ends with a row whose name is NULL */
	enum ctl_shape shape;
	const char *said;           /* SHAPE_SAID */
	const char *member;         /* SHAPE_RECORD: of the last line */
	const struct ctl_col *cols; /* SHAPE_LIST, SHAPE_RECORD: ends with key NULL */
	const char *help;
};

extern const struct ctl_cmd ctl_cmds[];
extern const size_t ctl_n_cmds;

/* What the words of one command ask for. */
struct ctl_request {
	const struct ctl_cmd *cmd;
	json_t *args;
	const char *name; /* the first argument, or "" ; borrowed from the words */
	bool json, help;
	bool diff;
	bool password_stdin;
	const char *password_file; /* or NULL; borrowed */
};

/*
 * Understand the words behind "kokoctl".  KERR_INVALID: err->text says what is wrong with them.
 * The request is to be released in either case.
 */
NODISCARD int ctl_parse(
	char *const *words, size_t n_words, struct ctl_request *out, struct err *err);
void ctl_request_fini(struct ctl_request *r);

/*
 * The key of the secret that the command takes and that has not come in the words: "password",
 * which may also be given as a hash, or "code"; NULL: none.
 */
const char *ctl_wants_secret(const struct ctl_request *r);

/* The request as {"cmd":...,"args":{...}}; a new reference. */
json_t *ctl_request_json(const struct ctl_request *r);

/*
 * The answer as text: rows and last line, or as one JSON document.  Returns the exit code.  Errors
 * go into why, which is one line without LF.
 */
int ctl_show(const struct ctl_request *r, const json_t *rows, const json_t *last, struct buf *out,
	struct buf *why);

/* Usage of one command, and the list of all. */
void ctl_usage(const struct ctl_cmd *cmd, struct buf *out);
void ctl_help(const struct ctl_cmd *cmd, struct buf *out);
void ctl_help_all(struct buf *out);

#endif
