#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 240
"""
An origin signs two entries with one number and shows one to these and the other to those (row 46 of
the faults).  Four real daemons; the liar is spoken for by the test, with two faces.
"""

import time

from koko import fed
from koko.fednet import Faces, Net, heads, run_trial
from koko.fedpeer import NONE, Client, Entry
from koko.site import wait_for


def alarms(site, word):
    return [row for row in site.ctl_json("peer", "status")
            if row["kind"] == "alarm" and word in row["say"]]


class Trial:
    def __init__(self):
        self.net = Net(5, mute=(4,))
        self.epoch = int(time.time())
        self.keys = fed.keys(self.net.sites[4])
        self.liar = None

    def chain(self, first, n, p):
        made = []
        for i in range(first, first + n):
            made.append(Entry(self.keys, self.net.gid(), fed.GROUP, i, p, self.epoch, r=2))
            p = made[-1].hash
        return made

    def two_continuations(self):
        """Both are kept as branches, everywhere, and the admins are told."""
        common = self.chain(1, 2, NONE)
        one, other = (self.chain(3, 3, common[-1].hash) for _ in range(2))
        self.liar = Faces(self.net, 4, ((0, 1), (2, 3)))
        for server, entries in zip(self.liar.servers, (common + one, common + other)):
            server.articles = {(e.gid, e.oid, e.epoch, e.n): e for e in entries}
            server.tell(entries[-1].head_line())
        self.liar.dialled()
        try:
            self.everywhere(common + one + other)
        finally:
            self.liar.close()

    def everywhere(self, entries):
        self.net.settled([e.mid for e in entries])
        for site in self.net.running:
            wait_for(f"an alarm at {site.name}", lambda s=site: alarms(s, "two entries"))
        told = [x for x in heads(self.net.sites[0], fed.keys(self.net.sites[1]), self.net.gid())
                if self.keys.oid in x]
        assert len(told) == 3 and "~" in "".join(told), told

    def proofs(self):
        """Places of the control entries that prove a fork of the liar, in the feeds of the others."""
        asker, site, gid = fed.keys(self.net.sites[1]), self.net.sites[0], self.net.gid()
        found = []
        with Client(site.ports["peer"], asker, fed.keys(site).oid) as peer:
            for words in (h.split(" ") for h in peer.ask(f"KHEADS * 0 {gid}")[1]):
                place = " ".join(words[:3])
                for line in peer.ask(f"KENT {place} 1 {words[4]}")[1]:
                    if "; y=c; " not in line:
                        continue
                    n = line.split("; n=")[1].split(";")[0]
                    found += [f"{place} {n}" for x in peer.ask(f"KART {place} {n}")[1]
                              if x == f"Control: kokod fork {self.epoch} 3"]
        return found

    def proof_is_put(self):
        """By one of them as a rule, by each once at most; all start again, and it is not repeated."""
        wait_for("the proof", self.proofs)
        self.net.settled()
        time.sleep(12)  # each has waited by now, and kept silent
        before = self.proofs()
        print(f"{len(before)} proofs")
        assert len({x.split(" ")[1] for x in before}) == len(before) < 4, before
        for site in self.net.running:
            site.stop()
        self.net.start(self.net.running)
        self.net.connect()
        time.sleep(12)
        assert self.proofs() == before

    def others_go_on(self):
        """They are not held up, before and after all start again."""
        mids = [fed.post(s) for s in self.net.running]
        self.net.settled(mids)
        for site in self.net.running:
            site.stop()
        self.net.start(self.net.running)
        self.net.connect()
        for site in self.net.running:
            assert alarms(site, "two entries"), site.name
        self.net.settled(mids + [fed.post(s) for s in self.net.running])


if __name__ == "__main__":
    run_trial(Trial, "two_continuations", "proof_is_put", "others_go_on")
