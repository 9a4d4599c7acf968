#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: nightly
# limit: 1200
# alone
"""
A million articles in one group change neither start-up nor the first look into the group: after a
restart the daemon is ready as soon as an empty one, and GROUP and OVER of the last 500 take under
20 ms each.  KOKO_MANY for another number.
"""

import os
import statistics
import time

from koko import lab
from koko.nntp import Nntp

MANY = int(os.environ.get("KOKO_MANY", "1000000"))
ROUNDS = 5
READ_LIMIT_S = 0.020
START_LIMIT_S = 1.0
OPEN = "transit {\n	open-loopback = on\n}\n"


def restart(site):
    """Seconds from start until the ports answer."""
    site.stop(limit=60)
    begun = time.monotonic()
    site.start()
    site.wait_ready()
    return time.monotonic() - begun


def look(site, want):
    """Seconds of GROUP and of OVER, the first commands of a fresh reader."""
    with site.reader("anke", lab.PASSWORD) as conn:
        begun = time.monotonic()
        count, _, high = map(int, conn.cmd(f"GROUP {lab.GROUP}", "211").split()[1:4])
        group_s = time.monotonic() - begun
        assert count == want, (count, want)
        begun = time.monotonic()
        conn.cmd(f"OVER {high - 499}-{high}", "224")
        lines = conn.block()
        return group_s, time.monotonic() - begun, len(lines)


def test_million():
    site = lab.start_site(more=OPEN)
    empty = statistics.median(restart(site) for _ in range(ROUNDS))
    lab.run(os.path.join(site.build, "tests/bench/nntpload"), "feed", "--port",
            str(site.ports["nntp"]), "--groups", lab.GROUP, "--count", str(MANY), "--size", "200",
            "--takethis-only", "--conns", "4", "--window", "256", limit=1000)
    starts, groups, overs = [], [], []
    for _ in range(ROUNDS):
        starts.append(restart(site))
        group_s, over_s, lines = look(site, MANY)
        assert lines == min(500, MANY), lines
        groups.append(group_s)
        overs.append(over_s)
    full = statistics.median(starts)
    print(f"{MANY} articles: ready after {full:.3f} s (empty {empty:.3f} s), "
          f"GROUP {max(groups) * 1000:.2f} ms, OVER of 500 {max(overs) * 1000:.2f} ms at most")
    assert full < max(START_LIMIT_S, 2 * empty), (full, empty)
    assert max(groups) < READ_LIMIT_S and max(overs) < READ_LIMIT_S, (groups, overs)
    site.stop()


if __name__ == "__main__":
    lab.run_cases([test_million])
