#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 200
# alone
"""
Two kokods and INN in a row: an article of a public group goes signed through INN, and the kokod
behind it takes it as its origin's (row 54 of the faults).  One that was changed, or is not signed,
is refused.  Then in a triangle: each article stands once everywhere (row 55).
"""

import os
import sys

from koko import fed, lab
from koko.inn import Inn, unpack
from koko.nntp import Nntp, stuffed
from koko.site import SiteError, build_dir, wait_for

GROUP = "koko.a.offen"
N = 300
OPEN = "transit {\n\topen-loopback = on\n}\n"


class Trial:
    def __init__(self):
        if os.getuid() != 0:
            raise lab.Skip("INN runs as the user news, so this test needs root")
        folder = lab.scratch()
        try:
            root = unpack(os.path.join(build_dir(), "inn"), os.path.join(folder, "root"))
        except SiteError as e:
            raise lab.Skip(str(e)) from None
        self.a, self.b = (lab.start_site(n, groups=(), folder=folder, more=OPEN) for n in "ab")
        self._federate()
        self.inn = Inn(root, os.path.join(folder, "inn"), [GROUP],
                       feed_to=(self.b.domain, self.b.ports["nntp"]))
        self.inn.prepare()
        self.inn.start()
        self.a.ctl("peer", "add", self.inn.name, "--host", "127.0.0.1",
                   "--port", str(self.inn.port), "--no-tls", "--groups", "koko.*")

    def _federate(self):
        a, b = self.a, self.b
        a.ctl("federation", "found", "Kreise")
        numbers = b.ctl_json("peer", "accept",
                             a.ctl_json("peer", "invite", b.domain)["token"])["numbers"]
        a.ctl("peer", "confirm", b.domain, "--numbers", numbers)
        a.ctl("group", "share", GROUP, "--public", "--news-servers")
        for site in (a, b):
            fed.wait_group(site, GROUP)
            site.ctl("member", "add", GROUP, "anke", "writer")

    def through_inn(self):
        """The kokods themselves have no connection; INN gets the entry and nothing of control."""
        for here, there in ((self.a, self.b), (self.b, self.a)):
            here.ctl("peer", "pause", there.domain)
        mid = fed.post(self.a, GROUP, "Öffentlich")
        fed.wait_all([self.b], [mid])
        with Nntp(self.inn.reader_port) as conn:
            conn.cmd("MODE READER", "200")
            text = conn.article(mid)
        assert text.startswith(b"Kokod-Sign:") or b"\r\nKokod-Sign:" in text, text
        with self.b.reader("anke", lab.PASSWORD) as conn:
            shown = conn.article(mid)
        assert f"Path: {self.b.domain}!{self.inn.name}!".encode() in shown, shown
        assert b"Kokod-Sign" not in shown

    def changed_or_unsigned(self):
        """439 for what does not verify, and for what nobody signed."""
        mid = fed.post(self.a, GROUP, "Noch eine")
        with Nntp(self.inn.reader_port) as conn:
            conn.cmd("MODE READER", "200")
            wait_for("it at INN", lambda: conn.has(mid))
            wire = conn.article(mid)
        fed.wait_all([self.b], [mid])
        fresh = "<fresh.1@a.koko.example>"
        changed = wire.replace(mid.encode(), fresh.encode()).replace(self.b.domain.encode(), b"x.y")
        plain = lab.article("<plain.1@west.example>", GROUP, "Probe <probe@west.example>")
        with Nntp(self.b.ports["nntp"]) as conn:
            conn.cmd("MODE STREAM", "203")
            for message_id, text in ((fresh, changed), ("<plain.1@west.example>", plain)):
                conn.send(f"TAKETHIS {message_id}\r\n".encode() + stuffed(text))
                assert conn.line().startswith("439"), message_id
        assert not fed.has(self.b, fresh)

    def triangle(self):
        """Both ways at once; each once, everywhere."""
        for here, there in ((self.a, self.b), (self.b, self.a)):
            here.ctl("peer", "resume", there.domain)
        self.b.ctl("peer", "add", self.inn.name, "--host", "127.0.0.1",
                   "--port", str(self.inn.port), "--no-tls", "--groups", "koko.*", "--from-now")
        before = set(fed.overview(self.a, GROUP))
        mids = [fed.post((self.a, self.b)[i % 2], GROUP, f"Nr. {i}") for i in range(N)]
        fed.wait_all([self.a, self.b], mids)
        with Nntp(self.inn.reader_port) as conn:
            conn.cmd("MODE READER", "200")
            for mid in mids:
                wait_for(f"{mid} at INN", lambda m=mid: conn.has(m))
            _, low, high = conn.group(GROUP)
            seen = [line.split("\t")[4] for line in conn.lines(f"OVER {low}-{high}")]
        want = sorted(before | set(mids))
        for where, have in (("a", fed.overview(self.a, GROUP)), ("b", fed.overview(self.b, GROUP)),
                            ("inn", seen)):
            assert sorted(have) == want, where
        for site in (self.a, self.b):
            site.ctl("check")

    def stop(self):
        self.inn.remove()
        self.a.stop()
        self.b.stop()


if __name__ == "__main__":
    try:
        trial = Trial()
    except lab.Skip as e:
        print(f"skipped: {e}")
        sys.exit(77)
    try:
        lab.run_cases([trial.through_inn, trial.changed_or_unsigned, trial.triangle])
    finally:
        trial.stop()
