#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 420
"""
Daemons that cannot be dialled: they have no port, dial out, and are asked over what they have
dialled (KTURN).  Two that can be dialled, a and b, and two that cannot, u and v.
"""

import contextlib
import os
import re
import statistics
import time

from koko import fed, fedpeer, lab
from koko.fednet import Poster, fake_clock, heads, listed, numbered
from koko.site import Site, free_ports, wait_for

ALONE_S = 30   # FED_UNDIALLED_S
KILLS = 8
LINK_S = 40


def close_port(site, address="none"):
    """It has no peer port; its admin tells the others that address."""
    with open(site.conf, encoding="utf-8") as f:
        text = f.read()
    old = re.search(r"^peer \{.*?^\}$", text, re.M | re.S)[0]
    with open(site.conf, "w", encoding="utf-8") as f:
        f.write(text.replace(old, f'peer {{\n\taddress = "{address}"\n}}'))


def rows(site):
    return {r["name"]: r for r in site.ctl_json("peer", "status") if r["kind"] == "federation"}


def wait_state(site, other, state, limit=LINK_S):
    try:
        return wait_for(f"{other.name} {state} at {site.name}",
                        lambda: (r := rows(site).get(other.domain)) and r["state"] == state and r,
                        limit, 0.1)
    except Exception as e:
        raise AssertionError(f"{e}: {site.ctl('peer', 'status').stdout}") from e


def seeded(names, mute, env=None):
    """Sites of one federation; those of `mute` have neither port nor address."""
    folder = lab.scratch()
    sites = [Site(n, folder) for n in names]
    fed.seed(folder, sites, addresses={
        s: "-" if s.name in mute else f"127.0.0.1:{s.ports['peer']}" for s in sites})
    for site in sites:
        if site.name in mute:
            close_port(site)
        site.start(env=env(site) if env else None)
    for site in sites:
        site.wait_ready()
    for site in sites:
        fed.wait_group(site)
        lab.add_person(site, lab.person(site), [fed.GROUP])
    return sites


class Trial:
    def __init__(self):
        self.sites = self.a, self.b, self.u, self.v = seeded("abuv", "uv")
        self.mids = []

    def post(self, *sites):
        mids = [fed.post(s) for s in sites]
        self.mids += mids
        return mids

    def linked(self):
        for site in (self.a, self.b):
            for other in (self.u, self.v):
                wait_state(site, other, "active")
                wait_state(other, site, "active")

    def equal(self, sites=None):
        sites = sites or self.sites
        wait_for("equal groups", lambda: all(
            set(self.mids) <= listed(s) == listed(sites[0]) for s in sites), LINK_S, 0.2)
        for site in sites:
            numbered(site)  # none twice
            site.ctl("check")

    # ---- cases

    def posts_both_ways(self):
        self.linked()
        fed.wait_all(self.sites, self.post(*self.sites))
        self.equal()

    def status_tells(self):
        """Of one that is asked this way, of one that is away, of two that never meet."""
        row = wait_state(self.a, self.u, "active")
        assert row["taken"] > 0 and row["in"] == 4 and row["contact"], row
        assert rows(self.u)[self.a.domain]["in"] == 2, rows(self.u)
        row = wait_state(self.u, self.v, "silent")
        line = next(x for x in self.u.ctl("peer", "status").stdout.splitlines()
                    if x.startswith(self.v.domain))
        assert "neither" in line, line
        self.u.stop()
        row = wait_state(self.a, self.u, "silent")
        assert row["contact"], row
        self.u.start()
        self.u.wait_ready()
        self.linked()

    def latency(self):
        """From the answer to a post at u until it can be read at a."""
        times = []
        with self.a.reader("anke", lab.PASSWORD) as conn:
            for _ in range(20):
                mid, = self.post(self.u)
                began = time.monotonic()
                wait_for("the post", lambda m=mid: conn.has(m), LINK_S, 0.001)
                times.append((time.monotonic() - began) * 1000)
        print(f"post at u readable at a: median {statistics.median(times):.1f} ms, "
              f"most {max(times):.1f} ms")

    def cancel_travels(self):
        mid = fed.post(self.u)
        fed.wait_all([self.a, self.b, self.v], [mid])
        user = lab.person(self.u)
        with self.u.reader(user["login"], user["password"]) as conn:
            assert conn.post(lab.article(
                f"<c.{os.urandom(6).hex()}@{self.u.domain}>", fed.GROUP,
                f"{user['name']} <{user['address']}>",
                more=f"Control: cancel {mid}\r\n")).startswith("240")
        wait_for("it gone everywhere", lambda: not any(
            mid in fed.overview(s) for s in self.sites), LINK_S, 0.2)

    def owns_a_group(self):
        """What u shares gets to the others, to v too; they answer."""
        prefix = next(d["prefix"] for d in self.u.ctl_json("federation", "show")["daemons"]
                      if d["name"] == self.u.domain)
        group = f"{prefix}.rat"
        self.u.ctl("group", "add", group, "--title", "Rat")
        self.u.ctl("member", "add", group, "anke", "writer")
        self.u.ctl("group", "share", group)
        for other in (self.a, self.v):
            self.u.ctl("group", "invite", group, other.domain)
        for other in (self.a, self.v):
            fed.wait_group(other, group)
            other.ctl("member", "add", group, "anke", "writer")
        mids = [fed.post(s, group, limit=LINK_S) for s in (self.u, self.v, self.a)]
        wait_for("them everywhere", lambda: all(
            set(mids) <= listed(s, group) for s in (self.u, self.v, self.a)), LINK_S, 0.2)
        assert group not in {g["name"] for g in self.b.ctl_json("group", "list")}

    def meet_through_one(self):
        """a is away: u and v have b alone between them."""
        self.a.stop()
        fed.wait_all([self.b, self.u, self.v], self.post(self.u, self.v))
        self.a.start()
        self.a.wait_ready()
        self.equal()

    def kills(self):
        """b, and now and then u, die while u and v write."""
        posters = [Poster(s, pause_s=0.005) for s in (self.u, self.v)]
        for i in range(KILLS):
            n = len(posters[1].noted)
            wait_for("posts", lambda n=n: len(posters[1].noted) > n + 5, LINK_S)
            victim = self.u if i % 4 == 3 else self.b if i % 2 else self.a
            victim.kill()
            victim.start()
            victim.wait_ready()
        for poster in posters:
            self.mids += poster.stop()
            assert not poster.refused, poster.refused[:3]
        print(f"{sum(len(p.noted) for p in posters)} posts")
        self.equal()

    def more_connections_than_may_be(self):
        """A network that changed has left dead ones: the newest counts."""
        asker, oid = fed.keys(self.u), fed.keys(self.a).oid
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                peer = stack.enter_context(fed.fedpeer.Client(self.a.ports["peer"], asker, oid))
                if not peer.greeting:
                    break  # all of its own are in use
            time.sleep(11)  # the time after which one that is silent gives way
            peer = stack.enter_context(fed.fedpeer.Client(self.a.ports["peer"], asker, oid))
            assert peer.reply.startswith("290"), peer.reply
        self.linked()
        fed.wait_all(self.sites, self.post(self.u))

    def stop(self):
        for site in self.sites:
            site.stop()


def beats():
    """A day goes by: u's heartbeat gets to a."""
    a, u = seeded("au", "u", fake_clock)
    wait_state(a, u, "active")
    fed.wait_all([a], [fed.post(u)])
    asker, oid = fed.keys(u), fed.keys(u).oid
    gid = fed.gid_of(a, asker)

    def high():
        lines = [x.split(" ") for x in heads(a, asker, gid)]
        return max(int(x[4]) for x in lines if x[1] == oid)

    before = high()
    for site in (a, u):
        site.stop()
        with open(os.path.join(site.dir, "clock"), "w", encoding="ascii") as f:
            f.write("+90000\n")
    for site in (a, u):
        site.start(env=fake_clock_of(site))
    for site in (a, u):
        site.wait_ready()
    wait_for("the heartbeat", lambda: high() > before, 90, 0.5)
    for site in (a, u):
        site.stop()


def fake_clock_of(site):
    """fake_clock sets the clock back; this keeps it."""
    with open(os.path.join(site.dir, "clock"), encoding="ascii") as f:
        text = f.read()
    env = fake_clock(site)
    with open(os.path.join(site.dir, "clock"), "w", encoding="ascii") as f:
        f.write(text)
    return env


def by_the_commands():
    """
    Admins link a daemon that has no port: no word of a missing port, and it works.  Its key is
    stolen while the only neighbour is away: that one learns of the new key all the same.
    """
    folder = lab.scratch()
    a, u = sites = [Site(n, folder) for n in "au"]
    for site in sites:
        site.prepare()
    close_port(u)
    fed.start(sites)
    for site in sites:
        lab.add_person(site, lab.person(site), [])
    group = "koko.a.rat"
    a.ctl("federation", "found", "Kreise")
    a.ctl("group", "add", group, "--title", "Rat")
    a.ctl("member", "add", group, "anke", "writer")
    a.ctl("group", "share", group)
    done = u.ctl_json("peer", "accept", a.ctl_json("peer", "invite", u.domain)["token"])
    said = str(done)
    assert "missing" not in said and "dials the others" in said, said
    a.ctl("peer", "confirm", u.domain, "--numbers", done["numbers"])
    wait_state(u, a, "active")
    a.ctl("group", "invite", group, u.domain)
    fed.wait_group(u, group)
    u.ctl("member", "add", group, "anke", "writer")
    mid = fed.post(u, group, limit=LINK_S)
    wait_for("the post at a", lambda: fed.has(a, mid), LINK_S)
    a.stop()
    u.ctl("federation", "revoke-key", "--code-stdin", stdin=done["recovery"] + "\n")
    a.start()
    a.wait_ready()
    wait_state(a, u, "active", 90)
    a.ctl("group", "confirm-entries", group, u.domain)
    mid = fed.post(u, group, limit=LINK_S)
    wait_for("the post at a", lambda: fed.has(a, mid), LINK_S)
    for site in sites:
        site.stop()


def cannot_invite():
    """A token of one that is not dialled would be good for nothing: one sentence."""
    site = Site("f", lab.scratch())
    site.prepare()
    close_port(site)
    fed.start([site])
    site.ctl("federation", "found", "Kreise")
    done = site.ctl("peer", "invite", "x.example", check=False)
    assert done.returncode != 0 and "nobody could use" in done.stderr, done
    site.stop()


def wrong_address():
    """An address at which nobody listens, as with a firewall that nobody has asked: it works."""
    folder = lab.scratch()
    a, u = sites = [Site(n, folder) for n in "au"]
    fed.seed(folder, sites)
    close_port(u, f"127.0.0.1:{u.ports['peer']}")
    fed.start(sites)
    for site in sites:
        fed.wait_group(site)
        lab.add_person(site, lab.person(site), [fed.GROUP])
    mid = fed.post(u)
    wait_state(a, u, "active", ALONE_S + LINK_S)
    fed.wait_all([a], [mid])
    for site in sites:
        site.stop()


class Forgetful(fedpeer.Server):
    """Does not know who says KHELLO, but who has dialled to be asked (KTURN): it says KHELLO then."""

    turned = None  # seconds until such a connection was closed

    def answer(self, words):
        if words[0] == "KHELLO" and self.turned is None:
            return b"494 not known\r\n"
        return super().answer(words)

    def turn(self, sock, lines, words):
        began = time.monotonic()
        sock.sendall(b"296 turned\r\n")
        assert lines.readline().startswith(b"200 ")
        sock.sendall(f"KHELLO {self.keys.oid} {words[1]} {int(time.time())} 1\r\n".encode())
        with contextlib.suppress(OSError):
            while lines.readline():
                pass
        self.turned = time.monotonic() - began


def half_a_link():
    """
    The connection to watch does not follow the one to fetch: neither end waits for it.  So it is
    where a record was to be shown, and the other has learned of it before.
    """
    folder = lab.scratch()
    a, u = sites = [Site(n, folder) for n in "au"]
    fed.seed(folder, sites)
    server = Forgetful(u.ports["peer"], fed.keys(u))
    fed.start([a])
    wait_for("the record to be shown", lambda: server.turned is not None, LINK_S)
    assert server.turned < 5, server.turned
    wait_state(a, u, "active")
    server.close()
    wait_state(a, u, "backoff")
    with fedpeer.Client(a.ports["peer"], fed.keys(u)) as conn:
        assert conn.cmd(f"KTURN {fed.keys(u).oid} {fed.keys(a).oid} fetch").startswith("296")
        began = time.monotonic()
        conn.send("200 kokod")
        while line := conn.line():
            conn.sock.sendall(server.answer(line.split(" ")))
        assert 8 < time.monotonic() - began < 20
    wait_for("the reason", lambda: "did not come" in a.log_tail(50), 5)
    a.stop()


def main():
    trial = None

    def start():
        nonlocal trial
        trial = Trial()

    def case(name):
        def run():
            getattr(trial, name)()
        run.__name__ = name
        return run

    try:
        lab.run_cases([cannot_invite, by_the_commands, wrong_address, half_a_link, beats, start] + [case(n) for n in (
            "posts_both_ways", "status_tells", "latency", "cancel_travels", "owns_a_group",
            "meet_through_one", "kills", "more_connections_than_may_be")])
    finally:
        if trial:
            trial.stop()


if __name__ == "__main__":
    main()
