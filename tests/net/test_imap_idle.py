#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 120
# alone
"""
How soon IDLE tells: changes of flags by another device, posts and cancels by NNTP, mail to a group and
to a person, each from the moment it is asked for, so its commit is in it.  50 more connections idle
in the group.  Median at most 100 ms, the worst WORST; KOKO_EVENTS for more events of each kind (40).
"""

import os
import queue
import statistics
import threading
import time

from koko import lab
from koko.mailwire import ImapGone, Wire

EVENTS = int(os.environ.get("KOKO_EVENTS", "40"))
CROWD = 50
MEDIAN = 0.1
WORST = 2.0  # a machine under load stalls; what is far beyond it was not told
BOX = "Gruppen/kk/test"


class Idler(threading.Thread):
    """A connection in IDLE that notes when it was told what."""

    def __init__(self, site, user, box):
        super().__init__(daemon=True)
        self.wire = Wire(site.ports["imap"], timeout=100)
        self.told = queue.Queue()
        password = user["password"].encode()
        self.wire.cmd(f"LOGIN {user['login']} {{{len(password)}+}}\r\n".encode() + password)
        assert self.wire.cmd(f"SELECT {box}")[0] == "OK"
        self.wire.send("IDLE")
        assert self.wire.line().startswith(b"+")
        self.start()

    def run(self):
        try:
            while True:
                what = self.wire.one()
                self.told.put((time.monotonic(), what[0]))
        except (ImapGone, OSError):
            pass

    def wait(self, word):
        """When it was told; what else it is told is passed over."""
        while True:
            at, what = self.told.get(timeout=10)
            if what == word:
                return at


class Trial:
    def __init__(self):
        self.site = lab.start_site()
        self.anke, self.bert = lab.person(self.site), lab.person(self.site, "bert", "Bert Muster")
        lab.add_person(self.site, self.bert, (lab.GROUP,))
        self.group = Idler(self.site, self.anke, BOX)
        self.inbox = Idler(self.site, self.anke, "INBOX")
        self.crowd = [Idler(self.site, self.bert, BOX) for _ in range(CROWD)]
        self.times = {}

    def event(self, kind, idler, word, change):
        """change() makes it, and the idler is told that word."""
        start = time.monotonic()
        change()
        self.times.setdefault(kind, []).append(idler.wait(word) - start)

    def post(self, news, n):
        name, more = f"idle.{n}@{self.site.domain}", f"Newsgroups: {lab.GROUP}\r\n"
        reply = news.post(self.mail(f"n{n}", more + f"Message-ID: <{name}>\r\n"))
        assert reply.startswith("240"), reply

    def cancel(self, news, n):
        control = f"cancel <idle.{n}@{self.site.domain}>"
        reply = news.post(self.mail(f"cmsg {control}",
                                    f"Newsgroups: {lab.GROUP}\r\nControl: {control}\r\n"))
        assert reply.startswith("240"), reply

    def mail(self, subject, more=""):
        return (f"From: {self.bert['name']} <{self.bert['address']}>\r\nSubject: {subject}\r\n"
                f"{more}\r\nText.\r\n").encode()

    def submit(self, mailer, to, n):
        mailer.sendmail(self.bert["address"], [to], self.mail(f"s{n}", f"To: {to}\r\n"))

    def told_in_time(self):
        """Each kind of change, one after the other."""
        bert = (self.bert["login"], self.bert["password"])
        group = f"{lab.GROUP}@{self.site.domain}"
        with self.site.reader(*bert) as news, self.site.mailer(*bert) as mailer, \
                self.site.imap(self.anke["login"], self.anke["password"]) as other:
            self.post(news, "base")
            self.group.wait("EXISTS")
            other.select(BOX)
            for n in range(EVENTS):
                self.event("post", self.group, "EXISTS", lambda: self.post(news, n))
                self.event("flags", self.group, "FETCH",
                           lambda: other.store("1", "-+"[n % 2 == 0] + "FLAGS", "\\Flagged"))
                self.event("cancel", self.group, "EXPUNGE", lambda: self.cancel(news, n))
                self.event("mail to the group", self.group, "EXISTS",
                           lambda: self.submit(mailer, group, n))
                self.event("mail to a person", self.inbox, "EXISTS",
                           lambda: self.submit(mailer, self.anke["address"], n))
        self.judge()

    def judge(self):
        for kind, times in (*self.times.items(), ("all", sum(self.times.values(), []))):
            times.sort()
            print(f"{kind}: {len(times)} events, median {statistics.median(times) * 1000:.1f} ms, "
                  f"p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms, "
                  f"worst {times[-1] * 1000:.1f} ms")
            assert statistics.median(times) <= MEDIAN, kind
            assert times[-1] <= WORST, kind


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.told_in_time])
    finally:
        trial.site.stop()
