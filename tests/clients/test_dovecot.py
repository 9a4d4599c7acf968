#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
More than 500 odd messages, the same bytes at kokod and at Dovecot 2.3: what FETCH tells of them,
field by field, and what SEARCH finds.  Each difference is a row of ACCEPTED (or of FOUND) that says
why ours stands; a row that explains nothing any more is a fault too.
"""

import os
import re
import sys

from koko import lab, oddmail
from koko.dovecot import PASSWORD, Dovecot, unpack
from koko.imapwire import Literal, Wire
from koko.site import SiteError, build_dir

BOX = b"Odd"
ITEMS = "RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE"
SECTIONS_MAX = 12  # parts of a message whose bytes are compared
SHOWN = 30
ENVELOPE = ("date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to",
            "message-id")


def has_odd_ends(message):
    """Line ends that are not CRLF."""
    return b"\n" in message.replace(b"\r\n", b"") or b"\r" in message.replace(b"\r\n", b"")


# ---- accepted differences ----

def with_line_break(ours, theirs):
    return isinstance(ours, int) and isinstance(theirs, int) and 1 <= theirs - ours <= 2


def any_way(_ours, _theirs):
    return True


def same_but_line_ends(ours, theirs):
    return ours is not None and ours.rstrip(b"\r\n") == theirs.rstrip(b"\r\n")


def without_lines(ours, theirs):
    """Nothing but lines are missing in ours."""
    return ours is not None and set(ours.split(b"\r\n")) < set(theirs.split(b"\r\n"))


# (message, what, how they differ, why ours is right or equally allowed)
ACCEPTED = [
    (r"head-dup-|to-dup", r"envelope\.|:encoding", any_way,
     "RFC 5322 section 3.6 allows these fields once.  The first counts for us, in the overview and "
     "in the ENVELOPE alike; Dovecot takes the last, or joins addresses"),
    (r"head-from-broken-sender|(from|to)-comma", r"envelope\.", any_way,
     "nothing between commas is nobody: RFC 5322 section 4.4, obs-addr-list.  Dovecot names a "
     "MISSING_MAILBOX for each, and for a Sender that names nobody, where RFC 3501 section 7.4.2 "
     "puts From"),
    (r"from-(angle-open|angle-double|quote-open|comment-open|semicolons)", r"envelope\.", any_way,
     "broken addresses are told as far as they go: the domain that stands there instead of "
     "SYNTAX_ERROR, the text in an open quote, all addresses between semicolons"),
    (r"subject-(folded|blank-fold|tabs|spaces-inside)", r"envelope\.subject", any_way,
     "unfolding takes out the CRLF and nothing else: RFC 5322 section 2.2.3.  Dovecot makes every "
     "run of blanks one blank"),
    (r"id-folded", r"envelope\.", any_way,
     "the blank that folds a field before its first word is not part of a Message-ID"),
    (r"field-id-folded", r":id", any_way, "the same for Content-ID"),
    (r"head-bare-cr-head", r"envelope\.subject", any_way,
     "a bare CR in a field is told as it is, in a literal; Dovecot makes it a blank"),
    (r"(type|part-type|multi-digest-bad-type).*", r":(type|parameters|lines|encoding|octets|md5|"
     r"id|description|disposition|language|location|parts|multipart)$", any_way,
     "a Content-Type that cannot be read is text/plain: RFC 2045 section 5.2; so is a multipart "
     "without a boundary, whose text could not be reached otherwise.  Parameters are read as far "
     "as they make sense: an open quote, an empty one between semicolons, unquoted specials"),
    (r"field-encoding-two-words", r":encoding", any_way,
     "the first word counts, as with a comment behind it; Dovecot drops both"),
    (r"unversioned-", r":(encoding|id|disposition|language)", any_way,
     "without MIME-Version Dovecot reads Content-Type alone; RFC 2045 section 4 leaves it open, and "
     "an attachment keeps its name"),
    (r"", r":language", lambda ours, theirs: theirs == [ours] or theirs is None,
     "one language is a string or a list of one, body-fld-lang in RFC 3501 section 9; empty places "
     "in the list are passed over"),
    (r"(field|part)-disposition", r":disposition", any_way,
     "no empty string for a type that is not there; one that cannot be read is an attachment: RFC "
     "2183 section 2.8"),
    (r"multi-delimiter-(text|dashes|one-dash)|multi-boundary-blank-end", r".", any_way,
     "a delimiter is the whole line but for blanks at its end, the grammar of RFC 2046 section "
     "5.1.1; a longer line may be text or another boundary.  Dovecot looks at the line's start"),
    (r"multi-boundary-(200|1000)", r".", any_way,
     "RFC 2046 section 5.1.1 allows 70 characters; we read 200, Dovecot cuts off after 80"),
    (r"multi-boundary-unquoted-specials", r".", any_way,
     "a boundary that lacks its quotes is read to the semicolon, so that its parts are found"),
    (r"multi-boundary-2231", r".", any_way,
     "a boundary in sections (RFC 2231 section 3) is a boundary; an encoded one is none, and the "
     "message then text: RFC 2045 section 5.2"),
    (r"", r":(octets|lines)$", with_line_break,
     "the line end before a delimiter belongs to the delimiter: RFC 2046 section 5.1.1.  Dovecot "
     "counts it to a message/rfc822 that ends in its head or in a multipart"),
    (r"(nested|messages|parts)-", r".", any_way,
     "beyond 32 levels, 8 messages within each other and 1,000 parts one leaf is left: limits.md"),
    (has_odd_ends, r"size$|:(octets|lines)$", any_way,
     "line ends are kept as they came; Dovecot stores LF alone as CRLF and drops a CR before CRLF"),
]


# The same for the bytes of sections
ACCEPTED_SECTIONS = [
    (r"", r"", lambda ours, theirs: (ours, theirs) == (None, b""),
     "a part that is not there is NIL, nstring in RFC 3501 section 9, and no empty string"),
    (r"", r"\.NOT", without_lines,
     "lines that are no field have no name and are in no selection of fields: RFC 3501 section "
     "6.4.5; the whole HEADER has them"),
    (r"head-(one-byte|no-empty-line|no-final-newline)", r"FIELDS", any_way,
     "a message without an empty line has none in a selection of its fields: RFC 3501 section "
     "6.4.5"),
    (r"", r"", same_but_line_ends,
     "the line end before a delimiter belongs to the delimiter, as above; one that ends the fields "
     "of a part without an empty line is shown with them"),
    (r"(part-)?type-multipart|multi-delimiter-(text|dashes|one-dash)|"
     r"multi-boundary-(blank|2231)", r"",
     any_way, "see there: the structure is another one"),
]


def is_accepted(rows, name, message, key, ours, theirs, used):
    for i, (which, keys, check, _) in enumerate(rows):
        fits = which(message) if callable(which) else re.match(which, name)
        if fits and re.search(keys, key) and check(ours, theirs):
            used.add(i)
            return True
    return False


# ---- an answer as {what: value} ----

def lower(value):
    return value.lower() if isinstance(value, bytes) else value


def pairs(values):
    """Parameters; their order says nothing."""
    return values and sorted((lower(n), v) for n, v in zip(values[::2], values[1::2]))


def add_envelope(out, where, values):
    assert len(values) == len(ENVELOPE), values
    for name, value in zip(ENVELOPE, values):
        out[f"{where}envelope.{name}"] = value


def add_extension(out, where, values):
    disposition, language, location, *more = values + [None] * (3 - len(values))
    out[where + ":disposition"] = disposition and (lower(disposition[0]), pairs(disposition[1]))
    out[where + ":language"], out[where + ":location"] = language, location
    assert not more, more


def add_multipart(out, where, values, extended):
    n = next(i for i, v in enumerate(values) if not isinstance(v, list))
    for i, part in enumerate(values[:n], 1):
        add_body(out, f"{where}.{i}" if where else str(i), part, extended)
    out[where + ":multipart"], out[where + ":parts"] = lower(values[n]), n
    if extended:
        out[where + ":parameters"] = pairs(values[n + 1])
        add_extension(out, where, values[n + 2:])


def add_body(out, where, values, extended):
    """The structure of one part; `where` is its number, with "/" for the message inside."""
    if isinstance(values[0], list):
        add_multipart(out, where, values, extended)
        return
    kind = (lower(values[0]), lower(values[1]))
    out[where + ":type"], out[where + ":parameters"] = kind, pairs(values[2])
    out[where + ":id"], out[where + ":description"] = values[3:5]
    out[where + ":encoding"], out[where + ":octets"] = lower(values[5]), int(values[6])
    rest = values[7:]
    if kind == (b"message", b"rfc822"):
        add_envelope(out, where + "/", rest[0])
        add_body(out, where + "/", rest[1], extended)
        rest = rest[2:]
    if kind[0] == b"text" or kind == (b"message", b"rfc822"):
        out[where + ":lines"], rest = int(rest[0]), rest[1:]
    if extended:
        out[where + ":md5"] = rest[0]
        add_extension(out, where, rest[1:])
    else:
        assert not rest, rest


def told(answer):
    """Everything of one message."""
    out, body = {"size": int(answer["RFC822.SIZE"])}, {}
    add_envelope(out, "", answer["ENVELOPE"])
    add_body(out, "", answer["BODYSTRUCTURE"], True)
    add_body(body, "", answer["BODY"], False)
    for key, value in body.items():
        assert out.get(key, None) == value, f"BODY and BODYSTRUCTURE differ in {key}"
    return out


def part_names(values, where=""):
    """Section numbers of all parts, and whether each is a message."""
    if isinstance(values[0], list):
        for i, part in enumerate((v for v in values if isinstance(v, list)), 1):
            if isinstance(part[0], (list, bytes)) and len(part) > 2:
                yield from part_names(part, f"{where}.{i}" if where else str(i))
        return
    name = where or "1"
    message = lower(values[0]) == b"message" and lower(values[1]) == b"rfc822"
    yield name, message
    if message:
        inside = values[8]
        yield from part_names(inside, name if isinstance(inside[0], list) else name + ".1")


def sections(structure):
    """BODY.PEEK[...] items worth comparing."""
    items = ["", "HEADER", "TEXT", "HEADER.FIELDS (Subject From)", "HEADER.FIELDS.NOT (Date To X)"]
    for name, message in list(part_names(structure))[:SECTIONS_MAX]:
        items += [name, name + ".MIME"]
        if message:
            items += [name + ".HEADER", name + ".TEXT", name + ".HEADER.FIELDS (Subject)"]
    return [f"BODY.PEEK[{i}]" for i in items] + [
        "BODY.PEEK[]<0.10>", "BODY.PEEK[TEXT]<3.7>", "BODY.PEEK[1]<2.1000000>",
        "BODY.PEEK[]<99999999.5>", "BODY.PEEK[99]", "RFC822.HEADER"]


# ---- SEARCH ----

KEYS = [
    "ALL", "FROM anna", "FROM ANNA@EXAMPLE.ORG", 'FROM "Anna Muster"', "FROM example", 'FROM "<"',
    "TO bert", "CC anna", "BCC anna", 'TO ""', 'BCC ""', "SUBJECT teile", "SUBJECT Teil", 'SUBJECT ""',
    'SUBJECT "eins zwei"', 'SUBJECT "   "', "SUBJECT zwei", "BODY Text", "BODY text.", "BODY innen",
    "BODY Zeile", 'BODY ""', "TEXT Muster", "TEXT example.org", "TEXT Subject", "TEXT wwwww",
    "HEADER Message-ID a@b", 'HEADER Message-ID ""', 'HEADER X-Lang ""', "HEADER X-Lang w",
    'HEADER Subject ""', "HEADER Content-Type multipart", "HEADER content-type TEXT/HTML",
    'HEADER Reply-To ""', "HEADER In-Reply-To example", 'HEADER None-Such ""',
    "SENTON 24-Nov-2026", "SENTBEFORE 24-Nov-2026", "SENTSINCE 24-Nov-2026", "SENTSINCE 1-Jan-2030",
    "SENTBEFORE 1-Jan-2000", "ON 3-Mar-2020", "BEFORE 3-Mar-2020", "SINCE 3-Mar-2020",
    "SINCE 4-Mar-2020", "BEFORE 1-Jan-2000", "SINCE 5-Mar-2020 BEFORE 8-Mar-2020",
    "LARGER 100", "LARGER 1000", "SMALLER 100", "LARGER 99999", "SMALLER 1", "NOT LARGER 200",
    "SEEN", "UNSEEN", "ANSWERED", "FLAGGED", "UNFLAGGED", "DELETED", "DRAFT", "KEYWORD $Eins",
    "UNKEYWORD $Eins", "KEYWORD $Keiner", "UNDELETED UNDRAFT UNANSWERED",
    "1:10", "5,3,9:7", "*", "100:*", "UID 1:20", "UID 400:*", "NOT 1:500", "NOT UID 1:100",
    "OR SEEN FLAGGED", "OR (SEEN FLAGGED) (FROM anna 1:50)", "NOT (SEEN FLAGGED)",
    "OR OR FROM anna TO anna CC anna", "NOT NOT SEEN", "NOT OR SEEN FROM anna",
    "FROM anna SUBJECT von SMALLER 80", "1:50 FROM anna UNSEEN", "SEEN BODY Text",
    'HEADER Subject "eins" NOT SEEN', "NOT BODY Text", "NOT TEXT example",
]

# Words in a charset: (charset, key, bytes)
WORDS = [
    ("UTF-8", "SUBJECT", "Grüße"), ("UTF-8", "SUBJECT", "GRÜßE"), ("UTF-8", "SUBJECT", "grüsse"),
    ("UTF-8", "FROM", "Jürgen"), ("UTF-8", "FROM", "jürgen"), ("UTF-8", "FROM", "Müller"),
    ("UTF-8", "BODY", "Straße"), ("UTF-8", "BODY", "Übung"), ("UTF-8", "BODY", "übung"),
    ("UTF-8", "BODY", "Köln"), ("UTF-8", "TEXT", "Größe"), ("UTF-8", "TEXT", "Straße"),
    ("ISO-8859-1", "SUBJECT", "Grüße"), ("ISO-8859-1", "FROM", "Jürgen"),
    ("ISO-8859-1", "BODY", "Straße"), ("ISO-8859-1", "TEXT", "Übung"), ("US-ASCII", "BODY", "Text"),
]

# (who alone finds them: any, ours or theirs; SEARCH; messages; why)
FOUND = [
    ("any", r".*FROM", r"from-(angle-open|quote-open|comment-open|comma-only)",
     "FROM looks at the ENVELOPE (RFC 3501 section 6.4.4), which tells more of broken addresses"),
    ("theirs", r'(TO|BCC) ""', r"head-dup-to-empty-first|to-empty",
     "an ENVELOPE without addresses there is NIL and holds no text"),
    ("any", r'SUBJECT "', r"subject-(blank-fold|spaces-inside)",
     "unfolding takes out the CRLF and nothing else: RFC 5322 section 2.2.3"),
    ("theirs", r"SUBJECT zwei", r"head-dup-subject", "the first Subject counts, as in the ENVELOPE"),
    ("ours", r".* G[Rr][Üü]ß", r"subject-encoded-two",
     "a letter that two encoded words share is read"),
    ("ours", r".*grüsse", r".", "sharp s is found as ss and the other way round"),
    ("ours", r".*(BODY|TEXT) (Straße|[Üü]bung)", r"seed-",
     "text in UTF-8 whose charset is not told, or told wrong, is read as UTF-8"),
    ("ours", r".*TEXT Straße", r"subject-encoded-language", "RFC 2231 section 5: a language"),
    ("theirs", r".*TEXT (Größe|Straße|Übung)", r"head-name-8bit|seed-",
     "the MIME fields of parts, and lines in a head that are no field, are not searched"),
    ("any", r".*BODY (Text|text)", r"(part-)?type-|field-|part-|head-dup-enc|multi-|messages-|seed-",
     "what has no type that can be read is text (RFC 2045 section 5.2) and an unknown encoding "
     "hides nothing; of delimiters, doubled fields and limits see above"),
    ("any", r".*(BODY innen|TEXT example)", r"multi-(digest|report|message)|messages-|nested-",
     "the heads of messages inside are part of the body; what is beyond the limits is no text"),
    ("any", r".*TEXT example", r"head-mbox", "a line in the head that is no field is no text of it"),
    ("theirs", r"SENTBEFORE", r".",
     "a message without a Date was not sent before anything; for Dovecot it was sent in 1970"),
]


class Trial:
    def __init__(self):
        if os.getuid() != 0:
            raise lab.Skip("Dovecot runs in a mount namespace, so this test needs root")
        folder = lab.scratch()
        try:
            root = unpack(os.path.join(build_dir(), "dovecot"), os.path.join(folder, "root"))
        except SiteError as e:
            raise lab.Skip(str(e)) from None
        self.dovecot = Dovecot(root, os.path.join(folder, "dovecot"))
        self.dovecot.prepare()
        self.site = lab.start_site()
        self.messages = oddmail.all_messages()
        try:
            self.dovecot.start()
            self.both = [Wire(self.site.ports["imap"], "anke", lab.PASSWORD),
                         Wire(self.dovecot.port, "anke", PASSWORD)]
            for wire in self.both:
                self._fill(wire)
            self.rows = [wire.fetch("1:*", ITEMS) for wire in self.both]
        except BaseException:
            self.stop()
            raise

    def _fill(self, wire):
        wire.cmd(b"CREATE " + BOX)
        for i, (_, message) in enumerate(self.messages):
            date = b'"%2d-Mar-2020 %02d:30:00 +0000"' % (1 + i % 9, i % 24)
            flags = b" ".join(name for n, name in (
                (2, b"\\Seen"), (3, b"\\Flagged"), (5, b"\\Answered"), (7, b"\\Deleted"),
                (11, b"\\Draft"), (13, b"$Eins")) if i % n == 0)
            wire.cmd(b"APPEND %s (%s) %s " % (BOX, flags, date), Literal(message))
        wire.cmd(b"SELECT " + BOX)

    def fetch(self):
        """Sizes, envelopes and structures."""
        used, bad = set(), []
        for i, (name, message) in enumerate(self.messages, 1):
            ours, theirs = (told(rows[i]) for rows in self.rows)
            for key in {**ours, **theirs}:
                a, b = ours.get(key, "absent"), theirs.get(key, "absent")
                if a != b and not is_accepted(ACCEPTED, name, message, key, a, b, used):
                    bad.append(f"{name} {key}\n    ours   {a!r:.300}\n    theirs {b!r:.300}")
        self._judge(bad, ACCEPTED, used)

    def parts(self):
        """The bytes of sections, for messages whose structure is told alike."""
        used, bad, n = set(), [], 0
        for i, (name, message) in enumerate(self.messages, 1):
            if has_odd_ends(message) or len(message) > 100000:
                continue
            ours, theirs = (rows[i]["BODYSTRUCTURE"] for rows in self.rows)
            names = [list(part_names(s)) for s in (ours, theirs)]
            if names[0] != names[1]:
                continue
            items = sections(ours)
            answers = [{k.upper(): v for k, v in wire.fetch(str(i), " ".join(items))[i].items()}
                       for wire in self.both]
            n += len(items)
            for key in {**answers[0], **answers[1]}:
                a, b = (x.get(key, "absent") for x in answers)
                if a != b and not is_accepted(
                        ACCEPTED_SECTIONS, name, message, key, a, b, used):
                    bad.append(f"{name} {key}\n    ours   {a!r:.300}\n    theirs {b!r:.300}")
        print(f"{n} sections compared")
        self._judge(bad, ACCEPTED_SECTIONS, used)

    def search(self):
        """The same messages are found."""
        used, bad = set(), []
        wanted = [(k, (k.encode(),)) for k in KEYS] + [
            (f"{c} {k} {w}", (f"CHARSET {c} {k} ".encode(), Literal(w.encode(c))))
            for c, k, w in WORDS]
        for text, keys in wanted:
            ours, theirs = (wire.search(*keys) for wire in self.both)
            if not isinstance(ours, list) or not isinstance(theirs, list):
                if ours != theirs:
                    bad.append(f"{text}: ours {ours}, theirs {theirs}")
                continue
            for who, more in (("ours", set(ours) - set(theirs)), ("theirs", set(theirs) - set(ours))):
                names = [self.messages[i - 1][0] for i in sorted(more)]
                names = [n for n in names if not self._may_find(who, text, n, used)]
                if names:
                    bad.append(f"{text}: only {who}: {names[:12]} ({len(names)})")
        self._judge(bad, FOUND, used)

    @staticmethod
    def _may_find(who, text, name, used):
        for i, (whose, search, message, _) in enumerate(FOUND):
            if whose in (who, "any") and re.match(search, text) and re.match(message, name):
                used.add(i)
                return True
        return False

    @staticmethod
    def _judge(bad, rows, used):
        assert not bad, f"{len(bad)} differences\n" + "\n".join(bad[:SHOWN])
        idle = [row[:-1] for i, row in enumerate(rows) if i not in used]
        assert not idle, f"nothing differs any more: {idle}"

    def stop(self):
        self.dovecot.remove()
        self.site.stop()


if __name__ == "__main__":
    try:
        trial = Trial()
    except lab.Skip as e:
        print(f"skipped: {e}")
        sys.exit(77)
    try:
        lab.run_cases([trial.fetch, trial.parts, trial.search])
    finally:
        trial.stop()
