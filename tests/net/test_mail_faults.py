#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
The rows of the table of faults (docs/tests.md) that IMAP and submission meet, on whole daemons; also
the memory that messages on their way may hold.
"""

import contextlib
import socket
import threading
import time

from koko import lab
from koko.lab import closed_after, connect, rss_kb, site_with
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


if __name__ == "__main__":
    lab.run_cases([big_messages_share_memory, message_that_stops])
