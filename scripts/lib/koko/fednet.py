# SPDX-License-Identifier: GPL-3.0-or-later
"""
Federations of whole daemons whose links a test holds in its hand.

Each daemon is dialled by a DNS name; each has its own /etc/hosts, in which the name of daemon j is
127.9.i.j for daemon i.  A wire listens there and carries what comes to j's peer port; it can be
cut, held, delayed, made slow, cut behind a number of bytes, or led to another daemon.
"""

import contextlib
import os
import random
import shutil
import socket
import struct
import subprocess
import threading
import time

from koko import fed, fedpeer, lab
from koko.site import Site, build_dir, free_ports, wait_for

CLOCK_LIMIT = 5  # seconds until a daemon goes by a clock that was set: faketime looks once a second
SETTLE_LIMIT = int(os.environ.get("KOKO_SETTLE", "40"))
CHUNK = 65536
FAKETIME = "/usr/lib/{}/faketime/libfaketimeMT.so.1"


class Wire:
    """How daemon i reaches daemon j: any number of connections, all with the same fate."""

    def __init__(self, at, target):
        self.at, self.target = at, target
        self.delay_s, self.rate = 0, 0       # of each chunk; bytes a second, 0: as it comes
        self.cut_at, self.n_cut = None, 0    # a connection ends behind so many bytes
        self.n_bytes, self.n_conns = 0, 0
        self.capture = None                  # a bytearray gets all that passes
        self.listener = None
        self.pairs = set()
        self.flowing = threading.Event()
        self.flowing.set()
        self.join()

    def join(self):
        """Connections are taken, and go on where they were held."""
        if self.listener is None:
            family = socket.AF_INET6 if ":" in self.at[0] else socket.AF_INET
            self.listener = socket.create_server(self.at, family=family, backlog=64)
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        self.flowing.set()

    def cut(self):
        """What stands is reset, who dials is refused."""
        if self.listener is not None:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.drop()

    def drop(self):
        """What stands is reset."""
        for pair in list(self.pairs):
            self._end(pair)
        self.flowing.set()

    def hold(self):
        """Nothing passes and nobody is told: a cable that was pulled."""
        self.flowing.clear()

    def _accept(self, listener):
        while True:
            try:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                if listener is not self.listener:
                    return
                with contextlib.suppress(OSError, UnboundLocalError):
                    here.close()  # nobody is at home
                continue
            self.n_conns += 1
            pair = (here, there)
            self.pairs.add(pair)
            left = [self.cut_at]
            for a, b in (pair, pair[::-1]):
                threading.Thread(target=self._carry, args=(pair, a, b, left), daemon=True).start()

    def _carry(self, pair, a, b, left):
        with contextlib.suppress(OSError):
            b.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := a.recv(min(CHUNK, self.rate or CHUNK)):
                if self.delay_s or self.rate:
                    time.sleep(self.delay_s + (len(data) / self.rate if self.rate else 0))
                self.flowing.wait()
                self.n_bytes += len(data)
                if self.capture is not None:
                    self.capture += data
                if left[0] is not None and len(data) >= left[0]:
                    b.sendall(data[:left[0]])
                    self.n_cut += 1
                    break
                if left[0] is not None:
                    left[0] -= len(data)
                b.sendall(data)
        self._end(pair)

    def _end(self, pair):
        if pair not in self.pairs:
            return
        self.pairs.discard(pair)
        for sock in pair:
            with contextlib.suppress(OSError):
                if self.flowing.is_set():
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)
                sock.close()


class Net:
    """
    n daemons over wires, Anke in the common group at each; those of `mute` do not run, the test
    speaks for them.  With `clock` each has a clock of its own (set_clocks).
    """

    def __init__(self, n, groups="1", mute=(), more="", clock=False):
        need_namespaces()
        self.folder = lab.scratch()
        self.sites = [Site(f"d{i}", self.folder) for i in range(n)]
        self.running = [s for i, s in enumerate(self.sites) if i not in mute]
        self.port = free_ports(1)[0]
        self.envs, self.gids = {}, {}
        fed.seed(self.folder, self.sites, groups, [self.sites[i] for i in mute],
                 {s: f"{self.host(s)}:{self.port}" for s in self.sites})
        self.wires = {
            (i, j): Wire((f"127.9.{i}.{j}", self.port), self.sites[j].ports["peer"])
            for i in range(n) for j in range(n) if i != j}
        for site in self.sites:
            self.name_hosts(site)
            if clock:
                self.envs[site] = fake_clock(site)
            if more:
                fed.settings(site, more)
        self.start(self.running)
        for site in self.running:
            fed.wait_group(site)
            lab.add_person(site, lab.person(site), [fed.GROUP])
        self.connect()

    # ---- names ----

    @staticmethod
    def host(site):
        return f"{site.name}.peers.test"

    def number(self, site):
        return self.sites.index(site)

    def name_hosts(self, site, other=None, addresses=None):
        """Write what `site` finds in DNS; of `other` the given addresses."""
        i = self.number(site)
        lines = ["127.0.0.1 localhost"]
        for j, peer in enumerate(self.sites):
            for address in addresses if peer is other else [f"127.9.{i}.{j}"]:
                lines.append(f"{address} {self.host(peer)}")
        with open(os.path.join(site.dir, "hosts"), "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")

    # ---- life ----

    def launch(self, site, hosts=None):
        """Start kokod with its own /etc/hosts; it may not be ready yet."""
        site.start(("unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"',
                    hosts or os.path.join(site.dir, "hosts")), self.envs.get(site))

    def start(self, sites):
        for site in sites:
            self.launch(site)
        for site in sites:
            site.wait_ready()

    def stop(self):
        for site in self.running:
            site.stop()
        for wire in self.wires.values():
            wire.cut()

    def set_clocks(self, offset_s, *sites):
        """Set the clocks of these (of all without them), and wait until those that run know it."""
        self.set_each_clock({s: offset_s for s in sites or self.sites})

    def set_each_clock(self, offsets):
        for site, offset_s in offsets.items():
            with open(os.path.join(site.dir, "clock"), "w", encoding="ascii") as f:
                f.write(f"{offset_s:+d}\n")
        for site, offset_s in offsets.items():
            if site.alive():
                wait_for(f"the clock of {site.name}", lambda s=site, o=offset_s: abs(
                    self.clock(s) - time.time() - o) < 5, CLOCK_LIMIT, pause=0.1)

    def clock(self, site):
        """What its part in the federation takes for the time."""
        with fedpeer.Client(site.ports["peer"], self.asker(site), fed.keys(site).oid) as peer:
            return int(peer.reply.split(" ")[2])

    # ---- links ----

    def between(self, i, j):
        return self.wires[i, j], self.wires[j, i]

    def around(self, i):
        return [w for pair, w in self.wires.items() if i in pair]

    def split(self, parts, how="cut"):
        """Daemons of different parts do not reach each other; `how`: cut or hold."""
        part = {i: n for n, part in enumerate(parts) for i in part}
        for (i, j), wire in self.wires.items():
            if part[i] != part[j]:
                getattr(wire, how)()

    def heal(self, order=None):
        """Join pair by pair; in the order of a random.Random, when one is given."""
        pairs = list(self.wires.values())
        if order:
            order.shuffle(pairs)
        for wire in pairs:
            wire.join()

    def reset(self):
        """What a case before has left."""
        for wire in self.wires.values():
            wire.delay_s, wire.rate, wire.cut_at, wire.capture = 0, 0, None, None
        self.heal()
        self.start([s for s in self.running if not s.alive()])

    def links(self, site):
        return {row["name"]: row for row in site.ctl_json("peer", "status")
                if row["kind"] == "federation"}

    def connect(self, sites=None, limit=SETTLE_LIMIT):
        """All links stand; who waits with dialling is told not to."""
        sites = sites or self.running
        names = {s.domain for s in sites}

        def joined(site):
            idle = [name for name, row in self.links(site).items()
                    if name in names and row["state"] != "active"]
            for name in idle:
                site.ctl("peer", "resume", name)
            return not idle

        for site in sites:
            try:
                wait_for(f"links of {site.name}", lambda s=site: joined(s), limit, 0.3)
            except Exception as e:
                raise AssertionError(f"{e}:\n" + site.ctl("peer", "status").stdout) from e

    # ---- what is there in the end ----

    def settled(self, mids=(), sites=None, group=fed.GROUP, limit=SETTLE_LIMIT):
        """All have the same articles, `mids` among them, none twice, and tell the same heads."""
        sites = sites or self.running
        wanted = set(mids)
        sets = {}

        def equal():
            for site in sites:
                if not is_shown(site, group):
                    return False
                sets[site.name] = listed(site, group)
            first = sets[sites[0].name]
            return wanted <= first and all(s == first for s in sets.values())

        try:
            wait_for("equal groups", equal, limit, 0.2)
        except Exception as e:
            union = set().union(*sets.values()) | wanted
            lacks = {name: sorted(union - s)[:5] for name, s in sets.items() if union - s}
            raise AssertionError(f"{e}: not there: {lacks}") from e
        self.same_heads(sites, group, limit)
        for site in sites:
            site.ctl("check")
        return sets[sites[0].name]

    def asker(self, site):
        """Keys of another daemon that is in all groups that `site` is in, as a rule."""
        return fed.keys(next(s for s in self.running if s is not site))

    def gid(self, group=fed.GROUP):
        if group not in self.gids:
            site = next(s for s in self.running if s.alive())
            self.gids[group] = fed.gid_of(site, self.asker(site), group)
        return self.gids[group]

    def same_heads(self, sites, group=fed.GROUP, limit=SETTLE_LIMIT):
        gid, told = self.gid(group), {}

        def equal():
            for site in sites:
                told[site.name] = heads(site, self.asker(site), gid)
            return len({tuple(h) for h in told.values()}) == 1

        try:
            wait_for("equal heads", equal, limit, 0.2)
        except Exception as e:
            raise AssertionError("\n".join([str(e)] + [
                f"{name}: {line}" for name, lines in told.items() for line in lines])) from e


class Faces:
    """Servers with the keys of daemon i, one for each set of those that dial it."""

    def __init__(self, net, i, parts, **how):
        self.net, self.i = net, i
        self.site = net.sites[i]
        self.keys = fed.keys(self.site)
        self.servers = []
        for part in parts:
            port = free_ports(1)[0]
            self.servers.append(fedpeer.Server(port, self.keys, **how))
            for j in part:
                net.wires[j, i].target = port
                net.wires[j, i].drop()

    def dialled(self):
        """All dial anew."""
        def resumed(site):
            row = self.net.links(site)[self.site.domain]
            if row["state"] != "active":
                site.ctl("peer", "resume", self.site.domain)
            return row["state"] == "active"
        for site in self.net.running:
            wait_for(f"{site.name} to dial", lambda s=site: resumed(s), pause=0.2)

    def close(self):
        for server in self.servers:
            server.close()


def heads(site, asker, gid):
    """The head lines of a group that a daemon tells the one whose keys these are."""
    with fedpeer.Client(site.ports["peer"], asker, fed.keys(site).oid) as peer:
        return sorted(peer.ask(f"KHEADS * 0 {gid}")[1])


def numbered(site, group=fed.GROUP):
    """[(number, Message-ID)] of a group; none stands twice."""
    with site.reader("anke", lab.PASSWORD) as conn:
        count, low, high = conn.group(group)
        if count == 0:
            return []
        rows = [line.split("\t") for line in conn.lines(f"OVER {low}-{high}")]
    mids = [row[4] for row in rows]
    twice = {m for m in mids if mids.count(m) > 1} if len(set(mids)) < len(mids) else ()
    assert not twice, f"twice at {site.name}: {sorted(twice)[:5]}"
    return [(int(row[0]), row[4]) for row in rows]


def is_shown(site, group=fed.GROUP):
    """Not while a daemon that was away or put back is being brought up to date."""
    with site.reader("anke", lab.PASSWORD) as conn:
        return not conn.cmd(f"GROUP {group}", ("211", "403")).startswith("403")


def listed(site, group=fed.GROUP):
    return {mid for _, mid in numbered(site, group)}


class Poster(threading.Thread):
    """
    Anke posts at her site without a pause until she is stopped; what was answered 240 is noted.
    Where the daemon dies she comes back when it does.
    """

    def __init__(self, site, group=fed.GROUP, pause_s=0.0):
        super().__init__(daemon=True)
        self.site, self.group, self.pause_s = site, group, pause_s
        self.noted, self.refused = [], []
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.is_set():
            with contextlib.suppress(Exception):  # it was killed, or is not up yet
                with self.site.reader("anke", lab.PASSWORD) as conn:
                    while not self.ended.is_set():
                        self._post(conn)
            self.ended.wait(0.05)

    def _post(self, conn):
        user = lab.person(self.site)
        mid = f"<p.{os.urandom(8).hex()}@{self.site.domain}>"
        reply = conn.post(lab.article(mid, self.group, f"{user['name']} <{user['address']}>",
                                      body="Zeile.\r\n" * random.randrange(1, 80)))
        (self.noted if reply.startswith("240") else self.refused).append(mid)
        self.ended.wait(self.pause_s)

    def stop(self):
        self.ended.set()
        self.join(30)
        return self.noted


def run_trial(make, *names, first=()):
    """
    Cases are methods of what `make` makes, which has a `net`; they are skipped when it is.  Those
    of `first` are functions that have daemons of their own.
    """
    trial, why = None, ""

    def start():
        nonlocal trial, why
        try:
            trial = make()
        except lab.Skip as e:
            why = str(e)
            raise

    def case(name):
        def run():
            if why:
                raise lab.Skip(why)
            trial.net.reset()
            getattr(trial, name)()
        run.__name__ = name
        return run

    try:
        lab.run_cases([*first, start] + [case(n) for n in names])
    finally:
        if trial:
            trial.net.stop()


def need_namespaces():
    """Skip unless a daemon can be given an /etc/hosts of its own."""
    lab.need("unshare", "mount")
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    if os.geteuid() != 0 or done.returncode != 0:
        raise lab.Skip("needs root and mount namespaces")


def fake_clock(site):
    """Environment in which the clock of a daemon is what the file `clock` in its folder says."""
    lab.need("faketime")
    with open(os.path.join(build_dir(), "config.status"), encoding="utf-8") as f:
        if "-fsanitize" in f.read():
            raise lab.Skip("a sanitizer's library wants to be the first one")
    path = os.path.join(site.dir, "clock")
    with open(path, "w", encoding="ascii") as f:
        f.write("+0\n")
    triplet = lab.run("gcc", "-print-multiarch").strip() if shutil.which("gcc") else ""
    library = FAKETIME.format(triplet)
    if not os.path.exists(library):
        raise lab.Skip("libfaketime is not where it is looked for")
    return {**os.environ, "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": path,
            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}
