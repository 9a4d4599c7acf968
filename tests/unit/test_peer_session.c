/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The peer port as the one that was dialled: whole, byte by byte and cut everywhere. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/peer_client.h"
#include "proto/fed/peer_renewer.h"
#include "proto/fed/peer_turner.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/splits.h"

enum { NOW = 1795309300 };

/* The certificate that fed_rig's daemon record names. */
#define SPKI "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
#define GREETING "200 kokod peer port 1795309300\r\n"
#define HELLO "KHELLO @a @b 1795309300 1\r\n"
#define HELLO_SAID "290 @b 1795309300 2\r\n"

static struct arena ar;
static struct fed_reg *reg;
static struct fed_feeds feeds;
static struct fed_node *node;
static struct fed_record *group;
static struct peer_stats stats;
static bool stranger;               /* the certificate is not known */
static struct fed_hash hashes[128]; /* of records, by a letter: "$G" in what is wanted */
static bool turns;                  /* who wants to be asked is asked */
static bool we_turn;                /* we have dialled a, and are asked all the same */
static unsigned n_up, n_faults;

/* ---- surroundings that hold nothing ---- */

static int no_entry(void *arg, const struct fed_feed *f, uint64_t n, struct fed_held *out)
{
	(void)arg;
	(void)f;
	(void)n;
	(void)out;
	return KERR_NOTFOUND;
}

static int take_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, struct slice text, bool fork)
{
	(void)arg;
	(void)key;
	(void)serial;
	(void)text;
	(void)fork;
	return 0; /* on its way to the disk */
}

static void nothing(void *arg)
{
	(void)arg;
}

static int n_alarms;

static void on_alarm(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text)
{
	(void)arg;
	(void)who;
	(void)text;
	n_alarms += what == FED_ALARM_RECORD_FORK;
}

static const struct fed_outside outside = {.held = no_entry,
	.record = take_record,
	.news = nothing,
	.neighbours = nothing,
	.alarm = on_alarm};

static const struct fed_record *hashed(char letter, const struct fed_record *rec)
{
	fed_record_hash(rec->text, &hashes[(int)letter]);
	return rec;
}

static void give(const struct fed_record *rec)
{
	struct fed_reg_result res;
	struct err why = {""};

	assert_int_equal(fed_reg_give(reg, rec->text, false, &res, &why), FED_REG_TAKEN);
}

/* We are b; a dialled us.  The group kreisa.forum has both. */
static int set_up(void **state)
{
	const char *two = "daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
			  "daemon: @b active ~b kreisb\n";
	struct fed_record *rec;

	(void)state;
	arena_init(&ar);
	reg = fed_reg_new();
	fed_feeds_init(&feeds);
	give(hashed('D', fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a")));
	rec = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");
	give(rec);
	give(hashed('F', fed_rig_make(&ar, fed_rig_federation, two, rec, "A")));
	group = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	give(hashed('G', group));
	node = fed_node_new(&(struct fed_node_opts){.self = fed_rig_oid('b'),
		.name = fed_rig_name('b'),
		.reg = reg,
		.feeds = &feeds,
		.outside = &outside,
		.cookie = 7});
	stranger = turns = we_turn = false;
	n_up = n_faults = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_node_free(node);
	fed_feeds_fini(&feeds);
	fed_reg_free(reg);
	arena_fini(&ar);
	return 0;
}

/* ---- exchanged roles ---- */

static void client_up(void *arg, const struct peer_hello *h)
{
	(void)arg;
	(void)h;
	n_up++;
}

static void turner_up(void *arg)
{
	client_up(arg, NULL);
}

static void fault(void *arg, const char *why)
{
	(void)arg;
	assert_non_null(why);
	n_faults++;
}

static bool take_text(void *arg, struct slice text)
{
	(void)arg;
	(void)text;
	return false;
}

static void *turn(void *arg, const struct peer_turn_wish *w, const struct session_ops **ops_out)
{
	(void)arg;
	*ops_out = w->known ? &peer_client_ops : &peer_renewer_ops;
	if (!w->known)
		return peer_renewer_new(&(struct peer_renewer_opts){
			.other = w->oid, .serial = 2, .record = take_text});
	return peer_client_new(
		&(struct peer_client_opts){.kind = w->watch ? PEER_WATCH : PEER_FETCH,
			.node = node,
			.reg = reg,
			.self = fed_rig_oid('b'),
			.other = w->oid,
			.up = client_up,
			.fault = fault});
}

/* ---- a conversation ---- */

static void converse(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct peer_session_opts o = {
		.node = node, .reg = reg, .self = fed_rig_oid('b'), .stats = &stats};
	const struct session_ops *ops = we_turn ? &peer_turner_ops : &peer_session_ops;
	enum sess_need need;
	struct buf in;
	void *s;

	(void)arg;
	assert_true(fed_hash_parse(lit(SPKI), &o.spki));
	if (stranger)
		o.spki = fed_hash_none;
	o.turn = turns ? turn : NULL;
	if (we_turn)
		s = peer_turner_new(&(struct peer_turner_opts){
			.other = fed_rig_oid('a'), .serve = o, .up = turner_up, .fault = fault});
	else
		s = peer_session_new(&o);
	buf_init(&in, 1024 * 1024);
	need = ops->start(s, NOW);
	for (size_t i = 0; i < n && need != NEED_CLOSE; i++) {
		size_t used = 1;

		buf_add(&in, pieces[i]);
		while (need != NEED_CLOSE && used > 0) {
			need = ops->feed(s, buf_slice(&in), NOW, &used);
			buf_drop(&in, used);
		}
	}
	buf_add(answer, buf_slice(ops->output(s)));
	if (need == NEED_CLOSE)
		buf_addz(answer, "(closed)");
	ops->free(s);
	buf_fini(&in);
}

static void add_wanted(struct buf *b, const char *want)
{
	char plain[1024];
	size_t n = 0;

	for (; *want; want++) {
		if (*want == '$')
			n += (size_t)snprintf(
				plain + n, sizeof plain - n, "%s", hashes[(int)*++want].s);
		else
			plain[n++] = *want;
	}
	plain[n] = '\0';
	fed_rig_add(b, plain);
}

/* What is said to `in`, with placeholders in both as in fed_rig.h. */
static void says(const char *in, const char *want)
{
	struct buf asked, wanted, answer;

	buf_init(&asked, 64 * 1024);
	buf_init(&wanted, 64 * 1024);
	buf_init(&answer, 1024 * 1024);
	fed_rig_add(&asked, in);
	if (!we_turn)
		buf_addz(&wanted, GREETING);
	add_wanted(&wanted, want);
	assert_true(splits_check(converse, NULL, buf_slice(&asked), &answer));
	assert_buf(&answer, buf_cstr(&wanted));
	buf_fini(&asked);
	buf_fini(&wanted);
	buf_fini(&answer);
}

static const struct {
	const char *in, *want;
} rows[] = {
	{HELLO "QUIT\r\n",					   HELLO_SAID "205 bye\r\n(closed)"                         },
	{"KHELLO @b @b 1 1\r\n",				     "494 the certificate is another daemon's\r\n(closed)"    },
	{"KHELLO @a @a 1 1\r\n",				     "494 this is another daemon\r\n(closed)"                 },
	{"KREC list\r\n",					    "494 say KHELLO first\r\n(closed)"                       },
	{HELLO "KREC list\r\n",				      HELLO_SAID
		"294 0\r\nfederation %FID 2 $F\r\ndaemon @a 1 $D\r\ngroup %GID 1 $G\r\n.\r\n"  },
	{HELLO "KREC group %GID 2\r\n",                              HELLO_SAID "492 not yours to have\r\n"                   },
	{HELLO "KHEADS * 0\r\n",				     HELLO_SAID "291 0000000000000007.0\r\n.\r\n"             },
	{HELLO "KHEADS 0000000000000007.0 120\r\nKREC list\r\n",     HELLO_SAID                                               },
	{HELLO "KHEADS 0000000000000008.5 0 %GID\r\n",
         HELLO_SAID "291 0000000000000007.0\r\n.\r\n"									 },
	{HELLO "KART %GID @a 1790000000 1\r\n",                      HELLO_SAID "491 not held here\r\n"                       },
	{HELLO "KART %GID @a 1790000000 0\r\n",
         HELLO_SAID "590 KART <gid> <oid> <epoch> <n>\r\n(closed)"                                                            },
	{"CAPABILITIES\r\n",					 "101 capabilities\r\nVERSION 2\r\nXKOKOD 1\r\n.\r\n"     },
	{"LIST\r\nQUIT\r\n",					 "500 unknown command\r\n205 bye\r\n(closed)"             },
	{HELLO "KART\r\n",					   HELLO_SAID "590 KART <gid> <oid> <epoch> <n>\r\n(closed)"},
	{"KJOIN @a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\r\n",
         "494 no such invitation, or it was used\r\n(closed)"                                                                 },
	{"QUIT\n",						   "590 line is too long, or has no CRLF\r\n(closed)"       },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		says(rows[i].in, rows[i].want);
}

/* A stranger may read our daemon record, and little else; not much of it either. */
static void test_stranger(void **state)
{
	struct buf many;

	(void)state;
	stranger = true;
	says("KREC daemon @a *\r\n", "492 not yours to have\r\n");
	says("KREC federation *\r\n", "494 say KHELLO first\r\n(closed)");
	says(HELLO, "494 no daemon that is known here has this certificate\r\n(closed)");
	buf_init(&many, 64 * 1024);
	for (int i = 0; i < PEER_STRANGER_LINES + 1; i++)
		buf_addz(&many, "CAPABILITIES\r\n");
	struct buf answer;
	struct slice in = buf_slice(&many);
	buf_init(&answer, 1024 * 1024);
	converse(NULL, &in, 1, &answer);
	assert_true(slice_ends(buf_slice(&answer), lit("494 too much without KHELLO\r\n(closed)")));
	buf_reset(&answer);
	buf_reset(&many);
	for (int i = 0; i < FED_LINE_MAX * 2; i++)
		buf_addc(&many, 'x');
	in = buf_slice(&many);
	converse(NULL, &in, 1, &answer);
	assert_true(slice_ends(buf_slice(&answer), lit("(closed)")));
	buf_fini(&many);
	buf_fini(&answer);
}

/* A record is told when it is on disk, not before. */
static void test_durable(void **state)
{
	const struct fed_record *second =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Zwei", group, "A");
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct err why = {""};

	(void)state;
	hashed('2', second);
	memcpy(key.s, group->group.gid.s, sizeof group->group.gid.s);
	assert_int_equal(fed_node_give_record(node, second->text, &why), FED_REG_TAKEN);
	assert_int_equal(fed_node_durable(node, &key), 1);
	says(HELLO "KREC list\r\n", HELLO_SAID
		"294 0\r\nfederation %FID 2 $F\r\ndaemon @a 1 $D\r\ngroup %GID 1 $G\r\n.\r\n");
	says(HELLO "KREC group %GID 2\r\n", HELLO_SAID "492 not yours to have\r\n");
	fed_node_recorded(node, &key, 2, KERR_IO);
	assert_int_equal(fed_node_durable(node, &key), 1);
	fed_node_recorded(node, &key, 2, 0);
	says(HELLO "KREC list\r\n", HELLO_SAID
		"294 0\r\nfederation %FID 2 $F\r\ndaemon @a 1 $D\r\ngroup %GID 2 $2\r\n.\r\n");
}

static bool note_line(
	void *arg, const struct fed_record_key *key, uint64_t serial, const struct fed_hash *hash)
{
	(void)key;
	(void)hash;
	buf_addf(arg, "%llu ", (unsigned long long)serial);
	return true;
}

static void news_since(char who, uint64_t since, const char *want)
{
	struct fed_oid oid = fed_rig_oid(who);
	struct buf told;

	buf_init(&told, 100);
	fed_node_records(
		node, &(struct fed_heads_query){.who = &oid, .since = since}, note_line, &told);
	assert_buf(&told, want);
	buf_fini(&told);
}

static void news_to(char who, const char *want)
{
	news_since(who, 0, want);
}

/* What is on disk at once. */
static void record(const struct fed_record *rec, const struct fed_record_key *key)
{
	struct err why = {""};

	assert_int_equal(fed_node_give_record(node, rec->text, &why), FED_REG_TAKEN);
	fed_node_recorded(node, key, rec->serial, 0);
}

#define OUT                                                                                        \
	"member: @b rw 1\n||state: active|cut: @b 0 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"\nstate: active"

static struct slice given(
	const struct fed_oid *who, const struct fed_record_key *key, uint64_t serial)
{
	const struct fed_hash any = {.s = ""};

	return fed_node_give_record_text(node, who, key, serial, &any, &serial);
}

/* Who was taken out is told of that once and given it, and nothing behind it. */
static void test_taken_out(void **state)
{
	const struct fed_record *out = fed_rig_make(&ar, fed_rig_group, OUT, group, "A");
	const struct fed_record *later =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Neu|" OUT, out, "A");
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct fed_oid b = fed_rig_oid('b');

	(void)state;
	memcpy(key.s, group->group.gid.s, sizeof group->group.gid.s);
	record(out, &key);
	news_to('b', "2 ");
	record(later, &key);
	news_to('a', "3 ");
	news_to('b', "2 ");
	assert_true(slice_eq(given(&b, &key, 2), out->text));
	assert_true(slice_eq(given(&b, &key, 0), out->text));
	assert_null(given(&b, &key, 3).p);
	assert_null(given(NULL, &key, 2).p);
}

static void make_three(void)
{
	const char *two = "daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
			  "daemon: @b active ~b kreisb\n";
	const char *three = "daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
			    "daemon: @b active ~b kreisb\ndaemon: @c active ~c kreisc\n";
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");

	rec = fed_rig_make(&ar, fed_rig_federation, two, rec, "A");
	give(fed_rig_make(&ar, fed_rig_federation, three, rec, "A"));
	give(fed_rig_make(&ar, fed_rig_daemon,
		"oid: @a|oid: @b|root: !a|root: !b|name: ~a|name: ~b|sign: #a|sign: #b", NULL,
		"b"));
}

/* Whom a record takes in that is void is told of the one in its place, when we see that. */
static void test_stray(void **state)
{
	const struct fed_record *owned =
		fed_rig_make(&ar, fed_rig_group, "owner: @a|owner: @b", group, "A");
	const struct fed_record *other = fed_rig_make(
		&ar, fed_rig_group, "title: Forum|title: Anders|owner: @a|owner: @b", owned, "A");
	const struct fed_record *in = fed_rig_make(&ar, fed_rig_group,
		"owner: @a|owner: @b|member: @b rw 1\n|member: @b rw 1\nmember: @c rw 3\n", owned,
		"B");
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct fed_oid c = fed_rig_oid('c');
	struct err why = {""};

	(void)state;
	memcpy(key.s, group->group.gid.s, sizeof group->group.gid.s);
	make_three();
	record(owned, &key);
	record(other, &key);
	news_to('c', "");
	uint64_t since = feeds.n_changes;
	assert_int_equal(fed_node_give_record(node, in->text, &why), FED_REG_KNOWN);
	news_since('c', since, "3 ");
	news_to('a', "3 ");
	assert_true(slice_eq(given(&c, &key, 3), other->text));
}

/* Two of one serial are both told and both given, each by its hash. */
static void test_two_of_one_serial(void **state)
{
	const struct fed_record *one = hashed(
		'1', fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Eins", group, "A"));
	const struct fed_record *two = hashed(
		'2', fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Zwei", group, "A"));
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct fed_oid a = fed_rig_oid('a');
	uint64_t serial;

	(void)state;
	memcpy(key.s, group->group.gid.s, sizeof group->group.gid.s);
	record(one, &key);
	n_alarms = 0;
	record(two, &key);
	assert_int_equal(n_alarms, 1);
	news_to('a', "2 2 ");
	says(HELLO "KREC list\r\n", HELLO_SAID "294 0\r\nfederation %FID 2 $F\r\ndaemon @a 1 $D\r\n"
					       "group %GID 2 $1\r\ngroup %GID 2 $2\r\n.\r\n");
	for (const struct fed_record *rec = one; rec; rec = rec == one ? two : NULL) {
		struct fed_hash hash;

		fed_record_hash(rec->text, &hash);
		assert_true(slice_eq(
			fed_node_give_record_text(node, &a, &key, 2, &hash, &serial), rec->text));
	}
	assert_true(slice_eq(given(&a, &key, 0), group->text)); /* in force */
}

/* Who cannot be dialled is asked over a connection that it has dialled. */
static void test_turn(void **state)
{
	static const char *const refused[][2] = {
		{"KTURN @b @b fetch\r\n", "494 the certificate is another daemon's\r\n(closed)"},
		{"KTURN @a @a fetch\r\n", "494 this is another daemon\r\n(closed)"             },
		{"KTURN @a @b\r\n",       "590 KTURN <oid> <oid> <fetch|watch>\r\n(closed)"    },
	};

	(void)state;
	says("KTURN @a @b fetch\r\n", "490 try later\r\n");
	turns = true;
	for (size_t i = 0; i < array_len(refused); i++)
		says(refused[i][0], refused[i][1]);
	says("KTURN @a @b fetch\r\n", "296 greet me\r\n");
	says("KTURN @a @b fetch\r\n" GREETING, "296 greet me\r\nKHELLO @b @a 1795309300 2\r\n");
	assert_int_equal(n_up, 0);
	says("KTURN @a @b watch\r\n" GREETING "290 @a 1795309300 2\r\n",
		"296 greet me\r\nKHELLO @b @a 1795309300 2\r\nKREC list\r\n");
	assert_true(n_up > 0);
	says("KTURN @a @b watch\r\n" GREETING "494 not known\r\n",
		"296 greet me\r\nKHELLO @b @a 1795309300 2\r\n(closed)");
	assert_true(n_faults > 0);
}

/* ... and one whose key has changed is asked for its record, by whom it has dialled. */
static void test_turn_stranger(void **state)
{
	(void)state;
	stranger = turns = true;
	says("KTURN @a @b fetch\r\n" GREETING, "296 greet me\r\nKREC daemon @a 2\r\n");
	turns = false;
	says("KTURN @a @b fetch\r\n", "494 not known\r\n(closed)");
}

/* The other end of it. */
static void test_turner(void **state)
{
	(void)state;
	we_turn = true;
	says("", "");
	says("220 mail\r\n", "(closed)");
	says(GREETING "490 try later\r\n", "KTURN @b @a fetch\r\n(closed)");
	says(GREETING "500 what\r\n", "KTURN @b @a fetch\r\n(closed)");
	assert_int_equal(n_up, 0);
	assert_true(n_faults > 0);
	says(GREETING "296 greet me\r\n", "KTURN @b @a fetch\r\n" GREETING);
	assert_int_equal(n_up, 0);
	says(GREETING "296 greet me\r\n" HELLO "KREC group %GID 2\r\n",
		"KTURN @b @a fetch\r\n" GREETING HELLO_SAID "492 not yours to have\r\n");
	assert_true(n_up > 0);
	/* it does not go round in circles */
	says(GREETING "296 greet me\r\nKTURN @a @b fetch\r\n",
		"KTURN @b @a fetch\r\n" GREETING "490 try later\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stranger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_durable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_of_one_serial, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turn_stranger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turner, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
