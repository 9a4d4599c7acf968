#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
kokod and Dovecot in turns, measured with imapload; a Markdown table with the goals beside.

    bench_imap.py [--rounds N] [--messages N] [--only kokod|dovecot] [PATTERN]

PATTERN picks rows by their name.  $KOKO_BUILD is the folder with kokod and tests/bench/imapload.
Both get one mailbox `Big` of the same N messages (seed 42) for the rows that read; every round of
the rows that append makes mailboxes of its own.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from koko import certs
from koko.demo import BENCH_CONF, HASHES, quoted
from koko.dovecot import PASSWORD, Dovecot, unpack
from koko.site import Site, build_dir

LIMIT = 600
IDLERS = 100  # each of Dovecot's processes takes an inotify instance, of which a user has 128
BIG = "--same-user --mailbox Big"

# imapload command (%d: the round): [(name, key of the result, first goal)]
ROWS = [
    (f"idle --conns {IDLERS} --rounds 6 --settle 300 --same-user",
     [("IDLE: one APPEND seen by one of 100, p50 ms", "exists_seen_by_one.p50_ms", "≤ 10"),
      ("IDLE: one APPEND seen by all 100, p50 ms", "exists_seen_by_all.p50_ms", "≤ 50"),
      ("memory (PSS) per idle connection, kB", "pss_kb_per_conn", "≤ 20")]),
    (f"idle --conns {IDLERS} --rounds 1 --settle 300 --same-user --tls",
     [("memory (PSS) per idle connection over TLS, kB", "pss_kb_per_conn", "≤ 60")]),
    ("append --conns 1 --count 800 --same-user --create --mailbox One%d",
     [("append, 1 connection, messages/s", "msgs_per_s", "≥ 450"),
      ("append, 1 connection, p50 ms", "append.p50_ms", "≤ 2.2"),
      # of Dovecot only what its processes used that still run: the session has ended
      ("server CPU per APPEND, ms", "cpu_ms:messages", "≤ 0.25")]),
    ("append --conns 8 --count 4000 --same-user --create --mailbox Eight%d",
     [("append, 8 connections, messages/s", "msgs_per_s", "≥ 2 000"),
      ("append, 8 connections, p50 ms", "append.p50_ms", "≤ 5")]),
    (f"fetch --conns 1 --ops 4000 {BIG}",
     [("random BODY[] by UID, 1 connection, per s", "body_per_s", "≥ 8 000"),
      ("last 500, ENVELOPE and BODYSTRUCTURE, ms", "fetch_last.p50_ms", "≤ 8"),
      ("UID FETCH 1:* (FLAGS), ms", "fetch_flags_all.p50_ms", "≤ 80"),
      ("SELECT, ms", "select.p50_ms", "≤ 1"), ("STATUS UNSEEN, ms", "status.p50_ms", "≤ 1")]),
    (f"fetch --conns 8 --ops 1500 --flags 0 --last 0 --status 0 {BIG}",
     [("random BODY[] by UID, 8 connections, per s", "body_per_s", "≥ 15 000")]),
    (f"fetch --conns 64 --ops 600 --flags 0 --last 0 --status 0 {BIG}",
     [("random BODY[] by UID, 64 connections, per s", "body_per_s", "≥ 15 000")]),
    (f"sync --rounds 10 {BIG}",
     [("QRESYNC after 100 changes, ms", "resync_select.p50_ms", "≤ 2")]),
    (f"store --conns 8 --ops 400 {BIG}",
     [("STORE \\Seen, 8 connections, same mailbox, per s", "commands_per_s", "≥ 3 000")]),
    (f"search {BIG}",
     [("SEARCH ALL, ms", "search_all.p50_ms", "–"),
      ("SEARCH UNSEEN, ms", "search_unseen.p50_ms", "–"),
      ("SEARCH LARGER, ms", "search_larger.p50_ms", "–"),
      ("SEARCH SENTSINCE, ms", "search_sentsince.p50_ms", "≤ 50"),
      ("SEARCH FROM, first, ms", "search_from.first_ms", "≤ 50"),
      ("SEARCH FROM, later, ms", "search_from.p50_ms", "≤ 50"),
      ("SEARCH SUBJECT, ms", "search_subject.p50_ms", "≤ 50"),
      ("SEARCH HEADER Message-ID, ms", "search_message_id.p50_ms", "–"),
      ("SEARCH BODY word, ms", "search_body_word.p50_ms", "≤ 100")]),
    ("whole SEARCH ALL", [("SEARCH ALL with numbers, ms", "ms", "–")]),
    ("whole FETCH 1:* (FLAGS)", [("FETCH 1:* (FLAGS), ms", "ms", "≤ 80")]),
    ("whole STORE 1:* +FLAGS (\\Flagged)", [("STORE 1:* +FLAGS, ms", "ms", "–")]),
    ("whole STORE 1:* -FLAGS.SILENT (\\Flagged)", [("STORE 1:* -FLAGS.SILENT, ms", "ms", "–")]),
    ("login --conns 8 --count 1000 --users 8", [("logins/s, 8 connections", "logins_per_s", "≥ 3 000")]),
    ("login --conns 8 --count 600 --users 8 --tls",
     [("logins/s over TLS, 8 connections", "logins_per_s", "≥ 500")]),
]


def imapload(server, command):
    """One run: the JSON of its last line, or what went wrong."""
    port = server["tls"] if "--tls" in command else server["port"]
    done = subprocess.run(
        [os.path.join(build_dir(), "tests", "bench", "imapload"), *command.split(), "--port",
         str(port), "--pid", str(server["pid"]), "--pass", server["password"]],
        capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return (done.stderr.strip().splitlines() or ["no result"])[-1]


def whole(server, command):
    """Milliseconds until a command on all of `Big` is answered; what it says is not looked at."""
    with socket.create_connection(("127.0.0.1", server["port"]), LIMIT) as sock:
        for n, line in enumerate((f"LOGIN user000 {server['password']}", "SELECT Big", command)):
            start = time.monotonic()
            sock.sendall(f"t{n} {line}\r\n".encode())
            tail = b""
            while f"\r\nt{n} ".encode() not in b"\r\n" + tail or not tail.endswith(b"\r\n"):
                got = sock.recv(1 << 20)
                if not got:
                    return "connection lost"
                tail = (tail + got)[-4096:]
            if f"t{n} OK".encode() not in tail:
                return tail.decode(errors="replace").splitlines()[-1]
        return {"ms": 1000 * (time.monotonic() - start)}


def run(server, command):
    if command.startswith("whole "):
        return whole(server, command[6:])
    return imapload(server, command)


def pick(result, key):
    """A figure of a result; times in ms."""
    if key.startswith("cpu_ms:"):
        return 1000 * result["server_cpu_s"] / result[key[7:]]
    value = result
    for part in key.split("."):
        value = value[part]
    return value


def show(value):
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.2f}"


# ---- servers ----

class Kokod:
    name = "kokod"

    def __init__(self, folder):
        self.site = Site("bench", folder, more=BENCH_CONF)
        self.site.prepare()
        self.site.start()
        self.site.wait_ready()
        self.site.batch([quoted("user", "add", f"user{i:03}", "--name", f"user{i:03}", "--address",
                                f"user{i:03}@bench.koko.example", "--hash", HASHES["secret"])
                         for i in range(400)])
        self.server = {"port": self.site.ports["imap"], "tls": self.site.ports["imaps"],
                       "pid": self.site.pid, "password": "secret", "fill": "--conns 64"}

    def stop(self):
        self.site.stop()


class Beside:
    name = "Dovecot"

    def __init__(self, folder):
        pki = os.path.join(folder, "pki")
        certs.make_ca(pki)
        root = unpack(os.path.join(build_dir(), "dovecot"), os.path.join(folder, "root"))
        self.dovecot = Dovecot(root, os.path.join(folder, "dovecot"),
                               certs.make_leaf(pki, "dovecot.example"))
        self.dovecot.prepare()
        self.dovecot.start()
        self.server = {"port": self.dovecot.port, "tls": self.dovecot.tls_port,
                       "pid": self.dovecot.pid, "password": PASSWORD, "fill": "--multi 100"}

    def stop(self):
        self.dovecot.remove()


def fill(server, n):
    result = imapload(server, f"append {server['fill']} --count {n} --create {BIG}")
    if not isinstance(result, dict):
        sys.exit(f"cannot fill: {result}")
    print(f"{n} messages: {result['msgs_per_s']:.0f}/s", file=sys.stderr)


def measure(servers, command, rows, rounds):
    """{(server, row name): figures}"""
    figures = {}
    for n in range(rounds):
        for one in servers:
            result = run(one.server, command % n if "%d" in command else command)
            for name, key, _ in rows:
                try:
                    figures.setdefault((one.name, name), []).append(pick(result, key))
                except (KeyError, TypeError, ZeroDivisionError):
                    print(f"{name}, {one.name}: {result}", file=sys.stderr)
    return figures


def compare(servers, args):
    print("| measure | goal | " + " | ".join(s.name for s in servers) + " | ratio |\n|---|--:|"
          + "--:|" * (len(servers) + 1))
    full = False  # memory for idle connections is measured before it is used otherwise
    for command, all_rows in ROWS:
        rows = [row for row in all_rows if re.search(args.pattern, row[0])]
        if not rows:
            continue
        if not full and (BIG in command or command.startswith("whole ")):
            for one in servers:
                fill(one.server, args.messages)
            full = True
        figures = measure(servers, command, rows, args.rounds)
        for name, _, goal in rows:
            medians = [statistics.median(f) if f else None
                       for f in (figures.get((s.name, name)) for s in servers)]
            ratio = medians[0] / medians[1] if len(medians) == 2 and all(medians) else None
            print(f"| {name} | {goal} | " + " | ".join(map(show, medians))
                  + f" | {show(ratio)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=100000)
    parser.add_argument("--only", choices=("kokod", "dovecot"))
    parser.add_argument("pattern", nargs="?", default="")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="koko-bench-")
    kinds = [k for k in (Kokod, Beside) if args.only in (None, k.__name__.lower())
             or (args.only == "dovecot" and k is Beside)]
    servers = []
    try:
        for kind in kinds:
            servers.append(kind(folder))
        compare(servers, args)
    finally:
        for one in servers:
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
