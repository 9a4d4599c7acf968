#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
Daemons that come and go: one joins a group with history by the admins' commands (2,000 articles, at
night 20,000), one joins without (`--history join`), one is removed while all post, and is taken in
again (row 45 of the faults).
"""

import concurrent.futures
import os
import time

from koko import fed, lab
from koko.fednet import Net, Poster, heads, listed, numbered, run_trial
from koko.site import Site, wait_for

HISTORY = 20000 if os.environ.get("KOKO_LEVEL") == "nightly" else 2000
QUOTA = "peer {\n\tquota-entries = 1000000\n\tquota-bytes = 4G\n}\n"
RAT = "koko.a.rat"


class Joining:
    """Three daemons that nobody has linked yet."""

    def __init__(self, *share):
        folder = lab.scratch()
        self.sites = [Site(name, folder) for name in "abc"]
        for site in self.sites:
            site.prepare()
            fed.settings(site, QUOTA)
        fed.start(self.sites)
        self.a, self.b, self.c = self.sites
        for site in self.sites:
            lab.add_person(site, lab.person(site), [])
        self.a.ctl("federation", "found", "Kreise")
        self.a.ctl("group", "add", RAT, "--title", "Rat")
        self.a.ctl("member", "add", RAT, "anke", "writer")
        self.a.ctl("group", "share", RAT, *share)

    def takes_in(self, guest):
        """What the admins type, up to the first article."""
        token = self.a.ctl_json("peer", "invite", guest.domain)["token"]
        numbers = guest.ctl_json("peer", "accept", token)["numbers"]
        self.a.ctl("peer", "confirm", guest.domain, "--numbers", numbers)
        wait_for("the federation", lambda: guest.ctl(
            "federation", "show", check=False).returncode == 0, 20)
        self.a.ctl("group", "invite", RAT, guest.domain)
        fed.wait_group(guest, RAT)
        guest.ctl("member", "add", RAT, "anke", "writer")

    def write_history(self):
        """Four people at once at each of two daemons."""
        def write(site, i):
            lab.post_articles(site, HISTORY // 8, RAT, f"history{i}")
        with concurrent.futures.ThreadPoolExecutor(8) as crew:
            list(crew.map(write, (self.a, self.b) * 4, range(8)))

    def joins_with_history(self):
        """Two daemons have written; the third gets all of it, and what is said meanwhile."""
        self.takes_in(self.b)
        self.write_history()
        wait_for("the history", lambda: self.n(self.a) == self.n(self.b) == HISTORY, 60)
        begun = time.monotonic()
        self.takes_in(self.c)
        mids = [fed.post(s, RAT) for s in self.sites]
        wait_for("all of it", lambda: self.n(self.c) == HISTORY + 3, 60, 0.1)
        print(f"{HISTORY} articles in {time.monotonic() - begun:.1f} s with all that was typed")
        fed.wait_all(self.sites, mids)
        sets = [listed(s, RAT) for s in self.sites]
        assert sets[0] == sets[1] == sets[2] and len(sets[0]) == HISTORY + 3
        for site in self.sites:
            site.ctl("check")

    def joins_without(self):
        """`--history join`: what was said before, and while it was out, is told it by nobody."""
        self.takes_in(self.b)
        before = [fed.post(s, RAT) for s in (self.a, self.b) * 3]
        fed.wait_all([self.a, self.b], before)
        self.takes_in(self.c)
        self.gid = fed.gid_of(self.a, fed.keys(self.c), RAT)
        first = [fed.post(s, RAT) for s in self.sites * 2]
        fed.wait_all(self.sites, first)
        assert listed(self.c, RAT) == set(first)
        self.gives_nothing_before(3)
        self.a.ctl("group", "remove-member", RAT, self.c.domain)
        wait_for("the removal", lambda: not any(self.heads_for_c(s) for s in (self.a, self.b)))
        missed = [fed.post(s, RAT) for s in (self.a, self.b) * 2]
        fed.wait_all([self.a, self.b], missed)
        self.a.ctl("group", "invite", RAT, self.c.domain)
        second = [fed.post(s, RAT) for s in (self.a, self.b)]
        fed.wait_all(self.sites, second)
        self.c.stop()
        second += [fed.post(s, RAT) for s in (self.a, self.b)]
        fed.start([self.c])
        second.append(fed.post(self.c, RAT, limit=20))
        fed.wait_all(self.sites, second)
        assert listed(self.c, RAT) == set(first + second)
        for site in self.sites:
            site.ctl("check")

    def heads_for_c(self, site):
        """Words of the head lines of the group that c is told, its own feeds left out."""
        own = fed.keys(self.c)
        with fed.fedpeer.Client(site.ports["peer"], own, fed.keys(site).oid) as peer:
            heads = [line.split() for line in peer.ask("KHEADS * 0")[1]]
        return [h for h in heads if h[0] == self.gid and h[1] != own.oid]

    def gives_nothing_before(self, n):
        """Asked for by name, as an operator could: entries 1 to n of each feed are outside."""
        for site in (self.a, self.b):
            heads = self.heads_for_c(site)
            with fed.fedpeer.Client(site.ports["peer"], fed.keys(self.c), fed.keys(site).oid) as peer:
                for gid, oid, epoch, low, high, *_ in heads:
                    assert int(low) == n + 1 and int(high) >= n + 2, heads
                    assert peer.ask(f"KART {gid} {oid} {epoch} {n}")[0].startswith("493")
                    tags = peer.ask(f"KENT {gid} {oid} {epoch} 1 {high}")[1]
                    assert len(tags) == int(high) - n, tags
            assert len(heads) == 2, heads

    @staticmethod
    def n(site):
        with site.reader("anke", lab.PASSWORD) as conn:
            return conn.group(RAT)[0]

    def stop(self):
        for site in self.sites:
            site.stop()


class Leaving:
    """Five daemons in one group."""

    def __init__(self):
        self.net = Net(5, more=QUOTA)
        self.owner, self.gone = self.net.sites[0], self.net.sites[3]
        self.others = [s for s in self.net.sites if s is not self.gone]
        self.mids = []

    def removed_while_all_post(self):
        """Row 45: the others end equal; what it wrote behind the cut is nowhere."""
        posters = {s: Poster(s, pause_s=0.005) for s in self.net.sites}
        wait_for("posts", lambda: all(len(p.noted) > 20 for p in posters.values()))
        self.owner.ctl("group", "remove-member", fed.GROUP, self.gone.domain)
        said = len(posters[self.owner].noted)
        wait_for("more posts", lambda: len(posters[self.owner].noted) > said + 50)
        noted = {s: p.stop() for s, p in posters.items()}
        self.mids = [m for s in self.others for m in noted[s]]
        everywhere = self.net.settled(self.mids, self.others)
        its = [m for m in noted[self.gone] if m in everywhere]
        print(f"{len(its)} of {len(noted[self.gone])} posts of the one that was removed count")
        assert its == noted[self.gone][:len(its)] and len(its) > 0

    def told_that_it_is_out(self):
        """It takes the record that takes it out; from then on posts are refused in a sentence."""
        def refused():
            user = lab.person(self.gone)
            mid = f"<late.{os.urandom(6).hex()}@{self.gone.domain}>"
            with self.gone.reader(user["login"], user["password"]) as conn:
                reply = conn.post(lab.article(
                    mid, fed.GROUP, f"{user['name']} <{user['address']}>"))
            assert reply.startswith(("240", "441")), reply
            return "441" in reply and "not in the group any more" in reply
        wait_for("a post to be refused", refused, 20)
        assert listed(self.gone), "what is there stays readable"

    def gets_nothing_more(self):
        """No article, head or further record, whoever it asks; it hears of none."""
        with self.asks_as_gone(self.owner) as peer:
            out = self.serial_told(peer)
        self.owner.ctl("group", "moderator", fed.GROUP, f"anke@{self.owner.domain}")
        mids = [fed.post(s) for s in self.others]
        self.mids += mids
        self.net.settled(mids, self.others)
        gid = self.net.gid()
        for site in self.others:
            with self.asks_as_gone(site) as peer:
                assert self.serial_told(peer) == out
                text = "\n".join(peer.ask(f"KHEADS * 0 {gid}")[1])
                assert text == "", text
                feed = heads(site, self.net.asker(site), gid)[0].split(" ")[:3]
                assert peer.cmd(f"KART {' '.join(feed)} 1").startswith("492")
                assert peer.cmd(f"KREC group {gid} {out + 1}").startswith("492")
                first, record = peer.ask(f"KREC group {gid} *")
                assert first == f"294 {out}", first
                assert fed.keys(self.gone).oid not in [
                    x.split(" ")[1] for x in record if x.startswith("member: ")]
        assert not listed(self.gone) & set(mids)

    def asks_as_gone(self, site):
        return fed.fedpeer.Client(site.ports["peer"], fed.keys(self.gone), fed.keys(site).oid)

    def serial_told(self, peer):
        """The serial of the group's record in its list, and nothing of it among its news."""
        gid = self.net.gid()
        told = [x.split(" ") for x in peer.ask("KREC list")[1] if gid in x]
        news = [x.split(" ") for x in peer.ask("KHEADS * 0")[1] if gid in x]
        assert len(told) == 1 and told[0][:2] == ["group", gid], told
        assert news in ([], told), news
        return int(told[0][2])

    def taken_in_again(self):
        """It gets what it has missed, and goes on in another epoch."""
        self.owner.ctl("group", "invite", fed.GROUP, self.gone.domain)
        self.net.connect()
        fed.wait_all([self.gone], self.mids[-4:])
        mid = fed.post(self.gone, limit=20)
        self.mids += [mid] + [fed.post(s) for s in self.others]
        self.net.settled(self.mids)

    def all_again(self):
        for site in self.net.sites:
            site.stop()
        self.net.start(self.net.sites)
        self.net.connect()
        before = dict(numbered(self.owner))
        self.mids += [fed.post(s) for s in self.net.sites]
        self.net.settled(self.mids)
        after = dict(numbered(self.owner))
        assert all(after[n] == before[n] for n in before)


def joins_with_history():
    joining = Joining()
    try:
        joining.joins_with_history()
    finally:
        joining.stop()


def joins_without_history():
    joining = Joining("--history", "join")
    try:
        joining.joins_without()
    finally:
        joining.stop()


if __name__ == "__main__":
    run_trial(Leaving, "removed_while_all_post", "told_that_it_is_out", "gets_nothing_more",
              "taken_in_again", "all_again", first=[joins_with_history, joins_without_history])
