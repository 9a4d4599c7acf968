#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
"""Two linked sites: a post is carried, an absent peer catches up, a stranger sees nothing."""

import json
import os
import signal

from koko import lab
from koko.nntp import Nntp
from koko.site import free_ports, link, wait_for

N = 200


class Trial:
    def __init__(self):
        folder = lab.scratch()
        self.a = lab.start_site("a", folder=folder)
        self.b = lab.start_site("b", folder=folder)
        link(self.a, self.b, "kk.*")
        self.first = None

    def post_is_carried(self):
        self.first = lab.post_articles(self.a, 1, stem="first")[0]
        with self.b.reader("anke", lab.PASSWORD) as conn:
            wait_for("the post at b", lambda: conn.has(self.first), 5)
            theirs = conn.article(self.first)
        with self.a.reader("anke", lab.PASSWORD) as conn:
            ours = conn.article(self.first)
        assert lab.without(ours, "path", "xref") == lab.without(theirs, "path", "xref")
        assert f"Path: {self.b.domain}!".encode() in theirs, theirs

    def absent_peer_catches_up(self):
        self.b.stop()
        ids = lab.post_articles(self.a, N, stem="absent")
        self.b.start()
        self.b.wait_ready()
        with self.b.reader("anke", lab.PASSWORD) as conn:
            wait_for("the last post at b", lambda: conn.has(ids[-1]), 30)
            assert conn.group(lab.GROUP)[0] == N + 1
            assert all(conn.has(m) for m in ids)

    def cursor_survives_kill(self):
        self.a.kill()
        self.a.start()
        self.a.wait_ready()
        more = lab.post_articles(self.a, 10, stem="killed")
        with self.b.reader("anke", lab.PASSWORD) as conn:
            wait_for("the posts at b", lambda: all(conn.has(m) for m in more), 30)
            assert conn.group(lab.GROUP)[0] == N + 11

    def stranger_sees_nothing(self):
        """The group is closed: before login 480 whether a group exists or not."""
        with Nntp(self.a.ports["nntp"]) as conn:
            for group in (lab.GROUP, "kk.nowhere"):
                conn.cmd(f"GROUP {group}", "480")
            conn.cmd(f"ARTICLE {self.first}", "480")
            reply = conn.cmd("LIST", ("215", "480"))
            if reply.startswith("215"):
                assert conn.block() == []

    def faults_are_told(self):
        """Each reason why a link is down reads so that one knows what to do."""
        ports = {"closed.example": free_ports(1)[0], "other.example": self.b.ports["nntps"],
                 "plain.example": self.b.ports["nntp"]}
        for name, port in ports.items():
            self.a.ctl("peer", "add", name, "--host", "127.0.0.1", "--port", str(port), "--tls")
        self.b.ctl("peer", "remove", self.a.domain)
        self.a.ctl("peer", "pause", self.b.domain)
        self.a.ctl("peer", "resume", self.b.domain)

        def told(name, why):
            return any(p["name"] == name and why in p["error"]
                       for p in self.a.ctl_json("peer", "status"))

        for name, why in (("closed.example", "refused"), ("other.example", "hostname mismatch"),
                          ("plain.example", "TLS: "), (self.b.domain, "502 ")):
            wait_for(f"{why} at {name}", lambda n=name, w=why: told(n, w), 10)
        for name in ports:
            self.a.ctl("peer", "remove", name)

    def reload_keeps_connections(self):
        with self.a.reader("anke", lab.PASSWORD) as conn:
            os.kill(self.a.pid, signal.SIGHUP)
            wait_for("the reload in the log", lambda: "reload" in self.a.log_tail(50))
            conn.group(lab.GROUP)

    def checks_are_clean(self):
        for site in (self.a, self.b):
            assert json.loads(site.ctl("status", "--json").stdout)
            site.ctl("check")

    def stop(self):
        self.a.stop()
        self.b.stop()


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.post_is_carried, trial.absent_peer_catches_up,
                       trial.cursor_survives_kill, trial.stranger_sees_nothing,
                       trial.faults_are_told,
                       trial.reload_keeps_connections, trial.checks_are_clean])
    finally:
        trial.stop()
