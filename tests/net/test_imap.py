#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 120
"""Mailboxes and groups over IMAP, with Python's imaplib, beside NNTP on the same store."""

import imaplib
import re

from koko import lab
from koko.mailwire import Wire

BOX = "Gruppen/kk/test"
imaplib.Commands.setdefault("MOVE", ("SELECTED",))


class Trial:
    def __init__(self):
        self.site = lab.start_site(groups=(lab.GROUP, "kk.closed"))
        self.user = lab.person(self.site)
        self.bert = lab.person(self.site, "bert", "Bert Muster")
        lab.add_person(self.site, self.bert, (lab.GROUP,))

    # ---- tools ----

    def imap(self, user=None, box=None, tls=False):
        user = user or self.user
        conn = self.site.imap(user["login"], user["password"], tls)
        if box:
            self.ok(conn.select(box))
        return conn

    def ok(self, answer):
        status, data = answer
        assert status == "OK", answer
        return data

    def refused(self, code, answer):
        status, data = answer
        assert status == "NO" and code.encode() in data[0], answer

    def post(self, stem, user=None):
        user = user or self.user
        with self.site.reader(user["login"], user["password"]) as conn:
            conn.post(f"From: {user['name']} <{user['address']}>\r\nNewsgroups: {lab.GROUP}\r\n"
                      f"Subject: {stem}\r\nMessage-ID: <{stem}@{self.site.domain}>\r\n\r\n"
                      f"Text von {stem}.\r\n".encode())

    def flags(self, conn, uid):
        data = self.ok(conn.uid("FETCH", uid, "(FLAGS)"))
        return set(imaplib.ParseFlags(data[0]))

    # ---- cases ----

    def lists(self):
        """One's own mailboxes and groups, nobody else's; members are subscribed."""
        for user, closed in ((self.user, True), (self.bert, False)):
            with self.imap(user, tls=True) as conn:
                names = b"\n".join(self.ok(conn.list()))
                for name in (b'"INBOX"', b'"Drafts"', b'"Sent"', b'"Trash"', b'"Gruppen/kk/test"'):
                    assert name in names, names
                assert (b"closed" in names) == closed, names
                assert b'"Gruppen/kk/test"' in b"\n".join(self.ok(conn.lsub()))
        with self.imap(self.bert) as conn:
            self.refused("NONEXISTENT", conn.select("Gruppen/kk/closed"))

    def public(self):
        """A public group is there for everybody, and subscribed when one wants it."""
        self.site.ctl("group", "add", "kk.offen", "--title", "Offen", "--class", "public")
        with self.imap(self.bert) as conn:
            assert b'"Gruppen/kk/offen"' in b"\n".join(self.ok(conn.list()))
            assert b'"Gruppen/kk/offen"' not in b"\n".join(self.ok(conn.lsub()))
            self.ok(conn.subscribe("Gruppen/kk/offen"))
            self.refused("NONEXISTENT", conn.subscribe("Gruppen/kk/closed"))
            assert b'"Gruppen/kk/offen"' in b"\n".join(self.ok(conn.lsub()))
            self.ok(conn.select("Gruppen/kk/offen"))

    def group(self):
        """Numbers are those of NNTP, structure is told, flags are the person's."""
        self.post("eins")
        with self.imap(box=BOX) as conn:
            uid = self.ok(conn.uid("SEARCH", 'SUBJECT "eins"'))[0]
            head, text = self.ok(conn.uid("FETCH", uid, "(UID BODY.PEEK[])"))[0]
            assert b"Text von eins.\r\n" in text and b"List-Id:" in text, text
            size = int(re.search(rb"\{(\d+)\}", head).group(1))
            row = self.ok(conn.uid("FETCH", uid, "(RFC822.SIZE ENVELOPE BODYSTRUCTURE)"))[0]
            assert f"RFC822.SIZE {size} ".encode() in row and b'"eins"' in row, row
            with self.site.reader(self.user["login"], self.user["password"]) as news:
                news.group(lab.GROUP)
                assert b"Subject: eins" in news.article(uid.decode())
            self.ok(conn.uid("STORE", uid, "+FLAGS", "(\\Seen $Wichtig)"))
        with self.imap(box=BOX) as conn:
            assert self.flags(conn, uid) == {b"\\Seen", b"$Wichtig"}
        with self.imap(self.bert, BOX) as conn:
            assert self.flags(conn, uid) == set()
            self.refused("NOPERM", conn.uid("STORE", uid, "+FLAGS", "(\\Deleted)"))
            assert self.flags(conn, uid) == set()

    def head(self):
        """What stands in front of an article stays; a changed policy holds for later ones."""
        self.post("frueher")
        self.site.ctl("group", "set", lab.GROUP, "--reply", "author")
        with self.imap(box=BOX) as conn:
            early = self.ok(conn.uid("SEARCH", 'SUBJECT "frueher"'))[0]
            was = self.ok(conn.uid("FETCH", early, "(RFC822.SIZE ENVELOPE BODY.PEEK[])"))[0]
            archived = f"Archived-At: <news://{self.site.domain}/frueher@{self.site.domain}>\r\n"
            assert archived.encode() in was[1] and b"Reply-To:" not in was[1], was
        self.site.ctl("group", "set", lab.GROUP, "--reply", "group")
        assert self.site.ctl_json("group", "show", lab.GROUP)["group"]["reply"] == "group"
        self.post("spaeter")
        with self.imap(box=BOX) as conn:
            late = self.ok(conn.uid("SEARCH", 'SUBJECT "spaeter"'))[0]
            row, text = self.ok(conn.uid("FETCH", late, "(RFC822.SIZE ENVELOPE BODY.PEEK[])"))[0]
            address = f"{lab.GROUP}@{self.site.domain}"
            assert f"\r\nReply-To: {address}\r\n".encode() in text, text
            assert f'((NIL NIL "{lab.GROUP}" "{self.site.domain}"))'.encode() in row, row
            assert b"RFC822.SIZE %d " % len(text) in row, row
            head = self.ok(conn.uid("FETCH", late, "(BODY.PEEK[HEADER])"))[0][1]
            assert text.startswith(head), head
            again = self.ok(conn.uid("FETCH", early, "(RFC822.SIZE ENVELOPE BODY.PEEK[])"))[0]
            assert again[1] == was[1], again
            assert again[0].split(b" ", 1)[1] == was[0].split(b" ", 1)[1], again
        with self.site.reader(self.user["login"], self.user["password"]) as news:
            assert b"Reply-To" not in news.article(f"<spaeter@{self.site.domain}>")
        self.site.ctl("group", "set", lab.GROUP, "--reply", "author")

    def posting(self):
        """APPEND into a group is posting; EXPUNGE of one's own is a cancel."""
        mail = (f"From: {self.user['name']} <{self.user['address']}>\r\nSubject: per IMAP\r\n"
                f"Message-ID: <imap1@{self.site.domain}>\r\n\r\nHallo.\r\n").encode()
        with self.imap(box=BOX) as conn:
            uid = re.search(rb"APPENDUID \d+ (\d+)", self.ok(
                conn.append(BOX, None, None, mail))[0]).group(1).decode()
            with self.site.reader(self.user["login"], self.user["password"]) as news:
                assert b"Hallo." in news.article(f"<imap1@{self.site.domain}>")
            assert b"Subject: per IMAP" in self.ok(
                conn.uid("FETCH", uid, "(BODY.PEEK[HEADER])"))[0][1]
            self.ok(conn.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)"))
            self.ok(conn.expunge())
            with self.site.reader(self.user["login"], self.user["password"]) as news:
                assert not news.has(f"<imap1@{self.site.domain}>")

    def moderating(self):
        """Into a group goes one's own text, or what its moderator files there, with his name."""
        mara = lab.person(self.site, "mara", "Mara Muster")
        lab.add_person(self.site, mara, ("kk.closed",), "moderator")
        self.site.ctl("member", "add", lab.GROUP, "mara", "writer")
        self.post("fundstueck")
        mail = (f"From: {self.user['address']}\r\nSubject: von Anke\r\n\r\nText.\r\n").encode()
        with self.imap(mara, BOX) as conn:
            uid = self.ok(conn.uid("SEARCH", 'SUBJECT "fundstueck"'))[0]
            self.refused("NOPERM", conn.uid("COPY", uid, BOX))
            self.refused("NOPERM", conn.append(BOX, None, None, mail))
            self.ok(conn.uid("COPY", uid, "Gruppen/kk/closed"))
            self.refused("NOPERM", conn.uid("MOVE", uid, "Gruppen/kk/closed"))
            self.ok(conn.append("Gruppen/kk/closed", None, None, mail))
            self.ok(conn.select("Gruppen/kk/closed"))
            rows = self.ok(conn.fetch("1:*", "(BODY.PEEK[HEADER])"))
            heads = [row[1] for row in rows if isinstance(row, tuple)]
        assert len(heads) == 2, heads
        for head in heads:
            assert f"\r\nKokod-Actor: mara@{self.site.domain}\r\n".encode() in head, head
            assert self.user["address"].encode() in head, head
        assert b"<fundstueck@" not in heads[0], heads

    def personal(self):
        """A mailbox of one's own: made, filled, copied, moved, expunged, renamed, removed."""
        with self.imap() as conn:
            self.ok(conn.create("Projekte/2026"))
            for i in range(3):
                self.ok(conn.append("Projekte/2026", "(\\Seen)", None,
                                    f"Subject: m{i}\r\n\r\n{i}\r\n".encode()))
            self.ok(conn.select("Projekte/2026"))
            self.ok(conn.copy("1:2", "Trash"))
            self.ok(conn.uid("MOVE", "3", "Trash"))
            assert self.ok(conn.search(None, "ALL"))[0] == b"1 2"
            self.ok(conn.store("1", "+FLAGS", "\\Deleted"))
            assert self.ok(conn.expunge())[-1] == b"1"
            self.ok(conn.rename("Projekte/2026", "Alt"))
            status = self.ok(conn.status("Alt", "(MESSAGES UNSEEN)"))[0]
            assert b"MESSAGES 1 UNSEEN 0" in status, status
            self.ok(conn.close())
            self.ok(conn.delete("Alt"))
            assert b"MESSAGES 3" in self.ok(conn.status("Trash", "(MESSAGES)"))[0]

    def first_command(self):
        """Whatever a person's first command is, the mailboxes that everybody has are there."""
        firsts = (("dora", lambda c: self.ok(c.rename("Trash", "Papierkorb"))),
                  ("emil", lambda c: self.ok(c.delete("Junk"))),
                  ("fritz", lambda c: self.refused("ALREADYEXISTS", c.create("Sent"))),
                  ("gerda", lambda c: self.ok(c.subscribe("Drafts"))),
                  ("hanna", lambda c: self.ok(c.append("Archive", None, None, b"A: b\r\n\r\n"))))
        for login, first in firsts:
            lab.add_person(self.site, lab.person(self.site, login), ())
            with self.site.imap(login, lab.PASSWORD) as conn:
                first(conn)
                names = b"\n".join(self.ok(conn.list()))
                assert b'\\Sent) "/" "Sent"' in names and b'"INBOX"' in names, names

    def idle(self):
        """What arrives over NNTP, and flags of another device, are told in IDLE at once."""
        with self.imap(box=BOX) as conn:
            conn.send(b"i1 IDLE\r\n")
            assert conn.readline().startswith(b"+")
            self.post("zwei", self.bert)
            line = conn.readline()
            assert line.endswith(b"EXISTS\r\n"), line
            seq = line.split()[1].decode()
            with self.imap(box=BOX) as other:
                self.ok(other.store(seq, "+FLAGS.SILENT", "\\Flagged"))
            line = conn.readline()
            assert line == f"* {seq} FETCH (FLAGS (\\Flagged))\r\n".encode(), line
            conn.send(b"DONE\r\n")
            assert conn.readline().startswith(b"i1 OK")

    def deleted_elsewhere(self):
        """Who has a mailbox open that another session deletes is told BYE, in IDLE at once."""
        with self.imap() as other:
            self.ok(other.create("Bald-weg"))
            asking, idling = self.imap(box="Bald-weg"), self.imap(box="Bald-weg")
            idling.send(b"i1 IDLE\r\n")
            assert idling.readline().startswith(b"+")
            self.ok(other.delete("Bald-weg"))
        assert idling.readline().startswith(b"* BYE"), "no BYE in IDLE"
        asking.send(b"n1 NOOP\r\n")
        assert asking.readline().startswith(b"* BYE"), "no BYE for NOOP"
        for conn in (asking, idling):
            conn.shutdown()

    def series_is_bounded(self):
        """More than a thousand messages are not posted by one COPY, and then none is."""
        many = Wire(self.site.ports["imap"])
        password = lab.PASSWORD.encode()
        many.cmd(b"LOGIN anke {%d+}\r\n%s" % (len(password), password))
        many.cmd("CREATE viele")
        tags = [many.send(b"APPEND viele {17+}\r\nSubject: x\r\n\r\nx\r\n")
                for _ in range(1001)]
        assert all(many.answer(tag)[0] == "OK" for tag in tags)
        many.cmd("SELECT viele")
        with self.imap() as conn:
            before = self.ok(conn.status(BOX, "(MESSAGES)"))
            status, code, _, _ = many.cmd(f"COPY 1:* {BOX}")
            assert (status, code) == ("NO", "LIMIT"), (status, code)
            assert self.ok(conn.status(BOX, "(MESSAGES)")) == before
        many.close()

    def wrong(self):
        """A wrong password, and a command that is none."""
        conn = self.site.imap()
        try:
            conn.login("anke", "falsch")
            raise AssertionError("logged in")
        except imaplib.IMAP4.error as e:
            assert "AUTHENTICATIONFAILED" in str(e), e
        conn.logout()


if __name__ == "__main__":
    t = Trial()
    try:
        lab.run_cases([t.lists, t.public, t.group, t.head, t.posting, t.moderating, t.personal,
                       t.first_command, t.idle, t.deleted_elsewhere, t.series_is_bounded, t.wrong])
    finally:
        t.site.stop()
