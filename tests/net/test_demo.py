#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 240
"""
The demo as programs see it: env.json, three linked sites with at least 60 articles in threads, a
second start within five seconds that brings nothing anew, and nobody left who holds our output.
"""

import collections
import email
import email.policy
import json
import os
import subprocess
import time

from koko import demo, lab
from koko.nntp import Nntp
from koko.site import running

SITE_KEYS = {"name", "host", "ports", "control", "pid", "data", "ca", "users"}
USER_KEYS = {"login", "password", "name", "address"}


class Trial:
    def __init__(self):
        self.dir = os.path.join(lab.scratch(), "demo")
        self.base = lab.free_base()
        self.env = None
        self.counts = None

    def call(self, verb, *more):
        """Run the demo with a pipe as output; returns when all who hold the pipe are gone."""
        return lab.run("/usr/bin/python3", demo.__file__, verb, "--dir", self.dir, *more, limit=100)

    def first_start(self):
        said = self.call("start", "--port-base", str(self.base), "--bench", "--json")
        self.env = json.loads(said[said.index("{"):])
        with open(os.path.join(self.dir, "env.json"), encoding="utf-8") as f:
            assert json.load(f) == self.env

    def env_is_complete(self):
        sites = {s["name"]: s for s in self.env["sites"]}
        assert set(sites) == {"gib", "viersen", "krefeld", "bench"}
        for site in sites.values():
            assert SITE_KEYS <= set(site), site
            assert {"nntp", "nntps", "imap", "imaps", "submission", "submissions", "http",
                    "https", "peer"} <= set(site["ports"])
            assert os.path.exists(site["control"]) and os.path.exists(site["ca"])
            assert running(site["pid"], site["name"])
            assert all(USER_KEYS <= set(u) for u in site["users"])
        assert len(sites["bench"]["users"]) == 401
        groups = {g["name"]: g for g in self.env["groups"]}
        assert groups["nrw.koko.pinnwand"]["kind"] == "board"
        assert groups["nrw.koko.forum"]["home"] == "gib"
        assert {"viersen.beirat", "krefeld.intern", "kk.g0001", "kk.g0318"} <= set(groups)

    def sites(self):
        return [s for s in self.env["sites"] if s["name"] != "bench"]

    def conn(self, site, n=0):
        conn = Nntp(site["ports"]["nntp"], site["host"])
        conn.login(site["users"][n]["login"], site["users"][n]["password"])
        return conn

    def count(self):
        counts = {}
        for site in self.sites():
            with self.conn(site) as conn:
                for line in conn.lines("LIST ACTIVE", "215"):
                    group = line.split()[0]
                    counts[site["name"], group] = conn.group(group)[0]
        return counts

    def threads_are_everywhere(self):
        self.counts = self.count()
        for name in ("pinnwand", "forum", "forum.hf4"):
            held = {self.counts[s["name"], "nrw.koko." + name] for s in self.sites()}
            assert len(held) == 1, self.counts
        assert sum(n for (site, _), n in self.counts.items() if site == "gib") >= 60
        assert ("gib", "viersen.beirat") not in self.counts
        with self.conn(self.sites()[0]) as conn:
            conn.group("nrw.koko.forum")
            depths = [len(line.split("\t")[5].split()) for line in conn.lines("OVER 1-", "224")]
        assert max(depths) >= 3, depths

    def overviews_are_equal(self):
        """What was carried is listed as at home: all but number, bytes (Path) and Xref."""
        held = []
        for site in self.sites():
            with self.conn(site) as conn:
                conn.group("nrw.koko.forum")
                rows = [line.split("\t") for line in conn.lines("OVER 1-", "224")]
            held.append(sorted((*row[1:6], row[7]) for row in rows))
        assert held[0] == held[1] == held[2]
        assert all(int(row[-1]) > 0 for row in held[0]), held[0]

    def people_are_many(self):
        """Four and more a site; umlauts, sharp s, two of one name at one site."""
        everybody = ""
        twins = 0
        for site in self.sites():
            names = [u["name"] for u in site["users"]]
            assert len(names) >= 4, site["name"]
            twins += len(names) - len(set(names))
            everybody += " ".join(names)
        assert twins and set("öüß") <= set(everybody), everybody

    def articles_are_varied(self):
        """Attachments, an alternative in HTML, encoded headers, quoted text, a long thread."""
        parts, roots = collections.Counter(), collections.Counter()
        with self.conn(self.sites()[0]) as conn:
            for name in ("pinnwand", "forum", "forum.hf4"):
                _, low, high = conn.group("nrw.koko." + name)
                for wire in (conn.article(n) for n in range(low, high + 1)):
                    m = email.message_from_bytes(wire, policy=email.policy.default)
                    parts.update(part.get_content_type() for part in m.walk())
                    parts["encoded"] += b"=?" in wire.split(b"\r\n\r\n", 1)[0]
                    parts["quoted"] += b"\r\n> " in wire
                    roots[((m["References"] or "") + " " + m["Message-ID"]).split()[0]] += 1
        for kind in ("application/pdf", "image/png", "text/calendar", "multipart/alternative",
                     "text/html", "encoded", "quoted"):
            assert parts[kind], (kind, parts)
        assert max(roots.values()) >= 15, roots

    def first_two_write(self):
        for site in self.sites():
            for n in (0, 1):
                user = site["users"][n]
                with self.conn(site, n) as conn:
                    reply = conn.post(lab.article(
                        f"<w{n}.{site['name']}@{site['domain']}>", "nrw.koko.forum",
                        f"{user['login']} <{user['address']}>"))
                    assert reply.startswith("240"), reply

    def second_start(self):
        before = self.count()
        self.call("stop")
        assert not any(running(s["pid"], s["name"]) for s in self.env["sites"])
        start = time.monotonic()
        self.call("start", "--json")
        seconds = time.monotonic() - start
        print(f"second start: {seconds:.2f} s")
        assert seconds < 5
        after = self.count()
        assert all(after[key] >= n for key, n in before.items())
        assert sum(after.values()) <= sum(self.counts.values()) + 6 * len(self.sites())

    def status_tells(self):
        self.call("status")
        self.call("stop")
        done = subprocess.run(["/usr/bin/python3", demo.__file__, "status", "--dir", self.dir],
                              capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 1


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.first_start, trial.env_is_complete, trial.threads_are_everywhere,
                       trial.overviews_are_equal, trial.people_are_many,
                       trial.articles_are_varied, trial.first_two_write, trial.second_start,
                       trial.status_tells])
    finally:
        if trial.env:
            trial.call("stop")
