#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
# alone
"""
INN 2.7 as a streaming neighbour, both ways at once: 1,000 articles each way, none lost, none twice.
And innxmit, its batch feeder, sends another 1,000 of which half are known already.
"""

import os
import subprocess
import sys

from koko import lab
from koko.inn import AS_NEWS, Inn, unpack
from koko.nntp import Nntp, stuffed
from koko.site import SiteError, build_dir, wait_for

N = 1000
LIMIT = 60
OPEN = "transit {\n	open-loopback = on\n}\n"


class Trial:
    def __init__(self):
        if os.getuid() != 0:
            raise lab.Skip("INN runs as the user news, so this test needs root")
        folder = lab.scratch()
        try:
            root = unpack(os.path.join(build_dir(), "inn"), os.path.join(folder, "root"))
        except SiteError as e:
            raise lab.Skip(str(e)) from None
        self.site = lab.start_site("koko", more=OPEN)
        self.inn = Inn(root, os.path.join(folder, "inn"), [lab.GROUP],
                       feed_to=(self.site.domain, self.site.ports["nntp"]))
        self.inn.prepare()
        self.inn.start()
        self.site.ctl("peer", "add", self.inn.name, "--host", "127.0.0.1",
                      "--port", str(self.inn.port), "--no-tls", "--groups", "kk.*")

    def both_ways(self):
        """Both servers are fed by strangers and carry on to each other."""
        to_koko = [f"<k.{i}@west.example>" for i in range(N)]
        to_inn = [f"<i.{i}@east.example>" for i in range(N)]
        feed(self.site.ports["nntp"], to_koko, "west.example")
        feed(self.inn.port, to_inn, "east.example")
        self._same(to_koko + to_inn)

    def innxmit(self):
        """A batch of which koko has half."""
        known = [f"<k.{i}@west.example>" for i in range(N // 2)]
        self.site.ctl("peer", "remove", self.inn.name)
        self.inn.ctl("drop", self.site.domain)
        fresh = [f"<x.{i}@south.example>" for i in range(N // 2)]
        feed(self.inn.port, fresh, "south.example")
        self.inn.ctl("flush", "")
        ids = known + fresh
        batch = os.path.join(self.inn.dir, "spool/outgoing/batch")
        with open(batch, "w", encoding="ascii") as f:
            for token, message_id in zip(self._tokens(ids), ids):
                f.write(f"{token} {message_id}\n")
        os.chown(batch, 9, 9)
        self.inn._run("bin/innxmit", "-P", str(self.site.ports["nntp"]), "127.0.0.1", batch)
        self._have(self.site.reader("anke", lab.PASSWORD), 2 * N + len(fresh))

    def _tokens(self, ids):
        """Where INN holds each."""
        done = subprocess.run(
            [*AS_NEWS, os.path.join(self.inn.prog, "bin/grephistory"), "-s"], env=self.inn.env,
            input="\n".join(ids) + "\n", capture_output=True, text=True, check=True)
        tokens = done.stdout.split()
        assert len(tokens) == len(ids), "INN misses some"
        return tokens

    def _same(self, ids):
        """Both have each of ids exactly once, with the same bytes but Path and Xref."""
        with self.site.reader("anke", lab.PASSWORD) as ours, Nntp(self.inn.reader_port) as theirs:
            theirs.cmd("MODE READER", "200")
            for conn in (ours, theirs):
                self._have(conn, len(ids))
                seen = [line.split("\t")[4] for line in conn.lines(f"OVER 1-{10 * N}", "224")]
                assert sorted(seen) == sorted(ids), "lost or doubled"
            for message_id in ids[::97]:
                a, b = ours.article(message_id), theirs.article(message_id)
                assert lab.without(a, "path", "xref") == lab.without(b, "path", "xref"), a

    @staticmethod
    def _have(conn, n):
        """Wait until the group holds n articles (the count, not the numbers)."""
        wait_for(f"{n} articles", lambda: conn.group(lab.GROUP)[0] >= n, LIMIT, 0.05)
        assert conn.group(lab.GROUP)[0] == n, "more than was sent"

    def stop(self):
        self.inn.remove()
        self.site.stop()


def feed(port, ids, host):
    """A feeder with streaming: all TAKETHIS at once, then the answers.  RFC 4644"""
    with Nntp(port) as conn:
        conn.cmd("MODE STREAM", "203")
        for at in range(0, len(ids), 50):
            some = ids[at:at + 50]
            conn.send(b"".join(f"TAKETHIS {m}\r\n".encode() + stuffed(lab.article(
                m, sender=f"Probe <probe@{host}>", path=f"{host}!not-for-mail")) for m in some))
            for message_id in some:
                conn.expect(f"TAKETHIS {message_id}", "239")


if __name__ == "__main__":
    try:
        trial = Trial()
    except lab.Skip as e:
        print(f"skipped: {e}")
        sys.exit(77)
    try:
        lab.run_cases([trial.both_ways, trial.innxmit])
    finally:
        trial.stop()
