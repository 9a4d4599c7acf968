/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds in memory, and what is asked of whom: cases, then neighbours at random. */
#include "proto/fed/fed_pull.h"

#include "tests/rig/unit.h"

enum { PEERS = 4, ENTRIES = 60, ROUNDS = 400, STEPS = 4000 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static struct fed_feeds feeds;
static struct fed_pull *pull;
static struct fed_feed *feed;

static struct fed_feed_name name_of(const char *epoch)
{
	char text[FED_FEED_NAME_LEN];
	struct fed_feed_name name;

	snprintf(text, sizeof text,
		"domahgkwvl6vrki4agdbc7aw6b pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka "
		"%s",
		epoch);
	assert_true(fed_feed_name_parse(slice_str(text), &name));
	return name;
}

static int setup(void **state)
{
	struct fed_feed_name name = name_of("7");

	(void)state;
	fed_feeds_init(&feeds);
	pull = fed_pull_new();
	feed = fed_feeds_make(&feeds, &name);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fed_pull_free(pull);
	fed_feeds_fini(&feeds);
	return 0;
}

static struct fed_link link_of(uint64_t n)
{
	return (struct fed_link){.n = n};
}

/* What the store does: entry n is here, the gap may be closed. */
static void stored(uint64_t n, bool stub)
{
	struct fed_link tip = link_of(feed->high);

	if (n == feed->high + 1)
		tip = link_of(fed_spans_free(&feed->ahead, n + 1) - 1);
	fed_feed_stored(&feeds, feed, n, &tip, stub);
}

static bool head(unsigned peer, uint64_t low, uint64_t high)
{
	struct fed_holding h = {.low = low, .high = high};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	bool news = fed_pull_head(pull, feed, peer, &h);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
	return news;
}

static uint64_t next(unsigned peer, int64_t now_at)
{
	struct fed_ask ask;

	return fed_pull_next(pull, peer, now_at, &ask) ? ask.n : 0;
}

/* ---- cases ---- */

static void test_names(void **state)
{
	static const char *const bad[] = {"", "7 ", "07", "7~", "7~abc", "x"};
	struct fed_feed_name name = name_of("7~AAAAAAAA");
	char text[FED_FEED_NAME_LEN];

	(void)state;
	fed_feed_name_text(&name, text);
	assert_slice(slice_from(slice_str(text), 80), "7~AAAAAAAA");
	for (size_t i = 0; i < array_len(bad); i++) {
		snprintf(text + 80, sizeof text - 80, "%s", bad[i]);
		assert_false(fed_feed_name_parse(slice_str(text), &name));
	}
}

static void test_change_order(void **state)
{
	struct fed_feed_name other_name = name_of("8");
	struct fed_feed *other = fed_feeds_make(&feeds, &other_name);
	uint64_t before = feeds.n_changes;

	(void)state;
	assert_ptr_equal(fed_feeds_make(&feeds, &other_name), other);
	assert_true(other->changed > feed->changed);
	stored(1, false);
	assert_true(feed->changed > before);
	assert_ptr_equal(container_of(feeds.by_change.prev, struct fed_feed, node), feed);
	fed_feeds_drop(&feeds, other);
	assert_null(fed_feeds_get(&feeds, &other_name));
	assert_int_equal(feeds.n, 1);
}

static void test_pending(void **state)
{
	struct fed_link l;

	(void)state;
	for (uint64_t n = 1; n <= 4; n++) {
		l = link_of(n);
		fed_feed_pend(feed, &l);
	}
	assert_int_equal(fed_feed_link(feed, 4)->n, 4);
	assert_int_equal(fed_feed_link(feed, 0)->n, 0);
	assert_null(fed_feed_link(feed, 5));
	stored(1, false);
	fed_feed_failed(feed, 3); /* 4 was checked against it */
	assert_non_null(fed_feed_link(feed, 2));
	assert_null(fed_feed_link(feed, 3));
	assert_null(fed_feed_link(feed, 4));
	assert_true(fed_feed_has(feed, 1));
	assert_false(fed_feed_has(feed, 2));
}

static void test_one_at_a_time(void **state)
{
	(void)state;
	assert_true(head(0, 1, 3));
	assert_true(head(1, 1, 2));
	assert_int_equal(next(0, 0), 1);
	assert_int_equal(next(1, 0), 2);
	assert_int_equal(next(1, 0), 0);
	assert_int_equal(next(0, 0), 3);
	assert_int_equal(fed_pull_behind(pull), 3);
	fed_pull_end(pull, feed, 2, 0, FED_ASK_STORED, 0); /* not its own */
	stored(1, false);
	fed_pull_end(pull, feed, 1, 0, FED_ASK_STORED, 0);
	assert_int_equal(fed_pull_behind(pull), 2);
	assert_int_equal(fed_pull_behind_peer(pull, 1), 1);
	stored(2, false);
	fed_pull_end(pull, feed, 2, 1, FED_ASK_STORED, 0);
	stored(3, false);
	fed_pull_end(pull, feed, 3, 0, FED_ASK_STORED, 0);
	assert_false(fed_pull_wants(pull, feed));
	assert_false(head(0, 1, 3));
	assert_false(fed_pull_wants(pull, feed));
}

static bool head_of(unsigned peer, uint64_t high, char e)
{
	struct fed_holding h = {.low = 1, .high = high, .e = fed_hash_none};

	h.e.s[0] = e;
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	return fed_pull_head(pull, feed, peer, &h);
}

/* Two continuations: of one alone until that has nothing more, and then only when compared. */
static void test_lead(void **state)
{
	struct fed_ask ask;

	(void)state;
	head_of(0, 3, 'x');
	head_of(1, 4, 'y');
	head_of(2, 3, 'x');
	assert_int_equal(next(0, 0), 1);
	assert_int_equal(next(1, 0), 0);
	assert_int_equal(next(2, 0), 2);
	stored(2, false);
	fed_pull_end(pull, feed, 2, 2, FED_ASK_STORED, 0);
	assert_false(fed_pull_trusts(pull, feed, 2, 1)); /* our entry 2 might be of another */
	assert_true(fed_pull_sure(pull, feed, 2, 2));
	assert_true(fed_pull_trusts(pull, feed, 0, 1));
	assert_false(fed_pull_unsure(pull, 1, &ask));
	fed_pull_gone(pull, 0);
	fed_pull_gone(pull, 2);
	assert_int_equal(next(1, 0), 0);
	assert_true(fed_pull_unsure(pull, 1, &ask));
	assert_int_equal(ask.n, 2);
	assert_false(fed_pull_sure(pull, feed, 1, 2));
	assert_int_equal(next(1, 0), 1);
}

/* What it has is complete up to high, and from..to lies beyond a gap of its own. */
static void head_beyond(unsigned peer, uint64_t high, char e, uint64_t from, uint64_t to)
{
	struct fed_holding h = {.low = 1, .high = high, .e = fed_hash_none};

	h.e.s[0] = e;
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_spans_add(&h.ahead, from, to);
	assert_true(fed_pull_head(pull, feed, peer, &h));
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

/* Who leads has only what must wait: others are asked, and it is, when the time is over. */
static void test_lead_waits(void **state)
{
	(void)state;
	head_beyond(0, 1, 'x', 3, 3);
	assert_int_equal(next(0, 0), 1);
	head_of(1, 3, 'y');
	assert_int_equal(next(1, 0), 0);
	stored(1, false);
	assert_true(fed_pull_end(pull, feed, 1, 0, FED_ASK_STORED, 0)); /* all may be asked */
	assert_int_equal(next(0, 0), 0);
	assert_int_equal(next(1, 0), 2);
	fed_pull_gone(pull, 1);
	assert_true(fed_pull_tick(pull, 1));
	assert_int_equal(next(0, FED_GUESS_S - 1), 0);
	assert_int_equal(next(0, FED_GUESS_S), 3);
}

/* Two gaps: who has what lies between them can tell of the first, and not of the second. */
static void test_tells_of_one_gap(void **state)
{
	struct fed_ask ask;

	(void)state;
	stored(3, false);
	stored(7, false);
	head_of(0, 5, 'x');
	head_of(1, 7, 'y');
	assert_false(fed_pull_sure(pull, feed, 0, 3));
	assert_int_equal(next(0, 0), 1);
	assert_int_equal(next(0, 0), 2);
	assert_int_equal(next(0, 0), 0);
	assert_false(fed_pull_trusts(pull, feed, 0, 4));
	for (uint64_t n = 1; n <= 2; n++) {
		stored(n, false);
		fed_pull_end(pull, feed, n, 0, FED_ASK_STORED, 0);
	}
	assert_int_equal(next(0, 0), 0);
	assert_true(fed_pull_unsure(pull, 1, &ask)); /* it has 7: is that ours? */
	assert_int_equal(ask.n, 7);
	assert_false(fed_pull_sure(pull, feed, 1, 7));
	assert_int_equal(next(1, 0), 4);
}

/* What it has beyond a gap of its own is compared before more of that is taken, also by a guess. */
static void test_compared_beyond(void **state)
{
	struct fed_ask ask;

	(void)state;
	stored(1, false);
	stored(7, false);
	head_beyond(0, 1, 'x', 7, 8);
	assert_false(fed_pull_sure(pull, feed, 0, 1));
	assert_int_equal(next(0, 0), 0);
	assert_int_equal(next(0, FED_GUESS_S), 0);
	assert_false(fed_pull_trusts(pull, feed, 0, 8));
	assert_true(fed_pull_unsure(pull, 0, &ask));
	assert_int_equal(ask.n, 7);
	assert_false(fed_pull_sure(pull, feed, 0, 7));
	assert_int_equal(next(0, FED_GUESS_S), 8);
}

/* A branch behind all that is here; then something comes that lies beyond: is that of it? */
static void test_branch_next(void **state)
{
	struct fed_holding h = {.low = 2, .high = 2, .next = true};
	struct fed_ask ask;

	(void)state;
	stored(1, false);
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	assert_true(fed_pull_head(pull, feed, 0, &h));
	assert_true(fed_pull_trusts(pull, feed, 0, 2));
	stored(4, false);
	assert_false(fed_pull_trusts(pull, feed, 0, 2));
	assert_int_equal(next(0, 0), 0);
	h.next = false; /* it was seen to be */
	assert_true(fed_pull_head(pull, feed, 0, &h));
	assert_true(fed_pull_next(pull, 0, 0, &ask));
	assert_int_equal(ask.n, 2);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

/* Another gave something meanwhile: who leads is compared again. */
static void test_lead_again(void **state)
{
	struct fed_ask ask;

	(void)state;
	head_of(0, 9, 'x');
	assert_int_equal(next(0, 0), 1);
	stored(1, false);
	fed_pull_end(pull, feed, 1, 0, FED_ASK_STORED, 0);
	stored(7, false);
	assert_int_equal(next(0, 0), 0);
	assert_true(fed_pull_unsure(pull, 0, &ask));
	assert_int_equal(ask.n, 7);
	assert_false(fed_pull_sure(pull, feed, 0, 7));
	assert_int_equal(next(0, 0), 2);
}

/* docs/federation.md section 7.2: after 60 s, and after "not held", another is asked. */
static void test_silent(void **state)
{
	(void)state;
	head(0, 1, 1);
	head(1, 1, 1);
	assert_int_equal(next(0, 0), 1);
	assert_false(fed_pull_tick(pull, FED_ASK_S - 1));
	assert_int_equal(next(1, FED_ASK_S - 1), 0);
	assert_true(fed_pull_tick(pull, FED_ASK_S));
	assert_int_equal(next(0, FED_ASK_S), 0);
	assert_int_equal(next(1, FED_ASK_S), 1);
	fed_pull_end(pull, feed, 1, 1, FED_ASK_NOT_HELD, FED_ASK_S);
	assert_int_equal(next(0, FED_ASK_S), 0); /* nobody is left */
	assert_int_equal(next(0, FED_ASK_S + FED_RETRY_S), 1);
	fed_pull_gone(pull, 0);
	assert_int_equal(next(1, FED_ASK_S + FED_RETRY_S), 1);
	fed_pull_gone(pull, 1);
	assert_false(fed_pull_wants(pull, feed));
}

static void test_stub(void **state)
{
	struct fed_holding h = {.low = 1, .high = 1};

	(void)state;
	head(0, 1, 1);
	assert_int_equal(next(0, 0), 1);
	stored(1, true);
	fed_pull_end(pull, feed, 1, 0, FED_ASK_STUB, 0);
	assert_int_equal(next(0, 60), 0);
	assert_int_equal(next(0, FED_ABSENT_S), 1);
	fed_pull_gone(pull, 0);
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_spans_add(&h.stubs, 1, 1);
	assert_false(fed_pull_head(pull, feed, 1, &h)); /* it has no more than we have */
	assert_true(head(2, 1, 1));
	assert_int_equal(next(2, FED_ABSENT_S), 1);
	stored(1, false);
	fed_pull_end(pull, feed, 1, 2, FED_ASK_STORED, 0);
	assert_false(fed_pull_wants(pull, feed));
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

/* Who says that it has the content and has not is asked daily, for a month. */
static void test_stub_for_a_month(void **state)
{
	int64_t now = 100;
	int n = 1;

	(void)state;
	head(0, 1, 1);
	assert_int_equal(next(0, now), 1);
	stored(1, true);
	fed_pull_end(pull, feed, 1, 0, FED_ASK_STUB, now);
	while (now += FED_ABSENT_S, n < 100 && next(0, now) == 1) {
		assert_int_equal(next(0, now), 0);
		fed_pull_end(pull, feed, 1, 0, FED_ASK_STUB, now);
		n++;
	}
	assert_int_equal(n, FED_ABSENT_DAYS + 1);
	assert_false(fed_pull_offered(feed, 1));
	fed_pull_forgive(feed, 1); /* the admin wants it */
	assert_true(fed_pull_offered(feed, 1));
	assert_int_equal(next(0, now), 1);
}

/* What was here is lost: it is asked of who has it, also of who had lost it too and has it again.
 */
static void test_lost(void **state)
{
	struct fed_holding h = {.low = 1, .high = 2};

	(void)state;
	head(0, 1, 2);
	for (uint64_t n = 1; n <= 2; n++) {
		assert_int_equal(next(0, 0), n);
		stored(n, false);
		fed_pull_end(pull, feed, n, 0, FED_ASK_STORED, 0);
	}
	assert_false(fed_pull_wants(pull, feed));
	uint64_t changed = feed->changed;
	fed_feed_lose(&feeds, feed, 1);
	assert_true(feed->changed > changed); /* others are told */
	assert_false(fed_pull_offered(feed, 1));
	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_spans_add(&h.stubs, 1, 1);
	assert_false(fed_pull_head(pull, feed, 0, &h)); /* it has lost it too */
	assert_true(head(1, 1, 2));
	assert_true(fed_pull_offered(feed, 1));
	assert_int_equal(next(1, 0), 1);
	fed_pull_end(pull, feed, 1, 1, FED_ASK_STUB, 0); /* lost since it told */
	assert_int_equal(next(1, 60), 0);
	fed_feed_lose(&feeds, feed, 2);
	assert_true(fed_pull_head(pull, feed, 1, &h));
	assert_true(head(1, 1, 2)); /* it has it again */
	assert_int_equal(next(1, 61), 1);
	stored(1, false);
	fed_pull_end(pull, feed, 1, 1, FED_ASK_STORED, 61);
	assert_false(fed_spans_has(&feed->lost, 1));
	assert_true(fed_spans_has(&feed->lost, 2));
	fed_feed_find(&feeds, feed, 2);
	assert_int_equal(fed_spans_count(&feed->stubs) + fed_spans_count(&feed->lost), 0);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

static void test_bounds(void **state)
{
	struct fed_ask ask;
	uint64_t n = 0;

	(void)state;
	feed->end = 50;
	head(0, 1, UINT64_MAX - 1);
	while (fed_pull_next(pull, 0, 0, &ask))
		assert_int_equal(ask.n, ++n);
	assert_int_equal(n, 50);
	feed->end = UINT64_MAX;
	fed_pull_drop(pull, feed);
	fed_spans_add(&feed->ahead, 2, FED_AHEAD_MAX + 1);
	head(0, 1, UINT64_MAX - 1);
	assert_int_equal(next(0, 0), 1); /* the gap, and nothing beyond it */
	assert_int_equal(next(0, 0), 0);
}

/* ---- neighbours at random ---- */

struct peer {
	bool has[ENTRIES + 1];
	uint64_t asked; /* 0: nothing */
};

static void say_head(const struct peer *p, unsigned i)
{
	struct fed_holding h = {.low = 1};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	while (h.high < ENTRIES && p->has[h.high + 1])
		h.high++;
	for (uint64_t n = h.high + 1; n <= ENTRIES; n++)
		if (p->has[n])
			fed_spans_add(&h.ahead, n, n);
	fed_pull_head(pull, feed, i, &h);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

static void ask_one(struct peer *peers, unsigned i, int64_t now)
{
	struct fed_ask ask;

	if (peers[i].asked != 0 || !fed_pull_next(pull, i, now, &ask))
		return;
	assert_true(ask.n >= 1 && ask.n <= ENTRIES && peers[i].has[ask.n]);
	assert_false(fed_feed_has(feed, ask.n));
	for (unsigned k = 0; k < PEERS; k++)
		assert_true(peers[k].asked != ask.n);
	peers[i].asked = ask.n;
}

static void answer_one(struct peer *peers, unsigned i, int64_t now)
{
	uint64_t n = peers[i].asked;

	peers[i].asked = 0;
	if (n == 0)
		return;
	switch (draw(8)) {
	case 0:
		fed_pull_end(pull, feed, n, i, FED_ASK_NOT_HELD, now);
		break;
	case 1:
		fed_pull_end(pull, feed, n, i, FED_ASK_LATER, now);
		break;
	case 2:
		fed_pull_gone(pull, i);
		say_head(&peers[i], i);
		break;
	default:
		stored(n, false);
		fed_pull_end(pull, feed, n, i, FED_ASK_STORED, now);
		break;
	}
}

static bool all_here(const struct peer *peers)
{
	for (uint64_t n = 1; n <= ENTRIES; n++)
		for (unsigned i = 0; i < PEERS; i++)
			if (peers[i].has[n] && !fed_feed_has(feed, n))
				return false;
	return true;
}

/* In the end we have whatever anybody has, and nothing is asked any more. */
static void test_random(void **state)
{
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct peer peers[PEERS] = {0};
		int64_t now = 0;

		seed = round;
		setup(state);
		for (unsigned i = 0; i < PEERS; i++) {
			for (uint64_t n = 1; n <= ENTRIES; n++)
				peers[i].has[n] = draw(4) > 0;
			say_head(&peers[i], i);
		}
		for (unsigned step = 0; step < STEPS && fed_pull_wants(pull, feed); step++) {
			unsigned i = draw(PEERS);

			if (draw(2) == 0)
				ask_one(peers, i, now);
			else
				answer_one(peers, i, now);
			now += draw(10);
		}
		assert_true(all_here(peers));
		assert_false(fed_pull_wants(pull, feed));
		teardown(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lead_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tells_of_one_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_compared_beyond, setup, teardown),
		cmocka_unit_test_setup_teardown(test_branch_next, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lead_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stub, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stub_for_a_month, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
