#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""
The promise of the demo: a post by tin at viersen is read by slrn at krefeld within two seconds,
bytes equal except Path and Xref; the answer from krefeld stands as its child in tin at viersen.
"""

import os
import time

from koko import lab, readers
from koko.demo import PASSWORD, Demo
from koko.site import wait_for
from koko.term import Terminal

GROUP = "nrw.koko.forum"
SUBJECT = "Frage von tin: Straße"
ANSWER = "Antwort aus Krefeld: Grüße."


class Trial:
    """Two demo sites, a person at each, a home folder for each."""

    def __init__(self):
        self.dir = lab.scratch()
        self.demo = Demo(os.path.join(self.dir, "demo"), lab.free_base())
        self.demo.start()
        self.viersen, self.krefeld = self.demo.sites["viersen"], self.demo.sites["krefeld"]
        self.anke = self.demo.users("viersen")[0]
        self.grzegorz = self.demo.users("krefeld")[0]
        self.question = self.answer = None

    def _home(self, user, line):
        folder = os.path.join(self.dir, user["login"])
        os.makedirs(folder)
        return readers.make_home(folder, user, [GROUP], lab.editor(folder, line))

    def post_with_tin(self):
        lab.need("tmux", "tin")
        home = self._home(self.anke, "Wer weiß es?")
        readers.post_with_tin(home, self.viersen.ports["nntp"], "Homeoffice", SUBJECT)
        self.question = self._newest(self.viersen, self.anke)

    def arrives_within_two_seconds(self):
        begin = time.monotonic()
        with self.krefeld.reader(self.grzegorz["login"], PASSWORD) as there, \
                self.viersen.reader(self.anke["login"], PASSWORD) as here:
            wait_for("the post at krefeld", lambda: there.has(self.question), 2, 0.005)
            seconds = time.monotonic() - begin
            ours, theirs = here.article(self.question), there.article(self.question)
        print(f"at krefeld after {seconds * 1000:.0f} ms at most")
        assert b"Wer wei\xc3\x9f es?" in ours
        assert lab.without(ours, "path", "xref") == lab.without(theirs, "path", "xref")

    def read_and_answer_with_slrn(self):
        lab.need("tmux", "slrn")
        home = self._home(self.grzegorz, ANSWER)
        with Terminal(readers.slrn_command(home, self.krefeld.ports["nntp"])) as t:
            t.wait(r"nrw\.koko\.forum")
            t.keys("Space")
            t.wait(rf"\b{self._lines()}:\[Anke Beispi.*{SUBJECT}")
            t.keys("s")
            t.wait("Subject search")
            t.text("Frage von tin")
            t.keys("Enter")
            t.wait("->.*" + SUBJECT)
            t.keys("Enter")
            t.wait("Wer weiß es")
            t.keys("f")
            t.wait("Post the message")
            t.keys("y")
            t.wait("done")
        self.answer = self._newest(self.krefeld, self.grzegorz)
        with self.viersen.reader(self.anke["login"], PASSWORD) as conn:
            wait_for("the answer at viersen", lambda: conn.has(self.answer), 2, 0.005)
            wire = conn.article(self.answer)
        assert f"References: {self.question}".encode() in wire, wire

    def _lines(self):
        """How many lines the question has; slrn reads that from the overview alone."""
        with self.krefeld.reader(self.grzegorz["login"], PASSWORD) as conn:
            body = conn.article(self.question).split(b"\r\n\r\n", 1)[1]
        return body.count(b"\r\n")

    def answer_is_child_in_tin(self):
        home = os.path.join(self.dir, self.anke["login"])
        with Terminal(readers.tin_command(home, self.viersen.ports["nntp"])) as t:
            t.wait("Group Selection")
            t.keys("Enter")
            t.wait(SUBJECT)
            t.text("/")
            t.wait("Search forwards")
            t.text("Frage von tin")
            t.keys("Enter")
            t.wait("End of articles")  # it is there; what is typed before that is thrown away
            t.keys("l")
            t.wait(r"(?s)List Thread.*Anke Beispiel.*`->.*Grzegorz Probe")
            t.keys("Down")
            t.keys("Enter")
            t.wait(ANSWER)

    @staticmethod
    def _newest(site, user):
        """Message-ID of the newest article of the group."""
        with site.reader(user["login"], PASSWORD) as conn:
            _, _, high = conn.group(GROUP)
            return conn.cmd(f"STAT {high}", "223").split()[2]


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.post_with_tin, trial.arrives_within_two_seconds,
                       trial.read_and_answer_with_slrn, trial.answer_is_child_in_tin])
    finally:
        trial.demo.stop()
