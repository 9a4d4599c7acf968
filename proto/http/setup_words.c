/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xgettext finds the sentences by N_(); daemon/words.c looks them up. */
#include "proto/http/setup_words.h"

#include "proto/base/scan.h"
#include "proto/base/text.h"

#define N_(text) (text)

/* clang-format off */
const struct setup_words setup_words_source = {
	.lang = "en",
	.name = "English",
	.text = {
		[SETUP_W_TITLE] = N_("Set up your mail program"),
		[SETUP_W_FOR] = N_("For people with an account at"),
		[SETUP_W_LOGIN] =
			N_("You need your mail address and your password. The user name is "
			   "always the whole address."),
		[SETUP_W_NO_PASSWORD] =
			N_("Enter your password only in the mail program itself. This page "
			   "never asks for it."),
		[SETUP_W_THUNDERBIRD_1] =
			N_("Add a mail account and enter your name, your address and your "
			   "password."),
		[SETUP_W_THUNDERBIRD_2] =
			N_("Thunderbird finds the settings by itself. Compare them with the "
			   "table below, then finish."),
		[SETUP_W_THUNDERBIRD_3] =
			N_("Your groups stand beside your mailboxes, below the folder Gruppen."),
		[SETUP_W_NEW_MESSAGES] = N_("Check all folders for new messages"),
		[SETUP_W_NEW_ALL] =
			N_("By itself Thunderbird looks for new messages in the inbox alone. So "
			   "that it counts unread posts in all groups, open Settings, General, "
			   "Config Editor, and set this to true:"),
		[SETUP_W_NEW_ONE] =
			N_("For one group only: open its properties with the right mouse button "
			   "and tick the box that always checks this folder for new messages."),
		[SETUP_W_AUTOCONFIG] = N_("The document that Thunderbird reads"),
		[SETUP_W_APPLE] = N_("iPhone, iPad, Mac"),
		[SETUP_W_APPLE_1] =
			N_("Enter your address here and load the profile on the device. It "
			   "holds no password."),
		[SETUP_W_APPLE_2] =
			N_("Then open Settings, Profile Downloaded, and install it. The device "
			   "asks for your password."),
		[SETUP_W_ADDRESS] = N_("Mail address"),
		[SETUP_W_LOAD] = N_("Load profile"),
		[SETUP_W_OUTLOOK_1] =
			N_("Classic Outlook finds the settings by itself once you have entered "
			   "your address, if your office has set up the name autodiscover."),
		[SETUP_W_OUTLOOK_2] =
			N_("In the new Outlook choose IMAP and enter the settings of the table "
			   "below."),
		[SETUP_W_BY_HAND] = N_("Settings by hand"),
		[SETUP_W_BY_HAND_1] = N_("For every other program, and for comparing:"),
		[SETUP_W_PURPOSE] = N_("Purpose"),
		[SETUP_W_SERVER] = N_("Server"),
		[SETUP_W_PORT] = N_("Port"),
		[SETUP_W_SECURITY] = N_("Security"),
		[SETUP_W_READ] = N_("Reading mail (IMAP)"),
		[SETUP_W_SEND] = N_("Sending mail (SMTP)"),
		[SETUP_W_NEWS] = N_("News (NNTP)"),
		[SETUP_W_USER] = N_("User name"),
		[SETUP_W_WHOLE_ADDRESS] = N_("your whole mail address"),
		[SETUP_W_UNENCRYPTED] = N_("none"),
		[SETUP_W_GROUPS] = N_("Groups"),
		[SETUP_W_GROUPS_1] =
			N_("A mail to a group is a post there. Its address is the name of the "
			   "group, for example:"),
		[SETUP_W_GROUPS_2] =
			N_("What you read, mark or file is the same on all your devices."),
		[SETUP_W_READERS] = N_("News readers"),
		[SETUP_W_READERS_1] =
			N_("The same groups can be read with a news reader: enter the line News "
			   "of the table there. With tin, for example:"),
		[SETUP_W_LANGUAGE] = N_("Language"),
		[SETUP_W_WRONG] = N_("That is no address of this server"),
		[SETUP_W_WRONG_1] =
			N_("Please check it: a typing error, or another server's address?"),
		[SETUP_W_BACK] = N_("Back to the page"),
		[SETUP_W_PROFILE] = N_("Sets up mail and groups. It holds no password."),
	},
};

/* clang-format on */

/* ---- choosing ---- */

static size_t find(const struct setup_words *const *words, size_t n, struct slice lang)
{
	struct slice primary = slice_head(lang, slice_chr(lang, '-'));
	size_t i = 0;

	while (i < n && !slice_eq_ci(slice_str(words[i]->lang), primary))
		i++;
	return i;
}

/* ";q=0.5" in thousandths; what is not understood counts as 0.  RFC 9110 section 12.4.2 */
static unsigned weight(struct slice params)
{
	struct cursor c = cursor_of(slice_trim(params));
	unsigned q, digits = 0;

	if (cursor_end(&c))
		return 1000;
	if (!cursor_take_ci(&c, lit("q=")) || !ascii_digit(cursor_peek(&c)))
		return 0;
	q = (unsigned)(cursor_peek(&c) - '0');
	c.at++;
	if (cursor_take(&c, '.'))
		for (; digits < 3 && ascii_digit(cursor_peek(&c)); digits++, c.at++)
			q = q * 10 + (unsigned)(cursor_peek(&c) - '0');
	for (; digits < 3; digits++)
		q *= 10;
	return q <= 1000 && cursor_end(&c) ? q : 0;
}

size_t setup_words_choose(
	const struct setup_words *const *words, size_t n, struct slice lang, struct slice accept)
{
	size_t best = find(words, n, lang);
	unsigned best_q = 0;
	struct slice one;

	if (best < n)
		return best;
	best = 0;
	while (slice_split(&accept, ',', &one)) {
		size_t semicolon = slice_chr(one, ';');
		size_t i = find(words, n, slice_trim(slice_head(one, semicolon)));
		unsigned q = weight(slice_from(one, semicolon + 1));

		if (i < n && q > best_q) {
			best = i;
			best_q = q;
		}
	}
	return best;
}
