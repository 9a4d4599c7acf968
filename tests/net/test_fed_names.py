#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 120
"""
DNS says something else than it should (row 78): the certificate decides who answers, and where one
address does not lead to the daemon the next one is tried.
"""

from koko import fed, lab
from koko.fednet import Net, Wire, run_trial
from koko.site import wait_for


class Trial:
    def __init__(self):
        self.net = Net(3)
        self.here, self.other, self.there = self.net.sites

    def found(self, *addresses):
        """From now on the first daemon finds these addresses of the last one, and dials anew."""
        self.net.name_hosts(self.here, self.there, addresses)
        self.net.wires[0, 2].drop()
        wait_for("the link to be down", lambda: self.link()["state"] != "active")
        self.here.ctl("peer", "resume", self.there.domain)

    def link(self):
        return self.net.links(self.here)[self.there.domain]

    def fails(self, *words):
        """The link does not come up, and says why; articles take another way."""
        def said():
            error = self.link()["error"]
            return any(word in error for word in words)
        wait_for(f"a link that says {words}", said)
        assert self.link()["state"] == "backoff", self.link()
        fed.wait_all([self.here], [fed.post(self.there)])

    def works(self):
        self.net.connect()
        self.net.settled([fed.post(self.there)])

    def comes_back(self):
        self.net.name_hosts(self.here)
        self.works()

    def another_daemons_address(self):
        self.found("127.9.0.1")
        self.fails("another daemon answers")
        self.comes_back()

    def another_daemons_address_first(self):
        self.found("127.9.0.1", "127.9.0.2")
        self.works()
        self.comes_back()

    def own_address_first(self):
        own = Wire(("127.9.0.0", self.net.port), self.here.ports["peer"])
        try:
            self.found("127.9.0.0", "127.9.0.2")
            self.works()
        finally:
            own.cut()
        self.comes_back()

    def dead_address_first(self):
        self.found("127.9.0.99", "127.9.0.2")
        self.works()
        self.comes_back()

    def no_address(self):
        self.found()
        self.fails("not known", "resolution", "No address")
        self.comes_back()

    def ipv6_only(self):
        with open("/proc/net/if_inet6", encoding="ascii") as f:
            if not any(line.split()[3] == "00" for line in f):
                raise lab.Skip("no address of IPv6")
        wire = Wire(("::1", self.net.port), self.there.ports["peer"])
        try:
            self.found("::1")
            self.works()
            assert wire.n_conns >= 2, wire.n_conns
            self.net.name_hosts(self.here)
        finally:
            wire.cut()
        self.comes_back()


if __name__ == "__main__":
    run_trial(Trial, "another_daemons_address", "another_daemons_address_first",
              "own_address_first", "dead_address_first", "no_address", "ipv6_only")
