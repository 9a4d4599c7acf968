/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: each fault is told with file, line, key and what is allowed; defaults; conf.d. */
#include "tests/rig/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "conf/conf_schema.h"
#include "conf/conf_value.h"
#include "tests/rig/splits.h"

/* Each of these files is wrong in one way; the message is complete. */
struct fault {
	const char *text, *want;
};

/* clang-format off */
static const struct fault value_faults[] = {
	{"name = \"koko\"\n",
		"f:1: name: \"koko\" is no DNS name, allowed: a DNS name such as koko.example.org"},
	{"# one\n# two\nname = \"a..b\"\n",
		"f:3: name: \"a..b\" is no DNS name, allowed: a DNS name such as koko.example.org"},
	{"data = \"var/lib\"",
		"f:1: data: \"var/lib\" is not absolute, allowed: an absolute file name"},
	{"data = \"\"", "f:1: data: \"\" must be set, allowed: an absolute file name"},
	{"nntp {\n\n  max-article = 1K\n}\n",
		"f:3: nntp.max-article: \"1K\" is too small, allowed: 4K to 64M"},
	{"nntp { # the door\n  max-article = 65M }\n",
		"f:2: nntp.max-article: \"65M\" is too large, allowed: 4K to 64M"},
	{"nntp { max-article = 99999999999999999999G }\n",
		"f:1: nntp.max-article: \"99999999999999999999G\" is no number of this kind, "
		"allowed: 4K to 64M"},
	{"nntp {\n idle = 5x\n}\n",
		"f:2: nntp.idle: \"5x\" is no number of this kind, allowed: 3s to 1d"},
	{"nntp {\n plain-login = always\n}\n",
		"f:2: nntp.plain-login: \"always\" is not known, allowed: never or loopback"},
	{"log {\n level = loud\n}\n",
		"f:2: log.level: \"loud\" is not known, allowed: error, warn, info or debug"},
	{"transit {\n open-loopback = maybe\n}\n",
		"f:2: transit.open-loopback: \"maybe\" is neither on nor off, allowed: on or off"},
	{"nntp {\n listen = { \"127.0.0.1:119\", \"localhost:119\" }\n}\n",
		"f:2: nntp.listen: \"localhost:119\" is not understood, "
		"allowed: up to 16 of 192.0.2.1:119 or [2001:db8::1]:119"},
	{"mail-domains = { \"example.org\",\n\"-x.org\" }\n",
		"f:2: mail-domains: \"-x.org\" is not understood, allowed: up to 64 DNS names"},
	{"loops = -1", "f:1: loops: \"-1\" is no number of this kind, allowed: 0 to 64"},
};

static const struct fault syntax_faults[] = {
	{"\nnam = \"a.b\"\n", "f:2: nam: unknown key, did you mean name?"},
	{"nntp {\n max-artcle = 5M\n}\n",
		"f:2: nntp.max-artcle: unknown key, did you mean nntp { max-article }?"},
	{"max-article = 5M\n",
		"f:1: max-article: unknown key, did you mean nntp { max-article }?"},
	{"ntp {\n}\n", "f:1: ntp: unknown key, did you mean nntp { }?"},
	{"gobbledygook-and-more = 1\n", "f:1: gobbledygook-and-more: unknown key"},
	{"name = \"a.b\n", "f:1: the quoted text does not end on this line"},
	{"name \"a.b\"\n", "f:1: missing equal sign after option 'name'"},
	{"nntp {\n idle = 5m\n", "f:1: this brace is not closed"},
	{"}\n", "f:1: unexpected closing brace"},
	{"nntp {\n idle =\n}\n", "f:3: unexpected token '}'"},
	{"/* x */\nname = \"a.b\"\n", "f:1: comments begin with #"},
	{"name = \"a.b\"\n\xff\n", "f:2: not UTF-8 text"},
};

/* clang-format on */

static void check_fault(const struct fault *row)
{
	struct conf *c = conf_default();
	struct err err = {{0}};

	if (conf_parse_text("f", slice_str(row->text), c, &err) != KERR_INVALID)
		fail_msg("taken: %s", row->text);
	assert_string_equal(err.text, row->want);
	conf_free(c);
}

static void wrong_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(value_faults); i++)
		check_fault(&value_faults[i]);
}

static void wrong_syntax(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(syntax_faults); i++)
		check_fault(&syntax_faults[i]);
}

static struct conf *parsed(const char *text)
{
	struct conf *c = conf_default();
	struct err err = {{0}};

	if (conf_parse_text("f", slice_str(text), c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void values(void **state)
{
	struct conf *c = parsed("name = koko.example.org # mine\ndata=/srv/koko;\n#\n"
				"mail-domains = {example.org, 'b.example'}\n"
				"nntp { listen = { \"[::1]:119\" } max-article = 1M\r\n idle = 90 "
				"login = 1h }\ntransit { open-loopback = yes }\n"
				"nntp { stall = 5m listen += \"127.0.0.1:0\" }\n"
				"log { target = \"/var/log/a # b\" }\n");

	(void)state;
	assert_string_equal(c->name, "koko.example.org");
	assert_string_equal(c->data, "/srv/koko;");
	assert_int_equal(c->mail_domains.n, 2);
	assert_string_equal(c->mail_domains.v[1], "b.example");
	assert_int_equal(c->nntp.listen.n, 2);
	assert_string_equal(c->nntp.listen.v[0], "[::1]:119");
	assert_int_equal(c->nntp.max_article, 1 << 20);
	assert_int_equal(c->nntp.idle_s, 90);
	assert_int_equal(c->nntp.login_s, 3600);
	assert_int_equal(c->nntp.stall_s, 300);
	assert_true(c->transit.open_loopback);
	assert_string_equal(c->log.target, "/var/log/a # b");
	assert_string_equal(c->log.level, "info");
	conf_free(c);
	conf_free(parsed("nntp { listen = {} }"));
	conf_free(NULL);
}

/* A file that ends anywhere: an open brace is a fault, and a fault has one of the file's lines. */
static void conf_prefix(void *arg, struct slice prefix)
{
	unsigned lines = 1, open = 0, line = 0;
	struct conf *c = conf_default();
	struct err err = {{0}};
	int rc = conf_parse_text("f", prefix, c, &err);

	(void)arg;
	for (size_t i = 0; i < prefix.len; i++) {
		lines += prefix.p[i] == '\n';
		open += prefix.p[i] == '{';
		open -= prefix.p[i] == '}';
	}
	assert_true(rc == 0 || rc == KERR_INVALID);
	assert_true(rc < 0 || open == 0);
	if (rc < 0)
		assert_true(sscanf(err.text, "f:%u: ", &line) == 1 && line > 0 && line <= lines);
	conf_free(c);
}

static void cut_everywhere(void **state)
{
	/* each is whole: what ends behind it is taken */
	static const char *const parts[] = {
		"# of the office\n",
		"name = \"koko.example.org\"\n",
		"data=/srv/koko # a disk of its own\n",
		"mail-domains = {example.org, 'b.example'}\n",
		"nntp { listen = { \"[::1]:119\" } max-article = 1M\r\n idle = 90 }\n",
		"nntp {\n stall = 5m listen += \"127.0.0.1:0\" }\n",
		"log { target = \"/var/log/a \\\"b\\\\\" }\n",
	};
	struct buf text;

	(void)state;
	buf_init(&text, 1000);
	for (size_t i = 0; i < array_len(parts); i++) {
		buf_addz(&text, parts[i]);
		conf_free(parsed(buf_cstr(&text)));
	}
	splits_prefixes(conf_prefix, NULL, buf_slice(&text));
	buf_fini(&text);
}

/* What is shown is read back as the same value, for every row. */
static void shown_is_read(void **state)
{
	struct conf *c =
		parsed("name = a.example\ndata = \"/a \\\"b\\\\ \\$c\"\n"
		       "nntp { listen-tls = { \"[::]:563\", \"0.0.0.0:563\" } idle = 61 }");
	struct conf *again;
	struct buf text, once, twice;

	(void)state;
	buf_init(&text, 10000);
	for (size_t i = 0; i < conf_n_rows; i++) {
		struct slice block = conf_row_block(&conf_rows[i]);

		buf_addf(&text, "%.*s%s%s = ", SLICE_ARG(block), block.len ? " { " : "",
			conf_row_key(&conf_rows[i]));
		conf_value_show(&conf_rows[i], c, &text);
		buf_addz(&text, block.len ? " }\n" : "\n");
	}
	again = parsed(buf_cstr(&text));
	buf_init(&once, 1000);
	buf_init(&twice, 1000);
	for (size_t i = 0; i < conf_n_rows; i++) {
		conf_value_show(&conf_rows[i], c, &once);
		conf_value_show(&conf_rows[i], again, &twice);
		assert_string_equal(buf_cstr(&once), buf_cstr(&twice));
		buf_reset(&once);
		buf_reset(&twice);
	}
	buf_fini(&text);
	buf_fini(&once);
	buf_fini(&twice);
	conf_free(c);
	conf_free(again);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void expect_load(const char *dir, int want_rc, const char *want_text)
{
	char path[256];
	struct conf *c = NULL;
	struct err err = {{0}};

	snprintf(path, sizeof path, "%s/kokod.conf", dir);
	assert_int_equal(conf_load(path, &c, &err), want_rc);
	if (want_rc < 0) {
		assert_memory_equal(err.text, dir, strlen(dir));
		assert_string_equal(err.text + strlen(dir), want_text);
	} else {
		assert_string_equal(c->log.level, want_text);
	}
	conf_free(c);
}

/* The file, the files of conf.d in name order, and the rules that join several settings. */
static void load(void **state)
{
	char dir[] = "conf_test_XXXXXX", sub[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sub, sizeof sub, "%s/conf.d", dir);
	expect_load(dir, KERR_NOTFOUND, "/kokod.conf: No such file or directory");
	write_file(dir, "kokod.conf", "data = /srv/koko\n");
	expect_load(dir, KERR_INVALID,
		"/kokod.conf: name: must be set, allowed: a DNS name such as koko.example.org");
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file(sub, "10-name.conf", "name = a.example\nlog { level = warn }\n");
	write_file(sub, "20-log.conf", "log { level = debug }\n");
	write_file(sub, "30-off.disabled", "log { level = error }\n");
	expect_load(dir, 0, "debug");
	write_file(sub, "20-log.conf", "nntp { listen-tls = \"127.0.0.1:0\" }\n");
	expect_load(dir, KERR_INVALID,
		"/kokod.conf: tls.certificate: must be set when nntp.listen-tls is");
	write_file(sub, "20-log.conf", "tls { key = /k }\n");
	expect_load(dir, KERR_INVALID, "/kokod.conf: tls.certificate: must be set when tls.key is");
	write_file(sub, "20-log.conf", "log { target = here }\n");
	expect_load(dir, KERR_INVALID,
		"/kokod.conf: log.target: \"here\" is not known, allowed: stderr, syslog or an "
		"absolute file name");
	write_file(sub, "20-log.conf", "\nlog { levle = warn }\n");
	expect_load(dir, KERR_INVALID,
		"/conf.d/20-log.conf:2: log.levle: unknown key, did you mean log { level }?");

	char clean[128];
	snprintf(clean, sizeof clean, "rm -r %s", dir);
	assert_int_equal(system(clean), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(wrong_syntax),
		cmocka_unit_test(values),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(shown_is_read),
		cmocka_unit_test(load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
