/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One page without script, image or anything from elsewhere: readable in any browser, by a screen
 * reader, on a phone and on paper.  It is the same for everybody, so nothing of a visitor stands in
 * it.
 */
#include "proto/http/setup.h"

/* Dark text on light ground and the reverse, both with a contrast over 7 to 1. */
const char setup_css[] =
	":root { color-scheme: light dark; --ink: #1b1b1b; --ground: #fff; --soft: #f1f3f5;\n"
	"  --line: #6b7280; --link: #0b4a8f; }\n"
	"@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f2; --ground: #16181b;\n"
	"  --soft: #24282d; --line: #9aa3ad; --link: #9cc7ff; } }\n"
	"body { color: var(--ink); background: var(--ground); font: 1.0625rem/1.55 sans-serif;\n"
	"  max-width: 46rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }\n"
	"h1 { font-size: 1.75rem; line-height: 1.25; margin: .5rem 0; }\n"
	"h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }\n"
	"nav { text-align: right; }\n"
	"nav a { margin-left: 1rem; }\n"
	"nav [aria-current] { color: inherit; font-weight: bold; text-decoration: none; }\n"
	"a { color: var(--link); }\n"
	"code { font: 1rem/1.4 monospace; background: var(--soft); padding: .1rem .35rem;\n"
	"  overflow-wrap: anywhere; }\n"
	".note { background: var(--soft); border-left: .35rem solid var(--link);\n"
	"  padding: .25rem 1rem; }\n"
	".wide { overflow-x: auto; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; }\n"
	"thead th { background: var(--soft); }\n"
	"label { display: block; font-weight: bold; }\n"
	"input, button { font: inherit; padding: .45rem .6rem; border: 1px solid var(--line);\n"
	"  border-radius: .25rem; margin: .25rem .25rem .25rem 0; max-width: 100%;\n"
	"  box-sizing: border-box; color: inherit; background: var(--ground); }\n"
	"input { width: 22rem; }\n"
	"button { background: var(--link); color: var(--ground); border-color: var(--link);\n"
	"  cursor: pointer; }\n"
	":focus-visible { outline: .2rem solid var(--link); outline-offset: .15rem; }\n"
	"@media print { nav, form { display: none; } }\n";

/* What the parts of the page share. */
struct page {
	const struct setup_site *site;
	const struct setup_words *words;
	struct buf *out;
};

static void add_word(const struct page *p, enum setup_word w)
{
	setup_add_xml(p->out, slice_str(p->words->text[w]));
}

/* <element>sentence</element> */
static void add_element(const struct page *p, const char *element, enum setup_word w)
{
	buf_addf(p->out, "<%s>", element);
	add_word(p, w);
	buf_addf(p->out, "</%s>\n", element);
}

static void add_code(const struct page *p, struct slice text)
{
	buf_add(p->out, lit("<p><code>"));
	setup_add_xml(p->out, text);
	buf_add(p->out, lit("</code></p>\n"));
}

static void add_section(const struct page *p, const char *id)
{
	buf_addf(p->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
}

/* ---- head ---- */

static void add_languages(const struct page *p)
{
	const struct setup_site *site = p->site;

	if (site->n_words < 2)
		return;
	buf_add(p->out, lit("<nav aria-label=\""));
	add_word(p, SETUP_W_LANGUAGE);
	buf_add(p->out, lit("\">"));
	for (size_t i = 0; i < site->n_words; i++) {
		const struct setup_words *w = site->words[i];

		buf_addf(p->out, "<a href=\"/setup?lang=%s\" lang=\"%s\" hreflang=\"%s\"%s>",
			w->lang, w->lang, w->lang, w == p->words ? " aria-current=\"page\"" : "");
		setup_add_xml(p->out, slice_str(w->name));
		buf_add(p->out, lit("</a>\n"));
	}
	buf_add(p->out, lit("</nav>\n"));
}

static void add_head(const struct page *p, enum setup_word title)
{
	buf_addf(p->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n", p->words->lang);
	buf_add(p->out,
		lit("<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<link rel=\"stylesheet\" href=\"/setup/koko.css\">\n"));
	add_element(p, "title", title);
	buf_add(p->out, lit("</head>\n<body>\n<header>\n"));
	add_languages(p);
	add_element(p, "h1", title);
	buf_add(p->out, lit("<p>"));
	add_word(p, SETUP_W_FOR);
	for (size_t i = 0; i < p->site->n_domains; i++) {
		buf_addz(p->out, i == 0 ? " <strong>" : ", <strong>");
		setup_add_xml(p->out, p->site->domains[i]);
		buf_add(p->out, lit("</strong>"));
	}
	buf_add(p->out, lit("</p>\n</header>\n<main>\n"));
}

static void add_end(const struct page *p)
{
	buf_add(p->out, lit("</main>\n</body>\n</html>\n"));
}

/* ---- programs ---- */

static void add_thunderbird(const struct page *p)
{
	add_section(p, "thunderbird");
	buf_add(p->out, lit("Thunderbird</h2>\n<ol>\n"));
	add_element(p, "li", SETUP_W_THUNDERBIRD_1);
	add_element(p, "li", SETUP_W_THUNDERBIRD_2);
	add_element(p, "li", SETUP_W_THUNDERBIRD_3);
	buf_add(p->out, lit("</ol>\n<div class=\"note\">\n"));
	buf_add(p->out, lit("<p><strong>"));
	add_word(p, SETUP_W_NEW_MESSAGES);
	buf_add(p->out, lit("</strong></p>\n"));
	add_element(p, "p", SETUP_W_NEW_ALL);
	add_code(p, lit("mail.server.default.check_all_folders_for_new"));
	add_element(p, "p", SETUP_W_NEW_ONE);
	buf_add(p->out, lit("</div>\n<p><a href=\"/mail/config-v1.1.xml\">"));
	add_word(p, SETUP_W_AUTOCONFIG);
	buf_add(p->out, lit("</a></p>\n</section>\n"));
}

static void add_apple(const struct page *p)
{
	add_section(p, "apple");
	add_word(p, SETUP_W_APPLE);
	buf_add(p->out, lit("</h2>\n"));
	add_element(p, "p", SETUP_W_APPLE_1);
	buf_add(p->out, lit("<form action=\"/setup/apple.mobileconfig\" method=\"get\">\n"
			    "<label for=\"address\">"));
	add_word(p, SETUP_W_ADDRESS);
	buf_addf(p->out,
		"</label>\n<input id=\"address\" name=\"address\" type=\"text\" required "
		"maxlength=\"%d\" inputmode=\"email\" autocomplete=\"email\" "
		"autocapitalize=\"none\" spellcheck=\"false\">\n"
		"<input name=\"lang\" type=\"hidden\" value=\"%s\">\n",
		SETUP_ADDRESS_MAX, p->words->lang);
	add_element(p, "button", SETUP_W_LOAD);
	buf_add(p->out, lit("</form>\n"));
	add_element(p, "p", SETUP_W_APPLE_2);
	buf_add(p->out, lit("</section>\n"));
}

static void add_outlook(const struct page *p)
{
	add_section(p, "outlook");
	buf_add(p->out, lit("Outlook</h2>\n"));
	add_element(p, "p", SETUP_W_OUTLOOK_1);
	add_element(p, "p", SETUP_W_OUTLOOK_2);
	buf_add(p->out, lit("</section>\n"));
}

/* ---- by hand ---- */

static void add_row(const struct page *p, enum setup_word purpose, const struct setup_door *door)
{
	static const char *const security[] = {
		[SETUP_TLS] = "SSL/TLS", [SETUP_STARTTLS] = "STARTTLS", [SETUP_PLAIN] = NULL};

	if (door->port == 0)
		return;
	buf_add(p->out, lit("<tr><th scope=\"row\">"));
	add_word(p, purpose);
	buf_add(p->out, lit("</th><td>"));
	setup_add_xml(p->out, slice_str(p->site->host));
	buf_addf(p->out, "</td><td>%u</td><td>", door->port);
	if (security[door->security])
		buf_addz(p->out, security[door->security]);
	else
		add_word(p, SETUP_W_UNENCRYPTED);
	buf_add(p->out, lit("</td></tr>\n"));
}

static void add_by_hand(const struct page *p)
{
	static const enum setup_word columns[] = {
		SETUP_W_PURPOSE, SETUP_W_SERVER, SETUP_W_PORT, SETUP_W_SECURITY};

	add_section(p, "by-hand");
	add_word(p, SETUP_W_BY_HAND);
	buf_add(p->out, lit("</h2>\n"));
	add_element(p, "p", SETUP_W_BY_HAND_1);
	buf_add(p->out, lit("<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			    "aria-labelledby=\"by-hand\">\n<table>\n<thead><tr>"));
	for (size_t i = 0; i < array_len(columns); i++) {
		buf_add(p->out, lit("<th scope=\"col\">"));
		add_word(p, columns[i]);
		buf_add(p->out, lit("</th>"));
	}
	buf_add(p->out, lit("</tr></thead>\n<tbody>\n"));
	add_row(p, SETUP_W_READ, &p->site->imap);
	add_row(p, SETUP_W_SEND, &p->site->submission);
	add_row(p, SETUP_W_NEWS, &p->site->nntp);
	buf_add(p->out, lit("</tbody>\n</table>\n</div>\n<p>"));
	add_word(p, SETUP_W_USER);
	buf_add(p->out, lit(": <strong>"));
	add_word(p, SETUP_W_WHOLE_ADDRESS);
	buf_add(p->out, lit("</strong></p>\n</section>\n"));
}

/* ---- groups and news ---- */

static void add_groups(const struct page *p)
{
	struct buf example;

	buf_init(&example, 1024);
	buf_addf(&example, "nrw.koko.forum@%.*s", SLICE_ARG(p->site->domains[0]));
	add_section(p, "groups");
	add_word(p, SETUP_W_GROUPS);
	buf_add(p->out, lit("</h2>\n"));
	add_element(p, "p", SETUP_W_GROUPS_1);
	add_code(p, buf_slice(&example));
	add_element(p, "p", SETUP_W_GROUPS_2);
	buf_add(p->out, lit("</section>\n"));
	buf_fini(&example);
}

static void add_readers(const struct page *p)
{
	const struct setup_door *door = &p->site->nntp;
	struct buf command;

	if (door->port == 0)
		return;
	buf_init(&command, 1024);
	buf_addf(&command, "tin -r -A%s -g %s -p %u", door->security == SETUP_TLS ? " -T" : "",
		p->site->host, door->port);
	add_section(p, "readers");
	add_word(p, SETUP_W_READERS);
	buf_add(p->out, lit("</h2>\n"));
	add_element(p, "p", SETUP_W_READERS_1);
	add_code(p, buf_slice(&command));
	buf_add(p->out, lit("</section>\n"));
	buf_fini(&command);
}

void setup_page(const struct setup_site *site, const struct setup_words *words, struct buf *out)
{
	const struct page p = {site, words, out};

	add_head(&p, SETUP_W_TITLE);
	add_element(&p, "p", SETUP_W_LOGIN);
	add_element(&p, "p", SETUP_W_NO_PASSWORD);
	add_thunderbird(&p);
	add_apple(&p);
	add_outlook(&p);
	add_by_hand(&p);
	add_groups(&p);
	add_readers(&p);
	add_end(&p);
}

void setup_page_wrong(
	const struct setup_site *site, const struct setup_words *words, struct buf *out)
{
	const struct page p = {site, words, out};

	add_head(&p, SETUP_W_WRONG);
	add_element(&p, "p", SETUP_W_WRONG_1);
	buf_addf(out, "<p><a href=\"/setup?lang=%s#apple\">", words->lang);
	add_word(&p, SETUP_W_BACK);
	buf_add(out, lit("</a></p>\n"));
	add_end(&p);
}
