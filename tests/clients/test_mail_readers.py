#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""Programs that read mail: curl (FETCH, APPEND), mbsync (both ways), mutt (in tmux)."""

import os
import subprocess
import uuid

from koko import lab
from koko.site import SiteError, wait_for

N_MAILS = 1000  # each way


class Trial:
    def __init__(self):
        self.dir = lab.scratch()
        self.site = lab.start_site()
        self.user = lab.person(self.site)

    # ---- tools ----

    def imap(self):
        return self.site.imap(self.user["login"], self.user["password"])

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def count(self, box):
        with self.imap() as conn:
            status, data = conn.select(box, readonly=True)
            assert status == "OK", data
            return int(data[0])

    def figures(self, box):
        """What changes with anything that is done to the mailbox."""
        with self.imap() as conn:
            return conn.status(box, "(MESSAGES UIDNEXT UNSEEN HIGHESTMODSEQ)")[1]

    def shown(self, tmux, text):
        def screen():
            return lab.run(*tmux, "capture-pane", "-p", check=False)
        try:
            wait_for(text, lambda: text in screen(), 20)
        except SiteError as e:
            raise AssertionError(f"{text} is not on the screen:\n{screen()}") from e

    # ---- cases ----

    def curl(self):
        """A mail is put into Drafts and read again, byte for byte."""
        lab.need("curl")
        mail = "From: anke@example.org\r\nSubject: von curl\r\n\r\nEins.\r\n.\r\n"
        url = f"imaps://localhost:{self.site.ports['imaps']}/Drafts"
        common = ("curl", "-sS", "--cacert", self.site.ca, "-u",
                  f"{self.user['login']}:{self.user['password']}")
        lab.run(*common, "-T", self.file("mail", mail), url)
        said = subprocess.run([*common, url + ";MAILINDEX=1"], stdout=subprocess.PIPE, timeout=30,
                              check=True).stdout.decode()
        assert said == mail, said
        assert "SEARCH 1" in lab.run(*common, url + "?SUBJECT%20curl")

    def mbsync(self):
        """A Maildir goes up, a mailbox and flags come down, and a second run does nothing."""
        lab.need("mbsync")
        with self.imap() as conn:
            conn.create("Projekt")
            for i in range(N_MAILS):
                mail = f"From: b@example.org\r\nSubject: Antwort {i}\r\n\r\nText {i}.\r\n"
                conn.append("Projekt", "(\\Seen)", None, mail.encode())
        maildir = os.path.join(self.dir, "Maildir")
        for sub in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(maildir, "Projekt", sub))
        for i in range(N_MAILS):
            name = os.path.join("Maildir", "Projekt", "cur", f"{i}.{uuid.uuid4().hex}.host:2,S")
            self.file(name, f"From: a@example.org\nSubject: Brief {i}\n\nText {i}.\n")
        conf = self.file("mbsyncrc", "\n".join([
            "IMAPStore far", "Host localhost", f"Port {self.site.ports['imaps']}",
            "SSLType IMAPS", f"CertificateFile {self.site.ca}", f"User {self.user['login']}",
            f"PassCmd \"cat {self.file('pass', self.user['password'])}\"", "AuthMechs LOGIN", "",
            "MaildirStore near", f"Path {maildir}/", f"Inbox {maildir}/INBOX",
            "SubFolders Verbatim", "",
            "Channel all", "Far :far:", "Near :near:", "Patterns Projekt", "Create Both",
            "Expunge Both", "SyncState *", ""]))
        lab.run("mbsync", "-c", conf, "all", limit=90)
        total = 2 * N_MAILS
        assert self.count("Projekt") == total
        with self.imap() as conn:
            conn.select("Projekt")
            assert len(conn.search(None, "SEEN")[1][0].split()) == total
            conn.store("1", "+FLAGS", "\\Flagged")
            conn.store("2", "+FLAGS", "\\Deleted")
        lab.run("mbsync", "-c", conf, "all", limit=90)
        names = os.listdir(os.path.join(maildir, "Projekt", "cur"))
        assert self.count("Projekt") == len(names) == total - 1, len(names)
        assert sum("F" in name.rpartition(",")[2] for name in names) == 1
        before, figures = set(names), self.figures("Projekt")
        lab.run("mbsync", "-c", conf, "all", limit=90)
        assert set(os.listdir(os.path.join(maildir, "Projekt", "cur"))) == before
        assert self.figures("Projekt") == figures

    def mutt(self):
        """A group is opened, its article stands in the list and is read."""
        lab.need("mutt", "tmux")
        with self.site.reader(self.user["login"], self.user["password"]) as news:
            news.post(f"From: {self.user['name']} <{self.user['address']}>\r\n"
                      f"Newsgroups: {lab.GROUP}\r\nSubject: Gelbe Tonne\r\n\r\nMorgen.\r\n".encode())
        conf = self.file("muttrc", "\n".join([
            f"set imap_user={self.user['login']}", f"set imap_pass='{self.user['password']}'",
            "set ssl_starttls=no ssl_force_tls=no", f"set folder={self.dir} tmpdir={self.dir}", ""]))
        tmux = ("tmux", "-S", os.path.join(self.dir, "tmux"))
        lab.run(*tmux, "new-session", "-d", "-x", "100", "-y", "30", "mutt", "-n", "-F", conf, "-f",
                f"imap://127.0.0.1:{self.site.ports['imap']}/Gruppen/kk/test",
                env={"HOME": self.dir, "TERM": "screen"})
        try:
            for text, keys in (("Gelbe Tonne", "Enter"), ("Morgen.", "q")):
                self.shown(tmux, text)
                lab.run(*tmux, "send-keys", keys)
        finally:
            lab.run(*tmux, "kill-server", check=False)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.curl, trial.mbsync, trial.mutt])
    finally:
        trial.site.stop()
