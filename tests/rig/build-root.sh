#!/bin/bash
# tests/rig/build-root.sh [--desktop]
#
# Makes what the rig's machine runs, unless it is there already: a Debian 13 root file system as a folder
# to build in (root/), the same as a disk image (disk.ext4), its kernel and an initial RAM disk. Its
# last line on stdout is the folder that holds them. --desktop makes another one, with GNOME Shell.
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
for tool in mmdebstrap mke2fs cpio; do
	command -v $tool >/dev/null || can_not "no $tool here; data/setup.sh test installs it"
done

suite=trixie
packages=(
	linux-image-amd64 tiny-initramfs-core udev kmod busybox-static procps dbus-daemon qemu-guest-agent
	libgl1-mesa-dri libegl1 libgles2 libgbm1
	qemu-system-x86 qemu-system-modules-opengl seabios
	weston mutter mutter-common-bin kwin-wayland sway labwc seatd python3-gi
)
kind=compositors
if [ "${1-}" = --desktop ]; then
	packages+=(gnome-shell)
	kind=desktop
fi

sources=(build-root.sh init ../../data/setup.sh ../lib/mirror.sh)
hash=$(echo "$kind" | cat - "${sources[@]}" | sha256sum | cut -c 1-12)
target=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine-rig/$kind-$hash
if [ -e "$target/complete" ]; then
	echo "$target"
	exit 0
fi

. ../lib/mirror.sh
mirror=$(mirror)
[ -n "$mirror" ] || can_not "apt knows no Debian mirror on this machine"

rm -rf "$target"
mkdir -p "$target"
log=$target/log
trap '[ -e "$target/complete" ] || { tail -n 30 "$log"; echo "all of it: $log"; } >&2' EXIT

root=$target/root
# The same script that installs what the viewer is built with on any other machine does it in there.
mmdebstrap --mode=root --variant=apt --format=directory \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
	--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$(IFS=,; echo "${packages[*]}")" \
	--customize-hook='copy-in ../../data/setup.sh /tmp' \
	--customize-hook='chroot "$1" /tmp/setup.sh build' \
	"$suite" "$root" "deb $mirror $suite main" >"$log" 2>&1
install -D init "$root/rig/init"

# What has to be loaded before the disk can be mounted, in the order in which modules need each other.
version=$(basename "$root"/usr/lib/modules/*)
modules=$root/usr/lib/modules/$version
ramdisk=$target/ramdisk
mkdir -p "$ramdisk"/{bin,modules,dev,root}
cp "$root/usr/bin/busybox" "$ramdisk/bin/"
n=0
chroot "$root" modprobe --set-version "$version" --show-depends --all \
	virtio_pci virtio_blk crc32c_generic ext4 | sed -n 's/^insmod //p' | awk '!seen[$0]++' |
	while read -r module _; do
		n=$((n + 1))
		xz -dc "$root/$module" >"$ramdisk/modules/$(printf %02d $n).ko"
	done
cat >"$ramdisk/init" <<'END'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do busybox insmod "$module"; done
until [ -e /dev/vda ]; do busybox usleep 20000; done
busybox mount -t ext4 -o noatime /dev/vda /root
busybox umount /dev
exec busybox switch_root /root /rig/init
END
chmod +x "$ramdisk/init"
(cd "$ramdisk" && find . | cpio --quiet -o -H newc | gzip -1) >"$target/initrd"
cp "$root/boot/vmlinuz-$version" "$target/kernel"
rm -rf "$ramdisk"

size=$(du -sm "$root" | cut -f 1)
mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -d "$root" "$target/disk.ext4" \
	$((size * 12 / 10 + 200))M >>"$log" 2>&1
touch "$target/complete"
echo "$target"
