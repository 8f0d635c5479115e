#!/bin/bash
# data/setup.sh [build|demo|test|bench]
#
# Installs what is missing, by apt, and is silent when nothing is. On Debian 12 the few packages that
# are too old there come from backports, on the mirror that apt already uses.
#
#   build   what meson needs (the default)
#   demo    that, and QEMU
#   test    that, and everything that tests/run.sh needs
#   bench   that, and the other viewers that tests/bench/run.sh compares with
set -euo pipefail

goal=${1:-build}
backports_file=/etc/apt/sources.list.d/vitrine-backports.sources

# name, or name>=version where an older one will not do
build=(
	build-essential meson ninja-build pkgconf scdoc
	libsystemd-dev libseccomp-dev libjson-c-dev libpixman-1-dev libdeflate-dev libpng-dev
	'libdrm-dev>=2.4.123' # of one version with the libdrm2 that Mesa >= 25 brings
	'libwayland-dev>=1.23' 'wayland-protocols>=1.43'
	libegl-dev libgles-dev
	'libgbm-dev>=25' 'libegl-mesa0>=25' # of one version with the libgbm1 that Mesa >= 25 brings
	libxkbcommon-dev xkb-data libinput-dev libudev-dev
	libdecor-0-dev libdecor-0-plugin-1-cairo
	libpango1.0-dev libcairo2-dev libfontconfig-dev fonts-dejavu-core
)
demo=(qemu-system-x86 seabios)
# Mesa >= 25 is the first whose software renderer takes a memfd for a dma-buf.
test=(
	libcmocka-dev binutils python3 dbus-daemon valgrind procps util-linux
	glslang-tools 'weston>=14' 'libgl1-mesa-dri>=25' 'libegl-mesa0>=25' 'libgbm1>=25' libepoxy0
	mmdebstrap debian-archive-keyring cpio e2fsprogs # what tests/rig makes its machine with
	ovmf tesseract-ocr # a machine with screens to drive, and what reads them
)
bench=(linux-perf strace sway virt-viewer qemu-system-gui)
case $goal in
build) wanted=("${build[@]}") ;;
demo) wanted=("${build[@]}" "${demo[@]}") ;;
test) wanted=("${build[@]}" "${demo[@]}" "${test[@]}") ;;
bench) wanted=("${build[@]}" "${demo[@]}" "${test[@]}" "${bench[@]}") ;;
*)
	echo "usage: $0 [build|demo|test|bench]" >&2
	exit 2
	;;
esac

say() {
	echo "setup: $*" >&2
}

fail() {
	say "$*"
	exit 1
}

if ! command -v apt-get >/dev/null; then
	say "installs packages only where there is apt. Debian's names of what is needed here:"
	say "${wanted[*]}"
	exit 0
fi

# satisfied PACKAGE-SPEC VERSION: whether that version (empty: none) is enough
satisfied() {
	local bound=${1#*>=}
	[ -n "$2" ] && { [ "$bound" = "$1" ] || dpkg --compare-versions "$2" ge "$bound"; }
}

installed_version() {
	{ dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2>/dev/null || true; } |
		sed -n 's/^ii //p' | head -n 1
}

candidate_version() {
	apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -vx '(none)' || true
}

list_missing() {
	local spec
	for spec in "${wanted[@]}"; do
		satisfied "$spec" "$(installed_version "${spec%%>=*}")" || echo "$spec"
	done
}

mapfile -t missing < <(list_missing)
# In Debian 12 QEMU's main packages hold its D-Bus display; later it is in one that is only recommended.
lacks_display() {
	[ "$goal" != build ] && ! qemu-system-x86_64 -display help 2>/dev/null | grep -qx dbus
}

[ ${#missing[@]} -gt 0 ] || lacks_display || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || fail "these packages are missing, and installing them takes" \
		"root: ${missing[*]}. Run $0 $goal as root, or install sudo."
	say "asks for root to install: ${missing[*]}"
	root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1 || {
		cat "$log" >&2
		fail "apt-get $1 failed; its words are above"
	}
}

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

backports_enabled() {
	apt-get indextargets --format '$(CODENAME) $(RELEASE)' 'Created-By: Packages' |
		grep -qw "$codename-backports"
}

# The mirror and its key as apt has them for the release itself: the mirror from apt's own list, the
# key from the entry that apt says it comes from ("file:number").
enable_backports() {
	local uri entry file number key
	read -r uri entry < <(apt-get indextargets --format '$(REPO_URI) $(SOURCESENTRY)' \
		'Created-By: Packages' "Codename: $codename" 'Component: main' | grep -v -- -security) ||
		fail "apt knows no mirror of Debian $codename"
	file=${entry%:*}
	number=${entry##*:}
	case $file in
	*.sources) # the number counts stanzas; the key may be a path, or stand there itself
		key=$(awk -v RS= -v n="$number" 'NR == n' "$file" |
			awk '/^[^ #]/ { on = tolower($1) == "signed-by:" } on') ;;
	*) # the number counts lines
		key=$(sed -n "${number}s/.*\[[^]]*signed-by=\([^] ]*\).*/Signed-By: \1/p" "$file") ;;
	esac
	say "enables $codename-backports in $backports_file"
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$codename-backports"
		[ -z "$key" ] || printf '%s\n' "$key"
	} | "${root[@]}" tee "$backports_file" >/dev/null
	apt_get update
}

say "installs what is missing: ${missing[*]}"
apt_get update
from_backports=()
packages=()
for spec in "${missing[@]}"; do
	name=${spec%%>=*}
	candidate=$(candidate_version "$name")
	if satisfied "$spec" "$candidate"; then
		packages+=("$name")
	elif [ "$codename" = bookworm ]; then
		from_backports+=("$name")
	else
		fail "needs $spec, and apt offers ${candidate:-none}. Debian 12 and 13 have it."
	fi
done
if [ ${#from_backports[@]} -gt 0 ]; then
	backports_enabled || enable_backports
	packages+=("${from_backports[@]/%//$codename-backports}")
fi
# The display has to be of the same version as the QEMU that is, or will be, installed.
if lacks_display; then
	qemu=$(installed_version qemu-system-x86)
	display=$(candidate_version qemu-system-modules-opengl)
	if [ -n "$display" ] && [ "$display" = "${qemu:-$(candidate_version qemu-system-x86)}" ]; then
		packages+=(qemu-system-modules-opengl)
	fi
fi
apt_get install -y --no-install-recommends --no-remove "${packages[@]}"
mapfile -t missing < <(list_missing)
[ ${#missing[@]} -eq 0 ] || fail "still missing: ${missing[*]}"
! lacks_display || fail "this QEMU has no D-Bus display, and apt offers no module of its version"
