# SPDX-License-Identifier: GPL-3.0-or-later
"""
A small NNTP client for set-up and tests.  It shows the reply lines as they are, pipelines when
told to, and leaves nothing to a library that Python drops in 3.13 (nntplib).  RFC 3977, 4643, 4644.
"""

import socket
import ssl

TIMEOUT = 30


class NntpError(Exception):
    """The server answered something else than was wanted."""


class Nntp:
    def __init__(self, port, host="127.0.0.1", ca=None, cert=None, timeout=TIMEOUT):
        """Connect and read the greeting.  With `ca` over TLS; `cert` is (certificate, key)."""
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ca is not None:
            context = ssl.create_default_context(cafile=ca)
            if cert is not None:
                context.load_cert_chain(*cert)
            sock = context.wrap_socket(sock, server_hostname="localhost")
        self.sock = sock
        self.file = sock.makefile("rb")
        self.greeting = self.line()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """Say QUIT if that is still possible, and close."""
        try:
            self.send(b"QUIT\r\n")
        except OSError:
            pass
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        """One reply line without CRLF, as text."""
        raw = self.file.readline(65536)
        if not raw.endswith(b"\r\n"):
            raise NntpError(f"connection closed after {raw!r}")
        return raw[:-2].decode("utf-8", "replace")

    def cmd(self, text, want=None):
        """Send a command, return its reply line; `want` is a code or several that are right."""
        self.send(text.encode() + b"\r\n")
        return self.expect(text, want)

    def expect(self, what, want):
        reply = self.line()
        wanted = (want,) if isinstance(want, str) else want
        if wanted and not reply.startswith(wanted):
            raise NntpError(f"{what.split(chr(13))[0]}: {reply}")
        return reply

    def block(self):
        """The raw lines of a multi-line block, dots unstuffed, each with CRLF."""
        lines = []
        while True:
            raw = self.file.readline(1 << 20)
            if not raw.endswith(b"\r\n"):
                raise NntpError(f"connection closed in a block after {raw[:80]!r}")
            if raw == b".\r\n":
                return lines
            lines.append(raw[1:] if raw.startswith(b"..") else raw)

    def lines(self, text, want="2"):
        """A command with a multi-line answer: its lines as text."""
        self.cmd(text, want)
        return [raw[:-2].decode("utf-8", "replace") for raw in self.block()]

    def login(self, user, password):
        reply = self.cmd(f"AUTHINFO USER {user}", ("381", "281"))
        if reply.startswith("381"):
            self.cmd(f"AUTHINFO PASS {password}", "281")

    def group(self, name):
        """(count, low, high) of a group."""
        fields = self.cmd(f"GROUP {name}", "211").split()
        return int(fields[1]), int(fields[2]), int(fields[3])

    def article(self, what):
        """All bytes of an article, by number or Message-ID."""
        self.cmd(f"ARTICLE {what}", "220")
        return b"".join(self.block())

    def has(self, message_id):
        return self.cmd(f"STAT {message_id}", ("223", "430")).startswith("223")

    def post(self, article):
        """POST an article (bytes with CRLF); the reply line."""
        self.cmd("POST", "340")
        self.send(stuffed(article))
        return self.expect("POST", None)

    def takethis(self, message_id, article):
        self.send(f"TAKETHIS {message_id}\r\n".encode() + stuffed(article))
        return self.expect("TAKETHIS", None)


def stuffed(article):
    """An article as it goes over the wire: dots doubled, final dot.  RFC 3977 section 3.1.1"""
    if not article.endswith(b"\r\n"):
        article += b"\r\n"
    body = (b"\r\n" + article).replace(b"\r\n.", b"\r\n..")[2:]
    return body + b".\r\n"
