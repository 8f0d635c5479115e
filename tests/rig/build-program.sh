#!/bin/bash
# tests/rig/build-program.sh FOLDER
#
# Builds the viewer and the rig's own C programs into build-rig/, with the compiler and the libraries of
# the root file system that build-root.sh left in FOLDER.
set -euo pipefail
root=${1:?which folder of build-root.sh}/root
repository=$(cd "$(dirname "$0")/../.." && pwd)

# What was built against another root is not mixed with this one's.
build=$repository/build-rig
[ "$(cat "$build/root" 2>/dev/null)" = "$root" ] || rm -rf "$build"
mkdir -p "$build"
echo "$root" >"$build/root"

# The repository stands in the root under its own name, for the time of this command alone.
unshare --mount bash -euo pipefail -c '
	root=$1 repository=$2
	mkdir -p "$root$repository"
	mount --make-rprivate /
	mount --bind "$repository" "$root$repository"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	chroot "$root" sh -euc "
		cd \"\$1\"
		export PATH=/usr/bin LC_ALL=C.UTF-8
		[ -f build-rig/build.ninja ] || meson setup build-rig -Dtests=false
		ninja -C build-rig
		cc -shared -fPIC -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -I/usr/include/libdrm \
			-o build-rig/map-foreign.so tests/rig/shim/map-foreign.c
		cc -static -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -I/usr/include/libdrm \
			-o build-rig/flip tests/rig/flip.c
		cc -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -o build-rig/wake tests/bench/wake.c
	" sh "$repository"
' bash "$root" "$repository"

# To be put behind guest-initrd, with which a guest runs that program instead.
folder=$build/flip-initrd.d
mkdir -p "$folder"
cp "$build/flip" "$folder/"
cat >"$folder/init" <<'END'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do busybox insmod "$module"; done
until [ -e /dev/dri/card0 ]; do busybox usleep 20000; done
exec /flip >/dev/ttyS0 2>&1
END
chmod +x "$folder/init"
(cd "$folder" && find . | cpio --quiet -o -H newc | gzip -1) >"$build/flip-initrd"
