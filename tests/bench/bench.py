#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
The rows of docs/performance.md, measured with nntpload.

    bench.py run ENV.JSON [PATTERN]          against the site `bench` of a demo (start --bench)
    bench.py compare [--rounds N] [PATTERN]  kokod and INN started here, in turns; a Markdown table

PATTERN picks rows by their name.  $KOKO_BUILD is the folder with kokod and tests/bench/nntpload.
A row that names articles of an earlier one (dup) is measured after it; seeds differ by round, so
that every feed brings new articles.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from koko.demo import BENCH_CONF, BENCH_GROUPS, Demo
from koko.inn import Inn, unpack
from koko.site import Site, build_dir

READ = "read --seconds 6"
# name, nntpload command (%d: seed of the round), how the result is picked
ROWS = [
    # first, before the others leave memory to be used again
    ("idle reader, PSS kB", "idle --conns 100 --seconds 2", "pss_kb_per_conn"),
    ("idle reader over TLS, PSS kB", "idle --conns 100 --seconds 2 --tls", "pss_kb_per_conn"),
    ("feed, 1 connection, articles/s", "feed --count 30000 --seed 1%d", "accepted_per_s"),
    ("feed, 4 connections, articles/s", "feed --count 30000 --seed 4%d --conns 4",
     "accepted_per_s"),
    ("feed, 4 connections, server CPU µs/article",
     "feed --count 30000 --seed 5%d --conns 4", "cpu_us_per_article"),
    ("TAKETHIS only, 1 connection, articles/s", "feed --count 30000 --seed 7%d --takethis-only",
     "accepted_per_s"),
    ("TAKETHIS one at a time, p50 ms",
     "feed --count 3000 --seed 8%d --takethis-only --window 1", "takethis_us.p50"),
    ("TAKETHIS one at a time, p99 ms",
     "feed --count 3000 --seed 9%d --takethis-only --window 1", "takethis_us.p99"),
    ("dup, known, lookups/s", "dup --count 30000 --seed 1%d", "commands_per_s"),
    ("dup, unknown, lookups/s", "dup --count 30000 --seed 71%d", "commands_per_s"),
    ("read, 1 connection, commands/s", READ, "commands_per_s"),
    ("read, 8 connections, quickack, commands/s", READ + " --conns 8 --quickack",
     "commands_per_s"),
    ("read, 64 connections, commands/s", READ + " --conns 64", "commands_per_s"),
    ("ARTICLE p99 at 64 connections, ms", READ + " --conns 64", "article_num_us.p99"),
    ("OVER of 500, p50 ms", READ + " --quickack", "over_us.p50"),
    ("sessions/s", "read --conns 8 --seconds 5 --quickack --reconnect 1 --articles 1 --over 20",
     "connect_us.per_s"),
    ("sessions/s over TLS",
     "read --conns 8 --seconds 5 --quickack --reconnect 1 --articles 1 --over 20 --tls",
     "connect_us.per_s"),
    ("posts/s, 1 connection", "post --seed 11%d --conns 1 --count 8000 --size 1000 --seconds 6",
     "accepted_per_s"),
    ("posts/s, 8 connections", "post --seed 12%d --conns 8 --count 8000 --size 1000 --seconds 6",
     "accepted_per_s"),
    ("posts/s, 64 connections",
     "post --seed 13%d --conns 64 --count 20000 --size 1000 --seconds 6", "accepted_per_s"),
    ("accepted to visible, p50 ms",
     "visible --seed 14%d --count 200 --over 10 --size 2000 --quickack", "seen_in_overview_us.p50"),
]
LIMIT = 180


def nntpload(command, server):
    """One run: (JSON of the last line, None) or (None, what went wrong)."""
    port = server["nntps"] if "--tls" in command else server["nntp"]
    if port is None:
        return None, "no TLS port"
    tool = os.path.join(build_dir(), "tests", "bench", "nntpload")
    words = [tool, *command.split(), "--port", str(port), "--group-prefix", "kk.g",
             "--group-count", str(len(BENCH_GROUPS)), "--pid", str(server["pid"])]
    if command.startswith("post") and server.get("user"):
        words += ["--user", server["user"], "--pass", server["password"]]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT,
                              stdin=subprocess.DEVNULL)
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return None, f"more than {LIMIT} s"
    except (IndexError, ValueError):
        return None, (done.stderr.strip().splitlines() or ["no result"])[-1]
    if result.get("failed") or result.get("lost_connections"):
        return result, result.get("first_problem") or "connections lost"
    return result, None


def pick(result, how):
    """A figure of a result; times in ms."""
    if how == "cpu_us_per_article":
        return 1e6 * result["server_cpu_s"] / result["accepted"]
    value = result
    for key in how.split("."):
        value = value[key]
    return value / 1000 if how.split(".")[0].endswith("_us") and "per_s" not in how else value


def show(value):
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.2f}"


def measure(server, command, how):
    """(figure or None, problem or None)."""
    result, problem = nntpload(command, server)
    try:
        return (pick(result, how) if result else None), problem
    except (KeyError, TypeError, ZeroDivisionError):
        return None, problem or f"no {how} in the result"


def chosen(pattern):
    return [row for row in ROWS if re.search(pattern, row[0])]


def fill(command, n):
    return command % n if "%d" in command else command


# ---- against a demo ----

def run(env_file, pattern):
    with open(env_file, encoding="utf-8") as f:
        env = json.load(f)
    site = next((s for s in env["sites"] if s["name"] == "bench"), None)
    if site is None:
        sys.exit("no site `bench`: scripts/demo start --bench")
    server = {**site["ports"], "pid": site["pid"], "user": site["users"][0]["login"],
              "password": site["users"][0]["password"]}
    seed = os.getpid()
    bad = 0
    for name, command, how in chosen(pattern):
        value, problem = measure(server, fill(command, seed), how)
        bad += problem is not None
        print(f"{name:46} {show(value):>10}  {problem or ''}", flush=True)
    return 1 if bad else 0


# ---- beside INN ----

def start_kokod(folder):
    site = Site("bench", folder, more=BENCH_CONF)
    site.prepare()
    site.start()
    site.wait_ready()
    site.batch(Demo.bench_lines())
    return site, {**site.ports, "pid": site.pid, "user": "bench", "password": "bench"}


def start_inn(folder):
    root = unpack(os.path.join(build_dir(), "inn"), os.path.join(folder, "root"))
    inn = Inn(root, os.path.join(folder, "inn"), BENCH_GROUPS, storage="cnfs")
    inn.prepare()
    inn.start()
    return inn, {"feed": inn.port, "nntp": inn.port, "nntps": None, "pid": inn.pid,
                 "reader": inn.reader_port, "reader_pid": inn.processes[1].pid}


def for_command(server, command):
    """INN has one port for feeders and one for readers; each is a process of its own."""
    if "reader" not in server or command.startswith(("feed", "dup")):
        return server
    if command.startswith("visible"):
        return {**server, "read_port": server["reader"]}
    return {**server, "nntp": server["reader"], "pid": server["reader_pid"]}


def compare(rounds, pattern):
    """Medians of `rounds` runs, kokod and INN in turns, and their ratio."""
    folder = tempfile.mkdtemp(prefix="koko-bench-")
    site, ours = start_kokod(folder)
    inn, theirs = start_inn(folder)
    try:
        print("| measure | kokod | INN (CNFS, not durable) | ratio |\n|---|--:|--:|--:|")
        for name, command, how in chosen(pattern):
            figures = ([], [])
            for n in range(rounds):
                for server, list_ in zip((ours, theirs), figures):
                    here = for_command(server, command)
                    full = fill(command, n)
                    if "read_port" in here:
                        full += f" --read-port {here['read_port']}"
                    value, problem = measure(here, full, how)
                    if problem:
                        print(f"{name}: {problem}", file=sys.stderr)
                    if value is not None:
                        list_.append(value)
            a, b = (statistics.median(f) if f else None for f in figures)
            ratio = f"{a / b:.2f}" if a and b else "–"
            print(f"| {name} | {show(a)} | {show(b)} | {ratio} |", flush=True)
    finally:
        site.stop()
        inn.remove()
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("run")
    one.add_argument("env")
    one.add_argument("pattern", nargs="?", default="")
    two = verbs.add_parser("compare")
    two.add_argument("--rounds", type=int, default=3)
    two.add_argument("pattern", nargs="?", default="")
    args = parser.parse_args()
    return run(args.env, args.pattern) if args.verb == "run" \
        else compare(args.rounds, args.pattern)


if __name__ == "__main__":
    sys.exit(main())
