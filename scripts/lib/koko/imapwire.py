# SPDX-License-Identifier: GPL-3.0-or-later
"""
IMAP word for word: commands as bytes, answers as nested Python lists.

A list is a list, NIL is None, a quoted string or literal is bytes, anything else (atoms, numbers,
`BODY[1.MIME]<0>`) is str.  RFC 3501 section 9
"""

import socket


class WireError(Exception):
    """The answer breaks the grammar, or the command was refused."""


class Parser:
    """One answer, its literals in it."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def values(self, end=None):
        """Values up to `end` (a byte value) or the end of the answer."""
        out = []
        while True:
            while self.data[self.at:self.at + 1] == b" ":
                self.at += 1
            if self.at >= len(self.data):
                if end is not None:
                    raise WireError(f"list not closed in {self.data!r}")
                return out
            if self.data[self.at] == end:
                self.at += 1
                return out
            out.append(self._value())

    def _value(self):
        here = self.data[self.at:self.at + 1]
        if here == b"(":
            self.at += 1
            return self.values(ord(")"))
        if here == b'"':
            return self._quoted()
        if here == b"{":
            return self._literal()
        return self._atom()

    def _quoted(self):
        out = bytearray()
        self.at += 1
        while self.data[self.at] != ord('"'):
            if self.data[self.at] == ord("\\"):
                self.at += 1
            if self.data[self.at] in b"\r\n":
                raise WireError(f"line end in a quoted string: {self.data!r}")
            out.append(self.data[self.at])
            self.at += 1
        self.at += 1
        return bytes(out)

    def _literal(self):
        end = self.data.index(b"}\r\n", self.at)
        size = int(self.data[self.at + 1:end])
        self.at = end + 3 + size
        if self.at > len(self.data):
            raise WireError("literal cut short")
        return self.data[end + 3:self.at]

    def _atom(self):
        start, depth = self.at, 0
        while self.at < len(self.data):
            here = self.data[self.at:self.at + 1]
            if depth == 0 and here in b" )(":
                break
            depth += {b"[": 1, b"]": -1}.get(here, 0)
            self.at += 1
        if self.at == start:
            raise WireError(f"no value at {self.data[start:start + 40]!r}")
        atom = self.data[start:self.at].decode("latin-1")
        return None if atom.upper() == "NIL" else atom


class Wire:
    """A connection that is logged in."""

    def __init__(self, port, user, password, limit=60):
        self.sock = socket.create_connection(("127.0.0.1", port), limit)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.n = 0
        self.file.readline()
        self.cmd(b"LOGIN " + user.encode() + b" ", Literal(password.encode()))

    def _answer(self):
        """One answer with its literals."""
        data = b""
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise WireError(f"connection lost after {data + line!r}")
            data += line
            if not line.endswith(b"}\r\n") or b"{" not in line:
                return data[:-2]
            size = line[line.rindex(b"{") + 1:-3]
            if not size.isdigit():
                return data[:-2]
            data += self.file.read(int(size))

    def run(self, *parts):
        """
        Send a command; a Literal waits for its turn.  Returns (status, text, answers), where
        answers are the untagged ones as lists.
        """
        self.n += 1
        tag = b"t%d" % self.n
        out = tag + b" "
        for part in parts:
            if isinstance(part, Literal):
                out += b"{%d}\r\n" % len(part.data)
                self.sock.sendall(out)
                line = self._answer()
                if not line.startswith(b"+"):
                    word, text = line.split(b" ", 2)[1:]
                    return word.decode(), text, []
                out = part.data
            else:
                out += part
        self.sock.sendall(out + b"\r\n")
        answers = []
        while True:
            line = self._answer()
            if line.startswith(tag + b" "):
                word, text = line.split(b" ", 2)[1:]
                return word.decode(), text, answers
            status = line[2:].split(b" ", 1)[0] in (b"OK", b"NO", b"BAD", b"BYE")
            answers.append([line[2:]] if status else Parser(line[2:]).values())

    def cmd(self, *parts):
        """The untagged answers of a command that must succeed."""
        word, text, answers = self.run(*parts)
        if word != "OK":
            raise WireError(f"{b''.join(p for p in parts if isinstance(p, bytes))!r}: {word} {text!r}")
        return answers

    def fetch(self, which, items):
        """{number: {item: value}}"""
        out = {}
        for answer in self.cmd(b"FETCH %s (%s)" % (which.encode(), items.encode())):
            if len(answer) == 3 and answer[1] == "FETCH":
                pairs = answer[2]
                out.setdefault(int(answer[0]), {}).update(zip(pairs[::2], pairs[1::2]))
        return out

    def search(self, *keys):
        """Numbers found, or the status word of a refusal."""
        word, _, answers = self.run(b"SEARCH ", *keys)
        if word != "OK":
            return word
        return sorted(int(n) for a in answers if a[0] == "SEARCH" for n in a[1:])

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Literal:
    """A literal in a command."""

    def __init__(self, data):
        self.data = data
