#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 120
"""Mail to persons, sent with smtplib, swaks, msmtp and curl, read in INBOX with imaplib."""

import email
import email.message
import email.policy
import os
import smtplib
import time

from koko import lab

IDLE_LIMIT = 0.1  # seconds from 250 to EXISTS


class Trial:
    def __init__(self):
        self.dir = lab.scratch()
        self.site = lab.start_site()
        self.anke = lab.person(self.site)
        self.bert = lab.person(self.site, "bert", "Bert Muster")
        self.carla = lab.person(self.site, "carla", "Carla Probe")
        lab.add_person(self.site, self.bert, (lab.GROUP,))
        lab.add_person(self.site, self.carla, ())
        self.group = f"{lab.GROUP}@{self.site.domain}"

    # ---- tools ----

    def mail(self, stem, to, sender=None, **fields):
        sender = sender or self.anke
        m = email.message.EmailMessage()
        m["From"] = f"{sender['name']} <{sender['address']}>"
        m["To"] = to
        m["Subject"] = f"Post {stem}"
        m["Message-ID"] = f"<{stem}@{self.site.domain}>"
        for name, value in fields.items():
            m[name.replace("_", "-")] = value
        m.set_content("Straße.\n.\n")
        return m

    def send(self, mail, to, sender=None):
        sender = sender or self.anke
        with self.site.mailer(sender["login"], sender["password"]) as conn:
            conn.send_message(mail, sender["address"], to)

    def inbox(self, person, stem):
        """Mails in INBOX with that Message-ID."""
        with self.site.imap(person["login"], person["password"]) as conn:
            conn.select("INBOX", readonly=True)
            found = conn.search(None, "HEADER", "Message-ID", f"<{stem}@{self.site.domain}>")
            numbers = found[1][0].split()
            texts = [conn.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in numbers]
        return [email.message_from_bytes(t) for t in texts]

    def one(self, person, stem):
        found = self.inbox(person, stem)
        assert len(found) == 1, f"{stem} stands {len(found)} times"
        return found[0]

    def article(self, stem):
        with self.site.reader(self.anke["login"], self.anke["password"]) as conn:
            return email.message_from_bytes(conn.article(f"<{stem}@{self.site.domain}>"))

    # ---- cases ----

    def to_a_person(self):
        self.send(self.mail("one", self.bert["address"], Bcc="x@else.example"),
                  [self.bert["address"]])
        got = self.one(self.bert, "one")
        assert got["Return-Path"] == f"<{self.anke['address']}>", got
        assert got["Delivered-To"] == self.bert["address"], got
        assert "with ESMTPA\r\n" in got["Received"] and got["Date"], got
        assert got["Bcc"] is None and got["Injection-Info"] is None, got
        assert list(got)[:3] == ["Return-Path", "Delivered-To", "Received"], list(got)
        assert not self.inbox(self.carla, "one")

    def to_author_and_group(self):
        """A reply to both is one article and one mail, which name each other's thread."""
        self.send(self.mail("thread", self.group), [self.group])
        reply = self.mail("reply", self.anke["address"], self.bert, Cc=self.group,
                          Bcc=self.carla["address"], In_Reply_To=f"<thread@{self.site.domain}>")
        del reply["Bcc"]  # programs say it in the envelope alone
        self.send(reply, [self.anke["address"], self.group, self.carla["address"]], self.bert)
        article = self.article("reply")
        assert article["Newsgroups"] == lab.GROUP and article["Received"] is None, article
        for person in (self.anke, self.carla):
            got = self.one(person, "reply")
            assert got["In-Reply-To"] == f"<thread@{self.site.domain}>", got
            assert "carla" not in got.as_string() and got["Path"] is None, got
        assert not self.inbox(self.bert, "reply")

    def seen_at_once(self):
        """Who idles hears of it within 100 ms of the 250, and STATUS counts it."""
        conn = self.site.imap(self.carla["login"], self.carla["password"])
        conn.select("INBOX")
        before = int(conn.untagged_responses["EXISTS"][-1])
        conn.send(b"i IDLE\r\n")
        assert conn.readline().startswith(b"+ ")
        waits = []
        with self.site.mailer(self.anke["login"], self.anke["password"]) as sender:
            for i in range(5):
                sender.send_message(self.mail(f"idle{i}", self.carla["address"]))
                start = time.monotonic()
                while not conn.readline().strip() == f"* {before + i + 1} EXISTS".encode():
                    assert time.monotonic() - start < 20
                waits.append(time.monotonic() - start)
        assert sorted(waits)[len(waits) // 2] < IDLE_LIMIT, waits
        conn.send(b"DONE\r\n")
        while not conn.readline().startswith(b"i OK"):
            pass
        said = conn.status("INBOX", "(MESSAGES UNSEEN)")[1][0].decode()
        assert f"MESSAGES {before + 5}" in said, said
        conn.logout()

    def refused(self, code, sender, *to):
        """The text with which the last recipient is refused."""
        with self.site.mailer(self.anke["login"], self.anke["password"]) as conn:
            conn.ehlo()
            assert conn.mail(sender)[0] == 250
            for one in to[:-1]:
                assert conn.rcpt(one)[0] == 250, one
            got, text = conn.rcpt(to[-1])
            assert got == code, (got, text)
            return text.decode()

    def refusals(self):
        gone = lab.person(self.site, "dieter", "Dieter")
        lab.add_person(self.site, gone, ())
        self.site.ctl("user", "disable", "dieter")
        here = self.anke["address"]
        absent = self.refused(550, here, f"nobody@{self.site.domain}")
        assert absent.startswith("5.1.1 no such person here"), absent
        assert self.refused(550, here, gone["address"]) == absent
        assert "5.7.1" in self.refused(550, here, self.bert["address"], "bert@else.example")
        assert "5.7.1" in self.refused(550, "", self.bert["address"], self.group)

    def automatic_replies(self):
        away = self.mail("away", self.bert["address"], Auto_Submitted="auto-replied")
        with self.site.mailer(self.anke["login"], self.anke["password"]) as conn:
            conn.send_message(away, "", [self.bert["address"]])
            try:
                conn.send_message(away, self.anke["address"], [self.carla["address"], self.group])
            except smtplib.SMTPDataError as e:
                assert e.smtp_code == 550, e
            else:
                raise AssertionError("it was taken")
        assert self.one(self.bert, "away")["Return-Path"] == "<>"
        assert not self.inbox(self.carla, "away")

    def sent_again(self):
        """The same mail again is answered 250 and stands once; that holds behind a restart."""
        to = [self.bert["address"], self.group]
        self.send(self.mail("again", to[0]), to)
        self.send(self.mail("again", to[0]), to)
        self.site.stop()
        self.site.start()
        self.site.wait_ready()
        self.send(self.mail("again", to[0]), to)
        self.one(self.bert, "again")
        self.article("again")

    def a_hundred(self):
        """RFC 5321 section 4.5.3.1.8: 100 recipients, with a mail that goes in pieces."""
        logins = [f"p{i}" for i in range(100)]
        password = os.path.join(self.dir, "password")
        with open(password, "w", encoding="utf-8") as f:
            f.write(lab.PASSWORD + "\n")
        self.site.batch([f"user add {p} --name {p} --address {p}@{self.site.domain} "
                         f"--password-file {password}" for p in logins])
        mail = self.mail("many", "alle:;")
        mail.set_content("Zeile.\n" * 100000)
        self.send(mail, [f"{p}@{self.site.domain}" for p in logins])
        for p in ("p0", "p99"):
            got = self.one({"login": p, "password": lab.PASSWORD}, "many")
            assert len(got.as_bytes()) > 600000 and got["Delivered-To"] is None

    def swaks(self):
        lab.need("swaks")
        lab.run("swaks", "--server", f"127.0.0.1:{self.site.ports['submissions']}",
                "--tls-on-connect", "--auth", "LOGIN", "--auth-user", self.anke["login"],
                "--auth-password", self.anke["password"], "--from", self.anke["address"],
                "--to", f"{self.bert['address']},{self.group}",
                "--data", self.mail("swaks", self.bert["address"]).as_string())
        assert "with ESMTPSA\r\n" in self.one(self.bert, "swaks")["Received"]
        self.article("swaks")

    def msmtp(self):
        lab.need("msmtp")
        conf = os.path.join(self.dir, "msmtprc")
        with open(conf, "w", encoding="utf-8") as f:
            f.write("\n".join([
                "defaults", "tls on", f"tls_trust_file {self.site.ca}", "auth plain",
                "account a", "host localhost", f"from {self.anke['address']}",
                f"user {self.anke['login']}", f"password {self.anke['password']}",
                f"port {self.site.ports['submission']}", ""]))
        os.chmod(conf, 0o600)
        mail = self.mail("msmtp", self.bert["address"], Bcc=self.carla["address"])
        lab.run("msmtp", "-C", conf, "-a", "a", "-t", stdin=mail.as_string())
        for person in (self.bert, self.carla):
            assert "carla" not in self.one(person, "msmtp").as_string()

    def curl(self):
        lab.need("curl")
        path = os.path.join(self.dir, "mail")
        with open(path, "wb") as f:
            f.write(self.mail("curl", self.bert["address"]).as_bytes(
                policy=email.policy.SMTP))
        lab.run("curl", "-sS", "--cacert", self.site.ca, "--mail-from", self.anke["address"],
                "--mail-rcpt", self.bert["address"],
                "-u", f"{self.anke['login']}:{self.anke['password']}", "-T", path,
                f"smtps://localhost:{self.site.ports['submissions']}")
        self.one(self.bert, "curl")
        said = lab.run("curl", "-sS", "--cacert", self.site.ca,
                       "-u", f"{self.bert['login']}:{self.bert['password']}",
                       f"imaps://localhost:{self.site.ports['imaps']}/INBOX?SUBJECT%20curl")
        assert said.startswith("* SEARCH ") and said.split()[2:], said

    def store_is_clean(self):
        self.site.ctl("check", "--json")


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.to_a_person, trial.to_author_and_group, trial.seen_at_once,
                       trial.refusals, trial.automatic_replies, trial.sent_again,
                       trial.a_hundred, trial.swaks, trial.msmtp, trial.curl,
                       trial.store_is_clean])
    finally:
        trial.site.stop()
