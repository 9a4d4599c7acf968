#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: nightly
# limit: 180
"""
Further programs on one group, each by its shortest way: s-nail, imapfilter, offlineimap and alpine
by mail, neomutt by news.
"""

import glob
import os
import urllib.parse

from koko import lab
from koko.term import Terminal

BOX = "Gruppen/kk/test"
N_ARTICLES = 3
TEXT = "Straße."


class Trial:
    def __init__(self):
        self.dir = lab.scratch()
        self.site = lab.start_site()
        self.user = lab.person(self.site)
        lab.post_articles(self.site, N_ARTICLES)

    # ---- tools ----

    def file(self, name, *lines):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(line + "\n" for line in lines))
        os.chmod(path, 0o600)
        return path

    def server(self, door):
        """login:password@localhost:port"""
        password = urllib.parse.quote(self.user["password"])
        return f"{self.user['login']}:{password}@localhost:{self.site.ports[door]}"

    def flagged(self):
        with self.site.imap(self.user["login"], self.user["password"]) as conn:
            conn.select(BOX)
            return len(conn.search(None, "FLAGGED")[1][0].split())

    # ---- cases ----

    def s_nail(self):
        """Lists a group, shows an article, and posts one."""
        lab.need("s-nail")
        tls = ("-S", f"tls-ca-file={self.site.ca}", "-S", "tls-ca-no-defaults")
        shown = lab.run("s-nail", "-n", "-S", "v15-compat", "-S", "imap-auth=login", *tls, "-f",
                        f"imaps://{self.server('imaps')}/{BOX}", stdin="h\ntype 2\nx\n")
        assert f"{N_ARTICLES} messages" in shown and TEXT in shown, shown
        lab.run("s-nail", "-n", "-S", "v15-compat", "-S", "smtp-auth=login", *tls,
                "-S", f"mta=smtps://{self.server('submissions')}",
                "-S", f"from={self.user['address']}", "-S", "sendcharsets=utf-8",
                "-S", f"hostname={self.site.domain}", "-s", "Von s-nail",
                f"{lab.GROUP}@{self.site.domain}", stdin="Hallo: Grüße\n")
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            _, _, high = conn.group(lab.GROUP)
            assert b"\r\nSubject: Von s-nail\r\n" in conn.article(str(high))

    def imapfilter(self):
        """Finds by subject and marks what it found."""
        lab.need("imapfilter")
        rules = self.file(
            "rules.lua", f"account = IMAP {{ server = 'localhost', ssl = 'auto', "
            f"port = {self.site.ports['imaps']}, username = '{self.user['login']}', "
            f"password = '{self.user['password']}' }}",
            f"found = account['{BOX}']:contain_subject('Gr')",
            "found:mark_flagged()")
        lab.run("imapfilter", "-t", self.site.ca, "-c", rules, env={"HOME": self.dir})
        assert self.flagged() == N_ARTICLES

    def offlineimap(self):
        """Fetches every article with its flags; what is unmarked here is unmarked there."""
        lab.need("offlineimap")
        maildir = os.path.join(self.dir, "Maildir")
        conf = self.file(
            "offlineimaprc", "[general]", "accounts = koko",
            f"metadata = {os.path.join(self.dir, 'offlineimap')}",
            "[Account koko]", "localrepository = near", "remoterepository = far",
            "[Repository near]", "type = Maildir", f"localfolders = {maildir}",
            "[Repository far]", "type = IMAP", "remotehost = localhost",
            f"remoteport = {self.site.ports['imaps']}", f"remoteuser = {self.user['login']}",
            f"remotepass = {self.user['password']}", f"sslcacertfile = {self.site.ca}",
            f"folderfilter = lambda name: name == '{BOX}'")

        def sync():
            lab.run("offlineimap", "-c", conf, "-o", "-u", "basic", env={"HOME": self.dir})
            return glob.glob(f"{glob.escape(maildir)}/Gruppen.kk.test/*/*,*")
        before = self.flagged()
        files = sync()
        marked = [name for name in files if "F" in name.rpartition(",")[2]]
        assert len(marked) == before > 0, files
        os.rename(marked[0], marked[0].rpartition(",")[0] + ",")
        sync()
        assert self.flagged() == before - 1

    def alpine(self):
        """Opens a group after its questions, and shows an article."""
        lab.need("tmux", "alpine")
        server = f"{{localhost:{self.site.ports['imaps']}/imap/ssl/user={self.user['login']}}}"
        self.file("pinerc", f"inbox-path={server}INBOX", f"user-domain={self.site.domain}",
                  "feature-list=quit-without-confirm")
        with Terminal(f"env HOME={self.dir} SSL_CERT_FILE={self.site.ca} "
                      f"alpine -p {self.dir}/pinerc -i -f '{server}{BOX}'") as t:
            t.wait("Exit this greeting")
            t.keys("e")
            t.wait("ENTER PASSWORD")
            t.text(self.user["password"])
            t.keys("Enter")
            t.wait("Preserve password")
            t.keys("n")
            t.wait("Anke Beispiel")
            t.keys("Enter")
            t.wait(TEXT)

    def neomutt_news(self):
        """Its news reader goes to TLS by STARTTLS, opens the group and shows an article."""
        lab.need("tmux", "neomutt")
        self.file("newsrc", f"{lab.GROUP}: ")
        conf = self.file(
            "neomuttrc", f"set news_server=news://localhost:{self.site.ports['nntp']}/",
            f"set nntp_user={self.user['login']} nntp_pass='{self.user['password']}'",
            f"set ssl_ca_certificates_file={self.site.ca} ssl_starttls=yes",
            f"set folder={self.dir} tmpdir={self.dir} newsrc={self.dir}/newsrc")
        with Terminal(f"env HOME={self.dir} neomutt -n -F {conf} -G") as t:
            t.wait(lab.GROUP)
            t.keys("Enter")
            t.wait("Anke Beispiel")
            t.keys("Enter")
            t.wait(TEXT)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.alpine, trial.neomutt_news, trial.s_nail, trial.imapfilter,
                       trial.offlineimap])
    finally:
        trial.site.stop()
