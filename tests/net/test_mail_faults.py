#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 600
"""
The rows of the table of faults (docs/tests.md) that IMAP and submission meet, on whole daemons; also
the memory that messages on their way may hold.
"""

import base64
import contextlib
import os
import random
import re
import threading
import time

from koko import lab
from koko.lab import closed_after, connect, cpu_s, rss_kb, site_with
from koko.site import wait_for

MIB = 1 << 20


def counter(here, block, name):
    return here.ctl_json("status")[block][name]


class Wire:
    """A bare IMAP connection: bytes in, lines out."""

    def __init__(self, here, login="anke"):
        self.sock = connect(here, "imap")
        self.lines = self.sock.makefile("rb")
        self.lines.readline()
        self.n = 0
        if login:
            said = self.cmd(f"LOGIN {login} {{{len(lab.PASSWORD.encode())}+}}".encode()
                            + b"\r\n" + lab.PASSWORD.encode())
            assert said[-1].startswith(b"OK"), said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.sock.close()

    def cmd(self, text):
        """Untagged lines (and literals) and, last, the answer without its tag."""
        self.n += 1
        tag = f"t{self.n} ".encode()
        self.sock.sendall(tag + (text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.until(tag)

    def until(self, tag):
        said = []
        while True:
            line = self.lines.readline()
            assert line, said
            if line.startswith(tag):
                return said + [line[len(tag):]]
            said.append(line)

    def append(self, message, box="INBOX"):
        return self.cmd(f"APPEND {box} {{{len(message)}+}}\r\n".encode() + message)[-1]

    def ok(self, text):
        said = self.cmd(text)
        assert said[-1].startswith(b"OK"), said[-1]
        return said[:-1]


# ---- memory for messages ----

def append_big(here, size, answers):
    """One APPEND in pieces; its answer is added."""
    with Wire(here) as conn:
        conn.sock.settimeout(60)
        conn.sock.sendall(f"a APPEND INBOX {{{size}}}\r\n".encode())
        if not conn.lines.readline().startswith(b"+"):
            raise AssertionError("it was refused before it came")
        head = b"From: anke@site.koko.example\r\n\r\n"
        conn.sock.sendall(head + b"x" * (size - len(head)) + b"\r\n")
        answers.append(conn.until(b"a ")[-1].decode())


def send_big(here, size, answers):
    with here.mailer("anke", lab.PASSWORD) as conn:
        conn.ehlo()
        conn.mail(f"anke@{here.domain}")
        conn.rcpt(f"anke@{here.domain}")
        conn.docmd("DATA")
        line = b"x" * 98 + b"\r\n"
        conn.send(b"From: anke@site.koko.example\r\n\r\n" + line * (size // 100) + b".\r\n")
        code, text = conn.getreply()
        answers.append(f"{code} {text.decode()}")


def big_messages_share_memory():
    """Many at once stay inside the bound; each is stored or told to come again."""
    bounds = "limits {\n	receive-memory = 24M\n}\nstore {\n	map-size = 4G\n}\n"
    with site_with(bounds) as here:
        before, answers, peak = rss_kb(here.pid), [], 0
        crew = [threading.Thread(target=f, args=(here, 9 * MIB, answers))
                for f in (append_big, send_big) for _ in range(12)]
        for one in crew:
            one.start()
        while any(one.is_alive() for one in crew):
            peak = max(peak, rss_kb(here.pid) - before)
            time.sleep(0.05)
        assert len(answers) == len(crew), answers
        stored = [a for a in answers if a.startswith(("OK [APPENDUID", "250 "))]
        later = [a for a in answers if a.startswith(("NO [LIMIT]", "452 4.3.1", "451 "))]
        assert len(stored) + len(later) == len(answers), answers
        assert stored and later, answers
        assert any(a.startswith("NO") for a in later) and any(a.startswith("4") for a in later)
        assert counter(here, "receiving", "dropped") > 0
        assert counter(here, "receiving", "cut") == 0
        # what is received (24 MiB), what waits for the writer (64 MiB), one under work a loop
        assert peak < 220 * 1024, peak
        print(f"{len(stored)} stored, {len(later)} told to come again, {peak} KiB more")
        with here.imap("anke", lab.PASSWORD) as conn:
            assert int(conn.select("INBOX")[1][0]) == len(stored)
        wait_for("all to be free", lambda: counter(here, "receiving", "bytes") == 0, 5)


def message_that_stops():
    """Memory is not kept for one that does not go on."""
    with site_with("imap {\n	stall = \"2s\"\n}\n") as here, Wire(here) as conn:
        conn.sock.sendall(b"a APPEND INBOX {1000000}\r\n")
        conn.lines.readline()
        conn.sock.sendall(b"x" * 500000)
        assert closed_after(conn.sock, 8) > 1
        wait_for("it to be free", lambda: counter(here, "receiving", "bytes") == 0, 5)


# ---- a second reader of answers ----

def parse(data):
    """The first value of IMAP data: bytes, None (NIL), or a list of values.  RFC 3501 section 9"""
    value, _ = parse_at(data, 0)
    return value


def parse_at(data, at):
    if data[at:at + 1] == b"(":
        out, at = [], at + 1
        while data[at:at + 1] != b")":
            at += data[at:at + 1] == b" "
            value, at = parse_at(data, at)
            out.append(value)
        return out, at + 1
    if data[at:at + 1] == b'"':
        found = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"').match(data, at)
        return re.sub(rb'\\(.)', rb"\1", found.group(1)), found.end()
    found = re.compile(rb"\{(\d+)\}\r\n").match(data, at)
    if found:
        end = found.end() + int(found.group(1))
        return data[found.end():end], end
    found = re.compile(rb"[^ ()\r\n\"{]+").match(data, at)
    return None if found.group() == b"NIL" else found.group(), found.end()


def fetched(said, name):
    """The value behind name in the FETCH data of an answer; literals are in their lines."""
    data = b"".join(said)
    return parse(data[data.index(name) + len(name) + 1:])


def mutf7(name):
    """RFC 3501 section 5.1.3"""
    def shift(found):
        coded = base64.b64encode(found.group().encode("utf-16-be")).decode()
        return "&" + coded.rstrip("=").replace("/", ",") + "-"
    return re.sub("[^ -~]+", shift, name.replace("&", "&-"))


def literal(data):
    return b"{%d+}\r\n%s" % (len(data), data)


def work_s(here, call, times=1):
    """Seconds of processor time that a call costs the daemon: others' load is not measured."""
    before = cpu_s(here.pid)
    for _ in range(times):
        call()
    return (cpu_s(here.pid) - before) / times


# ---- rows 10 to 15: commands ----

def literals_out_of_bounds():
    """Row 10: BAD, and the end when the client does not wait; never memory for it."""
    sizes = ("4294967296", "-1", "99999999999999999999", "4294967295")
    with site_with() as here:
        before = rss_kb(here.pid)
        for size in sizes:
            for command in ("LOGIN", "APPEND INBOX", "SELECT"):
                for login in (None, "anke"):
                    with Wire(here, login) as conn:
                        said = conn.cmd(f"{command} {{{size}}}")[-1]
                        assert said.startswith((b"BAD", b"NO [TOOBIG]")), (command, size, said)
                        assert conn.cmd("NOOP")[-1].startswith(b"OK")
                        conn.sock.sendall(f"x {command} {{{size}+}}\r\n".encode())
                        said = conn.lines.readline() if size == "-1" else conn.lines.read()
                        assert re.match(rb"[x*] (BAD|NO)", said), (command, size, said)
        assert rss_kb(here.pid) - before < 4096


def a_hundred_thousand_literals():
    """Row 11: refused at the limit, closed, nothing grows."""
    with site_with() as here:
        for login in (None, "anke"):
            before = rss_kb(here.pid)
            with Wire(here, login) as conn:
                with contextlib.suppress(OSError):
                    conn.sock.sendall(b"a SEARCH" + b" {0+}\r\n" * 100000 + b"\r\n")
                with contextlib.suppress(ConnectionError):
                    said = conn.lines.read()
                    assert said.startswith(b"a BAD "), said[:200]
            assert rss_kb(here.pid) - before < 4096


def parentheses():
    """Row 12: BAD at depth 4 before the login, at 64 behind it; the connection goes on."""
    with site_with() as here:
        for login, depth in ((None, 4), ("anke", 64)):
            with Wire(here, login) as conn:
                deep = conn.cmd("FETCH 1 " + "(" * depth + ")" * depth)[-1]
                assert b"parentheses" not in deep, deep
                deep = conn.cmd("FETCH 1 " + "(" * (depth + 1) + ")" * (depth + 1))[-1]
                assert deep.startswith(b"BAD too many parentheses"), deep
                deep = conn.cmd("FETCH 1 " + "(" * (4000 if login is None else 10000))[-1]
                assert deep.startswith(b"BAD too many parentheses"), deep
                assert conn.cmd("NOOP")[-1].startswith(b"OK")


def endless_search():
    """Row 13: ORs and NOTs within each other are refused by a budget, in time."""
    with site_with() as here, Wire(here) as conn:
        conn.append(b"Subject: x\r\n\r\nx\r\n")
        conn.ok("SELECT INBOX")
        for key in ("OR ALL ", "NOT ", "OR NOT SEEN "):
            def search(key=key):
                said = conn.cmd("SEARCH " + key * 10000 + "ALL")[-1]
                assert said.startswith((b"NO", b"BAD")), said
            assert work_s(here, search) < 1
        conn.ok("SEARCH OR NOT SEEN ALL")


def fetch_of_all_numbers():
    """Row 14: an empty mailbox, and a big one in slices with flat memory."""
    with site_with() as here, Wire(here) as conn:
        conn.ok("CREATE big")
        conn.ok("SELECT big")
        assert conn.ok("UID FETCH 1:4294967295 (FLAGS)") == []
        text = b"Subject: x\r\n\r\n" + b"line\r\n" * 2000
        for _ in range(2000):
            conn.sock.sendall(b"p APPEND big " + literal(text) + b"\r\n")
        for _ in range(2000):
            conn.until(b"p ")
        before, n = rss_kb(here.pid), 0
        conn.sock.sendall(b"f UID FETCH 1:4294967295 (UID BODY.PEEK[])\r\n")
        while n < 2000:
            line = conn.lines.readline()
            if b" FETCH (" in line:
                n += 1
                conn.lines.read(int(re.search(rb"\{(\d+)\}", line).group(1)))
        assert conn.until(b"f ")[-1].startswith(b"OK")
        assert rss_kb(here.pid) - before < 8192


def reads_nothing():
    """Row 15: output waits within its bound, then the connection ends; others are served."""
    with site_with("imap {\n	stall = \"2s\"\n}\n") as here, Wire(here) as conn:
        conn.append(b"Subject: x\r\n\r\n" + b"x" * 70 * 20000 + b"\r\n")
        conn.ok("SELECT INBOX")
        before = rss_kb(here.pid)
        conn.sock.settimeout(1)
        with contextlib.suppress(OSError):
            for _ in range(1000):
                conn.sock.sendall(b"x FETCH 1 (BODY.PEEK[])\r\n" * 10)  # 14 GB
        with Wire(here, "anke") as other:
            other.ok("NOOP")
        assert rss_kb(here.pid) - before < 16384
        wait_for("the end", lambda: "output stalled" in here.log_tail(50), 10)
        with open(os.path.join(here.dir, "kokod.log"), encoding="utf-8") as f:
            assert "store.reader" not in f.read()  # the watchdog saw no old view


# ---- rows 27, 28, 31: text ----

CONTROLS = "=?utf-8?q?a=0D=0AX-Evil:_b=00=E2=80=AEc?="


def subjects_with_controls():
    """Row 27: the word stays encoded; neither OVER nor IMAP breaks a line by it."""
    with site_with() as here, Wire(here) as conn:
        mid = f"<controls@{here.domain}>"
        with here.reader("anke", lab.PASSWORD) as news:
            wire = lab.article(mid, subject=CONTROLS + " \u202eliteral")
            assert news.post(wire).startswith("240")
            news.group(lab.GROUP)
            over = news.lines("OVER 1-", "224")
            assert len(over) == 1 and over[0].split("\t")[1].startswith(CONTROLS), over
            assert len(over[0].split("\t")) >= 8
            assert news.lines("HDR Subject 1", "225")[0].startswith("1 " + CONTROLS)
        conn.ok("SELECT Gruppen/kk/test")
        envelope = fetched(conn.ok("FETCH 1 ENVELOPE"), b"ENVELOPE")
        assert envelope[1] == (CONTROLS + " \u202eliteral").encode(), envelope
        assert conn.ok("SEARCH SUBJECT X-Evil") == [b"* SEARCH 1\r\n"]
        assert conn.ok("SEARCH HEADER X-Evil b") in ([b"* SEARCH\r\n"], [])


def odd_names():
    """Row 28: mailbox names and display names of any kind come back as they were."""
    pick = random.Random(28)
    letters = ['"', "\\", " ", "%", "*", "&", "{3}", "(", ")", "~", "ä", "ß", "€", "\U0001f600",
               "a", "b", "'", "]", "NIL", "\u202e"]
    names = {"".join(pick.choices(letters, k=pick.randint(1, 12))).strip() for _ in range(200)}
    names = sorted(n for n in names if n and "/" not in n)
    with site_with() as here, Wire(here) as conn:
        for name in names:
            conn.ok(b"CREATE " + literal(("x/" + mutf7(name)).encode()))
        listed = conn.cmd('LIST "" "x/*"')
        assert listed[-1].startswith(b"OK")
        got, data = set(), b"".join(listed[:-1])
        for row in re.split(rb"(?m)^\* LIST ", data)[1:]:
            value, at = parse_at(row, 0)
            value, at = parse_at(row, at + 1)
            got.add(parse_at(row, at + 1)[0].decode())
        assert got == {"x/" + mutf7(n) for n in names}, got ^ {"x/" + mutf7(n) for n in names}
        for bad in (b"a\r\nb", b"a\tb", b"/a", b"a//b", b"a\x00b", b"&AA0ACg-"):
            said = conn.cmd(b"CREATE " + literal(bad))[-1]
            assert said.startswith((b"NO", b"BAD")), (bad, said)
            assert conn.cmd("NOOP")[-1].startswith(b"OK")
        display_names(conn, pick, [n for n in letters if n != "{3}"])


def display_names(conn, pick, letters):
    conn.ok("CREATE names")
    written = []
    for _ in range(100):
        name = "".join(pick.choices(letters, k=pick.randint(1, 20))).strip() or "x"
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        said = conn.append(f'From: "{quoted}" <a@b.example>\r\nSubject: {name}\r\n\r\nx\r\n'
                           .encode(), "names")
        assert said.startswith(b"OK"), said
        written.append(name)
    conn.ok("SELECT names")
    for i, name in enumerate(written):
        envelope = fetched(conn.ok(f"FETCH {i + 1} ENVELOPE"), b"ENVELOPE")
        assert envelope[2][0][0].decode() == name, (name, envelope[2])
        assert envelope[1].decode().split() == name.split(), (name, envelope[1])


BROKEN = {
    "base64": b"Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ=\r\n=!!\xff\r\n====\r\n",
    "quoted": b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =ZZ =\r\n=",
    "utf-7": b"Content-Type: text/plain; charset=utf-7\r\n\r\nGr+APwA3w-e +AAAA +////- +\r\n",
    "utf-8": b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe \xff\xc3 \xed\xa0\x80\r\n",
    "overlong": b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\xc0\xafetc\r\n",
    "unknown": b"Content-Type: text/plain; charset=x-none\r\n\r\nGr\xfc\xdfe\r\n",
    "head": b"X: \xff\xfe\r\nContent-Type: text/plain; name=\"\xff\xc0\xaf\"\r\n\r\nGr\xfc\r\n",
}


def without_literals(data):
    found = re.search(rb"\{(\d+)\}\r\n", data)
    if not found:
        return data
    end = found.end() + int(found.group(1))
    return data[:found.start()] + without_literals(data[end:])


def broken_encodings():
    """
    Row 31: a message's bytes come back as they are, in literals; quoted strings are UTF-8; search
    finds what decodes, and takes no overlong form for the short one.
    """
    with site_with() as here, Wire(here) as conn:
        messages = [b"Subject: " + name.encode() + b" \xff\r\n" + text
                    for name, text in BROKEN.items()]
        for message in messages:
            assert conn.append(message).startswith(b"OK")
        conn.ok("ENABLE UTF8=ACCEPT")
        conn.ok("SELECT INBOX")
        for i, message in enumerate(messages):
            said = conn.ok(f"FETCH {i + 1} (ENVELOPE BODYSTRUCTURE)")
            without_literals(b"".join(said)).decode()  # RFC 6855 section 3
            said = conn.ok(f"FETCH {i + 1} BODY.PEEK[]")
            assert fetched(said, b"BODY[]") == message
        for text, where in (("Grüße", {1, 2, 3, 4, 5}), ("/etc", set())):
            found = conn.ok(b"SEARCH BODY " + literal(text.encode()))
            got = {int(n) for n in b" ".join(found).split() if n.isdigit()}
            assert got == where, (text, got)


# ---- rows 29, 30: structure ----

def nested(depth):
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
                    for i in range(depth))
    return head + b"Content-Type: text/plain\r\n\r\nx\r\n"


PREFIXES = (b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
            b"Content-Type: multipart/mixed; boundary=aa\r\n\r\n"
            + b"--aa\r\n\r\nx\r\n--aaa\r\n--a a\r\n--aa--x\r\n--a-\r\n" * 20000 + b"--a--\r\n")

STRUCTURES = {
    "10,000 levels": (nested(10000), 0.2),
    "a million parts": (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                        + b"--b\r\n\r\n\r\n" * 1000000 + b"--b--\r\n", 0.2),
    "prefixes of boundaries": (PREFIXES, 0.2),
    "no end": (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx", 0.2),
    "empty boundary": (b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n--\r\n", 0.2),
    "100,000 sections": (b"Content-Type: text/plain"
                         + b"".join(b";\r\n x*%d=y" % i for i in range(100000)) + b"\r\n\r\nx\r\n", 0.05),
    "sections of one number": (b"Content-Type: text/plain" + b";\r\n x*0=y" * 100000 + b"\r\n\r\nx\r\n", 0.05),
    "comments": (b"From: " + b"(" * 100000 + b"\r\nTo: " + b"(a" * 50000 + b")" * 50000
                 + b" b@c\r\n\r\nx\r\n", 0.05),
    "comments of a type": (b"Content-Type: " + b"(" * 100000 + b"text/plain\r\n\r\nx\r\n", 0.05),
    "groups of addresses": (b"To: " + b"a:" * 100000 + b"\r\n\r\nx\r\n", 0.05),
}
ANSWER_MAX = 256 * 1024


def structures_out_of_bounds():
    """Rows 29 and 30: cut at limits, in time, also without what was kept at arrival."""
    with site_with() as here, Wire(here) as conn:
        for i, (what, (message, limit)) in enumerate(STRUCTURES.items()):
            said = []
            took = work_s(here, lambda said=said, m=message: said.append(conn.append(m)))
            assert said[0].startswith(b"OK") and took < 2, (what, said, took)
            if i == 0:
                conn.ok("SELECT INBOX")
            for item in (b"BODYSTRUCTURE", b"ENVELOPE"):
                ask = b"FETCH %d " % (i + 1) + item
                said = conn.ok(ask)
                assert len(b"".join(said)) < ANSWER_MAX, (what, len(b"".join(said)))
                assert fetched(said, item), what
                took = work_s(here, lambda ask=ask: conn.ok(ask), 10)
                assert took < limit, (what, item, took)
            assert conn.ok(f"FETCH {i + 1} BODY.PEEK[1.1.1.1.1.1.MIME]")
            assert fetched(conn.ok(f"FETCH {i + 1} BODY.PEEK[]"), b"BODY[]") == message
        assert here.alive()


# ---- rows 33 to 35: logins ----

def imap_login(here, source="127.0.0.1", password=lab.PASSWORD):
    """(answer, seconds)"""
    with connect(here, "imap", source) as sock, sock.makefile("rb") as lines:
        lines.readline()
        start = time.monotonic()
        sock.sendall(b"a LOGIN anke " + literal(password.encode()) + b"\r\n")
        for line in lines:
            if line.startswith(b"a "):
                return line[2:], time.monotonic() - start
    return b"", time.monotonic() - start


def smtp_login(here, source="127.0.0.1", password=lab.PASSWORD):
    with connect(here, "submission", source) as sock, sock.makefile("rb") as lines:
        coded = base64.b64encode(b"\0anke\0" + password.encode())
        start = time.monotonic()
        sock.sendall(b"EHLO x\r\nAUTH PLAIN " + coded + b"\r\n")
        for line in lines:
            if line.startswith((b"235", b"4", b"5")):
                return line, time.monotonic() - start
    return b"", time.monotonic() - start


def five_hundred_wrong_passwords():
    """Row 33: whoever guesses at a mail door waits, at every door; the owner logs in elsewhere."""
    bounds = "limits {\n	conns-per-source = 1000\n	login-queue = 64\n}\n"
    with site_with(bounds) as here:
        for i in range(500):
            login = imap_login if i % 2 else smtp_login
            said, _ = login(here, f"127.0.{3 + i // 200}.{1 + i % 200}", "falsch")
            assert said.startswith((b"NO [AUTHENTICATIONFAILED]", b"535 ")), said
        status = here.ctl_json("status")
        assert status["logins"]["failed"] == 500 and status["logins"]["delayed"] == 0, status

        def guess(login):
            for _ in range(15):
                with contextlib.suppress(OSError):
                    login(here, "127.0.2.1", "falsch")
        crew = [threading.Thread(target=guess, args=(login,), daemon=True)
                for login in (imap_login, smtp_login) for _ in range(16)]
        for one in crew:
            one.start()
        wait_for("a delay", lambda: counter(here, "logins", "delayed") > 0, 20)
        for login in (imap_login, smtp_login):
            said, took = login(here, "127.0.2.2")
            assert said.startswith((b"OK", b"235")) and took < 2, (said, took)


NAMES = (b"' OR 1=1 --", b"*)(uid=*", b"%s%s%n", b"${jndi:ldap://x}", b"../../etc/passwd", b"",
         b"anke ", b"anke\t", b"ANKE\\", b"\xff\xfe", b"a" * 1000, b"anke@", b"@", b"a\r\nb")


def odd_logins():
    """Row 34: one plain answer for all of them."""
    with site_with("limits {\n	login-tries = 1000\n}\n") as here:
        said = set()
        for name in NAMES:
            coded = base64.b64encode(b"\0" + name + b"\0falsch")
            with Wire(here, None) as conn:
                said.add(conn.cmd(b"AUTHENTICATE PLAIN " + coded)[-1])
                if name not in (b"a" * 1000, b"\xff\xfe"):
                    said.add(conn.cmd(b"LOGIN " + literal(name) + b" falsch")[-1])
            with here.mailer() as mailer:
                mailer.ehlo()
                code, _ = mailer.docmd("AUTH", "PLAIN " + coded.decode())
                assert code in (535, 501), (name, code)
        assert all(s.startswith((b"NO [AUTHENTICATIONFAILED]", b"BAD")) for s in said), said
        assert imap_login(here)[0].startswith(b"OK")


def sasl_out_of_form():
    """Row 35: each ends that try only; others log in all the while."""
    tries = ((b"AUTHENTICATE PLAIN", b"?not base64?"), (b"AUTHENTICATE PLAIN", b"*"),
             (b"AUTHENTICATE PLAIN", b""), (b"AUTHENTICATE PLAIN", b"AAAA"),
             (b"AUTHENTICATE LOGIN", b"*"), (b"AUTHENTICATE LOGIN", b"!"))
    with site_with() as here:
        with Wire(here, None) as conn:
            for command, reply in tries:
                conn.sock.sendall(b"a " + command + b"\r\n")
                assert conn.lines.readline().startswith(b"+ ")
                conn.sock.sendall(reply + b"\r\n")
                said = conn.lines.readline()
                assert said.startswith((b"a NO", b"a BAD")), (command, reply, said)
            said = conn.cmd("AUTHENTICATE X-NONE")[-1]
            assert said.startswith((b"NO", b"BAD")), said
            assert imap_login(here)[0].startswith(b"OK")
            conn.sock.sendall(b"b AUTHENTICATE PLAIN\r\n")
            conn.lines.readline()
            with contextlib.suppress(OSError):
                conn.sock.sendall(b"A" * MIB)
            with contextlib.suppress(ConnectionError):
                assert conn.lines.read().startswith(b"b BAD")
        with here.mailer() as conn:
            conn.ehlo()
            assert conn.docmd("AUTH", "X-NONE")[0] == 504
            for reply in ("?", "*", "AAAA"):
                assert conn.docmd("AUTH", "PLAIN")[0] == 334
                assert conn.docmd(reply)[0] in (501, 535), reply
            assert smtp_login(here)[0].startswith(b"235")


if __name__ == "__main__":
    lab.run_cases([
        big_messages_share_memory, message_that_stops, literals_out_of_bounds,
        a_hundred_thousand_literals, parentheses, endless_search, fetch_of_all_numbers,
        reads_nothing, subjects_with_controls, odd_names, broken_encodings,
        structures_out_of_bounds, five_hundred_wrong_passwords, odd_logins, sasl_out_of_form])
