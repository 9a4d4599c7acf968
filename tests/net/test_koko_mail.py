#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
"""koko over IMAP and submission: groups and mailboxes, post, read, reply, threads, TLS."""

import os
import subprocess

from koko import lab

TEXT = "Grüße aus Krefeld.\n.Punkt am Anfang\n\nStraße\n"


class Trial:
    def __init__(self):
        self.site = lab.start_site("koko")
        self.user = lab.person(self.site)
        self.bert = lab.person(self.site, "bert", "Bert Muster")
        lab.add_person(self.site, self.bert, (lab.GROUP,))

    def koko(self, *words, user=None, stdin=None, code=0, tls=False, submit=True, env=None):
        """Run koko; what it prints, or on failure what it complains about."""
        user, ports = user or self.user, self.site.ports
        host = "localhost" if tls else "127.0.0.1"
        door = ["--server", f"imap{'s' * tls}://{host}:{ports['imaps' if tls else 'imap']}"]
        if submit:
            door += ["--submission",
                     f"smtp{'s' * tls}://{host}:{ports['submissions' if tls else 'submission']}"]
        done = subprocess.run(
            [os.path.join(self.site.build, "koko"), *door, "--user", user["login"],
             "--from", f"{user['name']} <{user['address']}>", *words],
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, text=True,
            capture_output=True, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": self.site.dir,
                 "KOKO_PASSWORD": lab.PASSWORD, **(env or {})})
        assert done.returncode == code, (words, done)
        return done.stdout if code == 0 else done.stderr

    def groups(self):
        """Newsgroups by their names, personal mailboxes by theirs."""
        said = self.koko("groups")
        assert f"{lab.GROUP}\t0\t" in said and "INBOX\t0\t" in said, said
        assert "Gruppen" not in said, said
        assert self.koko("groups", "kk.*").splitlines() == [f"{lab.GROUP}\t0\t"]

    def post_and_read(self):
        """By mail, and with APPEND."""
        assert self.koko("read", lab.GROUP) == ""
        said = self.koko("post", lab.GROUP, "-s", "Änderung der Straße", stdin=TEXT)
        assert said.startswith(f"{lab.GROUP}@{self.site.domain}: 2.0.0 <"), said
        self.koko("post", lab.GROUP, "-s", "Zweiter", stdin="x\n", submit=False)
        said = self.koko("read", lab.GROUP).splitlines()
        assert "Änderung der Straße  (Anke Beispiel <anke@" in said[0], said
        assert "Zweiter" in said[1] and len(said) == 2, said
        shown = self.koko("read", lab.GROUP, "1")
        assert shown.endswith("\n\n" + TEXT), shown
        assert self.koko("read", "Gruppen/kk/test", "1") == shown
        assert "Subject: =?UTF-8?" in self.koko("read", lab.GROUP, "1", "--raw")
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            conn.group(lab.GROUP)
            assert f"Newsgroups: {lab.GROUP}\r\n".encode() in conn.article("1")

    def reply(self):
        """In the group, and to the author of a mail."""
        self.koko("reply", lab.GROUP, "1", "--quote", stdin="Danke.\n", user=self.bert)
        self.koko("reply", lab.GROUP, "2", stdin="Auch danke.\n", user=self.bert, submit=False)
        threads = self.koko("read", lab.GROUP, "thread").splitlines()
        assert threads[0].startswith("      1  Änderung"), threads
        assert threads[1].startswith("      3    Re: Änderung"), threads
        assert threads[3].startswith("      4    Re: Zweiter"), threads
        self.koko("post", self.bert["address"], "-s", "Unter uns", stdin="Grüße\n")
        said = self.koko("read", "INBOX", user=self.bert)
        assert said.startswith("      1  Unter uns  (Anke"), said
        self.koko("reply", "INBOX", "1", stdin="Zurück.\n", user=self.bert)
        shown = self.koko("read", "INBOX", "1")
        assert "Subject: Re: Unter uns" in shown and shown.endswith("Zurück.\n"), shown
        assert len(self.koko("read", lab.GROUP, "last", "1").splitlines()) == 1

    def tls(self):
        assert lab.GROUP in self.koko("groups", "--ca", self.site.ca, tls=True)
        self.koko("post", lab.GROUP, "-s", "Sicher", "--ca", self.site.ca, tls=True, stdin="x\n")
        assert "Sicher" in self.koko("read", lab.GROUP)
        assert "certificate" in self.koko("groups", tls=True, code=1)

    def failures(self):
        assert "no-such.group" in self.koko("read", "no-such.group", code=1)
        assert "no-such.group" in self.koko("post", "no-such.group", "-s", "x", stdin="x\n", code=1)
        self.koko("read", lab.GROUP, "99", code=1)
        assert "login" in self.koko("groups", env={"KOKO_PASSWORD": "falsch"}, code=1)
        self.koko("groups", "--server", "imap://127.0.0.1:1", code=69)
        assert "no group name" in self.koko("post", "INBOX", "-s", "x", stdin="x\n", code=2,
                                            submit=False)
        assert "--submission" in self.koko("post", "bert@x.example", "-s", "x", stdin="x\n",
                                           code=2, submit=False)
        assert "5.7.1" in self.koko("post", "bert@else.example", "-s", "x", stdin="x\n", code=1)
        refused = self.koko("post", lab.GROUP, "-s", "fremd", "--from", "Otto <otto@else.example>",
                            stdin="x\n", code=1)
        assert "5.7.1" in refused, refused
        self.koko("groups", "--server", "smtp://127.0.0.1:1", code=2)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.groups, trial.post_and_read, trial.reply, trial.tls, trial.failures])
    finally:
        trial.site.stop()
