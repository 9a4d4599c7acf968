#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every C file stands as .clang-format wants it; copied tools in tests/bench keep their own style.
set -eu
cd "$(dirname "$0")/../.."
git ls-files '*.c' '*.h' | grep -v '^tests/bench/' |
	xargs "${CLANG_FORMAT:-clang-format}" --dry-run -Werror
