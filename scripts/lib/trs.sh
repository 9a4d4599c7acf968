#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Add up the results of `make check` in a build folder: its last line `N passed, N failed, N skipped`.
set -eu
find "$1" -name '*.trs' -exec sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' {} + | awk '
	$1 == "PASS" || $1 == "XFAIL" { passed++ }
	$1 == "FAIL" || $1 == "ERROR" || $1 == "XPASS" { failed++ }
	$1 == "SKIP" { skipped++ }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
'
