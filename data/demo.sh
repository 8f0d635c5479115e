#!/bin/bash
# data/demo.sh
#
# Builds Vitrine, boots a machine under QEMU and shows it: in windows when there is a Wayland session,
# else as pictures whose paths it prints. Installs what is missing. Downloads no image: the machine's
# whole software is the firmware that comes with QEMU and data/demo/, 10 kB.
set -euo pipefail
cd "$(dirname "$0")/.."

picture=build/demo/vitrine.png
wait_s=60 # for the guest to paint; it takes about a second

data/setup.sh demo

[ -f build/build.ninja ] || meson setup build --buildtype=release -Dtests=false >/dev/null || {
	cat build/meson-logs/meson-log.txt
	exit 1
}
ninja -C build --quiet
mkdir -p build/demo
gcc -m32 -std=gnu11 -Os -Wall -Wextra -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only \
	-fno-stack-protector -nostdlib -static -Wl,-T,data/demo/demo.ld -Wl,--build-id=none \
	-Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o build/demo/demo.elf \
	data/demo/start.S data/demo/machine.c data/demo/scene.c data/demo/demo.c

folder=$(mktemp -d)
machine=
clean_up() {
	[ -z "$machine" ] || kill "$machine" 2>/dev/null || true
	rm -rf "$folder"
}
trap clean_up EXIT

qemu-system-x86_64 -name vitrine-demo -accel tcg -m 64M -nodefaults \
	-vga std -device bochs-display -kernel build/demo/demo.elf \
	-chardev "file,id=ready,path=$folder/ready" -device isa-debugcon,iobase=0xe9,chardev=ready \
	-display dbus,p2p=on -qmp "unix:$folder/qmp,server=on,wait=off" \
	>"$folder/log" 2>&1 </dev/null &
machine=$!

for ((i = 0; i < wait_s * 10; i++)); do
	[ ! -s "$folder/ready" ] || break
	kill -0 "$machine" 2>/dev/null || {
		cat "$folder/log" >&2
		exit 1
	}
	sleep 0.1
done

if [ -n "${WAYLAND_DISPLAY:-}" ]; then
	echo "Two windows, one for each monitor. Type, and move the mouse; closing them ends the demo."
	build/frontend/vitrine --qmp "$folder/qmp" && exit 0
	[ $? -eq 6 ] || exit 1
	echo "No compositor answers at WAYLAND_DISPLAY=$WAYLAND_DISPLAY: taking pictures instead."
fi
rm -f "${picture%.png}"-*.png
build/frontend/vitrine --qmp "$folder/qmp" --console all --screenshot "$picture"
echo "No Wayland session here, so these are the machine's two monitors:"
ls -1 "$PWD/${picture%.png}"-*.png
