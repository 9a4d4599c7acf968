# SPDX-License-Identifier: GPL-3.0-or-later
"""Federations of whole daemons for tests: made in a moment (fedseed), or by the admins' commands."""

import os
import subprocess

from koko import fedpeer, lab
from koko.site import Site, build_dir, wait_for

GROUP = "p0.g0001"   # all are in it
CLOSED = "p0.g0002"  # the last daemon is not
CARRY_LIMIT = 30


def seed(folder, sites, groups="1", mute=(), addresses=None):
    """
    Keys and records of these sites, in their stores; those of `mute` get keys alone.  `addresses`
    {site: "host:port"} when they are dialled elsewhere than where they listen.
    """
    addresses = addresses or {s: f"127.0.0.1:{s.ports['peer']}" for s in sites}
    for site in sites:
        site.prepare()
    subprocess.run(
        [os.path.join(build_dir(), "tests/bench/fedseed"), groups,
         *(f"{s.domain},{addresses[s]},{s.data}{'/' if s in mute else ''}"
           for s in sites)], check=True)


def settings(site, text):
    """Lines for conf.d, where they win over what the site writes."""
    os.makedirs(os.path.join(site.dir, "conf.d"), exist_ok=True)
    with open(os.path.join(site.dir, "conf.d", "test.conf"), "w", encoding="utf-8") as f:
        f.write(text)


def start(sites, **how):
    for site in sites:
        site.start(**how)
    for site in sites:
        site.wait_ready()


def wait_group(site, group=GROUP):
    wait_for(f"{group} at {site.name}",
             lambda: site.ctl("group", "show", group, check=False).returncode == 0)


def federation(n, groups="1", mute=0, more=""):
    """n sites; the last `mute` of them do not run, a test speaks for them.  Anke is everywhere."""
    folder = lab.scratch()
    sites = [Site(f"d{i}", folder) for i in range(n)]
    running = sites[:n - mute]
    seed(folder, sites, groups, sites[n - mute:])
    for site in running:
        if more:
            settings(site, more)
    start(running)
    for site in running:
        wait_group(site)
        lab.add_person(site, lab.person(site), [GROUP])
    return sites


def keys(site):
    return fedpeer.Keys(site, site.dir)


def gid_of(site, asker, group=GROUP):
    """The gid of a group, as `asker` (keys of a member) is told."""
    with fedpeer.Client(site.ports["peer"], asker, keys(site).oid) as peer:
        for line in peer.ask("KREC list")[1]:
            kind, key = line.split(" ")[:2]
            if kind == "group" and any(x == f"group: {group}" for x in
                                       peer.ask(f"KREC group {key} *")[1]):
                return key
    raise AssertionError(f"{site.name} tells nothing of {group}")


def post(site, group=GROUP, subject="Frage", limit=None, **article):
    """Anke posts at her site; the Message-ID."""
    user = lab.person(site)
    mid = f"<p.{os.urandom(8).hex()}@{site.domain}>"
    with site.reader(user["login"], user["password"]) as conn:
        wire = lab.article(mid, group, f"{user['name']} <{user['address']}>", subject, **article)
        reply = conn.post(wire)
        if limit and not reply.startswith("240"):
            wait_for("a post to be taken", lambda: conn.post(wire).startswith("240"), limit)
        else:
            assert reply.startswith("240"), reply
    return mid


def has(site, mid, group=GROUP):
    with site.reader("anke", lab.PASSWORD) as conn:
        return conn.has(mid)


def wait_all(sites, mids, limit=CARRY_LIMIT):
    """Every site has all of them."""
    for site in sites:
        with site.reader("anke", lab.PASSWORD) as conn:
            for mid in mids:
                wait_for(f"{mid} at {site.name}", lambda m=mid: conn.has(m), limit)


def overview(site, group=GROUP):
    """The Message-IDs of a group in the order of numbers."""
    with site.reader("anke", lab.PASSWORD) as conn:
        _, low, high = conn.group(group)
        return [line.split("\t")[4] for line in conn.lines(f"OVER {low}-{high}")]


def alarms(site):
    return site.ctl_json("status")["federation"]["alarms"]
