#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles alone.  CC and CPPFLAGS come from the environment (make lint); config.h is
# looked for in the build folder given as first argument.
set -eu
build=$(cd "${1:-.}" && pwd)
cd "$(dirname "$0")/../.."
rc=0
for h in $(git ls-files '*.h'); do
	# shellcheck disable=SC2086 # CPPFLAGS is a list of words
	${CC:-cc} ${CPPFLAGS:-} -I. -I"$build" -include config.h -D_GNU_SOURCE -std=c11 -fsyntax-only \
		-x c -include "$h" /dev/null || rc=1
done
exit $rc
