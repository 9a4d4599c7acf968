# SPDX-License-Identifier: GPL-3.0-or-later
"""
An IMAP connection for tests, strict and small: a command, and every untagged answer as a tuple.

    ("EXISTS", n) ("EXPUNGE", n) ("VANISHED", earlier, {uids}) ("FETCH", n, {item: value})
    ("SEARCH", [numbers], modseq or None) ("ESEARCH", {item: value}) ("STATUS", name, {item: n})
    ("CODE", word, text) for "* OK [word text]", ("BYE", text), ("OTHER", line)
"""

import re
import socket

from koko.imapwire import Parser, WireError

LITERAL = re.compile(rb"\{(\d+)\}$")


class ImapGone(Exception):
    """The server has closed the connection."""


def numbers(text):
    """{1, 3, 4} of "1,3:4"."""
    out = set()
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        lo, hi = int(lo), int(hi or lo)
        out.update(range(min(lo, hi), max(lo, hi) + 1))
    return out


def in_order(text):
    """[1, 3, 4] of "1,3:4", in the order in which they stand there."""
    out = []
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        out.extend(range(int(lo), int(hi or lo) + 1))
    return out


def as_set(uids):
    """"1,3:4" of numbers."""
    parts = []
    for n in sorted(uids):
        if parts and parts[-1][1] == n - 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ",".join(f"{a}" if a == b else f"{a}:{b}" for a, b in parts)


class Wire:
    def __init__(self, port, timeout=20):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = b""
        self.n = 0
        self.log = []
        assert self.line().startswith(b"* OK"), "no greeting"

    def close(self):
        self.sock.close()

    # ---- bytes ----

    def _more(self):
        try:
            more = self.sock.recv(65536)
        except ConnectionError as e:
            raise ImapGone from e
        if not more:
            raise ImapGone
        self.room += more

    def _raw_line(self):
        while b"\r\n" not in self.room:
            self._more()
        line, self.room = self.room.split(b"\r\n", 1)
        return line

    def line(self):
        """A line without CRLF, its literals in it."""
        line = last = self._raw_line()
        while LITERAL.search(last):
            n = int(LITERAL.search(last)[1])
            while len(self.room) < n:
                self._more()
            last = self.room[n:]
            line += b"\r\n" + self.room[:n]
            self.room = last
            last = self._raw_line()
            line += last
        self._note(b"S: " + line)
        return line

    def _note(self, line):
        self.log.append(line[:300])
        del self.log[:-40]

    def send(self, text):
        self.n += 1
        tag = f"k{self.n}"
        data = text if isinstance(text, bytes) else text.encode()
        self._note(b"C: " + tag.encode() + b" " + data)
        try:
            self.sock.sendall(tag.encode() + b" " + data + b"\r\n")
        except ConnectionError as e:
            raise ImapGone from e
        return tag

    def raw(self, data):
        self._note(b"C: " + data)
        self.sock.sendall(data)

    # ---- answers ----

    def answer(self, tag):
        """Up to the tagged answer: (status, code, text, [untagged])."""
        untagged = []
        while True:
            line = self.line()
            if line.startswith(tag.encode() + b" "):
                status, _, text = line[len(tag) + 1:].decode("latin-1").partition(" ")
                code = re.match(r"\[([^\]]*)\]", text)
                return status, code.group(1) if code else "", text, untagged
            if line.startswith(b"+"):
                continue
            untagged.append(self.untagged(line))
            if untagged[-1][0] == "BYE":
                raise ImapGone

    def cmd(self, text):
        return self.answer(self.send(text))

    def one(self):
        """The next untagged answer, in IDLE."""
        return self.untagged(self.line())

    def untagged(self, line):
        if not line.startswith(b"* "):
            raise WireError(f"no untagged answer: {line!r}")
        text = line[2:]
        found = re.match(rb"(\d+) (EXISTS|EXPUNGE|RECENT|FETCH)( .*)?$", text, re.S)
        if found:
            n, word = int(found.group(1)), found.group(2).decode()
            if word == "FETCH":
                return word, n, fetch_items(found.group(3))
            return word, n
        line = text.decode("latin-1")
        word, _, rest = line.partition(" ")
        if word == "VANISHED":
            earlier = rest.startswith("(EARLIER) ")
            return word, earlier, numbers(rest.removeprefix("(EARLIER) "))
        if word == "SEARCH":
            modseq = re.search(r"\(MODSEQ (\d+)\)", rest)
            plain = re.sub(r"\(MODSEQ \d+\)", "", rest)
            return word, [int(n) for n in plain.split()], int(modseq[1]) if modseq else None
        if word == "ESEARCH":
            rest = re.sub(r"^\(TAG [^)]*\)", "", rest).replace(" UID", "", 1)
            words = rest.split()
            return word, dict(zip(words[::2], words[1::2]))
        if word == "STATUS":
            name, _, items = rest.rpartition(" (")
            words = items.rstrip(")").split()
            return word, name.strip('"'), dict(zip(words[::2], map(int, words[1::2])))
        if word == "BYE":
            return word, rest
        code = re.match(r"OK \[([^ \]]+) ?([^\]]*)\]", line)
        if code:
            return "CODE", code[1], code[2]
        return "OTHER", line


def fetch_items(text):
    """FLAGS as a frozenset of str; MODSEQ, UID and sizes as int; else as koko.imapwire has it."""
    (items,) = Parser(text).values()
    out = {}
    for name, value in zip(items[::2], items[1::2]):
        if name in out:
            raise WireError(f"{name} twice: {text!r}")
        if name == "FLAGS":
            value = frozenset(value)
        elif name == "MODSEQ":
            value = int(value[0])
        elif name in ("UID", "RFC822.SIZE"):
            value = int(value)
        out[name] = value
    return out
