/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bits flip in the database, anywhere: row 69 of the faults.  All that a whole store shows is
 * collected as facts.  Then bits are flipped in copies of it, one at first and a thousand in the
 * end, and a process of its own opens what is left, shows all of it, and asks store_check.
 *
 * It may refuse, and not show some of it; each thing that it shows must be one of the facts, and
 * when any is not shown store_check must have found why.  It may end too: the engine has no sums of
 * its own pages, so that a flipped bit in the head of one can lead it anywhere.
 *
 *   bitflips [ROUNDS [SEED]]   (100 rounds, 20 with KOKO_LEVEL=fast in the environment)
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "storage/store_fed.h"
#include "tests/rig/level.h"
#include "tests/rig/tmpdir.h"

enum {
	ROUNDS = 100,
	ROUNDS_FAST = 20,
	PLACES = 1000, /* that are changed, in the last round */
	LIMIT_S = 60,
	N_ARTICLES = 200,
	N_MAILS = 60,
	N_GROUPS = 4,
	N_ACCOUNTS = 4,
	N_RECORDS = 12,
	TEXT = 4096,
	RECORD = 60 * 1000, /* more than one piece */
	FACT = 128 * 1024,
	PATH_MAX_LEN = TMPDIR_PATH + 32,
	MIDS = 16, /* bytes of a Message-ID here */
};

enum outcome { WHOLE, PART, REFUSED, ENDED, N_OUTCOMES };

/* How the process that reads ends otherwise. */
enum { WRONG = 20, UNFOUND, SANITIZER = 99 };

static char dir[TMPDIR_PATH];
static uint32_t groups[N_GROUPS], accounts[N_ACCOUNTS];

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bitflips: %s\n", what);
	exit(1);
}

static unsigned n_flips; /* in which a bit is flipped, this round */
static bool remade;      /* a state or a feed was damaged, and is made of what can be read */

static void on_log(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	remade |= slice_starts(line, lit("store.recounted")) ||
		  slice_starts(line, lit("store.feed_recounted"));
}

/* What the engine does on pages that are none is not ours; all else that a sanitizer finds is. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the sanitizer's name */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:handle_abort=0:detect_leaks=0:exitcode=99";
}

/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* ---- a store that has something in every table ---- */

static uint32_t id;
static struct store *fresh;

static void on_id(void *arg, const struct store_result *res)
{
	(void)arg;
	must(res->rc == 0, kerr_name(res->rc));
	id = res->id;
}

static const struct store_call call = {.done = on_id, .actor = "anna"};

static uint32_t ran(int rc)
{
	must(rc == 0, "a job is refused");
	store_run(fresh);
	return id;
}

/* Text n; every fifth is longer than a page. */
static struct slice text_of(unsigned n, char room[TEXT])
{
	int len = snprintf(room, TEXT, "Subject: %u\r\n\r\n", n);

	for (unsigned i = 0; i < (n % 5 == 0 ? 3000u : 200u); i++)
		room[len++] = (char)('a' + (n * 31 + i * i / 7) % 26);
	return slice_of(room, (size_t)len);
}

static void put_groups_and_people(void)
{
	for (unsigned i = 0; i < N_GROUPS; i++) {
		struct group_rec g = {.kind = GROUP_FORUM,
			.cls = i % 2 ? CLASS_CLOSED : CLASS_PUBLIC,
			.posting = POSTING_MEMBERS};

		snprintf(g.name, sizeof g.name, "koko.test%u", i);
		snprintf(g.title, sizeof g.title, "title %u", i);
		groups[i] = ran(store_group_put(fresh, &g, &call));
	}
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		struct account a = {.state = ACCOUNT_ACTIVE, .n_addresses = 1};

		snprintf(a.login, sizeof a.login, "login%u", i);
		snprintf(a.name, sizeof a.name, "Name %u", i);
		snprintf(a.hash, sizeof a.hash, "$y$hash%u", i);
		snprintf(a.addresses[0], sizeof a.addresses[0], "a%u@x.example", i);
		accounts[i] = ran(store_account_put(fresh, &a, &call));
		ran(store_member_put(
			fresh, groups[i], accounts[i], (enum role)(ROLE_READER + i), &call));
		ran(store_boxes_start(fresh, accounts[i], 1795309201, &call));
		ran(store_keyword_add(fresh, accounts[i], lit("$Forwarded"), &call));
		ran(store_subscribe(fresh, accounts[i], lit("INBOX"), true, &call));
	}
}

static void put_articles(void)
{
	for (unsigned n = 1; n <= N_ARTICLES; n++) {
		uint32_t places[] = {groups[n % N_GROUPS], groups[(n + 1) % N_GROUPS]};
		struct store_entry e = {.feed = n % 2 ? lit("feed one") : lit("feed two"),
			.n = (n + 1) / 2,
			.kind = ENTRY_ARTICLE,
			.sign = lit("signed"),
			.note = lit("note"),
			.path = lit("a!b!not-for-mail")};
		struct store_head heads[] = {
			{lit("List-Id: <x>\r\n"), 14, false},
                        {lit("List-Id: <y>\r\n"), 14, false}
                };
		char mid[MIDS], old[MIDS], over[64], room[TEXT];

		memset(e.hash, (int)n, sizeof e.hash);
		snprintf(mid, sizeof mid, "<%u@x>", n);
		snprintf(old, sizeof old, "<%u@old>", n);
		snprintf(over, sizeof over, "s%u\t\t\t%s\t", n, mid);
		struct store_post p = {.mid = slice_str(mid),
			.article = text_of(n, room),
			.overview = slice_str(over),
			.structure = n % 3 ? slice_str(over) : lit(""),
			.lines = n,
			.arrived_at = 1795309201 + (int64_t)n * 600,
			.groups = places,
			.n_groups = 1 + (n % 7 == 0),
			.heads = n % 2 ? heads : NULL,
			.alias_account = accounts[0],
			.alias = slice_str(old),
			.entry = n % 4 ? &e : NULL};

		ran(store_post(fresh, &p, &call));
	}
}

/* As a mail program files them: no overview. */
static void put_mails(void)
{
	for (unsigned n = 1; n <= N_MAILS; n++) {
		char room[TEXT];
		struct store_append a = {.account = accounts[n % N_ACCOUNTS],
			.message = text_of(1000 + n, room),
			.lines = n,
			.flags = 1,
			.arrived_at = 1795309201,
			.saved_at = 1795309999};

		ran(store_append(fresh, &a, &call));
	}
}

static void put_records(void)
{
	static char text[RECORD];

	for (unsigned i = 0; i < N_RECORDS; i++) {
		memset(text, 'a' + (int)i, sizeof text);
		ran(store_record(fresh, RECORD_GROUP, i % 2 ? lit("koko.a") : lit("koko.b"),
			i / 2 + 1, slice_of(text, i % 3 ? 300 : sizeof text), &call));
	}
	for (unsigned i = 0; i < 3; i++) {
		struct peer_rec p = {.port = (uint16_t)(119 + i), .groups = "koko.*"};

		snprintf(p.name, sizeof p.name, "peer%u.example", i);
		ran(store_peer_put(fresh, &p, &call));
		ran(store_cursor_put(fresh, slice_str(p.name), i + 1, &call));
	}
}

static void fill(void)
{
	must(store_open(&(struct store_opts){.dir = dir, .manual = true}, &fresh, NULL) == 0,
		"no store can be made");
	put_groups_and_people();
	put_articles();
	put_mails();
	put_records();
	store_close(fresh);
}

/* ---- what a store shows ---- */

typedef void (*fact_fn)(void *arg, struct slice fact);

struct show {
	struct store *s;
	struct view *v;
	fact_fn fn;
	void *arg;
	struct buf line;
	const char *in; /* what is being listed */
	bool failed;    /* something could not be read */
};

static void tell(struct show *w)
{
	if (w->line.bad)
		must(false, "a fact is too long");
	w->fn(w->arg, buf_slice(&w->line));
	buf_reset(&w->line);
}

static void show_account(struct show *w, const struct account *a)
{
	buf_addf(&w->line, "account %u %d %u %" PRId64 " %s %s %s %s", a->id, (int)a->state,
		a->rights, a->created_at, a->login, a->name, a->hash, a->addresses[0]);
	tell(w);
}

static bool account_on(void *arg, const struct account *a)
{
	show_account(arg, a);
	return true;
}

static bool member_on(void *arg, uint32_t group, uint32_t account, enum role role)
{
	struct show *w = arg;

	buf_addf(&w->line, "member %u %u %d", group, account, (int)role);
	tell(w);
	return true;
}

static bool keyword_on(void *arg, unsigned i, struct slice name)
{
	struct show *w = arg;

	buf_addf(&w->line, "keyword %s %u %.*s", w->in, i, SLICE_ARG(name));
	tell(w);
	return true;
}

static void show_person(struct show *w, unsigned i)
{
	struct account a;
	char name[64];
	enum role role;
	bool on;

	snprintf(name, sizeof name, "login%u", i);
	w->in = name;
	if (view_account_named(w->v, slice_str(name), &a) == 0) {
		buf_addf(&w->line, "named %s ", name);
		show_account(w, &a);
	}
	if (view_role(w->v, groups[i], accounts[i], &role) == 0)
		member_on(w, groups[i], accounts[i], role);
	if (view_subscribed(w->v, accounts[i], lit("INBOX"), &on) == 0) {
		buf_addf(&w->line, "subscribed %s %d", name, on);
		tell(w);
	}
	w->failed |= view_memberships(w->v, accounts[i], member_on, w) < 0;
	w->failed |= view_keywords(w->v, accounts[i], keyword_on, w) < 0;
}

static void show_group(struct show *w, const struct group_rec *g)
{
	buf_addf(&w->line, "group %u %u %d %d %d %d %u %" PRId64 " %s %s", g->id, g->owner,
		(int)g->kind, (int)g->cls, (int)g->posting, (int)g->reply, g->use, g->created_at,
		g->name, g->title);
	tell(w);
}

static void show_text(struct show *w, const char *of, uint64_t content)
{
	size_t before;

	buf_addf(&w->line, "text %s ", of);
	before = w->line.len;
	if (view_content_all(w->v, content, &w->line) == 0 && w->line.len > before)
		tell(w);
	buf_reset(&w->line);
}

static void show_row(struct show *w, const char *of, const struct row *r)
{
	buf_addf(&w->line, "row %s %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %u %u %d", of,
		r->seq, r->arrived_at, r->saved_at, r->bytes, r->lines, r->head_bytes,
		r->head_shapes);
	for (unsigned i = 0; i < r->n_places; i++)
		buf_addf(&w->line, " %u/%u", r->places[i].group, r->places[i].num);
	tell(w);
	if (r->overview.len > 0) {
		buf_addf(&w->line, "overview %s %.*s", of, SLICE_ARG(r->overview));
		tell(w);
	}
	if (r->structure.len > 0) {
		buf_addf(&w->line, "structure %s %.*s", of, SLICE_ARG(r->structure));
		tell(w);
	}
	buf_addf(&w->line, "head %s ", of);
	if (r->head != 0 && view_head(w->v, r->head, &w->line) == 0)
		tell(w);
	buf_reset(&w->line);
	show_text(w, of, r->content);
}

static bool row_on(void *arg, const struct row *r)
{
	struct show *w = arg;
	char of[64];

	snprintf(of, sizeof of, "%s %u/%u", w->in, r->group, r->num);
	show_row(w, of, r);
	return true;
}

static void show_rows(struct show *w, const struct group_rec *g)
{
	char in[STORE_BOX_MAX + 16];
	struct group_state st;
	struct row r;

	snprintf(in, sizeof in, "%u %s", g->owner, g->name);
	w->in = in;
	if (view_group_state(w->v, g->id, &st) == 0) {
		buf_addf(&w->line, "state %s %u %" PRIu64, in, st.count, st.bytes);
		tell(w);
	}
	int rc = view_rows(w->v, g->id, 1, UINT32_MAX - 1,
		(enum rows_flags)(ROWS_OVERVIEW | ROWS_STRUCTURE), row_on, w);
	w->failed |= rc < 0;
	for (uint32_t num = 1; num <= N_ARTICLES; num++)
		if (view_row(w->v, g->id, num, false, &r) == 0)
			row_on(w, &r);
}

static bool group_on(void *arg, const struct group_rec *g)
{
	show_group(arg, g);
	return true;
}

static void show_groups(struct show *w, uint32_t owner, const char *const *names, unsigned n)
{
	w->failed |= view_groups(w->v, owner, lit(""), group_on, w) < 0;
	for (unsigned i = 0; i < n; i++) {
		struct group_rec g;

		if (view_group_named(w->v, owner, slice_str(names[i]), &g) < 0)
			continue;
		buf_addf(&w->line, "named %u %s ", owner, names[i]);
		show_group(w, &g);
		show_rows(w, &g);
	}
}

static void show_mid(struct show *w, unsigned n)
{
	char mid[MIDS], old[MIDS];
	struct history h;
	struct entry_rec e;

	snprintf(mid, sizeof mid, "<%u@x>", n);
	snprintf(old, sizeof old, "<%u@old>", n);
	if (view_history(w->v, slice_str(mid), &h) == 0) {
		buf_addf(&w->line, "history %s %d %u %u %" PRIu64, mid, (int)h.state, h.n_places,
			h.feed, h.n);
		for (unsigned i = 0; i < h.n_places; i++)
			buf_addf(&w->line, " %u/%u", h.places[i].group, h.places[i].num);
		tell(w);
		show_text(w, mid, h.content);
	}
	if (view_entry_of(w->v, slice_str(mid), &e) == 0) {
		buf_addf(&w->line, "entry of %s %u %" PRIu64, mid, e.feed, e.n);
		tell(w);
	}
	buf_addf(&w->line, "alias %s ", old);
	if (view_alias(w->v, accounts[0], slice_str(old), &w->line) == 0)
		tell(w);
	buf_reset(&w->line);
}

static bool log_on(void *arg, const struct log_entry *e)
{
	struct show *w = arg;

	buf_addf(&w->line, "log %" PRIu64 " %d %d %u %u %u %" PRIu64 " %" PRId64, e->seq,
		(int)e->kind, e->first, e->group, e->num, e->account, e->content, e->at);
	tell(w);
	return true;
}

static bool feed_on(void *arg, const struct feed_rec *f)
{
	struct show *w = arg;

	buf_addf(&w->line, "feed %u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %02x %u", f->id, f->name,
		f->low, f->high, f->end, f->tip[0], f->n_note);
	tell(w);
	return true;
}

static bool entry_on(void *arg, const struct entry_rec *e)
{
	struct show *w = arg;

	if (e->damaged)
		return true;
	buf_addf(&w->line, "entry %u %" PRIu64 " %d %u %" PRIu64 " %u/%u %.*s %.*s ", e->feed, e->n,
		(int)e->kind, e->absent, e->content, e->place.group, e->place.num,
		SLICE_ARG(e->sign), SLICE_ARG(e->note));
	buf_add(&w->line, slice_of(e->hash, sizeof e->hash));
	tell(w);
	return true;
}

static bool record_on(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	struct show *w = arg;

	buf_addf(&w->line, "record %d %.*s %" PRIu64 " ", (int)type, SLICE_ARG(key), serial);
	buf_add(&w->line, text);
	tell(w);
	return true;
}

static bool peer_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	struct show *w = arg;

	buf_addf(&w->line, "peer %s %u %s %" PRIu64, p->name, p->port, p->groups, cursor);
	tell(w);
	return true;
}

static bool audit_on(void *arg, const struct audit_entry *e)
{
	struct show *w = arg;

	buf_addf(&w->line, "audit %" PRIu64 " %.*s %.*s", e->seq, SLICE_ARG(e->actor),
		SLICE_ARG(e->what));
	tell(w);
	return true;
}

static void show_all(struct show *w)
{
	static const char *const shared[] = {
		"koko.test0", "koko.test1", "koko.test2", "koko.test3"};
	static const char *const boxes[] = {"INBOX", "Sent", "Trash"};

	w->failed |= view_accounts(w->v, 0, account_on, w) < 0;
	show_groups(w, 0, shared, array_len(shared));
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		show_person(w, i);
		show_groups(w, accounts[i], boxes, array_len(boxes));
	}
	for (unsigned n = 1; n <= N_ARTICLES; n++)
		show_mid(w, n);
	w->failed |= view_log(w->v, 0, log_on, w) < 0;
	w->failed |= view_feeds(w->v, 0, feed_on, w) < 0;
	w->failed |= view_entries_after(w->v, 0, 0, entry_on, w) < 0;
	w->failed |= view_records(w->v, record_on, w) < 0;
	w->failed |= view_peers(w->v, peer_on, w) < 0;
	w->failed |= view_audit(w->v, 0, audit_on, w) < 0;
}

/* ---- facts ---- */

struct facts {
	struct arena arena;
	struct vec v;   /* struct slice, sorted in the end */
	size_t n_shown; /* of another store */
	bool *seen;
	size_t n_seen;
};

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void learn(void *arg, struct slice fact)
{
	struct facts *f = arg;

	*(struct slice *)vec_push(&f->v) = arena_dup(&f->arena, fact);
}

static void sort_facts(struct facts *f)
{
	struct slice *all = vec_at(&f->v, 0);
	size_t n = 1;

	qsort(all, f->v.n, sizeof *all, by_bytes);
	for (size_t i = 1; i < f->v.n; i++)
		if (!slice_eq(all[i], all[n - 1]))
			all[n++] = all[i];
	f->v.n = n;
	f->seen = mem_array(n, sizeof *f->seen);
}

/*
 * What is made of rows is right when they are: not where others of them have flipped too.  The fact
 * is missing then, so the check must tell.
 */
static bool is_made_of_less(struct slice fact)
{
	return remade && n_flips > 1 &&
	       (slice_starts(fact, lit("state ")) || slice_starts(fact, lit("feed ")));
}

static void compare(void *arg, struct slice fact)
{
	struct facts *f = arg;
	struct slice *all = vec_at(&f->v, 0);
	struct slice *hit = bsearch(&fact, all, f->v.n, sizeof *all, by_bytes);

	if (!hit && is_made_of_less(fact))
		return;
	if (!hit) {
		fprintf(stderr, "bitflips: shown, and not so: %.*s\n",
			(int)(fact.len < 300 ? fact.len : 300), fact.p);
		_exit(WRONG);
	}
	f->n_seen += !f->seen[hit - all];
	f->seen[hit - all] = true;
}

static int show_store(fact_fn fn, void *arg, struct store *s, bool *failed_out)
{
	struct show w = {.s = s, .fn = fn, .arg = arg};
	int rc = view_open(s, &w.v);

	if (rc < 0)
		return rc;
	buf_init(&w.line, FACT);
	show_all(&w);
	buf_fini(&w.line);
	view_close(w.v);
	*failed_out = w.failed;
	return 0;
}

/* ---- copies with flipped bits ---- */

static void load(const char *name, struct buf *out)
{
	char path[PATH_MAX_LEN], block[4096];
	size_t n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "re");
	must(f != NULL, "a file cannot be read");
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, slice_of(block, n));
	fclose(f);
}

static void save(const char *name, struct slice bytes)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	must(f != NULL && fwrite(bytes.p, 1, bytes.len, f) == bytes.len && fclose(f) == 0,
		"a file cannot be written");
}

/* In the child. */
static int read_all(struct facts *f)
{
	struct check_report report;
	struct err err = {""};
	struct store *s;
	bool failed = false;

	alarm(LIMIT_S);
	if (store_open(&(struct store_opts){.dir = dir, .manual = true}, &s, &err) < 0)
		return err.text[0] != '\0' ? REFUSED : UNFOUND;
	if (show_store(compare, f, s, &failed) < 0)
		return REFUSED;
	int rc = store_check(s, &report);
	if (f->n_seen == f->v.n && !failed)
		return WHOLE;
	return rc < 0 || report.n_faults > 0 ? PART : UNFOUND;
}

static enum outcome try(struct facts *f)
{
	int status = 0;
	pid_t child = fork();

	must(child >= 0, "no process");
	if (child == 0)
		_exit(read_all(f));
	must(waitpid(child, &status, 0) == child, "the process is gone");
	if (!WIFEXITED(status)) {
		must(WTERMSIG(status) != SIGALRM, "it hangs");
		return ENDED;
	}
	must(WEXITSTATUS(status) != WRONG, "something else was shown");
	must(WEXITSTATUS(status) != UNFOUND, "something is not shown, and nobody says why");
	must(WEXITSTATUS(status) != SANITIZER, "memory was misused");
	must(WEXITSTATUS(status) < N_OUTCOMES, "it ended otherwise");
	return (enum outcome)WEXITSTATUS(status);
}

/* Half of the rounds flip one bit; then they grow. */
static unsigned places_of(unsigned round, unsigned rounds)
{
	unsigned behind = round > rounds / 2 ? round - rounds / 2 : 0, half = rounds - rounds / 2;

	return behind == 0 ? 1 : 1 + (PLACES - 1) * behind * behind / (half * half);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1          ? (unsigned)strtoul(argv[1], NULL, 10)
			  : level_is_fast() ? ROUNDS_FAST
					    : ROUNDS;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)time(NULL);
	unsigned n[N_OUTCOMES] = {0};
	struct buf data, generation, bad;
	struct facts f = {.n_seen = 0};
	struct store *s;
	bool failed;

	printf("bitflips: seed %u\n", seed);
	fflush(stdout);
	crypto_ossl_install();
	log_set_sink(on_log, NULL);
	srandom(seed);
	tmpdir_make(dir);
	fill();
	arena_init(&f.arena);
	vec_init(&f.v, sizeof(struct slice));
	must(store_open(&(struct store_opts){.dir = dir, .manual = true}, &s, NULL) == 0 &&
			show_store(learn, &f, s, &failed) == 0 && !failed,
		"the whole store cannot be read");
	store_close(s);
	sort_facts(&f);
	buf_init(&data, SIZE_MAX);
	buf_init(&generation, SIZE_MAX);
	buf_init(&bad, SIZE_MAX);
	load("data.mdb", &data);
	load("generation", &generation);
	for (unsigned i = 0; i < rounds; i++) {
		n_flips = places_of(i + 1, rounds);
		buf_reset(&bad);
		buf_add(&bad, buf_slice(&data));
		for (unsigned j = 0; j < n_flips; j++)
			bad.data[(size_t)random() % bad.len] ^= (char)(1 << random() % 8);
		save("data.mdb", buf_slice(&bad));
		save("generation", buf_slice(&generation));
		n[try(&f)]++;
	}
	printf("bitflips: %zu facts, %zu bytes: %u rounds whole, %u in part, %u refused, %u ended; "
	       "never anything else\n",
		f.v.n, data.len, n[WHOLE], n[PART], n[REFUSED], n[ENDED]);
	buf_fini(&data);
	buf_fini(&generation);
	buf_fini(&bad);
	vec_fini(&f.v);
	arena_fini(&f.arena);
	free(f.seen);
	tmpdir_remove(dir);
	return n[PART] == 0; /* one flipped bit is no reason not to serve the rest */
}
