#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 240
"""
What several admins, or several deputies of a group, must sign together: drafts that travel by mail.
Three daemons; the first two are admins, the third is not.
"""

import re
import time

from koko import fed, lab
from koko.fedpeer import b32, b64, digest, unb64
from koko.site import wait_for

GROUP = fed.GROUP
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
        self.sites = fed.federation(3)
        self.a, self.b, self.c = self.sites

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
        self.refused(self.a, "there are 1 admins", "federation", "quorum", "2")
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
        self.a.ctl("federation", "draft", "drop", number)
        late = re.sub(r"until \d+", f"until {int(time.time()) - 3}", unwrap(mail), count=1)
        self.refused(self.a, "was good until", "federation", "draft", "add", mail=wrap(late))
        self.b.ctl("federation", "draft", "drop", number)

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
                       trial.deputies])
    finally:
        trial.stop()


if __name__ == "__main__":
    main()
