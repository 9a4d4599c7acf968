#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every row of docs/performance.md against the site `bench` of a demo: run.sh [ENV.JSON [PATTERN]]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
export PYTHONPATH="$top/scripts/lib" KOKO_BUILD="${KOKO_BUILD:-$top/build-demo}"
make -s -C "$KOKO_BUILD" tests/bench/nntpload
[ $# -gt 0 ] || set -- "$KOKO_BUILD/demo/env.json"
exec /usr/bin/python3 "$top/tests/bench/bench.py" run "$@"
