#!/bin/bash
# tests/run.sh [--long] [NAME...]
#
# Installs what the tests need, builds, and runs every test, or those with a NAME in their name.
# The last line counts them. --long adds what takes longer: QEMU 11 from Debian testing, valgrind
# with each QEMU and not one alone, the long soak and hostile VM, and the rig's kills, guests and
# others.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
	echo "usage: tests/run.sh [--long] [NAME...]" >&2
	exit 2
}

long=
names=()
for argument; do
	case $argument in
	--long) long=1 ;;
	-*) usage ;;
	*) names+=("$argument") ;;
	esac
done

data/setup.sh test

# A second QEMU beside the installed one: 7.2 and 10.0 speak differently. Where it can not be had, the
# tests for it skip, and say so.
installed=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$installed" = 10 ] || tests/lib/fetch-qemu.sh 10 tests/.cache/qemu-10 || true
[ -z "$long" ] || tests/lib/fetch-qemu.sh 11 tests/.cache/qemu-11 || true

# Folders of their own: build/ may be anybody's, with any options.
build() {
	local folder=$1
	shift
	[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >/dev/null || {
		cat "$folder/meson-logs/meson-log.txt"
		exit 1
	}
	ninja -C "$folder" --quiet
}
build build-test
build build-asan -Db_sanitize=address,undefined -Db_lundef=false

# The system's Python, whatever else a user has on the path.
exec /usr/bin/python3 -B tests/lib/suite.py ${long:+--long} "${names[@]}"
