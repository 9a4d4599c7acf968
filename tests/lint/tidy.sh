#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# clang-tidy over every C file, two at a time, with the checks of .clang-tidy.  A file whose
# preprocessed text was clean before is not looked at again: the sums lie in the build folder.
#
#   tidy.sh BUILD-DIR [FILE...]
#
# $CHECKS goes behind those of .clang-tidy: `-clang-analyzer-*` leaves out what takes nine tenths of
# the time.
set -eu
build=$(cd "${1:-.}" && pwd)
[ $# -eq 0 ] || shift
cd "$(dirname "$0")/../.."
sums=$build/.tidy
mkdir -p "$sums"
[ $# -gt 0 ] || {
	# shellcheck disable=SC2046 # file names of this tree hold no blanks
	set -- $(git ls-files '*.c' | grep -v '^tests/bench/')
}
export build sums

# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\n' "$@" | xargs -P "${JOBS:-2}" -n 1 sh -c '
	flags="-std=c11 -I. -I$build -include config.h -D_GNU_SOURCE"
	q="\\\"\\\""
	defs="-DLOCALEDIR=$q -DSYSCONFDIR=$q -DLOCALSTATEDIR=$q -DRUNDIR=$q"
	case $1 in tests/fuzz/*) defs="$defs -DFUZZ" ;; esac
	sum=$( {
		cat .clang-tidy
		echo "${CHECKS:-}"
		eval "${CC:-cc} -E $flags $defs" "$1"
	} | sha256sum | cut -c1-64)
	[ ! -e "$sums/$sum" ] || exit 0
	tidy="${CLANG_TIDY:-clang-tidy} --quiet --checks=\"${CHECKS:-}\""
	out=$(eval "$tidy" "$1" -- "$flags $defs" 2>/dev/null) || {
		printf "%s\n" "$out" | grep -A 3 -E "(error|warning):"
		exit 1
	}
	: >"$sums/$sum"
' tidy
