# SPDX-License-Identifier: GPL-3.0-or-later
"""
Odd messages of our own making, for comparing how programs read them: heads() and structures() are
made by hand, generated() by a seed.  Each is (name, bytes); names are unique and say what is odd.
"""

import random

SEED = 20261124
GENERATED = 160


def mail(head, body="Text.\r\n"):
    """A message of header lines and a body; lines joined by CRLF.  str is sent as UTF-8."""
    return raw(head) + b"\r\n" + raw(body)


def raw(text):
    if isinstance(text, bytes):
        return text
    if isinstance(text, (list, tuple)):
        return b"".join(raw(t) + b"\r\n" for t in text)
    return text.encode()


# ---- heads ----

ADDRESSES = {
    "plain": "anna@example.org",
    "named": "Anna Muster <anna@example.org>",
    "quoted-name": '"Muster, Anna" <anna@example.org>',
    "quoted-pair-name": r'"Anna \"die\" \\ Muster" <anna@example.org>',
    "encoded-name": "=?utf-8?q?Anna_M=C3=BCller?= <anna@example.org>",
    "encoded-in-quotes": '"=?utf-8?q?Anna?=" <anna@example.org>',
    "latin1-encoded": "=?iso-8859-1?Q?J=FCrgen?= <j@example.org>",
    "comment-name": "anna@example.org (Anna Muster)",
    "comment-nested": "anna@example.org (Anna (die) Muster)",
    "comments-all-over": "(a) Anna (b) <(c) anna (d) @ (e) example.org (f)> (g)",
    "dots-in-name": "Dr. A. Muster <anna@example.org>",
    "group": "Leute: anna@example.org, Bert <bert@example.org>;",
    "group-empty": "undisclosed-recipients:;",
    "group-quoted": '"Alle, wirklich" : anna@example.org;',
    "group-open": "Leute: anna@example.org, bert@example.org",
    "group-then-more": "Leute: anna@example.org;, bert@example.org",
    "groups-two": "A: a@example.org;, B: b@example.org;",
    "route": "Anna <@relay.example,@two.example:anna@example.org>",
    "domain-literal": "anna@[192.0.2.1]",
    "domain-literal-v6": "Anna <anna@[IPv6:2001:db8::1]>",
    "quoted-local": '"anna muster"@example.org',
    "quoted-local-special": r'"a\"b@c"@example.org',
    "no-domain": "anna",
    "no-domain-angle": "Anna <anna>",
    "no-local": "@example.org",
    "angle-empty": "<>",
    "angle-empty-named": "MAILER-DAEMON <>",
    "angle-open": "Anna <anna@example.org",
    "angle-double": "Anna <<anna@example.org>>",
    "angle-two": "Anna <anna@example.org> <bert@example.org>",
    "quote-open": '"Anna <anna@example.org>',
    "comment-open": "anna@example.org (Anna",
    "name-only": "Anna Muster",
    "commas": ", ,anna@example.org,, bert@example.org,",
    "comma-only": ",",
    "semicolons": "anna@example.org; bert@example.org",
    "spaces-around-at": "anna @ example . org",
    "dot-double": "an..na@example.org",
    "dot-last": "anna.@example.org",
    "dot-first": ".anna@example.org",
    "at-double": "anna@bert@example.org",
    "utf8-raw": "Jürgen Straße <j@example.org>",
    "utf8-local": "jürgen@exämple.org",
    "latin1-raw": "Jürgen <j@example.org>".encode("latin-1"),
    "folded": "Anna\r\n Muster\r\n\t<anna@example.org>",
    "folded-in-quotes": '"Anna\r\n Muster" <anna@example.org>',
    "folded-before": "\r\n anna@example.org",
    "blank": "   ",
    "empty": "",
    "text-after": "Anna <anna@example.org> sagt",
    "long-name": "N" * 2000 + " <anna@example.org>",
    "many": ",\r\n ".join(f"U{i} <u{i}@example.org>" for i in range(300)),
    "control-chars": "An\x01na \x7f<anna@example.org>",
    "backslash": r"An\na <anna@example.org>",
    "tabs": "Anna\tMuster\t<anna@example.org>",
    "uucp": "relay!host!anna",
    "encoded-whole": "=?utf-8?q?Anna_=3Canna=40example.org=3E?=",
}

SUBJECTS = {
    "empty": "", "blank": "   ", "folded": "eins\r\n zwei\r\n\tdrei", "folded-first": "\r\n eins",
    "blank-fold": "eins\r\n \r\n zwei", "quotes": r'er sagte "ja" und \nein\ ', "tabs": "a\tb",
    "utf8": "Grüße aus Köln", "latin1": "Grüße".encode("latin-1"), "invalid-utf8": b"a\xc3\x28b",
    "encoded": "=?utf-8?b?R3LDvMOfZQ==?=", "encoded-two": "=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=",
    "encoded-broken": "=?utf-8?q?Gr=C3", "encoded-unknown": "=?x-none?q?abc?=",
    "encoded-language": "=?utf-8*de?q?Stra=C3=9Fe?=", "control": "a\x01b\x1fc\x7fd",
    "long": "Wort " * 700, "one-word-long": "w" * 3000, "nil": "NIL", "brace": "{3}",
    "percent": "100% {5}\\", "spaces-inside": "a   b    c", "trailing": "abc   \t ",
}

DATES = {
    "short": "1 Jan 26 10:00 GMT", "no-zone": "Tue, 24 Nov 2026 10:00:00",
    "comment": "Tue, 24 Nov 2026 10:00:00 +0100 (CET)", "broken": "gestern", "empty": "",
    "iso": "2026-11-24T10:00:00Z", "zone-name": "Tue, 24 Nov 2026 23:30:00 EST",
    "zone-far": "Tue, 24 Nov 2026 23:30:00 -1200", "zone-ahead": "Tue, 24 Nov 2026 00:30:00 +1400",
    "lower": "tue, 24 nov 2026 10:00:00 +0000", "day-32": "Sat, 32 Nov 2026 10:00:00 +0000",
    "wrong-weekday": "Mon, 24 Nov 2026 10:00:00 +0000", "folded": "Tue, 24 Nov\r\n 2026 10:00:00 Z",
    "year-2": "24 Nov 99 10:00:00 +0000", "seconds-60": "Tue, 24 Nov 2026 23:59:60 +0000",
}

IDS = {
    "two": "<a@example.org> <b@example.org>", "bare": "abc@example.org", "spaces": "< a@example.org >",
    "folded": "\r\n <a@example.org>", "empty": "", "comment": "<a@example.org> (nr 1)",
    "quoted": '<"a b"@example.org>', "8bit": "<ä@example.org>", "long": "<" + "i" * 900 + "@x>",
}

HEADS = {
    "no-head": b"\r\nNur Text.\r\n",
    "only-crlf": b"\r\n",
    "one-byte": b"x",
    "no-empty-line": b"Subject: kein Text\r\n",
    "no-final-newline": b"Subject: kein Zeilenende",
    "head-then-eof": b"Subject: a\r\n\r\n",
    "no-colons": b"Das ist\r\nkein Kopf\r\n\r\nText\r\n",
    "line-without-colon": b"Subject: a\r\nhier fehlt etwas\r\nFrom: a@example.org\r\n\r\nText\r\n",
    "continuation-first": b" erste Zeile\r\nSubject: a\r\n\r\nText\r\n",
    "mbox-from": b"From a@example.org Tue Nov 24 10:00:00 2026\r\nSubject: a\r\n\r\nText\r\n",
    "mbox-quoted": b">From a@example.org Tue Nov 24\r\nSubject: a\r\n\r\nText\r\n",
    "space-before-colon": b"Subject : a\r\nFrom\t: a@example.org\r\n\r\nText\r\n",
    "no-space-after-colon": b"Subject:a\r\nFrom:a@example.org\r\n\r\nText\r\n",
    "empty-name": b": leer\r\nSubject: a\r\n\r\nText\r\n",
    "name-with-space": b"Ein Feld: x\r\nSubject: a\r\n\r\nText\r\n",
    "name-8bit": "Größe: x\r\nSubject: a\r\n\r\nText\r\n".encode(),
    "case": b"SUBJECT: a\r\nfRoM: a@example.org\r\nmessage-id: <a@b>\r\n\r\nText\r\n",
    "dup-subject": b"Subject: eins\r\nSubject: zwei\r\n\r\nText\r\n",
    "dup-from": b"From: a@example.org\r\nFrom: b@example.org\r\n\r\nText\r\n",
    "dup-to": b"To: a@example.org\r\nCc: c@example.org\r\nTo: b@example.org\r\n\r\nText\r\n",
    "dup-to-empty-first": b"To:\r\nTo: b@example.org\r\n\r\nText\r\n",
    "dup-date": b"Date: Tue, 24 Nov 2026 10:00:00 Z\r\nDate: Wed, 25 Nov 2026 10:00:00 Z\r\n\r\nT\r\n",
    "dup-message-id": b"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n\r\nText\r\n",
    "dup-type": b"Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nText\r\n",
    "dup-encoding": (b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                     b"Text\r\n"),
    "sender-empty": b"From: a@example.org\r\nSender:\r\nReply-To: \r\n\r\nText\r\n",
    "sender-other": b"From: a@example.org\r\nSender: s@example.org\r\n\r\nText\r\n",
    "sender-alone": b"Sender: s@example.org\r\n\r\nText\r\n",
    "reply-to-group": b"From: a@example.org\r\nReply-To: Leute: b@example.org;\r\n\r\nText\r\n",
    "reply-to-comment": b"From: a@example.org\r\nReply-To: (niemand)\r\n\r\nText\r\n",
    "from-broken-sender": b"From: a@example.org\r\nSender: ,\r\n\r\nText\r\n",
    "all-fields": ("Date: Tue, 24 Nov 2026 10:00:00 +0100\r\nSubject: alles\r\nFrom: a@example.org\r\n"
                   "Sender: b@example.org\r\nReply-To: c@example.org\r\nTo: d@example.org\r\n"
                   "Cc: e@example.org\r\nBcc: f@example.org\r\nIn-Reply-To: <x@y>\r\n"
                   "Message-ID: <z@y>\r\n\r\nText\r\n").encode(),
    "huge-head": b"Subject: a\r\n" + b"".join(
        b"X-Feld-%d: %s\r\n" % (i, b"w" * 70) for i in range(900)) + b"\r\nText\r\n",
    "huge-field": b"Subject: a\r\nX-Lang: " + b"\r\n ".join([b"w" * 70] * 800) + b"\r\n\r\nText\r\n",
    "long-line": b"Subject: a\r\nX-Lang: " + b"w" * 40000 + b"\r\nTo: b@example.org\r\n\r\nText\r\n",
    "many-fields": b"X: y\r\n" * 1500 + b"Subject: hinten\r\n\r\nText\r\n",
    "bare-lf": b"Subject: a\nFrom: a@example.org\n\nZeile eins\nZeile zwei\n",
    "bare-lf-head": b"Subject: a\nFrom: a@example.org\n\nZeile eins\r\nZeile zwei\r\n",
    "bare-lf-body": b"Subject: a\r\nFrom: a@example.org\r\n\r\nZeile eins\nZeile zwei\n",
    "bare-lf-fold": b"Subject: a\n b\nFrom: a@example.org\n\nZeile eins\n",
    "mixed-ends": b"Subject: a\r\nFrom: a@example.org\n\r\neins\r\nzwei\ndrei\r\n",
    "bare-cr-head": b"Subject: a\rFrom: b@example.org\r\nTo: c@example.org\r\n\r\nText\r\n",
    "bare-cr-body": b"Subject: a\r\n\r\neins\rzwei\r\ndrei\r",
    "cr-cr-lf": b"Subject: a\r\r\nTo: c@example.org\r\n\r\neins\r\r\nzwei\r\n",
    "empty-line-with-blank": b"Subject: a\r\n \r\nTo: c@example.org\r\n\r\nText\r\n",
    "form-feed": b"Subject: a\x0cb\r\nX-A:\x0b c\r\n\r\nText\x0c\r\n",
    "no-final-newline-body": b"Subject: a\r\n\r\nText",
    "body-one-crlf": b"Subject: a\r\n\r\n\r\n",
    "body-dots": b"Subject: a\r\n\r\n.\r\n..\r\n.\r\n",
    "body-8bit": b"Subject: a\r\n\r\n" + bytes(range(1, 10)) + bytes(range(128, 256)) + b"\r\n",
    "body-long-line": b"Subject: a\r\n\r\n" + b"w" * 300000 + b"\r\nEnde\r\n",
    "body-many-lines": b"Subject: a\r\n\r\n" + b"\r\n" * 20000,
    "body-from-lines": b"Subject: a\r\n\r\nFrom here\r\nFrom: there\r\n\r\n>From\r\n",
    "body-latin1": "Subject: a\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                   "Content-Transfer-Encoding: 8bit\r\n\r\nStraße und Übung\r\n".encode("latin-1"),
    "body-base64": b"Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   b"Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZSBhdXMgS8O2bG4K\r\n",
    "body-qp": b"Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n"
               b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe\r\n",
}


def heads():
    yield from (("head-" + name, message) for name, message in HEADS.items())
    for name, value in ADDRESSES.items():
        yield "from-" + name, mail(b"Subject: von\r\nFrom: " + raw(value) + b"\r\n")
    for name in ("group", "group-empty", "commas", "many", "utf8-raw", "comment-nested", "empty"):
        value = raw(ADDRESSES[name])
        yield "to-" + name, mail(b"From: a@example.org\r\nTo: " + value + b"\r\nCc: " + value
                                 + b"\r\nBcc: " + value + b"\r\nReply-To: " + value + b"\r\n")
    for name, value in SUBJECTS.items():
        yield "subject-" + name, mail(b"From: a@example.org\r\nSubject: " + raw(value) + b"\r\n")
    for name, value in DATES.items():
        yield "date-" + name, mail(b"Subject: wann\r\nDate: " + raw(value) + b"\r\n")
    for name, value in IDS.items():
        yield "id-" + name, mail(b"Message-ID: " + raw(value) + b"\r\nIn-Reply-To: " + raw(value)
                                 + b"\r\n")


# ---- structures ----

TYPES = {
    "plain": "text/plain", "utf8": "text/plain; charset=utf-8", "case": "TEXT/Plain; CHARSET=UTF-8",
    "quoted": 'text/plain; charset="utf-8"', "empty": "", "semicolon": ";", "text-alone": "text",
    "slash": "/", "no-subtype": "text/", "no-type": "/plain", "unknown": "foo/bar; x=y",
    "comment": "text/plain (ein Kommentar); charset=utf-8 (noch einer)",
    "comment-first": "(was ist das) text/html",
    "spaces": "text / plain ; charset = utf-8", "junk-behind": "text/plain charset=utf-8",
    "two-semicolons": "text/plain;; charset=utf-8;", "no-value": "text/plain; charset",
    "empty-value": "text/plain; charset=", "empty-quoted": 'text/plain; charset=""',
    "open-quote": 'text/plain; charset="utf-8', "spaces-unquoted": "text/plain; name=a b c.txt",
    "quoted-pairs": r'text/plain; name="a\"b\\c.txt"', "dup-param": "text/plain; a=1; a=2; A=3",
    "utf8-value": 'text/plain; name="Größe.txt"',
    "latin1-value": 'text/plain; name="Größe.txt"'.encode("latin-1"),
    "encoded-value": 'text/plain; name="=?utf-8?q?Gr=C3=B6=C3=9Fe.txt?="',
    "encoded-unquoted": "text/plain; name==?utf-8?q?Gr=C3=B6=C3=9Fe.txt?=",
    "2231": "text/plain; name*=utf-8''Gr%C3%B6%C3%9Fe.txt",
    "2231-parts": "text/plain; name*0*=utf-8''Gr%C3%B6; name*1=%C3; name*2*=%9Fe.txt",
    "2231-order": 'text/plain; name*1="zwei.txt"; name*0="eins-"',
    "2231-both": "text/plain; name=alt.txt; name*=utf-8''neu.txt",
    "2231-gap": "text/plain; name*0=a; name*2=c", "2231-bad": "text/plain; name*=ohne%zz",
    "2231-language": "text/plain; name*=iso-8859-1'de'Gr%F6%DFe.txt",
    "folded": "text/plain;\r\n charset=utf-8;\r\n\tname=a.txt", "folded-value": 'text/plain; name="a\r\n b"',
    "tspecials": "text/plain; name=a/b@c:d[e].txt", "many-params": "text/plain" + "".join(
        f"; p{i}=v{i}" for i in range(90)),
    "long-value": 'text/plain; name="' + "n" * 3000 + '"', "8bit-type": "töxt/plain",
    "equals-in-value": "text/plain; a=b=c", "comma": "text/plain, text/html",
    "html": "text/html; charset=us-ascii", "image": "image/png; name=b.png",
    "octets": "application/octet-stream", "external": 'message/external-body; access-type=URL; '
    'URL="http://example.org/"', "partial": 'message/partial; id="a@b"; number=1; total=2',
    "delivery-status": "message/delivery-status", "calendar": "text/calendar; method=REQUEST",
    "x-token": "x-Eigen/x-Art", "model": "model/vrml", "multipart-no-boundary": "multipart/mixed",
    "multipart-empty-boundary": 'multipart/mixed; boundary=""', "multipart-alone": "multipart",
    "multipart-blank-boundary": 'multipart/mixed; boundary=" "',
}

FIELDS = {
    "encoding-upper": "Content-Transfer-Encoding: BASE64",
    "encoding-unknown": "Content-Transfer-Encoding: x-uuencode",
    "encoding-comment": "Content-Transfer-Encoding: 8bit (roh)",
    "encoding-quoted": 'Content-Transfer-Encoding: "base64"',
    "encoding-empty": "Content-Transfer-Encoding:",
    "encoding-junk": "Content-Transfer-Encoding: 7bit; charset=utf-8",
    "encoding-spaces": "Content-Transfer-Encoding:   quoted-printable  ",
    "encoding-two-words": "Content-Transfer-Encoding: quoted printable",
    "id": "Content-ID: <a@example.org>", "id-bare": "Content-ID: a@example.org",
    "id-empty": "Content-ID:", "id-folded": "Content-ID:\r\n <a@example.org>",
    "description": "Content-Description: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "description-8bit": "Content-Description: Grüße",
    "description-empty": "Content-Description:", "description-folded": "Content-Description: a\r\n b",
    "md5": "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "md5-empty": "Content-MD5:",
    "language": "Content-Language: de", "language-two": "Content-Language: de, en",
    "language-comment": "Content-Language: de (deutsch)", "language-empty": "Content-Language:",
    "language-commas": "Content-Language: ,de,,en,",
    "location": "Content-Location: http://example.org/a", "location-folded":
    "Content-Location: http://example.org/\r\n a", "location-empty": "Content-Location:",
    "disposition": "Content-Disposition: attachment; filename=a.txt",
    "disposition-case": "Content-Disposition: INLINE",
    "disposition-empty": "Content-Disposition:", "disposition-semicolon": "Content-Disposition: ;",
    "disposition-only-param": "Content-Disposition: filename=a.txt",
    "disposition-2231": "Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt",
    "disposition-2231-parts": "Content-Disposition: attachment; filename*0=a; filename*1=b",
    "disposition-2231-mixed": "Content-Disposition: attachment; filename*0*=utf-8'de'%C3%B6; "
    "filename*1=x; filename=alt",
    "disposition-quoted": 'Content-Disposition: "attachment"; filename="a b.txt"',
    "disposition-comment": "Content-Disposition: (c) attachment (d); (e) filename=a.txt (f)",
    "disposition-dates": 'Content-Disposition: attachment; size=12; '
    'creation-date="Tue, 24 Nov 2026 10:00:00 +0000"',
    "nonsense": "Content-Nonsense: ja\r\nContent-: leer\r\nContent-Type-X: text/html",
    "base": "Content-Base: http://example.org/", "mime-version-bad": "MIME-Version: 2.0",
}


def multi(*parts, kind="mixed", boundary="b", more="", end=True, preamble="", epilogue=""):
    """A multipart message; a part is its head, an empty line and its body without the last CRLF."""
    out = raw(f'Subject: teile\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; '
              f'boundary="{boundary}"{more}\r\n\r\n{preamble}')
    mark = b"--" + raw(boundary)
    for part in parts:
        out += mark + b"\r\n" + raw(part) + b"\r\n"
    return out + (mark + b"--\r\n" if end else b"") + raw(epilogue)


def nested(depth, kind="mixed"):
    """Multiparts within each other."""
    out = "Content-Type: text/plain\r\n\r\nganz innen"
    for i in range(depth, 0, -1):
        out = (f'Content-Type: multipart/{kind}; boundary="g{i}."\r\n\r\n--g{i}.\r\n{out}\r\n'
               f'--g{i}.--')
    return b"Subject: tief\r\n" + raw(out) + b"\r\n"


def nested_messages(depth):
    return b"".join(b"Subject: Stufe %d\r\nContent-Type: message/rfc822\r\n\r\n" % i
                    for i in range(depth)) + b"Subject: innen\r\nFrom: i@example.org\r\n\r\nText\r\n"


PLAIN = "Content-Type: text/plain\r\n\r\nText"
INNER = "Subject: innen\r\nFrom: Anna <a@example.org>\r\nDate: Tue, 24 Nov 2026 10:00:00 Z\r\n"

MULTIS = {
    "two": multi(PLAIN, "Content-Type: text/html\r\n\r\n<p>Text"),
    "none": multi(), "none-unclosed": multi(end=False),
    "only-close": multi(preamble="", end=True),
    "no-delimiters": multi(end=False, preamble="nur Vorspann\r\n"),
    "unclosed": multi(PLAIN, PLAIN, end=False),
    "unclosed-no-newline": multi(PLAIN, end=False)[:-2],
    "preamble-epilogue": multi(PLAIN, preamble="davor\r\n", epilogue="danach\r\nnoch\r\n"),
    "epilogue-delimiter": multi(PLAIN, epilogue="--b\r\n\r\nnicht mehr\r\n--b--\r\n"),
    "empty-part": multi("", PLAIN), "empty-body": multi("Content-Type: text/plain\r\n\r\n"),
    "part-without-head": multi("\r\nohne Kopf"),
    "part-without-empty-line": multi("Content-Type: text/html"),
    "part-head-broken": multi("kein Feld\r\n\r\nText"), "delimiters-together": multi("", "", ""),
    "delimiter-blanks": multi(PLAIN).replace(b"--b\r\n", b"--b \t \r\n").replace(b"--b--", b"--b-- "),
    "delimiter-text": multi(PLAIN).replace(b"--b\r\n", b"--bX\r\n"),
    "delimiter-dashes": multi(PLAIN, PLAIN).replace(b"--b--", b"--b---"),
    "delimiter-one-dash": multi(PLAIN, PLAIN).replace(b"--b--", b"--b-"),
    "delimiter-space-first": multi(PLAIN).replace(b"--b\r\n", b" --b\r\n"),
    "delimiter-in-text": multi("\r\nText --b\r\nmehr"),
    "delimiter-in-head": multi("Content-Type: text/plain", PLAIN),
    "delimiter-case": multi(PLAIN, boundary="Bb").replace(b"--Bb\r\n", b"--bB\r\n"),
    "boundary-blank-end": multi(PLAIN, boundary="b "), "boundary-specials": multi(
        PLAIN, boundary="a'()+_,-./:=?b"),
    "boundary-blank-inside": multi(PLAIN, boundary="a b"),
    "boundary-70": multi(PLAIN, boundary="x" * 70), "boundary-71": multi(PLAIN, boundary="x" * 71),
    "boundary-200": multi(PLAIN, boundary="x" * 200),
    "boundary-1000": multi(PLAIN, boundary="x" * 1000),
    "boundary-8bit": multi(PLAIN, boundary="größe"), "boundary-unquoted": multi(PLAIN).replace(
        b'"b"', b"b"),
    "boundary-unquoted-specials": multi(PLAIN, boundary="a=b:c").replace(b'"a=b:c"', b"a=b:c"),
    "boundary-2231": multi(PLAIN).replace(b'boundary="b"', b"boundary*=us-ascii''b"),
    "boundary-2231-parts": multi(PLAIN, boundary="bc").replace(
        b'boundary="bc"', b"boundary*0=b; boundary*1=c"),
    "boundary-twice": multi(PLAIN, more="; boundary=c"), "boundary-dashes": multi(
        PLAIN, boundary="--"), "boundary-comment": multi(PLAIN).replace(b'"b"', b'"b" (Grenze)'),
    "boundary-quoted-pair": multi(PLAIN).replace(b'"b"', b'"\\b"'),
    "boundary-folded": multi(PLAIN).replace(b" boundary", b"\r\n\tboundary"),
    "same-boundary-inside": multi("Content-Type: multipart/alternative; boundary=b\r\n\r\n"
                                  "--b\r\n\r\ninnen\r\n--b--", PLAIN),
    "prefix-inside": multi("Content-Type: multipart/alternative; boundary=bc\r\n\r\n"
                           "--bc\r\n\r\ninnen\r\n--bc--", PLAIN),
    "prefix-outside": multi("Content-Type: multipart/alternative; boundary=b\r\n\r\n"
                            "--b\r\n\r\ninnen\r\n--b--", PLAIN, boundary="bc"),
    "inner-unclosed": multi("Content-Type: multipart/alternative; boundary=i\r\n\r\n"
                            "--i\r\n\r\ninnen", PLAIN),
    "inner-without-parts": multi("Content-Type: multipart/alternative; boundary=i\r\n\r\nnichts", PLAIN),
    "outer-in-inner-head": multi("Content-Type: multipart/alternative; boundary=i\r\n\r\n"
                                 "--i\r\nContent-Type: text/html", PLAIN),
    "digest": multi("\r\n" + INNER + "\r\nText", "\r\nSubject: zwei\r\n\r\nText", kind="digest"),
    "digest-explicit": multi(PLAIN, "Content-Type: message/rfc822\r\n\r\n" + INNER + "\r\nText",
                             kind="digest"),
    "digest-empty-part": multi("", kind="digest"), "digest-in-mixed": multi(
        PLAIN, "Content-Type: multipart/digest; boundary=i\r\n\r\n--i\r\n\r\n" + INNER
        + "\r\nText\r\n--i--"),
    "digest-bad-type": multi("Content-Type: \r\n\r\n" + INNER + "\r\nText", kind="digest"),
    "signed": multi(PLAIN, "Content-Type: application/pgp-signature\r\n\r\nxx", kind="signed",
                    more="; micalg=pgp-sha1; protocol=\"application/pgp-signature\""),
    "report": multi(PLAIN, "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
                    "Action: failed\r\n", "Content-Type: message/rfc822\r\n\r\n" + INNER
                    + "\r\nText", kind="report", more="; report-type=delivery-status"),
    "encoded-multipart": multi(PLAIN).replace(
        b"MIME-Version: 1.0", b"Content-Transfer-Encoding: base64"),
    "kinds": multi(multi(PLAIN, multi(PLAIN, kind="related", boundary="r").split(b"\r\n", 2)[2],
                         kind="alternative", boundary="a").split(b"\r\n", 2)[2], PLAIN),
    "message": multi("Content-Type: message/rfc822\r\n\r\n" + INNER + "\r\nText\r\n"),
    "message-empty": multi("Content-Type: message/rfc822\r\n\r\n", PLAIN),
    "message-no-empty-line": multi("Content-Type: message/rfc822\r\n\r\nSubject: a", PLAIN),
    "message-base64": multi("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64"
                            "\r\n\r\nU3ViamVjdDogYQoKVGV4dAo="),
    "message-with-multipart": multi("Content-Type: message/rfc822\r\n\r\n" + INNER +
                                    "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n"
                                    "innen\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>\r\n--i--", PLAIN),
    "message-with-same-boundary": multi("Content-Type: message/rfc822\r\n\r\n" + INNER +
                                        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
                                        "innen\r\n--b--", PLAIN),
    "message-in-head": multi("Content-Type: message/rfc822", PLAIN),
    "message-global": multi("Content-Type: message/global\r\n\r\n" + INNER + "\r\nText"),
    "message-news": multi("Content-Type: message/news\r\n\r\n" + INNER + "\r\nText"),
    "message-params": multi("Content-Type: message/rfc822; name=\"a.eml\"\r\nContent-Disposition: "
                            "attachment; filename=a.eml\r\nContent-ID: <m@x>\r\n\r\n" + INNER
                            + "\r\nText"),
    "hundred": multi(*[PLAIN] * 100), "lf": multi(PLAIN, PLAIN).replace(b"\r\n", b"\n"),
    "lf-inside": multi("Content-Type: text/plain\n\nZeile\nZeile", PLAIN),
    "lf-delimiters": multi(PLAIN, PLAIN).replace(b"--b\r\n", b"--b\n"),
    "cr-before-delimiter": multi("\r\nText\r", PLAIN),
    "empty-lines-before": multi("\r\nText\r\n\r\n\r\n", PLAIN),
    "all-fields": multi("Content-Type: image/png; name=a.png\r\nContent-ID: <i@x>\r\n"
                        "Content-Description: Bild\r\nContent-Transfer-Encoding: base64\r\n"
                        "Content-MD5: abc=\r\nContent-Disposition: inline; filename=a.png\r\n"
                        "Content-Language: de\r\nContent-Location: a.png\r\n\r\niVBORw=="),
    "on-multipart": multi(PLAIN).replace(b"MIME-Version: 1.0", b"Content-Disposition: inline\r\n"
                                         b"Content-Language: de\r\nContent-Location: x"),
}


def structures():
    for name, value in TYPES.items():
        yield "type-" + name, mail(b"Subject: art\r\nMIME-Version: 1.0\r\nContent-Type: " + raw(value) + b"\r\n")
    for name in ("plain", "empty", "text-alone", "2231-parts", "multipart-no-boundary", "comment"):
        yield "part-type-" + name, multi(b"Content-Type: " + raw(TYPES[name]) + b"\r\n\r\nText", PLAIN)
    for name, value in FIELDS.items():
        yield "field-" + name, mail(b"Subject: feld\r\nMIME-Version: 1.0\r\n" + raw(value) + b"\r\n")
        if name in ("encoding-upper", "id", "disposition", "language"):
            yield "unversioned-" + name, mail(b"Subject: feld\r\n" + raw(value) + b"\r\n")
        if name.startswith("disposition"):
            yield "part-" + name, multi(raw(value) + b"\r\n\r\nText", PLAIN)
    yield from (("multi-" + name, message) for name, message in MULTIS.items())
    for depth in (3, 10, 31, 32, 33, 40, 90):
        yield f"nested-{depth}", nested(depth)
    for depth in (1, 2, 7, 8, 9, 12):
        yield f"messages-{depth}", nested_messages(depth)
    yield "digest-nested", nested(4, "digest")
    yield "parts-998", multi(*["\r\na"] * 998)
    yield "parts-1100", multi(*["\r\na"] * 1100)


# ---- by a seed ----

WORDS = ("Pegel", "Straße", "morgen", "Übung", "bitte", "zum", "Plan", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
         '"', "(", ")", "\\", "<", ">", ",", ";", ":", "@", "x@example.org", "=?", "?=", ".")

# Each program mends what is broken in its own way, which the messages made by hand show; random
# ones are broken in their structure, and their fields are those that can be read in one way.
READABLE_ADDRESSES = (
    "plain", "named", "quoted-name", "quoted-pair-name", "encoded-name", "comment-name",
    "comment-nested", "comments-all-over", "dots-in-name", "group", "group-empty", "groups-two",
    "route", "domain-literal", "quoted-local", "utf8-raw", "folded", "spaces-around-at")
READABLE_TYPES = (
    "plain", "utf8", "case", "quoted", "unknown", "comment", "spaces", "empty-quoted",
    "quoted-pairs", "dup-param", "encoded-value", "2231", "2231-parts", "2231-order", "folded",
    "html", "image", "octets", "external", "partial", "delivery-status", "calendar", "x-token")
READABLE_FIELDS = (
    "encoding-upper", "encoding-unknown", "encoding-comment", "id", "description",
    "description-folded", "md5", "language-two", "location", "disposition", "disposition-case",
    "disposition-2231", "disposition-2231-parts", "disposition-comment", "nonsense")


class Maker:
    """Random messages: fields in any order and number, parts in any nesting, delimiters lost."""

    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def pick(self, *choices):
        return self.rnd.choice(choices)

    def odd(self, chance=0.15):
        return self.rnd.random() < chance

    def words(self, n):
        return " ".join(self.rnd.choice(WORDS) for _ in range(self.rnd.randrange(n) + 1))

    def address(self):
        return ADDRESSES[self.pick(*READABLE_ADDRESSES)]

    def head(self):
        lines = []
        for name in ("From", "To", "Cc", "Sender", "Reply-To", "Bcc"):
            if not self.odd(0.5):
                lines.append(f"{name}: " + ", ".join(
                    self.address() for _ in range(self.rnd.randrange(3) + 1)))
        if not self.odd():
            lines.append("Subject: " + self.words(6))
        if not self.odd():
            lines.append("Date: " + DATES[self.pick("short", "no-zone", "comment", "broken", "iso")])
        if not self.odd(0.3):
            lines.append("Message-ID: <" + "".join(self.rnd.choice("abc.@<> ") for _ in range(9)) + ">")
        self.rnd.shuffle(lines)
        return lines

    def text(self):
        lines = [self.words(9) for _ in range(self.rnd.randrange(6))]
        if self.odd():
            lines.append("--" + self.pick("g1", "g2", "g3", "g1--", "g2--"))
        return "\r\n".join(lines)

    def fields(self):
        out = []
        if self.odd(0.3):
            out.append(FIELDS[self.pick(*READABLE_FIELDS)])
        return out

    def part(self, level):
        """Lines of the MIME head, and a body."""
        kind = self.rnd.random()
        if level > 3 or kind < 0.5:
            type_ = TYPES[self.pick(*READABLE_TYPES)]
            return [] if self.odd() else ["Content-Type: " + type_], self.text()
        if kind < 0.65:
            lines, body = self.part(level + 1)
            return (["Content-Type: message/rfc822"],
                    "\r\n".join(self.head() + lines) + "\r\n\r\n" + body)
        return self.multipart(level)

    def multipart(self, level):
        boundary = self.pick("g1", "g2", "g3", f"tief {level}", f"x{level}")
        out = [self.text()] if self.odd() else []
        for _ in range(self.rnd.randrange(4)):
            lines, body = self.part(level + 1)
            out += ["--" + boundary, *lines, *self.fields()]
            out += [body] if self.odd(0.05) else ["", body]
        if not self.odd():
            out.append("--" + boundary + "--" + self.pick("", "", " ", "\t "))
        subtype = self.pick("mixed", "alternative", "related", "digest", "x-neu")
        quoted = boundary if self.odd() and " " not in boundary else f'"{boundary}"'
        return [f"Content-Type: multipart/{subtype}; boundary={quoted}"], "\r\n".join(out)

    def message(self):
        lines, body = self.part(0)
        out = ["MIME-Version: 1.0"] + self.head() + lines + self.fields()
        self.rnd.shuffle(out)
        data = raw("\r\n".join(out) + "\r\n\r\n" + body + ("" if self.odd() else "\r\n"))
        return data.replace(b"\r\n", b"\n") if self.odd(0.05) else data


def generated(n=GENERATED, seed=SEED):
    for i in range(n):
        yield f"seed-{seed}-{i}", Maker(f"{seed}/{i}").message()


def all_messages():
    return [*heads(), *structures(), *generated()]
