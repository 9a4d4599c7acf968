#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install the Debian packages of the named lists (scripts/lib/deps/NAME.list) that are missing.
#
#   deps.sh build demo      nothing missing: no root needed, nothing said
#   KOKO_NO_APT=1           only name what is missing, and fail
#
# The lists hold no daemons: a package that starts a server at installation has no place here.
set -eu

lists=$(dirname "$0")/deps

wanted() {
	for set in "$@"; do
		sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$lists/$set.list"
	done | sort -u
}

missing() {
	wanted "$@" | while read -r name; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[ "$state" = installed ] || echo "$name"
	done
}

command -v dpkg-query >/dev/null || {
	echo "deps: not a Debian system; install the libraries named in docs/dependencies.md" >&2
	exit 69
}
todo=$(missing "$@" | tr '\n' ' ')
name_mail=
if wanted "$@" | grep -qx tin && [ ! -s /etc/mailname ]; then
	name_mail=1 # without a name of the machine tin offers no posting
fi
[ -n "$todo$name_mail" ] || exit 0

if [ -n "${KOKO_NO_APT:-}" ]; then
	echo "deps: missing: $todo${name_mail:+/etc/mailname}" >&2
	exit 69
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: run as root once: $0 $*" >&2
		exit 77
	}
	sudo=sudo
fi

if [ -n "$name_mail" ]; then
	echo "writes /etc/mailname: $(uname -n)"
	uname -n | $sudo tee /etc/mailname >/dev/null
fi
[ -n "$todo" ] || exit 0

# shellcheck disable=SC2086 # todo is a list of words
set -- $todo
echo "installs $# packages: $*"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
	$sudo debconf-set-selections "$lists/answers" &&
		$sudo apt-get update &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
			-o DPkg::Lock::Timeout=300 "$@"
} >"$log" 2>&1 </dev/null || {
	tail -n 30 "$log" >&2
	echo "deps: apt-get failed" >&2
	exit 1
}
