/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was acknowledged survives a power cut.
 *
 * A store is filled by a workload of chance while every write and sync is logged, together with
 * each acknowledgement.  Then, for every place in the log, the disk is built as it may be found
 * after a cut there, with none, all and some of the writes that were not synced; the store is
 * opened on it, and must hold what was acknowledged before that place: the article with its bytes
 * under its number, a cancelled one gone, none twice, a clean check, and no number given again.
 * A mail stands in its group and in the INBOX it goes to, once each, or in neither.
 *
 * Then the same with a disk that lies about syncs: that must be noticed, or the test is blind.
 *
 * powercut [SEED [EVERY]]   EVERY: only each n-th place, beginning by the seed (default 2; 6 with
 *                           KOKO_LEVEL=fast in the environment)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "storage/keyfile.h"
#include "storage/store_priv.h"
#include "tests/crash/disk.h"
#include "tests/rig/level.h"
#include "tests/rig/tmpdir.h"

enum {
	CUT_GROUPS = 3,
	CUT_ACCOUNT = 1, /* the first id */
	CUT_ARTICLES = 200,
	CUT_ROUNDS = 40,       /* batches */
	CUT_BATCH = 8,         /* at most so many jobs */
	CUT_MAP = 16 << 20,    /* bytes; the file stays small */
	CUT_LYING = 150,       /* cuts tried on the disk that lies */
	CUT_BIG = 300 * 1024,  /* an article that goes ahead in pieces */
	CUT_FIRST_SLOT = 3060, /* so that a block of keys is added under way */
	CUT_LIMIT_S = 120,
};

enum fate { FATE_UNKNOWN, FATE_STANDS, FATE_GONE };

struct article {
	bool posted, asked_cancel;
	bool mail; /* delivered to an INBOX too */
	uint32_t seed;
	size_t len;
	uint32_t group, num;
};

static struct article articles[CUT_ARTICLES];
static unsigned n_articles;
static uint32_t groups[CUT_GROUPS];
static uint64_t rng;
static char dir[TMPDIR_PATH];

/* A mark is (kind, article). */
enum mark { MARK_POSTED, MARK_CANCELLED, MARK_GROUP };

static unsigned roll(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)((rng >> 11) % n);
}

static void make_mid(unsigned i, char mid[32])
{
	snprintf(mid, 32, "<%u@cut>", i);
}

static void make_text(const struct article *a, struct buf *b)
{
	uint32_t seed = a->seed;

	buf_reset(b);
	while (b->len < a->len) {
		seed = seed * 1103515245u + 12345u;
		buf_addc(b, (char)(' ' + (seed >> 16) % 64));
	}
}

/* ---- the workload ---- */

static void group_answered(void *arg, const struct store_result *res)
{
	groups[(uintptr_t)arg] = res->id;
	writelog_mark((uint64_t)MARK_GROUP << 32 | (uintptr_t)arg);
}

static void post_answered(void *arg, const struct store_result *res)
{
	struct article *a = &articles[(uintptr_t)arg];

	if (res->rc < 0)
		exit(1);
	a->group = res->places[0].group;
	a->num = res->places[0].num;
	writelog_mark((uint64_t)MARK_POSTED << 32 | (uintptr_t)arg);
}

static void cancel_answered(void *arg, const struct store_result *res)
{
	if (res->rc < 0)
		exit(1);
	writelog_mark((uint64_t)MARK_CANCELLED << 32 | (uintptr_t)arg);
}

static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "powercut: %s: %s\n", what, kerr_name(rc));
	exit(1);
}

/* To its groups, and as a mail of one line to the only account. */
static int deliver(
	struct store *s, const struct store_post *p, const char *mid, const struct store_call *c)
{
	static const uint32_t account = CUT_ACCOUNT;

	return store_deliver(s,
		&(struct store_deliver){
			.article = p,
			.mail = &(struct store_append){.message = slice_str(mid), .saved_at = 1},
			.accounts = &account,
			.n_accounts = 1,
        },
		c);
}

static void post_one(struct store *s, struct buf *text)
{
	uintptr_t i = n_articles++;
	struct article *a = &articles[i];
	struct store_call c = {.done = post_answered, .arg = (void *)i};
	uint32_t where[2] = {groups[roll(CUT_GROUPS)], groups[roll(CUT_GROUPS)]};
	char mid[32];

	a->posted = true;
	a->seed = roll(1u << 30);
	a->len = roll(40) == 0 ? CUT_BIG : 100 + roll(9000);
	make_text(a, text);
	make_mid((unsigned)i, mid);
	struct store_post p = {.mid = slice_str(mid),
		.article = buf_slice(text),
		.overview = lit("subject\tfrom\tdate\t<m>\t"),
		.arrived_at = 1700000000 + (int64_t)i * 600,
		.groups = where,
		.n_groups = 1 + roll(2)};
	a->mail = roll(3) == 0;
	must(a->mail ? deliver(s, &p, mid, &c) : store_post(s, &p, &c), "store_post");
}

/* Cancel an article of an earlier batch. */
static void cancel_one(struct store *s, unsigned known)
{
	uintptr_t i = roll(known);
	struct store_call c = {.done = cancel_answered, .arg = (void *)i};
	char mid[32];

	if (articles[i].asked_cancel)
		return;
	articles[i].asked_cancel = true;
	make_mid((unsigned)i, mid);
	must(store_cancel(s, slice_str(mid), &c), "store_cancel");
}

static void one_batch(struct store *s, struct buf *text)
{
	unsigned n = 1 + roll(CUT_BATCH), known = n_articles;

	for (unsigned k = 0; k < n && n_articles < CUT_ARTICLES; k++) {
		if (known > 0 && roll(6) == 0)
			cancel_one(s, known);
		else if (roll(10) == 0)
			must(store_marks_change(
				     s, 1, groups[roll(CUT_GROUPS)], 1, lit("1-50"), roll(2), NULL),
				"store_marks_change");
		else
			post_one(s, text);
	}
	while (store_run(s) > 0)
		;
}

static struct store *open_store(const char *where, struct err *err)
{
	struct store_opts o = {.dir = where, .map_size = CUT_MAP, .manual = true};
	struct store *s;

	if (store_open(&o, &s, err) < 0)
		return NULL;
	store_set_watermarks(s, 0, 0);
	return s;
}

static void make_groups(struct store *s)
{
	static const struct account anna = {.login = "anna", .state = ACCOUNT_ACTIVE};

	must(store_account_put(s, &anna, NULL), "store_account_put");
	for (uintptr_t i = 0; i < CUT_GROUPS; i++) {
		struct group_rec g = {.kind = GROUP_FORUM, .cls = CLASS_PUBLIC};
		struct store_call c = {.done = group_answered, .arg = (void *)i};

		snprintf(g.name, sizeof g.name, "cut.g%u", (unsigned)i);
		must(store_group_put(s, &g, &c), "store_group_put");
	}
	while (store_run(s) > 0)
		;
}

/* Fill the store, with a clean stop and a new start in the middle. */
static void record(void)
{
	struct err err;
	struct buf text;
	struct store *s;

	buf_init(&text, CUT_BIG + 1);
	writelog_start(dir);
	for (int half = 0; half < 2; half++) {
		s = open_store(dir, &err);
		if (!s) {
			fprintf(stderr, "powercut: %s\n", err.text);
			exit(1);
		}
		if (half == 0) {
			make_groups(s);
			keyfile_set_next(s->keys, CUT_FIRST_SLOT);
		}
		for (int i = 0; i < CUT_ROUNDS / 2; i++)
			one_batch(s, &text);
		store_close(s);
	}
	writelog_stop();
	buf_fini(&text);
}

/* ---- what must hold after a cut ---- */

struct promise {
	enum fate fate[CUT_ARTICLES]; /* by the marks before the cut */
	uint32_t high[CUT_GROUPS];
	unsigned n_groups; /* acknowledged */
};

static void note_mark(struct promise *p, uint64_t mark)
{
	unsigned i = (unsigned)(mark & UINT32_MAX);

	switch ((enum mark)(mark >> 32)) {
	case MARK_POSTED:
		p->fate[i] = FATE_STANDS;
		for (unsigned g = 0; g < CUT_GROUPS; g++)
			if (groups[g] == articles[i].group && p->high[g] < articles[i].num)
				p->high[g] = articles[i].num;
		break;
	case MARK_CANCELLED:
		p->fate[i] = FATE_GONE;
		break;
	case MARK_GROUP:
		p->n_groups++;
		break;
	}
}

static bool bad(const char *what, unsigned i)
{
	fprintf(stderr, "powercut: article %u: %s\n", i, what);
	return false;
}

/* Under its number, with its bytes. */
static bool stands(struct view *v, unsigned i, const struct history *h, struct buf *room)
{
	const struct article *a = &articles[i];
	struct buf want;
	struct row r;

	if (view_row(v, a->group, a->num, true, &r) < 0 || r.content != h->content)
		return bad("not under its number", i);
	if (r.overview.len == 0)
		return bad("overview is gone", i);
	buf_reset(room);
	if (view_content_all(v, r.content, room) < 0)
		return bad("content does not open", i);
	buf_init(&want, a->len + 1);
	make_text(a, &want);
	bool same = slice_eq(buf_slice(&want), buf_slice(room));
	buf_fini(&want);
	return same || bad("other bytes", i);
}

/* An article whose cancel was asked for and not answered may be there or not. */
static bool holds(struct view *v, const struct promise *p, unsigned i, struct buf *room)
{
	struct history h;
	char mid[32];

	if (p->fate[i] == FATE_UNKNOWN)
		return true;
	make_mid(i, mid);
	if (view_history(v, slice_str(mid), &h) < 0)
		return bad("history has forgotten it", i);
	if (h.state == HISTORY_CANCELLED && articles[i].asked_cancel)
		return true;
	if (p->fate[i] == FATE_GONE)
		return bad("cancelled, and there", i);
	return stands(v, i, &h, room);
}

struct inbox_walk {
	struct view *v;
	struct buf room;
	unsigned times[CUT_ARTICLES]; /* that the mail stands there */
	bool ok;
};

static bool inbox_on(void *arg, const struct row *r)
{
	struct inbox_walk *w = arg;
	unsigned i = CUT_ARTICLES;

	buf_reset(&w->room);
	w->ok = view_content_all(w->v, r->content, &w->room) == 0 &&
		sscanf(buf_cstr(&w->room), "<%u@cut>", &i) == 1 && i < CUT_ARTICLES;
	if (w->ok)
		w->times[i]++;
	return w->ok || bad("not a mail", r->num);
}

/* All or nothing: whatever was acknowledged, a mail stands in INBOX if its article was taken. */
static bool mails_hold(struct view *v)
{
	struct inbox_walk w = {.v = v, .ok = true};
	struct group_rec g;

	buf_init(&w.room, 64);
	if (view_group_named(v, CUT_ACCOUNT, lit("INBOX"), &g) == 0)
		w.ok = view_rows(v, g.id, 1, UINT32_MAX, 0, inbox_on, &w) == 0 && w.ok;
	for (unsigned i = 0; w.ok && i < n_articles; i++) {
		struct history h;
		char mid[32];

		make_mid(i, mid);
		bool taken = view_history(v, slice_str(mid), &h) == 0;
		if (w.times[i] != (unsigned)(taken && articles[i].mail))
			w.ok = bad("INBOX and group differ", i);
	}
	buf_fini(&w.room);
	return w.ok;
}

static bool all_hold(struct store *s, const struct promise *p)
{
	struct view *v;
	struct buf room;
	bool ok = true;

	if (view_open(s, &v) < 0)
		return false;
	buf_init(&room, CUT_BIG + 1);
	for (unsigned i = 0; ok && i < n_articles; i++)
		ok = holds(v, p, i, &room);
	ok = ok && mails_hold(v);
	buf_fini(&room);
	view_close(v);
	return ok;
}

static bool clean(struct store *s)
{
	struct check_report r;
	bool ok = store_check(s, &r) == 0 && r.n_faults == 0;

	if (!ok)
		fprintf(stderr, "powercut: check: %s\n", buf_cstr(&r.lines));
	buf_fini(&r.lines);
	return ok;
}

static void new_answered(void *arg, const struct store_result *res)
{
	*(struct store_result *)arg = *res;
}

/* The next article gets a number above all that were given. */
static bool goes_on(struct store *s, const struct promise *p)
{
	struct store_result res = {.rc = KERR_CLOSED};
	struct store_call c = {.done = new_answered, .arg = &res};
	struct store_post post = {.mid = lit("<new@cut>"),
		.article = lit("new\r\n"),
		.groups = &groups[0],
		.n_groups = 1};

	if (p->n_groups == 0)
		return true;
	if (store_post(s, &post, &c) < 0)
		return bad("the next one is refused", 0);
	store_run(s);
	return (res.rc == 0 && res.places[0].num > p->high[0]) || bad("number given again", 0);
}

static bool survives(const char *where, const struct promise *p)
{
	struct err err;
	struct store *s = open_store(where, &err);

	if (!s) {
		fprintf(stderr, "powercut: %s\n", err.text);
		return false;
	}
	bool ok = all_hold(s, p) && clean(s) && goes_on(s, p);
	store_close(s);
	return ok;
}

/* ---- the cuts ---- */

/* Every place, three ways; number of cuts tried, or -1 at the first that fails. */
static int cut_everywhere(const char *where, uint64_t seed, size_t every)
{
	struct promise *p = mem_new(struct promise);
	struct disk *d = disk_new(false);
	time_t begun = time(NULL);
	int n = 0;

	for (size_t i = 0; n >= 0 && i < writelog_n(); i++) {
		const struct wl_rec *r = writelog_at(i);
		for (int how = 0;
			(i + seed) % every == 0 && n >= 0 && r->kind != WL_MARK && how < 3;
			how++, n++) {
			disk_build(d, r, (enum survival)how, seed + i * 977, where);
			if (!survives(where, p)) {
				fprintf(stderr, "powercut: cut at %zu, way %d\n", i, how);
				n = -2;
			}
		}
		if (r->kind == WL_MARK)
			note_mark(p, r->mark);
		disk_apply(d, r);
		if (time(NULL) - begun > CUT_LIMIT_S) {
			fprintf(stderr, "powercut: stopped at %zu of %zu, %d s are over\n", i,
				writelog_n(), CUT_LIMIT_S);
			break;
		}
	}
	disk_free(d);
	free(p);
	return n;
}

/* In a process of its own: a store on such a disk may do anything. */
static bool survives_apart(const char *where, const struct promise *p)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		_exit(survives(where, p) ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		exit(1);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* How many of the cuts on a lying disk are noticed? */
static int cut_lying(const char *where, uint64_t seed)
{
	struct promise *p = mem_new(struct promise);
	struct disk *d = disk_new(true);
	size_t step = writelog_n() / CUT_LYING + 1;
	int noticed = 0;

	for (size_t i = 0; i < writelog_n(); i++) {
		const struct wl_rec *r = writelog_at(i);
		if (i % step == step - 1) {
			disk_build(d, NULL, SURVIVE_SOME, seed + i * 977, where);
			noticed += !survives_apart(where, p);
		}
		if (r->kind == WL_MARK)
			note_mark(p, r->mark);
		disk_apply(d, r);
	}
	disk_free(d);
	free(p);
	return noticed;
}

static void quiet(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	size_t every = argc > 2 ? strtoull(argv[2], NULL, 10) : level_is_fast() ? 12 : 2;
	char where[TMPDIR_PATH];

	if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1); /* the disk is our own: no need for a real one */
	rng = seed * 2654435761u + 1;
	printf("powercut: seed %" PRIu64 "\n", seed);
	crypto_ossl_install();
	log_set_sink(quiet, NULL);
	tmpdir_make(dir);
	tmpdir_make(where);
	record();
	printf("powercut: %u articles, %zu records\n", n_articles, writelog_n());
	fflush(stdout);
	int cuts = cut_everywhere(where, seed, every ? every : 1);
	int noticed = cuts > 0 ? cut_lying(where, seed) : 0;
	printf("powercut: %d cuts survived; on a disk that lies %d of %d noticed\n", cuts, noticed,
		CUT_LYING);
	tmpdir_remove(dir);
	tmpdir_remove(where);
	return cuts > 0 && noticed > 0 ? 0 : 1;
}
