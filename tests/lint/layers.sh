#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each folder includes only what its row in layers.txt allows; prints every path:line outside it.
# Also: `default:` is not looked at here, includes with .. are never allowed.
set -eu
cd "$(dirname "$0")/../.."

git ls-files '*.c' '*.h' | grep -v '^tests/bench/' | xargs grep -Hn '^[[:space:]]*#[[:space:]]*include' |
	awk '
	# layers.txt: row[folder] = allowed prefixes
	FNR == NR {
		if ($1 == "" || $1 ~ /^#/)
			next
		name = $1
		$1 = ""
		row[name] = $0
		next
	}

	function allowed(list, what,   n, i, want) {
		n = split(list, want, " ")
		for (i = 1; i <= n; i++)
			if (index(what, want[i]) == 1)
				return 1
		return 0
	}

	{
		split($0, at, ":")
		path = at[1]
		what = $0
		sub(/^[^#]*#[[:space:]]*include[[:space:]]*/, "", what)
		if (what ~ /^"/) {
			sub(/^"/, "", what)
			sub(/".*/, "", what)
		} else
			sub(/>.*/, ">", what)
		folder = path
		do
			sub(/\/?[^\/]*$/, "", folder)
		while (folder != "" && !(folder in row))
		ok = folder in row && allowed(row[folder], what)
		ok = ok || allowed(row["@plain"], what)
		if (folder !~ /^proto/)
			ok = ok || allowed(row["@system"], what)
		if (!ok || what ~ /\.\.\//) {
			print path ":" at[2] ": " folder " may not include " what
			bad = 1
		}
	}
	END { exit bad }
	' tests/lint/layers.txt -
