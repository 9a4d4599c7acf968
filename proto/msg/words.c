/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encoded words (RFC 2047) and charsets; the header is fields.h.
 *
 * Neighbouring words of one charset are joined before they are converted, since many programs cut
 * words inside a character.  Only charsets of the table below reach iconv: its rarer converters
 * are not meant for input from strangers.
 */
#include "proto/msg/fields.h"

#include "proto/base/mem.h"
#include "proto/base/text.h"

#include <iconv.h>

enum { WORD_MAX_TEXT = 52 }; /* bytes of text in a word we write; with a field name 76 a line */

/* Label in the wild -> name for iconv; windows-1252 is what people mean by iso-8859-1. */
static const struct {
	const char *label, *name;
} charsets[] = {
	{"utf-8",          "UTF-8"       },
	{"utf8",           "UTF-8"       },
	{"us-ascii",       "UTF-8"       },
	{"ascii",          "UTF-8"       },
	{"iso-8859-1",     "WINDOWS-1252"},
	{"iso8859-1",      "WINDOWS-1252"},
	{"latin1",         "WINDOWS-1252"},
	{"windows-1252",   "WINDOWS-1252"},
	{"cp1252",         "WINDOWS-1252"},
	{"iso-8859-2",     "ISO-8859-2"  },
	{"iso-8859-3",     "ISO-8859-3"  },
	{"iso-8859-4",     "ISO-8859-4"  },
	{"iso-8859-5",     "ISO-8859-5"  },
	{"iso-8859-6",     "ISO-8859-6"  },
	{"iso-8859-7",     "ISO-8859-7"  },
	{"iso-8859-8",     "ISO-8859-8"  },
	{"iso-8859-8-i",   "ISO-8859-8"  },
	{"iso-8859-9",     "WINDOWS-1254"},
	{"iso-8859-10",    "ISO-8859-10" },
	{"iso-8859-13",    "ISO-8859-13" },
	{"iso-8859-14",    "ISO-8859-14" },
	{"iso-8859-15",    "ISO-8859-15" },
	{"iso8859-15",     "ISO-8859-15" },
	{"iso-8859-16",    "ISO-8859-16" },
	{"windows-1250",   "WINDOWS-1250"},
	{"windows-1251",   "WINDOWS-1251"},
	{"windows-1253",   "WINDOWS-1253"},
	{"windows-1254",   "WINDOWS-1254"},
	{"windows-1255",   "WINDOWS-1255"},
	{"windows-1256",   "WINDOWS-1256"},
	{"windows-1257",   "WINDOWS-1257"},
	{"windows-1258",   "WINDOWS-1258"},
	{"koi8-r",         "KOI8-R"      },
	{"koi8-u",         "KOI8-U"      },
	{"macintosh",      "MACINTOSH"   },
	{"utf-7",          "UTF-7"       },
	{"utf-16",         "UTF-16"      },
	{"utf-16be",       "UTF-16BE"    },
	{"utf-16le",       "UTF-16LE"    },
	{"iso-2022-jp",    "ISO-2022-JP" },
	{"shift_jis",      "SHIFT_JIS"   },
	{"euc-jp",         "EUC-JP"      },
	{"gb2312",         "GB18030"     },
	{"gbk",            "GB18030"     },
	{"gb18030",        "GB18030"     },
	{"big5",           "BIG5"        },
	{"euc-kr",         "EUC-KR"      },
	{"ks_c_5601-1987", "EUC-KR"      },
};

static const char *charset_name(struct slice label)
{
	for (size_t i = 0; i < array_len(charsets); i++)
		if (slice_eq_ci(label, slice_str(charsets[i].label)))
			return charsets[i].name;
	return NULL;
}

/* Convert all of `in`; a byte that cannot be converted becomes U+FFFD. */
static void convert(iconv_t cd, struct buf *b, struct slice in)
{
	char *from = (char *)(uintptr_t)in.p;
	size_t left = in.len;

	while (left > 0) {
		char part[512], *to = part;
		size_t room = sizeof part, before = left;
		size_t rc = iconv(cd, &from, &left, &to, &room);

		buf_add(b, slice_of(part, sizeof part - room));
		if (rc == (size_t)-1 && room == sizeof part && left == before) {
			buf_add(b, lit("\xef\xbf\xbd"));
			from++;
			left--;
		}
	}
}

bool charset_to_utf8(struct buf *b, struct slice charset, struct slice in)
{
	const char *name = charset_name(slice_head(charset, slice_chr(charset, '*')));

	if (!name)
		return false;
	if (strcmp(name, "UTF-8") == 0) {
		utf8_add_clean(b, in);
		return true;
	}

	iconv_t cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): iconv's own error value */
		return false;
	convert(cd, b, in);
	iconv_close(cd);
	return true;
}

static int hex_value(int c)
{
	c = ascii_lower(c);
	if (ascii_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `_` is a blank, `=XX` a byte; an `=` without two digits stands for itself.  Section 4.2 */
static void q_decode(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		int hi = i + 2 < s.len ? hex_value((unsigned char)s.p[i + 1]) : -1;
		int lo = i + 2 < s.len ? hex_value((unsigned char)s.p[i + 2]) : -1;

		if (s.p[i] == '=' && hi >= 0 && lo >= 0) {
			buf_addc(b, (char)(unsigned char)(hi << 4 | lo));
			i += 2;
		} else if (s.p[i] == '_') {
			buf_addc(b, ' ');
		} else {
			buf_addc(b, s.p[i]);
		}
	}
}

struct word {
	struct slice charset, text;
	bool base64;
	size_t len; /* of the whole word */
};

/* The encoded word at the front of s: "=?charset?Q?text?=". */
static bool take_word(struct slice s, struct word *w)
{
	struct slice rest = slice_from(s, 2), enc;

	if (!slice_starts(s, lit("=?")))
		return false;
	w->charset = slice_head(rest, slice_chr(rest, '?'));
	rest = slice_from(rest, w->charset.len + 1);
	enc = slice_head(rest, slice_chr(rest, '?'));
	rest = slice_from(rest, enc.len + 1);
	w->text = slice_head(rest, slice_find(rest, lit("?=")));
	if (enc.len != 1 || w->text.len == rest.len || slice_chr(w->text, ' ') != w->text.len)
		return false;
	w->base64 = ascii_lower((unsigned char)enc.p[0]) == 'b';
	if (!w->base64 && ascii_lower((unsigned char)enc.p[0]) != 'q')
		return false;
	w->len = (size_t)(w->text.p + w->text.len + 2 - s.p);
	return charset_name(slice_head(w->charset, slice_chr(w->charset, '*'))) != NULL;
}

/* Words in a row, still in their charset. */
struct run {
	struct slice charset;
	struct buf bytes;
};

/* Convert what the run holds; control bytes could only deceive, so they become blanks. */
static void flush_run(struct run *r, struct buf *b)
{
	size_t from = b->len;

	if (!r->charset.p)
		return;
	if (!charset_to_utf8(b, r->charset, buf_slice(&r->bytes)))
		utf8_add_clean(b, buf_slice(&r->bytes));
	for (size_t i = b->start + from; i < b->start + b->len; i++)
		if ((unsigned char)b->data[i] < 32 || b->data[i] == 127)
			b->data[i] = ' ';
	buf_reset(&r->bytes);
	r->charset = slice_of(NULL, 0);
}

static void add_word(struct run *r, const struct word *w, struct buf *b)
{
	if (r->charset.p && !slice_eq_ci(r->charset, w->charset))
		flush_run(r, b);
	r->charset = w->charset;
	if (!w->base64)
		q_decode(&r->bytes, w->text);
	else if (!base64_decode(&r->bytes, w->text))
		buf_add(&r->bytes, w->text);
}

static bool is_fws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How many bytes of s, from `from` on, are blanks (or are none). */
static size_t span(struct slice s, size_t from, bool blanks)
{
	size_t at = from;

	while (at < s.len && is_fws(s.p[at]) == blanks &&
		(blanks || at == from || !slice_starts(slice_from(s, at), lit("=?"))))
		at++;
	return at - from;
}

static void add_blanks(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == ' ' || s.p[i] == '\t')
			buf_addc(b, s.p[i]);
}

/* Blanks between two words are dropped; elsewhere they stay.  CR and LF go.  Section 6.2 */
static void decode_all(struct run *r, struct buf *b, struct slice in)
{
	size_t at = 0;

	while (at < in.len) {
		struct slice blanks = slice_of(in.p + at, span(in, at, true));
		struct word w;

		at += blanks.len;
		if (take_word(slice_from(in, at), &w)) {
			if (!r->charset.p)
				add_blanks(b, blanks);
			add_word(r, &w, b);
			at += w.len;
			continue;
		}
		flush_run(r, b);
		add_blanks(b, blanks);
		size_t n = span(in, at, false);
		utf8_add_clean(b, slice_of(in.p + at, n));
		at += n;
	}
	flush_run(r, b);
}

void words_decode(struct buf *b, struct slice value)
{
	struct run r = {0};
	struct buf out;

	if (slice_find(value, lit("=?")) == value.len && utf8_valid(value) &&
		slice_chr(value, '\n') == value.len) {
		buf_add(b, utf8_cut(value, WORDS_MAX_OUT));
		return;
	}
	buf_init(&out, SIZE_MAX);
	buf_init(&r.bytes, SIZE_MAX);
	decode_all(&r, &out, slice_head(value, WORDS_MAX_OUT));
	buf_add(b, utf8_cut(buf_slice(&out), WORDS_MAX_OUT));
	buf_fini(&r.bytes);
	buf_fini(&out);
}

/* May stand for itself in a word wherever it is, a phrase too.  RFC 2047 section 5 (3) */
static bool is_q_safe(unsigned char c)
{
	return ascii_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

/* One character (its n bytes) as Q text. */
static void q_encode(struct buf *b, struct slice ch)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < ch.len; i++) {
		unsigned char c = (unsigned char)ch.p[i];
		if (c == ' ') {
			buf_addc(b, '_');
		} else if (is_q_safe(c)) {
			buf_addc(b, ch.p[i]);
		} else {
			buf_addc(b, '=');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

static void encode_all(struct buf *b, struct slice text)
{
	size_t begin = 0;

	for (size_t at = 0, n; at < text.len; at += n) {
		for (n = 1; at + n < text.len && ((unsigned char)text.p[at + n] & 0xc0) == 0x80;)
			n++;
		if (at == 0 || b->len - begin + 3 * n > WORD_MAX_TEXT) {
			buf_addz(b, at == 0 ? "=?UTF-8?Q?" : "?=\r\n =?UTF-8?Q?");
			begin = b->len;
		}
		q_encode(b, slice_of(text.p + at, n));
	}
	buf_addz(b, "?=");
}

/* Can it be written as it is? */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] != ' ' && !ascii_print((unsigned char)text.p[i]))
			return false;
	return slice_find(text, lit("=?")) == text.len && text.len <= 900;
}

void words_encode(struct buf *b, struct slice text)
{
	struct buf clean;

	if (is_plain(text)) {
		buf_add(b, text);
		return;
	}
	buf_init(&clean, SIZE_MAX);
	utf8_add_clean(&clean, text);
	encode_all(b, buf_slice(&clean));
	buf_fini(&clean);
}
