#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 180
"""
Bad input from the network, one case a row of the table of faults: the daemon lives, others are
served, what is refused leaves no trace.
"""

import socket
import ssl
import time

from koko import lab
from koko.nntp import Nntp, stuffed
from koko.site import wait_for


class Trial:
    def __init__(self):
        self.site = lab.start_site()
        self.port = self.site.ports["nntp"]
        self.n = 0

    # ---- tools ----

    def reader(self):
        return self.site.reader("anke", lab.PASSWORD)

    def sender(self):
        return f"Anke Beispiel <anke@{self.site.domain}>"

    def new_id(self):
        self.n += 1
        return f"<abuse.{self.n}@{self.site.domain}>"

    def raw(self):
        """A socket behind the greeting."""
        sock = socket.create_connection(("127.0.0.1", self.port), 20)
        sock.recv(1000)
        return sock

    @staticmethod
    def rest(sock):
        """All bytes until the server closes."""
        got = b""
        try:
            while True:
                data = sock.recv(65536)
                if not data:
                    return got
                got += data
        except ConnectionError:
            return got

    def refused(self, wire, message_id=None):
        """POST answers 441, and the connection can still be used."""
        with self.reader() as conn:
            reply = conn.post(wire)
            assert reply.startswith("441"), reply
            conn.cmd("DATE", "111")
            if message_id:
                assert not conn.has(message_id)

    def article(self, message_id, **more):
        return lab.article(message_id, sender=self.sender(), **more)

    # ---- rows ----

    def endless_line(self):
        """Row 1; that it ends after 2 KiB is seen in test_faults.py."""
        sock = self.raw()
        try:
            for _ in range(1000):
                sock.sendall(b"x" * 100000)
        except OSError:
            pass
        said = self.rest(sock)
        assert len(said) < 1000, said

    def bytes_that_are_no_command(self):
        """Rows 4 and 5: 501, nothing of it comes back, the connection can be used."""
        bad = [b"DATE" + bytes([c]) + b"\r\n" for c in range(256) if not 0x20 <= c < 0x7f
               and c not in b"\t\n"]
        bad += [b"DATE\n", b"\n", b"DA\rTE\r\n", b"GROUP kk.test\n", b"GROUP a\0b\r\n",
                b"GROUP \xff\xfe\r\n"]
        before = self.site.ctl_json("status")["nntp"]["bad"]
        with self.raw() as sock, sock.makefile("rb") as lines:
            for line in bad:
                sock.sendall(line)
                said = lines.readline()
                assert said.startswith(b"501 ") and said[:-2].isascii(), (line, said)
                assert said[:-2].decode().isprintable(), (line, said)
            sock.sendall(b"DATE\r\n")
            assert lines.readline().startswith(b"111")
        wait_for("the counter",
                 lambda: self.site.ctl_json("status")["nntp"]["bad"] >= before + len(bad), 5)

    def commands_behind_starttls(self):
        with self.raw() as sock:
            sock.sendall(b"STARTTLS\r\nMODE READER\r\nDATE\r\n")
            said = self.rest(sock)
            assert b"111" not in said and said.count(b"\r\n") <= 1, said

    def old_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", self.site.ports["nntps"]), 10) as sock:
            try:
                context.wrap_socket(sock)
            except (ssl.SSLError, OSError):
                return
        raise AssertionError("TLS 1.1 was taken")

    def names_of_groups(self):
        """Row 18: not there, or no name; no way in makes one."""
        before = self.site.ctl_json("group", "list")
        with self.reader() as conn:
            for name in ("..", ".a", "a.", "a..b", "../../x", "x" * 500, "größe", "a*b", "KK.TEST",
                         "a b", "a\0b"):
                conn.cmd(f"GROUP {name}", ("411", "501"))
                if "\0" not in name:
                    assert self.site.ctl("group", "add", name, check=False).returncode != 0, name
        for name in ("..", ".a", "a..b", "../../x", "x" * 300):
            self.refused(self.article(self.new_id(), groups=name))
        assert self.site.ctl_json("group", "list") == before

    def numbers(self):
        """Row 19: what names no article is 423, what is no number 501.  RFC 3977 section 6.2.4"""
        lab.post_articles(self.site, 1, stem="numbers")
        with self.reader() as conn:
            conn.group(lab.GROUP)
            for number in ("0", "2147483648", "9999999999999999"):
                conn.cmd(f"STAT {number}", "423")
                conn.cmd(f"OVER {number}", "423")
            for number in ("9223372036854775808", "99999999999999999999", "-", "-1", "1x", "5-3"):
                conn.cmd(f"STAT {number}", "501")
            for span in ("5-3", "0-0", "2147483648-"):
                conn.cmd(f"OVER {span}", "423")
            for span in ("9223372036854775808-", "-", "1-2-3", "-5"):
                conn.cmd(f"OVER {span}", "501")

    def posts_that_are_none(self):
        """Row 20: no body, no head, nothing but the final dot."""
        for wire in (b"\r\n", b"Subject: x\r\n\r\n", b"no head\r\n\r\nbody\r\n",
                     self.article(self.new_id()).split(b"\r\n\r\n")[0] + b"\r\n"):
            self.refused(wire)
        with self.reader() as conn:
            conn.cmd("POST", "340")
            conn.cmd(".", "441")
            conn.cmd("DATE", "111")

    def bare_line_ends_and_nul(self):
        """Rows 23 and 24."""
        for bad in ("a\nb\r\n", "a\rb\r\n", "\n.\n", "\r\n.\r", "a\0b\r\n"):
            message_id = self.new_id()
            self.refused(self.article(message_id, body=bad + "\r\n"), message_id)
        message_id = self.new_id()
        self.refused(self.article(message_id, subject="a\0b"), message_id)

    def only_crlf_dot_crlf_ends(self):
        """Row 21: what follows a false end is text, never a command."""
        with self.reader() as conn:
            for line in (b".\r\r\n", b"\n.\n", b"x\n.\n", b"\r\n.\r", b"\r\n.\n", b".\n"):
                conn.cmd("POST", "340")
                wire = stuffed(self.article(self.new_id()))
                conn.send(wire[:-3] + line + b"DATE\r\n.\r\n")
                reply = conn.line()
                assert reply.startswith("441"), (line, reply)
                conn.cmd("HELP", "100")
                conn.block()
            message_id = self.new_id()
            body = ".\r\n..\r\nDATE\r\n"
            assert conn.post(self.article(message_id, body=body)).startswith("240")
            assert conn.article(message_id).endswith(b"\r\n\r\n" + body.encode())

    def heads_out_of_bounds(self):
        """Row 25; the exact bounds are tried from a peer in test_faults.py."""
        for more in ("X-Long: " + "x" * (999 - 8) + "\r\n",
                     "X-Long: " + "x" * (2000 - 8) + "\r\n",
                     "".join(f"X-F{i}: x\r\n" for i in range(201)),
                     "".join(f"X-F{i}: {'x' * 900}\r\n" for i in range(73))):
            message_id = self.new_id()
            self.refused(self.article(message_id, more=more), message_id)

    def doubled_fields(self):
        """Row 26."""
        for field in ("From: x@y.example", "Newsgroups: kk.test", "Subject: zwei",
                      "Date: Mon, 23 Nov 2026 10:00:00 +0000", "Message-ID: <z@y.example>"):
            message_id = self.new_id()
            self.refused(self.article(message_id, more=field + "\r\n"), message_id)

    def other_peoples_from(self):
        message_id = self.new_id()
        self.refused(lab.article(message_id, sender="Cem Muster <cem@else.example>"), message_id)

    def feeding_without_right(self):
        """Loopback may not feed here: no certificate, no transit."""
        with Nntp(self.port) as conn:
            reply = conn.cmd("MODE STREAM", None)
            if reply.startswith("203"):
                reply = conn.takethis("<t@x.example>", lab.article("<t@x.example>"))
                assert reply.startswith(("439", "480", "502")), reply
            conn.close()
        with self.reader() as conn:
            assert not conn.has("<t@x.example>")

    def wrong_passwords(self):
        """Rows 33 and 34: each is refused plainly, the owner can still log in."""
        for _ in range(5):
            with Nntp(self.port) as conn:
                conn.cmd("AUTHINFO USER anke", "381")
                conn.cmd("AUTHINFO PASS falsch", "481")
        for name in ("anke'OR'1'='1'--", "*)(uid=*", "%s%n%1000000d", "${HOME}`id`", "anke\u0000",
                     "ankе", "x" * 400, "nobody"):
            with Nntp(self.port) as conn:
                if "\0" in name:
                    conn.cmd(f"AUTHINFO USER {name}", "501")
                    continue
                conn.cmd(f"AUTHINFO USER {name}", "381")
                conn.cmd("AUTHINFO PASS x", "481")
        self.reader().close()

    def many_silent_connections(self):
        socks = []
        try:
            for _ in range(90):
                socks.append(self.raw())
            with self.reader() as conn:
                conn.group(lab.GROUP)
        finally:
            for sock in socks:
                sock.close()

    def reader_that_does_not_read(self):
        """Asks for much and reads nothing; others are served meanwhile."""
        lab.post_articles(self.site, 50, stem="slow")
        with self.reader() as slow:
            slow.cmd(f"GROUP {lab.GROUP}", "211")
            slow.sock.settimeout(2)
            try:
                slow.send(b"OVER 1-\r\n" * 20000)
            except OSError:
                pass
            start = time.monotonic()
            with self.reader() as conn:
                conn.group(lab.GROUP)
                conn.lines("OVER 1-", "224")
            assert time.monotonic() - start < 5
            slow.sock.close()

    def still_clean(self):
        assert self.site.alive()
        self.site.ctl("check")


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([
            trial.endless_line, trial.bytes_that_are_no_command, trial.commands_behind_starttls,
            trial.old_tls, trial.names_of_groups, trial.numbers, trial.posts_that_are_none,
            trial.bare_line_ends_and_nul, trial.only_crlf_dot_crlf_ends,
            trial.heads_out_of_bounds, trial.doubled_fields, trial.other_peoples_from,
            trial.feeding_without_right, trial.wrong_passwords, trial.many_silent_connections,
            trial.reader_that_does_not_read, trial.still_clean])
    finally:
        trial.site.stop()
