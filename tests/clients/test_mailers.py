#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""Programs that send mail post in a group: swaks, msmtp, curl; read over NNTP."""

import os

from koko import lab

NOBODY = "Bert Beispiel <bert@elsewhere.example>"


class Trial:
    def __init__(self):
        self.dir = lab.scratch()
        self.site = lab.start_site()
        self.user = lab.person(self.site)
        self.to = f"{lab.GROUP}@{self.site.domain}"
        self.sender = f"{self.user['name']} <{self.user['address']}>"

    # ---- tools ----

    def mail(self, stem, sender=None):
        """A mail as text with LF, as these programs read it; its Message-ID is kept."""
        return (f"From: {sender or self.sender}\nTo: {self.to}\nSubject: Von {stem}\n"
                f"Message-ID: <{stem}@{self.site.domain}>\nMIME-Version: 1.0\n"
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                f"Grüße von {stem}.\n.\n..zwei Punkte\n")

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def stands(self, stem):
        """The article is in the group, as it was sent; swaks ends it with an empty line."""
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            conn.group(lab.GROUP)
            wire = conn.article(f"<{stem}@{self.site.domain}>").decode()
        assert f"Newsgroups: {lab.GROUP}\r\n" in wire, wire
        assert wire.rstrip().endswith(f"\r\n\r\nGrüße von {stem}.\r\n.\r\n..zwei Punkte"), wire

    def absent(self, stem):
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            assert not conn.has(f"<{stem}@{self.site.domain}>")

    # ---- cases ----

    def swaks(self):
        lab.need("swaks")
        login = ("--auth-user", self.user["login"], "--auth-password", self.user["password"],
                 "--from", self.user["address"], "--to", self.to)
        plain = f"127.0.0.1:{self.site.ports['submission']}"
        tls = f"127.0.0.1:{self.site.ports['submissions']}"
        for stem, server, more in (
                ("swaks-starttls-login", plain, ("--tls", "--auth", "LOGIN")),
                ("swaks-tls-plain", tls, ("--tls-on-connect", "--auth", "PLAIN")),
                ("swaks-loopback", plain, ("--auth", "PLAIN", "--pipeline"))):
            lab.run("swaks", "--server", server, *login, *more, "--data", self.mail(stem))
            self.stands(stem)
        said = lab.run("swaks", "--server", plain, *login, "--auth", "PLAIN", "--data",
                       self.mail("swaks-forged", NOBODY), check=False)
        assert "550 5.7.1 From is not an address of your account" in said, said
        self.absent("swaks-forged")

    def msmtp(self):
        lab.need("msmtp")
        conf = self.file("msmtprc", "\n".join([
            "defaults", "tls on", f"tls_trust_file {self.site.ca}", "auth plain",
            "host localhost", f"from {self.user['address']}", f"user {self.user['login']}",
            f"password {self.user['password']}",
            "account starttls", f"port {self.site.ports['submission']}",
            "account tls", f"port {self.site.ports['submissions']}", "tls_starttls off", ""]))
        for account in ("starttls", "tls"):
            stem = "msmtp-" + account
            lab.run("msmtp", "-C", conf, "-a", account, "-t", stdin=self.mail(stem))
            self.stands(stem)
        said = lab.run("msmtp", "-C", conf, "-a", "tls", "kk.closed@" + self.site.domain,
                       stdin=self.mail("msmtp-closed"), check=False)
        assert "550 5.1.1" in said, said

    def curl(self):
        lab.need("curl")
        common = ("curl", "-sS", "--cacert", self.site.ca, "--mail-from", self.user["address"],
                  "--mail-rcpt", self.to)
        login = ("-u", f"{self.user['login']}:{self.user['password']}")
        for stem, url, more in (
                ("curl-starttls", f"smtp://localhost:{self.site.ports['submission']}",
                 ("--ssl-reqd",)),
                ("curl-tls", f"smtps://localhost:{self.site.ports['submissions']}", ())):
            path = self.file(stem, self.mail(stem).replace("\n", "\r\n"))
            lab.run(*common, *login, *more, "-T", path, url)
            self.stands(stem)
        said = lab.run(*common, "-u", f"{self.user['login']}:falsch", "-T", path, url, check=False)
        assert "535" in said or "denied" in said, said


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.swaks, trial.msmtp, trial.curl])
    finally:
        trial.site.stop()
