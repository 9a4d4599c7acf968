/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store that has something in every table. */
#include "tests/crash/bitflips.h"

enum {
	TEXT = 4096,
	RECORD = 60 * 1000, /* more than one piece */
};

uint32_t flips_groups[N_GROUPS], flips_accounts[N_ACCOUNTS];

static uint32_t id;
static struct store *fresh;

static void on_id(void *arg, const struct store_result *res)
{
	(void)arg;
	flips_must(res->rc == 0, kerr_name(res->rc));
	id = res->id;
}

static const struct store_call call = {.done = on_id, .actor = "anna"};

static uint32_t ran(int rc)
{
	flips_must(rc == 0, "a job is refused");
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
		flips_groups[i] = ran(store_group_put(fresh, &g, &call));
	}
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		struct account a = {.state = ACCOUNT_ACTIVE, .n_addresses = 1};

		snprintf(a.login, sizeof a.login, "login%u", i);
		snprintf(a.name, sizeof a.name, "Name %u", i);
		snprintf(a.hash, sizeof a.hash, "$y$hash%u", i);
		snprintf(a.addresses[0], sizeof a.addresses[0], "a%u@x.example", i);
		flips_accounts[i] = ran(store_account_put(fresh, &a, &call));
		ran(store_member_put(fresh, flips_groups[i], flips_accounts[i],
			(enum role)(ROLE_READER + i), &call));
		ran(store_boxes_start(fresh, flips_accounts[i], 1795309201, &call));
		ran(store_keyword_add(fresh, flips_accounts[i], lit("$Forwarded"), &call));
		ran(store_subscribe(fresh, flips_accounts[i], lit("INBOX"), true, &call));
	}
}

static void put_articles(void)
{
	for (unsigned n = 1; n <= N_ARTICLES; n++) {
		uint32_t places[] = {flips_groups[n % N_GROUPS], flips_groups[(n + 1) % N_GROUPS]};
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
			.alias_account = flips_accounts[0],
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
		struct store_append a = {.account = flips_accounts[n % N_ACCOUNTS],
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

void flips_fill(void)
{
	flips_must(store_open(&(struct store_opts){.dir = flips_dir, .manual = true}, &fresh,
			   NULL) == 0,
		"no store can be made");
	put_groups_and_people();
	put_articles();
	put_mails();
	put_records();
	store_close(fresh);
}
