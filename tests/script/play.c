/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays dialogue scripts (README beside this file) against a session in this process: over the real
 * forum with a store in memory, and over a small fake one that can be made to refuse posts.  Each
 * script is played whole, byte by byte, in random cuts, and with reads that answer KERR_WAIT: the
 * answers must be the same every time.
 *
 *   play FILE.t...
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/http/http.h"
#include "proto/imap/imap.h"
#include "proto/nntp/nntp.h"
#include "proto/smtp/smtp.h"
#include "tests/rig/fake_forum.h"
#include "tests/rig/fake_mail.h"
#include "tests/rig/rig.h"
#include "tests/rig/world_mail.h"
#include "tests/script/play_text.h"

enum { FILE_MAX = 1 << 20, SEEDS = 4 };

/* How the bytes of a script are fed, and whether reads wait. */
struct mode {
	const char *name;

	enum { FEED_WHOLE, FEED_BYTES, FEED_CUTS } feed;

	bool waits;
	unsigned seed;
	bool store; /* the real forum */
};

struct play {
	const char *path;
	const struct mode *mode;
	unsigned line_no;
	struct buf pending; /* C lines not yet sent */
	struct buf line;
	bool tls, starttls, plain_login; /* of the session's options */
	bool exposed;                    /* ... of HTTP */
	struct fake_forum *fake;
	struct fake_mail *mail; /* of IMAP; over the store: what INBOX was filled with */
	uint64_t modseq;        /* ... the last one given as the script begins */
	struct world world;     /* with mode->store */
	struct forum *forum;    /* the conversation, once it has begun */
	struct forum_who who;   /* ... what it is of, over the store */
	struct rig rig;
	bool begun, greeting, failed, skipped;
	bool news; /* over the store: the mailbox watched has changed */
	uint32_t random;
};

static void complain(struct play *p, const char *what, struct slice got)
{
	if (p->failed)
		return;
	p->failed = true;
	fprintf(stderr, "%s:%u (%s, %s, seed %u): %s: %.*s\n", p->path, p->line_no,
		p->mode->store ? "store" : "fake", p->mode->name, p->mode->seed, what,
		SLICE_ARG(got));
}

/* ---- the session ---- */

static void run_fake(void *world)
{
	struct play *p = world;

	fake_run(p->fake);
	if (p->mail)
		fake_mail_run(p->mail);
}

static void run_world(void *world)
{
	town_run(&((struct world *)world)->town);
}

/* Whose the mailboxes are. */
static const char *me(const struct play *p)
{
	return p->fake->login ? p->fake->login : "anna";
}

static void on_news(void *arg)
{
	((struct play *)arg)->news = true;
}

static bool is_of(const struct play *p, struct slice folder)
{
	return slice_find(slice_str(p->path), folder) < strlen(p->path);
}

static void begin_mail(struct play *p)
{
	p->mail = fake_mail_new(p->fake);
	if (p->mode->store)
		world_add_mail(&p->world, p->mail, me(p));
	p->modseq = p->mode->store ? world_modseq(&p->world) : p->mail->modseq;
}

/* LIST begins again when a read waits: it must come through between two. */
static void set_waits(struct play *p)
{
	unsigned every = p->mail ? 200 : 20;

	world_set_waits(&p->world, p->mode->waits ? every + p->mode->seed % every : 0);
}

static void begin_store(struct play *p)
{
	p->who.news = on_news;
	p->who.news_arg = p;
	p->forum = forum_new(&p->world.town.env, &p->who);
	if (p->fake->login)
		forum_become(p->forum, town_account(&p->world.town, p->fake->login));
	set_waits(p);
	p->rig.run = run_world;
	p->rig.world = &p->world;
}

static void begin_fake(struct play *p)
{
	p->forum = &p->fake->base;
	p->fake->waits = p->mode->waits ? p->mode->seed : 0;
	p->rig.run = run_fake;
	p->rig.world = p;
}

static void new_nntp(struct play *p)
{
	p->rig.ops = &nntp_session_ops;
	p->rig.session = nntp_session_new(p->forum, &(struct nntp_opts){
							    .id = "t",
							    .tls = p->tls,
							    .starttls = p->starttls,
							    .plain_login = p->plain_login,
							    .ready = {rig_ready, &p->rig}
        });
}

static void new_smtp(struct play *p)
{
	p->rig.ops = &smtp_session_ops;
	p->rig.session = smtp_session_new(p->forum, &(struct smtp_opts){
							    .id = "t",
							    .tls = p->tls,
							    .starttls = p->starttls,
							    .plain_login = p->plain_login,
							    .ready = {rig_ready, &p->rig}
        });
}

static void new_imap(struct play *p)
{
	p->rig.ops = &imap_session_ops;
	p->rig.session =
		imap_session_new(p->forum, p->mode->store ? forum_mail(p->forum) : &p->mail->base,
			&(struct imap_opts){
				.id = "t",
				.tls = p->tls,
				.starttls = p->starttls,
				.plain_login = p->plain_login,
				.ready = {rig_ready, &p->rig}
        });
}

/* What HTTP is served of: no forum, the set-up of a daemon called news.koko.test. */
static void new_http(struct play *p)
{
	static const struct slice domains[] = {lit("news.koko.test"), lit("koko.test")};
	static const struct setup_words *const words[] = {&setup_words_source};
	static const struct setup_site site = {
		.host = "news.koko.test",
		.domains = domains,
		.n_domains = array_len(domains),
		.imap = {993, SETUP_TLS     },
		.submission = {587, SETUP_STARTTLS},
		.https_port = 443,
		.words = words,
		.n_words = array_len(words),
	};

	p->greeting = true; /* there is none */
	p->rig.ops = &http_session_ops;
	p->rig.session = http_session_new(
		&(struct http_opts){.id = "t", .site = &site, .exposed = p->exposed});
}

static void begin(struct play *p)
{
	if (p->begun)
		return;
	p->begun = true;
	p->rig.now_at = p->fake->now_at;
	if (is_of(p, lit("/imap/")))
		begin_mail(p);
	if (p->mode->store)
		begin_store(p);
	else
		begin_fake(p);
	if (is_of(p, lit("/smtp/")))
		new_smtp(p);
	else if (is_of(p, lit("/imap/")))
		new_imap(p);
	else if (is_of(p, lit("script/http/")))
		new_http(p);
	else
		new_nntp(p);
	rig_start(&p->rig);
	if (!p->greeting && !rig_line(&p->rig, &p->line))
		complain(p, "no greeting", lit(""));
}

static void end(struct play *p)
{
	if (p->begun)
		rig_fini(&p->rig);
	if (p->mail)
		fake_mail_free(p->mail);
	if (p->mode->store) {
		forum_free(p->forum);
		world_fini(&p->world);
	}
	fake_free(p->fake);
}

static size_t next_cut(struct play *p, size_t left)
{
	p->random = p->random * 1103515245u + 12345u;
	switch (p->mode->feed) {
	case FEED_BYTES:
		return 1;
	case FEED_CUTS:
		return 1 + (p->random >> 16) % left;
	case FEED_WHOLE:
		break;
	}
	return left;
}

static void flush(struct play *p)
{
	begin(p);
	while (p->pending.len > 0) {
		size_t n = next_cut(p, p->pending.len);

		rig_send(&p->rig, slice_head(buf_slice(&p->pending), n));
		buf_drop(&p->pending, n);
	}
}

/* ---- the directives ---- */

static void set(struct play *p, struct slice what)
{
	static const struct {
		const char *name;
		int rc;
	} rcs[] = {
		{"busy",   KERR_BUSY  },
                {"full",   KERR_FULL  },
                {"denied", KERR_DENIED},
                {"none",   0          }
        };

	if (slice_eq(what, lit("relay")))
		p->fake->relay = p->who.relay_any = true;
	else if (slice_eq(what, lit("tls")))
		p->tls = true;
	else if (slice_eq(what, lit("exposed")))
		p->exposed = true;
	else if (slice_eq(what, lit("starttls")))
		p->starttls = true;
	else if (slice_eq(what, lit("noplain")))
		p->plain_login = false;
	else if (slice_eq(what, lit("nologin")))
		p->fake->no_login = true, p->who.plain_login = false;
	else if (slice_eq(what, lit("readonly")))
		p->fake->read_only = true;
	else if (slice_eq(what, lit("greeting")))
		p->greeting = true;
	else
		for (size_t i = 0; i < array_len(rcs); i++)
			if (slice_ends(what, slice_str(rcs[i].name))) {
				flush(p);
				*(slice_starts(what, lit("post ")) ? &p->fake->post_rc
								   : &p->fake->done_rc) = rcs[i].rc;
			}
}

/* "S:": the next line; "S~": lines are skipped up to it. */
static void expect(struct play *p, struct slice want, bool skip)
{
	flush(p);
	do {
		if (!rig_line(&p->rig, &p->line)) {
			complain(p, "no more lines; expected", want);
			return;
		}
	} while (skip && !play_text_matches(want, buf_slice(&p->line)));
	if (!play_text_matches(want, buf_slice(&p->line))) {
		complain(p, "expected", want);
		fprintf(stderr, "  got: %.*s\n", SLICE_ARG(buf_slice(&p->line)));
	}
}

static void expect_quiet(struct play *p, enum sess_need need, const char *what)
{
	flush(p);
	if (p->rig.out.len > 0)
		complain(p, "unexpected", buf_slice(&p->rig.out));
	if (need != p->rig.need)
		complain(p, what, lit("expected"));
}

static const struct slice new_message = lit("Subject: new\r\n\r\nnew\r\n");

static void other_fake(struct play *p, struct slice what, uint32_t n)
{
	struct fake_box *b = fake_mail_box(p->mail, lit("INBOX"));

	if (slice_starts(what, lit("keyword"))) {
		uint64_t flag = UINT64_C(1) << (MAIL_KEYWORD_BIT + p->mail->n_keywords);
		char *name = p->mail->keywords[p->mail->n_keywords++];

		snprintf(name, MAIL_KEYWORD_MAX, "%s", n == 0 ? "Neu" : "Auch");
		if (n == 0)
			fake_mail_add(p->mail, b, new_message, flag);
		else
			fake_mail_flag(p->mail, b, n, flag);
	} else if (n == 0) {
		fake_mail_add(p->mail, b, new_message, 0);
	} else if (slice_starts(what, lit("gone"))) {
		fake_mail_remove(p->mail, b, n);
	} else {
		fake_mail_flag(p->mail, b, n, MAIL_FLAGGED);
	}
	p->news = p->mail->news;
	p->mail->news = false;
}

static void other_store(struct play *p, struct slice what, uint32_t n)
{
	world_set_waits(&p->world, 0);
	if (n == 0)
		world_mail_new(&p->world, me(p), new_message,
			slice_eq(what, lit("keyword")) ? lit("Neu") : lit(""));
	else if (slice_starts(what, lit("gone")))
		world_mail_gone(&p->world, me(p), n);
	else if (slice_starts(what, lit("keyword")))
		world_mail_flag(
			&p->world, me(p), n, world_mail_keyword(&p->world, me(p), lit("Auch")));
	else
		world_mail_flag(&p->world, me(p), n, MAIL_FLAGGED);
	forum_news(p->forum); /* as the hub does after the commit */
	set_waits(p);
}

/* What another device does to INBOX: "new" (a message comes), "keyword" (one with a new
 * keyword), "keyword N" (a message gets one), "gone N", "flag N". */
static void other(struct play *p, struct slice what)
{
	struct slice num = slice_from(what, slice_chr(what, ' ') + 1);
	uint64_t n = 0;

	flush(p);
	if (!text_number(num, UINT32_MAX, &n))
		n = 0;
	if (p->mode->store)
		other_store(p, what, (uint32_t)n);
	else
		other_fake(p, what, (uint32_t)n);
	if (p->news)
		rig_wake(&p->rig, WAKE_NEWS);
	p->news = false;
}

/* ---- names in a line ---- */

static uint32_t box_id(struct play *p, struct slice name)
{
	const struct fake_box *b;
	uint32_t id;

	if (p->mode->store) {
		world_set_waits(&p->world, 0);
		id = world_box(&p->world, me(p), name);
		set_waits(p);
		return id;
	}
	b = fake_mail_box(p->mail, name);
	return b ? b->id : 0;
}

static uint64_t value_of(struct play *p, struct slice name)
{
	uint64_t n = 0;

	if (!slice_starts(name, lit("M")))
		return box_id(p, name);
	if (name.len > 1 && !text_number(slice_from(name, 2), UINT32_MAX, &n))
		complain(p, "unknown name", name);
	return name.len > 1 && name.p[1] == '-' ? p->modseq - n : p->modseq + n;
}

/* "%{INBOX}": the UIDVALIDITY of a mailbox; "%{M+2}": the last mod-sequence at first, and two more.
 */
static void add_named(struct play *p, struct buf *b, struct slice l)
{
	for (size_t at; (at = slice_find(l, lit("%{"))) < l.len;) {
		struct slice name = slice_from(l, at + 2);

		name = slice_head(name, slice_chr(name, '}'));
		begin(p);
		buf_add(b, slice_head(l, at));
		buf_addf(b, "%llu", (unsigned long long)value_of(p, name));
		l = slice_from(l, at + 2 + name.len + 1);
	}
	buf_add(b, l);
}

static bool check_rest(struct play *p)
{
	flush(p);
	if (p->rig.out.len > 0)
		complain(p, "unexpected", buf_slice(&p->rig.out));
	return !p->failed;
}

static void directive(struct play *p, struct slice l)
{
	struct slice arg = slice_from(l, 3);

	if (l.len == 0 || l.p[0] == '#')
		return;
	/* what was said before must be asked for before something new is sent */
	if (l.p[0] == 'C' && p->pending.len == 0 && p->begun && p->rig.out.len > 0)
		complain(p, "unexpected", buf_slice(&p->rig.out));
	if (slice_starts(l, lit("C:"))) {
		buf_add(&p->pending, arg);
		buf_add(&p->pending, lit("\r\n"));
	} else if (slice_starts(l, lit("C< "))) {
		play_text_raw(&p->pending, arg);
	} else if (slice_starts(l, lit("C* "))) {
		play_text_long(&p->pending, arg);
	} else if (slice_starts(l, lit("S:"))) {
		expect(p, arg, false);
	} else if (slice_starts(l, lit("S~ "))) {
		expect(p, arg, true);
	} else if (slice_starts(l, lit("only "))) {
		p->skipped = slice_eq(slice_from(l, 5), lit("store")) != p->mode->store;
	} else if (slice_starts(l, lit("as "))) {
		p->fake->login = slice_eq(arg, lit("bert")) ? "bert" : "anna";
	} else if (slice_starts(l, lit("set "))) {
		set(p, slice_from(l, 4));
	} else if (slice_eq(l, lit("closed"))) {
		expect_quiet(p, NEED_CLOSE, "the end was");
	} else if (slice_eq(l, lit("open"))) {
		expect_quiet(p, NEED_INPUT, "more input was");
	} else if (slice_eq(l, lit("tls"))) {
		expect_quiet(p, NEED_TLS, "TLS was");
		if (p->mode->store)
			forum_set_secure(p->forum, NULL);
		rig_wake(&p->rig, WAKE_TLS);
	} else if (slice_starts(l, lit("other "))) {
		other(p, slice_from(l, 6));
	} else if (slice_eq(l, lit("full"))) {
		flush(p);
		rig_wake(&p->rig, WAKE_FULL);
	} else if (slice_eq(l, lit("shutdown"))) {
		flush(p);
		rig_wake(&p->rig, WAKE_SHUTDOWN);
	} else {
		complain(p, "unknown directive", l);
	}
}

/* ---- files ---- */

static bool play(const char *path, struct slice text, const struct mode *mode)
{
	struct play p = {.path = path, .mode = mode, .random = mode->seed};
	struct slice line;
	struct buf named;

	p.fake = fake_world();
	if (mode->store)
		world_build(&p.world, p.fake);
	p.plain_login = true;
	p.who = (struct forum_who){.source = "192.0.2.1", .plain_login = true};
	buf_init(&p.pending, FILE_MAX * 4);
	buf_init(&p.line, FILE_MAX);
	buf_init(&named, FILE_MAX);
	while (!p.failed && !p.skipped && slice_split(&text, '\n', &line)) {
		p.line_no++;
		buf_reset(&named);
		add_named(&p, &named, line);
		directive(&p, buf_slice(&named));
	}
	bool ok = p.skipped || check_rest(&p);
	end(&p);
	buf_fini(&p.pending);
	buf_fini(&p.line);
	buf_fini(&named);
	return ok;
}

static bool play_modes(const char *path, struct slice text, bool store)
{
	struct mode whole = {"whole", FEED_WHOLE, false, 1, store};
	struct mode bytes = {"bytes", FEED_BYTES, false, 1, store};

	if (!play(path, text, &whole) || !play(path, text, &bytes))
		return false;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct mode cuts = {"cuts", FEED_CUTS, false, seed * 7919, store};
		struct mode waits = {"waits", FEED_WHOLE, true, seed * 104729, store};
		struct mode both = {"waits and cuts", FEED_CUTS, true, seed * 1299709, store};

		if (!play(path, text, &cuts) || !play(path, text, &waits) ||
			!play(path, text, &both))
			return false;
	}
	return true;
}

static bool play_file(const char *path)
{
	struct buf text;

	buf_init(&text, FILE_MAX);
	if (!play_text_read(&text, path, FILE_MAX)) {
		buf_fini(&text);
		return false;
	}
	bool store = slice_find(slice_str(path), lit("script/http/")) == strlen(path);
	bool ok = play_modes(path, buf_slice(&text), false) &&
		  (!store || play_modes(path, buf_slice(&text), true));
	buf_fini(&text);
	return ok;
}

static bool play_dir(const char *dir, unsigned *n)
{
	struct dirent **names;
	bool ok = true;
	int n_names = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n_names; i++) {
		char path[4096];

		if (slice_ends(slice_str(names[i]->d_name), lit(".t"))) {
			snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
			ok &= play_file(path);
			++*n;
		}
		free(names[i]);
	}
	if (n_names >= 0)
		free(names);
	return ok;
}

static bool play_protocol(const char *name, unsigned *n)
{
	const char *src = getenv("srcdir");
	unsigned before = *n;
	char dir[4096];

	snprintf(dir, sizeof dir, "%s/tests/script/%s", src ? src : ".", name);
	return play_dir(dir, n) && *n > before;
}

int main(int argc, char **argv)
{
	unsigned n = 0;
	bool ok = true;

	log_set_level(LOG_LEVEL_ERROR);
	for (int i = 1; i < argc; i++) {
		ok &= slice_ends(slice_str(argv[i]), lit(".t")) ? play_file(argv[i])
								: play_dir(argv[i], &n);
	}
	if (argc < 2) {
		ok = play_protocol("nntp", &n) && play_protocol("smtp", &n) &&
		     play_protocol("imap", &n) && play_protocol("http", &n);
		printf("%u scripts\n", n);
	}
	return ok ? 0 : 1;
}
