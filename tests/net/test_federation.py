#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
Five real daemons whose links are cut, held, slowed and healed, and which are killed under load: in
the end all have the same articles and tell the same heads, nothing twice.  The seed is printed and
can be given as KOKO_SEED; KOKO_ROUNDS for more.
"""

import os
import random
import time

from koko import fed
from koko.fednet import Net, Poster, heads, run_trial
from koko.site import wait_for

NIGHTLY = os.environ.get("KOKO_LEVEL") == "nightly"
ROUNDS = int(os.environ.get("KOKO_ROUNDS", "40" if NIGHTLY else "6"))
SEED = int(os.environ.get("KOKO_SEED", str(time.time_ns() % 1000000)))


class Trial:
    def __init__(self):
        self.random = random.Random(SEED)
        print(f"seed {SEED}")
        self.net = Net(5, "1+1", more="peer {\n\tquota-entries = 100000\n}\n")
        self.mids = []

    def post(self, sites, n=1):
        mids = [fed.post(s) for s in sites for _ in range(n)]
        self.mids += mids
        return mids

    def settled(self):
        self.net.connect()
        self.net.settled(self.mids)

    def parts(self, n):
        """The five in n parts, none empty."""
        order = self.random.sample(range(5), 5)
        marks = sorted(self.random.sample(range(1, 5), n - 1))
        return [order[a:b] for a, b in zip([0, *marks], [*marks, 5])]

    # ---- cut ----

    def partitions(self):
        """Row 57: in two and in three parts, posts on all sides, joined wire by wire."""
        for n in range(ROUNDS):
            parts = self.parts(2 + n % 2)
            how = self.random.choice(("cut", "hold"))
            print(f"round {n}: {parts} {how}", flush=True)
            self.net.split(parts, how)
            for part in parts:  # who is still together carries on
                sites = [self.net.sites[i] for i in part]
                self.net.settled(self.post(sites, 2), sites)
            self.net.heal(self.random)
            self.post(self.random.sample(self.net.sites, 2))
            self.settled()

    def how_far_behind(self):
        """What others have not got of ours is told in entries and seconds, and ends."""
        one, away, seen = self.net.sites[0], self.net.sites[4], []

        def to_give():
            row = self.net.links(one)[away.domain]
            return row["ahead"], row["ahead_s"] > 0

        def high(site):
            """Entries of the feed of `one` at a site: posts, and that it once lists its people."""
            told = [x.split(" ") for x in heads(site, self.net.asker(site), self.net.gid())]
            return next(int(x[4]) for x in told if x[1] == fed.keys(one).oid)

        def right():
            lack = high(one) - high(away)
            seen.append((lack, *to_give()))
            return lack >= 3 and seen[-1][1:] == (lack, True)

        self.net.connect()
        wait_for("nothing to give", lambda: to_give() == (0, False))
        self.net.split([[0, 1, 2, 3], [4]])
        self.post([one], 3)
        try:
            wait_for("what it lacks to be told", right)
        except Exception as e:
            raise AssertionError(f"{e}: {seen[-1]}") from e
        self.net.heal()
        self.settled()
        wait_for("nothing to give", lambda: to_give() == (0, False))

    def one_way_only(self):
        """Each of two reaches the other through a third, or is reached and cannot reach."""
        for i, j in ((0, 1), (1, 2), (3, 4)):
            self.net.wires[i, j].cut()
        self.post(self.net.sites)
        fed.wait_all(self.net.sites, self.mids[-5:])
        self.net.heal()
        self.settled()

    def cut_at_every_byte(self):
        """Row 56: a connection ends behind some number of bytes, again and again."""
        wire = self.net.wires[1, 0]
        here, there = self.net.sites[1], self.net.sites[0]
        for i in range(2, 5):  # only from there
            self.net.wires[1, i].cut()
            self.net.wires[i, 1].cut()
        self.net.connect(self.net.sites[:2])
        self.post([there], 40)  # so that an exchange is long
        for offset in self.offsets():
            wire.cut_at = offset
            before = wire.n_cut
            wire.drop()
            self.post([there])
            self.dialled(here, there, wire, before)
        wire.cut_at = None
        wire.drop()
        self.net.heal()
        self.settled()

    def offsets(self):
        """Some in the handshake, more in what is said behind it."""
        n = 200 if NIGHTLY else 20
        return [self.random.randrange(1, 2500) for _ in range(n // 2)] + \
               [self.random.randrange(2500, 9000) for _ in range(n)]

    def dialled(self, here, there, wire, before):
        """The cut has met a connection, or all has come through."""
        mid = self.mids[-1]

        def over():
            here.ctl("peer", "resume", there.domain)
            return wire.n_cut > before or fed.has(here, mid)
        wait_for("a connection to be cut", over, pause=0.1)

    # ---- slow ----

    def delay_and_little_width(self):
        """Row 58: half a second of delay, a few kilobytes a second: slower, and nothing else."""
        for wire in self.net.around(2):
            wire.delay_s = 0.3
        for wire in self.net.around(3):
            wire.rate = 20000
        self.post(self.net.sites, 3)
        fed.wait_all(self.net.sites, self.mids[-15:])
        for wire in self.net.wires.values():
            wire.delay_s = wire.rate = 0
        self.settled()

    # ---- kill ----

    def kills_under_load(self):
        """Any of them dies while all post: what was answered 240 is everywhere."""
        posters = [Poster(s, pause_s=0.01) for s in self.net.sites]
        for _ in range(ROUNDS // 2):
            n = len(posters[0].noted)
            wait_for("posts", lambda n=n: len(posters[0].noted) > n)
            victims = self.random.sample(self.net.sites, self.random.choice((1, 1, 2)))
            time.sleep(self.random.uniform(0.05, 0.5))  # the moment of the kill is the experiment
            for site in victims:
                site.kill()
            self.net.start(victims)
        for poster in posters:
            self.mids += poster.stop()
            assert not poster.refused, poster.refused[:3]
        print(f"{sum(len(p.noted) for p in posters)} posts")
        self.settled()

    # ---- whose group it is not ----

    def closed_group_is_not_told(self):
        """
        A capture of all that a daemon outside is sent, and its answers to all questions: no name,
        gid or number of a closed group; what is asked of it sounds as of one that does not exist.
        """
        outside = self.net.sites[-1]
        inside = self.net.sites[:-1]
        for wire in self.net.around(4):
            wire.capture = bytearray()
        for site in inside:
            site.ctl("member", "add", fed.CLOSED, "anke", "writer")
        mids = [fed.post(s, fed.CLOSED) for s in inside for _ in range(3)]
        self.net.settled(mids, inside, fed.CLOSED)
        self.post(self.net.sites)
        self.settled()
        told = b"".join(bytes(w.capture) for w in self.net.around(4))
        assert told and fed.CLOSED.encode() not in told
        keys = fed.keys(outside)
        gid = self.net.gid(fed.CLOSED)
        epochs = {line.split(" ")[2] for line in heads(inside[0], fed.keys(inside[1]), gid)}
        assert epochs
        for site in inside:
            self.asks(site, keys, gid, epochs)
        assert fed.CLOSED not in {g["name"] for g in outside.ctl_json("group", "list")}

    def asks(self, site, keys, gid, epochs):
        oid = fed.keys(site).oid
        nobody = "a" * 26
        with fed.fedpeer.Client(site.ports["peer"], keys, oid) as peer:
            assert peer.reply.startswith("290"), peer.reply
            for line in ("KREC list", "KHEADS * 0"):
                text = "\n".join(peer.ask(line)[1])
                assert text and gid not in text and fed.CLOSED not in text, text
            questions = [f"KREC group {{}} {n}" for n in ("*", 1, 2, 3)] + ["KHEADS * 0 {}"]
            for e in epochs:
                questions += [f"KART {{}} {oid} {e} 1", f"KART {{}} {oid} {e} 999",
                              f"KENT {{}} {oid} {e} 1 10", f"KENT {{}} {oid} {e} 900 901"]
            for question in questions:
                got, want = (peer.ask(question.format(g)) for g in (gid, nobody))
                cookie = got[0].startswith("291")
                assert got[1] == want[1] == [], (question, got)
                assert cookie or got[0] == want[0], (question, got, want)


if __name__ == "__main__":
    run_trial(Trial, "partitions", "how_far_behind", "one_way_only", "cut_at_every_byte",
              "delay_and_little_width", "kills_under_load", "closed_group_is_not_told")
