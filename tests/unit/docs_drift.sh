#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/tests.md and docs/limits.md name cases and constants: they are there.
#   `tests/FILE` or `tests/FILE: CASE, CASE`     a file, and words in it
#   `NAME_IN_CAPITALS`                           a constant of the source
set -eu
src=${srcdir:-..}
cd "$src"
failed=0

complain() {
	echo "$1 names $2, which is not there"
	failed=1
}

# the words in capitals of the source, sorted
constants=$(mktemp)
trap 'rm -f "$constants"' EXIT
grep -rhowE '[A-Z]+_[A-Z_]+' --include='*.[ch]' proto storage daemon | sort -u >"$constants"

# has_case FILE CASE: as a function of that name
has_case() {
	grep -qE "(static void|def) $2\(" "$1"
}

# shellcheck disable=SC2016 # backquotes of Markdown
check_cases() {
	grep -oE '`tests/[^` ]*\.(py|c|t|sh)(: [a-z0-9_, ]+)?`' "$1" | tr -d '`' |
		while IFS=: read -r file cases; do
			[ -f "$file" ] || echo "$file"
			for name in $(echo "$cases" | tr ',' ' '); do
				has_case "$file" "$name" || echo "$file:$name"
			done
		done
}

# shellcheck disable=SC2016 # likewise
check_constants() {
	grep -oE '`[A-Z]+_[A-Z_]+`' "$1" | tr -d '`' | sort -u | comm -23 - "$constants"
}

for doc in docs/tests.md docs/limits.md; do
	for missing in $(check_cases "$doc") $(check_constants "$doc"); do
		complain "$doc" "$missing"
	done
done

# Each setting of these blocks bounds something.
check_settings() {
	grep -oE '"(limits|store)\.[a-z-]+"' conf/conf_schema.c | tr -d '"' | while read -r key; do
		grep -qF "\`$key\`" docs/limits.md || echo "$key"
	done
}

for missing in $(check_settings); do
	echo "docs/limits.md does not name $missing"
	failed=1
done
exit "$failed"
