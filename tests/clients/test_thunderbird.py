#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: nightly
# limit: 400
"""
Thunderbird on the demo: an account from name, address and password; threads, answers, marks and
folders over IMAP and submission; unread counts that follow tin; the same account over NNTP.

It runs without a screen and is driven from inside (scripts/lib/koko/thunderbird.py).  When a case
fails, a picture of its window and what it said to the servers lie beside the log.
"""

import contextlib
import os
import shutil
import sys

from koko import lab, readers
from koko.demo import PASSWORD, Demo
from koko.site import wait_for
from koko.thunderbird import Thunderbird

GROUP = "nrw.koko.forum"
FORUM = "Gruppen/nrw/koko/forum"
STRUCTURE = "demo.02-homeoffice."
LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "thunderbird.js")
TLS = 3  # nsMsgSocketType.SSL
ANSWER = "Antwort aus Thunderbird: Grüße, Straße."
TIN_SUBJECT = "Frage von tin an Thunderbird"
IMAP, NEWS = "imap", "nntp"


def references(conn):
    """Number: (Message-ID, Message-ID of the parent or None) of all articles of the group."""
    _, low, high = conn.group(GROUP)
    found = {}
    for line in conn.lines(f"OVER {low}-{high}", "224"):
        number, _, _, _, message_id, refs = line.split("\t")[:6]
        found[int(number)] = message_id.strip("<>"), (refs.split() or [""])[-1].strip("<>") or None
    return found


def levels(articles):
    """Message-ID: depth in its thread."""
    parents = dict(articles.values())

    def depth(message_id):
        parent = parents[message_id]
        return depth(parent) + 1 if parent in parents else 0
    return {message_id: depth(message_id) for message_id in parents}


class Trial:
    def __init__(self):
        lab.need("thunderbird", "certutil")
        self.dir = lab.scratch()
        self.demo = Demo(os.path.join(self.dir, "demo"), lab.free_base())
        self.demo.start()
        self.gib, self.viersen = self.demo.sites["gib"], self.demo.sites["viersen"]
        self.me, self.colleague = self.demo.users("gib")[:2]
        # The demo's names stand in no DNS, and 443 and 80 are not everybody's: every name is
        # loopback, and the ports of the web are those of the site.  Thunderbird asks its own
        # questions (https://autoconfig.DOMAIN/..., https://DOMAIN/.well-known/...), and nothing
        # that it wants from elsewhere leaves this machine.
        # Of its five connections Thunderbird takes that of an open folder, too, when it fetches
        # another in the background; then it hears nothing of the open one until it looks again.
        self.program = Thunderbird(os.path.join(self.dir, "thunderbird"), self.gib.ca, LIBRARY, {
            "mail.server.default.max_cached_connections": 10,
            "network.dns.forceResolve": "127.0.0.1",
            "network.socket.forcePort":
                f"443={self.gib.ports['https']};80={self.gib.ports['http']}"})
        self.do = self.program.do
        self.program.start()
        self.total = len(self.articles())
        self.has_account = False
        self.answered = self.answer = None

    def stop(self):
        self.program.stop()
        self.demo.stop()

    def watched(self, case):
        """The case; its failure leaves a picture and the wire in the log folder."""
        def run():
            if not self.has_account and case != self.account_from_the_address:
                raise lab.Skip("there is no account")
            try:
                case()
            except Exception:
                logs = os.environ.get("KOKO_LOGS", self.dir)
                stem = os.path.join(logs, f"thunderbird-{case.__name__}")
                with contextlib.suppress(Exception):  # the fault of the case is what counts
                    shutil.copy(self.program.wire, stem + ".imap.log")
                    shutil.copy(self.program.output, stem + ".log")
                    self.program.picture(stem + ".png")
                raise
        run.__name__ = case.__name__
        return run

    # ---- witnesses: other connections of the same person ----

    def articles(self):
        with self.gib.reader(self.me["login"], PASSWORD) as conn:
            return references(conn)

    def article(self, message_id):
        with self.gib.reader(self.me["login"], PASSWORD) as conn:
            return conn.article(f"<{message_id}>").decode()

    def imap(self, box):
        conn = self.gib.imap(self.me["login"], PASSWORD)
        status, data = conn.select(f'"{box}"')
        assert status == "OK", data
        return conn

    def has_flags(self, box, number, *flags):
        """Wait until another device sees a message with these flags and no others of ours."""
        def probe():
            with self.imap(box) as conn:
                line = conn.uid("FETCH", str(number), "(FLAGS)")[1][0].decode()
                return {f for f in ("\\Seen", "\\Flagged", "\\Answered") if f in line} == set(flags)
        wait_for(f"{flags} of {number}", probe, 10)

    def has(self, box, message_id):
        """Wait until another device finds the message alone in a mailbox."""
        def probe():
            with self.imap(box) as conn:
                found = conn.search(None, "HEADER", "Message-ID", message_id)[1]
                return found == conn.search(None, "ALL")[1] == [b"1"]
        wait_for(f"{message_id} in {box}", probe, 10)

    def number(self, message_id):
        return next(n for n, (known, _) in self.articles().items() if known == message_id)

    def row(self, rows, message_id):
        return next(r for r in rows if r["id"] == message_id)

    # ---- cases ----

    def account_from_the_address(self):
        """The site's own document is found over TLS; the account works, and no question is asked."""
        found = self.do("addAccount", self.me["address"], self.me["name"], PASSWORD)
        assert found["source"] == "xml-from-isp-https", found
        for kind, door in (("incoming", "imaps"), ("outgoing", "submissions")):
            server = found[kind]
            assert server["port"] == self.gib.ports[door] and server["socketType"] == TLS, server
            assert server["username"] == self.me["address"], server
        assert self.do("exceptions") == 0
        self.has_account = True

    def finds_a_site_by_one_setting(self):
        """As README says for the demo, whose domains stand in no DNS."""
        ports, user = self.viersen.ports, self.demo.users("viersen")[0]
        self.do("prefer", "mailnews.auto_config_url", f"http://127.0.0.1:{ports['http']}"
                "/mail/config-v1.1.xml?emailaddress=a@{{domain}}")
        found = self.do("find", user["address"], PASSWORD)
        assert found["source"] == "xml-from-db", found
        assert found["incoming"]["port"] == ports["imaps"], found
        assert found["outgoing"]["port"] == ports["submissions"], found

    def groups_beside_mailboxes(self):
        mailboxes = ["INBOX", "Drafts", "Sent", "Trash", "Junk", "Archive"]
        groups = [FORUM, f"{FORUM}/hf4", "Gruppen/nrw/koko/pinnwand"]
        paths = self.do("folders", IMAP, mailboxes + groups)
        assert not any("viersen" in path or "krefeld" in path for path in paths), paths

    def reads_a_thread(self):
        """Every article stands where References put it; its text is shown, and it becomes read."""
        rows = self.do("open", IMAP, FORUM, self.total)
        assert {r["id"]: r["level"] for r in rows} == levels(self.articles())
        assert all(self.articles()[r["number"]][0] == r["id"] for r in rows)
        assert max(r["level"] for r in rows if r["id"].startswith(STRUCTURE)) > 3
        shown = self.do("read", f"{STRUCTURE}8@gib.koko.example")
        assert "Aus Sicht des Landes entscheidend" in shown["text"], shown
        assert shown["fields"]["list-post"] == f"<mailto:{GROUP}@{self.gib.domain}>", shown
        self.do("counts", IMAP, FORUM, self.total - 1, self.total)
        self.has_flags(FORUM, self.number(f"{STRUCTURE}8@gib.koko.example"), "\\Seen")

    def answers_go_to_the_author_or_the_group(self):
        self.answered = f"{STRUCTURE}3@viersen.koko.example"
        self.do("read", self.answered)
        group = f"{GROUP}@{self.gib.domain}"
        assert self.do("wouldReply", "cmd_reply") == ["cem@viersen.koko.example"]
        assert self.do("wouldReply", "cmd_replyall") == [group]
        assert self.do("wouldReply", "cmd_replylist") == [group]

    def answers_the_group(self):
        """The answer stands in the thread by itself, in Sent, and at the other site."""
        sent = self.do("reply", "cmd_replylist", ANSWER)
        self.total += 1
        self.answer = sent["id"]
        rows = self.do("open", IMAP, FORUM, self.total)
        child, parent = self.row(rows, self.answer), self.row(rows, self.answered)
        assert child["level"] == parent["level"] + 1, (child, parent)
        copy, = self.do("open", IMAP, "Sent", 1)
        assert copy["id"] == self.answer, copy
        text = self.article(self.answer)
        assert ANSWER in text and f"<{self.answered}>\r\n" in text, text
        self.has_flags(FORUM, self.number(self.answered), "\\Seen", "\\Answered")
        with self.viersen.reader(self.demo.users("viersen")[0]["login"], PASSWORD) as conn:
            wait_for("the answer at viersen", lambda: conn.has(f"<{self.answer}>"), 5)

    def marks(self):
        """Marks go both ways between two devices."""
        self.do("open", IMAP, FORUM, self.total)
        number = self.number(self.answer)
        self.do("select", self.answer)
        self.do("marked", self.answer, True, False)
        self.do("command", "cmd_markAsFlagged")
        self.has_flags(FORUM, number, "\\Seen", "\\Flagged")
        self.do("command", "cmd_markAsUnread")
        self.has_flags(FORUM, number, "\\Flagged")
        with self.imap(FORUM) as conn:
            conn.uid("STORE", str(number), "-FLAGS", "(\\Flagged)")
            conn.uid("STORE", str(number), "+FLAGS", "(\\Seen)")
        self.do("marked", self.answer, True, False)

    def files_a_mail(self):
        """A mail comes into INBOX, is moved to a folder made here, and another device finds it."""
        with self.gib.mailer(self.colleague["login"], PASSWORD) as mailer:
            mailer.sendmail(self.colleague["address"], [self.me["address"]],
                            f"From: {self.colleague['address']}\r\nTo: {self.me['address']}\r\n"
                            "Message-ID: <akte@gib.koko.example>\r\nSubject: Akte\r\n\r\n"
                            "Für dich.\r\n".encode())
        self.do("counts", IMAP, "INBOX", 1, 1)
        mail, = self.do("open", IMAP, "INBOX", 1)
        assert "Für dich." in self.do("read", mail["id"])["text"]
        self.do("makeFolder", "Projekt Übergang")
        self.do("move", "Projekt Übergang")
        self.has("Projekt &ANw-bergang", mail["id"])
        self.do("counts", IMAP, "INBOX", 0, 0)
        filed, = self.do("open", IMAP, "Projekt Übergang", 1)
        assert filed["id"] == mail["id"] and filed["read"], filed
        with self.imap("INBOX") as conn:
            assert conn.search(None, "ALL")[1] == [b""]

    def others_articles_stay(self):
        """Deleting another's article is refused, Thunderbird says why, and it stands there again."""
        rows = self.do("open", IMAP, FORUM, self.total)
        self.do("select", self.answered)
        self.do("command", "cmd_deleteMessage")
        said = wait_for("the refusal", self.program.remote.dialog, 10)
        assert "[NOPERM]" in said, said
        again = self.do("open", IMAP, FORUM, self.total)
        assert {r["id"] for r in again} == {r["id"] for r in rows}
        assert f"<{self.answered}>" in self.article(self.answered)

    def takes_back_an_answer(self):
        """Deleting one's own article cancels it, at the other site too; a copy is in Trash."""
        self.do("open", IMAP, FORUM, self.total)
        self.do("select", self.answer)
        self.do("command", "cmd_deleteMessage")
        self.total -= 1
        self.do("open", IMAP, FORUM, self.total)
        # Not asked of Thunderbird: after a refusal it shows in Trash what it expected there.
        self.has("Trash", self.answer)
        with self.viersen.reader(self.demo.users("viersen")[0]["login"], PASSWORD) as conn:
            wait_for("the cancel at viersen", lambda: not conn.has(f"<{self.answer}>"), 5)

    def unread_follows_tin(self):
        """A post by tin in another town raises the count while another folder is open."""
        lab.need("tmux", "tin")
        self.do("open", IMAP, "Sent", 1)
        unread = self.do("counts", IMAP, FORUM, -1, self.total)["unread"]
        anke = self.demo.users("viersen")[0]
        home = os.path.join(self.dir, "anke")
        os.makedirs(home)
        readers.make_home(home, anke, [GROUP], lab.editor(home, "Wer liest mit?"))
        readers.post_with_tin(home, self.viersen.ports["nntp"], "Homeoffice", TIN_SUBJECT)
        self.total += 1
        self.do("counts", IMAP, FORUM, unread + 1, self.total)

    def news_beside_mail(self):
        """The same person by NNTP: the same threads and numbers, an answer, and no mark is lost."""
        mail = self.do("open", IMAP, FORUM, self.total)
        self.do("addNews", "127.0.0.1", self.gib.ports["nntps"], self.me["address"],
                self.me["name"], PASSWORD)
        self.do("subscribe", GROUP)
        news = self.do("open", NEWS, GROUP, self.total)

        def places(rows):
            return [(r["number"], r["id"], r["level"], r["author"]) for r in rows]
        assert sorted(places(news)) == sorted(places(mail))
        question = f"{STRUCTURE}5@viersen.koko.example"
        assert "Das ist eine sehr gute Idee." in self.do("read", question)["text"]
        sent = self.do("reply", "cmd_reply", "Antwort als Nachricht.")
        assert sent["to"] == [GROUP], sent
        self.total += 1
        rows = self.do("open", IMAP, FORUM, self.total)
        ids = {r["id"] for r in rows} - {r["id"] for r in mail}
        assert len(ids) == 1
        assert self.row(rows, ids.pop())["level"] == self.row(rows, question)["level"] + 1
        was = {r["id"]: (r["read"], r["flagged"]) for r in mail}
        assert all(was[r["id"]] == (r["read"], r["flagged"]) for r in rows if r["id"] in was)

    def checks_groups_that_are_not_open(self):
        """With the setting that README names, "Get Messages" counts in groups never opened."""
        unread = self.do("counts", IMAP, f"{FORUM}/hf4", -1, -1)["unread"]
        sender = f"{self.colleague['name']} <{self.colleague['address']}>"
        with self.gib.reader(self.colleague["login"], PASSWORD) as conn:
            reply = conn.post(lab.article("<hf4@gib.koko.example>", f"{GROUP}.hf4", sender))
            assert reply.startswith("240"), reply
        self.do("prefer", "mail.server.default.check_all_folders_for_new", True)
        self.do("check", IMAP)
        self.do("counts", IMAP, f"{FORUM}/hf4", unread + 1, -1)

    def comes_back(self):
        """Ended and started again, it finds what it knew and what happened meanwhile."""
        before = self.do("counts", IMAP, FORUM, -1, self.total)["unread"]
        self.program.stop()
        number = self.number(f"{STRUCTURE}1@viersen.koko.example")
        with self.imap(FORUM) as conn:
            conn.uid("STORE", str(number), "+FLAGS", "(\\Seen)")
        self.program.start()
        self.do("folders", IMAP, [FORUM])
        self.do("open", IMAP, FORUM, self.total)
        self.do("counts", IMAP, FORUM, before - 1, self.total)
        assert self.do("exceptions") == 0


if __name__ == "__main__":
    try:
        trial = Trial()
    except lab.Skip as e:
        print(e)
        sys.exit(77)
    try:
        lab.run_cases([trial.watched(case) for case in (
            trial.account_from_the_address, trial.finds_a_site_by_one_setting,
            trial.groups_beside_mailboxes, trial.reads_a_thread,
            trial.answers_go_to_the_author_or_the_group, trial.answers_the_group, trial.marks,
            trial.files_a_mail, trial.others_articles_stay, trial.takes_back_an_answer,
            trial.unread_follows_tin, trial.news_beside_mail,
            trial.checks_groups_that_are_not_open, trial.comes_back)])
    finally:
        trial.stop()
