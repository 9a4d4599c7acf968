#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kokoctl(8) and the completion say what the command table says.  To renew them:
#   ./ctl_gen completion > ../conf/kokoctl.bash
#   ./ctl_gen man, between the marks in docs/man/kokoctl.8
set -eu
src=${srcdir:-..}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

./ctl_gen completion >"$tmp/completion"
diff -u "$src/conf/kokoctl.bash" "$tmp/completion"

./ctl_gen man >"$tmp/man"
sed -n '/begin of the commands/,/end of the commands/{/of the commands/d;p}' \
	"$src/docs/man/kokoctl.8" >"$tmp/man.tree"
diff -u "$tmp/man.tree" "$tmp/man"
