#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
A link to a server that answers as INN does on its bad days (RFC 4644 sections 2.4 and 2.5, RFC 3977
section 6.3.2): not now, too old, not wanted after all, closed before an answer, 400 in the middle.
Everything is offered until it is answered, and nothing again once the cursor has passed it: it
does not pass what was put aside, so behind a broken connection some is, and the server knows it.
"""

import socketserver
import threading

from koko import lab
from koko.site import wait_for

N = 12
LIMIT = 60


class BadDays(socketserver.ThreadingTCPServer):
    """Answers by a script: (command, article number) -> answers in turn, the last for ever."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, script, stream=True):
        super().__init__(("127.0.0.1", 0), Talk)
        self.script = {k: list(v) for k, v in script.items()}
        self.stream = stream
        self.numbers = {}        # Message-ID -> which post it is, from 0
        self.offers, self.taken = [], []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def answer(self, command, mid, default):
        known = {"CHECK": "438", "TAKETHIS": "439", "IHAVE": "435", "sent": "437"}
        with self.lock:
            n = self.numbers.get(mid)
            self.offers.append((command, n))
            if n in self.taken:  # an answer of ours was lost with its connection
                return known[command]
            answers = self.script.get((command, n), [default])
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def took(self, mid):
        with self.lock:
            self.taken.append(self.numbers[mid])

    def offered(self, n):
        with self.lock:
            return sum(1 for command, m in self.offers
                       if m == n and command in ("CHECK", "IHAVE"))


class Talk(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def article(self):
        while self.rfile.readline() not in (b".\r\n", b""):
            pass

    def handle(self):
        self.say("200 ready")
        while line := self.rfile.readline():
            command, *words = line.decode().split()
            if command == "QUIT":
                self.say("205 bye")
                return
            if command == "MODE":
                self.say("203 stream" if self.server.stream else "501 what")
            elif not getattr(self, command)(words[0]):
                return

    def tell(self, code, mid):
        """False: this connection is over."""
        if code == "close":
            return False
        self.say("400 going down" if code == "400" else f"{code} {mid}")
        return code != "400"

    def CHECK(self, mid):
        return self.tell(self.server.answer("CHECK", mid, "238"), mid)

    def TAKETHIS(self, mid):
        self.article()
        code = self.server.answer("TAKETHIS", mid, "239")
        if code == "239":
            self.server.took(mid)
        return self.tell(code, mid)

    def IHAVE(self, mid):
        code = self.server.answer("IHAVE", mid, "335")
        if not self.tell(code, mid) or code != "335":
            return code not in ("close", "400")
        self.article()
        code = self.server.answer("sent", mid, "235")
        if code == "235":
            self.server.took(mid)
        return self.tell(code, mid)


STREAMING = {
    ("TAKETHIS", 0): ["close", "239"],   # the connection is gone before the answer
    ("CHECK", 1): ["431", "431", "238"],
    ("TAKETHIS", 2): ["439"],            # too old: for good
    ("CHECK", 3): ["438"],
    ("CHECK", 4): ["400", "238"],        # in the middle, with others under way
    ("TAKETHIS", 5): ["400", "239"],
    ("CHECK", 6): ["431", "438"],        # somebody else brought it meanwhile
}

ONE_BY_ONE = {
    ("IHAVE", 0): ["close", "335"],
    ("IHAVE", 1): ["436", "335"],
    ("sent", 2): ["436", "235"],
    ("sent", 3): ["437"],                # refused: for good
    ("IHAVE", 4): ["435"],
    ("sent", 5): ["close", "235"],
    ("IHAVE", 6): ["400", "335"],
}


class Trial:
    def __init__(self):
        self.site = lab.start_site("a")
        self.servers = {"stream.example": BadDays(STREAMING),
                        "ihave.example": BadDays(ONE_BY_ONE, stream=False)}
        for name, server in self.servers.items():
            self.site.ctl("peer", "add", name, "--host", "127.0.0.1", "--port", str(server.port),
                          "--no-tls", "--groups", "kk.*")
        self.mids = []

    def _post(self, n):
        """Their numbers must be known before they are offered: nobody is up meanwhile."""
        for name in self.servers:
            self.site.ctl("peer", "pause", name)
        first = len(self.mids)
        self.mids += lab.post_articles(self.site, n, stem=f"day{first}")
        for server in self.servers.values():
            server.numbers = {mid: i for i, mid in enumerate(self.mids)}
        for name in self.servers:
            self.site.ctl("peer", "resume", name)

    def bad_days(self):
        self._post(N)
        for server, lost in ((self.servers["stream.example"], {2, 3, 6}),
                             (self.servers["ihave.example"], {3, 4})):
            want = [n for n in range(N) if n not in lost]
            wait_for("all articles", lambda s=server, w=want: set(s.taken) == set(w), LIMIT)
            assert sorted(server.taken) == want, server.taken

    def offered_as_often_as_needed(self):
        stream, ihave = self.servers.values()
        assert stream.offered(1) >= 3 and stream.offered(6) >= 2, stream.offers
        assert ihave.offered(1) >= 2 and ihave.offered(2) >= 2, ihave.offers
        assert ihave.offered(N - 1) == 1, ihave.offers

    def settled_for_good(self):
        """After a restart nothing is offered again."""
        wait_for("an answer to all", self.caught_up, LIMIT)
        self.site.stop()
        before = [len(server.offers) for server in self.servers.values()]
        self.site.start()
        self.site.wait_ready()
        self._post(1)
        for server, n in zip(self.servers.values(), before):
            wait_for("the next one", lambda s=server: N in s.taken, LIMIT)
            assert {m for _, m in server.offers[n:]} == {N}, server.offers[n:]

    def caught_up(self):
        return all(not p["lag"] for p in self.site.ctl_json("peer", "status"))

    def stop(self):
        self.site.stop()
        for server in self.servers.values():
            server.shutdown()


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.bad_days, trial.offered_as_often_as_needed, trial.settled_for_good])
    finally:
        trial.stop()
