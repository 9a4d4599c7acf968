#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
Control entries between whole daemons: lists of people, requests and what becomes of them, a
moderator of another town, the proof of a fork; old ones that come again, and starts.  Three daemons
run; for a fourth the test speaks.
"""

import time

from koko import fed, lab
from koko.fednet import Net, heads, run_trial
from koko.fedpeer import NONE, Client, Entry, Server
from koko.site import wait_for

GROUP = fed.GROUP
SOON = "peer {\n\tpeople-delay = 1s\n}\n"
BEN = {"login": "ben", "name": "Ben Bär", "password": lab.PASSWORD}


def people(site, group=GROUP):
    """{user: (town, role, name)} as its admin is shown them."""
    return {row["user"]: (row["town"], row["role"], row["name"])
            for row in site.ctl_json("group", "people", group)}


def requests(site):
    return {row["number"]: row for row in site.ctl_json("group", "requests")}


def alarms(site, word):
    return [row for row in site.ctl_json("peer", "status")
            if row["kind"] == "alarm" and word in row["say"]]


class Trial:
    def __init__(self):
        self.net = Net(4, mute=(3,), more=SOON)
        self.sites = self.net.running
        self.a, self.b, self.c = self.sites
        self.mute = self.net.sites[3]
        self.keys = fed.keys(self.mute)
        self.epoch = int(time.time())
        self.chain, self.server = [], None

    # ---- helpers ----

    def everywhere(self, what, same):
        for site in self.sites:
            wait_for(f"{what} at {site.name}", lambda s=site: same(s))

    def put(self, control, text, hold=False):
        """The fourth daemon puts a control entry into its feed; `hold`: told, and not given yet."""
        n = len(self.chain) + 1
        entry = Entry(self.keys, self.net.gid(), GROUP, n, self.chain[-1].hash if n > 1 else NONE,
                      self.epoch, r=2, text=text, actor=None, control=control)
        self.chain.append(entry)
        place = (entry.gid, entry.oid, entry.epoch, n)
        self.server.articles[place] = b"490 later\r\n" if hold else entry
        self.server.tell(entry.head_line())
        return entry, place

    def speak(self):
        if self.server:
            return
        self.server = Server(self.mute.ports["peer"], self.keys)
        self.net.connect(limit=60)

    def asks(self, site, *words):
        said = site.ctl("group", *words).stdout
        assert "the request was sent there" in said, said
        return [n for n, row in requests(site).items() if row["state"] == "open"][-1]

    # ---- cases ----

    def people_are_listed(self):
        """Each town sees those of all."""
        wanted = {f"anke@{s.domain}" for s in self.sites}
        self.everywhere("the people", lambda s: set(people(s)) == wanted)
        assert people(self.a)[f"anke@{self.b.domain}"][1] == "writer"
        said = self.a.ctl("group", "people", GROUP).stdout
        assert "TOWN" in said and f"anke@{self.c.domain}" in said, said

    def people_change(self):
        """A person, a role, and one who leaves; a group that is not shared has none."""
        ben = f"ben@{self.b.domain}"
        lab.add_person(self.b, {**lab.person(self.b), **BEN,
                                "address": ben}, [])
        self.b.ctl("member", "add", GROUP, "ben", "reader")
        self.everywhere("ben", lambda s: people(s).get(ben, ("", "", ""))[1:] == ("reader", "Ben Bär"))
        self.b.ctl("member", "add", GROUP, "ben", "writer")
        self.everywhere("ben's role", lambda s: people(s)[ben][1] == "writer")
        self.b.ctl("user", "disable", "ben")
        self.everywhere("ben's leave", lambda s: ben not in people(s))
        self.a.ctl("group", "add", "p0.allein")
        failed = self.a.ctl("group", "people", "p0.allein", check=False)
        assert failed.returncode == 1 and "is not shared" in failed.stderr, failed

    def request_is_granted(self):
        """A daemon that does not own the group asks; nothing changes before the owner says so."""
        user = f"anke@{self.b.domain}"
        number = self.asks(self.b, "moderator", GROUP, user)
        wait_for("the request", lambda: number in requests(self.a))
        row = requests(self.a)[number]
        assert row["for_us"] and row["name"] == self.b.domain and row["group"] == GROUP, row
        assert any(r["kind"] == "request" and r["number"] == number
                   for r in self.a.ctl_json("peer", "status"))
        assert "make anke@" in self.a.ctl("group", "requests").stdout
        assert people(self.c)[user][1] == "writer"
        again = self.b.ctl("group", "moderator", GROUP, user, check=False)
        assert again.returncode == 1 and "asked for that already" in again.stderr, again
        assert number not in requests(self.c)
        wrong = self.b.ctl("group", "grant", number, check=False)
        assert wrong.returncode == 1 and "no request" in wrong.stderr, wrong
        self.a.ctl("group", "grant", number)
        self.everywhere("the moderator", lambda s: people(s)[user][1] == "moderator")
        wait_for("the answer", lambda: requests(self.b)[number]["state"] == "granted")
        assert requests(self.a)[number]["state"] == "granted"

    def request_is_refused(self):
        """Who asked sees why; and what cannot be granted is not asked for."""
        number = self.asks(self.c, "remove-member", GROUP, self.b.domain)
        wait_for("the request", lambda: number in requests(self.a))
        self.a.ctl("group", "refuse", number, "--reason", "Erst im Beirat besprechen.")
        wait_for("the answer", lambda: requests(self.c)[number]["state"] == "refused")
        assert requests(self.c)[number]["reason"] == "Erst im Beirat besprechen."
        assert "Erst im Beirat" in self.c.ctl("group", "requests").stdout
        failed = self.a.ctl("group", "grant", number, check=False)
        assert failed.returncode == 1, failed
        failed = self.c.ctl("group", "remove-member", GROUP, self.a.domain, check=False)
        assert "the owner of a group stays" in failed.stderr, failed

    def moderator_of_another_town(self):
        """What anke at c wrote, anke at b takes out, everywhere."""
        mid = fed.post(self.c)
        self.net.settled([mid])
        self.b.ctl("member", "add", GROUP, "anke", "moderator")
        user = lab.person(self.b)
        with self.b.reader(user["login"], user["password"]) as conn:
            reply = conn.post(lab.article(f"<cancel.{time.time()}@{self.b.domain}>", GROUP,
                                          f"{user['name']} <{user['address']}>", "cancel",
                                          more=f"Control: cancel {mid}\r\n"))
        assert reply.startswith("240"), reply
        self.everywhere("the cancel", lambda s: not fed.has(s, mid))
        self.everywhere("its tags", lambda s: self.tells(s, f"Control: cancel {mid}"))

    def tells(self, site, field):
        """Does it hold a control entry with that field?"""
        with Client(site.ports["peer"], self.net.asker(site), fed.keys(site).oid) as peer:
            for words in (h.split(" ") for h in peer.ask(f"KHEADS * 0 {self.net.gid()}")[1]):
                place = " ".join(words[:3])
                for line in peer.ask(f"KENT {place} 1 {words[4]}")[1]:
                    n = line.split("; n=")[1].split(";")[0]
                    if "; y=c; " in line and field in peer.ask(f"KART {place} {n}")[1]:
                        return True
        return False

    def moderator_asks(self):
        """What a moderator wants of the owner is asked in that person's name, and judged so."""
        anke, other = f"anke@{self.b.domain}", f"anke@{self.c.domain}"
        failed = self.c.ctl("group", "ban", GROUP, anke, "--as", "anke", check=False)
        assert failed.returncode == 1 and "is no moderator" in failed.stderr, failed
        failed = self.a.ctl("group", "ban", GROUP, other, "--as", "anke", check=False)
        assert failed.returncode == 1 and "--as is for what" in failed.stderr, failed
        number = self.asks(self.b, "ban", GROUP, other, "--as", "anke")
        wait_for("the request", lambda: number in requests(self.a))
        assert requests(self.a)[number]["actor"] == anke, requests(self.a)[number]
        assert anke in self.a.ctl("group", "requests").stdout
        self.everywhere("its field", lambda s: self.tells(s, f"Kokod-Actor: {anke}"))
        self.a.ctl("group", "grant", number)
        self.everywhere("the ban", lambda s: people(s)[other][1] == "banned")
        self.a.ctl("group", "ban", GROUP, other, "--lift")
        self.everywhere("its end", lambda s: people(s)[other][1] == "writer")

    def nobody_writes(self):
        """Frozen: no posts, and lists of people go on."""
        number = self.asks(self.c, "freeze", GROUP)
        wait_for("the request", lambda: number in requests(self.a))
        self.a.ctl("group", "grant", number)
        self.refused(self.b, "closed for posts")
        self.b.ctl("user", "enable", "ben")
        ben = f"ben@{self.b.domain}"
        self.everywhere("ben", lambda s: ben in people(s))
        self.a.ctl("group", "freeze", GROUP, "--end")
        self.net.settled([fed.post(self.b, limit=20)])

    def one_may_not_write(self):
        """A ban holds everywhere and stands above what its town says; lifted, it is over."""
        user = f"anke@{self.c.domain}"
        self.a.ctl("group", "ban", GROUP, user)
        self.everywhere("the ban", lambda s: people(s)[user][1] == "banned")
        self.refused(self.c, "may not post in the group any more")
        self.a.ctl("group", "ban", GROUP, user, "--lift")
        self.everywhere("its end", lambda s: people(s)[user][1] == "writer")
        self.net.settled([fed.post(self.c, limit=20)])

    def refused(self, site, why):
        user = lab.person(site)
        with site.reader(user["login"], user["password"]) as conn:
            def said():
                return conn.post(lab.article(f"<r.{time.time()}@{site.domain}>", GROUP,
                                             f"{user['name']} <{user['address']}>"))
            wait_for(f"a refusal at {site.name}", lambda: why in said())

    def old_list_comes_late(self):
        """The later list in the feed holds, whichever comes first; no daemon lists another's."""
        self.speak()
        eva, uwe = (f"{x}@{self.mute.domain}" for x in ("eva", "uwe"))
        _, first = self.put("members", f"{eva} writer Eva\r\n", hold=True)
        self.put("members", f"{uwe} reader Uwe\r\n")
        self.everywhere("the later list", lambda s: uwe in people(s))
        self.server.articles[first] = self.chain[0]
        self.server.tell()
        anke = f"anke@{self.b.domain}"
        self.put("members", f"{anke} reader Falsch\r\n{eva} writer Eva\r\n")
        mid = fed.post(self.a)
        self.settled_with_mute([mid])
        for site in self.sites:
            there = people(site)
            assert uwe in there and eva not in there and there[anke][2] != "Falsch", there

    def settled_with_mute(self, mids):
        """All have got all that the fourth told."""
        top = self.chain[-1].head_line()
        fed.wait_all(self.sites, mids)
        self.everywhere("its entries", lambda s: top in [
            line.split(" !")[0] for line in heads(s, self.net.asker(s), self.net.gid())])

    def proof_comes_from_another(self):
        """None has met the fork: the admins are told, and the origin leaves the epoch."""
        self.speak()
        keys = fed.keys(self.c)
        mine = [line.split(" ") for line in heads(self.a, self.net.asker(self.a), self.net.gid())
                if keys.oid in line]
        epoch = max(int(words[2]) for words in mine)
        pair = sorted((Entry(keys, self.net.gid(), GROUP, 1, NONE, epoch, r=2) for _ in range(2)),
                      key=lambda e: e.hash)
        body = "".join(f"{e.line}\r\n" for e in pair)
        self.put(f"fork {epoch} 1", body.replace(keys.oid, self.keys.oid))  # no signature holds
        self.put(f"fork {epoch} 1", body)
        self.everywhere("the alarm", lambda s: alarms(s, "two entries"))
        assert all(r["name"] == self.c.domain for s in self.sites for r in alarms(s, "two entries"))
        mid = fed.post(self.c)
        self.net.settled([mid])
        now = [line.split(" ") for line in heads(self.a, self.net.asker(self.a), self.net.gid())
               if keys.oid in line]
        assert max(int(words[2]) for words in now) > epoch, now

    def all_again(self):
        """After starts all is as it was, and nothing is said twice."""
        if self.server:
            self.server.close()
            self.server = None
        before = {s: (people(s), {n: r["state"] for n, r in requests(s).items()})
                  for s in self.sites}
        said = heads(self.a, self.net.asker(self.a), self.net.gid())
        for site in self.sites:
            site.stop()
        self.net.start(self.sites)
        self.net.connect(self.sites)
        self.everywhere("what was there", lambda s: before[s] == (
            people(s), {n: r["state"] for n, r in requests(s).items()}))
        assert all(r["times"] == 1 for s in self.sites for r in alarms(s, "two entries"))
        time.sleep(5)  # longer than people-delay: would anybody tell it again?
        assert heads(self.a, self.net.asker(self.a), self.net.gid()) == said
        for site in self.sites:
            site.ctl("check")

    def not_told(self):
        """A town that does not want its people told takes its list back."""
        fed.settings(self.b, "peer {\n\tpeople-delay = 1s\n\tpeople = off\n}\n")
        self.b.stop()
        self.net.start([self.b])
        anke = f"anke@{self.b.domain}"
        for site in (self.a, self.c):
            wait_for(f"no list at {site.name}", lambda s=site: anke not in people(s), 60)


if __name__ == "__main__":
    run_trial(Trial, "people_are_listed", "people_change", "request_is_granted",
              "request_is_refused", "moderator_of_another_town", "moderator_asks", "nobody_writes",
              "one_may_not_write", "old_list_comes_late",
              "proof_comes_from_another", "all_again", "not_told")
