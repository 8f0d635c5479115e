#!/bin/bash
# fetch-qemu.sh 10|11 DIRECTORY [PACKAGE...]
#
# Unpacks a QEMU other than the installed one into DIRECTORY, installs nothing, and leaves a wrapper
# DIRECTORY/qemu-system-x86_64 there, which is written last: when it exists, all the rest does.
# Packages of the same QEMU that the tests do without can be added.
#
#   10: from the backports that data/setup.sh enabled; runs on this machine's own libraries.
#   11: from Debian testing on the mirror that apt already uses, with every library that it needs and
#       their own dynamic linker, since they are newer than this machine's.
set -euo pipefail

generation=${1:?which QEMU: 10 or 11}
target=${2:?where to}
[ -x "$target/qemu-system-x86_64" ] && exit 0

arch=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
packages=(qemu-system-x86 qemu-system-common qemu-system-data qemu-system-modules-opengl
	qemu-system-modules-spice seabios "${@:3}")
rm -rf "$target"
mkdir -p "$target/debs" "$target/root"
target=$(cd "$target" && pwd)

fail() {
	echo "fetch-qemu: $*" >&2
	exit 1
}

. "$(dirname "$0")/mirror.sh"

fetch_backports() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# Without the sandbox option root gets a warning about who owns the folder.
	(cd "$target/debs" && apt-get download -qq -o APT::Sandbox::User=root \
		"${packages[@]/%//$codename-backports}") || fail "no QEMU in $codename-backports"
}

# A package state of its own with nothing installed in it makes apt fetch the whole closure.
fetch_testing() {
	local apt=$target/apt uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	uri=$(mirror)
	[ -n "$uri" ] || fail "apt knows no Debian mirror"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	echo "deb [signed-by=$keyring] $uri testing main" >"$apt/sources.list"
	local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::PreferencesParts=/dev/null
		-o "Dir::State::Lists=$apt/lists" -o "Dir::State::Status=$apt/status"
		-o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o APT::Architecture="$arch"
		-o Acquire::Languages=none -o Acquire::Check-Valid-Until=false
		-o APT::Install-Recommends=false -o Debug::NoLocking=true)
	apt-get "${options[@]}" update || fail "no Debian testing on this mirror"
	apt-get "${options[@]}" --download-only -y install "${packages[@]}" || fail "no QEMU there"
	mv "$apt/cache/archives"/*.deb "$target/debs/"
	rm -rf "$apt"
}

write_wrapper() {
	local root=$target/root loader='' libraries
	local modules=$root/usr/lib/$multiarch/qemu
	libraries=$root/usr/lib/$multiarch
	[ -e "$modules/ui-dbus.so" ] || fail "the packages have no D-Bus display"
	if [ "$generation" = 11 ]; then
		# The loader's usual place is in /lib or /lib64, which only a merged /usr resolves.
		loader=$(find "$root" -name 'ld-linux*.so*' | head -n 1)
		[ -n "$loader" ] || fail "the packages have no dynamic linker"
		loader="'$loader' --library-path '$libraries'"
	fi
	cat >"$target/wrapper" <<-END
		#!/bin/sh
		export QEMU_MODULE_DIR='$modules'
		exec $loader '$root/usr/bin/qemu-system-x86_64' \\
			-L '$root/usr/share/qemu' -L '$root/usr/share/seabios' "\$@"
	END
	chmod +x "$target/wrapper"
	"$target/wrapper" -display help | grep -qx dbus || fail "what was unpacked does not run"
	mv "$target/wrapper" "$target/qemu-system-x86_64"
}

case $generation in
10) fetch_backports ;;
11) fetch_testing ;;
*) fail "which QEMU: 10 or 11, not $generation" ;;
esac
for deb in "$target"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$target/root"
done
rm -rf "$target/debs"
write_wrapper
