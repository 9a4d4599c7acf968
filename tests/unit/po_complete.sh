#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every message of the tools stands in the German catalogue.
set -eu
src=${srcdir:-..}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

command -v xgettext >/dev/null || exit 77
cd "$src"
grep -v '^#' po/POTFILES.in | xgettext --keyword=_ --keyword=N_ --from-code=UTF-8 \
	--files-from=- --output="$tmp/koko.pot"
msgcmp po/de.po "$tmp/koko.pot"
msgfmt --check --output-file=/dev/null po/de.po
