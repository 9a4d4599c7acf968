#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 240
"""
Five daemons with clocks of their own: one is away for thirty days, clocks are wrong or jump (row 59
of the faults).  Nothing is lost, what comes from the future waits, and the admin is told.
"""

from koko import fed
from koko.fednet import Net, run_trial
from koko.site import wait_for

DAY = 24 * 3600
HOUR = 3600


class Trial:
    def __init__(self):
        self.net = Net(5, clock=True)
        self.mids = []

    def post(self, sites, n=1):
        mids = [fed.post(s) for s in sites for _ in range(n)]
        self.mids += mids
        return mids

    def settled(self):
        self.net.connect()
        self.net.settled(self.mids)

    def seen(self, site, other, offset_s):
        """`other` is told of by `site` with a clock that is so much ahead, and what to do."""
        self.net.wires[self.net.number(site), self.net.number(other)].drop()

        def told():
            row = self.net.links(site)[other.domain]
            if row["state"] != "active":
                site.ctl("peer", "resume", other.domain)
            return row["state"] == "active" and abs(row["clock_s"] - offset_s) < 30 and row
        row = wait_for(f"the clock of {other.name} at {site.name}", told, pause=0.2)
        return row.get("say", "")

    # ---- wrong clocks ----

    def a_little_ahead(self):
        """Four minutes: taken at once, and said."""
        wrong, here = self.net.sites[1], self.net.sites[0]
        self.net.set_clocks(240, wrong)
        assert "clocks are" in self.seen(here, wrong, 240)
        self.post(self.net.sites)
        self.settled()
        self.net.set_clocks(0, wrong)
        assert not self.seen(here, wrong, 0)

    def an_hour_behind(self):
        """The others take at once what it says; theirs waits there until its clock is right."""
        wrong, here = self.net.sites[2], self.net.sites[0]
        others = [s for s in self.net.sites if s is not wrong]
        self.net.set_clocks(-HOUR, wrong)
        assert "new articles wait" in self.seen(here, wrong, -HOUR)
        said = self.post([wrong], 2)
        theirs = self.post(others, 2)
        fed.wait_all(others, said + theirs)
        assert not any(fed.has(wrong, m) for m in theirs)
        self.net.set_clocks(0, wrong)
        self.seen(here, wrong, 0)
        self.again()
        self.post(self.net.sites)
        self.settled()

    def an_hour_ahead(self):
        """What it writes waits with the others until they are there in time; nothing is lost."""
        wrong, here = self.net.sites[3], self.net.sites[0]
        others = [s for s in self.net.sites if s is not wrong]
        self.net.set_clocks(HOUR, wrong)
        assert "new articles wait" in self.seen(here, wrong, HOUR)
        mid = self.post([wrong])[0]
        fed.wait_all(self.net.sites, self.post(others))
        assert not any(fed.has(s, mid) for s in others)
        self.net.set_clocks(0, wrong)
        self.seen(here, wrong, 0)
        later = self.post([wrong])[0]  # in line behind the one that waits
        fed.wait_all(self.net.sites, self.post(others))
        assert not any(fed.has(s, later) for s in others)
        self.net.set_clocks(HOUR)
        self.again()
        self.settled()

    def again(self):
        """Nobody waits for the next hour to ask once more."""
        for wire in self.net.wires.values():
            wire.drop()

    # ---- time that passes ----

    def away_for_thirty_days(self):
        """Others post every few days; it comes back and gets all, and they get what it says."""
        away = self.net.sites[4]
        others = self.net.sites[:4]
        away.stop()
        for day in (1, 15, 30):
            self.net.set_clocks(HOUR + day * DAY)
            fed.wait_all(others, self.post(others))
        self.net.start([away])
        self.post([away])
        self.settled()
        self.post(self.net.sites)
        self.settled()

    def jumps_of_all(self):
        """Each clock jumps by itself, to and fro, while they post; then all are right again."""
        base = HOUR + 30 * DAY
        for offsets in ((200, 0, 100, -HOUR, 0), (-250, -DAY, 0, HOUR, 50)):
            self.net.set_each_clock(
                {site: base + o for site, o in zip(self.net.sites, offsets)})
            self.post(self.net.sites, 2)
        self.net.set_clocks(base + HOUR)  # what was written too early is due
        self.again()
        self.settled()


if __name__ == "__main__":
    run_trial(Trial, "a_little_ahead", "an_hour_behind", "an_hour_ahead", "away_for_thirty_days",
              "jumps_of_all")
