#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
Run test programs, two at a time, those with the greatest limit first, and add up what they say.

    run.py [--level fast|plain|nightly] [--build DIR] [--jobs N] [--logs DIR] [PATH...]

A PATH is a test or a folder, of which test_* are taken; without one tests/{net,clients,crash}.  A
test is any program: exit 0 passed, 77 skipped, else failed; when its last line is `N passed, N
failed, N skipped`, these count instead.
Comment lines at its top may say

    # level: fast | plain | nightly      the least level that runs it (plain)
    # limit: SECONDS                     then it is killed with all it started (120)
    # alone                              not beside another test

The last line is the sum.  Tests find the programs in $KOKO_BUILD, the level in $KOKO_LEVEL, a folder
of their own in $TMPDIR, which is removed after them, and one for what shall stay in $KOKO_LOGS.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

LEVELS = ("fast", "plain", "nightly")
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
TAIL = 30
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


class Test:
    def __init__(self, path):
        self.path = path
        self.name = os.path.relpath(path)
        with open(path, encoding="utf-8", errors="replace") as f:
            head = "".join(f.readlines()[:40])
        self.level = self._mark(head, "level", "plain")
        self.limit = int(self._mark(head, "limit", "120"))
        self.alone = re.search(r"^# alone$", head, re.M) is not None

    @staticmethod
    def _mark(head, key, default):
        found = re.search(rf"^# {key}: (\S+)", head, re.M)
        return found.group(1) if found else default

    def run(self, logs):
        """(passed, failed, skipped), seconds, path of the log."""
        scratch = tempfile.mkdtemp(prefix="koko-test-")
        log = os.path.join(logs, self.name.replace("/", "-") + ".log")
        start = time.monotonic()
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [self.path], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, "TMPDIR": scratch})
            try:
                rc = process.wait(self.limit)
            except subprocess.TimeoutExpired:
                rc = None
                out.write(f"\nkilled after {self.limit} s\n".encode())
        clean_up(process.pid, scratch)
        return self._count(rc, log), time.monotonic() - start, log

    @staticmethod
    def _count(rc, log):
        with open(log, encoding="utf-8", errors="replace") as f:
            last = (f.read().rstrip().splitlines() or [""])[-1]
        said = TOTALS.match(last)
        if said and rc is not None:
            passed, failed, skipped = (int(n) for n in said.groups())
            return passed, failed or (1 if rc not in (0, 77) else 0), skipped
        return {0: (1, 0, 0), 77: (0, 0, 1)}.get(rc, (0, 1, 0))


def clean_up(session, scratch):
    """Kill what a test left behind: its own session, and whoever inherited its $TMPDIR."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                its_session = int(f.read().rsplit(")", 1)[1].split()[3])
            with open(f"/proc/{pid}/environ", "rb") as f:
                inherited = scratch.encode() in f.read()
            if its_session == session or inherited:
                os.kill(int(pid), signal.SIGKILL)
        except OSError:
            continue
    shutil.rmtree(scratch, ignore_errors=True)


def find(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield os.path.abspath(path)
            continue
        for name in sorted(os.listdir(path)):
            full = os.path.join(os.path.abspath(path), name)
            if name.startswith("test_") and os.access(full, os.X_OK):
                yield full


def report(test, counts, seconds, log):
    word = "FAILED" if counts[1] else "ok" if counts[0] else "skipped"
    print(f"{test.name:40} {word:8} {seconds:6.1f} s", flush=True)
    if word == "ok":
        return
    with open(log, encoding="utf-8", errors="replace") as f:
        lines = f.read().rstrip().splitlines()
    for line in lines[-1 if word == "skipped" else -TAIL:]:
        print("    " + line)
    if word == "FAILED":
        print(f"    (all of it: {log})", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--level", choices=LEVELS, default="plain")
    parser.add_argument("--build", default=os.environ.get("KOKO_BUILD", "build"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--logs")
    parser.add_argument("paths", nargs="*")
    args = parser.parse_args()

    build = os.path.abspath(args.build)
    logs = args.logs or os.path.join(build, "test-logs")
    os.makedirs(logs, exist_ok=True)
    os.environ["KOKO_BUILD"] = build
    os.environ["KOKO_LEVEL"] = args.level
    os.environ["KOKO_LOGS"] = os.path.abspath(logs)
    os.environ["PYTHONPATH"] = os.path.join(TOP, "scripts", "lib")

    level = LEVELS.index(args.level)
    paths = args.paths or [os.path.join(TOP, "tests", d) for d in ("net", "clients", "crash")]
    tests = [t for t in map(Test, find(paths)) if LEVELS.index(t.level) <= level]
    tests.sort(key=lambda t: -t.limit)
    sums = [0, 0, 0]

    lock = threading.Lock()

    def one(test):
        counts, seconds, log = test.run(logs)
        with lock:
            report(test, counts, seconds, log)
            for i in range(3):
                sums[i] += counts[i]

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as crew:
        list(crew.map(one, [t for t in tests if not t.alone]))
    for test in (t for t in tests if t.alone):
        one(test)
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    sys.exit(1 if sums[1] else 0)


if __name__ == "__main__":
    main()
