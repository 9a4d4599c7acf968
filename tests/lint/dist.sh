#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is in git is in the archive that `make dist` makes, but for what only a checkout needs.  The
# first argument is a build folder.
set -eu
build=$(cd "${1:-.}" && pwd)
cd "$(dirname "$0")/../.."
at=$build/dist-list
rm -rf "$at"
trap 'rm -rf "$at"' EXIT
make -s -C "$build" distdir distdir=dist-list >/dev/null
rc=0
for file in $(git ls-files | grep -vxE '\.ci/run|\.gitignore'); do
	[ -f "$at/$file" ] || {
		echo "$file is not in the archive: EXTRA_DIST of a Makefile.inc"
		rc=1
	}
done
exit "$rc"
