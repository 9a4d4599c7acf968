/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dictionary: what stands in most articles, the likeliest at the end.  The bytes are part of
 * the format (id 1): they never change; a better text gets the next id.
 */
#include "storage/dict.h"

#include <zstd.h>

#include "proto/base/mem.h"

/* clang-format off */
static const char text[] =
	" der die das den dem des ein eine einen einem einer und oder aber auch nicht"
	" noch nur schon wenn dann dass weil wie was wer wir ihr sie ich Ihnen Ihre uns"
	" unser unsere euch haben hat hatte sind ist war wird werden wurde kann können"
	" muss müssen soll sollen sollte möchte bitte danke mit von vom für auf aus bei"
	" beim zum zur über unter nach vor seit bis durch ohne gegen zwischen im am an in"
	" als so sehr mehr alle alles andere hier dort jetzt heute morgen gestern Montag"
	" Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Januar Februar März April"
	" Mai Juni Juli August September Oktober November Dezember Uhr Termin Treffen"
	" Sitzung Protokoll Tagesordnung Einladung Anmeldung Rückmeldung Frage Antwort"
	" Vorschlag Information Unterlagen Anlage Anhang Schule Schulen Berufskolleg"
	" Ausbildung Ausbildungsplatz Betrieb Betriebe Praktikum Agentur für Arbeit"
	" Jobcenter Kammer Kommunale Koordinierungsstelle Übergang Schule-Beruf"
	" Arbeitskreis Beirat Steuerungsgruppe Stadt Kreis Ministerium"
	" Nordrhein-Westfalen\r\n"
	"Sehr geehrte Damen und Herren,\r\n"
	"\r\n"
	"Liebe Kolleginnen und Kollegen,\r\n"
	"\r\n"
	"Guten Morgen,\r\n"
	"\r\n"
	"Guten Tag,\r\n"
	"\r\n"
	"Hallo zusammen,\r\n"
	"\r\n"
	"vielen Dank für die Rückmeldung. Ich würde mich freuen, wenn wir uns dazu in der"
	" nächsten Woche abstimmen könnten. Anbei finden Sie Für Rückfragen stehe ich"
	" gerne zur Verfügung.\r\n"
	"\r\n"
	"Mit freundlichen Grüßen\r\n"
	"Herzliche Grüße\r\n"
	"Beste Grüße\r\n"
	"Viele Grüße\r\n"
	"Mit freundlichem Gruß\r\n"
	"Am 01.01.2026 um 10:00 schrieb \r\n"
	" schrieb:\r\n"
	"> \r\n"
	"> > \r\n"
	">> \r\n"
	"-------- Weitergeleitete Nachricht --------\r\n"
	"-----Ursprüngliche Nachricht-----\r\n"
	"Von: \r\n"
	"Gesendet: \r\n"
	"An: \r\n"
	"Betreff: Re: AW: WG: Fwd: \r\n"
	"This is a multi-part message in MIME format.\r\n"
	"<!DOCTYPE html>\r\n"
	"<html>\r\n"
	"  <head>\r\n"
	"    <meta http-equiv=\"content-type\" content=\"text/html; charset=UTF-8\">\r\n"
	"  </head>\r\n"
	"  <body text=\"#000000\" bgcolor=\"#FFFFFF\">\r\n"
	"    <p><br>\r\n"
	"    </p>\r\n"
	"    <div class=\"moz-cite-prefix\">\r\n"
	"    <blockquote type=\"cite\" cite=\"mid:\r\n"
	"    </blockquote>\r\n"
	"  </body>\r\n"
	"</html>\r\n"
	"BEGIN:VCALENDAR\r\n"
	"VERSION:2.0\r\n"
	"PRODID:-//\r\n"
	"METHOD:PUBLISH\r\n"
	"BEGIN:VEVENT\r\n"
	"UID:\r\n"
	"DTSTAMP:2026\r\n"
	"DTSTART;TZID=Europe/Berlin:2026\r\n"
	"DTEND;TZID=Europe/Berlin:2026\r\n"
	"SUMMARY:\r\n"
	"LOCATION:\r\n"
	"DESCRIPTION:\r\n"
	"END:VEVENT\r\n"
	"END:VCALENDAR\r\n"
	"Content-Type: text/calendar; charset=utf-8; method=PUBLISH\r\n"
	"Content-Type: application/pdf; name=\"\r\n"
	"Content-Type: image/png; name=\"\r\n"
	"Content-Disposition: attachment; filename=\"\r\n"
	"Content-Disposition: inline\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"Content-Transfer-Encoding: 7bit\r\n"
	"Content-Type: text/html; charset=UTF-8\r\n"
	"Content-Type: multipart/mixed; boundary=\"------------\r\n"
	"Content-Type: multipart/alternative; boundary=\"------------\r\n"
	"Kokod-Sign: Kokod-Actor: Supersedes: <Control: cancel <Cancel-Key:"
	" sha256:Archive: Approved: Expires: Followup-To: Reply-To: Sender: Organization:"
	" Kommunale Koordinierungsstelle\r\n"
	"List-Id: <List-Post: <mailto:Archived-At: <\r\n"
	"Xref: X-Newsreader: User-Agent: slrn/1.0.3 (Linux)\r\n"
	"User-Agent: tin/2.6.2-20221225 (\"Pittyvaich\") (Linux/6.1.0 (x86_64))\r\n"
	"User-Agent: Gnus/5.13 (Gnus v5.13) Emacs/28.2\r\n"
	"Date: Tue, 01 Jan 2026 00:00:00 +0000\r\n"
	"Date: Wed, 01 Feb 2026 00:00:00 +0100\r\n"
	"Date: Thu, 01 Mar 2026 00:00:00 +0200\r\n"
	"Date: Fri, 01 Oct 2026 00:00:00 +0000 (UTC)\r\n"
	"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
	"Content-Type: text/plain; charset=us-ascii\r\n"
	"Content-Type: text/plain; charset=\"utf-8\"\r\n"
	"Path: !.POSTED!not-for-mail\r\n"
	"From: =?UTF-8?Q?=C3=BC=C3=A4=C3=B6=C3=9F?= <\r\n"
	"From: =?UTF-8?B?\r\n"
	"Newsgroups: nrw.koko.forum\r\n"
	"Newsgroups: nrw.koko.pinnwand\r\n"
	"Subject: Re: =?UTF-8?Q?\r\n"
	"Subject: =?UTF-8?Q?\r\n"
	"Message-ID: <\r\n"
	"References: <\r\n"
	"In-Reply-To: <\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=UTF-8; format=flowed\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"Content-Language: de-DE\r\n"
	"User-Agent: Mozilla Thunderbird\r\n"
	"Injection-Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
	"Injection-Info: ; logging-data=\"12345\"; mail-complaints-to=\"abuse@\r\n"
	"Cancel-Lock: sha256:\r\n";

/* clang-format on */

struct dict {
	ZSTD_CDict *pack;
	ZSTD_DDict *unpack;
};

struct slice dict_text(void)
{
	return slice_of(text, sizeof text - 1);
}

struct dict *dict_new(int level)
{
	struct dict *d = mem_new(struct dict);
	struct slice t = dict_text();

	d->pack = ZSTD_createCDict(t.p, t.len, level);
	d->unpack = ZSTD_createDDict(t.p, t.len);
	if (!d->pack || !d->unpack)
		abort();
	return d;
}

void dict_free(struct dict *d)
{
	if (!d)
		return;
	ZSTD_freeCDict(d->pack);
	ZSTD_freeDDict(d->unpack);
	free(d);
}

size_t dict_pack(const struct dict *d, ZSTD_CCtx *ctx, struct slice raw, void *out, size_t room)
{
	return ZSTD_compress_usingCDict(ctx, out, room, raw.p, raw.len, d->pack);
}

size_t dict_unpack(
	const struct dict *d, ZSTD_DCtx *ctx, struct slice packed, void *out, size_t room)
{
	return ZSTD_decompress_usingDDict(ctx, out, room, packed.p, packed.len, d->unpack);
}
