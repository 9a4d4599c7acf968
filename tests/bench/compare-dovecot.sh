#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kokod and Dovecot in turns, as a table: compare-dovecot.sh [--rounds N] [--messages N] [PATTERN]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
export PYTHONPATH="$top/scripts/lib" KOKO_BUILD="${KOKO_BUILD:-$top/build-demo}"
make -s -C "$KOKO_BUILD" tests/bench/imapload
exec /usr/bin/python3 "$top/tests/bench/bench_imap.py" "$@"
