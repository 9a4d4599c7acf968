/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What two admins exchange to link their daemons: the token of an invitation, the proof that the
 * other has it, and the numbers that are compared on the telephone.  docs/federation.md section 10
 */
#ifndef PROTO_FED_FED_JOIN_H
#define PROTO_FED_FED_JOIN_H

#include "proto/fed/fed_id.h"

enum {
	FED_SECRET_LEN = 26,   /* base32 digits: 130 bits */
	FED_CHECKSUM_LEN = 8,  /* base32 digits of the token's checksum */
	FED_EXPORTER_LEN = 32, /* bytes of TLS exporter; RFC 8446 section 7.5 */
	FED_TOKEN_MAX = 450,   /* bytes of a token */
};

#define FED_EXPORTER_LABEL "EXPORTER-kokod"

struct fed_token {
	char host[FED_NAME_MAX + 3]; /* as in addr, IPv6 with its brackets */
	uint16_t port;
	struct fed_oid oid; /* of the daemon that invites */
	struct fed_gid fid; /* of its federation */
	char secret[FED_SECRET_LEN + 1];
};

enum fed_token_fault {
	FED_TOKEN_OK,
	FED_TOKEN_NONE,     /* not a token: does not begin as one */
	FED_TOKEN_NEWER,    /* of a later version */
	FED_TOKEN_CUT,      /* parts are missing: not copied whole */
	FED_TOKEN_MISSPELT, /* the checksum does not fit */
};

/*
 * Take a token as a person pasted it: blanks and line ends anywhere, capital letters.
 * That a token has expired or was used only the daemon knows that made it (494).
 */
NODISCARD enum fed_token_fault fed_token_parse(struct slice text, struct fed_token *out);

/* A sentence for people: what is wrong and what to do; a key of the message catalogue. */
const char *fed_token_fault_text(enum fed_token_fault f);

void fed_token_add(struct buf *b, const struct fed_token *t);

/* Fresh random digits. */
void fed_token_secret(char out[FED_SECRET_LEN + 1]);

/* What KJOIN carries.  a: the daemon that invites, b: the one that joins. */
void fed_join_proof(const char secret[FED_SECRET_LEN + 1], const uint8_t exporter[FED_EXPORTER_LEN],
	const struct fed_oid *a, const struct fed_oid *b, struct fed_hash *out);

/* Equal in constant time? */
NODISCARD bool fed_join_proof_eq(const struct fed_hash *a, const struct fed_hash *b);

enum { FED_SAS_LEN = 11 };

/* The two numbers: "01234 56789". */
void fed_join_sas(const uint8_t exporter[FED_EXPORTER_LEN], const struct fed_oid *a,
	const struct fed_oid *b, char out[FED_SAS_LEN + 1]);

#endif
