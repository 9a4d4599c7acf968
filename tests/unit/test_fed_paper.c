/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drafts: their form for a mail, wherever it is cut, and how far a record is that many sign. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_paper.h"
#include "proto/fed/fed_stand.h"
#include "tests/rig/fed_rig.h"

#define OPEN "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|"

static struct arena ar;
static struct fed_reg *reg;
static struct err why;
static const struct fed_record *fed1, *fed2, *group1, *group2, *daemon_c;

/* Three admins of whom two sign; d is a daemon as any other. */
static const char three[] =
	"quorum: 1\nadmin: @a\n|quorum: 2\nadmin: @a\nadmin: @b\nadmin: @c\n|"
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n"
	"daemon: @c active ~c kreisc\ndaemon: @d active ~d kreisd\n";

#define TWO_OF_B_AND_C                                                                             \
	"owner: @a\nquorum: 1|owner: @a\ndeputy: @b\ndeputy: @c\nquorum: 2|"                       \
	"member: @b rw 1\n|member: @b rw 1\nmember: @c rw 2\n"

static void give(const struct fed_record *rec)
{
	struct fed_reg_result res;

	if (fed_reg_give(reg, rec->text, false, &res, &why) != FED_REG_TAKEN)
		fail_msg("%s", why.text);
}

static void give_daemon(char who)
{
	char edits[200], sig[2] = {who, '\0'};

	snprintf(edits, sizeof edits,
		"oid: @a|oid: @%c|root: !a|root: !%c|name: ~a|name: ~%c|sign: #a|sign: #%c", who,
		who, who, who);
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_daemon, edits, NULL, sig);
	give(rec);
	if (who == 'c')
		daemon_c = rec;
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	reg = fed_reg_new();
	for (int who = 'a'; who <= 'd'; who++)
		give_daemon((char)who);
	fed1 = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");
	give(fed1);
	fed2 = fed_rig_make(&ar, fed_rig_federation, three, fed1, "A");
	give(fed2);
	group1 = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	give(group1);
	group2 = fed_rig_make(&ar, fed_rig_group, TWO_OF_B_AND_C, group1, "A");
	give(group2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_reg_free(reg);
	arena_fini(&ar);
	return 0;
}

/* Record 3 of the federation: d is suspended. */
static const struct fed_record *suspended(const char *sigs)
{
	char edits[600];

	snprintf(edits, sizeof edits, "%s|@d active|@d suspended", three);
	return fed_rig_make(&ar, fed_rig_federation, edits, fed2, sigs);
}

/* Record 3 of the group: frozen. */
static const struct fed_record *frozen(const char *sigs)
{
	return fed_rig_make(
		&ar, fed_rig_group, TWO_OF_B_AND_C "|state: active|state: frozen", group2, sigs);
}

static enum fed_stand stands(const struct fed_record *rec, struct fed_tally *out)
{
	return fed_reg_stand(reg, rec->text, out, &why);
}

/* ---- how far it is ---- */

static void test_quorum(void **state)
{
	const struct fed_oid a = fed_rig_oid('a'), b = fed_rig_oid('b'), d = fed_rig_oid('d');
	struct fed_tally s;

	(void)state;
	assert_int_equal(stands(suspended("A"), &s), FED_STAND_WAITS);
	assert_int_equal(s.n_bench, 1);
	assert_int_equal(fed_stand_near(&s)->need, 2);
	assert_int_equal(fed_stand_near(&s)->n_signed, 1);
	assert_true(fed_stand_has(&s, &a) && !fed_stand_has(&s, &b));
	assert_true(fed_stand_may(&s, &b) && !fed_stand_may(&s, &d));
	assert_false(s.foul);
	assert_int_equal(stands(suspended("AC"), &s), FED_STAND_ENOUGH);
	assert_int_equal(stands(suspended("ABC"), &s), FED_STAND_ENOUGH);
	give(suspended("AC"));
	assert_int_equal(stands(suspended("A"), &s), FED_STAND_DONE);
	assert_int_equal(stands(suspended("AB"), &s), FED_STAND_DONE);
}

/* Another record has its place; what it follows is not there yet; it breaks a rule. */
static void test_void(void **state)
{
	const struct fed_record *old = suspended("A"), *later;
	char edits[600];
	struct fed_tally s;

	(void)state;
	snprintf(edits, sizeof edits, "%s|title: Kreise\n|title: Andere\n", three);
	give(fed_rig_make(&ar, fed_rig_federation, edits, fed2, "BC"));
	assert_int_equal(stands(old, &s), FED_STAND_VOID);
	later = fed_rig_make(&ar, fed_rig_federation, three, old, "A");
	assert_int_equal(stands(later, &s), FED_STAND_VOID); /* upon what is void */
	later = fed_rig_make(&ar, fed_rig_federation, three, later, "A");
	assert_int_equal(stands(later, &s), FED_STAND_AHEAD);
	snprintf(edits, sizeof edits, "%s|daemon: @d active ~d kreisd\n|", three);
	later = fed_rig_make(&ar, fed_rig_federation, edits, fed2, "A");
	assert_int_equal(stands(later, &s), FED_STAND_REFUSED);
	assert_non_null(strstr(why.text, "never dropped"));
	assert_int_equal(stands(fed1, &s), FED_STAND_REFUSED);
}

/* Nothing of a closed group is here: who may sign it, and what it changes, is said by its records.
 */
static void test_outside(void **state)
{
	struct fed_tally s;

	(void)state;
	fed_reg_free(reg);
	reg = fed_reg_new();
	for (int who = 'a'; who <= 'd'; who++)
		give_daemon((char)who);
	give(fed1);
	const struct fed_record *first = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	const struct fed_record *next =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Neu", first, "A");
	assert_int_equal(stands(next, &s), FED_STAND_OUTSIDE);
	assert_int_equal(s.n_bench, 0);
	first = fed_rig_make(&ar, fed_rig_group, OPEN, NULL, "A");
	next = fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Neu|" OPEN, first, "A");
	assert_int_equal(stands(next, &s), FED_STAND_REFUSED);
	assert_non_null(strstr(why.text, "does not have"));
}

/* Of who may not sign, and of nobody. */
static void test_foul(void **state)
{
	const struct fed_oid d = fed_rig_oid('d');
	struct fed_tally s;

	(void)state;
	assert_int_equal(stands(suspended("AD"), &s), FED_STAND_WAITS);
	assert_true(s.foul && fed_oid_eq(&s.foul_by, &d));
	assert_int_equal(stands(suspended("AX"), &s), FED_STAND_WAITS);
	assert_true(s.foul && s.foul_by.s[0] == '\0');
}

/* The thief of a key signs nothing with it. */
static void test_revoked(void **state)
{
	static const char c_has_x[] = "oid: @a|oid: @c|root: !a|root: !c|name: ~a|name: ~c|"
				      "sign: #a|sign: #x\nrevoked: #c";
	struct fed_tally s;

	(void)state;
	assert_int_equal(stands(suspended("AC"), &s), FED_STAND_ENOUGH);
	give(fed_rig_make(&ar, fed_rig_daemon, c_has_x, daemon_c, "c"));
	assert_int_equal(stands(suspended("AC"), &s), FED_STAND_WAITS);
	assert_true(s.foul);
	assert_int_equal(stands(suspended("AX"), &s), FED_STAND_ENOUGH);
}

/* Deputies, or the federation's admins; they are not counted together. */
static void test_group(void **state)
{
	struct fed_tally s;

	(void)state;
	assert_int_equal(stands(frozen("B"), &s), FED_STAND_WAITS);
	assert_int_equal(s.n_bench, 2);
	assert_int_equal(s.bench[0].n, 2);
	assert_int_equal(s.bench[1].n, 3);
	assert_int_equal(stands(frozen("BC"), &s), FED_STAND_ENOUGH);
	assert_int_equal(stands(frozen("A"), &s), FED_STAND_ENOUGH); /* the owner alone */
	assert_int_equal(stands(frozen("D"), &s), FED_STAND_WAITS);
	assert_true(s.foul);
}

/* Record of daemon c with that title, signed by its root key and these. */
static const struct fed_record *called(
	const struct fed_record *before, const char *title, const char *sigs)
{
	char edits[200];

	snprintf(edits, sizeof edits,
		"oid: @a|oid: @c|root: !a|root: !c|name: ~a|name: ~c|sign: #a|sign: #c|"
		"title: Kreis A|title: %s",
		title);
	return fed_rig_make(&ar, fed_rig_daemon, edits, before, sigs);
}

/* A daemon record is signed by several where two have one serial, and by its root key always. */
static void test_daemon(void **state)
{
	const struct fed_oid a = fed_rig_oid('a'), c = fed_rig_oid('c'), d = fed_rig_oid('d');
	const struct fed_record *one = called(daemon_c, "Eins", "c");
	struct fed_tally s;

	(void)state;
	give(one);
	assert_int_equal(stands(called(one, "Drei", "c"), &s), FED_STAND_AHEAD);
	give(called(daemon_c, "Zwei", "c"));
	assert_int_equal(stands(called(one, "Drei", "c"), &s), FED_STAND_WAITS);
	assert_int_equal(s.n_bench, 1);
	assert_int_equal(fed_stand_near(&s)->n_signed, 0);
	assert_false(s.foul);
	assert_true(fed_stand_has(&s, &c) && fed_stand_may(&s, &c));
	assert_true(fed_stand_may(&s, &a) && !fed_stand_has(&s, &a) && !fed_stand_may(&s, &d));
	assert_int_equal(stands(called(one, "Drei", "cA"), &s), FED_STAND_WAITS);
	assert_int_equal(stands(called(one, "Drei", "cAB"), &s), FED_STAND_ENOUGH);
	assert_int_equal(stands(called(one, "Drei", "cD"), &s), FED_STAND_WAITS);
	assert_true(s.foul && fed_oid_eq(&s.foul_by, &d));
	assert_int_equal(stands(called(one, "Drei", "AB"), &s), FED_STAND_REFUSED);
	assert_non_null(strstr(why.text, "root key"));
	give(called(one, "Drei", "cAB"));
	assert_int_equal(stands(called(one, "Drei", "c"), &s), FED_STAND_DONE);
	assert_int_equal(stands(called(one, "Vier", "c"), &s), FED_STAND_VOID);
}

/* ---- its form for a mail ---- */

static struct fed_paper paper_of(const struct fed_record *rec)
{
	return (struct fed_paper){1795309201, fed_rig_oid('a'), rec->text};
}

static void test_mail(void **state)
{
	const struct fed_paper p = paper_of(suspended("A"));
	struct buf text, room, quoted;
	struct fed_paper got;

	(void)state;
	buf_init(&text, FED_PAPER_TEXT);
	buf_init(&room, FED_PAPER_MAX);
	buf_init(&quoted, FED_PAPER_TEXT * 2);
	fed_paper_wrap(&text, &p);
	/* quoted, wrapped anew, with words around */
	buf_addz(&quoted, "Hallo Ben,\r\n\r\n> ");
	for (size_t i = 0; i < text.len; i++) {
		buf_addc(&quoted, buf_slice(&text).p[i]);
		if (buf_slice(&text).p[i] == '\n' || (i > 40 && i + 40 < text.len && i % 50 == 0))
			buf_addz(&quoted, "\r\n> ");
	}
	buf_addz(&quoted, "\r\nGruß, Anke\r\n");
	assert_int_equal(fed_paper_unwrap(buf_slice(&quoted), &room, &got), FED_PAPER_OK);
	assert_int_equal(got.until_at, p.until_at);
	assert_true(fed_oid_eq(&got.from, &p.from));
	assert_true(slice_eq(got.record, p.record));
	buf_fini(&text);
	buf_fini(&room);
	buf_fini(&quoted);
}

static enum fed_paper_fault unwrap(struct slice text)
{
	struct fed_paper got;
	struct buf room;

	buf_init(&room, FED_PAPER_MAX);
	enum fed_paper_fault f = fed_paper_unwrap(text, &room, &got);
	buf_fini(&room);
	return f;
}

/* Wherever it is cut, and whichever character is another, it is no draft. */
static void test_mail_cut(void **state)
{
	const struct fed_paper p = paper_of(suspended("A"));
	struct buf text;

	(void)state;
	buf_init(&text, FED_PAPER_TEXT);
	fed_paper_wrap(&text, &p);
	size_t whole = text.len - 1; /* the last line end may be missing */
	for (size_t n = 0; n < whole; n++)
		assert_int_equal(unwrap(slice_head(buf_slice(&text), n)),
			n < strlen("-----BEGIN KOKO DRAFT-----") ? FED_PAPER_NONE : FED_PAPER_CUT);
	assert_int_equal(unwrap(slice_head(buf_slice(&text), whole)), FED_PAPER_OK);
	for (size_t n = strlen("-----BEGIN KOKO DRAFT-----"); n < whole - 24; n++) {
		char *c = text.data + n, was = *c;

		if (was == '\n')
			continue;
		*c = was == 'A' ? 'B' : 'A';
		assert_int_equal(unwrap(buf_slice(&text)), FED_PAPER_DAMAGED);
		*c = was;
	}
	buf_fini(&text);
}

/* As it is kept: every cut of its lines before the record is none. */
static void test_kept(void **state)
{
	const struct fed_paper p = paper_of(suspended("A"));
	struct fed_paper got;
	struct buf text;

	(void)state;
	buf_init(&text, FED_PAPER_MAX);
	fed_paper_add(&text, &p);
	size_t head = text.len - p.record.len;
	for (size_t n = 0; n <= head; n++)
		assert_false(fed_paper_read(slice_head(buf_slice(&text), n), &got));
	assert_true(fed_paper_read(buf_slice(&text), &got));
	assert_true(slice_eq(got.record, p.record));
	buf_fini(&text);
}

/* ---- signatures ---- */

/* In whatever order they come: one text; and one number, whoever has signed. */
static void test_merge(void **state)
{
	const struct fed_record *ab = suspended("AB"), *bc = suspended("BC"), *other = frozen("B");
	char one[FED_PAPER_NUMBER + 1], two[FED_PAPER_NUMBER + 1];
	struct buf x, y;
	struct fed_tally s;

	(void)state;
	buf_init(&x, FED_RECORD_MAX);
	buf_init(&y, FED_RECORD_MAX);
	assert_true(fed_paper_merge(&x, ab->text, bc->text));
	assert_true(fed_paper_merge(&y, bc->text, ab->text));
	assert_true(slice_eq(buf_slice(&x), buf_slice(&y)));
	assert_int_equal(fed_reg_stand(reg, buf_slice(&x), &s, &why), FED_STAND_ENOUGH);
	assert_int_equal(fed_stand_near(&s)->n_signed, 3);
	assert_false(fed_paper_merge(&x, ab->text, other->text));
	fed_paper_number(ab->text, one);
	fed_paper_number(bc->text, two);
	assert_string_equal(one, two);
	fed_paper_number(other->text, two);
	assert_string_not_equal(one, two);
	buf_fini(&x);
	buf_fini(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_quorum, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_void, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foul, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mail_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_merge, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
