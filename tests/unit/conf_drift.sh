#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sample file and manual say what the parser's rows say.  To renew them:
#   ./conf_gen sample > ../conf/kokod.conf.sample
#   ./conf_gen man, between the marks in docs/man/kokod.conf.5
set -eu
src=${srcdir:-..}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

./conf_gen sample >"$tmp/sample"
diff -u "$src/conf/kokod.conf.sample" "$tmp/sample"

./conf_gen man >"$tmp/man"
sed -n '/begin of the rows/,/end of the rows/{/of the rows/d;p}' \
	"$src/docs/man/kokod.conf.5" >"$tmp/man.tree"
diff -u "$tmp/man.tree" "$tmp/man"
