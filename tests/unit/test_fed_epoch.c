/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the file beside the database says after a restart, and of a database that was put back. */
#include "tests/rig/unit.h"

#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/tmpdir.h"

enum { OLD_EPOCH = 1790000000, LINEAGE = 7 };

static char dir[TMPDIR_PATH];
static struct fed fed;
static struct fed_keys keys;
static struct fed_gid gid = {"aaaaaaaaaaaaaaaaaaaaaaaaaa"};

/* The daemon starts; what it has in memory is of the store and the file. */
static void start(uint64_t lineage)
{
	fed.past.lineage = lineage;
	fed.epoch_floor = fed.epoch_last = fed.epoch_run = 0;
	fed.forgot_at = 0;
	fed.n_drafts = 0;
	fed.restored = fed.remade = fed.forgot_damage = false;
	assert_true(fed_epoch_start(&fed));
}

/* The store has n drafts. */
static void have_drafts(size_t n)
{
	fed_papers_fini(&fed.papers);
	for (size_t i = 0; i < n; i++) {
		struct fed_kept_paper *p = mem_new(struct fed_kept_paper);

		p->on_disk = true;
		list_append(&fed.papers.all, &p->node);
		fed.papers.n++;
	}
}

/* The store has a record of ours. */
static void join(void)
{
	struct fed_reg_result res;
	struct err why = {.text = ""};
	struct arena ar;

	arena_init(&ar);
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a");
	assert_int_equal(fed_reg_give(fed.reg, rec->text, false, &res, &why), FED_REG_TAKEN);
	arena_fini(&ar);
}

/* ... and an entry. */
static void issue(uint64_t epoch)
{
	const struct fed_feed_name name = {.gid = gid, .oid = keys.oid, .epoch = {.n = epoch}};
	struct fed_feed *feed = fed_feeds_make(&fed.feeds, &name);

	feed->low = feed->high = 1;
}

static void write_file(const char *text)
{
	char path[TMPDIR_PATH + 16];
	FILE *f;

	snprintf(path, sizeof path, "%s/epochs", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	tmpdir_make(dir);
	keys.oid = fed_rig_oid('a');
	fed = (struct fed){.data = dir,
		.keys = &keys,
		.loop = loop_new(0),
		.reg = fed_reg_new(),
		.stopping = true};
	fed_feeds_init(&fed.feeds);
	fed_papers_init(&fed.papers);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_papers_fini(&fed.papers);
	fed_feeds_fini(&fed.feeds);
	fed_reg_free(fed.reg);
	loop_free(fed.loop);
	tmpdir_remove(dir);
	return 0;
}

/* Whoever joins the first time has forgotten nothing, whatever became of its store before. */
static void test_new(void **state)
{
	(void)state;
	start(LINEAGE);
	assert_false(fed.restored);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	join();
	start(LINEAGE);
	assert_false(fed.restored);
	assert_true(fed_epoch_own(&fed, &gid) >= (uint64_t)loop_now_at());
}

/* The database is of another time than the file: new epochs, no drafts for a month. */
static void test_put_back(void **state)
{
	(void)state;
	join();
	start(0);
	issue(OLD_EPOCH);
	start(LINEAGE);
	assert_true(fed.restored);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH + 1);
	int64_t until_at = fed_epoch_forgot_until(&fed);
	assert_int_equal(until_at, loop_now_at() + FED_PAPER_S);

	start(LINEAGE);
	assert_false(fed.restored);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH + 1);
	assert_int_equal(fed_epoch_forgot_until(&fed), until_at);
	fed.forgot_at -= FED_PAPER_S; /* that time has gone by */
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
}

static void test_vouched(void **state)
{
	(void)state;
	join();
	start(0);
	start(LINEAGE);
	assert_true(fed_epoch_forgot_until(&fed) > 0);
	assert_true(fed_epoch_vouched(&fed));
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	start(LINEAGE);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	fed.data = "/nonexistent";
	fed.forgot_at = loop_now_at();
	assert_false(fed_epoch_vouched(&fed));
	assert_true(fed_epoch_forgot_until(&fed) > 0);
	fed.data = dir;
}

/* A new disk: the file is gone with the old one. */
static void test_new_disk(void **state)
{
	(void)state;
	join();
	fed.past.put_back = true;
	start(LINEAGE);
	assert_true(fed.restored && fed_epoch_forgot_until(&fed) > 0);
}

/* There is no file, for nothing was issued yet; that the store was put back once is long ago. */
static void test_no_file(void **state)
{
	(void)state;
	join();
	start(LINEAGE);
	assert_false(fed.restored);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	assert_int_equal(fed.epoch_floor, 0);
}

/* ... but something was: it is gone, and what it said nobody knows. */
static void test_lost_file(void **state)
{
	(void)state;
	join();
	issue(OLD_EPOCH);
	start(LINEAGE);
	assert_true(fed.restored && fed_epoch_forgot_until(&fed) > 0);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH + 1);
}

/* A damaged feed was made anew: another epoch, and drafts as before. */
static void test_remade(void **state)
{
	(void)state;
	join();
	issue(OLD_EPOCH);
	write_file("koko-epochs 7 1 1790000000 0 3 0 0 0\n");
	have_drafts(2);
	fed_epoch_drafts(&fed);
	assert_int_equal(fed.n_drafts, 2);
	write_file("koko-epochs 7 1 1790000000 0 3 2 0 0\n");
	fed.past.remade = 4;
	start(LINEAGE);
	assert_true(fed.remade && !fed.restored);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH + 1);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	fed_epoch_leave(&fed, &gid); /* of what is left others may know more */
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	start(LINEAGE);
	assert_false(fed.remade);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH + 1);
}

/* A draft was lost as well, and it may be any: none is signed. */
static void test_lost_draft(void **state)
{
	(void)state;
	join();
	have_drafts(2);
	start(LINEAGE);
	have_drafts(1);
	start(LINEAGE);
	assert_true(fed_epoch_forgot_until(&fed) > 0 && fed.forgot_damage && !fed.restored);
	assert_true(fed_epoch_vouched(&fed));
	start(LINEAGE); /* that is known now */
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	have_drafts(0); /* taken away by its admin, the file first */
	fed_epoch_drafts(&fed);
	start(LINEAGE);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
}

/* Likewise where records are damaged, of which nobody knows what they said. */
static void test_damaged_record(void **state)
{
	(void)state;
	join();
	fed.n_damaged = 1;
	start(LINEAGE); /* it was so when the file was made */
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	fed.n_damaged = 2;
	start(LINEAGE);
	assert_true(fed_epoch_forgot_until(&fed) > 0 && fed.forgot_damage);
	fed.n_damaged = 1; /* it came again from others */
	assert_true(fed_epoch_vouched(&fed));
	start(LINEAGE);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
}

/* By a version that counted nothing: nobody knows what was lost with the feed. */
static void test_remade_older_file(void **state)
{
	(void)state;
	join();
	write_file("koko-epochs 7 1790000000 1790000005 0\n");
	fed.past.remade = 4;
	start(LINEAGE);
	assert_true(fed.remade && fed.forgot_damage && fed_epoch_forgot_until(&fed) > 0);
}

/* By a version that did not note it. */
static void test_older_file(void **state)
{
	(void)state;
	join();
	issue(OLD_EPOCH);
	write_file("koko-epochs 7 1790000000 1790000005\n");
	start(LINEAGE);
	assert_false(fed.restored);
	assert_int_equal(fed.epoch_floor, OLD_EPOCH);
	assert_int_equal(fed.epoch_last, OLD_EPOCH + 5);
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	assert_int_equal(fed_epoch_own(&fed, &gid), OLD_EPOCH);
}

/* The whole disk was put back, and the others tell: of an epoch that was in use until now. */
static void test_unnoticed(void **state)
{
	(void)state;
	join();
	write_file("koko-epochs 7 1790000000 1790000005 0\n");
	start(LINEAGE);
	issue(OLD_EPOCH - 1);
	fed_epoch_leave(&fed, &gid); /* left long ago */
	assert_int_equal(fed_epoch_forgot_until(&fed), 0);
	issue(OLD_EPOCH);
	fed_epoch_leave(&fed, &gid);
	assert_true(fed_epoch_forgot_until(&fed) > 0);
	assert_true(fed_epoch_own(&fed, &gid) > OLD_EPOCH + 5);
	start(LINEAGE);
	assert_true(fed_epoch_forgot_until(&fed) > 0);
}

/* ---- cuts of our own ---- */

#define H1 "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define CUT(epoch) "cut: @a " epoch " 5 " H1 "\n"

/* Records of the group with these lines of cuts, serials 1 .. n. */
static const struct fed_group *give_groups(struct arena *ar, const char *const *cuts, size_t n)
{
	const struct fed_record *rec = NULL;

	for (size_t i = 0; i < n; i++) {
		struct fed_reg_result res;
		struct err why = {.text = ""};
		char edits[512];

		snprintf(edits, sizeof edits, "state:|%sstate:", cuts[i]);
		rec = fed_rig_make(ar, fed_rig_group, edits, rec, "A");
		assert_int_equal(fed_reg_give(fed.reg, rec->text, true, &res, &why), FED_REG_TAKEN);
	}
	gid = rec->group.gid;
	return fed_reg_group(fed.reg, &gid);
}

/* We have an entry there, which names r; is it left? */
static bool is_left(const struct fed_group *g, uint64_t epoch, uint64_t r)
{
	const struct fed_feed_name name = {.gid = gid, .oid = keys.oid, .epoch = {.n = epoch}};

	fed_feeds_fini(&fed.feeds);
	fed_feeds_init(&fed.feeds);
	fed.epoch_floor = 0;
	issue(epoch);
	fed_feeds_get(&fed.feeds, &name)->tip.r = r;
	fed_epoch_behind(&fed, g);
	return fed.epoch_floor > epoch;
}

/* All cuts count, each exactly: one that was drawn later may lie before the others. */
static void test_cuts(void **state)
{
	static const char *const cuts[] = {"", CUT("200"), CUT("200") CUT("100")};
	const struct fed_group *g;
	struct arena ar;

	(void)state;
	arena_init(&ar);
	start(LINEAGE);
	g = give_groups(&ar, cuts, array_len(cuts));
	assert_true(is_left(g, 100, 3));
	assert_true(is_left(g, 150, 3));
	assert_true(is_left(g, 200, 3));
	assert_true(is_left(g, 300, 1));
	assert_true(is_left(g, 300, 2)); /* it knew of one */
	assert_false(is_left(g, 300, 3));
	assert_true(fed.epoch_floor == 201);

	/* one that is cut, whatever it names, and of which nothing is left */
	struct fed_feed *feed = fed_feeds_get(&fed.feeds,
		&(struct fed_feed_name){.gid = gid, .oid = keys.oid, .epoch = {.n = 300}});
	feed->end = feed->high = 0;
	fed_epoch_behind(&fed, g);
	assert_true(fed.epoch_floor == 301);
	arena_fini(&ar);
}

static void pass_over(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vouched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remade, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_draft, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remade_older_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_older_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unnoticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cuts, set_up, tear_down),
	};

	crypto_ossl_install();
	log_set_sink(pass_over, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
