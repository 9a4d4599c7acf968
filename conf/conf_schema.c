/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows, in the order in which the sample file and the manual show them; the rows of one block
 * stand together.  A new setting is a member of struct conf and a row here.
 */
#include "conf/conf_schema.h"

#include "conf/conf_value.h"
#include "proto/base/text.h"

#define ROW(name, type, member, def, min, max, help)                                               \
	{                                                                                          \
		name, type, offsetof(struct conf, member), def, min, max, NULL, help               \
	}
#define CHOICE(name, member, def, choices, help)                                                   \
	{                                                                                          \
		name, CONF_CHOICE, offsetof(struct conf, member), def, 1, 16, choices, help        \
	}

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* clang-format off */
const struct conf_row conf_rows[] = {
	ROW("name", CONF_NAME, name, "", 1, 200,
		"DNS name of this daemon; it signs the Path of articles and never changes"),
	ROW("data", CONF_PATH, data, "", 1, 200, "folder of the store; created when missing"),
	ROW("control", CONF_PATH, control, RUNDIR "/kokod/kokod.sock", 1, 100,
		"UNIX socket of kokoctl"),
	ROW("mail-domains", CONF_NAMES, mail_domains, "", 0, 64,
		"further right sides of the addresses and Message-IDs of its people"),
	ROW("loops", CONF_COUNT, loops, "0", 0, 64,
		"threads that serve connections; 0: one per processor core"),
	ROW("pool-threads", CONF_COUNT, pool_threads, "2", 1, 64,
		"threads for password checks and other slow work"),

	ROW("nntp.listen", CONF_LISTEN, nntp.listen, "127.0.0.1:119", 0, 16,
		"addresses of the plain NNTP door, which offers STARTTLS"),
	ROW("nntp.listen-tls", CONF_LISTEN, nntp.listen_tls, "", 0, 16,
		"addresses of the NNTP door with TLS from the first byte, port 563 as a rule"),
	ROW("nntp.max-article", CONF_SIZE, nntp.max_article, "10M", 4 * KIB, 64 * MIB,
		"largest article taken"),
	ROW("nntp.idle", CONF_TIME, nntp.idle_s, "30m", 3, 24 * 3600,
		"an idle connection is closed after this time"),
	ROW("nntp.login", CONF_TIME, nntp.login_s, "10s", 1, 3600,
		"without a login: time to the first command, and to the end of a line once begun"),
	ROW("nntp.stall", CONF_TIME, nntp.stall_s, "2m", 1, 3600,
		"a reader that takes no output for this time is cut off"),
	CHOICE("nntp.plain-login", nntp.plain_login, "never", "never|loopback",
		"passwords without TLS: refused, or taken from this machine itself"),

	ROW("imap.listen", CONF_LISTEN, imap.listen, "", 0, 16,
		"addresses where mail programs read, port 143 as a rule; it offers STARTTLS"),
	ROW("imap.listen-tls", CONF_LISTEN, imap.listen_tls, "", 0, 16,
		"the same with TLS from the first byte, port 993 as a rule"),
	ROW("imap.idle", CONF_TIME, imap.idle_s, "30m", 3, 24 * 3600,
		"an idle mail program is closed after this time; RFC 3501 wants 30 minutes or more"),
	ROW("imap.login", CONF_TIME, imap.login_s, "10s", 1, 3600,
		"without a login: time to the first command, and to the end of a line once begun"),
	ROW("imap.stall", CONF_TIME, imap.stall_s, "5m", 1, 3600,
		"a mail program that takes no output for this time is cut off"),
	CHOICE("imap.plain-login", imap.plain_login, "never", "never|loopback",
		"passwords without TLS: refused, or taken from this machine itself"),

	ROW("submission.listen", CONF_LISTEN, submission.listen, "", 0, 16,
		"addresses where mail of its people is taken, port 587 as a rule; it offers STARTTLS"),
	ROW("submission.listen-tls", CONF_LISTEN, submission.listen_tls, "", 0, 16,
		"the same with TLS from the first byte, port 465 as a rule"),
	ROW("submission.idle", CONF_TIME, submission.idle_s, "5m", 3, 24 * 3600,
		"an idle connection is closed after this time; RFC 5321 wants 5 minutes or more"),
	ROW("submission.login", CONF_TIME, submission.login_s, "10s", 1, 3600,
		"without a login: time to the first command, and to the end of a line once begun"),
	ROW("submission.stall", CONF_TIME, submission.stall_s, "5m", 1, 3600,
		"a program that takes no output for this time is cut off"),
	CHOICE("submission.plain-login", submission.plain_login, "never", "never|loopback",
		"passwords without TLS: refused, or taken from this machine itself"),

	ROW("http.listen", CONF_LISTEN, http.listen, "", 0, 16,
		"addresses of the web door without TLS: for a proxy, or for autoconfig by http"),
	ROW("http.listen-tls", CONF_LISTEN, http.listen_tls, "", 0, 16,
		"the same with TLS from the first byte, port 443 as a rule"),
	ROW("http.setup-host", CONF_NAME, http.setup_host, "", 0, 200,
		"the name that mail programs are told to connect to; empty: that of the daemon"),
	ROW("http.request", CONF_TIME, http.request_s, "10s", 1, 3600,
		"time to the first request, and to the end of one once begun"),
	ROW("http.idle", CONF_TIME, http.idle_s, "30s", 1, 3600,
		"a connection without a further request is closed after this time"),
	ROW("http.stall", CONF_TIME, http.stall_s, "30s", 1, 3600,
		"a browser that takes no output for this time is cut off"),

	ROW("tls.certificate", CONF_PATH, tls.certificate, "", 0, 1000,
		"PEM file with the certificate and its chain"),
	ROW("tls.key", CONF_PATH, tls.key, "", 0, 1000, "PEM file with the private key"),
	ROW("tls.ca", CONF_PATH, tls.ca, "", 0, 1000,
		"PEM file with the authorities that sign the certificates of peers"),

	ROW("limits.conns", CONF_COUNT, limits.conns, "10000", 1, 1000000,
		"connections, all doors together"),
	ROW("limits.conns-per-source", CONF_COUNT, limits.conns_per_source, "100", 1, 1000000,
		"connections from one address"),
	ROW("limits.login-tries", CONF_COUNT, limits.login_tries, "20", 1, 100000,
		"wrong passwords from one address in ten minutes; then each answer is delayed"),
	ROW("limits.login-queue", CONF_COUNT, limits.login_queue, "256", 1, 10000,
		"password checks that may wait"),
	ROW("limits.receive-memory", CONF_SIZE, limits.receive_memory, "256M", 1 * MIB, 64 * GIB,
		"memory for articles that are being received, all connections together"),

	ROW("store.map-size", CONF_SIZE, store.map_size, "64G", 16 * MIB, 4096 * GIB,
		"how far the store may grow; address space, not disk"),
	ROW("store.free-for-peers", CONF_SIZE, store.free_for_peers, "1G", 0, 1024 * GIB,
		"free disk below which articles of peers wait"),
	ROW("store.free-for-posts", CONF_SIZE, store.free_for_posts, "256M", 0, 1024 * GIB,
		"free disk below which posts are refused"),
	ROW("store.reserve", CONF_SIZE, store.reserve, "64M", 0, 16 * GIB,
		"disk kept back for cleaning up when it is full"),
	ROW("store.keep-removals", CONF_TIME, store.keep_removals_s, "400d", 3600,
		UINT64_C(100) * 365 * 24 * 3600,
		"after this time a mail program that comes back compares all it has with all there is"),

	ROW("peer.listen", CONF_LISTEN, peer.listen, "", 0, 16,
		"addresses where the daemons of other municipalities connect, port 8433 as a rule"),
	ROW("peer.address", CONF_STRING, peer.address, "", 0, 260,
		"host:port that they dial; empty: the name, port 8433; none: it is not dialled, and they ask over what it dials"),
	ROW("peer.quota-entries", CONF_COUNT, peer.quota_entries, "1000", 1, 1000000,
		"articles that one municipality may put into one group in an hour"),
	ROW("peer.quota-bytes", CONF_SIZE, peer.quota_bytes, "200M", 1 * MIB, 64 * GIB,
		"the same in bytes"),
	ROW("peer.conns", CONF_COUNT, peer.conns, "1024", 1, 100000,
		"connections that other daemons may have here, all together"),
	ROW("peer.conns-per-daemon", CONF_COUNT, peer.conns_per_oid, "6", 4, 1000,
		"connections that one other daemon may have here"),
	ROW("peer.self-check", CONF_SIZE, peer.self_check, "4M", 0, 1 * GIB,
		"bytes of shared articles that are read in a second and compared with what was signed, all of them once a day; 0: only kokoctl federation check does it"),
	ROW("peer.people", CONF_BOOL, peer.people, "on", 0, 0,
		"the other municipalities of a group see the names of its people here"),
	ROW("peer.people-delay", CONF_TIME, peer.people_delay_s, "10s", 1, 3600,
		"so long after a change they are told, so that several changes are one"),

	ROW("transit.open-loopback", CONF_BOOL, transit.open_loopback, "off", 0, 0,
		"this machine itself may feed articles without a certificate; for load tests"),
	ROW("transit.window", CONF_COUNT, transit.window, "128", 1, 256,
		"articles that may be under way to a peer"),

	CHOICE("log.level", log.level, "info", "error|warn|info|debug", "least weight that is logged"),
	ROW("log.target", CONF_STRING, log.target, "stderr", 1, 1000,
		"stderr, syslog, or the absolute name of a file"),
};
/* clang-format on */

const size_t conf_n_rows = array_len(conf_rows);

const struct conf_row *conf_row_find(struct slice name)
{
	for (size_t i = 0; i < conf_n_rows; i++)
		if (slice_eq(slice_str(conf_rows[i].name), name))
			return &conf_rows[i];
	return NULL;
}

enum { NEAR_MAX = 40 }; /* longer words are not compared */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits between two words of at most NEAR_MAX bytes (Levenshtein). */
static unsigned distance(struct slice a, struct slice b)
{
	unsigned row[NEAR_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned change = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			row[j] = min3(change, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[b.len];
}

/* Is `name` nearer to `candidate` than *best?  Then *best is lowered. */
static bool nearer(struct slice name, struct slice candidate, unsigned *best)
{
	if (candidate.len == 0 || candidate.len > NEAR_MAX)
		return false;

	unsigned d = distance(name, candidate);
	if (d >= *best)
		return false;
	*best = d;
	return true;
}

/* The part of a dotted name behind the dot, or all of it. */
static struct slice last_part(struct slice name)
{
	size_t dot = slice_chr(name, '.');

	return dot < name.len ? slice_from(name, dot + 1) : name;
}

void conf_row_near(struct slice name, struct buf *b)
{
	const struct conf_row *row = NULL;
	struct slice block = {0};
	unsigned best = 1 + (unsigned)(name.len / 3);

	if (name.len > NEAR_MAX)
		return;
	for (size_t i = 0; i < conf_n_rows; i++) {
		const struct conf_row *r = &conf_rows[i];

		if (nearer(name, slice_str(r->name), &best) ||
			(!row && slice_eq(last_part(name), slice_str(conf_row_key(r)))))
			row = r;
		if (nearer(name, conf_row_block(r), &best)) {
			block = conf_row_block(r);
			row = NULL;
		}
	}
	if (row)
		block = conf_row_block(row);
	if (block.len > 0)
		buf_addf(b, "%.*s { %s%s}", SLICE_ARG(block), row ? conf_row_key(row) : "",
			row ? " " : "");
	else if (row)
		buf_addz(b, row->name);
}

bool conf_row_is_list(const struct conf_row *r)
{
	return r->type == CONF_LISTEN || r->type == CONF_NAMES;
}

struct slice conf_row_block(const struct conf_row *r)
{
	struct slice name = slice_str(r->name);
	size_t dot = slice_chr(name, '.');

	return dot < name.len ? slice_head(name, dot) : slice_head(name, 0);
}

const char *conf_row_key(const struct conf_row *r)
{
	size_t block = conf_row_block(r).len;

	return r->name + (block ? block + 1 : 0);
}

static void add_choices(struct buf *b, struct slice choices)
{
	struct slice one;
	bool first = true;

	while (slice_split(&choices, '|', &one)) {
		if (!first)
			buf_addz(b, choices.p ? ", " : " or ");
		buf_add(b, one);
		first = false;
	}
}

void conf_row_allowed(const struct conf_row *r, struct buf *b)
{
	switch (r->type) {
	case CONF_STRING:
		buf_addf(b, "text of %u to %u bytes", (unsigned)r->min, (unsigned)r->max);
		break;
	case CONF_PATH:
		buf_addz(b, "an absolute file name");
		break;
	case CONF_NAME:
		buf_addz(b, "a DNS name such as koko.example.org");
		break;
	case CONF_CHOICE:
		add_choices(b, slice_str(r->choices));
		break;
	case CONF_BOOL:
		buf_addz(b, "on or off");
		break;
	case CONF_COUNT:
	case CONF_SIZE:
	case CONF_TIME:
		conf_value_add_number(b, r->type, r->min);
		buf_addz(b, " to ");
		conf_value_add_number(b, r->type, r->max);
		break;
	case CONF_LISTEN:
		buf_addf(b, "up to %u of 192.0.2.1:119 or [2001:db8::1]:119", (unsigned)r->max);
		break;
	case CONF_NAMES:
		buf_addf(b, "up to %u DNS names", (unsigned)r->max);
		break;
	}
}
