#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 600
"""
kill -9 at a random moment under load, restart, and again: every article that was acknowledged is
there under the number it had, none stands twice, `kokoctl check` is clean.  50 rounds, KOKO_ROUNDS
for more or fewer; the seed is printed and can be given as KOKO_SEED.
"""

import os
import random
import threading
import time

from koko import lab
from koko.nntp import Nntp, NntpError, stuffed

ROUNDS = int(os.environ.get("KOKO_ROUNDS", "50"))
SEED = int(os.environ.get("KOKO_SEED", str(time.time_ns() % 1000000)))
GROUPS = [f"kk.g{i}" for i in range(8)]
FEEDERS = 3
WINDOW = 20
OPEN = "transit {\n	open-loopback = on\n}\nstore {\n	map-size = 1G\n}\n"


class Load(threading.Thread):
    """Feeds articles in a window and notes what was answered 239, until the daemon dies."""

    def __init__(self, port, stem):
        super().__init__(daemon=True)
        self.port, self.stem = port, stem
        self.acknowledged = []

    def run(self):
        try:
            with Nntp(self.port, timeout=10) as conn:
                conn.cmd("MODE STREAM", "203")
                n = 0
                while True:
                    n = self._window(conn, n)
        except (OSError, NntpError):
            pass

    def _window(self, conn, n):
        ids = [f"<{self.stem}.{n + i}@load.example>" for i in range(WINDOW)]
        conn.send(b"".join(
            f"TAKETHIS {m}\r\n".encode() + stuffed(lab.article(
                m, GROUPS[hash(m) % len(GROUPS)], "Probe <probe@load.example>",
                body="Zeile.\r\n" * (1 + hash(m) % 200), path="load.example!x")) for m in ids))
        for message_id in ids:
            conn.expect("TAKETHIS", "239")
            self.acknowledged.append(message_id)
        return n + WINDOW


class Poster(threading.Thread):
    """Posts one by one and notes the number each got, from the reply's group."""

    def __init__(self, site, stem):
        super().__init__(daemon=True)
        self.site, self.stem = site, stem
        self.acknowledged = []

    def run(self):
        try:
            with self.site.reader("anke", lab.PASSWORD) as conn:
                n = 0
                while True:
                    message_id = f"<{self.stem}.{n}@{self.site.domain}>"
                    reply = conn.post(lab.article(message_id, GROUPS[0], self._sender()))
                    assert reply.startswith("240"), reply
                    self.acknowledged.append(message_id)
                    n += 1
        except (OSError, NntpError):
            pass

    def _sender(self):
        return f"Anke Beispiel <anke@{self.site.domain}>"


class Trial:
    def __init__(self):
        self.random = random.Random(SEED)
        self.site = lab.start_site(groups=GROUPS, more=OPEN)
        self.numbers = {}  # Message-ID -> (group, number), as first seen after its round
        self.dir = lab.scratch()

    def kill_rounds(self):
        print(f"seed {SEED}")
        for n in range(ROUNDS):
            noted = self._load_and_kill(n)
            self.site.start()
            self.site.wait_ready()
            places = self._places()
            lost = [m for m in noted if m not in places]
            assert not lost, f"round {n}: lost {len(lost)}, first {lost[0]}"
            moved = [m for m, at in self.numbers.items() if places.get(m) != at]
            assert not moved, f"round {n}: {len(moved)} stand elsewhere, first {moved[0]}"
            self.numbers = places
            if n % 10 == 9 or n == ROUNDS - 1:
                self._check()
        print(f"{ROUNDS} rounds, {len(self.numbers)} articles")

    def _load_and_kill(self, n):
        """Message-IDs that were acknowledged before the kill."""
        crew = [Load(self.site.ports["nntp"], f"r{n}.f{i}") for i in range(FEEDERS)]
        crew.append(Poster(self.site, f"r{n}.p"))
        for member in crew:
            member.start()
        time.sleep(self.random.uniform(0.01, 0.5))  # the moment of the kill is the experiment
        self.site.kill()
        for member in crew:
            member.join(15)
        return [m for member in crew for m in member.acknowledged]

    def _places(self):
        """Every article of all groups; one that stands twice is a fault."""
        places = {}
        with self.site.reader("anke", lab.PASSWORD) as conn:
            for group in GROUPS:
                count, low, high = conn.group(group)
                if count == 0:
                    continue
                for line in conn.lines(f"OVER {low}-{high}", "224"):
                    number, _, _, _, message_id = line.split("\t")[:5]
                    assert message_id not in places, f"{message_id} stands twice"
                    places[message_id] = (group, int(number))
        return places

    def _check(self):
        done = self.site.ctl("check", "--json", check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def articles_open(self):
        """What is listed can be read."""
        chosen = self.random.sample(sorted(self.numbers), min(300, len(self.numbers)))
        with self.site.reader("anke", lab.PASSWORD) as conn:
            for message_id in chosen:
                assert f"Message-ID: {message_id}".encode() in conn.article(message_id)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.kill_rounds, trial.articles_open])
    finally:
        trial.site.stop()
