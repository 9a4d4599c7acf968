#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 120
"""Posting by mail, with Python's smtplib and with bare sockets: what is taken, what is refused."""

import contextlib
import email.message
import smtplib
import socket
import ssl

from koko import lab
from koko.site import log_in, wait_for

CLOSED = "kk.closed"


class Trial:
    def __init__(self):
        self.site = lab.start_site(groups=(lab.GROUP, CLOSED, "kk.other"))
        self.user = lab.person(self.site)
        self.bert = lab.person(self.site, "bert", "Bert Muster")
        lab.add_person(self.site, self.bert, (lab.GROUP,))
        self.to = f"{lab.GROUP}@{self.site.domain}"

    # ---- tools ----

    def mailer(self, user=None, tls=False):
        user = user or self.user
        return self.site.mailer(user["login"], user["password"], tls)

    def mail(self, stem, user=None, **fields):
        """fields: further header fields, _ for -."""
        user = user or self.user
        m = email.message.EmailMessage()
        m["From"] = f"{user['name']} <{user['address']}>"
        m["To"] = self.to
        m["Subject"] = "Grüße"
        m["Message-ID"] = f"<{stem}@{self.site.domain}>"
        for name, value in fields.items():
            m[name.replace("_", "-")] = value
        m.set_content("Straße.\n.\n")
        return m

    def article(self, stem):
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            return conn.article(f"<{stem}@{self.site.domain}>").decode()

    def refused(self, code, call):
        """The text with which the call is refused."""
        try:
            call()
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as e:
            assert e.smtp_code == code, e
            return e.smtp_error.decode()
        except smtplib.SMTPRecipientsRefused as e:
            (got, text), = e.recipients.values()
            assert got == code, e
            return text.decode()
        raise AssertionError("it was taken")

    def raw(self):
        """A socket behind the greeting, and its lines."""
        sock = socket.create_connection(("127.0.0.1", self.site.ports["submission"]), 20)
        lines = sock.makefile("rb")
        assert lines.readline().startswith(b"220 ")
        return sock, lines

    # ---- cases ----

    def post(self):
        for stem, tls in (("plain", False), ("tls", True)):
            with self.mailer(tls=tls) as conn:
                conn.send_message(self.mail(stem, Bcc="secret@else.example"))
            wire = self.article(stem)
            assert f"\r\nNewsgroups: {lab.GROUP}\r\n" in wire, wire
            assert "secret@else.example" not in wire and "\r\nDate: " in wire, wire

    def starttls(self):
        with self.site.mailer() as conn:
            conn.starttls(context=ssl.create_default_context(cafile=self.site.ca))
            log_in(conn, self.user["login"], self.user["password"])
            conn.send_message(self.mail("starttls"))
        self.article("starttls")

    def reply(self):
        """A mail program's answer is the child of what it answers."""
        with self.mailer(self.bert) as conn:
            conn.send_message(self.mail("answer", self.bert,
                                        In_Reply_To=f"<plain@{self.site.domain}>"))
        assert f"\r\nReferences: <plain@{self.site.domain}>\r\n" in self.article("answer")

    def two_groups(self):
        """Groups that nobody else has: one article."""
        with self.mailer() as conn:
            conn.send_message(self.mail("two"), to_addrs=[self.to, f"kk.other@{self.site.domain}"])
        assert f"\r\nNewsgroups: {lab.GROUP},kk.other\r\n" in self.article("two")

    def one_shared_group(self):
        self.site.ctl("peer", "add", "neighbour.example", "--groups", lab.GROUP)
        with self.mailer() as conn:
            conn.ehlo()
            conn.mail(self.user["address"])
            assert conn.rcpt(self.to)[0] == 250
            code, text = conn.rcpt(f"kk.other@{self.site.domain}")
            assert code == 550 and text.startswith(b"5.7.1 "), text
        self.site.ctl("peer", "remove", "neighbour.example")

    def refusals(self):
        other = lab.person(self.site, "carla", "Carla")
        with self.mailer(self.bert) as conn:
            def send(mail, sender=self.bert["address"], to=self.to):
                return lambda: conn.send_message(mail, sender, [to])
            mine = self.mail("refused", self.bert)
            assert "not an address" in self.refused(550, send(mine, self.user["address"]))
            assert "without a sender" in self.refused(550, send(mine, ""))
            assert "From is not" in self.refused(550, send(self.mail("refused", other)))
            away = self.mail("refused", self.bert, Auto_Submitted="auto-replied")
            assert "automatic" in self.refused(550, send(away))
            absent = self.refused(550, send(mine, to=f"kk.absent@{self.site.domain}"))
            assert absent == self.refused(550, send(mine, to=f"{CLOSED}@{self.site.domain}"))
            assert absent == self.refused(550, send(mine, to=f"nobody@{self.site.domain}"))
            assert "5.7.1" in self.refused(550, send(mine, to="someone@else.example"))
        with self.site.mailer() as conn:
            conn.ehlo()
            assert conn.mail(self.user["address"])[0] == 530
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            assert not conn.has(f"<refused@{self.site.domain}>")

    def wrong_password(self):
        with self.site.mailer() as conn:
            try:
                conn.login(self.user["login"], "falsch")
            except smtplib.SMTPAuthenticationError as e:
                assert e.smtp_code == 535, e
            else:
                raise AssertionError("it was taken")

    def smuggling(self):
        """reliability row 21: what looks like an end and is none ends nothing"""
        for false_end in ("\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r"):
            with self.mailer() as conn:
                conn.ehlo()
                conn.mail(self.user["address"])
                conn.rcpt(self.to)
                assert conn.docmd("DATA")[0] == 354
                inner = self.mail("smuggled").as_string().replace("\n", "\r\n")
                conn.send(f"From: {self.user['address']}\r\nSubject: x\r\n\r\ntext{false_end}"
                          f"MAIL FROM:<{self.user['address']}>\r\nRCPT TO:<{self.to}>\r\n"
                          f"DATA\r\n{inner}\r\n.\r\n")
                assert conn.getreply()[0] == 554
                assert conn.noop()[0] == 250
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            assert not conn.has(f"<smuggled@{self.site.domain}>")

    def behind_starttls(self):
        """reliability row 6: what comes behind STARTTLS in one segment ends the connection"""
        sock, lines = self.raw()
        with contextlib.closing(sock):
            sock.sendall(b"EHLO x\r\n")
            while not lines.readline().startswith(b"250 "):
                pass
            sock.sendall(b"STARTTLS\r\nNOOP\r\n")
            rest = lines.read()
            assert rest.count(b"250") == 0, rest

    def long_line(self):
        """reliability rows 1, 35"""
        for line in (b"NOOP " + b"x" * 1_000_000, b"EHLO x\r\nAUTH PLAIN\r\n" + b"A" * 1_000_000):
            sock, lines = self.raw()
            with contextlib.closing(sock):
                with contextlib.suppress(ConnectionError):
                    sock.sendall(line)
                with contextlib.suppress(ConnectionError):
                    assert b"too long" in lines.read()
        self.post_again("after-long-lines")

    def post_again(self, stem):
        with self.mailer() as conn:
            conn.send_message(self.mail(stem))
        self.article(stem)

    def drain(self):
        """421 to those who are connected when the daemon ends."""
        sock, lines = self.raw()
        with contextlib.closing(sock):
            self.site.stop()
            assert lines.readline().startswith(b"421 4.3.2 ")
        self.site.start()
        self.site.wait_ready()
        wait_for("the article again", lambda: self.article("plain"))


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.post, trial.starttls, trial.reply, trial.two_groups,
                       trial.one_shared_group, trial.refusals, trial.wrong_password,
                       trial.smuggling, trial.behind_starttls, trial.long_line, trial.drain])
    finally:
        trial.site.stop()
