#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
kill -9 at a random moment of a COPY, or a MOVE, of 5,000 messages.  After the restart the COPY is
whole or not there, and whole when it was acknowledged (RFC 3501 section 6.4.7); each message of a
MOVE stands in one of the two mailboxes (RFC 6851 section 3.3).  How long either takes is measured
before, so that kills meet it in the middle on any machine.  Rounds go on until they have met both
there, 60 at most; the seed is printed and can be given as KOKO_SEED.
"""

import os
import random
import time

from koko import lab
from koko.mailwire import ImapGone, Wire

SEED = int(os.environ.get("KOKO_SEED", str(time.time_ns() % 1000000)))
MANY = 5000
ROUNDS = (6, 60)  # at least, at most


class Trial:
    def __init__(self):
        self.random = random.Random(SEED)
        self.site = lab.start_site()
        self.taken_back = self.moved_in_part = 0
        self.longest = {}  # command: seconds to the latest kill

    def wire(self):
        conn = Wire(self.site.ports["imap"])
        password = lab.PASSWORD.encode()
        assert conn.cmd(b"LOGIN anke {%d+}\r\n%s" % (len(password), password))[0] == "OK"
        return conn

    def fill(self, name):
        conn = self.wire()
        assert conn.cmd(f"CREATE {name}")[0] == "OK"
        tags = []
        for i in range(MANY):
            mail = b"Subject: m%d\r\nFrom: a@x.example\r\n\r\nText.\r\n" % i
            flags = "\\Seen" if i % 2 else ""
            tags.append(conn.send(f"APPEND {name} ({flags}) {{{len(mail)}+}}\r\n".encode() + mail))
            if i % 100 == 99:
                for tag in tags:
                    assert conn.answer(tag)[0] == "OK"
                tags = []
        conn.close()

    def figures(self, conn, name):
        """(messages, seen ones, UIDNEXT)"""
        status, _, text, untagged = conn.cmd(f"STATUS {name} (MESSAGES UNSEEN UIDNEXT)")
        assert status == "OK", text
        told = untagged[0][2]
        return told["MESSAGES"], told["MESSAGES"] - told["UNSEEN"], told["UIDNEXT"]

    def subjects(self, conn, name):
        assert conn.cmd(f"EXAMINE {name}")[0] == "OK"
        status, _, text, untagged = conn.cmd("FETCH 1:* ENVELOPE")
        if not any(u == ("EXISTS", 0) for u in untagged) and status != "OK":
            return []
        return [u[2]["ENVELOPE"][1] for u in untagged if u[0] == "FETCH"]

    def cut(self, command):
        """Give the command and kill the daemon; was it acknowledged?"""
        conn = self.wire()
        assert conn.cmd("SELECT big")[0] == "OK"
        tag = conn.send(command)
        # the moment of the kill is the experiment
        time.sleep(self.random.uniform(0, self.longest[command.split()[0]]))
        self.site.kill()
        try:
            done = conn.answer(tag)[0] == "OK"
        except ImapGone:
            done = False
        conn.close()
        self.site.start()
        self.site.wait_ready()
        return done

    def measure(self):
        """How long COPY and MOVE take when nothing is killed."""
        conn = self.wire()
        assert conn.cmd("SELECT big")[0] == "OK"
        for command, name in (("COPY", "whole"), ("MOVE", "away")):
            assert conn.cmd(f"CREATE {name}")[0] == "OK"
            begun = time.monotonic()
            assert conn.cmd(f"{command} 1:* {name}")[0] == "OK"
            self.longest[command] = time.monotonic() - begun
        assert conn.cmd("DELETE whole")[0] == "OK"
        assert conn.cmd("SELECT away")[0] == "OK"
        assert conn.cmd("MOVE 1:* big")[0] == "OK"
        assert conn.cmd("DELETE away")[0] in ("OK", "BYE")
        conn.close()

    def copy(self, n):
        conn = self.wire()
        assert conn.cmd(f"CREATE copy{n}")[0] == "OK"
        conn.close()
        done = self.cut(f"COPY 1:* copy{n}")
        conn = self.wire()
        count, seen, following = self.figures(conn, f"copy{n}")
        assert count in (0, MANY) and seen == count // 2, (count, seen)
        assert count == MANY or not done, "an acknowledged COPY is gone"
        assert self.figures(conn, "big")[0] == MANY
        self.taken_back += count == 0 and following > 1
        conn.cmd(f"DELETE copy{n}")
        conn.close()

    def move(self, n):
        """Half way there and, with the rest, back again."""
        conn = self.wire()
        assert conn.cmd(f"CREATE move{n}")[0] == "OK"
        conn.close()
        done = self.cut(f"MOVE 1:* move{n}")
        conn = self.wire()
        here, there = self.figures(conn, "big")[0], self.figures(conn, f"move{n}")[0]
        assert here + there == MANY, (here, there)
        assert here == 0 or not done, "an acknowledged MOVE is not whole"
        self.moved_in_part += 0 < there < MANY
        names = self.subjects(conn, "big") + self.subjects(conn, f"move{n}")
        assert len(names) == len(set(names)) == MANY, len(set(names))
        if there:
            assert conn.cmd(f"SELECT move{n}")[0] == "OK"
            assert conn.cmd("MOVE 1:* big")[0] == "OK"
        conn.cmd(f"DELETE move{n}")
        conn.close()

    def rounds(self):
        print(f"seed {SEED}")
        self.fill("big")
        self.measure()
        print(", ".join(f"{name} {took:.3f} s" for name, took in self.longest.items()))
        for n in range(ROUNDS[1]):
            (self.move if n % 2 else self.copy)(n)
            done = self.site.ctl("check", "--json", check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            if n >= ROUNDS[0] and self.taken_back and self.moved_in_part:
                break
        print(f"{n + 1} rounds, {self.taken_back} copies taken back, "
              f"{self.moved_in_part} moves cut short")
        assert self.taken_back and self.moved_in_part, "no kill met one in the middle"


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.rounds])
    finally:
        trial.site.stop()
