#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 1200
"""The federation by simulation: 1,000 short seeds and one of 53 daemons; more at night.

KOKO_SEEDS says how many, KOKO_SEED where they begin.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/lib"))

from koko import lab  # noqa: E402

SIM = os.path.join(os.environ.get("KOKO_BUILD", "."), "tests/sim/sim_run")
NIGHT = os.environ.get("KOKO_LEVEL") == "nightly"
FIRST = int(os.environ.get("KOKO_SEED", "1"))

# Seeds that once broke a promise, and the kinds of steps that it took.
RARE = [
    ("", (1465, 2025, 7959, 10065, 12979, 14424, 15547, 16025, 16443, 17681)),
    ("", (4697, 6174, 7496, 8570, 19773, 20761, 39724, 40957, 41945)),
    ("-o equivocate=10", (37, 249, 273, 447, 681)),
    ("-o equivocate=20", (67, 250, 310, 466, 828, 1173, 1342, 1486, 1654, 2480)),
    ("-o equivocate=20", (2829,)),
    ("-o equivocate=20 -o restore=6 -o rot=0 -o forkrecord=0",
     (252, 458, 658, 779, 1054, 1333, 1769, 1775, 2540, 2595, 2945, 2974, 3092, 3296, 3466, 3550, 4164,
      4528, 4544, 4558, 6386)),
    ("-o equivocate=5 -o restore=6 -o rot=0 -o forkrecord=0", (296, 1111, 1195, 1424, 1632, 1809)),
    ("-o equivocate=20 -o restore=10 -o rot=0 -o forkrecord=0 -o membership=8", (2028, 4042, 5302)),
    ("-o hidden=60 -o snapshot=5", (5448, 5597, 5991)),
    ("-o restore=0 -o equivocate=0 -o membership=0 -o forkrecord=6", (188, 326, 434, 487, 800, 818)),
    ("-o restore=0 -o equivocate=0 -o membership=0 -o forkrecord=15", (410, 538, 692)),
    ("-o restore=0 -o equivocate=0 -o membership=25 -o forkrecord=10", (61, 98, 730, 853, 950, 1190)),
]


def runs(*args, limit=1100):
    done = subprocess.run([SIM, *map(str, args)], stdout=subprocess.PIPE, text=True, timeout=limit)
    print(done.stdout, end="")
    assert done.returncode == 0, f"sim_run {args} ended with {done.returncode}"
    return done.stdout


def short_seeds():
    runs(FIRST, int(os.environ.get("KOKO_SEEDS", 50000 if NIGHT else 1000)))


def rare_seeds():
    for options, seeds in RARE:
        for seed in seeds:
            runs(*options.split(), seed)


def both():
    """Restored backups and origins that sign twice: the short seeds leave the two together out."""
    runs("-o", "equivocate=20", "-o", "restore=3", "-o", "rot=0", "-o", "forkrecord=0", 229, 250)


def two_records():
    """Owners that sign two records with one serial, more often; and members come and go meanwhile."""
    plain = ("-o", "restore=0", "-o", "equivocate=0")
    runs(*plain, "-o", "membership=0", "-o", "forkrecord=15", 1, 200)
    runs(*plain, "-o", "membership=25", "-o", "forkrecord=10", 100, 100)


def seven_parts():
    """Each of seven alone, healed two parts at a time in any order: reliability, row 57."""
    out = runs("-d", 7, "-o", "shatter=5", FIRST, 100)
    alone = re.search(r"^(\d+) times each was alone$", out, re.MULTILINE)
    assert alone and int(alone[1]) >= 100, "they were not alone"


def fifty_three():
    runs("-d", 53, "-s", 200, FIRST)


def four_hundred():
    if not NIGHT:
        raise lab.Skip("at night")
    runs("-d", 400, "-s", 200, FIRST)


if __name__ == "__main__":
    lab.run_cases([short_seeds, rare_seeds, both, two_records, seven_parts, fifty_three] + ([four_hundred] if NIGHT else []))
