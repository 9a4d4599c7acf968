#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
The federation's figures: tests/bench/bench_fed.py [ROW...], with KOKO_BUILD naming the build.

    latency   five daemons: a post at one, until it is readable at the four others
    catchup   20,000 articles over loopback TLS to a daemon that joins; bytes on the wire; by
              thread: CPU, and the share of the time that it had nothing to do (the rest of the
              time it waited for a core)
    idle      400 peers and 3,600 feeds without news: CPU and memory
"""

import json
import os
import re
import subprocess
import sys
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "scripts", "lib"))

from koko import fed, lab  # noqa: E402
from koko.fedpeer import Client, Entry, Server  # noqa: E402
from koko.site import SITE_BLOCKS, Site, build_dir, is_free, wait_for  # noqa: E402

POSTS = 400
ARTICLES = int(os.environ.get("KOKO_ARTICLES", "20000"))
PEERS, GROUPS = 400, 9
IDLE_S = 20
QUOTA = 'peer {\n\tquota-entries = 1000000\n\tquota-bytes = "10G"\n}\n'


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def latency():
    sites = fed.federation(5, more=QUOTA)
    try:
        user = lab.person(sites[0])
        conns = [s.reader("anke", lab.PASSWORD) for s in sites]
        took = []
        for i in range(POSTS):
            at = i % len(sites)
            mid = f"<l{i}.{time.time()}@{sites[at].domain}>"
            wire = lab.article(mid, fed.GROUP, f"Anke <anke@{sites[at].domain}>")
            assert conns[at].post(wire).startswith("240"), user
            begun = time.monotonic()
            for conn in conns:
                while not conn.has(mid):
                    assert time.monotonic() - begun < 30, "never came"
            if i >= 20:
                took.append((time.monotonic() - begun) * 1000)
        return {"accepted to readable at four others, p50 ms": quantile(took, 0.5),
                "accepted to readable at four others, p99 ms": quantile(took, 0.99)}
    finally:
        for s in sites:
            s.stop()


def wire_bytes(site):
    """What came in over the peer port's connections, by the log of their ends."""
    with open(site.log, encoding="utf-8", errors="replace") as f:
        return sum(int(m[1]) for m in re.finditer(r"conn\.end .* tls=1 in=(\d+)", f.read()))


def articles_of(site):
    shown = site.ctl("group", "show", fed.GROUP, "--json", check=False)
    return json.loads(shown.stdout)["group"]["articles"] if shown.returncode == 0 else 0


class Threads:
    """What the threads of two daemons do meanwhile."""

    def __init__(self, sites):
        self.sites = sites
        self.before = self.read()

    def read(self):
        """{(site, number, name): (ns on a core, ns waiting for one)}"""
        found = {}
        for site in self.sites:
            for task in os.listdir(f"/proc/{site.pid}/task"):
                folder = f"/proc/{site.pid}/task/{task}"
                with open(f"{folder}/comm", encoding="ascii") as f:
                    name = f.read().strip()
                with open(f"{folder}/schedstat", encoding="ascii") as f:
                    run, wait, _ = map(int, f.read().split())
                found[site.name, int(task), name] = run, wait
        return found

    def rows(self, seconds, n):
        rows = {}
        for (site, task, name), (run, wait) in sorted(self.read().items()):
            run0, wait0 = self.before.get((site, task, name), (0, 0))
            cpu, idle = (run - run0) / 1e3 / n, 1 - (run - run0 + wait - wait0) / 1e9 / seconds
            if cpu >= 2:
                rows[f"... {site} {name} {task}, µs/article"] = cpu
                rows[f"... {site} {name} {task}, nothing to do, %"] = 100 * idle
        return rows


def wait_last(site, first, begun):
    """Until it has all; asking costs, so it is asked seldom, and often when it is nearly there."""
    while (have := articles_of(site)) < ARTICLES:
        speed = max(have - first, 1) / (time.monotonic() - begun)
        assert time.monotonic() - begun < 300, "the last never came"
        time.sleep(min(0.2, max(0.01, (ARTICLES - have) / speed * 0.9)))


def catchup():
    folder = lab.scratch()
    a, b = sites = [Site(f"d{i}", folder) for i in range(2)]
    fed.seed(folder, sites)
    for s in sites:
        fed.settings(s, QUOTA)
    try:
        fed.start([a])
        fed.wait_group(a)
        lab.add_person(a, {**lab.person(a, "bench"), "password": "bench"}, [fed.GROUP], "writer",
                       "--right", "post-as-any")
        subprocess.run(
            [os.path.join(build_dir(), "tests/bench/nntpload"), "post", "--port",
             str(a.ports["nntp"]), "--user", "bench", "--pass", "bench", "--conns", "32", "--count",
             str(ARTICLES), "--group-prefix", "p0.g", "--group-count", "1", "--crosspost", "0",
             "--seconds", "900"], check=True, stdout=subprocess.DEVNULL)
        size = a.ctl_json("group", "show", fed.GROUP)["group"]["bytes"]
        b.start()
        wait_for("the first", lambda: articles_of(b) > 0, pause=0.02)
        begun, first, cpu = time.monotonic(), articles_of(b), lab.cpu_s(b.pid)
        there = lab.cpu_s(a.pid)
        threads = Threads(sites)
        wait_last(b, first, begun)
        n, took = ARTICLES - first, time.monotonic() - begun
        rate, by_thread = n / took, threads.rows(took, n)
        cpu, there = (lab.cpu_s(b.pid) - cpu) / n * 1e6, (lab.cpu_s(a.pid) - there) / n * 1e6
        b.stop()
        return {"catch-up, articles/s": rate, "catch-up, CPU of the receiver, µs/article": cpu,
                "catch-up, CPU of the sender, µs/article": there,
                "bytes on the wire to the articles'": wire_bytes(b) / size, **by_thread}
    finally:
        for s in sites:
            s.stop()


def ports(n):
    """n free ports for daemons that do not run here."""
    found = [p for block in SITE_BLOCKS for p in range(block + 9, block + 10) if is_free(p)]
    return found[:n]


def idle():
    folder = lab.scratch()
    x = Site("d0", folder)
    others = [Site(f"d{i}", folder, ports={"peer": p})
              for i, p in enumerate(ports(PEERS - 1), 1)]
    for s in others:
        os.makedirs(s.data)
    x.prepare()
    subprocess.run(
        [os.path.join(build_dir(), "tests/bench/fedseed"), str(GROUPS),
         f"{x.domain},127.0.0.1:{x.ports['peer']},{x.data}",
         *(f"{s.domain},127.0.0.1:{s.ports['peer']},{s.data}/" for s in others)], check=True)
    fed.settings(x, QUOTA + "limits {\n\tconns-per-source = 10000\n}\n")
    keys = [fed.keys(s) for s in others]
    x.start()
    x.wait_ready(120)
    servers, clients = [], []
    try:
        own = fed.keys(x).oid
        gids = {f"p0.g{g:04}": fed.gid_of(x, keys[0], f"p0.g{g:04}") for g in range(1, GROUPS + 1)}
        entries = [Entry(k, gid, name, 1, epoch=int(time.time()), r=2)
                   for k in keys for name, gid in gids.items()]
        held = {(e.gid, e.oid, e.epoch, 1): e for e in entries}
        heads = [e.head_line() for e in entries]
        servers = [Server(s.ports["peer"], k, heads, held) for s, k in zip(others, keys)]
        clients = [Client(x.ports["peer"], k, own) for k in keys]
        wait_for("all feeds", lambda: sum(
            x.ctl_json("group", "show", name)["group"]["articles"] for name in gids) == len(entries), 300, 1)
        for c in clients:
            cookie = c.ask("KHEADS * 0")[0].split()[1]
            c.send(f"KHEADS {cookie} 120")
        wait_for("quiet", lambda: busy(x.pid, 1) < 0.05, 60)
        return {f"{PEERS} peers, {len(entries)} feeds idle, % of a core": 100 * busy(x.pid, IDLE_S),
                "... resident memory without the map, MiB": anonymous_kb(x.pid) / 1024,
                "... connections": x.ctl_json("status")["federation"]["conns"]}
    finally:
        for c in clients:
            c.close()
        for s in servers:
            s.close()
        x.stop()


def busy(pid, seconds):
    """Share of a core that it uses."""
    cpu, begun = lab.cpu_s(pid), time.monotonic()
    time.sleep(seconds)  # the length of the measurement
    return (lab.cpu_s(pid) - cpu) / (time.monotonic() - begun)


def anonymous_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon"))


if __name__ == "__main__":
    for row in sys.argv[1:] or ("latency", "catchup", "idle"):
        for name, value in globals()[row]().items():
            print(f"{name:60} {value:12.2f}", flush=True)
