#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""
Row 62 of the table of faults, on the whole daemon: one write or sync fails.  The post under way is
answered 4xx or not at all, nothing is acknowledged afterwards, the daemon ends by itself with 75,
and after a start everything acknowledged is there.  failnth.c tries each call of the store.
"""

import subprocess

from koko import lab
from koko.nntp import NntpError
from koko.site import SiteError

FAULTS = (
    "fdatasync:error=EIO:when=1",
    "fdatasync:error=EIO:when=4",
    "fdatasync:error=EIO:when=9",
    "pwrite64,pwritev:error=EIO:when=3",
    "pwrite64,pwritev:error=EIO:when=20",
    "pwrite64,pwritev:error=ENOSPC:when=8",
)
EXIT_TRY_LATER = 75


class Trial:
    def __init__(self):
        self.site = lab.start_site()
        self.site.stop()
        self.kept = []

    def _post_until_it_fails(self, stem):
        """The reply that was not 240; what was acknowledged before it is kept."""
        sender = f"Anke Beispiel <anke@{self.site.domain}>"
        with self.site.reader("anke", lab.PASSWORD) as conn:
            for n in range(100):
                message_id = f"<{stem}.{n}@{self.site.domain}>"
                reply = conn.post(lab.article(message_id, sender=sender))
                if not reply.startswith("240"):
                    return reply
                self.kept.append(message_id)
        raise AssertionError("no call has failed")

    def _fail(self, fault, stem):
        try:
            self.site.start(wrapper=lab.failing(fault))
            self.site.wait_ready()
        except SiteError:
            return "did not start"
        try:
            reply = self._post_until_it_fails(stem)
            assert reply.startswith("4"), reply
        except (OSError, NntpError) as e:
            reply = str(e)
        return reply

    def _verify(self):
        """Everything acknowledged is there, and work goes on."""
        self.site.start()
        self.site.wait_ready()
        self.site.ctl("check")
        with self.site.reader("anke", lab.PASSWORD) as conn:
            assert all(conn.has(m) for m in self.kept)
            assert conn.group(lab.GROUP)[0] >= len(self.kept)
        self.kept += lab.post_articles(self.site, 1, stem=f"after.{len(self.kept)}")
        self.site.stop()

    def failing_calls(self):
        for n, fault in enumerate(FAULTS):
            said = self._fail(fault, f"f{n}")
            try:
                code = self.site.process.wait(10)
            except subprocess.TimeoutExpired as e:
                raise AssertionError(f"{fault}: it goes on after {said!r}") from e
            print(f"{fault}: {said!r}, exit code {code}, {len(self.kept)} kept")
            assert code in ((EXIT_TRY_LATER, 69) if said == "did not start" else (EXIT_TRY_LATER,))
            self._verify()


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.failing_calls])
    finally:
        trial.site.stop()
