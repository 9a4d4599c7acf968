#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
kill -9 at a random moment while mail to a group and two persons is sent: what was answered 250
stands in all three places once, what was not in all or in none; what is sent again stands once.
20 rounds, KOKO_ROUNDS for more or fewer; the seed is printed and can be given as KOKO_SEED.
"""

import os
import random
import re
import smtplib
import threading
import time

from koko import lab

ROUNDS = int(os.environ.get("KOKO_ROUNDS", "20"))
SEED = int(os.environ.get("KOKO_SEED", str(time.time_ns() % 1000000)))


class Sender(threading.Thread):
    """Sends one mail after the other and notes what was answered 250, until the daemon dies."""

    def __init__(self, site, stem, to, again):
        super().__init__(daemon=True)
        self.site, self.stem, self.to, self.again = site, stem, to, again
        self.tried, self.acknowledged = [], []

    def run(self):
        try:
            with self.site.mailer("anke", lab.PASSWORD) as conn:
                for stem in self.again:
                    self._send(conn, stem)
                n = 0
                while True:
                    self._send(conn, f"{self.stem}.{n}")
                    n += 1
        except (OSError, smtplib.SMTPException):
            pass

    def _send(self, conn, stem):
        self.tried.append(stem)
        body = "Zeile.\r\n" * (1 + len(self.tried) % 7 * 6000)  # every seventh goes in pieces
        if stem in self.again:
            body = self.again[stem]
        refused = conn.sendmail(
            f"anke@{self.site.domain}", self.to,
            f"From: anke@{self.site.domain}\r\nSubject: s\r\n"
            f"Message-ID: <{stem}@{self.site.domain}>\r\n\r\n{body}")
        assert not refused
        self.acknowledged.append(stem)


class Trial:
    def __init__(self):
        self.random = random.Random(SEED)
        self.site = lab.start_site(more="store {\n	map-size = 1G\n}\n")
        self.people = [lab.person(self.site, login, login) for login in ("bert", "carla")]
        for one in self.people:
            lab.add_person(self.site, one, ())
        self.to = [f"{lab.GROUP}@{self.site.domain}"] + [p["address"] for p in self.people]
        self.total = 0

    def kill_rounds(self):
        print(f"seed {SEED}")
        unanswered = {}
        for n in range(ROUNDS):
            sender = Sender(self.site, f"r{n}", self.to, unanswered)
            sender.start()
            time.sleep(self.random.uniform(0.05, 0.5))  # the moment of the kill is the experiment
            self.site.kill()
            sender.join(15)
            self.site.start()
            self.site.wait_ready()
            unanswered = self._judge(n, sender)
            self.total += len(sender.acknowledged)
        assert self.total > ROUNDS, self.total
        print(f"{ROUNDS} rounds, {self.total} mails")
        self.site.ctl("check", "--json")

    def _judge(self, n, sender):
        """Mails to send again in the next round: stem -> body."""
        group = self._group()
        boxes = [self._inbox(p) for p in self.people]
        for box in boxes:
            assert box == group, f"round {n}: {sorted(set(box) ^ set(group))[:3]}"
        assert len(set(group)) == len(group), f"round {n}: some stand twice"
        lost = set(sender.acknowledged) - set(group)
        assert not lost, f"round {n}: lost {len(lost)}"
        return {stem: "Zeile.\r\n" * (1 + (i + 1) % 7 * 6000)
                for i, stem in enumerate(sender.tried)
                if stem not in sender.acknowledged and stem not in sender.again}

    def _group(self):
        with self.site.reader("anke", lab.PASSWORD) as conn:
            count, low, high = conn.group(lab.GROUP)
            if count == 0:  # killed before the first one
                return []
            return [self._stem(line) for line in conn.lines(f"XHDR Message-ID {low}-{high}", "221")]

    def _inbox(self, person):
        with self.site.imap(person["login"], person["password"]) as conn:
            conn.select("INBOX", readonly=True)
            if conn.untagged_responses["EXISTS"][-1] == b"0":
                return []
            rows = conn.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
            return [self._stem(row[1].decode()) for row in rows if isinstance(row, tuple)]

    @staticmethod
    def _stem(line):
        return re.search("<(.*)@", line).group(1)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.kill_rounds])
    finally:
        trial.site.stop()
