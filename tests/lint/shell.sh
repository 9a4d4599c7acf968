#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Shell scripts pass shellcheck, Python files compile.
set -eu
cd "$(dirname "$0")/../.."
git ls-files | while read -r f; do
	case $(head -c 64 "$f" | head -n 1 | tr -d '\0') in
	'#!'*sh) echo "$f" ;;
	esac
done | xargs shellcheck -x
git ls-files '*.py' | xargs /usr/bin/python3 -c '
import ast, sys
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        ast.parse(f.read(), name)
'
