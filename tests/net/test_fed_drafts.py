#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
What several admins, or several deputies of a group, must sign together: drafts that travel by mail.
Three daemons; the first two are admins, the third is not; and one that the test speaks for.
"""

import os
import re
import shutil
import subprocess
import time

from koko import fed, lab
from koko.fedpeer import Server, b32, b64, digest, first_group, unb64
from koko.site import wait_for

GROUP = fed.GROUP
RAT = "p3.rat"  # of the one that the test speaks for
BEGIN, END = "-----BEGIN KOKO DRAFT-----", "-----END KOKO DRAFT-----"


def unwrap(mail):
    """The lines of a draft in a mail."""
    text = "".join(mail.split(BEGIN)[1].split(END)[0].split())
    data, checksum = text.split(":")
    assert b32(digest(b"kokod-draft-v1\n", unb64(data)))[:8] == checksum
    return unb64(data).decode()


def wrap(lines):
    data = lines.encode()
    return f"{BEGIN}\n{b64(data)}:{b32(digest(b'kokod-draft-v1' + bytes([10]), data))[:8]}\n{END}\n"


class Trial:
    def __init__(self):
        self.a, self.b, self.c, self.owner = fed.federation(4, mute=1)
        self.sites = [self.a, self.b, self.c]

    # ---- helpers ----

    def states(self, site):
        return {row["name"]: (row["state"], row["admin"]) for row in
                site.ctl_json("federation", "show")["daemons"]}

    def everywhere(self, what, same):
        for site in self.sites:
            wait_for(f"{what} at {site.name}", lambda s=site: same(s))

    def drafts(self, site):
        return {row["number"]: row for row in site.ctl_json("federation", "drafts")["lines"]
                if "number" in row}

    def begin(self, site, *words):
        """A command that becomes a draft; its number and what is mailed."""
        before = set(self.drafts(site))
        said = site.ctl(*words).stdout
        assert "nothing is changed yet" in said, said
        (number,) = set(self.drafts(site)) - before
        return number, site.ctl("federation", "draft", "show", number).stdout

    def signed(self, site, mail):
        """The mail is taken, looked at and signed there; what is mailed back."""
        said = site.ctl("federation", "draft", "add", stdin=mail).stdout
        number = re.search(r"draft sign (\d+)", said)[1]
        return site.ctl("federation", "draft", "sign", number, "--answer", "yes").stdout

    def refused(self, site, why, *words, mail=None):
        done = site.ctl(*words, stdin=mail, check=False)
        lines = done.stderr.strip().splitlines()
        assert done.returncode == 1 and len(lines) == 1 and why in lines[0], done

    # ---- cases ----

    def two_admins(self):
        """As long as one is enough nothing is a draft; from then on everything is."""
        self.refused(self.a, "admins: 1; so many at most", "federation", "quorum", "2")
        self.a.ctl("federation", "admin", self.b.domain)
        said = self.a.ctl("federation", "quorum", "2").stdout
        assert "2 admins of the federation must sign together" in said, said
        self.everywhere("the quorum", lambda s: re.search(
            r"sign together +2", s.ctl("federation", "show").stdout))
        self.refused(self.b, "2 must sign together", "federation", "admin", self.a.domain,
                     "--remove")
        assert self.a.ctl("federation", "drafts").stdout == "no drafts\n"

    def suspended_together(self):
        """It waits, across a restart, until the second admin has signed; then it is in force."""
        number, mail = self.begin(self.a, "federation", "suspend", self.c.domain)
        assert f"{self.c.domain} is suspended" in mail, mail
        assert any(number in row["say"] or number in row["with"] for row in
                   self.a.ctl_json("peer", "status") if row["kind"] == "alarm")
        self.refused(self.a, f"has signed draft {number}", "federation", "admin", self.c.domain)
        self.a.stop()
        fed.start([self.a])
        row = self.drafts(self.a)[number]
        assert row["state"] == "waits" and row["signed"] == self.a.domain, row
        assert row["missing"] == self.b.domain, row
        assert f"draft {number}" in self.a.ctl("federation", "show").stdout
        assert self.a.ctl("federation", "draft", "show", number).stdout == mail

        shown = self.b.ctl("federation", "draft", "add", stdin=mail).stdout
        assert f"{self.c.domain} is suspended" in shown, shown
        said = self.b.ctl("federation", "draft", "sign", number, stdin="no\n").stdout
        assert f"{self.c.domain} is suspended" in said and "is not signed" in said, said
        back = self.b.ctl("federation", "draft", "sign", number, stdin="yes\n").stdout
        assert f"draft {number} is signed" in back, back
        self.refused(self.b, "signed draft", "federation", "draft", "sign", number)
        assert self.states(self.a)[self.c.domain][0] == "active"
        self.b.stop()
        fed.start([self.b])
        assert self.drafts(self.b)[number]["state"] == "ready"
        said = self.a.ctl("federation", "draft", "add", stdin=back).stdout
        assert "has all signatures and is in force" in said, said
        for site in (self.a, self.b):
            wait_for(f"the suspension at {site.name}",
                     lambda s=site: self.states(s)[self.c.domain][0] == "suspended")
            wait_for("its end as a draft", lambda s=site: not self.drafts(s))
        self.refused(self.b, "in force already", "federation", "draft", "add", mail=back)

    def taken_back_together(self):
        """The other one begins; the admin that is named is one everywhere."""
        _, mail = self.begin(self.b, "federation", "resume", self.c.domain)
        self.b.ctl("federation", "draft", "add", stdin=self.signed(self.a, mail))
        self.everywhere("the end", lambda s: self.states(s)[self.c.domain][0] == "active")

    def who_may_not_sign(self):
        """One sentence, whether it is asked or has signed already."""
        number, mail = self.begin(self.a, "federation", "admin", self.c.domain)
        self.refused(self.c, "is no admin of the federation", "federation", "draft", "add",
                     mail=mail)
        keys = fed.keys(self.c)
        head, record = unwrap(mail).split("record\n", 1)
        lines = record.split("sig: ")[0]
        sig = f"sig: {keys.keyid} {keys.sign(b'kokod-rec-v1' + bytes([10]) + lines.encode())}\n"
        self.refused(self.b, f"signed by {self.c.domain}, which is no admin", "federation",
                     "draft", "add", mail=wrap(f"{head}record\n{record}{sig}"))
        forged = sig.replace(sig.split()[2][:8], "AAAAAAAA").replace(
            keys.keyid, fed.keys(self.b).keyid)
        self.refused(self.b, "nobody's", "federation", "draft", "add",
                     mail=wrap(f"{head}record\n{record}{forged}"))
        self.refused(self.b, "no draft in this text", "federation", "draft", "add", mail="Hallo\n")
        self.refused(self.b, "not whole", "federation", "draft", "add", mail=mail[:-60])
        self.refused(self.b, "changed on its way", "federation", "draft", "add",
                     mail=mail.replace(BEGIN, BEGIN + "\nAAAA"))
        assert not self.drafts(self.b)
        return number, mail

    def another_came_first(self):
        """A draft whose place is taken is void, and nothing of it can be signed."""
        (number,) = self.drafts(self.a)
        mail = self.a.ctl("federation", "draft", "show", number).stdout
        self.b.ctl("federation", "draft", "add", stdin=mail)
        said = self.a.ctl("federation", "draft", "drop", number).stdout
        assert "whoever has the text can still use it" in said, said
        other, mail = self.begin(self.a, "federation", "suspend", self.c.domain)
        assert other != number
        self.a.ctl("federation", "draft", "add", stdin=self.signed(self.b, mail))
        wait_for("the other one", lambda: self.states(self.b)[self.c.domain][0] == "suspended")
        assert self.drafts(self.b)[number]["state"] == "void"
        assert "is void" in self.b.ctl("federation", "show").stdout
        self.refused(self.b, "is void", "federation", "draft", "sign", number)
        self.b.ctl("federation", "draft", "drop", number)
        self.taken_back_together()

    def it_runs_out(self):
        """After its time nobody signs it, and something else may be begun."""
        number, mail = self.begin(self.b, "federation", "admin", self.c.domain)
        short = re.sub(r"until \d+", f"until {int(time.time()) + 3}", unwrap(mail), count=1)
        self.a.ctl("federation", "draft", "add", stdin=wrap(short))
        wait_for("its end", lambda: self.drafts(self.a)[number]["state"] == "expired", limit=20)
        self.refused(self.a, "was good until", "federation", "draft", "sign", number)
        self.a.ctl("federation", "draft", "add", stdin=mail)  # begun anew, with another month
        assert self.drafts(self.a)[number]["state"] == "waits"
        self.a.ctl("federation", "draft", "drop", number)
        late = re.sub(r"until \d+", f"until {int(time.time()) - 3}", unwrap(mail), count=1)
        self.refused(self.a, "was good until", "federation", "draft", "add", mail=wrap(late))
        self.b.ctl("federation", "draft", "drop", number)

    def put_back(self):
        """
        A daemon that does not know any more what it signed signs nothing, until its admin says that
        nobody has it.
        """
        self.b.stop()
        database = os.path.join(self.b.data, "data.mdb")
        shutil.copy2(database, database + ".backup")
        fed.start([self.b])
        number, mail = self.begin(self.a, "federation", "admin", self.c.domain)
        self.signed(self.b, mail)
        self.b.stop()
        os.replace(database + ".backup", database)
        fed.start([self.b])
        assert number not in self.drafts(self.b)
        forgot = "does not know which drafts it signed"
        begin = ("federation", "suspend", self.c.domain)
        self.refused(self.b, forgot, *begin)
        self.b.stop()
        fed.start([self.b])
        assert forgot in self.b.ctl("federation", "drafts").stdout
        self.refused(self.b, forgot, *begin)
        self.b.ctl("federation", "draft", "add", stdin=mail)
        self.refused(self.b, forgot, "federation", "draft", "sign", number)
        self.b.ctl("federation", "draft", "drop", number)

        self.a.ctl("federation", "draft", "drop", number)
        said = self.b.ctl("federation", "draft", "resume").stdout
        assert "signs drafts again" in said, said
        self.refused(self.b, "nothing keeps", "federation", "draft", "resume")
        self.b.stop()
        fed.start([self.b])
        number, _ = self.begin(self.b, *begin)
        self.b.ctl("federation", "draft", "drop", number)

    def disk_lost_a_draft(self):
        """What it signed is damaged: likewise, and it says that the disk did it."""
        number, mail = self.begin(self.a, "federation", "admin", self.c.domain)
        self.signed(self.b, mail)
        self.b.stop()
        subprocess.run([os.path.join(self.b.build, "tests/net/spoil"), self.b.data, "draft", number],
                       check=True)
        fed.start([self.b])
        assert number not in self.drafts(self.b)
        lost = "the disk of this daemon has lost records"
        self.refused(self.b, lost, "federation", "suspend", self.c.domain)
        self.b.stop()
        fed.start([self.b])
        assert lost in self.b.ctl("federation", "drafts").stdout
        self.a.ctl("federation", "draft", "drop", number)
        self.b.ctl("federation", "draft", "resume")
        self.b.stop()
        fed.start([self.b])  # the damage is known, and keeps it from nothing any more
        number, _ = self.begin(self.b, "federation", "suspend", self.c.domain)
        self.b.ctl("federation", "draft", "drop", number)

    def settled_together(self):
        """Two records of a group have one serial: the second admin is shown which one shall hold."""
        keys = fed.keys(self.owner)
        first = first_group(keys, RAT, [fed.keys(s).oid for s in (*self.sites, self.owner)])
        early, frozen = first.next(keys, title="Rat A"), first.next(keys, state="frozen")
        word = b32(unb64(early.hash)[:5])
        server = Server(self.owner.ports["peer"], keys, records=[first, early])
        try:
            for site in self.sites:
                site.ctl("peer", "resume", self.owner.domain)
            self.everywhere("the first", lambda s: self.title(s) == "Rat A")
            server.tell_records(frozen)
            self.everywhere("the alarm", self.is_forked)
            self.refused(self.c, "only an admin of the federation", "group", "settle", RAT, word)
            _, mail = self.begin(self.a, "group", "settle", RAT, word)
            assert f"lets {word} of them hold" in mail and "title: Rat A" in mail, mail
            back = self.signed(self.b, mail)
            assert all(self.title(s) == RAT and self.is_forked(s) for s in self.sites)
            said = self.a.ctl("federation", "draft", "add", stdin=back).stdout
            assert "has all signatures and is in force" in said, said
            self.everywhere("the choice", lambda s: self.title(s) == "Rat A")
            self.everywhere("no alarm", lambda s: not self.is_forked(s))
            self.refused(self.b, "nothing to settle", "group", "settle", RAT)
        finally:
            server.close()

    def settled_without_the_second(self):
        """
        The second admin is not in the closed group: it is not asked, cannot sign, and hears who can.
        A daemon of the group that is made an admin can.
        """
        group, keys, inside = "p3.enge", fed.keys(self.owner), (self.a, self.c)
        first = first_group(keys, group, [fed.keys(s).oid for s in (*inside, self.owner)])
        early, frozen = first.next(keys, title="Enge A"), first.next(keys, state="frozen")
        word = b32(unb64(early.hash)[:5])
        self.b.ctl("peer", "pause", self.owner.domain)  # the test tells all who ask
        server = Server(self.owner.ports["peer"], keys, records=[first, early])
        try:
            for site in inside:
                wait_for("the first", lambda s=site: self.title(s, group) == "Enge A")
            server.tell_records(frozen)
            for site in inside:
                wait_for("the alarm", lambda s=site: self.is_forked(s, group))
            number, mail = self.begin(self.a, "group", "settle", group, word)
            assert self.drafts(self.a)[number]["missing"] == "", self.drafts(self.a)
            self.a.ctl("federation", "draft", "drop", number)
            said = self.a.ctl("group", "settle", group, word).stdout
            assert "too few of those who may sign are in the closed group" in said, said
            for _ in range(2):
                self.refused(self.b, "closed group that this daemon is not in", "federation",
                             "draft", "add", mail=mail)
                assert not self.drafts(self.b)
            _, admin = self.begin(self.a, "federation", "admin", self.c.domain)
            self.a.ctl("federation", "draft", "add", stdin=self.signed(self.b, admin))
            wait_for("the admin", lambda: self.states(self.c)[self.c.domain][1])
            assert self.drafts(self.a)[number]["missing"] == self.c.domain
            self.a.ctl("federation", "draft", "add", stdin=self.signed(self.c, mail))
            for site in inside:
                wait_for("the choice", lambda s=site: not self.is_forked(s, group) and
                         self.title(s, group) == "Enge A")
            _, mail = self.begin(self.a, "federation", "admin", self.c.domain, "--remove")
            self.a.ctl("federation", "draft", "add", stdin=self.signed(self.b, mail))
            self.everywhere("the end", lambda s: not self.states(s)[self.c.domain][1])
        finally:
            server.close()
            self.b.ctl("peer", "resume", self.owner.domain)

    @staticmethod
    def title(site, group=RAT):
        done = site.ctl("group", "show", group, check=False)
        return done.returncode == 0 and site.ctl_json("group", "show", group)["group"]["title"]

    @staticmethod
    def is_forked(site, group=RAT):
        return any(row["kind"] == "alarm" and "one serial" in row["say"] and group in row["with"]
                   for row in site.ctl_json("peer", "status"))

    def taken_in_together(self):
        """A daemon is invited and confirmed by one admin; it is in when the other has signed."""
        guest = lab.start_site("guest", groups=(), folder=os.path.dirname(self.a.dir))
        try:
            self.guest_refused(guest)
            number, mail, words = self.confirm(guest)
            assert f"{guest.domain} is an active member of the federation" in mail, mail
            (row,) = self.invitations()
            assert f"draft {number}" in row["say"].replace("%1", row["with"][0]), row
            assert "nothing is changed yet" in self.a.ctl(*words).stdout  # typed again: the same
            assert set(self.drafts(self.a)) == {number}
            back = self.signed(self.b, mail)
            assert all(guest.domain not in self.states(s) for s in self.sites)
            self.a.ctl("federation", "draft", "add", stdin=back)
            wait_for("the link", lambda: any(
                row["name"] == self.a.domain and row["state"] == "active"
                for row in guest.ctl_json("peer", "status")))
            for site in (*self.sites, guest):
                wait_for(f"the guest at {site.name}", lambda s=site: self.states(s).get(
                    guest.domain, "?")[0] == "active")
            wait_for("the end of the invitation", lambda: not self.invitations())
            self.a.ctl("group", "invite", GROUP, guest.domain)
            fed.wait_group(guest)
        finally:
            guest.stop()

    def invitations(self):
        return [row for row in self.a.ctl_json("peer", "status") if row["kind"] == "invitation"]

    def confirm(self, guest):
        """Invited, joined, confirmed: the draft, the mail, what was typed."""
        token = self.a.ctl_json("peer", "invite", guest.domain)["token"]
        numbers = guest.ctl_json("peer", "accept", token)["numbers"]
        words = ("peer", "confirm", guest.domain, "--numbers", numbers)
        return *self.begin(self.a, *words), words

    def guest_refused(self, guest):
        """A no that comes late: the admin hears that the draft may still take it in."""
        number, _, _ = self.confirm(guest)
        self.refused(self.a, f"draft {number}, which takes it in, can still come into force",
                     "peer", "confirm", guest.domain, "--answer", "no")
        assert not self.invitations()
        self.a.ctl("federation", "draft", "drop", number)

    def deputies(self):
        """Without the owner, two deputies together: the group gets another owner."""
        for site in (self.b, self.c):
            self.a.ctl("group", "deputy", GROUP, site.domain)
        self.a.ctl("group", "quorum", GROUP, "2")
        self.refused(self.b, "with --by-quorum", "group", "owner", GROUP, self.b.domain)

        def known():
            return self.c.ctl("group", "freeze", GROUP, "--by-quorum", check=False)
        wait_for("the deputies at c", lambda: "nothing is changed yet" in known().stdout)
        (number,) = self.drafts(self.c)
        mail = self.c.ctl("federation", "draft", "show", number).stdout
        self.c.ctl("federation", "draft", "add", stdin=self.signed(self.b, mail))
        user = lab.person(self.b)
        with self.b.reader(user["login"], user["password"]) as conn:
            wait_for("the frozen group", lambda: "closed for posts" in conn.post(lab.article(
                f"<r.{time.time()}@{self.b.domain}>", GROUP,
                f"{user['name']} <{user['address']}>")))
        _, mail = self.begin(self.b, "group", "owner", GROUP, self.b.domain, "--by-quorum")
        self.b.ctl("federation", "draft", "add", stdin=self.signed(self.c, mail))
        said = self.b.ctl("group", "freeze", GROUP, "--end").stdout
        assert "people write in" in said, said
        wait_for("the owner at a", lambda: "the request was sent there" in self.a.ctl(
            "group", "freeze", GROUP, check=False).stdout)
        mid = fed.post(self.c, limit=20)
        fed.wait_all(self.sites, [mid])

    def stop(self):
        for site in self.sites:
            site.stop()


def main():
    trial = Trial()
    try:
        lab.run_cases([trial.two_admins, trial.suspended_together, trial.taken_back_together,
                       trial.who_may_not_sign, trial.another_came_first, trial.it_runs_out,
                       trial.put_back, trial.disk_lost_a_draft, trial.settled_together,
                       trial.settled_without_the_second, trial.taken_in_together, trial.deputies])
    finally:
        trial.stop()


if __name__ == "__main__":
    main()
