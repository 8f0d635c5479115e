#!/bin/bash
# tests/rig/build-root.sh [--long]
#
# Makes what the rig's machine runs, unless it is there already: a Debian 13 root file system as a folder
# to build in (root/), the same as a disk image (disk.ext4), its kernel and an initial RAM disk. Its
# last line on stdout is the folder that holds them. --long makes another one, which has more in it.
#
# The folder is in ${XDG_CACHE_HOME:-~/.cache}/vitrine-rig and named after what goes into it, so that a
# change here or to what the viewer needs makes a new one. About 2 minutes and 3 GiB; older ones may
# be deleted at any time. Exit status 77, and why: it can not be made on this machine.
set -euo pipefail
cd "$(dirname "$0")"

can_not() {
	echo "$*" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || can_not "the rig's root file system is made, and built in, as root"
for tool in mmdebstrap mke2fs cpio flock unshare; do
	command -v $tool >/dev/null || can_not "no $tool here; data/setup.sh test installs it"
done

unshare --mount true 2>/dev/null || can_not "mounting is not permitted here"

suite=trixie
packages=(
	linux-image-amd64 tiny-initramfs-core udev kmod busybox-static procps dbus-daemon qemu-guest-agent
	libgl1-mesa-dri libegl1 libgles2 libgbm1
	qemu-system-x86 qemu-system-modules-opengl seabios
	weston mutter mutter-common-bin kwin-wayland sway labwc seatd python3-gi
)
kind=short
if [ "${1-}" = --long ]; then
	packages+=(gnome-shell qemu-system-gui) # the latter for vhost-user-gpu
	kind=long
fi

# Of the list of packages only what the viewer is built with goes into the name.
hash=$({ echo "$kind" && sed -n '/^build=/,/^)/p' ../../data/setup.sh && cat build-root.sh init; } |
	sha256sum | cut -c 1-12)
target=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine-rig/$kind-$hash
mkdir -p "${target%/*}"
exec 9>"$target.lock"
flock 9
if [ -e "$target/complete" ]; then
	echo "$target"
	exit 0
fi

. ../lib/mirror.sh
mirror=$(mirror)
[ -n "$mirror" ] || can_not "apt knows no Debian mirror on this machine"

rm -rf --one-file-system "$target"
mkdir "$target"
log=$target/log
trap '[ -e "$target/complete" ] || { tail -n 30 "$log"; echo "all of it: $log"; } >&2' EXIT

root=$target/root
# What is mounted in the root while it is made is not to be seen outside, nor left behind. The same
# script that installs what the viewer is built with on any other machine does it in there.
unshare --mount --propagation private mmdebstrap --mode=root --variant=apt --format=directory \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
	--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$(IFS=,; echo "${packages[*]}")" \
	--customize-hook='copy-in ../../data/setup.sh /tmp' \
	--customize-hook='chroot "$1" /tmp/setup.sh build' \
	"$suite" "$root" "deb $mirror $suite main" >"$log" 2>&1
install -D init "$root/rig/init"

version=$(basename "$root"/usr/lib/modules/*)
cp "$root/boot/vmlinuz-$version" "$target/kernel"

# ramdisk FILE MODULE...: with busybox and the modules, in the order in which they need each other;
# its init script comes from stdin.
ramdisk() {
	local file=$1 folder=$target/ramdisk n=0 module
	shift
	mkdir -p "$folder"/{bin,modules,dev,proc,sys,root}
	cp "$root/usr/bin/busybox" "$folder/bin/"
	chroot "$root" modprobe --set-version "$version" --show-depends --all "$@" |
		sed -n 's/^insmod //p' | awk '!seen[$0]++' | while read -r module _; do
		n=$((n + 1))
		xz -dc "$root/$module" >"$folder/modules/$(printf %02d $n).ko"
	done
	cat >"$folder/init"
	chmod +x "$folder/init"
	(cd "$folder" && find . | cpio --quiet -o -H newc | gzip -1) >"$file"
	rm -rf "$folder"
}

# Of the machine: mounts the disk.
ramdisk "$target/initrd" virtio_pci virtio_blk crc32c_generic ext4 <<'END'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do busybox insmod "$module"; done
until [ -e /dev/vda ]; do busybox usleep 20000; done
busybox mount -t ext4 -o noatime /dev/vda /root
busybox umount /dev
exec busybox switch_root /root /rig/init
END

# Of a guest in it: draws sixteen grey bands, then the same a little lighter, and so on.
ramdisk "$target/guest-initrd" virtio_pci virtio_gpu <<'END'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do busybox insmod "$module"; done
until [ -e /dev/fb0 ]; do busybox usleep 20000; done
draw() {
	for band in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		busybox head -c $((640 * 4 * 480 / 16)) /dev/zero |
			busybox tr '\0' "\\$(busybox printf %03o $((16 * band + $1)))"
	done >/dev/fb0
}
while :; do
	draw 0
	busybox sleep 3
	draw 7
	busybox sleep 3
done
END

size=$(du -sm "$root" | cut -f 1)
mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -d "$root" "$target/disk.ext4" \
	$((size * 12 / 10 + 200))M >>"$log" 2>&1
touch "$target/complete"
echo "$target"
