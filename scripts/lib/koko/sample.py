# SPDX-License-Identifier: GPL-3.0-or-later
"""
The articles of the demo, made from scripts/demo-data/threads/*.txt.

A file is `group:`, `start: -DAYS HH:MM` (before the set-up) and perhaps `language:`, then articles:

    @ NUMBER LOGIN@SITE [re NUMBER] [+DELAY]      delay after the parent: 20m, 3h, 1d
    Subject: ...                                  else "Re: " and the parent's
    Attach: KIND FILE NAME | what it shows        KIND is pdf, png, ics or csv
    Html: yes | Charset: NAME | References: none
                                                  an empty line, then the text, in which
    >>                                            quotes the parent's first paragraph

Message-IDs follow from file name and number: whoever posts the articles twice has them once.
"""

import datetime
import email.message
import email.policy
import email.utils
import html
import os
import re
import struct
import zlib

POLICY = email.policy.SMTP.clone(max_line_length=76)
DELAY = re.compile(r"\+(\d+)([mhd]?)")
# Python folds a long field before its first word; netnews forbids that.  RFC 5536, section 2.2
EMPTY_START = re.compile(rb"^([A-Za-z-]+:)\r\n ", re.M)
FIELD = re.compile(r"(Subject|Attach|Html|Charset|References): ")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "": "minutes"}


class Person:
    """site, login, name, role in the state groups, local groups; address is login@domain."""

    def __init__(self, row, domains):
        self.site, self.login, self.name, self.role, local = (c.strip() for c in row.split("|"))
        self.local = local.split()
        self.address = f"{self.login}@{domains[self.site]}"
        self.mailbox = email.utils.formataddr((self.name, self.address))


def rows(path):
    """The lines of a data file without comments and empty ones."""
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip() and not line.startswith("#")]


class Article:
    def __init__(self, group, number, author, parent):
        self.group, self.number, self.author, self.parent = group, number, author, parent
        self.fields = {}
        self.text = ""
        self.message_id = None
        self.date = None

    def subject(self):
        if "Subject" in self.fields:
            return self.fields["Subject"]
        return "Re: " + re.sub(r"^Re: ", "", self.parent.subject())

    def references(self):
        if self.parent is None or self.fields.get("References") == "none":
            return []
        return [*self.parent.references(), self.parent.message_id]

    def body(self):
        return re.sub(r"^>>$", lambda _: self._quote(), self.text, flags=re.M)

    def _quote(self):
        paragraphs = self.parent.text.replace(">>\n", "").strip().split("\n\n")
        chosen = next(p for p in paragraphs if not p.endswith(",") and not p.startswith(">"))
        lines = "".join(f"> {line}\n" for line in chosen.splitlines())
        return f"{self.parent.author.name} schrieb:\n{lines}"

    def bytes(self, language):
        """The article as its author's client would send it."""
        m = email.message.EmailMessage(POLICY)
        m["From"] = self.author.mailbox
        m["Newsgroups"] = self.group
        m["Subject"] = self.subject()
        m["Date"] = email.utils.format_datetime(self.date)
        m["Message-ID"] = self.message_id
        if self.references():
            m["References"] = " ".join(self.references())
        m["User-Agent"] = "koko-demo"
        charset = self.fields.get("Charset", "utf-8")
        m.set_content(self.body(), charset=charset, cte="quoted-printable"
                      if charset != "utf-8" else "8bit")
        m["Content-Language"] = language
        if "Html" in self.fields:
            m.add_alternative(as_html(self.subject(), self.body()), subtype="html")
        if "Attach" in self.fields:
            attach(m, self.fields["Attach"], self.date)
        return EMPTY_START.sub(rb"\1 ", m.as_bytes())


def load(path, people, now):
    """The articles of one file: (language, [Article]).  `people` maps login@site to Person."""
    with open(path, encoding="utf-8") as f:
        head, _, rest = f.read().partition("\n@ ")
    settings = dict(line.split(": ", 1) for line in head.strip().splitlines())
    days, clock = settings["start"].split()
    start = (now + datetime.timedelta(days=int(days))).replace(
        hour=int(clock[:2]), minute=int(clock[3:]), second=0, microsecond=0)
    stem = os.path.splitext(os.path.basename(path))[0]
    made = {}
    for chunk in rest.split("\n@ "):
        article = parse(chunk, settings["group"], people, made)
        parent = article.parent
        article.message_id = f"<demo.{stem}.{article.number}@{domain_of(article.author)}>"
        article.date = (parent.date if parent else start) + article.delay
        made[article.number] = article
    return settings.get("language", "de"), list(made.values())


def domain_of(person):
    return person.address.split("@")[1]


def parse(chunk, group, people, made):
    """One article from its lines; what it answers must have been made before."""
    first, *lines = chunk.split("\n")
    number, who, *more = first.split()
    parent = made[int(more[more.index("re") + 1])] if "re" in more else None
    article = Article(group, int(number), people[who], parent)
    while lines and FIELD.match(lines[0]):
        name, value = lines.pop(0).split(": ", 1)
        article.fields[name] = value
    article.text = "\n".join(lines).strip("\n") + "\n"
    amount, unit = (DELAY.search(first) or DELAY.search("+0m")).groups()
    article.delay = datetime.timedelta(**{UNITS[unit]: int(amount)})
    return article


# ---- attachments ----

def attach(m, spec, date):
    """Add what an Attach line names."""
    kind_and_name, _, content = spec.partition(" | ")
    kind, name = kind_and_name.split(" ", 1)
    maker, maintype, subtype = {
        "pdf": (make_pdf, "application", "pdf"), "png": (make_png, "image", "png"),
        "ics": (make_ics, "text", "calendar"), "csv": (make_csv, "text", "csv")}[kind]
    data = maker(content, date)
    if maintype == "text":
        m.add_attachment(data, subtype=subtype, filename=name, cte="quoted-printable")
    else:
        m.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)


def as_html(title, text):
    parts = [f"<p>{html.escape(p)}</p>" for p in text.strip().split("\n\n")]
    return (f"<!DOCTYPE html>\n<html lang=\"de\"><head><title>{html.escape(title)}</title></head>\n"
            f"<body>\n<h1>{html.escape(title)}</h1>\n" + "\n".join(parts) + "\n</body></html>\n")


def make_pdf(title, _date):
    """One page with one line of text.  ISO 32000-1, section 7.5"""
    shown = title.encode("cp1252", "replace").replace(b"(", b"\\(").replace(b")", b"\\)")
    stream = b"BT /F1 18 Tf 60 760 Td (" + shown + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    out = b"%PDF-1.4\n"
    places = []
    for i, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" \
        b"startxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, len(out))


def make_png(heights, _date):
    """A bar chart of numbers from 0 to 100, grey levels, 2 pixels a unit of height."""
    bars = [int(h) for h in heights.split()]
    width, height = 20 + 40 * len(bars), 200
    lines = b""
    for y in range(height):
        row = bytearray(b"\xff" * width)
        for i, bar in enumerate(bars):
            if height - y <= 2 * bar:
                row[20 + 40 * i:45 + 40 * i] = b"\x55" * 25
        lines += b"\0" + bytes(row)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + \
            struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) \
        + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def make_ics(spec, date):
    """`title | days ahead, hour, length in hours | place` as one event.  RFC 5545"""
    title, when, place = (part.strip() for part in spec.split("|"))
    days, hour, length = (int(n) for n in when.split())
    start = (date + datetime.timedelta(days=days)).replace(hour=hour, minute=0)
    end = start + datetime.timedelta(hours=length)
    return "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//koko//demo//DE", "METHOD:PUBLISH",
        "BEGIN:VEVENT", f"UID:workshop-{start:%Y%m%d}@gib.koko.example",
        f"DTSTAMP:{date.astimezone(datetime.timezone.utc):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%S}", f"DTEND:{end:%Y%m%dT%H%M%S}",
        f"SUMMARY:{title}", "LOCATION:" + place.replace(",", "\\,"),
        "END:VEVENT", "END:VCALENDAR", ""])


def make_csv(spec, _date):
    """`heading;heading;value;value;...` as two columns.  RFC 4180"""
    cells = spec.split(";")
    return "".join(f"{a};{b}\r\n" for a, b in zip(cells[::2], cells[1::2]))
