#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
Backups put back under a running federation, whole machines put back, and one machine twice: rows 70
to 72 of the faults.  In the end all have everything, and no number of a group was given twice.
"""

import os
import shutil
import subprocess

from koko import fed
from koko.fednet import Net, heads, listed, numbered, run_trial
from koko.site import Site, wait_for

REFUSED = 75  # EX_TEMPFAIL: another daemon has the store


class Trial:
    def __init__(self):
        self.net = Net(5)
        self.last = self.net.sites[4]
        self.others = self.net.sites[:4]
        self.mids = []

    def post(self, sites, n=1):
        mids = [fed.post(s) for s in sites for _ in range(n)]
        self.mids += mids
        return mids

    def settled(self):
        self.net.connect()
        self.net.settled(self.mids)

    def saved(self, only=None, without=(), site=None):
        """A copy of the data folder of a daemon (the last), or one file of it, made at rest."""
        site = site or self.last
        site.stop()
        copy = os.path.join(site.dir, f"backup-{len(self.mids)}")
        os.makedirs(copy)
        for name in {only} if only else set(os.listdir(site.data)) - set(without):
            there = os.path.join(site.data, name)
            (shutil.copytree if os.path.isdir(there) else shutil.copy2)(
                there, os.path.join(copy, name))
        self.net.start([site])
        return copy

    def put_back(self, copy, site=None):
        site = site or self.last
        site.stop()
        for name in os.listdir(copy):
            here = os.path.join(site.data, name)
            if os.path.isdir(here):
                shutil.rmtree(here)
            there = os.path.join(copy, name)
            (shutil.copytree if os.path.isdir(there) else shutil.copy2)(there, here)

    @staticmethod
    def alarms(site):
        return [row for row in site.ctl_json("peer", "status") if row["kind"] == "alarm"]

    def names(self):
        """Epochs and branches of the last daemon's feed."""
        oid = fed.keys(self.last).oid
        lines = heads(self.others[0], fed.keys(self.others[1]), self.net.gid())
        return [line.split(" ")[2] for line in lines if line.split(" ")[1] == oid]

    # ---- row 70 ----

    def yesterdays_database(self):
        """The database alone: a new epoch, own missing articles come back, no number twice."""
        self.post(self.net.sites, 3)
        self.settled()
        copy = self.saved("data.mdb")
        self.post([self.last], 3)
        self.post(self.others, 2)
        self.settled()
        before, epochs = dict(numbered(self.last)), self.names()
        self.put_back(copy)
        self.net.start([self.last])
        self.post([self.last], 2)
        self.settled()
        after = dict(numbered(self.last))
        twice = {n for n in before.keys() & after.keys() if before[n] != after[n]}
        assert not twice, {n: (before[n], after[n]) for n in twice}
        assert len(self.names()) == len(epochs) + 1 and "~" not in "".join(self.names())

    def yesterdays_database_alone(self):
        """It posts before it reaches anybody: a new epoch all the same."""
        copy = self.saved("data.mdb")
        self.post([self.last], 2)
        self.settled()
        for wire in self.net.around(4):
            wire.cut()
        self.put_back(copy)
        self.net.start([self.last])
        self.post([self.last], 2)
        self.post(self.others)
        self.net.heal()
        self.settled()
        assert "~" not in "".join(self.names()), self.names()

    def database_on_a_new_disk(self):
        """All but the files that tell how far it was; killed and started again."""
        copy = self.saved(without=("generation", "epochs"))
        self.post([self.last], 2)
        self.settled()
        self.last.stop()
        shutil.rmtree(self.last.data)
        os.mkdir(self.last.data, 0o700)
        self.put_back(copy)
        self.net.start([self.last])
        self.post([self.last])
        self.last.kill()
        self.net.start([self.last])
        self.post([self.last])
        self.settled()
        assert "~" not in "".join(self.names()), self.names()

    def owners_database(self):
        """
        The owner of the group does not know any more how it changed the group: it is told, and its
        next change follows on that.
        """
        owner = self.net.sites[0]
        users = [f"anke@{s.domain}" for s in self.net.sites]
        copy = self.saved("data.mdb", site=owner)
        owner.ctl("group", "moderator", fed.GROUP, users[1])
        self.post(self.net.sites)
        self.settled()
        self.put_back(copy, owner)
        self.net.start([owner])
        self.post(self.net.sites)
        self.settled()
        wait_for("the change", lambda: "moderator already" in owner.ctl(
            "group", "moderator", fed.GROUP, users[1], check=False).stderr)
        owner.ctl("group", "moderator", fed.GROUP, users[2])
        for site in self.net.sites:
            wait_for(f"both changes at {site.name}", lambda s=site: self.serial(s) == 4)

    def serial(self, site):
        with fed.fedpeer.Client(site.ports["peer"], self.net.asker(site),
                                fed.keys(site).oid) as peer:
            return int(peer.cmd(f"KREC group {self.net.gid()} *").split(" ")[1])

    # ---- row 71 ----

    def whole_machine_put_back(self):
        """With all its files and out of reach: a fork, told and healed; both sides stay."""
        copy = self.saved()
        self.post([self.last], 3)
        self.settled()
        before = self.names()
        for wire in self.net.around(4):
            wire.cut()
        self.put_back(copy)
        self.net.start([self.last])
        self.post([self.last], 4)
        assert len(listed(self.last) & set(self.mids[-7:])) == 4
        self.net.heal()
        self.settled()
        assert "~" in "".join(self.names()), self.names()
        wait_for("alarms", lambda: all(self.alarms(s) for s in self.net.sites))
        self.goes_on(before)

    def goes_on(self, before):
        """In another epoch than the one that forked; also after a restart of all."""
        self.post(self.net.sites)
        self.settled()
        assert {name.split("~")[0] for name in self.names()} - set(before), before
        for site in self.net.sites:
            site.stop()
        self.net.start(self.net.sites)
        self.post(self.net.sites)
        self.settled()

    # ---- row 72 ----

    def second_daemon_on_the_store(self):
        """It ends with one sentence, and the first one works on."""
        done = subprocess.run(
            [os.path.join(self.last.build, "kokod"), "-f", "-c", self.last.conf],
            capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == REFUSED, done
        self.post([self.last])
        self.settled()

    def one_oid_on_two_machines(self):
        """Two of the others reach the one, two the copy: alarm, and what both say is everywhere."""
        twin = Site("twin", self.net.folder, domain=self.last.domain)
        twin.prepare()
        self.last.stop()
        shutil.rmtree(twin.data)
        shutil.copytree(self.last.data, twin.data)
        for wire in self.net.around(4):
            wire.cut()
        self.net.start([self.last])
        self.net.launch(twin, os.path.join(self.last.dir, "hosts"))
        try:
            twin.wait_ready()
            self.mids += [fed.post(s) for s in (self.last, twin) * 3]
            for i in (0, 1):
                self.net.wires[i, 4].target = twin.ports["peer"]
            self.net.heal()
            self.net.connect(self.others)
            fed.wait_all(self.others, self.mids)
            wait_for("alarms", lambda: all(self.alarms(s) for s in self.others))
        finally:
            twin.stop()
        for i in (0, 1):
            self.net.wires[i, 4].target = self.last.ports["peer"]
            self.net.wires[i, 4].drop()
        self.settled()
        self.post(self.net.sites)
        self.settled()


if __name__ == "__main__":
    run_trial(Trial, "yesterdays_database", "yesterdays_database_alone", "database_on_a_new_disk",
              "owners_database", "whole_machine_put_back", "second_daemon_on_the_store",
              "one_oid_on_two_machines")
