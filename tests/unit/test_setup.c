/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Set-up documents: what they say of doors, hostile text in them, Outlook's requests, languages. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/http/setup.h"
#include "tests/rig/splits.h"

static const struct slice domains[] = {lit("news.koko.test"), lit("koko.test")};
static struct setup_words german;
static const struct setup_words *const words[] = {&german, &setup_words_source};

static struct setup_site a_site(void)
{
	german = setup_words_source;
	german.lang = "de";
	german.name = "Deutsch";
	german.text[SETUP_W_TITLE] = "Gr\xc3\xbc\xc3\x9f"
				     "e & <Anleitung>";
	return (struct setup_site){
		.host = "mail.koko.test",
		.domains = domains,
		.n_domains = array_len(domains),
		.imap = {993, SETUP_TLS     },
		.submission = {587, SETUP_STARTTLS},
		.nntp = {119, SETUP_PLAIN   },
		.words = words,
		.n_words = array_len(words),
	};
}

static bool has(const struct buf *b, const char *what)
{
	struct slice s = buf_slice(b);

	return slice_find(s, slice_str(what)) < s.len;
}

#define assert_has(b, what)                                                                        \
	do {                                                                                       \
		if (!has(b, what))                                                                 \
			fail_msg("no %s in %.*s", what, SLICE_ARG(buf_slice(b)));                  \
	} while (0)

/* ---- addresses ---- */

static void addresses(void **state)
{
	static const struct {
		struct slice in;
		enum setup_address want;
	} rows[] = {
		{lit("anna@koko.test"),            SETUP_ADDRESS_HERE     },
		{lit("anna@KOKO.Test"),            SETUP_ADDRESS_HERE     },
		{lit("a.b+c@news.koko.test"),      SETUP_ADDRESS_HERE     },
		{lit("\xc3\xb6zlem@koko.test"),    SETUP_ADDRESS_HERE     },
		{lit("anna@else.test"),            SETUP_ADDRESS_ELSEWHERE},
		{lit("anna@x.koko.test"),          SETUP_ADDRESS_ELSEWHERE},
		{lit("anna@koko.test."),           SETUP_ADDRESS_ELSEWHERE},
		{lit("anna@st\xc3\xa4"
		     "dte.test"),
                 SETUP_ADDRESS_ELSEWHERE                                  },
		{lit(""),			  SETUP_ADDRESS_BAD      },
		{lit("anna"),                      SETUP_ADDRESS_BAD      },
		{lit("@koko.test"),                SETUP_ADDRESS_BAD      },
		{lit("anna@"),                     SETUP_ADDRESS_BAD      },
		{lit("a@b@koko.test"),             SETUP_ADDRESS_BAD      },
		{lit("an na@koko.test"),           SETUP_ADDRESS_BAD      },
		{lit("an\0na@koko.test"),          SETUP_ADDRESS_BAD      },
		{lit("anna\xff@koko.test"),        SETUP_ADDRESS_BAD      },
		{lit("\"><script>@koko.test"),     SETUP_ADDRESS_BAD      },
		{lit("anna@koko.test\r\nX: y"),    SETUP_ADDRESS_BAD      },
	};
	struct setup_site site = a_site();

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(rows[i].in);

		assert_int_equal(setup_judge(&site, in), rows[i].want);
		splits_free(in);
	}
}

static void long_addresses(void **state)
{
	struct setup_site site = a_site();

	(void)state;
	for (size_t n = SETUP_ADDRESS_MAX; n <= SETUP_ADDRESS_MAX + 1; n++) {
		struct buf b;

		buf_init(&b, 1000);
		while (b.len < n - strlen("@koko.test"))
			buf_addc(&b, 'a');
		buf_add(&b, lit("@koko.test"));
		assert_int_equal(setup_judge(&site, buf_slice(&b)),
			n > SETUP_ADDRESS_MAX ? SETUP_ADDRESS_BAD : SETUP_ADDRESS_HERE);
		buf_fini(&b);
	}
}

/* ---- XML ---- */

static void escapes(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} rows[] = {
		{lit(""),				     ""				      },
		{lit("a \xc3\xa4 \xf0\x9f\x99\x82"),          "a \xc3\xa4 \xf0\x9f\x99\x82"           },
		{lit("\"><script>&'"),                        "&quot;&gt;&lt;script&gt;&amp;&#39;"    },
		{lit("a\r\n\tb"),                             "a   b"                                 },
		{lit("a\0b\x01\x7f"),                         "a\xef\xbf\xbd"
				      "b\xef\xbf\xbd\xef\xbf\xbd"},
		{lit("\xff\xc3"),                             "\xef\xbf\xbd\xef\xbf\xbd"              },
		{lit("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"),
                 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"                                               },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(rows[i].in);
		struct buf b;

		buf_init(&b, 1000);
		setup_add_xml(&b, in);
		assert_buf(&b, rows[i].want);
		buf_fini(&b);
		splits_free(in);
	}
}

/* ---- documents ---- */

static void autoconfig(void **state)
{
	struct setup_site site = a_site();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	setup_autoconfig(&site, &b);
	assert_has(&b, "<domain>koko.test</domain>");
	assert_has(&b, "<incomingServer type=\"imap\">\n      <hostname>mail.koko.test</hostname>\n"
		       "      <port>993</port>\n      <socketType>SSL</socketType>\n");
	assert_has(&b, "<incomingServer type=\"nntp\">\n      <hostname>mail.koko.test</hostname>\n"
		       "      <port>119</port>\n      <socketType>plain</socketType>\n");
	assert_has(&b, "<port>587</port>\n      <socketType>STARTTLS</socketType>\n");
	buf_reset(&b);
	site.nntp.port = 0;
	setup_autoconfig(&site, &b);
	assert_false(has(&b, "nntp"));
	buf_fini(&b);
}

static void uuids_of(const struct setup_site *site, const char *address, struct buf *b)
{
	struct buf document;
	struct slice rest;

	buf_init(&document, 1 << 16);
	buf_reset(b);
	setup_apple(site, words[1], slice_str(address), &document);
	assert_has(&document, "<key>IncomingMailServerPortNumber</key><integer>993</integer>");
	assert_has(&document, "<key>OutgoingMailServerUseSSL</key><true/>");
	rest = buf_slice(&document);
	for (size_t at; (at = slice_find(rest, lit("UUID</key>"))) < rest.len;) {
		rest = slice_from(rest, at + strlen("UUID</key><string>"));
		buf_add(b, slice_head(rest, 37));
	}
	buf_fini(&document);
}

/* The same account has the same identifiers whenever and however it is asked for; others differ. */
static void apple(void **state)
{
	struct setup_site site = a_site();
	struct buf first, again, other;

	(void)state;
	buf_init(&first, 1000);
	buf_init(&again, 1000);
	buf_init(&other, 1000);
	uuids_of(&site, "anna@koko.test", &first);
	uuids_of(&site, "Anna@Koko.Test", &again);
	uuids_of(&site, "bert@koko.test", &other);
	assert_int_equal(first.len, 2 * 37);
	assert_memory_not_equal(buf_slice(&first).p, buf_slice(&first).p + 37, 36);
	assert_true(slice_eq(buf_slice(&first), buf_slice(&again)));
	assert_false(slice_eq(buf_slice(&first), buf_slice(&other)));
	assert_int_equal(buf_slice(&first).p[14], '8'); /* version */
	buf_fini(&first);
	buf_fini(&again);
	buf_fini(&other);
}

/* Without an address the device asks for it, so nothing may stand there. */
static void apple_asks(void **state)
{
	struct setup_site site = a_site();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	setup_apple(&site, words[0], lit(""), &b);
	assert_false(has(&b, "EmailAddress<"));
	assert_false(has(&b, "Username"));
	assert_has(&b, "<key>EmailAccountType</key><string>EmailTypeIMAP</string>");
	buf_fini(&b);
}

static void page(void **state)
{
	struct setup_site site = a_site();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 17);
	setup_page(&site, words[0], &b);
	assert_has(&b, "<html lang=\"de\">");
	assert_has(&b, "<title>Gr\xc3\xbc\xc3\x9f"
		       "e &amp; &lt;Anleitung&gt;</title>");
	assert_has(&b, "<td>mail.koko.test</td><td>993</td><td>SSL/TLS</td>");
	assert_has(&b, "<td>mail.koko.test</td><td>587</td><td>STARTTLS</td>");
	assert_has(&b, "<td>mail.koko.test</td><td>119</td><td>none</td>");
	assert_has(&b, "<a href=\"/setup?lang=en\" lang=\"en\" hreflang=\"en\">English</a>");
	assert_false(has(&b, "<script"));
	assert_false(has(&b, "http://"));
	assert_false(has(&b, "https://"));
	buf_fini(&b);
}

static void page_wrong(void **state)
{
	struct setup_site site = a_site();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	setup_page_wrong(&site, words[1], &b);
	assert_has(&b, "<html lang=\"en\">");
	assert_has(&b, "<h1>That is no address of this server</h1>");
	assert_has(&b, "<a href=\"/setup?lang=en#apple\">");
	buf_fini(&b);
}

/* ---- Outlook ---- */

#define REQUEST(inner)                                                                             \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Autodiscover xmlns=\"http://x/2006\">"     \
	"<Request>" inner "</Request></Autodiscover>"
#define ADDRESS "<EMailAddress>anna@koko.test</EMailAddress>"

static void outlook_requests(void **state)
{
	static const struct {
		struct slice in;
		const char *address, *schema; /* NULL: refused */
	} rows[] = {
		{lit(REQUEST(ADDRESS)),									      "anna@koko.test", ""        },
		{lit(REQUEST(
			 ADDRESS "<AcceptableResponseSchema>http://y</AcceptableResponseSchema>")),
                 "anna@koko.test",												     "http://y"},
		{lit(REQUEST("<a:EMailAddress x=\"1\"> anna@koko.test\r\n</a:EMailAddress >")),
                 "anna@koko.test",												     ""        },
		{lit(REQUEST("<EMailAddress>&lt;a&amp;b&gt;&quot;&apos;</EMailAddress>")),
                 "<a&b>\"'",													   ""        },
		{lit(REQUEST("<EMailAddress>gr\xc3\xbcn@koko.test</EMailAddress>")),
                 "gr\xc3\xbcn@koko.test",											      ""        },
		{lit(REQUEST("<LegacyDN>/o=x</LegacyDN>" ADDRESS "<Empty/>")),                                       "anna@koko.test",
                 ""															      },
		{lit(""),											    NULL,             NULL      },
		{lit("EMailAddress"),										NULL,             NULL      },
		{lit("<EMailAddress>anna@koko.test"),								NULL,             NULL      },
		{lit("<EMailAddress>anna@koko.test<"),							       NULL,             NULL      },
		{lit("<EMailAddress>anna@koko.test</"),							      NULL,             NULL      },
		{lit("<EMailAddress>anna@koko.test</Other>"),                                                        NULL,             NULL      },
		{lit("<EMailAddress>anna@koko.test<b></EMailAddress>"),                                              NULL,             NULL      },
		{lit("<EMailAddress"),									       NULL,             NULL      },
		{lit("<EMailAddress/>"),									     NULL,             NULL      },
		{lit("<EMailAddress></EMailAddress>"),							       NULL,             NULL      },
		{lit("<?xml"),										       NULL,             NULL      },
		{lit(REQUEST(ADDRESS ADDRESS)),								      NULL,             NULL      },
		{lit(REQUEST("<!-- x -->" ADDRESS)),								 NULL,             NULL      },
		{lit(REQUEST("<EMailAddress><![CDATA[a@koko.test]]></EMailAddress>")),                               NULL,             NULL      },
		{lit("<!DOCTYPE a [<!ENTITY b \"bb\">]>" REQUEST(ADDRESS)),                                          NULL,             NULL      },
		{lit(REQUEST("<EMailAddress>&b;@koko.test</EMailAddress>")),                                         NULL,             NULL      },
		{lit(REQUEST("<EMailAddress>&#97;@koko.test</EMailAddress>")),                                       NULL,             NULL      },
		{lit(REQUEST("<EMailAddress>\xff@koko.test</EMailAddress>")),                                        NULL,             NULL      },
		{lit("<\0E\0M\0"),										   NULL,             NULL      },
	};
	struct buf address, schema;

	(void)state;
	buf_init(&address, 100);
	buf_init(&schema, 100);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(rows[i].in);

		assert_int_equal(
			setup_outlook_read(in, &address, &schema), rows[i].address != NULL);
		if (rows[i].address) {
			assert_buf(&address, rows[i].address);
			assert_buf(&schema, rows[i].schema);
		}
		splits_free(in);
	}
	buf_fini(&address);
	buf_fini(&schema);
}

static void read_prefix(void *arg, struct slice prefix)
{
	struct buf address, schema;

	(void)arg;
	buf_init(&address, 100);
	buf_init(&schema, 100);
	if (setup_outlook_read(prefix, &address, &schema))
		assert_buf(&address, "anna@koko.test");
	buf_fini(&address);
	buf_fini(&schema);
}

static void outlook_prefixes(void **state)
{
	(void)state;
	splits_prefixes(read_prefix, NULL, lit(REQUEST(ADDRESS "<a/><b x='&amp;'></b>")));
}

/* More than the room for an address is no address. */
static void outlook_long(void **state)
{
	struct buf in, address, schema;

	(void)state;
	buf_init(&in, 1000);
	buf_init(&address, 100);
	buf_init(&schema, 100);
	buf_add(&in, lit("<EMailAddress>"));
	for (int i = 0; i < 101; i++)
		buf_addc(&in, 'a');
	buf_add(&in, lit("</EMailAddress>"));
	assert_false(setup_outlook_read(buf_slice(&in), &address, &schema));
	buf_fini(&in);
	buf_fini(&address);
	buf_fini(&schema);
}

static void outlook_answers(void **state)
{
	struct setup_site site = a_site();
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	setup_outlook(&site, lit("a&b@koko.test"), &b);
	assert_has(&b, "<LoginName>a&amp;b@koko.test</LoginName>");
	assert_has(&b, "<Port>993</Port>");
	assert_has(&b, "<SSL>off</SSL>\n        <Encryption>TLS</Encryption>");
	assert_true(setup_outlook_wants(lit("http://schemas.microsoft.com/exchange/autodiscover/"
					    "outlook/responseschema/2006a")));
	assert_false(setup_outlook_wants(lit("http://schemas.microsoft.com/exchange/autodiscover/"
					     "mobilesync/responseschema/2006")));
	buf_reset(&b);
	setup_outlook_error(600, "Invalid Request", 3661, &b);
	assert_has(&b, "<Error Time=\"01:01:01\" Id=\"0\">\n      <ErrorCode>600</ErrorCode>");
	buf_fini(&b);
}

/* ---- languages ---- */

static void languages(void **state)
{
	static const struct {
		const char *lang, *accept, *want;
	} rows[] = {
		{"",      "",                        "de"},
		{"en",    "de",                      "en"},
		{"EN-us", "",                        "en"},
		{"fr",    "en",                      "en"},
		{"fr",    "",                        "de"},
		{"",      "fr, it;q=0.5",            "de"},
		{"",      "en",                      "en"},
		{"",      "en-GB,en;q=0.9,de;q=0.8", "en"},
		{"",      "de;q=0.8,en;q=0.81",      "en"},
		{"",      "de;q=0.8, en ;q=0.8",     "de"},
		{"",      "en;q=0",                  "de"},
		{"",      "en;q=0.001",              "en"},
		{"",      "en; q=1.0",               "en"},
		{"",      "en;q=1.001,de;q=0.1",     "de"},
		{"",      "en;q=x",                  "de"},
		{"",      "en;q=0.0001",             "de"},
		{"",      "english",                 "de"},
		{"",      "*",                       "de"},
		{"",      ",,;,en",                  "en"},
	};
	struct setup_site site = a_site();

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		size_t got = setup_words_choose(site.words, site.n_words, slice_str(rows[i].lang),
			slice_str(rows[i].accept));

		if (strcmp(site.words[got]->lang, rows[i].want) != 0)
			fail_msg("\"%s\" \"%s\" is not %s", rows[i].lang, rows[i].accept,
				rows[i].want);
	}
}

static void all_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETUP_WORDS; i++)
		assert_non_null(setup_words_source.text[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(long_addresses),
		cmocka_unit_test(escapes),
		cmocka_unit_test(autoconfig),
		cmocka_unit_test(apple),
		cmocka_unit_test(apple_asks),
		cmocka_unit_test(page),
		cmocka_unit_test(page_wrong),
		cmocka_unit_test(outlook_requests),
		cmocka_unit_test(outlook_prefixes),
		cmocka_unit_test(outlook_long),
		cmocka_unit_test(outlook_answers),
		cmocka_unit_test(languages),
		cmocka_unit_test(all_words),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
