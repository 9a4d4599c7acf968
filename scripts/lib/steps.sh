# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by scripts/check and scripts/demo: a step is one line with its time, details go to a log.
# The caller sets `logs`, a folder.
: "${logs:?}"

# step NAME COMMAND...: run, keep the output in $logs/NAME.log; on failure show its last 30 lines.
step() {
	step_name=$1
	shift
	step_start=$(date +%s)
	step_rc=0
	"$@" >"$logs/$step_name.log" 2>&1 </dev/null || step_rc=$?
	step_time=$(($(date +%s) - step_start))
	if [ "$step_rc" -eq 0 ]; then
		printf '%-22s ok      %4d s\n' "$step_name" "$step_time"
		return 0
	fi
	printf '%-22s FAILED  %4d s\n' "$step_name" "$step_time"
	tail -n 30 "$logs/$step_name.log" | sed 's/^/    /'
	echo "    (all of it: $logs/$step_name.log)"
	return "$step_rc"
}

# no_depfiles DIR: an empty list of headers for each source, as configure would write it with three
# processes a file: half of its time.
no_depfiles() {
	git ls-files '*.c' 2>/dev/null | while read -r c; do
		at=$1/${c%/*}/.deps
		[ -d "$at" ] || mkdir -p "$at"
		c=${c##*/}
		echo '# dummy' >"$at/${c%.c}.Po"
	done
}

# configure_in DIR OPTION...: make configure if it is missing, configure DIR if it is new or the
# options changed.  Works from the top of the tree.
configure_in() (
	into=$1
	shift
	[ -x configure ] || autoreconf -fi || exit
	[ -d "$into" ] || no_depfiles "$into"
	mkdir -p "$into" && cd "$into" || exit
	if [ -f Makefile ] && [ "$(cat .options 2>/dev/null)" = "$*" ]; then
		exit 0
	fi
	../configure "$@" && echo "$*" >.options
)
