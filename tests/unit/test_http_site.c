/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which doors are told to mail programs, under which name, and in which languages. */
#include "tests/rig/unit.h"

#include <stdlib.h>

#include "conf/conf_value.h"
#include "daemon/http.h"

static void set(struct conf *c, const char *name, const char *value)
{
	struct slice v = slice_str(value);
	struct err err;

	assert_int_equal(conf_value_set(conf_row_find(slice_str(name)), c, &v, 1, &err), 0);
}

/* What becomes of IMAP. */
static void doors(void **state)
{
	static const struct {
		const char *host, *listen, *listen_tls;
		bool certificate;
		struct setup_door want;
	} rows[] = {
		{NULL,             NULL,            NULL,            true,  {0}                  },
		{NULL,             "192.0.2.1:143", "192.0.2.1:993", true,  {993, SETUP_TLS}     },
		{NULL,             "192.0.2.1:143", NULL,            true,  {143, SETUP_STARTTLS}},
		{NULL,             "192.0.2.1:143", NULL,            false, {143, SETUP_PLAIN}   },
		{NULL,             "[::]:143",      NULL,            true,  {143, SETUP_STARTTLS}},
		{NULL,             "127.0.0.1:143", NULL,            true,  {0}                  },
		{NULL,             "[::1]:143",     NULL,            true,  {0}                  },
		{NULL,             "192.0.2.1:143", "[::1]:993",     true,  {143, SETUP_STARTTLS}},
		{NULL,             "192.0.2.1:0",   NULL,            true,  {0}                  },
		{"127.0.0.1",      "127.0.0.1:143", "[::1]:993",     true,  {993, SETUP_TLS}     },
		{"mail.koko.test", "127.0.0.1:143", NULL,            true,  {0}                  },
	};
	struct words *words = words_new();

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct conf *c = conf_default();

		set(c, "name", "news.koko.test");
		if (rows[i].host)
			set(c, "http.setup-host", rows[i].host);
		if (rows[i].listen)
			set(c, "imap.listen", rows[i].listen);
		if (rows[i].listen_tls)
			set(c, "imap.listen-tls", rows[i].listen_tls);
		if (rows[i].certificate)
			set(c, "tls.certificate", "/certificate");
		struct setup_site *site = http_site_new(c, words);
		assert_string_equal(site->host, rows[i].host ? rows[i].host : "news.koko.test");
		assert_int_equal(site->imap.port, rows[i].want.port);
		if (site->imap.port > 0)
			assert_int_equal(site->imap.security, rows[i].want.security);
		assert_int_equal(site->submission.port, 0);
		conf_free(c);
		http_site_free(site);
	}
	words_free(words);
}

static void domains(void **state)
{
	struct conf *c = conf_default();
	struct words *words = words_new();

	(void)state;
	set(c, "name", "news.koko.test");
	set(c, "mail-domains", "koko.test");
	set(c, "http.listen-tls", "192.0.2.1:8443");
	struct setup_site *site = http_site_new(c, words);
	conf_free(c); /* nothing of it is borrowed */
	assert_int_equal(site->https_port, 8443);
	assert_int_equal(site->n_domains, 2);
	assert_slice(site->domains[0], "news.koko.test");
	assert_slice(site->domains[1], "koko.test");
	http_site_free(site);
	words_free(words);
}

/* Without a catalogue there is English; what the environment says stays as it is. */
static void languages(void **state)
{
	(void)state;
	setenv("KOKO_LOCALEDIR", "/absent", 1);
	setenv("LANGUAGE", "fr:en", 1);
	struct words *words = words_new();
	assert_int_equal(words->n, 1);
	assert_string_equal(words->list[0]->lang, "en");
	assert_string_equal(getenv("LANGUAGE"), "fr:en");
	words_free(words);
	unsetenv("LANGUAGE");
	words_free(words_new());
	assert_null(getenv("LANGUAGE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doors),
		cmocka_unit_test(domains),
		cmocka_unit_test(languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
